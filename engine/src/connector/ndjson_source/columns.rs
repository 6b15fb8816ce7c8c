//! Values of records into typed columns, a column at a time.

use chrono_tz::Tz;
use polars::prelude as pl;
use polars::prelude::{IntoSeries, NewChunkedArray};
use polars_arrow::bitmap::MutableBitmap;

use super::super::file_source::with_article;
use super::super::numbers::{NumberFault, big_int, bytes_of_hex, decimal, double, narrow};
use super::super::time_text::{LastDay, Moment, TimeFormat, ZoneClock};
use super::scan::{Kind, Token, unescape};
use crate::data::{DataType, Field};
use crate::error::Result;

/// A column to be read.
#[derive(Clone, Debug)]
pub(super) struct ColumnReader {
    pub(super) field: Field,
    pub(super) format: TimeFormat,
    /// The zone of clock times without one.
    pub(super) zone: Tz,
}

/// What a record has for a column.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cell {
    pub(super) token: Token,
    /// Whether it stands in the place of an object that the column lies in.
    pub(super) is_outside: bool,
}

/// Why a value is none of its column.
pub(super) enum Fault {
    NotA,
    OutOfRange,
    Null,
    NoText,
    NotInObject,
}

impl From<NumberFault> for Fault {
    fn from(fault: NumberFault) -> Fault {
        match fault {
            NumberFault::NotA => Fault::NotA,
            NumberFault::OutOfRange => Fault::OutOfRange,
        }
    }
}

/// The cells of one column in a stretch of records.
pub(super) struct Cells<'a> {
    pub(super) text: &'a [u8],
    /// The text, if all of it is UTF-8: then so is every value.
    pub(super) whole: Option<&'a str>,
    pub(super) cells: &'a [Cell],
    pub(super) column: &'a ColumnReader,
}

impl<'a> Cells<'a> {
    /// A value as it stands in the text. Records that are not UTF-8 have been rejected before.
    #[inline]
    fn raw(&self, token: Token) -> Option<&'a str> {
        match self.whole {
            Some(whole) => whole.get(token.range()),
            None => std::str::from_utf8(&self.text[token.range()]).ok(),
        }
    }

    /// The words that say what is wrong with a row's value.
    pub(super) fn explain(&self, row: usize, fault: &Fault) -> String {
        let raw = &self.text[self.cells[row].token.range()];
        let shown = String::from_utf8_lossy(&raw[..raw.len().min(200)]);
        let mut shown = shown.into_owned();
        if let Some((cut, _)) = shown.char_indices().nth(40) {
            shown.truncate(cut);
            shown.push('…');
        }
        let data_type = &self.column.field.data_type;
        match fault {
            Fault::NotA => format!("`{shown}` is not {}", with_article(data_type)),
            Fault::OutOfRange => format!("`{shown}` is out of the range of {data_type}"),
            Fault::Null => crate::node::NO_VALUE.to_owned(),
            Fault::NoText => format!("`{shown}` is no text: half of a surrogate pair stands alone"),
            Fault::NotInObject => format!("`{shown}` stands where an object with this column is expected"),
        }
    }
}

/// A column as it grows.
pub(super) struct Builder {
    values: Values,
    /// Which values are there; all are, until the first that is not.
    validity: Option<MutableBitmap>,
}

enum Values {
    Boolean(Vec<bool>),
    /// Every type that is a whole number inside, widened.
    Long(Vec<i64>),
    Float(Vec<f32>),
    Double(Vec<f64>),
    Decimal(Vec<i128>, u8, u8),
    Text(Box<pl::StringChunkedBuilder>),
    Bytes(Box<pl::BinaryChunkedBuilder>),
}

impl Builder {
    pub(super) fn new(column: &ColumnReader, n_rows: usize) -> Builder {
        let name = pl::PlSmallStr::from(&*column.field.name);
        let values = match column.field.data_type {
            DataType::Boolean => Values::Boolean(Vec::with_capacity(n_rows)),
            DataType::TinyInt
            | DataType::SmallInt
            | DataType::Int
            | DataType::BigInt
            | DataType::Date
            | DataType::Time
            | DataType::Timestamp
            | DataType::TimestampLtz => Values::Long(Vec::with_capacity(n_rows)),
            DataType::Float => Values::Float(Vec::with_capacity(n_rows)),
            DataType::Double => Values::Double(Vec::with_capacity(n_rows)),
            DataType::Decimal(precision, scale) => {
                Values::Decimal(Vec::with_capacity(n_rows), precision, scale)
            }
            DataType::Bytes => Values::Bytes(Box::new(pl::BinaryChunkedBuilder::new(name, n_rows))),
            // Nested types have no name in a flow, so none is asked for.
            DataType::String | DataType::Array(_) | DataType::Row(_) => {
                Values::Text(Box::new(pl::StringChunkedBuilder::new(name, n_rows)))
            }
        };
        Builder { values, validity: None }
    }

