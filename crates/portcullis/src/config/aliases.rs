//! Aliases: the model names that callers use, and the destinations behind each, in order.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use judge::Hosting;

use super::destination::Destination;

/// One model name that callers use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alias {
    /// The name, or for a pattern what names begin with.
    pub name: String,
    /// Whether every name that begins so is meant (written with a `*` at its end).
    pub pattern: bool,
    /// Indices into [`super::Config::destinations`], in the order in which they are tried.
    pub destinations: Vec<usize>,
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
pub(super) fn of(destinations: &[Destination]) -> Vec<Alias> {
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
            Alias { name: stem.unwrap_or(written).to_owned(), pattern: stem.is_some(), destinations }
        })
        .collect()
}
