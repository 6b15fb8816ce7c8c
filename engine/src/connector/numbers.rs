//! Numbers as text, read into the types that columns have. Pure.

/// Why a text is no number of its type.
pub(crate) enum NumberFault {
    /// It is no such number.
    NotA,
    /// It is one, but the type does not reach so far.
    OutOfRange,
}

/// The bytes that pairs of hexadecimal digits stand for, in place of what `into` holds; answers whether the text is such.
#[inline]
pub(crate) fn bytes_of_hex(text: &[u8], into: &mut Vec<u8>) -> bool {
    into.clear();
    let (pairs, rest) = text.as_chunks::<2>();
    let nibble = |byte: u8| char::from(byte).to_digit(16).map(|digit| digit as u8);
    into.extend(pairs.iter().map_while(|[high, low]| Some(nibble(*high)? << 4 | nibble(*low)?)));
    rest.is_empty() && into.len() == pairs.len()
}

/// An optional sign and digits.
#[inline]
pub(crate) fn integer(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    if digits.is_empty() {
        return None;
    }
    if digits.len() <= 18 {
        let mut value = 0_i64;
        for byte in digits {
            let digit = byte.wrapping_sub(b'0');
            if digit > 9 {
                return None;
            }
            value = value * 10 + i64::from(digit);
        }
        return Some(if negative { -value } else { value });
    }
    let mut value = 0_i64;
    for byte in digits {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        // Downwards, for the smallest number has no positive counterpart.
        value = value.checked_mul(10)?.checked_sub(i64::from(digit))?;
    }
    if negative { Some(value) } else { value.checked_neg() }
}

/// A BIGINT.
#[inline]
pub(crate) fn big_int(text: &[u8]) -> Result<i64, NumberFault> {
    integer(text).ok_or_else(|| range_or_form(text))
}

/// A whole number of a narrower type.
#[inline]
pub(crate) fn narrow<T: TryFrom<i64>>(text: &[u8]) -> Result<T, NumberFault> {
    T::try_from(big_int(text)?).map_err(|_| NumberFault::OutOfRange)
}

#[cold]
fn range_or_form(text: &[u8]) -> NumberFault {
    let digits = text.strip_prefix(b"-").or(text.strip_prefix(b"+")).unwrap_or(text);
    if !digits.is_empty() && digits.iter().all(u8::is_ascii_digit) {
        NumberFault::OutOfRange
    } else {
        NumberFault::NotA
    }
}

/// A decimal number; short ones exactly by one division, the others by the standard library.
#[inline]
pub(crate) fn double(text: &[u8]) -> Result<f64, NumberFault> {
    const POWERS: [f64; 16] =
        [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        rest => (false, rest),
    };
    // Up to 15 digits fit a double's mantissa, and powers of ten up to 22 are doubles, so the quotient is the nearest double.
    if !digits.is_empty() && digits.len() <= 16 {
        let (mut value, mut n_digits, mut point) = (0_u64, 0, None);
        for (idx, byte) in digits.iter().enumerate() {
            let digit = byte.wrapping_sub(b'0');
            if digit <= 9 {
                value = value * 10 + u64::from(digit);
                n_digits += 1;
            } else if *byte == b'.' && point.is_none() {
                point = Some(idx);
            } else {
                n_digits = usize::MAX;
                break;
            }
        }
        if (1..=15).contains(&n_digits) {
            let behind = point.map_or(0, |point| digits.len() - 1 - point);
            let value = value as f64 / POWERS[behind];
            return Ok(if negative { -value } else { value });
        }
    }
    std::str::from_utf8(text).ok().and_then(|text| text.parse().ok()).ok_or(NumberFault::NotA)
}

/// A number with at most `scale` digits behind the point, zeros further behind left out, as an unscaled integer.
pub(crate) fn decimal(text: &[u8], precision: u8, scale: u8) -> Result<i128, NumberFault> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    let point = memchr::memchr(b'.', digits).unwrap_or(digits.len());
    let (whole, behind) = (&digits[..point], digits.get(point + 1..).unwrap_or_default());
    if whole.is_empty() && behind.is_empty() {
        return Err(NumberFault::NotA);
    }
    let limit = 10_i128.pow(u32::from(precision));
    let mut value = 0_i128;
    let scale = usize::from(scale);
    for byte in whole.iter().chain(behind.iter().take(scale)) {
        if !byte.is_ascii_digit() {
            return Err(NumberFault::NotA);
        }
        // Stays far below the end of the range: the limit has at most 39 digits.
        value = if value >= limit { limit } else { value * 10 + i128::from(byte - b'0') };
    }
    let finer = behind.get(scale..).unwrap_or_default();
    if finer.iter().any(|byte| !byte.is_ascii_digit()) {
        return Err(NumberFault::NotA);
    }
    for _ in behind.len()..scale {
        value = if value >= limit { limit } else { value * 10 };
    }
    if value >= limit || finer.iter().any(|byte| *byte != b'0') {
        return Err(NumberFault::OutOfRange);
    }
    Ok(if negative { -value } else { value })
}
