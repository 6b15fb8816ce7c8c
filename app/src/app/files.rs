//! Work on flow files and settings, done in order by one thread, so that an older save never lands over a newer one.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tidemark_engine::error::{EngineError, Result};
use tidemark_engine::graph::{self, FlowDocument};
use xxhash_rust::xxh3::xxh3_64;

use super::background::Outcome;
use super::folders::Folders;
use super::samples::Sample;
use crate::command::Command;
use crate::state::{Origin, Settings};

/// What is done with a file.
pub(super) enum FileWork {
    /// Reads a flow and places what has no place.
    Load(PathBuf),
    /// Writes a sample below this folder, unless it is there, and reads it.
    LoadSample(Sample, PathBuf),
    /// Writes a flow.
    Save(Save),
    /// Writes the settings.
    SaveSettings(Settings, PathBuf),
}

/// A flow on its way to a file.
pub(super) struct Save {
    /// The file.
    pub(super) path: PathBuf,
    /// The flow.
    pub(super) flow: Arc<FlowDocument>,
    /// Its revision.
    pub(super) revision: u64,
    /// Whether the flow was opened from this file or saved to it before.
    pub(super) is_own: bool,
    /// Whether whatever stands there is replaced. Otherwise that is done only to the flow's own file as it was last seen.
    pub(super) replace: bool,
    /// What waits for it.
    pub(super) then: Option<Box<Command>>,
}

/// Does the work, and knows how the file of the open flow looked when it was read or written last.
#[derive(Default)]
pub(super) struct Files {
    seen: Option<(PathBuf, Mark)>,
}

/// By what a file that has been changed is told from what it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Mark {
    length: u64,
    hash: u64,
}

impl Files {
    /// Does one thing.
    pub(super) fn work(&mut self, work: FileWork) -> Outcome {
        match work {
            FileWork::Load(path) => {
                // Before it is read: what is written in between counts as changed.
                let mark = Mark::of_file(&path);
                let flow = load(&path);
                if flow.is_ok() {
                    self.seen = mark.map(|mark| (path.clone(), mark));
                }
                Outcome::Loaded { origin: Origin::File(path), flow }
            }
            FileWork::LoadSample(sample, data) => {
                let unpacked = sample.unpack(&data).or_else(|_| sample.unpack(&Folders::fallback_data()));
                match unpacked {
                    Ok(path) => Outcome::Loaded { flow: load(&path), origin: Origin::Sample(path) },
                    Err(error) => {
                        let message = format!("the sample could not be written to `{}`", data.display());
                        let error = EngineError::machine(message).because(error);
                        Outcome::Loaded { origin: Origin::Sample(data), flow: Err(error) }
                    }
                }
            }
            FileWork::Save(save) => self.save(save),
            FileWork::SaveSettings(settings, path) => {
                Outcome::SettingsSaved(settings.save(&path).map_err(|error| error.to_string()))
            }
        }
    }

    fn save(&mut self, save: Save) -> Outcome {
        let Save { path, flow, revision, is_own, replace, then } = save;
        if !replace && path.exists() && !(is_own && self.is_as_seen(&path)) {
            return Outcome::WouldReplace(path, then);
        }
        let result = graph::save(&flow, &path);
        if result.is_ok() {
            self.seen = Some((path.clone(), Mark::of(flow.to_json().as_bytes())));
        }
        Outcome::Saved { path, revision, result, then }
    }

    fn is_as_seen(&self, path: &Path) -> bool {
        self.seen.as_ref().is_some_and(|(seen, mark)| seen == path && Mark::of_file(path) == Some(*mark))
    }
}

impl Mark {
    fn of(bytes: &[u8]) -> Mark {
        Mark { length: bytes.len() as u64, hash: xxh3_64(bytes) }
    }

    /// The mark of a plain file that can be read, up to more than a flow may hold.
    fn of_file(path: &Path) -> Option<Mark> {
        const MOST: u64 = 64 << 20;
        if !fs::metadata(path).ok()?.is_file() {
            return None;
        }
        let mut bytes = Vec::new();
        File::open(path).ok()?.take(MOST).read_to_end(&mut bytes).ok()?;
        Some(Mark::of(&bytes))
    }
}

fn load(path: &Path) -> Result<FlowDocument> {
    let mut flow = graph::load(path)?;
    let places = graph::fill_missing_positions(&flow);
    flow.layout.nodes.extend(places);
    Ok(flow)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> Arc<FlowDocument> {
        Arc::new(FlowDocument { name: Some(name.to_owned()), ..FlowDocument::default() })
    }

    fn save(files: &mut Files, path: &Path, name: &str, is_own: bool, replace: bool) -> bool {
        let (path, flow) = (path.to_owned(), named(name));
        let save = Save { path, flow, revision: 1, is_own, replace, then: None };
        matches!(files.work(FileWork::Save(save)), Outcome::Saved { result: Ok(()), .. })
    }

    #[test]
    fn a_file_that_another_has_changed_is_replaced_only_when_asked_to() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.flow.json");
        graph::save(&named("theirs"), &path).expect("saved");
        let mut files = Files::default();
        assert!(!save(&mut files, &path, "ours", false, false), "it was never opened");
        let opened = files.work(FileWork::Load(path.clone()));
        assert!(matches!(opened, Outcome::Loaded { flow: Ok(_), .. }));
        assert!(!save(&mut files, &path, "ours", false, false), "it belongs to another flow");
        assert!(save(&mut files, &path, "ours", true, false));
        assert!(save(&mut files, &path, "ours, later", true, false));
        graph::save(&named("theirs again"), &path).expect("saved");
        assert!(!save(&mut files, &path, "ours", true, false), "it has changed");
        assert_eq!(graph::load(&path).expect("a flow").name.as_deref(), Some("theirs again"));
        assert!(save(&mut files, &path, "ours", true, true));
        fs::remove_file(&path).expect("removed");
        assert!(save(&mut files, &path, "ours", true, false), "there is nothing to lose");
    }
}
