//! `portcullis inspect`: what would be found in a text, and at what level.

use std::io::{BufRead, Read, Write};

use anyhow::{Context, Result};
use inspect::{Channel, Excepted, Inspector, Piece};

use super::{say, warn};
use crate::cli::Place;
use crate::config::bundle::hex;
use crate::{Exit, assemble};

/// Runs `portcullis inspect`.
///
/// # Errors
/// Standard input cannot be read, or the configuration does not load.
pub fn run(place: &Place, lines: bool, channel: &str) -> Result<Exit> {
    let inspector = assemble::inspector_of(place)?;
    if lines {
        return each_line(&inspector);
    }
    let Ok(channel) = channel.parse::<Channel>() else {
        warn(&format!(
            "There is no channel `{channel}`. Use system, user, assistant, tool, document, attachment, parameter or answer."
        ));
        return Ok(Exit::Misuse);
    };
    let mut text = String::new();
    std::io::stdin().lock().read_to_string(&mut text).context("standard input is not UTF-8 text")?;
    if place.json {
        let line = serde_json::json!({ "text": text, "channel": channel.as_str() }).to_string();
        return Ok(one(&inspector, line.as_bytes()));
    }
    let found = inspector.inspect(&[Piece::text(channel, &text)]);
    say(&format!("Level {}, injection {:.2}.", found.level, found.injection));
    if found.findings.is_empty() {
        say("Nothing was found.");
    }
    for finding in &found.findings {
        say(&format!(
            "  {:<28} bytes {}–{}, confidence {:.2}, by {}",
            finding.class.as_str(),
            finding.start,
            finding.end,
            finding.confidence,
            finding.detector
        ));
    }
    Ok(Exit::Done)
}

/// Runs `portcullis inspect --exception CLASS`: an exception for the value on standard input, to be put into `classes/`.
///
/// # Errors
/// Standard input cannot be read, or the system gives no random bytes.
pub fn exception(place: &Place, class: &str) -> Result<Exit> {
    let mut value = String::new();
    std::io::stdin().lock().read_to_string(&mut value).context("standard input is not UTF-8 text")?;
    let value = value.trim();
    if value.is_empty() {
        warn(
            "There is nothing on standard input. Give the value that is no finding: printf '%s' VALUE | portcullis inspect --exception pii.email",
        );
        return Ok(Exit::Misuse);
    }
    let mut salt = [0; SALT_BYTES];
    getrandom::fill(&mut salt).map_err(|error| anyhow::anyhow!("the system gives no random bytes: {error}"))?;
    let digest = format!("hmac-sha256:{}:{}", hex(&salt), hex(&Excepted::digest(&salt, value)));
    if place.json {
        say(&serde_json::json!({ "class": class, "value": digest }).to_string());
    } else {
        say(&format!(
            "# Put this into a file in classes/ and fill in the rest. The value itself is not in it.\n[[exceptions]]\nname = \"\"\nclass = \"{class}\"\nvalue = \"{digest}\"\nowner = \"\"\nreason = \"\"\nexpires = "
        ));
    }
    Ok(Exit::Done)
}

fn each_line(inspector: &Inspector) -> Result<Exit> {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for line in std::io::stdin().lock().lines() {
        let line = line.context("standard input is not UTF-8 text")?;
        match proxy::looked_at(inspector, line.as_bytes()) {
            Ok(seen) => {
                out.write_all(&seen)?;
                out.write_all(b"\n")?;
            }
            Err(refusal) => {
                out.flush()?;
                warn(&format!("{}; {}.", refusal.why, refusal.help));
                return Ok(Exit::Misuse);
            }
        }
    }
    out.flush()?;
    Ok(Exit::Done)
}

fn one(inspector: &Inspector, line: &[u8]) -> Exit {
    match proxy::looked_at(inspector, line) {
        Ok(seen) => {
            say(&String::from_utf8_lossy(&seen));
            Exit::Done
        }
        Err(refusal) => {
            warn(&format!("{}; {}.", refusal.why, refusal.help));
            Exit::Misuse
        }
    }
}

const SALT_BYTES: usize = 16;
