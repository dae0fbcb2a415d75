//! Reads a chat completions request.

use super::{tools, turns};
use crate::call::{AnthropicHints, Call, Door, Generate, Reasoning, Task, Unmodelled};
use crate::fields::{Fields, Rejected, bad, wrong};
use crate::front::sampling;
use crate::json::Value;
use crate::text::Text;

/// The most answers to one call, as the API states.
const N_MAX: u32 = 128;
/// The most alternatives for each token, as the API states.
const TOP_LOGPROBS_MAX: u32 = 20;
/// The most labels, and the longest of their keys and values in characters, as the API states.
const METADATA_MAX: usize = 16;
const METADATA_KEY_CHARS_MAX: usize = 64;
const METADATA_VALUE_CHARS_MAX: usize = 512;

const EFFORTS: &[&str] = &["none", "minimal", "low", "medium", "high", "xhigh", "max"];
const VERBOSITIES: &[&str] = &["low", "medium", "high"];
const SERVICE_TIERS: &[&str] = &["auto", "default", "flex", "scale", "priority", "fast"];

/// The fields of the body that are read or refused here, beside those of [`sampling`].
const KNOWN: &[&str] = &[
    "model",
    "messages",
    "stream",
    "stream_options",
    "tools",
    "tool_choice",
    "parallel_tool_calls",
    "response_format",
    "max_tokens",
    "max_completion_tokens",
    "n",
    "logprobs",
    "top_logprobs",
    "reasoning_effort",
    "verbosity",
    "user",
    "safety_identifier",
    "metadata",
    "service_tier",
    "prompt_cache_key",
    "store",
    "modalities",
    "audio",
    "prediction",
    "web_search_options",
    "functions",
    "function_call",
];

/// Reads the body of a chat completions request.
///
/// # Errors
/// [`Rejected`] names the place, the reason and the way out.
pub fn read(value: Value) -> Result<Call, Rejected> {
    let mut unmodelled = Vec::new();
    let mut body = Fields::open(value, "")?;
    let model = model(&mut body)?;
    let turns = turns::read(body.array("messages")?, &mut unmodelled)?;
    refuse_unsupported(&mut body)?;
    let generate = generate(&mut body, turns, &mut unmodelled)?;
    let known: Vec<&str> = KNOWN.iter().chain(sampling::KNOWN).copied().collect();
    body.finish(&known, &mut unmodelled)?;
    Ok(Call { door: Door::ChatCompletions, model, task: Task::Generate(Box::new(generate)), unmodelled })
}

fn generate(
    body: &mut Fields,
    turns: Vec<crate::call::Turn>,
    unmodelled: &mut Vec<Unmodelled>,
) -> Result<Generate, Rejected> {
    let (stream, stream_usage) = sampling::stream(body, unmodelled)?;
    let effort = body.one_of("reasoning_effort", EFFORTS)?;
    Ok(Generate {
        turns,
        tools: tools::read(body, unmodelled)?,
        tool_choice: tools::choice(body, unmodelled)?,
        parallel_tool_calls: body.bool("parallel_tool_calls")?,
        sampling: sampling::read(body)?,
        max_output_tokens: max_tokens(body)?,
        n: body.u32_within("n", 1, N_MAX)?,
        format: tools::format(body, unmodelled)?,
        reasoning: effort.map(|effort| Reasoning { effort: Some(effort), ..Reasoning::default() }),
        verbosity: body.one_of("verbosity", VERBOSITIES)?,
        logprobs: logprobs(body)?,
        stream,
        stream_usage,
        user: user(body)?,
        metadata: metadata(body)?,
        service_tier: body.one_of("service_tier", SERVICE_TIERS)?,
        prompt_cache_key: body.text("prompt_cache_key")?,
        anthropic: AnthropicHints::default(),
    })
}

/// The alias, which must have a name.
pub(in crate::front) fn model(body: &mut Fields) -> Result<String, Rejected> {
    let model = body.required_string("model")?;
    if model.is_empty() {
        return Err(bad("model", "is empty", "name the model, for example `auto`"));
    }
    Ok(model)
}

