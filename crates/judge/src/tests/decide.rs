//! What the decision function permits and refuses, and what it says.

use std::collections::BTreeSet;

use super::facts::*;
use crate::{
    Action, Assessment, Code, Decision, DestinationFacts, Destinations, Mode, Obligations, Permitted, Policies,
    Provenance, Record, RecordedInput, Screen, decide, decide_one, narrow,
};
use inspect::Level;

const PERMIT_ALL: &str = "@id(\"all\") permit (principal, action, resource);";

/// The names of the permitted destinations.
fn permitted(decision: &Decision, destinations: &Destinations) -> Vec<String> {
    decision.permitted.iter().map(|permitted| destinations.facts()[permitted.destination].name.clone()).collect()
}

/// By the built-in policy, where a caller of this floor may send this call.
fn check_built_in(floor: Level, call: &Call, expected: &[&str]) {
    let destinations = both();
    let decision = decide(&Policies::built_in(), &caller(floor), &call.facts(), &destinations);
    assert_eq!(permitted(&decision, &destinations), expected, "floor {floor}, found {:?}", call.classes);
    assert_eq!(decision.permitted.len() + decision.refused.len(), 2, "each destination is in one list");
}

#[test]
fn by_default_hosted_models_get_only_what_is_public() {
    check_built_in(Level::Public, &chat(Level::Public, &[]), &["ward", "cloud"]);
    check_built_in(Level::Internal, &chat(Level::Public, &[]), &["ward"]);
    check_built_in(Level::Public, &chat(Level::Confidential, &["pii.email"]), &["ward"]);
    check_built_in(Level::Public, &chat(Level::Restricted, &["phi.mrn"]), &["ward"]);
}

#[test]
fn by_default_secrets_and_the_uninspectable_go_to_no_hosted_model_whatever_their_level() {
    for class in ["secret.aws_access_key", "opaque.image"] {
        check_built_in(Level::Public, &chat(Level::Public, &[class]), &["ward"]);
        check_built_in(Level::Public, &chat(Level::Restricted, &[class]), &["ward"]);
    }
}

#[test]
fn by_default_no_state_is_left_with_a_hosted_model() {
    let mut call = chat(Level::Public, &[]);
    call.actions.push(Action::StoreState);
    check_built_in(Level::Public, &call, &["ward"]);
}

#[test]
fn every_action_of_a_call_must_be_permitted() {
    let policy = "permit (principal, action == Action::\"chat\", resource);";
    let mut call = chat(Level::Public, &[]);
    assert_eq!(decision(policy, &call).permitted.len(), 2);
    call.actions.push(Action::UseTool);
    assert_eq!(decision(policy, &call).permitted.len(), 0);
    call.actions.clear();
    let nothing = decision(PERMIT_ALL, &call);
    assert_eq!(nothing.permitted.len(), 0);
    assert_eq!(nothing.refused[0].code, Code::NotDecided);
}

#[test]
fn without_policies_nothing_is_permitted() {
    let decision = decision("", &chat(Level::Public, &[]));
    assert!(decision.permitted.is_empty());
    assert_eq!(decision.refused[0].code, Code::NotPermitted);
}

#[test]
fn a_forbid_that_errors_refuses_though_cedar_would_allow() {
    let overflow = "9223372036854775807 + context.injection > 0";
    let policy = format!("{PERMIT_ALL}\n@id(\"guard\") forbid (principal, action, resource) when {{ {overflow} }};");
    let mut call = chat(Level::Public, &[]);
    assert_eq!(decision(&policy, &call).refused[0].code, Code::ForbiddenByPolicy, "without an error it forbids");

    // The proof that Cedar itself would have let it through.
    call.injection = 1.0;
    assert!(cedar_allows(&policy, 1000), "cedar skips a policy that errors");

    let decision = decision(&policy, &call);
    assert!(decision.permitted.is_empty());
    let refused = &decision.refused[0];
    assert_eq!((refused.code, refused.policies.as_slice()), (Code::PolicyError, &["guard".to_owned()][..]));
    assert!(refused.reason.contains("policy `guard` (test.cedar:2) could not be evaluated"), "{}", refused.reason);
}

