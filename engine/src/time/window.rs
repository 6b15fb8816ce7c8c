//! Which window a timestamp falls into, and when a window may close. All times are milliseconds since the epoch, UTC.

use super::Watermark;

/// Tumbling windows `[k·size + offset, (k + 1)·size + offset)`, aligned to the epoch.
///
/// `size_millis` is positive; `offset_millis` may be negative. The first and the last window are cut off where the 64-bit range
/// ends, so that an absurd timestamp gives a shorter window at the edge of time and never a panic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TumblingWindows {
    grid: TimeGrid,
}

impl TumblingWindows {
    /// Windows of `size_millis`, shifted by `offset_millis`.
    ///
    /// # Panics
    /// If `size_millis` is not positive.
    pub fn new(size_millis: i64, offset_millis: i64) -> TumblingWindows {
        assert!(size_millis > 0, "a window has a positive size");
        let offset_millis = offset_millis.rem_euclid(size_millis);
        TumblingWindows { grid: TimeGrid { step_millis: size_millis, offset_millis } }
    }

    /// The window's size.
    pub fn size_millis(&self) -> i64 {
        self.grid.step_millis
    }

    /// The start of the window that holds `timestamp`.
    #[inline]
    pub fn start_of(&self, timestamp: i64) -> i64 {
        timestamp.saturating_sub(self.grid.since_last(timestamp))
    }

    /// The end (exclusive) of the window that starts at `start`: the next moment of the grid, also where the start is none.
    #[inline]
    pub fn end_of(&self, start: i64) -> i64 {
        self.grid.next_after(start)
    }

    /// The moments at which these windows close.
    pub fn grid(&self) -> TimeGrid {
        self.grid
    }
}

/// The evenly spaced moments at which a watermark matters to an operator: `k·step + offset`, and the end of the 64-bit range.
///
/// A window that ends at such a moment `e` closes once the watermark is at least `e − 1 ms`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeGrid {
    // Positive.
    step_millis: i64,
    // Within `0..step_millis`.
    offset_millis: i64,
}

impl TimeGrid {
    /// The first moment of the grid that `watermark` has not closed; `None` once it has closed them all (at the end of input).
    ///
    /// Two watermarks with the same answer close the same windows, so nothing can fire between them.
    pub fn first_open(&self, watermark: Watermark) -> Option<i64> {
        if watermark == Watermark::NONE {
            return Some(i64::MIN);
        }
        // The moment e is closed iff e − 1 ≤ W; the first open one is the least e > W + 1.
        let closed_up_to = watermark.millis().saturating_add(1);
        (closed_up_to < i64::MAX).then(|| self.next_after(closed_up_to))
    }

    /// How long before `millis` the last moment was that is not after it.
    #[inline]
    fn since_last(&self, millis: i64) -> i64 {
        // Both are within 0..step, so that nothing overflows.
        let since = millis.rem_euclid(self.step_millis) - self.offset_millis;
        if since < 0 { since + self.step_millis } else { since }
    }

    /// The first moment after `millis`.
    #[inline]
    fn next_after(&self, millis: i64) -> i64 {
        millis.saturating_add(self.step_millis - self.since_last(millis))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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

    /// Times anywhere, and often near the ends of the range.
    fn any_time() -> impl Strategy<Value = i64> {
        prop_oneof![
            any::<i64>(),
            (0..10_000_000_i64).prop_map(|near| i64::MIN + near),
            (0..10_000_000_i64).prop_map(|near| i64::MAX - near),
            Just(i64::MIN),
            Just(i64::MAX),
            -10_000_000..10_000_000_i64,
        ]
    }

    fn any_windows() -> impl Strategy<Value = TumblingWindows> {
        let size =
            prop_oneof![1..10_i64, Just(3_600_000), Just(315_576_000_000), Just(i64::MAX), 1..i64::MAX];
        (size, any_time()).prop_map(|(size, offset)| TumblingWindows::new(size, offset))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn every_window_closes_at_a_moment_at_which_the_grid_cuts(
            windows in any_windows(),
            timestamp in any_time(),
            watermark in any_time(),
        ) {
            let start = windows.start_of(timestamp);
            let end = windows.end_of(start);
            prop_assert!(start <= timestamp && (timestamp < end || end == i64::MAX));
            prop_assert_eq!((windows.start_of(start), windows.end_of(timestamp)), (start, end));
            // However late the watermark before was, a raise that closes the window is seen, and after it nothing is left to see.
            for before in [end.saturating_sub(2), watermark].map(Watermark::new) {
                let open = windows.grid().first_open(before);
                prop_assert_eq!(before.closes(end), open.is_none_or(|open| open > end), "{:?}", before);
            }
            if let Some(last_open) = end.checked_sub(2).filter(|millis| *millis > i64::MIN) {
                prop_assert_eq!(windows.grid().first_open(Watermark::new(last_open)), Some(end));
            }
        }
    }

    #[test]
    fn a_window_at_the_edge_of_time_is_cut_off_there() {
        let windows = TumblingWindows::new(10, 0);
        assert_eq!((windows.start_of(i64::MIN + 2), windows.end_of(i64::MIN)), (i64::MIN, i64::MIN + 8));
        assert_eq!((windows.start_of(i64::MAX - 2), windows.end_of(i64::MAX - 7)), (i64::MAX - 7, i64::MAX));
        assert_eq!(windows.grid().first_open(Watermark::new(i64::MAX - 2)), Some(i64::MAX));
        assert_eq!(windows.grid().first_open(Watermark::new(i64::MAX - 1)), None);
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
