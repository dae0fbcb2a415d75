//! A person in a health context: a name beside `patient` or `was diagnosed`, or an identifier beside clinical words.

use super::names::{GIVEN, NO_NAMES, PARTICLES};
use crate::scan::{Mark, Scan};
use crate::text::{Text, is_word};

/// A name after `patient`: `Patient: Maria Gonzalez`, `the patient, Mr. Weber`, `patient John Smith`.
pub(crate) fn named_after(scan: &mut Scan<'_>, start: usize) {
    let text = scan.text;
    if !text.starts_word(start) {
        return;
    }
    // Endings such as `in`, `e`, `a`; but `patients` are nobody in particular.
    let mut at = text.run(start, 14, |byte| byte.is_ascii_alphabetic() || byte >= 0x80);
    if text.before(at) == b's' {
        return;
    }
    let mut is_labelled = false;
    for _ in 0..LABEL_WORDS_MAX {
        let gap = text.run(at, 4, |byte| matches!(byte, b' ' | b':' | b',' | b'-' | b'(' | b'"' | b'=' | b'*'));
        is_labelled |= text.cut(at, gap).contains(&b':');
        at = gap;
        let end = text.run(at, 12, |byte| byte.is_ascii_alphabetic());
        let Some((_, labels)) = LABELS.iter().find(|(word, _)| text.cut(at, end).eq_ignore_ascii_case(word.as_bytes()))
        else {
            break;
        };
        is_labelled |= labels;
        at = end + usize::from(text.at(end) == b'.');
    }
    let name = name_at(text, at);
    if name.words > 0 && name.is_person(is_labelled) {
        scan.hit(at, name.end, "phi.patient", 0.8, "patient");
    }
}

/// A name before words such as `was diagnosed`. Needs what comes after it, so it has no place in a stream.
pub(crate) fn named_before(scan: &mut Scan<'_>, start: usize) {
    let text = scan.text;
    let is_passive = !text.has(start, b"prescribed")
        || text.cut(start.saturating_sub(5), start) == b"been "
        || text.cut(start.saturating_sub(4), start) == b"was ";
    if !scan.whole || !text.starts_word(start) || !is_passive {
        return;
    }
    let from = text.run_back(start, BEFORE_BYTES_MAX, |byte| !matches!(byte, b'\n' | b'?' | b'!' | b';'));
    let mut at = from;
    let mut last = None;
    while at < start {
        if !text.starts_word(at) || is_inside_character(text, at) {
            at += 1;
            continue;
        }
        let name = name_at(text, at);
        if name.words > 0 && name.end <= start && name.is_person(false) && !is_doctor(text, at) {
            last = Some((at, name.end));
        }
        at = name.end.max(at + 1);
    }
    if let Some((name_start, end)) = last
        && start - end <= BETWEEN_BYTES_MAX
        && !text.cut(end, start).windows(2).any(|pair| pair == b". ")
    {
        scan.hit(name_start, end, "phi.patient", 0.75, "patient");
    }
}

/// Names, addresses, phones, dates of birth and numbers of persons near clinical words.
pub(crate) fn identifiers(scan: &mut Scan<'_>) {
    let mut found = Vec::new();
    for hit in scan.hits.iter().filter(|hit| IDENTIFIERS.contains(&hit.class.as_str())) {
        // Who treats is no patient, and a drug that looks like a name is nobody.
        if hit.class.as_str() == "pii.person"
            && (is_doctor(scan.text, hit.start)
                || is_title_of_doctor(scan.text, hit.start)
                || scan.is_marked(Mark::Clinical, hit.end, hit.end - hit.start))
        {
            continue;
        }
        if scan.is_marked(Mark::Clinical, hit.start, CLINICAL_BYTES)
            || scan.is_marked_after(Mark::Clinical, hit.end, CLINICAL_BYTES)
        {
            found.push((hit.start, hit.end));
        }
    }
    for (start, end) in found {
        scan.hit(start, end, "phi.patient", 0.65, "patient");
    }
}

/// From where on a name at the end of the text may still go on, if one has begun close to it.
pub(crate) fn open_name(text: Text<'_>) -> usize {
    let end = text.len();
    let floor = end.saturating_sub(NAME_BYTES_MAX);
    let mut open = end;
    let mut at = end;
    // Word by word to the left, as long as each could be part of a name.
    while at > floor {
        let word_end =
            at - usize::from(text.before(at) == b' ') - usize::from(text.cut(at.saturating_sub(2), at) == b". ");
        let start = text.run_back(word_end, WORD_BYTES_MAX + 1, |byte| {
            byte.is_ascii_alphabetic() || byte >= 0x80 || matches!(byte, b'\'' | b'-' | b'.')
        });
        if start == word_end || start < floor || word_end - start > WORD_BYTES_MAX {
            break;
        }
        let word = text.cut(start, word_end);
        let may_become_particle =
            at == end && word_end == end && PARTICLES.iter().any(|particle| particle.as_bytes().starts_with(word));
        // A dash at the end of the text may join another part.
        let joined = word.len() - word.iter().rev().take_while(|byte| matches!(byte, b'-' | b'\'' | b'.')).count();
        if is_capitalised(word.get(..joined).unwrap_or(word)) {
            open = start;
        } else if !is_particle(word) && !may_become_particle {
            break;
        }
        at = start;
    }
    open
}

struct Name {
    end: usize,
    words: usize,
    is_given: bool,
    is_other: bool,
}

impl Name {
    fn is_person(&self, is_labelled: bool) -> bool {
        !self.is_other && (is_labelled || self.words >= 2 || self.is_given)
    }
}

