//! A load of streams: so many at once, each slot opening its next stream when the last has ended.

use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;

use crate::contestant::Contestant;
use crate::machine::percentile;
use crate::process::LOAD_CPU;
use crate::prompt;
use crate::upstream::{CHUNK_CONTENT, CHUNK_EVERY, CHUNKS};

/// What the driver measured.
#[derive(Clone)]
pub(crate) struct Streams {
    pub(crate) count: u64,
    pub(crate) failed: u64,
    pub(crate) chunks: u64,
    pub(crate) first_p50: Duration,
    pub(crate) first_p99: Duration,
    pub(crate) whole_p50: Duration,
}

impl Streams {
    /// Runs this program again as the driver, pinned beside the upstream; one wave to warm up, three to measure.
    ///
    /// # Errors
    /// When the driver fails or reports in a form that is not understood.
    pub(crate) fn run(contestant: &Contestant, slots: usize, warm: bool) -> Result<Self> {
        let waves = if warm { 1 } else { WAVES };
        let mut command = Command::new("taskset");
        command.arg("--cpu-list").arg(LOAD_CPU.to_string());
        command.arg(std::env::current_exe().context("where this program is")?);
        command.args(["streams", &contestant.stream_address, &slots.to_string(), &waves.to_string()]);
        // By the environment, since command lines can be read by everybody.
        command.env(KEY_VARIABLE, contestant.key.as_deref().unwrap_or_default());
        let output = command.stderr(Stdio::inherit()).output().context("cannot start the stream driver")?;
        if !output.status.success() {
            bail!("the stream driver failed: {}", String::from_utf8_lossy(&output.stdout).trim());
        }
        let report: Value = serde_json::from_slice(&output.stdout).context("the stream driver's report")?;
        let number =
            |name: &str| report.get(name).and_then(Value::as_u64).with_context(|| format!("no `{name}` in the report"));
        if let Some(reason) = report.get("reason").and_then(Value::as_str) {
            println!("    a stream failed: {reason}");
        }
        Ok(Self {
            count: number("count")?,
            failed: number("failed")?,
            chunks: number("chunks")?,
            first_p50: Duration::from_micros(number("first_p50_us")?),
            first_p99: Duration::from_micros(number("first_p99_us")?),
            whole_p50: Duration::from_micros(number("whole_p50_us")?),
        })
    }
}

/// The driver: opens the slots over two seconds, so that it measures streams and not a stampede of connections.
///
/// # Errors
/// When its arguments are wrong. Streams that fail are counted.
pub(crate) fn drive(arguments: &[String]) -> Result<()> {
    let [address, slots, waves] = arguments else { bail!("streams ADDRESS SLOTS WAVES") };
    let slots: usize = slots.parse().context("SLOTS is a number")?;
    let waves: usize = waves.parse().context("WAVES is a number")?;
    let key = std::env::var(KEY_VARIABLE).unwrap_or_default();
    let call = Arc::new(Call { address: address.clone(), key, body: Bytes::from(prompt::body(true)) });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("starting tokio")?;
    let report = runtime.block_on(async {
        let mut running = tokio::task::JoinSet::new();
        for slot in 0..slots {
            let call = Arc::clone(&call);
            let wait = RAMP.mul_f64(slot as f64 / slots as f64);
            running.spawn(async move {
                tokio::time::sleep(wait).await;
                slot_run(&call, waves).await
            });
        }
        report(running.join_all().await.into_iter().flatten().collect())
    });
    println!("{report}");
    Ok(())
}

struct Call {
    address: String,
    key: String,
    body: Bytes,
}

/// One stream that ended as it should.
struct Whole {
    first: Duration,
    whole: Duration,
}

async fn slot_run(call: &Call, waves: usize) -> Vec<Result<Whole>> {
    let mut connection = None;
    let mut ended = Vec::with_capacity(waves);
    for _ in 0..waves {
        let outcome = tokio::time::timeout(STREAM_TIME_MAX, stream(call, &mut connection)).await;
        let outcome = outcome.unwrap_or_else(|_| bail!("no end within {} s", STREAM_TIME_MAX.as_secs()));
        if outcome.is_err() {
            connection = None;
        }
        ended.push(outcome);
    }
    ended
}

