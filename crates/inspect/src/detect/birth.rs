//! Dates of birth and ages, beside the words that say so.

use super::labelled::after;
use crate::scan::Scan;
use crate::text::{Text, is_word};

/// The date after `born`, `date of birth`, `geboren am` and the like.
pub(super) fn date(scan: &mut Scan<'_>, start: usize) {
    let text = scan.text;
    if text.before(start).is_ascii_alphanumeric() {
        return;
    }
    // `date of birth. It's 3/23/1940`: a few more words than a label has.
    let from = text.run(start, 32, |byte| byte.is_ascii_alphabetic() || byte >= 0x80);
    let reach = from + REACH_BYTES;
    let mut at = from;
    while at < reach.min(text.len()) {
        at = text.run(at, reach - at, |byte| !byte.is_ascii_digit() && !byte.is_ascii_uppercase());
        if text.starts_word(at)
            && at < reach
            && let Some(end) = date_end(text, at)
        {
            scan.hit(at, end, "pii.date_of_birth", 0.85, "birth");
            return;
        }
        at = text.run(at, 32, is_word).max(at + 1);
    }
}

/// The age after `age`, `aged`, `Alter` and the like.
pub(super) fn age(scan: &mut Scan<'_>, start: usize) {
    let text = scan.text;
    if text.before(start).is_ascii_alphanumeric() {
        return;
    }
    let at = after(text, start);
    let end = text.run(at, 4, |byte| byte.is_ascii_digit());
    if is_age(text.cut(at, end)) && !is_word(text.at(end)) && !continues(text, end) {
        scan.hit(at, end, "pii.age", 0.7, "age");
    }
}

/// The age before `years old`. What stands before has gone out in a stream.
pub(super) fn age_before(scan: &mut Scan<'_>, start: usize) {
    let text = scan.text;
    let end = text.run_back(start, 1, |byte| matches!(byte, b' ' | b'-'));
    let from = text.run_back(end, 4, |byte| byte.is_ascii_digit());
    if scan.whole && is_age(text.cut(from, end)) && text.starts_word(from) && text.before(from) != b'.' {
        scan.hit(from, end, "pii.age", 0.7, "age");
    }
}

/// From where on a date with a month's name, or one in Chinese, may still be under way at the end of the text.
pub(crate) fn open_date(text: Text<'_>) -> usize {
    let end = text.len();
    let floor = end.saturating_sub(DATE_BYTES_MAX);
    let (mut at, mut open) = (end, end);
    while at > floor {
        let word_end = text.run_back(at, 2, |byte| matches!(byte, b' ' | b',' | b'.'));
        let start = text.run_back(word_end, MONTH_BYTES_MAX, |byte| byte.is_ascii_alphanumeric() || byte >= 0x80);
        let word = text.cut(start, word_end);
        let is_last = word_end == end;
        if word.is_empty() || start < floor {
            break;
        }
        let is_day = word.first().is_some_and(u8::is_ascii_digit) && word.len() <= 4;
        let is_month = word.first().is_some_and(u8::is_ascii_uppercase) && month(word, is_last);
        if is_day || is_month {
            open = start;
        } else if !(month(word, is_last) || is_joint(word, is_last)) {
            break;
        }
        at = start;
    }
    let chinese = text
        .run_back(end, DATE_BYTES_MAX, |byte| byte.is_ascii_digit() || CHINESE.iter().any(|sign| sign.contains(&byte)));
    open.min(text.run(chinese, end - chinese, |byte| !byte.is_ascii_digit()))
}

/// Where a date that begins at `at` ends.
pub(super) fn date_end(text: Text<'_>, at: usize) -> Option<usize> {
    let end = chinese(text, at).or_else(|| numeric(text, at)).or_else(|| named(text, at))?;
    (!is_word(text.at(end)) && !continues(text, end)).then_some(end)
}

