//! Remembering the flow files that were opened or saved last.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use super::App;
use super::files::FileWork;
use super::samples::is_among_samples;
use crate::state::{RecentChange, RecentFile};
use crate::ui_kit::t_args;

impl App {
    /// Reads the list, which other windows have changed since.
    pub(super) fn read_recent(&mut self) {
        if let Some(settings) = &self.folders.settings {
            self.work_on_file(FileWork::ReadRecent(RecentFile::list_beside(settings)));
        }
    }

    /// A flow file was opened or saved. Samples are listed elsewhere.
    pub(super) fn note_recent(&mut self, path: &Path) {
        // What is no text cannot be kept in one.
        if path.to_str().is_none() || is_among_samples(path, &self.folders.data) {
            return;
        }
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let at_millis = u64::try_from(since.as_millis()).unwrap_or(u64::MAX);
        self.change_recent(RecentChange::Note(RecentFile { path: path.to_owned(), at_millis }));
    }

    /// Changes the list, here at once and in the file soon.
    pub(super) fn change_recent(&mut self, change: RecentChange) {
        change.clone().apply(&mut self.state.recent);
        if let Some(settings) = &self.folders.settings {
            self.work_on_file(FileWork::ChangeRecent(change, RecentFile::list_beside(settings)));
        }
    }

    /// Opens a file of the list, or shows the flow if it is open already.
    pub(super) fn open_recent(&mut self, path: PathBuf) {
        match self.flow_in(&path) {
            Some(number) => self.show_flow(number),
            None => self.work_on_file(FileWork::LoadRecent(path)),
        }
    }

    /// A file of the list is not there any more.
    pub(super) fn forget_recent(&mut self, path: PathBuf) {
        self.complain(t_args("recent.gone", &[("path", &path.display())]));
        self.change_recent(RecentChange::Remove(path));
    }
}
