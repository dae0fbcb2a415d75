//! Writes proofs: takes the ledger's payloads in order, once, and opens what the claim needs and nothing else.

use std::collections::HashMap;

use super::{
    Ask, Claim, MAGIC, Node, Open, Predicate, PredicateError, Statement,
    bytes::{push_number, push_text},
    cover_sizes, form, needed,
};
use crate::{
    Hash, Kind,
    content::{self, Commitments, FACTS, Field},
    encode::{self, DecodeError},
    envelope::{Envelope, Opening, Private, kind_number},
    note::Checkpoint,
    salts::{FactSalts, Salts, Seed},
    segment::Header,
    tree::Tree,
};

/// Writes one proof.
pub struct Prover {
    claim: Claim,
    question: Predicate,
    from_ms: u64,
    to_ms: u64,
    note: String,
    size: u64,
    root: Hash,
    /// Over all records, to know that these are the signed ones.
    tree: Tree,
    segment: Option<Segment>,
    /// Before the range: the tree over everything but the last record, and that record.
    left: Tree,
    waiting: Option<(Envelope, Hash)>,
    body: Body,
    right: Right,
    needed: Open,
}

/// What [`Prover::finish`] gives.
#[derive(Debug)]
pub struct Proved {
    /// The proof file.
    pub file: Vec<u8>,
    /// What it says of itself.
    pub statement: Statement,
    /// Sequence numbers of the attempts that are as the question says.
    pub matches: Vec<u64>,
}

/// Why there is no proof.
#[derive(Debug, thiserror::Error)]
pub enum ProveError {
    /// The question is none.
    #[error("{0}")]
    Question(#[from] PredicateError),
    /// A record cannot be read.
    #[error("record {0} cannot be read; `portcullis ledger verify` says what is wrong")]
    Unreadable(u64),
    /// The records are not those that were signed.
    #[error("the records are not the ones that the checkpoint signed; `portcullis ledger verify` says what is wrong")]
    NotSigned,
    /// A record of version 1 stands in the range, or before it.
    #[error("record {0} was written in version 1 of the format, which opens nothing alone; choose a later --from")]
    Earlier(u64),
    /// No record of the checkpoint has a time in the range.
    #[error("no signed record has a time in this range")]
    Empty,
}

struct Segment {
    first: u64,
    seed: Option<Seed>,
    salts: Option<Salts>,
}

/// The part of the file that grows with the range.
#[derive(Default)]
struct Body {
    first: Option<u64>,
    before: bool,
    after: bool,
    records: u64,
    prev: Option<Hash>,
    time_ms: u64,
    /// Segment by segment: its first record, the first and last record in the range, and the seed.
    spans: Vec<(u64, u64, u64, Seed)>,
    dictionaries: [Dictionary; 4],
    bytes: Vec<u8>,
    matches: Vec<u64>,
    answers: HashMap<[u64; 4], bool>,
}

#[derive(Default)]
struct Dictionary {
    numbers: HashMap<Vec<u8>, u64>,
    values: Vec<Vec<u8>>,
}

/// The perfect trees after the range, as they grow.
#[derive(Default)]
struct Right {
    due: std::collections::VecDeque<u64>,
    tree: Tree,
    roots: Vec<Hash>,
}

impl Prover {
    /// Begins a proof against a signed checkpoint (`note` as it stands in the file, with its signatures).
    ///
    /// # Errors
    /// When the note is none, or the question.
    pub fn new(claim: Claim, question: &str, from_ms: u64, to_ms: u64, note: &str) -> Result<Self, ProveError> {
        let question = Predicate::parse(question)?;
        let checkpoint = Checkpoint::read(note, None).map_err(|_| ProveError::NotSigned)?;
        Ok(Self {
            claim,
            needed: needed(&question),
            question,
            from_ms,
            to_ms,
            note: note.trim_end_matches('\n').to_owned() + "\n",
            size: checkpoint.size,
            root: checkpoint.root,
            tree: Tree::default(),
            segment: None,
            left: Tree::default(),
            waiting: None,
            body: Body::default(),
            right: Right::default(),
        })
    }

