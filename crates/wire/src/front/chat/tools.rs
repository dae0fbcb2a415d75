//! Reads tools, tool choice and the form of the answer of a chat completions request.

use crate::call::{OutputFormat, Tool, ToolChoice, ToolInput, Unmodelled};
use crate::fields::{Fields, Rejected, bad, wrong};
use crate::json::Value;
use crate::text::Text;

/// The most tools of one call, as the API states.
const TOOLS_MAX: usize = 128;

pub(super) fn read(body: &mut Fields, unmodelled: &mut Vec<Unmodelled>) -> Result<Vec<Tool>, Rejected> {
    let items = body.array("tools")?.unwrap_or_default();
    if items.len() > TOOLS_MAX {
        return Err(bad("tools", "has too many tools", format!("send at most {TOOLS_MAX}")));
    }
    let tool = |(index, value)| tool(Fields::open(value, format!("tools[{index}]"))?, unmodelled);
    items.into_iter().enumerate().map(tool).collect()
}

fn tool(mut tool: Fields, unmodelled: &mut Vec<Unmodelled>) -> Result<Tool, Rejected> {
    let key = match tool.required_string("type")?.as_str() {
        "function" => "function",
        "custom" => "custom",
        _ => {
            let path = tool.at("type");
            return Err(Rejected::at(
                &path,
                "provider_tool_unsupported",
                format!("`{path}` is not a tool that your application runs"),
                "offer tools of type function or custom",
            ));
        }
    };
    let mut inside = inner(&mut tool, key)?;
    let (name, description) = (inside.required_text("name")?, inside.text("description")?);
    let (input, strict) = if key == "function" {
        (ToolInput::Schema(schema(&mut inside, "parameters")?), inside.bool("strict")?)
    } else {
        (ToolInput::Custom(schema(&mut inside, "format")?), None)
    };
    let known: &[&str] = if key == "function" {
        &["name", "description", "parameters", "strict"]
    } else {
        &["name", "description", "format"]
    };
    inside.finish(known, unmodelled)?;
    tool.finish(&["type", key], unmodelled)?;
    Ok(Tool { name, description, input, strict, cache: None })
}

fn inner(fields: &mut Fields, key: &str) -> Result<Fields, Rejected> {
    let path = fields.at(key);
    Fields::open(fields.require(key)?, path)
}

/// A caller's own object, kept as it came.
fn schema(fields: &mut Fields, key: &str) -> Result<Option<Value>, Rejected> {
    match fields.take(key) {
        None => Ok(None),
        Some(value @ Value::Object(_)) => Ok(Some(value)),
        Some(_) => Err(wrong(&fields.at(key), "an object")),
    }
}

pub(super) fn choice(body: &mut Fields, unmodelled: &mut Vec<Unmodelled>) -> Result<Option<ToolChoice>, Rejected> {
    let value = match body.take("tool_choice") {
        None => return Ok(None),
        Some(Value::String(word)) => {
            return match word.as_str() {
                "auto" => Ok(Some(ToolChoice::Auto)),
                "none" => Ok(Some(ToolChoice::None)),
                "required" => Ok(Some(ToolChoice::Required)),
                _ => Err(bad("tool_choice", "is not a value that it can have", "send one of: auto, none, required")),
            };
        }
        Some(value) => value,
    };
    let mut choice = Fields::open(value, "tool_choice")?;
    let kind = choice.required_string("type")?;
    let read = match kind.as_str() {
        "function" | "custom" => ToolChoice::Named(name(&mut choice, &kind, unmodelled)?),
        "allowed_tools" => allowed(&mut choice, unmodelled)?,
        _ => return Err(bad("tool_choice.type", "is not a kind of choice", "use function, custom or allowed_tools")),
    };
    choice.finish(&["type", kind.as_str()], unmodelled)?;
    Ok(Some(read))
}

fn name(choice: &mut Fields, key: &str, unmodelled: &mut Vec<Unmodelled>) -> Result<Text, Rejected> {
    let mut inside = inner(choice, key)?;
    let name = inside.required_text("name")?;
    inside.finish(&["name"], unmodelled)?;
    Ok(name)
}

fn allowed(choice: &mut Fields, unmodelled: &mut Vec<Unmodelled>) -> Result<ToolChoice, Rejected> {
    let mut inside = inner(choice, "allowed_tools")?;
    let required = match inside.required_string("mode")?.as_str() {
        "auto" => false,
        "required" => true,
        _ => return Err(bad(&inside.at("mode"), "is not a value that it can have", "send one of: auto, required")),
    };
    let path = inside.at("tools");
    let items = inside.array("tools")?.unwrap_or_default();
    if items.is_empty() || items.len() > TOOLS_MAX {
        return Err(bad(&path, "must name some of the tools", format!("name 1 to {TOOLS_MAX} of them")));
    }
    let one = |(index, value)| {
        let mut tool = Fields::open(value, format!("{path}[{index}]"))?;
        let kind = match tool.required_string("type")?.as_str() {
            "function" => "function",
            "custom" => "custom",
            _ => return Err(bad(&tool.at("type"), "is not a kind of tool", "use function or custom")),
        };
        let name = name(&mut tool, kind, unmodelled)?;
        tool.finish(&["type", kind], unmodelled)?;
        Ok(name)
    };
    let names = items.into_iter().enumerate().map(one).collect::<Result<_, _>>()?;
    inside.finish(&["mode", "tools"], unmodelled)?;
    Ok(ToolChoice::Allowed { names, required })
}

pub(super) fn format(body: &mut Fields, unmodelled: &mut Vec<Unmodelled>) -> Result<OutputFormat, Rejected> {
    let Some(mut format) = body.object("response_format")? else { return Ok(OutputFormat::Text) };
    let read = match format.required_string("type")?.as_str() {
        "text" => OutputFormat::Text,
        "json_object" => OutputFormat::JsonObject,
        "json_schema" => {
            let mut inside = inner(&mut format, "json_schema")?;
            let (name, description) = (inside.required_text("name")?, inside.text("description")?);
            let Some(schema) = schema(&mut inside, "schema")? else {
                let path = inside.at("schema");
                return Err(Rejected::at(
                    &path,
                    "missing_field",
                    format!("`{path}` is missing"),
                    "add the schema, or ask for json_object",
                ));
            };
            let strict = inside.bool("strict")?;
            inside.finish(&["name", "description", "schema", "strict"], unmodelled)?;
            OutputFormat::JsonSchema { name, description, schema, strict }
        }
        _ => {
            let help = "send one of: text, json_object, json_schema";
            return Err(bad("response_format.type", "is not a value that it can have", help));
        }
    };
    format.finish(&["type", "json_schema"], unmodelled)?;
    Ok(read)
}
