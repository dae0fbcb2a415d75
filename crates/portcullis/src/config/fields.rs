//! Every field of every configuration file: what it means, its unit, its default. `docs/configuration.md` is made from
//! these tables, unknown keys are told by them, and a test fails when one of them is never read.

mod destination;
mod registers;
mod routing;

pub(super) use destination::{DESTINATION, OWNERS, VENDOR};
pub(super) use registers::{CLASSES, COMBINATION, DETECTOR, EXCEPTION, MODEL, USE_CASE};
pub(super) use routing::{ADMISSION, ALIAS, BUDGET, HEALTH, PRICE, PRICES};

/// One field.
#[cfg_attr(not(test), expect(dead_code, reason = "the reference in docs/ is made from it, by a test"))]
#[derive(Debug)]
pub(super) struct Field {
    pub(super) name: &'static str,
    /// What kind of value it takes.
    pub(super) kind: &'static str,
    /// What holds when it is absent; `required` when it may not be.
    pub(super) default: &'static str,
    /// A value as it could be written.
    pub(super) example: &'static str,
    pub(super) meaning: &'static str,
}

/// The fields of one table of one kind of file.
#[cfg_attr(not(test), expect(dead_code, reason = "the reference in docs/ is made from it, by a test"))]
#[derive(Debug)]
pub(super) struct Section {
    /// The file, for example `destinations/*.toml`.
    pub(super) file: &'static str,
    /// The table in it, for example `[owners]`; empty for the top of the file.
    pub(super) table: &'static str,
    pub(super) meaning: &'static str,
    pub(super) fields: &'static [Field],
}

impl Section {
    /// The field of that name.
    pub(super) fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }
}

/// Every section, in the order of the reference.
#[cfg_attr(not(test), expect(dead_code, reason = "the reference in docs/ is made from it, by a test"))]
pub(super) const ALL: [&Section; 22] = [
    &MAIN,
    &TLS,
    &LIMITS,
    &INSPECTION,
    &THRESHOLDS,
    &LEDGER,
    &OBSERVE,
    &ALIAS,
    &BUDGET,
    &DESTINATION,
    &HEALTH,
    &ADMISSION,
    &OWNERS,
    &VENDOR,
    &USE_CASE,
    &CLASSES,
    &DETECTOR,
    &EXCEPTION,
    &COMBINATION,
    &MODEL,
    &PRICES,
    &PRICE,
];

const fn field(
    name: &'static str,
    kind: &'static str,
    default: &'static str,
    example: &'static str,
    meaning: &'static str,
) -> Field {
    Field { name, kind, default, example, meaning }
}

pub(super) const MAIN: Section = Section {
    file: "portcullis.toml",
    table: "",
    meaning: "The whole door. Every field may be absent.",
    fields: &[
        field(
            "mode",
            "`development` or `production`",
            "`development`",
            "\"production\"",
            "`production` closes where `development` warns: destinations without owners, current assessment or promoted model, plain HTTP beyond loopback. Neither loosens where data may go.",
        ),
        field(
            "listen",
            "address and port",
            "`127.0.0.1:8080`",
            "\"127.0.0.1:8080\"",
            "Where callers connect. Beyond loopback only with `[tls]`, or with `trusted_proxy`.",
        ),
        field(
            "admin_listen",
            "address and port",
            "`127.0.0.1:8081`",
            "\"127.0.0.1:8081\"",
            "Where administrators connect. Beyond loopback only with `[admin_tls]` (or `[tls]`), or with `trusted_proxy`.",
        ),
        field(
            "trusted_proxy",
            "`true` or `false`",
            "`false`",
            "true",
            "Says that a proxy that you trust ends TLS in front of both listeners, so that they may be plain beyond loopback.",
        ),
        field("tls", "table", "none: plain HTTP", "…", "TLS of the callers' listener."),
        field("admin_tls", "table", "as `[tls]`", "…", "TLS of the administrators' listener."),
        field("limits", "table", "see there", "…", "Limits of the data plane."),
        field(
            "inspection",
            "table",
            "see there",
            "…",
            "How much is inspected, and from which scores on an injection counts.",
        ),
        field("ledger", "table", "see there", "…", "How the ledger is written."),
        field(
            "policy_signers",
            "table",
            "none: policies need no signature",
            "…",
            "Who may sign policies: name = `\"ed25519:…\"`, as `portcullis policy signer FILE` prints it. With it, policies are loaded only with `policies/bundle.signed` by two of them. It changes at a restart only.",
        ),
        field("observe", "table", "none", "…", "Callers that are observed for a while instead of refused."),
        field("alias", "list of tables", "none", "…", "How the destinations of one alias are ordered."),
        field("budget", "list of tables", "none", "…", "Hard limits of requests, tokens and money."),
    ],
};

