//! The real clients: their Python and Node environments with pinned versions, and the suites in tests/clients.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::run::{exists, ran, root, target, watched};
use crate::test::Tally;

/// Makes the environments where they are missing or out of date, then runs the suites (`only`: one of them).
///
/// # Errors
/// When an environment cannot be made or the suites cannot be started. Failing tests are counted, not returned.
pub(crate) fn run(only: Option<&str>, tally: &mut Tally) -> Result<()> {
    let clients = root().join("tests").join("clients");
    let cache = target().join("clients");
    std::fs::create_dir_all(&cache).with_context(|| format!("cannot make {}", cache.display()))?;
    let python = python(&clients, &cache)?;
    let node = node(&clients, &cache)?;
    let mut command = Command::new(&python);
    command.arg(clients.join("run.py")).env("PYTHONUNBUFFERED", "1").env("PYTHONDONTWRITEBYTECODE", "1");
    command.arg("--portcullis").arg(target().join("debug").join("portcullis"));
    command.arg("--node-folder").arg(&node);
    if let Some(only) = only.filter(|name| *name != "clients") {
        command.args(["--only", only]);
    }
    let failed_before = tally.failed;
    let succeeded = watched(&mut command, |line| tally.read(line))?;
    if !succeeded && tally.failed == failed_before {
        println!("the client suites did not run to their end");
        tally.failed += 1;
    }
    Ok(())
}

/// A virtual environment with exactly what requirements.txt says; remade when that file changes.
fn python(clients: &Path, cache: &Path) -> Result<PathBuf> {
    let folder = cache.join("python");
    let python = folder.join("bin").join("python");
    let lock = clients.join("requirements.txt");
    if current(&lock, &folder)? {
        return Ok(python);
    }
    if !exists("python3", &["-m", "venv", "--help"]) {
        bail!("the client suites need Python 3.11 or later with venv (on Debian: `apt-get install python3-venv`)");
    }
    ran(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder))?;
    ran(Command::new(&python).args(["-m", "pip", "install", "--quiet", "--no-deps", "-r"]).arg(&lock))?;
    remember(&lock, &folder)?;
    Ok(python)
}

/// A folder with the Node packages of package-lock.json beside a fresh copy of the scripts, since that is where
/// Node looks for packages.
fn node(clients: &Path, cache: &Path) -> Result<PathBuf> {
    let folder = cache.join("node");
    let lock = clients.join("node").join("package-lock.json");
    if !current(&lock, &folder)? {
        if !exists("npm", &["--version"]) {
            bail!("the client suites need Node 20 or later with npm (on Debian: `apt-get install nodejs npm`)");
        }
        std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        for name in ["package.json", "package-lock.json", ".npmrc"] {
            copy(&clients.join("node").join(name), &folder.join(name))?;
        }
        ran(Command::new("npm").args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(&folder))?;
        remember(&lock, &folder)?;
    }
    for entry in std::fs::read_dir(clients.join("node")).context("cannot read tests/clients/node")? {
        let path = entry.context("cannot read tests/clients/node")?.path();
        if path.extension().is_some_and(|ending| ending == "mjs")
            && let Some(name) = path.file_name()
        {
            copy(&path, &folder.join(name))?;
        }
    }
    Ok(folder)
}

/// Whether the environment in `folder` was made from the lock file as it is now.
fn current(lock: &Path, folder: &Path) -> Result<bool> {
    let wanted = std::fs::read(lock).with_context(|| format!("cannot read {}", lock.display()))?;
    Ok(std::fs::read(folder.join(MADE_FROM)).is_ok_and(|made_from| made_from == wanted))
}

fn remember(lock: &Path, folder: &Path) -> Result<()> {
    copy(lock, &folder.join(MADE_FROM))
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    std::fs::copy(from, to).with_context(|| format!("cannot copy {} to {}", from.display(), to.display()))?;
    Ok(())
}

const MADE_FROM: &str = "made-from.lock";
