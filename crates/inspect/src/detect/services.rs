//! Secrets without a prefix of their own: the name of the service, a word such as *key* or *token*, and a value of the right shape.

mod table;

use super::published::{is_made_up, is_published};
use super::rarity::rarity;
use super::secrets::has_any;
use crate::scan::Scan;
use crate::text::{Text, is_space, is_word};

pub(crate) use table::SERVICES;

/// A service by the word that texts use for it, its class, and what its secrets look like.
pub(crate) struct Service {
    pub(crate) word: &'static str,
    pub(crate) class: &'static str,
    shapes: &'static [Shape],
}

/// The shape of a value. Lengths are in bytes.
#[derive(Clone, Copy)]
enum Shape {
    /// Hexadecimal digits, in so many bytes.
    Hex(usize),
    /// Letters and digits of either case, from and to so many bytes.
    Alnum(usize, usize),
    /// The same, and `-`, `_`, `.`, `:`, `/`, `+`, `=`.
    Signs(usize, usize),
    /// `8-4-4-4-12` hexadecimal digits.
    Uuid,
}

/// Looks for a value after the name of a service at `start`.
pub(crate) fn service(scan: &mut Scan<'_>, start: usize, service: &Service) {
    let text = scan.text;
    let name_end = start + service.word.len();
    if text.before(start).is_ascii_lowercase() && text.at(start).is_ascii_lowercase() {
        return;
    }
    let mut at = name_end;
    let mut values = 0;
    while at < name_end + REACH_BYTES && values < VALUES_MAX {
        let from = text.run(at, REACH_BYTES, |byte| !is_value(byte) && byte != 0);
        let end = text.run(from, VALUE_BYTES_MAX, is_value);
        if end == from || from > name_end + REACH_BYTES {
            return;
        }
        if end - from >= VALUE_BYTES_MIN {
            values += 1;
            // `key=value` and `/path/value` are one run: the value is its last part.
            for (part_from, part_end) in parts(text, from, end) {
                if part_from > name_end && service.fits(text, start, part_from, part_end) {
                    scan.hit(part_from, part_end, service.class, CONFIDENCE, "service");
                    return;
                }
            }
        }
        at = end + 1;
    }
}

impl Service {
    fn fits(&self, text: Text<'_>, start: usize, from: usize, end: usize) -> bool {
        let value = text.cut(from, end);
        value.len() >= VALUE_BYTES_MIN
            && self.shapes.iter().any(|shape| shape.fits(value))
            && !is_made_up(value)
            && !is_published(value)
            && !is_digest(text, from)
            && (has_any(text.cut(start.saturating_sub(BEFORE_BYTES), start), TELLING)
                || has_any(text.cut(start, start + HALF_BYTES), TELLING)
                || has_any(text.cut(start + HALF_BYTES, from), TELLING))
    }
}

impl Shape {
    fn fits(self, value: &[u8]) -> bool {
        let is_alnum = value.iter().all(u8::is_ascii_alphanumeric);
        let mixed = value.iter().any(u8::is_ascii_digit) && value.iter().any(u8::is_ascii_alphabetic);
        match self {
            Self::Hex(length) => value.len() == length && mixed && value.iter().all(u8::is_ascii_hexdigit),
            Self::Alnum(min, max) => {
                is_alnum && (min..=max).contains(&value.len()) && rarity(value) >= RARITY_BITS_MIN && mixed
            }
            Self::Signs(min, max) => {
                (min..=max).contains(&value.len())
                    && mixed
                    && rarity(value) >= RARITY_BITS_MIN
                    && !is_uuid(value)
                    && !value.contains(&b'/')
            }
            Self::Uuid => is_uuid(value),
        }
    }
}

/// `8-4-4-4-12` hexadecimal digits.
pub(super) fn is_uuid(value: &[u8]) -> bool {
    value.len() == 36
        && value.iter().enumerate().all(|(i, byte)| match i {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// The run itself, what follows its first `=` or `:`, and what follows its last `/`.
fn parts(text: Text<'_>, from: usize, end: usize) -> impl Iterator<Item = (usize, usize)> {
    let run = text.cut(from, end);
    let body_end = end - run.iter().rev().take_while(|byte| matches!(byte, b'.' | b':' | b'/')).count();
    let after = |at: Option<usize>| at.map(|at| (from + at + 1, body_end));
    let sign = after(run.iter().position(|byte| matches!(byte, b'=' | b':')));
    let path = after(run.iter().rposition(|byte| *byte == b'/'));
    [Some((from, body_end)), sign, path].into_iter().flatten()
}

/// Whether a digest's name stands right before the value: `sha256:…`, `md5-…`, `@…`, `#…`.
fn is_digest(text: Text<'_>, from: usize) -> bool {
    let before = text.cut(from.saturating_sub(12), from);
    matches!(text.before(from), b'@' | b'#')
        || has_any(before, &[b"sha", b"md5", b"commit", b"rev", b"etag", b"digest"])
}

fn is_value(byte: u8) -> bool {
    is_word(byte) || matches!(byte, b'-' | b'.' | b':' | b'/' | b'+' | b'=' | b'~') && !is_space(byte)
}

/// How far behind the name of a service its value may begin.
const REACH_BYTES: usize = 110;
/// How far before the name a telling word may stand.
const BEFORE_BYTES: usize = 40;
/// Half of the way, as much as is looked through for words at once.
const HALF_BYTES: usize = 64;
const VALUE_BYTES_MIN: usize = 14;
const VALUE_BYTES_MAX: usize = 200;
/// So many long words are tried after a name.
const VALUES_MAX: usize = 3;
const RARITY_BITS_MIN: f32 = 30.0;
const CONFIDENCE: f32 = 0.8;
/// Words that say that a value near them is a secret.
const TELLING: &[&[u8]] = &[
    b"key",
    b"token",
    b"secret",
    b"auth",
    b"passw",
    b"credential",
    b"bearer",
    b"webhook",
    b"pat",
    b"access",
    b"license",
];
