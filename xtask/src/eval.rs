//! `cargo xtask eval`: builds the evaluation in release mode and hands over to the eval crate.

use anyhow::Result;

use crate::run::{cargo, ran, root, target};

/// Measures the quality of inspection over labelled sets, which are given by path and are not part of the repository.
///
/// # Errors
/// When something does not build, or a set cannot be read. Never because a number is bad.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    ran(&mut cargo(&["build", "--release", "--package", "eval"]))?;
    ran(std::process::Command::new(target().join("release").join("eval")).args(arguments).current_dir(root()))
}
