//! An item that was begun, and the text that is put into it.

use std::borrow::Cow;

use super::event::{OfAnnotation, OfItem, OfPart, OfSummaryPart, OfText, Sequence};
use crate::answer::Channel;
use crate::front::Unwritable;
use crate::front::responses::item::{self, Item, Part, ReasoningPart, Written};
use crate::json::Value;

/// An item that was begun. It keeps what was written, because the last event repeats the whole answer.
#[derive(Debug)]
pub(super) struct Begun {
    pub(super) id: String,
    pub(super) item: Item<'static>,
    /// Blocks of it that are open.
    pub(super) open: usize,
    /// Whether something else was begun since, so that nothing joins it any more.
    pub(super) left: bool,
    output_index: usize,
    /// How it ended, once it did.
    status: Option<&'static str>,
}

/// Where the text of a block goes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place {
    /// A part of a message.
    Part(usize),
    /// Parts of reasoning, each begun by its first text.
    Reasoning { summary: Option<usize>, content: Option<usize> },
    /// A tool call.
    Call,
}

pub(super) fn nowhere() -> Unwritable {
    Unwritable("text outside of what was begun".to_owned())
}

pub(super) fn misplaced() -> Unwritable {
    Unwritable("text of a kind that can't stand where it does".to_owned())
}

impl Begun {
    /// Begins an item.
    pub(super) fn new(
        id: String,
        item: Item<'static>,
        output_index: usize,
        sequence: &mut Sequence,
        out: &mut Vec<u8>,
    ) -> Result<Self, Unwritable> {
        let begun = Self { id, item, open: 0, left: false, output_index, status: None };
        sequence.emit("response.output_item.added", &OfItem { output_index, item: begun.written() }, out)?;
        Ok(begun)
    }

