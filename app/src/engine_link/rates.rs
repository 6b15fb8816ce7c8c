//! Figures of the last second, from the snapshots of the last second.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tidemark_engine::runtime::JobSnapshot;

/// The snapshots that the figures are made of, oldest first.
#[derive(Default)]
pub(super) struct Rates {
    seen: VecDeque<(Instant, Arc<JobSnapshot>)>,
}

/// The stretch of time over which rates are taken.
const SPAN: Duration = Duration::from_secs(1);

impl Rates {
    /// Notes a snapshot and forgets those that are too old.
    pub(super) fn note(&mut self, now: Instant, job: Arc<JobSnapshot>) {
        self.seen.push_back((now, job));
        // One snapshot from before the span stays, so that the span is covered.
        while self.seen.get(1).is_some_and(|(at, _)| now.duration_since(*at) >= SPAN) {
            self.seen.pop_front();
        }
    }

    /// The oldest snapshot that is kept, and the seconds from it to the newest.
    fn stretch(&self) -> Option<(&JobSnapshot, f64)> {
        let (first, last) = (self.seen.front()?, self.seen.back()?);
        // The very first moments say nothing: a few rows over a millisecond would be millions a second.
        let seconds = last.0.duration_since(first.0).max(SPAN / 4).as_secs_f64();
        Some((&first.1, seconds))
    }

    /// How much a counter has grown a second, given how to read it.
    pub(super) fn per_sec(&self, read: impl Fn(&JobSnapshot) -> u64) -> f64 {
        let (Some((first, seconds)), Some((_, last))) = (self.stretch(), self.seen.back()) else {
            return 0.0;
        };
        read(last).saturating_sub(read(first)) as f64 / seconds
    }

    /// The share of the time of `n_threads` that a stretch of work took, given how to read the time worked.
    pub(super) fn share(&self, read: impl Fn(&JobSnapshot) -> Duration, n_threads: usize) -> f32 {
        let (Some((first, seconds)), Some((_, last))) = (self.stretch(), self.seen.back()) else {
            return 0.0;
        };
        let worked = read(last).saturating_sub(read(first)).as_secs_f64();
        (worked / seconds / n_threads.max(1) as f64).clamp(0.0, 1.0) as f32
    }
}
