//! The same facts by Cedar's public, slower constructors: what its own authoriser is asked with, beside which ours is held.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::LazyLock;

use cedar_policy::{Context, Entities, Entity, EntityId, EntityTypeName, EntityUid, RestrictedExpression};
use inspect::{Class, Level};
use thiserror::Error;

use crate::call::{Action, CallFacts, Mode};
use crate::caller::{Caller, CallerKind};
use crate::destination::{DestinationFacts, Hosting};
use crate::facts::COUNTED_GROUPS;
use crate::level;

/// Facts that cannot be put in Cedar's terms. Whatever the cause, the destination is refused.
#[derive(Debug, Error)]
pub(super) enum FactError {
    #[error("two destinations have the same name, or an entity is not valid: {0}")]
    Entity(String),
    #[error("the context is not valid: {0}")]
    Context(String),
}

/// The Cedar name of an entity.
pub(super) fn uid(type_name: &'static str, id: &str) -> EntityUid {
    EntityUid::from_type_name_and_id(type_named(type_name), EntityId::new(id))
}

/// The Cedar name of an action.
pub(super) fn action_uid(action: Action) -> EntityUid {
    uid("Action", action.name())
}

/// The Cedar name of a caller.
pub(super) fn caller_uid(caller: &Caller) -> EntityUid {
    match caller.kind {
        CallerKind::Workload => uid("Workload", &caller.id),
        CallerKind::Person => uid("Person", &caller.id),
    }
}

/// What a caller belongs to: its tenant, groups and use case.
pub(super) fn caller_parents(caller: &Caller) -> impl Iterator<Item = EntityUid> + '_ {
    std::iter::once(uid("Tenant", &caller.tenant))
        .chain(caller.groups.iter().map(|group| uid("Group", group)))
        .chain(caller.use_case.iter().map(|use_case| uid("UseCase", use_case)))
}

/// A caller as an entity.
fn caller(caller: &Caller) -> Result<Entity, FactError> {
    let attributes = HashMap::from([
        ("name".to_owned(), text(&caller.name)),
        ("tenant".to_owned(), text(&caller.tenant)),
        ("floor".to_owned(), RestrictedExpression::new_long(level::number(caller.floor))),
        ("admin".to_owned(), RestrictedExpression::new_bool(caller.admin)),
    ]);
    Entity::new(caller_uid(caller), attributes, caller_parents(caller).collect())
        .map_err(|error| FactError::Entity(error.to_string()))
}

/// Destinations and a caller.
pub(super) fn with_caller(destinations: &Entities, who: &Caller) -> Result<Entities, FactError> {
    let who = caller(who)?;
    destinations.clone().add_entities([who], None).map_err(|error| FactError::Entity(error.to_string()))
}

/// Destinations as entities.
pub(super) fn destinations(facts: &[DestinationFacts]) -> Result<Entities, FactError> {
    let mut names = BTreeSet::new();
    if let Some(twice) = facts.iter().find(|facts| !names.insert(facts.name.as_str())) {
        return Err(FactError::Entity(format!("`{}` is there twice", twice.name)));
    }
    let entities = facts.iter().map(destination).collect::<Result<Vec<_>, _>>()?;
    Entities::from_entities(entities, None).map_err(|error| FactError::Entity(error.to_string()))
}

fn destination(facts: &DestinationFacts) -> Result<Entity, FactError> {
    let vendor = facts.vendor.as_deref().unwrap_or_default();
    let attributes = HashMap::from([
        ("name".to_owned(), text(&facts.name)),
        ("kind".to_owned(), text(&facts.kind)),
        ("self_hosted".to_owned(), RestrictedExpression::new_bool(facts.hosting == Hosting::SelfHosted)),
        ("region".to_owned(), text(&facts.region)),
        ("jurisdiction".to_owned(), text(&facts.jurisdiction)),
        ("vendor".to_owned(), text(vendor)),
        ("model".to_owned(), text(&facts.model)),
        ("digest".to_owned(), text(facts.digest.as_deref().unwrap_or_default())),
        ("owned".to_owned(), RestrictedExpression::new_bool(facts.owned)),
        ("allow_unmodelled".to_owned(), RestrictedExpression::new_bool(facts.allow_unmodelled)),
        ("service".to_owned(), text(&facts.service)),
        ("floating".to_owned(), RestrictedExpression::new_bool(facts.floating)),
        ("trains".to_owned(), RestrictedExpression::new_bool(facts.assessed.trains)),
        ("retention_days".to_owned(), RestrictedExpression::new_long(i64::from(facts.assessed.retention_days))),
        ("baa".to_owned(), RestrictedExpression::new_bool(facts.assessed.baa)),
        ("baa_services".to_owned(), texts(facts.assessed.baa_services.iter().map(String::as_str))),
        ("baa_features".to_owned(), texts(facts.assessed.baa_features.iter().map(String::as_str))),
    ]);
    let mut parents = HashSet::from([uid("Model", &facts.model)]);
    parents.extend(facts.vendor.iter().map(|vendor| uid("Vendor", vendor)));
    Entity::new(uid("Destination", &facts.name), attributes, parents)
        .map_err(|error| FactError::Entity(error.to_string()))
}

