//! What must hold of the Anthropic formats for any content: requests leave as they came, any chunking of a stream gives
//! the same events, and a stream adds up to the whole answer.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test")]

use proptest::prelude::*;

use wire::answer::Event;
use wire::call::{Call, Door, Task};
use wire::dialect::{Dialect, Garbled, Target, Whole};
use wire::front::{self, Echo, Encoder, Headers};
use wire::json::{self, Value};

fn object(entries: &[(&str, Value)]) -> Value {
    Value::Object(entries.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect())
}

fn string(text: &str) -> Value {
    Value::String(text.to_owned())
}

fn number(value: u64) -> Value {
    Value::Number(value.into())
}

/// Text of any scripts, with what JSON and event streams must escape.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), "[ -~]{1,12}", Just("data: x\n\nevent: y\r\n".to_owned())]
        .prop_filter("text is not empty", |text| !text.is_empty())
}

fn seal() -> impl Strategy<Value = String> {
    "[A-Za-z0-9+/]{1,40}={0,2}"
}

/// JSON as a model or a caller writes it.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<u64>().prop_map(number),
        any::<String>().prop_map(Value::String),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array), objects(inner)]
    })
}

fn objects(inner: impl Strategy<Value = Value>) -> impl Strategy<Value = Value> {
    prop::collection::btree_map(any::<String>(), inner, 0..4)
        .prop_map(|entries| Value::Object(entries.into_iter().collect()))
}

fn cached(block: Value, cache: Option<bool>) -> Value {
    let Value::Object(mut entries) = block else { panic!("not a block") };
    if let Some(long) = cache {
        let mut control = vec![("type", string("ephemeral"))];
        if long {
            control.push(("ttl", string("1h")));
        }
        entries.push(("cache_control".to_owned(), object(&control)));
    }
    Value::Object(entries)
}

fn text_block() -> impl Strategy<Value = Value> {
    (text(), prop::option::of(any::<bool>()))
        .prop_map(|(text, cache)| cached(object(&[("type", string("text")), ("text", string(&text))]), cache))
}

fn image() -> impl Strategy<Value = Value> {
    seal().prop_map(|data| {
        let source = [("type", string("base64")), ("media_type", string("image/png")), ("data", string(&data))];
        object(&[("type", string("image")), ("source", object(&source))])
    })
}

fn tool_result() -> impl Strategy<Value = Value> {
    let content = prop::collection::vec(prop_oneof![text_block(), image()], 1..3);
    ("[a-z]{1,8}", content, any::<bool>(), prop::option::of(any::<bool>())).prop_map(|(id, content, failed, cache)| {
        let mut entries =
            vec![("type", string("tool_result")), ("tool_use_id", string(&id)), ("content", Value::Array(content))];
        if failed {
            entries.push(("is_error", Value::Bool(true)));
        }
        cached(object(&entries), cache)
    })
}

fn thinking() -> impl Strategy<Value = Value> {
    (any::<String>(), seal()).prop_map(|(thinking, signature)| {
        object(&[("type", string("thinking")), ("thinking", string(&thinking)), ("signature", string(&signature))])
    })
}

fn redacted() -> impl Strategy<Value = Value> {
    seal().prop_map(|data| object(&[("type", string("redacted_thinking")), ("data", string(&data))]))
}

fn tool_use() -> impl Strategy<Value = Value> {
    ("[a-z]{1,8}", text(), objects(any_json())).prop_map(|(id, name, input)| {
        object(&[("type", string("tool_use")), ("id", string(&id)), ("name", string(&name)), ("input", input)])
    })
}

fn answer_block() -> impl Strategy<Value = Value> {
    let plain = text().prop_map(|text| object(&[("type", string("text")), ("text", string(&text))]));
    prop_oneof![plain, thinking(), redacted(), tool_use()]
}

/// User and assistant messages by turns.
fn messages() -> impl Strategy<Value = Vec<Value>> {
    let user = prop::collection::vec(prop_oneof![text_block(), image(), tool_result()], 1..4);
    let assistant = prop::collection::vec(prop_oneof![text_block(), thinking(), redacted(), tool_use()], 1..4);
    prop::collection::vec((user, assistant), 1..3).prop_map(|pairs| {
        let message = |role: &str, content| object(&[("role", string(role)), ("content", Value::Array(content))]);
        pairs
            .into_iter()
            .flat_map(|(user, assistant)| [message("user", user), message("assistant", assistant)])
            .collect()
    })
}

