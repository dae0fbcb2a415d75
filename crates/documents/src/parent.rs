//! The parent's side: a [`Reader`] that hands each document to a child of its own.

use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::process::{Child, Command};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::extracted::Extracted;
use crate::frame::{self, Job, Locked, Setup};
use crate::kind::{self, Kind};
use crate::limits::{ANSWER_BYTES_MAX, PARTS_MAX, WORDS_BYTES_MAX};
use crate::{Limits, Sandbox};

/// How a [`Reader`] is started.
#[derive(Debug, Clone)]
pub struct Options {
    /// Whether a kernel without landlock or seccomp may read documents.
    pub sandbox: Sandbox,
    /// Bounds on each document.
    pub limits: Limits,
    /// The executable to re-execute: one whose `main` calls [`child_main`](crate::child_main).
    pub program: PathBuf,
}

/// Reads documents. Cheap to clone.
#[derive(Clone)]
pub struct Reader {
    shared: Arc<Shared>,
}

struct Shared {
    options: Options,
    /// What confines the children.
    confined_by: String,
    turns: Semaphore,
    /// Locked in and waiting for their one document.
    waiting: Mutex<Vec<Confined>>,
    killed: AtomicU64,
}

struct Confined {
    socket: UnixStream,
    /// Killed when this is dropped.
    child: Child,
}

/// Why no document can be read at all.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The program could not be re-executed, or the child broke off.
    #[error("the process that reads documents cannot be started from `{program}`: {source}")]
    Spawn {
        /// The executable named in the options.
        program: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The kernel cannot confine the child and the options require it.
    #[error("the process that reads documents cannot be confined: {0}; use a kernel with landlock and seccomp")]
    Sandbox(String),
}

/// Why one document was not read. It stays opaque.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// It is a picture, or no kind of file that is read.
    #[error("the file is of no kind that is read")]
    Unknown,
    /// It is larger than [`Limits::bytes_max`].
    #[error("the file is too large to be read")]
    TooLarge,
    /// Others were read all the time that it waited.
    #[error("too many documents wait to be read")]
    Busy,
    /// It took longer than [`Limits::time_ms`]; its child was killed.
    #[error("the file took too long to be read")]
    TimedOut,
    /// Its child died, or answered out of protocol.
    #[error("the process that read the file broke")]
    Broke,
}

impl Reader {
    /// Starts the first child, and learns what confines it.
    ///
    /// # Errors
    /// [`StartError`]: no such program, no sandbox where one is required.
    pub async fn start(options: Options) -> Result<Self, StartError> {
        let (first, confined_by) = spawn(&options).await?;
        let turns = Semaphore::new(options.limits.children);
        let waiting = Mutex::new(vec![first]);
        Ok(Self { shared: Arc::new(Shared { options, confined_by, turns, waiting, killed: AtomicU64::new(0) }) })
    }

    /// What confines the children, for example `landlock (abi 4), rlimits, seccomp`.
    #[must_use]
    pub fn confined_by(&self) -> &str {
        &self.shared.confined_by
    }

    /// How many children died or were killed over a document.
    #[must_use]
    pub fn killed(&self) -> u64 {
        self.shared.killed.load(Ordering::Relaxed)
    }

    /// Reads one document. `media_type` is what its sender said; what it is, its content says.
    ///
    /// # Errors
    /// [`Unreadable`]: the document stays opaque. Nothing else is affected.
    pub async fn read(&self, media_type: &str, document: &[u8]) -> Result<Extracted, Unreadable> {
        if document.len() > self.shared.options.limits.bytes_max {
            return Err(Unreadable::TooLarge);
        }
        if matches!(kind::of(media_type, document), Kind::Image | Kind::Audio | Kind::Unknown) {
            return Err(Unreadable::Unknown);
        }
        let media_type = media_type.chars().take(MEDIA_TYPE_CHARS_MAX).collect();
        self.run(&Job { media_type, probe: None }, document).await
    }

    /// Has a child try something that its sandbox forbids. For tests that the sandbox holds.
    #[doc(hidden)]
    pub async fn probe(&self, probe: Probe) -> Result<Extracted, Unreadable> {
        self.run(&Job { media_type: String::new(), probe: Some(probe as u8) }, &[]).await
    }

