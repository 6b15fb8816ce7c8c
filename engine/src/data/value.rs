//! A single value outside a column: for constants, keys, previews and text output. Never on the hot path.

use std::fmt;

use polars::prelude::{AnyValue, Column};

use super::DataType;

/// One value of a column. Its [`fmt::Display`] form is what sinks write and tables show.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// No value; prints as nothing.
    Null,
    /// BOOLEAN
    Boolean(bool),
    /// Every integer type.
    Int(i64),
    /// FLOAT and DOUBLE
    Double(f64),
    /// DECIMAL: unscaled value and scale
    Decimal(i128, u8),
    /// STRING
    String(String),
    /// BYTES; prints as hexadecimal
    Bytes(Vec<u8>),
    /// DATE, days since the epoch
    Date(i32),
    /// TIME, nanoseconds since midnight
    Time(i64),
    /// TIMESTAMP(3) and TIMESTAMP_LTZ(3), milliseconds since the epoch
    Timestamp(i64),
    /// ARRAY and ROW, whole, as JSON: `[1,null]`, `{"name":"a","at":"2013-01-01 10:00:00.250"}`. What is no number or BOOLEAN inside
    /// stands there in quotes, in its own display form.
    Nested(String),
}

impl Value {
    /// The value of `column` in row `row`; NULL where there is no such row.
    pub fn at(column: &Column, data_type: &DataType, row: usize) -> Value {
        column.get(row).map_or(Value::Null, |value| Value::of(value, data_type))
    }

    /// A value that Polars gives out, of a column of the type `data_type`.
    pub(crate) fn of(value: AnyValue<'_>, data_type: &DataType) -> Value {
        match (value, data_type) {
            (AnyValue::Null, _) => Value::Null,
            (AnyValue::Boolean(value), _) => Value::Boolean(value),
            (AnyValue::Int8(value), _) => Value::Int(value.into()),
            (AnyValue::Int16(value), _) => Value::Int(value.into()),
            (AnyValue::Int32(value), _) => Value::Int(value.into()),
            (AnyValue::Int64(value), _) => Value::Int(value),
            // The shortest text that reads back as the same FLOAT, carried as the double of that text.
            (AnyValue::Float32(value), _) => {
                Value::Double(value.to_string().parse().unwrap_or(f64::from(value)))
            }
            (AnyValue::Float64(value), _) => Value::Double(value),
            (AnyValue::Decimal(unscaled, _, scale), _) => Value::Decimal(unscaled, scale as u8),
            (AnyValue::String(text), _) => Value::String(text.to_owned()),
            (AnyValue::StringOwned(text), _) => Value::String(text.to_string()),
            (AnyValue::Binary(bytes), _) => Value::Bytes(bytes.to_vec()),
            (AnyValue::BinaryOwned(bytes), _) => Value::Bytes(bytes),
            (AnyValue::Date(days), _) => Value::Date(days),
            (AnyValue::Time(nanos), _) => Value::Time(nanos),
            // A column of one row is kept as a scalar, which gives out the owned form.
            (AnyValue::Datetime(millis, _, _) | AnyValue::DatetimeOwned(millis, _, _), _) => {
                Value::Timestamp(millis)
            }
            (value, data_type) => {
                let mut text = String::new();
                write_json(value, data_type, &mut text);
                Value::Nested(text)
            }
        }
    }

    /// Whether there is no value.
    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Null => Ok(()),
            Value::Boolean(value) => write!(f, "{value}"),
            Value::Int(value) => write!(f, "{value}"),
            Value::Double(value) => f.write_str(&format_double(*value)),
            Value::Decimal(unscaled, scale) => f.write_str(&format_decimal(*unscaled, *scale)),
            Value::String(text) | Value::Nested(text) => f.write_str(text),
            Value::Bytes(bytes) => bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}")),
            Value::Date(days) => f.write_str(&format_date(i64::from(*days))),
            Value::Time(nanos) => f.write_str(&format_time(nanos.div_euclid(1_000_000))),
            Value::Timestamp(millis) => f.write_str(&format_timestamp(*millis)),
        }
    }
}

