//! Models that were verified and approved, by digest.

use std::collections::BTreeSet;

use super::destination::digest;
use super::document::Document;
use super::fields;
use super::problem::{File, Problems};

/// Reads one approved model into the set of promoted digests.
pub(super) fn read(file: &File, problems: &Problems, promoted: &mut BTreeSet<String>) {
    let document = Document::parse(file, problems);
    let table = document.root(&fields::MODEL, problems);
    for required in ["digest", "approved_on"] {
        if !table.has(required) {
            table.missing(required);
        }
    }
    let approved_on = table.end_of_day("approved_on");
    let approved_by = table.required("approved_by");
    table.text("name");
    let digest = digest(&table, "digest");
    // An approval without who or when is none.
    if let (Some(digest), Some(_), false) = (digest, approved_on, approved_by.value.is_empty()) {
        promoted.insert(digest);
    }
}
