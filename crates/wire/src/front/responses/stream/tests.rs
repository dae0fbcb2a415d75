//! What the encoder writes, event by event.

use super::*;
use crate::answer::Channel;
use crate::call::{Call, Door, Task};
use crate::json::Value;

fn encoder() -> Encoder {
    let task = Task::Generate(Box::default());
    let call = Call { door: Door::Responses, model: "alias".to_owned(), task, unmodelled: Vec::new() };
    Encoder::new(&Echo::of(&call, "r", 7))
}

fn open(block: u32, kind: Opened) -> Event {
    Event::Open { choice: 0, block, kind }
}

fn tool(id: &str) -> Opened {
    Opened::ToolCall { id: id.to_owned(), name: "f".into(), custom: false }
}

fn delta(block: u32, channel: Channel, text: &str) -> Event {
    Event::Delta { choice: 0, block, channel, text: text.into(), logprobs: None }
}

fn close(block: u32) -> Event {
    Event::Close { choice: 0, block }
}

fn stop(stop: Stop) -> Event {
    Event::Stop { choice: 0, stop }
}

fn written(out: &[u8]) -> Vec<Value> {
    let text = std::str::from_utf8(out).unwrap();
    let data = text.lines().filter_map(|line| line.strip_prefix("data: "));
    data.map(|data| crate::json::parse(data.as_bytes()).unwrap()).collect()
}

/// Each event's type without its first word, with the number of its item and its text.
fn told(out: &[u8]) -> Vec<String> {
    let one = |event: &Value| {
        let kind = event.field("type").and_then(Value::as_str).unwrap();
        let kind = kind.strip_prefix("response.").unwrap_or(kind);
        let item = event.field("output_index").map(|index| format!(" {}", index.to_text())).unwrap_or_default();
        let text = ["delta", "text", "arguments"].iter().find_map(|key| event.field(key)?.as_str());
        format!("{kind}{item}{}", text.map(|text| format!(" {text:?}")).unwrap_or_default())
    };
    written(out).iter().map(one).collect()
}

#[track_caller]
fn check(events: &[Event], expected: &[&str]) {
    let (mut encoder, mut out) = (encoder(), Vec::new());
    events.iter().for_each(|event| encoder.event(event, &mut out).unwrap());
    assert_eq!(told(&out), expected);
}

#[track_caller]
fn unwritable(events: &[Event], what: &str) {
    let (mut encoder, mut out) = (encoder(), Vec::new());
    let error = events.iter().find_map(|event| encoder.event(event, &mut out).err());
    assert!(error.as_ref().is_some_and(|error| error.0.contains(what)), "{error:?}");
}

#[test]
fn tool_calls_may_be_told_in_turns() {
    let arguments = Channel::Arguments;
    check(
        &[
            open(0, Opened::Text),
            delta(0, Channel::Text, "a"),
            open(1, tool("x")),
            open(2, tool("y")),
            delta(1, arguments, "{"),
            delta(2, arguments, "["),
            delta(0, Channel::Text, "b"),
            delta(1, arguments, "}"),
            close(1),
            close(0),
            close(2),
            stop(Stop::ToolCalls),
            Event::End,
        ],
        &[
            "output_item.added 0",
            "content_part.added 0",
            "output_text.delta 0 \"a\"",
            "output_item.added 1 ",
            "output_item.added 2 ",
            "function_call_arguments.delta 1 \"{\"",
            "function_call_arguments.delta 2 \"[\"",
            "output_text.delta 0 \"b\"",
            "function_call_arguments.delta 1 \"}\"",
            "function_call_arguments.done 1 \"{}\"",
            "output_item.done 1",
            "output_text.done 0 \"ab\"",
            "content_part.done 0",
            "output_item.done 0",
            "function_call_arguments.done 2 \"[\"",
            "output_item.done 2",
            "completed",
        ]
        .map(str::trim_end),
    );
}

#[test]
fn an_answer_that_is_cut_off_closes_what_is_open_and_says_so() {
    let (mut encoder, mut out) = (encoder(), Vec::new());
    for event in [open(0, Opened::Text), delta(0, Channel::Text, "a"), stop(Stop::Length), Event::End] {
        encoder.event(&event, &mut out).unwrap();
    }
    let expected = [
        "output_item.added 0",
        "content_part.added 0",
        "output_text.delta 0 \"a\"",
        "output_text.done 0 \"a\"",
        "content_part.done 0",
        "output_item.done 0",
        "incomplete",
    ];
    assert_eq!(told(&out), expected);
    let last = written(&out).pop().unwrap().to_text();
    assert!(last.contains("\"incomplete_details\":{\"reason\":\"max_output_tokens\"}"), "{last}");
    assert!(last.contains("\"status\":\"incomplete\",\"role\":\"assistant\""), "{last}");
}

#[test]
fn numbers_count_every_event_from_zero() {
    let (mut encoder, mut out) = (encoder(), Vec::new());
    let start = Event::Start { id: String::new(), model: String::new(), created: 0, usage: None };
    for event in [start, open(0, Opened::Refusal), close(0), stop(Stop::End), Event::End] {
        encoder.event(&event, &mut out).unwrap();
    }
    let numbers: Vec<String> =
        written(&out).iter().map(|event| event.field("sequence_number").unwrap().to_text()).collect();
    let expected: Vec<String> = (0..numbers.len()).map(|number| number.to_string()).collect();
    assert_eq!(numbers, expected);
}

#[test]
fn what_the_format_cannot_say_is_named() {
    let second = |block| Event::Open { choice: 1, block, kind: Opened::Text };
    unwritable(&[open(0, Opened::Text), second(1)], "more than one answer");
    unwritable(&[stop(Stop::Paused)], "a pause");
    unwritable(&[delta(0, Channel::Text, "a")], "outside");
    unwritable(&[open(0, Opened::Text), delta(0, Channel::Arguments, "a")], "can't stand");
    unwritable(&[open(0, Opened::Text), close(0), delta(0, Channel::Text, "a")], "outside");
    unwritable(&[open(0, Opened::Text), close(0), Event::End], "did not stop");
    let seal = Event::Seal { choice: 0, block: 0, sealed: true, text: "s".into() };
    unwritable(&[open(0, Opened::Text), seal], "can't stand");
}

#[track_caller]
fn check_error(status: u16, code: &str) {
    let (mut encoder, mut out) = (encoder(), Vec::new());
    let error = ErrorBody {
        status,
        code: "our_code".to_owned(),
        param: None,
        message: "it was stopped".into(),
        help: "ask".into(),
        record: None,
    };
    encoder.error(&error, &mut out);
    let [error, failed] = written(&out).try_into().unwrap();
    assert_eq!(error.field("code").and_then(Value::as_str), Some("our_code"));
    let inside = failed.field("response").and_then(|response| response.field("error")).unwrap();
    assert_eq!(inside.field("code").and_then(Value::as_str), Some(code));
    assert_eq!(inside.field("message").and_then(Value::as_str), Some("it was stopped. ask."));
}

#[test]
fn an_error_is_told_to_clients_and_to_agents() {
    check_error(403, "invalid_prompt");
    check_error(429, "rate_limit_exceeded");
    check_error(502, "server_error");
}
