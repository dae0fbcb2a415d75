//! Which tokens are candidates, and the two looks that label them.

use super::table::{self, Row, Scores, list};
use super::token::{PADS, Token, is_name, shape};

/// What a token is part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Label {
    Nothing,
    Person,
    Address,
    Place,
    Organisation,
    Date,
    Nationality,
    Job,
    /// Titles of works, events, products: told apart so that they are not taken for one of the others.
    Other,
}

impl Label {
    pub(super) fn is_name(self) -> bool {
        self != Self::Nothing
    }

    /// As the script writes it.
    #[cfg(test)]
    pub(super) fn short(self) -> &'static str {
        match self {
            Self::Nothing => "O",
            Self::Person => "PER",
            Self::Address => "ADR",
            Self::Place => "LOC",
            Self::Organisation => "ORG",
            Self::Date => "DAT",
            Self::Nationality => "NRP",
            Self::Job => "TTL",
            Self::Other => "MSC",
        }
    }

    fn from_index(index: usize) -> Self {
        const ALL: [Label; 9] = [
            Label::Nothing,
            Label::Person,
            Label::Address,
            Label::Place,
            Label::Organisation,
            Label::Date,
            Label::Nationality,
            Label::Job,
            Label::Other,
        ];
        ALL.get(index).copied().unwrap_or(Self::Nothing)
    }
}

/// Labels of all tokens; of pads and of what is no candidate, `Nothing`.
pub(super) fn labels(tokens: &[Token]) -> Vec<Label> {
    let strong = strong(tokens);
    let mut looks: Vec<(u8, u8)> =
        tokens.iter().map(|token| (if token.shape == shape::PAD { PAD_LABEL } else { 0 }, 0)).collect();
    let candidates = candidates(tokens, &strong);
    for at in candidates.iter().copied() {
        let Some(window) = tokens.get(at - PADS..=at + PADS).and_then(|window| <&[Token; 7]>::try_from(window).ok())
        else {
            continue;
        };
        if let Some(look) = looks.get_mut(at) {
            *look = decided(&first_look(window));
        }
    }
    let mut labels = vec![Label::Nothing; tokens.len()];
    for at in candidates {
        let Some(window) = tokens.get(at - PADS..=at + PADS).and_then(|window| <&[Token; 7]>::try_from(window).ok())
        else {
            continue;
        };
        let Some(near) = looks.get(at - PADS..=at + PADS).and_then(|near| <&[(u8, u8); 7]>::try_from(near).ok()) else {
            continue;
        };
        // Where the first look saw nothing far and wide there is nothing.
        if near.iter().all(|(label, _)| matches!(*label, 0 | PAD_LABEL)) {
            continue;
        }
        if let Some(label) = labels.get_mut(at) {
            *label = Label::from_index(usize::from(decided(&second_look(window, near)).0));
        }
    }
    labels
}

/// All candidates in order, found from the strong ones.
fn candidates(tokens: &[Token], strong: &[bool]) -> Vec<usize> {
    let mut candidates: Vec<usize> = Vec::new();
    for (at, _) in strong.iter().enumerate().filter(|(_, strong)| **strong) {
        let next = candidates.last().map_or(0, |last| last + 1);
        let reached = at.saturating_sub(2).max(next)..=at + 2;
        candidates.extend(reached.filter(|at| is_candidate(tokens, strong, *at)));
    }
    candidates
}

/// Whether a token is scored: it is strong, or stands right before or up to two after a strong one; a number also two before.
pub(super) fn is_candidate(tokens: &[Token], strong: &[bool], at: usize) -> bool {
    let is = |at: Option<usize>| at.and_then(|at| strong.get(at)).copied().unwrap_or(false);
    let own = tokens.get(at).map_or(shape::PAD, |token| token.shape);
    if matches!(own, shape::PAD | shape::OTHER_SCRIPT | shape::IDENT | shape::HANDLE) {
        return false;
    }
    is(Some(at))
        || is(at.checked_sub(1))
        || is(at.checked_sub(2))
        || is(at.checked_add(1))
        || is(at.checked_add(2)) && (shape::DIGIT..=shape::DIGITS).contains(&own)
}

/// Tokens that may be part of a name by their own looks.
pub(super) fn strong(tokens: &[Token]) -> Vec<bool> {
    let mut before = &Token::PAD;
    let mut strong = Vec::with_capacity(tokens.len());
    for (at, token) in tokens.iter().enumerate() {
        let next_is_dot = || tokens.get(at + 1).is_some_and(|next| next.shape == shape::SIGN && next.first == b'.');
        strong.push(is_strong(before, token, next_is_dot));
        before = token;
    }
    strong
}

fn is_strong(before: &Token, token: &Token, next_is_dot: impl Fn() -> bool) -> bool {
    let is_common = token.lists & list::COMMON != 0;
    let is_only_common = is_common && !is_name(token.lists);
    match token.shape {
        shape::TITLE | shape::JOINED_TITLE | shape::MIXED => !(is_only_common && starts_sentence(before, token)),
        shape::UPPER => !is_only_common,
        shape::LETTER => !is_common || next_is_dot(),
        shape::DOTTED | shape::CODE => true,
        shape::LOWER | shape::JOINED_LOWER => {
            // A cue that is a place is no cue, but a place so big that it is known when written small.
            let cue = |lists: u8| lists & (list::CUE | list::PLACE);
            let is_known =
                token.lists & (list::GIVEN | list::STREET) != 0 || cue(token.lists) == list::CUE | list::PLACE;
            !is_common && (is_known || cue(before.lists) == list::CUE)
        }
        _ => false,
    }
}

