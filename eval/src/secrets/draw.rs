//! Draws without chance: a seeded generator, so that every run measures the same texts.

/// A linear congruential generator (constants of Knuth's MMIX).
pub(super) struct Draw(u64);

impl Draw {
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `below`.
    pub(super) fn number(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % below.max(1)
    }

    pub(super) fn one<'a>(&mut self, list: &[&'a str]) -> &'a str {
        let index = self.number(list.len());
        list.get(index).copied().unwrap_or("")
    }

    /// So many characters of an alphabet.
    pub(super) fn from(&mut self, alphabet: &str, length: usize) -> String {
        let letters: Vec<char> = alphabet.chars().collect();
        (0..length).filter_map(|_| letters.get(self.number(letters.len())).copied()).collect()
    }

    /// `8-4-4-4-12` hexadecimal digits.
    pub(super) fn uuid(&mut self) -> String {
        [8, 4, 4, 4, 12].map(|length| self.from(HEX, length)).join("-")
    }

    /// Fills a template: `{h32}` hexadecimal digits, `{a20}` letters and digits, `{l20}` small ones, `{u20}` capital ones, `{b40}` base64,
    /// `{d9}` digits, `{w6}` small letters, `{g}` a UUID, `{p}` what people choose as a password.
    pub(super) fn fill(&mut self, template: &str) -> String {
        let mut out = String::new();
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            out.push_str(before);
            let slot = after.split_once('}').and_then(|(slot, tail)| Some((self.slot(slot)?, tail)));
            match slot {
                Some((value, tail)) => {
                    out.push_str(&value);
                    rest = tail;
                }
                None => {
                    out.push('{');
                    rest = after;
                }
            }
        }
        out.push_str(rest);
        out
    }

    fn slot(&mut self, slot: &str) -> Option<String> {
        let (kind, length) = slot.split_at_checked(1)?;
        let alphabet = match kind {
            "g" if length.is_empty() => return Some(self.uuid()),
            "p" if length.is_empty() => return Some(self.password()),
            "h" => HEX,
            "a" => ALNUM,
            "l" => LOWER,
            "u" => UPPER,
            "b" => BASE64,
            "d" => "0123456789",
            "w" => "abcdefghijklmnopqrstuvwxyz",
            _ => return None,
        };
        Some(self.from(alphabet, length.parse().ok()?))
    }

    /// A word or two with digits and signs, as people choose.
    fn password(&mut self) -> String {
        let word = self.one(&[
            "summer", "dragon", "Berlin", "monkey", "Arsenal", "winter", "Sunshine", "tiger", "falcon", "Munich",
            "shadow", "Orange",
        ]);
        let second = self.one(&["", "", "Rock", "blue", "4ever", "!"]);
        let digits = self.number(9000) + 10;
        let sign = self.one(&["!", "", "", "#", "$", "@"]);
        format!("{word}{second}{digits}{sign}")
    }
}

const HEX: &str = "0123456789abcdef";
const ALNUM: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const LOWER: &str = "abcdefghijklmnopqrstuvwxyz0123456789";
const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
const BASE64: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
