//! Turns and their blocks as an Anthropic request says them.

use crate::call::{Block, BlockKind, ReasoningBlock, Role, Source, Turn};
use crate::dialect::Unsayable;
use crate::dialect::anthropic::shapes::{Cache, Enabled, From, Message, Part};
use crate::json::{self, Value};

/// Media types that the format takes as images.
const IMAGES: &[&str] = &["image/jpeg", "image/png", "image/gif", "image/webp"];

/// What stands before the conversation, if anything, and the conversation.
pub(super) type Said<'a> = (Option<Vec<Part<'a>>>, Vec<Message<'a>>);

/// Says `turns`. `verbatim`: they came in this format, so that nothing is tidied.
///
/// Instructions at the start become `system`, later ones a message of that role; neighbours of one side are joined.
pub(super) fn turns(turns: &[Turn], verbatim: bool) -> Result<Said<'_>, Unsayable> {
    let first = turns.iter().position(|turn| !instructs(turn)).unwrap_or(turns.len());
    let (before, conversation) = turns.split_at(first);
    let mut system: Option<Vec<Part<'_>>> = None;
    for turn in before {
        let parts = system.get_or_insert_default();
        content(turn, verbatim, parts)?;
    }
    let mut messages: Vec<Message<'_>> = Vec::new();
    for turn in conversation {
        let role = side(turn.role);
        let mut parts = Vec::with_capacity(turn.content.len());
        content(turn, verbatim, &mut parts)?;
        match messages.last_mut() {
            // The format refuses a turn that says nothing, which others keep of an answer that was cut off.
            _ if parts.is_empty() && !verbatim => {}
            Some(last) if last.role == role => last.content.append(&mut parts),
            _ => messages.push(Message { role, content: parts }),
        }
    }
    if messages.is_empty() {
        return Err(unsayable("a conversation whose turns say nothing"));
    }
    placed(&messages)?;
    Ok((system, messages))
}

/// Something that the format cannot say.
pub(super) fn unsayable(what: impl Into<String>) -> Unsayable {
    Unsayable { what: what.into() }
}

fn instructs(turn: &Turn) -> bool {
    matches!(turn.role, Role::System | Role::Developer)
}

fn side(role: Role) -> &'static str {
    match role {
        Role::System | Role::Developer => "system",
        Role::User | Role::Tool => "user",
        Role::Assistant => "assistant",
    }
}

/// The format takes a later system turn only right after the user and before the model.
fn placed(messages: &[Message<'_>]) -> Result<(), Unsayable> {
    for (index, message) in messages.iter().enumerate() {
        if message.role != "system" {
            continue;
        }
        let before = index.checked_sub(1).and_then(|before| messages.get(before));
        let after = messages.get(index + 1);
        if before.is_none_or(|turn| turn.role != "user") || after.is_some_and(|turn| turn.role != "assistant") {
            return Err(unsayable("a system turn that does not stand between a user turn and the model's"));
        }
    }
    Ok(())
}

fn content<'a>(turn: &'a Turn, verbatim: bool, parts: &mut Vec<Part<'a>>) -> Result<(), Unsayable> {
    if turn.name.is_some() {
        return Err(unsayable("the `name` of a turn"));
    }
    for block in &turn.content {
        if !verbatim && is_empty_text(block) {
            // The format refuses text without letters, which others send beside tool calls. It says nothing.
            continue;
        }
        let part = part(block, verbatim)?;
        if instructs(turn) && !matches!(part, Part::Text { .. }) {
            return Err(unsayable("anything but text in a system turn"));
        }
        parts.push(part);
    }
    Ok(())
}

fn is_empty_text(block: &Block) -> bool {
    matches!(&block.kind, BlockKind::Text(text) if text.is_empty())
}

