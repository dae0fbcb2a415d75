//! Policies over time, with the real binary: replay from the ledger alone, a candidate beside, a caller observed, and the
//! commands around them.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test that breaks should stop")]

mod support;

use std::collections::BTreeMap;

use serde_json::Value;
use support::{Answer, Door, Reply, Upstream};

fn upstream() -> Upstream {
    let body = r#"{"id":"u","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"fine"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}"#;
    Upstream::start(&[Answer { body: body.to_owned(), ..Answer::default() }])
}

/// A ward that the organisation runs and a cloud that a vendor does, both behind `auto`.
fn files(upstream: &Upstream, more: &[(&str, &str)]) -> Vec<(String, String)> {
    let destination = |hosting: &str| {
        format!(
            "kind = \"openai\"\n{hosting}\nendpoint = \"http://{}/v1\"\nmodel = \"m\"\naliases = [\"auto\"]\njurisdiction = \"EU\"\nprivate_network = true\n",
            upstream.address()
        )
    };
    let mut files = vec![
        ("destinations/ward.toml".to_owned(), destination("hosting = \"self_hosted\"")),
        ("destinations/cloud.toml".to_owned(), destination("hosting = \"hosted\"\nvendor = \"acme\"")),
        ("vendors/acme.toml".to_owned(), VENDOR.to_owned()),
    ];
    files.extend(more.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())));
    files
}

fn ask(door: &Door, key: &str, alias: &str, text: &str) -> Reply {
    let body = format!(r#"{{"model":"{alias}","messages":[{{"role":"user","content":"{text}"}}]}}"#);
    door.request("POST", "/v1/chat/completions", &BTreeMap::new(), Some(key), body.as_bytes())
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

const VENDOR: &str =
    "reviewed = 2026-01-01\nvalid_until = 2099-01-01\nreviewer = \"x\"\ntraining_use = false\nretention_days = 0\n";
const EVERYTHING: &str = "@id(\"all\") permit (principal, action, resource) when { context.level < 3 };\n";
const NO_PII: &str = "@id(\"no-pii\") @reason(\"no personal data\") forbid (principal, action, resource) when { context.groups.contains(\"pii\") };\n";
const DROPS: &str = "@id(\"d\") @duty @drop_tools @max_output_tokens(\"50\") permit (principal, action, resource) when { resource.self_hosted };\n";
const PATIENT: &str = "the record number is MRN 48213377, write to jane.roe@hospital.example";
const EMAIL: &str = "write to jane.roe@hospital.example";

#[test]
fn every_decision_is_made_again_from_the_ledger_alone() {
    let upstream = upstream();
    let policies = format!("{EVERYTHING}{DROPS}");
    let door = Door::start(files(&upstream, &[("policies/a.cedar", &policies)]), &[]);
    let key = door.key("public");
    for (text, status) in [("hi", 200), (EMAIL, 200), (PATIENT, 403)] {
        let reply = ask(&door, &key, "auto", text);
        assert_eq!(reply.status, status, "{}", reply.body);
    }
    let (code, same) = door.command(&["policy", "replay", "--json"]);
    let same = json(&same);
    assert_eq!(code, 0, "{same}");
    assert_eq!((&same["decisions"], &same["same"], &same["flipped"]), (&3.into(), &3.into(), &0.into()), "{same}");

    // The same ledger, by a stricter set: the call with an address in it flips, at both destinations, and is named.
    let stricter = door.config().join("../stricter");
    std::fs::create_dir(&stricter).unwrap();
    std::fs::write(stricter.join("a.cedar"), format!("{policies}{NO_PII}")).unwrap();
    let (code, flips) =
        door.command(&["policy", "replay", "--json", "--since", "1h", "--policies", stricter.to_str().unwrap()]);
    let flips = json(&flips);
    assert_eq!(code, 1);
    assert_eq!((&flips["flipped"], &flips["stricter"], &flips["looser"]), (&1.into(), &2.into(), &0.into()), "{flips}");
    assert_eq!(flips["other_reason"], 1, "the refused one is refused by another policy: {flips}");
    let flip = &flips["flips"][0];
    assert_eq!(flip["after"], serde_json::json!({"verdict": "refused", "code": "forbidden_by_policy"}));
    assert_eq!(flip["policies"], serde_json::json!(["no-pii"]));
    let record = flip["record"].as_str().unwrap();
    let (code, shown) = door.command(&["ledger", "show", record]);
    assert!(code == 0 && shown.contains("pii.email"), "{shown}");

    // A copy of the ledger is enough: no configuration of that door, no state of it.
    let copy = door.config().join("../copy");
    std::fs::create_dir(&copy).unwrap();
    for entry in std::fs::read_dir(door.state().join("ledger")).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), copy.join(entry.file_name())).unwrap();
    }
    let elsewhere = Door::start_without_config(&[]);
    let arguments = ["policy", "replay", "--json", "--ledger", copy.to_str().unwrap(), "--policies"];
    let own = door.config().join("policies");
    let (code, replayed) = elsewhere.command(&[&arguments[..], &[own.to_str().unwrap()]].concat());
    assert_eq!((code, &json(&replayed)["same"]), (0, &3.into()), "{replayed}");
}

