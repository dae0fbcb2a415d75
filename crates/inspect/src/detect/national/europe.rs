//! Numbers of digits that European countries give to persons.

use super::check::{
    date, ddmmyy, digit, is_one_digit, is_verhoeff_of, luhn, mod_11_10, number, weighted, yymmdd, yyyymmdd,
};
use super::{Number, row};
use crate::detect::context::topic::*;

const ID: &str = "pii.national_id";
const TAX_ID: &str = "pii.tax_id";
const INSURANCE: &str = "pii.health_insurance";

pub(super) const NUMBERS: &[Number] = &[
    row("at.svnr", INSURANCE, "4_6 10", at_svnr, AT | SOCIAL),
    row("at.tax", TAX_ID, "2-3/4 9", at_tax, AT | TAX),
    row("be.rrn", ID, "!2.2.2-3.2 2_2_2_3_2 !11", be_rrn, BE | NATIONAL),
    row("be.card", ID, "!3-7-2 12", be_card, BE | NATIONAL),
    row("bg.egn", ID, "10", bg_egn, BG | NATIONAL),
    row("ch.ahv", ID, "!3.4.4.2 !3~4~4~2 !13", ch_ahv, CH | SOCIAL),
    row("cz.rodne_cislo", ID, "!6/4 10", cz_rc, CZ | NATIONAL),
    row("cz.rodne_cislo", ID, "6/3", cz_old_rc, CZ | NATIONAL),
    row("de.steuer_id", TAX_ID, "2_3_3_3 11", de_steuer_id, DE | TAX),
    row("de.steuernummer", TAX_ID, "2/3/5 3/3/5 3/4/4 5/5", de_steuernummer, TAX),
    row("dk.cpr", ID, "6-4 10", dk_cpr, DK | NATIONAL),
    row("ee.isikukood", ID, "11", baltic, EE | LT | NATIONAL),
    row("es.nuss", ID, "2/8/2 2~8~2 2/10 12", es_nuss, ES | SOCIAL),
    row("fi.hetu", ID, "!6-4", fi_hetu, FI | NATIONAL),
    row("fr.nir", ID, "!15 !1~2~2~2~3~3~2 !13~2", fr_nir, FR | SOCIAL),
    row("fr.spi", TAX_ID, "13 2~2~3~3~3", fr_spi, FR | TAX),
    row("fr.cni", ID, "12", fr_cni, NATIONAL),
    row("gb.nhs", INSURANCE, "3_3_4 10", gb_nhs, GB | HEALTH),
    row("gb.utr", TAX_ID, "10 5~5", gb_utr, GB | TAX),
    row("gr.amka", ID, "11", gr_amka, GR | SOCIAL | NATIONAL),
    row("gr.afm", TAX_ID, "9", gr_afm, GR | TAX),
    row("hr.oib", ID, "11", hr_oib, HR | NATIONAL | TAX),
    row("hu.taj", INSURANCE, "3_3_3 9", hu_taj, HU | HEALTH | SOCIAL),
    row("hu.tax", TAX_ID, "10", hu_tax, HU | TAX),
    row("hu.personal", ID, "1-6-4", hu_personal, HU | NATIONAL),
    row("is.kennitala", ID, "!6-4 10", is_kennitala, IS | NATIONAL),
];

pub(super) const MORE_NUMBERS: &[Number] = &[
    row("it.partita_iva", TAX_ID, "11", it_iva, IT | TAX),
    row("kz.iin", ID, "12", kz_iin, KZ | NATIONAL | TAX),
    row("lu.matricule", ID, "!13", lu_matricule, LU | NATIONAL),
    row("lv.personas_kods", ID, "!6-5 11", lv_code, LV | NATIONAL),
    row("md.idnp", ID, "13", md_idnp, MD | NATIONAL),
    row("nl.bsn", ID, "9 4.2.3 3_3_3 4~2~3", nl_bsn, NL | NATIONAL),
    row("no.fodselsnummer", ID, "!6~5 !11", no_fnr, NO | NATIONAL),
    row("pl.pesel", ID, "11", pl_pesel, PL | NATIONAL),
    row("pl.nip", TAX_ID, "!3-3-2-2 !3-2-2-3 10", pl_nip, PL | NIP | TAX),
    row("pt.nif", TAX_ID, "9 3_3_3", pt_nif, PT | NIF | TAX),
    row("pt.niss", ID, "11", pt_niss, PT | SOCIAL),
    row("ro.cnp", ID, "13", ro_cnp, RO | NATIONAL),
    row("rs.jmbg", ID, "13", jmbg, RS | HR | SI | NATIONAL),
    row("ru.snils", ID, "!3-3-3~2 !3-3-3-2 11", ru_snils, RU | SOCIAL),
    row("ru.inn", TAX_ID, "12 10", ru_inn, RU | TAX),
    row("se.personnummer", ID, "!6-4 !8-4 10 12", se_personnummer, SE | NATIONAL),
    row("si.davcna", TAX_ID, "8", si_tax, SI | TAX),
    row("tr.kimlik", ID, "11", tr_kimlik, TR | NATIONAL | TAX),
    row("ua.rnokpp", TAX_ID, "10", ua_rnokpp, UA | TAX),
];

