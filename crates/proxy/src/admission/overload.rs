//! Overload: an engine that saturates, with the door in front of it and without, in time that does not wait.
//!
//! The engine is a stand-in and says so: it generates tokens for all its calls in steps, as engines with continuous batching
//! do. A step takes longer the more calls share it; past what its cache holds, calls push each other out, and each step takes
//! longer by the square of that. `cargo xtask bench overload` prints the table.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

use super::*;
use crate::connect::{Connect, Connecting, Upstream};
use crate::testing::{self, Door, ask};

/// The stand-in for an engine.
#[derive(Clone, Default)]
struct Engine {
    calls: Arc<AtomicU32>,
}

impl Engine {
    /// How long one token takes while `calls` share the engine.
    fn step(calls: u32) -> Duration {
        let calls = f64::from(calls);
        let crowded = (calls / CACHE_HOLDS).max(1.0);
        STEP.mul_f64((1.0 + calls / STEP_DOUBLES_AT) * crowded * crowded)
    }

    /// Calls a second that it can serve at its best.
    fn capacity() -> f64 {
        (1..200).map(|calls| f64::from(calls) / Self::step(calls).as_secs_f64() / f64::from(TOKENS)).fold(0.0, f64::max)
    }

    async fn serve(&self) {
        self.calls.fetch_add(1, Ordering::Relaxed);
        let _leaves = Leaves(&self.calls);
        for _ in 0..TOKENS {
            tokio::time::sleep(Self::step(self.calls.load(Ordering::Relaxed))).await;
        }
    }

    async fn answer(self, mut stream: DuplexStream) {
        let mut request = Vec::new();
        while !request.ends_with(b"}") {
            if stream.read_buf(&mut request).await.unwrap_or(0) == 0 {
                return;
            }
        }
        // A caller that goes away is noticed, as engines do.
        let mut closed = [0; 1];
        tokio::select! {
            () = self.serve() => {}
            _ = stream.read(&mut closed) => return,
        }
        let body = format!(
            r#"{{"id":"x","object":"chat.completion","created":1,"model":"stand-in","choices":[{{"index":0,"message":{{"role":"assistant","content":"I am a stand-in."}},"finish_reason":"length"}}],"usage":{{"prompt_tokens":5,"completion_tokens":{TOKENS},"total_tokens":25}}}}"#
        );
        let head = format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
        let _ = stream.write_all(format!("{head}{body}").as_bytes()).await;
    }
}

impl Connect for Engine {
    fn connect(&self) -> Connecting {
        let (ours, theirs) = tokio::io::duplex(4096);
        tokio::spawn(self.clone().answer(theirs));
        Box::pin(async { Ok(Upstream::over(ours)) })
    }
}

struct Leaves<'a>(&'a AtomicU32);

impl Drop for Leaves<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What came of the calls of one tenant.
#[derive(Default)]
struct Tally {
    asked: AtomicU64,
    /// Answered before the caller's patience ended.
    good: AtomicU64,
    /// Told at once, or within the queue's deadline, to come back later.
    told: AtomicU64,
}

/// Sends `calls_s` a second for a while, spread over tenants by their shares; counts what is asked after the warm-up.
async fn load<F, Fut>(calls_s: f64, one: F) -> Vec<Tally>
where
    F: Fn(usize) -> Fut,
    Fut: Future<Output = u16> + Send + 'static,
{
    let tallies: Arc<Vec<Tally>> = Arc::new(SHARES.iter().map(|_| Tally::default()).collect());
    let calls = (calls_s * (WARM_UP + MEASURED).as_secs_f64()) as usize;
    let mut running = tokio::task::JoinSet::new();
    for number in 0..calls {
        let tenant = SHARES.iter().position(|share| number % 10 < *share).unwrap_or(0);
        let is_measured = number as f64 / calls_s >= WARM_UP.as_secs_f64();
        let (tallies, call) = (Arc::clone(&tallies), one(tenant));
        running.spawn(async move {
            let status = tokio::time::timeout(PATIENCE, call).await.unwrap_or(0);
            let Some(tally) = tallies.get(tenant).filter(|_| is_measured) else { return };
            tally.asked.fetch_add(1, Ordering::Relaxed);
            match status {
                200 => tally.good.fetch_add(1, Ordering::Relaxed),
                429 => tally.told.fetch_add(1, Ordering::Relaxed),
                _ => 0,
            };
        });
        tokio::time::sleep(Duration::from_secs_f64(1.0 / calls_s)).await;
    }
    while running.join_next().await.is_some() {}
    Arc::into_inner(tallies).unwrap_or_default()
}