    /// Reads the cells. A faulty one leaves a placeholder, and its row goes later.
    pub(super) fn read(&mut self, cells: &Cells<'_>, faults: &mut dyn FnMut(usize, Fault)) {
        let format = &cells.column.format;
        let validity = &mut self.validity;
        match &mut self.values {
            Values::Boolean(values) => {
                fill(values, validity, cells, faults, |kind, text| match (kind, text) {
                    (Kind::True, _) | (Kind::String, b"true") => Ok(true),
                    (Kind::False, _) | (Kind::String, b"false") => Ok(false),
                    _ => Err(Fault::NotA),
                });
            }
            Values::Long(values) => match cells.column.field.data_type {
                DataType::TinyInt => fill(values, validity, cells, faults, whole::<i8>),
                DataType::SmallInt => fill(values, validity, cells, faults, whole::<i16>),
                DataType::Int => fill(values, validity, cells, faults, whole::<i32>),
                DataType::Date => fill(values, validity, cells, faults, |kind, text| {
                    format.date(scalar(kind, text)?).map(i64::from).ok_or(Fault::NotA)
                }),
                DataType::Time => fill(values, validity, cells, faults, |kind, text| {
                    let millis = format.time_of_day(scalar(kind, text)?);
                    millis.map(|millis| millis * 1_000_000).ok_or(Fault::NotA)
                }),
                DataType::Timestamp => {
                    let mut day = LastDay::default();
                    fill(values, validity, cells, faults, |kind, text| {
                        let moment = format.moment_near(scalar(kind, text)?, &mut day);
                        moment.map(Moment::timestamp).ok_or(Fault::NotA)
                    });
                }
                DataType::TimestampLtz => {
                    let (mut day, mut zone) = (LastDay::default(), ZoneClock::new(cells.column.zone));
                    fill(values, validity, cells, faults, |kind, text| {
                        let moment = format.moment_near(scalar(kind, text)?, &mut day);
                        moment.and_then(|moment| moment.instant(&mut zone)).ok_or(Fault::NotA)
                    });
                }
                _ => fill(values, validity, cells, faults, |kind, text| Ok(big_int(scalar(kind, text)?)?)),
            },
            Values::Float(values) => fill(values, validity, cells, faults, |kind, text| {
                let text = std::str::from_utf8(scalar(kind, text)?).map_err(|_| Fault::NotA)?;
                let value: f32 = text.parse().map_err(|_| Fault::NotA)?;
                if value.is_finite() || kind != Kind::Number { Ok(value) } else { Err(Fault::OutOfRange) }
            }),
            Values::Double(values) => fill(values, validity, cells, faults, |kind, text| {
                let value = double(scalar(kind, text)?)?;
                if value.is_finite() || kind != Kind::Number { Ok(value) } else { Err(Fault::OutOfRange) }
            }),
            Values::Decimal(values, precision, scale) => {
                let (precision, scale) = (*precision, *scale);
                fill(values, validity, cells, faults, |kind, text| {
                    Ok(decimal(scalar(kind, text)?, precision, scale)?)
                });
            }
            Values::Text(builder) => read_text(builder, cells, faults),
            Values::Bytes(builder) => read_bytes(builder, cells, faults),
        }
    }

    pub(super) fn finish(self, field: &Field) -> Result<pl::Series> {
        let name = pl::PlSmallStr::from(&*field.name);
        let validity = self.validity.map(MutableBitmap::freeze);
        Ok(match self.values {
            Values::Boolean(values) => {
                let mut series = pl::BooleanChunked::from_slice(name, &values);
                series.set_validity(validity);
                series.into_series()
            }
            Values::Long(values) => {
                let longs = pl::Int64Chunked::from_vec_validity(name, values, validity);
                match field.data_type {
                    DataType::BigInt => longs.into_series(),
                    DataType::Timestamp | DataType::TimestampLtz => {
                        longs.into_datetime(pl::TimeUnit::Milliseconds, None).into_series()
                    }
                    DataType::Time => longs.into_time().into_series(),
                    DataType::Date => longs.into_series().cast(&pl::DataType::Int32)?.into_date(),
                    _ => longs.into_series().cast(&field.data_type.to_polars())?,
                }
            }
            Values::Float(values) => {
                pl::Float32Chunked::from_vec_validity(name, values, validity).into_series()
            }
            Values::Double(values) => {
                pl::Float64Chunked::from_vec_validity(name, values, validity).into_series()
            }
            Values::Decimal(values, precision, scale) => {
                pl::Int128Chunked::from_vec_validity(name, values, validity)
                    .into_decimal(usize::from(precision), usize::from(scale))?
                    .into_series()
            }
            Values::Text(builder) => builder.finish().into_series(),
            Values::Bytes(builder) => builder.finish().into_series(),
        })
    }
}

