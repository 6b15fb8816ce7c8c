//! `CAST`: from every type to every type that Flink allows it for. What does not fit makes the row faulty; it is never cut.

use std::fmt::Write as _;
use std::sync::Arc;

use chrono_tz::Tz;
use polars_arrow::array::{MutableBinaryViewArray, Utf8ViewArray};

use super::arith::{Float, Int, for_number};
use super::calendar::{self, DAY};
use super::{Reason, decimal, format, map, n_rows, overflowing_map, rows, text_rows, try_map};
use crate::data::DataType;
use crate::expr::eval::Kernel;
use crate::expr::parse::shorten;
use crate::expr::vector::{Data, Physical, Vector};

const NANOS_PER_MILLI: i64 = 1_000_000;

/// The cast from one type to another, if there is one.
pub(in crate::expr) fn cast(from: &DataType, to: &DataType, zone: Tz) -> Option<Kernel> {
    use DataType::{Boolean, Bytes, Date, Decimal, String, Time, Timestamp, TimestampLtz};
    if from == to {
        return Some(Arc::new(|args, _| args[0].clone()));
    }
    match (from, to) {
        (String, _) => from_text(to, zone),
        (_, String) => to_text(from, zone),
        (Boolean, Decimal(precision, scale)) => {
            let one = decimal::rescale(1, 0, *scale, *precision)?;
            Some(Arc::new(move |args, _| bool_to(&args[0], 0i128, one)))
        }
        (Boolean, _) => for_number!(to, bool_to_number, bool_to_number),
        (Decimal(..), Boolean) => Some(Arc::new(|args, _| test(&args[0], |x: i128| x != 0))),
        (_, Boolean) => for_number!(from, number_to_bool, number_to_bool),
        (Decimal(_, s1), Decimal(precision, scale)) => {
            let (s1, precision, scale) = (*s1, *precision, *scale);
            Some(decimal_kernel(s1, to, move |x| decimal::rescale(x, s1, scale, precision)))
        }
        (Decimal(_, scale), _) => decimal_to_number(*scale, to),
        (_, Decimal(precision, scale)) => {
            for_number!(from, int_to_decimal, float_to_decimal, *precision, *scale)
        }
        (from, to) if from.is_numeric() && to.is_numeric() => {
            for_number!(from, int_to_number, float_to_number, to)?
        }
        (Date, Timestamp) => Some(Arc::new(|args, _| map(&args[0], |days: i32| i64::from(days) * DAY))),
        (Date, TimestampLtz) => {
            Some(zoned(move |days: i32| calendar::to_instant(zone, i64::from(days) * DAY)))
        }
        (Timestamp, TimestampLtz) => Some(zoned(move |local: i64| calendar::to_instant(zone, local))),
        (TimestampLtz, Timestamp) => Some(zoned(move |instant: i64| calendar::to_local(zone, instant))),
        (Timestamp, Date) => Some(zoned(|local: i64| i32::try_from(local.div_euclid(DAY)).ok())),
        (TimestampLtz, Date) => Some(zoned(move |instant: i64| {
            i32::try_from(calendar::to_local(zone, instant)?.div_euclid(DAY)).ok()
        })),
        (Timestamp, Time) => {
            Some(Arc::new(|args, _| map(&args[0], |local: i64| local.rem_euclid(DAY) * NANOS_PER_MILLI)))
        }
        (TimestampLtz, Time) => Some(zoned(move |instant: i64| {
            Some(calendar::to_local(zone, instant)?.rem_euclid(DAY) * NANOS_PER_MILLI)
        })),
        (Bytes, _) | (_, Bytes) => None,
        _ => None,
    }
}

fn does_not_fit(to: &DataType) -> impl Fn(&dyn std::fmt::Display) -> Reason + Send + Sync + 'static {
    let to = to.to_string();
    move |value| Reason::Owned(format!("{value} does not fit {to}"))
}

fn zoned<A: Physical, R: Physical>(f: impl Fn(A) -> Option<R> + Send + Sync + 'static) -> Kernel {
    Arc::new(move |args, run| {
        try_map(&args[0], run, &f, |_| Reason::Borrowed("a time outside of the calendar's range"))
    })
}

