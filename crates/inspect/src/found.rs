//! What inspection gives back: findings, the injection score and the level that follows.

use std::collections::{BTreeMap, BTreeSet};

use crate::{Class, Level};

/// A class at a place.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// Which of the pieces given to [`crate::Inspector::inspect`].
    pub piece: usize,
    /// First byte, in the piece's own text (0 for opaque pieces).
    pub start: usize,
    /// One past the last byte; always at a character boundary, as `start` is.
    pub end: usize,
    /// What it is.
    pub class: Class,
    /// How sure the detector is, 0 to 1.
    pub confidence: f32,
    /// Which detector found it. Organisation's own detectors are `custom`; the class names them.
    pub detector: &'static str,
}

/// Everything that was found in one set of pieces.
#[derive(Debug, Clone, PartialEq, Default)]
#[must_use]
pub struct Found {
    /// In order of piece, then place. At most [`crate::Limits::findings_max`].
    pub findings: Vec<Finding>,
    /// How often each exception kept something from being a finding, by its name: at least so often.
    pub excepted: BTreeMap<String, u32>,
    /// How much the content tries to give a model new orders, 0 to 1: the highest over all pieces but `system` ones.
    pub injection: f32,
    /// The highest level among the classes found; `Public` when nothing was. Floors are the business of whoever decides.
    pub level: Level,
}

impl Found {
    /// How many findings of each class.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<Class, u32> {
        let mut counts = BTreeMap::new();
        for finding in &self.findings {
            let count: &mut u32 = counts.entry(finding.class.clone()).or_default();
            *count = count.saturating_add(1);
        }
        counts
    }

    /// The classes found.
    #[must_use]
    pub fn classes(&self) -> BTreeSet<Class> {
        self.findings.iter().map(|finding| finding.class.clone()).collect()
    }
}
