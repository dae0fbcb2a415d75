//! Frames: how a payload lies in a segment file, so that a torn or damaged one is seen.
//!
//! A frame is a little-endian `u32` length of the payload, a little-endian `u32` CRC32C of those four bytes and the
//! payload, and the payload. A length of zero is the end of what was written: segments are allocated ahead, in zeros.

use crate::{OUTCOME_BYTES_MAX, PRIVATE_BYTES_MAX, RECORD_BYTES_MAX};

/// Length of a frame's header in bytes.
pub const HEADER_BYTES: usize = 8;
/// Longest payload in bytes: both lines and their line breaks.
pub const PAYLOAD_BYTES_MAX: usize = RECORD_BYTES_MAX + PRIVATE_BYTES_MAX + 2;
/// Longest frame in bytes.
pub const FRAME_BYTES_MAX: usize = HEADER_BYTES + PAYLOAD_BYTES_MAX;
/// Longest frame of an outcome in bytes: its public line, a private line with a salt, and line breaks.
pub const OUTCOME_FRAME_BYTES_MAX: usize = HEADER_BYTES + OUTCOME_BYTES_MAX + 128;

/// What lies at a place in a segment.
#[derive(Debug, PartialEq, Eq)]
pub enum Found<'a> {
    /// A whole frame with this payload.
    Payload(&'a [u8]),
    /// Eight zero bytes, or the end of the bytes: nothing was written here.
    End,
    /// The beginning of a frame; more bytes are needed to tell.
    Partial,
    /// No frame.
    Bad,
}

/// Reads what lies at the start of `bytes`. `End` and `Partial` mean the end of the *given* bytes.
#[must_use]
pub fn read(bytes: &[u8]) -> Found<'_> {
    let Some((length, rest)) = bytes.split_first_chunk::<4>() else {
        return if bytes.is_empty() { Found::End } else { Found::Partial };
    };
    let Some((crc, rest)) = rest.split_first_chunk::<4>() else { return Found::Partial };
    let payload_bytes = u32::from_le_bytes(*length) as usize;
    if payload_bytes == 0 {
        return if *crc == [0; 4] { Found::End } else { Found::Bad };
    }
    if payload_bytes > PAYLOAD_BYTES_MAX {
        return Found::Bad;
    }
    match rest.get(..payload_bytes) {
        None => Found::Partial,
        Some(payload) if checksum(*length, payload) == u32::from_le_bytes(*crc) => Found::Payload(payload),
        Some(_) => Found::Bad,
    }
}

/// Whether all of `bytes` are zero: nothing was written there.
#[must_use]
pub fn all_zero(bytes: &[u8]) -> bool {
    // Compared in pieces, which is fast without optimisation too: every start of a store looks at megabytes of them.
    const ZEROS: [u8; 4_096] = [0; 4_096];
    bytes.chunks(ZEROS.len()).all(|piece| ZEROS.starts_with(piece))
}

/// Appends a frame around `payload`.
pub fn push(payload: &[u8], out: &mut Vec<u8>) {
    let start = begin(out);
    out.extend_from_slice(payload);
    end(out, start);
}

/// Leaves room for a header; the payload follows. Gives what [`end`] needs.
pub(crate) fn begin(out: &mut Vec<u8>) -> usize {
    let start = out.len();
    out.extend_from_slice(&[0; HEADER_BYTES]);
    start
}

/// Fills in the header of the frame that [`begin`] began.
pub(crate) fn end(out: &mut [u8], start: usize) {
    let Some((header, payload)) = out.get_mut(start..).and_then(|frame| frame.split_first_chunk_mut::<HEADER_BYTES>())
    else {
        return;
    };
    // Encoders bound their payloads far below 4 GiB; a longer one gets a length that no reader accepts.
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX).to_le_bytes();
    let crc = checksum(length, payload).to_le_bytes();
    for (place, byte) in header.iter_mut().zip(length.into_iter().chain(crc)) {
        *place = byte;
    }
}

fn checksum(length: [u8; 4], payload: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(&length), payload)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_read_as_it_was_written() {
        let mut out = b"before".to_vec();
        push(b"payload", &mut out);
        assert_eq!(read(&out[6..]), Found::Payload(b"payload"));
    }

    #[test]
    fn any_single_flipped_bit_is_seen() {
        let mut good = Vec::new();
        push(b"payload", &mut good);
        for bit in 0..good.len() * 8 {
            let mut bad = good.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            assert!(matches!(read(&bad), Found::Bad | Found::Partial), "bit {bit}");
        }
    }

    #[test]
    fn a_cut_frame_is_partial_and_zeros_are_the_end() {
        let mut good = Vec::new();
        push(b"payload", &mut good);
        for length in 1..good.len() {
            assert_eq!(read(&good[..length]), Found::Partial, "length {length}");
        }
        assert_eq!(read(&[]), Found::End);
        assert_eq!(read(&[0; 8]), Found::End);
        assert_eq!(read(&[0, 0, 0, 0, 1, 0, 0, 0]), Found::Bad);
    }

    #[test]
    fn the_checksum_is_crc32c_of_length_and_payload() {
        let mut out = Vec::new();
        push(b"123456789", &mut out);
        assert_eq!(out[..4], [9, 0, 0, 0]);
        assert_eq!(crc32c::crc32c(b"123456789"), 0xe306_9283);
        assert_eq!(out[4..8], crc32c::crc32c(b"\x09\0\0\x00123456789").to_le_bytes());
    }
}
