//! Reads a file in large blocks and finds where its records end.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::sync::Arc;

use super::decode::{MAX_RAW, RecordLayout, Records, decode, decode_none};
use super::dialect::{RecordEnd, Search, count_lines, is_line_end};
use crate::error::{EngineError, Result};
use crate::node::{Decoded, Morsel, Rejected, SplitReader};

/// How much is read at once, unless a record is longer.
pub(super) const BLOCK: usize = 4 << 20;
/// The longest record that is decoded; a longer one is rejected without being held.
pub(super) const MAX_RECORD: usize = 64 << 20;

/// Reads one file.
pub(super) struct CsvReader {
    file: File,
    name: Arc<str>,
    layout: Arc<RecordLayout>,
    block: Arc<Vec<u8>>,
    /// Where in the file the block begins.
    block_offset: u64,
    /// The next record, or blank lines before it, within the block.
    at: usize,
    /// The line that `at` lies in, from 1.
    line: u64,
    /// Whether the block reaches to the end of the file.
    is_last: bool,
    limits: Limits,
}

/// How much is read and held.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) block: usize,
    pub(super) max_record: usize,
}

impl CsvReader {
    /// A reader from byte `cursor` on, where a record begins.
    pub(super) fn new(
        mut file: File,
        name: Arc<str>,
        layout: Arc<RecordLayout>,
        cursor: u64,
        limits: Limits,
    ) -> Result<CsvReader> {
        let line = 1 + lines_before(&mut file, cursor).map_err(|error| unreadable(&name, &error))?;
        let block = Arc::new(Vec::new());
        Ok(CsvReader { file, name, layout, block, block_offset: cursor, at: 0, line, is_last: false, limits })
    }

    /// Reads more, keeping what of the block has not been given out.
    fn refill(&mut self) -> Result<()> {
        let rest = &self.block[self.at..];
        let more = self.limits.block.max(rest.len());
        let mut block = Vec::with_capacity(rest.len() + more);
        block.extend_from_slice(rest);
        let n_read = Read::by_ref(&mut self.file)
            .take(more as u64)
            .read_to_end(&mut block)
            .map_err(|error| unreadable(&self.name, &error))?;
        self.is_last = n_read < more;
        self.block_offset += self.at as u64;
        self.block = Arc::new(block);
        self.at = 0;
        Ok(())
    }

    /// Goes over a record that is too long to hold, from `at` on; `search` has come to the end of the block.
    fn skip_record(&mut self, mut search: Search) -> Result<Box<dyn Morsel>> {
        let start = self.block_offset + self.at as u64;
        let raw = self.raw(&self.block[self.at..]);
        let line = self.line;
        let dialect = self.layout.dialect;
        let end = loop {
            // One byte before the search is kept: it decides whether a quote opens a field. No record begins there.
            let mut keep = search.at.saturating_sub(1).max(self.at);
            // A CRLF is not cut in two, or it would count as two lines.
            if keep > self.at && self.block[keep - 1..].starts_with(b"\r\n") {
                keep -= 1;
            }
            self.line += count_lines(&self.block[self.at..keep]);
            self.at = keep;
            search.at -= keep;
            self.refill()?;
            if let Some(end) = dialect.record_end(&self.block, usize::MAX, &mut search, self.is_last) {
                break end;
            }
        };
        self.line += count_lines(&self.block[self.at..end.next]);
        self.at = end.next;
        let rejected = Rejected {
            record: 0,
            offset: start,
            line,
            column: None,
            reason: format!("the record is longer than {} bytes", self.limits.max_record),
            raw,
        };
        self.too_long(rejected)
    }

    /// What is kept of a record that is too long; the same wherever blocks end.
    fn raw(&self, text: &[u8]) -> Vec<u8> {
        text[..text.len().min(MAX_RAW).min(self.limits.max_record)].to_vec()
    }

    fn too_long(&self, rejected: Rejected) -> Result<Box<dyn Morsel>> {
        let next_cursor = self.block_offset + self.at as u64;
        Ok(Box::new(TooLong { layout: Arc::clone(&self.layout), rejected, next_cursor }))
    }

