//! When rows arrive, and when they happened: from a row's number alone.

use super::params::Disorder;
use crate::connector::draws::Draws;
use crate::connector::elementary::ln;

/// A part of a period that differs from the rest of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Recurring {
    pub(super) every_millis: f64,
    pub(super) millis: f64,
}

/// When rows arrive and happen.
#[derive(Clone, Debug)]
pub(super) struct Schedule {
    pub(super) start_millis: i64,
    /// Rows in a millisecond.
    pub(super) rate: f64,
    /// Bursts at the beginning of each of their periods, and by how much the rate is multiplied.
    pub(super) bursts: Option<(Recurring, f64)>,
    /// Gaps at the end of each of their periods.
    pub(super) gaps: Option<Recurring>,
    pub(super) disorder: Disorder,
    pub(super) disorder_millis: i64,
    pub(super) group_size: u64,
    pub(super) late_share: f64,
    pub(super) late_millis: i64,
    /// How many rows there are.
    pub(super) n_rows: u64,
    /// Decides about the disorder.
    pub(super) disorder_draws: Draws,
    /// Decides which rows are late.
    pub(super) late_draws: Draws,
}

impl Schedule {
    /// When row `n` would arrive if it did so at its turn.
    #[inline]
    pub(super) fn turn(&self, n: u64) -> i64 {
        let n = n as f64;
        // Time as it goes by while there are no gaps.
        let active = match self.bursts {
            None => n / self.rate,
            Some((burst, factor)) => {
                let in_burst = burst.millis * self.rate * factor;
                let in_period = in_burst + (burst.every_millis - burst.millis) * self.rate;
                let period = (n / in_period).floor();
                let rest = (n - period * in_period).max(0.0);
                let within = if rest < in_burst {
                    rest / (self.rate * factor)
                } else {
                    burst.millis + (rest - in_burst) / self.rate
                };
                period * burst.every_millis + within
            }
        };
        let millis = match self.gaps {
            None => active,
            Some(gap) => active + (active / (gap.every_millis - gap.millis)).floor() * gap.millis,
        };
        self.start_millis.saturating_add(millis as i64)
    }

    /// When row `n` arrives.
    #[inline]
    pub(super) fn arrival(&self, n: u64) -> i64 {
        match self.disorder {
            Disorder::Grouped => {
                self.turn((n - n % self.group_size + self.group_size - 1).min(self.n_rows - 1))
            }
            _ => self.turn(n),
        }
    }

    /// When row `n` happened.
    #[inline]
    pub(super) fn event_time(&self, n: u64) -> i64 {
        let time = match self.disorder {
            Disorder::None => self.turn(n),
            Disorder::Uniform => {
                let delay = self.disorder_draws.at(n).below(self.disorder_millis as u64 + 1);
                self.turn(n).saturating_sub(delay as i64)
            }
            Disorder::Exponential => {
                let delay = -ln(1.0 - self.disorder_draws.at(n).unit()) * self.disorder_millis as f64;
                self.turn(n).saturating_sub(delay as i64)
            }
            Disorder::Grouped => self.turn(self.shuffled(n)),
        };
        if self.late_share > 0.0 && self.late_draws.at(n).happens(self.late_share) {
            time.saturating_sub(self.late_millis)
        } else {
            time
        }
    }

    /// Whether rows arrive when they happen.
    pub(super) fn is_in_order(&self) -> bool {
        self.disorder == Disorder::None && self.late_share == 0.0
    }

