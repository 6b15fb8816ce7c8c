//! Reads a text in large blocks and finds where its records end, whatever their form.

use std::io::Read;
use std::ops::Range;
use std::sync::Arc;

use super::text_input::{TextInput, unreadable};
use crate::error::{EngineError, Result};
use crate::node::{Decoded, Morsel, Rejected, SplitReader};

/// How much is read at once, unless a record is longer.
const BLOCK: usize = 2 << 20;
/// The longest record that is decoded; a longer one is rejected without being held.
const MAX_RECORD: usize = 64 << 20;
/// How much of a rejected record is kept.
pub(crate) const MAX_RAW: usize = 4096;

/// What the records of a text are like. Records end with a line, and stand apart by line ends; so many of these as there may be.
pub(crate) trait RecordForm: Send + Sync + 'static {
    /// The end of the record that begins at `start`; `None` where `text` ends before it is certain and more may come. Then `search` says
    /// where to go on.
    fn record_end(&self, text: &[u8], start: usize, search: &mut Search, is_all: bool) -> Option<RecordEnd>;

    /// Whether every line of `text` that is not blank is a record, so that none has to be looked for.
    fn lines_are_records(&self, text: &[u8]) -> bool;

    /// Reads whole records into columns.
    ///
    /// # Errors
    /// If they are not as many as were found, which is an internal fault.
    fn decode(&self, records: &Records<'_>, next_cursor: u64) -> Result<Decoded>;

    /// A frame without rows, beside one record that was rejected before it was looked at.
    ///
    /// # Errors
    /// If the columns do not fit together, which is an internal fault.
    fn decode_none(&self, rejected: Rejected, next_cursor: u64) -> Result<Decoded>;
}

/// How far a search for the end of a record has come.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Search {
    /// The next byte to look at.
    pub(crate) at: usize,
    /// Whether that byte lies within quotes, for forms that have such.
    pub(crate) quoted: bool,
}

/// The end of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RecordEnd {
    /// After its last byte.
    pub(crate) end: usize,
    /// After the line ending.
    pub(crate) next: usize,
}

/// Whole records, with the place in the text where they begin.
pub(crate) struct Records<'a> {
    pub(crate) text: &'a [u8],
    pub(crate) n_records: NumberOf,
    pub(crate) offset: u64,
    pub(crate) line: u64,
}

/// How many records there are.
#[derive(Clone, Copy, Debug)]
pub(crate) enum NumberOf {
    /// As many as were found, one by one.
    Found(usize),
    /// One for each of so many lines that is not blank.
    Lines(usize),
}

impl NumberOf {
    /// How many there can be.
    pub(crate) fn at_most(self) -> usize {
        match self {
            NumberOf::Found(n) | NumberOf::Lines(n) => n,
        }
    }

    /// Checks that `n_read` were read of `text`. Lines are looked at one by one only where some of them may be blank.
    ///
    /// # Errors
    /// If there are more or fewer, which is an internal fault.
    pub(crate) fn check(self, n_read: u64, text: &[u8]) -> Result<()> {
        let fits = match self {
            NumberOf::Found(n) => n_read == n as u64,
            NumberOf::Lines(n) => {
                debug_assert_eq!(
                    n_read,
                    lines_with_text(text),
                    "blank lines are no records, and all others are"
                );
                n_read == n as u64 || n_read == lines_with_text(text)
            }
        };
        if fits { Ok(()) } else { Err(EngineError::internal(format!("{n_read} records read: {self:?}"))) }
    }
}

/// How many lines of a text without CR are not blank.
fn lines_with_text(text: &[u8]) -> u64 {
    let ends = memchr::memchr_iter(b'\n', text);
    ends.filter(|end| *end > 0 && text[end - 1] != b'\n').count() as u64
}

/// Whether the byte ends a line. At the beginning of a record it makes a blank line, which is skipped.
#[inline]
pub(crate) fn is_line_end(byte: u8) -> bool {
    byte == b'\n' || byte == b'\r'
}

/// How many lines end in `text`, where CRLF is one ending.
pub(crate) fn count_lines(text: &[u8]) -> u64 {
    let feeds = memchr::memchr_iter(b'\n', text).count();
    let mut returns = 0;
    for at in memchr::memchr_iter(b'\r', text) {
        returns += usize::from(text.get(at + 1) != Some(&b'\n'));
    }
    (feeds + returns) as u64
}

