//! Reads a GGUF file as what it is: bytes from a stranger. Every count, length and offset is checked before it is used.

mod cursor;

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::quant::Kind;
use cursor::Cursor;

/// A parsed header: typed metadata, and where each tensor lies.
pub(super) struct Gguf {
    metadata: HashMap<String, Value>,
    tensors: HashMap<String, Tensor>,
}

/// A metadata value. Arrays keep the element types that tokenizers need; the file's other arrays are checked and dropped.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Unsigned(u64),
    Signed(i64),
    Float(f64),
    Bool(bool),
    String(String),
    Strings(Vec<String>),
    Floats(Vec<f32>),
    Integers(Vec<i64>),
    /// An array of booleans or of arrays, which nothing here needs.
    Other,
}

/// One tensor's shape and place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tensor {
    /// Innermost first, as GGUF has them: a matrix is `[columns, rows]`.
    pub(super) shape: Vec<usize>,
    pub(super) kind: Kind,
    /// Bytes of the file.
    pub(super) bytes: Range<usize>,
}

impl Gguf {
    /// Parses the header of a whole file.
    ///
    /// # Errors
    /// What is wrong and where, without content beyond key and tensor names.
    pub(super) fn parse(file: &[u8]) -> Result<Gguf, String> {
        let mut cursor = Cursor { file, at: 0 };
        if cursor.take(4)? != b"GGUF" {
            return Err("it is not a GGUF file".to_owned());
        }
        match cursor.u32()? {
            2 | 3 => {}
            version => return Err(format!("GGUF version {version} is not supported, only 2 and 3 are")),
        }
        let tensor_count = cursor.count(TENSORS_MAX, 24, "tensors")?;
        let key_count = cursor.count(KEYS_MAX, 13, "metadata keys")?;
        let mut metadata = HashMap::with_capacity(key_count);
        for _ in 0..key_count {
            let key = cursor.string(NAME_BYTES_MAX)?;
            let kind = cursor.u32()?;
            let value = cursor.value(kind).map_err(|error| format!("metadata `{}`: {error}", shown(&key)))?;
            if metadata.insert(key.clone(), value).is_some() {
                return Err(format!("metadata `{}` appears twice", shown(&key)));
            }
        }
        let tensors = tensors(&mut cursor, tensor_count, alignment(&metadata)?)?;
        Ok(Gguf { metadata, tensors })
    }

    pub(super) fn value(&self, key: &str) -> Option<&Value> {
        self.metadata.get(key)
    }

    /// A string, if the key is there; an error if it is something else.
    pub(super) fn string(&self, key: &str) -> Result<Option<&str>, String> {
        match self.value(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(format!("metadata `{key}` is not a string")),
        }
    }

    /// A count that is not negative, if the key is there.
    pub(super) fn count(&self, key: &str) -> Result<Option<usize>, String> {
        let count = match self.value(key) {
            None => return Ok(None),
            Some(Value::Unsigned(number)) => usize::try_from(*number).ok(),
            Some(Value::Signed(number)) => usize::try_from(*number).ok(),
            Some(_) => None,
        };
        count.map(Some).ok_or_else(|| format!("metadata `{key}` is not a count"))
    }

