//! `portcullis policy signer` and `portcullis policy sign`: keys of the people who sign policies, and their signatures.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::{Context, Result, anyhow};
use ed25519_dalek::SigningKey;
use serde_json::json;
use zeroize::Zeroizing;

use super::sources;
use crate::Exit;
use crate::cli::Place;
use crate::commands::{say, warn};
use crate::config::bundle::{self, Bundle};

/// Makes a signing key in a new file, and tells its public part.
///
/// # Errors
/// The file cannot be written, or is there already.
pub(super) fn signer(place: &Place, file: &Path) -> Result<Exit> {
    let mut seed = Zeroizing::new([0u8; 32]);
    getrandom::fill(&mut *seed).context("the system gives no random bytes")?;
    let text = Zeroizing::new(format!("{}\n", bundle::hex(&*seed)));
    let made = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
    made.and_then(|mut file| file.write_all(text.as_bytes()))
        .with_context(|| format!("cannot write `{}`; a key is never overwritten", file.display()))?;
    let public =
        format!("{}{}", bundle::KEY_KIND, bundle::hex(SigningKey::from_bytes(&seed).verifying_key().as_bytes()));
    if place.json {
        say(&json!({ "public_key": public }).to_string());
    } else {
        say("Wrote the key; keep it where only you can read it. In portcullis.toml:");
        say("");
        say("    [policy_signers]");
        say(&format!("    your-name = \"{public}\""));
    }
    Ok(Exit::Done)
}

/// Signs the policies of the configuration, or adds a signature to those that others made.
///
/// # Errors
/// The key or the policies cannot be read, or the signatures cannot be written.
pub(super) fn sign(place: &Place, key: &Path, name: &str, change: Option<&str>) -> Result<Exit> {
    let folder = sources::folder(place)?;
    let policies: Vec<_> = sources::read(&folder)?;
    let seed =
        Zeroizing::new(std::fs::read_to_string(key).with_context(|| format!("cannot read `{}`", key.display()))?);
    let seed: Zeroizing<[u8; 32]> = Zeroizing::new(
        bundle::unhex(seed.trim()).ok_or_else(|| anyhow!("`{}` holds no key of `policy signer`", key.display()))?,
    );
    if name.is_empty() || name.chars().any(char::is_whitespace) {
        warn("No: a signer's name is one word.\nUse the one under [policy_signers].");
        return Ok(Exit::No);
    }
    let path = folder.join(bundle::FILE);
    let begun = std::fs::read_to_string(&path).ok().and_then(|text| Bundle::parse(&text).ok());
    let begun = begun.filter(|bundle| bundle.is_of(&policies) && change.is_none_or(|change| change == bundle.change()));
    let mut bundle = match (begun, change) {
        (Some(bundle), _) => bundle,
        (None, Some(change)) => Bundle::new(change, &policies).map_err(|why| anyhow!(why))?,
        (None, None) => {
            warn("No: nobody has signed these files yet, so the change needs an id.\nSay `--change ID`.");
            return Ok(Exit::No);
        }
    };
    bundle.sign(name, &SigningKey::from_bytes(&seed));
    std::fs::write(&path, bundle.text()).with_context(|| format!("cannot write `{}`", path.display()))?;
    let names = bundle.names().join(", ");
    if place.json {
        say(&json!({ "change": bundle.change(), "signed_by": bundle.names() }).to_string());
    } else {
        say(&format!("{} policy files, change {}, signed by {names}.", policies.len(), bundle.change()));
    }
    Ok(Exit::Done)
}
