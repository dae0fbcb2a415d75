//! Undoes encodings where a candidate stands: escapes in place, and runs of base64 or hexadecimal as a whole.

use std::ops::Range;

use crate::text::{Text, is_base64};
use crate::view::{Rewrite, View};

/// Stretches of text around escapes, with the escapes undone. Escapes: `%41`, `&#65;`, `&#x41;`, `&commat;`,
/// `\u0041`, `\u{41}`, `\x41`.
pub(crate) fn escapes(text: &str) -> Vec<View<'_>> {
    let mut views = Vec::new();
    let mut cluster: Option<(Range<usize>, Vec<Escape>)> = None;
    let mut done = 0;
    for at in memchr::memchr3_iter(b'%', b'&', b'\\', text.as_bytes()) {
        if at < done {
            continue;
        }
        let Some(escape) = escape(text, at) else { continue };
        done = escape.place.end;
        match &mut cluster {
            Some((window, list)) if at <= window.end => {
                window.end = done + AROUND_ESCAPE;
                list.push(escape);
            }
            _ => {
                views.extend(cluster.take().and_then(|(window, list)| undo(text, window, &list)));
                cluster = Some((at.saturating_sub(AROUND_ESCAPE)..done + AROUND_ESCAPE, vec![escape]));
            }
        }
    }
    views.extend(cluster.take().and_then(|(window, list)| undo(text, window, &list)));
    views
}

/// A run of encoded bytes: what it says if it is text, or that nobody can read it.
pub(crate) enum Run {
    /// It decodes to text.
    Text(String, Range<usize>),
    /// It is long and does not decode to text.
    Unreadable(Range<usize>),
}

/// Reads the run of base64 or hexadecimal at `place` (found by [`run_at`]).
pub(crate) fn read_run(text: Text<'_>, place: Range<usize>) -> Option<Run> {
    let run = text.cut(place.start, place.end);
    let is_hex = run.iter().all(|byte| byte.is_ascii_hexdigit() || is_break(*byte));
    if is_hex && let Some(read) = as_text(hex(run)) {
        return Some(Run::Text(read, place));
    }
    let is_base32 = run.iter().all(|byte| matches!(byte, b'A'..=b'Z' | b'2'..=b'7' | b'=') || is_break(*byte));
    if is_base32 && let Some(read) = as_text(base32(run)) {
        return Some(Run::Text(read, place));
    }
    // A path or a word may be glued to the front: also try what follows the last separator.
    let tails = run.iter().enumerate().filter(|(_, byte)| matches!(byte, b'/' | b'-' | b'_')).map(|(i, _)| i + 1);
    for from in std::iter::once(0).chain(tails.take(SEPARATORS_MAX)) {
        if place.len() - from < RUN_MIN {
            break;
        }
        if let Some(read) = as_text(base64(text.cut(place.start + from, place.end))) {
            return Some(Run::Text(read, place.start + from..place.end));
        }
    }
    let longest_line = run.split(|byte| is_break(*byte)).map(<[u8]>::len).max().unwrap_or(0);
    let lines_of_digests = is_hex && longest_line <= DIGEST_HEX_MAX;
    (place.len() >= UNREADABLE_MIN && !lines_of_digests && varies(run)).then_some(Run::Unreadable(place))
}

/// The whole run of encoded bytes around `at`, if it is long enough to be worth decoding. With `wrapped`, lines of
/// equal width count as one run.
pub(crate) fn run_at(text: Text<'_>, at: usize, max: usize, wrapped: bool) -> Range<usize> {
    let start = text.run_back(at, max, is_base64);
    let mut end = text.run(at, max, is_base64);
    let width = end - start;
    while wrapped && width >= WRAP_MIN && end - start < max {
        let next = end + usize::from(text.at(end) == b'\r') + 1;
        if !is_break(text.at(end)) || text.at(next - 1) != b'\n' {
            break;
        }
        let line = text.run(next, width + 1, is_base64);
        if line == next || line - next > width {
            break;
        }
        end = line;
        if line - next < width {
            break;
        }
    }
    start..text.run(end, 2, |byte| byte == b'=')
}

