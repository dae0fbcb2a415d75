//! Addresses of the net: e-mail, IPv4, IPv6.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::digits::Chain;
use crate::scan::{Mark, Scan};
use crate::text::{Text, is_word};

/// The address around the `@` at `at`.
pub(crate) fn email(scan: &mut Scan<'_>, at: usize) {
    let text = scan.text;
    let mut start = local_start(text, at);
    // Dots and apostrophes before an address belong to the sentence.
    while start < at && matches!(text.at(start), b'.' | b'\'' | b'-' | b'%' | b'+') {
        start += 1;
    }
    let end = domain_end(text, at + 1);
    if start == at || end == at + 1 || text.before(at) == b'.' || !has_top_level(text, at + 1, end) {
        return;
    }
    if is_userinfo(text, start) || text.cut(start, at) == b"git" && text.at(end) == b':' {
        return;
    }
    scan.hit(start, end, "pii.email", 0.95, "email");
}

/// Four numbers up to 255 with dots between, and no version.
pub(crate) fn ip_v4(scan: &mut Scan<'_>, chain: &Chain) {
    let text = scan.text;
    let (start, Some(last)) = (chain.start(), chain.groups().get(3)) else { return };
    if chain.separator(text, 4) != Some(b'.') || chain.lengths(4).any(|length| length > 3) {
        return;
    }
    let before = text.before(start);
    let in_longer = is_word(before) || matches!(before, b'.' | b'-') && is_word(text.before(start - 1));
    let goes_on = is_word(text.at(last.end)) || text.at(last.end) == b'.' && is_word(text.at(last.end + 1));
    let written = std::str::from_utf8(text.cut(start, last.end)).ok();
    let Some(address) = written.and_then(|written| written.parse::<Ipv4Addr>().ok()) else { return };
    let is_nobody = address.is_loopback()
        || address.is_unspecified()
        || address.is_broadcast()
        || address.octets().starts_with(&[255, 255]);
    if in_longer || goes_on || is_nobody || scan.is_marked(Mark::Version, start, 16) {
        return;
    }
    scan.hit(start, last.end, "pii.ip", if address.is_private() { 0.6 } else { 0.85 }, "ip");
}

/// The address around the `:` at `at`, if there is one. Returns up to where the text has been read.
pub(crate) fn ip_v6(scan: &mut Scan<'_>, at: usize) -> usize {
    let text = scan.text;
    let is_part = |byte: u8| byte.is_ascii_hexdigit() || byte == b':';
    if !is_part(text.at(at + 1)) {
        return at + 1;
    }
    let start = text.run_back(at, 5, is_part);
    let mut end = text.run(at, V6_BYTES_MAX, |byte| is_part(byte) || byte == b'.');
    let read = end;
    while end > start && matches!(text.before(end), b'.' | b':') && text.cut(end.saturating_sub(2), end) != b"::" {
        end -= 1;
    }
    let body = text.cut(start, end);
    let colons = body.iter().filter(|byte| **byte == b':').count();
    let digits = body.iter().filter(|byte| byte.is_ascii_digit()).count();
    let is_telling = colons >= 2 && digits >= 1 && body.len() - colons >= 5;
    if is_telling && text.starts_word(start) && text.before(start) != b':' && text.ends_word(end) {
        let address = std::str::from_utf8(body).ok().and_then(|written| written.parse::<Ipv6Addr>().ok());
        if address.is_some_and(|address| !address.is_loopback() && !address.is_unspecified()) {
            scan.hit(start, end, "pii.ip", 0.85, "ip");
        }
    }
    read
}

fn local_start(text: Text<'_>, at: usize) -> usize {
    let is_local = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'%' | b'+' | b'-' | b'\'');
    let mut start = at;
    while start > 0 && at - start < LOCAL_BYTES_MAX {
        if is_local(text.before(start)) {
            start -= 1;
        } else if is_two_byte(text, start.saturating_sub(2)) {
            // Letters such as é and и, but none of the scripts that are written without spaces.
            start -= 2;
        } else {
            break;
        }
    }
    start
}

