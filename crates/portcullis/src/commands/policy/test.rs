//! `portcullis policy test`: runs the tables beside the policies and tells what is not as they say.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use inspect::{Class, Level};
use judge::{DestinationFacts, Policies};
use serde::Serialize;

use super::sources;
use super::table::Table;
use crate::Exit;
use crate::cli::Place;
use crate::commands::say;
use crate::config::Config;

/// What became of one test.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Outcome {
    pub(super) file: String,
    pub(super) test: String,
    pub(super) ok: bool,
    /// What is not as the test says: `-` is missing, `+` is too much, `~` is otherwise.
    pub(super) differences: Vec<String>,
}

/// Runs `portcullis policy test`. The answer is no when a test fails.
///
/// # Errors
/// A table cannot be read, or the policies do not compile.
pub(super) fn run(place: &Place, paths: &[PathBuf]) -> Result<Exit> {
    let config = sources::config(place)?;
    let tables = tables(place, paths)?;
    let mut outcomes = Vec::new();
    for table in &tables {
        outcomes.extend(run_table(table, &config)?);
    }
    let failed = outcomes.iter().filter(|outcome| !outcome.ok).count();
    if place.json {
        say(&serde_json::to_string(&serde_json::json!({ "ok": failed == 0, "tests": outcomes }))?);
    } else {
        for outcome in outcomes.iter().filter(|outcome| !outcome.ok) {
            say(&format!("FAILED {}: {}", outcome.file, outcome.test));
            outcome.differences.iter().for_each(|line| say(&format!("    {line}")));
        }
        say(&format!(
            "{} tests in {} tables: {} hold, {failed} fail.",
            outcomes.len(),
            tables.len(),
            outcomes.len() - failed
        ));
    }
    Ok(if failed == 0 { Exit::Done } else { Exit::No })
}

/// The tables that are meant.
fn tables(place: &Place, paths: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let named = if paths.is_empty() { vec![sources::folder(place)?] } else { paths.to_vec() };
    let mut tables = Vec::new();
    for path in &named {
        if path.is_dir() {
            tables.extend(sources::with_end(path, TABLE_END)?);
        } else {
            tables.push(path.clone());
        }
    }
    if tables.is_empty() {
        let named: Vec<String> = named.iter().map(|path| format!("`{}`", path.display())).collect();
        bail!("there is no table (`*{TABLE_END}`) in {}, so nothing is tested", named.join(", "));
    }
    Ok(tables)
}

/// Runs one table.
///
/// # Errors
/// It cannot be read, or a test in it cannot be made.
pub(super) fn run_table(path: &Path, config: &Config) -> Result<Vec<Outcome>> {
    let shown = path.display().to_string();
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read `{shown}`"))?;
    let table: Table = toml::from_str(&text).with_context(|| format!("`{shown}` is not a table of tests"))?;
    let policies = policies_of(&table, path, config)?;
    let destinations = destinations_of(&table, config).map_err(|why| anyhow::anyhow!("`{shown}`: {why}"))?;
    let level_of = |class: &Class| -> Level { config.inspection.level_of(class) };
    if table.tests.is_empty() {
        bail!("`{shown}` holds no [[test]]");
    }
    let mut outcomes = Vec::new();
    for case in &table.tests {
        let differences = case
            .run(&policies, &destinations, &level_of)
            .map_err(|why| anyhow::anyhow!("`{shown}`: the test \"{}\" cannot be made: {why}", case.name))?;
        outcomes.push(Outcome {
            file: shown.clone(),
            test: case.name.clone(),
            ok: differences.is_empty(),
            differences,
        });
    }
    Ok(outcomes)
}

fn policies_of(table: &Table, path: &Path, config: &Config) -> Result<Policies> {
    let beside = path.parent().unwrap_or_else(|| Path::new("."));
    let found = match &table.policies {
        Some(names) => names.iter().map(|name| sources::file(&beside.join(name))).collect::<Result<Vec<_>>>()?,
        None => sources::read(beside)?,
    };
    sources::compile(&found, config, &format!("`{}`", path.display()))
}

fn destinations_of(table: &Table, config: &Config) -> Result<Vec<DestinationFacts>, String> {
    if table.destinations.is_empty() {
        return Ok(config.destinations.iter().map(|one| one.facts.clone()).collect());
    }
    table.destinations.iter().map(super::table::Place::facts).collect()
}

/// How the name of a table ends.
const TABLE_END: &str = ".test.toml";
