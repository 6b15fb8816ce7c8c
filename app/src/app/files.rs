//! Work on flow files and settings. What writes is done in order by one thread, so that an older save never lands over a newer one;
//! what only reads is done by another, unless it reads what is still to be saved.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use tidemark_engine::error::{EngineError, Result};
use tidemark_engine::graph::{self, FlowDocument};

use super::background::Outcome;
use super::bringing::{self, Bring};
use super::browsing;
use super::folders::Folders;
use super::samples::Sample;
use super::versions::{self, OpenedVersion};
use crate::command::Command;
use crate::journal::{Left, Mark};
use crate::rows::{RowExcerpt, RowFormat};
use crate::state::{FlowNumber, Origin, RecentChange, RecentFile, Settings, Workspace};

/// What is done with a file.
pub(super) enum FileWork {
    /// Reads a flow and places what has no place.
    Load(PathBuf),
    /// Reads a flow whose file may be gone.
    LoadRecent(PathBuf),
    /// Lists the earlier versions of a flow's file.
    ListVersions {
        /// The flow.
        flow: FlowNumber,
        /// Its file.
        file: PathBuf,
        /// What it is now.
        now: Arc<FlowDocument>,
        /// The folder of the data.
        data: PathBuf,
    },
    /// Reads an earlier version.
    LoadVersion {
        /// The file that holds it.
        path: PathBuf,
        /// The flow file that it was.
        file: PathBuf,
        /// When it was saved over, in milliseconds since the epoch, UTC.
        at_millis: u64,
    },
    /// Reads the list of recent files.
    ReadRecent(PathBuf),
    /// Changes the list of recent files in this file.
    ChangeRecent(RecentChange, PathBuf),
    /// Writes a sample below this folder, unless it is there, and reads it.
    LoadSample(Sample, PathBuf),
    /// Writes a flow.
    Save(Save),
    /// Looks at a file that was brought.
    Bring(Bring),
    /// Reads a folder.
    ReadFolder(PathBuf),
    /// Writes the settings.
    SaveSettings(Settings, PathBuf),
    /// Looks below this folder for what a crash has left.
    FindJournals(PathBuf),
    /// Removes what a crash has left.
    DiscardJournal(Left),
    /// Writes the layout.
    SaveWorkspace(Workspace, PathBuf),
    /// Writes rows.
    ExportRows(RowExport),
}

impl FileWork {
    /// Whether nobody has to wait for it: it only reads, but for journals of what was saved, which it may remove. What it reads may
    /// be written meanwhile; [`FileWork::flow_file`] says where that matters.
    pub(super) fn only_reads(&self) -> bool {
        match self {
            FileWork::Load(_)
            | FileWork::LoadRecent(_)
            | FileWork::ListVersions { .. }
            | FileWork::LoadVersion { .. }
            | FileWork::Bring(_)
            | FileWork::ReadFolder(_)
            | FileWork::FindJournals(_) => true,
            // The list of recent files is read before it is changed.
            FileWork::ReadRecent(_)
            | FileWork::ChangeRecent(..)
            | FileWork::LoadSample(..)
            | FileWork::Save(_)
            | FileWork::SaveSettings(..)
            | FileWork::DiscardJournal(_)
            | FileWork::SaveWorkspace(..)
            | FileWork::ExportRows(_) => false,
        }
    }

    /// The flow file that it reads, or whose versions: a save to that file that was asked for before is to be over first.
    pub(super) fn flow_file(&self) -> Option<&Path> {
        match self {
            FileWork::Load(path)
            | FileWork::LoadRecent(path)
            | FileWork::ListVersions { file: path, .. }
            | FileWork::Bring(Bring { path, .. }) => Some(path),
            _ => None,
        }
    }
}

/// Rows on their way to a file.
#[derive(Debug)]
pub(super) struct RowExport {
    /// The file.
    pub(super) path: PathBuf,
    /// The rows.
    pub(super) excerpt: RowExcerpt,
    /// How they are written.
    pub(super) format: RowFormat,
    /// Whether a file that stands there is replaced.
    pub(super) replace: bool,
}

