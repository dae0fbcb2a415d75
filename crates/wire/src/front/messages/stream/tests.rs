//! What the encoder writes for streams of any upstream.

use super::*;
use crate::answer::UpstreamError;
use crate::call::Door;
use crate::json;

fn encoder() -> Encoder {
    let (door, model, record) = (Door::Messages, "auto".to_owned(), "01ABC".to_owned());
    Encoder::new(&Echo { door, model, record, now: 0, stream_usage: false, base64: false, responses: None })
}

fn start() -> Event {
    Event::Start { id: "x".to_owned(), model: "y".to_owned(), created: 0, usage: None }
}

fn open(block: u32, kind: Opened) -> Event {
    Event::Open { choice: 0, block, kind }
}

fn tool(id: &str) -> Opened {
    Opened::ToolCall { id: id.to_owned(), name: "t".into(), custom: false }
}

fn say(block: u32, channel: Channel, text: &str) -> Event {
    Event::Delta { choice: 0, block, channel, text: text.into(), logprobs: None }
}

fn close(block: u32) -> Event {
    Event::Close { choice: 0, block }
}

fn encode(events: &[Event]) -> Result<String, Unwritable> {
    let (mut encoder, mut out) = (encoder(), Vec::new());
    for event in events {
        encoder.event(event, &mut out)?;
    }
    Ok(String::from_utf8(out).unwrap())
}

/// Encodes these events between a start and an end; gives what each block says, and checks the grammar.
fn check(between: &[Event], expected: &[&str]) {
    let mut events = vec![start()];
    events.extend_from_slice(between);
    events.extend([Event::Stop { choice: 0, stop: Stop::End }, Event::End]);
    let stream = encode(&events).unwrap();
    let mut blocks: Vec<String> = Vec::new();
    let mut is_open = false;
    for chunk in stream.trim_end().split("\n\n") {
        let (name, data) = chunk.strip_prefix("event: ").unwrap().split_once("\ndata: ").unwrap();
        let value = json::parse(data.as_bytes()).unwrap();
        assert_eq!(value.field("type").and_then(Value::as_str), Some(name));
        let index = value.field("index").map(Value::to_text);
        match name {
            "content_block_start" => {
                assert!(!is_open && index == Some(blocks.len().to_string()), "{stream}");
                is_open = true;
                blocks.push(value.field("content_block").unwrap().to_text());
            }
            "content_block_delta" | "content_block_stop" => {
                assert!(is_open && index == Some((blocks.len() - 1).to_string()), "{stream}");
                is_open = name != "content_block_stop";
                if let Some(Value::Object(delta)) = value.field("delta") {
                    blocks.last_mut().unwrap().push_str(&format!(" {}", delta[1].1.to_text()));
                }
            }
            _ => assert!(!is_open, "{stream}"),
        }
    }
    assert_eq!(blocks, expected, "{stream}");
    assert!(stream.ends_with("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"));
}

