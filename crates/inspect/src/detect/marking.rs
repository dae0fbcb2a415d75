//! Markings that people put on documents: TLP, CUI, confidentiality banners.

use crate::scan::Scan;

/// `TLP:RED`, `TLP:AMBER`, `TLP:AMBER+STRICT`; green, white and clear bind nobody.
pub(crate) fn tlp(scan: &mut Scan<'_>, start: usize) {
    let text = scan.text;
    let colour = start + 4 + usize::from(text.at(start + 4) == b' ');
    let end = text.run(colour, 12, |byte| byte.is_ascii_alphabetic() || byte == b'+');
    if !text.starts_word(start) || !text.ends_word(end) {
        return;
    }
    // In a stream only the last word can be held; the sign before it says nothing alone. Small letters then are a sentence.
    let is_apart = colour > start + 4;
    let from = if is_apart { colour } else { start };
    if is_apart && text.at(colour).is_ascii_lowercase() {
        return;
    }
    if text.has(colour, b"red") && end == colour + 3 {
        scan.hit(from, end, "marking.confidential", 0.95, "marking");
        scan.hit(from, end, "marking.restricted", 0.95, "marking");
    } else if text.has(colour, b"amber") && (end == colour + 5 || text.at(colour + 5) == b'+') {
        scan.hit(from, end, "marking.confidential", 0.95, "marking");
    }
}

/// A banner in capitals at the start of a line: `CONFIDENTIAL`, `STRICTLY CONFIDENTIAL`, `CUI//SP-PRVCY`, `SECRET//NOFORN`.
pub(crate) fn banner(scan: &mut Scan<'_>, start: usize) {
    let text = scan.text;
    let end = text.run(start, 48, |byte| byte.is_ascii_uppercase() || matches!(byte, b'/' | b'-'));
    if !text.starts_word(start) || !text.ends_word(end) {
        return;
    }
    let line = text.run_back(start, LINE_BYTES_MAX, |byte| byte != b'\n');
    let lead = text.cut(line, start);
    let is_decor =
        |byte: &u8| matches!(byte, b' ' | b'\t' | b'*' | b'#' | b'>' | b'-' | b'=' | b'_' | b'[' | b'(' | b'|' | b'"');
    let words = lead.split(is_decor).filter(|word| !word.is_empty());
    let is_banner =
        start - line < LINE_BYTES_MAX && words.clone().all(|word| LEADS.iter().any(|lead| word == lead.as_bytes()));
    // Words in small letters after it make a sentence of it.
    let sentence = text.at(end) == b' ' && text.at(end + 1).is_ascii_lowercase();
    if is_banner && !(sentence && scan.whole) {
        scan.hit(start, end, "marking.confidential", 0.85, "marking");
        if text.cut(start, end).starts_with(b"SECRET") || text.has(start, b"top secret") {
            scan.hit(start, end, "marking.restricted", 0.85, "marking");
        }
    }
}

/// Markings of several words, in the capitals that they are printed in; the last word is the finding, which a stream can hold.
pub(super) fn phrase(scan: &mut Scan<'_>, start: usize) {
    let text = scan.text;
    let found = PHRASES.iter().find(|(phrase, _)| text.cut(start, start + phrase.len()) == phrase.as_bytes());
    let Some((phrase, class)) = found else { return };
    let end = start + phrase.len();
    let last = phrase.rfind(' ').map_or(start, |space| start + space + 1);
    if !text.starts_word(start) || !text.ends_word(end) {
        return;
    }
    scan.hit(last, end, class, 0.9, "marking");
    if *class == "marking.restricted" {
        scan.hit(last, end, "marking.confidential", 0.9, "marking");
    }
}

/// Marks of single paragraphs: `(S//NF)`, `(TS//SI//NF)`, `(CUI//SP-PRVCY)` (EO 13526 marking booklet; CUI Marking Handbook).
pub(super) fn portion(scan: &mut Scan<'_>, start: usize) {
    let text = scan.text;
    let end = text.run(start + 1, 40, |byte| {
        byte.is_ascii_uppercase() || byte.is_ascii_digit() || matches!(byte, b'/' | b'-' | b',')
    });
    if text.at(end) != b')' || text.before(start).is_ascii_alphanumeric() {
        return;
    }
    scan.hit(start, end + 1, "marking.confidential", 0.9, "marking");
    if matches!(text.at(start + 1), b'S' | b'T') {
        scan.hit(start, end + 1, "marking.restricted", 0.9, "marking");
    }
}

