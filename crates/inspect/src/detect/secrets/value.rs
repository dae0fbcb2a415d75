//! Whether a value is a secret: by the promise of its name, how it was given, and how unlike ordinary text it is.

use super::name::{Name, Strength};
use super::placeholder::{is_dull, is_placeholder};
use super::sign::{Given, Sign};
use super::{has_any, is_made_up, is_published, is_uuid, rarity};
use crate::text::{Text, is_word};

/// A value and all that its judgement rests on.
pub(super) struct Value<'t> {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) bytes: &'t [u8],
    name: &'t [u8],
    strength: Strength,
    sign: Sign,
    quoted: bool,
    /// One of several pairs between semicolons: a connection string.
    in_pairs: bool,
    /// Given by `=`.
    by_equals: bool,
    /// In quotes that were not closed before a space: a sentence.
    broken: bool,
    /// The byte that follows.
    next: u8,
}

impl<'t> Value<'t> {
    pub(super) fn read(text: Text<'t>, name: &Name, given: Given) -> Self {
        let from = given.from;
        let in_query = matches!(text.before(name.start), b'?' | b'&');
        let stop = text.run(from, BYTES_MAX + 1, |byte| match given.quote {
            Some(quote) => byte > b' ' && byte < 0xe0 && byte != quote && byte != 0x7f,
            None => {
                byte > b' '
                    && byte < 0xe0
                    && !matches!(byte, b'"' | b'\'' | b'`' | b'<' | b'>' | b',' | b';' | 0x7f)
                    && !(in_query && matches!(byte, b'&' | b'#'))
            }
        });
        let in_pairs = text.cut(name.start.saturating_sub(2), name.start).contains(&b';');
        let by_equals = text.cut(name.end, from).contains(&b'=');
        let broken = given.quote.is_some_and(|quote| text.at(stop) != quote);
        let end = from + trimmed(text.cut(from, stop), given.quote.is_some());
        Self {
            start: from,
            end,
            bytes: text.cut(from, end),
            name: text.cut(name.start, name.end),
            strength: name.strength,
            sign: given.sign,
            quoted: given.quote.is_some(),
            in_pairs,
            by_equals,
            broken,
            next: text.at(stop),
        }
    }

    /// How sure it is that this is a secret; `None` if it is not to be told.
    pub(super) fn confidence(&self) -> Option<f32> {
        let bytes = self.bytes;
        if bytes.len() < BYTES_MIN
            || bytes.len() > BYTES_MAX
            || is_placeholder(bytes)
            || is_published(bytes)
            || is_number(bytes)
            || self.looks_like_code()
            || self.sign == Sign::Compared && !self.quoted
        {
            return None;
        }
        match self.strength {
            Strength::Password => self.password(),
            Strength::Secret => self.secret(),
            Strength::Weak => self.weak(),
        }
    }

    fn password(&self) -> Option<f32> {
        let bytes = self.bytes;
        if bytes.iter().all(u8::is_ascii_digit) {
            let is_given = self.quoted && !self.broken || self.sign == Sign::Equals && self.ends_line();
            return (bytes.len() >= 6 && is_given && !is_made_up(bytes)).then_some(0.6);
        }
        if is_made_up(bytes) {
            return None;
        }
        let rare = rarity(bytes);
        match self.sign {
            Sign::Said => {
                let has_digit = bytes.iter().any(u8::is_ascii_digit);
                let is_chosen = has_digit && (rare >= 4.0 || bytes.len() >= 8) || rare >= 12.0;
                (is_mixed(bytes) && is_chosen && !is_dull(bytes)).then(|| sure(rare, 0.65))
            }
            _ if self.broken => (is_human(bytes) && rare >= 4.0).then(|| sure(rare, 0.6)),
            _ if self.quoted || matches!(self.sign, Sign::Element | Sign::Option) => {
                (rare >= 7.0 || is_human(bytes)).then(|| sure(rare, 0.75))
            }
            // In code a bare word is a variable; alone on its line or in an address it is a value.
            _ if rare >= 14.0 => Some(sure(rare, 0.7)),
            _ => (is_human(bytes) && (self.ends_line() || has_sign(bytes))).then_some(0.65),
        }
    }

