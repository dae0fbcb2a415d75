//! Probe: the program itself asks a destination whether it is well, by the same steps as every call, with an action of its own.

use std::sync::Arc;

use wire::call::Door;
use wire::front::Headers;

use super::choose::choose_probed;
use super::decide::decide_probe;
use super::identify::Context;
use super::read::Heard;
use super::{clear, inspect, record, send, transform};
use crate::destination::ProbeWith;
use crate::gate::{Alias, Gate, Snapshot};
use crate::stopped::{Blame, Fault, Stopped};

/// What a probe found out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Probed {
    /// The destination answered.
    Well,
    /// It did not.
    Sick,
    /// Nothing was sent: policy does not permit it, or callers need the door's places.
    NotSent,
}

/// Probes the only destination of `alias` once: decided, recorded and sent like every call.
pub(crate) async fn probe(gate: &Arc<Gate>, snapshot: Arc<Snapshot>, alias: Arc<Alias>, with: ProbeWith) -> Probed {
    let Some(destination) = alias.destinations.first().map(Arc::clone) else { return Probed::NotSent };
    let probed = match govern(gate, snapshot, alias, with).await {
        Ok(()) => Probed::Well,
        Err(Stopped::Fault(Fault { blame: Blame::Upstream, .. })) => Probed::Sick,
        // It understood the call and found it wrong, which takes somebody who is well.
        Err(Stopped::Fault(Fault { blame: Blame::Caller, .. })) => Probed::Well,
        Err(stopped @ (Stopped::Refusal(_) | Stopped::Fault(Fault { blame: Blame::Door, .. }))) => {
            tracing::debug!(destination = destination.facts.name, code = stopped.code(), "a probe was not sent");
            Probed::NotSent
        }
    };
    match probed {
        Probed::Well => destination.health.probed(gate.clock_ms(), true),
        Probed::Sick => destination.health.probed(gate.clock_ms(), false),
        Probed::NotSent => {}
    }
    probed
}

async fn govern(gate: &Arc<Gate>, snapshot: Arc<Snapshot>, alias: Arc<Alias>, with: ProbeWith) -> Result<(), Stopped> {
    let (door, body) = match with {
        ProbeWith::Chat => (Door::ChatCompletions, CHAT),
        ProbeWith::Embed => (Door::Embeddings, EMBED),
    };
    let context =
        Context::program(gate, snapshot, door).ok_or_else(|| Fault::door("overloaded", "calls_max reached"))?;
    let call = wire::front::read(door, body.as_bytes(), &Headers { anthropic_version: None, anthropic_beta: vec![] })?;
    let salt = store::fresh_salt();
    let prompt = salt.commit(ledger::commit::field::PROMPT, body.as_bytes());
    let inspected = inspect(Heard { context, call, prompt, salt }).await.map_err(|stop| stop.why)?;
    let permit = decide_probe(inspected, alias).map_err(|stop| stop.why)?;
    let mut route = choose_probed(permit);
    // One attempt: a probe that needs a second one has found something out.
    let Some(attempt) = route.draw() else { return Err(Fault::door("no_attempt", "nothing to probe").into()) };
    let prepared = transform(attempt).map_err(|unfit| unfit.why)?;
    let recorded = record(prepared).await?;
    let raw = send(recorded).await.map_err(|failed| failed.why)?;
    clear(raw).await.map(drop).map_err(|failed| failed.why)
}

/// The alias that probes ask for; no caller can, since a name with a space is no model's.
const CHAT: &str =
    r#"{"model":"portcullis probe","messages":[{"role":"user","content":"ping"}],"max_completion_tokens":1}"#;
const EMBED: &str = r#"{"model":"portcullis probe","input":"ping"}"#;
