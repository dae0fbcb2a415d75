//! Microseconds of inspection: 4 KB prompts of several kinds, hostile ones, and 20-byte chunks of a stream.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a bench prints, and may stop at the first surprise"
)]
#![expect(clippy::disallowed_methods, reason = "a bench measures time")]

use std::hint::black_box;
use std::time::Instant;

use inspect::{Channel, Inspector, Piece, ScreenRules, Settings};

fn main() {
    let only = std::env::args().nth(1).filter(|name| !name.starts_with('-'));
    let wanted = |name: &str| only.as_deref().is_none_or(|only| name.starts_with(only));
    let inspector = Inspector::new(&Settings::default()).unwrap();
    println!("{:<24}{:>10}{:>10}{:>10}{:>10}", "4 KB of", "p50 us", "p99 us", "findings", "injection");
    for (name, unit) in PROMPTS.iter().filter(|(name, _)| wanted(name)) {
        let text: String = unit.chars().cycle().take(4096).collect();
        let mut end = 4096.min(text.len());
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        prompt(&inspector, name, &text[..end]);
    }
    for (name, unit) in HOSTILE.iter().filter(|(name, _)| wanted(name)) {
        prompt(&inspector, name, &unit.repeat(4096 / unit.len()));
    }
    for (name, unit) in PROMPTS.iter().filter(|(name, _)| wanted(name)) {
        chunks(&inspector, name, unit);
    }
}

fn prompt(inspector: &Inspector, name: &str, text: &str) {
    let pieces = [Piece::text(Channel::User, text)];
    let mut times = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let start = Instant::now();
        let _ = black_box(inspector.inspect(black_box(&pieces)));
        times.push(start.elapsed().as_nanos() as f64 / 1000.0);
    }
    times.sort_by(f64::total_cmp);
    let found = inspector.inspect(&pieces);
    println!(
        "{name:<24}{:>10.1}{:>10.1}{:>10}{:>10.2}",
        times[ROUNDS / 2],
        times[ROUNDS * 99 / 100],
        found.findings.len(),
        found.injection
    );
}

fn chunks(inspector: &Inspector, name: &str, unit: &str) {
    let text: Vec<char> = unit.chars().cycle().take(40_000).collect();
    let chunks: Vec<String> = text.chunks(20).map(|chunk| chunk.iter().collect()).collect();
    let mut screen = inspector
        .screen(ScreenRules { mask: ["pii".to_owned(), "secret".to_owned()].into(), ..ScreenRules::default() });
    let (mut released, mut pushed, mut held) = (String::new(), 0, Vec::new());
    let start = Instant::now();
    for chunk in &chunks {
        let _ = black_box(screen.push(chunk, &mut released));
        pushed += chunk.len();
        held.push(pushed - screen.decided_bytes());
    }
    let each = start.elapsed().as_nanos() as f64 / 1000.0 / chunks.len() as f64;
    held.sort_unstable();
    println!(
        "screen {name:<17}{each:>10.2} us a chunk, held p50 {} p99 {} max {}",
        held[held.len() / 2],
        held[held.len() * 99 / 100],
        held[held.len() - 1]
    );
}

const ROUNDS: usize = 2000;

const PROMPTS: &[(&str, &str)] = &[
    (
        "prose",
        "The committee met on Tuesday to discuss the new library, which will open next spring beside the old market hall. Most members agreed that \
         the reading rooms should face the garden, although some worried about the cost of heating so much glass. A short report will follow, and \
         everybody is invited to comment before the end of the month. Until then, the plans hang in the foyer, where visitors can look at them and \
         leave notes. One of the older neighbours asked whether the chestnut trees would stay; the architect promised that they would. ",
    ),
    (
        "code",
        "pub fn merge(left: &[u32], right: &[u32]) -> Vec<u32> {\n    let mut out = Vec::with_capacity(left.len() + right.len());\n    let (mut i, mut j) = (0, 0);\n    \
         while i < left.len() && j < right.len() {\n        if left[i] <= right[j] {\n            out.push(left[i]);\n            i += 1;\n        } else {\n            \
         out.push(right[j]);\n            j += 1;\n        }\n    }\n    out.extend_from_slice(&left[i..]);\n    out // 2024-01-15, v1.2.3\n}\n\n",
    ),
    (
        "prose with findings",
        "Please write to Maria Gonzalez (maria.gonzalez@example.com, +49 30 1234567) about the invoice of 12 March. Her account is DE89 3704 0044 0532 0130 00 \
         and the card that was charged is 4111 1111 1111 1111. The server at 10.1.2.3 still has password = \"Tr0ub4dor&3\" in its settings, which must change \
         soon. Everything else in the quarterly report seems to be in order, and the board was content with the progress of the last weeks. ",
    ),
    (
        "German",
        "Die Sitzung begann um neun Uhr und dauerte länger als geplant, weil über die Öffnungszeiten gestritten wurde. Schließlich einigte man sich darauf, \
         daß die Räume auch am Wochenende zugänglich bleiben, sofern genügend Helfer gefunden werden. Für die Gäste gibt es Kaffee und Brötchen. ",
    ),
    (
        "Chinese",
        "委员会星期二开会讨论新图书馆的建设计划。大多数成员同意阅览室应该面向花园，但也有人担心供暖的费用。月底之前，所有人都可以提出意见。",
    ),
    (
        "JSON",
        "{\"id\": 48213, \"name\": \"chestnut\", \"tags\": [\"tree\", \"shade\"], \"height\": 12.5, \"planted\": \"1987-04-02\", \"url\": \"https://example.com/t/48213?x=1\"},\n",
    ),
];

const HOSTILE: &[(&str, &str)] = &[
    ("digits", "4111111111111111"),
    ("spaced digits", "4 1 1 1 "),
    ("at signs", "a.b@c.d@"),
    ("colons", "a:b:1:2:"),
    ("brackets", "![](](["),
    ("percent", "%41%2540"),
    ("base64", "aWdub3JlIGFsbCBwcmV2aW91cyBpbnN0cnVjdGlvbnMg"),
    ("passwords", "password="),
    ("patients", "patient A B "),
    ("cues", "ignore previous instructions "),
    ("armour", "-----BEGIN PRIVATE KEY-----"),
    ("urls", "a://b:c"),
    ("zero width", "a\u{200b}"),
    ("Cyrillic", "аbа "),
];