#[test]
fn a_candidate_decides_beside_and_changes_nothing() {
    let upstream = upstream();
    let candidate = format!("{EVERYTHING}{NO_PII}");
    let more = [("policies/a.cedar", EVERYTHING), ("policies_candidate/a.cedar", candidate.as_str())];
    let door = Door::start(files(&upstream, &more), &[]);
    let key = door.key("public");
    assert_eq!(ask(&door, &key, "auto", "hi").status, 200);
    assert_eq!(ask(&door, &key, "auto", EMAIL).status, 200, "what the candidate would refuse goes through");
    let (_, replayed) = door.command(&["policy", "replay", "--json"]);
    assert_eq!(json(&replayed)["same"], 2, "what a candidate said is no part of a decision: {replayed}");
    let records = door.stop_and_read();
    let intents: Vec<&Value> = records.iter().filter(|record| record["kind"] == "intent").collect();
    assert!(intents[0].pointer("/body/policy_input/candidate").is_none(), "{}", intents[0]);
    let differs = intents[1].pointer("/body/policy_input/candidate").unwrap();
    assert!(differs["hash"].as_str().unwrap().starts_with("sha256:"));
    let changed: Vec<&str> =
        differs["changes"].as_array().unwrap().iter().map(|one| one["destination"].as_str().unwrap()).collect();
    assert_eq!(changed, ["ward", "cloud"], "{differs}");
    assert_eq!(differs["changes"][0]["after"]["code"], "forbidden_by_policy");
}

#[test]
fn an_observed_caller_is_let_through_and_every_record_says_so() {
    let upstream = upstream();
    let observe = "[observe]\ncallers = [\"test\"]\nuntil = 2099-01-01\nlevel_max = \"confidential\"\n";
    let more = [("portcullis.toml", observe), ("policies/a.cedar", NO_PII)];
    let door = Door::start(files(&upstream, &more), &[]);
    let key = door.key("public");
    assert_eq!(ask(&door, &key, "auto", "hi").status, 200);
    let reply = ask(&door, &key, "auto", PATIENT);
    let above = reply.status;
    let other = door.command(&["key", "create", "other", "--floor", "public", "--json"]).1;
    let other = json(&other)["key"].as_str().unwrap().to_owned();
    assert_eq!(ask(&door, &other, "auto", "hi").status, 403, "who is not named is refused");
    let (code, replayed) = door.command(&["policy", "replay", "--json"]);
    assert_eq!(code, 0, "observed decisions are made again from their records: {replayed}");
    let records = door.stop_and_read();
    let first = records.iter().find(|record| record["kind"] == "intent").unwrap();
    assert_eq!(first.pointer("/body/obligations").unwrap(), &serde_json::json!(["observed:not_permitted"]));
    assert_eq!(first.pointer("/body/policy_input/caller/observe/level_max").unwrap(), "confidential");
    assert_eq!(above, 403, "above the named level nothing is let through");
}