    pub(super) fn written(&self) -> Written<'_> {
        self.item.written(&self.id, self.status.unwrap_or("in_progress"))
    }

    /// Finishes it, once.
    pub(super) fn finish(
        &mut self,
        status: &'static str,
        sequence: &mut Sequence,
        out: &mut Vec<u8>,
    ) -> Result<(), Unwritable> {
        if self.status.is_some() {
            return Ok(());
        }
        self.status = Some(status);
        let event = OfItem { output_index: self.output_index, item: self.written() };
        sequence.emit("response.output_item.done", &event, out)
    }

    /// Begins a part of a message.
    pub(super) fn part(
        &mut self,
        part: Part<'static>,
        sequence: &mut Sequence,
        out: &mut Vec<u8>,
    ) -> Result<Place, Unwritable> {
        let Item::Message { parts } = &mut self.item else { return Err(misplaced()) };
        let content_index = parts.len();
        let event = OfPart { item_id: &self.id, output_index: self.output_index, content_index, part: &part };
        sequence.emit("response.content_part.added", &event, out)?;
        parts.push(part);
        Ok(Place::Part(content_index))
    }

    /// Adds text to an open block.
    pub(super) fn tell(
        &mut self,
        place: &mut Place,
        channel: Channel,
        text: &str,
        logprobs: Option<&Value>,
        sequence: &mut Sequence,
        out: &mut Vec<u8>,
    ) -> Result<(), Unwritable> {
        let (item_id, output_index) = (self.id.as_str(), self.output_index);
        let event = OfText { item_id, output_index, delta: Some(text), ..OfText::default() };
        let (kind, event, whole) = match (&mut self.item, place, channel) {
            (Item::Message { parts }, Place::Part(at), Channel::Text | Channel::Refusal) => {
                let event = OfText { content_index: Some(*at), ..event };
                match (parts.get_mut(*at).ok_or_else(nowhere)?, channel) {
                    (Part::OutputText { text, logprobs: all, .. }, Channel::Text) => {
                        let from = all.len();
                        all.extend(item::logprobs(logprobs));
                        let event = OfText { logprobs: Some(all.get(from..).unwrap_or_default()), ..event };
                        ("response.output_text.delta", event, text)
                    }
                    (Part::Refusal { refusal }, Channel::Refusal) => ("response.refusal.delta", event, refusal),
                    _ => return Err(misplaced()),
                }
            }
            (Item::Reasoning { summary, .. }, Place::Reasoning { summary: at, .. }, Channel::Summary) => {
                if at.is_none() {
                    let summary_index = summary.len();
                    let event =
                        OfSummaryPart { item_id, output_index, summary_index, part: ReasoningPart::summary("") };
                    sequence.emit("response.reasoning_summary_part.added", &event, out)?;
                    summary.push(Cow::Borrowed(""));
                }
                let summary_index = *at.get_or_insert(summary.len().saturating_sub(1));
                let whole = summary.get_mut(summary_index).ok_or_else(nowhere)?;
                let event = OfText { summary_index: Some(summary_index), ..event };
                ("response.reasoning_summary_text.delta", event, whole)
            }
            (Item::Reasoning { content, .. }, Place::Reasoning { content: at, .. }, Channel::Reasoning) => {
                if at.is_none() {
                    let content_index = content.len();
                    let event = OfPart { item_id, output_index, content_index, part: ReasoningPart::content("") };
                    sequence.emit("response.content_part.added", &event, out)?;
                    content.push(Cow::Borrowed(""));
                }
                let content_index = *at.get_or_insert(content.len().saturating_sub(1));
                let whole = content.get_mut(content_index).ok_or_else(nowhere)?;
                ("response.reasoning_text.delta", OfText { content_index: Some(content_index), ..event }, whole)
            }
            (Item::FunctionCall { arguments, .. }, Place::Call, Channel::Arguments) => {
                ("response.function_call_arguments.delta", event, arguments)
            }
            (Item::CustomToolCall { input, .. }, Place::Call, Channel::Arguments) => {
                ("response.custom_tool_call_input.delta", event, input)
            }
            _ => return Err(misplaced()),
        };
        sequence.emit(kind, &event, out)?;
        whole.to_mut().push_str(text);
        Ok(())
    }

    /// Adds an annotation to an open block.
    pub(super) fn annotate(
        &mut self,
        place: Place,
        annotation: Value,
        sequence: &mut Sequence,
        out: &mut Vec<u8>,
    ) -> Result<(), Unwritable> {
        let (Item::Message { parts }, Place::Part(content_index)) = (&mut self.item, place) else {
            return Err(misplaced());
        };
        let Some(Part::OutputText { annotations, .. }) = parts.get_mut(content_index) else { return Err(misplaced()) };
        let event = OfAnnotation {
            item_id: &self.id,
            output_index: self.output_index,
            content_index,
            annotation_index: annotations.len(),
            annotation: &annotation,
        };
        sequence.emit("response.output_text.annotation.added", &event, out)?;
        annotations.push(annotation);
        Ok(())
    }

    /// Closes a block: tells its text whole.
    pub(super) fn close(&self, place: Place, sequence: &mut Sequence, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        let (item_id, output_index) = (self.id.as_str(), self.output_index);
        let done = OfText { item_id, output_index, ..OfText::default() };
        match (&self.item, place) {
            (Item::Message { parts }, Place::Part(content_index)) => {
                let part = parts.get(content_index).ok_or_else(nowhere)?;
                let done = OfText { content_index: Some(content_index), ..done };
                let (kind, event) = match part {
                    Part::OutputText { text, logprobs, .. } => {
                        ("response.output_text.done", OfText { text: Some(text), logprobs: Some(logprobs), ..done })
                    }
                    Part::Refusal { refusal } => ("response.refusal.done", OfText { refusal: Some(refusal), ..done }),
                };
                sequence.emit(kind, &event, out)?;
                let event = OfPart { item_id, output_index, content_index, part };
                sequence.emit("response.content_part.done", &event, out)
            }
            (Item::Reasoning { summary, content, .. }, Place::Reasoning { summary: told, content: thought }) => {
                if let Some((index, text)) = told.and_then(|at| Some((at, summary.get(at)?))) {
                    let event = OfText { summary_index: Some(index), text: Some(text), ..done };
                    sequence.emit("response.reasoning_summary_text.done", &event, out)?;
                    let part = ReasoningPart::summary(text);
                    let event = OfSummaryPart { item_id, output_index, summary_index: index, part };
                    sequence.emit("response.reasoning_summary_part.done", &event, out)?;
                }
                if let Some((index, text)) = thought.and_then(|at| Some((at, content.get(at)?))) {
                    let done = OfText { item_id, output_index, ..OfText::default() };
                    let event = OfText { content_index: Some(index), text: Some(text), ..done };
                    sequence.emit("response.reasoning_text.done", &event, out)?;
                    let part = ReasoningPart::content(text);
                    let event = OfPart { item_id, output_index, content_index: index, part };
                    sequence.emit("response.content_part.done", &event, out)?;
                }
                Ok(())
            }
            (Item::FunctionCall { arguments, .. }, Place::Call) => {
                let event = OfText { arguments: Some(arguments), ..done };
                sequence.emit("response.function_call_arguments.done", &event, out)
            }
            (Item::CustomToolCall { input, .. }, Place::Call) => {
                let event = OfText { input: Some(input), ..done };
                sequence.emit("response.custom_tool_call_input.done", &event, out)
            }
            _ => Err(misplaced()),
        }
    }
}
