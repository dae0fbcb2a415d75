//! Exceptions: values that a detector finds and that somebody answers for as no finding.

use std::collections::BTreeMap;

use hmac::{Hmac, KeyInit, Mac};
use regex_automata::meta::Regex;
use sha2::Sha256;

use crate::settings::{Custom, Problem};
use crate::{Class, Settings};

/// A false positive that a person answers for. Who, why and until when is the business of the configuration: whoever
/// builds [`Settings`] leaves out what has expired.
#[derive(Clone, PartialEq, Eq)]
pub struct Exception {
    /// What records and messages call it.
    pub name: String,
    /// The class, or prefix of classes, that the value is not.
    pub class: String,
    /// Which values.
    pub values: Excepted,
}

/// Which values an exception is about.
#[derive(Clone, PartialEq, Eq)]
pub enum Excepted {
    /// One value, known only by its [`Excepted::digest`], so that a configuration in git does not hold it.
    Value {
        /// Random bytes, at least 16. All exceptions together use at most [`SALTS_MAX`] different ones.
        salt: Vec<u8>,
        /// The keyed digest of the value.
        digest: [u8; 32],
    },
    /// All values that this regular expression matches from their first to their last byte.
    Pattern(String),
}

/// Exceptions made ready.
#[derive(Default)]
pub(crate) struct Exceptions {
    patterns: Vec<(Regex, usize)>,
    digests: Vec<(Vec<u8>, ByDigest)>,
    about: Vec<(String, String)>,
}

/// Exceptions by the digest of the one value that each is about.
type ByDigest = BTreeMap<[u8; 32], Vec<usize>>;

impl Excepted {
    /// HMAC-SHA256 of `value`, without the spaces around it, under `salt`.
    #[must_use]
    pub fn digest(salt: &[u8], value: &str) -> [u8; 32] {
        // HMAC takes keys of any length.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(salt) else { return [0; 32] };
        mac.update(value.trim().as_bytes());
        mac.finalize().into_bytes().into()
    }
}

impl Exceptions {
    pub(crate) fn new(settings: &Settings) -> Result<Self, Vec<Problem>> {
        let (mut ready, mut problems) = (Self::default(), Vec::new());
        for (index, exception) in settings.exceptions.iter().enumerate() {
            let mut wrong = |reason: String, help: &str| {
                problems.push(Problem { subject: exception.name.clone(), reason, help: help.to_owned() });
            };
            ready.about.push((exception.name.clone(), exception.class.clone()));
            match &exception.values {
                Excepted::Pattern(pattern) => match whole(pattern) {
                    Ok(regex) => ready.patterns.push((regex, index)),
                    Err((reason, help)) => wrong(reason, help),
                },
                Excepted::Value { salt, .. } if salt.len() < SALT_BYTES_MIN => {
                    wrong(format!("the salt has {} bytes", salt.len()), "use at least 16 random bytes");
                }
                Excepted::Value { salt, digest } => ready.add(salt, *digest, index),
            }
        }
        if ready.digests.len() > SALTS_MAX {
            problems.push(Problem {
                subject: "exceptions".to_owned(),
                reason: format!("they use {} different salts, and {SALTS_MAX} is the limit", ready.digests.len()),
                help: "make new digests with one salt".to_owned(),
            });
        }
        if problems.is_empty() { Ok(ready) } else { Err(problems) }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.about.is_empty()
    }

    /// The exception that `value`, found as `class`, falls under.
    pub(crate) fn covering(&self, class: &Class, value: &str) -> Option<&str> {
        let fits = |index: &usize| {
            let (name, excepted) = self.about.get(*index)?;
            class.is_in(excepted).then_some(name.as_str())
        };
        let digest = |(salt, digests): &(Vec<u8>, ByDigest)| {
            digests.get(&Excepted::digest(salt, value)).cloned().unwrap_or_default()
        };
        let matched = self.patterns.iter().filter(|(regex, _)| regex.is_match(value)).map(|(_, index)| *index);
        matched.chain(self.digests.iter().flat_map(digest)).find_map(|index| fits(&index))
    }

    fn add(&mut self, salt: &[u8], digest: [u8; 32], index: usize) {
        let at = self.digests.iter().position(|(known, _)| known == salt).unwrap_or_else(|| {
            self.digests.push((salt.to_vec(), BTreeMap::new()));
            self.digests.len().saturating_sub(1)
        });
        if let Some((_, digests)) = self.digests.get_mut(at) {
            digests.entry(digest).or_default().push(index);
        }
    }
}

