//! Chains of digit groups (`4111 1111 …`, `+1 (555) 123-4567`): what cards, phones and national numbers are read from.

use crate::text::{Text, is_word};

/// Digits in groups, from the start of one group on, as far as a number may reach.
pub(crate) struct Chain {
    groups: [Group; GROUPS_MAX],
    count: usize,
    digits: [u8; DIGITS_MAX],
    total: usize,
    /// Where the next group begins, which did not fit.
    next: Option<usize>,
}

/// One unbroken run of digits.
#[derive(Clone, Copy, Default)]
pub(crate) struct Group {
    pub(crate) start: usize,
    pub(crate) end: usize,
}

impl Chain {
    /// Reads the chain whose first group begins at `start`.
    pub(crate) fn read(text: Text<'_>, start: usize) -> Self {
        let mut chain =
            Self { groups: Default::default(), count: 0, digits: [0; DIGITS_MAX], total: 0, next: Some(start) };
        chain.extend(text);
        chain
    }

    /// The chain whose first group is this one's second: what would be read there, without reading it again.
    fn shift(&mut self, text: Text<'_>) {
        let length = self.groups().first().map_or(0, Group::len);
        self.groups.rotate_left(1);
        self.count = self.count.saturating_sub(1);
        self.digits.copy_within(length.min(DIGITS_MAX).., 0);
        self.total = self.total.saturating_sub(length);
        self.extend(text);
    }

    /// Reads groups as long as they fit.
    fn extend(&mut self, text: Text<'_>) {
        while let (Some(at), Some(group)) = (self.next, self.groups.get_mut(self.count)) {
            let end = text.run(at, DIGITS_MAX + 1, |byte| byte.is_ascii_digit());
            if self.total + (end - at) > DIGITS_MAX {
                break;
            }
            *group = Group { start: at, end };
            self.count += 1;
            for byte in text.cut(at, end) {
                if let Some(digit) = self.digits.get_mut(self.total) {
                    *digit = byte - b'0';
                }
                self.total += 1;
            }
            let next = text.run(end, SEPARATOR_MAX, is_separator);
            self.next = (next > end && text.at(next).is_ascii_digit()).then_some(next);
        }
    }

    /// Where the group after the first begins.
    fn follows(&self) -> Option<usize> {
        self.groups().get(1).map(|group| group.start).or(self.next)
    }

    pub(crate) fn groups(&self) -> &[Group] {
        self.groups.get(..self.count).unwrap_or(&[])
    }

    /// The lengths of the first `count` groups.
    pub(crate) fn lengths(&self, count: usize) -> impl Iterator<Item = usize> + '_ {
        self.groups().iter().take(count).map(Group::len)
    }

    /// The first `count` digits.
    pub(crate) fn digits(&self, count: usize) -> &[u8] {
        self.digits.get(..count.min(self.total)).unwrap_or(&[])
    }

    /// How many digits there are in all.
    pub(crate) fn total(&self) -> usize {
        self.total
    }

    pub(crate) fn start(&self) -> usize {
        self.groups().first().map_or(0, |group| group.start)
    }

    /// The one byte that separates all of the first `count` groups; `None` if they are separated differently.
    pub(crate) fn separator(&self, text: Text<'_>, count: usize) -> Option<u8> {
        let first = text.at(self.groups().first()?.end);
        let pairs = self.groups().iter().zip(self.groups().iter().skip(1)).take(count.saturating_sub(1));
        pairs
            .into_iter()
            .all(|(left, right)| right.start == left.end + 1 && text.at(left.end) == first)
            .then_some(first)
    }
}

impl Group {
    pub(crate) fn len(&self) -> usize {
        self.end - self.start
    }
}

/// Calls `found` for the chain at every group that begins before `end`.
pub(crate) fn each_chain(text: Text<'_>, end: usize, found: &mut dyn FnMut(&Chain)) {
    let mut done = 0;
    let mut last: Option<Chain> = None;
    for (index, block) in text.cut(0, end).chunks(BLOCK).enumerate() {
        // Written so that the compiler makes vector code of it: most blocks of prose hold no digit.
        let any = block.iter().fold(false, |any, byte| any | (byte.wrapping_sub(b'0') < 10));
        if !any {
            continue;
        }
        for (within, byte) in block.iter().enumerate() {
            let at = index * BLOCK + within;
            if byte.is_ascii_digit() && at >= done {
                done = text.run(at, usize::MAX, |byte| byte.is_ascii_digit());
                // A short number that stands alone is no more than a number; with letters before or after it may be in a code.
                let is_alone = done - at < ALONE_DIGITS_MAX && !is_separator(text.at(done));
                if !is_alone || text.before(at).is_ascii_alphabetic() || text.at(done).is_ascii_alphabetic() {
                    let chain = match last.take() {
                        Some(mut chain) if chain.follows() == Some(at) => {
                            chain.shift(text);
                            chain
                        }
                        _ => Chain::read(text, at),
                    };
                    found(&chain);
                    last = Some(chain);
                }
            }
        }
    }
}

