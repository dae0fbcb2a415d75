//! Writes a call as an Anthropic request.

use crate::call::{Call, Complete, Door, Generate, OutputFormat, Task, ToolChoice, Unmodelled};
use crate::dialect::anthropic::VERSION;
use crate::dialect::anthropic::blocks::{self, unsayable};
use crate::dialect::anthropic::shapes::{Body, Cache, Edit, Edits, Format, Message, Metadata, Output, Part};
use crate::dialect::anthropic::wishes::{sampling, service_tier, thought, tool, tool_choice};
use crate::dialect::{Request, Target, Unsayable, unmodelled};

/// The header that names betas.
const BETA: &str = "anthropic-beta";

/// How the front door reports a beta that we do not model.
const BETA_PATH: &str = "header anthropic-beta: ";

/// Writes `call` for `target`.
///
/// # Errors
/// The first thing that this format cannot say.
pub fn write(call: &Call, target: &Target) -> Result<Request, Unsayable> {
    let verbatim = matches!(call.door, Door::Messages | Door::CountTokens);
    if let Some(first) = call.unmodelled.first()
        && !(verbatim && target.unmodelled)
    {
        return Err(unsayable(first.path.clone()));
    }
    let mut betas: Vec<&str> = Vec::new();
    let (path, body) = match &call.task {
        Task::Generate(generate) => {
            betas.extend(&generate.anthropic.betas);
            ("/messages", generated(call, generate, target, verbatim)?)
        }
        Task::CountTokens(generate) => {
            betas.extend(&generate.anthropic.betas);
            ("/messages/count_tokens", conversation(call, generate, target, verbatim)?)
        }
        Task::Complete(complete) => ("/messages", completed(complete, target)?),
        Task::Embed(_) => return Err(unsayable("embeddings")),
    };
    let mut body = serde_json::to_vec(&body).map_err(|_| unsayable("something that JSON cannot hold"))?;
    if !call.unmodelled.is_empty() {
        body = unmodelled::insert(body, &without_betas(&call.unmodelled, &mut betas)?)?;
    }
    let mut headers = vec![("anthropic-version", VERSION.to_owned())];
    if !betas.is_empty() {
        headers.push((BETA, betas.join(",")));
    }
    Ok(Request { path, headers, body })
}

/// Moves the betas of `unmodelled` to the header that they came in, and gives what stood in the body.
fn without_betas<'a>(unmodelled: &'a [Unmodelled], betas: &mut Vec<&'a str>) -> Result<Vec<Unmodelled>, Unsayable> {
    let mut fields = Vec::with_capacity(unmodelled.len());
    for entry in unmodelled {
        let Some(beta) = entry.path.strip_prefix(BETA_PATH) else {
            fields.push(entry.clone());
            continue;
        };
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        if beta.is_empty() || !beta.bytes().all(plain) {
            return Err(unsayable("a beta whose name is not a name"));
        }
        betas.push(beta);
    }
    Ok(fields)
}

fn generated<'a>(
    call: &'a Call,
    generate: &'a Generate,
    target: &'a Target,
    verbatim: bool,
) -> Result<Body<'a>, Unsayable> {
    only_one(generate.n)?;
    if generate.logprobs.is_some() {
        return Err(unsayable("`logprobs`"));
    }
    if !generate.metadata.is_empty() {
        return Err(unsayable("`metadata`"));
    }
    let mut body = conversation(call, generate, target, verbatim)?;
    body.max_tokens = Some(generate.max_output_tokens.unwrap_or(target.max_output_tokens_default));
    sampling(&generate.sampling, &mut body)?;
    body.metadata = generate.user.as_ref().map(|user| Metadata { user_id: user });
    body.service_tier = generate.service_tier.as_deref().map(service_tier).transpose()?;
    body.stream = generate.stream;
    Ok(body)
}

/// What both paths say.
fn conversation<'a>(
    call: &'a Call,
    generate: &'a Generate,
    target: &'a Target,
    verbatim: bool,
) -> Result<Body<'a>, Unsayable> {
    if generate.verbosity.is_some() {
        return Err(unsayable("`verbosity`"));
    }
    let (system, messages) = blocks::turns(&generate.turns, verbatim)?;
    let mut body = Body { model: &target.model, system, messages, ..Body::default() };
    let more_tools = call.unmodelled.iter().any(|entry| entry.path.starts_with("tools["));
    if !generate.tools.is_empty() || more_tools {
        body.tools = Some(generate.tools.iter().map(tool).collect::<Result<_, _>>()?);
        body.tool_choice = tool_choice(generate)?;
    } else if matches!(
        generate.tool_choice,
        Some(ToolChoice::Required | ToolChoice::Named(_) | ToolChoice::Allowed { .. })
    ) {
        return Err(unsayable("`tool_choice` without tools"));
    }
    let format = match &generate.format {
        OutputFormat::Text => None,
        OutputFormat::JsonObject => return Err(unsayable("`response_format: json_object`")),
        OutputFormat::JsonSchema { description: Some(_), .. } => {
            return Err(unsayable("the `description` of a schema"));
        }
        // A schema is always held to strictly here, which is more than a caller who is lax about it asks.
        OutputFormat::JsonSchema { schema, .. } => Some(Format { kind: "json_schema", schema }),
    };
    let mut effort = None;
    if let Some(reasoning) = &generate.reasoning {
        (body.thinking, effort) = thought(reasoning, generate.anthropic.thinking_display.as_deref())?;
    }
    if format.is_some() || effort.is_some() {
        body.output_config = Some(Output { effort, format });
    }
    body.cache_control = Cache::of(generate.anthropic.cache.as_ref());
    body.context_management = generate
        .anthropic
        .keep_thinking
        .then_some(Edits { edits: [Edit { kind: "clear_thinking_20251015", keep: "all" }] });
    Ok(body)
}

/// Raw text to continue becomes one user turn: the models behind this format are all tuned for conversation.
fn completed<'a>(complete: &'a Complete, target: &'a Target) -> Result<Body<'a>, Unsayable> {
    only_one(complete.n)?;
    let [prompt] = complete.prompts.as_slice() else { return Err(unsayable("several prompts")) };
    let asked = [
        (complete.suffix.is_some(), "`suffix`"),
        (complete.echo, "`echo`"),
        (complete.best_of.is_some_and(|best_of| best_of != 1), "`best_of`"),
        (complete.logprobs.is_some(), "`logprobs`"),
    ];
    if let Some((_, what)) = asked.into_iter().find(|(asked, _)| *asked) {
        return Err(unsayable(what));
    }
    let content = vec![Part::Text { text: prompt, citations: &[], cache_control: None }];
    let mut body = Body {
        model: &target.model,
        messages: vec![Message { role: "user", content }],
        max_tokens: Some(complete.max_output_tokens.unwrap_or(target.max_output_tokens_default)),
        metadata: complete.user.as_ref().map(|user| Metadata { user_id: user }),
        stream: complete.stream,
        ..Body::default()
    };
    sampling(&complete.sampling, &mut body)?;
    Ok(body)
}

fn only_one(n: Option<u32>) -> Result<(), Unsayable> {
    if n.is_some_and(|n| n != 1) { Err(unsayable("`n` above 1")) } else { Ok(()) }
}

#[cfg(test)]
mod tests;
