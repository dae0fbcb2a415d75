//! The parts of a Responses request that its answer repeats: tools, tool choice, the form of the text, reasoning.

use serde::Serialize;

use crate::call::{Generate, OutputFormat, Reasoning, Tool, ToolChoice, ToolInput};
use crate::json::Value;
use crate::text::Text;

/// A tool that the caller runs.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum ToolForm<'a> {
    Function {
        name: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        description: Option<&'a str>,
        parameters: Option<&'a Value>,
        strict: Option<bool>,
    },
    Custom {
        name: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        description: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        format: Option<&'a Value>,
    },
}

impl<'a> ToolForm<'a> {
    /// `strict_default` is what an absent `strict` meant where the call came from.
    pub(crate) fn of(tool: &'a Tool, strict_default: Option<bool>) -> Self {
        let (name, description) = (tool.name.as_str(), tool.description.as_ref().map(|text| text.as_str()));
        match &tool.input {
            ToolInput::Schema(schema) => Self::Function {
                name,
                description,
                parameters: schema.as_ref(),
                strict: tool.strict.or(strict_default),
            },
            ToolInput::Custom(format) => Self::Custom { name, description, format: format.as_ref() },
        }
    }
}

/// Which tools must or may be called.
#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum ChoiceForm<'a> {
    Word(&'static str),
    Named(NamedTool<'a>),
    Allowed { r#type: &'static str, mode: &'static str, tools: Vec<NamedTool<'a>> },
}

#[derive(Serialize)]
pub(crate) struct NamedTool<'a> {
    r#type: &'static str,
    name: &'a str,
}

impl<'a> ChoiceForm<'a> {
    pub(crate) fn of(choice: &'a ToolChoice, tools: &[Tool]) -> Self {
        let named = |name: &'a Text| {
            let custom = tools.iter().any(|tool| tool.name == *name && matches!(tool.input, ToolInput::Custom(_)));
            NamedTool { r#type: if custom { "custom" } else { "function" }, name }
        };
        match choice {
            ToolChoice::Auto => Self::Word("auto"),
            ToolChoice::None => Self::Word("none"),
            ToolChoice::Required => Self::Word("required"),
            ToolChoice::Named(name) => Self::Named(named(name)),
            ToolChoice::Allowed { names, required } => Self::Allowed {
                r#type: "allowed_tools",
                mode: if *required { "required" } else { "auto" },
                tools: names.iter().map(named).collect(),
            },
        }
    }
}

/// The form of the answer's text.
#[derive(Serialize)]
pub(crate) struct TextForm<'a> {
    format: FormatForm<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    verbosity: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum FormatForm<'a> {
    Text,
    JsonObject,
    JsonSchema {
        name: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        description: Option<&'a str>,
        schema: &'a Value,
        #[serde(skip_serializing_if = "Option::is_none")]
        strict: Option<bool>,
    },
}

impl<'a> TextForm<'a> {
    pub(crate) fn of(generate: &'a Generate) -> Self {
        let format = match &generate.format {
            OutputFormat::Text => FormatForm::Text,
            OutputFormat::JsonObject => FormatForm::JsonObject,
            OutputFormat::JsonSchema { name, description, schema, strict } => FormatForm::JsonSchema {
                name,
                description: description.as_ref().map(|text| text.as_str()),
                schema,
                strict: *strict,
            },
        };
        Self { format, verbosity: generate.verbosity.as_deref() }
    }

    /// Whether it says no more than absence does.
    pub(crate) fn is_default(&self) -> bool {
        matches!(self.format, FormatForm::Text) && self.verbosity.is_none()
    }
}

/// Reasoning wanted.
#[derive(Serialize)]
pub(crate) struct ReasoningForm<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) effort: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) summary: Option<&'a str>,
}

impl<'a> ReasoningForm<'a> {
    pub(crate) fn of(reasoning: Option<&'a Reasoning>) -> Self {
        Self {
            effort: reasoning.and_then(|reasoning| reasoning.effort.as_deref()),
            summary: reasoning.and_then(|reasoning| reasoning.summary.as_deref()),
        }
    }
}
