//! Folders in, problems or a configuration out.

mod classes;
mod reference;

use std::path::Path;
use std::time::Duration;

use inspect::Level;
use judge::{Assessment, Hosting, Mode, Provenance};

use super::fields::{self, Section};
use super::{ClientCertificates, Config, Kind, Model, Problem, Severity};

const EMBEDDED: &str = "kind = \"embedded\"\naliases = [\"auto\"]\n";
const OWN: &str = "kind = \"openai\"\nhosting = \"self_hosted\"\nendpoint = \"https://llm.hospital.example/v1\"\nmodel = \"m\"\naliases = [\"chat\"]\n";
const HOSTED: &str = "kind = \"openai\"\nhosting = \"hosted\"\nendpoint = \"https://api.openai.com/v1\"\nmodel = \"*\"\naliases = [\"gpt-*\"]\njurisdiction = \"US\"\nvendor = \"acme\"\n";
const OWNERS: &str = "[owners]\npatching = \"a\"\nincident_response = \"b\"\noffboarding = \"c\"\n";
const VENDOR: &str =
    "reviewed = 2026-06-01\nvalid_until = 2027-06-01\nreviewer = \"x\"\ntraining_use = false\nretention_days = 30\n";

fn write(dir: &Path, files: &[(&str, &str)]) {
    for (name, text) in files {
        let path = dir.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}

fn env(name: &str) -> Option<String> {
    (name == "WARD_KEY").then(|| " s3cret-value \n".to_owned())
}

fn load_as(files: &[(&str, &str)], mode: Option<Mode>) -> Result<Config, Vec<Problem>> {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), files);
    Config::load_as(Some(dir.path()), &env, mode)
}

