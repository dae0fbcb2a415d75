//! Kinds of call: every combination of what policies look at, so that two sets can be compared, and one can be searched
//! for what never applies.
//!
//! A dimension is there when a policy looks at it; its values are those that policies compare with, and one besides.
//! Levels, actions and the common groups of classes are always there. Past [`KINDS_MAX`] combinations, or with very many policies before, an even sample is
//! taken, and the answer says so.

use std::collections::{BTreeMap, BTreeSet};

use inspect::{Class, Level};

use crate::call::{Action, CallFacts, Mode};
use crate::caller::{Caller, CallerKind, Criticality, Environment};
use crate::destination::{Assessed, Assessment, DestinationFacts, Destinations, Hosting, Provenance};
use crate::mentions::Mentions;

/// What kinds of call are tried on: the destinations of a configuration, in its mode, at one moment.
#[derive(Clone, Debug)]
pub struct Ground {
    pub(crate) destinations: Destinations,
    pub(crate) mode: Mode,
    pub(crate) now_unix: i64,
}

impl Ground {
    /// The destinations of a configuration. Where none of them is hosted, or none self-hosted, one is made up, because
    /// policies speak of both.
    pub fn new(destinations: &[DestinationFacts], mode: Mode, now_unix: i64) -> Self {
        let mut facts: Vec<DestinationFacts> = destinations.iter().take(DESTINATIONS_MAX).cloned().collect();
        for hosting in [Hosting::SelfHosted, Hosting::Hosted] {
            if !facts.iter().any(|one| one.hosting == hosting) {
                facts.push(made_up(hosting));
            }
        }
        Self { destinations: Destinations::prepare(&facts), mode, now_unix }
    }

    /// The same ground with a destination for each thing that can be wrong with one. A policy that guards against what is
    /// not there yet is not unreachable.
    pub(crate) fn with_flaws(&self) -> Self {
        let mut facts = self.destinations.facts().to_vec();
        facts.extend(FLAWS.iter().map(|(hosting, what, flaw)| {
            let mut flawed = DestinationFacts { name: format!("({what})"), ..made_up(*hosting) };
            flawed.floating = false;
            flawed.assessed = Assessed::own();
            flaw(&mut flawed);
            flawed
        }));
        Self { destinations: Destinations::prepare(&facts), ..self.clone() }
    }

    /// The destinations, in order.
    pub fn destinations(&self) -> &[DestinationFacts] {
        self.destinations.facts()
    }
}

/// One dimension of the grid.
pub(crate) struct Dimension {
    /// As sentences say it.
    pub(crate) name: &'static str,
    pub(crate) values: Vec<Value>,
}

/// One value of a dimension.
pub(crate) struct Value {
    /// As sentences say it.
    pub(crate) label: String,
    set: Setting,
}

enum Setting {
    Does(Vec<Action>),
    Level(Level),
    Classes(BTreeMap<Class, u32>),
    Who(Box<Caller>),
    Floor(Level),
    Environment(Environment),
    Criticality(Criticality),
    Tier(String),
    Residency(Vec<String>),
    Elevated(bool),
    Admin(bool),
    Injection(i64),
    Untrusted(bool),
    Unmodelled(bool),
    Now(i64),
}

/// All dimensions, and which combinations of them are tried.
pub(crate) struct Grid {
    pub(crate) dimensions: Vec<Dimension>,
    /// How many combinations there are.
    pub(crate) combinations: usize,
    kinds_max: usize,
    mode: Mode,
    now_unix: i64,
}

/// One kind of call, ready to be decided.
pub(crate) struct Kind {
    /// For each dimension which value.
    pub(crate) place: Vec<usize>,
    pub(crate) caller: Caller,
    actions: Vec<Action>,
    classes: BTreeMap<Class, u32>,
    level: Level,
    injection: f32,
    untrusted: bool,
    unmodelled: Vec<String>,
    mode: Mode,
    now_unix: i64,
}

impl Kind {
    pub(crate) fn facts(&self) -> CallFacts<'_> {
        CallFacts {
            actions: &self.actions,
            classes: &self.classes,
            level: self.level,
            injection: self.injection,
            tools: self.actions.contains(&Action::UseTool),
            untrusted: self.untrusted,
            unmodelled: &self.unmodelled,
            provider_fetch: &[],
            mode: self.mode,
            now_unix: self.now_unix,
        }
    }
}