/// Export control classification numbers (15 CFR 774): `ECCN 5A002`. `EAR99` binds nobody.
pub(super) fn eccn(scan: &mut Scan<'_>, start: usize) {
    let text = scan.text;
    let at = text.run(start + 4, 4, |byte| matches!(byte, b' ' | b':' | b'#' | b'='));
    if let [b'0'..=b'9', b'A'..=b'E', b'0'..=b'9', b'0'..=b'9', b'0'..=b'9'] = text.cut(at, at + 5)
        && text.starts_word(start)
        && text.ends_word(at + 5)
    {
        scan.hit(at, at + 5, "marking.export_control", 0.9, "marking");
    }
}

#[rustfmt::skip]
const PHRASES: &[(&str, &str)] = &[
    ("NATO SECRET", "marking.restricted"),
    ("NATO CONFIDENTIAL", "marking.confidential"),
    ("NATO RESTRICTED", "marking.confidential"),
    ("COSMIC TOP SECRET", "marking.restricted"),
    ("EU SECRET", "marking.restricted"),
    ("EU CONFIDENTIAL", "marking.confidential"),
    ("EU RESTRICTED", "marking.confidential"),
    ("SECRET UE", "marking.restricted"),
    ("RESTREINT UE", "marking.confidential"),
    ("UK SECRET", "marking.restricted"),
    ("FOR OFFICIAL USE ONLY", "marking.confidential"),
    ("DEN DIENSTGEBRAUCH", "marking.confidential"),
    ("CONTROLLED UNCLASSIFIED INFORMATION", "marking.confidential"),
    ("EXPORT CONTROLLED", "marking.export_control"),
    ("EXPORT-CONTROLLED", "marking.export_control"),
    ("ITAR CONTROLLED", "marking.export_control"),
    ("ITAR-CONTROLLED", "marking.export_control"),
    ("ITAR RESTRICTED", "marking.export_control"),
    ("SUBJECT TO ITAR", "marking.export_control"),
    ("EAR CONTROLLED", "marking.export_control"),
    ("SUBJECT TO THE EAR", "marking.export_control"),
    ("Arms Export Control Act", "marking.export_control"),
    ("ARMS EXPORT CONTROL ACT", "marking.export_control"),
    ("OFFICIAL-SENSITIVE", "marking.confidential"),
    ("OFFICIAL SENSITIVE", "marking.confidential"),
    ("VS-NfD", "marking.confidential"),
];
const LINE_BYTES_MAX: usize = 64;
/// Words that may stand before the marking in a banner.
const LEADS: &[&str] = &[
    "STRICTLY",
    "COMPANY",
    "HIGHLY",
    "PRIVATE",
    "AND",
    "&",
    "PRIVILEGED",
    "MOST",
    "TOP",
    "STRENG",
    "STRICTEMENT",
    "CLASSIFICATION:",
    "Classification:",
    "U",
    "//",
];

#[cfg(test)]
mod tests {
    use crate::detect::tests::check;

    #[test]
    fn markings_are_found() {
        check("TLP:RED", &["marking.confidential", "marking.restricted"]);
        check("TLP: AMBER+STRICT", &["marking.confidential"]);
        check("STRICTLY CONFIDENTIAL\nBoard minutes", &["marking.confidential"]);
        check("**CONFIDENTIAL**", &["marking.confidential"]);
        check("CUI//SP-PRVCY", &["marking.confidential"]);
        check("x\nSECRET//NOFORN\ny", &["marking.confidential", "marking.restricted"]);
    }

    #[test]
    fn markings_of_states_and_of_paragraphs() {
        check("NATO SECRET", &["marking.confidential", "marking.restricted"]);
        check("NATO RESTRICTED", &["marking.confidential"]);
        check("VS-NUR FÜR DEN DIENSTGEBRAUCH", &["marking.confidential"]);
        check("(S//NF) The plan", &["marking.confidential", "marking.restricted"]);
        check("(CUI//SP-PRVCY) The list", &["marking.confidential"]);
        check("CUI//SP-EXPT//NOFORN", &["marking.confidential"]);
        check("ITAR CONTROLLED", &["marking.export_control"]);
        check("export is restricted by the Arms Export Control Act", &["marking.export_control"]);
        check("ECCN: 5A002", &["marking.export_control"]);
        check("EXPORT CONTROLLED per 22 CFR 120", &["marking.export_control"]);
    }

    #[test]
    fn talk_about_markings_is_none() {
        check("What does NATO restricted mean? Is it export controlled? ECCN EAR99 (S) (C)", &[]);
        check("TLP:GREEN TLP:CLEAR", &[]);
        check("Is this confidential? Confidential business.", &[]);
        check("the word CONFIDENTIAL appears", &[]);
        check("CONFIDENTIAL means that it stays here", &[]);
    }
}
