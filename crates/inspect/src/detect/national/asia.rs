//! Numbers of digits that Asian countries give to persons.

use super::check::{digit, is_one_digit, luhn, number, verhoeff, weighted, yymmdd, yyyymmdd};
use super::{Number, row};
use crate::detect::context::topic::*;

const ID: &str = "pii.national_id";
const TAX_ID: &str = "pii.tax_id";

pub(super) const NUMBERS: &[Number] = &[
    row("ae.emirates_id", ID, "!3-4-7-1 15", ae_id, AE | NATIONAL),
    row("cn.resident_id", ID, "!18 !6~8~4", cn_resident_id, CN | NATIONAL),
    row("eg.national_id", ID, "14", eg_id, EG | NATIONAL),
    row("id.nik", ID, "16", id_nik, ID_ | NATIONAL),
    row("il.teudat_zehut", ID, "9 8-1 1-7-1", luhn_varied, IL | NATIONAL),
    row("in.aadhaar", ID, "4_4_4 12", in_aadhaar, IN | NATIONAL),
    row("ir.code_melli", ID, "10 3-6-1", ir_code_melli, IR | NATIONAL),
    row("jp.my_number", ID, "4_4_4 12", jp_my_number, JP | NATIONAL | TAX),
    row("kr.rrn", ID, "!6-7 13", kr_rrn, KR | NATIONAL),
    row("kr.rrn", ID, "6-7", kr_rrn_form, KR | NATIONAL),
    row("kw.civil_id", ID, "12", kw_civil_id, KW | NATIONAL),
    row("lk.nic", ID, "12", lk_nic, LK | NATIONAL),
    row("my.nric", ID, "!6-2-4 12", my_nric, MY | NATIONAL),
    row("pk.cnic", ID, "!5-7-1 13", pk_cnic, PK | NATIONAL),
    row("sa.national_id", ID, "10", sa_id, SA | NATIONAL),
    row("th.id", ID, "!1-4-5-2-1 1~4~5~2~1 13", th_id, TH | NATIONAL | TAX),
    row("tw.ubn", TAX_ID, "8", tw_ubn, TW),
    row("vn.cccd", ID, "12", vn_cccd, VN | NATIONAL),
];

/// Indonesia's topic; plain `ID` is the class here.
const ID_: u128 = crate::detect::context::topic::ID;

/// United Arab Emirates, identity number (ICP): 784, year of birth, Luhn.
fn ae_id(d: &[u8]) -> bool {
    number(d, 0, 3) == 784 && (1900..2050).contains(&number(d, 3, 7)) && luhn(d)
}

/// China, GB 11643-1999 with ISO 7064 MOD 11-2, where the check sign is a digit.
fn cn_resident_id(d: &[u8]) -> bool {
    cn_is_body(d) && cn_check(d) == digit(d, 17)
}

/// China: division code and date of birth.
pub(super) fn cn_is_body(d: &[u8]) -> bool {
    matches!(number(d, 0, 2), 11..=15 | 21..=23 | 31..=37 | 41..=46 | 50..=54 | 61..=65 | 71 | 81..=83)
        && yyyymmdd(d, 6)
}

/// China: the check sign of seventeen digits, 10 for `X`.
pub(super) fn cn_check(d: &[u8]) -> u32 {
    (12 - weighted(d, &[7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]) % 11) % 11
}

/// Egypt, national number: century, date of birth, governorate. Its check digit is not published.
fn eg_id(d: &[u8]) -> bool {
    matches!(digit(d, 0), 2 | 3) && yymmdd(d, 1, &[]) && matches!(number(d, 7, 9), 1..=4 | 11..=35 | 88)
}

/// Indonesia, NIK (Permendagri): region, date of birth with days raised by 40 for women, serial.
fn id_nik(d: &[u8]) -> bool {
    let day = number(d, 6, 8);
    matches!(number(d, 0, 2), 11..=94)
        && super::check::date(number(d, 8, 10), if day > 40 { day - 40 } else { day })
        && number(d, 12, 16) != 0
}

/// Israel, Teudat Zehut (Population Authority): Luhn.
fn luhn_varied(d: &[u8]) -> bool {
    luhn(d) && !is_one_digit(d)
}

