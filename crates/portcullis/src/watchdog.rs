//! What makes a running door act by itself: signals, and changes of its files.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use tokio::signal::unix::{SignalKind, signal};

use crate::reload::Keeper;

/// Reloads on SIGHUP; returns on SIGTERM or SIGINT.
pub async fn signals(keeper: &Arc<Keeper>) {
    let (Ok(mut hangup), Ok(mut terminate), Ok(mut interrupt)) =
        (signal(SignalKind::hangup()), signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        tracing::error!("signals cannot be received; the door stops only when it is killed");
        return std::future::pending().await;
    };
    loop {
        tokio::select! {
            _ = hangup.recv() => reload(keeper, "SIGHUP").await,
            _ = terminate.recv() => return,
            _ = interrupt.recv() => return,
        }
    }
}

/// Reloads when a file of the configuration changes, appears or goes, and when an exception in it ends. Looks at times and sizes, twice: a file that is
/// still being written is left alone until it rests.
pub async fn files(keeper: &Arc<Keeper>) {
    let mut known = look(&keeper.watched());
    let mut tried = None;
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        if keeper.is_outlived() && tried.is_none_or(|at: Instant| at.elapsed() > OUTLIVED_EVERY) {
            // A configuration that cannot be loaded keeps the old one, exception and all: loudly, and tried again.
            tried = Some(Instant::now());
            reload(keeper, "an exception ended").await;
        }
        let seen = look(&keeper.watched());
        if seen == known {
            continue;
        }
        tokio::time::sleep(REST).await;
        if look(&keeper.watched()) != seen {
            continue;
        }
        reload(keeper, "files changed").await;
        known = look(&keeper.watched());
    }
}

type Look = BTreeMap<PathBuf, (Option<SystemTime>, u64)>;

fn look(paths: &[PathBuf]) -> Look {
    paths
        .iter()
        .filter_map(|path| {
            let metadata = std::fs::metadata(path).ok()?;
            Some((path.clone(), (metadata.modified().ok(), metadata.len())))
        })
        .collect()
}

async fn reload(keeper: &Arc<Keeper>, why: &'static str) {
    let keeper = Arc::clone(keeper);
    // Compiling policies and reading files takes a moment that no call should wait for.
    let done = tokio::task::spawn_blocking(move || keeper.reload_because(why)).await;
    match done {
        Ok(Ok(hash)) => tracing::info!(config = hash, why, "configuration in force"),
        Ok(Err(problems)) => tracing::error!(why, problems, "configuration refused, the old one stays in force"),
        Err(error) => tracing::error!(%error, "reload broke off"),
    }
}

const LOOK_EVERY: Duration = Duration::from_secs(1);
const OUTLIVED_EVERY: Duration = Duration::from_secs(60);
const REST: Duration = Duration::from_millis(200);