#[test]
fn policy_commands_answer_with_their_exit_codes() {
    let upstream = upstream();
    let more = [
        ("policies/a.cedar", "@id(\"all\") permit (principal, action, resource);\n"),
        ("policies/a.test.toml", "[[test]]\nname = \"x\"\npermitted = [\"ward\", \"cloud\"]\n"),
    ];
    let door = Door::start(files(&upstream, &more), &[]);
    let config = door.config();
    let (code, found) = door.command(&["policy", "check", "--json"]);
    let found = json(&found);
    assert_eq!((code, found["ok"].as_bool()), (0, Some(true)), "{found}");
    assert!(found["suspicious"][0]["message"].as_str().unwrap().starts_with("allows all"), "{found}");
    assert_eq!(found["suspicious"][0]["line"], 1);
    assert_eq!(door.command(&["policy", "check", "--strict"]).0, 1);
    assert_eq!(door.command(&["policy", "test"]).0, 0);
    std::fs::write(config.join("policies/a.test.toml"), "[[test]]\nname = \"x\"\npermitted = [\"ward\"]\n").unwrap();
    let (code, told) = door.command(&["policy", "test"]);
    assert!(code == 1 && told.contains("+ `cloud` is permitted by all and should not be"), "{told}");
    std::fs::write(config.join("policies/a.test.toml"), "[[test]]\nname = \"x\"\npermitted = [\"wart\"]\n").unwrap();
    assert_eq!(door.command(&["policy", "test"]).0, 3, "a table that names nothing is broken, not failed");
    std::fs::remove_file(config.join("policies/a.test.toml")).unwrap();

    let other = config.join("../other");
    std::fs::create_dir(&other).unwrap();
    std::fs::write(other.join("b.cedar"), "permit (principal, action, resource) when { resource.self_hosted };")
        .unwrap();
    let (mine, theirs) = (config.to_str().unwrap(), other.to_str().unwrap());
    assert_eq!(door.command(&["policy", "diff", mine, mine]).0, 0);
    let (code, told) = door.command(&["policy", "diff", mine, theirs]);
    assert!(code == 1 && told.contains("`cloud`: every call: was permitted, now refused (not_permitted)"), "{told}");
    assert_eq!(door.command(&["policy", "diff", mine]).0, 2, "misuse");

    let ready = config.join("../ready");
    let into = ready.to_str().unwrap();
    assert_eq!(door.command(&["policy", "library", "base", "no-secrets", "--into", into]).0, 0);
    assert_eq!(door.command(&["policy", "test", into]).0, 0, "what is copied tests itself");
    assert_eq!(door.command(&["policy", "library", "base", "--into", into]).0, 3, "nothing is overwritten");
    assert_eq!(door.command(&["policy", "library", "bass"]).0, 1);
    std::fs::write(config.join("policies/a.cedar"), "permit (principal, action, resource) when { context.lvl > 1 };")
        .unwrap();
    let (code, told) = door.command(&["policy", "check"]);
    assert!(code == 1 && told.contains("policies/a.cedar:1:"), "{told}");
}

/// Makes a signer's key beside the configuration: its file, and its public part.
fn signer(door: &Door, name: &str) -> (String, String) {
    let file = door.config().join(format!("../{name}.key")).to_str().unwrap().to_owned();
    let (code, made) = door.command(&["policy", "signer", &file, "--json"]);
    assert_eq!(code, 0, "{made}");
    (file, json(&made)["public_key"].as_str().unwrap().to_owned())
}

