//! What a file format promises: a beginning, rows, an end, as bytes.

use crate::data::{Batch, EdgeType};
use crate::error::Result;

/// How the rows of one type become bytes.
pub(crate) trait Format: Send + Sync {
    /// Begins a file of rows of this type.
    ///
    /// # Errors
    /// If the format has no form for one of the columns.
    fn encoder(&self, edge: &EdgeType) -> Result<Box<dyn Encoder>>;
}

/// One file on its way from rows to bytes. The bytes do not depend on how the rows are cut into batches.
pub(crate) trait Encoder: Send {
    /// Adds what stands before the first row.
    ///
    /// # Errors
    /// If it cannot be encoded.
    fn begin(&mut self, into: &mut Vec<u8>) -> Result<()>;

    /// Takes the rows `picks` of a batch, up to and including the one with which the file has `max_bytes`, and says how many it took.
    /// Their bytes are added now or later.
    ///
    /// # Errors
    /// If they cannot be encoded.
    fn rows(&mut self, batch: &Batch, picks: &[u32], max_bytes: u64, into: &mut Vec<u8>) -> Result<usize>;

    /// How many bytes the rows so far have before compression; what is encoded in columns counts as it is held.
    fn n_bytes(&self) -> u64;

    /// Adds what is left, and what stands behind the last row.
    ///
    /// # Errors
    /// As [`Encoder::rows`].
    fn finish(&mut self, into: &mut Vec<u8>) -> Result<()>;
}
