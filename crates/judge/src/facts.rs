//! Facts turned into Cedar's terms: entities for caller and destinations, and the context of a call.
//!
//! They are built as Cedar's values at once, not as expressions that Cedar would evaluate into values, because this runs on
//! every call. A property test holds decisions made from them beside those of Cedar's own authoriser and constructors.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::{Arc, LazyLock};

use cedar_policy_core::ast::{
    Context, Eid, Entity, EntityType, EntityUID, EntityUIDEntry, Literal, PartialValue, Request, Value,
};
use cedar_policy_core::entities::{Entities, NoEntitiesSchema, TCComputation};
use cedar_policy_core::extensions::Extensions;
use inspect::{Class, Level};
use smol_str::SmolStr;
use thiserror::Error;

use crate::call::{Action, CallFacts, Mode};
use crate::caller::{Caller, CallerKind};
use crate::destination::{DestinationFacts, Hosting};
use crate::level;

/// Facts that cannot be put in Cedar's terms. Whatever the cause, the destination is refused.
#[derive(Debug, Error)]
#[error("two destinations have the same name, or an entity is not valid: {0}")]
pub(crate) struct FactError(String);

/// The groups of classes that have a count of their own in the schema.
pub(crate) const COUNTED_GROUPS: [&str; 10] =
    ["pii", "phi", "pci", "secret", "code", "marking", "attack", "opaque", "safety", "topic"];

/// The group of a class: what stands before the first dot.
pub(crate) fn group(class: &str) -> &str {
    class.split('.').next().unwrap_or(class)
}

/// The Cedar name of an entity.
pub(crate) fn uid(type_name: &'static str, id: &str) -> EntityUID {
    EntityUID::from_components(type_named(type_name), Eid::new(id), None)
}

/// The Cedar name of an action.
pub(crate) fn action_uid(action: Action) -> EntityUID {
    uid("Action", action.name())
}

/// The Cedar name of a caller.
pub(crate) fn caller_uid(caller: &Caller) -> EntityUID {
    match caller.kind {
        CallerKind::Workload => uid("Workload", &caller.id),
        CallerKind::Person => uid("Person", &caller.id),
    }
}

/// What a caller belongs to: its tenant, groups and use case.
pub(crate) fn caller_parents(caller: &Caller) -> impl Iterator<Item = EntityUID> + '_ {
    std::iter::once(uid("Tenant", &caller.tenant))
        .chain(caller.groups.iter().map(|group| uid("Group", group)))
        .chain(caller.use_case.iter().map(|use_case| uid("UseCase", use_case)))
}

/// Destinations and a caller. Nothing belongs to a caller, and what it belongs to belongs to nothing, so that its
/// ancestors are its parents.
pub(crate) fn with_caller(destinations: &Entities, who: &Caller) -> Result<Entities, FactError> {
    let attributes = [
        ("name", text(&who.name)),
        ("tenant", text(&who.tenant)),
        ("floor", number(level::number(who.floor))),
        ("admin", Value::from(who.admin)),
    ];
    let caller = entity(caller_uid(who), attributes, caller_parents(who).collect());
    let added = destinations.clone().add_entities(
        [Arc::new(caller)],
        None::<&NoEntitiesSchema>,
        TCComputation::AssumeAlreadyComputed,
        Extensions::all_available(),
    );
    added.map_err(|error| FactError(error.to_string()))
}

/// Destinations as entities.
pub(crate) fn destinations(facts: &[DestinationFacts]) -> Result<Entities, FactError> {
    let mut names = BTreeSet::new();
    if let Some(twice) = facts.iter().find(|facts| !names.insert(facts.name.as_str())) {
        return Err(FactError(format!("`{}` is there twice", twice.name)));
    }
    let entities = Entities::from_entities(
        facts.iter().map(destination),
        None::<&NoEntitiesSchema>,
        TCComputation::ComputeNow,
        Extensions::all_available(),
    );
    entities.map_err(|error| FactError(error.to_string()))
}

fn destination(facts: &DestinationFacts) -> Entity {
    let vendor = facts.vendor.as_deref().unwrap_or_default();
    let attributes = [
        ("name", text(&facts.name)),
        ("kind", text(&facts.kind)),
        ("self_hosted", Value::from(facts.hosting == Hosting::SelfHosted)),
        ("region", text(&facts.region)),
        ("jurisdiction", text(&facts.jurisdiction)),
        ("vendor", text(vendor)),
        ("model", text(&facts.model)),
        ("digest", text(facts.digest.as_deref().unwrap_or_default())),
        ("owned", Value::from(facts.owned)),
        ("allow_unmodelled", Value::from(facts.allow_unmodelled)),
        ("service", text(&facts.service)),
        ("floating", Value::from(facts.floating)),
        ("trains", Value::from(facts.assessed.trains)),
        ("retention_days", number(i64::from(facts.assessed.retention_days))),
        ("baa", Value::from(facts.assessed.baa)),
        ("baa_services", texts(facts.assessed.baa_services.iter().map(String::as_str))),
        ("baa_features", texts(facts.assessed.baa_features.iter().map(String::as_str))),
    ];
    let mut parents = HashSet::from([uid("Model", &facts.model)]);
    parents.extend(facts.vendor.iter().map(|vendor| uid("Vendor", vendor)));
    entity(uid("Destination", &facts.name), attributes, parents)
}

