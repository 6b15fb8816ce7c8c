//! Which window a timestamp falls into, and when a window may close. All times are milliseconds since the epoch, UTC.

use super::Watermark;

/// Tumbling windows `[k·size + offset, (k + 1)·size + offset)`, aligned to the epoch.
///
/// `size_millis` is positive; `offset_millis` may be negative. Arithmetic near the ends of the 64-bit range saturates, so that
/// an absurd timestamp gives a window at the edge of time and never a panic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TumblingWindows {
    size_millis: i64,
    offset_millis: i64,
}

impl TumblingWindows {
    /// Windows of `size_millis`, shifted by `offset_millis`.
    ///
    /// # Panics
    /// If `size_millis` is not positive.
    pub fn new(size_millis: i64, offset_millis: i64) -> TumblingWindows {
        assert!(size_millis > 0, "a window has a positive size");
        TumblingWindows { size_millis, offset_millis: offset_millis.rem_euclid(size_millis) }
    }

    /// The window's size.
    pub fn size_millis(&self) -> i64 {
        self.size_millis
    }

    /// The start of the window that holds `timestamp`.
    #[inline]
    pub fn start_of(&self, timestamp: i64) -> i64 {
        let shifted = timestamp.saturating_sub(self.offset_millis);
        timestamp.saturating_sub(shifted.rem_euclid(self.size_millis))
    }

    /// The end (exclusive) of the window that starts at `start`.
    #[inline]
    pub fn end_of(&self, start: i64) -> i64 {
        start.saturating_add(self.size_millis)
    }

    /// The moments at which these windows close.
    pub fn grid(&self) -> TimeGrid {
        TimeGrid { step_millis: self.size_millis, offset_millis: self.offset_millis }
    }
}

/// The evenly spaced moments at which a watermark matters to an operator: `k·step + offset`.
///
/// A window that ends at such a moment `e` closes once the watermark is at least `e − 1 ms`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeGrid {
    step_millis: i64,
    offset_millis: i64,
}

impl TimeGrid {
    /// The first moment of the grid that `watermark` has not closed; `None` once it has closed them all (at the end of input).
    ///
    /// Two watermarks with the same answer close the same windows, so nothing can fire between them.
    pub fn first_open(&self, watermark: Watermark) -> Option<i64> {
        if watermark == Watermark::END {
            return None;
        }
        if watermark == Watermark::NONE {
            return Some(i64::MIN);
        }
        // The moment e is closed iff e − 1 ≤ W; the first open one is the least e > W + 1.
        let closed_below = watermark.millis().saturating_add(1);
        let shifted = closed_below.saturating_sub(self.offset_millis);
        let floor = closed_below.saturating_sub(shifted.rem_euclid(self.step_millis));
        Some(floor.saturating_add(self.step_millis))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_half_open_and_aligned_to_the_epoch() {
        let windows = TumblingWindows::new(10_000, 0);
        assert_eq!(windows.start_of(0), 0);
        assert_eq!(windows.start_of(9_999), 0);
        assert_eq!(windows.start_of(10_000), 10_000);
        assert_eq!(windows.start_of(-1), -10_000);
        assert_eq!(windows.end_of(-10_000), 0);
    }

    #[test]
    fn an_offset_shifts_every_window_and_may_be_negative() {
        assert_eq!(TumblingWindows::new(10, 3).start_of(2), -7);
        assert_eq!(TumblingWindows::new(10, 3).start_of(3), 3);
        assert_eq!(TumblingWindows::new(10, -7).start_of(3), 3);
    }

    #[test]
    fn timestamps_at_the_ends_of_the_range_do_not_overflow() {
        for size in [1, 7, 3_600_000, i64::MAX] {
            let windows = TumblingWindows::new(size, 0);
            for timestamp in [i64::MIN, i64::MIN + 1, i64::MAX - 1, i64::MAX] {
                let start = windows.start_of(timestamp);
                assert!(start <= timestamp && windows.end_of(start) >= timestamp);
            }
        }
    }

    #[test]
    fn a_moment_closes_when_the_watermark_reaches_one_millisecond_before_it() {
        let grid = TumblingWindows::new(10, 0).grid();
        assert_eq!(grid.first_open(Watermark::new(8)), Some(10));
        assert_eq!(grid.first_open(Watermark::new(9)), Some(20));
        assert_eq!(grid.first_open(Watermark::new(10)), Some(20));
        assert_eq!(grid.first_open(Watermark::new(-2)), Some(0));
        assert_eq!(grid.first_open(Watermark::new(-1)), Some(10));
        assert_eq!(grid.first_open(Watermark::END), None);
    }
}
