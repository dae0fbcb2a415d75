//! Where a destination is: an address that comes from configuration alone, checked before anything is sent there.

use std::net::IpAddr;
use std::ops::Range;

use judge::{Hosting, Mode};

use super::document::Table;

/// Scheme, host, port and base path of a destination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// As it is asked: scheme, authority and base path, without a slash at the end.
    pub url: String,
    /// Whether it is asked over TLS.
    pub tls: bool,
    /// Its host name or address, in lower case, an IPv6 address without brackets.
    pub host: String,
    /// Its port.
    pub port: u16,
}

impl Endpoint {
    /// Parses an endpoint.
    ///
    /// # Errors
    /// What is wrong with it. The text itself is never in the message, because it could hold a secret.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        if text.contains(['?', '#']) {
            return Err("has a query or a fragment, which an endpoint may not have");
        }
        let uri: http::Uri = text.parse().map_err(|_| "is not a URL")?;
        let tls = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err("must begin with `https://` or `http://`"),
        };
        let authority = uri.authority().ok_or("has no host")?;
        if authority.as_str().contains('@') {
            return Err("holds a user or a password, and secrets belong into `credential`");
        }
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
        if host.is_empty() {
            return Err("has no host");
        }
        if host.parse::<IpAddr>().is_err() && looks_like_a_number(&host) {
            return Err("has a host that some systems read as an address in another notation");
        }
        let port = match authority.port_u16() {
            Some(0) => return Err("has port 0"),
            Some(port) => port,
            // A port that is not a number from 1 to 65535 must not turn into the default one.
            None if authority.as_str().rsplit(']').next().is_some_and(|rest| rest.contains(':')) => {
                return Err("has a port that is none");
            }
            None => {
                if tls {
                    443
                } else {
                    80
                }
            }
        };
        Ok(Self { url: text.trim_end_matches('/').to_owned(), tls, host, port })
    }

    /// Whether it is on this machine.
    pub fn is_loopback(&self) -> bool {
        self.host == "localhost" || self.address().is_some_and(|address| address.is_loopback())
    }

    fn address(&self) -> Option<IpAddr> {
        self.host.parse().ok()
    }

    /// The vendor whose public service this is, where it is a well-known one.
    fn service_of(&self) -> Option<&'static str> {
        let under = |name: &str| self.host == name || self.host.ends_with(&format!(".{name}"));
        VENDOR_HOSTS
            .into_iter()
            .find(|name| under(name))
            .or_else(|| (self.host.starts_with("bedrock") && under("amazonaws.com")).then_some("Amazon Bedrock"))
    }
}

/// Tells what is wrong with an endpoint where it stands.
pub(super) fn check(table: &Table<'_>, at: &Range<usize>, endpoint: &Endpoint, rules: Rules) {
    if !endpoint.tls && !endpoint.is_loopback() {
        let message =
            "`endpoint` is plain HTTP beyond loopback, so prompts and credential would be readable on the way";
        let help = "use https";
        match rules.mode {
            Mode::Development => table.warn(at.clone(), message, format!("{help}; production refuses this")),
            Mode::Production => table.error(at.clone(), message, help),
        }
    }
    let address = if endpoint.host == "localhost" { Some(IpAddr::from([127, 0, 0, 1])) } else { endpoint.address() };
    match address {
        Some(address) if !proxy::connect::address::is_allowed(address, true) => table.error(
            at.clone(),
            "`endpoint` is an address that no destination may use: metadata, link-local, multicast or unspecified",
            "use the model server's own address",
        ),
        Some(address) if !proxy::connect::address::is_allowed(address, rules.private_network) => table.error(
            at.clone(),
            "`endpoint` is a private or loopback address, and the destination does not declare that",
            "say `private_network = true` if that is meant",
        ),
        _ => {}
    }
    if rules.hosting == Hosting::SelfHosted
        && let Some(service) = endpoint.service_of()
    {
        table.error(
            at.clone(),
            format!(
                "`endpoint` is the public service of {service}, and the destination says `hosting = \"self_hosted\"`"
            ),
            "say `hosting = \"hosted\"`: policy lets far more go to what is self-hosted",
        );
    }
}

