//! Writes a whole answer as a chat completion.

use std::borrow::Cow;

use serde::Serialize;

use crate::answer::{Answer, Choice, Generated, Stop};
use crate::call::{BlockKind, ReasoningBlock};
use crate::front::usage::Written;
use crate::front::{Echo, Unwritable};
use crate::json::Value;

#[derive(Serialize)]
struct Completion<'a> {
    id: String,
    object: &'static str,
    created: u64,
    model: &'a str,
    choices: Vec<WrittenChoice<'a>>,
    usage: Option<Written>,
    #[serde(skip_serializing_if = "Option::is_none")]
    service_tier: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    system_fingerprint: Option<&'a str>,
}

#[derive(Serialize)]
struct WrittenChoice<'a> {
    index: u32,
    message: Message<'a>,
    logprobs: Option<&'a Value>,
    finish_reason: &'static str,
}

#[derive(Default, Serialize)]
struct Message<'a> {
    role: &'static str,
    content: Option<Cow<'a, str>>,
    refusal: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning_content: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_calls: Vec<ToolCall<'a>>,
    annotations: Vec<Value>,
}

/// A tool call, as answers and requests write it.
#[derive(Serialize)]
pub(crate) struct ToolCall<'a> {
    id: &'a str,
    r#type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    function: Option<Function<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    custom: Option<Custom<'a>>,
}

#[derive(Serialize)]
struct Function<'a> {
    name: &'a str,
    arguments: &'a str,
}

#[derive(Serialize)]
struct Custom<'a> {
    name: &'a str,
    input: &'a str,
}

impl<'a> ToolCall<'a> {
    pub(crate) fn new(id: &'a str, name: &'a str, arguments: &'a str, custom: bool) -> Self {
        if custom {
            Self { id, r#type: "custom", function: None, custom: Some(Custom { name, input: arguments }) }
        } else {
            Self { id, r#type: "function", function: Some(Function { name, arguments }), custom: None }
        }
    }
}

/// Writes a whole answer. A signature or sealed reasoning is left out: it is of use only to a caller that can send it
/// back, and this format has no place for it.
///
/// # Errors
/// The name of something that this format cannot say.
pub fn write(echo: &Echo, answer: &Answer) -> Result<Vec<u8>, Unwritable> {
    let Answer::Generated(generated) = answer else {
        return Err(Unwritable("something else than a conversation".to_owned()));
    };
    let written = Completion {
        id: format!("chatcmpl-{}", echo.record),
        object: "chat.completion",
        created: created(echo, generated),
        model: &echo.model,
        choices: generated.choices.iter().map(choice).collect::<Result<_, _>>()?,
        usage: generated.usage.map(Written::from),
        service_tier: generated.service_tier.as_deref(),
        system_fingerprint: generated.fingerprint.as_deref(),
    };
    serde_json::to_vec(&written).map_err(|_| Unwritable("something that is not JSON".to_owned()))
}

/// When it was made: by the upstream's clock, or by ours where it gave none.
pub(in crate::front) fn created(echo: &Echo, generated: &Generated) -> u64 {
    if generated.created == 0 { echo.now } else { generated.created }
}

fn choice(choice: &Choice) -> Result<WrittenChoice<'_>, Unwritable> {
    let mut message = Message { role: "assistant", ..Message::default() };
    for block in &choice.content {
        match &block.kind {
            BlockKind::Text(text) => append(&mut message.content, text),
            BlockKind::Refusal(text) => append(&mut message.refusal, text),
            BlockKind::Reasoning(reasoning) => append_reasoning(&mut message.reasoning_content, reasoning),
            BlockKind::ToolCall { id, name, arguments, custom } => {
                message.tool_calls.push(ToolCall::new(id, name, arguments, *custom));
            }
            BlockKind::Cited { .. } => return Err(Unwritable("text with citations in it".to_owned())),
            BlockKind::Image { .. } => return Err(Unwritable("an image".to_owned())),
            BlockKind::File { .. } => return Err(Unwritable("a file".to_owned())),
            BlockKind::Audio { .. } => return Err(Unwritable("audio".to_owned())),
            BlockKind::SearchResult { .. } => return Err(Unwritable("a search result".to_owned())),
            BlockKind::ToolResult { .. } => return Err(Unwritable("a tool result".to_owned())),
        }
    }
    message.annotations = choice.annotations.iter().map(|(_, value)| annotation(value)).collect::<Result<_, _>>()?;
    let nothing_said = message.refusal.is_none() && message.tool_calls.is_empty();
    if message.content.is_none() && nothing_said {
        message.content = Some(Cow::Borrowed(""));
    }
    Ok(WrittenChoice {
        index: choice.index,
        message,
        logprobs: choice.logprobs.as_ref(),
        finish_reason: finish_reason(choice.stop.as_ref().unwrap_or(&Stop::End))?,
    })
}

fn append<'a>(text: &mut Option<Cow<'a, str>>, more: &'a str) {
    match text {
        None => *text = Some(Cow::Borrowed(more)),
        Some(text) => text.to_mut().push_str(more),
    }
}

/// Reasoning in words; where there is only a summary, the summary, its parts apart by an empty line.
fn append_reasoning<'a>(text: &mut Option<Cow<'a, str>>, reasoning: &'a ReasoningBlock) {
    if let Some(words) = &reasoning.text {
        append(text, words);
    }
    for part in &reasoning.summary {
        if text.as_ref().is_some_and(|text| !text.is_empty()) {
            append(text, "\n\n");
        }
        append(text, part);
    }
}

/// A web citation in the chat shape; the Responses format writes the same fields one level up.
pub(super) fn annotation(value: &Value) -> Result<Value, Unwritable> {
    if value.field("type").and_then(Value::as_str) != Some("url_citation") {
        return Err(Unwritable("a citation that is not of a web page".to_owned()));
    }
    if value.field("url_citation").is_some() {
        return Ok(value.clone());
    }
    let Value::Object(entries) = value else { return Ok(value.clone()) };
    let inside = entries.iter().filter(|(key, _)| key != "type").cloned().collect();
    Ok(Value::Object(vec![
        ("type".to_owned(), Value::String("url_citation".to_owned())),
        ("url_citation".to_owned(), Value::Object(inside)),
    ]))
}

/// OpenAI's word for why an answer ended.
pub(in crate::front) fn finish_reason(stop: &Stop) -> Result<&'static str, Unwritable> {
    match stop {
        Stop::End | Stop::StopText(_) => Ok("stop"),
        Stop::Length | Stop::ContextFull => Ok("length"),
        Stop::ToolCalls => Ok("tool_calls"),
        Stop::Refused => Ok("content_filter"),
        Stop::Paused => Err(Unwritable("a pause of the provider".to_owned())),
    }
}
