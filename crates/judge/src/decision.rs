//! What a decision says: where a call may go, under which obligations, and why not elsewhere.

use std::collections::BTreeSet;
use std::fmt;

use inspect::Level;
use serde::{Deserialize, Serialize};

use crate::obligations::Obligations;

/// Where a call may go, and where not. Every destination asked about is in exactly one of the two lists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[must_use]
pub struct Decision {
    /// The effective level: what was found, and never below the caller's floor.
    pub level: Level,
    /// Permitted destinations, in the order of [`crate::Destinations`].
    pub permitted: Vec<Permitted>,
    /// Refused destinations, in the order of [`crate::Destinations`].
    pub refused: Vec<Refused>,
}

/// A permitted destination.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Permitted {
    /// Its index in [`crate::Destinations`].
    pub destination: usize,
    /// What must be done for it.
    pub obligations: Obligations,
    /// The ids of the policies that permit it, sorted.
    pub policies: Vec<String>,
}

/// A refused destination.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// Its index in [`crate::Destinations`].
    pub destination: usize,
    /// A stable code.
    pub code: Code,
    /// Why, in one sentence that starts in lower case and has no full stop. It names classes and policies, never content.
    pub reason: String,
    /// The ids of the policies that refuse or fail, sorted; empty when none speaks.
    pub policies: Vec<String>,
    /// What would make it possible, best first.
    pub would_help: Vec<String>,
}

/// Why a destination is refused, for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// No policy permits it.
    NotPermitted,
    /// A policy forbids it.
    ForbiddenByPolicy,
    /// A policy, or the facts for it, could not be evaluated.
    PolicyError,
    /// Fields that the door does not model, and no policy that lets them through.
    UnmodelledField,
    /// An address that the provider would fetch, which is no permitted destination's.
    ProviderFetch,
    /// Its owners are not named (production).
    DestinationUnowned,
    /// Its vendor's assessment has expired (production).
    AssessmentExpired,
    /// Its vendor was not assessed (production).
    AssessmentMissing,
    /// Its model is not promoted (production).
    ModelUnpromoted,
    /// A second look asked for something that was not done to the content.
    ObligationGrew,
    /// A policy asks that nothing be kept, and the vendor keeps something, or nobody found out.
    RetentionNotExcluded,
    /// There is nothing to decide: the call does nothing, or was not decided for this destination.
    NotDecided,
}

impl Code {
    /// The code as errors and records write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotPermitted => "not_permitted",
            Self::ForbiddenByPolicy => "forbidden_by_policy",
            Self::PolicyError => "policy_error",
            Self::UnmodelledField => "unmodelled_field",
            Self::ProviderFetch => "provider_fetch",
            Self::DestinationUnowned => "destination_unowned",
            Self::AssessmentExpired => "assessment_expired",
            Self::AssessmentMissing => "assessment_missing",
            Self::ModelUnpromoted => "model_unpromoted",
            Self::ObligationGrew => "obligation_grew",
            Self::RetentionNotExcluded => "retention_not_excluded",
            Self::NotDecided => "not_decided",
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What holds after a second look at a permitted destination, which may only narrow.
///
/// `after` is [`crate::decide_one`] over the call as it was transformed for that destination.
///
/// # Errors
/// A refusal when the second decision refuses, or when it asks for something to be done to the body that was not done.
pub fn narrow(before: &Permitted, after: &Decision) -> Result<Permitted, Refused> {
    if let Some(refused) = after.refused.iter().find(|refused| refused.destination == before.destination) {
        return Err(refused.clone());
    }
    let refuse = |code, reason: &str| Refused {
        destination: before.destination,
        code,
        reason: reason.to_owned(),
        policies: before.policies.clone(),
        would_help: Vec::new(),
    };
    let Some(second) = after.permitted.iter().find(|permitted| permitted.destination == before.destination) else {
        return Err(refuse(Code::NotDecided, "the prepared call was not decided for this destination"));
    };
    // Only what would have been refused from the start is observed; a second look lets nothing more through.
    if let (None, Some(code)) = (before.obligations.observed, second.obligations.observed) {
        return Err(refuse(code, "the prepared call is refused by policy"));
    }
    if !before.obligations.covers(&second.obligations) {
        let reason = "the prepared call brought an obligation that was not carried out on its content";
        return Err(refuse(Code::ObligationGrew, reason));
    }
    let policies: BTreeSet<String> = before.policies.iter().chain(&second.policies).cloned().collect();
    Ok(Permitted {
        destination: before.destination,
        obligations: before.obligations.narrowed(&second.obligations),
        policies: policies.into_iter().collect(),
    })
}
