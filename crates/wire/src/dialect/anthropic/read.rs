//! Reads whole answers and errors of an Anthropic destination.

use crate::answer::{Answer, Choice, Generated, Stop, UpstreamError};
use crate::call::{Block, BlockKind, Call, ReasoningBlock, Task};
use crate::dialect::anthropic::tally::Tally;
use crate::dialect::openai_responses::reasoning::{must_be_id, must_be_sealed};
use crate::dialect::{Garbled, Whole};
use crate::fields::{Fields, Rejected};
use crate::json::{self, Value};
use crate::text::Text;

/// The most names of unmodelled fields that are reported of one answer.
const UNMODELLED_MAX: usize = 32;

/// The longest name or code of an upstream that is repeated, in bytes.
const NAME_BYTES_MAX: usize = 128;

/// All fields of a message that we know. Of those after `usage`, none carries what was asked for: they are dropped, and
/// only by name reported.
const MESSAGE: &[&str] = &["id", "type", "role", "model", "content", "stop_reason", "stop_sequence", "usage"];

/// Reads a whole answer to `call`.
///
/// # Errors
/// [`Garbled`] when it is not one, or holds a block that we do not model.
pub fn read_answer(call: &Call, body: &[u8]) -> Result<Whole, Garbled> {
    let value = json::parse(body).map_err(|error| Garbled(error.to_string()))?;
    if value.field("type").and_then(Value::as_str) == Some("error") {
        return Ok(Whole::Failed(complaint(&value)));
    }
    let mut fields = Fields::open(value, "").map_err(garbled)?;
    match &call.task {
        Task::CountTokens(_) => {
            let input_tokens = fields.u64("input_tokens").map_err(garbled)?;
            let input_tokens = input_tokens.ok_or_else(|| Garbled("`input_tokens` is missing".to_owned()))?;
            Ok(Whole::Answer(Answer::Counted { input_tokens }))
        }
        Task::Generate(_) | Task::Complete(_) => {
            message(fields, stop_texts(call)).map(|message| Whole::Answer(Answer::Generated(message)))
        }
        Task::Embed(_) => Err(Garbled("nobody asked for this".to_owned())),
    }
}

/// Reads the body of an answer whose status is not 200.
pub fn read_error(_status: u16, body: &[u8]) -> UpstreamError {
    match json::parse(body) {
        Ok(value) => complaint(&value),
        Err(_) => UpstreamError { code: String::new(), message: Text::default() },
    }
}

/// The error in a body or an event.
pub(super) fn complaint(value: &Value) -> UpstreamError {
    let error = value.field("error");
    let part = |key: &str| error.and_then(|error| error.field(key)).and_then(Value::as_str).unwrap_or_default();
    UpstreamError { code: plain_name(part("type")).to_owned(), message: Text::new(part("message")) }
}

/// Why a field of an answer is not acceptable.
pub(super) fn garbled(rejected: Rejected) -> Garbled {
    Garbled(rejected.message)
}

/// Why an answer ended, from the format's word for it. A stop text is repeated only if it was `asked` for:
/// anything else there would be text that nobody screened.
pub(super) fn stop(reason: &str, text: Option<Text>, asked: &[Text]) -> Result<Stop, Garbled> {
    Ok(match reason {
        "end_turn" => Stop::End,
        "stop_sequence" => Stop::StopText(text.filter(|text| asked.contains(text))),
        "max_tokens" => Stop::Length,
        "tool_use" => Stop::ToolCalls,
        "pause_turn" => Stop::Paused,
        "refusal" => Stop::Refused,
        "model_context_window_exceeded" => Stop::ContextFull,
        _ => return Err(Garbled(format!("the stop reason `{}` is not known", plain_name(reason)))),
    })
}

/// The stop texts that `call` asked for.
pub(super) fn stop_texts(call: &Call) -> &[Text] {
    match &call.task {
        Task::Generate(generate) | Task::CountTokens(generate) => &generate.sampling.stop,
        Task::Complete(complete) => &complete.sampling.stop,
        Task::Embed(_) => &[],
    }
}