/// A flow on its way to a file.
pub(super) struct Save {
    /// Whose it is.
    pub(super) number: FlowNumber,
    /// The file.
    pub(super) path: PathBuf,
    /// The flow.
    pub(super) flow: Arc<FlowDocument>,
    /// Its revision.
    pub(super) revision: u64,
    /// What is known of the flow's own file.
    pub(super) seen: Seen,
    /// The folder of the data, where what is replaced is kept.
    pub(super) data: PathBuf,
    /// Whether whatever stands there is replaced. Otherwise that is done only to the flow's own file as it was last seen.
    pub(super) replace: bool,
    /// What waits for it.
    pub(super) then: Option<Box<Command>>,
}

/// How the file of one open flow looked when the flow was read from it or written to it last.
///
/// Each flow has its own, so that a flow that is read while another is still shown changes nothing for that one. It is locked
/// only while it is copied.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen(Arc<Mutex<Option<(PathBuf, Mark)>>>);

/// Does one thing.
pub(super) fn work(work: FileWork) -> Outcome {
    match work {
        FileWork::Load(path) => {
            let seen = Seen::default();
            // Before it is read: what is written in between counts as changed.
            if let Some(mark) = Mark::of_file(&path) {
                seen.set(&path, mark);
            }
            Outcome::Loaded { flow: load(&path), origin: Origin::File(path), seen }
        }
        FileWork::LoadRecent(path) if matches!(path.try_exists(), Ok(false)) => Outcome::RecentGone(path),
        FileWork::LoadRecent(path) => self::work(FileWork::Load(path)),
        FileWork::ListVersions { flow, file, now, data } => {
            Outcome::Versions { flow, kept: versions::list(&data, file, &now) }
        }
        FileWork::LoadVersion { path, file, at_millis } => {
            Outcome::VersionLoaded(OpenedVersion { file, at_millis, flow: load(&path) })
        }
        FileWork::ReadRecent(path) => Outcome::Recent(Ok(RecentFile::load(&path))),
        FileWork::ChangeRecent(change, path) => {
            Outcome::Recent(change.save(&path).map_err(|error| error.to_string()))
        }
        FileWork::LoadSample(sample, data) => {
            let unpacked = sample.unpack(&data).or_else(|_| sample.unpack(&Folders::fallback_data()));
            let (origin, flow) = match unpacked {
                Ok(path) => {
                    let flow = load(&path);
                    (Origin::Sample(path), flow)
                }
                Err(error) => {
                    let message = format!("the sample could not be written to `{}`", data.display());
                    (Origin::Sample(data), Err(EngineError::machine(message).because(error)))
                }
            };
            Outcome::Loaded { origin, flow, seen: Seen::default() }
        }
        FileWork::Save(save) => {
            let (flow, path, revision) = (save.number, save.path.clone(), save.revision);
            let fault = || EngineError::internal("the flow was not saved because of a fault in Tidemark");
            // Whoever waits for the save is told in any case.
            catch_unwind(AssertUnwindSafe(|| self::save(save))).unwrap_or_else(|_| Outcome::Saved {
                flow,
                path,
                revision,
                result: Err(fault()),
                not_kept: None,
                then: None,
            })
        }
        FileWork::Bring(bring) => bringing::look(bring),
        FileWork::ReadFolder(path) => Outcome::FolderRead(browsing::read(path)),
        FileWork::FindJournals(root) => Outcome::JournalsFound(Left::find(&root)),
        FileWork::DiscardJournal(left) => {
            Outcome::JournalDiscarded(left.discard().map_err(|error| error.to_string()))
        }
        FileWork::SaveSettings(settings, path) => {
            Outcome::SettingsSaved(settings.save(&path).map_err(|error| error.to_string()))
        }
        FileWork::SaveWorkspace(workspace, path) => {
            Outcome::SettingsSaved(workspace.save(&path).map_err(|error| error.to_string()))
        }
        FileWork::ExportRows(export) => export_rows(export),
    }
}