impl Grid {
    /// The grid for so many policies, which speak of `mentions`.
    pub(crate) fn new(mentions: &Mentions, policies: usize, ground: &Ground) -> Self {
        let mut dimensions = vec![whose(mentions), doing(), level(), classes(mentions)];
        dimensions.extend(about_the_use_case(mentions, ground));
        dimensions.extend(about_the_call(mentions, ground));
        dimensions.retain(|dimension| dimension.values.len() > 1);
        let combinations = dimensions.iter().map(|one| one.values.len()).fold(1usize, usize::saturating_mul);
        let each = policies.saturating_mul(ground.destinations.len()).max(1);
        let kinds_max = (EVALUATIONS_MAX / each).clamp(KINDS_MIN, KINDS_MAX);
        Self { dimensions, combinations, kinds_max, mode: ground.mode, now_unix: ground.now_unix }
    }

    /// How many kinds are tried.
    pub(crate) fn tried(&self) -> usize {
        self.combinations.min(self.kinds_max)
    }

    /// Every kind that is tried.
    pub(crate) fn kinds(&self) -> impl Iterator<Item = Kind> + '_ {
        let tried = self.tried();
        // An even sample of all combinations; where all are tried, each in turn.
        let at = move |n: usize| {
            let exact = (n as u128) * (self.combinations as u128) / (tried.max(1) as u128);
            usize::try_from(exact).unwrap_or_default()
        };
        (0..tried).map(move |n| self.kind(at(n)))
    }

    fn kind(&self, mut number: usize) -> Kind {
        let mut kind = Kind {
            place: Vec::with_capacity(self.dimensions.len()),
            caller: Caller { floor: Level::Public, ..Caller::workload("anybody", "anywhere") },
            actions: vec![Action::Chat],
            classes: BTreeMap::new(),
            level: Level::Public,
            injection: 0.0,
            untrusted: false,
            unmodelled: Vec::new(),
            mode: self.mode,
            now_unix: self.now_unix,
        };
        for dimension in &self.dimensions {
            let index = number % dimension.values.len().max(1);
            number /= dimension.values.len().max(1);
            kind.place.push(index);
            if let Some(value) = dimension.values.get(index) {
                value.set.apply(&mut kind);
            }
        }
        kind
    }
}

impl Setting {
    fn apply(&self, kind: &mut Kind) {
        match self {
            Self::Does(actions) => {
                kind.untrusted |= actions.contains(&Action::Retrieve);
                kind.actions.clone_from(actions);
            }
            Self::Level(level) => kind.level = *level,
            Self::Classes(classes) => kind.classes.clone_from(classes),
            // Who comes first, so that what follows holds for anybody.
            Self::Who(caller) => kind.caller = (**caller).clone(),
            Self::Floor(floor) => kind.caller.floor = *floor,
            Self::Environment(environment) => kind.caller.purpose.environment = *environment,
            Self::Criticality(criticality) => kind.caller.purpose.criticality = *criticality,
            Self::Tier(tier) => kind.caller.purpose.tier.clone_from(tier),
            Self::Residency(places) => kind.caller.purpose.residency.clone_from(places),
            Self::Elevated(elevated) => kind.caller.elevated_until_unix = if *elevated { i64::MAX } else { 0 },
            Self::Admin(admin) => kind.caller.admin = *admin,
            #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "a score per mille")]
            Self::Injection(per_mille) => kind.injection = (*per_mille as f64 / 1000.0) as f32,
            Self::Untrusted(untrusted) => kind.untrusted |= *untrusted,
            Self::Unmodelled(there) => kind.unmodelled = if *there { vec!["a_field".to_owned()] } else { Vec::new() },
            Self::Now(now) => kind.now_unix = *now,
        }
    }
}

fn value(label: impl Into<String>, set: Setting) -> Value {
    Value { label: label.into(), set }
}

fn whose(mentions: &Mentions) -> Dimension {
    let anybody = || Caller { floor: Level::Public, ..Caller::workload("anybody", "anywhere") };
    let mut values = vec![value("anybody else", Setting::Who(Box::new(anybody())))];
    let mut add = |label: String, caller: Caller| values.push(value(label, Setting::Who(Box::new(caller))));
    for id in mentions.ids_of("Group").take(NAMED_MAX) {
        add(format!("members of `{id}`"), Caller { groups: vec![id.to_owned()], ..anybody() });
    }
    for id in mentions.ids_of("Tenant").take(NAMED_MAX) {
        add(format!("tenant `{id}`"), Caller { tenant: id.to_owned(), ..anybody() });
    }
    let in_texts = mentions.texts_of("context.use_case");
    let use_cases: BTreeSet<&str> = mentions.ids_of("UseCase").chain(in_texts).collect();
    for id in use_cases.into_iter().filter(|id| !id.is_empty()).take(NAMED_MAX) {
        add(format!("use case `{id}`"), Caller { use_case: Some(id.to_owned()), ..anybody() });
    }
    for id in mentions.ids_of("Workload").take(NAMED_MAX) {
        add(format!("workload `{id}`"), Caller { id: id.to_owned(), ..anybody() });
    }
    for id in mentions.ids_of("Person").take(NAMED_MAX) {
        add(format!("person `{id}`"), Caller { kind: CallerKind::Person, id: id.to_owned(), ..anybody() });
    }
    Dimension { name: "caller", values }
}

