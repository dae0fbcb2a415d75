//! Reads a header's numbers, texts and values one after the other, never past its end.

use super::Value;

/// A place in the file's header.
pub(super) struct Cursor<'a> {
    pub(super) file: &'a [u8],
    pub(super) at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn take(&mut self, bytes: usize) -> Result<&'a [u8], String> {
        let end = self.at.checked_add(bytes);
        let slice = end.and_then(|end| self.file.get(self.at..end)).ok_or("the file ends inside its header")?;
        self.at += bytes;
        Ok(slice)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], String> {
        self.take(N)?.try_into().map_err(|_| "the file ends inside its header".to_owned())
    }

    pub(super) fn u32(&mut self) -> Result<u32, String> {
        self.array().map(u32::from_le_bytes)
    }

    pub(super) fn u64(&mut self) -> Result<u64, String> {
        self.array().map(u64::from_le_bytes)
    }

    /// A count of things that take at least `each` bytes: bounded by `most` and by what the file can hold.
    pub(super) fn count(&mut self, most: usize, each: usize, what: &str) -> Result<usize, String> {
        let count = self.u64()?;
        let room = self.file.len().saturating_sub(self.at) / each;
        match usize::try_from(count) {
            Ok(count) if count <= most && count <= room => Ok(count),
            _ => Err(format!("{count} {what} are more than this file can hold")),
        }
    }

    pub(super) fn string(&mut self, bytes_max: usize) -> Result<String, String> {
        let length = self.count(bytes_max, 1, "bytes of text")?;
        let bytes = self.take(length)?;
        String::from_utf8(bytes.to_vec()).map_err(|_| "a text is not UTF-8".to_owned())
    }

    pub(super) fn value(&mut self, kind: u32) -> Result<Value, String> {
        Ok(match kind {
            0 => Value::Unsigned(u8::from_le_bytes(self.array()?).into()),
            1 => Value::Signed(i8::from_le_bytes(self.array()?).into()),
            2 => Value::Unsigned(u16::from_le_bytes(self.array()?).into()),
            3 => Value::Signed(i16::from_le_bytes(self.array()?).into()),
            4 => Value::Unsigned(self.u32()?.into()),
            5 => Value::Signed(i32::from_le_bytes(self.array()?).into()),
            6 => Value::Float(f32::from_le_bytes(self.array()?).into()),
            7 => match self.array()? {
                [0] => Value::Bool(false),
                [1] => Value::Bool(true),
                _ => return Err("a truth value is neither 0 nor 1".to_owned()),
            },
            8 => Value::String(self.string(STRING_BYTES_MAX)?),
            9 => {
                let element = self.u32()?;
                self.list(element, 0)?
            }
            10 => Value::Unsigned(self.u64()?),
            11 => Value::Signed(i64::from_le_bytes(self.array()?)),
            12 => Value::Float(f64::from_le_bytes(self.array()?)),
            other => return Err(format!("type {other} does not exist")),
        })
    }

    fn list(&mut self, element: u32, depth: usize) -> Result<Value, String> {
        let count = self.count(ELEMENTS_MAX, least_bytes(element), "array elements")?;
        if element == 9 {
            if depth >= ARRAY_DEPTH_MAX {
                return Err("arrays are nested too deeply".to_owned());
            }
            for _ in 0..count {
                let inner = self.u32()?;
                self.list(inner, depth + 1)?;
            }
            return Ok(Value::Other);
        }
        let mut strings = Vec::new();
        let mut floats = Vec::new();
        let mut integers = Vec::new();
        for _ in 0..count {
            match self.value(element)? {
                Value::String(text) => strings.push(text),
                #[expect(clippy::cast_possible_truncation, reason = "scores are f32; wider ones are rounded to it")]
                Value::Float(number) => floats.push(number as f32),
                Value::Signed(number) => integers.push(number),
                Value::Unsigned(number) => integers.push(i64::try_from(number).map_err(|_| "a number is too large")?),
                _ => {}
            }
        }
        Ok(match element {
            8 => Value::Strings(strings),
            6 | 12 => Value::Floats(floats),
            0..=5 | 10 | 11 => Value::Integers(integers),
            _ => Value::Other,
        })
    }
}

/// The fewest bytes that an element of this type takes in the file.
fn least_bytes(element: u32) -> usize {
    match element {
        2 | 3 => 2,
        4..=6 => 4,
        8 | 10..=12 => 8,
        9 => 12,
        _ => 1,
    }
}

const STRING_BYTES_MAX: usize = 16 << 20;
const ELEMENTS_MAX: usize = 4 << 20;
const ARRAY_DEPTH_MAX: usize = 4;