#[test]
fn a_stream_is_written_in_the_formats_grammar() {
    let usage = Usage { input_tokens: 9, output_tokens: 2, ..Usage::default() };
    let events = [
        start(),
        open(0, Opened::Text),
        say(0, Channel::Text, "gr\u{fc}n\n"),
        close(0),
        Event::Stop { choice: 0, stop: Stop::StopText(Some("END".into())) },
        Event::Usage(usage),
        Event::End,
    ];
    let expected = r#"event: message_start
data: {"type":"message_start","message":{"id":"msg_01ABC","type":"message","role":"assistant","model":"auto","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":0,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":0}}}

event: content_block_start
data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"grün\n"}}

event: content_block_stop
data: {"type":"content_block_stop","index":0}

event: message_delta
data: {"type":"message_delta","delta":{"stop_reason":"stop_sequence","stop_sequence":"END"},"usage":{"input_tokens":9,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":2}}

event: message_stop
data: {"type":"message_stop"}

"#;
    assert_eq!(encode(&events).unwrap(), expected);
}

#[test]
fn thinking_has_its_signature_and_sealed_thinking_its_data_in_one_piece() {
    let seal = |block, sealed, text: &str| Event::Seal { choice: 0, block, sealed, text: text.into() };
    check(
        &[
            open(0, Opened::Reasoning { id: None }),
            say(0, Channel::Reasoning, "hm"),
            seal(0, false, "Eq/+="),
            close(0),
            open(1, Opened::Reasoning { id: None }),
            seal(1, true, "ab"),
            seal(1, true, "cd"),
            close(1),
            open(2, Opened::Reasoning { id: None }),
            close(2),
        ],
        &[
            r#"{"type":"thinking","thinking":"","signature":""} "hm" "Eq/+=""#,
            r#"{"type":"redacted_thinking","data":"abcd"}"#,
        ],
    );
}

#[test]
fn text_that_another_block_interrupts_goes_on_in_a_new_one() {
    check(
        &[
            open(0, Opened::Reasoning { id: None }),
            open(1, Opened::Text),
            say(0, Channel::Reasoning, "a"),
            say(1, Channel::Text, "b"),
            say(0, Channel::Reasoning, "c"),
            close(0),
            say(1, Channel::Text, "d"),
        ],
        &[
            r#"{"type":"thinking","thinking":"","signature":""} "a""#,
            r#"{"type":"text","text":""} "b""#,
            r#"{"type":"thinking","thinking":"","signature":""} "c""#,
            r#"{"type":"text","text":""} "d""#,
        ],
    );
}

#[test]
fn tool_calls_that_come_at_once_are_written_one_after_the_other() {
    let first = r#"{"type":"tool_use","id":"1","name":"t","input":{}} "{" "}""#;
    let second = r#"{"type":"tool_use","id":"2","name":"t","input":{}} "[" "]""#;
    let third = r#"{"type":"tool_use","id":"3","name":"t","input":{}}"#;
    let begun = [
        open(0, tool("1")),
        open(1, tool("2")),
        open(2, tool("3")),
        say(0, Channel::Arguments, "{"),
        say(1, Channel::Arguments, "["),
    ];
    let ends = [
        [say(0, Channel::Arguments, "}"), close(0), say(1, Channel::Arguments, "]"), close(1), close(2)],
        [say(1, Channel::Arguments, "]"), close(1), close(2), say(0, Channel::Arguments, "}"), close(0)],
        [close(2), say(1, Channel::Arguments, "]"), say(0, Channel::Arguments, "}"), close(0), close(1)],
    ];
    for end in ends {
        check(&[begun.as_slice(), end.as_slice()].concat(), &[first, second, third]);
    }
    let unclosed = [say(1, Channel::Arguments, "]"), say(0, Channel::Arguments, "}")];
    check(&[begun.as_slice(), unclosed.as_slice()].concat(), &[first, second, third]);
}

#[test]
fn text_that_comes_while_a_tool_call_is_open_waits_for_its_end() {
    check(
        &[
            open(0, Opened::Text),
            say(0, Channel::Text, "a"),
            open(1, tool("1")),
            say(0, Channel::Text, "b"),
            say(1, Channel::Arguments, "{}"),
            close(0),
            close(1),
        ],
        &[
            r#"{"type":"text","text":""} "a""#,
            r#"{"type":"tool_use","id":"1","name":"t","input":{}} "{}""#,
            r#"{"type":"text","text":""} "b""#,
        ],
    );
}

#[test]
fn a_refusal_in_words_is_text_and_says_so_at_the_end() {
    let events = [
        start(),
        open(0, Opened::Refusal),
        say(0, Channel::Refusal, "no"),
        close(0),
        Event::Stop { choice: 0, stop: Stop::End },
        Event::End,
    ];
    assert!(encode(&events).unwrap().contains(r#""stop_reason":"refusal""#));
}

#[test]
fn what_the_format_cannot_say_is_a_fault() {
    let fails = |event: Event| encode(&[start(), event]).unwrap_err().0;
    assert_eq!(fails(Event::Open { choice: 1, block: 0, kind: Opened::Text }), "several answers");
    let free = Opened::ToolCall { id: "1".to_owned(), name: "t".into(), custom: true };
    assert_eq!(fails(open(0, free)), "a free-form tool call");
    assert_eq!(fails(say(3, Channel::Text, "x")), "a piece of a block that is not open");
    assert_eq!(encode(&[close(0)]).unwrap_err().0, "an event before its start");
}

#[test]
fn a_failure_of_the_upstream_is_told_once_and_without_its_words() {
    let (mut encoder, mut out) = (encoder(), Vec::new());
    let failed = UpstreamError { code: "x".to_owned(), message: "key sk-1234 is bad".into() };
    encoder.event(&start(), &mut out).unwrap();
    encoder.event(&Event::Failed(failed), &mut out).unwrap();
    let once = out.len();
    encoder.failed(&mut out);
    let text = String::from_utf8(out).unwrap();
    assert!(
        text.len() == once && text.contains("event: error\ndata: {\"type\":\"error\"") && !text.contains("sk-1234")
    );
}

#[test]
fn a_failure_before_anything_else_is_told_too() {
    let failed = UpstreamError { code: "x".to_owned(), message: "y".into() };
    assert!(encode(&[Event::Failed(failed)]).unwrap().starts_with("event: error\n"));
}

#[test]
fn an_upstream_that_makes_too_much_wait_is_cut_off() {
    let mut events = vec![start()];
    events.extend((0..300).map(|block| open(block, Opened::Text)));
    assert_eq!(encode(&events).unwrap_err().0, "too many blocks at once");
    let mut events = vec![start(), open(0, tool("1")), open(1, tool("2"))];
    let piece = "x".repeat(1 << 20);
    events.extend((0..9).map(|_| say(1, Channel::Arguments, &piece)));
    assert_eq!(encode(&events).unwrap_err().0, "more than can be put in order");
}
