//! Whether a column of numbers is written as a dictionary of its values or as they are.

use foldhash::fast::RandomState;
use hashbrown::HashSet;
use polars_arrow::array::{Array, PrimitiveArray};
use polars_arrow::types::NativeType;
use polars_parquet::write::Encoding;

/// Sets the first of a column's `encodings` to `PLAIN` if a dictionary does not pay.
///
/// One pays if it takes at most half of what the values take, the numbers that point into it included. One of nearly as many entries as
/// there are rows is the longer of the two once both are compressed, and has to be read whole before the first row.
pub(super) fn choose(array: &dyn Array, encodings: &mut [Encoding]) {
    let pays = pays(array, |value: i32| u64::from(value as u32))
        .or_else(|| pays(array, |value: i64| value as u64))
        .or_else(|| pays(array, |value: f32| u64::from(value.to_bits())))
        .or_else(|| pays(array, f64::to_bits));
    if let ([first, ..], Some(false)) = (encodings, pays) {
        *first = Encoding::Plain;
    }
}

/// Whether a dictionary pays for numbers of type `T`; `None` if the column holds others.
fn pays<T: NativeType>(array: &dyn Array, bits: impl Fn(T) -> u64) -> Option<bool> {
    let array = array.as_any().downcast_ref::<PrimitiveArray<T>>()?;
    let most = most_entries(array.len() - array.null_count(), size_of::<T>());
    let mut seen = HashSet::with_capacity_and_hasher(most + 1, RandomState::default());
    for value in array.non_null_values_iter() {
        seen.insert(bits(value));
        if seen.len() > most {
            return Some(false);
        }
    }
    Some(true)
}

/// The most entries of a dictionary that pays for `n` values of `width` bytes.
fn most_entries(n: usize, width: usize) -> usize {
    let half = n * width / 2;
    let of_pointers_of = |bits: u32| {
        let room = half.saturating_sub((n * bits as usize).div_ceil(8));
        (room / width).min(1_usize.checked_shl(bits).unwrap_or(usize::MAX))
    };
    (0..=32).map(of_pointers_of).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As the documentation says, entry by entry.
    fn most_by_hand(n: usize, width: usize) -> usize {
        let size = |entries: usize| {
            let bits = (0..).find(|bits| 1_usize << bits >= entries).expect("some number of bits");
            entries * width + (n * bits).div_ceil(8)
        };
        (0..=n).filter(|entries| size(*entries) <= n * width / 2).max().expect("none at all takes nothing")
    }

    #[test]
    fn the_most_entries_are_as_many_as_take_half() {
        for width in [4, 8] {
            for n in [0, 1, 2, 3, 17, 64, 1000, 4099, 131_072] {
                assert_eq!(most_entries(n, width), most_by_hand(n, width), "{n} values of {width} bytes");
            }
        }
    }

    #[test]
    fn numbers_that_hardly_repeat_are_written_as_they_are() {
        let chosen = |array: &dyn Array| {
            let mut encodings = [Encoding::RleDictionary];
            choose(array, &mut encodings);
            encodings[0]
        };
        let of = |n_distinct: i64| PrimitiveArray::from_vec((0..8000).map(|n| n % n_distinct).collect());
        assert_eq!(chosen(&of(1)), Encoding::RleDictionary);
        assert_eq!(chosen(&of(1000)), Encoding::RleDictionary);
        assert_eq!(chosen(&of(6000)), Encoding::Plain);
        // NULL is no value that would be written.
        let nulls = PrimitiveArray::from_iter((0..8000_i64).map(|n| (n % 10 == 0).then_some(n)));
        assert_eq!(chosen(&nulls), Encoding::Plain);
        // 0.0 and -0.0 are two entries, and NaN is one.
        let doubles: Vec<f64> = (0..8000).map(|n| [0.0, -0.0, f64::NAN][n % 3]).collect();
        assert_eq!(chosen(&PrimitiveArray::from_vec(doubles)), Encoding::RleDictionary);
        assert_eq!(
            chosen(&polars_arrow::array::Utf8ViewArray::from_slice([Some("a")])),
            Encoding::RleDictionary
        );
    }
}
