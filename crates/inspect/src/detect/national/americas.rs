//! Numbers of digits that countries of the Americas give to persons.

use super::check::{date, digit, is_one_digit, luhn, number, weighted};
use super::{Number, row};
use crate::detect::context::topic::*;

const ID: &str = "pii.national_id";
const TAX_ID: &str = "pii.tax_id";
const INSURANCE: &str = "pii.health_insurance";
const BANK: &str = "pii.bank_account";

pub(super) const NUMBERS: &[Number] = &[
    row("ar.cuit", TAX_ID, "!2-8-1 11", ar_cuit, AR | TAX),
    row("ar.dni", ID, "2.3.3 8", short_id, DNI | AR),
    row("br.cpf", TAX_ID, "!3.3.3-2 !9-2 11 3~3~3~2", br_cpf, BR | TAX),
    row("br.cnpj", TAX_ID, "!2.3.3/4-2 14", br_cnpj, BR | TAX),
    row("br.pis", ID, "!3.5.2-1 11", br_pis, BR | SOCIAL),
    row("br.cns", INSURANCE, "3~4~4~4 15", br_cns, BR | HEALTH),
    row("ca.sin", ID, "3_3_3 9", ca_sin, CA | SOCIAL | TAX),
    row("ca.bc_phn", INSURANCE, "4_3_3 10", ca_bc_phn, CA | HEALTH),
    row("ca.on_hcn", INSURANCE, "4_3_3 10", luhn, CA | HEALTH),
    row("cl.rut", ID, "!2.3.3-1 !1.3.3-1 8-1 7-1", cl_rut, CL | TAX | NATIONAL),
    row("co.nit", TAX_ID, "!3.3.3-1 9-1 10", co_nit, CO | TAX),
    row("co.cedula", ID, "1.3.3.3 2.3.3 8 10", co_cedula, CO),
    row("cr.cedula", ID, "1-4-4 9", cr_cedula, CR),
    row("do.cedula", ID, "!3-7-1 11", luhn_varied, DO),
    row("ec.cedula", ID, "9-1 10", ec_cedula, EC),
    row("gt.cui", ID, "!4~5~4 13", gt_cui, GT),
    row("mx.nss", ID, "11 2~2~2~4~1 10~1", luhn_varied, MX | SOCIAL),
    row("mx.clabe", BANK, "18 3~3~11~1", mx_clabe, MX | ACCOUNT),
    row("pe.dni", ID, "8 8-1", short_id, DNI | PE),
    row("pe.ruc", TAX_ID, "11", pe_ruc, PE | TAX),
    row("sv.dui", ID, "8-1", sv_dui, SV),
    row("us.itin", TAX_ID, "!3-2-4 9", us_itin, US | TAX),
    row("us.ein", TAX_ID, "2-7", us_ein, US | TAX),
    row("uy.ci", ID, "!1.3.3-1 7-1 8", uy_ci, UY),
];

