//! Reads proofs, and believes nothing but what its reader brings: log keys and witnesses.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use super::{Ask, Claim, MAGIC, Node, Open, Predicate, Statement, bytes::Input, cover_sizes, form, needed};
use crate::{
    Hash, Kind,
    content::{self, FACTS, Field},
    cosign::{Cosignature, WitnessKey},
    envelope::{Envelope, kind_of},
    note::{Checkpoint, VerifierKey},
    parts::LevelFact,
    salts::{Cover, heights},
    tree::Tree,
};

/// Segments that one proof may span, and values that one dictionary may have.
const SPANS_MAX: u64 = 1 << 20;
const VALUES_MAX: u64 = 1 << 24;

/// Whom the reader trusts. None of it comes from the proof.
#[derive(Clone, Debug, Default)]
pub struct Trust {
    /// Keys of logs that proofs may be about.
    pub logs: Vec<VerifierKey>,
    /// Witnesses that the reader takes to be independent of the operator.
    pub witnesses: Vec<WitnessKey>,
    /// How many of them must have cosigned a checkpoint before it counts as witnessed.
    pub quorum: usize,
}

/// A proof that holds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Proof {
    /// The ledger that it is about.
    pub origin: String,
    /// What it says.
    pub statement: Statement,
    /// Records under the checkpoint.
    pub size: u64,
    /// The first and last record of the range itself, neighbours left out, with their times.
    pub range: Option<(u64, u64)>,
    /// Time of the first and last record of the range, in milliseconds since 1970.
    pub times_ms: Option<(u64, u64)>,
    /// Records in the range.
    pub records: u64,
    /// Attempts among them. An intent without outcome counts as sent.
    pub attempts: u64,
    /// Attempts that are as the question says.
    pub matches: Vec<Match>,
    /// By version of the detectors, if the question is about levels or classes.
    pub detectors: BTreeMap<String, Count>,
    /// Witnesses of the reader's list that cosigned the checkpoint.
    pub witnesses: Vec<String>,
    /// The latest of their times, in seconds since 1970: the records were there then.
    pub witnessed_s: Option<u64>,
    /// Whether as many witnesses cosigned as the reader asked for, and at least one.
    pub witnessed: bool,
}

/// Attempts that one version of the detectors looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Count {
    /// How many.
    pub attempts: u64,
    /// How many of them had parts that could not be inspected.
    pub with_opaque: u64,
}

/// An attempt that is as the question says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Match {
    /// Its sequence number.
    pub seq: u64,
    /// When it was recorded, in milliseconds since 1970.
    pub time_ms: u64,
    /// What the claim shows of it, by field; erased fields are not there.
    pub shown: BTreeMap<&'static str, String>,
    /// True if who was erased.
    pub erased: bool,
}

/// What a proof comes to.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub enum Verdict {
    /// It holds, and its claim with it.
    Holds(Box<Proof>),
    /// It is sound, and shows that the claim is not so.
    Contradicts(Box<Proof>),
}

