//! The one decision function: each action of a call, at each destination, before the policies that could speak of it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use cedar_policy::{Effect, PolicyId};
use cedar_policy_core::ast::{Context, EntityUID, Value};
use cedar_policy_core::entities::Entities;
use cedar_policy_core::evaluator::Evaluator;
use cedar_policy_core::extensions::Extensions;
use smol_str::SmolStr;

use crate::call::CallFacts;
use crate::caller::Caller;
use crate::decision::{Code, Decision, Permitted, Refused};
use crate::destination::Destinations;
use crate::obligations::Obligations;
use crate::policies::{Details, Policies};
use crate::refuse::{self, At, Words};
use crate::slices::{Ready, Slice};
use crate::{explain, facts, gates};

/// Decides for every destination.
///
/// Each of the call's actions must be permitted. One `forbid`, one policy that errors, or one fact that cannot be
/// put before the policies refuses the destination.
pub fn decide(policies: &Policies, caller: &Caller, call: &CallFacts<'_>, destinations: &Destinations) -> Decision {
    let indices: Vec<usize> = (0..destinations.len()).collect();
    let mut decision = hear(policies, caller, call, destinations, &indices);
    explain::add_help(policies, caller, call, destinations, &mut decision);
    decision
}

/// Decides for one destination: the second look, after a call was transformed for it. See [`crate::narrow`].
///
/// An index outside [`Destinations`] is in neither list of the answer.
pub fn decide_one(
    policies: &Policies,
    caller: &Caller,
    call: &CallFacts<'_>,
    destinations: &Destinations,
    index: usize,
) -> Decision {
    hear(policies, caller, call, destinations, &[index])
}

/// Decides for some destinations, without advice on what would help.
pub(crate) fn hear(
    policies: &Policies,
    caller: &Caller,
    call: &CallFacts<'_>,
    destinations: &Destinations,
    indices: &[usize],
) -> Decision {
    let level = call.level.max(caller.floor);
    let hearing = Hearing::open(Words { policies, caller, call, level }, destinations);
    // What a provider may fetch from depends on every destination, also on those that were not asked about.
    let heard = if call.provider_fetch.is_empty() { indices.to_vec() } else { (0..destinations.len()).collect() };
    let mut contexts = Contexts::new();
    let mut decision = Decision { level, permitted: Vec::new(), refused: Vec::new() };
    for index in heard {
        let Some(destination) = destinations.facts().get(index) else { continue };
        match hearing.judge(At { index, destination }, &mut contexts) {
            Ok(permitted) => decision.permitted.push(permitted),
            Err(refused) => decision.refused.push(refused),
        }
    }
    if !call.provider_fetch.is_empty() {
        refuse_fetches(call, destinations, &mut decision);
        decision.permitted.retain(|permitted| indices.contains(&permitted.destination));
        decision.refused.retain(|refused| indices.contains(&refused.destination));
    }
    observe(caller, call, &mut decision);
    decision
}

/// For each destination and each action of a call the policies that are satisfied, in one order. What errors satisfies
/// nothing.
pub(crate) fn satisfied(
    policies: &Policies,
    caller: &Caller,
    call: &CallFacts<'_>,
    destinations: &Destinations,
) -> Vec<Vec<PolicyId>> {
    let level = call.level.max(caller.floor);
    let hearing = Hearing::open(Words { policies, caller, call, level }, destinations);
    let mut contexts = Contexts::new();
    let mut all = Vec::new();
    for (index, destination) in destinations.facts().iter().enumerate() {
        let at = At { index, destination };
        for &action in call.actions {
            let context = hearing.context(at, &mut contexts);
            let Some((uid, own)) = policies.slices.of(action) else { continue };
            let heard = [policies.slices.any(), own].map(|slice| hearing.hear_slice(at, uid, &context, slice));
            let voices = heard.into_iter().flatten();
            all.push(voices.flat_map(|one| [one.permits, one.forbids, one.duties]).flatten().collect());
        }
    }
    all
}

/// Lets what policies refuse through for a caller that is being observed, where nothing else is permitted. What could not
/// be evaluated, what production closes and what was not understood stays refused.
fn observe(caller: &Caller, call: &CallFacts<'_>, decision: &mut Decision) {
    let Some(observe) = caller.observe else { return };
    let within = call.now_unix < observe.until_unix && decision.level <= observe.level_max;
    if !within || !decision.permitted.is_empty() || !call.unmodelled.is_empty() || !call.provider_fetch.is_empty() {
        return;
    }
    decision.refused.retain(|refused| {
        let by_policy = matches!(refused.code, Code::NotPermitted | Code::ForbiddenByPolicy);
        if by_policy {
            decision.permitted.push(Permitted {
                destination: refused.destination,
                obligations: Obligations { observed: Some(refused.code), ..Obligations::default() },
                policies: refused.policies.clone(),
            });
        }
        !by_policy
    });
}

/// Refuses every destination that would fetch from a host that is no permitted destination's.
fn refuse_fetches(call: &CallFacts<'_>, destinations: &Destinations, decision: &mut Decision) {
    let facts = destinations.facts();
    let hosts: Vec<&str> = decision
        .permitted
        .iter()
        .filter_map(|permitted| facts.get(permitted.destination))
        .map(|destination| destination.host.as_str())
        .filter(|host| !host.is_empty())
        .collect();
    let strange: Vec<&str> = call
        .provider_fetch
        .iter()
        .map(String::as_str)
        .filter(|wanted| !hosts.iter().any(|host| host.eq_ignore_ascii_case(wanted)))
        .collect();
    if strange.is_empty() {
        return;
    }
    for permitted in decision.permitted.drain(..) {
        if let Some(destination) = facts.get(permitted.destination) {
            decision.refused.push(refuse::fetches(At { index: permitted.destination, destination }, &strange));
        }
    }
    decision.refused.sort_by_key(|refused| refused.destination);
}