#[test]
fn a_permit_that_errors_refuses_too() {
    let policy = format!(
        "{PERMIT_ALL} permit (principal, action, resource) when {{ context.now * context.now * context.now > 0 }};"
    );
    let decision = decision(&policy, &chat(Level::Public, &[]));
    assert!(decision.refused.iter().all(|refused| refused.code == Code::PolicyError));
}

#[test]
fn an_error_in_one_slice_refuses_though_another_permits() {
    let policy = format!(
        "{PERMIT_ALL} forbid (principal == Workload::\"billing\", action, resource) when {{ context.now * context.now * context.now > 0 }};"
    );
    let mut call = chat(Level::Public, &[]);
    call.actions = vec![Action::Embed];
    assert_eq!(decision(&policy, &call).permitted.len(), 0);
}

/// What Cedar alone says to this policy with this injection score.
fn cedar_allows(policy: &str, injection: i64) -> bool {
    use cedar_policy::{Authorizer, Context, Decision, Entities, PolicySet, Request, RestrictedExpression};
    let context = Context::from_pairs([("injection".to_owned(), RestrictedExpression::new_long(injection))]).unwrap();
    let uid = |text: &str| text.parse().unwrap();
    let request =
        Request::new(uid("Workload::\"a\""), uid("Action::\"chat\""), uid("Destination::\"b\""), context, None)
            .unwrap();
    let set: PolicySet = policy.parse().unwrap();
    Authorizer::new().is_authorized(&request, &set, &Entities::empty()).decision() == Decision::Allow
}

#[test]
fn scopes_select_callers_by_id_group_tenant_and_use_case() {
    for (scope, expected) in [
        ("principal == Workload::\"billing\"", true),
        ("principal == Workload::\"other\"", false),
        ("principal == Person::\"billing\"", false),
        ("principal in Group::\"oncology\"", true),
        ("principal in Group::\"radiology\"", false),
        ("principal in Tenant::\"acme\"", true),
        ("principal in Tenant::\"emca\"", false),
        ("principal in UseCase::\"triage\"", true),
        ("principal is Workload", true),
        ("principal is Person", false),
        ("principal is Workload in Group::\"oncology\"", true),
        ("principal is Person in Group::\"oncology\"", false),
        ("principal", true),
    ] {
        let set = policies(&format!("permit ({scope}, action, resource);"));
        let mut who = caller(Level::Internal);
        who.groups.push("oncology".to_owned());
        who.use_case = Some("triage".to_owned());
        let decision = decide(&set, &who, &chat(Level::Public, &[]).facts(), &both());
        assert_eq!(!decision.permitted.is_empty(), expected, "{scope}");
    }
}

#[test]
fn the_level_is_never_below_the_floor() {
    let policy = "permit (principal, action, resource) when { context.level <= 1 };";
    for (floor, found, expected) in [
        (Level::Public, Level::Public, true),
        (Level::Internal, Level::Public, true),
        (Level::Confidential, Level::Public, false),
        (Level::Public, Level::Confidential, false),
    ] {
        let decision = decide(&policies(policy), &caller(floor), &chat(found, &[]).facts(), &both());
        assert_eq!(decision.level, floor.max(found));
        assert_eq!(!decision.permitted.is_empty(), expected, "floor {floor}, found {found}");
    }
}

#[test]
fn policies_see_classes_groups_counts_and_scores() {
    let mut call = chat(Level::Restricted, &["phi.mrn", "acme.project"]);
    call.classes.insert(inspect::Class::new("phi.diagnosis"), 4);
    call.injection = 0.4001;
    for (condition, expected) in [
        ("context.classes.contains(\"phi.mrn\")", true),
        ("context.classes.contains(\"phi\")", false),
        ("context.groups.contains(\"phi\")", true),
        ("context.groups.contains(\"pii\")", false),
        ("context.counts.phi == 5", true),
        ("context.counts.other == 1", true),
        ("context.counts.pii == 0", true),
        ("context.injection == 401", true),
        ("context.level == 3", true),
        ("resource.vendor == \"acme-ai\" || resource.self_hosted", true),
        ("principal.tenant == \"acme\" && principal.floor == 1 && !principal.admin", true),
        ("context.production", false),
    ] {
        let policy = format!("permit (principal, action, resource) when {{ {condition} }};");
        assert_eq!(decision(&policy, &call).permitted.len() == 2, expected, "{condition}");
    }
}

