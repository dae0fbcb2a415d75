//! Verifies a ledger from its bytes: segments in order, and the checkpoints signed over them.
//!
//! The same code opens a ledger for writing, so that recovery runs at every start and not only on bad days.
//! Bytes are pushed in pieces of any size; memory stays bounded by open intents and one frame.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::Arc,
};

use crate::{
    Hash, Kind, RecordId,
    encode::{Bound, DecodeError, Ends, Leaf},
    frame::{self, Found},
    note::{self, Checkpoint, VerifierKey},
    salts::{FactSalts, Salts},
    segment::Header,
    suspicion::{Decided, Spot, Stumble, Suspicion, problem},
    tree::Tree,
    verdict::{OPEN_INTENTS_LISTED_MAX, OpenIntent, Problem, TRUST, TRUST_UNCHECKED, TornTail, Verdict, Wrong},
};

/// How many ended intents are remembered, to tell a second outcome from one without intent.
const ENDED_REMEMBERED_MAX: usize = 65_536;
/// In the order of their declaration, which is that of the counts.
const KINDS: [Kind; 5] = [Kind::Intent, Kind::Outcome, Kind::Refusal, Kind::Act, Kind::Aggregate];

/// What problems with checkpoints name as their file.
pub const CHECKPOINTS_FILE: &str = "checkpoints";

/// Reads a ledger from start to end and says whether it is sound.
#[derive(Debug)]
pub struct Verifier {
    key: Option<VerifierKey>,
    checkpoints: VecDeque<Checkpoint>,
    checkpoints_valid: u64,
    signed: u64,
    note_problem: Option<Problem>,
    tip: Tip,
    verified: u64,
    since_checkpoint: Option<Spot>,
    last: Option<Spot>,
    /// The same intents as in `tip.open`, by their sequence numbers.
    open_by_seq: HashMap<u64, RecordId, Mixed>,
    ended: Ended,
    erased: u64,
    /// First record and salts of the segment, if it is of version 2.
    salts: Option<(u64, Salts)>,
    origin: Option<String>,
    kinds: [u64; 5],
    first_ms: Option<u64>,
    segments: u64,
    segment: Arc<str>,
    segment_is_last: bool,
    header_due: bool,
    zeros: bool,
    buffer: Vec<u8>,
    /// Where `buffer` starts in the segment.
    offset: u64,
    suspicion: Option<Suspicion>,
}

/// The end of a ledger: what the next record builds on.
#[derive(Clone, Debug, Default)]
pub struct Tip {
    /// The tree over all records; its size is the next sequence number.
    pub tree: Tree,
    /// Hash of the last record.
    pub head: Hash,
    /// Time of the last record.
    pub time_ms: u64,
    /// Intents without outcome: id → sequence number.
    pub open: HashMap<RecordId, u64>,
}

/// What a verification gives to whoever wants to go on writing.
#[derive(Debug)]
pub struct Report {
    /// What was found.
    pub verdict: Verdict,
    /// What the next record builds on. Only to be built on if the verdict is sound.
    pub tip: Tip,
    /// The last segment and where its last good frame ends; `None` if there is no segment.
    /// An offset of 0 means that not even its header is good.
    pub end: Option<(String, u64)>,
    /// First record and salts of the last segment; `None` if it is of version 1, or there is none.
    pub salts: Option<(u64, Salts)>,
}

impl Default for Hash {
    fn default() -> Self {
        Self::ZERO
    }
}

