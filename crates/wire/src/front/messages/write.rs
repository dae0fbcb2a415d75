//! Writes an answer and an error as Anthropic's `message`, `error` and token count.

use serde::Serialize;

use crate::answer::{Answer, Choice, Stop};
use crate::call::{BlockKind, ReasoningBlock};
use crate::front::messages::shapes::{Complaint, Failure, Message, Part, Tokens};
use crate::front::{Echo, ErrorBody, Unwritable};
use crate::json::{self, Value};

/// Kinds of citations that the format knows, by their `type`.
const CITATIONS: &[&str] = &[
    "char_location",
    "page_location",
    "content_block_location",
    "search_result_location",
    "web_search_result_location",
];

/// Writes a whole answer.
///
/// # Errors
/// [`Unwritable`] names what the format cannot say: several answers, vectors, media, arguments that are not an object.
pub fn write(echo: &Echo, answer: &Answer) -> Result<Vec<u8>, Unwritable> {
    let Answer::Generated(generated) = answer else { return Err(cannot("something other than a message")) };
    let [choice] = generated.choices.as_slice() else { return Err(cannot("several answers")) };
    let content = parts(choice)?;
    let (stop_reason, stop_sequence) = stop(choice.stop.as_ref(), refuses(choice));
    let usage = generated.usage.unwrap_or_default();
    to_bytes(&Message {
        id: message_id(echo),
        kind: "message",
        role: "assistant",
        model: &echo.model,
        content,
        stop_reason,
        stop_sequence,
        usage: Tokens::of(&usage, generated.service_tier.as_deref()),
    })
}

/// Writes a token count.
///
/// # Errors
/// [`Unwritable`] when the answer is not a count.
pub fn write_count(answer: &Answer) -> Result<Vec<u8>, Unwritable> {
    #[derive(Serialize)]
    struct Counted {
        input_tokens: u64,
    }
    match answer {
        Answer::Counted { input_tokens } => to_bytes(&Counted { input_tokens: *input_tokens }),
        Answer::Generated(_) | Answer::Embedded(_) => Err(cannot("something other than a token count")),
    }
}

/// Writes a refusal or a fault. `code` and `help` stand beside the format's own fields, where its clients ignore them.
pub fn error(error: &ErrorBody) -> Vec<u8> {
    let message = format!("{}. {}", error.message.trim_end_matches('.'), error.help.as_str());
    let body = Failure {
        kind: "error",
        error: Complaint {
            kind: error_type(error.status),
            message: &message,
            code: &error.code,
            help: &error.help,
            param: error.param.as_deref(),
        },
        request_id: error.record.as_deref(),
    };
    serde_json::to_vec(&body).unwrap_or_default()
}

/// The format's word for a status.
fn error_type(status: u16) -> &'static str {
    match status {
        401 => "authentication_error",
        402 => "billing_error",
        403 => "permission_error",
        404 => "not_found_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        408 | 504 => "timeout_error",
        503 | 529 => "overloaded_error",
        400..=499 => "invalid_request_error",
        _ => "api_error",
    }
}

/// The id of the message that answers.
pub(super) fn message_id(echo: &Echo) -> String {
    format!("msg_{}", echo.record)
}

/// The format's words for why an answer ended, and the stop text that was met.
pub(super) fn stop(stop: Option<&Stop>, refused: bool) -> (Option<&'static str>, Option<&str>) {
    match stop {
        // A refusal in words is text here, and the reason says what it is.
        Some(Stop::End) if refused => (Some("refusal"), None),
        Some(Stop::End) => (Some("end_turn"), None),
        Some(Stop::StopText(text)) => (Some("stop_sequence"), text.as_ref().map(|text| text.as_str())),
        Some(Stop::Length) => (Some("max_tokens"), None),
        Some(Stop::ToolCalls) => (Some("tool_use"), None),
        Some(Stop::Refused) => (Some("refusal"), None),
        Some(Stop::Paused) => (Some("pause_turn"), None),
        Some(Stop::ContextFull) => (Some("model_context_window_exceeded"), None),
        None => (None, None),
    }
}

/// Whether `annotation` is a citation in this format.
pub(super) fn is_citation(annotation: &Value) -> bool {
    annotation.field("type").and_then(Value::as_str).is_some_and(|kind| CITATIONS.contains(&kind))
}

/// Something that the format cannot say.
pub(super) fn cannot(what: &str) -> Unwritable {
    Unwritable(what.to_owned())
}

fn refuses(choice: &Choice) -> bool {
    choice.content.iter().any(|block| matches!(block.kind, BlockKind::Refusal(_)))
}