/// Reads one file.
pub(crate) struct TextReader<F> {
    input: TextInput,
    name: Arc<str>,
    form: Arc<F>,
    block: Arc<Vec<u8>>,
    /// Where in the file the block begins.
    block_offset: u64,
    /// The next record, or blank lines before it, within the block.
    at: usize,
    /// The line that `at` lies in, from 1.
    line: u64,
    /// Whether the block reaches to the end of the file.
    is_last: bool,
    /// How many lines end behind `at`, where every line that is not blank is a record.
    plain_lines: Option<usize>,
    limits: Limits,
}

/// How much is read and held.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) block: usize,
    pub(crate) max_record: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { block: BLOCK, max_record: MAX_RECORD }
    }
}

impl<F: RecordForm> TextReader<F> {
    /// A reader from byte `cursor` of the text on, where a record begins. `input` stands at the beginning.
    pub(crate) fn new(
        mut input: TextInput,
        name: Arc<str>,
        form: Arc<F>,
        cursor: u64,
        limits: Limits,
    ) -> Result<TextReader<F>> {
        let line = 1 + lines_before(&mut input, cursor).map_err(|error| unreadable(&name, &error))?;
        let block = Arc::new(Vec::new());
        Ok(TextReader {
            input,
            name,
            form,
            block,
            block_offset: cursor,
            at: 0,
            line,
            is_last: false,
            plain_lines: None,
            limits,
        })
    }

    /// Reads more, keeping what of the block has not been given out.
    fn refill(&mut self) -> Result<()> {
        let rest = &self.block[self.at..];
        let more = self.limits.block.max(rest.len());
        let mut block = Vec::with_capacity(rest.len() + more);
        block.extend_from_slice(rest);
        let n_read =
            self.input.read_onto(&mut block, more).map_err(|error| unreadable(&self.name, &error))?;
        self.is_last = n_read < more;
        let is_plain = block.len() <= self.limits.max_record && self.form.lines_are_records(&block);
        self.plain_lines = is_plain.then(|| memchr::memchr_iter(b'\n', &block).count());
        self.block_offset += self.at as u64;
        self.block = Arc::new(block);
        self.at = 0;
        Ok(())
    }

    /// Whole lines from `at` on, at most `n_rows` of them, where every line that is not blank is a record. The first is not blank.
    fn plain_morsel(&mut self, n_rows: usize) -> Option<RecordsMorsel<F>> {
        let n_left = self.plain_lines.filter(|n_left| *n_left > 0)?;
        let rest = &self.block[self.at..];
        let n_lines = n_left.min(n_rows.max(1));
        let last = if n_lines == n_left {
            memchr::memrchr(b'\n', rest)
        } else {
            memchr::memchr_iter(b'\n', rest).nth(n_lines - 1)
        };
        let range = self.at..self.at + last? + 1;
        let morsel = self.morsel(range, NumberOf::Lines(n_lines));
        self.plain_lines = Some(n_left - n_lines);
        self.line += n_lines as u64;
        self.at = morsel.range.end;
        Some(morsel)
    }

    fn morsel(&self, range: Range<usize>, n_records: NumberOf) -> RecordsMorsel<F> {
        RecordsMorsel {
            form: Arc::clone(&self.form),
            block: Arc::clone(&self.block),
            offset: self.block_offset + range.start as u64,
            line: self.line,
            range,
            n_records,
        }
    }

