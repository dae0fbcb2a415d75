//! Inspect: what the call contains, segment by segment, nothing unread.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use ::inspect::{Channel, Class, Content, Found, Inspector, Piece};
use wire::call::Call;
use wire::segments;

use super::Stop;
use super::identify::Context;
use super::read::Heard;
use super::transform::{not_issued_here, sealed_parts};
use crate::attached::Documents;
use crate::metrics::Step;
use crate::stopped::Refusal;

/// Proof that every segment of a call was inspected. Made only by [`inspect`].
#[must_use]
pub struct Inspected {
    pub(super) context: Arc<Context>,
    pub(super) call: Arc<Call>,
    pub(super) findings: Findings,
    pub(super) documents: Arc<Documents>,
    pub(super) prompt: ledger::Commitment,
    pub(super) salt: ledger::Salt,
}

/// What was found.
#[derive(Clone, Debug)]
pub(crate) struct Findings {
    pub(crate) found: Found,
    pub(crate) classes: BTreeMap<Class, u32>,
}

/// Inspects every segment of a call, and what is in its documents.
///
/// # Errors
/// More segments than the limit.
pub async fn inspect(heard: Heard) -> Result<Inspected, Stop> {
    let from = Instant::now();
    let Heard { context, mut call, prompt, salt } = heard;
    // Sealed reasoning cannot be read. It is let through only because a destination issued it to this very tenant, and it
    // goes back to that destination alone (`transform`); anything else in its place is refused here.
    for part in sealed_parts(&mut call) {
        if context.gate.seals.issuer(&context.caller.tenant, part).is_err() {
            return Err(Stop::at("inspect", not_issued_here()));
        }
    }
    let limits = &context.snapshot.limits;
    let metrics = Some(&*context.gate.metrics);
    let documents = Documents::of(&call, context.gate.documents.as_ref(), limits.documents_max, metrics).await;
    let findings = findings(&context.snapshot.inspector, &call, &documents, limits.segments_max)
        .map_err(|refusal| Stop::at("inspect", refusal))?;
    context.gate.metrics.lap(Step::Inspect, from);
    Ok(Inspected { context, call: Arc::new(call), findings, documents: Arc::new(documents), prompt, salt })
}

/// What `inspector` finds in `call`; also what a transformed call goes through again.
pub(crate) fn findings(
    inspector: &Inspector,
    call: &Call,
    documents: &Documents,
    segments_max: usize,
) -> Result<Findings, Refusal> {
    let segments = call.segments();
    if segments.len() > segments_max {
        return Err(Refusal::new(
            400,
            "too_many_segments",
            format!("the call has more than {segments_max} pieces of content"),
            "send fewer messages, parts or parameters",
        ));
    }
    // What is in a document comes after everything else; `owners` says which segment each of it belongs to.
    let (mut inside, mut owners) = (Vec::new(), Vec::new());
    let mut pieces: Vec<Piece<'_>> = segments
        .iter()
        .enumerate()
        .map(|(index, segment)| match documents.pieces(segment) {
            None => piece(segment),
            Some((own, within)) => {
                owners.extend(within.iter().map(|_| index));
                inside.extend(within);
                own
            }
        })
        .collect();
    // Behind a pattern such as `gpt-*` the caller's own name for the model goes upstream, so it is read as well. It comes
    // last, so that findings keep pointing at segments by their index.
    pieces.push(Piece::text(Channel::Parameter, &call.model));
    let first_inside = pieces.len();
    pieces.extend(inside);
    let mut found = inspector.inspect(&pieces);
    // Models are called by names of persons, places and companies; that is no finding.
    let model = first_inside.saturating_sub(1);
    found.findings.retain(|finding| finding.piece != model || finding.detector != "tagger");
    for finding in &mut found.findings {
        // Nobody but we knows the pieces of a document: what is in one is found at the whole of it.
        if let Some(owner) = finding.piece.checked_sub(first_inside).and_then(|at| owners.get(at)) {
            (finding.piece, finding.start, finding.end) = (*owner, 0, 0);
        }
    }
    found.findings.sort_by(|a, b| (a.piece, a.start, a.end, &a.class).cmp(&(b.piece, b.start, b.end, &b.class)));
    let classes = found.counts();
    Ok(Findings { found, classes })
}

/// Whether a short text, such as an upstream's message or the name of a field, may be shown and recorded: nothing in it is
/// confidential, and nothing attacks. That it names a company or a place is no reason to hide it.
pub(super) fn is_harmless(found: &Found) -> bool {
    found.level < ::inspect::Level::Confidential
        && found.findings.iter().all(|finding| finding.class.family() != "attack")
}

/// Counts by name, as records write them.
pub(super) fn named(classes: &BTreeMap<Class, u32>) -> BTreeMap<String, u64> {
    classes.iter().map(|(class, count)| (class.as_str().to_owned(), u64::from(*count))).collect()
}

fn piece<'a>(segment: &segments::Segment<'a>) -> Piece<'a> {
    let channel = match segment.origin {
        segments::Origin::System => Channel::System,
        segments::Origin::User => Channel::User,
        segments::Origin::Assistant => Channel::Assistant,
        segments::Origin::Tool => Channel::Tool,
        segments::Origin::Document => Channel::Document,
        segments::Origin::Attachment => Channel::Attachment,
        segments::Origin::Parameter => Channel::Parameter,
    };
    let content = match segment.content {
        segments::Content::Text(text) => Content::Text(text),
        // Checked above: issued by a destination, for this tenant. It says nothing that inspection could read.
        segments::Content::Opaque { media_type: segments::SEALED_MEDIA_TYPE, .. } => Content::Text(""),
        segments::Content::Opaque { media_type, bytes, .. } => Content::Opaque { media_type, bytes },
    };
    Piece { channel, content }
}
