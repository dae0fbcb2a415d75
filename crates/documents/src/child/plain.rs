//! Bytes as text: UTF-8, UTF-16 with its mark, and for everything else the western code page, which may be wrong.

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};

use super::collector::Collector;
use crate::extracted::Unread;

/// Reads plain text: CSV, Markdown, JSON and their like as they are.
pub(crate) fn read(bytes: &[u8], out: &mut Collector) {
    let text = decode(bytes, out);
    out.text("text", text);
}

/// Text of bytes without a declared encoding. What is neither UTF-8 nor marked UTF-16 is read as Windows-1252, and said
/// to be unread: names in another code page would look like something else.
pub(crate) fn decode(bytes: &[u8], out: &mut Collector) -> String {
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        return decode_as(encoding, bytes, out);
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => {
            out.unread(Unread::Other);
            WINDOWS_1252.decode(bytes).0.into_owned()
        }
    }
}

/// Text of HTML: its mark, its `charset`, UTF-8.
pub(crate) fn decode_html(bytes: &[u8], out: &mut Collector) -> String {
    if Encoding::for_bom(bytes).is_some() || std::str::from_utf8(bytes).is_ok() {
        return decode(bytes, out);
    }
    let start = String::from_utf8_lossy(bytes.get(..DECLARED_WITHIN).unwrap_or(bytes)).to_ascii_lowercase();
    let declared = start.split("charset").nth(1).map(|rest| {
        rest.trim_start_matches([' ', '=', '"', '\''])
            .chars()
            .take_while(|c| c.is_ascii_alphanumeric() || "-_".contains(*c))
    });
    match declared.and_then(|label| Encoding::for_label(label.collect::<String>().as_bytes())) {
        Some(encoding) => decode_as(encoding, bytes, out),
        None => decode(bytes, out),
    }
}

/// Text in a known encoding; bytes that are wrong in it make the text unread.
pub(crate) fn decode_as(encoding: &'static Encoding, bytes: &[u8], out: &mut Collector) -> String {
    let (text, _, wrong) = encoding.decode(bytes);
    if wrong {
        out.unread(Unread::Other);
    }
    text.into_owned()
}

/// XML: UTF-16 by its mark, else UTF-8, which is what Office documents are written in (ECMA-376 part 2, 6.2.5).
pub(crate) fn decode_xml(bytes: &[u8], out: &mut Collector) -> String {
    match Encoding::for_bom(bytes) {
        Some((encoding, _)) => decode_as(encoding, bytes, out),
        None => decode_as(UTF_8, bytes, out),
    }
}

const DECLARED_WITHIN: usize = 2_048;

#[cfg(test)]
mod tests {
    use crate::child::collector::Collector;
    use crate::child::read::document;

    #[track_caller]
    fn check(claim: &str, bytes: &[u8], expected: &str, complete: bool) {
        let mut out = Collector::new(1 << 20);
        document(claim, bytes, &mut out);
        let said = out.finish();
        let texts: Vec<&str> = said.parts.iter().map(|part| part.text.as_str()).collect();
        assert_eq!(texts.join("|"), expected);
        assert_eq!(said.is_complete(), complete, "{:?}", said.unread);
    }

    #[test]
    fn text_is_read_in_its_encoding_or_said_to_be_unread() {
        check("text/csv", "näme,mrn\nJosé,1".as_bytes(), "näme,mrn\nJosé,1", true);
        check("text/plain", b"\xff\xfeJ\0o\0", "Jo", true);
        check("text/plain", b"Jos\xe9", "José", false);
        check("text/plain", b"\xff\xfeJ\0\xd8", "J\u{fffd}", false);
        check("text/html", b"<meta charset=iso-8859-2>\xb3", "\u{142}|iso-8859-2\n", true);
    }

    #[test]
    fn plain_text_that_looks_like_something_else_is_read_as_both() {
        check("text/plain", b"<p>Pat<b>ient</b>", "<p>Pat<b>ient</b>|Patient", true);
    }

    #[test]
    fn what_differs_from_its_claim_stays_unread() {
        check("application/pdf", b"words", "words", false);
        check("application/pdf", b"\0\x01", "", false);
    }
}
