//! `portcullis policy replay`: every recorded decision made again from its record alone, and which of them would flip.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use judge::{Policies, RecordedInput, Verdict, verdict};
use ledger::Entry;
use serde::Serialize;

use super::sources;
use crate::cli::Place;
use crate::commands::say;
use crate::config::days_since_1970;
use crate::control::now_ms;
use crate::{Exit, dirs};

/// What was asked for.
pub(super) struct Wanted {
    pub(super) since: Option<String>,
    pub(super) policies: Option<PathBuf>,
    pub(super) ledger: Option<PathBuf>,
    pub(super) limit: usize,
}

/// What became of all recorded decisions.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Replayed {
    /// Decisions made again.
    decisions: u64,
    /// Those that come out as they were recorded.
    same: u64,
    /// Those that do not: permitted instead of refused somewhere, or the other way, or with other obligations.
    flipped: u64,
    /// Those that are refused as before, for another reason.
    other_reason: u64,
    /// Destinations permitted that were refused.
    looser: u64,
    /// Destinations refused that were permitted.
    stricter: u64,
    /// Records whose policy input cannot be read, by id. They say nothing, and so the answer is no.
    unreadable: Vec<String>,
    /// The first of the flipped ones.
    flips: Vec<Flip>,
}

/// One destination of one recorded decision that comes out otherwise.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Flip {
    record: String,
    time_ms: u64,
    caller: String,
    alias: String,
    level: String,
    destination: String,
    before: Verdict,
    after: Verdict,
    /// The policies that decide now.
    policies: Vec<String>,
}

/// A decision as a record keeps it.
struct Recorded {
    id: String,
    time_ms: u64,
    caller: String,
    alias: String,
    level: String,
    input: ledger::Json,
    /// What was said of each destination that the record speaks of. For an intent that is every permitted one.
    said: BTreeMap<String, Verdict>,
    /// Whether a destination that the record does not name was refused, and for what it does not say.
    rest_refused: bool,
}

/// Runs `portcullis policy replay`. The answer is no when a decision flips or cannot be made again.
///
/// # Errors
/// The ledger or the policies cannot be read.
pub(super) fn run(place: &Place, wanted: &Wanted) -> Result<Exit> {
    let config = sources::config(place)?;
    let policies = match &wanted.policies {
        Some(dir) => sources::compile(&sources::read(dir)?, &config, &format!("`{}`", dir.display()))?,
        None => config.policies,
    };
    let from_ms = wanted.since.as_deref().map(|text| since(text, now_ms())).transpose()?;
    let dir = match &wanted.ledger {
        Some(dir) => dir.clone(),
        None => dirs::state(place)?,
    };
    let records = store::read_dir(&dir, store::Filter { from_ms, ..store::Filter::default() })
        .with_context(|| format!("cannot read the ledger in `{}`", dir.display()))?;
    let mut replayed = Replayed::default();
    for record in records {
        if let Some(recorded) =
            Recorded::of(record.context("the ledger cannot be read; see `portcullis ledger verify`")?)
        {
            replayed.add(&recorded, &policies, wanted.limit);
        }
    }
    if place.json {
        say(&serde_json::to_string(&replayed)?);
    } else {
        replayed.explain().iter().for_each(|line| say(line));
    }
    let as_recorded = replayed.flipped == 0 && replayed.unreadable.is_empty();
    Ok(if as_recorded { Exit::Done } else { Exit::No })
}

impl Recorded {
    /// The decision in a record; `None` where the record holds none of its own: a later attempt, an outcome, an act.
    fn of(record: ledger::encode::Record) -> Option<Self> {
        let (id, time_ms) = (record.id, record.time);
        match record.body {
            Entry::Intent(intent) if intent.attempt == 1 => {
                let obligations = |name: &String| {
                    if *name == intent.destination.name { intent.obligations.clone() } else { Vec::new() }
                };
                let permitted = |name: &String| (name.clone(), Verdict::Permitted { obligations: obligations(name) });
                Some(Self {
                    id,
                    time_ms,
                    said: intent.permitted.iter().map(permitted).collect(),
                    caller: intent.caller,
                    alias: intent.alias,
                    level: intent.level,
                    input: intent.policy_input,
                    rest_refused: true,
                })
            }
            Entry::Refusal(refusal) if refusal.step == "decide" => Some(Self {
                id,
                time_ms,
                caller: refusal.caller,
                alias: refusal.alias.unwrap_or_default(),
                level: refusal.level.unwrap_or_default(),
                input: refusal.policy_input?,
                said: refusal.destinations.into_iter().map(|(name, code)| (name, Verdict::Refused { code })).collect(),
                rest_refused: false,
            }),
            _ => None,
        }
    }

