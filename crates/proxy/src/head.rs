//! The head of a request: which door, which credential, and the few headers that mean something here.

use http::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_LENGTH};
use http::{HeaderMap, Method, request::Parts};
use wire::call::Door;
use zeroize::Zeroizing;

/// Where a request goes inside the data plane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A call for a model.
    Call(Door),
    /// The list of aliases, or one of them.
    Models(Option<String>),
    /// What inspection finds in a text, without sending it.
    Inspect,
    /// Whether the process is alive.
    Healthz,
    /// Whether calls can be answered.
    Readyz,
    /// A known path with another method.
    WrongMethod(&'static str),
    /// Any other path.
    Unknown,
}

/// The place of `method` and `path`. Paths are compared as they came: no decoding, no normalising, no trailing slash.
pub fn place(method: &Method, path: &str) -> Place {
    let door = match path {
        "/v1/chat/completions" => Some(Door::ChatCompletions),
        "/v1/responses" => Some(Door::Responses),
        "/v1/completions" => Some(Door::Completions),
        "/v1/embeddings" => Some(Door::Embeddings),
        "/v1/messages" => Some(Door::Messages),
        "/v1/messages/count_tokens" => Some(Door::CountTokens),
        _ => None,
    };
    let is = |wanted: Method, place: Place, name: &'static str| {
        if *method == wanted { place } else { Place::WrongMethod(name) }
    };
    match (door, path) {
        (Some(door), _) => is(Method::POST, Place::Call(door), "POST"),
        (None, "/v1/models") => is(Method::GET, Place::Models(None), "GET"),
        (None, "/v1/inspect") => is(Method::POST, Place::Inspect, "POST"),
        (None, "/healthz") => is(Method::GET, Place::Healthz, "GET"),
        (None, "/readyz") => is(Method::GET, Place::Readyz, "GET"),
        (None, other) => match other.strip_prefix("/v1/models/") {
            Some(alias) if !alias.is_empty() => is(Method::GET, Place::Models(Some(alias.to_owned())), "GET"),
            _ => Place::Unknown,
        },
    }
}

/// The credential of a request.
#[derive(Debug, PartialEq, Eq)]
pub enum Presented {
    /// One credential.
    One(Zeroizing<String>),
    /// None.
    Nothing,
    /// Several different ones, or one that is not text: nobody can say who this is.
    Ambiguous,
}

/// Reads `Authorization: Bearer …` and `x-api-key`. Two that differ are not resolved by a rule that an attacker may know.
pub fn credential(headers: &HeaderMap) -> Presented {
    let mut found: Option<&str> = None;
    let bearer = headers.get_all(AUTHORIZATION).iter().map(|value| value.to_str().ok().and_then(strip_bearer));
    let api_key = headers.get_all("x-api-key").iter().map(|value| value.to_str().ok());
    for candidate in bearer.chain(api_key) {
        let Some(candidate) = candidate.map(str::trim).filter(|text| !text.is_empty()) else {
            return Presented::Ambiguous;
        };
        if found.is_some_and(|known| known != candidate) {
            return Presented::Ambiguous;
        }
        found = Some(candidate);
    }
    found.map_or(Presented::Nothing, |text| Presented::One(Zeroizing::new(text.to_owned())))
}

fn strip_bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token)
}

/// Whether the body is encoded; such a body is refused, because a second decoder is a second reading.
pub fn is_encoded(headers: &HeaderMap) -> bool {
    headers.get_all(CONTENT_ENCODING).iter().any(|value| value.as_bytes() != b"identity")
}

/// The length that the caller declares, when it does.
pub fn declared_length(head: &Parts) -> Option<u64> {
    head.headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// The headers that belong to the wire format.
pub fn format_headers(headers: &HeaderMap) -> wire::front::Headers<'_> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let beta = headers.get_all("anthropic-beta").iter().filter_map(|value| value.to_str().ok());
    wire::front::Headers {
        anthropic_version: text("anthropic-version"),
        anthropic_beta: beta.flat_map(|value| value.split(',')).map(str::trim).filter(|one| !one.is_empty()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in pairs {
            map.append(*name, value.parse().unwrap());
        }
        map
    }

    fn check(pairs: &[(&'static str, &'static str)], expected: &Presented) {
        assert_eq!(&credential(&headers(pairs)), expected, "{pairs:?}");
    }

    #[test]
    fn one_credential_is_read_from_either_header() {
        let one = Presented::One(Zeroizing::new("k".to_owned()));
        check(&[("authorization", "Bearer k")], &one);
        check(&[("authorization", "bearer k")], &one);
        check(&[("x-api-key", "k")], &one);
        check(&[("x-api-key", "k"), ("authorization", "Bearer k")], &one);
    }

    #[test]
    fn no_credential_is_nothing_and_two_different_ones_are_ambiguous() {
        check(&[], &Presented::Nothing);
        check(&[("x-api-key", "k"), ("authorization", "Bearer other")], &Presented::Ambiguous);
        check(&[("authorization", "Bearer a"), ("authorization", "Bearer b")], &Presented::Ambiguous);
        check(&[("authorization", "Basic k")], &Presented::Ambiguous);
        check(&[("authorization", "Bearer ")], &Presented::Ambiguous);
    }

    #[test]
    fn only_exact_paths_are_places() {
        assert_eq!(place(&Method::POST, "/v1/messages"), Place::Call(Door::Messages));
        assert_eq!(place(&Method::GET, "/v1/messages"), Place::WrongMethod("POST"));
        for path in
            ["/v1/messages/", "/V1/messages", "/v1//messages", "/v1/%6dessages", "/v1/proxy/x", "/", "/v1/models/"]
        {
            assert_eq!(place(&Method::POST, path), Place::Unknown, "{path}");
        }
    }
}
