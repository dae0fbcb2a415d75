//! How much a call asks of a destination, before anybody counted: for ordering, admission and budgets.

use std::hash::{Hash, Hasher};

use wire::call::{Call, Task};
use wire::segments::{Content, Origin};

/// What a call asks of a destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Extent {
    /// Tokens to be read: bytes of text by four, and a flat number for what is not text.
    pub(super) input_tokens: u64,
    /// The most tokens to be generated, where the call says so; else what is usual.
    pub(super) output_tokens: u64,
    /// Tokens to be read, at most: no tokenizer makes more tokens of a text than it has bytes.
    pub(super) input_tokens_most: u64,
    /// The most tokens to be generated; `None` where the call does not say.
    pub(super) output_tokens_most: Option<u64>,
    /// Answers that the call asks for.
    pub(super) answers: u64,
}

impl Extent {
    pub(super) fn of(call: &Call) -> Self {
        let (mut bytes, mut opaque) = (0_u64, 0_u64);
        let all = call.segments();
        let segments = all.len();
        for segment in all {
            match segment.content {
                Content::Text(text) => bytes = bytes.saturating_add(text.len() as u64),
                Content::Opaque { .. } => opaque += 1,
            }
        }
        let (asked, answers) = match &call.task {
            Task::Generate(generate) => (Some(generate.max_output_tokens), generate.n),
            Task::Complete(complete) => (Some(complete.max_output_tokens), complete.n),
            Task::CountTokens(_) | Task::Embed(_) => (None, None),
        };
        let answers = u64::from(answers.unwrap_or(1).max(1));
        let output_tokens = asked.map_or(0, |asked| asked.unwrap_or(OUTPUT_TOKENS_USUAL).saturating_mul(answers));
        let output_tokens_most = asked.map_or(Some(0), |asked| asked.map(|asked| asked.saturating_mul(answers)));
        let input_tokens = (bytes / BYTES_A_TOKEN).saturating_add(opaque.saturating_mul(OPAQUE_TOKENS)).max(1);
        let frame = (segments as u64).saturating_add(1).saturating_mul(FRAME_TOKENS);
        let input_tokens_most = bytes.saturating_add(opaque.saturating_mul(OPAQUE_TOKENS_MOST)).saturating_add(frame);
        Self { input_tokens, output_tokens, input_tokens_most, output_tokens_most, answers }
    }

    /// All of them.
    pub(super) fn tokens(self) -> u64 {
        self.input_tokens.saturating_add(self.output_tokens)
    }
}

/// Feeds `hasher` with the beginning of a call, up to the first thing that a user said: the part that a conversation keeps from
/// turn to turn, and that a cache of prompts can know.
pub(super) fn hash_beginning(call: &Call, hasher: &mut impl Hasher) {
    let mut room = BEGINNING_BYTES;
    for segment in call.segments() {
        if let Content::Text(text) = segment.content {
            let part = text.as_bytes().get(..text.len().min(room)).unwrap_or_default();
            part.hash(hasher);
            room -= part.len();
        }
        if room == 0 || segment.origin == Origin::User {
            return;
        }
    }
}

/// Bytes of English text to a token of today's tokenizers, roughly; code and other languages need more tokens.
const BYTES_A_TOKEN: u64 = 4;
/// Tokens that a template puts around one piece of content, at most.
const FRAME_TOKENS: u64 = 16;
/// Tokens of an image or a file, at most: what vendors charge for a large image (a long file can be more).
const OPAQUE_TOKENS_MOST: u64 = 5_000;
/// Tokens of an image or a file, roughly.
const OPAQUE_TOKENS: u64 = 1_000;
/// Tokens of an answer whose length nobody limited, roughly.
const OUTPUT_TOKENS_USUAL: u64 = 1_024;
/// Bytes of a call's beginning that decide where it sticks.
const BEGINNING_BYTES: usize = 16 * 1024;
