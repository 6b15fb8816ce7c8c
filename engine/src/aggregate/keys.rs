//! The keys of a group-by: to a dense number, and back to columns.

use std::hash::BuildHasher;
use std::ops::Range;

use foldhash::fast::RandomState;
use hashbrown::HashTable;
use polars::prelude::{Column, IntoColumn, NamedFrom, NewChunkedArray, Series};

use super::take_bytes;
use crate::data::{DataType, KEY_GROUPS, KeyGroup, Keys, int_key_hash, key_hash};
use crate::error::{EngineError, Result};

/// Numbers keys in order of their first appearance, from 0.
///
/// Keys of one whole number, date or time, which are most, are held as such; all others by their canonical bytes.
#[derive(Debug, Default)]
pub struct KeyTable {
    form: Form,
    // The key group of each key.
    groups: Vec<u8>,
}

#[derive(Debug, Default)]
enum Form {
    /// Not known yet: there is no key.
    #[default]
    Unknown,
    Ints(IntTable),
    Bytes(BytesTable),
}

impl KeyTable {
    /// Adds to `numbers` the number of the key of each of `rows`; those never seen before get new ones.
    pub fn numbers(&mut self, keys: &mut Keys, rows: Range<usize>, numbers: &mut Vec<u32>) {
        let KeyTable { form, groups } = self;
        if let Some(values) = keys.only_int() {
            let table = form.ints();
            let mut number = |value: Option<i64>| {
                let number = table.number_of(value);
                if number as usize == groups.len() {
                    groups.push(group_of(int_key_hash(value)));
                }
                number
            };
            match values.cont_slice() {
                Ok(values) => numbers.extend(values[rows].iter().map(|value| number(Some(*value)))),
                Err(_) => numbers.extend(rows.map(|row| number(values.get(row)))),
            }
        } else {
            let table = form.bytes();
            numbers.extend(rows.map(|row| table.number_in(keys.key(row), groups)));
        }
    }

    /// The number of the key with these canonical bytes, of keys that are of one whole number or not; a new one if it was never seen.
    /// `None` if they are not those of such a key.
    pub fn number_of(&mut self, canonical: &[u8], is_int: bool) -> Option<u32> {
        let KeyTable { form, groups } = self;
        if !is_int {
            return Some(form.bytes().number_in(canonical, groups));
        }
        let value = match canonical {
            [0] => None,
            [1, value @ ..] => Some(i64::from_be_bytes(value.try_into().ok()?)),
            _ => return None,
        };
        let number = form.ints().number_of(value);
        if number as usize == groups.len() {
            groups.push(group_of(int_key_hash(value)));
        }
        Some(number)
    }