fn parts(choice: &Choice) -> Result<Vec<Part<'_>>, Unwritable> {
    if choice.annotations.iter().any(|(_, annotation)| !is_citation(annotation)) {
        return Err(cannot("annotations of another format"));
    }
    let mut parts = Vec::with_capacity(choice.content.len());
    for (index, block) in (0_u32..).zip(&choice.content) {
        match &block.kind {
            BlockKind::Text(text) | BlockKind::Refusal(text) => {
                let own = choice.annotations.iter().filter(|(of, _)| *of == index);
                let citations: Vec<&Value> = own.map(|(_, annotation)| annotation).collect();
                // A block without text is not accepted when the conversation comes back.
                if !text.is_empty() || !citations.is_empty() {
                    parts.push(Part::Text { text, citations });
                }
            }
            BlockKind::Cited { text, citations } => {
                parts.push(Part::Text { text, citations: citations.iter().collect() });
            }
            BlockKind::ToolCall { custom: true, .. } => return Err(cannot("a free-form tool call")),
            BlockKind::ToolCall { id, name, arguments, custom: false } => {
                parts.push(Part::ToolUse { id, name, input: input(arguments)? });
            }
            BlockKind::Reasoning(reasoning) => reasoning_parts(reasoning, &mut parts),
            BlockKind::Image { .. } => return Err(cannot("an image")),
            BlockKind::File { .. } => return Err(cannot("a file")),
            BlockKind::Audio { .. } => return Err(cannot("audio")),
            BlockKind::SearchResult { .. } => return Err(cannot("a search result")),
            BlockKind::ToolResult { .. } => return Err(cannot("a tool result")),
        }
    }
    Ok(parts)
}

/// Readable reasoning is `thinking`, sealed reasoning `redacted_thinking`; an upstream of another format may give both.
fn reasoning_parts<'a>(reasoning: &'a ReasoningBlock, parts: &mut Vec<Part<'a>>) {
    let summary = reasoning.summary.iter().map(|part| part.as_str());
    let texts: Vec<&str> = reasoning.text.iter().map(|text| text.as_str()).chain(summary).collect();
    if !texts.is_empty() || reasoning.signature.is_some() {
        let signature = reasoning.signature.as_ref().map_or("", |signature| signature.as_str());
        parts.push(Part::Thinking { thinking: texts.join("\n\n"), signature });
    }
    if let Some(data) = &reasoning.sealed {
        parts.push(Part::RedactedThinking { data });
    }
}

/// Arguments as the object that the format wants; none at all are an empty one.
fn input(arguments: &str) -> Result<Value, Unwritable> {
    if arguments.trim().is_empty() {
        return Ok(Value::Object(Vec::new()));
    }
    match json::parse(arguments.as_bytes()) {
        Ok(input @ Value::Object(_)) => Ok(input),
        _ => Err(cannot("tool arguments that are not one JSON object")),
    }
}