#[test]
fn policies_change_only_when_two_have_signed_them() {
    let upstream = upstream();
    let maker = Door::start(files(&upstream, &[("policies/a.cedar", EVERYTHING)]), &[]);
    let (alice, bob) = (signer(&maker, "alice"), signer(&maker, "bob"));
    let sign = |key: &str, name: &str, change: &[&str]| {
        maker.command(&[&["policy", "sign", "--key", key, "--name", name], change].concat())
    };
    assert_eq!(sign(&alice.0, "alice", &[]).0, 1, "the first who signs says the change");
    assert_eq!(sign(&alice.0, "alice", &["--change", "CHG-7"]).0, 0);
    let one = std::fs::read_to_string(maker.config().join("policies/bundle.signed")).unwrap();
    assert_eq!(sign(&bob.0, "bob", &[]).0, 0);
    let two = std::fs::read_to_string(maker.config().join("policies/bundle.signed")).unwrap();

    let main = format!("mode = \"production\"\n[policy_signers]\nalice = \"{}\"\nbob = \"{}\"\n", alice.1, bob.1);
    let owners = "\n[owners]\npatching = \"a\"\nincident_response = \"b\"\noffboarding = \"c\"\n";
    let mut wanted = files(&upstream, &[("portcullis.toml", &main), ("policies/a.cedar", EVERYTHING)]);
    wanted.retain(|(name, _)| name != "destinations/ward.toml");
    wanted.iter_mut().filter(|(name, _)| name == "destinations/cloud.toml").for_each(|(_, text)| {
        *text = text.replace("http://", "https://") + owners;
    });
    wanted.push(("policies/bundle.signed".to_owned(), two));
    let door = Door::start(wanted, &[]);
    assert_eq!(door.command(&["policy", "check", "--json"]).0, 0);
    let policy = door.config().join("policies/a.cedar");
    let in_force = json(&door.command(&["status", "--json"]).1)["policy_hash"].clone();

    // Each of these leaves the old policies in force: other files, one signature, other signers, none at all.
    for (file, text, why) in [
        ("policies/a.cedar", "permit (principal, action, resource);", "not the files that were signed"),
        ("policies/bundle.signed", one.as_str(), "1 signed"),
        ("portcullis.toml", "mode = \"production\"\n", "takes a restart"),
    ] {
        let path = door.config().join(file);
        let before = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, text).unwrap();
        let (code, told) = door.command(&["reload", "--json"]);
        assert!(code == 1 && told.contains(why), "{file}: {told}");
        assert_eq!(json(&door.command(&["status", "--json"]).1)["policy_hash"], in_force);
        std::fs::write(&path, before).unwrap();
    }
    std::fs::remove_file(&policy).unwrap();
    assert_eq!(door.command(&["reload"]).0, 1, "the built-in policies were not signed by anybody");
    std::fs::write(&policy, EVERYTHING).unwrap();
    assert_eq!(door.command(&["reload"]).0, 0);
    let records = door.stop_and_read();
    let acts: Vec<&Value> = records.iter().filter(|record| record["kind"] == "act").collect();
    assert!(acts.iter().any(|act| act["body"]["action"] == "config.refused"), "{acts:#?}");
    let loaded = acts.iter().rfind(|act| act["body"]["action"] == "config.loaded").unwrap();
    assert_eq!(loaded["body"]["detail"]["policy_change"], "CHG-7", "{loaded}");
    assert_eq!(loaded["body"]["detail"]["policies_signed_by"], "alice, bob");
}

const ASKS: &str =
    "@id(\"own\") @approval(\"privacy-office\") permit (principal, action, resource) when { resource.self_hosted };\n";

