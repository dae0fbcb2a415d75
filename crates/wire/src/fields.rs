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

    /// Ends reading: a field that differs from one of `known` only in case is refused; the rest is unmodelled.
    /// `known` are all the fields that this object may have.
    pub fn finish(self, known: &[&str], unmodelled: &mut Vec<Unmodelled>) -> Result<(), Rejected> {
        for (key, value) in self.entries {
            let path = if self.path.is_empty() { key.clone() } else { format!("{}.{key}", self.path) };
            if let Some(meant) = known.iter().find(|known| known.eq_ignore_ascii_case(&key)) {
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

/// A value of the wrong type.
pub fn wrong(path: &str, wanted: &str) -> Rejected {
    let place = if path.is_empty() { "the body" } else { path };
    Rejected::at(place, "wrong_type", format!("`{place}` must be {wanted}"), format!("send {wanted} there"))
}
