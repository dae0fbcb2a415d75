//! The measured quality of inspection: labelled sets by path in, precision, recall and time out; see docs/inspection.md.
#![expect(clippy::print_stdout, reason = "a developer's program speaks on the terminal")]

mod injection;
mod names;
mod pii;
mod secrets;
mod speed;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Result, bail};

/// One measured set: its name on the command line, and what measures it with the labelled data below a folder.
type Recipe = (&'static str, fn(&Path) -> Result<()>);

const RECIPES: [Recipe; 5] = [
    ("pii", pii::run),
    ("names", names::run),
    ("secrets", secrets::run),
    ("injection", injection::run),
    ("speed", speed::run),
];

const USAGE: &str = "cargo xtask eval [pii|names|secrets|injection|speed]... --data FOLDER";

fn main() -> ExitCode {
    match measure(std::env::args().skip(1)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            println!("eval: {fault:#}");
            ExitCode::FAILURE
        }
    }
}

/// Runs the recipes that were named, or all of them.
fn measure(arguments: impl Iterator<Item = String>) -> Result<()> {
    let (mut data, mut wanted) = (None, Vec::new());
    let mut arguments = arguments;
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--data" => data = arguments.next().map(PathBuf::from),
            name if RECIPES.iter().any(|(known, _)| *known == name) => wanted.push(argument),
            other => bail!("`{other}` is not a measured set\n{USAGE}"),
        }
    }
    let Some(data) = data else { bail!("say where the labelled sets are: --data FOLDER\n{USAGE}") };
    for (name, run) in RECIPES {
        if wanted.is_empty() || wanted.iter().any(|one| one == name) {
            println!("\n{name}");
            run(&data)?;
        }
    }
    Ok(())
}