struct Escape {
    place: Range<usize>,
    text: String,
}

fn undo<'t>(text: &'t str, window: Range<usize>, list: &[Escape]) -> Option<View<'t>> {
    let start = floor_boundary(text, window.start);
    let end = floor_boundary(text, window.end.min(text.len()));
    let mut rewrite = Rewrite::new(text.get(start..end)?, start);
    for escape in list {
        rewrite.replace(escape.place.start - start, escape.place.end - start, &escape.text);
    }
    (!rewrite.is_untouched()).then(|| rewrite.finish())
}

fn escape(text: &str, at: usize) -> Option<Escape> {
    let bytes = Text::new(text);
    match (bytes.at(at), bytes.at(at + 1)) {
        (b'%', first) if first.is_ascii_hexdigit() => percent(bytes, at),
        (b'&', b'#') => entity_number(bytes, at),
        (b'&', first) if first.is_ascii_alphabetic() => entity_name(bytes, at),
        (b'\\', b'u' | b'U') if bytes.at(at + 2) == b'{' => braced(bytes, at),
        (b'\\', b'u') => utf16(bytes, at),
        (b'\\', b'x') => one(at..at + 4, hex_value(bytes.cut(at + 2, at + 4), 2)?),
        _ => None,
    }
}

/// One character of UTF-8 in percent escapes.
fn percent(text: Text<'_>, at: usize) -> Option<Escape> {
    let mut raw = Vec::with_capacity(4);
    while raw.len() < 4 && text.at(at + raw.len() * 3) == b'%' {
        let from = at + raw.len() * 3 + 1;
        raw.push(u8::try_from(hex_value(text.cut(from, from + 2), 2)?).ok()?);
        if let Ok(read) = std::str::from_utf8(&raw) {
            return Some(Escape { place: at..from + 2, text: read.to_owned() });
        }
    }
    None
}

fn entity_number(text: Text<'_>, at: usize) -> Option<Escape> {
    let is_hex = matches!(text.at(at + 2), b'x' | b'X');
    let from = at + 2 + usize::from(is_hex);
    let end = text.run(from, ENTITY_DIGITS_MAX, |byte| byte.is_ascii_hexdigit() && (is_hex || byte.is_ascii_digit()));
    let digits = std::str::from_utf8(text.cut(from, end)).ok()?;
    let value = u32::from_str_radix(digits, if is_hex { 16 } else { 10 }).ok()?;
    one(at..end + usize::from(text.at(end) == b';'), value)
}

fn entity_name(text: Text<'_>, at: usize) -> Option<Escape> {
    let (name, c) = ENTITIES.iter().find(|(name, _)| text.cut(at + 1, at + 1 + name.len()) == name.as_bytes())?;
    one(at..at + 1 + name.len(), *c as u32)
}

fn braced(text: Text<'_>, at: usize) -> Option<Escape> {
    let end = text.run(at + 3, 6, |byte| byte.is_ascii_hexdigit());
    if text.at(end) != b'}' {
        return None;
    }
    one(at..end + 1, u32::from_str_radix(std::str::from_utf8(text.cut(at + 3, end)).ok()?, 16).ok()?)
}

fn utf16(text: Text<'_>, at: usize) -> Option<Escape> {
    let high = hex_value(text.cut(at + 2, at + 6), 4)?;
    if !(0xd800..0xdc00).contains(&high) {
        return one(at..at + 6, high);
    }
    let low = hex_value(text.cut(at + 8, at + 12), 4).filter(|low| (0xdc00..0xe000).contains(low))?;
    let pair = text.cut(at + 6, at + 8) == b"\\u";
    pair.then(|| one(at..at + 12, 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00))).flatten()
}

fn one(place: Range<usize>, value: u32) -> Option<Escape> {
    char::from_u32(value).filter(|c| *c != '\0').map(|c| Escape { place, text: c.to_string() })
}