/// Booleans as numbers.
fn bool_to<T: Physical>(arg: &Vector, zero: T, one: T) -> Vector {
    let values = arg.bool_array().values().iter().map(|value| if value { one } else { zero }).collect();
    Vector::numbers(values, arg.validity(), arg.constant)
}

trait FromBool {
    const ONE: Self;
}
macro_rules! from_bool {
    ($($native:ty => $one:literal),*) => { $(impl FromBool for $native { const ONE: $native = $one; })* };
}
from_bool!(i8 => 1, i16 => 1, i32 => 1, i64 => 1, f32 => 1.0, f64 => 1.0);

fn bool_to_number<T: Physical + FromBool>() -> Kernel {
    Arc::new(|args, _| bool_to(&args[0], T::default(), T::ONE))
}

fn test<T: Physical>(arg: &Vector, f: impl Fn(T) -> bool) -> Vector {
    Vector::bools(T::of(arg).values().iter().map(|&value| f(value)).collect(), arg.validity(), arg.constant)
}

fn number_to_bool<T: Physical + PartialEq>() -> Kernel {
    Arc::new(|args, _| test(&args[0], |value: T| value != T::default()))
}

fn int_to_number<A: Int + std::fmt::Display>(to: &DataType) -> Option<Kernel> {
    fn int<A: Int + std::fmt::Display, B: Int>(to: &DataType) -> Kernel {
        let why = does_not_fit(to);
        Arc::new(move |args, run| {
            overflowing_map(&args[0], run, |x: A| B::cut(x.widen() as i64), |x: A| why(&x))
        })
    }
    match to {
        DataType::TinyInt => Some(int::<A, i8>(to)),
        DataType::SmallInt => Some(int::<A, i16>(to)),
        DataType::Int => Some(int::<A, i32>(to)),
        DataType::BigInt => Some(Arc::new(|args, _| map(&args[0], |x: A| x.widen() as i64))),
        DataType::Float => Some(Arc::new(|args, _| map(&args[0], |x: A| x.widen() as f32))),
        DataType::Double => Some(Arc::new(|args, _| map(&args[0], |x: A| x.widen() as f64))),
        _ => None,
    }
}

/// Cuts off what stands behind the point; `None` where the rest does not fit.
fn truncate<B: Int>(value: f64) -> Option<B> {
    // Beyond this no integer type has anything, and NaN fails the comparison.
    if value.abs() < 1e30 { B::narrow(value.trunc() as i128) } else { None }
}

fn float_to_number<A: Float>(to: &DataType) -> Option<Kernel> {
    fn int<A: Float, B: Int>(to: &DataType) -> Kernel {
        let why = does_not_fit(to);
        Arc::new(move |args, run| {
            try_map(&args[0], run, |x: A| truncate::<B>(x.to_f64()), |x: A| why(&x.to_f64()))
        })
    }
    match to {
        DataType::TinyInt => Some(int::<A, i8>(to)),
        DataType::SmallInt => Some(int::<A, i16>(to)),
        DataType::Int => Some(int::<A, i32>(to)),
        DataType::BigInt => Some(int::<A, i64>(to)),
        DataType::Float => Some(Arc::new(|args, _| map(&args[0], |x: A| x.to_f64() as f32))),
        DataType::Double => Some(Arc::new(|args, _| map(&args[0], |x: A| x.to_f64()))),
        _ => None,
    }
}

fn int_to_decimal<A: Int + std::fmt::Display>(precision: u8, scale: u8) -> Kernel {
    // Every integer fits, as in what is made for arithmetic.
    if A::MAX_DIGITS + scale <= precision {
        let factor = decimal::pow10(scale);
        return Arc::new(move |args, _| map(&args[0], |x: A| x.widen() * factor));
    }
    let why = does_not_fit(&DataType::Decimal(precision, scale));
    Arc::new(move |args, run| {
        try_map(&args[0], run, |x: A| decimal::rescale(x.widen(), 0, scale, precision), |x: A| why(&x))
    })
}

fn float_to_decimal<A: Float>(precision: u8, scale: u8) -> Kernel {
    let why = does_not_fit(&DataType::Decimal(precision, scale));
    Arc::new(move |args, run| {
        try_map(
            &args[0],
            run,
            |x: A| decimal::from_f64(x.to_f64(), precision, scale),
            |x: A| why(&x.to_f64()),
        )
    })
}

