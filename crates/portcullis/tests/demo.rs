//! The tour, as a new user takes it: it ends well only if each call went where it may and the flipped byte was found in its record.

use std::process::Command;

use serde_json::Value;

#[test]
fn the_tour_ends_well_and_names_the_record_that_was_changed() {
    let tour = Command::new(env!("CARGO_BIN_EXE_portcullis")).args(["demo", "--fast", "--json"]).output().unwrap();
    let said = String::from_utf8_lossy(&tour.stdout);
    assert_eq!(tour.status.code(), Some(0), "{said}\n{}", String::from_utf8_lossy(&tour.stderr));
    let told: Value = serde_json::from_str(&said).unwrap();
    let ledger = &told["ledger"];
    assert_eq!(ledger["copy"]["problem"]["seq"], ledger["flipped"], "{told}");
    assert_eq!(
        (&ledger["sound"]["sound"], &ledger["copy"]["sound"]),
        (&Value::from(true), &Value::from(false)),
        "{told}"
    );
}