/// A block whose type we do not model: nothing of it could be screened.
pub(super) fn unknown_block(kind: &str) -> Garbled {
    Garbled(format!("a block of the type `{}` is not known", plain_name(kind)))
}

/// Takes a signature or sealed thinking. Nobody can screen it, so that it must not look like anything else; it may be
/// empty, as engines without signatures write it.
pub(super) fn seal(fields: &mut Fields, key: &str) -> Result<Option<Text>, Garbled> {
    let seal = fields.text(key).map_err(garbled)?;
    if let Some(seal) = seal.as_ref().filter(|seal| !seal.is_empty()) {
        must_be_sealed(seal, &fields.at(key)).map_err(garbled)?;
    }
    Ok(seal)
}

/// Takes what `redacted_thinking` seals, which must be there.
pub(super) fn sealed_data(fields: &mut Fields) -> Result<Text, Garbled> {
    let data = seal(fields, "data")?.filter(|data| !data.is_empty());
    data.ok_or_else(|| Garbled("a sealed block seals nothing".to_owned()))
}

/// Checks that the caller's own code runs a tool call, which `direct` or silence says.
pub(super) fn check_caller(fields: &mut Fields) -> Result<(), Garbled> {
    let Some(mut caller) = fields.object("caller").map_err(garbled)? else { return Ok(()) };
    if caller.required_string("type").map_err(garbled)? == "direct" {
        Ok(())
    } else {
        Err(Garbled("a tool call was made by a tool of the provider".to_owned()))
    }
}

/// `name` when it looks like a name, for repeating it where content may not be.
fn plain_name(name: &str) -> &str {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-' || byte == b'.';
    if name.len() <= NAME_BYTES_MAX && name.bytes().all(plain) { name } else { "" }
}

fn message(mut fields: Fields, asked: &[Text]) -> Result<Generated, Garbled> {
    let mut dropped = Vec::new();
    expect(&mut fields, "type", "message")?;
    expect(&mut fields, "role", "assistant")?;
    let id = fields.required_string("id").map_err(garbled)?;
    let model = fields.required_string("model").map_err(garbled)?;
    let blocks = fields.array("content").map_err(garbled)?.ok_or_else(|| Garbled("`content` is missing".to_owned()))?;
    let mut choice = Choice::default();
    for (index, value) in (0_u32..).zip(blocks) {
        let fields = Fields::open(value, format!("content[{index}]")).map_err(garbled)?;
        choice.content.push(block(fields, index, &mut choice.annotations, &mut dropped)?);
    }
    let text = fields.text("stop_sequence").map_err(garbled)?;
    let reason = fields.string("stop_reason").map_err(garbled)?;
    choice.stop = reason.map(|reason| stop(&reason, text, asked)).transpose()?;
    let usage = fields.require("usage").map_err(garbled)?;
    let service_tier = usage.field("service_tier").and_then(Value::as_str).map(|tier| plain_name(tier).to_owned());
    let mut tally = Tally::default();
    tally.update(usage, "usage")?;
    fields.finish(MESSAGE, &mut dropped).map_err(garbled)?;
    let names = dropped.iter().map(|entry| entry.path.as_str()).filter(|path| path.len() <= NAME_BYTES_MAX);
    Ok(Generated {
        id,
        model,
        created: 0,
        fingerprint: None,
        service_tier,
        choices: vec![choice],
        usage: Some(tally.usage()),
        unmodelled: names.take(UNMODELLED_MAX).map(str::to_owned).collect(),
    })
}