fn refuse_unsupported(body: &mut Fields) -> Result<(), Rejected> {
    body.refuse("store", "state_unsupported", "asks the provider to keep the answer", "leave it out or send false")?;
    body.refuse(
        "web_search_options",
        "provider_tool_unsupported",
        "is a search that the provider would run",
        "offer a search tool that your application runs",
    )?;
    body.refuse("audio", "unsupported_field", "asks for spoken answers", "ask for text")?;
    body.refuse("prediction", "unsupported_field", "is not supported", "leave it out")?;
    body.refuse("functions", "unsupported_field", "is the legacy form of tools", "use `tools`")?;
    body.refuse("function_call", "unsupported_field", "is the legacy form of tool choice", "use `tool_choice`")?;
    let only_text = |item: &Value| item.as_str() == Some("text");
    match body.array("modalities")? {
        Some(items) if !items.iter().all(only_text) => Err(Rejected::at(
            "modalities",
            "unsupported_field",
            "`modalities` asks for more than text",
            "leave it out or send [\"text\"]",
        )),
        _ => Ok(()),
    }
}

/// Two names for one limit; both may be given when they agree.
fn max_tokens(body: &mut Fields) -> Result<Option<u64>, Rejected> {
    let (old, new) = (body.u64("max_tokens")?, body.u64("max_completion_tokens")?);
    match (old, new) {
        (Some(old), Some(new)) if old != new => {
            Err(bad("max_tokens", "differs from `max_completion_tokens`", "send `max_completion_tokens` alone"))
        }
        (old, new) => match new.or(old) {
            Some(0) => Err(bad("max_completion_tokens", "is 0", "ask for at least 1 token")),
            limit => Ok(limit),
        },
    }
}

/// `safety_identifier` is the newer name of `user`; they are one value here and go upstream as `user`.
pub(in crate::front) fn user(body: &mut Fields) -> Result<Option<Text>, Rejected> {
    let (user, identifier) = (body.text("user")?, body.text("safety_identifier")?);
    match (user, identifier) {
        (Some(user), Some(identifier)) if user != identifier => {
            Err(bad("user", "differs from `safety_identifier`", "send one of the two"))
        }
        (user, identifier) => Ok(user.or(identifier)),
    }
}

fn logprobs(body: &mut Fields) -> Result<Option<u32>, Rejected> {
    let wanted = body.bool("logprobs")?.unwrap_or(false);
    let alternatives = body.u32_within("top_logprobs", 0, TOP_LOGPROBS_MAX)?;
    match (wanted, alternatives) {
        (true, alternatives) => Ok(Some(alternatives.unwrap_or(0))),
        (false, None | Some(0)) => Ok(None),
        (false, Some(_)) => Err(bad("top_logprobs", "is set without `logprobs`", "set `logprobs` to true")),
    }
}

pub(in crate::front) fn metadata(body: &mut Fields) -> Result<Vec<(Text, Text)>, Rejected> {
    let entries = match body.take("metadata") {
        None => return Ok(Vec::new()),
        Some(Value::Object(entries)) => entries,
        Some(_) => return Err(wrong("metadata", "an object of strings")),
    };
    let fits = |key: &str, value: &str| {
        key.chars().count() <= METADATA_KEY_CHARS_MAX && value.chars().count() <= METADATA_VALUE_CHARS_MAX
    };
    let label = |(key, value): (String, Value)| match value {
        Value::String(value) if fits(&key, &value) => Ok((Text(key), Text(value))),
        Value::String(_) => Err(bad(
            "metadata",
            "has a key or value that is too long",
            format!("keep keys within {METADATA_KEY_CHARS_MAX} characters, values within {METADATA_VALUE_CHARS_MAX}"),
        )),
        _ => Err(wrong("metadata", "an object of strings")),
    };
    if entries.len() > METADATA_MAX {
        return Err(bad("metadata", "has too many labels", format!("send at most {METADATA_MAX} labels")));
    }
    entries.into_iter().map(label).collect()
}