/// One call before the policies.
struct Hearing<'a> {
    words: Words<'a>,
    destinations: &'a Destinations,
    /// The caller, then what it belongs to.
    principals: Vec<EntityUID>,
    /// Destinations and caller; an error refuses them all.
    entities: Result<Entities, String>,
    /// What every destination's context has.
    of_call: BTreeMap<SmolStr, Value>,
}

/// Contexts already made: they differ only by the destination's assessment and promotion.
type Contexts = BTreeMap<(&'static str, &'static str), Context>;

/// Ids of the policies that spoke about one action at one destination.
#[derive(Default)]
struct Voices {
    permits: BTreeSet<PolicyId>,
    forbids: BTreeSet<PolicyId>,
    /// Permits that only oblige.
    duties: BTreeSet<PolicyId>,
}

impl<'a> Hearing<'a> {
    fn open(words: Words<'a>, destinations: &'a Destinations) -> Self {
        let belongs_to = facts::caller_parents(words.caller);
        let principals = std::iter::once(facts::caller_uid(words.caller)).chain(belongs_to).collect();
        let entities = destinations
            .entities()
            .ok_or_else(|| "two destinations have one name".to_owned())
            .and_then(|entities| facts::with_caller(entities, words.caller).map_err(|error| error.to_string()));
        let of_call = facts::of_call(words.caller, words.call, words.level);
        Self { words, destinations, principals, entities, of_call }
    }

    fn judge(&self, at: At<'_>, contexts: &mut Contexts) -> Result<Permitted, Refused> {
        let call = self.words.call;
        if let Some(refused) = gates::closed(at, call) {
            return Err(refused);
        }
        if call.actions.is_empty() {
            return Err(refuse::nothing_to_decide(at));
        }
        let context = self.context(at, contexts);
        let mut permits = BTreeSet::new();
        let slices = &self.words.policies.slices;
        // Policies about any action say the same of each, so they are asked once.
        let mut general = None;
        for &action in call.actions {
            let (uid, own) = slices.of(action).ok_or_else(|| refuse::failed_facts(at, "there are no policies"))?;
            let general = match &general {
                Some(voices) => voices,
                None => general.insert(self.hear_slice(at, uid, &context, slices.any())?),
            };
            let own = self.hear_slice(at, uid, &context, own)?;
            let forbids: BTreeSet<PolicyId> = general.forbids.union(&own.forbids).cloned().collect();
            if !forbids.is_empty() {
                return Err(self.words.forbidden(at, action, &forbids));
            }
            if general.permits.is_empty() && own.permits.is_empty() {
                return Err(self.words.unpermitted(at, action));
            }
            let spoke = [&general.permits, &general.duties, &own.permits, &own.duties];
            permits.extend(spoke.into_iter().flatten().cloned());
        }
        let details = permits.iter().filter_map(|id| self.words.policies.details.get(id));
        let obligations = details.fold(Obligations::default(), |all, details| all.and(&details.obligations));
        if !call.unmodelled.is_empty() && !obligations.allow_unmodelled {
            return Err(self.words.unmodelled(at));
        }
        if obligations.no_retention && at.destination.assessed.retention_days > 0 {
            return Err(self.words.keeps(at, &permits));
        }
        Ok(Permitted { destination: at.index, obligations, policies: refuse::sorted(&permits) })
    }

    /// Which policies of one slice speak about one action.
    ///
    /// INVARIANT (errors refuse): every error of an evaluation becomes a refusal. Cedar's own authoriser goes on as if the
    /// policy did not exist, and a `forbid` that fails would then permit.
    fn hear_slice(&self, at: At<'_>, action: &EntityUID, context: &Context, slice: &Slice) -> Result<Voices, Refused> {
        let fail = |error: &str| refuse::failed_facts(at, error);
        let entities = self.entities.as_ref().map_err(|error| fail(error))?;
        let resource = self.destinations.uid(at.index).ok_or_else(|| fail("the destination has no entity"))?;
        let principal = self.principals.first().ok_or_else(|| fail("the caller has no entity"))?;
        let mut policies = slice.policies(&self.principals).peekable();
        let mut voices = Voices::default();
        if policies.peek().is_none() {
            return Ok(voices);
        }
        let request = facts::request(principal, action, resource, context.clone());
        let evaluator = Evaluator::new(request, entities, Extensions::all_available());
        for policy in policies {
            match policy.is_satisfied(&evaluator) {
                Ok(false) => {}
                Ok(true) => voices.add(policy, &self.words.policies.details),
                Err(error) => return Err(self.words.failed_policy(at, &policy.id, &error)),
            }
        }
        Ok(voices)
    }

    fn context(&self, at: At<'_>, contexts: &mut Contexts) -> Context {
        let key = (at.destination.assessment.name(self.words.call.now_unix), at.destination.provenance.name());
        contexts.entry(key).or_insert_with(|| facts::context(&self.of_call, key.0, key.1)).clone()
    }
}

impl Voices {
    fn add(&mut self, policy: &Ready, details: &HashMap<PolicyId, Details>) {
        let duty = details.get(&policy.id).is_some_and(|details| details.duty);
        let among = match policy.effect {
            Effect::Permit if duty => &mut self.duties,
            Effect::Permit => &mut self.permits,
            Effect::Forbid => &mut self.forbids,
        };
        among.insert(policy.id.clone());
    }
}
