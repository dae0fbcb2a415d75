//! Tables that test policies: what is known of a call, and where it may go. `NAME.test.toml` beside the policies.

use std::collections::{BTreeMap, BTreeSet};

use inspect::{Class, Level};
use judge::{
    Action, Assessed, Assessment, CallFacts, Caller, CallerKind, Criticality, Decision, DestinationFacts, Destinations,
    Environment, Hosting, Mode, Policies, Provenance, Purpose,
};
use serde::Deserialize;

/// A file of tests.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    /// The policy files that are tested, beside this one; absent: all of them.
    #[serde(default)]
    pub(super) policies: Option<Vec<String>>,
    /// Destinations that exist in these tests alone; absent: those of the configuration.
    #[serde(default, rename = "destination")]
    pub(super) destinations: Vec<Place>,
    /// The tests.
    #[serde(default, rename = "test")]
    pub(super) tests: Vec<Case>,
}

/// A destination of a test. What is not said is what a well kept destination of its hosting has.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Place {
    name: String,
    hosting: Hosting,
    #[serde(default = "kind")]
    kind: String,
    #[serde(default)]
    region: String,
    #[serde(default)]
    jurisdiction: String,
    #[serde(default)]
    vendor: Option<String>,
    #[serde(default = "model")]
    model: String,
    #[serde(default)]
    service: String,
    #[serde(default = "yes")]
    pinned: bool,
    #[serde(default = "yes")]
    owned: bool,
    #[serde(default)]
    allow_unmodelled: bool,
    /// `current`, `expired` or `missing`.
    #[serde(default)]
    assessment: Option<String>,
    #[serde(default)]
    provenance: Option<Provenance>,
    /// What the assessment found; what is not said is the worst.
    #[serde(default)]
    assessed: Option<Assessed>,
}

/// One test.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Case {
    /// A sentence.
    pub(super) name: String,
    #[serde(default)]
    caller: Who,
    /// Absent: the highest level of the classes, as the configuration orders them.
    #[serde(default)]
    level: Option<Level>,
    #[serde(default)]
    classes: Classes,
    #[serde(default = "chat")]
    actions: Vec<Action>,
    #[serde(default)]
    injection: f32,
    #[serde(default)]
    tools: bool,
    #[serde(default)]
    untrusted: bool,
    #[serde(default)]
    unmodelled: Vec<String>,
    #[serde(default)]
    provider_fetch: Vec<String>,
    #[serde(default)]
    mode: Mode,
    /// Exactly these destinations are permitted; absent: not looked at.
    #[serde(default)]
    permitted: Option<BTreeSet<String>>,
    /// Destination → the code that it is refused with.
    #[serde(default)]
    refused: BTreeMap<String, String>,
    /// Destination → exactly these obligations, as words: `drop_tools`, `pseudonymise:pii`.
    #[serde(default)]
    obligations: BTreeMap<String, BTreeSet<String>>,
    /// Destination → policies that must be among those that decide.
    #[serde(default)]
    policies: BTreeMap<String, BTreeSet<String>>,
}

/// The caller of a test: `internal`, and nothing declared about it, unless said.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Who {
    kind: CallerKind,
    id: Option<String>,
    name: Option<String>,
    tenant: Option<String>,
    groups: Vec<String>,
    use_case: Option<String>,
    floor: Option<Level>,
    admin: bool,
    environment: Option<Environment>,
    criticality: Option<Criticality>,
    tier: String,
    residency: Vec<String>,
    elevated: bool,
}

/// Classes found: names, each once, or names and how often.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Classes {
    Once(Vec<String>),
    Counted(BTreeMap<String, u32>),
}

impl Default for Classes {
    fn default() -> Self {
        Self::Once(Vec::new())
    }
}

impl Place {
    /// The facts that policy sees.
    ///
    /// # Errors
    /// A word that is not known.
    pub(super) fn facts(&self) -> Result<DestinationFacts, String> {
        let hosted = self.hosting == Hosting::Hosted;
        let assessment = match (hosted, self.assessment.as_deref()) {
            (false, None) => Assessment::NotRequired,
            (true, None | Some("current")) => Assessment::Until(i64::MAX),
            (true, Some("expired")) => Assessment::Until(0),
            (true, Some("missing")) => Assessment::Missing,
            (_, Some(other)) => {
                return Err(format!("`assessment = \"{other}\"` is not current, expired or missing of a hosted one"));
            }
        };
        let assessed =
            self.assessed.clone().unwrap_or_else(|| if hosted { Assessed::default() } else { Assessed::own() });
        Ok(DestinationFacts {
            name: self.name.clone(),
            kind: self.kind.clone(),
            hosting: self.hosting,
            host: format!("{}.example", self.name),
            region: self.region.clone(),
            jurisdiction: self.jurisdiction.clone(),
            vendor: self.vendor.clone().or_else(|| hosted.then(|| "acme".to_owned())),
            model: self.model.clone(),
            digest: None,
            owned: self.owned,
            allow_unmodelled: self.allow_unmodelled,
            assessment,
            provenance: self.provenance.unwrap_or(Provenance::NotApplicable),
            service: self.service.clone(),
            floating: hosted && !self.pinned,
            assessed,
        })
    }
}

impl Who {
    fn caller(&self) -> Caller {
        let id = self.id.clone().unwrap_or_else(|| "tester".to_owned());
        let known = self.use_case.is_some();
        Caller {
            kind: self.kind,
            name: self.name.clone().unwrap_or_else(|| id.clone()),
            tenant: self.tenant.clone().unwrap_or_else(|| "default".to_owned()),
            groups: self.groups.clone(),
            use_case: self.use_case.clone(),
            floor: self.floor.unwrap_or(Level::Internal),
            admin: self.admin,
            purpose: Purpose {
                environment: self.environment.unwrap_or_default(),
                criticality: self.criticality.unwrap_or(if known {
                    Criticality::Medium
                } else {
                    Criticality::Critical
                }),
                tier: self.tier.clone(),
                residency: self.residency.clone(),
            },
            elevated_until_unix: if self.elevated { i64::MAX } else { 0 },
            ..Caller::workload(id, "default")
        }
    }
}

