//! International bank account numbers: a country's length and a checksum of 97.

use super::digits::Chain;
use crate::scan::Scan;
use crate::text::{Text, is_word};

/// Two letters stand before the first group, which are where an IBAN would begin.
pub(crate) fn iban(scan: &mut Scan<'_>, chain: &Chain) {
    let text = scan.text;
    let Some(start) = chain.start().checked_sub(2) else { return };
    if let Some(length) = country(text, start)
        && let Some(end) = end(text, start, length)
    {
        scan.hit(start, end, "pii.iban", 0.98, "iban");
    }
}

/// From where on an IBAN at the end of the text may still be under way.
pub(crate) fn open_iban(text: Text<'_>) -> usize {
    let end = text.len();
    let floor = text.run_back(end, OPEN_MAX, |byte| byte.is_ascii_alphanumeric() || is_gap(byte));
    (floor..end.saturating_sub(3)).find(|at| country(text, *at).is_some()).unwrap_or(end)
}

fn country(text: Text<'_>, start: usize) -> Option<usize> {
    let [a, b, c, d] = text.cut(start, start + 4) else { return None };
    if !a.is_ascii_alphabetic()
        || !b.is_ascii_alphabetic()
        || !c.is_ascii_digit()
        || !d.is_ascii_digit()
        || is_word(text.before(start))
    {
        return None;
    }
    let code = [a.to_ascii_uppercase(), b.to_ascii_uppercase()];
    LENGTHS.iter().find(|(country, _)| country.as_bytes() == code).map(|(_, length)| usize::from(*length))
}

/// Where the number ends if its checksum is right: letters as 10 to 35, the first four moved to the end, modulo 97.
fn end(text: Text<'_>, start: usize, length: usize) -> Option<usize> {
    let mut characters = [0u8; 34];
    let mut at = start;
    for (i, slot) in characters.iter_mut().enumerate().take(length) {
        if i > 0 && is_gap(text.at(at)) {
            at += 1;
        }
        if !text.at(at).is_ascii_alphanumeric() {
            return None;
        }
        *slot = text.at(at).to_ascii_uppercase();
        at += 1;
    }
    let (head, tail) = characters.get(..length)?.split_at_checked(4)?;
    let remainder = tail.iter().chain(head).fold(0u32, |remainder, byte| match byte {
        b'0'..=b'9' => (remainder * 10 + u32::from(byte - b'0')) % 97,
        letter => (remainder * 100 + u32::from(letter - b'A') + 10) % 97,
    });
    (remainder == 1 && !is_word(text.at(at))).then_some(at)
}

fn is_gap(byte: u8) -> bool {
    matches!(byte, b' ' | b'-')
}

/// 34 characters with a gap after each.
const OPEN_MAX: usize = 68;

/// Length by country (SWIFT IBAN registry).
const LENGTHS: &[(&str, u8)] = &[
    ("AD", 24),
    ("AE", 23),
    ("AL", 28),
    ("AT", 20),
    ("AZ", 28),
    ("BA", 20),
    ("BE", 16),
    ("BG", 22),
    ("BH", 22),
    ("BI", 27),
    ("BR", 29),
    ("BY", 28),
    ("CH", 21),
    ("CR", 22),
    ("CY", 28),
    ("CZ", 24),
    ("DE", 22),
    ("DJ", 27),
    ("DK", 18),
    ("DO", 28),
    ("EE", 20),
    ("EG", 29),
    ("ES", 24),
    ("FI", 18),
    ("FK", 18),
    ("FO", 18),
    ("FR", 27),
    ("GB", 22),
    ("GE", 22),
    ("GI", 23),
    ("GL", 18),
    ("GR", 27),
    ("GT", 28),
    ("HR", 21),
    ("HU", 28),
    ("IE", 22),
    ("IL", 23),
    ("IQ", 23),
    ("IS", 26),
    ("IT", 27),
    ("JO", 30),
    ("KW", 30),
    ("KZ", 20),
    ("LB", 28),
    ("LC", 32),
    ("LI", 21),
    ("LT", 20),
    ("LU", 20),
    ("LV", 21),
    ("LY", 25),
    ("MC", 27),
    ("MD", 24),
    ("ME", 22),
    ("MK", 19),
    ("MN", 20),
    ("MR", 27),
    ("MT", 31),
    ("MU", 30),
    ("NI", 28),
    ("NL", 18),
    ("NO", 15),
    ("OM", 23),
    ("PK", 24),
    ("PL", 28),
    ("PS", 29),
    ("PT", 25),
    ("QA", 29),
    ("RO", 24),
    ("RS", 22),
    ("RU", 33),
    ("SA", 24),
    ("SC", 31),
    ("SD", 18),
    ("SE", 24),
    ("SI", 19),
    ("SK", 24),
    ("SM", 27),
    ("SO", 23),
    ("ST", 25),
    ("SV", 28),
    ("TL", 23),
    ("TN", 24),
    ("TR", 26),
    ("UA", 29),
    ("VA", 22),
    ("VG", 24),
    ("XK", 20),
    ("YE", 30),
];

#[cfg(test)]
mod tests {
    use crate::detect::tests::check;

    #[test]
    fn ibans_need_their_length_and_checksum() {
        check("DE89 3704 0044 0532 0130 00", &["pii.iban"]);
        check("IBAN: GB29NWBK60161331926819.", &["pii.iban"]);
        check("gb29 nwbk 6016 1331 9268 19", &["pii.iban"]);
        check("FR14 2004 1010 0505 0001 3M02 606", &["pii.iban"]);
        check("NO93 8601 1117 947", &["pii.iban"]);
        check("账户DE89370400440532013000", &["pii.iban"]);
        check("DE88 3704 0044 0532 0130 00", &[]);
        check("XDE89370400440532013000", &[]);
        check("DE8937040044053201300", &[]);
    }
}
