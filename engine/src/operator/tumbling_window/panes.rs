//! The open windows of a subtask: which group of the aggregates each row belongs to.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use super::Resolved;
use crate::aggregate::{AggregateCall, Aggregates, Grouped, KeyTable};
use crate::data::{Batch, KeyEncoder};
use crate::error::{EngineError, Result};
use crate::time::Watermark;

/// The open windows, their keys and what is kept for each.
pub(super) struct Panes {
    pub(super) plan: Arc<Resolved>,
    pub(super) encoder: KeyEncoder,
    /// By where they start.
    pub(super) open: BTreeMap<i64, Pane>,
    // Those that have closed, emptied, for others to take their room.
    spare: Vec<Pane>,
    pub(super) groups: Groups,
    /// Over the groups of all open windows.
    pub(super) aggregates: Aggregates,
}

/// An open window: its keys, and for each the number of its group in the aggregates.
#[derive(Default)]
pub(super) struct Pane {
    pub(super) keys: KeyTable,
    pub(super) groups: Vec<u32>,
}

impl Pane {
    /// Gives every key that has come to the table since the last call a group.
    pub(super) fn give_groups(&mut self, groups: &mut Groups) {
        while self.groups.len() < self.keys.len() {
            self.groups.push(groups.take());
        }
    }
}

/// The numbers of the groups of all open windows. Those of windows that have closed are given again.
#[derive(Default)]
pub(super) struct Groups {
    pub(super) n_known: usize,
    pub(super) free: Vec<u32>,
}

impl Groups {
    pub(super) fn take(&mut self) -> u32 {
        self.free.pop().unwrap_or_else(|| {
            self.n_known += 1;
            (self.n_known - 1) as u32
        })
    }

    pub(super) fn n_taken(&self) -> usize {
        self.n_known - self.free.len()
    }
}

/// What becomes of the rows of a segment.
#[derive(Default)]
pub(super) struct Assigned {
    // Stretches of rows that are not late. Without key columns, each has one group.
    runs: Vec<(Range<usize>, u32)>,
    // With key columns, the group of each of these rows in turn.
    groups: Vec<u32>,
    pub(super) late: Vec<u32>,
    pub(super) n_new_groups: usize,
}

impl Assigned {
    pub(super) fn n_used(&self) -> usize {
        self.runs.iter().map(|(rows, _)| rows.len()).sum()
    }

    fn rows(&self) -> Vec<u32> {
        self.runs.iter().flat_map(|(rows, _)| rows.start as u32..rows.end as u32).collect()
    }

    /// The first row of each group, where groups were numbered from 0 by these rows.
    pub(super) fn first_rows(&self, has_keys: bool) -> Vec<u32> {
        let mut first_rows = Vec::new();
        let mut note = |row: usize, group: u32| {
            if group as usize == first_rows.len() {
                first_rows.push(row as u32);
            }
        };
        if has_keys {
            let rows = self.runs.iter().flat_map(|(rows, _)| rows.clone());
            rows.zip(&self.groups).for_each(|(row, group)| note(row, *group));
        } else {
            self.runs.iter().for_each(|(rows, group)| note(rows.start, *group));
        }
        first_rows
    }

