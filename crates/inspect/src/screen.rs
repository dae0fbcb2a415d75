//! Screening of an answer while it streams: nothing of a cut or masked span leaves before the verdict.
//!
//! The text waits in a buffer behind a stretch that is already decided and only gives context. After each chunk the
//! buffer is read, and the earliest place is asked from which a span may still be under way ([`Reader::open`]); what
//! is before it is decided and goes out, what is after it waits. Because every detector of spans looks only a bounded way to the
//! left, and to the right only as far as what waits, the result does not depend on how the text was cut into chunks.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use crate::reader::{Manner, Reader};
use crate::scan::{Hit, Tail};
use crate::tagger;
use crate::text::is_base64;
use crate::{Canary, Channel, Class, Finding, Level, Settings};

/// What an answer may not contain. Selectors are classes or prefixes (`secret`, `pii.email`, `*`).
///
/// Only classes that are a span have the guarantee; `docs/inspection.md` lists those that need the whole answer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ScreenRules {
    /// Classes at which the answer ends.
    pub cut: BTreeSet<String>,
    /// Classes that are replaced by `[class]`. What is in both sets is cut.
    pub mask: BTreeSet<String>,
}

/// Whether the answer may go on.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum Verdict {
    /// So far nothing that must not be released.
    Go,
    /// A class that must not be released: the stream ends here.
    Cut {
        /// The class that was found.
        class: Class,
    },
}

/// The state of one streamed text.
pub struct Screen {
    reader: Arc<Reader>,
    settings: Arc<Settings>,
    rules: ScreenRules,
    /// Whether the rules guard names, or patients, whom names tell.
    names: bool,
    canary: Option<Canary>,
    /// Decided text for context, then what waits.
    buffer: String,
    /// How much of the buffer is decided.
    decided: usize,
    /// Where the buffer begins in the whole text.
    offset: usize,
    /// A span without a longest length is under way: what continues it is part of it.
    tail: Option<(Tail, Fate)>,
    /// Below this length of the buffer a chunk that only continues a run is not worth a reading.
    next_read: usize,
    cut: Option<Class>,
    findings: Vec<Finding>,
    counts: BTreeMap<Class, u32>,
    level: Level,
}

/// What happens to a span.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Pass,
    Mask,
    Cut,
}