/// India, Aadhaar (UIDAI): from 2 on, Verhoeff.
fn in_aadhaar(d: &[u8]) -> bool {
    digit(d, 0) >= 2 && verhoeff(d) && !is_one_digit(d)
}

/// Iran, code melli: weights 10 to 2 modulo 11.
fn ir_code_melli(d: &[u8]) -> bool {
    let rest = weighted(d, &[10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11;
    digit(d, 9) == if rest < 2 { rest } else { 11 - rest } && !is_one_digit(d)
}

/// Japan, My Number (ordinance 85 of 2014, article 5): weights 6 to 2 and 7 to 2 modulo 11.
fn jp_my_number(d: &[u8]) -> bool {
    let rest = weighted(d, &[6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11;
    digit(d, 11) == if rest < 2 { 0 } else { 11 - rest } && !is_one_digit(d)
}

/// South Korea, resident registration number before October 2020: weights 2 to 9 and 2 to 5 modulo 11.
fn kr_rrn(d: &[u8]) -> bool {
    let check = (11 - weighted(d, &[2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5]) % 11) % 10;
    kr_rrn_form(d) && (check == digit(d, 12) || (check + 2) % 10 == digit(d, 12) && matches!(digit(d, 6), 5..=8))
}

/// South Korea since then: a date of birth and a century; the rest is drawn by lot.
fn kr_rrn_form(d: &[u8]) -> bool {
    yymmdd(d, 0, &[])
}

/// Kuwait, civil id (PACI): century, date of birth, weights modulo 11.
fn kw_civil_id(d: &[u8]) -> bool {
    let check = 11 - weighted(d, &[2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]) % 11;
    matches!(digit(d, 0), 1..=3) && yymmdd(d, 1, &[]) && check == digit(d, 11)
}

/// Sri Lanka, NIC since 2016: year and day of birth, raised by 500 for women.
fn lk_nic(d: &[u8]) -> bool {
    (1900..2050).contains(&number(d, 0, 4)) && lk_is_day(number(d, 4, 7))
}

/// Sri Lanka: a day of the year, raised by 500 for women.
pub(super) fn lk_is_day(day: u64) -> bool {
    matches!(day, 1..=366 | 501..=866)
}

/// Malaysia, NRIC (JPN): date and place of birth.
fn my_nric(d: &[u8]) -> bool {
    yymmdd(d, 0, &[]) && !matches!(number(d, 6, 8), 0 | 17..=20 | 69 | 70 | 73 | 80 | 81 | 94..=97)
}

/// Pakistan, CNIC (NADRA): province, family, and a last digit that tells the sex.
fn pk_cnic(d: &[u8]) -> bool {
    matches!(digit(d, 0), 1..=7) && !is_one_digit(d)
}

/// Saudi Arabia, national id and iqama: 1 or 2 first, Luhn.
fn sa_id(d: &[u8]) -> bool {
    matches!(digit(d, 0), 1 | 2) && luhn(d)
}

/// Thailand, identity number (DOPA): weights 13 to 2 modulo 11.
fn th_id(d: &[u8]) -> bool {
    let check = (11 - weighted(d, &[13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11) % 10;
    digit(d, 0) != 0 && check == digit(d, 12) && !is_one_digit(d)
}

/// Taiwan, business number (Ministry of Finance, 2023): weights, digits of products added, divisible by 5.
fn tw_ubn(d: &[u8]) -> bool {
    let products = d.iter().zip([1u32, 2, 1, 2, 1, 2, 4, 1]).map(|(d, w)| u32::from(*d) * w);
    let sum: u32 = products.map(|product| product / 10 + product % 10).sum();
    !is_one_digit(d) && (sum.is_multiple_of(5) || digit(d, 6) == 7 && (sum + 1).is_multiple_of(5))
}

/// Vietnam, CCCD (circular 59/2021): province 1 to 96, century and sex, year of birth.
fn vn_cccd(d: &[u8]) -> bool {
    (1..=96).contains(&number(d, 0, 3)) && digit(d, 3) <= 5
}
