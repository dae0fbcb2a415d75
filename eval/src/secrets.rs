//! Secrets: recall over examples and false alarms over what only looks like one.
//!
//! Two kinds of sets. Labelled ones by path: every `FOLDER/secrets/*.jsonl`, a line `{"text", "label", "family"}` with label
//! 1 for a text that holds a secret. And one that [`generated`] makes, always the same: forms that the detectors were
//! developed on, and forms kept aside (`held out`), which nobody looked at while the detectors were written.

mod draw;
mod generated;
mod negative;
mod positive;

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use inspect::{Channel, Inspector, Piece, Settings};

/// A text, and whether it holds a secret.
pub(crate) struct Example {
    pub(crate) text: String,
    pub(crate) is_secret: bool,
    pub(crate) family: String,
}

/// What the inspector said to the examples of a set.
#[derive(Default)]
struct Tally {
    found: u32,
    missed: u32,
    alarms: u32,
    quiet: u32,
}

/// Measures and prints.
///
/// # Errors
/// When a set cannot be read.
pub(crate) fn run(data: &Path) -> Result<()> {
    let inspector = Inspector::new(&Settings::default()).map_err(|problems| anyhow::anyhow!("{problems:?}"))?;
    let folder = data.join("secrets");
    let mut paths: Vec<_> = match std::fs::read_dir(&folder) {
        Ok(entries) => entries.filter_map(Result::ok).map(|entry| entry.path()).collect(),
        Err(_) => Vec::new(),
    };
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "jsonl"));
    paths.sort();
    for path in paths {
        let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        measure(&inspector, &name, &read(&path)?);
    }
    measure(&inspector, "generated", &generated::examples(false));
    measure(&inspector, "generated, held out", &generated::examples(true));
    Ok(())
}

fn read(path: &Path) -> Result<Vec<Example>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut examples = Vec::new();
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let value: serde_json::Value =
            serde_json::from_str(line).with_context(|| format!("{}: line {}", path.display(), number + 1))?;
        let word = |key: &str| value.get(key).and_then(serde_json::Value::as_str).map(str::to_owned);
        let label = value.get("label");
        let is_secret = match label {
            Some(serde_json::Value::String(label)) => {
                !matches!(label.as_str(), "0" | "negative" | "neg" | "F" | "false" | "none")
            }
            Some(serde_json::Value::Number(number)) => number.as_f64().is_some_and(|number| number > 0.0),
            Some(serde_json::Value::Bool(label)) => *label,
            _ => false,
        };
        let family = ["family", "rule", "kind", "category"].iter().find_map(|key| word(key)).unwrap_or_default();
        examples.push(Example { text: word("text").unwrap_or_default(), is_secret, family });
    }
    Ok(examples)
}

fn measure(inspector: &Inspector, name: &str, examples: &[Example]) {
    let mut all = Tally::default();
    let mut families: BTreeMap<&str, Tally> = BTreeMap::new();
    let mut bands: BTreeMap<u8, (u32, u32)> = BTreeMap::new();
    for example in examples {
        let found = inspector.inspect(&[Piece::text(Channel::User, &example.text)]);
        let confidence = found
            .findings
            .iter()
            .filter(|finding| finding.class.family() == "secret")
            .map(|finding| finding.confidence)
            .reduce(f32::max);
        let family = families.entry(&example.family).or_default();
        for tally in [&mut all, family] {
            tally.note(example.is_secret, confidence.is_some());
        }
        if let Some(confidence) = confidence {
            let band = bands.entry((confidence * 10.0) as u8).or_default();
            band.0 += u32::from(example.is_secret);
            band.1 += 1;
        }
        show(example, &found);
    }
    println!("{name}: {}", all.line());
    for (family, tally) in families {
        println!("    {family:<28} {}", tally.line());
    }
    for (band, (right, total)) in bands {
        println!("    confidence from 0.{band}: {total} texts flagged, {:.3} of them rightly", share(right, total));
    }
}

/// With `EVAL_SHOW` in the environment: what was missed and what was flagged wrongly, of sets that one may look at.
fn show(example: &Example, found: &inspect::Found) {
    let is_secret = |finding: &&inspect::Finding| finding.class.family() == "secret";
    if std::env::var_os("EVAL_SHOW").is_none()
        || found.findings.iter().any(|finding| is_secret(&finding)) == example.is_secret
    {
        return;
    }
    if example.is_secret {
        println!("MISSED [{}] {}", example.family, example.text.replace('\n', "\\n"));
    }
    for finding in found.findings.iter().filter(is_secret) {
        let line_start = example.text.get(..finding.start).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
        let line = example.text.get(line_start..finding.end).unwrap_or("");
        println!(
            "ALARM  [{}] {} {} {:.2}: {line}",
            example.family, finding.class, finding.detector, finding.confidence
        );
    }
}

impl Tally {
    fn note(&mut self, is_secret: bool, is_found: bool) {
        match (is_secret, is_found) {
            (true, true) => self.found += 1,
            (true, false) => self.missed += 1,
            (false, true) => self.alarms += 1,
            (false, false) => self.quiet += 1,
        }
    }

    fn line(&self) -> String {
        let (positives, negatives) = (self.found + self.missed, self.alarms + self.quiet);
        let recall = share(self.found, positives);
        let precision = share(self.found, self.found + self.alarms);
        let f1 = if recall + precision > 0.0 { 2.0 * recall * precision / (recall + precision) } else { 0.0 };
        match (positives, negatives) {
            (0, _) => format!("flagged {:.3} of {negatives} negatives", share(self.alarms, negatives)),
            (_, 0) => format!("recall {recall:.3} of {positives}"),
            _ => format!(
                "recall {recall:.3} of {positives}, flagged {:.3} of {negatives} negatives, precision {precision:.3}, F1 {f1:.3}",
                share(self.alarms, negatives)
            ),
        }
    }
}

fn share(part: u32, whole: u32) -> f64 {
    if whole == 0 { 0.0 } else { f64::from(part) / f64::from(whole) }
}
