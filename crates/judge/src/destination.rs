//! Where a call could go: facts from configuration and registers, prepared once per snapshot.

use cedar_policy_core::ast::EntityUID;
use cedar_policy_core::entities::Entities;
use serde::{Deserialize, Serialize};

use crate::facts;

/// Who runs a destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hosting {
    /// The organisation.
    SelfHosted,
    /// A vendor.
    Hosted,
}

/// The state of a vendor's assessment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Assessment {
    /// Nobody needs one, because no vendor is involved.
    NotRequired,
    /// There is none.
    Missing,
    /// It holds until this moment, in unix seconds; from then on it is expired.
    Until(i64),
}

impl Assessment {
    /// Its name in policies at the time `now_unix`.
    pub(crate) fn name(self, now_unix: i64) -> &'static str {
        match self {
            Self::NotRequired => "not_required",
            Self::Missing => "missing",
            Self::Until(end) if now_unix < end => "current",
            Self::Until(_) => "expired",
        }
    }
}

/// The state of a self-hosted model's promotion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Provenance {
    /// There is no model file of ours to verify.
    NotApplicable,
    /// Its digest is not promoted, or none is declared.
    Unpromoted,
    /// Its digest is verified, scanned, baselined and promoted.
    Promoted,
}

impl Provenance {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::NotApplicable => "not_applicable",
            Self::Unpromoted => "unpromoted",
            Self::Promoted => "promoted",
        }
    }
}

/// What is known of one destination.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DestinationFacts {
    /// Its name, unique in a configuration.
    pub name: String,
    /// Its kind as configuration writes it: `openai`, `anthropic`, `embedded`.
    pub kind: String,
    /// Who runs it.
    pub hosting: Hosting,
    /// The host name of its endpoint; empty for the embedded model.
    pub host: String,
    /// Its region.
    pub region: String,
    /// Its jurisdiction, for example `EU`.
    pub jurisdiction: String,
    /// Its vendor, where one runs it.
    pub vendor: Option<String>,
    /// The model's name at the endpoint.
    pub model: String,
    /// The model's digest, where declared.
    pub digest: Option<String>,
    /// Whether all its owners are named.
    pub owned: bool,
    /// Whether its configuration lets unmodelled fields through.
    pub allow_unmodelled: bool,
    /// The vendor's assessment.
    pub assessment: Assessment,
    /// The model's promotion.
    pub provenance: Provenance,
    /// The vendor's service, as its agreements name it; empty where nobody said.
    #[serde(default)]
    pub service: String,
    /// Whether the model behind the name may change without notice: a name without version, or the caller's own.
    #[serde(default = "yes")]
    pub floating: bool,
    /// What the vendor's assessment found. Nothing, for a self-hosted destination.
    #[serde(default)]
    pub assessed: Assessed,
}

/// What a vendor's assessment found. What nobody found out is the strictest, which is the default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Assessed {
    /// Whether it trains on what it is sent.
    pub trains: bool,
    /// Days for which it keeps what it is sent.
    pub retention_days: u32,
    /// Whether a business associate agreement is in force.
    pub baa: bool,
    /// The services that the agreement covers.
    pub baa_services: Vec<String>,
    /// The features that the agreement covers, by the names of actions: `chat`, `send_attachment`.
    pub baa_features: Vec<String>,
}

impl Default for Assessed {
    fn default() -> Self {
        Self {
            trains: true,
            retention_days: RETENTION_UNKNOWN_DAYS,
            baa: false,
            baa_services: Vec::new(),
            baa_features: Vec::new(),
        }
    }
}

impl Assessed {
    /// Of a destination that no vendor runs: nobody else trains on or keeps anything.
    pub fn own() -> Self {
        Self { trains: false, retention_days: 0, ..Self::default() }
    }
}

fn yes() -> bool {
    true
}

/// How long a vendor keeps things when nobody found out: a hundred years.
pub const RETENTION_UNKNOWN_DAYS: u32 = 36_500;

/// Destinations of one alias, in its order of priority, prepared for decisions.
///
/// An index into it is what [`crate::Permitted::destination`] and [`crate::Refused::destination`] mean.
#[derive(Clone, Debug)]
pub struct Destinations {
    facts: Vec<DestinationFacts>,
    uids: Vec<EntityUID>,
    /// `None` when they could not be prepared: then every one is refused, because nothing can be judged.
    entities: Option<Entities>,
}

impl Destinations {
    /// Prepares destinations. Do it once per snapshot, not per call.
    pub fn prepare(facts: &[DestinationFacts]) -> Self {
        let uids = facts.iter().map(|destination| facts::uid("Destination", &destination.name)).collect();
        let entities = facts::destinations(facts).ok();
        Self { facts: facts.to_vec(), uids, entities }
    }

    /// The facts, in order.
    pub fn facts(&self) -> &[DestinationFacts] {
        &self.facts
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.facts.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.facts.is_empty()
    }

    pub(crate) fn entities(&self) -> Option<&Entities> {
        self.entities.as_ref()
    }

    pub(crate) fn uid(&self, index: usize) -> Option<&EntityUID> {
        self.uids.get(index)
    }
}
