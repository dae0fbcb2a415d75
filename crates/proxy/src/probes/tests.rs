//! Probes against a destination in memory.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use ledger::Entry;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

use super::*;
use crate::connect::{Connect, ConnectError, Connecting, Upstream};
use crate::destination::{ProbeWith, Probing};
use crate::testing::{self, Door};

/// A destination that is well, or takes no connections.
#[derive(Clone, Default)]
struct Pipe {
    is_sick: Arc<AtomicBool>,
    bodies: Arc<Mutex<Vec<String>>>,
}

impl Connect for Pipe {
    fn connect(&self) -> Connecting {
        let pipe = self.clone();
        Box::pin(async move {
            if pipe.is_sick.load(Ordering::Relaxed) {
                return Err(ConnectError::Failed { host: "d".to_owned(), reason: "refused".to_owned() });
            }
            let (ours, theirs) = tokio::io::duplex(4096);
            tokio::spawn(pipe.answer(theirs));
            Ok(Upstream::over(ours))
        })
    }
}

impl Pipe {
    async fn answer(self, mut stream: DuplexStream) {
        let mut request = Vec::new();
        while !request.ends_with(b"}") {
            if stream.read_buf(&mut request).await.unwrap_or(0) == 0 {
                return;
            }
        }
        self.bodies.lock().unwrap().push(String::from_utf8(request).unwrap());
        let body = r#"{"id":"x","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"p"},"finish_reason":"length"}],"usage":{"prompt_tokens":5,"completion_tokens":1,"total_tokens":6}}"#;
        let head = format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
        let _ = stream.write_all(format!("{head}{body}").as_bytes()).await;
    }
}

struct Probed {
    door: Door,
    pipe: Pipe,
}

fn door(hosting: judge::Hosting) -> Probed {
    let pipe = Pipe::default();
    let mut destination = testing::destination(pipe.clone());
    destination.facts.hosting = hosting;
    destination.probing = Some(Probing { with: ProbeWith::Chat, every: Duration::from_secs(10) });
    Probed { door: Door::open(testing::snapshot(destination)), pipe }
}

impl Probed {
    fn is_ready(&self) -> bool {
        crate::readiness(&self.door.gate).is_ok()
    }
}

#[tokio::test(start_paused = true)]
async fn a_probe_is_decided_recorded_and_sent_like_every_call() {
    let door = door(judge::Hosting::SelfHosted);
    let running = tokio::spawn(run(Arc::clone(&door.door.gate)));
    tokio::time::sleep(Duration::from_secs(1)).await;
    running.abort();
    let records = door.door.records();
    let [Entry::Intent(intent), Entry::Outcome(outcome)] = records.as_slice() else { panic!("{records:?}") };
    assert_eq!((intent.caller.as_str(), intent.front_door.as_str()), ("portcullis", "probe"));
    assert!(intent.policy_input.text().contains("\"actions\":[\"probe\"]"), "{}", intent.policy_input.text());
    assert_eq!(intent.determining_policies, ["built-in.self-hosted"]);
    assert_eq!((outcome.intent.as_str(), outcome.ended), (intent.id.as_str(), ledger::Ended::Finished));
    let bodies = door.pipe.bodies.lock().unwrap();
    assert!(bodies.len() == 1 && bodies[0].contains("ping") && bodies[0].contains("\"max_tokens\":1"), "{bodies:?}");
}

#[tokio::test(start_paused = true)]
async fn two_failing_probes_take_a_destination_out_and_a_good_one_brings_it_back() {
    let door = door(judge::Hosting::SelfHosted);
    let health = Arc::clone(&door.door.gate.snapshot.load().destinations[0].health);
    door.pipe.is_sick.store(true, Ordering::Relaxed);
    let running = tokio::spawn(run(Arc::clone(&door.door.gate)));
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert!(door.is_ready() && health.passes_probes(), "one failure is no proof");
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert!(!door.is_ready() && !health.passes_probes());
    assert!(door.door.gate.metrics.write().unwrap().contains("portcullis_destination_up{destination=\"d\"} 0"));
    door.pipe.is_sick.store(false, Ordering::Relaxed);
    tokio::time::sleep(Duration::from_secs(10)).await;
    running.abort();
    assert!(door.is_ready() && health.warm_permille(door.door.gate.clock_ms()) < judge::choose::WARM);
    // Each one, the ones that reached nobody too, has its intent and its outcome.
    let intents = door.door.records().iter().filter(|entry| matches!(entry, Entry::Intent(_))).count();
    assert_eq!((intents, door.door.records().len()), (3, 6));
}

#[tokio::test(start_paused = true)]
async fn a_hosted_destination_is_probed_only_where_policy_says_so() {
    let door = door(judge::Hosting::Hosted);
    let running = tokio::spawn(run(Arc::clone(&door.door.gate)));
    tokio::time::sleep(Duration::from_secs(60)).await;
    running.abort();
    assert!(door.door.records().is_empty() && door.pipe.bodies.lock().unwrap().is_empty());
    assert!(door.is_ready(), "what is not asked is not sick");
}
