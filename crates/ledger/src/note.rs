//! Checkpoints: the size and Merkle root of the ledger, signed (C2SP signed-note and tlog-checkpoint).
//!
//! The operator holds the key. A signature shows that this operator said so, no more; see [`crate::verdict::TRUST`].

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};

use crate::Hash;

/// The signature type of Ed25519 in signed notes.
const ED25519: u8 = 1;
const SIGNATURE_PREFIX: &str = "\u{2014} ";
/// Most signature lines that a note may have.
const SIGNATURES_MAX: usize = 16;

/// The state of a ledger: how many records, and the Merkle root over them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which ledger.
    pub origin: String,
    /// How many records.
    pub size: u64,
    /// RFC 6962 root over their hashes.
    pub root: Hash,
}

/// The key that signs a ledger's checkpoints. Its name is the ledger's origin.
pub struct LogKey {
    origin: String,
    key: SigningKey,
}

/// The public half of a [`LogKey`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifierKey {
    origin: String,
    key: VerifyingKey,
}

/// Why a text is no valid checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// It does not have the lines that a note has.
    #[error("not a signed note")]
    Malformed,
    /// It has no signature by this key.
    #[error("no signature by the ledger's key")]
    Unsigned,
    /// The signature by this key is wrong.
    #[error("the signature is wrong")]
    BadSignature,
    /// It is signed, and about some other ledger.
    #[error("it is a checkpoint of another ledger")]
    Origin,
}

/// One note in a checkpoints file.
#[derive(Debug)]
pub struct Note<'a> {
    /// Where it starts in the file, in bytes.
    pub offset: usize,
    /// Its text, signatures included.
    pub text: &'a str,
}

impl Checkpoint {
    /// The text that is signed.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, BASE64.encode(self.root.0))
    }

    /// The signed note, followed by the empty line that separates notes in a checkpoints file.
    #[must_use]
    pub fn sign(&self, key: &LogKey) -> String {
        let text = self.text();
        let mut signature = key.verifier().id().to_vec();
        signature.extend_from_slice(&key.key.sign(text.as_bytes()).to_bytes());
        format!("{text}\n{SIGNATURE_PREFIX}{} {}\n\n", key.origin, BASE64.encode(signature))
    }

    /// Reads a note. With a key, its signature is checked; without one, it is not, and the caller must say so.
    ///
    /// # Errors
    /// See [`NoteError`].
    pub fn read(note: &str, key: Option<&VerifierKey>) -> Result<Self, NoteError> {
        let (text, signatures) = note.split_once("\n\n").ok_or(NoteError::Malformed)?;
        let mut lines = text.split('\n');
        let (Some(origin), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next()) else {
            return Err(NoteError::Malformed);
        };
        let root: [u8; 32] =
            BASE64.decode(root).ok().and_then(|root| root.try_into().ok()).ok_or(NoteError::Malformed)?;
        let number: u64 = size.parse().map_err(|_| NoteError::Malformed)?;
        if number.to_string() != size || origin.is_empty() {
            return Err(NoteError::Malformed);
        }
        if let Some(key) = key {
            key.check(&format!("{text}\n"), signatures)?;
            if key.origin != origin {
                return Err(NoteError::Origin);
            }
        }
        Ok(Self { origin: origin.to_owned(), size: number, root: Hash(root) })
    }
}

impl LogKey {
    /// A key of 32 secret random bytes, for the ledger of this origin.
    ///
    /// # Errors
    /// When the origin has a character that a note's key name may not have.
    pub fn new(origin: &str, seed: &[u8; 32]) -> Result<Self, NoteError> {
        if origin.is_empty() || origin.contains(|c: char| c == '+' || c.is_whitespace() || c.is_control()) {
            return Err(NoteError::Malformed);
        }
        Ok(Self { origin: origin.to_owned(), key: SigningKey::from_bytes(seed) })
    }

    /// The ledger's origin.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The public half.
    #[must_use]
    pub fn verifier(&self) -> VerifierKey {
        VerifierKey { origin: self.origin.clone(), key: self.key.verifying_key() }
    }
}

impl std::fmt::Debug for LogKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "LogKey({})", self.origin)
    }
}

impl VerifierKey {
    /// The ledger's origin.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The key as text, as signed notes write it: `<origin>+<key id>+<base64>`.
    #[must_use]
    pub fn text(&self) -> String {
        let id = u32::from_be_bytes(self.id());
        format!("{}+{id:08x}+{}", self.origin, BASE64.encode(self.typed()))
    }

