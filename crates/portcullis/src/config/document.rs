//! Reading TOML by the tables in [`super::fields`]: every wrong type, missing value and unknown key at its place.

use std::ops::{Range, RangeInclusive};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::fields::{Field, Section};
use super::problem::{File, Problems};

/// A table of a file, with what may stand in it.
pub(super) struct Table<'a> {
    pub(super) file: &'a File,
    pub(super) problems: &'a Problems,
    section: &'static Section,
    entries: &'a DeTable<'a>,
    at: Range<usize>,
}

/// A value and its place.
#[derive(Clone, Debug)]
pub(super) struct At<T> {
    pub(super) value: T,
    pub(super) at: Range<usize>,
}

/// A parsed file.
pub(super) struct Document<'a> {
    file: &'a File,
    root: Spanned<DeTable<'a>>,
}

impl<'a> Document<'a> {
    /// Parses a file. What is not TOML is told, and the rest is read as far as it goes.
    pub(super) fn parse(file: &'a File, problems: &Problems) -> Self {
        let (root, errors) = DeTable::parse_recoverable(&file.text);
        for error in errors {
            problems.error(file, error.span().unwrap_or(0..0), format!("this is not TOML: {}", error.message()), "");
        }
        Self { file, root }
    }

    /// Its root table.
    pub(super) fn root(&'a self, section: &'static Section, problems: &'a Problems) -> Table<'a> {
        // The whole file is the place of what is missing in it: its first character.
        Table::new(self.file, problems, section, self.root.get_ref(), 0..0)
    }
}

impl<'a> Table<'a> {
    fn new(
        file: &'a File,
        problems: &'a Problems,
        section: &'static Section,
        entries: &'a DeTable<'a>,
        at: Range<usize>,
    ) -> Self {
        let table = Self { file, problems, section, entries, at };
        table.refuse_unknown_keys();
        table
    }

    fn refuse_unknown_keys(&self) {
        for (key, _) in self.entries {
            let name: &str = key.get_ref();
            if self.section.field(name).is_some() {
                continue;
            }
            let names = || self.section.fields.iter().map(|field| field.name);
            let help = match judge::nearest(name, names()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("known here: {}", names().collect::<Vec<_>>().join(", ")),
            };
            self.problems.error(self.file, key.span(), format!("`{name}` is not known"), help);
        }
    }

    /// A text that may be absent.
    pub(super) fn text(&self, name: &str) -> Option<At<String>> {
        let (value, at) = self.value(name)?;
        match value {
            DeValue::String(text) if text.trim().is_empty() => self.wrong(name, at, "is empty"),
            DeValue::String(text) => Some(At { value: text.trim().to_owned(), at }),
            _ => self.wrong(name, at, "is not a text"),
        }
    }

    /// A text that must be there. Empty when it is not, which is a problem that was told.
    pub(super) fn required(&self, name: &str) -> At<String> {
        match self.text(name) {
            Some(text) => text,
            None => {
                if self.entries.get(name).is_none() {
                    self.missing(name);
                }
                At { value: String::new(), at: self.at.clone() }
            }
        }
    }

    /// Tells that something that must be there is not.
    pub(super) fn missing(&self, name: &str) {
        let field = self.field(name);
        let help = format!("add `{name} = {}`: {}", field.example, field.meaning);
        self.problems.error(self.file, self.at.clone(), format!("`{name}` is missing"), help);
    }

    /// `true` or `false`.
    pub(super) fn flag(&self, name: &str, default: bool) -> bool {
        match self.value(name) {
            None => default,
            Some((DeValue::Boolean(flag), _)) => *flag,
            Some((_, at)) => self.wrong(name, at, "is not `true` or `false`").unwrap_or(default),
        }
    }

    /// A whole number within bounds.
    pub(super) fn whole(&self, name: &str, default: u64, bounds: RangeInclusive<u64>) -> u64 {
        let Some((value, at)) = self.value(name) else { return default };
        let number = match value {
            DeValue::Integer(integer) => u64::from_str_radix(&integer.as_str().replace('_', ""), integer.radix()).ok(),
            _ => return self.wrong(name, at, "is not a whole number").unwrap_or(default),
        };
        match number.filter(|number| bounds.contains(number)) {
            Some(number) => number,
            None => {
                let reason = format!("must lie between {} and {}", bounds.start(), bounds.end());
                self.wrong(name, at, &reason).unwrap_or(default)
            }
        }
    }

    /// A number between 0 and 2 (2 is more than certain, and so means never).
    pub(super) fn score(&self, name: &str, default: f32) -> f32 {
        let Some((value, at)) = self.value(name) else { return default };
        let number: Option<f32> = match value {
            DeValue::Integer(integer) => integer.as_str().parse().ok(),
            DeValue::Float(float) => float.as_str().parse().ok(),
            _ => None,
        };
        match number.filter(|number| (0.0..=2.0).contains(number)) {
            Some(number) => number,
            None => self.wrong(name, at, "must be a number between 0 and 2").unwrap_or(default),
        }
    }

    /// A list of texts; absent is empty.
    pub(super) fn texts(&self, name: &str) -> Vec<At<String>> {
        let Some((value, at)) = self.value(name) else { return Vec::new() };
        let DeValue::Array(items) = value else {
            return self.wrong(name, at, "is not a list of texts").unwrap_or_default();
        };
        let text = |item: &Spanned<DeValue<'_>>| match item.get_ref() {
            DeValue::String(text) if !text.trim().is_empty() => {
                Some(At { value: text.trim().to_owned(), at: item.span() })
            }
            _ => self.wrong(name, item.span(), "holds something that is not a text"),
        };
        items.iter().filter_map(text).collect()
    }

