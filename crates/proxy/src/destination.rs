//! A destination in service: its facts, its way there, its credential and its health.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderValue;
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use wire::dialect::{Dialect, Target};
use zeroize::Zeroizing;

use crate::connect::{Connect, Opener};
pub use crate::health::Health;

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
    /// Its tier: the lowest is tried first.
    pub priority: u32,
    /// Its share among destinations of its tier, where an alias goes by weights.
    pub weight: u32,
    /// What its tokens cost; `None`: nobody knows.
    pub price: Option<Price>,
    /// What protects it from too many calls at once; `None`: nothing.
    pub admission: Option<Arc<crate::admission::Admission>>,
    /// Its active probes; `None`: it has none.
    pub probing: Option<Probing>,
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

/// How often a destination is asked whether it is well, and with what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Probing {
    /// What is asked.
    pub with: ProbeWith,
    /// From one probe to the next.
    pub every: Duration,
}

/// What a probe asks. The content is always the same: the word `ping`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProbeWith {
    /// For an answer, of one token.
    Chat,
    /// For the vector of a word.
    Embed,
}

/// What tokens cost at a destination, in millionths of the currency that the prices are written in (micro-dollars).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Price {
    /// A million tokens read.
    pub input_micros: u64,
    /// A million tokens generated.
    pub output_micros: u64,
}

impl Price {
    /// What so many tokens cost, in millionths, rounded up.
    pub fn micros(&self, input_tokens: u64, output_tokens: u64) -> u64 {
        let all = u128::from(self.input_micros) * u128::from(input_tokens)
            + u128::from(self.output_micros) * u128::from(output_tokens);
        u64::try_from(all.div_ceil(1_000_000)).unwrap_or(u64::MAX)
    }
}

/// Idle connections kept for each destination.
const CONNECTIONS_IDLE_MAX: usize = 512;
