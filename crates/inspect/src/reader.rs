//! Reads one text in all its forms: as written, normalised, and with encodings undone; places refer to what was given.

use std::ops::Range;

use crate::custom::Own;
use crate::decode::{self, Run};
use crate::exact::words::Words;
use crate::exception::Exceptions;
use crate::injection::{Score, Scorer, Trained};
use crate::normal::{Unseen, UnseenKind, is_invisible, normalise};
use crate::scan::{Hit, Lexicon, Mark, Scan, Tail};
use crate::text::{Text, is_base64};
use crate::view::View;
use crate::{Channel, Class, Documents, Limits, Records, Settings, detect, recode, tagger};

/// Everything that is needed to read a text.
pub(crate) struct Reader {
    lexicon: Lexicon,
    own: Own,
    records: Vec<Records>,
    documents: Vec<Documents>,
    exceptions: Exceptions,
    scorer: Box<dyn Scorer>,
    answer_hosts: Vec<String>,
    limits: Limits,
}

/// What a text holds. Places are bytes of the text that was given.
#[derive(Default)]
pub(crate) struct Reading {
    pub(crate) hits: Vec<Hit>,
    /// The names of exceptions that were used, one for each finding that is none.
    pub(crate) excepted: Vec<String>,
    pub(crate) injection: Score,
}

/// How a text is to be read.
#[derive(Clone, Copy)]
pub(crate) struct Manner {
    pub(crate) channel: Channel,
    /// The whole text is here; otherwise it is a part of a stream and only spans are looked for.
    pub(crate) whole: bool,
    /// Longest run of encoded bytes that is decoded. In a stream a longer one is `opaque.text` to its end.
    pub(crate) run_bytes_max: usize,
    /// Whether the tagger looks for names, too: the dearest of all detectors, which a stream asks only where its rules guard them.
    pub(crate) names: bool,
}

/// A reading under way.
struct Pass<'r> {
    reader: &'r Reader,
    manner: Manner,
    /// The text as it was given.
    text: &'r str,
    reading: Reading,
    budget: usize,
}

type ToSource<'a> = &'a dyn Fn(Range<usize>) -> Range<usize>;

impl Reader {
    pub(crate) fn new(own: Own, exceptions: Exceptions, settings: &Settings) -> Self {
        Self {
            lexicon: Lexicon::new(),
            own,
            records: settings.records.clone(),
            documents: settings.documents.clone(),
            exceptions,
            scorer: Box::new(Trained),
            answer_hosts: settings.answer_hosts.clone(),
            limits: settings.limits.clone(),
        }
    }

    /// Reads a text for calls: everything, up to the limits.
    pub(crate) fn read(&self, text: &str, channel: Channel) -> Reading {
        self.read_as(text, Manner { channel, whole: true, run_bytes_max: usize::MAX, names: true })
    }

    pub(crate) fn read_as(&self, text: &str, manner: Manner) -> Reading {
        let mut pass =
            Pass { reader: self, manner, text, reading: Reading::default(), budget: self.limits.decode_bytes_max };
        if text.is_ascii() {
            pass.view(&View::same(text, 0), 0, &|place| place);
        } else {
            let normal = normalise(text, 0);
            pass.unseen(&normal.unseen);
            if let Some((hidden, place)) = normal.hidden.filter(|_| manner.whole) {
                pass.view(&View::whole(hidden, place), 1, &|place| place);
            }
            pass.view(&normal.view, 0, &|place| place);
        }
        self.except(text, &mut pass.reading);
        tidy(&mut pass.reading.hits);
        pass.reading
    }

    /// Takes out what an exception covers. A span that may still grow is not judged yet.
    fn except(&self, text: &str, reading: &mut Reading) {
        if self.exceptions.is_empty() {
            return;
        }
        let excepted = &mut reading.excepted;
        reading.hits.retain(|hit| {
            let value = text.get(hit.start..hit.end).filter(|_| hit.tail.is_none());
            match value.and_then(|value| self.exceptions.covering(&hit.class, value)) {
                Some(name) => {
                    excepted.push(name.to_owned());
                    false
                }
                None => true,
            }
        });
    }