impl Verifier {
    /// Starts with the contents of the checkpoints file, and the key to check it with. Without a key, the chain is
    /// verified and the verdict says that signatures were not checked.
    #[must_use]
    pub fn new(checkpoints: &str, key: Option<VerifierKey>) -> Self {
        let mut verifier = Self {
            key,
            checkpoints: VecDeque::new(),
            checkpoints_valid: 0,
            signed: 0,
            note_problem: None,
            tip: Tip::default(),
            verified: 0,
            since_checkpoint: None,
            last: None,
            open_by_seq: HashMap::default(),
            ended: Ended::default(),
            erased: 0,
            salts: None,
            origin: None,
            kinds: [0; 5],
            first_ms: None,
            segments: 0,
            segment: Arc::from(""),
            segment_is_last: false,
            header_due: false,
            zeros: false,
            buffer: Vec::new(),
            offset: 0,
            suspicion: None,
        };
        verifier.note_problem = verifier.read_checkpoints(checkpoints).err();
        verifier
    }

    /// Begins the next segment. Segments come in the order of their names; `last` marks the one that may have a torn
    /// tail.
    pub fn begin_segment(&mut self, name: &str, last: bool) {
        self.end_segment();
        self.segment = Arc::from(name);
        self.segments += 1;
        self.segment_is_last = last;
        self.header_due = true;
        self.zeros = false;
        self.offset = 0;
    }

