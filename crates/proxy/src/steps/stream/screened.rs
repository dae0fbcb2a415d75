//! What of a streamed answer may go on: each event is screened, and sealed reasoning is wrapped, before it is written.

use wire::answer::Event;
use wire::json::Value;
use wire::text::Text;

use super::super::clear::{MODEL_CHARS_MAX, note_usage, wrap};
use super::{Halt, Streaming};
use crate::screening::{CutShort, Place};

impl Streaming {
    /// Screens one event; what may be released is written, or withheld under strict screening.
    pub(super) fn screen(&mut self, event: Event) -> Result<(), Halt> {
        match event {
            Event::Delta { choice, block, channel, text, logprobs } => {
                let place = Place { choice, block, channel };
                let released = self.screening.push(place, &text)?;
                self.details.extend(logprobs.map(|value| (place, value)));
                let logprobs = self.details_of(place);
                if !released.is_empty() || logprobs.is_some() {
                    self.emit(Event::Delta { choice, block, channel, text: Text(released), logprobs })?;
                }
            }
            Event::Seal { choice, block, sealed, text } => self.gather_seal(choice, block, sealed, &text),
            Event::Close { choice, block } => {
                for place in self.screening.open_of_block(choice, block) {
                    self.release_rest(place)?;
                }
                self.emit_seals(choice, block)?;
                self.emit(Event::Close { choice, block })?;
            }
            Event::Annotate { choice, block, value } => {
                if self.screening.is_clean(&value) {
                    self.emit(Event::Annotate { choice, block, value })?;
                }
            }
            Event::Stop { choice, stop } => {
                for place in self.screening.open().into_iter().filter(|place| place.choice == choice) {
                    self.release_rest(place)?;
                }
                self.emit(Event::Stop { choice, stop })?;
            }
            Event::Open { choice, block, kind } => {
                if let wire::answer::Opened::ToolCall { name, .. } = &kind
                    && !self.screening.is_clean(&Value::String(name.0.clone()))
                {
                    return Err(CutShort { class: "secret".to_owned() }.into());
                }
                self.emit(Event::Open { choice, block, kind })?;
            }
            Event::Start { id, model, created, usage } => {
                if let Some(outcome) = self.raw.intent.outcome() {
                    outcome.upstream_model = Some(model.chars().take(MODEL_CHARS_MAX).collect());
                    note_usage(outcome, usage.as_ref());
                }
                self.emit(Event::Start { id, model, created, usage })?;
            }
            Event::Usage(usage) => {
                if let Some(outcome) = self.raw.intent.outcome() {
                    note_usage(outcome, Some(&usage));
                }
                self.emit(Event::Usage(usage))?;
            }
            Event::End => {
                for place in self.screening.open() {
                    self.release_rest(place)?;
                }
                self.over = true;
            }
            Event::Failed(_) => {}
        }
        Ok(())
    }

    fn release_rest(&mut self, place: Place) -> Result<(), Halt> {
        let Place { choice, block, channel } = place;
        let verbatim = self.screening.is_verbatim(place);
        let rest = self.screening.finish(place)?;
        self.details.retain(|(of, _)| verbatim || *of != place);
        if !rest.is_empty() {
            self.emit(Event::Delta { choice, block, channel, text: Text(rest), logprobs: None })?;
        }
        Ok(())
    }

    /// Token details go out only once all text they speak of has gone out unchanged; otherwise they are dropped.
    fn details_of(&mut self, place: Place) -> Option<Value> {
        if !self.details.iter().any(|(of, _)| *of == place) || !self.screening.is_verbatim(place) {
            return None;
        }
        let mut merged: Option<Value> = None;
        let mut rest = Vec::new();
        for (of, value) in std::mem::take(&mut self.details) {
            if of == place {
                merged = Some(match merged {
                    None => value,
                    Some(before) => merge(before, value),
                });
            } else {
                rest.push((of, value));
            }
        }
        self.details = rest;
        merged
    }

    fn gather_seal(&mut self, choice: u32, block: u32, sealed: bool, text: &str) {
        match self.seals.iter_mut().find(|(c, b, s, _)| (*c, *b, *s) == (choice, block, sealed)) {
            Some((.., gathered)) => gathered.push_str(text),
            None => self.seals.push((choice, block, sealed, text.to_owned())),
        }
    }

    fn emit_seals(&mut self, choice: u32, block: u32) -> Result<(), Halt> {
        let (mine, rest): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.seals).into_iter().partition(|(c, b, ..)| (*c, *b) == (choice, block));
        self.seals = rest;
        for (choice, block, sealed, original) in mine {
            let text = Text(wrap(&self.raw, &original));
            self.emit(Event::Seal { choice, block, sealed, text })?;
        }
        Ok(())
    }

    fn emit(&mut self, event: Event) -> Result<(), Halt> {
        match &mut self.withheld {
            Some(withheld) => withheld.push(event),
            None => self.write(&event).map_err(Halt::Fault)?,
        }
        Ok(())
    }
}

/// Joins the token lists of two pieces of details in the OpenAI shape.
fn merge(before: Value, after: Value) -> Value {
    match (before, after) {
        (Value::Object(mut left), Value::Object(right)) => {
            for (key, value) in right {
                match left.iter_mut().find(|(known, _)| *known == key) {
                    Some((_, Value::Array(items))) => {
                        if let Value::Array(more) = value {
                            items.extend(more);
                        }
                    }
                    Some((_, slot)) => *slot = value,
                    None => left.push((key, value)),
                }
            }
            Value::Object(left)
        }
        (_, after) => after,
    }
}
