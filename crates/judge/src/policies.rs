//! Compiled policies: validated, sliced, with what their annotations say, and a hash that records name them by.

use std::collections::HashMap;
use std::fmt;

use cedar_policy::{Effect, PolicyId};

use crate::built_in;
use crate::compile::{self, Source, Vocabulary};
use crate::obligations::Obligations;
use crate::problem::Problem;
use crate::slices::Slices;

/// A set of policies, ready to decide.
#[derive(Clone)]
pub struct Policies {
    pub(crate) slices: Slices,
    pub(crate) details: HashMap<PolicyId, Details>,
    pub(crate) warnings: Vec<Problem>,
    pub(crate) hash: String,
}

/// What is known of one policy besides its Cedar meaning.
#[derive(Clone, Debug)]
pub(crate) struct Details {
    pub(crate) effect: Effect,
    pub(crate) file: String,
    pub(crate) line: usize,
    /// `@reason`: why it forbids, as a refusal tells it.
    pub(crate) reason: Option<String>,
    /// `@help`: what would make it possible.
    pub(crate) help: Option<String>,
    pub(crate) obligations: Obligations,
}

impl Policies {
    /// Compiles policies against the published schema, strictly.
    ///
    /// # Errors
    /// Every problem of every file at once: syntax, types, unknown names, annotations outside the table, two policies of
    /// one id.
    pub fn compile(sources: &[Source]) -> Result<Self, Vec<Problem>> {
        compile::compile(sources, &Vocabulary::default())
    }

    /// Like [`Policies::compile`], where the organisation has groups of classes of its own.
    ///
    /// # Errors
    /// As [`Policies::compile`].
    pub fn compile_with(sources: &[Source], vocabulary: &Vocabulary) -> Result<Self, Vec<Problem>> {
        compile::compile(sources, vocabulary)
    }

    /// The policies in force when a configuration has none.
    ///
    /// Deny by default. Self-hosted destinations take any level. Hosted ones take only what is public: no findings, and
    /// a caller whose floor somebody declared `public`; never secrets, never what could not be inspected.
    pub fn built_in() -> Self {
        // Its compilation is held by a test. Were it ever to fail, an empty set refuses everything.
        compile::compile(&[built_in::source()], &Vocabulary::default()).unwrap_or_else(|_| Self::nothing())
    }

    /// A set that permits nothing.
    fn nothing() -> Self {
        Self { slices: Slices::empty(), details: HashMap::new(), warnings: Vec::new(), hash: compile::hash(&[]) }
    }

    /// `sha256:` and 64 hexadecimal digits, over the schema and every file's name and text.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// How many policies there are.
    pub fn len(&self) -> usize {
        self.details.len()
    }

    /// Whether there is none, so that everything is refused.
    pub fn is_empty(&self) -> bool {
        self.details.is_empty()
    }

    /// What is suspicious and not wrong: policies that can never apply, letters that look like others.
    pub fn warnings(&self) -> &[Problem] {
        &self.warnings
    }
}

impl fmt::Debug for Policies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Policies").field("hash", &self.hash).field("len", &self.details.len()).finish_non_exhaustive()
    }
}
