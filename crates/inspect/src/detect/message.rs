//! Health records in transit: the person segments of HL7 v2 messages, and persons in FHIR resources.

use crate::scan::{Mark, Scan};
use crate::text::Text;

/// A `PID`, `NK1` or `IN1` segment (HL7 v2.5.1, chapters 3 and 6): identifiers, names, dates of birth, addresses, phones.
pub(super) fn segment(scan: &mut Scan<'_>, start: usize) {
    let text = scan.text;
    if !is_segment(text, start) {
        return;
    }
    let fields = fields_of(text.cut(start, start + 3));
    let mut at = start + 3;
    let mut index = 0;
    while at < start + SEGMENT_BYTES_MAX && text.at(at) == b'|' {
        let end = text.run(at + 1, SEGMENT_BYTES_MAX, |byte| !matches!(byte, b'|' | b'\n' | b'\r' | 0));
        index += 1;
        let is_ended = end < text.len() || scan.whole;
        if let Some((_, class)) = fields.iter().find(|(field, _)| *field == index).filter(|_| is_ended && end > at + 1)
        {
            scan.hit(at + 1, end, class, 0.95, "hl7");
        }
        at = end;
    }
}

/// From where on a field of a segment may still be under way at the end of the text.
pub(crate) fn open_segment(text: Text<'_>) -> usize {
    let end = text.len();
    let line = text.run_back(end, SEGMENT_BYTES_MAX, |byte| !matches!(byte, b'\n' | b'\r'));
    if !is_segment(text, line) {
        return end;
    }
    text.run_back(end, SEGMENT_BYTES_MAX, |byte| !matches!(byte, b'|' | b'\n' | b'\r'))
}

/// `"family": "Doe"` and `"given": ["John"]` in a FHIR resource of a person (HL7 FHIR R4, HumanName).
pub(super) fn name(scan: &mut Scan<'_>, start: usize) {
    let text = scan.text;
    let reach = if scan.whole { RESOURCE_BYTES } else { RESOURCE_STREAM_BYTES };
    if !scan.is_marked(Mark::Fhir, start, reach) {
        return;
    }
    let label = text.run(start + 1, 12, |byte| byte != b'"') + 1;
    let at = text.run(label, 8, |byte| matches!(byte, b' ' | b':' | b'[' | b'\n' | b'\t'));
    let end = text.run(at + 1, NAME_BYTES_MAX, |byte| !matches!(byte, b'"' | b'\n'));
    if text.at(at) == b'"' && text.at(end) == b'"' && end > at + 1 {
        scan.hit(at + 1, end, "phi.patient", 0.95, "fhir");
    }
}

/// From where on a name in a resource may still be under way at the end of the text.
pub(crate) fn open_resource_name(text: Text<'_>) -> usize {
    let end = text.len();
    let quote = text.run_back(end, NAME_BYTES_MAX + 1, |byte| !matches!(byte, b'"' | b'\n'));
    let before = text.run_back(quote.saturating_sub(1), 8, |byte| matches!(byte, b' ' | b':' | b'[' | b'\n' | b'\t'));
    let is_name =
        NAMES.iter().any(|name| before >= name.len() && text.cut(before - name.len(), before) == name.as_bytes());
    if text.before(quote) == b'"' && is_name { quote } else { end }
}

/// A segment begins a line and is full of fields.
fn is_segment(text: Text<'_>, start: usize) -> bool {
    let is_line = matches!(text.before(start), b'\n' | b'\r' | 0);
    is_line && matches!(text.cut(start, start + 4), b"PID|" | b"NK1|" | b"IN1|")
}

fn fields_of(segment: &[u8]) -> &'static [(usize, &'static str)] {
    match segment {
        b"PID" => &[
            (2, "phi.mrn"),
            (3, "phi.mrn"),
            (5, "phi.patient"),
            (6, "phi.patient"),
            (7, "pii.date_of_birth"),
            (9, "phi.patient"),
            (11, "phi.patient"),
            (13, "pii.phone"),
            (14, "pii.phone"),
            (18, "phi.mrn"),
            (19, "pii.ssn"),
        ],
        b"NK1" => &[(2, "phi.patient"), (4, "phi.patient"), (5, "pii.phone")],
        _ => &[(16, "phi.patient"), (18, "pii.date_of_birth"), (36, "pii.health_insurance")],
    }
}

/// So much of a segment is read: no further than context is kept in a stream.
const SEGMENT_BYTES_MAX: usize = 300;
const NAME_BYTES_MAX: usize = 64;
/// How far after its type a resource's names are looked for; in a stream as far as context is kept.
const RESOURCE_BYTES: usize = 2000;
const RESOURCE_STREAM_BYTES: usize = 300;
const NAMES: &[&str] = &["\"family\"", "\"given\""];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::tests::{check, spans};

    #[test]
    fn persons_in_messages() {
        spans(
            "MSH|^~\\&|A|B\nPID|1||00482913^^^HOSP^MR||DOE^JOHN^A||19800304|M\nPV1|1",
            &[("phi.mrn", "00482913^^^HOSP^MR"), ("phi.patient", "DOE^JOHN^A"), ("pii.date_of_birth", "19800304")],
        );
        check("the PID|1|2|3 of a process", &[]);
        check("PID 4711 was killed", &[]);
    }

    #[test]
    fn persons_in_resources() {
        spans(
            "{\"resourceType\": \"Patient\", \"name\": [{\"family\": \"Doe\", \"given\": [\"Mary Ann\"]}], \"birthDate\": \"1980-03-04\"}",
            &[("phi.patient", "Doe"), ("phi.patient", "Mary Ann"), ("pii.date_of_birth", "1980-03-04")],
        );
        check("{\"family\": \"Doe\"}", &[]);
    }

    #[test]
    fn a_field_at_the_end_is_held() {
        for (text, open) in
            [("PID|1||7^^A||DOE^JO", 13), ("x PID|1|A", 9), ("\"family\": \"Do", 11), ("\"other\": \"Do", 12)]
        {
            let bytes = Text::new(text);
            assert_eq!(open_segment(bytes).min(open_resource_name(bytes)), open, "{text}");
        }
    }
}
