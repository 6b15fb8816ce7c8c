//! The other engines: from PyPI, run by a Python program that is part of this one.

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::process::{Command, Stdio};

use clap::ValueEnum;
use serde_json::json;
use tidemark_engine::ids::escaped;

use super::process::Processors;
use super::queries::{Holds, Query};
use super::rounds::Case;

const PROGRAM: &str = include_str!("peers.py");

/// The engines that there may be beside ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(super) enum PeerName {
    Duckdb,
    Polars,
    /// Ours alone
    None,
}

impl PeerName {
    /// The name of its package.
    fn package(self) -> Option<&'static str> {
        match self {
            PeerName::Duckdb => Some("duckdb"),
            PeerName::Polars => Some("polars"),
            PeerName::None => None,
        }
    }
}

/// An engine that is installed.
pub(super) struct Peer {
    /// The name of its package.
    pub(super) package: &'static str,
    /// Its version, as it says itself.
    pub(super) version: String,
    python: OsString,
}

impl Peer {
    /// Those of `names` that are installed for `python`. Says on standard error what is missing.
    pub(super) fn installed(names: &[PeerName], python: &OsStr) -> Vec<Peer> {
        let mut peers = Vec::new();
        for package in names.iter().filter_map(|name| name.package()) {
            match version(package, python) {
                Ok(version) => peers.push(Peer { package, version, python: python.to_owned() }),
                Err(missing) => eprintln!("{missing}"),
            }
        }
        peers
    }

    /// The call that answers one case.
    pub(super) fn command(
        &self,
        case: &Case,
        file: &Path,
        is_check: bool,
        processors: &Processors,
    ) -> Command {
        let mut command = processors.command(&self.python, case.threads);
        command.arg("-c").arg(PROGRAM).arg(self.call(case, file, is_check).to_string());
        command
    }

    fn call(&self, case: &Case, file: &Path, is_check: bool) -> serde_json::Value {
        let Query { columns, results, sql, polars, .. } = case.query;
        let results: Vec<[&str; 2]> = results
            .iter()
            .map(|(column, holds)| {
                let holds = match holds {
                    Holds::Numbers => "numbers",
                    Holds::Times => "times",
                    Holds::Texts => "texts",
                };
                [*column, holds]
            })
            .collect();
        json!({
            "engine": self.package,
            "from": case.form.name(),
            "path": file.to_string_lossy(),
            "threads": case.threads,
            "columns": columns,
            "results": results,
            "sql": sql,
            "polars": polars,
            "check": is_check,
        })
    }
}

/// The version of a package that `python` can import, or why there is none.
fn version(package: &str, python: &OsStr) -> Result<String, String> {
    let shown = escaped(&python.to_string_lossy()).into_owned();
    let mut call = Command::new(python);
    call.arg("-c").arg(format!("import {package}; print({package}.__version__)")).stdin(Stdio::null());
    let output = call.output().map_err(|error| {
        format!("{package} is left out: `{shown}` cannot be started ({error}); name the Python that has it with `--python`")
    })?;
    let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if output.status.success() && !version.is_empty() {
        return Ok(escaped(&version).into_owned());
    }
    Err(format!("{package} is left out: `{shown}` cannot import it; `pip install {package}` adds it"))
}
