//! Two decisions beside each other: which destinations they say something different about.

use serde::{Deserialize, Serialize};

use crate::decision::Decision;
use crate::destination::DestinationFacts;

/// What a decision says of one destination, as it is compared: not who said so.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Verdict {
    /// It may go there.
    Permitted {
        /// What must be done for it, each as a word.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        obligations: Vec<String>,
    },
    /// It may not.
    Refused {
        /// The stable code.
        code: String,
    },
}

/// A destination about which two decisions differ.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Change {
    /// Its name.
    pub destination: String,
    /// What the first decision says.
    pub before: Verdict,
    /// What the second one says.
    pub after: Verdict,
}

impl Verdict {
    /// Whether it may go there.
    pub fn is_permitted(&self) -> bool {
        matches!(self, Self::Permitted { .. })
    }
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Permitted { obligations } if obligations.is_empty() => f.write_str("permitted"),
            Self::Permitted { obligations } => write!(f, "permitted with {}", obligations.join(", ")),
            Self::Refused { code } => write!(f, "refused ({code})"),
        }
    }
}

/// What a decision says of the destination at `index`; `None` when it was not asked about.
pub fn verdict(decision: &Decision, index: usize) -> Option<Verdict> {
    let permitted = decision.permitted.iter().find(|one| one.destination == index);
    let refused = decision.refused.iter().find(|one| one.destination == index);
    match (permitted, refused) {
        (_, Some(refused)) => Some(Verdict::Refused { code: refused.code.as_str().to_owned() }),
        (Some(permitted), None) => Some(Verdict::Permitted { obligations: permitted.obligations.words() }),
        (None, None) => None,
    }
}

/// Every destination about which two decisions on the same call differ.
pub fn compare(before: &Decision, after: &Decision, destinations: &[DestinationFacts]) -> Vec<Change> {
    let changed = |(index, facts): (usize, &DestinationFacts)| {
        let (before, after) = (verdict(before, index)?, verdict(after, index)?);
        (before != after).then(|| Change { destination: facts.name.clone(), before, after })
    };
    destinations.iter().enumerate().filter_map(changed).collect()
}
