//! Every string and attachment of a call or an answer, with its origin, in one fixed order: what inspection reads and
//! what transformation edits. A string that is missing here would leave uninspected, so the matches have no wildcard arm.


/// Where a piece of content comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Origin {
    /// Instructions of the application.
    System,
    /// The person or program asking.
    User,
    /// An earlier turn of the model, or its answer.
    Assistant,
    /// What a tool returned.
    Tool,
    /// A retrieved document.
    Document,
    /// A file or image that came along.
    Attachment,
    /// Everything else that is text: names, schemas, stop texts, labels.
    Parameter,
}

/// A piece of content with its origin.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Segment<'a> {
    /// Where it comes from.
    pub origin: Origin,
    /// The content.
    pub content: Content<'a>,
}

/// What inspection sees of a segment.
#[derive(Clone, Copy, PartialEq)]
pub enum Content<'a> {
    /// Text.
    Text(&'a str),
    /// Bytes that inspection cannot read as text yet, with their media type.
    Opaque {
        /// For example `image/png`.
        media_type: &'a str,
        /// Size in bytes, decoded.
        bytes: usize,
    },
}

impl std::fmt::Debug for Content<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Content::Text(text) => write!(f, "Text({} bytes)", text.len()),
            Content::Opaque { media_type, bytes } => write!(f, "Opaque({media_type}, {bytes} bytes)"),
        }
    }
}
