//! A load of plain calls, driven by wrk: so many connections, each sending its next call when the last was answered.

use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::contestant::Contestant;
use crate::process::LOAD_CPU;
use crate::prompt;

/// What wrk measured.
#[derive(Clone)]
pub(crate) struct Calls {
    pub(crate) count: u64,
    pub(crate) failed: u64,
    pub(crate) per_second: f64,
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
}

impl Calls {
    /// Runs the load for some seconds, or two to warm up.
    ///
    /// # Errors
    /// When wrk is missing, fails, or reports in a form that is not understood.
    pub(crate) fn run(contestant: &Contestant, connections: usize, seconds: u64, warm: bool) -> Result<Self> {
        let script = contestant.folder.join("call.lua");
        std::fs::write(&script, lua(contestant.key.as_deref())).context("writing the script for wrk")?;
        let seconds = if warm { WARM_SECONDS } else { seconds };
        let mut command = Command::new("taskset");
        command.arg("--cpu-list").arg(LOAD_CPU.to_string()).arg("wrk");
        command.arg("--threads=1").arg(format!("--connections={connections}")).arg(format!("--duration={seconds}s"));
        command.arg("--timeout=30s").arg("--latency").arg("--script").arg(&script);
        command.arg(format!("http://{}/v1/chat/completions", contestant.address));
        let output = command.stderr(Stdio::inherit()).output().context("cannot start wrk")?;
        if !output.status.success() {
            bail!("wrk failed ({})", output.status);
        }
        Self::read(&String::from_utf8_lossy(&output.stdout))
    }

    fn read(report: &str) -> Result<Self> {
        let line = report.lines().find_map(|line| line.strip_prefix(REPORT_MARK)).context("no report of wrk")?;
        let numbers: Vec<f64> = line.split_whitespace().filter_map(|part| part.parse().ok()).collect();
        let [count, micros, failed, p50, p99] = numbers.as_slice() else { bail!("not five numbers from wrk: {line}") };
        if *count < 1.0 {
            bail!("no call was answered");
        }
        Ok(Self {
            count: *count as u64,
            failed: *failed as u64,
            per_second: count / (micros / 1e6),
            p50: Duration::from_secs_f64(p50 / 1e6),
            p99: Duration::from_secs_f64(p99 / 1e6),
        })
    }
}

/// The call, and a closing line that is easier to read than wrk's own report.
fn lua(key: Option<&str>) -> String {
    let authorization =
        key.map(|key| format!("wrk.headers[\"authorization\"] = \"Bearer {key}\"\n")).unwrap_or_default();
    format!(
        "wrk.method = \"POST\"\nwrk.body = [==[{body}]==]\nwrk.headers[\"content-type\"] = \"application/json\"\n{authorization}\
         done = function(summary, latency, requests)\n  \
         local failed = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.status + summary.errors.timeout\n  \
         io.write(string.format(\"{REPORT_MARK} %d %d %d %d %d\\n\", summary.requests, summary.duration, failed, latency:percentile(50), latency:percentile(99)))\n\
         end\n",
        body = prompt::body(false)
    )
}

const WARM_SECONDS: u64 = 2;
const REPORT_MARK: &str = "measured:";

#[cfg(test)]
mod tests {
    #[test]
    fn the_closing_line_is_read() {
        let calls = super::Calls::read("Running\nmeasured: 1000 2000000 3 450 9000\n").unwrap();
        assert_eq!((calls.count, calls.failed, calls.per_second as u64), (1000, 3, 500));
        assert_eq!((calls.p50.as_micros(), calls.p99.as_micros()), (450, 9000));
        assert!(super::Calls::read("measured: 0 2000000 3 450 9000\n").is_err());
        assert!(super::Calls::read("nothing").is_err());
    }
}
