//! Keys: their canonical bytes, their hash, and the key group that decides which subtask holds them.

use polars::prelude::{
    AnyValue, BinaryChunked, BooleanChunked, Column, DataFrame, Float64Chunked, Int64Chunked, Int128Chunked,
    StringChunked,
};
use xxhash_rust::xxh3::xxh3_64;

use super::{DataType, Value};
use crate::error::Result;

/// Into how many groups the keys of a flow fall. State is addressed by group, so a flow may be restored at any parallelism up
/// to this number.
pub const KEY_GROUPS: u16 = 128;

/// One of the [`KEY_GROUPS`] groups that keys fall into by their hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyGroup(pub u16);

impl KeyGroup {
    /// The group of a key with this hash.
    #[inline]
    pub fn of_hash(hash: u64) -> KeyGroup {
        KeyGroup((hash % u64::from(KEY_GROUPS)) as u16)
    }

    /// Which of `parallelism` subtasks holds the group. Each subtask holds a contiguous range.
    #[inline]
    pub fn subtask(self, parallelism: usize) -> usize {
        usize::from(self.0) * parallelism / usize::from(KEY_GROUPS)
    }
}

/// The hash of a key's canonical bytes: XXH3, 64 bits, no seed. Part of the checkpoint format, so it never changes.
#[inline]
pub fn key_hash(canonical: &[u8]) -> u64 {
    xxh3_64(canonical)
}

/// Turns the key columns of a batch into canonical bytes, row by row.
///
/// The encoding of a key is that of its columns one after another. A column is one byte 0 for NULL, or 1 and then: integers,
/// dates, times and timestamps as 8 bytes big-endian (every integer width alike); BOOLEAN as one byte; FLOAT and DOUBLE as the 8
/// bytes of the double with −0.0 made 0.0 and every NaN made one; DECIMAL as scale and 16 bytes; STRING and BYTES as their length in
/// 4 bytes and the bytes; ARRAY as its length in 4 bytes and its values, ROW as its fields, each encoded like a column. Two keys are the same key exactly if their bytes are the same.
#[derive(Clone, Debug)]
pub struct KeyEncoder {
    columns: Vec<(usize, DataType)>,
}

impl KeyEncoder {
    /// An encoder of the columns at these places with these types.
    pub fn new(columns: Vec<(usize, DataType)>) -> KeyEncoder {
        KeyEncoder { columns }
    }

    /// The key columns: place and type.
    pub fn columns(&self) -> &[(usize, DataType)] {
        &self.columns
    }

    /// Whether keys are of one whole number, date or time, so that [`Keys::only_int`] has them.
    pub fn is_int(&self) -> bool {
        matches!(self.columns.as_slice(), [(_, data_type)] if is_int(data_type))
    }

    /// Reads the keys of the rows of `frame`.
    ///
    /// # Errors
    /// If a column is not of the type that the schema says, which is an internal fault.
    pub fn keys(&self, frame: &DataFrame) -> Result<Keys> {
        let columns = self
            .columns
            .iter()
            .map(|(idx, data_type)| Reader::new(&frame.columns()[*idx], data_type))
            .collect::<Result<_>>()?;
        Ok(Keys { columns, key: Vec::with_capacity(16) })
    }

    /// Calls `each` with the row number and canonical key of every row of `frame`, in order.
    ///
    /// # Errors
    /// As [`KeyEncoder::keys`].
    pub fn for_each(&self, frame: &DataFrame, mut each: impl FnMut(usize, &[u8])) -> Result<()> {
        let mut keys = self.keys(frame)?;
        (0..frame.height()).for_each(|row| each(row, keys.key(row)));
        Ok(())
    }

    /// The hash of each row's key.
    ///
    /// # Errors
    /// As [`KeyEncoder::keys`].
    pub fn hashes(&self, frame: &DataFrame) -> Result<Vec<u64>> {
        let mut keys = self.keys(frame)?;
        if let Some(ints) = keys.only_int() {
            return Ok(ints.iter().map(int_key_hash).collect());
        }
        Ok((0..frame.height()).map(|row| key_hash(keys.key(row))).collect())
    }
}

