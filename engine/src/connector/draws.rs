//! Numbers that look random and are a pure function of a seed, a stream and an index: whoever makes row 1,000 needs no row before it.

/// What SplitMix64 adds to its state for each number.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// A stream of numbers, one for each index. Every column has its own, so that none depends on which others are made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Draws {
    key: u64,
}

impl Draws {
    /// Stream number `stream` of a seed.
    pub(crate) fn new(seed: u64, stream: u64) -> Draws {
        Draws { key: mix(mix(seed.wrapping_add(STEP)).wrapping_add(stream.wrapping_mul(STEP))) }
    }

    /// The stream of a name. Names are hashed by FNV-1a, 64 bits.
    pub(crate) fn named(seed: u64, name: &str) -> Draws {
        let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        Draws::new(seed, hash)
    }

    /// The number at `index`: SplitMix64's, were it seeded with the stream's key.
    #[inline]
    pub(crate) fn at(self, index: u64) -> Draw {
        Draw(self.bits(index))
    }

    /// A stream of its own for the index, for what takes more than one number.
    #[inline]
    pub(crate) fn within(self, index: u64) -> Draws {
        Draws { key: self.bits(index) }
    }

    #[inline]
    fn bits(self, index: u64) -> u64 {
        mix(self.key.wrapping_add(index.wrapping_add(1).wrapping_mul(STEP)))
    }
}

/// SplitMix64's finalizer.
#[inline]
fn mix(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

/// A fraction of 2^64 from which digits are taken, the leading ones first.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Draw(u64);

impl Draw {
    /// A number below `n`, each as likely as any other. What is left serves the next: a draw has 64 bits, and of each digit, log2 `n` are
    /// spent.
    #[inline]
    pub(crate) fn below(&mut self, n: u64) -> u64 {
        let product = u128::from(self.0) * u128::from(n);
        self.0 = product as u64;
        (product >> 64) as u64
    }

    /// Whether something of probability `share` (0 to 1) happens.
    #[inline]
    pub(crate) fn happens(self, share: f64) -> bool {
        self.unit() < share
    }

    /// A number from 0 to below 1, a multiple of 2^-53.
    #[inline]
    pub(crate) fn unit(self) -> f64 {
        self.high_53() as f64 / (1_u64 << 53) as f64
    }

    /// The leading 53 bits.
    #[inline]
    pub(crate) fn high_53(self) -> u64 {
        self.0 >> 11
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_splitmix64() {
        // The reference implementation's first numbers for the seed 1234567.
        let stream = Draws { key: 1_234_567 };
        let expected = [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423];
        assert_eq!([0, 1, 2].map(|index| stream.at(index).0), expected);
    }

    #[test]
    fn digits_are_spread_evenly_and_do_not_depend_on_each_other() {
        let mut counts = [[0_u32; 5]; 7];
        for index in 0..70_000 {
            let mut draw = Draws::new(1, 2).at(index);
            counts[draw.below(7) as usize][draw.below(5) as usize] += 1;
        }
        // 2,000 are expected of each; six standard deviations are 264.
        assert!(counts.iter().flatten().all(|n| (1_736..=2_264).contains(n)), "{counts:?}");
    }

    #[test]
    fn streams_and_seeds_have_nothing_in_common() {
        let first = |seed, stream| (0..1000).map(move |index| Draws::new(seed, stream).at(index).0);
        let mut seen = std::collections::BTreeSet::new();
        for (seed, stream) in [(0, 0), (0, 1), (1, 0), (1, 1), (u64::MAX, 7)] {
            assert!(first(seed, stream).all(|bits| seen.insert(bits)), "seed {seed}, stream {stream}");
        }
    }

    #[test]
    fn shares_are_met() {
        let n = (0..100_000).filter(|index| Draws::new(9, 9).at(*index).happens(0.1)).count();
        // Six standard deviations are 569.
        assert!((9_431..=10_569).contains(&n), "{n}");
        assert!(!Draw(0).happens(0.0) && Draw(u64::MAX).happens(1.0));
    }
}
