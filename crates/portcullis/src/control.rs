//! The local socket: how commands reach a running `serve`. The state folder is this user's alone, and the kernel says who
//! connects; everything else is the control plane's own API.

use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream as BlockingStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use admin::{Office, Operation, Peer};
use anyhow::{Context, Result, bail};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::UnixListener;

/// The socket's path below the state folder.
pub fn path(state: &Path) -> PathBuf {
    state.join("control.sock")
}

/// Listens on the local socket; the state's lock is held, so an old socket is nobody's.
///
/// # Errors
/// The socket cannot be made.
pub fn bind(state: &Path) -> Result<UnixListener> {
    let path = path(state);
    if path.as_os_str().len() > SOCKET_PATH_BYTES_MAX {
        bail!(
            "the state folder's path is too long for a local socket; use one of at most {} bytes",
            SOCKET_PATH_BYTES_MAX - 13
        );
    }
    match std::fs::remove_file(&path) {
        Ok(()) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(error).with_context(|| format!("cannot replace `{}`", path.display())),
    }
    let listener = UnixListener::bind(&path).with_context(|| format!("cannot listen on `{}`", path.display()))?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

/// Serves the control plane's API to this user and root.
pub async fn run(listener: UnixListener, office: Arc<Office>, own_uid: u32) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let uid = match stream.peer_cred() {
            Ok(peer) if peer.uid() == own_uid || peer.uid() == 0 => peer.uid(),
            _ => continue,
        };
        let office = Arc::clone(&office);
        tokio::spawn(async move {
            let service = service_fn(move |request| {
                let office = Arc::clone(&office);
                async move { Ok::<_, std::convert::Infallible>(admin::serve(&office, Peer::Local { uid }, request).await) }
            });
            let connection = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a local connection ended");
            }
        });
    }
}

/// What a running door said.
#[derive(Debug)]
pub enum Said {
    /// Done, with this.
    Done(Value),
    /// No: code, why and what to do.
    No {
        /// Stable code.
        code: String,
        /// Why.
        why: String,
        /// What to do.
        help: String,
    },
}

/// Asks the door that runs on `state`; `None` when none does.
///
/// # Errors
/// It runs and does not answer sensibly.
pub fn ask(state: &Path, operation: &Operation) -> Result<Option<Said>> {
    let mut stream = match BlockingStream::connect(path(state)) {
        Ok(stream) => stream,
        Err(error) if matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::ConnectionRefused) => {
            return Ok(None);
        }
        Err(error) => return Err(error).context("cannot reach the running door"),
    };
    stream.set_read_timeout(Some(ANSWER_TIMEOUT))?;
    let (method, path, body) = request(operation)?;
    write!(
        stream,
        "{method} {path} HTTP/1.0\r\nhost: portcullis\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )?;
    let mut answer = Vec::new();
    stream.take(ANSWER_BYTES_MAX).read_to_end(&mut answer).context("the running door did not answer")?;
    said(&answer).map(Some)
}

/// Asks the running door, or does the same here when none runs.
///
/// # Errors
/// The door, or the store, cannot be used.
pub fn ask_or_do(state: &Path, operation: Operation) -> Result<Said> {
    if let Some(said) = ask(state, &operation)? {
        return Ok(said);
    }
    let store = store::Store::open(state, store::Options::default())
        .with_context(|| format!("cannot open the state folder `{}`", state.display()))?;
    let office = Office::new(&store, Arc::new(NoProgram), now_ms);
    let actor = admin::Actor::local(own_uid()?);
    let done = office.perform(&actor, operation);
    store.close();
    Ok(match done {
        Ok(value) => Said::Done(value),
        Err(declined) => Said::No { code: declined.code.to_owned(), why: declined.why, help: declined.help },
    })
}

/// The user this process runs as.
///
/// # Errors
/// The kernel does not say.
pub fn own_uid() -> Result<u32> {
    use std::os::unix::fs::MetadataExt;
    Ok(std::fs::metadata("/proc/self").context("cannot learn the own user id")?.uid())
}

/// Unix milliseconds.
pub fn now_ms() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_millis()).unwrap_or(u64::MAX)
}

/// Unix seconds, as policy counts them.
pub fn now_unix() -> i64 {
    i64::try_from(now_ms() / 1000).unwrap_or(i64::MAX)
}

fn request(operation: &Operation) -> Result<(&'static str, String, String)> {
    Ok(match operation {
        Operation::CreateKey(wanted) => ("POST", "/admin/v1/keys".to_owned(), serde_json::to_string(wanted)?),
        Operation::ListKeys {} => ("GET", "/admin/v1/keys".to_owned(), String::new()),
        Operation::RevokeKey { id } if id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') => {
            ("DELETE", format!("/admin/v1/keys/{id}"), String::new())
        }
        Operation::RevokeKey { .. } => bail!("a key id has letters, digits and `_` only; see `portcullis key list`"),
        Operation::Status {} => ("GET", "/admin/v1/status".to_owned(), String::new()),
        Operation::Reload {} => ("POST", "/admin/v1/reload".to_owned(), String::new()),
        Operation::ListApprovals {} => ("GET", "/admin/v1/approvals".to_owned(), String::new()),
        Operation::AnswerApproval(answer)
            if answer.id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') =>
        {
            ("POST", format!("/admin/v1/approvals/{}", answer.id), serde_json::to_string(answer)?)
        }
        Operation::AnswerApproval(_) => bail!("an id has letters, digits and `_` only; see `portcullis approval list`"),
        Operation::SearchLedger(wanted) => {
            ("POST", "/admin/v1/ledger/search".to_owned(), serde_json::to_string(wanted)?)
        }
    })
}

fn said(answer: &[u8]) -> Result<Said> {
    let text = std::str::from_utf8(answer).context("the running door's answer is not text")?;
    let (head, body) = text.split_once("\r\n\r\n").context("the running door's answer broke off")?;
    let value: Value = serde_json::from_str(body).context("the running door's answer is not JSON")?;
    if head.split(' ').nth(1) == Some("200") {
        return Ok(Said::Done(value));
    }
    let part =
        |name: &str| value.pointer(&format!("/error/{name}")).and_then(Value::as_str).unwrap_or("not said").to_owned();
    Ok(Said::No { code: part("code"), why: part("message"), help: part("help") })
}

/// Stands where a running door would be asked, for commands that need none.
struct NoProgram;

impl admin::Program for NoProgram {
    fn status(&self) -> Value {
        serde_json::json!({ "running": false })
    }
    fn reload(&self) -> Result<Value, String> {
        Err("no door runs on this state folder".to_owned())
    }
    fn metrics(&self) -> String {
        String::new()
    }
    fn approvals(&self) -> Value {
        serde_json::json!({ "approvals": [] })
    }
    fn answer_approval(&self, _: &admin::Answer<'_>, _: bool) -> Result<Value, admin::Declined> {
        Err(admin::Declined {
            status: 409,
            code: "not_running",
            why: "no door runs on this state folder, so no call waits".to_owned(),
            help: "start it with `portcullis serve`".to_owned(),
        })
    }
}

const SOCKET_PATH_BYTES_MAX: usize = 107;
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);
const ANSWER_BYTES_MAX: u64 = 256 * 1024 * 1024;
