//! Lines into frames: the values of a stretch of records are located, then each column is read in a loop of its own.

use std::collections::BTreeMap;
use std::sync::Arc;

use polars::prelude as pl;
use polars::prelude::IntoColumn;
use polars_arrow::bitmap::MutableBitmap;

use super::super::text_reader::{MAX_RAW, RecordEnd, RecordForm, Records, Search, count_lines, is_line_end};
use super::columns::{Builder, Cell, Cells, ColumnReader};
use super::keys::{Key, Keys};
use super::scan::{Kind, Malformed, Scanner, unescape};
use crate::error::Result;
use crate::node::{Decoded, Rejected};

/// How many values are located before columns are read: few enough to stay in the processor's cache.
const CELLS_AT_ONCE: usize = 8192;

/// What is decoded of each record.
#[derive(Clone, Debug)]
pub(super) struct RecordLayout {
    /// Which keys fill which of `columns`.
    pub(super) keys: Keys,
    pub(super) columns: Arc<[ColumnReader]>,
}

/// A record that is no row: its number, where it lies in the text, the column at fault and the reason.
struct Fault {
    record: u64,
    start: usize,
    end: usize,
    column: Option<String>,
    reason: String,
}

impl RecordForm for RecordLayout {
    #[inline]
    fn record_end(&self, text: &[u8], _start: usize, search: &mut Search, is_all: bool) -> Option<RecordEnd> {
        let Some(found) = memchr::memchr2(b'\n', b'\r', &text[search.at..]) else {
            search.at = text.len();
            return is_all.then_some(RecordEnd { end: text.len(), next: text.len() });
        };
        let at = search.at + found;
        match (text[at], text.get(at + 1)) {
            (b'\r', Some(b'\n')) => Some(RecordEnd { end: at, next: at + 2 }),
            (b'\r', None) if !is_all => {
                search.at = at;
                None
            }
            _ => Some(RecordEnd { end: at, next: at + 1 }),
        }
    }

    fn lines_are_records(&self, text: &[u8]) -> bool {
        memchr::memchr(b'\r', text).is_none()
    }

    fn decode(&self, records: &Records<'_>, next_cursor: u64) -> Result<Decoded> {
        let text = records.text;
        let n_columns = self.columns.len();
        let at_once = (CELLS_AT_ONCE / n_columns.max(1)).clamp(1, 1024);
        let whole = std::str::from_utf8(text).ok();
        let mut builders: Vec<Builder> =
            self.columns.iter().map(|column| Builder::new(column, records.n_records.at_most())).collect();
        let mut cells = vec![Cell::default(); n_columns.max(1) * at_once];
        let mut lines: Vec<(u64, usize, usize)> = Vec::with_capacity(at_once);
        let mut faults: Vec<Fault> = Vec::new();
        let mut faulty_rows: Vec<usize> = Vec::new();
        let mut scratch = String::new();
        let (mut at, mut record, mut n_rows) = (0, 0_u64, 0);
        loop {
            lines.clear();
            while lines.len() < at_once {
                while text.get(at).copied().is_some_and(is_line_end) {
                    at += 1;
                }
                if at == text.len() {
                    break;
                }
                let end = memchr::memchr2(b'\n', b'\r', &text[at..]).map_or(text.len(), |found| at + found);
                let mut row = Row {
                    scanner: Scanner { text: &text[..end], at },
                    keys: &self.keys,
                    cells: &mut cells[lines.len()..],
                    at_once,
                    scratch: &mut scratch,
                };
                let result = if whole.is_none() && std::str::from_utf8(&text[at..end]).is_err() {
                    Err("the line is not UTF-8".to_owned())
                } else {
                    row.read(n_columns).map_err(|fault| explain(&fault, &text[at..end], at))
                };
                match result {
                    Ok(()) => lines.push((record, at, end)),
                    Err(reason) => faults.push(Fault { record, start: at, end, column: None, reason }),
                }
                record += 1;
                at = end;
            }
            if lines.is_empty() {
                break;
            }
            let mut of_values: BTreeMap<usize, (usize, String)> = BTreeMap::new();
            for (idx, (column, builder)) in self.columns.iter().zip(&mut builders).enumerate() {
                let cells = &cells[idx * at_once..idx * at_once + lines.len()];
                let cells = Cells { text, whole, cells, column };
                builder.read(&cells, &mut |row, fault| {
                    of_values.entry(row).or_insert_with(|| (idx, cells.explain(row, &fault)));
                });
            }
            for (row, (idx, reason)) in of_values {
                let (record, start, end) = lines[row];
                let column = Some(self.columns[idx].field.name.to_string());
                faults.push(Fault { record, start, end, column, reason });
                faulty_rows.push(n_rows + row);
            }
            n_rows += lines.len();
        }
        records.n_records.check(record, records.text)?;
        let frame = self.frame(builders, n_rows, &faulty_rows)?;
        let rejected = rejected(records, faults);
        Ok(Decoded { frame, n_records: record, rejected, next_cursor, is_pruned: false })
    }

    fn decode_none(&self, rejected: Rejected, next_cursor: u64) -> Result<Decoded> {
        let builders = self.columns.iter().map(|column| Builder::new(column, 0)).collect();
        let frame = self.frame(builders, 0, &[])?;
        Ok(Decoded { frame, n_records: 1, rejected: vec![rejected], next_cursor, is_pruned: false })
    }
}

