//! Transform: the destination's own body. Obligations are carried out here, and what was changed is inspected and
//! permitted again, which may only narrow.

use std::sync::Arc;
use std::time::Instant;

use ::inspect::pseudonym::Pseudonyms;
use judge::{Obligations, Permitted};
use wire::call::{Block, BlockKind, Call, ReasoningBlock, Task, ToolChoice};
use wire::dialect::{Request, Target};
use wire::text::Text;

use super::approve::approval;
use super::choose::{Attempt, Unfit};
use super::decide::Traits;
use super::inspect::{Findings, findings};
use super::spotlight::spotlight;
use crate::metrics::Step;
use crate::sealed::Foreign;
use crate::stopped::{Refusal, Stopped};

/// Proof that a request was written for one destination under its obligations. Made only by [`transform`].
#[must_use]
pub struct Prepared {
    pub(super) attempt: Attempt,
    pub(super) call: Arc<Call>,
    pub(super) obligations: Obligations,
    pub(super) policies: Vec<String>,
    pub(super) request: Request,
    pub(super) pseudonyms: Option<Arc<Pseudonyms>>,
}

/// Writes the request of one attempt.
///
/// # Errors
/// [`Unfit`]: this destination cannot take the call; another may.
pub fn transform(attempt: Attempt) -> Result<Prepared, Unfit> {
    let from = Instant::now();
    let metrics = Arc::clone(&attempt.shared.permit.inspected.context.gate.metrics);
    let destination = attempt.destination.facts.name.clone();
    let result = prepare(attempt).map_err(|why| Unfit { destination, why });
    metrics.lap(Step::Transform, from);
    result
}

fn prepare(attempt: Attempt) -> Result<Prepared, Stopped> {
    let inspected = &attempt.shared.permit.inspected;
    let mut permitted = attempt.permitted.clone();
    let mut call = Arc::clone(&inspected.call);
    let mut pseudonyms = None;
    let approved = approval(&attempt, &permitted.obligations)?;
    if must_change(&call, &permitted.obligations) {
        let edited = Arc::make_mut(&mut call);
        if !permitted.obligations.pseudonymise.is_empty() {
            pseudonyms = Some(Arc::new(pseudonymise(&attempt, edited, &permitted.obligations)));
        }
        apply(edited, &permitted.obligations);
        if permitted.obligations.spotlight != judge::Spotlight::Off {
            spotlight(edited, permitted.obligations.spotlight, secret_word(&inspected.context.call_id));
        }
        open_sealed(&attempt, edited)?;
        let limit = inspected.context.snapshot.limits.segments_max;
        let again = findings(&inspected.context.snapshot.inspector, edited, &inspected.documents, limit)?;
        if let Some(left) = again.classes.keys().find(|class| is_covered(&permitted.obligations, class)) {
            return Err(not_replaceable(left).into());
        }
        permitted = permit_again(&attempt, edited, &again)?;
    }
    let request = write(&attempt, &call, &permitted.obligations)?;
    let Permitted { mut obligations, policies, .. } = permitted;
    obligations.approved = approved;
    Ok(Prepared { call, obligations, policies, request, pseudonyms, attempt })
}

/// Whether anything of the call changes for this destination; if not, what was inspected is what is sent.
fn must_change(call: &Call, obligations: &Obligations) -> bool {
    !obligations.pseudonymise.is_empty()
        || obligations.drop_tools
        || obligations.max_output_tokens.is_some()
        || obligations.spotlight != judge::Spotlight::Off
        || has_sealed(call)
}

/// A word that nobody knew before this call: the random end of its id.
fn secret_word(call_id: &str) -> &str {
    call_id.len().checked_sub(SECRET_WORD_CHARS).and_then(|from| call_id.get(from..)).unwrap_or(call_id)
}

fn pseudonymise(attempt: &Attempt, call: &mut Call, obligations: &Obligations) -> Pseudonyms {
    let inspected = &attempt.shared.permit.inspected;
    let caller = &inspected.context.caller;
    let scope = format!("{}\u{0}{}", caller.tenant, caller.id);
    let mut pseudonyms = Pseudonyms::new(&inspected.context.gate.pseudonym_key, scope.as_bytes());
    let covered = |class: &::inspect::Class| is_covered(obligations, class);
    call.edit(&mut |index, _, text| {
        let of_piece: Vec<_> =
            inspected.findings.found.findings.iter().filter(|finding| finding.piece == index).cloned().collect();
        if !of_piece.is_empty() {
            *text = pseudonyms.replace(text, &of_piece, &covered);
        }
    });
    pseudonyms
}

