//! The real binary, started on free ports with a configuration and a state folder of its own.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

/// A running door.
pub struct Door {
    child: Child,
    folder: TempDir,
    address: String,
    admin_address: String,
}

/// An answer.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: BTreeMap<String, String>,
    pub body: String,
}

impl Door {
    /// Starts the binary with these files as its configuration.
    pub fn start(files: impl IntoIterator<Item = (String, String)>, env: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("config");
        std::fs::create_dir(&config).unwrap();
        for (name, text) in files {
            let path = config.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        Self::start_in(folder, env)
    }

    /// Starts the binary with no configuration at all.
    pub fn start_without_config(env: &[(&str, &str)]) -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), env)
    }

    /// Starts the binary with one more pair of arguments, expecting it to refuse: exit code and what it complained.
    pub fn try_start(folder: &TempDir, main: &str, arguments: &[&str]) -> (i32, String) {
        let config = folder.path().join("config");
        std::fs::create_dir_all(&config).unwrap();
        std::fs::write(config.join("portcullis.toml"), main).unwrap();
        let done = program(folder).arg("serve").args(arguments).output().unwrap();
        (done.status.code().unwrap(), String::from_utf8_lossy(&done.stderr).into_owned())
    }

    fn start_in(folder: TempDir, env: &[(&str, &str)]) -> Self {
        let mut child = program(&folder)
            .args(["serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--json"])
            .envs(env.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        if line.is_empty() {
            let mut complaint = String::new();
            child.stderr.take().unwrap().read_to_string(&mut complaint).unwrap();
            panic!("the door did not start: {complaint}");
        }
        // Its log must not fill the pipe.
        let stderr = child.stderr.take().unwrap();
        std::thread::spawn(move || std::io::copy(&mut BufReader::new(stderr), &mut std::io::sink()));
        let started: Value = serde_json::from_str(&line).unwrap();
        let text = |name: &str| started[name].as_str().unwrap().to_owned();
        Self { child, folder, address: text("listen"), admin_address: text("admin_listen") }
    }

    /// Makes a key with this floor, through the running door.
    pub fn key(&self, floor: &str) -> String {
        let made = self.command(&["key", "create", "test", "--floor", floor, "--json"]);
        serde_json::from_str::<Value>(&made.1).unwrap()["key"].as_str().unwrap().to_owned()
    }

    /// Runs another command of the same binary on the same folders: exit code and standard output.
    pub fn command(&self, arguments: &[&str]) -> (i32, String) {
        let done = program(&self.folder).args(arguments).output().unwrap();
        (done.status.code().unwrap(), String::from_utf8(done.stdout).unwrap())
    }

    pub fn config(&self) -> PathBuf {
        self.folder.path().join("config")
    }

    pub fn state(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    pub fn address(&self) -> &str {
        &self.address
    }

    pub fn admin_address(&self) -> &str {
        &self.admin_address
    }

    /// The id of the process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends one request to the control plane.
    pub fn admin(&self, method: &str, path: &str, key: Option<&str>, body: &[u8]) -> Reply {
        exchange(&self.admin_address, method, path, &BTreeMap::new(), key, body)
    }

    /// Sends one request and reads the whole answer.
    pub fn request(
        &self,
        method: &str,
        path: &str,
        headers: &BTreeMap<String, String>,
        key: Option<&str>,
        body: &[u8],
    ) -> Reply {
        exchange(&self.address, method, path, headers, key, body)
    }

    /// Stops the door gracefully, verifies its ledger, and reads every record of it.
    pub fn stop_and_read(mut self) -> Vec<Value> {
        self.signal("TERM");
        let deadline = Instant::now() + Duration::from_secs(20);
        while self.child.try_wait().unwrap().is_none() {
            assert!(Instant::now() < deadline, "the door did not stop");
            std::thread::sleep(Duration::from_millis(5));
        }
        self.read()
    }

    /// Kills the door as a power cut would.
    pub fn kill(mut self) -> TempDir {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        std::mem::replace(&mut self.folder, tempfile::tempdir().unwrap())
    }

    /// Starts again on the folders of an earlier door.
    pub fn again(folder: TempDir) -> Self {
        Self::start_in(folder, &[])
    }

    /// Sends a signal by name.
    pub fn signal(&self, name: &str) {
        let signal = match name {
            "HUP" => Signal::HUP,
            "TERM" => Signal::TERM,
            "INT" => Signal::INT,
            "KILL" => Signal::KILL,
            other => panic!("no test sends {other}"),
        };
        // A bare Debian has no `kill` beside the shell's own.
        let child = Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap();
        kill_process(child, signal).unwrap();
    }

    fn read(&self) -> Vec<Value> {
        let (code, verdict) = self.command(&["ledger", "verify", "--json"]);
        assert_eq!(code, 0, "the ledger does not verify: {verdict}");
        let (code, found) = self.command(&["ledger", "search", "--json", "--limit", "10000"]);
        assert_eq!(code, 0, "{found}");
        serde_json::from_str::<Value>(&found).unwrap()["records"].as_array().unwrap().clone()
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn exchange(
    address: &str,
    method: &str,
    path: &str,
    headers: &BTreeMap<String, String>,
    key: Option<&str>,
    body: &[u8],
) -> Reply {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let mut head = format!("{method} {path} HTTP/1.1\r\nhost: door\r\nconnection: close\r\n");
    if !headers.contains_key("content-length") {
        head += &format!("content-length: {}\r\n", body.len());
    }
    for (name, value) in headers {
        head += &format!("{name}: {value}\r\n");
    }
    if let Some(key) = key {
        head += &format!("authorization: Bearer {key}\r\n");
    }
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(b"\r\n").unwrap();
    // The door may answer and close before it has read a body that it refuses.
    let _ = stream.write_all(body);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    parse(&answer)
}

fn program(folder: &TempDir) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("XDG_CONFIG_HOME", folder.path())
        .arg("--state")
        .arg(folder.path().join("state"));
    if folder.path().join("config").is_dir() {
        command.arg("--config").arg(folder.path().join("config"));
    }
    command
}

fn parse(answer: &[u8]) -> Reply {
    let text = String::from_utf8_lossy(answer);
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|code| code.parse().ok()).unwrap_or(0);
    let headers: BTreeMap<String, String> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let chunked = headers.get("transfer-encoding").is_some_and(|value| value.contains("chunked"));
    Reply { status, headers, body: if chunked { dechunk(body) } else { body.to_owned() } }
}

fn dechunk(mut body: &str) -> String {
    let mut whole = Vec::new();
    while let Some((size, rest)) = body.split_once("\r\n") {
        let size = usize::from_str_radix(size.trim(), 16).unwrap_or(0);
        if size == 0 || rest.len() < size {
            break;
        }
        whole.extend_from_slice(&rest.as_bytes()[..size]);
        body = rest.get(size + 2..).unwrap_or_default();
    }
    String::from_utf8_lossy(&whole).into_owned()
}
