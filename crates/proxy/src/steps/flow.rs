//! The flow invariant as a property of the whole pipeline: for random configurations, policies, contents, upstream failures,
//! ledgers, reloads and clients, no byte reaches a destination outside the permitted set, none without its durable intent,
//! and each destination gets what it is obliged to get and nothing else.
//!
//! Nothing here is a stand-in for the pipeline: calls come in over HTTP/1.1 and leave over HTTP/1.1 through the same pools,
//! only that both ends are pipes in memory, the disk is a [`store::memory::Desk`], and time is tokio's, which does not wait.
//! What policy means is known to the test from a table ([`world::Rule`]), not from `judge`.
//!
//! `leaks` runs the same property over pipelines with one wrong line each, and asserts that it notices every one of them.

mod case;
mod leaks;
mod run;
mod stage;
mod upstream;
mod world;

use leaks::Leak;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use run::Rig;

/// Runs `cases` of them through the pipeline, or through one that leaks. Gives what was seen, or the first case that was
/// wrong, and why.
fn check(leak: Option<Leak>, cases: u32) -> Result<stage::Tally, String> {
    let rig = Rig::new(leak);
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 64, ..Config::default() };
    let mut runner = TestRunner::new(config);
    runner
        .run(&case::any(), |case| {
            let wrong = rig.run(&case);
            if wrong.is_empty() { Ok(()) } else { Err(TestCaseError::fail(wrong.join("; "))) }
        })
        .map_err(|error| error.to_string())?;
    Ok(rig.tally())
}

#[test]
fn no_byte_reaches_a_destination_that_may_not_have_it() {
    let cases: u32 = std::env::var("FLOW_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(CASES);
    // Every processor has a door of its own: one case is one thread's, so that its clock need not wait.
    let threads = std::thread::available_parallelism().map_or(1, |count| count.get().min(THREADS_MAX));
    let share = cases.div_ceil(u32::try_from(threads).unwrap());
    let seen: stage::Tally = std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(|| check(None, share))).collect();
        running.into_iter().map(|one| one.join().unwrap().unwrap_or_else(|wrong| panic!("{wrong}"))).sum()
    });
    println!("{cases} cases: {seen:?}");
    // A property over calls that go nowhere would hold, too.
    let tenth = u64::from(cases / 10);
    for (what, count, least) in [
        ("answered", seen.answered, 2 * tenth),
        ("refused", seen.refused, tenth),
        ("requests", seen.requests, 3 * tenth),
        ("second attempts", seen.later_attempts, tenth),
        ("reloads within a call", seen.reloads, tenth),
        ("clients that hung up", seen.hung_up, tenth),
        ("intents that were not durable", seen.undurable, tenth / 10),
        ("requests under obligations", seen.obliged, tenth),
    ] {
        assert!(count >= least, "{what}: {count} of at least {least} in {cases} cases");
    }
}

#[test]
fn a_pipeline_that_leaks_is_noticed() {
    for leak in Leak::ALL {
        let noticed = check(Some(leak), CASES_TO_NOTICE);
        let Err(wrong) = noticed else { panic!("{leak:?} was not noticed in {CASES_TO_NOTICE} cases") };
        assert!(leak.is_told_by(&wrong), "{leak:?} was noticed for another reason: {wrong}");
    }
}

/// Cases where nobody says: quick enough to run while working. `cargo xtask test`, which is what CI runs, sets `FLOW_CASES`
/// to 100,000.
const CASES: u32 = 5_000;
const THREADS_MAX: usize = 4;
/// Within so many, every leak must show.
const CASES_TO_NOTICE: u32 = 5_000;
