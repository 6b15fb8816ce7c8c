//! The window in two halves: one makes few rows of many where they come from, the other puts these together by key.
//!
//! A partial row is what the rows of one key in one window came to in a segment. It stands where the first of them stood, so that keys
//! appear in the same order as they would without halves, and before the raise that closes the window, for later rows are late.

use std::sync::Arc;

use polars::prelude::{BinaryChunkedBuilder, DataFrame, IntoColumn, IntoSeries, NamedFrom, Series};

use super::Resolved;
use super::late::give_out_late;
use super::operator::{WindowOperator, count};
use super::panes::Panes;
use crate::data::{Batch, DataType, EdgeType, Field, Position, Schema};
use crate::error::{EngineError, Result};
use crate::node::{
    Cuts, Firing, LocalPlan, NodeCounters, Operator, OperatorContext, Output, Segment, Snapshot,
};
use crate::time::Watermark;

/// The columns of partial rows: the key's canonical bytes, where the window starts, and the state of every aggregate.
const KEY: usize = 0;
const START: usize = 1;
const STATE: usize = 2;

/// The plan of both halves.
pub(super) fn halves(plan: &Arc<Resolved>) -> LocalPlan {
    let partial = Arc::new(EdgeType {
        watermarked: true,
        ..EdgeType::append(Schema::new(vec![
            Field::not_null("key", DataType::Bytes),
            Field::not_null("window_start", DataType::BigInt),
            Field::not_null("state", DataType::Bytes),
        ]))
    });
    let (first, second) = (Arc::clone(plan), Arc::clone(plan));
    let edge = Arc::clone(&partial);
    LocalPlan {
        partial,
        key: KEY,
        make: Arc::new(move |cx| Ok(Box::new(LocalHalf::new(&first, &edge, cx)?))),
        make_final: Arc::new(move |cx| Ok(Box::new(FinalHalf(WindowOperator::new(&second, cx)?)))),
    }
}

/// The half before the exchange. It keeps nothing between segments.
struct LocalHalf {
    panes: Panes,
    partial: Arc<EdgeType>,
    late: Arc<EdgeType>,
    counters: Arc<NodeCounters>,
}

impl LocalHalf {
    fn new(plan: &Arc<Resolved>, partial: &Arc<EdgeType>, cx: &OperatorContext) -> Result<LocalHalf> {
        Ok(LocalHalf {
            panes: Panes::new(plan)?,
            partial: Arc::clone(partial),
            late: Arc::clone(&cx.outputs[1]),
            counters: Arc::clone(&cx.counters),
        })
    }

    /// What all groups have come to, in the order of their numbers; nothing is left of them.
    fn partial_rows(&mut self, batch: &Batch, first_rows: &[u32]) -> Result<Batch> {
        let n_groups = first_rows.len();
        let mut places = vec![(0_i64, 0_u32); n_groups];
        for (start, pane) in &self.panes.open {
            for (number, group) in (0..).zip(&pane.groups) {
                places[*group as usize] = (*start, number);
            }
        }
        let mut keys = BinaryChunkedBuilder::new("key".into(), n_groups);
        let mut states = BinaryChunkedBuilder::new("state".into(), n_groups);
        let mut starts = Vec::with_capacity(n_groups);
        let mut bytes = Vec::new();
        for (group, (start, number)) in (0..).zip(&places) {
            bytes.clear();
            if let Some(pane) = self.panes.open.get(start) {
                pane.keys.key(*number, &mut bytes);
            }
            keys.append_value(&bytes);
            starts.push(*start);
            bytes.clear();
            self.panes.aggregates.encode(group, &mut bytes);
            states.append_value(&bytes);
        }
        let groups: Vec<u32> = (0..n_groups as u32).collect();
        self.panes.aggregates.forget(&groups);
        for pane in std::mem::take(&mut self.panes.open).into_values() {
            self.panes.retire(pane);
        }
        self.panes.groups = Default::default();
        let columns = vec![
            keys.finish().into_series().into_column(),
            Series::new("window_start".into(), starts).into_column(),
            states.finish().into_series().into_column(),
        ];
        let frame = DataFrame::new(n_groups, columns)?;
        let positions = batch.positions().gather(first_rows);
        Ok(Batch::new(frame, Arc::clone(&self.partial), positions, batch.progress().clone()))
    }
}

impl Operator for LocalHalf {
    fn cuts(&self) -> Cuts {
        Cuts::Grid(self.panes.plan.windows.grid())
    }

    fn process(&mut self, rows: Segment<'_>, out: &mut Output) -> Result<()> {
        let batch = rows.to_batch();
        let assigned = self.panes.take_in(&batch, rows.watermark)?;
        count(&self.counters, &assigned);
        let first_rows = assigned.first_rows(self.panes.has_keys());
        debug_assert_eq!(first_rows.len(), assigned.n_new_groups, "groups are numbered as they appear");
        if !first_rows.is_empty() {
            let partial = self.partial_rows(&batch, &first_rows)?;
            out.emit(0, partial);
        }
        if assigned.late.is_empty() {
            return Ok(());
        }
        give_out_late(&batch, &assigned.late, &self.late, out)
    }
}

/// The half behind the exchange: it keeps the windows.
struct FinalHalf(WindowOperator);

impl Operator for FinalHalf {
    fn cuts(&self) -> Cuts {
        self.0.cuts()
    }

    fn process(&mut self, rows: Segment<'_>, _: &mut Output) -> Result<()> {
        let damaged = || EngineError::internal("a partial result cannot be read back");
        let batch = rows.to_batch();
        let keys = batch.column(KEY).as_materialized_series().binary()?.clone();
        let starts = batch.column(START).as_materialized_series().i64()?.clone();
        let states = batch.column(STATE).as_materialized_series().binary()?.clone();
        let panes = &mut self.0.panes;
        let n_before = panes.groups.n_taken();
        // Each state is read into a group of its own and merged into that of its key.
        let read_into = panes.groups.take();
        for row in 0..batch.n_rows() {
            let (Some(key), Some(start), Some(mut state)) = (keys.get(row), starts.get(row), states.get(row))
            else {
                return Err(damaged());
            };
            debug_assert!(!rows.watermark.closes(panes.plan.windows.end_of(start)), "its rows were not late");
            let pane = panes.open.entry(start).or_default();
            let number = pane.keys.number_of(key, panes.encoder.is_int()).ok_or_else(damaged)?;
            let is_new = number as usize == pane.groups.len();
            pane.give_groups(&mut panes.groups);
            let group = pane.groups[number as usize];
            if is_new {
                panes.aggregates.decode(group, &mut state).ok_or_else(damaged)?;
            } else {
                panes.aggregates.decode(read_into, &mut state).ok_or_else(damaged)?;
                panes.aggregates.merge(read_into, group);
            }
        }
        panes.groups.free.push(read_into);
        let n_new = panes.groups.n_taken() - n_before;
        self.0.note_new_groups(n_new);
        Ok(())
    }

    fn on_watermark(&mut self, at: Position, watermark: Watermark, out: &mut Output) -> Result<Firing> {
        self.0.on_watermark(at, watermark, out)
    }

    fn snapshot(&self, into: &mut Snapshot) -> Result<()> {
        self.0.snapshot(into)
    }

    fn restore(&mut self, from: &Snapshot) -> Result<()> {
        self.0.restore(from)
    }
}
