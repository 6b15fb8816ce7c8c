//! The watermark, and how one is made from the timestamps of a split.

/// How far ahead of everything seen a timestamp may be before it is taken for a fault, unless set otherwise: one day.
pub const DEFAULT_FUTURE_SKEW_MILLIS: i64 = 24 * 60 * 60 * 1000;

/// The statement "no row with a timestamp at or below this is expected any more", in milliseconds since the epoch.
///
/// Before the first row there is [`Watermark::NONE`]; after the last one, [`Watermark::END`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Watermark(i64);

impl Watermark {
    /// Nothing is known yet: no row is late, no window closes.
    pub const NONE: Watermark = Watermark(i64::MIN);
    /// The input has ended: every window closes.
    pub const END: Watermark = Watermark(i64::MAX);

    /// A watermark at `millis` since the epoch.
    #[inline]
    pub fn new(millis: i64) -> Watermark {
        Watermark(millis)
    }

    /// Milliseconds since the epoch; the extremes for [`Watermark::NONE`] and [`Watermark::END`].
    #[inline]
    pub fn millis(self) -> i64 {
        self.0
    }

    /// The time, unless it is before the first row or after the last.
    pub fn time(self) -> Option<i64> {
        (self != Watermark::NONE && self != Watermark::END).then_some(self.0)
    }

    /// Whether a window that ends (exclusively) at `end_millis` is closed: `end − 1 ms ≤ W`.
    #[inline]
    pub fn closes(self, end_millis: i64) -> bool {
        self != Watermark::NONE && end_millis.saturating_sub(1) <= self.0
    }
}

/// The bounded strategy of one split: the watermark follows the greatest timestamp at a fixed distance.
///
/// The rule is Flink SQL's `WATERMARK FOR ts AS ts - bound`: `W = max(ts) − bound`, raised after the row and only upward.
/// The ascending strategy is the bound of 1 ms, so that rows that tie with the greatest timestamp are not late.
///
/// A timestamp more than the future skew ahead of the greatest one so far does not move the watermark: one broken clock would
/// make every later row late. Three such rows in a row, all within the skew of each other, are taken as the truth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BoundedOutOfOrderness {
    bound_millis: i64,
    max_future_skew_millis: i64,
    max_timestamp: i64,
    // The suspicious rows that came directly one after another: how many, and between which timestamps they lie.
    n_ahead: u8,
    ahead_min: i64,
    ahead_max: i64,
    n_skewed: u64,
}

impl BoundedOutOfOrderness {
    /// A strategy with the given bound and future skew, both at least 0, that has seen nothing yet.
    pub fn new(bound_millis: i64, max_future_skew_millis: i64) -> BoundedOutOfOrderness {
        BoundedOutOfOrderness {
            bound_millis,
            max_future_skew_millis,
            max_timestamp: i64::MIN,
            n_ahead: 0,
            ahead_min: 0,
            ahead_max: 0,
            n_skewed: 0,
        }
    }

    /// Takes note of a row's timestamp; [`BoundedOutOfOrderness::watermark`] then holds for the rows after it.
    ///
    /// Answers whether the timestamp was set aside as too far in the future.
    #[inline]
    pub fn observe(&mut self, timestamp: i64) -> bool {
        if timestamp <= self.max_timestamp {
            self.n_ahead = 0;
            return false;
        }
        let seen_any = self.max_timestamp != i64::MIN;
        if seen_any && timestamp.saturating_sub(self.max_timestamp) > self.max_future_skew_millis {
            return self.set_aside(timestamp);
        }
        self.n_ahead = 0;
        self.max_timestamp = timestamp;
        false
    }

    fn set_aside(&mut self, timestamp: i64) -> bool {
        let (low, high) = (self.ahead_min.min(timestamp), self.ahead_max.max(timestamp));
        if self.n_ahead > 0 && high.saturating_sub(low) <= self.max_future_skew_millis {
            self.n_ahead += 1;
            (self.ahead_min, self.ahead_max) = (low, high);
        } else {
            self.n_ahead = 1;
            (self.ahead_min, self.ahead_max) = (timestamp, timestamp);
        }
        if self.n_ahead == 3 {
            self.n_ahead = 0;
            self.max_timestamp = self.ahead_max;
            return false;
        }
        self.n_skewed += 1;
        true
    }

    /// The watermark that holds after the rows seen so far.
    #[inline]
    pub fn watermark(&self) -> Watermark {
        if self.max_timestamp == i64::MIN {
            return Watermark::NONE;
        }
        // The extremes of the range mean "none" and "end", so a time can only come near them.
        Watermark(self.max_timestamp.saturating_sub(self.bound_millis).clamp(i64::MIN + 1, i64::MAX - 1))
    }

    /// The greatest timestamp that counts, in milliseconds; `None` before the first row.
    pub fn max_timestamp(&self) -> Option<i64> {
        (self.max_timestamp != i64::MIN).then_some(self.max_timestamp)
    }

    /// How many rows were set aside as too far in the future.
    pub fn n_skewed(&self) -> u64 {
        self.n_skewed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = DEFAULT_FUTURE_SKEW_MILLIS;

    #[test]
    fn watermark_follows_the_maximum_at_the_bound_and_never_goes_back() {
        let mut split = BoundedOutOfOrderness::new(5, DAY);
        assert_eq!(split.watermark(), Watermark::NONE);
        split.observe(100);
        assert_eq!(split.watermark(), Watermark::new(95));
        split.observe(50);
        assert_eq!(split.watermark(), Watermark::new(95));
        split.observe(101);
        assert_eq!(split.watermark(), Watermark::new(96));
    }

    #[test]
    fn one_timestamp_from_the_future_does_not_move_the_watermark() {
        let mut split = BoundedOutOfOrderness::new(0, DAY);
        split.observe(0);
        assert!(split.observe(DAY + 1));
        assert!(!split.observe(10));
        assert_eq!(split.watermark(), Watermark::new(10));
        assert!(!split.observe(DAY + 10), "exactly the skew ahead is allowed");
        assert_eq!(split.n_skewed(), 1);
    }

    #[test]
    fn three_rows_in_a_row_beyond_the_skew_are_a_real_jump() {
        let mut split = BoundedOutOfOrderness::new(0, DAY);
        split.observe(0);
        assert!(split.observe(10 * DAY));
        assert!(split.observe(10 * DAY + 5));
        assert!(!split.observe(10 * DAY + 3));
        assert_eq!(split.watermark(), Watermark::new(10 * DAY + 5));
    }

    #[test]
    fn rows_beyond_the_skew_that_disagree_do_not_count_together() {
        let mut split = BoundedOutOfOrderness::new(0, DAY);
        split.observe(0);
        for k in [10, 20, 30, 40] {
            assert!(split.observe(k * DAY));
        }
        assert_eq!(split.watermark(), Watermark::new(0));
    }

    #[test]
    fn an_ordinary_row_between_two_suspicious_ones_starts_the_count_again() {
        let mut split = BoundedOutOfOrderness::new(0, DAY);
        split.observe(100);
        split.observe(10 * DAY);
        split.observe(10 * DAY);
        split.observe(50);
        assert!(split.observe(10 * DAY));
        assert_eq!(split.watermark(), Watermark::new(100));
    }

    #[test]
    fn a_window_closes_one_millisecond_before_its_end() {
        assert!(!Watermark::new(8).closes(10));
        assert!(Watermark::new(9).closes(10));
        assert!(!Watermark::NONE.closes(i64::MIN));
        assert!(Watermark::END.closes(i64::MAX));
    }
}
