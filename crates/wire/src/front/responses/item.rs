//! The items of an answer, owned by a stream in the making or borrowed from a whole answer.

use std::borrow::Cow;

use serde::Serialize;

use crate::front::Unwritable;
use crate::json::Value;

/// One item.
#[derive(Clone, Debug)]
pub(super) enum Item<'a> {
    Message { parts: Vec<Part<'a>> },
    Reasoning { summary: Vec<Cow<'a, str>>, content: Vec<Cow<'a, str>>, sealed: Option<Cow<'a, str>> },
    FunctionCall { call_id: Cow<'a, str>, name: Cow<'a, str>, arguments: Cow<'a, str> },
    CustomToolCall { call_id: Cow<'a, str>, name: Cow<'a, str>, input: Cow<'a, str> },
}

/// One part of a message.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Part<'a> {
    OutputText { text: Cow<'a, str>, annotations: Vec<Value>, logprobs: Vec<Value> },
    Refusal { refusal: Cow<'a, str> },
}

impl Part<'_> {
    pub(super) fn text() -> Self {
        Self::OutputText { text: Cow::Borrowed(""), annotations: Vec::new(), logprobs: Vec::new() }
    }

    pub(super) fn refusal() -> Self {
        Self::Refusal { refusal: Cow::Borrowed("") }
    }
}

/// A part of reasoning.
#[derive(Serialize)]
pub(super) struct ReasoningPart<'a> {
    r#type: &'static str,
    text: &'a str,
}

impl<'a> ReasoningPart<'a> {
    pub(super) fn summary(text: &'a str) -> Self {
        Self { r#type: "summary_text", text }
    }

    pub(super) fn content(text: &'a str) -> Self {
        Self { r#type: "reasoning_text", text }
    }
}

/// An item as it is written.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Written<'a> {
    Message {
        id: &'a str,
        status: &'static str,
        role: &'static str,
        content: &'a [Part<'a>],
    },
    Reasoning {
        id: &'a str,
        summary: Vec<ReasoningPart<'a>>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        content: Vec<ReasoningPart<'a>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        encrypted_content: Option<&'a str>,
    },
    FunctionCall {
        id: &'a str,
        status: &'static str,
        call_id: &'a str,
        name: &'a str,
        arguments: &'a str,
    },
    CustomToolCall {
        id: &'a str,
        status: &'static str,
        call_id: &'a str,
        name: &'a str,
        input: &'a str,
    },
}

impl<'a> Item<'a> {
    /// Its id, when it is the item at `index` of the answer whose record is `record`.
    pub(super) fn id(&self, record: &str, index: usize) -> String {
        let prefix = match self {
            Self::Message { .. } => "msg",
            Self::Reasoning { .. } => "rs",
            Self::FunctionCall { .. } => "fc",
            Self::CustomToolCall { .. } => "ctc",
        };
        format!("{prefix}_{record}_{index}")
    }

    /// How it is written.
    pub(super) fn written<'b>(&'b self, id: &'b str, status: &'static str) -> Written<'b> {
        match self {
            Self::Message { parts } => Written::Message { id, status, role: "assistant", content: parts },
            Self::Reasoning { summary, content, sealed } => Written::Reasoning {
                id,
                summary: summary.iter().map(|text| ReasoningPart::summary(text)).collect(),
                content: content.iter().map(|text| ReasoningPart::content(text)).collect(),
                encrypted_content: sealed.as_deref(),
            },
            Self::FunctionCall { call_id, name, arguments } => {
                Written::FunctionCall { id, status, call_id, name, arguments }
            }
            Self::CustomToolCall { call_id, name, input } => {
                Written::CustomToolCall { id, status, call_id, name, input }
            }
        }
    }
}

/// An annotation in this format's shape, where it is one of its kinds. The chat format writes the fields of a web
/// citation one level down.
pub(super) fn annotation(value: &Value) -> Result<Value, Unwritable> {
    let kind = value.field("type").and_then(Value::as_str).unwrap_or_default();
    if let (Value::Object(_), "url_citation", Some(Value::Object(inside))) = (value, kind, value.field("url_citation"))
    {
        let mut entries = vec![("type".to_owned(), Value::String("url_citation".to_owned()))];
        entries.extend(inside.iter().filter(|(key, _)| key != "type").cloned());
        return Ok(Value::Object(entries));
    }
    match kind {
        "url_citation" | "file_citation" | "container_file_citation" | "file_path" => Ok(value.clone()),
        _ => Err(Unwritable("a citation of a kind that it does not have".to_owned())),
    }
}

/// The tokens of log probabilities in the chat shape, for the text and for the refusal.
pub(super) fn logprobs(value: Option<&Value>) -> Vec<Value> {
    let mut tokens = Vec::new();
    for key in ["content", "refusal"] {
        if let Some(Value::Array(items)) = value.and_then(|value| value.field(key)) {
            tokens.extend(items.iter().map(token));
        }
    }
    tokens
}

/// A token in this format's shape, where bytes and alternatives are always there.
fn token(token: &Value) -> Value {
    let mut entries = one_token(token);
    let alternatives = match token.field("top_logprobs") {
        Some(Value::Array(items)) => items.iter().map(|item| Value::Object(one_token(item))).collect(),
        _ => Vec::new(),
    };
    entries.push(("top_logprobs".to_owned(), Value::Array(alternatives)));
    Value::Object(entries)
}

fn one_token(token: &Value) -> Vec<(String, Value)> {
    let text = token.field("token").and_then(Value::as_str).unwrap_or_default();
    let bytes = match token.field("bytes") {
        Some(bytes @ Value::Array(_)) => bytes.clone(),
        _ => Value::Array(text.bytes().map(|byte| Value::Number(byte.into())).collect()),
    };
    let logprob = token.field("logprob").cloned().unwrap_or(Value::Null);
    vec![
        ("token".to_owned(), Value::String(text.to_owned())),
        ("bytes".to_owned(), bytes),
        ("logprob".to_owned(), logprob),
    ]
}
