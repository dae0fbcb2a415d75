//! Numbers of persons with letters in them: looked up by length, compared with a pattern, then checked.

use super::americas::{mx_date, rut_check};
use super::asia::{cn_check, cn_is_body, lk_is_day};
use super::check::{base_36, date, ddmmyy, digits_of, letter, number, weighted};
use super::europe::fr_nir;
use super::is_told;
use crate::detect::context::Topics;
use crate::detect::context::topic::*;
use crate::scan::Scan;

/// A code with letters.
struct Code {
    detector: &'static str,
    class: &'static str,
    /// One sign a place: `A` a letter, `9` a digit, `*` either.
    pattern: &'static str,
    is_valid: fn(&[u8]) -> bool,
    /// Found without a word nearby if written so.
    telling: Telling,
    topics: Topics,
}

/// How a code is written that needs no word nearby.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Telling {
    No,
    /// In capitals.
    Capitals,
    /// In any case: pattern and check leave chance no room.
    Always,
    /// In capitals, with signs between its parts.
    Signs,
}

/// A code as it stands in the text: letters as capitals, signs between its parts left out.
pub(in crate::detect) struct Written<'c> {
    pub(in crate::detect) code: &'c [u8],
    pub(in crate::detect) start: usize,
    pub(in crate::detect) end: usize,
    pub(in crate::detect) is_capital: bool,
    pub(in crate::detect) has_signs: bool,
}

/// Looks a code up. Whether it was one.
pub(in crate::detect) fn code(scan: &mut Scan<'_>, written: &Written<'_>) -> bool {
    for row in CODES.iter().filter(|row| row.pattern.len() == written.code.len()) {
        if !fits(row.pattern, written.code) || !(row.is_valid)(written.code) {
            continue;
        }
        let is_telling = match row.telling {
            Telling::No => false,
            Telling::Capitals => written.is_capital,
            Telling::Always => true,
            Telling::Signs => written.is_capital && written.has_signs,
        };
        let is_told = is_told(scan, written.start, written.end, row.topics);
        if is_told || is_telling {
            scan.hit(written.start, written.end, row.class, if is_told { 0.95 } else { 0.75 }, row.detector);
            return true;
        }
    }
    false
}

fn fits(pattern: &str, code: &[u8]) -> bool {
    pattern.bytes().zip(code).all(|(sign, byte)| match sign {
        b'A' => byte.is_ascii_uppercase(),
        b'9' => byte.is_ascii_digit(),
        _ => true,
    })
}

const fn row(
    detector: &'static str,
    class: &'static str,
    pattern: &'static str,
    is_valid: fn(&[u8]) -> bool,
    telling: Telling,
    topics: Topics,
) -> Code {
    Code { detector, class, pattern, is_valid, telling, topics }
}

const NATIONAL_ID: &str = "pii.national_id";
const TAX_ID: &str = "pii.tax_id";
const INSURANCE: &str = "pii.health_insurance";
const LICENCE: &str = "pii.driving_licence";

