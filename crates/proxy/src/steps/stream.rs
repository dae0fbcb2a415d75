//! A streamed answer on its way to the caller: pulled, decoded, screened, restored and written piece by piece.

mod screened;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use ledger::Ended;
use tokio::time::{Instant, Interval, MissedTickBehavior};
use wire::answer::Event;
use wire::dialect::Decoder;
use wire::front::{Echo, Encoder, ErrorBody};
use wire::json::Value;

use super::choose::Failed;
use super::clear::{broken, cut_short, note_screening, refused_answer, stalled, too_large, upstream_failed};
use super::respond::error_body;
use super::send::{Raw, note_failure, note_success};
use crate::body::Body;
use crate::screening::{CutShort, Place, Screening};
use crate::stopped::{Fault, Refusal, Stopped};

/// A stream in progress. Dropping it records that the caller went away, and closes the upstream's connection.
struct Streaming {
    raw: Raw,
    decoder: Decoder,
    encoder: Encoder,
    screening: Screening,
    events: Vec<Event>,
    /// Strict screening: events wait here until the whole answer was seen.
    withheld: Option<Vec<Event>>,
    /// Details of tokens whose text is still held by a screen.
    details: Vec<(Place, Value)>,
    /// Sealed reasoning is wrapped whole, so its pieces are gathered until the block ends.
    seals: Vec<(u32, u32, bool, String)>,
    out: Vec<u8>,
    ready: VecDeque<Bytes>,
    received: u64,
    last_received: Instant,
    last_sent: Instant,
    tick: Interval,
    over: bool,
    /// The upstream said everything that it had to say.
    finished: bool,
}

/// Why an event goes no further.
enum Halt {
    /// Screening refuses it.
    Cut(CutShort),
    /// The caller's format cannot say it.
    Fault(Fault),
}

impl From<CutShort> for Halt {
    fn from(cut: CutShort) -> Self {
        Self::Cut(cut)
    }
}

/// What the next bytes of the upstream brought.
enum Pulled {
    Events,
    Idle,
    Ended,
    Broken(Fault),
}

/// Reads the stream until the model says something, so that a failure before that can go elsewhere; then hands it over.
pub(super) async fn begin(raw: Raw, echo: &Echo) -> Result<Body, Failed> {
    let mut streaming = match Streaming::new(raw, echo) {
        Ok(streaming) => streaming,
        Err((raw, fault)) => return Err(upstream_failed(*raw, fault).await),
    };
    let mut waiting = Vec::new();
    loop {
        if let Some(fault) = failure(&waiting) {
            return Err(upstream_failed(streaming.raw, fault).await);
        }
        if waiting.iter().any(is_content) {
            break;
        }
        match streaming.pull().await {
            Pulled::Events => waiting.append(&mut streaming.events),
            Pulled::Idle => {}
            Pulled::Ended => match streaming.decoder.finish(&mut waiting) {
                Ok(()) if waiting.iter().any(is_content) => break,
                Ok(()) => return Err(upstream_failed(streaming.raw, garbled("it ended before it began")).await),
                Err(error) => return Err(upstream_failed(streaming.raw, garbled(&error.to_string())).await),
            },
            Pulled::Broken(fault) => return Err(upstream_failed(streaming.raw, fault).await),
        }
    }
    streaming.events = waiting;
    note_success(&streaming.raw.attempt);
    if streaming.withheld.is_some() {
        return streaming.withhold().await;
    }
    streaming.digest().await;
    Ok(Body::stream(futures_util::stream::unfold(Box::new(streaming), |mut streaming| async move {
        streaming.next().await.map(|bytes| (bytes, streaming))
    })))
}

impl Streaming {
    fn new(raw: Raw, echo: &Echo) -> Result<Self, (Box<Raw>, Fault)> {
        let Some(encoder) = Encoder::new(echo) else {
            return Err((Box::new(raw), Fault::door("unwritable", "the door has no streams")));
        };
        let context = Arc::clone(&raw.attempt.shared.permit.inspected.context);
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Ok(Self {
            decoder: raw.attempt.destination.dialect.decoder(&raw.call),
            encoder,
            screening: Screening::new(Arc::clone(&context.snapshot.inspector), raw.strict, raw.pseudonyms.clone()),
            events: Vec::new(),
            withheld: raw.strict.then(Vec::new),
            details: Vec::new(),
            seals: Vec::new(),
            out: Vec::new(),
            ready: VecDeque::new(),
            received: 0,
            last_received: Instant::now(),
            last_sent: Instant::now(),
            tick,
            over: false,
            finished: false,
            raw,
        })
    }