fn asked() -> Call {
    let task = Task::Generate(Box::default());
    Call { door: Door::Messages, model: "auto".to_owned(), task, unmodelled: Vec::new() }
}

/// A message as an upstream would stream it, its texts cut in pieces of `piece` characters.
fn stream_of(blocks: &[Value], piece: usize) -> Vec<u8> {
    let mut out = Vec::new();
    let mut emit = |name: &str, rest: &[(&str, Value)]| {
        let mut entries = vec![("type", string(name))];
        entries.extend_from_slice(rest);
        wire::sse::write(name, object(&entries).to_text().as_bytes(), &mut out);
    };
    let usage = object(&[("input_tokens", number(3)), ("output_tokens", number(1))]);
    let start =
        object(&[("id", string("m")), ("model", string("x")), ("content", Value::Array(vec![])), ("usage", usage)]);
    emit("message_start", &[("message", start)]);
    for (index, block) in (0_u64..).zip(blocks) {
        let index = ("index", number(index));
        let field = |key: &str| block.field(key).cloned().unwrap();
        let kind = field("type");
        let kind = kind.as_str().unwrap();
        let (begun, parts): (Value, Vec<(&str, &str, Value)>) = match kind {
            "text" => {
                (object(&[("type", string(kind)), ("text", string(""))]), vec![("text_delta", "text", field("text"))])
            }
            "thinking" => (
                object(&[("type", string(kind)), ("thinking", string("")), ("signature", string(""))]),
                vec![
                    ("thinking_delta", "thinking", field("thinking")),
                    ("signature_delta", "signature", field("signature")),
                ],
            ),
            "tool_use" => {
                let empty = Value::Object(Vec::new());
                let begun = [("type", string(kind)), ("id", field("id")), ("name", field("name")), ("input", empty)];
                (object(&begun), vec![("input_json_delta", "partial_json", string(&field("input").to_text()))])
            }
            _ => (block.clone(), vec![]),
        };
        emit("content_block_start", &[index.clone(), ("content_block", begun)]);
        for (delta, key, whole) in parts {
            let letters: Vec<char> = whole.as_str().unwrap().chars().collect();
            for letters in letters.chunks(piece) {
                let letters: String = letters.iter().collect();
                let delta = object(&[("type", string(delta)), (key, string(&letters))]);
                emit("content_block_delta", &[index.clone(), ("delta", delta)]);
            }
        }
        emit("content_block_stop", &[index]);
    }
    let delta = object(&[("stop_reason", string("end_turn"))]);
    emit("message_delta", &[("delta", delta), ("usage", object(&[("output_tokens", number(9))]))]);
    emit("message_stop", &[]);
    out
}

fn decoded<'a>(chunks: impl Iterator<Item = &'a [u8]>) -> Result<Vec<Event>, Garbled> {
    let mut decoder = Dialect::Anthropic.decoder(&asked());
    let mut events = Vec::new();
    for chunk in chunks {
        decoder.push(chunk, &mut events)?;
    }
    decoder.finish(&mut events)?;
    Ok(events)
}

/// What a client of the format makes of a stream.
fn assembled(stream: &[u8]) -> Vec<Value> {
    let text = std::str::from_utf8(stream).unwrap();
    let mut blocks: Vec<(Value, String, String)> = Vec::new();
    for data in text.lines().filter_map(|line| line.strip_prefix("data: ")) {
        let event = json::parse(data.as_bytes()).unwrap();
        if let Some(block) = event.field("content_block") {
            blocks.push((block.clone(), String::new(), String::new()));
        }
        if let (Some(delta), Some(_)) = (event.field("delta"), event.field("index")) {
            let (_, said, signed) = blocks.last_mut().unwrap();
            let part = |key: &str| delta.field(key).and_then(Value::as_str).unwrap_or_default();
            ["text", "partial_json", "thinking"].iter().for_each(|key| said.push_str(part(key)));
            signed.push_str(part("signature"));
        }
    }
    blocks.into_iter().map(|(block, said, signed)| filled(&block, &said, &signed)).collect()
}

