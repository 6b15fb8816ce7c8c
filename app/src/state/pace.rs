//! How often the window paints by itself, while nobody touches it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use egui::Context;

/// The time between two frames while only the run changes what is shown: 30 a second.
const FRAME: Duration = Duration::from_nanos(1_000_000_000 / 30);

/// The most time between them.
const LONGEST: Duration = Duration::from_millis(100);

/// How much of the time of all cores such frames may take from a run that goes as fast as it can.
const SHARE: f64 = 0.008;

/// How much of what is known of the cost of a frame the newest one makes up.
const NEWEST: f64 = 0.1;

/// The time between two frames that only show what goes on by itself. A run at full speed would use every core, so that each frame
/// makes it slower: there it is as long as keeps the frames' share of the cores small, and the more cores there are the shorter. What
/// a person does is shown at once always.
#[derive(Clone, Debug)]
pub struct Pace {
    // In nanoseconds, for the threads that wake the window ask too.
    rest: Arc<AtomicU64>,
    /// What a frame took of late, in seconds.
    cost: f64,
    n_cores: usize,
}

impl Pace {
    /// Of a machine with so many cores.
    pub fn new(n_cores: usize) -> Pace {
        Pace { rest: Arc::new(AtomicU64::new(FRAME.as_nanos() as u64)), cost: 0.0, n_cores: n_cores.max(1) }
    }

    /// Takes note of a frame that took `cost` to make, and whether it showed a run at full speed.
    pub fn note(&mut self, cost: Duration, is_full_speed: bool) {
        self.cost += (cost.as_secs_f64() - self.cost) * NEWEST;
        let rest = if is_full_speed {
            Duration::from_secs_f64(self.cost / (SHARE * self.n_cores as f64)).clamp(FRAME, LONGEST)
        } else {
            FRAME
        };
        self.rest.store(rest.as_nanos() as u64, Ordering::Relaxed);
    }

    /// How long to wait for the next frame.
    pub fn rest(&self) -> Duration {
        Duration::from_nanos(self.rest.load(Ordering::Relaxed))
    }

    /// Asks for the next frame, for something that moves by itself.
    pub fn ask(&self, ctx: &Context) {
        ctx.request_repaint_after(self.rest());
    }
}

impl Default for Pace {
    fn default() -> Pace {
        Pace::new(std::thread::available_parallelism().map_or(1, usize::from))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rest_after(cost_millis: u64, n_cores: usize, is_full_speed: bool) -> Duration {
        let mut pace = Pace::new(n_cores);
        for _ in 0..200 {
            pace.note(Duration::from_millis(cost_millis), is_full_speed);
        }
        pace.rest()
    }

    #[test]
    fn a_run_at_full_speed_gives_no_more_than_the_share_of_its_cores_until_too_few_frames_would_be_left() {
        for (cost_millis, n_cores) in [(1, 2), (2, 4), (4, 8)] {
            let rest = rest_after(cost_millis, n_cores, true).as_secs_f64();
            let share = cost_millis as f64 / 1e3 / rest / n_cores as f64;
            assert!((share / SHARE - 1.0).abs() < 0.01, "{cost_millis} ms on {n_cores} cores: {share}");
        }
        assert_eq!(rest_after(9, 2, true), LONGEST);
    }

    #[test]
    fn frames_that_cost_little_or_nobodys_cores_come_thirty_times_a_second() {
        assert_eq!(rest_after(1, 64, true), FRAME);
        assert_eq!(rest_after(9, 2, false), FRAME);
    }

    #[test]
    fn what_wakes_the_window_knows_the_newest_pace() {
        let mut pace = Pace::new(1);
        let elsewhere = pace.clone();
        pace.note(Duration::from_secs(1), true);
        assert_eq!(elsewhere.rest(), LONGEST);
    }
}
