//! The newest rows of an edge, handed out once to who tries something on them. Whose rows the window watches does not change.

use std::sync::Arc;

use tidemark_engine::data::{Batch, EdgeType, Position};
use tidemark_engine::error::Result;
use tidemark_engine::ids::EdgeId;
use tidemark_engine::runtime::{JobHandle, NewestRows};

/// The newest rows of an edge.
pub struct SampledRows {
    /// Their columns: those that the run reads.
    pub edge_type: Arc<EdgeType>,
    batches: Vec<Batch>,
}

impl SampledRows {
    /// The newest rows of an edge of a job; `None` if it has no such edge.
    pub(super) fn of(handle: &JobHandle, edge: &EdgeId) -> Option<SampledRows> {
        let NewestRows { edge_type, batches, .. } = handle.newest_rows(edge)?;
        Some(SampledRows { edge_type, batches })
    }

    /// As many of the newest rows as are wanted, in batches that are in no order: the rows of parallel subtasks overlap.
    ///
    /// # Errors
    /// If a column cannot be gathered, which is an internal fault.
    pub fn newest(&self, n_wanted: usize) -> Result<Vec<Batch>> {
        let mut rows: Vec<(Position, usize, u32)> = Vec::new();
        for (number, batch) in self.batches.iter().enumerate() {
            let newest = batch.n_rows().saturating_sub(n_wanted)..batch.n_rows();
            rows.extend(newest.map(|row| (batch.positions().at(row), number, row as u32)));
        }
        rows.sort_by_key(|(position, ..)| *position);
        rows.drain(..rows.len().saturating_sub(n_wanted));
        let of_batch = |number: usize| {
            let mut of_batch: Vec<u32> =
                rows.iter().filter(|(_, of, _)| *of == number).map(|(.., row)| *row).collect();
            of_batch.sort_unstable();
            of_batch
        };
        let picked = self.batches.iter().enumerate().map(|(number, batch)| (batch, of_batch(number)));
        picked.filter(|(_, rows)| !rows.is_empty()).map(|(batch, rows)| batch.gather(&rows)).collect()
    }
}