impl Screen {
    pub(crate) fn new(reader: Arc<Reader>, settings: Arc<Settings>, rules: ScreenRules) -> Self {
        let guarded = |class: &'static str| {
            let class = Class::built_in(class);
            rules.cut.iter().chain(&rules.mask).any(|selector| class.is_in(selector))
        };
        let names = tagger::CLASSES.iter().any(|class| guarded(class)) || guarded("phi.patient");
        Self {
            reader,
            settings,
            rules,
            names,
            canary: None,
            buffer: String::new(),
            decided: 0,
            offset: 0,
            tail: None,
            next_read: 0,
            cut: None,
            findings: Vec::new(),
            counts: BTreeMap::new(),
            level: Level::Public,
        }
    }

    pub(crate) fn with_canary(self, canary: Canary) -> Self {
        Self { canary: Some(canary), ..self }
    }

    /// Takes the next text and appends to `released` what may go out. After a cut nothing more does.
    pub fn push(&mut self, text: &str, released: &mut String) -> Verdict {
        if self.cut.is_none() {
            self.buffer.push_str(text);
            self.follow_tail(released);
            if self.is_plain() {
                self.pass_plain(released);
            } else if self.is_worth_reading(text) {
                self.decide(false, released);
            }
        }
        self.verdict()
    }

    /// The text has ended: appends the rest that may go out.
    pub fn finish(&mut self, released: &mut String) -> Verdict {
        if self.cut.is_none() {
            self.decide(true, released);
        }
        self.verdict()
    }

    /// What was found so far; places are bytes of the whole text that was pushed. At most [`crate::Limits::findings_max`].
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// How many findings of each class, those beyond the limit too.
    #[must_use]
    pub fn counts(&self) -> &BTreeMap<Class, u32> {
        &self.counts
    }

    /// The highest level among the classes found so far and their combinations.
    #[must_use]
    pub fn level(&self) -> Level {
        self.level.max(self.settings.level_of_all(&self.counts))
    }

    /// How many bytes of what was pushed have been decided: released, or replaced.
    #[must_use]
    pub fn decided_bytes(&self) -> usize {
        self.offset + self.decided
    }

    fn verdict(&self) -> Verdict {
        self.cut.clone().map_or(Verdict::Go, |class| Verdict::Cut { class })
    }

    /// Lets the bytes that continue a long span share its fate.
    fn follow_tail(&mut self, released: &mut String) {
        let Some((tail, fate)) = self.tail else { return };
        let (before, waiting) = self.buffer.split_at_checked(self.decided).unwrap_or_default();
        let ends = tail.extends(before, waiting);
        let length = ends.unwrap_or(waiting.len());
        if fate == Fate::Pass {
            released.push_str(waiting.get(..length).unwrap_or(""));
        }
        if let Some(finding) = self.findings.last_mut() {
            finding.end += length;
        }
        self.decided += length;
        if ends.is_some() {
            self.tail = None;
        }
        self.forget();
    }

    /// Whether all that waits is small letters and spaces. No detector of spans finds anything in those alone: a name has
    /// capitals, a secret digits or signs, an address its `@` or its points between letters.
    fn is_plain(&self) -> bool {
        let is_plain = |byte: u8| byte.is_ascii_lowercase() || matches!(byte, b' ' | b'\n' | b',');
        let decided = self.buffer.as_bytes().get(..self.decided).unwrap_or(&[]);
        let after_space = decided.last().is_none_or(|byte| *byte <= b' ');
        // After a sign, or in quotes, small letters may be a password.
        let said = decided.iter().rev().take(SIGN_REACH_BYTES).find(|byte| **byte > b' ').copied();
        let after_word =
            said.is_none_or(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b',' | b';' | b'!' | b')'));
        self.tail.is_none()
            && !self.reader.has_own()
            && self.canary.is_none()
            && after_space
            && after_word
            && !decided.iter().rev().take(OPTION_REACH_BYTES).any(|byte| *byte == b'-')
            && self.buffer.bytes().skip(self.decided).all(is_plain)
            && (!self.names || tagger::is_quiet(&self.buffer, self.decided))
    }

    /// Releases plain text up to its last word, or, where names are guarded, its last two: the last may grow into a name,
    /// which the one before may belong to.
    fn pass_plain(&mut self, released: &mut String) {
        let bytes = self.buffer.as_bytes();
        let space = |end: usize| bytes.get(..end).unwrap_or(&[]).iter().rposition(|byte| *byte <= b' ');
        let word = |end: usize| bytes.get(..end).unwrap_or(&[]).iter().rposition(u8::is_ascii_lowercase);
        let last_space = space(bytes.len());
        let before = if self.names { last_space.and_then(word).and_then(space) } else { last_space };
        let last = before.map_or(self.decided, |at| at + 1);
        released.push_str(self.buffer.get(self.decided..last).unwrap_or(""));
        self.decided = self.decided.max(last);
        self.forget();
    }

    /// Reading costs as much as the buffer is long. A run that grows by small chunks is read when it has grown by half.
    fn is_worth_reading(&self, text: &str) -> bool {
        let ends_run = text.bytes().any(|byte| byte <= b' ' || byte >= 0xe0);
        self.tail.is_none() && (ends_run || self.buffer.len() >= self.next_read)
    }

    /// Reads the buffer, releases what is decided and notes what was found in it.
    fn decide(&mut self, is_end: bool, released: &mut String) {
        let manner =
            Manner { channel: Channel::Answer, whole: false, run_bytes_max: HOLD_BYTES_MAX, names: self.names };
        let mut hits = self.reader.read_as(&self.buffer, manner).hits;
        if let Some(canary) = &self.canary {
            hits.extend(canary.hits(&self.buffer));
            hits.sort_by_key(|hit| (hit.start, std::cmp::Reverse(hit.end)));
        }
        hits.retain(|hit| hit.start >= self.decided);
        let safe = self.safe(&hits, is_end);
        self.release(&hits, safe, released);
        if self.cut.is_some() {
            return;
        }
        let waiting = self.buffer.len() - self.decided;
        self.next_read = if waiting > READ_ALWAYS_BYTES { self.buffer.len() + waiting / 2 } else { 0 };
        self.forget();
    }

    /// Up to where the buffer is decided: before whatever is still under way, and dividing no finding.
    fn safe(&self, hits: &[Hit], is_end: bool) -> usize {
        let end = self.buffer.len();
        // A span without a longest length that has grown too long is sure by now, and takes everything to the end with it.
        if is_end || hits.iter().any(|hit| hit.end == end && is_overlong(hit)) {
            return end;
        }
        let growing =
            hits.iter().filter(|hit| hit.end == end && hit.tail.is_some()).map(|hit| hit.start).min().unwrap_or(end);
        let spelling = self.canary.as_ref().map_or(end, |canary| canary.open(&self.buffer));
        let safe =
            settled(hits, self.reader.open(&self.buffer, self.names).min(growing).min(spelling).max(self.decided));
        if end - safe <= HOLD_BYTES_MAX {
            return safe;
        }
        // More waits than is ever held, and no span with a longest length is so long. A run that may yet be decoded waits on.
        let encoded = self.buffer.bytes().rev().take_while(|byte| is_base64(*byte)).count();
        let run = if encoded <= HOLD_BYTES_MAX { end - encoded } else { end };
        let bounded = (0..=end - SPAN_BYTES_MAX).rev().find(|at| self.buffer.is_char_boundary(*at)).unwrap_or(0);
        settled(hits, bounded.min(run).min(growing).max(safe))
    }

    /// Releases up to `safe`, with masked spans replaced; ends at a span that is cut.
    fn release(&mut self, hits: &[Hit], safe: usize, released: &mut String) {
        let mut at = self.decided;
        for hit in hits.iter().filter(|hit| hit.end <= safe) {
            let fate = self.fate(hit);
            self.note(hit);
            if hit.end == self.buffer.len() && is_overlong(hit) {
                self.tail = hit.tail.map(|tail| (tail, fate)).or(self.tail);
            }
            if fate == Fate::Pass {
                continue;
            }
            if hit.start >= at {
                released.push_str(self.buffer.get(at..hit.start).unwrap_or(""));
            }
            match fate {
                Fate::Cut => {
                    self.cut = Some(hit.class.clone());
                    self.offset += self.decided;
                    self.decided = 0;
                    self.buffer.clear();
                    return;
                }
                Fate::Mask if hit.start >= at => {
                    released.push('[');
                    released.push_str(hit.class.as_str());
                    released.push(']');
                }
                Fate::Mask | Fate::Pass => {}
            }
            at = at.max(hit.end);
        }
        if at < safe {
            released.push_str(self.buffer.get(at..safe).unwrap_or(""));
        }
        self.decided = at.max(safe);
    }

    fn fate(&self, hit: &Hit) -> Fate {
        let is_in = |selectors: &BTreeSet<String>| selectors.iter().any(|selector| hit.class.is_in(selector));
        // What could not be read to its end is not let through a screen that guards anything.
        let is_guarded = !(self.rules.cut.is_empty() && self.rules.mask.is_empty());
        match () {
            () if is_in(&self.rules.cut) => Fate::Cut,
            () if is_in(&self.rules.mask) || is_overlong(hit) && is_guarded => Fate::Mask,
            () => Fate::Pass,
        }
    }

    fn note(&mut self, hit: &Hit) {
        let count = self.counts.entry(hit.class.clone()).or_default();
        *count = count.saturating_add(1);
        self.level = self.level.max(self.settings.level_of(&hit.class));
        if self.findings.len() < self.settings.limits.findings_max {
            let (start, end) = (hit.start + self.offset, hit.end + self.offset);
            self.findings.push(Finding {
                piece: 0,
                start,
                end,
                class: hit.class.clone(),
                confidence: hit.confidence,
                detector: hit.detector,
            });
        }
    }

    /// Drops decided text that no detector looks back to.
    fn forget(&mut self) {
        if self.decided > CONTEXT_BYTES + FORGET_BYTES {
            let keep =
                (0..=self.decided - CONTEXT_BYTES).rev().find(|at| self.buffer.is_char_boundary(*at)).unwrap_or(0);
            self.buffer.drain(..keep);
            self.decided -= keep;
            self.offset += keep;
            self.next_read = self.next_read.saturating_sub(keep);
        }
    }
}

