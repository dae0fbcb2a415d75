//! Names of persons, addresses, organisations and places, by a small trained tagger that looks at a bounded window.
//!
//! A token is a candidate by its own looks and lists (`Smith`, `john`, `Street`); candidates and their neighbours are labelled
//! twice: first from words, shapes and lists within three tokens on either side, then from what the first look made of those.
//! So a label depends on six tokens to either side and on nothing else, and a stream sees what the whole text shows.
//! Multinomial logistic regression over hashed features, in whole numbers; `models/tagger` trains it and says from what.

mod look;
mod table;
mod token;

use look::Label;
pub(crate) use table::DATA as TABLES;
use token::{PADS, Token, shape, tokens};

use crate::scan::Scan;

/// The classes that the tagger reports.
pub(crate) const CLASSES: [&str; 4] = ["pii.person", "pii.address", "pii.organisation", "pii.place"];

/// Reports the names in a text.
pub(crate) fn names(scan: &mut Scan<'_>) {
    let tokens = tokens(scan.source);
    for span in spans(&tokens, &look::labels(&tokens)) {
        if let Some(class) = span.class() {
            scan.hit(span.start, span.end, class, span.confidence(), "tagger");
        }
    }
}

/// From where on, in a part of a stream, a label may still change or a span go on.
pub(crate) fn open_names(text: &str) -> usize {
    let tokens = tokens(text);
    let labels = look::labels(&tokens);
    let last = tokens.len().saturating_sub(PADS);
    let settled = last.saturating_sub(REACH_TOKENS);
    let strong = look::strong(&tokens);
    let mut open = last;
    for at in (settled..last).rev() {
        if look::is_candidate(&tokens, &strong, at) || may_become_candidate(&tokens, at, last - at) {
            open = at;
        }
    }
    // A span that ends where the open part begins may go on into it.
    while let Some(before) = open.checked_sub(1)
        && let (Some(label), Some(token), Some(next)) = (labels.get(before), tokens.get(before), tokens.get(open))
        && label.is_name()
        && !next.newline
        && token.shape != shape::PAD
    {
        open = before;
    }
    tokens.get(open).filter(|token| token.shape != shape::PAD).map_or(text.len(), |token| token.start as usize)
}

/// Whether a token that is `left` from the end, being 1 for the last, may still become a candidate: the last may grow, the one before
/// may stand before a name, and one further back if it is a number or before a single letter.
fn may_become_candidate(tokens: &[Token], at: usize, left: usize) -> bool {
    let shape_at = |at: usize| tokens.get(at).map_or(shape::PAD, |token| token.shape);
    match (shape_at(at), left) {
        (_, 1) => true,
        (shape::PAD | shape::HANDLE | shape::IDENT | shape::OTHER_SCRIPT, _) => false,
        (_, 2) => true,
        (own, 3) => (shape::DIGIT..=shape::DIGITS).contains(&own) || shape_at(at + 1) == shape::LETTER,
        (own, 4) => (shape::DIGIT..=shape::DIGITS).contains(&own),
        _ => false,
    }
}

/// Whether no token from `from` on is a candidate, as far as the text goes now.
pub(crate) fn is_quiet(text: &str, from: usize) -> bool {
    let start = (0..=from.saturating_sub(QUIET_BYTES)).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let tokens = tokens(text.get(start..).unwrap_or(""));
    let strong = look::strong(&tokens);
    let first = tokens.partition_point(|token| token.shape == shape::PAD || (token.start as usize) < from - start);
    (first..tokens.len()).all(|at| !look::is_candidate(&tokens, &strong, at))
}

/// A run of tokens with the same label, on one line.
struct Span {
    start: usize,
    end: usize,
    label: Label,
    /// Has a digit or a word of streets.
    is_located: bool,
}

impl Span {
    fn class(&self) -> Option<&'static str> {
        match self.label {
            Label::Person => Some("pii.person"),
            Label::Address if self.is_located => Some("pii.address"),
            Label::Address | Label::Place => Some("pii.place"),
            Label::Organisation => Some("pii.organisation"),
            Label::Nothing | Label::Date | Label::Nationality | Label::Job | Label::Other => None,
        }
    }

    fn confidence(&self) -> f32 {
        match self.label {
            Label::Person | Label::Address => 0.8,
            _ => 0.7,
        }
    }
}

fn spans(tokens: &[Token], labels: &[Label]) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    let mut open = false;
    for (token, label) in tokens.iter().zip(labels) {
        let goes_on = open
            && !token.newline
            && token.shape != shape::PAD
            && spans.last().is_some_and(|span| span.label == *label);
        open = label.is_name() && token.shape != shape::PAD;
        if !open || !goes_on && token.shape == shape::SIGN {
            // A span does not begin with a sign.
            open &= goes_on;
            continue;
        }
        let is_located = token.lists & table::list::STREET != 0 || token.shape >= shape::DIGIT;
        match spans.last_mut().filter(|_| goes_on) {
            Some(span) if token.shape == shape::SIGN => span.is_located |= is_located,
            Some(span) => {
                span.end = token.end as usize;
                span.is_located |= is_located;
            }
            None => {
                spans.push(Span { start: token.start as usize, end: token.end as usize, label: *label, is_located });
            }
        }
    }
    spans
}

/// How far to the right a label depends on tokens: three for features, three for the labels of neighbours, two for whether those
/// are candidates, and one that may still grow.
const REACH_TOKENS: usize = 9;

/// Two tokens and two gaps, with room.
const QUIET_BYTES: usize = 160;

#[cfg(test)]
mod tests;
