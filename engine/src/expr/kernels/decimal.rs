//! Decimal numbers: an unscaled integer and a scale. Exact, rounded half up where digits are dropped, with 256 bits in between where
//! 128 do not suffice.

use std::cmp::Ordering;

use ethnum::I256;

/// The powers of 10 that 128 bits hold: looked up for every row, where working them out would take longer than the rest.
const POWERS_OF_10: [i128; 39] = {
    let mut powers = [1; 39];
    let mut n = 1;
    while n < powers.len() {
        powers[n] = powers[n - 1] * 10;
        n += 1;
    }
    powers
};

/// 10 to the power of `n`, for `n` up to 38.
#[inline]
pub(in crate::expr) const fn pow10(n: u8) -> i128 {
    POWERS_OF_10[if n > 38 { 38 } else { n as usize }]
}

/// Whether `value` has at most `precision` digits.
#[inline]
pub(in crate::expr) fn fits(value: i128, precision: u8) -> bool {
    value.unsigned_abs() < pow10(precision).unsigned_abs()
}

fn wide_pow10(n: u8) -> Option<I256> {
    (n <= 76).then(|| I256::new(10).pow(u32::from(n)))
}

/// `value` divided by 10 to the power of `digits`, rounded half away from zero.
fn drop_digits_wide(value: I256, digits: u8) -> Option<I256> {
    if digits == 0 {
        return Some(value);
    }
    let divisor = wide_pow10(digits)?;
    Some(divide_half_up(value, divisor))
}

fn divide_half_up(value: I256, divisor: I256) -> I256 {
    let (quotient, remainder) = (value / divisor, value % divisor);
    // Twice the remainder could overflow; the distance to the divisor cannot.
    if remainder != I256::ZERO
        && remainder.unsigned_abs() >= divisor.unsigned_abs() - remainder.unsigned_abs()
    {
        if (value < 0) == (divisor < 0) { quotient + 1 } else { quotient - 1 }
    } else {
        quotient
    }
}

fn narrow(value: I256, precision: u8) -> Option<i128> {
    i128::try_from(value).ok().filter(|&value| fits(value, precision))
}

/// The same number with another scale; `None` where it does not fit.
#[inline]
pub(in crate::expr) fn rescale(value: i128, from: u8, to: u8, precision: u8) -> Option<i128> {
    let result =
        if to >= from { exact_product(value, pow10(to - from))? } else { drop_digits(value, from - to) };
    fits(result, precision).then_some(result)
}

/// `value` divided by 10 to the power of `digits`, rounded half away from zero.
pub(in crate::expr) fn drop_digits(value: i128, digits: u8) -> i128 {
    if digits > 38 {
        return 0;
    }
    let divisor = pow10(digits);
    let (quotient, remainder) = (value / divisor, value % divisor);
    if digits > 0 && remainder.unsigned_abs() >= (divisor / 2).unsigned_abs() {
        quotient + value.signum()
    } else {
        quotient
    }
}

/// `a + b`.
#[inline]
pub(in crate::expr) fn add(a: i128, s1: u8, b: i128, s2: u8, precision: u8, scale: u8) -> Option<i128> {
    let exact = s1.max(s2);
    if exact == scale
        && let (Some(a), Some(b)) = (a.checked_mul(pow10(scale - s1)), b.checked_mul(pow10(scale - s2)))
        && let Some(sum) = a.checked_add(b)
    {
        return fits(sum, precision).then_some(sum);
    }
    let sum = I256::new(a)
        .checked_mul(wide_pow10(exact - s1)?)?
        .checked_add(I256::new(b).checked_mul(wide_pow10(exact - s2)?)?)?;
    narrow(drop_digits_wide(sum, exact - scale)?, precision)
}

/// The product, where 128 bits hold it.
#[inline]
fn exact_product(a: i128, b: i128) -> Option<i128> {
    match (i64::try_from(a), i64::try_from(b)) {
        // One instruction, where the general case takes a call.
        (Ok(a), Ok(b)) => Some(i128::from(a) * i128::from(b)),
        _ => a.checked_mul(b),
    }
}

