//! Text into typed columns: fields are located for a stretch of records, then each column is read in a loop of its own.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono_tz::Tz;
use polars::prelude as pl;
use polars::prelude::{IntoColumn, IntoSeries, NewChunkedArray};
use polars_arrow::bitmap::{Bitmap, MutableBitmap};

use super::super::file_source::with_article;
use super::super::numbers::{NumberFault, big_int, bytes_of_hex, decimal, double, narrow};
use super::super::text_reader::{MAX_RAW, Records};
use super::super::time_text::{LastDay, Moment, TimeFormat, ZoneClock};
use super::dialect::{Dialect, Malformed, Span, is_line_end, unescape};
use super::structure::Structure;
use crate::data::{DataType, Field};
use crate::error::Result;
use crate::node::{Decoded, Rejected};

/// How many fields are located before columns are read: few enough to stay in the processor's cache.
const FIELDS_AT_ONCE: usize = 8192;
const UNUSED: u16 = u16::MAX;

/// A column to be read.
#[derive(Clone, Debug)]
pub(super) struct ColumnReader {
    pub(super) field: Field,
    pub(super) format: TimeFormat,
    /// The zone of clock times without one.
    pub(super) zone: Tz,
}

/// What is decoded of one file's records.
#[derive(Clone, Debug)]
pub(super) struct RecordLayout {
    pub(super) dialect: Dialect,
    pub(super) null_text: Arc<[u8]>,
    /// How many fields a record must have.
    pub(super) n_fields: usize,
    /// For each field the column that it fills; [`UNUSED`] where none.
    slots: Vec<u16>,
    pub(super) columns: Arc<[ColumnReader]>,
}

impl RecordLayout {
    /// A layout whose column `i` is read from field `fields[i]`.
    pub(super) fn new(
        dialect: Dialect,
        null_text: Arc<[u8]>,
        n_fields: usize,
        fields: &[usize],
        columns: Arc<[ColumnReader]>,
    ) -> RecordLayout {
        let mut slots = vec![UNUSED; n_fields];
        for (slot, field) in fields.iter().enumerate() {
            slots[*field] = slot as u16;
        }
        RecordLayout { dialect, null_text, n_fields, slots, columns }
    }
}

/// Why a field is no value of its column.
pub(super) enum Fault {
    NotA,
    OutOfRange,
    Null,
    NotUtf8,
}

impl From<NumberFault> for Fault {
    fn from(fault: NumberFault) -> Fault {
        match fault {
            NumberFault::NotA => Fault::NotA,
            NumberFault::OutOfRange => Fault::OutOfRange,
        }
    }
}

