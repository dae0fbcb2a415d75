//! Listeners: addresses bound, TLS 1.2 and 1.3 by rustls, client certificates where asked for.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use rustls::RootCertStore;
use rustls::server::WebPkiClientVerifier;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};

/// Whether callers show certificates of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientCertificates {
    /// Not asked for.
    Off,
    /// Asked for; one that is shown must be good.
    Optional,
    /// Without a good one there is no connection.
    Required,
}

/// The TLS side of a listener from PEM files.
///
/// # Errors
/// A file that cannot be read or does not hold what it should.
pub fn tls(
    certificate: &Path,
    key: &Path,
    client_ca: Option<&Path>,
    client_certificates: ClientCertificates,
) -> Result<Arc<rustls::ServerConfig>> {
    let chain = certificates(certificate)?;
    let key = PrivateKeyDer::from_pem_file(key).with_context(|| format!("no private key in `{}`", key.display()))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])?;
    let builder = match (client_certificates, client_ca) {
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
        .with_context(|| format!("the key does not belong to the certificate `{}`", certificate.display()))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// How destinations are spoken to over TLS: the system's roots, and more where configuration names them.
///
/// # Errors
/// A file of roots that cannot be read.
pub fn client_tls(more_roots: Option<&Path>) -> Result<Arc<rustls::ClientConfig>> {
    let mut roots = RootCertStore::empty();
    let native = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(native.certs);
    if let Some(file) = more_roots {
        for root in certificates(file)? {
            roots.add(root).with_context(|| format!("a certificate in `{}` cannot be a root", file.display()))?;
        }
    }
    let mut config = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_file_iter(path)
        .with_context(|| format!("cannot read `{}`", path.display()))?
        .collect();
    let chain = chain.with_context(|| format!("`{}` is not PEM", path.display()))?;
    if chain.is_empty() {
        bail!("`{}` holds no certificate", path.display());
    }
    Ok(chain)
}
