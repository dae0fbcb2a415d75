//! Pure decisions over facts passed in: where a call may go, under which obligations, by which policies, in which order.
//!
//! [`decide`] is the one function that the door, `explain` and replay all call. It takes the compiled [`Policies`], who
//! calls ([`Caller`]), what was found ([`CallFacts`]) and where the call could go ([`Destinations`]), and answers with a
//! [`Decision`]. It reads no clock, file or network: the same facts give the same decision.
//!
//! Cedar alone would skip a policy that errors. Here any error refuses that destination.

mod built_in;
mod call;
mod caller;
pub mod choose;
mod compare;
mod compile;
mod decide;
mod decision;
mod destination;
mod diff;
mod explain;
mod facts;
mod gates;
mod grid;
mod level;
mod lint;
mod mentions;
mod obligations;
mod policies;
mod problem;
mod refuse;
mod replay;
mod slices;
#[cfg(test)]
mod tests;

pub use call::{Action, CallFacts, Mode};
pub use caller::{Caller, CallerKind, Criticality, Environment, Observe, Purpose};
pub use compare::{Change, Verdict, compare, verdict};
pub use compile::{Source, Vocabulary};
pub use decide::{decide, decide_one};
pub use decision::{Code, Decision, Permitted, Refused, narrow};
pub use destination::{
    Assessed, Assessment, DestinationFacts, Destinations, Hosting, Provenance, RETENTION_UNKNOWN_DAYS,
};
pub use diff::{Difference, Direction, Report, diff};
pub use grid::Ground;
pub use lint::lint;
pub use obligations::{Obligations, Record, Screen, Spotlight};
pub use policies::{About, Policies};
pub use problem::{Problem, nearest, position};
pub use replay::{Candidate, Input, RecordedInput};

/// The Cedar schema that every policy is checked against, as published.
pub const SCHEMA: &str = include_str!("schema.cedarschema");

/// The text of the policies in force when a configuration has none, as something to start from.
pub const BUILT_IN: &str = include_str!("built_in.cedar");
