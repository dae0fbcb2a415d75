//! What a change of policies changes: every kind of call whose answer differs, grouped into few sentences.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::compare::{Verdict, verdict};
use crate::decide::hear;
use crate::grid::{Grid, Ground};
use crate::mentions::Mentions;
use crate::policies::Policies;

/// Whether a change permits more or less.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// What was refused is permitted.
    Looser,
    /// What was permitted is refused.
    Stricter,
    /// Permitted or refused as before, with other obligations or another reason.
    Different,
}

/// Kinds of call whose answer differs in the same way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Whether it permits more or less.
    pub direction: Direction,
    /// Which destinations it is about.
    pub destinations: Vec<String>,
    /// What such calls have in common, by dimension; a dimension that is not here does not matter.
    pub when: Vec<(String, Vec<String>)>,
    /// What was said.
    pub before: Verdict,
    /// What is said now.
    pub after: Verdict,
    /// How many kinds of call it is.
    pub kinds: usize,
}

/// All differences.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Looser first, because that is what a reader must not miss.
    pub differences: Vec<Difference>,
    /// How many kinds of call were tried, at each destination.
    pub tried: usize,
    /// How many there are; more than were tried means a sample.
    pub combinations: usize,
}

/// A set of cells: for each dimension (destinations first) the values it holds for.
type Cells = Vec<BTreeSet<usize>>;

/// Compares two sets of policies over every kind of call that either could tell apart.
pub fn diff(before: &Policies, after: &Policies, ground: &Ground) -> Report {
    let mentions = Mentions::of(before.all.iter().chain(after.all.iter()));
    let grid = Grid::new(&mentions, before.len() + after.len(), ground);
    let indices: Vec<usize> = (0..ground.destinations.len()).collect();
    let mut found: BTreeMap<(Verdict, Verdict), Vec<Cells>> = BTreeMap::new();
    for kind in grid.kinds() {
        let decide = |policies| hear(policies, &kind.caller, &kind.facts(), &ground.destinations, &indices);
        let (old, new) = (decide(before), decide(after));
        for &index in &indices {
            let (Some(old), Some(new)) = (verdict(&old, index), verdict(&new, index)) else { continue };
            if old != new {
                let cell = std::iter::once(index).chain(kind.place.iter().copied());
                found.entry((old, new)).or_default().push(cell.map(|value| BTreeSet::from([value])).collect());
            }
        }
    }
    let mut differences: Vec<Difference> = found
        .into_iter()
        .flat_map(|((before, after), cells)| {
            let merged = merge(cells, grid.dimensions.len() + 1);
            merged.into_iter().map(|cells| described(&cells, &before, &after, &grid, ground)).collect::<Vec<_>>()
        })
        .collect();
    differences.sort_by(|a, b| (a.direction, &a.destinations).cmp(&(b.direction, &b.destinations)));
    Report { differences, tried: grid.tried(), combinations: grid.combinations }
}

/// Puts cells together that are alike in all dimensions but one, dimension by dimension.
fn merge(mut cells: Vec<Cells>, dimensions: usize) -> Vec<Cells> {
    for dimension in 0..dimensions {
        let mut together: BTreeMap<Cells, BTreeSet<usize>> = BTreeMap::new();
        for mut cell in cells {
            let own = cell.get_mut(dimension).map(std::mem::take).unwrap_or_default();
            together.entry(cell).or_default().extend(own);
        }
        cells = together
            .into_iter()
            .map(|(mut cell, values)| {
                if let Some(place) = cell.get_mut(dimension) {
                    *place = values;
                }
                cell
            })
            .collect();
    }
    cells
}

fn described(cells: &Cells, before: &Verdict, after: &Verdict, grid: &Grid, ground: &Ground) -> Difference {
    let direction = match (before.is_permitted(), after.is_permitted()) {
        (false, true) => Direction::Looser,
        (true, false) => Direction::Stricter,
        _ => Direction::Different,
    };
    let names = cells.first().into_iter().flatten();
    let destinations = names.filter_map(|index| ground.destinations().get(*index)).map(|one| one.name.clone());
    let of_kind = cells.iter().skip(1).zip(&grid.dimensions);
    let when = of_kind
        .filter(|(values, dimension)| values.len() < dimension.values.len())
        .map(|(values, dimension)| {
            let labels = values.iter().filter_map(|index| dimension.values.get(*index)).map(|one| one.label.clone());
            (dimension.name.to_owned(), labels.collect())
        })
        .collect();
    Difference {
        direction,
        destinations: destinations.collect(),
        when,
        before: before.clone(),
        after: after.clone(),
        kinds: cells.iter().skip(1).map(BTreeSet::len).fold(1, usize::saturating_mul),
    }
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let when = self.when.iter().map(|(name, values)| format!("{name} {}", values.join(" or ")));
        let when: Vec<String> = when.collect();
        let when = if when.is_empty() { "every call".to_owned() } else { when.join("; ") };
        let destinations: Vec<String> = self.destinations.iter().map(|name| format!("`{name}`")).collect();
        write!(f, "{}: {when}: was {}, now {}", destinations.join(", "), self.before, self.after)
    }
}
