//! The first records of a file: its columns' names, and the types that their values fit.

use std::path::Path;

use super::super::file_source::FileFault;
use super::super::format::no_text;
use super::super::numbers::{double, integer};
use super::super::text_input::TextInput;
use super::super::time_text::TimeFormat;
use super::dialect::{Dialect, RecordFields, Search, Span, is_line_end, unescape};
use crate::data::DataType;

/// How many records are looked at to infer types.
const INFER_RECORDS: usize = 1000;
/// How much of a file is read for that; four times as much if a single record needs it.
const HEAD: usize = 1 << 20;
/// The most columns that a file may have.
pub(super) const MAX_COLUMNS: usize = 4096;
const BOM: &[u8] = b"\xEF\xBB\xBF";

/// What the beginning of a file says.
#[derive(Debug)]
pub(super) struct Head {
    /// The columns' names, unique; made up where there is no header.
    pub(super) names: Vec<String>,
    /// What the values of each column fit.
    pub(super) guesses: Vec<Guess>,
    /// Names that had to be changed because they stand twice: as written and as changed.
    pub(super) renamed: Vec<(String, String)>,
    /// Where the first record begins.
    pub(super) body: u64,
}

/// Reads the beginning of `path`. Infers types only if `infer` says so.
pub(super) fn read_head(
    path: &Path,
    name: &str,
    dialect: Dialect,
    header: bool,
    null_text: &[u8],
    infer: bool,
) -> Result<Head, FileFault> {
    let unreadable = |error| FileFault::unreadable(name, &error);
    let (mut text, mut is_all) = TextInput::beginning(path, HEAD).map_err(unreadable)?;
    if let Some((what, fix)) = no_text(&text) {
        return Err(FileFault::new("not-csv", format!("`{name}` {what}, not CSV in UTF-8"), fix));
    }
    let start = if text.starts_with(BOM) { BOM.len() } else { 0 };
    let mut records = Records { text: &text, dialect, is_all, at: start };
    let mut first = records.next();
    if first.is_none() && !is_all {
        (text, is_all) = TextInput::beginning(path, 4 * HEAD).map_err(unreadable)?;
        records = Records { text: &text, dialect, is_all, at: start };
        first = records.next();
    }
    let Some((spans, fields)) = first else {
        if !is_all {
            let message = format!("the first line of `{name}` is longer than 4 MiB");
            let fix = "check the delimiter and the quote, and that the file is CSV";
            return Err(FileFault::new("not-csv", message, fix));
        }
        if header {
            let message = format!("`{name}` is empty; a first line with the columns' names is expected");
            return Err(FileFault::new(
                "empty-file",
                message,
                "give it a header line, or leave the file out",
            ));
        }
        let body = start as u64;
        return Ok(Head { names: Vec::new(), guesses: Vec::new(), renamed: Vec::new(), body });
    };
    if fields.n_fields > MAX_COLUMNS {
        let message = format!("`{name}` has {} columns; at most {MAX_COLUMNS} can be read", fields.n_fields);
        return Err(FileFault::new("too-many-columns", message, "check the delimiter"));
    }
    let mut guesses = vec![Guess::default(); fields.n_fields];
    let mut renamed = Vec::new();
    let names = if header {
        if fields.malformed.is_some() {
            let message =
                format!("the header line of `{name}` is broken: a quote is not closed, or text follows one");
            return Err(FileFault::new("bad-header", message, "mend the first line, or check the quote"));
        }
        header_names(&text, &spans, dialect, name, &mut renamed)?
    } else {
        records.at = start;
        (1..=fields.n_fields).map(|number| format!("column_{number}")).collect()
    };
    let body = records.at as u64;
    if infer {
        let n_fields = fields.n_fields;
        for (spans, fields) in records.take(INFER_RECORDS) {
            if fields.malformed.is_some() || fields.n_fields != n_fields {
                continue;
            }
            for (guess, span) in guesses.iter_mut().zip(spans) {
                let field = &text[span.range()];
                let is_null = !span.quoted() && field == null_text;
                guess.see(if is_null { b"" } else { field.trim_ascii() });
            }
        }
    }
    Ok(Head { names, guesses, renamed, body })
}