/// A pattern that must match the whole of a value.
fn whole(pattern: &str) -> Result<Regex, (String, &'static str)> {
    let parsed = regex_automata::util::syntax::parse(pattern).map_err(|error| {
        let said = error.to_string();
        (said.lines().last().unwrap_or("").to_owned(), "use the syntax of the Rust `regex` crate")
    })?;
    if parsed.properties().maximum_len().is_none_or(|max| max > Custom::MATCH_BYTES_MAX) {
        let reason = format!("the pattern can match more than {} bytes", Custom::MATCH_BYTES_MAX);
        return Err((reason, "bound repetitions, `{1,64}` instead of `+`"));
    }
    let config = Regex::config().nfa_size_limit(Some(AUTOMATON_BYTES_MAX));
    Regex::builder()
        .configure(config)
        .build(&format!(r"\A(?:{pattern})\z"))
        .map_err(|_| ("the pattern needs too large an automaton".to_owned(), "use smaller repetitions"))
}

impl std::fmt::Debug for Exception {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Exception({} of {})", self.name, self.class)
    }
}

/// How many different salts all exceptions may use: each costs one digest for each finding.
pub const SALTS_MAX: usize = 4;
const SALT_BYTES_MIN: usize = 16;
const AUTOMATON_BYTES_MAX: usize = 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Channel, Inspector, Piece, ScreenRules, Verdict};

    const SALT: &[u8] = b"sixteen or more bytes";

    fn value(text: &str) -> Excepted {
        Excepted::Value { salt: SALT.to_vec(), digest: Excepted::digest(SALT, text) }
    }

    fn inspector(class: &str, values: Excepted) -> Inspector {
        let exception = Exception { name: "known".to_owned(), class: class.to_owned(), values };
        Inspector::new(&Settings { exceptions: vec![exception], ..Settings::default() }).unwrap()
    }

    /// What is found in `text` besides the exception, and how often that was used.
    fn check(class: &str, values: Excepted, text: &str, expected: &[&str], used: u32) {
        let found = inspector(class, values).inspect(&[Piece::text(Channel::User, text)]);
        let classes: Vec<_> = found.findings.iter().map(|finding| finding.class.as_str()).collect();
        assert_eq!((classes.as_slice(), found.excepted.get("known").copied().unwrap_or(0)), (expected, used), "{text}");
    }

    #[test]
    fn a_value_is_excepted_for_its_class_and_no_other() {
        let desk = || value("desk@ward.example");
        check("pii.email", desk(), "write to desk@ward.example", &[], 1);
        check("pii", desk(), "write to desk@ward.example or ann@ward.example", &["pii.email"], 1);
        check("pci", desk(), "write to desk@ward.example", &["pii.email"], 0);
    }

    #[test]
    fn a_pattern_covers_whole_values_only() {
        let ward = || Excepted::Pattern(r"[a-z]{1,20}@ward\.example".to_owned());
        check("pii.email", ward(), "desk@ward.example", &[], 1);
        check("pii.email", ward(), "desk@ward.example.org", &["pii.email"], 0);
    }

    #[test]
    fn a_screen_lets_an_excepted_value_through_at_any_cut() {
        let text = "ask desk@ward.example or ann@ward.example now";
        let inspector = inspector("pii.email", value("desk@ward.example"));
        for cut in 0..text.len() {
            let rules = ScreenRules { mask: ["pii".to_owned()].into(), ..ScreenRules::default() };
            let (mut screen, mut released) = (inspector.screen(rules), String::new());
            let (first, second) = text.split_at(cut);
            assert_eq!(screen.push(first, &mut released), Verdict::Go);
            assert_eq!(screen.push(second, &mut released), Verdict::Go);
            assert_eq!(screen.finish(&mut released), Verdict::Go);
            assert!(released.contains("desk@ward.example") && !released.contains("ann@"), "{cut}: {released}");
        }
    }

    #[test]
    fn what_cannot_work_is_refused() {
        for values in [
            Excepted::Pattern("(".to_owned()),
            Excepted::Pattern("a+".to_owned()),
            Excepted::Value { salt: vec![1; 15], digest: [0; 32] },
        ] {
            let exception = Exception { name: "bad".to_owned(), class: "pii".to_owned(), values };
            let problems =
                Inspector::new(&Settings { exceptions: vec![exception], ..Settings::default() }).unwrap_err();
            assert_eq!(problems.first().map(|problem| problem.subject.as_str()), Some("bad"));
        }
    }
}
