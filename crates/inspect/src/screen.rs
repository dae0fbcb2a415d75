//! Screening of an answer while it streams: nothing of a cut or masked span leaves before the verdict.

use std::collections::{BTreeMap, BTreeSet};

use crate::{Class, Finding, Level};

/// What an answer may not contain. Selectors are classes or prefixes (`secret`, `pii.email`, `*`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ScreenRules {
    /// Classes at which the answer ends.
    pub cut: BTreeSet<String>,
    /// Classes that are replaced by `[class]`. What is in both sets is cut.
    pub mask: BTreeSet<String>,
}

/// Whether the answer may go on.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum Verdict {
    /// So far nothing that must not be released.
    Go,
    /// A class that must not be released: the stream ends here.
    Cut {
        /// The class that was found.
        class: Class,
    },
}

/// The state of one streamed text.
pub struct Screen {
    findings: Vec<Finding>,
}

impl Screen {
    pub(crate) fn new(_reader: std::sync::Arc<crate::reader::Reader>, _settings: std::sync::Arc<crate::Settings>, _rules: ScreenRules) -> Self {
        Self { findings: Vec::new() }
    }

    /// Takes the next text, appends what may be released to `released`.
    pub fn push(&mut self, text: &str, released: &mut String) -> Verdict {
        released.push_str(text);
        Verdict::Go
    }

    /// The text has ended: appends the rest that may be released.
    pub fn finish(&mut self, _released: &mut String) -> Verdict {
        Verdict::Go
    }

    /// How many bytes of what was pushed have been decided: released, or replaced.
    #[must_use]
    pub fn released_bytes(&self) -> usize {
        0
    }

    /// What was found so far; places are bytes of the whole text that was pushed.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// How many findings of each class.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<Class, u32> {
        BTreeMap::new()
    }

    /// The highest level among the classes found so far.
    #[must_use]
    pub fn level(&self) -> Level {
        Level::Public
    }
}

impl std::fmt::Debug for Screen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Screen({} findings)", self.findings.len())
    }
}
