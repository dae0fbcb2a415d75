//! Golden conversions: each request to every dialect, each upstream answer to every front.
//!
//! A case is one file; its snapshot stands beside it with `.snap` added. `UPDATE_GOLDEN=1 cargo test -p wire --test golden`
//! writes the snapshots again; read the difference before you keep it. Instead of 1, a part of a path writes those alone.
//!
//! `requests/<front>/<name>.json` is a request body. `answers/<dialect>/<name>.json` is a whole answer and `<name>.sse` a
//! stream. A name that starts with `completion` or `embedding` answers such a call, any other a conversation.
#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test over files")]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use wire::answer::Event;
use wire::call::{AnthropicHints, Call, Complete, Door, Embed, Generate, Task};
use wire::dialect::{Dialect, Target, Whole};
use wire::front::{self, Echo, Encoder, Headers};

const DIALECTS: [(&str, Dialect, bool); 4] = [
    ("openai service", Dialect::OpenAiChat, true),
    ("openai engine", Dialect::OpenAiChat, false),
    ("openai responses", Dialect::OpenAiResponses, true),
    ("anthropic", Dialect::Anthropic, false),
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

/// The cases below `folder`, in order.
fn cases(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder).map(|entries| entries.map(|entry| entry.unwrap().path()).collect()).unwrap_or_default();
    files.retain(|file| file.extension().is_some_and(|end| end == "json" || end == "sse"));
    files.sort();
    files
}

/// Compares with the snapshot, or writes it.
fn check(case: &Path, actual: &str, failures: &mut String) {
    let snapshot = PathBuf::from(format!("{}.snap", case.display()));
    let update = std::env::var("UPDATE_GOLDEN").unwrap_or_default();
    if update == "1" || (!update.is_empty() && snapshot.to_string_lossy().contains(&update)) {
        fs::write(&snapshot, actual).unwrap();
        return;
    }
    let expected = fs::read_to_string(&snapshot).unwrap_or_default();
    if expected != actual {
        let line = expected.lines().zip(actual.lines()).position(|(left, right)| left != right);
        let line = line.unwrap_or_else(|| expected.lines().count().min(actual.lines().count()));
        let at = |text: &str| text.lines().nth(line).unwrap_or("(nothing)").to_owned();
        let name = case.strip_prefix(folder()).unwrap().display();
        writeln!(failures, "{name} line {}:\n  expected {}\n  actual   {}", line + 1, at(&expected), at(actual))
            .unwrap();
    }
}

fn pretty(bytes: &[u8]) -> String {
    serde_json::to_string_pretty(&wire::json::parse(bytes).unwrap()).unwrap()
}

fn target(service: bool) -> Target {
    Target { model: "the-model".to_owned(), unmodelled: true, openai_service: service, max_output_tokens_default: 4096 }
}

fn request(door: Door, body: &[u8]) -> String {
    let headers = Headers { anthropic_version: Some("2023-06-01"), anthropic_beta: Vec::new() };
    let call = match front::read(door, body, &headers) {
        Ok(call) => call,
        Err(rejected) => {
            let param = rejected.param.as_deref().unwrap_or("-");
            return format!("rejected {} at {param}\n{}\n{}\n", rejected.code, rejected.message, rejected.help);
        }
    };
    let mut text = String::new();
    for (name, dialect, service) in DIALECTS {
        match dialect.write(&call, &target(service)) {
            Ok(request) => {
                writeln!(text, "== {name}: POST {}", request.path).unwrap();
                request.headers.iter().for_each(|(header, value)| writeln!(text, "{header}: {value}").unwrap());
                writeln!(text, "{}", pretty(&request.body)).unwrap();
            }
            Err(unsayable) => writeln!(text, "== {name}: {unsayable}").unwrap(),
        }
    }
    text
}

#[test]
fn every_request_is_written_for_every_dialect_as_before() {
    let doors = [
        ("chat", Door::ChatCompletions),
        ("completions", Door::Completions),
        ("embeddings", Door::Embeddings),
        ("responses", Door::Responses),
        ("messages", Door::Messages),
        ("count_tokens", Door::CountTokens),
    ];
    let mut failures = String::new();
    for (name, door) in doors {
        for case in cases(&folder().join("requests").join(name)) {
            check(&case, &request(door, &fs::read(&case).unwrap()), &mut failures);
        }
    }
    assert!(failures.is_empty(), "\n{failures}");
}

