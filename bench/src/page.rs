//! The tables: what was measured, each number beside its ratio to nginx in the same run. No number is judged.

use std::fmt::Write;
use std::time::Duration;

use crate::calls::Calls;
use crate::contestant::Kind;
use crate::machine::SyncTimes;
use crate::options::Options;
use crate::steps::Step;
use crate::streams::{STREAM_TIME_MIN, Streams};

/// A load and what it cost.
pub(crate) struct Row<L> {
    pub(crate) load: L,
    pub(crate) cpu: Option<Duration>,
    pub(crate) memory: Option<u64>,
    pub(crate) steps: Vec<Step>,
}

impl Row<Calls> {
    fn cpu_per_call(&self) -> Option<f64> {
        self.cpu.map(|cpu| cpu.as_secs_f64() * 1e6 / self.load.count.max(1) as f64)
    }

    /// One line for the terminal.
    pub(crate) fn shown(&self) -> String {
        let Calls { per_second, p50, p99, failed, .. } = &self.load;
        let cpu = self.cpu_per_call().map_or(String::new(), |cpu| format!(", {cpu:.1} µs CPU a call"));
        format!("{per_second:.0} calls/s, p50 {}, p99 {}, {failed} failed{cpu}", time(*p50), time(*p99))
    }
}

impl Row<Streams> {
    fn cpu_per_chunk(&self) -> Option<f64> {
        self.cpu.map(|cpu| cpu.as_secs_f64() * 1e6 / self.load.chunks.max(1) as f64)
    }

    /// One line for the terminal.
    pub(crate) fn shown(&self) -> String {
        let Streams { count, failed, first_p50, first_p99, .. } = &self.load;
        let cpu = self.cpu_per_chunk().map_or(String::new(), |cpu| format!(", {cpu:.1} µs CPU a chunk"));
        format!("{count} ran, {failed} failed, first chunk p50 {}, p99 {}{cpu}", time(*first_p50), time(*first_p99))
    }
}

/// Everything of one run.
pub(crate) struct Page {
    machine: Vec<String>,
    syncs: SyncTimes,
    options: Options,
    pub(crate) calls: Vec<(usize, Kind, Row<Calls>)>,
    pub(crate) streams: Vec<(usize, Kind, Row<Streams>)>,
}

impl Page {
    pub(crate) fn new(machine: Vec<String>, syncs: SyncTimes, options: Options) -> Self {
        Self { machine, syncs, options, calls: Vec::new(), streams: Vec::new() }
    }

    /// The page as Markdown.
    pub(crate) fn render(&self) -> String {
        let mut text = INTRODUCTION.to_owned();
        for fact in &self.machine {
            line(&mut text, format_args!("- {fact}"));
        }
        line(&mut text, format_args!("- command: `cargo xtask bench door{}`", self.options.given));
        let SyncTimes { disk, memory } = &self.syncs;
        line(
            &mut text,
            format_args!(
                "- one append of 4 KB with fdatasync: on disk p50 {}, p99 {}; on tmpfs p50 {}, p99 {}",
                time(disk.0),
                time(disk.1),
                time(memory.0),
                time(memory.1)
            ),
        );
        self.render_calls(&mut text);
        self.render_streams(&mut text);
        self.render_steps(&mut text);
        text
    }

    fn render_calls(&self, text: &mut String) {
        if self.calls.is_empty() {
            return;
        }
        line(
            text,
            format_args!("\n## Calls\n\nEach load is measured for {} s after warming up.\n", self.options.seconds),
        );
        line(
            text,
            format_args!(
                "| connections | | calls/s | to nginx | p50 | p99 | CPU µs a call | to nginx | resident MB | failed |"
            ),
        );
        line(text, format_args!("|---:|---|---:|---:|---:|---:|---:|---:|---:|---:|"));
        for connections in &self.options.connections {
            let rows = || self.calls.iter().filter(|(of, _, _)| of == connections);
            let nginx = rows().find(|(_, kind, _)| *kind == Kind::Nginx).map(|(_, _, row)| row);
            for (_, kind, row) in rows() {
                let Calls { per_second, p50, p99, failed, .. } = &row.load;
                let speed = ratio(Some(*per_second), nginx.map(|nginx| nginx.load.per_second));
                let cost = ratio(row.cpu_per_call(), nginx.and_then(Row::<Calls>::cpu_per_call));
                line(
                    text,
                    format_args!(
                        "| {connections} | {} | {per_second:.0} | {speed} | {} | {} | {} | {cost} | {} | {failed} |",
                        kind.name(),
                        time(*p50),
                        time(*p99),
                        number(row.cpu_per_call()),
                        megabytes(row.memory),
                    ),
                );
            }
        }
    }

