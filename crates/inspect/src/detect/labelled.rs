//! Values that only their label tells: passports, driving licences, policies, accounts, plates, devices, health codes.

use super::card::luhn;
use super::national::{icao_sum, is_routing};
use crate::scan::Scan;
use crate::text::{Text, is_word};

/// What may stand after a label.
struct Value {
    class: &'static str,
    detector: &'static str,
    /// Lengths without signs.
    lengths: std::ops::RangeInclusive<usize>,
    digits_min: usize,
    is_valid: fn(&[u8]) -> bool,
}

pub(super) fn passport(scan: &mut Scan<'_>, start: usize) {
    find(
        scan,
        start,
        &Value { class: "pii.passport", detector: "passport", lengths: 6..=12, digits_min: 5, is_valid: any },
    );
}

/// `driver's license number is A1234567`; forms of all states and countries that have no check digit.
pub(super) fn licence(scan: &mut Scan<'_>, start: usize) {
    let value = Value {
        class: "pii.driving_licence",
        detector: "driving_licence",
        lengths: 5..=18,
        digits_min: 4,
        is_valid: any,
    };
    find(scan, start, &value);
}

pub(super) fn plate(scan: &mut Scan<'_>, start: usize) {
    let is_plate = |code: &[u8]| code.iter().any(u8::is_ascii_uppercase) && !code.iter().any(u8::is_ascii_lowercase);
    find(
        scan,
        start,
        &Value { class: "pii.vehicle", detector: "plate", lengths: 4..=9, digits_min: 1, is_valid: is_plate },
    );
}

/// Numbers of insured persons: policies, members, subscribers.
pub(super) fn insurance(scan: &mut Scan<'_>, start: usize) {
    let value =
        Value { class: "pii.health_insurance", detector: "insurance", lengths: 6..=17, digits_min: 5, is_valid: any };
    find(scan, start, &value);
}

/// Numbers of bank accounts that are no IBAN.
pub(super) fn account(scan: &mut Scan<'_>, start: usize) {
    let is_number = |code: &[u8]| code.iter().all(u8::is_ascii_digit);
    find(
        scan,
        start,
        &Value { class: "pii.bank_account", detector: "account", lengths: 6..=17, digits_min: 6, is_valid: is_number },
    );
}

/// Routing numbers of US banks, by check digit (ABA).
pub(super) fn routing(scan: &mut Scan<'_>, start: usize) {
    find(
        scan,
        start,
        &Value {
            class: "pii.bank_account",
            detector: "us.routing",
            lengths: 9..=9,
            digits_min: 9,
            is_valid: is_routing,
        },
    );
}

/// Sort codes (`12-34-56`), BSB (`123-456`) and transit numbers (`12345-678`).
pub(super) fn branch(scan: &mut Scan<'_>, start: usize) {
    let is_number = |code: &[u8]| code.iter().all(u8::is_ascii_digit);
    find(
        scan,
        start,
        &Value { class: "pii.bank_account", detector: "branch", lengths: 6..=8, digits_min: 6, is_valid: is_number },
    );
}

/// IMEI, by check digit (3GPP TS 23.003 annex B).
pub(super) fn imei(scan: &mut Scan<'_>, start: usize) {
    let is_imei = |code: &[u8]| luhn(&values(code));
    find(
        scan,
        start,
        &Value { class: "pii.device_id", detector: "imei", lengths: 15..=15, digits_min: 15, is_valid: is_imei },
    );
}

/// Registration numbers of the US Drug Enforcement Administration: odd places, twice the even ones (21 CFR 1301, DEA's own method).
pub(super) fn dea(scan: &mut Scan<'_>, start: usize) {
    let is_dea = |code: &[u8]| {
        let d: Vec<u32> = values(code.get(2..).unwrap_or(&[])).into_iter().map(u32::from).collect();
        let [a, b, c, d, e, f, check] = d.as_slice() else { return false };
        code.get(..2).is_some_and(|lead| lead.iter().all(|byte| byte.is_ascii_uppercase() || *byte == b'9'))
            && (a + c + e + 2 * (b + d + f)) % 10 == *check
    };
    find(scan, start, &Value { class: "phi.dea", detector: "dea", lengths: 9..=9, digits_min: 7, is_valid: is_dea });
}

