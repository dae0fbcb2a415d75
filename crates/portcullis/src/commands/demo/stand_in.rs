//! A stand-in for a hosted model, on this machine. It says that it is one in every answer.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Result;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::json;
use tokio::net::TcpListener;

/// A running stand-in.
pub(super) struct StandIn {
    requests: Arc<AtomicUsize>,
}

impl StandIn {
    /// How many requests reached it.
    pub(super) fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

/// Starts one on loopback.
pub(super) async fn start() -> Result<(StandIn, SocketAddr)> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    let requests = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&requests);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let counted = Arc::clone(&counted);
            tokio::spawn(async move {
                let service = service_fn(move |request| answer(request, Arc::clone(&counted)));
                let _ =
                    hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
    Ok((StandIn { requests }, address))
}

async fn answer(request: Request<Incoming>, counted: Arc<AtomicUsize>) -> Result<Response<Full<Bytes>>, hyper::Error> {
    let body = request.into_body().collect().await?.to_bytes();
    counted.fetch_add(1, Ordering::SeqCst);
    let said = format!(
        "(I am a stand-in that plays the hosted model on this machine; I know no answers. I was sent {} bytes.)",
        body.len()
    );
    let answer = json!({
        "id": "stand-in", "object": "chat.completion", "created": 0, "model": "stand-in",
        "choices": [{ "index": 0, "message": { "role": "assistant", "content": said }, "finish_reason": "stop" }],
        "usage": { "prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2 },
    });
    Ok(Response::new(Full::new(Bytes::from(answer.to_string()))))
}
