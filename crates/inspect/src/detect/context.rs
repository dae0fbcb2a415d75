//! Words near a number that say what it is: read only around numbers that need it, and each byte at most once.

use crate::text::Text;

mod words;

/// A set of topics, one bit each.
pub(crate) type Topics = u128;

/// What has been read so far.
#[derive(Default)]
pub(crate) struct Context {
    /// Up to where the text has been read.
    read: usize,
    /// Where each telling word begins and ends, and what it tells. In order.
    words: Vec<Word>,
}

struct Word {
    start: usize,
    end: usize,
    topics: Topics,
}

impl Context {
    /// Whether a word of these topics ends at most [`REACH_BYTES`] before `at`. Numbers must be asked about in order.
    pub(crate) fn is_before(&mut self, text: Text<'_>, at: usize, topics: Topics) -> bool {
        self.read(text, at.saturating_sub(REACH_BYTES + WORD_BYTES_MAX), at);
        let near = self.words.iter().rev().skip_while(|word| word.start >= at);
        near.take_while(|word| word.end + REACH_BYTES >= at).any(|word| word.end <= at && word.topics & topics != 0)
    }

    /// Whether a word of these topics begins at most [`AFTER_BYTES`] after `end`.
    pub(crate) fn is_after(&mut self, text: Text<'_>, end: usize, topics: Topics) -> bool {
        self.read(text, end, end + AFTER_BYTES + WORD_BYTES_MAX);
        let near = self.words.iter().rev().take_while(|word| word.end > end);
        near.into_iter().any(|word| (end..end + AFTER_BYTES).contains(&word.start) && word.topics & topics != 0)
    }

    /// Reads what has not been read of `from..to`, word by word.
    fn read(&mut self, text: Text<'_>, from: usize, to: usize) {
        let mut at = self.read.max(from);
        if at == from && at > 0 && is_letter(text.before(at)) {
            // A part of a word is no word.
            at = text.run(at, WORD_BYTES_MAX, is_letter);
        }
        while at < to.min(text.len()) {
            let start = text.run(at, to - at, |byte| !is_letter(byte));
            let end = text.run(start, WORD_BYTES_MAX, is_letter);
            let word = text.cut(start, end);
            let topics = if word.len() < WORD_BYTES_MIN { 0 } else { topics_of(word) };
            if topics != 0 {
                self.words.push(Word { start, end, topics });
            }
            at = end.max(start + 1);
        }
        self.read = self.read.max(at);
    }
}

/// What a word tells, whatever its case: by what it begins with, or, where words are not apart, by what is in it.
fn topics_of(word: &[u8]) -> Topics {
    if word.is_ascii() {
        let mut small = [0; WORD_BYTES_MAX];
        let small = small.get_mut(..word.len()).unwrap_or_default();
        small.copy_from_slice(word);
        small.make_ascii_lowercase();
        return stem_topics(small);
    }
    let word = String::from_utf8_lossy(word).to_lowercase();
    let unspaced =
        words::UNSPACED.iter().filter(|(part, _)| word.contains(part)).fold(0, |all, (_, topics)| all | topics);
    unspaced | stem_topics(word.as_bytes())
}

fn stem_topics(word: &[u8]) -> Topics {
    let first = word.get(..2).unwrap_or(word);
    let from = words::STEMS.partition_point(|(stem, _)| stem.as_bytes().get(..2).unwrap_or(&[]) < first);
    let same = words::STEMS.iter().skip(from).take_while(|(stem, _)| stem.as_bytes().starts_with(first));
    // A short stem is a whole word: `nin` is no beginning of `nine`.
    same.filter(|(stem, _)| word.starts_with(stem.as_bytes()) && (stem.len() > SHORT_MAX || stem.len() == word.len()))
        .fold(0, |all, (_, topics)| all | topics)
}

fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte >= 0x80
}