/// National Drug Codes (21 CFR 207.33): ten or eleven digits in three parts.
pub(super) fn ndc(scan: &mut Scan<'_>, start: usize) {
    let is_number = |code: &[u8]| code.iter().all(u8::is_ascii_digit);
    find(
        scan,
        start,
        &Value { class: "phi.ndc", detector: "ndc", lengths: 10..=11, digits_min: 10, is_valid: is_number },
    );
}

/// Procedure codes (CPT): five digits, or four and `F`, `T` or `U`.
pub(super) fn cpt(scan: &mut Scan<'_>, start: usize) {
    let is_cpt = |code: &[u8]| matches!(code.split_last(), Some((last, body)) if body.iter().all(u8::is_ascii_digit) && (last.is_ascii_digit() || b"FTU".contains(last)));
    find(scan, start, &Value { class: "phi.cpt", detector: "cpt", lengths: 5..=5, digits_min: 4, is_valid: is_cpt });
}

/// Codes of observations (LOINC Users' Guide, appendix C): Luhn, the check digit after a dash.
pub(super) fn loinc(scan: &mut Scan<'_>, start: usize) {
    let is_loinc = |code: &[u8]| luhn(&values(code));
    find(
        scan,
        start,
        &Value { class: "phi.loinc", detector: "loinc", lengths: 2..=7, digits_min: 2, is_valid: is_loinc },
    );
}

/// One line of a machine-readable zone (ICAO Doc 9303 parts 4 to 6), around the `<<<` at `start`.
pub(super) fn mrz(scan: &mut Scan<'_>, start: usize) {
    let text = scan.text;
    let is_sign = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'<';
    if text.before(start) == b'<' {
        return;
    }
    let from = text.run_back(start, MRZ_BYTES_MAX + 1, is_sign);
    let line = text.cut(from, text.run(from, MRZ_BYTES_MAX + 1, is_sign));
    if is_mrz(line) {
        scan.hit(from, from + line.len(), "pii.passport", 0.95, "mrz");
    }
}

fn is_mrz(line: &[u8]) -> bool {
    let checked = |from: usize, to: usize| {
        let check = line.get(to).copied().unwrap_or(0);
        let sum = icao_sum(line.get(from..to).unwrap_or(&[])) % 10;
        check.is_ascii_digit() && u32::from(check - b'0') == sum
    };
    let has_names = line.windows(2).skip(2).any(|two| two == b"<<");
    let is_document = matches!(line.first(), Some(b'P' | b'V' | b'I' | b'A' | b'C'));
    let is_issued =
        line.get(2..5).is_some_and(|country| country.iter().all(|byte| byte.is_ascii_uppercase() || *byte == b'<'));
    let no_digits = !line.iter().any(u8::is_ascii_digit);
    match line.len() {
        // Passport, visa, and cards of two lines: names first, then number, birth and expiry with their checks.
        44 | 36 if is_document && is_issued && no_digits => has_names,
        44 | 36 => checked(0, 9) && checked(13, 19) && checked(21, 27),
        // Cards of three lines: the number, then birth and expiry, then names.
        30 if is_document && is_issued && checked(5, 14) => true,
        30 if checked(0, 6) && checked(8, 14) => true,
        30 => no_digits && has_names && line.ends_with(b"<<<"),
        _ => false,
    }
}

