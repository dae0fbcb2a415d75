//! The frames between parent and child: a length and a payload, bounded on both sides.

use std::io::{self, Read, Write};

use serde::{Deserialize, Serialize};

use crate::Limits;
use sandbox::Sandbox;

/// The parent's first words.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Setup {
    pub(crate) sandbox: Sandbox,
    pub(crate) limits: Limits,
}

/// The child's first words: what holds, or why it cannot be locked in.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Locked {
    pub(crate) sandbox: Result<String, String>,
}

/// What the parent wants; the document's bytes come in the next frame.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Job {
    pub(crate) media_type: String,
    /// What to try instead, for tests that the sandbox holds.
    pub(crate) probe: Option<u8>,
}

/// A payload with its length before it, `u32` little-endian.
pub(crate) fn head(payload: &[u8]) -> io::Result<[u8; 4]> {
    Ok(u32::try_from(payload.len()).map_err(io::Error::other)?.to_le_bytes())
}

/// The length that a head announces. Refuses more than `bytes_max`.
pub(crate) fn length(head: [u8; 4], bytes_max: usize) -> io::Result<usize> {
    let length = usize::try_from(u32::from_le_bytes(head)).unwrap_or(usize::MAX);
    if length > bytes_max {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "frame over its bound"));
    }
    Ok(length)
}

/// Reads the next payload, blocking. For the child; the parent reads with tokio.
pub(crate) fn read(from: &mut impl Read, bytes_max: usize) -> io::Result<Vec<u8>> {
    let mut head = [0; 4];
    from.read_exact(&mut head)?;
    let mut payload = vec![0; length(head, bytes_max)?];
    from.read_exact(&mut payload)?;
    Ok(payload)
}

/// Writes a payload, blocking.
pub(crate) fn write(to: &mut impl Write, payload: &[u8]) -> io::Result<()> {
    to.write_all(&head(payload)?)?;
    to.write_all(payload)
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_payload_survives_and_one_over_its_bound_is_refused_before_memory_is_taken() {
        let mut wire = Vec::new();
        super::write(&mut wire, b"content").unwrap();
        assert_eq!(super::read(&mut wire.as_slice(), 7).unwrap(), b"content");
        assert!(super::read(&mut wire.as_slice(), 6).is_err());
        assert!(super::read(&mut [0xff, 0xff, 0xff, 0xff].as_slice(), 1 << 20).is_err());
        assert!(super::read(&mut [3, 0, 0, 0, 1].as_slice(), 1 << 20).is_err());
    }
}
