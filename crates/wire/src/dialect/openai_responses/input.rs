//! Writes turns as the items of a Responses request.

use std::fmt;

use serde::{Serialize, Serializer};

use super::write::unsayable;
use crate::call::{Block, BlockKind, ReasoningBlock, Role, Source, Turn};
use crate::dialect::Unsayable;
use crate::text::Text;

/// Stands before what a failed tool returned: the format has no field for failure, and the model should know.
const TOOL_FAILED: &str = "The tool failed:";

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Item<'a> {
    Message {
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        status: Option<&'static str>,
        role: &'static str,
        content: Content<'a>,
    },
    FunctionCall {
        call_id: &'a str,
        name: &'a str,
        arguments: &'a str,
    },
    CustomToolCall {
        call_id: &'a str,
        name: &'a str,
        input: &'a str,
    },
    FunctionCallOutput {
        call_id: &'a str,
        output: Content<'a>,
    },
    CustomToolCallOutput {
        call_id: &'a str,
        output: Content<'a>,
    },
    Reasoning {
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<&'a str>,
        summary: Vec<ReasoningPart<'a>>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        content: Vec<ReasoningPart<'a>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        encrypted_content: Option<&'a str>,
    },
}

#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Content<'a> {
    Text(&'a str),
    Parts(Vec<Part<'a>>),
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Part<'a> {
    InputText {
        text: &'a str,
    },
    InputImage {
        detail: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        image_url: Option<Address<'a>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        file_id: Option<&'a str>,
    },
    InputFile {
        #[serde(skip_serializing_if = "Option::is_none")]
        filename: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        file_data: Option<Address<'a>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        file_url: Option<Address<'a>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        file_id: Option<&'a str>,
    },
    OutputText {
        text: &'a str,
        /// The published type asks for the field; left out where an unmodelled one may take its place.
        #[serde(skip_serializing_if = "Option::is_none")]
        annotations: Option<[(); 0]>,
    },
    Refusal {
        refusal: &'a str,
    },
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum ReasoningPart<'a> {
    SummaryText { text: &'a str },
    ReasoningText { text: &'a str },
}

/// An address, or the bytes themselves as one.
pub(super) enum Address<'a> {
    Data { media_type: &'a str, data: &'a str },
    Url(&'a str),
}

impl fmt::Display for Address<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Data { media_type, data } => write!(f, "data:{media_type};base64,{data}"),
            Self::Url(url) => f.write_str(url),
        }
    }
}

impl Serialize for Address<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The application's first text, where it stands alone in the first turn, and the turns after it.
pub(super) fn instructions(turns: &[Turn]) -> (Option<&Text>, &[Turn]) {
    if let Some((Turn { role: Role::System, name: None, content }, rest)) = turns.split_first()
        && let [Block { kind: BlockKind::Text(text), .. }] = content.as_slice()
        && !rest.is_empty()
    {
        return (Some(text), rest);
    }
    (None, turns)
}

/// How items are written.
#[derive(Clone, Copy)]
pub(super) struct Manner {
    /// For OpenAI's own service.
    pub(super) service: bool,
    /// Whether the files that the call may refer to are this provider's.
    pub(super) files: bool,
    /// As many items and parts as the caller sent, in the same order.
    pub(super) in_full: bool,
}

struct Writer<'a> {
    manner: Manner,
    items: Vec<Item<'a>>,
}

/// Writes `turns`.
pub(super) fn write(turns: &[Turn], manner: Manner) -> Result<Vec<Item<'_>>, Unsayable> {
    let mut writer = Writer { manner, items: Vec::with_capacity(turns.len()) };
    for turn in turns {
        if turn.name.is_some() {
            return Err(unsayable("the `name` of a turn"));
        }
        match turn.role {
            Role::System => writer.told(turn, "system")?,
            Role::Developer => writer.told(turn, "developer")?,
            Role::User | Role::Tool => writer.told(turn, "user")?,
            Role::Assistant => writer.said(turn)?,
        }
    }
    Ok(writer.items)
}

