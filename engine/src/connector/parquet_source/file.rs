//! An open Parquet file: its footer, checked before anything is believed, and the bytes of its column chunks.

use std::fs::{File, Metadata};
use std::io::{Cursor, Read, Seek, SeekFrom};
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::SystemTime;

use polars_buffer::Buffer;
use polars_parquet::parquet::metadata::FileMetadata;
use polars_parquet::read::ColumnChunkMetadata;
use polars_parquet_format::PageHeader;
use polars_parquet_format::thrift::protocol::TCompactInputProtocol;

use super::schema::{FileColumn, Unsupported, check_footer, columns};
use crate::error::{EngineError, Result};

const MAGIC: &[u8; 4] = b"PAR1";
const MAX_FOOTER: u64 = 64 << 20;
const MAX_ROW_GROUP: u64 = 2 << 30;
const MAX_PAGE: u64 = 1 << 30;
/// A page may be so many times larger than its compressed bytes, unless it is small anyway.
const MAX_RATIO: u64 = 1000;
const SMALL_PAGE: u64 = 16 << 20;
/// The most values of a nested column in a row group. They are counted by levels, which take next to no bytes where they repeat.
const MAX_NESTED_VALUES: u64 = 1 << 27;

/// What tells a file from another that stands in its place, or from itself before it was written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    n_bytes: u64,
    modified: Option<SystemTime>,
    /// Its number on its disk, where the system gives it one.
    number: Option<(u64, u64)>,
}

impl Stamp {
    fn of(metadata: &Metadata) -> Stamp {
        #[cfg(unix)]
        let number = {
            use std::os::unix::fs::MetadataExt;
            Some((metadata.dev(), metadata.ino()))
        };
        #[cfg(not(unix))]
        let number = None;
        Stamp { n_bytes: metadata.len(), modified: metadata.modified().ok(), number }
    }
}

/// An open file whose footer was read and whose row groups lie within it.
pub(super) struct ParquetFile {
    pub(super) name: Arc<str>,
    file: Mutex<File>,
    pub(super) footer: Arc<Footer>,
}

/// What the footer of a file says.
pub(super) struct Footer {
    /// The file as it was when its footer was read.
    stamp: Stamp,
    pub(super) metadata: FileMetadata,
    /// The columns that can be read.
    pub(super) columns: Vec<FileColumn>,
    /// Those that cannot, with what they are.
    pub(super) unsupported: Unsupported,
    pub(super) n_rows: u64,
}

impl ParquetFile {
    /// Opens a file and checks that what its footer says can be.
    ///
    /// # Errors
    /// If it cannot be read, is no Parquet file, or is damaged.
    pub(super) fn open(path: &Path, name: &str) -> Result<ParquetFile> {
        ParquetFile::open_known(path, name, None)
    }

    /// Opens a file of which a footer is known, and reads its footer only if it is another by now.
    ///
    /// # Errors
    /// As [`ParquetFile::open`].
    pub(super) fn open_known(path: &Path, name: &str, known: Option<&Arc<Footer>>) -> Result<ParquetFile> {
        let damaged = |what: &str| EngineError::data(format!("`{name}` is not a whole Parquet file: {what}"));
        let unreadable =
            |error: std::io::Error| EngineError::machine(format!("`{name}` cannot be read")).because(error);
        let mut file = File::open(path).map_err(unreadable)?;
        let stamp = Stamp::of(&file.metadata().map_err(unreadable)?);
        if let Some(footer) = known.filter(|footer| footer.stamp == stamp) {
            let (name, file, footer) = (name.into(), Mutex::new(file), Arc::clone(footer));
            return Ok(ParquetFile { name, file, footer });
        }
        let length = stamp.n_bytes;
        if length == 0 {
            return Err(EngineError::data(format!("`{name}` is empty")));
        }
        if length < 12 {
            return Err(damaged("it is shorter than any"));
        }
        let mut head = [0; 4];
        file.read_exact(&mut head).map_err(unreadable)?;
        if &head == b"PARE" {
            return Err(EngineError::data(format!("`{name}` is encrypted, which is not supported")));
        }
        if &head != MAGIC {
            return Err(damaged("it does not begin with `PAR1`"));
        }
        let mut tail = [0; 8];
        file.seek(SeekFrom::End(-8)).map_err(unreadable)?;
        file.read_exact(&mut tail).map_err(unreadable)?;
        let [l0, l1, l2, l3, magic @ ..] = tail;
        if &magic != MAGIC {
            return Err(damaged("it does not end with `PAR1`; perhaps it was not written to its end"));
        }
        let n_footer = u64::from(u32::from_le_bytes([l0, l1, l2, l3]));
        if n_footer > length - 12 {
            return Err(damaged("its footer is said to be longer than the file"));
        }
        if n_footer > MAX_FOOTER {
            return Err(damaged("its footer is longer than 64 MiB"));
        }
        let mut footer = Vec::with_capacity(n_footer as usize);
        file.seek(SeekFrom::End(-8 - n_footer as i64)).map_err(unreadable)?;
        Read::by_ref(&mut file).take(n_footer).read_to_end(&mut footer).map_err(unreadable)?;

        let metadata = guarded(name, || {
            check_footer(&footer).map_err(|what| damaged(&what))?;
            // The reader wants the file's end too.
            footer.extend_from_slice(&tail);
            polars_parquet::parquet::read::read_metadata(&mut Cursor::new(&footer))
                .map_err(|error| damaged("its footer cannot be read").because(error))
        })?;
        let (columns, unsupported) = guarded(name, || columns(&metadata, name))?;
        let data_end = length - 8 - n_footer;
        let n_rows = check_row_groups(&metadata, &columns, data_end).map_err(|what| damaged(&what))?;
        let footer = Arc::new(Footer { stamp, metadata, columns, unsupported, n_rows });
        Ok(ParquetFile { name: name.into(), file: Mutex::new(file), footer })
    }

