//! Logarithm and exponential by sums and products alone: to within a few units in the last place, and the same on every machine, which
//! the functions of a C library are not.

use std::f64::consts::{LN_2, SQRT_2};

/// The natural logarithm of a normal positive number.
pub(crate) fn ln(x: f64) -> f64 {
    let bits = x.to_bits();
    let mut exponent = (bits >> 52) as i64 - 1023;
    let mut mantissa = f64::from_bits(bits & ((1 << 52) - 1) | 1023 << 52);
    if mantissa > SQRT_2 {
        mantissa /= 2.0;
        exponent += 1;
    }
    // 2 artanh s, where |s| is at most 0.172.
    let s = (mantissa - 1.0) / (mantissa + 1.0);
    let square = s * s;
    let series = (0..11).rev().fold(0.0, |sum, n| sum * square + 1.0 / f64::from(2 * n + 1));
    exponent as f64 * LN_2 + 2.0 * s * series
}

/// e to the power of a number between -700 and 700.
pub(crate) fn exp(x: f64) -> f64 {
    let power = (x / LN_2).round();
    let rest = x - power * LN_2;
    let series = (1..18).rev().fold(1.0, |sum, n| 1.0 + sum * rest / f64::from(n));
    series * f64::from_bits(((power as i64 + 1023) as u64) << 52)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_agree_with_the_library() {
        for n in -3_000..3_000 {
            let x = f64::from(n) / 10.0;
            let (ours, theirs) = (exp(x), x.exp());
            assert!((ours / theirs - 1.0).abs() < 1e-13, "exp {x}: {ours} {theirs}");
            let (ours, theirs) = (ln(theirs), theirs.ln());
            assert!((ours - theirs).abs() <= 4e-16 * theirs.abs().max(1.0), "ln {x}: {ours} {theirs}");
        }
        assert_eq!((ln(1.0), exp(0.0)), (0.0, 1.0));
        let least = f64::EPSILON / 2.0;
        assert!((ln(least) - least.ln()).abs() < 1e-14);
    }
}
