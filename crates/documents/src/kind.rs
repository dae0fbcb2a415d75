//! What a file is, by its first bytes; what its sender says only chooses among kinds of text.

/// A kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Pdf,
    /// A zip archive: which document it is, its content types say.
    Zip,
    /// The older Microsoft container; encrypted newer documents are one, too.
    Compound,
    Rtf,
    Html,
    Xml,
    Mail,
    Text,
    Image,
    Audio,
    Unknown,
}

/// What `bytes` are. `claim` is the media type that their sender gave.
pub(crate) fn of(claim: &str, bytes: &[u8]) -> Kind {
    if let Some((_, kind)) = SIGNATURES.iter().find(|(signature, _)| bytes.starts_with(signature)) {
        return *kind;
    }
    if bytes.starts_with(b"RIFF") {
        return if bytes.get(8..12) == Some(b"WEBP") { Kind::Image } else { Kind::Audio };
    }
    if bytes.get(4..8) == Some(b"ftyp") {
        return Kind::Audio;
    }
    if !is_text(bytes) {
        return Kind::Unknown;
    }
    let claim = essence(claim);
    match claim.as_str() {
        "text/html" | "application/xhtml+xml" => return Kind::Html,
        "message/rfc822" => return Kind::Mail,
        _ => {}
    }
    let start: Vec<u8> = bytes.iter().copied().filter(|byte| *byte != 0).take(SNIFFED_BYTES).collect();
    let start = String::from_utf8_lossy(&start).trim_start_matches(['\u{feff}', '\u{fffd}']).to_ascii_lowercase();
    let start = start.trim_start();
    if HTML.iter().any(|tag| start.starts_with(tag)) {
        Kind::Html
    } else if start.starts_with("<?xml") || start.starts_with("<svg") {
        if start.contains("<html") { Kind::Html } else { Kind::Xml }
    } else if is_mail(start) {
        Kind::Mail
    } else {
        Kind::Text
    }
}

/// Whether a file that its sender calls `claim` may be of `kind`. A claim that says nothing fits all.
pub(crate) fn fits(claim: &str, kind: Kind) -> bool {
    let claim = essence(claim);
    if matches!(claim.as_str(), "" | "application/octet-stream" | "binary/octet-stream" | "application/x-download") {
        return true;
    }
    match kind {
        Kind::Pdf => claim == "application/pdf" || claim == "application/x-pdf",
        // Which document it is gets compared once its content types are known.
        Kind::Zip => claim.contains("officedocument") || claim.contains("macroenabled"),
        Kind::Compound => claim.contains("msword") || claim.contains("ms-"),
        Kind::Rtf => claim == "application/rtf" || claim == "text/rtf",
        Kind::Image => claim.starts_with("image/"),
        Kind::Audio => claim.starts_with("audio/") || claim.starts_with("video/"),
        Kind::Html | Kind::Xml | Kind::Mail | Kind::Text => {
            let textual = ["json", "xml", "yaml", "javascript", "x-sh", "csv", "toml", "sql"];
            (claim.starts_with("text/") && claim != "text/rtf")
                || claim.starts_with("message/")
                || textual.iter().any(|kind| claim.starts_with("application/") && claim.contains(kind))
                    && !claim.contains("officedocument")
        }
        Kind::Unknown => false,
    }
}

/// A media type without its parameters, in small letters.
pub(crate) fn essence(media_type: &str) -> String {
    media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// UTF-16 with a mark of its byte order, or bytes without control characters.
fn is_text(bytes: &[u8]) -> bool {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return true;
    }
    let is_control =
        |byte: &u8| (*byte < 0x20 && !matches!(*byte, b'\t' | b'\n' | b'\r' | 0x0c | 0x1b)) || *byte == 0x7f;
    !bytes.iter().any(is_control)
}

