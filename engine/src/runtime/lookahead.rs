//! What the first records of a split say before it is read: when it begins, and whether its first timestamp is to be believed.

use super::split::times;
use crate::data::Position;
use crate::error::Result;
use crate::node::{SourcePlan, Split, SplitOffset};
use crate::time::FutureSkewGuard;

/// How many records are looked at, at most. Fixed, so that what is found does not depend on the size of batches.
const N_RECORDS: u64 = 1024;
/// The first timestamp, and those that it is compared with.
const N_TIMES: usize = 4;

/// What the first records of a split say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lookahead {
    /// When the first record arrives, row or not; `i64::MIN` where no record says.
    pub(super) first_arrival: i64,
    /// The number of the first row, if its timestamp is too far ahead of those behind it.
    pub(super) doubted: Option<u64>,
}

impl Lookahead {
    /// Opens a split, reads its first records and closes it again; `None` if it has no records.
    pub(super) fn of(plan: &SourcePlan, split: &Split) -> Result<Option<Lookahead>> {
        let mut reader = plan.source.open(split, SplitOffset::START)?;
        let mut event_times: Vec<(u64, i64)> = Vec::new();
        let mut first_arrival = None;
        let mut n_records = 0;
        while n_records < N_RECORDS {
            let Some(morsel) = reader.next((N_RECORDS - n_records) as usize)? else { break };
            let decoded = morsel.decode()?;
            let records = || decoded.record_numbers().map(|number| n_records + number);
            if let Some(idx) = plan.arrival_time {
                let times = times(&decoded.frame, idx)?;
                let mut found = records().zip(times.iter()).take_while(|(record, _)| *record < N_RECORDS);
                first_arrival = first_arrival.or_else(|| found.find_map(|(_, time)| time));
            }
            if let Some(progress) = plan.progress {
                let times = times(&decoded.frame, progress.column)?;
                let found = records().zip(times.iter()).take_while(|(record, _)| *record < N_RECORDS);
                let found = found.filter_map(|(record, time)| Some((record, time?)));
                event_times.extend(found.take(N_TIMES - event_times.len()));
            }
            n_records += decoded.n_records;
            let has_arrival = plan.arrival_time.is_none() || first_arrival.is_some();
            let has_times = plan.progress.is_none() || event_times.len() == N_TIMES;
            if n_records > 0 && has_arrival && has_times {
                break;
            }
        }
        if n_records == 0 {
            return Ok(None);
        }
        let doubted = plan.progress.and_then(|progress| {
            let ((record, first), next) = event_times.split_first()?;
            let next: Vec<i64> = next.iter().map(|(_, time)| *time).collect();
            FutureSkewGuard::doubts_first(progress.max_future_skew_millis, *first, &next).then_some(*record)
        });
        if plan.arrival_time.is_none() {
            first_arrival =
                event_times.iter().find(|(record, _)| Some(*record) != doubted).map(|(_, time)| *time);
        }
        Ok(Some(Lookahead { first_arrival: first_arrival.unwrap_or(i64::MIN), doubted }))
    }

    /// The last position before the first record of `split` of `source`; `None` if there is none.
    pub(super) fn just_before(&self, source: u32, split: u32) -> Option<Position> {
        let before = Position::just_before(self.first_arrival, source, split, 0);
        (before.arrival_millis < self.first_arrival || source > 0 || split > 0).then_some(before)
    }
}
