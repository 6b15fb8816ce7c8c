//! The language from the outside: every test goes through `compile` and `evaluate` by one of the doors below.

mod errors;
mod examples;
mod hostile;
mod operators;
mod properties;
mod values;

use polars::prelude::{Column, DataFrame, DataType as PolarsType, IntoSeries, NamedFrom, Series, TimeUnit};

use super::kernels::{calendar, decimal};
use super::{CompiledExpr, ExprContext, ExprError, RowFaults, compile};
use crate::data::{DataType, Field, Schema, Value};

/// A table as text: columns with their types in the first line, then one line per row; `NULL` is no value.
struct Table {
    schema: Schema,
    frame: DataFrame,
}

impl Table {
    fn new(text: &str) -> Table {
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let cells =
            |line: &str| -> Vec<String> { line.split('|').map(|cell| cell.trim().to_owned()).collect() };
        let header: Vec<Field> = lines
            .next()
            .map(cells)
            .unwrap_or_default()
            .iter()
            .filter(|cell| !cell.is_empty())
            .map(|cell| {
                let (name, data_type) = cell.split_once(' ').expect("name and type");
                let not_null = data_type.strip_suffix(" NOT NULL");
                let data_type = DataType::parse(not_null.unwrap_or(data_type)).expect("a type");
                if not_null.is_some() {
                    Field::not_null(name, data_type)
                } else {
                    Field::nullable(name, data_type)
                }
            })
            .collect();
        let rows: Vec<Vec<String>> = lines.map(cells).collect();
        let columns: Vec<Column> = header
            .iter()
            .enumerate()
            .map(|(idx, field)| {
                let texts = rows
                    .iter()
                    .map(|row| (row[idx] != "NULL").then(|| row[idx].as_str()))
                    .collect::<Vec<_>>();
                Column::from(series(&field.name, &field.data_type, &texts))
            })
            .collect();
        let frame = DataFrame::new(rows.len().max(usize::from(header.is_empty())), columns).expect("a table");
        Table { schema: Schema::new(header), frame }
    }

    fn compile(&self, text: &str) -> Result<CompiledExpr, ExprError> {
        compile(text, &self.schema, &ExprContext::default())
    }

    /// What an expression gives for each row: a value, `NULL`, or `!` and the reason why the row is faulty.
    fn eval(&self, text: &str) -> Vec<String> {
        let expr = self.compile(text).unwrap_or_else(|error| panic!("{text}: {error} at {:?}", error.span));
        self.run(&expr)
    }

    fn run(&self, expr: &CompiledExpr) -> Vec<String> {
        let mut faults = RowFaults::new(self.frame.height());
        let column = expr.evaluate(&self.frame, &mut faults).expect("evaluation");
        assert_eq!(column.len(), self.frame.height());
        assert_eq!(column.dtype(), &expr.data_type().to_polars());
        assert_eq!((column.name().as_str(), column.as_materialized_series().n_chunks()), ("", 1));
        (0..column.len())
            .map(|row| match (faults.reason(row), Value::at(&column, expr.data_type(), row)) {
                (Some(reason), Value::Null) => format!("!{reason}"),
                (Some(reason), value) => panic!("row {row} is faulty ({reason}) but has the value {value}"),
                (None, Value::Null) => {
                    assert!(expr.nullable(), "row {row} of `{}` is NULL", expr.to_flink_sql());
                    "NULL".to_owned()
                }
                (None, value) => value.to_string(),
            })
            .collect()
    }
}

/// A column of values given as text.
fn series(name: &str, data_type: &DataType, texts: &[Option<&str>]) -> Series {
    fn parsed<T: std::str::FromStr>(texts: &[Option<&str>]) -> Vec<Option<T>> {
        texts
            .iter()
            .map(|text| text.map(|text| text.parse().ok().unwrap_or_else(|| panic!("{text}"))))
            .collect()
    }
    let times = |f: fn(&str) -> Option<i64>| -> Vec<Option<i64>> {
        texts.iter().map(|text| text.map(|text| f(text).unwrap_or_else(|| panic!("{text}")))).collect()
    };
    let name = name.into();
    let series = match data_type {
        DataType::Boolean => Series::new(name, parsed::<bool>(texts)),
        DataType::TinyInt => Series::new(name, parsed::<i8>(texts)),
        DataType::SmallInt => Series::new(name, parsed::<i16>(texts)),
        DataType::Int => Series::new(name, parsed::<i32>(texts)),
        DataType::BigInt => Series::new(name, parsed::<i64>(texts)),
        DataType::Float => Series::new(name, parsed::<f32>(texts)),
        DataType::Double => Series::new(name, parsed::<f64>(texts)),
        DataType::Decimal(precision, scale) => {
            let values: polars::prelude::Int128Chunked = texts
                .iter()
                .map(|text| text.map(|text| decimal::parse(text, *precision, *scale).expect("a decimal")))
                .collect();
            values.into_decimal_unchecked((*precision).into(), (*scale).into()).into_series().with_name(name)
        }
        DataType::String => Series::new(name, texts),
        DataType::Bytes => {
            Series::new(name, texts.iter().map(|text| text.map(str::as_bytes)).collect::<Vec<_>>())
        }
        DataType::Date => {
            let days = texts.iter().map(|text| text.map(|text| calendar::parse_date(text).expect("a date")));
            Series::new(name, days.collect::<Vec<_>>()).cast(&PolarsType::Date).expect("dates")
        }
        DataType::Time => Series::new(name, times(|text| Some(calendar::parse_time(text)? * 1_000_000)))
            .cast(&PolarsType::Time)
            .expect("times"),
        _ => Series::new(name, times(calendar::parse_timestamp))
            .cast(&PolarsType::Datetime(TimeUnit::Milliseconds, None))
            .expect("timestamps"),
    };
    assert_eq!(series.dtype(), &data_type.to_polars());
    series
}

/// Checks what an expression gives for each row of a table.
#[track_caller]
fn check(expr: &str, table: &str, expected: &[&str]) {
    assert_eq!(Table::new(table).eval(expr), expected, "{expr}");
}

/// Checks the value of an expression without columns.
#[track_caller]
fn check_value(expr: &str, expected: &str) {
    assert_eq!(Table::new("").eval(expr), [expected], "{expr}");
}

/// Checks the type of an expression over a table without rows.
#[track_caller]
fn check_type(expr: &str, header: &str, expected: &str) {
    let compiled = Table::new(header).compile(expr).unwrap_or_else(|error| panic!("{expr}: {error}"));
    assert_eq!(compiled.data_type().to_string(), expected, "{expr}");
}

/// The error of an expression: what stands at its place, its message and its suggestion.
#[track_caller]
fn error(expr: &str, header: &str) -> (String, String, String) {
    let error = Table::new(header).compile(expr).expect_err(expr);
    let at = expr.get(error.span.clone()).expect("the span lies in the text").to_owned();
    (at, error.message, error.suggestion.unwrap_or_default())
}