/// Austria, ASVG § 31: serial, check digit in the fourth place, date of birth; months 13 to 15 where serials ran out.
fn at_svnr(d: &[u8]) -> bool {
    digit(d, 0) != 0
        && weighted(d, &[3, 7, 9, 0, 5, 8, 4, 2, 1, 6]) % 11 == digit(d, 3)
        && (1..=31).contains(&number(d, 4, 6))
        && (1..=15).contains(&number(d, 6, 8))
}

/// Austria, Abgabenkontonummer (BMF, structure of the tax number): Luhn over nine digits.
fn at_tax(d: &[u8]) -> bool {
    luhn(d) && !is_one_digit(d)
}

/// Belgium, Rijksregister (royal decree of 3 April 1984): 97 less the rest modulo 97, from 2000 on with a 2 before it.
fn be_rrn(d: &[u8]) -> bool {
    let (body, check) = (number(d, 0, 9), number(d, 9, 11));
    let is_checked = 97 - body % 97 == check || 97 - (2_000_000_000 + body) % 97 == check;
    let month = number(d, 2, 4) % 20;
    is_checked && (month == 0 || yymmdd(d, 0, &[20, 40])) && number(d, 2, 4) < 53 && number(d, 4, 6) <= 31
}

/// Belgium, number of the electronic identity card: the first ten digits modulo 97, 97 for none left.
fn be_card(d: &[u8]) -> bool {
    let rest = number(d, 0, 10) % 97;
    number(d, 10, 12) == if rest == 0 { 97 } else { rest } && !is_one_digit(d)
}

/// Bulgaria, EGN (GRAO): weights modulo 11; months raised by 20 before 1900 and by 40 from 2000 on.
fn bg_egn(d: &[u8]) -> bool {
    yymmdd(d, 0, &[20, 40]) && weighted(d, &[2, 4, 8, 5, 10, 9, 7, 3, 6]) % 11 % 10 == digit(d, 9)
}

/// Switzerland, AHV/AVS number (BSV, since 2008): GS1's check digit over 756 and nine digits.
fn ch_ahv(d: &[u8]) -> bool {
    number(d, 0, 3) == 756 && weighted(d, &[1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1]).is_multiple_of(10)
}

/// Czechia and Slovakia, act 133/2000: divisible by 11; months raised by 50 for women and by 20 where serials ran out.
fn cz_rc(d: &[u8]) -> bool {
    let (head, last) = (number(d, 0, 9), number(d, 9, 10));
    yymmdd(d, 0, &[20, 50, 70]) && (head * 10 + last).is_multiple_of(11) | (head % 11 == 10 && last == 0)
}

/// The same before 1954: nine digits without a check digit.
fn cz_old_rc(d: &[u8]) -> bool {
    yymmdd(d, 0, &[50]) && number(d, 0, 2) < 54
}

/// Germany, § 139b AO, BZSt: ISO 7064 MOD 11,10; among the first ten digits one comes twice or thrice, the others once at most.
fn de_steuer_id(d: &[u8]) -> bool {
    let mut counts = [0u8; 10];
    for digit in d.iter().take(10) {
        if let Some(count) = counts.get_mut(usize::from(*digit)) {
            *count += 1;
        }
    }
    let repeated = counts.iter().filter(|count| **count > 1).count();
    digit(d, 0) != 0 && repeated == 1 && counts.iter().all(|count| *count <= 3) && mod_11_10(d)
}

/// Germany, Steuernummer as the states write it: no check digit that all of them share.
fn de_steuernummer(d: &[u8]) -> bool {
    !is_one_digit(d)
}

