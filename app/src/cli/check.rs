//! `tidemark check`: what is unfinished or doubtful about a flow, with place and fix.

use std::io::Write;

use clap::Args;
use tidemark_engine::diagnostic::{Diagnostic, Place};
use tidemark_engine::ids::escaped;

use super::load::load;
use super::{Failure, FlowArgs, shown};

/// What `check` takes.
#[derive(Args)]
pub(super) struct CheckArgs {
    #[command(flatten)]
    flow: FlowArgs,
    /// Print a JSON array for machines
    #[arg(long)]
    json: bool,
}

/// Prints the findings; fails if one of them keeps the flow from running.
pub(super) fn check(args: &CheckArgs) -> Result<(), Failure> {
    let checked = load(&args.flow)?;
    let text = if args.json {
        let findings: Vec<serde_json::Value> = checked.diagnostics.iter().map(as_json).collect();
        serde_json::to_string_pretty(&findings).map_err(|error| Failure::Run(error.to_string()))?
    } else if checked.diagnostics.is_empty() {
        "nothing to complain of".to_owned()
    } else {
        let findings = checked.diagnostics.iter().map(|finding| escaped(&finding.to_string()).into_owned());
        findings.collect::<Vec<_>>().join("\n")
    };
    let written = writeln!(std::io::stdout(), "{text}");
    written.map_err(|error| Failure::Call(format!("the findings could not be printed: {error}")))?;
    let flow = shown(&args.flow.flow);
    match checked.errors().count() {
        0 => Ok(()),
        1 => Err(Failure::Flow(format!("{flow}: one error keeps the flow from running"))),
        n => Err(Failure::Flow(format!("{flow}: {n} errors keep the flow from running"))),
    }
}

fn as_json(diagnostic: &Diagnostic) -> serde_json::Value {
    let mut place = serde_json::Map::new();
    if let Some(node) = diagnostic.place.node() {
        place.insert("node".into(), node.as_str().into());
    }
    match &diagnostic.place {
        Place::Param { path, span, .. } => {
            place.insert("parameter".into(), path.as_str().into());
            if let Some(span) = span {
                place.insert("span".into(), serde_json::json!([span.start, span.end]));
            }
        }
        Place::Edge(edge) => {
            place.insert("edge".into(), edge.to_string().into());
        }
        Place::Flow | Place::Node(_) => {}
    }
    serde_json::json!({
        "severity": diagnostic.severity,
        "code": diagnostic.code,
        "place": place,
        "message": diagnostic.message,
        "fix": diagnostic.fix,
    })
}
