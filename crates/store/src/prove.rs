//! Proofs from a ledger's folder, beside a running writer or from a copy, without the lock.

use std::{fs::File, io::Read, path::Path};

use ledger::{
    frame::{self, Found},
    note,
    proof::{Claim, ProveError, Proved, Prover},
};

use crate::read::{ReadError, ledger_dir, read_checkpoints, segments};

const READ_BYTES: usize = 1 << 20;

/// Why there is no proof.
#[derive(Debug, thiserror::Error)]
pub enum UnprovedError {
    /// The ledger cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// It can, and there is none.
    #[error(transparent)]
    Prove(#[from] ProveError),
    /// Nothing was signed yet.
    #[error("the ledger has no signed checkpoint yet; the door signs one every few seconds, and when it stops")]
    Unsigned,
}

/// Proves what a range of the ledger in `dir` says to a question, against its last signed checkpoint. `progress` gets the
/// records done and the records in all.
///
/// # Errors
/// See [`UnprovedError`].
pub fn prove_dir(
    dir: &Path,
    claim: Claim,
    question: &str,
    (from_ms, to_ms): (u64, u64),
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Proved, UnprovedError> {
    let dir = ledger_dir(dir)?;
    let checkpoints = read_checkpoints(&dir)?;
    let note = note::split(&checkpoints).0.pop().ok_or(UnprovedError::Unsigned)?.text;
    let mut prover = Prover::new(claim, question, from_ms, to_ms, note)?;
    let mut done = 0;
    for name in segments(&dir)? {
        if done >= prover.size() {
            break;
        }
        each_payload(&dir, &name, &mut |index, payload| {
            if index == 0 {
                return prover.segment(payload);
            }
            done += 1;
            if done.is_multiple_of(PROGRESS_RECORDS) {
                progress(done.min(prover.size()), prover.size());
            }
            prover.record(payload)
        })?;
    }
    Ok(prover.finish()?)
}

/// Takes a payload, and its place among the segment's frames.
type Each<'a> = dyn FnMut(u64, &[u8]) -> Result<(), ProveError> + 'a;

/// Calls `each` with the payloads of a segment's frames, the header's first, up to the first that is not whole.
fn each_payload(dir: &Path, name: &str, each: &mut Each<'_>) -> Result<(), UnprovedError> {
    let io = |error| ReadError::Io { name: name.to_owned(), error };
    let mut file = File::open(dir.join(name)).map_err(io)?;
    let (mut buffer, mut start, mut index) = (Vec::new(), 0, 0);
    loop {
        while let Found::Payload(payload) = frame::read(buffer.get(start..).unwrap_or_default()) {
            each(index, payload)?;
            start += frame::HEADER_BYTES + payload.len();
            index += 1;
        }
        buffer.drain(..start);
        start = 0;
        let length = buffer.len();
        buffer.resize(length + READ_BYTES, 0);
        let read = file.read(buffer.get_mut(length..).unwrap_or_default()).map_err(io)?;
        buffer.truncate(length + read);
        // Zeros, a torn tail, or damage: whether records are missing then, the tree tells.
        if read == 0 || (length >= frame::FRAME_BYTES_MAX && frame::read(&buffer) == Found::Bad) {
            return Ok(());
        }
    }
}

const PROGRESS_RECORDS: u64 = 65_536;