/// Reads records into columns.
pub(super) fn decode(layout: &RecordLayout, records: &Records<'_>, next_cursor: u64) -> Result<Decoded> {
    let text = records.text;
    let n_columns = layout.columns.len();
    let at_once = (FIELDS_AT_ONCE / n_columns.max(1)).clamp(1, 1024);
    let has_text = layout.columns.iter().any(|column| column.field.data_type == DataType::String);
    let whole = if has_text { std::str::from_utf8(text).ok() } else { None };
    let mut structure = Structure::new(text, layout.dialect);
    let mut buffers: Vec<Buffer> =
        layout.columns.iter().map(|column| Buffer::new(column, records.n_records.at_most())).collect();

    let mut spans = vec![Span::default(); n_columns * at_once];
    let mut starts: Vec<(u64, usize, usize)> = Vec::with_capacity(at_once);
    let mut rejects = Rejects { records, rejected: Vec::new(), counted: 0, line: records.line };
    let mut faulty_rows: Vec<usize> = Vec::new();
    let (mut at, mut record, mut n_rows) = (0, 0_u64, 0);
    loop {
        starts.clear();
        while starts.len() < at_once {
            while text.get(at).copied().is_some_and(is_line_end) {
                at += 1;
            }
            if at == text.len() {
                break;
            }
            let row = starts.len();
            let mut each = |field: usize, span| {
                if let Some(slot) = layout.slots.get(field)
                    && *slot != UNUSED
                {
                    spans[usize::from(*slot) * at_once + row] = span;
                }
            };
            let found = match structure.fields(at, &mut each) {
                Some(found) => found,
                None => layout.dialect.fields(text, at, each),
            };
            if found.malformed.is_none() && found.n_fields == layout.n_fields {
                starts.push((record, at, found.end));
            } else {
                let reason = match found.malformed {
                    Some((_, Malformed::TextAfterQuote)) => "text follows a closing quote".to_owned(),
                    Some((_, Malformed::UnclosedQuote)) => {
                        "a quote is not closed before the end of the file".to_owned()
                    }
                    None => format!("{} fields where {} are expected", found.n_fields, layout.n_fields),
                };
                rejects.add(record, at, found.end, None, reason);
            }
            record += 1;
            at = found.end;
        }
        if starts.is_empty() {
            break;
        }
        let mut faults: BTreeMap<usize, (usize, String)> = BTreeMap::new();
        for (idx, (column, buffer)) in layout.columns.iter().zip(&mut buffers).enumerate() {
            let spans = &spans[idx * at_once..idx * at_once + starts.len()];
            let fields = Fields { text, whole, spans, layout, column };
            buffer.read(&fields, &mut |row, fault| {
                faults.entry(row).or_insert_with(|| (idx, fields.explain(row, &fault)));
            });
        }
        for (row, (idx, reason)) in faults {
            let (record, start, end) = starts[row];
            let column = Some(layout.columns[idx].field.name.to_string());
            rejects.add(record, start, end, column, reason);
            faulty_rows.push(n_rows + row);
        }
        n_rows += starts.len();
    }
    records.n_records.check(record, records.text)?;
    let mut rejected = rejects.rejected;
    rejected.sort_by_key(|rejected| rejected.record);
    let frame = frame(layout, buffers, n_rows, &faulty_rows)?;
    Ok(Decoded { frame, n_records: record, rejected, next_cursor, is_pruned: false })
}

/// A frame of one record that was rejected before it could be split.
pub(super) fn decode_none(layout: &RecordLayout, rejected: Rejected, next_cursor: u64) -> Result<Decoded> {
    let buffers = layout.columns.iter().map(|column| Buffer::new(column, 0)).collect();
    Ok(Decoded {
        frame: frame(layout, buffers, 0, &[])?,
        n_records: 1,
        rejected: vec![rejected],
        next_cursor,
        is_pruned: false,
    })
}

fn frame(
    layout: &RecordLayout,
    buffers: Vec<Buffer>,
    n_rows: usize,
    faulty_rows: &[usize],
) -> Result<pl::DataFrame> {
    let keep = (!faulty_rows.is_empty()).then(|| {
        let mut keep = MutableBitmap::from_len_set(n_rows);
        for row in faulty_rows {
            keep.set(*row, false);
        }
        pl::BooleanChunked::from_bitmap("".into(), keep.freeze())
    });
    let mut columns = Vec::with_capacity(buffers.len());
    for (buffer, column) in buffers.into_iter().zip(layout.columns.iter()) {
        let series = buffer.finish(&column.field)?;
        columns.push(match &keep {
            Some(keep) => series.filter(keep)?.into_column(),
            None => series.into_column(),
        });
    }
    Ok(pl::DataFrame::new(n_rows - faulty_rows.len(), columns)?)
}

/// Collects rejected records; counts the lines up to each of them.
struct Rejects<'a> {
    records: &'a Records<'a>,
    rejected: Vec<Rejected>,
    counted: usize,
    line: u64,
}

impl Rejects<'_> {
    fn add(&mut self, record: u64, start: usize, end: usize, column: Option<String>, reason: String) {
        // Faults of form are found before faults of value, so that a start may lie before the last one.
        if start < self.counted {
            (self.counted, self.line) = (0, self.records.line);
        }
        self.line += super::dialect::count_lines(&self.records.text[self.counted..start]);
        self.counted = start;
        self.rejected.push(Rejected {
            record,
            offset: self.records.offset + start as u64,
            line: self.line,
            column,
            reason,
            raw: self.records.text[start..end.min(start + MAX_RAW)].to_vec(),
        });
    }
}