    /// How many records it takes: those under the checkpoint.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Begins a segment by its header frame's payload.
    ///
    /// # Errors
    /// When it is none.
    pub fn segment(&mut self, payload: &[u8]) -> Result<(), ProveError> {
        let header = Header::decode(payload).map_err(|_| ProveError::Unreadable(self.tree.size()))?;
        let seed = header.seed();
        self.segment = Some(Segment { first: header.first, salts: seed.as_ref().map(Seed::salts), seed });
        Ok(())
    }

    /// Takes the next record by its payload. Records above the checkpoint are passed over.
    ///
    /// # Errors
    /// See [`ProveError`].
    pub fn record(&mut self, payload: &[u8]) -> Result<(), ProveError> {
        let seq = self.tree.size();
        if seq >= self.size {
            return Ok(());
        }
        let hash = encode::hash_of(payload);
        self.tree.push(hash);
        if self.body.after {
            self.right.push(hash);
            return Ok(());
        }
        if encode::is_line(payload) {
            return self.earlier(payload, hash);
        }
        let unreadable = |_: DecodeError| ProveError::Unreadable(seq);
        let (envelope, bytes) = Envelope::read(payload).map_err(unreadable)?;
        if envelope.time_ms < self.from_ms {
            self.pass(Some((envelope, hash)));
            return Ok(());
        }
        if self.body.first.is_none() {
            self.begin(seq)?;
        }
        if envelope.time_ms >= self.to_ms {
            self.body.closed(&envelope);
            self.body.after = true;
            self.right = Right::over(seq + 1, self.size);
            return Ok(());
        }
        if envelope.kind == Kind::Intent {
            let opening = Opening::read(envelope.kind, bytes).map_err(unreadable)?;
            self.opened(&envelope, &opening)
        } else {
            self.body.closed(&envelope);
            Ok(())
        }
    }

    /// Ends the proof.
    ///
    /// # Errors
    /// See [`ProveError`].
    pub fn finish(self) -> Result<Proved, ProveError> {
        if self.tree.size() != self.size || self.tree.root() != self.root {
            return Err(ProveError::NotSigned);
        }
        let inner = self.body.records - u64::from(self.body.before) - u64::from(self.body.after);
        let Some(first) = self.body.first.filter(|_| inner > 0) else { return Err(ProveError::Empty) };
        let statement = Statement {
            claim: self.claim,
            question: self.question.text().to_owned(),
            from_ms: self.from_ms,
            to_ms: self.to_ms,
            first,
            records: self.body.records,
            before: self.body.before,
            after: self.body.after,
        };
        let mut file = MAGIC.as_bytes().to_vec();
        // A struct of strings and numbers always serialises.
        file.extend_from_slice(&serde_json::to_vec(&statement).unwrap_or_default());
        file.push(b'\n');
        push_text(self.note.as_bytes(), &mut file);
        for hash in self.left.edge().iter().chain(&self.right.roots) {
            file.extend_from_slice(&hash.0);
        }
        file.extend_from_slice(&self.body.prev.unwrap_or(Hash::ZERO).0);
        push_number(self.body.spans.len() as u64, &mut file);
        for (start, from, to, seed) in &self.body.spans {
            let index = |seq: &u64| u32::try_from(seq - start).unwrap_or(u32::MAX);
            push_number(u64::from(index(from)), &mut file);
            push_number(to - from + 1, &mut file);
            for field in FACTS.into_iter().filter(|field| self.needed.has(*field)) {
                for cover in seed.cover(field, index(from), index(to).saturating_add(1)) {
                    file.extend_from_slice(&cover.seed);
                }
            }
        }
        for (dictionary, field) in self.body.dictionaries.iter().zip(FACTS) {
            if self.needed.has(field) {
                push_number(dictionary.values.len() as u64, &mut file);
                dictionary.values.iter().for_each(|value| push_text(value, &mut file));
            }
        }
        file.extend_from_slice(&self.body.bytes);
        Ok(Proved { file, statement, matches: self.body.matches })
    }

