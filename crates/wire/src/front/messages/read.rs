//! Reads an Anthropic request: the fields around its turns.

use crate::call::{Call, Door, Generate, OutputFormat, Reasoning, Role, Task, Thinking, Turn, Unmodelled};
use crate::fields::{Fields, Rejected, bad, wrong};
use crate::front::Headers;
use crate::front::messages::{betas, content, tools};
use crate::json::Value;
use crate::text::Text;

/// Fields that both doors know.
const KNOWN_COUNT: &[&str] = &[
    "model",
    "messages",
    "system",
    "tools",
    "tool_choice",
    "thinking",
    "output_config",
    "output_format",
    "cache_control",
    "context_management",
    "mcp_servers",
    "container",
];

/// Fields of `/v1/messages`.
const KNOWN: &[&str] = &[
    "model",
    "messages",
    "system",
    "tools",
    "tool_choice",
    "thinking",
    "output_config",
    "output_format",
    "cache_control",
    "context_management",
    "mcp_servers",
    "container",
    "max_tokens",
    "stream",
    "stop_sequences",
    "temperature",
    "top_p",
    "top_k",
    "metadata",
    "service_tier",
];

/// Reads the body of `/v1/messages`.
///
/// # Errors
/// [`Rejected`] names the place, the reason and the way out.
pub fn read(value: Value, headers: &Headers<'_>) -> Result<Call, Rejected> {
    let mut unmodelled = Vec::new();
    let betas = betas::read(headers, &mut unmodelled)?;
    let mut body = Fields::open(value, "")?;
    let model = body.required_string("model")?;
    let mut generate = Generate::default();
    generate.anthropic.betas = betas;
    let limit = body.u64("max_tokens")?;
    generate.max_output_tokens = Some(match limit {
        Some(limit) => limit,
        None => return Err(missing("max_tokens")),
    });
    sampling(&mut body, &mut generate)?;
    generate.stream = body.bool("stream")?.unwrap_or(false);
    generate.service_tier = body.one_of("service_tier", &["auto", "standard_only"])?;
    if let Some(mut metadata) = body.object("metadata")? {
        generate.user = metadata.text("user_id")?;
        metadata.finish(&["user_id"], &mut unmodelled)?;
    }
    conversation(&mut body, &mut generate, &mut unmodelled)?;
    body.finish(KNOWN, &mut unmodelled)?;
    Ok(Call { door: Door::Messages, model, task: Task::Generate(Box::new(generate)), unmodelled })
}

/// Reads the body of `/v1/messages/count_tokens`.
///
/// # Errors
/// [`Rejected`] names the place, the reason and the way out.
pub fn read_count(value: Value, headers: &Headers<'_>) -> Result<Call, Rejected> {
    let mut unmodelled = Vec::new();
    let betas = betas::read(headers, &mut unmodelled)?;
    let mut body = Fields::open(value, "")?;
    let model = body.required_string("model")?;
    let mut generate = Generate::default();
    generate.anthropic.betas = betas;
    conversation(&mut body, &mut generate, &mut unmodelled)?;
    body.finish(KNOWN_COUNT, &mut unmodelled)?;
    Ok(Call { door: Door::CountTokens, model, task: Task::CountTokens(Box::new(generate)), unmodelled })
}

fn sampling(body: &mut Fields, generate: &mut Generate) -> Result<(), Rejected> {
    generate.sampling.temperature = body.f64_within("temperature", 0.0, 1.0)?;
    generate.sampling.top_p = body.f64_within("top_p", 0.0, 1.0)?;
    generate.sampling.top_k = body.u64("top_k")?;
    let path = body.at("stop_sequences");
    for (index, value) in body.array("stop_sequences")?.unwrap_or_default().into_iter().enumerate() {
        match value {
            Value::String(text) => generate.sampling.stop.push(Text(text)),
            _ => return Err(wrong(&format!("{path}[{index}]"), "a string")),
        }
    }
    Ok(())
}

