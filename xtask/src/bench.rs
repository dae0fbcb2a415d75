//! `cargo xtask bench`: builds what is measured in release mode and hands over to the bench crate.

use anyhow::{Result, bail};

use crate::run::{cargo, ran, root, target};

/// Runs the benchmark that is named: `door` (also without a name), `ledger`, `policy` or `overload`.
///
/// # Errors
/// When something does not build, is not installed, or the run itself breaks. Never because a number is bad.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    match arguments.split_first() {
        Some((first, rest)) if first == "door" => door(rest),
        Some((first, rest)) if first == "ledger" => ledger(rest),
        Some((first, _)) if first == "policy" => ran(&mut cargo(&["bench", "--package", "judge"])),
        Some((first, rest)) if first == "overload" && rest.is_empty() => overload(),
        Some((first, _)) if !first.starts_with('-') => {
            bail!("there is no benchmark `{first}`; there are `door`, `ledger`, `policy` and `overload`")
        }
        _ => door(arguments),
    }
}

fn door(rest: &[String]) -> Result<()> {
    ran(&mut cargo(&["build", "--release", "--package", "portcullis", "--package", "bench"]))?;
    let mut command = std::process::Command::new(target().join("release").join("bench-door"));
    command.arg("--portcullis").arg(target().join("release").join("portcullis"));
    command.arg("--page").arg(root().join("docs").join("benchmarks.md"));
    ran(command.args(rest).current_dir(root()))
}

/// `[DIR] [SECONDS] [RECORDS]`: where to write, how long each row lasts, how many records are proved and verified.
fn ledger(rest: &[String]) -> Result<()> {
    ran(&mut cargo(&["build", "--release", "--package", "bench", "--bin", "bench-ledger"]))?;
    ran(std::process::Command::new(target().join("release").join("bench-ledger")).args(rest).current_dir(root()))
}

/// A stand-in engine that saturates, behind the whole pipeline and without it, in simulated time: no machine is measured.
fn overload() -> Result<()> {
    ran(&mut cargo(&["test", "--package", "proxy", "--lib", "admission::overload", "--", "--nocapture"]))
}
