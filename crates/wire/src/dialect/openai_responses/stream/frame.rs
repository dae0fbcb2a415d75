//! One event of a stream, borrowed from its data where it can be.

use std::borrow::Cow;

use serde::Deserialize;

use crate::answer::UpstreamError;
use crate::dialect::openai_chat::upstream_error;
use crate::json::Value;

/// Every field that an event which we read may have. A known field that comes twice is an error, as everywhere.
#[derive(Deserialize)]
pub(super) struct Frame<'a> {
    #[serde(borrow, default, rename = "type")]
    pub(super) kind: Option<Piece<'a>>,
    #[serde(default)]
    pub(super) output_index: Option<u32>,
    #[serde(default)]
    pub(super) content_index: Option<u32>,
    #[serde(default)]
    pub(super) summary_index: Option<u32>,
    #[serde(borrow, default)]
    pub(super) delta: Option<Piece<'a>>,
    #[serde(borrow, default)]
    pub(super) text: Option<Piece<'a>>,
    #[serde(borrow, default)]
    pub(super) refusal: Option<Piece<'a>>,
    #[serde(borrow, default)]
    pub(super) arguments: Option<Piece<'a>>,
    #[serde(borrow, default)]
    pub(super) input: Option<Piece<'a>>,
    #[serde(default)]
    pub(super) logprobs: Option<Vec<Value>>,
    #[serde(default)]
    pub(super) annotation: Option<Value>,
    #[serde(default)]
    pub(super) item: Option<Value>,
    #[serde(default)]
    pub(super) part: Option<Value>,
    #[serde(default)]
    pub(super) response: Option<Value>,
    #[serde(default)]
    error: Option<Value>,
    #[serde(default)]
    code: Option<Value>,
    #[serde(borrow, default)]
    message: Option<Piece<'a>>,
}

/// Text of an event: borrowed unless it has escapes.
#[derive(Deserialize)]
pub(super) struct Piece<'a>(#[serde(borrow)] pub(super) Cow<'a, str>);

impl Frame<'_> {
    /// Whether it has a field that could be part of an answer.
    pub(super) fn has_content(&self) -> bool {
        let texts = [&self.delta, &self.text, &self.refusal, &self.arguments, &self.input];
        let values = [&self.annotation, &self.item, &self.part, &self.response];
        texts.iter().any(|text| text.is_some()) || values.iter().any(|value| value.is_some())
    }

    /// Whether it tells an error. Engines send one without a type.
    pub(super) fn is_failure(&self, kind: &str) -> bool {
        kind == "error" || (kind.is_empty() && self.error.is_some())
    }

    /// The error that it tells: its own fields, as published, or those of the object that the service sends.
    pub(super) fn failure(&self) -> UpstreamError {
        let inside = |key| self.error.as_ref().and_then(|error| error.field(key)).and_then(Value::as_str);
        let code = inside("code").or(inside("type")).or(self.code.as_ref().and_then(Value::as_str));
        let message = inside("message").or(self.message.as_ref().map(|piece| piece.0.as_ref()));
        upstream_error(code.unwrap_or("error"), message.unwrap_or_default())
    }
}
