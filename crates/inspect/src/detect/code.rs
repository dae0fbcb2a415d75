//! Codes of letters and digits (`AB123456C`, `131052-308T`, a VIN, a wallet's address): found from a digit in them, read once.

use super::digits::Chain;
use super::national::{self, Written};
use super::{place, vehicle, wallet};
use crate::scan::Scan;
use crate::text::{Text, is_word};

/// The code around the chain's first group, if letters are in it. Returns up to where the text has been read.
pub(super) fn code(scan: &mut Scan<'_>, chain: &Chain) -> usize {
    let text = scan.text;
    let Some(group) = chain.groups().first() else { return 0 };
    if spaced_nino(scan, chain) || !has_letter_beside(text, group.start, group.end) {
        return 0;
    }
    let start = text.run_back(group.start, RUN_BYTES_MAX, is_part);
    let end = text.run(group.end, RUN_BYTES_MAX, is_part);
    let (start, end) = (trimmed_start(text, start, group.start), trimmed_end(text, end, group.end));
    let length = end - start;
    // What is longer is a hash, an encoded text, an address of the net.
    if length > CODE_BYTES_MAX {
        return end;
    }
    let mut compact = [0u8; CODE_BYTES_MAX + 1];
    let (mut count, mut is_capital, mut signs) = (0, true, 0);
    for byte in text.cut(start, end) {
        match byte {
            b'-' | b'.' => signs += 1,
            byte => {
                is_capital &= !byte.is_ascii_lowercase();
                if let Some(slot) = compact.get_mut(count) {
                    *slot = byte.to_ascii_uppercase();
                }
                count += 1;
            }
        }
    }
    // Hong Kong writes its check sign in brackets.
    let bracketed = match text.cut(end, end + 3) {
        [b'(', check @ (b'0'..=b'9' | b'A' | b'a'), b')'] => Some(check.to_ascii_uppercase()),
        _ => None,
    };
    let mut code_end = end;
    if let (Some(check), Some(slot)) = (bracketed, compact.get_mut(count)) {
        (*slot, code_end) = (check, end + 3);
        count += 1;
        signs += 1;
    }
    let code = compact.get(..count).unwrap_or(&[]);
    if signs == 0 && wallet::address(scan, start, end) {
        return end;
    }
    if signs == 5 && length == 17 {
        return place::mac(scan, start + 2).max(end);
    }
    if (CODE_MIN..=CODE_MAX).contains(&count) && (bracketed.is_some() || !is_word(text.at(end))) {
        let written = Written { code, start, end: code_end, is_capital, has_signs: signs > 0 };
        if !national::code(scan, &written) && signs == 0 {
            vehicle::vin(scan, &written);
        }
    }
    end
}

/// `AB 12 34 56 C`, as national insurance numbers are printed.
fn spaced_nino(scan: &mut Scan<'_>, chain: &Chain) -> bool {
    let text = scan.text;
    let first = chain.start();
    let (Some(start), true) = (first.checked_sub(3), text.before(first) == b' ') else { return false };
    let count = if chain.lengths(3).eq([2, 2, 2]) { 3 } else { 1 };
    let Some(last) = chain.groups().get(count - 1) else { return false };
    let end = last.end + 2;
    if last.end - first > 8 || text.at(last.end) != b' ' || !text.starts_word(start) || is_word(text.at(end)) {
        return false;
    }
    let compact: Vec<u8> = text.cut(start, end).iter().copied().filter(|byte| *byte != b' ').collect();
    let written = Written { code: &compact, start, end, is_capital: true, has_signs: true };
    compact.len() == 9 && !compact.iter().any(u8::is_ascii_lowercase) && national::code(scan, &written)
}

/// From where on a national insurance number written with spaces may still be under way at the end of the text.
pub(crate) fn open_code(text: Text<'_>) -> usize {
    let end = text.len();
    let from =
        text.run_back(end, SPACED_BYTES_MAX, |byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b' ');
    let begins = |at: &usize| {
        text.at(*at).is_ascii_uppercase()
            && text.at(at + 1).is_ascii_uppercase()
            && text.at(at + 2) == b' '
            && text.starts_word(*at)
    };
    (from..end).find(begins).unwrap_or(end)
}

/// A letter touches the group, or a sign and then a letter does.
fn has_letter_beside(text: Text<'_>, start: usize, end: usize) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_alphabetic();
    let is_sign = |byte: u8| matches!(byte, b'-' | b'.');
    is_letter(text.before(start))
        || is_letter(text.at(end))
        || is_sign(text.before(start)) && is_letter(text.before(start - 1))
        || is_sign(text.at(end)) && is_letter(text.at(end + 1))
}

fn is_part(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.')
}

/// Signs before a code belong to the sentence.
fn trimmed_start(text: Text<'_>, start: usize, digit: usize) -> usize {
    text.run(start, digit - start, |byte| matches!(byte, b'-' | b'.'))
}

fn trimmed_end(text: Text<'_>, end: usize, digit_end: usize) -> usize {
    text.run_back(end, end - digit_end, |byte| matches!(byte, b'-' | b'.'))
}

/// So far a run is read to either side: the longest wallet address and what stands before its digits.
const RUN_BYTES_MAX: usize = 96;
const CODE_BYTES_MAX: usize = 96;
/// The shortest and the longest code of a person or a vehicle, without signs.
const CODE_MIN: usize = 7;
const CODE_MAX: usize = 18;
/// `AB 12 34 56 C` and a space.
const SPACED_BYTES_MAX: usize = 14;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::tests::check;

    #[test]
    fn codes_are_read_with_their_signs() {
        check("NI: AB 12 34 56 C", &["pii.national_id"]);
        check("AB 123456 C.", &["pii.national_id"]);
        check("AB 12 34 56 78", &[]);
        check("id A123456(3)", &["pii.national_id"]);
        check("id A123456(4)", &[]);
    }

    #[test]
    fn a_spaced_code_at_the_end_is_held_from_its_letters() {
        for (text, open) in [("no AB 12 3", 3), ("no AB 12 34 56 C", 3), ("the AB ", 4), ("the end", 7), ("NASA ", 5)] {
            assert_eq!(open_code(Text::new(text)), open, "{text}");
        }
    }
}
