//! Text to tokens and back, from the vocabulary inside a GGUF file.

mod byte_pairs;
mod merge;
mod pieces;
mod pretokenize;

use std::collections::HashSet;

use aho_corasick::{AhoCorasick, MatchKind};

use super::gguf::Gguf;
use byte_pairs::BytePairs;
use pieces::Pieces;

/// A model's tokenizer.
pub(super) struct Tokenizer {
    /// What each token says, as bytes; nothing for those that only control.
    says: Vec<Vec<u8>>,
    /// Tokens that mean what they say wherever they stand, users' text included.
    everywhere: Marks,
    /// The same and those that control the model: looked for only in what a chat template wrote.
    in_templates: Marks,
    /// The texts of the tokens that control the model.
    controls: Vec<String>,
    algorithm: Algorithm,
    ends: HashSet<u32>,
    /// The token that begins a text, if this model wants it there.
    begin: Option<u32>,
    /// For templates that write it themselves.
    pub(super) begin_text: String,
    pub(super) end_text: String,
    longest_bytes: usize,
}

enum Algorithm {
    /// Llama-3, Qwen, GPT-2: byte pairs within words.
    BytePairs(BytePairs),
    /// Llama-2, Mistral: scored pieces over the whole text.
    Pieces(Pieces),
}

/// What a token is for. The numbers are GGUF's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Normal = 1,
    Unknown = 2,
    Control = 3,
    UserDefined = 4,
    Unused = 5,
    Byte = 6,
}

/// Tokens that are found in a text as they are, before anything else is done to it.
struct Marks {
    finder: Option<AhoCorasick>,
    tokens: Vec<u32>,
}

impl Tokenizer {
    /// Reads the vocabulary.
    ///
    /// # Errors
    /// The key that is missing or contradicts another.
    pub(super) fn read(gguf: &Gguf) -> Result<Tokenizer, String> {
        let texts = gguf.strings("tokenizer.ggml.tokens")?.ok_or("metadata `tokenizer.ggml.tokens` is missing")?;
        if texts.len() > WORDS_MAX || texts.iter().any(|text| text.len() > WORD_BYTES_MAX) {
            return Err("the vocabulary has too many or too long words".to_owned());
        }
        let roles = roles(gguf, texts.len())?;
        let model = gguf.string("tokenizer.ggml.model")?;
        let (algorithm, says, begin_default) = match model {
            Some("gpt2") => {
                let (pairs, says) = BytePairs::read(gguf, texts, &roles)?;
                let begin_default = pairs.is_llama3();
                (Algorithm::BytePairs(pairs), says, begin_default)
            }
            Some("llama") => {
                let (pieces, says) = Pieces::read(gguf, texts, &roles)?;
                (Algorithm::Pieces(pieces), says, true)
            }
            _ => return Err("this kind of tokenizer is not supported; supported are gpt2 and llama".to_owned()),
        };
        let id = |key: &str| -> Result<Option<u32>, String> {
            match gguf.count(&format!("tokenizer.ggml.{key}"))? {
                Some(id) if id >= texts.len() => {
                    Err(format!("metadata `tokenizer.ggml.{key}` is not in the vocabulary"))
                }
                id => Ok(id.and_then(|id| u32::try_from(id).ok())),
            }
        };
        let (begin, end) = (id("bos_token_id")?, id("eos_token_id")?);
        let text_of = |id: Option<u32>| id.and_then(|id| texts.get(id as usize)).cloned().unwrap_or_default();
        let named_end = |(_, text): &(u32, &String)| END_TEXTS.contains(&text.as_str());
        let controls = || numbered(texts, &roles, |role| matches!(role, Role::Control | Role::Unknown));
        let ends = [end, id("eot_token_id")?, id("eom_token_id")?].into_iter().flatten();
        let ends = ends.chain(controls().filter(named_end).map(|(id, _)| id)).collect();
        let wants_begin = gguf.bool("tokenizer.ggml.add_bos_token")?.unwrap_or(begin_default);
        Ok(Tokenizer {
            everywhere: Marks::new(numbered(texts, &roles, |role| role == Role::UserDefined))?,
            in_templates: Marks::new(numbered(texts, &roles, |role| role == Role::UserDefined).chain(controls()))?,
            controls: controls().map(|(_, text)| text.clone()).filter(|text| !text.is_empty()).collect(),
            longest_bytes: says.iter().map(Vec::len).max().unwrap_or(1).max(1),
            says,
            algorithm,
            ends,
            begin: begin.filter(|_| wants_begin),
            begin_text: text_of(begin),
            end_text: text_of(end),
        })
    }

