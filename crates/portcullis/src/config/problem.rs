//! One thing that is wrong, or should be known, about the configuration: where, why, and what to do about it.

use std::cell::RefCell;
use std::fmt;
use std::ops::Range;

use serde::Serialize;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The configuration is refused as a whole.
    Error,
    /// It is loaded; in production the thing concerned may be closed, and the message says so.
    Warning,
}

/// One problem.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// How bad.
    pub severity: Severity,
    /// The file, relative to the configuration folder; empty when it is about none.
    pub file: String,
    /// The line, from 1; 0 when it is about no place in the file.
    pub line: usize,
    /// The column in characters, from 1; 0 when it is about no place in the file.
    pub column: usize,
    /// What is wrong: one sentence that starts in lower case and has no full stop. Never a secret.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.file.is_empty() {
            write!(f, "{}", self.file)?;
            if self.line > 0 {
                write!(f, ":{}:{}", self.line, self.column)?;
            }
            write!(f, ": ")?;
        }
        if self.severity == Severity::Warning {
            write!(f, "warning: ")?;
        }
        write!(f, "{}", self.message)?;
        self.help.as_ref().map_or(Ok(()), |help| write!(f, "\n    {help}"))
    }
}

/// A configuration file that was read.
#[derive(Debug)]
pub(super) struct File {
    /// Relative to the configuration folder, with `/`.
    pub(super) name: String,
    pub(super) text: String,
}

impl File {
    /// The file's name without folder and extension: the name of the destination, vendor or use case in it.
    pub(super) fn stem(&self) -> &str {
        let last = self.name.rsplit('/').next().unwrap_or(&self.name);
        last.split_once('.').map_or(last, |(stem, _)| stem)
    }
}

/// All problems found so far.
#[derive(Debug, Default)]
pub(super) struct Problems(RefCell<Vec<Problem>>);

impl Problems {
    /// Something wrong at a place in a file.
    pub(super) fn error(&self, file: &File, at: Range<usize>, message: impl Into<String>, help: impl Into<String>) {
        self.add(Severity::Error, file, at, message.into(), help.into());
    }

    /// Something to know at a place in a file.
    pub(super) fn warn(&self, file: &File, at: Range<usize>, message: impl Into<String>, help: impl Into<String>) {
        self.add(Severity::Warning, file, at, message.into(), help.into());
    }

    /// Something wrong about a file as a whole, or about none.
    pub(super) fn whole(&self, file: &str, message: impl Into<String>, help: impl Into<String>) {
        let (message, help) = (message.into(), Some(help.into()));
        self.push(Problem { severity: Severity::Error, file: file.to_owned(), line: 0, column: 0, message, help });
    }

    pub(super) fn push(&self, problem: Problem) {
        self.0.borrow_mut().push(problem);
    }

    fn add(&self, severity: Severity, file: &File, at: Range<usize>, message: String, help: String) {
        let (line, column) = judge::position(&file.text, at.start);
        let help = (!help.is_empty()).then_some(help);
        self.push(Problem { severity, file: file.name.clone(), line, column, message, help });
    }

    /// The warnings, when nothing is wrong.
    ///
    /// # Errors
    /// Everything, sorted, when something is.
    pub(super) fn into_result(self) -> Result<Vec<Problem>, Vec<Problem>> {
        let mut all = self.0.into_inner();
        all.sort_by(|a, b| {
            let key = |p: &Problem| (p.file.clone(), p.line, p.column, p.severity, p.message.clone());
            key(a).cmp(&key(b))
        });
        all.dedup();
        if all.iter().any(|problem| problem.severity == Severity::Error) { Err(all) } else { Ok(all) }
    }
}