fn domain_end(text: Text<'_>, from: usize) -> usize {
    let mut end = from;
    while end - from < DOMAIN_BYTES_MAX {
        let byte = text.at(end);
        if byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.' && is_label(text, end + 1) {
            end += 1;
        } else if is_two_byte(text, end) {
            end += 2;
        } else {
            break;
        }
    }
    end
}

fn is_label(text: Text<'_>, at: usize) -> bool {
    text.at(at).is_ascii_alphanumeric() || is_two_byte(text, at)
}

fn is_two_byte(text: Text<'_>, at: usize) -> bool {
    (0xc3..0xe0).contains(&text.at(at))
}

/// A dot, then two letters or more that are no file's ending (`icon@2x.png`).
fn has_top_level(text: Text<'_>, start: usize, end: usize) -> bool {
    let domain = text.cut(start, end);
    let mut labels = domain.rsplit(|byte| *byte == b'.');
    let Some(top) = labels.next() else { return false };
    let is_name = top.len() >= 2 && top.iter().all(|byte| byte.is_ascii_alphabetic() || *byte >= 0x80)
        || top.starts_with(b"xn--");
    labels.next().is_some() && is_name && !FILE_ENDINGS.iter().any(|ending| top.eq_ignore_ascii_case(ending.as_bytes()))
}

/// Whether `start` lies in the credentials of a URL (`https://user:pass@host`), which are their own finding.
fn is_userinfo(text: Text<'_>, start: usize) -> bool {
    let from = text
        .run_back(start, 200, |byte| byte > b' ' && !matches!(byte, b'/' | b'"' | b'\'' | b'<' | b'>' | b'@' | b'?'));
    text.cut(from.saturating_sub(3), from) == b"://"
}

const LOCAL_BYTES_MAX: usize = 64;
const DOMAIN_BYTES_MAX: usize = 253;
/// Eight groups of four, or six and an IPv4 address.
const V6_BYTES_MAX: usize = 45;
const FILE_ENDINGS: &[&str] = &[
    "png", "jpg", "jpeg", "gif", "svg", "webp", "css", "js", "ts", "tsx", "json", "html", "htm", "txt", "rs", "py",
    "local",
];

#[cfg(test)]
mod tests {
    use crate::detect::tests::check;

    #[test]
    fn mail_addresses() {
        check("write to john.doe+x@mail.example.co.uk.", &["pii.email"]);
        check("<o'neil@example.org>", &["pii.email"]);
        check("josé@exämple.de", &["pii.email"]);
        check("邮箱是john@example.com吗", &["pii.email"]);
        check("mailto:a@b.io", &["pii.email"]);
        check("john＠example．com", &["pii.email"]);
        check("jo\u{200b}hn@exam\u{ad}ple.com", &["pii.email"]);
    }

    #[test]
    fn other_uses_of_the_sign_are_not_mail() {
        check("user@localhost, @mention, a@b", &[]);
        check("react@18.2.0 icon@2x.png", &[]);
        check("git@github.com:org/repo.git", &[]);
        check("@media (min-width: 3em)", &[]);
    }

    #[test]
    fn internet_addresses() {
        check("from 203.0.113.9:443", &["pii.ip"]);
        check("host 10.1.2.3.", &["pii.ip"]);
        check("2001:db8::8a2e:370:7334", &["pii.ip"]);
        check("[fe80::1ff:fe23:4567:890a]:80", &["pii.ip"]);
        check("127.0.0.1 0.0.0.0 255.255.255.0 ::1", &[]);
        check("version 1.2.3.4, v1.2.3.4, 1.2.3.4.5", &[]);
        check("999.1.1.1 and 1.2.3", &[]);
        check("std::vec::Vec a::b 12:34:56 dead::beef", &[]);
    }
}
