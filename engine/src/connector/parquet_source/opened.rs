//! Files that stay open between planning, the look at their first rows and the run, so that a footer is read once.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::file::{ParquetFile, Stamp};
use crate::error::Result;

/// How many files stay open.
const MAX_FILES: usize = 16;
/// How long the footer of one that stays open may be, in bytes.
const MAX_FOOTER: usize = 4 << 20;

/// Some of a source's files, by their paths.
#[derive(Default)]
pub(super) struct OpenFiles(BTreeMap<PathBuf, Arc<ParquetFile>>);

impl OpenFiles {
    /// Keeps a file open, if there is room for it.
    pub(super) fn keep(&mut self, path: &Path, file: ParquetFile) {
        if self.0.len() < MAX_FILES && file.metadata.footer_buf.len() <= MAX_FOOTER {
            self.0.insert(path.to_owned(), Arc::new(file));
        }
    }

    /// The file at `path`, which is opened if it is not open or another stands there by now.
    ///
    /// # Errors
    /// As [`ParquetFile::open`].
    pub(super) fn open(&self, path: &Path, name: &str) -> Result<Arc<ParquetFile>> {
        let now = || std::fs::metadata(path).ok().map(|metadata| Stamp::of(&metadata));
        match self.0.get(path).filter(|file| now() == Some(file.stamp)) {
            Some(file) => Ok(Arc::clone(file)),
            None => Ok(Arc::new(ParquetFile::open(path, name)?)),
        }
    }
}
