//! Typed, consistent stand-ins for found values, and their way back for this call alone.

use crate::{Class, Finding};

/// The secret that makes pseudonyms consistent for those who hold it and meaningless to others.
pub struct Key(pub [u8; 32]);

/// The pseudonyms of one call.
pub struct Pseudonyms {}

/// Puts values back into an answer as it streams.
pub struct Restorer {}

impl Pseudonyms {
    /// Pseudonyms under a key and a scope: the same value in the same scope always gets the same pseudonym.
    #[must_use]
    pub fn new(_key: &Key, _scope: &[u8]) -> Self {
        Self {}
    }

    /// `text` with the values of those `findings` (all of this text) that `which` picks replaced.
    pub fn replace(&mut self, text: &str, _findings: &[Finding], _which: &dyn Fn(&Class) -> bool) -> String {
        text.to_owned()
    }

    /// The way back, for values that [`Self::replace`] met.
    #[must_use]
    pub fn restorer(&self) -> Restorer {
        Restorer {}
    }

    /// Whether nothing was replaced.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        true
    }
}

impl Restorer {
    /// Takes the next text, appends what can be given out to `out`.
    pub fn push(&mut self, text: &str, out: &mut String) {
        out.push_str(text);
    }

    /// The text has ended: appends the rest.
    pub fn finish(&mut self, _out: &mut String) {}
}
