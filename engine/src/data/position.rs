//! Where each row stands in the one arrival order that defines a run's result.

use std::ops::Range;
use std::sync::Arc;

/// A row's place in the arrival order of a run: the order in which one thread would read all rows of all sources.
///
/// Rows compare by arrival time, then source, then split, then offset. A row that an operator makes has the position of what
/// caused it, and the `sub` of the timer that fired, so that what one moment causes is ordered too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// When the row arrived, in milliseconds: the source's arrival-time column, else the greatest event time of its split so far.
    pub arrival_millis: i64,
    /// The source, by its order among the flow's node ids.
    pub source: u32,
    /// The split (file) within the source.
    pub split: u32,
    /// The row's number within the split, rejected rows included.
    pub offset: u64,
    /// For a row made by a timer, the time that the timer was set for; [`i64::MIN`] for a row that was read.
    pub sub: i64,
}

impl Position {
    /// Before every row.
    pub const MIN: Position =
        Position { arrival_millis: i64::MIN, source: 0, split: 0, offset: 0, sub: i64::MIN };
    /// After every row.
    pub const MAX: Position = Position {
        arrival_millis: i64::MAX,
        source: u32::MAX,
        split: u32::MAX,
        offset: u64::MAX,
        sub: i64::MAX,
    };

    /// The position of a row that a timer set for `time` makes at this position.
    #[must_use]
    pub fn caused_by_timer(self, time: i64) -> Position {
        Position { sub: time, ..self }
    }

    /// After this position and every row that timers make because of it.
    #[must_use]
    pub fn with_all_it_causes(self) -> Position {
        Position { sub: i64::MAX, ..self }
    }

    /// The greatest position before every row of `source` that arrives at or after this one's arrival time: what a source
    /// promises by saying that nothing before `arrival_millis` will come any more.
    pub fn just_before(arrival_millis: i64, source: u32, split: u32, offset: u64) -> Position {
        if offset > 0 {
            Position { arrival_millis, source, split, offset: offset - 1, sub: i64::MAX }
        } else if split > 0 {
            Position { arrival_millis, source, split: split - 1, offset: u64::MAX, sub: i64::MAX }
        } else if source > 0 {
            Position { arrival_millis, source: source - 1, split: u32::MAX, offset: u64::MAX, sub: i64::MAX }
        } else {
            Position {
                arrival_millis: arrival_millis.saturating_sub(1),
                source: u32::MAX,
                split: u32::MAX,
                offset: u64::MAX,
                sub: i64::MAX,
            }
        }
    }
}

/// The positions of the rows of one batch as a source made it, before anything was filtered out or sent elsewhere.
///
/// Cheap to clone. Positions never decrease within it.
#[derive(Clone, Debug)]
pub enum Origins {
    /// Consecutive rows of one split.
    Run {
        /// The source.
        source: u32,
        /// The split.
        split: u32,
        /// The offset of the first row; the others follow one by one.
        first_offset: u64,
        /// The arrival time of each row, never decreasing.
        arrivals: Arc<Vec<i64>>,
    },
    /// Any rows.
    Each(Arc<[Position]>),
}