/// The value after the label at `start`, if it is one.
fn find(scan: &mut Scan<'_>, start: usize, value: &Value) {
    let text = scan.text;
    if text.before(start).is_ascii_alphanumeric() {
        return;
    }
    let at = after(text, start);
    let end = value_end(text, at);
    let code: Vec<u8> = text.cut(at, end).iter().copied().filter(u8::is_ascii_alphanumeric).collect();
    let digits = code.iter().filter(|byte| byte.is_ascii_digit()).count();
    let is_code = digits >= value.digits_min && !is_date(text.cut(at, end));
    if is_code && value.lengths.contains(&code.len()) && !is_word(text.at(end)) && (value.is_valid)(&code) {
        scan.hit(at, end, value.class, 0.85, value.detector);
    }
}

/// Where the value after a label begins: past the rest of the label's word, words that only lead on, and signs.
pub(super) fn after(text: Text<'_>, start: usize) -> usize {
    let mut at = text.run(start, WORD_BYTES_MAX, is_letter);
    for _ in 0..WORDS_MAX {
        at = text.run(at, SIGNS_MAX, is_sign);
        let end = text.run(at, WORD_BYTES_MAX, is_letter);
        let word = String::from_utf8_lossy(text.cut(at, end)).to_lowercase();
        if end == at || text.at(end).is_ascii_digit() || !FILLERS.contains(&word.as_str()) {
            break;
        }
        at = end;
    }
    at
}

/// Letters and digits, with a dash between, or, between digits, a space or a point.
fn value_end(text: Text<'_>, at: usize) -> usize {
    let mut end = text.run(at, VALUE_BYTES_MAX, |byte| byte.is_ascii_alphanumeric());
    while end < at + VALUE_BYTES_MAX && end > at {
        let joins = match text.at(end) {
            b'-' => text.at(end + 1).is_ascii_alphanumeric(),
            // Groups of digits alone: a stream holds those, and not a code before a space.
            b' ' => is_digits(text.cut(at, end)) && text.at(end + 1).is_ascii_digit(),
            b'.' => text.before(end).is_ascii_digit() && text.at(end + 1).is_ascii_digit(),
            _ => false,
        };
        if !joins {
            break;
        }
        end = text.run(end + 1, VALUE_BYTES_MAX, |byte| byte.is_ascii_alphanumeric());
    }
    end
}

fn is_digits(value: &[u8]) -> bool {
    value.iter().all(|byte| byte.is_ascii_digit() || matches!(byte, b' ' | b'-' | b'.'))
}

fn is_date(value: &[u8]) -> bool {
    let lengths: Vec<usize> = value.split(|byte| !byte.is_ascii_digit()).map(<[u8]>::len).collect();
    matches!(lengths.as_slice(), [4, 2, 2] | [2, 2, 4] | [1, 2, 4] | [2, 1, 4] | [1, 1, 4])
}

fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte >= 0x80
}

fn is_sign(byte: u8) -> bool {
    matches!(
        byte,
        b' ' | b'\t'
            | b'\n'
            | b':'
            | b'#'
            | b'='
            | b'.'
            | b'-'
            | b'('
            | b')'
            | b'"'
            | b'\''
            | b'*'
            | b'_'
            | b'/'
            | b','
    )
}

fn values(code: &[u8]) -> Vec<u8> {
    code.iter().filter(|byte| byte.is_ascii_digit()).map(|byte| byte - b'0').collect()
}

fn any(_: &[u8]) -> bool {
    true
}

/// The longest word of a label (`Krankenversichertennummer`), how many follow, and signs between.
const WORD_BYTES_MAX: usize = 32;
const WORDS_MAX: usize = 7;
const SIGNS_MAX: usize = 6;
const VALUE_BYTES_MAX: usize = 24;
const MRZ_BYTES_MAX: usize = 44;

