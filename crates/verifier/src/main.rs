//! `portcullis-verify`: verifies a ledger or a proof, alone, on a computer that has nothing else of Portcullis.

use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use ledger::proof::Verdict;
use verifier::{Policy, ProofError, check_proof, folder, report};

const USAGE: &str = "portcullis-verify PATH [--policy FILE] [--json]

Verifies a ledger (PATH is a copy of its folder) or a proof (PATH is a file).
  --policy FILE   whom you trust: log keys, witnesses, quorum. A proof needs one. Without one, a ledger
                  is verified with the key that lies beside it, which shows only that it is whole.
  --json          one JSON object

Exit status: 0 it verifies, 1 it does not, 2 misuse, 3 something broke.";

/// What the command line says.
struct Asked {
    path: PathBuf,
    policy: Option<PathBuf>,
    json: bool,
}

fn main() -> ExitCode {
    let Some(asked) = arguments(std::env::args().skip(1)) else {
        complain(USAGE);
        return ExitCode::from(2);
    };
    match run(&asked) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            complain(&format!("portcullis-verify: {error}"));
            ExitCode::from(3)
        }
    }
}

fn arguments(mut given: impl Iterator<Item = String>) -> Option<Asked> {
    let (mut path, mut policy, mut json) = (None, None, false);
    while let Some(argument) = given.next() {
        match argument.as_str() {
            "--json" => json = true,
            "--policy" if policy.is_none() => policy = Some(PathBuf::from(given.next()?)),
            _ if argument.starts_with('-') || path.is_some() => return None,
            _ => path = Some(PathBuf::from(argument)),
        }
    }
    Some(Asked { path: path?, policy, json })
}

fn run(asked: &Asked) -> Result<bool, Box<dyn std::error::Error>> {
    let policy = asked.policy.as_deref().map(Policy::read).transpose()?;
    if asked.path.is_dir() {
        return ledger(asked, policy.as_ref());
    }
    let policy = policy.ok_or("a proof needs --policy: log keys and witnesses come from you, never from the proof")?;
    let (holds, value, lines) = match check_proof(&asked.path, &policy) {
        Ok(verdict) => {
            let (holds, proof) = match &verdict {
                Verdict::Holds(proof) => (true, proof),
                Verdict::Contradicts(proof) => (false, proof),
            };
            let gaps = report::gaps(proof, &policy);
            let value = serde_json::json!({ "holds": holds, "proof": proof, "does_not_prove": gaps });
            (holds, value, report::proof(&verdict, &policy))
        }
        Err(ProofError::Broken(broken)) => {
            let value = serde_json::json!({ "holds": false, "broken": broken.to_string() });
            (false, value, vec![report::broken(&broken)])
        }
        Err(error) => return Err(error.into()),
    };
    tell(asked.json, &value, &lines);
    Ok(holds)
}

fn ledger(asked: &Asked, policy: Option<&Policy>) -> Result<bool, Box<dyn std::error::Error>> {
    let terminal = std::io::stderr().is_terminal() && !asked.json;
    let mut shown = u64::MAX;
    let mut progress = |done: u64, all: u64| {
        let percent = done.saturating_mul(100).checked_div(all).unwrap_or(100);
        if terminal && percent != shown {
            shown = percent;
            let _ = write!(std::io::stderr(), "\rVerifying … {percent} %");
        }
    };
    let keys = policy.map(|policy| policy.trust.logs.as_slice()).unwrap_or_default();
    let verdict = folder::verify(&asked.path, keys, &mut progress)?;
    if terminal {
        let _ = write!(std::io::stderr(), "\r                    \r");
    }
    tell(asked.json, &serde_json::to_value(&verdict)?, &report::ledger(&verdict));
    Ok(verdict.sound)
}

fn tell(json: bool, value: &serde_json::Value, lines: &[String]) {
    // A closed pipe is the reader's choice and no failure of ours.
    let mut out = std::io::stdout().lock();
    if json {
        let _ = writeln!(out, "{value}");
    } else {
        let _ = writeln!(out, "{}", lines.join("\n"));
    }
}

fn complain(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