/// Each main action, and chat with each other one: what a call does besides asking.
fn doing() -> Dimension {
    let kind = |actions: Vec<Action>| {
        let names: Vec<&str> = actions.iter().map(|action| action.name()).collect();
        value(format!("`{}`", names.join("+")), Setting::Does(actions))
    };
    let alone = [Action::Chat, Action::Embed, Action::CountTokens].map(|action| kind(vec![action]));
    let with = [Action::UseTool, Action::StoreState, Action::SendAttachment, Action::Retrieve]
        .map(|action| kind(vec![Action::Chat, action]));
    Dimension { name: "doing", values: alone.into_iter().chain(with).collect() }
}

fn level() -> Dimension {
    let values = Level::ALL.map(|level| value(format!("`{level}`"), Setting::Level(level)));
    Dimension { name: "level", values: values.into() }
}

fn classes(mentions: &Mentions) -> Dimension {
    let mut names: BTreeSet<String> = COMMON_CLASSES.map(str::to_owned).into();
    names.extend(mentions.texts_of("context.classes").take(NAMED_MAX).map(str::to_owned));
    for group in mentions.texts_of("context.groups").take(NAMED_MAX) {
        if !names.iter().any(|name| crate::facts::group(name) == group) {
            names.insert(format!("{group}.any"));
        }
    }
    let mut values = vec![value("nothing", Setting::Classes(BTreeMap::new()))];
    for name in names {
        let group = crate::facts::group(&name);
        let mut counts = BTreeSet::from([1]);
        for number in mentions.numbers_of(&format!("context.counts.{group}")) {
            counts.extend([number, number.saturating_add(1)].map(|n| u32::try_from(n).unwrap_or(1).max(1)));
        }
        for count in counts {
            let label = if count == 1 { format!("`{name}`") } else { format!("`{name}` {count} times") };
            values.push(value(label, Setting::Classes(BTreeMap::from([(Class::new(&name), count)]))));
        }
    }
    Dimension { name: "found", values }
}

fn about_the_use_case(mentions: &Mentions, ground: &Ground) -> Vec<Dimension> {
    let mut dimensions = Vec::new();
    if mentions.looks_at("context.environment") {
        let values = Environment::NAMED.map(|(name, one)| value(format!("`{name}`"), Setting::Environment(one)));
        dimensions.push(Dimension { name: "environment", values: values.into() });
    }
    if mentions.looks_at("context.criticality") {
        let values = Criticality::NAMED.map(|(name, one)| value(format!("`{name}`"), Setting::Criticality(one)));
        dimensions.push(Dimension { name: "criticality", values: values.into() });
    }
    if mentions.looks_at("context.tier") {
        let tiers = std::iter::once("").chain(mentions.texts_of("context.tier"));
        let values = tiers.map(|tier| value(format!("`{tier}`"), Setting::Tier(tier.to_owned()))).collect();
        dimensions.push(Dimension { name: "tier", values });
    }
    if mentions.looks_at("context.residency") {
        let named = ground.destinations().iter().map(|one| one.jurisdiction.as_str());
        let places: BTreeSet<&str> =
            named.chain(mentions.texts_of("context.residency")).filter(|place| !place.is_empty()).collect();
        let mut values = vec![value("not said", Setting::Residency(Vec::new()))];
        values.extend(
            places.into_iter().map(|place| value(format!("`{place}`"), Setting::Residency(vec![place.to_owned()]))),
        );
        dimensions.push(Dimension { name: "residency", values });
    }
    dimensions
}