#[rustfmt::skip]
const CODES: &[Code] = &[
    row("ca.ramq", INSURANCE, "AAAA99999999", ca_ramq, Telling::No, CA | HEALTH),
    row("cl.rut", NATIONAL_ID, "99999999A", cl_rut, Telling::Signs, CL | TAX | NATIONAL),
    row("cl.rut", NATIONAL_ID, "9999999A", cl_rut, Telling::Signs, CL | TAX | NATIONAL),
    row("cn.resident_id", NATIONAL_ID, "99999999999999999A", cn_resident_id, Telling::Always, CN | NATIONAL),
    row("de.rvnr", NATIONAL_ID, "99999999A999", de_rvnr, Telling::Always, DE | SOCIAL),
    row("de.kvnr", INSURANCE, "A999999999", de_kvnr, Telling::No, DE | HEALTH),
    row("de.personalausweis", NATIONAL_ID, "A********9", icao, Telling::No, DE | NATIONAL),
    row("es.dni", NATIONAL_ID, "99999999A", es_dni, Telling::Capitals, ES | DNI | NIF | NATIONAL),
    row("es.nie", NATIONAL_ID, "A9999999A", es_nie, Telling::Always, ES | NIF | NATIONAL),
    row("fi.hetu", NATIONAL_ID, "999999999A", fi_hetu, Telling::Signs, FI | NATIONAL),
    row("fi.hetu", NATIONAL_ID, "999999A999*", fi_hetu_new, Telling::Always, FI | NATIONAL),
    row("fr.nir", NATIONAL_ID, "999999A99999999", fr_nir_corsica, Telling::Always, FR | SOCIAL),
    row("gb.nino", NATIONAL_ID, "AA999999A", gb_nino, Telling::Capitals, GB | SOCIAL),
    row("gb.driving_licence", LICENCE, "*****999999**9AA", gb_driving_licence, Telling::Always, GB),
    row("gh.card", NATIONAL_ID, "AAA9999999999", gh_card, Telling::Signs, GH | NATIONAL),
    row("hk.hkid", NATIONAL_ID, "A999999*", hk_hkid, Telling::Signs, HK | NATIONAL),
    row("hk.hkid", NATIONAL_ID, "AA999999*", hk_hkid, Telling::Signs, HK | NATIONAL),
    row("ie.pps", NATIONAL_ID, "9999999A", ie_pps, Telling::No, IE | NATIONAL | TAX),
    row("ie.pps", NATIONAL_ID, "9999999AA", ie_pps, Telling::No, IE | NATIONAL | TAX),
    row("in.pan", TAX_ID, "AAAAA9999A", in_pan, Telling::Capitals, IN | TAX),
    row("in.gstin", TAX_ID, "99AAAAA9999A***", in_gstin, Telling::Always, IN | TAX),
    row("in.epic", NATIONAL_ID, "AAA9999999", in_epic, Telling::No, IN | NATIONAL),
    row("it.codice_fiscale", TAX_ID, "AAAAAA**A**A***A", it_codice_fiscale, Telling::Always, IT | TAX),
    row("ke.pin", TAX_ID, "A999999999A", ke_pin, Telling::No, KE | TAX),
    row("lk.nic", NATIONAL_ID, "999999999A", lk_nic, Telling::No, LK | NATIONAL),
    row("mt.id", NATIONAL_ID, "9999999A", mt_id, Telling::No, MT | NATIONAL),
    row("mx.curp", NATIONAL_ID, "AAAA999999AAAAAA*9", mx_curp, Telling::Always, MX | NATIONAL),
    row("mx.rfc", TAX_ID, "AAAA999999***", mx_rfc, Telling::Capitals, MX | TAX),
    row("mx.rfc", TAX_ID, "AAAA999999***", mx_rfc_form, Telling::No, MX | TAX),
    row("nz.nhi", INSURANCE, "AAA9999", nz_nhi, Telling::No, NZ | HEALTH),
    row("nz.nhi", INSURANCE, "AAA99AA", nz_nhi_new, Telling::No, NZ | HEALTH),
    row("pl.dowod", NATIONAL_ID, "AAA999999", pl_dowod, Telling::No, PL | NATIONAL),
    row("pt.cartao", NATIONAL_ID, "999999999AA9", pt_cartao, Telling::Capitals, PT | NATIONAL),
    row("sg.nric", NATIONAL_ID, "A9999999A", sg_nric, Telling::Capitals, SG | NATIONAL),
    row("tw.id", NATIONAL_ID, "A999999999", tw_id, Telling::No, TW | NATIONAL),
    row("us.mbi", INSURANCE, "9A*9A*9AA99", us_mbi, Telling::Capitals, US | HEALTH),
    row("us.ptin", TAX_ID, "A99999999", us_ptin, Telling::No, US | TAX),
    row("ve.cedula", NATIONAL_ID, "A99999999", ve_cedula, Telling::No, VE),
    row("ve.rif", TAX_ID, "A999999999", ve_rif, Telling::Signs, VE | TAX),
];

/// Quebec, RAMQ: three letters of the name, one of the given name, date of birth with months raised by 50 for women.
fn ca_ramq(code: &[u8]) -> bool {
    let d = digits_of(code);
    let month = number(&d, 2, 4);
    date(if month > 50 { month - 50 } else { month }, number(&d, 4, 6))
}

/// Chile, RUT whose check sign is `K` (ten, modulo 11).
fn cl_rut(code: &[u8]) -> bool {
    code.ends_with(b"K") && rut_check(&digits_of(code)) == 10
}

/// China, GB 11643-1999 whose check sign is `X`.
fn cn_resident_id(code: &[u8]) -> bool {
    let d = digits_of(code);
    code.ends_with(b"X") && cn_is_body(&d) && cn_check(&d) == 10
}

