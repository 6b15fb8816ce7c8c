//! What a source of rows promises: splits that are read in sequence and decoded in parallel.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use polars::prelude::{Column, DataFrame, IntoColumn, NamedFrom, Series};

use crate::data::{DataType, Field, Schema};
use crate::error::{EngineError, Result};
use crate::expr::Predicate;

/// Rows that can be read: one or more splits, each in a fixed order and resettable to an offset.
///
/// Reading has two halves. [`SplitReader::next`] is sequential and cheap: it finds where the next rows lie. [`Morsel::decode`]
/// is pure work that any thread may do at any time; the runtime puts the results back into order.
pub trait Source: Send + Sync {
    /// The splits, in the order that positions count them.
    ///
    /// # Errors
    /// If they cannot be found: a missing file, a folder without permission.
    fn splits(&self) -> Result<Vec<Split>>;

    /// A reader of one split, from an offset that an earlier reader gave or [`SplitOffset::START`].
    ///
    /// # Errors
    /// If the split cannot be opened or is not of the promised form.
    fn open(&self, split: &Split, from: SplitOffset) -> Result<Box<dyn SplitReader>>;

    /// A reader for a look at the first records of a split. Its frames hold the decoded columns `columns` alone, in that order; a
    /// record may be a row here that is rejected for the sake of another column. A source that has to decode much at a time
    /// should do less here.
    ///
    /// # Errors
    /// As [`Source::open`].
    fn peek(&self, split: &Split, columns: &[usize]) -> Result<Box<dyn SplitReader>> {
        let reader = self.open(split, SplitOffset::START)?;
        Ok(Box::new(Chosen { inner: reader, columns: columns.into() }))
    }

    /// The same rows with the decoded columns `columns` alone, in that order, and no work for the others. What is wrong with a column
    /// that is left out rejects no record.
    fn narrowed(&self, columns: &[usize]) -> Arc<dyn Source>;

    /// The same records, rows and rejected ones alike, but where no row of a stretch passes `filter`, perhaps with other values in
    /// columns that nobody sees; nothing where the source knows too little of its rows to gain by that.
    ///
    /// What stands in for the values is of the column's type or NULL, and the filter's condition refuses it.
    fn filtered(&self, filter: &SourceFilter) -> Option<Arc<dyn Source>> {
        let _ = filter;
        None
    }
}

/// A filter that all rows of a source go through, and what is done with them before.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceFilter {
    /// What the filter asks of decoded columns.
    pub predicate: Predicate,
    /// The decoded columns that something before the filter reads, rising: those that say when rows happen and arrive, and by which
    /// they are partitioned. A row that is NULL in one of them may leave before the filter, whole.
    pub seen: Vec<usize>,
}

/// A reader, or a morsel, of some of the columns of another.
struct Chosen<T: ?Sized> {
    columns: Box<[usize]>,
    inner: Box<T>,
}

impl SplitReader for Chosen<dyn SplitReader> {
    fn next(&mut self, n_rows: usize) -> Result<Option<Box<dyn Morsel>>> {
        let columns = &self.columns;
        let chosen = |inner| Box::new(Chosen { inner, columns: columns.clone() }) as Box<dyn Morsel>;
        Ok(self.inner.next(n_rows)?.map(chosen))
    }
}

impl Morsel for Chosen<dyn Morsel> {
    fn decode(self: Box<Self>) -> Result<Decoded> {
        let decoded = self.inner.decode()?;
        let columns = self.columns.iter().map(|idx| decoded.frame.columns()[*idx].clone()).collect();
        let frame = DataFrame::new(decoded.frame.height(), columns)?;
        Ok(Decoded { frame, ..decoded })
    }
}

/// A part of a source that is read in order: a file, or rows that are made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    /// Its number within the source, from 0.
    pub number: u32,
    /// What people call it: the file's path as the flow names it.
    pub name: String,
    /// The file; `None` for rows that are made.
    pub path: Option<PathBuf>,
}

impl Split {
    /// The file, for a source that reads files.
    ///
    /// # Errors
    /// If there is none, which is an internal fault.
    pub fn file(&self) -> Result<&Path> {
        let none = || EngineError::internal(format!("the split `{}` has no file", self.name));
        self.path.as_deref().ok_or_else(none)
    }
}

/// How far a split has been read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct SplitOffset {
    /// Records before this point, rejected ones included (a header is no record).
    pub records: u64,
    /// Where the source goes on: the next record's byte in a text file, the next row in a columnar one.
    pub cursor: u64,
}

