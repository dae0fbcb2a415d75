//! Reads a whole answer: a response object and its items.

use super::reasoning;
use crate::answer::{Answer, Choice, Generated, Stop, UpstreamError, Usage};
use crate::call::{BlockKind, Call, ReasoningBlock, Task, Unmodelled};
use crate::dialect::{Garbled, Whole, openai_chat};
use crate::fields::{Fields, Rejected, wrong};
use crate::json::Value;
use crate::text::Text;

/// The most items of one answer, and the most parts of one item.
pub(super) const ITEMS_MAX: usize = 4096;

/// Fields that repeat the request or tell how it was kept, which is not.
const REPEATED: &[&str] = &[
    "access_programs",
    "background",
    "completed_at",
    "conversation",
    "frequency_penalty",
    "image",
    "instructions",
    "max_output_tokens",
    "max_tool_calls",
    "metadata",
    "object",
    "parallel_tool_calls",
    "presence_penalty",
    "previous_response_id",
    "prompt",
    "prompt_cache_diagnostics",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "reasoning",
    "safety_identifier",
    "store",
    "temperature",
    "text",
    "tool_choice",
    "tool_usage",
    "tools",
    "top_logprobs",
    "top_p",
    "truncation",
    "user",
];
const READ: &[&str] = &[
    "id",
    "model",
    "created_at",
    "status",
    "error",
    "incomplete_details",
    "output",
    "output_text",
    "usage",
    "service_tier",
];

const STATUSES: &[&str] = &["in_progress", "completed", "incomplete"];

/// Reads a whole answer to `call`.
///
/// # Errors
/// [`Garbled`] when it is not one.
pub fn read_answer(call: &Call, body: &[u8]) -> Result<Whole, Garbled> {
    match call.task {
        Task::Generate(_) | Task::CountTokens(_) => {}
        Task::Complete(_) | Task::Embed(_) => return openai_chat::read_answer(call, body),
    }
    let value = crate::json::parse(body).map_err(|error| Garbled(error.to_string()))?;
    if let Some(failure) = openai_chat::error_inside(&value) {
        return Ok(Whole::Failed(failure));
    }
    let mut unmodelled = Vec::new();
    let response = Response::read(value, &mut unmodelled)?;
    let stop = match response.end {
        End::Stopped(stop) => stop,
        End::Failed(failure) => return Ok(Whole::Failed(failure)),
        End::Not => return Err(Garbled("the response is not finished".to_owned())),
    };
    let mut choice = Choice::default();
    let mut tokens = Vec::new();
    for (index, value) in response.output.into_iter().enumerate() {
        match Item::read(value, format!("output[{index}]"), &mut unmodelled)? {
            Item::Message { parts, .. } => parts.into_iter().for_each(|part| part.say(&mut choice, &mut tokens)),
            Item::Reasoning(blocks) => {
                choice.content.extend(blocks.into_iter().map(|block| BlockKind::Reasoning(block).into()));
            }
            Item::Call { call_id: id, name, arguments, custom } => {
                choice.content.push(BlockKind::ToolCall { id, name, arguments, custom }.into());
            }
        }
    }
    let calls_tools = choice.content.iter().any(|block| matches!(block.kind, BlockKind::ToolCall { .. }));
    choice.stop = Some(stop.unwrap_or(if calls_tools { Stop::ToolCalls } else { Stop::End }));
    choice.logprobs = logprobs(tokens);
    Ok(Whole::Answer(Answer::Generated(Generated {
        id: response.id,
        model: response.model,
        created: response.created,
        fingerprint: None,
        service_tier: response.service_tier,
        choices: vec![choice],
        usage: response.usage,
        unmodelled: unmodelled.into_iter().map(|field| field.path).collect(),
    })))
}

pub(super) fn garbled(rejected: Rejected) -> Garbled {
    Garbled(rejected.message)
}

/// Tokens in the chat shape.
pub(super) fn logprobs(tokens: Vec<Value>) -> Option<Value> {
    let entries = vec![("content".to_owned(), Value::Array(tokens)), ("refusal".to_owned(), Value::Null)];
    Some(Value::Object(entries)).filter(|value| value.field("content") != Some(&Value::Array(Vec::new())))
}