    /// Reads the next bytes of the segment.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
        self.advance(false);
    }

    /// True once something is wrong. The rest is still to be pushed: it tells what.
    #[must_use]
    pub fn stumbled(&self) -> bool {
        self.suspicion.is_some()
    }

    /// Ends the reading and decides.
    #[must_use]
    pub fn finish(mut self) -> Report {
        self.end_segment();
        let end = self.offset;
        let (problem, torn) = match self.suspicion.take().map(|suspicion| suspicion.decide(self.signed, self.verified))
        {
            Some(Decided::Problem(problem)) => (Some(problem), None),
            Some(Decided::TornTail(spot)) => (None, Some(spot)),
            None if self.tip.tree.size() < self.signed => (Some(self.truncated()), None),
            None => (None, None),
        };
        let problem = problem.or(self.note_problem.take());
        let end = torn.as_ref().map_or(end, |spot| spot.offset);
        Report {
            verdict: Verdict {
                sound: problem.is_none(),
                problem,
                trust: if self.key.is_some() { TRUST } else { TRUST_UNCHECKED },
                origin: self.origin,
                key: self.key.as_ref().map(VerifierKey::text),
                records: self.tip.tree.size(),
                kinds: KINDS.into_iter().zip(self.kinds).filter(|(_, count)| *count > 0).collect(),
                segments: self.segments,
                first_ms: self.first_ms,
                last_ms: self.first_ms.map(|_| self.tip.time_ms),
                head: self.tip.head,
                root: self.tip.tree.root(),
                checkpoints: self.checkpoints_valid,
                signed_records: self.verified,
                open_intents: self.tip.open.len() as u64,
                open_intents_listed: listed(&self.tip.open),
                erased: self.erased,
                torn_tail: torn.map(|spot| TornTail { segment: spot.segment.to_string(), offset: spot.offset }),
            },
            tip: self.tip,
            end: (self.segments > 0).then(|| (self.segment.to_string(), end)),
            salts: self.salts,
        }
    }

    fn read_checkpoints(&mut self, file: &str) -> Result<(), Problem> {
        let mut before: Option<Checkpoint> = None;
        for note in note::split(file).0 {
            let wrong = |what, seq, detail: String| Problem {
                what,
                seq,
                id: None,
                segment: CHECKPOINTS_FILE.to_owned(),
                offset: note.offset as u64,
                detail,
            };
            let checkpoint = Checkpoint::read(note.text, self.key.as_ref())
                .map_err(|error| wrong(Wrong::BadSignature, None, format!("a checkpoint does not verify: {error}")))?;
            if let Some(before) = before.replace(checkpoint.clone()) {
                if before.origin != checkpoint.origin {
                    return Err(wrong(Wrong::OtherLedger, None, "checkpoints of two ledgers in one file".to_owned()));
                }
                if before.size > checkpoint.size || (before.size == checkpoint.size && before.root != checkpoint.root) {
                    let detail =
                        format!("checkpoints of size {} and {} contradict each other", before.size, checkpoint.size);
                    return Err(wrong(Wrong::Forked, Some(checkpoint.size), detail));
                }
            }
            self.origin.get_or_insert_with(|| checkpoint.origin.clone());
            self.checkpoints_valid += 1;
            self.signed = checkpoint.size;
            self.checkpoints.push_back(checkpoint);
        }
        Ok(())
    }

    fn end_segment(&mut self) {
        if self.segment.is_empty() {
            return;
        }
        self.advance(true);
        let headless = self.header_due && !self.segment_is_last;
        let cut = !self.zeros && !frame::all_zero(&self.buffer);
        if self.suspicion.is_none() && (headless || cut) {
            self.stumble(Stumble::BadFrame { cut: true });
        }
        if let Some(suspicion) = &mut self.suspicion {
            suspicion.read_on(&self.buffer, true);
        }
        self.buffer.clear();
    }

    /// Reads what is whole in the buffer.
    fn advance(&mut self, done: bool) {
        let buffer = std::mem::take(&mut self.buffer);
        let mut at = 0;
        while let Some(rest) = buffer.get(at..).filter(|rest| !rest.is_empty()) {
            let read = self.step(rest, done);
            if read == 0 {
                break;
            }
            at += read;
            // Once in the zeros after the last frame, the offset stays where the last frame ended.
            if !self.zeros {
                self.offset += read as u64;
            }
        }
        self.buffer = buffer;
        self.buffer.drain(..at.min(self.buffer.len()));
    }

    /// Reads one thing; gives its length, or 0 if more bytes are needed.
    fn step(&mut self, rest: &[u8], done: bool) -> usize {
        if let Some(suspicion) = &mut self.suspicion {
            return suspicion.read_on(rest, done);
        }
        if self.zeros {
            if !frame::all_zero(rest) {
                self.stumble(Stumble::BadFrame { cut: false });
            }
            return rest.len();
        }
        match frame::read(rest) {
            Found::Payload(payload) => {
                if self.header_due {
                    self.header(payload);
                } else {
                    self.record(payload);
                }
                frame::HEADER_BYTES + payload.len()
            }
            Found::End => {
                self.zeros = true;
                self.step(rest, done)
            }
            Found::Partial => 0,
            Found::Bad => {
                self.stumble(Stumble::BadFrame { cut: false });
                self.step(rest, done)
            }
        }
    }

    fn header(&mut self, payload: &[u8]) {
        self.header_due = false;
        let due = self.tip.tree.size();
        match Header::decode(payload) {
            Err(DecodeError::Version(version)) => self.stumble(Stumble::Unfit {
                what: Wrong::LaterVersion,
                detail: format!("the segment is of format version {version}"),
                hash: None,
            }),
            Err(error) => {
                self.stumble(Stumble::Unfit { what: Wrong::Altered, detail: error.to_string(), hash: None });
            }
            Ok(header) if *self.origin.get_or_insert_with(|| header.origin.clone()) != header.origin => {
                let detail = format!("the segment is of `{}`", header.origin);
                self.stumble(Stumble::Unfit { what: Wrong::OtherLedger, detail, hash: None });
            }
            Ok(header) if header.first != due => self.stumble(Stumble::WrongSeq { found: header.first, hash: None }),
            Ok(header) if header.prev != self.tip.head => {
                self.stumble(Stumble::WrongPrev { before: self.last.clone(), hash: None, head: self.tip.head });
            }
            Ok(header) => {
                self.salts = header.seed().map(|seed| (header.first, seed.salts()));
            }
        }
    }

    fn record(&mut self, payload: &[u8]) {
        let seq = self.tip.tree.size();
        let line = match Leaf::read(payload) {
            Ok(line) => line,
            Err((DecodeError::Version(version), hash)) => {
                let detail = format!("it is of format version {version}");
                return self.unfit(None, Wrong::LaterVersion, detail, hash);
            }
            Err((error @ DecodeError::Private, hash)) => {
                return self.unfit(None, Wrong::Altered, error.to_string(), hash);
            }
            Err((error, hash)) => return self.unfit(None, Wrong::Malformed, error.to_string(), hash),
        };
        let hash = line.hash;
        if line.seq != seq {
            return self.stumble_at(Some(line.id), Stumble::WrongSeq { found: line.seq, hash: Some(hash) });
        }
        if line.prev != self.tip.head {
            let before = self.last.clone();
            let head = self.tip.head;
            return self.stumble_at(Some(line.id), Stumble::WrongPrev { before, hash: Some(hash), head });
        }
        if let Err((what, detail)) = self.fits(&line) {
            return self.unfit(Some(line.id), what, detail, Some(hash));
        }
        self.first_ms.get_or_insert(line.time);
        self.tip.time_ms = line.time;
        self.tip.head = hash;
        self.tip.tree.push(hash);
        if let Some(count) = self.kinds.get_mut(line.kind as usize) {
            *count += 1;
        }
        let spot = self.spot(Some(line.id));
        if self.since_checkpoint.is_none() {
            self.since_checkpoint = Some(spot.clone());
        }
        self.last = Some(spot);
        self.check_root();
    }

    /// Checks that a record may stand here, and follows intents and outcomes.
    fn fits(&mut self, line: &Leaf<'_>) -> Result<(), (Wrong, String)> {
        if line.time < self.tip.time_ms {
            return Err((Wrong::TimeWentBack, format!("{} ms after {} ms", line.time, self.tip.time_ms)));
        }
        if line.durable > line.seq {
            return Err((Wrong::Malformed, "it says that records after it were durable".to_owned()));
        }
        self.opens(line)?;
        match line.ends {
            Ends::Nothing if line.kind == Kind::Intent => {
                if self.tip.open.insert(line.id, line.seq).is_some() {
                    return Err((Wrong::RepeatedIntent, "an intent of this id is open".to_owned()));
                }
                self.open_by_seq.insert(line.seq, line.id);
                Ok(())
            }
            Ends::Nothing => Ok(()),
            Ends::Id(intent) => {
                let intent = intent.ok_or((Wrong::Malformed, "it names no intent".to_owned()))?;
                let seq = self.tip.open.remove(&intent);
                seq.map(|seq| self.open_by_seq.remove(&seq));
                self.ends(u128::from_be_bytes(intent.to_bytes()), seq.is_some(), &intent)
            }
            Ends::Seq(seq) => {
                let intent = self.open_by_seq.remove(&seq);
                intent.map(|id| self.tip.open.remove(&id));
                self.ends(u128::from(seq), intent.is_some(), &format_args!("record {seq}"))
            }
        }
    }

    /// Checks what stands beside the hashed part.
    fn opens(&mut self, line: &Leaf<'_>) -> Result<(), (Wrong, String)> {
        let wrong = |detail: &str| Err((Wrong::Altered, detail.to_owned()));
        match (&line.bound, &mut self.salts) {
            (Bound::Line(true), None) => Ok(()),
            (Bound::Line(false), None) => wrong("its private part is not the one that it names"),
            (Bound::Opening(opening, content), Some((first, salts))) => {
                let salts = if opening.facts.is_some() {
                    salts.at(u32::try_from(line.seq.saturating_sub(*first)).unwrap_or(u32::MAX))
                } else {
                    FactSalts::default()
                };
                if opening.content(&salts) != *content {
                    return wrong("what stands beside it is not what it commits to");
                }
                self.erased += u64::from(matches!(opening.private, crate::envelope::Private::Erased(_)));
                Ok(())
            }
            _ => Err((Wrong::Malformed, "it is of another version than its segment".to_owned())),
        }
    }

    /// An outcome came for the intent known as `key`.
    fn ends(&mut self, key: u128, was_open: bool, intent: &dyn std::fmt::Display) -> Result<(), (Wrong, String)> {
        if was_open {
            self.ended.remember(key);
            return Ok(());
        }
        let (what, had) = if self.ended.contains(key) {
            (Wrong::SecondOutcome, "has an outcome already")
        } else {
            (Wrong::OutcomeWithoutIntent, "is not among the open ones before it")
        };
        Err((what, format!("its intent {intent} {had}")))
    }

    /// Compares with the checkpoints of this size, if there are any.
    fn check_root(&mut self) {
        let size = self.tip.tree.size();
        while self.checkpoints.front().is_some_and(|checkpoint| checkpoint.size <= size) {
            let Some(checkpoint) = self.checkpoints.pop_front() else { return };
            if checkpoint.size < size {
                continue;
            }
            let (Some(since), Some(last)) = (self.since_checkpoint.clone(), self.last.clone()) else { continue };
            if checkpoint.root == self.tip.tree.root() {
                self.verified = size;
                self.since_checkpoint = None;
            } else {
                return self.stumble(Stumble::WrongRoot { since, last, head: self.tip.head });
            }
            while self.checkpoints.front().is_some_and(|next| next.size == size) {
                self.checkpoints.pop_front();
            }
        }
    }

    fn unfit(&mut self, id: Option<RecordId>, what: Wrong, detail: String, hash: Option<Hash>) {
        self.stumble_at(id, Stumble::Unfit { what, detail, hash });
    }

    fn stumble(&mut self, stumble: Stumble) {
        self.stumble_at(None, stumble);
    }

    fn stumble_at(&mut self, id: Option<RecordId>, stumble: Stumble) {
        let mut spot = self.spot(id);
        spot.seq = self.tip.tree.size();
        self.suspicion = Some(Suspicion::new(spot, stumble, self.segment_is_last));
    }

    fn spot(&self, id: Option<RecordId>) -> Spot {
        Spot {
            seq: self.tip.tree.size().saturating_sub(1),
            id,
            segment: Arc::clone(&self.segment),
            offset: self.offset,
        }
    }

    fn truncated(&self) -> Problem {
        let mut spot = self.spot(None);
        spot.seq = self.tip.tree.size();
        problem(
            &spot,
            Wrong::Truncated,
            format!("{} records were signed, {} are here", self.signed, self.tip.tree.size()),
        )
    }
}

