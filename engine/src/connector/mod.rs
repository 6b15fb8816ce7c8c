//! Where rows come from and where they go: one source or sink per file or folder.

mod blackhole;
mod characters;
mod csv_sink;
mod csv_source;
mod draws;
mod file_commit;
mod file_sink;
mod file_source;
mod format;
mod memory_source;
mod ndjson_sink;
mod nexmark;
mod parquet_sink;
mod parquet_source;
mod paths;
mod sums_sink;
mod table_sink;
#[cfg(test)]
mod testing;
mod time_text;

pub use blackhole::Blackhole;
pub use csv_sink::CsvSink;
pub use csv_source::{CsvForm, CsvSource, csv_form};
pub use format::{FileFormat, file_format};
pub use memory_source::MemorySource;
pub use ndjson_sink::NdjsonSink;
pub use nexmark::NexmarkSource;
pub use parquet_sink::ParquetSink;
pub use parquet_source::ParquetSource;
pub use paths::{escape_pattern, split_pattern};
pub use sums_sink::{ColumnSum, Sums, SumsSink};
pub use table_sink::TableSink;
