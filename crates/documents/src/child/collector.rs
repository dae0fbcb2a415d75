//! Collects what is read of a document, within the limits of all of it together.

use std::collections::BTreeSet;

use crate::extracted::{Extracted, Label, Part, Unread};
use crate::limits::{PARTS_MAX, PLACE_CHARS_MAX, UNPACKED_BYTES_MAX};

/// What was read so far, and what may still be taken.
pub(crate) struct Collector {
    parts: Vec<Part>,
    unread: BTreeSet<Unread>,
    labels: Vec<Label>,
    text_bytes: usize,
    unpacked_bytes: usize,
    /// How many documents the present one is in.
    pub(crate) depth: usize,
    /// Before every place: `attachment 1, `.
    pub(crate) within: String,
}

impl Collector {
    pub(crate) fn new(text_bytes_max: usize) -> Self {
        Self {
            parts: Vec::new(),
            unread: BTreeSet::new(),
            labels: Vec::new(),
            text_bytes: text_bytes_max,
            unpacked_bytes: UNPACKED_BYTES_MAX,
            depth: 0,
            within: String::new(),
        }
    }

    /// Visible text.
    pub(crate) fn text(&mut self, place: &str, text: impl Into<String>) {
        self.add(place, text.into(), false);
    }

    /// Text that a reader of the document would not see at once.
    pub(crate) fn hidden(&mut self, place: &str, text: impl Into<String>) {
        self.add(place, text.into(), true);
    }

    pub(crate) fn unread(&mut self, what: Unread) {
        self.unread.insert(what);
    }

    pub(crate) fn label(&mut self, label: Label) {
        if self.labels.len() < LABELS_MAX {
            self.labels.push(label);
        }
    }

    /// How much text may still be taken.
    pub(crate) fn text_left(&self) -> usize {
        self.text_bytes
    }

    /// How much may still be unpacked; [`Collector::unpacked`] counts.
    pub(crate) fn unpack_left(&self) -> usize {
        self.unpacked_bytes
    }

    pub(crate) fn unpacked(&mut self, bytes: usize) {
        self.unpacked_bytes = self.unpacked_bytes.saturating_sub(bytes);
    }

    pub(crate) fn finish(self) -> Extracted {
        Extracted { parts: self.parts, unread: self.unread, labels: self.labels }
    }

    fn add(&mut self, place: &str, mut text: String, hidden: bool) {
        if text.trim().is_empty() {
            return;
        }
        if text.len() > self.text_bytes || self.parts.len() >= PARTS_MAX {
            self.unread(Unread::TooLarge);
            let end = (0..=self.text_bytes.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
            text.truncate(end);
            if text.is_empty() || self.parts.len() >= PARTS_MAX {
                return;
            }
        }
        self.text_bytes -= text.len();
        let place =
            format!("{}{place}", self.within).chars().filter(|c| !c.is_control()).take(PLACE_CHARS_MAX).collect();
        self.parts.push(Part { place, text, hidden });
    }
}

const LABELS_MAX: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_beyond_the_limit_is_said_to_be_unread() {
        let mut out = Collector::new(5);
        out.text("a", "abé");
        out.text("b", "éé");
        out.text("c", "x");
        let said = out.finish();
        assert_eq!(said.parts.iter().map(|part| part.text.as_str()).collect::<Vec<_>>(), ["abé", "x"]);
        assert_eq!(said.unread, BTreeSet::from([Unread::TooLarge]));
    }
}
