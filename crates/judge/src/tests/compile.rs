//! Which policy files are accepted, and what is said about the others.

use super::facts;
use crate::{Policies, SCHEMA, Source, Vocabulary};

/// The problems of one file, each as `line:column: message`.
fn problems(text: &str) -> Vec<String> {
    let source = Source { name: "p.cedar".to_owned(), text: text.to_owned() };
    let problems = Policies::compile(&[source]).map(|_| Vec::new()).unwrap_or_else(|problems| problems);
    problems
        .into_iter()
        .map(|problem| {
            assert_eq!(problem.file, "p.cedar");
            let help = problem.help.map(|help| format!(" ({help})")).unwrap_or_default();
            format!("{}:{}: {}{help}", problem.line, problem.column, problem.message)
        })
        .collect()
}

/// Exactly one problem, whose text contains this.
fn check(text: &str, expected: &str) {
    let problems = problems(text);
    assert!(problems.len() == 1 && problems[0].contains(expected), "{text}\n{problems:#?}\nexpected {expected}");
}

const ALL: &str = "permit (principal, action, resource)";

#[test]
fn the_built_in_policies_compile_without_a_warning() {
    let built_in = Policies::built_in();
    assert_eq!(built_in.len(), 5);
    assert!(built_in.warnings().is_empty(), "{:?}", built_in.warnings());
}

#[test]
fn syntax_and_types_are_refused_at_their_place() {
    check("permit (principal, action resource);", "1:27: ");
    check(&format!("{ALL}\nwhen {{ context.lvel == 0 }};"), "2:8: ");
    check(&format!("{ALL}\nwhen {{ context.lvel == 0 }};"), "lvel");
    check(&format!("{ALL} when {{ context.level == \"public\" }};"), "1:45: ");
    check(&format!("{ALL} when {{ resource.digset == \"\" }};"), "digset");
    check("permit (principal, action == Action::\"chta\", resource);", "chta");
    check("permit (principal in Gruop::\"x\", action, resource);", "Gruop");
    check("permit (principal == ?principal, action, resource);", "templates are not used here");
}

#[test]
fn annotations_outside_the_table_are_refused() {
    check(
        &format!("\n  @pseudonymize(\"pii\") {ALL};"),
        "2:3: `@pseudonymize` is not known (did you mean `@pseudonymise`?)",
    );
    check(&format!("@pseudonymise(\"piii\") {ALL};"), "no class begins so");
    check(&format!("@screen(\"strcit\") {ALL};"), "takes `normal` or `strict`");
    check(&format!("@canary {ALL};"), "not built yet");
    check(&format!("@reason {ALL};"), "`@reason` says nothing");
    check(&format!("@id(\" \") {ALL};"), "`@id` says nothing");
    check("@drop_tools forbid (principal, action, resource);", "a `forbid` obliges nobody");
}

#[test]
fn every_problem_is_told_at_once() {
    let first = format!("@banana {ALL} when {{ context.nope }};\n@screen(\"x\") {ALL};");
    let sources = [
        Source { name: "a.cedar".to_owned(), text: first },
        Source { name: "b.cedar".to_owned(), text: "permit (".to_owned() },
    ];
    let problems = Policies::compile(&sources).unwrap_err();
    let places: Vec<(&str, usize)> = problems.iter().map(|problem| (problem.file.as_str(), problem.line)).collect();
    assert_eq!(places, [("a.cedar", 1), ("a.cedar", 1), ("a.cedar", 2), ("b.cedar", 1)], "{problems:#?}");
}

#[test]
fn two_policies_of_one_id_are_refused_also_across_files() {
    let source = |name: &str| Source { name: name.to_owned(), text: format!("@id(\"x\") {ALL};") };
    let problems = Policies::compile(&[source("a.cedar"), source("b.cedar")]).unwrap_err();
    assert_eq!(problems.len(), 1);
    assert!(problems[0].message.contains("the id `x` is taken by the policy at a.cedar:1"), "{problems:?}");
    assert_eq!(problems[0].file, "b.cedar");
}

#[test]
fn a_policy_without_an_id_is_known_by_its_place() {
    let policies = facts::policies(&format!("\n\n{ALL};\n{ALL};"));
    let call = facts::chat(inspect::Level::Public, &[]);
    let decision = crate::decide(&policies, &facts::caller(inspect::Level::Public), &call.facts(), &facts::both());
    assert_eq!(decision.permitted[0].policies, ["test.cedar:3", "test.cedar:4"]);
}

#[test]
fn two_policies_on_one_line_need_ids() {
    check(&format!("{ALL}; {ALL};"), "is taken");
}

#[test]
fn a_policy_that_can_never_apply_is_a_warning() {
    let policies = facts::policies(&format!("{ALL};\n@id(\"never\") {ALL} when {{ false }};"));
    assert_eq!(policies.warnings().len(), 1, "{:?}", policies.warnings());
    assert_eq!(policies.warnings()[0].line, 2);
}

#[test]
fn an_organisation_s_own_groups_can_be_named() {
    let source = Source { name: "p.cedar".to_owned(), text: format!("@pseudonymise(\"acme.project\") {ALL};") };
    assert!(Policies::compile(std::slice::from_ref(&source)).is_err());
    let vocabulary = Vocabulary { groups: vec!["acme".to_owned()] };
    assert!(Policies::compile_with(&[source], &vocabulary).is_ok());
}

#[test]
fn the_hash_depends_on_names_and_texts_and_not_on_their_order() {
    let source = |name: &str, text: &str| Source { name: name.to_owned(), text: text.to_owned() };
    let hash = |sources: &[Source]| Policies::compile(sources).unwrap().hash().to_owned();
    let (a, b) = (source("a", "permit (principal, action, resource);"), source("b", "// nothing"));
    assert_eq!(hash(&[a.clone(), b.clone()]), hash(&[b.clone(), a.clone()]));
    assert_ne!(hash(&[a.clone(), b]), hash(std::slice::from_ref(&a)));
    assert_ne!(hash(&[source("a", "//b")]), hash(&[source("a//", "b".replace('b', "").as_str())]));
    assert!(hash(&[a]).starts_with("sha256:"));
}

#[test]
fn the_facts_given_to_policies_are_those_of_the_schema() {
    // Each attribute that the schema promises, used in one policy: were one missing from the facts, it would error.
    let attributes = |from: &str, to: &str| -> Vec<String> {
        let body = SCHEMA.split_once(from).unwrap().1.split_once(to).unwrap().0;
        body.lines().filter_map(|line| line.trim().strip_prefix('"')?.split('"').next().map(str::to_owned)).collect()
    };
    let mut expected = 0;
    for (variable, from) in [
        ("context", "type Call = {"),
        ("context.counts", "type Counts = {"),
        ("resource", "entity Destination"),
        ("principal", "entity Workload"),
    ] {
        for attribute in attributes(from, "};") {
            let policy = format!(
                "permit (principal, action, resource) when {{ {variable}.{attribute} == {variable}.{attribute} }};"
            );
            let call = facts::chat(inspect::Level::Public, &["pii.email"]);
            let decision = facts::decision(&policy, &call);
            assert_eq!(decision.permitted.len(), 2, "{policy}: {:?}", decision.refused);
            expected += 1;
        }
    }
    assert!(expected > 30, "the schema was read: {expected}");
}
