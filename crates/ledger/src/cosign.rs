//! Cosignatures: what an independent witness says of a checkpoint (C2SP tlog-cosignature, Ed25519).
//!
//! A witness signs a checkpoint only if it extends the last one it saw of that log, so a log with an independent
//! cosignature cannot show two histories. The signed message is `cosignature/v1`, a line `time <seconds>`, and the
//! checkpoint's text.

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};

/// The signature type of Ed25519 cosignatures in signed notes.
const COSIGNATURE_ED25519: u8 = 4;
const SIGNATURE_PREFIX: &str = "\u{2014} ";
/// Most signature lines of a note that are looked at.
const SIGNATURES_MAX: usize = 16;

/// The public key of a witness.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WitnessKey {
    name: String,
    key: VerifyingKey,
}

/// A valid cosignature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cosignature {
    /// The witness.
    pub witness: String,
    /// When it signed, in seconds since 1970, by its own clock.
    pub time_s: u64,
}

/// The secret half of a [`WitnessKey`]; for witnesses, and for stand-ins of witnesses in tests.
pub struct WitnessSigner {
    name: String,
    key: SigningKey,
}

impl WitnessKey {
    /// Reads a key as signed notes write it: `<name>+<key id>+<base64 of 0x04 || 32 bytes>`; anything else is `None`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.trim_end().splitn(3, '+');
        let (name, id, key) = (parts.next()?, parts.next()?, parts.next()?);
        let typed = BASE64.decode(key).ok()?;
        let (&kind, key) = typed.split_first()?;
        let key = VerifyingKey::from_bytes(key.try_into().ok()?).ok()?;
        let parsed = Self { name: name.to_owned(), key };
        let id_fits = format!("{:08x}", u32::from_be_bytes(parsed.id())) == id;
        (kind == COSIGNATURE_ED25519 && !name.is_empty() && id_fits).then_some(parsed)
    }

    /// The key as text.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{}+{:08x}+{}", self.name, u32::from_be_bytes(self.id()), BASE64.encode(self.typed()))
    }

    /// The witness's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether both are one witness: one key under two names, or one name with two keys.
    #[must_use]
    pub fn is_same_as(&self, other: &Self) -> bool {
        self.key == other.key || self.name == other.name
    }

    /// This witness's valid cosignature of a note (a checkpoint with its signature lines), if there is one.
    #[must_use]
    pub fn cosignature(&self, note: &str) -> Option<Cosignature> {
        let (text, signatures) = note.split_once("\n\n")?;
        signatures.split('\n').take(SIGNATURES_MAX).find_map(|line| {
            let (name, signature) = line.strip_prefix(SIGNATURE_PREFIX)?.split_once(' ')?;
            let signature = BASE64.decode(signature).ok()?;
            let (id, rest) = signature.split_first_chunk::<4>()?;
            let (time, signature) = rest.split_first_chunk::<8>()?;
            if name != self.name || *id != self.id() {
                return None;
            }
            let time_s = u64::from_be_bytes(*time);
            let signature = Signature::from_slice(signature).ok()?;
            self.key.verify_strict(message(text, time_s).as_bytes(), &signature).ok()?;
            Some(Cosignature { witness: self.name.clone(), time_s })
        })
    }

    fn id(&self) -> [u8; 4] {
        let mut hasher = Sha256::new_with_prefix(self.name.as_bytes());
        hasher.update(b"\n");
        hasher.update(self.typed());
        let digest: [u8; 32] = hasher.finalize().into();
        digest.first_chunk::<4>().copied().unwrap_or_default()
    }

    fn typed(&self) -> Vec<u8> {
        let mut typed = vec![COSIGNATURE_ED25519];
        typed.extend_from_slice(self.key.as_bytes());
        typed
    }
}

impl WitnessSigner {
    /// A witness of this name and 32 secret random bytes.
    #[must_use]
    pub fn new(name: &str, seed: &[u8; 32]) -> Self {
        Self { name: name.to_owned(), key: SigningKey::from_bytes(seed) }
    }

    /// The public half.
    #[must_use]
    pub fn key(&self) -> WitnessKey {
        WitnessKey { name: self.name.clone(), key: self.key.verifying_key() }
    }

    /// The signature line (with its line break) by which the witness cosigns a checkpoint's text at this time.
    #[must_use]
    pub fn line(&self, text: &str, time_s: u64) -> String {
        let signature = self.key.sign(message(text.trim_end_matches('\n'), time_s).as_bytes());
        let mut bytes = self.key().id().to_vec();
        bytes.extend_from_slice(&time_s.to_be_bytes());
        bytes.extend_from_slice(&signature.to_bytes());
        format!("{SIGNATURE_PREFIX}{} {}\n", self.name, BASE64.encode(bytes))
    }
}

impl std::fmt::Debug for WitnessSigner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "WitnessSigner({})", self.name)
    }
}

/// `text` without the line break at its end.
fn message(text: &str, time_s: u64) -> String {
    format!("cosignature/v1\ntime {time_s}\n{text}\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Hash,
        note::{Checkpoint, LogKey},
    };

    fn note() -> String {
        let key = LogKey::new("portcullis.test/ledger", &[7; 32]).unwrap();
        Checkpoint { origin: key.origin().to_owned(), size: 42, root: Hash::of(b"root") }.sign(&key)
    }

    #[test]
    fn a_cosignature_is_found_and_says_when() {
        let witness = WitnessSigner::new("witness.test/w1", &[8; 32]);
        assert_eq!(WitnessKey::parse(&witness.key().text()), Some(witness.key()));
        let note = note();
        let text = note.split_once("\n\n").unwrap().0;
        let cosigned =
            format!("{}{}\n", note.trim_end_matches('\n').to_owned() + "\n", witness.line(text, 1_795_000_000));
        assert_eq!(witness.key().cosignature(&note), None);
        let expected = Cosignature { witness: "witness.test/w1".to_owned(), time_s: 1_795_000_000 };
        assert_eq!(witness.key().cosignature(&cosigned), Some(expected));
        let other = WitnessSigner::new("witness.test/w1", &[9; 32]);
        assert_eq!(other.key().cosignature(&cosigned), None);
        assert_eq!(witness.key().cosignature(&cosigned.replacen("42", "43", 1)), None);
        // The log's own signature is still found beside it.
        let key = LogKey::new("portcullis.test/ledger", &[7; 32]).unwrap().verifier();
        assert!(Checkpoint::read(&cosigned, Some(&key)).is_ok());
    }
}
