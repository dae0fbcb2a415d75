//! The child: locks itself in, reads one document, says what it holds, ends.

mod archive;
mod collector;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod html;
mod labels;
mod mail;
mod office;
mod pdf;
mod plain;
mod read;
mod rtf;
mod sheet;
mod xml;

use std::io;
use std::net::{Ipv4Addr, UdpSocket};
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::net::UnixStream;
use std::process::ExitCode;

use sandbox::Descriptors;

use crate::frame::{self, Job, Locked, Setup};
use crate::limits::WORDS_BYTES_MAX;
use collector::Collector;

/// What `main` runs, before anything else, when the first argument is [`CHILD_ARG`](crate::CHILD_ARG).
///
/// Speaks with the parent over its standard input, which is a socket. It enters the sandbox before it is given a byte of
/// the document.
#[must_use]
pub fn child_main() -> ExitCode {
    match serve() {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn serve() -> io::Result<()> {
    let mut parent = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
    let setup: Setup = serde_json::from_slice(&frame::read(&mut parent, WORDS_BYTES_MAX)?)?;
    let descriptors = Descriptors { parent: parent.as_raw_fd(), file: None };
    let sandbox = sandbox::enter(setup.sandbox, setup.limits.memory_bytes, &descriptors);
    let confined = sandbox.is_ok();
    frame::write(&mut parent, &serde_json::to_vec(&Locked { sandbox })?)?;
    if !confined {
        return Err(io::Error::other("not started"));
    }
    let job: Job = serde_json::from_slice(&frame::read(&mut parent, WORDS_BYTES_MAX)?)?;
    let document = frame::read(&mut parent, setup.limits.bytes_max)?;
    if let Some(probe) = job.probe {
        try_out(probe);
    }
    let mut out = Collector::new(setup.limits.text_bytes_max);
    read::document(&job.media_type, &document, &mut out);
    frame::write(&mut parent, &serde_json::to_vec(&out.finish())?)
}

/// Tries what the sandbox forbids, when a test of it asks. What returns was not stopped: it ends the process with success,
/// which no broken child has, and without an answer.
fn try_out(probe: u8) {
    match probe {
        1 => drop(std::fs::read("/etc/passwd")),
        2 => drop(UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))),
        3 => drop(std::process::Command::new("/bin/true").status()),
        4 => loop {
            std::thread::sleep(std::time::Duration::from_secs(1));
        },
        5 => {
            let mut taken: Vec<Vec<u8>> = Vec::new();
            loop {
                taken.push(vec![1; 64 << 20]);
            }
        }
        _ => {
            #[expect(clippy::panic, reason = "a test asks for it")]
            {
                panic!("a test asks for it")
            }
        }
    }
}