fn header_names(
    text: &[u8],
    spans: &[Span],
    dialect: Dialect,
    file: &str,
    renamed: &mut Vec<(String, String)>,
) -> Result<Vec<String>, FileFault> {
    let mut names: Vec<String> = Vec::with_capacity(spans.len());
    let mut taken = std::collections::BTreeSet::new();
    let mut scratch = Vec::new();
    for (idx, span) in spans.iter().enumerate() {
        let mut field = &text[span.range()];
        if span.escaped() {
            unescape(field, dialect.quote.unwrap_or_default(), &mut scratch);
            field = &scratch;
        }
        let Ok(written) = std::str::from_utf8(field) else {
            let message = format!("the header of `{file}` is not UTF-8 in column {}", idx + 1);
            return Err(FileFault::new("not-csv", message, "save the file as UTF-8"));
        };
        let written = written.trim();
        let wanted = if written.is_empty() { format!("column_{}", idx + 1) } else { written.to_owned() };
        let mut name = wanted.clone();
        let mut number = 2;
        while !taken.insert(name.clone()) {
            name = format!("{wanted}_{number}");
            number += 1;
        }
        if name != wanted {
            renamed.push((wanted, name.clone()));
        }
        names.push(name);
    }
    Ok(names)
}

/// The whole records of a text that may break off.
pub(super) struct Records<'a> {
    pub(super) text: &'a [u8],
    pub(super) dialect: Dialect,
    pub(super) is_all: bool,
    pub(super) at: usize,
}

impl Iterator for Records<'_> {
    type Item = (Vec<Span>, RecordFields);

    fn next(&mut self) -> Option<Self::Item> {
        while self.text.get(self.at).copied().is_some_and(is_line_end) {
            self.at += 1;
        }
        if self.at == self.text.len() {
            return None;
        }
        let mut search = Search { at: self.at, quoted: false };
        let end = self.dialect.record_end(self.text, self.at, &mut search, self.is_all)?;
        let mut spans = Vec::new();
        let fields = self.dialect.fields(&self.text[..end.end], self.at, |_, span| {
            if spans.len() <= MAX_COLUMNS {
                spans.push(span);
            }
        });
        self.at = end.next;
        Some((spans, fields))
    }
}

/// Which types all values of a column seen so far fit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Guess {
    seen: bool,
    boolean: bool,
    integer: bool,
    double: bool,
    date: bool,
    timestamp: bool,
}

impl Default for Guess {
    fn default() -> Guess {
        Guess { seen: false, boolean: true, integer: true, double: true, date: true, timestamp: true }
    }
}

impl Guess {
    /// Looks at a value; an empty one says nothing.
    pub(super) fn see(&mut self, value: &[u8]) {
        if value.is_empty() {
            return;
        }
        self.seen = true;
        self.boolean &= value.eq_ignore_ascii_case(b"true") || value.eq_ignore_ascii_case(b"false");
        self.integer &= integer(value).is_some();
        // A number of more than 18 digits is an identifier rather than a quantity; a double would blur it.
        let is_long = value.len() > 18 && value.iter().all(u8::is_ascii_digit);
        self.double &= double(value).is_ok() && (!is_long || integer(value).is_some());
        self.date &= TimeFormat::Auto.date(value).is_some();
        self.timestamp &= TimeFormat::Auto.moment(value).is_some();
    }

    /// Whether there was any value to judge by.
    pub(super) fn has_seen_any(self) -> bool {
        self.seen
    }

    /// Whether there were values, and they are more than text.
    pub(super) fn has_narrow_type(self) -> bool {
        self.data_type() != DataType::String
    }

    /// What is known of a column of two files together.
    pub(super) fn and(self, other: Guess) -> Guess {
        Guess {
            seen: self.seen || other.seen,
            boolean: self.boolean && other.boolean,
            integer: self.integer && other.integer,
            double: self.double && other.double,
            date: self.date && other.date,
            timestamp: self.timestamp && other.timestamp,
        }
    }

    /// The narrowest type that fits; STRING where nothing was seen.
    pub(super) fn data_type(self) -> DataType {
        match self {
            Guess { seen: false, .. } => DataType::String,
            Guess { boolean: true, .. } => DataType::Boolean,
            Guess { integer: true, .. } => DataType::BigInt,
            Guess { double: true, .. } => DataType::Double,
            Guess { date: true, .. } => DataType::Date,
            Guess { timestamp: true, .. } => DataType::Timestamp,
            _ => DataType::String,
        }
    }
}
