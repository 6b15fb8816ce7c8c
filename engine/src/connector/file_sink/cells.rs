//! The values of a batch as text, the same in every text format, written without a text of their own for each value.

use std::io::Write;

use polars::prelude::{self as pl, Column};

use crate::data::value::{civil_from_days, format_decimal, format_double, format_timestamp};
use crate::data::{Batch, DataType, Value};
use crate::error::Result;

/// The columns of a batch as they are kept, from which [`Cells`] read.
pub(crate) fn physical_columns(batch: &Batch) -> Vec<pl::Series> {
    let columns = batch.frame().columns().iter();
    columns.map(|column| column.as_materialized_series().to_physical_repr().into_owned()).collect()
}

/// The values of a column, its type resolved once for the whole batch.
pub(crate) enum Cells<'a> {
    Boolean(&'a pl::BooleanChunked),
    TinyInt(&'a pl::Int8Chunked),
    SmallInt(&'a pl::Int16Chunked),
    Int(&'a pl::Int32Chunked),
    BigInt(&'a pl::Int64Chunked),
    Float(&'a pl::Float32Chunked),
    Double(&'a pl::Float64Chunked),
    Decimal(&'a pl::Int128Chunked, u8),
    Text(&'a pl::StringChunked),
    Bytes(&'a pl::BinaryChunked),
    Date(&'a pl::Int32Chunked),
    Time(&'a pl::Int64Chunked),
    /// With the day that was written last, its text, and what stands behind it.
    Timestamp(&'a pl::Int64Chunked, i64, [u8; 11]),
    Nested(&'a Column, &'a DataType, String),
}

/// What was done about a value.
pub(crate) enum Written<'a> {
    /// There is none; nothing was written.
    Null,
    /// It was written.
    Plain,
    /// It is this text, to be quoted if need be.
    Text(&'a [u8]),
}

impl<'a> Cells<'a> {
    /// The values of `column`, which is of the type `data_type` and kept as `physical`.
    ///
    /// # Errors
    /// If the column is of another type, which is an internal fault.
    pub(crate) fn new(
        physical: &'a pl::Series,
        column: &'a Column,
        data_type: &'a DataType,
        separator: u8,
    ) -> Result<Cells<'a>> {
        Ok(match data_type {
            DataType::Boolean => Cells::Boolean(physical.bool()?),
            DataType::TinyInt => Cells::TinyInt(physical.i8()?),
            DataType::SmallInt => Cells::SmallInt(physical.i16()?),
            DataType::Int => Cells::Int(physical.i32()?),
            DataType::BigInt => Cells::BigInt(physical.i64()?),
            DataType::Float => Cells::Float(physical.f32()?),
            DataType::Double => Cells::Double(physical.f64()?),
            DataType::Decimal(_, scale) => Cells::Decimal(physical.i128()?, *scale),
            DataType::String => Cells::Text(physical.str()?),
            DataType::Bytes => Cells::Bytes(physical.binary()?),
            DataType::Date => Cells::Date(physical.i32()?),
            DataType::Time => Cells::Time(physical.i64()?),
            DataType::Timestamp | DataType::TimestampLtz => {
                Cells::Timestamp(physical.i64()?, i64::MIN, [separator; 11])
            }
            DataType::Array(_) | DataType::Row(_) => Cells::Nested(column, data_type, String::new()),
        })
    }

    /// Adds the value of row `row`, unless it is NULL or a text that may have to be quoted.
    #[inline]
    pub(crate) fn write<'b>(&'b mut self, row: usize, into: &mut Vec<u8>) -> Written<'b> {
        match self {
            Cells::Boolean(values) => match values.get(row) {
                None => return Written::Null,
                Some(true) => into.extend_from_slice(b"true"),
                Some(false) => into.extend_from_slice(b"false"),
            },
            Cells::TinyInt(values) => match values.get(row) {
                None => return Written::Null,
                Some(value) => integer(value.into(), into),
            },
            Cells::SmallInt(values) => match values.get(row) {
                None => return Written::Null,
                Some(value) => integer(value.into(), into),
            },
            Cells::Int(values) => match values.get(row) {
                None => return Written::Null,
                Some(value) => integer(value.into(), into),
            },
            Cells::BigInt(values) => match values.get(row) {
                None => return Written::Null,
                Some(value) => integer(value, into),
            },
            Cells::Float(values) => match values.get(row) {
                None => return Written::Null,
                // The double with the same text, as `Value` has it.
                Some(value) => double(value.to_string().parse().unwrap_or(f64::from(value)), into),
            },
            Cells::Double(values) => match values.get(row) {
                None => return Written::Null,
                Some(value) => double(value, into),
            },
            Cells::Decimal(values, scale) => match values.get(row) {
                None => return Written::Null,
                Some(value) => decimal(value, *scale, into),
            },
            Cells::Text(values) => {
                return values.get(row).map_or(Written::Null, |text| Written::Text(text.as_bytes()));
            }
            Cells::Bytes(values) => match values.get(row) {
                None => return Written::Null,
                Some(bytes) => {
                    let digit = |nibble: u8| b"0123456789abcdef"[usize::from(nibble)];
                    into.extend(bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]));
                }
            },
            Cells::Date(values) => match values.get(row) {
                None => return Written::Null,
                Some(days) => match date(days.into()) {
                    Some(text) => into.extend_from_slice(&text),
                    None => write_display(&Value::Date(days), into),
                },
            },
            Cells::Time(values) => match values.get(row) {
                None => return Written::Null,
                Some(nanos) if (0..86_400_000_000_000).contains(&nanos) => {
                    into.extend_from_slice(&time(nanos / 1_000_000));
                }
                Some(nanos) => write_display(&Value::Time(nanos), into),
            },
            Cells::Timestamp(values, last_day, last_text) => match values.get(row) {
                None => return Written::Null,
                Some(millis) => {
                    let day = millis.div_euclid(86_400_000);
                    if day != *last_day {
                        let Some(text) = date(day) else {
                            let text = format_timestamp(millis);
                            into.extend(text.bytes().map(|c| if c == b' ' { last_text[10] } else { c }));
                            return Written::Plain;
                        };
                        *last_day = day;
                        last_text[..10].copy_from_slice(&text);
                    }
                    into.extend_from_slice(last_text);
                    into.extend_from_slice(&time(millis - day * 86_400_000));
                }
            },
            Cells::Nested(column, data_type, text) => {
                let value = Value::at(column, data_type, row);
                if value.is_null() {
                    return Written::Null;
                }
                *text = value.to_string();
                return Written::Text(text.as_bytes());
            }
        }
        Written::Plain
    }
}

#[inline]
fn integer(value: i64, into: &mut Vec<u8>) {
    into.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

/// As [`format_double`], without a text of its own.
#[inline]
fn double(value: f64, into: &mut Vec<u8>) {
    // Most numbers have few digits behind the point. If six are enough to read back the same, and there are at most fifteen in all,
    // no other text of that length does, so these are the shortest digits.
    let millionths = (value * 1e6).round();
    if millionths.abs() < 1e15 && millionths / 1e6 == value && (value != 0.0 || value.is_sign_positive()) {
        let millionths = millionths as i64;
        if millionths < 0 {
            into.push(b'-');
        }
        let (whole, mut behind) =
            (millionths.unsigned_abs() / 1_000_000, millionths.unsigned_abs() % 1_000_000);
        into.extend_from_slice(itoa::Buffer::new().format(whole).as_bytes());
        if behind > 0 {
            let mut digits = [b'0'; 7];
            digits[0] = b'.';
            for digit in digits[1..].iter_mut().rev() {
                *digit += (behind % 10) as u8;
                behind /= 10;
            }
            let n = digits.iter().rposition(|digit| *digit != b'0').unwrap_or(0);
            into.extend_from_slice(&digits[..=n]);
        }
    } else if (1e-7..1e21).contains(&value.abs()) {
        // Writing to memory does not fail.
        let _ = write!(into, "{value}");
    } else {
        into.extend_from_slice(format_double(value).as_bytes());
    }
}

/// As [`format_decimal`], without a text of its own where the number is short.
#[inline]
fn decimal(unscaled: i128, scale: u8, into: &mut Vec<u8>) {
    let mut buffer = itoa::Buffer::new();
    let digits = buffer.format(unscaled.unsigned_abs());
    let scale = usize::from(scale);
    if digits.len() <= scale {
        into.extend_from_slice(format_decimal(unscaled, scale as u8).as_bytes());
        return;
    }
    if unscaled < 0 {
        into.push(b'-');
    }
    let (whole, fraction) = digits.as_bytes().split_at(digits.len() - scale);
    into.extend_from_slice(whole);
    if !fraction.is_empty() {
        into.push(b'.');
        into.extend_from_slice(fraction);
    }
}

#[inline]
fn two(value: i64) -> [u8; 2] {
    [b'0' + (value / 10) as u8, b'0' + (value % 10) as u8]
}

/// `YYYY-MM-DD`, for years of four digits.
#[inline]
fn date(days: i64) -> Option<[u8; 10]> {
    let (year, month, day) = civil_from_days(days);
    if !(0..=9999).contains(&year) {
        return None;
    }
    let ([y1, y2], [y3, y4]) = (two(year / 100), two(year % 100));
    let ([m1, m2], [d1, d2]) = (two(month.into()), two(day.into()));
    Some([y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2])
}

/// `HH:MM:SS.mmm` of milliseconds since midnight.
#[inline]
fn time(millis: i64) -> [u8; 12] {
    let seconds = millis / 1000;
    let millis = millis % 1000;
    let ([h1, h2], [m1, m2]) = (two(seconds / 3600), two(seconds / 60 % 60));
    let ([s1, s2], [f2, f3]) = (two(seconds % 60), two(millis % 100));
    [h1, h2, b':', m1, m2, b':', s1, s2, b'.', b'0' + (millis / 100) as u8, f2, f3]
}

fn write_display(value: &Value, into: &mut Vec<u8>) {
    // Writing to memory does not fail.
    let _ = write!(into, "{value}");
}
