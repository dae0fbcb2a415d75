//! What was read of a document, and what was not.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

/// What a document holds.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extracted {
    /// Its texts, visible and hidden, in the order of the document.
    pub parts: Vec<Part>,
    /// Kinds of content in it that could not be read. Empty: everything was.
    pub unread: BTreeSet<Unread>,
    /// Sensitivity labels in its properties; their names stand in the parts, too.
    pub labels: Vec<Label>,
}

/// One text of a document.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Where it stands: `page 3`, `sheet Staff`, `comments`, `metadata`. Written by whoever made the document.
    pub place: String,
    /// The text.
    pub text: String,
    /// Whether a reader of the document would not see it at once.
    pub hidden: bool,
}

/// A Microsoft sensitivity label (`MSIP_Label_*` in the document's custom properties).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Label {
    /// The label's id in the organisation that gave it.
    pub id: String,
    /// Its name, where the document says it.
    pub name: String,
}

/// Something in a document that could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unread {
    /// Pictures, and pages that are nothing but a picture.
    Image,
    /// Sound and film.
    Audio,
    /// Encrypted content.
    Encrypted,
    /// Content beyond a limit.
    TooLarge,
    /// Anything else: unknown or broken content, programs, fonts without a table of characters.
    Other,
    /// What the file is differs from what its sender said it is.
    Mismatch,
}

impl Extracted {
    /// Whether all of the document was read.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.unread.is_empty()
    }
}

impl fmt::Debug for Extracted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Extracted({} parts, {} labels, unread {:?})", self.parts.len(), self.labels.len(), self.unread)
    }
}

impl fmt::Debug for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Part({} bytes, hidden {})", self.text.len(), self.hidden)
    }
}

impl fmt::Debug for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Label({} bytes)", self.name.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_cannot_be_printed() {
        let part = Part { place: "sesame".into(), text: "sesame".into(), hidden: true };
        let label = Label { id: "sesame".into(), name: "sesame".into() };
        let extracted = Extracted { parts: vec![part], labels: vec![label], unread: BTreeSet::from([Unread::Image]) };
        assert!(!format!("{extracted:?} {:?} {:?}", extracted.parts, extracted.labels).contains("sesame"));
        assert!(!extracted.is_complete());
    }
}