    /// Text as text: what looks like a control token in it is spelled out.
    pub(super) fn text(&self, text: &str) -> Result<Vec<u32>, String> {
        let mut tokens = Vec::new();
        self.split(text, &self.everywhere, None, &mut tokens)?;
        Ok(tokens)
    }

    /// A whole text with the model's beginning, if it wants one.
    pub(super) fn document(&self, text: &str) -> Result<Vec<u32>, String> {
        let mut tokens: Vec<u32> = self.begin.into_iter().collect();
        tokens.extend(self.text(text)?);
        Ok(tokens)
    }

    /// What a chat template wrote, control tokens being themselves. `guard` stands where a caller's text would have
    /// formed one (see [`Tokenizer::controls`]), and is taken out of the text between them.
    pub(super) fn prompt(&self, rendered: &str, guard: char) -> Result<Vec<u32>, String> {
        let mut tokens = Vec::new();
        self.split(rendered, &self.in_templates, Some(guard), &mut tokens)?;
        if let Some(begin) = self.begin
            && tokens.first() != Some(&begin)
        {
            tokens.insert(0, begin);
        }
        Ok(tokens)
    }

    fn split(&self, text: &str, marks: &Marks, guard: Option<char>, tokens: &mut Vec<u32>) -> Result<(), String> {
        let mut from = 0;
        for (range, token) in marks.find(text) {
            self.plain(text.get(from..range.start).unwrap_or_default(), guard, tokens)?;
            tokens.push(token);
            from = range.end;
        }
        self.plain(text.get(from..).unwrap_or_default(), guard, tokens)
    }

    fn plain(&self, text: &str, guard: Option<char>, tokens: &mut Vec<u32>) -> Result<(), String> {
        let unguarded;
        let text = match guard {
            Some(guard) if text.contains(guard) => {
                unguarded = text.replace(guard, "");
                &unguarded
            }
            _ => text,
        };
        match &self.algorithm {
            _ if text.is_empty() => Ok(()),
            Algorithm::BytePairs(pairs) => pairs.encode(text, tokens),
            Algorithm::Pieces(pieces) => pieces.encode(text, tokens),
        }
    }

    /// The texts that control the model when a template writes them.
    pub(super) fn controls(&self) -> &[String] {
        &self.controls
    }

    /// What a token says. Not always whole characters.
    pub(super) fn says(&self, token: u32) -> &[u8] {
        self.says.get(token as usize).map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether this token ends an answer.
    pub(super) fn is_end(&self, token: u32) -> bool {
        self.ends.contains(&token)
    }

    /// Whether the first word of an answer comes with a space that nobody wrote.
    pub(super) fn leads_with_space(&self) -> bool {
        matches!(&self.algorithm, Algorithm::Pieces(pieces) if pieces.leads_with_space())
    }

    /// The fewest tokens that a text of this many bytes can have: to refuse a text that is far too long for nothing.
    pub(super) fn tokens_at_least(&self, bytes: usize) -> usize {
        bytes / self.longest_bytes
    }

    pub(super) fn vocabulary(&self) -> usize {
        self.says.len()
    }
}

impl Marks {
    fn new<'a>(words: impl Iterator<Item = (u32, &'a String)>) -> Result<Marks, String> {
        let (tokens, texts): (Vec<u32>, Vec<&String>) = words.filter(|(_, text)| !text.is_empty()).unzip();
        if texts.is_empty() {
            return Ok(Marks { finder: None, tokens });
        }
        let finder = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(texts);
        Ok(Marks { finder: Some(finder.map_err(|error| error.to_string())?), tokens })
    }

    fn find(&self, text: &str) -> impl Iterator<Item = (std::ops::Range<usize>, u32)> {
        let found = self.finder.iter().flat_map(move |finder| finder.find_iter(text));
        found.filter_map(|found| Some((found.range(), *self.tokens.get(found.pattern().as_usize())?)))
    }
}

/// Lets the regex engine ask the system what it asks once, how many processors there are, while it still may.
pub(super) fn warm_up() -> Result<(), String> {
    pretokenize::Words::named("default")?.split("a b", |_| Ok(()))
}