impl<'a> Writer<'a> {
    /// What was told to the model. Results of tools become items of their own.
    fn told(&mut self, turn: &'a Turn, role: &'static str) -> Result<(), Unsayable> {
        let mut parts = Vec::new();
        for block in &turn.content {
            match &block.kind {
                BlockKind::ToolResult { call_id, content, is_error, custom } if role == "user" => {
                    self.message(role, &mut parts);
                    let output = self.output(content, *is_error)?;
                    self.items.push(match custom {
                        true => Item::CustomToolCallOutput { call_id, output },
                        false => Item::FunctionCallOutput { call_id, output },
                    });
                }
                kind => self.input_part(kind, &mut parts)?,
            }
        }
        self.message(role, &mut parts);
        Ok(())
    }

    fn message(&mut self, role: &'static str, parts: &mut Vec<Part<'a>>) {
        if !parts.is_empty() {
            let content = self.content(std::mem::take(parts));
            self.items.push(Item::Message { id: None, status: None, role, content });
        }
    }

    /// One text is written as a string, which every engine takes.
    fn content(&self, mut parts: Vec<Part<'a>>) -> Content<'a> {
        if self.manner.in_full {
            return Content::Parts(parts);
        }
        match (parts.pop(), parts.is_empty()) {
            (None, _) => Content::Text(""),
            (Some(Part::InputText { text } | Part::OutputText { text, .. }), true) => Content::Text(text),
            (Some(last), _) => {
                parts.push(last);
                Content::Parts(parts)
            }
        }
    }

    fn output(&self, blocks: &'a [Block], is_error: bool) -> Result<Content<'a>, Unsayable> {
        let mut parts = Vec::with_capacity(blocks.len());
        if is_error {
            parts.push(Part::InputText { text: TOOL_FAILED });
        }
        blocks.iter().try_for_each(|block| self.input_part(&block.kind, &mut parts))?;
        Ok(self.content(parts))
    }

    /// What the model said. Neighbouring words are one message.
    fn said(&mut self, turn: &'a Turn) -> Result<(), Unsayable> {
        let mut parts = Vec::new();
        let mut blocks = turn.content.iter().map(|block| &block.kind).peekable();
        while let Some(kind) = blocks.next() {
            match kind {
                BlockKind::Text(text) => {
                    let annotations = (!self.manner.in_full).then_some([]);
                    parts.push(Part::OutputText { text, annotations });
                }
                BlockKind::Refusal(refusal) => parts.push(Part::Refusal { refusal }),
                BlockKind::Reasoning(first) => {
                    self.answer(&mut parts);
                    let mut whole = vec![first];
                    while let Some(BlockKind::Reasoning(next)) = blocks.peek()
                        && next.id.is_some()
                        && next.id == first.id
                    {
                        whole.push(next);
                        blocks.next();
                    }
                    self.reasoned(&whole)?;
                }
                BlockKind::ToolCall { id, name, arguments, custom } => {
                    self.answer(&mut parts);
                    self.items.push(match custom {
                        true => Item::CustomToolCall { call_id: id, name, input: arguments },
                        false => Item::FunctionCall { call_id: id, name, arguments },
                    });
                }
                other => return Err(unsayable(&format!("{} in an assistant turn", name(other)))),
            }
        }
        self.answer(&mut parts);
        Ok(())
    }

    /// A message of the model. One of several parts is of a type that has an id; nobody looks it up.
    fn answer(&mut self, parts: &mut Vec<Part<'a>>) {
        if parts.is_empty() {
            return;
        }
        let content = self.content(std::mem::take(parts));
        let several = matches!(content, Content::Parts(_)) && !self.manner.in_full;
        let id = several.then(|| format!("msg_{}", self.items.len()));
        self.items.push(Item::Message { id, status: several.then_some("completed"), role: "assistant", content });
    }

    /// One item of reasoning, whose blocks have one id. OpenAI's service takes back only what it sealed itself.
    fn reasoned(&mut self, blocks: &[&'a ReasoningBlock]) -> Result<(), Unsayable> {
        // An empty signature is what callers of Anthropic's format were told where there was none.
        if blocks.iter().any(|block| block.signature.as_ref().is_some_and(|signature| !signature.is_empty())) {
            return Err(unsayable("thinking with a signature"));
        }
        let summary = blocks.iter().flat_map(|block| &block.summary).map(|text| ReasoningPart::SummaryText { text });
        let content =
            blocks.iter().filter_map(|block| block.text.as_ref()).map(|text| ReasoningPart::ReasoningText { text });
        let mut sealed = blocks.iter().filter_map(|block| block.sealed.as_ref());
        let (summary, content): (Vec<_>, Vec<_>) = (summary.collect(), content.collect());
        let encrypted_content = sealed.next().map(|sealed| sealed.as_str());
        if sealed.next().is_some() {
            return Err(unsayable("reasoning that is sealed twice"));
        }
        if summary.is_empty() && content.is_empty() && encrypted_content.is_none() && !self.manner.in_full {
            // Nothing but an id: a reference to what nobody kept.
            return Ok(());
        }
        if self.manner.service && encrypted_content.is_none() {
            return Err(unsayable("reasoning that is not sealed"));
        }
        let id = blocks.first().and_then(|block| block.id.as_deref());
        self.items.push(Item::Reasoning { id, summary, content, encrypted_content });
        Ok(())
    }

    fn input_part(&self, kind: &'a BlockKind, parts: &mut Vec<Part<'a>>) -> Result<(), Unsayable> {
        if let BlockKind::Image { source: Source::ProviderFile(_), .. }
        | BlockKind::File { source: Source::ProviderFile(_), .. } = kind
            && !self.manner.files
        {
            return Err(unsayable("a file that another provider keeps"));
        }
        match kind {
            BlockKind::Text(text) => parts.push(Part::InputText { text }),
            BlockKind::Image { source, detail } => {
                let detail = detail.as_deref().unwrap_or("auto");
                parts.push(match source {
                    Source::Base64 { media_type, data } => {
                        Part::InputImage { detail, image_url: Some(Address::Data { media_type, data }), file_id: None }
                    }
                    Source::Url(url) => Part::InputImage { detail, image_url: Some(Address::Url(url)), file_id: None },
                    Source::ProviderFile(id) => Part::InputImage { detail, image_url: None, file_id: Some(id) },
                    Source::Text(_) | Source::Blocks(_) => return Err(unsayable("an image made of text")),
                });
            }
            BlockKind::File { citations: true, .. } => return Err(unsayable("citations of a document")),
            BlockKind::File { source, name, context, .. } => file(source, name.as_ref(), context.as_ref(), parts)?,
            other => return Err(unsayable(&format!("{} here", name(other)))),
        }
        Ok(())
    }
}

/// A file of bytes is a part of its own. A plain text document is said as text parts: its title, its context, its text.
fn file<'a>(
    source: &'a Source,
    name: Option<&'a Text>,
    context: Option<&'a Text>,
    parts: &mut Vec<Part<'a>>,
) -> Result<(), Unsayable> {
    let filename = name.map(|name| name.as_str());
    let (mut file_data, mut file_url, mut file_id) = (None, None, None);
    match source {
        Source::Text(text) => {
            parts.extend([name, context, Some(text)].into_iter().flatten().map(|text| Part::InputText { text }));
            return Ok(());
        }
        Source::Base64 { media_type, data } => file_data = Some(Address::Data { media_type, data }),
        Source::Url(url) => file_url = Some(Address::Url(url)),
        Source::ProviderFile(id) => file_id = Some(id.as_str()),
        Source::Blocks(_) => return Err(unsayable("a document of blocks")),
    }
    if context.is_some() {
        return Err(unsayable("context of a document"));
    }
    parts.push(Part::InputFile { filename, file_data, file_url, file_id });
    Ok(())
}

/// What a block is, in words for a refusal.
fn name(kind: &BlockKind) -> &'static str {
    match kind {
        BlockKind::Text(_) => "text",
        BlockKind::Cited { .. } => "text with citations",
        BlockKind::Refusal(_) => "a refusal",
        BlockKind::Image { .. } => "an image",
        BlockKind::File { .. } => "a document",
        BlockKind::Audio { .. } => "audio",
        BlockKind::SearchResult { .. } => "a search result",
        BlockKind::ToolCall { .. } => "a tool call",
        BlockKind::ToolResult { .. } => "a tool result",
        BlockKind::Reasoning(_) => "reasoning",
    }
}
