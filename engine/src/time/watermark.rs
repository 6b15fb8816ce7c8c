//! The watermark, and how one is made from the timestamps of a split.

use super::FutureSkewGuard;

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
/// Timestamps from the future do not count, as [`FutureSkewGuard`] says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BoundedOutOfOrderness {
    bound_millis: i64,
    guard: FutureSkewGuard,
}

impl BoundedOutOfOrderness {
    /// A strategy with the given bound and future skew, both at least 0, that has seen nothing yet.
    pub fn new(bound_millis: i64, max_future_skew_millis: i64) -> BoundedOutOfOrderness {
        BoundedOutOfOrderness { bound_millis, guard: FutureSkewGuard::new(max_future_skew_millis) }
    }

    /// The same strategy for a partition that begins when its split has come to `max_timestamp`.
    #[must_use]
    pub fn after(mut self, max_timestamp: Option<i64>) -> BoundedOutOfOrderness {
        self.guard = self.guard.after(max_timestamp);
        self
    }

    /// Takes note of a row's timestamp; [`BoundedOutOfOrderness::watermark`] then holds for the rows after it.
    ///
    /// Answers whether the timestamp was set aside as too far in the future.
    #[inline]
    pub fn observe(&mut self, timestamp: i64) -> bool {
        !self.guard.admit(timestamp)
    }

    /// Takes note of the timestamps of many rows, one after another. Calls `raised` with the number of each row that moves the greatest
    /// timestamp, and the watermark that holds after it; near the ends of time that may be the one before. Answers how many were set
    /// aside as too far in the future.
    #[inline]
    pub fn observe_all(&mut self, timestamps: &[i64], mut raised: impl FnMut(usize, Watermark)) -> usize {
        let bound_millis = self.bound_millis;
        self.guard.admit_all(timestamps, |row, max| raised(row, behind(max, bound_millis)))
    }

    /// The watermark that holds after the rows seen so far.
    #[inline]
    pub fn watermark(&self) -> Watermark {
        self.guard.max_timestamp().map_or(Watermark::NONE, |max| behind(max, self.bound_millis))
    }

    /// The greatest timestamp that counts, in milliseconds; `None` before the first row.
    pub fn max_timestamp(&self) -> Option<i64> {
        self.guard.max_timestamp()
    }

    /// How far ahead of everything seen a timestamp may be and still count, in milliseconds.
    pub fn max_future_skew_millis(&self) -> i64 {
        self.guard.max_skew_millis()
    }
}

/// The watermark of a stream whose greatest timestamp is `max`.
#[inline]
fn behind(max: i64, bound_millis: i64) -> Watermark {
    // The extremes of the range mean "none" and "end", so a time can only come near them.
    Watermark(max.saturating_sub(bound_millis).clamp(i64::MIN + 1, i64::MAX - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn watermark_follows_the_maximum_at_the_bound_and_never_goes_back() {
        let mut split = BoundedOutOfOrderness::new(5, 1_000);
        assert_eq!(split.watermark(), Watermark::NONE);
        split.observe(100);
        assert_eq!(split.watermark(), Watermark::new(95));
        split.observe(50);
        assert_eq!(split.watermark(), Watermark::new(95));
        split.observe(101);
        assert_eq!(split.watermark(), Watermark::new(96));
    }

    #[test]
    fn a_window_closes_one_millisecond_before_its_end() {
        assert!(!Watermark::new(8).closes(10));
        assert!(Watermark::new(9).closes(10));
        assert!(!Watermark::NONE.closes(i64::MIN));
        assert!(Watermark::END.closes(i64::MAX));
    }
}
