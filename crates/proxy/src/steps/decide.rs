//! Decide: policy for each destination behind the alias; obligations or no.

use std::sync::Arc;
use std::time::Instant;

use judge::{Action, CallFacts, Decision};
use wire::call::{BlockKind, Call, Generate, Role, Source, Task};

use super::inspect::{Findings, Inspected, is_harmless, named};
use super::transform::is_tool;
use super::{KnownOfCall, Stop};
use crate::gate::{Alias, Snapshot};
use crate::metrics::Step;
use crate::stopped::Refusal;

/// Proof that policy permits a call at one destination at least. Made only by [`decide`].
#[must_use]
pub struct Permit {
    pub(super) inspected: Inspected,
    pub(super) alias: Arc<Alias>,
    pub(super) decision: Arc<Decision>,
    /// What the decision saw, as the ledger keeps it.
    pub(super) input: ledger::Json,
}

/// What policy must know of a call besides what was found in it.
pub(crate) struct Traits {
    actions: Vec<Action>,
    tools: bool,
    untrusted: bool,
    unmodelled: Vec<String>,
    provider_fetch: Vec<String>,
}

/// Decides for every destination behind the alias.
///
/// # Errors
/// A refusal when none is permitted: it names why for each and what would help.
pub fn decide(inspected: Inspected) -> Result<Permit, Stop> {
    let from = Instant::now();
    let context = Arc::clone(&inspected.context);
    let snapshot = &context.snapshot;
    let Some(alias) = snapshot.behind(&inspected.call.model).map(Arc::clone) else {
        return Err(Stop::at("decide", Refusal::new(404, "model_not_found", "the alias is gone", "ask again")));
    };
    let traits = Traits::of(&inspected.call, &snapshot.inspector);
    let permit = behind(inspected, alias, &traits);
    context.gate.metrics.lap(Step::Decide, from);
    permit
}

/// Decides for a probe: it has an action of its own, and one destination.
pub(super) fn decide_probe(inspected: Inspected, alias: Arc<Alias>) -> Result<Permit, Stop> {
    let traits = Traits::of(&inspected.call, &inspected.context.snapshot.inspector);
    behind(inspected, alias, &Traits { actions: vec![Action::Probe], ..traits })
}

fn behind(inspected: Inspected, alias: Arc<Alias>, traits: &Traits) -> Result<Permit, Stop> {
    let context = &inspected.context;
    let snapshot = &context.snapshot;
    let facts = traits.facts(snapshot, &inspected.findings, context.gate.now_unix());
    let seen =
        judge::Input { caller: &context.caller, call: &facts, destinations: alias.prepared.facts(), candidate: None };
    let input = recordable_input(&seen)?;
    let decision = alias
        .memo
        .decision(input.text(), || judge::decide(&snapshot.policies, &context.caller, &facts, &alias.prepared));
    let input = beside(context, &seen, &decision, &alias)?.unwrap_or(input);
    count_observed(context, &decision);
    if decision.permitted.is_empty() {
        let known = known(&inspected, &decision, &alias, Some(input));
        return Err(Stop::at("decide", refusal(&decision, &alias)).knowing(known));
    }
    Ok(Permit { inspected, alias, decision, input })
}

fn recordable_input(input: &judge::Input<'_>) -> Result<ledger::Json, Stop> {
    ledger::Json::of(input).map_err(|_| {
        Stop::at("decide", crate::stopped::Fault::door("unrecordable", "the policy input has no JSON form"))
    })
}

/// Lets candidate policies decide beside those in force. What they would do otherwise is counted and recorded with the
/// input, and changes nothing.
fn beside(
    context: &super::identify::Context,
    seen: &judge::Input<'_>,
    decision: &Decision,
    alias: &Alias,
) -> Result<Option<ledger::Json>, Stop> {
    let Some(candidate) = &context.snapshot.candidate else { return Ok(None) };
    let other = judge::decide(candidate, seen.caller, seen.call, &alias.prepared);
    let changes = judge::compare(decision, &other, seen.destinations);
    context.gate.metrics.candidate(!changes.is_empty());
    if changes.is_empty() {
        return Ok(None);
    }
    let candidate = judge::Candidate { hash: candidate.hash().to_owned(), changes };
    recordable_input(&judge::Input { candidate: Some(&candidate), ..*seen }).map(Some)
}

