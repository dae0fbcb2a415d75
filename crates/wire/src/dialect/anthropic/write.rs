//! Writes a call as an Anthropic request.

use crate::call::{
    Call, Complete, Door, Generate, OutputFormat, Reasoning, Sampling, Task, ToolChoice, ToolInput, Unmodelled,
};
use crate::dialect::anthropic::VERSION;
use crate::dialect::anthropic::blocks::{self, unsayable};
use crate::dialect::anthropic::shapes::{
    Body, Cache, Choice, Edit, Edits, Format, Message, Metadata, Output, Part, Schema, Thinking, Tool,
};
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

fn sampling<'a>(sampling: &'a Sampling, body: &mut Body<'a>) -> Result<(), Unsayable> {
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

fn tool(tool: &crate::call::Tool) -> Result<Tool<'_>, Unsayable> {
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

fn tool_choice(generate: &Generate) -> Result<Option<Choice<'_>>, Unsayable> {
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

type Thought<'a> = (Option<Thinking<'a>>, Option<&'a str>);

fn thought<'a>(reasoning: &'a Reasoning, display: Option<&'a str>) -> Result<Thought<'a>, Unsayable> {
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
fn service_tier(tier: &str) -> Result<&str, Unsayable> {
    match tier {
        "auto" | "standard_only" => Ok(tier),
        "default" => Ok("standard_only"),
        _ => Err(unsayable("a `service_tier` other than `auto` and `default`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::{Block, BlockKind, Role, Source, Tool, Turn};
    use crate::front::{self, Headers};
    use crate::json::{self, Value};

    fn target() -> Target {
        Target { model: "claude".to_owned(), max_output_tokens_default: 77, ..Target::default() }
    }

    fn turn(role: Role, kinds: Vec<BlockKind>) -> Turn {
        let content = kinds.into_iter().map(|kind| Block { kind, cache: None }).collect();
        Turn { role, name: None, content }
    }

    fn text(text: &str) -> BlockKind {
        BlockKind::Text(text.into())
    }

    fn asks(turns: Vec<Turn>) -> Generate {
        Generate { turns, ..Generate::default() }
    }

    fn hi() -> Generate {
        asks(vec![turn(Role::User, vec![text("hi")])])
    }

    /// Writes what came through an OpenAI door.
    fn written(generate: Generate) -> Result<Value, Unsayable> {
        let task = Task::Generate(Box::new(generate));
        let call = Call { door: Door::ChatCompletions, model: "m".to_owned(), task, unmodelled: vec![] };
        write(&call, &target()).map(|request| json::parse(&request.body).unwrap())
    }

    fn check(generate: Generate, field: &str, expected: &str) {
        let body = written(generate).unwrap();
        assert_eq!(body.field(field).map(Value::to_text).unwrap_or_default(), expected);
    }

    fn unsayable(generate: Generate, what: &str) {
        assert_eq!(written(generate).unwrap_err().what, what);
    }

    /// Reads and writes a request of this format.
    fn through(body: &str, betas: &[&str], unmodelled: bool) -> Result<Request, Unsayable> {
        let headers = Headers { anthropic_version: Some(VERSION), anthropic_beta: betas.to_vec() };
        let call = front::read(Door::Messages, body.as_bytes(), &headers).unwrap();
        write(&call, &Target { unmodelled, ..target() })
    }

    #[test]
    fn instructions_at_the_start_become_system_and_neighbours_of_one_side_are_joined() {
        let result = |id: &str| BlockKind::ToolResult {
            call_id: id.to_owned(),
            content: vec![Block { kind: text("r"), cache: None }],
            is_error: false,
            custom: false,
        };
        let tool =
            |id: &str| BlockKind::ToolCall { id: id.to_owned(), name: "t".into(), arguments: "".into(), custom: false };
        let generate = asks(vec![
            turn(Role::System, vec![text("s")]),
            turn(Role::Developer, vec![text("d")]),
            turn(Role::User, vec![text("u")]),
            turn(Role::Assistant, vec![text(""), tool("1"), tool("2")]),
            turn(Role::Tool, vec![result("1")]),
            turn(Role::Tool, vec![result("2")]),
            turn(Role::User, vec![text("v")]),
        ]);
        check(generate.clone(), "system", r#"[{"type":"text","text":"s"},{"type":"text","text":"d"}]"#);
        check(
            generate,
            "messages",
            concat!(
                r#"[{"role":"user","content":[{"type":"text","text":"u"}]},{"role":"assistant","content":["#,
                r#"{"type":"tool_use","id":"1","name":"t","input":{}},{"type":"tool_use","id":"2","name":"t","input":{}}]},"#,
                r#"{"role":"user","content":["#,
                r#"{"type":"tool_result","tool_use_id":"1","content":[{"type":"text","text":"r"}]},"#,
                r#"{"type":"tool_result","tool_use_id":"2","content":[{"type":"text","text":"r"}]},"#,
                r#"{"type":"text","text":"v"}]}]"#
            ),
        );
    }

    #[test]
    fn a_later_system_turn_is_said_only_where_the_format_takes_it() {
        let turns = |roles: &[Role]| asks(roles.iter().map(|role| turn(*role, vec![text("x")])).collect());
        let body = written(turns(&[Role::User, Role::System])).unwrap();
        assert!(body.to_text().contains(r#"{"role":"system","content":[{"type":"text","text":"x"}]}"#));
        assert!(written(turns(&[Role::User, Role::Developer, Role::Assistant, Role::User])).is_ok());
        let misplaced = "a system turn that does not stand between a user turn and the model's";
        unsayable(turns(&[Role::User, Role::System, Role::User]), misplaced);
        unsayable(turns(&[Role::User, Role::Assistant, Role::System]), misplaced);
    }

    #[test]
    fn what_only_other_formats_say_is_refused_by_name() {
        unsayable(Generate { n: Some(2), ..hi() }, "`n` above 1");
        unsayable(Generate { logprobs: Some(0), ..hi() }, "`logprobs`");
        unsayable(Generate { verbosity: Some("low".to_owned()), ..hi() }, "`verbosity`");
        unsayable(Generate { metadata: vec![("a".into(), "b".into())], ..hi() }, "`metadata`");
        unsayable(Generate { format: OutputFormat::JsonObject, ..hi() }, "`response_format: json_object`");
        let drawn = |sampling| Generate { sampling, ..hi() };
        unsayable(drawn(Sampling { seed: Some(1), ..Sampling::default() }), "`seed`");
        unsayable(drawn(Sampling { temperature: Some(1.1), ..Sampling::default() }), "`temperature` above 1");
        unsayable(drawn(Sampling { presence_penalty: Some(0.1), ..Sampling::default() }), "`presence_penalty`");
        unsayable(drawn(Sampling { frequency_penalty: Some(-0.1), ..Sampling::default() }), "`frequency_penalty`");
        unsayable(drawn(Sampling { logit_bias: vec![("1".to_owned(), 1.0)], ..Sampling::default() }), "`logit_bias`");
        let tool = Tool { input: ToolInput::Custom(None), ..named("t") };
        unsayable(Generate { tools: vec![tool], ..hi() }, "a free-form (`custom`) tool");
        let audio = BlockKind::Audio { source: Source::Text("x".into()) };
        unsayable(asks(vec![turn(Role::User, vec![audio])]), "audio");
        let spoken = Turn { name: Some("ann".into()), ..turn(Role::User, vec![text("x")]) };
        unsayable(asks(vec![spoken]), "the `name` of a turn");
    }

    fn named(name: &str) -> Tool {
        Tool { name: name.into(), description: None, input: ToolInput::Schema(None), strict: None, cache: None }
    }

    #[test]
    fn a_choice_of_tools_is_said_where_the_format_has_it() {
        let with = |choice: ToolChoice, parallel: Option<bool>| Generate {
            tools: vec![named("a"), named("b")],
            tool_choice: Some(choice),
            parallel_tool_calls: parallel,
            ..hi()
        };
        let allowed = |names: &[&str], required| ToolChoice::Allowed {
            names: names.iter().map(|name| (*name).into()).collect(),
            required,
        };
        check(with(ToolChoice::Auto, None), "tool_choice", r#"{"type":"auto"}"#);
        check(
            with(ToolChoice::Required, Some(false)),
            "tool_choice",
            r#"{"type":"any","disable_parallel_tool_use":true}"#,
        );
        check(with(ToolChoice::Named("a".into()), None), "tool_choice", r#"{"type":"tool","name":"a"}"#);
        check(with(ToolChoice::None, Some(false)), "tool_choice", r#"{"type":"none"}"#);
        check(with(allowed(&["a"], true), None), "tool_choice", r#"{"type":"tool","name":"a"}"#);
        check(with(allowed(&["b", "a"], false), None), "tool_choice", r#"{"type":"auto"}"#);
        unsayable(with(allowed(&["a"], false), None), "`tool_choice: allowed_tools`");
        let silent = Generate { tools: vec![named("a")], parallel_tool_calls: Some(false), ..hi() };
        check(silent, "tool_choice", r#"{"type":"auto","disable_parallel_tool_use":true}"#);
        check(Generate { tool_choice: Some(ToolChoice::Auto), ..hi() }, "tool_choice", "");
        unsayable(Generate { tool_choice: Some(ToolChoice::Required), ..hi() }, "`tool_choice` without tools");
    }

    #[test]
    fn effort_and_thinking_are_said_in_the_formats_words() {
        let wants = |effort: &str| Generate {
            reasoning: Some(Reasoning { effort: Some(effort.to_owned()), ..Reasoning::default() }),
            ..hi()
        };
        check(wants("xhigh"), "output_config", r#"{"effort":"xhigh"}"#);
        check(wants("none"), "thinking", r#"{"type":"disabled"}"#);
        unsayable(wants("minimal"), "a reasoning `effort` of `minimal`");
        unsayable(wants("Ann Smith, born 1970"), "this reasoning `effort`");
    }

    #[test]
    fn a_schema_becomes_the_structured_output_of_the_format() {
        let schema = json::parse(br#"{"type":"object"}"#).unwrap();
        let form = |description| OutputFormat::JsonSchema {
            name: "n".into(),
            description,
            schema: schema.clone(),
            strict: None,
        };
        let expected = r#"{"format":{"type":"json_schema","schema":{"type":"object"}}}"#;
        check(Generate { format: form(None), ..hi() }, "output_config", expected);
        unsayable(Generate { format: form(Some("d".into())), ..hi() }, "the `description` of a schema");
    }

    #[test]
    fn media_are_said_in_the_types_that_the_format_takes() {
        let data = |media_type: &str| Source::Base64 { media_type: media_type.to_owned(), data: "AA==".into() };
        let image = |source, detail: Option<&str>| {
            let kind = BlockKind::Image { source, detail: detail.map(str::to_owned) };
            asks(vec![turn(Role::User, vec![kind])])
        };
        let expected = concat!(
            r#"[{"role":"user","content":[{"type":"image","source":"#,
            r#"{"type":"base64","media_type":"image/png","data":"AA=="}}]}]"#
        );
        check(image(data("image/png"), Some("auto")), "messages", expected);
        unsayable(image(data("image/png"), Some("high")), "an image's `detail` other than `auto`");
        unsayable(image(data("image/svg+xml"), None), "an image that is not JPEG, PNG, GIF or WebP");
        let file = |source| {
            asks(vec![turn(Role::User, vec![BlockKind::File { source, name: None, context: None, citations: false }])])
        };
        assert!(written(file(data("application/pdf"))).is_ok());
        unsayable(file(data("text/csv")), "a file that is not PDF or plain text");
    }

    #[test]
    fn arguments_that_are_not_one_object_are_refused() {
        for arguments in ["[1]", "{", r#"{"a":1,"a":2}"#, "{} {}"] {
            let kind = BlockKind::ToolCall {
                id: "1".to_owned(),
                name: "t".into(),
                arguments: arguments.into(),
                custom: false,
            };
            unsayable(
                asks(vec![turn(Role::Assistant, vec![kind])]),
                "arguments of a tool call that are not one JSON object",
            );
        }
    }

    #[test]
    fn reasoning_of_another_provider_does_not_go_back_as_this_ones() {
        use crate::call::ReasoningBlock;
        let unsigned = ReasoningBlock { text: Some("t".into()), ..ReasoningBlock::default() };
        let summary =
            ReasoningBlock { summary: vec!["s".into()], sealed: Some("x".into()), ..ReasoningBlock::default() };
        for reasoning in [unsigned, summary] {
            let generate = asks(vec![turn(Role::Assistant, vec![BlockKind::Reasoning(reasoning)])]);
            unsayable(generate, "reasoning that this format's provider did not sign");
        }
    }

    #[test]
    fn a_limit_is_taken_from_the_destination_where_the_caller_gives_none() {
        check(hi(), "max_tokens", "77");
        check(Generate { max_output_tokens: Some(5), ..hi() }, "max_tokens", "5");
    }

    #[test]
    fn raw_text_becomes_one_user_turn_and_its_other_wishes_are_refused() {
        let wrote = |complete: Complete| {
            let task = Task::Complete(Box::new(complete));
            let call = Call { door: Door::Completions, model: "m".to_owned(), task, unmodelled: vec![] };
            write(&call, &target()).map(|request| String::from_utf8(request.body).unwrap())
        };
        let plain = Complete { prompts: vec!["once".into()], ..Complete::default() };
        assert!(
            wrote(plain.clone()).unwrap().contains(r#"[{"role":"user","content":[{"type":"text","text":"once"}]}]"#)
        );
        let refused = |complete: Complete, what: &str| assert_eq!(wrote(complete).unwrap_err().what, what);
        refused(Complete { suffix: Some("x".into()), ..plain.clone() }, "`suffix`");
        refused(Complete { echo: true, ..plain.clone() }, "`echo`");
        refused(Complete { best_of: Some(2), ..plain.clone() }, "`best_of`");
        refused(Complete { logprobs: Some(1), ..plain.clone() }, "`logprobs`");
        refused(Complete { n: Some(2), ..plain.clone() }, "`n` above 1");
        refused(Complete { prompts: vec!["a".into(), "b".into()], ..plain }, "several prompts");
    }

    #[test]
    fn a_request_of_this_format_leaves_as_it_came() {
        let body = concat!(
            r#"{"model":"claude","max_tokens":9,"system":[{"type":"text","text":"s","cache_control":{"type":"ephemeral"}}],"#,
            r#""messages":[{"role":"user","content":[{"type":"text","text":"a"},"#,
            r#"{"type":"tool_result","tool_use_id":"1","content":[{"type":"text","text":"r"}],"is_error":true},"#,
            r#"{"type":"text","text":"b","cache_control":{"type":"ephemeral","ttl":"1h"}}]},"#,
            r#"{"role":"system","content":[{"type":"text","text":"now"}]},"#,
            r#"{"role":"assistant","content":[{"type":"thinking","thinking":"t","signature":"sig"},"#,
            r#"{"type":"redacted_thinking","data":"d"},{"type":"tool_use","id":"2","name":"t","input":{"b":1,"a":[]}}]}],"#,
            r#""tools":[{"name":"t","description":"d","input_schema":{"type":"object"},"strict":true}],"#,
            r#""tool_choice":{"type":"auto","disable_parallel_tool_use":false},"thinking":{"type":"adaptive","display":"summarized"},"#,
            r#""output_config":{"effort":"high"},"cache_control":{"type":"ephemeral"},"#,
            r#""context_management":{"edits":[{"type":"clear_thinking_20251015","keep":"all"}]},"#,
            r#""stop_sequences":["x"],"temperature":1.0,"top_p":0.5,"top_k":3,"metadata":{"user_id":"u"},"#,
            r#""service_tier":"auto","stream":true}"#
        );
        let request = through(body, &["effort-2025-11-24"], false).unwrap();
        assert_eq!(String::from_utf8(request.body).unwrap(), body);
        assert_eq!(request.path, "/messages");
        assert_eq!(
            request.headers,
            [("anthropic-version", VERSION.to_owned()), ("anthropic-beta", "effort-2025-11-24".to_owned())]
        );
    }

    #[test]
    fn what_we_do_not_model_leaves_only_when_permitted_and_then_as_it_came() {
        let body = concat!(
            r#"{"model":"claude","max_tokens":9,"messages":[{"role":"user","content":[{"type":"text","text":"a"},"#,
            r#"{"type":"hologram","x":1},{"type":"text","text":"b","mood":"good"}]}],"tools":[{"type":"bash_20250124","name":"bash"}],"#,
            r#""tool_choice":{"type":"any"},"speed":"fast"}"#
        );
        assert_eq!(
            through(body, &["fast-mode-2026-02-01"], false).unwrap_err().what,
            "header anthropic-beta: fast-mode-2026-02-01"
        );
        let request = through(body, &["fast-mode-2026-02-01"], true).unwrap();
        assert_eq!(String::from_utf8(request.body).unwrap(), body);
        assert_eq!(request.headers[1].1, "fast-mode-2026-02-01");
    }
}
