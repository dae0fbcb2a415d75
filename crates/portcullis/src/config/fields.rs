//! Every field of every configuration file: what it means, its unit, its default. `docs/configuration.md` is made from
//! these tables, unknown keys are told by them, and a test fails when one of them is never read.

mod routing;

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

pub(super) const DESTINATION: Section = Section {
    file: "destinations/*.toml",
    table: "",
    meaning: "One model at one endpoint in one region. The file's name is the destination's name.",
    fields: &[
        field(
            "kind",
            "`openai`, `anthropic` or `embedded`",
            "required",
            "\"openai\"",
            "The format it speaks. `openai` is what OpenAI, vLLM, llama.cpp, Ollama, TGI, SGLang and OpenRouter speak.",
        ),
        field(
            "hosting",
            "`self_hosted` or `hosted`",
            "required; `self_hosted` for `embedded`",
            "\"self_hosted\"",
            "Who runs it: the organisation, or a vendor.",
        ),
        field(
            "endpoint",
            "URL",
            "required; none for `embedded`",
            "\"http://127.0.0.1:8000/v1\"",
            "Where it is: scheme, host, port and base path, without user, query or fragment.",
        ),
        field(
            "api",
            "`chat` or `responses`",
            "`chat`",
            "\"responses\"",
            "For `openai`: whether it is asked by `/chat/completions` or by `/responses`.",
        ),
        field(
            "model",
            "text",
            "required; none for `embedded`",
            "\"qwen3-8b\"",
            "The model's name at the endpoint. `*` sends the name that the caller used, for aliases that end in `*`.",
        ),
        field(
            "model_file",
            "path",
            "the model that ships",
            "\"/srv/models/qwen3-8b.gguf\"",
            "For `embedded`: a GGUF file of a Llama or Qwen model. Relative to the folder.",
        ),
        field(
            "aliases",
            "list of texts",
            "required",
            "[\"auto\", \"chat\"]",
            "The model names that callers use for it. A name may end in `*`: `gpt-*` is every name that begins with `gpt-`.",
        ),
        field(
            "priority",
            "whole number, 0 to 1000",
            "100",
            "10",
            "Among destinations of one alias the lowest is tried first; then self-hosted before hosted, then by name.",
        ),
        field(
            "weight",
            "whole number, 0 to 1000",
            "1",
            "3",
            "Its share among destinations of the same priority, where an alias goes by weights. 0: only when there is nothing else.",
        ),
        field(
            "region",
            "text",
            "none",
            "\"eu-central-1\"",
            "Where it runs. Refused where the endpoint, or the model's name, says otherwise.",
        ),
        field(
            "deployment",
            "`regional`, `data_zone` or `global`",
            "none",
            "\"regional\"",
            "For Azure: the kind of the deployment, which its address does not tell. `global` ones are processed in any region.",
        ),
        field("jurisdiction", "text", "required when hosted", "\"EU\"", "Whose law reaches what is sent there."),
        field(
            "private_network",
            "`true` or `false`",
            "`false`",
            "true",
            "Whether its host may resolve to private or loopback addresses.",
        ),
        field(
            "credential",
            "reference to a secret",
            "none is sent",
            "\"env:WARD_LLM_KEY\"",
            "`env:NAME` or `file:/path`. Never the secret itself.",
        ),
        field("vendor", "text", "required when hosted", "\"acme\"", "Who runs it: a file in `vendors/`."),
        field(
            "service",
            "text",
            "none",
            "\"messages-api\"",
            "For hosted: the vendor's service, as its agreements name it.",
        ),
        field(
            "pinned",
            "`true` or `false`",
            "whether the model's name carries a date",
            "true",
            "For hosted: whether the name stands for one version of the model that does not change without notice.",
        ),
        field(
            "digest",
            "`sha256:` and 64 hexadecimal digits",
            "none",
            "\"sha256:0000000000000000000000000000000000000000000000000000000000000000\"",
            "For self-hosted: the digest of the model it serves, as promoted in `models/`.",
        ),
        field(
            "allow_unmodelled",
            "`true` or `false`",
            "`false`",
            "true",
            "Whether policies may let fields through to it that the door does not model. They are inspected as text.",
        ),
        field(
            "openai_service",
            "`true` or `false`",
            "whether the host is `api.openai.com`",
            "true",
            "For `openai`: whether it is OpenAI's own service, which names some fields differently than engines do.",
        ),
        field(
            "max_output_tokens_default",
            "whole number, tokens",
            "4096",
            "4096",
            "Tokens to ask for where its format requires a limit and the call gives none.",
        ),
        field(
            "connect_timeout_ms",
            "whole number, milliseconds",
            "5000",
            "5000",
            "To resolve, connect and agree on TLS.",
        ),
        field(
            "first_byte_timeout_ms",
            "whole number, milliseconds",
            "120000",
            "120000",
            "From sending to the first byte of the answer.",
        ),
        field(
            "between_bytes_timeout_ms",
            "whole number, milliseconds",
            "60000",
            "60000",
            "Between two pieces of the answer.",
        ),
        field("total_timeout_ms", "whole number, milliseconds", "900000", "900000", "From sending to the last byte."),
        field("owners", "table", "none: closed in production", "…", "Who answers for it."),
        field("health", "table", "none: no active probes", "…", "Active probes."),
        field("admission", "table", "none: no limit", "…", "How many calls it gets at once."),
    ],
};

