//! The handle that calls go through.

use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{Instant, timeout, timeout_at};

use super::keeper::{self, Phase};
use super::link::{Event, Link};
use super::reply::{Open, Reply};
use super::spawn;
use crate::fault::{Fault, StartError};
use crate::frame::{FROM_PARENT_BYTES_MAX, Frame, Kind};
use crate::options::{Facts, Limits, Options};

/// An embedded model. Cheap to clone; its child ends when the last clone is dropped or one is stopped.
#[derive(Clone)]
pub struct Engine {
    shared: Arc<Shared>,
}

struct Shared {
    facts: Facts,
    limits: Limits,
    phase: watch::Receiver<Phase>,
    stop: watch::Sender<()>,
    turns: Arc<Semaphore>,
    waiting: AtomicUsize,
    next_call: AtomicU32,
    last_exit: Arc<Mutex<Option<String>>>,
}

/// How long a call waits for a child that is being restarted.
const READY_WAIT: Duration = Duration::from_secs(2);

impl Engine {
    /// Starts the child and waits until its model is loaded.
    ///
    /// # Errors
    /// [`StartError`]: no such file, no sandbox where one is required, a model that this engine refuses, too slow.
    pub async fn start(options: Options) -> Result<Engine, StartError> {
        let first = spawn::start(&options).await?;
        let (phase_sender, phase) = watch::channel(Phase::Restarting);
        let (stop, stopping) = watch::channel(());
        let shared = Shared {
            facts: first.facts.clone(),
            limits: options.limits.clone(),
            phase,
            stop,
            turns: Arc::new(Semaphore::new(options.limits.concurrent_calls_max.max(1))),
            waiting: AtomicUsize::new(0),
            next_call: AtomicU32::new(1),
            last_exit: Arc::default(),
        };
        let mut ready = shared.phase.clone();
        tokio::spawn(keeper::keep(options, first, phase_sender, stopping, Arc::clone(&shared.last_exit)));
        let _ready = ready.wait_for(|phase| matches!(phase, Phase::Ready(_))).await;
        Ok(Engine { shared: Arc::new(shared) })
    }

    /// What is known about the model.
    #[must_use]
    pub fn facts(&self) -> Facts {
        self.shared.facts.clone()
    }

    /// Whether a call would reach a child now.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        matches!(*self.shared.phase.borrow(), Phase::Ready(_))
    }

    /// Sends an OpenAI request body to `/chat/completions`, `/completions` or `/embeddings`, waits for its turn and for
    /// the answer's head.
    ///
    /// What the caller did wrong, or too much of, is a [`Reply`] with a 4xx status and OpenAI's error body.
    ///
    /// # Errors
    /// [`Fault`]: no child, the child died, the call took too long.
    pub async fn call(&self, path: &str, body: Bytes) -> Result<Reply, Fault> {
        let limits = &self.shared.limits;
        if body.len() > limits.body_bytes_max.min(FROM_PARENT_BYTES_MAX / 2) || path.len() > PATH_BYTES_MAX {
            let message = format!("the request body is longer than {} bytes", limits.body_bytes_max);
            return Ok(Reply::error(413, "request_too_large", &message));
        }
        let deadline = Instant::now() + Duration::from_secs(limits.call_seconds_max);
        let Some(turn) = self.turn().await else {
            return Ok(Reply::error(429, "queue_full", "the embedded model is busy; try again in a moment"));
        };
        let link = self.link().await?;
        let call = self.shared.next_call.fetch_add(1, Ordering::Relaxed);
        let events = link.open(call, path, &body, deadline).ok_or(Fault::NotReady)?;
        let mut open =
            Open { link, call, events, deadline, seconds_max: limits.call_seconds_max, _turn: turn, over: false };
        match open.next().await? {
            Some(Event::Head { status, streaming }) => Ok(Reply::from_child(status, streaming, open)),
            _ => Err(Fault::Broke),
        }
    }

    /// Ends the child. Open replies end with a [`Fault`].
    pub async fn stop(self) {
        let mut phase = self.shared.phase.clone();
        let _keeper_gone = self.shared.stop.send(());
        let _stopped = phase.wait_for(|phase| matches!(phase, Phase::Stopped)).await;
    }

    /// How the last child that died ended, for logs: an exit status, a signal, or that it hung.
    #[must_use]
    pub fn last_exit(&self) -> Option<String> {
        self.shared.last_exit.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Has the child try something that its sandbox forbids, or hang. For tests that the sandbox holds.
    #[doc(hidden)]
    pub async fn probe(&self, probe: Probe) -> Result<(), Fault> {
        self.link().await?.send(Frame::new(Kind::Probe, 0, [probe as u8]));
        Ok(())
    }

    /// The right to generate, or `None` when too many wait or it took too long.
    async fn turn(&self) -> Option<OwnedSemaphorePermit> {
        let turns = Arc::clone(&self.shared.turns);
        if let Ok(turn) = Arc::clone(&turns).try_acquire_owned() {
            return Some(turn);
        }
        let _waiting = Waiting::begin(&self.shared.waiting, self.shared.limits.queue_max)?;
        let longest = Duration::from_secs(self.shared.limits.queue_seconds_max);
        timeout(longest, turns.acquire_owned()).await.ok()?.ok()
    }

    /// The living child, waiting a moment for one that is being restarted.
    async fn link(&self) -> Result<Arc<Link>, Fault> {
        let mut phase = self.shared.phase.clone();
        let settled = phase.wait_for(|phase| !matches!(phase, Phase::Restarting));
        match timeout_at(Instant::now() + READY_WAIT, settled).await {
            Ok(Ok(phase)) => match &*phase {
                Phase::Ready(link) => Ok(Arc::clone(link)),
                Phase::Restarting => Err(Fault::NotReady),
                Phase::Stopped => Err(Fault::Stopped),
            },
            Ok(Err(_)) => Err(Fault::Stopped),
            Err(_) => Err(Fault::NotReady),
        }
    }
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("facts", &self.shared.facts).field("ready", &self.is_ready()).finish()
    }
}

/// What [`Engine::probe`] has the child try.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Probe {
    /// Open a file for reading.
    OpenFile = 1,
    /// Make a network socket.
    Socket = 2,
    /// Execute a program.
    Execute = 3,
    /// Stop answering for ever.
    Hang = 4,
    /// Take more memory than the limit.
    Allocate = 5,
    /// Reads from a descriptor that is not its own.
    StrangeDescriptor = 6,
    /// Panic while it accepts the next call.
    Panic = 7,
}

/// One caller in the queue, counted while it waits, also when it goes away.
struct Waiting<'a>(&'a AtomicUsize);

impl Waiting<'_> {
    fn begin(count: &AtomicUsize, at_most: usize) -> Option<Waiting<'_>> {
        let waiting = Waiting(count);
        (count.fetch_add(1, Ordering::AcqRel) < at_most).then_some(waiting)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

const PATH_BYTES_MAX: usize = 64;
