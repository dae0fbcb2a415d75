//! Nothing is sent without a durable intent.
use proxy::steps::{Prepared, send};

async fn misuse(prepared: Prepared) {
    let _ = send(prepared).await;
}

fn main() {}