    async fn run(&self, job: &Job, document: &[u8]) -> Result<Extracted, Unreadable> {
        let limits = &self.shared.options.limits;
        let wait = Duration::from_millis(limits.wait_ms);
        let Ok(Ok(_turn)) = timeout(wait, self.shared.turns.acquire()).await else { return Err(Unreadable::Busy) };
        let waiting = self.shared.waiting().pop();
        let mut confined = match waiting {
            Some(waiting) => waiting,
            None => spawn(&self.shared.options).await.map_err(|_| Unreadable::Broke)?.0,
        };
        let asked = timeout(Duration::from_millis(limits.time_ms), ask(&mut confined.socket, job, document)).await;
        // Whatever the document did to its child ends here.
        let _already_gone = confined.child.start_kill();
        self.prepare_next();
        let outcome = match asked {
            Ok(Ok(extracted)) if extracted.parts.len() <= PARTS_MAX => Ok(extracted),
            Ok(_) => Err(Unreadable::Broke),
            Err(_) => Err(Unreadable::TimedOut),
        };
        if outcome.is_err() {
            self.shared.killed.fetch_add(1, Ordering::Relaxed);
        }
        outcome
    }

    /// The next document should not wait for a process to start.
    fn prepare_next(&self) {
        let shared = Arc::clone(&self.shared);
        tokio::spawn(async move {
            if shared.waiting().len() < shared.options.limits.children
                && let Ok((next, _)) = spawn(&shared.options).await
            {
                let mut waiting = shared.waiting();
                if waiting.len() < shared.options.limits.children {
                    waiting.push(next);
                }
            }
        });
    }
}

impl Shared {
    fn waiting(&self) -> std::sync::MutexGuard<'_, Vec<Confined>> {
        // A panic while holding it cannot leave the list half-changed.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader").field("confined_by", &self.shared.confined_by).finish_non_exhaustive()
    }
}

/// What [`Reader::probe`] has a child try.
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
    /// Panic.
    Panic = 6,
}

/// A child that is locked in, and what confines it.
async fn spawn(options: &Options) -> Result<(Confined, String), StartError> {
    let error = |source| StartError::Spawn { program: options.program.clone(), source };
    let (mut socket, theirs) = socket_pair().map_err(error)?;
    let child = Command::new(&options.program)
        .arg(crate::CHILD_ARG)
        .env_clear()
        // What the two allocators would look up in /proc and /sys, which the sandbox kills for (see `runtime`).
        .env("MALLOC_ARENA_MAX", "1")
        .env("MIMALLOC_USE_NUMA_NODES", "1")
        .current_dir("/")
        .stdin(Stdio::from(theirs))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
        .map_err(error)?;
    let setup = Setup { sandbox: options.sandbox, limits: options.limits.clone() };
    let words = async {
        send(&mut socket, &serde_json::to_vec(&setup)?).await?;
        let words = receive(&mut socket, WORDS_BYTES_MAX).await?;
        Ok::<Locked, std::io::Error>(serde_json::from_slice(&words)?)
    };
    let locked = match timeout(START_TIMEOUT, words).await {
        Ok(locked) => locked.map_err(error)?,
        Err(_) => return Err(error(std::io::ErrorKind::TimedOut.into())),
    };
    let holds = locked.sandbox.map_err(StartError::Sandbox)?;
    Ok((Confined { socket, child }, holds))
}

async fn ask(socket: &mut UnixStream, job: &Job, document: &[u8]) -> std::io::Result<Extracted> {
    send(socket, &serde_json::to_vec(job)?).await?;
    send(socket, document).await?;
    let answer = receive(socket, ANSWER_BYTES_MAX).await?;
    Ok(serde_json::from_slice(&answer)?)
}

async fn send(socket: &mut UnixStream, payload: &[u8]) -> std::io::Result<()> {
    socket.write_all(&frame::head(payload)?).await?;
    socket.write_all(payload).await
}

async fn receive(socket: &mut UnixStream, bytes_max: usize) -> std::io::Result<Vec<u8>> {
    let mut head = [0; 4];
    socket.read_exact(&mut head).await?;
    let mut payload = vec![0; frame::length(head, bytes_max)?];
    socket.read_exact(&mut payload).await?;
    Ok(payload)
}

/// Our end for tokio, their end as a plain descriptor.
fn socket_pair() -> std::io::Result<(UnixStream, OwnedFd)> {
    let (ours, theirs) = std::os::unix::net::UnixStream::pair()?;
    ours.set_nonblocking(true)?;
    Ok((UnixStream::from_std(ours)?, OwnedFd::from(theirs)))
}

const START_TIMEOUT: Duration = Duration::from_secs(10);
const MEDIA_TYPE_CHARS_MAX: usize = 200;
