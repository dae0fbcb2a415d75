//! Reads a Responses request.

use super::{input, tools};
use crate::call::{
    Block, BlockKind, Call, Door, Generate, OutputFormat, Reasoning, Role, Sampling, Task, Turn, Unmodelled,
};
use crate::fields::{Fields, Rejected, bad, wrong};
use crate::front::{chat, sampling};
use crate::json::Value;
use crate::text::Text;

/// The most alternatives for each token, as the API states.
const TOP_LOGPROBS_MAX: u32 = 20;

const EFFORTS: &[&str] = &["none", "minimal", "low", "medium", "high", "xhigh", "max"];
const SUMMARIES: &[&str] = &["auto", "concise", "detailed"];
const VERBOSITIES: &[&str] = &["low", "medium", "high"];
const SERVICE_TIERS: &[&str] = &["auto", "default", "flex", "scale", "priority", "fast", "ultrafast"];

const KNOWN: &[&str] = &[
    "model",
    "input",
    "instructions",
    "tools",
    "tool_choice",
    "parallel_tool_calls",
    "text",
    "reasoning",
    "include",
    "max_output_tokens",
    "temperature",
    "top_p",
    "top_logprobs",
    "metadata",
    "user",
    "safety_identifier",
    "service_tier",
    "prompt_cache_key",
    "truncation",
    "stream",
    "stream_options",
    "client_metadata",
    "store",
    "background",
    "previous_response_id",
    "conversation",
    "prompt",
];

/// Reads the body. An absent `store` counts as false, because nothing is kept either way. `client_metadata`, by which
/// coding agents tell their vendor about themselves, is accepted and goes nowhere.
///
/// # Errors
/// What is wrong with it, by name and place.
pub fn read(value: Value) -> Result<Call, Rejected> {
    let mut body = Fields::open(value, "")?;
    let mut unmodelled = Vec::new();
    let model = chat::model(&mut body)?;
    refuse_state(&mut body)?;
    refuse_truncation(&mut body)?;
    sampling::refuse_tokens(&mut body)?;
    let include = Include::read(&mut body, &mut unmodelled)?;
    let (format, verbosity) = text(&mut body, &mut unmodelled)?;
    let mut turns: Vec<Turn> = body.text("instructions")?.map(instructions).into_iter().collect();
    turns.extend(input::read(body.require("input")?, &mut unmodelled)?);
    let generate = Generate {
        turns,
        tools: tools::read(&mut body, &mut unmodelled)?,
        tool_choice: tools::choice(&mut body, &mut unmodelled)?,
        parallel_tool_calls: body.bool("parallel_tool_calls")?,
        sampling: Sampling {
            temperature: body.f64_within("temperature", 0.0, 2.0)?,
            top_p: body.f64_within("top_p", 0.0, 1.0)?,
            ..Sampling::default()
        },
        max_output_tokens: max_output_tokens(&mut body)?,
        format,
        reasoning: reasoning(&mut body, &include, &mut unmodelled)?,
        verbosity,
        logprobs: logprobs(&mut body, &include)?,
        stream: stream(&mut body, &mut unmodelled)?,
        stream_usage: true,
        user: chat::user(&mut body)?,
        metadata: chat::metadata(&mut body)?,
        service_tier: body.one_of("service_tier", SERVICE_TIERS)?,
        prompt_cache_key: body.text("prompt_cache_key")?,
        ..Generate::default()
    };
    body.object("client_metadata")?;
    body.finish(&[KNOWN, sampling::TOKEN_FIELDS].concat(), &mut unmodelled)?;
    refuse_kept_comparison(&unmodelled)?;
    Ok(Call { door: Door::Responses, model, task: Task::Generate(Box::new(generate)), unmodelled })
}

/// The format inserts instructions as the first message for the model; they are told apart from such a message nowhere.
fn instructions(text: Text) -> Turn {
    Turn { role: Role::System, name: None, content: vec![Block::from(BlockKind::Text(text))] }
}

fn refuse_state(body: &mut Fields) -> Result<(), Rejected> {
    let code = "state_unsupported";
    let whole = "send the whole conversation in `input`";
    body.refuse("previous_response_id", code, "refers to an answer that the provider keeps", whole)?;
    body.refuse("conversation", code, "refers to a conversation that the provider keeps", whole)?;
    body.refuse("prompt", code, "refers to a prompt that the provider keeps", "send the prompt in `instructions`")?;
    body.refuse("background", code, "would leave the answer with the provider", "leave it out and wait or stream")?;
    body.refuse("store", code, "would leave the answer with the provider", "set it to false or leave it out")
}

/// A permitted unmodelled field may not refer to kept state either.
fn refuse_kept_comparison(unmodelled: &[Unmodelled]) -> Result<(), Rejected> {
    let options = unmodelled.iter().find(|field| field.path == "prompt_cache_options");
    match options.and_then(|options| options.value.field("comparison_response_id")) {
        None | Some(Value::Null) => Ok(()),
        Some(_) => Err(Rejected::at(
            "prompt_cache_options.comparison_response_id",
            "state_unsupported",
            "`prompt_cache_options.comparison_response_id` refers to an answer that the provider keeps",
            "leave it out",
        )),
    }
}

