//! Reads a whole answer of chat completions, completions or embeddings.

use super::{embed, error};
use crate::answer::{Answer, Choice, Generated, Stop, Usage};
use crate::call::{Block, BlockKind, Call, ReasoningBlock, Task, Unmodelled};
use crate::dialect::{Garbled, Whole};
use crate::fields::{Fields, Rejected, wrong};
use crate::json::Value;
use crate::text::Text;

/// The most choices of one answer.
pub(super) const CHOICES_MAX: usize = 128 * 128;
/// The most blocks of one choice.
pub(super) const BLOCKS_MAX: u32 = 1024;

/// Reads a whole answer to `call`.
///
/// # Errors
/// [`Garbled`] when it is not one.
pub fn read_answer(call: &Call, body: &[u8]) -> Result<Whole, Garbled> {
    if let Task::Embed(embed) = &call.task {
        return embed::read(embed, body);
    }
    let value = crate::json::parse(body).map_err(|error| Garbled(error.to_string()))?;
    if let Some(failure) = error::inside(&value) {
        return Ok(Whole::Failed(failure));
    }
    let complete = matches!(call.task, Task::Complete(_));
    generated(value, complete).map(|generated| Whole::Answer(Answer::Generated(generated))).map_err(garbled)
}

pub(super) fn garbled(rejected: Rejected) -> Garbled {
    Garbled(rejected.message)
}

fn generated(value: Value, complete: bool) -> Result<Generated, Rejected> {
    let mut unmodelled = Vec::new();
    let mut body = Fields::open(value, "")?;
    let mut answer = Generated {
        id: body.string("id")?.unwrap_or_default(),
        model: body.string("model")?.unwrap_or_default(),
        created: body.u64("created")?.unwrap_or_default(),
        fingerprint: body.string("system_fingerprint")?,
        service_tier: body.string("service_tier")?,
        ..Generated::default()
    };
    if let Some(usage) = body.object("usage")? {
        answer.usage = Some(self::usage(usage, &mut unmodelled)?);
    }
    let choices = body.array("choices")?.unwrap_or_default();
    if choices.is_empty() || choices.len() > CHOICES_MAX {
        return Err(wrong("choices", "a list with at least one choice"));
    }
    for (position, value) in choices.into_iter().enumerate() {
        let choice = Fields::open(value, format!("choices[{position}]"))?;
        answer.choices.push(self::choice(choice, position, complete, &answer.id, &mut unmodelled)?);
    }
    body.take("object");
    body.finish(
        &["id", "object", "model", "created", "system_fingerprint", "service_tier", "usage", "choices", "error"],
        &mut unmodelled,
    )?;
    answer.unmodelled = unmodelled.into_iter().map(|field| field.path).collect();
    Ok(answer)
}

fn usage(mut usage: Fields, unmodelled: &mut Vec<Unmodelled>) -> Result<Usage, Rejected> {
    let mut read = Usage {
        input_tokens: usage.u64("prompt_tokens")?.unwrap_or_default(),
        output_tokens: usage.u64("completion_tokens")?.unwrap_or_default(),
        ..Usage::default()
    };
    usage.take("total_tokens");
    if let Some(mut details) = usage.object("prompt_tokens_details")? {
        read.cache_read_tokens = details.u64("cached_tokens")?.unwrap_or_default();
        read.cache_write_tokens = details.u64("cache_write_tokens")?.unwrap_or_default();
        // Kinds of tokens are told apart here that are counted together above.
        ["audio_tokens", "image_tokens", "text_tokens"].iter().for_each(|kind| drop(details.take(kind)));
        details.finish(&["cached_tokens", "cache_write_tokens"], unmodelled)?;
    }
    if let Some(mut details) = usage.object("completion_tokens_details")? {
        read.reasoning_tokens = details.u64("reasoning_tokens")?.unwrap_or_default();
        let kinds = ["audio_tokens", "text_tokens", "accepted_prediction_tokens", "rejected_prediction_tokens"];
        kinds.iter().for_each(|kind| drop(details.take(kind)));
        details.finish(&["reasoning_tokens"], unmodelled)?;
    }
    let known = ["prompt_tokens", "completion_tokens", "prompt_tokens_details", "completion_tokens_details"];
    usage.finish(&known, unmodelled)?;
    Ok(read)
}

fn choice(
    mut choice: Fields,
    position: usize,
    complete: bool,
    answer_id: &str,
    unmodelled: &mut Vec<Unmodelled>,
) -> Result<Choice, Rejected> {
    let position = u32::try_from(position).unwrap_or(u32::MAX);
    let mut read = Choice { index: choice.u32("index")?.unwrap_or(position), ..Choice::default() };
    read.logprobs = choice.take("logprobs");
    if complete {
        read.content.push(BlockKind::Text(choice.required_text("text")?).into());
    } else {
        let path = choice.at("message");
        let message = Fields::open(choice.require("message")?, path)?;
        self::message(message, &mut read, answer_id, unmodelled)?;
    }
    let word = choice.string("finish_reason")?.unwrap_or_default();
    let stop_text = stop_text(choice.take("stop_reason")).or_else(|| stop_text(choice.take("matched_stop")));
    let calls_tools = read.content.iter().any(|block| matches!(block.kind, BlockKind::ToolCall { .. }));
    let path = choice.at("finish_reason");
    let stop = stop(&word, stop_text, calls_tools).ok_or_else(|| wrong(&path, "a reason that we know"))?;
    read.stop = Some(stop);
    choice.finish(&["index", "logprobs", "text", "message", "finish_reason"], unmodelled)?;
    Ok(read)
}

