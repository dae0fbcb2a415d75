//! What breaks: at the start of the child, and during a call.

use std::path::PathBuf;

/// Why an embedded model could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The model file cannot be opened.
    #[error("model file `{path}` cannot be read: {source}; check the path and that this user may read it")]
    File {
        /// The file named in the options.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The program could not be re-executed.
    #[error("the model process cannot be started from `{program}`: {source}")]
    Spawn {
        /// The executable named in the options.
        program: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The kernel cannot confine the child and the options require it.
    #[error(
        "the model process cannot be confined: {0}; use a kernel with landlock and seccomp, or run in development mode"
    )]
    Sandbox(String),
    /// The model file is not one that this engine runs.
    #[error("the model was refused: {0}")]
    Model(String),
    /// The child ended before it was ready.
    #[error("the model process ended while loading ({0}); the memory limit may be too small for this model")]
    Died(String),
    /// The child did not get ready in time.
    #[error("the model was not ready within {0} seconds; raise `load_seconds_max` or use a smaller model")]
    TooSlow(u64),
    /// The child broke the protocol.
    #[error("the model process answered out of protocol: {0}")]
    Protocol(String),
    /// The file is no longer the one that was first loaded.
    #[error("the model file changed: its digest was {was} and is now {is}; start again to accept it")]
    Changed {
        /// SHA-256 at the first start, hex.
        was: String,
        /// SHA-256 now, hex.
        is: String,
    },
}

/// Why a call broke. None of these was caused by what the caller wrote: that is answered with a 4xx [`Reply`](crate::Reply).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The child is not there: it died and is being restarted, or cannot be.
    #[error("the embedded model is not ready; it is being restarted")]
    NotReady,
    /// The engine was stopped.
    #[error("the embedded model was stopped")]
    Stopped,
    /// The child died during the call, or was ended because it no longer answered.
    #[error("the embedded model's process ended during the call")]
    Died,
    /// The call took longer than its limit and was cancelled.
    #[error("the embedded model did not finish within {0} seconds")]
    TimedOut(u64),
    /// The engine failed on this call alone.
    #[error("the embedded model failed on this call")]
    Broke,
}