fn load(files: &[(&str, &str)]) -> Config {
    load_as(files, None).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

/// Every problem, errors and warnings, one line each, without what to do.
fn told(files: &[(&str, &str)], mode: Mode) -> Vec<String> {
    let problems = load_as(files, Some(mode)).map_or_else(|problems| problems, |config| config.warnings);
    problems.iter().map(|problem| problem.to_string().lines().next().unwrap_or_default().to_owned()).collect()
}

/// This file alone gives exactly these problems, in development mode.
fn check(name: &str, text: &str, expected: &[&str]) {
    let told = told(&[(name, text)], Mode::Development);
    assert_eq!(told, expected, "{name}:\n{text}");
}

/// This file gives a problem that contains this, in this mode, and is or is not refused for it.
fn check_mode(name: &str, text: &str, mode: Mode, expected: &str, refused: bool) {
    let loaded = load_as(&[(name, text)], Some(mode));
    assert_eq!(loaded.is_err(), refused, "{mode:?} {text}: {loaded:?}");
    let problems = loaded.map_or_else(|problems| problems, |config| config.warnings);
    assert!(problems.iter().any(|problem| problem.to_string().contains(expected)), "{mode:?} {text}: {problems:#?}");
}

#[test]
fn without_a_folder_there_is_one_embedded_destination_on_loopback() {
    let config = Config::load(None, &|_| None).unwrap();
    assert_eq!(config.destinations.len(), 1);
    assert_eq!(
        (config.destinations[0].kind, config.destinations[0].facts.hosting),
        (Kind::Embedded, Hosting::SelfHosted)
    );
    assert_eq!((config.aliases[0].name.as_str(), config.aliases[0].pattern), ("auto", false));
    assert!(config.listen.address.ip().is_loopback() && config.admin_listen.address.ip().is_loopback());
    assert_eq!(config.mode, Mode::Development);
    assert_eq!(config.policies.hash(), judge::Policies::built_in().hash());
}

#[test]
fn provider_keys_in_the_environment_make_hosted_destinations() {
    let keys = |name: &str| ["OPENAI_API_KEY", "ANTHROPIC_API_KEY"].contains(&name).then(|| "sk-live".to_owned());
    let config = Config::load(None, &keys).unwrap();
    let names: Vec<&str> = config.destinations.iter().map(|one| one.facts.name.as_str()).collect();
    assert_eq!(names, ["embedded", "anthropic", "openai"]);
    for destination in &config.destinations[1..] {
        assert_eq!(destination.facts.hosting, Hosting::Hosted);
        assert_eq!((destination.facts.jurisdiction.as_str(), &destination.model), ("US", &Model::Callers));
        assert_eq!(destination.credential.as_ref().unwrap().secret.as_str(), "sk-live");
        assert_eq!(destination.facts.assessment, Assessment::Missing);
        assert!(destination.endpoint.as_ref().unwrap().tls);
    }
    let claude = config.aliases.iter().find(|alias| alias.name == "claude-").unwrap();
    assert!(claude.pattern && claude.destinations == [1]);
    assert!(!format!("{config:?}").contains("sk-live"), "a secret does not print");
    assert_ne!(config.hash, Config::load(None, &|_| None).unwrap().hash);
    assert_eq!(Config::load(None, &|_| Some(" ".to_owned())).unwrap().destinations.len(), 1, "an empty key is none");
}

#[test]
fn only_public_callers_reach_a_hosted_model_that_nobody_configured() {
    let config = Config::load(None, &|_| Some("k".to_owned())).unwrap();
    let facts: Vec<_> = config.destinations.iter().map(|one| one.facts.clone()).collect();
    let prepared = judge::Destinations::prepare(&facts);
    let nothing = std::collections::BTreeMap::new();
    for (floor, expected) in [(Level::Internal, 1), (Level::Public, 3)] {
        let caller = judge::Caller { floor, ..judge::Caller::workload("a", "t") };
        let call = judge::CallFacts {
            actions: &[judge::Action::Chat],
            classes: &nothing,
            level: Level::Public,
            injection: 0.0,
            tools: false,
            untrusted: false,
            unmodelled: &[],
            provider_fetch: &[],
            mode: config.mode,
            now_unix: 0,
        };
        assert_eq!(judge::decide(&config.policies, &caller, &call, &prepared).permitted.len(), expected);
    }
}

#[test]
fn an_empty_folder_is_the_same_without_keys() {
    let config = load(&[]);
    assert_eq!(config.destinations.len(), 1);
    assert!(config.warnings.is_empty());
    let missing = Config::load(Some(Path::new("/nonexistent/portcullis")), &env).unwrap_err();
    assert!(missing[0].message.contains("cannot be read"), "{missing:?}");
}

#[test]
fn every_problem_of_every_file_is_told_at_once() {
    let told = told(
        &[
            ("portcullis.toml", "mode = \"prod\"\nlisten = \"8080\"\n[limits]\nbody_byte_max = 1\n"),
            ("destinations/a.toml", "kind = \"openai\"\nhosting = \"selfhosted\"\nmodle = \"m\"\n"),
            ("policies/a.cedar", "permit (principal, action, resource) when { context.lvl == 0 };"),
            ("vendors/acme.toml", "reviewed = \"2026\"\n"),
            ("classes/a.toml", "[levels]\npii = \"secret\"\n"),
            ("destination/b.toml", ""),
        ],
        Mode::Development,
    );
    assert_eq!(
        told,
        [
            "classes/a.toml:2:7: the level of `pii` is not a level",
            "destination: this folder is not known",
            "destinations/a.toml:1:1: `aliases` is missing",
            "destinations/a.toml:1:1: `endpoint` is missing",
            "destinations/a.toml:1:1: `model` is missing",
            "destinations/a.toml:2:11: `hosting` must be one of `self_hosted`, `hosted`",
            "destinations/a.toml:3:1: `modle` is not known",
            "policies/a.cedar:1:45: attribute `lvl` in context for Action::\"chat\" not found",
            "portcullis.toml:1:8: `mode` must be one of `development`, `production`",
            "portcullis.toml:2:10: `listen` is not an address and a port",
            "portcullis.toml:4:1: `body_byte_max` is not known",
            "vendors/acme.toml:1:1: `retention_days` is missing",
            "vendors/acme.toml:1:1: `reviewer` is missing",
            "vendors/acme.toml:1:1: `training_use` is missing",
            "vendors/acme.toml:1:1: `valid_until` is missing",
            "vendors/acme.toml:1:12: `reviewed` is not a date such as 2026-11-20, without quotes",
        ]
    );
}

#[test]
fn a_misspelt_name_is_met_with_the_right_one() {
    for (file, text, help) in [
        ("portcullis.toml", "[limit]\n", "did you mean `limits`?"),
        ("portcullis.toml", "[limits]\nbody_byte_max = 1\n", "did you mean `body_bytes_max`?"),
        ("portculis.toml", "", "did you mean `portcullis.toml`?"),
        ("polices/a.cedar", "", "did you mean `policies`?"),
        ("destinations/a.toml", "kind = \"antropic\"\n", "did you mean `anthropic`?"),
    ] {
        let problems = load_as(&[(file, text)], None).unwrap_err();
        assert!(problems.iter().any(|problem| problem.help.as_deref() == Some(help)), "{file} {text}: {problems:#?}");
    }
}

#[test]
fn broken_toml_is_told_with_its_place() {
    let problems = load_as(&[("portcullis.toml", "mode = \"production\nlisten = 1\n")], None).unwrap_err();
    assert!(problems[0].message.starts_with("this is not TOML") && problems[0].line == 1, "{problems:#?}");
    let twice = load_as(&[("portcullis.toml", "mode = \"production\"\nmode = \"production\"\n")], None).unwrap_err();
    assert!(twice[0].message.contains("duplicate key"), "{twice:#?}");
}

#[test]
fn a_listener_beyond_loopback_needs_tls_or_a_trusted_proxy() {
    let plain = "`listen` is beyond loopback and has no TLS";
    for mode in [Mode::Development, Mode::Production] {
        check_mode("portcullis.toml", "listen = \"0.0.0.0:8080\"\n", mode, plain, true);
        check_mode("portcullis.toml", "listen = \"[::]:8080\"\n", mode, plain, true);
        check_mode(
            "portcullis.toml",
            "admin_listen = \"10.0.0.1:8081\"\n",
            mode,
            "`admin_listen` is beyond loopback",
            true,
        );
    }
    assert!(load(&[("portcullis.toml", "listen = \"0.0.0.0:8080\"\ntrusted_proxy = true\n")]).listen.trusted_proxy);
    let tls = "listen = \"0.0.0.0:8080\"\n[tls]\ncertificate = \"c.pem\"\nkey = \"k.pem\"\n";
    let config = load(&[("portcullis.toml", tls), ("c.pem", ""), ("k.pem", "")]);
    assert_eq!(config.listen.tls.as_ref().unwrap().client_certificates, ClientCertificates::Off);
    assert_eq!(config.admin_listen.tls, config.listen.tls);
    assert!(config.files.iter().any(|file| file.ends_with("k.pem")), "a new certificate is a reason to reload");
    check(
        "portcullis.toml",
        "listen = \"127.0.0.1:9\"\nadmin_listen = \"127.0.0.1:9\"\n",
        &["portcullis.toml:2:16: both listeners have the same address"],
    );
}

#[test]
fn client_certificates_and_their_authority_belong_together() {
    let tls = |rest: &str| format!("[tls]\ncertificate = \"c.pem\"\nkey = \"c.pem\"\n{rest}");
    for (rest, expected) in [
        ("client_certificates = \"required\"\n", "`client_ca` is missing"),
        ("client_ca = \"c.pem\"\n", "client certificates are off, so it would check nothing"),
        ("client_ca = \"nope.pem\"\nclient_certificates = \"required\"\n", "`client_ca` cannot be read"),
    ] {
        let problems = load_as(&[("portcullis.toml", &tls(rest)), ("c.pem", "")], None).unwrap_err();
        assert!(problems.len() == 1 && problems[0].message.contains(expected), "{rest}: {problems:#?}");
    }
    let text = tls("client_ca = \"c.pem\"\nclient_certificates = \"required\"\n");
    let config = load(&[("portcullis.toml", &text), ("c.pem", "")]);
    assert_eq!(config.listen.tls.unwrap().client_certificates, ClientCertificates::Required);
}

#[test]
fn the_destination_of_the_design_loads() {
    let text = "kind = \"openai\"\nhosting = \"self_hosted\"\nendpoint = \"http://127.0.0.1:8000/v1\"\nmodel = \"qwen3-8b\"\naliases = [\"auto\", \"chat\"]\nregion = \"eu-central-1\"\njurisdiction = \"EU\"\nprivate_network = true\ncredential = \"env:WARD_KEY\"\nconnect_timeout_ms = 7\n";
    let config = load(&[("destinations/ward-llm.toml", &format!("{text}{OWNERS}"))]);
    let ward = &config.destinations[0];
    assert_eq!(ward.facts.name, "ward-llm");
    assert_eq!((ward.kind, &ward.model), (Kind::OpenAiChat, &Model::Named("qwen3-8b".to_owned())));
    assert_eq!((ward.facts.region.as_str(), ward.facts.jurisdiction.as_str()), ("eu-central-1", "EU"));
    assert_eq!(ward.credential.as_ref().unwrap().secret.as_str(), "s3cret-value", "white space around it is not its");
    assert_eq!(ward.timeouts.connect, Duration::from_millis(7));
    assert!(ward.facts.owned && ward.private_network && !ward.openai_service);
    assert_eq!(ward.facts.provenance, Provenance::Unpromoted);
}

#[test]
fn a_secret_that_is_no_reference_is_refused_and_not_shown() {
    for (credential, expected) in [
        ("sk-proj-abcdef123456", "is not a reference; if it is the secret itself, it has leaked"),
        ("env:NOT_SET", "`NOT_SET`, which is not set"),
        ("env:sk-abc!def", "does not name an environment variable"),
        ("env:", "does not name an environment variable"),
        ("vault:secret/llm#key", "of a kind that is not built yet"),
        ("federated", "of a kind that is not built yet"),
        ("file:/nonexistent/secret", "cannot be read"),
    ] {
        let text = format!("{OWN}credential = \"{credential}\"\n");
        let problems = load_as(&[("destinations/a.toml", &text)], None).unwrap_err();
        let all = format!("{problems:?}");
        assert!(all.contains(expected), "{credential}: {all}");
        assert!(!all.contains("abcdef") && !all.contains("abc!def"), "{all}");
    }
    // A secret under a key that is not known, or of the wrong type, is not shown either.
    for line in ["api_key = \"sk-proj-abcdef\"", "region = [\"sk-proj-abcdef\"]", "kind = \"sk-proj-abcdef\""] {
        let text =
            OWN.replace("kind = \"openai\"\n", if line.starts_with("kind") { "" } else { "kind = \"openai\"\n" });
        let problems = load_as(&[("destinations/a.toml", &format!("{line}\n{text}"))], None).unwrap_err();
        assert!(!format!("{problems:?}").contains("abcdef"), "{problems:#?}");
    }
}

#[test]
fn a_secret_can_come_from_a_file_which_is_then_watched() {
    let text = format!("{OWN}credential = \"file:ward.key\"\n");
    let config = load(&[("destinations/a.toml", &text), ("ward.key", "abc\n")]);
    assert_eq!(config.destinations[0].credential.as_ref().unwrap().secret.as_str(), "abc");
    assert!(config.files.iter().any(|file| file.ends_with("ward.key")));
    let other = load(&[("destinations/a.toml", &text), ("ward.key", "def\n")]);
    assert_eq!(config.hash, other.hash, "a rotated secret is the same configuration");
}

#[test]
fn plain_http_beyond_loopback_warns_or_closes() {
    let text = OWN.replace("https://", "http://");
    check_mode("destinations/a.toml", &text, Mode::Development, "plain HTTP beyond loopback", false);
    check_mode("destinations/a.toml", &text, Mode::Production, "plain HTTP beyond loopback", true);
}

#[test]
fn an_endpoint_may_be_private_only_where_declared() {
    let at = |host: &str, rest: &str| OWN.replace("llm.hospital.example", host) + rest;
    let private = "is a private or loopback address, and the destination does not declare that";
    for host in ["127.0.0.1:8000", "localhost", "10.1.2.3", "192.168.1.1", "100.64.0.1", "[::1]", "[fd00::1]"] {
        check_mode("destinations/a.toml", &at(host, ""), Mode::Development, private, true);
        assert!(load_as(&[("destinations/a.toml", &at(host, "private_network = true\n"))], None).is_ok(), "{host}");
    }
    for host in ["169.254.169.254", "0.0.0.0"] {
        let text = at(host, "private_network = true\n");
        check_mode("destinations/a.toml", &text, Mode::Development, "an address that no destination may use", true);
    }
}

#[test]
fn a_vendor_s_service_is_never_self_hosted() {
    let text = OWN.replace("llm.hospital.example", "api.openai.com");
    check_mode("destinations/a.toml", &text, Mode::Development, "is the public service of openai.com", true);
}

#[test]
fn what_a_destination_must_not_say_is_refused() {
    let hosted_without = HOSTED.replace("vendor = \"acme\"\n", "").replace("jurisdiction = \"US\"\n", "");
    let problems = told(&[("destinations/a.toml", &hosted_without)], Mode::Development);
    assert!(problems.iter().any(|text| text.contains("`vendor` is missing")), "{problems:?}");
    assert!(problems.iter().any(|text| text.contains("`jurisdiction` is missing")), "{problems:?}");
    for (text, expected) in [
        (format!("{OWN}vendor = \"acme\"\n"), "a self-hosted destination has no vendor"),
        (format!("{OWN}digest = \"sha256:12\"\n"), "`digest` is not a digest"),
        (format!("{OWN}api = \"chatty\"\n"), "`api` must be one of"),
        (format!("{OWN}model_file = \"x.gguf\"\n"), "`model_file` is for `kind = \"embedded\"` alone"),
        (format!("{OWN}priority = -1\n"), "`priority` must lie between 0 and 1000"),
        (format!("{OWN}priority = 1.5\n"), "`priority` is not a whole number"),
        (format!("{EMBEDDED}hosting = \"hosted\"\n"), "self-hosted by nature"),
        (format!("{EMBEDDED}endpoint = \"https://a.example\"\n"), "the embedded model has no endpoint"),
        (format!("{EMBEDDED}credential = \"env:WARD_KEY\"\n"), "takes no credential"),
        (OWN.replace("\"chat\"", "\"a*b\""), "one `*`, at its end"),
        (OWN.replace("\"chat\"", "\"a\", \"a\""), "the alias `a` is there twice"),
        (OWN.replace("\"chat\"", ""), "`aliases` names nothing"),
        (OWN.replace("\"m\"", "\" \""), "`model` is empty"),
        (OWN.replace("openai", "bedrock"), "`kind = \"bedrock\"` is not built yet"),
        (OWN.replace("openai", "azure_openai"), "`kind = \"azure_openai\"` is not built yet"),
    ] {
        check_mode("destinations/a.toml", &text, Mode::Development, expected, true);
    }
    check_mode("destinations/a b.toml", OWN, Mode::Development, "the file's name is the destination's name", true);
}

#[test]
fn owners_assessment_and_promotion_are_told_in_both_modes_and_close_in_production() {
    for (mode, word) in [(Mode::Development, "production would close it"), (Mode::Production, "so it is closed")] {
        check_mode("destinations/a.toml", OWN, mode, word, false);
        check_mode("destinations/a.toml", HOSTED, mode, "there is no assessment of vendor `acme`", false);
    }
    let digest = format!("sha256:{}", "ab".repeat(32));
    let own = format!("{OWN}digest = \"{digest}\"\n{OWNERS}");
    let model = format!("digest = \"{digest}\"\napproved_by = \"x\"\napproved_on = 2026-01-01\n");
    let hosted = format!("{HOSTED}{OWNERS}");
    let files = [
        ("destinations/a.toml", &*own),
        ("destinations/b.toml", &hosted),
        ("models/m.toml", &model),
        ("vendors/acme.toml", VENDOR),
    ];
    let config = load(&files);
    assert_eq!(config.warnings, []);
    assert_eq!(config.destinations[0].facts.provenance, Provenance::Promoted);
    let end_of_the_day = 1_811_894_400; // 2027-06-02T00:00:00Z
    assert_eq!(config.destinations[1].facts.assessment, Assessment::Until(end_of_the_day));
    let nobody = model.replace("approved_by = \"x\"\n", "");
    assert!(load_as(&[("models/m.toml", &nobody)], None).is_err(), "an approval by nobody is none");
}

#[test]
fn a_vendor_assessed_elsewhere_is_told() {
    let vendor = format!("{VENDOR}regions = [\"us-east-1\"]\n");
    // The address of this service tells its region, and the file says the same.
    let hosted =
        HOSTED.replace("api.openai.com", "bedrock-runtime.eu-west-1.amazonaws.com").replace("\"US\"", "\"EU\"");
    let hosted = format!("{hosted}region = \"eu-west-1\"\n{OWNERS}");
    let told = told(&[("destinations/a.toml", &hosted), ("vendors/acme.toml", &vendor)], Mode::Development);
    assert_eq!(
        told,
        [
            "destinations/a.toml:8:10: warning: the destination names region `eu-west-1`, and vendor `acme` was assessed for us-east-1"
        ]
    );
    let backwards = VENDOR.replace("2027", "2025");
    check_mode("vendors/acme.toml", &backwards, Mode::Development, "`valid_until` lies before `reviewed`", true);
}

#[test]
fn aliases_are_ordered_by_priority_then_self_hosted_then_name() {
    let all = |text: &str, priority: u32| {
        text.replace("\"chat\"", "\"all\"").replace("\"gpt-*\"", "\"all\"") + &format!("priority = {priority}\n")
    };
    let config = load(&[
        ("destinations/b.toml", &all(OWN, 100)),
        ("destinations/a.toml", &all(HOSTED, 100)),
        ("destinations/c.toml", &all(OWN, 100)),
        ("destinations/d.toml", &all(HOSTED, 1)),
    ]);
    let order: Vec<&str> =
        config.aliases[0].destinations.iter().map(|index| config.destinations[*index].facts.name.as_str()).collect();
    assert_eq!(order, ["d", "b", "c", "a"]);
}

#[test]
fn the_organisation_s_own_detectors_and_levels_are_in_force() {
    let classes = "[levels]\n\"pii.ip\" = \"internal\"\n[[detectors]]\nname = \"projects\"\nclass = \"acme.project\"\npattern = \"PRJ-[0-9]{6}\"\nlevel = \"confidential\"\n[[detectors]]\nname = \"words\"\nclass = \"acme.word\"\nwords = [\"bluebird\"]\n";
    let policy = "@pseudonymise(\"acme\") permit (principal, action, resource);";
    let config = load(&[("classes/a.toml", classes), ("policies/a.cedar", policy)]);
    assert_eq!(config.inspection.custom.len(), 2);
    assert_eq!(config.inspection.level_of(&inspect::Class::new("acme.project")), Level::Confidential);
    assert_eq!(config.inspection.level_of(&inspect::Class::new("pii.ip")), Level::Internal);
    assert!(
        config.warnings.iter().any(|warning| warning.message.contains("`pii.ip` is `internal` here")),
        "{:?}",
        config.warnings
    );
    for (text, expected) in [
        ("[[detectors]]\nname = \"a\"\nclass = \"b.c\"\n", "`pattern` is missing"),
        ("[[detectors]]\nname = \"a\"\nclass = \"b.c\"\npattern = \"x{3}\"\nwords = [\"abc\"]\n", "both given"),
        ("[detectors]\nname = \"a\"\n", "is not a list of tables"),
        (
            "[[detectors]]\nname = \"a\"\nclass = \"b.c\"\npattern = \"x{3}\"\nexamples = [\"xx\"]\n",
            "finds nothing in its example `xx`",
        ),
        (
            "[[detectors]]\nname = \"a\"\nclass = \"b.c\"\npattern = \"x{3}\"\ncounterexamples = [\"xxx\"]\n",
            "finds something in `xxx`",
        ),
        (
            "[[detectors]]\nname = \"a\"\nclass = \"b.c\"\npattern = \"x{3}\"\nlevel = \"high\"\n",
            "`level` must be one of",
        ),
    ] {
        check_mode("classes/a.toml", text, Mode::Development, expected, true);
    }
}

#[test]
fn policies_of_the_folder_replace_the_built_in_ones() {
    let config = load(&[("policies/a.cedar", "@id(\"x\") permit (principal, action, resource);")]);
    assert_eq!(config.policies.len(), 1);
    let none = load(&[("policies/a.cedar", "// nothing yet\n")]);
    assert!(none.policies.is_empty());
    assert!(none.warnings[0].message.contains("every call is refused"));
    let absent = load(&[("policies/README.md", "")]);
    assert_eq!(absent.policies.hash(), judge::Policies::built_in().hash());
    assert_eq!(absent.warnings, []);
}

#[test]
fn what_is_not_read_is_told() {
    check("destinations/a.yaml", "", &["destinations/a.yaml: warning: this is not read"]);
    check("destinations/deeper/a.toml", EMBEDDED, &["destinations/deeper: warning: this is not read"]);
    check("scripts/deploy.sh", "", &["scripts: warning: this folder is not read"]);
    check(
        "sinks/splunk.toml",
        "",
        &["sinks: what stands in this folder is not built yet, so nothing would come of it"],
    );
    check("other.toml", "", &["other.toml: this file is not read"]);
    check(".git/config", "", &[]);
    check("LICENSE", "", &[]);
}

#[test]
fn use_cases_have_a_floor() {
    let config = load(&[("use_cases/triage.toml", "purpose = \"p\"\nowner = \"o\"\nfloor = \"restricted\"\n")]);
    assert_eq!(config.use_cases.get("triage").unwrap().floor, Level::Restricted);
    assert!(!config.use_cases.contains_key("other"));
    check_mode(
        "use_cases/a.toml",
        "purpose = \"p\"\nowner = \"o\"\nfloor = \"top\"\n",
        Mode::Development,
        "`floor` must be one of",
        true,
    );
}

#[test]
fn the_hash_follows_every_file_and_no_folder_name() {
    let hash = |files: &[(&str, &str)]| load(files).hash;
    let one = hash(&[("destinations/a.toml", EMBEDDED)]);
    assert_eq!(one, hash(&[("destinations/a.toml", EMBEDDED)]));
    assert_ne!(one, hash(&[("destinations/b.toml", EMBEDDED)]));
    assert_ne!(one, hash(&[("destinations/a.toml", &format!("{EMBEDDED}# x\n"))]));
    assert_ne!(one, hash(&[("destinations/a.toml", EMBEDDED), ("policies/a.cedar", "")]));
}

#[test]
fn production_refuses_a_ledger_that_does_not_sync() {
    check_mode("portcullis.toml", "[ledger]\nsync = false\n", Mode::Production, "loses acknowledged records", true);
    check_mode("portcullis.toml", "[ledger]\nsync = false\n", Mode::Development, "loses acknowledged records", false);
}

/// A file for `section` in which only `field` is set, to `value`.
fn file_with(section: &Section, field: &str, value: &str) -> (String, String) {
    let name = section.file.replace('*', "a");
    let table = section.table.split(',').next().unwrap_or_default();
    (name, format!("{table}\n{field} = {value}\n"))
}

#[test]
fn every_documented_field_is_read() {
    // A moment with a time zone is what no field takes: whoever reads the field tells so.
    for section in fields::ALL {
        for field in section.fields {
            let (name, text) = file_with(section, field.name, "1979-05-27T07:32:00Z");
            let told = told(&[(&name, &text)], Mode::Development);
            let read = told
                .iter()
                .any(|problem| problem.contains(&format!("`{}`", field.name)) && !problem.contains("is missing"));
            assert!(read, "{name}: `{}` is in the tables and nothing reads it: {told:#?}", field.name);
        }
    }
}

#[test]
fn documented_defaults_are_the_defaults() {
    let mut text = String::new();
    for section in [&fields::LIMITS, &fields::INSPECTION, &fields::THRESHOLDS, &fields::LEDGER] {
        text.push_str(&format!("{}\n", section.table));
        for field in section.fields.iter().filter(|field| field.kind != "table" && field.default != "none") {
            let bare = field.default.trim_matches('`');
            let value = if field.kind == "text" { format!("\"{bare}\"") } else { bare.to_owned() };
            text.push_str(&format!("{} = {value}\n", field.name));
        }
    }
    let (said, unsaid) = (load(&[("portcullis.toml", &text)]), load(&[]));
    assert_eq!(said.limits, unsaid.limits);
    assert_eq!(said.drain, unsaid.drain);
    assert_eq!(said.inspection, unsaid.inspection);
    assert_eq!(format!("{:?}", said.ledger), format!("{:?}", unsaid.ledger));
}

#[test]
fn documented_destination_defaults_are_the_defaults() {
    let mut text = OWN.to_owned();
    for field in fields::DESTINATION.fields.iter().filter(|field| field.kind.starts_with("whole number")) {
        text.push_str(&format!("{} = {}\n", field.name, field.default));
    }
    let (said, unsaid) = (load(&[("destinations/a.toml", &text)]), load(&[("destinations/a.toml", OWN)]));
    let (said, unsaid) = (&said.destinations[0], &unsaid.destinations[0]);
    assert_eq!((said.timeouts, said.priority), (unsaid.timeouts, unsaid.priority));
    assert_eq!(said.max_output_tokens_default, unsaid.max_output_tokens_default);
}

#[test]
fn problems_print_place_severity_and_way_out() {
    let problem = Problem {
        severity: Severity::Warning,
        file: "a.toml".to_owned(),
        line: 2,
        column: 3,
        message: "x is y".to_owned(),
        help: Some("do z".to_owned()),
    };
    assert_eq!(problem.to_string(), "a.toml:2:3: warning: x is y\n    do z");
}
