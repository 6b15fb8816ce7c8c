//! Reading and checking a flow for a command.

use std::collections::BTreeMap;

use tidemark_engine::catalog;
use tidemark_engine::graph::{CheckContext, Checked, check, load as load_flow};
use tidemark_engine::node::{Apart, FileAccess};

use super::{Failure, FlowArgs};
use crate::apart::ReadInChild;

/// A flow as it was read, and what checking made of it.
pub(super) fn load(args: &FlowArgs) -> Result<Checked, Failure> {
    let document = load_flow(&args.flow).map_err(|error| Failure::before_run(&error))?;
    let mut files = FileAccess::of_flow(&args.flow, &args.output_dir);
    files.allowed.clone_from(&args.allow);
    files.apart = ReadInChild::of_this_program().map(Apart::new);
    let set: BTreeMap<String, String> = args.set.iter().cloned().collect();
    Ok(check(&document, &catalog::standard(), &CheckContext { files: &files, set }))
}