/// `3/23/1940`, `23.3.40`, `1940-03-23`, `19400323`.
fn numeric(text: Text<'_>, at: usize) -> Option<usize> {
    let (first, one) = number(text, at)?;
    let sign = text.at(one);
    if one - at == 8 {
        let (year, month, day) = (first / 10_000, first / 100 % 100, first % 100);
        return (is_year(year) && is_month_day(month, day)).then_some(one);
    }
    if !matches!(sign, b'/' | b'.' | b'-') {
        return None;
    }
    let (second, two) = number(text, one + 1)?;
    let (third, three) = number(text, two + 1).filter(|_| text.at(two) == sign)?;
    let is_right = match (one - at, two - one - 1, three - two - 1) {
        (4, 1 | 2, 1 | 2) => is_year(first) && is_month_day(second, third),
        (1 | 2, 1 | 2, 4) => is_year(third) && (is_month_day(first, second) || is_month_day(second, first)),
        (1 | 2, 1 | 2, 2) => is_month_day(first, second) || is_month_day(second, first),
        _ => false,
    };
    is_right.then_some(three)
}

/// `March 4, 1980`, `4th of March 1980`, `4. März 1980`, `4 de marzo de 1980`.
fn named(text: Text<'_>, at: usize) -> Option<usize> {
    let word_end = |from: usize| text.run(from, MONTH_BYTES_MAX, |byte| byte.is_ascii_alphabetic() || byte >= 0x80);
    let gap = |from: usize| text.run(from, 2, |byte| matches!(byte, b' ' | b',' | b'.'));
    let year =
        |from: usize| number(text, from).filter(|(value, end)| end - from == 4 && is_year(*value)).map(|(_, end)| end);
    if let Some((day, end)) = number(text, at) {
        if day == 0 || day > 31 || end - at > 2 {
            return None;
        }
        // `4th`, `1er`, `1º`.
        let mut next = gap(text.run(end, 3, |byte| byte.is_ascii_alphabetic() || matches!(byte, 0xc2 | 0xba)));
        if next == end {
            return None;
        }
        if is_joint(text.cut(next, word_end(next)), false) {
            next = gap(word_end(next));
        }
        let month_end = word_end(next);
        let mut then = gap(month_end);
        if is_joint(text.cut(then, word_end(then)), false) {
            then = gap(word_end(then));
        }
        return year(then).filter(|_| month(text.cut(next, month_end), false));
    }
    // A name first needs its capital, as English writes it.
    let month_end = word_end(at);
    if !text.at(at).is_ascii_uppercase() || !month(text.cut(at, month_end), false) {
        return None;
    }
    let (day, end) = number(text, gap(month_end))?;
    let end = text.run(end, 2, |byte| byte.is_ascii_alphabetic());
    if is_year(day) && end - gap(month_end) == 4 {
        return Some(end);
    }
    year(gap(end)).filter(|_| (1..=31).contains(&day))
}

/// `1980年3月4日`.
fn chinese(text: Text<'_>, at: usize) -> Option<usize> {
    let mut from = at;
    for sign in CHINESE {
        let (_, end) = number(text, from)?;
        from = end + sign.len();
        if text.cut(end, from) != sign {
            return None;
        }
    }
    Some(from)
}

fn number(text: Text<'_>, at: usize) -> Option<(u32, usize)> {
    let end = text.run(at, 9, |byte| byte.is_ascii_digit());
    let value = text.cut(at, end).iter().fold(0, |value, digit| value * 10 + u32::from(digit - b'0'));
    (1..=8).contains(&(end - at)).then_some((value, end))
}

/// Whether a further number is joined to what ends here.
fn continues(text: Text<'_>, end: usize) -> bool {
    matches!(text.at(end), b'.' | b'/' | b'-' | b',' | b'%')
        && (text.at(end + 1).is_ascii_digit() || text.at(end) == b'%')
}

fn is_age(digits: &[u8]) -> bool {
    let age = digits.iter().fold(0, |age, digit| age * 10 + u32::from(digit - b'0'));
    (1..=3).contains(&digits.len()) && (1..=120).contains(&age)
}

fn is_year(year: u32) -> bool {
    (1880..2050).contains(&year)
}

fn is_month_day(month: u32, day: u32) -> bool {
    (1..=12).contains(&month) && (1..=31).contains(&day)
}

/// Whether a word is a month's name or a usual short form; if it is the last and may grow, whether it begins one.
fn month(word: &[u8], may_grow: bool) -> bool {
    let word = String::from_utf8_lossy(word).to_lowercase();
    let three = word.chars().count() >= 3;
    MONTHS
        .iter()
        .any(|month| *month == word || (may_grow || three && month.is_ascii()) && month.starts_with(word.as_str()))
}

