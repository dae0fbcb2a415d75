//! Choose: the permitted destinations in the order they are tried. Every attempt is drawn from here and nowhere else.

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::{Duration, Instant};

use judge::Permitted;
use judge::choose::{Rule, Standing, Strategy};

use super::Stop;
use super::decide::{Permit, known};
use super::extent::{self, Extent};
use crate::admission::Slot;
use crate::budget::{self, Most, Reservation};
use crate::destination::Destination;
use crate::metrics::Step;
use crate::stopped::{Blame, Fault, Refusal, Stopped};

/// The attempts that a permit allows, in order. Made only by [`choose`].
#[must_use]
pub struct Route {
    shared: Arc<Shared>,
    waiting: VecDeque<Candidate>,
    drawn: u32,
    unfit: Vec<Unfit>,
    last: Option<Failed>,
}

/// What all attempts of one call share.
pub(super) struct Shared {
    pub(super) permit: Permit,
    pub(super) permitted: Vec<String>,
    /// What the call asks of a destination, at most.
    pub(super) extent: Extent,
}

struct Candidate {
    destination: Arc<Destination>,
    permitted: Permitted,
    kind: ledger::AttemptKind,
    probe: bool,
}

/// One attempt at one destination, not yet prepared. Drawn from a [`Route`].
#[must_use]
pub struct Attempt {
    pub(super) shared: Arc<Shared>,
    pub(super) destination: Arc<Destination>,
    pub(super) permitted: Permitted,
    pub(super) kind: ledger::AttemptKind,
    pub(super) number: u32,
    /// Whether it finds out for its destination's breaker.
    pub(super) probe: bool,
    /// What budgets keep for it until its outcome; `None` where none concerns it, and once its intent holds it.
    pub(super) reserved: Option<Reservation>,
    /// Its place at a destination that protects itself, until its intent holds it.
    pub(super) slot: Option<Slot>,
}

/// A permitted destination that this call cannot be sent to after all; nothing was sent.
#[derive(Clone, Debug)]
pub struct Unfit {
    pub(super) destination: String,
    pub(super) why: Stopped,
}

/// An attempt that failed before anything was generated; its outcome is recorded.
#[derive(Debug)]
pub struct Failed {
    pub(super) attempt: Attempt,
    pub(super) why: Stopped,
    /// Whether another attempt makes sense, and where.
    pub(super) next: Next,
}

/// What may follow a failed attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// The same destination once more: the connection failed before a byte was sent.
    SamePlace,
    /// Another destination.
    Elsewhere,
    /// None: the call itself is at fault, or somebody cut it.
    Nowhere,
}

/// Orders the permitted destinations by the alias's strategy and by what is known of them ([`judge::choose::order`]).
///
/// # Errors
/// A fault when all of them are being left alone; budgets and admission will refuse here.
pub fn choose(permit: Permit) -> Result<Route, Stop> {
    let from = Instant::now();
    let context = Arc::clone(&permit.inspected.context);
    let extent = Extent::of(&permit.inspected.call);
    let rule =
        Rule { strategy: permit.alias.strategy, seed: seed(&permit), attempts_max: permit.decision.permitted.len() };
    let now_ms = context.gate.clock_ms();
    let standing = |index: usize| {
        // An index that stands for nothing is never tried.
        permit.alias.destinations.get(index).map_or(NOBODY, |destination| standing(destination, extent, now_ms))
    };
    let order = judge::choose::order(&permit.decision.permitted, standing, rule);
    let waiting: VecDeque<Candidate> =
        order.attempts.iter().filter_map(|attempt| candidate(&permit, attempt)).collect();
    context.gate.metrics.lap(Step::Choose, from);
    if waiting.is_empty() {
        let skipped = order.skipped.iter().filter_map(|(index, _)| permit.alias.destinations.get(*index));
        let wait_ms = skipped.map(|destination| destination.health.rests_ms(now_ms)).min().unwrap_or(0);
        let known = known(&permit.inspected, &permit.decision, &permit.alias, Some(permit.input.clone()));
        return Err(Stop::at("choose", resting(wait_ms)).knowing(known));
    }
    Ok(Route::new(permit, extent, waiting))
}

/// The route of a probe: the one destination that it asks about, whatever is known of it.
pub(super) fn choose_probed(permit: Permit) -> Route {
    let extent = Extent::of(&permit.inspected.call);
    let first = permit
        .decision
        .permitted
        .first()
        .map(|one| judge::choose::Attempt { destination: one.destination, probe: false });
    let waiting = first.iter().filter_map(|attempt| candidate(&permit, attempt)).collect();
    Route::new(permit, extent, waiting)
}

fn candidate(permit: &Permit, attempt: &judge::choose::Attempt) -> Option<Candidate> {
    Some(Candidate {
        destination: Arc::clone(permit.alias.destinations.get(attempt.destination)?),
        permitted: permit.decision.permitted.iter().find(|one| one.destination == attempt.destination)?.clone(),
        kind: ledger::AttemptKind::Failover,
        probe: attempt.probe,
    })
}

