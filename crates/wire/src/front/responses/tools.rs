//! Reads the tools and the tool choice of a Responses request.

use crate::call::{Tool, ToolChoice, ToolInput, Unmodelled};
use crate::fields::{Fields, Rejected, bad, wrong};
use crate::json::Value;
use crate::text::Text;

/// The most tools of one call, as the API states.
const TOOLS_MAX: usize = 128;

/// Tools that the provider runs, by the beginning of their type: their newer versions add a date.
const PROVIDER_RUN: &[&str] = &[
    "file_search",
    "web_search",
    "code_interpreter",
    "computer",
    "image_generation",
    "mcp",
    "tool_search",
    "programmatic_tool_calling",
];

pub(super) fn read(body: &mut Fields, unmodelled: &mut Vec<Unmodelled>) -> Result<Vec<Tool>, Rejected> {
    let items = body.array("tools")?.unwrap_or_default();
    if items.len() > TOOLS_MAX {
        return Err(bad("tools", "has too many tools", format!("send at most {TOOLS_MAX}")));
    }
    let mut tools = Vec::with_capacity(items.len());
    for (index, value) in items.into_iter().enumerate() {
        tools.extend(tool(value, format!("tools[{index}]"), unmodelled)?);
    }
    Ok(tools)
}

/// One tool; `None` where the caller runs it but we do not model it (`local_shell`, `shell`, `apply_patch`,
/// `namespace`), which is then kept whole in `unmodelled`.
fn tool(value: Value, path: String, unmodelled: &mut Vec<Unmodelled>) -> Result<Option<Tool>, Rejected> {
    let kind = type_of(&value, &path)?.to_owned();
    let custom = match kind.as_str() {
        "function" => false,
        "custom" => true,
        _ => {
            keep_whole(value, path, unmodelled)?;
            return Ok(None);
        }
    };
    let mut tool = Fields::open(value, path)?;
    tool.take("type");
    let (name, description) = (tool.required_text("name")?, tool.text("description")?);
    let read = if custom {
        let input = ToolInput::Custom(format(&mut tool, unmodelled)?);
        tool.finish(&["type", "name", "description", "format"], unmodelled)?;
        Tool { name, description, input, strict: None, cache: None }
    } else {
        let input = ToolInput::Schema(parameters(&mut tool)?);
        let strict = tool.bool("strict")?;
        tool.finish(&["type", "name", "description", "parameters", "strict"], unmodelled)?;
        Tool { name, description, input, strict, cache: None }
    };
    Ok(Some(read))
}

fn type_of<'a>(value: &'a Value, path: &str) -> Result<&'a str, Rejected> {
    match (value, value.field("type")) {
        (Value::Object(_), Some(Value::String(kind))) => Ok(kind),
        (Value::Object(_), None | Some(Value::Null)) => {
            let path = format!("{path}.type");
            Err(Rejected::at(&path, "missing_field", format!("`{path}` is missing"), "add the type of the tool"))
        }
        (Value::Object(_), Some(_)) => Err(wrong(&format!("{path}.type"), "a string")),
        _ => Err(wrong(path, "an object")),
    }
}

fn is_provider_run(kind: &str) -> bool {
    PROVIDER_RUN.iter().any(|known| kind.starts_with(known))
}

/// A shell runs in a container of the provider unless it says that it is the caller's.
fn is_local(shell: &Value) -> bool {
    shell.field("environment").and_then(|place| place.field("type")).and_then(Value::as_str) == Some("local")
}

/// Refuses a tool that the provider runs, on its own or among the tools of a group.
fn must_be_the_callers(tool: &Value, path: &str) -> Result<(), Rejected> {
    let kind = tool.field("type").and_then(Value::as_str).unwrap_or_default();
    if !kind.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_') {
        // A reader that does not tell cases apart could take it for one of those below.
        return Err(bad(&format!("{path}.type"), "is not a type", "use lower-case letters, digits and `_`"));
    }
    if is_provider_run(kind) || (kind == "shell" && !is_local(tool)) {
        return Err(provider_run(&format!("{path}.type")));
    }
    match tool.field("tools") {
        Some(Value::Array(tools)) => tools
            .iter()
            .enumerate()
            .try_for_each(|(index, tool)| must_be_the_callers(tool, &format!("{path}.tools[{index}]"))),
        _ => Ok(()),
    }
}

