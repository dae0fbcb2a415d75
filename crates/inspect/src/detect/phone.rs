//! Phone numbers, international and local, and US social security numbers.

use super::digits::{Chain, ends_number};
use crate::scan::{Mark, Scan};

/// International (`+49 30 1234567`), North American (`(212) 555-0123`), trunk zero (`020 7946 0958`), or by context.
pub(crate) fn phone(scan: &mut Scan<'_>, chain: &Chain) {
    let text = scan.text;
    let start = chain.start();
    let sign = text.before(start);
    if sign == b'+' || (sign == b'(' && text.before(start - 1) == b'+') {
        return international(scan, chain, start - if sign == b'+' { 1 } else { 2 });
    }
    let open = usize::from(sign == b'(');
    if chain.digits(3).starts_with(&[0, 0])
        && !chain.lengths(1).eq([1])
        && chain.digits(3).last() != Some(&0)
        && chain.total() >= 10
        && !continues(scan, chain)
    {
        return international(scan, chain, start - open);
    }
    if chain.groups().len() > 1 || chain.total() == 10 || chain.total() == 11 {
        if let Some(count) = north_american(scan, chain) {
            return found(scan, start - open, chain, count, 0.8);
        }
        if let Some(count) =
            trunk(scan, chain).or_else(|| bracketed(scan, chain, open == 1)).or_else(|| mobile(scan, chain))
        {
            return found(scan, start - open, chain, count, 0.6);
        }
    }
    let is_marked = scan.is_marked(Mark::Phone, start, CONTEXT_BYTES);
    let fits =
        |count: &usize| is_plausible(scan, chain, *count) && (is_marked || is_labelled_after(scan, chain, *count));
    if let Some(count) = (1..=chain.groups().len().min(6)).rev().find(fits) {
        found(scan, start - open, chain, count, 0.6);
    }
}

/// Whether `office`, `mobile` or the like follows at once. Never in a stream, where it has not come yet.
fn is_labelled_after(scan: &Scan<'_>, chain: &Chain, count: usize) -> bool {
    let Some(end) = count.checked_sub(1).and_then(|last| chain.groups().get(last)).map(|group| group.end) else {
        return false;
    };
    let text = scan.text;
    if !scan.whole || continues(scan, chain) {
        return false;
    }
    let at = text.run(end, 3, |byte| matches!(byte, b' ' | b'-' | b'(' | b',' | b':'));
    let word = text.cut(at, text.run(at, 12, |byte| byte.is_ascii_alphabetic() || byte >= 0x80));
    at > end && LABELS_AFTER.iter().any(|label| word.eq_ignore_ascii_case(label.as_bytes()))
}

/// Three, two and four digits in valid ranges; nine in a row only after a word for it.
pub(crate) fn ssn(scan: &mut Scan<'_>, chain: &Chain) {
    let text = scan.text;
    let marked = |scan: &Scan<'_>| scan.is_marked(Mark::Ssn, chain.start(), CONTEXT_BYTES);
    let count = match chain.digits(9) {
        digits if digits.len() < 9 => return,
        _ if chain.lengths(1).eq([9]) => 1,
        _ if chain.lengths(3).eq([3, 2, 4]) => 3,
        _ => return,
    };
    let Some(last) = chain.groups().get(count - 1) else { return };
    let dashed = count == 3 && chain.separator(text, 3) == Some(b'-');
    if !ends_number(text, last.end) || !is_valid_ssn(chain.digits(9)) {
        return;
    }
    if dashed || marked(scan) {
        let confidence = if marked(scan) { 0.95 } else { 0.8 };
        scan.hit(chain.start(), last.end, "pii.ssn", confidence, "ssn");
    }
}

fn international(scan: &mut Scan<'_>, chain: &Chain, start: usize) {
    let lengths = 1..=chain.groups().len().min(8);
    let fits = |count: &usize| {
        (8..=15).contains(&total(chain, *count)) && is_end(scan, chain, *count) && is_joined(scan, chain, *count)
    };
    if let Some(count) = lengths.rev().find(fits) {
        found(scan, start, chain, count, 0.9);
    }
}

/// `NXX NXX XXXX`, with a leading 1 or not; unseparated digits only after a word for it.
fn north_american(scan: &Scan<'_>, chain: &Chain) -> Option<usize> {
    // With dashes or points throughout the form alone is telling, whatever the area code.
    if chain.lengths(3).eq([3, 3, 4])
        && matches!(chain.separator(scan.text, 3), Some(b'-' | b'.'))
        && is_end(scan, chain, 3)
    {
        return Some(3);
    }
    let lead = usize::from(chain.digits(1) == [1] && chain.lengths(1).eq([1]));
    let count = lead + 3;
    let grouped = chain.lengths(count).skip(lead).eq([3, 3, 4]) && is_joined(scan, chain, count);
    let digits = chain.digits(lead + 10);
    let is_area = |at: usize| digits.get(at).is_some_and(|digit| *digit >= 2);
    (grouped && is_end(scan, chain, count) && is_area(lead) && is_area(lead + 3)).then_some(count)
}

