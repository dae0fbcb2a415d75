//! An unscreened answer has no bytes that anybody could read.
use proxy::steps::Raw;

async fn misuse(raw: Raw) {
    let _ = raw.body;
}

fn main() {}
