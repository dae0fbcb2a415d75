//! What a decision costs: by number of policies, destinations and actions. Run with `cargo bench -p judge`.
//!
//! It prints microseconds of the thread's own processor time and asserts none. The same run measures one destination by the built-in policies, and whole
//! calls to four destinations by sets of which at most fifty policies concern everybody.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark is a test that prints, and measures time"
)]

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::Instant;

use inspect::{Class, Level};
use judge::{
    Action, Assessed, Assessment, CallFacts, Caller, DestinationFacts, Destinations, Hosting, Mode, Policies,
    Provenance, Source, decide,
};

fn main() {
    println!("{:<58} {:>9} {:>9}", "decision, microseconds of processor time", "p50", "p99");
    let built_in = Policies::built_in();
    for (destinations, actions) in [(1, 1), (4, 1), (4, 3)] {
        measure(
            &format!("built-in policies, {destinations} destination(s), {actions} action(s)"),
            &built_in,
            destinations,
            actions,
        );
    }
    for count in [10, 100, 1_000, 10_000] {
        let started = Instant::now();
        let policies = scoped(count);
        let compiled = started.elapsed();
        measure(&format!("{count} policies, 1 destination, 1 action"), &policies, 1, 1);
        measure(&format!("{count} policies, 4 destinations, 3 actions"), &policies, 4, 3);
        println!("{:<58} {:>9.0} ms", format!("compiling {count} policies"), compiled.as_secs_f64() * 1e3);
    }
}

/// `count` policies: at most fifty for everybody, the others for one group each.
fn scoped(count: usize) -> Policies {
    let everybody = (count / 2).min(50);
    let mut text = String::new();
    for n in 0..count {
        let scope = if n < everybody { "principal".to_owned() } else { format!("principal in Group::\"g{n}\"") };
        let (effect, condition) = match n {
            0 => ("permit", "resource.self_hosted || context.level == 0"),
            _ => ("forbid", "!resource.self_hosted && context.groups.contains(\"secret\") && context.level > 1"),
        };
        text.push_str(&format!("@id(\"p{n}\") {effect} ({scope}, action, resource) when {{ {condition} }};\n"));
    }
    Policies::compile(&[Source { name: "bench.cedar".to_owned(), text }]).unwrap()
}

fn measure(what: &str, policies: &Policies, destinations: usize, actions: usize) {
    let facts: Vec<DestinationFacts> = (0..destinations).map(destination).collect();
    let destinations = Destinations::prepare(&facts);
    let mut caller = Caller::workload("billing", "acme");
    caller.groups = vec!["g60".to_owned(), "staff".to_owned()];
    let classes = BTreeMap::from([(Class::new("pii.email"), 2), (Class::new("phi.mrn"), 1)]);
    let call = CallFacts {
        actions: Action::ALL.get(..actions).unwrap(),
        classes: &classes,
        level: Level::Restricted,
        injection: 0.1,
        tools: true,
        untrusted: true,
        unmodelled: &[],
        provider_fetch: &[],
        mode: Mode::Development,
        now_unix: 1_795_000_000,
    };
    let mut times: Vec<f64> = (0..RUNS)
        .map(|_| {
            let started = cpu_us();
            let decision = black_box(decide(policies, &caller, &call, &destinations));
            let elapsed = cpu_us() - started;
            assert_eq!(decision.permitted.len() + decision.refused.len(), destinations.len());
            elapsed
        })
        .collect();
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times.get((share * RUNS as f64) as usize).copied().unwrap_or_default();
    println!("{what:<58} {:>9.1} {:>9.1}", at(0.5), at(0.99));
}

/// Microseconds of processor time that this thread has used: what a decision costs, also while others use the machine.
fn cpu_us() -> f64 {
    let used = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    used.tv_sec as f64 * 1e6 + used.tv_nsec as f64 / 1e3
}

fn destination(n: usize) -> DestinationFacts {
    let hosted = n % 2 == 1;
    DestinationFacts {
        name: format!("d{n}"),
        kind: "openai".to_owned(),
        hosting: if hosted { Hosting::Hosted } else { Hosting::SelfHosted },
        host: format!("d{n}.example"),
        region: "eu-central-1".to_owned(),
        jurisdiction: "EU".to_owned(),
        vendor: hosted.then(|| "acme".to_owned()),
        model: "qwen3-8b".to_owned(),
        digest: None,
        owned: true,
        allow_unmodelled: false,
        assessment: if hosted { Assessment::Until(i64::MAX) } else { Assessment::NotRequired },
        provenance: Provenance::NotApplicable,
        service: String::new(),
        floating: false,
        assessed: Assessed::own(),
    }
}

const RUNS: usize = 5_000;
