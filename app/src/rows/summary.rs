//! What the values of each column are like, over the rows that are kept.

use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::time::{Duration, Instant};

use tidemark_engine::data::{DataType, Value};

use crate::engine_link::WatchedRows;

/// How many bars a histogram has.
pub const N_BARS: usize = 40;

/// What all columns of some rows are like.
#[derive(Clone, Debug)]
pub struct Summary {
    /// One for each column.
    pub columns: Vec<ColumnSummary>,
    /// How long it took to find out.
    pub took: Duration,
}

/// What the values of one column are like.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ColumnSummary {
    /// How many rows were looked at.
    pub n_rows: usize,
    /// How many of them are NULL.
    pub n_null: usize,
    /// How many different values there are besides NULL.
    pub n_distinct: usize,
    /// The least value and the greatest; `None` where there is none, or they have no order.
    pub range: Option<(Value, Value)>,
    /// How many values fall into each of [`N_BARS`] equal parts of the range, or, where values are no numbers, how often the most
    /// frequent ones occur; empty where there is nothing to count.
    pub bars: Vec<u32>,
}

impl Summary {
    /// Looks at all rows that are kept.
    pub fn of(rows: &WatchedRows) -> Summary {
        let begun = Instant::now();
        let columns = rows.edge_type.schema.fields().iter().enumerate().map(|(column, field)| {
            let values = (0..rows.len()).filter_map(|row| Some(rows.row(row)?.value(column)));
            ColumnSummary::of(values, &field.data_type)
        });
        Summary { columns: columns.collect(), took: begun.elapsed() }
    }
}

impl ColumnSummary {
    /// Looks at the values of a column of this type.
    pub fn of(values: impl Iterator<Item = Value>, data_type: &DataType) -> ColumnSummary {
        let mut summary = ColumnSummary::default();
        // By hash: two values that share all 64 bits are not worth keeping ten thousand texts for.
        let mut counts: HashMap<u64, u32> = HashMap::new();
        let mut numbers = Vec::new();
        for value in values {
            summary.n_rows += 1;
            if value.is_null() {
                summary.n_null += 1;
                continue;
            }
            *counts.entry(hash_of(&value)).or_default() += 1;
            numbers.extend(number_of(&value));
            summary.widen(value);
        }
        summary.n_distinct = counts.len();
        let has_scale = data_type.is_numeric()
            || matches!(
                data_type,
                DataType::Date | DataType::Time | DataType::Timestamp | DataType::TimestampLtz
            );
        summary.bars = if has_scale { histogram(&numbers) } else { most_frequent(counts) };
        summary
    }

    fn widen(&mut self, value: Value) {
        match &mut self.range {
            None => {
                let has_order = !matches!(value, Value::Nested(_)) && !is_nan(&value);
                self.range = has_order.then(|| (value.clone(), value));
            }
            Some((least, greatest)) => {
                if is_less(&value, least) {
                    *least = value;
                } else if is_less(greatest, &value) {
                    *greatest = value;
                }
            }
        }
    }

    /// The share of rows that are NULL.
    pub fn null_share(&self) -> f64 {
        self.n_null as f64 / self.n_rows.max(1) as f64
    }
}

fn is_nan(value: &Value) -> bool {
    matches!(value, Value::Double(value) if value.is_nan())
}

fn is_less(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Boolean(a), Value::Boolean(b)) => a < b,
        (Value::Int(a), Value::Int(b))
        | (Value::Time(a), Value::Time(b))
        | (Value::Timestamp(a), Value::Timestamp(b)) => a < b,
        (Value::Double(a), Value::Double(b)) => a < b,
        // Values of one column have one scale.
        (Value::Decimal(a, _), Value::Decimal(b, _)) => a < b,
        (Value::String(a), Value::String(b)) => a < b,
        (Value::Bytes(a), Value::Bytes(b)) => a < b,
        (Value::Date(a), Value::Date(b)) => a < b,
        _ => false,
    }
}

fn number_of(value: &Value) -> Option<f64> {
    let number = match value {
        Value::Int(value) | Value::Time(value) | Value::Timestamp(value) => *value as f64,
        Value::Double(value) => *value,
        Value::Decimal(unscaled, scale) => *unscaled as f64 / 10_f64.powi(i32::from(*scale)),
        Value::Date(days) => f64::from(*days),
        _ => return None,
    };
    number.is_finite().then_some(number)
}