    /// A record of version 1: it may stand before the range, but for the neighbour of it.
    fn earlier(&mut self, payload: &[u8], hash: Hash) -> Result<(), ProveError> {
        let seq = self.tree.size() - 1;
        let record = encode::Record::decode(payload).map_err(|_| ProveError::Unreadable(seq))?;
        if record.time >= self.from_ms {
            return Err(ProveError::Earlier(seq));
        }
        self.pass(None);
        self.left.push(hash);
        Ok(())
    }

    /// A record before the range: the one that waited was not the last.
    fn pass(&mut self, next: Option<(Envelope, Hash)>) {
        if let Some((_, hash)) = std::mem::replace(&mut self.waiting, next) {
            self.left.push(hash);
        }
    }

    /// The first record of the range is here, or the first after it.
    fn begin(&mut self, seq: u64) -> Result<(), ProveError> {
        match self.waiting.take() {
            Some((neighbour, _)) => {
                self.body.first = Some(seq - 1);
                self.body.prev = Some(neighbour.prev);
                self.body.before = true;
                self.body.closed(&neighbour);
            }
            None if seq == 0 => self.body.first = Some(0),
            // The neighbour is of version 1, and its time could not be shown without showing all of it.
            None => return Err(ProveError::Earlier(seq - 1)),
        }
        Ok(())
    }

    fn opened(&mut self, envelope: &Envelope, opening: &Opening<'_>) -> Result<(), ProveError> {
        let unreadable = || ProveError::Unreadable(envelope.seq);
        let segment = self.segment.as_mut().ok_or_else(unreadable)?;
        let (Some(seed), Some(salts)) = (&segment.seed, &mut segment.salts) else { return Err(unreadable()) };
        let values = opening.facts.ok_or_else(unreadable)?;
        let salts = salts.at(u32::try_from(envelope.seq - segment.first).map_err(|_| unreadable())?);
        let body = &mut self.body;
        body.span(segment.first, envelope.seq, seed);
        let mut numbers = [u64::MAX; 4];
        let mut seen = [None; 4];
        for ((((number, see), dictionary), value), field) in
            numbers.iter_mut().zip(&mut seen).zip(&mut body.dictionaries).zip(values).zip(FACTS)
        {
            if self.needed.has(field) {
                *number = dictionary.number(value);
                *see = Some(value);
            }
        }
        let holds = match body.answers.get(&numbers) {
            Some(holds) => *holds,
            None => {
                let holds = self.question.holds(&seen)?;
                body.answers.insert(numbers, holds);
                holds
            }
        };
        let known = Known::of(&values, &salts, opening);
        let shows = Open::of(self.claim.shows().iter().copied()).without(self.needed);
        let erased = matches!(opening.private, Private::Erased(_)) && shows.has(Field::Who);
        let (form, shown) = match (holds, erased) {
            (false, _) => (form::OPENED, Open::default()),
            (true, false) => (form::SHOWN, shows),
            (true, true) => (form::ERASED, shows.without(Open::of([Field::Who]))),
        };
        if holds {
            body.matches.push(envelope.seq);
        }
        body.head(envelope, form);
        for number in numbers.into_iter().filter(|number| *number != u64::MAX) {
            push_number(number, &mut body.bytes);
        }
        for ((field, value), salt) in
            FACTS.into_iter().zip(values).zip(&salts).filter(|((field, _), _)| shown.has(*field))
        {
            debug_assert!(!self.needed.has(field), "needed fields are opened by their dictionaries");
            push_text(value, &mut body.bytes);
            body.bytes.extend_from_slice(salt);
        }
        if let (Private::Whole { salt, who, .. }, true) = (&opening.private, shown.has(Field::Who)) {
            push_text(who, &mut body.bytes);
            body.bytes.extend_from_slice(&content::private_salt(Field::Who, salt));
        }
        let bytes = &mut body.bytes;
        let root = Node::Root.hash(self.needed.with(shown), &mut |ask| {
            Ok::<_, ProveError>(match ask {
                Ask::Opened(field) => known.hash(Node::Field(field)),
                Ask::Closed(node) => {
                    let hash = known.hash(node);
                    bytes.extend_from_slice(&hash.0);
                    hash
                }
            })
        })?;
        if root == envelope.content { Ok(()) } else { Err(unreadable()) }
    }
}

impl std::fmt::Debug for Prover {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Prover({:?} `{}`, {} of {} records)", self.claim, self.question.text(), self.tree.size(), self.size)
    }
}