/// The hash of the key that consists of a whole number, date or time, or of NULL.
#[inline]
pub fn int_key_hash(value: Option<i64>) -> u64 {
    match value {
        None => key_hash(&[0]),
        Some(value) => {
            let mut canonical = [1; 9];
            canonical[1..].copy_from_slice(&value.to_be_bytes());
            key_hash(&canonical)
        }
    }
}

/// The keys of a batch's rows, the types of their columns resolved once.
pub struct Keys {
    columns: Vec<Reader>,
    key: Vec<u8>,
}

impl Keys {
    /// The values of the only key column, where it is one of whole numbers, dates or times.
    pub fn only_int(&self) -> Option<&Int64Chunked> {
        match self.columns.as_slice() {
            [Reader::Int(values)] => Some(values),
            _ => None,
        }
    }

    /// Whether there are no key columns, so that all rows have the same key.
    pub fn is_one(&self) -> bool {
        self.columns.is_empty()
    }

    /// The canonical bytes of row `row`'s key.
    #[inline]
    pub fn key(&mut self, row: usize) -> &[u8] {
        self.key.clear();
        for column in &self.columns {
            column.encode(row, &mut self.key);
        }
        &self.key
    }
}

/// One key column, its type resolved once for the whole batch.
enum Reader {
    Int(Int64Chunked),
    Boolean(BooleanChunked),
    Double(Float64Chunked),
    Decimal(Int128Chunked, u8),
    Text(StringChunked),
    Bytes(BinaryChunked),
    Nested(Column, DataType),
}

impl Reader {
    fn new(column: &Column, data_type: &DataType) -> Result<Reader> {
        let series = column.as_materialized_series();
        Ok(match data_type {
            DataType::Boolean => Reader::Boolean(series.bool()?.clone()),
            DataType::Float | DataType::Double => {
                Reader::Double(series.cast(&polars::prelude::DataType::Float64)?.f64()?.clone())
            }
            DataType::Decimal(_, scale) => Reader::Decimal(series.to_physical_repr().i128()?.clone(), *scale),
            DataType::String => Reader::Text(series.str()?.clone()),
            DataType::Bytes => Reader::Bytes(series.binary()?.clone()),
            DataType::Array(_) | DataType::Row(_) => Reader::Nested(column.clone(), data_type.clone()),
            whole => {
                debug_assert!(is_int(whole));
                let wide = series.to_physical_repr().cast(&polars::prelude::DataType::Int64)?;
                Reader::Int(wide.i64()?.clone())
            }
        })
    }

    #[inline]
    fn encode(&self, row: usize, into: &mut Vec<u8>) {
        match self {
            Reader::Int(values) => encode_fixed(values.get(row).map(i64::to_be_bytes), into),
            Reader::Boolean(values) => encode_fixed(values.get(row).map(|value| [u8::from(value)]), into),
            Reader::Double(values) => {
                encode_fixed(values.get(row).map(|value| canonical_bits(value).to_be_bytes()), into);
            }
            Reader::Decimal(values, scale) => match values.get(row) {
                None => into.push(0),
                Some(unscaled) => {
                    into.extend_from_slice(&[1, *scale]);
                    into.extend_from_slice(&unscaled.to_be_bytes());
                }
            },
            Reader::Text(values) => encode_bytes(values.get(row).map(str::as_bytes), into),
            Reader::Bytes(values) => encode_bytes(values.get(row), into),
            Reader::Nested(column, data_type) => {
                encode_any(column.get(row).unwrap_or(AnyValue::Null), data_type, into);
            }
        }
    }
}

