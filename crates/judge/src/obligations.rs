//! Obligations: what must be done for a destination, read from the annotations of the policies that permit it.
//!
//! | annotation | value | loose → strict | several add up to |
//! |---|---|---|---|
//! | `@pseudonymise` | class prefixes, by comma | none → more | all of them |
//! | `@drop_tools` | none | keep → drop | drop |
//! | `@max_output_tokens` | a number from 1 | large → small | the smallest |
//! | `@screen` | `normal`, `strict` | normal → strict | strict |
//! | `@record` | `body`, `digest` | body → digest | digest; nobody says: digest |
//! | `@approval` | who may say yes | none → more | all of them |
//! | `@no_retention` | none | keep → keep nothing | keep nothing: a vendor that keeps anything is refused |
//! | `@spotlight` | `delimit`, `datamark`, `encode` | none → delimit → datamark → encode | the strictest |
//! | `@allow_unmodelled` | none | a grant, not a duty: one determining permit is enough | |
//!
//! Anything else is an error when the policy is loaded.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::decision::Code;

/// How strictly the answer is screened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Screen {
    /// As configured.
    #[default]
    Normal,
    /// Held until it is screened whole.
    Strict,
}

/// What the ledger keeps of the content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Record {
    /// The content, sealed.
    Body,
    /// A commitment to it and nothing more.
    Digest,
}

/// How text that somebody else wrote is marked before it is sent, so that a model can tell it from orders.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Spotlight {
    /// Not at all.
    #[default]
    Off,
    /// Put between delimiters that its author cannot know.
    Delimit,
    /// Every space in it becomes a mark.
    Datamark,
    /// Written in base64.
    Encode,
}

impl Spotlight {
    /// Its name in policies.
    pub fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Delimit => "delimit",
            Self::Datamark => "datamark",
            Self::Encode => "encode",
        }
    }
}

/// What must be done for one destination.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Obligations {
    /// Prefixes of the classes to replace by pseudonyms, for example `pii` or `phi.mrn`; sorted.
    pub pseudonymise: BTreeSet<String>,
    /// Whether tools are taken out of the call.
    pub drop_tools: bool,
    /// The most tokens to ask for.
    pub max_output_tokens: Option<u64>,
    /// How strictly the answer is screened.
    pub screen: Screen,
    /// What the ledger keeps, where a policy says so. Ask [`Obligations::record`].
    pub record_said: Option<Record>,
    /// Everyone who must say yes before the call is sent; sorted. A call with one of these is never sent without.
    pub approval: BTreeSet<String>,
    /// Whether fields that the door does not model go through.
    pub allow_unmodelled: bool,
    /// Whether the destination must keep nothing of the call.
    #[serde(default)]
    pub no_retention: bool,
    /// How text that somebody else wrote is marked.
    #[serde(default)]
    pub spotlight: Spotlight,
    /// Why this would be refused, were its caller not being observed. The record must say so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed: Option<Code>,
    /// The id of the approval that this call spends, once there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved: Option<String>,
}

impl Obligations {
    /// What the ledger keeps of the content: a digest unless every policy that speaks says `body`.
    pub fn record(&self) -> Record {
        self.record_said.unwrap_or(Record::Digest)
    }

    /// Both together: the stricter of each. The grant `allow_unmodelled` is enough from one.
    #[must_use]
    pub(crate) fn and(&self, other: &Self) -> Self {
        Self { allow_unmodelled: self.allow_unmodelled || other.allow_unmodelled, ..self.stricter(other) }
    }

    /// What holds when a first decision gave `self` and a second one `other`: nothing is granted that either withholds.
    #[must_use]
    pub(crate) fn narrowed(&self, other: &Self) -> Self {
        Self { allow_unmodelled: self.allow_unmodelled && other.allow_unmodelled, ..self.stricter(other) }
    }

    /// Whether what `other` asks to be done to a body is done where `self` was.
    pub fn covers(&self, other: &Self) -> bool {
        let pseudonyms =
            other.pseudonymise.iter().all(|wanted| self.pseudonymise.iter().any(|done| within(wanted, done)));
        let tokens = match (self.max_output_tokens, other.max_output_tokens) {
            (_, None) => true,
            (None, Some(_)) => false,
            (Some(done), Some(wanted)) => done <= wanted,
        };
        pseudonyms
            && tokens
            && (self.drop_tools || !other.drop_tools)
            && self.spotlight >= other.spotlight
            && other.approval.is_subset(&self.approval)
    }

