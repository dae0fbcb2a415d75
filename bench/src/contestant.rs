//! The contestants: the upstream itself, nginx as a plain reverse proxy before it, and Portcullis with everything on.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::machine::MEMORY_FOLDER;
use crate::options::Options;
use crate::process::{GATEWAY_CPU, Started, cpu, memory_bytes, name};
use crate::upstream::Upstream;

/// Who is measured.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// No gateway at all.
    Direct,
    /// nginx, one worker, connections to the upstream kept.
    Nginx,
    /// Portcullis, its ledger in memory.
    PortcullisMemory,
    /// Portcullis, its ledger on disk.
    PortcullisDisk,
}

impl Kind {
    pub(crate) const ALL: [Self; 4] = [Self::Direct, Self::Nginx, Self::PortcullisMemory, Self::PortcullisDisk];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Nginx => "nginx",
            Self::PortcullisMemory => "portcullis, ledger on tmpfs",
            Self::PortcullisDisk => "portcullis, ledger on disk",
        }
    }

    pub(crate) fn is_portcullis(self) -> bool {
        matches!(self, Self::PortcullisMemory | Self::PortcullisDisk)
    }
}

/// One contestant, ready for calls.
pub(crate) struct Contestant {
    /// Where plain calls go.
    pub(crate) address: String,
    /// Where streams go; the same, but for nginx, which needs its buffering off there.
    pub(crate) stream_address: String,
    /// What calls must carry.
    pub(crate) key: Option<String>,
    /// Where its files are.
    pub(crate) folder: PathBuf,
    /// The listener for operators, of those that have one.
    pub(crate) admin_address: Option<String>,
    /// What that listener must be shown.
    pub(crate) admin_key: Option<String>,
    process: Option<Started>,
    state: Option<PathBuf>,
}

impl Contestant {
    /// Starts it, pinned, and waits until it listens.
    ///
    /// # Errors
    /// When a program is missing or does not start.
    pub(crate) fn start(kind: Kind, upstream: &Upstream, folder: &Path, options: &Options) -> Result<Self> {
        match kind {
            Kind::Direct => Ok(Self {
                address: upstream.address.clone(),
                stream_address: upstream.address.clone(),
                key: None,
                folder: folder.to_path_buf(),
                admin_address: None,
                admin_key: None,
                process: None,
                state: None,
            }),
            Kind::Nginx => Self::nginx(upstream, folder),
            Kind::PortcullisMemory => Self::portcullis(upstream, folder, Path::new(MEMORY_FOLDER), options),
            Kind::PortcullisDisk => Self::portcullis(upstream, folder, folder, options),
        }
    }

    /// The processor time it has used so far; nothing where there is no process.
    ///
    /// # Errors
    /// When the process is gone.
    pub(crate) fn cpu(&self) -> Result<Option<Duration>> {
        self.ids().map(|ids| ids.into_iter().map(cpu).sum()).transpose()
    }

    /// The memory it holds now, in bytes; nothing where there is no process.
    ///
    /// # Errors
    /// When the process is gone.
    pub(crate) fn memory(&self) -> Result<Option<u64>> {
        self.ids().map(|ids| ids.into_iter().map(memory_bytes).sum()).transpose()
    }

    /// The process and its workers; the embedded model's child takes no part in these calls and is left out.
    fn ids(&self) -> Option<Vec<u32>> {
        let process = self.process.as_ref()?;
        let own = process.child.id();
        Some(process.family().into_iter().filter(|id| *id == own || name(*id) == "nginx").collect())
    }

    fn nginx(upstream: &Upstream, folder: &Path) -> Result<Self> {
        let (address, stream_address) = (free_address()?, free_address()?);
        let folder = folder.join("nginx");
        std::fs::create_dir_all(&folder).context("making the folder for nginx")?;
        let here = folder.display().to_string();
        let configuration = NGINX
            .replace("{folder}", &here)
            .replace("{upstream}", &upstream.address)
            .replace("{calls}", &address)
            .replace("{streams}", &stream_address);
        let path = folder.join("nginx.conf");
        std::fs::write(&path, configuration).context("writing the configuration for nginx")?;
        let mut command = Command::new("nginx");
        command.arg("-p").arg(&folder).arg("-e").arg(folder.join("error.log")).arg("-c").arg(&path);
        let process = Started::pinned(GATEWAY_CPU, &command)?;
        await_listener(&address)?;
        await_listener(&stream_address)?;
        Ok(Self {
            address,
            stream_address,
            key: None,
            folder,
            admin_address: None,
            admin_key: None,
            process: Some(process),
            state: None,
        })
    }