fn count_observed(context: &super::identify::Context, decision: &Decision) {
    if decision.permitted.iter().any(|permitted| permitted.obligations.observed.is_some()) {
        context.gate.metrics.observed.inc();
    }
}

/// What a refusal's record says after a decision.
pub(super) fn known(
    inspected: &Inspected,
    decision: &Decision,
    alias: &Alias,
    input: Option<ledger::Json>,
) -> KnownOfCall {
    let name = |index: usize| alias.destinations.get(index).map_or_else(String::new, |one| one.facts.name.clone());
    KnownOfCall {
        alias: inspected.call.model.clone(),
        level: Some(decision.level),
        findings: named(&inspected.findings.classes),
        injection: inspected.findings.found.injection,
        input,
        policies: decision.refused.iter().flat_map(|refused| refused.policies.iter().cloned()).collect(),
        destinations: decision
            .refused
            .iter()
            .map(|refused| (name(refused.destination), refused.code.as_str().to_owned()))
            .collect(),
    }
}

/// The refusal that tells why no destination is permitted, in words.
fn refusal(decision: &Decision, alias: &Alias) -> Refusal {
    let mut why = Vec::new();
    for refused in &decision.refused {
        if !why.contains(&refused.reason) {
            why.push(refused.reason.clone());
        }
    }
    let mut help = Vec::new();
    for one in decision.refused.iter().flat_map(|refused| &refused.would_help) {
        if !help.contains(one) && help.len() < HELP_SHOWN_MAX {
            help.push(one.clone());
        }
    }
    if help.is_empty() {
        help.push("ask for a model that is permitted at this level, or take out what was found".to_owned());
    }
    let first = decision.refused.first().map(|refused| refused.code);
    let code = match first {
        Some(code) if decision.refused.iter().all(|refused| refused.code == code) => code.as_str(),
        _ => "no_permitted_destination",
    };
    // A field that nobody lets through is a mistake in the call, not a matter of who may see it.
    let status = if first == Some(judge::Code::UnmodelledField) && code == "unmodelled_field" { 400 } else { 403 };
    let who = match alias.destinations.as_slice() {
        [only] => format!("the destination `{}` may not", only.facts.name),
        all => format!("none of the {} destinations of this model may", all.len()),
    };
    let shown = why.into_iter().take(REASONS_SHOWN_MAX).collect::<Vec<_>>().join("; ");
    Refusal {
        policies: decision.refused.iter().flat_map(|refused| refused.policies.iter().cloned()).collect(),
        ..Refusal::new(
            status,
            code,
            format!("{who} see this call at level `{}`: {shown}", decision.level),
            help.join("; or "),
        )
    }
}

impl Traits {
    pub(crate) fn of(call: &Call, inspector: &::inspect::Inspector) -> Self {
        let mut traits = Self {
            actions: vec![main_action(&call.task)],
            tools: false,
            untrusted: false,
            unmodelled: call.unmodelled.iter().map(|one| one.path.clone()).collect(),
            provider_fetch: Vec::new(),
        };
        match &call.task {
            Task::Generate(generate) | Task::CountTokens(generate) => traits.look_at(generate),
            Task::Complete(_) | Task::Embed(_) => {}
        }
        // These names are the caller's own, and they go into the record: none may carry content there.
        traits.unmodelled.iter_mut().chain(&mut traits.provider_fetch).for_each(|name| recordable(name, inspector));
        traits
    }