fn about_the_call(mentions: &Mentions, ground: &Ground) -> Vec<Dimension> {
    let mut dimensions = Vec::new();
    let mut add = |wanted: bool, name: &'static str, values: Vec<Value>| {
        if wanted {
            dimensions.push(Dimension { name, values });
        }
    };
    let both = |yes: &str, no: &str, set: fn(bool) -> Setting| vec![value(no, set(false)), value(yes, set(true))];
    add(mentions.looks_at("context.elevated"), "caller is", both("elevated", "not elevated", Setting::Elevated));
    add(
        mentions.looks_at("principal.admin"),
        "caller is",
        both("an administrator", "no administrator", Setting::Admin),
    );
    let untrusted = both("with somebody else's text", "without", Setting::Untrusted);
    add(mentions.looks_at("context.untrusted"), "text of others", untrusted);
    let unmodelled = both("unknown ones", "known ones", Setting::Unmodelled);
    let wanted = mentions.looks_at("context.unmodelled") || mentions.looks_at("resource.allow_unmodelled");
    add(wanted, "fields", unmodelled);
    let floors = Level::ALL.map(|level| value(format!("`{level}`"), Setting::Floor(level)));
    add(mentions.looks_at("principal.floor"), "caller's floor", floors.into());
    let scores: BTreeSet<i64> = mentions
        .numbers_of("context.injection")
        .flat_map(|score| [score.saturating_sub(1), score, score.saturating_add(1)])
        .chain([0, 1000])
        .map(|score| score.clamp(0, 1000))
        .collect();
    let scores = scores.into_iter().map(|score| value(format!("{score} ‰"), Setting::Injection(score))).collect();
    add(mentions.looks_at("context.injection"), "injection", scores);
    let moments: BTreeSet<i64> = mentions
        .numbers_of("context.now")
        .flat_map(|moment| [moment.saturating_sub(1), moment, moment.saturating_add(1)])
        .chain([ground.now_unix])
        .collect();
    let moments = moments.into_iter().map(|moment| value(format!("at {moment}"), Setting::Now(moment))).collect();
    add(mentions.looks_at("context.now"), "time", moments);
    dimensions
}

/// A destination that stands for all of its hosting in a configuration that has none.
fn made_up(hosting: Hosting) -> DestinationFacts {
    let hosted = hosting == Hosting::Hosted;
    DestinationFacts {
        name: if hosted { "(a hosted one)" } else { "(a self-hosted one)" }.to_owned(),
        kind: "openai".to_owned(),
        hosting,
        host: String::new(),
        region: String::new(),
        jurisdiction: if hosted { "US" } else { "" }.to_owned(),
        vendor: hosted.then(|| "(a vendor)".to_owned()),
        model: "(a model)".to_owned(),
        digest: None,
        owned: true,
        allow_unmodelled: false,
        assessment: if hosted { Assessment::Until(i64::MAX) } else { Assessment::NotRequired },
        provenance: Provenance::NotApplicable,
        service: String::new(),
        floating: hosted,
        assessed: if hosted { Assessed::default() } else { Assessed::own() },
    }
}

/// What can be wrong with a destination, one thing each.
type Flaw = (Hosting, &'static str, fn(&mut DestinationFacts));
const FLAWS: [Flaw; 9] = [
    (Hosting::Hosted, "expired", |one| one.assessment = Assessment::Until(0)),
    (Hosting::Hosted, "missing", |one| one.assessment = Assessment::Missing),
    (Hosting::Hosted, "unowned", |one| one.owned = false),
    (Hosting::Hosted, "trains", |one| one.assessed.trains = true),
    (Hosting::Hosted, "keeps", |one| one.assessed.retention_days = 30),
    (Hosting::Hosted, "floats", |one| one.floating = true),
    (Hosting::Hosted, "in the EU", |one| one.jurisdiction = "EU".to_owned()),
    (Hosting::SelfHosted, "unowned, own", |one| one.owned = false),
    (Hosting::SelfHosted, "unpromoted", |one| {
        one.provenance = Provenance::Unpromoted;
        one.allow_unmodelled = true;
    }),
];
/// Classes that are always tried, because every organisation has an opinion about them.
const COMMON_CLASSES: [&str; 6] =
    ["attack.injection", "code.source", "opaque.image", "phi.mrn", "pii.email", "secret.aws_access_key"];
/// The most kinds of call that are tried.
const KINDS_MAX: usize = 20_000;
/// As many are tried whatever the number of policies.
const KINDS_MIN: usize = 500;
/// About how many times a policy is evaluated at most, so that the answer comes in seconds.
const EVALUATIONS_MAX: usize = 20_000_000;
/// The most destinations that are tried.
const DESTINATIONS_MAX: usize = 16;
/// The most values of one dimension that policies name.
const NAMED_MAX: usize = 24;