    /// Forgets every key, and keeps the room for as many others.
    pub fn clear(&mut self) {
        self.groups.clear();
        match &mut self.form {
            Form::Unknown => {}
            Form::Ints(table) => table.clear(),
            Form::Bytes(table) => table.clear(),
        }
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.groups.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds the canonical bytes of key `number`.
    pub fn key(&self, number: u32, into: &mut Vec<u8>) {
        match &self.form {
            Form::Unknown => {}
            Form::Bytes(table) => into.extend_from_slice(table.key(number)),
            Form::Ints(table) => match table.key(number) {
                None => into.push(0),
                Some(value) => {
                    into.push(1);
                    into.extend_from_slice(&value.to_be_bytes());
                }
            },
        }
    }

    /// The key group of key `number`.
    pub fn key_group(&self, number: u32) -> KeyGroup {
        KeyGroup(self.groups[number as usize].into())
    }

    /// The keys in the order in which results are given out: by key group, and within one by first appearance.
    ///
    /// All rows of a key group reach one subtask in arrival order, so this order is the same at every parallelism.
    pub fn output_order(&self) -> Vec<u32> {
        let mut ends = [0_usize; KEY_GROUPS as usize + 1];
        for group in &self.groups {
            ends[usize::from(*group) + 1] += 1;
        }
        for group in 0..usize::from(KEY_GROUPS) {
            ends[group + 1] += ends[group];
        }
        let mut order = vec![0; self.len()];
        for (number, group) in (0..).zip(&self.groups) {
            let at = &mut ends[usize::from(*group)];
            order[*at] = number;
            *at += 1;
        }
        order
    }

    /// Adds the keys `numbers` to `values`, which are of keys of the same columns.
    pub fn gather<'a>(&'a self, numbers: &[u32], values: &mut KeyValues<'a>) {
        match (&self.form, values) {
            (Form::Ints(table), KeyValues::Ints(values)) => {
                values.extend(numbers.iter().map(|number| table.key(*number)));
            }
            (Form::Bytes(table), KeyValues::Bytes(values)) => {
                values.extend(numbers.iter().map(|number| table.key(*number)));
            }
            (Form::Ints(_), values @ KeyValues::Unknown) => {
                *values = KeyValues::Ints(Vec::with_capacity(numbers.len()));
                self.gather(numbers, values);
            }
            (Form::Bytes(_), values @ KeyValues::Unknown) => {
                *values = KeyValues::Bytes(Vec::with_capacity(numbers.len()));
                self.gather(numbers, values);
            }
            _ => debug_assert!(self.is_empty(), "the keys of one node have one form"),
        }
    }
}

impl Form {
    fn ints(&mut self) -> &mut IntTable {
        if let Form::Unknown = self {
            *self = Form::Ints(IntTable::default());
        }
        match self {
            Form::Ints(table) => table,
            _ => unreachable!("the keys of one node have one form"),
        }
    }

    fn bytes(&mut self) -> &mut BytesTable {
        if let Form::Unknown = self {
            *self = Form::Bytes(BytesTable::default());
        }
        match self {
            Form::Bytes(table) => table,
            _ => unreachable!("the keys of one node have one form"),
        }
    }
}

fn group_of(hash: u64) -> u8 {
    KeyGroup::of_hash(hash).0 as u8
}

/// Keys of one number.
///
/// Numbers that identify things are given out one after another, so most lie close together above the first. Those are looked up by
/// their distance from it; the others are hashed as suits a table in memory. The hash that decides the key group is made once a key.
#[derive(Debug, Default)]
struct IntTable {
    /// The first key.
    base: i64,
    /// For keys from `base` on, one more than their number; 0 for those that are not there, or are in `table`.
    near: Vec<u32>,
    table: HashTable<(i64, u32)>,
    null: Option<u32>,
    /// That of NULL is 0.
    keys: Vec<i64>,
    hasher: RandomState,
}

/// How many times as many places as keys there may be in [`IntTable::near`]: a place takes a fourth of what a hashed key takes.
const NEAR: usize = 4;
/// So many places there may be in any case.
const MIN_NEAR: usize = 16;

impl IntTable {
    #[inline]
    fn number_of(&mut self, value: Option<i64>) -> u32 {
        let Some(key) = value else {
            return *self.null.get_or_insert_with(|| {
                self.keys.push(0);
                self.keys.len() as u32 - 1
            });
        };
        let distance = self.distance(key);
        match self.near.get(distance) {
            Some(known) if *known > 0 => known - 1,
            _ => self.number_of_other(key, distance),
        }
    }

    /// How far a key lies above the first. One below it is far away.
    #[inline]
    fn distance(&self, key: i64) -> usize {
        usize::try_from(key.wrapping_sub(self.base) as u64).unwrap_or(usize::MAX)
    }

    fn clear(&mut self) {
        for number in 0..self.keys.len() {
            let distance = self.distance(self.keys[number]);
            if let Some(place) = self.near.get_mut(distance) {
                *place = 0;
            }
        }
        self.table.clear();
        self.null = None;
        self.keys.clear();
    }

