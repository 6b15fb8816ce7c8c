//! The loops that compute: over slices of values and validity bitmaps, one call per batch.
//!
//! A kernel that can fail for a value computes all rows without branching first and looks for the failed rows only if there are any.
//! Slots of NULL rows hold anything, so what is computed from them is never looked at and never a fault.

pub(super) mod arith;
pub(super) mod calendar;
pub(super) mod cast;
pub(super) mod compare;
pub(super) mod decimal;
pub(super) mod format;
pub(super) mod logic;
pub(super) mod math;
pub(super) mod regex;
pub(super) mod row;
pub(super) mod text;
pub(super) mod time;

use std::borrow::Cow;

use polars_arrow::array::MutableBinaryViewArray;
use polars_arrow::bitmap::{Bitmap, MutableBitmap};

use super::eval::Run;
use super::vector::{Data, Physical, Vector};
use crate::error::EngineError;

/// Why a single value could not be computed.
pub(super) type Reason = Cow<'static, str>;

pub(super) const OVERFLOW: Reason = Cow::Borrowed("overflow");
pub(super) const DIVISION_BY_ZERO: Reason = Cow::Borrowed("division by zero");

/// The largest text that a function makes for a row. Reading longer ones is fine.
pub(super) const MAX_TEXT_BYTES: usize = 1 << 20;
/// The most text that one call makes for a batch; beyond that the run stops, for the memory's sake.
const MAX_BATCH_TEXT_BYTES: usize = 1 << 30;

/// Where none of the arguments is NULL: `None` where that is everywhere. For as many rows as [`n_rows`] says.
pub(super) fn all_valid(args: &[&Vector], n: usize) -> Option<Bitmap> {
    let mut result: Option<Bitmap> = None;
    for arg in args {
        let Some(validity) = arg.validity() else { continue };
        if arg.constant {
            return Some(Bitmap::new_zeroed(n));
        }
        result = Some(match result {
            None => validity,
            Some(result) => &result & &validity,
        });
    }
    result
}

/// How many values a call gives: one if all arguments are constants, else as many as there are rows.
pub(super) fn n_rows(args: &[&Vector], run: &Run) -> usize {
    if args.iter().all(|arg| arg.constant) { 1 } else { run.n }
}

fn is_constant(args: &[&Vector]) -> bool {
    args.iter().all(|arg| arg.constant)
}

/// Computes a value from each value.
pub(super) fn map<A: Physical, R: Physical>(a: &Vector, f: impl Fn(A) -> R) -> Vector {
    let values = A::of(a).values().iter().map(|&value| f(value)).collect();
    Vector::numbers(values, a.validity(), a.constant)
}

/// Pairs the values of two arguments, either of which may be one value for all rows.
fn zip<A: Physical, B: Physical, R>(a: &Vector, b: &Vector, mut f: impl FnMut(A, B) -> R) -> Vec<R> {
    let (left, right) = (A::of(a).values().as_slice(), B::of(b).values().as_slice());
    match (a.constant, b.constant) {
        (false, false) => left.iter().zip(right).map(|(&a, &b)| f(a, b)).collect(),
        (true, false) => {
            let a = left[0];
            right.iter().map(|&b| f(a, b)).collect()
        }
        (false, true) => {
            let b = right[0];
            left.iter().map(|&a| f(a, b)).collect()
        }
        (true, true) => vec![f(left[0], right[0])],
    }
}

/// Whether a test holds for any pair of values. Looks at all of them, without a branch.
fn any<A: Physical>(a: &Vector, b: &Vector, f: impl Fn(A, A) -> bool) -> bool {
    let (left, right) = (A::of(a).values().as_slice(), A::of(b).values().as_slice());
    match (a.constant, b.constant) {
        (false, false) => left.iter().zip(right).fold(false, |any, (&a, &b)| any | f(a, b)),
        (true, false) => right.iter().fold(false, |any, &b| any | f(left[0], b)),
        (false, true) => left.iter().fold(false, |any, &a| any | f(a, right[0])),
        (true, true) => f(left[0], right[0]),
    }
}

/// Computes a value from each pair of values.
pub(super) fn map2<A: Physical, B: Physical, R: Physical>(
    a: &Vector,
    b: &Vector,
    run: &Run,
    f: impl Fn(A, B) -> R,
) -> Vector {
    let n = n_rows(&[a, b], run);
    Vector::numbers(zip(a, b, f), all_valid(&[a, b], n), is_constant(&[a, b]))
}