/// The call that an answer of this name answers, and the doors that can tell it.
fn answered(name: &str, body: &[u8]) -> (Call, Vec<Door>) {
    let (task, doors) = if name.starts_with("completion") {
        let complete = Complete { prompts: vec!["x".into()], ..Complete::default() };
        (Task::Complete(Box::new(complete)), vec![Door::Completions])
    } else if name.starts_with("embedding") {
        let count = wire::json::parse(body).ok().and_then(|value| match value.field("data") {
            Some(wire::json::Value::Array(items)) => Some(items.len()),
            _ => None,
        });
        let embed = Embed { inputs: vec!["x".into(); count.unwrap_or(1)], base64: true, ..Embed::default() };
        (Task::Embed(Box::new(embed)), vec![Door::Embeddings])
    } else {
        let generate = Generate { stream_usage: true, anthropic: AnthropicHints::default(), ..Generate::default() };
        let doors = vec![Door::ChatCompletions, Door::Responses, Door::Messages];
        (Task::Generate(Box::new(generate)), doors)
    };
    (Call { door: Door::ChatCompletions, model: "alias".to_owned(), task, unmodelled: Vec::new() }, doors)
}

fn whole(dialect: Dialect, name: &str, body: &[u8]) -> String {
    let (mut call, doors) = answered(name, body);
    let answer = match dialect.read(&call, body) {
        Ok(Whole::Answer(answer)) => answer,
        Ok(Whole::Failed(error)) => return format!("failed: {} / {}\n", error.code, error.message.0),
        Err(garbled) => return format!("garbled: {}\n", garbled.0),
    };
    let mut text = String::new();
    if let wire::answer::Answer::Generated(generated) = &answer {
        writeln!(text, "unmodelled: {:?}", generated.unmodelled).unwrap();
    }
    for door in doors {
        call.door = door;
        match front::write(&Echo::of(&call, "rec1", 1_700_000_000), &answer) {
            Ok(bytes) => writeln!(text, "== {door:?}\n{}", pretty(&bytes)).unwrap(),
            Err(unwritable) => writeln!(text, "== {door:?}: {unwritable}").unwrap(),
        }
    }
    text
}

fn stream(dialect: Dialect, name: &str, body: &[u8]) -> String {
    let (mut call, doors) = answered(name, body);
    let mut events = Vec::new();
    let mut decoder = dialect.decoder(&call);
    let ended = decoder.push(body, &mut events).and_then(|()| decoder.finish(&mut events));
    let mut text = match ended {
        Ok(()) => String::new(),
        Err(garbled) => format!("garbled: {}\n", garbled.0),
    };
    for door in doors {
        call.door = door;
        let mut encoder = Encoder::new(&Echo::of(&call, "rec1", 1_700_000_000)).unwrap();
        let mut out = Vec::new();
        for event in &events {
            if let Event::Failed(error) = event {
                writeln!(out_text(&mut out), "(failed: {} / {})", error.code, error.message.0).unwrap();
            } else if let Err(unwritable) = encoder.event(event, &mut out) {
                writeln!(out_text(&mut out), "({unwritable})").unwrap();
                break;
            }
        }
        writeln!(text, "== {door:?}\n{}", String::from_utf8(out).unwrap()).unwrap();
    }
    text
}

/// Lets `writeln!` append to bytes.
fn out_text(out: &mut Vec<u8>) -> impl std::fmt::Write + '_ {
    struct Append<'a>(&'a mut Vec<u8>);
    impl std::fmt::Write for Append<'_> {
        fn write_str(&mut self, text: &str) -> std::fmt::Result {
            self.0.extend_from_slice(text.as_bytes());
            Ok(())
        }
    }
    Append(out)
}

#[test]
fn every_answer_is_written_for_every_front_as_before() {
    let dialects = [
        ("openai_chat", Dialect::OpenAiChat),
        ("openai_responses", Dialect::OpenAiResponses),
        ("anthropic", Dialect::Anthropic),
    ];
    let mut failures = String::new();
    for (folder_name, dialect) in dialects {
        for case in cases(&folder().join("answers").join(folder_name)) {
            let (name, body) = (case.file_stem().unwrap().to_string_lossy().into_owned(), fs::read(&case).unwrap());
            let is_stream = case.extension().is_some_and(|end| end == "sse");
            let actual = if is_stream { stream(dialect, &name, &body) } else { whole(dialect, &name, &body) };
            check(&case, &actual, &mut failures);
        }
    }
    assert!(failures.is_empty(), "\n{failures}");
}