fn standing(destination: &Destination, extent: Extent, now_ms: u64) -> Standing {
    let health = &destination.health;
    Standing {
        health: judge::choose::Health { healthy: health.passes_probes(), breaker: health.breaker(now_ms) },
        tier: destination.priority,
        weight: destination.weight,
        warm_permille: health.warm_permille(now_ms),
        outstanding_tokens: health.outstanding_tokens(),
        latency_us: health.latency_us(),
        cost_micros: destination.price.map(|price| price.micros(extent.input_tokens, extent.output_tokens)),
    }
}

/// What decides lots: the call's own id, so that the same record gives the same order again; where calls stick, who calls and
/// how the call begins.
fn seed(permit: &Permit) -> u64 {
    let context = &permit.inspected.context;
    // Its keys are fixed, so that it gives the same in every run.
    let mut hasher = DefaultHasher::new();
    match permit.alias.strategy {
        Strategy::Sticky => {
            context.caller.tenant.hash(&mut hasher);
            context.caller.id.hash(&mut hasher);
            extent::hash_beginning(&permit.inspected.call, &mut hasher);
        }
        Strategy::Ordered
        | Strategy::Weighted
        | Strategy::LeastTokens
        | Strategy::LowestLatency
        | Strategy::LowestCost => context.call_id.hash(&mut hasher),
    }
    hasher.finish()
}

/// Every permitted destination failed too often a moment ago.
fn resting(wait_ms: u64) -> Fault {
    let seconds = u32::try_from(wait_ms.div_ceil(1000)).unwrap_or(u32::MAX).max(1);
    Fault {
        retry_after_s: Some(seconds),
        ..Fault::upstream(
            503,
            "destinations_resting",
            "every destination that may see this call failed several times in a row and is left alone for a moment",
            "all breakers open",
        )
    }
}

impl Route {
    fn new(permit: Permit, extent: Extent, waiting: VecDeque<Candidate>) -> Self {
        let permitted =
            permit.decision.permitted.iter().filter_map(|one| permit.alias.destinations.get(one.destination));
        let permitted = permitted.map(|destination| destination.facts.name.clone()).collect();
        let shared = Arc::new(Shared { permit, permitted, extent });
        Self { shared, waiting, drawn: 0, unfit: Vec::new(), last: None }
    }

    /// The next attempt that budgets have room for, if one is left.
    pub fn draw(&mut self) -> Option<Attempt> {
        if self.drawn >= self.shared.permit.inspected.context.snapshot.limits.attempts_max {
            return None;
        }
        let (candidate, reserved) = loop {
            let mut candidate = self.waiting.pop_front()?;
            match reserve(&self.shared, &mut candidate) {
                Ok(reserved) => break (candidate, reserved),
                Err(why) => {
                    let destination = candidate.destination.facts.name.clone();
                    self.unfit.push(Unfit { destination, why: why.into() });
                }
            }
        };
        self.drawn = self.drawn.saturating_add(1);
        Some(Attempt {
            shared: Arc::clone(&self.shared),
            destination: candidate.destination,
            permitted: candidate.permitted,
            kind: if self.drawn == 1 { ledger::AttemptKind::First } else { candidate.kind },
            number: self.drawn,
            probe: candidate.probe,
            reserved,
            slot: None,
        })
    }

    /// A destination whose format cannot say the call, or that a second look refused; the next one is drawn.
    pub fn pass_over(&mut self, unfit: Unfit) {
        self.drawn = self.drawn.saturating_sub(1);
        self.unfit.push(unfit);
    }

    /// An attempt failed. Where that makes sense, the same destination is tried once more, or the next one.
    pub fn failed(&mut self, failed: Failed) {
        match failed.next {
            Next::Nowhere => self.waiting.clear(),
            Next::Elsewhere => {}
            Next::SamePlace if failed.attempt.kind == ledger::AttemptKind::Retry => {}
            Next::SamePlace => self.waiting.push_front(Candidate {
                destination: Arc::clone(&failed.attempt.destination),
                permitted: failed.attempt.permitted.clone(),
                kind: ledger::AttemptKind::Retry,
                probe: failed.attempt.probe,
            }),
        }
        self.last = Some(failed);
    }

    /// Why the call ends without an answer.
    pub fn exhausted(self) -> Stop {
        let permit = &self.shared.permit;
        let mut known = known(&permit.inspected, &permit.decision, &permit.alias, None);
        if let Some(failed) = self.last {
            return Stop { why: failed.why, step: "send", known: Some(Box::new(known)) };
        }
        known
            .destinations
            .extend(self.unfit.iter().map(|unfit| (unfit.destination.clone(), unfit.why.code().to_owned())));
        let why = unfit(self.unfit);
        let step = match why.code() {
            "destination_busy" => "admit",
            code if is_of_budgets(code) => "choose",
            _ => "transform",
        };
        Stop { why, step, known: Some(Box::new(known)) }
    }
}