impl Case {
    /// What policies decide, and each way in which that is not what the test says.
    ///
    /// # Errors
    /// The test cannot be made: it names what is not there.
    pub(super) fn run(
        &self,
        policies: &Policies,
        destinations: &[DestinationFacts],
        level_of: &dyn Fn(&Class) -> Level,
    ) -> Result<Vec<String>, String> {
        self.names_what_is_there(destinations)?;
        let classes: BTreeMap<Class, u32> = match &self.classes {
            Classes::Once(names) => names.iter().map(|name| (Class::new(name), 1)).collect(),
            Classes::Counted(counts) => counts.iter().map(|(name, count)| (Class::new(name), *count)).collect(),
        };
        let found = classes.keys().map(level_of).max().unwrap_or(Level::Public);
        let call = CallFacts {
            actions: &self.actions,
            classes: &classes,
            level: self.level.unwrap_or(found),
            injection: self.injection,
            tools: self.tools || self.actions.contains(&Action::UseTool),
            untrusted: self.untrusted || self.actions.contains(&Action::Retrieve),
            unmodelled: &self.unmodelled,
            provider_fetch: &self.provider_fetch,
            mode: self.mode,
            now_unix: NOW_UNIX,
        };
        let prepared = Destinations::prepare(destinations);
        let decision = judge::decide(policies, &self.caller.caller(), &call, &prepared);
        Ok(self.complaints(&decision, destinations))
    }

    /// A test about a destination that does not exist would hold whatever policies say.
    fn names_what_is_there(&self, destinations: &[DestinationFacts]) -> Result<(), String> {
        if self.permitted.is_none()
            && self.refused.is_empty()
            && self.obligations.is_empty()
            && self.policies.is_empty()
        {
            return Err("it expects nothing; say `permitted`, `refused`, `obligations` or `policies`".to_owned());
        }
        let named = self.permitted.iter().flatten().chain(self.refused.keys());
        for name in named.chain(self.obligations.keys()).chain(self.policies.keys()) {
            if !destinations.iter().any(|one| one.name == *name) {
                let known: Vec<&str> = destinations.iter().map(|one| one.name.as_str()).collect();
                return Err(format!("there is no destination `{name}`; there are {}", known.join(", ")));
            }
        }
        Ok(())
    }

    fn complaints(&self, decision: &Decision, destinations: &[DestinationFacts]) -> Vec<String> {
        let name = |index: usize| destinations.get(index).map_or("", |one| one.name.as_str());
        let at = |wanted: &str| destinations.iter().position(|one| one.name == wanted).unwrap_or(usize::MAX);
        let mut complaints = Vec::new();
        if let Some(wanted) = &self.permitted {
            let found: BTreeSet<String> =
                decision.permitted.iter().map(|one| name(one.destination).to_owned()).collect();
            for missing in wanted.difference(&found) {
                let why = decision.refused.iter().find(|one| name(one.destination) == missing);
                let why = why.map_or(String::new(), |one| format!(": {} ({})", one.reason, one.code));
                complaints.push(format!("- `{missing}` should be permitted and is refused{why}"));
            }
            for extra in found.difference(wanted) {
                let by = decision.permitted.iter().find(|one| name(one.destination) == extra);
                let by = by.map_or(String::new(), |one| one.policies.join(", "));
                complaints.push(format!("+ `{extra}` is permitted by {by} and should not be"));
            }
        }
        for (wanted, code) in &self.refused {
            let found = judge::verdict(decision, at(wanted));
            if found != Some(judge::Verdict::Refused { code: code.clone() }) {
                let found = found.map_or("nothing".to_owned(), |found| found.to_string());
                complaints.push(format!("~ `{wanted}` should be refused ({code}) and is {found}"));
            }
        }
        for (wanted, obligations) in &self.obligations {
            let found = decision.permitted.iter().find(|one| name(one.destination) == wanted);
            let words: BTreeSet<String> = found.map(|one| one.obligations.words()).into_iter().flatten().collect();
            if found.is_none() {
                complaints.push(format!("~ `{wanted}` is refused, so nothing is obliged there"));
            }
            for missing in obligations.difference(&words) {
                complaints.push(format!("- `{wanted}` should oblige to {missing}"));
            }
            for extra in words.difference(obligations) {
                complaints.push(format!("+ `{wanted}` obliges to {extra}, which the test does not say"));
            }
        }
        for (wanted, policies) in &self.policies {
            let index = at(wanted);
            let permitted =
                decision.permitted.iter().filter(|one| one.destination == index).flat_map(|one| &one.policies);
            let refused = decision.refused.iter().filter(|one| one.destination == index).flat_map(|one| &one.policies);
            let found: BTreeSet<String> = permitted.chain(refused).cloned().collect();
            for missing in policies.difference(&found) {
                let found: Vec<&str> = found.iter().map(String::as_str).collect();
                complaints.push(format!("- `{missing}` should decide about `{wanted}`; {} did", found.join(", ")));
            }
        }
        complaints
    }
}

fn kind() -> String {
    "openai".to_owned()
}

fn model() -> String {
    "a-model".to_owned()
}

fn yes() -> bool {
    true
}

fn chat() -> Vec<Action> {
    vec![Action::Chat]
}

/// The moment of every test: tests are the same every day.
const NOW_UNIX: i64 = 1_795_000_000;