/// Denmark, CPR (act on the civil register): date and serial; since 2007 the old check digit is not kept.
fn dk_cpr(d: &[u8]) -> bool {
    ddmmyy(d, 0, &[])
}

/// Estonia and Lithuania, isikukood and asmens kodas (EVS 585): weights 1 to 9, and 3 to 3 where those leave 10.
fn baltic(d: &[u8]) -> bool {
    let first = weighted(d, &[1, 2, 3, 4, 5, 6, 7, 8, 9, 1]) % 11;
    let second = weighted(d, &[3, 4, 5, 6, 7, 8, 9, 1, 2, 3]) % 11 % 10;
    (1..=8).contains(&digit(d, 0)) && yymmdd(d, 1, &[]) && digit(d, 10) == if first == 10 { second } else { first }
}

/// Spain, number of the Seguridad Social: province and serial modulo 97; serials below ten million without their zeros.
fn es_nuss(d: &[u8]) -> bool {
    let (province, serial) = (number(d, 0, 2), number(d, 2, 10));
    let joined = if serial < 10_000_000 { province * 10_000_000 + serial } else { province * 100_000_000 + serial };
    (1..=53).contains(&province) && joined % 97 == number(d, 10, 12)
}

/// Finland, henkilötunnus whose check sign happens to be a digit (DVV): nine digits modulo 31.
fn fi_hetu(d: &[u8]) -> bool {
    ddmmyy(d, 0, &[]) && number(d, 0, 9) % 31 == number(d, 9, 10)
}

/// France, NIR (INSEE, decree 82-103): 97 less thirteen digits modulo 97; months from 20 on where the true one is unknown.
pub(super) fn fr_nir(d: &[u8]) -> bool {
    matches!(digit(d, 0), 1..=4 | 7 | 8)
        && matches!(number(d, 3, 5), 1..=12 | 20..=42 | 50..=99)
        && 97 - number(d, 0, 13) % 97 == number(d, 13, 15)
}

/// France, numéro fiscal de référence: ten digits modulo 511.
fn fr_spi(d: &[u8]) -> bool {
    digit(d, 0) <= 3 && number(d, 0, 10) % 511 == number(d, 10, 13)
}

/// France, identity card before 2021: year and month of issue, department, serial. No check digit.
fn fr_cni(d: &[u8]) -> bool {
    (1..=12).contains(&number(d, 2, 4)) && number(d, 4, 6) <= 97
}

/// United Kingdom, NHS number (NHS Data Dictionary): weights 10 to 2 modulo 11.
fn gb_nhs(d: &[u8]) -> bool {
    let check = 11 - weighted(d, &[10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11;
    check != 10 && check % 11 == digit(d, 9) && !is_one_digit(d)
}

/// United Kingdom, Unique Taxpayer Reference (HMRC): the first digit checks the others.
fn gb_utr(d: &[u8]) -> bool {
    let rest = weighted(d.get(1..).unwrap_or(&[]), &[6, 7, 8, 9, 10, 5, 4, 3, 2]) % 11;
    digit(d, 0) == if rest < 2 { 2 - rest } else { 11 - rest }
}

/// Greece, AMKA (IDIKA): date of birth, then Luhn over all.
fn gr_amka(d: &[u8]) -> bool {
    ddmmyy(d, 0, &[]) && luhn(d)
}

/// Greece, AFM: powers of two modulo 11.
fn gr_afm(d: &[u8]) -> bool {
    weighted(d, &[256, 128, 64, 32, 16, 8, 4, 2]) % 11 % 10 == digit(d, 8) && !is_one_digit(d)
}

/// Croatia, OIB (act on the personal identification number): ISO 7064 MOD 11,10.
fn hr_oib(d: &[u8]) -> bool {
    mod_11_10(d) && !is_one_digit(d)
}

/// Hungary, TAJ (act XX of 1996): weights 3 and 7 in turn modulo 10.
fn hu_taj(d: &[u8]) -> bool {
    weighted(d, &[3, 7, 3, 7, 3, 7, 3, 7]) % 10 == digit(d, 8) && !is_one_digit(d)
}

/// Hungary, adóazonosító jel (act XX of 1996): 8, days since 1867, serial; places as weights modulo 11.
fn hu_tax(d: &[u8]) -> bool {
    digit(d, 0) == 8 && weighted(d, &[1, 2, 3, 4, 5, 6, 7, 8, 9]) % 11 == digit(d, 9)
}

/// Hungary, személyi szám (act XX of 1996): places as weights modulo 11, backwards from 1997 on.
fn hu_personal(d: &[u8]) -> bool {
    let check = digit(d, 10);
    let old = weighted(d, &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]) % 11;
    let new = weighted(d, &[10, 9, 8, 7, 6, 5, 4, 3, 2, 1]) % 11;
    (1..=8).contains(&digit(d, 0)) && yymmdd(d, 1, &[]) && (old == check || new == check)
}

/// Iceland, kennitala of a person (Þjóðskrá): weights 3, 2, 7 to 2 modulo 11, the century last.
fn is_kennitala(d: &[u8]) -> bool {
    ddmmyy(d, 0, &[])
        && (weighted(d, &[3, 2, 7, 6, 5, 4, 3, 2, 1])).is_multiple_of(11)
        && matches!(digit(d, 9), 0 | 8 | 9)
}

/// Italy, partita IVA and the codice fiscale of companies (DM 23/12/1976): Luhn.
fn it_iva(d: &[u8]) -> bool {
    luhn(d) && number(d, 0, 7) != 0
}

/// Kazakhstan, IIN: weights 1 to 11 modulo 11, and 3 to 2 where those leave 10.
fn kz_iin(d: &[u8]) -> bool {
    let first = weighted(d, &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]) % 11;
    let second = weighted(d, &[3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2]) % 11;
    yymmdd(d, 0, &[]) && digit(d, 6) <= 6 && digit(d, 11) == if first == 10 { second } else { first }
}

