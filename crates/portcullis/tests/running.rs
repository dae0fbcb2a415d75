//! What a running door does over time: reload, drain, revocation, kill -9, limits, administration.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test that breaks should stop")]

mod support;

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::Value;
use support::{Answer, Door, Upstream};

fn whole(text: &str) -> Answer {
    Answer {
        body: format!(
            r#"{{"id":"u","object":"chat.completion","created":1,"model":"m","choices":[{{"index":0,"message":{{"role":"assistant","content":"{text}"}},"finish_reason":"stop"}}],"usage":{{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}}}"#
        ),
        ..Answer::default()
    }
}

/// A stream of `pieces` words, one every `wait_ms`.
fn stream(pieces: usize, wait_ms: u64) -> Answer {
    let chunk = |delta: String, finish: &str| {
        format!(
            "data: {{\"id\":\"u\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[{{\"index\":0,\"delta\":{delta},\"finish_reason\":{finish}}}]}}\n\n"
        )
    };
    let mut chunks: Vec<String> = (0..pieces).map(|n| chunk(format!("{{\"content\":\"word{n} \"}}"), "null")).collect();
    chunks.push(chunk("{}".to_owned(), "\"stop\"") + "data: [DONE]\n\n");
    Answer { chunks, between_ms: wait_ms, ..Answer::default() }
}

fn destination(upstream: &Upstream) -> (String, String) {
    let text = format!(
        "kind = \"openai\"\nhosting = \"self_hosted\"\nendpoint = \"http://{}/v1\"\nmodel = \"m\"\naliases = [\"auto\"]\nregion = \"eu-central-1\"\njurisdiction = \"EU\"\nprivate_network = true\n",
        upstream.address()
    );
    ("destinations/first.toml".to_owned(), text)
}

fn door(upstream: &Upstream, main: &str) -> Door {
    Door::start([("portcullis.toml".to_owned(), main.to_owned()), destination(upstream)], &[])
}

