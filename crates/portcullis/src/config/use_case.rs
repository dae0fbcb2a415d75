//! Registered use cases: what a caller's calls are for, who answers for them, and how guarded they are.

use inspect::Level;
use judge::{Criticality, Environment};

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
    /// What policies see of it: environment, criticality, tier, residency.
    pub purpose_facts: judge::Purpose,
    /// Classes that are no surprise in its calls.
    pub expected_classes: Vec<String>,
}

/// Reads one use case.
pub(super) fn read(file: &File, problems: &Problems) -> UseCase {
    let document = Document::parse(file, problems);
    let table = document.root(&fields::USE_CASE, problems);
    UseCase {
        purpose: table.required("purpose").value,
        owner: table.required("owner").value,
        floor: level(&table, "floor").unwrap_or(Level::Internal),
        purpose_facts: judge::Purpose {
            environment: table.choice("environment", &Environment::NAMED).map(|at| at.value).unwrap_or_default(),
            criticality: criticality(&table),
            tier: table.text("tier").map(|at| at.value).unwrap_or_default(),
            residency: table.texts("residency").into_iter().map(|at| at.value).collect(),
        },
        expected_classes: table.texts("expected_classes").into_iter().map(|at| at.value).collect(),
    }
}

/// A registered use case that does not say is of medium criticality; one that says something unknown was told.
fn criticality(table: &Table<'_>) -> Criticality {
    if !table.has("criticality") {
        return Criticality::Medium;
    }
    table.choice("criticality", &Criticality::NAMED).map(|at| at.value).unwrap_or_default()
}

/// A level by its word.
pub(super) fn level(table: &Table<'_>, name: &str) -> Option<Level> {
    table.choice(name, &Level::ALL.map(|level| (level.as_str(), level))).map(|at| at.value)
}
