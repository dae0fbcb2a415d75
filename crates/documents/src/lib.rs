//! The text of attached documents, read in a sandboxed child that lives for one document.
//!
//! The program re-executes itself with [`CHILD_ARG`] as its first argument; that child locks itself in before it is given a
//! byte of the document, says what the document holds, and ends. What a stranger's file does to it is gone with it: it can
//! neither be seen by the next document nor say anything about it. [`Reader`] is the parent's side.

mod child;
mod extracted;
mod frame;
mod kind;
mod limits;
mod parent;

pub use child::child_main;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub use child::fuzzing;
pub use extracted::{Extracted, Label, Part, Unread};
pub use limits::Limits;
pub use parent::{Options, Probe, Reader, StartError, Unreadable};
pub use sandbox::Sandbox;

/// The first argument (`argv[1]`) that makes the program a child of this crate: `main` then calls [`child_main`] before
/// anything else, while the process still has a single thread.
pub const CHILD_ARG: &str = "__portcullis_documents_child";
