//! What an operator may set: levels of classes, own detectors, thresholds and limits.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::{Channel, Class, Exception, Level, exact, fingerprint};

/// Everything that changes what inspection finds or how high it weighs it. [`Settings::default`] is a working set.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Class, or prefix of classes, to level: `pii.email`, `pii`, `*`. The longest that covers a class decides.
    /// A class that nothing covers is `restricted`: what nobody has judged is guarded.
    pub levels: BTreeMap<String, Level>,
    /// Levels that follow from how much was found together. They only lift. None until somebody sets one.
    pub combinations: Vec<Combination>,
    /// The organisation's own detectors.
    pub custom: Vec<Custom>,
    /// Values of the organisation's own records. They need the whole text: a stream finds none.
    pub records: Vec<Records>,
    /// The organisation's confidential documents. They need the whole text: a stream finds none.
    pub documents: Vec<Documents>,
    /// False positives that somebody answers for.
    pub exceptions: Vec<Exception>,
    /// From which score on an injection is a finding, by channel.
    pub thresholds: Thresholds,
    /// Hosts that answers may link to, and whatever lies below them (`example.com` allows `docs.example.com`). Any other
    /// link in an answer is `attack.link_host`. Empty: links to every host may stand.
    pub answer_hosts: Vec<String>,
    /// How much is read, decoded and reported.
    pub limits: Limits,
}

/// A level from classes found together, or from how often: a name is little, a list of names is a register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Combination {
    /// Classes or prefixes (`pii.person`, `pii.*`). Each must be found.
    pub all: Vec<String>,
    /// How often each must be found at least; 0 means once.
    pub count: u32,
    /// The level that the whole then has at least.
    pub level: Level,
}

/// A detector that the organisation defines.
#[derive(Clone, PartialEq, Eq)]
pub struct Custom {
    /// What messages call it.
    pub name: String,
    /// The class it reports, `family.kind` in lower case.
    pub class: String,
    /// What it looks for.
    pub matches: Matches,
    /// The level of the class; overrides [`Settings::levels`].
    pub level: Option<Level>,
    /// Texts in which it must find something. One in which it does not refuses the settings.
    pub examples: Vec<String>,
    /// Texts in which it must find nothing.
    pub counterexamples: Vec<String>,
}

/// What an own detector looks for.
#[derive(Clone, PartialEq, Eq)]
pub enum Matches {
    /// A regular expression (RE2-like syntax, linear time) that can match at most [`Custom::MATCH_BYTES_MAX`] bytes:
    /// write `[0-9]{1,12}` and not `[0-9]+`. So a stream can be held for exactly as long as a match may still come.
    Pattern(String),
    /// Words and phrases of 3 to [`Custom::MATCH_BYTES_MAX`] bytes, found whole and whatever their case.
    Dictionary(Vec<String>),
}

/// Values of the organisation's records, by an index of salted hashes.
#[derive(Debug, Clone, PartialEq)]
pub struct Records {
    /// What messages call it.
    pub name: String,
    /// The class it reports, `org.customer`.
    pub class: String,
    /// The level of the class; overrides [`Settings::levels`].
    pub level: Option<Level>,
    /// The values.
    pub index: Arc<exact::Index>,
}

/// Confidential documents of the organisation, by an index of fingerprints.
#[derive(Debug, Clone, PartialEq)]
pub struct Documents {
    /// What messages call it.
    pub name: String,
    /// The class it reports, `marking.fingerprint`.
    pub class: String,
    /// The level of the class; overrides [`Settings::levels`].
    pub level: Option<Level>,
    /// The documents.
    pub index: Arc<fingerprint::Index>,
}

/// From which score (0 to 1) on a piece counts as `attack.injection`. Above 1 means never.
#[derive(Debug, Clone, PartialEq)]
pub struct Thresholds {
    /// Instructions of the application legitimately give orders.
    pub system: f32,
    /// What the user wrote.
    pub user: f32,
    /// What a model said, earlier or now.
    pub assistant: f32,
    /// Tool results, documents, attachments: text that has no business giving orders.
    pub retrieved: f32,
    /// Names, schemas and other parameters.
    pub parameter: f32,
}

/// How much is read, decoded and reported. Beyond a limit content is `opaque.text`, never ignored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// The longest text that is read, in bytes. What is longer is also reported as `opaque.text`.
    pub piece_bytes_max: usize,
    /// How many layers of encoding are undone.
    pub decode_depth_max: u8,
    /// How many bytes decoding may produce for one piece.
    pub decode_bytes_max: usize,
    /// How many findings are reported for one call; the level still counts the ones left out.
    pub findings_max: usize,
}

/// One thing wrong with the settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What it is about: the name of the detector, or the key.
    pub subject: String,
    /// What is wrong.
    pub reason: String,
    /// What would make it right.
    pub help: String,
}

impl Settings {
    /// The level of a class: the longest key that covers it decides, `restricted` when none does.
    #[must_use]
    pub fn level_of(&self, class: &Class) -> Level {
        let custom = self.custom.iter().map(|custom| (&custom.class, custom.level));
        let records = self.records.iter().map(|records| (&records.class, records.level));
        let documents = self.documents.iter().map(|documents| (&documents.class, documents.level));
        let all = custom.chain(records).chain(documents);
        let own = all.filter(|(of, _)| of.as_str() == class.as_str()).filter_map(|(_, level)| level).max();
        own.unwrap_or_else(|| {
            let covering = self.levels.iter().filter(|(key, _)| class.is_in(key));
            covering.max_by_key(|(key, _)| key.len()).map_or(Level::Restricted, |(_, level)| *level)
        })
    }
}

