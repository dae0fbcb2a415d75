//! What was permitted cannot be changed on its way to the record.
use proxy::steps::Prepared;

fn misuse(mut prepared: Prepared) {
    prepared.request.body.clear();
}

fn main() {}
