//! How an Anthropic request says what the caller wants of the answer: tools, thinking, drawing of tokens, tier.

use crate::call::{Generate, Reasoning, Sampling, ToolChoice, ToolInput};
use crate::dialect::Unsayable;
use crate::dialect::anthropic::blocks::unsayable;
use crate::dialect::anthropic::shapes::{Body, Cache, Choice, Schema, Thinking, Tool};

/// Says how tokens are drawn.
pub(super) fn sampling<'a>(sampling: &'a Sampling, body: &mut Body<'a>) -> Result<(), Unsayable> {
    let asked = [
        (sampling.temperature.is_some_and(|temperature| temperature > 1.0), "`temperature` above 1"),
        (sampling.presence_penalty.is_some_and(|penalty| penalty != 0.0), "`presence_penalty`"),
        (sampling.frequency_penalty.is_some_and(|penalty| penalty != 0.0), "`frequency_penalty`"),
        (sampling.seed.is_some(), "`seed`"),
        (!sampling.logit_bias.is_empty(), "`logit_bias`"),
    ];
    if let Some((_, what)) = asked.into_iter().find(|(asked, _)| *asked) {
        return Err(unsayable(what));
    }
    body.temperature = sampling.temperature;
    body.top_p = sampling.top_p;
    body.top_k = sampling.top_k;
    body.stop_sequences = &sampling.stop;
    Ok(())
}

/// Says a tool.
pub(super) fn tool(tool: &crate::call::Tool) -> Result<Tool<'_>, Unsayable> {
    let input_schema = match &tool.input {
        ToolInput::Schema(Some(schema)) => Schema::Given(schema),
        ToolInput::Schema(None) => Schema::Nothing { kind: "object" },
        ToolInput::Custom(_) => return Err(unsayable("a free-form (`custom`) tool")),
    };
    Ok(Tool {
        name: &tool.name,
        description: tool.description.as_ref().map(|description| description.as_str()),
        input_schema,
        strict: tool.strict,
        cache_control: Cache::of(tool.cache.as_ref()),
    })
}

/// Says which tools must or may be called; nothing where the format's own way is wanted.
pub(super) fn tool_choice(generate: &Generate) -> Result<Option<Choice<'_>>, Unsayable> {
    let one_at_a_time = generate.parallel_tool_calls.map(|parallel| !parallel);
    let (kind, name) = match &generate.tool_choice {
        // Silence lets the model decide; only a wish about parallel calls must be said.
        None if one_at_a_time == Some(true) => ("auto", None),
        None => return Ok(None),
        Some(ToolChoice::Auto) => ("auto", None),
        Some(ToolChoice::Required) => ("any", None),
        Some(ToolChoice::Named(name)) => ("tool", Some(name.as_str())),
        Some(ToolChoice::None) => {
            return Ok(Some(Choice { kind: "none", name: None, disable_parallel_tool_use: None }));
        }
        Some(ToolChoice::Allowed { names, required }) => allowed(generate, names, *required)?,
    };
    Ok(Some(Choice { kind, name, disable_parallel_tool_use: one_at_a_time }))
}

/// A choice among some tools can be said when it comes down to one that must be called, or to all of them.
fn allowed<'a>(
    generate: &Generate,
    names: &'a [crate::text::Text],
    required: bool,
) -> Result<(&'static str, Option<&'a str>), Unsayable> {
    let everything = generate.tools.iter().all(|tool| names.contains(&tool.name));
    match (names, required) {
        ([name], true) => Ok(("tool", Some(name.as_str()))),
        (_, true) if everything => Ok(("any", None)),
        (_, false) if everything => Ok(("auto", None)),
        _ => Err(unsayable("`tool_choice: allowed_tools`")),
    }
}

/// The `thinking` field and the effort.
pub(super) type Thought<'a> = (Option<Thinking<'a>>, Option<&'a str>);

/// Says what thinking is wanted, with how much effort.
pub(super) fn thought<'a>(reasoning: &'a Reasoning, display: Option<&'a str>) -> Result<Thought<'a>, Unsayable> {
    if reasoning.summary.as_deref().is_some_and(|summary| summary != "auto") {
        return Err(unsayable("a reasoning `summary` other than `auto`"));
    }
    let plain = |kind| Thinking { kind, budget_tokens: None, display };
    let mut thinking = reasoning.thinking.as_ref().map(|thinking| match thinking {
        crate::call::Thinking::Disabled => plain("disabled"),
        crate::call::Thinking::Adaptive => plain("adaptive"),
        crate::call::Thinking::BetweenTools => plain("between_tools"),
        crate::call::Thinking::Enabled { budget_tokens } => {
            Thinking { kind: "enabled", budget_tokens: Some(*budget_tokens), display }
        }
    });
    let effort = match reasoning.effort.as_deref() {
        Some("none") if thinking.is_none() => {
            thinking = Some(plain("disabled"));
            None
        }
        Some(effort @ ("low" | "medium" | "high" | "xhigh" | "max")) => Some(effort),
        Some("none") => return Err(unsayable("a reasoning `effort` of `none` beside `thinking`")),
        Some("minimal") => return Err(unsayable("a reasoning `effort` of `minimal`")),
        Some(_) => return Err(unsayable("this reasoning `effort`")),
        None => None,
    };
    Ok((thinking, effort))
}

/// The format's word for a tier; OpenAI's `default` is what is called `standard_only` here.
pub(super) fn service_tier(tier: &str) -> Result<&str, Unsayable> {
    match tier {
        "auto" | "standard_only" => Ok(tier),
        "default" => Ok("standard_only"),
        _ => Err(unsayable("a `service_tier` other than `auto` and `default`")),
    }
}