fn refuse_truncation(body: &mut Fields) -> Result<(), Rejected> {
    match body.one_of("truncation", &["auto", "disabled"])?.as_deref() {
        Some("auto") => Err(Rejected::at(
            "truncation",
            "unsupported_field",
            "`truncation` lets the provider drop parts of the input",
            "set it to disabled or leave it out, and shorten the input yourself",
        )),
        _ => Ok(()),
    }
}

/// What the answer should hold beside the usual.
#[derive(Default)]
struct Include {
    sealed: bool,
    logprobs: bool,
}

impl Include {
    fn read(body: &mut Fields, unmodelled: &mut Vec<Unmodelled>) -> Result<Self, Rejected> {
        let mut include = Self::default();
        for (index, value) in body.array("include")?.unwrap_or_default().into_iter().enumerate() {
            let path = format!("include[{index}]");
            match value.as_str() {
                Some("reasoning.encrypted_content") => include.sealed = true,
                Some("message.output_text.logprobs") => include.logprobs = true,
                Some(_) => unmodelled.push(Unmodelled { path, value }),
                None => return Err(wrong(&path, "a string")),
            }
        }
        Ok(include)
    }
}

fn text(body: &mut Fields, unmodelled: &mut Vec<Unmodelled>) -> Result<(OutputFormat, Option<String>), Rejected> {
    let Some(mut text) = body.object("text")? else { return Ok((OutputFormat::Text, None)) };
    let format = match text.object("format")? {
        None => OutputFormat::Text,
        Some(format) => output_format(format, unmodelled)?,
    };
    let verbosity = text.one_of("verbosity", VERBOSITIES)?;
    text.finish(&["format", "verbosity"], unmodelled)?;
    Ok((format, verbosity))
}

fn output_format(mut format: Fields, unmodelled: &mut Vec<Unmodelled>) -> Result<OutputFormat, Rejected> {
    let kind = format.required_string("type")?;
    let read = match kind.as_str() {
        "text" => OutputFormat::Text,
        "json_object" => OutputFormat::JsonObject,
        "json_schema" => OutputFormat::JsonSchema {
            name: format.required_text("name")?,
            description: format.text("description")?,
            schema: match format.require("schema")? {
                schema @ Value::Object(_) => schema,
                _ => return Err(wrong(&format.at("schema"), "an object")),
            },
            strict: format.bool("strict")?,
        },
        _ => {
            let help = "send one of: text, json_object, json_schema";
            return Err(bad(&format.at("type"), "is not a value that it can have", help));
        }
    };
    format.finish(&["type", "name", "description", "schema", "strict"], unmodelled)?;
    Ok(read)
}

fn max_output_tokens(body: &mut Fields) -> Result<Option<u64>, Rejected> {
    match body.u64("max_output_tokens")? {
        Some(0) => Err(bad("max_output_tokens", "is 0", "ask for at least 1 token")),
        limit => Ok(limit),
    }
}

/// `generate_summary` is the older name of `summary`.
fn reasoning(
    body: &mut Fields,
    include: &Include,
    unmodelled: &mut Vec<Unmodelled>,
) -> Result<Option<Reasoning>, Rejected> {
    let mut reasoning = Reasoning { sealed: include.sealed, ..Reasoning::default() };
    if let Some(mut wanted) = body.object("reasoning")? {
        reasoning.effort = wanted.one_of("effort", EFFORTS)?;
        let (new, old) = (wanted.one_of("summary", SUMMARIES)?, wanted.one_of("generate_summary", SUMMARIES)?);
        reasoning.summary = new.or(old);
        wanted.finish(&["effort", "summary", "generate_summary"], unmodelled)?;
    }
    Ok(Some(reasoning).filter(|reasoning| *reasoning != Reasoning::default()))
}

fn logprobs(body: &mut Fields, include: &Include) -> Result<Option<u32>, Rejected> {
    let alternatives = body.u32_within("top_logprobs", 0, TOP_LOGPROBS_MAX)?;
    match (include.logprobs, alternatives) {
        (true, alternatives) => Ok(Some(alternatives.unwrap_or(0))),
        (false, None | Some(0)) => Ok(None),
        (false, Some(_)) => {
            let help = "include `message.output_text.logprobs`, or leave it out";
            Err(bad("top_logprobs", "is set without log probabilities", help))
        }
    }
}

/// Padding against those who watch packet lengths is refused rather than left out unsaid: who asks for it relies on it.
fn stream(body: &mut Fields, unmodelled: &mut Vec<Unmodelled>) -> Result<bool, Rejected> {
    let stream = body.bool("stream")?.unwrap_or(false);
    let Some(mut options) = body.object("stream_options")? else { return Ok(stream) };
    if !stream {
        return Err(bad("stream_options", "is set without `stream`", "set `stream` to true, or leave it out"));
    }
    options.refuse(
        "include_obfuscation",
        "unsupported_field",
        "is padding by the provider's service, which answers here don't have",
        "set it to false or leave it out",
    )?;
    options.finish(&["include_obfuscation"], unmodelled)?;
    Ok(stream)
}