/// Encodes a value by itself, as [`Reader::encode`] does one of a column.
fn encode_any(value: AnyValue<'_>, data_type: &DataType, into: &mut Vec<u8>) {
    match (value, data_type) {
        (AnyValue::List(values), DataType::Array(inner)) => {
            into.push(1);
            into.extend_from_slice(&(values.len() as u32).to_be_bytes());
            values.iter().for_each(|value| encode_any(value, inner, into));
        }
        (value @ AnyValue::Struct(..), DataType::Row(fields)) => {
            into.push(1);
            for (value, (_, inner)) in value._iter_struct_av().zip(fields) {
                encode_any(value, inner, into);
            }
        }
        (AnyValue::StructOwned(row), DataType::Row(fields)) => {
            into.push(1);
            for (value, (_, inner)) in row.0.into_iter().zip(fields) {
                encode_any(value, inner, into);
            }
        }
        (AnyValue::Float32(value), _) => {
            encode_fixed(Some(canonical_bits(value.into()).to_be_bytes()), into);
        }
        (_, DataType::Array(_) | DataType::Row(_)) => into.push(0),
        (value, _) => match Value::of(value, data_type) {
            Value::Null | Value::Nested(_) => into.push(0),
            Value::Boolean(value) => encode_fixed(Some([u8::from(value)]), into),
            Value::Int(value) | Value::Time(value) | Value::Timestamp(value) => {
                encode_fixed(Some(value.to_be_bytes()), into);
            }
            Value::Date(days) => encode_fixed(Some(i64::from(days).to_be_bytes()), into),
            Value::Double(value) => encode_fixed(Some(canonical_bits(value).to_be_bytes()), into),
            Value::Decimal(unscaled, scale) => {
                into.extend_from_slice(&[1, scale]);
                into.extend_from_slice(&unscaled.to_be_bytes());
            }
            Value::String(text) => encode_bytes(Some(text.as_bytes()), into),
            Value::Bytes(bytes) => encode_bytes(Some(&bytes), into),
        },
    }
}

/// Whether values of a type are read as whole numbers.
fn is_int(data_type: &DataType) -> bool {
    matches!(
        data_type,
        DataType::TinyInt
            | DataType::SmallInt
            | DataType::Int
            | DataType::BigInt
            | DataType::Date
            | DataType::Time
            | DataType::Timestamp
            | DataType::TimestampLtz
    )
}

/// The bits of a double, with one zero and one NaN.
fn canonical_bits(value: f64) -> u64 {
    if value.is_nan() { f64::NAN.to_bits() } else { (value + 0.0).to_bits() }
}

fn encode_fixed<const N: usize>(value: Option<[u8; N]>, into: &mut Vec<u8>) {
    match value {
        None => into.push(0),
        Some(bytes) => {
            into.push(1);
            into.extend_from_slice(&bytes);
        }
    }
}

