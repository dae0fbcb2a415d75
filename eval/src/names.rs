//! Names, addresses, organisations and places: token F2 over labelled texts, spans of persons in tokenised corpora.
//!
//! Token figures follow presidio-research: a token counts as found when any class of personal data covers it, whatever its
//! type; signs and words that say nothing (`street`, `the`) are left out.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use inspect::{Channel, Inspector, Piece, Settings};
use serde::Deserialize;

/// Measures `pii/*.json` and `ner/*.conll` below the folder and prints.
///
/// # Errors
/// When a set cannot be read.
pub(crate) fn run(data: &Path) -> Result<()> {
    let inspector =
        Inspector::new(&Settings::default()).map_err(|_| anyhow::anyhow!("the default settings do not load"))?;
    for path in files(&data.join("pii"), "json")? {
        let rows = serde_json::from_str(&read(&path)?).with_context(|| format!("cannot read {}", path.display()))?;
        tokens(&inspector, &name(&path), rows);
    }
    for path in files(&data.join("ner"), "conll")? {
        persons(&inspector, &name(&path), &read(&path)?);
    }
    Ok(())
}

#[derive(Deserialize)]
struct Labelled {
    full_text: String,
    spans: Vec<Gold>,
}

#[derive(Deserialize)]
struct Gold {
    entity_type: String,
    start_position: usize,
    end_position: usize,
}

/// What was found of what was there.
#[derive(Default)]
struct Tally {
    right: usize,
    found: usize,
    there: usize,
}

impl Tally {
    fn figures(&self, beta: f64) -> (f64, f64, f64) {
        let share = |part: usize, of: usize| if of == 0 { 0.0 } else { part as f64 / of as f64 };
        let (precision, recall) = (share(self.right, self.found), share(self.right, self.there));
        let weighed = beta * beta * precision + recall;
        let f = if weighed > 0.0 { (1.0 + beta * beta) * precision * recall / weighed } else { 0.0 };
        (precision, recall, f)
    }
}

fn tokens(inspector: &Inspector, name: &str, rows: Vec<Labelled>) {
    let (mut all, mut by_type) = (Tally::default(), BTreeMap::<String, Tally>::new());
    for row in rows {
        let bytes: Vec<usize> = row.full_text.char_indices().map(|(at, _)| at).chain([row.full_text.len()]).collect();
        let place = |at: usize| bytes.get(at).copied().unwrap_or(row.full_text.len());
        let gold: Vec<_> = row
            .spans
            .iter()
            .map(|span| (place(span.start_position)..place(span.end_position), span.entity_type.as_str()))
            .collect();
        let found = found(inspector, &row.full_text, &|class| class.starts_with("pii.") || class.starts_with("pci."));
        for token in words(&row.full_text) {
            let kind = gold.iter().find(|(span, _)| touches(span, &token)).map(|(_, kind)| *kind);
            let is_found = found.iter().any(|span| touches(span, &token));
            let both = usize::from(kind.is_some() && is_found);
            all.right += both;
            all.found += usize::from(is_found);
            all.there += usize::from(kind.is_some());
            if let Some(kind) = kind {
                let tally = by_type.entry(kind.to_owned()).or_default();
                tally.right += both;
                tally.there += 1;
            }
        }
    }
    let (precision, recall, f2) = all.figures(2.0);
    println!("{name:<28} tokens of any type: precision {precision:.3} recall {recall:.3} F2 {f2:.3}");
    for (kind, tally) in by_type {
        println!("    {kind:<24} recall {:.3} of {}", tally.figures(1.0).1, tally.there);
    }
}

/// Persons in a tokenised corpus, read as text with spaces between the tokens: exact F1 and recall by overlap.
fn persons(inspector: &Inspector, name: &str, corpus: &str) {
    let (mut exact, mut overlap) = (Tally::default(), Tally::default());
    for sentence in corpus.split("\n\n") {
        let (text, gold) = sentence_of(sentence);
        let found = found(inspector, &text, &|class| class == "pii.person");
        let found_set: BTreeSet<_> = found.iter().map(|span| (span.start, span.end)).collect();
        exact.there += gold.len();
        exact.found += found.len();
        exact.right += gold.iter().filter(|span| found_set.contains(&(span.start, span.end))).count();
        overlap.there += gold.len();
        overlap.right += gold.iter().filter(|span| found.iter().any(|other| touches(other, span))).count();
    }
    let (precision, recall, f1) = exact.figures(1.0);
    let touched = overlap.figures(1.0).1;
    println!(
        "{name:<28} PERSON spans: precision {precision:.3} recall {recall:.3} F1 {f1:.3}, overlap recall {touched:.3} of {}",
        exact.there
    );
}

fn sentence_of(sentence: &str) -> (String, Vec<Range<usize>>) {
    let (mut text, mut gold) = (String::new(), Vec::<Range<usize>>::new());
    for line in sentence.lines() {
        let mut fields = line.split('\t');
        let (Some(word), Some(tag)) = (fields.next(), fields.next_back()) else { continue };
        if !text.is_empty() {
            text.push(' ');
        }
        let start = text.len();
        text.push_str(word);
        let is_person = matches!(tag.get(2..), Some("PER" | "person" | "PERSON"));
        match gold.last_mut().filter(|last| last.end + 1 == start && tag.starts_with('I')) {
            Some(last) if is_person => last.end = text.len(),
            _ if is_person => gold.push(start..text.len()),
            _ => {}
        }
    }
    (text, gold)
}

fn found(inspector: &Inspector, text: &str, wanted: &dyn Fn(&str) -> bool) -> Vec<Range<usize>> {
    let found = inspector.inspect(&[Piece::text(Channel::User, text)]);
    let wanted = found.findings.iter().filter(|finding| wanted(finding.class.as_str()));
    wanted.map(|finding| finding.start..finding.end).collect()
}

/// Runs of letters and digits that say something.
fn words(text: &str) -> Vec<Range<usize>> {
    let (mut words, mut open) = (Vec::<Range<usize>>::new(), false);
    for (at, c) in text.char_indices() {
        match words.last_mut().filter(|_| open) {
            Some(word) if c.is_alphanumeric() => word.end = at + c.len_utf8(),
            None if c.is_alphanumeric() => words.push(at..at + c.len_utf8()),
            _ => {}
        }
        open = c.is_alphanumeric();
    }
    let says = |word: &Range<usize>| {
        let word = text.get(word.clone()).unwrap_or("").to_lowercase();
        !SKIPPED.contains(&word.as_str())
    };
    words.into_iter().filter(says).collect()
}

fn touches(one: &Range<usize>, other: &Range<usize>) -> bool {
    one.start < other.end && other.start < one.end
}

pub(crate) fn files(folder: &Path, ending: &str) -> Result<Vec<PathBuf>> {
    let listed = fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut files: Vec<_> = listed.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect();
    files.retain(|path| path.extension().is_some_and(|found| found == ending));
    files.sort();
    Ok(files)
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Words that are part of many spans and say nothing, after the list that presidio-research leaves out.
const SKIPPED: [&str; 38] = [
    "street", "st", "de", "rue", "via", "and", "a", "the", "or", "do", "as", "of", "day", "address", "country",
    "state", "city", "zip", "po", "apt", "unit", "corner", "p", "o", "box", "suite", "mr", "mrs", "miss", "old",
    "first", "last", "week", "age", "inc", "ltd", "in", "s",
];