/// Germany, Versicherungsnummer (§ 2 VKVV): the letter as two digits, weights, digits of products added, modulo 10.
fn de_rvnr(code: &[u8]) -> bool {
    let Some(initial) = code.get(8).map(|byte| letter(*byte) as u8 + 1) else { return false };
    let mut d = digits_of(code);
    let day = number(&d, 2, 4);
    let is_date = date(number(&d, 4, 6), if day > 50 { day - 50 } else { day });
    let check = d.pop();
    let serial = d.split_off(8.min(d.len()));
    d.extend([initial / 10, initial % 10]);
    d.extend(serial);
    let products = d.iter().zip([2u32, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1]).map(|(d, w)| u32::from(*d) * w);
    let sum: u32 = products.map(|product| product / 10 + product % 10).sum();
    is_date && check.is_some_and(|check| sum % 10 == u32::from(check))
}

/// Germany, Krankenversichertennummer (§ 290 SGB V): the letter as two digits, weights 1 and 2, digits added, modulo 10.
fn de_kvnr(code: &[u8]) -> bool {
    let Some((initial, rest)) = code.split_first() else { return false };
    let initial = letter(*initial) as u8 + 1;
    let mut d = vec![initial / 10, initial % 10];
    d.extend(digits_of(rest));
    let products = d.iter().take(10).zip([1u32, 2].iter().cycle()).map(|(d, w)| u32::from(*d) * w);
    let sum: u32 = products.map(|product| product / 10 + product % 10).sum();
    d.last().is_some_and(|check| sum % 10 == u32::from(*check))
}

/// Germany, identity card and passport: the check digit of ICAO Doc 9303, and letters that read like no others.
fn icao(code: &[u8]) -> bool {
    let is_sign = |byte: &u8| byte.is_ascii_digit() || b"CFGHJKLMNPRTVWXYZ".contains(byte);
    let Some((check, body)) = code.split_last() else { return false };
    let digits = code.iter().filter(|byte| byte.is_ascii_digit()).count();
    code.iter().all(is_sign) && digits >= 3 && icao_sum(body) % 10 == base_36(*check)
}

/// ICAO Doc 9303 part 3, 4.9: weights 7, 3, 1; fillers count nothing.
pub(in crate::detect) fn icao_sum(body: &[u8]) -> u32 {
    let value = |byte: &u8| if *byte == b'<' { 0 } else { base_36(*byte) };
    body.iter().zip([7u32, 3, 1].iter().cycle()).map(|(byte, weight)| value(byte) * weight).sum()
}

/// Spain, DNI (Ministerio del Interior): the number modulo 23 picks the letter.
fn es_dni(code: &[u8]) -> bool {
    let rest = number(&digits_of(code), 0, 8) % 23;
    number(&digits_of(code), 0, 8) > 9999 && DNI_LETTERS.get(rest as usize) == code.last()
}

/// Spain, NIE: X, Y, Z count as 0, 1, 2 before the number.
fn es_nie(code: &[u8]) -> bool {
    let first = match code.first() {
        Some(b'X') => 0,
        Some(b'Y') => 1,
        Some(b'Z') => 2,
        _ => return false,
    };
    let rest = (first * 10_000_000 + number(&digits_of(code), 0, 7)) % 23;
    DNI_LETTERS.get(rest as usize) == code.last()
}

/// Finland, henkilötunnus (DVV): date of birth, serial, nine digits modulo 31 pick the sign.
fn fi_hetu(code: &[u8]) -> bool {
    let d = digits_of(code);
    ddmmyy(&d, 0, &[]) && HETU_SIGNS.get((number(&d, 0, 9) % 31) as usize) == code.last()
}

/// The same with a letter for the century (since 2004, more letters since 2023).
fn fi_hetu_new(code: &[u8]) -> bool {
    let d = digits_of(code);
    code.get(6).is_some_and(|century| b"ABCDEFUVWXY".contains(century))
        && ddmmyy(&d, 0, &[])
        && HETU_SIGNS.get((number(&d, 0, 9) % 31) as usize) == code.last()
}

/// France, NIR of Corsica: 2A counts as 19, 2B as 18.
fn fr_nir_corsica(code: &[u8]) -> bool {
    let department = match code.get(5..7) {
        Some(b"2A") => [1, 9],
        Some(b"2B") => [1, 8],
        _ => return false,
    };
    let mut d = digits_of(code.get(..5).unwrap_or(&[]));
    d.extend(department);
    d.extend(digits_of(code.get(7..).unwrap_or(&[])));
    fr_nir(&d)
}

