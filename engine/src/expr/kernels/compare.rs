//! Comparison: `=`, `<` and their kin, `IS DISTINCT FROM`, `IN`, and the greatest and least of several.

use std::cmp::Ordering;
use std::hash::Hash;
use std::sync::Arc;

use polars_arrow::bitmap::Bitmap;

use super::{all_valid, bool_rows, decimal, n_rows, test2};
use crate::data::DataType;
use crate::expr::ast::BinaryOp;
use crate::expr::eval::{Kernel, Run};
use crate::expr::vector::{Data, Physical, Vector};

/// `a op b` for two arguments of the type `data_type`; decimals may differ in scale. NULL where either is.
pub(in crate::expr) fn compare(op: BinaryOp, data_type: &DataType, s1: u8, s2: u8) -> Option<Kernel> {
    Some(match data_type {
        DataType::Boolean => bools(op),
        DataType::TinyInt => numbers::<i8>(op),
        DataType::SmallInt => numbers::<i16>(op),
        DataType::Int | DataType::Date => numbers::<i32>(op),
        DataType::BigInt | DataType::Time | DataType::Timestamp | DataType::TimestampLtz => {
            numbers::<i64>(op)
        }
        DataType::Float => numbers::<f32>(op),
        DataType::Double => numbers::<f64>(op),
        DataType::Decimal(..) if s1 == s2 => numbers::<i128>(op),
        DataType::Decimal(..) => {
            let holds = holds(op);
            Arc::new(move |args, run| {
                test2(&args[0], &args[1], run, |a: i128, b: i128| holds(decimal::compare(a, s1, b, s2)))
            })
        }
        DataType::String => texts(op),
        DataType::Bytes => bytes(op),
        DataType::Array(_) | DataType::Row(_) => return None,
    })
}

/// Whether an ordering makes `op` TRUE.
fn holds(op: BinaryOp) -> fn(Ordering) -> bool {
    match op {
        BinaryOp::NotEq | BinaryOp::Distinct => Ordering::is_ne,
        BinaryOp::Lt => Ordering::is_lt,
        BinaryOp::LtEq => Ordering::is_le,
        BinaryOp::Gt => Ordering::is_gt,
        BinaryOp::GtEq => Ordering::is_ge,
        _ => Ordering::is_eq,
    }
}

/// Numbers, doubles by IEEE 754: NaN equals nothing, not even itself.
fn numbers<T: Physical + PartialOrd>(op: BinaryOp) -> Kernel {
    fn kernel<T: Physical>(f: impl Fn(T, T) -> bool + Copy + Send + Sync + 'static) -> Kernel {
        Arc::new(move |args, run| test2(&args[0], &args[1], run, f))
    }
    match op {
        BinaryOp::NotEq | BinaryOp::Distinct => kernel(|a: T, b: T| a != b),
        BinaryOp::Lt => kernel(|a: T, b: T| a < b),
        BinaryOp::LtEq => kernel(|a: T, b: T| a <= b),
        BinaryOp::Gt => kernel(|a: T, b: T| a > b),
        BinaryOp::GtEq => kernel(|a: T, b: T| a >= b),
        _ => kernel(|a: T, b: T| a == b),
    }
}

fn bools(op: BinaryOp) -> Kernel {
    let holds = holds(op);
    Arc::new(move |args, run| {
        let n = n_rows(&[&args[0], &args[1]], run);
        let ((a, _), (b, _)) = (args[0].truth(n), args[1].truth(n));
        // FALSE before TRUE, four answers for the four pairs.
        let mut values = Bitmap::new_zeroed(n);
        for (left, right, a, b) in [
            (false, false, !&a, !&b),
            (false, true, !&a, b.clone()),
            (true, false, a.clone(), !&b),
            (true, true, a, b),
        ] {
            if holds(left.cmp(&right)) {
                values = &values | &(&a & &b);
            }
        }
        Vector::bools(values, all_valid(&[&args[0], &args[1]], n), args.iter().all(|arg| arg.constant))
    })
}

fn texts(op: BinaryOp) -> Kernel {
    let holds = holds(op);
    Arc::new(move |args, run| {
        let (a, b) = (args[0].text(), args[1].text());
        bool_rows(&[&args[0], &args[1]], run, |row| Ok(Some(holds(a.at(row).cmp(b.at(row))))))
    })
}

fn bytes(op: BinaryOp) -> Kernel {
    let holds = holds(op);
    Arc::new(move |args, run| match (&args[0].data, &args[1].data) {
        (Data::Bytes(a), Data::Bytes(b)) => {
            let at = |vector: &Vector, row: usize| if vector.constant { 0 } else { row };
            bool_rows(&[&args[0], &args[1]], run, |row| {
                Ok(Some(holds(a.value(at(&args[0], row)).cmp(b.value(at(&args[1], row))))))
            })
        }
        _ => Vector::null(&crate::expr::typing::Ty::Of(DataType::Boolean)),
    })
}