    /// Goes over blank lines at `at`; a CR at the end of the block waits for its LF.
    fn skip_blank_lines(&mut self) {
        let rest = &self.block[self.at..];
        let mut n = rest.iter().take_while(|byte| is_line_end(**byte)).count();
        if n == rest.len() && !self.is_last && rest.last() == Some(&b'\r') {
            n -= 1;
        }
        self.line += count_lines(&rest[..n]);
        self.at += n;
    }
}

impl SplitReader for CsvReader {
    fn next(&mut self, n_rows: usize) -> Result<Option<Box<dyn Morsel>>> {
        let layout = Arc::clone(&self.layout);
        let mut resumed: Option<Search> = None;
        loop {
            if resumed.is_none() {
                self.skip_blank_lines();
            }
            let block = Arc::clone(&self.block);
            let (start, mut end, mut n) = (self.at, self.at, 0);
            let mut open = None;
            while n < n_rows.max(1) {
                let mut first = end;
                while block.get(first).copied().is_some_and(is_line_end) {
                    first += 1;
                }
                if first == block.len() {
                    break;
                }
                let mut search = resumed.take().unwrap_or(Search { at: first, quoted: false });
                let found = layout.dialect.record_end(&block, first, &mut search, self.is_last);
                let Some(RecordEnd { end: last, next }) = found else {
                    open = Some(search);
                    break;
                };
                if last - first > self.limits.max_record {
                    if n > 0 {
                        break;
                    }
                    let reason = format!("the record is longer than {} bytes", self.limits.max_record);
                    let raw = self.raw(&block[first..last]);
                    let offset = self.block_offset + first as u64;
                    let rejected = Rejected { record: 0, offset, line: self.line, column: None, reason, raw };
                    self.line += count_lines(&block[start..next]);
                    self.at = next;
                    return self.too_long(rejected).map(Some);
                }
                n += 1;
                end = next;
            }
            if n > 0 {
                let morsel = CsvMorsel {
                    layout,
                    offset: self.block_offset + start as u64,
                    line: self.line,
                    n_records: n,
                    range: start..end,
                    block,
                };
                self.line += count_lines(&morsel.block[start..end]);
                self.at = end;
                return Ok(Some(Box::new(morsel)));
            }
            if self.is_last {
                return Ok(None);
            }
            if let Some(search) = open
                && search.at - start > self.limits.max_record
            {
                drop(block);
                return self.skip_record(search).map(Some);
            }
            resumed = open.map(|search| Search { at: search.at - start, ..search });
            drop(block);
            self.refill()?;
        }
    }
}

/// Whole records within a block.
struct CsvMorsel {
    layout: Arc<RecordLayout>,
    block: Arc<Vec<u8>>,
    range: std::ops::Range<usize>,
    offset: u64,
    line: u64,
    n_records: usize,
}

impl Morsel for CsvMorsel {
    fn decode(self: Box<Self>) -> Result<Decoded> {
        let records = Records {
            text: &self.block[self.range.clone()],
            n_records: self.n_records,
            offset: self.offset,
            line: self.line,
        };
        decode(&self.layout, &records, self.offset + self.range.len() as u64)
    }
}

/// A record that is too long.
struct TooLong {
    layout: Arc<RecordLayout>,
    rejected: Rejected,
    next_cursor: u64,
}

impl Morsel for TooLong {
    fn decode(self: Box<Self>) -> Result<Decoded> {
        decode_none(&self.layout, self.rejected, self.next_cursor)
    }
}

/// How many lines end before byte `cursor`; leaves the file there.
fn lines_before(file: &mut File, cursor: u64) -> std::io::Result<u64> {
    file.seek(SeekFrom::Start(0))?;
    let (mut left, mut n_lines, mut after_return) = (cursor, 0, false);
    let mut block = vec![0; (1 << 20).min(usize::try_from(cursor).unwrap_or(usize::MAX))];
    while left > 0 {
        let n = block.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        file.read_exact(&mut block[..n])?;
        let text = &block[..n];
        // A CR at the end of a block was counted; its LF is not counted again.
        n_lines += count_lines(text) - u64::from(after_return && text.first() == Some(&b'\n'));
        after_return = text.last() == Some(&b'\r');
        left -= n as u64;
    }
    Ok(n_lines)
}

pub(super) fn unreadable(name: &str, error: &std::io::Error) -> EngineError {
    EngineError::machine(format!("`{name}` cannot be read")).because(error)
}
