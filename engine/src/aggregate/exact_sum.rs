//! Sums of doubles that do not depend on the order of summation: the exact sum, rounded once.

/// The exact sum of any number of doubles.
///
/// Adding is exact, so that neither the order of the rows nor the way in which they were grouped shows in the result; only
/// [`ExactSum::value`] rounds, to the nearest double. Sums of numbers of similar size are kept in 128 bits; others move to a number wide
/// enough for the whole range of doubles.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ExactSum {
    // The sum in units of 2^unit, as long as that is enough.
    narrow: i128,
    unit: i32,
    wide: Option<Box<Wide>>,
    n_nan: u64,
    n_infinite: u64,
    n_negative_infinite: u64,
    // Every value so far was −0.0: the sum is −0.0 then, as adding them would give.
    n_values: u64,
    n_negative_zero: u64,
}

/// In place of the number of limbs: the narrow form follows.
const NARROW: u8 = u8::MAX;

/// How many bits below and above the first value's last bit the narrow form reaches.
const BITS_BELOW: i32 = 30;
const BITS_ABOVE: i32 = 27;

impl ExactSum {
    /// Adds a value.
    #[inline]
    pub fn add(&mut self, value: f64) {
        self.n_values += 1;
        let Some((mantissa, exponent)) = decompose(value) else {
            self.add_special(value);
            return;
        };
        if self.wide.is_none() {
            if self.narrow == 0 {
                self.unit = exponent - BITS_BELOW;
            }
            let shift = exponent - self.unit;
            if (0..=BITS_BELOW + BITS_ABOVE).contains(&shift)
                && let Some(sum) = self.narrow.checked_add(i128::from(mantissa) << shift)
            {
                self.narrow = sum;
                return;
            }
        }
        self.widen().add(mantissa.into(), exponent);
    }

    #[cold]
    fn add_special(&mut self, value: f64) {
        if value.is_nan() {
            self.n_nan += 1;
        } else if value == f64::INFINITY {
            self.n_infinite += 1;
        } else if value == f64::NEG_INFINITY {
            self.n_negative_infinite += 1;
        } else if value.is_sign_negative() {
            self.n_negative_zero += 1;
        }
    }

    /// Adds everything that another sum has come to.
    pub fn merge(&mut self, other: &ExactSum) {
        self.n_nan += other.n_nan;
        self.n_infinite += other.n_infinite;
        self.n_negative_infinite += other.n_negative_infinite;
        self.n_values += other.n_values;
        self.n_negative_zero += other.n_negative_zero;
        if let Some(wide) = &other.wide {
            self.widen().merge(wide);
        } else if other.narrow != 0 && !self.merge_narrow(other.narrow, other.unit) {
            self.widen().add(other.narrow, other.unit);
        }
    }

    /// Adds `narrow · 2^unit` where both fit the narrow form.
    fn merge_narrow(&mut self, narrow: i128, unit: i32) -> bool {
        if self.wide.is_some() {
            return false;
        }
        if self.narrow == 0 {
            (self.narrow, self.unit) = (narrow, unit);
            return true;
        }
        let least = unit.min(self.unit);
        let in_least = |value: i128, unit: i32| {
            let by = u32::try_from(unit - least).ok().filter(|by| *by < 127)?;
            (value << by >> by == value).then_some(value << by)
        };
        let sum = in_least(self.narrow, self.unit)
            .zip(in_least(narrow, unit))
            .and_then(|(one, other)| one.checked_add(other));
        if let Some(sum) = sum {
            (self.narrow, self.unit) = (sum, least);
        }
        sum.is_some()
    }

    /// The sum, rounded to the nearest double, ties to even. An empty sum is 0.
    pub fn value(&self) -> f64 {
        if self.n_nan > 0 || (self.n_infinite > 0 && self.n_negative_infinite > 0) {
            return f64::NAN;
        }
        if self.n_infinite > 0 {
            return f64::INFINITY;
        }
        if self.n_negative_infinite > 0 {
            return f64::NEG_INFINITY;
        }
        if self.n_values > 0 && self.n_values == self.n_negative_zero {
            return -0.0;
        }
        if let Some(wide) = &self.wide {
            return wide.value();
        }
        if self.narrow == 0 {
            return 0.0;
        }
        // The conversion rounds correctly; the scaling is exact as long as the result is a normal number.
        let highest_bit = 127 - self.narrow.unsigned_abs().leading_zeros() as i32 + self.unit;
        if (-1000..=1000).contains(&highest_bit) && (-1000..=900).contains(&self.unit) {
            return self.narrow as f64 * power_of_two(self.unit);
        }
        let mut wide = Wide::default();
        wide.add(self.narrow, self.unit);
        wide.value()
    }

