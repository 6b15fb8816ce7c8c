//! The rounds of one case: engines take turns, each run in a process of its own, and every answer is held against the first.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, Stdio};

use tidemark_engine::ids::escaped;

use super::data::{Data, Form};
use super::one::Report;
use super::peers::Peer;
use super::process::Processors;
use super::queries::{Holds, Query};
use crate::cli::Failure;

/// What is measured: a query over bids in some form, by so many threads.
#[derive(Clone, Copy)]
pub(super) struct Case {
    pub(super) query: &'static Query,
    pub(super) form: Form,
    pub(super) threads: usize,
}

/// An engine that answers queries.
pub(super) enum Engine {
    /// This very program, by its path.
    Ours(OsString),
    Peer(Peer),
}

impl Engine {
    /// This program.
    pub(super) fn ours() -> Result<Engine, Failure> {
        let program = std::env::current_exe();
        let program = program.map_err(|error| {
            Failure::Call(format!("the program cannot find itself to be measured: {error}"))
        })?;
        Ok(Engine::Ours(program.into_os_string()))
    }

    pub(super) fn name(&self) -> &str {
        match self {
            Engine::Ours(_) => "tidemark",
            Engine::Peer(peer) => peer.package,
        }
    }

    pub(super) fn version(&self) -> &str {
        match self {
            Engine::Ours(_) => env!("CARGO_PKG_VERSION"),
            Engine::Peer(peer) => &peer.version,
        }
    }

    fn command(&self, case: &Case, file: &Path, is_check: bool, processors: &Processors) -> Command {
        match self {
            Engine::Peer(peer) => peer.command(case, file, is_check, processors),
            Engine::Ours(program) => {
                let mut command = processors.command(program, case.threads);
                command.args(["bench-run", "--query", case.query.name, "--from", case.form.name()]);
                command.arg("--file").arg(file).arg("--threads").arg(case.threads.to_string());
                command.args(is_check.then_some("--check"));
                command
            }
        }
    }
}

/// Runs cases, and remembers the answers of all.
pub(super) struct Rounds<'a> {
    pub(super) engines: &'a [Engine],
    pub(super) data: &'a Data,
    pub(super) processors: &'a Processors,
    pub(super) n_rounds: usize,
    pub(super) answers: Answers,
}

impl Rounds<'_> {
    /// The measured runs of each engine, round by round. A round that is not measured goes before them: it brings the file into memory,
    /// and its answers add times up, too.
    ///
    /// # Errors
    /// If a run fails, or an engine answers otherwise than the first.
    pub(super) fn of(&mut self, case: &Case) -> Result<Vec<Vec<Report>>, Failure> {
        let mut runs = vec![Vec::with_capacity(self.n_rounds); self.engines.len()];
        for round in 0..=self.n_rounds {
            let is_check = round == 0;
            for (engine, runs) in self.engines.iter().zip(&mut runs) {
                let report = self.run(engine, case, is_check)?;
                self.answers.agree(engine.name(), case, is_check, &report).map_err(Failure::Run)?;
                if !is_check {
                    runs.push(report);
                }
            }
        }
        Ok(runs)
    }

    fn run(&self, engine: &Engine, case: &Case, is_check: bool) -> Result<Report, Failure> {
        let mut command = engine.command(case, &self.data.file(case.form), is_check, self.processors);
        let output = command
            .stdin(Stdio::null())
            .output()
            .map_err(|error| Failure::Call(format!("{} cannot be started: {error}", engine.name())))?;
        let report = serde_json::from_slice(&output.stdout);
        match report {
            Ok(report) if output.status.success() => Ok(report),
            _ => {
                let said = String::from_utf8_lossy(&output.stderr);
                let last =
                    said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it said nothing");
                Err(Failure::Run(format!(
                    "{} did not answer {} from {} ({}): {}",
                    engine.name(),
                    case.query.name,
                    case.form.name(),
                    output.status,
                    escaped(last)
                )))
            }
        }
    }
}