fn hash_of(value: &Value) -> u64 {
    let mut hasher = xxhash_rust::xxh3::Xxh3::new();
    match value {
        // As equality has it: zero has one value, whatever its sign.
        Value::Double(value) => (if *value == 0.0 { 0.0_f64 } else { *value }).to_bits().hash(&mut hasher),
        Value::String(text) | Value::Nested(text) => text.hash(&mut hasher),
        Value::Bytes(bytes) => bytes.hash(&mut hasher),
        Value::Int(value) | Value::Time(value) | Value::Timestamp(value) => value.hash(&mut hasher),
        Value::Decimal(unscaled, _) => unscaled.hash(&mut hasher),
        Value::Date(days) => days.hash(&mut hasher),
        Value::Boolean(value) => value.hash(&mut hasher),
        Value::Null => {}
    }
    hasher.finish()
}

/// How many numbers fall into each of equal parts of their range.
fn histogram(numbers: &[f64]) -> Vec<u32> {
    let (least, greatest) = numbers
        .iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(least, greatest), n| (least.min(*n), greatest.max(*n)));
    if numbers.is_empty() {
        return Vec::new();
    }
    let mut bars = vec![0; N_BARS];
    for number in numbers {
        // Halves, because the whole range of doubles is wider than a double can say.
        let part = (number / 2.0 - least / 2.0) / (greatest / 2.0 - least / 2.0);
        // A single value has no range, and stands in the middle.
        let bar = if part.is_nan() { N_BARS / 2 } else { (part * N_BARS as f64) as usize };
        bars[bar.min(N_BARS - 1)] += 1;
    }
    bars
}

/// How often the most frequent values occur, from the most to the least.
fn most_frequent(counts: HashMap<u64, u32>) -> Vec<u32> {
    let mut bars: Vec<u32> = counts.into_values().collect();
    bars.sort_unstable_by(|a, b| b.cmp(a));
    bars.truncate(N_BARS);
    bars
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_counted_by_where_they_fall() {
        let values = [Value::Int(0), Value::Null, Value::Int(100), Value::Int(99), Value::Int(0)];
        let summary = ColumnSummary::of(values.into_iter(), &DataType::Int);
        assert_eq!((summary.n_rows, summary.n_null, summary.n_distinct), (5, 1, 3));
        assert_eq!(summary.range, Some((Value::Int(0), Value::Int(100))));
        assert_eq!((summary.bars[0], summary.bars[N_BARS - 1]), (2, 2));
        assert_eq!(summary.bars.iter().sum::<u32>(), 4);
        assert_eq!(summary.null_share(), 0.2);
    }

    #[test]
    fn texts_are_counted_by_how_often_they_occur() {
        let values = ["b", "a", "b", "c", "b", "c"].map(|text| Value::String(text.to_owned()));
        let summary = ColumnSummary::of(values.into_iter(), &DataType::String);
        assert_eq!((summary.n_distinct, summary.bars), (3, vec![3, 2, 1]));
        let range = (Value::String("a".to_owned()), Value::String("c".to_owned()));
        assert_eq!(summary.range, Some(range));
    }

    #[test]
    fn odd_numbers_do_no_harm() {
        let odd = [f64::NAN, f64::INFINITY, f64::MAX, f64::MIN, -0.0, 0.0];
        let summary = ColumnSummary::of(odd.map(Value::Double).into_iter(), &DataType::Double);
        assert_eq!(summary.n_distinct, 5, "zero is one value");
        assert_eq!(summary.range, Some((Value::Double(f64::MIN), Value::Double(f64::INFINITY))));
        assert_eq!((summary.bars[0], summary.bars[N_BARS / 2], summary.bars[N_BARS - 1]), (1, 2, 1));
        let one = ColumnSummary::of([Value::Int(7)].into_iter(), &DataType::Int);
        assert_eq!(one.bars[N_BARS / 2], 1);
        let none = ColumnSummary::of([Value::Null].into_iter(), &DataType::Int);
        assert_eq!((none.range, none.bars), (None, Vec::new()));
        assert_eq!(ColumnSummary::default().null_share(), 0.0);
    }
}
