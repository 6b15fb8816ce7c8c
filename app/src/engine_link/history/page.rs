//! A run of samples packed column by column: what does not change costs four bytes, and what does as many as it needs.

use super::level::Row;
use super::{Moment, Place};

/// Samples that will not change any more.
#[derive(Debug)]
pub(super) struct Page {
    moments: Box<[Moment]>,
    /// Where in `bytes` each column stands: the values, and behind them the spreads, if there are any.
    columns: Box<[u32]>,
    n_values: usize,
    bytes: Box<[u8]>,
}

/// How a column stands in the bytes: behind the tag its base, where it has one, and then its values.
const ZERO: u8 = 0;
const NOTHING: u8 = 1;
const CONSTANT: u8 = 2;
const OFFSETS_8: u8 = 3;
const OFFSETS_16: u8 = 4;
const OFFSETS_32: u8 = 5;
const FLOATS_32: u8 = 6;
const FLOATS_64: u8 = 7;

/// Integers beyond this are not told apart by a double.
const MAX_INTEGER: f64 = 9e15;

impl Page {
    pub(super) fn new(rows: &[std::sync::Arc<Row>]) -> Page {
        let n_values = rows.first().map_or(0, |row| row.values.len());
        let n_spreads = rows.first().map_or(0, |row| row.spreads.len());
        // The two columns that most are stand first, once.
        let mut bytes = vec![ZERO, NOTHING];
        let mut column = Vec::with_capacity(rows.len());
        let mut columns = Vec::with_capacity(n_values + n_spreads);
        let mut pack = |read: &dyn Fn(&Row) -> f64| {
            column.clear();
            column.extend(rows.iter().map(|row| read(row)));
            columns.push(pack(&column, &mut bytes));
        };
        (0..n_values).for_each(|idx| pack(&|row| row.values[idx]));
        (0..n_spreads).for_each(|idx| pack(&|row| row.spreads[idx]));
        Page {
            moments: rows.iter().map(|row| row.moment).collect(),
            columns: columns.into(),
            n_values,
            bytes: bytes.into(),
        }
    }

    pub(super) fn moments(&self) -> &[Moment] {
        &self.moments
    }

    pub(super) fn n_bytes(&self) -> usize {
        size_of::<Page>()
            + size_of_val(&*self.moments)
            + size_of_val(&*self.columns)
            + size_of_val(&*self.bytes)
    }

    /// A sample of a column, with its spread if it has one.
    pub(super) fn read(&self, place: Place, row_idx: usize) -> (Moment, f64, Option<(f64, f64)>) {
        let has_spreads = self.columns.len() > self.n_values;
        let spread = place.spread.filter(|_| has_spreads).map(|spread| {
            let first = self.n_values + spread;
            (self.value(first, row_idx), self.value(first + 1, row_idx))
        });
        (self.moments[row_idx], self.value(place.column, row_idx), spread)
    }

    /// The samples as rows again, oldest first.
    pub(super) fn rows(&self) -> impl Iterator<Item = Row> + '_ {
        self.moments.iter().enumerate().map(|(row_idx, moment)| {
            let read =
                |columns: std::ops::Range<usize>| columns.map(|idx| self.value(idx, row_idx)).collect();
            Row {
                moment: *moment,
                values: read(0..self.n_values),
                spreads: read(self.n_values..self.columns.len()),
            }
        })
    }

    fn value(&self, column: usize, row_idx: usize) -> f64 {
        let bytes = &self.bytes[self.columns[column] as usize..];
        let base = || f64::from_le_bytes(array(bytes, 1));
        let offset = |offset: u32, nothing: u32| {
            if offset == nothing { f64::NAN } else { base() + f64::from(offset) }
        };
        match bytes[0] {
            ZERO => 0.0,
            NOTHING => f64::NAN,
            CONSTANT => base(),
            OFFSETS_8 => offset(u32::from(bytes[9 + row_idx]), u32::from(u8::MAX)),
            OFFSETS_16 => {
                offset(u32::from(u16::from_le_bytes(array(bytes, 9 + 2 * row_idx))), u32::from(u16::MAX))
            }
            OFFSETS_32 => offset(u32::from_le_bytes(array(bytes, 9 + 4 * row_idx)), u32::MAX),
            FLOATS_32 => f64::from(f32::from_le_bytes(array(bytes, 1 + 4 * row_idx))),
            _ => f64::from_le_bytes(array(bytes, 1 + 8 * row_idx)),
        }
    }
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    bytes[at..at + N].try_into().expect("as many bytes as were asked for")
}

/// Packs a column behind `bytes`; where it stands.
fn pack(values: &[f64], bytes: &mut Vec<u8>) -> u32 {
    let known = || values.iter().copied().filter(|value| !value.is_nan());
    let Some(first) = known().next() else { return u32::from(NOTHING) };
    let has_gaps = values.iter().any(|value| value.is_nan());
    let is_constant = !has_gaps && known().all(|value| value == first);
    if is_constant && first == 0.0 {
        return u32::from(ZERO);
    }
    let place = u32::try_from(bytes.len()).expect("a page is far smaller than 4 GiB");
    let (min, max) = known().fold((first, first), |(min, max), value| (min.min(value), max.max(value)));
    let is_integral = known().all(|value| value.fract() == 0.0 && value.abs() < MAX_INTEGER);
    if is_constant {
        bytes.push(CONSTANT);
        bytes.extend(first.to_le_bytes());
    } else if is_integral && max - min < f64::from(u32::MAX) {
        let range = max - min;
        let (tag, width) = match range {
            range if range < f64::from(u8::MAX) => (OFFSETS_8, 1),
            range if range < f64::from(u16::MAX) => (OFFSETS_16, 2),
            _ => (OFFSETS_32, 4),
        };
        bytes.push(tag);
        bytes.extend(min.to_le_bytes());
        for value in values {
            // Cut to any width, the greatest number stands for nothing.
            let offset = if value.is_nan() { u32::MAX } else { (value - min) as u32 };
            bytes.extend(&offset.to_le_bytes()[..width]);
        }
    } else if known().all(|value| f64::from(value as f32) == value) {
        bytes.push(FLOATS_32);
        values.iter().for_each(|value| bytes.extend((*value as f32).to_le_bytes()));
    } else {
        bytes.push(FLOATS_64);
        values.iter().for_each(|value| bytes.extend(value.to_le_bytes()));
    }
    place
}
