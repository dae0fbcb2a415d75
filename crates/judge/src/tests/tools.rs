//! What the tools around policies find: suspicious ones, and what a change changes.

use crate::tests::facts::{NOW, hosted, own, policies};
use crate::{Direction, Ground, Mode, Report, Source};

fn ground() -> Ground {
    Ground::new(&[own("ward"), hosted("cloud")], Mode::Development, NOW)
}

/// Linting this text tells exactly one problem about each of these ids, in order, that begins so.
fn check_lint(text: &str, expected: &[(&str, &str)]) {
    let found: Vec<String> = crate::lint(&policies(text), &ground()).into_iter().map(|one| one.message).collect();
    assert_eq!(found.len(), expected.len(), "{text}: {found:#?}");
    for (message, (kind, id)) in found.iter().zip(expected) {
        assert!(message.starts_with(kind) && message.contains(&format!("policy `{id}`")), "{kind} {id}: {message}");
    }
}

const OWN: &str = "@id(\"own\") permit (principal, action, resource) when { resource.self_hosted };";

#[test]
fn what_no_call_satisfies_is_unreachable() {
    check_lint(
        &format!("{OWN} @id(\"x\") permit (principal, action, resource) when {{ context.level > 3 }};"),
        &[("unreachable", "x")],
    );
    check_lint(
        &format!(
            "{OWN} @id(\"x\") permit (principal, action == Action::\"embed\", resource) when {{ context.features.contains(\"chat\") && !resource.self_hosted }};"
        ),
        &[("unreachable", "x")],
    );
}

#[test]
fn what_is_overruled_or_said_already_is_shadowed() {
    check_lint(
        "@id(\"own\") permit (principal, action, resource);
         @id(\"no\") forbid (principal, action, resource) when { !resource.self_hosted };
         @id(\"vain\") permit (principal, action, resource) when { !resource.self_hosted && context.level == 0 };",
        &[("allows all", "own"), ("shadowed", "vain")],
    );
    check_lint(
        &format!(
            "{OWN} @id(\"twice\") permit (principal, action, resource) when {{ resource.self_hosted && context.level < 2 }};"
        ),
        &[("shadowed", "twice")],
    );
}

#[test]
fn a_permit_of_exactly_what_is_forbidden_is_contradictory() {
    check_lint(
        &format!("{OWN} @id(\"yes\") permit (principal, action, resource) when {{ context.groups.contains(\"phi\") && !resource.self_hosted }};
         @id(\"no\") forbid (principal, action, resource) when {{ context.groups.contains(\"phi\") && resource.vendor != \"\" }};"),
        &[("contradictory", "yes")],
    );
}

#[test]
fn a_permit_without_conditions_allows_all_however_it_is_written() {
    check_lint("@id(\"a\") permit (principal, action, resource);", &[("allows all", "a")]);
    check_lint(
        "@id(\"a\") permit (principal, action, resource) when { context.level >= 0 || resource.self_hosted };",
        &[("allows all", "a")],
    );
    check_lint(OWN, &[]);
}

#[test]
fn duties_and_stricter_obligations_are_not_said_twice() {
    check_lint(
        &format!("{OWN} @id(\"d\") @duty @drop_tools permit (principal, action, resource) when {{ resource.self_hosted && context.untrusted }};
         @id(\"s\") @screen(\"strict\") permit (principal, action, resource) when {{ resource.self_hosted && context.level == 3 }};"),
        &[],
    );
}

#[test]
fn the_policies_that_ship_have_nothing_suspicious() {
    let built_in =
        crate::Policies::compile(&[Source { name: "b".to_owned(), text: crate::BUILT_IN.to_owned() }]).unwrap();
    let mut free = own("free");
    free.allow_unmodelled = true;
    let ground = Ground::new(&[own("ward"), hosted("cloud"), free], Mode::Development, NOW);
    assert_eq!(crate::lint(&built_in, &ground), []);
}

#[test]
fn a_guard_against_what_is_not_there_yet_is_not_unreachable() {
    check_lint(
        &format!(
            "{OWN} @id(\"hosted\") permit (principal, action, resource) when {{ context.assessment == \"current\" }};
             @id(\"e\") forbid (principal, action, resource) when {{ context.assessment == \"expired\" }};
             @id(\"o\") forbid (principal, action, resource) unless {{ resource.owned }};
             @id(\"t\") forbid (principal, action, resource) when {{ resource.trains && context.groups.contains(\"code\") }};"
        ),
        &[],
    );
}

fn diff(before: &str, after: &str) -> Report {
    crate::diff(&policies(before), &policies(after), &ground())
}

#[test]
fn a_change_is_told_in_one_sentence_for_all_calls_that_it_changes() {
    let report =
        diff(OWN, &format!("{OWN} @id(\"pub\") permit (principal, action, resource) when {{ context.level == 0 }};"));
    let told: Vec<String> = report.differences.iter().map(ToString::to_string).collect();
    assert_eq!(told, ["`cloud`: level `public`: was refused (not_permitted), now permitted"]);
    assert_eq!(report.differences[0].direction, Direction::Looser);
    assert_eq!(report.tried, report.combinations, "nothing was left out");
}

#[test]
fn what_becomes_stricter_and_what_is_obliged_is_told_apart() {
    let after = "@id(\"own\") permit (principal, action, resource) when { resource.self_hosted };
        @id(\"mark\") @duty @drop_tools permit (principal in Group::\"agents\", action == Action::\"use_tool\", resource);
        @id(\"no\") @reason(\"no\") forbid (principal, action, resource) when { context.groups.contains(\"secret\") };";
    let told: Vec<String> = diff(OWN, after).differences.iter().map(ToString::to_string).collect();
    assert!(
        told.contains(
            &"`ward`: found `secret.aws_access_key`: was permitted, now refused (forbidden_by_policy)".to_owned()
        ),
        "{told:#?}"
    );
    let obliged = told.iter().find(|line| line.ends_with("was permitted, now permitted with drop_tools")).unwrap();
    assert!(obliged.contains("caller members of `agents`") && obliged.contains("doing `chat+use_tool`"), "{told:#?}");
}

#[test]
fn equal_policies_written_differently_differ_in_nothing() {
    let other = "@id(\"b\") permit (principal, action, resource) unless { !resource.self_hosted };";
    assert_eq!(diff(OWN, other).differences, []);
}
