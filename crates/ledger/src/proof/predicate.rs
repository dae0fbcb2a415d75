//! The questions that proofs answer: `level>=restricted and jurisdiction!=EU`.
//!
//! ```text
//! question   = all { "or" all }
//! all        = one { "and" one }
//! one        = "not" one | "(" question ")" | field comparison word
//! field      = level | class | jurisdiction | destination | region | vendor | hosting | model
//! comparison = = | != | < | <= | > | >=        the last four for levels only
//! word       = letters, digits, and . _ - / : @ *, or anything in "quotes"
//! ```
//!
//! `class=phi.*` asks whether a class that begins so was found, `class!=phi.*` whether none was.

use std::collections::BTreeMap;

use crate::{
    content::{FACTS, Field},
    parts::{DestinationFact, LevelFact},
};

/// Longest question in bytes, and deepest nesting.
const QUESTION_BYTES_MAX: usize = 4_096;
const DEPTH_MAX: usize = 32;
/// Levels, from the least to the most sensitive.
pub const LEVELS: [&str; 4] = ["public", "internal", "confidential", "restricted"];

/// A question about one attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Predicate {
    text: String,
    tree: Tree,
}

/// Why a text is no question.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct PredicateError(String);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Tree {
    Any(Vec<Tree>),
    All(Vec<Tree>),
    Not(Box<Tree>),
    Level(Comparison, usize),
    Text(Name, bool, String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    Is,
    IsNot,
    Less,
    LessOrIs,
    More,
    MoreOrIs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Name {
    Class,
    Jurisdiction,
    Destination,
    Region,
    Vendor,
    Hosting,
    Model,
}

/// Values of facts, in the order of [`FACTS`]; `None` for those that were not opened.
pub(super) type Values<'a> = [Option<&'a [u8]>; 4];

impl Predicate {
    /// Reads a question.
    ///
    /// # Errors
    /// Says what was expected, and where.
    pub fn parse(text: &str) -> Result<Self, PredicateError> {
        if text.len() > QUESTION_BYTES_MAX {
            return Err(PredicateError(format!("a question has at most {QUESTION_BYTES_MAX} bytes")));
        }
        let tokens = tokens(text)?;
        let mut reader = Reader { tokens: &tokens, at: 0 };
        let tree = reader.question(0)?;
        match reader.tokens.get(reader.at) {
            None => Ok(Self { text: text.to_owned(), tree }),
            Some(token) => {
                Err(PredicateError(format!("`{}` was not expected there; join with `and` or `or`", token.text)))
            }
        }
    }

    /// The question as it was given.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The facts that it takes to answer, in the order of [`FACTS`]. Who asks for classes needs the detectors that looked
    /// for them, which stand with the level.
    #[must_use]
    pub fn needs(&self) -> [bool; 4] {
        let mut needs = [false; 4];
        self.tree.needs(&mut |field| {
            for (need, fact) in needs.iter_mut().zip(FACTS) {
                *need |= fact == field || (field == Field::Classes && fact == Field::Level);
            }
        });
        needs
    }

    /// Answers for one attempt.
    ///
    /// # Errors
    /// When a value that it takes is not there or cannot be read: nobody may take that for a no.
    pub(super) fn holds(&self, values: &Values<'_>) -> Result<bool, PredicateError> {
        self.tree.holds(values)
    }
}

impl Tree {
    fn needs(&self, need: &mut dyn FnMut(Field)) {
        match self {
            Self::Any(trees) | Self::All(trees) => trees.iter().for_each(|tree| tree.needs(need)),
            Self::Not(tree) => tree.needs(need),
            Self::Level(..) => need(Field::Level),
            Self::Text(Name::Class, ..) => need(Field::Classes),
            Self::Text(Name::Jurisdiction, ..) => need(Field::Jurisdiction),
            Self::Text(..) => need(Field::Destination),
        }
    }

    fn holds(&self, values: &Values<'_>) -> Result<bool, PredicateError> {
        match self {
            // Every part is answered, so that what cannot be read is never passed over.
            Self::Any(trees) => trees.iter().try_fold(false, |any, tree| Ok(any | tree.holds(values)?)),
            Self::All(trees) => trees.iter().try_fold(true, |all, tree| Ok(all & tree.holds(values)?)),
            Self::Not(tree) => tree.holds(values).map(|holds| !holds),
            Self::Level(comparison, level) => {
                let fact: LevelFact<'_> = json(value(values, Field::Level)?)?;
                let found = rank(&fact.level)?;
                Ok(match comparison {
                    Comparison::Is => found == *level,
                    Comparison::IsNot => found != *level,
                    Comparison::Less => found < *level,
                    Comparison::LessOrIs => found <= *level,
                    Comparison::More => found > *level,
                    Comparison::MoreOrIs => found >= *level,
                })
            }
            Self::Text(name, is, wanted) => Ok(name.has(values, wanted)? == *is),
        }
    }
}