/// The name that begins at `start`: up to four capitalised words, initials and particles.
fn name_at(text: Text<'_>, start: usize) -> Name {
    let mut name = Name { end: start, words: 0, is_given: false, is_other: false };
    let mut at = start;
    for index in 0..NAME_WORDS_MAX {
        let end = text.run(at, WORD_BYTES_MAX + 1, |byte| {
            byte.is_ascii_alphabetic() || byte >= 0xc3 || (0x80..0xc0).contains(&byte) || matches!(byte, b'\'' | b'-')
        });
        let word = text.cut(at, end);
        if word.len() > WORD_BYTES_MAX {
            break;
        }
        if is_capitalised(word)
            && (word.len() > 1 || text.at(end) == b'.')
            && !text.at(end).is_ascii_digit()
            && text.at(end) != b'_'
        {
            let lower = std::str::from_utf8(word).unwrap_or("").to_lowercase();
            name.is_given |= index == 0 && GIVEN.binary_search(&lower.as_str()).is_ok();
            if NO_NAMES.binary_search(&lower.as_str()).is_ok() {
                // After a full name such a word is the next sentence's; before, it says that this is no name.
                name.is_other |= name.words < 2;
                break;
            }
            let is_initial = word.len() == 1;
            name.words += usize::from(!is_initial);
            name.end = end;
            at = end + usize::from(is_initial) + 1;
            if text.at(at - 1) != b' ' {
                break;
            }
        } else if index > 0 && is_particle(word) && text.at(end) == b' ' {
            at = end + 1;
        } else {
            break;
        }
    }
    name
}

/// A capital, then small letters (`O'Brien`, `García`, `Anne-Marie`), or capitals throughout.
fn is_capitalised(word: &[u8]) -> bool {
    let first = word.first().copied().unwrap_or(0);
    let second = word.get(1).copied().unwrap_or(0);
    let is_upper =
        first.is_ascii_uppercase() || first == 0xc3 && (0x80..0x9f).contains(&second) || matches!(first, 0xc4 | 0xc5);
    is_upper && !word.ends_with(b"-") && word.iter().filter(|byte| byte.is_ascii_digit()).count() == 0
}

fn is_particle(word: &[u8]) -> bool {
    PARTICLES.iter().any(|particle| word == particle.as_bytes())
}

fn is_inside_character(text: Text<'_>, at: usize) -> bool {
    (0x80..0xc0).contains(&text.at(at))
        || text.before(at) >= 0x80
        || text.before(at) == b'\''
        || is_word(text.before(at))
}

/// Whether `Dr.` stands before the name: who diagnoses is not who was diagnosed.
/// Whether what was found as a name begins with a doctor's title.
fn is_title_of_doctor(text: Text<'_>, start: usize) -> bool {
    [&b"Dr."[..], b"Dr ", b"Prof.", b"Prof ", b"Nurse "].iter().any(|title| text.has(start, title))
}

fn is_doctor(text: Text<'_>, at: usize) -> bool {
    [&b"dr. "[..], b"dr ", b"doctor ", b"prof. "]
        .iter()
        .any(|title| text.has(at.saturating_sub(title.len()), title) && at >= title.len())
}

/// Classes that tell who somebody is.
const IDENTIFIERS: &[&str] = &[
    "pii.email",
    "pii.phone",
    "pii.ssn",
    "pii.national_id",
    "pii.health_insurance",
    "pii.date_of_birth",
    "pii.passport",
    "pii.person",
    "pii.name",
];

/// Words between `patient` and a name, and whether they announce one.
const LABELS: &[(&str, bool)] = &[
    ("name", true),
    ("named", true),
    ("called", true),
    ("mr", true),
    ("mrs", true),
    ("ms", true),
    ("miss", true),
    ("herr", true),
    ("frau", true),
    ("señor", true),
    ("is", false),
    ("full", false),
    ("s", false),
];
const LABEL_WORDS_MAX: usize = 4;
const NAME_WORDS_MAX: usize = 4;
/// A longer word is no part of a name.
const WORD_BYTES_MAX: usize = 24;
/// Four words of 24 bytes and the spaces between.
const NAME_BYTES_MAX: usize = 100;
/// How far back a name is looked for, and how far before the words it may end.
const BEFORE_BYTES_MAX: usize = 80;
const BETWEEN_BYTES_MAX: usize = 30;
/// How near a clinical word makes an identifier a patient's.
const CLINICAL_BYTES: usize = 120;

#[cfg(test)]
mod tests {
    use crate::detect::tests::check;

    #[test]
    fn names_beside_health_words_are_patients() {
        check("Patient: Maria Gonzalez, 54", &["phi.patient"]);
        check("The patient John Smith presented late", &["phi.patient"]);
        check("patient name: van der Berg", &[]);
        check("patient Mr. Weber", &["phi.patient"]);
        check("John Smith was diagnosed with diabetes", &["phi.patient"]);
        check("Anna was prescribed metformin", &["phi.patient"]);
        check("Émile Durand was admitted", &["phi.patient"]);
        check("paciente José García", &["phi.patient"]);
        check("PATIENT: MARIA GONZALEZ", &["phi.patient"]);
        check("diagnosed with HIV, reach bob@example.com", &["phi.patient", "pii.email"]);
    }

    #[test]
    fn health_words_alone_name_nobody() {
        check("Patient Safety Act and Patient Health Questionnaire", &[]);
        check("Patients Smith and others", &[]);
        check("How is diabetes diagnosed?", &[]);
        check("The Medical Center was diagnosed as failing", &[]);
        check("Be patient. Wait for the test.", &[]);
        check("Dr. Smith diagnosed the fault", &[]);
        check("The patient was diagnosed with flu", &[]);
    }
}