/// Luxembourg, matricule (act of 19 June 2013): a Luhn and a Verhoeff digit, both over the first eleven.
fn lu_matricule(d: &[u8]) -> bool {
    let (Some(head), Some(body)) = (d.get(..12), d.get(..11)) else { return false };
    yyyymmdd(d, 0) && luhn(head) && d.get(12).is_some_and(|check| is_verhoeff_of(body, *check))
}

/// Latvia, personas kods: a date and weights modulo 11, or, since 2017, 32 to 39 and no date and no check digit.
fn lv_code(d: &[u8]) -> bool {
    let check = (1 + weighted(d, &[10, 5, 8, 4, 2, 1, 6, 3, 7, 9])) % 11 % 10;
    ddmmyy(d, 0, &[]) && check == digit(d, 10) || (32..=39).contains(&number(d, 0, 2))
}

/// Moldova, IDNP: weights 7, 3, 1 modulo 10.
fn md_idnp(d: &[u8]) -> bool {
    digit(d, 0) <= 2 && weighted(d, &[7, 3, 1, 7, 3, 1, 7, 3, 1, 7, 3, 1]) % 10 == digit(d, 12) && !is_one_digit(d)
}

/// Netherlands, BSN (act on general provisions on the BSN): the test of eleven, the last weight negative.
fn nl_bsn(d: &[u8]) -> bool {
    let sum = weighted(d, &[9, 8, 7, 6, 5, 4, 3, 2, 10]);
    sum.is_multiple_of(11) && number(d, 0, 9) > 9_999_999 && !is_one_digit(d)
}

/// Norway, fødselsnummer (Skatteetaten): two check digits modulo 11; days raised by 40 for D-numbers, months by 40 and 80.
fn no_fnr(d: &[u8]) -> bool {
    let (day, month) = (number(d, 0, 2), number(d, 2, 4));
    let first = weighted(d, &[3, 7, 6, 1, 8, 9, 4, 5, 2, 1]);
    let second = weighted(d, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1]);
    date(month % 40, if day > 40 { day - 40 } else { day }) && first.is_multiple_of(11) && second.is_multiple_of(11)
}

/// Poland, PESEL (act on population registration): weights 1, 3, 7, 9; months tell the century.
fn pl_pesel(d: &[u8]) -> bool {
    yymmdd(d, 0, &[20, 40, 60, 80]) && weighted(d, &[1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1]).is_multiple_of(10)
}

/// Poland, NIP (act on registration of taxpayers): weights modulo 11.
fn pl_nip(d: &[u8]) -> bool {
    weighted(d, &[6, 5, 7, 2, 3, 4, 5, 6, 7]) % 11 == digit(d, 9) && digit(d, 0) != 0
}

