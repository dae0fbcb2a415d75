//! Runs cases: callers on pipes in memory, the door in between, on one thread whose clock does not wait.

use std::sync::Arc;
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

use super::case::{Call, Case, Client, WORLDS};
use super::leaks::{self, Leak};
use super::stage::{Clerk, SETTLED, Stage, Tally};
use super::world::{CALLERS, World, inspector};
use crate::gate::{Gate, Secrets};
use crate::metrics::Metrics;

/// A door on the stage, and everybody's keys.
pub(super) struct Rig {
    runtime: tokio::runtime::Runtime,
    stage: Arc<Stage>,
    gate: Arc<Gate>,
    keys: Vec<String>,
    leak: Option<Leak>,
    /// Keys need a folder; the ledger there is not the door's.
    _store: (store::Store, tempfile::TempDir),
}

impl Rig {
    pub(super) fn new(leak: Option<Leak>) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let entered = runtime.enter();
        let stage = Arc::new(Stage::new(leak == Some(Leak::SendsBeforeTheIntentIsDurable)));
        let inspector = inspector();
        let worlds: Vec<World> = (0..WORLDS).map(|number| World::new(number, &stage, &inspector)).collect();
        let folder = tempfile::tempdir().unwrap();
        let options = store::Options { sync: false, ..store::Options::default() };
        let store = store::Store::open(folder.path(), options).unwrap();
        let keys = CALLERS.iter().map(|who| key(&store, who.tenant, who.floor)).collect();
        let ledger = Arc::new(store::memory::ledger(Arc::new(Clerk(Arc::clone(&stage)))));
        let secrets = Secrets { seals: [1; 32], pseudonyms: [2; 32] };
        // Snapshots are shared, and a gate owns its first one; the real ones come into force case by case.
        let first = World::new(0, &stage, &inspector).snapshot;
        let first = Arc::into_inner(first).unwrap();
        let gate = Arc::new(Gate::new(first, ledger, store.keys(), Arc::new(Metrics::default()), &secrets));
        assert!(stage.worlds.set(worlds).is_ok() && stage.gate.set(Arc::clone(&gate)).is_ok());
        drop(entered);
        Self { runtime, stage, gate, keys, leak, _store: (store, folder) }
    }

    /// Runs one case; everything that was wrong with it.
    pub(super) fn run(&self, case: &Case) -> Vec<String> {
        self.stage.begin(case);
        self.set_health(case);
        self.runtime.block_on(async {
            let calls = case.calls.iter().enumerate().map(|(number, call)| self.call(number, call));
            futures_util::future::join_all(calls).await;
            // Records that come late, upstreams that sleep and streams that nobody reads come to their end.
            tokio::time::sleep(SETTLED).await;
        });
        self.stage.end()
    }

    pub(super) fn tally(&self) -> Tally {
        self.stage.tally()
    }

    fn set_health(&self, case: &Case) {
        let now = self.gate.clock_ms();
        let worlds = self.stage.worlds.get().unwrap();
        let in_play = case.reloads.iter().map(|(_, world)| *world).chain([case.world]);
        for world in in_play {
            for (destination, failures) in worlds[world].snapshot.destinations.iter().zip(&case.failures) {
                destination.health.probed(now, true);
                destination.health.succeeded(now);
                for _ in 0..*failures {
                    destination.health.failed(now, 5, Duration::from_secs(3600));
                }
            }
        }
    }

    async fn call(&self, number: usize, call: &Call) {
        let (ours, theirs) = tokio::io::duplex(call.pipe_bytes);
        let (gate, leak) = (Arc::clone(&self.gate), self.leak);
        let service = service_fn(move |request: http::Request<hyper::body::Incoming>| {
            let gate = Arc::clone(&gate);
            async move { Ok::<_, std::convert::Infallible>(leaks::serve(leak, &gate, request).await) }
        });
        let connection = hyper::server::conn::http1::Builder::new()
            .timer(TokioTimer::new())
            .serve_connection(TokioIo::new(theirs), service);
        let connection = tokio::spawn(async move {
            // A caller that goes away is no error of ours.
            let _ = connection.await;
        });
        let status = talk(ours, number, call, &self.keys[call.caller]).await;
        self.stage.answered(status);
        drop(connection);
    }
}

/// What a client does with its connection; the status of its answer, if it waited for one.
async fn talk(mut stream: DuplexStream, number: usize, call: &Call, key: &str) -> Option<u16> {
    let (head, body) = call.request(number, key);
    stream.write_all(head.as_bytes()).await.ok()?;
    match call.client {
        Client::Dribbles => {
            for piece in body.as_bytes().chunks(64) {
                stream.write_all(piece).await.ok()?;
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
        Client::LeavesHalfway => {
            stream.write_all(&body.as_bytes()[..body.len() / 2]).await.ok()?;
            tokio::time::sleep(Duration::from_millis(10)).await;
            return None;
        }
        _ => stream.write_all(body.as_bytes()).await.ok()?,
    }
    let mut answer = Vec::new();
    match call.client {
        Client::LeavesAfter(ms) => {
            let reading = tokio::time::timeout(Duration::from_millis(ms), stream.read_to_end(&mut answer));
            reading.await.ok()?.ok()?;
        }
        Client::LeavesAtFirstByte => {
            let _ = stream.read(&mut [0; 16]).await;
            return None;
        }
        Client::Sips => {
            let mut sip = [0; 32];
            while let Ok(read @ 1..) = stream.read(&mut sip).await {
                answer.extend_from_slice(&sip[..read]);
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
        Client::Patient | Client::Dribbles | Client::LeavesHalfway => {
            stream.read_to_end(&mut answer).await.ok()?;
        }
    }
    String::from_utf8_lossy(&answer).split(' ').nth(1)?.parse().ok()
}

fn key(store: &store::Store, tenant: usize, floor: usize) -> String {
    let new = store::NewKey {
        name: format!("caller-{tenant}-{floor}"),
        floor: ::inspect::Level::ALL[floor].as_str().to_owned(),
        ttl_seconds: None,
        tenant: format!("t{tenant}"),
        use_case: None,
        admin: false,
        created_by: "test".to_owned(),
    };
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
    store.keys().create(new, u64::try_from(now).unwrap()).unwrap().key.expose().to_owned()
}