    /// Strict screening: the whole answer is read and screened before a byte of it leaves.
    async fn withhold(mut self) -> Result<Body, Failed> {
        while !self.over {
            for event in std::mem::take(&mut self.events) {
                if let Event::Failed(error) = &event {
                    return Err(upstream_failed(self.raw, said_failed(&error.code)).await);
                }
                match self.screen(event) {
                    Ok(()) => {}
                    Err(Halt::Cut(cut)) => {
                        note_screening(&mut self.raw.intent, &self.screening);
                        return Err(cut_short(self.raw, &cut).await);
                    }
                    Err(Halt::Fault(fault)) => return Err(upstream_failed(self.raw, fault).await),
                }
            }
            if self.over {
                break;
            }
            match self.pull().await {
                Pulled::Events | Pulled::Idle => {}
                Pulled::Ended => {
                    if let Err(error) = self.decoder.finish(&mut self.events) {
                        return Err(upstream_failed(self.raw, garbled(&error.to_string())).await);
                    }
                    if self.events.is_empty() && !self.over {
                        return Err(upstream_failed(self.raw, garbled("it ended early")).await);
                    }
                }
                Pulled::Broken(fault) => return Err(upstream_failed(self.raw, fault).await),
            }
        }
        for event in self.withheld.take().unwrap_or_default() {
            if let Err(fault) = self.write(&event) {
                return Err(upstream_failed(self.raw, fault).await);
            }
        }
        self.end().await;
        Ok(Body::stream(futures_util::stream::iter(self.ready)))
    }