    /// Values of the organisation's records and passages of its documents.
    fn organisation(&self, text: &str, hits: &mut Vec<Hit>) {
        if self.records.is_empty() && self.documents.is_empty() {
            return;
        }
        let words = Words::new(text);
        let mut push = |class: &str, places: Vec<Range<usize>>, detector| {
            hits.extend(places.into_iter().map(|place| Hit {
                start: place.start,
                end: place.end,
                class: Class::new(class),
                confidence: 1.0,
                detector,
                tail: None,
            }));
        };
        for records in &self.records {
            push(&records.class, records.index.find(&words), "records");
        }
        for documents in &self.documents {
            push(&documents.class, documents.index.find(&words), "documents");
        }
    }

    /// Whether the organisation has detectors of its own.
    pub(crate) fn has_own(&self) -> bool {
        !self.own.is_empty()
    }

    /// From where on, in a part of a stream, a span may still be under way: before it everything is decided.
    pub(crate) fn open(&self, text: &str, names: bool) -> usize {
        if text.is_ascii() {
            return self.open_view(&View::same(text, 0), 0, names);
        }
        let unseen: usize = text.chars().rev().take_while(|c| is_invisible(*c)).map(char::len_utf8).sum();
        self.open_view(&normalise(text, 0).view, 0, names).min(text.len() - unseen)
    }

    fn open_view(&self, view: &View<'_>, depth: u8, names: bool) -> usize {
        let open = self.open_text(&view.text, depth, names);
        view.source(open..open).start
    }

    fn open_text(&self, text: &str, depth: u8, names: bool) -> usize {
        let open = self.open_decoded(text, depth, names);
        // An escape that is not complete may read as something else than it will be.
        let before_escape = decode::open_escape(Text::new(text)).and_then(|at| text.get(..at));
        before_escape.map_or(open, |before| open.min(self.open_decoded(before, depth, names)))
    }

    fn open_decoded(&self, text: &str, depth: u8, names: bool) -> usize {
        let open = self.open_spans(text, names);
        if depth >= self.limits.decode_depth_max {
            return open;
        }
        let last = decode::escapes(text)
            .pop()
            .filter(|inner| inner.source(inner.text.len()..inner.text.len()).end >= text.len());
        open.min(last.map_or(text.len(), |inner| self.open_view(&inner, depth + 1, names)))
    }

    fn open_spans(&self, text: &str, names: bool) -> usize {
        let bytes = Text::new(text);
        let spans = [
            open_run(bytes),
            detect::open_chain(bytes),
            detect::open_code(bytes),
            detect::open_date(bytes),
            detect::open_segment(bytes),
            detect::open_resource_name(bytes),
            detect::open_track(bytes),
            detect::open_iban(bytes),
            detect::open_armour(bytes),
            detect::open_link(bytes),
            detect::open_template(bytes),
            detect::open_name(bytes),
            if names { tagger::open_names(text) } else { text.len() },
        ];
        spans.into_iter().min().unwrap_or(0).min(self.own.open(text))
    }
}

