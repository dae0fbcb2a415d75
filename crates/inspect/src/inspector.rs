//! The front of inspection: settings made ready once, then pieces in and findings out.

use crate::{Found, Piece, Problem, Screen, ScreenRules, Settings};

/// Detectors made ready. Build once, share between threads, use for every call.
#[derive(Debug)]
pub struct Inspector {
    version: String,
}

impl Inspector {
    /// Makes the detectors ready.
    ///
    /// # Errors
    /// Every problem of the settings at once.
    pub fn new(_settings: &Settings) -> Result<Self, Vec<Problem>> {
        Ok(Self { version: String::new() })
    }

    /// Finds what the pieces hold. Never fails: what cannot be read is found as `opaque.*`.
    pub fn inspect(&self, _pieces: &[Piece<'_>]) -> Found {
        Found::default()
    }

    /// A short hash over detectors and settings: equal versions find the same in the same pieces.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// A screen for one streamed text: one choice, block or channel of an answer.
    #[must_use]
    pub fn screen(&self, rules: ScreenRules) -> Screen {
        Screen::new(rules)
    }
}
