//! Golden requests of the Anthropic format with pieces swapped, added and taken away: each is refused by name, or leaves for
//! an Anthropic destination with every text that it came with, and is written the same way when it comes back.
#![expect(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test over files")]

use std::path::Path;
use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::sample::Index;

use wire::call::Door;
use wire::dialect::{Dialect, Target};
use wire::front::{self, Headers};
use wire::json::{self, Value};

/// Words that say what silence says, so that they may be left out.
const SILENT: &[&str] = &["auto", "none", "direct", "custom"];

/// Keys that are added: real ones in wrong places, and strange ones.
const KEYS: &[&str] = &["type", "text", "mood", "cache_control", "citations", "content", "role", "strict", "caller"];

static REQUESTS: LazyLock<Vec<Value>> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden_messages");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|end| end == "json"));
    paths.sort();
    let cases = paths.iter().map(|path| json::parse(&std::fs::read(path).unwrap()).unwrap());
    cases.filter_map(|case| case.field("request").cloned()).collect()
});

static PIECES: LazyLock<Vec<Value>> = LazyLock::new(|| {
    let mut pieces = Vec::new();
    REQUESTS.iter().for_each(|request| collect(request, &mut pieces));
    pieces
});

fn collect(value: &Value, pieces: &mut Vec<Value>) {
    pieces.push(value.clone());
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, pieces)),
        Value::Object(entries) => entries.iter().for_each(|(_, value)| collect(value, pieces)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[derive(Clone, Copy, Debug)]
enum Change {
    Replace,
    Remove,
    Add,
}

/// Changes the node that is `left` steps ahead in reading order.
fn change(value: &mut Value, left: &mut usize, change: Change, piece: &Value, at: Index) {
    if *left == 0 {
        *left = usize::MAX;
        match (change, value) {
            (Change::Remove, Value::Array(items)) if !items.is_empty() => drop(items.remove(at.index(items.len()))),
            (Change::Remove, Value::Object(entries)) if !entries.is_empty() => {
                drop(entries.remove(at.index(entries.len())));
            }
            (Change::Add, Value::Array(items)) => items.insert(at.index(items.len() + 1), piece.clone()),
            (Change::Add, Value::Object(entries)) => {
                let key = *at.get(KEYS);
                if !entries.iter().any(|(known, _)| known == key) {
                    entries.push((key.to_owned(), piece.clone()));
                }
            }
            (_, value) => *value = piece.clone(),
        }
        return;
    }
    *left -= 1;
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| self::change(item, left, change, piece, at)),
        Value::Object(entries) => {
            entries.iter_mut().for_each(|(_, value)| self::change(value, left, change, piece, at));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn texts(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => found.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| texts(item, found)),
        Value::Object(entries) => entries.iter().for_each(|(_, value)| texts(value, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn changes() -> impl Strategy<Value = Vec<(Change, Index, Index, Index)>> {
    let change = prop_oneof![Just(Change::Replace), Just(Change::Remove), Just(Change::Add)];
    prop::collection::vec((change, any::<Index>(), any::<Index>(), any::<Index>()), 0..4)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn nothing_of_a_request_is_lost_in_silence(request in any::<Index>(), changes in changes()) {
        let mut body = request.get(&REQUESTS).clone();
        for (kind, node, piece, at) in changes {
            let mut nodes = Vec::new();
            collect(&body, &mut nodes);
            change(&mut body, &mut node.index(nodes.len()), kind, piece.get(&PIECES), at);
        }
        let Ok(call) = front::read(Door::Messages, body.to_text().as_bytes(), &Headers::default()) else { return Ok(()) };
        let target = Target { model: call.model.clone(), unmodelled: true, ..Target::default() };
        let Ok(sent) = Dialect::Anthropic.write(&call, &target) else { return Ok(()) };

        let (mut came, mut left) = (Vec::new(), Vec::new());
        texts(&body, &mut came);
        let written = json::parse(&sent.body).unwrap();
        texts(&written, &mut left);
        if written.field("system").is_some() {
            // A system message that opens the conversation becomes the field of that name: its text is kept, its role is the key.
            left.push("system".to_owned());
        }
        for text in came {
            prop_assert!(SILENT.contains(&text.as_str()) || left.contains(&text), "lost {text}\nof {}", body.to_text());
        }
        let again = front::read(Door::Messages, &sent.body, &Headers::default()).unwrap();
        prop_assert_eq!(Dialect::Anthropic.write(&again, &target).unwrap().body, sent.body);
    }
}
