//! The beginning of a Parquet file, read by a process that may die of it: its footer, and in its first row group the first pages of its
//! columns, in their order, until 8 MiB are decompressed. Nothing is made of them, for what is wrong with the file is said by whoever
//! reads it after that.

use std::io::{self, Cursor};
use std::path::Path;

use polars_buffer::Buffer;
use polars_parquet::read::{
    BasicDecompressor, ColumnChunkMetadata, Filter, PageReader, column_iter_to_arrays,
};
use polars_parquet_format::PageHeader;
use polars_parquet_format::thrift::protocol::TCompactInputProtocol;

use super::super::paths::SourceFile;
use super::file::{ParquetFile, check_pages, guarded};
use super::schema::FileColumn;
use crate::diagnostic::{Diagnostic, Place};
use crate::error::{EngineError, Origin, Result};
use crate::node::Apart;

/// When so much of a file is decompressed, in bytes, no further column is looked at: about 10 ms of work.
const MAX_PLAIN: u64 = 8 << 20;
/// How much of a chunk is read at first. Mostly its first pages lie in there.
const FIRST_READ: u64 = 64 << 10;
/// How many rows are decoded of a flat column.
const MAX_ROWS: usize = 1024;

/// Reads the footer of a Parquet file, and of its first row group the first pages of its columns, in the order in which they lie in the
/// file. The column with which 8 MiB or more are decompressed is the last; those behind it and all other row groups are not looked at.
///
/// It is for a process whose memory and time are limited, and which is started for that: a process that comes to the end of this
/// function has shown that so much of the file does no harm, whether or not it can be read, unless memory was wanting.
///
/// # Errors
/// If the file cannot be read or opened as a Parquet file. Only where there is no memory for it, the kind is
/// [`OutOfMemory`](io::ErrorKind::OutOfMemory).
pub fn read_parquet_beginning(path: &Path) -> io::Result<()> {
    read_beginning(path).map_err(|error| {
        let kind = if wants_memory(&error) { io::ErrorKind::OutOfMemory } else { io::ErrorKind::Other };
        io::Error::new(kind, error)
    })
}

/// Whether it is for want of memory that a file could not be read.
fn wants_memory(error: &EngineError) -> bool {
    // As `ParquetFile::bytes` says it, and as reading a file does. Names stand behind that, so that none is taken for it.
    let is_said = error.message().starts_with("there is no memory for ");
    error.origin() == Origin::Machine && (is_said || error.cause() == Some("out of memory"))
}

fn read_beginning(path: &Path) -> Result<()> {
    let file = ParquetFile::open(path, &path.to_string_lossy())?;
    let mut n_left = MAX_PLAIN;
    for column in &file.footer.columns {
        if n_left == 0 {
            break;
        }
        match first_of_column(&file, column) {
            Ok(pages) => {
                n_left = n_left.saturating_sub(pages.iter().map(|(pages, _)| pages.n_plain).sum());
                drop(decode(&file, column, pages));
            }
            Err(error) if error.origin() == Origin::Machine => return Err(error),
            // A fault of the file's is told when its rows are read.
            Err(_) => {}
        }
    }
    Ok(())
}

type ColumnPages<'a> = Vec<(FirstPages, &'a ColumnChunkMetadata)>;

/// The first pages of each chunk of a column; none where there are no rows.
fn first_of_column<'a>(file: &'a ParquetFile, column: &FileColumn) -> Result<ColumnPages<'a>> {
    let Some(group) = file.footer.metadata.row_groups.first() else { return Ok(Vec::new()) };
    let chunks = group.parquet_columns()[column.leaves.clone()].iter();
    chunks.map(|chunk| Ok((first_pages(file, chunk.byte_range())?, chunk))).collect()
}

/// Decodes some rows of pages. The pages of a nested column may end in different rows; then it fails at that end.
fn decode(file: &ParquetFile, column: &FileColumn, pages: ColumnPages<'_>) -> Result<()> {
    let n_values = pages.iter().map(|(pages, _)| pages.n_values).min().unwrap_or(0);
    // How many rows there are in a page of a nested column only its levels say.
    let n_rows = if column.is_nested() { n_values.min(1) } else { n_values.min(MAX_ROWS) };
    if n_rows == 0 {
        return Ok(());
    }
    guarded(&file.name, || {
        let types = pages.iter().map(|(_, chunk)| &chunk.descriptor().descriptor.primitive_type);
        let types = types.collect();
        let pages = pages.into_iter().map(|(pages, chunk)| {
            let bytes = Cursor::new(Buffer::from_vec(pages.bytes));
            BasicDecompressor::new(PageReader::new(bytes, chunk, Vec::new(), usize::MAX), Vec::new())
        });
        let filter = Some(Filter::new_ranged(0, n_rows));
        let decoded = column_iter_to_arrays(pages.collect(), types, column.arrow.clone(), filter);
        decoded.map(drop).map_err(|error| EngineError::data("a page cannot be read").because(error))
    })
}

