//! Bytes in, findings out: detectors, levels, streams, pseudonyms; no I/O.
//!
//! [`Inspector::inspect`] reads every piece of a call and says what classes it holds, where, and at what level.
//! [`Inspector::screen`] does the same for an answer while it streams, and holds back what must not leave.
//! [`pseudonym`] replaces found values by stable tokens and puts them back. `docs/inspection.md` states the
//! classes, the bounds and what is not covered.

mod canary;
mod class;
mod custom;
mod decode;
mod detect;
pub mod exact;
mod exception;
pub mod fingerprint;
mod found;
mod gate;
pub mod inherit;
mod injection;
mod inspector;
mod joined;
pub mod leak;
mod level;
mod normal;
mod piece;
pub mod pseudonym;
mod reader;
mod recode;
mod scan;
mod screen;
mod settings;
mod tagger;
mod text;
mod view;

pub use canary::Canary;
pub use class::Class;
pub use exception::{Excepted, Exception, SALTS_MAX};
pub use found::{Finding, Found};
pub use inspector::Inspector;
pub use level::{Level, UnknownLevel};
pub use piece::{Channel, Content, Piece, UnknownChannel};
pub use screen::{Screen, ScreenRules, Verdict};
pub use settings::{Combination, Custom, Documents, Limits, Matches, Problem, Records, Settings, Thresholds};
