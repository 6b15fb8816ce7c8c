//! What a folder of output says of itself: who made it, which files it may hold, and what is about to happen to them.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind, Read};
use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::connector::file_commit::{Made, Maker};
use crate::ids::NodeId;

/// The version of the record's form.
pub(super) const FORMAT: u32 = 1;
/// The most files that a run may make, and that a folder may hold.
pub(super) const MAX_FILES: usize = 100_000;
/// A record is smaller than this; a larger file is none.
const MAX_RECORD: u64 = 256 << 20;
/// How deep folders lie in each other: one for each partition column.
const MAX_DEPTH: usize = 64;

/// The first line of a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Head {
    pub(super) format: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) flow: Option<String>,
    pub(super) node: NodeId,
}

/// A further line: a file that belongs to the maker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Line {
    /// Where it stands, below the folder, with `/` between the parts.
    pub(super) path: String,
    pub(super) made: Made,
    /// The number under which it waits to be put there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) staged: Option<u64>,
    /// It is to go.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) goes: bool,
}

/// Why `maker` may not fill the folder `target`, if it may not.
pub(super) fn folder_refusal(target: &Path, maker: &Maker) -> Option<String> {
    look_at(target, maker).err()
}

/// The files in `target`, if `maker` made all of them and nobody changed one.
///
/// # Errors
/// Why it may not fill the folder, in a sentence.
pub(super) fn look_at(target: &Path, maker: &Maker) -> Result<BTreeMap<String, Made>, String> {
    let shown = target.display();
    match std::fs::metadata(target) {
        Ok(metadata) if metadata.is_dir() => {}
        Ok(_) => return Err(format!("`{shown}` is a file; a folder is needed")),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(error) => return Err(format!("`{shown}` cannot be looked at: {error}")),
    }
    let mut known: BTreeMap<String, Vec<Made>> = BTreeMap::new();
    if let Some((head, lines)) = read_record(target) {
        maker.check(head.flow.as_deref(), &head.node, target)?;
        for line in lines {
            known.entry(line.path).or_default().push(line.made);
        }
    }
    let mut standing = BTreeMap::new();
    let mut folders = vec![(target.to_owned(), String::new(), 0)];
    while let Some((folder, prefix, depth)) = folders.pop() {
        let unreadable =
            |error: std::io::Error| format!("`{}` cannot be looked at: {error}", folder.display());
        for entry in std::fs::read_dir(&folder).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let path = entry.path();
            let foreign = || {
                let shown = path.display();
                format!("`{shown}` was not made by this flow, so the folder it lies in is not replaced")
            };
            let name = entry.file_name();
            if name.to_string_lossy().starts_with('.') {
                continue;
            }
            let Some(name) = name.to_str() else { return Err(foreign()) };
            let metadata = entry.metadata().map_err(unreadable)?;
            if metadata.is_dir() && depth < MAX_DEPTH {
                folders.push((path, format!("{prefix}{name}/"), depth + 1));
                continue;
            }
            let name = format!("{prefix}{name}");
            let made = known.get(&name).filter(|_| metadata.is_file()).ok_or_else(foreign)?;
            let Some(made) = Made::find(made.iter(), &path, &metadata) else {
                let shown = path.display();
                return Err(format!("`{shown}` was changed since this flow made it, so it is not replaced"));
            };
            standing.insert(name, made.as_of(&metadata));
            if standing.len() > 2 * MAX_FILES {
                return Err(format!("`{shown}` holds more than {} files, which is too many", 2 * MAX_FILES));
            }
        }
    }
    Ok(standing)
}

/// Whether `maker` wrote the record of `target`.
pub(super) fn is_of(head: &Head, maker: &Maker, target: &Path) -> bool {
    maker.check(head.flow.as_deref(), &head.node, target).is_ok()
}

/// The record of a folder. A last line that was not written to its end is none: nothing has been done of what it would have said.
pub(super) fn read_record(target: &Path) -> Option<(Head, Vec<Line>)> {
    let file = File::open(record(target)).ok()?;
    let mut lines = BufReader::new(file.take(MAX_RECORD)).lines();
    let head: Head = serde_json::from_str(&lines.next()?.ok()?).ok()?;
    if head.format != FORMAT {
        return None;
    }
    let lines = lines.map_while(Result::ok).map_while(|line| serde_json::from_str::<Line>(&line).ok());
    // Whoever changed the record must not reach beyond the folder by it.
    let is_below = |line: &Line| {
        let mut parts = Path::new(&line.path).components().peekable();
        parts.peek().is_some() && parts.all(|part| matches!(part, Component::Normal(_)))
    };
    Some((head, lines.filter(is_below).take(4 * MAX_FILES).collect()))
}

/// Where everything hidden lies.
pub(super) fn hidden(target: &Path) -> PathBuf {
    target.join(".tidemark")
}

/// Where files wait for their places, each under its number.
pub(super) fn staging(target: &Path) -> PathBuf {
    hidden(target).join("staging")
}

/// The record that is in effect.
pub(super) fn record(target: &Path) -> PathBuf {
    hidden(target).join("record")
}
