//! Fields of what the organisation says of itself: use cases, classes and detectors, models.

use super::{Section, field};

pub(in crate::config) const USE_CASE: Section = Section {
    file: "use_cases/*.toml",
    table: "",
    meaning: "A registered use case. The file's name is the name that keys are made under.",
    fields: &[
        field("purpose", "text", "required", "\"Draft discharge letters for a doctor to correct.\"", "What it is for."),
        field("owner", "text", "required", "\"oncology@hospital.example\"", "Who answers for it."),
        field(
            "floor",
            "level",
            "`internal`",
            "\"confidential\"",
            "The level that its calls never fall below: `public`, `internal`, `confidential` or `restricted`.",
        ),
        field("criticality", "`low`, `medium`, `high` or `critical`", "`medium`", "\"high\"", "What depends on it."),
        field("tier", "text", "none", "\"high-risk\"", "Its risk class, in the organisation's own words."),
        field(
            "environment",
            "`production`, `test` or `experiment`",
            "`production`",
            "\"experiment\"",
            "Whether its data are real: policies may permit more to what is not.",
        ),
        field(
            "residency",
            "list of texts",
            "none: policies take the strictest",
            "[\"EU\", \"CH\"]",
            "The jurisdictions that its personal data may be in, as destinations name theirs.",
        ),
        field(
            "expected_classes",
            "list of texts",
            "none",
            "[\"phi\", \"pii.name\"]",
            "Classes that are no surprise in its calls.",
        ),
    ],
};

pub(in crate::config) const CLASSES: Section = Section {
    file: "classes/*.toml",
    table: "",
    meaning: "The organisation's own detectors and levels.",
    fields: &[
        field(
            "levels",
            "table",
            "see docs/inspection.md",
            "…",
            "Which level a class has, by class or prefix: `\"pii.ip\" = \"internal\"`. The longest that fits decides.",
        ),
        field("detectors", "list of tables", "none", "…", "The organisation's own detectors."),
        field("exceptions", "list of tables", "none", "…", "False positives that somebody answers for."),
        field("combinations", "list of tables", "none", "…", "Levels of classes that stand together, or often."),
    ],
};

pub(in crate::config) const DETECTOR: Section = Section {
    file: "classes/*.toml",
    table: "[[detectors]]",
    meaning: "One detector of the organisation's own.",
    fields: &[
        field("name", "text", "required", "\"projects\"", "What messages call it."),
        field("class", "text", "required", "\"acme.project\"", "The class that it finds: `group.kind` in lower case."),
        field(
            "pattern",
            "text",
            "one of `pattern` and `words`",
            "\"PRJ-[0-9]{6}\"",
            "A regular expression that matches at most 256 bytes.",
        ),
        field(
            "words",
            "list of texts",
            "one of `pattern` and `words`",
            "[\"bluebird\", \"project otter\"]",
            "Words and phrases of 3 to 256 bytes, found whole and whatever their case.",
        ),
        field("level", "level", "by `[levels]`; else `restricted`", "\"confidential\"", "The level of the class."),
        field(
            "examples",
            "list of texts",
            "none",
            "[\"see PRJ-123456\"]",
            "Texts in which the detector must find something. `portcullis check` tries each, and one that fails refuses the configuration.",
        ),
        field(
            "counterexamples",
            "list of texts",
            "none",
            "[\"PRJ-12\"]",
            "Texts in which the detector must find nothing, tried likewise.",
        ),
    ],
};

pub(in crate::config) const COMBINATION: Section = Section {
    file: "classes/*.toml",
    table: "[[combinations]]",
    meaning: "A level from classes that stand together, or from how often they do: a name is little, a list of names is a register.",
    fields: &[
        field(
            "all",
            "list of texts",
            "required",
            "[\"pii.person\", \"pii.address\"]",
            "Classes or prefixes of classes, each of which must be found.",
        ),
        field("count", "whole number", "1", "10", "How often each of them must be found at least."),
        field("level", "level", "required", "\"confidential\"", "The level that the whole then has at least."),
    ],
};

pub(in crate::config) const EXCEPTION: Section = Section {
    file: "classes/*.toml",
    table: "[[exceptions]]",
    meaning: "A false positive that somebody answers for: a value, or a pattern of values, that is no finding of a class.",
    fields: &[
        field("name", "text", "required", "\"test card\"", "What records and messages call it."),
        field("class", "text", "required", "\"pci.card\"", "The class, or prefix of classes, that the value is not."),
        field(
            "value",
            "text",
            "one of `value` and `pattern`",
            "\"hmac-sha256:…:…\"",
            "A salted digest of the value, which `portcullis inspect --exception CLASS < value` makes. The value itself is not written down.",
        ),
        field(
            "pattern",
            "text",
            "one of `value` and `pattern`",
            "\"[a-z]{1,20}@example\\\\.com\"",
            "A regular expression of at most 256 bytes that must match the whole of what was found.",
        ),
        field("owner", "text", "required", "\"privacy@hospital.example\"", "Who answers for it."),
        field("reason", "text", "required", "\"published by the card scheme for tests\"", "Why it is no finding."),
        field(
            "expires",
            "date",
            "required",
            "2027-06-30",
            "The last day on which it holds. The door reloads by itself when it is over.",
        ),
    ],
};

pub(in crate::config) const MODEL: Section = Section {
    file: "models/*.toml",
    table: "",
    meaning: "A model that was verified and approved. Destinations name it by its digest. Without one, self-hosted destinations are closed in production.",
    fields: &[
        field(
            "digest",
            "`sha256:` and 64 hexadecimal digits",
            "required",
            "\"sha256:0000000000000000000000000000000000000000000000000000000000000000\"",
            "The digest of the model's files.",
        ),
        field("approved_by", "text", "required", "\"ml-platform@hospital.example\"", "Who approved it."),
        field("approved_on", "date", "required", "2026-06-01", "When."),
        field("name", "text", "the file's name", "\"Qwen3 8B\"", "What people call it."),
    ],
};
