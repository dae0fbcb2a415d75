//! The floors of the workspace: who may depend on whom, and which crates never touch a network.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use serde_json::Value;

/// Reads the output of `cargo metadata` and says which edges and which dependencies break the floors.
///
/// # Errors
/// When the metadata has not the expected form.
pub(super) fn problems(metadata: &Value) -> Result<Vec<String>> {
    let graph = Graph::read(metadata)?;
    let mut problems = Vec::new();
    for (name, id) in &graph.members {
        let Some(plate) = PLATES.iter().find(|plate| plate.name == *name) else {
            problems.push(format!(
                "crate `{name}` has no floor: give it one in xtask/src/tidy/floors.rs, or do not make a crate of it"
            ));
            continue;
        };
        for neighbour in graph.direct(id) {
            let member = graph.members.get_key_value(neighbour).filter(|(_, id)| graph.names.contains_key(**id));
            if let Some((neighbour, _)) = member
                && !plate.may_use.contains(neighbour)
            {
                problems.push(format!(
                    "crate `{name}` must not depend on `{neighbour}`: see the floors in ARCHITECTURE.md"
                ));
            }
        }
        if plate.pure {
            for path in graph.ways_to_banned(id) {
                problems.push(format!(
                    "crate `{name}` is pure, yet reaches the network or a runtime: {}",
                    path.join(" → ")
                ));
            }
        }
    }
    Ok(problems)
}

/// One crate's place: its name, whether it is provably without I/O, and which members it may use.
struct Plate {
    name: &'static str,
    pure: bool,
    may_use: &'static [&'static str],
}

/// Normal and build dependencies, all platforms, all features; what only tests need is left out.
struct Graph<'a> {
    members: BTreeMap<&'a str, &'a str>,
    names: BTreeMap<&'a str, &'a str>,
    edges: BTreeMap<&'a str, Vec<&'a str>>,
}

impl<'a> Graph<'a> {
    fn read(metadata: &'a Value) -> Result<Self> {
        let mut names = BTreeMap::new();
        for package in array(metadata, "packages")? {
            names.insert(text(package, "id")?, text(package, "name")?);
        }
        let mut members = BTreeMap::new();
        for id in array(metadata, "workspace_members")? {
            let id = id.as_str().context("a workspace member without an id")?;
            members.insert(*names.get(id).with_context(|| format!("`{id}` is not among the packages"))?, id);
        }
        let resolve = metadata.get("resolve").context("no `resolve` in the metadata")?;
        let mut edges = BTreeMap::new();
        for node in array(resolve, "nodes")? {
            let mut to = Vec::new();
            for dependency in array(node, "deps")? {
                let shipped = array(dependency, "dep_kinds")?
                    .iter()
                    .any(|kind| kind.get("kind").and_then(Value::as_str) != Some("dev"));
                if shipped {
                    to.push(text(dependency, "pkg")?);
                }
            }
            edges.insert(text(node, "id")?, to);
        }
        Ok(Self { members, names, edges })
    }

    fn direct(&self, id: &str) -> impl Iterator<Item = &'a str> {
        self.edges.get(id).into_iter().flatten().filter_map(|id| self.names.get(id)).copied()
    }

    /// For each banned package that can be reached, one shortest way to it, by names.
    fn ways_to_banned(&self, from: &'a str) -> Vec<Vec<&'a str>> {
        let mut ways = Vec::new();
        let mut seen = BTreeSet::from([from]);
        let mut queue = std::collections::VecDeque::from([vec![from]]);
        while let Some(way) = queue.pop_front() {
            let Some(last) = way.last() else { continue };
            for next in self.edges.get(last).into_iter().flatten() {
                if !seen.insert(next) {
                    continue;
                }
                let mut longer = way.clone();
                longer.push(next);
                if self.names.get(next).is_some_and(|name| BANNED.contains(name)) {
                    ways.push(longer.iter().filter_map(|id| self.names.get(id)).copied().collect());
                } else {
                    queue.push_back(longer);
                }
            }
        }
        ways
    }
}

fn array<'a>(value: &'a Value, key: &str) -> Result<&'a Vec<Value>> {
    value.get(key).and_then(Value::as_array).with_context(|| format!("no list `{key}` in the metadata"))
}

fn text<'a>(value: &'a Value, key: &str) -> Result<&'a str> {
    value.get(key).and_then(Value::as_str).with_context(|| format!("no text `{key}` in the metadata"))
}