    /// Whether a verdict made again is the recorded one, as far as the record can tell.
    fn agrees(&self, destination: &str, now: &Verdict) -> bool {
        match (self.said.get(destination), now) {
            (Some(Verdict::Refused { code }), Verdict::Refused { code: again }) => code == again,
            // The record has what was obliged in the end: a second look may have added to it, and took nothing away.
            (Some(Verdict::Permitted { obligations }), Verdict::Permitted { obligations: again }) => {
                let recorded: BTreeSet<&String> = obligations.iter().collect();
                recorded.is_empty() || again.iter().all(|word| recorded.contains(word))
            }
            (None, Verdict::Refused { .. }) => self.rest_refused,
            _ => false,
        }
    }

    fn before(&self, destination: &str) -> Verdict {
        let unsaid = Verdict::Refused { code: "not_said".to_owned() };
        self.said.get(destination).cloned().unwrap_or(unsaid)
    }
}

impl Replayed {
    fn add(&mut self, recorded: &Recorded, policies: &Policies, limit: usize) {
        let Ok(input) = serde_json::from_str::<RecordedInput>(recorded.input.text()) else {
            self.unreadable.push(recorded.id.clone());
            return;
        };
        self.decisions += 1;
        let decision = input.decide(policies);
        let (mut flipped, mut other_reason) = (false, false);
        for (index, facts) in input.destinations().iter().enumerate() {
            let Some(after) = verdict(&decision, index) else { continue };
            if recorded.agrees(&facts.name, &after) {
                continue;
            }
            let before = recorded.before(&facts.name);
            match (before.is_permitted(), after.is_permitted()) {
                (false, true) => self.looser += 1,
                (true, false) => self.stricter += 1,
                (true, true) => {}
                (false, false) => {
                    other_reason = true;
                    continue;
                }
            }
            flipped = true;
            if self.flips.len() < limit {
                let permitted = decision.permitted.iter().filter(|one| one.destination == index);
                let refused = decision.refused.iter().filter(|one| one.destination == index);
                let deciding = permitted.flat_map(|one| &one.policies).chain(refused.flat_map(|one| &one.policies));
                self.flips.push(Flip {
                    record: recorded.id.clone(),
                    time_ms: recorded.time_ms,
                    caller: recorded.caller.clone(),
                    alias: recorded.alias.clone(),
                    level: recorded.level.clone(),
                    destination: facts.name.clone(),
                    before,
                    after,
                    policies: deciding.cloned().collect(),
                });
            }
        }
        match (flipped, other_reason) {
            (true, _) => self.flipped += 1,
            (false, true) => self.other_reason += 1,
            (false, false) => self.same += 1,
        }
    }

    fn explain(&self) -> Vec<String> {
        let mut lines: Vec<String> = self
            .flips
            .iter()
            .map(|flip| {
                let by =
                    if flip.policies.is_empty() { String::new() } else { format!(" by {}", flip.policies.join(", ")) };
                format!(
                    "{}  {} asked `{}` at level {} → {}: was {}, would be {}{by}",
                    flip.record, flip.caller, flip.alias, flip.level, flip.destination, flip.before, flip.after
                )
            })
            .collect();
        for id in &self.unreadable {
            lines.push(format!("{id}  its policy input cannot be read, so nothing is known of it"));
        }
        lines.push(format!(
            "{} recorded decisions made again: {} come out the same, {} refuse for another reason, {} flip ({} destinations permitted that were refused, {} refused that were permitted).",
            self.decisions, self.same, self.other_reason, self.flipped, self.looser, self.stricter
        ));
        lines
    }
}

/// The moment that `text` means, in milliseconds: a date, or so long before `now_ms`.
fn since(text: &str, now_ms: u64) -> Result<u64> {
    let wrong = || format!("`{text}` is neither a date such as 2026-11-01 nor a time such as 7d, 24h or 30m");
    let parts: Vec<&str> = text.split('-').collect();
    if let [year, month, day] = parts.as_slice() {
        let number = |part: &str| part.parse::<i64>().with_context(wrong);
        let (year, month, day) = (number(year)?, number(month)?, number(day)?);
        if !(1970..=9999).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
            bail!(wrong());
        }
        let seconds = days_since_1970(year, month, day).saturating_mul(86_400);
        return Ok(u64::try_from(seconds).unwrap_or(0).saturating_mul(1000));
    }
    let unit = text.chars().last().and_then(|unit| match unit {
        'd' => Some(86_400_000u64),
        'h' => Some(3_600_000),
        'm' => Some(60_000),
        _ => None,
    });
    let Some(unit) = unit else { bail!(wrong()) };
    let count: u64 = text.get(..text.len() - 1).unwrap_or_default().parse().with_context(wrong)?;
    Ok(now_ms.saturating_sub(count.saturating_mul(unit)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn since_is_a_date_or_a_time_ago() {
        let day = 86_400_000;
        assert_eq!(since("1970-01-03", 0).unwrap(), 2 * day);
        assert_eq!(since("7d", 10 * day).unwrap(), 3 * day);
        assert_eq!(since("24h", 10 * day).unwrap(), 9 * day);
        assert_eq!(since("99d", 10 * day).unwrap(), 0);
        for wrong in ["", "d", "yesterday", "2026-13-01", "2026-11", "7", "7w", "-7d"] {
            assert!(since(wrong, 0).is_err(), "{wrong}");
        }
    }
}