impl SplitOffset {
    /// The beginning.
    pub const START: SplitOffset = SplitOffset { records: 0, cursor: 0 };
}

/// Reads one split in sequence.
pub trait SplitReader: Send {
    /// The next rows, about `n_rows` of them; `None` at the end of the split.
    ///
    /// # Errors
    /// If the file cannot be read further.
    fn next(&mut self, n_rows: usize) -> Result<Option<Box<dyn Morsel>>>;
}

/// Rows that have been found but not decoded.
pub trait Morsel: Send {
    /// Decodes them. Pure: the answer depends on nothing but the morsel.
    ///
    /// # Errors
    /// If the data is damaged beyond single records.
    fn decode(self: Box<Self>) -> Result<Decoded>;
}

/// Decoded rows, and the records that are none.
#[derive(Debug)]
pub struct Decoded {
    /// The rows: the columns of [`SourcePlan::decoded`](super::SourcePlan::decoded), in that order.
    pub frame: DataFrame,
    /// How many records there were, rejected ones included.
    pub n_records: u64,
    /// The records that were rejected, by rising number.
    pub rejected: Vec<Rejected>,
    /// Where the split goes on after the last record: [`SplitOffset::cursor`].
    pub next_cursor: u64,
    /// Whether values stand in for others that nobody sees: see [`Source::filtered`].
    pub is_pruned: bool,
}

impl Decoded {
    /// The number of each row of [`Decoded::frame`] among the records of the morsel: those that were not rejected.
    pub fn record_numbers(&self) -> RecordNumbers<'_> {
        RecordNumbers { rejected: &self.rejected, next: 0..self.n_records }
    }
}

/// The numbers of the records that were not rejected, rising.
#[derive(Debug)]
pub struct RecordNumbers<'a> {
    rejected: &'a [Rejected],
    next: Range<u64>,
}

impl Iterator for RecordNumbers<'_> {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        loop {
            let number = self.next.next()?;
            match self.rejected.split_first() {
                Some((first, rest)) if first.record == number => self.rejected = rest,
                _ => return Some(number),
            }
        }
    }
}

/// A record that could not be made into a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// Its number within the morsel, from 0.
    pub record: u64,
    /// Where it begins in the file: a byte in a text file, a row in a columnar one.
    pub offset: u64,
    /// Its line in a text file, from 1; 0 in others.
    pub line: u64,
    /// The column at fault, where it is one.
    pub column: Option<String>,
    /// What is wrong with it, in a few words.
    pub reason: String,
    /// The record as it stands in the file, at most 4 KiB of it.
    pub raw: Vec<u8>,
}

/// Why a record is rejected that has nothing in a column that is NOT NULL, as event time and arrival time are.
pub const NO_VALUE: &str = "no value in a column that must have one";

/// The columns of a source's rejected port.
pub fn rejected_schema() -> Schema {
    Schema::new(vec![
        Field::not_null("file", DataType::String),
        Field::not_null("offset", DataType::BigInt),
        Field::not_null("line", DataType::BigInt),
        Field::nullable("column", DataType::String),
        Field::not_null("reason", DataType::String),
        Field::not_null("record", DataType::String),
    ])
}

/// Rejected records of the split `name` as rows of [`rejected_schema`].
///
/// # Errors
/// If the columns do not fit together, which is an internal fault.
pub fn rejected_frame(name: &str, rejected: &[Rejected]) -> Result<DataFrame> {
    let texts = |name: &str, of: &dyn Fn(&Rejected) -> Option<String>| -> Column {
        let values: Vec<Option<String>> = rejected.iter().map(of).collect();
        Series::new(name.into(), values).into_column()
    };
    let numbers = |name: &str, of: &dyn Fn(&Rejected) -> u64| -> Column {
        let values: Vec<i64> = rejected.iter().map(|rejected| of(rejected) as i64).collect();
        Series::new(name.into(), values).into_column()
    };
    let columns = vec![
        texts("file", &|_| Some(name.to_owned())),
        numbers("offset", &|rejected| rejected.offset),
        numbers("line", &|rejected| rejected.line),
        texts("column", &|rejected| rejected.column.clone()),
        texts("reason", &|rejected| Some(rejected.reason.clone())),
        texts("record", &|rejected| Some(String::from_utf8_lossy(&rejected.raw).into_owned())),
    ];
    DataFrame::new(rejected.len(), columns).map_err(EngineError::from)
}
