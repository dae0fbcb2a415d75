//! Typed, consistent stand-ins for found values, and their way back for this call alone.
//!
//! A pseudonym looks like `[EMAIL_7K3QX2]`: in brackets the kind of its class in capitals, an underscore, and six characters
//! (twelve, should two values of a call collide) of `0-9A-Z` without `I`, `L`, `O`, `U`, from an HMAC-SHA256 over scope,
//! class and value. The same value in the same scope under the same key always has the same pseudonym, and nothing is stored:
//! the way back is known only to the call that saw the value.

mod place;
mod restorer;

use std::collections::BTreeMap;
use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::{Zeroize, ZeroizeOnDrop};

pub use restorer::Restorer;

use crate::{Class, Finding};

/// The secret that makes pseudonyms consistent for those who hold it and meaningless to others.
#[derive(Clone, ZeroizeOnDrop)]
pub struct Key([u8; 32]);

/// The pseudonyms of one call.
pub struct Pseudonyms {
    mac: Hmac<Sha256>,
    values: BTreeMap<String, String>,
}

impl Key {
    /// A key from 32 random bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl Pseudonyms {
    /// Pseudonyms under a key and a scope. The scope says for whom they are consistent: tenant, caller and conversation,
    /// each in a form that cannot run into the next (with its length, say).
    #[must_use]
    pub fn new(key: &Key, scope: &[u8]) -> Self {
        // HMAC fills a key that is shorter than a block up with zeros.
        let mut block = [0; 64];
        block.iter_mut().zip(&key.0).for_each(|(to, from)| *to = *from);
        let mut mac = Hmac::<Sha256>::new(&block.into());
        block.zeroize();
        mac.update(&(scope.len() as u64).to_le_bytes());
        mac.update(scope);
        Self { mac, values: BTreeMap::new() }
    }

    /// `text` with the values of those `findings` (all of this very text) that `which` picks replaced. Findings that overlap
    /// are replaced together, under the class of the first.
    pub fn replace(&mut self, text: &str, findings: &[Finding], which: &dyn Fn(&Class) -> bool) -> String {
        let mut picked: Vec<_> =
            findings.iter().filter(|finding| finding.start < finding.end && which(&finding.class)).collect();
        picked.sort_by(|a, b| (a.start, b.end, &a.class).cmp(&(b.start, a.end, &b.class)));
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        let mut rest = picked.into_iter().peekable();
        while let Some(first) = rest.next() {
            let mut end = first.end;
            while let Some(next) = rest.next_if(|next| next.start < end) {
                end = end.max(next.end);
            }
            let (Some(before), Some(value)) = (text.get(at..first.start), text.get(first.start..end)) else {
                // A place that is none of this text's cannot be trusted to be anywhere else either.
                return REMOVED.to_owned();
            };
            out.push_str(before);
            out.push_str(&self.pseudonym(&first.class, value));
            at = end;
        }
        out.push_str(text.get(at..).unwrap_or(""));
        out
    }

    /// The way back, for values that [`Self::replace`] met.
    #[must_use]
    pub fn restorer(&self) -> Restorer {
        Restorer::new(self.values.clone())
    }

    /// Whether nothing was replaced.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// How many different values were replaced.
    #[must_use]
    pub fn len(&self) -> usize {
        self.values.len()
    }

    fn pseudonym(&mut self, class: &Class, value: &str) -> String {
        let mut mac = self.mac.clone();
        mac.update(class.as_str().as_bytes());
        mac.update(&[0]);
        mac.update(value.as_bytes());
        let code = mac.finalize().into_bytes();
        let kind: String = class
            .kind()
            .to_ascii_uppercase()
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .take(KIND_BYTES_MAX)
            .collect();
        let mut length = CODE_CHARS;
        loop {
            let code: String = code
                .iter()
                .take(length)
                .map(|byte| char::from(ALPHABET.get(usize::from(byte % 32)).copied().unwrap_or(b'0')))
                .collect();
            let token = format!("[{kind}_{code}]");
            match self.values.get(&token) {
                Some(other) if other != value && length < CODE_CHARS_MAX => length = CODE_CHARS_MAX,
                _ => {
                    self.values.insert(token.clone(), value.to_owned());
                    return token;
                }
            }
        }
    }
}