/// The design's floors, lowest first. A crate uses only floors below its own; the two planes never meet.
const PLATES: &[Plate] = &[
    Plate { name: "wire", pure: true, may_use: &[] },
    Plate { name: "inspect", pure: true, may_use: &[] },
    Plate { name: "ledger", pure: true, may_use: &[] },
    Plate { name: "sandbox", pure: false, may_use: &[] },
    Plate { name: "judge", pure: true, may_use: &["inspect"] },
    Plate { name: "runtime", pure: false, may_use: &["sandbox"] },
    Plate { name: "documents", pure: false, may_use: &["sandbox"] },
    Plate { name: "store", pure: false, may_use: &["ledger"] },
    Plate { name: "verifier", pure: false, may_use: &["ledger"] },
    Plate {
        name: "proxy",
        pure: false,
        may_use: &["wire", "inspect", "ledger", "judge", "runtime", "documents", "store"],
    },
    Plate { name: "admin", pure: false, may_use: &["inspect", "ledger", "judge", "store"] },
    Plate {
        name: "portcullis",
        pure: false,
        may_use: &["wire", "inspect", "ledger", "judge", "runtime", "documents", "store", "verifier", "proxy", "admin"],
    },
    Plate { name: "xtask", pure: false, may_use: &[] },
    Plate { name: "bench", pure: false, may_use: &["ledger", "store"] },
    Plate { name: "eval", pure: false, may_use: &["inspect"] },
];

/// Runtimes, sockets and clients: with one of these a crate can do I/O behind its own back.
const BANNED: &[&str] = &[
    "async-io",
    "async-std",
    "curl",
    "futures-executor",
    "h2",
    "h3",
    "hickory-resolver",
    "hyper",
    "hyper-util",
    "isahc",
    "mio",
    "native-tls",
    "openssl",
    "polling",
    "quinn",
    "reqwest",
    "rustls",
    "smol",
    "socket2",
    "tokio",
    "tokio-rustls",
    "tonic",
    "ureq",
];

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    fn metadata(members: &[&str], edges: &[(&str, &str, Option<&str>)]) -> Value {
        let mut names: Vec<&str> = members.to_vec();
        names.extend(edges.iter().flat_map(|(from, to, _)| [*from, *to]));
        names.sort_unstable();
        names.dedup();
        let nodes: Vec<Value> = names
            .iter()
            .map(|name| {
                let deps: Vec<Value> = edges
                    .iter()
                    .filter(|(from, _, _)| from == name)
                    .map(|(_, to, kind)| json!({"pkg": to, "dep_kinds": [{"kind": kind}]}))
                    .collect();
                json!({"id": name, "deps": deps})
            })
            .collect();
        let packages: Vec<Value> = names.iter().map(|name| json!({"id": name, "name": name})).collect();
        json!({"packages": packages, "workspace_members": members, "resolve": {"nodes": nodes}})
    }

    #[track_caller]
    fn check(members: &[&str], edges: &[(&str, &str, Option<&str>)], expected: &[&str]) {
        let problems = super::problems(&metadata(members, edges)).unwrap();
        assert_eq!(problems.len(), expected.len(), "{problems:?}");
        for (problem, part) in problems.iter().zip(expected) {
            assert!(problem.contains(part), "{problem}");
        }
    }

    #[test]
    fn downward_edges_are_fine() {
        check(&["judge", "inspect"], &[("judge", "inspect", None), ("judge", "serde", None)], &[]);
    }

    #[test]
    fn upward_and_sideways_edges_are_named() {
        check(&["wire", "inspect"], &[("wire", "inspect", None)], &["`wire` must not depend on `inspect`"]);
        check(&["proxy", "admin"], &[("admin", "proxy", None)], &["`admin` must not depend on `proxy`"]);
        check(&["store", "judge"], &[("store", "judge", None)], &["`store` must not depend on `judge`"]);
    }

    #[test]
    fn a_pure_crate_that_reaches_a_runtime_is_named_with_the_way() {
        check(
            &["ledger"],
            &[("ledger", "a", None), ("a", "b", None), ("b", "tokio", None)],
            &["ledger → a → b → tokio"],
        );
        check(&["ledger"], &[("ledger", "cc", Some("build")), ("cc", "ureq", None)], &["ledger → cc → ureq"]);
    }

    #[test]
    fn what_only_tests_need_is_not_counted() {
        check(&["ledger"], &[("ledger", "tokio", Some("dev"))], &[]);
    }

    #[test]
    fn a_crate_without_a_floor_is_named() {
        check(&["utils"], &[], &["`utils` has no floor"]);
    }
}
