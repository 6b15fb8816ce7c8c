//! Assigns watermarks: one strategy for every split (or partition), and the least of them for the source.

use std::cmp::Reverse;
use std::collections::binary_heap::PeekMut;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};
use std::sync::Arc;

use polars::prelude::Int64Chunked;

use super::metrics::LaneSnapshot;
use crate::data::{Batch, EdgeType, Position, Positions, Progress, Raises, StreamElement};
use crate::error::{EngineError, Result};
use crate::node::{NodeCounters, WatermarkPlan};
use crate::time::{BoundedOutOfOrderness, Watermark};

/// Runs a watermark strategy in a source's chain.
///
/// A lane joins with its first row and leaves when its split ends; the watermark is the least of the lanes in between, and never
/// falls. While no lane is in between, it stays.
pub(super) struct WatermarkAssigner {
    plan: WatermarkPlan,
    edge: Arc<EdgeType>,
    lanes: BTreeMap<u32, Lane>,
    watermark: Watermark,
    /// Splits that end, by the position of their last record.
    ends: VecDeque<(Position, u32)>,
    /// Every lane with a watermark that it has had: as watermarks only rise, the least is found at the top once what stands there is
    /// brought up to date.
    least: BinaryHeap<Reverse<(Watermark, u32)>>,
    counters: Arc<NodeCounters>,
}

struct Lane {
    split: u32,
    strategy: BoundedOutOfOrderness,
}

/// Rows under watermarks, and those that could not have one.
pub(super) struct Assigned {
    pub(super) element: StreamElement,
    /// Rows without event time, by row number of the batch that came in.
    pub(super) untimed: Vec<u32>,
}

impl WatermarkAssigner {
    pub(super) fn new(
        plan: WatermarkPlan,
        edge: Arc<EdgeType>,
        counters: Arc<NodeCounters>,
    ) -> WatermarkAssigner {
        WatermarkAssigner {
            plan,
            edge,
            lanes: BTreeMap::new(),
            watermark: Watermark::NONE,
            ends: VecDeque::new(),
            least: BinaryHeap::new(),
            counters,
        }
    }

    /// Says, before that position is reached, that `split` ends with the record at `last`.
    pub(super) fn split_ends(&mut self, last: Position, split: u32) {
        let at = self.ends.partition_point(|(position, _)| *position <= last);
        self.ends.insert(at, (last, split));
    }

    /// Gives an element its watermarks.
    ///
    /// # Errors
    /// If the event-time column is no timestamp, which is an internal fault.
    pub(super) fn assign(&mut self, element: StreamElement) -> Result<Assigned> {
        let StreamElement::Batch(batch) = element else {
            let (start, frontier) = (self.watermark, element.progress().frontier);
            let mut steps = Vec::new();
            self.end_splits_before(frontier.with_all_it_causes(), &mut steps);
            let progress = Progress::from_steps(start, frontier, &steps);
            let element = match element {
                StreamElement::End(_) => {
                    self.watermark = Watermark::END;
                    StreamElement::End(progress.ended())
                }
                _ => StreamElement::Progress(progress),
            };
            return Ok(Assigned { element, untimed: Vec::new() });
        };
        let times = batch
            .column(self.plan.event_time)
            .as_materialized_series()
            .to_physical_repr()
            .i64()
            .map_err(EngineError::from)?
            .clone();
        let mut untimed = Vec::new();
        let frontier = batch.progress().frontier;
        let start = self.watermark;
        let no_end_here = self.ends.front().is_none_or(|(position, _)| *position > frontier);
        let progress = if no_end_here {
            let mut raises = Raises::default();
            match batch.only_lane().filter(|lane| self.lanes.keys().all(|known| known == lane)) {
                Some(lane) => self.scan_one_lane(lane, &batch, &times, &mut raises, &mut untimed),
                None => {
                    for (row, time) in times.iter().enumerate() {
                        match time {
                            Some(time) => {
                                if self.observe(batch.lane(row), batch.positions(), row, time) {
                                    raises.rows.push(batch.positions().origin_row(row) as u32);
                                    raises.watermarks.push(self.watermark.millis());
                                }
                            }
                            None => untimed.push(row as u32),
                        }
                    }
                }
            }
            Progress::new(start, frontier, batch.positions().origins().clone(), raises)
        } else {
            let mut steps = Vec::new();
            for (row, time) in times.iter().enumerate() {
                let position = batch.positions().at(row);
                self.end_splits_before(position, &mut steps);
                match time {
                    Some(time) => {
                        if self.observe(batch.lane(row), batch.positions(), row, time) {
                            push_step(&mut steps, position, self.watermark);
                        }
                    }
                    None => untimed.push(row as u32),
                }
            }
            self.end_splits_before(frontier.with_all_it_causes(), &mut steps);
            Progress::from_steps(start, frontier, &steps)
        };
        let batch = batch.with_lanes(None).with_edge(Arc::clone(&self.edge)).with_progress(progress);
        Ok(Assigned { element: StreamElement::Batch(batch), untimed })
    }