#[test]
fn a_score_that_is_no_number_counts_as_certain() {
    let policy = "permit (principal, action, resource) when { context.injection < 1000 };";
    for (score, expected) in [(f32::NAN, false), (f32::INFINITY, false), (-1.0, true), (0.9999, false), (0.5, true)] {
        let mut call = chat(Level::Public, &[]);
        call.injection = score;
        assert_eq!(!decision(policy, &call).permitted.is_empty(), expected, "{score}");
    }
}

#[test]
fn obligations_of_all_determining_policies_add_up() {
    let policy = r#"
        @id("a") @pseudonymise("pii") @max_output_tokens("500") @record("body")
        permit (principal, action == Action::"chat", resource);
        @id("b") @pseudonymise("phi.mrn") @max_output_tokens("900") @record("digest") @drop_tools
        permit (principal, action == Action::"use_tool", resource);
        @id("c") @screen("strict") @approval("privacy-office")
        permit (principal, action, resource) when { context.untrusted };
        @id("d") @max_output_tokens("1")
        permit (principal, action, resource) when { context.level == 0 };
    "#;
    let mut call = chat(Level::Public, &[]);
    call.actions.push(Action::UseTool);
    call.untrusted = true;
    let permitted = &decision(policy, &call).permitted[0];
    assert_eq!(permitted.policies, ["a", "b", "c"]);
    let obligations = &permitted.obligations;
    assert_eq!(obligations.pseudonymise, BTreeSet::from(["pii".to_owned(), "phi.mrn".to_owned()]));
    assert_eq!(obligations.max_output_tokens, Some(500), "policy `d` does not speak of an internal call");
    assert_eq!(obligations.record(), Record::Digest);
    assert_eq!(obligations.screen, Screen::Strict);
    assert!(obligations.drop_tools);
    assert_eq!(obligations.approval, BTreeSet::from(["privacy-office".to_owned()]));
}

#[test]
fn unmodelled_fields_pass_only_where_a_permit_says_so() {
    let mut call = chat(Level::Public, &[]);
    call.unmodelled.push("messages[0].foo".to_owned());
    let refused = decision(PERMIT_ALL, &call);
    assert_eq!(refused.refused[0].code, Code::UnmodelledField);
    assert!(refused.refused[0].reason.starts_with("`messages[0].foo` is not"), "{}", refused.refused[0].reason);

    let granted = "@allow_unmodelled permit (principal, action, resource) when { resource.self_hosted };";
    let decision = decision(&format!("{PERMIT_ALL} {granted}"), &call);
    assert_eq!(decision.permitted.len(), 1);
    assert!(decision.permitted[0].obligations.allow_unmodelled);
}

#[test]
fn by_default_a_destination_s_own_configuration_lets_unmodelled_fields_through() {
    let mut call = chat(Level::Public, &[]);
    call.unmodelled.push("foo".to_owned());
    let open = |facts| DestinationFacts { allow_unmodelled: true, ..facts };
    let destinations = Destinations::prepare(&[own("closed"), open(own("open")), open(hosted("cloud"))]);
    for (floor, expected) in [(Level::Public, &["open", "cloud"][..]), (Level::Internal, &["open"])] {
        let decision = decide(&Policies::built_in(), &caller(floor), &call.facts(), &destinations);
        assert_eq!(permitted(&decision, &destinations), expected, "{floor}");
    }
}

