//! No flow reads what it writes, and no two of its sinks write one file or into one folder, by whatever names it goes.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use super::wiring::Wired;
use crate::diagnostic::{Diagnostic, Place};
use crate::ids::NodeId;
use crate::node::{NodePlan, Runs};

/// What two names of one file have in common.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Identity {
    /// The path without links.
    Path(PathBuf),
    /// The file itself, for hard links.
    File(u64, u64),
}

/// Finds files that are read and written, or written twice.
pub(super) fn check_paths(wired: &Wired<'_>, plans: &[NodePlan], diagnostics: &mut Vec<Diagnostic>) {
    let mut readers: BTreeMap<Identity, &NodeId> = BTreeMap::new();
    let mut writers: BTreeMap<Identity, &NodeId> = BTreeMap::new();
    for (node, plan) in wired.nodes.iter().zip(plans) {
        let Some(Runs::Source(source)) = &plan.runs else { continue };
        // What a source cannot find is said when it is planned or run.
        let splits = catch_unwind(AssertUnwindSafe(|| source.source.splits()));
        for split in splits.ok().and_then(Result::ok).into_iter().flatten() {
            for identity in split.path.iter().flat_map(|path| identities(path)) {
                readers.entry(identity).or_insert(node.id);
            }
        }
    }
    for (node, plan) in wired.nodes.iter().zip(plans) {
        let Some(Runs::Sink(sink)) = &plan.runs else { continue };
        for path in &sink.writes {
            let identities = identities(path);
            let shown = crate::ids::escaped(&path.to_string_lossy()).into_owned();
            if let Some(reader) = used_inside(&identities, &readers) {
                let message = format!("the flow would write what `{reader}` reads: `{shown}`");
                diagnostics.push(
                    Diagnostic::error("reads-what-it-writes", Place::Node(node.id.clone()), message)
                        .fix("write to another file"),
                );
            }
            let same = identities.iter().find_map(|identity| writers.get(identity).copied());
            let beside = || used_inside(&identities, &writers).or_else(|| used_around(&identities, &writers));
            if let Some(other) = same.or_else(beside) {
                let message = if other == node.id {
                    format!("it would write one file twice: `{shown}`")
                } else if same.is_some() {
                    format!("`{other}` writes the same file: `{shown}`")
                } else {
                    format!("`{other}` writes into the same folder: `{shown}`")
                };
                diagnostics.push(
                    Diagnostic::error("written-twice", Place::Node(node.id.clone()), message)
                        .fix("write to another file, or join the two by a union"),
                );
            }
            for identity in identities {
                writers.entry(identity).or_insert(node.id);
            }
        }
    }
}

/// Who uses the file, or one inside of it if it is a folder.
fn used_inside<'a>(written: &[Identity], users: &BTreeMap<Identity, &'a NodeId>) -> Option<&'a NodeId> {
    written.iter().find_map(|identity| {
        if let Some(user) = users.get(identity) {
            return Some(*user);
        }
        let Identity::Path(folder) = identity else { return None };
        let mut inside = users.range(identity.clone()..);
        inside.next().and_then(|(identity, user)| match identity {
            Identity::Path(path) if path.starts_with(folder) => Some(*user),
            _ => None,
        })
    })
}

/// Who uses a folder that the file lies in.
fn used_around<'a>(written: &[Identity], users: &BTreeMap<Identity, &'a NodeId>) -> Option<&'a NodeId> {
    written.iter().find_map(|identity| match identity {
        Identity::Path(path) => {
            path.ancestors().skip(1).find_map(|folder| users.get(&Identity::Path(folder.to_owned())).copied())
        }
        Identity::File(..) => None,
    })
}

fn identities(path: &Path) -> Vec<Identity> {
    let real = path.canonicalize().ok().or_else(|| {
        let folder = path.parent()?.canonicalize().ok()?;
        Some(folder.join(path.file_name()?))
    });
    let mut identities = vec![Identity::Path(real.unwrap_or_else(|| path.to_owned()))];
    #[cfg(unix)]
    if let Ok(metadata) = path.metadata()
        && !metadata.is_dir()
    {
        use std::os::unix::fs::MetadataExt;
        identities.push(Identity::File(metadata.dev(), metadata.ino()));
    }
    identities
}