/// A zero first, three groups or more (or `030/1234567`), nine to eleven digits.
fn trunk(scan: &Scan<'_>, chain: &Chain) -> Option<usize> {
    if !matches!(chain.digits(2), [0, 1..=9]) || continues(scan, chain) {
        return None;
    }
    let in_two = chain.groups().len() >= 2
        && (chain.lengths(2).zip([2..=4, 6..=8]).all(|(length, fits)| fits.contains(&length))
            || chain.lengths(2).eq([5, 5])
            || chain.lengths(2).eq([5, 6]));
    if in_two
        && matches!(total(chain, 2), 9..=11)
        && chain.separator(scan.text, 2).is_some_and(|sign| matches!(sign, b' ' | b'-' | b'/'))
        && is_end(scan, chain, 2)
    {
        return Some(2);
    }
    if chain.lengths(5).eq([2, 2, 2, 2, 2])
        && chain.separator(scan.text, 5).is_some_and(|sign| matches!(sign, b' ' | b'-' | b'.'))
        && is_end(scan, chain, 5)
    {
        return Some(5);
    }
    (3..=chain.groups().len().min(5)).rev().find(|count| {
        let spaced = chain.separator(scan.text, *count).is_some_and(|separator| matches!(separator, b' ' | b'-'));
        let no_date = chain.lengths(*count).next() >= Some(3) && !chain.lengths(*count).eq([3, 2, 4]);
        (9..=11).contains(&total(chain, *count)) && spaced && no_date && is_end(scan, chain, *count)
    })
}

/// Whether digits and a separator stand before: then this is a later group of a longer number.
fn continues(scan: &Scan<'_>, chain: &Chain) -> bool {
    matches!(scan.text.cut(chain.start().saturating_sub(2), chain.start()), [b'0'..=b'9', b' ' | b'-'])
}

/// Mobile numbers whose groups alone are telling: China's `138 1234 5678`, Brazil's `11 91234-5678`.
fn mobile(scan: &Scan<'_>, chain: &Chain) -> Option<usize> {
    let is_chinese = matches!(chain.digits(2), [1, 3..=9])
        && chain.lengths(3).eq([3, 4, 4])
        && chain.separator(scan.text, 3).is_some_and(|sign| matches!(sign, b' ' | b'-'));
    let is_brazilian = chain.lengths(3).eq([2, 5, 4])
        && chain.digits(3).last() == Some(&9)
        && chain.groups().get(1).is_some_and(|group| scan.text.at(group.end) == b'-');
    ((is_chinese || is_brazilian) && !continues(scan, chain) && is_end(scan, chain, 3)).then_some(3)
}

/// An area code in brackets and seven digits or more in all (`(11) 4706-6184`).
fn bracketed(scan: &Scan<'_>, chain: &Chain, is_open: bool) -> Option<usize> {
    let first = chain.groups().first()?;
    if !is_open || scan.text.at(first.end) != b')' || !(2..=5).contains(&first.len()) {
        return None;
    }
    let fits = |count: &usize| {
        (8..=11).contains(&total(chain, *count)) && is_end(scan, chain, *count) && is_joined(scan, chain, *count)
    };
    (2..=chain.groups().len().min(4)).rev().find(fits)
}

/// After a word such as `phone`: seven to fifteen digits that are no date, or six in groups.
fn is_plausible(scan: &Scan<'_>, chain: &Chain, count: usize) -> bool {
    let is_date =
        chain.lengths(count).eq([4, 2, 2]) || chain.lengths(count).eq([2, 2, 4]) || chain.lengths(count).eq([1, 2, 4]);
    // `2003-2010` and `0.041495778` are no phones either.
    let is_year = |at: usize| matches!(chain.digits(at + 2).get(at..), Some([1, 9] | [2, 0]));
    let is_years = chain.lengths(count).eq([4, 4]) && is_year(0) && is_year(4);
    let is_decimal = chain.lengths(1).eq([1]) && chain.separator(scan.text, 2) == Some(b'.') && count == 2;
    if is_years || is_decimal {
        return false;
    }
    let is_short = chain.separator(scan.text, count) == Some(b' ')
        && (chain.lengths(count).eq([2, 2, 2]) || chain.lengths(count).eq([3, 3]));
    let fits = (7..=15).contains(&total(chain, count)) || is_short;
    fits && is_end(scan, chain, count) && is_joined(scan, chain, count) && !is_date
}

/// Separators as people write them in phone numbers: not four different ones.
fn is_joined(scan: &Scan<'_>, chain: &Chain, count: usize) -> bool {
    let pairs = chain.groups().iter().zip(chain.groups().iter().skip(1)).take(count.saturating_sub(1));
    pairs.into_iter().all(|(left, right)| {
        let between = scan.text.cut(left.end, right.start);
        matches!(between, b" " | b"-" | b"." | b"/" | b") " | b")" | b" (" | b"(" | b")-" | b" - " | b"-(")
    })
}

