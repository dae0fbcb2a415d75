//! Tokens' bytes to text that may be shown: whole characters only, and nothing of a stop sequence.

/// Text on its way out.
pub(super) struct Text {
    /// The beginning of a character.
    bytes: Vec<u8>,
    /// Text that could be the beginning of a stop sequence.
    held: String,
    stops: Vec<String>,
}

impl Text {
    pub(super) fn new(stops: Vec<String>) -> Text {
        Text { bytes: Vec::new(), held: String::new(), stops }
    }

    /// Takes in more bytes; gives the text that is certain now, and whether a stop sequence ended it.
    pub(super) fn push(&mut self, bytes: &[u8]) -> (String, bool) {
        self.bytes.extend_from_slice(bytes);
        self.take_characters(false);
        self.release()
    }

    /// Nothing more comes: what was held is text after all.
    pub(super) fn finish(&mut self) -> String {
        self.take_characters(true);
        let (mut text, stopped) = self.release();
        if !stopped {
            text.push_str(&self.held);
        }
        self.held.clear();
        text
    }

    /// Moves whole characters from the bytes to the held text. What can be no character becomes U+FFFD.
    fn take_characters(&mut self, to_the_end: bool) {
        let mut rest = 0;
        for chunk in self.bytes.utf8_chunks() {
            self.held.push_str(chunk.valid());
            rest += chunk.valid().len();
            let invalid = chunk.invalid();
            if invalid.is_empty() {
                continue;
            }
            let is_last = rest + invalid.len() == self.bytes.len();
            if is_last && !to_the_end && may_become_a_character(invalid) {
                break;
            }
            self.held.push('\u{fffd}');
            rest += invalid.len();
        }
        self.bytes.drain(..rest);
    }

    fn release(&mut self) -> (String, bool) {
        let first = self.stops.iter().filter_map(|stop| self.held.find(stop.as_str())).min();
        if let Some(at) = first {
            let text = self.held.get(..at).unwrap_or_default().to_owned();
            self.held.clear();
            return (text, true);
        }
        let keep = (0..self.held.len()).find(|at| {
            let tail = self.held.get(*at..);
            tail.is_some_and(|tail| self.stops.iter().any(|stop| stop.starts_with(tail)))
        });
        let kept = self.held.split_off(keep.unwrap_or(self.held.len()));
        (std::mem::replace(&mut self.held, kept), false)
    }
}

fn may_become_a_character(bytes: &[u8]) -> bool {
    matches!(std::str::from_utf8(bytes), Err(error) if error.error_len().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every way of cutting the bytes in three gives the same text; and no part shows a character's half.
    fn check(bytes: &[u8], stops: &[&str], expected: &str, expected_stop: bool) {
        for first in 0..=bytes.len() {
            for second in first..=bytes.len() {
                let mut text = Text::new(stops.iter().map(|stop| (*stop).to_owned()).collect());
                let (mut shown, mut stopped) = (String::new(), false);
                for part in [&bytes[..first], &bytes[first..second], &bytes[second..]] {
                    if !stopped {
                        let (more, stop) = text.push(part);
                        shown.push_str(&more);
                        stopped = stop;
                    }
                }
                if !stopped {
                    shown.push_str(&text.finish());
                }
                assert_eq!((shown.as_str(), stopped), (expected, expected_stop), "{first} {second}");
            }
        }
    }

    #[test]
    fn characters_come_whole_whatever_the_cuts() {
        check("aé日🙂".as_bytes(), &[], "aé日🙂", false);
    }

    #[test]
    fn a_stop_sequence_is_never_shown_not_even_in_part() {
        check(b"one STOP two", &["STOP"], "one ", true);
        check(b"one STO", &["STOP"], "one STO", false);
        check(b"aab", &["ab", "aab"], "", true);
        check("x日y".as_bytes(), &["日"], "x", true);
        check(b"ab", &["abc", "b"], "a", true);
    }

    #[test]
    fn bytes_that_are_no_character_are_replaced() {
        check(b"a\xffb", &[], "a\u{fffd}b", false);
        check(b"a\xe6\x97", &[], "a\u{fffd}", false);
    }
}
