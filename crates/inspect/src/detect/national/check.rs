//! Check digits: the few calculations that nearly all numbers of persons use, over digits as values 0 to 9.

use super::super::card::luhn as luhn_of;

/// The number that some of the digits write. Missing digits count as nothing.
pub(super) fn number(digits: &[u8], from: usize, to: usize) -> u64 {
    digits.get(from..to).unwrap_or(&[]).iter().fold(0, |number, digit| number * 10 + u64::from(*digit))
}

/// The digit at `i`, zero outside.
pub(super) fn digit(digits: &[u8], i: usize) -> u32 {
    digits.get(i).copied().map_or(0, u32::from)
}

/// The sum of digits times weights, as far as both go.
pub(super) fn weighted(digits: &[u8], weights: &[u32]) -> u32 {
    digits.iter().zip(weights).map(|(digit, weight)| u32::from(*digit) * weight).sum()
}

/// ISO/IEC 7812-1 annex B.
pub(super) fn luhn(digits: &[u8]) -> bool {
    luhn_of(digits)
}

/// ISO/IEC 7064, MOD 11,10, the last digit checking the others.
pub(super) fn mod_11_10(digits: &[u8]) -> bool {
    let Some((last, head)) = digits.split_last() else { return false };
    let product = head.iter().fold(10, |product, digit| match (product + u32::from(*digit)) % 10 {
        0 => 10 * 2 % 11,
        sum => sum * 2 % 11,
    });
    (11 - product) % 10 == u32::from(*last)
}

/// J. Verhoeff, Error Detecting Decimal Codes (1969): the dihedral group of ten elements.
pub(super) fn verhoeff(digits: &[u8]) -> bool {
    verhoeff_sum(digits.iter().rev(), 0) == 0
}

/// Whether `check` is the Verhoeff digit of `digits`.
pub(super) fn is_verhoeff_of(digits: &[u8], check: u8) -> bool {
    verhoeff_sum(std::iter::once(&check).chain(digits.iter().rev()), 0) == 0
}

fn verhoeff_sum<'d>(digits: impl Iterator<Item = &'d u8>, first: u8) -> u8 {
    digits.enumerate().fold(first, |sum, (i, digit)| {
        let permuted = (0..i % 8).fold(*digit, |digit, _| PERMUTATION.get(usize::from(digit)).copied().unwrap_or(0));
        dihedral(sum, permuted)
    })
}

/// Multiplication of rotations (0 to 4) and reflections (5 to 9) of a pentagon.
fn dihedral(a: u8, b: u8) -> u8 {
    match (a < 5, b < 5) {
        (true, true) => (a + b) % 5,
        (true, false) => 5 + (a + b) % 5,
        (false, true) => 5 + (a + 5 - b) % 5,
        (false, false) => (a + 5 - b) % 5,
    }
}

/// Whether a day of that month exists in some year.
pub(super) fn date(month: u64, day: u64) -> bool {
    let days = match month {
        2 => 29,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    (1..=days).contains(&day)
}

/// A year's last two digits, month and day from `at` on (`YYMMDD`); months may be raised by any of `raised`.
pub(super) fn yymmdd(digits: &[u8], at: usize, raised: &[u64]) -> bool {
    dated(number(digits, at + 2, at + 4), number(digits, at + 4, at + 6), raised)
}

/// Day, month and a year's last two digits from `at` on.
pub(super) fn ddmmyy(digits: &[u8], at: usize, raised: &[u64]) -> bool {
    dated(number(digits, at + 2, at + 4), number(digits, at, at + 2), raised)
}

/// A year from 1880 to 2049, month and day from `at` on.
pub(super) fn yyyymmdd(digits: &[u8], at: usize) -> bool {
    (1880..2050).contains(&number(digits, at, at + 4))
        && dated(number(digits, at + 4, at + 6), number(digits, at + 6, at + 8), &[])
}

fn dated(month: u64, day: u64, raised: &[u64]) -> bool {
    date(month, day) || raised.iter().any(|by| month > *by && date(month - by, day))
}

/// Whether all digits are the same: no number is issued so, and many check digits are right by chance.
pub(super) fn is_one_digit(digits: &[u8]) -> bool {
    digits.iter().all(|digit| Some(digit) == digits.first())
}

/// US routing numbers (ABA): weights 3, 7, 1 modulo 10, and prefixes that the Federal Reserve uses.
pub(in crate::detect) fn is_routing(code: &[u8]) -> bool {
    let d = digits_of(code);
    matches!(number(&d, 0, 2), 0..=12 | 21..=32 | 61..=72 | 80)
        && weighted(&d, &[3, 7, 1, 3, 7, 1, 3, 7, 1]).is_multiple_of(10)
        && !is_one_digit(&d)
}

/// The value of a letter, `A` as 0; 99 for anything else.
pub(super) fn letter(byte: u8) -> u32 {
    if byte.is_ascii_uppercase() { u32::from(byte - b'A') } else { 99 }
}

/// The value of a digit, or of a letter with `A` as 10; 99 for anything else.
pub(super) fn base_36(byte: u8) -> u32 {
    if byte.is_ascii_digit() { u32::from(byte - b'0') } else { letter(byte) + 10 }
}

/// The digits of a code as values; letters and signs are left out.
pub(super) fn digits_of(code: &[u8]) -> Vec<u8> {
    code.iter().filter(|byte| byte.is_ascii_digit()).map(|byte| byte - b'0').collect()
}

const PERMUTATION: [u8; 10] = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];

#[cfg(test)]
mod tests {
    use super::*;

    fn digits(text: &str) -> Vec<u8> {
        digits_of(text.as_bytes())
    }

    #[test]
    fn the_published_examples_check_and_their_neighbours_do_not() {
        assert!(luhn(&digits("79927398713")) && !luhn(&digits("79927398710")));
        assert!(verhoeff(&digits("2363")) && !verhoeff(&digits("2364")) && is_verhoeff_of(&digits("236"), 3));
        assert!(mod_11_10(&digits("07945")) && !mod_11_10(&digits("07946")));
    }

    #[test]
    fn dates_exist() {
        assert!(yymmdd(&digits("000229"), 0, &[]) && !yymmdd(&digits("000230"), 0, &[]));
        assert!(ddmmyy(&digits("310799"), 0, &[]) && !ddmmyy(&digits("310699"), 0, &[]));
        assert!(yymmdd(&digits("805229"), 0, &[50]) && !yymmdd(&digits("805229"), 0, &[]));
        assert!(yyyymmdd(&digits("19991231"), 0) && !yyyymmdd(&digits("18791231"), 0));
    }
}
