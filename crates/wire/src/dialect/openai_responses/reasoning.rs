//! Reads a reasoning item, from a caller as from a destination.
//!
//! INVARIANT (one id, one item): adjacent reasoning blocks with one id are one item. A block holds at most one text, so
//! an item with several is several blocks; the sealed form is on the last. A stream opens a further block of the same
//! id for each further part. Writers of this format join such blocks again.

use crate::call::{ReasoningBlock, Unmodelled};
use crate::fields::{Fields, Rejected, bad};
use crate::json::Value;
use crate::text::Text;

/// The most parts of one reasoning item.
const PARTS_MAX: usize = 4096;
/// The longest id of an item or a tool call, in bytes.
const ID_BYTES_MAX: usize = 512;

/// Reads all of `item` but its type. A seal that is none is an error of a caller; of a destination it is a field that
/// we do not model, because there are engines that put readable text there.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn read(
    mut item: Fields,
    by_caller: bool,
    unmodelled: &mut Vec<Unmodelled>,
) -> Result<Vec<ReasoningBlock>, Rejected> {
    let id = item.string("id")?.filter(|id| !id.is_empty());
    if let Some(id) = &id {
        must_be_id(id, &item.at("id"))?;
    }
    let summary = parts(&mut item, "summary", "summary_text", unmodelled)?;
    let content = parts(&mut item, "content", "reasoning_text", unmodelled)?;
    let sealed = match item.text("encrypted_content")? {
        Some(Text(text)) if !text.is_empty() && !is_sealed(&text) => {
            let path = item.at("encrypted_content");
            if by_caller {
                must_be_sealed(&text, &path)?;
            }
            unmodelled.push(Unmodelled { path, value: Value::String(text) });
            None
        }
        sealed => sealed.filter(|sealed| !sealed.is_empty()),
    };
    item.one_of("status", &["in_progress", "completed", "incomplete"])?;
    item.finish(&["type", "id", "summary", "content", "encrypted_content", "status"], unmodelled)?;
    let mut content = content.into_iter();
    let mut blocks =
        vec![ReasoningBlock { id: id.clone(), text: content.next(), summary, ..ReasoningBlock::default() }];
    blocks.extend(content.map(|text| ReasoningBlock { id: id.clone(), text: Some(text), ..ReasoningBlock::default() }));
    if let Some(last) = blocks.last_mut() {
        last.sealed = sealed;
    }
    Ok(blocks)
}

fn parts(item: &mut Fields, key: &str, kind: &str, unmodelled: &mut Vec<Unmodelled>) -> Result<Vec<Text>, Rejected> {
    let path = item.at(key);
    let items = item.array(key)?.unwrap_or_default();
    if items.len() > PARTS_MAX {
        return Err(bad(&path, "has too many parts", format!("send at most {PARTS_MAX}")));
    }
    let part = |(index, value)| {
        let mut part = Fields::open(value, format!("{path}[{index}]"))?;
        if part.required_string("type")? != kind {
            return Err(bad(&part.at("type"), "is not a kind of part that can stand here", format!("use {kind}")));
        }
        let text = part.required_text("text")?;
        part.finish(&["type", "text"], unmodelled)?;
        Ok(text)
    };
    items.into_iter().enumerate().map(part).collect()
}

/// An id names something and says nothing: short, printable ASCII without spaces.
pub(crate) fn must_be_id(id: &str, path: &str) -> Result<(), Rejected> {
    if !id.is_empty() && id.len() <= ID_BYTES_MAX && id.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(());
    }
    Err(bad(path, "is not an id", format!("send 1 to {ID_BYTES_MAX} printable ASCII characters without spaces")))
}

/// Nobody can inspect sealed reasoning, so nothing but base64 of either alphabet, with the separators that issuers put
/// into it, may pass as such: prose can't.
pub(crate) fn must_be_sealed(sealed: &str, path: &str) -> Result<(), Rejected> {
    if !sealed.is_empty() && is_sealed(sealed) {
        return Ok(());
    }
    Err(bad(path, "is not sealed reasoning", "send it byte for byte as it came"))
}

fn is_sealed(text: &str) -> bool {
    let fits =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'-' | b'_' | b'.' | b':');
    text.bytes().all(fits)
}
