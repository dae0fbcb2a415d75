//! The policy in force when a configuration has none.

use crate::compile::Source;

/// Its name in problems and decisions.
pub(crate) const NAME: &str = "built-in.cedar";

/// The built-in policy as a source: embedded self-hosted for every caller, hosted only for what is public.
pub(crate) fn source() -> Source {
    Source { name: NAME.to_owned(), text: crate::BUILT_IN.to_owned() }
}
