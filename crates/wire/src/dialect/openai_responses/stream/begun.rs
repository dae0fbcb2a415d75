//! An item of a stream that was begun: which text of it was given, and in which blocks.

use crate::answer::{Channel, Event, Opened};
use crate::call::ReasoningBlock;
use crate::dialect::Garbled;
use crate::dialect::openai_responses::read::{ITEMS_MAX, Item, Part, logprobs};
use crate::json::Value;
use crate::text::Text;

/// The most bytes of text that one answer may have; they are kept to be compared.
const TEXT_BYTES_MAX: usize = 64 * 1024 * 1024;

/// What was given so far.
#[derive(Debug, Default)]
pub(super) struct Given {
    /// How many blocks were opened.
    blocks: u32,
    /// Bytes of text.
    bytes: usize,
}

impl Given {
    /// Opens the next block.
    fn open(&mut self, kind: Opened, events: &mut Vec<Event>) -> Result<u32, Garbled> {
        let block = self.blocks;
        self.blocks = block.checked_add(1).ok_or_else(|| broken("too many blocks"))?;
        events.push(Event::Open { choice: 0, block, kind });
        Ok(block)
    }
}

pub(super) fn broken(why: &str) -> Garbled {
    Garbled(why.to_owned())
}

/// An item that was begun.
#[derive(Debug)]
pub(super) struct Begun {
    pub(super) output_index: u32,
    /// Whether it was told whole.
    pub(super) done: bool,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Message { parts: Vec<Said> },
    Reasoning(Reasoned),
    Call { said: Said, custom: bool },
}

/// Reasoning, whose texts of both kinds share blocks.
#[derive(Debug)]
struct Reasoned {
    id: Option<String>,
    /// The block that is or was open last.
    block: u32,
    open: bool,
    summary: Vec<Said>,
    content: Vec<Said>,
}

/// Text that was given, and the block it was given in.
#[derive(Debug)]
pub(super) struct Said {
    block: u32,
    channel: Channel,
    text: Text,
    annotations: usize,
    open: bool,
}

impl Begun {
    /// Begins an item; what it says is not given yet.
    pub(super) fn new(
        output_index: u32,
        item: &Item,
        given: &mut Given,
        events: &mut Vec<Event>,
    ) -> Result<Self, Garbled> {
        let kind = match item {
            Item::Message { .. } => Kind::Message { parts: Vec::new() },
            Item::Reasoning(blocks) => {
                let id = blocks.first().and_then(|block| block.id.clone());
                let block = given.open(Opened::Reasoning { id: id.clone() }, events)?;
                Kind::Reasoning(Reasoned { id, block, open: true, summary: Vec::new(), content: Vec::new() })
            }
            Item::Call { call_id, name, custom, .. } => {
                let kind = Opened::ToolCall { id: call_id.clone(), name: name.clone(), custom: *custom };
                let block = given.open(kind, events)?;
                Kind::Call { said: Said::new(block, Channel::Arguments), custom: *custom }
            }
        };
        Ok(Self { output_index, done: false, kind })
    }

    /// Whether it is a tool call.
    pub(super) fn is_call(&self) -> bool {
        matches!(self.kind, Kind::Call { .. })
    }

    /// Gives what `item`, told whole, adds to what was given.
    pub(super) fn settle(
        &mut self,
        item: Item,
        is_done: bool,
        given: &mut Given,
        events: &mut Vec<Event>,
    ) -> Result<(), Garbled> {
        if self.done {
            return Err(broken("an item was done twice"));
        }
        self.done = is_done;
        match (&mut self.kind, item) {
            (Kind::Message { .. }, Item::Message { parts }) => {
                for (index, part) in parts.into_iter().enumerate() {
                    self.settle_part(index, part, is_done, given, events)?;
                }
            }
            (Kind::Reasoning(reasoned), Item::Reasoning(blocks)) => {
                reasoned.settle(blocks, is_done, given, events)?;
            }
            (Kind::Call { said, custom: known }, Item::Call { arguments, custom, .. }) if *known == custom => {
                said.tell_rest(&arguments, None, given, events)?;
            }
            _ => return Err(broken("an item changed its type")),
        }
        if is_done {
            self.close(events);
        }
        Ok(())
    }

    /// Gives what a part of a message, told whole, adds to what was given.
    pub(super) fn settle_part(
        &mut self,
        index: usize,
        part: Part,
        is_done: bool,
        given: &mut Given,
        events: &mut Vec<Event>,
    ) -> Result<(), Garbled> {
        let channel = if part.is_refusal { Channel::Refusal } else { Channel::Text };
        let said = self.said(channel, index, given, events)?;
        let tokens = if said.text.is_empty() { logprobs(part.tokens) } else { None };
        said.tell_rest(&part.text, tokens, given, events)?;
        for value in part.annotations.into_iter().skip(said.annotations) {
            said.annotate(value, events)?;
        }
        if is_done {
            said.close(events);
        }
        Ok(())
    }

