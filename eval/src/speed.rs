//! Time for 4 KB by kind of text, on one core, with everything on.

use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

use anyhow::Result;
use inspect::{Channel, Inspector, Piece, Settings};

/// Measures texts of its own and prints; the folder is not read.
///
/// # Errors
/// Never but for settings that do not load.
pub(crate) fn run(_data: &Path) -> Result<()> {
    let inspector =
        Inspector::new(&Settings::default()).map_err(|_| anyhow::anyhow!("the default settings do not load"))?;
    println!("{:<20}{:>10}{:>10}{:>10}{:>10}{:>10}", "4 KB of", "p10 us", "p50 us", "p99 us", "findings", "names");
    for (name, unit) in TEXTS {
        let text = filled(unit);
        let pieces = [Piece::text(Channel::User, &text)];
        let found = inspector.inspect(&pieces);
        let names = found.findings.iter().filter(|finding| finding.detector == "tagger").count();
        let mut times: Vec<f64> = (0..ROUNDS)
            .map(|_| {
                let start = Instant::now();
                let _ = black_box(inspector.inspect(black_box(&pieces)));
                start.elapsed().as_nanos() as f64 / 1000.0
            })
            .collect();
        times.sort_by(f64::total_cmp);
        let at = |share: usize| times.get(ROUNDS * share / 100).copied().unwrap_or_default();
        println!("{name:<20}{:>10.1}{:>10.1}{:>10.1}{:>10}{names:>10}", at(10), at(50), at(99), found.findings.len());
    }
    Ok(())
}

/// The unit over and over, to 4 KB or up to three bytes less.
fn filled(unit: &str) -> String {
    let mut text = String::with_capacity(BYTES);
    for c in unit.chars().cycle() {
        if text.len() + c.len_utf8() > BYTES {
            return text;
        }
        text.push(c);
    }
    text
}

const BYTES: usize = 4096;
const ROUNDS: usize = 5000;

const TEXTS: &[(&str, &str)] = &[
    (
        "English",
        "The committee met on Tuesday to discuss the new library, which will open next spring beside the old market hall. \
         Most members agreed that the reading rooms should face the garden, although some worried about the cost of heating. ",
    ),
    (
        "German",
        "Die Sitzung begann um neun Uhr und dauerte länger als geplant, weil über die Öffnungszeiten gestritten wurde. \
         Für die Gäste gibt es Kaffee und Brötchen. ",
    ),
    (
        "code",
        "pub fn merge(left: &[u32], right: &[u32]) -> Vec<u32> {\n    let mut out = Vec::with_capacity(left.len());\n    \
         while i < left.len() && j < right.len() {\n        out.push(left[i]);\n        i += 1;\n    }\n    out\n}\n",
    ),
    ("JSON", "{\"id\": 48213, \"name\": \"chestnut\", \"tags\": [\"tree\", \"shade\"], \"height\": 12.5},\n"),
    ("Chinese", "委员会星期二开会讨论新图书馆的建设计划。大多数成员同意阅览室应该面向花园。"),
    (
        "names everywhere",
        "Please write to Maria Gonzalez at 12 Main Street, Springfield. John Smith of Acme Corp and Peter Miller met in Berlin. ",
    ),
    ("hostile: capitals", "A B C D "),
    ("hostile: addresses", "1 Main Street, "),
    ("hostile: digits", "4 1 1 1 "),
    ("hostile: colons", "a:b:1:2:"),
];
