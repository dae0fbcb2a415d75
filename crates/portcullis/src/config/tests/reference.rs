//! `docs/configuration.md` is made from the tables of fields; this makes it, and tells when it is out of date.

use super::super::fields;

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/configuration.md");

/// The reference as it should read.
fn reference() -> String {
    let mut text = INTRODUCTION.to_owned();
    let mut file = "";
    for section in fields::ALL {
        if section.file != file {
            file = section.file;
            text.push_str(&format!("\n## `{file}`\n"));
        }
        if !section.table.is_empty() {
            let tables: Vec<String> = section.table.split(", ").map(|table| format!("`{table}`")).collect();
            text.push_str(&format!("\n### {}\n", tables.join(", ")));
        }
        text.push_str(&format!("\n{}\n\n| field | value | default | meaning |\n|---|---|---|---|\n", section.meaning));
        for field in section.fields {
            let example = match field.kind {
                "table" | "list of tables" => String::new(),
                _ => format!(" Example: `{}`.", field.example),
            };
            let row =
                format!("| `{}` | {} | {} | {}{example} |\n", field.name, field.kind, field.default, field.meaning);
            text.push_str(&row);
        }
    }
    text
}

#[test]
fn the_reference_is_up_to_date() {
    let wanted = reference();
    if std::env::var_os("PORTCULLIS_UPDATE_DOCS").is_some() {
        std::fs::write(PATH, &wanted).unwrap();
    }
    let found = std::fs::read_to_string(PATH).unwrap_or_default();
    assert!(found == wanted, "docs/configuration.md is out of date; run this test with PORTCULLIS_UPDATE_DOCS=1");
}

const INTRODUCTION: &str = "# Configuration

Every field of every file, with its unit and default. This page is made from `crates/portcullis/src/config/fields.rs` by the
test `the_reference_is_up_to_date`; change it there.

Configuration is a folder that belongs in git. `portcullis init DIR` writes a commented one, `portcullis check` explains every
problem at once with file, line and what to do, and `portcullis serve` reads it. A change is picked up as a whole or not at
all. Without a folder the door runs on loopback with the embedded model under the alias `auto`; `OPENAI_API_KEY` and
`ANTHROPIC_API_KEY` in the environment then make hosted destinations, for callers that a person declared `public`.

    portcullis.toml        mode, listeners, limits, inspection, ledger
    destinations/*.toml    one model at one endpoint a file; the file's name is its name
    policies/*.cedar       policies; without any, the built-in ones hold
    policies_candidate/    policies that decide beside those in force and change nothing; differences are recorded
    classes/*.toml         the organisation's own detectors and levels
    vendors/*.toml         what was found out about whoever runs hosted models
    use_cases/*.toml       what calls are for
    models/*.toml          self-hosted models that were verified and approved
    prices/*.toml          what tokens cost, with source and date

Unknown keys are refused, and so are files and folders whose names are nearly right. Hidden files, `*.md` and `*.example` are
left alone. `templates/`, `sinks/`, `alerts/` and `retention/` are not built yet and refused until they are.

**Secrets** are references: `env:NAME` or `file:/path` (relative to the folder). A literal secret is refused and never shown.
`vault:` and `federated` are recognised and not built yet.

**Modes.** `development` warns where `production` closes. Loaded and closed, with a warning: a destination whose three owners
are not named, a hosted one whose vendor has no current assessment, a self-hosted one whose model is not promoted. Refused in
production: plain HTTP beyond loopback, a ledger that does not sync. In both modes: a listener beyond loopback without TLS,
unless `trusted_proxy` says that a proxy in front ends it; a private address without `private_network`; a vendor's public
service that calls itself self-hosted.

**Aliases** are the model names that callers use. Destinations that share one are tried in the order of their `priority`, or by the
strategy of an `[[alias]]` (`docs/routing.md`). An alias that ends in `*` stands for every name that begins so; exact names come first, then the longest beginning.
";