/// United Kingdom, National Insurance number (HMRC, NIM39110): letters and prefixes that are not issued.
fn gb_nino(code: &[u8]) -> bool {
    let [first, second, .., last] = code else { return false };
    !b"DFIQUV".contains(first)
        && !b"DFIQUVO".contains(second)
        && !matches!(
            (first, second),
            (b'B', b'G') | (b'G', b'B') | (b'K', b'N') | (b'N', b'K') | (b'N', b'T') | (b'T', b'N') | (b'Z', b'Z')
        )
        && b"ABCD".contains(last)
}

/// Great Britain, driver number (DVLA): surname filled with 9, decade, month (raised by 50 for women), day, year, initials.
fn gb_driving_licence(code: &[u8]) -> bool {
    let Some((surname, rest)) = code.split_at_checked(5) else { return false };
    let filler = surname.iter().position(|byte| *byte == b'9').unwrap_or(5);
    let is_surname = filler >= 2
        && surname
            .iter()
            .enumerate()
            .all(|(i, byte)| if i < filler { byte.is_ascii_uppercase() } else { *byte == b'9' });
    let d = digits_of(rest.get(..6).unwrap_or(&[]));
    let month = number(&d, 1, 3);
    let is_initial = |byte: &u8| byte.is_ascii_uppercase() || *byte == b'9';
    is_surname
        && date(if month > 50 { month - 50 } else { month }, number(&d, 3, 5))
        && rest.get(6..8).is_some_and(|initials| initials.iter().all(is_initial))
}

/// Ghana, Ghana Card: `GHA` and ten digits, the last apart.
fn gh_card(code: &[u8]) -> bool {
    code.starts_with(b"GHA")
}

/// Hong Kong, identity card (Immigration Department): letters as 10 and up, 36 for none, weights 9 to 1 modulo 11, `A` for 10.
fn hk_hkid(code: &[u8]) -> bool {
    let lead = if code.len() == 8 { vec![36] } else { Vec::new() };
    let values = lead.into_iter().chain(code.iter().map(|byte| base_36(*byte)));
    let sum: u32 = values.zip((1..=9).rev()).map(|(value, weight)| value * weight).sum();
    matches!(code.last(), Some(b'0'..=b'9' | b'A')) && sum.is_multiple_of(11)
}

/// Ireland, PPS number (Social Welfare Consolidation Act 2005): weights 8 to 2, the second letter times 9, modulo 23.
fn ie_pps(code: &[u8]) -> bool {
    let second = code.get(8).map_or(0, |byte| match byte {
        b'W' | b'T' | b'X' => 0,
        byte => (letter(*byte) + 1) * 9,
    });
    let rest = (weighted(&digits_of(code), &[8, 7, 6, 5, 4, 3, 2]) + second) % 23;
    let is_second = code.get(8).is_none_or(|byte| (b'A'..=b'I').contains(byte) || b"WTX".contains(byte));
    is_second && code.get(7).copied() == b"WABCDEFGHIJKLMNOPQRSTUV".get(rest as usize).copied()
}

/// India, PAN (Income Tax Department): the fourth letter says what kind of holder; serials from 1 on.
fn in_pan(code: &[u8]) -> bool {
    code.get(3).is_some_and(|kind| b"PCHFATBLJGE".contains(kind)) && number(&digits_of(code), 0, 4) != 0
}

/// India, GSTIN (GSTN): state, PAN, entity, `Z`, Luhn modulo 36.
fn in_gstin(code: &[u8]) -> bool {
    let Some((check, body)) = code.split_last() else { return false };
    let product = |(i, byte): (usize, &u8)| {
        let value = base_36(*byte) * if i % 2 == 0 { 1 } else { 2 };
        value / 36 + value % 36
    };
    let sum: u32 = body.iter().enumerate().map(product).sum();
    (1..=38).contains(&number(&digits_of(code), 0, 2))
        && code.get(2..12).is_some_and(in_pan)
        && (36 - sum % 36) % 36 == base_36(*check)
}

/// India, voter card (EPIC): three letters and seven digits with Luhn.
fn in_epic(code: &[u8]) -> bool {
    super::check::luhn(&digits_of(code))
}

