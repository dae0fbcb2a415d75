//! Names, addresses, organisations and places: token F2 over labelled texts.

use std::path::Path;

use anyhow::{Result, bail};

/// Measures and prints.
///
/// # Errors
/// When a set cannot be read.
pub(crate) fn run(_data: &Path) -> Result<()> {
    bail!("not measured yet")
}