/// `safe`, moved back so that it divides no finding.
fn settled(hits: &[Hit], safe: usize) -> usize {
    let mut settled = safe;
    loop {
        let crossing = hits.iter().filter(|hit| hit.start < settled && settled < hit.end);
        match crossing.map(|hit| hit.start).min() {
            Some(start) => settled = start,
            None => return settled,
        }
    }
}

/// Whether a span that has no longest length is longer than is ever held.
fn is_overlong(hit: &Hit) -> bool {
    hit.tail.is_some() && hit.end - hit.start > HOLD_BYTES_MAX
}

/// Shows sizes only.
impl fmt::Debug for Screen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Screen({} bytes decided, {} wait, {} findings)",
            self.decided_bytes(),
            self.buffer.len() - self.decided,
            self.findings.len()
        )
    }
}

/// How much is held before a span that does not end is taken for endless. A run of encoded bytes is decoded up to this length.
const HOLD_BYTES_MAX: usize = 4096;
/// The longest span that has a longest length (the target of a link), and what it looks at to its right.
const SPAN_BYTES_MAX: usize = 2304;
/// How far to the left any detector of spans looks, with room.
const CONTEXT_BYTES: usize = 640;
/// How much space may stand between a sign and its value.
const SIGN_REACH_BYTES: usize = 20;
/// How far behind the dash of an option its value may stand.
const OPTION_REACH_BYTES: usize = 64;
/// Context is dropped in strides.
const FORGET_BYTES: usize = 160;
/// Up to so many waiting bytes every chunk is read.
const READ_ALWAYS_BYTES: usize = 256;