    /// The bytes at `range`, or fewer where the file has become shorter.
    pub(super) fn bytes(&self, range: Range<u64>) -> Result<Vec<u8>> {
        let name = &self.name;
        let n_bytes = range.end - range.start;
        let mut bytes = Vec::new();
        let too_large = |error| {
            EngineError::machine(format!("there is no memory for {n_bytes} bytes of `{name}`")).because(error)
        };
        bytes.try_reserve_exact(n_bytes as usize).map_err(too_large)?;
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(range.start))
            .and_then(|_| Read::by_ref(&mut *file).take(n_bytes).read_to_end(&mut bytes))
            .map_err(|error| EngineError::machine(format!("`{name}` cannot be read")).because(error))?;
        Ok(bytes)
    }

    /// How many rows row group `group` has.
    pub(super) fn group_rows(&self, group: usize) -> u64 {
        self.footer.metadata.row_groups.get(group).map_or(0, |group| group.num_rows() as u64)
    }
}

/// Runs what the Parquet library does on bytes that may be damaged; should it panic, that is an error of the file.
pub(super) fn guarded<T>(name: &str, run: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|panic| {
        let cause = panic
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| panic.downcast_ref::<&str>().copied())
            .unwrap_or("the reader gave up");
        Err(EngineError::data(format!("`{name}` is damaged or uses a form that is not supported"))
            .because(cause))
    })
}

/// Checks that every row group can be what it says, and counts the rows.
fn check_row_groups(metadata: &FileMetadata, columns: &[FileColumn], data_end: u64) -> Result<u64, String> {
    let mut n_rows = 0_u64;
    for (idx, group) in metadata.row_groups.iter().enumerate() {
        let in_group = |what: &str| format!("row group {idx} {what}");
        n_rows = n_rows.checked_add(group.num_rows() as u64).ok_or_else(|| in_group("has too many rows"))?;
        if group.total_byte_size() as u64 > MAX_ROW_GROUP || group.compressed_size() as u64 > MAX_ROW_GROUP {
            return Err(in_group("is larger than 2 GiB"));
        }
        for (column, leaf) in
            columns.iter().flat_map(|column| column.leaves.clone().map(move |leaf| (column, leaf)))
        {
            let Some(chunk) = group.parquet_columns().get(leaf) else {
                return Err(in_group(&format!("lacks the column `{}`", column.field.name)));
            };
            let name = &column.field.name;
            let range = chunk.byte_range();
            if chunk.compressed_size() < 0
                || range.start < 4
                || range.start > range.end
                || range.end > data_end
            {
                return Err(in_group(&format!("says that the column `{name}` lies outside the file")));
            }
            let (n_rows, n_values) = (group.num_rows() as u64, u64::try_from(chunk.num_values()).ok());
            let is_possible =
                n_values.is_some_and(|n| if column.is_repeated { n >= n_rows } else { n == n_rows });
            if !is_possible {
                return Err(in_group(&format!(
                    "has {n_rows} rows but {} values of `{name}`",
                    chunk.num_values()
                )));
            }
            if column.is_nested() && n_values > Some(MAX_NESTED_VALUES) {
                return Err(in_group(&format!(
                    "has {} values of `{name}`; of a nested column at most {MAX_NESTED_VALUES} can be read",
                    chunk.num_values()
                )));
            }
        }
    }
    if i64::try_from(n_rows).is_err() {
        return Err("it says that it has more rows than can be counted".to_owned());
    }
    Ok(n_rows)
}

