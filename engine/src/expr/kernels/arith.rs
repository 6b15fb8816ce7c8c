//! Arithmetic: integers that fault on overflow, decimals that are exact, floating-point numbers by IEEE 754.

use std::sync::Arc;

use super::{DIVISION_BY_ZERO, OVERFLOW, Reason, decimal, map, map2, overflowing_map2, try_map, try_map2};
use crate::data::DataType;
use crate::expr::eval::Kernel;
use crate::expr::vector::Physical;

/// The five operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::expr) enum Arith {
    Add,
    Sub,
    Mul,
    Div,
    Rem,
}

/// Integers with arithmetic that notices overflow.
pub(in crate::expr) trait Int: Physical + Ord {
    const OVERFLOW: &'static str;
    /// The digits of the largest.
    const MAX_DIGITS: u8;
    fn add(self, other: Self) -> (Self, bool);
    fn sub(self, other: Self) -> (Self, bool);
    fn mul(self, other: Self) -> (Self, bool);
    fn div(self, other: Self) -> Option<Self>;
    fn rem(self, other: Self) -> Option<Self>;
    fn neg(self) -> Option<Self>;
    fn abs(self) -> Option<Self>;
    fn signum(self) -> Self;
    fn is_zero(self) -> bool;
    fn widen(self) -> i128;
    fn narrow(value: i128) -> Option<Self>;
    /// The lowest bits of a value, and whether they are another number than it.
    fn cut(value: i64) -> (Self, bool);
}

macro_rules! int {
    ($($native:ty, $name:literal, $digits:literal);*) => {
        $(impl Int for $native {
            const MAX_DIGITS: u8 = $digits;
            const OVERFLOW: &'static str = concat!("overflow of ", $name);
            #[inline]
            fn add(self, other: Self) -> (Self, bool) {
                // The sum is wrong exactly if both have another sign than it; said like this, the loop works on many at once.
                let sum = self.wrapping_add(other);
                (sum, ((self ^ sum) & (other ^ sum)) < 0)
            }
            #[inline]
            fn sub(self, other: Self) -> (Self, bool) {
                let difference = self.wrapping_sub(other);
                (difference, ((self ^ other) & (self ^ difference)) < 0)
            }
            #[inline]
            fn mul(self, other: Self) -> (Self, bool) { self.overflowing_mul(other) }
            #[inline]
            fn div(self, other: Self) -> Option<Self> { self.checked_div(other) }
            // The smallest integer by −1 leaves nothing; the processor calls that an overflow.
            #[inline]
            fn rem(self, other: Self) -> Option<Self> { (other != 0).then(|| self.wrapping_rem(other)) }
            #[inline]
            fn neg(self) -> Option<Self> { self.checked_neg() }
            #[inline]
            fn abs(self) -> Option<Self> { self.checked_abs() }
            #[inline]
            fn signum(self) -> Self { <$native>::signum(self) }
            #[inline]
            fn is_zero(self) -> bool { self == 0 }
            #[inline]
            fn widen(self) -> i128 { i128::from(self) }
            #[inline]
            fn narrow(value: i128) -> Option<Self> { <$native>::try_from(value).ok() }
            #[inline]
            fn cut(value: i64) -> (Self, bool) {
                let cut = value as $native;
                (cut, i64::from(cut) != value)
            }
        })*
    };
}
int!(i8, "TINYINT", 3; i16, "SMALLINT", 5; i32, "INT", 10; i64, "BIGINT", 19);

/// Calls a generic function for the number type that a SQL type is kept in; DECIMAL is not among them.
macro_rules! for_number {
    ($data_type:expr, $int:ident, $float:ident $(, $arg:expr)*) => {
        match $data_type {
            DataType::TinyInt => Some($int::<i8>($($arg),*)),
            DataType::SmallInt => Some($int::<i16>($($arg),*)),
            DataType::Int => Some($int::<i32>($($arg),*)),
            DataType::BigInt => Some($int::<i64>($($arg),*)),
            DataType::Float => Some($float::<f32>($($arg),*)),
            DataType::Double => Some($float::<f64>($($arg),*)),
            _ => None,
        }
    };
}
pub(in crate::expr) use for_number;

/// `a op b` for two arguments of the type `data_type`, which is no DECIMAL.
pub(in crate::expr) fn binary(op: Arith, data_type: &DataType) -> Option<Kernel> {
    for_number!(data_type, int_kernel, float_kernel, op)
}