/// Reserves what an attempt could use; where its answer's length must be known for that, the candidate is capped.
fn reserve(shared: &Shared, candidate: &mut Candidate) -> Result<Option<Reservation>, Refusal> {
    let context = &shared.permit.inspected.context;
    let budgets = &context.snapshot.budgets;
    if budgets.is_empty() {
        return Ok(None);
    }
    let Extent { input_tokens_most, output_tokens_most, answers, .. } = shared.extent;
    let most = Most { input_tokens: input_tokens_most, output_tokens: output_tokens_most };
    let obligations = &mut candidate.permitted.obligations;
    // An obligation caps each answer; budgets count all of them.
    let mut cap = obligations.max_output_tokens.map(|cap| cap.saturating_mul(answers));
    let parties = budget::parties(&context.caller, &candidate.destination);
    let (counters, now_ms) = (&context.gate.counters, context.gate.now_ms());
    let reserved = budget::reserve(counters, budgets, &parties, &candidate.destination, most, &mut cap, now_ms)?;
    if reserved.is_some() && most.output_tokens.is_none() {
        obligations.max_output_tokens = cap.map(|cap| (cap / answers).max(1));
    }
    Ok(reserved)
}

fn unfit(mut all: Vec<Unfit>) -> Stopped {
    // A question that somebody can answer says more than what is wrong elsewhere.
    if let Some(at) = all.iter().position(|unfit| unfit.why.code() == super::approve::PENDING) {
        return all.swap_remove(at).why;
    }
    let first_code = all.first().map(|unfit| unfit.why.code());
    // Destinations that say no for the same reason say it once; the one that is free soonest speaks.
    if all.iter().all(|unfit| Some(unfit.why.code()) == first_code)
        && first_code.is_some_and(|code| code == "destination_busy" || is_of_budgets(code))
    {
        all.sort_by_key(|unfit| unfit.why.retry_after_s().unwrap_or(u32::MAX));
        all.truncate(1);
    }
    if all.len() == 1
        && let Some(only) = all.pop()
    {
        return only.why;
    }
    let Some(first) = all.first() else {
        return Fault::door("no_attempt", "the route was empty").into();
    };
    let reasons: Vec<String> = all
        .iter()
        .filter_map(|unfit| match &unfit.why {
            Stopped::Refusal(refusal) => Some(format!("{}: {}", unfit.destination, refusal.why)),
            Stopped::Fault(_) => None,
        })
        .collect();
    let help = match &first.why {
        Stopped::Refusal(refusal) => refusal.help.clone(),
        Stopped::Fault(fault) => fault.help.clone(),
    };
    Refusal::new(
        400,
        "no_fitting_destination",
        format!("no permitted destination can take this call: {}", reasons.join("; ")),
        help,
    )
    .into()
}

fn is_of_budgets(code: &str) -> bool {
    matches!(code, "budget_exceeded" | "rate_limited" | "price_unknown")
}

/// What a caller learns of an upstream's status.
pub(super) fn from_status(status: u16, message: Option<String>, retry_after: Option<Duration>) -> (Fault, Next) {
    let retry_after_s = retry_after.and_then(|wait| u32::try_from(wait.as_secs()).ok());
    let said = message.map_or_else(String::new, |text| format!(": {text}"));
    let internal = format!("status {status}");
    let upstream = |status: u16, code: &'static str, why: &str| Fault::upstream(status, code, why, internal.clone());
    match status {
        429 => (
            Fault {
                retry_after_s: retry_after_s.or(Some(1)),
                ..upstream(429, "upstream_rate_limited", "the model's provider limits the rate of calls")
            },
            Next::Elsewhere,
        ),
        400 | 404 | 405 | 409 | 413 | 415 | 422 => (
            Fault {
                blame: Blame::Caller,
                help: "change the call as the message says".to_owned(),
                ..upstream(
                    if status == 413 { 413 } else { 400 },
                    "upstream_rejected_call",
                    &format!("the model's server does not accept this call{said}"),
                )
            },
            Next::Nowhere,
        ),
        401 | 403 => (
            upstream(502, "upstream_denied_door", "the model's provider does not accept the door's credential"),
            Next::Elsewhere,
        ),
        503 | 529 => (
            Fault {
                retry_after_s: retry_after_s.or(Some(1)),
                ..upstream(503, "upstream_overloaded", "the model's server is overloaded")
            },
            Next::Elsewhere,
        ),
        300..=399 => (
            upstream(
                502,
                "upstream_redirected",
                "the model's server answered with a redirect, which is never followed",
            ),
            Next::Elsewhere,
        ),
        _ => (upstream(502, "upstream_failed", "the model's server failed"), Next::Elsewhere),
    }
}

impl std::fmt::Debug for Attempt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Attempt({} at {})", self.number, self.destination.facts.name)
    }
}

/// Nobody: never tried.
const NOBODY: Standing = Standing {
    health: judge::choose::Health { healthy: false, breaker: judge::choose::Breaker::Closed },
    ..Standing::PLAIN
};