impl Name {
    fn has(self, values: &Values<'_>, wanted: &str) -> Result<bool, PredicateError> {
        let fits = |found: &str| match wanted.strip_suffix('*') {
            Some(start) => found.starts_with(start),
            None => found == wanted,
        };
        match self {
            Self::Class => {
                let classes: BTreeMap<String, u64> = json(value(values, Field::Classes)?)?;
                Ok(classes.iter().any(|(class, count)| *count > 0 && fits(class)))
            }
            Self::Jurisdiction => {
                let text = value(values, Field::Jurisdiction)?;
                std::str::from_utf8(text)
                    .map(fits)
                    .map_err(|_| PredicateError("a jurisdiction is not UTF-8".to_owned()))
            }
            Self::Destination | Self::Region | Self::Vendor | Self::Hosting | Self::Model => {
                let fact: DestinationFact<'_> = json(value(values, Field::Destination)?)?;
                Ok(fits(match self {
                    Self::Region => &fact.region,
                    Self::Vendor => fact.vendor.as_deref().unwrap_or_default(),
                    Self::Hosting => &fact.hosting,
                    Self::Model => &fact.model,
                    _ => &fact.name,
                }))
            }
        }
    }
}

/// The rank of a level.
///
/// # Errors
/// When it is none that is known here.
pub(super) fn rank(level: &str) -> Result<usize, PredicateError> {
    let known = LEVELS.iter().position(|known| *known == level);
    known.ok_or_else(|| PredicateError(format!("a level is one of {}", LEVELS.join(", "))))
}

fn value<'a>(values: &Values<'a>, field: Field) -> Result<&'a [u8], PredicateError> {
    let place = FACTS.iter().position(|fact| *fact == field);
    let value = place.and_then(|place| values.get(place)).copied().flatten();
    value.ok_or_else(|| PredicateError(format!("the {field:?} was not opened").to_lowercase()))
}

fn json<'a, T: serde::Deserialize<'a>>(value: &'a [u8]) -> Result<T, PredicateError> {
    serde_json::from_slice(value).map_err(|_| PredicateError("a value is not what the format says".to_owned()))
}

struct Token {
    text: String,
    quoted: bool,
}

fn tokens(text: &str) -> Result<Vec<Token>, PredicateError> {
    let mut tokens = Vec::new();
    let mut rest = text.chars().peekable();
    while let Some(first) = rest.next() {
        let mut token = Token { text: first.to_string(), quoted: false };
        match first {
            _ if first.is_whitespace() => continue,
            '(' | ')' => {}
            '"' => {
                token = Token { text: String::new(), quoted: true };
                loop {
                    match rest.next() {
                        Some('"') => break,
                        Some(next) => token.text.push(next),
                        None => return Err(PredicateError("a quotation is not closed".to_owned())),
                    }
                }
            }
            '=' | '!' | '<' | '>' => token.text.extend(rest.next_if_eq(&'=')),
            _ if is_word(first) => {
                while let Some(next) = rest.next_if(|next| is_word(*next)) {
                    token.text.push(next);
                }
            }
            _ => return Err(PredicateError(format!("`{first}` has no meaning in a question; put words in quotes"))),
        }
        tokens.push(token);
    }
    Ok(tokens)
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || "._-/:@*".contains(character)
}

struct Reader<'a> {
    tokens: &'a [Token],
    at: usize,
}

