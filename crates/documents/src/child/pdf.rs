//! PDF (ISO 32000-2): the text of pages and forms, and every string and stream beside them.

mod content;
mod font;
mod glyphs;
mod leftovers;

use lopdf::{Dictionary, Document, LoadOptions, Object, Stream};

use super::collector::Collector;
use crate::extracted::Unread;
use crate::limits::{OPERATIONS_MAX, PAGES_MAX};
use content::Canvas;

/// Reads a PDF.
pub(crate) fn read(bytes: &[u8], out: &mut Collector) {
    let options = LoadOptions { max_decompressed_size: Some(out.unpack_left()), ..LoadOptions::default() };
    let document = match Document::load_mem_with_options(bytes, options) {
        Ok(document) => document,
        Err(_) if contains(bytes, b"/Encrypt") => return out.unread(Unread::Encrypted),
        Err(_) => return out.unread(Unread::Other),
    };
    // Some are encrypted with no password at all, and could be read. Who encrypts means that they should not be.
    if document.is_encrypted() || document.was_encrypted() {
        return out.unread(Unread::Encrypted);
    }
    if document.xref_recovery.is_some() {
        // Repaired by guessing: another program may guess another document.
        out.unread(Unread::Other);
    }
    let mut pages = 0;
    let mut canvas = Canvas::new(&document, OPERATIONS_MAX);
    for page in document.page_iter() {
        pages += 1;
        if pages > PAGES_MAX {
            out.unread(Unread::TooLarge);
            break;
        }
        canvas.page(page, &format!("page {pages}"), out);
    }
    if pages == 0 {
        out.unread(Unread::Other);
    }
    leftovers::read(&document, &mut canvas, out);
}

/// A stream without its filters, within what may still be unpacked.
fn unpacked(stream: &Stream, out: &mut Collector) -> Option<Vec<u8>> {
    let left = out.unpack_left();
    match stream.get_plain_content_with_limit(left) {
        Ok(bytes) => {
            out.unpacked(bytes.len());
            Some(bytes)
        }
        Err(lopdf::Error::Decompress(_)) => {
            out.unpacked(left);
            out.unread(Unread::TooLarge);
            None
        }
        Err(_) => {
            out.unread(Unread::Other);
            None
        }
    }
}

/// The name that stands under `key`, or nothing.
fn name<'a>(dictionary: &'a Dictionary, key: &[u8]) -> &'a [u8] {
    dictionary.get(key).and_then(Object::as_name).unwrap_or_default()
}

fn number(object: &Object) -> f32 {
    object.as_float().unwrap_or(0.0)
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}

#[cfg(test)]
mod tests;
