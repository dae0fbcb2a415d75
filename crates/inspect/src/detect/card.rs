//! Payment cards: 12 to 19 digits of a known issuer whose check digit (Luhn) is right.

use super::digits::{Chain, ends_number};
use crate::scan::{Mark, Scan};

pub(crate) fn card(scan: &mut Scan<'_>, chain: &Chain) {
    if chain.total() < DIGITS_MIN || !matches!(chain.digits(1), [2..=6 | 8 | 9]) {
        return;
    }
    let (mut count, mut total) = (0, 0);
    for group in chain.groups() {
        count += 1;
        total += group.len();
        let digits = chain.digits(total);
        // The cheap and rare first: in a row of digits every one begins a chain.
        if !(DIGITS_MIN..=19).contains(&total) || !is_issued(digits) || !luhn(digits) || !is_shape(scan, chain, count) {
            continue;
        }
        if !ends_number(scan.text, group.end) {
            continue;
        }
        let is_short = total < 14 && count == 1;
        let near = |scan: &Scan<'_>| {
            scan.is_marked(Mark::Card, chain.start(), 80) || scan.is_marked_after(Mark::Card, group.end, 40)
        };
        if (!is_short || near(scan)) && !is_one_digit(digits) {
            let confidence = if count > 1 || near(scan) { 0.95 } else { 0.85 };
            scan.hit(chain.start(), group.end, "pci.card", confidence, "card");
        }
    }
}

/// Whether the check digit is right.
pub(crate) fn luhn(digits: &[u8]) -> bool {
    let double = |digit: u8| if digit > 4 { digit * 2 - 9 } else { digit * 2 };
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(i, digit)| u32::from(if i % 2 == 1 { double(*digit) } else { *digit }))
        .sum();
    sum.is_multiple_of(10)
}

/// One row; fours (or multiples, where two were written together) with a shorter last one; 4-6-5 and 4-6-4; digit by digit.
fn is_shape(scan: &Scan<'_>, chain: &Chain, count: usize) -> bool {
    if count == 1 {
        return true;
    }
    if chain.separator(scan.text, count).is_none_or(|separator| !matches!(separator, b' ' | b'-' | b'.')) {
        return false;
    }
    let last = chain.lengths(count).last().unwrap_or(0);
    chain.lengths(count - 1).all(|length| length % 4 == 0) && last >= 1
        || chain.lengths(count).eq([4, 6, 5])
        || chain.lengths(count).eq([4, 6, 4])
        || chain.lengths(count).all(|length| length == 1)
}

fn is_issued(digits: &[u8]) -> bool {
    let prefix = |count: usize| digits.iter().take(count).fold(0u32, |number, digit| number * 10 + u32::from(*digit));
    let (two, four) = (prefix(2), prefix(4));
    ISSUERS.iter().any(|(first, last, lengths)| {
        let number = if *first < 100 { two } else { four };
        (first..=last).contains(&&number) && lengths.contains(&(digits.len() as u8))
    })
}

fn is_one_digit(digits: &[u8]) -> bool {
    digits.iter().all(|digit| Some(digit) == digits.first())
}

/// The shortest card number in use (Maestro).
const DIGITS_MIN: usize = 12;

/// Ranges of the first two or four digits and the lengths issued in them (ISO/IEC 7812 as published by the schemes).
const ISSUERS: &[(u32, u32, &[u8])] = &[
    (40, 49, &[13, 16, 19]),                     // Visa
    (51, 55, &[16]),                             // Mastercard
    (2221, 2720, &[16]),                         // Mastercard
    (34, 34, &[15]),                             // American Express
    (37, 37, &[15]),                             // American Express
    (3000, 3059, &[14, 16]),                     // Diners Club
    (3095, 3095, &[14, 16]),                     // Diners Club
    (36, 36, &[14, 16, 19]),                     // Diners Club
    (38, 39, &[14, 16, 19]),                     // Diners Club
    (3528, 3589, &[16, 17, 18, 19]),             // JCB
    (2131, 2131, &[15]),                         // JCB
    (2200, 2204, &[16, 17, 18, 19]),             // Mir
    (50, 50, &[12, 13, 14, 15, 16, 17, 18, 19]), // Maestro, Elo, RuPay, Verve
    (56, 58, &[12, 13, 14, 15, 16, 17, 18, 19]), // Maestro
    (60, 69, &[12, 13, 14, 15, 16, 17, 18, 19]), // Discover, UnionPay, Maestro, RuPay
    (81, 82, &[16]),                             // UnionPay, RuPay
    (9792, 9792, &[16]),                         // Troy
];

#[cfg(test)]
mod tests {
    use crate::detect::tests::check;

    #[test]
    fn cards_are_found_however_they_are_grouped() {
        check("4111111111111111", &["pci.card"]);
        check("Card: 4111 1111 1111 1111, exp 12/27", &["pci.card", "pci.expiry"]);
        check("5500-0000-0000-0004", &["pci.card"]);
        check("amex 3782 822463 10005", &["pci.card"]);
        check("in 2024 4242 4242 4242 4242 12/26", &["pci.card", "pci.expiry"]);
        check("4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1", &["pci.card"]);
        check("6011.1111.1111.1117", &["pci.card"]);
        check("visa 4222222222222", &["pci.card"]);
        check("卡号4111111111111111。", &["pci.card"]);
    }

    #[test]
    fn other_long_numbers_are_not_cards() {
        check("4111111111111112", &[]);
        check("order 9111111111111111", &[]);
        check("0.4111111111111111", &[]);
        check("id a4111111111111111", &[]);
        check("EAN 4006381333931", &[]);
        check("1700000000000 ms", &[]);
        check("550e8400-e29b-41d4-a716-446655440000", &[]);
        check("41111111111111111111111", &[]);
        check("0000000000000000", &[]);
        check("4111-1111-1111-1111-1234-9", &[]);
    }
}