    /// The next bytes for the caller.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(bytes) = self.ready.pop_front() {
                self.last_sent = Instant::now();
                return Some(bytes);
            }
            if self.over {
                self.let_go().await;
                return None;
            }
            match self.pull().await {
                Pulled::Events => self.digest().await,
                Pulled::Idle => self.idle().await,
                Pulled::Ended => match self.decoder.finish(&mut self.events) {
                    Ok(()) if self.events.is_empty() => {
                        self.stop(garbled("it ended early").into(), Ended::UpstreamFailed).await;
                    }
                    Ok(()) => self.digest().await,
                    Err(error) => self.stop(garbled(&error.to_string()).into(), Ended::UpstreamFailed).await,
                },
                Pulled::Broken(fault) => self.stop(fault.into(), Ended::UpstreamFailed).await,
            }
        }
    }

    /// An answer that is finished is read to its very end, which is mostly there already, so that the connection to the
    /// upstream can carry another call.
    async fn let_go(&mut self) {
        if self.finished {
            let _ = tokio::time::timeout(LET_GO, self.raw.body.chunk()).await;
        }
    }

    /// Waits for the next bytes of the upstream, or for the clock.
    async fn pull(&mut self) -> Pulled {
        let chunk = tokio::select! {
            biased;
            chunk = self.raw.body.chunk() => chunk,
            _ = self.tick.tick() => {
                let now = Instant::now();
                let silent = now.duration_since(self.last_received) > self.raw.attempt.destination.timeouts.between_bytes;
                return if silent || now > self.raw.deadline { Pulled::Broken(stalled()) } else { Pulled::Idle };
            }
        };
        match chunk {
            None => Pulled::Ended,
            Some(Err(error)) => Pulled::Broken(broken(error)),
            Some(Ok(bytes)) => {
                self.last_received = Instant::now();
                self.raw.intent.received(&bytes);
                self.received = self.received.saturating_add(bytes.len() as u64);
                if self.received > self.raw.attempt.shared.permit.inspected.context.snapshot.limits.stream_bytes_max {
                    return Pulled::Broken(too_large());
                }
                match self.decoder.push(&bytes, &mut self.events) {
                    Ok(()) => Pulled::Events,
                    Err(error) => Pulled::Broken(garbled(&error.to_string())),
                }
            }
        }
    }

    /// Screens and writes the events at hand; revocation is looked at before each batch.
    async fn digest(&mut self) {
        if self.is_revoked() {
            return self.stop(revoked().into(), Ended::Cut).await;
        }
        let mut events = std::mem::take(&mut self.events);
        for event in events.drain(..) {
            if let Event::Failed(error) = &event {
                return self.stop(said_failed(&error.code).into(), Ended::UpstreamFailed).await;
            }
            match self.screen(event) {
                Ok(()) => {}
                Err(Halt::Fault(fault)) => return self.stop(fault.into(), Ended::Cut).await,
                Err(Halt::Cut(cut)) => {
                    if let Some(outcome) = self.raw.intent.outcome() {
                        outcome.cut.push(cut.class.clone());
                    }
                    return self.stop(refused_answer(&cut).into(), Ended::RefusedByScreen).await;
                }
            }
            if self.over {
                return self.end().await;
            }
        }
        self.events = events;
        self.flush();
    }

    async fn idle(&mut self) {
        if self.is_revoked() {
            return self.stop(revoked().into(), Ended::Cut).await;
        }
        let after = self.raw.attempt.shared.permit.inspected.context.snapshot.limits.keepalive_after;
        if self.last_sent.elapsed() >= after {
            let keepalive = Bytes::from_static(self.encoder.keepalive());
            self.raw.intent.released(&keepalive);
            self.ready.push_back(keepalive);
        }
    }

    fn is_revoked(&self) -> bool {
        let context = &self.raw.attempt.shared.permit.inspected.context;
        !context.key.is_live(context.gate.now_ms())
    }

    fn write(&mut self, event: &Event) -> Result<(), Fault> {
        self.encoder.event(event, &mut self.out).map_err(|unwritable| Fault::door("unwritable", unwritable.to_string()))
    }

    fn flush(&mut self) {
        if !self.out.is_empty() {
            let bytes = Bytes::copy_from_slice(&self.out);
            self.out.clear();
            self.raw.intent.released(&bytes);
            self.ready.push_back(bytes);
        }
    }

    /// The answer is finished: everything but its terminal event may go, which waits for the durable outcome.
    async fn end(&mut self) {
        self.over = true;
        self.finished = true;
        self.flush();
        let written = self.write(&Event::End);
        let terminal = Bytes::from(std::mem::take(&mut self.out));
        self.raw.intent.released(&terminal);
        note_screening(&mut self.raw.intent, &self.screening);
        let closed = self.close(Ended::Finished).await;
        match (written, closed) {
            (Ok(()), Ok(())) => self.ready.push_back(terminal),
            (Err(fault), _) | (_, Err(fault)) => self.push_error(&fault.into()),
        }
    }

    /// The stream ends with an error in the caller's own format, after its outcome is durable.
    async fn stop(&mut self, why: Stopped, ended: Ended) {
        self.over = true;
        self.flush();
        if let Stopped::Fault(fault) = &why
            && ended == Ended::UpstreamFailed
        {
            note_failure(&self.raw.attempt);
            if let Some(outcome) = self.raw.intent.outcome() {
                outcome.error = Some(fault.code.to_owned());
            }
        }
        note_screening(&mut self.raw.intent, &self.screening);
        let record = self.raw.intent.id().to_owned();
        let mut out = Vec::new();
        self.encoder.error(&error_body(&why, Some(record)), &mut out);
        let terminal = Bytes::from(out);
        self.raw.intent.released(&terminal);
        match self.close(ended).await {
            Ok(()) => self.ready.push_back(terminal),
            Err(fault) => self.push_error(&fault.into()),
        }
    }

    fn push_error(&mut self, why: &Stopped) {
        let mut out = Vec::new();
        let body: ErrorBody = error_body(why, None);
        self.encoder.error(&body, &mut out);
        self.ready.push_back(Bytes::from(out));
    }

    async fn close(&mut self, ended: Ended) -> Result<(), Fault> {
        self.raw.intent.take().close(ended).await
    }
}

fn failure(events: &[Event]) -> Option<Fault> {
    events.iter().find_map(|event| match event {
        Event::Failed(error) => Some(said_failed(&error.code)),
        _ => None,
    })
}

fn is_content(event: &Event) -> bool {
    match event {
        Event::Open { .. } | Event::Delta { .. } | Event::Seal { .. } | Event::Annotate { .. } => true,
        Event::Close { .. } | Event::Stop { .. } | Event::End => true,
        Event::Start { .. } | Event::Usage(_) | Event::Failed(_) => false,
    }
}

fn garbled(reason: &str) -> Fault {
    Fault::upstream(502, "upstream_garbled", "the model's server gave an answer that is not in its format", reason)
}

fn said_failed(code: &str) -> Fault {
    Fault::upstream(502, "upstream_failed", "the model's server reported an error in its answer", code)
}

fn revoked() -> Refusal {
    Refusal::new(401, "key_revoked", "the key was withdrawn or expired", "make a new key")
}

/// How often a silent stream is looked at: for revocation, time limits and keepalives.
const TICK: Duration = Duration::from_millis(500);
/// How long the end of a finished answer is waited for.
const LET_GO: Duration = Duration::from_millis(20);