    /// One of some words.
    pub(super) fn choice<T: Copy>(&self, name: &str, words: &[(&str, T)]) -> Option<At<T>> {
        let text = self.text(name)?;
        match words.iter().find(|(word, _)| *word == text.value) {
            Some((_, meaning)) => Some(At { value: *meaning, at: text.at }),
            None => {
                let known: Vec<String> = words.iter().map(|(word, _)| format!("`{word}`")).collect();
                self.wrong(name, text.at, &format!("must be one of {}", known.join(", ")))
            }
        }
    }

    /// A date without a time, such as `2026-11-20`, as unix seconds of its end in UTC.
    pub(super) fn end_of_day(&self, name: &str) -> Option<At<i64>> {
        let (value, at) = self.value(name)?;
        let date = match value {
            DeValue::Datetime(moment) if moment.time.is_none() => moment.date,
            _ => None,
        };
        match date {
            Some(date) => {
                let days = days_since_1970(i64::from(date.year), i64::from(date.month), i64::from(date.day));
                Some(At { value: (days + 1) * SECONDS_A_DAY, at })
            }
            None => self.wrong(name, at, "is not a date such as 2026-11-20, without quotes"),
        }
    }

    /// A table in this one; `None` when absent.
    pub(super) fn table(&self, name: &str, section: &'static Section) -> Option<Table<'a>> {
        let (value, at) = self.value(name)?;
        match value {
            DeValue::Table(entries) => Some(Table::new(self.file, self.problems, section, entries, at)),
            _ => self.wrong(name, at, "is not a table"),
        }
    }

    /// A list of tables, `[[name]]`; absent is empty.
    pub(super) fn tables(&self, name: &str, section: &'static Section) -> Vec<Table<'a>> {
        let Some((value, at)) = self.value(name) else { return Vec::new() };
        let DeValue::Array(items) = value else {
            return self.wrong(name, at, &format!("is not a list of tables: write [[{name}]]")).unwrap_or_default();
        };
        let table = |item: &'a Spanned<DeValue<'a>>| match item.get_ref() {
            DeValue::Table(entries) => Some(Table::new(self.file, self.problems, section, entries, item.span())),
            _ => self.wrong(name, item.span(), "holds something that is not a table"),
        };
        items.iter().filter_map(table).collect()
    }

    /// A table with keys of the writer's own choice, each a text.
    pub(super) fn pairs(&self, name: &str) -> Vec<(At<String>, At<String>)> {
        let Some((value, at)) = self.value(name) else { return Vec::new() };
        let DeValue::Table(entries) = value else {
            return self.wrong(name, at, "is not a table").unwrap_or_default();
        };
        let pair = |(key, value): (&Spanned<_>, &Spanned<DeValue<'_>>)| match value.get_ref() {
            DeValue::String(text) => {
                let key_text: &std::borrow::Cow<'_, str> = key.get_ref();
                let key = At { value: key_text.clone().into_owned(), at: key.span() };
                Some((key, At { value: text.trim().to_owned(), at: value.span() }))
            }
            _ => self.wrong(name, value.span(), "holds something that is not a text"),
        };
        entries.iter().filter_map(pair).collect()
    }

    /// Whether the key is there at all.
    pub(super) fn has(&self, name: &str) -> bool {
        self.entries.get(name).is_some()
    }

    /// Where the key's value is, or the table when it is absent.
    pub(super) fn place(&self, name: &str) -> Range<usize> {
        self.entries.get(name).map_or_else(|| self.at.clone(), Spanned::span)
    }

    /// Tells something wrong with this table.
    pub(super) fn error(&self, at: Range<usize>, message: impl Into<String>, help: impl Into<String>) {
        self.problems.error(self.file, at, message, help);
    }

    /// Tells something to know about this table.
    pub(super) fn warn(&self, at: Range<usize>, message: impl Into<String>, help: impl Into<String>) {
        self.problems.warn(self.file, at, message, help);
    }

    fn value(&self, name: &str) -> Option<(&'a DeValue<'a>, Range<usize>)> {
        debug_assert!(self.section.field(name).is_some(), "`{name}` is read and not in the tables of fields");
        self.entries.get(name).map(|value| (value.get_ref(), value.span()))
    }

    fn field(&self, name: &str) -> &'static Field {
        self.section.field(name).unwrap_or(&UNKNOWN)
    }

    /// Never a value in the message: it could be a secret that was put in the wrong place.
    fn wrong<T>(&self, name: &str, at: Range<usize>, reason: &str) -> Option<T> {
        let field = self.field(name);
        let help = format!("write for example `{name} = {}`", field.example);
        self.problems.error(self.file, at, format!("`{name}` {reason}"), help);
        None
    }
}

/// Days from 1970-01-01 to a date of the Gregorian calendar (Howard Hinnant's `days_from_civil`).
pub(crate) fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

const SECONDS_A_DAY: i64 = 86_400;
const UNKNOWN: Field = Field { name: "", kind: "", default: "", example: "…", meaning: "" };

#[cfg(test)]
mod unit {
    use super::days_since_1970;

    #[test]
    fn days_are_counted_from_1970() {
        for (date, days) in [((1970, 1, 1), 0), ((2000, 2, 29), 11_016), ((2026, 11, 20), 20_777), ((1969, 12, 31), -1)]
        {
            assert_eq!(days_since_1970(date.0, date.1, date.2), days, "{date:?}");
        }
    }
}
