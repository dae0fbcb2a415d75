//! Exact data match: whether a text holds values of the organisation's own records, known here only by salted hashes.
//!
//! An [`Index`] is built offline from the values of one column (customer numbers, names, licence plates) and a key. It keeps
//! the first eight bytes of an HMAC-SHA256 of each value, sorted, behind filters of a quick keyed hash, and no value. Whoever
//! has index *and* key can still try values out, as with any salted hash: keep the key as a secret, and index nothing that
//! can be guessed at leisure without it. Values are compared as words, so case, punctuation, spaces and compatibility forms
//! do not matter, and groups of digits are one number. A match depends on the words after it, so a stream has none:
//! under strict screening the whole answer is inspected.

pub(crate) mod filter;
pub(crate) mod sip;
pub(crate) mod words;

use std::fmt;
use std::ops::Range;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::{Zeroize, ZeroizeOnDrop};

use filter::Filter;
use sip::siphash;
use words::{Words, join};

/// The salt of an index: 32 random bytes, kept as a secret beside it.
#[derive(Clone, PartialEq, Eq, ZeroizeOnDrop)]
pub struct Key([u8; 32]);

/// Values of one column, as hashes. About eleven bytes of memory a value.
#[derive(Clone, PartialEq, Eq)]
pub struct Index {
    salt: Salt,
    /// The most words in a value.
    words_max: usize,
    first_words: Filter,
    values: Filter,
    /// Sorted, each once.
    tags: Vec<u64>,
}

/// What became of the values that an index was built from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Built {
    /// Different values in the index.
    pub kept: usize,
    /// Values left out: fewer than [`Index::VALUE_CHARS_MIN`] letters and digits, which would be found everywhere, or more
    /// than [`Index::WORDS_MAX`] words.
    pub left_out: usize,
}

/// Why stored bytes are no index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// Not written by [`Index::to_bytes`], or cut short.
    #[error("these bytes are no index, or not all of one; build it again")]
    Malformed,
    /// The index was built with another key.
    #[error("the index was built with another key; give that key, or build it again with this one")]
    OtherKey,
}

/// The key, made ready for both hashes.
#[derive(Clone)]
pub(crate) struct Salt {
    mac: Hmac<Sha256>,
    quick: (u64, u64),
}

impl Key {
    /// A key from 32 random bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl Index {
    /// Fewer letters and digits than this are in every text.
    pub const VALUE_CHARS_MIN: usize = 5;
    /// More words are a text and not a value: see [`crate::fingerprint`].
    pub const WORDS_MAX: usize = 8;