/// Whether findings of this class must be replaced.
fn is_covered(obligations: &Obligations, class: &::inspect::Class) -> bool {
    obligations.pseudonymise.iter().any(|prefix| {
        class.as_str().strip_prefix(prefix.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    })
}

/// Something that must be replaced stands where nothing can be: in a key, in a number, or past the findings that are told.
fn not_replaceable(class: &::inspect::Class) -> Refusal {
    Refusal::new(
        403,
        "pseudonymise_incomplete",
        format!(
            "`{}` was found where it cannot be replaced by a pseudonym, for example in a document or in a key of a schema",
            class.as_str()
        ),
        "move it into the text of a message, or leave it out",
    )
}

fn apply(call: &mut Call, obligations: &Obligations) {
    if obligations.drop_tools {
        // A tool of a kind that we do not model is a tool all the same.
        call.unmodelled.retain(|one| !is_tool(&one.path));
    }
    let cap = |asked: Option<u64>| match (asked, obligations.max_output_tokens) {
        (Some(asked), Some(most)) => Some(asked.min(most)),
        (None, most) => most,
        (asked, None) => asked,
    };
    match &mut call.task {
        Task::Generate(generate) | Task::CountTokens(generate) => {
            generate.max_output_tokens = cap(generate.max_output_tokens);
            if obligations.drop_tools {
                generate.tools.clear();
                generate.tool_choice = None::<ToolChoice>;
                generate.parallel_tool_calls = None;
            }
        }
        Task::Complete(complete) => complete.max_output_tokens = cap(complete.max_output_tokens),
        Task::Embed(_) => {}
    }
}

/// Whether an unmodelled field stands among the tools.
pub(super) fn is_tool(path: &str) -> bool {
    path.starts_with("tools") || path.starts_with("tool_choice")
}

/// The second look, at what was changed.
fn permit_again(attempt: &Attempt, call: &Call, again: &Findings) -> Result<Permitted, Stopped> {
    let permit = &attempt.shared.permit;
    let context = &permit.inspected.context;
    let traits = Traits::of(call, &context.snapshot.inspector);
    let mut facts = traits.facts(&context.snapshot, again, context.gate.now_unix());
    // What was taken out still counts as having been said: the level may not fall by our own editing of other things.
    facts.injection = facts.injection.max(permit.inspected.findings.found.injection);
    let index = attempt.permitted.destination;
    let decision =
        judge::decide_one(&context.snapshot.policies, &context.caller, &facts, &permit.alias.prepared, index);
    judge::narrow(&attempt.permitted, &decision).map_err(|refused| {
        Refusal {
            policies: refused.policies,
            ..Refusal::new(403, refused.code.as_str(), refused.reason, refused.would_help.join("; or "))
        }
        .into()
    })
}

pub(super) fn write(attempt: &Attempt, call: &Call, obligations: &Obligations) -> Result<Request, Stopped> {
    let destination = &attempt.destination;
    if let Some(first) = call.unmodelled.first()
        && !obligations.allow_unmodelled
    {
        return Err(unmodelled(&first.path).into());
    }
    let mut target = Target { unmodelled: obligations.allow_unmodelled, ..destination.target.clone() };
    if destination.callers_model {
        target.model.clone_from(&call.model);
    }
    destination.dialect.write(call, &target).map_err(|unsayable| {
        Refusal {
            param: Some(unsayable.what.clone()),
            ..Refusal::new(
                400,
                "unsupported_by_destination",
                format!(
                    "`{}` cannot be said in the format of the destination `{}`",
                    unsayable.what, destination.facts.name
                ),
                format!("leave out `{}`, or ask for a model behind another destination", unsayable.what),
            )
        }
        .into()
    })
}

fn unmodelled(path: &str) -> Refusal {
    Refusal {
        param: Some(path.to_owned()),
        ..Refusal::new(
            400,
            "unsupported_field",
            format!("`{path}` is not something that Portcullis knows, so it cannot inspect what it means"),
            format!("leave out `{path}`, or ask for a policy with `@allow_unmodelled` for this destination"),
        )
    }
}

/// Sealed reasoning that no destination issued to this tenant through this door.
pub(super) fn not_issued_here() -> Refusal {
    Refusal::new(
        400,
        "reasoning_not_issued_here",
        "the call holds sealed reasoning that was not issued through this door for this tenant, or was altered",
        "leave out the reasoning of earlier turns, or continue with the model that gave it",
    )
}

fn has_sealed(call: &Call) -> bool {
    let Task::Generate(generate) = &call.task else {
        return matches!(&call.task, Task::CountTokens(generate) if generate.turns.iter().any(|turn| turn.content.iter().any(is_sealed)));
    };
    generate.turns.iter().any(|turn| turn.content.iter().any(is_sealed))
}

fn is_sealed(block: &Block) -> bool {
    matches!(&block.kind, BlockKind::Reasoning(ReasoningBlock { signature, sealed, .. }) if signature.is_some() || sealed.is_some())
}

/// Sealed reasoning is unwrapped for the destination that issued it, and for no other.
fn open_sealed(attempt: &Attempt, call: &mut Call) -> Result<(), Stopped> {
    sealed_parts(call).into_iter().try_for_each(|part| open_one(attempt, part))
}

/// Every signature and sealed form in a call.
pub(super) fn sealed_parts(call: &mut Call) -> Vec<&mut Text> {
    let (Task::Generate(generate) | Task::CountTokens(generate)) = &mut call.task else { return Vec::new() };
    let blocks = generate.turns.iter_mut().flat_map(|turn| turn.content.iter_mut());
    blocks
        .filter_map(|block| match &mut block.kind {
            BlockKind::Reasoning(reasoning) => Some([&mut reasoning.signature, &mut reasoning.sealed]),
            _ => None,
        })
        .flat_map(|both| both.into_iter().flatten())
        .collect()
}

fn open_one(attempt: &Attempt, part: &mut Text) -> Result<(), Stopped> {
    let context = &attempt.shared.permit.inspected.context;
    let name = &attempt.destination.facts.name;
    match context.gate.seals.open(&context.caller.tenant, name, part) {
        Ok(original) => {
            *part = Text::from(original);
            Ok(())
        }
        Err(Foreign::OtherDestination) => Err(Refusal::new(
            400,
            "reasoning_of_other_destination",
            format!("the call holds sealed reasoning that another destination than `{name}` issued"),
            "leave out the reasoning of earlier turns, or continue with the model that gave it",
        )
        .into()),
        Err(Foreign::Unknown) => Err(not_issued_here().into()),
    }
}

/// 60 random bits; an id has 80 at its end.
const SECRET_WORD_CHARS: usize = 12;
