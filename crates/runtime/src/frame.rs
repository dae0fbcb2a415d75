//! The frames between parent and child: length, kind, call, payload; bounded on both sides.

use std::io::{self, Read, Write};

/// Bytes before a payload: `u32` length of what follows it, `u8` kind, `u32` call, all little-endian.
pub(crate) const HEADER_BYTES: usize = 9;
/// Bytes of payload the parent accepts from the child, which may be hostile.
pub(crate) const FROM_CHILD_BYTES_MAX: usize = 256 << 10;
/// Bytes of payload the child accepts from the parent: a body and its path.
pub(crate) const FROM_PARENT_BYTES_MAX: usize = 64 << 20;
/// Body frames of one call that may be on their way to a reader who has not taken them yet.
pub(crate) const WINDOW_FRAMES: usize = 32;

/// One message between parent and child.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) kind: Kind,
    pub(crate) call: u32,
    pub(crate) payload: Vec<u8>,
}

/// What a frame says. The number is what goes over the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// To the child, first: [`Setup`](crate::options::Setup) as JSON.
    Setup = 1,
    /// To the child: a path, a NUL, a body.
    Call = 2,
    /// To the child: forget this call, then say `End`.
    Cancel = 3,
    /// To the child: one body frame of this call was taken by its reader.
    Credit = 4,
    /// To the child: try what the sandbox forbids. See [`Probe`](crate::Probe).
    Probe = 5,
    /// To the parent: [`Locked`](crate::options::Locked) as JSON.
    Locked = 16,
    /// To the parent: [`Loaded`](crate::options::Loaded) as JSON.
    Loaded = 17,
    /// To the parent: [`Failed`](crate::options::Failed) as JSON.
    Failed = 18,
    /// To the parent: status as `u16`, then 1 if the body streams.
    Head = 19,
    /// To the parent: bytes of a body.
    Body = 20,
    /// To the parent: nothing more comes for this call.
    End = 21,
    /// To the parent: this call broke the engine. Nothing more comes for it.
    Broke = 22,
}

impl Kind {
    fn read(number: u8) -> Option<Kind> {
        use Kind::{Body, Broke, Call, Cancel, Credit, End, Failed, Head, Loaded, Locked, Probe, Setup};
        [Setup, Call, Cancel, Credit, Probe, Locked, Loaded, Failed, Head, Body, End, Broke]
            .into_iter()
            .find(|kind| *kind as u8 == number)
    }
}

impl Frame {
    pub(crate) fn new(kind: Kind, call: u32, payload: impl Into<Vec<u8>>) -> Frame {
        Frame { kind, call, payload: payload.into() }
    }

    /// A frame that carries a value as JSON.
    pub(crate) fn json(kind: Kind, value: &impl serde::Serialize) -> io::Result<Frame> {
        Ok(Frame::new(kind, 0, serde_json::to_vec(value)?))
    }

    /// The frame as it goes over the socket.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(HEADER_BYTES + self.payload.len());
        let length = u32::try_from(self.payload.len() + HEADER_BYTES - 4).unwrap_or(u32::MAX);
        out.extend_from_slice(&length.to_le_bytes());
        out.push(self.kind as u8);
        out.extend_from_slice(&self.call.to_le_bytes());
        out.extend_from_slice(&self.payload);
        out
    }

    /// Reads what a header announces: kind, call, and bytes of payload to come. Refuses more than `bytes_max`.
    pub(crate) fn header(header: [u8; HEADER_BYTES], bytes_max: usize) -> io::Result<(Kind, u32, usize)> {
        let [l0, l1, l2, l3, kind, c0, c1, c2, c3] = header;
        let length = usize::try_from(u32::from_le_bytes([l0, l1, l2, l3])).unwrap_or(usize::MAX);
        let payload = length.checked_sub(HEADER_BYTES - 4).filter(|bytes| *bytes <= bytes_max);
        match (Kind::read(kind), payload) {
            (Some(kind), Some(payload)) => Ok((kind, u32::from_le_bytes([c0, c1, c2, c3]), payload)),
            _ => Err(io::Error::new(io::ErrorKind::InvalidData, "frame of unknown kind or unlawful length")),
        }
    }

    /// Reads the next frame, blocking. For the child; the parent reads with tokio.
    pub(crate) fn read(from: &mut impl Read, bytes_max: usize) -> io::Result<Frame> {
        let mut header = [0; HEADER_BYTES];
        from.read_exact(&mut header)?;
        let (kind, call, length) = Frame::header(header, bytes_max)?;
        let mut payload = vec![0; length];
        from.read_exact(&mut payload)?;
        Ok(Frame { kind, call, payload })
    }

    /// Writes the frame, blocking.
    pub(crate) fn write(&self, to: &mut impl Write) -> io::Result<()> {
        to.write_all(&self.encode())
    }
}

impl std::fmt::Debug for Frame {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}(call {}, {} bytes)", self.kind, self.call, self.payload.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], expected: Option<&Frame>) {
        assert_eq!(Frame::read(&mut &bytes[..], 8).ok().as_ref(), expected);
    }

    #[test]
    fn a_frame_survives_the_wire() {
        let frame = Frame::new(Kind::Body, 7, *b"content");
        check(&frame.encode(), Some(&frame));
    }

    #[test]
    fn a_frame_over_its_bound_is_refused_before_memory_is_taken() {
        check(&Frame::new(Kind::Body, 7, *b"contents!").encode(), None);
        check(&[0xff, 0xff, 0xff, 0xff, 20, 0, 0, 0, 0], None);
    }

    #[test]
    fn a_frame_shorter_than_its_header_is_refused() {
        check(&[4, 0, 0, 0, 20, 0, 0, 0, 0], None);
        check(&[5, 0, 0, 0, 99, 0, 0, 0, 0], None);
        check(&[5, 0, 0], None);
    }

    #[test]
    fn a_frame_does_not_print_its_content() {
        assert_eq!(format!("{:?}", Frame::new(Kind::Call, 1, *b"secret")), "Call(call 1, 6 bytes)");
    }
}
