//! The HTTP API of the control plane: `/admin/v1/*` and `/metrics`, always authenticated, deny by default.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{ALLOW, AUTHORIZATION, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use serde_json::{Value, json};

use crate::office::{Actor, Declined, Office};
use crate::operation::{AnswerApproval, CreateKey, Operation, SearchLedger};

/// How a connection's peer is known before its first request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer {
    /// Over the network: every request carries an administrative key.
    Network,
    /// Over the local socket, which only this user and root can open; the kernel says who it is.
    Local {
        /// The peer's user id.
        uid: u32,
    },
}

/// One row of the authorisation table: every path of the API is here, and nothing else is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// Method.
    pub method: &'static str,
    /// Path; `{id}` stands for one segment.
    pub path: &'static str,
    /// What it does.
    pub summary: &'static str,
}

/// The authorisation table. Every row asks for an administrator; a test walks it without one and expects 401.
pub const TABLE: [Row; 10] = [
    Row { method: "GET", path: "/admin/v1/status", summary: "how the door is doing" },
    Row { method: "POST", path: "/admin/v1/keys", summary: "make a key; its secret is shown once" },
    Row { method: "GET", path: "/admin/v1/keys", summary: "list keys, without secrets" },
    Row { method: "DELETE", path: "/admin/v1/keys/{id}", summary: "withdraw a key; open streams of it end" },
    Row { method: "POST", path: "/admin/v1/reload", summary: "load the configuration again, all of it or nothing" },
    Row { method: "POST", path: "/admin/v1/ledger/search", summary: "find records" },
    Row { method: "GET", path: "/admin/v1/approvals", summary: "calls that wait for a person's yes" },
    Row { method: "POST", path: "/admin/v1/approvals/{id}", summary: "say yes or no to one of them" },
    Row { method: "GET", path: "/admin/v1/openapi.json", summary: "this API" },
    Row { method: "GET", path: "/metrics", summary: "metrics in the Prometheus text format" },
];

/// Answers one request.
pub async fn serve(office: &Arc<Office>, peer: Peer, request: Request<Incoming>) -> Response<Full<Bytes>> {
    let (head, body) = request.into_parts();
    let actor = match actor(office, peer, &head) {
        Ok(actor) => actor,
        Err(declined) => return decline(&declined),
    };
    match head.uri.path() {
        "/metrics" if head.method == Method::GET => return text(office.metrics()),
        "/admin/v1/openapi.json" if head.method == Method::GET => return answer(&openapi()),
        _ => {}
    }
    let body = match Limited::new(body, BODY_BYTES_MAX).collect().await {
        Ok(body) => body.to_bytes(),
        Err(_) => {
            return decline(&bad(413, "body_too_large", format!("the body is larger than {BODY_BYTES_MAX} bytes")));
        }
    };
    let operation = match operation(&head, &body) {
        Ok(operation) => operation,
        Err(declined) => return decline(&declined),
    };
    let office = Arc::clone(office);
    // Operations wait for the disk, so they have a thread of their own.
    match tokio::task::spawn_blocking(move || office.perform(&actor, operation)).await {
        Ok(Ok(done)) => answer(&done),
        Ok(Err(declined)) => decline(&declined),
        Err(_) => decline(&bad(500, "internal", "the operation broke off".to_owned())),
    }
}

fn actor(office: &Office, peer: Peer, head: &Parts) -> Result<Actor, Declined> {
    if let Peer::Local { uid } = peer {
        return Ok(Actor::local(uid));
    }
    let mut values = head.headers.get_all(AUTHORIZATION).iter();
    let key = match (values.next().and_then(|value| value.to_str().ok()), values.next()) {
        (Some(value), None) => value.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")),
        _ => None,
    };
    let Some((_, key)) = key else {
        return Err(Declined {
            help: "send an administrative key as `Authorization: Bearer …`".to_owned(),
            ..bad(401, "unauthenticated", "no administrative key was presented".to_owned())
        });
    };
    office.admit(key.trim())
}

fn operation(head: &Parts, body: &Bytes) -> Result<Operation, Declined> {
    let path = head.uri.path();
    let key_id = path.strip_prefix("/admin/v1/keys/").filter(|id| !id.is_empty() && !id.contains('/'));
    let approval_id = path.strip_prefix("/admin/v1/approvals/").filter(|id| !id.is_empty() && !id.contains('/'));
    match (head.method.as_str(), path) {
        ("GET", "/admin/v1/status") => Ok(Operation::Status {}),
        ("GET", "/admin/v1/keys") => Ok(Operation::ListKeys {}),
        ("POST", "/admin/v1/keys") => read::<CreateKey>(body).map(Operation::CreateKey),
        ("POST", "/admin/v1/reload") => Ok(Operation::Reload {}),
        ("POST", "/admin/v1/ledger/search") => read::<SearchLedger>(body).map(Operation::SearchLedger),
        ("GET", "/admin/v1/approvals") => Ok(Operation::ListApprovals {}),
        ("POST", _) if approval_id.is_some() => {
            let id = approval_id.unwrap_or_default().to_owned();
            read::<AnswerApproval>(body).map(|answer| Operation::AnswerApproval(AnswerApproval { id, ..answer }))
        }
        ("DELETE", _) if key_id.is_some() => Ok(Operation::RevokeKey { id: key_id.unwrap_or_default().to_owned() }),
        _ => Err(bad(404, "unknown_path", format!("the control plane has no {} on this path", head.method))),
    }
}

fn read<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T, Declined> {
    serde_json::from_slice(body)
        .map_err(|error| bad(400, "malformed_json", format!("the body is not what this path takes: {error}")))
}

fn bad(status: u16, code: &'static str, why: String) -> Declined {
    Declined { status, code, why, help: "see GET /admin/v1/openapi.json".to_owned() }
}

fn answer(value: &Value) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(value.to_string())));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

fn text(body: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(body)));
    let kind = HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}

fn decline(declined: &Declined) -> Response<Full<Bytes>> {
    let body = json!({ "error": { "code": declined.code, "message": declined.why, "help": declined.help } });
    let mut response = answer(&body);
    *response.status_mut() = StatusCode::from_u16(declined.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if declined.status == 405 {
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, POST, DELETE"));
    }
    response
}

/// The API as an OpenAPI 3.1 document, made from the table so that the two cannot differ.
pub fn openapi() -> Value {
    let mut paths = serde_json::Map::new();
    for row in TABLE {
        let entry = paths.entry(row.path).or_insert_with(|| json!({}));
        let parameters: Vec<Value> = if row.path.contains("{id}") {
            vec![json!({ "name": "id", "in": "path", "required": true, "schema": { "type": "string" } })]
        } else {
            Vec::new()
        };
        if let Some(methods) = entry.as_object_mut() {
            methods.insert(
                row.method.to_ascii_lowercase(),
                json!({
                    "summary": row.summary,
                    "parameters": parameters,
                    "responses": { "200": { "description": "done" }, "401": { "description": "no valid key" }, "403": { "description": "not an administrator" } },
                }),
            );
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": { "title": "Portcullis control plane", "version": env!("CARGO_PKG_VERSION") },
        "security": [{ "key": [] }],
        "components": { "securitySchemes": { "key": { "type": "http", "scheme": "bearer" } } },
        "paths": paths,
    })
}

const BODY_BYTES_MAX: usize = 1024 * 1024;