/// Computes a value from each value where `f` can; elsewhere the row is faulty, for the reason that `why` gives.
pub(super) fn try_map<A: Physical, R: Physical>(
    a: &Vector,
    run: &mut Run,
    f: impl Fn(A) -> Option<R>,
    why: impl Fn(A) -> Reason,
) -> Vector {
    let mut failed = false;
    let source = A::of(a).values().as_slice();
    let values = source
        .iter()
        .map(|&value| {
            let result = f(value);
            failed |= result.is_none();
            result.unwrap_or_default()
        })
        .collect();
    let validity = a.validity();
    let validity = if failed {
        note_failed(source.len(), validity.as_ref(), run, |row| {
            f(source[row]).is_none().then(|| why(source[row]))
        })
    } else {
        validity
    };
    Vector::numbers(values, validity, a.constant)
}

/// Computes a value from each pair of values where `f` can; elsewhere the row is faulty.
pub(super) fn try_map2<A: Physical, B: Physical, R: Physical>(
    a: &Vector,
    b: &Vector,
    run: &mut Run,
    f: impl Fn(A, B) -> Option<R>,
    why: impl Fn(A, B) -> Reason,
) -> Vector {
    let n = n_rows(&[a, b], run);
    let mut failed = false;
    let values = zip(a, b, |a, b| {
        let result = f(a, b);
        failed |= result.is_none();
        result.unwrap_or_default()
    });
    let validity = all_valid(&[a, b], n);
    let validity = if failed {
        let (left, right) = (a.lane::<A>(), b.lane::<B>());
        note_failed(n, validity.as_ref(), run, |row| {
            let (a, b) = (left.at(row), right.at(row));
            f(a, b).is_none().then(|| why(a, b))
        })
    } else {
        validity
    };
    Vector::numbers(values, validity, is_constant(&[a, b]))
}

/// As [`try_map`] for operations that give a value in any case and say beside it whether it is wrong: loops without a branch.
pub(super) fn overflowing_map<A: Physical, R: Physical>(
    a: &Vector,
    run: &mut Run,
    f: impl Fn(A) -> (R, bool),
    why: impl Fn(A) -> Reason,
) -> Vector {
    let source = A::of(a).values().as_slice();
    let values = source.iter().map(|&value| f(value).0).collect();
    let failed = source.iter().fold(false, |any, &value| any | f(value).1);
    let validity = a.validity();
    let validity = if failed {
        note_failed(source.len(), validity.as_ref(), run, |row| f(source[row]).1.then(|| why(source[row])))
    } else {
        validity
    };
    Vector::numbers(values, validity, a.constant)
}

/// As [`try_map2`] for operations that give a value in any case and say beside it whether it is wrong: loops without a branch.
pub(super) fn overflowing_map2<A: Physical, R: Physical>(
    a: &Vector,
    b: &Vector,
    run: &mut Run,
    f: impl Fn(A, A) -> (R, bool),
    why: &'static str,
) -> Vector {
    let n = n_rows(&[a, b], run);
    // Two loops that each do one thing take less time than one that does both.
    let values = zip(a, b, |a, b| f(a, b).0);
    let failed = any(a, b, |a, b| f(a, b).1);
    let validity = all_valid(&[a, b], n);
    let validity = if failed {
        let (left, right) = (a.lane::<A>(), b.lane::<A>());
        note_failed(n, validity.as_ref(), run, |row| {
            f(left.at(row), right.at(row)).1.then_some(Reason::Borrowed(why))
        })
    } else {
        validity
    };
    Vector::numbers(values, validity, is_constant(&[a, b]))
}

/// Goes over the rows once more to find those that failed, notes them, and takes them out of the validity.
#[cold]
fn note_failed(
    n: usize,
    validity: Option<&Bitmap>,
    run: &mut Run,
    failed: impl Fn(usize) -> Option<Reason>,
) -> Option<Bitmap> {
    let mut result = MutableBitmap::from_len_set(n);
    for row in 0..n {
        if validity.is_some_and(|validity| !validity.get_bit(row)) {
            result.set(row, false);
        } else if let Some(reason) = failed(row) {
            run.fault(row, &reason);
            result.set(row, false);
        }
    }
    Some(result.freeze())
}

