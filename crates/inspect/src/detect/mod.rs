//! The detectors: which literals wake them and who answers.

mod address;
mod birth;
mod card;
mod clinical;
mod code;
pub(crate) mod context;
mod digits;
mod health;
mod iban;
mod labelled;
mod labels;
mod link;
mod marking;
mod message;
mod names;
mod national;
mod patient;
mod payment;
mod phone;
mod place;
mod published;
mod rarity;
mod secrets;
mod services;
mod shapes;
mod source;
mod template;
mod tokens;
mod vehicle;
mod wallet;

use std::ops::Range;

use crate::Class;
use crate::gate::Literal;
use crate::injection;
use crate::scan::{Mark, Scan};
use crate::tagger;

pub(crate) use birth::open_date;
pub(crate) use code::open_code;
use digits::Chain;
pub(crate) use digits::open_chain;
pub(crate) use iban::open_iban;
pub(crate) use link::{open_link, strange_hosts};
pub(crate) use message::{open_resource_name, open_segment};
pub(crate) use patient::open_name;
pub(crate) use payment::open_track;
pub(crate) use shapes::{armour_ends, open_armour};
pub(crate) use source::source_code;
pub(crate) use template::open_template;

/// What to do where a literal stands.
#[derive(Clone, Copy)]
pub(crate) enum Action {
    /// A secret of a service, by its row in the table of tokens.
    Token(&'static tokens::Token),
    /// A secret of a service that marks it in its middle.
    Infix(&'static tokens::Infix),
    /// The name of a service whose secrets have no prefix.
    Service(&'static services::Service),
    /// A word that names secrets.
    Keyword(&'static secrets::Keyword),
    /// A program that is given passwords.
    Program(&'static secrets::Program),
    /// A word that gives meaning to something nearby.
    Mark(Mark),
    /// A word of an injection, with its length.
    Cue(injection::Group, u8),
    /// A call of a function on the place of the literal.
    Call(fn(&mut Scan<'_>, usize)),
}

/// All literals of all detectors.
pub(crate) fn lexicon() -> Vec<(Literal, Action)> {
    let mut all = Vec::new();
    let exact = |text| Literal { text, exact: true };
    let folded = |text| Literal { text, exact: false };
    all.extend(tokens::tokens().map(|token| (exact(token.prefix), Action::Token(token))));
    all.extend(tokens::INFIXES.iter().map(|row| (exact(row.mark), Action::Infix(row))));
    all.extend(services::SERVICES.iter().map(|row| (folded(row.word), Action::Service(row))));
    all.extend(secrets::KEYWORDS.iter().map(|row| (folded(row.word), Action::Keyword(row))));
    all.extend(secrets::PROGRAMS.iter().map(|row| (folded(row.word), Action::Program(row))));
    all.extend(secrets::CALLS.iter().map(|word| (folded(word), Action::Call(secrets::call))));
    all.extend(source::LICENCES.iter().map(|(phrase, _)| (folded(phrase), Action::Call(source::licence))));
    all.extend(secrets::HASHES.iter().map(|word| (exact(word), Action::Call(secrets::hash))));
    for (words, mark) in MARKS {
        all.extend(words.iter().map(|word| (folded(word), Action::Mark(*mark))));
    }
    let clinical = clinical::DRUGS.iter().chain(clinical::CONDITIONS);
    all.extend(clinical.map(|word| (folded(word), Action::Mark(Mark::Clinical))));
    for (words, call) in CALLS.iter().chain(labels::LABELS) {
        all.extend(words.iter().map(|word| (folded(word), Action::Call(*call))));
    }
    for (words, call) in EXACT_CALLS.iter().chain(labels::EXACT_LABELS) {
        all.extend(words.iter().map(|word| (exact(word), Action::Call(*call))));
    }
    for (group, words) in injection::CUES {
        all.extend(
            words.iter().map(|word| (folded(word), Action::Cue(*group, u8::try_from(word.len()).unwrap_or(u8::MAX)))),
        );
    }
    all
}

pub(crate) fn act(scan: &mut Scan<'_>, start: usize, action: Action) {
    match action {
        Action::Token(token) => tokens::token(scan, start, token),
        Action::Infix(row) => tokens::infix(scan, start, row),
        Action::Service(row) => services::service(scan, start, row),
        Action::Keyword(row) => secrets::assignment(scan, start, row),
        Action::Program(row) => secrets::program(scan, start, row),
        Action::Call(call) => call(scan, start),
        // The scan keeps these itself.
        Action::Mark(_) | Action::Cue(..) => {}
    }
}

/// Everything that begins with digits: cards, phones, national numbers, IBANs, IPv4.
pub(crate) fn numbers(scan: &mut Scan<'_>) {
    let mut code_end = 0;
    digits::each_chain(scan.text, scan.text.len(), &mut |chain: &Chain| {
        iban::iban(scan, chain);
        address::ip_v4(scan, chain);
        if chain.start() >= code_end {
            code_end = code::code(scan, chain);
        }
        payment::track(scan, chain);
        place::coordinates(scan, chain);
        if !digits::is_inside_identifier(scan.text, chain) {
            national::number(scan, chain);
            card::card(scan, chain);
            phone::phone(scan, chain);
            phone::ssn(scan, chain);
        }
    });
}

/// Everything around an `@`, a `:` or a `°`.
pub(crate) fn signs(scan: &mut Scan<'_>) {
    for at in memchr::memchr_iter(b'@', scan.text.bytes()) {
        address::email(scan, at);
    }
    for at in memchr::memchr_iter(0xc2, scan.text.bytes()) {
        place::degrees(scan, at);
    }
    let (mut done, mut mac_done) = (0, 0);
    for at in memchr::memchr_iter(b':', scan.text.bytes()) {
        if at >= mac_done {
            mac_done = place::mac(scan, at);
        }
        if at >= done {
            done = address::ip_v6(scan, at);
        }
    }
}

/// What follows from other findings.
pub(crate) fn combine(scan: &mut Scan<'_>) {
    // What a service's own detector knows better is not a generic secret as well.
    let known: Vec<_> = scan
        .hits
        .iter()
        .filter(|hit| hit.class.family() == "secret" && hit.class.kind() != "generic")
        .map(|hit| hit.start..hit.end)
        .collect();
    drop_covered(scan, "secret.generic", &known);
    // Nor are the digits of an account, a card or an address also a phone.
    let numbers: Vec<_> = scan
        .hits
        .iter()
        .filter(|hit| matches!(hit.detector, "iban" | "card" | "ssn" | "ip" | "npi") || is_numbered(&hit.class))
        .map(|hit| hit.start..hit.end)
        .collect();
    drop_covered(scan, "pii.phone", &numbers);
    payment::expiry(scan);
    // What a rule knows to be an account, a mail address or a secret is not also somebody's name.
    let known: Vec<_> = scan
        .hits
        .iter()
        .filter(|hit| hit.detector != "tagger" && matches!(hit.class.family(), "pii" | "pci" | "secret"))
        .map(|hit| hit.start..hit.end)
        .collect();
    for class in tagger::CLASSES {
        drop_covered(scan, class, &known);
    }
    patient::identifiers(scan);
}

/// Whether a class is one of numbers, whose digits are no phone's.
fn is_numbered(class: &Class) -> bool {
    NUMBERED.contains(&class.as_str())
}

/// Drops findings of a class that any of these places touches. A sweep: texts may hold thousands of either.
fn drop_covered(scan: &mut Scan<'_>, class: &str, places: &[Range<usize>]) {
    if places.is_empty() {
        return;
    }
    let mut places = places.to_vec();
    places.sort_unstable_by_key(|place| place.start);
    // The furthest end of all places so far.
    let ends: Vec<usize> = places
        .iter()
        .scan(0, |furthest: &mut usize, place| {
            *furthest = place.end.max(*furthest);
            Some(*furthest)
        })
        .collect();
    let is_touched = |start: usize, end: usize| {
        let before = places.partition_point(|place| place.start < end);
        before.checked_sub(1).and_then(|last| ends.get(last)).is_some_and(|furthest| *furthest > start)
    };
    scan.hits.retain(|hit| hit.class.as_str() != class || !is_touched(hit.start, hit.end));
}

/// Classes of numbers that a phone's form may cover.
const NUMBERED: &[&str] = &[
    "pii.national_id",
    "pii.tax_id",
    "pii.health_insurance",
    "pii.passport",
    "pii.driving_licence",
    "pii.bank_account",
    "pii.vehicle",
    "pii.device_id",
    "pii.coordinates",
    "pii.date_of_birth",
    "pci.track",
];

#[rustfmt::skip]
const MARKS: &[(&[&str], Mark)] = &[
    (&["ssn", "social security", "tax id", "taxpayer"], Mark::Ssn),
    (
        &[
            "phone",
            "mobile",
            "telef",
            "teléf",
            "cell",
            "call me",
            "call us",
            "call him",
            "call her",
            "call at",
            "call ",
            "answering",
            "voicemail",
            "llámame",
            "llame al",
            "appelez",
            "chiamami",
            "ligue para",
            "anruf",
            "fax:",
            "tel:",
            "tel.",
            "tel ",
            "whatsapp",
            "contact",
            "reach me",
            "reach us",
            "reach him",
            "reach her",
            "dial",
            "hotline",
            "handy",
            "rufnummer",
            "sms ",
            "text me",
            "ring me",
            "my number",
            "电话",
            "電話",
            "手机",
            "телефон",
        ],
        Mark::Phone,
    ),
    (&["card", "visa", "amex", "credit", "debit", "tarjeta", "carte ", "kredit", "卡号", "カード", "карт"], Mark::Card),
    (&["\"patient\"", "\"relatedperson\"", "\"person\"", "\"practitioner\""], Mark::Fhir),
    (&["version", "release", "firmware", "build ", " ver.", "@@ -"], Mark::Version),
    (
        &[
            "diagnosed",
            "diagnosis",
            "prescribed",
            "prescription",
            "symptoms",
            "icd-10",
            "medical record",
            "chemotherapy",
            "tested positive",
            "mrn",
        ],
        Mark::Clinical,
    ),
    (
        // password, passwd, secret, token, api_key, ignore, instruction, previous, system prompt, disregard, reveal
        &[
            "cnffjbeq", "cnffjq", "frperg", "gbxra", "ncv_xrl", "ncv xrl", "vtaber", "vafgehpgvba", "cerivbhf", "flfgrz ceb", "qvfertneq", "erirny",
            "cebzcg",
        ],
        Mark::Turned,
    ),
    (
        &[
            "aws_secret",
            "aws secret",
            "secret_access_key",
            "secretaccesskey",
            "secret access key",
            "secret-access-key",
            "akia",
            "asia",
        ],
        Mark::Aws,
    ),
];

type Calls = &'static [(&'static [&'static str], fn(&mut Scan<'_>, usize))];

#[rustfmt::skip]
const CALLS: Calls = &[
    (&["://"], shapes::url_credential),
    (&["bearer ", "basic "], shapes::authorization),
    (
        &[
            "mrn",
            "medical record",
            "medical rec.",
            "patient id",
            "patient number",
            "patient no",
            "hospital number",
            "chart number",
            "chart no",
            "patient #",
        ],
        health::mrn,
    ),
    (&["npi", "national provider"], health::npi),
    (&["icd", "diagnos", "dx:", "dx "], health::icd10),
    (&["patient", "paciente", "paziente", "пациент"], patient::named_after),
    (
        &[
            "diagnosed",
            "prescribed",
            "was admitted",
            "is admitted",
            "tested positive",
            "suffers from",
            "suffering from",
            "is being treated",
            "was treated for",
            "underwent",
            "was hospitalized",
            "was hospitalised",
            "complains of",
            "presents with",
            "presented with",
        ],
        patient::named_before,
    ),
    (&[" -p "], secrets::option),
    (&[":5432:"], shapes::pgpass),
    (&["sig="], shapes::signature),
    (&["aad3b435b51404eeaad3b435b51404ee"], shapes::windows_hash),
    (&["tlp:"], marking::tlp),
    (&["eccn"], marking::eccn),
    (
        link::SIGNS,
        link::link,
    ),
    (template::BEGINNINGS, template::template),
];

#[rustfmt::skip]
const EXACT_CALLS: Calls = &[
    (&["-----BEGIN"], shapes::armour),
    (&["eyJh", "eyJ0", "eyJr", "eyJl", "eyJj", "eyJ4", "eyJ1", "eyJi", "eyJw", "eyAi", "ewog", "ew0K"], shapes::jwt),
    (
        &["CONFIDENTIAL", "CUI", "FOUO", "TOP SECRET", "SECRET//", "NOFORN", "VERTRAULICH", "CONFIDENTIEL"],
        marking::banner,
    ),
    (
        &[
            "NATO SECRET", "NATO CONFIDENTIAL", "NATO RESTRICTED", "COSMIC TOP SECRET", "EU SECRET", "EU CONFIDENTIAL", "EU RESTRICTED", "SECRET UE", "RESTREINT UE", "UK SECRET", "FOR OFFICIAL USE ONLY",
            "DEN DIENSTGEBRAUCH", "CONTROLLED UNCLASSIFIED INFORMATION", "EXPORT CONTROLLED", "EXPORT-CONTROLLED", "ITAR CONTROLLED", "ITAR-CONTROLLED", "ITAR RESTRICTED", "SUBJECT TO ITAR", "EAR CONTROLLED", "SUBJECT TO THE EAR",
            "Arms Export Control Act", "ARMS EXPORT CONTROL ACT", "OFFICIAL-SENSITIVE", "OFFICIAL SENSITIVE", "VS-NfD",
        ],
        marking::phrase,
    ),
    (&["(S//", "(TS//", "(C//", "(U//FOUO)", "(CUI)", "(CUI//", "(FOUO)"], marking::portion),
];

#[cfg(test)]
pub(crate) mod tests {
    use std::collections::BTreeSet;
    use std::sync::OnceLock;

    use crate::{Channel, Finding, Found, Inspector, Piece, Settings};

    pub(crate) fn found(channel: Channel, text: &str) -> Found {
        static INSPECTOR: OnceLock<Inspector> = OnceLock::new();
        let inspector = INSPECTOR.get_or_init(|| Inspector::new(&Settings::default()).unwrap());
        inspector.inspect(&[Piece::text(channel, text)])
    }

    /// What rules found: names that the tagger sees beside are its own tests' business.
    fn rules_of(found: &Found) -> impl Iterator<Item = &Finding> {
        found.findings.iter().filter(|finding| finding.detector != "tagger")
    }

    /// The classes found in a user's text, sorted.
    #[track_caller]
    pub(crate) fn check(text: &str, expected: &[&str]) {
        check_in(Channel::User, text, expected);
    }

    #[track_caller]
    pub(crate) fn check_in(channel: Channel, text: &str, expected: &[&str]) {
        let found = found(channel, text);
        let classes = rules_of(&found).map(|finding| finding.class.as_str()).collect::<BTreeSet<_>>();
        let classes: Vec<_> = classes.into_iter().collect();
        assert_eq!(classes, expected, "{text}");
    }

    /// The classes found with the text of each.
    #[track_caller]
    pub(crate) fn spans(text: &str, expected: &[(&str, &str)]) {
        let found = found(Channel::User, text);
        let spans: Vec<_> = rules_of(&found)
            .map(|finding| (finding.class.as_str(), text.get(finding.start..finding.end).unwrap()))
            .collect();
        assert_eq!(spans, expected, "{text}");
    }

    /// The score, and whether it was a finding.
    pub(crate) fn injection(channel: Channel, text: &str) -> (f32, bool) {
        let found = found(channel, text);
        (found.injection, found.findings.iter().any(|finding| finding.class.as_str() == "attack.injection"))
    }

    /// Letters and digits as random tokens have them, always the same.
    pub(crate) fn noise(length: usize) -> String {
        let alphabet = b"k3Jd9sLq02mXnB4vC7zQ1wE5rT8yU6iO";
        (0..length).map(|i| char::from(alphabet[(i * 11 + i / 32 * 5) % 32])).collect()
    }
}