impl Settings {
    /// The level that follows from how many findings of each class there are; `Public` when no combination is complete.
    #[must_use]
    pub fn level_of_all(&self, counts: &BTreeMap<Class, u32>) -> Level {
        let complete = self.combinations.iter().filter(|combination| combination.is_complete(counts));
        complete.map(|combination| combination.level).max().unwrap_or_default()
    }
}

impl Combination {
    fn is_complete(&self, counts: &BTreeMap<Class, u32>) -> bool {
        let found = |selector: &String| {
            let covered = counts.iter().filter(|(class, _)| class.is_in(selector));
            covered.fold(0u32, |sum, (_, count)| sum.saturating_add(*count))
        };
        !self.all.is_empty() && self.all.iter().all(|selector| found(selector) >= self.count.max(1))
    }
}

impl Custom {
    /// The longest match of an own detector, in bytes.
    pub const MATCH_BYTES_MAX: usize = 256;
}

impl Thresholds {
    /// The threshold of a channel.
    #[must_use]
    pub const fn of(&self, channel: Channel) -> f32 {
        match channel {
            Channel::System => self.system,
            Channel::User => self.user,
            Channel::Assistant | Channel::Answer => self.assistant,
            Channel::Tool | Channel::Document | Channel::Attachment => self.retrieved,
            Channel::Parameter => self.parameter,
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        let levels = LEVELS.iter().map(|(class, level)| ((*class).to_owned(), *level)).collect();
        Self {
            levels,
            combinations: Vec::new(),
            custom: Vec::new(),
            records: Vec::new(),
            documents: Vec::new(),
            exceptions: Vec::new(),
            thresholds: Thresholds::default(),
            answer_hosts: Vec::new(),
            limits: Limits::default(),
        }
    }
}

impl Default for Thresholds {
    fn default() -> Self {
        Self { system: 1.1, user: 0.7, assistant: 0.9, retrieved: 0.5, parameter: 0.6 }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            piece_bytes_max: 4 * 1024 * 1024,
            decode_depth_max: 3,
            decode_bytes_max: 1024 * 1024,
            findings_max: 1000,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {}", self.subject, self.reason, self.help)
    }
}

/// Shows sizes only: an organisation's words are content too.
impl fmt::Debug for Matches {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pattern(pattern) => write!(f, "Pattern({} bytes)", pattern.len()),
            Self::Dictionary(words) => write!(f, "Dictionary({} entries)", words.len()),
        }
    }
}

impl fmt::Debug for Custom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Custom({}, {}, {:?})", self.name, self.class, self.matches)
    }
}

/// Levels until settings say otherwise. `attack` is not sensitive in itself: policy judges it by class and score.
const LEVELS: &[(&str, Level)] = &[
    ("attack", Level::Public),
    ("code", Level::Internal),
    ("marking", Level::Confidential),
    ("marking.restricted", Level::Restricted),
    ("opaque", Level::Restricted),
    ("pci", Level::Restricted),
    ("phi", Level::Restricted),
    ("pii", Level::Confidential),
    ("pii.age", Level::Internal),
    ("pii.health_insurance", Level::Restricted),
    // A name alone lifts nothing: nearly every text has one. What stands beside it does, by its own class or a combination.
    ("pii.organisation", Level::Public),
    ("pii.person", Level::Public),
    ("pii.place", Level::Public),
    ("secret", Level::Restricted),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn check(class: &str, level: Level) {
        let custom = Custom {
            name: "projects".to_owned(),
            class: "org.project".to_owned(),
            matches: Matches::Dictionary(vec!["bluebird".to_owned()]),
            level: Some(Level::Internal),
            examples: Vec::new(),
            counterexamples: Vec::new(),
        };
        let mut settings = Settings { custom: vec![custom], ..Settings::default() };
        settings.levels.insert("pii.ip".to_owned(), Level::Internal);
        assert_eq!(settings.level_of(&Class::new(class)), level, "{class}");
    }

    fn check_all(found: &[(&'static str, u32)], level: Level) {
        let both = Combination {
            all: vec!["pii.person".to_owned(), "pii.phone".to_owned()],
            count: 0,
            level: Level::Restricted,
        };
        let many = Combination { all: vec!["pii.person".to_owned()], count: 20, level: Level::Confidential };
        let settings = Settings { combinations: vec![both, many], ..Settings::default() };
        let counts = found.iter().map(|(class, count)| (Class::new(class), *count)).collect();
        assert_eq!(settings.level_of_all(&counts), level, "{found:?}");
    }

    #[test]
    fn what_stands_together_or_often_lifts() {
        check_all(&[], Level::Public);
        check_all(&[("pii.person", 19)], Level::Public);
        check_all(&[("pii.person", 20)], Level::Confidential);
        check_all(&[("pii.person", 1), ("pii.phone", 1)], Level::Restricted);
        check_all(&[("pii.phone", 5)], Level::Public);
    }

    #[test]
    fn the_longest_key_decides_and_the_unknown_is_restricted() {
        check("pii.email", Level::Confidential);
        check("pii.ip", Level::Internal);
        check("marking.confidential", Level::Confidential);
        check("marking.restricted", Level::Restricted);
        check("attack.injection", Level::Public);
        check("opaque.image", Level::Restricted);
        check("org.project", Level::Internal);
        check("org.other", Level::Restricted);
    }
}