/// Adds a value as JSON, with nothing left out however long it is.
fn write_json(value: AnyValue<'_>, data_type: &DataType, text: &mut String) {
    match (value, data_type) {
        (AnyValue::List(values), DataType::Array(inner)) => {
            text.push('[');
            for (idx, value) in values.iter().enumerate() {
                if idx > 0 {
                    text.push(',');
                }
                write_json(value, inner, text);
            }
            text.push(']');
        }
        (value @ AnyValue::Struct(..), DataType::Row(fields)) => {
            write_json_row(value._iter_struct_av(), fields, text);
        }
        // A column of one row is kept as a scalar, which gives out the owned form.
        (AnyValue::StructOwned(row), DataType::Row(fields)) => {
            write_json_row(row.0.into_iter(), fields, text);
        }
        // Neither is ever taken for the other: this ends what would call itself without end.
        (_, DataType::Array(_) | DataType::Row(_)) => text.push_str("null"),
        (value, _) => match Value::of(value, data_type) {
            Value::Null => text.push_str("null"),
            value @ (Value::Boolean(_) | Value::Int(_) | Value::Decimal(..)) => {
                text.push_str(&value.to_string());
            }
            Value::Double(number) if number.is_finite() => text.push_str(&format_double(number)),
            value => write_json_text(&value.to_string(), text),
        },
    }
}

fn write_json_row<'a>(
    values: impl Iterator<Item = AnyValue<'a>>,
    fields: &[(String, DataType)],
    text: &mut String,
) {
    text.push('{');
    for (idx, (value, (name, inner))) in values.zip(fields).enumerate() {
        if idx > 0 {
            text.push(',');
        }
        write_json_text(name, text);
        text.push(':');
        write_json(value, inner, text);
    }
    text.push('}');
}

/// Adds a text in JSON's quotes.
fn write_json_text(value: &str, text: &mut String) {
    text.push('"');
    for c in value.chars() {
        match c {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            c if c < ' ' => text.push_str(&format!("\\u{:04x}", c as u32)),
            c => text.push(c),
        }
    }
    text.push('"');
}

/// The shortest decimal text that reads back as the same double: `1.5`, `3`, `1e300`, `NaN`, `Infinity`.
///
/// Whole numbers carry no `.0`, as Flink's CSV writes them.
pub fn format_double(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    let magnitude = value.abs();
    if magnitude != 0.0 && !(1e-7..1e21).contains(&magnitude) {
        format!("{value:e}")
    } else {
        format!("{value}")
    }
}

