//! Reads `[[budget]]` of the main file.

use store::budgets::{Budget, Of, Per};

use super::document::Table;
use super::fields;
use super::routing::money;

/// All budgets. What is wrong with one was told.
pub(super) fn read(main: &Table<'_>) -> Vec<Budget> {
    let mut budgets: Vec<Budget> = Vec::new();
    for table in main.tables("budget", &fields::BUDGET) {
        let name = table.required("name");
        let (of, per) = (choice(&table, "of", &Of::ALL.map(|of| (of.name(), of))), per(&table));
        let who = table.text("who").map(|at| at.value);
        let count = |field| table.has(field).then(|| table.whole(field, 0, 0..=u64::from(u32::MAX) * 1_000_000));
        let (requests, tokens) = (count("requests"), count("tokens"));
        let money_micros = money(&table, "money", false);
        if requests.is_none() && tokens.is_none() && !table.has("money") {
            table.error(name.at.clone(), "the budget limits nothing", "add `requests`, `tokens` or `money`");
        }
        if budgets.iter().any(|budget| budget.name == name.value) {
            table.error(name.at, format!("the budget `{}` is there twice", name.value), "give each a name of its own");
            continue;
        }
        if of == Some(Of::Everybody) && who.is_some() {
            table.error(table.place("who"), "a budget of everybody is for nobody in particular", "remove `who`");
        }
        if let (Some(of), Some(per)) = (of, per) {
            budgets.push(Budget { name: name.value, of, who, per, requests, tokens, money_micros });
        }
    }
    budgets
}

fn per(table: &Table<'_>) -> Option<Per> {
    choice(table, "per", &Per::ALL.map(|per| (per.name(), per)))
}

fn choice<T: Copy>(table: &Table<'_>, name: &str, words: &[(&str, T)]) -> Option<T> {
    if !table.has(name) {
        table.missing(name);
    }
    table.choice(name, words).map(|at| at.value)
}
