//! Numbers of persons by country: which forms they are written in, how they are checked, what must stand near them.
//!
//! One row is one number. A number of digits alone is looked up by the lengths of its groups, a code with letters by its
//! length and pattern, so the cost does not grow with the rows. A form is `telling` when form and check digits together make
//! chance rare; every other form counts only beside a word that says what it is (see `context`).

mod americas;
mod asia;
mod check;
mod codes;
mod europe;
mod south;

use std::collections::HashMap;
use std::sync::LazyLock;

use super::context::Topics;
use super::digits::{Chain, ends_number};
use crate::scan::Scan;

pub(super) use check::is_routing;
pub(super) use codes::{Written, code, icao_sum};

/// A number of digits.
pub(super) struct Number {
    /// Country and name, `pl.pesel`: what findings call the detector.
    detector: &'static str,
    class: &'static str,
    /// How it is written: lengths of groups and what separates them (`_` is a space, `-` or `.`; `~` a space; other signs
    /// themselves), forms with a space between. `!` before a form says that it is telling.
    forms: &'static str,
    /// Whether these digits can be such a number.
    is_valid: fn(&[u8]) -> bool,
    /// Any of these must be told nearby, if the form is not telling.
    topics: Topics,
}

/// One form of one number, ready to be compared.
struct Form {
    number: &'static Number,
    separators: &'static [u8],
    is_telling: bool,
}

const fn row(
    detector: &'static str,
    class: &'static str,
    forms: &'static str,
    is_valid: fn(&[u8]) -> bool,
    topics: Topics,
) -> Number {
    Number { detector, class, forms, is_valid, topics }
}

/// Numbers of digits: the chain from its first group on, as many groups as a form has.
pub(super) fn number(scan: &mut Scan<'_>, chain: &Chain) {
    let groups = chain.groups().len().min(GROUPS_MAX);
    if chain.digits(DIGITS_MIN).len() < DIGITS_MIN {
        return;
    }
    let mut signature = 0;
    for count in 1..=groups {
        signature = signed(signature, chain.lengths(count).last().unwrap_or(0));
        let Some(forms) = FORMS.get(&signature) else { continue };
        let Some(end) = chain.groups().get(count - 1).map(|group| group.end) else { continue };
        if !ends_number(scan.text, end) {
            continue;
        }
        let total = chain.lengths(count).sum();
        for form in forms {
            if is_separated(scan, chain, count, form.separators) && (form.number.is_valid)(chain.digits(total)) {
                let is_told = is_told(scan, chain.start(), end, form.number.topics);
                if is_told || form.is_telling {
                    let confidence = if is_told { 0.95 } else { 0.75 };
                    scan.hit(chain.start(), end, form.number.class, confidence, form.number.detector);
                    return;
                }
            }
        }
    }
}

/// Whether a word of these topics stands before, or, where the whole text is here, after.
fn is_told(scan: &mut Scan<'_>, start: usize, end: usize, topics: Topics) -> bool {
    let text = scan.text;
    scan.context.is_before(text, start, topics) || scan.whole && scan.context.is_after(text, end, topics)
}

fn is_separated(scan: &Scan<'_>, chain: &Chain, count: usize, separators: &[u8]) -> bool {
    let pairs = chain.groups().iter().zip(chain.groups().iter().skip(1)).take(count.saturating_sub(1));
    let mut last = 0;
    pairs.zip(separators).all(|((left, right), separator)| {
        let sign = scan.text.at(left.end);
        let is_one = right.start == left.end + 1;
        is_one
            && match separator {
                // The same sign throughout.
                b'_' => {
                    let same = last == 0 || last == sign;
                    last = sign;
                    same && matches!(sign, b' ' | b'-' | b'.')
                }
                b'~' => sign == b' ',
                other => sign == *other,
            }
    })
}

/// The lengths of groups as one number: five bits each, which hold up to 31.
fn signed(signature: u64, length: usize) -> u64 {
    signature << 5 | length.min(31) as u64
}

/// All forms by the lengths of their groups.
static FORMS: LazyLock<HashMap<u64, Vec<Form>, std::hash::BuildHasherDefault<Spread>>> = LazyLock::new(|| {
    let mut all: HashMap<u64, Vec<Form>, _> = HashMap::default();
    for number in numbers() {
        for written in number.forms.split(' ') {
            let is_telling = written.starts_with('!');
            let written = written.trim_start_matches('!');
            let lengths = written.split(|sign: char| !sign.is_ascii_digit()).filter_map(|length| length.parse().ok());
            let separators = written.trim_start_matches(|sign: char| sign.is_ascii_digit());
            let separators: Vec<u8> = separators.bytes().filter(|sign| !sign.is_ascii_digit()).collect();
            let form = Form { number, separators: separators.leak(), is_telling };
            all.entry(lengths.fold(0, signed)).or_default().push(form);
        }
    }
    all
});

/// Signatures are few and small: one multiplication spreads them.
#[derive(Default)]
struct Spread(u64);

impl std::hash::Hasher for Spread {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u64(&mut self, signature: u64) {
        self.0 = (self.0 ^ signature).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29);
    }
}

fn numbers() -> impl Iterator<Item = &'static Number> {
    [europe::NUMBERS, europe::MORE_NUMBERS, americas::NUMBERS, asia::NUMBERS, south::NUMBERS].into_iter().flatten()
}

/// Fewer digits are no number of a person's.
const DIGITS_MIN: usize = 7;
/// No form has more groups.
const GROUPS_MAX: usize = 7;

#[cfg(test)]
mod tests;
