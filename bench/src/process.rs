//! Processes under measurement: pinned to one processor, ended when dropped, their cost read from /proc.

use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};

/// The processor of the contestant.
pub(crate) const GATEWAY_CPU: usize = 0;
/// The processor of the upstream and the load driver.
pub(crate) const LOAD_CPU: usize = 1;

/// A process that ends with its owner.
pub(crate) struct Started {
    pub(crate) child: Child,
}

impl Started {
    /// Starts the command on one processor alone; its standard output can be read.
    ///
    /// # Errors
    /// When taskset or the program cannot be started.
    pub(crate) fn pinned(cpu: usize, command: &Command) -> Result<Self> {
        Self::start(taskset(cpu, command).stdout(Stdio::piped()), command)
    }

    /// Starts the command on one processor alone; what it says goes to the log.
    ///
    /// # Errors
    /// When taskset or the program cannot be started.
    pub(crate) fn logged(cpu: usize, command: &Command, log: File) -> Result<Self> {
        let errors = log.try_clone().context("the log cannot be shared")?;
        Self::start(taskset(cpu, command).stdout(log).stderr(errors), command)
    }

    fn start(pinned: &mut Command, command: &Command) -> Result<Self> {
        let child = pinned.spawn().with_context(|| format!("cannot start {:?} with taskset", command.get_program()))?;
        Ok(Self { child })
    }

    /// The process and its children, as process ids.
    pub(crate) fn family(&self) -> Vec<u32> {
        let own = self.child.id();
        let children = std::fs::read_to_string(format!("/proc/{own}/task/{own}/children")).unwrap_or_default();
        std::iter::once(own).chain(children.split_whitespace().filter_map(|id| id.parse().ok())).collect()
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        // Asked first, so that nginx ends its worker and Portcullis closes its ledger; killed if it does not.
        let _asked = Command::new("kill").arg(self.child.id().to_string()).status();
        for _ in 0..50 {
            if matches!(self.child.try_wait(), Ok(Some(_))) {
                return;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        let _killed = self.child.kill();
        let _ended = self.child.wait();
    }
}

fn taskset(cpu: usize, command: &Command) -> Command {
    let mut pinned = Command::new("taskset");
    pinned.arg("--cpu-list").arg(cpu.to_string()).arg(command.get_program()).args(command.get_args());
    pinned.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    pinned
}

/// The processor time a process has used so far, all its threads, also those that have ended.
///
/// # Errors
/// When the process is gone.
pub(crate) fn cpu(id: u32) -> Result<Duration> {
    let path = format!("/proc/{id}/stat");
    let stat = std::fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))?;
    // The name may hold spaces and brackets; the fields after its last bracket are numbered from 3.
    let fields: Vec<&str> = stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace().collect();
    let ticks =
        |number: usize| fields.get(number - 3).and_then(|field| field.parse::<u64>().ok()).context("a field of stat");
    Ok(Duration::from_millis((ticks(14)? + ticks(15)?) * 1000 / TICKS_PER_SECOND))
}

/// The resident memory of a process in bytes.
///
/// # Errors
/// When the process is gone.
pub(crate) fn memory_bytes(id: u32) -> Result<u64> {
    let path = format!("/proc/{id}/status");
    let status = std::fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
    let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse().context("VmRSS is a number")?;
    Ok(kilobytes * 1024)
}

/// The name a process runs under.
pub(crate) fn name(id: u32) -> String {
    std::fs::read_to_string(Path::new("/proc").join(id.to_string()).join("comm")).unwrap_or_default().trim().to_owned()
}

/// What Linux reports in on every usual machine (`getconf CLK_TCK`).
const TICKS_PER_SECOND: u64 = 100;

#[cfg(test)]
mod tests {
    #[test]
    fn the_cost_of_this_process_can_be_read() {
        let id = std::process::id();
        assert!(super::memory_bytes(id).unwrap() > 100_000);
        let before = super::cpu(id).unwrap();
        let until = std::time::Instant::now() + std::time::Duration::from_millis(200);
        while std::time::Instant::now() < until {
            std::hint::black_box(before);
        }
        assert!(super::cpu(id).unwrap() > before);
    }
}
