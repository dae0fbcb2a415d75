//! Opening the log: the same recovery at every start, after a crash or not.
//!
//! 1. Everything is verified. What is wrong and is not a torn tail is damage, and the start is refused.
//! 2. A torn tail is overwritten with zeros. It is bytes that nobody was told of: after the last good frame, in the
//!    last segment, above the last signed checkpoint, and no record says that it was durable.
//! 3. What was read is made durable: a killed process may have left it in memory only.
//! 4. Intents without outcome get the outcome `unknown`, through the way that all records go.
//!
//! Reading everything takes a few seconds for a million calls; a place to resume from, itself checked against a
//! signed checkpoint, is not built yet.

use std::collections::BTreeMap;

use ledger::{
    Act, Ended, Entry, Outcome, Verifier,
    encode::{Encoded, Record},
    frame::{self, Found},
    note::{self, LogKey},
    salts::Seed,
    segment,
    verify::{CHECKPOINTS_FILE, Report},
};

use crate::{
    OpenError, fresh,
    log::{Fault, Log, Sizes},
    options::{BATCH_RECORDS_MAX, CHECKPOINTS_AT_OPEN},
    storage::Storage,
};

const READ_BYTES: usize = 1 << 20;

/// What recovery found and did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recovered {
    /// A torn tail was cleared.
    pub torn_tail: bool,
    /// Intents that got the outcome `unknown`.
    pub unknown_outcomes: usize,
}

/// Opens the log in `storage`, recovering what a crash left.
pub(crate) fn open<S: Storage>(mut storage: S, key: LogKey, sizes: Sizes) -> Result<(Log<S>, Recovered), OpenError> {
    let names = segments(&storage)?;
    let checkpoints = read_checkpoints(&mut storage)?;
    let recent = last_notes(&checkpoints);
    let report = verify(&storage, &names, recent, &key)?;
    if let Some(problem) = report.verdict.problem {
        return Err(OpenError::Damaged(Box::new(problem)));
    }
    let mut log = Log {
        storage,
        key,
        sizes,
        tip: report.tip,
        segment: String::new(),
        first: 0,
        // Those of the segment are set where it is gone on with, or begun.
        salts: Seed::new([0; 32]).salts(),
        position: 0,
        allocated: 0,
        checkpointed: report.verdict.signed_records,
        checkpoints_bytes: checkpoints.len() as u64,
        frames: Vec::new(),
    };
    let mut recovered = Recovered { torn_tail: report.verdict.torn_tail.is_some(), unknown_outcomes: 0 };
    match report.end {
        Some((name, position)) if position > 0 => {
            log.go_on(name, position)?;
            match report.salts {
                Some((first, salts)) => (log.first, log.salts) = (first, salts),
                // Written by an earlier version: it stays as it is, and the chain goes on in a segment of this one.
                None if log.begin_segment().map_err(OpenError::from)? => {}
                None => return Err(OpenError::Full),
            }
        }
        Some((name, _)) if segment::first_of(&name) != Some(log.size()) => {
            return Err(OpenError::Misnamed { name, due: segment::name(log.size()) });
        }
        _ => {
            if !log.begin_segment().map_err(OpenError::from)? {
                return Err(OpenError::Full);
            }
        }
    }
    recovered.unknown_outcomes = log.end_open_intents(&names, recovered.torn_tail)?;
    Ok((log, recovered))
}

impl<S: Storage> Log<S> {
    /// Goes on in a segment after its last good frame.
    fn go_on(&mut self, name: String, position: u64) -> Result<(), OpenError> {
        let fault = |doing, name: &str, error| OpenError::from(Fault { doing, name: name.to_owned(), error });
        let end = self.storage.len(&name).map_err(|error| fault("cannot look at", &name, error))?;
        // Zeros already, but for a torn tail. Overwritten and not cut off, so that the space that was taken for
        // outcomes stays taken. A crash within: still a torn tail.
        let mut at = position;
        let mut found = vec![0; READ_BYTES];
        let zeros = vec![0; READ_BYTES];
        while at < end {
            let read = self.storage.read(&name, at, &mut found).map_err(|error| fault("cannot read", &name, error))?;
            if read == 0 {
                break;
            }
            if !frame::all_zero(found.get(..read).unwrap_or_default()) {
                self.storage
                    .write(&name, at, zeros.get(..read).unwrap_or_default())
                    .map_err(|error| fault("cannot clear the torn tail of", &name, error))?;
            }
            at += read as u64;
        }
        self.storage.sync(&name).map_err(|error| fault("cannot sync", &name, error))?;
        self.storage.sync_names().map_err(|error| fault("cannot sync the name of", &name, error))?;
        self.segment = name;
        self.position = position;
        self.allocated = end.max(position);
        Ok(())
    }

    /// Writes the outcome `unknown` for every intent without one, after a record that says why.
    fn end_open_intents(&mut self, names: &[String], torn_tail: bool) -> Result<usize, OpenError> {
        let count = self.tip.open.len();
        if count == 0 && !torn_tail {
            return Ok(0);
        }
        let mut entries = vec![Entry::Act(Act {
            id: fresh::RecordId::new(),
            action: "recovered".to_owned(),
            actor: "portcullis".to_owned(),
            subject: None,
            detail: BTreeMap::from([
                ("torn_tail".to_owned(), torn_tail.to_string()),
                ("unknown_outcomes".to_owned(), count.to_string()),
            ]),
        })];
        for record in self.open_intents(names)? {
            if let Entry::Intent(intent) = record.body {
                entries.push(Entry::Outcome(unknown(intent.id, intent.call)));
            }
        }
        for batch in entries.chunks(BATCH_RECORDS_MAX) {
            let encoded: Vec<Encoded> = batch
                .iter()
                .map(|entry| {
                    Encoded::of(entry.clone(), &fresh::fresh_salt())
                        .map_err(|error| OpenError::Recovery(error.to_string()))
                })
                .collect::<Result<_, _>>()?;
            for answer in self.commit(&encoded, fresh::now_ms()).map_err(OpenError::from)? {
                answer.map_err(|unwritten| OpenError::Recovery(unwritten.to_string()))?;
            }
        }
        Ok(count)
    }

