//! What is done with rows that are looked at, away from the thread that paints: sifting, summing up, writing as text.

mod condition;
mod filter;
mod summary;
mod text;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

pub use self::condition::{Condition, ConditionError};
pub use self::filter::RowFilter;
pub use self::summary::{ColumnSummary, N_BARS, Summary};
pub use self::text::RowFormat;
use self::text::rows_as_text;
use crate::engine_link::WatchedRows;

/// Rows on their way to the clipboard or to a file.
#[derive(Clone)]
pub struct RowExcerpt {
    /// The rows.
    pub rows: Arc<WatchedRows>,
    /// The numbers of those that are meant.
    pub chosen: Arc<[u32]>,
}

impl RowExcerpt {
    /// What they look like in a format.
    pub fn to_text(&self, format: RowFormat) -> String {
        rows_as_text(&self.rows, &self.chosen, format)
    }
}

impl fmt::Debug for RowExcerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} rows of {:?}", self.chosen.len(), self.rows.watch)
    }
}

/// What a filter lets pass of some rows.
#[derive(Clone, Debug)]
pub struct Sifted {
    /// The rows.
    pub rows: Arc<WatchedRows>,
    /// The filter.
    pub filter: Arc<RowFilter>,
    /// The numbers of the rows that pass, in order.
    pub shown: Vec<u32>,
    /// What is wrong with what was typed, by column.
    pub problems: BTreeMap<String, String>,
}

impl Sifted {
    /// Sifts rows.
    pub fn new(rows: Arc<WatchedRows>, filter: Arc<RowFilter>) -> Sifted {
        let sieve = filter.compile(&rows.edge_type);
        let n_columns = rows.edge_type.schema.n_columns();
        let passes = |row: &u32| rows.row(*row as usize).is_some_and(|row| sieve.passes(&row, n_columns));
        let shown = (0..rows.len() as u32).filter(passes).collect();
        Sifted { rows, filter, shown, problems: sieve.problems }
    }

    /// Whether it is what this filter lets pass of these rows.
    pub fn is_of(&self, rows: &Arc<WatchedRows>, filter: &Arc<RowFilter>) -> bool {
        Arc::ptr_eq(&self.rows, rows) && Arc::ptr_eq(&self.filter, filter)
    }
}
