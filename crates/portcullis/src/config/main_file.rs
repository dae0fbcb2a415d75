//! `portcullis.toml`: mode, listeners, limits, inspection and ledger.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use judge::Mode;
use proxy::limits::Limits;
use store::budgets::Budget;

use super::budgets;
use super::bundle::{self, Signers};
use super::document::{Document, Table};
use super::fields;
use super::listener::{self, Listener};
use super::problem::{File, Problems};
use super::routing::{self, Strategies};
use super::use_case;

/// What the main file says.
pub(super) struct Main {
    pub(super) mode: Mode,
    pub(super) listen: Listener,
    pub(super) admin_listen: Listener,
    pub(super) limits: Limits,
    pub(super) drain: Duration,
    pub(super) inspection: inspect::Settings,
    pub(super) ledger: store::Options,
    pub(super) strategies: Strategies,
    pub(super) budgets: Vec<Budget>,
    pub(super) observed: BTreeMap<String, judge::Observe>,
    pub(super) policy_signers: Signers,
}

impl Default for Main {
    fn default() -> Self {
        Self {
            mode: Mode::Development,
            listen: Listener::loopback(listener::PORT),
            admin_listen: Listener::loopback(listener::ADMIN_PORT),
            limits: Limits::default(),
            drain: DRAIN,
            inspection: inspect::Settings::default(),
            ledger: store::Options::default(),
            strategies: Strategies::new(),
            budgets: Vec::new(),
            observed: BTreeMap::new(),
            policy_signers: BTreeMap::new(),
        }
    }
}

/// Reads the main file. `as_mode` overrides what it says of the mode.
pub(super) fn read(
    file: &File,
    dir: &Path,
    as_mode: Option<Mode>,
    problems: &Problems,
    files: &mut Vec<PathBuf>,
) -> Main {
    let document = Document::parse(file, problems);
    let main = document.root(&fields::MAIN, problems);
    let modes = [("development", Mode::Development), ("production", Mode::Production)];
    let said = main.choice("mode", &modes).map(|at| at.value).unwrap_or_default();
    let mode = as_mode.unwrap_or(said);
    let (listen, admin_listen) = listener::read(&main, dir, files);
    let limits = main.table("limits", &fields::LIMITS);
    let inspection = main.table("inspection", &fields::INSPECTION);
    let ledger = main.table("ledger", &fields::LEDGER);
    let observe = main.table("observe", &fields::OBSERVE);
    Main {
        mode,
        listen,
        admin_listen,
        drain: limits.as_ref().map_or(DRAIN, |table| ms(table, "drain_ms", DRAIN, 0)),
        limits: limits.map(|table| read_limits(&table)).unwrap_or_default(),
        inspection: inspection.map(|table| read_inspection(&table)).unwrap_or_default(),
        ledger: ledger.map(|table| read_ledger(&table, mode)).unwrap_or_default(),
        strategies: routing::strategies(&main),
        budgets: budgets::read(&main),
        policy_signers: read_signers(&main),
        observed: observe.map(|table| read_observe(&table)).unwrap_or_default(),
    }
}

/// Every field of [`Limits`] is named here, so that a new one cannot be forgotten.
fn read_limits(table: &Table<'_>) -> Limits {
    let default = Limits::default();
    Limits {
        body_bytes_max: size(table, "body_bytes_max", default.body_bytes_max, 1024, GIB),
        body_timeout: ms(table, "body_timeout_ms", default.body_timeout, 1),
        head_timeout: ms(table, "head_timeout_ms", default.head_timeout, 1),
        head_bytes_max: size(table, "head_bytes_max", default.head_bytes_max, 1024, MIB),
        connections_max: size(table, "connections_max", default.connections_max, 1, MIB),
        connection_calls_max: small(table, "connection_calls_max", default.connection_calls_max, 65_535),
        calls_max: size(table, "calls_max", default.calls_max, 1, MIB),
        segments_max: size(table, "segments_max", default.segments_max, 1, MIB),
        documents_max: size(table, "documents_max", default.documents_max, 0, 1024),
        documents: read_documents(table),
        answer_bytes_max: size(table, "answer_bytes_max", default.answer_bytes_max, 1024, GIB),
        stream_bytes_max: table.whole("stream_bytes_max", default.stream_bytes_max, 1024..=GIB * 64),
        attempts_max: small(table, "attempts_max", default.attempts_max, 100),
        keepalive_after: ms(table, "keepalive_after_ms", default.keepalive_after, 100),
        breaker_failures: small(table, "breaker_failures", default.breaker_failures, 1000),
        breaker_open: ms(table, "breaker_open_ms", default.breaker_open, 1),
    }
}

/// Limits of each document.
fn read_documents(table: &Table<'_>) -> documents::Limits {
    let default = documents::Limits::default();
    documents::Limits {
        bytes_max: size(table, "documents_bytes_max", default.bytes_max, 1024, GIB),
        text_bytes_max: size(table, "documents_text_bytes_max", default.text_bytes_max, 1024, GIB),
        time_ms: table.whole("documents_time_ms", default.time_ms, 10..=HOUR_MS),
        wait_ms: table.whole("documents_wait_ms", default.wait_ms, 1..=HOUR_MS),
        memory_bytes: table.whole("documents_memory_bytes", default.memory_bytes, 256 * MIB..=GIB * 64),
        children: size(table, "documents_children", default.children, 0, 64),
    }
}

