//! Numbers and texts in proof files: LEB128, and lengths before bytes.

/// Bytes, read from the front.
pub(super) struct Input<'a>(pub(super) &'a [u8]);

impl<'a> Input<'a> {
    pub(super) fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    /// A number in LEB128, in as few bytes as it takes: there is one way to write it.
    pub(super) fn number(&mut self) -> Option<u64> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 127);
            if (shift == 63 && bits > 1) || (byte == 0 && shift > 0) {
                return None;
            }
            number |= bits << shift;
            if byte & 128 == 0 {
                return Some(number);
            }
        }
        None
    }

    pub(super) fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    pub(super) fn array(&mut self) -> Option<[u8; 32]> {
        let (array, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*array)
    }

    pub(super) fn text(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.number()?).ok()?;
        self.take(length)
    }
}

pub(super) fn push_number(mut number: u64, out: &mut Vec<u8>) {
    while number > 127 {
        out.push(128 | (number & 127) as u8);
        number >>= 7;
    }
    out.push(number as u8);
}

pub(super) fn push_text(text: &[u8], out: &mut Vec<u8>) {
    push_number(text.len() as u64, out);
    out.extend_from_slice(text);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_go_there_and_back_in_one_way_only() {
        for number in [0, 1, 127, 128, 300, u64::from(u32::MAX), u64::MAX - 1, u64::MAX] {
            let mut bytes = Vec::new();
            push_number(number, &mut bytes);
            let mut input = Input(&bytes);
            assert_eq!((input.number(), input.0.len()), (Some(number), 0), "{number}");
            for cut in 0..bytes.len() {
                assert_eq!(Input(&bytes[..cut]).number(), None);
            }
        }
        assert_eq!(Input(&[0x80, 0]).number(), None);
        assert_eq!(Input(&[0xff; 10]).number(), None);
    }
}