#[test]
fn a_provider_fetches_only_from_permitted_destinations() {
    for (hosts, expected) in [
        (&["ward.internal.example"][..], 2),
        (&["WARD.internal.example"], 2),
        (&["elsewhere.example"], 0),
        (&["ward.internal.example", "elsewhere.example"], 0),
        (&[""], 0),
    ] {
        let mut call = chat(Level::Public, &[]);
        call.provider_fetch = hosts.iter().map(|host| (*host).to_owned()).collect();
        assert_eq!(decision(PERMIT_ALL, &call).permitted.len(), expected, "{hosts:?}");
    }
    // The second look at one destination knows the others.
    let mut call = chat(Level::Public, &[]);
    call.provider_fetch = vec!["ward.internal.example".to_owned()];
    let second = decide_one(&policies(PERMIT_ALL), &caller(Level::Public), &call.facts(), &both(), 1);
    assert_eq!(second.permitted.iter().map(|permitted| permitted.destination).collect::<Vec<_>>(), [1]);
    // A refused destination's host does not count.
    let only_cloud = "permit (principal, action, resource) when { !resource.self_hosted };";
    assert_eq!(decision(only_cloud, &call).refused[1].code, Code::ProviderFetch);
}

#[test]
fn production_closes_what_development_warns_about() {
    let unowned = DestinationFacts { owned: false, ..own("unowned") };
    let expired = DestinationFacts { assessment: Assessment::Until(NOW), ..hosted("expired") };
    let missing = DestinationFacts { assessment: Assessment::Missing, ..hosted("missing") };
    let undeclared = DestinationFacts { assessment: Assessment::NotRequired, ..hosted("undeclared") };
    let unpromoted = DestinationFacts { provenance: Provenance::Unpromoted, ..own("unpromoted") };
    let promoted = DestinationFacts { provenance: Provenance::Promoted, ..own("promoted") };
    let destinations =
        Destinations::prepare(&[unowned, expired, missing, undeclared, unpromoted, promoted, hosted("current")]);
    let mut call = chat(Level::Public, &[]);
    let open = decide(&policies(PERMIT_ALL), &caller(Level::Public), &call.facts(), &destinations);
    assert_eq!(open.permitted.len(), 7);
    call.mode = Mode::Production;
    let closed = decide(&policies(PERMIT_ALL), &caller(Level::Public), &call.facts(), &destinations);
    assert_eq!(permitted(&closed, &destinations), ["promoted", "current"]);
    let codes: Vec<Code> = closed.refused.iter().map(|refused| refused.code).collect();
    use Code::*;
    assert_eq!(codes, [DestinationUnowned, AssessmentExpired, AssessmentMissing, AssessmentMissing, ModelUnpromoted]);
    assert!(closed.refused.iter().all(|refused| !refused.would_help.is_empty()));
}

#[test]
fn two_destinations_of_one_name_are_both_refused() {
    let destinations = Destinations::prepare(&[own("twin"), hosted("twin")]);
    let decision =
        decide(&policies(PERMIT_ALL), &caller(Level::Public), &chat(Level::Public, &[]).facts(), &destinations);
    assert!(decision.permitted.is_empty());
    assert!(decision.refused.iter().all(|refused| refused.code == Code::PolicyError));
}

#[test]
fn a_refusal_names_the_policy_the_classes_and_the_way_out() {
    let policy = r#"
@id("phi-stays") @reason("patient records stay in the house") @help("use a self-hosted model")
forbid (principal, action, resource)
when { context.groups.contains("phi") && !resource.self_hosted };
permit (principal, action, resource);
"#;
    let mut call = chat(Level::Restricted, &["phi.mrn"]);
    *call.classes.values_mut().next().unwrap() = 2;
    let refused = &decision(policy, &call).refused[0];
    assert_eq!(
        refused.reason,
        "patient records stay in the house; policy `phi-stays` (test.cedar:2) forbids `cloud` (found: `phi.mrn` 2 times)"
    );
    assert_eq!(refused.would_help, ["use a self-hosted model", "`ward` would be allowed"]);
    assert_eq!((refused.code, refused.policies.as_slice()), (Code::ForbiddenByPolicy, &["phi-stays".to_owned()][..]));
}

#[test]
fn where_nothing_is_permitted_the_refusal_says_what_to_change() {
    let cloud = Destinations::prepare(&[hosted("cloud")]);
    for (floor, call, expected) in [
        (
            Level::Public,
            chat(Level::Restricted, &["phi.mrn"]),
            "remove what was found (`phi.mrn`): then `cloud` would be allowed",
        ),
        (
            Level::Internal,
            chat(Level::Public, &[]),
            "have caller `billing` declared `public` by somebody who may: then `cloud` would be allowed",
        ),
        (
            Level::Internal,
            chat(Level::Confidential, &["pii.email"]),
            "remove what was found (`pii.email`), and have caller `billing` declared `public` by somebody who may: then `cloud` would be allowed",
        ),
    ] {
        let decision = decide(&Policies::built_in(), &caller(floor), &call.facts(), &cloud);
        assert_eq!(decision.refused[0].would_help, [expected]);
    }
}

