//! Writes a call as a request for chat completions, completions or embeddings.

use serde::{Serialize, Serializer};

use super::messages::{self, Message};
use super::tools::{self, Choice, Format, WrittenTool};
use crate::call::{Call, Complete, Door, Embed, Generate, Reasoning, Sampling, Task, Thinking};
use crate::dialect::{Request, Target, Unsayable, unmodelled};
use crate::text::Text;

#[derive(Serialize)]
struct Chat<'a> {
    model: &'a str,
    messages: Vec<Message<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<WrittenTool<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_choice: Option<Choice<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parallel_tool_calls: Option<bool>,
    #[serde(flatten)]
    sampling: Drawing<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_completion_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    n: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_format: Option<Format<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning_effort: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    verbosity: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    logprobs: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_logprobs: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<&'a Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    service_tier: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prompt_cache_key: Option<&'a Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    store: Option<bool>,
    #[serde(flatten)]
    stream: Streaming,
}

#[derive(Serialize)]
struct Completion<'a> {
    model: &'a str,
    prompt: OneOrMany<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    suffix: Option<&'a Text>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    echo: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    best_of: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    n: Option<u32>,
    #[serde(flatten)]
    sampling: Drawing<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    logprobs: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<&'a Text>,
    #[serde(flatten)]
    stream: Streaming,
}

#[derive(Serialize)]
struct Embedding<'a> {
    model: &'a str,
    input: OneOrMany<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dimensions: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    encoding_format: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<&'a Text>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum OneOrMany<'a> {
    One(&'a Text),
    Many(&'a [Text]),
}

/// How tokens are drawn, in the fields that chat and completions share.
#[derive(Serialize)]
struct Drawing<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_p: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_k: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    presence_penalty: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    frequency_penalty: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<i64>,
    #[serde(skip_serializing_if = "<[Text]>::is_empty")]
    stop: &'a [Text],
    #[serde(skip_serializing_if = "<[_]>::is_empty", serialize_with = "biases")]
    logit_bias: &'a [(String, f64)],
}

/// Usage is always asked for, whatever the caller wants to see: it is what budgets count.
#[derive(Serialize)]
struct Streaming {
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    stream: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream_options: Option<StreamOptions>,
}

#[derive(Serialize)]
struct StreamOptions {
    include_usage: bool,
}

impl Streaming {
    fn new(stream: bool) -> Self {
        Self { stream, stream_options: stream.then_some(StreamOptions { include_usage: true }) }
    }
}

/// Writes `call` for `target`.
///
/// # Errors
/// The first thing that this format cannot say.
pub fn write(call: &Call, target: &Target) -> Result<Request, Unsayable> {
    let (path, body, own_door) = match &call.task {
        Task::Generate(generate) => ("/chat/completions", to_json(&chat(generate, target)?)?, Door::ChatCompletions),
        Task::Complete(complete) => ("/completions", to_json(&completion(complete, target)?)?, Door::Completions),
        Task::Embed(embed) => ("/embeddings", to_json(&embedding(embed, target))?, Door::Embeddings),
        Task::CountTokens(_) => return Err(unsayable("count_tokens")),
    };
    let body = match call.unmodelled.first() {
        None => body,
        Some(_) if target.unmodelled && call.door == own_door => unmodelled::insert(body, &call.unmodelled)?,
        Some(first) => return Err(unsayable(&first.path)),
    };
    Ok(Request { path, headers: Vec::new(), body })
}

pub(super) fn unsayable(what: &str) -> Unsayable {
    Unsayable { what: what.to_owned() }
}

fn to_json(body: &impl Serialize) -> Result<Vec<u8>, Unsayable> {
    serde_json::to_vec(body).map_err(|_| unsayable("a value that is not JSON"))
}

fn chat<'a>(generate: &'a Generate, target: &'a Target) -> Result<Chat<'a>, Unsayable> {
    let service = target.openai_service;
    if !generate.metadata.is_empty() {
        // OpenAI takes labels only for answers that it keeps, which we never ask for; engines do not know them.
        return Err(unsayable("metadata"));
    }
    if !service && generate.verbosity.is_some() {
        return Err(unsayable("verbosity"));
    }
    let limit = generate.max_output_tokens;
    Ok(Chat {
        model: &target.model,
        messages: messages::write(&generate.turns, service)?,
        tools: tools::write(&generate.tools, service)?,
        tool_choice: generate
            .tool_choice
            .as_ref()
            .map(|choice| tools::choice(choice, generate, service))
            .transpose()?,
        parallel_tool_calls: generate.parallel_tool_calls,
        sampling: drawing(&generate.sampling, service)?,
        max_tokens: if service { None } else { limit },
        max_completion_tokens: if service { limit } else { None },
        n: generate.n,
        response_format: tools::format(&generate.format),
        reasoning_effort: generate.reasoning.as_ref().map_or(Ok(None), effort)?,
        verbosity: generate.verbosity.as_deref(),
        logprobs: generate.logprobs.map(|_| true),
        top_logprobs: generate.logprobs.filter(|alternatives| *alternatives > 0),
        user: generate.user.as_ref(),
        service_tier: service_tier(generate.service_tier.as_deref(), service)?,
        prompt_cache_key: generate.prompt_cache_key.as_ref().filter(|_| service),
        store: service.then_some(false),
        stream: Streaming::new(generate.stream),
    })
}

/// The effort, which is all that this format says about reasoning.
fn effort(reasoning: &Reasoning) -> Result<Option<&str>, Unsayable> {
    // `auto` asks for the summary that there is; here there is none. A named kind of summary cannot be had.
    if reasoning.summary.as_deref().is_some_and(|summary| summary != "auto") {
        return Err(unsayable("reasoning.summary"));
    }
    match (&reasoning.thinking, reasoning.effort.as_deref()) {
        (None, effort) => Ok(effort),
        (Some(Thinking::Disabled), None) => Ok(None),
        (Some(Thinking::Enabled { .. } | Thinking::Adaptive | Thinking::BetweenTools), Some(effort)) => {
            Ok(Some(effort))
        }
        (Some(_), _) => Err(unsayable("thinking")),
    }
}

/// Engines have one tier.
fn service_tier(tier: Option<&str>, service: bool) -> Result<Option<&str>, Unsayable> {
    match tier {
        Some("auto" | "default") if !service => Ok(None),
        Some(_) if !service => Err(unsayable("service_tier")),
        tier => Ok(tier),
    }
}

fn drawing(sampling: &Sampling, service: bool) -> Result<Drawing<'_>, Unsayable> {
    if service && sampling.top_k.is_some() {
        return Err(unsayable("top_k"));
    }
    Ok(Drawing {
        temperature: sampling.temperature,
        top_p: sampling.top_p,
        top_k: sampling.top_k,
        presence_penalty: sampling.presence_penalty,
        frequency_penalty: sampling.frequency_penalty,
        seed: sampling.seed,
        stop: &sampling.stop,
        logit_bias: &sampling.logit_bias,
    })
}