/// The fields of one column in a stretch of records.
struct Fields<'a> {
    text: &'a [u8],
    /// The text, if a column is text and all of it is UTF-8: then so is every field.
    whole: Option<&'a str>,
    spans: &'a [Span],
    layout: &'a RecordLayout,
    column: &'a ColumnReader,
}

impl<'a> Fields<'a> {
    #[inline]
    fn bytes(&self, span: Span) -> &'a [u8] {
        &self.text[span.range()]
    }

    /// Whether a field of a column that is not text says nothing.
    #[inline]
    fn is_null(&self, field: &[u8], span: Span) -> bool {
        field.is_empty() || (!span.quoted() && *field == *self.layout.null_text)
    }

    fn explain(&self, row: usize, fault: &Fault) -> String {
        let span = self.spans[row];
        let field = self.bytes(span);
        let mut plain = field[..field.len().min(200)].to_vec();
        if span.escaped() {
            unescape(&field[..plain.len()], self.layout.dialect.quote.unwrap_or_default(), &mut plain);
        }
        let mut shown = String::from_utf8_lossy(&plain).into_owned();
        if let Some((cut, _)) = shown.char_indices().nth(40) {
            shown.truncate(cut);
            shown.push('…');
        }
        let data_type = &self.column.field.data_type;
        match fault {
            Fault::NotA => format!("`{shown}` is not {}", with_article(data_type)),
            Fault::OutOfRange => format!("`{shown}` is out of the range of {data_type}"),
            Fault::Null => crate::node::NO_VALUE.to_owned(),
            Fault::NotUtf8 => "the text is not UTF-8".to_owned(),
        }
    }
}

/// Which values are there; all are, until the first that is not.
#[derive(Default)]
struct Validity(Option<MutableBitmap>);

impl Validity {
    #[inline]
    fn push(&mut self, is_valid: bool, n_before: usize) {
        if let Some(bitmap) = &mut self.0 {
            bitmap.push(is_valid);
        } else if !is_valid {
            let mut bitmap = MutableBitmap::from_len_set(n_before);
            bitmap.push(false);
            self.0 = Some(bitmap);
        }
    }

    fn finish(self) -> Option<Bitmap> {
        self.0.map(MutableBitmap::freeze)
    }
}

/// A column as it grows.
enum Buffer {
    Boolean(Vec<bool>, Validity),
    TinyInt(Vec<i8>, Validity),
    SmallInt(Vec<i16>, Validity),
    Int(Vec<i32>, Validity),
    BigInt(Vec<i64>, Validity),
    Float(Vec<f32>, Validity),
    Double(Vec<f64>, Validity),
    Decimal(Vec<i128>, Validity, u8, u8),
    Text(Box<pl::StringChunkedBuilder>),
    Bytes(Box<pl::BinaryChunkedBuilder>),
}

impl Buffer {
    fn new(column: &ColumnReader, n_rows: usize) -> Buffer {
        let none = Validity::default();
        let name = pl::PlSmallStr::from(&*column.field.name);
        match column.field.data_type {
            DataType::Boolean => Buffer::Boolean(Vec::with_capacity(n_rows), none),
            DataType::TinyInt => Buffer::TinyInt(Vec::with_capacity(n_rows), none),
            DataType::SmallInt => Buffer::SmallInt(Vec::with_capacity(n_rows), none),
            DataType::Int | DataType::Date => Buffer::Int(Vec::with_capacity(n_rows), none),
            DataType::BigInt | DataType::Time | DataType::Timestamp | DataType::TimestampLtz => {
                Buffer::BigInt(Vec::with_capacity(n_rows), none)
            }
            DataType::Float => Buffer::Float(Vec::with_capacity(n_rows), none),
            DataType::Double => Buffer::Double(Vec::with_capacity(n_rows), none),
            DataType::Decimal(precision, scale) => {
                Buffer::Decimal(Vec::with_capacity(n_rows), none, precision, scale)
            }
            DataType::Bytes => Buffer::Bytes(Box::new(pl::BinaryChunkedBuilder::new(name, n_rows))),
            // Nested types are refused when the flow is planned.
            DataType::String | DataType::Array(_) | DataType::Row(_) => {
                Buffer::Text(Box::new(pl::StringChunkedBuilder::new(name, n_rows)))
            }
        }
    }

