//! Everything a decision was made from, to be written into a record and decided again from it alone.

use std::collections::BTreeMap;

use inspect::{Class, Level};
use serde::{Deserialize, Serialize};

use crate::call::{Action, CallFacts, Mode};
use crate::caller::Caller;
use crate::compare::Change;
use crate::decide::decide;
use crate::decision::Decision;
use crate::destination::{DestinationFacts, Destinations};
use crate::policies::Policies;

/// What a decision was made from, borrowed, for writing. It holds names, classes and counts, no content.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Input<'a> {
    /// Who called.
    pub caller: &'a Caller,
    /// What was found.
    pub call: &'a CallFacts<'a>,
    /// Where it could have gone.
    pub destinations: &'a [DestinationFacts],
    /// What other policies would have decided, where it differs. It decides nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub candidate: Option<&'a Candidate>,
}

/// What candidate policies, which decide beside those in force, would have decided otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// The hash of the candidate policies.
    pub hash: String,
    /// Each destination about which they say something else.
    pub changes: Vec<Change>,
}

/// The same, owned, as read back from a record.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct RecordedInput {
    caller: Caller,
    call: RecordedCall,
    destinations: Vec<DestinationFacts>,
    #[serde(default)]
    candidate: Option<Candidate>,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
struct RecordedCall {
    actions: Vec<Action>,
    classes: BTreeMap<String, u32>,
    level: Level,
    injection: f32,
    tools: bool,
    untrusted: bool,
    unmodelled: Vec<String>,
    provider_fetch: Vec<String>,
    mode: Mode,
    now_unix: i64,
}

impl RecordedInput {
    /// Decides again, as [`crate::decide`] did, by these policies.
    pub fn decide(&self, policies: &Policies) -> Decision {
        let call = &self.call;
        let classes: BTreeMap<Class, u32> =
            call.classes.iter().map(|(class, count)| (Class::new(class), *count)).collect();
        let facts = CallFacts {
            actions: &call.actions,
            classes: &classes,
            level: call.level,
            injection: call.injection,
            tools: call.tools,
            untrusted: call.untrusted,
            unmodelled: &call.unmodelled,
            provider_fetch: &call.provider_fetch,
            mode: call.mode,
            now_unix: call.now_unix,
        };
        decide(policies, &self.caller, &facts, &Destinations::prepare(&self.destinations))
    }

    /// What candidate policies said otherwise at the time.
    pub fn candidate(&self) -> Option<&Candidate> {
        self.candidate.as_ref()
    }

    /// Who called.
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// When it was decided, in unix seconds.
    pub fn decided_unix(&self) -> i64 {
        self.call.now_unix
    }

    /// The destinations, so that a [`Decision`]'s indices can be named.
    pub fn destinations(&self) -> &[DestinationFacts] {
        &self.destinations
    }
}