fn biases<S: Serializer>(biases: &&[(String, f64)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(biases.iter().map(|(token, bias)| (token, Bias(*bias))))
}

/// A bias, written as a whole number where it is one, which is what OpenAI's schema asks for.
struct Bias(f64);

impl Serialize for Bias {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[expect(clippy::cast_possible_truncation, reason = "biases are from -100 to 100")]
        let whole = self.0 as i64;
        if self.0.fract() == 0.0 { serializer.serialize_i64(whole) } else { serializer.serialize_f64(self.0) }
    }
}

fn completion<'a>(complete: &'a Complete, target: &'a Target) -> Result<Completion<'a>, Unsayable> {
    Ok(Completion {
        model: &target.model,
        prompt: one_or_many(&complete.prompts, true),
        suffix: complete.suffix.as_ref(),
        echo: complete.echo,
        best_of: complete.best_of,
        n: complete.n,
        sampling: drawing(&complete.sampling, target.openai_service)?,
        max_tokens: complete.max_output_tokens,
        logprobs: complete.logprobs,
        user: complete.user.as_ref(),
        stream: Streaming::new(complete.stream),
    })
}

fn embedding<'a>(embed: &'a Embed, target: &'a Target) -> Embedding<'a> {
    Embedding {
        model: &target.model,
        input: one_or_many(&embed.inputs, embed.single),
        dimensions: embed.dimensions,
        // Base64 is a third of the size; engines may not know it, and lists of numbers are read as well.
        encoding_format: target.openai_service.then_some("base64"),
        user: embed.user.as_ref(),
    }
}

fn one_or_many(texts: &[Text], single: bool) -> OneOrMany<'_> {
    match texts {
        [text] if single => OneOrMany::One(text),
        texts => OneOrMany::Many(texts),
    }
}
