//! Writes refusals and faults in OpenAI's error format.

use serde::Serialize;

use crate::front::ErrorBody;

#[derive(Serialize)]
struct Body<'a> {
    error: Inside<'a>,
}

/// OpenAI's four fields, and two of ours that its clients pass on untouched.
#[derive(Serialize)]
pub(in crate::front) struct Inside<'a> {
    pub(in crate::front) message: String,
    r#type: &'static str,
    param: Option<&'a str>,
    code: &'a str,
    help: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    record: Option<&'a str>,
}

/// Writes an error as OpenAI does. Its message says why and what to do, because most clients show nothing else.
pub fn error(error: &ErrorBody) -> Vec<u8> {
    serde_json::to_vec(&Body { error: error_object(error) }).unwrap_or_default()
}

/// The object that OpenAI's formats put under `error`.
pub(in crate::front) fn error_object(error: &ErrorBody) -> Inside<'_> {
    let (why, help) = (error.message.trim_end_matches('.'), error.help.trim_end_matches('.'));
    let message = if help.is_empty() { why.to_owned() } else { format!("{why}. {help}.") };
    Inside {
        message,
        r#type: kind(error.status),
        param: error.param.as_deref(),
        code: &error.code,
        help: &error.help,
        record: error.record.as_deref(),
    }
}

/// Appends the error as an event of a stream.
pub(in crate::front) fn error_event(body: &ErrorBody, out: &mut Vec<u8>) {
    crate::sse::write("", &error(body), out);
}

/// OpenAI's word for errors of this status.
fn kind(status: u16) -> &'static str {
    match status {
        401 => "authentication_error",
        403 => "permission_error",
        404 => "not_found_error",
        429 => "rate_limit_error",
        400..=499 => "invalid_request_error",
        _ => "server_error",
    }
}
