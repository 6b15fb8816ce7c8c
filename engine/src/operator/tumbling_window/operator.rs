//! A subtask of the window: closes windows as the watermark reaches their ends.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use polars::prelude::DataFrame;

use super::late::give_out_late;
use super::panes::{Assigned, Pane, Panes};
use super::{Resolved, WINDOW_COLUMNS, timestamps};
use crate::aggregate::{KeyValues, put_text, take_bytes, take_text};
use crate::data::{Batch, DataType, EdgeType, Position, Positions, Progress};
use crate::error::{EngineError, Result};
use crate::node::{Cuts, Firing, NodeCounters, Operator, OperatorContext, Output, Segment, Snapshot};
use crate::time::Watermark;

/// One subtask: the open windows of its keys.
pub(super) struct WindowOperator {
    pub(super) panes: Panes,
    // One that has closed and of which part has gone out.
    leaving: Option<Leaving>,
    output: Arc<EdgeType>,
    late: Arc<EdgeType>,
    pub(super) counters: Arc<NodeCounters>,
}

/// A window that has closed, on its way out.
struct Leaving {
    start: i64,
    pane: Pane,
    /// Its keys, in the order in which they go.
    order: Vec<u32>,
    /// The first of them that has not gone.
    next: usize,
}

impl Leaving {
    fn is_out(&self) -> bool {
        self.next == self.order.len()
    }
}

/// Counts what became of the rows of a segment.
pub(super) fn count(counters: &NodeCounters, assigned: &Assigned) {
    NodeCounters::add(&counters.late, assigned.late.len());
    NodeCounters::add(&counters.used, assigned.n_used());
}

impl WindowOperator {
    pub(super) fn new(plan: &Arc<Resolved>, cx: &OperatorContext) -> Result<WindowOperator> {
        Ok(WindowOperator {
            panes: Panes::new(plan)?,
            leaving: None,
            output: Arc::clone(&cx.outputs[0]),
            late: Arc::clone(&cx.outputs[1]),
            counters: Arc::clone(&cx.counters),
        })
    }

    pub(super) fn note_new_groups(&self, n_groups: usize) {
        self.counters.state_entries.fetch_add(n_groups as i64, Ordering::Relaxed);
    }

    /// Closes the first window if `watermark` does.
    fn close_next(&mut self, watermark: Watermark) -> Option<Leaving> {
        let first = self.panes.open.first_entry()?;
        if !watermark.closes(self.panes.plan.windows.end_of(*first.key())) {
            return None;
        }
        let (start, pane) = first.remove_entry();
        NodeCounters::add(&self.counters.fired_timers, 1);
        Some(Leaving { start, order: pane.keys.output_order(), pane, next: 0 })
    }

    /// Gives out some keys of windows that a watermark has closed, in the order of their ends. What is left of the last one, if
    /// anything, is kept for the next call.
    fn fire(
        &mut self,
        pieces: &mut Vec<(Leaving, Range<usize>)>,
        at: Position,
        watermark: Watermark,
        out: &mut Output,
    ) -> Result<()> {
        let (mut keys, mut groups, mut starts) = (KeyValues::default(), Vec::new(), Vec::new());
        for (leaving, piece) in &*pieces {
            let numbers = &leaving.order[piece.clone()];
            leaving.pane.keys.gather(numbers, &mut keys);
            groups.extend(numbers.iter().map(|number| leaving.pane.groups[*number as usize]));
            starts.resize(groups.len(), leaving.start);
        }
        let n_rows = groups.len();
        let ends: Vec<i64> = starts.iter().map(|start| self.panes.plan.windows.end_of(*start)).collect();
        let times: Vec<i64> = ends.iter().map(|end| end.saturating_sub(1)).collect();
        let positions = Positions::each(ends.iter().map(|end| at.caused_by_timer(*end)).collect());
        let key_fields: Vec<(&str, &DataType)> =
            self.panes.plan.keys.iter().map(|(_, field)| (&*field.name, &field.data_type)).collect();
        let mut columns = keys.into_columns(&key_fields)?;
        for (leaving, _) in pieces.drain(..) {
            if leaving.is_out() {
                self.panes.retire(leaving.pane);
            } else {
                self.leaving = Some(leaving);
            }
        }
        for (name, millis) in WINDOW_COLUMNS.iter().zip([starts, ends, times]) {
            columns.push(timestamps(name, millis)?);
        }
        for (number, aggregate) in self.panes.plan.aggregates.iter().enumerate() {
            let finish =
                |groups: &[u32]| self.panes.aggregates.finish(number, &aggregate.result.name, groups);
            let column = finish(&groups).map_err(|error| {
                let failed = groups.iter().position(|group| finish(&[*group]).is_err());
                match failed {
                    Some(row) => self.panes.plan.name_group(error, &columns, row),
                    None => error,
                }
            })?;
            columns.push(column);
        }
        self.panes.aggregates.forget(&groups);
        self.panes.groups.free.append(&mut groups);
        let frame = DataFrame::new(n_rows, columns)?;
        out.emit(0, Batch::new(frame, Arc::clone(&self.output), positions, Progress::flat(watermark, at)));
        self.counters.state_entries.fetch_sub(n_rows as i64, Ordering::Relaxed);
        Ok(())
    }
}

