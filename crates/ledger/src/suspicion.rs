//! Once something is wrong: reads on, to say what it was.
//!
//! A single bad place can be read in several ways until more is seen: a frame that does not check is damage if records
//! after it were acknowledged, a torn tail if nothing was. So the verifier notes what it stumbled over, feeds the rest
//! of the files through here, and only then decides.

use std::sync::Arc;

use crate::{
    Hash, RecordId,
    encode::{Leaf, MARK_BYTES_MAX, next_mark},
    frame,
    verdict::{Problem, Wrong},
};

/// Where in the files something is.
#[derive(Clone, Debug)]
pub(crate) struct Spot {
    pub(crate) seq: u64,
    pub(crate) id: Option<RecordId>,
    pub(crate) segment: Arc<str>,
    pub(crate) offset: u64,
}

/// What the verifier stumbled over.
#[derive(Debug)]
pub(crate) enum Stumble {
    /// Bytes that are no frame, where a frame should begin; `cut` if they just end.
    BadFrame { cut: bool },
    /// A whole record with another sequence number than was due.
    WrongSeq { found: u64, hash: Option<Hash> },
    /// A record (or a segment's header, which has no hash) that does not name the hash of the record before it.
    WrongPrev { before: Option<Spot>, hash: Option<Hash>, head: Hash },
    /// A signed checkpoint over the records before this spot has another root; `since` is the first record that no
    /// earlier checkpoint covers.
    WrongRoot { since: Spot, last: Spot, head: Hash },
    /// A record of sound form that may not be here. If the record after it names another hash, it was altered.
    Unfit { what: Wrong, detail: String, hash: Option<Hash> },
}

/// A stumble, and what came after it.
#[derive(Debug)]
pub(crate) struct Suspicion {
    pub(crate) spot: Spot,
    pub(crate) stumble: Stumble,
    in_last_segment: bool,
    /// Sequence number and `prev` of the first record after it.
    next: Option<(u64, Hash)>,
    /// The record that was due came later.
    due_came_later: bool,
    /// The highest claim of durability in any record after it.
    durable: u64,
}

/// What came of a suspicion.
pub(crate) enum Decided {
    Problem(Problem),
    /// The remains of an unacknowledged write, from the suspicion's spot on.
    TornTail(Spot),
}

impl Suspicion {
    pub(crate) fn new(spot: Spot, stumble: Stumble, in_last_segment: bool) -> Self {
        Self { spot, stumble, in_last_segment, next: None, due_came_later: false, durable: 0 }
    }

    /// Reads what follows; gives how many of `bytes` are done with. `done` says that no more come for this segment.
    pub(crate) fn read_on(&mut self, bytes: &[u8], done: bool) -> usize {
        let mut at = 0;
        while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
            if let frame::Found::Payload(payload) = frame::read(rest)
                && self.note(payload)
            {
                at += frame::HEADER_BYTES + payload.len();
                continue;
            }
            // The next mark whose frame starts after `at`. A partial frame may be completed by the next bytes.
            let next = next_mark(rest.get(1..).unwrap_or_default())
                .map(|mark| at + (mark + 1).saturating_sub(frame::HEADER_BYTES).max(1));
            let whole = frame::read(rest) != frame::Found::Partial || done || rest.len() >= frame::FRAME_BYTES_MAX;
            match next {
                Some(next) if whole => at = next,
                None if done => return bytes.len(),
                None if whole => return bytes.len().saturating_sub(MARK_BYTES_MAX + frame::HEADER_BYTES).max(at),
                _ => break,
            }
        }
        at
    }

    /// Decides, when all has been read. `signed` is how many records valid checkpoints cover, `verified` how many of
    /// them were found as they were signed.
    pub(crate) fn decide(self, signed: u64, verified: u64) -> Decided {
        let seq = self.spot.seq;
        let (what, detail) = match &self.stumble {
            Stumble::BadFrame { cut } => {
                if self.in_last_segment && signed <= seq && self.durable <= seq {
                    return Decided::TornTail(self.spot);
                }
                match self.next {
                    None if *cut => {
                        (Wrong::Truncated, format!("the file ends within it; {signed} records were signed"))
                    }
                    None if signed > seq => (Wrong::Altered, format!("no frame here; {signed} records were signed")),
                    Some(_) if self.durable > seq => {
                        (Wrong::Altered, "no frame here, and later records say that it was durable".to_owned())
                    }
                    _ => (Wrong::Altered, "its frame's checksum does not fit".to_owned()),
                }
            }
            Stumble::WrongSeq { found, hash } => self.wrong_seq(*found, *hash),
            Stumble::WrongPrev { before, hash, head } => {
                // Innocent if a checkpoint vouches for the one before, or the next record does not vouch for this one.
                let this_is_named = match hash {
                    Some(hash) => self.next.is_none_or(|(_, prev)| prev == *hash),
                    None => self.next.is_none_or(|(_, prev)| prev != *head),
                };
                match before {
                    Some(before) if verified < seq && this_is_named => {
                        let detail = format!("its hash is not the one that record {seq} names");
                        return Decided::Problem(problem(before, Wrong::Altered, detail));
                    }
                    _ => (Wrong::Altered, "it does not name the hash of the record before it".to_owned()),
                }
            }
            Stumble::WrongRoot { since, last, head } => {
                let names_last = self.next.is_none_or(|(_, prev)| prev == *head);
                let (spot, what) =
                    if names_last && since.seq < last.seq { (since, Wrong::Forked) } else { (last, Wrong::Altered) };
                let detail = format!(
                    "records {} to {} are not the ones that the checkpoint of size {seq} signed",
                    since.seq, last.seq
                );
                return Decided::Problem(problem(spot, what, detail));
            }
            Stumble::Unfit { what, detail, hash } => match (self.next, hash) {
                (Some((next, prev)), Some(hash)) if next == seq + 1 && prev != *hash => {
                    (Wrong::Altered, format!("record {next} names another hash; as it stands: {detail}"))
                }
                _ => (*what, detail.clone()),
            },
        };
        Decided::Problem(problem(&self.spot, what, detail))
    }

    fn wrong_seq(&self, found: u64, hash: Option<Hash>) -> (Wrong, String) {
        let due = self.spot.seq;
        if found < due {
            return (Wrong::Reordered, format!("record {found} is here a second time, where {due} is due"));
        }
        if self.due_came_later {
            return (Wrong::Reordered, format!("record {found} is here, and {due} after it"));
        }
        match self.next {
            Some((next, prev)) if next == due + 1 && hash.is_some_and(|hash| hash != prev) => {
                (Wrong::Altered, format!("it says that it is record {found}"))
            }
            _ if found == due + 1 => (Wrong::Missing, format!("record {found} is here in its place")),
            _ => (Wrong::Missing, format!("records {due} to {} are not here; record {found} is", found - 1)),
        }
    }

    /// Notes a whole record. False if the payload is none.
    fn note(&mut self, payload: &[u8]) -> bool {
        if crate::segment::Header::decode(payload).is_ok() {
            return true;
        }
        let Ok(line) = Leaf::read(payload) else { return false };
        self.next = self.next.or(Some((line.seq, line.prev)));
        self.due_came_later |= line.seq == self.spot.seq;
        self.durable = self.durable.max(line.durable);
        true
    }
}

pub(crate) fn problem(spot: &Spot, what: Wrong, detail: String) -> Problem {
    Problem {
        what,
        seq: Some(spot.seq),
        id: spot.id.map(String::from),
        segment: spot.segment.to_string(),
        offset: spot.offset,
        detail,
    }
}
