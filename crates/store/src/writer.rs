//! The writer thread: takes what is queued, commits it as one batch, answers.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use ledger::encode::Encoded;

use crate::{
    fresh,
    ledger_handle::{Answer, Shared, Unwritten, Waiting},
    log::{Fault, Log},
    options::{BATCH_BYTES_MAX, BATCH_RECORDS_MAX, CHECKPOINT_RECORDS},
    storage::Storage,
};

/// Everything that the writer thread owns.
pub(crate) struct Writer<S> {
    shared: Arc<Shared>,
    log: Log<S>,
    checkpoint_every: Duration,
    last_checkpoint: Instant,
}

/// However the writer ends, nobody waits for ever.
struct SealAtEnd(Arc<Shared>);

impl<S: Storage> Writer<S> {
    pub(crate) fn new(shared: Arc<Shared>, log: Log<S>, checkpoint_ms: u64) -> Self {
        let checkpoint_every = Duration::from_millis(checkpoint_ms);
        Self { shared, log, checkpoint_every, last_checkpoint: Instant::now() }
    }

    /// Runs until the store is closed or the log is sealed.
    pub(crate) fn run(mut self) {
        let end = SealAtEnd(Arc::clone(&self.shared));
        loop {
            let (batch, stopping) = self.next_batch();
            let worked = self.write(batch).and_then(|()| self.checkpoint_if_due(stopping));
            if let Err(fault) = worked {
                end.0.lock().sealed = Some(Arc::from(fault.to_string()));
                return;
            }
            if stopping {
                return;
            }
        }
    }

    /// Waits for records, or for something else that is due. The flag says that this is the last batch.
    fn next_batch(&self) -> (Vec<Waiting>, bool) {
        let mut queue = self.shared.lock();
        let mut woken = true;
        loop {
            let now_ms = fresh::now_ms();
            let stopping = queue.stopping;
            if let Some(aggregate) = queue.strangers.take(now_ms, stopping)
                && let Ok(encoded) = Encoded::of(aggregate, &fresh::fresh_salt())
            {
                queue.bytes += encoded.frame_bytes_max();
                queue.waiting.push(Waiting { encoded, answer: Answer::Nobody });
            }
            if woken && !queue.waiting.is_empty() && !stopping {
                // Where the processor is busy, those who are about to append go first, and one write and one wake-up
                // serve them all; where it is idle, this returns at once.
                woken = false;
                drop(queue);
                std::thread::yield_now();
                queue = self.shared.lock();
                continue;
            }
            if !queue.waiting.is_empty() {
                let batch = first_of(&mut queue.waiting);
                queue.bytes -= batch.iter().map(|waiting| waiting.encoded.frame_bytes_max()).sum::<usize>();
                return (batch, stopping && queue.waiting.is_empty());
            }
            if stopping {
                return (Vec::new(), true);
            }
            let checkpoint_in =
                (self.log.unsigned() > 0).then(|| self.checkpoint_every.saturating_sub(self.last_checkpoint.elapsed()));
            if checkpoint_in == Some(Duration::ZERO) {
                return (Vec::new(), false);
            }
            let strangers_in = queue.strangers.due_in_ms(now_ms).map(|ms| Duration::from_millis(ms.max(1)));
            queue.writer_sleeps = true;
            let due = [checkpoint_in, strangers_in].into_iter().flatten().min();
            queue = match due {
                Some(due) => match self.shared.wake().wait_timeout(queue, due) {
                    Ok((queue, _)) => queue,
                    Err(poisoned) => poisoned.into_inner().0,
                },
                None => self.shared.wake().wait(queue).unwrap_or_else(std::sync::PoisonError::into_inner),
            };
            queue.writer_sleeps = false;
        }
    }

    fn write(&mut self, batch: Vec<Waiting>) -> Result<(), Fault> {
        if batch.is_empty() {
            return Ok(());
        }
        let (encoded, answers): (Vec<Encoded>, Vec<Answer>) =
            batch.into_iter().map(|waiting| (waiting.encoded, waiting.answer)).unzip();
        match self.log.commit(&encoded, fresh::now_ms()) {
            Ok(results) => {
                // Before the answers: whoever has a receipt can read the record.
                self.shared.set_durable(self.log.size());
                for (answer, result) in answers.into_iter().zip(results) {
                    answer.give(result);
                }
                Ok(())
            }
            Err(fault) => {
                let reason: Arc<str> = Arc::from(fault.to_string());
                for answer in answers {
                    answer.give(Err(Unwritten::Sealed(Arc::clone(&reason))));
                }
                Err(fault)
            }
        }
    }

    fn checkpoint_if_due(&mut self, stopping: bool) -> Result<(), Fault> {
        let due = self.last_checkpoint.elapsed() >= self.checkpoint_every || self.log.unsigned() >= CHECKPOINT_RECORDS;
        if self.log.unsigned() > 0 && (due || stopping) {
            self.log.checkpoint()?;
            self.last_checkpoint = Instant::now();
        }
        Ok(())
    }
}

impl Drop for SealAtEnd {
    fn drop(&mut self) {
        let mut queue = self.0.lock();
        if !queue.stopping && queue.sealed.is_none() {
            queue.sealed = Some(Arc::from("the writer ended unexpectedly"));
        }
        let refused = queue.sealed.clone().map_or(Unwritten::Stopped, Unwritten::Sealed);
        for waiting in queue.waiting.drain(..) {
            waiting.answer.give(Err(refused.clone()));
        }
        queue.bytes = 0;
    }
}

/// Takes as much of the queue as fits a batch, in its order.
fn first_of(waiting: &mut Vec<Waiting>) -> Vec<Waiting> {
    let mut bytes = 0;
    let fits = waiting
        .iter()
        .take(BATCH_RECORDS_MAX)
        .take_while(|one| {
            let fits = bytes < BATCH_BYTES_MAX;
            bytes += one.encoded.frame_bytes_max();
            fits
        })
        .count();
    if fits == waiting.len() {
        return std::mem::take(waiting);
    }
    waiting.drain(..fits).collect()
}
