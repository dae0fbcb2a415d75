//! Verdicts in sentences, and what a proof does not prove.

use ledger::proof::{Broken, Claim, Proof, Verdict};

use crate::Policy;

/// A verdict on a proof, line by line.
#[must_use]
pub fn proof(verdict: &Verdict, policy: &Policy) -> Vec<String> {
    let (holds, proof) = match verdict {
        Verdict::Holds(proof) => (true, proof),
        Verdict::Contradicts(proof) => (false, proof),
    };
    let mut lines = Vec::new();
    let (first, last) = proof.range.unwrap_or_default();
    let (from, to) = proof.times_ms.unwrap_or_default();
    let question = &proof.statement.question;
    lines.push(match (proof.statement.claim, holds) {
        (Claim::Never, true) => format!("HOLDS: no recorded attempt in these records was `{question}`."),
        (Claim::Never, false) => {
            format!("DOES NOT HOLD: {} recorded attempts in these records were `{question}`.", proof.matches.len())
        }
        (Claim::Who | Claim::Reached, _) => format!(
            "HOLDS: {} recorded attempts in these records were `{question}`, those listed below and no others.",
            proof.matches.len()
        ),
    });
    lines.push(format!("  ledger    {}", proof.origin));
    lines.push(format!("  records   {first} to {last}, {} in all, {} of them attempts", proof.records, proof.attempts));
    lines.push(format!("  recorded  {} to {}", time(from), time(to)));
    lines.push(format!("  asked     {} to {}", time(proof.statement.from_ms), time(proof.statement.to_ms)));
    for (version, count) in &proof.detectors {
        lines.push(format!("  found by  {version}: {} attempts", count.attempts));
    }
    lines.push(trust(proof));
    for found in proof.matches.iter().take(MATCHES_SHOWN_MAX) {
        let shown: Vec<String> = found.shown.iter().map(|(field, value)| format!("{field} {value}")).collect();
        let erased = if found.erased { " (who: erased)" } else { "" };
        lines.push(format!("  - record {} at {}: {}{erased}", found.seq, time(found.time_ms), shown.join(", ")));
    }
    if proof.matches.len() > MATCHES_SHOWN_MAX {
        lines.push(format!("  … and {} more; --json lists them all", proof.matches.len() - MATCHES_SHOWN_MAX));
    }
    lines.push("This does NOT prove:".to_owned());
    lines.extend(gaps(proof, policy).iter().map(|gap| format!("  - {gap}")));
    lines
}

/// What a proof does not prove.
#[must_use]
pub fn gaps(proof: &Proof, policy: &Policy) -> Vec<String> {
    let mut gaps = Vec::new();
    for (version, count) in &proof.detectors {
        gaps.push(match policy.recall.get(version) {
            Some(recall) => format!("that {version} missed nothing: its measured recall is {recall}"),
            None => format!("that {version} missed nothing: your policy names no measured recall for it"),
        });
        if count.with_opaque > 0 {
            gaps.push(format!(
                "anything about what could not be inspected: {} of {} attempts had such parts ({:.2} %)",
                count.with_opaque,
                count.attempts,
                100.0 * count.with_opaque as f64 / count.attempts.max(1) as f64
            ));
        }
    }
    if !proof.witnessed {
        gaps.push(format!(
            "that no other history of records {} to {} exists: they are unwitnessed, {TRUST}",
            proof.range.unwrap_or_default().0,
            proof.range.unwrap_or_default().1,
        ));
    }
    if !proof.statement.after {
        gaps.push(
            "anything after the last record in it: the range reaches the end of the checkpoint, and later records may \
             have times in it"
                .to_owned(),
        );
    }
    gaps.push("that destinations are where they are declared to be".to_owned());
    gaps.push("anything about traffic that went round the door, or through a node with another ledger".to_owned());
    gaps
}

/// A proof that does not hold up, in a sentence.
#[must_use]
pub fn broken(broken: &Broken) -> String {
    format!("PROVES NOTHING: {broken}.")
}

/// A verdict on a ledger, line by line.
#[must_use]
pub fn ledger(verdict: &ledger::Verdict) -> Vec<String> {
    let mut lines = Vec::new();
    match &verdict.problem {
        None => lines
            .push(format!("Sound: {} records verified, none altered, missing, reordered or cut off.", verdict.records)),
        Some(problem) => {
            let seq = problem.seq.map_or_else(|| "the ledger".to_owned(), |seq| format!("record {seq}"));
            let id = problem.id.as_deref().map_or_else(String::new, |id| format!(" ({id})"));
            lines.push(format!("NOT SOUND: {seq}{id} is {}.", problem.what));
            lines.push(format!("  in {} at byte {}: {}", problem.segment, problem.offset, problem.detail));
            lines.push(format!("  {} records before it verified.", verdict.records));
        }
    }
    lines.push(format!("Signed checkpoints cover {} of them; trust: {}.", verdict.signed_records, verdict.trust));
    if verdict.erased > 0 {
        lines.push(format!("{} of them are erased: place, time and facts verify, the rest is gone.", verdict.erased));
    }
    if verdict.open_intents > 0 {
        lines.push(format!("{} attempts have no outcome yet and count as sent.", verdict.open_intents));
    }
    if let Some(torn) = &verdict.torn_tail {
        lines
            .push(format!("A write that never finished stands at the end of {} and counts for nothing.", torn.segment));
    }
    lines
}

/// A time in milliseconds since 1970, as people read it, in UTC.
#[must_use]
pub fn time(ms: u64) -> String {
    // Days to a date: Howard Hinnant's `civil_from_days`, for days since 1970.
    let (days, rest) = (ms / 86_400_000, ms % 86_400_000);
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let of_era = shifted % 146_097;
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let day_of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let seconds = rest / 1_000;
    let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} UTC")
}

fn trust(proof: &Proof) -> String {
    match (proof.witnessed, proof.witnessed_s) {
        (true, Some(seconds)) => format!(
            "  trust     cosigned by {} (checkpoint of {} records, {})",
            proof.witnesses.join(", "),
            proof.size,
            time(seconds.saturating_mul(1_000))
        ),
        _ => format!("  trust     {TRUST} (checkpoint of {} records)", proof.size),
    }
}

const TRUST: &str = ledger::verdict::TRUST;
/// Attempts that are listed for people.
const MATCHES_SHOWN_MAX: usize = 50;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_as_people_write_them() {
        for (ms, expected) in [
            (0, "1970-01-01 00:00:00 UTC"),
            (951_782_400_000, "2000-02-29 00:00:00 UTC"),
            (1_795_000_000_000, "2026-11-18 11:06:40 UTC"),
            (4_107_542_399_999, "2100-02-28 23:59:59 UTC"),
        ] {
            assert_eq!(time(ms), expected);
        }
    }
}