/// Whether the chain continues a word, a decimal or a longer number, so that its start is not a number's start.
pub(crate) fn is_inside_identifier(text: Text<'_>, chain: &Chain) -> bool {
    let start = chain.start();
    match text.before(start) {
        b'.' | b'-' | b',' => is_word(text.before(start - 1)),
        before => is_word(before),
    }
}

/// Whether a number may end at `end`: no letter, and no further group that belongs to it.
pub(crate) fn ends_number(text: Text<'_>, end: usize) -> bool {
    match text.at(end) {
        b'.' | b'-' | b',' => !text.at(end + 1).is_ascii_digit(),
        after => !is_word(after),
    }
}

/// From where on a chain at the end of the text may still become a number.
pub(crate) fn open_chain(text: Text<'_>) -> usize {
    // The sign of an extension may be the last byte.
    let end = text.len() - usize::from(matches!(text.before(text.len()), b'x' | b'X'));
    let start =
        text.run_back(end, OPEN_MAX, |byte| byte.is_ascii_digit() || is_separator(byte) || matches!(byte, b'+' | b','));
    let first = text.cut(start, end).iter().position(|byte| byte.is_ascii_digit() || matches!(byte, b'+' | b'('));
    first.map_or(text.len(), |first| start + first)
}

/// What may stand between two groups, up to [`SEPARATOR_MAX`] of it.
fn is_separator(byte: u8) -> bool {
    matches!(byte, b' ' | b'-' | b'.' | b'(' | b')' | b'/')
}

const BLOCK: usize = 32;
/// More groups than the longest card written digit by digit.
const GROUPS_MAX: usize = 20;
/// One more digit than the longest card.
const DIGITS_MAX: usize = 20;
/// So many digits in one group are nothing yet.
const ALONE_DIGITS_MAX: usize = 7;
/// `) - ` is the longest separator that people write.
const SEPARATOR_MAX: usize = 3;
/// Longer than 20 digits with single separators, and than any phone number.
const OPEN_MAX: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let mut found = Vec::new();
        each_chain(Text::new(text), text.len(), &mut |chain| {
            found.push(text.get(chain.start()..chain.groups().last().unwrap().end).unwrap().to_owned());
        });
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn every_group_begins_a_chain() {
        check("a 12 34 b", &["12 34", "34"]);
        check("a 12, 1234567, AB12", &["1234567", "12"]);
        check("(555) 123-4567.", &["555) 123-4567", "123-4567", "4567"]);
        check("no digits", &[]);
        check("1    2 .", &["1", "2"]);
    }

    #[test]
    fn a_chain_that_moved_on_is_the_one_that_is_read_there() {
        for text in [
            "4 ".repeat(60),
            "12 345-6.7 ".repeat(20),
            format!("1 {} 2 3", "9".repeat(19)),
            "1 2  3   4    5 6".to_owned(),
        ] {
            let bytes = Text::new(&text);
            each_chain(bytes, bytes.len(), &mut |chain| {
                let read = Chain::read(bytes, chain.start());
                let all = |chain: &Chain| {
                    let groups: Vec<_> = chain.groups().iter().map(|group| (group.start, group.end)).collect();
                    (groups, chain.digits(DIGITS_MAX).to_vec(), chain.total(), chain.next)
                };
                assert_eq!(all(chain), all(&read), "{text}");
            });
        }
    }

    #[test]
    fn a_row_of_too_many_digits_is_no_chain() {
        let text = "1".repeat(100);
        assert_eq!(Chain::read(Text::new(&text), 0).groups().len(), 0);
    }

    #[test]
    fn an_open_chain_begins_at_its_first_digit_or_sign() {
        for (text, start) in
            [("call 555 12", 5), ("call +", 5), ("the (", 4), ("the end. ", 9), ("in 2024, ", 3), ("", 0)]
        {
            assert_eq!(open_chain(Text::new(text)), start, "{text}");
        }
    }
}