/// Words that join day, month and year.
fn is_joint(word: &[u8], may_grow: bool) -> bool {
    JOINTS.iter().any(|joint| joint.as_bytes() == word || may_grow && joint.as_bytes().starts_with(word))
}

/// How far after the words for birth the date may begin.
const REACH_BYTES: usize = 24;
/// The longest month's name in the list, in bytes, with room.
const MONTH_BYTES_MAX: usize = 20;
/// `4 de septiembre de 1980` and its like; `30 сентября 1980`.
const DATE_BYTES_MAX: usize = 40;
const JOINTS: &[&str] = &["of", "de", "del", "di", "do"];
const CHINESE: [&[u8]; 3] = ["年".as_bytes(), "月".as_bytes(), "日".as_bytes()];
#[rustfmt::skip]
const MONTHS: &[&str] = &[
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december",
    "januar", "februar", "märz", "mai", "juni", "juli", "oktober", "dezember", "jänner",
    "janvier", "février", "mars", "avril", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre",
    "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre",
    "gennaio", "febbraio", "aprile", "maggio", "giugno", "luglio", "settembre", "ottobre", "dicembre",
    "janeiro", "fevereiro", "março", "maio", "junho", "julho", "setembro", "outubro", "novembro", "dezembro",
    "januari", "februari", "maart", "mei", "augustus", "augusti", "stycznia", "lutego", "marca", "kwietnia", "maja", "czerwca",
    "lipca", "sierpnia", "września", "października", "listopada", "grudnia",
    "января", "февраля", "марта", "апреля", "мая", "июня", "июля", "августа", "сентября", "октября", "ноября", "декабря",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::tests::{check, spans};

    #[test]
    fn dates_of_birth_in_their_forms() {
        spans("Please tell me your date of birth. It's 3/23/1940", &[("pii.date_of_birth", "3/23/1940")]);
        spans("She was born on 2/7/1961. Then", &[("pii.date_of_birth", "2/7/1961")]);
        spans("DOB: 1980-03-04", &[("pii.date_of_birth", "1980-03-04")]);
        spans("born March 4, 1980 in", &[("pii.date_of_birth", "March 4, 1980")]);
        spans("born on the 4th of March 1980", &[("pii.date_of_birth", "4th of March 1980")]);
        spans("geboren am 4. März 1980", &[("pii.date_of_birth", "4. März 1980")]);
        spans("née le 4 mars 1980", &[("pii.date_of_birth", "4 mars 1980")]);
        spans("fecha de nacimiento: 4 de marzo de 1980", &[("pii.date_of_birth", "4 de marzo de 1980")]);
        spans("дата рождения 04.03.1980", &[("pii.date_of_birth", "04.03.1980")]);
        spans("родился 4 марта 1980", &[("pii.date_of_birth", "4 марта 1980")]);
        spans("生年月日1980年3月4日", &[("pii.date_of_birth", "1980年3月4日")]);
        spans("\"birthDate\": \"1980-03-04\"", &[("pii.date_of_birth", "1980-03-04")]);
    }

    #[test]
    fn ages_in_context() {
        check("aged 54", &["pii.age"]);
        check("Age: 54, male", &["pii.age"]);
        check("a 54-year-old man", &["pii.age"]);
        check("she is 54 years old", &["pii.age"]);
        check("Alter: 54", &["pii.age"]);
    }

    #[test]
    fn other_dates_and_numbers_are_none() {
        check("It's like that since 11/15/1979, due 2024-01-15", &[]);
        check("born to be wild, version 1.2.3", &[]);
        check("page 54, message 12, average 54", &[]);
        check("May 4, 1980 was a Sunday; in March 2024", &[]);
        check("birthday party of 12 people", &[]);
    }

    #[test]
    fn a_date_at_the_end_is_held_while_it_may_go_on() {
        for (text, open) in [
            ("born March 4, 19", 5),
            ("born 4 ma", 5),
            ("born 4 march ", 5),
            ("in 4 days", 9),
            ("on 4 de marzo de ", 3),
            ("日1980年3", 3),
            ("the end", 7),
            ("In May", 3),
        ] {
            assert_eq!(open_date(Text::new(text)), open, "{text}");
        }
    }
}
