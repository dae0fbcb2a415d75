//! Vendors: what was found out about whoever runs hosted models.

use super::document::{Document, Table};
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
    /// Whether a business associate agreement is in force.
    pub baa: bool,
    /// The services that it covers.
    pub baa_services: Vec<String>,
    /// The features that it covers, by the names of actions.
    pub baa_features: Vec<String>,
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
        baa_services: texts("baa_services"),
        baa_features: features(&table),
        regions: texts("regions"),
        sub_processors: texts("sub_processors"),
        certifications: texts("certifications"),
        reviewed_unix: reviewed?.value,
        valid_until_unix: valid_until?.value,
    })
}

/// Features by the names of actions; what is no action would cover nothing.
fn features(table: &Table<'_>) -> Vec<String> {
    let known = judge::Action::ALL.map(judge::Action::name);
    let mut features = Vec::new();
    for feature in table.texts("baa_features") {
        if known.contains(&feature.value.as_str()) {
            features.push(feature.value);
        } else {
            let help = judge::nearest(&feature.value, known)
                .map_or_else(|| format!("use some of {}", known.join(", ")), |near| format!("did you mean `{near}`?"));
            table.error(feature.at, format!("there is no feature `{}`", feature.value), help);
        }
    }
    features
}

impl Vendor {
    /// What policies see of the assessment.
    pub(super) fn assessed(&self) -> judge::Assessed {
        judge::Assessed {
            trains: self.training_use,
            retention_days: u32::try_from(self.retention_days).unwrap_or(judge::RETENTION_UNKNOWN_DAYS),
            baa: self.baa,
            baa_services: self.baa_services.clone(),
            baa_features: self.baa_features.clone(),
        }
    }
}
