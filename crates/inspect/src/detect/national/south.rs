//! Numbers of digits that countries of Oceania and Africa give to persons.

use super::check::{digit, is_one_digit, luhn, number, weighted, yymmdd, yyyymmdd};
use super::{Number, row};
use crate::detect::context::topic::*;

const ID: &str = "pii.national_id";
const TAX_ID: &str = "pii.tax_id";
const INSURANCE: &str = "pii.health_insurance";

pub(super) const NUMBERS: &[Number] = &[
    row("au.tfn", TAX_ID, "3_3_3 9 2_3_3 8", au_tfn, AU | TAX),
    row("au.medicare", INSURANCE, "4_5_1 10", au_medicare, AU | HEALTH),
    row("au.abn", TAX_ID, "!2~3~3~3 11", au_abn, AU | TAX),
    row("ng.nin", ID, "11", any_varied, NG),
    row("nz.ird", TAX_ID, "2_3_3 3_3_3 8 9", nz_ird, NZ | TAX),
    row("tz.nida", ID, "!8-5-5-2", tz_nida, TZ | NATIONAL),
    row("za.id", ID, "!13 !6~4~2~1", za_id_alone, ZA | NATIONAL),
    row("za.id", ID, "13", za_id, ZA | NATIONAL),
    row("zm.nrc", ID, "!6/2/1", zm_nrc, ZM | NATIONAL),
];

/// Australia, Tax File Number (ATO): weights modulo 11, other ones for eight digits.
fn au_tfn(d: &[u8]) -> bool {
    let weights: &[u32] = if d.len() == 9 { &[1, 4, 3, 7, 5, 8, 6, 9, 10] } else { &[10, 7, 8, 4, 6, 3, 5, 1] };
    weighted(d, weights).is_multiple_of(11) && !is_one_digit(d)
}

/// Australia, Medicare card (Services Australia): weights 1, 3, 7, 9 modulo 10 in the ninth place, then the issue.
fn au_medicare(d: &[u8]) -> bool {
    matches!(digit(d, 0), 2..=6) && weighted(d, &[1, 3, 7, 9, 1, 3, 7, 9]) % 10 == digit(d, 8)
}

/// Australia, ABN (Australian Business Register): one less in the first place, weights modulo 89.
fn au_abn(d: &[u8]) -> bool {
    digit(d, 0) != 0
        && (weighted(d, &[10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19]) - 10).is_multiple_of(89)
        && !is_one_digit(d)
}

/// Numbers without a check digit.
fn any_varied(d: &[u8]) -> bool {
    !is_one_digit(d)
}

/// New Zealand, IRD number (Inland Revenue, resident withholding tax specification): weights modulo 11, second ones for 10.
fn nz_ird(d: &[u8]) -> bool {
    let mut padded = [0u8; 9];
    padded.iter_mut().rev().zip(d.iter().rev()).for_each(|(to, from)| *to = *from);
    let check = |weights: &[u32]| (11 - weighted(&padded, weights) % 11) % 11;
    let first = check(&[3, 2, 7, 6, 5, 4, 3, 2]);
    let check = if first == 10 { check(&[7, 4, 3, 2, 5, 2, 7, 6]) } else { first };
    (10_000_000..150_000_000).contains(&number(&padded, 0, 9)) && check == digit(&padded, 8)
}

/// Tanzania, NIN (NIDA): date of birth, then groups.
fn tz_nida(d: &[u8]) -> bool {
    yyyymmdd(d, 0)
}

/// South Africa, identity number (Department of Home Affairs): date of birth, citizenship, Luhn.
fn za_id(d: &[u8]) -> bool {
    yymmdd(d, 0, &[]) && matches!(digit(d, 10), 0..=2) && luhn(d)
}

/// The same where nothing says so: 8 or 9 in the twelfth place, and no time in milliseconds.
fn za_id_alone(d: &[u8]) -> bool {
    za_id(d) && matches!(digit(d, 11), 8 | 9) && !matches!(number(d, 0, 2), 13..=19)
}

/// Zambia, NRC: serial, district, and whether born there.
fn zm_nrc(d: &[u8]) -> bool {
    (10..=99).contains(&number(d, 6, 8)) && matches!(digit(d, 8), 1..=3)
}
