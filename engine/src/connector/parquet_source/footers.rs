//! Footers that are kept from planning for the look at a file's first rows and its run, so that each is read once.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::file::{Footer, ParquetFile};
use crate::error::Result;

/// How long the kept footers may be together, in bytes. In memory they take several times as much.
const MAX_BYTES: usize = 8 << 20;

/// The footers of some of a source's files, by their paths. The files themselves are closed.
#[derive(Default)]
pub(super) struct Footers {
    known: BTreeMap<PathBuf, Arc<Footer>>,
    n_bytes: usize,
}

impl Footers {
    /// Keeps the footer of a file, if there is room for it.
    pub(super) fn keep(&mut self, path: &Path, file: &ParquetFile) {
        let n_bytes = file.footer.metadata.footer_buf.len();
        if self.n_bytes + n_bytes <= MAX_BYTES {
            self.n_bytes += n_bytes;
            self.known.insert(path.to_owned(), Arc::clone(&file.footer));
        }
    }

    /// Opens the file at `path`, and reads its footer if it is not known or the file is another by now.
    ///
    /// # Errors
    /// As [`ParquetFile::open`].
    pub(super) fn open(&self, path: &Path, name: &str) -> Result<ParquetFile> {
        ParquetFile::open_known(path, name, self.known.get(path))
    }
}
