//! The steps of the pipeline, one file each, in the order they run.

mod admit;
mod approve;
mod charge;
mod choose;
mod clear;
mod decide;
mod extent;
#[cfg(test)]
mod flow;
mod identify;
mod inspect;
mod probe;
mod read;
mod record;
pub mod respond;
mod send;
mod spotlight;
mod stream;
mod transform;

pub use admit::admit;
pub use choose::{Attempt, Failed, Route, Unfit, choose};
pub use clear::{Cleared, clear};
pub use decide::{Permit, decide};
pub(crate) use identify::authenticate;
pub use identify::{Context, Known, Stranger, identify};
pub use inspect::{Inspected, inspect};
pub(crate) use probe::{Probed, probe};
pub use read::{Heard, read};
pub use record::{Recorded, record};
pub use send::{Raw, send};
pub use transform::{Prepared, transform};

/// What the pipeline looks at, for a rehearsal of it ([`crate::explain`]).
pub(crate) mod rehearse {
    pub(crate) use super::decide::Traits;
    pub(crate) use super::inspect::findings;
}

use crate::stopped::Stopped;

/// A call that stopped: why, at which step, and what was known of it by then, for the record.
#[derive(Debug)]
pub struct Stop {
    pub(crate) why: Stopped,
    pub(crate) step: &'static str,
    pub(crate) known: Option<Box<KnownOfCall>>,
}

/// What a refusal's record says of a call besides who made it.
#[derive(Debug, Default)]
pub(crate) struct KnownOfCall {
    pub(crate) alias: String,
    pub(crate) level: Option<::inspect::Level>,
    pub(crate) findings: std::collections::BTreeMap<String, u64>,
    pub(crate) injection: f32,
    pub(crate) input: Option<ledger::Json>,
    pub(crate) policies: Vec<String>,
    pub(crate) destinations: std::collections::BTreeMap<String, String>,
}

impl Stop {
    pub(crate) fn at(step: &'static str, why: impl Into<Stopped>) -> Self {
        Self { why: why.into(), step, known: None }
    }

    pub(crate) fn knowing(mut self, known: KnownOfCall) -> Self {
        self.known = Some(Box::new(known));
        self
    }
}

impl From<Stopped> for Stop {
    fn from(why: Stopped) -> Self {
        Self { why, step: "record", known: None }
    }
}