/// A response object, its items unread.
pub(super) struct Response {
    pub(super) id: String,
    pub(super) model: String,
    pub(super) created: u64,
    pub(super) service_tier: Option<String>,
    pub(super) usage: Option<Usage>,
    pub(super) end: End,
    pub(super) output: Vec<Value>,
}

/// How a response ended.
pub(super) enum End {
    /// It did not.
    Not,
    /// It was finished; why, where not only its items tell.
    Stopped(Option<Stop>),
    /// It failed.
    Failed(UpstreamError),
}

impl Response {
    pub(super) fn read(value: Value, unmodelled: &mut Vec<Unmodelled>) -> Result<Self, Garbled> {
        let failure = openai_chat::error_inside(&value);
        Self::fields(value, failure, unmodelled).map_err(garbled)
    }

    fn fields(
        value: Value,
        failure: Option<UpstreamError>,
        unmodelled: &mut Vec<Unmodelled>,
    ) -> Result<Self, Rejected> {
        let mut body = Fields::open(value, "")?;
        let end = match body.string("status")?.as_deref() {
            Some("completed") => End::Stopped(None),
            Some("incomplete") => End::Stopped(Some(cut_off(&mut body)?)),
            Some("failed") => End::Failed(failure.unwrap_or_else(|| openai_chat::upstream_error("failed", ""))),
            Some("in_progress" | "queued" | "cancelled") | None => End::Not,
            Some(_) => return Err(wrong("status", "a status that we know")),
        };
        let response = Self {
            id: body.string("id")?.unwrap_or_default(),
            model: body.string("model")?.unwrap_or_default(),
            created: seconds(&mut body)?,
            service_tier: body.string("service_tier")?,
            usage: body.object("usage")?.map(|usage| self::usage(usage, unmodelled)).transpose()?,
            end,
            output: body.array("output")?.unwrap_or_default(),
        };
        if response.output.len() > ITEMS_MAX {
            return Err(wrong("output", "a shorter list"));
        }
        for known in REPEATED.iter().chain(&["incomplete_details", "error", "output_text"]) {
            body.take(known);
        }
        let known: Vec<&str> = REPEATED.iter().chain(READ).copied().collect();
        body.finish(&known, unmodelled)?;
        Ok(response)
    }
}

/// Engines give the time with a fraction.
fn seconds(body: &mut Fields) -> Result<u64, Rejected> {
    let seconds = body.f64("created_at")?.unwrap_or_default();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cast of a float saturates")]
    let whole = seconds as u64;
    Ok(whole)
}

fn cut_off(body: &mut Fields) -> Result<Stop, Rejected> {
    let reason = match body.object("incomplete_details")? {
        Some(mut details) => details.string("reason")?,
        None => None,
    };
    match reason.as_deref() {
        None | Some("max_output_tokens" | "max_tokens") => Ok(Stop::Length),
        Some("content_filter") => Ok(Stop::Refused),
        Some(_) => Err(wrong("incomplete_details.reason", "a reason that we know")),
    }
}

fn usage(mut usage: Fields, unmodelled: &mut Vec<Unmodelled>) -> Result<Usage, Rejected> {
    let mut read = Usage {
        input_tokens: usage.u64("input_tokens")?.unwrap_or_default(),
        output_tokens: usage.u64("output_tokens")?.unwrap_or_default(),
        ..Usage::default()
    };
    if let Some(mut details) = usage.object("input_tokens_details")? {
        read.cache_read_tokens = details.u64("cached_tokens")?.unwrap_or_default();
        read.cache_write_tokens = details.u64("cache_write_tokens")?.unwrap_or_default();
        details.take("cache_write_tokens_details");
        details.finish(&["cached_tokens", "cache_write_tokens", "cache_write_tokens_details"], unmodelled)?;
    }
    if let Some(mut details) = usage.object("output_tokens_details")? {
        read.reasoning_tokens = details.u64("reasoning_tokens")?.unwrap_or_default();
        details.finish(&["reasoning_tokens"], unmodelled)?;
    }
    usage.take("total_tokens");
    let known = ["input_tokens", "output_tokens", "input_tokens_details", "output_tokens_details", "total_tokens"];
    usage.finish(&known, unmodelled)?;
    Ok(read)
}

