//! Strict JSON: duplicate keys, invalid UTF-8 and excess depth are refused, so that two parsers cannot read two things.

pub mod escapes;
mod number;

use std::borrow::Cow;
use std::fmt;

use serde::de::{self, Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

pub use number::Number;

/// A JSON value. Objects keep their order and have no duplicate keys. Its `Debug` shows shape and lengths, never text.
#[derive(Clone, PartialEq)]
pub enum Value {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// A number; those outside `i64`, `u64` and finite `f64` are refused when read.
    Number(Number),
    /// Text.
    String(String),
    /// A list.
    Array(Vec<Value>),
    /// Keys and values in the order they came.
    Object(Vec<(String, Value)>),
}

/// Why bytes are not the JSON we accept.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{reason} at line {line} column {column}")]
pub struct Malformed {
    /// In plain words, without content of the body other than a duplicated key's length.
    pub reason: String,
    /// From 1; 0 when unknown.
    pub line: usize,
    /// From 1; 0 when unknown.
    pub column: usize,
}

/// The deepest nesting that is read.
pub const DEPTH_MAX: usize = 96;

/// Reads one JSON value and nothing after it.
pub fn parse(bytes: &[u8]) -> Result<Value, Malformed> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = Strict { depth: DEPTH_MAX }.deserialize(&mut deserializer).and_then(|value| {
        deserializer.end()?;
        Ok(value)
    });
    value.map_err(|error| Malformed { reason: reason(&error), line: error.line(), column: error.column() })
}

fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rfind(" at line ") {
        Some(at) => text.get(..at).unwrap_or_default().to_owned(),
        None => text,
    }
}

struct Strict {
    depth: usize,
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }
    fn visit_unit<E: de::Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }
    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }
    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }
    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Value, E> {
        let number = serde_json::Number::from_f64(value);
        number.map(|number| Value::Number(number.into())).ok_or_else(|| E::custom("number out of range"))
    }
    fn visit_str<E: de::Error>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }
    fn visit_string<E: de::Error>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let depth = self.deeper()?;
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(Strict { depth })? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let depth = self.deeper()?;
        let mut object: Vec<(String, Value)> = Vec::new();
        let mut seen = std::collections::HashSet::new();
        while let Some(key) = entries.next_key::<Cow<'de, str>>()? {
            let key = key.into_owned();
            // A few keys are compared one by one; only a large object pays for a set.
            let duplicate = if object.len() < 16 {
                object.iter().any(|(known, _)| *known == key)
            } else {
                if seen.is_empty() {
                    seen.extend(object.iter().map(|(known, _)| known.clone()));
                }
                !seen.insert(key.clone())
            };
            if duplicate {
                return Err(de::Error::custom(format_args!("duplicate key of {} bytes", key.len())));
            }
            let value = entries.next_value_seed(Strict { depth })?;
            object.push((key, value));
        }
        Ok(Value::Object(object))
    }
}

impl Strict {
    fn deeper<E: de::Error>(&self) -> Result<usize, E> {
        self.depth.checked_sub(1).ok_or_else(|| E::custom(format_args!("nested deeper than {DEPTH_MAX} levels")))
    }
}

impl Value {
    /// The value under `key`, when this is an object that has it.
    pub fn field(&self, key: &str) -> Option<&Value> {
        match self {
            Value::Object(entries) => entries.iter().find(|(known, _)| known == key).map(|(_, value)| value),
            _ => None,
        }
    }

    /// The text, when this is a string.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// Visits every string in it, keys included, in order.
    pub fn strings<'a>(&'a self, visit: &mut dyn FnMut(&'a str)) {
        match self {
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
            Value::String(text) => visit(text),
            Value::Array(items) => items.iter().for_each(|item| item.strings(visit)),
            Value::Object(entries) => {
                for (key, value) in entries {
                    visit(key);
                    value.strings(visit);
                }
            }
        }
    }

    /// Visits every string value in it for editing, in order; keys are left alone.
    pub fn strings_mut(&mut self, visit: &mut dyn FnMut(&mut String)) {
        match self {
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
            Value::String(text) => visit(text),
            Value::Array(items) => items.iter_mut().for_each(|item| item.strings_mut(visit)),
            Value::Object(entries) => entries.iter_mut().for_each(|(_, value)| value.strings_mut(visit)),
        }
    }

    /// Its compact text.
    pub fn to_text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Null => f.write_str("null"),
            Value::Bool(value) => write!(f, "{value}"),
            Value::Number(_) => f.write_str("Number"),
            Value::String(text) => write!(f, "String({} bytes)", text.len()),
            Value::Array(items) => f.debug_list().entries(items).finish(),
            Value::Object(entries) => write!(f, "Object({} keys)", entries.len()),
        }
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Null => serializer.serialize_unit(),
            Value::Bool(value) => serializer.serialize_bool(*value),
            Value::Number(number) => number.serialize(serializer),
            Value::String(text) => serializer.serialize_str(text),
            Value::Array(items) => {
                let mut list = serializer.serialize_seq(Some(items.len()))?;
                for item in items {
                    list.serialize_element(item)?;
                }
                list.end()
            }
            Value::Object(entries) => {
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                for (key, value) in entries {
                    map.serialize_entry(key, value)?;
                }
                map.end()
            }
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Strict { depth: DEPTH_MAX })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &[u8], reason: &str) {
        let error = parse(text).unwrap_err();
        assert!(error.reason.contains(reason), "{error}");
    }

    #[test]
    fn reads_and_writes_the_same_value() {
        let text = r#"{"b":[1,-2,3.5,null,true],"a":"x"}"#;
        assert_eq!(parse(text.as_bytes()).unwrap().to_text(), text);
    }

    #[test]
    fn numbers_are_written_as_they_were_read() {
        const HUGE: &str = "11111000000000000000000000000000000000000000008710962479251732708";
        for text in
            ["1.5747989134598939", "0.1", "-0.0", "5e-324", "1.7976931348623157e308", "18446744073709551615", HUGE]
        {
            let written = parse(text.as_bytes()).unwrap().to_text();
            let number: f64 = text.parse().unwrap();
            assert_eq!(written.parse::<f64>().unwrap().to_bits(), number.to_bits(), "{text} became {written}");
        }
    }

    #[test]
    fn a_duplicate_key_is_refused_however_it_is_spelt() {
        refused(br#"{"model":"a","model":"b"}"#, "duplicate key");
        refused(br#"{"model":"a","mod\u0065l":"b"}"#, "duplicate key");
        let many: Vec<String> = (0..40).map(|i| format!("\"k{}\":1", i % 39)).collect();
        refused(format!("{{{}}}", many.join(",")).as_bytes(), "duplicate key");
    }

    #[test]
    fn bytes_that_are_not_one_utf8_json_value_are_refused() {
        refused(b"{\"a\":\"\xff\"}", "invalid unicode");
        refused(br#"{"a":1} {"b":2}"#, "trailing characters");
        refused(br#"{"a":1e999}"#, "number out of range");
        refused(br#"{"a":"\ud800"}"#, "");
        refused(format!("{}1{}", "[".repeat(97), "]".repeat(97)).as_bytes(), "deeper");
        refused(format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000)).as_bytes(), "");
    }

    #[test]
    fn debug_shows_no_text() {
        let value = parse(br#"{"secret":"hunter2"}"#).unwrap();
        assert!(!format!("{value:?}").contains("hunter2"));
    }
}