/// Words that lead from a label to its value.
const FILLERS: &[&str] = &[
    "number",
    "numbers",
    "no",
    "num",
    "nr",
    "id",
    "is",
    "was",
    "are",
    "my",
    "the",
    "of",
    "card",
    "document",
    "code",
    "s",
    "license",
    "licence",
    "lic",
    "permit",
    "plate",
    "plates",
    "registration",
    "member",
    "policy",
    "holder",
    "account",
    "a",
    "c",
    "routing",
    "transit",
    "sort",
    "bank",
    "checking",
    "savings",
    "issued",
    "for",
    "us",
    "uk",
    "eu",
    "book",
    "date",
    "nummer",
    "lautet",
    "ist",
    "meine",
    "der",
    "die",
    "des",
    "numéro",
    "numero",
    "número",
    "n",
    "º",
    "é",
    "es",
    "est",
    "è",
    "de",
    "du",
    "la",
    "di",
    "do",
    "da",
    "del",
    "conduire",
    "conducir",
    "guida",
    "habilitação",
    "bancaria",
    "bancaire",
    "bancario",
    "corrente",
    "corriente",
    "courant",
    "номер",
    "серия",
    "счета",
    "numer",
    "číslo",
    "nummeret",
    "nº",
    "n°",
    "number's",
];

#[cfg(test)]
mod tests {
    use crate::detect::tests::{check, spans};

    #[test]
    fn documents_after_their_label() {
        spans("My driver's license number is A56319335", &[("pii.driving_licence", "A56319335")]);
        spans("my driver's license number is a56319335", &[("pii.driving_licence", "a56319335")]);
        check("Führerscheinnummer: B072RRE2I55", &["pii.driving_licence"]);
        check("permis de conduire n° 941017302394", &["pii.driving_licence"]);
        check("Passport No: C01X00T47", &["pii.passport"]);
        check("\"passport_number\": \"K1234567\"", &["pii.passport"]);
        check("numéro de passeport 18AB12345", &["pii.passport"]);
        check("паспорт серия 45 09 123456", &["pii.passport"]);
        check("license plate 7ABC123", &["pii.vehicle"]);
        check("Kennzeichen M-AB 1234", &[]);
        check("Kennzeichen M-AB1234", &["pii.vehicle"]);
        check("member id W123456789", &["pii.health_insurance"]);
        check("IMEI 490154203237517", &[]);
        check("IMEI 490154203237518", &["pii.device_id"]);
    }

    #[test]
    fn accounts_after_their_label() {
        check("routing number 111000025", &["pii.bank_account"]);
        check("routing number 112000025", &[]);
        check("account number: 12345678", &["pii.bank_account"]);
        check("sort code 12-34-56", &["pii.bank_account"]);
        check("BSB 062-000", &["pii.bank_account"]);
        check("Kontonummer 532013000", &["pii.bank_account"]);
        check("transit 12345-678", &["pii.bank_account"]);
        check("account opened 2024-01-15 with 12 users", &[]);
        check("take into account 2024", &[]);
    }

    #[test]
    fn health_codes_after_their_label() {
        check("DEA AB1234563", &["phi.dea"]);
        check("DEA AB1234564", &[]);
        check("NDC 0002-8215-01", &["phi.ndc"]);
        check("CPT code 99213", &["phi.cpt"]);
        check("LOINC 2345-7", &["phi.loinc"]);
        check("LOINC 2345-8", &[]);
    }

    #[test]
    fn lines_of_a_machine_readable_zone() {
        check("P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", &["pii.passport"]);
        check("L898902C36UTO7408122F1204159ZE184226B<<<<<10", &["pii.passport"]);
        check("L898902C37UTO7408122F1204159ZE184226B<<<<<10", &[]);
        check("I<UTOD231458907<<<<<<<<<<<<<<<", &["pii.passport"]);
        check("7408122F1204159UTO<<<<<<<<<<<6", &["pii.passport"]);
        check("ERIKSSON<<ANNA<MARIA<<<<<<<<<<", &["pii.passport"]);
        check("<<<<<<< HEAD and a <<< b", &[]);
    }

    #[test]
    fn labels_without_a_value_are_words() {
        check("The passport office opens at 9. A driver licensed in 2024.", &[]);
        check("driver version 12345678", &[]);
        check("software license number of seats: 1000", &[]);
    }
}
