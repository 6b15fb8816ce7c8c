//! The beginning of a Parquet file, read by a process that may die of it: its footer and the first pages of its columns. Nothing is made
//! of them, for what is wrong with the file is said by whoever reads it after that.

use std::io::Cursor;
use std::path::Path;

use polars_buffer::Buffer;
use polars_parquet::read::{BasicDecompressor, Filter, PageReader, column_iter_to_arrays};
use polars_parquet_format::PageHeader;
use polars_parquet_format::thrift::protocol::TCompactInputProtocol;

use super::super::paths::SourceFile;
use super::file::{ParquetFile, check_pages, guarded};
use super::schema::FileColumn;
use crate::diagnostic::{Diagnostic, Place};
use crate::error::{EngineError, Result};
use crate::node::Apart;

/// How much is decompressed of a file, in bytes, besides its first column: about 10 ms of work.
const MAX_PLAIN: u64 = 8 << 20;
/// How much of a chunk is read at first. Mostly its first pages lie in there.
const FIRST_READ: u64 = 64 << 10;
/// How many rows are decoded of a flat column.
const MAX_ROWS: usize = 1024;

/// Reads the footer of a Parquet file and decodes the first pages of its columns, until about 8 MiB are decompressed.
///
/// It is for a process whose memory and time are limited, and which is started for that: a process that comes to the end of this
/// function has shown that the file does no harm so far, whether or not it can be read.
///
/// # Errors
/// If the file cannot be opened as a Parquet file.
pub fn read_parquet_beginning(path: &Path) -> Result<()> {
    let file = ParquetFile::open(path, &path.to_string_lossy())?;
    let mut n_left = MAX_PLAIN;
    for column in &file.columns {
        if n_left == 0 {
            break;
        }
        // A fault of the file's, which is told when its rows are read.
        let n_plain = read_column(&file, column).unwrap_or(0);
        n_left = n_left.saturating_sub(n_plain);
    }
    Ok(())
}

/// Decodes the first pages of a column; says how many bytes they have when they are not compressed.
fn read_column(file: &ParquetFile, column: &FileColumn) -> Result<u64> {
    let Some(group) = file.metadata.row_groups.first() else { return Ok(0) };
    let (mut pages, mut n_plain, mut n_values) = (Vec::new(), 0, usize::MAX);
    for metadata in &group.parquet_columns()[column.leaves.clone()] {
        let first = first_pages(file, metadata.byte_range())?;
        n_plain += first.n_plain;
        n_values = n_values.min(first.n_values);
        pages.push((Buffer::from_vec(first.bytes), metadata));
    }
    // How many rows there are in a page of a nested column only its levels say.
    let n_rows = if column.is_nested() { n_values.min(1) } else { n_values.min(MAX_ROWS) };
    guarded(&file.name, || {
        let types = pages.iter().map(|(_, metadata)| &metadata.descriptor().descriptor.primitive_type);
        let types = types.collect();
        let pages = pages.iter().map(|(bytes, metadata)| {
            let pages = PageReader::new(Cursor::new(bytes.clone()), metadata, Vec::new(), usize::MAX);
            BasicDecompressor::new(pages, Vec::new())
        });
        let filter = Some(Filter::new_ranged(0, n_rows));
        column_iter_to_arrays(pages.collect(), types, column.arrow.clone(), filter)?;
        Ok(n_plain)
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