fn question(stream: bool) -> String {
    format!(r#"{{"model":"auto","stream":{stream},"messages":[{{"role":"user","content":"hi"}}]}}"#)
}

fn ask(door: &Door, key: &str, path: &str, body: &str) -> support::Reply {
    door.request("POST", path, &BTreeMap::new(), Some(key), body.as_bytes())
}

/// Opens a streamed call and reads until its first words are there.
fn open_stream(door: &Door, key: &str) -> (TcpStream, String) {
    let mut connection = TcpStream::connect(door.address()).unwrap();
    connection.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let body = question(true);
    write!(
        connection,
        "POST /v1/chat/completions HTTP/1.1\r\nhost: door\r\nconnection: close\r\nauthorization: Bearer {key}\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut seen = String::new();
    let mut buffer = [0; 4096];
    while !seen.contains("0 ") {
        let count = connection.read(&mut buffer).unwrap();
        assert!(count > 0, "the stream ended: {seen}");
        seen.push_str(&String::from_utf8_lossy(&buffer[..count]));
    }
    (connection, seen)
}

fn rest(mut connection: TcpStream, mut seen: String) -> String {
    let mut more = String::new();
    connection.read_to_string(&mut more).unwrap();
    seen.push_str(&more);
    seen
}

fn kinds(records: &[Value], kind: &str) -> Vec<Value> {
    records.iter().filter(|record| record["kind"] == kind).cloned().collect()
}

fn acts(records: &[Value]) -> Vec<String> {
    kinds(records, "act").iter().map(|record| record["body"]["action"].as_str().unwrap().to_owned()).collect()
}

fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(15);
    while !holds() {
        assert!(Instant::now() < deadline, "did not happen in time: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_reload_swaps_the_whole_configuration_or_nothing() {
    let (old, new) = (Upstream::start(&[whole("old")]), Upstream::start(&[whole("new")]));
    let door = door(&old, "");
    let key = door.key("internal");
    assert!(ask(&door, &key, "/v1/chat/completions", &question(false)).body.contains("old"));

    let file = door.config().join("destinations/first.toml");
    std::fs::write(&file, "kind = \"openai\"\nsurprise = true\n").unwrap();
    let (code, _) = door.command(&["reload", "--json"]);
    assert_eq!(code, 1, "a broken configuration is refused");
    assert!(ask(&door, &key, "/v1/chat/completions", &question(false)).body.contains("old"), "the old one stays");

    std::fs::write(&file, destination(&new).1).unwrap();
    eventually("a changed file is in force", || {
        ask(&door, &key, "/v1/chat/completions", &question(false)).body.contains("new")
    });
    let records = door.stop_and_read();
    assert!(acts(&records).iter().any(|act| act == "config.refused"));
    assert!(acts(&records).iter().any(|act| act == "config.loaded"));
}

#[test]
fn a_hangup_signal_reloads() {
    let (old, new) = (Upstream::start(&[whole("old")]), Upstream::start(&[whole("new")]));
    let door = door(&old, "");
    let key = door.key("internal");
    std::fs::write(door.config().join("destinations/first.toml"), destination(&new).1).unwrap();
    door.signal("HUP");
    eventually("SIGHUP reloads", || ask(&door, &key, "/v1/chat/completions", &question(false)).body.contains("new"));
}

#[test]
fn a_drain_finishes_open_streams() {
    let upstream = Upstream::start(&[stream(20, 50)]);
    let door = door(&upstream, "");
    let key = door.key("internal");
    let (connection, seen) = open_stream(&door, &key);
    door.signal("TERM");
    eventually("no new calls are taken", || TcpStream::connect(door.address()).is_err());
    let seen = rest(connection, seen);
    assert!(seen.contains("19 ") && seen.contains("[DONE]"), "{seen}");
    let records = door.stop_and_read();
    assert_eq!(kinds(&records, "outcome")[0]["body"]["ended"], "finished");
}

#[test]
fn a_withdrawn_key_cuts_its_open_streams() {
    let upstream = Upstream::start(&[stream(400, 50)]);
    let door = door(&upstream, "");
    let key = door.key("internal");
    let (connection, seen) = open_stream(&door, &key);
    let listed: Value = serde_json::from_str(&door.command(&["key", "list", "--json"]).1).unwrap();
    let id = listed["keys"].as_array().unwrap().iter().find(|key| key["name"] == "test").unwrap()["id"].clone();
    let asked = Instant::now();
    assert_eq!(door.command(&["key", "revoke", id.as_str().unwrap()]).0, 0);
    let seen = rest(connection, seen);
    assert!(asked.elapsed() < Duration::from_secs(5));
    assert!(seen.contains("key_revoked") && !seen.contains("[DONE]"), "{seen}");
    assert_eq!(ask(&door, &key, "/v1/chat/completions", &question(false)).status, 401);
    let records = door.stop_and_read();
    assert_eq!(kinds(&records, "outcome")[0]["body"]["ended"], "cut");
}

#[test]
fn a_caller_that_goes_away_leaves_an_outcome_and_closes_the_upstream() {
    let upstream = Upstream::start(&[stream(2000, 20)]);
    let door = door(&upstream, "");
    let key = door.key("internal");
    let (connection, _) = open_stream(&door, &key);
    drop(connection);
    eventually("the upstream's connection is closed", || upstream.broken() > 0);
    let records = door.stop_and_read();
    let outcome = &kinds(&records, "outcome")[0]["body"];
    assert_eq!(outcome["ended"], "disconnected");
    assert!(outcome["received_bytes"].as_u64().unwrap() > 0);
}

#[test]
fn kill_nine_loses_no_acknowledged_record() {
    let upstream = Upstream::start(&[whole("fine")]);
    let mut door = door(&upstream, "");
    let key = door.key("internal");
    let mut acknowledged = Vec::new();
    for round in 0..10 {
        let address = door.address().to_owned();
        let (key_of_load, (sender, receiver)) = (key.clone(), std::sync::mpsc::channel());
        let load = std::thread::spawn(move || {
            while let Some(record) = one_call(&address, &key_of_load) {
                if sender.send(record).is_err() {
                    return;
                }
            }
        });
        std::thread::sleep(Duration::from_millis(60 + 17 * round));
        let folder = door.kill();
        load.join().unwrap();
        acknowledged.extend(receiver.iter());
        door = Door::again(folder);
    }
    let records = door.stop_and_read();
    assert!(acknowledged.len() > 10, "{} calls", acknowledged.len());
    for id in &acknowledged {
        assert!(records.iter().any(|record| record["id"] == id.as_str()), "{id} was acknowledged and is gone");
        assert!(records.iter().any(|record| record["body"]["intent"] == id.as_str()), "{id} has no outcome");
    }
}

#[test]
fn what_budgets_have_used_survives_kill_nine() {
    let upstream = Upstream::start(&[whole("one"), stream(1000, 50), whole("three")]);
    let door = door(&upstream, "[[budget]]\nname = \"three\"\nof = \"caller\"\nper = \"month\"\nrequests = 3\n");
    let key = door.key("internal");
    assert_eq!(ask(&door, &key, "/v1/chat/completions", &question(false)).status, 200);
    let (connection, _) = open_stream(&door, &key);
    let folder = door.kill();
    drop(connection);

    let door = Door::again(folder);
    // The stream that nobody saw end counts: this is the third.
    assert_eq!(ask(&door, &key, "/v1/chat/completions", &question(false)).status, 200);
    let refused = ask(&door, &key, "/v1/chat/completions", &question(false));
    assert_eq!(refused.status, 429);
    assert!(refused.body.contains("budget_exceeded"), "{}", refused.body);
    let (code, report) = door.command(&["spend", "--by", "caller", "--json"]);
    let report: Value = serde_json::from_str(&report).unwrap();
    assert_eq!((code, &report["rows"][0]["requests"]), (0, &Value::from(3)), "{report}");
    assert_eq!(report["rows"][0]["requests_estimated"], 1);
}

fn one_call(address: &str, key: &str) -> Option<String> {
    let mut connection = TcpStream::connect(address).ok()?;
    let body = question(false);
    write!(
        connection,
        "POST /v1/chat/completions HTTP/1.1\r\nhost: door\r\nconnection: close\r\nauthorization: Bearer {key}\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .ok()?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer).ok()?;
    let complete = answer.starts_with("HTTP/1.1 200") && answer.ends_with('}');
    let id = answer.lines().find_map(|line| line.strip_prefix("x-portcullis-record: "))?;
    complete.then(|| id.trim().to_owned())
}

#[test]
fn oversized_slow_and_broken_requests_get_clear_errors_and_stop_nothing() {
    let upstream = Upstream::start(&[whole("fine")]);
    let door = door(&upstream, "[limits]\nbody_bytes_max = 4096\nbody_timeout_ms = 300\nhead_timeout_ms = 500\n");
    let key = door.key("internal");
    let large = format!(r#"{{"model":"auto","messages":[{{"role":"user","content":"{}"}}]}}"#, "x".repeat(5000));
    let reply = ask(&door, &key, "/v1/chat/completions", &large);
    assert_eq!(reply.status, 413, "{}", reply.body);
    assert!(reply.body.contains("body_too_large"));

    let declared = BTreeMap::from([("content-length".to_owned(), "1000".to_owned())]);
    let reply = door.request("POST", "/v1/chat/completions", &declared, Some(&key), b"{");
    assert_eq!(reply.status, 408, "{}", reply.body);

    let reply = ask(&door, &key, "/v1/messages", "{not json");
    assert_eq!(reply.status, 400);
    assert!(reply.body.contains("invalid_request_error") && reply.body.contains("malformed_json"), "{}", reply.body);

    let mut silent = TcpStream::connect(door.address()).unwrap();
    silent.write_all(b"POST /v1/chat/completions HTTP/1.1\r\nhost: d").unwrap();
    silent.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let mut answer = Vec::new();
    // The connection is closed by the door, with or without an answer, within its limit.
    silent.read_to_end(&mut answer).unwrap();

    assert_eq!(ask(&door, &key, "/v1/chat/completions", &question(false)).status, 200);
    let records = door.stop_and_read();
    let codes: Vec<Value> = kinds(&records, "refusal").iter().map(|record| record["body"]["code"].clone()).collect();
    assert_eq!(codes, ["body_too_large", "body_timeout", "malformed_json"]);
}

#[test]
fn strangers_are_counted_and_cannot_fill_the_ledger() {
    let upstream = Upstream::start(&[whole("fine")]);
    let door = door(&upstream, "");
    for _ in 0..200 {
        assert_eq!(ask(&door, "pck_live_nobody", "/v1/chat/completions", &question(false)).status, 401);
    }
    std::thread::sleep(Duration::from_millis(1200));
    let records = door.stop_and_read();
    let aggregates = kinds(&records, "aggregate");
    assert!((1..=8).contains(&aggregates.len()), "{} aggregates", aggregates.len());
    let counted: u64 = aggregates
        .iter()
        .flat_map(|record| record["body"]["counts"].as_object().unwrap().values())
        .map(|count| count.as_u64().unwrap())
        .sum();
    assert_eq!(counted, 200);
}

#[test]
fn the_control_plane_answers_administrators_only() {
    let upstream = Upstream::start(&[whole("fine")]);
    let door = door(&upstream, "");
    let key = door.key("internal");
    let made = door.command(&["key", "create", "boss", "--admin", "--json"]).1;
    let boss = serde_json::from_str::<Value>(&made).unwrap()["key"].as_str().unwrap().to_owned();
    let rows: [(&str, &str); 10] = [
        ("GET", "/admin/v1/status"),
        ("POST", "/admin/v1/keys"),
        ("GET", "/admin/v1/keys"),
        ("DELETE", "/admin/v1/keys/x"),
        ("POST", "/admin/v1/reload"),
        ("POST", "/admin/v1/ledger/search"),
        ("GET", "/admin/v1/approvals"),
        ("POST", "/admin/v1/approvals/apr_x"),
        ("GET", "/admin/v1/openapi.json"),
        ("GET", "/metrics"),
    ];
    for (method, path) in rows {
        let none = door.admin(method, path, None, b"");
        assert_eq!(none.status, 401, "{method} {path} without a key");
        let caller = door.admin(method, path, Some(&key), b"");
        assert_eq!(caller.status, 403, "{method} {path} with a caller's key");
        let wrong = door.admin(method, path, Some("pck_live_nobody"), b"");
        assert_eq!(wrong.status, 401, "{method} {path} with a wrong key");
    }
    let api = door.admin("GET", "/admin/v1/openapi.json", Some(&boss), b"");
    let api: Value = serde_json::from_str(&api.body).unwrap();
    let documented: usize =
        api["paths"].as_object().unwrap().values().map(|path| path.as_object().unwrap().len()).sum();
    assert_eq!(documented, rows.len(), "every operation is in the table above");
    assert_eq!(door.admin("GET", "/admin/v1/nowhere", Some(&boss), b"").status, 404);
    let metrics = door.admin("GET", "/metrics", Some(&boss), b"").body;
    assert!(metrics.contains("portcullis_step_seconds_sum{step=\"inspect\"}"), "{metrics}");
    // The data plane's listener knows nothing of administration, and the other way round.
    assert_eq!(door.request("GET", "/admin/v1/status", &BTreeMap::new(), Some(&boss), b"").status, 404);
    assert_eq!(door.admin("POST", "/v1/chat/completions", Some(&boss), question(false).as_bytes()).status, 404);
}

#[test]
fn a_listener_beyond_loopback_without_tls_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for listener in ["--listen", "--admin-listen"] {
        let (code, output) = Door::try_start(&folder, "", &[listener, "0.0.0.0:0"]);
        assert_ne!(code, 0);
        assert!(output.contains("beyond loopback"), "{output}");
    }
}

#[test]
fn provider_keys_in_the_environment_make_hosted_destinations_for_public_callers_only() {
    let door = Door::start_without_config(&[("OPENAI_API_KEY", "sk-test"), ("ANTHROPIC_API_KEY", "sk-ant-test")]);
    let key = door.key("internal");
    let body = r#"{"model":"gpt-5.2","messages":[{"role":"user","content":"hi"}]}"#;
    let reply = ask(&door, &key, "/v1/chat/completions", body);
    assert_eq!(reply.status, 403, "{}", reply.body);
    assert!(reply.body.contains("openai"), "{}", reply.body);
    let reply = ask(&door, &key, "/v1/chat/completions", &question(false));
    assert_eq!(reply.status, 200, "the embedded model answers: {}", reply.body);
    assert_eq!(reply.headers["x-portcullis-destination"], "embedded");
}

#[test]
fn sealed_reasoning_returns_to_its_issuer_byte_for_byte_and_to_nobody_else() {
    let signature = "EqQBCkYIBxgCKkDx+/==";
    let thinking = format!(
        r#"{{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[{{"type":"thinking","thinking":"Hm.","signature":"{signature}"}},{{"type":"text","text":"Yes."}}],"stop_reason":"end_turn","stop_sequence":null,"usage":{{"input_tokens":1,"output_tokens":1}}}}"#
    );
    let (first, second) = (
        Upstream::start(&[Answer { body: thinking.clone(), ..Answer::default() }]),
        Upstream::start(&[Answer { body: thinking, ..Answer::default() }]),
    );
    let file = |name: &str, upstream: &Upstream| {
        let text = format!(
            "kind = \"anthropic\"\nhosting = \"self_hosted\"\nendpoint = \"http://{}/v1\"\nmodel = \"m\"\naliases = [\"{name}\"]\nregion = \"eu-central-1\"\njurisdiction = \"EU\"\nprivate_network = true\n",
            upstream.address()
        );
        (format!("destinations/{name}.toml"), text)
    };
    let door = Door::start([file("first", &first), file("second", &second)], &[]);
    let key = door.key("internal");
    let body = r#"{"model":"first","max_tokens":9,"messages":[{"role":"user","content":"Well?"}]}"#;
    let reply: Value = serde_json::from_str(&ask(&door, &key, "/v1/messages", body).body).unwrap();
    let wrapped = reply["content"][0]["signature"].as_str().unwrap().to_owned();
    assert_ne!(wrapped, signature);

    let again = |model: &str, signature: &str| {
        let body = format!(
            r#"{{"model":"{model}","max_tokens":9,"messages":[{{"role":"user","content":"Well?"}},{{"role":"assistant","content":[{{"type":"thinking","thinking":"Hm.","signature":"{signature}"}},{{"type":"text","text":"Yes."}}]}},{{"role":"user","content":"Why?"}}]}}"#
        );
        ask(&door, &key, "/v1/messages", &body)
    };
    assert_eq!(again("first", &wrapped).status, 200);
    assert!(first.requests()[1].contains(&format!("\"signature\":\"{signature}\"")), "{}", first.requests()[1]);
    let elsewhere = again("second", &wrapped);
    assert!(elsewhere.status == 400 && elsewhere.body.contains("reasoning_of_other_destination"), "{}", elsewhere.body);
    let unwrapped = again("first", signature);
    assert!(unwrapped.status == 400 && unwrapped.body.contains("reasoning_not_issued_here"), "{}", unwrapped.body);
    let altered = again("first", &wrapped.replace("EqQB", "EqQC"));
    assert!(altered.status == 400 && altered.body.contains("reasoning_not_issued_here"), "{}", altered.body);
    assert!(second.requests().is_empty());
}
