//! Vendors: what was found out about whoever runs hosted models.

use super::document::Document;
use super::fields;
use super::problem::{File, Problems};

/// What was found out about a vendor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vendor {
    /// Its full name.
    pub name: String,
    /// Unix seconds at which the assessment stops to hold.
    pub valid_until_unix: i64,
    /// Unix seconds at the end of the day of the last review.
    pub reviewed_unix: i64,
    /// Who looked.
    pub reviewer: String,
    /// Whether it trains on what it is sent.
    pub training_use: bool,
    /// How many days it keeps what it is sent.
    pub retention_days: u64,
    /// Whether a business associate agreement covers the service.
    pub baa: bool,
    /// Where it processes; empty when nobody said.
    pub regions: Vec<String>,
    /// Who else sees the data.
    pub sub_processors: Vec<String>,
    /// What was shown.
    pub certifications: Vec<String>,
}

/// Reads one vendor. `None` when it is too broken to count as an assessment; everything wrong was told.
pub(super) fn read(file: &File, problems: &Problems) -> Option<Vendor> {
    let document = Document::parse(file, problems);
    let table = document.root(&fields::VENDOR, problems);
    for required in ["reviewed", "valid_until", "training_use", "retention_days"] {
        if !table.has(required) {
            table.missing(required);
        }
    }
    let reviewed = table.end_of_day("reviewed");
    let valid_until = table.end_of_day("valid_until");
    if let (Some(reviewed), Some(valid_until)) = (&reviewed, &valid_until)
        && reviewed.value > valid_until.value
    {
        table.error(valid_until.at.clone(), "`valid_until` lies before `reviewed`", "exchange or correct the dates");
    }
    let texts = |name| table.texts(name).into_iter().map(|at| at.value).collect();
    Some(Vendor {
        name: table.text("name").map_or_else(|| file.stem().to_owned(), |at| at.value),
        reviewer: table.required("reviewer").value,
        training_use: table.flag("training_use", true),
        retention_days: table.whole("retention_days", 0, 0..=36_500),
        baa: table.flag("baa", false),
        regions: texts("regions"),
        sub_processors: texts("sub_processors"),
        certifications: texts("certifications"),
        reviewed_unix: reviewed?.value,
        valid_until_unix: valid_until?.value,
    })
}