impl Reader<'_> {
    fn question(&mut self, depth: usize) -> Result<Tree, PredicateError> {
        let mut any = vec![self.all(depth)?];
        while self.takes("or") {
            any.push(self.all(depth)?);
        }
        Ok(if any.len() > 1 { Tree::Any(any) } else { any.remove(0) })
    }

    fn all(&mut self, depth: usize) -> Result<Tree, PredicateError> {
        let mut all = vec![self.one(depth)?];
        while self.takes("and") {
            all.push(self.one(depth)?);
        }
        Ok(if all.len() > 1 { Tree::All(all) } else { all.remove(0) })
    }

    fn one(&mut self, depth: usize) -> Result<Tree, PredicateError> {
        if depth > DEPTH_MAX {
            return Err(PredicateError(format!("questions nest at most {DEPTH_MAX} deep")));
        }
        if self.takes("not") {
            return Ok(Tree::Not(Box::new(self.one(depth + 1)?)));
        }
        if self.takes("(") {
            let inner = self.question(depth + 1)?;
            return if self.takes(")") { Ok(inner) } else { Err(PredicateError("a `)` is missing".to_owned())) };
        }
        let field = self.next("a field: level, class, jurisdiction, destination, region, vendor, hosting, model")?;
        let comparison = match self.next("a comparison after the field: = != < <= > >=")?.as_str() {
            "=" | "==" => Comparison::Is,
            "!=" => Comparison::IsNot,
            "<" => Comparison::Less,
            "<=" => Comparison::LessOrIs,
            ">" => Comparison::More,
            ">=" => Comparison::MoreOrIs,
            other => return Err(PredicateError(format!("`{other}` is no comparison; there are = != < <= > >="))),
        };
        let word = self.next("a word after the comparison")?;
        let name = match field.as_str() {
            "level" => return Ok(Tree::Level(comparison, rank(&word)?)),
            "class" => Name::Class,
            "jurisdiction" => Name::Jurisdiction,
            "destination" => Name::Destination,
            "region" => Name::Region,
            "vendor" => Name::Vendor,
            "hosting" => Name::Hosting,
            "model" => Name::Model,
            other => return Err(PredicateError(format!("there is no field `{other}`"))),
        };
        match comparison {
            Comparison::Is => Ok(Tree::Text(name, true, word)),
            Comparison::IsNot => Ok(Tree::Text(name, false, word)),
            _ => Err(PredicateError(format!("`{field}` is compared by = and != only"))),
        }
    }

    fn takes(&mut self, word: &str) -> bool {
        let found = self.tokens.get(self.at).is_some_and(|token| !token.quoted && token.text == word);
        self.at += usize::from(found);
        found
    }

    fn next(&mut self, expected: &str) -> Result<String, PredicateError> {
        let token = self.tokens.get(self.at).ok_or_else(|| PredicateError(format!("expected {expected}")))?;
        self.at += 1;
        Ok(token.text.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALUES: Values<'_> = [
        Some(br#"{"level":"restricted","detectors":"d1","opaque":0}"#),
        Some(br#"{"phi.mrn":2,"pii.person":0}"#),
        Some(b"EU"),
        Some(br#"{"name":"ward-llm","kind":"openai","hosting":"self_hosted","region":"eu-central-1","model":"qwen3-8b"}"#),
    ];

    fn check(question: &str, expected: bool) {
        assert_eq!(Predicate::parse(question).unwrap().holds(&VALUES), Ok(expected), "{question}");
    }

    #[test]
    fn questions_are_answered() {
        check("level>=restricted and jurisdiction!=EU", false);
        check("level>=restricted and jurisdiction=EU", true);
        check("level<confidential or class=phi.*", true);
        check("class=pii.person", false);
        check("class!=pii.*", true);
        check("not (level = restricted or vendor=acme)", false);
        check("not level=restricted and vendor=acme or model=\"qwen3-8b\"", true);
        check("hosting=self_hosted and region=eu-* and destination!=other", true);
        check("vendor=\"\"", true);
    }

    #[test]
    fn a_question_names_the_facts_that_it_needs_and_no_others() {
        let needs = |question: &str| Predicate::parse(question).unwrap().needs();
        assert_eq!(needs("level>=restricted and jurisdiction!=EU"), [true, false, true, false]);
        assert_eq!(needs("class=phi.*"), [true, true, false, false]);
        assert_eq!(needs("region!=eu-central-1"), [false, false, false, true]);
    }

    #[test]
    fn what_cannot_be_read_is_never_taken_for_a_no() {
        let question = Predicate::parse("jurisdiction=EU or level=public").unwrap();
        let mut values = VALUES;
        values[0] = None;
        assert!(question.holds(&values).is_err());
        values[0] = Some(br#"{"level":"secret","detectors":"d1","opaque":0}"#);
        assert!(question.holds(&values).is_err());
        values[0] = Some(b"{");
        assert!(question.holds(&values).is_err());
    }

    #[test]
    fn what_is_no_question_is_refused() {
        for text in [
            "",
            "level",
            "level>=",
            "level>=secret",
            "caller=x",
            "jurisdiction>EU",
            "(level=public",
            "level=public jurisdiction=EU",
            "level!restricted",
            "level=\"public",
            "level=public & class=x",
            &"(".repeat(100),
        ] {
            assert!(Predicate::parse(text).is_err(), "{text}");
        }
    }
}