/// `a IS [NOT] DISTINCT FROM b`, made of `a = b`: NULL is the same as NULL, and differs from everything else.
pub(in crate::expr) fn distinct(equal: Kernel, negated: bool) -> Kernel {
    Arc::new(move |args, run| {
        let n = n_rows(&[&args[0], &args[1]], run);
        let (equal, _) = equal(args, run).truth(n);
        let missing = |vector: &Vector| match vector.validity() {
            None => Bitmap::new_zeroed(n),
            Some(_) if vector.constant => Bitmap::new_with_value(true, n),
            Some(validity) => !&validity,
        };
        let same = &equal | &(&missing(&args[0]) & &missing(&args[1]));
        Vector::bools(if negated { same } else { !&same }, None, args.iter().all(|arg| arg.constant))
    })
}

/// `x IN (…)` for constants of x's type. The value is NULL where x is, and where it is not found but a NULL was listed.
pub(in crate::expr) fn one_of(data_type: &DataType, list: &[Vector]) -> Option<Kernel> {
    let has_null = list.iter().any(Vector::is_null_constant);
    let known: Vec<&Vector> = list.iter().filter(|vector| !vector.is_null_constant()).collect();
    Some(match data_type {
        DataType::TinyInt => numbers_in::<i8>(&known, has_null),
        DataType::SmallInt => numbers_in::<i16>(&known, has_null),
        DataType::Int | DataType::Date => numbers_in::<i32>(&known, has_null),
        DataType::BigInt | DataType::Time | DataType::Timestamp | DataType::TimestampLtz => {
            numbers_in::<i64>(&known, has_null)
        }
        DataType::Decimal(..) => numbers_in::<i128>(&known, has_null),
        DataType::String => {
            let set: hashbrown::HashSet<Box<str>, foldhash::quality::FixedState> =
                known.iter().map(|vector| Box::from(vector.text().at(0))).collect();
            Arc::new(move |args, run| {
                let texts = args[0].text();
                bool_rows(&[&args[0]], run, |row| Ok(found(set.contains(texts.at(row)), has_null)))
            })
        }
        _ => return None,
    })
}

fn found(is_in: bool, has_null: bool) -> Option<bool> {
    if is_in || !has_null { Some(is_in) } else { None }
}

fn numbers_in<T: Physical + Ord + Hash>(list: &[&Vector], has_null: bool) -> Kernel {
    const FEW: usize = 8;
    let mut values: Vec<T> = list.iter().map(|vector| T::of(vector).value(0)).collect();
    values.sort_unstable();
    values.dedup();
    let few = values.len() <= FEW;
    Arc::new(move |args, _| {
        let source = T::of(&args[0]).values().iter();
        let found: Bitmap = if few {
            source.map(|value| values.contains(value)).collect()
        } else {
            source.map(|value| values.binary_search(value).is_ok()).collect()
        };
        let validity = match args[0].validity() {
            validity if !has_null => validity,
            None => Some(found.clone()),
            Some(validity) => Some(&validity & &found),
        };
        Vector::bools(found, validity, args[0].constant)
    })
}

/// The greatest (`greatest`) or least of the arguments, which are all of the type `data_type`; NULL where any of them is.
pub(in crate::expr) fn extreme(data_type: &DataType, greatest: bool) -> Option<Kernel> {
    let wanted = if greatest { Ordering::Greater } else { Ordering::Less };
    Some(match data_type {
        DataType::TinyInt => extreme_number(wanted, |a: i8, b: i8| a.cmp(&b)),
        DataType::SmallInt => extreme_number(wanted, |a: i16, b: i16| a.cmp(&b)),
        DataType::Int | DataType::Date => extreme_number(wanted, |a: i32, b: i32| a.cmp(&b)),
        DataType::BigInt | DataType::Time | DataType::Timestamp | DataType::TimestampLtz => {
            extreme_number(wanted, |a: i64, b: i64| a.cmp(&b))
        }
        DataType::Decimal(..) => extreme_number(wanted, |a: i128, b: i128| a.cmp(&b)),
        DataType::Float => extreme_number(wanted, |a: f32, b: f32| a.total_cmp(&b)),
        DataType::Double => extreme_number(wanted, |a: f64, b: f64| a.total_cmp(&b)),
        DataType::String => Arc::new(move |args, run| {
            let vectors: Vec<&Vector> = args.iter().collect();
            let lanes: Vec<_> = args.iter().map(Vector::text).collect();
            super::slice_rows(&vectors, run, |row| {
                Ok(lanes
                    .iter()
                    .map(|lane| lane.at(row))
                    .reduce(|best, text| if text.cmp(best) == wanted { text } else { best }))
            })
        }),
        _ => return None,
    })
}

fn extreme_number<T: Physical>(
    wanted: Ordering,
    order: impl Fn(T, T) -> Ordering + Copy + Send + Sync + 'static,
) -> Kernel {
    Arc::new(move |args: &[Vector], run: &mut Run| {
        let Some((first, rest)) = args.split_first() else {
            return Vector::numbers(vec![T::default()], None, true);
        };
        rest.iter().fold(first.clone(), |best, next| {
            super::map2(&best, next, run, |a: T, b: T| if order(b, a) == wanted { b } else { a })
        })
    })
}