    /// A finite number, if the key is there.
    pub(super) fn float(&self, key: &str) -> Result<Option<f32>, String> {
        match self.value(key) {
            None => Ok(None),
            #[expect(
                clippy::cast_possible_truncation,
                reason = "the file's floats are f32 already, or are rounded to it"
            )]
            Some(Value::Float(number)) if number.is_finite() => Ok(Some(*number as f32)),
            Some(_) => Err(format!("metadata `{key}` is not a finite number")),
        }
    }

    /// A truth value, if the key is there.
    pub(super) fn bool(&self, key: &str) -> Result<Option<bool>, String> {
        match self.value(key) {
            None => Ok(None),
            Some(Value::Bool(value)) => Ok(Some(*value)),
            Some(_) => Err(format!("metadata `{key}` is not true or false")),
        }
    }

    /// An array of strings, if the key is there.
    pub(super) fn strings(&self, key: &str) -> Result<Option<&[String]>, String> {
        match self.value(key) {
            None => Ok(None),
            Some(Value::Strings(values)) => Ok(Some(values)),
            Some(_) => Err(format!("metadata `{key}` is not an array of strings")),
        }
    }

    /// An array of integers, if the key is there.
    pub(super) fn integers(&self, key: &str) -> Result<Option<&[i64]>, String> {
        match self.value(key) {
            None => Ok(None),
            Some(Value::Integers(values)) => Ok(Some(values)),
            Some(_) => Err(format!("metadata `{key}` is not an array of integers")),
        }
    }

    /// An array of floats, if the key is there.
    pub(super) fn floats(&self, key: &str) -> Result<Option<&[f32]>, String> {
        match self.value(key) {
            None => Ok(None),
            Some(Value::Floats(values)) => Ok(Some(values)),
            Some(_) => Err(format!("metadata `{key}` is not an array of floats")),
        }
    }

    pub(super) fn tensor(&self, name: &str) -> Option<&Tensor> {
        self.tensors.get(name)
    }

    pub(super) fn tensor_names(&self) -> impl Iterator<Item = &str> {
        self.tensors.keys().map(String::as_str)
    }
}

fn alignment(metadata: &HashMap<String, Value>) -> Result<usize, String> {
    match metadata.get("general.alignment") {
        None => Ok(ALIGNMENT_DEFAULT),
        Some(Value::Unsigned(bytes)) if bytes.is_power_of_two() && (8..=65_536).contains(bytes) => Ok(*bytes as usize),
        Some(_) => Err("metadata `general.alignment` is not a power of two from 8 to 65536".to_owned()),
    }
}

/// The tensor table; then each tensor's bytes must lie in the file, aligned, and overlap no other's.
fn tensors(cursor: &mut Cursor<'_>, count: usize, alignment: usize) -> Result<HashMap<String, Tensor>, String> {
    let mut table = Vec::with_capacity(count);
    let mut names = HashSet::with_capacity(count);
    for _ in 0..count {
        let name = cursor.string(NAME_BYTES_MAX)?;
        let said = |error: &str| format!("tensor `{}`: {error}", shown(&name));
        let dimensions = cursor.u32()?;
        if !(1..=4).contains(&dimensions) {
            return Err(said("it has to have one to four dimensions"));
        }
        let mut shape = Vec::new();
        for _ in 0..dimensions {
            let length = usize::try_from(cursor.u64()?).map_err(|_| said("a dimension is too long"))?;
            if length == 0 {
                return Err(said("a dimension is zero"));
            }
            shape.push(length);
        }
        let number = cursor.u32()?;
        let kind = Kind::read(number).ok_or_else(|| said(&format!("weights of type {number} are not supported")))?;
        let length = kind.bytes(&shape).ok_or_else(|| said("its size does not fit its type"))?;
        let offset = usize::try_from(cursor.u64()?).map_err(|_| said("its offset is too large"))?;
        if !offset.is_multiple_of(alignment) {
            return Err(said("its offset is not aligned"));
        }
        if !names.insert(name.clone()) {
            return Err(said("it appears twice"));
        }
        table.push((name, shape, kind, offset, length));
    }
    let data = cursor.at.checked_next_multiple_of(alignment).ok_or("the header is too long")?;
    table.sort_by_key(|(.., offset, _)| *offset);
    let mut free_from = data;
    let mut tensors = HashMap::with_capacity(count);
    for (name, shape, kind, offset, length) in table {
        let place = data.checked_add(offset).and_then(|start| Some(start..start.checked_add(length)?));
        match place {
            Some(bytes) if bytes.start >= free_from && bytes.end <= cursor.file.len() => {
                free_from = bytes.end;
                tensors.insert(name, Tensor { shape, kind, bytes });
            }
            _ => return Err(format!("tensor `{}`: its bytes lie outside the file or in another tensor", shown(&name))),
        }
    }
    Ok(tensors)
}

/// A name from the file, safe to print.
fn shown(name: &str) -> String {
    name.chars().filter(|c| c.is_ascii_graphic()).take(64).collect()
}