fn encode_bytes(value: Option<&[u8]>, into: &mut Vec<u8>) {
    match value {
        None => into.push(0),
        Some(bytes) => {
            into.push(1);
            into.extend_from_slice(&(bytes.len() as u32).to_be_bytes());
            into.extend_from_slice(bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use polars::prelude::{IntoColumn, NamedFrom, Series};

    fn hashes(series: Series, data_type: DataType) -> Vec<u64> {
        let frame = DataFrame::new(series.len(), vec![series.into()]).expect("one column");
        KeyEncoder::new(vec![(0, data_type)]).hashes(&frame).expect("typed column")
    }

    #[test]
    fn hashes_are_part_of_the_format_and_never_change() {
        // Computed with the reference implementation of XXH3 (xxhsum) over the bytes that the documentation gives.
        assert_eq!(key_hash(b""), 0x2d06_8005_38d3_94c2);
        let ints = hashes(Series::new("k".into(), [Some(1_i64), None]), DataType::BigInt);
        assert_eq!(ints[0], key_hash(&[1, 0, 0, 0, 0, 0, 0, 0, 1]));
        assert_eq!(ints[1], key_hash(&[0]));
        let texts = hashes(Series::new("k".into(), ["JFK"]), DataType::String);
        assert_eq!(texts[0], key_hash(b"\x01\x00\x00\x00\x03JFK"));
    }

    #[test]
    fn the_same_number_has_the_same_key_at_every_width() {
        let wide = hashes(Series::new("k".into(), [7_i64, -7]), DataType::BigInt);
        let narrow = hashes(Series::new("k".into(), [7_i32, -7]), DataType::Int);
        assert_eq!(wide, narrow);
    }

    #[test]
    fn zeros_and_nans_are_one_key_each() {
        let keys = hashes(Series::new("k".into(), [0.0, -0.0, f64::NAN, -f64::NAN]), DataType::Double);
        assert_eq!(keys[0], keys[1]);
        assert_eq!(keys[2], keys[3]);
        assert_ne!(keys[0], keys[2]);
    }

    #[test]
    fn every_type_is_encoded_as_the_documentation_says() {
        let check = |series: Series, data_type: DataType, expected: &[u8]| {
            let column = series.cast(&data_type.to_polars()).expect("castable").into_column();
            let frame = DataFrame::new(2, vec![column]).expect("one column");
            let encoder = KeyEncoder::new(vec![(0, data_type.clone())]);
            let mut keys = encoder.keys(&frame).expect("typed column");
            assert_eq!(keys.key(0), expected, "{data_type}");
            assert_eq!(keys.key(1), [0], "{data_type}");
        };
        let small = |value: i64| Series::new("k".into(), [Some(value), None]);
        for whole in
            [DataType::TinyInt, DataType::BigInt, DataType::Date, DataType::Time, DataType::Timestamp]
        {
            check(small(5), whole, &[1, 0, 0, 0, 0, 0, 0, 0, 5]);
        }
        check(Series::new("k".into(), [Some(true), None]), DataType::Boolean, &[1, 1]);
        // 1.5 is 1.1 in binary: exponent 1023, the highest bit of the fraction set.
        let double = [1, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0];
        check(Series::new("k".into(), [Some(1.5), None]), DataType::Double, &double);
        check(Series::new("k".into(), [Some(1.5_f32), None]), DataType::Float, &double);
        let mut decimal = [0; 18];
        (decimal[0], decimal[1], decimal[16], decimal[17]) = (1, 2, 1, 0xf4); // 500 of scale 2
        check(small(5), DataType::Decimal(10, 2), &decimal);
        check(Series::new("k".into(), [Some("ab"), None]), DataType::String, b"\x01\0\0\0\x02ab");
        check(Series::new("k".into(), [Some(&b"ab"[..]), None]), DataType::Bytes, b"\x01\0\0\0\x02ab");
    }

    #[test]
    fn nested_keys_are_whole_and_have_one_zero() {
        use polars::prelude::{IntoSeries, StructChunked};
        let lists = |lists: &[&[f64]]| {
            let lists: Vec<Series> = lists.iter().map(|list| Series::new("".into(), *list)).collect();
            Series::new("k".into(), lists)
        };
        let data_type = DataType::Array(Box::new(DataType::Double));
        // Seven values, of which only the fifth differs; then zeros of both signs.
        let long = |fifth: f64| [1.0, 2.0, 3.0, 4.0, fifth, 6.0, 7.0];
        let keys =
            hashes(lists(&[&long(5.0), &long(5.5), &[0.0], &[-0.0], &[], &[0.0, 0.0]]), data_type.clone());
        assert_ne!(keys[0], keys[1]);
        assert_eq!(keys[2], keys[3]);
        assert_ne!(keys[4], keys[2]);
        assert_ne!(keys[5], keys[2]);
        assert_eq!(hashes(lists(&[&[0.0]]), data_type.clone())[0], keys[2]);

        let fields = [Series::new("a".into(), [Some(1_i64), None]), Series::new("b".into(), ["x", "x"])];
        let rows = |n| {
            StructChunked::from_series("k".into(), 2, fields.iter()).expect("rows").into_series().slice(0, n)
        };
        let data_type =
            DataType::Row(vec![("a".to_owned(), DataType::BigInt), ("b".to_owned(), DataType::String)]);
        let expected = key_hash(b"\x01\x01\0\0\0\0\0\0\0\x01\x01\0\0\0\x01x");
        assert_eq!(hashes(rows(2), data_type.clone()), [expected, key_hash(b"\x01\0\x01\0\0\0\x01x")]);
        assert_eq!(hashes(rows(1), data_type), [expected]);
    }

    #[test]
    fn columns_cannot_run_into_each_other() {
        let frame = |a: &str, b: &str| {
            let columns = vec![Series::new("a".into(), [a]).into(), Series::new("b".into(), [b]).into()];
            DataFrame::new(1, columns).expect("two columns")
        };
        let encoder = KeyEncoder::new(vec![(0, DataType::String), (1, DataType::String)]);
        let one = encoder.hashes(&frame("ab", "c")).expect("typed");
        let other = encoder.hashes(&frame("a", "bc")).expect("typed");
        assert_ne!(one, other);
    }

    #[test]
    fn every_subtask_holds_a_contiguous_range_of_groups() {
        for parallelism in [1, 2, 3, 7, 8, 16, 128] {
            let owners: Vec<usize> =
                (0..KEY_GROUPS).map(|group| KeyGroup(group).subtask(parallelism)).collect();
            assert!(owners.is_sorted());
            assert_eq!(owners.last(), Some(&(parallelism - 1)));
        }
    }
}