/// A truth value for each pair of values.
pub(super) fn test2<A: Physical, B: Physical>(
    a: &Vector,
    b: &Vector,
    run: &Run,
    f: impl Fn(A, B) -> bool,
) -> Vector {
    let (left, right) = (A::of(a).values().as_slice(), B::of(b).values().as_slice());
    let values: Bitmap = match (a.constant, b.constant) {
        (false, false) => left.iter().zip(right).map(|(&a, &b)| f(a, b)).collect(),
        (true, false) => {
            let a = left[0];
            right.iter().map(|&b| f(a, b)).collect()
        }
        (false, true) => {
            let b = right[0];
            left.iter().map(|&a| f(a, b)).collect()
        }
        (true, true) => std::iter::once(f(left[0], right[0])).collect(),
    };
    Vector::bools(values, all_valid(&[a, b], n_rows(&[a, b], run)), is_constant(&[a, b]))
}

/// What a row gives: a value, NULL, or a reason why it is faulty.
pub(super) type Outcome<T> = Result<Option<T>, Reason>;

/// Computes a number for each row where no argument is NULL.
pub(super) fn rows<R: Physical>(
    args: &[&Vector],
    run: &mut Run,
    f: impl FnMut(usize) -> Outcome<R>,
) -> Vector {
    let n = n_rows(args, run);
    let mut values = Vec::with_capacity(n);
    let validity = rows_into(args, run, f, |value| values.push(value.unwrap_or_default()));
    Vector::numbers(values, validity, is_constant(args))
}

/// Computes a truth value for each row where no argument is NULL.
pub(super) fn bool_rows(args: &[&Vector], run: &mut Run, f: impl FnMut(usize) -> Outcome<bool>) -> Vector {
    let n = n_rows(args, run);
    let mut values = MutableBitmap::with_capacity(n);
    let validity = rows_into(args, run, f, |value| values.push(value.unwrap_or_default()));
    Vector::bools(values.freeze(), validity, is_constant(args))
}

/// Calls `f` for each row where no argument is NULL and `take` with what it gives; returns which rows have a value.
fn rows_into<T>(
    args: &[&Vector],
    run: &mut Run,
    mut f: impl FnMut(usize) -> Outcome<T>,
    mut take: impl FnMut(Option<T>),
) -> Option<Bitmap> {
    let n = n_rows(args, run);
    let validity = all_valid(args, n);
    let mut result = MutableBitmap::with_capacity(n);
    for row in 0..n {
        let outcome =
            if validity.as_ref().is_none_or(|validity| validity.get_bit(row)) { f(row) } else { Ok(None) };
        let value = outcome.unwrap_or_else(|reason| {
            run.fault(row, &reason);
            None
        });
        result.push(value.is_some());
        take(value);
    }
    (result.unset_bits() > 0).then(|| result.freeze())
}

/// Computes a text for each row where no argument is NULL: `f` writes it into the buffer, which is empty before, and says whether there
/// is one at all.
pub(super) fn text_rows(
    args: &[&Vector],
    run: &mut Run,
    mut f: impl FnMut(usize, &mut String) -> Result<bool, Reason>,
) -> Vector {
    let n = n_rows(args, run);
    let validity = all_valid(args, n);
    let mut texts = MutableBinaryViewArray::<str>::with_capacity(n);
    let mut buffer = String::new();
    for row in 0..n {
        if validity.as_ref().is_some_and(|validity| !validity.get_bit(row)) {
            texts.push_null();
            continue;
        }
        buffer.clear();
        match f(row, &mut buffer) {
            Ok(true) => texts.push_value(&buffer),
            Ok(false) => texts.push_null(),
            Err(reason) => {
                run.fault(row, &reason);
                texts.push_null();
            }
        }
        if texts.total_bytes_len() > MAX_BATCH_TEXT_BYTES {
            run.failure = Some(EngineError::data("an expression makes more than 1 GB of text for one batch"));
            break;
        }
    }
    // After a failure the vector is too short, and nobody looks at it.
    Vector { data: Data::Text(texts.freeze()), constant: is_constant(args) }
}

/// Computes a piece of the text that the first argument is, for each row where no argument is NULL.
pub(super) fn slice_rows<'a>(
    args: &[&'a Vector],
    run: &mut Run,
    mut f: impl FnMut(usize) -> Outcome<&'a str>,
) -> Vector {
    let n = n_rows(args, run);
    let mut texts = MutableBinaryViewArray::<str>::with_capacity(n);
    rows_into(args, run, &mut f, |value| texts.push(value));
    Vector::new(Data::Text(texts.freeze()), is_constant(args))
}