    fn secret(&self) -> Option<f32> {
        let bytes = self.bytes;
        let rare = rarity(bytes);
        let needs = match self.sign {
            Sign::Said => 30.0,
            Sign::Compared | Sign::Called => 18.0,
            _ if self.broken => 40.0,
            _ => 14.0,
        };
        let has_letters = bytes.iter().any(u8::is_ascii_alphabetic);
        let said_enough = self.sign != Sign::Said || bytes.iter().any(u8::is_ascii_digit) && bytes.len() >= 12;
        if bytes.len() < SECRET_BYTES_MIN || !has_letters || is_made_up(bytes) || !said_enough {
            return None;
        }
        if is_uuid(bytes) {
            return (self.sign != Sign::Said).then_some(0.6);
        }
        (rare >= needs).then(|| sure(rare, 0.7))
    }

    fn weak(&self) -> Option<f32> {
        let bytes = self.bytes;
        let is_seed = has_any(self.name, &[b"salt", b"nonce", b"sig"]);
        let (length, needs) = if is_seed { (8, 16.0) } else { (16, 30.0) };
        // A digest as the key of a map is no secret; one that is assigned in quotes may be.
        let is_hex = bytes.iter().all(u8::is_ascii_hexdigit) && !(self.by_equals && self.quoted && bytes.len() >= 32);
        let given = !matches!(self.sign, Sign::Said | Sign::Compared) && !self.broken;
        let varied = bytes.iter().any(u8::is_ascii_digit) && bytes.iter().any(u8::is_ascii_alphabetic);
        (given
            && bytes.len() >= length
            && (varied || is_seed)
            && (is_seed || !is_hex)
            && !is_uuid(bytes)
            && !is_made_up(bytes)
            && rarity(bytes) >= needs)
            .then_some(0.55)
    }

    /// Calls, members, paths, addresses and templates.
    fn looks_like_code(&self) -> bool {
        let bytes = self.bytes;
        let first = bytes.first().copied().unwrap_or(0);
        if has_any(bytes, TEMPLATES)
            || bytes.starts_with(b"/") && bytes.iter().filter(|byte| **byte == b'/').count() > 1
        {
            return true;
        }
        if self.quoted {
            return false;
        }
        let is_call = bytes.iter().position(|byte| matches!(byte, b'(' | b'[')).is_some_and(|at| {
            at > 0
                && bytes
                    .get(..at)
                    .unwrap_or(&[])
                    .iter()
                    .all(|byte| is_word(*byte) || matches!(byte, b'.' | b':' | b'>' | b'-'))
        });
        let is_member = bytes.iter().all(|byte| is_word(*byte) || matches!(byte, b'.' | b'?' | b'!'))
            && bytes.split(|byte| *byte == b'.').count() > 1
            && bytes.split(|byte| *byte == b'.').all(|part| rarity(part) < 14.0);
        is_call
            || is_member
            || self.next == b'('
            || matches!(
                first,
                b'*' | b'#' | b'%' | b'^' | b'~' | b'\\' | b'.' | b'&' | b'@' | b'!' | b'|' | b'-' | b'(' | b'{' | b'['
            ) && (self.strength != Strength::Password || rarity(bytes) < 20.0)
            || has_any(bytes, CODE)
    }

    fn ends_line(&self) -> bool {
        self.in_pairs || matches!(self.next, b'\n' | b'\r' | 0 | b'<' | b' ' | b'\\' | b'"' | b'\'' | b'`')
    }
}

/// The confidence of a value that is `rare` bits unlike ordinary text, from `least` up.
fn sure(rare: f32, least: f32) -> f32 {
    let share = (rare / CERTAIN_BITS).clamp(0.0, 1.0);
    least + (CONFIDENCE_MAX - least) * share
}