/// The context of a call at one destination. `level` is the effective one, floor included.
pub(super) fn context(
    caller: &Caller,
    call: &CallFacts<'_>,
    level: Level,
    assessment: &str,
    provenance: &str,
) -> Result<Context, FactError> {
    let classes = call.classes.keys().map(Class::as_str);
    let groups: BTreeSet<&str> = call.classes.keys().map(Class::family).collect();
    let pairs = [
        ("level", RestrictedExpression::new_long(level::number(level))),
        ("classes", texts(classes)),
        ("groups", texts(groups)),
        ("counts", counts(call)?),
        ("injection", RestrictedExpression::new_long(call.injection_per_mille())),
        ("tools", RestrictedExpression::new_bool(call.tools)),
        ("untrusted", RestrictedExpression::new_bool(call.untrusted)),
        ("unmodelled", texts(call.unmodelled.iter().map(String::as_str))),
        ("provider_fetch", texts(call.provider_fetch.iter().map(String::as_str))),
        ("use_case", text(caller.use_case.as_deref().unwrap_or_default())),
        ("features", texts(call.actions.iter().map(|action| action.name()))),
        ("environment", text(caller.purpose.environment.name())),
        ("criticality", text(caller.purpose.criticality.name())),
        ("tier", text(&caller.purpose.tier)),
        ("residency", texts(caller.purpose.residency.iter().map(String::as_str))),
        ("elevated", RestrictedExpression::new_bool(call.now_unix < caller.elevated_until_unix)),
        ("production", RestrictedExpression::new_bool(call.mode == Mode::Production)),
        ("now", RestrictedExpression::new_long(call.now_unix)),
        ("assessment", text(assessment)),
        ("provenance", text(provenance)),
    ];
    Context::from_pairs(pairs.map(|(name, value)| (name.to_owned(), value)))
        .map_err(|error| FactError::Context(error.to_string()))
}

/// How many findings of each group; groups without a count of their own are `other`.
fn counts(call: &CallFacts<'_>) -> Result<RestrictedExpression, FactError> {
    let mut other = 0i64;
    let mut counted = COUNTED_GROUPS.map(|name| (name, 0i64));
    for (class, count) in call.classes {
        let group = class.family();
        let total = counted.iter_mut().find(|(name, _)| *name == group).map_or(&mut other, |(_, total)| total);
        *total = total.saturating_add(i64::from(*count));
    }
    let fields = counted.into_iter().chain([("other", other)]);
    RestrictedExpression::new_record(
        fields.map(|(name, total)| (name.to_owned(), RestrictedExpression::new_long(total))),
    )
    .map_err(|error| FactError::Entity(error.to_string()))
}

fn text(value: &str) -> RestrictedExpression {
    RestrictedExpression::new_string(value.to_owned())
}

fn texts<'a>(values: impl IntoIterator<Item = &'a str>) -> RestrictedExpression {
    RestrictedExpression::new_set(values.into_iter().map(text))
}

/// Cedar parses a type's name; ours are parsed once.
fn type_named(name: &'static str) -> EntityTypeName {
    TYPE_NAMES.iter().find(|(known, _)| *known == name).map_or_else(|| parse_type(name), |(_, parsed)| parsed.clone())
}

fn parse_type(name: &'static str) -> EntityTypeName {
    name.parse().expect("a type name of the schema")
}

static TYPE_NAMES: LazyLock<[(&'static str, EntityTypeName); 9]> = LazyLock::new(|| {
    ["Tenant", "Group", "UseCase", "Workload", "Person", "Vendor", "Model", "Destination", "Action"]
        .map(|name| (name, parse_type(name)))
});