/// Portugal, NIF (decree-law 463/79): weights 9 to 2 modulo 11.
fn pt_nif(d: &[u8]) -> bool {
    let check = 11 - weighted(d, &[9, 8, 7, 6, 5, 4, 3, 2]) % 11;
    matches!(digit(d, 0), 1..=3 | 5..=9) && if check > 9 { 0 } else { check } == digit(d, 8)
}

/// Portugal, NISS (Segurança Social): primes as weights, 9 less the rest modulo 10.
fn pt_niss(d: &[u8]) -> bool {
    matches!(digit(d, 0), 1 | 2) && 9 - weighted(d, &[29, 23, 19, 17, 13, 11, 7, 5, 3, 2]) % 10 == digit(d, 10)
}

/// Romania, CNP (law 105/1996): weights modulo 11, 10 written as 1; county 1 to 52, or 70 and up.
fn ro_cnp(d: &[u8]) -> bool {
    let check = weighted(d, &[2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9]) % 11;
    let is_county = matches!(number(d, 7, 9), 1..=52 | 70..=80);
    digit(d, 0) != 0 && yymmdd(d, 1, &[]) && is_county && if check == 10 { 1 } else { check } == digit(d, 12)
}

/// JMBG and EMŠO of former Yugoslavia (law of 1976): weights 7 to 2 twice modulo 11.
fn jmbg(d: &[u8]) -> bool {
    let check = 11 - weighted(d, &[7, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11;
    let year = number(d, 4, 7);
    !(50..900).contains(&year)
        && date(number(d, 2, 4), number(d, 0, 2))
        && if check > 9 { 0 } else { check } == digit(d, 12)
}

/// Russia, SNILS (Pension Fund): places as weights modulo 101.
fn ru_snils(d: &[u8]) -> bool {
    u64::from(weighted(d, &[9, 8, 7, 6, 5, 4, 3, 2, 1]) % 101 % 100) == number(d, 9, 11) && number(d, 0, 9) > 1_001_998
}

/// Russia, INN (order of the tax service): one check digit of ten for companies, two of twelve for persons.
fn ru_inn(d: &[u8]) -> bool {
    let company = || weighted(d, &[2, 4, 10, 3, 5, 9, 4, 6, 8]) % 11 % 10 == digit(d, 9);
    let person = || {
        weighted(d, &[7, 2, 4, 10, 3, 5, 9, 4, 6, 8]) % 11 % 10 == digit(d, 10)
            && weighted(d, &[3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8]) % 11 % 10 == digit(d, 11)
    };
    !is_one_digit(d) && if d.len() == 12 { person() } else { company() }
}

/// Sweden, personnummer (Skatteverket SKV 704): Luhn over ten digits; days raised by 60 for coordination numbers.
fn se_personnummer(d: &[u8]) -> bool {
    let ten = d.get(d.len().saturating_sub(10)..).unwrap_or(&[]);
    let day = number(ten, 4, 6);
    let is_century = d.len() == 10 || matches!(number(d, 0, 2), 18..=20);
    is_century && date(number(ten, 2, 4), if day > 60 { day - 60 } else { day }) && luhn(ten)
}

/// Slovenia, davčna številka (FURS): weights 8 to 2 modulo 11.
fn si_tax(d: &[u8]) -> bool {
    let check = 11 - weighted(d, &[8, 7, 6, 5, 4, 3, 2]) % 11;
    digit(d, 0) != 0 && check < 11 && check % 10 == digit(d, 7)
}

/// Türkiye, T.C. kimlik numarası (NVİ): the tenth digit from odd and even places, the eleventh from the sum of ten.
fn tr_kimlik(d: &[u8]) -> bool {
    let tenth = (weighted(d, &[7, 0, 7, 0, 7, 0, 7, 0, 7]) + 9 * weighted(d, &[0, 1, 0, 1, 0, 1, 0, 1])) % 10;
    let eleventh = weighted(d, &[1; 10]) % 10;
    digit(d, 0) != 0 && tenth == digit(d, 9) && eleventh == digit(d, 10)
}

/// Ukraine, RNOKPP (Ministry of Finance): weights modulo 11, the first negative.
fn ua_rnokpp(d: &[u8]) -> bool {
    weighted(d, &[10, 5, 7, 9, 4, 6, 10, 5, 7]) % 11 % 10 == digit(d, 9) && !is_one_digit(d)
}
