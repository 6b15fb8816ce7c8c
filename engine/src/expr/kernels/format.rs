//! Numbers as text, without an allocation each: the shortest digits of a double, and the forms that Java and so Flink print.

use std::fmt::Write as _;

use crate::data::value::civil_from_days;

/// A small text buffer on the stack. What does not fit is cut, which no number's text is.
pub(in crate::expr) struct Stack {
    bytes: [u8; 64],
    len: usize,
}

impl Default for Stack {
    fn default() -> Stack {
        Stack { bytes: [0; 64], len: 0 }
    }
}

impl Stack {
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..self.len]).unwrap_or_default()
    }

    /// Writes `digits` times 10 to the power of `exponent`.
    pub fn number(&mut self, digits: i128, exponent: i32) {
        // Writing to a stack buffer cannot fail but by being cut.
        let _ = write!(self, "{digits}e{exponent}");
    }
}

impl std::fmt::Write for Stack {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        let room = self.bytes.get_mut(self.len..self.len + text.len()).ok_or(std::fmt::Error)?;
        room.copy_from_slice(text.as_bytes());
        self.len += text.len();
        Ok(())
    }
}

/// The shortest decimal number that reads back as `value`: signed digits and a power of ten. `None` for NaN and the infinities.
pub(in crate::expr) fn shortest(value: f64) -> Option<(i64, i32)> {
    if !value.is_finite() {
        return None;
    }
    let mut text = Stack::default();
    write!(text, "{value:e}").ok()?;
    read_scientific(text.as_str())
}

fn shortest_f32(value: f32) -> Option<(i64, i32)> {
    if !value.is_finite() {
        return None;
    }
    let mut text = Stack::default();
    write!(text, "{value:e}").ok()?;
    read_scientific(text.as_str())
}

fn read_scientific(text: &str) -> Option<(i64, i32)> {
    let (mantissa, exponent) = text.split_once('e')?;
    let (negative, mantissa) = mantissa.strip_prefix('-').map_or((false, mantissa), |rest| (true, rest));
    let (mut digits, mut n_fraction, mut behind_point) = (0i64, 0i32, false);
    for byte in mantissa.bytes() {
        if byte == b'.' {
            behind_point = true;
        } else {
            digits = digits * 10 + i64::from(byte - b'0');
            n_fraction += i32::from(behind_point);
        }
    }
    Some((if negative { -digits } else { digits }, exponent.parse::<i32>().ok()? - n_fraction))
}

/// `value` rounded half away from zero to `places` digits behind the point (before it, where negative), looking at the shortest text.
pub(in crate::expr) fn round(value: f64, places: i32, truncate: bool) -> f64 {
    let Some((digits, exponent)) = shortest(value) else { return value };
    let drop = -(i64::from(exponent) + i64::from(places));
    if drop <= 0 || digits == 0 {
        return value;
    }
    if drop > 18 {
        return 0.0_f64.copysign(value);
    }
    let divisor = 10i64.pow(drop as u32);
    let (mut quotient, rest) = (digits / divisor, digits % divisor);
    if !truncate && rest.abs() >= divisor / 2 {
        quotient += digits.signum();
    }
    if quotient == 0 {
        return 0.0_f64.copysign(value);
    }
    let mut text = Stack::default();
    text.number(quotient.into(), -places);
    text.as_str().parse().unwrap_or(value)
}

/// A double as Java prints it: `1.0`, `0.001`, `1.0E7`, `NaN`, `-Infinity`.
pub(in crate::expr) fn write_f64(value: f64, out: &mut String) {
    match shortest(value) {
        Some(parts) => write_java(parts, value.is_sign_negative(), out),
        None => write_special(value, out),
    }
}

/// A float as Java prints it.
pub(in crate::expr) fn write_f32(value: f32, out: &mut String) {
    match shortest_f32(value) {
        Some(parts) => write_java(parts, value.is_sign_negative(), out),
        None => write_special(value.into(), out),
    }
}

fn write_special(value: f64, out: &mut String) {
    out.push_str(if value.is_nan() {
        "NaN"
    } else if value > 0.0 {
        "Infinity"
    } else {
        "-Infinity"
    });
}