    /// Takes note of all rows of a batch, where there is one lane in all: the source's watermark is the lane's.
    fn scan_one_lane(
        &mut self,
        number: u32,
        batch: &Batch,
        times: &Int64Chunked,
        raises: &mut Raises,
        untimed: &mut Vec<u32>,
    ) {
        let Some(first) = times.first_non_null() else {
            untimed.extend(0..batch.n_rows() as u32);
            return;
        };
        self.join(number, batch.positions(), first);
        let Some(lane) = self.lanes.get_mut(&number) else { return };
        let mut strategy = lane.strategy;
        let mut watermark = self.watermark;
        let mut n_skewed = 0;
        let mut raise = |row: usize, to: Watermark| {
            if to > watermark {
                watermark = to;
                raises.rows.push(batch.positions().origin_row(row) as u32);
                raises.watermarks.push(to.millis());
            }
        };
        if let Ok(times) = times.cont_slice() {
            n_skewed = strategy.observe_all(times, raise);
        } else {
            for (row, time) in times.iter().enumerate() {
                let Some(time) = time else {
                    untimed.push(row as u32);
                    continue;
                };
                n_skewed += usize::from(strategy.observe(time));
                raise(row, strategy.watermark());
            }
        }
        lane.strategy = strategy;
        self.watermark = watermark;
        NodeCounters::add(&self.counters.future_skewed, n_skewed);
    }

    /// Takes note of a row; answers whether the watermark rose.
    #[inline]
    fn observe(&mut self, number: u32, positions: &Positions, row: usize, time: i64) -> bool {
        let is_new = self.join(number, positions, row);
        let Some(lane) = self.lanes.get_mut(&number) else { return false };
        let before = lane.strategy.watermark();
        if lane.strategy.observe(time) {
            NodeCounters::add(&self.counters.future_skewed, 1);
        }
        let after = lane.strategy.watermark();
        // A lane that was ahead already is not the least, unless it has just joined.
        if !is_new && (after == before || before > self.watermark) {
            return false;
        }
        if self.lanes.len() == 1 { self.raise_to(after) } else { self.raise_to_least() }
    }

    /// Lets the lane `number` join with row `row`; answers whether it had not before.
    ///
    /// Its first timestamp has nothing before it in the lane, but what its split had come to by then is known: when the row arrived.
    #[inline]
    fn join(&mut self, number: u32, positions: &Positions, row: usize) -> bool {
        if self.lanes.contains_key(&number) {
            return false;
        }
        let Position { split, arrival_millis, .. } = positions.at(row);
        let arrival = (arrival_millis != i64::MIN).then_some(arrival_millis);
        self.lanes.insert(number, Lane { split, strategy: self.plan.strategy.after(arrival) });
        self.least.push(Reverse((Watermark::NONE, number)));
        true
    }

    fn end_splits_before(&mut self, position: Position, steps: &mut Vec<(Position, Watermark)>) {
        while let Some((last, split)) = self.ends.front().copied() {
            if last >= position {
                break;
            }
            self.ends.pop_front();
            self.lanes.retain(|_, lane| lane.split != split);
            if self.raise_to_least() {
                push_step(steps, last, self.watermark);
            }
        }
    }

    fn raise_to_least(&mut self) -> bool {
        self.least().is_some_and(|least| self.raise_to(least))
    }

    fn least(&mut self) -> Option<Watermark> {
        loop {
            let mut top = self.least.peek_mut()?;
            let Reverse((known, number)) = *top;
            match self.lanes.get(&number).map(|lane| lane.strategy.watermark()) {
                None => {
                    PeekMut::pop(top);
                }
                Some(watermark) if watermark == known => return Some(known),
                Some(watermark) => *top = Reverse((watermark, number)),
            }
        }
    }

    fn raise_to(&mut self, watermark: Watermark) -> bool {
        let rises = watermark > self.watermark;
        if rises {
            self.watermark = watermark;
        }
        rises
    }

    /// Where lanes stand, by rising watermark: the first hold the watermark back. Not all where they are very many.
    pub(super) fn gauges(&self) -> Vec<LaneSnapshot> {
        let lanes = self.lanes.iter();
        let mut lanes: Vec<LaneSnapshot> = lanes
            .map(|(number, lane)| LaneSnapshot { lane: *number, watermark: lane.strategy.watermark() })
            .collect();
        let rank = |lane: &LaneSnapshot| (lane.watermark, lane.lane);
        if lanes.len() > MAX_GAUGES {
            lanes.select_nth_unstable_by_key(MAX_GAUGES, rank);
            lanes.truncate(MAX_GAUGES);
        }
        lanes.sort_unstable_by_key(rank);
        lanes
    }
}

/// How many lanes are shown at most.
const MAX_GAUGES: usize = 256;

/// Adds a raise; two at one position are one.
fn push_step(steps: &mut Vec<(Position, Watermark)>, position: Position, watermark: Watermark) {
    match steps.last_mut() {
        Some(last) if last.0 == position => last.1 = watermark,
        _ => steps.push((position, watermark)),
    }
}
