//! The machine a run was made on: what it is, and how long its disk takes to sync.

use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

/// Processor, memory, system and the versions of what is compared, one fact a line.
pub(crate) fn describe() -> Vec<String> {
    let file = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let field = |text: &str, name: &str| {
        let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_default();
        line.split_once([':', '='])
            .map_or_else(|| "unknown".to_owned(), |(_, value)| value.trim().trim_matches('"').to_owned())
    };
    let processors = file("/proc/cpuinfo").lines().filter(|line| line.starts_with("processor")).count();
    vec![
        format!("{processors} × {}", field(&file("/proc/cpuinfo"), "model name")),
        format!("memory {}", field(&file("/proc/meminfo"), "MemTotal")),
        format!(
            "{}, Linux {}",
            field(&file("/etc/os-release"), "PRETTY_NAME"),
            file("/proc/sys/kernel/osrelease").trim()
        ),
        format!(
            "load average {} before the run: above 0.1 other work shared the two processors and the numbers are too high",
            file("/proc/loadavg").split(' ').next().unwrap_or("unknown")
        ),
        version("nginx", "-v"),
        version("wrk", "-v"),
        version("rustc", "--version"),
    ]
}

/// How long one append of 4 KB and its `fdatasync` take, p50 and p99.
pub(crate) struct SyncTimes {
    pub(crate) disk: (Duration, Duration),
    pub(crate) memory: (Duration, Duration),
}

/// Measures both places where a ledger is kept in this run.
///
/// # Errors
/// When a file cannot be written there.
pub(crate) fn sync_times(folder: &Path) -> Result<SyncTimes> {
    Ok(SyncTimes { disk: sync_time(folder)?, memory: sync_time(Path::new(MEMORY_FOLDER))? })
}

/// A folder in memory, where syncing costs nothing.
pub(crate) const MEMORY_FOLDER: &str = "/dev/shm";

fn sync_time(folder: &Path) -> Result<(Duration, Duration)> {
    let path = folder.join(format!("bench-sync-{}", std::process::id()));
    let mut file = std::fs::File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
    let block = [7_u8; 4096];
    let mut times = Vec::with_capacity(SYNCS);
    for _ in 0..SYNCS {
        let begun = Instant::now();
        file.write_all(&block).and_then(|()| file.sync_data()).context("syncing")?;
        times.push(begun.elapsed());
    }
    std::fs::remove_file(&path).context("removing the file for syncing")?;
    Ok((percentile(&mut times, 50), percentile(&mut times, 99)))
}

/// The value below which so many of a hundred lie; zero for none.
pub(crate) fn percentile(times: &mut [Duration], of_hundred: usize) -> Duration {
    times.sort_unstable();
    let place = (times.len() * of_hundred / 100).min(times.len().saturating_sub(1));
    times.get(place).copied().unwrap_or_default()
}

fn version(program: &str, flag: &str) -> String {
    let said = Command::new(program).arg(flag).output().ok();
    let text = said.map(|said| [said.stdout, said.stderr].concat()).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    text.lines().next().map_or_else(|| format!("{program} is missing"), |line| shortened(line).to_owned())
}

fn shortened(line: &str) -> &str {
    line.split(" Copyright").next().unwrap_or(line).trim_start_matches("nginx version: ").trim()
}

const SYNCS: usize = 300;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    #[test]
    fn percentiles_are_taken_from_sorted_times() {
        let mut times: Vec<Duration> = (1..=100).rev().map(Duration::from_millis).collect();
        assert_eq!(super::percentile(&mut times, 50), Duration::from_millis(51));
        assert_eq!(super::percentile(&mut times, 99), Duration::from_millis(100));
        assert_eq!(super::percentile(&mut [], 99), Duration::ZERO);
    }
}