fn int_kernel<T: Int>(op: Arith) -> Kernel {
    fn total<T: Int>(f: impl Fn(T, T) -> (T, bool) + Copy + Send + Sync + 'static) -> Kernel {
        Arc::new(move |args, run| overflowing_map2(&args[0], &args[1], run, f, T::OVERFLOW))
    }
    fn partial<T: Int>(f: impl Fn(T, T) -> Option<T> + Copy + Send + Sync + 'static) -> Kernel {
        Arc::new(move |args, run| {
            try_map2(&args[0], &args[1], run, f, |_: T, b: T| {
                if b.is_zero() { DIVISION_BY_ZERO } else { Reason::Borrowed(T::OVERFLOW) }
            })
        })
    }
    match op {
        Arith::Add => total(T::add),
        Arith::Sub => total(T::sub),
        Arith::Mul => total(T::mul),
        Arith::Div => partial(T::div),
        Arith::Rem => partial(T::rem),
    }
}

/// Floating-point numbers, for loops over both widths.
pub(in crate::expr) trait Float:
    Physical
    + PartialOrd
    + std::ops::Add<Output = Self>
    + std::ops::Sub<Output = Self>
    + std::ops::Mul<Output = Self>
    + std::ops::Div<Output = Self>
    + std::ops::Rem<Output = Self>
    + std::ops::Neg<Output = Self>
{
    fn abs(self) -> Self;
    fn to_f64(self) -> f64;
    fn of_f64(value: f64) -> Self;
}

macro_rules! float {
    ($($native:ty),*) => {
        $(impl Float for $native {
            #[inline]
            fn abs(self) -> Self { <$native>::abs(self) }
            #[inline]
            fn to_f64(self) -> f64 { f64::from(self) }
            #[inline]
            fn of_f64(value: f64) -> Self { value as $native }
        })*
    };
}
float!(f32, f64);

fn float_kernel<T: Float>(op: Arith) -> Kernel {
    fn kernel<T: Float>(f: impl Fn(T, T) -> T + Copy + Send + Sync + 'static) -> Kernel {
        Arc::new(move |args, run| map2(&args[0], &args[1], run, f))
    }
    match op {
        Arith::Add => kernel(|a: T, b: T| a + b),
        Arith::Sub => kernel(|a: T, b: T| a - b),
        Arith::Mul => kernel(|a: T, b: T| a * b),
        Arith::Div => kernel(|a: T, b: T| a / b),
        Arith::Rem => kernel(|a: T, b: T| a % b),
    }
}

/// `a op b` for decimals of the scales `s1` and `s2`, to a DECIMAL(`precision`, `scale`).
pub(in crate::expr) fn decimal_binary(op: Arith, s1: u8, s2: u8, precision: u8, scale: u8) -> Kernel {
    fn kernel(f: impl Fn(i128, i128) -> Option<i128> + Send + Sync + 'static) -> Kernel {
        Arc::new(move |args, run| try_map2(&args[0], &args[1], run, &f, |_, _| OVERFLOW))
    }
    match op {
        Arith::Add => kernel(move |a, b| decimal::add(a, s1, b, s2, precision, scale)),
        Arith::Sub => kernel(move |a, b| decimal::add(a, s1, b.checked_neg()?, s2, precision, scale)),
        Arith::Mul => kernel(move |a, b| decimal::mul(a, b, s1 + s2, precision, scale)),
        Arith::Div | Arith::Rem => {
            let f = move |a, b| match op {
                Arith::Div => decimal::div(a, s1, b, s2, precision, scale),
                _ => decimal::rem(a, s1, b, s2, precision, scale),
            };
            Arc::new(move |args, run| {
                try_map2(
                    &args[0],
                    &args[1],
                    run,
                    f,
                    |_, b: i128| if b == 0 { DIVISION_BY_ZERO } else { OVERFLOW },
                )
            })
        }
    }
}

/// `-x`.
pub(in crate::expr) fn negate(data_type: &DataType) -> Option<Kernel> {
    fn int<T: Int>() -> Kernel {
        Arc::new(|args, run| try_map(&args[0], run, T::neg, |_| Reason::Borrowed(T::OVERFLOW)))
    }
    fn float<T: Float>() -> Kernel {
        Arc::new(|args, _| map(&args[0], |x: T| -x))
    }
    match data_type {
        DataType::Decimal(..) => Some(Arc::new(|args, _| map(&args[0], i128::wrapping_neg))),
        _ => for_number!(data_type, int, float),
    }
}