    fn stricter(&self, other: &Self) -> Self {
        Self {
            pseudonymise: self.pseudonymise.union(&other.pseudonymise).cloned().collect(),
            drop_tools: self.drop_tools || other.drop_tools,
            max_output_tokens: [self.max_output_tokens, other.max_output_tokens].into_iter().flatten().min(),
            screen: self.screen.max(other.screen),
            record_said: self.record_said.max(other.record_said),
            approval: self.approval.union(&other.approval).cloned().collect(),
            allow_unmodelled: false,
            no_retention: self.no_retention || other.no_retention,
            spotlight: self.spotlight.max(other.spotlight),
            observed: self.observed.or(other.observed),
            approved: self.approved.clone().or_else(|| other.approved.clone()),
        }
    }

    /// Each as a word, as records and comparisons give them; sorted by the table above.
    pub fn words(&self) -> Vec<String> {
        let mut words: Vec<String> = self.pseudonymise.iter().map(|class| format!("pseudonymise:{class}")).collect();
        let mut add = |holds: bool, word: String| {
            if holds {
                words.push(word);
            }
        };
        add(self.drop_tools, "drop_tools".to_owned());
        add(
            self.max_output_tokens.is_some(),
            format!("max_output_tokens:{}", self.max_output_tokens.unwrap_or_default()),
        );
        add(self.screen == Screen::Strict, "screen:strict".to_owned());
        add(self.record() == Record::Body, "record:body".to_owned());
        self.approval.iter().for_each(|who| add(true, format!("approval:{who}")));
        add(self.no_retention, "no_retention".to_owned());
        add(self.spotlight != Spotlight::Off, format!("spotlight:{}", self.spotlight.name()));
        add(self.allow_unmodelled, "allow_unmodelled".to_owned());
        // A proof over this time must say that policy would have refused the call.
        add(self.observed.is_some(), format!("observed:{}", self.observed.map_or("", Code::as_str)));
        add(self.approved.is_some(), format!("approved:{}", self.approved.as_deref().unwrap_or_default()));
        words
    }

    /// Whether there is nothing to do.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Reads one annotation of a permit.
    ///
    /// # Errors
    /// What is wrong with its value, as a sentence about the annotation.
    pub(crate) fn read(&mut self, name: &str, value: &str, known_group: &dyn Fn(&str) -> bool) -> Result<(), String> {
        match name {
            "pseudonymise" => self.pseudonymise = classes(value, known_group)?,
            "drop_tools" => self.drop_tools = flag(name, value)?,
            "allow_unmodelled" => self.allow_unmodelled = flag(name, value)?,
            "max_output_tokens" => self.max_output_tokens = Some(tokens(value)?),
            "screen" => self.screen = word(name, value, &[("normal", Screen::Normal), ("strict", Screen::Strict)])?,
            "record" => {
                self.record_said = Some(word(name, value, &[("body", Record::Body), ("digest", Record::Digest)])?);
            }
            "approval" => self.approval = people(value)?,
            "no_retention" => self.no_retention = flag(name, value)?,
            "spotlight" => {
                let words =
                    [("delimit", Spotlight::Delimit), ("datamark", Spotlight::Datamark), ("encode", Spotlight::Encode)];
                self.spotlight = word(name, value, &words)?;
            }
            other => return Err(format!("`@{other}` is not an obligation")),
        }
        Ok(())
    }
}

/// The annotations that are obligations, and what they take.
pub(crate) const NAMES: [&str; 9] = [
    "pseudonymise",
    "drop_tools",
    "max_output_tokens",
    "screen",
    "record",
    "approval",
    "allow_unmodelled",
    "no_retention",
    "spotlight",
];

/// The annotations that the design knows and this version cannot carry out. Refused, because nobody would do them.
pub(crate) const NOT_BUILT_YET: [&str; 1] = ["canary"];

/// Whether class or prefix `class` lies within `prefix`: the same, or under it.
fn within(class: &str, prefix: &str) -> bool {
    class.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

fn flag(name: &str, value: &str) -> Result<bool, String> {
    if value.is_empty() { Ok(true) } else { Err(format!("`@{name}` takes no value, and `{value}` is given")) }
}

fn tokens(value: &str) -> Result<u64, String> {
    let wrong = || format!("`@max_output_tokens` takes a whole number from 1, and `{value}` is not one");
    if !value.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(wrong());
    }
    value.parse().ok().filter(|tokens| *tokens > 0).ok_or_else(wrong)
}

fn word<T: Copy>(name: &str, value: &str, words: &[(&str, T)]) -> Result<T, String> {
    words.iter().find(|(known, _)| *known == value).map(|(_, meaning)| *meaning).ok_or_else(|| {
        let known: Vec<String> = words.iter().map(|(known, _)| format!("`{known}`")).collect();
        format!("`@{name}` takes {}, and `{value}` is none of them", known.join(" or "))
    })
}

fn people(value: &str) -> Result<BTreeSet<String>, String> {
    let people: BTreeSet<String> = value.split(',').map(|who| who.trim().to_owned()).collect();
    if people.iter().any(String::is_empty) {
        return Err("`@approval` takes who may say yes, for example `@approval(\"privacy-office\")`".to_owned());
    }
    Ok(people)
}

