//! What a destination said is not given to a caller before it is cleared.
use std::sync::Arc;

use proxy::steps::{Context, Raw, respond};

fn misuse(context: Arc<Context>, raw: Raw) {
    let _ = respond::answered(&context, raw);
}

fn main() {}