    fn render_streams(&self, text: &mut String) {
        if self.streams.is_empty() {
            return;
        }
        line(
            text,
            format_args!(
                "\n## Streams\n\n100 chunks each, one every 20 ms, so that a stream takes {} at least; “added” is against direct.\n",
                time(STREAM_TIME_MIN)
            ),
        );
        line(
            text,
            format_args!(
                "| at once | | first chunk p50 | added | first chunk p99 | added | whole stream p50 | CPU µs a chunk | to nginx | resident MB | failed of |"
            ),
        );
        line(text, format_args!("|---:|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|"));
        for count in &self.options.streams {
            let rows = || self.streams.iter().filter(|(of, _, _)| of == count);
            let of_kind = |wanted: Kind| rows().find(|(_, kind, _)| *kind == wanted).map(|(_, _, row)| row);
            let (direct, nginx) = (of_kind(Kind::Direct), of_kind(Kind::Nginx));
            for (_, kind, row) in rows() {
                let Streams { count: ran, failed, first_p50, first_p99, whole_p50, .. } = &row.load;
                let cost = ratio(row.cpu_per_chunk(), nginx.and_then(Row::<Streams>::cpu_per_chunk));
                line(
                    text,
                    format_args!(
                        "| {count} | {} | {} | {} | {} | {} | {} | {} | {cost} | {} | {failed} of {ran} |",
                        kind.name(),
                        time(*first_p50),
                        added(*first_p50, direct.map(|direct| direct.load.first_p50)),
                        time(*first_p99),
                        added(*first_p99, direct.map(|direct| direct.load.first_p99)),
                        time(*whole_p50),
                        number(row.cpu_per_chunk()),
                        megabytes(row.memory),
                    ),
                );
            }
        }
    }

    fn render_steps(&self, text: &mut String) {
        line(text, format_args!("\n## Steps\n"));
        let loads: Vec<_> = self.calls.iter().filter(|(_, _, row)| !row.steps.is_empty()).collect();
        let Some((_, _, first)) = loads.first() else {
            line(text, format_args!("This run has no times by step: no program showed any on `/metrics`."));
            return;
        };
        line(
            text,
            format_args!(
                "Mean wall-clock µs of each step of a call, as the program measures it itself; waiting is in them: for the disk in"
            ),
        );
        line(
            text,
            format_args!(
                "`record` and `close`, for the upstream in `send` and `clear`, and for the processor wherever calls are many.\n"
            ),
        );
        let heads: Vec<String> = loads
            .iter()
            .map(|(connections, kind, _)| {
                format!("{}, {connections} conn.", kind.name().trim_start_matches("portcullis, "))
            })
            .collect();
        line(text, format_args!("| step | {} |", heads.join(" | ")));
        line(text, format_args!("|---|{}", "---:|".repeat(loads.len())));
        for step in &first.steps {
            let means = loads.iter().map(|(_, _, row)| {
                let here = row.steps.iter().find(|here| here.name == step.name);
                number(here.map(|here| here.mean().as_secs_f64() * 1e6))
            });
            line(text, format_args!("| {} | {} |", step.name, means.collect::<Vec<_>>().join(" | ")));
        }
    }
}

fn line(text: &mut String, parts: std::fmt::Arguments<'_>) {
    // Writing into a string cannot fail.
    let _always = writeln!(text, "{parts}");
}

fn time(time: Duration) -> String {
    let micros = time.as_secs_f64() * 1e6;
    if micros < 1000.0 { format!("{micros:.0} µs") } else { format!("{:.2} ms", micros / 1000.0) }
}

fn added(time_here: Duration, direct: Option<Duration>) -> String {
    let Some(direct) = direct else { return "–".to_owned() };
    let micros = (time_here.as_secs_f64() - direct.as_secs_f64()) * 1e6;
    if micros.abs() < 1000.0 { format!("{micros:+.0} µs") } else { format!("{:+.2} ms", micros / 1000.0) }
}

fn ratio(here: Option<f64>, nginx: Option<f64>) -> String {
    match (here, nginx) {
        (Some(here), Some(nginx)) if nginx > 0.0 => format!("{:.2}×", here / nginx),
        _ => "–".to_owned(),
    }
}

fn number(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| format!("{value:.1}"))
}

fn megabytes(bytes: Option<u64>) -> String {
    bytes.map_or_else(|| "–".to_owned(), |bytes| format!("{:.1}", bytes as f64 / 1e6))
}

const INTRODUCTION: &str = "\
# Benchmarks

Written by `cargo xtask bench door`; run it again to replace this page. Nothing here is asserted anywhere: what counts are
the ratios to nginx **of the same run**, not the times of one machine.

The contestant has processor 0 to itself; the mock upstream and the load driver share processor 1, the same for all. At
high rates that second processor is the limit for direct and nginx, so that their calls/s are lower bounds; CPU per call
is the number to compare. Direct has no process of its own to measure. nginx is a plain reverse proxy with one worker and
kept connections (buffering off for streams) and without a log. Portcullis runs with everything on: keys, inspection,
policy, screening, a line of log for each call, and a ledger whose records are durable before a call is sent and before
its end is told. CPU is user and system time of the
contestant's processes from `/proc`; the embedded model's process takes no part. Prompts have 4 KB. Calls are driven by
wrk, streams by a driver of ours, both closed loops: a slow answer delays the next call, so p99 is not that of an open system.

## Machine

";