/// Shows nothing of the key.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key")
    }
}

/// Shows how many.
impl fmt::Debug for Pseudonyms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pseudonyms({})", self.values.len())
    }
}

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const CODE_CHARS: usize = 6;
const CODE_CHARS_MAX: usize = 12;
const KIND_BYTES_MAX: usize = 24;
/// The longest pseudonym: what a stream is held for at most.
const TOKEN_BYTES_MAX: usize = KIND_BYTES_MAX + CODE_CHARS_MAX + 3;
const REMOVED: &str = "[removed]";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Channel, Inspector, Piece, Settings};

    fn findings(text: &str) -> Vec<Finding> {
        Inspector::new(&Settings::default()).unwrap().inspect(&[Piece::text(Channel::User, text)]).findings
    }

    fn pseudonyms(scope: &str) -> Pseudonyms {
        Pseudonyms::new(&Key::new([7; 32]), scope.as_bytes())
    }

    fn replaced(scope: &str, text: &str) -> String {
        pseudonyms(scope).replace(text, &findings(text), &|class| class.is_in("pii"))
    }

    #[test]
    fn pseudonyms_are_typed_and_consistent_in_their_scope() {
        let text = "mail a@example.com or b@example.com, call +49 30 1234567, again a@example.com";
        let once = replaced("tenant/caller/1", text);
        let tokens: Vec<_> = once.split(['[', ']']).skip(1).step_by(2).collect();
        assert_eq!(tokens.len(), 4);
        assert!(tokens[0].starts_with("EMAIL_") && tokens[2].starts_with("PHONE_") && tokens[0].len() == 12);
        assert_eq!(tokens[0], tokens[3]);
        assert_ne!(tokens[0], tokens[1]);
        assert_eq!(once, replaced("tenant/caller/1", text));
        assert_ne!(once, replaced("tenant/caller/2", text));
        assert_ne!(
            once,
            Pseudonyms::new(&Key::new([8; 32]), b"tenant/caller/1").replace(text, &findings(text), &|_| true)
        );
    }

    #[test]
    fn only_what_is_picked_is_replaced() {
        let text = "a@example.com 4111 1111 1111 1111";
        let mut none = pseudonyms("x");
        assert_eq!(none.replace(text, &findings(text), &|_| false), text);
        assert!(none.is_empty());
        let cards = pseudonyms("x").replace(text, &findings(text), &|class| class.is_in("pci"));
        assert!(cards.starts_with("a@example.com [CARD_"), "{cards}");
    }

    #[test]
    fn overlapping_findings_are_one_value() {
        let finding = |start, end| Finding {
            piece: 0,
            start,
            end,
            class: Class::new("pii.x"),
            confidence: 1.0,
            detector: "custom",
        };
        let out = pseudonyms("x").replace("abcdefgh", &[finding(1, 4), finding(3, 6), finding(2, 3)], &|_| true);
        assert!(out.starts_with("a[X_") && out.ends_with("]gh"), "{out}");
    }

    #[test]
    fn a_place_outside_the_text_gives_nothing_out() {
        let finding =
            Finding { piece: 0, start: 3, end: 99, class: Class::new("pii.x"), confidence: 1.0, detector: "custom" };
        assert_eq!(pseudonyms("x").replace("secret", &[finding], &|_| true), "[removed]");
    }

    #[test]
    fn keys_and_values_cannot_be_printed() {
        let text = "a@example.com";
        let mut pseudonyms = pseudonyms("x");
        let _ = pseudonyms.replace(text, &findings(text), &|_| true);
        let shown = format!("{:?} {:?} {:?}", Key::new([7; 32]), pseudonyms, pseudonyms.restorer());
        assert!(!shown.contains("example") && !shown.contains('7'), "{shown}");
    }
}
