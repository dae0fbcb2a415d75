//! What would happen to a call and why, without sending it: the same reading, inspection and decision as the pipeline's.

use wire::call::Door;
use wire::front::Headers;

use crate::attached::Documents;
use crate::gate::{Alias, Snapshot};
use crate::steps::rehearse::{Traits, findings};
use crate::stopped::{Refusal, Stopped};

/// What would happen.
#[derive(Debug)]
pub struct Explained {
    /// The alias that the call asks for.
    pub alias: String,
    /// What was found.
    pub found: inspect::Found,
    /// Where it may go and where not; indices are those of `behind`.
    pub decision: judge::Decision,
    /// What stands behind the alias.
    pub behind: std::sync::Arc<Alias>,
}

/// Rehearses a call through `door` by `caller`. Documents in it are read by `reader`; without one they stay opaque.
///
/// # Errors
/// What the pipeline would refuse before deciding.
pub async fn explain(
    snapshot: &Snapshot,
    reader: Option<&documents::Reader>,
    door: Door,
    headers: &Headers<'_>,
    body: &[u8],
    caller: &judge::Caller,
    now_unix: i64,
) -> Result<Explained, Stopped> {
    let call = wire::front::read(door, body, headers)?;
    let Some(behind) = snapshot.behind(&call.model) else {
        return Err(Refusal::new(
            404,
            "model_not_found",
            format!("no destination has the alias `{}`", call.model),
            "ask for one of the models that are configured",
        )
        .into());
    };
    let documents = Documents::of(&call, reader, snapshot.limits.documents_max, None).await;
    let found = findings(&snapshot.inspector, &call, &documents, snapshot.limits.segments_max)?;
    let traits = Traits::of(&call, &snapshot.inspector);
    let facts = traits.facts(snapshot, &found, now_unix);
    let decision = judge::decide(&snapshot.policies, caller, &facts, &behind.prepared);
    Ok(Explained { alias: call.model.clone(), found: found.found, decision, behind: std::sync::Arc::clone(behind) })
}