fn block(
    mut fields: Fields,
    index: u32,
    annotations: &mut Vec<(u32, Value)>,
    dropped: &mut Vec<crate::call::Unmodelled>,
) -> Result<Block, Garbled> {
    let kind = fields.required_string("type").map_err(garbled)?;
    let (kind, known): (BlockKind, &[&str]) = match kind.as_str() {
        "text" => {
            let citations = fields.array("citations").map_err(garbled)?.unwrap_or_default();
            annotations.extend(citations.into_iter().map(|citation| (index, citation)));
            (BlockKind::Text(fields.required_text("text").map_err(garbled)?), &["type", "text", "citations"])
        }
        "tool_use" => {
            let id = fields.required_string("id").map_err(garbled)?;
            must_be_id(&id, &fields.at("id")).map_err(garbled)?;
            let name = fields.required_text("name").map_err(garbled)?;
            let input = fields.require("input").map_err(garbled)?;
            if !matches!(input, Value::Object(_)) {
                return Err(Garbled(format!("`{}` is not an object", fields.at("input"))));
            }
            check_caller(&mut fields)?;
            let arguments = Text(input.to_text());
            (BlockKind::ToolCall { id, name, arguments, custom: false }, &["type", "id", "name", "input", "caller"])
        }
        "thinking" => {
            let text = Some(fields.required_text("thinking").map_err(garbled)?);
            let signature = seal(&mut fields, "signature")?.filter(|signature| !signature.is_empty());
            let reasoning = ReasoningBlock { text, signature, ..ReasoningBlock::default() };
            (BlockKind::Reasoning(reasoning), &["type", "thinking", "signature"])
        }
        "redacted_thinking" => {
            let sealed = Some(sealed_data(&mut fields)?);
            let reasoning = ReasoningBlock { sealed, ..ReasoningBlock::default() };
            (BlockKind::Reasoning(reasoning), &["type", "data"])
        }
        other => return Err(unknown_block(other)),
    };
    fields.finish(known, dropped).map_err(garbled)?;
    Ok(Block { kind, cache: None })
}

