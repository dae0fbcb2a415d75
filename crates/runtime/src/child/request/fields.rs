//! Reads single fields of a request, and refuses what is not read.

use serde_json::{Map, Value};

use super::{PARAM_CHARS_MAX, Read, Refusal};

pub(super) fn number(fields: &Map<String, Value>, name: &str, least: f64, most: f64) -> Read<Option<f32>> {
    match present(fields, name).map(Value::as_f64) {
        None => Ok(None),
        #[expect(clippy::cast_possible_truncation, reason = "a sampling option between 0 and 2")]
        Some(Some(number)) if (least..=most).contains(&number) => Ok(Some(number as f32)),
        Some(_) => Err(wrong(name, &format!("a number from {least} to {most}"))),
    }
}

pub(super) fn count(fields: &Map<String, Value>, name: &str) -> Read<Option<usize>> {
    match present(fields, name).map(Value::as_u64) {
        None => Ok(None),
        Some(Some(count)) if count > 0 => Ok(Some(usize::try_from(count).unwrap_or(usize::MAX))),
        Some(_) => Err(wrong(name, "a whole number above zero")),
    }
}

/// A count for which 0 and -1 say: all.
pub(super) fn count_or_all(fields: &Map<String, Value>, name: &str) -> Read<usize> {
    match present(fields, name).map(Value::as_i64) {
        None | Some(Some(-1 | 0)) => Ok(0),
        Some(Some(count)) if count > 0 => Ok(usize::try_from(count).unwrap_or(usize::MAX)),
        Some(_) => Err(wrong(name, "a whole number above zero, or -1 for all")),
    }
}

pub(super) fn boolean(fields: &Map<String, Value>, name: &str) -> Read<bool> {
    match present(fields, name) {
        None => Ok(false),
        Some(Value::Bool(value)) => Ok(*value),
        Some(_) => Err(wrong(name, "true or false")),
    }
}

/// A field that is there and not null.
pub(super) fn present<'a>(fields: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    fields.get(name).filter(|value| !value.is_null())
}

/// Refuses the first field that is neither read here nor says nothing.
pub(super) fn known(fields: &Map<String, Value>, place: &str, read: &[&str], neutral: &[(&str, &[&str])]) -> Read<()> {
    for (name, value) in fields {
        let says_nothing = neutral.iter().any(|(known, values)| known == name && is_neutral(value, values));
        if read.contains(&name.as_str()) || says_nothing {
            continue;
        }
        let name: String = name.chars().filter(|c| !c.is_control()).take(PARAM_CHARS_MAX).collect();
        let place = format!("{place}{name}");
        if TOOL_FIELDS.contains(&name.as_str()) {
            return Err(tools(&place));
        }
        let message = format!("the embedded model does not support `{place}` with this value; leave it out");
        return Err(Refusal::new("unsupported_field", Some(&place), message));
    }
    Ok(())
}

pub(super) fn is_neutral(value: &Value, neutral: &[&str]) -> bool {
    let said = |neutral: &&str| serde_json::from_str::<Value>(neutral).is_ok_and(|neutral| same(&neutral, value));
    value.is_null() || neutral.iter().any(said)
}

/// Equal as numbers, too: 0 and 0.0 say the same.
fn same(a: &Value, b: &Value) -> bool {
    a == b || a.as_f64().zip(b.as_f64()).is_some_and(|(a, b)| a.total_cmp(&b).is_eq())
}

pub(super) fn tools(param: &str) -> Refusal {
    Refusal::new("tools_unsupported", Some(param), "the embedded model cannot use tools; choose another model")
}

pub(super) fn wrong(param: &str, due: &str) -> Refusal {
    Refusal::new("invalid_value", Some(param), format!("`{param}` has to be {due}"))
}

const TOOL_FIELDS: &[&str] = &["tools", "tool_choice", "functions", "function_call"];