/// `a * b`, whose exact scale is `exact`.
#[inline]
pub(in crate::expr) fn mul(a: i128, b: i128, exact: u8, precision: u8, scale: u8) -> Option<i128> {
    if exact == scale
        && let Some(product) = exact_product(a, b)
    {
        return fits(product, precision).then_some(product);
    }
    let product = I256::new(a).checked_mul(I256::new(b))?;
    narrow(drop_digits_wide(product, exact - scale)?, precision)
}

/// `a / b`.
pub(in crate::expr) fn div(a: i128, s1: u8, b: i128, s2: u8, precision: u8, scale: u8) -> Option<i128> {
    if b == 0 {
        return None;
    }
    let shift = scale + s2 - s1;
    if shift <= 38
        && let Some(numerator) = a.checked_mul(pow10(shift))
    {
        let (quotient, rest) = (numerator / b, (numerator % b).unsigned_abs());
        let up = rest >= b.unsigned_abs() - rest;
        let quotient = if up { quotient + numerator.signum() * b.signum() } else { quotient };
        return fits(quotient, precision).then_some(quotient);
    }
    let numerator = I256::new(a).checked_mul(wide_pow10(shift)?)?;
    narrow(divide_half_up(numerator, I256::new(b)), precision)
}

/// The rest of `a / b`, with the sign of `a`.
pub(in crate::expr) fn rem(a: i128, s1: u8, b: i128, s2: u8, precision: u8, scale: u8) -> Option<i128> {
    if b == 0 {
        return None;
    }
    if let (Some(a), Some(b)) = (a.checked_mul(pow10(scale - s1)), b.checked_mul(pow10(scale - s2))) {
        return Some(a % b).filter(|&rest| fits(rest, precision));
    }
    let a = I256::new(a).checked_mul(wide_pow10(scale - s1)?)?;
    let b = I256::new(b).checked_mul(wide_pow10(scale - s2)?)?;
    narrow(a % b, precision)
}

/// How `a` stands to `b`.
#[inline]
pub(in crate::expr) fn compare(a: i128, s1: u8, b: i128, s2: u8) -> Ordering {
    if s1 == s2 {
        return a.cmp(&b);
    }
    let scale = s1.max(s2);
    match (a.checked_mul(pow10(scale - s1)), b.checked_mul(pow10(scale - s2))) {
        (Some(a), Some(b)) => a.cmp(&b),
        _ => {
            let wide = |value: i128, digits: u8| I256::new(value) * I256::new(pow10(digits));
            wide(a, scale - s1).cmp(&wide(b, scale - s2))
        }
    }
}

/// The nearest double.
pub(in crate::expr) fn to_f64(value: i128, scale: u8) -> f64 {
    const EXACT: u128 = 1 << 53;
    if value.unsigned_abs() < EXACT && scale <= 22 {
        return value as f64 / 10f64.powi(i32::from(scale));
    }
    // The text is rounded once where a division would round twice.
    let mut text = super::format::Stack::default();
    text.number(value, -i32::from(scale));
    text.as_str().parse().unwrap_or(f64::NAN)
}

/// The decimal nearest to the shortest text of a double, rounded half up; `None` where it does not fit.
pub(in crate::expr) fn from_f64(value: f64, precision: u8, scale: u8) -> Option<i128> {
    let (digits, exponent) = super::format::shortest(value)?;
    from_digits(digits.into(), exponent, precision, scale)
}

/// `digits` times 10 to the power of `exponent`, as a decimal.
pub(in crate::expr) fn from_digits(digits: i128, exponent: i32, precision: u8, scale: u8) -> Option<i128> {
    if digits == 0 {
        return Some(0);
    }
    let shift = exponent + i32::from(scale);
    let value = if shift > 38 {
        return None;
    } else if shift >= 0 {
        digits.checked_mul(pow10(shift as u8))?
    } else {
        drop_digits(digits, (-shift).min(39) as u8)
    };
    fits(value, precision).then_some(value)
}

