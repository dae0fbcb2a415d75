//! Identify: who calls. There is no anonymous caller, and no body is read before this.

use std::sync::Arc;
use std::time::Instant;

use http::request::Parts;
use tokio::sync::OwnedSemaphorePermit;
use wire::call::Door;

use super::record::front_door;
use crate::gate::{Gate, Snapshot};
use crate::head::{self, Presented};
use crate::metrics::Step;
use crate::stopped::{Fault, Refusal, Stopped};

/// Proof that the caller is known. Made only by [`identify`].
#[must_use]
pub struct Known {
    pub(super) context: Arc<Context>,
    pub(super) head: HeadFacts,
}

/// What of the head later steps may need.
pub(super) struct HeadFacts {
    pub(super) encoded: bool,
    pub(super) declared_length: Option<u64>,
    pub(super) anthropic_version: Option<String>,
    pub(super) anthropic_beta: Vec<String>,
}

/// What stays the same for a whole call: who, under which snapshot, since when.
pub struct Context {
    pub(crate) gate: Arc<Gate>,
    pub(crate) snapshot: Arc<Snapshot>,
    pub(crate) caller: judge::Caller,
    pub(crate) key: Arc<store::KeyFacts>,
    pub(crate) door: Door,
    /// Whether this is the program itself, asking whether a destination is well.
    pub(crate) is_probe: bool,
    /// Shared by all records of the call.
    pub(crate) call_id: String,
    pub(crate) started: Instant,
    /// One of the calls in progress; given back when the call and its stream are over.
    _place: OwnedSemaphorePermit,
    _open: OpenCall,
}

/// Somebody who could not be identified. Nothing of the request was read but its head.
#[derive(Debug)]
pub struct Stranger {
    pub(crate) why: Stopped,
}

impl Known {
    pub(crate) fn context(&self) -> Arc<Context> {
        Arc::clone(&self.context)
    }
}

/// Identifies the caller by its key.
///
/// # Errors
/// [`Stranger`]: no credential, several, an unknown, expired or revoked one; or too many calls are in progress.
pub fn identify(gate: &Arc<Gate>, door: Door, head: &Parts) -> Result<Known, Stranger> {
    let started = Instant::now();
    let (key, caller) = authenticate(gate, head)?;
    let place = Arc::clone(&gate.calls).try_acquire_owned().map_err(|_| Stranger { why: busy().into() })?;
    gate.metrics.calls_open.inc();
    let format = head::format_headers(&head.headers);
    let facts = HeadFacts {
        encoded: head::is_encoded(&head.headers),
        declared_length: head::declared_length(head),
        anthropic_version: format.anthropic_version.map(str::to_owned),
        anthropic_beta: format.anthropic_beta.into_iter().map(str::to_owned).collect(),
    };
    let context = Context {
        snapshot: gate.snapshot.load_full(),
        gate: Arc::clone(gate),
        caller,
        key,
        door,
        is_probe: false,
        call_id: store::RecordId::new(),
        started,
        _place: place,
        _open: OpenCall(Arc::clone(&gate.metrics)),
    };
    gate.metrics.lap(Step::Identify, started);
    Ok(Known { context: Arc::new(context), head: facts })
}

/// Who presents the credential of `head`. Used by every authenticated place of the data plane.
///
/// # Errors
/// [`Stranger`], counted in the ledger's aggregate.
pub(crate) fn authenticate(gate: &Arc<Gate>, head: &Parts) -> Result<(Arc<store::KeyFacts>, judge::Caller), Stranger> {
    let refuse = |reason: &'static str, why: &str, help: &str| {
        gate.metrics.strangers.inc();
        gate.ledger.count_stranger(reason);
        Stranger { why: Refusal::new(401, "unauthenticated", why, help).into() }
    };
    let credential = match head::credential(&head.headers) {
        Presented::One(credential) => credential,
        Presented::Nothing => {
            return Err(refuse(
                "missing",
                "no credential was presented",
                "send a Portcullis key as `Authorization: Bearer …` or `x-api-key`; `portcullis key create NAME` makes one",
            ));
        }
        Presented::Ambiguous => {
            return Err(refuse(
                "ambiguous",
                "the request carries several or unreadable credentials",
                "send exactly one key, in `Authorization: Bearer …` or in `x-api-key`",
            ));
        }
    };
    match gate.keys.verify(&credential, gate.now_ms()) {
        Ok(key) => {
            let caller = caller(&key, &gate.snapshot.load());
            Ok((key, caller))
        }
        // All four read the same from outside, so that nobody learns which keys exist.
        Err(denied) => Err(refuse(
            denied.reason(),
            "the key is not valid",
            "check the key, or make a new one with `portcullis key create NAME`; keys expire",
        )),
    }
}

impl Context {
    /// The program itself, about to probe a destination through `door`. `None` when too many calls are in progress: those of
    /// callers go first.
    pub(super) fn program(gate: &Arc<Gate>, snapshot: Arc<Snapshot>, door: Door) -> Option<Arc<Self>> {
        let place = Arc::clone(&gate.calls).try_acquire_owned().ok()?;
        gate.metrics.calls_open.inc();
        Some(Arc::new(Self {
            snapshot,
            gate: Arc::clone(gate),
            caller: judge::Caller {
                floor: ::inspect::Level::Public,
                ..judge::Caller::workload(store::KeyFacts::PROGRAM, store::KeyFacts::PROGRAM)
            },
            key: Arc::new(store::KeyFacts::program()),
            door,
            is_probe: true,
            call_id: store::RecordId::new(),
            started: Instant::now(),
            _place: place,
            _open: OpenCall(Arc::clone(&gate.metrics)),
        }))
    }

    /// The surface that the call came through, as records name it.
    pub(super) fn front_door(&self) -> &'static str {
        if self.is_probe { "probe" } else { front_door(self.door) }
    }
}

fn caller(key: &store::KeyFacts, snapshot: &Snapshot) -> judge::Caller {
    // A floor that cannot be read, and a use case that nobody registered, are the strictest ones.
    let own = key.floor.parse().unwrap_or(::inspect::Level::Restricted);
    let (of_use_case, purpose) = snapshot.registered(key.use_case.as_deref());
    judge::Caller {
        kind: judge::CallerKind::Workload,
        id: key.id.clone(),
        name: key.name.clone(),
        tenant: key.tenant.clone(),
        use_case: key.use_case.clone(),
        floor: own.max(of_use_case),
        groups: Vec::new(),
        admin: key.admin,
        purpose,
        elevated_until_unix: 0,
        observe: snapshot.observed.get(&key.name).copied(),
    }
}

fn busy() -> Fault {
    Fault {
        status: 503,
        why: "too many calls are in progress".to_owned(),
        help: "try again in a moment".to_owned(),
        retry_after_s: Some(1),
        ..Fault::door("overloaded", "calls_max reached")
    }
}

struct OpenCall(Arc<crate::metrics::Metrics>);

impl Drop for OpenCall {
    fn drop(&mut self) {
        self.0.calls_open.dec();
    }
}

impl std::fmt::Debug for Context {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Context").field("call", &self.call_id).field("caller", &self.caller.id).finish_non_exhaustive()
    }
}
