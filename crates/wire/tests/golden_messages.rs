//! Golden conversions of the Anthropic formats: each JSON in `golden_messages/` is a request, a whole answer or a stream,
//! and its snapshot beside it shows what becomes of it. A new case is one JSON. `UPDATE_GOLDEN=1 cargo test -p wire --test
//! golden_messages` writes the snapshots again; read the difference before you keep it.
#![expect(clippy::unwrap_used, clippy::panic, clippy::disallowed_methods, reason = "a test over files")]

use std::fs;
use std::path::Path;

use wire::call::{Call, Door, Generate, Task};
use wire::dialect::{Decoder, Dialect, Request, Target, Whole};
use wire::front::{self, Echo, Encoder, Headers};
use wire::json::{self, Value};

const DIALECTS: [(&str, Dialect); 3] = [
    ("anthropic", Dialect::Anthropic),
    ("openai_chat", Dialect::OpenAiChat),
    ("openai_responses", Dialect::OpenAiResponses),
];

#[test]
fn every_case_gives_its_snapshot() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden_messages");
    let mut cases: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.retain(|path| path.extension().is_some_and(|end| end == "json"));
    assert!(cases.len() >= 40, "the cases are not where they should be");
    let update = std::env::var("UPDATE_GOLDEN").is_ok_and(|value| value == "1");
    let mut changed = Vec::new();
    for case in cases {
        let snapshot = case.with_extension("snap");
        let converted = converted(&json::parse(&fs::read(&case).unwrap()).unwrap());
        let actual = format!("{}\n", serde_json::to_string_pretty(&converted).unwrap());
        if update {
            fs::write(&snapshot, &actual).unwrap();
        } else if fs::read_to_string(&snapshot).unwrap_or_default() != actual {
            changed.push(format!("{}: {actual}", case.file_stem().unwrap().display()));
        }
    }
    assert!(changed.is_empty(), "these are no longer what their snapshots say:\n{}", changed.join("\n"));
}

fn converted(case: &Value) -> Value {
    match (case.field("request"), case.field("answer"), case.field("stream")) {
        (Some(request), None, None) => requested(case, request),
        (None, Some(answer), None) => answered(case, answer),
        (None, None, Some(stream)) => streamed(case, stream),
        _ => panic!("a case has one of `request`, `answer` and `stream`"),
    }
}

/// A request of this format, as each dialect says it.
fn requested(case: &Value, request: &Value) -> Value {
    let door = if case.field("count").is_some() { Door::CountTokens } else { Door::Messages };
    let betas = list(case.field("betas"));
    let headers = Headers {
        anthropic_version: Some("2023-06-01"),
        anthropic_beta: betas.iter().filter_map(Value::as_str).collect(),
    };
    let call = match front::read(door, request.to_text().as_bytes(), &headers) {
        Ok(call) => call,
        Err(rejected) => {
            let place = rejected.param.as_deref().unwrap_or_default();
            return object([
                ("rejected", string(rejected.code)),
                ("param", string(place)),
                ("message", string(&rejected.message)),
                ("help", string(&rejected.help)),
            ]);
        }
    };
    let unmodelled = call.unmodelled.iter().map(|entry| string(&entry.path)).collect();
    let mut shown = vec![("unmodelled".to_owned(), Value::Array(unmodelled))];
    for (name, dialect) in DIALECTS {
        let model = "the-model".to_owned();
        let target = Target { model, unmodelled: true, max_output_tokens_default: 4096, ..Target::default() };
        let said = match dialect.write(&call, &target) {
            Ok(request) => told(&request),
            Err(unsayable) => object([("unsayable", string(&unsayable.what))]),
        };
        shown.push((name.to_owned(), said));
    }
    Value::Object(shown)
}

fn told(request: &Request) -> Value {
    let headers = request.headers.iter().map(|(name, value)| string(&format!("{name}: {value}"))).collect();
    object([
        ("path", string(request.path)),
        ("headers", Value::Array(headers)),
        ("body", json::parse(&request.body).unwrap()),
    ])
}

/// A whole answer of some dialect, as this format says it.
fn answered(case: &Value, answer: &Value) -> Value {
    let (call, echo) = asked();
    match dialect(case).read(&call, answer.to_text().as_bytes()) {
        Ok(Whole::Answer(answer)) => match front::write(&echo, &answer) {
            Ok(body) => json::parse(&body).unwrap(),
            Err(unwritable) => object([("unwritable", string(&unwritable.0))]),
        },
        Ok(Whole::Failed(failed)) => object([("failed", string(&failed.code))]),
        Err(garbled) => object([("garbled", string(&garbled.0))]),
    }
}

/// A streamed answer of some dialect, as this format says it; at any chunking the same.
fn streamed(case: &Value, stream: &Value) -> Value {
    let mut bytes = Vec::new();
    for data in list(Some(stream)) {
        let name = if dialect(case) == Dialect::OpenAiChat { None } else { data.field("type").and_then(Value::as_str) };
        let data = data.as_str().map_or_else(|| data.to_text(), str::to_owned);
        wire::sse::write(name.unwrap_or_default(), data.as_bytes(), &mut bytes);
    }
    let whole = encoded(case, &bytes, bytes.len());
    for size in [1, 2, 7, 64] {
        assert_eq!(encoded(case, &bytes, size), whole);
    }
    whole
}

fn encoded(case: &Value, bytes: &[u8], size: usize) -> Value {
    let (call, echo) = asked();
    let mut decoder: Decoder = dialect(case).decoder(&call);
    let mut encoder = Encoder::new(&echo).unwrap();
    let (mut events, mut out) = (Vec::new(), Vec::new());
    let mut ended = Ok(());
    for chunk in bytes.chunks(size) {
        ended = ended.and_then(|()| decoder.push(chunk, &mut events));
    }
    ended = ended.and_then(|()| decoder.finish(&mut events));
    for event in &events {
        if let Err(unwritable) = encoder.event(event, &mut out) {
            return object([("unwritable", string(&unwritable.0))]);
        }
    }
    let text = String::from_utf8(out).unwrap();
    let lines = text.lines().filter_map(|line| line.strip_prefix("data: "));
    let mut shown: Vec<Value> = lines.map(|line| json::parse(line.as_bytes()).unwrap()).collect();
    if let Err(garbled) = ended {
        shown.push(object([("garbled", string(&garbled.0))]));
    }
    Value::Array(shown)
}

fn asked() -> (Call, Echo) {
    let mut generate = Generate::default();
    generate.sampling.stop = vec!["END".into()];
    let task = Task::Generate(Box::new(generate));
    let call = Call { door: Door::Messages, model: "auto".to_owned(), task, unmodelled: Vec::new() };
    let echo = Echo::of(&call, "01ARZ3", 1_700_000_000);
    (call, echo)
}

fn dialect(case: &Value) -> Dialect {
    let from = case.field("from").and_then(Value::as_str).unwrap_or("anthropic");
    DIALECTS.iter().find(|(name, _)| *name == from).unwrap().1
}

fn list(value: Option<&Value>) -> Vec<Value> {
    match value {
        Some(Value::Array(items)) => items.clone(),
        _ => Vec::new(),
    }
}

fn string(text: &str) -> Value {
    Value::String(text.to_owned())
}

fn object<const N: usize>(entries: [(&str, Value); N]) -> Value {
    Value::Object(entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}
