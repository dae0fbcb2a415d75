//! SentencePiece's byte-pair encoding as Llama-2 has it: pieces by score over the whole text, bytes for what has no piece.

use std::collections::HashMap;
use std::ops::Range;

use super::merge::merge;
use super::{Gguf, Role};

pub(super) struct Pieces {
    /// Token and rank of each piece; the best score has the smallest rank.
    pieces: HashMap<String, (u32, u32)>,
    bytes: HashMap<u8, u32>,
    unknown: Option<u32>,
    space_first: bool,
}

impl Pieces {
    /// The encoder, and what each token says.
    pub(super) fn read(gguf: &Gguf, texts: &[String], roles: &[Role]) -> Result<(Pieces, Vec<Vec<u8>>), String> {
        let scores = gguf.floats("tokenizer.ggml.scores")?.ok_or("metadata `tokenizer.ggml.scores` is missing")?;
        if scores.len() != texts.len() {
            return Err("there are not as many scores as tokens".to_owned());
        }
        let mut pieces = HashMap::with_capacity(texts.len());
        let mut bytes = HashMap::new();
        let mut says = Vec::with_capacity(texts.len());
        for (((text, role), score), token) in texts.iter().zip(roles).zip(scores).zip(0u32..) {
            says.push(match role {
                Role::Byte => {
                    let byte = byte_of(text).ok_or("a byte token is not spelled as one")?;
                    bytes.insert(byte, token);
                    vec![byte]
                }
                Role::Control | Role::Unknown | Role::Unused => Vec::new(),
                Role::UserDefined => text.clone().into_bytes(),
                Role::Normal => {
                    pieces.insert(text.clone(), (token, rank(*score)));
                    text.replace(SPACE, " ").into_bytes()
                }
            });
        }
        let unknown = gguf.count("tokenizer.ggml.unknown_token_id")?.and_then(|id| u32::try_from(id).ok());
        let space_first = gguf.bool("tokenizer.ggml.add_space_prefix")?.unwrap_or(true);
        Ok((Pieces { pieces, bytes, unknown, space_first }, says))
    }

    pub(super) fn leads_with_space(&self) -> bool {
        self.space_first
    }

    pub(super) fn encode(&self, text: &str, out: &mut Vec<u32>) -> Result<(), String> {
        let mut spelled = text.replace(' ', SPACE);
        if self.space_first {
            spelled.insert_str(0, SPACE);
        }
        let piece = |range: Range<usize>| spelled.get(range).and_then(|text| self.pieces.get(text));
        let characters = spelled.char_indices().map(|(at, c)| at..at + c.len_utf8());
        let rank = |left: Range<usize>, right: Range<usize>| {
            if right.end - left.start > super::WORD_BYTES_MAX {
                return None;
            }
            piece(left.start..right.end).map(|(_, rank)| *rank)
        };
        for range in merge(characters, rank) {
            if let Some((token, _)) = piece(range.clone()) {
                out.push(*token);
                continue;
            }
            for byte in spelled.get(range).unwrap_or_default().bytes() {
                let token = self.bytes.get(&byte).copied().or(self.unknown);
                out.push(token.ok_or("the model has no token for a byte of this text")?);
            }
        }
        Ok(())
    }
}

/// `<0x0A>` is the byte 10.
fn byte_of(text: &str) -> Option<u8> {
    u8::from_str_radix(text.strip_prefix("<0x")?.strip_suffix('>')?, 16).ok()
}

/// Scores in the order of unsigned numbers, the greatest first.
fn rank(score: f32) -> u32 {
    let bits = score.to_bits();
    let ascending = if bits >> 31 == 1 { !bits } else { bits | 0x8000_0000 };
    !ascending
}

/// What SentencePiece writes for a space.
const SPACE: &str = "\u{2581}";