fn hex_value(digits: &[u8], width: usize) -> Option<u32> {
    if digits.len() != width || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

/// Decodes either alphabet, also mixed, padded or not, over line breaks: what a lenient reader would accept.
fn base64(run: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(run.len() / 4 * 3 + 3);
    let (mut bits, mut have) = (0u32, 0u32);
    for byte in run {
        let six = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            b'=' => break,
            byte if is_break(*byte) => continue,
            _ => return None,
        };
        bits = bits << 6 | u32::from(six);
        have += 6;
        if have >= 8 {
            have -= 8;
            out.push((bits >> have & 0xff) as u8);
        }
    }
    Some(out)
}

/// RFC 4648, section 6.
fn base32(run: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(run.len() / 8 * 5 + 5);
    let (mut bits, mut have) = (0u32, 0u32);
    for byte in run {
        let five = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'2'..=b'7' => byte - b'2' + 26,
            _ => continue,
        };
        bits = bits << 5 | u32::from(five);
        have += 5;
        if have >= 8 {
            have -= 8;
            out.push((bits >> have & 0xff) as u8);
        }
    }
    Some(out)
}

fn hex(run: &[u8]) -> Option<Vec<u8>> {
    let digits: Vec<u8> = run.iter().copied().filter(u8::is_ascii_hexdigit).collect();
    digits.chunks(2).map(|pair| hex_value(pair, 2).and_then(|value| u8::try_from(value).ok())).collect()
}

