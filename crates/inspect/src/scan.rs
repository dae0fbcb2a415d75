//! One reading of one text by all detectors: literals first, then digits, `@` and `:`, then what needs both.

use crate::Channel;
use crate::Class;
use crate::detect::context::Context;
use crate::detect::{self, Action};
use crate::gate::Gate;
use crate::injection::Cue;
use crate::normal::is_invisible;
use crate::tagger;
use crate::text::Text;

/// Something found in the text that was scanned.
#[derive(Clone)]
pub(crate) struct Hit {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) class: Class,
    pub(crate) confidence: f32,
    pub(crate) detector: &'static str,
    /// How the span goes on if the text does, for spans without a longest length.
    pub(crate) tail: Option<Tail>,
}

/// How a span without a longest length goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tail {
    /// As long as these bytes come: letters, digits, `-`, `_`, `.`
    Token,
    /// As long as these bytes come: base64 of either alphabet, `=`.
    Encoded,
    /// To the end of the closing line, or as long as bytes of an armoured body come.
    Armour,
}

/// A word that gives meaning to a number nearby.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    Ssn,
    Phone,
    Card,
    Version,
    Clinical,
    Aws,
    /// What rot13 makes of a telling word.
    Turned,
    /// The type of a FHIR resource that is a person.
    Fhir,
}

/// What to look for and how far: all that a scan needs beyond the text.
pub(crate) struct Lexicon {
    pub(crate) gate: Gate,
    pub(crate) actions: Vec<Action>,
}

/// A scan under way.
pub(crate) struct Scan<'t> {
    pub(crate) text: Text<'t>,
    pub(crate) source: &'t str,
    pub(crate) channel: Channel,
    /// Whether the whole text is here. In a stream only what stands to the left of a span may decide about it.
    pub(crate) whole: bool,
    /// Whether the tagger looks for names, too.
    pub(crate) names: bool,
    pub(crate) hits: Vec<Hit>,
    pub(crate) cues: Vec<Cue>,
    /// Up to where armour has been read: a text full of headers is read once.
    pub(crate) armour_end: usize,
    marks: Vec<(usize, Mark)>,
    /// Words near numbers, as far as they have been read.
    pub(crate) context: Context,
}

impl Lexicon {
    pub(crate) fn new() -> Self {
        let (literals, actions): (Vec<_>, Vec<_>) = detect::lexicon().into_iter().unzip();
        Self { gate: Gate::new(&literals), actions }
    }
}

impl<'t> Scan<'t> {
    pub(crate) fn new(text: &'t str, channel: Channel, whole: bool) -> Self {
        Self {
            text: Text::new(text),
            source: text,
            channel,
            whole,
            names: true,
            hits: Vec::new(),
            cues: Vec::new(),
            armour_end: 0,
            marks: Vec::new(),
            context: Context::default(),
        }
    }

    /// Runs every detector that reads spans.
    pub(crate) fn run(&mut self, lexicon: &Lexicon) {
        let mut literals: Vec<(usize, Action)> = Vec::new();
        lexicon.gate.each(self.text.bytes(), |start, index| {
            if let Some(action) = lexicon.actions.get(index) {
                match action {
                    Action::Mark(mark) => self.marks.push((start, *mark)),
                    Action::Cue(group, length) => {
                        self.cues.push(Cue { start, end: start + usize::from(*length), group: *group });
                    }
                    action => literals.push((start, *action)),
                }
            }
        });
        // The gate reports by its anchors, which stand at different places in their literals.
        self.marks.sort_unstable_by_key(|(at, _)| *at);
        for (start, action) in literals {
            detect::act(self, start, action);
        }
        detect::numbers(self);
        detect::signs(self);
        if self.names {
            tagger::names(self);
        }
        detect::combine(self);
    }

    pub(crate) fn hit(
        &mut self,
        start: usize,
        end: usize,
        class: &'static str,
        confidence: f32,
        detector: &'static str,
    ) {
        self.hits.push(Hit { start, end, class: Class::built_in(class), confidence, detector, tail: None });
    }

    pub(crate) fn open_hit(
        &mut self,
        start: usize,
        end: usize,
        class: &'static str,
        detector: &'static str,
        tail: Tail,
    ) {
        self.hits.push(Hit { start, end, class: Class::built_in(class), confidence: 0.95, detector, tail: Some(tail) });
    }

    /// Where marks of this kind stand, in order.
    pub(crate) fn marks(&self, mark: Mark) -> Vec<usize> {
        self.marks.iter().filter(|(_, other)| *other == mark).map(|(at, _)| *at).collect()
    }

    /// Whether a mark begins within `reach` bytes before `at`.
    pub(crate) fn is_marked(&self, mark: Mark, at: usize, reach: usize) -> bool {
        self.marked_between(mark, at.saturating_sub(reach), at)
    }

    /// Whether a mark begins within `reach` bytes after `at`; never in a stream.
    pub(crate) fn is_marked_after(&self, mark: Mark, at: usize, reach: usize) -> bool {
        self.whole && self.marked_between(mark, at, at.saturating_add(reach))
    }

    fn marked_between(&self, mark: Mark, start: usize, end: usize) -> bool {
        let first = self.marks.partition_point(|(at, _)| *at < start);
        self.marks
            .iter()
            .skip(first)
            .take_while(|(at, _)| *at < end)
            .take(MARKS_READ_MAX)
            .any(|(_, other)| *other == mark)
    }
}

impl Tail {
    /// How many bytes of `text`, which follows the span `before`, still belong to it; `None` if all of them do and more may.
    pub(crate) fn extends(self, before: &str, text: &str) -> Option<usize> {
        match self {
            Self::Token => {
                text.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') || is_invisible(c)))
            }
            Self::Encoded => text.find(|c: char| {
                !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '+' | '/' | '=') || is_invisible(c))
            }),
            Self::Armour => detect::armour_ends(before, text),
        }
    }
}

/// How many marks are read to find one of a kind: bounds the work in a text made of marks.
const MARKS_READ_MAX: usize = 16;