#[test]
fn a_call_waits_for_a_persons_yes_which_the_identical_call_spends_once() {
    let upstream = upstream();
    let door = Door::start(files(&upstream, &[("policies/a.cedar", ASKS)]), &[]);
    let key = door.key("internal");
    let held = ask(&door, &key, "auto", PATIENT);
    assert!(held.status == 403 && held.body.contains("approval_pending"), "{}", held.body);
    let (_, list) = door.command(&["approval", "list", "--json"]);
    let list = json(&list);
    let id = list["approvals"][0]["id"].as_str().unwrap().to_owned();
    assert!(held.body.contains(&id) && !list.to_string().contains("48213377"), "{list}");
    assert_eq!(list["approvals"][0]["waits_for"], serde_json::json!(["privacy-office"]));
    assert_eq!(upstream.requests().len(), 0, "nothing left");

    assert_eq!(door.command(&["approval", "approve", &id, "--as", "cleaning"]).0, 1);
    assert_eq!(door.command(&["approval", "approve", "apr_0"]).0, 1);
    let own = door.admin("POST", &format!("/admin/v1/approvals/{id}"), Some(&key), b"{\"yes\":true}");
    assert_eq!(own.status, 403, "the caller's key administers nothing: {}", own.body);
    assert_eq!(ask(&door, &key, "auto", PATIENT).status, 403, "asked again, it still waits");
    assert_eq!(door.command(&["approval", "approve", &id, "--as", "privacy-office"]).0, 0);

    assert_eq!(
        ask(&door, &key, "auto", "another patient, MRN 48213378").status,
        403,
        "another content waits for its own"
    );
    let spent = ask(&door, &key, "auto", PATIENT);
    assert_eq!(spent.status, 200, "{}", spent.body);
    assert_eq!(ask(&door, &key, "auto", PATIENT).status, 403, "spent once");
    assert_eq!(upstream.requests().len(), 1);
    let records = door.stop_and_read();
    let acts: Vec<&str> = records
        .iter()
        .filter(|record| record["body"]["subject"] == id.as_str())
        .map(|record| record["body"]["action"].as_str().unwrap())
        .collect();
    assert_eq!(acts, ["approval.asked", "approval.approved"]);
    let intent = records.iter().find(|record| record["kind"] == "intent").unwrap();
    let obligations = intent["body"]["obligations"].to_string();
    assert!(
        obligations.contains(&format!("approved:{id}")) && obligations.contains("approval:privacy-office"),
        "{obligations}"
    );
}

#[test]
fn an_administrative_key_answers_in_the_role_of_its_name_and_a_no_holds() {
    let upstream = upstream();
    let door = Door::start(files(&upstream, &[("policies/a.cedar", ASKS)]), &[]);
    let key = door.key("internal");
    ask(&door, &key, "auto", "hi");
    let id = json(&door.command(&["approval", "list", "--json"]).1)["approvals"][0]["id"].as_str().unwrap().to_owned();
    let admin = |name: &str| {
        let made = door.command(&["key", "create", name, "--admin", "--json"]).1;
        json(&made)["key"].as_str().unwrap().to_owned()
    };
    let (office, other) = (admin("privacy-office"), admin("other"));
    let answer =
        |key: &str, body: &str| door.admin("POST", &format!("/admin/v1/approvals/{id}"), Some(key), body.as_bytes());
    assert_eq!(answer(&other, r#"{"yes":true}"#).status, 403);
    assert_eq!(
        answer(&other, r#"{"yes":true,"role":"privacy-office"}"#).status,
        403,
        "a role is not a matter of saying so"
    );
    assert_eq!(answer(&office, r#"{"yes":false}"#).status, 200);
    let refused = ask(&door, &key, "auto", "hi");
    assert!(refused.status == 403 && refused.body.contains("approval_denied"), "{}", refused.body);
    assert_eq!(answer(&office, r#"{"yes":true}"#).status, 404, "a no stands");
    assert_eq!(upstream.requests().len(), 0);
}

#[test]
fn a_use_case_opens_what_it_was_registered_for_and_a_caller_without_one_is_in_production() {
    let upstream = upstream();
    let cloud_only = "@id(\"cloud\") permit (principal, action, resource) when { !resource.self_hosted };\n";
    let library = include_str!("../../../policies/library/production-self-hosted.cedar");
    let policies = format!("{cloud_only}{library}");
    let experiment = "purpose = \"p\"\nowner = \"o\"\nfloor = \"public\"\nenvironment = \"experiment\"\n";
    let more = [("policies/a.cedar", policies.as_str()), ("use_cases/prototype.toml", experiment)];
    let door = Door::start(files(&upstream, &more), &[]);
    let key = |arguments: &[&str]| {
        let made = door.command(&[&["key", "create", "k", "--floor", "public", "--json"], arguments].concat()).1;
        json(&made)["key"].as_str().unwrap().to_owned()
    };
    let (none, registered, unknown) = (key(&[]), key(&["--use-case", "prototype"]), key(&["--use-case", "forgotten"]));
    for (key, status) in [(&none, 403), (&registered, 200), (&unknown, 403)] {
        let reply = ask(&door, key, "auto", "hi");
        assert_eq!(reply.status, status, "{}", reply.body);
        assert!(status == 200 || reply.body.contains("library.production-self-hosted"), "{}", reply.body);
    }
}
