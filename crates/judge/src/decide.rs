//! The one decision function: each action of a call, at each destination, before the policies that could speak of it.

use std::collections::{BTreeMap, BTreeSet};

use cedar_policy::{AuthorizationError, Authorizer, Context, Effect, Entities, EntityUid, PolicyId, Request};

use crate::call::CallFacts;
use crate::caller::Caller;
use crate::decision::{Decision, Permitted, Refused};
use crate::destination::Destinations;
use crate::obligations::Obligations;
use crate::policies::Policies;
use crate::refuse::{self, At, Words};
use crate::slices::Slice;
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
    decision
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
    principals: Vec<EntityUid>,
    /// Destinations and caller; an error refuses them all.
    entities: Result<Entities, String>,
    authorizer: Authorizer,
}

/// Contexts already made: they differ only by the destination's assessment and promotion.
type Contexts = BTreeMap<(&'static str, &'static str), Context>;

/// Ids of the policies that spoke about one action at one destination.
#[derive(Default)]
struct Voices {
    permits: BTreeSet<PolicyId>,
    forbids: BTreeSet<PolicyId>,
}

impl<'a> Hearing<'a> {
    fn open(words: Words<'a>, destinations: &'a Destinations) -> Self {
        let belongs_to = facts::caller_parents(words.caller);
        let principals = std::iter::once(facts::caller_uid(words.caller)).chain(belongs_to).collect();
        let entities = destinations
            .entities()
            .ok_or_else(|| "two destinations have one name".to_owned())
            .and_then(|entities| facts::with_caller(entities, words.caller).map_err(|error| error.to_string()));
        Self { words, destinations, principals, entities, authorizer: Authorizer::new() }
    }

    fn judge(&self, at: At<'_>, contexts: &mut Contexts) -> Result<Permitted, Refused> {
        let call = self.words.call;
        if let Some(refused) = gates::closed(at, call) {
            return Err(refused);
        }
        if call.actions.is_empty() {
            return Err(refuse::nothing_to_decide(at));
        }
        let context = self.context(at, contexts)?;
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
            permits.extend(general.permits.iter().chain(&own.permits).cloned());
        }
        let details = permits.iter().filter_map(|id| self.words.policies.details.get(id));
        let obligations = details.fold(Obligations::default(), |all, details| all.and(&details.obligations));
        if !call.unmodelled.is_empty() && !obligations.allow_unmodelled {
            return Err(self.words.unmodelled(at));
        }
        Ok(Permitted { destination: at.index, obligations, policies: refuse::sorted(&permits) })
    }

    /// Which policies of one slice speak about one action.
    ///
    /// INVARIANT (errors refuse): every error that Cedar reports becomes a refusal, because Cedar itself goes on as if
    /// the policy did not exist, and a `forbid` that fails would then permit.
    fn hear_slice(&self, at: At<'_>, action: &EntityUid, context: &Context, slice: &Slice) -> Result<Voices, Refused> {
        let fail = |error: &str| refuse::failed_facts(at, error);
        let entities = self.entities.as_ref().map_err(|error| fail(error))?;
        let resource = self.destinations.uid(at.index).ok_or_else(|| fail("the destination has no entity"))?;
        let principal = self.principals.first().ok_or_else(|| fail("the caller has no entity"))?;
        let mut sets = slice.sets(&self.principals).peekable();
        let mut voices = Voices::default();
        if sets.peek().is_none() {
            return Ok(voices);
        }
        let request = Request::new(principal.clone(), action.clone(), resource.clone(), context.clone(), None)
            .map_err(|error| fail(&error.to_string()))?;
        for set in sets {
            let response = self.authorizer.is_authorized(&request, set, entities);
            if let Some(AuthorizationError::PolicyEvaluationError(error)) = response.diagnostics().errors().next() {
                return Err(self.words.failed_policy(at, error.policy_id(), &error.inner().to_string()));
            }
            for id in response.diagnostics().reason() {
                let details = self.words.policies.details.get(id).ok_or_else(|| fail("a policy is not known"))?;
                match details.effect {
                    Effect::Permit => voices.permits.insert(id.clone()),
                    Effect::Forbid => voices.forbids.insert(id.clone()),
                };
            }
        }
        Ok(voices)
    }

    fn context(&self, at: At<'_>, contexts: &mut Contexts) -> Result<Context, Refused> {
        let Words { caller, call, level, .. } = self.words;
        let key = (at.destination.assessment.name(call.now_unix), at.destination.provenance.name());
        if let Some(context) = contexts.get(&key) {
            return Ok(context.clone());
        }
        let context = facts::context(caller, call, level, key.0, key.1)
            .map_err(|error| refuse::failed_facts(at, &error.to_string()))?;
        contexts.insert(key, context.clone());
        Ok(context)
    }
}
