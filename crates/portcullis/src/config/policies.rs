//! Policies: the Cedar files of the folder, or the built-in ones.

use judge::{Policies, Source, Vocabulary};

use super::bundle::{self, Bundle, Signed, Signers};
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

/// Who signed the policies. Where somebody may sign, unsigned ones are refused; so are none at all, because then the
/// built-in ones would hold, which nobody signed.
pub(super) fn signed(files: &[File], bundle: Option<&File>, signers: &Signers, problems: &Problems) -> Option<Signed> {
    if signers.is_empty() {
        return None;
    }
    let name = format!("policies/{}", bundle::FILE);
    let help = "have two of those under [policy_signers] run `portcullis policy sign`";
    let Some(bundle) = bundle else {
        problems.whole(&name, "the policies are not signed", help);
        return None;
    };
    let own = |file: &File| file.name.rsplit('/').next().unwrap_or(&file.name).to_owned();
    let sources: Vec<Source> = files.iter().map(|file| Source { name: own(file), text: file.text.clone() }).collect();
    match Bundle::parse(&bundle.text).and_then(|bundle| bundle.verify(&sources, signers)) {
        Ok(signed) => Some(signed),
        Err(why) => {
            problems.whole(&name, why, help);
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
