//! The text of a key: `pck_<environment>_<id>_<secret>_<checksum>`.
//!
//! The checksum lets a secret scanner tell a leaked key from a lookalike, and lets us refuse a mistyped one before any
//! cryptography. It is no protection.

use std::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::{fresh, options::KEY_TEXT_BYTES_MAX};

const PREFIX: &str = "pck";
/// Length of the public id: 12 base62 characters.
const ID_CHARS: usize = 12;
/// Length of the secret: 28 base62 characters, 166 bits.
const SECRET_CHARS: usize = 28;
/// Length of the checksum: a CRC-32 in 6 base62 characters.
const CHECKSUM_CHARS: usize = 6;
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A key, as its owner uses it. Wiped from memory when dropped; `Debug` does not show it.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct KeyText(String);

/// The parts of a well-formed key.
pub(crate) struct Parts<'a> {
    pub(crate) id: &'a str,
    pub(crate) secret: &'a str,
}

impl KeyText {
    /// The key itself, to be shown once.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// A fresh key.
    pub(crate) fn fresh(environment: &str) -> Self {
        let mut text = String::with_capacity(KEY_TEXT_BYTES_MAX);
        text.push_str(PREFIX);
        text.push('_');
        text.push_str(environment);
        text.push('_');
        push_random(ID_CHARS, &mut text);
        text.push('_');
        push_random(SECRET_CHARS, &mut text);
        let checksum = checksum(&text);
        text.push('_');
        text.extend(checksum.map(char::from));
        Self(text)
    }
}

impl fmt::Debug for KeyText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyText({} bytes)", self.0.len())
    }
}

/// Takes a key apart. `None` if it is not a key of this environment.
pub(crate) fn parse<'a>(text: &'a str, environment: &str) -> Option<Parts<'a>> {
    if text.len() > KEY_TEXT_BYTES_MAX {
        return None;
    }
    let (checked, found) = text.rsplit_once('_')?;
    let mut parts = checked.split('_');
    let (prefix, word, id, secret) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let whole = parts.next().is_none() && prefix == PREFIX && word == environment;
    let lengths = id.len() == ID_CHARS && secret.len() == SECRET_CHARS && found.len() == CHECKSUM_CHARS;
    let letters = id.bytes().chain(secret.bytes()).all(|byte| byte.is_ascii_alphanumeric());
    (whole && lengths && letters && found.as_bytes() == checksum(checked)).then_some(Parts { id, secret })
}

/// Whether a word may stand for the environment in keys.
pub(crate) fn is_environment(word: &str) -> bool {
    (1..=8).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

fn checksum(text: &str) -> [u8; CHECKSUM_CHARS] {
    let mut rest = crc32fast::hash(text.as_bytes());
    let mut digits = [b'0'; CHECKSUM_CHARS];
    for digit in digits.iter_mut().rev() {
        *digit = ALPHABET.get((rest % 62) as usize).copied().unwrap_or(b'0');
        rest /= 62;
    }
    digits
}

/// Appends `count` characters, each of the 62 equally likely.
fn push_random(count: usize, out: &mut String) {
    let mut left = count;
    while left > 0 {
        let mut bytes = fresh::random::<32>();
        for byte in bytes {
            // 62 does not divide 256: the last 8 values would favour the first characters.
            if byte < 248 && left > 0 {
                out.push(char::from(ALPHABET.get(usize::from(byte % 62)).copied().unwrap_or(b'0')));
                left -= 1;
            }
        }
        bytes.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fresh_key_is_well_formed_and_like_no_other() {
        let key = KeyText::fresh("live");
        let other = KeyText::fresh("live");
        let (parts, others) = (parse(key.expose(), "live").unwrap(), parse(other.expose(), "live").unwrap());
        assert_ne!(parts.id, others.id);
        assert_ne!(parts.secret, others.secret);
        assert!(key.expose().len() <= KEY_TEXT_BYTES_MAX);
    }

    #[test]
    fn any_changed_character_makes_it_malformed() {
        let key = KeyText::fresh("live");
        for at in 0..key.expose().len() {
            for new in ["A", "b", "_", "-", "é"] {
                let mut bad = key.expose().to_owned();
                bad.replace_range(at..=at, new);
                assert!(bad == key.expose() || parse(&bad, "live").is_none(), "at {at}: {new}");
            }
        }
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let key = KeyText::fresh("live");
        assert!(parse(key.expose(), "test").is_none());
        for bad in ["", "_", "pck_live", "pck_live___", &"_".repeat(95), &"a".repeat(10_000)] {
            assert!(parse(bad, "live").is_none());
        }
        assert!(parse(&format!(" {}", key.expose()), "live").is_none());
        assert!(parse(&format!("{}\n", key.expose()), "live").is_none());
    }

    #[test]
    fn a_key_is_not_printed() {
        let key = KeyText::fresh("live");
        assert_eq!(format!("{key:?}"), format!("KeyText({} bytes)", key.expose().len()));
    }

    #[test]
    fn the_checksum_is_crc32_in_base62() {
        // CRC-32 of "123456789" is 0xcbf43926 = 3421780262, the check value of its definition.
        assert_eq!(&checksum("123456789"), b"3jZRME");
    }
}
