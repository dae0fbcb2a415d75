//! Health identifiers that only context tells from other numbers: record numbers, providers, diagnosis codes.

use super::card::luhn;
use crate::scan::Scan;
use crate::text::{Text, is_word};

/// A medical record number after a label for it (`MRN: 00482913`, `patient id A-4482913`).
pub(crate) fn mrn(scan: &mut Scan<'_>, start: usize) {
    let text = scan.text;
    if !text.starts_word(start) {
        return;
    }
    let at = after_label(text, start, MRN_LABEL);
    let end = text.run(at, 20, |byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let token = text.cut(at, end);
    let digits = token.iter().filter(|byte| byte.is_ascii_digit()).count();
    let dashes = token.iter().filter(|byte| **byte == b'-').count();
    let is_date = digits == 8 && dashes == 2 && token.len() == 10;
    if (5..=15).contains(&token.len())
        && digits >= 4
        && digits + dashes + 4 >= token.len()
        && !is_date
        && text.ends_word(end)
        && text.before(end) != b'-'
    {
        scan.hit(at, end, "phi.mrn", 0.85, "mrn");
    }
}

/// A US provider number: ten digits whose check digit is right with the prefix 80840.
pub(crate) fn npi(scan: &mut Scan<'_>, start: usize) {
    let text = scan.text;
    if !text.starts_word(start) {
        return;
    }
    let at = after_label(text, start, NPI_LABEL);
    let end = text.run(at, 11, |byte| byte.is_ascii_digit());
    if end - at != 10 || !matches!(text.at(at), b'1' | b'2') || !text.ends_word(end) {
        return;
    }
    let mut digits = vec![8, 0, 8, 4, 0];
    digits.extend(text.cut(at, end).iter().map(|byte| byte - b'0'));
    if luhn(&digits) {
        scan.hit(at, end, "phi.npi", 0.95, "npi");
    }
}

/// ICD-10 codes (`E11.9`) soon after `ICD`, `diagnosis` or `Dx`. Codes without a point only after `ICD` and `Dx`.
pub(crate) fn icd10(scan: &mut Scan<'_>, start: usize) {
    let text = scan.text;
    if !text.starts_word(start) {
        return;
    }
    let is_named = text.has(start, b"icd") || text.has(start, b"dx");
    let mut at = start + 2;
    while at < start + ICD_REACH_BYTES && at < text.len() {
        if text.starts_word(at)
            && let Some((end, has_point)) = icd10_at(text, at)
        {
            if has_point || is_named {
                scan.hit(at, end, "phi.icd10", if is_named { 0.9 } else { 0.75 }, "icd10");
            }
            at = end;
        }
        at += 1;
    }
}

/// Where a code that begins at `at` ends, and whether it has a point.
fn icd10_at(text: Text<'_>, at: usize) -> Option<(usize, bool)> {
    let is_chapter = text.at(at).is_ascii_uppercase() && text.at(at) != b'U' || text.cut(at, at + 3) == b"U07";
    if !is_chapter || !text.at(at + 1).is_ascii_digit() || !matches!(text.at(at + 2), b'0'..=b'9' | b'A' | b'B') {
        return None;
    }
    if text.at(at + 3) != b'.' {
        return text.ends_word(at + 3).then_some((at + 3, false));
    }
    let end = text.run(at + 4, 5, |byte| byte.is_ascii_digit() || byte.is_ascii_uppercase());
    match end - at - 4 {
        0 => text.ends_word(end).then_some((at + 3, false)),
        1..=4 => text.ends_word(end).then_some((end, true)),
        _ => None,
    }
}

/// Where the value after a label begins: the words of the label and the signs between are passed over.
fn after_label(text: Text<'_>, start: usize, words: &[&str]) -> usize {
    let mut at = start;
    for _ in 0..LABEL_WORDS_MAX {
        let end = text.run(at, 16, |byte| byte.is_ascii_alphabetic());
        if !words.iter().any(|word| text.cut(at, end).eq_ignore_ascii_case(word.as_bytes())) || is_word(text.at(end)) {
            break;
        }
        at = text.run(end, 5, |byte| {
            matches!(byte, b' ' | b'\t' | b'\n' | b':' | b'#' | b'=' | b'.' | b'-' | b'(' | b')' | b'"' | b'\'' | b'*')
        });
    }
    at
}

const MRN_LABEL: &[&str] = &[
    "mrn", "medical", "record", "rec", "number", "no", "num", "id", "is", "patient", "hospital", "chart", "mr", "the",
    "was",
];
const NPI_LABEL: &[&str] = &["npi", "national", "provider", "identifier", "number", "no", "num", "id", "is", "the"];
const LABEL_WORDS_MAX: usize = 6;
/// How far from the word that announces it a code may begin.
const ICD_REACH_BYTES: usize = 64;

#[cfg(test)]
mod tests {
    use crate::detect::tests::check;

    #[test]
    fn record_numbers_need_their_label() {
        check("MRN: 00482913", &["phi.mrn"]);
        check("MRN00482913 x", &["phi.mrn"]);
        check("medical record number is A4482913", &["phi.mrn"]);
        check("Patient ID #4482-913", &["phi.mrn"]);
        check("mrn 12", &[]);
        check("order 00482913", &[]);
        check("the patient number of visits", &[]);
    }

    #[test]
    fn provider_numbers_need_their_checksum() {
        check("NPI 1234567893", &["phi.npi"]);
        check("National Provider Identifier: 1234567893", &["phi.npi"]);
        check("NPI 1234567890", &[]);
        check("1234567893", &[]);
    }

    #[test]
    fn diagnosis_codes_need_their_context() {
        check("ICD-10: E11.9, I10", &["phi.icd10"]);
        check("diagnosis F32.1", &["phi.icd10"]);
        check("Dx: J45.909", &["phi.icd10"]);
        check("vitamin B12 was diagnosed as low", &[]);
        check("section A12.3", &[]);
        check("paper size A10", &[]);
    }
}
