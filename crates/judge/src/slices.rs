//! Policies sliced by action and principal, so that the cost of a decision does not grow with policies about others.
//!
//! Cedar looks at every policy of a set, and composes each one anew. Here policies about any action are one slice, which is asked once for all actions
//! of a call, and each action has a slice of its own. In a slice one list could concern anybody, and one is kept for each
//! principal, group, tenant or use case that a scope names. A caller's decision looks at the first and at those of what it
//! is or belongs to. Cedar's answer is the same over parts as over the whole: one satisfied `forbid` forbids, otherwise one
//! satisfied `permit` permits. A property test holds both alike.

use std::collections::HashMap;
use std::sync::Arc;

use cedar_policy::{ActionConstraint, Effect, Policy, PolicyId, PrincipalConstraint, ResourceConstraint};
use cedar_policy_core::ast::{EntityUID, Expr, Literal, SlotEnv, ValueKind};
use cedar_policy_core::evaluator::Evaluator;

use crate::call::Action;
use crate::facts::action_uid;

/// All policies, sliced.
#[derive(Clone, Debug)]
pub(crate) struct Slices {
    /// Policies that say the same of every action.
    any: Slice,
    /// Policies that speak of some actions, by action.
    own: Vec<(Action, EntityUID, Slice)>,
}

/// Policies by whom they could concern.
#[derive(Clone, Debug, Default)]
pub(crate) struct Slice {
    anybody: Vec<Ready>,
    by_principal: HashMap<EntityUID, Vec<Ready>>,
}

/// A policy as it is evaluated. Cedar puts scope and conditions together into one expression each time that it evaluates a
/// policy; here it is done once.
#[derive(Clone, Debug)]
pub(crate) struct Ready {
    pub(crate) id: PolicyId,
    pub(crate) effect: Effect,
    condition: Arc<Expr>,
}

impl Ready {
    fn new(policy: &Policy) -> Self {
        let ast: &cedar_policy_core::ast::Policy = policy.as_ref();
        let about_all = matches!(policy.principal_constraint(), PrincipalConstraint::Any)
            && matches!(policy.action_constraint(), ActionConstraint::Any)
            && matches!(policy.resource_constraint(), ResourceConstraint::Any);
        // A scope that says nothing is three times `true` to Cedar, evaluated each time.
        let condition = match ast.non_scope_constraints_arc() {
            Some(conditions) if about_all => Arc::clone(conditions),
            _ => Arc::new(ast.condition()),
        };
        Self { id: policy.id().clone(), effect: policy.effect(), condition }
    }

    /// Whether the policy is satisfied, as Cedar's authoriser finds out.
    ///
    /// # Errors
    /// It cannot be evaluated, and then nobody knows.
    pub(crate) fn is_satisfied(&self, evaluator: &Evaluator<'_>) -> Result<bool, String> {
        let value = evaluator.interpret(&self.condition, &SlotEnv::new()).map_err(|error| error.to_string())?;
        match value.value_kind() {
            ValueKind::Lit(Literal::Bool(satisfied)) => Ok(*satisfied),
            _ => Err("its condition is neither true nor false".to_owned()),
        }
    }
}

impl Slices {
    /// No policies: nothing is permitted.
    pub(crate) fn empty() -> Self {
        Self { any: Slice::default(), own: Vec::new() }
    }

    /// Slices policies. Their ids must differ.
    pub(crate) fn build(policies: &[Policy]) -> Self {
        let mut any = Slice::default();
        let mut own: Vec<_> =
            Action::ALL.into_iter().map(|action| (action, action_uid(action), Slice::default())).collect();
        for policy in policies {
            if is_about_any_action(policy) {
                any.add(policy);
                continue;
            }
            for (_, _, slice) in own.iter_mut().filter(|(_, uid, _)| concerns(policy, uid)) {
                slice.add(policy);
            }
        }
        Self { any, own }
    }

    /// Policies that say the same of every action.
    pub(crate) fn any(&self) -> &Slice {
        &self.any
    }

    /// The Cedar name of `action`, and the policies that speak of it in particular.
    ///
    /// `None` when the action is not sliced, which does not happen and must refuse.
    pub(crate) fn of(&self, action: Action) -> Option<(&EntityUID, &Slice)> {
        let (_, uid, slice) = self.own.iter().find(|(sliced, ..)| *sliced == action)?;
        Some((uid, slice))
    }
}

impl Slice {
    /// Every policy that could concern somebody who is or belongs to `principals`.
    pub(crate) fn policies<'a>(&'a self, principals: &'a [EntityUID]) -> impl Iterator<Item = &'a Ready> {
        let scoped = principals.iter().filter_map(|principal| self.by_principal.get(principal));
        std::iter::once(&self.anybody).chain(scoped).flatten()
    }

    fn add(&mut self, policy: &Policy) {
        let list = match policy.principal_constraint() {
            PrincipalConstraint::Any | PrincipalConstraint::Is(_) => &mut self.anybody,
            PrincipalConstraint::Eq(uid) | PrincipalConstraint::In(uid) | PrincipalConstraint::IsIn(_, uid) => {
                self.by_principal.entry(uid.as_ref().clone()).or_default()
            }
        };
        list.push(Ready::new(policy));
    }
}

/// Whether neither scope nor conditions of a policy look at the action: then the scope's own `action` is the only one in
/// its text. The word in a string or an annotation makes the answer no, which costs time and changes nothing.
fn is_about_any_action(policy: &Policy) -> bool {
    let in_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    matches!(policy.action_constraint(), ActionConstraint::Any)
        && policy
            .to_cedar()
            .is_some_and(|text| text.split(|c| !in_name(c)).filter(|word| *word == "action").count() == 1)
}

/// Whether a policy's scope lets it speak about an action.
fn concerns(policy: &Policy, action: &EntityUID) -> bool {
    match policy.action_constraint() {
        ActionConstraint::Any => true,
        ActionConstraint::Eq(uid) => uid.as_ref() == action,
        ActionConstraint::In(uids) => uids.iter().any(|uid| uid.as_ref() == action),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: bool) {
        let policy: Policy = text.parse().unwrap();
        assert_eq!(is_about_any_action(&policy), expected, "{text}");
    }

    #[test]
    fn a_policy_that_looks_at_the_action_is_never_taken_for_one_that_does_not() {
        check("permit (principal, action, resource);", true);
        check("permit (principal, action, resource) when { context.reaction == 1 };", true);
        check("permit (principal, action == Action::\"chat\", resource);", false);
        check("permit (principal, action, resource) when { action == Action::\"chat\" };", false);
        check("permit (principal, action, resource) unless {action in [Action::\"chat\"]};", false);
        check("permit (principal, action, resource) when { context.x == {a:action} };", false);
    }
}
