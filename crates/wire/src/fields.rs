//! A reader over the fields of one JSON object that knows its path, so that every complaint names the exact place, and
//! whatever is left unread is reported as unmodelled instead of being dropped.

use crate::call::Unmodelled;
use crate::json::Value;
use crate::text::Text;

/// A body that a front door does not accept. It is the caller's mistake: an answer with status 400.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Rejected {
    /// Stable, for programs: `malformed_json`, `missing_field`, `wrong_type`, `bad_value`, `case_variant_key`,
    /// `unsupported_field`, `state_unsupported`, `provider_fetch_unsupported`, `provider_tool_unsupported`, `token_input_unsupported`.
    pub code: &'static str,
    /// The place in the body, for example `messages[2].content[0].type`.
    pub param: Option<String>,
    /// One sentence of why, without content.
    pub message: String,
    /// One sentence of what to do about it.
    pub help: String,
}

impl Rejected {
    /// Something at `path` is not acceptable.
    pub fn at(path: &str, code: &'static str, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { code, param: Some(path.to_owned()), message: message.into(), help: help.into() }
    }
}

/// The unread fields of one object.
#[derive(Debug)]
pub struct Fields {
    path: String,
    entries: Vec<(String, Value)>,
}

impl Fields {
    /// Opens `value`, which must be an object, at `path` (empty for the body itself).
    pub fn open(value: Value, path: impl Into<String>) -> Result<Self, Rejected> {
        let path = path.into();
        match value {
            Value::Object(entries) => Ok(Self { path, entries }),
            _ => Err(wrong(&path, "an object")),
        }
    }

