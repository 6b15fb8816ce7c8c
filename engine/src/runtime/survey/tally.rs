//! What a survey counts, row by row in arrival order, under the watermark that the runtime would assign.

use std::collections::HashMap;
use std::sync::Arc;

use super::super::lanes::WatermarkAssigner;
use super::super::split::times;
use super::disorder::LagCounter;
use super::{Survey, TimeSpan};
use crate::data::{Batch, EdgeType, Position, StreamElement};
use crate::error::Result;
use crate::node::{SourcePlan, WatermarkPlan};
use crate::time::{BoundedOutOfOrderness, FutureSkewGuard};

/// Counts what a source gives out.
pub(super) struct Tally {
    survey: Survey,
    lags: LagCounter,
    clock: Option<Clock>,
}

/// How far event time has come.
struct Clock {
    column: usize,
    /// The watermark of the source with bound 0.
    assigner: WatermarkAssigner,
    /// The greatest event time of every split or partition.
    guard: FutureSkewGuard,
    lanes: HashMap<u32, FutureSkewGuard, foldhash::fast::FixedState>,
}

impl Tally {
    /// Nothing counted yet of the source that `plan` reads.
    pub(super) fn new(plan: &SourcePlan) -> Tally {
        let clock = plan.progress.map(|progress| {
            let strategy = BoundedOutOfOrderness::new(0, progress.max_future_skew_millis);
            let edge = Arc::new(EdgeType::append(plan.decoded.as_ref().clone()));
            let watermarks = WatermarkPlan { event_time: progress.column, strategy };
            Clock {
                column: progress.column,
                assigner: WatermarkAssigner::new(watermarks, edge, Arc::default()),
                guard: FutureSkewGuard::new(progress.max_future_skew_millis),
                lanes: HashMap::default(),
            }
        });
        Tally { survey: Survey::default(), lags: LagCounter::default(), clock }
    }

    /// How many records have been counted.
    pub(super) fn n_records(&self) -> u64 {
        self.survey.n_records
    }

    /// What has been counted so far.
    pub(super) fn survey(&mut self, complete: bool) -> &Survey {
        self.survey.disorder = self.lags.disorder();
        self.survey.complete = complete;
        &self.survey
    }

    /// A split ends with the record at `last`, which is still to come.
    pub(super) fn split_ends(&mut self, last: Position) {
        if let Some(clock) = &mut self.clock {
            clock.assigner.split_ends(last, last.split);
        }
    }

    /// Counts rows and rejected records that have come equally far.
    ///
    /// # Errors
    /// If a column is not of its type, which is an internal fault.
    pub(super) fn add(&mut self, rows: &Batch, rejected: &Batch) -> Result<()> {
        self.survey.n_records += (rows.n_rows() + rejected.n_rows()) as u64;
        self.survey.n_rejected += rejected.n_rows() as u64;
        for batch in [rows, rejected].into_iter().filter(|batch| !batch.is_empty()) {
            let last = batch.positions().last().map_or(i64::MIN, |last| last.arrival_millis);
            for arrival in [batch.positions().at(0).arrival_millis, last] {
                if arrival != i64::MIN {
                    extend(&mut self.survey.arrival, arrival);
                }
            }
        }
        let Some(clock) = &mut self.clock else {
            for position in rows.positions().iter().filter(|position| position.arrival_millis != i64::MIN) {
                self.survey.density.add(position.arrival_millis, false);
            }
            return Ok(());
        };
        let times = times(rows.frame(), clock.column)?;
        let assigned = clock.assigner.assign(StreamElement::Batch(rows.clone()))?.element;
        let progress = assigned.progress();
        let (mut watermark, mut raise) = (progress.start, 0);
        for (row, time) in times.iter().enumerate() {
            let position = rows.positions().at(row);
            while raise < progress.n_raises() && progress.raise_position(raise) < position {
                watermark = progress.raise_watermark(raise);
                raise += 1;
            }
            let mut is_out_of_order = false;
            match time {
                None => self.survey.n_untimed += 1,
                Some(time) => {
                    let arrival = (position.arrival_millis != i64::MIN).then_some(position.arrival_millis);
                    let lane =
                        clock.lanes.entry(rows.lane(row)).or_insert_with(|| clock.guard.after(arrival));
                    is_out_of_order = lane.max_timestamp().is_some_and(|max| time < max);
                    if lane.admit(time) {
                        extend(&mut self.survey.event_time, time);
                    } else {
                        self.survey.n_future_skewed += 1;
                    }
                    if let (Some(span), Some(max)) = (&mut self.survey.event_time, lane.max_timestamp()) {
                        // The guard may come to believe what it had set aside.
                        span.last_millis = span.last_millis.max(max);
                    }
                    self.lags.add(watermark.time().filter(|of| *of >= time).map(|of| of.abs_diff(time)));
                }
            }
            if position.arrival_millis != i64::MIN {
                self.survey.density.add(position.arrival_millis, is_out_of_order);
            }
        }
        Ok(())
    }
}

fn extend(span: &mut Option<TimeSpan>, millis: i64) {
    let span = span.get_or_insert(TimeSpan { first_millis: millis, last_millis: millis });
    span.first_millis = span.first_millis.min(millis);
    span.last_millis = span.last_millis.max(millis);
}