/// Argentina, CUIT and CUIL (AFIP): weights 5 to 2 and 7 to 2 modulo 11.
fn ar_cuit(d: &[u8]) -> bool {
    let check = (11 - weighted(d, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11) % 11;
    matches!(number(d, 0, 2), 20 | 23..=27 | 30 | 33 | 34) && check == digit(d, 10)
}

/// Numbers of eight digits without a check digit.
fn short_id(d: &[u8]) -> bool {
    !is_one_digit(d) && number(d, 0, 2) != 0
}

/// Brazil, CPF (Receita Federal): two check digits modulo 11.
fn br_cpf(d: &[u8]) -> bool {
    let first = check_11(weighted(d, &[10, 9, 8, 7, 6, 5, 4, 3, 2]));
    let second = check_11(weighted(d, &[11, 10, 9, 8, 7, 6, 5, 4, 3, 2]));
    !is_one_digit(d) && first == digit(d, 9) && second == digit(d, 10)
}

/// Brazil, CNPJ (Receita Federal): two check digits modulo 11.
fn br_cnpj(d: &[u8]) -> bool {
    let first = check_11(weighted(d, &[5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2]));
    let second = check_11(weighted(d, &[6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2]));
    !is_one_digit(d) && first == digit(d, 12) && second == digit(d, 13)
}

/// Brazil, PIS/PASEP/NIS (Caixa): weights modulo 11.
fn br_pis(d: &[u8]) -> bool {
    !is_one_digit(d) && check_11(weighted(d, &[3, 2, 9, 8, 7, 6, 5, 4, 3, 2])) == digit(d, 10)
}

/// Brazil, Cartão Nacional de Saúde (DATASUS): weights 15 to 1 modulo 11.
fn br_cns(d: &[u8]) -> bool {
    matches!(digit(d, 0), 1 | 2 | 7..=9)
        && weighted(d, &[15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1]).is_multiple_of(11)
}

/// What is missing to a multiple of 11; nothing for 10 and 11.
fn check_11(sum: u32) -> u32 {
    match sum % 11 {
        0 | 1 => 0,
        rest => 11 - rest,
    }
}

/// Canada, Social Insurance Number (ESDC): Luhn; none begins with 8.
fn ca_sin(d: &[u8]) -> bool {
    digit(d, 0) != 8 && luhn_varied(d)
}

/// Canada, British Columbia Personal Health Number: 9, then weights modulo 11.
fn ca_bc_phn(d: &[u8]) -> bool {
    let products =
        d.iter().skip(1).zip([2u32, 4, 8, 5, 10, 9, 7, 3]).map(|(digit, weight)| u32::from(*digit) * weight % 11);
    digit(d, 0) == 9 && (11 - products.sum::<u32>() % 11) % 11 == digit(d, 9)
}

/// Chile, RUT (Registro Civil): weights 2 to 7 from the right modulo 11.
fn cl_rut(d: &[u8]) -> bool {
    let Some((check, body)) = d.split_last() else { return false };
    rut_check(body) == u32::from(*check) && !is_one_digit(body)
}

/// The check digit of a RUT; 10 is written `K`, and 11 as 0.
pub(super) fn rut_check(body: &[u8]) -> u32 {
    let sum: u32 = body.iter().rev().zip([2u32, 3, 4, 5, 6, 7].iter().cycle()).map(|(d, w)| u32::from(*d) * w).sum();
    (11 - sum % 11) % 11
}

/// Colombia, NIT (DIAN, order 4 of 1989): primes from the right modulo 11.
fn co_nit(d: &[u8]) -> bool {
    let Some((check, body)) = d.split_last() else { return false };
    let primes = [3u32, 7, 13, 17, 19, 23, 29, 37, 41];
    let rest = body.iter().rev().zip(primes).map(|(d, prime)| u32::from(*d) * prime).sum::<u32>() % 11;
    u32::from(*check) == if rest < 2 { rest } else { 11 - rest } && !is_one_digit(body)
}

/// Colombia, cédula de ciudadanía: no check digit; those of ten digits begin with 1.
fn co_cedula(d: &[u8]) -> bool {
    !is_one_digit(d) && digit(d, 0) != 0 && (d.len() < 10 || digit(d, 0) == 1)
}

/// Costa Rica, cédula: province, book and entry. No check digit.
fn cr_cedula(d: &[u8]) -> bool {
    matches!(digit(d, 0), 1..=9) && !is_one_digit(d)
}

/// Luhn, and more than one digit.
fn luhn_varied(d: &[u8]) -> bool {
    luhn(d) && !is_one_digit(d)
}

/// Ecuador, cédula (Registro Civil): province, a third digit below 6, Luhn.
fn ec_cedula(d: &[u8]) -> bool {
    matches!(number(d, 0, 2), 1..=24 | 30) && digit(d, 2) < 6 && luhn(d)
}

/// Guatemala, CUI (RENAP): weights 2 to 9 modulo 11 over eight digits, then department and municipality.
fn gt_cui(d: &[u8]) -> bool {
    weighted(d, &[2, 3, 4, 5, 6, 7, 8, 9]) % 11 == digit(d, 8)
        && (1..=22).contains(&number(d, 9, 11))
        && (1..=38).contains(&number(d, 11, 13))
}

/// Mexico, CLABE (Banxico): weights 3, 7, 1, each product modulo 10.
fn mx_clabe(d: &[u8]) -> bool {
    let sum: u32 = d.iter().take(17).zip([3u32, 7, 1].iter().cycle()).map(|(d, w)| u32::from(*d) * w % 10).sum();
    (10 - sum % 10) % 10 == digit(d, 17) && !is_one_digit(d)
}

/// Peru, RUC (SUNAT): weights 5 to 2 and 7 to 2 modulo 11.
fn pe_ruc(d: &[u8]) -> bool {
    let check = (11 - weighted(d, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11) % 10;
    matches!(number(d, 0, 2), 10 | 15 | 17 | 20) && check == digit(d, 10)
}

/// El Salvador, DUI: weights 9 to 2 modulo 10.
fn sv_dui(d: &[u8]) -> bool {
    (10 - weighted(d, &[9, 8, 7, 6, 5, 4, 3, 2]) % 10) % 10 == digit(d, 8) && !is_one_digit(d)
}

/// United States, ITIN (IRS, IRM 3.21.263): 900 and up, groups that are issued.
fn us_itin(d: &[u8]) -> bool {
    digit(d, 0) == 9 && matches!(number(d, 3, 5), 50..=65 | 70..=88 | 90..=92 | 94..=99)
}

/// United States, EIN: prefixes of campuses (IRS, "How EINs are assigned"). No check digit.
fn us_ein(d: &[u8]) -> bool {
    let prefix = number(d, 0, 2);
    !matches!(prefix, 0 | 7..=9 | 17..=19 | 28 | 29 | 49 | 69 | 70 | 78 | 79 | 89 | 96 | 97) && !is_one_digit(d)
}

/// Uruguay, cédula de identidad (DNIC): weights 2, 9, 8, 7, 6, 3, 4 modulo 10.
fn uy_ci(d: &[u8]) -> bool {
    (10 - weighted(d, &[2, 9, 8, 7, 6, 3, 4]) % 10) % 10 == digit(d, 7) && !is_one_digit(d)
}

/// Mexico: whether a date of birth stands there, as CURP and RFC have it.
pub(super) fn mx_date(d: &[u8]) -> bool {
    date(number(d, 2, 4), number(d, 4, 6))
}
