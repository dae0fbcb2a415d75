//! What can be asked of a run.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use crate::contestant::Kind;

/// One run's settings.
#[derive(Clone)]
pub(crate) struct Options {
    /// The program to measure; without it only direct and nginx run.
    pub(crate) portcullis: Option<PathBuf>,
    /// Where the tables go; without it they are only printed.
    pub(crate) page: Option<PathBuf>,
    /// How long each load of calls is measured, in seconds.
    pub(crate) seconds: u64,
    /// Loads of calls: how many connections each.
    pub(crate) connections: Vec<usize>,
    /// Loads of streams: how many at once each.
    pub(crate) streams: Vec<usize>,
    /// What was asked for on the command line, paths left out, each option after a space.
    pub(crate) given: String,
    only: Option<Vec<String>>,
    folder: Option<PathBuf>,
}

impl Options {
    /// Reads the command line; nothing when help was asked for.
    ///
    /// # Errors
    /// When an option is unknown or its value cannot be read.
    pub(crate) fn parse(arguments: &[String]) -> Result<Option<Self>> {
        let mut options = Self {
            portcullis: None,
            page: None,
            seconds: 8,
            connections: vec![1, 50, 500],
            streams: vec![250, 1000],
            given: String::new(),
            only: None,
            folder: None,
        };
        let mut arguments = arguments.iter();
        while let Some(name) = arguments.next() {
            if matches!(name.as_str(), "--help" | "-h") {
                return Ok(None);
            }
            let value = arguments.next().with_context(|| format!("`{name}` needs a value\n\n{USAGE}"))?;
            if !matches!(name.as_str(), "--portcullis" | "--page" | "--folder") {
                options.given.push_str(&format!(" {name} {value}"));
            }
            match name.as_str() {
                "--portcullis" => options.portcullis = Some(value.into()),
                "--page" => options.page = Some(value.into()),
                "--seconds" => options.seconds = value.parse().context("--seconds is a number")?,
                "--connections" => options.connections = numbers(value)?,
                "--streams" => options.streams = numbers(value)?,
                "--only" => options.only = Some(value.split(',').map(str::to_owned).collect()),
                "--folder" => options.folder = Some(value.into()),
                other => bail!("there is no option `{other}`\n\n{USAGE}"),
            }
        }
        Ok(Some(options))
    }

    /// Whether this contestant takes part.
    pub(crate) fn wants(&self, kind: Kind) -> bool {
        let asked =
            self.only.as_ref().is_none_or(|only| only.iter().any(|name| kind.name().starts_with(name.as_str())));
        asked && (self.portcullis.is_some() || !kind.is_portcullis())
    }

    /// The folder for configuration, state on disk and logs: beside the program that runs, unless one is given.
    ///
    /// # Errors
    /// When it cannot be made.
    pub(crate) fn folder(&self) -> Result<PathBuf> {
        let folder = match &self.folder {
            Some(folder) => folder.clone(),
            None => {
                let program = std::env::current_exe().context("where this program is")?;
                program.parent().context("this program has no folder")?.join("bench-door-run")
            }
        };
        std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        Ok(folder)
    }
}

fn numbers(text: &str) -> Result<Vec<usize>> {
    text.split(',')
        .filter(|part| !part.is_empty())
        .map(|part| part.parse().context("a list of numbers, 1,50,500"))
        .collect()
}

pub(crate) const USAGE: &str = "\
cargo xtask bench door [options]

  --seconds N          how long each load of calls is measured (8)
  --connections A,B    the loads of calls (1,50,500; empty: none)
  --streams A,B        the loads of streams (250,1000; empty: none)
  --only NAME,NAME     contestants whose names begin so: direct, nginx, portcullis
  --page FILE          where the tables are written (docs/benchmarks.md)
  --folder DIR         where configuration, state and logs go; its disk is the one that is measured

It needs nginx, wrk and taskset (on Debian: apt-get install nginx-light wrk util-linux) and two processors.";
