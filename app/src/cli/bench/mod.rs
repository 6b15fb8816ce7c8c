//! `tidemark bench`: how long queries take, beside other engines in the same run, with every answer checked.

mod data;
mod one;
mod peers;
mod process;
mod queries;
mod report;
mod rounds;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;
use clap::builder::PossibleValuesParser;
use serde_json::{Value, json};

pub(super) use self::one::{OneArgs, one};

use self::data::{Data, Form, MODE, SEED};
use self::peers::{Peer, PeerName};
use self::process::{Processors, processor_name};
use self::queries::{QUERIES, Query};
use self::report::{Measured, heading};
use self::rounds::{Answers, Case, Engine, Rounds, threads};
use super::figures::Figures;
use super::{Failure, shown};
use crate::app::Folders;
use crate::ui_kit::format;

const AFTER_HELP: &str = "\
Every run is a process of its own. Time counts from the start of the query, the opening of its file included, until the last row of its \
result has been added up: every engine adds up every column of the result, inside of itself. Starting the process, importing a package \
and bringing bids into memory do not count, nor does the separate process in which `tidemark run` first looks at a Parquet file, which \
is not started here. Ours plans the flow and keeps watermarks, counts of every row and figures of every node \
meanwhile.

In each round the engines take turns. A round that is not measured goes before the others, and brings the file into the system's memory. \
For one thread processor time counts, of the whole process, which is held to one processor; for more it is time on the wall. Figures \
are medians; a ratio is taken within a round, and stands with the least and the greatest.

Row counts and sums of columns of all engines must agree, or the call fails with status 3.";

/// What `bench` takes.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct BenchArgs {
    /// How many events there are, of which 46 in 50 are bids
    #[arg(long, value_name = "N", default_value_t = 10_000_000, value_parser = clap::value_parser!(u64).range(1_000..=1_000_000_000))]
    events: u64,
    /// The queries to run; all unless set
    #[arg(long, value_name = "NAME,…", value_delimiter = ',', value_parser = PossibleValuesParser::new(QUERIES.iter().map(|query| query.name)))]
    queries: Vec<String>,
    /// Where bids are read from
    #[arg(long, value_name = "FORM,…", value_delimiter = ',', value_enum, default_values_t = [Form::Parquet, Form::Csv, Form::Memory])]
    from: Vec<Form>,
    /// How many threads each engine has; 1 and 2 unless set, as far as there are processors
    #[arg(long, value_name = "N,…", value_delimiter = ',', value_parser = clap::value_parser!(u16).range(1..=128))]
    threads: Vec<u16>,
    /// How many times each engine is measured
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=1_000))]
    rounds: u16,
    /// The folder for files of bids, which are written once and used again; in the user's cache unless set
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
    /// Writes everything, run by run, to a JSON file
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// The engines beside ours, as far as they are installed
    #[arg(long, value_name = "NAME,…", value_delimiter = ',', value_enum, default_values_t = [PeerName::Duckdb, PeerName::Polars])]
    peers: Vec<PeerName>,
    /// The Python that has the packages of the other engines
    #[arg(long, value_name = "PATH", default_value = if cfg!(windows) { "python" } else { "python3" })]
    python: OsString,
}

/// Measures, and prints a line as soon as it is there.
pub(super) fn bench(args: &BenchArgs) -> Result<(), Failure> {
    let processors = Processors::of_this_machine();
    let counts = thread_counts(&args.threads, processors.n())?;
    let file = args.json.as_deref().map(Figures::to).transpose()?;
    let peers = unique(&args.peers);
    if peers.len() > 1 && peers.contains(&PeerName::None) {
        return Err(Failure::Call(
            "`--peers none` names no others: leave out `none` or the others".to_owned(),
        ));
    }
    let mut engines = vec![Engine::ours()?];
    engines.extend(Peer::installed(&peers, &args.python).into_iter().map(Engine::Peer));

    let data = Data::new(args.data.clone().unwrap_or_else(|| Folders::cache().join("bench")), args.events);
    let forms = unique(&args.from);
    data.write_missing(&forms)?;
    if let Some(form) = forms.first()
        && args.data.is_none()
    {
        eprintln!("bids are in `{}`", shown(data.file(*form).parent().unwrap_or(&data.file(*form))));
    }

    let about = About { args, processors: &processors, engines: &engines, n_bids: data.n_bids() };
    println!("{}\n\n{}", about.lines(), heading(&engines));
    let mut rounds = Rounds {
        engines: &engines,
        data: &data,
        processors: &processors,
        n_rounds: args.rounds.into(),
        answers: Answers::default(),
    };
    let mut measured = Vec::new();
    for query in chosen(&args.queries) {
        for form in &forms {
            let mut by_one_thread = None;
            for threads in &counts {
                let case = Case { query, form: *form, threads: *threads };
                let runs = rounds.of(&case)?;
                let figures = Measured::new(case, data.n_bids(), runs, by_one_thread);
                if *threads == 1 {
                    by_one_thread = Some(figures.wall_seconds());
                }
                println!("{}", figures.line());
                measured.push(figures);
            }
        }
    }
    let Some(file) = file else { return Ok(()) };
    let results: Vec<Value> =
        measured.iter().map(|measured| measured.to_json(&engines, &rounds.answers)).collect();
    file.write(&about.to_json(&results))
}

