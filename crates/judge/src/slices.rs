//! Policies sliced by action and principal, so that the cost of a decision does not grow with policies about others.
//!
//! Cedar looks at every policy of a set. Here each action has one set of policies that could concern anybody and one set
//! for each principal, group, tenant or use case that a scope names. A caller's decision looks at the first and at those
//! of what it is or belongs to. Cedar's answer is the same over parts as over the whole: one satisfied `forbid` forbids,
//! otherwise one satisfied `permit` permits.

use std::collections::HashMap;

use cedar_policy::{ActionConstraint, EntityUid, Policy, PolicySet, PrincipalConstraint};

use crate::call::Action;
use crate::facts::action_uid;

/// All policies, sliced.
#[derive(Clone, Debug)]
pub(crate) struct Slices {
    by_action: Vec<(Action, EntityUid, Slice)>,
}

/// The policies of one action.
#[derive(Clone, Debug, Default)]
struct Slice {
    anybody: PolicySet,
    by_principal: HashMap<EntityUid, PolicySet>,
}

impl Slices {
    /// No policies: nothing is permitted.
    pub(crate) fn empty() -> Self {
        Self { by_action: Vec::new() }
    }

    /// Slices policies. Their ids must differ.
    ///
    /// # Errors
    /// Two policies have one id.
    pub(crate) fn build(policies: &[Policy]) -> Result<Self, String> {
        let by_action = Action::ALL
            .into_iter()
            .map(|action| {
                let uid = action_uid(action);
                let mut slice = Slice::default();
                for policy in policies.iter().filter(|policy| concerns(policy, &uid)) {
                    slice.add(policy)?;
                }
                Ok((action, uid, slice))
            })
            .collect::<Result<_, String>>()?;
        Ok(Self { by_action })
    }

    /// The Cedar name of `action`, and every set that could concern somebody who is or belongs to `principals`.
    ///
    /// `None` when the action is not sliced, which does not happen and must refuse.
    pub(crate) fn of<'a>(
        &'a self,
        action: Action,
        principals: &'a [EntityUid],
    ) -> Option<(&'a EntityUid, impl Iterator<Item = &'a PolicySet>)> {
        let (_, uid, slice) = self.by_action.iter().find(|(sliced, ..)| *sliced == action)?;
        let scoped = principals.iter().filter_map(|principal| slice.by_principal.get(principal));
        Some((uid, std::iter::once(&slice.anybody).chain(scoped)))
    }
}

impl Slice {
    fn add(&mut self, policy: &Policy) -> Result<(), String> {
        let set = match policy.principal_constraint() {
            PrincipalConstraint::Any | PrincipalConstraint::Is(_) => &mut self.anybody,
            PrincipalConstraint::Eq(uid) | PrincipalConstraint::In(uid) | PrincipalConstraint::IsIn(_, uid) => {
                self.by_principal.entry(uid).or_default()
            }
        };
        set.add(policy.clone()).map_err(|error| error.to_string())
    }
}

/// Whether a policy's scope lets it speak about an action.
fn concerns(policy: &Policy, action: &EntityUid) -> bool {
    match policy.action_constraint() {
        ActionConstraint::Any => true,
        ActionConstraint::Eq(uid) => uid == *action,
        ActionConstraint::In(uids) => uids.contains(action),
    }
}