/// The first pages of a chunk: the dictionary, where there is one, and the values of the first that has any.
#[derive(Debug, PartialEq, Eq)]
struct FirstPages {
    bytes: Vec<u8>,
    n_values: usize,
    /// Their bytes when they are not compressed.
    n_plain: u64,
}

fn first_pages(file: &ParquetFile, chunk: std::ops::Range<u64>) -> Result<FirstPages> {
    let n_chunk = chunk.end - chunk.start;
    let mut n_read = FIRST_READ.min(n_chunk);
    loop {
        let mut bytes = file.bytes(chunk.start..chunk.start + n_read)?;
        let found = first_of(&bytes);
        if let Some((n_bytes, n_values, n_plain)) = found {
            bytes.truncate(n_bytes);
            check_pages(&bytes, n_values).map_err(EngineError::data)?;
            return Ok(FirstPages { bytes, n_values: usize::try_from(n_values).unwrap_or(0), n_plain });
        }
        if n_read == n_chunk {
            return Err(EngineError::data("a column has no page with values"));
        }
        n_read = n_chunk.min(n_read.saturating_mul(4));
    }
}

/// How many bytes the first pages take, how many values they have, and how many bytes when they are not compressed; `None` if they do not
/// lie in `bytes` as a whole.
fn first_of(bytes: &[u8]) -> Option<(usize, i64, u64)> {
    let (mut rest, mut n_plain) = (bytes, 0_u64);
    loop {
        let limit = rest.len();
        let header =
            PageHeader::read_from_in_protocol(&mut TCompactInputProtocol::new(&mut rest, limit)).ok()?;
        rest = rest.get(usize::try_from(header.compressed_page_size).ok()?..)?;
        n_plain = n_plain.saturating_add(u64::try_from(header.uncompressed_page_size).ok()?);
        let n_values = header.data_page_header.map(|header| header.num_values);
        let n_values = n_values.or(header.data_page_header_v2.map(|header| header.num_values));
        if let Some(n_values @ 1..) = n_values {
            return Some((bytes.len() - rest.len(), n_values.into(), n_plain));
        }
    }
}

/// Has files read apart, and says of which of them that went wrong.
pub(super) fn refused(apart: &Apart, found: &[(SourceFile, Place)]) -> Vec<Diagnostic> {
    let paths: Vec<&Path> = found.iter().map(|(file, _)| &*file.path).collect();
    let mishaps = apart.read(&paths).into_iter().zip(found);
    let refused = mishaps.filter_map(|(mishap, (file, place))| {
        let mishap = mishap?;
        let message = format!("`{}` {}", file.name, mishap.what);
        Some(Diagnostic::error("harmful-file", place.clone(), message).fix(mishap.fix))
    });
    refused.collect()
}

