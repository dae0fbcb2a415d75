//! A door in memory for tests: one destination behind a pipe, a ledger that keeps what it is given, callers on pipes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use ledger::Entry;
use store::memory::{Desk, Receiver};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use wire::dialect::{Dialect, Target};

use crate::connect::Connect;
use crate::destination::{Destination, Health, HttpWay, Timeouts, Way};
use crate::gate::{Alias, Gate, Secrets, Snapshot};
use crate::limits::Limits;
use crate::metrics::Metrics;

/// A self-hosted destination called `d`, at the other end of `pipe`.
pub(crate) fn destination(pipe: impl Connect) -> Destination {
    Destination {
        facts: judge::DestinationFacts {
            name: "d".to_owned(),
            kind: "openai".to_owned(),
            hosting: judge::Hosting::SelfHosted,
            host: "d.test".to_owned(),
            region: "eu-central-1".to_owned(),
            jurisdiction: "EU".to_owned(),
            vendor: None,
            model: "m".to_owned(),
            digest: None,
            owned: true,
            allow_unmodelled: false,
            assessment: judge::Assessment::NotRequired,
            provenance: judge::Provenance::NotApplicable,
            service: String::new(),
            floating: false,
            assessed: judge::Assessed::default(),
        },
        dialect: Dialect::OpenAiChat,
        target: Target {
            model: "m".to_owned(),
            unmodelled: false,
            openai_service: false,
            max_output_tokens_default: 20,
        },
        callers_model: false,
        way: Way::Http(Box::new(HttpWay::new(pipe, "http://d.test/v1", None, Duration::from_secs(55)))),
        timeouts: Timeouts::default(),
        health: Arc::new(Health::default()),
        priority: 100,
        weight: 1,
        price: None,
        admission: None,
        probing: None,
    }
}

/// That destination behind the alias `auto`, under the built-in policies; probed if it says so.
pub(crate) fn snapshot(destination: Destination) -> Snapshot {
    let destination = Arc::new(destination);
    let alias = || Arc::new(Alias::new(vec![Arc::clone(&destination)]));
    Snapshot {
        loaded_unix: 0,
        config_hash: String::new(),
        mode: judge::Mode::Development,
        aliases: HashMap::from([("auto".to_owned(), alias())]),
        patterns: Vec::new(),
        probed: destination.probing.map(|_| alias()).into_iter().collect(),
        destinations: vec![destination],
        policies: judge::Policies::built_in(),
        inspector: Arc::new(::inspect::Inspector::new(&::inspect::Settings::default()).unwrap()),
        limits: Limits::default(),
        budgets: Vec::new(),
        use_cases: HashMap::new(),
        purposes: HashMap::new(),
        observed: HashMap::new(),
        candidate: None,
    }
}

/// A door.
pub(crate) struct Door {
    pub(crate) gate: Arc<Gate>,
    records: Arc<Records>,
    store: store::Store,
    _folder: tempfile::TempDir,
}

/// Everything that was recorded.
#[derive(Default)]
struct Records(Mutex<Vec<Entry>>);

impl Desk for Records {
    fn take(&self, entry: Entry, receiver: Receiver) {
        let id = entry.id().to_owned();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(entry);
        receiver.durable(0, id);
    }
}

impl Door {
    /// A door over `snapshot`.
    pub(crate) fn open(snapshot: Snapshot) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let options = store::Options { sync: false, ..store::Options::default() };
        let store = store::Store::open(folder.path(), options).unwrap();
        let records = Arc::new(Records::default());
        let ledger = Arc::new(store::memory::ledger(Arc::clone(&records) as Arc<dyn Desk>));
        let secrets = Secrets { seals: [1; 32], pseudonyms: [2; 32] };
        let gate = Arc::new(Gate::new(snapshot, ledger, store.keys(), Arc::new(Metrics::default()), &secrets));
        Self { gate, records, store, _folder: folder }
    }

    /// What was recorded so far.
    pub(crate) fn records(&self) -> Vec<Entry> {
        self.records.0.lock().unwrap().clone()
    }

    /// A fresh key for a tenant.
    pub(crate) fn key(&self, tenant: &str) -> String {
        let new = store::NewKey {
            name: tenant.to_owned(),
            floor: "internal".to_owned(),
            ttl_seconds: None,
            tenant: tenant.to_owned(),
            use_case: None,
            admin: false,
            created_by: "test".to_owned(),
        };
        self.store.keys().create(new, self.gate.now_ms()).unwrap().key.expose().to_owned()
    }
}

/// Asks the door a question of `max_tokens` and waits for the whole answer: its status and text.
pub(crate) async fn ask(gate: &Arc<Gate>, key: &str, max_tokens: Option<u64>) -> (u16, String) {
    let limit = max_tokens.map_or_else(String::new, |most| format!(",\"max_tokens\":{most}"));
    let body = format!("{{\"model\":\"auto\",\"messages\":[{{\"role\":\"user\",\"content\":\"Hello\"}}]{limit}}}");
    let (mut ours, theirs) = tokio::io::duplex(16 * 1024);
    let gate = Arc::clone(gate);
    let service = service_fn(move |request| {
        let gate = Arc::clone(&gate);
        async move { Ok::<_, std::convert::Infallible>(crate::surface::serve(&gate, request).await) }
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(theirs), service);
    tokio::spawn(async move {
        // A caller that goes away is no error of ours.
        let _ = connection.await;
    });
    let head = format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: door\r\nauthorization: Bearer {key}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    ours.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
    let mut answer = String::new();
    ours.read_to_string(&mut answer).await.unwrap();
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    (status, answer)
}