    /// The text with this number in its item, begun here if it is the next.
    pub(super) fn said(
        &mut self,
        channel: Channel,
        index: usize,
        given: &mut Given,
        events: &mut Vec<Event>,
    ) -> Result<&mut Said, Garbled> {
        let list = match (&mut self.kind, channel) {
            (Kind::Call { said, .. }, Channel::Arguments) => return Ok(said),
            (Kind::Reasoning(reasoned), Channel::Summary | Channel::Reasoning) => {
                return reasoned.said(channel, index, given, events);
            }
            (Kind::Message { parts }, Channel::Text | Channel::Refusal) => parts,
            _ => return Err(broken("text of a kind that its item does not have")),
        };
        if index == list.len() && index < ITEMS_MAX {
            let kind = if channel == Channel::Text { Opened::Text } else { Opened::Refusal };
            list.push(Said::new(given.open(kind, events)?, channel));
        }
        let said = list.get_mut(index).ok_or_else(|| broken("a part out of order"))?;
        if said.channel == channel { Ok(said) } else { Err(broken("a part changed its type")) }
    }

    /// Closes what is open.
    pub(super) fn close(&mut self, events: &mut Vec<Event>) {
        match &mut self.kind {
            Kind::Message { parts } => parts.iter_mut().for_each(|said| said.close(events)),
            Kind::Call { said, .. } => said.close(events),
            Kind::Reasoning(reasoned) => reasoned.close(events),
        }
    }
}

impl Reasoned {
    /// Only a finished item's seal is the one to keep: one that was just begun may have another.
    fn settle(
        &mut self,
        blocks: Vec<ReasoningBlock>,
        is_done: bool,
        given: &mut Given,
        events: &mut Vec<Event>,
    ) -> Result<(), Garbled> {
        let (mut summaries, mut texts, mut seal) = (0, 0, None);
        for block in blocks {
            for text in block.summary {
                self.said(Channel::Summary, summaries, given, events)?.tell_rest(&text, None, given, events)?;
                summaries += 1;
            }
            if let Some(text) = block.text {
                self.said(Channel::Reasoning, texts, given, events)?.tell_rest(&text, None, given, events)?;
                texts += 1;
            }
            seal = block.sealed.or(seal);
        }
        if let (true, Some(text)) = (is_done, seal) {
            events.push(Event::Seal { choice: 0, block: self.block, sealed: true, text });
        }
        Ok(())
    }

    fn said(
        &mut self,
        channel: Channel,
        index: usize,
        given: &mut Given,
        events: &mut Vec<Event>,
    ) -> Result<&mut Said, Garbled> {
        let list = if channel == Channel::Summary { &self.summary } else { &self.content };
        if index == list.len() && index < ITEMS_MAX {
            // A block holds one text of a kind; a further one opens a block of the same id.
            if list.last().is_some_and(|last| last.block == self.block) {
                self.close(events);
                self.summary.iter_mut().chain(&mut self.content).for_each(|said| said.open = false);
                self.block = given.open(Opened::Reasoning { id: self.id.clone() }, events)?;
                self.open = true;
            }
            let said = Said::new(self.block, channel);
            if channel == Channel::Summary { self.summary.push(said) } else { self.content.push(said) }
        }
        let list = if channel == Channel::Summary { &mut self.summary } else { &mut self.content };
        list.get_mut(index).ok_or_else(|| broken("a part out of order"))
    }

    fn close(&mut self, events: &mut Vec<Event>) {
        if std::mem::take(&mut self.open) {
            events.push(Event::Close { choice: 0, block: self.block });
        }
    }
}

impl Said {
    fn new(block: u32, channel: Channel) -> Self {
        Self { block, channel, text: Text::default(), annotations: 0, open: true }
    }

    /// Gives more text.
    pub(super) fn tell(
        &mut self,
        text: &str,
        logprobs: Option<Value>,
        given: &mut Given,
        events: &mut Vec<Event>,
    ) -> Result<(), Garbled> {
        if !self.open {
            return Err(broken("text of a part that was done"));
        }
        given.bytes = given.bytes.saturating_add(text.len());
        if given.bytes > TEXT_BYTES_MAX {
            return Err(Garbled(format!("the answer is larger than {TEXT_BYTES_MAX} bytes")));
        }
        self.text.push_str(text);
        let (block, channel) = (self.block, self.channel);
        events.push(Event::Delta { choice: 0, block, channel, text: Text::new(text), logprobs });
        Ok(())
    }

    /// Gives what `whole` adds. Engines trim words in one telling and not in the other; arguments must be the same.
    pub(super) fn tell_rest(
        &mut self,
        whole: &str,
        logprobs: Option<Value>,
        given: &mut Given,
        events: &mut Vec<Event>,
    ) -> Result<(), Garbled> {
        match whole.strip_prefix(self.text.as_str()) {
            Some("") => Ok(()),
            Some(rest) => self.tell(rest, logprobs, given, events),
            None if self.channel != Channel::Arguments && whole.trim() == self.text.trim() => Ok(()),
            None => Err(broken("a text differs from its deltas")),
        }
    }

    pub(super) fn annotate(&mut self, value: Value, events: &mut Vec<Event>) -> Result<(), Garbled> {
        if !self.open {
            return Err(broken("an annotation of a part that was done"));
        }
        self.annotations += 1;
        events.push(Event::Annotate { choice: 0, block: self.block, value });
        Ok(())
    }

    fn close(&mut self, events: &mut Vec<Event>) {
        if std::mem::take(&mut self.open) {
            events.push(Event::Close { choice: 0, block: self.block });
        }
    }
}