    /// The group of every row that is not late.
    fn groups_of_rows(&self, has_keys: bool) -> Cow<'_, [u32]> {
        if has_keys {
            return Cow::Borrowed(&self.groups);
        }
        let groups = self.runs.iter().flat_map(|(rows, group)| std::iter::repeat_n(*group, rows.len()));
        Cow::Owned(groups.collect())
    }

    /// Calls `each` with the rows that are not late, in as few pieces as are worth while, all at once.
    fn with_pieces(&self, has_keys: bool, each: impl FnOnce(&[Grouped<'_>]) -> Result<()>) -> Result<()> {
        let Some((first, _)) = self.runs.first() else { return Ok(()) };
        if !has_keys && self.n_used() >= self.runs.len() * FEW_ROWS {
            let runs = self.runs.iter().cloned();
            return each(&runs.map(|(rows, group)| Grouped::One { rows, group }).collect::<Vec<_>>());
        }
        let groups = self.groups_of_rows(has_keys);
        if self.late.is_empty() {
            return each(&[Grouped::Each { first: first.start, groups: &groups }]);
        }
        each(&[Grouped::Chosen { rows: &self.rows(), groups: &groups }])
    }
}

/// How many closed windows keep their room, and with how many keys at most.
const MAX_SPARE: usize = 4;
const MAX_SPARE_KEYS: usize = 1 << 16;

/// Stretches of fewer rows, on the average, are not worth a call of their own.
const FEW_ROWS: usize = 16;

impl Panes {
    pub(super) fn new(plan: &Arc<Resolved>) -> Result<Panes> {
        let columns = plan.keys.iter().map(|(idx, field)| (*idx, field.data_type.clone())).collect();
        let calls = plan.aggregates.iter().map(|aggregate| (aggregate.function, aggregate.input.clone()));
        let calls: Vec<AggregateCall> = calls.collect();
        Ok(Panes {
            plan: Arc::clone(plan),
            encoder: KeyEncoder::new(columns),
            open: BTreeMap::new(),
            spare: Vec::new(),
            groups: Groups::default(),
            aggregates: Aggregates::new(&calls)?,
        })
    }

    /// Whether windows are kept for each key.
    pub(super) fn has_keys(&self) -> bool {
        !self.plan.keys.is_empty()
    }

    /// Takes back a window that has closed.
    pub(super) fn retire(&mut self, mut pane: Pane) {
        if self.spare.len() < MAX_SPARE && pane.keys.len() <= MAX_SPARE_KEYS {
            pane.keys.clear();
            pane.groups.clear();
            self.spare.push(pane);
        }
    }

    /// Takes in the rows of a segment that are not late.
    pub(super) fn take_in(&mut self, batch: &Batch, watermark: Watermark) -> Result<Assigned> {
        let assigned = self.assign(batch, watermark)?;
        let (has_keys, n_groups) = (self.has_keys(), self.groups.n_known);
        let aggregates = &mut self.aggregates;
        assigned.with_pieces(has_keys, |pieces| aggregates.accumulate(batch, pieces, n_groups))?;
        Ok(assigned)
    }

    /// Finds the group of every row of a segment that is not late.
    fn assign(&mut self, batch: &Batch, watermark: Watermark) -> Result<Assigned> {
        let windows = self.plan.windows;
        let times = batch.event_times().ok_or_else(|| EngineError::internal("the event time is missing"))?;
        let times = times.cont_slice().map_err(|_| EngineError::internal("a row has no event time"))?;
        let mut keys = self.encoder.keys(batch.frame())?;
        let n_before = self.groups.n_taken();
        let mut assigned = Assigned::default();
        let mut numbers = Vec::new();
        let mut first = 0;
        // Most rows fall into the window of the row before, so that a window is looked up once for many.
        while first < times.len() {
            let start = windows.start_of(times[first]);
            let end = windows.end_of(start);
            let is_in = |time: &i64| (start..end).contains(time);
            let n_more = times[first + 1..].iter().position(|time| !is_in(time));
            let rows = first..n_more.map_or(times.len(), |n_more| first + 1 + n_more);
            first = rows.end;
            // All rows of a segment are under watermarks that close the same windows.
            if watermark.closes(end) {
                assigned.late.extend(rows.start as u32..rows.end as u32);
                continue;
            }
            let pane = self.open.entry(start).or_insert_with(|| self.spare.pop().unwrap_or_default());
            if keys.is_one() {
                pane.keys.numbers(&mut keys, rows.start..rows.start + 1, &mut numbers);
                pane.give_groups(&mut self.groups);
                assigned.runs.push((rows, pane.groups[0]));
                continue;
            }
            numbers.clear();
            pane.keys.numbers(&mut keys, rows.clone(), &mut numbers);
            pane.give_groups(&mut self.groups);
            assigned.groups.extend(numbers.iter().map(|number| pane.groups[*number as usize]));
            assigned.runs.push((rows, 0));
        }
        assigned.n_new_groups = self.groups.n_taken() - n_before;
        Ok(assigned)
    }
}
