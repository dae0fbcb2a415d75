//! Reads errors of OpenAI and of the engines that follow it.

use crate::answer::UpstreamError;
use crate::json::Value;
use crate::text::Text;

/// The longest code and message that are kept, in characters.
const CODE_CHARS_MAX: usize = 64;
const MESSAGE_CHARS_MAX: usize = 2_000;

/// Reads the body of an answer whose status is not 200; an unreadable body gives the status alone.
pub fn read_error(status: u16, body: &[u8]) -> UpstreamError {
    let unread = || UpstreamError { code: format!("http_{status}"), message: Text::default() };
    crate::json::parse(body).ok().and_then(|value| inside(&value)).unwrap_or_else(unread)
}

/// The error in `value`, where it holds one: `{"error": {…}}`, `{"error": "…"}`, or an object that is one itself.
pub(in crate::dialect) fn inside(value: &Value) -> Option<UpstreamError> {
    match value.field("error") {
        Some(Value::String(message)) => Some(error("error", message)),
        Some(error @ Value::Object(_)) => Some(of(error)),
        Some(Value::Bool(true) | Value::Number(_) | Value::Array(_)) => Some(error("error", "")),
        _ => (value.field("object").and_then(Value::as_str) == Some("error")).then(|| of(value)),
    }
}

fn of(object: &Value) -> UpstreamError {
    let text = |key| object.field(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    let code = text("code").or(text("type")).unwrap_or("error");
    error(code, text("message").unwrap_or_default())
}

pub(in crate::dialect) fn error(code: &str, message: &str) -> UpstreamError {
    let plain = |letter: &char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-' | '.');
    UpstreamError {
        code: code.chars().filter(plain).take(CODE_CHARS_MAX).collect(),
        message: Text(message.chars().take(MESSAGE_CHARS_MAX).collect()),
    }
}
