//! A JSON number that can be inspected: one long enough to be a card or a patient number keeps its text.

use std::fmt;
use std::ops::Deref;

use serde::ser::{Serialize, Serializer};

/// Whole numbers below this are sizes, counts and codes; they say too little to be content.
const TEXT_FROM: u64 = 10_000;

/// A number. Its `Debug` shows no digits.
#[derive(Clone, PartialEq)]
pub struct Number {
    number: serde_json::Number,
    text: Option<Box<str>>,
}

impl Number {
    /// Its text as it is written, unless it is a whole number of at most four digits.
    pub fn text(&self) -> Option<&str> {
        self.text.as_deref()
    }
}

impl From<serde_json::Number> for Number {
    fn from(number: serde_json::Number) -> Self {
        let short = number.as_i64().is_some_and(|whole| whole.unsigned_abs() < TEXT_FROM);
        let text = (!short).then(|| number.to_string().into_boxed_str());
        Self { number, text }
    }
}

macro_rules! whole {
    ($($kind:ty),*) => {$(
        impl From<$kind> for Number {
            fn from(number: $kind) -> Self {
                serde_json::Number::from(number).into()
            }
        }
    )*};
}

whole!(u8, u16, u32, u64, usize, i8, i16, i32, i64, isize);

impl Deref for Number {
    type Target = serde_json::Number;
    fn deref(&self) -> &serde_json::Number {
        &self.number
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Number")
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.number.serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_could_be_content_have_their_text() {
        let check = |json: &str, expected: Option<&str>| {
            let number: serde_json::Number = serde_json::from_str(json).unwrap();
            let number = Number::from(number);
            assert_eq!(number.text(), expected, "{json}");
            assert_eq!(serde_json::to_string(&number).unwrap(), number.to_string());
        };
        check("0", None);
        check("-9999", None);
        check("10000", Some("10000"));
        check("-4111111111111111", Some("-4111111111111111"));
        check("18446744073709551615", Some("18446744073709551615"));
        check("4111111111111111.0", Some("4111111111111111.0"));
        check("0.5", Some("0.5"));
    }
}
