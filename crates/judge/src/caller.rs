//! Who calls, as policies see them.

use inspect::Level;
use serde::{Deserialize, Serialize};

/// Whether a caller is a program or a person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallerKind {
    /// A program: `Workload` in policies.
    #[default]
    Workload,
    /// A person: `Person` in policies.
    Person,
}

/// An authenticated caller. There is no anonymous one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caller {
    /// Program or person.
    pub kind: CallerKind,
    /// What identifies it for good, for example the id of its key: the `Workload::"…"` of policies.
    pub id: String,
    /// The name that people gave it.
    pub name: String,
    /// The tenant it belongs to.
    pub tenant: String,
    /// The use case that its credential names. Never what the caller says about itself.
    pub use_case: Option<String>,
    /// The level that its calls never fall below.
    pub floor: Level,
    /// The groups it belongs to.
    pub groups: Vec<String>,
    /// Whether it may administer the door.
    pub admin: bool,
    /// What its use case was registered for.
    #[serde(default, skip_serializing_if = "is_strictest")]
    pub purpose: Purpose,
    /// Until when somebody granted it more than it has by itself, in unix seconds; 0: never.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub elevated_until_unix: i64,
    /// What would be refused it is let through and recorded as such, within these bounds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observe: Option<Observe>,
}

/// What a use case was registered for. What nobody said is the strictest, which is the default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Purpose {
    /// Whether its data are real.
    pub environment: Environment,
    /// What depends on it.
    pub criticality: Criticality,
    /// Its risk class in the organisation's own words; empty where nobody said.
    pub tier: String,
    /// The jurisdictions that its personal data may be in; empty where nobody said.
    pub residency: Vec<String>,
}

/// Whether a use case works on real data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Environment {
    /// Real data; also where nobody said.
    #[default]
    Production,
    /// Data made for testing.
    Test,
    /// Somebody tries something out.
    Experiment,
}

impl Environment {
    /// Every environment by its name in policies.
    pub const NAMED: [(&'static str, Self); 3] =
        [("production", Self::Production), ("test", Self::Test), ("experiment", Self::Experiment)];

    /// Its name in policies.
    pub fn name(self) -> &'static str {
        named(&Self::NAMED, self)
    }
}

/// What depends on a use case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Criticality {
    /// Little.
    Low,
    /// Something.
    Medium,
    /// Much.
    High,
    /// Lives, rights or the organisation; also where nobody said.
    #[default]
    Critical,
}

impl Criticality {
    /// Every criticality by its name in policies.
    pub const NAMED: [(&'static str, Self); 4] =
        [("low", Self::Low), ("medium", Self::Medium), ("high", Self::High), ("critical", Self::Critical)];

    /// Its name in policies.
    pub fn name(self) -> &'static str {
        named(&Self::NAMED, self)
    }
}

/// A week of looking before enforcing: what policy would refuse this caller goes through and is recorded as such.
///
/// It is a fact about the caller and so part of every record's policy input: a proof over that time cannot leave it out.
/// What errors, what production closes, and what needs something done to the call first is refused all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observe {
    /// Unix seconds from which on everything is enforced.
    pub until_unix: i64,
    /// The highest level that is let through.
    pub level_max: Level,
}

fn named<T: Copy + PartialEq>(names: &[(&'static str, T)], wanted: T) -> &'static str {
    names.iter().find(|(_, value)| *value == wanted).map_or("", |(name, _)| name)
}

fn is_strictest(purpose: &Purpose) -> bool {
    *purpose == Purpose::default()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
fn is_zero(number: &i64) -> bool {
    *number == 0
}

impl Caller {
    /// A workload with nothing declared about it: floor `internal`, no groups, no use case, no administration.
    pub fn workload(id: impl Into<String>, tenant: impl Into<String>) -> Self {
        let id = id.into();
        Self {
            kind: CallerKind::Workload,
            name: id.clone(),
            id,
            tenant: tenant.into(),
            use_case: None,
            floor: Level::Internal,
            groups: Vec::new(),
            admin: false,
            purpose: Purpose::default(),
            elevated_until_unix: 0,
            observe: None,
        }
    }
}