/// The name of the state that holds the open windows.
const STATE: &str = "windows";

impl Operator for WindowOperator {
    fn cuts(&self) -> Cuts {
        Cuts::Grid(self.panes.plan.windows.grid())
    }

    fn process(&mut self, rows: Segment<'_>, out: &mut Output) -> Result<()> {
        let batch = rows.to_batch();
        let assigned = self.panes.take_in(&batch, rows.watermark)?;
        count(&self.counters, &assigned);
        self.note_new_groups(assigned.n_new_groups);
        if assigned.late.is_empty() {
            return Ok(());
        }
        give_out_late(&batch, &assigned.late, &self.late, out)
    }

    fn on_watermark(&mut self, at: Position, watermark: Watermark, out: &mut Output) -> Result<Firing> {
        let mut room = out.room();
        let mut pieces: Vec<(Leaving, Range<usize>)> = Vec::new();
        let mut firing = Firing::Done;
        while let Some(mut leaving) = self.leaving.take().or_else(|| self.close_next(watermark)) {
            if room == 0 {
                self.leaving = Some(leaving);
                firing = Firing::More;
                break;
            }
            let piece = leaving.next..leaving.order.len().min(leaving.next.saturating_add(room));
            room -= piece.len().min(room);
            leaving.next = piece.end;
            pieces.push((leaving, piece));
            if room == 0 {
                self.fire(&mut pieces, at, watermark, out)?;
            }
        }
        if !pieces.is_empty() {
            self.fire(&mut pieces, at, watermark, out)?;
        }
        Ok(firing)
    }

    fn snapshot(&self, into: &mut Snapshot) -> Result<()> {
        for (start, pane) in &self.panes.open {
            for (number, group) in (0..).zip(&pane.groups) {
                let mut entry = start.to_le_bytes().to_vec();
                let mut key = Vec::new();
                pane.keys.key(number, &mut key);
                put_text(&key, &mut entry);
                self.panes.aggregates.encode(*group, &mut entry);
                into.keyed.entry((STATE.to_owned(), pane.keys.key_group(number))).or_default().push(entry);
            }
        }
        Ok(())
    }

    fn restore(&mut self, from: &Snapshot) -> Result<()> {
        let damaged = || EngineError::data("the state of a window is damaged");
        for ((name, _), entries) in &from.keyed {
            for entry in entries.iter().filter(|_| name == STATE) {
                let mut bytes = entry.as_slice();
                let start = take_bytes(&mut bytes).map(i64::from_le_bytes).ok_or_else(damaged)?;
                let key = take_text(&mut bytes).ok_or_else(damaged)?;
                let pane = self.panes.open.entry(start).or_default();
                let number = pane.keys.number_of(key, self.panes.encoder.is_int()).ok_or_else(damaged)?;
                pane.give_groups(&mut self.panes.groups);
                let group = pane.groups[number as usize];
                self.panes.aggregates.decode(group, &mut bytes).ok_or_else(damaged)?;
                self.counters.state_entries.fetch_add(1, Ordering::Relaxed);
            }
        }
        Ok(())
    }
}
