//! The mock upstream: one fixed chat completion, or a stream of 100 chunks, one every 20 ms.

use std::convert::Infallible;
use std::io::{BufRead, BufReader};
use std::pin::Pin;
use std::process::Command;
use std::task::{Context as Poller, Poll};
use std::time::Duration;

use anyhow::{Context, Result};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Either, Full};
use hyper::body::{Body, Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::time::{Instant, Sleep, sleep_until};

use crate::process::{LOAD_CPU, Started};

/// How many content chunks a stream has.
pub(crate) const CHUNKS: usize = 100;
/// The time between two chunks; the first comes at once.
pub(crate) const CHUNK_EVERY: Duration = Duration::from_millis(20);

/// What each content chunk says.
pub(crate) const CHUNK_CONTENT: &str = "a few words ";

/// The upstream, running as a process of its own.
pub(crate) struct Upstream {
    pub(crate) address: String,
    _process: Started,
}

/// Starts this program again as the upstream, pinned beside the load driver.
///
/// # Errors
/// When it cannot be started or does not say where it listens.
pub(crate) fn start() -> Result<Upstream> {
    let program = std::env::current_exe().context("where this program is")?;
    let mut process = Started::pinned(LOAD_CPU, Command::new(program).arg("upstream"))?;
    let output = process.child.stdout.take().context("the upstream has no output")?;
    let mut address = String::new();
    BufReader::new(output).read_line(&mut address).context("reading the upstream's address")?;
    Ok(Upstream { address: address.trim().to_owned(), _process: process })
}

/// Serves until the process ends, and prints its address first.
///
/// # Errors
/// When it cannot listen.
pub(crate) fn serve() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("starting tokio")?;
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.context("the upstream cannot listen")?;
        println!("{}", listener.local_addr().context("the upstream's address")?);
        loop {
            let Ok((connection, _)) = listener.accept().await else { continue };
            let _ignored = connection.set_nodelay(true);
            tokio::spawn(async move {
                let serve = hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(connection), service_fn(answer));
                let _gone = serve.await;
            });
        }
    })
}

async fn answer(request: Request<Incoming>) -> Result<Response<Either<Full<Bytes>, Chunks>>, Infallible> {
    let body = request.into_body().collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let streamed = body.windows(STREAM_MARK.len()).any(|window| window == STREAM_MARK);
    let (kind, body) = if streamed {
        ("text/event-stream", Either::Right(Chunks::new()))
    } else {
        ("application/json", Either::Left(Full::new(Bytes::from_static(ANSWER.as_bytes()))))
    };
    let mut response = Response::new(body);
    response.headers_mut().insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static(kind));
    Ok(response)
}

/// A body of [`CHUNKS`] events at their times, then the finish, the usage and the end mark.
struct Chunks {
    sent: usize,
    due: Pin<Box<Sleep>>,
}

impl Chunks {
    fn new() -> Self {
        Self { sent: 0, due: Box::pin(sleep_until(Instant::now())) }
    }
}

impl Body for Chunks {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, poller: &mut Poller<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.sent > CHUNKS {
            return Poll::Ready(None);
        }
        if self.sent > 0 {
            std::task::ready!(self.due.as_mut().poll(poller));
        }
        let due = self.due.deadline() + CHUNK_EVERY;
        self.due.as_mut().reset(due);
        self.sent += 1;
        let text = if self.sent > CHUNKS { STREAM_END } else { STREAM_CHUNK };
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(text.as_bytes())))))
    }
}

const STREAM_MARK: &[u8] = b"\"stream\":true";

const ANSWER: &str = r#"{"id":"chatcmpl-bench","object":"chat.completion","created":1795000000,"model":"bench","choices":[{"index":0,"message":{"role":"assistant","content":"Eleven ships came in on the evening tide, most of them with grain, and four mean to stay past Sunday. The two ferries leave on Friday morning, which frees both short berths on the northern quay. The long berth stays taken until the weekend is over.","refusal":null},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":930,"completion_tokens":54,"total_tokens":984}}"#;

const STREAM_CHUNK: &str = "data: {\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion.chunk\",\"created\":1795000000,\"model\":\"bench\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a few words \"},\"logprobs\":null,\"finish_reason\":null}]}\n\n";

const STREAM_END: &str = "data: {\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion.chunk\",\"created\":1795000000,\"model\":\"bench\",\"choices\":[{\"index\":0,\"delta\":{},\"logprobs\":null,\"finish_reason\":\"stop\"}]}\n\ndata: {\"id\":\"chatcmpl-bench\",\"object\":\"chat.completion.chunk\",\"created\":1795000000,\"model\":\"bench\",\"choices\":[],\"usage\":{\"prompt_tokens\":930,\"completion_tokens\":300,\"total_tokens\":1230}}\n\ndata: [DONE]\n\n";

#[cfg(test)]
mod tests {
    #[test]
    fn each_chunk_says_what_the_driver_expects() {
        assert!(super::STREAM_CHUNK.contains(&format!("\"content\":\"{}\"", super::CHUNK_CONTENT)));
    }
}