    pub(crate) fn facts<'a>(&'a self, snapshot: &Snapshot, findings: &'a Findings, now_unix: i64) -> CallFacts<'a> {
        CallFacts {
            actions: &self.actions,
            classes: &findings.classes,
            level: findings.found.level,
            injection: findings.found.injection,
            tools: self.tools,
            untrusted: self.untrusted,
            unmodelled: &self.unmodelled,
            provider_fetch: &self.provider_fetch,
            mode: snapshot.mode,
            now_unix,
        }
    }

    fn look_at(&mut self, generate: &Generate) {
        if !generate.tools.is_empty() || self.unmodelled.iter().any(|path| is_tool(path)) {
            self.tools = true;
            self.does(Action::UseTool);
        }
        for turn in &generate.turns {
            if turn.role == Role::Tool {
                self.untrusted = true;
                self.does(Action::UseTool);
            }
            turn.content.iter().for_each(|block| self.look_at_block(&block.kind));
        }
    }

    fn look_at_block(&mut self, kind: &BlockKind) {
        match kind {
            BlockKind::Text(_) | BlockKind::Cited { .. } | BlockKind::Refusal(_) | BlockKind::Reasoning(_) => {}
            BlockKind::Image { source, .. } | BlockKind::Audio { source } => {
                self.does(Action::SendAttachment);
                self.look_at_source(source);
            }
            BlockKind::File { source, .. } => {
                self.untrusted = true;
                match source {
                    Source::Text(_) | Source::Blocks(_) => self.does(Action::Retrieve),
                    Source::Base64 { .. } | Source::Url(_) | Source::ProviderFile(_) => {
                        self.does(Action::SendAttachment);
                    }
                }
                self.look_at_source(source);
            }
            BlockKind::SearchResult { .. } => {
                self.untrusted = true;
                self.does(Action::Retrieve);
            }
            BlockKind::ToolCall { .. } => self.does(Action::UseTool),
            BlockKind::ToolResult { content, .. } => {
                self.untrusted = true;
                self.does(Action::UseTool);
                content.iter().for_each(|block| self.look_at_block(&block.kind));
            }
        }
    }

    fn look_at_source(&mut self, source: &Source) {
        match source {
            Source::Base64 { .. } | Source::Text(_) => {}
            Source::Blocks(blocks) => blocks.iter().for_each(|block| self.look_at_block(&block.kind)),
            Source::Url(url) => self.provider_fetch.push(host_of(url)),
            // A file that the provider keeps was not seen by us: it is state of theirs.
            Source::ProviderFile(_) => self.does(Action::StoreState),
        }
    }

    fn does(&mut self, action: Action) {
        if !self.actions.contains(&action) {
            self.actions.push(action);
        }
    }
}

pub(super) fn recordable(name: &mut String, inspector: &::inspect::Inspector) {
    let plain = name.len() <= NAME_BYTES_MAX && !name.chars().any(|c| c.is_control() || !c.is_ascii());
    let piece = ::inspect::Piece::text(::inspect::Channel::Parameter, name);
    if !plain || !is_harmless(&inspector.inspect(&[piece])) {
        *name = format!("a name of {} bytes", name.len());
    }
}

fn main_action(task: &Task) -> Action {
    match task {
        Task::Generate(_) | Task::Complete(_) => Action::Chat,
        Task::CountTokens(_) => Action::CountTokens,
        Task::Embed(_) => Action::Embed,
    }
}

/// The host that a provider would fetch from; what is not a plain http(s) address has none that policy could permit.
fn host_of(url: &str) -> String {
    url.parse::<http::Uri>()
        .ok()
        .filter(|uri| matches!(uri.scheme_str(), Some("http" | "https")))
        .and_then(|uri| uri.host().map(str::to_ascii_lowercase))
        .unwrap_or_else(|| "unreadable address".to_owned())
}

/// Names of a caller's own that are longer than this are recorded by their length.
const NAME_BYTES_MAX: usize = 100;
const REASONS_SHOWN_MAX: usize = 4;
const HELP_SHOWN_MAX: usize = 3;
