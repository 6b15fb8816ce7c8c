//! How far behind its stream each row comes, and what a bound of the watermark would make of that.

use std::collections::HashMap;

/// Bounds that a person would write: what is suggested is one of them. Beyond the last, whole years.
const BOUNDS_MILLIS: [u64; 19] = [
    SECOND,
    5 * SECOND,
    10 * SECOND,
    30 * SECOND,
    MINUTE,
    5 * MINUTE,
    10 * MINUTE,
    30 * MINUTE,
    HOUR,
    2 * HOUR,
    6 * HOUR,
    12 * HOUR,
    DAY,
    2 * DAY,
    7 * DAY,
    14 * DAY,
    30 * DAY,
    90 * DAY,
    YEAR,
];
const SECOND: u64 = 1_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;
const YEAR: u64 = 365 * DAY;

/// The share of rows that a suggested bound may leave late.
const TOLERATED_SHARE: f64 = 0.001;

/// How far behind the watermark of bound 0 rows come: the greatest event time of their split so far or, where several splits are read,
/// of the one that is furthest behind, less their own. This is their lag; it is 0 for a row that ties with it.
///
/// A bound moves the watermark back by itself, so a row is at or below the watermark of a bound exactly if its lag is the bound or
/// more. Lags are kept exactly while there are at most 16,384 different ones; if there are more, each is rounded down, by less than 1 %
/// of itself. Bounds that people write stay exact even then: anything up to 100 ms, and every bound that is suggested.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Disorder {
    n_rows: u64,
    // By rising lag, how many rows have that lag or more. Rows that are ahead have none.
    at_least: Vec<(u64, u64)>,
}

impl Disorder {
    /// How many rows have an event time.
    pub fn n_rows(&self) -> u64 {
        self.n_rows
    }

    /// How many rows lag behind: those of them that do not even tie.
    pub fn n_behind(&self) -> u64 {
        self.n_lagging(1)
    }

    /// The greatest lag, in milliseconds; 0 if all rows are in order.
    pub fn max_lag_millis(&self) -> u64 {
        self.at_least.last().map_or(0, |(lag, _)| *lag)
    }

    /// How many rows would be at or below the watermark if it had this bound, in milliseconds: late for a window that ends with them.
    /// With bound 0, rows that tie with the newest are.
    pub fn n_late_at(&self, bound_millis: u64) -> u64 {
        self.n_lagging(bound_millis)
    }

    /// The share of rows that would be late with this bound, from 0 to 1.
    pub fn share_late_at(&self, bound_millis: u64) -> f64 {
        if self.n_rows == 0 { 0.0 } else { self.n_late_at(bound_millis) as f64 / self.n_rows as f64 }
    }

    /// The lag, in milliseconds, that a share `q` of the rows do not exceed; `q` from 0 to 1. Rows that are ahead count as 0.
    pub fn quantile(&self, q: f64) -> u64 {
        let n_within = (self.n_rows as f64 * q.clamp(0.0, 1.0)).ceil() as u64;
        let n_beyond = self.n_rows.saturating_sub(n_within);
        // The first lag that no more than so many rows exceed.
        let exceeding = |idx: usize| self.at_least.get(idx + 1).map_or(0, |(_, n_rows)| *n_rows);
        match self.at_least.first() {
            Some((_, n_rows)) if *n_rows > n_beyond => {}
            _ => return 0,
        }
        let idx = (0..self.at_least.len()).find(|idx| exceeding(*idx) <= n_beyond);
        idx.map_or(0, |idx| self.at_least[idx].0)
    }

    /// The least bound that a person would write, in milliseconds, that leaves at most one row in a thousand late: 1, 5, 10 or 30
    /// seconds, as many minutes, 1, 2, 6 or 12 hours, 1, 2, 7, 14, 30 or 90 days, or whole years. 0 if no row lags behind; rows that tie
    /// with the newest are then late only for a window whose last millisecond they have.
    pub fn suggested_bound_millis(&self) -> u64 {
        if self.n_behind() == 0 {
            return 0;
        }
        let suffices = |bound: &u64| self.share_late_at(*bound) <= TOLERATED_SHARE;
        BOUNDS_MILLIS.into_iter().find(suffices).unwrap_or_else(|| {
            let n_beyond = self
                .at_least
                .partition_point(|(_, n_rows)| *n_rows as f64 / self.n_rows as f64 > TOLERATED_SHARE);
            let greatest = n_beyond.checked_sub(1).map_or(0, |idx| self.at_least[idx].0);
            (greatest / YEAR + 1).saturating_mul(YEAR)
        })
    }

    fn n_lagging(&self, lag: u64) -> u64 {
        let idx = self.at_least.partition_point(|(other, _)| *other < lag);
        self.at_least.get(idx).map_or(0, |(_, n_rows)| *n_rows)
    }
}

/// Counts lags.
#[derive(Debug, Default)]
pub(super) struct LagCounter {
    n_rows: u64,
    n_by_lag: HashMap<u64, u64, foldhash::fast::FixedState>,
    is_rounding: bool,
}

impl LagCounter {
    /// Takes note of a row; `None` for one that is ahead.
    #[inline]
    pub(super) fn add(&mut self, lag: Option<u64>) {
        self.n_rows += 1;
        let Some(lag) = lag else { return };
        let lag = if self.is_rounding { rounded(lag) } else { lag };
        *self.n_by_lag.entry(lag).or_default() += 1;
        if self.n_by_lag.len() > MAX_EXACT && !self.is_rounding {
            self.round();
        }
    }

