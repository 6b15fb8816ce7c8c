//! Assigns watermarks: one strategy for every split (or partition), and the least of them for the source.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::sync::Arc;

use polars::prelude::Int64Chunked;

use super::metrics::LaneGauge;
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
    /// Rows whose timestamps are not believed, by split and offset: at most the first of each split.
    doubted: HashSet<(u32, u64)>,
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
            doubted: HashSet::new(),
            counters,
        }
    }

    /// Says, before that position is reached, that `split` ends with the record at `last`.
    pub(super) fn split_ends(&mut self, last: Position, split: u32) {
        let at = self.ends.partition_point(|(position, _)| *position <= last);
        self.ends.insert(at, (last, split));
    }

    /// Says, before it comes, that the row at `offset` of `split` must not move the watermark.
    pub(super) fn doubts(&mut self, split: u32, offset: u64) {
        self.doubted.insert((split, offset));
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
        let Some(first) = times.iter().position(|time| time.is_some()) else {
            untimed.extend(0..batch.n_rows() as u32);
            return;
        };
        let first_at = batch.positions().at(first);
        let begins_doubted = !self.doubted.is_empty() && self.is_doubted(first_at);
        let lane = Lane { split: first_at.split, strategy: self.plan.strategy };
        let lane = self.lanes.entry(number).or_insert(lane);
        let mut strategy = lane.strategy;
        let mut watermark = self.watermark;
        let mut n_skewed = usize::from(begins_doubted);
        for (row, time) in times.iter().enumerate() {
            let Some(time) = time else {
                untimed.push(row as u32);
                continue;
            };
            if begins_doubted && row == first {
                continue;
            }
            n_skewed += usize::from(strategy.observe(time));
            if strategy.watermark() > watermark {
                watermark = strategy.watermark();
                raises.rows.push(batch.positions().origin_row(row) as u32);
                raises.watermarks.push(watermark.millis());
            }
        }
        lane.strategy = strategy;
        self.watermark = watermark;
        NodeCounters::add(&self.counters.future_skewed, n_skewed);
    }

    /// Takes note of a row; answers whether the watermark rose.
    #[inline]
    fn observe(&mut self, number: u32, positions: &Positions, row: usize, time: i64) -> bool {
        let is_new = !self.lanes.contains_key(&number);
        if is_new {
            let split = positions.at(row).split;
            let strategy = self.plan.strategy.after(self.max_timestamp(split));
            self.lanes.insert(number, Lane { split, strategy });
        }
        if !self.doubted.is_empty() && self.is_doubted(positions.at(row)) {
            NodeCounters::add(&self.counters.future_skewed, 1);
            return false;
        }
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

    /// The greatest timestamp of a split that counts.
    fn max_timestamp(&self, split: u32) -> Option<i64> {
        let of_split = self.lanes.values().filter(|lane| lane.split == split);
        of_split.filter_map(|lane| lane.strategy.max_timestamp()).max()
    }

    fn is_doubted(&self, position: Position) -> bool {
        self.doubted.contains(&(position.split, position.offset))
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
        match self.lanes.values().map(|lane| lane.strategy.watermark()).min() {
            Some(least) => self.raise_to(least),
            None => false,
        }
    }

    fn raise_to(&mut self, watermark: Watermark) -> bool {
        let rises = watermark > self.watermark;
        if rises {
            self.watermark = watermark;
        }
        rises
    }

    /// Where each lane stands.
    pub(super) fn gauges(&self) -> Vec<LaneGauge> {
        self.lanes
            .iter()
            .map(|(number, lane)| LaneGauge { lane: *number, watermark: lane.strategy.watermark() })
            .collect()
    }
}

/// Adds a raise; two at one position are one.
fn push_step(steps: &mut Vec<(Position, Watermark)>, position: Position, watermark: Watermark) {
    match steps.last_mut() {
        Some(last) if last.0 == position => last.1 = watermark,
        _ => steps.push((position, watermark)),
    }
}
