//! Where configuration and state are when nobody says.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use crate::cli::Place;

/// The configuration folder that is meant: the given one, which must exist, or the default one if it exists.
///
/// # Errors
/// A given folder that is not there.
pub fn config(place: &Place) -> Result<Option<PathBuf>> {
    if let Some(dir) = &place.config {
        if !dir.is_dir() {
            bail!("the configuration folder `{}` does not exist; make one with `portcullis init {0}`", dir.display());
        }
        return Ok(Some(dir.clone()));
    }
    Ok(xdg("XDG_CONFIG_HOME", ".config").ok().map(|base| base.join("portcullis")).filter(|dir| dir.is_dir()))
}

/// The state folder that is meant.
///
/// # Errors
/// Nobody says where, and there is no home.
pub fn state(place: &Place) -> Result<PathBuf> {
    match &place.state {
        Some(dir) => Ok(dir.clone()),
        None => Ok(xdg("XDG_STATE_HOME", ".local/state")?.join("portcullis")),
    }
}

fn xdg(variable: &str, below_home: &str) -> Result<PathBuf> {
    if let Some(dir) = std::env::var_os(variable).map(PathBuf::from).filter(|dir| dir.is_absolute()) {
        return Ok(dir);
    }
    let home = std::env::var_os("HOME").context("there is no home folder; say `--state DIR` and `--config DIR`")?;
    Ok(PathBuf::from(home).join(below_home))
}
