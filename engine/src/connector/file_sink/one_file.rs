//! A sink of one file.

use super::FileForm;
use super::part::{Limits, Part};
use crate::connector::file_commit::{Maker, OutputFile};
use crate::data::{Batch, EdgeType};
use crate::error::{EngineError, Result};
use crate::node::Sink;
use std::path::Path;

/// A file on the way to its place.
pub(super) struct OneFile {
    file: OutputFile,
    /// Until it is complete.
    part: Option<Part>,
    /// The number of every row of a batch.
    all: Vec<u32>,
}

impl OneFile {
    /// Begins a file that is to stand at `target`.
    ///
    /// # Errors
    /// If another made what stands there, or it cannot be written.
    pub(super) fn create(target: &Path, maker: &Maker, form: &FileForm, edge: &EdgeType) -> Result<OneFile> {
        let file = OutputFile::create(target, maker)?;
        let part = Part::begin(&*form.format, form.compression, edge)?;
        Ok(OneFile { file, part: Some(part), all: Vec::new() })
    }
}

impl Sink for OneFile {
    fn write(&mut self, batch: &Batch) -> Result<()> {
        let Some(part) = &mut self.part else {
            return Err(EngineError::internal("a file was written to after its end"));
        };
        self.all.extend(self.all.len() as u32..batch.n_rows() as u32);
        let file = &mut self.file;
        let picks = &self.all[..batch.n_rows()];
        part.rows(batch, picks, Limits::NONE, &mut |bytes| file.write(bytes))?;
        Ok(())
    }

    fn prepare_commit(&mut self) -> Result<()> {
        let file = &mut self.file;
        if let Some(part) = self.part.take() {
            part.end(&mut |bytes| file.write(bytes))?;
        }
        file.prepare()
    }

    fn check_commit(&mut self) -> Result<()> {
        self.file.check()
    }

    fn commit(&mut self) -> Result<()> {
        self.file.commit()
    }

    fn abort(&mut self) {
        self.file.abort();
    }
}
