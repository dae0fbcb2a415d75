//! The turns of an Anthropic request and their blocks.

use crate::call::{Block, BlockKind, CacheControl, ReasoningBlock, Role, Source, Turn, Unmodelled};
use crate::dialect::openai_responses::reasoning::{must_be_id, must_be_sealed};
use crate::fields::{Fields, Rejected, wrong};
use crate::front::messages::tools::provider_run;
use crate::json::Value;
use crate::text::Text;

/// Types of blocks that tell what a tool of the provider did or holds.
const PROVIDER_RUN: &[&str] = &[
    "server_tool_use",
    "web_search_tool_result",
    "web_fetch_tool_result",
    "code_execution_tool_result",
    "bash_code_execution_tool_result",
    "text_editor_code_execution_tool_result",
    "tool_search_tool_result",
    "advisor_tool_result",
    "mcp_tool_use",
    "mcp_tool_result",
    "container_upload",
];

/// Where a block stands, which decides what it may be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    System,
    User,
    Assistant,
    ToolResult,
    Document,
}

/// Reads `messages` after the system turn that may stand in `turns`.
///
/// A user message that holds tool results becomes one turn for each run of results and of other blocks, in order; the
/// dialect joins neighbours of one side again, so that the same blocks leave in the same order.
pub(super) fn turns(
    messages: Vec<Value>,
    turns: &mut Vec<Turn>,
    unmodelled: &mut Vec<Unmodelled>,
) -> Result<(), Rejected> {
    let known_before = unmodelled.len();
    let mut said: Option<Role> = None;
    let mut joined = false;
    for (index, message) in messages.into_iter().enumerate() {
        let mut fields = Fields::open(message, format!("messages[{index}]"))?;
        let role = role(&mut fields)?;
        joined |= said == Some(role) || (role == Role::System && said.is_none());
        said = Some(role);
        let path = fields.at("content");
        let content = fields.require("content")?;
        match role {
            Role::User => split(blocks(content, &path, Place::User, unmodelled)?, turns),
            Role::Assistant => {
                let content = blocks(content, &path, Place::Assistant, unmodelled)?;
                turns.push(Turn { role, name: None, content });
            }
            Role::System | Role::Developer | Role::Tool => {
                let content = instructions(content, &path, unmodelled)?;
                turns.push(Turn { role, name: None, content });
            }
        }
        fields.finish(&["role", "content"], unmodelled)?;
    }
    // Neighbours of one role leave as one message, and then the path of something unmodelled would name another place.
    let misplaced = unmodelled.iter().skip(known_before).find(|entry| entry.path.starts_with("messages["));
    match misplaced {
        Some(entry) if joined => Err(Rejected::at(
            &entry.path,
            "unsupported_field",
            "something that we do not model stands in a conversation whose messages do not alternate",
            "join consecutive messages of one role, or leave that field out",
        )),
        _ => Ok(()),
    }
}

/// Reads instructions: a string or text blocks.
pub(super) fn instructions(
    content: Value,
    path: &str,
    unmodelled: &mut Vec<Unmodelled>,
) -> Result<Vec<Block>, Rejected> {
    blocks(content, path, Place::System, unmodelled)
}

/// Takes `cache_control`.
pub(super) fn cache_control(
    fields: &mut Fields,
    unmodelled: &mut Vec<Unmodelled>,
) -> Result<Option<CacheControl>, Rejected> {
    let Some(mut cache) = fields.object("cache_control")? else { return Ok(None) };
    if cache.required_string("type")? != "ephemeral" {
        return Err(Rejected::at(
            &cache.at("type"),
            "bad_value",
            "this kind of cache control is not known",
            "send `ephemeral`",
        ));
    }
    let ttl = cache.one_of("ttl", &["5m", "1h"])?;
    cache.finish(&["type", "ttl"], unmodelled)?;
    Ok(Some(CacheControl { ttl }))
}

