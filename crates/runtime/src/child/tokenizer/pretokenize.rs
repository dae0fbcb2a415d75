//! Cuts text into words the way each family was trained to.

use regex::Regex;

/// A family's way of cutting.
pub(super) struct Words {
    pattern: Regex,
    /// Whether a run of spaces that ends in a newline is a word of its own.
    newlines_end_words: bool,
    /// Digits are cut out one by one before anything else.
    single_digits: Option<Regex>,
}

impl Words {
    /// The way of cutting that `tokenizer.ggml.pre` names.
    pub(super) fn named(name: &str) -> Result<Words, String> {
        let (pattern, single_digits) = match name {
            "llama-bpe" | "llama3" | "llama-v3" => (LLAMA3, false),
            "qwen2" | "deepseek-r1-qwen" => (QWEN2, false),
            "gpt-2" | "default" => (GPT2, false),
            "smollm" => (GPT2, true),
            _ => {
                let name: String = name.chars().filter(char::is_ascii_graphic).take(32).collect();
                return Err(format!(
                    "the pre-tokenizer `{name}` is not supported; supported are llama-bpe, qwen2, gpt-2, smollm"
                ));
            }
        };
        let regex = |pattern: &str| Regex::new(pattern).map_err(|error| error.to_string());
        let single_digits = if single_digits { Some(regex(r"\p{N}")?) } else { None };
        Ok(Words { pattern: regex(pattern)?, newlines_end_words: pattern != GPT2, single_digits })
    }

    /// Hands each word to `each`, in order, without a gap.
    pub(super) fn split(&self, text: &str, mut each: impl FnMut(&str) -> Result<(), String>) -> Result<(), String> {
        let Some(digit) = &self.single_digits else { return self.words(text, &mut each) };
        let mut from = 0;
        for found in digit.find_iter(text) {
            self.words(text.get(from..found.start()).unwrap_or_default(), &mut each)?;
            each(found.as_str())?;
            from = found.end();
        }
        self.words(text.get(from..).unwrap_or_default(), &mut each)
    }

    fn words(&self, text: &str, each: &mut impl FnMut(&str) -> Result<(), String>) -> Result<(), String> {
        let mut from = 0;
        while let Some(found) = self.pattern.find_at(text, from) {
            // The originals match `\s+(?!\S)` before `\s+`: a run of spaces leaves its last one to the word that follows.
            // This engine cannot look ahead, so the run is shortened here. Where newlines end words, a run that ends in
            // one matched earlier in the pattern, whole.
            let word = found.as_str();
            let followed = found.end() < text.len();
            let is_whole = self.newlines_end_words && word.ends_with(['\n', '\r']);
            let is_run = word.chars().all(char::is_whitespace) && !is_whole;
            let last = word.char_indices().next_back().map_or(0, |(at, _)| at);
            let word = if is_run && followed && last > 0 { word.get(..last).unwrap_or(word) } else { word };
            if found.start() > from {
                each(text.get(from..found.start()).unwrap_or_default())?;
            }
            each(word)?;
            from = found.start() + word.len();
        }
        match text.get(from..) {
            None | Some("") => Ok(()),
            Some(rest) => each(rest),
        }
    }
}

// The originals, with `\s+(?!\S)|\s+` written as `\s+`; see `words`.
const LLAMA3: &str =
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+";
const QWEN2: &str =
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+";
const GPT2: &str = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+";

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, text: &str, expected: &[&str]) {
        let mut words = Vec::new();
        Words::named(name)
            .unwrap()
            .split(text, |word| {
                words.push(word.to_owned());
                Ok(())
            })
            .unwrap();
        assert_eq!(words, expected);
    }

    #[test]
    fn a_run_of_spaces_leaves_its_last_to_the_next_word() {
        check("llama-bpe", "a   b", &["a", "  ", " b"]);
        check("llama-bpe", "a   ", &["a", "   "]);
        check("llama-bpe", "a \n  b", &["a", " \n", " ", " b"]);
        check("gpt-2", "a\n\nb", &["a", "\n", "\n", "b"]);
    }

    #[test]
    fn digits_are_cut_as_each_family_was_trained() {
        check("llama-bpe", "12345", &["123", "45"]);
        check("qwen2", "123", &["1", "2", "3"]);
        check("smollm", "a 12", &["a", " ", "1", "2"]);
        check("gpt-2", "a 12", &["a", " 12"]);
    }
}
