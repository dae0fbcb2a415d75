//! Admission: how many calls a destination gets at once, which of those that wait goes next, and which are turned away.
//!
//! The limit of calls at once adapts to what is measured (additive increase, multiplicative decrease: Chiu and Jain 1989, as
//! in TCP; the comparison of each sample with the best one known follows Netflix's `concurrency-limits`). Those that wait are
//! taken by start-time fair queueing (Goyal, Vin and Cheng 1996): tenants share by weight and by the tokens they ask for, so
//! that nobody starves, however much another one sends. The queue is bounded for each tenant, and nobody waits for longer than
//! the deadline: what cannot be served is told so before the engine falls over.

mod limit;
#[cfg(test)]
mod overload;
mod queue;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::Instant;

use limit::Limit;
pub(crate) use limit::Sample;
use queue::{Queue, Ticket};

/// How a destination is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// The most calls at once, however well they go.
    pub calls_max: u32,
    /// The most tokens of calls at once, estimated; a call that alone is larger goes when nothing else does.
    pub tokens_max: Option<u64>,
    /// Calls of one tenant that may wait.
    pub queue_max: usize,
    /// How long a call may wait.
    pub wait: Duration,
}

/// The gate of one destination; survives a reload that leaves its rules alone.
#[derive(Debug)]
pub struct Admission {
    rules: Rules,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    limit: Limit,
    calls: u32,
    tokens: u64,
    queue: Queue<oneshot::Sender<()>>,
}

/// Who asks for a place, and for how much.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wish<'a> {
    pub(crate) tenant: &'a str,
    /// Its share in relation to others', from what the call is for.
    pub(crate) weight: u32,
    pub(crate) tokens: u64,
}

/// No place, and not soon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Full {
    /// Seconds after which there may be one.
    pub(crate) retry_after_s: u32,
}

/// A place of one call. Dropping it gives it back; [`Slot::leave`] also says how it went.
#[derive(Debug)]
pub(crate) struct Slot {
    admission: Arc<Admission>,
    tokens: u64,
    since: Instant,
    sample: Option<Sample>,
}

impl Admission {
    /// A gate by `rules`.
    pub fn new(rules: Rules) -> Self {
        let state = State { limit: Limit::new(rules.calls_max), calls: 0, tokens: 0, queue: Queue::default() };
        Self { rules, state: Mutex::new(state) }
    }

    /// The rules it goes by.
    pub fn rules(&self) -> Rules {
        self.rules
    }

    /// Calls that have a place, calls that wait, and the present limit.
    pub fn standing(&self) -> (u32, usize, u32) {
        let state = self.lock();
        (state.calls, state.queue.len(), state.limit.calls())
    }

    /// Waits for a place.
    pub(crate) async fn enter(self: &Arc<Self>, wish: Wish<'_>) -> Result<Slot, Full> {
        let mut waiting = {
            let mut state = self.lock();
            if state.queue.is_empty() && state.fits(wish.tokens, &self.rules) {
                return Ok(self.place(&mut state, wish.tokens));
            }
            if state.queue.len() >= QUEUE_MAX || state.queue.of_tenant(wish.tenant) >= self.rules.queue_max {
                return Err(Full { retry_after_s: state.limit.seconds() });
            }
            let (sender, granted) = oneshot::channel();
            let ticket = state.queue.push(wish.tenant, wish.weight, wish.tokens, sender);
            Waiting { admission: Arc::clone(self), ticket, tokens: wish.tokens, granted, is_over: false }
        };
        match tokio::time::timeout(self.rules.wait, &mut waiting.granted).await {
            Ok(Ok(())) => {
                waiting.is_over = true;
                Ok(self.slot(wish.tokens))
            }
            // The deadline passed; dropping what waits takes it out of the queue, or gives back a place granted just now.
            Ok(Err(_)) | Err(_) => Err(Full { retry_after_s: self.lock().limit.seconds() }),
        }
    }

    fn place(self: &Arc<Self>, state: &mut State, tokens: u64) -> Slot {
        state.calls = state.calls.saturating_add(1);
        state.tokens = state.tokens.saturating_add(tokens);
        self.slot(tokens)
    }