fn part(block: &Block, verbatim: bool) -> Result<Part<'_>, Unsayable> {
    let cache_control = Cache::of(block.cache.as_ref());
    Ok(match &block.kind {
        // A model's refusal in words is what it said.
        BlockKind::Text(text) | BlockKind::Refusal(text) => Part::Text { text, citations: &[], cache_control },
        BlockKind::Cited { text, citations } => Part::Text { text, citations, cache_control },
        BlockKind::Image { source, detail } => {
            if detail.as_deref().is_some_and(|detail| detail != "auto") {
                return Err(unsayable("an image's `detail` other than `auto`"));
            }
            Part::Image { source: image(source, verbatim)?, cache_control }
        }
        BlockKind::File { source, name, context, citations } => Part::Document {
            source: document(source, verbatim)?,
            title: name.as_ref().map(|name| name.as_str()),
            context: context.as_ref().map(|context| context.as_str()),
            citations: Enabled::if_so(*citations),
            cache_control,
        },
        BlockKind::Audio { .. } => return Err(unsayable("audio")),
        BlockKind::SearchResult { source, title, content, citations } => Part::SearchResult {
            source,
            title,
            content: content.iter().map(|text| Part::Text { text, citations: &[], cache_control: None }).collect(),
            citations: Enabled::if_so(*citations),
            cache_control,
        },
        BlockKind::ToolCall { custom: true, .. } | BlockKind::ToolResult { custom: true, .. } => {
            return Err(unsayable("a free-form (`custom`) tool"));
        }
        BlockKind::ToolCall { id, name, arguments, custom: false } => {
            Part::ToolUse { id, name, input: input(arguments)?, cache_control }
        }
        BlockKind::ToolResult { call_id, content, is_error, custom: false } => Part::ToolResult {
            tool_use_id: call_id,
            content: said(content, verbatim)?,
            is_error: *is_error,
            cache_control,
        },
        BlockKind::Reasoning(reasoning) => return reasoned(reasoning),
    })
}

/// The blocks within a block.
fn said(blocks: &[Block], verbatim: bool) -> Result<Vec<Part<'_>>, Unsayable> {
    blocks.iter().filter(|block| verbatim || !is_empty_text(block)).map(|block| part(block, verbatim)).collect()
}

/// Reasoning goes back only as the provider signed or sealed it; the pipeline has seen to it that it is the provider's own.
fn reasoned(reasoning: &ReasoningBlock) -> Result<Part<'_>, Unsayable> {
    match (&reasoning.signature, &reasoning.sealed) {
        (Some(signature), None) if reasoning.summary.is_empty() => {
            Ok(Part::Thinking { thinking: reasoning.text.as_ref().map_or("", |text| text.as_str()), signature })
        }
        (None, Some(data)) if reasoning.summary.is_empty() && reasoning.text.is_none() => {
            Ok(Part::RedactedThinking { data })
        }
        _ => Err(unsayable("reasoning that this format's provider did not sign")),
    }
}

fn image(source: &Source, verbatim: bool) -> Result<From<'_>, Unsayable> {
    match source {
        Source::Base64 { media_type, data } if IMAGES.contains(&media_type.as_str()) => {
            Ok(From::Base64 { media_type, data })
        }
        Source::Base64 { .. } => Err(unsayable("an image that is not JPEG, PNG, GIF or WebP")),
        Source::Url(url) => Ok(From::Url { url }),
        Source::ProviderFile(file_id) if verbatim => Ok(From::File { file_id }),
        Source::ProviderFile(_) => Err(unsayable("a file that another provider keeps")),
        Source::Text(_) | Source::Blocks(_) => Err(unsayable("an image made of text")),
    }
}

fn document(source: &Source, verbatim: bool) -> Result<From<'_>, Unsayable> {
    Ok(match source {
        Source::Base64 { media_type, data } if media_type == "application/pdf" => From::Base64 { media_type, data },
        Source::Base64 { .. } => return Err(unsayable("a file that is not PDF or plain text")),
        Source::Text(data) => From::Text { media_type: "text/plain", data },
        Source::Blocks(blocks) => From::Content { content: said(blocks, verbatim)? },
        Source::Url(url) => From::Url { url },
        Source::ProviderFile(file_id) if verbatim => From::File { file_id },
        Source::ProviderFile(_) => return Err(unsayable("a file that another provider keeps")),
    })
}

/// Arguments as the object that the format wants; none at all, which other formats allow, are an empty one.
fn input(arguments: &str) -> Result<Value, Unsayable> {
    if arguments.trim().is_empty() {
        return Ok(Value::Object(Vec::new()));
    }
    match json::parse(arguments.as_bytes()) {
        Ok(input @ Value::Object(_)) => Ok(input),
        _ => Err(unsayable("arguments of a tool call that are not one JSON object")),
    }
}
