//! Every limit of reading documents, in one place.

use serde::{Deserialize, Serialize};

/// Bounds on one document. [`Limits::default`] gives the documented values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Bytes of a document; a larger one is not read. Default 16 MiB.
    pub bytes_max: usize,
    /// Bytes of text taken out of one document; what is beyond counts as unread. Default 8 MiB.
    pub text_bytes_max: usize,
    /// Milliseconds for one document, its turn not included; then its child is killed. Default 10,000.
    pub time_ms: u64,
    /// Milliseconds that a document waits for its turn. Default 5,000.
    pub wait_ms: u64,
    /// Address space of a child in bytes, the program itself included. Default 1 GiB.
    pub memory_bytes: u64,
    /// Children at a time; zero reads no documents. Default 2.
    pub children: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes_max: 16 << 20,
            text_bytes_max: 8 << 20,
            time_ms: 10_000,
            wait_ms: 5_000,
            memory_bytes: 1 << 30,
            children: 2,
        }
    }
}

/// Documents in documents: an attachment in a mail in an attachment. One deeper is unread.
pub(crate) const DEPTH_MAX: usize = 3;
/// Texts of one document.
pub(crate) const PARTS_MAX: usize = 8_192;
/// Characters of a place's name; longer ones are cut.
pub(crate) const PLACE_CHARS_MAX: usize = 100;
/// Files in one archive.
pub(crate) const ENTRIES_MAX: usize = 10_000;
/// Bytes that everything compressed in one document may unpack to, nested documents included.
pub(crate) const UNPACKED_BYTES_MAX: usize = 128 << 20;
/// Pages of one PDF.
pub(crate) const PAGES_MAX: usize = 5_000;
/// Drawing operators of one PDF, forms counted each time they are drawn.
pub(crate) const OPERATIONS_MAX: usize = 5_000_000;
/// Forms that draw forms, in a PDF.
pub(crate) const FORM_DEPTH_MAX: usize = 12;
/// Objects in objects, in a PDF.
pub(crate) const OBJECT_DEPTH_MAX: usize = 40;
/// Elements in elements, in XML; groups in groups, in RTF.
pub(crate) const NESTING_MAX: usize = 2_000;
/// Bytes that a child may answer: text as JSON, where one byte takes six at most.
pub(crate) const ANSWER_BYTES_MAX: usize = 64 << 20;
/// Bytes of the first words between parent and child.
pub(crate) const WORDS_BYTES_MAX: usize = 64 << 10;