    fn widen(&mut self) -> &mut Wide {
        let (narrow, unit) = (self.narrow, self.unit);
        self.wide.get_or_insert_with(|| {
            let mut wide = Box::<Wide>::default();
            wide.add(narrow, unit);
            wide
        })
    }

    /// Writes the sum down for a checkpoint.
    pub fn encode(&self, into: &mut Vec<u8>) {
        for count in
            [self.n_nan, self.n_infinite, self.n_negative_infinite, self.n_values, self.n_negative_zero]
        {
            into.extend_from_slice(&count.to_le_bytes());
        }
        let Some(mut wide) = self.wide.as_deref().cloned() else {
            into.push(NARROW);
            into.extend_from_slice(&self.unit.to_le_bytes());
            into.extend_from_slice(&self.narrow.to_le_bytes());
            return;
        };
        wide.carry();
        let used = wide.limbs.iter().enumerate().filter(|(_, limb)| **limb != 0);
        let used: Vec<(u8, i64)> = used.map(|(idx, limb)| (idx as u8, *limb)).collect();
        into.push(used.len() as u8);
        for (idx, limb) in used {
            into.push(idx);
            into.extend_from_slice(&limb.to_le_bytes());
        }
    }

    /// Reads a sum back; `None` if the bytes are not one.
    pub fn decode(bytes: &mut &[u8]) -> Option<ExactSum> {
        let mut counts = [0; 5];
        for count in &mut counts {
            *count = u64::from_le_bytes(super::take_bytes(bytes)?);
        }
        let [n_nan, n_infinite, n_negative_infinite, n_values, n_negative_zero] = counts;
        let [n_limbs] = super::take_bytes::<1>(bytes)?;
        let (mut narrow, mut unit, mut wide) = (0, 0, Wide::default());
        if n_limbs == NARROW {
            unit = i32::from_le_bytes(super::take_bytes(bytes)?);
            if !(LOWEST_BIT..=1023).contains(&unit) {
                return None;
            }
            narrow = i128::from_le_bytes(super::take_bytes(bytes)?);
        }
        let n_limbs = if n_limbs == NARROW { 0 } else { n_limbs };
        for _ in 0..n_limbs {
            let [idx] = super::take_bytes::<1>(bytes)?;
            *wide.limbs.get_mut(usize::from(idx))? = i64::from_le_bytes(super::take_bytes(bytes)?);
        }
        let wide = (n_limbs > 0).then(|| Box::new(wide));
        Some(ExactSum {
            narrow,
            unit,
            wide,
            n_nan,
            n_infinite,
            n_negative_infinite,
            n_values,
            n_negative_zero,
        })
    }
}

/// The value as mantissa · 2^exponent; `None` for zeros, infinities and NaN.
#[inline]
fn decompose(value: f64) -> Option<(i64, i32)> {
    let bits = value.to_bits();
    let biased = ((bits >> 52) & 0x7ff) as i32;
    let fraction = (bits & ((1 << 52) - 1)) as i64;
    let (magnitude, exponent) = match biased {
        0x7ff => return None,
        0 if fraction == 0 => return None,
        0 => (fraction, -1074),
        _ => (fraction | 1 << 52, biased - 1075),
    };
    Some((if value.is_sign_negative() { -magnitude } else { magnitude }, exponent))
}

fn power_of_two(exponent: i32) -> f64 {
    f64::from_bits(((exponent + 1023) as u64) << 52)
}

const LIMB_BITS: i32 = 32;
/// The weight of limb 0's lowest bit: below the smallest double, so that narrow units fit too.
const LOWEST_BIT: i32 = -1120;
/// Up to 2^1120 and a sign: more than 2^64 times the greatest double.
const N_LIMBS: usize = 71;

/// A number of 2,272 bits in limbs of 32, each with room for carries.
#[derive(Clone, Debug, PartialEq)]
struct Wide {
    limbs: [i64; N_LIMBS],
    n_since_carry: u32,
}

impl Default for Wide {
    fn default() -> Wide {
        Wide { limbs: [0; N_LIMBS], n_since_carry: 0 }
    }
}