    fn slot(self: &Arc<Self>, tokens: u64) -> Slot {
        Slot { admission: Arc::clone(self), tokens, since: Instant::now(), sample: None }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn fits(&self, tokens: u64, rules: &Rules) -> bool {
        self.calls < self.limit.calls()
            && (self.calls == 0 || rules.tokens_max.is_none_or(|most| self.tokens.saturating_add(tokens) <= most))
    }

    fn give_back(&mut self, tokens: u64, rules: &Rules) {
        self.calls = self.calls.saturating_sub(1);
        self.tokens = self.tokens.saturating_sub(tokens);
        while self.queue.next_tokens().is_some_and(|tokens| self.fits(tokens, rules)) {
            let Some((tokens, granted)) = self.queue.pop() else { return };
            self.calls = self.calls.saturating_add(1);
            self.tokens = self.tokens.saturating_add(tokens);
            if granted.send(()).is_err() {
                // Its caller has just gone.
                self.calls = self.calls.saturating_sub(1);
                self.tokens = self.tokens.saturating_sub(tokens);
            }
        }
    }
}

impl Slot {
    /// How long it was held.
    pub(crate) fn held(&self) -> Duration {
        self.since.elapsed()
    }

    /// The call is over, and this is what was measured of it.
    pub(crate) fn leave(mut self, sample: Sample) {
        self.sample = Some(sample);
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut state = self.admission.lock();
        if let Some(sample) = self.sample {
            let calls = state.calls;
            state.limit.learn(sample, self.since.elapsed(), calls);
        }
        state.give_back(self.tokens, &self.admission.rules);
    }
}

/// A call in the queue. Dropped before its turn, it leaves the queue.
struct Waiting {
    admission: Arc<Admission>,
    ticket: Ticket,
    tokens: u64,
    granted: oneshot::Receiver<()>,
    is_over: bool,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if self.is_over {
            return;
        }
        let mut state = self.admission.lock();
        if !state.queue.remove(&self.ticket) && self.granted.try_recv().is_ok() {
            state.give_back(self.tokens, &self.admission.rules);
        }
    }
}

/// Calls that may wait for one destination, of all tenants together.
const QUEUE_MAX: usize = 8_192;

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: Rules = Rules { calls_max: 2, tokens_max: Some(100), queue_max: 2, wait: Duration::from_secs(1) };

    fn wish(tenant: &str, tokens: u64) -> Wish<'_> {
        Wish { tenant, weight: 1, tokens }
    }

    fn gate(rules: Rules) -> Arc<Admission> {
        Arc::new(Admission::new(rules))
    }

    #[tokio::test(start_paused = true)]
    async fn calls_and_tokens_at_once_are_limited_and_places_come_back() {
        let gate = gate(RULES);
        let first = gate.enter(wish("a", 60)).await.unwrap();
        // Its tokens do not fit beside the first one's; after the deadline it is told so.
        assert!(gate.enter(wish("a", 60)).await.is_err());
        let second = gate.enter(wish("a", 40)).await.unwrap();
        assert!(gate.enter(wish("a", 0)).await.is_err());
        drop((first, second));
        assert_eq!((gate.standing().0, gate.standing().1), (0, 0));
        // What is larger than everything goes alone.
        drop(gate.enter(wish("a", 1_000)).await.unwrap());
    }

    #[tokio::test(start_paused = true)]
    async fn the_queue_is_bounded_for_each_tenant() {
        let gate = gate(Rules { calls_max: 1, ..RULES });
        let slot = gate.enter(wish("a", 1)).await.unwrap();
        let waits: Vec<_> = (0..2)
            .map(|_| {
                tokio::spawn({
                    let gate = Arc::clone(&gate);
                    async move { gate.enter(wish("a", 1)).await.is_ok() }
                })
            })
            .collect();
        tokio::task::yield_now().await;
        assert_eq!(gate.standing().1, 2);
        let started = Instant::now();
        assert!(gate.enter(wish("a", 1)).await.is_err());
        assert_eq!(started.elapsed(), Duration::ZERO, "turned away at once");
        let other = tokio::spawn({
            let gate = Arc::clone(&gate);
            async move { gate.enter(wish("b", 1)).await.is_ok() }
        });
        tokio::task::yield_now().await;
        drop(slot);
        assert!(other.await.unwrap());
        for wait in waits {
            assert!(wait.await.unwrap());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_caller_that_goes_away_leaves_nothing_behind() {
        let gate = gate(Rules { calls_max: 1, ..RULES });
        let slot = gate.enter(wish("a", 1)).await.unwrap();
        let waiting = tokio::spawn({
            let gate = Arc::clone(&gate);
            async move { gate.enter(wish("a", 1)).await.is_ok() }
        });
        tokio::task::yield_now().await;
        waiting.abort();
        let _ = waiting.await;
        assert_eq!(gate.standing().1, 0);
        drop(slot);
        assert_eq!(gate.standing().0, 0);
        drop(gate.enter(wish("a", 1)).await.unwrap());
    }
}
