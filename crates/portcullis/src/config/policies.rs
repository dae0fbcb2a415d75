//! Policies: the Cedar files of the folder, or the built-in ones.

use judge::{Policies, Source, Vocabulary};

use super::problem::{File, Problem, Problems, Severity};

/// Compiles the policies. With no file at all the built-in ones hold.
pub(super) fn compile(files: &[File], vocabulary: &Vocabulary, problems: &Problems) -> Option<Policies> {
    if files.is_empty() {
        return Some(Policies::built_in());
    }
    let sources: Vec<Source> =
        files.iter().map(|file| Source { name: file.name.clone(), text: file.text.clone() }).collect();
    match Policies::compile_with(&sources, vocabulary) {
        Ok(policies) => {
            for warning in policies.warnings() {
                problems.push(problem(Severity::Warning, warning));
            }
            if policies.is_empty() {
                problems.push(Problem {
                    severity: Severity::Warning,
                    file: "policies".to_owned(),
                    line: 0,
                    column: 0,
                    message: "the files hold no policy, so every call is refused".to_owned(),
                    help: Some("permit something, or remove the files to get the built-in policies".to_owned()),
                });
            }
            Some(policies)
        }
        Err(found) => {
            for wrong in &found {
                problems.push(problem(Severity::Error, wrong));
            }
            None
        }
    }
}

fn problem(severity: Severity, from: &judge::Problem) -> Problem {
    Problem {
        severity,
        file: from.file.clone(),
        line: from.line,
        column: from.column,
        message: from.message.clone(),
        help: from.help.clone(),
    }
}