async fn without_door(calls_s: f64) -> Vec<Tally> {
    let engine = Engine::default();
    load(calls_s, |_| {
        let engine = engine.clone();
        async move {
            engine.serve().await;
            200
        }
    })
    .await
}

async fn with_door(calls_s: f64) -> Vec<Tally> {
    let mut destination = testing::destination(Engine::default());
    let rules = Rules { calls_max: 256, tokens_max: None, queue_max: 64, wait: Duration::from_secs(2) };
    destination.admission = Some(Arc::new(Admission::new(rules)));
    let mut snapshot = testing::snapshot(destination);
    // What is told to come back is no failure of the engine.
    snapshot.limits.breaker_failures = 1_000;
    let door = Door::open(snapshot);
    let keys: Vec<String> = (0..SHARES.len()).map(|tenant| door.key(&format!("t{tenant}"))).collect();
    load(calls_s, |tenant| {
        let (gate, key) = (Arc::clone(&door.gate), keys[tenant].clone());
        async move { ask(&gate, &key, Some(u64::from(TOKENS))).await.0 }
    })
    .await
}

fn goodput(tallies: &[Tally]) -> f64 {
    let good: u64 = tallies.iter().map(|tally| tally.good.load(Ordering::Relaxed)).sum();
    good as f64 / MEASURED.as_secs_f64()
}

#[tokio::test(start_paused = true)]
async fn goodput_holds_at_twice_what_the_engine_can_serve_and_nobody_starves() {
    let capacity = Engine::capacity();
    println!(
        "A stand-in engine that serves {capacity:.1} calls/s at its best; {SHARES:?} tenths of the calls by tenant."
    );
    println!("{:<8} {:<14} {:>10} {:>8} {:>30}", "load", "", "goodput/s", "of best", "answered, by tenant");
    let mut at_two = Vec::new();
    for times in [0.5, 1.0, 2.0, 4.0] {
        for (name, tallies) in
            [("without door", without_door(times * capacity).await), ("with door", with_door(times * capacity).await)]
        {
            let served: Vec<f64> = tallies
                .iter()
                .map(|tally| tally.good.load(Ordering::Relaxed) as f64 / tally.asked.load(Ordering::Relaxed) as f64)
                .collect();
            let shown: Vec<String> = served.iter().map(|share| format!("{:>3.0} %", share * 100.0)).collect();
            let goodput = goodput(&tallies);
            println!(
                "{times:<8} {name:<14} {goodput:>10.1} {:>7.0}% {:>30}",
                goodput / capacity * 100.0,
                shown.join("  ")
            );
            if times == 2.0 {
                at_two.push((goodput / capacity, served));
            }
        }
    }
    let [(alone, _), (behind, served)] = at_two.as_slice() else { panic!("two runs at two times") };
    assert!(*behind > 0.7, "{behind}");
    assert!(*alone < 0.5, "the engine does not saturate, so this shows nothing: {alone}");
    // Two tenants ask for less than their share, however much the first one sends.
    assert!(served[1] > 0.9 && served[2] > 0.9, "{served:?}");
    assert!(served[0] > 0.2, "{served:?}");
}

/// One token while nobody else is there.
const STEP: Duration = Duration::from_millis(20);
/// Calls at once at which a step takes twice as long.
const STEP_DOUBLES_AT: f64 = 16.0;
/// Calls that the cache holds.
const CACHE_HOLDS: f64 = 24.0;
/// Tokens of every answer.
const TOKENS: u32 = 20;
/// How long a caller waits.
const PATIENCE: Duration = Duration::from_secs(5);
const WARM_UP: Duration = Duration::from_secs(15);
const MEASURED: Duration = Duration::from_secs(30);
/// Which of ten calls are whose: eight of the first tenant, one of each other (the position below which a number counts).
const SHARES: [usize; 3] = [8, 9, 10];