/// What an endpoint is checked against.
#[derive(Clone, Copy)]
pub(super) struct Rules {
    pub(super) mode: Mode,
    pub(super) hosting: Hosting,
    pub(super) private_network: bool,
}

/// `0x7f000001`, `2130706433`, `127.1`: no host names, and addresses to some resolvers.
fn looks_like_a_number(host: &str) -> bool {
    let last = host.trim_end_matches('.').rsplit('.').next().unwrap_or_default();
    last.bytes().all(|byte| byte.is_ascii_digit()) || last.starts_with("0x")
}

/// Public services of vendors: never self-hosted.
const VENDOR_HOSTS: [&str; 24] = [
    "openai.com",
    "openai.azure.com",
    "services.ai.azure.com",
    "models.ai.azure.com",
    "anthropic.com",
    "googleapis.com",
    "openrouter.ai",
    "mistral.ai",
    "groq.com",
    "together.ai",
    "together.xyz",
    "deepseek.com",
    "x.ai",
    "cohere.com",
    "cohere.ai",
    "perplexity.ai",
    "fireworks.ai",
    "huggingface.co",
    "ai21.com",
    "cerebras.ai",
    "replicate.com",
    "deepinfra.com",
    "sambanova.ai",
    "nebius.ai",
];

#[cfg(test)]
mod unit {
    use super::*;

    fn check(text: &str, expected: Result<(&str, bool, &str, u16), &str>) {
        let found = Endpoint::parse(text);
        let found = found.as_ref().map(|e| (e.url.as_str(), e.tls, e.host.as_str(), e.port));
        match expected {
            Ok(expected) => assert_eq!(found, Ok(expected), "{text}"),
            Err(reason) => assert!(found.as_ref().is_err_and(|error| error.contains(reason)), "{text}: {found:?}"),
        }
    }

    #[test]
    fn an_endpoint_is_a_scheme_a_host_a_port_and_a_path() {
        check("https://API.openai.com/v1/", Ok(("https://API.openai.com/v1", true, "api.openai.com", 443)));
        check("http://127.0.0.1:8000/v1", Ok(("http://127.0.0.1:8000/v1", false, "127.0.0.1", 8000)));
        check("http://[::1]:8000", Ok(("http://[::1]:8000", false, "::1", 8000)));
    }

    #[test]
    fn what_could_mislead_is_refused() {
        check("https://key@api.example/v1", Err("secrets belong"));
        check("https://api.example/v1?key=abc", Err("query"));
        check("https://api.example/v1#x", Err("fragment"));
        check("ftp://api.example", Err("must begin"));
        check("/v1", Err("must begin"));
        check("api.example", Err("must begin"));
        check("https://", Err("is not a URL"));
        check("https://exa mple", Err("is not a URL"));
        check("http://2130706433/", Err("another notation"));
        check("http://0x7f.1/", Err("another notation"));
        check("http://127.1/", Err("another notation"));
        check("http://a.example:0/", Err("port 0"));
        check("http://a.example:99999/", Err("has a port that is none"));
        check("http://a.example:/", Err("has a port that is none"));
        check("http://[::1]:70000/", Err("has a port that is none"));
    }

    #[test]
    fn public_services_are_recognised() {
        for (host, expected) in [
            ("api.openai.com", true),
            ("evil-openai.com", false),
            ("bedrock-runtime.eu-west-1.amazonaws.com", true),
            ("my-lb.eu-west-1.elb.amazonaws.com", false),
            ("llm.hospital.example", false),
        ] {
            let endpoint = Endpoint::parse(&format!("https://{host}")).unwrap();
            assert_eq!(endpoint.service_of().is_some(), expected, "{host}");
        }
    }
}
