//! Observing, duties, and what a vendor may keep.

use super::facts::*;
use crate::{
    Assessed, Caller, Code, Decision, Destinations, Environment, Obligations, Observe, Permitted, Policies, Purpose,
    RecordedInput, Spotlight, decide, decide_one, narrow,
};
use inspect::Level;

const OWN: &str = "@id(\"own\") permit (principal, action, resource) when { resource.self_hosted };";

fn observed(until_unix: i64, level_max: Level) -> Caller {
    Caller { observe: Some(Observe { until_unix, level_max }), ..caller(Level::Public) }
}

/// What an observed caller's call of this level gets at the one hosted destination, by these policies.
fn at_cloud(text: &str, who: &Caller, level: Level) -> Decision {
    let call = chat(level, &[]);
    decide(&policies(text), who, &call.facts(), &Destinations::prepare(&[hosted("cloud")]))
}

fn check_observed(who: &Caller, level: Level, expected: Option<Code>) {
    let decision = at_cloud(OWN, who, level);
    let found = decision.permitted.first().map(|one| one.obligations.observed);
    assert_eq!(found, expected.map(Some), "{level} {:?}", who.observe);
    assert_eq!(decision.permitted.len() + decision.refused.len(), 1);
}

#[test]
fn an_observed_caller_is_let_through_until_its_date_and_up_to_its_level() {
    check_observed(&observed(NOW + 1, Level::Internal), Level::Public, Some(Code::NotPermitted));
    check_observed(&observed(NOW + 1, Level::Internal), Level::Internal, Some(Code::NotPermitted));
    check_observed(&observed(NOW + 1, Level::Internal), Level::Confidential, None);
    check_observed(&observed(NOW, Level::Internal), Level::Public, None);
    check_observed(&caller(Level::Public), Level::Public, None);
    let floor = Caller { floor: Level::Restricted, ..observed(NOW + 1, Level::Internal) };
    check_observed(&floor, Level::Public, None);
}

#[test]
fn observing_opens_nothing_where_another_destination_is_permitted() {
    let call = chat(Level::Public, &[]);
    let decision = decide(&policies(OWN), &observed(NOW + 1, Level::Internal), &call.facts(), &both());
    assert_eq!(decision.permitted.iter().map(|one| one.destination).collect::<Vec<_>>(), [0]);
    assert_eq!(decision.permitted[0].obligations.observed, None);
}

#[test]
fn what_errors_what_production_closes_and_what_is_unknown_is_not_observed() {
    let who = observed(NOW + 1, Level::Confidential);
    let failing = "@id(\"f\") forbid (principal, action, resource) when { 9223372036854775807 + context.level >= 0 };";
    assert_eq!(at_cloud(failing, &who, Level::Internal).refused[0].code, Code::PolicyError);
    let mut call = chat(Level::Public, &[]);
    call.unmodelled = vec!["x".to_owned()];
    let cloud = Destinations::prepare(&[hosted("cloud")]);
    assert!(decide(&policies(OWN), &who, &call.facts(), &cloud).permitted.is_empty());
    let mut call = chat(Level::Public, &[]);
    call.mode = crate::Mode::Production;
    let mut unowned = hosted("cloud");
    unowned.owned = false;
    let decision = decide(&policies(OWN), &who, &call.facts(), &Destinations::prepare(&[unowned]));
    assert_eq!(decision.refused[0].code, Code::DestinationUnowned);
}

#[test]
fn a_second_look_observes_nothing_that_the_first_one_did_not() {
    let who = observed(NOW + 1, Level::Internal);
    let destinations = Destinations::prepare(&[hosted("cloud")]);
    let call = chat(Level::Public, &[]);
    let first = Permitted { destination: 0, obligations: Obligations::default(), policies: Vec::new() };
    let second = decide_one(&policies(OWN), &who, &call.facts(), &destinations, 0);
    assert_eq!(narrow(&first, &second).unwrap_err().code, Code::NotPermitted);
    let first = second.permitted[0].clone();
    assert_eq!(narrow(&first, &second).unwrap().obligations.observed, Some(Code::NotPermitted));
}

