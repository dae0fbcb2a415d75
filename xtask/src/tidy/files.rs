//! Rules about source files: each says what it is for, none is too long, none names a machine.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// What must be put right in the files below `root`.
///
/// # Errors
/// When a folder or file cannot be read.
pub(super) fn problems(root: &Path) -> Result<Vec<String>> {
    let mut problems = Vec::new();
    for path in files(root)? {
        let Some(text) = text(&path)? else { continue };
        let name = path.strip_prefix(root).unwrap_or(&path).display().to_string();
        problems.extend(problems_in(&name, &text));
    }
    Ok(problems)
}

/// Source files that are longer than one should think twice about.
///
/// # Errors
/// When a folder or file cannot be read.
pub(super) fn long(root: &Path) -> Result<Vec<String>> {
    let mut warnings = Vec::new();
    for path in files(root)?.into_iter().filter(|path| is_rust(path)) {
        let lines = text(&path)?.map_or(0, |text| text.lines().count());
        if lines > LINES_WARN {
            let name = path.strip_prefix(root).unwrap_or(&path).display();
            warnings.push(format!("{name} has {lines} lines: think again past {LINES_WARN}, split before {LINES_MAX}"));
        }
    }
    Ok(warnings)
}

fn problems_in(name: &str, text: &str) -> Vec<String> {
    let mut problems = Vec::new();
    if name.ends_with(".rs") {
        if !text.starts_with("//! ") {
            problems.push(format!("{name}: does not open with one `//!` sentence that says what it is for"));
        }
        let lines = text.lines().count();
        if lines > LINES_MAX {
            problems.push(format!("{name}: {lines} lines, split it before {LINES_MAX}"));
        }
    }
    for (number, line) in text.lines().enumerate() {
        for place in machine_places() {
            if line.contains(&place) {
                problems.push(format!("{name}:{}: names a place on one machine, `{place}`", number + 1));
            }
        }
    }
    problems
}

/// Every file that people write, in a stable order.
fn files(root: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut open = vec![root.to_path_buf()];
    while let Some(folder) = open.pop() {
        let entries = std::fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))?;
        for entry in entries {
            let entry = entry.with_context(|| format!("cannot read {}", folder.display()))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let kind = entry.file_type().with_context(|| format!("cannot read {}", entry.path().display()))?;
            if kind.is_dir() && !MADE_FOLDERS.contains(&name.as_str()) {
                open.push(entry.path());
            } else if kind.is_file() && SOURCES.iter().any(|ending| name.ends_with(ending)) {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    Ok(found)
}

/// The text of a file; nothing when it went away meanwhile (an editor's temporary file) or is not text.
fn text(path: &Path) -> Result<Option<String>> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(fault) if matches!(fault.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::InvalidData) => {
            Ok(None)
        }
        Err(fault) => Err(fault).with_context(|| format!("cannot read {}", path.display())),
    }
}

fn is_rust(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "rs")
}

/// Spelled in halves, so that this file passes its own rule.
fn machine_places() -> [String; 2] {
    [("/wo", "rk/"), ("/ro", "ot/")].map(|(head, tail)| format!("{head}{tail}"))
}

const LINES_WARN: usize = 400;
const LINES_MAX: usize = 600;
const SOURCES: &[&str] = &[".rs", ".toml", ".md", ".py", ".mjs", ".json", ".sh", ".cedar", ".txt", ".service", ".lock"];
const MADE_FOLDERS: &[&str] = &["target", ".git", "node_modules", "corpus", "artifacts", "__pycache__", ".venv"];

#[cfg(test)]
mod tests {
    #[track_caller]
    fn check(name: &str, text: &str, expected: &[&str]) {
        let problems = super::problems_in(name, text);
        assert_eq!(problems.len(), expected.len(), "{problems:?}");
        for (problem, part) in problems.iter().zip(expected) {
            assert!(problem.contains(part), "{problem}");
        }
    }

    #[test]
    fn a_rust_file_opens_with_what_it_is_for() {
        check("a.rs", "//! What it is for.\nfn f() {}\n", &[]);
        check("a.rs", "fn f() {}\n", &["does not open"]);
        check("a.rs", "// What it is for.\n", &["does not open"]);
        check("a.md", "Text.\n", &[]);
    }

    #[test]
    fn a_rust_file_has_at_most_six_hundred_lines() {
        check("a.rs", &format!("//! Long.\n{}", "\n".repeat(599)), &[]);
        check("a.rs", &format!("//! Long.\n{}", "\n".repeat(600)), &["601 lines"]);
    }

    #[test]
    fn no_file_names_a_place_on_one_machine() {
        check("a.md", &format!("one\nsee {}x\n", super::machine_places()[0]), &["a.md:2"]);
    }
}
