//! Classes: the organisation's own detectors and levels, over the settings that inspection starts with.

use std::collections::BTreeMap;

use inspect::{Class, Combination, Custom, Excepted, Exception, Inspector, Level, Matches, Settings};
use judge::Vocabulary;

use super::document::{At, Document, Table};
use super::fields;
use super::problem::{File, Problems};
use super::use_case::level;

/// Where each level and detector came from, so that what inspection says of them finds its line.
#[derive(Default)]
pub(super) struct Origins {
    /// By detector name.
    detectors: BTreeMap<String, (usize, std::ops::Range<usize>)>,
    /// By name of the exception.
    exceptions: BTreeMap<String, (usize, std::ops::Range<usize>)>,
    /// When the first of the exceptions in force ends, in Unix seconds.
    pub(super) first_end_unix: Option<i64>,
    /// By class.
    levels: BTreeMap<String, (usize, std::ops::Range<usize>)>,
}

/// Reads all class files over `settings`.
pub(super) fn read(files: &[File], now_unix: i64, settings: &mut Settings, problems: &Problems) -> Origins {
    let mut origins = Origins::default();
    for (index, file) in files.iter().enumerate() {
        let document = Document::parse(file, problems);
        let table = document.root(&fields::CLASSES, problems);
        for (class, word) in table.pairs("levels") {
            read_level(&table, index, class, &word, settings, &mut origins);
        }
        for detector in table.tables("detectors", &fields::DETECTOR) {
            read_detector(&detector, index, settings, &mut origins);
        }
        for combination in table.tables("combinations", &fields::COMBINATION) {
            read_combination(&combination, settings);
        }
        for exception in table.tables("exceptions", &fields::EXCEPTION) {
            read_exception(&exception, index, now_unix, settings, &mut origins);
        }
    }
    origins
}

/// Makes the detectors ready.
pub(super) fn inspector(
    files: &[File],
    settings: &Settings,
    origins: &Origins,
    problems: &Problems,
) -> Option<Inspector> {
    match Inspector::new(settings) {
        Ok(inspector) => Some(inspector),
        Err(found) => {
            for wrong in found {
                let places = [&origins.detectors, &origins.exceptions, &origins.levels];
                let origin = places.iter().find_map(|places| places.get(&wrong.subject));
                match origin.and_then(|(index, at)| Some((files.get(*index)?, at.clone()))) {
                    Some((file, at)) => problems.error(file, at, wrong.reason, wrong.help),
                    None => {
                        problems.whole("portcullis.toml", format!("{}: {}", wrong.subject, wrong.reason), wrong.help);
                    }
                }
            }
            None
        }
    }
}

/// The groups that policies may name: those of the organisation's own classes.
pub(super) fn vocabulary(settings: &Settings) -> Vocabulary {
    let custom = settings.custom.iter().map(|custom| Class::new(&custom.class).family().to_owned());
    Vocabulary { groups: custom.collect() }
}

fn read_level(
    table: &Table<'_>,
    index: usize,
    class: At<String>,
    word: &At<String>,
    settings: &mut Settings,
    origins: &mut Origins,
) {
    let Ok(level) = word.value.parse::<Level>() else {
        let help = "use `public`, `internal`, `confidential` or `restricted`";
        return table.error(word.at.clone(), format!("the level of `{}` is not a level", class.value), help);
    };
    if origins.levels.contains_key(&class.value) {
        let message = format!("the level of `{}` is given in two files", class.value);
        return table.error(class.at, message, "keep one");
    }
    let shipped = Settings::default().level_of(&Class::new(&class.value));
    let known = Settings::default().levels.keys().any(|key| Class::new(&class.value).is_in(key));
    if known && level < shipped {
        let message =
            format!("`{}` is `{level}` here and `{shipped}` by default, so more may be sent further", class.value);
        table.warn(word.at.clone(), message, "have whoever answers for this class agree");
    }
    origins.levels.insert(class.value.clone(), (index, class.at));
    settings.levels.insert(class.value, level);
}

