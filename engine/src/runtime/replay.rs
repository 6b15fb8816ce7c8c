//! The pace of a replay: which source may read how far, and when.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::data::Position;
use crate::sync::Cancelled;

/// How fast recorded rows are replayed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Speed {
    /// As fast as the machine allows.
    Maximum,
    /// By arrival time, this many times faster than the rows arrived; 1 is real time. From 0.001 to 1,000,000.
    Factor(f64),
}

impl Speed {
    /// Rows as they arrived.
    pub const REAL_TIME: Speed = Speed::Factor(1.0);

    /// The nearest speed that is possible; the maximum for a factor that is not finite.
    fn within_bounds(self) -> Speed {
        match self {
            Speed::Factor(factor) if factor.is_finite() => Speed::Factor(factor.clamp(0.001, 1_000_000.0)),
            _ => Speed::Maximum,
        }
    }
}

/// Lets sources read as the transport says: at maximum speed, by the clock, row by row, or not at all.
///
/// Sources ask for every stretch that they are about to read. Row by row, the rows of all sources go in arrival order; otherwise
/// each source reads on by itself, and order is made where streams meet.
#[derive(Debug)]
pub(super) struct Replay {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    sources: Vec<Reader>,
    paused: bool,
    pause_reason: Option<String>,
    speed: Speed,
    // Rows that may still be read while paused.
    steps: u64,
    cancelled: bool,
    // The clock runs from this arrival time since this instant; unset until every source has named its first row.
    origin: Option<(i64, Instant)>,
    // The latest arrival time let through.
    clock_millis: Option<i64>,
    // When the last row arrived of the sources that have finished.
    last_arrival: Option<i64>,
}

#[derive(Clone, Copy, Debug)]
struct Reader {
    next: Option<Position>,
    waiting: bool,
    finished: bool,
}

/// What a source may read now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Grant {
    /// Rows up to and including this position, and not more than this many. Of a step, they must be reported by
    /// [`Replay::has_read`].
    Rows { up_to: Position, max_rows: usize, is_step: bool },
    /// Nothing yet.
    Wait,
    /// Nothing any more: the job is stopped.
    Cancelled,
}