impl RecordLayout {
    fn frame(&self, builders: Vec<Builder>, n_rows: usize, faulty_rows: &[usize]) -> Result<pl::DataFrame> {
        let keep = (!faulty_rows.is_empty()).then(|| {
            let mut keep = MutableBitmap::from_len_set(n_rows);
            for row in faulty_rows {
                keep.set(*row, false);
            }
            pl::BooleanChunked::from_bitmap("".into(), keep.freeze())
        });
        let mut columns = Vec::with_capacity(builders.len());
        for (builder, column) in builders.into_iter().zip(self.columns.iter()) {
            let series = builder.finish(&column.field)?;
            columns.push(match &keep {
                Some(keep) => series.filter(keep)?.into_column(),
                None => series.into_column(),
            });
        }
        Ok(pl::DataFrame::new(n_rows - faulty_rows.len(), columns)?)
    }
}

/// What is wrong with the form of a line that begins at byte `start` of the text.
#[cold]
fn explain(fault: &Malformed, line: &[u8], start: usize) -> String {
    if line.trim_ascii().is_empty() {
        return "the line holds nothing but blanks".to_owned();
    }
    if line.trim_ascii_start().first() != Some(&b'{') {
        return "the line is not an object in JSON".to_owned();
    }
    format!("the line is not JSON: {} at byte {} of it", fault.what, fault.at - start + 1)
}

/// The rejected records, in their order, with their lines.
fn rejected(records: &Records<'_>, mut faults: Vec<Fault>) -> Vec<Rejected> {
    faults.sort_by_key(|fault| fault.record);
    let (mut counted, mut line) = (0, records.line);
    let mut rejected = Vec::with_capacity(faults.len());
    for Fault { record, start, end, column, reason } in faults {
        line += count_lines(&records.text[counted..start]);
        counted = start;
        rejected.push(Rejected {
            record,
            offset: records.offset + start as u64,
            line,
            column,
            reason,
            raw: records.text[start..end.min(start + MAX_RAW)].to_vec(),
        });
    }
    rejected
}

/// A record as it is scanned, and the cells that it fills: that of column `i` is number `i * at_once`.
struct Row<'a> {
    scanner: Scanner<'a>,
    keys: &'a Keys,
    cells: &'a mut [Cell],
    at_once: usize,
    scratch: &'a mut String,
}

impl Row<'_> {
    fn read(&mut self, n_columns: usize) -> Result<(), Malformed> {
        for column in 0..n_columns {
            self.cells[column * self.at_once] = Cell::default();
        }
        self.scanner.blanks();
        if !self.scanner.is_object() {
            return Err(Malformed { at: self.scanner.at, what: "an object is expected" });
        }
        self.object(0, 1)?;
        self.scanner.finish()
    }

    /// Reads the object that begins here, `depth` levels deep with it, whose keys are those of number `number`.
    fn object(&mut self, number: usize, depth: u32) -> Result<(), Malformed> {
        let keys = self.keys.object(number);
        let mut guess = 0;
        let mut more = self.scanner.open_object(depth)?;
        while more {
            let known = match keys.guessed(guess, &self.scanner.text[self.scanner.at..]) {
                Some((key, length)) => {
                    self.scanner.at += length;
                    guess += 1;
                    Some(key)
                }
                None => {
                    let token = self.scanner.string()?;
                    let raw = &self.scanner.text[token.range()];
                    let found = match token.kind {
                        Kind::Escaped => std::str::from_utf8(raw)
                            .ok()
                            .and_then(|raw| unescape(raw, self.scratch))
                            .and_then(|name| keys.named(name.as_bytes())),
                        _ => keys.named(raw),
                    };
                    found.map(|(idx, key)| {
                        guess = idx + 1;
                        key
                    })
                }
            };
            self.scanner.colon()?;
            match known {
                Some(key) if key.slot.is_some() || key.object.is_some() => self.member(key, depth)?,
                _ => drop(self.scanner.value(depth)?),
            }
            more = self.scanner.next_member()?;
        }
        Ok(())
    }

    /// Reads a value that fills columns. Of a key that stands twice the last value counts, with all that is in it.
    #[inline]
    fn member(&mut self, key: &Key, depth: u32) -> Result<(), Malformed> {
        let start = self.scanner.at;
        let mut below = Cell::default();
        if let (Some(object), true) = (key.object, self.scanner.is_object()) {
            for slot in &key.below {
                self.cells[slot * self.at_once] = below;
            }
            self.object(object, depth + 1)?;
            if let Some(slot) = key.slot {
                let mut whole = Scanner { text: self.scanner.text, at: start };
                self.cells[slot * self.at_once] = Cell { token: whole.value(depth)?, is_outside: false };
            }
            return Ok(());
        }
        let token = self.scanner.value(depth)?;
        if let Some(slot) = key.slot {
            self.cells[slot * self.at_once] = Cell { token, is_outside: false };
        }
        if token.kind != Kind::Null {
            below = Cell { token, is_outside: true };
        }
        for slot in &key.below {
            self.cells[slot * self.at_once] = below;
        }
        Ok(())
    }
}
