//! Takes needless escapes out of streamed tool arguments, so that screening reads them as the caller's program would.

use crate::answer::{Channel, Event, Opened};
use crate::json::escapes::Stream;
use crate::text::Text;

/// The tool calls that are open in a stream, each with the escape that its last piece cut.
#[derive(Debug, Default)]
pub(super) struct PlainArguments {
    open: Vec<Open>,
}

#[derive(Debug)]
struct Open {
    choice: u32,
    block: u32,
    stream: Stream,
}

impl PlainArguments {
    /// Goes over the events that were added from `start` on.
    pub(super) fn pass(&mut self, events: &mut Vec<Event>, start: usize) {
        let mut at = start;
        while let Some(event) = events.get_mut(at) {
            match event {
                Event::Open { choice, block, kind: Opened::ToolCall { custom: false, .. } } => {
                    self.open.push(Open { choice: *choice, block: *block, stream: Stream::default() });
                }
                Event::Delta { choice, block, channel: Channel::Arguments, text, .. } => {
                    if let Some(place) = self.place(*choice, *block)
                        && let Some(open) = self.open.get_mut(place)
                    {
                        text.0 = open.stream.push(std::mem::take(&mut text.0));
                    }
                }
                Event::Close { choice, block } => {
                    let (choice, block) = (*choice, *block);
                    if let Some(place) = self.place(choice, block) {
                        let rest = self.open.swap_remove(place).stream.finish();
                        if !rest.is_empty() {
                            let (channel, text) = (Channel::Arguments, Text(rest));
                            events.insert(at, Event::Delta { choice, block, channel, text, logprobs: None });
                            at += 1;
                        }
                    }
                }
                _ => {}
            }
            at += 1;
        }
    }

    fn place(&self, choice: u32, block: u32) -> Option<usize> {
        self.open.iter().position(|open| open.choice == choice && open.block == block)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delta(text: &str) -> Event {
        Event::Delta { choice: 0, block: 1, channel: Channel::Arguments, text: text.into(), logprobs: None }
    }

    fn open(custom: bool) -> Event {
        let kind = Opened::ToolCall { id: "a".to_owned(), name: "f".into(), custom };
        Event::Open { choice: 0, block: 1, kind }
    }

    fn check(custom: bool, pieces: &[&str], expected: &[&str]) {
        let close = Event::Close { choice: 0, block: 1 };
        let mut plain = PlainArguments::default();
        let mut events = Vec::new();
        for event in [open(custom)].into_iter().chain(pieces.iter().map(|piece| delta(piece))).chain([close.clone()]) {
            let start = events.len();
            events.push(event);
            plain.pass(&mut events, start);
        }
        let mut wanted: Vec<Event> = vec![open(custom)];
        wanted.extend(expected.iter().map(|piece| delta(piece)));
        wanted.push(close);
        assert!(events == wanted, "{events:?}");
    }

    #[test]
    fn an_escape_that_is_cut_is_still_taken_out() {
        check(false, &[r#"{"n":"\u0"#, r#"061nn"}"#], &[r#"{"n":""#, r#"ann"}"#]);
    }

    #[test]
    fn what_is_held_at_the_end_is_told() {
        check(false, &[r#"{"n":"\u0"#], &[r#"{"n":""#, r"\u0"]);
    }

    #[test]
    fn the_input_of_a_free_form_tool_is_left_alone() {
        check(true, &[r"C:\u0061"], &[r"C:\u0061"]);
    }
}
