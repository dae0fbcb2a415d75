//! A second attempt needs an intent of its own.
use proxy::steps::{Recorded, send};

async fn misuse(recorded: Recorded) {
    let _ = send(recorded).await;
    let _ = send(recorded).await;
}

fn main() {}