/// The bytes as text, if they are: UTF-8 (or UTF-16, little endian) and hardly any control characters.
pub(crate) fn as_text(bytes: Option<Vec<u8>>) -> Option<String> {
    let bytes = bytes.filter(|bytes| bytes.len() >= TEXT_MIN)?;
    let zeros = bytes.iter().skip(1).step_by(2).filter(|byte| **byte == 0).count();
    let text = if zeros * 4 > bytes.len() {
        let units: Vec<u16> =
            bytes.chunks_exact(2).map(|pair| u16::from_le_bytes(pair.try_into().unwrap_or_default())).collect();
        String::from_utf16(&units).ok()?
    } else {
        String::from_utf8(bytes).or_else(cut_short).ok()?
    };
    let odd = text.chars().filter(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')).count();
    (odd * 20 <= text.len()).then_some(text)
}

/// Text whose last character is cut off is text still.
fn cut_short(error: std::string::FromUtf8Error) -> Result<String, std::string::FromUtf8Error> {
    let valid = error.utf8_error().valid_up_to();
    if error.as_bytes().len() - valid >= 4 {
        return Err(error);
    }
    let mut bytes = error.into_bytes();
    bytes.truncate(valid);
    String::from_utf8(bytes)
}

/// A real payload uses many symbols; a ruler of dashes or a row of one letter does not.
fn varies(run: &[u8]) -> bool {
    let mut seen: u128 = 0;
    for byte in run {
        seen |= 1 << (byte & 0x7f);
    }
    seen.count_ones() >= 12
}

fn is_break(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n')
}

/// Where an escape that is not complete may begin at the end of the text.
pub(crate) fn open_escape(text: Text<'_>) -> Option<usize> {
    let end = text.len();
    let start = end.saturating_sub(ESCAPE_BYTES_MAX);
    text.cut(start, end).iter().position(|byte| matches!(byte, b'%' | b'&' | b'\\')).map(|at| start + at)
}

fn floor_boundary(text: &str, at: usize) -> usize {
    (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

/// The shortest run that is decoded: 24 characters hold 18 bytes.
pub(crate) const RUN_MIN: usize = 24;
/// The longest hexadecimal line that is taken for a digest.
const DIGEST_HEX_MAX: usize = 128;
/// From how many bytes on an undecodable run is reported as unreadable. Longer than signatures of 2048-bit keys.
const UNREADABLE_MIN: usize = 512;
/// Lines of at least so many characters may continue on the next.
const WRAP_MIN: usize = 40;
/// How much text around an escape is looked at with it: more than any detector's context.
const AROUND_ESCAPE: usize = 256;
const ENTITY_DIGITS_MAX: usize = 8;
/// `&ZeroWidthSpace;`, and four percent escapes of one character, are the longest.
const ESCAPE_BYTES_MAX: usize = 16;
const SEPARATORS_MAX: usize = 4;
/// Fewer decoded bytes than this are text by chance.
const TEXT_MIN: usize = 12;

/// The named entities that can stand inside something worth finding.
const ENTITIES: &[(&str, char)] = &[
    ("amp;", '&'),
    ("lt;", '<'),
    ("gt;", '>'),
    ("quot;", '"'),
    ("apos;", '\''),
    ("nbsp;", ' '),
    ("commat;", '@'),
    ("period;", '.'),
    ("colon;", ':'),
    ("sol;", '/'),
    ("lowbar;", '_'),
    ("hyphen;", '-'),
    ("dash;", '-'),
    ("equals;", '='),
    ("plus;", '+'),
    ("ZeroWidthSpace;", '\u{200b}'),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let views = escapes(text);
        assert_eq!(views.first().map_or(text, |view| view.text.as_ref()), expected, "{text}");
    }

    #[test]
    fn escapes_are_undone_in_place() {
        check("john%40example.com", "john@example.com");
        check("caf%C3%A9", "café");
        check("&#106;&#x6f;hn&commat;x &amp; y", "john@x & y");
        check(r"\u006aohn \x40 \u{1f600}", "john @ 😀");
        check(r"\ud83d\ude00", "😀");
        check("100% sure & fine \\n", "100% sure & fine \\n");
        check(r"\ud83d alone %zz %C3", r"\ud83d alone %zz %C3");
    }

    #[test]
    fn distant_escapes_are_looked_at_apart() {
        let text = format!("%41{}%42", "x".repeat(1000));
        let views = escapes(&text);
        assert_eq!(views.len(), 2);
        assert!(views.iter().all(|view| view.text.len() < 300));
        assert_eq!(views[1].source(view_end(&views[1])), 1003..1006);
    }

    fn view_end(view: &View<'_>) -> Range<usize> {
        view.text.len() - 1..view.text.len()
    }

    fn run(text: &str, expected: Option<&str>) {
        let place = run_at(Text::new(text), 2, 100_000, true);
        let read = read_run(Text::new(text), place).map(|run| match run {
            Run::Text(text, _) => text,
            Run::Unreadable(_) => "?".to_owned(),
        });
        assert_eq!(read.as_deref(), expected, "{text}");
    }

    #[test]
    fn runs_are_read_when_they_are_text() {
        run("am9obi5kb2VAZXhhbXBsZS5jb20gaXMgbWU=", Some("john.doe@example.com is me"));
        run("6a6f686e2e646f65406578616d706c652e636f6d", Some("john.doe@example.com"));
        run("NJXWQ3ROMRXWKQDFPBQW24DMMUXGG33N", Some("john.doe@example.com"));
        run("path/am9obi5kb2VAZXhhbXBsZS5jb20gaXMgbWU", Some("john.doe@example.com is me"));
        run("d41d8cd98f00b204e9800998ecf8427e", None);
        run("internationalizationlocalization", None);
    }

    #[test]
    fn wrapped_lines_are_one_run() {
        let line = "QWxsIHdvcmsgYW5kIG5vIHBsYXkgbWFrZXMgSmFjayBhIGR1bGwgYm95LiBB";
        let text = format!("{line}\r\nbGwgd29yaw==\nnext");
        run(&text, Some("All work and no play makes Jack a dull boy. All work"));
    }

    #[test]
    fn long_noise_is_unreadable() {
        let noise: String = (0..600u32)
            .map(|i| {
                char::from(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghij0123456789+/"[(i * i * 7919 + i * 31) as usize % 48])
            })
            .collect();
        run(&noise, Some("?"));
        run(&"-".repeat(600), None);
    }
}