/// Intents that ended, the most recent ones: by id in version 1, by sequence number after it. An id is never as small.
#[derive(Debug, Default)]
struct Ended {
    known: HashSet<u128, Mixed>,
    order: VecDeque<u128>,
}

impl Ended {
    fn contains(&self, id: u128) -> bool {
        self.known.contains(&id)
    }

    fn remember(&mut self, id: u128) {
        if self.order.len() == ENDED_REMEMBERED_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
        self.known.insert(id);
        self.order.push_back(id);
    }
}

/// Hashes numbers by one multiplication: sequence numbers are many, and nobody gains by choosing them.
type Mixed = std::hash::BuildHasherDefault<Mixer>;

#[derive(Clone, Copy, Debug, Default)]
struct Mixer(u64);

impl std::hash::Hasher for Mixer {
    fn write(&mut self, bytes: &[u8]) {
        for piece in bytes.chunks(8) {
            let mut word = [0; 8];
            word.iter_mut().zip(piece).for_each(|(place, byte)| *place = *byte);
            self.write_u64(u64::from_le_bytes(word));
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = (self.0.rotate_left(26) ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn write_u128(&mut self, number: u128) {
        self.write_u64((number >> 64) as u64);
        self.write_u64(number as u64);
    }

    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 29)
    }
}

fn listed(open: &HashMap<RecordId, u64>) -> Vec<OpenIntent> {
    let mut listed: Vec<OpenIntent> =
        open.iter().map(|(id, seq)| OpenIntent { seq: *seq, id: id.to_string() }).collect();
    listed.sort_by_key(|intent| intent.seq);
    listed.truncate(OPEN_INTENTS_LISTED_MAX);
    listed
}