pub(super) const TLS: Section = Section {
    file: "portcullis.toml",
    table: "[tls], [admin_tls]",
    meaning: "TLS 1.3 and 1.2. The files are watched, and read again when they change.",
    fields: &[
        field(
            "certificate",
            "path",
            "required",
            "\"tls/server.pem\"",
            "The certificate chain in PEM, the own certificate first. Relative to the folder.",
        ),
        field(
            "key",
            "path",
            "required",
            "\"/run/secrets/server.key\"",
            "The private key in PEM. Relative to the folder; better outside it.",
        ),
        field(
            "client_ca",
            "path",
            "none",
            "\"tls/clients.pem\"",
            "The authorities that client certificates must come from, in PEM. Required when `client_certificates` is not `off`.",
        ),
        field(
            "client_certificates",
            "`off`, `optional` or `required`",
            "`off`",
            "\"required\"",
            "Whether callers must show a certificate.",
        ),
    ],
};

pub(super) const LIMITS: Section = Section {
    file: "portcullis.toml",
    table: "[limits]",
    meaning: "Limits that hold for every call.",
    fields: &[
        field("body_bytes_max", "whole number, bytes", "16777216", "16777216", "Largest request body."),
        field(
            "body_timeout_ms",
            "whole number, milliseconds",
            "60000",
            "60000",
            "Longest time for a caller to send its body.",
        ),
        field(
            "head_timeout_ms",
            "whole number, milliseconds",
            "10000",
            "10000",
            "Longest time for a caller to send its head, and for a TLS handshake.",
        ),
        field("head_bytes_max", "whole number, bytes", "65536", "65536", "Largest head of a request."),
        field(
            "connections_max",
            "whole number",
            "8192",
            "8192",
            "Open connections of callers. Further ones wait in the kernel's queue. Taken at start, not at reload.",
        ),
        field(
            "connection_calls_max",
            "whole number",
            "256",
            "256",
            "Calls of one connection at the same time (HTTP/2 streams). Taken at start, not at reload.",
        ),
        field(
            "calls_max",
            "whole number",
            "4096",
            "4096",
            "Calls in progress. Over it a call is refused with 503. Taken at start, not at reload.",
        ),
        field(
            "segments_max",
            "whole number",
            "16384",
            "16384",
            "Segments of one call that are inspected. Over it the call is refused.",
        ),
        field(
            "documents_max",
            "whole number",
            "16",
            "16",
            "Documents of one call whose text is read. Further ones stay opaque.",
        ),
        field(
            "documents_bytes_max",
            "whole number, bytes",
            "16777216",
            "16777216",
            "Largest document that is read. Taken at start, like all further limits of documents.",
        ),
        field(
            "documents_text_bytes_max",
            "whole number, bytes",
            "8388608",
            "8388608",
            "How much text is taken out of one document. A document with more stays opaque in addition.",
        ),
        field(
            "documents_time_ms",
            "whole number, milliseconds",
            "10000",
            "10000",
            "Longest time for one document; then its process is killed and it stays opaque.",
        ),
        field(
            "documents_wait_ms",
            "whole number, milliseconds",
            "5000",
            "5000",
            "Longest time that a document waits for a process; then it stays opaque.",
        ),
        field(
            "documents_memory_bytes",
            "whole number, bytes",
            "1073741824",
            "1073741824",
            "Address space of a process that reads a document.",
        ),
        field(
            "documents_children",
            "whole number",
            "2",
            "2",
            "Processes that read documents at the same time. With 0 all documents stay opaque.",
        ),
        field(
            "answer_bytes_max",
            "whole number, bytes",
            "67108864",
            "67108864",
            "Largest whole answer of a destination.",
        ),
        field(
            "stream_bytes_max",
            "whole number, bytes",
            "268435456",
            "268435456",
            "Largest streamed answer of a destination.",
        ),
        field("attempts_max", "whole number", "4", "4", "Attempts for one call, the first one included."),
        field(
            "keepalive_after_ms",
            "whole number, milliseconds",
            "15000",
            "15000",
            "Idle time in a stream after which the caller gets a keepalive.",
        ),
        field(
            "breaker_failures",
            "whole number",
            "5",
            "5",
            "Failures in a row after which a destination is left alone for a while.",
        ),
        field("breaker_open_ms", "whole number, milliseconds", "10000", "10000", "How long it is left alone."),
        field(
            "drain_ms",
            "whole number, milliseconds",
            "30000",
            "30000",
            "How long open calls get to finish when the door stops.",
        ),
    ],
};

