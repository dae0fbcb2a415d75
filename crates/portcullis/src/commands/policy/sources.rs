//! Policies from a folder: the Cedar files in it, or those of the configuration that it is.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use judge::{Policies, Problem, Source};

use crate::cli::Place;
use crate::config::Config;
use crate::dirs;

/// The configuration, for its destinations, classes and mode. Without a folder, the one that needs none.
///
/// # Errors
/// Every problem, one a line.
pub(super) fn config(place: &Place) -> Result<Config> {
    crate::assemble::load(place)
}

/// The folder in which the configuration's policies stand.
///
/// # Errors
/// There is no configuration folder.
pub(super) fn folder(place: &Place) -> Result<PathBuf> {
    match dirs::config(place)? {
        Some(dir) => Ok(dir.join("policies")),
        None => bail!("there is no configuration folder; say `--config DIR`, or name the files"),
    }
}

/// The Cedar files of `dir`, or of `dir/policies`, sorted by name.
///
/// # Errors
/// The folder cannot be read, or holds no policy file.
pub(super) fn read(dir: &Path) -> Result<Vec<Source>> {
    let inner = dir.join("policies");
    let dir = if inner.is_dir() { inner } else { dir.to_owned() };
    let files = with_end(&dir, ".cedar")?;
    if files.is_empty() {
        bail!("`{}` holds no `.cedar` file", dir.display());
    }
    files.iter().map(|path| file(path)).collect()
}

/// One Cedar file.
///
/// # Errors
/// It cannot be read.
pub(super) fn file(path: &Path) -> Result<Source> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read `{}`", path.display()))?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    Ok(Source { name, text })
}

/// The files of a folder whose names end so, sorted.
///
/// # Errors
/// The folder cannot be read.
pub(super) fn with_end(dir: &Path, end: &str) -> Result<Vec<PathBuf>> {
    let listing = std::fs::read_dir(dir).with_context(|| format!("cannot read the folder `{}`", dir.display()))?;
    let mut files = Vec::new();
    for entry in listing {
        let path = entry.with_context(|| format!("cannot read the folder `{}`", dir.display()))?.path();
        if path.file_name().is_some_and(|name| name.to_string_lossy().ends_with(end)) && path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Compiles sources; what is wrong with them is one error of several lines.
///
/// # Errors
/// They do not compile.
pub(super) fn compile(sources: &[Source], config: &Config, what: &str) -> Result<Policies> {
    Policies::compile_with(sources, &config.vocabulary()).map_err(|problems| {
        let lines: Vec<String> = problems.iter().map(Problem::to_string).collect();
        anyhow::anyhow!("the policies of {what} are refused:\n{}", lines.join("\n"))
    })
}