    /// Builds an index of values. The same values and key give the same index, in whatever order they come.
    #[must_use]
    pub fn build<'v>(key: &Key, values: impl IntoIterator<Item = &'v str>) -> (Self, Built) {
        let salt = Salt::new(key);
        let (mut found, mut first, mut built, mut words_max) = (Vec::new(), Vec::new(), Built::default(), 0);
        for value in values {
            let words = Words::of_value(value);
            let mut joined = String::new();
            (0..words.len()).for_each(|i| join(&mut joined, words.word(i)));
            let letters = joined.chars().filter(|c| *c != ' ').count();
            if letters < Self::VALUE_CHARS_MIN || words.len() > Self::WORDS_MAX {
                built.left_out += 1;
                continue;
            }
            words_max = words_max.max(words.len());
            first.push(salt.quick(joined.split(' ').next().unwrap_or("").as_bytes()));
            found.push((salt.tag(joined.as_bytes()), salt.quick(joined.as_bytes())));
        }
        found.sort_unstable();
        found.dedup();
        first.sort_unstable();
        first.dedup();
        built.kept = found.len();
        let index = Self {
            salt,
            words_max,
            first_words: Filter::new(first.into_iter()),
            values: Filter::new(found.iter().map(|(_, quick)| *quick).collect::<Vec<_>>().into_iter()),
            tags: found.into_iter().map(|(tag, _)| tag).collect(),
        };
        (index, built)
    }

    /// How many different values there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.tags.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tags.is_empty()
    }

    /// Memory in use, in bytes.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        self.tags.len() * 8 + self.first_words.memory_bytes() + self.values.memory_bytes()
    }

    /// The index as bytes to keep. The key is not in them.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.memory_bytes() + 64);
        out.extend(MAGIC);
        out.extend(self.salt.tag(MAGIC).to_le_bytes());
        out.extend((self.words_max as u64).to_le_bytes());
        self.first_words.write(&mut out);
        self.values.write(&mut out);
        out.extend((self.tags.len() as u64).to_le_bytes());
        self.tags.iter().for_each(|tag| out.extend(tag.to_le_bytes()));
        out
    }

    /// An index from kept bytes.
    ///
    /// # Errors
    /// When they are no index, or one of another key.
    pub fn from_bytes(key: &Key, bytes: &[u8]) -> Result<Self, Unreadable> {
        let salt = Salt::new(key);
        let rest = bytes.strip_prefix(MAGIC).ok_or(Unreadable::Malformed)?;
        let (check, rest) = number(rest)?;
        if check != salt.tag(MAGIC) {
            return Err(Unreadable::OtherKey);
        }
        let (words_max, rest) = number(rest)?;
        let (first_words, rest) = Filter::read(rest).ok_or(Unreadable::Malformed)?;
        let (values, rest) = Filter::read(rest).ok_or(Unreadable::Malformed)?;
        let (count, rest) = number(rest)?;
        let tags: Vec<u64> = rest.chunks_exact(8).map(|tag| number(tag).map_or(0, |(tag, _)| tag)).collect();
        let is_whole = rest.len().is_multiple_of(8) && tags.len() as u64 == count && tags.is_sorted();
        let words_max = usize::try_from(words_max).ok().filter(|max| *max <= Self::WORDS_MAX);
        match words_max {
            Some(words_max) if is_whole => Ok(Self { salt, words_max, first_words, values, tags }),
            _ => Err(Unreadable::Malformed),
        }
    }

    /// Where values stand in a normalised text: the longest at each word, and none inside another.
    pub(crate) fn find(&self, words: &Words) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        let mut i = 0;
        while i < words.len() && !self.tags.is_empty() {
            match self.longest(words, i) {
                Some(count) => {
                    found.push(words.place(i..i + count));
                    i += count;
                }
                None => i += 1,
            }
        }
        found
    }

    /// Different for different indexes, and the same for the same.
    pub(crate) fn digest(&self) -> u64 {
        self.tags
            .iter()
            .fold(self.salt.tag(MAGIC), |sum, tag| (sum ^ tag).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(31))
    }

    /// How many words the longest value that begins at word `i` has.
    fn longest(&self, words: &Words, i: usize) -> Option<usize> {
        let is_number = words.word(i).bytes().all(|byte| byte.is_ascii_digit());
        if !is_number && !self.first_words.may_hold(self.salt.quick(words.word(i).as_bytes())) {
            return None;
        }
        // A number may stand in groups where the record has it in one.
        let reach = self.words_max + if is_number { GROUPS_MAX } else { 0 };
        let (mut joined, mut longest) = (String::new(), None);
        for count in 1..=reach.min(words.len() - i) {
            join(&mut joined, words.word(i + count - 1));
            if joined.len() > JOINED_BYTES_MAX {
                break;
            }
            if self.holds(&joined) {
                longest = Some(count);
            }
        }
        longest
    }

    fn holds(&self, joined: &str) -> bool {
        joined.len() >= Self::VALUE_CHARS_MIN
            && self.values.may_hold(self.salt.quick(joined.as_bytes()))
            && self.tags.binary_search(&self.salt.tag(joined.as_bytes())).is_ok()
    }
}

impl Salt {
    pub(crate) fn new(key: &Key) -> Self {
        let mut block = [0; 64];
        block.iter_mut().zip(&key.0).for_each(|(to, from)| *to = *from);
        let mac = Hmac::<Sha256>::new(&block.into());
        block.zeroize();
        let mut salt = Self { mac, quick: (0, 0) };
        salt.quick = (salt.tag(b"quick 0"), salt.tag(b"quick 1"));
        salt
    }

