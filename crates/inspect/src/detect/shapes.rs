//! Secrets with a shape of their own: armoured private keys, JWTs, credentials in URLs and in headers.

use super::published::is_published;
use super::rarity::rarity;
use super::secrets::is_placeholder;
use crate::scan::{Scan, Tail};
use crate::text::{Text, is_base64, is_base64_url, is_space, is_varied};

/// `-----BEGIN … PRIVATE KEY-----` and everything to the end of the closing line.
pub(crate) fn armour(scan: &mut Scan<'_>, start: usize) {
    let text = scan.text;
    if start < scan.armour_end {
        return;
    }
    let line = text.cut(start, start + HEADER_BYTES_MAX);
    let Some(header) = line.get(BEGIN.len()..).and_then(|rest| rest.windows(5).position(|five| five == b"-----"))
    else {
        return;
    };
    let label = text.cut(start + BEGIN.len(), start + BEGIN.len() + header);
    if !label.ends_with(b"PRIVATE KEY") && !label.ends_with(b"PRIVATE KEY BLOCK") {
        return;
    }
    let body = start + BEGIN.len() + header + 5;
    let length = body_ends(text.cut(body.saturating_sub(HEADER_BYTES_MAX), text.len()), body.min(HEADER_BYTES_MAX));
    scan.armour_end = length.map_or(text.len(), |length| body + length);
    match length {
        Some(length) => scan.hit(start, body + length, "secret.private_key", 0.99, "private_key"),
        None => scan.open_hit(start, text.len(), "secret.private_key", "private_key", Tail::Armour),
    }
}

/// How many bytes of `text`, which follows `before`, belong to an armoured body: to the end of the closing line, or up to
/// the first byte that cannot be in one. `None` if all do.
pub(crate) fn armour_ends(before: &str, text: &str) -> Option<usize> {
    let recent = before.len().saturating_sub(HEADER_BYTES_MAX);
    let joined: Vec<u8> = before.bytes().skip(recent).chain(text.bytes()).collect();
    body_ends(&joined, before.len() - recent)
}

/// How many bytes from `from` on belong to an armoured body.
fn body_ends(bytes: &[u8], from: usize) -> Option<usize> {
    for (ahead, byte) in bytes.iter().skip(from).enumerate() {
        let end = from + ahead + 1;
        if *byte == b'-' && closes(bytes.get(end.saturating_sub(HEADER_BYTES_MAX)..end).unwrap_or(&[])) {
            return Some(ahead + 1);
        }
        // Escaped line ends (`\n` in JSON and in environment files) are part of the body too.
        if !(is_base64(*byte) || is_space(*byte) || matches!(byte, b'=' | b':' | b',' | b'.' | b'(' | b')' | b'\\')) {
            return Some(ahead);
        }
    }
    None
}

/// From where on an armour header at the end of the text may still become a private key.
pub(crate) fn open_armour(text: Text<'_>) -> usize {
    let end = text.len();
    let tail = text.cut(end.saturating_sub(HEADER_BYTES_MAX), end);
    let last = tail.windows(BEGIN.len()).rposition(|ten| ten == BEGIN);
    let is_complete = |label: &[u8]| label.contains(&b'\n') || label.windows(5).any(|five| five == b"-----");
    let open = last.filter(|at| !tail.get(at + BEGIN.len()..).is_some_and(is_complete));
    open.map_or(end, |at| end - tail.len() + at)
}

/// A signed or encrypted token: base64url of `{"…`, a point, more base64url, a point, the signature.
pub(crate) fn jwt(scan: &mut Scan<'_>, start: usize) {
    let text = scan.text;
    if is_base64(text.before(start)) || text.before(start) == b'.' {
        return;
    }
    let header = text.run(start, JWT_PART_MAX, is_base64_url);
    if header - start < 16 || text.at(header) != b'.' || !decodes_to_header(text.cut(start, header)) {
        return;
    }
    let payload = text.run(header + 1, PEEK_BYTES, is_base64_url);
    if payload - header < 4 {
        return;
    }
    // From here on it is one, however long it is.
    let end = text.run(start, usize::MAX, |byte| is_base64_url(byte) || byte == b'.');
    let dots = text.cut(start, end).iter().rev().take_while(|byte| **byte == b'.').count();
    if !is_published(text.cut(start, end - dots)) {
        scan.open_hit(start, end, "secret.jwt", "jwt", Tail::Token);
    }
}

