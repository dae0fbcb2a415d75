//! Document fingerprints: whether a text holds a passage copied from a confidential document, known here only by hashes.
//!
//! Winnowing (S. Schleimer, D. S. Wilkerson, A. Aiken, "Winnowing: local algorithms for document fingerprinting", 2003): every
//! run of six words is hashed under a key, and of every four neighbouring hashes the smallest is kept. Two texts that share
//! nine words in a row share a kept hash. A passage is reported from [`Index::MATCHES_MIN`] kept hashes of one document on, so
//! any run of seventeen copied words is found, whatever its case, punctuation and line breaks. A stream has no matches: the
//! whole answer is inspected under strict screening.

use std::collections::HashMap;
use std::fmt;
use std::ops::Range;

use crate::exact::filter::Filter;
use crate::exact::words::Words;
use crate::exact::{Key, Salt, Unreadable, number};

/// Kept hashes of documents. About 5 bytes of memory for each word of them.
#[derive(Clone, PartialEq, Eq)]
pub struct Index {
    salt: Salt,
    filter: Filter,
    /// A kept hash and the document it is of; sorted.
    prints: Vec<(u64, u32)>,
    documents: u32,
}

impl Index {
    /// So many kept hashes of one document close together make a finding.
    pub const MATCHES_MIN: usize = 3;

    /// Builds an index of documents.
    #[must_use]
    pub fn build<'d>(key: &Key, documents: impl IntoIterator<Item = &'d str>) -> Self {
        let salt = Salt::new(key);
        let mut prints = Vec::new();
        let mut count = 0;
        for document in documents {
            let words = Words::of_value(document);
            prints.extend(winnow(&salt, &words).into_iter().map(|(hash, _)| (hash, count)));
            count += 1;
        }
        prints.sort_unstable();
        prints.dedup();
        Self::of(salt, prints, count)
    }

    /// How many documents there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.documents as usize
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.documents == 0
    }

    /// Memory in use, in bytes.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        self.prints.len() * 16 + self.filter.memory_bytes()
    }

    /// The index as bytes to keep. The key is not in them.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.prints.len() * 12 + 32);
        out.extend(MAGIC);
        out.extend(self.salt.tag(MAGIC).to_le_bytes());
        out.extend(u64::from(self.documents).to_le_bytes());
        for (hash, document) in &self.prints {
            out.extend(hash.to_le_bytes());
            out.extend(document.to_le_bytes());
        }
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
        let (documents, rest) = number(rest)?;
        let documents = u32::try_from(documents).map_err(|_| Unreadable::Malformed)?;
        let print = |bytes: &[u8]| {
            let (hash, document) = number(bytes).unwrap_or((0, &[]));
            (hash, u32::from_le_bytes(document.try_into().unwrap_or_default()))
        };
        let prints: Vec<(u64, u32)> = rest.chunks_exact(12).map(print).collect();
        let is_whole =
            rest.len().is_multiple_of(12) && prints.is_sorted() && prints.iter().all(|(_, of)| *of < documents);
        if is_whole { Ok(Self::of(salt, prints, documents)) } else { Err(Unreadable::Malformed) }
    }

    /// Passages of a normalised text that are in one of the documents.
    pub(crate) fn find(&self, words: &Words) -> Vec<Range<usize>> {
        // By document: the words that the passage under way reaches over, and how many hashes it has.
        let mut passages: HashMap<u32, (Range<usize>, usize)> = HashMap::new();
        let mut found = Vec::new();
        let mut close = |(range, matches): (Range<usize>, usize)| {
            if matches >= Self::MATCHES_MIN {
                found.push(words.place(range));
            }
        };
        for (hash, at) in if self.prints.is_empty() { Vec::new() } else { winnow(&self.salt, words) } {
            if !self.filter.may_hold(hash) {
                continue;
            }
            let first = self.prints.partition_point(|(other, _)| *other < hash);
            let same = self.prints.iter().skip(first).take_while(|(other, _)| *other == hash);
            // What stands in many documents is a phrase of the house and no passage of one.
            for (_, document) in same.take(DOCUMENTS_MAX) {
                let (range, matches) = passages.entry(*document).or_insert((at..at, 0));
                if at > range.end + GAP_WORDS_MAX {
                    close((range.clone(), *matches));
                    (*range, *matches) = (at..at, 0);
                }
                (range.end, *matches) = (at + SHINGLE_WORDS, *matches + 1);
            }
        }
        passages.into_values().for_each(close);
        found.sort_unstable_by_key(|place| (place.start, place.end));
        found.dedup();
        found
    }

    /// Different for different indexes, and the same for the same.
    pub(crate) fn digest(&self) -> u64 {
        let mix = |sum: u64, value: u64| (sum ^ value).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(31);
        self.prints
            .iter()
            .fold(self.salt.tag(MAGIC), |sum, (hash, document)| mix(mix(sum, *hash), u64::from(*document)))
    }

    fn of(salt: Salt, prints: Vec<(u64, u32)>, documents: u32) -> Self {
        let filter = Filter::new(prints.iter().map(|(hash, _)| *hash).collect::<Vec<_>>().into_iter());
        Self { salt, filter, prints, documents }
    }
}

