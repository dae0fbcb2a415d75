//! What closes a destination in production whatever policies say: no owners, no current assessment, no promoted model.

use crate::call::{CallFacts, Mode};
use crate::decision::{Code, Refused};
use crate::destination::{DestinationFacts, Hosting, Provenance};
use crate::refuse::At;

/// Refuses a destination that production closes.
pub(crate) fn closed(at: At<'_>, call: &CallFacts<'_>) -> Option<Refused> {
    if call.mode != Mode::Production {
        return None;
    }
    let (code, why, help) = why_closed(at.destination, call.now_unix)?;
    Some(Refused {
        destination: at.index,
        code,
        reason: format!("`{}` is closed in production: {why}", at.destination.name),
        policies: Vec::new(),
        would_help: vec![help],
    })
}

fn why_closed(destination: &DestinationFacts, now_unix: i64) -> Option<(Code, String, String)> {
    let name = &destination.name;
    if !destination.owned {
        return Some((
            Code::DestinationUnowned,
            "its owners are not named".to_owned(),
            format!("name who patches `{name}`, answers its incidents and offboards it, under [owners]"),
        ));
    }
    let vendor = destination.vendor.as_deref().unwrap_or("its vendor");
    match (destination.hosting, destination.assessment.name(now_unix)) {
        (Hosting::Hosted, "current") | (Hosting::SelfHosted, _) => {}
        (Hosting::Hosted, "expired") => {
            return Some((
                Code::AssessmentExpired,
                format!("the assessment of {vendor} has expired"),
                format!("review {vendor} and date the review in its file under vendors/"),
            ));
        }
        (Hosting::Hosted, _) => {
            return Some((
                Code::AssessmentMissing,
                format!("there is no assessment of {vendor}"),
                format!("assess {vendor} in a file under vendors/"),
            ));
        }
    }
    if destination.hosting == Hosting::SelfHosted && destination.provenance == Provenance::Unpromoted {
        return Some((
            Code::ModelUnpromoted,
            format!("its model `{}` is not promoted", destination.model),
            "promote the model and declare its digest".to_owned(),
        ));
    }
    None
}