/// The bytes of one row group's chunks, each read when it is first wanted.
pub(super) struct RowGroup {
    pub(super) file: Arc<ParquetFile>,
    pub(super) idx: usize,
    chunks: Vec<OnceLock<Result<Buffer<u8>>>>,
}

impl RowGroup {
    pub(super) fn new(file: Arc<ParquetFile>, idx: usize) -> RowGroup {
        let n_chunks =
            file.footer.metadata.row_groups.get(idx).map_or(0, |group| group.parquet_columns().len());
        RowGroup { file, idx, chunks: (0..n_chunks).map(|_| OnceLock::new()).collect() }
    }

    /// What the footer says of chunk `leaf`.
    pub(super) fn chunk_metadata(&self, leaf: usize) -> Result<&ColumnChunkMetadata> {
        let group = self.file.footer.metadata.row_groups.get(self.idx);
        group.and_then(|group| group.parquet_columns().get(leaf)).ok_or_else(|| {
            EngineError::internal(format!("there is no chunk {leaf} in row group {}", self.idx))
        })
    }

    /// The bytes of chunk `leaf`, whose pages have been checked to be of the promised number and of bearable size.
    pub(super) fn chunk(&self, leaf: usize) -> Result<Buffer<u8>> {
        let Some(chunk) = self.chunks.get(leaf) else {
            return Err(EngineError::internal(format!("there is no chunk {leaf} in row group {}", self.idx)));
        };
        chunk.get_or_init(|| self.load(leaf)).clone()
    }

    fn load(&self, leaf: usize) -> Result<Buffer<u8>> {
        let name = &self.file.name;
        let metadata = self.chunk_metadata(leaf)?;
        let bytes = self.file.bytes(metadata.byte_range())?;
        guarded(name, || {
            check_pages(&bytes, metadata.num_values()).map_err(|what| {
                let column = metadata.descriptor().path_in_schema.first().map_or("", |part| part.as_str());
                EngineError::data(format!("`{name}` is damaged in row group {}, column `{column}`", self.idx))
                    .because(what)
            })
        })?;
        Ok(Buffer::from_vec(bytes))
    }
}

/// Checks that the pages of a chunk together hold `n_values`, and that none would grow beyond measure.
pub(super) fn check_pages(chunk: &[u8], n_values: i64) -> Result<(), String> {
    let mut rest = chunk;
    let mut n_seen = 0_i64;
    while n_seen < n_values {
        if rest.is_empty() {
            return Err(format!("{n_seen} values where {n_values} are expected"));
        }
        let limit = rest.len();
        let header = PageHeader::read_from_in_protocol(&mut TCompactInputProtocol::new(&mut rest, limit))
            .map_err(|error| format!("a page header cannot be read: {error}"))?;
        let n_compressed =
            u64::try_from(header.compressed_page_size).map_err(|_| "a page has a negative size")?;
        let n_plain =
            u64::try_from(header.uncompressed_page_size).map_err(|_| "a page has a negative size")?;
        if n_plain > MAX_PAGE || (n_plain > SMALL_PAGE && n_plain / MAX_RATIO > n_compressed) {
            return Err(format!("a page of {n_compressed} bytes is said to hold {n_plain}"));
        }
        rest = usize::try_from(n_compressed)
            .ok()
            .and_then(|n| rest.get(n..))
            .ok_or("a page reaches beyond its column")?;
        let in_page = header
            .data_page_header
            .map(|header| header.num_values)
            .or(header.data_page_header_v2.map(|header| header.num_values));
        let n_dictionary = header.dictionary_page_header.map_or(0, |header| header.num_values);
        // A dictionary entry takes a byte at least, but for empty strings of fixed length.
        if n_dictionary < 0 || n_dictionary as u64 > n_plain.max(1) * 8 {
            return Err(format!("a dictionary of {n_plain} bytes is said to have {n_dictionary} entries"));
        }
        match in_page {
            Some(n) if n >= 0 => n_seen += i64::from(n),
            Some(n) => return Err(format!("a page has {n} values")),
            None => {}
        }
    }
    if n_seen != n_values {
        return Err(format!("{n_seen} values where {n_values} are expected"));
    }
    Ok(())
}