const TENSORS_MAX: usize = 100_000;
const KEYS_MAX: usize = 65_536;
const NAME_BYTES_MAX: usize = 65_535;
const ALIGNMENT_DEFAULT: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    /// A file of one key and one tensor of four F32, built by hand so that each test can spoil one byte of it.
    struct Sample {
        bytes: Vec<u8>,
    }

    impl Sample {
        fn new(kind: u32, shape: &[u64], offset: u64, data: usize) -> Sample {
            let mut bytes = b"GGUF\x03\0\0\0".to_vec();
            bytes.extend(1u64.to_le_bytes());
            bytes.extend(1u64.to_le_bytes());
            bytes.extend(1u64.to_le_bytes());
            bytes.extend(b"k");
            bytes.extend(4u32.to_le_bytes());
            bytes.extend(7u32.to_le_bytes());
            bytes.extend(1u64.to_le_bytes());
            bytes.extend(b"t");
            bytes.extend(u32::try_from(shape.len()).unwrap().to_le_bytes());
            shape.iter().for_each(|length| bytes.extend(length.to_le_bytes()));
            bytes.extend(kind.to_le_bytes());
            bytes.extend(offset.to_le_bytes());
            bytes.resize(bytes.len().next_multiple_of(32) + data, 0);
            Sample { bytes }
        }

        fn with(mut self, at: usize, bytes: &[u8]) -> Sample {
            self.bytes[at..at + bytes.len()].copy_from_slice(bytes);
            self
        }
    }

    fn check(sample: &Sample, expected: Result<usize, &str>) {
        match (Gguf::parse(&sample.bytes), expected) {
            (Ok(gguf), Ok(bytes)) => assert_eq!(gguf.tensor("t").unwrap().bytes.len(), bytes),
            (Err(error), Err(part)) => assert!(error.contains(part), "{error}"),
            (Ok(_), Err(part)) => panic!("accepted where `{part}` was expected"),
            (Err(error), Ok(_)) => panic!("{error}"),
        }
    }

    #[test]
    fn a_lawful_file_is_read() {
        check(&Sample::new(0, &[4], 0, 16), Ok(16));
        check(&Sample::new(8, &[32, 2], 0, 68), Ok(68));
    }

    #[test]
    fn counts_beyond_the_file_are_refused_before_memory_is_taken() {
        check(&Sample::new(0, &[4], 0, 16).with(8, &u64::MAX.to_le_bytes()), Err("more than this file can hold"));
        check(&Sample::new(0, &[4], 0, 16).with(16, &(1u64 << 40).to_le_bytes()), Err("more than this file can hold"));
        check(&Sample::new(0, &[4], 0, 16).with(24, &u64::MAX.to_le_bytes()), Err("more than this file can hold"));
    }

    #[test]
    fn tensors_outside_the_file_are_refused() {
        check(&Sample::new(0, &[4], 0, 15), Err("outside the file"));
        check(&Sample::new(0, &[4], 32, 16), Err("outside the file"));
        check(&Sample::new(0, &[4], u64::MAX - 31, 16), Err("outside the file"));
        check(&Sample::new(0, &[4], 1, 32), Err("not aligned"));
    }

    #[test]
    fn sizes_that_overflow_are_refused() {
        check(&Sample::new(0, &[1 << 33, 1 << 33], 0, 16), Err("does not fit its type"));
        check(&Sample::new(0, &[u64::MAX, 2, 2, 2], 0, 16), Err("does not fit its type"));
        check(&Sample::new(0, &[0], 0, 16), Err("a dimension is zero"));
        check(&Sample::new(0, &[1, 1, 1, 1, 1], 0, 16), Err("one to four dimensions"));
    }

    #[test]
    fn rows_that_split_a_block_are_refused() {
        check(&Sample::new(8, &[16, 4], 0, 68), Err("does not fit its type"));
    }

    #[test]
    fn unknown_types_and_versions_are_refused_by_name() {
        check(&Sample::new(99, &[4], 0, 16), Err("type 99"));
        check(&Sample::new(0, &[4], 0, 16).with(4, &[9]), Err("version 9"));
        check(&Sample::new(0, &[4], 0, 16).with(33, &[77]), Err("type 77"));
    }

    #[test]
    fn every_truncation_is_an_error_and_never_a_panic() {
        let whole = Sample::new(0, &[4], 0, 16).bytes;
        for length in 0..whole.len() {
            assert!(Gguf::parse(&whole[..length]).is_err(), "{length}");
        }
    }
}