async fn stream(call: &Call, connection: &mut Option<SendRequest<Full<Bytes>>>) -> Result<Whole> {
    let sender = match connection.take().filter(|sender| !sender.is_closed()) {
        Some(sender) => sender,
        None => connect(&call.address).await?,
    };
    let sender = connection.insert(sender);
    sender.ready().await.context("the connection is not ready")?;
    let mut request =
        Request::post("/v1/chat/completions").header("host", &call.address).header("content-type", "application/json");
    if !call.key.is_empty() {
        request = request.header("authorization", format!("Bearer {}", call.key));
    }
    let begun = Instant::now();
    let response = sender.send_request(request.body(Full::new(call.body.clone()))?).await.context("no answer")?;
    let status = response.status();
    if !status.is_success() {
        let body = response.into_body().collect().await?.to_bytes();
        bail!("status {status}: {}", String::from_utf8_lossy(&body));
    }
    let mut body = response.into_body();
    let mut events = Events::default();
    let mut first = None;
    while let Some(frame) = body.frame().await {
        if let Some(data) = frame.context("the stream broke")?.data_ref() {
            events.read(data);
            if events.content_bytes > 0 && first.is_none() {
                first = Some(begun.elapsed());
            }
        }
    }
    if !events.done || events.content_bytes != CHUNKS * CHUNK_CONTENT.len() {
        bail!("the stream ended early or lost something, after {} bytes of content", events.content_bytes);
    }
    Ok(Whole { first: first.unwrap_or_default(), whole: begun.elapsed() })
}

async fn connect(address: &str) -> Result<SendRequest<Full<Bytes>>> {
    let connection = TcpStream::connect(address).await.context("cannot connect")?;
    connection.set_nodelay(true)?;
    let (sender, driver) = handshake(TokioIo::new(connection)).await.context("no HTTP there")?;
    tokio::spawn(async move {
        let _gone = driver.await;
    });
    Ok(sender)
}

/// Adds up the content, however events and bytes were cut: a gateway may hold text back and merge it.
#[derive(Default)]
struct Events {
    open: Vec<u8>,
    content_bytes: usize,
    done: bool,
}

impl Events {
    fn read(&mut self, mut bytes: &[u8]) {
        while let Some(end) = bytes.iter().position(|byte| *byte == b'\n') {
            let (line, rest) = bytes.split_at(end + 1);
            if self.open.is_empty() {
                self.line(line);
            } else {
                self.open.extend_from_slice(line);
                let whole = std::mem::take(&mut self.open);
                self.line(&whole);
            }
            bytes = rest;
        }
        self.open.extend_from_slice(bytes);
    }

    fn line(&mut self, line: &[u8]) {
        if line.starts_with(b"data: [DONE]") {
            self.done = true;
        } else if let Some(at) = line.windows(CONTENT_MARK.len()).position(|window| window == CONTENT_MARK) {
            // The mock's content needs no escapes, so that it ends at the next quotation mark.
            let content = line.iter().skip(at + CONTENT_MARK.len());
            self.content_bytes += content.take_while(|byte| **byte != b'"').count();
        }
    }
}

fn report(ended: Vec<Result<Whole>>) -> Value {
    let reason = ended.iter().find_map(|outcome| outcome.as_ref().err()).map(|fault| format!("{fault:#}"));
    let count = ended.len();
    let whole: Vec<Whole> = ended.into_iter().filter_map(Result::ok).collect();
    let mut firsts: Vec<Duration> = whole.iter().map(|stream| stream.first).collect();
    let mut wholes: Vec<Duration> = whole.iter().map(|stream| stream.whole).collect();
    json!({
        "count": count,
        "failed": count - whole.len(),
        "reason": reason,
        "chunks": whole.len() * CHUNKS,
        "first_p50_us": percentile(&mut firsts, 50).as_micros() as u64,
        "first_p99_us": percentile(&mut firsts, 99).as_micros() as u64,
        "whole_p50_us": percentile(&mut wholes, 50).as_micros() as u64,
    })
}

const CONTENT_MARK: &[u8] = b"\"content\":\"";
const KEY_VARIABLE: &str = "BENCH_DOOR_KEY";
const RAMP: Duration = Duration::from_secs(2);
const STREAM_TIME_MAX: Duration = Duration::from_secs(60);
const WAVES: usize = 3;
/// What a stream takes at least.
pub(crate) const STREAM_TIME_MIN: Duration = CHUNK_EVERY.saturating_mul(CHUNKS as u32);

#[cfg(test)]
mod tests {
    use super::Events;

    #[test]
    fn content_is_added_up_however_it_is_cut() {
        let text = b"data: {\"content\":\"\"}\n\ndata: {\"content\":\"a few words \"}\n\ndata: {\"content\":\"more\"}\n\ndata: [DONE]\n\n";
        for size in 1..text.len() {
            let mut events = Events::default();
            text.chunks(size).for_each(|part| events.read(part));
            assert_eq!((events.content_bytes, events.done), (16, true), "in pieces of {size}");
        }
    }
}