    /// The number of a key that has no place of its own so far.
    fn number_of_other(&mut self, key: i64, distance: usize) -> u32 {
        let IntTable { base, near, table, null, keys, hasher } = self;
        let n_keys = keys.len();
        let distance = if n_keys == usize::from(null.is_some()) {
            *base = key;
            0
        } else {
            distance
        };
        let hash = hasher.hash_one(key);
        let found = table.find(hash, |(known, _)| *known == key).map(|(_, number)| *number);
        let number = found.unwrap_or_else(|| {
            keys.push(key);
            n_keys as u32
        });
        if distance < near.len().max(MIN_NEAR).max(n_keys.saturating_mul(NEAR)) {
            if distance >= near.len() {
                near.resize(distance + 1, 0);
            }
            near[distance] = number + 1;
        } else if found.is_none() {
            table.insert_unique(hash, (key, number), |(key, _)| hasher.hash_one(*key));
        }
        number
    }

    fn key(&self, number: u32) -> Option<i64> {
        (self.null != Some(number)).then(|| self.keys[number as usize])
    }
}

/// Keys by their canonical bytes. Their hash is that which decides the key group.
#[derive(Debug, Default)]
struct BytesTable {
    table: HashTable<u32>,
    bytes: Vec<u8>,
    // Where key `n` ends in `bytes`.
    ends: Vec<usize>,
    hashes: Vec<u64>,
}

impl BytesTable {
    /// The number of a key, and the key group of a new one.
    #[inline]
    fn number_in(&mut self, key: &[u8], groups: &mut Vec<u8>) -> u32 {
        let hash = key_hash(key);
        let BytesTable { table, bytes, ends, hashes } = self;
        let found = table.find(table_hash(hash), |number| key_at(bytes, ends, *number) == key);
        if let Some(number) = found {
            return *number;
        }
        let number = ends.len() as u32;
        bytes.extend_from_slice(key);
        ends.push(bytes.len());
        hashes.push(hash);
        groups.push(group_of(hash));
        table.insert_unique(table_hash(hash), number, |number| table_hash(hashes[*number as usize]));
        number
    }

    fn clear(&mut self) {
        self.table.clear();
        self.bytes.clear();
        self.ends.clear();
        self.hashes.clear();
    }

    fn key(&self, number: u32) -> &[u8] {
        key_at(&self.bytes, &self.ends, number)
    }
}

/// Where a key with this hash is looked for. The table goes by the lowest and the seven highest bits; the key group is the lowest
/// seven of the hash, of which a subtask sees few, so they are moved to the middle.
fn table_hash(hash: u64) -> u64 {
    hash.rotate_left(32)
}

/// Keys that leave their tables, to become columns.
#[derive(Debug, Default)]
pub enum KeyValues<'a> {
    /// None so far.
    #[default]
    Unknown,
    /// Keys of one whole number, date or time.
    Ints(Vec<Option<i64>>),
    /// Canonical bytes.
    Bytes(Vec<&'a [u8]>),
}

