//! Fields of what decides where among the permitted a call goes: aliases, health, prices, budgets.

use super::{Section, field};

pub(in crate::config) const ALIAS: Section = Section {
    file: "portcullis.toml",
    table: "[[alias]]",
    meaning: "How the destinations of one alias are ordered, where it is not by priority alone. See `docs/routing.md`.",
    fields: &[
        field("name", "text", "required", "\"chat\"", "The alias, as destinations write it: `gpt-*` with its star."),
        field(
            "strategy",
            "`ordered`, `weighted`, `least_tokens`, `lowest_latency`, `lowest_cost` or `sticky`",
            "`ordered`",
            "\"weighted\"",
            "What orders destinations of the same `priority`. A higher priority number is for when the lower ones cannot, whatever the strategy.",
        ),
    ],
};

pub(in crate::config) const BUDGET: Section = Section {
    file: "portcullis.toml",
    table: "[[budget]]",
    meaning: "A hard limit. What a call can use at most is reserved before it is sent and settled after, so that calls at the same time cannot overspend. See `docs/routing.md`.",
    fields: &[
        field("name", "text", "required", "\"research\"", "What refusals, metrics and reports call it."),
        field(
            "of",
            "`caller`, `tenant`, `use_case`, `destination`, `vendor` or `everybody`",
            "required",
            "\"tenant\"",
            "Whose use is counted.",
        ),
        field(
            "who",
            "text",
            "each one has a limit of its own",
            "\"research\"",
            "The one caller (by key id), tenant, use case, destination or vendor that it is for.",
        ),
        field(
            "per",
            "`minute`, `hour`, `day` or `month`",
            "required",
            "\"month\"",
            "When it starts anew, in UTC: on the minute, the hour, at midnight, on the first.",
        ),
        field("requests", "whole number", "no limit", "1000", "The most attempts."),
        field("tokens", "whole number, tokens", "no limit", "2000000", "The most tokens read and generated, together."),
        field(
            "money",
            "text, a decimal number",
            "no limit",
            "\"250.00\"",
            "The most money, in the currency of `prices/`. Destinations that have no price are then closed to whom it limits.",
        ),
    ],
};

pub(in crate::config) const HEALTH: Section = Section {
    file: "destinations/*.toml",
    table: "[health]",
    meaning: "Active probes: a call of fixed content by the caller `portcullis`, decided (action `probe`), recorded and sent like every call. Two that fail in a row take the destination out, one that succeeds brings it back.",
    fields: &[
        field(
            "probe",
            "`chat`, `embed` or `off`",
            "`off`",
            "\"chat\"",
            "What is asked: one token of an answer to the word `ping`, or its vector. A hosted destination charges for it, and the built-in policies permit it for self-hosted ones alone.",
        ),
        field("every_ms", "whole number, milliseconds", "10000", "10000", "From one probe to the next."),
    ],
};

pub(in crate::config) const ADMISSION: Section = Section {
    file: "destinations/*.toml",
    table: "[admission]",
    meaning: "Protects an engine from more calls than it can serve. The limit of calls at once adapts to measured latency, those that wait share by tenant, and what cannot be served is told so with 429 and `retry-after`. See `docs/routing.md`.",
    fields: &[
        field("calls_max", "whole number", "64", "64", "The most calls at once, however well they go."),
        field(
            "tokens_max",
            "whole number, tokens",
            "no limit",
            "200000",
            "The most tokens of calls at once, estimated: what the engine's cache holds.",
        ),
        field("queue_max", "whole number", "64", "64", "Calls of one tenant that may wait for a place."),
        field(
            "wait_ms",
            "whole number, milliseconds",
            "2000",
            "2000",
            "How long a call may wait. After that the next permitted destination is asked, or the call is told to come back.",
        ),
    ],
};

pub(in crate::config) const PRICES: Section = Section {
    file: "prices/*.toml",
    table: "",
    meaning: "What tokens cost, from one source as of one day. Self-hosted destinations that are not listed cost nothing.",
    fields: &[
        field(
            "source",
            "text",
            "required",
            "\"https://vendor.example/pricing\"",
            "Where the prices stand, for whoever checks them.",
        ),
        field("date", "date", "required", "2026-11-01", "The day on which somebody read them there."),
        field("price", "list of tables", "none", "…", "One model's prices."),
    ],
};

pub(in crate::config) const PRICE: Section = Section {
    file: "prices/*.toml",
    table: "[[price]]",
    meaning: "One model's prices.",
    fields: &[
        field("model", "text", "required", "\"big-model\"", "The model, as destinations name it in `model`."),
        field("vendor", "text", "any", "\"acme\"", "The vendor, where several sell a model of that name."),
        field("input", "text, a decimal number", "required", "\"2.50\"", "The price of a million tokens read."),
        field("output", "text, a decimal number", "required", "\"10.00\"", "The price of a million tokens generated."),
    ],
};
