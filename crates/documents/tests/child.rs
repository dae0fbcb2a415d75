//! The reader with real children: this program re-executes itself, as the shipped one does.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test with a main of its own is not seen as one")]

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use documents::{CHILD_ARG, Limits, Options, Probe, Reader, Sandbox, StartError, Unreadable};

fn main() -> ExitCode {
    if std::env::args().nth(1).as_deref() == Some(CHILD_ARG) {
        return documents::child_main();
    }
    let wanted: Vec<String> = std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    let listing = std::env::args().any(|arg| arg == "--list");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let mut failed = 0;
    for (name, test) in tests() {
        if listing {
            println!("{name}: test");
        } else if wanted.is_empty() || wanted.iter().any(|part| name.contains(part.as_str())) {
            let outcome = runtime.block_on(async { tokio::spawn(test()).await });
            println!("test {name} ... {}", if outcome.is_ok() { "ok" } else { "FAILED" });
            failed += usize::from(outcome.is_err());
        }
    }
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

type Test = fn() -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;

macro_rules! tests {
    ($($name:ident)*) => {
        fn tests() -> Vec<(&'static str, Test)> {
            vec![$((stringify!($name), (|| Box::pin($name())) as Test)),*]
        }
    };
}

tests! {
    a_document_is_read_in_a_child
    the_sandbox_says_what_holds
    files_sockets_and_programs_are_out_of_reach
    a_child_that_hangs_costs_one_document
    a_child_without_memory_costs_one_document
    a_child_that_panics_costs_one_document
    more_documents_than_children_wait_their_turn_or_are_told
    a_document_over_the_limit_is_never_handed_over
    pictures_and_unknown_files_need_no_child
    no_program_no_reader
}

async fn reader(limits: impl Fn(&mut Limits)) -> Reader {
    let mut all = Limits::default();
    limits(&mut all);
    let program = std::env::current_exe().unwrap();
    Reader::start(Options { sandbox: Sandbox::Required, limits: all, program }).await.unwrap()
}

async fn reads(reader: &Reader) -> bool {
    let said = reader.read("text/html", b"<p>Pat<b>ient</b>").await.unwrap();
    said.is_complete() && said.parts.iter().any(|part| part.text.trim() == "Patient")
}

async fn a_document_is_read_in_a_child() {
    let reader = reader(|_| {}).await;
    for _ in 0..5 {
        assert!(reads(&reader).await);
    }
    assert_eq!(reader.killed(), 0);
}

async fn the_sandbox_says_what_holds() {
    let reader = reader(|_| {}).await;
    for part in ["landlock", "seccomp", "rlimits", "no new privileges"] {
        assert!(reader.confined_by().contains(part), "{}", reader.confined_by());
    }
}

/// A child that was not stopped answers what an empty document answers.
async fn files_sockets_and_programs_are_out_of_reach() {
    let reader = reader(|_| {}).await;
    for probe in [Probe::OpenFile, Probe::Socket, Probe::Execute] {
        assert_eq!(reader.probe(probe).await.unwrap_err(), Unreadable::Broke, "{probe:?}");
    }
    assert!(reads(&reader).await && reader.killed() == 3);
}

async fn a_child_that_hangs_costs_one_document() {
    let reader = reader(|limits| (limits.time_ms, limits.children) = (1_000, 1)).await;
    let began = Instant::now();
    assert_eq!(reader.probe(Probe::Hang).await.unwrap_err(), Unreadable::TimedOut);
    assert!(began.elapsed() < Duration::from_secs(8));
    let reader = self::reader(|_| {}).await;
    assert!(reads(&reader).await);
}

async fn a_child_without_memory_costs_one_document() {
    let reader = reader(|_| {}).await;
    assert_eq!(reader.probe(Probe::Allocate).await.unwrap_err(), Unreadable::Broke);
    assert!(reads(&reader).await);
}

async fn a_child_that_panics_costs_one_document() {
    let reader = reader(|_| {}).await;
    assert_eq!(reader.probe(Probe::Panic).await.unwrap_err(), Unreadable::Broke);
    assert!(reads(&reader).await);
}

async fn more_documents_than_children_wait_their_turn_or_are_told() {
    let reader = reader(|limits| (limits.children, limits.wait_ms, limits.time_ms) = (1, 300, 3_000)).await;
    let slow = tokio::spawn({
        let reader = reader.clone();
        async move { reader.probe(Probe::Hang).await }
    });
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(reader.read("text/plain", b"a").await.unwrap_err(), Unreadable::Busy);
    assert_eq!(slow.await.unwrap().unwrap_err(), Unreadable::TimedOut);
}

async fn a_document_over_the_limit_is_never_handed_over() {
    let reader = reader(|limits| limits.bytes_max = 10).await;
    assert_eq!(reader.read("text/plain", b"12345678901").await.unwrap_err(), Unreadable::TooLarge);
    assert_eq!(reader.killed(), 0);
}

async fn pictures_and_unknown_files_need_no_child() {
    let reader = reader(|_| {}).await;
    assert_eq!(reader.read("image/png", b"\x89PNG\r\n").await.unwrap_err(), Unreadable::Unknown);
    assert_eq!(reader.read("application/pdf", b"\0\x01\x02").await.unwrap_err(), Unreadable::Unknown);
}

async fn no_program_no_reader() {
    let options = |program: &str| Options {
        sandbox: Sandbox::Required,
        limits: Limits::default(),
        program: PathBuf::from(program),
    };
    assert!(matches!(Reader::start(options("/nonexistent")).await, Err(StartError::Spawn { .. })));
    assert!(matches!(Reader::start(options("/bin/true")).await, Err(StartError::Spawn { .. })));
}
