//! The tools of an Anthropic request and which of them may be called.

use crate::call::{Generate, Tool, ToolChoice, ToolInput, Unmodelled};
use crate::fields::{Fields, Rejected, wrong};
use crate::front::messages::content::cache_control;
use crate::json::Value;

/// Beginnings of the types of tools that the provider runs itself: content would leave for wherever they lead.
const PROVIDER_RUN: &[&str] =
    &["web_search", "web_fetch", "code_execution", "tool_search_tool", "mcp_toolset", "advisor"];

/// Reads `tools` into `generate`.
pub(super) fn tools(
    body: &mut Fields,
    generate: &mut Generate,
    unmodelled: &mut Vec<Unmodelled>,
) -> Result<(), Rejected> {
    let path = body.at("tools");
    for (index, value) in body.array("tools")?.unwrap_or_default().into_iter().enumerate() {
        let path = format!("{path}[{index}]");
        match value.field("type") {
            None | Some(Value::Null) => {}
            Some(Value::String(kind)) if kind == "custom" => {}
            Some(Value::String(kind)) => {
                let kind = kind.to_ascii_lowercase();
                if PROVIDER_RUN.iter().any(|run| kind.starts_with(run)) {
                    return Err(provider_run(&path));
                }
                // Tools that Anthropic defines and the caller runs: their schema is not in the call.
                unmodelled.push(Unmodelled { path, value });
                continue;
            }
            Some(_) => return Err(wrong(&format!("{path}.type"), "a string")),
        }
        generate.tools.push(custom(value, path, unmodelled)?);
    }
    Ok(())
}

/// Reads `tool_choice` into `generate`.
pub(super) fn tool_choice(
    body: &mut Fields,
    generate: &mut Generate,
    unmodelled: &mut Vec<Unmodelled>,
) -> Result<(), Rejected> {
    let Some(mut fields) = body.object("tool_choice")? else { return Ok(()) };
    let kind = fields.required_string("type")?;
    generate.tool_choice = Some(match kind.as_str() {
        "auto" => ToolChoice::Auto,
        "any" => ToolChoice::Required,
        "none" => ToolChoice::None,
        "tool" => ToolChoice::Named(fields.required_text("name")?),
        _ => {
            return Err(Rejected::at(
                &fields.at("type"),
                "bad_value",
                "this choice of tools is not known",
                "send `auto`, `any`, `tool` or `none`",
            ));
        }
    });
    generate.parallel_tool_calls = fields.bool("disable_parallel_tool_use")?.map(|disabled| !disabled);
    fields.finish(&["type", "name", "disable_parallel_tool_use"], unmodelled)
}

/// Something that the provider would run.
pub(super) fn provider_run(path: &str) -> Rejected {
    Rejected::at(
        path,
        "provider_tool_unsupported",
        format!("`{path}` is a tool that the provider would run, out of our sight"),
        "run the tool yourself and offer it with a `name` and an `input_schema`",
    )
}

fn custom(value: Value, path: String, unmodelled: &mut Vec<Unmodelled>) -> Result<Tool, Rejected> {
    let mut fields = Fields::open(value, path)?;
    fields.take("type");
    let name = fields.required_text("name")?;
    let description = fields.text("description")?;
    let schema = fields.require("input_schema")?;
    if !matches!(schema, Value::Object(_)) {
        return Err(wrong(&fields.at("input_schema"), "an object"));
    }
    let strict = fields.bool("strict")?;
    let cache = cache_control(&mut fields, unmodelled)?;
    fields.finish(&["type", "name", "description", "input_schema", "strict", "cache_control"], unmodelled)?;
    Ok(Tool { name, description, input: ToolInput::Schema(Some(schema)), strict, cache })
}
