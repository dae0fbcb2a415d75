//! Writes turns as chat messages.

use std::fmt;

use serde::{Serialize, Serializer};

use super::request::unsayable;
use super::tools::ToolCall;
use crate::call::{Block, BlockKind, ReasoningBlock, Role, Source, Turn};
use crate::dialect::Unsayable;
use crate::text::Text;

/// Stands before what a failed tool returned: the format has no field for failure, and the model should know.
const TOOL_FAILED: &str = "The tool failed:";

#[derive(Serialize)]
pub(super) struct Message<'a> {
    role: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_call_id: Option<&'a str>,
    content: Option<Content<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refusal: Option<&'a Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning_content: Option<&'a Text>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_calls: Vec<ToolCall<'a>>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Content<'a> {
    Text(&'a str),
    Parts(Vec<Part<'a>>),
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Part<'a> {
    Text { text: &'a str },
    Refusal { refusal: &'a str },
    ImageUrl { image_url: ImageUrl<'a> },
    InputAudio { input_audio: InputAudio<'a> },
    File { file: File<'a> },
}

#[derive(Serialize)]
struct ImageUrl<'a> {
    url: Address<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
}

#[derive(Serialize)]
struct InputAudio<'a> {
    data: &'a str,
    format: &'static str,
}

#[derive(Serialize)]
struct File<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    filename: Option<&'a Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file_data: Option<Address<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file_id: Option<&'a str>,
}

/// An address as it is, or bytes as a `data:` URL, written without a copy.
enum Address<'a> {
    Url(&'a str),
    Data { media_type: &'a str, data: &'a str },
}

impl fmt::Display for Address<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(url) => f.write_str(url),
            Self::Data { media_type, data } => write!(f, "data:{media_type};base64,{data}"),
        }
    }
}

impl Serialize for Address<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The messages for `turns`; `service`: OpenAI's own.
pub(super) fn write(turns: &[Turn], service: bool) -> Result<Vec<Message<'_>>, Unsayable> {
    let mut messages = Vec::with_capacity(turns.len());
    for turn in turns {
        match turn.role {
            Role::System => messages.push(instructions(turn, "system")?),
            // Chat templates of open-weight models rarely know the newer word.
            Role::Developer => messages.push(instructions(turn, if service { "developer" } else { "system" })?),
            Role::User | Role::Tool => user(turn, &mut messages)?,
            Role::Assistant => messages.push(assistant(turn, service)?),
        }
    }
    Ok(messages)
}

impl<'a> Message<'a> {
    fn new(role: &'static str, content: Option<Content<'a>>) -> Self {
        let (name, tool_call_id, refusal, reasoning_content) = (None, None, None, None);
        Self { role, name, tool_call_id, content, refusal, reasoning_content, tool_calls: Vec::new() }
    }
}

/// One text is written as a string, which every engine's template takes.
fn content(mut parts: Vec<Part<'_>>) -> Content<'_> {
    match (parts.pop(), parts.is_empty()) {
        (None, _) => Content::Text(""),
        (Some(Part::Text { text }), true) => Content::Text(text),
        (Some(last), _) => {
            parts.push(last);
            Content::Parts(parts)
        }
    }
}

fn instructions<'a>(turn: &'a Turn, role: &'static str) -> Result<Message<'a>, Unsayable> {
    let parts = turn.content.iter().map(only_text).collect::<Result<_, _>>()?;
    Ok(Message { name: turn.name.as_ref(), ..Message::new(role, Some(content(parts))) })
}

fn only_text(block: &Block) -> Result<Part<'_>, Unsayable> {
    match &block.kind {
        BlockKind::Text(text) => Ok(Part::Text { text }),
        other => Err(unsayable(&format!("{} here", name(other)))),
    }
}

/// What a block is, in words for a refusal.
fn name(kind: &BlockKind) -> &'static str {
    match kind {
        BlockKind::Text(_) => "text",
        BlockKind::Cited { .. } => "text with citations",
        BlockKind::Refusal(_) => "refusal",
        BlockKind::Image { .. } => "image",
        BlockKind::File { .. } => "document",
        BlockKind::Audio { .. } => "audio",
        BlockKind::SearchResult { .. } => "search_result",
        BlockKind::ToolCall { .. } => "tool call",
        BlockKind::ToolResult { .. } => "tool result",
        BlockKind::Reasoning(_) => "reasoning",
    }
}

/// Tool results become messages of their own, which must follow the calls; what else the turn says comes after them.
fn user<'a>(turn: &'a Turn, messages: &mut Vec<Message<'a>>) -> Result<(), Unsayable> {
    let mut parts = Vec::new();
    let before = messages.len();
    for block in &turn.content {
        if let BlockKind::ToolResult { call_id, content, is_error, .. } = &block.kind {
            let result = tool_result(call_id, content, *is_error)?;
            messages.push(Message { name: turn.name.as_ref(), ..result });
        } else {
            said(&block.kind, &mut parts)?;
        }
    }
    if !parts.is_empty() || messages.len() == before {
        messages.push(Message { name: turn.name.as_ref(), ..Message::new("user", Some(content(parts))) });
    }
    Ok(())
}

fn tool_result<'a>(call_id: &'a str, blocks: &'a [Block], is_error: bool) -> Result<Message<'a>, Unsayable> {
    let mut parts = Vec::with_capacity(blocks.len());
    if is_error {
        parts.push(Part::Text { text: TOOL_FAILED });
    }
    for block in blocks {
        match &block.kind {
            BlockKind::Text(text) => parts.push(Part::Text { text }),
            other => return Err(unsayable(&format!("{} in a tool result", name(other)))),
        }
    }
    Ok(Message { tool_call_id: Some(call_id), ..Message::new("tool", Some(content(parts))) })
}

