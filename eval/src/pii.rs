//! Structured personal data: precision, recall, F1 and F2 by type over texts with labelled spans.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use anyhow::{Context, Result, bail};
use inspect::{Channel, Inspector, Piece, Settings};
use serde::Deserialize;

/// A labelled text in the form of presidio-research; positions count characters.
#[derive(Deserialize)]
struct Sample {
    full_text: String,
    spans: Vec<Labelled>,
}

#[derive(Deserialize)]
struct Labelled {
    entity_type: String,
    start_position: usize,
    end_position: usize,
}

/// What was labelled, what was found, and how they met.
#[derive(Default, Clone, Copy)]
struct Tally {
    labelled: usize,
    recalled: usize,
    found: usize,
    right: usize,
}

/// Measures and prints, for each file of labelled texts below `pii/`.
///
/// # Errors
/// When a set cannot be read.
pub(crate) fn run(data: &Path) -> Result<()> {
    let inspector = match Inspector::new(&Settings::default()) {
        Ok(inspector) => inspector,
        Err(problems) => bail!("{} problems in the default settings", problems.len()),
    };
    for name in FILES {
        let path = data.join("pii").join(name);
        let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read `{}`", path.display()))?;
        let samples: Vec<Sample> = serde_json::from_str(&text)
            .with_context(|| format!("`{}` is no list of labelled texts", path.display()))?;
        print(name, &tallies(&inspector, &samples));
    }
    Ok(())
}

fn tallies(inspector: &Inspector, samples: &[Sample]) -> BTreeMap<&'static str, Tally> {
    let mut tallies: BTreeMap<&'static str, Tally> = BTreeMap::new();
    let shows = std::env::var_os(SHOW).is_some();
    for sample in samples {
        let found = inspector.inspect(&[Piece::text(Channel::User, &sample.full_text)]);
        for (name, labels, classes) in TYPES {
            let is_of = |class: &str| classes.contains(&class);
            let labelled: Vec<_> = sample
                .spans
                .iter()
                .filter(|span| labels.contains(&span.entity_type.as_str()))
                .map(|span| bytes(&sample.full_text, span.start_position..span.end_position))
                .collect();
            let findings: Vec<_> = found
                .findings
                .iter()
                .filter(|finding| is_of(finding.class.as_str()))
                .map(|finding| finding.start..finding.end)
                .collect();
            let recalled: Vec<_> =
                labelled.iter().map(|one| findings.iter().any(|other| overlap(one, other))).collect();
            let right: Vec<_> = findings.iter().map(|one| labelled.iter().any(|other| overlap(one, other))).collect();
            if shows {
                show(name, "missed", &sample.full_text, labelled.iter().zip(&recalled));
                show(name, "false", &sample.full_text, findings.iter().zip(&right));
            }
            let tally = tallies.entry(*name).or_default();
            tally.labelled += labelled.len();
            tally.recalled += recalled.iter().filter(|is| **is).count();
            tally.found += findings.len();
            tally.right += right.iter().filter(|is| **is).count();
        }
    }
    tallies
}

/// Prints the places that did not meet their like, for whoever works on a detector.
fn show<'a>(name: &str, what: &str, text: &str, places: impl Iterator<Item = (&'a Range<usize>, &'a bool)>) {
    for (place, _) in places.filter(|(_, is_met)| !**is_met) {
        println!("{what} {name}: `{}` in `{text}`", text.get(place.clone()).unwrap_or(""));
    }
}

fn print(name: &str, tallies: &BTreeMap<&'static str, Tally>) {
    println!("{name}, same-type overlap");
    println!("{:<16}{:>9}{:>7}{:>11}{:>9}{:>8}{:>8}", "type", "labelled", "found", "precision", "recall", "F1", "F2");
    let mut all = Tally::default();
    for (name, tally) in tallies {
        line(name, *tally);
        all.labelled += tally.labelled;
        all.recalled += tally.recalled;
        all.found += tally.found;
        all.right += tally.right;
    }
    line("all", all);
}

fn line(name: &str, tally: Tally) {
    let (precision, recall) = (ratio(tally.right, tally.found), ratio(tally.recalled, tally.labelled));
    let f = |beta: f64| match beta * beta * precision + recall {
        0.0 => 0.0,
        weighted => (1.0 + beta * beta) * precision * recall / weighted,
    };
    println!(
        "{name:<16}{:>9}{:>7}{precision:>11.3}{recall:>9.3}{:>8.3}{:>8.3}",
        tally.labelled,
        tally.found,
        f(1.0),
        f(2.0)
    );
}

fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}

fn overlap(one: &Range<usize>, other: &Range<usize>) -> bool {
    one.start < other.end && other.start < one.end
}

/// Places in bytes of places in characters.
fn bytes(text: &str, characters: Range<usize>) -> Range<usize> {
    let at = |count: usize| text.char_indices().nth(count).map_or(text.len(), |(at, _)| at);
    at(characters.start)..at(characters.end)
}

/// Our types: the labels that mean it in the sets, and the classes that find it.
const TYPES: &[(&str, &[&str], &[&str])] = &[
    ("card", &["CREDIT_CARD"], &["pci.card"]),
    ("driving licence", &["US_DRIVER_LICENSE"], &["pii.driving_licence"]),
    ("e-mail", &["EMAIL_ADDRESS"], &["pii.email"]),
    ("IBAN", &["IBAN_CODE"], &["pii.iban"]),
    ("IP address", &["IP_ADDRESS"], &["pii.ip"]),
    ("phone", &["PHONE_NUMBER"], &["pii.phone"]),
    ("US SSN", &["US_SSN"], &["pii.ssn"]),
];
const FILES: [&str; 2] = ["generated_large.json", "generated_small.json"];
/// Set to anything, every miss and false alarm is printed too.
const SHOW: &str = "PORTCULLIS_EVAL_SHOW";
