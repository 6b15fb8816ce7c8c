//! What a person has marked on the time axis of a run: a cursor and a span, the same in the timeline and in the transport.

use crate::engine_link::{Axis, History};

/// A cursor and a span on one axis, in its milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Marks {
    /// The axis that they are on, which is the one that the timeline shows.
    pub axis: Axis,
    /// The instant that is pinned.
    pub cursor: Option<i64>,
    /// The stretch that is selected, its beginning first.
    pub span: Option<(i64, i64)>,
}

impl Default for Marks {
    fn default() -> Marks {
        Marks { axis: Axis::Clock, cursor: None, span: None }
    }
}

impl Marks {
    /// The same marks on an axis. They stay with the samples that they mark; what marks none is left out.
    pub fn on(self, axis: Axis, history: &History) -> Marks {
        if axis == self.axis {
            return self;
        }
        let moved = |at: i64| history.moved(at, self.axis, axis);
        let span = self.span.and_then(|(begins, ends)| Some((moved(begins)?, moved(ends)?)));
        Marks { axis, cursor: self.cursor.and_then(moved), span }
    }

    /// Selects what lies between two instants, whichever is first.
    pub fn select(&mut self, one: i64, other: i64) {
        self.span = Some((one.min(other), one.max(other)));
    }

    /// Moves the cursor by so many milliseconds, from `start` if there is none, and not out of `within`.
    pub fn move_cursor(&mut self, by: i64, start: i64, within: (i64, i64)) {
        let to = self.cursor.unwrap_or(start).saturating_add(by);
        self.cursor = Some(to.max(within.0).min(within.1));
    }

    /// Takes back what was marked: first the span, then the cursor.
    pub fn take_back(&mut self) {
        if self.span.take().is_none() {
            self.cursor = None;
        }
    }

    /// What of them still means something when the flow is run again: instants of the recording do, times since the start do not.
    pub fn of_next_run(self) -> Marks {
        match self.axis {
            Axis::Clock => self,
            Axis::Wall => Marks { axis: self.axis, ..Marks::default() },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cursor_stays_within_and_marks_are_taken_back_one_after_the_other() {
        let mut marks = Marks::default();
        marks.move_cursor(-5, 100, (0, 200));
        assert_eq!(marks.cursor, Some(95));
        marks.move_cursor(i64::MAX, 100, (0, 200));
        assert_eq!(marks.cursor, Some(200));
        marks.select(30, 10);
        assert_eq!(marks.span, Some((10, 30)));
        marks.take_back();
        assert_eq!((marks.cursor, marks.span), (Some(200), None));
        marks.take_back();
        assert_eq!(marks, Marks::default());
    }

    #[test]
    fn times_since_the_start_are_not_marked_in_the_next_run() {
        let mut marks = Marks { cursor: Some(7), ..Marks::default() };
        marks.select(1, 2);
        assert_eq!(marks.of_next_run(), marks);
        let since_start = Marks { axis: Axis::Wall, ..marks };
        assert_eq!(since_start.of_next_run(), Marks { axis: Axis::Wall, ..Marks::default() });
    }
}