#[test]
fn a_record_alone_says_that_its_caller_was_observed() {
    let who = observed(NOW + 1, Level::Internal);
    let call = chat(Level::Public, &[]);
    let facts = [hosted("cloud")];
    let input = crate::Input { caller: &who, call: &call.facts(), destinations: &facts, candidate: None };
    let text = serde_json::to_string(&input).unwrap();
    let again: RecordedInput = serde_json::from_str(&text).unwrap();
    assert_eq!(again.decide(&policies(OWN)), at_cloud(OWN, &who, Level::Public));
    assert!(again.caller().observe.is_some());
}

const DUTY: &str = "@id(\"d\") @duty @drop_tools @spotlight(\"datamark\") permit (principal, action, resource);";

#[test]
fn a_duty_obliges_and_permits_nothing() {
    assert!(at_cloud(DUTY, &caller(Level::Public), Level::Public).permitted.is_empty());
    let both = format!("{DUTY} @id(\"all\") @spotlight(\"delimit\") permit (principal, action, resource);");
    let decision = at_cloud(&both, &caller(Level::Public), Level::Public);
    let permitted = &decision.permitted[0];
    assert!(permitted.obligations.drop_tools);
    assert_eq!(permitted.obligations.spotlight, Spotlight::Datamark, "the stricter of two");
    assert_eq!(permitted.policies, ["all", "d"]);
}

#[test]
fn a_duty_must_oblige_to_something_and_grant_nothing() {
    for wrong in ["@duty permit", "@duty(\"x\") @drop_tools permit", "@duty @allow_unmodelled permit", "@duty forbid"] {
        let text = format!("{wrong} (principal, action, resource);");
        let source = crate::Source { name: "t.cedar".to_owned(), text };
        let problems = Policies::compile(&[source]).unwrap_err();
        assert!(problems[0].message.contains("@duty"), "{wrong}: {problems:?}");
    }
}

#[test]
fn where_nothing_may_be_kept_only_vendors_that_keep_nothing_are_permitted() {
    let text = "@id(\"all\") @no_retention permit (principal, action, resource);";
    let mut none = hosted("none");
    none.assessed.retention_days = 0;
    let mut some = hosted("some");
    some.assessed.retention_days = 1;
    let unsaid = hosted("unsaid");
    let destinations = Destinations::prepare(&[
        own("ward"),
        none,
        some,
        crate::DestinationFacts { assessed: Assessed::default(), ..unsaid },
    ]);
    let call = chat(Level::Public, &[]);
    let decision = decide(&policies(text), &caller(Level::Public), &call.facts(), &destinations);
    assert_eq!(decision.permitted.iter().map(|one| one.destination).collect::<Vec<_>>(), [0, 1]);
    assert!(decision.refused.iter().all(|one| one.code == Code::RetentionNotExcluded && one.policies == ["all"]));
}

#[test]
fn what_nobody_said_of_a_use_case_is_the_strictest() {
    let text = "@id(\"x\") permit (principal, action, resource)
        when { context.environment == \"experiment\" && context.criticality != \"critical\" };";
    assert!(at_cloud(text, &caller(Level::Public), Level::Public).permitted.is_empty());
    let purpose =
        Purpose { environment: Environment::Experiment, criticality: crate::Criticality::Low, ..Purpose::default() };
    let who = Caller { purpose, ..caller(Level::Public) };
    assert_eq!(at_cloud(text, &who, Level::Public).permitted.len(), 1);
    // A record of before there were purposes is of the strictest.
    let old = r#"{"kind":"workload","id":"a","name":"a","tenant":"t","use_case":null,"floor":"public","groups":[],"admin":false}"#;
    assert_eq!(serde_json::from_str::<Caller>(old).unwrap().purpose, Purpose::default());
}
