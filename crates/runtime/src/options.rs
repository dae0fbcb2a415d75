//! What the parent decides about an embedded model, and what it learns about it.

use std::path::PathBuf;

use sandbox::Sandbox;
use serde::{Deserialize, Serialize};

/// How an [`Engine`](crate::Engine) is started.
#[derive(Debug, Clone)]
pub struct Options {
    /// The model to load.
    pub model: Model,
    /// Whether a kernel without landlock or seccomp may run it.
    pub sandbox: Sandbox,
    /// Bounds on memory, time and calls.
    pub limits: Limits,
    /// The executable to re-execute: one whose `main` calls [`child_main`](crate::child_main). Normally
    /// [`std::env::current_exe`].
    pub program: PathBuf,
    /// Threads that compute, at least one. They only help models whose weights no longer fit a processor's cache.
    pub threads: usize,
}

/// Which model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Model {
    /// `portcullis-mini`, compiled into the program.
    Shipped,
    /// A GGUF file of the `llama`, `qwen2` or `qwen3` architecture. Opened by the parent, read by the child.
    File(PathBuf),
}

/// Bounds on what the child and its callers may use. [`Limits::default`] gives the documented values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Address space of the child in bytes, beside the size of the model file itself. Default 2 GiB.
    pub memory_bytes: u64,
    /// Tokens of prompt and answer together, at most what the model was made for. Default 8,192.
    pub context_tokens_max: usize,
    /// Seconds from the call's acceptance to its last byte. Default 300.
    pub call_seconds_max: u64,
    /// Calls that generate at the same time, taking turns token by token. Default 8.
    pub concurrent_calls_max: usize,
    /// Calls that wait for their turn; one more is answered 429. Default 64.
    pub queue_max: usize,
    /// Seconds a call waits for its turn before it is answered 429. Default 30.
    pub queue_seconds_max: u64,
    /// Bytes of a request body; a longer one is answered 413. Default 8 MiB.
    pub body_bytes_max: usize,
    /// Seconds that the child may take to let go of a cancelled call before it counts as hung and is killed, with every
    /// call it has. Default 30.
    pub cancel_seconds_max: u64,
    /// Seconds that loading may take, from the start of the child to its first readiness. Default 300.
    pub load_seconds_max: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            memory_bytes: 2 << 30,
            context_tokens_max: 8_192,
            call_seconds_max: 300,
            concurrent_calls_max: 8,
            queue_max: 64,
            queue_seconds_max: 30,
            body_bytes_max: 8 << 20,
            cancel_seconds_max: 30,
            load_seconds_max: 300,
        }
    }
}

/// What is known about the model that runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The file's own `general.name`, or `unnamed`. Written by whoever made the file: show it, do not trust it.
    pub name: String,
    /// `llama`, `qwen2` or `qwen3`.
    pub architecture: String,
    /// SHA-256 of the file, in lower-case hex: hashed by the child over the very bytes it then parsed.
    pub digest: String,
    /// Tokens of prompt and answer together: the model's own bound or [`Limits::context_tokens_max`], the smaller.
    pub context_tokens: usize,
    /// Numbers in an embedding.
    pub embedding_length: usize,
    /// Whether the file has a chat template, so that `/chat/completions` is answered.
    pub chat: bool,
    /// What confines the child: for example `landlock, seccomp, rlimits`.
    pub sandbox: String,
}

/// The parent's first words to the child.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Setup {
    pub(crate) sandbox: Sandbox,
    /// Bytes of the model file waiting on the child's standard output descriptor; none: the shipped model.
    pub(crate) file_bytes: Option<u64>,
    pub(crate) memory_bytes: u64,
    pub(crate) context_tokens_max: usize,
    pub(crate) concurrent_calls_max: usize,
    pub(crate) threads: usize,
}

/// The child's word that it is locked in, sent before the model is parsed.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Locked {
    pub(crate) sandbox: String,
    pub(crate) digest: String,
}

/// The child's word that the model is loaded.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Loaded {
    pub(crate) name: String,
    pub(crate) architecture: String,
    pub(crate) context_tokens: usize,
    pub(crate) embedding_length: usize,
    pub(crate) chat: bool,
}

/// The child's word that it cannot serve.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Failed {
    pub(crate) stage: Stage,
    pub(crate) reason: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Stage {
    Sandbox,
    Model,
}
