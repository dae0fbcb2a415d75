//! Writes a call as a request for responses.

use serde::{Serialize, Serializer};

use super::form::{ChoiceForm, ReasoningForm, TextForm, ToolForm};
use super::input::{self, Item, Manner};
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
    let files = service && matches!(call.door, Door::Responses | Door::ChatCompletions);
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
        input: input::write(turns, Manner { service, files, in_full })?,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::{Block, BlockKind, Complete, Embed, ReasoningBlock, Role, Source, Tool, ToolInput, Turn};
    use crate::json::Value;

    fn call(generate: Generate) -> Call {
        let task = Task::Generate(Box::new(generate));
        Call { door: Door::ChatCompletions, model: "alias".to_owned(), task, unmodelled: Vec::new() }
    }

    fn turn(role: Role, kinds: Vec<BlockKind>) -> Generate {
        let content = kinds.into_iter().map(Block::from).collect();
        Generate { turns: vec![Turn { role, name: None, content }], ..Generate::default() }
    }

    fn target(openai_service: bool) -> Target {
        Target { model: "m".to_owned(), openai_service, ..Target::default() }
    }

    /// The body of the request without what every request has.
    #[track_caller]
    fn check(generate: Generate, service: bool, expected: &str) {
        let request = write(&call(generate), &target(service)).unwrap();
        assert_eq!(request.path, "/responses");
        let body = String::from_utf8(request.body).unwrap();
        assert_eq!(body.strip_prefix(r#"{"model":"m","store":false,"input":"#).unwrap(), expected);
    }

    #[track_caller]
    fn refused(generate: Generate, service: bool, what: &str) {
        assert_eq!(write(&call(generate), &target(service)).unwrap_err().what, what);
    }

    #[test]
    fn what_the_format_cannot_say_is_named() {
        let sampling = |sampling| Generate { sampling, ..Generate::default() };
        refused(sampling(Sampling { top_k: Some(1), ..Sampling::default() }), true, "top_k");
        refused(sampling(Sampling { seed: Some(1), ..Sampling::default() }), true, "seed");
        refused(sampling(Sampling { stop: vec!["a".into()], ..Sampling::default() }), true, "stop");
        refused(sampling(Sampling { presence_penalty: Some(1.0), ..Sampling::default() }), true, "presence_penalty");
        refused(sampling(Sampling { frequency_penalty: Some(1.0), ..Sampling::default() }), true, "frequency_penalty");
        refused(
            sampling(Sampling { logit_bias: vec![("1".to_owned(), 1.0)], ..Sampling::default() }),
            true,
            "logit_bias",
        );
        refused(Generate { n: Some(2), ..Generate::default() }, true, "n");
        refused(Generate { verbosity: Some("low".to_owned()), ..Generate::default() }, false, "verbosity");
        refused(Generate { service_tier: Some("flex".to_owned()), ..Generate::default() }, false, "service_tier");
        let thinking = Thinking::Enabled { budget_tokens: 1 };
        let reasoning = Some(Reasoning { thinking: Some(thinking), ..Reasoning::default() });
        refused(Generate { reasoning, ..Generate::default() }, true, "thinking");
        let mut named = turn(Role::User, vec![BlockKind::Text("a".into())]);
        named.turns.first_mut().unwrap().name = Some("Jane".into());
        refused(named, true, "the `name` of a turn");
    }

    #[test]
    fn foreign_reasoning_is_refused_and_an_engine_takes_its_own_words_back() {
        let reasoning = |block| turn(Role::Assistant, vec![BlockKind::Reasoning(block)]);
        let signed = ReasoningBlock { signature: Some("s".into()), ..ReasoningBlock::default() };
        refused(reasoning(signed), true, "thinking with a signature");
        let words = || ReasoningBlock { text: Some("hm".into()), ..ReasoningBlock::default() };
        refused(reasoning(words()), true, "reasoning that is not sealed");
        let item = r#"[{"type":"reasoning","summary":[],"content":[{"type":"reasoning_text","text":"hm"}]}]}"#;
        check(reasoning(words()), false, item);
        check(reasoning(ReasoningBlock { id: Some("rs_1".to_owned()), ..ReasoningBlock::default() }), true, "[]}");
    }

    #[test]
    fn documents_and_failed_tools_are_said_in_words() {
        let file = BlockKind::File {
            source: Source::Text("body".into()),
            name: Some("title".into()),
            context: None,
            citations: false,
        };
        let parts = r#"[{"type":"input_text","text":"title"},{"type":"input_text","text":"body"}]"#;
        let item = format!(r#"[{{"type":"message","role":"user","content":{parts}}}]}}"#);
        check(turn(Role::User, vec![file]), true, &item);
        let result = BlockKind::ToolResult {
            call_id: "c".to_owned(),
            content: vec![BlockKind::Text("no disk".into()).into()],
            is_error: true,
            custom: false,
        };
        let parts = r#"[{"type":"input_text","text":"The tool failed:"},{"type":"input_text","text":"no disk"}]"#;
        let output = format!(r#"[{{"type":"function_call_output","call_id":"c","output":{parts}}}]}}"#);
        check(turn(Role::Tool, vec![result]), true, &output);
        refused(turn(Role::User, vec![BlockKind::Audio { source: Source::Url("u".into()) }]), true, "audio here");
    }

    #[test]
    fn a_tool_of_another_format_is_not_made_strict() {
        let tool = |strict| Tool {
            name: "f".into(),
            description: None,
            input: ToolInput::Schema(Some(Value::Object(Vec::new()))),
            strict,
            cache: None,
        };
        let generate = Generate { tools: vec![tool(None), tool(Some(true))], ..Generate::default() };
        let expected = concat!(
            r#"[],"tools":[{"type":"function","name":"f","parameters":{},"strict":false},"#,
            r#"{"type":"function","name":"f","parameters":{},"strict":true}]}"#
        );
        check(generate, true, expected);
    }

    #[test]
    fn other_tasks_go_the_way_of_chat_or_are_refused() {
        let task = |task| Call { door: Door::Completions, model: "a".to_owned(), task, unmodelled: Vec::new() };
        let complete = Complete { prompts: vec!["a".into()], ..Complete::default() };
        assert_eq!(write(&task(Task::Complete(Box::new(complete))), &target(true)).unwrap().path, "/completions");
        let embed = Embed { inputs: vec!["a".into()], single: true, ..Embed::default() };
        assert_eq!(write(&task(Task::Embed(Box::new(embed))), &target(true)).unwrap().path, "/embeddings");
        let counted = write(&task(Task::CountTokens(Box::default())), &target(true));
        assert_eq!(counted.unwrap_err().what, "count_tokens");
    }

    #[test]
    fn an_unmodelled_field_goes_only_where_it_is_permitted_and_known() {
        let mut call = call(turn(Role::User, vec![BlockKind::Text("a".into())]));
        call.unmodelled = vec![Unmodelled { path: "max_tool_calls".to_owned(), value: Value::Bool(true) }];
        let permitted = Target { unmodelled: true, ..target(true) };
        assert_eq!(write(&call, &permitted).unwrap_err().what, "max_tool_calls");
        call.door = Door::Responses;
        assert_eq!(write(&call, &target(true)).unwrap_err().what, "max_tool_calls");
        assert!(write(&call, &permitted).unwrap().body.ends_with(br#""max_tool_calls":true}"#));
        // A field that is written already is never replaced.
        for path in ["store", "Store", "model"] {
            call.unmodelled = vec![Unmodelled { path: path.to_owned(), value: Value::Bool(true) }];
            assert_eq!(write(&call, &permitted).unwrap_err().what, path);
        }
    }
}