/// The answer to each query, with times added up or not. It does not depend on where bids come from, nor on threads.
#[derive(Default)]
pub(super) struct Answers {
    first: BTreeMap<(&'static str, bool), (String, Report)>,
}

impl Answers {
    /// Takes an answer, which must be the one that was given before.
    ///
    /// Sums are compared modulo 2^64, for that is how far Polars adds up.
    fn agree(&mut self, engine: &str, case: &Case, is_check: bool, report: &Report) -> Result<(), String> {
        let query = case.query;
        let who = format!("{engine} from {} by {}", case.form.name(), threads(case.threads));
        let mut sums = Vec::with_capacity(query.results.len());
        for sum in &report.sums {
            sums.push(
                sum.parse().map_err(|_| format!("{}: {who} gives a sum that is no number", query.name))?,
            );
        }
        if sums.len() != query.results.len() {
            return Err(format!(
                "{}: {who} gives {} sums of {}",
                query.name,
                sums.len(),
                query.results.len()
            ));
        }
        let Some((first, expected)) = self.first.get(&(query.name, is_check)) else {
            self.first.insert((query.name, is_check), (who, report.clone()));
            return Ok(());
        };
        let differs = |what: &str, a: &str, b: &str| {
            format!("{}: {what} is {a} for {who}, but {b} for {first}", query.name)
        };
        if report.rows != expected.rows {
            let (rows, expected) = (report.rows.to_string(), expected.rows.to_string());
            return Err(differs("the number of rows", &rows, &expected));
        }
        for (((name, holds), sum), expected) in query.results.iter().zip(&sums).zip(&expected.sums) {
            let sum: i128 = *sum;
            if expected.parse().ok().map(|expected: i128| expected as i64) != Some(sum as i64) {
                let of = match holds {
                    Holds::Times if !is_check => "the greatest",
                    _ => "the sum of",
                };
                return Err(differs(&format!("{of} `{name}`"), &sum.to_string(), expected));
            }
        }
        Ok(())
    }

    /// What a query came to, with times added up: the number of rows, and the sums of its columns.
    pub(super) fn of(
        &self,
        query: &'static Query,
    ) -> Option<(u64, impl Iterator<Item = (&'static str, &str)>)> {
        let (_, report) = self.first.get(&(query.name, true))?;
        let names = query.results.iter().map(|(name, _)| *name);
        Some((report.rows, names.zip(report.sums.iter().map(String::as_str))))
    }
}

/// `1 thread`, `2 threads`.
pub(super) fn threads(n: usize) -> String {
    if n == 1 { "1 thread".to_owned() } else { format!("{n} threads") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(rows: u64, sums: &[&str]) -> Report {
        let sums = sums.iter().map(ToString::to_string).collect();
        Report { wall_seconds: 1.0, cpu_seconds: None, peak_bytes: None, rows, sums }
    }

    fn case() -> Case {
        Case { query: Query::named("q2").expect("it is there"), form: Form::Csv, threads: 2 }
    }

    #[test]
    fn every_answer_is_held_against_the_first() {
        let mut answers = Answers::default();
        let mut agree =
            |rows: u64, sums: &[&str]| answers.agree("polars", &case(), false, &report(rows, sums));
        assert_eq!(agree(3, &["5", "-1"]), Ok(()));
        assert_eq!(agree(3, &["5", "-1"]), Ok(()));
        assert_eq!(agree(3, &["5", "18446744073709551615"]), Ok(()), "modulo 2^64");
        let who = "polars from csv by 2 threads";
        assert_eq!(
            agree(4, &["5", "-1"]),
            Err(format!("q2: the number of rows is 4 for {who}, but 3 for {who}"))
        );
        assert_eq!(
            agree(3, &["5", "1"]),
            Err(format!("q2: the sum of `price` is 1 for {who}, but -1 for {who}"))
        );
        assert_eq!(agree(3, &["5"]), Err(format!("q2: {who} gives 1 sums of 2")));
        assert_eq!(agree(3, &["5", "1.5"]), Err(format!("q2: {who} gives a sum that is no number")));
        assert!(answers.of(case().query).is_none(), "times were not added up");
    }

    #[test]
    fn answers_with_times_added_up_are_kept_apart() {
        let mut answers = Answers::default();
        answers.agree("duckdb", &case(), true, &report(3, &["5", "7"])).expect("the first");
        answers.agree("duckdb", &case(), false, &report(9, &["9", "9"])).expect("the first of its kind");
        let (rows, sums) = answers.of(case().query).expect("there is one");
        assert_eq!((rows, sums.collect::<Vec<_>>()), (3, vec![("auction", "5"), ("price", "7")]));
    }
}