/// Keeps an object that we do not model, unless it is one for a parser that does not tell cases apart, or brings tools
/// that the provider runs.
pub(super) fn keep_whole(value: Value, path: String, unmodelled: &mut Vec<Unmodelled>) -> Result<(), Rejected> {
    must_be_the_callers(&value, &path)?;
    if let Value::Object(entries) = &value {
        let keys = || entries.iter().map(|(key, _)| key);
        let twin = |key: &&String| keys().any(|other| other != *key && other.eq_ignore_ascii_case(key));
        let variant = |key: &&String| key.as_str() != "type" && key.eq_ignore_ascii_case("type");
        if keys().any(|key| twin(&key) || variant(&key)) {
            let message = format!("`{path}` has keys that differ only in case");
            return Err(Rejected::at(&path, "case_variant_key", message, "spell each key in one way"));
        }
    }
    unmodelled.push(Unmodelled { path, value });
    Ok(())
}

pub(super) fn provider_run(path: &str) -> Rejected {
    Rejected::at(
        path,
        "provider_tool_unsupported",
        format!("`{path}` is not a tool that your application runs"),
        "offer tools of type function or custom",
    )
}

fn parameters(tool: &mut Fields) -> Result<Option<Value>, Rejected> {
    match tool.take("parameters") {
        None => Ok(None),
        Some(schema @ Value::Object(_)) => Ok(Some(schema)),
        Some(_) => Err(wrong(&tool.at("parameters"), "an object")),
    }
}

/// The form of a free-form input: text, or a grammar. It is rebuilt from what was read, so that nothing else goes along.
fn format(tool: &mut Fields, unmodelled: &mut Vec<Unmodelled>) -> Result<Option<Value>, Rejected> {
    let Some(mut format) = tool.object("format")? else { return Ok(None) };
    let keys: &[&str] = match format.required_string("type")?.as_str() {
        "text" => &[],
        "grammar" => &["syntax", "definition"],
        _ => return Err(bad(&format.at("type"), "is not a value that it can have", "send one of: text, grammar")),
    };
    let kind = if keys.is_empty() { "text" } else { "grammar" };
    let mut entries = vec![("type".to_owned(), Value::String(kind.to_owned()))];
    if !keys.is_empty() {
        let Some(syntax) = format.one_of("syntax", &["lark", "regex"])? else {
            return Err(bad(&format.at("syntax"), "is missing", "send one of: lark, regex"));
        };
        entries.push(("syntax".to_owned(), Value::String(syntax)));
        entries.push(("definition".to_owned(), Value::String(format.required_string("definition")?)));
    }
    format.finish(&["type", "syntax", "definition"], unmodelled)?;
    Ok(Some(Value::Object(entries)))
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
    let kind = type_of(&value, "tool_choice")?.to_owned();
    if is_provider_run(&kind) {
        return Err(provider_run("tool_choice.type"));
    }
    if !matches!(kind.as_str(), "function" | "custom" | "allowed_tools") {
        keep_whole(value, "tool_choice".to_owned(), unmodelled)?;
        return Ok(None);
    }
    let mut choice = Fields::open(value, "tool_choice")?;
    choice.take("type");
    if kind == "allowed_tools" {
        return allowed(choice, unmodelled).map(Some);
    }
    let name = choice.required_text("name")?;
    choice.finish(&["type", "name"], unmodelled)?;
    Ok(Some(ToolChoice::Named(name)))
}

fn allowed(mut choice: Fields, unmodelled: &mut Vec<Unmodelled>) -> Result<ToolChoice, Rejected> {
    let required = match choice.one_of("mode", &["auto", "required"])?.as_deref() {
        Some(mode) => mode == "required",
        None => return Err(bad(&choice.at("mode"), "is missing", "send one of: auto, required")),
    };
    let path = choice.at("tools");
    let items = choice.array("tools")?.unwrap_or_default();
    if items.is_empty() || items.len() > TOOLS_MAX {
        return Err(bad(&path, "must name some of the tools", format!("name 1 to {TOOLS_MAX} of them")));
    }
    let name = |(index, value): (usize, Value)| -> Result<Text, Rejected> {
        let path = format!("{path}[{index}]");
        let kind = type_of(&value, &path)?;
        if is_provider_run(kind) {
            return Err(provider_run(&format!("{path}.type")));
        }
        if !matches!(kind, "function" | "custom") {
            return Err(bad(&format!("{path}.type"), "is not a kind of tool", "use function or custom"));
        }
        let mut tool = Fields::open(value, path)?;
        tool.take("type");
        let name = tool.required_text("name")?;
        tool.finish(&["type", "name"], unmodelled)?;
        Ok(name)
    };
    let names = items.into_iter().enumerate().map(name).collect::<Result<_, _>>()?;
    choice.finish(&["type", "mode", "tools"], unmodelled)?;
    Ok(ToolChoice::Allowed { names, required })
}
