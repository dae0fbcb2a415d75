//! Every limit of the data plane, in one place, with its unit and default.

use std::time::Duration;

/// Limits that hold for every call. Each can be set in `portcullis.toml` under `[limits]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Largest request body, in bytes.
    pub body_bytes_max: usize,
    /// Longest time for a caller to send its body.
    pub body_timeout: Duration,
    /// Longest time for a caller to send its head.
    pub head_timeout: Duration,
    /// Largest head of a request, in bytes.
    pub head_bytes_max: usize,
    /// Open connections of callers; further ones wait in the kernel's queue.
    pub connections_max: usize,
    /// Calls of one connection at the same time (HTTP/2 streams).
    pub connection_calls_max: u32,
    /// Calls in progress; over it a call is refused with 503.
    pub calls_max: usize,
    /// Segments of one call that are inspected; over it the call is refused.
    pub segments_max: usize,
    /// Documents of one call that are read; further ones stay opaque.
    pub documents_max: usize,
    /// Limits of each document. Taken at start.
    pub documents: documents::Limits,
    /// Largest whole answer of an upstream, in bytes.
    pub answer_bytes_max: usize,
    /// Largest streamed answer of an upstream, in bytes.
    pub stream_bytes_max: u64,
    /// Attempts for one call, first one included.
    pub attempts_max: u32,
    /// Idle time in a stream after which a keepalive is sent to the caller.
    pub keepalive_after: Duration,
    /// Failures in a row after which a destination is left alone for a while.
    pub breaker_failures: u32,
    /// How long it is left alone.
    pub breaker_open: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes_max: 16 * 1024 * 1024,
            body_timeout: Duration::from_secs(60),
            head_timeout: Duration::from_secs(10),
            head_bytes_max: 64 * 1024,
            connections_max: 8192,
            connection_calls_max: 256,
            calls_max: 4096,
            segments_max: 16_384,
            documents_max: 16,
            documents: documents::Limits::default(),
            answer_bytes_max: 64 * 1024 * 1024,
            stream_bytes_max: 256 * 1024 * 1024,
            attempts_max: 4,
            keepalive_after: Duration::from_secs(15),
            breaker_failures: 5,
            breaker_open: Duration::from_secs(10),
        }
    }
}
