//! TLS 1.3 and 1.2, HTTP/1.1 and HTTP/2, and client certificates, on both listeners of the real binary.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test that breaks should stop")]

mod support;

use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::version::{TLS12, TLS13};
use support::Door;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// An authority, and what it issued to the server and to a client.
struct Issued {
    authority: CertificateDer<'static>,
    authority_pem: String,
    server_pem: (String, String),
    client: (CertificateDer<'static>, PrivateKeyDer<'static>),
}

fn issue() -> Issued {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let (server_key, client_key) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
    let server =
        CertificateParams::new(vec!["localhost".to_owned()]).unwrap().signed_by(&server_key, &authority).unwrap();
    let client = CertificateParams::new(vec!["caller".to_owned()]).unwrap().signed_by(&client_key, &authority).unwrap();
    Issued {
        authority: authority.der().clone(),
        authority_pem: authority.pem(),
        server_pem: (server.pem(), server_key.serialize_pem()),
        client: (client.der().clone(), PrivateKeyDer::try_from(client_key.serialize_der()).unwrap()),
    }
}

fn door(issued: &Issued, client_certificates: &str) -> Door {
    let mut main = "[tls]\ncertificate = \"server.pem\"\nkey = \"server.key\"\n".to_owned();
    if client_certificates != "off" {
        main += &format!("client_ca = \"ca.pem\"\nclient_certificates = \"{client_certificates}\"\n");
    }
    let embedded = "kind = \"embedded\"\naliases = [\"auto\"]\nregion = \"here\"\njurisdiction = \"LOCAL\"\n";
    let (certificate, key) = issued.server_pem.clone();
    let files = [
        ("portcullis.toml", main),
        ("destinations/embedded.toml", embedded.to_owned()),
        ("server.pem", certificate),
        ("server.key", key),
        ("ca.pem", issued.authority_pem.clone()),
    ];
    Door::start(files.map(|(name, text)| (name.to_owned(), text)), &[])
}

async fn connect(
    address: &str,
    issued: &Issued,
    version: &'static rustls::SupportedProtocolVersion,
    alpn: &[u8],
    with_certificate: bool,
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(issued.authority.clone()).unwrap();
    let builder = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_protocol_versions(&[version])
        .unwrap()
        .with_root_certificates(roots);
    let mut config = if with_certificate {
        builder.with_client_auth_cert(vec![issued.client.0.clone()], issued.client.1.clone_key()).unwrap()
    } else {
        builder.with_no_client_auth()
    };
    config.alpn_protocols = vec![alpn.to_vec()];
    let tcp = TcpStream::connect(address).await?;
    TlsConnector::from(Arc::new(config)).connect(ServerName::try_from("localhost").unwrap(), tcp).await
}

/// Asks for `/healthz` over whichever protocol was agreed on; the status and the version that answered.
async fn healthz(stream: TlsStream<TcpStream>) -> Option<(u16, http::Version)> {
    let request = http::Request::get("https://localhost/healthz")
        .header("host", "localhost")
        .body(Full::new(Bytes::new()))
        .unwrap();
    let h2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
    let response = if h2 {
        let (mut sender, connection) =
            hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.ok()?;
        tokio::spawn(connection);
        sender.send_request(request).await.ok()?
    } else {
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.ok()?;
        tokio::spawn(connection);
        sender.send_request(request).await.ok()?
    };
    let (head, body) = response.into_parts();
    body.collect().await.ok()?;
    Some((head.status.as_u16(), head.version))
}

