//! Aliases: the model names that callers use, and the destinations behind each, in order.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use judge::Hosting;
use judge::choose::Strategy;

use super::destination::Destination;
use super::problem::Problems;
use super::routing::Strategies;

/// One model name that callers use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alias {
    /// The name, or for a pattern what names begin with.
    pub name: String,
    /// Whether every name that begins so is meant (written with a `*` at its end).
    pub pattern: bool,
    /// Indices into [`super::Config::destinations`], in the order in which they are tried.
    pub destinations: Vec<usize>,
    /// How those of one priority are ordered.
    pub strategy: Strategy,
}

impl Alias {
    /// As the configuration writes it.
    pub fn written(&self) -> String {
        if self.pattern { format!("{}*", self.name) } else { self.name.clone() }
    }
}

/// Puts destinations in the order in which those of one alias are tried.
pub(super) fn sort(destinations: &mut [Destination]) {
    destinations.sort_by(|a, b| {
        let hosting = |d: &Destination| d.facts.hosting == Hosting::Hosted;
        match a.priority.cmp(&b.priority).then(hosting(a).cmp(&hosting(b))) {
            Ordering::Equal => a.facts.name.cmp(&b.facts.name),
            decided => decided,
        }
    });
}

/// The aliases of sorted destinations.
pub(super) fn of(destinations: &[Destination], strategies: &Strategies) -> Vec<Alias> {
    let mut aliases: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, destination) in destinations.iter().enumerate() {
        for alias in &destination.aliases {
            aliases.entry(alias).or_default().push(index);
        }
    }
    aliases
        .into_iter()
        .map(|(written, destinations)| {
            let stem = written.strip_suffix('*');
            Alias {
                name: stem.unwrap_or(written).to_owned(),
                pattern: stem.is_some(),
                destinations,
                strategy: strategies.get(written).copied().unwrap_or_default(),
            }
        })
        .collect()
}

/// Tells of `[[alias]]` that no destination has.
pub(super) fn tell_unknown(strategies: &Strategies, destinations: &[Destination], problems: &Problems) {
    let known = || destinations.iter().flat_map(|destination| destination.aliases.iter().map(String::as_str));
    for name in strategies.keys().filter(|name| !known().any(|alias| alias == name.as_str())) {
        let help = judge::nearest(name, known()).map_or_else(
            || "name an alias that a destination has, with its star if it has one".to_owned(),
            |near| format!("did you mean `{near}`?"),
        );
        problems.whole("portcullis.toml", format!("no destination has the alias `{name}` of [[alias]]"), help);
    }
}
