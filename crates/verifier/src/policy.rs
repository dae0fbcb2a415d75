//! The auditor's policy: which logs and witnesses are trusted. It comes from the auditor, never from the proof.
//!
//! ```toml
//! logs = ["portcullis/5d0c…+1a2b3c4d+AY…"]      # public keys of the ledgers, asked for when the audit began
//!
//! [witnesses]
//! quorum = 1                                    # how many must have cosigned for a checkpoint to count as witnessed
//! keys = ["witness.example/w1+5e6f7a8b+BC…"]    # witnesses that are independent of the operator
//!
//! [recall]                                      # what each version of the detectors was measured to find
//! "detectors-2026.11" = "phi 0.93, pii 0.97 (eval of 2026-11, 12,000 texts)"
//! ```

use std::{collections::BTreeMap, path::Path};

use ledger::{cosign::WitnessKey, note::VerifierKey, proof::Trust};
use serde::Deserialize;

/// Longest policy file that is read, in bytes.
const POLICY_BYTES_MAX: u64 = 1 << 20;

/// Whom an auditor trusts, and what the auditor knows about detectors.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    /// Log keys, witnesses, quorum.
    pub trust: Trust,
    /// Version of the detectors → what they were measured to find, in words.
    pub recall: BTreeMap<String, String>,
}

/// Why a policy was not read.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// The file cannot be read.
    #[error("cannot read the policy `{name}`: {error}")]
    Io {
        /// The file.
        name: String,
        /// What the system says.
        error: std::io::Error,
    },
    /// The file is not a policy.
    #[error("the policy is not one: {0}")]
    Malformed(String),
    /// A log's key is none.
    #[error("`{0}` is not the public key of a ledger; it looks like `<origin>+<key id>+<base64>`")]
    Log(String),
    /// A witness's key is none.
    #[error("`{0}` is not the key of a witness that makes Ed25519 cosignatures; `<name>+<key id>+<base64 of 04…>` is")]
    Witness(String),
    /// The quorum cannot be met.
    #[error("the quorum is {quorum}, and there are {witnesses} different witnesses; it must be 1 to {witnesses}")]
    Quorum {
        /// What it says.
        quorum: usize,
        /// How many witnesses there are.
        witnesses: usize,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    logs: Vec<String>,
    #[serde(default)]
    witnesses: Witnesses,
    #[serde(default)]
    recall: BTreeMap<String, String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Witnesses {
    quorum: usize,
    keys: Vec<String>,
}

impl Policy {
    /// Reads a policy file.
    ///
    /// # Errors
    /// See [`PolicyError`].
    pub fn read(path: &Path) -> Result<Self, PolicyError> {
        let io = |error| PolicyError::Io { name: path.display().to_string(), error };
        if std::fs::metadata(path).map_err(io)?.len() > POLICY_BYTES_MAX {
            return Err(PolicyError::Malformed(format!("it has more than {POLICY_BYTES_MAX} bytes")));
        }
        Self::parse(&std::fs::read_to_string(path).map_err(io)?)
    }

    /// Reads a policy's text.
    ///
    /// # Errors
    /// See [`PolicyError`].
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        let file: File = toml::from_str(text).map_err(|error| PolicyError::Malformed(error.message().to_owned()))?;
        let logs = file
            .logs
            .iter()
            .map(|text| VerifierKey::parse(text).ok_or_else(|| PolicyError::Log(text.clone())))
            .collect::<Result<Vec<_>, _>>()?;
        let mut witnesses: Vec<WitnessKey> = Vec::new();
        for text in &file.witnesses.keys {
            let key = WitnessKey::parse(text).ok_or_else(|| PolicyError::Witness(text.clone()))?;
            // One witness given twice, by the same key or under the same name, would count twice.
            if !witnesses.iter().any(|known| known.is_same_as(&key)) {
                witnesses.push(key);
            }
        }
        let quorum = file.witnesses.quorum;
        if !witnesses.is_empty() && !(1..=witnesses.len()).contains(&quorum) {
            return Err(PolicyError::Quorum { quorum, witnesses: witnesses.len() });
        }
        Ok(Self { trust: Trust { logs, witnesses, quorum }, recall: file.recall })
    }
}

#[cfg(test)]
mod tests {
    use ledger::{cosign::WitnessSigner, note::LogKey};

    use super::*;

    fn policy(quorum: usize, witnesses: &[&str]) -> String {
        let log = LogKey::new("portcullis.test/ledger", &[7; 32]).unwrap().verifier().text();
        format!("logs = [\"{log}\"]\n[witnesses]\nquorum = {quorum}\nkeys = {witnesses:?}\n")
    }

    #[test]
    fn a_policy_is_read_and_a_witness_counts_once() {
        let key = WitnessSigner::new("w.test/1", &[1; 32]).key().text();
        let policy_of_one = Policy::parse(&policy(1, &[&key, &key])).unwrap();
        assert_eq!((policy_of_one.trust.logs.len(), policy_of_one.trust.witnesses.len()), (1, 1));
        // The same key under another name is the same witness.
        let renamed = WitnessSigner::new("w.test/2", &[1; 32]).key().text();
        assert!(matches!(Policy::parse(&policy(2, &[&key, &renamed])), Err(PolicyError::Quorum { .. })));
    }

    #[test]
    fn what_is_no_policy_is_refused() {
        let key = WitnessSigner::new("w.test/1", &[1; 32]).key().text();
        for bad in [
            "",
            "logs = [\"nonsense\"]",
            "logs = []\nlog = []",
            &policy(0, &[&key]),
            &policy(2, &[&key]),
            &policy(1, &["nonsense"]),
        ] {
            assert!(Policy::parse(bad).is_err(), "{bad}");
        }
    }
}