/// The stop text that was met, which engines tell beside the reason; a number is a token id.
pub(super) fn stop_text(value: Option<Value>) -> Option<Text> {
    match value {
        Some(Value::String(text)) => Some(Text(text)),
        _ => None,
    }
}

/// Why an answer ended. Engines say `stop` for tool calls as well; what was said tells better.
pub(super) fn stop(word: &str, stop_text: Option<Text>, calls_tools: bool) -> Option<Stop> {
    match word {
        "stop" | "eos" | "eos_token" | "stop_sequence" if calls_tools => Some(Stop::ToolCalls),
        "stop" if stop_text.is_some() => Some(Stop::StopText(stop_text)),
        "stop" | "eos" | "eos_token" => Some(Stop::End),
        "stop_sequence" => Some(Stop::StopText(stop_text)),
        "length" | "max_tokens" | "model_length" => Some(Stop::Length),
        "tool_calls" | "function_call" => Some(Stop::ToolCalls),
        "content_filter" => Some(Stop::Refused),
        _ => None,
    }
}

fn message(
    mut message: Fields,
    choice: &mut Choice,
    answer_id: &str,
    unmodelled: &mut Vec<Unmodelled>,
) -> Result<(), Rejected> {
    let reasoning = message.text("reasoning_content")?.or(message.text("reasoning")?);
    if let Some(text) = reasoning.filter(|text| !text.is_empty()) {
        choice.content.push(BlockKind::Reasoning(ReasoningBlock { text: Some(text), ..Default::default() }).into());
    }
    let content = message.text("content")?;
    let refusal = message.text("refusal")?.filter(|text| !text.is_empty());
    let calls = message.array("tool_calls")?.unwrap_or_default();
    if calls.len() > BLOCKS_MAX as usize {
        return Err(wrong(&message.at("tool_calls"), "a shorter list"));
    }
    let speaks_otherwise = refusal.is_some() || !calls.is_empty();
    // An empty text beside a refusal or tool calls says nothing.
    let text_block = u32::try_from(choice.content.len()).unwrap_or_default();
    if let Some(text) = content.filter(|text| !(text.is_empty() && speaks_otherwise)) {
        choice.content.push(BlockKind::Text(text).into());
    }
    choice.content.extend(refusal.map(|text| Block::from(BlockKind::Refusal(text))));
    for (position, value) in calls.into_iter().enumerate() {
        let call = Fields::open(value, format!("{}[{position}]", message.at("tool_calls")))?;
        let fallback = || made_up_id(answer_id, choice.index, position);
        choice.content.push(tool_call(call, fallback, unmodelled)?.into());
    }
    let annotations = message.array("annotations")?.unwrap_or_default();
    choice.annotations = annotations.into_iter().map(|value| (text_block, value)).collect();
    message.take("role");
    let known = ["role", "content", "refusal", "reasoning_content", "reasoning", "tool_calls", "annotations"];
    message.finish(&known, unmodelled)
}

/// An id for a tool call that came without one: callers answer by id.
pub(super) fn made_up_id(answer_id: &str, choice: u32, position: usize) -> String {
    format!("call_{answer_id}_{choice}_{position}")
}

fn tool_call(
    mut call: Fields,
    fallback: impl FnOnce() -> String,
    unmodelled: &mut Vec<Unmodelled>,
) -> Result<BlockKind, Rejected> {
    let id = call.string("id")?.filter(|id| !id.is_empty()).unwrap_or_else(fallback);
    call.take("index");
    let custom = match call.string("type")?.as_deref() {
        None | Some("" | "function") => false,
        Some("custom") => true,
        Some(_) => return Err(wrong(&call.at("type"), "function or custom")),
    };
    let (key, input) = if custom { ("custom", "input") } else { ("function", "arguments") };
    let path = call.at(key);
    let mut inside = Fields::open(call.require(key)?, path)?;
    let name = inside.required_text("name")?;
    let arguments = match inside.take(input) {
        None => Text::default(),
        Some(Value::String(text)) => Text(text),
        // Some engines write the arguments as the object that they are the text of.
        Some(object @ Value::Object(_)) if !custom => Text(object.to_text()),
        Some(_) => return Err(wrong(&inside.at(input), "a string")),
    };
    inside.finish(&["name", input], unmodelled)?;
    call.finish(&["id", "type", "index", key], unmodelled)?;
    Ok(BlockKind::ToolCall { id, name, arguments, custom })
}