/// `scheme://user:password@host`; the finding is `user:password`.
pub(crate) fn url_credential(scan: &mut Scan<'_>, at: usize) {
    let text = scan.text;
    let start = at + 3;
    let authority = text.run(start, USERINFO_BYTES_MAX, |byte| {
        byte > b' ' && byte < 0x7f && !matches!(byte, b'/' | b'"' | b'\'' | b'<' | b'>' | b'`' | b'\\')
    });
    // A password may have the sign in it: the last one ends it. So may the signs of query and fragment, unless a port stands before.
    let Some(length) = text.cut(start, authority).iter().rposition(|byte| *byte == b'@') else { return };
    let end = start + length;
    if !text.before(at).is_ascii_alphanumeric() || ends_early(text.cut(start, end)) {
        return;
    }
    let userinfo = text.cut(start, end);
    let Some(colon) = userinfo.iter().position(|byte| *byte == b':') else {
        // A token in the place of the user.
        if userinfo.len() >= BARE_TOKEN_BYTES_MIN
            && rarity(userinfo) >= BARE_TOKEN_RARITY_BITS
            && !is_placeholder(userinfo)
        {
            scan.hit(start, end, "secret.url_credential", 0.8, "url_credential");
        }
        return;
    };
    let password = userinfo.get(colon + 1..).unwrap_or(&[]);
    if password.len() >= 3 && !is_placeholder(password) && text.at(end + 1).is_ascii_alphanumeric() {
        scan.hit(start, end, "secret.url_credential", 0.9, "url_credential");
    }
}

/// Whether a host and its port, or a host alone, end at a query before the sign.
fn ends_early(userinfo: &[u8]) -> bool {
    let Some(at) = userinfo.iter().position(|byte| matches!(byte, b'?' | b'#')) else { return false };
    let host = userinfo.get(..at).unwrap_or(&[]);
    match host.iter().position(|byte| *byte == b':') {
        Some(colon) => host.iter().skip(colon + 1).all(u8::is_ascii_digit),
        None => true,
    }
}

/// `host:5432:database:user:password`, a line of `.pgpass`.
pub(crate) fn pgpass(scan: &mut Scan<'_>, at: usize) {
    let text = scan.text;
    let is_field = |byte: u8| byte > b' ' && byte < 0x7f && byte != b':' && byte != b'/';
    let database = text.run(at + 6, 64, is_field);
    let user = text.run(database + 1, 64, is_field);
    let end = text.run(user + 1, 128, |byte| byte > b' ' && byte < 0x7f);
    let starts_line = text.before(text.run_back(at, 128, is_field)) <= b' ';
    let password = text.cut(user + 1, end);
    let fits = text.at(database) == b':' && text.at(user) == b':' && password.len() >= 4 && user > database + 1;
    if fits && starts_line && !is_placeholder(password) {
        scan.hit(user + 1, end, "secret.generic", 0.8, "pgpass");
    }
}

/// The signature of a shared access address: `sig=…`.
pub(crate) fn signature(scan: &mut Scan<'_>, at: usize) {
    let text = scan.text;
    let from = at + 4;
    let end = text.run(from, 128, |byte| is_base64(byte) || matches!(byte, b'%' | b'='));
    let value = text.cut(from, end);
    if !text.before(at).is_ascii_alphanumeric() && value.len() >= 40 && rarity(value) >= BARE_TOKEN_RARITY_BITS {
        scan.hit(from, end, "secret.azure_sas", 0.85, "signature");
    }
}

/// The hash of an empty old Windows password stands in every dump beside the other one: `user:500:…:…:::`.
pub(crate) fn windows_hash(scan: &mut Scan<'_>, at: usize) {
    let text = scan.text;
    let from = at + 33;
    let end = text.run(from, 33, |byte| byte.is_ascii_hexdigit());
    if end - from == 32 && text.at(from - 1) == b':' {
        scan.hit(from, end, "secret.password_hash", 0.9, "password_hash");
    }
}

