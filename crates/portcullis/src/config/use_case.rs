//! Registered use cases: what a caller's calls are for, who answers for them, and how guarded they are.

use inspect::Level;

use super::document::{Document, Table};
use super::fields;
use super::problem::{File, Problems};

/// A registered use case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UseCase {
    /// What it is for.
    pub purpose: String,
    /// Who answers for it.
    pub owner: String,
    /// The level that its calls never fall below.
    pub floor: Level,
    /// What depends on it.
    pub criticality: Criticality,
    /// Its risk class in the organisation's own words.
    pub tier: Option<String>,
    /// Classes that are no surprise in its calls.
    pub expected_classes: Vec<String>,
}

/// What depends on a use case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Criticality {
    /// Little.
    Low,
    /// Something.
    #[default]
    Medium,
    /// Much.
    High,
    /// Lives, rights or the organisation.
    Critical,
}

impl Criticality {
    /// Its share where a destination has too few places for all ([`proxy::admission`]).
    pub fn share(self) -> u32 {
        match self {
            Self::Low => 1,
            Self::Medium => 4,
            Self::High => 8,
            Self::Critical => 16,
        }
    }
}

/// Reads one use case.
pub(super) fn read(file: &File, problems: &Problems) -> UseCase {
    let document = Document::parse(file, problems);
    let table = document.root(&fields::USE_CASE, problems);
    let criticality = [
        ("low", Criticality::Low),
        ("medium", Criticality::Medium),
        ("high", Criticality::High),
        ("critical", Criticality::Critical),
    ];
    UseCase {
        purpose: table.required("purpose").value,
        owner: table.required("owner").value,
        floor: level(&table, "floor").unwrap_or(Level::Internal),
        criticality: table.choice("criticality", &criticality).map(|at| at.value).unwrap_or_default(),
        tier: table.text("tier").map(|at| at.value),
        expected_classes: table.texts("expected_classes").into_iter().map(|at| at.value).collect(),
    }
}

/// A level by its word.
pub(super) fn level(table: &Table<'_>, name: &str) -> Option<Level> {
    table.choice(name, &Level::ALL.map(|level| (level.as_str(), level))).map(|at| at.value)
}
