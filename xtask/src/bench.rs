//! `cargo xtask bench`: builds what is measured in release mode and hands over to the bench crate.

use anyhow::{Result, bail};

use crate::run::{cargo, ran, root, target};

/// Runs the benchmark that is named: the door, or what a policy decision costs. Without a name, the door.
///
/// # Errors
/// When something does not build, is not installed, or the run itself breaks. Never because a number is bad.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let rest = match arguments.split_first() {
        Some((first, rest)) if first == "door" => rest,
        Some((first, _)) if first == "policy" => return ran(&mut cargo(&["bench", "--package", "judge"])),
        Some((first, _)) if !first.starts_with('-') => {
            bail!("there is no benchmark `{first}`; there are `door` and `policy`")
        }
        _ => arguments,
    };
    ran(&mut cargo(&["build", "--release", "--package", "portcullis", "--package", "bench"]))?;
    let mut command = std::process::Command::new(target().join("release").join("bench-door"));
    command.arg("--portcullis").arg(target().join("release").join("portcullis"));
    command.arg("--page").arg(root().join("docs").join("benchmarks.md"));
    ran(command.args(rest).current_dir(root()))
}
