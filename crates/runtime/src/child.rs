//! The child: locks itself in, loads the model, answers the parent's calls until the parent is gone.

mod answer;
mod attention;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod gguf;
mod hyper;
mod job;
mod loaded;
mod matrix;
mod model;
mod probe;
mod quant;
mod request;
mod sampler;
mod schedule;
mod template;
mod text;
mod tokenizer;

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::net::UnixStream;
use std::process::ExitCode;
use std::sync::{Arc, mpsc};

use bytes::Bytes;
use sandbox::Descriptors;
use sha2::{Digest, Sha256};

use crate::frame::{FROM_PARENT_BYTES_MAX, Frame, Kind};
use crate::options::{Failed, Locked, Setup, Stage};
use loaded::Model;
use schedule::{Order, Schedule};

/// What `main` runs, before anything else, when the first argument is [`CHILD_ARG`](crate::CHILD_ARG).
///
/// Speaks with the parent over its standard input, which is a socket, and reads the model file, if there is one, from
/// its standard output. It enters the sandbox before it reads a byte of the file.
#[must_use]
pub fn child_main() -> ExitCode {
    match serve() {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn serve() -> io::Result<()> {
    let mut parent = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
    let setup = Frame::read(&mut parent, SETUP_BYTES_MAX)?;
    let setup: Setup = serde_json::from_slice(&setup.payload)?;
    let file = match setup.file_bytes {
        Some(bytes) => Some((File::from(io::stdout().as_fd().try_clone_to_owned()?), bytes)),
        None => None,
    };
    tokenizer::warm_up().map_err(io::Error::other)?;
    let descriptors = Descriptors { parent: parent.as_raw_fd(), file: file.as_ref().map(|(file, _)| file.as_raw_fd()) };
    let sandbox = match sandbox::enter(setup.sandbox, setup.memory_bytes, &descriptors) {
        Ok(sandbox) => sandbox,
        Err(reason) => return fail(&mut parent, Stage::Sandbox, reason),
    };
    let bytes = match file {
        None => Ok(Bytes::from_static(SHIPPED)),
        Some((mut file, length)) => read_model(&mut file, length),
    };
    let bytes = match bytes {
        Ok(bytes) => bytes,
        Err(reason) => return fail(&mut parent, Stage::Model, reason),
    };
    // Of these very bytes, by code that no stranger's byte has reached yet.
    let digest = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    Frame::json(Kind::Locked, &Locked { sandbox, digest })?.write(&mut parent)?;
    // The pool's threads are born inside the sandbox, and share it.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(setup.threads).build_global();
    let model = pool
        .map_err(|error| error.to_string())
        .and_then(|()| Model::load(&bytes, setup.context_tokens_max, setup.memory_bytes));
    let model = match model {
        Ok(model) => Arc::new(model),
        Err(reason) => return fail(&mut parent, Stage::Model, reason),
    };
    Frame::json(Kind::Loaded, &model.facts())?.write(&mut parent)?;
    answer_calls(parent, model, setup.concurrent_calls_max)
}

/// The whole file, without asking the system how long it is: the sandbox allows reading alone.
fn read_model(file: &mut File, length: u64) -> Result<Bytes, String> {
    let length = usize::try_from(length).map_err(|_| "the file is too large")?;
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(length).map_err(|_| "the file does not fit the memory limit; raise `memory_bytes`")?;
    bytes.resize(length, 0);
    file.read_exact(&mut bytes).map_err(|error| format!("the file cannot be read: {error}"))?;
    Ok(Bytes::from(bytes))
}

fn fail(parent: &mut UnixStream, stage: Stage, reason: String) -> io::Result<()> {
    Frame::json(Kind::Failed, &Failed { stage, reason })?.write(parent)?;
    Err(io::Error::other("not started"))
}

/// This thread reads what the parent wants, another computes and answers. When either ends, the process does.
fn answer_calls(parent: UnixStream, model: Arc<Model>, calls_max: usize) -> io::Result<()> {
    let (orders, receiver) = mpsc::channel();
    // Both threads use the one descriptor that the sandbox lets them: `&UnixStream` reads and writes.
    let parent = Arc::new(parent);
    let writer = Arc::clone(&parent);
    std::thread::Builder::new().stack_size(COMPUTE_STACK_BYTES).spawn(move || {
        let work = || Schedule::new(model, &*writer, calls_max).run(&receiver);
        // A panic ends the process too: the parent starts another, rather than to wait for a thread that is gone.
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
        std::process::exit(if matches!(outcome, Ok(Ok(()))) { 0 } else { 1 });
    })?;
    loop {
        let frame = Frame::read(&mut &*parent, FROM_PARENT_BYTES_MAX)?;
        let order = match frame.kind {
            Kind::Call => call(frame)?,
            Kind::Cancel => Order::Cancel { call: frame.call },
            Kind::Credit => Order::Credit { call: frame.call },
            Kind::Probe => match probe::run(&frame.payload)? {
                Some(order) => order,
                None => continue,
            },
            _ => return Err(io::Error::other("frame that a parent does not send")),
        };
        orders.send(order).map_err(io::Error::other)?;
    }
}

fn call(frame: Frame) -> io::Result<Order> {
    let out_of_protocol = || io::Error::other("a call without a path");
    let end = frame.payload.iter().position(|byte| *byte == 0).ok_or_else(out_of_protocol)?;
    let mut path = frame.payload;
    let body = path.split_off(end + 1);
    path.truncate(end);
    let path = String::from_utf8(path).map_err(io::Error::other)?;
    Ok(Order::Call { call: frame.call, path, body })
}

/// Templates nest on the stack.
const COMPUTE_STACK_BYTES: usize = 8 << 20;
const SETUP_BYTES_MAX: usize = 64 << 10;
/// `portcullis-mini`, made by `models/portcullis-mini/train.py`.
const SHIPPED: &[u8] = include_bytes!("../../../models/portcullis-mini/portcullis-mini.gguf");