/// Reads a column of fixed-size values. `parse` sees the text of a string, without spaces around it, or the value as it stands.
#[inline]
fn fill<T: Copy + Default>(
    values: &mut Vec<T>,
    validity: &mut Option<MutableBitmap>,
    cells: &Cells<'_>,
    faults: &mut dyn FnMut(usize, Fault),
    mut parse: impl FnMut(Kind, &[u8]) -> Result<T, Fault>,
) {
    let mut scratch = String::new();
    for (row, cell) in cells.cells.iter().enumerate() {
        let raw = &cells.text[cell.token.range()];
        let result = match cell.token.kind {
            _ if cell.is_outside => Err(Fault::NotInObject),
            Kind::Null => {
                if !cells.column.field.nullable {
                    faults(row, Fault::Null);
                }
                let bitmap = validity.get_or_insert_with(|| MutableBitmap::from_len_set(values.len()));
                bitmap.push(false);
                values.push(T::default());
                continue;
            }
            Kind::String => parse(Kind::String, raw.trim_ascii()),
            Kind::Escaped => cells
                .raw(cell.token)
                .and_then(|raw| unescape(raw, &mut scratch))
                .ok_or(Fault::NoText)
                .and_then(|text| parse(Kind::String, text.as_bytes().trim_ascii())),
            kind => parse(kind, raw),
        };
        values.push(result.unwrap_or_else(|fault| {
            faults(row, fault);
            T::default()
        }));
        if let Some(bitmap) = validity {
            bitmap.push(true);
        }
    }
}

/// The text of a string or number; nothing else can be read as a number or time.
#[inline]
fn scalar(kind: Kind, text: &[u8]) -> Result<&[u8], Fault> {
    if matches!(kind, Kind::String | Kind::Number) { Ok(text) } else { Err(Fault::NotA) }
}

/// A whole number within the range of `T`.
#[inline]
fn whole<T: TryFrom<i64> + Into<i64>>(kind: Kind, text: &[u8]) -> Result<i64, Fault> {
    Ok(narrow::<T>(scalar(kind, text)?)?.into())
}

/// Reads a column of texts: a string's own, and any other value as it stands.
fn read_text(
    builder: &mut pl::StringChunkedBuilder,
    cells: &Cells<'_>,
    faults: &mut dyn FnMut(usize, Fault),
) {
    let mut scratch = String::new();
    for (row, cell) in cells.cells.iter().enumerate() {
        let text = match cell.token.kind {
            _ if cell.is_outside => Err(Fault::NotInObject),
            Kind::Null if cells.column.field.nullable => {
                builder.append_null();
                continue;
            }
            Kind::Null => Err(Fault::Null),
            Kind::Escaped => {
                cells.raw(cell.token).and_then(|raw| unescape(raw, &mut scratch)).ok_or(Fault::NoText)
            }
            _ => cells.raw(cell.token).ok_or(Fault::NoText),
        };
        match text {
            Ok(text) => builder.append_value(text),
            Err(fault) => {
                faults(row, fault);
                builder.append_null();
            }
        }
    }
}

/// Reads a column of bytes, which strings hold as pairs of hexadecimal digits.
fn read_bytes(
    builder: &mut pl::BinaryChunkedBuilder,
    cells: &Cells<'_>,
    faults: &mut dyn FnMut(usize, Fault),
) {
    let mut scratch = Vec::new();
    for (row, cell) in cells.cells.iter().enumerate() {
        let raw = &cells.text[cell.token.range()];
        let is_hex = cell.token.kind == Kind::String && bytes_of_hex(raw, &mut scratch);
        let fault = match cell.token.kind {
            _ if cell.is_outside => Fault::NotInObject,
            Kind::Null if cells.column.field.nullable => {
                builder.append_null();
                continue;
            }
            Kind::Null => Fault::Null,
            _ if is_hex => {
                builder.append_value(&scratch);
                continue;
            }
            _ => Fault::NotA,
        };
        faults(row, fault);
        builder.append_null();
    }
}