    /// Goes over a record that is too long to hold, from `at` on; `search` has come to the end of the block.
    fn skip_record(&mut self, mut search: Search) -> Result<Box<dyn Morsel>> {
        let start = self.block_offset + self.at as u64;
        let raw = self.raw(&self.block[self.at..]);
        let line = self.line;
        let form = Arc::clone(&self.form);
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
            if let Some(end) = form.record_end(&self.block, usize::MAX, &mut search, self.is_last) {
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

    fn too_long(&mut self, rejected: Rejected) -> Result<Box<dyn Morsel>> {
        // Lines up to `at` were gone over one by one.
        self.plain_lines = None;
        let next_cursor = self.block_offset + self.at as u64;
        Ok(Box::new(TooLong { form: Arc::clone(&self.form), rejected, next_cursor }))
    }

    /// Goes over blank lines at `at`; a CR at the end of the block waits for its LF.
    fn skip_blank_lines(&mut self) {
        let rest = &self.block[self.at..];
        let mut n = rest.iter().take_while(|byte| is_line_end(**byte)).count();
        if n == rest.len() && !self.is_last && rest.last() == Some(&b'\r') {
            n -= 1;
        }
        let n_lines = count_lines(&rest[..n]);
        self.plain_lines = self.plain_lines.map(|n_left| n_left.saturating_sub(n_lines as usize));
        self.line += n_lines;
        self.at += n;
    }
}

impl<F: RecordForm> SplitReader for TextReader<F> {
    fn next(&mut self, n_rows: usize) -> Result<Option<Box<dyn Morsel>>> {
        let form = Arc::clone(&self.form);
        let mut resumed: Option<Search> = None;
        loop {
            if resumed.is_none() {
                self.skip_blank_lines();
                if let Some(morsel) = self.plain_morsel(n_rows) {
                    return Ok(Some(Box::new(morsel)));
                }
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
                let found = form.record_end(&block, first, &mut search, self.is_last);
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
                let morsel = self.morsel(start..end, NumberOf::Found(n));
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
            if self.plain_lines.is_some_and(|n_lines| n_lines > 0) {
                resumed = None;
            }
        }
    }
}

/// Whole records within a block.
struct RecordsMorsel<F> {
    form: Arc<F>,
    block: Arc<Vec<u8>>,
    range: Range<usize>,
    offset: u64,
    line: u64,
    n_records: NumberOf,
}

impl<F: RecordForm> Morsel for RecordsMorsel<F> {
    fn decode(self: Box<Self>) -> Result<Decoded> {
        let records = Records {
            text: &self.block[self.range.clone()],
            n_records: self.n_records,
            offset: self.offset,
            line: self.line,
        };
        self.form.decode(&records, self.offset + self.range.len() as u64)
    }
}

/// A record that is too long.
struct TooLong<F> {
    form: Arc<F>,
    rejected: Rejected,
    next_cursor: u64,
}

impl<F: RecordForm> Morsel for TooLong<F> {
    fn decode(self: Box<Self>) -> Result<Decoded> {
        self.form.decode_none(self.rejected, self.next_cursor)
    }
}

/// How many lines end before byte `cursor`; leaves the input there.
fn lines_before(input: &mut TextInput, cursor: u64) -> std::io::Result<u64> {
    let (mut left, mut n_lines, mut after_return) = (cursor, 0, false);
    let mut block = vec![0; (1 << 20).min(usize::try_from(cursor).unwrap_or(usize::MAX))];
    while left > 0 {
        let n = block.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        input.read_exact(&mut block[..n])?;
        let text = &block[..n];
        // A CR at the end of a block was counted; its LF is not counted again.
        n_lines += count_lines(text) - u64::from(after_return && text.first() == Some(&b'\n'));
        after_return = text.last() == Some(&b'\r');
        left -= n as u64;
    }
    Ok(n_lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_that_is_not_blank_has_to_be_read() {
        for (text, n_lines, n_records) in
            [("a\nb\n", 2, 2), ("a\n\n\nb\n", 4, 2), ("\na\n", 2, 1), ("a\nb\n\n", 3, 2)]
        {
            let n_lines = NumberOf::Lines(n_lines);
            assert_eq!(lines_with_text(text.as_bytes()), n_records, "{text:?}");
            assert!(n_lines.check(n_records, text.as_bytes()).is_ok(), "{text:?}");
        }
        assert!(NumberOf::Found(2).check(2, b"").is_ok());
        assert!(NumberOf::Found(2).check(1, b"").is_err() && NumberOf::Found(2).check(3, b"").is_err());
    }

    #[test]
    #[cfg_attr(debug_assertions, should_panic(expected = "blank lines are no records"))]
    fn a_record_that_a_decoder_leaves_out_is_noticed() {
        assert!(NumberOf::Lines(4).check(1, b"a\n\n\nb\n").is_err());
    }
}
