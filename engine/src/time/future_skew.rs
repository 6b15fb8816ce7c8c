//! The guard against timestamps from the future.

/// How far ahead of everything seen a timestamp may be before it is taken for a fault, unless set otherwise: one day.
pub const DEFAULT_FUTURE_SKEW_MILLIS: i64 = 24 * 60 * 60 * 1000;

/// How many rows in a row must lie ahead before the least of them is believed.
const N_AGREEING: usize = 3;

/// Follows the greatest timestamp of a stream of rows, and sets those aside that are too far ahead of it: one broken clock would make
/// every later row late.
///
/// Time may really have gone on, over a weekend or because rows are rare. So once three rows in a row are too far ahead, the least of
/// them is believed, and whatever of the others is not too far ahead of that. Where rows are further apart than the skew allows, time
/// goes on two rows behind.
///
/// The first timestamp of all is believed, unless [`FutureSkewGuard::after`] says what to compare it with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FutureSkewGuard {
    max_skew_millis: i64,
    // The greatest timestamp that counts, and what further ones are compared with, which is never less; `i64::MIN` for none.
    max: i64,
    reference: i64,
    // The timestamps set aside that came directly one after another.
    ahead: [i64; N_AGREEING],
    n_ahead: u8,
}

impl FutureSkewGuard {
    /// A guard that allows `max_skew_millis`, at least 0, and has seen nothing yet.
    pub fn new(max_skew_millis: i64) -> FutureSkewGuard {
        FutureSkewGuard {
            max_skew_millis,
            max: i64::MIN,
            reference: i64::MIN,
            ahead: [0; N_AGREEING],
            n_ahead: 0,
        }
    }

    /// A guard whose first timestamp is compared with `max_timestamp`, which was seen elsewhere.
    #[must_use]
    pub fn after(self, max_timestamp: Option<i64>) -> FutureSkewGuard {
        let reference = max_timestamp.map_or(self.reference, |seen| seen.max(self.reference));
        FutureSkewGuard { reference, ..self }
    }

    /// Takes note of a timestamp. Answers whether it counts.
    #[inline]
    pub fn admit(&mut self, timestamp: i64) -> bool {
        if self.is_too_far_ahead(timestamp) {
            return self.set_aside(timestamp);
        }
        self.n_ahead = 0;
        self.max = self.max.max(timestamp);
        self.reference = self.reference.max(timestamp);
        true
    }

    /// Takes note of many timestamps, as [`FutureSkewGuard::admit`] would of one after another. Calls `raised` with the number of each
    /// that is greater than all before it, and it. Answers how many were set aside.
    #[inline]
    pub fn admit_all(&mut self, timestamps: &[i64], mut raised: impl FnMut(usize, i64)) -> usize {
        const AT_ONCE: usize = 64;
        let mut n_set_aside = 0;
        for (number, chunk) in timestamps.chunks(AT_ONCE).enumerate() {
            let first = number * AT_ONCE;
            let greatest = chunk.iter().fold(i64::MIN, |greatest, timestamp| greatest.max(*timestamp));
            if self.reference == i64::MIN || self.is_too_far_ahead(greatest) {
                for (row, timestamp) in (first..).zip(chunk) {
                    let before = self.max;
                    n_set_aside += usize::from(!self.admit(*timestamp));
                    if self.max > before {
                        raised(row, self.max);
                    }
                }
                continue;
            }
            self.n_ahead = 0;
            if greatest <= self.max {
                continue;
            }
            let mut max = self.max;
            for (row, timestamp) in (first..).zip(chunk) {
                if *timestamp > max {
                    max = *timestamp;
                    raised(row, max);
                }
            }
            self.max = max;
            self.reference = self.reference.max(max);
        }
        n_set_aside
    }

    #[inline]
    fn is_too_far_ahead(&self, timestamp: i64) -> bool {
        self.reference != i64::MIN && timestamp > self.reference.saturating_add(self.max_skew_millis)
    }

    #[cold]
    fn set_aside(&mut self, timestamp: i64) -> bool {
        self.ahead[usize::from(self.n_ahead)] = timestamp;
        self.n_ahead += 1;
        if usize::from(self.n_ahead) < N_AGREEING {
            return false;
        }
        let in_row_order = self.ahead;
        let mut rising = in_row_order;
        rising.sort_unstable();
        self.reference = rising[0];
        for ahead in rising {
            if !self.is_too_far_ahead(ahead) {
                self.reference = ahead;
            }
        }
        self.max = self.reference;
        self.n_ahead = 0;
        for ahead in in_row_order {
            if ahead > self.max {
                self.ahead[usize::from(self.n_ahead)] = ahead;
                self.n_ahead += 1;
            }
        }
        timestamp <= self.max
    }

    /// The greatest timestamp that counts; `None` before the first.
    #[inline]
    pub fn max_timestamp(&self) -> Option<i64> {
        (self.max != i64::MIN).then_some(self.max)
    }

    /// How far ahead a timestamp may be, in milliseconds.
    pub fn max_skew_millis(&self) -> i64 {
        self.max_skew_millis
    }