fn expect(fields: &mut Fields, key: &str, wanted: &str) -> Result<(), Garbled> {
    if fields.required_string(key).map_err(garbled)? == wanted {
        Ok(())
    } else {
        Err(Garbled(format!("`{key}` is not `{wanted}`")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::{Door, Generate};

    fn call(task: Task) -> Call {
        Call { door: Door::Messages, model: "m".to_owned(), task, unmodelled: vec![] }
    }

    fn read(body: &str) -> Result<Whole, Garbled> {
        read_answer(&call(Task::Generate(Box::default())), body.as_bytes())
    }

    /// Reads a message with this content and other fields.
    fn message(content: &str, more: &str) -> Result<Generated, Garbled> {
        let body = format!(
            r#"{{"id":"msg_1","type":"message","role":"assistant","model":"claude","content":[{content}],
            "stop_reason":"end_turn","stop_sequence":null,{more}"usage":{{"input_tokens":1,"cache_read_input_tokens":20,
            "cache_creation_input_tokens":300,"output_tokens":5,"output_tokens_details":{{"thinking_tokens":2}}}}}}"#
        );
        match read(&body)? {
            Whole::Answer(Answer::Generated(generated)) => Ok(generated),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_modelled_block_is_read_with_its_bytes() {
        let read = message(
            r#"{"type":"thinking","thinking":"t","signature":"Eq/+="},{"type":"redacted_thinking","data":"d"},
               {"type":"text","text":"x","citations":[{"type":"char_location","cited_text":"y"}]},
               {"type":"tool_use","id":"1","name":"t","input":{"b":1,"a":2},"caller":{"type":"direct"}}"#,
            "",
        )
        .unwrap();
        let [choice] = read.choices.as_slice() else { panic!("not one choice") };
        let [thinking, sealed, text, tool] = choice.content.as_slice() else { panic!("not four blocks") };
        assert!(matches!(&thinking.kind, BlockKind::Reasoning(block) if block.signature == Some("Eq/+=".into())));
        assert!(matches!(&sealed.kind, BlockKind::Reasoning(block) if block.sealed == Some("d".into())));
        assert!(matches!(&text.kind, BlockKind::Text(text) if text.as_str() == "x"));
        assert!(
            matches!(&tool.kind, BlockKind::ToolCall { arguments, .. } if arguments.as_str() == r#"{"b":1,"a":2}"#)
        );
        assert_eq!(choice.annotations.iter().map(|(block, _)| *block).collect::<Vec<_>>(), [2]);
        assert_eq!(choice.stop, Some(Stop::End));
    }

    #[test]
    fn a_stop_text_that_nobody_asked_for_is_not_repeated() {
        let mut generate = Generate::default();
        generate.sampling.stop = vec!["END".into()];
        let call = call(Task::Generate(Box::new(generate)));
        for (met, told) in [("END", Some("END".into())), ("a secret", None)] {
            let body = format!(
                r#"{{"id":"1","type":"message","role":"assistant","model":"m","content":[],"usage":{{}},
                "stop_reason":"stop_sequence","stop_sequence":"{met}"}}"#
            );
            let Whole::Answer(Answer::Generated(generated)) = read_answer(&call, body.as_bytes()).unwrap() else {
                panic!("not an answer")
            };
            assert_eq!(generated.choices[0].stop, Some(Stop::StopText(told)));
        }
    }

    #[test]
    fn tokens_of_the_cache_count_as_read() {
        let usage = message("", "").unwrap().usage.unwrap();
        assert_eq!((usage.input_tokens, usage.cache_read_tokens, usage.cache_write_tokens), (321, 20, 300));
        assert_eq!((usage.output_tokens, usage.reasoning_tokens), (5, 2));
    }

    #[test]
    fn fields_that_we_do_not_model_are_named() {
        let read =
            message(r#"{"type":"text","text":"x","mood":"good"}"#, r#""container":{"id":"c"},"diagnostics":null,"#)
                .unwrap();
        assert_eq!(read.unmodelled, ["content[0].mood", "container"]);
    }

    #[test]
    fn a_block_that_we_do_not_model_is_no_answer() {
        let garbled = message(r#"{"type":"server_tool_use","id":"1","name":"web_search","input":{}}"#, "").unwrap_err();
        assert_eq!(garbled.0, "a block of the type `server_tool_use` is not known");
        let hidden = message(r#"{"type":"my secret is 1234","x":1}"#, "").unwrap_err();
        assert_eq!(hidden.0, "a block of the type `` is not known");
        assert!(
            message(
                r#"{"type":"tool_use","id":"1","name":"t","input":{},"caller":{"type":"code_execution_20260120"}}"#,
                ""
            )
            .is_err()
        );
    }

    #[test]
    fn bytes_that_are_not_one_message_are_no_answer() {
        for body in [
            "",
            "[]",
            "{}",
            r#"{"type":"message","type":"error"}"#,
            r#"{"id":"1","type":"message","role":"user","model":"m","content":[],"usage":{}}"#,
            r#"{"id":"1","type":"message","role":"assistant","model":"m","content":"x","usage":{}}"#,
            r#"{"id":"1","type":"message","role":"assistant","model":"m","content":[],"Content":[],"usage":{}}"#,
            r#"{"id":"1","type":"message","role":"assistant","model":"m","content":[],"stop_reason":"compaction","usage":{}}"#,
            r#"{"id":"1","type":"message","role":"assistant","model":"m","content":[],"usage":{"input_tokens":-1}}"#,
        ] {
            assert!(read(body).is_err(), "{body}");
        }
    }

    #[test]
    fn an_error_is_read_at_any_status() {
        let body = r#"{"type":"error","error":{"type":"overloaded_error","message":"later"},"request_id":"r"}"#;
        let expected = UpstreamError { code: "overloaded_error".to_owned(), message: "later".into() };
        assert_eq!(read(body).unwrap(), Whole::Failed(expected.clone()));
        assert_eq!(read_error(529, body.as_bytes()), expected);
        let nothing = UpstreamError { code: String::new(), message: Text::default() };
        assert_eq!(read_error(502, b"<html>bad gateway</html>"), nothing);
        assert_eq!(read_error(502, br#"{"error":"no"}"#), nothing);
    }

    #[test]
    fn a_count_is_read() {
        let counted = read_answer(&call(Task::CountTokens(Box::default())), br#"{"input_tokens":12}"#);
        assert_eq!(counted.unwrap(), Whole::Answer(Answer::Counted { input_tokens: 12 }));
        assert!(read_answer(&call(Task::CountTokens(Box::default())), b"{}").is_err());
    }
}
