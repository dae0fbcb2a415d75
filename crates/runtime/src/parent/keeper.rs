//! Keeps one child alive: serves its frames, ends it when it hangs, and starts the next one with back-off.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout};

use super::link::Link;
use super::spawn::{self, Started};
use crate::fault::StartError;
use crate::frame::Frame;
use crate::options::{Facts, Options};

/// Whether there is a child to call.
#[derive(Clone)]
pub(super) enum Phase {
    Ready(Arc<Link>),
    Restarting,
    Stopped,
}

const BACK_OFF_FIRST: Duration = Duration::from_millis(100);
const BACK_OFF_MAX: Duration = Duration::from_secs(30);
/// A child that lived this long has earned a fresh start of the back-off.
const HEALTHY_LIFE: Duration = Duration::from_secs(60);
const LAST_MOMENT: Duration = Duration::from_millis(200);
const SWEEP_EVERY: Duration = Duration::from_millis(500);

/// Serves child after child until `stop` says so or its last sender is gone.
pub(super) async fn keep(
    options: Options,
    first: Started,
    phase: watch::Sender<Phase>,
    mut stop: watch::Receiver<()>,
    last_exit: Arc<Mutex<Option<String>>>,
) {
    let facts = first.facts.clone();
    let grace = Duration::from_secs(options.limits.cancel_seconds_max);
    let note = |how: String| *last_exit.lock().unwrap_or_else(PoisonError::into_inner) = Some(how);
    let mut next = Some(first);
    let mut back_off = BACK_OFF_FIRST;
    loop {
        if let Some(started) = next.take() {
            let began = Instant::now();
            match live(started, &phase, &mut stop, grace).await {
                Over::Stopped => break,
                Over::Died(how) => note(how),
            }
            if began.elapsed() >= HEALTHY_LIFE {
                back_off = BACK_OFF_FIRST;
            }
        }
        let _nobody_looks = phase.send(Phase::Restarting);
        tokio::select! {
            _ = stop.changed() => break,
            () = sleep(back_off) => {}
        }
        back_off = (back_off * 2).min(BACK_OFF_MAX);
        next = tokio::select! {
            _ = stop.changed() => break,
            started = restart(&options, &facts) => started.map_err(|error| note(error.to_string())).ok(),
        };
    }
    let _nobody_looks = phase.send(Phase::Stopped);
}

/// A restarted child has to run the same bytes as the first: whoever changed the file has to start the engine again.
async fn restart(options: &Options, first: &Facts) -> Result<Started, StartError> {
    let started = spawn::start(options).await?;
    if started.facts == *first {
        return Ok(started);
    }
    Err(StartError::Changed { was: first.digest.clone(), is: started.facts.digest })
}

enum Over {
    Stopped,
    /// How the process ended.
    Died(String),
}

/// One child's life, from ready to reaped.
async fn live(started: Started, phase: &watch::Sender<Phase>, stop: &mut watch::Receiver<()>, grace: Duration) -> Over {
    let Started { mut child, socket, .. } = started;
    let (link, frames) = Link::new();
    let link = Arc::new(link);
    let (mut from_child, to_child) = socket.into_split();
    let writer = tokio::spawn(write(to_child, frames));
    let _nobody_looks = phase.send(Phase::Ready(Arc::clone(&link)));
    let mut tick = interval(SWEEP_EVERY);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let hung = async {
        loop {
            tick.tick().await;
            if !link.sweep(Instant::now(), grace) {
                break;
            }
        }
    };
    let stopped = tokio::select! {
        _ = stop.changed() => true,
        () = read(&mut from_child, &link) => false,
        () = hung => false,
    };
    let _nobody_looks = phase.send(Phase::Restarting);
    writer.abort();
    // One that closed its socket is about to end by itself: how it ends is worth a moment's wait.
    let ended = timeout(LAST_MOMENT, child.wait()).await;
    let _already_dead = child.kill().await;
    link.close();
    match ended {
        _ if stopped => Over::Stopped,
        Ok(Ok(status)) => Over::Died(status.to_string()),
        _ => Over::Died("killed: it no longer answered".to_owned()),
    }
}

/// Delivers the child's frames until it ends or breaks the protocol. Reading never waits for a caller: the window does.
async fn read(socket: &mut tokio::net::unix::OwnedReadHalf, link: &Link) {
    let mut socket = tokio::io::BufReader::new(socket);
    while let Ok(frame) = spawn::read(&mut socket).await {
        if link.deliver(frame).is_err() {
            return;
        }
    }
}

async fn write(mut socket: tokio::net::unix::OwnedWriteHalf, mut frames: mpsc::UnboundedReceiver<Frame>) {
    while let Some(frame) = frames.recv().await {
        if socket.write_all(&frame.encode()).await.is_err() {
            return;
        }
    }
}