    /// Reads [`Self::text`]; anything else is `None`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.trim_end().splitn(3, '+');
        let (origin, id, key) = (parts.next()?, parts.next()?, parts.next()?);
        let typed = BASE64.decode(key).ok()?;
        let (&kind, key) = typed.split_first()?;
        let key = VerifyingKey::from_bytes(key.try_into().ok()?).ok()?;
        let parsed = Self { origin: origin.to_owned(), key };
        (kind == ED25519 && !origin.is_empty() && format!("{:08x}", u32::from_be_bytes(parsed.id())) == id)
            .then_some(parsed)
    }

    fn check(&self, text: &str, signatures: &str) -> Result<(), NoteError> {
        for line in signatures.split('\n').take(SIGNATURES_MAX) {
            let Some((name, signature)) = line.strip_prefix(SIGNATURE_PREFIX).and_then(|line| line.split_once(' '))
            else {
                continue;
            };
            let signature = BASE64.decode(signature).map_err(|_| NoteError::Malformed)?;
            let Some((id, signature)) = signature.split_first_chunk::<4>() else { return Err(NoteError::Malformed) };
            if name != self.origin || *id != self.id() {
                continue;
            }
            let signature = Signature::from_slice(signature).map_err(|_| NoteError::BadSignature)?;
            return self.key.verify_strict(text.as_bytes(), &signature).map_err(|_| NoteError::BadSignature);
        }
        Err(NoteError::Unsigned)
    }

    fn id(&self) -> [u8; 4] {
        let mut hasher = Sha256::new_with_prefix(self.origin.as_bytes());
        hasher.update(b"\n");
        hasher.update(self.typed());
        let digest: [u8; 32] = hasher.finalize().into();
        digest.first_chunk::<4>().copied().unwrap_or_default()
    }

    fn typed(&self) -> Vec<u8> {
        let mut typed = vec![ED25519];
        typed.extend_from_slice(self.key.as_bytes());
        typed
    }
}

/// Splits a checkpoints file into its notes, and says how many of its bytes are whole notes. What follows is the
/// beginning of a note that a crash cut short.
#[must_use]
pub fn split(file: &str) -> (Vec<Note<'_>>, usize) {
    let mut notes = Vec::new();
    let mut offset = 0;
    while let Some(rest) = file.get(offset..) {
        let Some(text_end) = rest.find("\n\n") else { break };
        let signatures = rest.get(text_end + 2..).unwrap_or_default();
        let Some(end) = signatures.find("\n\n") else { break };
        let text = rest.get(..text_end + 2 + end + 1).unwrap_or_default();
        notes.push(Note { offset, text });
        offset += text.len() + 1;
    }
    (notes, offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> LogKey {
        LogKey::new("portcullis.test/ledger", &[7; 32]).unwrap()
    }

    fn checkpoint() -> Checkpoint {
        Checkpoint { origin: key().origin().to_owned(), size: 42, root: Hash::of(b"root") }
    }

    #[test]
    fn a_checkpoint_is_read_as_it_was_signed() {
        let file = checkpoint().sign(&key()).repeat(3);
        let (notes, whole) = split(&file);
        assert_eq!((notes.len(), whole), (3, file.len()));
        for note in notes {
            assert_eq!(Checkpoint::read(note.text, Some(&key().verifier())), Ok(checkpoint()));
        }
    }

    #[test]
    fn any_changed_character_is_seen() {
        let note = checkpoint().sign(&key());
        for (at, old) in note.char_indices().filter(|(at, _)| *at < note.len() - 2) {
            let new = if old == 'A' { "B" } else { "A" };
            let mut bad = note.clone();
            bad.replace_range(at..at + old.len_utf8(), new);
            assert!(Checkpoint::read(&bad, Some(&key().verifier())).is_err(), "at {at}: {bad}");
        }
    }

    #[test]
    fn another_key_of_the_same_name_does_not_do() {
        let other = LogKey::new(key().origin(), &[8; 32]).unwrap();
        let note = checkpoint().sign(&other);
        assert_eq!(Checkpoint::read(&note, Some(&key().verifier())), Err(NoteError::Unsigned));
    }

    #[test]
    fn a_cut_note_is_left_over() {
        let note = checkpoint().sign(&key());
        for cut in 0..note.len() {
            let Some(part) = note.get(..cut) else { continue };
            let file = format!("{note}{part}");
            assert_eq!(split(&file).1, note.len(), "cut {cut}");
        }
    }

    #[test]
    fn keys_are_written_as_signed_notes_write_them() {
        let verifier = key().verifier();
        assert_eq!(VerifierKey::parse(&verifier.text()), Some(verifier.clone()));
        assert_eq!(VerifierKey::parse(&verifier.text().replace("test", "best")), None);
        // The example key of C2SP's signed-note and Go's sumdb/note package.
        let known = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
        assert_eq!(VerifierKey::parse(known).unwrap().text(), known);
    }
}
