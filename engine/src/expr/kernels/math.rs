//! Functions of numbers.

use std::sync::Arc;

use super::arith::{Float, Int, for_number};
use super::{OVERFLOW, Reason, decimal, format, map, map2, rows, try_map, try_map2};
use crate::data::DataType;
use crate::expr::eval::Kernel;
use crate::expr::vector::Vector;

/// A function of one DOUBLE that is defined everywhere (perhaps as NaN).
pub(in crate::expr) fn double(f: fn(f64) -> f64) -> Kernel {
    Arc::new(move |args, _| map(&args[0], f))
}

/// A function of two DOUBLEs that is defined everywhere.
pub(in crate::expr) fn double2(f: fn(f64, f64) -> f64) -> Kernel {
    Arc::new(move |args, run| map2(&args[0], &args[1], run, f))
}

/// A logarithm: of a number that is not positive there is none.
pub(in crate::expr) fn logarithm(f: fn(f64) -> f64) -> Kernel {
    Arc::new(move |args, run| {
        try_map(
            &args[0],
            run,
            |x: f64| (x > 0.0 || x.is_nan()).then(|| f(x)),
            |x: f64| Reason::Owned(format!("there is no logarithm of {x}")),
        )
    })
}

/// `LOG(base, x)`: the base is greater than 1.
pub(in crate::expr) fn logarithm_to_base() -> Kernel {
    Arc::new(|args, run| {
        try_map2(
            &args[0],
            &args[1],
            run,
            |base: f64, x: f64| (base > 1.0 && x > 0.0).then(|| x.ln() / base.ln()),
            |base: f64, x: f64| Reason::Owned(format!("there is no logarithm of {x} to the base {base}")),
        )
    })
}

/// `ABS`.
pub(in crate::expr) fn abs(data_type: &DataType) -> Option<Kernel> {
    fn int<T: Int>() -> Kernel {
        Arc::new(|args, run| try_map(&args[0], run, T::abs, |_| Reason::Borrowed(T::OVERFLOW)))
    }
    fn float<T: Float>() -> Kernel {
        Arc::new(|args, _| map(&args[0], |x: T| x.abs()))
    }
    match data_type {
        DataType::Decimal(..) => Some(Arc::new(|args, _| map(&args[0], i128::wrapping_abs))),
        _ => for_number!(data_type, int, float),
    }
}

/// `SIGN`: −1, 0 or 1 in the type of the argument.
pub(in crate::expr) fn sign(data_type: &DataType) -> Option<Kernel> {
    fn int<T: Int>() -> Kernel {
        Arc::new(|args, _| map(&args[0], |x: T| x.signum()))
    }
    fn float<T: Float>() -> Kernel {
        Arc::new(|args, _| {
            map(&args[0], |x: T| {
                let x = x.to_f64();
                T::of_f64(if x == 0.0 || x.is_nan() { x } else { x.signum() })
            })
        })
    }
    match data_type {
        DataType::Decimal(precision, scale) => {
            // Where every digit is behind the point, one is not a number of this type.
            let one = decimal::rescale(1, 0, *scale, *precision);
            Some(Arc::new(move |args, run| {
                try_map(
                    &args[0],
                    run,
                    |x: i128| if x == 0 { Some(0) } else { Some(one? * x.signum()) },
                    |_| OVERFLOW,
                )
            }))
        }
        _ => for_number!(data_type, int, float),
    }
}

/// Which way [`whole`] rounds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::expr) enum Rounding {
    Down,
    Up,
}

/// `FLOOR` and `CEIL`: DECIMAL to one without digits behind the point, floating-point numbers in their type, integers as they are.
pub(in crate::expr) fn whole(data_type: &DataType, rounding: Rounding, precision: u8) -> Option<Kernel> {
    let down = rounding == Rounding::Down;
    Some(match data_type {
        DataType::Decimal(_, scale) => {
            let divisor = decimal::pow10(*scale);
            Arc::new(move |args, run| {
                let f = |x: i128| {
                    let floor = x.div_euclid(divisor);
                    let value = if down || x.rem_euclid(divisor) == 0 { floor } else { floor + 1 };
                    decimal::fits(value, precision).then_some(value)
                };
                try_map(&args[0], run, f, |_| OVERFLOW)
            })
        }
        DataType::Float => Arc::new(move |args, _| map(&args[0], if down { f32::floor } else { f32::ceil })),
        DataType::Double => Arc::new(move |args, _| map(&args[0], if down { f64::floor } else { f64::ceil })),
        _ => Arc::new(|args, _| args[0].clone()),
    })
}

/// `ROUND` and `TRUNCATE` to the places that the second argument says. For decimals `to` is precision and scale of the result.
pub(in crate::expr) fn round(data_type: &DataType, to: (u8, u8), truncate: bool) -> Option<Kernel> {
    fn places(args: &[Vector], row: usize) -> i64 {
        args.get(1).map_or(0, |arg| arg.lane::<i64>().at(row)).clamp(-400, 400)
    }
    fn int<T: Int>(truncate: bool) -> Kernel {
        Arc::new(move |args, run| {
            let lane = args[0].lane::<T>();
            let all: Vec<&Vector> = args.iter().collect();
            rows(&all, run, |row| {
                let (value, places) = (lane.at(row).widen(), places(args, row));
                let rounded = round_decimal(value, 0, places, truncate);
                T::narrow(rounded).map(Some).ok_or(Reason::Borrowed(T::OVERFLOW))
            })
        })
    }
    fn float<T: Float>(truncate: bool) -> Kernel {
        Arc::new(move |args, run| {
            let lane = args[0].lane::<T>();
            let all: Vec<&Vector> = args.iter().collect();
            rows(&all, run, |row| {
                Ok(Some(T::of_f64(format::round(lane.at(row).to_f64(), places(args, row) as i32, truncate))))
            })
        })
    }
    match data_type {
        DataType::Decimal(_, scale) => {
            let scale = *scale;
            Some(Arc::new(move |args, run| {
                let lane = args[0].lane::<i128>();
                let all: Vec<&Vector> = args.iter().collect();
                rows(&all, run, |row| {
                    let value = round_decimal(lane.at(row), scale, places(args, row), truncate);
                    decimal::rescale(value, scale, to.1, to.0).map(Some).ok_or(OVERFLOW)
                })
            }))
        }
        _ => for_number!(data_type, int, float, truncate),
    }
}

/// A decimal rounded half away from zero to some places behind the point (before it where negative), at its own scale.
fn round_decimal(value: i128, scale: u8, places: i64, truncate: bool) -> i128 {
    let drop = i64::from(scale) - places;
    if drop <= 0 {
        return value;
    }
    let Ok(drop) = u8::try_from(drop.min(39)) else { return 0 };
    if drop > 38 {
        return 0;
    }
    let unit = decimal::pow10(drop);
    if truncate {
        value / unit * unit
    } else {
        // Rounding up the largest values leaves 38 digits, which the caller's check finds.
        decimal::drop_digits(value, drop).saturating_mul(unit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_rounded_at_any_place() {
        assert_eq!(round_decimal(12_345, 2, 1, false), 12_350);
        assert_eq!(round_decimal(-12_345, 2, 1, false), -12_350);
        assert_eq!(round_decimal(12_345, 2, -1, false), 12_000);
        assert_eq!(round_decimal(12_345, 2, 1, true), 12_340);
        assert_eq!(round_decimal(12_345, 2, 9, false), 12_345);
        assert_eq!(round_decimal(i128::MAX, 0, -400, false), 0);
    }
}
