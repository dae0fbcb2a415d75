//! Secrets are references, never values: `env:NAME` or `file:/path`.

use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

/// A secret with where it came from. It prints as its reference.
#[derive(Clone, PartialEq, Eq)]
pub struct Credential {
    /// For example `env:WARD_LLM_KEY`.
    pub reference: String,
    /// The secret, without white space around it.
    pub secret: Zeroizing<String>,
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credential({}, {} bytes)", self.reference, self.secret.len())
    }
}

/// Why a reference gives no secret, and what to do. Never with the text of the reference, which could be the secret.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NoSecret {
    pub(super) message: String,
    pub(super) help: &'static str,
}

/// Looks up a reference. A file with a secret is added to `files`, so that a rotation is noticed.
pub(super) fn resolve(
    reference: &str,
    dir: &Path,
    env: &dyn Fn(&str) -> Option<String>,
    files: &mut Vec<PathBuf>,
) -> Result<Credential, NoSecret> {
    let secret = if let Some(name) = reference.strip_prefix("env:") {
        from_env(name, env)?
    } else if let Some(path) = reference.strip_prefix("file:") {
        from_file(&dir.join(path), files)?
    } else if reference == "federated" || reference.starts_with("federated:") || reference.starts_with("vault:") {
        return Err(no("is a reference of a kind that is not built yet", "use `env:NAME` or `file:/path`"));
    } else {
        return Err(no(
            "is not a reference; if it is the secret itself, it has leaked into a file that belongs in git: revoke it",
            "write `env:NAME` or `file:/path`",
        ));
    };
    let trimmed = Zeroizing::new(secret.trim().to_owned());
    if trimmed.is_empty() {
        return Err(no("refers to a secret that is empty", "set it, or remove `credential` so that none is sent"));
    }
    if !trimmed.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(no(
            "refers to a secret with characters that no HTTP header may carry",
            "check that it is one line of plain characters",
        ));
    }
    Ok(Credential { reference: reference.to_owned(), secret: trimmed })
}

fn from_env(name: &str, env: &dyn Fn(&str) -> Option<String>) -> Result<Zeroizing<String>, NoSecret> {
    let well_formed = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if !well_formed {
        return Err(no("does not name an environment variable", "write `env:` and its name: letters, digits and `_`"));
    }
    env(name).map(Zeroizing::new).ok_or_else(|| {
        no(&format!("refers to the environment variable `{name}`, which is not set"), "set it where the door runs")
    })
}

fn from_file(path: &Path, files: &mut Vec<PathBuf>) -> Result<Zeroizing<String>, NoSecret> {
    let unreadable = |error: std::io::Error| {
        no(
            &format!("refers to `{}`, which cannot be read: {error}", path.display()),
            "make it readable for the door alone",
        )
    };
    let file = std::fs::File::open(path).map_err(unreadable)?;
    let mut text = Zeroizing::new(String::new());
    file.take(SECRET_BYTES_MAX + 1).read_to_string(&mut text).map_err(unreadable)?;
    if text.len() as u64 > SECRET_BYTES_MAX {
        return Err(no(
            &format!("refers to a file of more than {SECRET_BYTES_MAX} bytes"),
            "name the file with the secret alone",
        ));
    }
    files.push(path.to_owned());
    Ok(text)
}

fn no(message: &str, help: &'static str) -> NoSecret {
    NoSecret { message: message.to_owned(), help }
}

/// The longest secret in bytes.
const SECRET_BYTES_MAX: u64 = 16 * 1024;