/// The queries of these names, or all, in the order of the list.
fn chosen(names: &[String]) -> impl Iterator<Item = &'static Query> {
    QUERIES.iter().filter(move |query| names.is_empty() || names.iter().any(|name| name == query.name))
}

/// How many threads there are in turn, rising.
fn thread_counts(asked: &[u16], n_processors: usize) -> Result<Vec<usize>, Failure> {
    let asked: Vec<usize> = unique(asked).into_iter().map(usize::from).collect();
    if asked.is_empty() {
        return Ok((1..=n_processors.min(2)).collect());
    }
    match asked.iter().find(|n| **n > n_processors) {
        None => Ok(asked),
        Some(n) => Err(Failure::Call(format!(
            "{} cannot be measured where there is room for {n_processors}: set `--threads` to {n_processors} or fewer",
            threads(*n)
        ))),
    }
}

/// Each once, in order.
fn unique<T: Ord + Copy>(values: &[T]) -> Vec<T> {
    let once: BTreeMap<T, ()> = values.iter().map(|value| (*value, ())).collect();
    once.into_keys().collect()
}

/// What a reader must know of figures.
struct About<'a> {
    args: &'a BenchArgs,
    processors: &'a Processors,
    engines: &'a [Engine],
    n_bids: u64,
}

impl About<'_> {
    fn lines(&self) -> String {
        let engines: Vec<String> =
            self.engines.iter().map(|engine| format!("{} {}", engine.name(), engine.version())).collect();
        let n = self.processors.n();
        let build = if cfg!(debug_assertions) { " · a debug build, whose figures mean nothing" } else { "" };
        format!(
            "{} · {n} processor{} · {} {}{build}\n{}\n{} bids of {} events · median of {} round{} · seconds",
            processor_name(),
            if n == 1 { "" } else { "s" },
            std::env::consts::OS,
            std::env::consts::ARCH,
            engines.join(" · "),
            format::count(self.n_bids),
            format::count(self.args.events),
            self.args.rounds,
            if self.args.rounds == 1 { "" } else { "s" },
        )
    }

    fn to_json(&self, results: &[Value]) -> Value {
        let engines: Vec<Value> = self
            .engines
            .iter()
            .map(|engine| json!({ "engine": engine.name(), "version": engine.version() }))
            .collect();
        json!({
            "version": 1,
            "machine": {
                "processor": processor_name(),
                "n_processors": self.processors.n(),
                "held_to_processors": self.processors.can_pin(),
                "os": std::env::consts::OS,
                "arch": std::env::consts::ARCH,
            },
            "debug_build": cfg!(debug_assertions),
            "events": self.args.events,
            "bids": self.n_bids,
            "seed": SEED,
            "mode": MODE,
            "rounds": self.args.rounds,
            "engines": engines,
            "results": results,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thread_counts_are_those_asked_for_as_far_as_there_are_processors() {
        let counts = |asked: &[u16], n: usize| thread_counts(asked, n).map_err(|failure| failure.to_string());
        assert_eq!(counts(&[], 1), Ok(vec![1]));
        assert_eq!(counts(&[], 64), Ok(vec![1, 2]));
        assert_eq!(counts(&[4, 1, 4], 4), Ok(vec![1, 4]));
        let refused = counts(&[1, 8], 4).expect_err("there are four");
        assert!(refused.contains("8 threads") && refused.contains("`--threads` to 4"), "{refused}");
    }

    #[test]
    fn queries_run_in_the_order_of_the_list() {
        let names = |asked: &[&str]| -> Vec<&str> {
            let asked: Vec<String> = asked.iter().map(ToString::to_string).collect();
            chosen(&asked).map(|query| query.name).collect()
        };
        assert_eq!(names(&["q7", "q0"]), ["q0", "q7"]);
        assert_eq!(names(&[]).len(), QUERIES.len());
    }
}
