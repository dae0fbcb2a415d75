//! Secrets by their name: `password = "…"`, `api_key: …`, `the password is …`, and what command lines and calls are given.

mod calls;
mod command;
mod hashes;
mod name;
mod placeholder;
mod sign;
mod value;

use super::published::{is_made_up, is_published};
use super::rarity::rarity;
use super::services::is_uuid;
use crate::scan::{Mark, Scan};
use crate::text::{Text, is_base64, is_word};

pub(crate) use calls::{CALLS, call};
pub(crate) use command::{PROGRAMS, Program, option, program};
pub(crate) use hashes::{HASHES, hash};
pub(crate) use name::{KEYWORDS, Keyword};
pub(super) use placeholder::is_placeholder;

use name::{Name, Strength};
use sign::Sign;
use value::Value;

/// The value that belongs to a name such as `password` or `api_key`, whose keyword stands at `start`.
pub(crate) fn assignment(scan: &mut Scan<'_>, start: usize, keyword: &'static Keyword) {
    let text = scan.text;
    let Some(name) = name::read(text, start, keyword) else { return };
    let Some(given) = sign::given(text, &name) else {
        near(scan, &name);
        return;
    };
    if given.sign == Sign::Said && !name.spoken {
        return;
    }
    let mut value = Value::read(text, &name, given);
    let mut confidence = value.confidence();
    // `getenv("TOKEN", "…")`, `process.env.TOKEN || "…"`, `${TOKEN:-…}`: what stands in for it.
    if confidence.is_none()
        && let Some(given) = sign::fallback(text, given)
    {
        value = Value::read(text, &name, given);
        confidence = value.confidence();
    }
    let Some(confidence) = confidence else {
        if value.bytes.is_empty() || given.sign == Sign::Called {
            near(scan, &name);
        }
        return;
    };
    let is_aws = value.bytes.len() == 40
        && value.bytes.iter().all(|byte| is_base64(*byte))
        && (scan.is_marked(Mark::Aws, value.start, AWS_PAIR_BYTES)
            || scan.is_marked_after(Mark::Aws, value.end, AWS_PAIR_BYTES));
    let class = if is_aws { "secret.aws_secret_key" } else { "secret.generic" };
    scan.hit(value.start, value.end, class, confidence, "assignment");
}

/// A telling name without a sign: the first long random value close behind it.
fn near(scan: &mut Scan<'_>, name: &Name) {
    let text = scan.text;
    if name.strength == Strength::Weak {
        return;
    }
    let mut at = name.end;
    while at < name.end + NEAR_BYTES {
        let from = text.run(at, NEAR_BYTES, |byte| !is_base64(byte) && byte != 0 && byte != b'\n');
        let end = text.run(from, value::BYTES_MAX, |byte| is_base64(byte) || matches!(byte, b'.' | b'='));
        if end == from || from > name.end + NEAR_BYTES {
            break;
        }
        let value = text.cut(from, end);
        if is_clearly_random(value) && !matches!(text.at(end), b'(' | b'[') && !is_in_path(text, from) {
            scan.hit(from, end, "secret.generic", 0.6, "near");
            return;
        }
        at = end + 1;
    }
    if scan.whole {
        behind(scan, name);
    }
}

/// The same right before the name, as in `<input value="…" name="api_key">`. Never in a stream, where that is released already.
fn behind(scan: &mut Scan<'_>, name: &Name) {
    let text = scan.text;
    let end = text.run_back(name.start, BEHIND_BYTES, |byte| !is_base64(byte) && byte != b'\n' || byte == b'-');
    let word = text.run_back(end, BEHIND_BYTES, |byte| byte.is_ascii_lowercase());
    // Past the label of the name: `" name="`.
    let end = if end - word > 0 && end - word <= 5 { text.run_back(word, 8, |byte| !is_base64(byte)) } else { end };
    let from = text.run_back(end, value::BYTES_MAX, |byte| is_base64(byte) || matches!(byte, b'.' | b'='));
    if is_clearly_random(text.cut(from, end)) && !is_in_path(text, from) {
        scan.hit(from, end, "secret.generic", 0.55, "near");
    }
}

/// Random beyond doubt, without the help of a name and a sign.
fn is_clearly_random(value: &[u8]) -> bool {
    value.len() >= CLEAR_BYTES_MIN
        && value.iter().any(u8::is_ascii_digit)
        && value.iter().any(u8::is_ascii_alphabetic)
        && !value.iter().all(|byte| byte.is_ascii_hexdigit() || *byte == b'-')
        && rarity(value) >= CLEAR_RARITY_BITS
        && !is_uuid(value)
        && !is_made_up(value)
        && !is_published(value)
        && !is_placeholder(value)
}

/// Addresses and paths hold ids of all kinds.
fn is_in_path(text: Text<'_>, from: usize) -> bool {
    matches!(text.before(from), b'/' | b'@' | b'#' | b'.' | b':') && is_word(text.before(from.saturating_sub(1)))
}

/// Whether any of the words (lower case) stands at the beginning of the bytes or up to 96 bytes on, whatever their case. What
/// tells that a value is none stands early, and reading all of a long one would cost as much as all detectors together.
pub(super) fn has_any(bytes: &[u8], words: &[&[u8]]) -> bool {
    let head = bytes.get(..HEAD_BYTES).unwrap_or(bytes);
    let has = |word: &&[u8]| {
        let Some(first) = word.first() else { return false };
        let (lower, upper) = (*first, first.to_ascii_uppercase());
        memchr::memchr2_iter(lower, upper, head)
            .any(|at| head.get(at..at + word.len()).is_some_and(|here| here.eq_ignore_ascii_case(word)))
    };
    words.iter().any(has)
}

/// How near an access key id makes a secret of 40 characters its pair.
const AWS_PAIR_BYTES: usize = 160;
/// How far behind a name without a sign its value may begin.
const NEAR_BYTES: usize = 48;
const HEAD_BYTES: usize = 96;
/// How far before a name its value may end.
const BEHIND_BYTES: usize = 16;
const CLEAR_BYTES_MIN: usize = 20;
const CLEAR_RARITY_BITS: f32 = 60.0;

#[cfg(test)]
mod tests;
