//! Takes turns between calls, one step each, and never makes more than a reader takes.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvError, TryRecvError};

use super::answer;
use super::job::{Job, Step};
use super::loaded::Model;
use super::request::{self, Refusal};
use crate::frame::{Frame, Kind, WINDOW_FRAMES};

/// What the parent wants, as the reading thread hands it on.
pub(super) enum Order {
    Call {
        call: u32,
        path: String,
        body: Vec<u8>,
    },
    Cancel {
        call: u32,
    },
    Credit {
        call: u32,
    },
    /// Never come back: for the test that a hung child is replaced.
    Hang,
    /// Panic when the next call comes: for the test that it ends alone.
    Panic,
}

pub(super) struct Schedule<W> {
    model: Arc<Model>,
    parent: W,
    turns: VecDeque<Turn>,
    /// Accepted calls that wait for memory, the first first.
    waiting: VecDeque<(u32, Job)>,
    calls_max: usize,
    /// What [`Order::Panic`] asked for.
    panics: bool,
}

struct Turn {
    call: u32,
    /// `None`: all is said, and only has to be sent.
    job: Option<Job>,
    tokens_reserved: usize,
    /// Parts of the body that wait for credit.
    unsent: VecDeque<Vec<u8>>,
    credit: usize,
}

impl<W: Write> Schedule<W> {
    pub(super) fn new(model: Arc<Model>, parent: W, calls_max: usize) -> Schedule<W> {
        Schedule { model, parent, turns: VecDeque::new(), waiting: VecDeque::new(), calls_max, panics: false }
    }

    /// Works until the orders end or the parent is gone.
    pub(super) fn run(&mut self, orders: &Receiver<Order>) -> io::Result<()> {
        loop {
            let order = if self.turns.iter().any(Turn::can_go_on) {
                match orders.try_recv() {
                    Ok(order) => Some(order),
                    Err(TryRecvError::Empty) => None,
                    Err(TryRecvError::Disconnected) => return Ok(()),
                }
            } else {
                match orders.recv() {
                    Ok(order) => Some(order),
                    Err(RecvError) => return Ok(()),
                }
            };
            match order {
                Some(order) => self.obey(order)?,
                None => self.turn()?,
            }
        }
    }

    fn obey(&mut self, order: Order) -> io::Result<()> {
        match order {
            Order::Call { call, path, body } => {
                let (model, panics) = (&self.model, std::mem::take(&mut self.panics));
                let accept = || {
                    if panics {
                        std::panic::resume_unwind(Box::new(()));
                    }
                    request::read(&path, &body).and_then(|request| Job::new(model, request))
                };
                match unbroken(accept) {
                    Some(Ok(job)) => self.waiting.push_back((call, job)),
                    Some(Err(refusal)) => self.refuse(call, &refusal)?,
                    None => Frame::new(Kind::Broke, call, []).write(&mut self.parent)?,
                }
                self.admit()
            }
            Order::Cancel { call } => {
                let (turns, waiting) = (self.turns.len(), self.waiting.len());
                self.turns.retain(|turn| turn.call != call);
                self.waiting.retain(|(waiting, _)| *waiting != call);
                // A call that ended by itself has already said so.
                if (self.turns.len(), self.waiting.len()) != (turns, waiting) {
                    Frame::new(Kind::End, call, []).write(&mut self.parent)?;
                }
                self.admit()
            }
            Order::Credit { call } => {
                if let Some(turn) = self.turns.iter_mut().find(|turn| turn.call == call) {
                    turn.credit += 1;
                }
                Ok(())
            }
            Order::Panic => {
                self.panics = true;
                Ok(())
            }
            Order::Hang => loop {
                std::thread::park();
            },
        }
    }

    /// Begins waiting calls while there is memory for what they may come to remember.
    fn admit(&mut self) -> io::Result<()> {
        while let Some((_, next)) = self.waiting.front() {
            let reserved: usize = self.turns.iter().map(|turn| turn.tokens_reserved).sum();
            let fits = reserved + next.tokens_reserved() <= self.model.tokens_remembered_max;
            if self.turns.len() >= self.calls_max || !(fits || self.turns.is_empty()) {
                return Ok(());
            }
            let Some((call, job)) = self.waiting.pop_front() else { return Ok(()) };
            self.head(call, 200, job.streams())?;
            self.turns.push_back(Turn {
                call,
                tokens_reserved: job.tokens_reserved(),
                unsent: job.opening().into_iter().collect(),
                job: Some(job),
                credit: WINDOW_FRAMES,
            });
        }
        Ok(())
    }

    fn refuse(&mut self, call: u32, refusal: &Refusal) -> io::Result<()> {
        self.head(call, refusal.status, false)?;
        Frame::new(Kind::Body, call, answer::refusal(refusal)).write(&mut self.parent)?;
        Frame::new(Kind::End, call, []).write(&mut self.parent)
    }

    fn head(&mut self, call: u32, status: u16, streaming: bool) -> io::Result<()> {
        let [low, high] = status.to_le_bytes();
        Frame::new(Kind::Head, call, [low, high, u8::from(streaming)]).write(&mut self.parent)
    }

    /// The next call's step: send what waits, then compute.
    fn turn(&mut self) -> io::Result<()> {
        let Some(at) = self.turns.iter().position(Turn::can_go_on) else { return Ok(()) };
        let Some(mut turn) = self.turns.remove(at) else { return Ok(()) };
        if turn.unsent.is_empty()
            && let Some(job) = &mut turn.job
        {
            match unbroken(|| job.step()) {
                None => {
                    Frame::new(Kind::Broke, turn.call, []).write(&mut self.parent)?;
                    return self.admit();
                }
                Some(Step::More(bytes)) => turn.unsent.extend(bytes),
                Some(Step::Done(bytes)) => {
                    turn.unsent.extend(bytes.chunks(BODY_BYTES).map(<[u8]>::to_vec));
                    turn.job = None;
                }
            }
        }
        while turn.credit > 0
            && let Some(bytes) = turn.unsent.pop_front()
        {
            turn.credit -= 1;
            Frame::new(Kind::Body, turn.call, bytes).write(&mut self.parent)?;
        }
        if turn.job.is_none() && turn.unsent.is_empty() {
            Frame::new(Kind::End, turn.call, []).write(&mut self.parent)?;
            return self.admit();
        }
        self.turns.push_back(turn);
        Ok(())
    }
}

impl Turn {
    /// Whether a step would do anything: something to send and leave to send it, or something to compute.
    fn can_go_on(&self) -> bool {
        if self.unsent.is_empty() { self.job.is_some() } else { self.credit > 0 }
    }
}

/// A panic in one call's work is that call's end and no other's: whatever it held goes with it.
fn unbroken<T>(work: impl FnOnce() -> T) -> Option<T> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).ok()
}

/// Bytes in one frame of a body.
const BODY_BYTES: usize = 64 << 10;