    #[cold]
    fn round(&mut self) {
        self.is_rounding = true;
        for (lag, n_rows) in std::mem::take(&mut self.n_by_lag) {
            *self.n_by_lag.entry(rounded(lag)).or_default() += n_rows;
        }
    }

    /// What has been counted so far.
    pub(super) fn disorder(&self) -> Disorder {
        let mut at_least: Vec<(u64, u64)> =
            self.n_by_lag.iter().map(|(lag, n_rows)| (*lag, *n_rows)).collect();
        at_least.sort_unstable();
        let mut n_rows = 0;
        for (_, n) in at_least.iter_mut().rev() {
            n_rows += *n;
            *n = n_rows;
        }
        Disorder { n_rows: self.n_rows, at_least }
    }
}

/// How many different lags are kept exactly.
const MAX_EXACT: usize = 16_384;

/// What lags are rounded down to multiples of, each the first that is at most a hundredth of the lag. Each divides the next, so that
/// a bound which is a multiple parts the lags below it from those above.
const STEPS_MILLIS: [u64; 26] = [
    1,
    2,
    10,
    20,
    100,
    200,
    SECOND,
    2 * SECOND,
    10 * SECOND,
    20 * SECOND,
    MINUTE,
    2 * MINUTE,
    10 * MINUTE,
    20 * MINUTE,
    HOUR,
    2 * HOUR,
    12 * HOUR,
    DAY,
    5 * DAY,
    YEAR,
    10 * YEAR,
    100 * YEAR,
    1_000 * YEAR,
    10_000 * YEAR,
    100_000 * YEAR,
    1_000_000 * YEAR,
];

fn rounded(lag: u64) -> u64 {
    let n_fine = STEPS_MILLIS.partition_point(|step| *step <= lag / 100);
    let step = STEPS_MILLIS[n_fine.saturating_sub(1)];
    lag / step * step
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(lags: &[Option<u64>]) -> Disorder {
        let mut counter = LagCounter::default();
        lags.iter().for_each(|lag| counter.add(*lag));
        counter.disorder()
    }

    #[test]
    fn a_row_is_late_at_every_bound_up_to_its_lag() {
        let disorder = counted(&[None, Some(0), Some(5), Some(5), Some(2_000)]);
        let late = [0, 1, 5, 6, 2_000, 2_001].map(|bound| disorder.n_late_at(bound));
        assert_eq!(late, [4, 3, 3, 1, 1, 0]);
        assert_eq!(
            (disorder.share_late_at(6), disorder.n_behind(), disorder.max_lag_millis()),
            (0.2, 3, 2_000)
        );
        let quantiles = [0.0, 0.2, 0.4, 0.5, 0.8, 0.81, 1.0].map(|q| disorder.quantile(q));
        assert_eq!(quantiles, [0, 0, 0, 5, 5, 2_000, 2_000]);
        assert_eq!((Disorder::default().share_late_at(0), Disorder::default().quantile(0.5)), (0.0, 0));
    }

    #[test]
    fn the_least_bound_that_people_write_and_that_suffices_is_suggested() {
        let suggested = |lag: u64, n_of_it: usize| {
            let mut lags = vec![Some(lag); n_of_it];
            lags.resize(10_000, None);
            counted(&lags).suggested_bound_millis()
        };
        assert_eq!(suggested(0, 5_000), 0, "ties are in order");
        assert_eq!(suggested(1, 1), SECOND);
        assert_eq!(suggested(YEAR, 10), SECOND, "one in a thousand may be late");
        // A lag of the bound itself is late.
        for (lag, bound) in [
            (999, SECOND),
            (1_000, 5 * SECOND),
            (4 * MINUTE, 5 * MINUTE),
            (2 * HOUR - 1, 2 * HOUR),
            (2 * HOUR, 6 * HOUR),
            (DAY, 2 * DAY),
            (YEAR, 2 * YEAR),
            (25 * YEAR + 1, 26 * YEAR),
        ] {
            assert_eq!(suggested(lag, 11), bound, "{lag}");
        }
        assert!(suggested(u64::MAX, 11) > u64::MAX / 2);
    }

    #[test]
    fn very_many_lags_are_rounded_by_less_than_a_hundredth_and_bounds_that_people_write_stay_exact() {
        let lags: Vec<u64> =
            (0..200_000_u64).map(|n| n * n * 7 % (3 * DAY)).chain([YEAR, 40 * YEAR, u64::MAX]).collect();
        let disorder = counted(&lags.iter().copied().map(Some).collect::<Vec<_>>());
        assert!(disorder.at_least.len() < 20_000, "{} lags", disorder.at_least.len());
        let exactly = |bound: u64| lags.iter().filter(|lag| **lag >= bound).count() as u64;
        for bound in (0..=100).chain(BOUNDS_MILLIS).chain([4_200, 90_000, 3 * DAY, 40 * YEAR]) {
            assert_eq!(disorder.n_late_at(bound), exactly(bound), "{bound}");
        }
        for bound in (1..5_000).map(|n| n * 51_839) {
            let n_late = disorder.n_late_at(bound);
            assert!((exactly(bound + bound / 99)..=exactly(bound)).contains(&n_late), "{bound}: {n_late}");
        }
        for (idx, step) in STEPS_MILLIS.iter().enumerate().skip(1) {
            assert_eq!(step % STEPS_MILLIS[idx - 1], 0, "{step}");
        }
    }

    #[test]
    fn memory_is_bounded_whatever_the_lags_are() {
        let mut counter = LagCounter::default();
        let mut random = 1_u64;
        for n in 0..300_000 {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            counter.add(Some(random >> (n % 64)));
        }
        assert!(counter.n_by_lag.len() < 20_000, "{} lags", counter.n_by_lag.len());
    }
}
