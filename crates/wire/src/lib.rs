//! Provider formats to and from one [`call::Call`] and one [`answer::Answer`], without I/O.
//!
//! A *front* is a format that callers speak to us; a *dialect* is a format that destinations speak. Both are reached
//! through plain enums, so that adding one makes every match that must know it fail to compile.

pub mod answer;
pub mod call;
pub mod dialect;
pub mod fields;
pub mod front;
pub mod json;
pub mod segments;
pub mod sse;
pub mod text;
