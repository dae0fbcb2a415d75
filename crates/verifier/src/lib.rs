//! Verifies ledgers and proofs with nothing else installed: the library behind the lone binary `portcullis-verify`.
//!
//! - [`policy`]: whom the auditor trusts, from the auditor's own file
//! - [`folder`]: a copy of a ledger, on as many threads as there are processors
//! - [`report`]: verdicts in sentences, and what a proof does not prove

pub mod folder;
pub mod policy;
pub mod report;

use std::path::Path;

use ledger::proof::{self, Broken, PROOF_BYTES_MAX, Verdict};

pub use policy::Policy;

/// Why a proof file was not checked, or does not hold.
#[derive(Debug, thiserror::Error)]
pub enum ProofError {
    /// The file cannot be read.
    #[error("cannot read `{name}`: {error}")]
    Io {
        /// The file.
        name: String,
        /// What the system says.
        error: std::io::Error,
    },
    /// The file proves nothing.
    #[error(transparent)]
    Broken(#[from] Broken),
}

/// Checks a proof file against the auditor's policy.
///
/// # Errors
/// See [`ProofError`].
pub fn check_proof(path: &Path, policy: &Policy) -> Result<Verdict, ProofError> {
    let io = |error| ProofError::Io { name: path.display().to_string(), error };
    let bytes = std::fs::metadata(path).map_err(io)?.len();
    if bytes > PROOF_BYTES_MAX {
        return Err(Broken::Malformed("it is larger than a proof may be").into());
    }
    let file = std::fs::read(path).map_err(io)?;
    Ok(proof::check(&file, &policy.trust)?)
}