fn conversation(body: &mut Fields, generate: &mut Generate, unmodelled: &mut Vec<Unmodelled>) -> Result<(), Rejected> {
    body.refuse(
        "mcp_servers",
        "provider_tool_unsupported",
        "names servers that the provider would reach, out of our sight",
        "reach them yourself and offer their tools with `input_schema`",
    )?;
    body.refuse(
        "container",
        "state_unsupported",
        "names state that the provider keeps",
        "send the whole conversation in `messages`",
    )?;
    if let Some(system) = body.take("system") {
        let content = content::instructions(system, "system", unmodelled)?;
        generate.turns.push(Turn { role: Role::System, name: None, content });
    }
    tools::tools(body, generate, unmodelled)?;
    tools::tool_choice(body, generate, unmodelled)?;
    generate.anthropic.cache = content::cache_control(body, unmodelled)?;
    thinking(body, generate, unmodelled)?;
    output(body, generate, unmodelled)?;
    context_management(body, generate, unmodelled);
    let messages = match body.require("messages")? {
        Value::Array(messages) if !messages.is_empty() => messages,
        Value::Array(_) => return Err(bad("messages", "is empty", "send at least one message")),
        _ => return Err(wrong("messages", "a list")),
    };
    content::turns(messages, &mut generate.turns, unmodelled)
}

fn thinking(body: &mut Fields, generate: &mut Generate, unmodelled: &mut Vec<Unmodelled>) -> Result<(), Rejected> {
    let Some(mut fields) = body.object("thinking")? else { return Ok(()) };
    let kind = fields.required_string("type")?;
    let thinking = match kind.as_str() {
        "disabled" => Thinking::Disabled,
        "adaptive" => Thinking::Adaptive,
        "between_tools" => Thinking::BetweenTools,
        "enabled" => match fields.u64("budget_tokens")? {
            Some(budget_tokens) => Thinking::Enabled { budget_tokens },
            None => return Err(missing("thinking.budget_tokens")),
        },
        _ => {
            return Err(Rejected::at(
                "thinking.type",
                "bad_value",
                "this kind of thinking is not known",
                "send `enabled`, `disabled`, `adaptive` or `between_tools`",
            ));
        }
    };
    generate.anthropic.thinking_display = fields.one_of("display", &["summarized", "omitted"])?;
    generate.reasoning = Some(Reasoning { thinking: Some(thinking), ..Reasoning::default() });
    fields.finish(&["type", "budget_tokens", "display"], unmodelled)
}

/// `output_config`, and `output_format` as the structured-output beta called its `format`.
fn output(body: &mut Fields, generate: &mut Generate, unmodelled: &mut Vec<Unmodelled>) -> Result<(), Rejected> {
    let mut format = body.object("output_format")?;
    if let Some(mut fields) = body.object("output_config")? {
        if let Some(effort) = fields.one_of("effort", &["low", "medium", "high", "xhigh", "max"])? {
            generate.reasoning.get_or_insert_default().effort = Some(effort);
        }
        if let Some(inner) = fields.object("format")? {
            if format.is_some() {
                return Err(Rejected::at(
                    "output_format",
                    "bad_value",
                    "`output_format` and `output_config.format` both ask for a form",
                    "send `output_config.format` only",
                ));
            }
            format = Some(inner);
        }
        fields.finish(&["effort", "format"], unmodelled)?;
    }
    let Some(mut format) = format else { return Ok(()) };
    if format.required_string("type")? != "json_schema" {
        return Err(Rejected::at(
            &format.at("type"),
            "bad_value",
            "this form of answer is not known",
            "send `json_schema` with a `schema`",
        ));
    }
    let schema = format.require("schema")?;
    if !matches!(schema, Value::Object(_)) {
        return Err(wrong(&format.at("schema"), "an object"));
    }
    // The format has no name for a schema; formats that need one get this.
    generate.format = OutputFormat::JsonSchema { name: "output".into(), description: None, schema, strict: Some(true) };
    format.finish(&["type", "schema"], unmodelled)
}

/// Models one wish, to keep all thinking, which is what coding agents ask for; any other stays as it came.
fn context_management(body: &mut Fields, generate: &mut Generate, unmodelled: &mut Vec<Unmodelled>) {
    let Some(value) = body.take("context_management") else { return };
    if keeps_thinking(&value) {
        generate.anthropic.keep_thinking = true;
    } else {
        unmodelled.push(Unmodelled { path: "context_management".to_owned(), value });
    }
}