impl KeyValues<'_> {
    /// The keys as columns of these names and types.
    ///
    /// # Errors
    /// If they are not keys of these types, which is an internal fault.
    pub fn into_columns(self, fields: &[(&str, &DataType)]) -> Result<Vec<Column>> {
        let unreadable = || EngineError::internal("a key cannot be read back");
        match (self, fields) {
            (KeyValues::Ints(values), [(name, data_type)]) => {
                Ok(vec![int_column(name, values, &data_type.to_polars())?])
            }
            (KeyValues::Ints(_), _) => Err(unreadable()),
            (KeyValues::Unknown, fields) => {
                let empty = |(name, data_type): &(&str, &DataType)| {
                    Column::new_empty((*name).into(), &data_type.to_polars())
                };
                Ok(fields.iter().map(empty).collect())
            }
            (KeyValues::Bytes(mut keys), fields) => fields
                .iter()
                .map(|(name, data_type)| {
                    decode_column(name, data_type, &mut keys)
                        .ok_or_else(unreadable)
                        .and_then(|column| Ok(column?))
                })
                .collect(),
        }
    }
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
    use crate::data::KeyEncoder;
    use polars::prelude::DataFrame;
    use proptest::prelude::*;
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
        let canonical = |key: i64| [&[1][..], &key.to_be_bytes()].concat();
        for is_int in [false, true] {
            let mut keys = KeyTable::default();
            for round in 0..2 {
                for key in 0..5_000_i64 {
                    let number = keys.number_of(&canonical(key), is_int);
                    assert_eq!(number, Some(key as u32), "round {round}");
                }
            }
            let order = keys.output_order();
            let group = |number: u32| KeyGroup::of_hash(key_hash(&canonical(number.into())));
            assert_eq!(order.len(), 5_000);
            assert!(order.is_sorted_by_key(|number| (group(*number), *number)));
            assert!(order.iter().all(|number| keys.key_group(*number) == group(*number)));
        }
    }

    proptest! {
        #[test]
        fn numbers_near_and_far_are_told_apart(
            keys in prop::collection::vec(prop_oneof![
                4 => 1_000..3_000_i64,
                2 => -5..5_i64,
                1 => any::<i64>(),
                1 => prop_oneof![Just(i64::MIN), Just(i64::MAX), Just(0)],
            ].prop_map(Some).boxed(), 1..3_000),
            null_at in 0..3_000_usize,
        ) {
            let mut keys = keys;
            keys.insert(null_at.min(keys.len()), None);
            let mut table = IntTable::default();
            // Those of the second half find the room of the first.
            let (first, second) = keys.split_at(keys.len() / 2);
            let mut most = MIN_NEAR;
            for keys in [first, second, first] {
                let mut known: Vec<Option<i64>> = Vec::new();
                for key in keys {
                    let expected = known.iter().position(|other| other == key).unwrap_or_else(|| {
                        known.push(*key);
                        known.len() - 1
                    });
                    prop_assert_eq!(table.number_of(*key), expected as u32);
                }
                for (number, key) in (0..).zip(&known) {
                    prop_assert_eq!(table.key(number), *key);
                }
                most = most.max(NEAR * known.len());
                prop_assert!(table.near.len() <= most);
                table.clear();
                prop_assert!(table.near.iter().all(|place| *place == 0));
            }
        }
    }

    #[test]
    fn whole_numbers_are_the_same_keys_in_either_form() {
        let series = Series::new("k".into(), [Some(5_i64), None, Some(-7), Some(5), None, Some(i64::MIN)]);
        let frame = DataFrame::new(6, vec![series.into_column()]).expect("one column");
        let encoder = KeyEncoder::new(vec![(0, DataType::BigInt)]);
        let mut ints = KeyTable::default();
        let mut numbers = Vec::new();
        ints.numbers(&mut encoder.keys(&frame).expect("typed"), 0..6, &mut numbers);
        assert_eq!(numbers, [0, 1, 2, 0, 1, 3]);
        let mut bytes = KeyTable::default();
        let mut keys = encoder.keys(&frame).expect("typed");
        for (row, number) in numbers.iter().enumerate() {
            let canonical = keys.key(row);
            assert_eq!(bytes.number_of(canonical, false), Some(*number));
            assert_eq!(ints.number_of(canonical, true), Some(*number));
            let mut own = Vec::new();
            ints.key(*number, &mut own);
            assert_eq!(own, canonical);
        }
        assert_eq!(ints.output_order(), bytes.output_order());
        let columns = |table: &KeyTable| {
            let mut values = KeyValues::default();
            table.gather(&[0, 1, 3], &mut values);
            values.into_columns(&[("k", &DataType::BigInt)]).expect("typed")
        };
        assert_eq!(columns(&ints), columns(&bytes));
        assert_eq!(columns(&ints)[0].null_count(), 1);
    }
}