/// Italy, codice fiscale (DM 23/12/1976): values of odd and even places modulo 26; letters for digits where two persons collide.
fn it_codice_fiscale(code: &[u8]) -> bool {
    let plain: Vec<u8> = code
        .iter()
        .enumerate()
        .map(|(i, byte)| match b"LMNPQRSTUV".iter().position(|letter| letter == byte) {
            Some(digit) if matches!(i, 6 | 7 | 9 | 10 | 12..=14) => b'0' + digit as u8,
            _ => *byte,
        })
        .collect();
    let is_digit = |i: usize| plain.get(i).is_some_and(u8::is_ascii_digit);
    let day = number(&digits_of(plain.get(9..11).unwrap_or(&[])), 0, 2);
    let month = plain.get(8).and_then(|byte| b"ABCDEHLMPRST".iter().position(|letter| letter == byte));
    let sum: u32 = code.iter().take(15).enumerate().map(|(i, byte)| codice_value(i, *byte)).sum();
    [6, 7, 9, 10, 12, 13, 14].into_iter().all(is_digit)
        && month.is_some_and(|month| date(month as u64 + 1, if day > 40 { day - 40 } else { day }))
        && code.last().is_some_and(|check| letter(*check) == sum % 26)
}

fn codice_value(i: usize, byte: u8) -> u32 {
    let value = if byte.is_ascii_digit() { u32::from(byte - b'0') } else { letter(byte) };
    if i % 2 == 1 { value } else { CODICE_ODD.get(value as usize).copied().unwrap_or(0) }
}

/// Kenya, KRA PIN: `A` for persons, `P` for companies; its check letter is not published.
fn ke_pin(code: &[u8]) -> bool {
    matches!(code.first(), Some(b'A' | b'P'))
}

/// Sri Lanka, NIC before 2016: year, day of birth, serial, `V` or `X`.
fn lk_nic(code: &[u8]) -> bool {
    matches!(code.last(), Some(b'V' | b'X')) && lk_is_day(number(&digits_of(code), 2, 5))
}

/// Malta, identity card: a letter that tells how it was given.
fn mt_id(code: &[u8]) -> bool {
    code.last().is_some_and(|last| b"MGAPLHBZ".contains(last))
}

/// Mexico, CURP (DOF 18/10/2006): date of birth, sex, state, weights 18 to 2 over 37 signs modulo 10.
fn mx_curp(code: &[u8]) -> bool {
    // `Ñ`, which is written `X`, has the value between N and O.
    let value = |byte: u8| base_36(byte) + u32::from(byte > b'N');
    let sum: u32 = code.iter().take(17).zip((2..=18).rev()).map(|(byte, weight)| value(*byte) * weight).sum();
    mx_date(&digits_of(code.get(4..10).unwrap_or(&[])))
        && matches!(code.get(10), Some(b'H' | b'M' | b'X'))
        && code.last().is_some_and(|check| (10 - sum % 10) % 10 == base_36(*check))
}

/// Mexico, RFC of a person (SAT): date of birth, weights 13 to 2 over 39 signs modulo 11.
fn mx_rfc(code: &[u8]) -> bool {
    let value = |byte: u8| base_36(byte) + u32::from(byte > b'N');
    let sum: u32 = code.iter().take(12).zip((2..=13).rev()).map(|(byte, weight)| value(*byte) * weight).sum();
    let check = match 11 - sum % 11 {
        11 => b'0',
        10 => b'A',
        digit => b'0' + digit as u8,
    };
    mx_rfc_form(code) && code.last() == Some(&check)
}

/// The same with a check sign that an authority gave by hand.
fn mx_rfc_form(code: &[u8]) -> bool {
    mx_date(&digits_of(code.get(4..10).unwrap_or(&[])))
}

/// New Zealand, NHI (HISO 10046): letters without I and O as 1 to 24, weights 7 to 2 modulo 11.
fn nz_nhi(code: &[u8]) -> bool {
    let Some(sum) = nhi_sum(code) else { return false };
    let check = 11 - sum % 11;
    sum % 11 != 0 && code.last().is_some_and(|last| check % 10 == base_36(*last))
}

/// The same since 2022: two letters at the end, modulo 23.
fn nz_nhi_new(code: &[u8]) -> bool {
    let Some(sum) = nhi_sum(code) else { return false };
    code.last().and_then(|last| nhi_value(*last)).is_some_and(|last| 23 - sum % 23 == last)
}

fn nhi_sum(code: &[u8]) -> Option<u32> {
    code.iter().take(6).zip((2..=7).rev()).map(|(byte, weight)| nhi_value(*byte).map(|value| value * weight)).sum()
}

