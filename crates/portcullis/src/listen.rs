//! Listeners: addresses bound, TLS 1.2 and 1.3 by rustls, client certificates where asked for.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use rustls::RootCertStore;
use rustls::server::WebPkiClientVerifier;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

use crate::config::{ClientCertificates, Tls};

/// The TLS side of a listener from PEM files.
///
/// # Errors
/// A file that cannot be read or does not hold what it should.
pub fn tls(tls: &Tls) -> Result<Arc<rustls::ServerConfig>> {
    let chain = certificates(&tls.certificate)?;
    let key =
        PrivateKeyDer::from_pem_file(&tls.key).with_context(|| format!("no private key in `{}`", tls.key.display()))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])?;
    let builder = match (tls.client_certificates, tls.client_ca.as_deref()) {
        (ClientCertificates::Off, _) => builder.with_no_client_auth(),
        (_, None) => bail!("client certificates are asked for, and `client_ca` does not say who may issue them"),
        (wanted, Some(ca)) => {
            let mut roots = RootCertStore::empty();
            for root in certificates(ca)? {
                roots.add(root).with_context(|| format!("a certificate in `{}` cannot be a root", ca.display()))?;
            }
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
            let verifier =
                if wanted == ClientCertificates::Optional { verifier.allow_unauthenticated() } else { verifier };
            builder.with_client_cert_verifier(verifier.build()?)
        }
    };
    let mut config = builder
        .with_single_cert(chain, key)
        .with_context(|| format!("the key does not belong to the certificate `{}`", tls.certificate.display()))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// How destinations are spoken to over TLS: the system's roots (`SSL_CERT_FILE` and `SSL_CERT_DIR` are honoured).
///
/// # Errors
/// The provider offers no such protocol version.
pub fn client_tls() -> Result<Arc<rustls::ClientConfig>> {
    let mut roots = RootCertStore::empty();
    let native = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(native.certs);
    let mut config = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let chain: Result<Vec<_>, _> =
        CertificateDer::pem_file_iter(path).with_context(|| format!("cannot read `{}`", path.display()))?.collect();
    let chain = chain.with_context(|| format!("`{}` is not PEM", path.display()))?;
    if chain.is_empty() {
        bail!("`{}` holds no certificate", path.display());
    }
    Ok(chain)
}

/// Serves the control plane over the network, with TLS where configured.
///
/// # Errors
/// None: a connection that fails is its peer's matter.
pub async fn serve_admin(
    listener: tokio::net::TcpListener,
    tls: Option<Arc<rustls::ServerConfig>>,
    office: Arc<admin::Office>,
) -> Result<()> {
    let acceptor = tls.map(tokio_rustls::TlsAcceptor::from);
    let places = Arc::new(tokio::sync::Semaphore::new(ADMIN_CONNECTIONS_MAX));
    loop {
        let place = Arc::clone(&places).acquire_owned().await?;
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            continue;
        };
        let (office, acceptor) = (Arc::clone(&office), acceptor.clone());
        tokio::spawn(async move {
            match acceptor {
                None => speak(stream, office).await,
                Some(acceptor) => match tokio::time::timeout(HANDSHAKE_TIMEOUT, acceptor.accept(stream)).await {
                    Ok(Ok(stream)) => speak(stream, office).await,
                    Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake of an administrator failed"),
                    Err(_) => tracing::debug!("a TLS handshake of an administrator took too long"),
                },
            }
            drop(place);
        });
    }
}

async fn speak<S>(stream: S, office: Arc<admin::Office>)
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    let service = hyper::service::service_fn(move |request| {
        let office = Arc::clone(&office);
        async move { Ok::<_, std::convert::Infallible>(admin::serve(&office, admin::Peer::Network, request).await) }
    });
    let mut builder = hyper_util::server::conn::auto::Builder::new(hyper_util::rt::TokioExecutor::new());
    builder.http1().timer(hyper_util::rt::TokioTimer::new()).header_read_timeout(HANDSHAKE_TIMEOUT);
    builder.http2().timer(hyper_util::rt::TokioTimer::new());
    if let Err(error) = builder.serve_connection(hyper_util::rt::TokioIo::new(stream), service).await {
        tracing::debug!(%error, "an administrator's connection ended");
    }
}

const ADMIN_CONNECTIONS_MAX: usize = 64;
const HANDSHAKE_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(10);
