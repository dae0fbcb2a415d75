//! Reads vectors.

use std::fmt;

use base64::Engine;
use serde::Deserialize;
use serde::de::{Deserializer, Error, SeqAccess, Visitor};

use super::error;
use crate::answer::{Answer, Embedded, Usage};
use crate::call::Embed;
use crate::dialect::{Garbled, Whole};

#[derive(Deserialize)]
struct List {
    data: Vec<Item>,
    #[serde(default)]
    model: Option<String>,
    #[serde(default)]
    usage: Option<Tokens>,
}

#[derive(Deserialize)]
struct Item {
    #[serde(default)]
    index: Option<usize>,
    embedding: Vector,
}

#[derive(Deserialize)]
struct Tokens {
    #[serde(default)]
    prompt_tokens: Option<u64>,
}

/// Reads the vectors for `embed`. They are read straight into numbers: as values they would take ten times the room.
pub(super) fn read(embed: &Embed, body: &[u8]) -> Result<Whole, Garbled> {
    let list: List = match serde_json::from_slice(body) {
        Ok(list) => list,
        Err(cause) => {
            let value = crate::json::parse(body).map_err(|error| Garbled(error.to_string()))?;
            let not_vectors =
                || Garbled(format!("no list of vectors at line {} column {}", cause.line(), cause.column()));
            return error::inside(&value).map(Whole::Failed).ok_or_else(not_vectors);
        }
    };
    if list.data.len() != embed.inputs.len() {
        return Err(Garbled(format!("{} vectors for {} texts", list.data.len(), embed.inputs.len())));
    }
    let mut vectors = vec![None; list.data.len()];
    for (position, item) in list.data.into_iter().enumerate() {
        match vectors.get_mut(item.index.unwrap_or(position)) {
            Some(place @ None) => *place = Some(item.embedding.0),
            _ => return Err(Garbled("vectors are numbered wrongly".to_owned())),
        }
    }
    let usage =
        list.usage.map(|tokens| Usage { input_tokens: tokens.prompt_tokens.unwrap_or_default(), ..Usage::default() });
    let vectors = vectors.into_iter().flatten().collect();
    Ok(Whole::Answer(Answer::Embedded(Embedded { model: list.model.unwrap_or_default(), vectors, usage })))
}

/// Numbers, or base64 of them as little-endian `f32`.
struct Vector(Vec<f32>);

impl<'de> Deserialize<'de> for Vector {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(VectorVisitor)
    }
}

struct VectorVisitor;

impl<'de> Visitor<'de> for VectorVisitor {
    type Value = Vector;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a vector")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Vector, E> {
        let bytes = base64::engine::general_purpose::STANDARD.decode(text).map_err(|_| E::custom("not base64"))?;
        let (numbers, rest) = bytes.as_chunks::<4>();
        if !rest.is_empty() {
            return Err(E::custom("not whole numbers"));
        }
        Ok(Vector(numbers.iter().map(|number| f32::from_le_bytes(*number)).collect()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Vector, A::Error> {
        let mut numbers = Vec::with_capacity(items.size_hint().unwrap_or(1024));
        while let Some(number) = items.next_element()? {
            numbers.push(number);
        }
        Ok(Vector(numbers))
    }
}