pub(super) const OWNERS: Section = Section {
    file: "destinations/*.toml",
    table: "[owners]",
    meaning: "Who answers for the destination. All three, or it is closed in production.",
    fields: &[
        field("patching", "text", "none", "\"ml-platform@hospital.example\"", "Who keeps its software current."),
        field("incident_response", "text", "none", "\"soc@hospital.example\"", "Who answers when it misbehaves."),
        field(
            "offboarding",
            "text",
            "none",
            "\"iam@hospital.example\"",
            "Who withdraws its credentials and takes it out of service.",
        ),
    ],
};

pub(super) const VENDOR: Section = Section {
    file: "vendors/*.toml",
    table: "",
    meaning: "What was found out about a vendor. The file's name is the name that destinations use. Without a current one, its destinations are closed in production.",
    fields: &[
        field("name", "text", "the file's name", "\"Acme AI, Inc.\"", "Its full name."),
        field("reviewed", "date", "required", "2026-06-01", "When somebody last looked."),
        field("valid_until", "date", "required", "2027-06-01", "The last day on which that assessment holds, in UTC."),
        field("reviewer", "text", "required", "\"privacy@hospital.example\"", "Who looked."),
        field("training_use", "`true` or `false`", "required", "false", "Whether it trains on what it is sent."),
        field("retention_days", "whole number, days", "required", "30", "How long it keeps what it is sent."),
        field("baa", "`true` or `false`", "`false`", "true", "Whether a business associate agreement is in force."),
        field(
            "baa_services",
            "list of texts",
            "none",
            "[\"messages-api\"]",
            "The services that the agreement covers, as destinations name theirs under `service`.",
        ),
        field(
            "baa_features",
            "list of texts",
            "none",
            "[\"chat\", \"embed\"]",
            "The features that the agreement covers, by the names of actions: `chat`, `embed`, `count_tokens`, `use_tool`, `store_state`, `send_attachment`, `retrieve`.",
        ),
        field(
            "regions",
            "list of texts",
            "none",
            "[\"us-east-1\", \"eu-west-1\"]",
            "Where it processes. A destination in another region is told.",
        ),
        field("sub_processors", "list of texts", "none", "[\"Example Cloud\"]", "Who else sees the data."),
        field("certifications", "list of texts", "none", "[\"SOC 2 Type II\"]", "What was shown."),
    ],
};

pub(super) const USE_CASE: Section = Section {
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

pub(super) const CLASSES: Section = Section {
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

pub(super) const DETECTOR: Section = Section {
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

pub(super) const COMBINATION: Section = Section {
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

pub(super) const EXCEPTION: Section = Section {
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

pub(super) const MODEL: Section = Section {
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
