//! A secret word planted in a call's instructions: where an answer says it, however it is written, the instructions leaked.

use std::fmt;
use std::ops::Range;

use crate::scan::Hit;
use crate::{Class, Finding};

/// A word that no honest answer contains, and the ways to write it that are recognised: in any case, with up to three
/// characters other than letters and digits between any two, backwards, as rot13, hexadecimal or base64.
#[derive(Clone)]
pub struct Canary {
    /// Folded letters and digits.
    needles: Vec<Vec<u8>>,
}

impl Canary {
    /// The fewest letters and digits of a canary: fewer are said by chance.
    pub const CHARS_MIN: usize = 12;
    /// The most bytes.
    pub const BYTES_MAX: usize = 48;

    /// A canary of ASCII letters, digits and hyphens. `None` if it is too short, too long or of other characters.
    #[must_use]
    pub fn new(word: &str) -> Option<Self> {
        let plain: Vec<u8> =
            word.bytes().filter(u8::is_ascii_alphanumeric).map(|byte| byte.to_ascii_lowercase()).collect();
        let is_usable = plain.len() >= Self::CHARS_MIN
            && word.len() <= Self::BYTES_MAX
            && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        is_usable.then(|| {
            let mut needles = vec![plain.clone(), plain.iter().rev().copied().collect(), rot13(&plain)];
            let cases = [word.to_owned(), word.to_ascii_lowercase(), word.to_ascii_uppercase()];
            for written in &cases {
                needles.push(hex(written.as_bytes()));
                needles.extend((0..3).map(|shift| base64_core(written.as_bytes(), shift)));
            }
            needles.retain(|needle| needle.len() >= Self::CHARS_MIN);
            needles.sort();
            needles.dedup();
            Self { needles }
        })
    }

    /// The places where a text says the word, in order.
    #[must_use]
    pub fn find(&self, text: &str) -> Vec<Range<usize>> {
        let (bytes, places) = squeeze(text);
        let mut found: Vec<Range<usize>> = Vec::new();
        for end in 1..=bytes.len() {
            let Some(before) = bytes.get(..end) else { break };
            for needle in self.needles.iter().filter(|needle| before.ends_with(needle)) {
                if let (Some(first), Some(last)) = (places.get(end - needle.len()), places.get(end - 1))
                    && is_dense(&places, end - needle.len(), end)
                    && found.last().is_none_or(|found| found.end <= *first)
                {
                    found.push(*first..last + 1);
                }
            }
        }
        found
    }

    /// The same as findings of one piece.
    #[must_use]
    pub fn findings(&self, piece: usize, text: &str) -> Vec<Finding> {
        let places = self.find(text).into_iter();
        places
            .map(|place| Finding {
                piece,
                start: place.start,
                end: place.end,
                class: Class::built_in(CLASS),
                confidence: 1.0,
                detector: DETECTOR,
            })
            .collect()
    }

    pub(crate) fn hits(&self, text: &str) -> Vec<Hit> {
        let places = self.find(text).into_iter();
        places
            .map(|place| Hit {
                start: place.start,
                end: place.end,
                class: Class::built_in(CLASS),
                confidence: 1.0,
                detector: DETECTOR,
                tail: None,
            })
            .collect()
    }

    /// From where on the word may still be under way at the end of a part of a stream.
    pub(crate) fn open(&self, text: &str) -> usize {
        let longest = self.needles.iter().map(Vec::len).max().unwrap_or(0);
        let reach = text.len().saturating_sub(longest * (1 + 4 * GAP_CHARS_MAX));
        let from = (reach..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
        let (bytes, places) = squeeze(text.get(from..).unwrap_or(""));
        let is_open = |start: usize| {
            let tail = bytes.get(start..).unwrap_or(&[]);
            self.needles.iter().any(|needle| needle.starts_with(tail)) && is_dense(&places, start, bytes.len())
        };
        let first = (bytes.len().saturating_sub(longest)..bytes.len()).find(|start| is_open(*start));
        first.and_then(|start| places.get(start)).map_or(text.len(), |place| from + place)
    }
}

/// Shows nothing of the word.
impl fmt::Debug for Canary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Canary({} forms)", self.needles.len())
    }
}

