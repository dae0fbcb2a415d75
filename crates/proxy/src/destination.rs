//! A destination in service: its facts, its way there, its credential and its health.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::HeaderValue;
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use judge::choose::Breaker;
use wire::dialect::{Dialect, Target};
use zeroize::Zeroizing;

use crate::connect::{Connect, Opener};

/// One model at one endpoint in one region.
#[derive(Debug)]
pub struct Destination {
    /// What policy knows of it.
    pub facts: judge::DestinationFacts,
    /// The format it speaks.
    pub dialect: Dialect,
    /// What its dialect must know.
    pub target: Target,
    /// Whether the caller's own model name is sent (aliases that are patterns, such as `gpt-*`).
    pub callers_model: bool,
    /// How it is reached.
    pub way: Way,
    /// Times by phase.
    pub timeouts: Timeouts,
    /// How it has been doing; survives a reload.
    pub health: Arc<Health>,
}

/// How a destination is reached.
#[derive(Debug)]
pub enum Way {
    /// Over HTTP.
    Http(Box<HttpWay>),
    /// The embedded model's process.
    Embedded(runtime::Engine),
    /// Not at all: a rehearsal that sends nothing.
    Absent,
}

/// An endpoint, its pool and its credential. They live and die together, so that a secret can only go where it belongs.
pub struct HttpWay {
    client: Client<Opener, Full<Bytes>>,
    /// Scheme, authority and base path, without a trailing slash.
    base: String,
    credential: Option<Credential>,
}

/// A secret and the header it goes in.
pub struct Credential {
    header: http::HeaderName,
    value: HeaderValue,
}

impl Credential {
    /// `Authorization: Bearer …`.
    ///
    /// # Errors
    /// The secret holds bytes that no header may carry.
    pub fn bearer(secret: &Zeroizing<String>) -> Result<Self, String> {
        let text = Zeroizing::new(format!("Bearer {}", secret.trim()));
        Self::new(http::header::AUTHORIZATION, &text)
    }

    /// Anthropic's `x-api-key`.
    ///
    /// # Errors
    /// The secret holds bytes that no header may carry.
    pub fn api_key(secret: &Zeroizing<String>) -> Result<Self, String> {
        Self::new(http::HeaderName::from_static("x-api-key"), secret)
    }

    fn new(header: http::HeaderName, text: &Zeroizing<String>) -> Result<Self, String> {
        let mut value = HeaderValue::from_str(text.trim())
            .map_err(|_| "the credential holds characters that no HTTP header may carry".to_owned())?;
        value.set_sensitive(true);
        Ok(Self { header, value })
    }
}

impl HttpWay {
    /// A way to `base`, whose connections `connect` opens.
    pub fn new(connect: impl Connect, base: &str, credential: Option<Credential>, idle: Duration) -> Self {
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(idle)
            .pool_max_idle_per_host(CONNECTIONS_IDLE_MAX)
            // A call is never sent twice without a second intent, so the client may not retry on its own.
            .retry_canceled_requests(false)
            .set_host(true)
            .build(Opener::new(connect));
        Self { client, base: base.trim_end_matches('/').to_owned(), credential }
    }

    /// The URI of `path` below the endpoint.
    pub(crate) fn uri(&self, path: &str) -> Result<http::Uri, String> {
        format!("{}{path}", self.base).parse().map_err(|_| "the endpoint is not a URI".to_owned())
    }

    /// Attaches this destination's own credential and sends. Only [`crate::steps::send`] calls it.
    pub(crate) fn request(
        &self,
        mut request: http::Request<Full<Bytes>>,
    ) -> hyper_util::client::legacy::ResponseFuture {
        if let Some(credential) = &self.credential {
            request.headers_mut().insert(credential.header.clone(), credential.value.clone());
        }
        self.client.request(request)
    }
}

impl std::fmt::Debug for HttpWay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HttpWay").field("credential", &self.credential.is_some()).finish_non_exhaustive()
    }
}

