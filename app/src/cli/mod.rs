//! The command line: one file to a command. Results go to standard output, everything else to standard error.

mod bench;
mod check;
mod figures;
mod load;
mod nexmark;
mod read_apart;
mod run;

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use tidemark_engine::error::{EngineError, Origin};
use tidemark_engine::ids::escaped;

use crate::apart::COMMAND;

/// Design, replay, debug and understand event-time dataflows.
#[derive(Parser)]
#[command(
    name = "tidemark",
    version,
    about,
    disable_help_subcommand = true,
    args_conflicts_with_subcommands = true
)]
struct CommandLine {
    #[command(subcommand)]
    command: Option<Command>,
    /// The flow to open in the window; without one, a sample that is already playing
    flow: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Command {
    /// Run a flow without a window, to its end or until Ctrl-C
    Run(run::RunArgs),
    /// Say what is unfinished or doubtful about a flow
    Check(check::CheckArgs),
    /// Write the bids, auctions and persons of the Nexmark benchmark to files
    Nexmark(nexmark::NexmarkArgs),
    /// Measure queries of the Nexmark benchmark, beside DuckDB and Polars where they are installed
    Bench(bench::BenchArgs),
    /// One run of one query, which `bench` starts
    #[command(hide = true)]
    BenchRun(bench::OneArgs),
    /// Reads files for another process, which does not trust them yet
    #[command(hide = true, name = COMMAND)]
    ReadApart(read_apart::ReadApartArgs),
}

/// What every command that reads a flow takes.
#[derive(Args)]
struct FlowArgs {
    /// The flow file
    flow: PathBuf,
    /// Sets a parameter of the flow; may be given more than once
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = name_and_value)]
    set: Vec<(String, String)>,
    /// Folder at which relative paths of sinks start
    #[arg(long, value_name = "DIR", default_value = ".")]
    output_dir: PathBuf,
    /// Allows the flow a file or folder outside its own; may be given more than once
    #[arg(long, value_name = "PATH")]
    allow: Vec<PathBuf>,
}

/// A path as a terminal may show it.
fn shown(path: &Path) -> String {
    escaped(&path.to_string_lossy()).into_owned()
}

fn name_and_value(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write it as NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

/// Why a command ended without its result; decides the exit status.
#[derive(Debug)]
pub enum Failure {
    /// The flow or its data is at fault: status 1.
    Flow(String),
    /// The call or the machine is at fault: status 2.
    Call(String),
    /// The run failed: status 3.
    Run(String),
    /// The run was stopped by Ctrl-C: status 130, as shells have it.
    Interrupted(String),
}

impl Failure {
    /// A failure while a flow was being read or checked.
    fn before_run(error: &EngineError) -> Failure {
        match error.origin() {
            Origin::Flow | Origin::Data => Failure::Flow(error.to_string()),
            Origin::Machine => Failure::Call(error.to_string()),
            Origin::Internal => Failure::Run(error.to_string()),
        }
    }

    fn status(&self) -> u8 {
        match self {
            Failure::Flow(_) => 1,
            Failure::Call(_) => 2,
            Failure::Run(_) => 3,
            Failure::Interrupted(_) => 130,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Failure::Flow(text) | Failure::Call(text) | Failure::Run(text) | Failure::Interrupted(text)) =
            self;
        f.write_str(text)
    }
}

/// Does what the command line says. `window` opens the window, on a flow if one is given.
pub fn main(window: impl FnOnce(Option<PathBuf>) -> Result<(), Failure>) -> ExitCode {
    let call = CommandLine::parse();
    let done = match call.command {
        None => window(call.flow),
        Some(Command::Run(args)) => run::run(&args),
        Some(Command::Check(args)) => check::check(&args),
        Some(Command::Nexmark(args)) => nexmark::nexmark(&args),
        Some(Command::Bench(args)) => bench::bench(&args),
        Some(Command::BenchRun(args)) => bench::one(&args),
        Some(Command::ReadApart(args)) => read_apart::read_apart(&args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("tidemark: {}", escaped(&failure.to_string()));
            ExitCode::from(failure.status())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        CommandLine::command().debug_assert();
    }

    #[test]
    fn a_flow_without_a_command_is_opened_and_a_command_takes_its_own() {
        let open = CommandLine::try_parse_from(["tidemark", "a.flow.json"]).expect("valid");
        assert!(open.command.is_none() && open.flow == Some(PathBuf::from("a.flow.json")));
        let run =
            CommandLine::try_parse_from(["tidemark", "run", "a.flow.json", "--set", "n=1", "--speed", "60"]);
        assert!(matches!(run.expect("valid").command, Some(Command::Run(_))));
        assert!(CommandLine::try_parse_from(["tidemark", "run", "a", "--set", "n"]).is_err());
        assert!(CommandLine::try_parse_from(["tidemark", "run", "a", "--parallelism", "0"]).is_err());
    }
}
