//! `portcullis ledger prove` and `verify-proof`.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use ledger::proof::{Broken, Claim, Verdict};
use verifier::{Policy, ProofError, report};

use super::super::{say, warn};
use crate::cli::Place;
use crate::{Exit, dirs};

/// What is to be proved.
pub struct Asked {
    claim: Claim,
    question: String,
    range: (u64, u64),
}

impl Asked {
    /// Reads the options of `ledger prove`.
    ///
    /// # Errors
    /// A time is none.
    pub fn of(
        never: Option<String>,
        who: Option<String>,
        what_reached: Option<String>,
        from: Option<&str>,
        to: Option<&str>,
    ) -> Result<Self> {
        let (claim, question) = match (never, who, what_reached) {
            (Some(question), ..) => (Claim::Never, question),
            (_, Some(question), _) => (Claim::Who, question),
            (.., Some(destination)) if !destination.contains('"') => {
                (Claim::Reached, format!("destination=\"{destination}\""))
            }
            _ => bail!("a destination has no quotation marks in its name"),
        };
        let range = (from.map_or(Ok(0), time)?, to.map_or(Ok(u64::MAX), time)?);
        if range.0 >= range.1 {
            bail!("--from must be before --to");
        }
        Ok(Self { claim, question, range })
    }
}

/// Writes a proof. An attempt that contradicts a `--never` is an answer, and a proof of it is not written.
///
/// # Errors
/// The ledger cannot be read, or the file not written.
pub fn prove(place: &Place, path: Option<PathBuf>, asked: &Asked, out: &Path) -> Result<Exit> {
    let dir = match path {
        Some(dir) => dir,
        None => dirs::state(place)?,
    };
    let proved = match store::prove_dir(&dir, asked.claim, &asked.question, asked.range, &mut |_, _| {}) {
        Ok(proved) => proved,
        Err(store::UnprovedError::Prove(error)) => {
            warn(&format!("No proof: {error}."));
            return Ok(Exit::No);
        }
        Err(error) => return Err(error).with_context(|| format!("cannot prove from `{}`", dir.display())),
    };
    if asked.claim == Claim::Never && !proved.matches.is_empty() {
        let listed: Vec<String> = proved.matches.iter().take(10).map(u64::to_string).collect();
        let more = if proved.matches.len() > 10 { " …" } else { "" };
        if place.json {
            say(&serde_json::json!({ "proved": false, "matches": proved.matches }).to_string());
        }
        warn(&format!(
            "No proof: {} recorded attempts were `{}` (records {}{more}). `--who` proves who made them.",
            proved.matches.len(),
            asked.question,
            listed.join(", ")
        ));
        return Ok(Exit::No);
    }
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(out)
        .with_context(|| format!("cannot write `{}`", out.display()))?;
    file.write_all(&proved.file).and_then(|()| file.sync_all()).context("cannot write the proof")?;
    let records = proved.statement.records;
    if place.json {
        let value = serde_json::json!({
            "proved": true, "file": out, "bytes": proved.file.len(), "statement": proved.statement,
            "matches": proved.matches.len(),
        });
        say(&value.to_string());
    } else {
        say(&format!("Written to {}: {} bytes for {records} records.", out.display(), proved.file.len()));
        say("Give it away together with nothing; whoever checks it brings the ledger's public key:");
        say(&format!("  portcullis-verify {} --policy auditor.toml", out.display()));
    }
    Ok(Exit::Done)
}

/// Checks a proof.
///
/// # Errors
/// A file cannot be read, or the policy is none.
pub fn verify(place: &Place, file: &Path, policy: &Path) -> Result<Exit> {
    let policy = Policy::read(policy)?;
    let (holds, value, lines) = match verifier::check_proof(file, &policy) {
        Ok(verdict) => {
            let (holds, proof) = match &verdict {
                Verdict::Holds(proof) => (true, proof),
                Verdict::Contradicts(proof) => (false, proof),
            };
            let gaps = report::gaps(proof, &policy);
            let value = serde_json::json!({ "holds": holds, "proof": proof, "does_not_prove": gaps });
            (holds, value, report::proof(&verdict, &policy))
        }
        Err(ProofError::Broken(broken)) => said_broken(&broken),
        Err(error) => return Err(error.into()),
    };
    if place.json {
        say(&value.to_string());
    } else {
        lines.iter().for_each(|line| say(line));
    }
    Ok(if holds { Exit::Done } else { Exit::No })
}

fn said_broken(broken: &Broken) -> (bool, serde_json::Value, Vec<String>) {
    let value = serde_json::json!({ "holds": false, "broken": broken.to_string() });
    (false, value, vec![report::broken(broken)])
}

/// A day, a time in UTC, or milliseconds since 1970; as milliseconds.
fn time(text: &str) -> Result<u64> {
    if let Ok(ms) = text.parse::<u64>()
        && text.len() > 8
    {
        return Ok(ms);
    }
    moment(text).with_context(|| {
        format!("`{text}` is no time; write 2026-10-01, 2026-10-01T08:00:00Z, or milliseconds since 1970")
    })
}

fn moment(text: &str) -> Option<u64> {
    let (date, clock) = match text.split_once(['T', ' ']) {
        Some((date, clock)) => (date, clock.strip_suffix('Z')?),
        None => (text, "00:00:00"),
    };
    let numbers = |text: &str, mark: char| -> Option<[u64; 3]> {
        let parts: Vec<u64> = text
            .split(mark)
            .map(|part| part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse().ok())?)
            .collect::<Option<_>>()?;
        parts.try_into().ok()
    };
    let ([year, month, day], [hour, minute, second]) = (numbers(date, '-')?, numbers(clock, ':')?);
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let february = if leap { 29 } else { 28 };
    let lengths = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let month_index = usize::try_from(month.checked_sub(1)?).ok()?;
    let fits = (1970..=9999).contains(&year)
        && (1..=*lengths.get(month_index)?).contains(&day)
        && hour < 24
        && minute < 60
        && second < 60;
    let leaps = |year: u64| year / 4 - year / 100 + year / 400;
    let days_before_year = (year - 1970) * 365 + leaps(year - 1) - leaps(1969);
    let days = days_before_year + lengths.iter().take(month_index).sum::<u64>() + day - 1;
    fits.then_some(((days * 24 + hour) * 60 + minute) * 60_000 + second * 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_people_write_them() {
        for (text, expected) in [
            ("1970-01-01", Some(0)),
            ("2026-11-18T11:06:40Z", Some(1_795_000_000_000)),
            ("2000-02-29", Some(951_782_400_000)),
            ("1795000000000", Some(1_795_000_000_000)),
            ("2026-02-29", None),
            ("2026-13-01", None),
            ("2026-00-01", None),
            ("2026-11-18T11:06:40", None),
            ("2026-11-18T24:00:00Z", None),
            ("yesterday", None),
            ("+2026-11-18", None),
            ("20261118", None),
        ] {
            assert_eq!(time(text).ok(), expected, "{text}");
            if let Some(ms) = expected {
                assert!(report::time(ms).starts_with(if text.contains('-') {
                    text.get(..10).unwrap()
                } else {
                    "2026"
                }));
            }
        }
    }
}
