//! Writes a call as a request for responses.

use serde::{Serialize, Serializer};

use super::form::{ChoiceForm, ReasoningForm, TextForm, ToolForm};
use super::input::{self, Item};
use crate::call::{Call, Door, Generate, Reasoning, Sampling, Task, Thinking, Unmodelled};
use crate::dialect::{Request, Target, Unsayable, openai_chat, unmodelled};
use crate::text::Text;

#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    store: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    instructions: Option<&'a Text>,
    input: Vec<Item<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tools: Option<Vec<ToolForm<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_choice: Option<ChoiceForm<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parallel_tool_calls: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<TextForm<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning: Option<ReasoningForm<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    include: Option<Vec<&'static str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_output_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_p: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    top_logprobs: Option<u32>,
    #[serde(skip_serializing_if = "Labels::is_empty")]
    metadata: Labels<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<&'a Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    service_tier: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prompt_cache_key: Option<&'a Text>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    stream: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream_options: Option<Nothing>,
}

/// An empty object, into which an unmodelled field can be put.
#[derive(Serialize)]
struct Nothing {}

/// The caller's own labels.
pub(crate) struct Labels<'a>(pub(crate) &'a [(Text, Text)]);

impl Labels<'_> {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Serialize for Labels<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (key, value)))
    }
}

/// Writes `call` for `target`. Nothing is kept upstream: `store` is false, whatever the call came as.
///
/// # Errors
/// The first thing that this format cannot say.
pub fn write(call: &Call, target: &Target) -> Result<Request, Unsayable> {
    let generate = match &call.task {
        Task::Generate(generate) => generate,
        Task::Complete(_) | Task::Embed(_) => return openai_chat::write(call, target),
        Task::CountTokens(_) => return Err(unsayable("count_tokens")),
    };
    if let Some(first) = call.unmodelled.first()
        && !(target.unmodelled && call.door == Door::Responses)
    {
        return Err(unsayable(&first.path));
    }
    let body = body(call, generate, target)?;
    let body = serde_json::to_vec(&body).map_err(|_| unsayable("a value that is not JSON"))?;
    let body = unmodelled::insert(body, &call.unmodelled)?;
    Ok(Request { path: "/responses", headers: Vec::new(), body })
}

pub(super) fn unsayable(what: &str) -> Unsayable {
    Unsayable { what: what.to_owned() }
}

fn body<'a>(call: &'a Call, generate: &'a Generate, target: &'a Target) -> Result<Body<'a>, Unsayable> {
    let service = target.openai_service;
    // Unmodelled fields find their place by their path, so then everything is written out in full.
    let in_full = !call.unmodelled.is_empty();
    let (instructions, turns) = input::instructions(&generate.turns);
    if instructions.is_some()
        && let Some(Unmodelled { path, .. }) = call.unmodelled.iter().find(|field| field.path.starts_with("input["))
    {
        // The first turn may have been the first item or the instructions, and the path counts items.
        return Err(unsayable(path));
    }
    if !service && generate.verbosity.is_some() {
        return Err(unsayable("verbosity"));
    }
    if generate.n.is_some_and(|n| n != 1) {
        return Err(unsayable("n"));
    }
    drawn_plainly(&generate.sampling)?;
    let strict_default = if call.door == Door::Responses { None } else { Some(false) };
    let tools = generate.tools.iter().map(|tool| ToolForm::of(tool, strict_default)).collect::<Vec<_>>();
    let text = TextForm::of(generate);
    let include = include(generate);
    Ok(Body {
        model: &target.model,
        store: false,
        instructions,
        input: input::write(turns, service, in_full)?,
        tools: Some(tools).filter(|tools| in_full || !tools.is_empty()),
        tool_choice: generate.tool_choice.as_ref().map(|choice| ChoiceForm::of(choice, &generate.tools)),
        parallel_tool_calls: generate.parallel_tool_calls,
        text: Some(text).filter(|text| in_full || !text.is_default()),
        reasoning: reasoning(generate.reasoning.as_ref(), in_full)?,
        include: Some(include).filter(|include| in_full || !include.is_empty()),
        max_output_tokens: generate.max_output_tokens,
        temperature: generate.sampling.temperature,
        top_p: generate.sampling.top_p,
        top_logprobs: generate.logprobs,
        metadata: Labels(&generate.metadata),
        user: generate.user.as_ref(),
        service_tier: service_tier(generate.service_tier.as_deref(), service)?,
        prompt_cache_key: generate.prompt_cache_key.as_ref().filter(|_| service),
        stream: generate.stream,
        stream_options: (in_full && generate.stream).then_some(Nothing {}),
    })
}

/// The format has a temperature and a nucleus, and no other way to draw.
fn drawn_plainly(sampling: &Sampling) -> Result<(), Unsayable> {
    let Sampling { temperature: _, top_p: _, top_k, presence_penalty, frequency_penalty, seed, stop, logit_bias } =
        sampling;
    let first = [
        (top_k.is_some(), "top_k"),
        (presence_penalty.is_some_and(|penalty| penalty != 0.0), "presence_penalty"),
        (frequency_penalty.is_some_and(|penalty| penalty != 0.0), "frequency_penalty"),
        (seed.is_some(), "seed"),
        (!stop.is_empty(), "stop"),
        (!logit_bias.is_empty(), "logit_bias"),
    ];
    match first.into_iter().find(|(is_there, _)| *is_there) {
        Some((_, what)) => Err(unsayable(what)),
        None => Ok(()),
    }
}

fn include(generate: &Generate) -> Vec<&'static str> {
    let sealed = generate.reasoning.as_ref().is_some_and(|reasoning| reasoning.sealed);
    let wishes =
        [(sealed, "reasoning.encrypted_content"), (generate.logprobs.is_some(), "message.output_text.logprobs")];
    wishes.into_iter().filter(|(wanted, _)| *wanted).map(|(_, wish)| wish).collect()
}

/// What Anthropic's words for reasoning come to here: off says nothing, and on needs an effort.
fn reasoning(reasoning: Option<&Reasoning>, in_full: bool) -> Result<Option<ReasoningForm<'_>>, Unsayable> {
    if let Some(Reasoning { effort, thinking: Some(thinking), .. }) = reasoning {
        match (thinking, effort) {
            (Thinking::Disabled, None) | (Thinking::Enabled { .. } | Thinking::Adaptive, Some(_)) => {}
            _ => return Err(unsayable("thinking")),
        }
    }
    let form = ReasoningForm::of(reasoning);
    Ok(Some(form).filter(|form| in_full || form.effort.is_some() || form.summary.is_some()))
}

/// Engines have one tier.
fn service_tier(tier: Option<&str>, service: bool) -> Result<Option<&str>, Unsayable> {
    match tier {
        Some("auto" | "default") if !service => Ok(None),
        Some(_) if !service => Err(unsayable("service_tier")),
        tier => Ok(tier),
    }
}
