//! What policies speak of: the attributes they look at, the values they compare them with, and whom their scopes name.

use std::collections::{BTreeMap, BTreeSet};

use cedar_policy::Policy;
use serde_json::Value;

/// Attributes are paths such as `context.level` or `resource.jurisdiction`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Mentions {
    /// Attributes that a condition looks at.
    pub(crate) attributes: BTreeSet<String>,
    /// Texts that an attribute is compared with.
    pub(crate) texts: BTreeMap<String, BTreeSet<String>>,
    /// Numbers that an attribute is compared with.
    pub(crate) numbers: BTreeMap<String, BTreeSet<i64>>,
    /// Entities by type and id, wherever they are named.
    pub(crate) entities: BTreeSet<(String, String)>,
}

impl Mentions {
    /// What these policies speak of.
    pub(crate) fn of<'a>(policies: impl IntoIterator<Item = &'a Policy>) -> Self {
        let mut mentions = Self::default();
        for policy in policies {
            // A policy that has no JSON form is compiled all the same; it only adds nothing to what is tried.
            if let Ok(json) = policy.to_json() {
                mentions.look_at(&json);
            }
        }
        mentions
    }

    /// Whether a condition looks at this attribute or below it.
    pub(crate) fn looks_at(&self, attribute: &str) -> bool {
        self.attributes
            .iter()
            .any(|one| one.strip_prefix(attribute).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')))
    }

    /// Texts that `attribute` is compared with.
    pub(crate) fn texts_of(&self, attribute: &str) -> impl Iterator<Item = &str> {
        self.texts.get(attribute).into_iter().flatten().map(String::as_str)
    }

    /// Numbers that `attribute` is compared with.
    pub(crate) fn numbers_of(&self, attribute: &str) -> impl Iterator<Item = i64> + '_ {
        self.numbers.get(attribute).into_iter().flatten().copied()
    }

    /// Ids of entities of this type.
    pub(crate) fn ids_of<'a>(&'a self, type_name: &'a str) -> impl Iterator<Item = &'a str> {
        self.entities.iter().filter(move |(of, _)| of == type_name).map(|(_, id)| id.as_str())
    }

    fn look_at(&mut self, json: &Value) {
        match json {
            Value::Object(object) => {
                if let Some((type_name, id)) = entity(json) {
                    self.entities.insert((type_name, id));
                    return;
                }
                if let Some(path) = path(json) {
                    self.attributes.insert(path);
                }
                if let (Some(left), Some(right)) = (object.get("left"), object.get("right")) {
                    self.compared(left, right);
                    self.compared(right, left);
                }
                object.values().for_each(|value| self.look_at(value));
            }
            Value::Array(items) => items.iter().for_each(|item| self.look_at(item)),
            _ => {}
        }
    }

    fn compared(&mut self, attribute: &Value, with: &Value) {
        let Some(path) = path(attribute) else { return };
        let mut values = Vec::new();
        literals(with, &mut values);
        for value in values {
            match value {
                Value::String(text) => {
                    self.texts.entry(path.clone()).or_default().insert(text.clone());
                }
                Value::Number(number) => {
                    self.numbers.entry(path.clone()).or_default().extend(number.as_i64());
                }
                _ => {}
            }
        }
    }
}

/// An entity, in any of the two shapes that Cedar's JSON gives it.
fn entity(json: &Value) -> Option<(String, String)> {
    let inner = json.get("__entity").unwrap_or(json);
    let object = inner.as_object().filter(|object| object.len() == 2)?;
    Some((object.get("type")?.as_str()?.to_owned(), object.get("id")?.as_str()?.to_owned()))
}

/// `context.counts.pii` for the access to it.
fn path(json: &Value) -> Option<String> {
    let access = json.get(".")?;
    let attribute = access.get("attr")?.as_str()?;
    let left = access.get("left")?;
    match left.get("Var").and_then(Value::as_str) {
        Some(variable) => Some(format!("{variable}.{attribute}")),
        None => Some(format!("{}.{attribute}", path(left)?)),
    }
}

/// Literal values that stand in an expression by themselves or in a set.
fn literals<'a>(json: &'a Value, into: &mut Vec<&'a Value>) {
    if let Some(value) = json.get("Value") {
        into.push(value);
    }
    if let Some(Value::Array(items)) = json.get("Set") {
        items.iter().for_each(|item| literals(item, into));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_policy_compares_is_found_wherever_it_stands() {
        let policy: Policy = "permit (principal in Group::\"staff\", action, resource) when {
            context.level >= 2 && ([\"EU\", \"CH\"].contains(resource.jurisdiction) || context.counts.pii > 5)
            && !context.classes.containsAny([\"phi.mrn\"]) && \"test\" == context.environment };"
            .parse()
            .unwrap();
        let mentions = Mentions::of([&policy]);
        assert_eq!(mentions.numbers_of("context.level").collect::<Vec<_>>(), [2]);
        assert_eq!(mentions.numbers_of("context.counts.pii").collect::<Vec<_>>(), [5]);
        assert_eq!(mentions.texts_of("resource.jurisdiction").collect::<Vec<_>>(), ["CH", "EU"]);
        assert_eq!(mentions.texts_of("context.classes").collect::<Vec<_>>(), ["phi.mrn"]);
        assert_eq!(mentions.texts_of("context.environment").collect::<Vec<_>>(), ["test"]);
        assert_eq!(mentions.ids_of("Group").collect::<Vec<_>>(), ["staff"]);
        assert!(mentions.looks_at("context.counts") && !mentions.looks_at("context.count"));
    }
}