    /// The first eight bytes of the HMAC.
    pub(crate) fn tag(&self, bytes: &[u8]) -> u64 {
        let mut mac = self.mac.clone();
        mac.update(bytes);
        mac.finalize().into_bytes().iter().take(8).fold(0, |tag, byte| tag << 8 | u64::from(*byte))
    }

    pub(crate) fn quick(&self, bytes: &[u8]) -> u64 {
        siphash(self.quick, bytes)
    }
}

impl PartialEq for Salt {
    fn eq(&self, other: &Self) -> bool {
        self.quick == other.quick
    }
}

impl Eq for Salt {}

/// Shows nothing of the key.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key")
    }
}

/// Shows sizes only.
impl fmt::Debug for Index {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Index({} values, {} bytes)", self.len(), self.memory_bytes())
    }
}

pub(crate) fn number(bytes: &[u8]) -> Result<(u64, &[u8]), Unreadable> {
    let (number, rest) = bytes.split_first_chunk::<8>().ok_or(Unreadable::Malformed)?;
    Ok((u64::from_le_bytes(*number), rest))
}

const MAGIC: &[u8] = b"exact/1\n";
/// In so many more groups a number may be written than in its record.
const GROUPS_MAX: usize = 5;
const JOINED_BYTES_MAX: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    fn index(values: &[&str]) -> Index {
        Index::build(&Key::new([7; 32]), values.iter().copied()).0
    }

    fn check(values: &[&str], text: &str, expected: &[&str]) {
        let found: Vec<_> =
            index(values).find(&Words::new(text)).into_iter().map(|place| text.get(place).unwrap()).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn values_are_found_however_they_are_written() {
        check(&["Anna Kowalska"], "to ANNA  KOWALSKA, and anna, kowalska-x", &["ANNA  KOWALSKA", "anna, kowalska"]);
        check(&["12-345 678"], "no. 12345678 or 12 345 678, not 12 345 679", &["12345678", "12 345 678"]);
        check(&["KD-4711-X"], "kd4711x KD 4711 X", &["KD 4711 X"]);
        check(
            &["Anna Maria Kowalska", "Anna Maria"],
            "Anna Maria Kowalska, Anna Maria",
            &["Anna Maria Kowalska", "Anna Maria"],
        );
        check(&["王小明先生"], "客户王小明先生来了", &["王小明先生"]);
    }

    #[test]
    fn other_words_are_not() {
        check(&["Anna Kowalska"], "Anna Kowalskaja and Kowalska Anna", &[]);
        check(&[], "anything at all", &[]);
    }

    #[test]
    fn what_is_too_short_or_too_long_is_left_out_and_counted() {
        let long = "word ".repeat(9);
        let (index, built) = Index::build(&Key::new([7; 32]), ["ab", "Anna Kowalska", "anna  KOWALSKA", &long]);
        assert_eq!((index.len(), built), (1, Built { kept: 1, left_out: 2 }));
    }

    #[test]
    fn an_index_is_kept_and_read_again_with_its_key_only() {
        let index = index(&["Anna Kowalska", "12345678"]);
        let bytes = index.to_bytes();
        assert_eq!(Index::from_bytes(&Key::new([7; 32]), &bytes), Ok(index));
        assert_eq!(Index::from_bytes(&Key::new([8; 32]), &bytes), Err(Unreadable::OtherKey));
        for length in 0..bytes.len() {
            assert_eq!(Index::from_bytes(&Key::new([7; 32]), bytes.get(..length).unwrap()), Err(Unreadable::Malformed));
        }
        assert!(!bytes.windows(4).any(|four| four.eq_ignore_ascii_case(b"anna")));
    }

    #[test]
    fn a_value_costs_about_eleven_bytes_and_nothing_false_is_found() {
        let values: Vec<String> = (0..20_000).map(|i| format!("customer {i}")).collect();
        let index = Index::build(&Key::new([7; 32]), values.iter().map(String::as_str)).0;
        assert!(index.memory_bytes() <= 20_000 * 11, "{}", index.memory_bytes());
        let others: String = (20_000..40_000).map(|i| format!("customer {i}, ")).collect();
        assert_eq!(index.find(&Words::new(&others)), Vec::<Range<usize>>::new());
        assert!(!format!("{index:?} {:?}", Key::new([7; 32])).contains('7'));
    }
}
