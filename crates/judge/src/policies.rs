//! Compiled policies: validated, sliced, with what their annotations say, and a hash that records name them by.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use cedar_policy::{Effect, Policy, PolicyId};

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
    /// In the order of the files; what tools look at, and no decision.
    pub(crate) all: Arc<[Policy]>,
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
    /// `@control`: the controls that it implements.
    pub(crate) control: Option<String>,
    pub(crate) obligations: Obligations,
    /// `@duty`: it adds its obligations where another policy permits, and permits nothing itself.
    pub(crate) duty: bool,
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
        Self {
            slices: Slices::empty(),
            details: HashMap::new(),
            warnings: Vec::new(),
            hash: compile::hash(&[]),
            all: Arc::new([]),
        }
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

    /// The policies by their ids: what a reader of a decision wants to know of one.
    pub fn about(&self, id: &str) -> Option<About<'_>> {
        let details = self.details.get(&PolicyId::new(id))?;
        Some(About {
            file: &details.file,
            line: details.line,
            forbids: details.effect == Effect::Forbid,
            reason: details.reason.as_deref(),
            control: details.control.as_deref(),
        })
    }

    /// The ids of all policies, in the order of the files.
    pub fn ids(&self) -> impl Iterator<Item = String> + '_ {
        self.all.iter().map(|policy| policy.id().to_string())
    }

    /// What is suspicious and not wrong: policies that can never apply, letters that look like others.
    pub fn warnings(&self) -> &[Problem] {
        &self.warnings
    }
}

/// What is known of one policy besides its meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct About<'a> {
    /// Its file.
    pub file: &'a str,
    /// Its line, from 1.
    pub line: usize,
    /// Whether it forbids.
    pub forbids: bool,
    /// Why, as a refusal tells it.
    pub reason: Option<&'a str>,
    /// The controls that it implements, as written: `PR.AA-05`.
    pub control: Option<&'a str>,
}

impl fmt::Debug for Policies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Policies").field("hash", &self.hash).field("len", &self.details.len()).finish_non_exhaustive()
    }
}