impl Wide {
    fn add(&mut self, mantissa: i128, exponent: i32) {
        let bit = exponent - LOWEST_BIT;
        let (mut limb, shift) = ((bit / LIMB_BITS) as usize, bit % LIMB_BITS);
        let negative = mantissa < 0;
        let magnitude = mantissa.unsigned_abs();
        // The lowest limb takes what fits above the shift; the rest follows in whole limbs.
        let mut rest = magnitude >> (LIMB_BITS - shift);
        let mut part = ((magnitude << shift) & 0xffff_ffff) as i64;
        loop {
            self.limbs[limb] += if negative { -part } else { part };
            if rest == 0 {
                break;
            }
            part = (rest & 0xffff_ffff) as i64;
            rest >>= LIMB_BITS;
            limb += 1;
        }
        self.n_since_carry += 1;
        if self.n_since_carry == 1 << 30 {
            self.carry();
        }
    }

    fn merge(&mut self, other: &Wide) {
        let mut other = other.clone();
        other.carry();
        self.carry();
        for (limb, more) in self.limbs.iter_mut().zip(other.limbs) {
            *limb += more;
        }
        self.n_since_carry = 1;
    }

    /// Moves what exceeds a limb into the next: all limbs but the last lie in 0..2^32 then, and the last has the sign.
    fn carry(&mut self) {
        let mut carry = 0;
        for limb in &mut self.limbs[..N_LIMBS - 1] {
            let sum = *limb + carry;
            *limb = sum & 0xffff_ffff;
            carry = sum >> LIMB_BITS;
        }
        self.limbs[N_LIMBS - 1] += carry;
        self.n_since_carry = 0;
    }

    fn value(&self) -> f64 {
        let mut magnitude = self.clone();
        magnitude.carry();
        let negative = magnitude.limbs[N_LIMBS - 1] < 0;
        if negative {
            magnitude.limbs.iter_mut().for_each(|limb| *limb = -*limb);
            magnitude.carry();
        }
        let limbs = &magnitude.limbs;
        let Some(top) = limbs.iter().rposition(|limb| *limb != 0) else { return 0.0 };
        // The highest 96 bits hold a mantissa and more; whether anything lies below decides ties.
        let limb = |idx: Option<usize>| idx.map_or(0, |idx| limbs[idx] as u128);
        let head = limb(Some(top)) << 64 | limb(top.checked_sub(1)) << 32 | limb(top.checked_sub(2));
        let sticky = top > 2 && limbs[..top - 2].iter().any(|limb| *limb != 0);
        let lowest = LOWEST_BIT + (top as i32 - 2) * LIMB_BITS;
        let rounded = round(head, sticky, lowest);
        if negative { -rounded } else { rounded }
    }
}

/// `head · 2^lowest`, and a little more if `sticky`, as the nearest double.
fn round(head: u128, sticky: bool, lowest: i32) -> f64 {
    let highest = 127 - head.leading_zeros() as i32 + lowest;
    if highest > 1023 {
        return f64::INFINITY;
    }
    // The weight of the result's last bit: 53 bits, fewer for subnormal numbers.
    let last = (highest - 52).max(-1074);
    let n_dropped = last - lowest;
    if n_dropped <= 0 {
        return scale(head << -n_dropped, last);
    }
    let kept = if n_dropped > 127 { 0 } else { head >> n_dropped };
    let half = 1_u128 << (n_dropped - 1).min(127);
    let below = if n_dropped > 127 { head } else { head & ((1 << n_dropped) - 1) };
    let up = below > half || (below == half && (sticky || kept & 1 == 1));
    scale(kept + u128::from(up), last)
}

