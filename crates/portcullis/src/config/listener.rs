//! Where the door listens, and when it may listen there without TLS.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use super::document::Table;
use super::fields;

/// One listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listener {
    /// Where.
    pub address: SocketAddr,
    /// TLS; `None` is plain HTTP.
    pub tls: Option<Tls>,
    /// Whether a trusted proxy in front ends TLS.
    pub trusted_proxy: bool,
}

/// How a listener speaks TLS. The files exist; what is in them is read when the listener starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tls {
    /// The certificate chain in PEM.
    pub certificate: PathBuf,
    /// The private key in PEM.
    pub key: PathBuf,
    /// The authorities that client certificates must come from, in PEM; there unless they are off.
    pub client_ca: Option<PathBuf>,
    /// Whether callers must show a certificate.
    pub client_certificates: ClientCertificates,
}

/// Whether callers must show a certificate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClientCertificates {
    /// None is asked for.
    #[default]
    Off,
    /// Checked where one is shown.
    Optional,
    /// No connection without.
    Required,
}

impl Listener {
    /// A plain listener on loopback.
    pub(super) fn loopback(port: u16) -> Self {
        Self { address: SocketAddr::from((Ipv4Addr::LOCALHOST, port)), tls: None, trusted_proxy: false }
    }
}

/// Where callers connect when nothing else is said.
pub(super) const PORT: u16 = 8080;
/// Where administrators connect when nothing else is said.
pub(super) const ADMIN_PORT: u16 = 8081;

/// Reads both listeners: the callers', then the administrators'.
pub(super) fn read(main: &Table<'_>, dir: &Path, files: &mut Vec<PathBuf>) -> (Listener, Listener) {
    let trusted_proxy = main.flag("trusted_proxy", false);
    let tls = main.table("tls", &fields::TLS).and_then(|table| read_tls(&table, dir, files));
    let admin_tls = main.table("admin_tls", &fields::TLS).and_then(|table| read_tls(&table, dir, files));
    let listen = Listener { address: address(main, "listen", PORT), tls: tls.clone(), trusted_proxy };
    let admin = Listener { address: address(main, "admin_listen", ADMIN_PORT), tls: admin_tls.or(tls), trusted_proxy };
    for (name, listener, tls) in [("listen", &listen, "tls"), ("admin_listen", &admin, "admin_tls")] {
        if !listener.address.ip().is_loopback() && listener.tls.is_none() && !trusted_proxy && !main.has(tls) {
            main.error(
                main.place(name),
                format!("`{name}` is beyond loopback and has no TLS, so keys and prompts would be readable on the way"),
                format!("add [{tls}] with `certificate` and `key`, or say `trusted_proxy = true` if a proxy in front ends TLS"),
            );
        }
    }
    if listen.address == admin.address && listen.address.port() != 0 {
        main.error(
            main.place("admin_listen"),
            "both listeners have the same address",
            "give `admin_listen` a port of its own",
        );
    }
    (listen, admin)
}

fn address(main: &Table<'_>, name: &str, default: u16) -> SocketAddr {
    let fallback = Listener::loopback(default).address;
    let Some(text) = main.text(name) else { return fallback };
    text.value.parse().unwrap_or_else(|_| {
        main.error(text.at, format!("`{name}` is not an address and a port"), "write for example `\"127.0.0.1:8080\"`");
        fallback
    })
}

fn read_tls(table: &Table<'_>, dir: &Path, files: &mut Vec<PathBuf>) -> Option<Tls> {
    let words = [
        ("off", ClientCertificates::Off),
        ("optional", ClientCertificates::Optional),
        ("required", ClientCertificates::Required),
    ];
    let client_certificates = table.choice("client_certificates", &words).map(|at| at.value).unwrap_or_default();
    let certificate = required_path(table, "certificate", dir, files);
    let key = required_path(table, "key", dir, files);
    let client_ca = table.text("client_ca").and_then(|text| existing(table, "client_ca", text, dir, files));
    match (client_certificates, table.has("client_ca")) {
        (ClientCertificates::Off, true) => table.error(
            table.place("client_ca"),
            "`client_ca` is given and client certificates are off, so it would check nothing",
            "say `client_certificates = \"required\"`, or remove `client_ca`",
        ),
        (ClientCertificates::Optional | ClientCertificates::Required, false) => table.missing("client_ca"),
        _ => {}
    }
    Some(Tls { certificate: certificate?, key: key?, client_ca, client_certificates })
}

fn required_path(table: &Table<'_>, name: &str, dir: &Path, files: &mut Vec<PathBuf>) -> Option<PathBuf> {
    if !table.has(name) {
        table.missing(name);
        return None;
    }
    let text = table.text(name)?;
    existing(table, name, text, dir, files)
}

/// The path to a file that exists, relative to the folder; told when it does not.
pub(super) fn existing(
    table: &Table<'_>,
    name: &str,
    text: super::document::At<String>,
    dir: &Path,
    files: &mut Vec<PathBuf>,
) -> Option<PathBuf> {
    let path = dir.join(&text.value);
    match std::fs::metadata(&path) {
        Ok(found) if found.is_file() => {
            files.push(path.clone());
            Some(path)
        }
        Ok(_) => {
            table.error(text.at, format!("`{name}` is not a file"), "name a file");
            None
        }
        Err(error) => {
            let help = "name a file that exists; paths are relative to the configuration folder";
            table.error(text.at, format!("`{name}` cannot be read: {error}"), help);
            None
        }
    }
}
