//! The events of a stream as they are written.

use serde::Serialize;

use crate::front::Unwritable;
use crate::front::responses::item::{ReasoningPart, Written};
use crate::front::responses::write::append;
use crate::json::Value;

/// Where events go, and how many went there.
#[derive(Debug, Default)]
pub(super) struct Sequence(u64);

impl Sequence {
    /// Appends one event: its type and number, then the fields of `rest`.
    pub(super) fn emit(
        &mut self,
        kind: &'static str,
        rest: &impl Serialize,
        out: &mut Vec<u8>,
    ) -> Result<(), Unwritable> {
        self.head(kind, out);
        let brace = out.len();
        append(rest, out)?;
        // `rest` opens with a brace where the head goes on.
        if let Some(first) = out.get_mut(brace) {
            *first = b',';
        }
        out.extend_from_slice(b"\n\n");
        Ok(())
    }

    /// Appends an event with a rendered response.
    pub(super) fn emit_response(&mut self, kind: &'static str, response: &[u8], out: &mut Vec<u8>) {
        self.head(kind, out);
        out.extend_from_slice(b",\"response\":");
        out.extend_from_slice(response);
        out.extend_from_slice(b"}\n\n");
    }

    fn head(&mut self, kind: &'static str, out: &mut Vec<u8>) {
        let number = self.0;
        self.0 += 1;
        for piece in ["event: ", kind, "\ndata: {\"type\":\"", kind, "\",\"sequence_number\":"] {
            out.extend_from_slice(piece.as_bytes());
        }
        out.extend_from_slice(number.to_string().as_bytes());
    }
}

#[derive(Serialize)]
pub(super) struct OfItem<'a> {
    pub(super) output_index: usize,
    pub(super) item: Written<'a>,
}

#[derive(Serialize)]
pub(super) struct OfPart<'a, P: Serialize> {
    pub(super) item_id: &'a str,
    pub(super) output_index: usize,
    pub(super) content_index: usize,
    pub(super) part: P,
}

#[derive(Serialize)]
pub(super) struct OfSummaryPart<'a> {
    pub(super) item_id: &'a str,
    pub(super) output_index: usize,
    pub(super) summary_index: usize,
    pub(super) part: ReasoningPart<'a>,
}

/// Text of a part, a delta or whole, with the number of the part under the name that its kind has.
#[derive(Default, Serialize)]
pub(super) struct OfText<'a> {
    pub(super) item_id: &'a str,
    pub(super) output_index: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) content_index: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) summary_index: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) delta: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) text: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) refusal: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) arguments: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) input: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) logprobs: Option<&'a [Value]>,
}

#[derive(Serialize)]
pub(super) struct OfAnnotation<'a> {
    pub(super) item_id: &'a str,
    pub(super) output_index: usize,
    pub(super) content_index: usize,
    pub(super) annotation_index: usize,
    pub(super) annotation: &'a Value,
}

/// The published type has the fields at the top; the service and its clients have them in `error` too.
#[derive(Serialize)]
pub(super) struct OfError<'a, E: Serialize> {
    pub(super) code: &'a str,
    pub(super) message: &'a str,
    pub(super) param: Option<&'a str>,
    pub(super) error: E,
}