fn role(fields: &mut Fields) -> Result<Role, Rejected> {
    match fields.required_string("role")?.as_str() {
        "user" => Ok(Role::User),
        "assistant" => Ok(Role::Assistant),
        "system" => Ok(Role::System),
        _ => Err(Rejected::at(
            &fields.at("role"),
            "bad_value",
            "this role is not known",
            "send `user`, `assistant` or `system`",
        )),
    }
}

fn split(content: Vec<Block>, turns: &mut Vec<Turn>) {
    let mut runs: Vec<Turn> = Vec::new();
    for block in content {
        let role = if matches!(block.kind, BlockKind::ToolResult { .. }) { Role::Tool } else { Role::User };
        match runs.last_mut() {
            Some(run) if run.role == role => run.content.push(block),
            _ => runs.push(Turn { role, name: None, content: vec![block] }),
        }
    }
    if runs.is_empty() {
        runs.push(Turn { role: Role::User, name: None, content: Vec::new() });
    }
    turns.append(&mut runs);
}

fn blocks(content: Value, path: &str, place: Place, unmodelled: &mut Vec<Unmodelled>) -> Result<Vec<Block>, Rejected> {
    match content {
        Value::String(text) => Ok(vec![Block { kind: BlockKind::Text(Text(text)), cache: None }]),
        Value::Array(items) => {
            let mut found = Vec::with_capacity(items.len());
            for (index, item) in items.into_iter().enumerate() {
                found.extend(block(item, format!("{path}[{index}]"), place, unmodelled)?);
            }
            Ok(found)
        }
        _ => Err(wrong(path, "a string or a list of blocks")),
    }
}

/// One block; `None` when we do not model it, and then it is reported.
fn block(
    value: Value,
    path: String,
    place: Place,
    unmodelled: &mut Vec<Unmodelled>,
) -> Result<Option<Block>, Rejected> {
    let Some(Value::String(kind)) = value.field("type") else {
        return Err(wrong(&format!("{path}.type"), "a string"));
    };
    let kind = kind.clone();
    if PROVIDER_RUN.iter().any(|run| run.eq_ignore_ascii_case(&kind)) {
        return Err(provider_run(&path));
    }
    match (kind.as_str(), place) {
        ("text", _)
        | ("image", Place::User | Place::Assistant | Place::ToolResult | Place::Document)
        | ("document" | "search_result", Place::User | Place::Assistant | Place::ToolResult)
        | ("tool_result", Place::User)
        | ("tool_use" | "thinking" | "redacted_thinking", Place::Assistant) => {}
        ("image" | "document" | "search_result" | "tool_result" | "tool_use" | "thinking" | "redacted_thinking", _) => {
            return Err(Rejected::at(
                &path,
                "bad_value",
                format!("a block of type `{kind}` cannot stand at `{path}`"),
                "move it to a turn of the role that it belongs to",
            ));
        }
        _ => {
            unmodelled.push(Unmodelled { path, value });
            return Ok(None);
        }
    }
    let mut fields = Fields::open(value, path)?;
    fields.take("type");
    let cache = match kind.as_str() {
        // Thinking cannot be a cache breakpoint; the field would be refused upstream.
        "thinking" | "redacted_thinking" => None,
        _ => cache_control(&mut fields, unmodelled)?,
    };
    let (kind, known) = match kind.as_str() {
        "text" => text(&mut fields)?,
        "image" => image(&mut fields, unmodelled)?,
        "document" => document(&mut fields, unmodelled)?,
        "search_result" => search_result(&mut fields, unmodelled)?,
        "tool_use" => tool_use(&mut fields, unmodelled)?,
        "tool_result" => tool_result(&mut fields, unmodelled)?,
        "thinking" => thinking(&mut fields)?,
        _ => redacted_thinking(&mut fields)?,
    };
    fields.finish(known, unmodelled)?;
    Ok(Some(Block { kind, cache }))
}

/// A block and all the fields that it may have.
type Read = (BlockKind, &'static [&'static str]);

fn text(fields: &mut Fields) -> Result<Read, Rejected> {
    let text = fields.required_text("text")?;
    let citations = fields.array("citations")?.unwrap_or_default();
    let kind = if citations.is_empty() { BlockKind::Text(text) } else { BlockKind::Cited { text, citations } };
    Ok((kind, &["type", "text", "citations", "cache_control"]))
}