fn decimal_kernel<R: Physical>(
    scale: u8,
    to: &DataType,
    f: impl Fn(i128) -> Option<R> + Send + Sync + 'static,
) -> Kernel {
    let why = does_not_fit(to);
    Arc::new(move |args, run| {
        try_map(&args[0], run, &f, |x: i128| {
            let mut text = String::new();
            format::write_decimal(x, scale, &mut text);
            why(&text)
        })
    })
}

fn decimal_to_number(scale: u8, to: &DataType) -> Option<Kernel> {
    let divisor = decimal::pow10(scale);
    Some(match to {
        DataType::TinyInt => decimal_kernel(scale, to, move |x| i8::narrow(x / divisor)),
        DataType::SmallInt => decimal_kernel(scale, to, move |x| i16::narrow(x / divisor)),
        DataType::Int => decimal_kernel(scale, to, move |x| i32::narrow(x / divisor)),
        DataType::BigInt => decimal_kernel(scale, to, move |x| i64::narrow(x / divisor)),
        DataType::Float => Arc::new(move |args, _| map(&args[0], |x| decimal::to_f64(x, scale) as f32)),
        DataType::Double => Arc::new(move |args, _| map(&args[0], |x| decimal::to_f64(x, scale))),
        _ => return None,
    })
}

/// Reads a truth value as Flink does.
pub(in crate::expr) fn parse_bool(text: &str) -> Option<bool> {
    let is = |words: [&str; 5]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    if is(["TRUE", "T", "YES", "Y", "1"]) {
        Some(true)
    } else if is(["FALSE", "F", "NO", "N", "0"]) {
        Some(false)
    } else {
        None
    }
}

/// Reads an integer; digits behind a point are dropped, as Flink drops them.
fn parse_int<T: Int>(text: &str) -> Option<T> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    T::narrow(whole.parse::<i64>().ok()?.into())
}

fn from_text(to: &DataType, zone: Tz) -> Option<Kernel> {
    fn parsed<R: Physical>(to: &DataType, f: impl Fn(&str) -> Option<R> + Send + Sync + 'static) -> Kernel {
        let why = cannot_cast(to);
        Arc::new(move |args, run| {
            let texts = args[0].text();
            rows(&[&args[0]], run, |row| {
                let text = texts.at(row);
                f(text.trim()).map(Some).ok_or_else(|| why(text))
            })
        })
    }
    Some(match to {
        DataType::Boolean => {
            let why = cannot_cast(to);
            Arc::new(move |args, run| {
                let texts = args[0].text();
                super::bool_rows(&[&args[0]], run, |row| {
                    let text = texts.at(row);
                    parse_bool(text.trim()).map(Some).ok_or_else(|| why(text))
                })
            })
        }
        DataType::TinyInt => parsed(to, parse_int::<i8>),
        DataType::SmallInt => parsed(to, parse_int::<i16>),
        DataType::Int => parsed(to, parse_int::<i32>),
        DataType::BigInt => parsed(to, parse_int::<i64>),
        DataType::Float => parsed(to, |text| text.parse::<f32>().ok()),
        DataType::Double => parsed(to, |text| text.parse::<f64>().ok()),
        DataType::Decimal(precision, scale) => {
            let (precision, scale) = (*precision, *scale);
            parsed(to, move |text| decimal::parse(text, precision, scale))
        }
        DataType::Date => parsed(to, |text| {
            calendar::parse_date(text)
                .or_else(|| i32::try_from(calendar::parse_timestamp(text)?.div_euclid(DAY)).ok())
        }),
        DataType::Time => parsed(to, |text| Some(calendar::parse_time(text)? * NANOS_PER_MILLI)),
        DataType::Timestamp => parsed(to, calendar::parse_timestamp),
        DataType::TimestampLtz => {
            parsed(to, move |text| calendar::to_instant(zone, calendar::parse_timestamp(text)?))
        }
        DataType::Bytes => Arc::new(|args, run| {
            let texts = args[0].text();
            let n = n_rows(&[&args[0]], run);
            let mut bytes = MutableBinaryViewArray::<[u8]>::with_capacity(n);
            (0..n).for_each(|row| bytes.push_value(texts.at(row).as_bytes()));
            Vector::new(Data::Bytes(bytes.freeze()), args[0].constant).with_validity(args[0].validity())
        }),
        _ => return None,
    })
}