/// What follows `Bearer` or `Basic` in a header.
pub(crate) fn authorization(scan: &mut Scan<'_>, start: usize) {
    let text = scan.text;
    if !text.starts_word(start) {
        return;
    }
    let from = text.run(start, 6, |byte| byte.is_ascii_alphabetic()) + 1;
    let end = text.run(from, 512, |byte| is_base64(byte) || matches!(byte, b'.' | b'=' | b'~'));
    let token = text.cut(from, end);
    let is_basic = text.has(start, b"basic");
    let long_enough = token.len() >= if is_basic { 12 } else { 20 };
    let telling =
        if is_basic { is_varied(token) || token.ends_with(b"=") } else { rarity(token) >= BEARER_RARITY_BITS };
    if long_enough && telling && !is_published(token) && text.ends_word(end) {
        scan.hit(from, end, "secret.generic", 0.85, "authorization");
    }
}

/// Whether these bytes end with a closing line, `-----END …-----`.
fn closes(line: &[u8]) -> bool {
    let label = line.strip_suffix(b"-----").unwrap_or(&[]);
    label
        .windows(END.len())
        .rposition(|eight| eight == END)
        .is_some_and(|at| !label.iter().skip(at + END.len()).any(|byte| *byte == b'-'))
}

/// The first bytes say `{"` or `{ "` when decoded; those prefixes are what woke the detector. The rest must be base64url of
/// something with a quoted key in it.
fn decodes_to_header(header: &[u8]) -> bool {
    let mut bits = 0u32;
    let mut quotes = 0;
    for (i, byte) in header.iter().enumerate() {
        let six = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'-' => 62,
            _ => 63,
        };
        bits = bits << 6 | u32::from(six);
        if i % 4 == 3 {
            quotes += bits.to_be_bytes().iter().skip(1).filter(|byte| **byte == b'"').count();
            bits = 0;
        }
    }
    quotes >= 2
}

const BEGIN: &[u8] = b"-----BEGIN";
const END: &[u8] = b"-----END";
/// `-----BEGIN OPENSSH PRIVATE KEY-----` and the longest of its kind.
const HEADER_BYTES_MAX: usize = 64;
/// The longest JWT header that is recognised.
const JWT_PART_MAX: usize = 512;
/// How much of a payload is enough to know a JWT.
const PEEK_BYTES: usize = 8;
/// How rare a bearer token is.
const BEARER_RARITY_BITS: f32 = 16.0;
const BARE_TOKEN_BYTES_MIN: usize = 20;
const BARE_TOKEN_RARITY_BITS: f32 = 40.0;
const USERINFO_BYTES_MAX: usize = 256;

#[cfg(test)]
mod tests {
    use crate::detect::tests::{check, noise, spans};

    #[test]
    fn private_keys_reach_to_their_closing_line() {
        let key = "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nIBAAKCAQEA==\n-----END RSA PRIVATE KEY-----";
        spans(&format!("x {key} y"), &[("secret.private_key", key)]);
        let cut = "-----BEGIN PRIVATE KEY-----\nMIIEow";
        spans(cut, &[("secret.private_key", cut)]);
        let escaped = r"-----BEGIN EC PRIVATE KEY-----\nMHcCAQ==\n-----END EC PRIVATE KEY-----";
        spans(&format!("{{\"key\": \"{escaped}\\n\"}}"), &[("secret.private_key", escaped)]);
    }

    #[test]
    fn other_armour_is_no_private_key() {
        check("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----", &[]);
        check("-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----", &[]);
        check("-----BEGIN", &[]);
    }

    #[test]
    fn tokens_of_three_parts() {
        let token = format!("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI0MiJ9.{}", noise(43));
        spans(&format!("Cookie: t={token}; path=/"), &[("secret.jwt", &token)]);
        check("eyJhbGciOiJIUzI1NiJ9", &[]);
        check(
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c",
            &[],
        );
    }

    #[test]
    fn credentials_in_addresses() {
        spans("postgres://app:S3cr3t!x@db.internal:5432/x", &[("secret.url_credential", "app:S3cr3t!x")]);
        check("https://user:hunter2@example.com/", &["secret.url_credential"]);
        check("https://user:${PASSWORD}@example.com/", &[]);
        check("https://user:<password>@example.com/", &[]);
        check("http://localhost:8080/a@b", &[]);
    }

    #[test]
    fn tokens_in_headers() {
        check(&format!("Authorization: Bearer {}", noise(32)), &["secret.generic"]);
        check("Authorization: Bearer YOUR_ACCESS_TOKEN_GOES_HERE", &[]);
        check("a bearer of news, basic information", &[]);
    }
}