fn image(fields: &mut Fields, unmodelled: &mut Vec<Unmodelled>) -> Result<Read, Rejected> {
    let source = source(fields, &["base64", "url", "file"], unmodelled)?;
    Ok((BlockKind::Image { source, detail: None }, &["type", "source", "cache_control"]))
}

fn document(fields: &mut Fields, unmodelled: &mut Vec<Unmodelled>) -> Result<Read, Rejected> {
    let source = source(fields, &["base64", "text", "content", "url", "file"], unmodelled)?;
    let name = fields.text("title")?;
    let context = fields.text("context")?;
    let citations = citations(fields, unmodelled)?;
    let kind = BlockKind::File { source, name, context, citations };
    Ok((kind, &["type", "source", "title", "context", "citations", "cache_control"]))
}

fn search_result(fields: &mut Fields, unmodelled: &mut Vec<Unmodelled>) -> Result<Read, Rejected> {
    let source = fields.required_text("source")?;
    let title = fields.required_text("title")?;
    let citations = citations(fields, unmodelled)?;
    let path = fields.at("content");
    let Value::Array(items) = fields.require("content")? else { return Err(wrong(&path, "a list of text blocks")) };
    let mut content = Vec::with_capacity(items.len());
    for (index, item) in items.into_iter().enumerate() {
        let mut part = Fields::open(item, format!("{path}[{index}]"))?;
        if part.required_string("type")? != "text" {
            return Err(wrong(&part.at("type"), "`text`"));
        }
        content.push(part.required_text("text")?);
        part.finish(&["type", "text"], unmodelled)?;
    }
    let kind = BlockKind::SearchResult { source, title, content, citations };
    Ok((kind, &["type", "source", "title", "content", "citations", "cache_control"]))
}

fn tool_use(fields: &mut Fields, unmodelled: &mut Vec<Unmodelled>) -> Result<Read, Rejected> {
    let id = fields.required_string("id")?;
    must_be_id(&id, &fields.at("id"))?;
    let name = fields.required_text("name")?;
    let input = fields.require("input")?;
    if !matches!(input, Value::Object(_)) {
        return Err(wrong(&fields.at("input"), "an object"));
    }
    if let Some(mut caller) = fields.object("caller")? {
        // `direct` is what every call of a caller's own tool says; anything else ran at the provider.
        if caller.required_string("type")? != "direct" {
            return Err(provider_run(&caller.at("type")));
        }
        caller.finish(&["type"], unmodelled)?;
    }
    let kind = BlockKind::ToolCall { id, name, arguments: Text(input.to_text()), custom: false };
    Ok((kind, &["type", "id", "name", "input", "caller", "cache_control"]))
}

fn tool_result(fields: &mut Fields, unmodelled: &mut Vec<Unmodelled>) -> Result<Read, Rejected> {
    let call_id = fields.required_string("tool_use_id")?;
    must_be_id(&call_id, &fields.at("tool_use_id"))?;
    let is_error = fields.bool("is_error")?.unwrap_or(false);
    let path = fields.at("content");
    let content = match fields.take("content") {
        None => Vec::new(),
        Some(content) => blocks(content, &path, Place::ToolResult, unmodelled)?,
    };
    let kind = BlockKind::ToolResult { call_id, content, is_error, custom: false };
    Ok((kind, &["type", "tool_use_id", "content", "is_error", "cache_control"]))
}

fn thinking(fields: &mut Fields) -> Result<Read, Rejected> {
    let text = Some(fields.required_text("thinking")?);
    // We write reasoning that nobody signed with an empty signature; here it comes back.
    let signature = Some(fields.required_text("signature")?).filter(|signature| !signature.is_empty());
    if let Some(signature) = &signature {
        must_be_sealed(signature, &fields.at("signature"))?;
    }
    let kind = BlockKind::Reasoning(ReasoningBlock { text, signature, ..ReasoningBlock::default() });
    Ok((kind, &["type", "thinking", "signature"]))
}