fn write_java((digits, exponent): (i64, i32), negative: bool, out: &mut String) {
    let mut text = Stack::default();
    // Writing to a buffer that is large enough cannot fail.
    let _ = write!(text, "{}", digits.unsigned_abs());
    let digits = text.as_str();
    if negative {
        out.push('-');
    }
    // The place of the point, counted from the first digit.
    let point = digits.len() as i32 + exponent;
    let zeros = |n: i32, out: &mut String| (0..n).for_each(|_| out.push('0'));
    if digits == "0" {
        out.push_str("0.0");
    } else if (-2..=7).contains(&point) {
        if point <= 0 {
            out.push_str("0.");
            zeros(-point, out);
            out.push_str(digits);
        } else if digits.len() as i32 <= point {
            out.push_str(digits);
            zeros(point - digits.len() as i32, out);
            out.push_str(".0");
        } else {
            out.push_str(&digits[..point as usize]);
            out.push('.');
            out.push_str(&digits[point as usize..]);
        }
    } else {
        out.push_str(&digits[..1]);
        out.push('.');
        out.push_str(if digits.len() > 1 { &digits[1..] } else { "0" });
        let _ = write!(out, "E{}", point - 1);
    }
}

/// A decimal number with exactly `scale` digits behind the point.
pub(in crate::expr) fn write_decimal(value: i128, scale: u8, out: &mut String) {
    let mut text = Stack::default();
    let _ = write!(text, "{:0>width$}", value.unsigned_abs(), width = usize::from(scale) + 1);
    let (whole, fraction) = text.as_str().split_at(text.len - usize::from(scale));
    if value < 0 {
        out.push('-');
    }
    out.push_str(whole);
    if !fraction.is_empty() {
        out.push('.');
        out.push_str(fraction);
    }
}

/// `YYYY-MM-DD` of days since the epoch, as [`crate::data::Value`] prints it.
pub(in crate::expr) fn write_date(days: i64, out: &mut String) {
    let (year, month, day) = civil_from_days(days);
    // Writing to a String cannot fail.
    let _ = if (0..=9999).contains(&year) {
        write!(out, "{year:04}-{month:02}-{day:02}")
    } else {
        write!(out, "{year:+05}-{month:02}-{day:02}")
    };
}

/// `HH:MM:SS.mmm` of milliseconds of a day.
pub(in crate::expr) fn write_time(millis: i64, out: &mut String) {
    let (seconds, millis) = (millis / 1000, millis % 1000);
    let _ = write!(out, "{:02}:{:02}:{:02}.{millis:03}", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

/// `YYYY-MM-DD HH:MM:SS` of milliseconds since the epoch, finer digits cut off.
pub(in crate::expr) fn write_seconds(millis: i64, out: &mut String) {
    write_timestamp(millis, out);
    out.truncate(out.len() - ".000".len());
}

/// `YYYY-MM-DD HH:MM:SS.mmm` of milliseconds since the epoch.
pub(in crate::expr) fn write_timestamp(millis: i64, out: &mut String) {
    write_date(millis.div_euclid(86_400_000), out);
    out.push(' ');
    write_time(millis.rem_euclid(86_400_000), out);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn java(value: f64) -> String {
        let mut out = String::new();
        write_f64(value, &mut out);
        out
    }

    #[test]
    fn doubles_print_as_java_prints_them() {
        for (value, text) in [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.0, "1.0"),
            (123.456, "123.456"),
            (0.001, "0.001"),
            (0.000_999, "9.99E-4"),
            (9_999_999.0, "9999999.0"),
            (1e7, "1.0E7"),
            (-1.5e300, "-1.5E300"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-Infinity"),
            (f64::MIN_POSITIVE, "2.2250738585072014E-308"),
        ] {
            assert_eq!(java(value), text);
        }
        let mut out = String::new();
        write_f32(0.1, &mut out);
        assert_eq!(out, "0.1");
    }

    #[test]
    fn times_print_as_values_do() {
        use crate::data::value::format_timestamp;
        for millis in [0, -1, 1_357_034_400_250, i64::MIN, i64::MAX] {
            let mut out = String::new();
            write_timestamp(millis, &mut out);
            assert_eq!(out, format_timestamp(millis));
        }
    }

    #[test]
    fn rounding_looks_at_the_shortest_text() {
        assert_eq!(round(1.005, 2, false), 1.01);
        assert_eq!(round(-2.5, 0, false), -3.0);
        assert_eq!(round(1234.0, -2, false), 1200.0);
        assert_eq!(round(1.999, 2, true), 1.99);
        assert_eq!(round(5e-324, 3, false), 0.0);
        assert_eq!(round(1e300, 400, false), 1e300);
        assert!(round(f64::NAN, 1, false).is_nan());
    }
}