    /// The row of the group whose place row `n` takes. The last group may be smaller.
    fn shuffled(&self, n: u64) -> u64 {
        let start = n - n % self.group_size;
        let size = self.group_size.min(self.n_rows - start);
        // Groups of at most a million have no more than two prime factors of this size.
        let step = [953, 947, 941].into_iter().find(|prime| !size.is_multiple_of(*prime)).unwrap_or(1);
        let first = self.disorder_draws.at(start).below(size);
        start + (first + (n - start) * step) % size
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schedule() -> Schedule {
        Schedule {
            start_millis: 1_000_000,
            rate: 0.1,
            bursts: None,
            gaps: None,
            disorder: Disorder::None,
            disorder_millis: 1000,
            group_size: 100,
            late_share: 0.0,
            late_millis: 60_000,
            n_rows: 20_000,
            disorder_draws: Draws::named(1, "disorder"),
            late_draws: Draws::named(1, "late"),
        }
    }

    /// Rows in each of the `n` times of `millis` from the start.
    fn counts(schedule: &Schedule, millis: i64, n: usize) -> Vec<usize> {
        let mut counts = vec![0; n];
        for row in 0..schedule.n_rows {
            let place = (schedule.turn(row) - schedule.start_millis) / millis;
            if let Some(count) = counts.get_mut(place as usize) {
                *count += 1;
            }
        }
        counts
    }

    #[test]
    fn rows_come_at_their_rate() {
        let schedule = schedule();
        assert_eq!([0, 1, 99, 100].map(|n| schedule.turn(n) - 1_000_000), [0, 10, 990, 1000]);
        assert_eq!(counts(&schedule, 1000, 200), [100; 200]);
    }

    #[test]
    fn bursts_multiply_the_rate_and_gaps_are_empty() {
        let burst = Recurring { every_millis: 5000.0, millis: 1000.0 };
        let bursts = Schedule { bursts: Some((burst, 4.0)), ..schedule() };
        assert_eq!(counts(&bursts, 1000, 10), [400, 100, 100, 100, 100, 400, 100, 100, 100, 100]);

        let gap = Recurring { every_millis: 4000.0, millis: 3000.0 };
        let gaps = Schedule { gaps: Some(gap), ..schedule() };
        assert_eq!(counts(&gaps, 1000, 9), [100, 0, 0, 0, 100, 0, 0, 0, 100]);

        // Bursts are counted without gaps: one each five seconds, which take twenty with them.
        let both = Schedule { bursts: Some((burst, 4.0)), gaps: Some(gap), ..schedule() };
        let busy: Vec<usize> = counts(&both, 1000, 24).into_iter().filter(|n| *n > 0).collect();
        assert_eq!(busy, [400, 100, 100, 100, 100, 400]);
    }

    #[test]
    fn uniform_disorder_is_within_its_bound() {
        let schedule = Schedule { disorder: Disorder::Uniform, ..schedule() };
        let delays: Vec<i64> = (0..20_000).map(|n| schedule.arrival(n) - schedule.event_time(n)).collect();
        assert_eq!((delays.iter().min(), delays.iter().max()), (Some(&0), Some(&1000)));
        // 500 on average; six standard deviations of the mean are 12.3.
        assert!((delays.iter().sum::<i64>() / 20_000).abs_diff(500) <= 13);
    }

    #[test]
    fn exponential_disorder_has_its_mean_and_a_long_tail() {
        let schedule = Schedule { disorder: Disorder::Exponential, ..schedule() };
        let delays: Vec<i64> = (0..20_000).map(|n| schedule.arrival(n) - schedule.event_time(n)).collect();
        // 1,000 on average; six standard deviations of the mean are 42.4.
        assert!((delays.iter().sum::<i64>() / 20_000).abs_diff(1000) <= 43);
        // e^-5 of 20,000 are 134.8; six standard deviations are 69.4.
        let n_long = delays.iter().filter(|delay| **delay >= 5000).count();
        assert!((65..=205).contains(&n_long), "{n_long}");
    }

    #[test]
    fn groups_arrive_together_and_shuffled() {
        for (group_size, n_rows) in [(100, 20_000), (953, 20_000), (953 * 947, 1_000_000), (7, 7), (1, 5)] {
            let schedule = Schedule { disorder: Disorder::Grouped, group_size, n_rows, ..schedule() };
            let mut seen = vec![false; n_rows as usize];
            for n in 0..n_rows {
                let other = schedule.shuffled(n);
                assert_eq!(other / group_size, n / group_size);
                assert!(
                    !std::mem::replace(&mut seen[other as usize], true),
                    "row {n} of groups of {group_size}"
                );
                assert!(schedule.arrival(n) >= schedule.event_time(n));
            }
            assert!((1..n_rows).all(|n| schedule.arrival(n - 1) <= schedule.arrival(n)));
        }
    }

    #[test]
    fn late_rows_are_as_many_as_they_should_be() {
        let schedule = Schedule { late_share: 0.05, ..schedule() };
        let n_late = (0..20_000).filter(|n| schedule.event_time(*n) == schedule.turn(*n) - 60_000).count();
        // 1,000 are expected; six standard deviations are 185.
        assert!((815..=1_185).contains(&n_late), "{n_late}");
    }
}
