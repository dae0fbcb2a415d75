//! Every string and attachment of a call or an answer, with its origin, in one fixed order: what inspection reads and
//! what transformation edits. A string that is missing here would leave uninspected, so the matches have no wildcard arm.
//!
//! Not here: the model alias (a destination is asked for its own model), the numbers of the format itself, and numbers of
//! at most four digits in a caller's own JSON.

mod walk;

use crate::answer::Answer;
use crate::call::Call;

/// The media type of signatures and sealed reasoning: bytes that only the destination that made them can read.
pub const SEALED_MEDIA_TYPE: &str = "application/x-sealed-reasoning";
/// The media type of what is not in the call: an address that the provider would fetch, a file that it keeps. Its size
/// is 0, because it is unknown.
pub const ELSEWHERE_MEDIA_TYPE: &str = "application/x-kept-elsewhere";
/// The media type of long lists of numbers in unmodelled fields, which could be a prompt in token ids. Its size is how
/// many they are.
pub const NUMBERS_MEDIA_TYPE: &str = "application/x-numbers";
/// More numbers than this in one unmodelled field are opaque content.
const NUMBERS_MAX: usize = 16;

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
        /// The bytes themselves as base64, where they are in the call: whoever can read documents finds them here.
        base64: Option<&'a str>,
    },
}

impl std::fmt::Debug for Content<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Content::Text(text) => write!(f, "Text({} bytes)", text.len()),
            Content::Opaque { media_type, bytes, .. } => write!(f, "Opaque({media_type}, {bytes} bytes)"),
        }
    }
}

impl Call {
    /// Everything that a destination could see of this call, in a fixed order.
    pub fn segments(&self) -> Vec<Segment<'_>> {
        let mut found = walk::Reading::default();
        walk::read::call(self, &mut found);
        found.segments
    }

    /// Hands each text that may be changed to `edit`, with its place in [`Call::segments`] and its origin. Opaque
    /// content, JSON keys, numbers and paths are passed over.
    pub fn edit(&mut self, edit: &mut dyn FnMut(usize, Origin, &mut String)) {
        walk::edit::call(self, &mut walk::Editing::new(edit));
    }
}

impl Answer {
    /// Everything of this answer that its caller could see, in a fixed order.
    pub fn segments(&self) -> Vec<Segment<'_>> {
        let mut found = walk::Reading::default();
        walk::read::answer(self, &mut found);
        found.segments
    }

    /// Hands each text that may be changed to `edit`, with its place in [`Answer::segments`] and its origin.
    pub fn edit(&mut self, edit: &mut dyn FnMut(usize, Origin, &mut String)) {
        walk::edit::answer(self, &mut walk::Editing::new(edit));
    }
}

/// How many bytes `text` stands for as standard base64 with padding; `None` when it is something else.
pub fn base64_len(text: &str) -> Option<usize> {
    let alphabet = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/';
    let digits = text.trim_end_matches('=');
    let padding = text.len() - digits.len();
    let whole = text.len().is_multiple_of(4) && padding <= 2;
    (whole && digits.bytes().all(alphabet)).then_some(digits.len() * 3 / 4)
}
