//! `portcullis demo`: a guided tour on this machine, through the same door that `serve` opens.

mod stand_in;
mod story;

use std::io::{IsTerminal, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::watch;

use super::{ledger, say, text};
use crate::Exit;
use crate::cli::Place;
use crate::config::Config;
use crate::control::{self, Said};
use crate::serve::{Plan, Running};
use story::{ACTS, Act};

/// Runs the tour in a folder that is gone afterwards.
///
/// # Errors
/// The door does not open on this machine.
pub fn run(place: &Place, fast: bool) -> Result<Exit> {
    let folder = Folder::make()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let acts = runtime.block_on(tour(&folder.0, place.json, fast || place.json || !std::io::stdout().is_terminal()))?;
    let proven = proof(&folder.0, place.json)?;
    if place.json {
        say(&json!({ "acts": acts, "ledger": proven.value }).to_string());
    } else {
        say("");
        say(
            "That is the door. `portcullis serve` opens one; `portcullis init DIR` writes a configuration to start from.",
        );
    }
    Ok(if proven.holds { Exit::Done } else { Exit::Fault })
}

async fn tour(folder: &Path, json: bool, fast: bool) -> Result<Vec<Value>> {
    let (upstream, address) = stand_in::start().await?;
    story::write_configuration(&folder.join("config"), address)?;
    let config = Config::load(Some(&folder.join("config")), &|_| None)
        .map_err(|problems| anyhow!("the tour's own configuration is refused: {problems:?}"))?;
    let loopback = SocketAddr::from(([127, 0, 0, 1], 0));
    let plan = Plan {
        config,
        config_dir: None,
        state: folder.join("state"),
        listen: loopback,
        admin_listen: loopback,
        model: runtime::Model::Shipped,
    };
    let (stop, stopped) = watch::channel(false);
    let running = Running::start(plan, stopped).await?;
    if !json {
        story::introduce();
    }
    let mut told = Vec::new();
    for act in &ACTS {
        let key = key(folder, act.floor).await?;
        let before = upstream.requests();
        let reply = call(running.address, &key, act).await?;
        let record = explain(folder, &reply.record).await?;
        let reached = upstream.requests() > before;
        if !json {
            story::tell(act, &reply, &record, reached);
            if !fast {
                tokio::time::sleep(PAUSE).await;
            }
        }
        told.push(json!({
            "title": act.title, "status": reply.status, "level": reply.level, "destination": reply.destination,
            "reached_hosted": reached, "answer": reply.answer, "record": record,
        }));
    }
    let _ = stop.send(true);
    running.finish().await?;
    Ok(told)
}

/// What came back.
struct Reply {
    status: u16,
    record: String,
    destination: Option<String>,
    level: Option<String>,
    answer: String,
}

async fn key(folder: &Path, floor: &str) -> Result<String> {
    let wanted = admin::CreateKey {
        name: format!("demo-{floor}"),
        floor: floor.to_owned(),
        days: Some(1),
        tenant: admin::TENANT_DEFAULT.to_owned(),
        use_case: None,
        admin: false,
    };
    let made = ask(folder, admin::Operation::CreateKey(wanted)).await?;
    Ok(text(&made, "key").to_owned())
}

async fn explain(folder: &Path, record: &str) -> Result<Value> {
    let wanted = admin::SearchLedger { id: Some(record.to_owned()), ..admin::SearchLedger::default() };
    let found = ask(folder, admin::Operation::SearchLedger(wanted)).await?;
    found.pointer("/records/0").cloned().with_context(|| format!("the record `{record}` is not in the ledger"))
}

async fn ask(folder: &Path, operation: admin::Operation) -> Result<Value> {
    let state = folder.join("state");
    match tokio::task::spawn_blocking(move || control::ask(&state, &operation)).await?? {
        Some(Said::Done(value)) => Ok(value),
        Some(Said::No { why, .. }) => Err(anyhow!(why)),
        None => Err(anyhow!("the door is gone")),
    }
}

/// One call, as any HTTP client would make it.
async fn call(address: SocketAddr, key: &str, act: &Act) -> Result<Reply> {
    let body = act.body().to_string();
    let mut stream = tokio::net::TcpStream::connect(address).await?;
    let head = format!(
        "POST /v1/chat/completions HTTP/1.0\r\nhost: {address}\r\nauthorization: Bearer {key}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    let (head, body) = answer.split_once("\r\n\r\n").context("the door's answer broke off")?;
    let header = |name: &str| {
        head.lines()
            .filter_map(|line| line.split_once(':'))
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim().to_owned())
    };
    let value: Value = serde_json::from_str(body)?;
    let said = value.pointer("/choices/0/message/content").or_else(|| value.pointer("/error/message"));
    Ok(Reply {
        status: head.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0),
        record: header("x-portcullis-record").unwrap_or_default(),
        destination: header("x-portcullis-destination"),
        level: header("x-portcullis-level"),
        answer: said.and_then(Value::as_str).unwrap_or_default().to_owned(),
    })
}

struct Proven {
    holds: bool,
    value: Value,
}

/// The ledger verifies; a copy with one byte flipped does not, and the verdict names the record.
fn proof(folder: &Path, json: bool) -> Result<Proven> {
    let state = folder.join("state");
    let sound = ledger::verdict(&state, false)?;
    let flipped = story::flip_one_byte(&state, &folder.join("copy"))?;
    let broken = ledger::verdict(&folder.join("copy"), false)?;
    if !json {
        say("");
        say("5. The ledger");
        ledger::explain(&sound).iter().for_each(|line| say(&format!("   {line}")));
        say(&format!("   Now one byte of a copy is flipped, inside record {}:", flipped.record));
        ledger::explain(&broken).iter().for_each(|line| say(&format!("   {line}")));
    }
    let named = broken.problem.as_ref().and_then(|problem| problem.seq) == Some(flipped.record);
    Ok(Proven {
        holds: sound.sound && !broken.sound && named,
        value: json!({ "sound": sound, "flipped": flipped.record, "copy": broken }),
    })
}

/// A private folder that is removed in the end.
struct Folder(std::path::PathBuf);

impl Folder {
    fn make() -> Result<Self> {
        use std::os::unix::fs::DirBuilderExt;
        let name = format!("portcullis-demo-{}-{}", std::process::id(), control::now_ms());
        let path = std::env::temp_dir().join(name);
        // The folder must be new: a name that somebody else made is not ours.
        std::fs::DirBuilder::new().mode(0o700).create(&path).context("cannot make a folder for the tour")?;
        std::fs::create_dir(path.join("config"))?;
        std::io::stdout().flush()?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

const PAUSE: Duration = Duration::from_millis(2500);
