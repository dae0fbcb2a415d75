//! What each step of the pipeline takes, as the program itself measures it and shows to operators.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::contestant::Contestant;

/// One step's mean over the run.
#[derive(Debug, PartialEq)]
pub(crate) struct Step {
    pub(crate) name: String,
    pub(crate) count: u64,
    pub(crate) mean: Duration,
}

/// Reads the histogram of steps from the contestant's metrics; nothing where it has none or does not show them.
///
/// # Errors
/// When the listener answers with something that cannot be read at all.
pub(crate) fn read(contestant: &Contestant) -> Result<Vec<Step>> {
    let (Some(address), Some(key)) = (&contestant.admin_address, &contestant.key) else { return Ok(Vec::new()) };
    let mut connection = TcpStream::connect(address).context("the listener for operators is gone")?;
    connection.set_read_timeout(Some(Duration::from_secs(10)))?;
    write!(
        connection,
        "GET /metrics HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {key}\r\nconnection: close\r\n\r\n"
    )?;
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer).context("reading the metrics")?;
    let answer = String::from_utf8_lossy(&answer);
    if !answer.starts_with("HTTP/1.1 200") {
        println!("  no steps: /metrics answered `{}`", answer.lines().next().unwrap_or_default());
        return Ok(Vec::new());
    }
    Ok(steps(&answer))
}

/// The sums and counts of the step histogram, whatever else is there.
fn steps(metrics: &str) -> Vec<Step> {
    let value = |line: &str| line.rsplit(' ').next().and_then(|number| number.parse::<f64>().ok());
    let mut steps = Vec::new();
    for line in metrics.lines().filter(|line| line.starts_with(HISTOGRAM)) {
        let Some((_, labels)) = line.split_once("_sum{step=\"") else { continue };
        let Some((name, _)) = labels.split_once('"') else { continue };
        let counted = format!("_count{{step=\"{name}\"");
        let count = metrics.lines().find(|line| line.starts_with(HISTOGRAM) && line.contains(&counted)).and_then(value);
        if let (Some(sum), Some(count)) = (value(line), count)
            && count > 0.0
        {
            let mean = Duration::from_secs_f64((sum / count).max(0.0));
            steps.push(Step { name: name.to_owned(), count: count as u64, mean });
        }
    }
    steps
}

const HISTOGRAM: &str = "portcullis_step_seconds";

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Step, steps};

    #[test]
    fn sums_and_counts_become_means() {
        let metrics = "# TYPE portcullis_step_seconds histogram\n\
            portcullis_step_seconds_sum{step=\"inspect\"} 0.5\n\
            portcullis_step_seconds_count{step=\"inspect\"} 1000\n\
            portcullis_step_seconds_bucket{step=\"inspect\",le=\"1\"} 1000\n\
            portcullis_step_seconds_sum{step=\"decide\"} 0\nportcullis_step_seconds_count{step=\"decide\"} 0\n";
        assert_eq!(steps(metrics), [Step { name: "inspect".into(), count: 1000, mean: Duration::from_micros(500) }]);
    }
}
