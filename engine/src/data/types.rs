//! The types of columns: Flink SQL's, and how each is kept in a Polars column.

use std::fmt;

use polars::prelude as pl;
use serde::{Deserialize, Serialize};

/// The type of a column, by Flink SQL's names.
///
/// A timestamp is kept as milliseconds since the epoch. [`DataType::Timestamp`] is a clock time without a zone;
/// [`DataType::TimestampLtz`] is an instant, shown in the flow's session zone.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum DataType {
    /// BOOLEAN
    Boolean,
    /// TINYINT, 8 bits
    TinyInt,
    /// SMALLINT, 16 bits
    SmallInt,
    /// INT, 32 bits
    Int,
    /// BIGINT, 64 bits
    BigInt,
    /// FLOAT, 32 bits
    Float,
    /// DOUBLE, 64 bits
    Double,
    /// DECIMAL(precision, scale), precision at most 38
    Decimal(u8, u8),
    /// STRING, UTF-8
    String,
    /// BYTES
    Bytes,
    /// DATE, days since the epoch
    Date,
    /// TIME, to the millisecond; kept as nanoseconds since midnight
    Time,
    /// TIMESTAMP(3), milliseconds
    Timestamp,
    /// TIMESTAMP_LTZ(3), milliseconds
    TimestampLtz,
    /// ARRAY of one type
    Array(Box<DataType>),
    /// ROW of named fields
    Row(Vec<(String, DataType)>),
}

impl DataType {
    /// Whether values add up: every integer, float and decimal type.
    pub fn is_numeric(&self) -> bool {
        self.is_integer() || self.is_float() || matches!(self, DataType::Decimal(..))
    }

    /// Whether it is one of the four integer types.
    pub fn is_integer(&self) -> bool {
        matches!(self, DataType::TinyInt | DataType::SmallInt | DataType::Int | DataType::BigInt)
    }

    /// Whether it is FLOAT or DOUBLE.
    pub fn is_float(&self) -> bool {
        matches!(self, DataType::Float | DataType::Double)
    }

    /// Whether a column of this type can be a flow's event time.
    pub fn is_timestamp(&self) -> bool {
        matches!(self, DataType::Timestamp | DataType::TimestampLtz)
    }

    /// The Polars type that holds it. Both kinds of timestamp are kept without a zone: the schema knows which is which.
    pub fn to_polars(&self) -> pl::DataType {
        match self {
            DataType::Boolean => pl::DataType::Boolean,
            DataType::TinyInt => pl::DataType::Int8,
            DataType::SmallInt => pl::DataType::Int16,
            DataType::Int => pl::DataType::Int32,
            DataType::BigInt => pl::DataType::Int64,
            DataType::Float => pl::DataType::Float32,
            DataType::Double => pl::DataType::Float64,
            DataType::Decimal(precision, scale) => {
                pl::DataType::Decimal(usize::from(*precision), usize::from(*scale))
            }
            DataType::String => pl::DataType::String,
            DataType::Bytes => pl::DataType::Binary,
            DataType::Date => pl::DataType::Date,
            DataType::Time => pl::DataType::Time,
            DataType::Timestamp | DataType::TimestampLtz => {
                pl::DataType::Datetime(pl::TimeUnit::Milliseconds, None)
            }
            DataType::Array(inner) => pl::DataType::List(Box::new(inner.to_polars())),
            DataType::Row(fields) => pl::DataType::Struct(
                fields
                    .iter()
                    .map(|(name, data_type)| pl::Field::new(name.into(), data_type.to_polars()))
                    .collect(),
            ),
        }
    }

    /// Reads the name that a flow writes, as [`DataType`]'s display form gives it; case does not matter.
    ///
    /// `VARCHAR`, `INTEGER`, `TIMESTAMP` and `TIMESTAMP_LTZ` without a precision are understood too. Nested types have no text form
    /// in flows.
    pub fn parse(text: &str) -> Option<DataType> {
        let upper = text.trim().to_ascii_uppercase();
        Some(match upper.as_str() {
            "BOOLEAN" => DataType::Boolean,
            "TINYINT" => DataType::TinyInt,
            "SMALLINT" => DataType::SmallInt,
            "INT" | "INTEGER" => DataType::Int,
            "BIGINT" => DataType::BigInt,
            "FLOAT" => DataType::Float,
            "DOUBLE" => DataType::Double,
            "STRING" | "VARCHAR" => DataType::String,
            "BYTES" => DataType::Bytes,
            "DATE" => DataType::Date,
            "TIME" => DataType::Time,
            "TIMESTAMP" | "TIMESTAMP(3)" => DataType::Timestamp,
            "TIMESTAMP_LTZ" | "TIMESTAMP_LTZ(3)" => DataType::TimestampLtz,
            "DECIMAL" => DataType::Decimal(10, 0),
            _ => return parse_decimal(&upper),
        })
    }
}

fn parse_decimal(upper: &str) -> Option<DataType> {
    let inside = upper.strip_prefix("DECIMAL")?.trim().strip_prefix('(')?.strip_suffix(')')?;
    let (precision, scale) = inside.split_once(',').unwrap_or((inside, "0"));
    let (precision, scale) = (precision.trim().parse().ok()?, scale.trim().parse().ok()?);
    ((1..=38).contains(&precision) && scale <= precision).then_some(DataType::Decimal(precision, scale))
}

impl fmt::Display for DataType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DataType::Boolean => f.write_str("BOOLEAN"),
            DataType::TinyInt => f.write_str("TINYINT"),
            DataType::SmallInt => f.write_str("SMALLINT"),
            DataType::Int => f.write_str("INT"),
            DataType::BigInt => f.write_str("BIGINT"),
            DataType::Float => f.write_str("FLOAT"),
            DataType::Double => f.write_str("DOUBLE"),
            DataType::Decimal(precision, scale) => write!(f, "DECIMAL({precision}, {scale})"),
            DataType::String => f.write_str("STRING"),
            DataType::Bytes => f.write_str("BYTES"),
            DataType::Date => f.write_str("DATE"),
            DataType::Time => f.write_str("TIME"),
            DataType::Timestamp => f.write_str("TIMESTAMP(3)"),
            DataType::TimestampLtz => f.write_str("TIMESTAMP_LTZ(3)"),
            DataType::Array(inner) => write!(f, "ARRAY<{inner}>"),
            DataType::Row(fields) => {
                f.write_str("ROW<")?;
                for (i, (name, data_type)) in fields.iter().enumerate() {
                    write!(f, "{}{name} {data_type}", if i == 0 { "" } else { ", " })?;
                }
                f.write_str(">")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flat_type_is_read_back_from_its_name() {
        for data_type in [
            DataType::Boolean,
            DataType::TinyInt,
            DataType::SmallInt,
            DataType::Int,
            DataType::BigInt,
            DataType::Float,
            DataType::Double,
            DataType::Decimal(38, 18),
            DataType::String,
            DataType::Bytes,
            DataType::Date,
            DataType::Time,
            DataType::Timestamp,
            DataType::TimestampLtz,
        ] {
            assert_eq!(DataType::parse(&data_type.to_string()), Some(data_type));
        }
    }

    #[test]
    fn impossible_decimals_are_refused() {
        for text in ["DECIMAL(0, 0)", "DECIMAL(39, 2)", "DECIMAL(4, 5)", "DECIMAL(", "DECIMAL(x)"] {
            assert_eq!(DataType::parse(text), None, "{text}");
        }
        assert_eq!(DataType::parse("decimal(5)"), Some(DataType::Decimal(5, 0)));
    }
}
