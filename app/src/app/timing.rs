//! How soon the window is there and what its frames cost, said in the log.

use std::time::{Duration, Instant};

/// Notes frames as they are painted.
pub(super) struct Timing {
    /// When the program began.
    started: Instant,
    first_frame: Milestone,
    first_rows: Milestone,
    second: Second,
}

/// Something that is waited for once. What a frame draws is on the screen when the next one begins.
#[derive(Clone, Copy, PartialEq)]
enum Milestone {
    Awaited,
    Drawn,
    Passed,
}

/// The frames of the last second.
struct Second {
    began: Instant,
    n_frames: u32,
    total: Duration,
    longest: Duration,
}

impl Timing {
    pub(super) fn new(started: Instant) -> Timing {
        Timing {
            started,
            first_frame: Milestone::Awaited,
            first_rows: Milestone::Awaited,
            second: Second::new(Instant::now()),
        }
    }

    /// A frame begins. `last_frame` is what the one before took to make and paint, without waiting for the screen.
    pub(super) fn begin(&mut self, last_frame: Option<Duration>) {
        let millis = self.started.elapsed().as_millis() as u64;
        if self.first_frame.pass() {
            tracing::info!(millis, "the first frame is on the screen");
        }
        if self.first_rows.pass() {
            tracing::info!(millis, "the first rows are on the screen");
        }
        if let Some(last_frame) = last_frame {
            self.second.note(Instant::now(), last_frame);
        }
    }

    /// A frame has been drawn, and whether there were rows in it. Returns whether another is needed to know when it was shown.
    pub(super) fn drawn(&mut self, has_rows: bool) -> bool {
        let first = self.first_frame.draw();
        (has_rows && self.first_rows.draw()) || first
    }
}

impl Milestone {
    fn draw(&mut self) -> bool {
        let is_new = *self == Milestone::Awaited;
        if is_new {
            *self = Milestone::Drawn;
        }
        is_new
    }

    fn pass(&mut self) -> bool {
        let is_new = *self == Milestone::Drawn;
        if is_new {
            *self = Milestone::Passed;
        }
        is_new
    }
}

impl Second {
    fn new(began: Instant) -> Second {
        Second { began, n_frames: 0, total: Duration::ZERO, longest: Duration::ZERO }
    }

    fn note(&mut self, now: Instant, frame: Duration) {
        self.n_frames += 1;
        self.total += frame;
        self.longest = self.longest.max(frame);
        let seconds = now.duration_since(self.began).as_secs_f64();
        if seconds < 1.0 {
            return;
        }
        let millis = |time: Duration| (time.as_secs_f64() * 10_000.0).round() / 10.0;
        tracing::debug!(
            per_sec = (f64::from(self.n_frames) / seconds).round(),
            millis_mean = millis(self.total / self.n_frames),
            millis_max = millis(self.longest),
            "frames"
        );
        *self = Second::new(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_drawn_counts_once_and_when_the_next_frame_begins() {
        let mut timing = Timing::new(Instant::now());
        timing.begin(None);
        assert!(timing.drawn(false), "somebody has to see when it was shown");
        assert!(timing.first_frame == Milestone::Drawn && timing.first_rows == Milestone::Awaited);
        timing.begin(Some(Duration::from_millis(2)));
        assert!(timing.first_frame == Milestone::Passed);
        assert!(!timing.drawn(false), "nothing new is waited for");
        assert!(timing.drawn(true) && !timing.drawn(true));
        timing.begin(None);
        assert!(timing.first_rows == Milestone::Passed && !timing.drawn(true));
    }
}
