//! Scenarios: configuration, policy, call and upstream in; answer **and ledger records** out. A new one is one file in
//! `tests/scenarios/`, whose first line says what it shows.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test that breaks should stop")]

mod support;

use support::{Answer, Door, Upstream};

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Scenario {
    /// The configuration folder, file by file. `$UPSTREAM` and `$SECOND` become the addresses of the stand-ins.
    config: BTreeMap<String, String>,
    #[serde(default)]
    key: Key,
    /// What the first stand-in answers, in order; the last one is repeated.
    #[serde(default)]
    upstream: Vec<Answer>,
    /// What the second stand-in answers.
    #[serde(default)]
    second: Vec<Answer>,
    /// The calls, in order.
    call: Vec<Call>,
    /// What must be true in the end.
    expect: Expect,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Key {
    floor: String,
}

impl Default for Key {
    fn default() -> Self {
        Self { floor: "internal".to_owned() }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Call {
    #[serde(default = "post")]
    method: String,
    path: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    body: String,
    /// Leave out the key.
    #[serde(default)]
    stranger: bool,
    status: u16,
    #[serde(default)]
    contains: Vec<String>,
    #[serde(default)]
    lacks: Vec<String>,
    /// Header name to what its value must contain.
    #[serde(default)]
    answer_headers: BTreeMap<String, String>,
}

fn post() -> String {
    "POST".to_owned()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expect {
    /// How many requests reached each stand-in.
    #[serde(default)]
    upstream_requests: Option<usize>,
    #[serde(default)]
    second_requests: Option<usize>,
    /// Texts that the requests to both together contain, or do not.
    #[serde(default)]
    sent_contains: Vec<String>,
    #[serde(default)]
    sent_lacks: Vec<String>,
    /// The kinds of the records of calls, in order: `intent`, `outcome`, `refusal`.
    records: Vec<String>,
    /// `INDEX/json/pointer` into those records → the value, as JSON or plain text.
    #[serde(default)]
    fields: BTreeMap<String, String>,
}

#[test]
fn every_scenario_holds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let only = std::env::var("SCENARIO").ok();
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty());
    let mut failed = Vec::new();
    for file in files {
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        if only.as_ref().is_some_and(|only| !name.contains(only.as_str())) {
            continue;
        }
        let scenario: Scenario = toml::from_str(&std::fs::read_to_string(&file).unwrap())
            .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        for complaint in run(&scenario) {
            failed.push(format!("{name}: {complaint}"));
        }
    }
    assert!(failed.is_empty(), "\n{}\n", failed.join("\n"));
}

fn run(scenario: &Scenario) -> Vec<String> {
    let (first, second) = (Upstream::start(&scenario.upstream), Upstream::start(&scenario.second));
    let files = scenario.config.iter().map(|(name, text)| {
        (name.clone(), text.replace("$UPSTREAM", &first.address()).replace("$SECOND", &second.address()))
    });
    let door = Door::start(files, &[]);
    let key = door.key(&scenario.key.floor);
    let mut complaints = Vec::new();
    for (number, call) in scenario.call.iter().enumerate() {
        let key = (!call.stranger).then_some(key.as_str());
        let reply = door.request(
            &call.method,
            &call.path,
            &call.headers,
            key,
            call.body.replace("$SECOND", &second.address()).as_bytes(),
        );
        check_reply(call, &reply, &mut |complaint| complaints.push(format!("call {number}: {complaint}")));
    }
    let records = door.stop_and_read();
    check_end(scenario, &first, &second, &records, &mut |complaint| complaints.push(complaint));
    complaints
}

fn check_reply(call: &Call, reply: &support::Reply, complain: &mut dyn FnMut(String)) {
    if reply.status != call.status {
        complain(format!("status {} instead of {}: {}", reply.status, call.status, reply.body));
    }
    for text in &call.contains {
        if !reply.body.contains(text) {
            complain(format!("the answer lacks `{text}`: {}", reply.body));
        }
    }
    for text in &call.lacks {
        if reply.body.contains(text) {
            complain(format!("the answer contains `{text}`: {}", reply.body));
        }
    }
    for (name, wanted) in &call.answer_headers {
        if !reply.headers.get(name).is_some_and(|value| value.contains(wanted)) {
            complain(format!("header `{name}` is {:?} and should contain `{wanted}`", reply.headers.get(name)));
        }
    }
}

fn check_end(
    scenario: &Scenario,
    first: &Upstream,
    second: &Upstream,
    records: &[Value],
    complain: &mut dyn FnMut(String),
) {
    let expect = &scenario.expect;
    for (name, upstream, wanted) in
        [("first", first, expect.upstream_requests), ("second", second, expect.second_requests)]
    {
        if wanted.is_some_and(|wanted| wanted != upstream.requests().len()) {
            complain(format!("the {name} stand-in got {} requests instead of {wanted:?}", upstream.requests().len()));
        }
    }
    let sent = [first.requests(), second.requests()].concat().join("\n");
    for text in &expect.sent_contains {
        if !sent.contains(text) {
            complain(format!("nothing sent contains `{text}`: {sent}"));
        }
    }
    for text in &expect.sent_lacks {
        if sent.contains(text) {
            complain(format!("`{text}` left the door: {sent}"));
        }
    }
    let of_calls: Vec<&Value> = records
        .iter()
        .filter(|record| matches!(record["kind"].as_str(), Some("intent" | "outcome" | "refusal")))
        .collect();
    let kinds: Vec<&str> = of_calls.iter().filter_map(|record| record["kind"].as_str()).collect();
    if kinds != expect.records {
        complain(format!("the records are {kinds:?} instead of {:?}", expect.records));
    }
    for (place, wanted) in &expect.fields {
        let (index, pointer) = place.split_at(place.find('/').unwrap());
        let found = of_calls.get(index.parse::<usize>().unwrap()).and_then(|record| record.pointer(pointer));
        let fits = found.is_some_and(|found| {
            found.as_str().is_some_and(|text| text == wanted) || found.to_string().as_str() == wanted
        });
        if !fits {
            complain(format!("{place} is {} instead of {wanted}", found.map_or("absent".to_owned(), Value::to_string)));
        }
    }
}