/// Reads `-12.5`, `+.5`, `1.5e3`; digits beyond the scale are rounded half up. `None` if it is no number or does not fit.
pub(in crate::expr) fn parse(text: &str, precision: u8, scale: u8) -> Option<i128> {
    let (negative, rest) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let (mantissa, exponent) = match rest.find(['e', 'E']) {
        Some(at) => (&rest[..at], rest[at + 1..].parse::<i32>().ok().filter(|e| e.abs() < 10_000)?),
        None => (rest, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let (mut digits, mut dropped, mut n_dropped) = (0i128, false, 0i32);
    for byte in whole.bytes().chain(fraction.bytes()) {
        if !byte.is_ascii_digit() {
            return None;
        }
        // Past 38 digits only half and not half matter; the first digit dropped says which.
        if digits >= pow10(37) {
            n_dropped = n_dropped.checked_add(1)?;
            dropped |= byte != b'0';
            continue;
        }
        digits = digits * 10 + i128::from(byte - b'0');
    }
    let exponent = exponent.checked_sub(i32::try_from(fraction.len()).ok()?)?.checked_add(n_dropped)?;
    if n_dropped > 0 && dropped && exponent + i32::from(scale) >= 0 {
        // Digits that would be seen were lost: the number is too large for 38 digits.
        return None;
    }
    let value = from_digits(digits, exponent, precision, scale)?;
    Some(if negative { -value } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_dropped_half_away_from_zero() {
        assert_eq!(
            [drop_digits(25, 1), drop_digits(-25, 1), drop_digits(24, 1), drop_digits(-26, 1)],
            [3, -3, 2, -3]
        );
        assert_eq!(drop_digits(pow10(38) - 1, 38), 1);
        assert_eq!(drop_digits(i128::MAX, 39), 0);
    }

    #[test]
    fn products_and_quotients_are_exact_beyond_128_bits() {
        let large = pow10(37) + 7;
        assert_eq!(mul(large, large, 38, 38, 0), rescale_naive(large));
        assert_eq!(div(1, 0, 3, 0, 38, 37), Some((pow10(37) - 1) / 3));
        assert_eq!(div(2, 0, 3, 0, 7, 6), Some(666_667));
        assert_eq!(div(-2, 0, 3, 0, 7, 6), Some(-666_667));
        assert_eq!(rem(-75, 1, 2, 0, 3, 1), Some(-15));
        assert_eq!(compare(pow10(37), 0, pow10(37), 38), Ordering::Greater);
        assert_eq!(compare(150, 2, 15, 1), Ordering::Equal);
    }

    // (10^37 + 7)² / 10^38 = 10^36 + 14·10^37/10^38 + … = 10^36 + 1.4, rounded.
    fn rescale_naive(_: i128) -> Option<i128> {
        Some(pow10(36) + 1)
    }

    #[test]
    fn texts_of_any_length_are_read_and_rounded() {
        assert_eq!(parse("12.345", 5, 2), Some(1235));
        assert_eq!(parse("-.5", 1, 0), Some(-1));
        assert_eq!(parse("1e3", 4, 0), Some(1000));
        assert_eq!(parse("1e3", 3, 0), None);
        assert_eq!(parse(&format!("0.{}", "3".repeat(500)), 10, 3), Some(333));
        assert_eq!(parse(&"9".repeat(38), 38, 0), Some(pow10(38) - 1));
        assert_eq!(parse(&"9".repeat(39), 38, 0), None);
        for text in ["", "-", ".", "1.2.3", "1e", "x", "1 2", "1e99999999999"] {
            assert_eq!(parse(text, 38, 10), None, "{text}");
        }
    }

    #[test]
    fn doubles_and_decimals_meet_at_the_shortest_text() {
        assert_eq!(from_f64(0.1, 5, 3), Some(100));
        assert_eq!(from_f64(-1.005, 5, 2), Some(-101));
        assert_eq!(from_f64(1e40, 38, 0), None);
        assert_eq!(from_f64(f64::NAN, 38, 0), None);
        assert_eq!(to_f64(12_345, 2), 123.45);
        assert_eq!(to_f64(pow10(38) - 1, 0), 1e38);
    }
}
