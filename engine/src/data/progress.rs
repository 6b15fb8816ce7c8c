//! How far a stream has come: its frontier in arrival order, and the watermarks that hold on the way there.

use std::sync::Arc;

use super::{Origins, Position, Positions};
use crate::time::Watermark;

/// The rows after which the watermark rose, and what it rose to; both strictly increase.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Raises {
    /// Row numbers within the [`Origins`] that the raises belong to.
    pub rows: Vec<u32>,
    /// The watermark that holds after that row, in milliseconds.
    pub watermarks: Vec<i64>,
}

/// A stretch of a stream's progress: what is known once everything up to `frontier` has been delivered.
///
/// The watermark is a staircase over the arrival order. `start` holds before the first position of the stretch; each raise
/// holds for everything **after** its position and after what happens at its position because of it. Cheap to clone, so that one staircase serves every subtask.
#[derive(Clone, Debug)]
pub struct Progress {
    /// The watermark that holds before the stretch.
    pub start: Watermark,
    /// Every position up to and including this one has been delivered, with all that it causes: its `sub` is the greatest.
    pub frontier: Position,
    origins: Origins,
    raises: Arc<Raises>,
    // The raises of the stretch: a part of `raises`.
    first: usize,
    end: usize,
}

impl Progress {
    /// A stretch whose watermark stays as it is.
    pub fn flat(watermark: Watermark, frontier: Position) -> Progress {
        Progress {
            start: watermark,
            frontier,
            origins: Origins::none(),
            raises: Arc::new(Raises::default()),
            first: 0,
            end: 0,
        }
    }

    /// A stretch over the rows of `origins` with these raises.
    pub fn new(start: Watermark, frontier: Position, origins: Origins, raises: Raises) -> Progress {
        debug_assert_eq!(raises.rows.len(), raises.watermarks.len());
        debug_assert!(
            raises.watermarks.is_sorted() && raises.rows.is_sorted(),
            "a watermark never goes back"
        );
        debug_assert!(raises.watermarks.first().is_none_or(|first| *first > start.millis()));
        let end = raises.rows.len();
        debug_assert_eq!(frontier, frontier.with_all_it_causes(), "a frontier stands after what it causes");
        Progress { start, frontier, origins, raises: Arc::new(raises), first: 0, end }
    }

    /// A stretch with raises at any positions, in order.
    pub fn from_steps(start: Watermark, frontier: Position, steps: &[(Position, Watermark)]) -> Progress {
        let raises = Raises {
            rows: (0..steps.len() as u32).collect(),
            watermarks: steps.iter().map(|(_, watermark)| watermark.millis()).collect(),
        };
        let origins = Origins::Each(steps.iter().map(|(position, _)| *position).collect());
        Progress::new(start, frontier, origins, raises)
    }

    /// The watermark that holds after the stretch.
    pub fn end(&self) -> Watermark {
        if self.first == self.end { self.start } else { Watermark::new(self.raises.watermarks[self.end - 1]) }
    }

    /// How many raises there are.
    pub fn n_raises(&self) -> usize {
        self.end - self.first
    }

    /// The position of raise `raise`; the new watermark holds after it and after everything that it causes.
    pub fn raise_position(&self, raise: usize) -> Position {
        self.origins.at(self.raises.rows[self.first + raise] as usize).with_all_it_causes()
    }

    /// The watermark of raise `raise`.
    #[inline]
    pub fn raise_watermark(&self, raise: usize) -> Watermark {
        Watermark::new(self.raises.watermarks[self.first + raise])
    }

    /// The first raise whose watermark is at least `millis`; [`Progress::n_raises`] where none is.
    pub fn first_raise_at_least(&self, millis: i64) -> usize {
        self.raises.watermarks[self.first..self.end].partition_point(|watermark| *watermark < millis)
    }

    /// How many of the rows of a batch of this stretch come before the watermark of raise `raise` holds, that is, stand at or
    /// before its position.
    pub fn n_rows_before(&self, raise: usize, rows: &Positions) -> usize {
        if rows.origins().same_as(&self.origins) {
            rows.n_among_first(self.raises.rows[self.first + raise] as usize + 1)
        } else {
            rows.n_up_to(self.raise_position(raise))
        }
    }

    /// The watermark that holds before a row at `position`.
    pub fn before(&self, position: Position) -> Watermark {
        let n =
            super::position::partition_point(self.n_raises(), |raise| self.raise_position(raise) < position);
        if n == 0 { self.start } else { self.raise_watermark(n - 1) }
    }

