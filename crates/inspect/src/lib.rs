//! Bytes in, findings out: detectors, levels, streams, pseudonyms; no I/O.
//!
//! [`Inspector::inspect`] reads every piece of a call and says what classes it holds, where, and at what level.
//! [`Inspector::screen`] does the same for an answer while it streams, and holds back what must not leave.
//! [`pseudonym`] replaces found values by stable tokens and puts them back. `docs/inspection.md` states the
//! classes, the bounds and what is not covered.

mod class;
mod custom;
mod decode;
mod detect;
mod found;
mod gate;
mod injection;
mod inspector;
mod joined;
mod level;
mod normal;
mod piece;
pub mod pseudonym;
mod reader;
mod scan;
mod screen;
mod settings;
mod tagger;
mod text;
mod view;

pub use class::Class;
pub use found::{Finding, Found};
pub use inspector::Inspector;
pub use level::{Level, UnknownLevel};
pub use piece::{Channel, Content, Piece, UnknownChannel};
pub use screen::{Screen, ScreenRules, Verdict};
pub use settings::{Combination, Custom, Limits, Matches, Problem, Settings, Thresholds};