fn filled(block: &Value, said: &str, signed: &str) -> Value {
    let Value::Object(entries) = block else { panic!("not a block") };
    let fill = |(key, value): &(String, Value)| {
        let value = match key.as_str() {
            "text" | "thinking" => string(said),
            "signature" => string(signed),
            "input" => json::parse(said.as_bytes()).unwrap(),
            _ => value.clone(),
        };
        (key.clone(), value)
    };
    Value::Object(entries.iter().map(fill).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_request_leaves_with_the_same_blocks_in_the_same_order(messages in messages(), system in text_block()) {
        let body = object(&[
            ("model", string("auto")),
            ("max_tokens", number(9)),
            ("system", Value::Array(vec![system])),
            ("messages", Value::Array(messages)),
        ]);
        let call = front::read(Door::Messages, body.to_text().as_bytes(), &Headers::default()).unwrap();
        prop_assert!(call.unmodelled.is_empty());
        let target = Target { model: "auto".to_owned(), ..Target::default() };
        let request = Dialect::Anthropic.write(&call, &target).unwrap();
        prop_assert_eq!(String::from_utf8(request.body).unwrap(), body.to_text());
    }

    #[test]
    fn any_chunking_of_a_stream_gives_the_same_events(
        blocks in prop::collection::vec(answer_block(), 0..4),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
    ) {
        let stream = stream_of(&blocks, 3);
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(stream.len())).collect();
        cuts.sort_unstable();
        let ends = cuts.iter().copied().chain([stream.len()]);
        let chunks = [0].into_iter().chain(cuts.iter().copied()).zip(ends).map(|(from, to)| stream.get(from..to).unwrap());
        prop_assert_eq!(decoded(chunks).unwrap(), decoded(std::iter::once(stream.as_slice())).unwrap());
    }

    #[test]
    fn a_stream_adds_up_to_the_whole_answer(blocks in prop::collection::vec(answer_block(), 0..4), piece in 1_usize..9) {
        let echo = Echo::of(&asked(), "01ABC", 0);
        let mut encoder = Encoder::new(&echo).unwrap();
        let mut written = Vec::new();
        for event in decoded(stream_of(&blocks, piece).chunks(11)).unwrap() {
            encoder.event(&event, &mut written).unwrap();
        }
        let usage = object(&[("input_tokens", number(3)), ("output_tokens", number(9))]);
        let whole = object(&[
            ("id", string("m")), ("type", string("message")), ("role", string("assistant")), ("model", string("x")),
            ("content", Value::Array(blocks)), ("stop_reason", string("end_turn")), ("usage", usage),
        ]);
        let Whole::Answer(answer) = Dialect::Anthropic.read(&asked(), whole.to_text().as_bytes()).unwrap() else {
            panic!("not an answer")
        };
        let whole = json::parse(&front::write(&echo, &answer).unwrap()).unwrap();
        prop_assert_eq!(Value::Array(assembled(&written)).to_text(), whole.field("content").unwrap().to_text());
    }

    #[test]
    fn no_bytes_make_a_parser_fail_badly(bytes in prop::collection::vec(any::<u8>(), 0..256), mut json in text()) {
        let _ = front::read(Door::Messages, &bytes, &Headers::default());
        let _ = Dialect::Anthropic.read(&asked(), &bytes);
        let _ = decoded(bytes.chunks(7));
        json.retain(|letter| letter != '\n');
        let _ = decoded(std::iter::once(format!("data: {json}\n\n").as_bytes()));
    }

    #[test]
    fn a_stream_cut_anywhere_is_never_taken_for_whole(
        blocks in prop::collection::vec(answer_block(), 0..3),
        cut in any::<prop::sample::Index>(),
    ) {
        let stream = stream_of(&blocks, 5);
        // The last newline may be missing no more than any other byte.
        let cut = cut.index(stream.len());
        prop_assert!(decoded(std::iter::once(stream.get(..cut).unwrap())).is_err());
    }
}