impl Pass<'_> {
    /// Scans a view and whatever is encoded in it. At depth 0 everything counts, further down only what was not there
    /// to be read before.
    fn view(&mut self, view: &View<'_>, depth: u8, to_source: ToSource<'_>) {
        let mut scan = Scan::new(&view.text, self.manner.channel, self.manner.whole);
        scan.names = self.manner.names;
        scan.run(&self.reader.lexicon);
        if self.manner.channel == Channel::Answer && !self.reader.answer_hosts.is_empty() {
            detect::strange_hosts(&mut scan, &self.reader.answer_hosts, &|place| view.is_rewritten(place));
        }
        self.reader.own.find(&view.text, &mut scan.hits);
        if self.manner.whole {
            self.reader.organisation(&view.text, &mut scan.hits);
        }
        if depth == 0
            && self.manner.whole
            && let Some((place, language)) = detect::source_code(scan.text)
        {
            scan.hit(place.start, place.end, "code.source", 0.8, language);
        }
        let turned = if self.manner.whole { scan.marks(Mark::Turned) } else { Vec::new() };
        for mut hit in scan.hits {
            // What gives a value its meaning may have been what was encoded.
            if depth > 0 && !view.is_rewritten(hit.start.saturating_sub(CONTEXT_BYTES)..hit.end) {
                continue;
            }
            let place = to_source(view.source(hit.start..hit.end));
            (hit.start, hit.end) = (place.start, place.end);
            self.extend(&mut hit);
            self.reading.hits.push(hit);
        }
        if self.manner.whole {
            let score = self.reader.scorer.score(&view.text, self.manner.channel, &mut scan.cues);
            if score.value > self.reading.injection.value {
                self.reading.injection = Score { value: score.value, place: to_source(view.source(score.place)) };
            }
        }
        self.deeper(view, depth, to_source);
        if self.manner.whole && depth < self.reader.limits.decode_depth_max {
            self.recoded(view, depth, turned, to_source);
        }
    }

    /// Undoes what only the whole text shows: rot13, spelling, spaced bytes, quoted-printable.
    fn recoded(&mut self, view: &View<'_>, depth: u8, turned: Vec<usize>, to_source: ToSource<'_>) {
        let inner_to_source = |place: Range<usize>| to_source(view.source(place));
        // Turned twice is as it was.
        let turned = if view.is_recoded() { Vec::new() } else { recode::turned(&view.text, turned.into_iter()) };
        let views = turned.into_iter().chain(recode::spelt_apart(&view.text)).chain(recode::quoted(&view.text));
        for inner in views {
            let place = inner_to_source(inner.source(0..inner.text.len()));
            if self.spend(inner.text.len(), place) {
                self.view(&inner, depth + 1, &inner_to_source);
            }
        }
        for (bytes, place) in recode::spaced_hex(Text::new(&view.text)) {
            if let Some(read) = decode::as_text(Some(bytes))
                && self.spend(read.len(), inner_to_source(place.clone()))
            {
                self.view(&View::whole(read, place), depth + 1, &inner_to_source);
            }
        }
    }

    /// A span without a longest length goes on where the view that it was found in ends.
    fn extend(&self, hit: &mut Hit) {
        let (Some(tail), Some((before, after))) = (hit.tail, self.text.split_at_checked(hit.end)) else { return };
        hit.end += tail.extends(before, after).unwrap_or(after.len());
        hit.tail = hit.tail.filter(|_| hit.end == self.text.len());
    }

    /// Undoes encodings in a view.
    fn deeper(&mut self, view: &View<'_>, depth: u8, to_source: ToSource<'_>) {
        let inner_to_source = |place: Range<usize>| to_source(view.source(place));
        let is_last = depth >= self.reader.limits.decode_depth_max;
        for inner in if is_last { Vec::new() } else { decode::escapes(&view.text) } {
            let place = inner_to_source(inner.source(0..inner.text.len()));
            if self.spend(inner.text.len(), place) {
                self.view(&inner, depth + 1, &inner_to_source);
            }
        }
        let text = Text::new(&view.text);
        let mut done = 0;
        for (index, block) in text.bytes().chunks_exact(RUN_BLOCK).enumerate() {
            let at = index * RUN_BLOCK;
            if at < done || !block.iter().all(|byte| is_base64(*byte)) {
                continue;
            }
            let place = decode::run_at(text, at, self.manner.run_bytes_max, self.manner.whole);
            done = place.end;
            if !self.manner.whole && place.len() >= self.manner.run_bytes_max {
                // However it is cut into chunks: the whole run, and never a part of it, is what cannot be read.
                done = text.run(done, usize::MAX, |byte| is_base64(byte) || byte == b'=');
                self.opaque("opaque.text", inner_to_source(place.start..done));
                if let Some(hit) = self.reading.hits.last_mut().filter(|_| depth == 0) {
                    hit.tail = Some(Tail::Encoded);
                }
                continue;
            }
            if place.len() >= decode::RUN_MIN && self.spend(place.len(), inner_to_source(place.clone())) {
                self.run(text, place, depth, is_last, &inner_to_source);
            }
        }
    }

    fn run(&mut self, text: Text<'_>, place: Range<usize>, depth: u8, is_last: bool, to_source: ToSource<'_>) {
        match decode::read_run(text, place) {
            // An encoding inside the last depth is as good as unreadable, unless it is short.
            Some(Run::Text(_, place)) if is_last && place.len() >= NESTED_MIN => {
                self.opaque("opaque.text", to_source(place));
            }
            Some(Run::Text(_, _)) if is_last => {}
            Some(Run::Text(inner, place)) => self.view(&View::whole(inner, place), depth + 1, to_source),
            Some(Run::Unreadable(place)) => self.opaque(data_class(text, place.start), to_source(place)),
            None => {}
        }
    }

    fn spend(&mut self, bytes: usize, place: Range<usize>) -> bool {
        let fits = self.budget >= bytes;
        self.budget -= if fits { bytes } else { 0 };
        if !fits {
            // What would cost too much to decode has not been read.
            self.opaque("opaque.text", place);
        }
        fits
    }

    fn opaque(&mut self, class: &'static str, place: Range<usize>) {
        let same =
            self.reading.hits.last().is_some_and(|last| last.start == place.start && last.class.as_str() == class);
        if !same {
            let hit = Hit {
                start: place.start,
                end: place.end,
                class: Class::built_in(class),
                confidence: 1.0,
                detector: "opaque",
                tail: None,
            };
            self.reading.hits.push(hit);
        }
    }

    fn unseen(&mut self, unseen: &[Unseen]) {
        // In a stream nobody knows yet whether right-to-left text is coming.
        for Unseen { place, .. } in
            unseen.iter().filter(|unseen| self.manner.whole || unseen.kind != UnseenKind::Embedding)
        {
            let class = Class::built_in("attack.invisible");
            self.reading.hits.push(Hit {
                start: place.start,
                end: place.end,
                class,
                confidence: 0.9,
                detector: "invisible",
                tail: None,
            });
        }
    }
}

