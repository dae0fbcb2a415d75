//! Pipelines with one wrong line each. They can be written here only because this module lies inside the steps: outside of
//! them they do not compile (`tests/must_not_compile`).

use std::sync::Arc;

use http::{Request, Response};
use hyper::body::Incoming;
use judge::{Obligations, Permitted};
use wire::call::Door;

use crate::body::Body;
use crate::gate::Gate;
use crate::head::{Place, place};
use crate::steps::{
    Attempt, Cleared, Failed, Known, Permit, Stop, choose, clear, decide, identify, inspect, read, record, respond,
    send, transform,
};

/// What a pipeline does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leak {
    /// It takes every destination of the alias for permitted.
    TakesAllForPermitted,
    /// After a failure it tries a destination that is not permitted.
    FailsOverOutsideThePermitted,
    /// After a failure it tries the destination that a reload has put in the old one's place, on the old decision.
    RetriesOnAStaleDecision,
    /// It does not wait for the disk. (Here the ledger gives its receipts early, which is the same.)
    SendsBeforeTheIntentIsDurable,
    /// It carries out the obligations of the first destination for each.
    CarriesOutAnothersObligations,
    /// It changes the body after it was recorded.
    EditsWhatWasRecorded,
    /// It decides without what was found in the call.
    ForgetsWhatWasFound,
}

impl Leak {
    pub(super) const ALL: [Self; 7] = [
        Self::TakesAllForPermitted,
        Self::FailsOverOutsideThePermitted,
        Self::RetriesOnAStaleDecision,
        Self::SendsBeforeTheIntentIsDurable,
        Self::CarriesOutAnothersObligations,
        Self::EditsWhatWasRecorded,
        Self::ForgetsWhatWasFound,
    ];

    /// Whether this is what the stage says of it.
    pub(super) fn is_told_by(self, wrong: &str) -> bool {
        // A destination whose calls wait for an approval is not permitted without it.
        wrong.contains(self.complaint())
            || (self == Self::CarriesOutAnothersObligations && wrong.contains("is not permitted for this call"))
    }

    fn complaint(self) -> &'static str {
        match self {
            Self::TakesAllForPermitted | Self::FailsOverOutsideThePermitted | Self::ForgetsWhatWasFound => {
                "is not permitted for this call"
            }
            Self::RetriesOnAStaleDecision => "got a call that was decided under configuration",
            Self::SendsBeforeTheIntentIsDurable => "before a durable intent",
            Self::CarriesOutAnothersObligations => " may ",
            Self::EditsWhatWasRecorded => "got bytes that no intent of its own commits to",
        }
    }
}

/// Answers one request: by the real pipeline, or by one that leaks.
pub(super) async fn serve(leak: Option<Leak>, gate: &Arc<Gate>, request: Request<Incoming>) -> Response<Body> {
    let (head, body) = request.into_parts();
    let Place::Call(door) = place(&head.method, head.uri.path()) else { return Response::new(Body::empty()) };
    match leak {
        // The ledger leaks, the pipeline does not.
        None | Some(Leak::SendsBeforeTheIntentIsDurable) => crate::pipeline::answer(gate, door, &head, body).await,
        Some(leak) => answer(leak, gate, door, &head, body).await,
    }
}

async fn answer(
    leak: Leak,
    gate: &Arc<Gate>,
    door: Door,
    head: &http::request::Parts,
    body: Incoming,
) -> Response<Body> {
    match identify(gate, door, head) {
        Ok(known) => {
            let context = known.context();
            match govern(leak, known, body).await {
                Ok(cleared) => respond::answered(&context, cleared),
                Err(stop) => respond::stopped(&context, stop).await,
            }
        }
        Err(stranger) => respond::stranger(gate, door, &stranger),
    }
}

/// As [`crate::pipeline`]'s, but for the leak.
async fn govern(leak: Leak, known: Known, body: Incoming) -> Result<Cleared, Stop> {
    let heard = read(known, body).await?;
    let mut inspected = inspect(heard).await?;
    if leak == Leak::ForgetsWhatWasFound {
        inspected.findings.classes.clear();
        inspected.findings.found.level = ::inspect::Level::Public;
    }
    let mut permit = decide(inspected)?;
    if leak == Leak::TakesAllForPermitted {
        permit_all(&mut permit);
    }
    let mut route = choose(permit)?;
    let mut instead = None;
    while let Some(mut attempt) = instead.take().or_else(|| route.draw()) {
        if leak == Leak::CarriesOutAnothersObligations
            && let Some(first) = attempt.shared.permit.decision.permitted.first()
        {
            attempt.permitted.obligations = first.obligations.clone();
        }
        let prepared = match transform(attempt) {
            Ok(prepared) => prepared,
            Err(unfit) => {
                route.pass_over(unfit);
                continue;
            }
        };
        let mut recorded = record(prepared).await?;
        if leak == Leak::EditsWhatWasRecorded {
            recorded.body = [recorded.body.as_ref(), b" "].concat().into();
        }
        let failed = match send(recorded).await {
            Ok(raw) => match clear(raw).await {
                Ok(cleared) => return Ok(cleared),
                Err(failed) => failed,
            },
            Err(failed) => failed,
        };
        instead = another(leak, &failed);
        route.failed(failed);
    }
    Err(route.exhausted())
}

fn permit_all(permit: &mut Permit) {
    let mut decision = permit.decision.as_ref().clone();
    decision.permitted.extend(decision.refused.drain(..).map(|refused| anything(refused.destination)));
    permit.decision = Arc::new(decision);
}

fn anything(destination: usize) -> Permitted {
    Permitted { destination, obligations: Obligations::default(), policies: Vec::new() }
}

/// The attempt that a leak makes after a failed one.
fn another(leak: Leak, failed: &Failed) -> Option<Attempt> {
    let attempt = &failed.attempt;
    let permit = &attempt.shared.permit;
    let (destination, permitted) = match leak {
        Leak::FailsOverOutsideThePermitted => {
            let outside = permit.decision.refused.first()?.destination;
            (permit.alias.destinations.get(outside)?, anything(outside))
        }
        Leak::RetriesOnAStaleDecision => {
            let gate = &permit.inspected.context.gate;
            let now = gate.snapshot.load();
            let behind = now.behind(&permit.inspected.call.model)?;
            return Some(Attempt {
                shared: Arc::clone(&attempt.shared),
                destination: Arc::clone(behind.destinations.get(attempt.permitted.destination)?),
                permitted: attempt.permitted.clone(),
                kind: ledger::AttemptKind::Retry,
                number: attempt.number + 1,
                probe: false,
                reserved: None,
                slot: None,
            })
            .filter(|attempt| attempt.number <= ATTEMPTS_MAX);
        }
        _ => return None,
    };
    Some(Attempt {
        shared: Arc::clone(&attempt.shared),
        destination: Arc::clone(destination),
        permitted,
        kind: ledger::AttemptKind::Failover,
        number: attempt.number + 1,
        probe: false,
        reserved: None,
        slot: None,
    })
    .filter(|attempt| attempt.number <= ATTEMPTS_MAX)
}

const ATTEMPTS_MAX: u32 = 6;