/// Times by phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// To resolve, connect and agree on TLS.
    pub connect: Duration,
    /// From sending to the first byte of the answer's head.
    pub first_byte: Duration,
    /// Between two chunks of the answer.
    pub between_bytes: Duration,
    /// From sending to the last byte.
    pub total: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            first_byte: Duration::from_secs(120),
            between_bytes: Duration::from_secs(60),
            total: Duration::from_secs(900),
        }
    }
}

/// How a destination has been doing: a circuit breaker over failures in a row. After too many it is left alone for a while;
/// then one call at a time finds out whether it is well again.
#[derive(Debug, Default)]
pub struct Health {
    failures: AtomicU32,
    /// Milliseconds on the gate's clock until which it is left alone; 0: the breaker is closed.
    open_until_ms: AtomicU64,
    /// Whether a call is finding out.
    probing: AtomicBool,
    in_flight: AtomicU32,
}

impl Health {
    /// The state of the breaker at `now_ms`.
    pub fn breaker(&self, now_ms: u64) -> Breaker {
        match self.open_until_ms.load(Ordering::Relaxed) {
            0 => Breaker::Closed,
            until if now_ms < until => Breaker::Open,
            _ => Breaker::HalfOpen { probing: self.probing.load(Ordering::Relaxed) },
        }
    }

    /// Milliseconds until it may be tried again; 0 when it may be now.
    pub fn rests_ms(&self, now_ms: u64) -> u64 {
        self.open_until_ms.load(Ordering::Relaxed).saturating_sub(now_ms)
    }

    /// Calls on their way.
    pub fn in_flight(&self) -> u32 {
        self.in_flight.load(Ordering::Relaxed)
    }

    /// Failures in a row.
    pub fn failures(&self) -> u32 {
        self.failures.load(Ordering::Relaxed)
    }

    pub(crate) fn succeeded(&self) {
        self.failures.store(0, Ordering::Relaxed);
        self.open_until_ms.store(0, Ordering::Relaxed);
    }

    /// After `failures_max` in a row, or a failure while finding out, it is left alone for `open`.
    pub(crate) fn failed(&self, now_ms: u64, failures_max: u32, open: Duration) {
        let failures = self.failures.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        if failures >= failures_max {
            let until = now_ms.saturating_add(u64::try_from(open.as_millis()).unwrap_or(u64::MAX));
            self.open_until_ms.store(until.max(1), Ordering::Relaxed);
        }
    }

    /// A call is on its way; `probe`: it is the one that finds out.
    pub(crate) fn enter(self: &Arc<Self>, probe: bool) -> InFlight {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        if probe {
            self.probing.store(true, Ordering::Relaxed);
        }
        InFlight { health: Arc::clone(self), probe }
    }
}

/// One call on its way; leaving is dropping it.
#[derive(Debug)]
pub(crate) struct InFlight {
    health: Arc<Health>,
    probe: bool,
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.health.in_flight.fetch_sub(1, Ordering::Relaxed);
        if self.probe {
            self.health.probing.store(false, Ordering::Relaxed);
        }
    }
}

/// Idle connections kept for each destination.
const CONNECTIONS_IDLE_MAX: usize = 512;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_breaker_opens_rests_finds_out_and_closes() {
        let (health, open) = (Arc::new(Health::default()), Duration::from_millis(100));
        health.failed(5, 2, open);
        assert_eq!(health.breaker(5), Breaker::Closed);
        health.failed(10, 2, open);
        assert_eq!((health.breaker(10), health.rests_ms(10)), (Breaker::Open, 100));
        assert_eq!(health.breaker(110), Breaker::HalfOpen { probing: false });
        let probe = health.enter(true);
        assert_eq!(health.breaker(111), Breaker::HalfOpen { probing: true });
        health.failed(120, 2, open);
        drop(probe);
        assert_eq!(health.breaker(130), Breaker::Open);
        drop(health.enter(true));
        assert_eq!(health.breaker(220), Breaker::HalfOpen { probing: false });
        health.succeeded();
        assert_eq!(health.breaker(221), Breaker::Closed);
    }
}
