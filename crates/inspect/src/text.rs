//! Bytes of a text with total accessors: outside the text every byte is zero, so no detector can read past an end.

/// A text as bytes. Offsets outside it are allowed everywhere and read as zero or empty.
#[derive(Clone, Copy)]
pub(crate) struct Text<'t>(&'t [u8]);

impl<'t> Text<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        Self(text.as_bytes())
    }

    pub(crate) fn len(self) -> usize {
        self.0.len()
    }

    pub(crate) fn bytes(self) -> &'t [u8] {
        self.0
    }

    /// The byte at `i`, zero outside.
    #[inline]
    pub(crate) fn at(self, i: usize) -> u8 {
        self.0.get(i).copied().unwrap_or(0)
    }

    /// The byte before `i`, zero at the start.
    #[inline]
    pub(crate) fn before(self, i: usize) -> u8 {
        i.checked_sub(1).map_or(0, |i| self.at(i))
    }

    /// The bytes of `start..end` that exist.
    #[inline]
    pub(crate) fn cut(self, start: usize, end: usize) -> &'t [u8] {
        let cut = self.part(start, end);
        steps::count(cut.len());
        cut
    }

    /// The end of the run of bytes from `start` on that `is` holds for, at most `max` bytes further.
    #[inline]
    pub(crate) fn run(self, start: usize, max: usize, is: impl Fn(u8) -> bool) -> usize {
        let run = self.part(start, start.saturating_add(max)).iter().take_while(|byte| is(**byte)).count();
        steps::count(run + 1);
        start.saturating_add(run)
    }

    /// The start of the run of bytes that ends at `end` and that `is` holds for, at most `max` bytes back.
    #[inline]
    pub(crate) fn run_back(self, end: usize, max: usize, is: impl Fn(u8) -> bool) -> usize {
        let run = self.part(end.saturating_sub(max), end).iter().rev().take_while(|byte| is(**byte)).count();
        steps::count(run + 1);
        end.saturating_sub(run)
    }

    #[inline]
    fn part(self, start: usize, end: usize) -> &'t [u8] {
        let end = end.min(self.0.len());
        self.0.get(start.min(end)..end).unwrap_or(&[])
    }

    /// Whether `word` (lower-case ASCII) stands at `i`, whatever its case here.
    #[inline]
    pub(crate) fn has(self, i: usize, word: &[u8]) -> bool {
        self.cut(i, i.saturating_add(word.len())).eq_ignore_ascii_case(word)
    }

    /// Whether `word` stands at `i`, byte for byte.
    #[inline]
    pub(crate) fn has_exactly(self, i: usize, word: &[u8]) -> bool {
        self.cut(i, i.saturating_add(word.len())) == word
    }

    /// Whether a word can begin at `i`: no letter, digit or underscore before it.
    #[inline]
    pub(crate) fn starts_word(self, i: usize) -> bool {
        !is_word(self.before(i))
    }

    /// Whether a word can end before `i`.
    #[inline]
    pub(crate) fn ends_word(self, i: usize) -> bool {
        !is_word(self.at(i))
    }
}

/// ASCII letters, digits and underscore. Other scripts need no space between a word and a token, so they bound one.
#[inline]
pub(crate) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

#[inline]
pub(crate) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

#[inline]
pub(crate) fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_')
}

#[inline]
pub(crate) fn is_base64_url(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

/// Whether a secret's characters vary enough to be one: letters and digits, and several of them.
/// Placeholders such as `xxxxxxxx`, `your-api-key-here` or `0000` do not.
pub(crate) fn is_varied(bytes: &[u8]) -> bool {
    let mut seen: u128 = 0;
    for byte in bytes {
        seen |= 1 << (byte & 0x7f);
    }
    let distinct = seen.count_ones() as usize;
    let digits = bytes.iter().filter(|byte| byte.is_ascii_digit()).count();
    let letters = bytes.iter().filter(|byte| byte.is_ascii_alphabetic()).count();
    digits > 0 && letters > 0 && distinct >= 6.max(bytes.len().min(32) / 4)
}

/// Counts the bytes that detectors look at, in tests: work must grow as the text does, and no test should measure time.
pub(crate) mod steps {
    #[cfg(not(test))]
    #[inline]
    pub(crate) fn count(_bytes: usize) {}

    #[cfg(test)]
    pub(crate) fn count(bytes: usize) {
        STEPS.with(|steps| steps.set(steps.get() + bytes as u64 + 1));
    }

    #[cfg(test)]
    pub(crate) fn take() -> u64 {
        STEPS.with(|steps| steps.replace(0))
    }

    #[cfg(test)]
    thread_local! {
        static STEPS: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_outside_is_harmless() {
        let text = Text::new("abc");
        assert_eq!((text.at(9), text.before(0), text.cut(2, 99), text.cut(9, 3)), (0, 0, &b"c"[..], &b""[..]));
        assert_eq!((text.run(1, 99, |_| true), text.run_back(2, 99, |_| true)), (3, 0));
        assert_eq!(text.run(7, 9, |_| true), 7);
    }

    #[test]
    fn placeholders_do_not_vary() {
        for (value, varied) in
            [("xxxxxxxxxxxx", false), ("your-api-key-here", false), ("aaaa1111", false), ("k3Jd9sLq02", true)]
        {
            assert_eq!(is_varied(value.as_bytes()), varied, "{value}");
        }
    }
}
