//! Puts unmodelled fields, which policy permitted, back where the caller wrote them.

use super::Unsayable;
use crate::call::Unmodelled;
use crate::json::Value;

/// A step of a path such as `messages[2].content[0].foo`.
enum Step<'a> {
    Key(&'a str),
    Index(usize),
}

/// Inserts `fields` into the JSON object `body`. A field never replaces one that is there.
///
/// # Errors
/// The path of a field whose place is not in `body`, or is taken.
pub(super) fn insert(body: Vec<u8>, fields: &[Unmodelled]) -> Result<Vec<u8>, Unsayable> {
    let Some(first) = fields.first() else { return Ok(body) };
    let unsayable = |path: &str| Unsayable { what: path.to_owned() };
    let mut root = crate::json::parse(&body).map_err(|_| unsayable(&first.path))?;
    for field in fields {
        let steps = steps(&field.path).ok_or_else(|| unsayable(&field.path))?;
        place(&mut root, &steps, &field.value).ok_or_else(|| unsayable(&field.path))?;
    }
    Ok(root.to_text().into_bytes())
}

fn steps(path: &str) -> Option<Vec<Step<'_>>> {
    let mut steps = Vec::new();
    for part in path.split('.') {
        let mut pieces = part.split('[');
        steps.push(Step::Key(pieces.next().filter(|key| is_name(key))?));
        for piece in pieces {
            steps.push(Step::Index(piece.strip_suffix(']')?.parse().ok()?));
        }
    }
    Some(steps)
}

/// Whether a key is a plain name. Others are refused: a dot or bracket in one would make its path name another place.
fn is_name(key: &str) -> bool {
    !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}

fn place(value: &mut Value, steps: &[Step<'_>], field: &Value) -> Option<()> {
    let (step, rest) = steps.split_first()?;
    match step {
        Step::Key(key) => {
            let Value::Object(entries) = value else { return None };
            let known = entries.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(key));
            match (known, rest.is_empty()) {
                (None, true) => entries.push(((*key).to_owned(), field.clone())),
                (Some((known, inside)), false) if known == key => place(inside, rest, field)?,
                _ => return None,
            }
        }
        Step::Index(index) => {
            let items = parts(value)?;
            if rest.is_empty() {
                // A whole part: those before it are in place already, because fields come in order.
                (*index <= items.len()).then(|| items.insert(*index, field.clone()))?;
            } else {
                place(items.get_mut(*index)?, rest, field)?;
            }
        }
    }
    Some(())
}

/// The items of a list; a text that stands for a list of one text part becomes that list.
fn parts(value: &mut Value) -> Option<&mut Vec<Value>> {
    if let Value::String(text) = value {
        let text = std::mem::take(text);
        let part = Value::Object(vec![
            ("type".to_owned(), Value::String("text".to_owned())),
            ("text".to_owned(), Value::String(text)),
        ]);
        *value = Value::Array(vec![part]);
    }
    match value {
        Value::Array(items) => Some(items),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = r#"{"model":"m","messages":[{"role":"user","content":"hi"}],"tools":[]}"#;

    fn insert_at(path: &str) -> Result<String, Unsayable> {
        let field = Unmodelled { path: path.to_owned(), value: Value::Bool(true) };
        insert(BODY.into(), &[field]).map(|body| String::from_utf8(body).unwrap())
    }

    #[test]
    fn a_field_goes_back_to_its_place() {
        let check = |path, expected: &str| assert_eq!(insert_at(path).unwrap(), expected);
        check("min_p", r#"{"model":"m","messages":[{"role":"user","content":"hi"}],"tools":[],"min_p":true}"#);
        check("messages[0].x", r#"{"model":"m","messages":[{"role":"user","content":"hi","x":true}],"tools":[]}"#);
        let parts =
            r#"{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"hi","x":true}]}],"tools":[]}"#;
        check("messages[0].content[0].x", parts);
        let parts =
            r#"{"model":"m","messages":[{"role":"user","content":[true,{"type":"text","text":"hi"}]}],"tools":[]}"#;
        check("messages[0].content[0]", parts);
    }

    #[test]
    fn a_field_never_replaces_another_nor_goes_elsewhere() {
        for path in [
            "model",
            "MODEL",
            "messages[0].role",
            "messages[1].x",
            "tools[0].x",
            "messages[0].content[2]",
            "a.b",
            "",
            "x[",
        ] {
            assert_eq!(insert_at(path), Err(Unsayable { what: path.to_owned() }));
        }
    }
}