#[tokio::test(flavor = "multi_thread")]
async fn both_versions_of_tls_and_both_of_http_are_spoken() {
    let issued = issue();
    let door = door(&issued, "off");
    for version in [&TLS12, &TLS13] {
        let stream = connect(door.address(), &issued, version, b"http/1.1", false).await.unwrap();
        assert_eq!(healthz(stream).await, Some((200, http::Version::HTTP_11)));
        let stream = connect(door.address(), &issued, version, b"h2", false).await.unwrap();
        assert_eq!(healthz(stream).await, Some((200, http::Version::HTTP_2)));
        let stream = connect(door.admin_address(), &issued, version, b"h2", false).await.unwrap();
        // The control plane has no such path, and says so only to administrators.
        assert_eq!(healthz(stream).await, Some((401, http::Version::HTTP_2)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_required_client_certificate_is_required() {
    let issued = issue();
    let door = door(&issued, "required");
    let with = connect(door.address(), &issued, &TLS13, b"http/1.1", true).await.unwrap();
    assert_eq!(healthz(with).await, Some((200, http::Version::HTTP_11)));
    // In TLS 1.3 the client learns of the refusal with its first read.
    let without = connect(door.address(), &issued, &TLS13, b"http/1.1", false).await;
    let answered = match without {
        Ok(stream) => healthz(stream).await,
        Err(_) => None,
    };
    assert_eq!(answered, None);
    let stranger = Issued { client: issue().client, ..issued };
    let answered = match connect(door.address(), &stranger, &TLS13, b"http/1.1", true).await {
        Ok(stream) => healthz(stream).await,
        Err(_) => None,
    };
    assert_eq!(answered, None, "a certificate of another authority");
}

/// A stand-in upstream over TLS that offers these protocols; it answers every call and names the version it was spoken to in.
async fn upstream(issued: &Issued, alpn: &'static [u8]) -> u16 {
    let chain = CertificateDer::pem_slice_iter(issued.server_pem.0.as_bytes()).map(Result::unwrap).collect();
    let key = PrivateKeyDer::from_pem_slice(issued.server_pem.1.as_bytes()).unwrap();
    let mut config = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    config.alpn_protocols = vec![alpn.to_vec()];
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(stream) = acceptor.accept(stream).await else { return };
                let service = hyper::service::service_fn(|request: http::Request<hyper::body::Incoming>| async move {
                    let said = format!("spoken to in {:?}", request.version());
                    request.into_body().collect().await.unwrap();
                    let answer = serde_json::json!({
                        "id": "u", "object": "chat.completion", "created": 1, "model": "m",
                        "choices": [{ "index": 0, "message": { "role": "assistant", "content": said }, "finish_reason": "stop" }],
                    });
                    Ok::<_, std::convert::Infallible>(http::Response::new(Full::new(Bytes::from(answer.to_string()))))
                });
                let builder = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
                let _ = builder.serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
    port
}

fn ask_through_door(port: u16, trusted: &Issued) -> (u16, String) {
    let folder = tempfile::tempdir().unwrap();
    let roots = folder.path().join("roots.pem");
    std::fs::write(&roots, &trusted.authority_pem).unwrap();
    let destination = format!(
        "kind = \"openai\"\nhosting = \"self_hosted\"\nendpoint = \"https://localhost:{port}/v1\"\nmodel = \"m\"\naliases = [\"auto\"]\nregion = \"eu-central-1\"\njurisdiction = \"EU\"\nprivate_network = true\n"
    );
    let files = [("destinations/first.toml".to_owned(), destination)];
    let door = Door::start(files, &[("SSL_CERT_FILE", roots.to_str().unwrap())]);
    let key = door.key("internal");
    let body = br#"{"model":"auto","messages":[{"role":"user","content":"hi"}]}"#;
    let reply = door.request("POST", "/v1/chat/completions", &std::collections::BTreeMap::new(), Some(&key), body);
    (reply.status, reply.body)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upstream_is_spoken_to_over_tls_in_the_version_that_it_offers() {
    let issued = issue();
    for (alpn, version) in [(b"h2".as_slice(), "HTTP/2.0"), (b"http/1.1".as_slice(), "HTTP/1.1")] {
        let port = upstream(&issued, alpn).await;
        let (status, body) = tokio::task::block_in_place(|| ask_through_door(port, &issued));
        assert_eq!(status, 200, "{body}");
        assert!(body.contains(&format!("spoken to in {version}")), "{body}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upstream_whose_certificate_is_not_trusted_is_not_spoken_to() {
    let port = upstream(&issue(), b"http/1.1").await;
    let (status, body) = tokio::task::block_in_place(|| ask_through_door(port, &issue()));
    assert_eq!(status, 502, "{body}");
    assert!(body.contains("upstream_unreachable"), "{body}");
}