/// How far before a number the word may end that says what it is.
const REACH_BYTES: usize = 40;
/// How far after it the word may begin.
const AFTER_BYTES: usize = 24;
/// A longer word is read in parts.
const WORD_BYTES_MAX: usize = 48;
const WORD_BYTES_MIN: usize = 2;
/// Stems up to this length stand for themselves alone.
const SHORT_MAX: usize = 4;

/// Who uses a number, and what for. Countries by their ISO 3166 codes.
#[rustfmt::skip]
pub(crate) mod topic {
    use super::Topics;

    macro_rules! topics {
        ($($name:ident = $bit:expr),* $(,)?) => { $(pub(crate) const $name: Topics = 1 << $bit;)* };
    }

    topics! {
        NATIONAL = 0, TAX = 1, HEALTH = 2, SOCIAL = 3, ACCOUNT = 4, VEHICLE = 5, PLACE = 6, DEVICE = 7,
        AE = 16, AR = 17, AT = 18, AU = 19, BE = 20, BG = 21, BR = 22, CA = 23, CH = 24, CL = 25, CN = 26, CO = 27,
        CR = 28, CZ = 29, DE = 30, DK = 31, DO = 32, EC = 33, EE = 34, EG = 35, ES = 36, FI = 37, FR = 38, GB = 39,
        GR = 40, GT = 41, HK = 42, HR = 43, HU = 44, ID = 45, IE = 46, IL = 47, IN = 48, IR = 49, IS = 50, IT = 51,
        JP = 52, KE = 53, KR = 54, KW = 55, KZ = 56, LK = 57, LT = 58, LU = 59, LV = 60, MD = 61, MT = 62, MX = 63,
        MY = 64, NG = 65, NL = 66, NO = 67, NZ = 68, PE = 69, PK = 70, PL = 71, PT = 72, RO = 73, RS = 74, RU = 75,
        SA = 76, SE = 77, SG = 78, SI = 79, SV = 80, TH = 81, TR = 82, TW = 83, TZ = 84, UA = 85, US = 86, UY = 87,
        VE = 88, VN = 89, ZA = 90, ZM = 91, GH = 92, DNI = 93, NIF = 94, NIP = 95,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, at: usize, topics: Topics, expected: bool) {
        assert_eq!(Context::default().is_before(Text::new(text), at, topics), expected, "{text}");
    }

    #[test]
    fn a_word_counts_up_to_its_reach() {
        check("PESEL: 1", 7, topic::PL, true);
        check("numer pesel 1", 12, topic::PL, true);
        check("pesel 1", 6, topic::DE, false);
        check(&format!("pesel {} 1", "x".repeat(45)), 52, topic::PL, false);
        check("Steuer-ID 1", 10, topic::TAX, true);
        check("Steueridentifikationsnummer 1", 28, topic::TAX, true);
        check("nine 1", 5, topic::GB, false);
        check("身份证号1", 12, topic::CN, true);
        check("ПАСПОРТ ИНН 1", 22, topic::RU, true);
    }

    #[test]
    fn each_byte_is_read_once_and_the_answers_stay_the_same() {
        let text = "pesel 1 and bsn 2 and pesel 3";
        let mut context = Context::default();
        let bytes = Text::new(text);
        assert!(context.is_before(bytes, 6, topic::PL) && !context.is_before(bytes, 6, topic::NL));
        assert!(context.is_before(bytes, 16, topic::NL) && context.is_after(bytes, 17, topic::PL));
        assert!(context.is_before(bytes, 28, topic::PL) && !context.is_after(bytes, 29, topic::PL));
    }

    #[test]
    fn stems_are_sorted_and_in_lower_case() {
        let key = |stem: &str| stem.as_bytes().get(..2).unwrap_or(&[]).to_vec();
        assert!(words::STEMS.windows(2).all(|pair| key(pair[0].0) <= key(pair[1].0)));
        assert!(words::STEMS.iter().all(|(stem, _)| *stem == stem.to_lowercase() && stem.len() >= WORD_BYTES_MIN));
    }
}
