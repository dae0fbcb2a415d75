//! The way to an upstream: names are resolved, checked and pinned; TLS by rustls; connections are pooled for each
//! destination alone, so that one destination's connection never carries another's call or credential.

pub mod address;
mod stream;

use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use rustls_pki_types::ServerName;
use tokio::net::TcpStream;

pub use stream::Upstream;

/// Why no connection was made. The text is for the operator; callers are told only that the destination was not reached.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ConnectError {
    /// The name has no address.
    #[error("`{host}` could not be resolved: {reason}")]
    Unresolved {
        /// The name.
        host: String,
        /// What the resolver said.
        reason: String,
    },
    /// Every address of the name is one the destination may not use.
    #[error(
        "`{host}` resolves to {address}, which the destination may not use; set `private_network = true` if that is meant"
    )]
    Forbidden {
        /// The name.
        host: String,
        /// One of its addresses.
        address: IpAddr,
    },
    /// TCP or TLS failed.
    #[error("no connection to `{host}`: {reason}")]
    Failed {
        /// The name.
        host: String,
        /// What failed.
        reason: String,
    },
    /// It took too long.
    #[error("no connection to `{host}` within {ms} ms")]
    TimedOut {
        /// The name.
        host: String,
        /// The limit.
        ms: u128,
    },
}

/// How connections to one destination are opened. [`Connector`] does it over the network; tests put memory in its place.
///
/// It is asked for one destination and knows no other: what it answers with is that destination's connection.
pub trait Connect: Send + Sync + 'static {
    /// A connection, ready to carry a request.
    fn connect(&self) -> Connecting;
}

/// A connection on its way.
pub type Connecting = Pin<Box<dyn Future<Output = Result<Upstream, ConnectError>> + Send>>;

/// What a destination's pool asks for connections.
#[derive(Clone)]
pub(crate) struct Opener(Arc<dyn Connect>);

/// Opens connections for one destination over the network.
#[derive(Clone)]
pub struct Connector {
    /// Host name or address from the destination's endpoint.
    host: Arc<str>,
    port: u16,
    tls: Option<Tls>,
    private_network: bool,
    timeout: Duration,
}

#[derive(Clone)]
struct Tls {
    config: Arc<rustls::ClientConfig>,
    name: ServerName<'static>,
}

impl std::fmt::Debug for Connector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Connector({}:{})", self.host, self.port)
    }
}

impl Connector {
    /// A connector to `host` and `port`, with TLS when `tls` is given.
    ///
    /// # Errors
    /// `host` is no name that a certificate could carry.
    pub fn new(
        host: &str,
        port: u16,
        tls: Option<Arc<rustls::ClientConfig>>,
        private_network: bool,
        timeout: Duration,
    ) -> Result<Self, String> {
        let tls = match tls {
            None => None,
            Some(config) => {
                let bare = host.trim_start_matches('[').trim_end_matches(']').to_owned();
                let name = ServerName::try_from(bare).map_err(|_| format!("`{host}` is not a host name"))?;
                Some(Tls { config, name })
            }
        };
        Ok(Self { host: host.into(), port, tls, private_network, timeout })
    }

    async fn open(self) -> Result<Upstream, ConnectError> {
        let limit = self.timeout;
        let host = self.host.to_string();
        match tokio::time::timeout(limit, self.open_untimed()).await {
            Ok(result) => result,
            Err(_) => Err(ConnectError::TimedOut { host, ms: limit.as_millis() }),
        }
    }

    async fn open_untimed(self) -> Result<Upstream, ConnectError> {
        let failed = |reason: String| ConnectError::Failed { host: self.host.to_string(), reason };
        let tcp = self.open_tcp().await?;
        tcp.set_nodelay(true).map_err(|error| failed(error.to_string()))?;
        let Some(tls) = &self.tls else { return Ok(Upstream::plain(tcp)) };
        let connector = tokio_rustls::TlsConnector::from(Arc::clone(&tls.config));
        let stream = connector.connect(tls.name.clone(), tcp).await.map_err(|error| failed(error.to_string()))?;
        Ok(Upstream::tls(stream))
    }

    /// Resolves, checks, and connects to an address that was checked: the name is not asked again in between.
    async fn open_tcp(&self) -> Result<TcpStream, ConnectError> {
        let allowed = self.resolve().await?;
        let mut last = String::from("it has no address");
        for address in allowed {
            match TcpStream::connect(address).await {
                Ok(stream) => return Ok(stream),
                Err(error) => last = error.to_string(),
            }
        }
        Err(ConnectError::Failed { host: self.host.to_string(), reason: last })
    }

    async fn resolve(&self) -> Result<Vec<SocketAddr>, ConnectError> {
        let bare = self.host.trim_start_matches('[').trim_end_matches(']');
        let found: Vec<SocketAddr> = match bare.parse::<IpAddr>() {
            Ok(address) => vec![SocketAddr::new(address, self.port)],
            Err(_) => tokio::net::lookup_host((bare, self.port))
                .await
                .map_err(|error| ConnectError::Unresolved { host: self.host.to_string(), reason: error.to_string() })?
                .collect(),
        };
        let forbidden = found.iter().find(|at| !address::is_allowed(at.ip(), self.private_network)).map(SocketAddr::ip);
        // One forbidden address among good ones is how a rebinding attack looks; the whole answer is refused.
        match forbidden {
            Some(address) => Err(ConnectError::Forbidden { host: self.host.to_string(), address }),
            None => Ok(found),
        }
    }
}

impl Connect for Connector {
    fn connect(&self) -> Connecting {
        Box::pin(self.clone().open())
    }
}

impl Opener {
    pub(crate) fn new(connect: impl Connect) -> Self {
        Self(Arc::new(connect))
    }
}

impl tower_service::Service<Uri> for Opener {
    type Response = Upstream;
    type Error = ConnectError;
    type Future = Connecting;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ConnectError>> {
        Poll::Ready(Ok(()))
    }

    /// The address is the destination's own; the request's URI only names it for the pool.
    fn call(&mut self, _: Uri) -> Self::Future {
        self.0.connect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn check(host: &str, private_network: bool) -> Result<Upstream, ConnectError> {
        Connector::new(host, 9, None, private_network, Duration::from_millis(500)).unwrap().open().await
    }

    #[tokio::test]
    async fn a_private_address_is_refused_unless_declared() {
        assert!(matches!(check("127.0.0.1", false).await, Err(ConnectError::Forbidden { .. })));
        assert!(matches!(check("localhost", false).await, Err(ConnectError::Forbidden { .. })));
        assert!(matches!(check("[::1]", false).await, Err(ConnectError::Forbidden { .. })));
        assert!(matches!(check("127.0.0.1", true).await, Err(ConnectError::Failed { .. })));
    }

    #[tokio::test]
    async fn metadata_addresses_are_refused_even_in_a_private_network() {
        assert!(matches!(check("169.254.169.254", true).await, Err(ConnectError::Forbidden { .. })));
    }
}
