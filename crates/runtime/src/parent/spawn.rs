//! Starts one child: the socket pair, the model file's descriptor, nothing else.

use std::os::fd::OwnedFd;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::fault::StartError;
use crate::frame::{FROM_CHILD_BYTES_MAX, Frame, HEADER_BYTES, Kind};
use crate::options::{Facts, Failed, Loaded, Locked, Model, Options, Setup, Stage};

/// A child that is locked in and has loaded its model.
pub(super) struct Started {
    pub(super) child: Child,
    pub(super) socket: UnixStream,
    pub(super) facts: Facts,
}

/// Starts a child and waits until it is ready. A failure leaves no process behind.
pub(super) async fn start(options: &Options) -> Result<Started, StartError> {
    let seconds = options.limits.load_seconds_max;
    timeout(Duration::from_secs(seconds), launch(options)).await.unwrap_or(Err(StartError::TooSlow(seconds)))
}

async fn launch(options: &Options) -> Result<Started, StartError> {
    let (model_fd, file_bytes) = open_model(&options.model)?;
    let spawn_error = |source| StartError::Spawn { program: options.program.clone(), source };
    let (mut socket, theirs) = socket_pair().map_err(spawn_error)?;
    let mut child = Command::new(&options.program)
        .arg(crate::CHILD_ARG)
        .env_clear()
        // With arenas for threads, glibc opens a file in /proc before it gives memory back, which the sandbox kills for.
        .env("MALLOC_ARENA_MAX", "1")
        // The program's own allocator would look for NUMA nodes in /sys when it is first asked from a thread.
        .env("MIMALLOC_USE_NUMA_NODES", "1")
        .current_dir("/")
        .stdin(Stdio::from(theirs))
        .stdout(model_fd)
        .stderr(Stdio::null())
        // A group of its own, so that a Ctrl-C meant for the parent does not cut off answers that it still drains.
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
        .map_err(spawn_error)?;
    let setup = Setup {
        sandbox: options.sandbox,
        file_bytes,
        memory_bytes: options.limits.memory_bytes.saturating_add(file_bytes.unwrap_or(0)),
        context_tokens_max: options.limits.context_tokens_max,
        concurrent_calls_max: options.limits.concurrent_calls_max,
        threads: options.threads.max(1),
    };
    match handshake(&mut socket, &setup).await {
        Ok(facts) => Ok(Started { child, socket, facts }),
        Err(StartError::Died(reason)) => {
            let status = timeout(Duration::from_secs(1), child.wait()).await;
            Err(StartError::Died(status.ok().and_then(Result::ok).map_or(reason, |status| status.to_string())))
        }
        Err(error) => Err(error),
    }
}

fn open_model(model: &Model) -> Result<(Stdio, Option<u64>), StartError> {
    let Model::File(path) = model else { return Ok((Stdio::null(), None)) };
    let error = |source| StartError::File { path: path.clone(), source };
    let file = std::fs::File::open(path).map_err(error)?;
    let metadata = file.metadata().map_err(error)?;
    if !metadata.is_file() {
        return Err(error(std::io::Error::new(std::io::ErrorKind::InvalidInput, "it is not a regular file")));
    }
    Ok((Stdio::from(file), Some(metadata.len())))
}

/// Our end for tokio, their end as a plain descriptor.
fn socket_pair() -> std::io::Result<(UnixStream, OwnedFd)> {
    let (ours, theirs) = std::os::unix::net::UnixStream::pair()?;
    ours.set_nonblocking(true)?;
    Ok((UnixStream::from_std(ours)?, OwnedFd::from(theirs)))
}

async fn handshake(socket: &mut UnixStream, setup: &Setup) -> Result<Facts, StartError> {
    let died = |error: std::io::Error| StartError::Died(error.to_string());
    let setup = Frame::json(Kind::Setup, setup).map_err(died)?;
    socket.write_all(&setup.encode()).await.map_err(died)?;
    let locked: Locked = expect(socket, Kind::Locked).await?;
    let loaded: Loaded = expect(socket, Kind::Loaded).await?;
    Ok(Facts {
        // Said after the model was parsed: by then a hostile file could have taken the child over.
        name: shown(&loaded.name),
        architecture: shown(&loaded.architecture),
        digest: locked.digest,
        context_tokens: loaded.context_tokens,
        embedding_length: loaded.embedding_length,
        chat: loaded.chat,
        sandbox: locked.sandbox,
    })
}

/// Text of the child, safe to print.
fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(SHOWN_CHARS_MAX).collect()
}

async fn expect<T: serde::de::DeserializeOwned>(socket: &mut UnixStream, kind: Kind) -> Result<T, StartError> {
    let frame = read(socket).await.map_err(|error| StartError::Died(error.to_string()))?;
    let unreadable = |error: serde_json::Error| StartError::Protocol(error.to_string());
    if frame.kind == kind {
        return serde_json::from_slice(&frame.payload).map_err(unreadable);
    }
    if frame.kind != Kind::Failed {
        return Err(StartError::Protocol(format!("{:?} where {kind:?} was due", frame.kind)));
    }
    let failed: Failed = serde_json::from_slice(&frame.payload).map_err(unreadable)?;
    Err(match failed.stage {
        Stage::Sandbox => StartError::Sandbox(shown(&failed.reason)),
        Stage::Model => StartError::Model(shown(&failed.reason)),
    })
}

/// Reads the child's next frame.
pub(super) async fn read(socket: &mut (impl tokio::io::AsyncRead + Unpin)) -> std::io::Result<Frame> {
    let mut header = [0; HEADER_BYTES];
    socket.read_exact(&mut header).await?;
    let (kind, call, length) = Frame::header(header, FROM_CHILD_BYTES_MAX)?;
    let mut payload = vec![0; length];
    socket.read_exact(&mut payload).await?;
    Ok(Frame { kind, call, payload })
}

const SHOWN_CHARS_MAX: usize = 512;
