//! Keys: their canonical bytes, their hash, and the key group that decides which subtask holds them.

use polars::prelude::{Column, DataFrame};
use xxhash_rust::xxh3::xxh3_64;

use super::{DataType, Value};
use crate::error::{EngineError, Result};

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
/// 4 bytes and the bytes. Two keys are the same key exactly if their bytes are the same.
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

    /// Calls `each` with the row number and canonical key of every row of `frame`, in order.
    ///
    /// # Errors
    /// If a column is not of the type that the schema says, which is an internal fault.
    pub fn for_each(&self, frame: &DataFrame, mut each: impl FnMut(usize, &[u8])) -> Result<()> {
        let readers = self
            .columns
            .iter()
            .map(|(idx, data_type)| Reader::new(&frame.columns()[*idx], data_type))
            .collect::<Result<Vec<_>>>()?;
        let mut key = Vec::with_capacity(16);
        for row in 0..frame.height() {
            key.clear();
            for reader in &readers {
                reader.encode(row, &mut key);
            }
            each(row, &key);
        }
        Ok(())
    }

    /// The hash of each row's key.
    ///
    /// # Errors
    /// As [`KeyEncoder::for_each`].
    pub fn hashes(&self, frame: &DataFrame) -> Result<Vec<u64>> {
        let mut hashes = Vec::with_capacity(frame.height());
        self.for_each(frame, |_, key| hashes.push(key_hash(key)))?;
        Ok(hashes)
    }
}

/// One key column, its type resolved once for the whole batch.
enum Reader {
    Int(polars::prelude::Int64Chunked),
    Text(polars::prelude::StringChunked),
    Any(Column, DataType),
}

impl Reader {
    fn new(column: &Column, data_type: &DataType) -> Result<Reader> {
        let series = column.as_materialized_series();
        Ok(match data_type {
            DataType::String => Reader::Text(series.str().map_err(EngineError::from)?.clone()),
            data_type if data_type.is_integer() || data_type.is_timestamp() => {
                let wide = series.to_physical_repr().cast(&polars::prelude::DataType::Int64)?;
                Reader::Int(wide.i64().map_err(EngineError::from)?.clone())
            }
            data_type => Reader::Any(column.clone(), data_type.clone()),
        })
    }

    #[inline]
    fn encode(&self, row: usize, into: &mut Vec<u8>) {
        match self {
            Reader::Int(values) => encode_int(values.get(row), into),
            Reader::Text(values) => encode_bytes(values.get(row).map(str::as_bytes), into),
            Reader::Any(column, data_type) => encode_value(&Value::at(column, data_type, row), into),
        }
    }
}

fn encode_int(value: Option<i64>, into: &mut Vec<u8>) {
    match value {
        None => into.push(0),
        Some(value) => {
            into.push(1);
            into.extend_from_slice(&value.to_be_bytes());
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

/// Adds the canonical bytes of one value.
pub(crate) fn encode_value(value: &Value, into: &mut Vec<u8>) {
    match value {
        Value::Null => into.push(0),
        Value::Boolean(value) => into.extend_from_slice(&[1, u8::from(*value)]),
        Value::Int(value) | Value::Time(value) | Value::Timestamp(value) => encode_int(Some(*value), into),
        Value::Date(days) => encode_int(Some(i64::from(*days)), into),
        Value::Double(value) => {
            let canonical = if value.is_nan() {
                f64::NAN
            } else if *value == 0.0 {
                0.0
            } else {
                *value
            };
            into.push(1);
            into.extend_from_slice(&canonical.to_bits().to_be_bytes());
        }
        Value::Decimal(unscaled, scale) => {
            into.extend_from_slice(&[1, *scale]);
            into.extend_from_slice(&unscaled.to_be_bytes());
        }
        Value::String(text) => encode_bytes(Some(text.as_bytes()), into),
        Value::Bytes(bytes) => encode_bytes(Some(bytes), into),
        Value::Nested(text) => encode_bytes(Some(text.as_bytes()), into),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use polars::prelude::{NamedFrom, Series};

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