fn save(save: Save) -> Outcome {
    let Save { number, path, flow, revision, seen, data, replace, then } = save;
    if !replace && path.exists() && !seen.is_still(&path) {
        return Outcome::WouldReplace { flow: number, path, then };
    }
    let kept = versions::keep(&data, &path, flow.to_json().as_bytes());
    let not_kept = kept.err().map(|error| error.to_string());
    let result = graph::save(&flow, &path);
    if result.is_ok() {
        seen.set(&path, Mark::of(flow.to_json().as_bytes()));
    }
    Outcome::Saved { flow: number, path, revision, result, not_kept, then }
}

fn export_rows(export: RowExport) -> Outcome {
    if !export.replace && export.path.exists() {
        return Outcome::RowsWouldReplace(export);
    }
    let text = export.excerpt.to_text(export.format);
    let result = graph::write_whole(&export.path, text.as_bytes()).map(drop);
    Outcome::RowsExported { export, result }
}

impl Seen {
    fn set(&self, path: &Path, mark: Mark) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((path.to_owned(), mark));
    }

    /// A file as it was seen, if one was.
    pub(super) fn at(file: Option<(&Path, Mark)>) -> Seen {
        Seen(Arc::new(Mutex::new(file.map(|(path, mark)| (path.to_owned(), mark)))))
    }

    /// How the file looked.
    pub(super) fn mark(&self) -> Option<Mark> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(|(_, mark)| *mark)
    }

    /// Whether this is the flow's own file, and as it was.
    fn is_still(&self, path: &Path) -> bool {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        seen.is_some_and(|(seen, mark)| seen == path && Mark::of_file(path) == Some(mark))
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
    use std::fs;

    use super::*;

    fn named(name: &str) -> Arc<FlowDocument> {
        Arc::new(FlowDocument { name: Some(name.to_owned()), ..FlowDocument::default() })
    }

    fn opened(path: &Path) -> Seen {
        let Outcome::Loaded { flow: Ok(_), seen, .. } = work(FileWork::Load(path.to_owned())) else {
            panic!("no flow")
        };
        seen
    }

    fn save(seen: &Seen, path: &Path, name: &str, replace: bool) -> bool {
        let (path, flow, seen) = (path.to_owned(), named(name), seen.clone());
        let (number, data) = (FlowNumber(1), path.with_file_name("data"));
        let save = Save { number, path, flow, revision: 1, seen, data, replace, then: None };
        matches!(work(FileWork::Save(save)), Outcome::Saved { result: Ok(_), .. })
    }

    #[test]
    fn a_file_that_another_has_changed_is_replaced_only_when_asked_to() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.flow.json");
        graph::save(&named("theirs"), &path).expect("saved");
        assert!(!save(&Seen::default(), &path, "ours", false), "it was never opened");
        let seen = opened(&path);
        assert!(!save(&Seen::default(), &path, "ours", false), "it belongs to another flow");
        assert!(save(&seen, &path, "ours", false));
        assert!(save(&seen, &path, "ours, later", false));
        graph::save(&named("theirs again"), &path).expect("saved");
        assert!(!save(&seen, &path, "ours", false), "it has changed");
        assert_eq!(graph::load(&path).expect("a flow").name.as_deref(), Some("theirs again"));
        assert!(save(&seen, &path, "ours", true));
        fs::remove_file(&path).expect("removed");
        assert!(save(&seen, &path, "ours", false), "there is nothing to lose");
    }

    #[test]
    fn reading_a_flow_changes_nothing_for_the_one_that_is_still_shown() {
        let folder = tempfile::tempdir().expect("a folder");
        let (path, other) = (folder.path().join("a.flow.json"), folder.path().join("b.flow.json"));
        graph::save(&named("a"), &path).expect("saved");
        graph::save(&named("b"), &other).expect("saved");
        let shown = opened(&path);
        let seen = opened(&other);
        assert!(save(&shown, &path, "a, later", false) && save(&seen, &other, "b, later", false));
        graph::save(&named("theirs"), &path).expect("saved");
        let again = opened(&path);
        assert!(!save(&shown, &path, "ours", false), "it was not read from what is there now");
        assert!(save(&again, &path, "ours", false));
    }
}