fn nhi_value(byte: u8) -> Option<u32> {
    match byte {
        b'0'..=b'9' => Some(u32::from(byte - b'0')),
        b'I' | b'O' => None,
        byte => Some(letter(byte) + 1 - u32::from(byte > b'I') - u32::from(byte > b'O')),
    }
}

/// Poland, identity card: weights 7, 3, 1 around the check digit in the fourth place, modulo 10.
fn pl_dowod(code: &[u8]) -> bool {
    let weights = [7u32, 3, 1, 9, 7, 3, 1, 7, 3];
    code.iter().zip(weights).map(|(byte, weight)| base_36(*byte) * weight).sum::<u32>().is_multiple_of(10)
}

/// Portugal, Cartão de Cidadão (AMA): Luhn over signs of base 36.
fn pt_cartao(code: &[u8]) -> bool {
    let product = |(i, byte): (usize, &u8)| {
        let value = base_36(*byte) * if i % 2 == 1 { 2 } else { 1 };
        if i % 2 == 1 && value > 9 { value - 9 } else { value }
    };
    code.iter().rev().enumerate().map(product).sum::<u32>().is_multiple_of(10)
}

/// Singapore, NRIC and FIN (ICA): weights modulo 11 pick a letter from the series of the first.
fn sg_nric(code: &[u8]) -> bool {
    let sum = weighted(&digits_of(code), &[2, 7, 6, 5, 4, 3, 2]);
    let (letters, add): (&[u8], u32) = match code.first() {
        Some(b'S') => (b"JZIHGFEDCBA", 0),
        Some(b'T') => (b"JZIHGFEDCBA", 4),
        Some(b'F') => (b"XWUTRQPNMLK", 0),
        Some(b'G') => (b"XWUTRQPNMLK", 4),
        Some(b'M') => (b"KLJNPQRTUWX", 3),
        _ => return false,
    };
    let rest = (sum + add) % 11;
    // The series of 2022 runs the other way.
    let place = if code.first() == Some(&b'M') { 10 - rest } else { rest };
    letters.get(place as usize) == code.last()
}

/// Taiwan, identity card (Ministry of the Interior): the letter as two digits, weights 1, 9 to 1, 1, modulo 10.
fn tw_id(code: &[u8]) -> bool {
    let Some((initial, rest)) = code.split_first() else { return false };
    let Some(place) = b"ABCDEFGHJKLMNPQRSTUVXYWZIO".iter().position(|letter| letter == initial) else { return false };
    let (lead, d) = (place as u32 + 10, digits_of(rest));
    let sum = lead / 10 + lead % 10 * 9 + weighted(&d, &[8, 7, 6, 5, 4, 3, 2, 1, 1]);
    matches!(d.first(), Some(1 | 2 | 8 | 9)) && sum.is_multiple_of(10)
}

/// United States, Medicare Beneficiary Identifier (CMS): no S, L, O, I, B, Z; the first digit is not 0.
fn us_mbi(code: &[u8]) -> bool {
    code.first() != Some(&b'0') && !code.iter().any(|byte| b"SLOIBZ".contains(byte))
}

/// United States, preparer tax identification number (IRS).
fn us_ptin(code: &[u8]) -> bool {
    code.starts_with(b"P")
}

/// Venezuela, cédula: `V` or `E`.
fn ve_cedula(code: &[u8]) -> bool {
    matches!(code.first(), Some(b'V' | b'E'))
}

/// Venezuela, RIF (SENIAT): the letter as a number, weights 3, 2, 7 to 2 modulo 11.
fn ve_rif(code: &[u8]) -> bool {
    let Some(kind) = code.first().and_then(|first| b"VEJPG".iter().position(|letter| letter == first)) else {
        return false;
    };
    let lead = [4, 8, 12, 16, 20].get(kind).copied().unwrap_or(0);
    let d = digits_of(code);
    let rest = (lead + weighted(&d, &[3, 2, 7, 6, 5, 4, 3, 2])) % 11;
    d.last().is_some_and(|check| u32::from(*check) == if rest < 2 { 0 } else { 11 - rest })
}

const DNI_LETTERS: &[u8; 23] = b"TRWAGMYFPDXBNJZSQVHLCKE";
const HETU_SIGNS: &[u8; 31] = b"0123456789ABCDEFHJKLMNPRSTUVWXY";
/// Values of the signs in odd places of a codice fiscale: of digits, and of the letters from `A`.
const CODICE_ODD: [u32; 26] =
    [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];