    fn read(&mut self, fields: &Fields<'_>, faults: &mut dyn FnMut(usize, Fault)) {
        let format = &fields.column.format;
        match self {
            Buffer::Boolean(values, validity) => fill(values, validity, fields, faults, boolean),
            Buffer::TinyInt(values, validity) => fill(values, validity, fields, faults, narrow::<i8>),
            Buffer::SmallInt(values, validity) => fill(values, validity, fields, faults, narrow::<i16>),
            Buffer::Int(values, validity) if fields.column.field.data_type == DataType::Date => {
                fill(values, validity, fields, faults, |text| format.date(text).ok_or(Fault::NotA));
            }
            Buffer::Int(values, validity) => fill(values, validity, fields, faults, narrow::<i32>),
            Buffer::BigInt(values, validity) => match fields.column.field.data_type {
                DataType::Timestamp => {
                    let mut day = LastDay::default();
                    fill(values, validity, fields, faults, |text| {
                        format.moment_near(text, &mut day).map(Moment::timestamp).ok_or(Fault::NotA)
                    });
                }
                DataType::TimestampLtz => {
                    let (mut day, mut zone) = (LastDay::default(), ZoneClock::new(fields.column.zone));
                    fill(values, validity, fields, faults, |text| {
                        let moment = format.moment_near(text, &mut day);
                        moment.and_then(|moment| moment.instant(&mut zone)).ok_or(Fault::NotA)
                    });
                }
                DataType::Time => fill(values, validity, fields, faults, |text| {
                    format.time_of_day(text).map(|millis| millis * 1_000_000).ok_or(Fault::NotA)
                }),
                _ => fill(values, validity, fields, faults, big_int),
            },
            Buffer::Float(values, validity) => fill(values, validity, fields, faults, |text| {
                std::str::from_utf8(text).ok().and_then(|text| text.parse().ok()).ok_or(Fault::NotA)
            }),
            Buffer::Double(values, validity) => fill(values, validity, fields, faults, double),
            Buffer::Decimal(values, validity, precision, scale) => {
                let (precision, scale) = (*precision, *scale);
                fill(values, validity, fields, faults, |text| decimal(text, precision, scale));
            }
            Buffer::Text(builder) => read_text(builder, fields, faults),
            Buffer::Bytes(builder) => read_bytes(builder, fields, faults),
        }
    }

    fn finish(self, field: &Field) -> Result<pl::Series> {
        let name = pl::PlSmallStr::from(&*field.name);
        let millis = pl::TimeUnit::Milliseconds;
        Ok(match self {
            Buffer::Boolean(values, validity) => {
                let mut series = pl::BooleanChunked::from_slice(name, &values);
                series.set_validity(validity.finish());
                series.into_series()
            }
            Buffer::TinyInt(values, validity) => {
                pl::Int8Chunked::from_vec_validity(name, values, validity.finish()).into_series()
            }
            Buffer::SmallInt(values, validity) => {
                pl::Int16Chunked::from_vec_validity(name, values, validity.finish()).into_series()
            }
            Buffer::Int(values, validity) => {
                let ints = pl::Int32Chunked::from_vec_validity(name, values, validity.finish());
                if field.data_type == DataType::Date {
                    ints.into_date().into_series()
                } else {
                    ints.into_series()
                }
            }
            Buffer::BigInt(values, validity) => {
                let ints = pl::Int64Chunked::from_vec_validity(name, values, validity.finish());
                match field.data_type {
                    DataType::Timestamp | DataType::TimestampLtz => {
                        ints.into_datetime(millis, None).into_series()
                    }
                    DataType::Time => ints.into_time().into_series(),
                    _ => ints.into_series(),
                }
            }
            Buffer::Float(values, validity) => {
                pl::Float32Chunked::from_vec_validity(name, values, validity.finish()).into_series()
            }
            Buffer::Double(values, validity) => {
                pl::Float64Chunked::from_vec_validity(name, values, validity.finish()).into_series()
            }
            Buffer::Decimal(values, validity, precision, scale) => {
                pl::Int128Chunked::from_vec_validity(name, values, validity.finish())
                    .into_decimal(usize::from(precision), usize::from(scale))?
                    .into_series()
            }
            Buffer::Text(builder) => builder.finish().into_series(),
            Buffer::Bytes(builder) => builder.finish().into_series(),
        })
    }
}