    /// Every raise with its position.
    pub fn steps(&self) -> impl Iterator<Item = (Position, Watermark)> + '_ {
        (0..self.n_raises()).map(|raise| (self.raise_position(raise), self.raise_watermark(raise)))
    }

    /// Whether both are the very same raises, one shared staircase.
    pub fn same_raises_as(&self, other: &Progress) -> bool {
        Arc::ptr_eq(&self.raises, &other.raises) && (self.first, self.end) == (other.first, other.end)
    }

    /// Memory held by the raises of the stretch, in bytes. The arrival times that they refer to are the rows'.
    pub fn n_raise_bytes(&self) -> usize {
        let position = match self.origins {
            Origins::Run { .. } => 0,
            Origins::Each(_) => size_of::<Position>(),
        };
        self.n_raises() * (size_of::<u32>() + size_of::<i64>() + position)
    }

    /// The same stretch, as far as it shows between `rows` and at its end.
    pub(super) fn between(&self, rows: &Positions) -> Progress {
        let Some(first) = rows.iter().next() else { return Progress::flat(self.end(), self.frontier) };
        let start = self.before(first);
        let mut steps = Vec::new();
        let mut watermark = start;
        let (mut last, mut step) = (first, |position: Position, next: Watermark| {
            if next > watermark {
                steps.push((position.with_all_it_causes(), next));
                watermark = next;
            }
        });
        for position in rows.iter() {
            step(last, self.before(position));
            last = position;
        }
        step(self.frontier, self.end());
        Progress::from_steps(start, self.frontier, &steps)
    }

    /// The part of the stretch up to and including `frontier`, and the part after it.
    pub fn split_at(&self, frontier: Position) -> (Progress, Progress) {
        let n =
            super::position::partition_point(self.n_raises(), |raise| self.raise_position(raise) <= frontier);
        let mut before = self.clone();
        before.end = self.first + n;
        before.frontier = frontier.min(self.frontier);
        let mut after = self.clone();
        after.first = self.first + n;
        after.start = before.end();
        (before, after)
    }

    /// The same raises in a stretch that ends at `frontier`, which lies after all of them.
    pub(super) fn up_to(&self, frontier: Position) -> Progress {
        Progress { frontier, ..self.clone() }
    }

    /// The part of the stretch before the raise at `raise`, and the part from it on, where the sender had come to `reached` before.
    ///
    /// The first part is for rows that the raise causes, of which more are to come. It does not claim them: what they cause in turn
    /// may stand anywhere among them.
    pub fn split_before(&self, raise: Position, reached: Position) -> (Progress, Progress) {
        let n = super::position::partition_point(self.n_raises(), |idx| self.raise_position(idx) < raise);
        let last = n.checked_sub(1).map(|last| self.raise_position(last));
        let (mut before, mut after) = (self.clone(), self.clone());
        (before.end, before.frontier) = (self.first + n, last.max(Some(reached)).unwrap_or(reached));
        (after.first, after.start) = (self.first + n, before.end());
        (before, after)
    }

    /// The same stretch with the watermark at the end of input after its frontier.
    #[must_use]
    pub fn ended(&self) -> Progress {
        let mut steps: Vec<(Position, Watermark)> =
            self.steps().filter(|(position, _)| *position < self.frontier).collect();
        steps.push((self.frontier, Watermark::END));
        Progress::from_steps(self.start, self.frontier, &steps)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(offset: u64) -> Position {
        Position { arrival_millis: 0, source: 0, split: 0, offset, sub: i64::MIN }
    }

    fn stairs() -> Progress {
        let origins = Origins::Run { source: 0, split: 0, first_offset: 0, arrivals: vec![0; 10].into() };
        let raises = Raises { rows: vec![2, 3, 7], watermarks: vec![10, 20, 30] };
        Progress::new(Watermark::new(5), at(9).with_all_it_causes(), origins, raises)
    }

    #[test]
    fn a_watermark_holds_after_the_row_that_raised_it() {
        let stairs = stairs();
        let before: Vec<i64> = (0..10).map(|offset| stairs.before(at(offset)).millis()).collect();
        assert_eq!(before, [5, 5, 5, 10, 20, 20, 20, 20, 30, 30]);
        assert_eq!(stairs.end(), Watermark::new(30));
    }

    #[test]
    fn rows_before_a_raise_are_the_same_by_row_number_and_by_position() {
        let stairs = stairs();
        let rows = Positions::all(Origins::Run {
            source: 0,
            split: 0,
            first_offset: 0,
            arrivals: vec![0; 10].into(),
        });
        let same = Positions::all(stairs.origins.clone());
        for raise in 0..3 {
            assert_eq!(stairs.n_rows_before(raise, &rows), stairs.n_rows_before(raise, &same));
        }
        assert_eq!(stairs.n_rows_before(1, &same.gather(&[0, 3, 4])), 2);
    }

    #[test]
    fn the_two_parts_of_a_split_stretch_join_at_the_same_watermark() {
        let (before, after) = stairs().split_at(at(3).with_all_it_causes());
        assert_eq!((before.n_raises(), before.end()), (2, Watermark::new(20)));
        assert_eq!(before.frontier, at(3).with_all_it_causes());
        assert_eq!((after.start, after.n_raises(), after.end()), (Watermark::new(20), 1, Watermark::new(30)));
        assert_eq!(after.before(at(5)), Watermark::new(20));
    }

    #[test]
    fn what_a_raise_causes_is_not_claimed_before_all_of_it_has_come() {
        let stairs = stairs();
        let (before, after) = stairs.split_before(stairs.raise_position(2), Position::MIN);
        assert_eq!((before.n_raises(), before.end()), (2, Watermark::new(20)));
        assert_eq!(before.frontier, at(3).with_all_it_causes());
        assert_eq!((after.start, after.n_raises(), after.frontier), (before.end(), 1, stairs.frontier));
        let (before, after) = after.split_before(stairs.raise_position(2), at(5).with_all_it_causes());
        assert_eq!((before.n_raises(), before.frontier), (0, at(5).with_all_it_causes()));
        assert_eq!((after.n_raises(), after.end()), (1, Watermark::new(30)));
    }

    #[test]
    fn the_end_of_input_comes_after_the_last_row() {
        let ended = stairs().ended();
        assert_eq!(ended.end(), Watermark::END);
        assert_eq!(ended.before(at(9)), Watermark::new(30));
    }
}
