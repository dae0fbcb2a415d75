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
    fn talk_about_markings_is_none() {
        check("TLP:GREEN TLP:CLEAR", &[]);
        check("Is this confidential? Confidential business.", &[]);
        check("the word CONFIDENTIAL appears", &[]);
        check("CONFIDENTIAL means that it stays here", &[]);
    }
}
