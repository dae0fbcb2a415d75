//! One document, or one within another: by what it is.

use super::collector::Collector;
use super::{archive, html, mail, pdf, plain, rtf, xml};
use crate::extracted::Unread;
use crate::kind::{self, Kind, essence};
use crate::limits::DEPTH_MAX;

/// Reads a document that its sender calls `claim`.
pub(crate) fn document(claim: &str, bytes: &[u8], out: &mut Collector) {
    let kind = kind::of(claim, bytes);
    if !kind::fits(claim, kind) {
        out.unread(Unread::Mismatch);
    }
    match kind {
        Kind::Pdf => pdf::read(bytes, out),
        Kind::Zip => archive::read(claim, bytes, out),
        Kind::Rtf => {
            as_written(claim, bytes, out);
            rtf::read(bytes, out);
        }
        Kind::Html => {
            as_written(claim, bytes, out);
            html::read(&plain::decode_html(bytes, out), out);
        }
        Kind::Mail => {
            as_written(claim, bytes, out);
            mail::read(bytes, out);
        }
        Kind::Xml => {
            as_written(claim, bytes, out);
            xml::read(bytes, out);
        }
        Kind::Text => plain::read(bytes, out),
        Kind::Compound if has_encrypted_package(bytes) => out.unread(Unread::Encrypted),
        Kind::Compound | Kind::Unknown => out.unread(Unread::Other),
        Kind::Image => out.unread(Unread::Image),
        Kind::Audio => out.unread(Unread::Audio),
    }
}

/// Reads a document that is in another.
pub(crate) fn nested(name: &str, claim: &str, bytes: &[u8], out: &mut Collector) {
    if out.depth >= DEPTH_MAX {
        out.unread(Unread::TooLarge);
        return;
    }
    let within = out.within.clone();
    out.within = format!("{within}{name}, ");
    out.depth += 1;
    document(claim, bytes, out);
    out.depth -= 1;
    out.within = within;
}

/// What is sent as plain text is read as plain text by others, whatever it looks like: both readings count.
fn as_written(claim: &str, bytes: &[u8], out: &mut Collector) {
    let claim = essence(claim);
    if claim.starts_with("text/") && !matches!(claim.as_str(), "text/html" | "text/rtf" | "text/xml") {
        plain::read(bytes, out);
    }
}

/// An encrypted Office document is a compound file with a stream of this name ([MS-OFFCRYPTO] 2.3), in UTF-16.
fn has_encrypted_package(bytes: &[u8]) -> bool {
    let name: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
    bytes.windows(name.len()).any(|window| window == name)
}