impl Origins {
    /// No positions.
    pub fn none() -> Origins {
        Origins::Each(Arc::from([]))
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        match self {
            Origins::Run { arrivals, .. } => arrivals.len(),
            Origins::Each(positions) => positions.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The position of row `row`.
    ///
    /// # Panics
    /// If there is no such row.
    #[inline]
    pub fn at(&self, row: usize) -> Position {
        match self {
            Origins::Run { source, split, first_offset, arrivals } => Position {
                arrival_millis: arrivals[row],
                source: *source,
                split: *split,
                offset: first_offset + row as u64,
                sub: i64::MIN,
            },
            Origins::Each(positions) => positions[row],
        }
    }

    /// Whether both are the very same list, so that row numbers may be compared in place of positions.
    pub fn same_as(&self, other: &Origins) -> bool {
        match (self, other) {
            (Origins::Run { arrivals: a, .. }, Origins::Run { arrivals: b, .. }) => Arc::ptr_eq(a, b),
            (Origins::Each(a), Origins::Each(b)) => Arc::ptr_eq(a, b),
            _ => false,
        }
    }
}

#[derive(Clone, Debug)]
enum Rows {
    Range(Range<usize>),
    Chosen(Arc<[u32]>, Range<usize>),
}

/// The positions of a batch's rows: a choice, in order, from the [`Origins`] that the source made.
#[derive(Clone, Debug)]
pub struct Positions {
    origins: Origins,
    rows: Rows,
}

impl Positions {
    /// All rows of `origins`.
    pub fn all(origins: Origins) -> Positions {
        let rows = Rows::Range(0..origins.len());
        Positions { origins, rows }
    }

    /// No rows.
    pub fn none() -> Positions {
        Positions::all(Origins::none())
    }

    /// Positions of any rows, never decreasing.
    pub fn each(positions: Vec<Position>) -> Positions {
        debug_assert!(positions.is_sorted(), "positions never decrease");
        Positions::all(Origins::Each(positions.into()))
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        match &self.rows {
            Rows::Range(range) | Rows::Chosen(_, range) => range.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The list that these are chosen from.
    pub fn origins(&self) -> &Origins {
        &self.origins
    }

    /// Which row of [`Positions::origins`] row `row` is.
    #[inline]
    pub fn origin_row(&self, row: usize) -> usize {
        match &self.rows {
            Rows::Range(range) => range.start + row,
            Rows::Chosen(chosen, range) => chosen[range.start + row] as usize,
        }
    }

    /// The position of row `row`.
    ///
    /// # Panics
    /// If there is no such row.
    #[inline]
    pub fn at(&self, row: usize) -> Position {
        self.origins.at(self.origin_row(row))
    }

    /// The last row's position.
    pub fn last(&self) -> Option<Position> {
        (!self.is_empty()).then(|| self.at(self.len() - 1))
    }

    /// All positions, one by one.
    pub fn iter(&self) -> impl Iterator<Item = Position> + '_ {
        (0..self.len()).map(|row| self.at(row))
    }

    /// The rows `range`.
    #[must_use]
    pub fn slice(&self, range: Range<usize>) -> Positions {
        assert!(range.start <= range.end && range.end <= self.len(), "the range lies within the batch");
        let rows = match &self.rows {
            Rows::Range(all) => Rows::Range(all.start + range.start..all.start + range.end),
            Rows::Chosen(chosen, all) => {
                Rows::Chosen(Arc::clone(chosen), all.start + range.start..all.start + range.end)
            }
        };
        Positions { origins: self.origins.clone(), rows }
    }

    /// The rows at `indices`, which increase.
    #[must_use]
    pub fn gather(&self, indices: &[u32]) -> Positions {
        let chosen: Arc<[u32]> = match &self.rows {
            Rows::Range(range) if range.start == 0 => Arc::from(indices),
            _ => indices.iter().map(|&row| self.origin_row(row as usize) as u32).collect(),
        };
        let rows = Rows::Chosen(chosen, 0..indices.len());
        Positions { origins: self.origins.clone(), rows }
    }

    /// How many of the first rows stand at or before `position`.
    pub fn n_up_to(&self, position: Position) -> usize {
        partition_point(self.len(), |row| self.at(row) <= position)
    }

    /// How many of the first rows are among the first `origin_rows` rows of [`Positions::origins`].
    pub fn n_among_first(&self, origin_rows: usize) -> usize {
        partition_point(self.len(), |row| self.origin_row(row) < origin_rows)
    }

    /// How many rows the longest list has that these positions keep in memory.
    pub fn n_held(&self) -> usize {
        self.origins.len()
    }

    /// Memory held, in bytes, by what is this batch's own.
    pub fn n_bytes(&self) -> usize {
        match (&self.origins, &self.rows) {
            (Origins::Run { .. }, Rows::Range(_)) => self.len() * size_of::<i64>(),
            (Origins::Each(_), Rows::Range(_)) => self.len() * size_of::<Position>(),
            (_, Rows::Chosen(..)) => self.len() * size_of::<u32>(),
        }
    }
}

/// The first index in `0..len` for which `pred` no longer holds, given that it holds for a prefix.
pub(super) fn partition_point(len: usize, pred: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (0, len);
    while low < high {
        let middle = low + (high - low) / 2;
        if pred(middle) { low = middle + 1 } else { high = middle }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(arrivals: &[i64]) -> Positions {
        Positions::all(Origins::Run {
            source: 1,
            split: 2,
            first_offset: 100,
            arrivals: arrivals.to_vec().into(),
        })
    }

    #[test]
    fn slices_and_choices_keep_naming_the_same_rows() {
        let all = run(&[5, 5, 6, 9, 9]);
        let chosen = all.slice(1..5).gather(&[0, 2, 3]);
        let offsets: Vec<u64> = chosen.iter().map(|position| position.offset).collect();
        assert_eq!(offsets, [101, 103, 104]);
        let last_two: Vec<u64> =
            chosen.slice(1..3).gather(&[1]).iter().map(|position| position.offset).collect();
        assert_eq!(last_two, [104]);
        assert!(chosen.origins().same_as(all.origins()));
    }

    #[test]
    fn rows_up_to_a_position_are_counted_without_reading_them_all() {
        let all = run(&[5, 5, 6, 9, 9]);
        assert_eq!(all.n_up_to(Position::MIN), 0);
        assert_eq!(all.n_up_to(all.at(2)), 3);
        assert_eq!(all.n_up_to(all.at(2).caused_by_timer(7)), 3);
        assert_eq!(all.n_up_to(Position::MAX), 5);
        assert_eq!(all.gather(&[0, 4]).n_among_first(4), 1);
    }

    #[test]
    fn just_before_lies_between_a_row_and_everything_earlier() {
        for (source, split, offset) in [(0, 0, 0), (3, 0, 0), (3, 2, 0), (3, 2, 7)] {
            let row = Position { arrival_millis: 50, source, split, offset, sub: i64::MIN };
            let before = Position::just_before(50, source, split, offset);
            assert!(before < row);
            assert!(before > Position { arrival_millis: 49, source: u32::MAX, split: 9, offset: 9, sub: 0 });
        }
    }

    #[test]
    fn what_a_timer_makes_stands_after_its_cause_and_before_the_next_row() {
        let rows = run(&[5, 5]);
        let made = rows.at(0).caused_by_timer(4);
        assert!(rows.at(0) < made && made < rows.at(1));
    }
}