impl Replay {
    pub(super) fn new(n_sources: usize, speed: Speed, paused: bool) -> Replay {
        let reader = Reader { next: None, waiting: false, finished: false };
        let state = State {
            sources: vec![reader; n_sources],
            paused,
            pause_reason: None,
            speed: speed.within_bounds(),
            steps: 0,
            cancelled: false,
            origin: None,
            clock_millis: None,
            last_arrival: None,
        };
        Replay { state: Mutex::new(state), changed: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What `source`, whose next row stands at `next`, may read at once. `n_rows` is how many it has at hand.
    pub(super) fn try_grant(&self, source: usize, next: Position, n_rows: usize) -> Grant {
        let mut state = self.lock();
        let first_time = state.sources[source].next.is_none();
        state.sources[source].next = Some(next);
        if first_time {
            self.changed.notify_all();
        }
        state.grant(source, next, n_rows, Instant::now())
    }

    /// As [`Replay::try_grant`], but waits until there is something to read.
    pub(super) fn grant(&self, source: usize, next: Position, n_rows: usize) -> Grant {
        let mut state = self.lock();
        state.sources[source] = Reader { next: Some(next), waiting: true, finished: false };
        self.changed.notify_all();
        loop {
            let now = Instant::now();
            let grant = state.grant(source, next, n_rows, now);
            if grant != Grant::Wait {
                state.sources[source].waiting = false;
                return grant;
            }
            state = match state.due(next, now) {
                Some(delay) => {
                    self.changed.wait_timeout(state, delay).unwrap_or_else(PoisonError::into_inner).0
                }
                None => self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }

    /// So many rows of a step have been read.
    pub(super) fn has_read(&self, n_rows: usize) {
        let mut state = self.lock();
        state.steps = state.steps.saturating_sub(n_rows as u64);
    }

    /// `source` has no more rows; the last one that has a time arrived at `last_arrival`.
    pub(super) fn finish(&self, source: usize, last_arrival: Option<i64>) {
        let mut state = self.lock();
        state.sources[source].finished = true;
        state.last_arrival = state.last_arrival.max(last_arrival);
        if state.all_finished() {
            state.clock_millis = state.last_arrival;
        }
        drop(state);
        self.changed.notify_all();
    }

    pub(super) fn pause(&self, reason: Option<String>) {
        let mut state = self.lock();
        state.hold_clock();
        state.paused = true;
        state.pause_reason = reason;
        state.steps = 0;
    }

    pub(super) fn resume(&self) {
        let mut state = self.lock();
        state.paused = false;
        state.pause_reason = None;
        state.origin = state.clock_millis.map(|millis| (millis, Instant::now()));
        drop(state);
        self.changed.notify_all();
    }

    /// Waits as long as the replay is paused and no step is asked for.
    ///
    /// # Errors
    /// [`Cancelled`] when the job is stopped.
    pub(super) fn wait_until_resumed(&self) -> Result<(), Cancelled> {
        let mut state = self.lock();
        while state.paused && state.steps == 0 && !state.cancelled {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if state.cancelled { Err(Cancelled) } else { Ok(()) }
    }

    /// Pauses, and lets the next `n_rows` rows through.
    pub(super) fn step(&self, n_rows: u64) {
        let mut state = self.lock();
        state.hold_clock();
        state.paused = true;
        state.pause_reason = None;
        state.steps = state.steps.saturating_add(n_rows);
        drop(state);
        self.changed.notify_all();
    }

    pub(super) fn set_speed(&self, speed: Speed) {
        let mut state = self.lock();
        state.hold_clock();
        state.speed = speed.within_bounds();
        state.origin = state.clock_millis.map(|millis| (millis, Instant::now()));
        drop(state);
        self.changed.notify_all();
    }

    /// # Errors
    /// [`Cancelled`] if the job is stopped.
    pub(super) fn check_cancelled(&self) -> Result<(), Cancelled> {
        if self.lock().cancelled { Err(Cancelled) } else { Ok(()) }
    }

    pub(super) fn cancel(&self) {
        self.lock().cancelled = true;
        self.changed.notify_all();
    }

    pub(super) fn is_paused(&self) -> Option<Option<String>> {
        let state = self.lock();
        state.paused.then(|| state.pause_reason.clone())
    }

    pub(super) fn speed(&self) -> Speed {
        self.lock().speed
    }

    /// The arrival time that the replay has come to: that of the last row once all have been read.
    pub(super) fn clock_millis(&self) -> Option<i64> {
        let state = self.lock();
        state.running_clock(Instant::now()).or(state.clock_millis)
    }
}

impl State {
    fn grant(&mut self, source: usize, next: Position, n_rows: usize, now: Instant) -> Grant {
        if self.cancelled {
            return Grant::Cancelled;
        }
        if self.paused {
            return self.grant_steps(source, next, n_rows);
        }
        if next.arrival_millis == i64::MIN {
            // Rows without any time come before all others and are not waited for.
            let up_to = Position { arrival_millis: i64::MIN, ..Position::MAX };
            return Grant::Rows { up_to, max_rows: n_rows, is_step: false };
        }
        let (up_to, clock) = match self.speed {
            Speed::Maximum => (Position::MAX, next.arrival_millis),
            Speed::Factor(_) => {
                if self.origin.is_none() {
                    let named = |reader: &Reader| reader.next.is_some() || reader.finished;
                    if !self.sources.iter().all(named) {
                        return Grant::Wait;
                    }
                    let first = self
                        .sources
                        .iter()
                        .filter(|reader| !reader.finished)
                        .filter_map(|reader| reader.next)
                        .filter(|next| next.arrival_millis != i64::MIN)
                        .min();
                    self.origin = Some((first.unwrap_or(next).arrival_millis, now));
                }
                let clock = self.running_clock(now).unwrap_or(next.arrival_millis);
                if next.arrival_millis > clock {
                    return Grant::Wait;
                }
                (Position { arrival_millis: clock, ..Position::MAX }, clock)
            }
        };
        self.clock_millis = Some(self.clock_millis.map_or(clock, |millis| millis.max(clock)));
        Grant::Rows { up_to, max_rows: n_rows, is_step: false }
    }

    /// Row by row, only the source whose next row comes first may read, and only up to the next row of any other.
    fn grant_steps(&mut self, source: usize, next: Position, n_rows: usize) -> Grant {
        // A source that is still busy is no obstacle if it has come further already: its positions only rise.
        let settled = |reader: &Reader| {
            reader.finished || reader.next.is_some_and(|other| reader.waiting || other > next)
        };
        let mut others =
            self.sources.iter().enumerate().filter(|(idx, _)| *idx != source).map(|(_, reader)| reader);
        if self.steps == 0 || !others.clone().all(settled) {
            return Grant::Wait;
        }
        let next_of_others =
            others.by_ref().filter(|reader| !reader.finished).filter_map(|reader| reader.next).min();
        if next_of_others.is_some_and(|other| other < next) {
            return Grant::Wait;
        }
        let up_to = next_of_others.map_or(Position::MAX, |other| {
            Position::just_before(other.arrival_millis, other.source, other.split, other.offset)
        });
        if next.arrival_millis != i64::MIN {
            let latest =
                self.clock_millis.map_or(next.arrival_millis, |millis| millis.max(next.arrival_millis));
            self.clock_millis = Some(latest);
        }
        let max_rows = n_rows.min(usize::try_from(self.steps).unwrap_or(usize::MAX));
        Grant::Rows { up_to, max_rows, is_step: true }
    }

    fn all_finished(&self) -> bool {
        self.sources.iter().all(|reader| reader.finished)
    }

    /// Where the clock stands that runs; `None` where it does not run, or not any more.
    fn running_clock(&self, now: Instant) -> Option<i64> {
        let (Speed::Factor(factor), Some((millis, since)), false) = (self.speed, self.origin, self.paused)
        else {
            return None;
        };
        if self.all_finished() {
            return None;
        }
        let elapsed = now.saturating_duration_since(since).as_secs_f64() * 1000.0 * factor;
        Some(millis.saturating_add(elapsed as i64))
    }

    /// Notes where the clock stands, before it is stopped or changes its pace.
    fn hold_clock(&mut self) {
        // A clock that ran ahead of the last row stands at the moment it showed, so that a gap is not waited for twice.
        if let Some(clock) = self.running_clock(Instant::now()) {
            self.clock_millis = Some(self.clock_millis.map_or(clock, |millis| millis.max(clock)));
        }
        self.origin = None;
    }

    /// How long until the clock reaches `next`; `None` where it does not run.
    fn due(&self, next: Position, now: Instant) -> Option<Duration> {
        let (Speed::Factor(factor), Some(clock), false) = (self.speed, self.running_clock(now), self.paused)
        else {
            return None;
        };
        let millis = next.arrival_millis.saturating_sub(clock).max(0) as f64 / factor;
        // Rows are let through in strokes of at least 10 ms, so that a dense file is not replayed one row at a time.
        Some(Duration::from_secs_f64((millis / 1000.0).clamp(0.010, 1.0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(arrival: i64, source: u32) -> Position {
        Position { arrival_millis: arrival, source, split: 0, offset: arrival as u64, sub: i64::MIN }
    }

    fn up_to(grant: Grant) -> Option<(Position, usize)> {
        match grant {
            Grant::Rows { up_to, max_rows, .. } => Some((up_to, max_rows)),
            _ => None,
        }
    }

    #[test]
    fn at_maximum_speed_everything_may_be_read() {
        let replay = Replay::new(2, Speed::Maximum, false);
        assert_eq!(up_to(replay.try_grant(0, at(5, 0), 100)), Some((Position::MAX, 100)));
        assert_eq!(replay.clock_millis(), Some(5));
    }

    #[test]
    fn paused_nothing_may_be_read_and_a_step_lets_rows_through_in_arrival_order() {
        let replay = Replay::new(2, Speed::Maximum, true);
        assert_eq!(replay.try_grant(0, at(5, 0), 10), Grant::Wait);
        replay.step(3);
        assert_eq!(
            replay.try_grant(0, at(5, 0), 10),
            Grant::Wait,
            "the other source has not named its next row"
        );
        replay.lock().sources[1] = Reader { next: Some(at(7, 1)), waiting: true, finished: false };
        let (limit, n_rows) = up_to(replay.try_grant(0, at(5, 0), 10)).expect("source 0 is first");
        assert!(limit >= at(6, 0) && limit < at(7, 1) && n_rows == 3);
        replay.has_read(2);
        replay.lock().sources[0] = Reader { next: Some(at(9, 0)), waiting: true, finished: false };
        assert_eq!(replay.try_grant(0, at(9, 0), 10), Grant::Wait);
        assert_eq!(up_to(replay.try_grant(1, at(7, 1), 10)).expect("source 1 is first now").1, 1);
    }

    #[test]
    fn a_source_that_is_busy_further_on_does_not_hold_up_a_step() {
        let replay = Replay::new(2, Speed::Maximum, false);
        replay.try_grant(1, at(1_000, 1), 10);
        replay.step(1);
        assert!(
            up_to(replay.try_grant(0, at(5, 0), 10)).is_some(),
            "source 1 has read beyond and is not waiting"
        );
    }

    #[test]
    fn by_the_clock_a_row_waits_for_its_time() {
        let replay = Replay::new(1, Speed::Factor(1000.0), false);
        assert!(up_to(replay.grant(0, at(0, 0), 10)).is_some());
        assert_eq!(replay.try_grant(0, at(10_000_000, 0), 10), Grant::Wait);
        let (limit, _) = up_to(replay.grant(0, at(20, 0), 10)).expect("20 ms of the recording are soon over");
        assert!(limit >= at(20, 0));
    }

    #[test]
    fn the_clock_stops_at_the_last_row_of_all_sources() {
        let replay = Replay::new(2, Speed::Factor(1_000_000.0), false);
        replay.try_grant(1, at(0, 1), 10);
        assert!(up_to(replay.grant(0, at(0, 0), 10)).is_some());
        replay.finish(0, Some(70));
        std::thread::sleep(Duration::from_millis(1));
        assert!(replay.clock_millis() > Some(70), "the clock runs while there is a source to read");
        replay.finish(1, Some(50));
        assert_eq!(replay.clock_millis(), Some(70));
        replay.pause(None);
        replay.set_speed(Speed::Factor(1_000.0));
        replay.resume();
        assert_eq!(replay.clock_millis(), Some(70), "there is nothing left to go on to");
    }
}