/// An extension (`x123`) may follow.
fn is_end(scan: &Scan<'_>, chain: &Chain, count: usize) -> bool {
    let Some(last) = count.checked_sub(1).and_then(|last| chain.groups().get(last)) else { return false };
    ends_number(scan.text, last.end) || matches!(scan.text.cut(last.end, last.end + 2), [b'x' | b'X', b'0'..=b'9'])
}

fn total(chain: &Chain, count: usize) -> usize {
    chain.lengths(count).sum()
}

fn found(scan: &mut Scan<'_>, start: usize, chain: &Chain, count: usize, confidence: f32) {
    if let Some(last) = count.checked_sub(1).and_then(|last| chain.groups().get(last)) {
        scan.hit(start, last.end, "pii.phone", confidence, "phone");
    }
}

/// Never issued: area 000, 666 and 900 up, group 00, serial 0000, and the two numbers that advertisements published.
fn is_valid_ssn(digits: &[u8]) -> bool {
    let number = digits.iter().fold(0u32, |number, digit| number * 10 + u32::from(*digit));
    let (area, group, serial) = (number / 1_000_000, number / 10_000 % 100, number % 10_000);
    !matches!(area, 0 | 666 | 900..)
        && group != 0
        && serial != 0
        && !matches!(number, 78_051_120 | 219_099_999 | 111_111_111)
}

/// How far before a number a word may stand that says what it is.
const CONTEXT_BYTES: usize = 40;
/// Words right after a number that say it is a phone's.
const LABELS_AFTER: &[&str] = &[
    "office",
    "fax",
    "mobile",
    "cell",
    "home",
    "work",
    "phone",
    "tel",
    "direct",
    "landline",
    "handy",
    "mobil",
    "büro",
    "privat",
    "dienstlich",
    "móvil",
    "oficina",
    "casa",
    "bureau",
    "portable",
    "domicile",
    "ufficio",
    "cellulare",
    "celular",
    "mobiel",
    "kantoor",
];

#[cfg(test)]
mod tests {
    use crate::detect::tests::check;

    #[test]
    fn phones_are_found_in_their_forms() {
        check("+1 (212) 555-0123", &["pii.phone"]);
        check("+49 30 1234567", &["pii.phone"]);
        check("+442079460958", &["pii.phone"]);
        check("(212) 555-0123", &["pii.phone"]);
        check("(11) 4706-6184", &["pii.phone"]);
        check("001-748-088-2851x818", &["pii.phone"]);
        check("06-24312407 or 042 078 6381", &["pii.phone"]);
        check("151.081.7740", &["pii.phone"]);
        check("212-555-0123x99", &["pii.phone"]);
        check("1-800-555-0199", &["pii.phone"]);
        check("020 7946 0958", &["pii.phone"]);
        check("phone: 467 3395", &["pii.phone"]);
        check("my number is 2125550123", &["pii.phone"]);
        check("电话13812345678", &["pii.phone"]);
        check("Telefon 030/1234567", &["pii.phone"]);
        check("07700 900123", &["pii.phone"]);
        check("at 030 123456 or 030/1234567", &["pii.phone"]);
        check("01 23 45 67 89", &["pii.phone"]);
        check("138 1234 5678", &["pii.phone"]);
        check("11 91234-5678", &["pii.phone"]);
        check("They're not answering at 785 8949", &["pii.phone"]);
        check("You can call 61 51 81", &["pii.phone"]);
        check("50-98-28-96-Office, 2813882583 mobile", &["pii.phone"]);
    }

    #[test]
    fn dates_versions_and_counts_are_not_phones() {
        check("2024-01-15 and 15.01.2024", &[]);
        check("release 1.20.300.4000", &[]);
        check("order 2125550123", &[]);
        check("1 + 2 + 3 = 6", &[]);
        check("+5 points (12) 3456, 000-000-12", &[]);
        check("call me in 2024", &[]);
        check("call 12-03-24, call 12 or 100", &[]);
        check("call it from 2003-2010, call 0.041495778", &[]);
        check("scores 01 23 45 67, ids 50-98-28-96 and 785 8949", &[]);
        check("2813882583 offices sold, 45 000 000 homes", &[]);
        check("page 12 of 345, section 6.7.8", &[]);
        check("ISBN 978-3-16-148410-0", &[]);
    }

    #[test]
    fn social_security_numbers_are_valid_and_in_form() {
        check("SSN 536-90-4399", &["pii.ssn"]);
        check("536-90-4399", &["pii.ssn"]);
        check("ssn: 536904399", &["pii.ssn"]);
        check("social security 536 90 4399", &["pii.ssn"]);
        check("000-12-3456 666-12-3456 900-12-3456 123-00-4567 123-45-0000", &[]);
        check("078-05-1120", &[]);
        check("536904399", &[]);
        check("2536-90-4399", &[]);
    }
}
