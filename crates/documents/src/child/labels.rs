//! Sensitivity labels in custom properties: `MSIP_Label_<id>_<field>`, as Microsoft documents them
//! ("Sensitivity label metadata", Microsoft Information Protection SDK).

use std::collections::BTreeMap;

use super::collector::Collector;
use crate::extracted::Label;

/// Fields of labels by the label's id.
#[derive(Default)]
pub(crate) struct Labels(BTreeMap<String, BTreeMap<String, String>>);

impl Labels {
    /// Takes a property, when it is one of a label.
    pub(crate) fn take(&mut self, name: &str, value: &str) {
        let Some((id, field)) = name.trim().strip_prefix("MSIP_Label_").and_then(|rest| rest.split_once('_')) else {
            return;
        };
        if self.0.len() < LABELS_MAX || self.0.contains_key(id) {
            self.0.entry(id.to_owned()).or_default().insert(field.to_owned(), value.trim().to_owned());
        }
    }

    /// The header of a mail: `MSIP_Label_x_Enabled=true; MSIP_Label_x_Name=Secret`.
    pub(crate) fn take_header(&mut self, value: &str) {
        for pair in value.split(';') {
            if let Some((name, value)) = pair.split_once('=') {
                self.take(name, value);
            }
        }
    }

    /// Writes each label the way a banner is written, so that the detector of markings reads it.
    pub(crate) fn finish(self, out: &mut Collector) {
        for (id, fields) in self.0 {
            let field = |name: &str| fields.get(name).map(String::as_str).unwrap_or_default();
            if field("Enabled").eq_ignore_ascii_case("false") {
                continue;
            }
            let name = field("Name");
            let banner = name.replace(['_', '-'], " ").to_uppercase();
            out.hidden("sensitivity label", format!("{banner}\nsensitivity label: {name} ({id})\n"));
            out.label(Label { id, name: name.to_owned() });
        }
    }
}

const LABELS_MAX: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(properties: &[(&str, &str)], expected: &[(&str, &str)]) {
        let (mut labels, mut out) = (Labels::default(), Collector::new(1 << 20));
        properties.iter().for_each(|(name, value)| labels.take(name, value));
        labels.finish(&mut out);
        let said = out.finish();
        let found: Vec<_> = said.labels.iter().map(|label| (label.id.as_str(), label.name.as_str())).collect();
        assert_eq!(found, expected);
        assert!(said.parts.iter().zip(expected).all(|(part, (_, name))| part.text.starts_with(&name.to_uppercase())));
    }

    #[test]
    fn labels_are_told_by_id_and_name() {
        check(
            &[("MSIP_Label_9a-1_Enabled", "true"), ("MSIP_Label_9a-1_Name", "Confidential"), ("Author", "x")],
            &[("9a-1", "Confidential")],
        );
        check(&[("MSIP_Label_9a-1_Enabled", "false"), ("MSIP_Label_9a-1_Name", "Confidential")], &[]);
    }
}
