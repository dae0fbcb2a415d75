//! Signed policies: a manifest of the policy files, with a change id, that two of the people who may have signed.
//!
//!     portcullis policy bundle 1
//!     change CHG-118
//!     schema sha256:…
//!     file sha256:… research.cedar
//!
//!     signature alice …
//!     signature bob …
//!
//! Each signature (Ed25519, RFC 8032) is over the lines above the empty one, newlines included. The first line keeps it from
//! being a signature of anything else.

use std::collections::{BTreeMap, BTreeSet};

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use judge::Source;
use sha2::{Digest, Sha256};

/// Who may sign, by name.
pub type Signers = BTreeMap<String, VerifyingKey>;

/// A manifest with its signatures, as read; nothing is verified yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bundle {
    manifest: String,
    signatures: Vec<(String, Signature)>,
}

/// What was verified about the policies in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// The id of the change.
    pub change: String,
    /// Who signed, sorted.
    pub by: Vec<String>,
}

impl Bundle {
    /// A bundle of these files that nobody has signed yet.
    ///
    /// # Errors
    /// The change id is not one word of letters, digits and `-_.#/`.
    pub fn new(change: &str, sources: &[Source]) -> Result<Self, String> {
        let fits = |c: char| c.is_ascii_alphanumeric() || "-_.#/".contains(c);
        if change.is_empty() || change.len() > CHANGE_BYTES_MAX || !change.chars().all(fits) {
            return Err(format!("the change id `{change}` is not one word of letters, digits and `-_.#/`"));
        }
        Ok(Self { manifest: manifest(change, sources), signatures: Vec::new() })
    }

    /// Reads a bundle.
    ///
    /// # Errors
    /// What about its form is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (manifest, rest) = text.split_once("\n\n").ok_or("it has no signatures")?;
        if !manifest.starts_with(FIRST_LINE) {
            return Err(format!("its first line is not `{}`", FIRST_LINE.trim_end()));
        }
        let signature = |line: &str| {
            let (name, hex) = line.strip_prefix("signature ")?.split_once(' ')?;
            Some((name.to_owned(), Signature::from_bytes(&unhex(hex)?)))
        };
        let signatures = rest
            .lines()
            .map(|line| signature(line).ok_or_else(|| "a line is not `signature NAME HEX`".to_owned()))
            .collect::<Result<_, _>>()?;
        Ok(Self { manifest: format!("{manifest}\n"), signatures })
    }

    /// The bundle as text.
    pub fn text(&self) -> String {
        let lines = self
            .signatures
            .iter()
            .map(|(name, signature)| format!("signature {name} {}\n", hex(&signature.to_bytes())));
        format!("{}\n{}", self.manifest, lines.collect::<String>())
    }

    /// The change id.
    pub fn change(&self) -> &str {
        self.manifest.lines().find_map(|line| line.strip_prefix("change ")).unwrap_or_default()
    }

    /// Whether it is about exactly these files, by this program's schema.
    pub fn is_of(&self, sources: &[Source]) -> bool {
        self.manifest == manifest(self.change(), sources)
    }

    /// Adds a signature; an earlier one by the same name goes.
    pub fn sign(&mut self, name: &str, key: &SigningKey) {
        self.signatures.retain(|(earlier, _)| earlier != name);
        self.signatures.push((name.to_owned(), key.sign(self.manifest.as_bytes())));
    }

    /// Who signed.
    pub fn names(&self) -> Vec<&str> {
        self.signatures.iter().map(|(name, _)| name.as_str()).collect()
    }

    /// Verifies that these are the files, and that enough of those who may have signed them.
    ///
    /// # Errors
    /// Why the policies may not be loaded.
    pub fn verify(&self, sources: &[Source], signers: &Signers) -> Result<Signed, String> {
        if !self.is_of(sources) {
            return Err("the policies are not the files that were signed".to_owned());
        }
        let mut by = BTreeSet::new();
        for (name, signature) in &self.signatures {
            let Some(key) = signers.get(name) else { return Err(format!("`{name}` signed and may not")) };
            key.verify_strict(self.manifest.as_bytes(), signature)
                .map_err(|_| format!("the signature of `{name}` does not hold"))?;
            by.insert(name.clone());
        }
        if by.len() < SIGNATURES_MIN {
            return Err(format!("{} signed, and {SIGNATURES_MIN} must", by.len()));
        }
        Ok(Signed { change: self.change().to_owned(), by: by.into_iter().collect() })
    }
}

fn manifest(change: &str, sources: &[Source]) -> String {
    let mut sources: Vec<&Source> = sources.iter().collect();
    sources.sort_by(|a, b| a.name.cmp(&b.name));
    let mut text = format!("{FIRST_LINE}change {change}\nschema {}\n", digest(judge::SCHEMA));
    for source in sources {
        // A name with a newline in it could pretend to be another line.
        text.push_str(&format!("file {} {}\n", digest(&source.text), source.name.escape_default()));
    }
    text
}

