//! The keys of a group-by: canonical bytes to a dense group number, and back to columns.

use hashbrown::HashTable;
use polars::prelude::{Column, IntoColumn, NamedFrom, NewChunkedArray, Series};

use super::take_bytes;
use crate::data::{DataType, KeyGroup, key_hash};
use crate::error::{EngineError, Result};

/// Numbers keys in order of their first appearance, from 0.
///
/// The in-memory hash is made of that of the key's canonical bytes, which decides the key group anyway.
#[derive(Debug, Default)]
pub struct KeyTable {
    table: HashTable<u32>,
    bytes: Vec<u8>,
    // Where key `n` ends in `bytes`.
    ends: Vec<usize>,
    hashes: Vec<u64>,
}

impl KeyTable {
    /// The number of the key with these canonical bytes; a new one if it was never seen.
    #[inline]
    pub fn number_of(&mut self, key: &[u8]) -> u32 {
        let hash = key_hash(key);
        let KeyTable { table, bytes, ends, hashes } = self;
        let found = table.find(table_hash(hash), |number| key_at(bytes, ends, *number) == key);
        if let Some(number) = found {
            return *number;
        }
        let number = ends.len() as u32;
        bytes.extend_from_slice(key);
        ends.push(bytes.len());
        hashes.push(hash);
        table.insert_unique(table_hash(hash), number, |number| table_hash(hashes[*number as usize]));
        number
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The canonical bytes of key `number`.
    pub fn key(&self, number: u32) -> &[u8] {
        key_at(&self.bytes, &self.ends, number)
    }

    /// The key group of key `number`.
    pub fn key_group(&self, number: u32) -> KeyGroup {
        KeyGroup::of_hash(self.hashes[number as usize])
    }

    /// The keys in the order in which results are given out: by key group, and within one by first appearance.
    ///
    /// All rows of a key group reach one subtask in arrival order, so this order is the same at every parallelism.
    pub fn output_order(&self) -> Vec<u32> {
        let mut order: Vec<u32> = (0..self.len() as u32).collect();
        order.sort_by_key(|number| self.key_group(*number));
        order
    }
}

/// Where a key with this hash is looked for. The table goes by the lowest and the seven highest bits; the key group is the lowest
/// seven of the hash, of which a subtask sees few, so they are moved to the middle.
fn table_hash(hash: u64) -> u64 {
    hash.rotate_left(32)
}

/// Keys, given by their canonical bytes, as columns of these names and types.
///
/// # Errors
/// If the bytes are not those of keys of these types, which is an internal fault.
pub fn key_columns(mut keys: Vec<&[u8]>, fields: &[(&str, &DataType)]) -> Result<Vec<Column>> {
    fields
        .iter()
        .map(|(name, data_type)| {
            decode_column(name, data_type, &mut keys)
                .ok_or_else(|| EngineError::internal("a key cannot be read back"))
                .and_then(|column| Ok(column?))
        })
        .collect()
}

fn key_at<'a>(bytes: &'a [u8], ends: &[usize], number: u32) -> &'a [u8] {
    let number = number as usize;
    let start = if number == 0 { 0 } else { ends[number - 1] };
    &bytes[start..ends[number]]
}

