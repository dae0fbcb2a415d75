//! Refusals in words: what was found, which policy said no and where it stands, never content.

use std::collections::BTreeSet;

use cedar_policy::PolicyId;
use inspect::Level;

use crate::call::{Action, CallFacts};
use crate::caller::Caller;
use crate::decision::{Code, Refused};
use crate::destination::DestinationFacts;
use crate::policies::Policies;

/// What refusals speak about: one call, before one set of policies.
#[derive(Clone, Copy)]
pub(crate) struct Words<'a> {
    pub(crate) policies: &'a Policies,
    pub(crate) caller: &'a Caller,
    pub(crate) call: &'a CallFacts<'a>,
    pub(crate) level: Level,
}

/// The destination a refusal is about: its index and facts.
#[derive(Clone, Copy)]
pub(crate) struct At<'a> {
    pub(crate) index: usize,
    pub(crate) destination: &'a DestinationFacts,
}

impl Words<'_> {
    /// Policies forbid it.
    pub(crate) fn forbidden(&self, at: At<'_>, action: Action, ids: &BTreeSet<PolicyId>) -> Refused {
        let details: Vec<_> = ids.iter().filter_map(|id| Some((id, self.policies.details.get(id)?))).collect();
        let mut reason = match details.first() {
            Some((id, details)) => {
                let place = format!("policy `{id}` ({}:{})", details.file, details.line);
                match &details.reason {
                    Some(reason) => format!("{reason}; {place} forbids `{}`", at.destination.name),
                    None => format!("{place} forbids {} at `{}`", action.phrase(), at.destination.name),
                }
            }
            None => format!("a policy forbids {} at `{}`", action.phrase(), at.destination.name),
        };
        if details.len() > 1 {
            reason.push_str(&format!(", and {} more do", details.len() - 1));
        }
        reason.push_str(&format!(" ({})", self.found()));
        let would_help = details.iter().filter_map(|(_, details)| details.help.clone()).collect();
        refused(at, Code::ForbiddenByPolicy, reason, sorted(ids), would_help)
    }

    /// No policy permits it.
    pub(crate) fn unpermitted(&self, at: At<'_>, action: Action) -> Refused {
        let reason = format!(
            "no policy permits {} at `{}` for a call of level `{}` ({})",
            action.phrase(),
            at.destination.name,
            self.level,
            self.found()
        );
        refused(at, Code::NotPermitted, reason, Vec::new(), Vec::new())
    }

    /// A policy failed. Cedar skips it; we refuse.
    pub(crate) fn failed_policy(&self, at: At<'_>, id: &PolicyId, error: &str) -> Refused {
        let place = self
            .policies
            .details
            .get(id)
            .map_or_else(String::new, |details| format!(" ({}:{})", details.file, details.line));
        let reason = format!(
            "policy `{id}`{place} could not be evaluated, and then nothing goes to `{}`: {error}",
            at.destination.name
        );
        let help = "have whoever writes the policies mend it".to_owned();
        refused(at, Code::PolicyError, reason, vec![id.to_string()], vec![help])
    }

    /// Fields that the door does not model.
    pub(crate) fn unmodelled(&self, at: At<'_>) -> Refused {
        let fields = listed(self.call.unmodelled.iter().map(String::as_str));
        let reason = format!(
            "{fields} is not something this door knows, and no policy lets it through to `{}`",
            at.destination.name
        );
        refused(at, Code::UnmodelledField, reason, Vec::new(), Vec::new())
    }

    /// Nothing may be kept, and the vendor keeps something.
    pub(crate) fn keeps(&self, at: At<'_>, ids: &BTreeSet<PolicyId>) -> Refused {
        let asking: BTreeSet<PolicyId> = ids
            .iter()
            .filter(|id| self.policies.details.get(*id).is_some_and(|details| details.obligations.no_retention))
            .cloned()
            .collect();
        let reason = format!(
            "policy asks that nothing of this call be kept, and the assessment of `{}` says otherwise ({})",
            at.destination.name,
            self.found()
        );
        let help = "agree with the vendor that nothing is kept, and write `retention_days = 0` in its file".to_owned();
        refused(at, Code::RetentionNotExcluded, reason, sorted(&asking), vec![help])
    }

    /// What was found, as words: classes and how often, or why there is a level without any.
    fn found(&self) -> String {
        if !self.call.classes.is_empty() {
            let classes = self.call.classes.iter().take(LISTED_MAX).map(|(class, count)| match count {
                0 | 1 => format!("`{class}`"),
                many => format!("`{class}` {many} times"),
            });
            let more = self.call.classes.len().saturating_sub(LISTED_MAX);
            let tail = if more > 0 { format!(" and {more} more classes") } else { String::new() };
            return format!("found: {}{tail}", classes.collect::<Vec<_>>().join(", "));
        }
        if self.level == self.caller.floor && self.level > Level::Public {
            return format!("nothing was found; `{}` is the floor of caller `{}`", self.level, self.caller.name);
        }
        "nothing was found".to_owned()
    }
}

/// Something besides a policy failed.
pub(crate) fn failed_facts(at: At<'_>, error: &str) -> Refused {
    let reason = format!(
        "the call could not be put before the policies, and then nothing goes to `{}`: {error}",
        at.destination.name
    );
    refused(at, Code::PolicyError, reason, Vec::new(), Vec::new())
}

/// The provider would fetch from a place that is no permitted destination's.
pub(crate) fn fetches(at: At<'_>, hosts: &[&str]) -> Refused {
    let reason = format!(
        "`{}` would fetch from {}, which is not a permitted destination",
        at.destination.name,
        listed(hosts.iter().copied())
    );
    let help = "send the content itself instead of its address".to_owned();
    refused(at, Code::ProviderFetch, reason, Vec::new(), vec![help])
}

/// A refusal that no policy made.
pub(crate) fn nothing_to_decide(at: At<'_>) -> Refused {
    refused(at, Code::NotDecided, "the call does nothing that a policy could permit".to_owned(), Vec::new(), Vec::new())
}

/// Names in backticks, separated by commas, at most [`LISTED_MAX`].
pub(crate) fn listed<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> String {
    let more = names.len().saturating_sub(LISTED_MAX);
    let shown: Vec<String> = names.take(LISTED_MAX).map(|name| format!("`{}`", printable(name))).collect();
    let tail = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{tail}", shown.join(", "))
}

/// Ids as strings, sorted.
pub(crate) fn sorted(ids: &BTreeSet<PolicyId>) -> Vec<String> {
    let mut ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    ids.sort_unstable();
    ids
}

/// A name that a caller chose, made safe to show: short, and without control characters.
fn printable(name: &str) -> String {
    let mut shown: String = name.chars().filter(|c| !c.is_control() && *c != '`').take(NAME_CHARS_MAX).collect();
    if shown.len() < name.len() {
        shown.push('…');
    }
    shown
}

fn refused(at: At<'_>, code: Code, reason: String, policies: Vec<String>, would_help: Vec<String>) -> Refused {
    Refused { destination: at.index, code, reason, policies, would_help }
}

/// The most names in one list of a sentence.
const LISTED_MAX: usize = 8;
/// The most characters of a name that a caller chose.
const NAME_CHARS_MAX: usize = 80;