/// Reads a column of fixed-size values. A faulty field leaves a placeholder, and its row goes later.
#[inline]
fn fill<T: Copy + Default, E: Into<Fault>>(
    values: &mut Vec<T>,
    validity: &mut Validity,
    fields: &Fields<'_>,
    faults: &mut dyn FnMut(usize, Fault),
    mut parse: impl FnMut(&[u8]) -> Result<T, E>,
) {
    let nullable = fields.column.field.nullable;
    for (row, span) in fields.spans.iter().enumerate() {
        let field = fields.bytes(*span);
        let n_before = values.len();
        // The common case first: a value as it should be, without spaces around it.
        match parse(field) {
            Ok(value) if !fields.is_null(field, *span) => {
                values.push(value);
                validity.push(true, n_before);
            }
            result => {
                let trimmed = field.trim_ascii();
                if fields.is_null(trimmed, *span) {
                    if !nullable {
                        faults(row, Fault::Null);
                    }
                    values.push(T::default());
                    validity.push(false, n_before);
                    continue;
                }
                let result = if trimmed.len() < field.len() { parse(trimmed) } else { result };
                values.push(result.unwrap_or_else(|fault| {
                    faults(row, fault.into());
                    T::default()
                }));
                validity.push(true, n_before);
            }
        }
    }
}

fn read_text(
    builder: &mut pl::StringChunkedBuilder,
    fields: &Fields<'_>,
    faults: &mut dyn FnMut(usize, Fault),
) {
    let nullable = fields.column.field.nullable;
    let quote = fields.layout.dialect.quote.unwrap_or_default();
    let mut scratch = Vec::new();
    for (row, span) in fields.spans.iter().enumerate() {
        let field = fields.bytes(*span);
        if !span.quoted() && *field == *fields.layout.null_text {
            if !nullable {
                faults(row, Fault::Null);
            }
            builder.append_null();
            continue;
        }
        let text = if span.escaped() {
            unescape(field, quote, &mut scratch);
            std::str::from_utf8(&scratch).ok()
        } else if let Some(whole) = fields.whole {
            whole.get(span.range())
        } else {
            std::str::from_utf8(field).ok()
        };
        match text {
            Some(text) => builder.append_value(text),
            None => {
                faults(row, Fault::NotUtf8);
                builder.append_null();
            }
        }
    }
}

fn read_bytes(
    builder: &mut pl::BinaryChunkedBuilder,
    fields: &Fields<'_>,
    faults: &mut dyn FnMut(usize, Fault),
) {
    let mut scratch = Vec::new();
    for (row, span) in fields.spans.iter().enumerate() {
        let field = fields.bytes(*span);
        if !span.quoted() && *field == *fields.layout.null_text {
            if !fields.column.field.nullable {
                faults(row, Fault::Null);
            }
            builder.append_null();
            continue;
        }
        if bytes_of_hex(field, &mut scratch) {
            builder.append_value(&scratch);
        } else {
            faults(row, Fault::NotA);
            builder.append_null();
        }
    }
}

/// `true`, `t`, `yes`, `y`, `1` and their opposites, in any case.
fn boolean(text: &[u8]) -> Result<bool, Fault> {
    let is = |words: [&str; 5]| words.iter().any(|word| text.eq_ignore_ascii_case(word.as_bytes()));
    if is(["true", "t", "yes", "y", "1"]) {
        Ok(true)
    } else if is(["false", "f", "no", "n", "0"]) {
        Ok(false)
    } else {
        Err(Fault::NotA)
    }
}
