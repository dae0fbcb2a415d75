//! Writes tools, tool choice and the form of the answer.

use serde::Serialize;

use super::request::unsayable;
use crate::call::{Generate, OutputFormat, Tool, ToolChoice, ToolInput};
use crate::dialect::Unsayable;
pub(super) use crate::front::chat::ToolCall;
use crate::json::Value;
use crate::text::Text;

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum WrittenTool<'a> {
    Function { function: Function<'a> },
    Custom { custom: Custom<'a> },
}

#[derive(Serialize)]
pub(super) struct Function<'a> {
    name: &'a Text,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parameters: Option<&'a Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    strict: Option<bool>,
}

#[derive(Serialize)]
pub(super) struct Custom<'a> {
    name: &'a Text,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    format: Option<&'a Value>,
}

#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Choice<'a> {
    Word(&'static str),
    Tool(NamedTool<'a>),
    Allowed { r#type: &'static str, allowed_tools: Allowed<'a> },
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum NamedTool<'a> {
    Function { function: Name<'a> },
    Custom { custom: Name<'a> },
}

#[derive(Serialize)]
pub(super) struct Name<'a> {
    name: &'a Text,
}

#[derive(Serialize)]
pub(super) struct Allowed<'a> {
    mode: &'static str,
    tools: Vec<NamedTool<'a>>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Format<'a> {
    JsonObject,
    JsonSchema { json_schema: Schema<'a> },
}

#[derive(Serialize)]
pub(super) struct Schema<'a> {
    name: &'a Text,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a Text>,
    schema: &'a Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    strict: Option<bool>,
}

/// The tools; `service`: OpenAI's own, which alone has free-form ones.
pub(super) fn write(tools: &[Tool], service: bool) -> Result<Vec<WrittenTool<'_>>, Unsayable> {
    let write = |tool: &'_ Tool| match &tool.input {
        ToolInput::Schema(_) => Ok(()),
        ToolInput::Custom(_) if service => Ok(()),
        ToolInput::Custom(_) => Err(unsayable("custom tool")),
    };
    tools.iter().try_for_each(write)?;
    Ok(tools.iter().map(tool).collect())
}

fn tool(tool: &Tool) -> WrittenTool<'_> {
    let (name, description) = (&tool.name, tool.description.as_ref());
    match &tool.input {
        ToolInput::Schema(parameters) => WrittenTool::Function {
            function: Function { name, description, parameters: parameters.as_ref(), strict: tool.strict },
        },
        ToolInput::Custom(format) => {
            WrittenTool::Custom { custom: Custom { name, description, format: format.as_ref() } }
        }
    }
}

pub(super) fn choice<'a>(choice: &'a ToolChoice, call: &'a Generate, service: bool) -> Result<Choice<'a>, Unsayable> {
    Ok(match choice {
        ToolChoice::Auto => Choice::Word("auto"),
        ToolChoice::None => Choice::Word("none"),
        ToolChoice::Required => Choice::Word("required"),
        ToolChoice::Named(name) => Choice::Tool(named(name, &call.tools)),
        ToolChoice::Allowed { .. } if !service => return Err(unsayable("tool_choice.allowed_tools")),
        ToolChoice::Allowed { names, required } => Choice::Allowed {
            r#type: "allowed_tools",
            allowed_tools: Allowed {
                mode: if *required { "required" } else { "auto" },
                tools: names.iter().map(|name| named(name, &call.tools)).collect(),
            },
        },
    })
}

fn named<'a>(name: &'a Text, tools: &[Tool]) -> NamedTool<'a> {
    let custom = tools.iter().any(|tool| tool.name == *name && matches!(tool.input, ToolInput::Custom(_)));
    let name = Name { name };
    if custom { NamedTool::Custom { custom: name } } else { NamedTool::Function { function: name } }
}

/// Text is what silence asks for.
pub(super) fn format(format: &OutputFormat) -> Option<Format<'_>> {
    match format {
        OutputFormat::Text => None,
        OutputFormat::JsonObject => Some(Format::JsonObject),
        OutputFormat::JsonSchema { name, description, schema, strict } => Some(Format::JsonSchema {
            json_schema: Schema { name, description: description.as_ref(), schema, strict: *strict },
        }),
    }
}
