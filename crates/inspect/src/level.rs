//! How sensitive content is: four ordered levels and their names.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// How sensitive content is. Ordered: `Public < Internal < Confidential < Restricted`.
///
/// Written and read in lower case (`public`, `internal`, `confidential`, `restricted`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// May be shown to anybody. Content without findings has this level until a floor lifts it.
    #[default]
    Public,
    /// For the organisation only.
    Internal,
    /// For those who need it: personal data, marked documents.
    Confidential,
    /// The most guarded: health and payment data, secrets, what could not be read.
    Restricted,
}

/// A word that names no level.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown level `{0}`; use `public`, `internal`, `confidential` or `restricted`")]
pub struct UnknownLevel(String);

impl Level {
    /// All levels, lowest first.
    pub const ALL: [Self; 4] = [Self::Public, Self::Internal, Self::Confidential, Self::Restricted];

    /// The name in lower case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Internal => "internal",
            Self::Confidential => "confidential",
            Self::Restricted => "restricted",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Level {
    type Err = UnknownLevel;

    fn from_str(name: &str) -> Result<Self, UnknownLevel> {
        Self::ALL.into_iter().find(|level| level.as_str() == name).ok_or_else(|| UnknownLevel(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip_and_order_holds() {
        for level in Level::ALL {
            assert_eq!(level.to_string().parse::<Level>(), Ok(level));
        }
        assert!(Level::Public < Level::Internal && Level::Confidential < Level::Restricted);
        assert!("Secret".parse::<Level>().is_err());
    }
}
