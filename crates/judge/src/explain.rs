//! What would make a refused call possible: the same question asked again with one thing changed.

use std::collections::BTreeMap;

use inspect::{Class, Level};

use crate::call::{Action, CallFacts};
use crate::caller::Caller;
use crate::decide::hear;
use crate::decision::{Code, Decision};
use crate::destination::Destinations;
use crate::policies::Policies;
use crate::refuse::listed;

/// Adds to each refusal what would help.
///
/// Where another destination is permitted, that is the advice, and nothing is asked again: this is the hot path.
pub(crate) fn add_help(
    policies: &Policies,
    caller: &Caller,
    call: &CallFacts<'_>,
    destinations: &Destinations,
    decision: &mut Decision,
) {
    let names: Vec<&str> = decision
        .permitted
        .iter()
        .filter_map(|permitted| destinations.facts().get(permitted.destination))
        .map(|destination| destination.name.as_str())
        .collect();
    if !names.is_empty() {
        let help = format!("{} would be allowed", listed(names.into_iter()));
        for refused in &mut decision.refused {
            refused.would_help.push(help.clone());
        }
        return;
    }
    let asked: Vec<usize> = decision
        .refused
        .iter()
        .filter(|refused| refused.code != Code::PolicyError)
        .map(|refused| refused.destination)
        .take(ASKED_MAX)
        .collect();
    if asked.is_empty() {
        return;
    }
    let nothing_found = BTreeMap::new();
    let mut helped = false;
    for change in changes(caller, call) {
        // All changes together are advice only where no single one is enough.
        if change.together && helped {
            continue;
        }
        let (caller, actions, facts) = change.apply(caller, call, &nothing_found);
        let facts = CallFacts { actions: &actions, ..facts };
        for permitted in hear(policies, &caller, &facts, destinations, &asked).permitted {
            let Some(name) = destinations.facts().get(permitted.destination).map(|facts| facts.name.as_str()) else {
                continue;
            };
            helped = true;
            let help = format!("{}: then `{name}` would be allowed", change.advice);
            let refusals = decision.refused.iter_mut().filter(|refused| refused.destination == permitted.destination);
            refusals.for_each(|refused| refused.would_help.push(help.clone()));
        }
    }
}

/// One thing that could be different about a call or its caller.
#[derive(Default)]
struct Change {
    advice: String,
    without_findings: bool,
    without_tools: bool,
    without_attachments: bool,
    without_unmodelled: bool,
    public_floor: bool,
    /// Whether this is several changes at once.
    together: bool,
}

impl Change {
    fn apply<'a>(
        &self,
        caller: &Caller,
        call: &CallFacts<'a>,
        nothing_found: &'a BTreeMap<Class, u32>,
    ) -> (Caller, Vec<Action>, CallFacts<'a>) {
        let mut caller = caller.clone();
        if self.public_floor {
            caller.floor = Level::Public;
        }
        let mut facts = *call;
        if self.without_findings {
            facts.classes = nothing_found;
            facts.level = Level::Public;
            facts.injection = 0.0;
        }
        if self.without_unmodelled {
            facts.unmodelled = &[];
        }
        facts.tools &= !self.without_tools;
        let gone = |action: &Action| match action {
            Action::UseTool => self.without_tools,
            Action::SendAttachment => self.without_attachments,
            _ => false,
        };
        (caller, call.actions.iter().filter(|action| !gone(action)).copied().collect(), facts)
    }
}

/// What could be different about this call, best advice first.
fn changes(caller: &Caller, call: &CallFacts<'_>) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut offer = |wanted: bool, change: Change| {
        if wanted {
            changes.push(change);
        }
    };
    let remove = format!("remove what was found ({})", listed(call.classes.keys().map(Class::as_str)));
    let found = !call.classes.is_empty();
    offer(found, Change { advice: remove.clone(), without_findings: true, ..Change::default() });
    let unmodelled = format!("leave out {}", listed(call.unmodelled.iter().map(String::as_str)));
    offer(!call.unmodelled.is_empty(), Change { advice: unmodelled, without_unmodelled: true, ..Change::default() });
    let tools = call.tools || call.actions.contains(&Action::UseTool);
    offer(tools, Change { advice: "send no tools".to_owned(), without_tools: true, ..Change::default() });
    let attachments = call.actions.contains(&Action::SendAttachment);
    let send_none = "send no attachments".to_owned();
    offer(attachments, Change { advice: send_none, without_attachments: true, ..Change::default() });
    let guarded = caller.floor > Level::Public;
    let declare = format!("have caller `{}` declared `public` by somebody who may", caller.name);
    offer(guarded, Change { advice: declare.clone(), public_floor: true, ..Change::default() });
    let both = Change {
        advice: format!("{remove}, and {declare}"),
        without_findings: true,
        public_floor: true,
        together: true,
        ..Change::default()
    };
    offer(guarded && found, both);
    changes
}

/// Advice is sought for at most so many destinations of a call.
const ASKED_MAX: usize = 8;
