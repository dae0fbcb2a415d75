//! What the Anthropic dialect says of a call, and what it refuses by name.

use super::*;
use crate::call::{Block, BlockKind, Reasoning, Role, Sampling, Source, Tool, ToolInput, Turn};
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
    check(with(ToolChoice::Required, Some(false)), "tool_choice", r#"{"type":"any","disable_parallel_tool_use":true}"#);
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
    let form =
        |description| OutputFormat::JsonSchema { name: "n".into(), description, schema: schema.clone(), strict: None };
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
        let kind =
            BlockKind::ToolCall { id: "1".to_owned(), name: "t".into(), arguments: arguments.into(), custom: false };
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
    let summary = ReasoningBlock { summary: vec!["s".into()], sealed: Some("x".into()), ..ReasoningBlock::default() };
    for reasoning in [unsigned, summary] {
        let generate = asks(vec![turn(Role::Assistant, vec![BlockKind::Reasoning(reasoning)])]);
        unsayable(generate, "reasoning that this format's provider did not sign");
    }
}

#[test]
fn a_file_that_another_provider_keeps_is_refused_and_its_own_goes_back() {
    let source = || Source::ProviderFile("file-1".to_owned());
    let foreign = |kind| unsayable(asks(vec![turn(Role::User, vec![kind])]), "a file that another provider keeps");
    foreign(BlockKind::Image { source: source(), detail: None });
    foreign(BlockKind::File { source: source(), name: None, context: None, citations: false });
    let own = r#"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":[
        {"type":"document","source":{"type":"file","file_id":"file_1"}}]}]}"#;
    assert!(String::from_utf8(through(own, &[], false).unwrap().body).unwrap().contains(r#""file_id":"file_1""#));
}

#[test]
fn a_turn_that_says_nothing_is_left_out() {
    let turns = vec![
        turn(Role::User, vec![text("a")]),
        turn(Role::Assistant, vec![text("")]),
        turn(Role::User, vec![text("b")]),
    ];
    let expected = r#"[{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}]"#;
    check(asks(turns), "messages", expected);
}

#[test]
fn a_conversation_that_says_nothing_beside_its_instructions_is_refused() {
    unsayable(asks(vec![turn(Role::System, vec![text("s")])]), "a conversation whose turns say nothing");
    unsayable(asks(vec![turn(Role::User, vec![text("")])]), "a conversation whose turns say nothing");
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
    assert!(wrote(plain.clone()).unwrap().contains(r#"[{"role":"user","content":[{"type":"text","text":"once"}]}]"#));
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