fn digest(text: &str) -> String {
    format!("sha256:{}", hex(&Sha256::digest(text.as_bytes())))
}

/// Bytes as lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Exactly `N` bytes from hexadecimal digits.
pub fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    if text.len() != 2 * N || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    for (place, pair) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
        *place = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}

/// A signer's public key as configuration writes it: `ed25519:` and 64 hexadecimal digits.
pub fn public_key(text: &str) -> Option<VerifyingKey> {
    VerifyingKey::from_bytes(&unhex(text.strip_prefix(KEY_KIND)?)?).ok().filter(|key| !key.is_weak())
}

/// How the kind of a public key is written.
pub const KEY_KIND: &str = "ed25519:";
/// The file beside the policies.
pub const FILE: &str = "bundle.signed";
/// How many people must sign.
pub const SIGNATURES_MIN: usize = 2;
const FIRST_LINE: &str = "portcullis policy bundle 1\n";
const CHANGE_BYTES_MAX: usize = 128;

#[cfg(test)]
mod tests {
    use super::*;

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_bytes(&[seed; 32])
    }

    fn signers() -> Signers {
        [("alice", 1), ("bob", 2), ("carol", 3)].map(|(name, seed)| (name.to_owned(), key(seed).verifying_key())).into()
    }

    fn files(text: &str) -> Vec<Source> {
        ["b.cedar", "a.cedar"].map(|name| Source { name: name.to_owned(), text: text.to_owned() }).into()
    }

    /// A bundle of `files("x")` that these signed with these keys.
    fn signed(by: &[(&str, u8)]) -> Bundle {
        let mut bundle = Bundle::new("CHG-1", &files("x")).unwrap();
        by.iter().for_each(|(name, seed)| bundle.sign(name, &key(*seed)));
        Bundle::parse(&bundle.text()).unwrap()
    }

    fn check_refused(bundle: &Bundle, sources: &[Source], reason: &str) {
        let refused = bundle.verify(sources, &signers()).unwrap_err();
        assert!(refused.contains(reason), "{refused}");
    }

    #[test]
    fn two_who_may_are_enough_and_one_is_not() {
        let good = signed(&[("alice", 1), ("bob", 2)]);
        let expected = Signed { change: "CHG-1".to_owned(), by: vec!["alice".to_owned(), "bob".to_owned()] };
        assert_eq!(good.verify(&files("x"), &signers()), Ok(expected));
        check_refused(&signed(&[]), &files("x"), "0 signed");
        check_refused(&signed(&[("alice", 1)]), &files("x"), "1 signed");
        check_refused(&signed(&[("alice", 1), ("alice", 1)]), &files("x"), "1 signed");
        check_refused(&signed(&[("alice", 1), ("mallory", 9)]), &files("x"), "may not");
        check_refused(&signed(&[("alice", 1), ("bob", 9)]), &files("x"), "does not hold");
    }

    #[test]
    fn one_signature_written_twice_is_one() {
        let one = signed(&[("alice", 1)]);
        let line = one.text().lines().last().unwrap().to_owned();
        let twice = Bundle::parse(&format!("{}{line}\n", one.text())).unwrap();
        check_refused(&twice, &files("x"), "1 signed");
    }

    #[test]
    fn what_was_not_signed_is_not_loaded() {
        let good = signed(&[("alice", 1), ("bob", 2)]);
        check_refused(&good, &files("y"), "not the files");
        check_refused(&good, &files("x")[..1], "not the files");
        check_refused(
            &good,
            &[files("x"), vec![Source { name: "c.cedar".to_owned(), text: String::new() }]].concat(),
            "not the files",
        );
        let other_change = good.text().replace("CHG-1", "CHG-2");
        check_refused(&Bundle::parse(&other_change).unwrap(), &files("x"), "does not hold");
    }

    #[test]
    fn what_is_no_bundle_is_refused() {
        for wrong in ["", "x\n\n", "portcullis policy bundle 2\nchange a\n\n", "portcullis policy bundle 1\nchange a\n"]
        {
            assert!(Bundle::parse(wrong).is_err(), "{wrong}");
        }
        assert!(Bundle::parse("portcullis policy bundle 1\nchange a\n\nsignature alice zz\n").is_err());
        for change in ["", "a b", "a\nb"] {
            assert!(Bundle::new(change, &[]).is_err(), "{change}");
        }
    }

    #[test]
    fn a_file_name_cannot_pretend_to_be_a_line() {
        let tricky = [Source { name: "a.cedar\nfile sha256:0 b.cedar".to_owned(), text: String::new() }];
        assert_eq!(manifest("c", &tricky).lines().count(), 4);
    }
}
