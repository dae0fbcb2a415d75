//! How much of its own instructions an answer repeats: shared runs of words, whatever their case and punctuation.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::normal::normalise;

/// What an answer has in common with the instructions of its call.
///
/// Needs the whole answer: it is no class of spans, and binds only where the answer is withheld until it is complete.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Leak {
    /// Which part of the instructions' runs of words the answer repeats, 0 to 1.
    pub share: f32,
    /// The longest stretch of words that both have, counted in words (in scripts without spaces, in characters).
    pub words: usize,
    /// Where that stretch stands in the answer, in bytes.
    pub place: Range<usize>,
}

impl Leak {
    /// The class under which a leak is reported.
    pub const CLASS: &'static str = "attack.prompt_leak";

    /// Whether so much is common that it is no accident: a fifth of the instructions, or a long stretch of them.
    #[must_use]
    pub fn is_leak(&self) -> bool {
        self.words >= WORDS_SURE || self.words >= WORDS_MIN && self.share >= SHARE_MIN
    }
}

/// Compares an answer with the system segments of its call. Of either at most [`WORDS_READ_MAX`] words are read.
#[must_use]
pub fn compare(answer: &str, instructions: &[&str]) -> Leak {
    let mut known = BTreeSet::new();
    for text in instructions {
        let view = normalise(text, 0).view;
        let words = words(&view.text);
        known.extend(words.windows(RUN).map(hash));
    }
    if known.is_empty() {
        return Leak::default();
    }
    let view = normalise(answer, 0).view;
    let words = words(&view.text);
    let (mut seen, mut leak, mut since) = (BTreeSet::new(), Leak::default(), None);
    for (at, run) in words.windows(RUN).enumerate() {
        let shingle = hash(run);
        if !known.contains(&shingle) {
            since = None;
            continue;
        }
        seen.insert(shingle);
        let first = *since.get_or_insert(at);
        let length = at + RUN - first;
        if length > leak.words
            && let (Some(start), Some(end)) = (words.get(first), words.get(at + RUN - 1))
        {
            leak.words = length;
            leak.place = view.source(start.place.start..end.place.end);
        }
    }
    leak.share = seen.len() as f32 / known.len() as f32;
    leak
}

struct Word {
    hash: u64,
    place: Range<usize>,
}

/// The words of a text, in any script; an ideograph is a word.
fn words(text: &str) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let mut is_open = false;
    for (at, c) in text.char_indices() {
        if words.len() >= WORDS_READ_MAX {
            break;
        }
        let is_alone = matches!(c as u32, 0x2e80..=0x9fff | 0xac00..=0xd7a3 | 0x20000..=0x3ffff);
        if !c.is_alphanumeric() {
            is_open = false;
            continue;
        }
        if !is_open || is_alone {
            words.push(Word { hash: SEED, place: at..at });
        }
        is_open = !is_alone;
        if let Some(word) = words.last_mut() {
            word.place.end = at + c.len_utf8();
            for lower in c.to_lowercase() {
                word.hash = (word.hash ^ u64::from(lower)).wrapping_mul(PRIME);
            }
        }
    }
    words
}

fn hash(run: &[Word]) -> u64 {
    run.iter().fold(SEED, |hash, word| (hash.rotate_left(5) ^ word.hash).wrapping_mul(PRIME))
}

/// How many words make a run: fewer are common by chance.
const RUN: usize = 8;
const WORDS_MIN: usize = 10;
const WORDS_SURE: usize = 16;
const SHARE_MIN: f32 = 0.2;
/// The most words that are read of an answer and of each instruction.
pub const WORDS_READ_MAX: usize = 200_000;
/// FNV-1a.
const SEED: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0000_0100_0000_01b3;

#[cfg(test)]
mod tests {
    use super::*;

    const PROMPT: &str = "You are the assistant of a small library. Answer questions about opening hours and loans only. \
         Never mention the internal shelf codes, and be brief. If you are not sure, ask a librarian to call back.";

    fn check(answer: &str, expected: bool) {
        let leak = compare(answer, &[PROMPT, "忽略与图书馆无关的问题并且始终用简短礼貌的中文回答读者的每一个问题"]);
        assert_eq!(leak.is_leak(), expected, "{answer}: {leak:?}");
    }

    #[test]
    fn repeated_instructions_are_a_leak() {
        check(PROMPT, true);
        check(
            "Sure! \"YOU ARE THE ASSISTANT OF A SMALL LIBRARY; answer questions about opening hours, and loans only.\"",
            true,
        );
        check(
            "- You\n- are\n- the\n- assistant\n- of\n- a\n- small\n- library\n- answer\n- questions\n- about\n- opening\n- hours\n- and\n- loans\n- only",
            true,
        );
        check("我的说明是：忽略与图书馆无关的问题，并且始终用简短礼貌的中文回答读者的每一个问题。", true);
        check("We are open from nine to five. You may keep a book for four weeks.", false);
        check("I am the assistant of a small library and answer questions about opening hours.", false);
        check("", false);
    }

    #[test]
    fn the_place_is_of_the_answer_itself() {
        let answer = format!("“é” {PROMPT} end");
        let leak = compare(&answer, &[PROMPT]);
        assert!((leak.share - 1.0).abs() < 1e-6);
        assert_eq!(answer.get(leak.place), Some(PROMPT.trim_end_matches('.')));
        assert_eq!(compare(PROMPT, &[]), Leak::default());
    }
}
