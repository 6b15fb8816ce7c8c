//! Reading and checking a flow for a command.

use std::collections::BTreeMap;
use std::path::Path;

use tidemark_engine::catalog;
use tidemark_engine::graph::{CheckContext, Checked, check, load as load_flow};
use tidemark_engine::node::FileAccess;

use super::{Failure, FlowArgs};

/// A flow as it was read, and what checking made of it.
pub(super) fn load(args: &FlowArgs) -> Result<Checked, Failure> {
    let document = load_flow(&args.flow).map_err(|error| Failure::before_run(&error))?;
    let folder = args.flow.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut files = FileAccess::new(folder, &args.output_dir);
    files.allowed.clone_from(&args.allow);
    let set: BTreeMap<String, String> = args.set.iter().cloned().collect();
    Ok(check(&document, &catalog::standard(), &CheckContext { files: &files, set }))
}