/// Shows sizes only.
impl fmt::Debug for Index {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Index({} documents, {} bytes)", self.documents, self.memory_bytes())
    }
}

/// The kept hashes of a text, each with the word its run begins at.
fn winnow(salt: &Salt, words: &Words) -> Vec<(u64, usize)> {
    let hashes: Vec<u64> = (0..words.len()).map(|i| salt.quick(words.word(i).as_bytes())).collect();
    let shingles: Vec<u64> = hashes.windows(SHINGLE_WORDS).map(shingle).collect();
    let mut kept: Vec<(u64, usize)> = Vec::new();
    for (first, window) in shingles.windows(WINDOW).enumerate() {
        // The rightmost of the smallest, so that neighbouring windows agree.
        let smallest = window.iter().enumerate().rev().min_by_key(|(_, hash)| **hash);
        if let Some((offset, hash)) = smallest
            && kept.last() != Some(&(*hash, first + offset))
        {
            kept.push((*hash, first + offset));
        }
    }
    kept
}

/// One hash of a run of words, in which their order counts.
fn shingle(words: &[u64]) -> u64 {
    words.iter().fold(0, |sum: u64, word| (sum.rotate_left(23) ^ word).wrapping_mul(0xff51_afd7_ed55_8ccd))
}

const MAGIC: &[u8] = b"prints/1";
const SHINGLE_WORDS: usize = 6;
const WINDOW: usize = 4;
/// Matches further apart are two passages.
const GAP_WORDS_MAX: usize = 24;
const DOCUMENTS_MAX: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = "The board has decided to sell the northern works to a buyer whose name is not to be told before the \
        first of May. The price will be paid in three parts, the last of them only when the permits for the new \
        furnace have been given. Nobody outside the board may know of this.";

    fn check(text: &str, expected: usize) {
        let index = Index::build(&Key::new([7; 32]), [DOCUMENT, "Something else entirely, about gardens and trees."]);
        assert_eq!(index.find(&Words::new(text)).len(), expected, "{text}");
    }

    #[test]
    fn a_copied_passage_is_found() {
        check(DOCUMENT, 1);
        check(
            "He wrote: THE PRICE will be paid - in three parts; the last of them only\nwhen the permits for the new furnace have been given!",
            1,
        );
        check("Nobody knows the price of the new furnace or the name of the buyer.", 0);
        check("", 0);
    }

    #[test]
    fn any_seventeen_words_in_a_row_are_found_and_nothing_of_a_few() {
        let words: Vec<&str> = DOCUMENT.split_whitespace().collect();
        for run in words.windows(17) {
            check(&format!("so it was said that {} and then some more", run.join(" ")), 1);
        }
        for run in words.windows(7) {
            check(&format!("so it was said that {} and then some more", run.join(" ")), 0);
        }
    }

    #[test]
    fn an_index_is_kept_and_read_again_with_its_key_only() {
        let index = Index::build(&Key::new([7; 32]), [DOCUMENT]);
        let bytes = index.to_bytes();
        assert_eq!(Index::from_bytes(&Key::new([7; 32]), &bytes), Ok(index));
        assert_eq!(Index::from_bytes(&Key::new([8; 32]), &bytes), Err(Unreadable::OtherKey));
        assert_eq!(Index::from_bytes(&Key::new([7; 32]), bytes.get(..30).unwrap()), Err(Unreadable::Malformed));
    }
}