/// Why a file proves nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// It is no proof file, or not all of one.
    #[error("not a whole proof file: {0}")]
    Malformed(&'static str),
    /// It is signed by no key that the reader trusts.
    #[error("its checkpoint is signed by no log key of your policy")]
    Untrusted,
    /// What it shows is not what was signed.
    #[error("what it shows is not what was signed: {0}")]
    Untrue(&'static str),
}

/// Checks a proof file.
///
/// # Errors
/// See [`Broken`].
pub fn check(file: &[u8], trust: &Trust) -> Result<Verdict, Broken> {
    let rest = file.strip_prefix(MAGIC.as_bytes()).ok_or(Broken::Malformed("it does not begin as one"))?;
    let line = rest.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let statement: Statement =
        serde_json::from_slice(line).map_err(|_| Broken::Malformed("its statement cannot be read"))?;
    let question = Predicate::parse(&statement.question).map_err(|_| Broken::Malformed("its question is none"))?;
    let mut input = Input(rest.get(line.len() + 1..).unwrap_or_default());
    let note = input.text().and_then(|note| std::str::from_utf8(note).ok());
    let note = note.ok_or(Broken::Malformed("it has no checkpoint"))?;
    let checkpoint =
        trust.logs.iter().find_map(|key| Checkpoint::read(note, Some(key)).ok()).ok_or(Broken::Untrusted)?;
    let cosignatures: Vec<Cosignature> =
        trust.witnesses.iter().filter_map(|witness| witness.cosignature(note)).collect();

    let mut reading = Reading::begin(&statement, &question, &checkpoint, &mut input)?;
    for _ in 0..statement.records {
        reading.record(&mut input)?;
    }
    if !input.0.is_empty() {
        return Err(Broken::Malformed("there is more after its end"));
    }
    reading.end(&statement, &checkpoint)?;
    let witnesses: Vec<String> = cosignatures.iter().map(|one| one.witness.clone()).collect();
    let proof = Box::new(Proof {
        origin: checkpoint.origin,
        size: checkpoint.size,
        range: reading.range,
        times_ms: reading.times_ms,
        records: reading.records,
        attempts: reading.attempts,
        matches: reading.matches,
        detectors: reading.detectors,
        witnessed: !witnesses.is_empty() && witnesses.len() >= trust.quorum,
        witnessed_s: cosignatures.iter().map(|one| one.time_s).max(),
        witnesses,
        statement,
    });
    let contradicts = proof.statement.claim == Claim::Never && !proof.matches.is_empty();
    Ok(if contradicts { Verdict::Contradicts(proof) } else { Verdict::Holds(proof) })
}

/// A proof, as far as it was read.
struct Reading<'a> {
    statement: &'a Statement,
    question: &'a Predicate,
    needed: Open,
    tree: Tree,
    right: Vec<[u8; 32]>,
    seq: u64,
    time_ms: u64,
    prev: Hash,
    salts: Spans,
    dictionaries: [Vec<&'a [u8]>; 4],
    /// What the question says of these values, by their numbers, and the detectors that looked.
    answers: HashMap<[u64; 4], Answer>,
    range: Option<(u64, u64)>,
    times_ms: Option<(u64, u64)>,
    records: u64,
    attempts: u64,
    matches: Vec<Match>,
    detectors: BTreeMap<String, Count>,
}

/// What the question says of some values, and which detectors looked; whether there were parts that they could not read.
type Answer = (bool, Option<(String, bool)>);

/// What was read of one record, before it is believed.
struct Head {
    kind: Kind,
    form: u8,
    time_ms: u64,
    durable: u64,
    ends: Option<u64>,
}

impl<'a> Reading<'a> {
    fn begin(
        statement: &'a Statement,
        question: &'a Predicate,
        checkpoint: &Checkpoint,
        input: &mut Input<'a>,
    ) -> Result<Self, Broken> {
        let after = statement.first.checked_add(statement.records).filter(|after| *after <= checkpoint.size);
        let after = after.ok_or(Broken::Untrue("it has more records than were signed"))?;
        let edges = u64::from(statement.before) + u64::from(statement.after);
        if statement.records <= edges || (!statement.before && statement.first != 0) {
            return Err(Broken::Untrue("the neighbour before the range is not there"));
        }
        if !statement.after && after != checkpoint.size {
            return Err(Broken::Untrue("the neighbour after the range is not there"));
        }
        let cut = || Broken::Malformed("it ends too early");
        let mut tree = Tree::default();
        for size in cover_sizes(0, statement.first) {
            if !tree.push_perfect(size, Hash(input.array().ok_or_else(cut)?)) {
                return Err(Broken::Malformed("its trees do not fit together"));
            }
        }
        let right =
            cover_sizes(after, checkpoint.size).map(|_| input.array()).collect::<Option<_>>().ok_or_else(cut)?;
        let prev = Hash(input.array().ok_or_else(cut)?);
        let needed = needed(question);
        let salts = Spans::read(input, needed).ok_or_else(cut)?;
        let mut dictionaries: [Vec<&[u8]>; 4] = Default::default();
        for (dictionary, _) in dictionaries.iter_mut().zip(FACTS).filter(|(_, field)| needed.has(*field)) {
            let count = input.number().filter(|count| *count <= VALUES_MAX).ok_or_else(cut)?;
            for _ in 0..count {
                dictionary.push(input.text().ok_or_else(cut)?);
            }
        }
        Ok(Self {
            statement,
            question,
            needed,
            tree,
            right,
            seq: statement.first,
            time_ms: 0,
            prev,
            salts,
            dictionaries,
            answers: HashMap::new(),
            range: None,
            times_ms: None,
            records: 0,
            attempts: 0,
            matches: Vec::new(),
            detectors: BTreeMap::new(),
        })
    }

    fn record(&mut self, input: &mut Input<'a>) -> Result<(), Broken> {
        let head = self.head(input).ok_or(Broken::Malformed("a record in it cannot be read"))?;
        let place = self.seq - self.statement.first;
        let is_before = self.statement.before && place == 0;
        let is_after = self.statement.after && place + 1 == self.statement.records;
        let inside = (self.statement.from_ms..self.statement.to_ms).contains(&head.time_ms);
        let stands = match (is_before, is_after) {
            (true, _) => head.time_ms < self.statement.from_ms,
            (_, true) => head.time_ms >= self.statement.to_ms,
            _ => inside,
        };
        if !stands {
            return Err(Broken::Untrue("a record's time is not where the range says"));
        }
        let attempt = head.kind == Kind::Intent && !is_before && !is_after;
        if attempt != (head.form != form::CLOSED) {
            return Err(Broken::Untrue("an attempt in the range is not opened, or something else is"));
        }
        let content = if attempt {
            self.attempt(&head, input)?
        } else {
            Hash(input.array().ok_or(Broken::Malformed("it ends too early"))?)
        };
        let Head { kind, time_ms, durable, ends, .. } = head;
        let envelope = Envelope { kind, seq: self.seq, time_ms, durable, ends, prev: self.prev, content };
        self.prev = envelope.hash();
        self.tree.push(self.prev);
        if !is_before && !is_after {
            self.records += 1;
            self.range = Some((self.range.map_or(self.seq, |(first, _)| first), self.seq));
            self.times_ms = Some((self.times_ms.map_or(time_ms, |(first, _)| first), time_ms));
        }
        self.seq += 1;
        self.time_ms = time_ms;
        Ok(())
    }

    fn head(&self, input: &mut Input<'_>) -> Option<Head> {
        let first = input.byte()?;
        let kind = kind_of(first & 7)?;
        let form = first & 0x18;
        let time_ms = self.time_ms.checked_add(input.number()?)?;
        let durable = self.seq.checked_sub(input.number()?)?;
        let ends = match kind {
            Kind::Outcome => Some(self.seq.checked_sub(input.number()?)?),
            _ => None,
        };
        (first & 0xe0 == 0).then_some(Head { kind, form, time_ms, durable, ends })
    }

    /// Opens an attempt: answers the question, and gives the root that its envelope must have.
    fn attempt(&mut self, head: &Head, input: &mut Input<'a>) -> Result<Hash, Broken> {
        let cut = || Broken::Malformed("an attempt in it cannot be read");
        let mut numbers = [u64::MAX; 4];
        let mut values = [None; 4];
        for (((number, value), dictionary), field) in
            numbers.iter_mut().zip(&mut values).zip(&self.dictionaries).zip(FACTS)
        {
            if self.needed.has(field) {
                *number = input.number().ok_or_else(cut)?;
                let index = usize::try_from(*number).map_err(|_| cut())?;
                *value = Some(*dictionary.get(index).ok_or_else(cut)?);
            }
        }
        let holds = self.answer(numbers, &values)?;
        self.attempts += 1;
        if holds == (head.form == form::OPENED) {
            return Err(Broken::Untrue("an attempt is as the question says and is not shown to be, or the reverse"));
        }
        let shows = if holds {
            Open::of(self.statement.claim.shows().iter().copied()).without(self.needed)
        } else {
            Open::default()
        };
        let erased = head.form == form::ERASED;
        if erased && !shows.has(Field::Who) {
            return Err(Broken::Malformed("nothing of it can be erased"));
        }
        let shown = if erased { shows.without(Open::of([Field::Who])) } else { shows };
        let salts = self.salts.next(self.seq).ok_or(Broken::Untrue("an attempt's salts are not there"))?;
        let mut opened: Vec<(Field, Hash)> = Vec::with_capacity(8);
        for ((field, value), salt) in FACTS.into_iter().zip(values).zip(salts) {
            if let Some(value) = value {
                opened.push((field, content::commit(field, &salt, &[value])));
            }
        }
        let mut texts = BTreeMap::new();
        for field in FACTS.into_iter().chain([Field::Who]) {
            if shown.has(field) {
                let value = input.text().ok_or_else(cut)?;
                let salt = input.array().ok_or_else(cut)?;
                opened.push((field, content::commit(field, &salt, &[value])));
                texts.insert(name(field), String::from_utf8_lossy(value).into_owned());
            }
        }
        if holds {
            for (field, value) in FACTS.into_iter().zip(values) {
                value.map(|value| texts.insert(name(field), String::from_utf8_lossy(value).into_owned()));
            }
            self.matches.push(Match { seq: self.seq, time_ms: head.time_ms, shown: texts, erased });
        }
        Node::Root.hash(self.needed.with(shown), &mut |ask| match ask {
            Ask::Opened(field) => opened.iter().find(|(one, _)| *one == field).map(|(_, hash)| *hash).ok_or_else(cut),
            Ask::Closed(_) => input.array().map(Hash).ok_or_else(cut),
        })
    }

    fn answer(&mut self, numbers: [u64; 4], values: &super::predicate::Values<'_>) -> Result<bool, Broken> {
        if !self.answers.contains_key(&numbers) {
            let holds = self.question.holds(values).map_err(|_| Broken::Untrue("a value in it cannot be read"))?;
            let detectors = match values {
                [Some(level), ..] => {
                    let fact: LevelFact<'_> =
                        serde_json::from_slice(level).map_err(|_| Broken::Untrue("a value in it cannot be read"))?;
                    Some((fact.detectors.into_owned(), fact.opaque > 0))
                }
                _ => None,
            };
            self.answers.insert(numbers, (holds, detectors));
        }
        let Some((holds, detectors)) = self.answers.get(&numbers) else { return Ok(true) };
        if let Some((version, opaque)) = detectors {
            if !self.detectors.contains_key(version) {
                self.detectors.insert(version.clone(), Count::default());
            }
            if let Some(count) = self.detectors.get_mut(version) {
                count.attempts += 1;
                count.with_opaque += u64::from(*opaque);
            }
        }
        Ok(*holds)
    }

    fn end(&mut self, statement: &Statement, checkpoint: &Checkpoint) -> Result<(), Broken> {
        let after = statement.first + statement.records;
        for (size, root) in cover_sizes(after, checkpoint.size).zip(&self.right) {
            if !self.tree.push_perfect(size, Hash(*root)) {
                return Err(Broken::Malformed("its trees do not fit together"));
            }
        }
        if self.tree.size() != checkpoint.size || self.tree.root() != checkpoint.root {
            return Err(Broken::Untrue("its records are not a whole piece of the signed tree"));
        }
        Ok(())
    }
}

/// The salts of the opened fields, segment by segment.
struct Spans {
    due: std::collections::VecDeque<Span>,
    /// First record of the current span, and the salts of each field from it on.
    current: Option<(u64, [Vec<[u8; 32]>; 4])>,
}

struct Span {
    index: u32,
    records: u32,
    covers: [Vec<Cover>; 4],
}

impl Spans {
    fn read(input: &mut Input<'_>, needed: Open) -> Option<Self> {
        let count = input.number().filter(|count| *count <= SPANS_MAX)?;
        let mut due = std::collections::VecDeque::new();
        for _ in 0..count {
            let index = u32::try_from(input.number()?).ok()?;
            let records = u32::try_from(input.number()?).ok()?;
            let to = index.checked_add(records)?;
            let mut covers: [Vec<Cover>; 4] = Default::default();
            for (covers, _) in covers.iter_mut().zip(FACTS).filter(|(_, field)| needed.has(*field)) {
                for height in heights(index, to) {
                    covers.push(Cover { height, seed: input.array()? });
                }
            }
            due.push_back(Span { index, records, covers });
        }
        Some(Self { due, current: None })
    }

    /// The salts of the record `seq`, an attempt. Each span begins with the first attempt after the span before.
    fn next(&mut self, seq: u64) -> Option<[[u8; 32]; 4]> {
        if self.current.as_ref().is_none_or(|(first, salts)| {
            let length = salts.iter().map(Vec::len).max().unwrap_or_default() as u64;
            seq - first >= length
        }) {
            let span = self.due.pop_front()?;
            let mut salts: [Vec<[u8; 32]>; 4] = Default::default();
            for (salts, covers) in salts.iter_mut().zip(&span.covers) {
                // Bounded by the tree: a span longer than the records that follow cannot be checked against anything.
                let records: u64 = covers.iter().map(|cover| 1_u64 << cover.height).sum();
                (records <= SALTS_MAX).then_some(())?;
                covers.iter().for_each(|cover| cover.expand(&mut |salt| salts.push(salt)));
            }
            debug_assert!(u64::from(span.index) + u64::from(span.records) <= 1 << 32, "checked when it was read");
            self.current = Some((seq, salts));
        }
        let (first, salts) = self.current.as_ref()?;
        let index = usize::try_from(seq - first).ok()?;
        let [a, b, c, d] = salts.each_ref().map(|salts| salts.get(index).copied().unwrap_or_default());
        Some([a, b, c, d])
    }
}

/// Records of one segment that a proof may open: far more than a segment holds.
const SALTS_MAX: u64 = 1 << 24;

fn name(field: Field) -> &'static str {
    match field {
        Field::Level => "level",
        Field::Classes => "classes",
        Field::Jurisdiction => "jurisdiction",
        Field::Destination => "destination",
        Field::Who => "who",
        Field::Rest => "rest",
    }
}
