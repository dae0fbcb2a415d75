//! Byte-pair encoding as GPT-2 has it: words first, then pairs of bytes by the order in which they were learnt.

use std::collections::HashMap;
use std::ops::Range;

use super::merge::merge;
use super::pretokenize::Words;
use super::{Gguf, Role};

pub(super) struct BytePairs {
    words: Words,
    /// Llama-3 takes a word that is in the vocabulary whole, whatever the merges say.
    is_llama3: bool,
    tokens: HashMap<Vec<u8>, u32>,
    /// When two byte strings were learnt to join, by what they are joined. The joined bytes alone would not do: the same
    /// bytes can be learnt from one split and not from another.
    ranks: HashMap<(Vec<u8>, usize), u32>,
    unknown: Option<u32>,
}

impl BytePairs {
    /// The encoder, and what each token says.
    pub(super) fn read(gguf: &Gguf, texts: &[String], roles: &[Role]) -> Result<(BytePairs, Vec<Vec<u8>>), String> {
        let bytes = byte_of_char();
        let spelled = |text: &str| -> Option<Vec<u8>> { text.chars().map(|c| bytes.get(&c).copied()).collect() };
        let says = |(text, role): (&String, &Role)| match role {
            Role::Control | Role::Unknown | Role::Unused => Vec::new(),
            Role::UserDefined => text.clone().into_bytes(),
            Role::Normal | Role::Byte => spelled(text).unwrap_or_else(|| text.clone().into_bytes()),
        };
        let says: Vec<Vec<u8>> = texts.iter().zip(roles).map(says).collect();
        let usable =
            says.iter().zip(roles).zip(0u32..).filter(|((_, role), _)| matches!(role, Role::Normal | Role::Byte));
        let tokens = usable.map(|((says, _), token)| (says.clone(), token)).collect();
        let merges = gguf.strings("tokenizer.ggml.merges")?.ok_or("metadata `tokenizer.ggml.merges` is missing")?;
        let mut ranks = HashMap::with_capacity(merges.len());
        for (rank, pair) in (0u32..).zip(merges) {
            let (left, right) = pair.split_once(' ').ok_or("a merge is not a pair")?;
            let (Some(mut joined), Some(right)) = (spelled(left), spelled(right)) else {
                return Err("a merge is not made of bytes".to_owned());
            };
            let split = joined.len();
            joined.extend(right);
            ranks.entry((joined, split)).or_insert(rank);
        }
        let pre = gguf.string("tokenizer.ggml.pre")?.unwrap_or("default");
        let words = Words::named(pre)?;
        let unknown = gguf.count("tokenizer.ggml.unknown_token_id")?.and_then(|id| u32::try_from(id).ok());
        let is_llama3 = matches!(pre, "llama-bpe" | "llama3" | "llama-v3");
        Ok((BytePairs { words, is_llama3, tokens, ranks, unknown }, says))
    }

    /// Whether texts begin with the beginning token where the file does not say.
    pub(super) fn is_llama3(&self) -> bool {
        self.is_llama3
    }

    pub(super) fn encode(&self, text: &str, out: &mut Vec<u32>) -> Result<(), String> {
        self.words.split(text, |word| self.word(word.as_bytes(), out))
    }

    fn word(&self, word: &[u8], out: &mut Vec<u32>) -> Result<(), String> {
        if let Some(token) = self.tokens.get(word)
            && (self.is_llama3 || word.len() == 1)
        {
            out.push(*token);
            return Ok(());
        }
        let mut key = Vec::new();
        let rank = |left: Range<usize>, right: Range<usize>| {
            if right.end - left.start > super::WORD_BYTES_MAX {
                return None;
            }
            let joined = word.get(left.start..right.end)?;
            self.ranks.get(&(joined.to_vec(), left.end - left.start)).copied()
        };
        for range in merge((0..word.len()).map(|at| at..at + 1), rank) {
            key.clear();
            key.extend_from_slice(word.get(range).unwrap_or_default());
            match self.tokens.get(&key).copied().or(self.unknown) {
                Some(token) => out.push(token),
                None => return Err("the model has no token for a byte of this text".to_owned()),
            }
        }
        Ok(())
    }
}

/// GPT-2's spelling of bytes: printable ones are themselves, the others are moved up beyond 255.
fn byte_of_char() -> HashMap<char, u8> {
    let printable = |byte: u8| matches!(byte, b'!'..=b'~' | 0xa1..=0xac | 0xae..=0xff);
    let moved = (0..=255u8).filter(|byte| !printable(*byte)).zip(0x100u32..);
    let moved = moved.filter_map(|(byte, code)| Some((char::from_u32(code)?, byte)));
    (0..=255u8).filter(|byte| printable(*byte)).map(|byte| (char::from(byte), byte)).chain(moved).collect()
}