#[test]
fn advice_never_promises_what_is_not_so() {
    let never = "forbid (principal, action, resource);";
    let refused = &decision(&format!("{PERMIT_ALL} {never}"), &chat(Level::Restricted, &["phi.mrn"])).refused[0];
    assert_eq!(refused.would_help, Vec::<String>::new());
}

#[test]
fn names_that_a_caller_chose_are_shown_short_and_harmless() {
    let mut call = chat(Level::Public, &[]);
    call.unmodelled = vec![format!("a\n`\u{1b}[31m{}", "x".repeat(500))];
    let reason = &decision(PERMIT_ALL, &call).refused[0].reason;
    assert!(!reason.contains(['\n', '\u{1b}']) && reason.len() < 300, "{reason}");
}

fn narrowed(before: &str, after: &str, call: &Call) -> Result<Permitted, Code> {
    let first = decision(before, &chat(Level::Public, &[]));
    let second = decide_one(&policies(after), &caller(Level::Internal), &call.facts(), &both(), 1);
    narrow(&first.permitted[1], &second).map_err(|refused| refused.code)
}

#[test]
fn a_second_look_only_narrows() {
    let call = chat(Level::Public, &[]);
    let strict = "@screen(\"strict\") @record(\"digest\") permit (principal, action, resource);";
    let body = "@record(\"body\") permit (principal, action, resource);";
    let narrow = narrowed(body, strict, &call).unwrap();
    assert_eq!((narrow.obligations.screen, narrow.obligations.record()), (Screen::Strict, Record::Digest));
    assert_eq!(
        narrowed("@allow_unmodelled permit (principal, action, resource);", PERMIT_ALL, &call).unwrap().obligations,
        Obligations::default()
    );
    assert_eq!(narrowed(PERMIT_ALL, "", &call), Err(Code::NotPermitted));
    let grew = "@pseudonymise(\"pii\") permit (principal, action, resource);";
    assert_eq!(narrowed(PERMIT_ALL, grew, &call), Err(Code::ObligationGrew));
    assert!(narrowed(grew, PERMIT_ALL, &call).unwrap().obligations.pseudonymise.contains("pii"), "kept");
}

#[test]
fn a_second_look_at_another_destination_permits_nothing() {
    let first = decision(PERMIT_ALL, &chat(Level::Public, &[]));
    let other =
        decide_one(&policies(PERMIT_ALL), &caller(Level::Internal), &chat(Level::Public, &[]).facts(), &both(), 0);
    assert_eq!(narrow(&first.permitted[1], &other).unwrap_err().code, Code::NotDecided);
    let outside =
        decide_one(&policies(PERMIT_ALL), &caller(Level::Internal), &chat(Level::Public, &[]).facts(), &both(), 9);
    assert!(outside.permitted.is_empty() && outside.refused.is_empty());
}

#[test]
fn a_decision_can_be_made_again_from_its_recorded_input() {
    let destinations = both();
    let who =
        crate::Caller { use_case: Some("triage".to_owned()), groups: vec!["g".to_owned()], ..caller(Level::Public) };
    let mut call = chat(Level::Restricted, &["phi.mrn", "secret.jwt"]);
    call.injection = 0.123_456_7;
    call.unmodelled.push("x".to_owned());
    let facts = call.facts();
    let decision = decide(&Policies::built_in(), &who, &facts, &destinations);
    let input = crate::Input { caller: &who, call: &facts, destinations: destinations.facts(), candidate: None };
    let recorded: RecordedInput = serde_json::from_str(&serde_json::to_string(&input).unwrap()).unwrap();
    assert_eq!(recorded.decide(&Policies::built_in()), decision);
    assert_eq!(recorded.destinations(), destinations.facts());
}