    /// The path of the object itself.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The path of the field `key` of it.
    pub fn at(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// Takes the field `key`; `null` counts as absent.
    pub fn take(&mut self, key: &str) -> Option<Value> {
        let at = self.entries.iter().position(|(known, _)| known == key)?;
        // Fields mostly come in the order we ask for them, so that this moves little.
        match self.entries.remove(at).1 {
            Value::Null => None,
            value => Some(value),
        }
    }

    /// Takes a field that must be there.
    pub fn require(&mut self, key: &str) -> Result<Value, Rejected> {
        self.take(key).ok_or_else(|| {
            let path = self.at(key);
            Rejected::at(&path, "missing_field", format!("`{path}` is missing"), format!("add `{path}` to the request"))
        })
    }

    /// Takes a string.
    pub fn string(&mut self, key: &str) -> Result<Option<String>, Rejected> {
        match self.take(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(wrong(&self.at(key), "a string")),
        }
    }

    /// Takes a string that must be there.
    pub fn required_string(&mut self, key: &str) -> Result<String, Rejected> {
        match self.require(key)? {
            Value::String(text) => Ok(text),
            _ => Err(wrong(&self.at(key), "a string")),
        }
    }

    /// Takes content.
    pub fn text(&mut self, key: &str) -> Result<Option<Text>, Rejected> {
        Ok(self.string(key)?.map(Text))
    }

    /// Takes content that must be there.
    pub fn required_text(&mut self, key: &str) -> Result<Text, Rejected> {
        self.required_string(key).map(Text)
    }

    /// Takes a boolean.
    pub fn bool(&mut self, key: &str) -> Result<Option<bool>, Rejected> {
        match self.take(key) {
            None => Ok(None),
            Some(Value::Bool(value)) => Ok(Some(value)),
            Some(_) => Err(wrong(&self.at(key), "true or false")),
        }
    }

    /// Takes a whole number that is not negative.
    pub fn u64(&mut self, key: &str) -> Result<Option<u64>, Rejected> {
        match self.take(key) {
            None => Ok(None),
            Some(Value::Number(number)) if number.is_u64() => Ok(number.as_u64()),
            Some(_) => Err(wrong(&self.at(key), "a whole number that is not negative")),
        }
    }

    /// Takes a small whole number that is not negative.
    pub fn u32(&mut self, key: &str) -> Result<Option<u32>, Rejected> {
        let Some(value) = self.u64(key)? else { return Ok(None) };
        u32::try_from(value).map(Some).map_err(|_| wrong(&self.at(key), "a smaller number"))
    }

    /// Takes a whole number.
    pub fn i64(&mut self, key: &str) -> Result<Option<i64>, Rejected> {
        match self.take(key) {
            None => Ok(None),
            Some(Value::Number(number)) if number.is_i64() => Ok(number.as_i64()),
            Some(_) => Err(wrong(&self.at(key), "a whole number")),
        }
    }

    /// Takes a number.
    pub fn f64(&mut self, key: &str) -> Result<Option<f64>, Rejected> {
        match self.take(key) {
            None => Ok(None),
            Some(Value::Number(number)) => Ok(number.as_f64()),
            Some(_) => Err(wrong(&self.at(key), "a number")),
        }
    }

    /// Takes a number from `least` to `most`.
    pub fn f64_within(&mut self, key: &str, least: f64, most: f64) -> Result<Option<f64>, Rejected> {
        match self.f64(key)? {
            Some(value) if !(least..=most).contains(&value) => Err(outside(&self.at(key), least, most)),
            value => Ok(value),
        }
    }

    /// Takes a whole number from `least` to `most`.
    pub fn u32_within(&mut self, key: &str, least: u32, most: u32) -> Result<Option<u32>, Rejected> {
        match self.u64(key)? {
            None => Ok(None),
            Some(value) => match u32::try_from(value) {
                Ok(value) if (least..=most).contains(&value) => Ok(Some(value)),
                _ => Err(outside(&self.at(key), least, most)),
            },
        }
    }

    /// Takes a string that must be one of `words`.
    pub fn one_of(&mut self, key: &str, words: &[&str]) -> Result<Option<String>, Rejected> {
        match self.string(key)? {
            Some(word) if !words.contains(&word.as_str()) => {
                let path = self.at(key);
                Err(bad(&path, "is not a value that it can have", format!("send one of: {}", words.join(", "))))
            }
            word => Ok(word),
        }
    }

    /// Takes a list.
    pub fn array(&mut self, key: &str) -> Result<Option<Vec<Value>>, Rejected> {
        match self.take(key) {
            None => Ok(None),
            Some(Value::Array(items)) => Ok(Some(items)),
            Some(_) => Err(wrong(&self.at(key), "a list")),
        }
    }

    /// Takes an object.
    pub fn object(&mut self, key: &str) -> Result<Option<Fields>, Rejected> {
        let path = self.at(key);
        self.take(key).map(|value| Fields::open(value, path)).transpose()
    }

    /// Refuses `key` by name when it is there and neither `null` nor `neutral`.
    pub fn refuse(&mut self, key: &str, code: &'static str, why: &str, help: &str) -> Result<(), Rejected> {
        match self.take(key) {
            None | Some(Value::Bool(false)) => Ok(()),
            Some(_) => {
                let path = self.at(key);
                Err(Rejected::at(&path, code, format!("`{path}` {why}"), help))
            }
        }
    }

    /// Ends reading: a field that differs from one of `known` only in case is refused; the rest is unmodelled, also one of
    /// `known` that was not taken. `known` are all the fields that this object may have.
    pub fn finish(self, known: &[&str], unmodelled: &mut Vec<Unmodelled>) -> Result<(), Rejected> {
        for (key, value) in self.entries {
            if !is_plain_key(&key) {
                let place = if self.path.is_empty() { "the body" } else { &self.path };
                return Err(Rejected::at(
                    place,
                    "unsupported_field",
                    format!("`{place}` has a key that is not made of letters, digits, `_` and `-`"),
                    "remove that key; no format has such a field",
                ));
            }
            let path = if self.path.is_empty() { key.clone() } else { format!("{}.{key}", self.path) };
            if let Some(meant) = known.iter().find(|known| known.eq_ignore_ascii_case(&key) && **known != key) {
                return Err(Rejected::at(
                    &path,
                    "case_variant_key",
                    format!("a key differs from `{meant}` only in case"),
                    format!("spell it `{meant}`"),
                ));
            }
            if value != Value::Null {
                unmodelled.push(Unmodelled { path, value });
            }
        }
        Ok(())
    }
}

/// The longest key of a wire object that is kept as unmodelled, in bytes.
const KEY_BYTES_MAX: usize = 128;

/// An unmodelled field is found again by its path, so a key may hold nothing that a path is made of; and a key beyond
/// ASCII could be a case variant of a field for a parser that folds Unicode.
fn is_plain_key(key: &str) -> bool {
    !key.is_empty()
        && key.len() <= KEY_BYTES_MAX
        && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}

/// A value that the field at `path` can't have; `why` follows the path in the message.
pub fn bad(path: &str, why: &str, help: impl Into<String>) -> Rejected {
    Rejected::at(path, "bad_value", format!("`{path}` {why}"), help)
}

fn outside(path: &str, least: impl std::fmt::Display, most: impl std::fmt::Display) -> Rejected {
    bad(path, &format!("is not from {least} to {most}"), format!("send a number from {least} to {most}"))
}

/// A value of the wrong type.
pub fn wrong(path: &str, wanted: &str) -> Rejected {
    let place = if path.is_empty() { "the body" } else { path };
    Rejected::at(place, "wrong_type", format!("`{place}` must be {wanted}"), format!("send {wanted} there"))
}