    /// Whether a stream's first timestamp is not to be believed, given those behind it: it has nothing before it to be compared with,
    /// so that the three next ones decide. It is doubted if each of them is further back than the skew allows.
    pub fn doubts_first(max_skew_millis: i64, first: i64, next: &[i64]) -> bool {
        next.len() >= N_AGREEING
            && next[..N_AGREEING].iter().all(|next| first > next.saturating_add(max_skew_millis))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DAY: i64 = DEFAULT_FUTURE_SKEW_MILLIS;

    proptest! {
        #[test]
        fn many_at_once_are_taken_as_one_after_another(
            timestamps in prop::collection::vec(prop_oneof![0_i64..50, 1_000_i64..1_100, Just(i64::MIN), any::<i64>()], 0..200),
            known in prop::option::of(0_i64..60),
            skew in 0_i64..40,
        ) {
            let mut one = FutureSkewGuard::new(skew).after(known);
            let mut all = one;
            let (mut raises, mut n_set_aside) = (Vec::new(), 0);
            for (row, timestamp) in timestamps.iter().enumerate() {
                let before = one.max;
                n_set_aside += usize::from(!one.admit(*timestamp));
                if one.max > before {
                    raises.push((row, one.max));
                }
            }
            let mut seen = Vec::new();
            prop_assert_eq!(all.admit_all(&timestamps, |row, max| seen.push((row, max))), n_set_aside);
            prop_assert_eq!(seen, raises);
            // Timestamps that were set aside and forgotten do not show any more.
            one.ahead = [0; N_AGREEING];
            all.ahead = [0; N_AGREEING];
            prop_assert_eq!(all, one);
        }
    }

    fn after(timestamps: &[i64]) -> (FutureSkewGuard, Vec<bool>) {
        let mut guard = FutureSkewGuard::new(DAY);
        let admitted = timestamps.iter().map(|timestamp| guard.admit(*timestamp)).collect();
        (guard, admitted)
    }

    #[test]
    fn one_timestamp_from_the_future_does_not_count() {
        let (guard, admitted) = after(&[0, DAY + 1, 10, DAY + 10]);
        assert_eq!(admitted, [true, false, true, true], "exactly the skew ahead is allowed");
        assert_eq!(guard.max_timestamp(), Some(DAY + 10));
    }

    #[test]
    fn a_clock_that_is_wrong_every_third_row_is_never_believed() {
        let (guard, _) = after(&[0, 9 * DAY, 9 * DAY, 1, 9 * DAY, 9 * DAY, 2, 9 * DAY, 9 * DAY]);
        assert_eq!(guard.max_timestamp(), Some(2));
    }

    #[test]
    fn three_rows_in_a_row_beyond_the_skew_are_a_real_jump() {
        let (guard, admitted) = after(&[0, 10 * DAY, 10 * DAY + 5, 10 * DAY + 3]);
        assert_eq!(admitted, [true, false, false, true]);
        assert_eq!(guard.max_timestamp(), Some(10 * DAY + 5));
    }

    #[test]
    fn the_least_of_three_that_disagree_is_believed() {
        let (mut guard, admitted) = after(&[0, 10 * DAY, 5_000 * DAY, 10 * DAY + 1]);
        assert_eq!(admitted, [true, false, false, true]);
        assert_eq!(guard.max_timestamp(), Some(10 * DAY + 1));
        assert!(guard.admit(10 * DAY + 2));
    }

    #[test]
    fn rows_further_apart_than_the_skew_move_time_two_rows_behind() {
        let rows: Vec<i64> = (0..10).map(|row| row * 2 * DAY).collect();
        let mut guard = FutureSkewGuard::new(DAY);
        for (idx, row) in rows.iter().enumerate() {
            guard.admit(*row);
            assert_eq!(guard.max_timestamp(), Some(rows[idx.saturating_sub(2)]), "after row {idx}");
        }
    }

    #[test]
    fn a_partition_is_compared_with_its_split() {
        let mut guard = FutureSkewGuard::new(DAY).after(Some(100));
        assert_eq!(guard.max_timestamp(), None);
        assert!(!guard.admit(DAY + 101));
        assert!(guard.admit(7));
        assert_eq!(guard.max_timestamp(), Some(7));
    }

    #[test]
    fn a_first_timestamp_is_doubted_if_the_three_next_ones_are_far_behind() {
        let doubts = |first, next: &[i64]| FutureSkewGuard::doubts_first(DAY, first, next);
        assert!(doubts(9 * DAY, &[0, 1, 2]));
        assert!(!doubts(9 * DAY, &[0, 8 * DAY, 2]), "one of them is near enough");
        assert!(!doubts(9 * DAY, &[0, 1]), "two are not enough");
        assert!(!doubts(DAY, &[0, 1, 2]), "exactly the skew is allowed");
    }

    #[test]
    fn the_extremes_of_the_range_do_no_harm() {
        let (guard, admitted) = after(&[i64::MAX, i64::MIN, i64::MAX, 0]);
        assert_eq!(admitted, [true; 4]);
        assert_eq!(guard.max_timestamp(), Some(i64::MAX));
    }
}