    fn portcullis(upstream: &Upstream, folder: &Path, state_parent: &Path, options: &Options) -> Result<Self> {
        let program = options.portcullis.as_deref().context("no program given (--portcullis)")?;
        let (address, admin_address) = (free_address()?, free_address()?);
        let configuration = folder.join("portcullis");
        std::fs::create_dir_all(configuration.join("destinations")).context("making the configuration folder")?;
        std::fs::write(configuration.join("portcullis.toml"), PORTCULLIS).context("writing portcullis.toml")?;
        let destination = DESTINATION.replace("{upstream}", &upstream.address);
        std::fs::write(configuration.join("destinations").join("bench.toml"), destination)
            .context("writing bench.toml")?;
        let state = state_parent.join(format!("portcullis-bench-{}", std::process::id()));
        std::fs::create_dir_all(&state).context("making the state folder")?;
        let log = std::fs::File::create(folder.join("portcullis.log")).context("making the log")?;
        let mut command = Command::new(program);
        command.arg("serve").arg("--config").arg(&configuration).arg("--state").arg(&state);
        command.args(["--listen", &address, "--admin-listen", &admin_address]);
        let mut contestant = Self {
            stream_address: address.clone(),
            address,
            key: None,
            folder: folder.to_path_buf(),
            admin_address: Some(admin_address),
            admin_key: None,
            process: Some(Started::logged(GATEWAY_CPU, &command, log)?),
            state: Some(state.clone()),
        };
        await_listener(&contestant.address)?;
        contestant.key = Some(make_key(program, &configuration, &state, &["bench", "--floor", "public"])?);
        contestant.admin_key = Some(make_key(program, &configuration, &state, &["bench-operator", "--admin"])?);
        Ok(contestant)
    }
}

impl Drop for Contestant {
    fn drop(&mut self) {
        // The process first: it closes its ledger in there.
        self.process = None;
        if let Some(state) = &self.state {
            let _gone = std::fs::remove_dir_all(state);
        }
    }
}

fn make_key(program: &Path, configuration: &Path, state: &Path, wanted: &[&str]) -> Result<String> {
    let mut command = Command::new(program);
    command.args(["key", "create"]).args(wanted).arg("--json");
    let output =
        command.arg("--config").arg(configuration).arg("--state").arg(state).output().context("making a key")?;
    if !output.status.success() {
        bail!("`portcullis key create` failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    let made: serde_json::Value =
        serde_json::from_slice(&output.stdout).context("the answer of `portcullis key create`")?;
    let key = made
        .get("key")
        .and_then(serde_json::Value::as_str)
        .context("no key in the answer of `portcullis key create`")?;
    Ok(key.to_owned())
}

/// A port that is free now; taken by the contestant at once.
fn free_address() -> Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").context("no free port")?;
    Ok(listener.local_addr().context("no address")?.to_string())
}

fn await_listener(address: &str) -> Result<()> {
    let begun = Instant::now();
    while begun.elapsed() < START_TIME_MAX {
        if std::net::TcpStream::connect(address).is_ok() {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    bail!("nothing listens on {address} after {} s; see the log beside the configuration", START_TIME_MAX.as_secs())
}

const START_TIME_MAX: Duration = Duration::from_secs(60);

const PORTCULLIS: &str = "mode = \"development\"\n";

const DESTINATION: &str = r#"kind = "openai"
hosting = "self_hosted"
endpoint = "http://{upstream}/v1"
model = "bench"
aliases = ["bench"]
region = "local"
jurisdiction = "EU"
private_network = true
"#;

const NGINX: &str = r#"daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log crit;
events { worker_connections 8192; }
http {
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    client_body_buffer_size 16k;
    keepalive_requests 100000000;
    tcp_nodelay on;
    upstream models { server {upstream}; keepalive 1024; keepalive_requests 100000000; }
    proxy_http_version 1.1;
    proxy_set_header connection "";
    server { listen {calls} backlog=4096; location / { proxy_pass http://models; } }
    server { listen {streams} backlog=4096; location / { proxy_pass http://models; proxy_buffering off; } }
}
"#;
