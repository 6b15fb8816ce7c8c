//! Where rows come from and where they go: one source or sink per file or folder.

mod blackhole;
mod characters;
mod csv_sink;
mod csv_source;
mod draws;
mod elementary;
mod file_commit;
mod file_sink;
mod file_source;
mod format;
mod generator_source;
mod memory_source;
mod ndjson_sink;
mod ndjson_source;
mod nexmark;
mod numbers;
mod parquet_sink;
mod parquet_source;
mod paths;
mod sums_sink;
mod table_sink;
#[cfg(test)]
pub(crate) mod testing;
mod text_columns;
mod text_input;
mod text_reader;
mod time_text;

pub use blackhole::Blackhole;
pub use csv_sink::CsvSink;
pub use csv_source::{CsvForm, CsvSource, csv_form};
pub use format::{FileFormat, file_format};
pub use generator_source::GeneratorSource;
pub use memory_source::MemorySource;
pub use ndjson_sink::NdjsonSink;
pub use ndjson_source::NdjsonSource;
pub use nexmark::NexmarkSource;
pub use parquet_sink::ParquetSink;
pub use parquet_source::{ParquetSource, read_parquet_beginning};
pub(crate) use paths::without_compression;
pub use paths::{escape_pattern, split_pattern};
pub use sums_sink::{ColumnSum, Sums, SumsSink};
pub use table_sink::TableSink;
pub(crate) use text_input::{TextInput, unreadable};
