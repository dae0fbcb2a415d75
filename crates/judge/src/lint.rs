//! What is suspicious about policies that hold together: never applying, always overruled, said twice, permitting all.
//!
//! It is found by trying: which policies are satisfied by which kinds of call. What no kind reaches may still be reached
//! by something that the grid has no value for, and the message says what was tried.

use std::collections::BTreeMap;

use cedar_policy::{Effect, PolicyId};

use crate::decide::satisfied;
use crate::grid::{Grid, Ground};
use crate::mentions::Mentions;
use crate::policies::{Details, Policies};
use crate::problem::Problem;

/// Finds what is suspicious, sorted by place.
pub fn lint(policies: &Policies, ground: &Ground) -> Vec<Problem> {
    if policies.len() > POLICIES_MAX {
        let message = format!("{} policies are too many to be tried against each other", policies.len());
        return vec![Problem { file: String::new(), line: 0, column: 0, message, help: None }];
    }
    let ground = ground.with_flaws();
    let grid = Grid::new(&Mentions::of(policies.all.iter()), policies.len(), &ground);
    let tried = Tried::all(policies, &grid, &ground);
    let mut problems: Vec<Problem> =
        policies.all.iter().filter_map(|policy| problem_of(policy.id(), policies, &tried, &grid)).collect();
    problems.sort();
    problems
}

/// Which cells satisfy which policy. A cell is one kind of call, one of its actions, one destination.
struct Tried {
    cells: usize,
    by_policy: BTreeMap<PolicyId, Cells>,
    forbidden: Cells,
}

/// A set of cells, as bits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Cells(Vec<u64>);

impl Cells {
    fn add(&mut self, cell: usize) {
        if self.0.len() <= cell / 64 {
            self.0.resize(cell / 64 + 1, 0);
        }
        if let Some(word) = self.0.get_mut(cell / 64) {
            *word |= 1 << (cell % 64);
        }
    }

    fn len(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    fn within(&self, other: &Self) -> bool {
        let none = std::iter::repeat(&0);
        self.0.iter().zip(other.0.iter().chain(none)).all(|(own, others)| own & !others == 0)
    }
}

impl Tried {
    fn all(policies: &Policies, grid: &Grid, ground: &Ground) -> Self {
        let mut tried = Self { cells: 0, by_policy: BTreeMap::new(), forbidden: Cells::default() };
        for kind in grid.kinds() {
            for voices in satisfied(policies, &kind.caller, &kind.facts(), &ground.destinations) {
                let cell = tried.cells;
                tried.cells += 1;
                for id in voices {
                    if policies.details.get(&id).is_some_and(|details| details.effect == Effect::Forbid) {
                        tried.forbidden.add(cell);
                    }
                    tried.by_policy.entry(id).or_default().add(cell);
                }
            }
        }
        tried
    }
}

fn problem_of(id: &PolicyId, policies: &Policies, tried: &Tried, grid: &Grid) -> Option<Problem> {
    let details = policies.details.get(id)?;
    let (message, help) = verdict(id, details, policies, tried, grid)?;
    Some(Problem { file: details.file.clone(), line: details.line, column: 1, message, help: Some(help.to_owned()) })
}

fn verdict(
    id: &PolicyId,
    details: &Details,
    policies: &Policies,
    tried: &Tried,
    grid: &Grid,
) -> Option<(String, &'static str)> {
    let Some(own) = tried.by_policy.get(id) else {
        let message =
            format!("unreachable: none of {} kinds of call at any destination satisfies policy `{id}`", grid.tried());
        return Some((message, "correct its conditions, or remove it"));
    };
    let permits = details.effect == Effect::Permit && !details.duty;
    if permits && own.len() == tried.cells {
        let message = format!("allows all: policy `{id}` permits every kind of call at every destination");
        return Some((message, "say what it is for: `resource.self_hosted`, a level, a class, a group"));
    }
    let others = || policies.all.iter().map(|policy| policy.id()).filter(|other| *other != id);
    let cells = |other: &PolicyId| tried.by_policy.get(other);
    let of = |other: &PolicyId| policies.details.get(other);
    if permits {
        let forbids = |other: &&PolicyId| of(other).is_some_and(|other| other.effect == Effect::Forbid);
        if let Some(other) = others().filter(forbids).find(|other| cells(other) == Some(own)) {
            let message =
                format!("contradictory: policy `{id}` permits exactly what `{other}` forbids, so it permits nothing");
            return Some((message, "keep one of the two"));
        }
        if own.within(&tried.forbidden) {
            let by = others().filter(forbids).find(|other| cells(other).is_some_and(|all| own.within(all)));
            let by = by.map_or("other policies".to_owned(), |other| format!("`{other}`"));
            let message = format!(
                "shadowed: whatever policy `{id}` permits, {by} forbid{}",
                if by.starts_with('`') { "s" } else { "" }
            );
            return Some((message, "narrow what forbids it, or remove it"));
        }
    }
    // Of two that say the same, the later one is told; and one that adds no obligation to a wider one adds nothing.
    let twin = others().find(|other| {
        let Some(twin) = of(other) else { return false };
        let alike =
            twin.effect == details.effect && twin.duty == details.duty && twin.obligations == details.obligations;
        let earlier = (&twin.file, twin.line) < (&details.file, details.line);
        let plain = details.effect == Effect::Permit || details.reason.is_none() || details.reason == twin.reason;
        alike && plain && cells(other).is_some_and(|all| own.within(all) && (all != own || earlier))
    })?;
    let verb = if details.effect == Effect::Permit { "permits" } else { "forbids" };
    Some((format!("shadowed: `{twin}` {verb} all that policy `{id}` {verb}"), "remove it, or say what it adds"))
}

/// More policies than this are not tried against each other.
const POLICIES_MAX: usize = 1_000;