fn redacted_thinking(fields: &mut Fields) -> Result<Read, Rejected> {
    let sealed = fields.required_text("data")?;
    must_be_sealed(&sealed, &fields.at("data"))?;
    let sealed = Some(sealed);
    Ok((BlockKind::Reasoning(ReasoningBlock { sealed, ..ReasoningBlock::default() }), &["type", "data"]))
}

fn citations(fields: &mut Fields, unmodelled: &mut Vec<Unmodelled>) -> Result<bool, Rejected> {
    let Some(mut citations) = fields.object("citations")? else { return Ok(false) };
    let enabled = citations.bool("enabled")?.unwrap_or(false);
    citations.finish(&["enabled"], unmodelled)?;
    Ok(enabled)
}

fn source(fields: &mut Fields, allowed: &[&str], unmodelled: &mut Vec<Unmodelled>) -> Result<Source, Rejected> {
    let path = fields.at("source");
    let mut source = Fields::open(fields.require("source")?, path)?;
    let kind = source.required_string("type")?;
    if !allowed.contains(&kind.as_str()) {
        return Err(Rejected::at(
            &source.at("type"),
            "bad_value",
            "this kind of source is not known here",
            format!("send one of: {}", allowed.join(", ")),
        ));
    }
    let (read, known): (Source, &[&str]) = match kind.as_str() {
        "base64" => {
            let media_type = source.required_string("media_type")?;
            (Source::Base64 { media_type, data: source.required_text("data")? }, &["type", "media_type", "data"])
        }
        "text" => {
            if source.required_string("media_type")? != "text/plain" {
                return Err(wrong(&source.at("media_type"), "`text/plain`"));
            }
            (Source::Text(source.required_text("data")?), &["type", "media_type", "data"])
        }
        "content" => {
            let path = source.at("content");
            let content = source.require("content")?;
            (Source::Blocks(blocks(content, &path, Place::Document, unmodelled)?), &["type", "content"])
        }
        "url" => (Source::Url(source.required_text("url")?), &["type", "url"]),
        _ => (Source::ProviderFile(source.required_string("file_id")?), &["type", "file_id"]),
    };
    source.finish(known, unmodelled)?;
    Ok(read)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json;

    /// Reads messages; gives the roles of the turns and the paths that are unmodelled.
    fn read(messages: &str) -> Result<(Vec<Turn>, Vec<String>), Rejected> {
        let Value::Array(messages) = json::parse(messages.as_bytes()).unwrap() else { panic!("not a list") };
        let (mut found, mut unmodelled) = (Vec::new(), Vec::new());
        turns(messages, &mut found, &mut unmodelled)?;
        Ok((found, unmodelled.into_iter().map(|entry| entry.path).collect()))
    }

    fn roles(messages: &str, expected: &[Role]) {
        let (turns, unmodelled) = read(messages).unwrap();
        assert_eq!(turns.iter().map(|turn| turn.role).collect::<Vec<_>>(), expected);
        assert!(unmodelled.is_empty(), "{unmodelled:?}");
    }

    /// Reads one user message with one block.
    fn user(block: &str) -> Result<(Vec<Turn>, Vec<String>), Rejected> {
        read(&format!(r#"[{{"role":"user","content":[{block}]}}]"#))
    }

    fn refused(messages: &str, code: &str, param: &str) {
        let rejected = read(messages).unwrap_err();
        assert_eq!((rejected.code, rejected.param.as_deref()), (code, Some(param)), "{messages}");
    }

    #[test]
    fn tool_results_in_a_user_message_become_tool_turns_in_place() {
        let mixed = r#"[{"role":"user","content":[
            {"type":"tool_result","tool_use_id":"1"},{"type":"tool_result","tool_use_id":"2","content":"x"},
            {"type":"text","text":"and"},{"type":"tool_result","tool_use_id":"3","is_error":true,"content":[
                {"type":"image","source":{"type":"base64","media_type":"image/png","data":"AA=="}}]}]}]"#;
        roles(mixed, &[Role::Tool, Role::User, Role::Tool]);
    }

    #[test]
    fn a_system_message_among_the_others_is_a_system_turn() {
        roles(
            r#"[{"role":"user","content":"a"},{"role":"system","content":"b"},{"role":"assistant","content":[]}]"#,
            &[Role::User, Role::System, Role::Assistant],
        );
    }

    #[test]
    fn signatures_and_sealed_thinking_are_kept_byte_for_byte() {
        let (turns, _) = read(
            r#"[{"role":"assistant","content":[{"type":"thinking","thinking":"t","signature":"Eq\/+=\u0041"},
                {"type":"redacted_thinking","data":"x-_=="}]}]"#,
        )
        .unwrap();
        let BlockKind::Reasoning(thinking) = &turns[0].content[0].kind else { panic!("another block") };
        assert_eq!(thinking.signature, Some("Eq/+=A".into()));
        let BlockKind::Reasoning(sealed) = &turns[0].content[1].kind else { panic!("another block") };
        assert_eq!(sealed.sealed, Some("x-_==".into()));
    }

    #[test]
    fn prose_does_not_pass_as_a_signature_or_an_id() {
        let wrong = |block: &str, field: &str| {
            let place = format!("messages[0].content[0].{field}");
            refused(&format!(r#"[{{"role":"assistant","content":[{block}]}}]"#), "bad_value", &place);
        };
        wrong(r#"{"type":"thinking","thinking":"t","signature":"born in May"}"#, "signature");
        wrong(r#"{"type":"redacted_thinking","data":"born in May"}"#, "data");
        wrong(r#"{"type":"tool_use","id":"born in May","name":"t","input":{}}"#, "id");
        let result = r#"[{"role":"user","content":[{"type":"tool_result","tool_use_id":"born in May"}]}]"#;
        refused(result, "bad_value", "messages[0].content[0].tool_use_id");
    }

    #[test]
    fn thinking_with_an_empty_signature_is_reasoning_that_nobody_signed() {
        let unsigned = r#"[{"role":"assistant","content":[{"type":"thinking","thinking":"t","signature":""}]}]"#;
        let (turns, _) = read(unsigned).unwrap();
        let expected = ReasoningBlock { text: Some("t".into()), ..ReasoningBlock::default() };
        assert_eq!(turns[0].content[0].kind, BlockKind::Reasoning(expected));
    }

    #[test]
    fn every_kind_of_document_and_image_is_read() {
        for (block, expected) in [
            (
                r#"{"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"AA=="}}"#,
                "Base64",
            ),
            (r#"{"type":"document","source":{"type":"text","media_type":"text/plain","data":"x"}}"#, "Text"),
            (r#"{"type":"document","source":{"type":"content","content":"x"}}"#, "Blocks"),
            (r#"{"type":"document","source":{"type":"content","content":[{"type":"text","text":"x"}]}}"#, "Blocks"),
            (r#"{"type":"document","source":{"type":"url","url":"https://x.example"}}"#, "Url"),
            (r#"{"type":"document","source":{"type":"file","file_id":"f"}}"#, "ProviderFile"),
            (r#"{"type":"image","source":{"type":"url","url":"https://x.example"}}"#, "Url"),
            (r#"{"type":"image","source":{"type":"file","file_id":"f"}}"#, "ProviderFile"),
        ] {
            let (turns, unmodelled) = user(block).unwrap();
            let (BlockKind::File { source, .. } | BlockKind::Image { source, .. }) = &turns[0].content[0].kind else {
                panic!("another block")
            };
            assert!(format!("{source:?}").starts_with(expected), "{source:?}");
            assert!(unmodelled.is_empty());
        }
    }

    #[test]
    fn citations_of_an_earlier_answer_are_kept_and_empty_ones_are_nothing() {
        let cited = r#"[{"role":"assistant","content":[{"type":"text","text":"x","citations":[{"cited_text":"y"}]},
            {"type":"text","text":"z","citations":null}]}]"#;
        let (turns, _) = read(cited).unwrap();
        assert!(matches!(&turns[0].content[0].kind, BlockKind::Cited { citations, .. } if citations.len() == 1));
        assert!(matches!(turns[0].content[1].kind, BlockKind::Text(_)));
    }

    #[test]
    fn a_block_or_field_that_we_do_not_model_is_reported_where_it_stands() {
        let reported = |block: &str| user(block).unwrap().1;
        assert_eq!(reported(r#"{"type":"hologram","x":1}"#), ["messages[0].content[0]"]);
        assert_eq!(reported(r#"{"type":"text","text":"a","mood":"b"}"#), ["messages[0].content[0].mood"]);
        assert_eq!(
            reported(
                r#"{"type":"tool_result","tool_use_id":"1","content":[{"type":"tool_reference","tool_name":"x"}]}"#
            ),
            ["messages[0].content[0].content[0]"]
        );
        assert_eq!(
            reported(r#"{"type":"text","text":"a","cache_control":{"type":"ephemeral","scope":"global"}}"#),
            ["messages[0].content[0].cache_control.scope"]
        );
    }

    #[test]
    fn what_a_tool_of_the_provider_did_is_refused() {
        refused(
            r#"[{"role":"assistant","content":[{"type":"server_tool_use","id":"1","name":"web_search","input":{}}]}]"#,
            "provider_tool_unsupported",
            "messages[0].content[0]",
        );
        refused(
            r#"[{"role":"user","content":[{"type":"Container_Upload","file_id":"f"}]}]"#,
            "provider_tool_unsupported",
            "messages[0].content[0]",
        );
        refused(
            r#"[{"role":"assistant","content":[{"type":"tool_use","id":"1","name":"t","input":{},
                "caller":{"type":"code_execution_20260120","tool_id":"x"}}]}]"#,
            "provider_tool_unsupported",
            "messages[0].content[0].caller.type",
        );
    }

    #[test]
    fn a_block_in_a_turn_that_it_does_not_belong_to_is_refused() {
        let wrong = |role: &str, block: &str| {
            refused(&format!(r#"[{{"role":"{role}","content":[{block}]}}]"#), "bad_value", "messages[0].content[0]");
        };
        wrong("assistant", r#"{"type":"tool_result","tool_use_id":"1"}"#);
        wrong("user", r#"{"type":"tool_use","id":"1","name":"t","input":{}}"#);
        wrong("user", r#"{"type":"thinking","thinking":"t","signature":"s"}"#);
        wrong("system", r#"{"type":"image","source":{"type":"file","file_id":"f"}}"#);
    }

    #[test]
    fn a_block_within_itself_is_refused_and_not_followed() {
        let nested = r#"{"type":"tool_result","tool_use_id":"1","content":[{"type":"tool_result","tool_use_id":"2"}]}"#;
        assert_eq!(user(nested).unwrap_err().param.as_deref(), Some("messages[0].content[0].content[0]"));
        let document = r#"{"type":"document","source":{"type":"content","content":[{"type":"document"}]}}"#;
        assert_eq!(user(document).unwrap_err().code, "bad_value");
    }

    #[test]
    fn something_unmodelled_among_messages_that_do_not_alternate_is_refused() {
        let text = r#"{"role":"user","content":"a"}"#;
        let odd = r#"{"role":"user","content":[{"type":"text","text":"b","mood":1}]}"#;
        refused(&format!("[{text},{odd}]"), "unsupported_field", "messages[1].content[0].mood");
        assert!(read(&format!(r#"[{text},{{"role":"assistant","content":"x"}},{odd}]"#)).is_ok());
    }

    #[test]
    fn a_key_that_differs_only_in_case_is_refused_but_not_in_the_input_of_a_tool() {
        refused(r#"[{"role":"user","Content":"x","content":"y"}]"#, "case_variant_key", "messages[0].Content");
        let input =
            r#"[{"role":"assistant","content":[{"type":"tool_use","id":"1","name":"t","input":{"Type":1,"type":2}}]}]"#;
        assert!(read(input).unwrap().1.is_empty());
    }
}
