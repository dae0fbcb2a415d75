//! What an answer contained, later turns inherit: keyed digests of released text, each with its level, for a stated time.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::Level;
use crate::normal::normalise;

/// A keyed digest of a text. Says nothing about the text to who has no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 16]);

/// Makes digests. One key for each tenant, so that what one tenant was told says nothing about another.
pub struct Digester {
    key: Zeroizing<[u8; 32]>,
}

/// Digests of released text with their levels: bounded, and forgotten after a time. Times are given, not read.
#[derive(Debug)]
pub struct Released {
    entries: HashMap<Digest, Entry>,
    /// Which entry ends when: the earliest is forgotten first when there is no room.
    ends: BTreeMap<(u64, Digest), ()>,
    entries_max: usize,
    keep_ms: u64,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    level: Level,
    ends_ms: u64,
}

impl Digester {
    /// A digester with a key that nobody else has.
    #[must_use]
    pub fn new(key: [u8; 32]) -> Self {
        Self { key: Zeroizing::new(key) }
    }

    /// The digests of a text: of the whole, and of each paragraph that is long enough to be told from others.
    ///
    /// Compatibility forms, case, invisible characters and white space do not matter. At most
    /// [`Self::PARAGRAPHS_MAX`] paragraphs are read; a text without letters or digits has no digest.
    #[must_use]
    pub fn digests(&self, text: &str) -> Vec<Digest> {
        let view = normalise(text, 0).view;
        let whole = plain(&view.text);
        if whole.is_empty() {
            return Vec::new();
        }
        let paragraphs = view.text.split("\n\n").take(Self::PARAGRAPHS_MAX).map(plain);
        let long = paragraphs.filter(|paragraph| paragraph.len() >= Self::PARAGRAPH_BYTES_MIN && *paragraph != whole);
        let mut digests: Vec<_> = long.map(|paragraph| self.digest(&paragraph)).collect();
        digests.insert(0, self.digest(&whole));
        digests.dedup();
        digests
    }

    /// The most paragraphs of a text that have a digest of their own.
    pub const PARAGRAPHS_MAX: usize = 256;
    /// The fewest bytes of a paragraph with a digest of its own.
    pub const PARAGRAPH_BYTES_MIN: usize = 48;

    fn digest(&self, text: &str) -> Digest {
        // A key of 32 bytes is always accepted; without a MAC nothing would match, which is the default floor.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.key.as_slice()) else { return Digest([0; 16]) };
        mac.update(b"portcullis/inherit/1\0");
        mac.update(text.as_bytes());
        let mut digest = [0; 16];
        digest.iter_mut().zip(mac.finalize().into_bytes()).for_each(|(slot, byte)| *slot = byte);
        Digest(digest)
    }
}

impl Released {
    /// Room for `entries_max` digests, each kept for `keep_ms` milliseconds after it was last released.
    #[must_use]
    pub fn new(entries_max: usize, keep_ms: u64) -> Self {
        Self { entries: HashMap::new(), ends: BTreeMap::new(), entries_max: entries_max.max(1), keep_ms }
    }

    /// Remembers that a text of these digests was released at this level. The higher of two levels stays.
    pub fn remember(&mut self, digests: &[Digest], level: Level, now_ms: u64) {
        self.forget(now_ms);
        for digest in digests {
            let before = self.entries.get(digest).copied();
            if let Some(entry) = before {
                self.ends.remove(&(entry.ends_ms, *digest));
            } else if self.entries.len() >= self.entries_max
                && let Some(((_, oldest), ())) = self.ends.pop_first()
            {
                self.entries.remove(&oldest);
            }
            let level = before.map_or(level, |entry| entry.level.max(level));
            let entry = Entry { level, ends_ms: now_ms.saturating_add(self.keep_ms) };
            self.entries.insert(*digest, entry);
            self.ends.insert((entry.ends_ms, *digest), ());
        }
    }

    /// The level of a text of these digests: of the whole if it was released, else the highest of the paragraphs that
    /// were. `None` if none is known (any more); then the default floor holds.
    #[must_use]
    pub fn level(&self, digests: &[Digest], now_ms: u64) -> Option<Level> {
        let known =
            |digest: &Digest| self.entries.get(digest).filter(|entry| entry.ends_ms > now_ms).map(|entry| entry.level);
        digests.first().and_then(known).or_else(|| digests.iter().filter_map(known).max())
    }

    /// Whether the whole text was released, and not only a part of it: only then may its level be below the floor.
    #[must_use]
    pub fn is_whole(&self, digests: &[Digest], now_ms: u64) -> bool {
        digests.first().is_some_and(|digest| self.level(std::slice::from_ref(digest), now_ms).is_some())
    }

    /// How many digests are held.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nothing is held.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Forgets what has ended.
    fn forget(&mut self, now_ms: u64) {
        while let Some(((ends_ms, digest), ())) = self.ends.pop_first() {
            if ends_ms > now_ms {
                self.ends.insert((ends_ms, digest), ());
                break;
            }
            self.entries.remove(&digest);
        }
    }
}

/// Shows no key.
impl fmt::Debug for Digester {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digester")
    }
}

/// Letters and digits in lower case with one space between words: clients cut, wrap and quote what they send back.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_alphanumeric() {
            plain.extend(c.to_lowercase());
        } else if !plain.ends_with(' ') && !plain.is_empty() {
            plain.push(' ');
        }
    }
    plain.truncate(plain.trim_end().len());
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "The patient in room four takes two tablets a day, and sleeps well.\n\nCall the ward before noon to confirm the next appointment.";

    fn check(later: &str, expected: Option<Level>) {
        let digester = Digester::new([7; 32]);
        let mut released = Released::new(100, 1_000);
        released.remember(&digester.digests(TEXT), Level::Restricted, 0);
        assert_eq!(released.level(&digester.digests(later), 10), expected, "{later}");
    }

    #[test]
    fn the_same_text_has_the_same_level_however_it_is_wrapped() {
        check(TEXT, Some(Level::Restricted));
        check(&TEXT.replace(' ', "\n").to_uppercase(), Some(Level::Restricted));
        check(&format!("> {}\u{200b}", TEXT.replace(". ", ".  ")), Some(Level::Restricted));
        check(
            "Earlier you said:\n\nCall the ward before noon to confirm the next appointment!",
            Some(Level::Restricted),
        );
        check("Something else was said here, which is long enough to count.", None);
        check("", None);
        check("...", None);
    }

    #[test]
    fn only_the_key_tells() {
        assert_ne!(Digester::new([1; 32]).digests(TEXT), Digester::new([2; 32]).digests(TEXT));
    }

    #[test]
    fn what_has_ended_or_has_no_room_is_forgotten() {
        let digester = Digester::new([7; 32]);
        let mut released = Released::new(2, 1_000);
        let [a, b, c] = ["first text", "second text", "third text"].map(|text| digester.digests(text));
        released.remember(&a, Level::Internal, 0);
        released.remember(&b, Level::Internal, 1);
        released.remember(&a, Level::Confidential, 2);
        released.remember(&a, Level::Public, 3);
        released.remember(&c, Level::Internal, 4);
        assert_eq!(
            (released.level(&a, 5), released.level(&b, 5), released.len()),
            (Some(Level::Confidential), None, 2)
        );
        assert!(released.is_whole(&a, 5) && !released.is_whole(&b, 5));
        assert_eq!((released.level(&a, 1_002), released.level(&a, 1_003)), (Some(Level::Confidential), None));
        released.remember(&b, Level::Internal, 10_000);
        assert_eq!(released.len(), 1);
    }
}
