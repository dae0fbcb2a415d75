//! Slicing changes what a decision costs and never what it is.

use cedar_policy::{Authorizer, Decision as CedarDecision, PolicySet, Request};
use inspect::Level;
use proptest::prelude::*;

use super::by_cedar;
use super::facts::{Call, chat, own, policies};
use crate::{Action, Caller, CallerKind, Destinations, decide};

/// One policy as text; `n` makes its id.
fn policy() -> impl Strategy<Value = (bool, &'static str, &'static str, &'static str)> {
    let scopes = prop::sample::select(vec![
        "principal",
        "principal is Workload",
        "principal is Person",
        "principal == Workload::\"a\"",
        "principal == Person::\"a\"",
        "principal in Group::\"g\"",
        "principal in Group::\"h\"",
        "principal in Tenant::\"t\"",
        "principal in UseCase::\"u\"",
        "principal is Workload in Group::\"g\"",
    ]);
    let actions = prop::sample::select(vec![
        "action",
        "action == Action::\"chat\"",
        "action in [Action::\"use_tool\", Action::\"chat\"]",
        "action in [Action::\"embed\"]",
        "action in Action::\"retrieve\"",
    ]);
    let conditions = prop::sample::select(vec![
        "true",
        "context.level >= 2",
        "!context.tools",
        "resource.self_hosted",
        "action == Action::\"chat\"",
        "action in [Action::\"embed\", Action::\"retrieve\"]",
    ]);
    (any::<bool>(), scopes, actions, conditions)
}

fn caller() -> impl Strategy<Value = Caller> {
    let groups = prop::sample::subsequence(vec!["g".to_owned(), "h".to_owned()], 0..=2);
    (any::<bool>(), prop::sample::select(vec!["a", "b"]), prop::sample::select(vec!["t", "s"]), groups, any::<bool>())
        .prop_map(|(person, id, tenant, groups, use_case)| Caller {
            kind: if person { CallerKind::Person } else { CallerKind::Workload },
            groups,
            use_case: use_case.then(|| "u".to_owned()),
            ..Caller::workload(id, tenant)
        })
}

/// What Cedar says to one action by the whole set.
fn by_the_whole_set(text: &str, who: &Caller, call: &Call, action: Action) -> bool {
    let destinations = by_cedar::destinations(&[own("ward")]).unwrap();
    let entities = by_cedar::with_caller(&destinations, who).unwrap();
    let level = call.level.max(who.floor);
    let context = by_cedar::context(who, &call.facts(), level, "not_required", "not_applicable").unwrap();
    let resource = by_cedar::uid("Destination", "ward");
    let request =
        Request::new(by_cedar::caller_uid(who), by_cedar::action_uid(action), resource, context, None).unwrap();
    let set: PolicySet = text.parse().unwrap();
    Authorizer::new().is_authorized(&request, &set, &entities).decision() == CedarDecision::Allow
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 80, ..ProptestConfig::default() })]

    #[test]
    fn sliced_and_whole_sets_decide_alike(
        written in prop::collection::vec(policy(), 0..8),
        who in caller(),
        restricted in any::<bool>(),
        tools in any::<bool>(),
        action in prop::sample::select(Action::ALL.to_vec()),
    ) {
        let text: String = written
            .iter()
            .enumerate()
            .map(|(n, (permit, scope, action, condition))| {
                let effect = if *permit { "permit" } else { "forbid" };
                format!("@id(\"p{n}\") {effect} ({scope}, {action}, resource) when {{ {condition} }};\n")
            })
            .collect();
        let mut call = chat(if restricted { Level::Restricted } else { Level::Public }, &[]);
        call.actions = vec![action];
        call.tools = tools;
        let decision = decide(&policies(&text), &who, &call.facts(), &Destinations::prepare(&[own("ward")]));
        prop_assert_eq!(!decision.permitted.is_empty(), by_the_whole_set(&text, &who, &call, action), "{}", text);
    }
}