pub(super) const INSPECTION: Section = Section {
    file: "portcullis.toml",
    table: "[inspection]",
    meaning: "How much is read of each piece of content. What is over a limit is found as `opaque.text`, never ignored.",
    fields: &[
        field("piece_bytes_max", "whole number, bytes", "4194304", "4194304", "The longest text that is read."),
        field("decode_depth_max", "whole number", "3", "2", "How many layers of encoding are undone."),
        field(
            "decode_bytes_max",
            "whole number, bytes",
            "1048576",
            "1048576",
            "How many bytes decoding may produce for one piece.",
        ),
        field(
            "findings_max",
            "whole number",
            "1000",
            "1000",
            "How many findings of one call are reported. The level counts the others too.",
        ),
        field(
            "answer_hosts",
            "list of texts",
            "none",
            "[\"example.com\"]",
            "Hosts that answers may link to, with whatever lies below them. A link to any other is `attack.link_host`. Without the list every host may stand.",
        ),
        field("thresholds", "table", "see there", "…", "From which score on an injection counts."),
    ],
};

pub(super) const THRESHOLDS: Section = Section {
    file: "portcullis.toml",
    table: "[inspection.thresholds]",
    meaning: "From which score on an injection counts, by where the text stands.",
    fields: &[
        field(
            "system",
            "number",
            "1.1",
            "1.1",
            "From this score on, 0 to 1, a piece counts as `attack.injection`. Above 1: never. For instructions of the application.",
        ),
        field(
            "user",
            "number",
            "0.7",
            "0.7",
            "From this score on, 0 to 1, a piece counts as `attack.injection`. Above 1: never. For what the user wrote.",
        ),
        field(
            "assistant",
            "number",
            "0.9",
            "0.9",
            "From this score on, 0 to 1, a piece counts as `attack.injection`. Above 1: never. For what a model said.",
        ),
        field(
            "retrieved",
            "number",
            "0.5",
            "0.5",
            "From this score on, 0 to 1, a piece counts as `attack.injection`. Above 1: never. For tool results, documents and attachments.",
        ),
        field(
            "parameter",
            "number",
            "0.6",
            "0.6",
            "From this score on, 0 to 1, a piece counts as `attack.injection`. Above 1: never. For names, schemas and other parameters.",
        ),
    ],
};

pub(super) const LEDGER: Section = Section {
    file: "portcullis.toml",
    table: "[ledger]",
    meaning: "How the ledger is written. Taken at start, not at reload.",
    fields: &[
        field(
            "sync",
            "`true` or `false`",
            "`true`",
            "true",
            "Whether a record is forced to the disk before it counts. `false` loses acknowledged records at a power cut, and production refuses it.",
        ),
        field(
            "segment_bytes_max",
            "whole number, bytes",
            "268435456",
            "268435456",
            "A new segment file is begun when this would be passed.",
        ),
        field(
            "queue_max",
            "whole number",
            "16384",
            "16384",
            "Records that may wait to be written. Further calls are refused.",
        ),
        field(
            "checkpoint_ms",
            "whole number, milliseconds",
            "5000",
            "5000",
            "Longest time that written records stay without a signed checkpoint.",
        ),
        field(
            "environment",
            "text",
            "`live`",
            "\"live\"",
            "The word after `pck_` in keys: 1 to 8 lower-case letters and digits that say which installation they belong to.",
        ),
    ],
};

pub(super) const OBSERVE: Section = Section {
    file: "portcullis.toml",
    table: "[observe]",
    meaning: "A first week of looking: what policy would refuse these callers is inspected, recorded as observed and let through. What cannot be evaluated, what production closes and what the door does not understand is refused all the same.",
    fields: &[
        field("callers", "list of texts", "required", "[\"billing\"]", "The names of their keys."),
        field("until", "date", "required", "2026-12-01", "The last day of it, in UTC."),
        field(
            "level_max",
            "`public`, `internal` or `confidential`",
            "required",
            "\"internal\"",
            "The highest level that is let through.",
        ),
    ],
};
