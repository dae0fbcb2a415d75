//! The listener: connections in, TLS where configured, requests to the surface, and a drain that finishes open streams.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_rustls::TlsAcceptor;

use crate::gate::Gate;
use crate::surface;

/// How a listener speaks TLS; swapped as a whole on reload.
pub type Tls = Arc<rustls::ServerConfig>;

/// Accepts callers until `shutdown` resolves, then finishes what is open within `drain`.
///
/// # Errors
/// The listener itself failed.
pub async fn run(
    gate: Arc<Gate>,
    listener: TcpListener,
    tls: Option<Tls>,
    shutdown: impl Future<Output = ()>,
    drain: Duration,
) -> io::Result<()> {
    let limits = gate.snapshot.load().limits.clone();
    let places = Arc::new(Semaphore::new(limits.connections_max));
    let acceptor = tls.map(TlsAcceptor::from);
    let builder = Arc::new(builder(&limits));
    let graceful = GracefulShutdown::new();
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &places) => accepted,
            () = &mut shutdown => break,
        };
        let (stream, _, place) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of file descriptors, for example: the next moment may be better, a busy loop would not.
                tracing::warn!(%error, "a connection was not accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let connection = Connection { gate: Arc::clone(&gate), builder: Arc::clone(&builder), place };
        tokio::spawn(connection.serve(stream, acceptor.clone(), graceful.watcher(), limits.head_timeout));
    }
    drop(listener);
    if tokio::time::timeout(drain, graceful.shutdown()).await.is_err() {
        tracing::warn!(seconds = drain.as_secs(), "the drain time is over, open calls are cut");
    }
    Ok(())
}

async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> io::Result<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.map_err(io::Error::other)?;
    let (stream, peer) = listener.accept().await?;
    stream.set_nodelay(true)?;
    Ok((stream, peer, place))
}

fn builder(limits: &crate::limits::Limits) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head_timeout)
        .max_buf_size(limits.head_bytes_max.max(HTTP1_BUFFER_BYTES_MIN))
        .half_close(false)
        .pipeline_flush(true);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits.connection_calls_max)
        .max_header_list_size(u32::try_from(limits.head_bytes_max).unwrap_or(u32::MAX))
        .keep_alive_interval(Some(HTTP2_PING_EVERY))
        .keep_alive_timeout(HTTP2_PING_TIMEOUT);
    builder
}

struct Connection {
    gate: Arc<Gate>,
    builder: Arc<auto::Builder<TokioExecutor>>,
    place: OwnedSemaphorePermit,
}

impl Connection {
    async fn serve(
        self,
        stream: TcpStream,
        acceptor: Option<TlsAcceptor>,
        watcher: hyper_util::server::graceful::Watcher,
        handshake: Duration,
    ) {
        match acceptor {
            None => self.speak(stream, watcher).await,
            Some(acceptor) => match tokio::time::timeout(handshake, acceptor.accept(stream)).await {
                Ok(Ok(stream)) => self.speak(stream, watcher).await,
                Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
                Err(_) => tracing::debug!("a TLS handshake took too long"),
            },
        }
    }

    async fn speak<S>(self, stream: S, watcher: hyper_util::server::graceful::Watcher)
    where
        S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
    {
        let Self { gate, builder, place } = self;
        gate.metrics.connections.inc();
        let service = {
            let gate = Arc::clone(&gate);
            service_fn(move |request: Request<Incoming>| {
                let gate = Arc::clone(&gate);
                async move { Ok::<_, std::convert::Infallible>(surface::serve(&gate, request).await) }
            })
        };
        let connection = builder.serve_connection(TokioIo::new(stream), service);
        if let Err(error) = watcher.watch(connection.into_owned()).await {
            tracing::debug!(%error, "a connection ended");
        }
        gate.metrics.connections.dec();
        drop(place);
    }
}

const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
const HTTP1_BUFFER_BYTES_MIN: usize = 8192;
const HTTP2_PING_EVERY: Duration = Duration::from_secs(20);
const HTTP2_PING_TIMEOUT: Duration = Duration::from_secs(20);