/// Takes one column's value off the front of every key.
fn decode_column(
    name: &str,
    data_type: &DataType,
    keys: &mut [&[u8]],
) -> Option<polars::error::PolarsResult<Column>> {
    let dtype = data_type.to_polars();
    let present = |key: &mut &[u8]| take_bytes::<1>(key).map(|[flag]| flag == 1);
    let series = match data_type {
        DataType::String => {
            let mut values: Vec<Option<&str>> = Vec::with_capacity(keys.len());
            for key in keys {
                values.push(if present(key)? {
                    Some(std::str::from_utf8(take_canonical_text(key)?).ok()?)
                } else {
                    None
                });
            }
            Series::new(name.into(), values)
        }
        DataType::Bytes => {
            let mut values: Vec<Option<&[u8]>> = Vec::with_capacity(keys.len());
            for key in keys {
                values.push(if present(key)? { Some(take_canonical_text(key)?) } else { None });
            }
            Series::new(name.into(), values)
        }
        DataType::Boolean => {
            let mut values: Vec<Option<bool>> = Vec::with_capacity(keys.len());
            for key in keys {
                values.push(if present(key)? { Some(take_bytes::<1>(key)? == [1]) } else { None });
            }
            Series::new(name.into(), values)
        }
        DataType::Float | DataType::Double => {
            let mut values: Vec<Option<f64>> = Vec::with_capacity(keys.len());
            for key in keys {
                let bits = if present(key)? { Some(u64::from_be_bytes(take_bytes(key)?)) } else { None };
                values.push(bits.map(f64::from_bits));
            }
            Series::new(name.into(), values)
        }
        DataType::Decimal(precision, scale) => {
            let mut values: Vec<Option<i128>> = Vec::with_capacity(keys.len());
            for key in keys {
                values.push(if present(key)? {
                    let _scale = take_bytes::<1>(key)?;
                    Some(i128::from_be_bytes(take_bytes(key)?))
                } else {
                    None
                });
            }
            let decimals = polars::prelude::Int128Chunked::from_iter_options(name.into(), values.into_iter())
                .into_decimal_unchecked(usize::from(*precision), usize::from(*scale));
            return Some(Ok(polars::prelude::IntoSeries::into_series(decimals).into_column()));
        }
        _ => {
            let mut values: Vec<Option<i64>> = Vec::with_capacity(keys.len());
            for key in keys {
                values.push(if present(key)? { Some(i64::from_be_bytes(take_bytes(key)?)) } else { None });
            }
            return Some(int_column(name, values, &dtype));
        }
    };
    Some(series.cast(&dtype).map(IntoColumn::into_column))
}

/// Takes a length of four bytes, as the canonical encoding has it, and as many bytes off the front.
fn take_canonical_text<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let len = u32::from_be_bytes(take_bytes(bytes)?) as usize;
    let (head, rest) = bytes.split_at_checked(len)?;
    *bytes = rest;
    Some(head)
}

/// Whole numbers as a column of an integer, date or time type; out-of-range values are an error.
pub(crate) fn int_column(
    name: &str,
    values: Vec<Option<i64>>,
    dtype: &polars::prelude::DataType,
) -> polars::error::PolarsResult<Column> {
    let physical = Series::new(name.into(), values).strict_cast(&dtype.to_physical())?;
    physical.cast(dtype).map(IntoColumn::into_column)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_keys_of_a_subtask_are_spread_over_its_table() {
        let hashes = (0..400_000_u32).map(|key| key_hash(&key.to_le_bytes()));
        let of_one_group = hashes.filter(|hash| KeyGroup::of_hash(*hash) == KeyGroup(5)).map(table_hash);
        let of_one_group: Vec<u64> = of_one_group.collect();
        assert!(of_one_group.len() > 2_000, "there are enough to fall anywhere");
        let lowest: BTreeSet<u64> = of_one_group.iter().map(|hash| hash % 128).collect();
        let highest: BTreeSet<u64> = of_one_group.iter().map(|hash| hash >> 57).collect();
        assert_eq!((lowest.len(), highest.len()), (128, 128));
    }

    #[test]
    fn keys_are_numbered_by_first_appearance_and_leave_by_key_group() {
        let mut keys = KeyTable::default();
        for round in 0..2 {
            for key in 0..5_000_u32 {
                assert_eq!(keys.number_of(&key.to_be_bytes()), key, "round {round}");
            }
        }
        let order = keys.output_order();
        let expected = |number: &u32| (KeyGroup::of_hash(key_hash(&number.to_be_bytes())), *number);
        assert_eq!(order.len(), 5_000);
        assert!(order.is_sorted_by_key(expected));
    }
}
