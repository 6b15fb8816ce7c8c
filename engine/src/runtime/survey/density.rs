//! How many rows arrive when: a bounded number of equal buckets along the replay clock.

/// The most buckets that there are.
const MAX_BUCKETS: usize = 2048;

/// How many rows arrive when, and how many of them out of order, in equal buckets from the first arrival on: at most 2,048, and a power
/// of two of milliseconds wide. The last buckets may be missing, as if empty.
///
/// Rows that arrive before everything, because nothing says when, are in no bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Density {
    start_millis: i64,
    width_millis: u64,
    buckets: Vec<Bucket>,
}

/// What arrives in one stretch of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bucket {
    /// How many rows.
    pub n_rows: u64,
    /// How many of them have an event time below the greatest of their split so far.
    pub n_out_of_order: u64,
}

impl Default for Density {
    fn default() -> Density {
        Density { start_millis: 0, width_millis: 1, buckets: Vec::new() }
    }
}

impl Density {
    /// When the first bucket begins, in milliseconds since 1970; 0 if there is none.
    pub fn start_millis(&self) -> i64 {
        self.start_millis
    }

    /// How long each bucket is, in milliseconds.
    pub fn width_millis(&self) -> u64 {
        self.width_millis
    }

    /// The buckets, each directly behind the one before.
    pub fn buckets(&self) -> &[Bucket] {
        &self.buckets
    }

    /// Takes note of a row. None arrives before the first one.
    #[inline]
    pub(super) fn add(&mut self, arrival_millis: i64, is_out_of_order: bool) {
        if self.buckets.is_empty() {
            self.start_millis = arrival_millis;
        }
        let since = arrival_millis.max(self.start_millis).abs_diff(self.start_millis);
        while since / self.width_millis >= MAX_BUCKETS as u64 {
            self.widen();
        }
        let idx = (since / self.width_millis) as usize;
        if idx >= self.buckets.len() {
            self.buckets.resize(idx + 1, Bucket::default());
        }
        let bucket = &mut self.buckets[idx];
        bucket.n_rows += 1;
        bucket.n_out_of_order += u64::from(is_out_of_order);
    }

    #[cold]
    fn widen(&mut self) {
        self.width_millis *= 2;
        let pairs = self.buckets.chunks(2).map(|pair| Bucket {
            n_rows: pair.iter().map(|bucket| bucket.n_rows).sum(),
            n_out_of_order: pair.iter().map(|bucket| bucket.n_out_of_order).sum(),
        });
        self.buckets = pairs.collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(rows: &[(i64, bool)]) -> Density {
        let mut density = Density::default();
        rows.iter().for_each(|(arrival, is_out_of_order)| density.add(*arrival, *is_out_of_order));
        density
    }

    #[test]
    fn buckets_grow_with_the_span_and_hold_what_was_counted_before() {
        let rows: Vec<(i64, bool)> = (0..40_000_i64).map(|n| (-7_000 + n * n / 900, n % 3 == 0)).collect();
        for n_rows in [1, 2, 3_000, 30_000, 40_000] {
            let density = counted(&rows[..n_rows]);
            let width = density.width_millis() as i64;
            assert!(density.buckets().len() <= MAX_BUCKETS && density.start_millis() == -7_000);
            let last = (rows[n_rows - 1].0 + 7_000) / width;
            assert_eq!(density.buckets().len() as i64, last + 1, "the last bucket is not empty");
            assert!(width == 1 || last >= MAX_BUCKETS as i64 / 2, "no wider than must be: {width}");
            for (idx, bucket) in (0..).zip(density.buckets()) {
                let within = rows[..n_rows].iter().filter(|(at, _)| (at + 7_000) / width == idx);
                let (out, all): (Vec<_>, Vec<_>) =
                    (within.clone().filter(|(_, out)| *out).collect(), within.collect());
                let expected = Bucket { n_rows: all.len() as u64, n_out_of_order: out.len() as u64 };
                assert_eq!(*bucket, expected, "bucket {idx}");
            }
        }
    }

    #[test]
    fn the_whole_range_of_time_is_no_more_than_that_many_buckets() {
        let density = counted(&[(i64::MIN + 1, false), (0, true), (i64::MAX, false)]);
        let n_rows: u64 = density.buckets().iter().map(|bucket| bucket.n_rows).sum();
        assert!(density.buckets().len() <= MAX_BUCKETS && n_rows == 3, "{}", density.buckets().len());
    }
}