fn read_inspection(table: &Table<'_>) -> inspect::Settings {
    let mut settings = inspect::Settings::default();
    let limits = settings.limits.clone();
    settings.limits = inspect::Limits {
        piece_bytes_max: size(table, "piece_bytes_max", limits.piece_bytes_max, 1024, GIB),
        decode_depth_max: u8::try_from(table.whole("decode_depth_max", u64::from(limits.decode_depth_max), 0..=8))
            .unwrap_or(limits.decode_depth_max),
        decode_bytes_max: size(table, "decode_bytes_max", limits.decode_bytes_max, 1024, GIB),
        findings_max: size(table, "findings_max", limits.findings_max, 1, MIB),
    };
    settings.answer_hosts = table.texts("answer_hosts").into_iter().map(|host| host.value).collect();
    if let Some(table) = table.table("thresholds", &fields::THRESHOLDS) {
        let default = settings.thresholds.clone();
        settings.thresholds = inspect::Thresholds {
            system: table.score("system", default.system),
            user: table.score("user", default.user),
            assistant: table.score("assistant", default.assistant),
            retrieved: table.score("retrieved", default.retrieved),
            parameter: table.score("parameter", default.parameter),
        };
    }
    settings
}

fn read_ledger(table: &Table<'_>, mode: Mode) -> store::Options {
    let default = store::Options::default();
    let sync = table.flag("sync", default.sync);
    if !sync {
        let message = "`sync = false` loses acknowledged records at a power cut, and then no proof over them holds";
        match mode {
            Mode::Production => table.error(table.place("sync"), message, "remove it"),
            Mode::Development => table.warn(table.place("sync"), message, "remove it; production refuses this"),
        }
    }
    let environment = table.text("environment").map_or(default.environment, |text| {
        let fits = (1..=8).contains(&text.value.len())
            && text.value.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        if !fits {
            table.error(
                text.at,
                "`environment` is not 1 to 8 lower-case letters and digits",
                "write for example `live`",
            );
        }
        text.value
    });
    store::Options {
        sync,
        segment_bytes_max: table.whole("segment_bytes_max", default.segment_bytes_max, MIB..=GIB * 64),
        queue_max: size(table, "queue_max", default.queue_max, 1, MIB),
        checkpoint_ms: table.whole("checkpoint_ms", default.checkpoint_ms, 10..=3_600_000),
        environment,
    }
}

/// Who may sign policies. One person under two names, or fewer than must sign, would be no protection.
fn read_signers(main: &Table<'_>) -> Signers {
    let mut signers = Signers::new();
    for (name, key) in main.pairs("policy_signers") {
        let Some(public) = bundle::public_key(&key.value) else {
            let help = "write what `portcullis policy signer FILE` prints";
            main.error(key.at, format!("the key of `{}` is not a public key", name.value), help);
            continue;
        };
        if signers.values().any(|known| *known == public) {
            main.error(key.at, format!("`{}` has the key of somebody else", name.value), "give each person a key");
            continue;
        }
        signers.insert(name.value, public);
    }
    if main.has("policy_signers") && signers.len() < bundle::SIGNATURES_MIN {
        let message = format!("fewer than {} people may sign, so nothing could be loaded", bundle::SIGNATURES_MIN);
        main.error(main.place("policy_signers"), message, "name more people");
    }
    signers
}

/// Callers that are observed. Without an end, or for the highest level, there is no observing.
fn read_observe(table: &Table<'_>) -> BTreeMap<String, judge::Observe> {
    for required in ["callers", "until", "level_max"] {
        if !table.has(required) {
            table.missing(required);
        }
    }
    let level = use_case::level(table, "level_max");
    if level == Some(inspect::Level::Restricted) {
        let help = "observe up to `confidential` at most";
        table.error(table.place("level_max"), "what is restricted is never let through to be observed", help);
    }
    let callers = table.texts("callers");
    let (Some(until), Some(level_max)) = (table.end_of_day("until"), level) else { return BTreeMap::new() };
    table.warn(
        table.place("callers"),
        format!(
            "{} observed: what policy refuses them is let through up to `{level_max}` and recorded as observed",
            if callers.len() == 1 { "one caller is".to_owned() } else { format!("{} callers are", callers.len()) }
        ),
        "remove [observe] to enforce",
    );
    let observe = judge::Observe { until_unix: until.value, level_max };
    callers.into_iter().map(|caller| (caller.value, observe)).collect()
}

fn ms(table: &Table<'_>, name: &str, default: Duration, least: u64) -> Duration {
    let default = u64::try_from(default.as_millis()).unwrap_or(u64::MAX);
    Duration::from_millis(table.whole(name, default, least..=DAY_MS))
}

fn size(table: &Table<'_>, name: &str, default: usize, least: u64, most: u64) -> usize {
    usize::try_from(table.whole(name, default as u64, least..=most)).unwrap_or(default)
}

fn small(table: &Table<'_>, name: &str, default: u32, most: u64) -> u32 {
    u32::try_from(table.whole(name, u64::from(default), 1..=most)).unwrap_or(default)
}

/// How long open calls get to finish when the door stops.
const DRAIN: Duration = Duration::from_secs(30);
const HOUR_MS: u64 = 60 * 60 * 1000;
const DAY_MS: u64 = 24 * 60 * 60 * 1000;
const MIB: u64 = 1024 * 1024;
const GIB: u64 = 1024 * MIB;
