//! The pipeline: the one function that every call runs through. Read it top to bottom.
//!
//! Each step spends the proof that the step above made, and only that step can make its own: a skipped, repeated,
//! reordered or forged step does not compile (`tests/must_not_compile`).

use std::sync::Arc;

use http::Response;
use http::request::Parts;
use hyper::body::Incoming;

use crate::body::Body;
use crate::gate::Gate;
use crate::steps::{
    Cleared, Known, Stop, admit, choose, clear, decide, identify, inspect, read, record, respond, send, transform,
};
use wire::call::Door;

/// Answers one call. Whatever happens is an answer in the caller's own format.
pub async fn answer(gate: &Arc<Gate>, door: Door, head: &Parts, body: Incoming) -> Response<Body> {
    match identify(gate, door, head) {
        Ok(known) => {
            let context = known.context();
            match govern(known, body).await {
                Ok(cleared) => respond::answered(&context, cleared),
                Err(stop) => respond::stopped(&context, stop).await,
            }
        }
        Err(stranger) => respond::stranger(gate, door, &stranger),
    }
}

async fn govern(known: Known, body: Incoming) -> Result<Cleared, Stop> {
    let heard = read(known, body).await?;
    let inspected = inspect(heard).await?;
    let permit = decide(inspected)?;
    let mut route = choose(permit)?;
    while let Some(attempt) = route.draw() {
        let prepared = match transform(attempt) {
            Ok(prepared) => prepared,
            Err(unfit) => {
                route.pass_over(unfit);
                continue;
            }
        };
        let prepared = match admit(prepared).await {
            Ok(prepared) => prepared,
            Err(unfit) => {
                route.pass_over(unfit);
                continue;
            }
        };
        let recorded = record(prepared).await?;
        match send(recorded).await {
            Ok(raw) => match clear(raw).await {
                Ok(cleared) => return Ok(cleared),
                Err(failed) => route.failed(failed),
            },
            Err(failed) => route.failed(failed),
        }
    }
    Err(route.exhausted())
}