fn starts_sentence(before: &Token, token: &Token) -> bool {
    token.newline
        || before.shape == shape::PAD
        || before.shape == shape::SIGN && b".!?:;\"-*>#|".contains(&before.first)
}

/// The best label and how far it is ahead of the second: 0 to 3.
fn decided(scores: &Scores) -> (u8, u8) {
    let (mut best, mut label, mut second) = (0, 0, i16::MIN);
    for (score, index) in scores.iter().zip(1u8..) {
        if *score > best {
            second = best;
            (best, label) = (*score, index);
        } else {
            second = second.max(*score);
        }
    }
    let ahead = best.saturating_sub(second);
    (label, MARGINS.iter().map(|margin| u8::from(ahead >= *margin)).sum())
}

/// One hash of up to five values.
#[inline]
fn mixed<const N: usize>(salt: u32, values: [u32; N]) -> u32 {
    let mut x = salt.wrapping_mul(0x9E37_79B1);
    for (value, prime) in values.into_iter().zip(PRIMES) {
        x ^= value.wrapping_mul(prime);
        x = x.wrapping_mul(0x0100_0193);
        x ^= x >> 15;
    }
    x.wrapping_mul(0x9E37_79B1)
}

/// Words, shapes and lists of the token in the middle and its neighbours.
fn first_look(window: &[Token; 7]) -> Scores {
    let [l3, l2, l1, own, r1, r2, r3] = window;
    let (cap, kind) = (u32::from(own.shape), own.kind());
    let lists = |token: &Token| u32::from(token.lists);
    let mut scores = [0; table::LABELS];
    let mut add = |hash: u32| table::add(&mut scores, table::first(hash));
    add(mixed(1, [own.word]));
    add(mixed(2, [own.word, own.form()]));
    add(mixed(3, [l1.word]));
    add(mixed(4, [r1.word]));
    add(mixed(5, [l2.word]));
    add(mixed(6, [r2.word]));
    add(mixed(7, [l3.word]));
    add(mixed(8, [r3.word]));
    add(mixed(9, [l1.word, own.word]));
    add(mixed(10, [own.word, r1.word]));
    add(mixed(11, [own.head, cap]));
    add(mixed(12, [own.tail3, cap]));
    add(mixed(13, [own.tail4, cap]));
    add(mixed(14, [l1.form(), own.form(), r1.form()]));
    add(mixed(15, [l2.form(), l1.form(), own.form(), r1.form(), r2.form()]));
    add(mixed(16, [l3.form(), l2.form(), l1.form(), own.form()]));
    add(mixed(17, [kind]));
    add(mixed(18, [lists(l1), kind, u32::from(l1.shape)]));
    add(mixed(19, [kind, lists(r1), r1.form()]));
    add(mixed(20, [lists(l1), kind, lists(r1)]));
    add(mixed(21, [lists(l2), lists(l1), kind, lists(r1), lists(r2)]));
    add(mixed(22, [l1.word, kind]));
    add(mixed(23, [r1.word, kind]));
    add(mixed(24, [l2.word, l1.word, cap]));
    add(mixed(25, [r1.word, r2.word, cap]));
    add(mixed(26, [r1.tail3, kind]));
    add(mixed(27, [l1.tail3, kind]));
    add(mixed(28, [cap, l2.word]));
    scores
}

/// What the first look made of the token in the middle and its neighbours, each with how sure it was.
fn second_look(window: &[Token; 7], looks: &[(u8, u8); 7]) -> Scores {
    let [_, _, l1, own, r1, ..] = window;
    let [a3, a2, a1, (label, margin), b1, b2, b3] = *looks;
    let [a3, a2, a1, b1, b2, b3] = [a3, a2, a1, b1, b2, b3].map(|(label, _)| u32::from(label));
    let (label, sure) = (u32::from(label), u32::from(label) | u32::from(margin) << 4);
    let mut scores = [0; table::LABELS];
    let mut add = |hash: u32| {
        let row: Row = table::second(hash);
        table::add(&mut scores, row);
    };
    add(mixed(64, [sure]));
    add(mixed(65, [a1, sure]));
    add(mixed(66, [sure, b1]));
    add(mixed(67, [a1, sure, b1]));
    add(mixed(68, [a2, a1, label, b1, b2]));
    add(mixed(69, [a3, a2, a1, sure]));
    add(mixed(70, [sure, b1, b2, b3]));
    add(mixed(71, [own.kind(), a1, b1]));
    add(mixed(72, [own.kind(), sure]));
    add(mixed(73, [own.word, a1]));
    add(mixed(74, [own.word, b1]));
    add(mixed(75, [own.form(), r1.form(), a1, b1]));
    add(mixed(76, [l1.word, a2, label]));
    add(mixed(77, [r1.word, b2, label]));
    scores
}

const PRIMES: [u32; 5] = [0x85EB_CA6B, 0xC2B2_AE35, 0x27D4_EB2F, 0x1656_67B1, 0xD3A2_646D];
/// What stands for a pad among labels.
const PAD_LABEL: u8 = 9;
/// In units of the table; sixteen are one natural logarithm.
const MARGINS: [i16; 3] = [24, 64, 128];