/// Has a file read apart that may have changed since the flow was checked.
///
/// # Errors
/// If that goes wrong.
pub(super) fn still_harmless(apart: &Apart, path: &Path, name: &str) -> Result<()> {
    match apart.read(&[path]).into_iter().flatten().next() {
        None => Ok(()),
        Some(mishap) => Err(EngineError::data(format!("`{name}` {}; {}", mishap.what, mishap.fix))),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use serde_json::json;

    use super::super::super::testing::{Flow, source};
    use super::super::ParquetSource;
    use super::super::writers::bytes;
    use super::*;
    use crate::ids::NodeId;
    use crate::node::{FileAccess, Mishap, NodeType, PlanContext, ReadApart, SplitOffset};

    #[test]
    fn the_first_pages_of_every_column_of_every_writer_are_decoded() {
        let flow = Flow::new();
        for name in [
            "codec-brotli-v1.parquet",
            "codec-gzip-v2.parquet",
            "codec-lz4-v2.parquet",
            "codec-none-v1.parquet",
            "codec-snappy-v2.parquet",
            "codec-zstd-v2.parquet",
            "delta-v2.parquet",
            "duckdb-nested.parquet",
            "fastparquet-gzip.parquet",
            "flat-tiny-pages.parquet",
            "flat-v1.parquet",
            "flat-v2.parquet",
            "nested-hive.parquet",
            "nested-required.parquet",
            "nested-tiny-pages.parquet",
            "nested-v1.parquet",
            "nested-v2.parquet",
            "polars-nested.parquet",
        ] {
            let path = flow.file(name, bytes(name));
            let file = ParquetFile::open(&path, name).expect("a file");
            for column in &file.footer.columns {
                let pages = first_of_column(&file, column).expect("pages");
                assert_eq!(pages.len(), column.leaves.len());
                assert!(pages.iter().all(|(pages, _)| pages.n_values > 0 && pages.n_plain > 0));
                let decoded = decode(&file, column, pages);
                let is_at_end = |error: &EngineError| error.to_string().ends_with("end of file");
                assert!(
                    decoded.as_ref().map_or_else(|error| column.is_nested() && is_at_end(error), |()| true),
                    "{name}, {:?}: {decoded:?}",
                    column.field
                );
            }
            assert!(read_parquet_beginning(&path).is_ok());
        }
    }

    #[test]
    fn want_of_memory_is_told_from_a_file_that_cannot_be_read() {
        let flow = Flow::new();
        let path = flow.file("a.parquet", bytes("flat-v2.parquet"));
        let file = ParquetFile::open(&path, "a.parquet").expect("a file");
        let error = file.bytes(0..u64::MAX).expect_err("there is no such memory");
        assert!(wants_memory(&error), "{error}");
        let exhausted = io::Error::from(io::ErrorKind::OutOfMemory);
        assert!(wants_memory(&EngineError::machine("`a` cannot be read").because(exhausted)));

        for path in [flow.dir().join("none.parquet"), flow.dir().to_owned()] {
            let error = read_parquet_beginning(&path).expect_err("it cannot be read");
            assert_eq!(error.kind(), io::ErrorKind::Other, "{error}");
        }
        let named = EngineError::machine("`there is no memory for out of memory` cannot be read");
        assert!(!wants_memory(&named) && !wants_memory(&EngineError::data("there is no memory for it")));
    }

    #[test]
    fn pages_are_found_in_as_few_bytes_as_they_take() {
        let flow = Flow::new();
        let path = flow.file("a.parquet", bytes("flat-tiny-pages.parquet"));
        let file = ParquetFile::open(&path, "a.parquet").expect("a file");
        let mut chunks = file.footer.metadata.row_groups[0].parquet_columns().iter();
        let of_several = |chunk: &ColumnChunkMetadata| {
            let chunk = chunk.byte_range();
            let first = first_pages(&file, chunk.clone()).expect("pages");
            (first.bytes.len() as u64 + 1 < chunk.end - chunk.start).then_some(first)
        };
        let first = chunks.find_map(of_several).expect("a chunk of several pages");
        let found = Some((first.bytes.len(), first.n_values as i64, first.n_plain));
        assert_eq!(first_of(&first.bytes), found);
        assert_eq!(first_of(&first.bytes[..first.bytes.len() - 1]), None);
        assert_eq!(first_of(b""), None);
    }

    /// Says of files whose name begins with `bad` that they do harm, and notes what it was asked.
    #[derive(Default)]
    struct ByName {
        asked: Arc<Mutex<Vec<String>>>,
    }

    impl ReadApart for ByName {
        fn read(&self, files: &[&Path]) -> Vec<Option<Mishap>> {
            let names = files.iter().map(|file| file.file_name().unwrap_or_default().to_string_lossy());
            let names: Vec<String> = names.map(String::from).collect();
            self.asked.lock().expect("no panic").extend(names.iter().cloned());
            let mishap = |name: &String| {
                let (what, fix) = ("bites".to_owned(), "leave it alone".to_owned());
                name.starts_with("bad").then_some(Mishap { what, fix })
            };
            names.iter().map(mishap).collect()
        }
    }

    #[test]
    fn a_harmful_file_is_refused_when_it_is_planned_and_when_it_is_opened() {
        let flow = Flow::new();
        for name in ["good.parquet", "bad.parquet", "worse/bad.parquet"] {
            flow.file(name, bytes("flat-v2.parquet"));
        }
        let asked = Arc::new(Mutex::new(Vec::new()));
        let files = FileAccess {
            apart: Some(Apart::new(ByName { asked: Arc::clone(&asked) })),
            ..FileAccess::new(flow.dir(), flow.dir())
        };
        let plan = |params: serde_json::Value| {
            ParquetSource.plan(&PlanContext {
                node: &NodeId::new("node"),
                params: params.as_object().expect("an object"),
                inputs: Vec::new(),
                used_columns: None,
                session_zone: "UTC",
                files: &files,
            })
        };
        let refused = plan(json!({"path": "*.parquet"}));
        let found: Vec<String> = refused.diagnostics.iter().map(ToString::to_string).collect();
        assert_eq!(found, ["error[harmful-file] `node`, path: `bad.parquet` bites; leave it alone"]);
        assert!(refused.runs.is_none());
        assert_eq!(*asked.lock().expect("no panic"), ["bad.parquet", "good.parquet"]);

        let good = source(plan(json!({"path": "good.parquet"})));
        let split = good.source.splits().expect("splits").remove(0);
        assert!(good.source.open(&split, SplitOffset::START).is_ok());
        let n_asked = asked.lock().expect("no panic").len();
        let narrowed = good.source.narrowed(&[0]);
        let other = crate::node::Split { path: Some(flow.dir().join("worse/bad.parquet")), ..split };
        let error = narrowed.open(&other, SplitOffset::START).err().expect("refused").to_string();
        assert_eq!(error, "`good.parquet` bites; leave it alone");
        assert_eq!(asked.lock().expect("no panic").len(), n_asked + 1);
    }
}