/// A decimal number with exactly `scale` digits behind the point.
pub fn format_decimal(unscaled: i128, scale: u8) -> String {
    let digits = format!("{:0>width$}", unscaled.unsigned_abs(), width = usize::from(scale) + 1);
    let (whole, fraction) = digits.split_at(digits.len() - usize::from(scale));
    let sign = if unscaled < 0 { "-" } else { "" };
    if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

/// `YYYY-MM-DD HH:MM:SS.mmm` of milliseconds since the epoch, without regard to zones.
pub fn format_timestamp(millis: i64) -> String {
    let days = millis.div_euclid(86_400_000);
    format!("{} {}", format_date(days), format_time(millis.rem_euclid(86_400_000)))
}

fn format_time(millis: i64) -> String {
    let (seconds, millis) = (millis / 1000, millis % 1000);
    format!("{:02}:{:02}:{:02}.{millis:03}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// `YYYY-MM-DD` of days since the epoch, in the proleptic Gregorian calendar; works for every day that milliseconds can name.
pub fn format_date(days: i64) -> String {
    let (year, month, day) = civil_from_days(days);
    if (0..=9999).contains(&year) {
        format!("{year:04}-{month:02}-{day:02}")
    } else {
        format!("{year:+05}-{month:02}-{day:02}")
    }
}

/// Year, month and day of a day number. Years are counted from March, so that the leap day is a year's last day.
pub fn civil_from_days(days: i64) -> (i64, u32, u32) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = (day_of_year - (153 * shifted_month + 2) / 5 + 1) as u32;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 } as u32;
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// The day number (days since the epoch) of a date; the inverse of [`civil_from_days`].
pub fn days_from_civil(year: i64, month: u32, day: u32) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let shifted_month = (i64::from(month) + 9) % 12;
    let day_of_year = (153 * shifted_month + 2) / 5 + i64::from(day) - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_dates_are_inverse_over_the_whole_range() {
        for days in (-200_000_000..200_000_000).step_by(99_991) {
            let (year, month, day) = civil_from_days(days);
            assert_eq!(days_from_civil(year, month, day), days);
        }
        assert_eq!(format_date(0), "1970-01-01");
        assert_eq!(format_date(-1), "1969-12-31");
        assert_eq!(format_date(11_016), "2000-02-29");
    }

    #[test]
    fn the_calendar_agrees_with_chrono() {
        use chrono::{Datelike, NaiveDate};
        for days in (-700_000..=700_000).step_by(37) {
            let date = NaiveDate::from_ymd_opt(1970, 1, 1)
                .and_then(|epoch| epoch.checked_add_signed(chrono::Duration::days(days)))
                .expect("in range");
            assert_eq!(civil_from_days(days), (i64::from(date.year()), date.month(), date.day()));
        }
    }

    #[test]
    fn timestamps_print_at_the_ends_of_the_range() {
        assert_eq!(format_timestamp(1_357_034_400_250), "2013-01-01 10:00:00.250");
        assert_eq!(format_timestamp(-1), "1969-12-31 23:59:59.999");
        assert!(format_timestamp(i64::MIN).starts_with('-'));
        assert!(format_timestamp(i64::MAX).starts_with('+'));
    }

    #[test]
    fn a_column_of_one_row_gives_the_same_value_as_a_longer_one() {
        use polars::prelude::{Int64Chunked, IntoColumn, IntoSeries, TimeUnit};
        for n_rows in [1, 2] {
            let millis = Int64Chunked::from_vec("at".into(), vec![250; n_rows]);
            let column = millis.into_datetime(TimeUnit::Milliseconds, None).into_series().into_column();
            assert_eq!(Value::at(&column, &DataType::Timestamp, 0), Value::Timestamp(250));
        }
    }

    #[test]
    fn nested_values_are_json_whole_and_at_every_level() {
        use polars::prelude::{IntoColumn, NamedFrom, Series, StructChunked};
        let names = Series::new("name".into(), [Some("a \"b\"\n"), None]);
        let times = Series::new("at".into(), [i64::MAX, 250]);
        let times = times.cast(&DataType::Timestamp.to_polars()).expect("times");
        let inner = [Series::new("".into(), [1_i64, 2, 3, 4, 5, 6, 7]), Series::new("".into(), [0_i64; 0])];
        let lists = Series::new("l".into(), inner);
        let fields = [names, times, lists];
        let rows = StructChunked::from_series("row".into(), 2, fields.iter()).expect("rows");
        let column = polars::prelude::IntoSeries::into_series(rows).into_column();
        let data_type = DataType::Row(vec![
            ("name".to_owned(), DataType::String),
            ("at".to_owned(), DataType::Timestamp),
            ("l".to_owned(), DataType::Array(Box::new(DataType::BigInt))),
        ]);
        let text = |row| Value::at(&column, &data_type, row).to_string();
        let at = format_timestamp(i64::MAX);
        let first = format!(r#"{{"name":"a \"b\"\n","at":"{at}","l":[1,2,3,4,5,6,7]}}"#);
        assert_eq!(text(0), first);
        let alone = Value::at(&column.slice(0, 1), &data_type, 0).to_string();
        assert_eq!(alone, first);
        let scalar = Column::from(column.as_materialized_series().slice(0, 1));
        assert_eq!(Value::at(&scalar, &data_type, 0).to_string(), first);
        assert_eq!(text(1), r#"{"name":null,"at":"1970-01-01 00:00:00.250","l":[]}"#);
    }

    #[test]
    fn numbers_print_as_flink_prints_them() {
        assert_eq!(format_double(3.0), "3");
        assert_eq!(format_double(0.1 + 0.2), "0.30000000000000004");
        assert_eq!(format_double(-0.0), "-0");
        assert_eq!(format_decimal(-5, 2), "-0.05");
        assert_eq!(format_decimal(12_345, 0), "12345");
    }
}
