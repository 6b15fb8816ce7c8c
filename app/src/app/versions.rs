//! Earlier versions of flow files: what a save replaces is kept, listed, and opened as a flow of its own.

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use tidemark_engine::error::Result;
use tidemark_engine::graph::{self, FlowDocument, write_whole};
use tidemark_engine::node::FileAccess;
use xxhash_rust::xxh3::xxh3_64;

use super::App;
use super::files::{FileWork, Seen};
use super::sources::moved;
use crate::state::{Dialog, Difference, Document, FlowNumber, KeptVersion, KeptVersions, Origin};
use crate::ui_kit::local_time::local_timestamp;
use crate::ui_kit::t_args;
use crate::ui_kit::widgets::Tone;

/// The folder of the versions of all flows, below that of the data.
const FOLDER: &str = "versions";
/// What the name of a version ends with, behind its time.
const ENDING: &str = ".flow.json";
/// How many versions of one flow are kept.
const MAX_VERSIONS: usize = 10;
/// How long they may be together, in bytes.
const MAX_BYTES: u64 = 64 << 20;

/// An earlier version on its way into the window.
pub(super) struct OpenedVersion {
    /// The flow file that it was.
    pub(super) file: PathBuf,
    /// When it was saved over, in milliseconds since the epoch, UTC.
    pub(super) at_millis: u64,
    /// The flow.
    pub(super) flow: Result<FlowDocument>,
}

/// Keeps what `file` holds if `text`, by which it is about to be replaced, is another.
///
/// # Errors
/// If it cannot be read, is too long, or cannot be written.
pub(super) fn keep(data: &Path, file: &Path, text: &[u8]) -> io::Result<()> {
    match fs::metadata(file) {
        // A pipe would wait for ever.
        Ok(metadata) if !metadata.is_file() => return Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Ok(_) => {}
        Err(error) => return Err(error),
    }
    let mut bytes = Vec::new();
    fs::File::open(file)?.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes == text {
        return Ok(());
    }
    if bytes.len() as u64 > MAX_BYTES {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "it is longer than 64 MiB"));
    }
    let folder = folder_of(data, file);
    fs::create_dir_all(&folder)?;
    let kept = kept_in(&folder);
    let newest = kept.first().map_or(0, |(at, _)| at + 1);
    let path = folder.join(format!("{}{ENDING}", now_millis().max(newest)));
    let is_same = |(_, kept): &&(u64, PathBuf)| {
        let length = fs::metadata(kept).map_or(0, |kept| kept.len());
        length == bytes.len() as u64 && fs::read(kept).is_ok_and(|kept| kept == bytes)
    };
    match kept.iter().find(is_same) {
        Some((_, same)) => fs::rename(same, &path)?,
        None => drop(write_whole(&path, &bytes).map_err(io::Error::other)?),
    }
    remove_oldest(&folder)
}

/// Lists the versions of `file`, with what has become of each in `now`.
pub(super) fn list(data: &Path, file: PathBuf, now: &FlowDocument) -> KeptVersions {
    let kept = kept_in(&folder_of(data, &file));
    let versions = kept.into_iter().take(MAX_VERSIONS).map(|(at_millis, path)| KeptVersion {
        at_millis,
        n_bytes: fs::metadata(&path).map_or(0, |file| file.len()),
        difference: graph::load(&path).ok().map(|earlier| difference(&earlier, now)),
        path,
    });
    KeptVersions { versions: versions.collect(), file }
}

/// The folder of the versions of a flow file.
fn folder_of(data: &Path, file: &Path) -> PathBuf {
    let place = xxh3_64(file.as_os_str().as_encoded_bytes());
    data.join(FOLDER).join(format!("{place:016x}"))
}

/// The versions in a folder with their times, the newest first.
fn kept_in(folder: &Path) -> Vec<(u64, PathBuf)> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let time = |path: &Path| path.file_name()?.to_str()?.strip_suffix(ENDING)?.parse().ok();
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let mut kept: Vec<(u64, PathBuf)> = paths.filter_map(|path| Some((time(&path)?, path))).collect();
    kept.sort_by(|one, other| other.cmp(one));
    kept
}

