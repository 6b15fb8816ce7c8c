//! Prices from 100 to 100,000,000, each order of magnitude as likely as any other.

use crate::connector::draws::Draw;

/// Into how many steps the logarithm is cut.
const STEPS: usize = 1 << STEP_BITS;
const STEP_BITS: u32 = 12;

/// 10^(6 · 2^-k) for k = 1 to 12.
const ROOTS: [f64; STEP_BITS as usize] = [
    1000.0,
    31.622_776_601_683_793,
    5.623_413_251_903_491,
    2.371_373_705_661_655,
    1.539_926_526_059_492,
    1.240_937_760_751_719_6,
    1.113_973_859_994_802_4,
    1.055_449_600_878_603,
    1.027_350_768_179_302_6,
    1.013_583_133_334_065_7,
    1.006_768_659_292_722_3,
    1.003_378_622_102_704_8,
];

/// ln(10^6) / [`STEPS`]: the logarithm of one step.
const STEP_LN: f64 = 13.815_510_557_964_274 / STEPS as f64;

/// Makes prices by a table and the beginning of a series: quicker than a power, and the same on every machine, for it needs nothing
/// but sums and products.
#[derive(Clone, Debug)]
pub(super) struct Prices {
    // 100 · 10^(6 · step / STEPS).
    steps: Box<[f64]>,
}

impl Prices {
    pub(super) fn new() -> Prices {
        let root = |step: usize, bit: usize| {
            if step >> bit & 1 == 1 { ROOTS[STEP_BITS as usize - 1 - bit] } else { 1.0 }
        };
        let power = |step| (0..STEP_BITS as usize).map(|bit| root(step, bit)).product::<f64>();
        Prices { steps: (0..STEPS).map(|step| power(step) * 100.0).collect() }
    }

    /// round(100 · 10^(6 u)), where `u` is what the draw is of 1.
    #[inline]
    pub(super) fn at(&self, draw: Draw) -> i64 {
        const REST_BITS: u32 = 53 - STEP_BITS;
        let bits = draw.high_53();
        let rest = (bits & ((1 << REST_BITS) - 1)) as f64 / (1_u64 << REST_BITS) as f64;
        let x = rest * STEP_LN;
        let series = 1.0 + x * (1.0 + x * (1.0 / 2.0 + x * (1.0 / 6.0 + x * (1.0 / 24.0))));
        (self.steps[(bits >> REST_BITS) as usize] * series + 0.5) as i64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connector::draws::Draws;

    #[test]
    fn prices_are_powers_of_ten() {
        let prices = Prices::new();
        for index in 0..100_000 {
            let draw = Draws::new(3, 4).at(index);
            let expected = (100.0 * 10_f64.powf(6.0 * draw.unit())).round() as i64;
            assert_eq!(prices.at(draw), expected, "{}", draw.unit());
        }
    }

    #[test]
    fn every_order_of_magnitude_is_as_likely() {
        let prices = Prices::new();
        let mut counts = [0_u32; 6];
        for index in 0..60_000 {
            let price = prices.at(Draws::new(5, 6).at(index));
            assert!((100..=100_000_000).contains(&price));
            counts[(price.ilog10() - 2).min(5) as usize] += 1;
        }
        // 10,000 are expected of each; six standard deviations are 548.
        assert!(counts.iter().all(|n| (9_452..=10_548).contains(n)), "{counts:?}");
    }
}