/// Adds what a block of a user turn says.
fn said<'a>(kind: &'a BlockKind, parts: &mut Vec<Part<'a>>) -> Result<(), Unsayable> {
    match kind {
        BlockKind::Text(text) => parts.push(Part::Text { text }),
        BlockKind::Image { source, detail } => {
            let url = match source {
                Source::Base64 { media_type, data } => Address::Data { media_type, data },
                Source::Url(url) => Address::Url(url),
                Source::ProviderFile(_) | Source::Text(_) | Source::Blocks(_) => {
                    return Err(unsayable("image of a provider's file"));
                }
            };
            parts.push(Part::ImageUrl { image_url: ImageUrl { url, detail: detail.as_deref() } });
        }
        BlockKind::Audio { source } => parts.push(Part::InputAudio { input_audio: audio(source)? }),
        BlockKind::File { citations: true, .. } => return Err(unsayable("citations of a document")),
        BlockKind::File { source, name, context, .. } => file(source, name.as_ref(), context.as_ref(), parts)?,
        BlockKind::Refusal(_)
        | BlockKind::Cited { .. }
        | BlockKind::SearchResult { .. }
        | BlockKind::ToolCall { .. }
        | BlockKind::ToolResult { .. }
        | BlockKind::Reasoning(_) => return Err(unsayable(&format!("{} in a user turn", self::name(kind)))),
    }
    Ok(())
}

fn audio(source: &Source) -> Result<InputAudio<'_>, Unsayable> {
    let Source::Base64 { media_type, data } = source else { return Err(unsayable("audio by address")) };
    let format = match media_type.as_str() {
        "audio/wav" | "audio/x-wav" | "audio/wave" => "wav",
        "audio/mpeg" | "audio/mp3" => "mp3",
        _ => return Err(unsayable("audio of this type")),
    };
    Ok(InputAudio { data, format })
}

/// A file of bytes is a part of its own. A plain text document is said as text parts: its title, its context, its text.
fn file<'a>(
    source: &'a Source,
    name: Option<&'a Text>,
    context: Option<&'a Text>,
    parts: &mut Vec<Part<'a>>,
) -> Result<(), Unsayable> {
    let file = match source {
        Source::Text(text) => {
            parts.extend([name, context, Some(text)].into_iter().flatten().map(|text| Part::Text { text }));
            return Ok(());
        }
        Source::Base64 { media_type, data } => {
            File { filename: name, file_data: Some(Address::Data { media_type, data }), file_id: None }
        }
        Source::ProviderFile(id) => File { filename: name, file_data: None, file_id: Some(id) },
        Source::Blocks(_) => return Err(unsayable("document of blocks")),
        Source::Url(_) => return Err(unsayable("document by address")),
    };
    if context.is_some() {
        return Err(unsayable("context of a document"));
    }
    parts.push(Part::File { file });
    Ok(())
}

fn assistant(turn: &Turn, service: bool) -> Result<Message<'_>, Unsayable> {
    let mut message = Message { name: turn.name.as_ref(), ..Message::new("assistant", None) };
    let mut parts = Vec::new();
    for block in &turn.content {
        let after_call = !message.tool_calls.is_empty();
        match &block.kind {
            BlockKind::Text(_) | BlockKind::Refusal(_) if after_call => {
                return Err(unsayable("text after a tool call in one turn"));
            }
            BlockKind::Text(text) => parts.push(Part::Text { text }),
            BlockKind::Refusal(refusal) => parts.push(Part::Refusal { refusal }),
            BlockKind::Reasoning(reasoning) => {
                let text = reasoning_text(reasoning, service)?;
                if message.reasoning_content.replace(text).is_some() || after_call || !parts.is_empty() {
                    return Err(unsayable("reasoning other than before all else in a turn"));
                }
            }
            BlockKind::ToolCall { id, name, arguments, custom } => {
                if *custom && !service {
                    return Err(unsayable("call of a custom tool"));
                }
                message.tool_calls.push(ToolCall::new(id, name, arguments, *custom));
            }
            other => return Err(unsayable(&format!("{} in an assistant turn", name(other)))),
        }
    }
    // A refusal alone has a field of its own; both fields at once would lose the order.
    if let [Part::Refusal { .. }] = parts.as_slice()
        && let Some(BlockKind::Refusal(refusal)) =
            turn.content.iter().map(|block| &block.kind).find(|kind| matches!(kind, BlockKind::Refusal(_)))
    {
        message.refusal = Some(refusal);
        parts.clear();
    }
    let speaks_otherwise = message.refusal.is_some() || !message.tool_calls.is_empty();
    if !(parts.is_empty() && speaks_otherwise) {
        message.content = Some(content(parts));
    }
    Ok(message)
}

/// Engines take back reasoning as they wrote it; OpenAI's service takes none, and nobody else's seal can be said. An
/// empty signature is what callers of Anthropic's format were told where an engine reasoned.
fn reasoning_text(reasoning: &ReasoningBlock, service: bool) -> Result<&Text, Unsayable> {
    let ReasoningBlock { id: _, text, summary, signature, sealed } = reasoning;
    if signature.as_ref().is_some_and(|signature| !signature.is_empty()) {
        return Err(unsayable("thinking with a signature"));
    }
    match text {
        _ if sealed.is_some() => Err(unsayable("sealed reasoning")),
        Some(text) if summary.is_empty() && !service => Ok(text),
        _ => Err(unsayable("reasoning of an earlier turn")),
    }
}