fn entity<const N: usize>(
    uid: EntityUID,
    attributes: [(&'static str, Value); N],
    parents: HashSet<EntityUID>,
) -> Entity {
    let attributes =
        attributes.into_iter().map(|(name, value)| (SmolStr::new_static(name), PartialValue::Value(value)));
    Entity::new_with_attr_partial_value(uid, attributes, HashSet::new(), parents, [])
}

/// What is known of a call, as every destination's context has it. `level` is the effective one, floor included.
pub(crate) fn of_call(caller: &Caller, call: &CallFacts<'_>, level: Level) -> BTreeMap<SmolStr, Value> {
    let groups: BTreeSet<&str> = call.classes.keys().map(Class::family).collect();
    let purpose = &caller.purpose;
    let pairs = [
        ("level", number(level::number(level))),
        ("classes", texts(call.classes.keys().map(Class::as_str))),
        ("groups", texts(groups)),
        ("counts", counts(call)),
        ("injection", number(call.injection_per_mille())),
        ("tools", Value::from(call.tools)),
        ("untrusted", Value::from(call.untrusted)),
        ("unmodelled", texts(call.unmodelled.iter().map(String::as_str))),
        ("provider_fetch", texts(call.provider_fetch.iter().map(String::as_str))),
        ("use_case", text(caller.use_case.as_deref().unwrap_or_default())),
        ("features", texts(call.actions.iter().map(|action| action.name()))),
        ("environment", text(purpose.environment.name())),
        ("criticality", text(purpose.criticality.name())),
        ("tier", text(&purpose.tier)),
        ("residency", texts(purpose.residency.iter().map(String::as_str))),
        ("elevated", Value::from(call.now_unix < caller.elevated_until_unix)),
        ("production", Value::from(call.mode == Mode::Production)),
        ("now", number(call.now_unix)),
    ];
    pairs.into_iter().map(|(name, value)| (SmolStr::new_static(name), value)).collect()
}

/// The context of a call at destinations of this assessment and promotion.
pub(crate) fn context(of_call: &BTreeMap<SmolStr, Value>, assessment: &str, provenance: &str) -> Context {
    let mut pairs = of_call.clone();
    pairs.insert(SmolStr::new_static("assessment"), text(assessment));
    pairs.insert(SmolStr::new_static("provenance"), text(provenance));
    Context::Value(Arc::new(pairs))
}

/// One question: may this caller do this, there, in this context?
pub(crate) fn request(principal: &EntityUID, action: &EntityUID, resource: &EntityUID, context: Context) -> Request {
    let known = |uid: &EntityUID| EntityUIDEntry::known(uid.clone(), None);
    Request::new_unchecked(known(principal), known(action), known(resource), Some(context))
}

/// How many findings of each group; groups without a count of their own are `other`.
fn counts(call: &CallFacts<'_>) -> Value {
    let mut other = 0i64;
    let mut counted = COUNTED_GROUPS.map(|name| (name, 0i64));
    for (class, count) in call.classes {
        let group = class.family();
        let total = counted.iter_mut().find(|(name, _)| *name == group).map_or(&mut other, |(_, total)| total);
        *total = total.saturating_add(i64::from(*count));
    }
    let fields = counted.into_iter().chain([("other", other)]);
    Value::record(fields.map(|(name, total)| (SmolStr::new_static(name), number(total))), None)
}

fn text(value: &str) -> Value {
    Value::from(value)
}

fn number(value: i64) -> Value {
    Value::from(value)
}

fn texts<'a>(values: impl IntoIterator<Item = &'a str>) -> Value {
    Value::set_of_lits(values.into_iter().map(Literal::from), None)
}

/// Cedar parses a type's name; ours are parsed once.
fn type_named(name: &'static str) -> EntityType {
    TYPE_NAMES.iter().find(|(known, _)| *known == name).map_or_else(|| parse_type(name), |(_, parsed)| parsed.clone())
}

#[expect(clippy::expect_used, reason = "only literals of this crate come here, and a test parses every one of them")]
fn parse_type(name: &'static str) -> EntityType {
    name.parse().expect("a type name of the schema")
}

static TYPE_NAMES: LazyLock<[(&'static str, EntityType); 9]> = LazyLock::new(|| {
    ["Tenant", "Group", "UseCase", "Workload", "Person", "Vendor", "Model", "Destination", "Action"]
        .map(|name| (name, parse_type(name)))
});
