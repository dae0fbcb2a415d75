//! What the fuzzers reach of the child: its readers of strangers' bytes, without a sandbox.

use super::collector::Collector;
use super::{archive, html, mail, pdf, read, rtf, xml};

/// Reads `bytes` as one kind of document, and whatever they are.
///
/// # Panics
/// When more text was taken than may be.
pub fn read(kind: &str, bytes: &[u8]) {
    let mut out = Collector::new(TEXT_BYTES_MAX);
    match kind {
        "pdf" => pdf::read(bytes, &mut out),
        "office" => archive::read("", bytes, &mut out),
        "html" => html::read(&String::from_utf8_lossy(bytes), &mut out),
        "mail" => mail::read(bytes, &mut out),
        "rtf" => rtf::read(bytes, &mut out),
        "xml" => xml::read(bytes, &mut out),
        _ => read::document("", bytes, &mut out),
    }
    let taken: usize = out.finish().parts.iter().map(|part| part.text.len()).sum();
    assert!(taken <= TEXT_BYTES_MAX, "more text than may be taken");
}

const TEXT_BYTES_MAX: usize = 1 << 20;