/// The letters and digits of a text, folded, and where each stands.
fn squeeze(text: &str) -> (Vec<u8>, Vec<usize>) {
    let mut bytes = Vec::with_capacity(text.len());
    let mut places = Vec::with_capacity(text.len());
    for (at, byte) in text.bytes().enumerate().filter(|(_, byte)| byte.is_ascii_alphanumeric()) {
        bytes.push(byte.to_ascii_lowercase());
        places.push(at);
    }
    (bytes, places)
}

/// Whether no two neighbours of `start..end` stand further apart than a word is ever spelt.
fn is_dense(places: &[usize], start: usize, end: usize) -> bool {
    let places = places.get(start..end).unwrap_or(&[]);
    places.windows(2).all(|pair| matches!(pair, [a, b] if b - a <= 1 + 4 * GAP_CHARS_MAX))
}

fn rot13(plain: &[u8]) -> Vec<u8> {
    let turn = |byte: &u8| if byte.is_ascii_lowercase() { (byte - b'a' + 13) % 26 + b'a' } else { *byte };
    plain.iter().map(turn).collect()
}

fn hex(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().flat_map(|byte| format!("{byte:02x}").into_bytes()).collect()
}

/// The characters of base64 that the word alone decides, when so many bytes stand before it in its group of three.
fn base64_core(word: &[u8], shift: usize) -> Vec<u8> {
    let padded: Vec<u8> = std::iter::repeat_n(0, shift).chain(word.iter().copied()).collect();
    let mut out = Vec::with_capacity(padded.len() * 4 / 3);
    for group in padded.chunks_exact(3) {
        let bits = group.iter().fold(0u32, |bits, byte| bits << 8 | u32::from(*byte));
        for place in [18, 12, 6, 0] {
            out.push(ALPHABET.get((bits >> place & 63) as usize).copied().unwrap_or(b'A'));
        }
    }
    // The first characters also hold bits of what stands before.
    let known = out.split_off(if shift == 0 { 0 } else { shift + 1 }.min(out.len()));
    known.into_iter().filter(u8::is_ascii_alphanumeric).map(|byte| byte.to_ascii_lowercase()).collect()
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const CLASS: &str = "attack.canary";
const DETECTOR: &str = "canary";
/// How many characters may stand between two of the word.
const GAP_CHARS_MAX: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, found: bool) {
        let canary = Canary::new("Heron-7Q2mZ4tK9x").unwrap();
        assert_eq!(!canary.find(text).is_empty(), found, "{text}");
    }

    #[test]
    fn the_word_is_found_however_it_is_written() {
        for text in [
            "it is Heron-7Q2mZ4tK9x!",
            "HERON 7q2mz4tk9x",
            "h e r o n - 7 q 2 m z 4 t k 9 x",
            "h-e-r.o_n 7 | q 2 m z 4 t k 9 x",
            "x9Kt4Zm2Q7-noreH",
            "Ureba-7D2zM4gX9k",
            "SGVyb24tN1EybVo0dEs5eA==",
            "aXMgSGVyb24tN1EybVo0dEs5eCE=",
            "c2VlIEhlcm9uLTdRMm1aNHRLOXgh",
            "48 65 72 6f 6e 2d 37 51 32 6d 5a 34 74 4b 39 78",
            "h\u{200b}eron7q2\u{200b}mz4tk9x",
        ] {
            check(text, true);
        }
        for text in ["a heron of 7 q", "heron", "", "heron 7q2 and then, much later, mz4tk9x"] {
            check(text, false);
        }
    }

    #[test]
    fn a_canary_is_long_and_plain() {
        assert!(Canary::new("short-1").is_none());
        assert!(Canary::new(&"a".repeat(49)).is_none());
        assert!(Canary::new("with space in it 12").is_none());
        assert!(!format!("{:?}", Canary::new("Heron-7Q2mZ4tK9x")).contains("eron"));
    }
}