fn classes(value: &str, known_group: &dyn Fn(&str) -> bool) -> Result<BTreeSet<String>, String> {
    let prefixes: BTreeSet<String> = value.split(',').map(|prefix| prefix.trim().to_owned()).collect();
    for prefix in &prefixes {
        let well_formed = prefix.split('.').all(|part| {
            !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        });
        if !well_formed {
            return Err(format!(
                "`@pseudonymise` takes class prefixes, for example `pii, phi.mrn`, and `{prefix}` is not one"
            ));
        }
        if !known_group(crate::facts::group(prefix)) {
            return Err(format!("`@pseudonymise` names `{prefix}`, and no class begins so"));
        }
    }
    Ok(prefixes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(annotations: &[(&str, &str)]) -> Result<Obligations, String> {
        let mut obligations = Obligations::default();
        for (name, value) in annotations {
            obligations.read(name, value, &|group| ["pii", "phi"].contains(&group))?;
        }
        Ok(obligations)
    }

    fn obligations(annotations: &[(&str, &str)]) -> Obligations {
        read(annotations).unwrap()
    }

    fn check_refused(name: &str, value: &str, reason: &str) {
        let error = read(&[(name, value)]).unwrap_err();
        assert!(error.contains(reason), "@{name}(\"{value}\"): {error}");
    }

    #[test]
    fn a_value_outside_the_table_is_refused() {
        check_refused("pseudonymise", "", "is not one");
        check_refused("pseudonymise", "pii,", "is not one");
        check_refused("pseudonymise", "PII", "is not one");
        check_refused("pseudonymise", "pi", "no class begins so");
        check_refused("drop_tools", "false", "takes no value");
        check_refused("allow_unmodelled", "no", "takes no value");
        check_refused("max_output_tokens", "0", "whole number");
        check_refused("max_output_tokens", "+5", "whole number");
        check_refused("max_output_tokens", "", "whole number");
        check_refused("max_output_tokens", "99999999999999999999999", "whole number");
        check_refused("screen", "Strict", "is none of them");
        check_refused("record", "none", "is none of them");
        check_refused("approval", " , a", "who may say yes");
        check_refused("reason", "x", "is not an obligation");
    }

    #[test]
    fn the_stricter_of_each_wins() {
        let loose = obligations(&[("max_output_tokens", "100"), ("record", "body"), ("pseudonymise", "pii")]);
        let strict = obligations(&[
            ("max_output_tokens", "7"),
            ("record", "digest"),
            ("pseudonymise", "phi.mrn"),
            ("screen", "strict"),
            ("drop_tools", ""),
            ("approval", "privacy-office"),
        ]);
        for both in [loose.and(&strict), strict.and(&loose)] {
            assert_eq!(both.max_output_tokens, Some(7));
            assert_eq!(both.record(), Record::Digest);
            assert_eq!(both.screen, Screen::Strict);
            assert!(both.drop_tools);
            assert_eq!(both.pseudonymise, BTreeSet::from(["pii".to_owned(), "phi.mrn".to_owned()]));
            assert_eq!(both.approval, BTreeSet::from(["privacy-office".to_owned()]));
        }
    }

    #[test]
    fn content_is_kept_only_where_every_policy_that_speaks_says_so() {
        let silent = Obligations::default();
        let body = obligations(&[("record", "body")]);
        let digest = obligations(&[("record", "digest")]);
        assert_eq!(silent.record(), Record::Digest);
        assert_eq!(silent.and(&body).record(), Record::Body);
        assert_eq!(body.and(&digest).record(), Record::Digest);
    }

    #[test]
    fn unmodelled_fields_need_one_permit_and_survive_no_narrowing_without_it() {
        let granted = obligations(&[("allow_unmodelled", "")]);
        assert!(granted.and(&Obligations::default()).allow_unmodelled);
        assert!(!granted.narrowed(&Obligations::default()).allow_unmodelled);
        assert!(!Obligations::default().narrowed(&granted).allow_unmodelled);
    }

    #[test]
    fn an_obligation_is_covered_only_by_as_much_or_more() {
        let done = obligations(&[("pseudonymise", "pii"), ("max_output_tokens", "10")]);
        for (annotations, expected) in [
            (&[("pseudonymise", "pii.email")][..], true),
            (&[("pseudonymise", "phi")], false),
            (&[("max_output_tokens", "10")], true),
            (&[("max_output_tokens", "9")], false),
            (&[("drop_tools", "")], false),
            (&[("approval", "a")], false),
            (&[("screen", "strict")], true),
        ] {
            assert_eq!(done.covers(&obligations(annotations)), expected, "{annotations:?}");
        }
        assert!(!obligations(&[("pseudonymise", "pii.email")]).covers(&done), "a part does not cover the whole");
    }
}
