//! Prompt injection: recall at one per cent false alarms and at the built-in thresholds, by file, channel and language.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, bail};
use inspect::{Channel, Inspector, Piece, Settings, Thresholds};
use serde::Deserialize;

/// A labelled text. Where `channel` is missing, the kind tells it.
#[derive(Deserialize)]
struct Sample {
    text: String,
    label: u8,
    #[serde(default)]
    kind: String,
    channel: Option<Channel>,
    #[serde(default)]
    language: String,
}

/// Scores of one set, by whether the texts attack.
#[derive(Default)]
struct Scores {
    attacks: Vec<f32>,
    harmless: Vec<f32>,
}

/// Measures and prints, for the files below `injection/`: `*.jsonl` with `text`, `label` and `kind` or `channel`.
///
/// Texts of kind `indirect` are planted in those of kind `benign-doc`, at three places of each of some.
///
/// # Errors
/// When a set cannot be read.
pub(crate) fn run(data: &Path) -> Result<()> {
    let inspector = match Inspector::new(&Settings::default()) {
        Ok(inspector) => inspector,
        Err(problems) => bail!("{} problems in the default settings", problems.len()),
    };
    let sets = read(&data.join("injection"))?;
    let documents: Vec<&str> = sets
        .values()
        .flatten()
        .filter(|sample| sample.kind == "benign-doc" && sample.label == 0)
        .map(|sample| sample.text.as_str())
        .collect();
    let mut scored: BTreeMap<Channel, BTreeMap<String, Scores>> = BTreeMap::new();
    for (name, samples) in &sets {
        for (index, sample) in samples.iter().enumerate() {
            let channel = sample.channel_or_kind();
            let key = if sample.language.is_empty() { name.clone() } else { format!("{name} {}", sample.language) };
            let scores = scored.entry(channel).or_default().entry(key).or_default();
            let score = |text: &str| inspector.inspect(&[Piece::text(channel, text)]).injection;
            match (sample.label, sample.kind.as_str()) {
                (0, _) => scores.harmless.push(score(&sample.text)),
                (_, "indirect") => {
                    scores.attacks.extend(planted(&documents, index, &sample.text).map(|text| score(&text)));
                }
                _ => scores.attacks.push(score(&sample.text)),
            }
        }
    }
    for (channel, sets) in &scored {
        print(*channel, sets);
    }
    Ok(())
}

impl Sample {
    fn channel_or_kind(&self) -> Channel {
        let by_kind =
            if matches!(self.kind.as_str(), "indirect" | "benign-doc") { Channel::Document } else { Channel::User };
        self.channel.unwrap_or(by_kind)
    }
}

fn read(folder: &Path) -> Result<BTreeMap<String, Vec<Sample>>> {
    let mut sets = BTreeMap::new();
    let entries = std::fs::read_dir(folder).with_context(|| format!("cannot read `{}`", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_none_or(|extension| extension != "jsonl") {
            continue;
        }
        let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read `{}`", path.display()))?;
        let samples: Result<Vec<Sample>, _> =
            text.split('\n').filter(|line| !line.trim().is_empty()).map(serde_json::from_str).collect();
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        sets.insert(name, samples.with_context(|| format!("`{}` is no list of labelled texts", path.display()))?);
    }
    Ok(sets)
}

/// The order alone, and inside three documents: at the beginning, between two sentences in the middle, at the end.
fn planted<'a>(documents: &'a [&str], index: usize, order: &'a str) -> impl Iterator<Item = String> + 'a {
    let chosen = (0..3)
        .filter_map(move |place| documents.get((index * 3 + place) % documents.len().max(1)).map(|text| (place, text)));
    let whole = documents.is_empty().then(|| order.to_owned());
    chosen
        .map(move |(place, text)| {
            let near = if place == 0 {
                0
            } else if place == 1 {
                text.len() / 2
            } else {
                text.len()
            };
            let rest = text.char_indices().filter(|(at, _)| *at >= near);
            let cut =
                rest.clone().find(|(_, c)| matches!(c, '.' | '\n')).map_or(text.len(), |(at, c)| at + c.len_utf8());
            let (before, after) = text.split_at_checked(if place == 0 { 0 } else { cut }).unwrap_or((text, ""));
            format!("{before} {order} {after}")
        })
        .chain(whole)
}

fn print(channel: Channel, sets: &BTreeMap<String, Scores>) {
    let built_in = Thresholds::default().of(channel);
    let mut harmless: Vec<f32> = sets.values().flat_map(|scores| scores.harmless.iter().copied()).collect();
    harmless.sort_by(f32::total_cmp);
    let attacks: Vec<f32> = sets.values().flat_map(|scores| scores.attacks.iter().copied()).collect();
    let one_percent =
        harmless.get((harmless.len() * 99 / 100).min(harmless.len().saturating_sub(1))).copied().unwrap_or(1.0);
    println!(
        "\n  {channel}: {} harmless, {} attacks, AUC {:.3}; one per cent false alarms above {one_percent:.3}, built in {built_in}",
        harmless.len(),
        attacks.len(),
        auc(&harmless, &attacks)
    );
    println!("  {:<36}{:>8}{:>16}{:>16}", "set", "texts", "over 1 % FPR", "over built-in");
    for (name, scores) in sets {
        for (kind, list) in [("attacks", &scores.attacks), ("harmless", &scores.harmless)] {
            if !list.is_empty() {
                let over = |threshold: f32, is: fn(f32, f32) -> bool| {
                    list.iter().filter(|score| is(**score, threshold)).count() as f64 / list.len() as f64
                };
                let (strict, plain) =
                    (over(one_percent, |score, at| score > at), over(built_in, |score, at| score >= at));
                println!("  {:<36}{:>8}{strict:>16.3}{plain:>16.3}", format!("{name} ({kind})"), list.len());
            }
        }
    }
}

/// How often an attack scores above a harmless text; a draw counts half.
fn auc(sorted_harmless: &[f32], attacks: &[f32]) -> f64 {
    let pairs = (sorted_harmless.len() * attacks.len()).max(1);
    let won: f64 = attacks
        .iter()
        .map(|score| {
            let below = sorted_harmless.partition_point(|other| other < score);
            let not_above = sorted_harmless.partition_point(|other| other <= score);
            (below + not_above) as f64 / 2.0
        })
        .sum();
    won / pairs as f64
}
