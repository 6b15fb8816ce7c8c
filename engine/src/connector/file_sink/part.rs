//! One file's rows on their way to bytes: encoded, compressed, and given out in pieces worth a call of the system.

use super::compress::{Compression, Squeeze};
use super::encode::{Encoder, Format};
use crate::data::{Batch, EdgeType};
use crate::error::Result;

/// The rows of one file so far.
pub(super) struct Part {
    encoder: Box<dyn Encoder>,
    squeeze: Squeeze,
    n_rows: u64,
}

impl Part {
    /// Begins a file of rows of this type.
    ///
    /// # Errors
    /// If the format has no form for one of the columns.
    pub(super) fn begin(format: &dyn Format, compression: Compression, edge: &EdgeType) -> Result<Part> {
        let mut encoder = format.encoder(edge)?;
        let mut squeeze = Squeeze::new(compression)?;
        encoder.begin(squeeze.plain())?;
        Ok(Part { encoder, squeeze, n_rows: 0 })
    }

    /// Takes the first of `picks` that fit into `max_rows` and `max_bytes`, and says how many; `write` takes bytes to the file.
    ///
    /// # Errors
    /// If they cannot be encoded or written.
    pub(super) fn rows(
        &mut self,
        batch: &Batch,
        picks: &[u32],
        limits: Limits,
        write: &mut dyn FnMut(&[u8]) -> Result<()>,
    ) -> Result<usize> {
        let room = usize::try_from(limits.rows.saturating_sub(self.n_rows)).unwrap_or(usize::MAX);
        let picks = &picks[..picks.len().min(room)];
        let n = self.encoder.rows(batch, picks, limits.bytes, self.squeeze.plain())?;
        self.n_rows += n as u64;
        self.squeeze.drain(write)?;
        Ok(n)
    }

    /// Whether the next row belongs to another part.
    pub(super) fn is_full(&self, limits: Limits) -> bool {
        self.n_rows >= limits.rows || self.encoder.n_bytes() >= limits.bytes
    }

    /// Ends the file.
    ///
    /// # Errors
    /// As [`Part::rows`].
    pub(super) fn end(mut self, write: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()> {
        self.encoder.finish(self.squeeze.plain())?;
        self.squeeze.end(write)
    }
}

/// How much one file holds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) rows: u64,
    /// Before compression.
    pub(super) bytes: u64,
}

impl Limits {
    pub(super) const NONE: Limits = Limits { rows: u64::MAX, bytes: u64::MAX };
}
