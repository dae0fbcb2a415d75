//! The life of one child as its callers see it: which calls are open, and the frames to and from them.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::frame::{Frame, Kind, WINDOW_FRAMES};

/// What a reader gets. Head and End come in addition to the window of body frames.
#[derive(Debug)]
pub(super) enum Event {
    Head { status: u16, streaming: bool },
    Body(Bytes),
    End,
    Broke,
}

/// One child's life. When it ends, every open call's sender is dropped.
pub(super) struct Link {
    outgoing: mpsc::UnboundedSender<Frame>,
    calls: Mutex<HashMap<u32, Call>>,
}

enum Call {
    Open {
        events: mpsc::Sender<Event>,
        deadline: Instant,
    },
    /// Cancelled at this time; the child owes an `End`.
    Ending {
        since: Instant,
    },
}

impl Link {
    /// A new life, and the frames to be written to it.
    pub(super) fn new() -> (Link, mpsc::UnboundedReceiver<Frame>) {
        let (outgoing, frames) = mpsc::unbounded_channel();
        (Link { outgoing, calls: Mutex::default() }, frames)
    }

    /// Sends a call to the child; its events come through the receiver. `None` when the child is already gone.
    pub(super) fn open(&self, call: u32, path: &str, body: &[u8], deadline: Instant) -> Option<mpsc::Receiver<Event>> {
        let (events, receiver) = mpsc::channel(WINDOW_FRAMES + 2);
        match self.calls().entry(call) {
            Entry::Occupied(_) => return None,
            Entry::Vacant(place) => place.insert(Call::Open { events, deadline }),
        };
        let mut payload = Vec::with_capacity(path.len() + 1 + body.len());
        payload.extend_from_slice(path.as_bytes());
        payload.push(0);
        payload.extend_from_slice(body);
        self.outgoing.send(Frame::new(Kind::Call, call, payload)).ok()?;
        Some(receiver)
    }

    /// Tells the child that nobody waits for this call any more.
    pub(super) fn cancel(&self, call: u32) {
        if let Some(state @ Call::Open { .. }) = self.calls().get_mut(&call) {
            *state = Call::Ending { since: Instant::now() };
            self.send(Frame::new(Kind::Cancel, call, []));
        }
    }

    /// Tells the child that one body frame was taken.
    pub(super) fn credit(&self, call: u32) {
        self.send(Frame::new(Kind::Credit, call, []));
    }

    /// Sends a frame; a child that is gone loses it, which its callers learn from their closed channels.
    pub(super) fn send(&self, frame: Frame) {
        let _gone = self.outgoing.send(frame);
    }

    /// Hands a frame of the child to its reader. `Err` says how the child broke the protocol.
    pub(super) fn deliver(&self, frame: Frame) -> Result<(), &'static str> {
        let mut calls = self.calls();
        let last = matches!(frame.kind, Kind::End | Kind::Broke);
        let event = match frame.kind {
            Kind::Head => match frame.payload.as_slice() {
                [low, high, streaming] => match u16::from_le_bytes([*low, *high]) {
                    status @ (200 | 400..=599) => Event::Head { status, streaming: *streaming == 1 },
                    _ => return Err("head of an unlawful status"),
                },
                _ => return Err("head of the wrong length"),
            },
            Kind::Body => Event::Body(frame.payload.into()),
            Kind::End => Event::End,
            Kind::Broke => Event::Broke,
            _ => return Err("frame that a child does not send"),
        };
        let delivered = match calls.get(&frame.call) {
            None => return Err("frame for no call"),
            Some(Call::Ending { .. }) => Ok(()),
            Some(Call::Open { events, .. }) => match events.try_send(event) {
                Err(mpsc::error::TrySendError::Full(_)) => Err("more frames than the window"),
                Ok(()) | Err(mpsc::error::TrySendError::Closed(_)) => Ok(()),
            },
        };
        if last {
            calls.remove(&frame.call);
        }
        delivered
    }

    /// Ends calls past their deadline. False when the child has not let go of a cancelled call within `grace`: it hangs.
    pub(super) fn sweep(&self, now: Instant, grace: Duration) -> bool {
        let mut calls = self.calls();
        for (call, state) in calls.iter_mut() {
            if matches!(state, Call::Open { deadline, .. } if *deadline <= now) {
                *state = Call::Ending { since: now };
                self.send(Frame::new(Kind::Cancel, *call, []));
            }
        }
        !calls.values().any(|call| matches!(call, Call::Ending { since } if *since + grace < now))
    }

    /// The child is gone: drops every sender, so that every reader learns it.
    pub(super) fn close(&self) {
        self.calls().clear();
    }

    fn calls(&self) -> MutexGuard<'_, HashMap<u32, Call>> {
        // A panic while holding it cannot leave the map half-changed: every change is a single insert or remove.
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