fn cannot_cast(to: &DataType) -> impl Fn(&str) -> Reason + Send + Sync + 'static {
    let to = to.to_string();
    move |text| Reason::Owned(format!("cannot cast '{}' to {to}", shorten(text)))
}

/// Writes the text of each value.
fn written<T: Physical>(f: impl Fn(T, &mut String) + Send + Sync + 'static) -> Kernel {
    Arc::new(move |args, run| {
        let lane = args[0].lane::<T>();
        text_rows(&[&args[0]], run, |row, out| {
            f(lane.at(row), out);
            Ok(true)
        })
    })
}

fn to_text(from: &DataType, zone: Tz) -> Option<Kernel> {
    fn display<T: Physical + std::fmt::Display>() -> Kernel {
        written(|value: T, out| {
            // Writing to a String cannot fail.
            let _ = write!(out, "{value}");
        })
    }
    Some(match from {
        DataType::Boolean => Arc::new(|args, _| {
            let array = Utf8ViewArray::from_slice_values(["FALSE", "TRUE"]);
            let arg = &args[0];
            let mut texts = MutableBinaryViewArray::<str>::with_capacity(arg.len());
            arg.bool_array()
                .values()
                .iter()
                .for_each(|value| texts.push_value(array.value(usize::from(value))));
            Vector::new(Data::Text(texts.freeze()), arg.constant).with_validity(arg.validity())
        }),
        DataType::TinyInt => display::<i8>(),
        DataType::SmallInt => display::<i16>(),
        DataType::Int => display::<i32>(),
        DataType::BigInt => display::<i64>(),
        DataType::Float => written(format::write_f32),
        DataType::Double => written(format::write_f64),
        DataType::Decimal(_, scale) => {
            let scale = *scale;
            written(move |value, out| format::write_decimal(value, scale, out))
        }
        DataType::Date => written(|days: i32, out| format::write_date(i64::from(days), out)),
        DataType::Time => {
            written(|nanos: i64, out| format::write_time(nanos.div_euclid(NANOS_PER_MILLI), out))
        }
        DataType::Timestamp => written(format::write_timestamp),
        DataType::TimestampLtz => Arc::new(move |args, run| {
            let lane = args[0].lane::<i64>();
            text_rows(&[&args[0]], run, |row, out| {
                let local = calendar::to_local(zone, lane.at(row));
                let local = local.ok_or(Reason::Borrowed("a time outside of the calendar's range"))?;
                format::write_timestamp(local, out);
                Ok(true)
            })
        }),
        DataType::Bytes => Arc::new(|args, run| {
            let Data::Bytes(bytes) = &args[0].data else { return args[0].clone() };
            let constant = args[0].constant;
            text_rows(&[&args[0]], run, |row, out| {
                let text = std::str::from_utf8(bytes.value(if constant { 0 } else { row }));
                out.push_str(text.map_err(|_| Reason::Borrowed("the bytes are not UTF-8 text"))?);
                Ok(true)
            })
        }),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pair_of_types_has_a_cast_or_has_none_like_flink() {
        use DataType::{
            BigInt, Boolean, Bytes, Date, Decimal, Double, Float, Int, SmallInt, String, Time, Timestamp,
            TimestampLtz, TinyInt,
        };
        let types = [
            Boolean,
            TinyInt,
            SmallInt,
            Int,
            BigInt,
            Float,
            Double,
            Decimal(10, 2),
            String,
            Bytes,
            Date,
            Time,
            Timestamp,
            TimestampLtz,
        ];
        for from in &types {
            for to in &types {
                let number = |t: &DataType| t.is_numeric() || *t == Boolean;
                let day = |t: &DataType| t.is_timestamp() || *t == Date;
                let expected = from == to
                    || *from == String
                    || *to == String
                    || (number(from) && number(to))
                    || (day(from) && day(to))
                    || (from.is_timestamp() && *to == Time);
                assert_eq!(cast(from, to, Tz::UTC).is_some(), expected, "{from} to {to}");
            }
        }
    }
}