/// `mantissa · 2^exponent`, exactly; the mantissa has at most 53 bits, or is 2^53.
fn scale(mantissa: u128, exponent: i32) -> f64 {
    let mantissa = mantissa as f64;
    if exponent > -1074 {
        // In two steps, since 2^exponent may be beyond the range while the product is not.
        let half = exponent / 2;
        mantissa * power_of_two(half) * power_of_two(exponent - half)
    } else {
        f64::from_bits(mantissa as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sum(values: &[f64]) -> f64 {
        let mut sum = ExactSum::default();
        values.iter().for_each(|value| sum.add(*value));
        sum.value()
    }

    /// Shewchuk's method: partial sums that do not overlap, as Python's `fsum` keeps them.
    fn fsum(values: &[f64]) -> f64 {
        let mut partials: Vec<f64> = Vec::new();
        for value in values {
            let mut x = *value;
            let mut kept = Vec::new();
            for mut y in partials {
                if x.abs() < y.abs() {
                    std::mem::swap(&mut x, &mut y);
                }
                let high = x + y;
                let low = y - (high - x);
                if low != 0.0 {
                    kept.push(low);
                }
                x = high;
            }
            kept.push(x);
            partials = kept;
        }
        let mut high = partials.pop().unwrap_or(0.0);
        let mut low = 0.0;
        while let Some(y) = partials.pop() {
            let x = high;
            high = x + y;
            low = y - (high - x);
            if low != 0.0 {
                break;
            }
        }
        // Half-way cases are decided by what lies below.
        if let Some(next) = partials.last()
            && ((low < 0.0 && *next < 0.0) || (low > 0.0 && *next > 0.0))
        {
            let y = low * 2.0;
            let x = high + y;
            if y == x - high {
                high = x;
            }
        }
        high
    }

    #[test]
    fn what_plain_addition_loses_is_kept() {
        assert_eq!(sum(&[1e300, 1.0, -1e300]), 1.0);
        assert_eq!(sum(&[0.1; 10]), 1.0);
        assert_eq!(sum(&[1e308, 1e308, -1e308]), 1e308);
        assert_eq!(sum(&[f64::MAX, f64::MAX]), f64::INFINITY);
        assert_eq!(sum(&[5e-324, 5e-324]), 1e-323);
        assert_eq!(sum(&[2.2250738585072014e-308, -5e-324]), 2.225073858507201e-308);
    }

    #[test]
    fn specials_are_as_in_plain_addition() {
        assert!(sum(&[f64::INFINITY, f64::NEG_INFINITY]).is_nan());
        assert_eq!(sum(&[f64::INFINITY, 1.0]), f64::INFINITY);
        assert!(sum(&[f64::NAN, 1.0]).is_nan());
        assert!(sum(&[-0.0, -0.0]).is_sign_negative());
        assert!(sum(&[-0.0, 0.0]).is_sign_positive());
        assert!(sum(&[]).is_sign_positive());
    }

    fn any_finite() -> impl Strategy<Value = f64> {
        prop_oneof![
            any::<f64>().prop_filter("finite", |value| value.is_finite()),
            (-1_000_000_i32..1_000_000).prop_map(|value| f64::from(value) / 64.0),
            (-1000_i32..1000).prop_map(|exponent| 2_f64.powi(exponent)),
        ]
    }

    proptest! {
        #[test]
        fn the_sum_is_the_exact_one_in_any_order(mut values in prop::collection::vec(any_finite(), 0..40), seed in any::<u64>()) {
            // Values near the end of the range would overflow inside the reference.
            values.iter_mut().for_each(|value| if value.abs() > 1e300 { *value /= 1e10 });
            let expected = fsum(&values);
            prop_assert_eq!(sum(&values), expected);
            let mut mixed = values;
            mixed.sort_by_key(|value| value.to_bits().wrapping_mul(seed | 1));
            prop_assert_eq!(sum(&mixed), expected);
        }

        #[test]
        fn a_sum_that_was_written_down_goes_on_as_before(values in prop::collection::vec(any_finite(), 0..20), at in 0_usize..20) {
            let mut sum = ExactSum::default();
            for (number, value) in values.iter().enumerate() {
                if number == at {
                    let mut bytes = Vec::new();
                    sum.encode(&mut bytes);
                    sum = ExactSum::decode(&mut bytes.as_slice()).expect("its own bytes");
                }
                sum.add(*value);
            }
            let mut straight = ExactSum::default();
            values.iter().for_each(|value| straight.add(*value));
            prop_assert_eq!(sum.value().to_bits(), straight.value().to_bits());
        }

        #[test]
        fn sums_of_parts_come_to_the_sum_of_all(values in prop::collection::vec(any_finite(), 0..30), parts in 1_usize..5) {
            let mut sums = vec![ExactSum::default(); parts];
            for (number, value) in values.iter().enumerate() {
                sums[number % parts].add(*value);
            }
            let mut whole = ExactSum::default();
            sums.iter().for_each(|part| whole.merge(part));
            let mut straight = ExactSum::default();
            values.iter().for_each(|value| straight.add(*value));
            prop_assert_eq!(whole.value().to_bits(), straight.value().to_bits());
            whole.add(0.375);
            straight.add(0.375);
            prop_assert_eq!(whole.value().to_bits(), straight.value().to_bits());
        }
    }
}