fn numbered<'a>(
    texts: &'a [String],
    roles: &'a [Role],
    wanted: impl Fn(Role) -> bool + 'a,
) -> impl Iterator<Item = (u32, &'a String)> {
    let all = (0u32..).zip(texts).zip(roles);
    all.filter(move |(_, role)| wanted(**role)).map(|(numbered, _)| numbered)
}

fn roles(gguf: &Gguf, words: usize) -> Result<Vec<Role>, String> {
    let Some(numbers) = gguf.integers("tokenizer.ggml.token_type")? else { return Ok(vec![Role::Normal; words]) };
    if numbers.len() != words {
        return Err("there are not as many token types as tokens".to_owned());
    }
    let role = |number: &i64| {
        let all = [Role::Normal, Role::Unknown, Role::Control, Role::UserDefined, Role::Unused, Role::Byte];
        all.into_iter().find(|role| *role as i64 == *number).unwrap_or(Role::Unused)
    };
    Ok(numbers.iter().map(role).collect())
}

const WORDS_MAX: usize = 1 << 20;
const WORD_BYTES_MAX: usize = 1_024;
/// Control tokens that end an answer in the families run here, for files that name only one of them.
const END_TEXTS: [&str; 5] = ["<|eot_id|>", "<|eom_id|>", "<|im_end|>", "<|end|>", "<|endoftext|>"];

#[cfg(test)]
mod tests {
    use super::*;

    fn tokenizer(name: &str) -> Tokenizer {
        let file = std::fs::read(format!("{}/tests/models/{name}.gguf", env!("CARGO_MANIFEST_DIR"))).unwrap();
        Tokenizer::read(&Gguf::parse(&file).unwrap()).unwrap()
    }

    /// The ids that the library which trained the tokenizer gives for nasty texts; and the way back.
    fn check(name: &str) {
        let path = format!("{}/tests/models/{name}.json", env!("CARGO_MANIFEST_DIR"));
        let said: serde_json::Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        let texts: Vec<(String, Vec<u32>)> = serde_json::from_value(said["texts"].clone()).unwrap();
        let tokenizer = tokenizer(name);
        assert!(texts.len() > 20);
        for (text, expected) in texts {
            let tokens = tokenizer.text(&text).unwrap();
            assert_eq!(tokens, expected, "{text:?}");
            let bytes: Vec<u8> = tokens.iter().flat_map(|token| tokenizer.says(*token).to_vec()).collect();
            let back = String::from_utf8(bytes).unwrap();
            let unled = if tokenizer.leads_with_space() { back.strip_prefix(' ').unwrap_or(&back) } else { &back };
            // SentencePiece writes spaces with a character of its own, and cannot tell it from a space afterwards.
            let expected = if tokenizer.leads_with_space() { text.replace('\u{2581}', " ") } else { text };
            assert_eq!(unled, expected);
        }
    }

    #[test]
    fn llama_3_words_are_those_of_the_reference() {
        check("llama-bpe-q8_0");
    }

    #[test]
    fn qwen_words_are_those_of_the_reference() {
        check("qwen2-f32");
        check("qwen3-bf16");
    }

    #[test]
    fn gpt_2_words_are_those_of_the_reference() {
        check("llama-gpt2-q4_0");
    }

    #[test]
    fn llama_2_pieces_are_those_of_the_reference() {
        check("llama-spm-f16");
    }

    #[test]
    fn control_tokens_in_a_users_text_are_text() {
        let tokenizer = tokenizer("qwen2-f32");
        let control = tokenizer.prompt("<|im_start|>", '\u{fdd0}').unwrap();
        assert_eq!(control.len(), 1);
        assert!(!tokenizer.text("a<|im_start|>b").unwrap().contains(&control[0]));
        assert_eq!(
            tokenizer.text("<|im_start|>").unwrap(),
            tokenizer.prompt("<\u{fdd0}|im_start|>", '\u{fdd0}').unwrap()
        );
    }

    #[test]
    fn a_long_text_without_a_border_takes_no_quadratic_time() {
        let tokens = tokenizer("llama-bpe-q8_0").text(&"a".repeat(1 << 20)).unwrap();
        assert!(!tokens.is_empty());
        let tokens = tokenizer("llama-spm-f16").text(&"the".repeat(1 << 18)).unwrap();
        assert!(!tokens.is_empty());
    }
}