/// An item of an answer. Only what a call can ask for is read; anything else was not asked for.
pub(super) enum Item {
    Message { parts: Vec<Part> },
    Reasoning(Vec<ReasoningBlock>),
    Call { call_id: String, name: Text, arguments: Text, custom: bool },
}

/// A part of a message.
pub(super) struct Part {
    pub(super) text: Text,
    pub(super) is_refusal: bool,
    pub(super) annotations: Vec<Value>,
    pub(super) tokens: Vec<Value>,
}

impl Part {
    fn say(self, choice: &mut Choice, tokens: &mut Vec<Value>) {
        let block = u32::try_from(choice.content.len()).unwrap_or(u32::MAX);
        choice.annotations.extend(self.annotations.into_iter().map(|value| (block, value)));
        tokens.extend(self.tokens);
        let kind = if self.is_refusal { BlockKind::Refusal(self.text) } else { BlockKind::Text(self.text) };
        choice.content.push(kind.into());
    }

    pub(super) fn read(value: Value, path: String, unmodelled: &mut Vec<Unmodelled>) -> Result<Self, Garbled> {
        Self::fields(Fields::open(value, path).map_err(garbled)?, unmodelled).map_err(garbled)
    }

    fn fields(mut part: Fields, unmodelled: &mut Vec<Unmodelled>) -> Result<Self, Rejected> {
        let is_refusal = match part.required_string("type")?.as_str() {
            "output_text" => false,
            "refusal" => true,
            _ => return Err(wrong(&part.at("type"), "output_text or refusal")),
        };
        let key = if is_refusal { "refusal" } else { "text" };
        let read = Self {
            text: part.required_text(key)?,
            is_refusal,
            annotations: part.array("annotations")?.unwrap_or_default(),
            tokens: part.array("logprobs")?.unwrap_or_default(),
        };
        part.finish(&["type", key, "annotations", "logprobs"], unmodelled)?;
        Ok(read)
    }
}

impl Item {
    pub(super) fn read(value: Value, path: String, unmodelled: &mut Vec<Unmodelled>) -> Result<Self, Garbled> {
        let mut item = Fields::open(value, path).map_err(garbled)?;
        match item.required_string("type").map_err(garbled)?.as_str() {
            "message" => Self::message(item, unmodelled),
            "reasoning" => reasoning::read(item, false, unmodelled).map(Self::Reasoning).map_err(garbled),
            "function_call" => Self::call(item, false, unmodelled).map_err(garbled),
            "custom_tool_call" => Self::call(item, true, unmodelled).map_err(garbled),
            _ => Err(Garbled(format!("`{}` is of a type that was not asked for", item.path()))),
        }
    }

    fn message(mut item: Fields, unmodelled: &mut Vec<Unmodelled>) -> Result<Self, Garbled> {
        let path = item.at("content");
        let values = item.array("content").map_err(garbled)?.unwrap_or_default();
        if values.len() > ITEMS_MAX {
            return Err(garbled(wrong(&path, "a shorter list")));
        }
        let part = |(index, value)| Part::read(value, format!("{path}[{index}]"), unmodelled);
        let parts = values.into_iter().enumerate().map(part).collect::<Result<_, _>>()?;
        let role = item.one_of("role", &["assistant"]).and_then(|_| item.string("id"));
        role.and_then(|_| item.one_of("status", STATUSES)).map_err(garbled)?;
        item.finish(&["type", "id", "status", "role", "content"], unmodelled).map_err(garbled)?;
        Ok(Self::Message { parts })
    }

    fn call(mut item: Fields, custom: bool, unmodelled: &mut Vec<Unmodelled>) -> Result<Self, Rejected> {
        let key = if custom { "input" } else { "arguments" };
        let call_id = item.required_string("call_id")?;
        reasoning::must_be_id(&call_id, &item.at("call_id"))?;
        let (name, arguments) = (item.required_text("name")?, item.text(key)?.unwrap_or_default());
        // Without its namespace the call would be of another tool.
        item.refuse("namespace", "unsupported_field", "names a tool in a namespace", "offer tools without namespaces")?;
        item.string("id")?;
        item.one_of("status", STATUSES)?;
        item.finish(&["type", "id", "status", "call_id", "name", key, "namespace"], unmodelled)?;
        Ok(Self::Call { call_id, name, arguments, custom })
    }
}
