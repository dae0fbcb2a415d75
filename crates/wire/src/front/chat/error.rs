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

#[cfg(test)]
mod tests {
    use super::*;

    fn body(status: u16, message: &str, help: &str, record: Option<&str>) -> ErrorBody {
        let (message, help, record) = (message.into(), help.into(), record.map(str::to_owned));
        ErrorBody { status, code: "no_permitted_destination".to_owned(), param: None, message, help, record }
    }

    #[test]
    fn an_error_says_why_and_what_to_do_in_the_one_field_that_clients_show() {
        let check = |status, message: &str, help: &str, expected: &str| {
            let written = error(&body(status, message, help, Some("rec1")));
            assert_eq!(String::from_utf8(written).unwrap(), expected);
        };
        check(
            403,
            "no destination is permitted for `pii.email`",
            "take the \"address\" out",
            r#"{"error":{"message":"no destination is permitted for `pii.email`. take the \"address\" out.","type":"permission_error","param":null,"code":"no_permitted_destination","help":"take the \"address\" out","record":"rec1"}}"#,
        );
        check(
            500,
            "it broke.",
            "",
            r#"{"error":{"message":"it broke","type":"server_error","param":null,"code":"no_permitted_destination","help":"","record":"rec1"}}"#,
        );
    }

    #[test]
    fn an_error_in_a_stream_is_one_event_and_not_the_end() {
        let mut out = Vec::new();
        error_event(&body(502, "a", "b", None), &mut out);
        let text = String::from_utf8(out).unwrap();
        assert!(text.starts_with("data: {\"error\":{") && text.ends_with("}}\n\n"), "{text}");
        assert!(!text.contains("DONE") && !text.contains("record"), "{text}");
    }
}