/// The run of characters without a space at the end of the text. Scripts written without spaces hold nothing up: no span
/// but an own detector's has such letters in it.
fn open_run(text: Text<'_>) -> usize {
    let start = text.run_back(text.len(), usize::MAX, |byte| (b'!'..0xe0).contains(&byte));
    // Not the last bytes of a longer character.
    text.run(start, 3, |byte| (0x80..0xc0).contains(&byte))
}

/// The class of undecodable bytes by the `data:image/png;base64,` before them.
fn data_class(text: Text<'_>, start: usize) -> &'static str {
    let head = text.cut(start.saturating_sub(DATA_HEAD_BYTES), start);
    let media = head.windows(5).rposition(|five| five.eq_ignore_ascii_case(b"data:")).and_then(|at| head.get(at + 5..));
    match media.map(|media| media.split(|byte| *byte == b'/').next().unwrap_or(&[]).to_ascii_lowercase()) {
        Some(kind) if kind == b"image" => "opaque.image",
        Some(kind) if kind == b"audio" || kind == b"video" => "opaque.audio",
        Some(_) => "opaque.file",
        None => "opaque.text",
    }
}

/// Sorts by place and drops what another finding of the same class covers.
pub(crate) fn tidy(hits: &mut Vec<Hit>) {
    hits.sort_by(|a, b| {
        (a.start, b.end, &a.class).cmp(&(b.start, a.end, &b.class)).then(b.confidence.total_cmp(&a.confidence))
    });
    let mut kept: Vec<Hit> = Vec::with_capacity(hits.len());
    for hit in hits.drain(..) {
        let covers = |other: &Hit| other.class == hit.class && other.start <= hit.start && hit.end <= other.end;
        // Spans are short: what could cover this one was kept lately.
        if !kept.iter().rev().take(TIDY_REACH).any(covers) {
            kept.push(hit);
        }
    }
    *hits = kept;
}

/// How far before a value the words stand that give it meaning.
const CONTEXT_BYTES: usize = 48;
/// A run long enough to decode always fills one aligned block of this size.
const RUN_BLOCK: usize = 12;
/// An encoding beyond the depth limit is reported from so many bytes on.
const NESTED_MIN: usize = 64;
const DATA_HEAD_BYTES: usize = 96;
const TIDY_REACH: usize = 16;
