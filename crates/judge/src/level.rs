//! Levels as policies see them: numbers that can be compared.

use inspect::Level;

/// The number that policies compare: 0 public, 1 internal, 2 confidential, 3 restricted.
pub(crate) fn number(level: Level) -> i64 {
    match level {
        Level::Public => 0,
        Level::Internal => 1,
        Level::Confidential => 2,
        Level::Restricted => 3,
    }
}
