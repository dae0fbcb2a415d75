//! The embedded model: engine, tokenizer, templates, and the sandboxed child that runs them.
//!
//! The program re-executes itself with [`CHILD_ARG`] as its first argument; that child locks itself in before it looks
//! at a single byte of the model file, and then speaks OpenAI's formats over a socket pair. [`Engine`] is the parent's
//! side of it. What a caller writes, and what a model file contains, is parsed in the child alone.

mod child;
mod fault;
mod frame;
mod options;
mod parent;

pub use child::child_main;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub use child::fuzzing;
pub use fault::{Fault, StartError};
pub use options::{Facts, Limits, Model, Options};
pub use parent::{Engine, Probe, Reply};
pub use sandbox::Sandbox;

/// The first argument (`argv[1]`) that makes the program a child of this crate: `main` then calls [`child_main`] before
/// anything else, while the process still has a single thread.
pub const CHILD_ARG: &str = "__portcullis_runtime_child";