/// Without the punctuation that ends a sentence, closes a bracket or begins the next pair of an address: how long the value is.
fn trimmed(run: &[u8], quoted: bool) -> usize {
    let mut length = run.len();
    if !quoted {
        let pair = run.iter().enumerate().position(|(at, byte)| *byte == b'&' && begins_pair(run.get(at + 1..)));
        length = pair.unwrap_or(length);
    }
    // An escaped quote or line end (`\"`, `\n`) closes it, too.
    let escape = run.windows(2).position(|two| matches!(two, b"\\n" | b"\\r" | b"\\\"" | b"\\'"));
    length = escape.filter(|_| !quoted).map_or(length, |at| at.min(length));
    while let Some(last) = length.checked_sub(1).and_then(|at| run.get(at)) {
        if *last == b'\\' || !quoted && matches!(last, b'.' | b',' | b')' | b']' | b'}' | b':' | b'|') {
            length -= 1;
        } else {
            break;
        }
    }
    length
}

/// `name=` after an ampersand.
fn begins_pair(rest: Option<&[u8]>) -> bool {
    let rest = rest.unwrap_or(&[]);
    let word = rest.iter().take_while(|byte| is_word(**byte)).count();
    word > 0 && rest.get(word) == Some(&b'=')
}

/// As people make passwords: letters with digits or signs, and not the words that stand for any password.
fn is_human(value: &[u8]) -> bool {
    value.len() >= 6 && is_mixed(value) && !is_dull(value) && !value.contains(&b'/') && !is_name_like(value)
}

/// A version, a number with its unit, an object identifier.
fn is_number(value: &[u8]) -> bool {
    let letters = value.iter().filter(|byte| byte.is_ascii_alphabetic()).count();
    let numbers = value
        .iter()
        .filter(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'^' | b'~' | b'=' | b'<' | b'>' | b'*'))
        .count();
    let has_sign = value.iter().any(|byte| matches!(byte, b'.' | b'^' | b'~'));
    letters + numbers == value.len()
        && (letters == 0 && has_sign || letters <= 1 && value.len() < 8 || letters <= 2 && value.len() <= 5)
}

/// Letters, and digits or signs.
fn is_mixed(value: &[u8]) -> bool {
    let letters = value.iter().any(|byte| byte.is_ascii_alphabetic() || !byte.is_ascii());
    letters && (value.iter().any(u8::is_ascii_digit) || has_sign(value))
}

fn has_sign(value: &[u8]) -> bool {
    value.iter().any(|byte| matches!(byte, b'!' | b'@' | b'#' | b'$' | b'%' | b'^' | b'&' | b'*' | b'?' | b'+' | b'~'))
}

/// Several words joined by the same sign (`db-password-1`, `user_pass_2`): a name, not a password.
fn is_name_like(value: &[u8]) -> bool {
    let joints = value.iter().filter(|byte| matches!(byte, b'-' | b'_' | b'.')).count();
    joints >= 1 && !has_sign(value) && rarity(value) < 8.0
}

/// The longest value.
pub(super) const BYTES_MAX: usize = 512;
const BYTES_MIN: usize = 4;
const SECRET_BYTES_MIN: usize = 8;
/// From so many bits on nothing is left to doubt.
const CERTAIN_BITS: f32 = 60.0;
const CONFIDENCE_MAX: f32 = 0.95;
const TEMPLATES: &[&[u8]] =
    &[b"${", b"{{", b"}}", b"<%", b"#{", b"%(", b"$(", b"://", b"{0}", b"{1}", b"{}", b"process.env", b"os.environ"];
const CODE: &[&[u8]] =
    &[b"::", b"->", b"=>", b"()", b"self.", b"this.", b"$_", b"args.", b"env.", b"config.", b"[\"", b"['", b"[\\"];
