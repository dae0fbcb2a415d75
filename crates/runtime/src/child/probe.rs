//! Tries what the sandbox forbids, when a test of it asks.

use std::io::{self, Read};
use std::net::{Ipv4Addr, UdpSocket};

use super::schedule::Order;

/// Does what [`Probe`](crate::Probe) says. Every one but the hang and the panic has killed the process if the sandbox holds; if one
/// returns, it ends the process with a code of its own, which tells the test that the sandbox leaks.
pub(super) fn run(what: &[u8]) -> io::Result<Option<Order>> {
    match what {
        [1] => leaked(&std::fs::read("/etc/passwd")),
        [2] => leaked(&UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))),
        [3] => leaked(&std::process::Command::new("/bin/true").status()),
        [4] => return Ok(Some(Order::Hang)),
        [7] => return Ok(Some(Order::Panic)),
        [5] => {
            let mut taken: Vec<Vec<u8>> = Vec::new();
            loop {
                taken.push(vec![1; 64 << 20]);
            }
        }
        [6] => leaked(&io::stdin().read(&mut [0])),
        _ => {}
    }
    Ok(None)
}

fn leaked<T>(outcome: &io::Result<T>) {
    std::process::exit(if outcome.is_ok() { LEAKED } else { ANSWERED });
}

/// The attempt succeeded.
const LEAKED: i32 = 90;
/// The attempt failed, but was answered, where it should have killed.
const ANSWERED: i32 = 91;