fn to_bytes(value: &impl Serialize) -> Result<Vec<u8>, Unwritable> {
    serde_json::to_vec(value).map_err(|_| cannot("something that JSON cannot hold"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::{Generated, Usage};
    use crate::call::{Block, Door, Source};

    pub(crate) fn echo() -> Echo {
        let (door, model, record) = (Door::Messages, "auto".to_owned(), "01ABC".to_owned());
        Echo { door, model, record, now: 0, stream_usage: false, base64: false, responses: None }
    }

    fn written(choice: Choice) -> Result<Value, Unwritable> {
        let usage = Usage {
            input_tokens: 321,
            output_tokens: 5,
            cache_read_tokens: 20,
            cache_write_tokens: 300,
            reasoning_tokens: 2,
        };
        let generated = Generated { choices: vec![choice], usage: Some(usage), ..Generated::default() };
        write(&echo(), &Answer::Generated(generated)).map(|body| json::parse(&body).unwrap())
    }

    fn said(kinds: Vec<BlockKind>) -> Choice {
        let content = kinds.into_iter().map(|kind| Block { kind, cache: None }).collect();
        Choice { content, stop: Some(Stop::End), ..Choice::default() }
    }

    fn check(choice: Choice, field: &str, expected: &str) {
        assert_eq!(written(choice).unwrap().field(field).map(Value::to_text).unwrap_or_default(), expected);
    }

    fn unwritable(choice: Choice, what: &str) {
        assert_eq!(written(choice).unwrap_err().0, what);
    }

    fn tool(arguments: &str, custom: bool) -> BlockKind {
        BlockKind::ToolCall { id: "1".to_owned(), name: "t".into(), arguments: arguments.into(), custom }
    }

    #[test]
    fn a_message_names_our_record_and_the_alias_that_was_asked_for() {
        check(said(vec![]), "id", r#""msg_01ABC""#);
        check(said(vec![]), "model", r#""auto""#);
        check(
            said(vec![]),
            "usage",
            concat!(
                r#"{"input_tokens":1,"cache_creation_input_tokens":300,"cache_read_input_tokens":20,"output_tokens":5,"#,
                r#""output_tokens_details":{"thinking_tokens":2}}"#
            ),
        );
    }

    #[test]
    fn blocks_are_written_in_order_and_empty_text_is_left_out() {
        let reasoning =
            ReasoningBlock { text: Some("t".into()), signature: Some("Eq/+=".into()), ..ReasoningBlock::default() };
        let sealed = ReasoningBlock { sealed: Some("d".into()), ..ReasoningBlock::default() };
        let kinds = vec![
            BlockKind::Reasoning(reasoning),
            BlockKind::Reasoning(sealed),
            BlockKind::Text("".into()),
            BlockKind::Text("x".into()),
            tool(r#"{"b":1,"a":2}"#, false),
            tool(" ", false),
        ];
        check(
            said(kinds),
            "content",
            concat!(
                r#"[{"type":"thinking","thinking":"t","signature":"Eq/+="},{"type":"redacted_thinking","data":"d"},"#,
                r#"{"type":"text","text":"x"},{"type":"tool_use","id":"1","name":"t","input":{"b":1,"a":2}},"#,
                r#"{"type":"tool_use","id":"1","name":"t","input":{}}]"#
            ),
        );
    }

    #[test]
    fn reasoning_of_another_format_is_told_as_thinking_without_a_signature() {
        let both = ReasoningBlock {
            summary: vec!["a".into(), "b".into()],
            sealed: Some("d".into()),
            ..ReasoningBlock::default()
        };
        check(
            said(vec![BlockKind::Reasoning(both)]),
            "content",
            r#"[{"type":"thinking","thinking":"a\n\nb","signature":""},{"type":"redacted_thinking","data":"d"}]"#,
        );
    }

    #[test]
    fn citations_stand_with_the_block_that_they_belong_to() {
        let citation = json::parse(br#"{"type":"char_location","cited_text":"y"}"#).unwrap();
        let choice = Choice {
            annotations: vec![(1, citation)],
            ..said(vec![BlockKind::Text("x".into()), BlockKind::Text("z".into())])
        };
        check(
            choice,
            "content",
            r#"[{"type":"text","text":"x"},{"type":"text","text":"z","citations":[{"type":"char_location","cited_text":"y"}]}]"#,
        );
        let foreign = json::parse(br#"{"type":"url_citation"}"#).unwrap();
        unwritable(Choice { annotations: vec![(0, foreign)], ..said(vec![]) }, "annotations of another format");
    }

    #[test]
    fn why_it_ended_is_told_in_the_formats_words() {
        for (stop, reason) in [
            (Stop::End, "end_turn"),
            (Stop::Length, "max_tokens"),
            (Stop::ToolCalls, "tool_use"),
            (Stop::Refused, "refusal"),
            (Stop::Paused, "pause_turn"),
            (Stop::ContextFull, "model_context_window_exceeded"),
        ] {
            check(Choice { stop: Some(stop), ..said(vec![]) }, "stop_reason", &format!("{reason:?}"));
        }
        let met = Choice { stop: Some(Stop::StopText(Some("END".into()))), ..said(vec![]) };
        check(met.clone(), "stop_reason", r#""stop_sequence""#);
        check(met, "stop_sequence", r#""END""#);
        check(said(vec![BlockKind::Refusal("no".into())]), "stop_reason", r#""refusal""#);
    }

    #[test]
    fn what_the_format_cannot_say_is_a_fault() {
        unwritable(said(vec![tool("{", false)]), "tool arguments that are not one JSON object");
        unwritable(said(vec![tool("x", true)]), "a free-form tool call");
        unwritable(said(vec![BlockKind::Audio { source: Source::Text("x".into()) }]), "audio");
        let two = Generated { choices: vec![said(vec![]), said(vec![])], ..Generated::default() };
        assert_eq!(write(&echo(), &Answer::Generated(two)).unwrap_err().0, "several answers");
        assert!(write_count(&Answer::Generated(Generated::default())).is_err());
    }

    #[test]
    fn an_error_has_the_formats_type_for_its_status_and_our_code_beside_it() {
        let complaint = |status| ErrorBody {
            status,
            code: "no_permitted_destination".to_owned(),
            param: None,
            message: "no destination may see this.".into(),
            help: "ask for a self-hosted one".into(),
            record: Some("01ABC".to_owned()),
        };
        assert_eq!(
            String::from_utf8(error(&complaint(403))).unwrap(),
            concat!(
                r#"{"type":"error","error":{"type":"permission_error","message":"no destination may see this. "#,
                r#"ask for a self-hosted one","code":"no_permitted_destination","help":"ask for a self-hosted one"},"#,
                r#""request_id":"01ABC"}"#
            )
        );
        for (status, kind) in [
            (400, "invalid_request_error"),
            (401, "authentication_error"),
            (404, "not_found_error"),
            (413, "request_too_large"),
            (422, "invalid_request_error"),
            (429, "rate_limit_error"),
            (500, "api_error"),
            (502, "api_error"),
            (503, "overloaded_error"),
            (504, "timeout_error"),
            (529, "overloaded_error"),
        ] {
            assert_eq!(error_type(status), kind);
        }
    }
}
