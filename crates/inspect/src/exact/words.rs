//! A text as words that can be compared: small letters and digits, whatever stands between them.

use std::ops::Range;

use crate::normal::normalise;

/// The words of a text.
pub(crate) struct Words {
    /// All words, one after the other.
    letters: String,
    /// Where each word is in `letters`, and where it stands in the text.
    places: Vec<(Range<usize>, Range<usize>)>,
}

impl Words {
    /// The words of a text that is already normalised.
    pub(crate) fn new(text: &str) -> Self {
        let mut words = Self { letters: String::with_capacity(text.len()), places: Vec::new() };
        let mut is_open = false;
        for (at, c) in text.char_indices() {
            let is_letter = c.is_alphanumeric();
            let is_alone = is_unspaced(c);
            if is_letter {
                let from = words.letters.len();
                if c.is_ascii() {
                    words.letters.push(c.to_ascii_lowercase());
                } else {
                    words.letters.extend(c.to_lowercase());
                }
                let end = at + c.len_utf8();
                match words.places.last_mut().filter(|_| is_open && !is_alone) {
                    Some((letters, place)) => (letters.end, place.end) = (words.letters.len(), end),
                    None => words.places.push((from..words.letters.len(), at..end)),
                }
            }
            is_open = is_letter && !is_alone;
        }
        words
    }

    /// The words of a value as it is written in a record: normalised as texts are before they are read.
    pub(crate) fn of_value(value: &str) -> Self {
        Self::new(&normalise(value, 0).view.text)
    }

    pub(crate) fn len(&self) -> usize {
        self.places.len()
    }

    pub(crate) fn word(&self, i: usize) -> &str {
        self.places.get(i).and_then(|(letters, _)| self.letters.get(letters.clone())).unwrap_or("")
    }

    /// Where the words of `range` stand in the text.
    pub(crate) fn place(&self, range: Range<usize>) -> Range<usize> {
        let start = self.places.get(range.start).map_or(0, |(_, place)| place.start);
        let end = range.end.checked_sub(1).and_then(|last| self.places.get(last)).map_or(start, |(_, place)| place.end);
        start..end
    }
}

/// Adds a word to others: a space between, but none between groups of digits, which are one number.
pub(crate) fn join(joined: &mut String, word: &str) {
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let last = joined.rsplit(' ').next().unwrap_or("");
    let is_one_number = is_number(last) && is_number(word);
    if !joined.is_empty() && !is_one_number {
        joined.push(' ');
    }
    joined.push_str(word);
}

/// Scripts without spaces: each sign is a word.
fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{2e80}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}' | '\u{e00}'..='\u{eff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let words = Words::of_value(text);
        let list: Vec<&str> = (0..words.len()).map(|i| words.word(i)).collect();
        assert_eq!(list, expected, "{text}");
    }

    #[test]
    fn words_are_small_letters_and_digits() {
        check("Anna-Maria O'Neil, 42", &["anna", "maria", "o", "neil", "42"]);
        check("МОСКВА Ünal ＦＵＬＬ", &["москва", "ünal", "full"]);
        check("王小明 is", &["王", "小", "明", "is"]);
        check("", &[]);
        let words = Words::new("a bc, d");
        assert_eq!(words.place(1..3), 2..7);
    }

    #[test]
    fn groups_of_digits_are_one_number() {
        let mut joined = String::new();
        for word in ["kd", "12", "345", "x"] {
            join(&mut joined, word);
        }
        assert_eq!(joined, "kd 12345 x");
    }
}