impl Body {
    /// A record of which nothing is opened.
    fn closed(&mut self, envelope: &Envelope) {
        self.head(envelope, form::CLOSED);
        self.bytes.extend_from_slice(&envelope.content.0);
    }

    fn head(&mut self, envelope: &Envelope, form: u8) {
        if self.prev.is_none() {
            self.prev = Some(envelope.prev);
        }
        self.records += 1;
        self.bytes.push(kind_number(envelope.kind) | form);
        push_number(envelope.time_ms.saturating_sub(self.time_ms), &mut self.bytes);
        push_number(envelope.seq.saturating_sub(envelope.durable), &mut self.bytes);
        if let Some(ends) = envelope.ends {
            push_number(envelope.seq.saturating_sub(ends), &mut self.bytes);
        }
        self.time_ms = envelope.time_ms;
    }

    /// Widens the span of opened records in this segment.
    fn span(&mut self, first: u64, seq: u64, seed: &Seed) {
        match self.spans.last_mut() {
            Some((start, _, to, _)) if *start == first => *to = seq,
            _ => self.spans.push((first, seq, seq, seed.clone())),
        }
    }
}

impl Dictionary {
    fn number(&mut self, value: &[u8]) -> u64 {
        if let Some(number) = self.numbers.get(value) {
            return *number;
        }
        let number = self.values.len() as u64;
        self.numbers.insert(value.to_vec(), number);
        self.values.push(value.to_vec());
        number
    }
}

impl Right {
    fn over(from: u64, to: u64) -> Self {
        Self { due: cover_sizes(from, to).collect(), tree: Tree::default(), roots: Vec::new() }
    }

    fn push(&mut self, leaf: Hash) {
        self.tree.push(leaf);
        if self.due.front() == Some(&self.tree.size()) {
            self.due.pop_front();
            self.roots.push(self.tree.root());
            self.tree = Tree::default();
        }
    }
}

/// All commitments of a record.
struct Known {
    commitments: Commitments,
    /// Who and rest, where they are not erased.
    private: Option<(Hash, Hash)>,
}

impl Known {
    fn of(values: &[&[u8]; 4], salts: &FactSalts, opening: &Opening<'_>) -> Self {
        let mut facts = [Hash::ZERO; 4];
        for (((place, field), salt), value) in facts.iter_mut().zip(FACTS).zip(salts).zip(values) {
            *place = content::commit(field, salt, &[value]);
        }
        let private = match &opening.private {
            Private::Erased(_) => None,
            Private::Whole { salt, who, rest } => Some((
                content::commit(Field::Who, &content::private_salt(Field::Who, salt), &[who]),
                content::commit(
                    Field::Rest,
                    &content::private_salt(Field::Rest, salt),
                    &[&opening.id.to_bytes(), rest],
                ),
            )),
        };
        let over = match (&opening.private, &private) {
            (Private::Erased(hash), _) => *hash,
            (_, Some((who, rest))) => content::node(who, rest),
            (_, None) => Hash::ZERO,
        };
        Self { commitments: Commitments { facts, private: over }, private }
    }

    fn hash(&self, node: Node) -> Hash {
        let [level, classes, jurisdiction, destination] = self.commitments.facts;
        match node {
            Node::Field(Field::Level) => level,
            Node::Field(Field::Classes) => classes,
            Node::Field(Field::Jurisdiction) => jurisdiction,
            Node::Field(Field::Destination) => destination,
            Node::Field(Field::Who) => self.private.map_or(Hash::ZERO, |(who, _)| who),
            Node::Field(Field::Rest) => self.private.map_or(Hash::ZERO, |(_, rest)| rest),
            Node::Private => self.commitments.private,
            node => match node.children() {
                Some((left, right)) => content::node(&self.hash(left), &self.hash(right)),
                None => Hash::ZERO,
            },
        }
    }
}