fn read_detector(table: &Table<'_>, index: usize, settings: &mut Settings, origins: &mut Origins) {
    let name = table.required("name");
    let class = table.required("class");
    let level = level(table, "level");
    let texts = |name| table.texts(name).into_iter().map(|text| text.value).collect();
    let (examples, counterexamples) = (texts("examples"), texts("counterexamples"));
    let pattern = table.text("pattern");
    let words: Vec<String> = table.texts("words").into_iter().map(|word| word.value).collect();
    let matches = match (pattern, words.is_empty()) {
        (Some(pattern), true) => Matches::Pattern(pattern.value),
        (None, false) => Matches::Dictionary(words),
        (Some(pattern), false) => {
            return table.error(pattern.at, "`pattern` and `words` are both given", "make two detectors of them");
        }
        (None, true) => {
            if !table.has("pattern") && !table.has("words") {
                table.missing("pattern");
            }
            return;
        }
    };
    if name.value.is_empty() || class.value.is_empty() {
        return;
    }
    if origins.detectors.insert(name.value.clone(), (index, name.at.clone())).is_some() {
        return table.error(name.at, format!("the detector `{}` is there twice", name.value), "rename one");
    }
    settings.custom.push(Custom { name: name.value, class: class.value, matches, level, examples, counterexamples });
}

fn read_combination(table: &Table<'_>, settings: &mut Settings) {
    let all: Vec<String> = table.texts("all").into_iter().map(|class| class.value).collect();
    let count = u32::try_from(table.whole("count", 1, 1..=COUNT_MAX)).unwrap_or(u32::MAX);
    let level = level(table, "level");
    for required in ["all", "level"] {
        if !table.has(required) {
            table.missing(required);
        }
    }
    if let Some(level) = level.filter(|_| !all.is_empty()) {
        settings.combinations.push(Combination { all, count, level });
    }
}

fn read_exception(table: &Table<'_>, index: usize, now_unix: i64, settings: &mut Settings, origins: &mut Origins) {
    let (name, class) = (table.required("name"), table.required("class"));
    // Somebody answers for it, and says why; inspection itself needs neither.
    let (owner, reason) = (table.required("owner"), table.required("reason"));
    let (value, pattern) = (table.text("value"), table.text("pattern"));
    let Some(end) = table.end_of_day("expires") else {
        if !table.has("expires") {
            table.missing("expires");
        }
        return;
    };
    let values = match (value, pattern) {
        (Some(value), None) => match parse_value(&value.value) {
            Some(values) => values,
            None => {
                let help = "make it with `portcullis inspect --exception CLASS < value`";
                return table.error(value.at, "`value` is not a salted digest", help);
            }
        },
        (None, Some(pattern)) => Excepted::Pattern(pattern.value),
        (Some(value), Some(_)) => {
            return table.error(value.at, "`value` and `pattern` are both given", "make two exceptions of them");
        }
        (None, None) => return table.missing("value"),
    };
    if [&name, &class, &owner, &reason].iter().any(|text| text.value.is_empty()) {
        return;
    }
    if origins.exceptions.insert(name.value.clone(), (index, name.at.clone())).is_some() {
        return table.error(name.at, format!("the exception `{}` is there twice", name.value), "rename one");
    }
    if end.value <= now_unix {
        let message = format!("the exception `{}` is over and no longer used", name.value);
        return table.warn(end.at, message, "drop it, or have its owner look again and give it a new date");
    }
    origins.first_end_unix = origins.first_end_unix.into_iter().chain([end.value]).min();
    settings.exceptions.push(Exception { name: name.value, class: class.value, values });
}

/// Reads `hmac-sha256:SALT:DIGEST`, both hexadecimal.
fn parse_value(text: &str) -> Option<Excepted> {
    let (salt, digest) = text.strip_prefix("hmac-sha256:")?.split_once(':')?;
    Some(Excepted::Value { salt: from_hex(salt)?, digest: from_hex(digest)?.try_into().ok()? })
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let pairs = text.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).ok().filter(|pair| pair.len() == 2));
    pairs.map(|pair| u8::from_str_radix(pair?, 16).ok()).collect()
}

/// The largest count that a combination may ask for.
const COUNT_MAX: u64 = 1_000_000;
