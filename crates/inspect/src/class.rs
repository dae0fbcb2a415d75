//! What was found: a dotted class name such as `pii.email`, cheap to clone.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// A class of content, `family.kind` in lower case: `pii.email`, `secret.jwt`, `attack.injection`.
///
/// Two classes are equal when their names are. Cloning is cheap.
#[derive(Clone)]
pub struct Class(Name);

#[derive(Clone)]
enum Name {
    Built(&'static str),
    Own(Arc<str>),
}

impl Class {
    /// A class that the product itself knows.
    #[must_use]
    pub const fn built_in(name: &'static str) -> Self {
        Self(Name::Built(name))
    }

    /// A class by any name, for classes that an organisation defines.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self(Name::Own(Arc::from(name)))
    }

    /// The whole name, `pii.email`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Name::Built(name) => name,
            Name::Own(name) => name,
        }
    }

    /// The part before the first dot, `pii`.
    #[must_use]
    pub fn family(&self) -> &str {
        self.as_str().split('.').next().unwrap_or_default()
    }

    /// The part after the last dot, `email`.
    #[must_use]
    pub fn kind(&self) -> &str {
        self.as_str().rsplit('.').next().unwrap_or_default()
    }

    /// Whether `selector` covers this class: the same name, a dotted prefix of it (`pii`, `pii.`, `pii.*`), or `*`.
    #[must_use]
    pub fn is_in(&self, selector: &str) -> bool {
        let stem = selector.trim_end_matches('*').trim_end_matches('.');
        if stem.is_empty() {
            return selector == "*";
        }
        match self.as_str().strip_prefix(stem) {
            Some(rest) => rest.is_empty() || rest.starts_with('.'),
            None => false,
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl PartialEq for Class {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Class {}

impl PartialOrd for Class {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Class {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_str().cmp(other.as_str())
    }
}

impl Hash for Class {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_selector_covers_itself_and_what_is_below_it_only() {
        let class = Class::built_in("pii.email");
        for selector in ["pii.email", "pii", "pii.", "pii.*", "*"] {
            assert!(class.is_in(selector), "{selector}");
        }
        for selector in ["", "pi", "pii.e", "pii.email.work", "phi"] {
            assert!(!class.is_in(selector), "{selector}");
        }
    }

    #[test]
    fn equality_is_by_name() {
        assert_eq!(Class::built_in("pii.email"), Class::new("pii.email"));
        assert_eq!((Class::new("a.b.c").family(), Class::new("a.b.c").kind()), ("a", "c"));
    }
}
