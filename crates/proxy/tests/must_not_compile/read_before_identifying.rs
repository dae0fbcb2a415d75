//! A body is read only for a known caller.
use http::request::Parts;
use hyper::body::Incoming;
use proxy::steps::read;

async fn misuse(head: Parts, body: Incoming) {
    let _ = read(head, body).await;
}

fn main() {}