/// Whether a text in small letters begins with the headers of a mail.
fn is_mail(start: &str) -> bool {
    let mut known = 0;
    for line in start.lines().take(HEADER_LINES) {
        if line.is_empty() {
            break;
        }
        let Some((name, _)) = line.split_once(':') else {
            if line.starts_with([' ', '\t']) {
                continue;
            }
            return false;
        };
        if line.starts_with([' ', '\t']) {
            continue;
        }
        if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
            return false;
        }
        known += usize::from(MAIL_HEADERS.contains(&name));
    }
    known >= 2
}

const SIGNATURES: &[(&[u8], Kind)] = &[
    (b"%PDF-", Kind::Pdf),
    (b"PK\x03\x04", Kind::Zip),
    (b"PK\x05\x06", Kind::Zip),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Kind::Compound),
    (b"{\\rtf", Kind::Rtf),
    (b"\x89PNG", Kind::Image),
    (b"\xff\xd8\xff", Kind::Image),
    (b"GIF8", Kind::Image),
    (b"II*\0", Kind::Image),
    (b"MM\0*", Kind::Image),
    (b"\x01\0\0\0", Kind::Image),
    (b"\xd7\xcd\xc6\x9a", Kind::Image),
    (b"OggS", Kind::Audio),
    (b"fLaC", Kind::Audio),
    (b"\x1aE\xdf\xa3", Kind::Audio),
];
const HTML: &[&str] =
    &["<!doctype html", "<html", "<head", "<body", "<!--", "<div", "<p>", "<table", "<meta", "<title"];
const MAIL_HEADERS: &[&str] = &[
    "from",
    "to",
    "subject",
    "date",
    "received",
    "return-path",
    "mime-version",
    "message-id",
    "delivered-to",
    "content-type",
    "reply-to",
    "cc",
    "bcc",
    "x-mailer",
];
const SNIFFED_BYTES: usize = 4_096;
const HEADER_LINES: usize = 60;

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(claim: &str, bytes: &[u8], expected: Kind) {
        assert_eq!(of(claim, bytes), expected, "{claim} {:?}", String::from_utf8_lossy(bytes));
    }

    #[test]
    fn content_says_what_a_file_is() {
        check("text/plain", b"%PDF-1.7\n", Kind::Pdf);
        check("application/pdf", b"PK\x03\x04", Kind::Zip);
        check("image/png", b"{\\rtf1 a}", Kind::Rtf);
        check("application/pdf", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Kind::Compound);
        check("text/plain", b"\x89PNG\r\n", Kind::Image);
        check("text/plain", b"RIFF\0\0\0\0WEBPVP8", Kind::Image);
        check("text/plain", b"a\0b", Kind::Unknown);
        check("application/pdf", b" %PDF-1.7", Kind::Text);
    }

    #[test]
    fn texts_are_told_apart() {
        check("", b"name,mrn\nA,1\n", Kind::Text);
        check("", b"\xef\xbb\xbf  <!DOCTYPE html><p>a", Kind::Html);
        check("text/html", b"just words", Kind::Html);
        check("", b"<?xml version='1.0'?><a/>", Kind::Xml);
        check("", b"From: a@b.example\r\nSubject: hi\r\n\r\nbody", Kind::Mail);
        check("", b"From: here on, all is lost.\nSo it is.", Kind::Text);
        check("text/plain", b"\xff\xfea\0b\0", Kind::Text);
    }

    #[test]
    fn a_claim_that_differs_does_not_fit() {
        assert!(fits("application/pdf; version=1.7", Kind::Pdf));
        assert!(fits("", Kind::Pdf) && fits("application/octet-stream", Kind::Rtf));
        assert!(!fits("text/plain", Kind::Pdf) && !fits("image/png", Kind::Pdf) && !fits("application/pdf", Kind::Zip));
        assert!(
            fits("text/csv", Kind::Text)
                && fits("application/json", Kind::Text)
                && !fits("application/pdf", Kind::Text)
        );
    }
}
