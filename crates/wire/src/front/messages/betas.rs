//! The `anthropic-beta` header: which values we know, and the version header beside it.
//!
//! A value that we do not know is reported as unmodelled, because a beta can change what a field means, where content
//! goes or which model answers. A known one is sent on to Anthropic destinations and forgotten for others.

use crate::call::Unmodelled;
use crate::fields::Rejected;
use crate::front::Headers;
use crate::front::messages::VERSION;
use crate::json::Value;

/// The most values of `anthropic-beta` that are read.
const BETAS_MAX: usize = 32;

/// Betas that we know, each with the reason why nothing is missed by letting it through: the fields, blocks and events
/// that it brings are either modelled here or still refused by name where they stand.
const KNOWN: &[&str] = &[
    // Names the client; changes nothing of the format.
    "claude-code-20250219",
    // A larger context window: a price and a limit, no new field.
    "context-1m-2025-08-07",
    // Longer answers: a limit, no new field.
    "output-128k-2025-02-19",
    "output-300k-2026-03-24",
    // Thinking between tool calls: the same thinking blocks in more places.
    "interleaved-thinking-2025-05-14",
    // Adds `estimated_tokens`, a number, to `thinking_delta`, which the decoder drops by name.
    "thinking-token-count-2026-05-13",
    // Thinking comes back empty beside its signature: less content in the same blocks.
    "redact-thinking-2026-02-12",
    // Brings `context_management`, which is modelled for keeping thinking and refused by name for everything else.
    "context-management-2025-06-27",
    // Caching, whose fields are modelled; `cache_control.scope` is not and stays refused by name.
    "prompt-caching-2024-07-31",
    "prompt-caching-scope-2026-01-05",
    "extended-cache-ttl-2025-04-11",
    // `role: "system"` inside `messages`, which is modelled.
    "mid-conversation-system-2026-04-07",
    // `output_config.effort` and structured output, which are modelled.
    "effort-2025-11-24",
    "structured-outputs-2025-11-13",
    "structured-outputs-2025-12-15",
    // Tool arguments are streamed in finer pieces, as text that may be cut short; they are screened as text anyway.
    "fine-grained-tool-streaming-2025-05-14",
    // Fewer tokens for tool calls: how the provider encodes them for its model, not how they look here.
    "token-efficient-tools-2025-02-19",
    // A stop reason, which is modelled.
    "model-context-window-exceeded-2025-08-26",
    // Blocks and paths that are part of the format by now.
    "pdfs-2024-09-25",
    "token-counting-2024-11-01",
];

/// Betas that speak about the caller's own account at the provider. Credentials are attached by us, so that these are
/// understood and stop here.
const STOPPED: &[&str] = &["oauth-2025-04-20", "oidc-federation-2026-04-01"];

/// What the SDKs send since their major versions of that day. Against [`VERSION`] it refuses the sampling parameters,
/// documents in assistant turns and citations in user turns, and adds nothing: read as [`VERSION`], nothing is missed.
const VERSION_NARROWER: &str = "2026-10-21";

/// Checks `anthropic-version` and sorts the betas of `headers`.
pub(super) fn read(headers: &Headers<'_>, unmodelled: &mut Vec<Unmodelled>) -> Result<Vec<&'static str>, Rejected> {
    // A missing version is accepted: the later one only takes things away, so that nothing can be misread.
    if headers.anthropic_version.is_some_and(|version| version != VERSION && version != VERSION_NARROWER) {
        return Err(Rejected::at(
            "header anthropic-version",
            "bad_value",
            "this version of the format is not spoken here",
            format!("send `anthropic-version: {VERSION}`"),
        ));
    }
    if headers.anthropic_beta.len() > BETAS_MAX {
        return Err(Rejected::at(
            "header anthropic-beta",
            "bad_value",
            format!("more than {BETAS_MAX} betas are named"),
            "name only those that the request uses",
        ));
    }
    let mut known: Vec<&'static str> = Vec::new();
    for beta in headers.anthropic_beta.iter().copied().filter(|beta| !beta.is_empty()) {
        if let Some(name) = KNOWN.iter().find(|name| **name == beta) {
            if !known.contains(name) {
                known.push(name);
            }
        } else if !STOPPED.contains(&beta) {
            let path = format!("header anthropic-beta: {beta}");
            unmodelled.push(Unmodelled { path, value: Value::String(beta.to_owned()) });
        }
    }
    Ok(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(betas: &[&str], known: &[&str], unknown: &[&str]) {
        let mut unmodelled = Vec::new();
        let headers = Headers { anthropic_version: Some(VERSION), anthropic_beta: betas.to_vec() };
        assert_eq!(read(&headers, &mut unmodelled).unwrap(), known);
        let paths: Vec<&str> = unmodelled.iter().map(|entry| entry.path.as_str()).collect();
        assert_eq!(paths, unknown);
    }

    #[test]
    fn a_beta_we_do_not_know_is_reported_by_name() {
        check(&["mcp-client-2025-11-20"], &[], &["header anthropic-beta: mcp-client-2025-11-20"]);
        check(&["Effort-2025-11-24"], &[], &["header anthropic-beta: Effort-2025-11-24"]);
    }

    #[test]
    fn a_known_beta_is_kept_once_and_one_about_the_callers_account_stops_here() {
        check(&["effort-2025-11-24", "oauth-2025-04-20", "", "effort-2025-11-24"], &["effort-2025-11-24"], &[]);
    }

    #[test]
    fn another_version_is_refused_and_a_missing_one_is_not() {
        let other = Headers { anthropic_version: Some("2023-01-01"), anthropic_beta: vec![] };
        assert_eq!(read(&other, &mut Vec::new()).unwrap_err().param.as_deref(), Some("header anthropic-version"));
        assert!(read(&Headers::default(), &mut Vec::new()).is_ok());
        for known in [VERSION, VERSION_NARROWER] {
            let headers = Headers { anthropic_version: Some(known), anthropic_beta: vec![] };
            assert!(read(&headers, &mut Vec::new()).is_ok(), "{known}");
        }
    }

    #[test]
    fn a_flood_of_betas_is_refused() {
        let headers = Headers { anthropic_version: None, anthropic_beta: vec!["x"; BETAS_MAX + 1] };
        assert_eq!(read(&headers, &mut Vec::new()).unwrap_err().code, "bad_value");
    }
}