    /// Reads the records of the open intents again, in their order.
    fn open_intents(&self, names: &[String]) -> Result<Vec<Record>, OpenError> {
        let mut due: Vec<u64> = self.tip.open.values().copied().collect();
        due.sort_unstable();
        let Some(&first) = due.first() else { return Ok(Vec::new()) };
        let mut records = Vec::with_capacity(due.len());
        for (name, next) in names.iter().zip(names.iter().skip(1).map(Some).chain([None])) {
            if next.and_then(|next| segment::first_of(next)).is_some_and(|next| next <= first) {
                continue;
            }
            each_payload(&self.storage, name, |payload| {
                if let Ok(record) = Record::decode(payload)
                    && due.binary_search(&record.seq).is_ok()
                {
                    records.push(record);
                }
            })?;
        }
        Ok(records)
    }
}

/// Names of the segments, in the order of their records.
pub(crate) fn segments(storage: &impl Storage) -> Result<Vec<String>, OpenError> {
    let mut names = storage.list().map_err(|error| OpenError::io("cannot list", "ledger", error))?;
    names.retain(|name| segment::first_of(name).is_some());
    names.sort_unstable();
    Ok(names)
}

fn unknown(intent: String, call: String) -> Outcome {
    Outcome {
        id: fresh::RecordId::new(),
        intent,
        call,
        ended: Ended::Unknown,
        status: None,
        upstream_request_id: None,
        upstream_model: None,
        received: None,
        released: None,
        received_bytes: 0,
        released_bytes: 0,
        input_tokens: None,
        output_tokens: None,
        cached_tokens: None,
        charged_tokens: None,
        cost_micros: None,
        queue_us: 0,
        first_byte_us: None,
        total_us: 0,
        screening: BTreeMap::new(),
        cut: Vec::new(),
        error: None,
        shortened: false,
        salt: None,
    }
}

fn verify(storage: &impl Storage, names: &[String], recent: &str, key: &LogKey) -> Result<Report, OpenError> {
    let mut verifier = Verifier::new(recent, Some(key.verifier()));
    let mut buffer = vec![0; READ_BYTES];
    for (index, name) in names.iter().enumerate() {
        verifier.begin_segment(name, index + 1 == names.len());
        let mut at = 0;
        loop {
            let read =
                storage.read(name, at, &mut buffer).map_err(|error| OpenError::io("cannot read", name, error))?;
            if read == 0 {
                break;
            }
            verifier.push(buffer.get(..read).unwrap_or_default());
            at += read as u64;
        }
    }
    Ok(verifier.finish())
}

/// Reads the checkpoints file, and cuts off the beginning of a note that a crash left at its end.
fn read_checkpoints(storage: &mut impl Storage) -> Result<String, OpenError> {
    let io = |doing, error| OpenError::io(doing, CHECKPOINTS_FILE, error);
    storage.create(CHECKPOINTS_FILE).map_err(|error| io("cannot create", error))?;
    let bytes = storage.len(CHECKPOINTS_FILE).map_err(|error| io("cannot look at", error))?;
    let mut file = vec![0; usize::try_from(bytes).map_err(|_| OpenError::Full)?];
    let read = storage.read(CHECKPOINTS_FILE, 0, &mut file).map_err(|error| io("cannot read", error))?;
    file.truncate(read);
    let valid = std::str::from_utf8(&file).map_or_else(|error| error.valid_up_to(), str::len);
    file.truncate(valid);
    let mut text = String::from_utf8(file).unwrap_or_default();
    let whole = note::split(&text).1;
    text.truncate(whole);
    if whole as u64 != bytes {
        storage.truncate(CHECKPOINTS_FILE, whole as u64).map_err(|error| io("cannot cut back", error))?;
        storage.sync(CHECKPOINTS_FILE).map_err(|error| io("cannot sync", error))?;
    }
    Ok(text)
}

/// The newest notes: each covers all records before it, so older ones add nothing to what recovery needs.
fn last_notes(checkpoints: &str) -> &str {
    let (notes, _) = note::split(checkpoints);
    let skipped = notes.len().saturating_sub(CHECKPOINTS_AT_OPEN);
    notes.get(skipped).and_then(|note| checkpoints.get(note.offset..)).unwrap_or_default()
}

fn each_payload(storage: &impl Storage, name: &str, mut each: impl FnMut(&[u8])) -> Result<(), OpenError> {
    let mut buffer = Vec::new();
    let mut piece = vec![0; READ_BYTES];
    let mut at = 0;
    loop {
        let read = storage.read(name, at, &mut piece).map_err(|error| OpenError::io("cannot read", name, error))?;
        at += read as u64;
        buffer.extend_from_slice(piece.get(..read).unwrap_or_default());
        let mut done = 0;
        while let Found::Payload(payload) = frame::read(buffer.get(done..).unwrap_or_default()) {
            each(payload);
            done += frame::HEADER_BYTES + payload.len();
        }
        buffer.drain(..done);
        if read == 0 || buffer.len() > frame::FRAME_BYTES_MAX {
            return Ok(());
        }
    }
}