fn keeps_thinking(value: &Value) -> bool {
    let Value::Object(outer) = value else { return false };
    let [(key, Value::Array(edits))] = outer.as_slice() else { return false };
    let [edit @ Value::Object(entries)] = edits.as_slice() else { return false };
    key == "edits"
        && entries.len() == 2
        && edit.field("type").and_then(Value::as_str) == Some("clear_thinking_20251015")
        && edit.field("keep").and_then(Value::as_str) == Some("all")
}

fn missing(path: &str) -> Rejected {
    Rejected::at(path, "missing_field", format!("`{path}` is missing"), format!("add `{path}` to the request"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::{BlockKind, CacheControl, ToolChoice};
    use crate::json;

    fn call(body: &str) -> Result<Call, Rejected> {
        read(json::parse(body.as_bytes()).unwrap(), &Headers::default())
    }

    /// Reads a request whose fields beside the required ones are `more`.
    fn with(more: &str) -> Result<Call, Rejected> {
        call(&format!(r#"{{"model":"m","max_tokens":9,"messages":[{{"role":"user","content":"hi"}}],{more}}}"#))
    }

    fn generate(more: &str) -> Generate {
        match with(more).unwrap().task {
            Task::Generate(generate) => *generate,
            _ => panic!("another task"),
        }
    }

    fn refused(more: &str, code: &str, param: &str) {
        let rejected = with(more).unwrap_err();
        assert_eq!((rejected.code, rejected.param.as_deref()), (code, Some(param)), "{more}");
    }

    fn unmodelled(more: &str, path: &str) {
        let call = with(more).unwrap();
        let paths: Vec<&str> = call.unmodelled.iter().map(|entry| entry.path.as_str()).collect();
        assert_eq!(paths, [path], "{more}");
    }

    #[test]
    fn every_sampling_field_is_read() {
        let read = generate(
            r#""temperature":0.5,"top_p":0.9,"top_k":40,"stop_sequences":["a","b"],"stream":true,
               "service_tier":"standard_only","metadata":{"user_id":"u"}"#,
        );
        assert_eq!(
            (read.sampling.temperature, read.sampling.top_p, read.sampling.top_k),
            (Some(0.5), Some(0.9), Some(40))
        );
        assert_eq!(read.sampling.stop, ["a".into(), "b".into()]);
        assert_eq!((read.max_output_tokens, read.stream), (Some(9), true));
        assert_eq!((read.user, read.service_tier.as_deref()), (Some("u".into()), Some("standard_only")));
    }

    #[test]
    fn tools_and_their_choice_are_read() {
        let read = generate(
            r#""tools":[{"name":"t","description":"d","input_schema":{"Type":"x"},"strict":true,
               "cache_control":{"type":"ephemeral","ttl":"1h"}}],
               "tool_choice":{"type":"tool","name":"t","disable_parallel_tool_use":true}"#,
        );
        assert_eq!(read.tools[0].cache, Some(CacheControl { ttl: Some("1h".to_owned()) }));
        assert_eq!(read.tools[0].strict, Some(true));
        assert_eq!(read.tool_choice, Some(ToolChoice::Named("t".into())));
        assert_eq!(read.parallel_tool_calls, Some(false));
        assert_eq!(generate(r#""tool_choice":{"type":"any"}"#).tool_choice, Some(ToolChoice::Required));
    }

    #[test]
    fn thinking_effort_and_the_form_of_the_answer_are_read() {
        let read = generate(
            r#""thinking":{"type":"enabled","budget_tokens":1024,"display":"omitted"},
               "output_config":{"effort":"max","format":{"type":"json_schema","schema":{"type":"object"}}}"#,
        );
        let reasoning = read.reasoning.unwrap();
        assert_eq!(reasoning.thinking, Some(Thinking::Enabled { budget_tokens: 1024 }));
        assert_eq!(reasoning.effort.as_deref(), Some("max"));
        assert_eq!(read.anthropic.thinking_display.as_deref(), Some("omitted"));
        assert!(matches!(read.format, OutputFormat::JsonSchema { .. }));
    }

    #[test]
    fn the_wish_to_keep_all_thinking_is_read_and_any_other_context_edit_is_reported() {
        let keep = r#""context_management":{"edits":[{"type":"clear_thinking_20251015","keep":"all"}]}"#;
        assert!(generate(keep).anthropic.keep_thinking);
        let compact = r#""context_management":{"edits":[{"type":"compact_20260112","instructions":"x"}]}"#;
        unmodelled(compact, "context_management");
        unmodelled(
            r#""context_management":{"edits":[{"type":"clear_thinking_20251015","keep":"all","x":1}]}"#,
            "context_management",
        );
    }

    #[test]
    fn what_the_provider_would_run_reach_or_keep_is_refused() {
        refused(
            r#""tools":[{"type":"web_search_20250305","name":"web_search"}]"#,
            "provider_tool_unsupported",
            "tools[0]",
        );
        refused(r#""tools":[{"type":"Web_Fetch_20260318","name":"w"}]"#, "provider_tool_unsupported", "tools[0]");
        refused(r#""tools":[{"type":"code_execution_20260521","name":"c"}]"#, "provider_tool_unsupported", "tools[0]");
        refused(r#""mcp_servers":[{"url":"https://x.example"}]"#, "provider_tool_unsupported", "mcp_servers");
        refused(r#""container":"c"}"#.trim_end_matches('}'), "state_unsupported", "container");
    }

    #[test]
    fn what_we_do_not_model_is_reported_by_name() {
        unmodelled(r#""tools":[{"type":"bash_20250124","name":"bash"}]"#, "tools[0]");
        unmodelled(r#""tools":[{"name":"t","input_schema":{},"defer_loading":true}]"#, "tools[0].defer_loading");
        unmodelled(r#""cache_control":{"type":"ephemeral","scope":"global"}"#, "cache_control.scope");
        unmodelled(r#""inference_geo":"us""#, "inference_geo");
        unmodelled(r#""speed":"fast""#, "speed");
    }

    #[test]
    fn a_conversation_without_messages_is_refused() {
        let rejected = call(r#"{"model":"m","max_tokens":1,"messages":[]}"#).unwrap_err();
        assert_eq!((rejected.code, rejected.param.as_deref()), ("bad_value", Some("messages")));
    }

    #[test]
    fn a_word_that_the_format_does_not_have_is_refused() {
        refused(r#""service_tier":"born in May""#, "bad_value", "service_tier");
        refused(r#""thinking":{"type":"adaptive","display":"x"}"#, "bad_value", "thinking.display");
        refused(r#""thinking":{"type":"x"}"#, "bad_value", "thinking.type");
        refused(r#""output_config":{"effort":"x"}"#, "bad_value", "output_config.effort");
        refused(r#""output_config":{"format":{"type":"x"}}"#, "bad_value", "output_config.format.type");
        refused(r#""cache_control":{"type":"ephemeral","ttl":"1y"}"#, "bad_value", "cache_control.ttl");
        refused(r#""tool_choice":{"type":"x"}"#, "bad_value", "tool_choice.type");
        refused(r#""temperature":1.5"#, "bad_value", "temperature");
    }

    #[test]
    fn a_key_that_differs_only_in_case_is_refused_but_not_in_a_schema() {
        refused(r#""Tools":[{"type":"web_search_20250305"}]"#, "case_variant_key", "Tools");
        refused(r#""Container":"c""#, "case_variant_key", "Container");
        refused(r#""thinking":{"type":"disabled","Display":"x"}"#, "case_variant_key", "thinking.Display");
        assert_eq!(generate(r#""tools":[{"name":"t","input_schema":{"Type":"object"}}]"#).tools.len(), 1);
    }

    #[test]
    fn a_request_without_its_required_fields_names_the_missing_one() {
        for (body, path) in [
            (r#"{"max_tokens":1,"messages":[]}"#, "model"),
            (r#"{"model":"m","messages":[]}"#, "max_tokens"),
            (r#"{"model":"m","max_tokens":1}"#, "messages"),
        ] {
            assert_eq!(call(body).unwrap_err().param.as_deref(), Some(path));
        }
    }

    #[test]
    fn a_count_knows_no_field_of_generation() {
        let body = r#"{"model":"m","messages":[{"role":"user","content":"hi"}],"system":"s","max_tokens":1}"#;
        let call = read_count(json::parse(body.as_bytes()).unwrap(), &Headers::default()).unwrap();
        assert_eq!(call.unmodelled[0].path, "max_tokens");
        let Task::CountTokens(generate) = call.task else { panic!("another task") };
        assert!(matches!(generate.turns[0].content[0].kind, BlockKind::Text(_)));
    }
}
