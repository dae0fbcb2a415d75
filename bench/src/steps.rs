//! What each step of the pipeline takes, as the program itself measures it and shows to operators.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::contestant::Contestant;

/// One step's total so far.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Step {
    pub(crate) name: String,
    pub(crate) count: u64,
    pub(crate) total: Duration,
}

impl Step {
    /// The mean of one call.
    pub(crate) fn mean(&self) -> Duration {
        self.total.div_f64(self.count.max(1) as f64)
    }
}

/// What was added between two readings, step by step.
pub(crate) fn between(before: &[Step], after: Vec<Step>) -> Vec<Step> {
    let earlier = |name: &str| before.iter().find(|step| step.name == name);
    after
        .into_iter()
        .map(|step| match earlier(&step.name) {
            Some(earlier) => Step {
                count: step.count.saturating_sub(earlier.count),
                total: step.total.saturating_sub(earlier.total),
                ..step
            },
            None => step,
        })
        .filter(|step| step.count > 0)
        .collect()
}

/// Reads the totals by step from the contestant's metrics; nothing where it has none or does not show them.
///
/// # Errors
/// When the listener answers with something that cannot be read at all.
pub(crate) fn read(contestant: &Contestant) -> Result<Vec<Step>> {
    let (Some(address), Some(key)) = (&contestant.admin_address, &contestant.admin_key) else { return Ok(Vec::new()) };
    let mut connection = TcpStream::connect(address).context("the listener for operators is gone")?;
    connection.set_read_timeout(Some(Duration::from_secs(10)))?;
    let head =
        format!("GET /metrics HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {key}\r\nconnection: close\r\n\r\n");
    connection.write_all(head.as_bytes())?;
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer).context("reading the metrics")?;
    let answer = String::from_utf8_lossy(&answer);
    if !answer.starts_with("HTTP/1.1 200") {
        println!("  no steps: /metrics answered `{}`", answer.lines().next().unwrap_or_default());
        return Ok(Vec::new());
    }
    Ok(steps(&answer))
}

/// The sums and counts of the steps, whatever else is there.
fn steps(metrics: &str) -> Vec<Step> {
    let value = |line: &str| line.rsplit(' ').next().and_then(|number| number.parse::<f64>().ok());
    let lines = || metrics.lines().filter(|line| line.starts_with(METRIC));
    let mut steps = Vec::new();
    for line in lines() {
        let Some((_, labels)) = line.split_once("_sum{step=\"") else { continue };
        let Some((name, _)) = labels.split_once('"') else { continue };
        let counted = format!("_count{{step=\"{name}\"");
        let count = lines().find(|line| line.contains(&counted)).and_then(value);
        if let (Some(sum), Some(count)) = (value(line), count) {
            let total = Duration::from_secs_f64(sum.max(0.0));
            steps.push(Step { name: name.to_owned(), count: count as u64, total });
        }
    }
    steps
}

const METRIC: &str = "portcullis_step_seconds";

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Step, between, steps};

    fn step(name: &str, count: u64, millis: u64) -> Step {
        Step { name: name.to_owned(), count, total: Duration::from_millis(millis) }
    }

    #[test]
    fn sums_and_counts_are_read_by_step() {
        let metrics = "# TYPE portcullis_step_seconds histogram\n\
            portcullis_step_seconds_sum{step=\"inspect\"} 0.500000000\n\
            portcullis_step_seconds_count{step=\"inspect\"} 1000\n\
            portcullis_step_seconds_bucket{step=\"inspect\",le=\"1\"} 1000\n\
            portcullis_other_sum{step=\"decide\"} 7\n";
        assert_eq!(steps(metrics), [step("inspect", 1000, 500)]);
        assert_eq!(step("inspect", 1000, 500).mean(), Duration::from_micros(500));
    }

    #[test]
    fn only_what_was_added_counts() {
        let before = [step("inspect", 10, 5), step("decide", 10, 1)];
        let after = vec![step("inspect", 30, 25), step("decide", 10, 1), step("send", 1, 1)];
        assert_eq!(between(&before, after), [step("inspect", 20, 20), step("send", 1, 1)]);
    }
}
