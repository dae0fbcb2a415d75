//! `cargo xtask fuzz`: the fuzz targets, one after the other, each for a while.

use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::run::{exists, ran, root};

/// Runs all targets in `fuzz/fuzz_targets`, or the one that is named, for some seconds each.
///
/// # Errors
/// When there are no targets, cargo-fuzz is not installed, or a target found something.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let mut only = None;
    let mut seconds = SECONDS_EACH;
    for argument in arguments {
        match argument.parse() {
            Ok(number) => seconds = number,
            Err(_) => only = Some(argument.as_str()),
        }
    }
    let targets = targets(only)?;
    if !exists("cargo", &["fuzz", "--version"]) {
        bail!(
            "cargo-fuzz is not installed; it also needs a nightly compiler: \
             `cargo install --locked cargo-fuzz` and `rustup toolchain install nightly`"
        );
    }
    for target in targets {
        let limit = format!("-max_total_time={seconds}");
        // rustup's Cargo and not the one that runs this program, which knows its own toolchain alone.
        let mut command = Command::new("cargo");
        command.env_remove("RUSTUP_TOOLCHAIN").env_remove("CARGO").current_dir(root());
        ran(command.args(["+nightly", "fuzz", "run", &target, "--", &limit]))?;
    }
    Ok(())
}

fn targets(only: Option<&str>) -> Result<Vec<String>> {
    let folder = root().join("fuzz").join("fuzz_targets");
    let entries = std::fs::read_dir(&folder).context("there are no fuzz targets: fuzz/fuzz_targets cannot be read")?;
    let mut targets = Vec::new();
    for entry in entries {
        let path = entry.context("cannot read fuzz/fuzz_targets")?.path();
        if path.extension().is_some_and(|ending| ending == "rs")
            && let Some(name) = path.file_stem()
        {
            targets.push(name.to_string_lossy().into_owned());
        }
    }
    targets.sort();
    if let Some(only) = only {
        targets.retain(|target| target == only);
    }
    if targets.is_empty() {
        bail!("there is no such fuzz target in fuzz/fuzz_targets");
    }
    Ok(targets)
}

const SECONDS_EACH: u64 = 60;