fn remove_oldest(folder: &Path) -> io::Result<()> {
    let mut n_bytes = 0;
    for (number, (_, path)) in kept_in(folder).into_iter().enumerate() {
        n_bytes += fs::metadata(&path)?.len();
        if number >= MAX_VERSIONS || n_bytes > MAX_BYTES {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

/// What has become of `earlier`.
fn difference(earlier: &FlowDocument, now: &FlowDocument) -> Difference {
    let (before, after) = (&earlier.nodes, &now.nodes);
    let changed = before.iter().filter(|(id, node)| after.get(*id).is_some_and(|now| now != *node));
    Difference {
        added: after.keys().filter(|id| !before.contains_key(*id)).cloned().collect(),
        removed: before.keys().filter(|id| !after.contains_key(*id)).cloned().collect(),
        changed: changed.map(|(id, _)| id.clone()).collect(),
        is_else_same: FlowDocument { nodes: after.clone(), ..earlier.clone() } == *now,
    }
}

fn now_millis() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

impl App {
    /// Looks for the earlier versions of the flow that is shown.
    pub(super) fn find_versions(&mut self) {
        let document = &self.state.open.document;
        let Some(file) = document.own_file().map(Path::to_owned) else { return };
        let (flow, now) = (self.state.open.number, Arc::clone(document.flow()));
        self.work_on_file(FileWork::ListVersions { flow, file, now, data: self.folders.data.clone() });
    }

    /// Lists the earlier versions, if the flow is still shown and nothing else is asked.
    pub(super) fn show_versions(&mut self, flow: FlowNumber, kept: KeptVersions) {
        if self.state.open.number == flow && self.state.dialog.is_none() {
            self.state.versions = kept;
            self.state.dialog = Some(Dialog::Versions);
        }
    }

    /// Reads one of the listed versions.
    pub(super) fn open_version(&mut self, number: usize) {
        let KeptVersions { file, versions } = &self.state.versions;
        let Some(KeptVersion { path, at_millis, .. }) = versions.get(number).cloned() else { return };
        self.work_on_file(FileWork::LoadVersion { path, file: file.clone(), at_millis });
    }

    /// Shows an earlier version as an unsaved flow that reads the same files. Nothing is written.
    pub(super) fn show_version(&mut self, opened: OpenedVersion) {
        let OpenedVersion { file, at_millis, flow } = opened;
        let mut flow = match flow {
            Ok(flow) => flow,
            Err(error) => return self.complain(error.to_string()),
        };
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let time = local_timestamp(i64::try_from(at_millis).unwrap_or(i64::MAX));
        let name = t_args("versions.name", &[("name", &name), ("time", &time)]);
        flow.name = Some(name.clone());
        let files = FileAccess::of_flow(&file, &self.state.open.output_folder);
        let moved = match moved(&flow, &self.state.catalog, &files, &Document::default().folder()) {
            Ok(moved) => moved,
            Err(path) => return self.complain(t_args("error.called_like_parameter", &[("path", &path)])),
        };
        if let Some(edit) = moved.edit
            && let Err(error) = edit.apply(&mut flow)
        {
            return self.complain(error.to_string());
        }
        let mut document = Document::new(flow, Origin::New);
        document.mark_unsaved();
        moved.files.into_iter().for_each(|file| document.allow(file));
        self.open_document(document, Seen::default());
        self.state.log.add(Tone::Neutral, t_args("file.opened", &[("name", &name)]));
    }

    /// A file was saved, but what it held before was not kept.
    pub(super) fn note_not_kept(&mut self, reason: &str) {
        let text = t_args("error.version_not_kept", &[("reason", &reason)]);
        self.state.log.add(Tone::Warning, text);
    }
}

#[cfg(test)]
mod tests {
    use tidemark_engine::graph::FlowNode;
    use tidemark_engine::ids::NodeId;

    use super::*;

    fn contents(data: &Path, file: &Path) -> Vec<Vec<u8>> {
        let kept = kept_in(&folder_of(data, file));
        kept.iter().map(|(_, path)| fs::read(path).expect("a version")).collect()
    }

    #[test]
    fn what_is_replaced_is_kept_once_and_the_oldest_go() {
        let data = tempfile::tempdir().expect("a folder");
        let file = data.path().join("a.flow.json");
        keep(data.path(), &file, b"new").expect("there is nothing to keep");
        for number in 0..14 {
            fs::write(&file, format!("{number}")).expect("written");
            keep(data.path(), &file, b"new").expect("kept");
        }
        let expected = |numbers: &mut dyn Iterator<Item = u32>| -> Vec<Vec<u8>> {
            numbers.map(|number| number.to_string().into_bytes()).collect()
        };
        assert_eq!(contents(data.path(), &file), expected(&mut (4..14).rev()));
        fs::write(&file, "7").expect("written");
        keep(data.path(), &file, b"7").expect("it is not replaced by another");
        assert_eq!(contents(data.path(), &file), expected(&mut (4..14).rev()));
        keep(data.path(), &file, b"new").expect("kept");
        let again = [7, 13, 12, 11, 10, 9, 8, 6, 5, 4];
        assert_eq!(contents(data.path(), &file), expected(&mut again.into_iter()));
        assert_eq!(contents(data.path(), &data.path().join("b.flow.json")), Vec::<Vec<u8>>::new());
    }

    #[test]
    fn long_versions_push_older_ones_out() {
        let data = tempfile::tempdir().expect("a folder");
        let file = data.path().join("a.flow.json");
        for number in 0..3_u8 {
            fs::write(&file, vec![number; 30 << 20]).expect("written");
            keep(data.path(), &file, b"new").expect("kept");
        }
        let firsts: Vec<u8> = contents(data.path(), &file).iter().map(|version| version[0]).collect();
        assert_eq!(firsts, [2, 1]);
        fs::File::create(&file).expect("created").set_len(MAX_BYTES + 1).expect("grown");
        assert!(keep(data.path(), &file, b"new").is_err());
        assert_eq!(contents(data.path(), &file).len(), 2);
    }

    #[test]
    fn the_difference_is_told_by_node() {
        let node = || FlowNode::new("union", serde_json::Map::new());
        let flow = |ids: &[&str]| FlowDocument {
            nodes: ids.iter().map(|id| (NodeId::new(*id), node())).collect(),
            ..FlowDocument::default()
        };
        let (earlier, mut now) = (flow(&["gone", "kept", "other"]), flow(&["kept", "new", "other"]));
        now.nodes.get_mut(&NodeId::new("other")).expect("a node").title = Some("Other".to_owned());
        let ids = |id: &str| vec![NodeId::new(id)];
        let expected =
            Difference { added: ids("new"), removed: ids("gone"), changed: ids("other"), is_else_same: true };
        assert_eq!(difference(&earlier, &now), expected);
        now.session_zone = "Europe/Berlin".to_owned();
        assert!(!difference(&earlier, &now).is_else_same);
        assert_eq!(difference(&now, &now), Difference { is_else_same: true, ..Difference::default() });
    }
}
