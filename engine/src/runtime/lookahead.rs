//! When a split begins, found out before it is read.

use super::split::times;
use crate::data::Position;
use crate::error::Result;
use crate::node::{SourcePlan, Split};
use crate::time::FutureSkewGuard;

/// How many records are looked at, at most. Fixed, so that what is found does not depend on the size of batches.
const N_RECORDS: u64 = 1024;
/// The first timestamp, and those that it is compared with.
const N_TIMES: usize = 4;

/// When the first record of a split arrives, row or not; `i64::MIN` where its first 1,024 records do not say. `None` if it has no
/// records. Opens the split and closes it again.
///
/// By a column, it is the first arrival time. By event time it is the first timestamp, or the second where
/// [the first is doubted](FutureSkewGuard::doubts_first).
pub(super) fn first_arrival(plan: &SourcePlan, split: &Split) -> Result<Option<i64>> {
    let column = plan.arrival_time.or(plan.progress.map(|progress| progress.column));
    let n_wanted = match (plan.arrival_time, plan.progress) {
        (Some(_), _) => 1,
        (None, Some(_)) => N_TIMES,
        (None, None) => 0,
    };
    let mut reader = plan.source.peek(split, column.as_slice())?;
    let mut found: Vec<i64> = Vec::new();
    let mut n_records = 0;
    while n_records < N_RECORDS && (n_records == 0 || found.len() < n_wanted) {
        let Some(morsel) = reader.next((N_RECORDS - n_records) as usize)? else { break };
        let decoded = morsel.decode()?;
        if n_wanted > 0 {
            let times = times(&decoded.frame, 0)?;
            let records = decoded.record_numbers().map(|number| n_records + number);
            let timed = records.zip(times.iter()).take_while(|(record, _)| *record < N_RECORDS);
            found.extend(timed.filter_map(|(_, time)| time).take(n_wanted - found.len()));
        }
        n_records += decoded.n_records;
    }
    if n_records == 0 {
        return Ok(None);
    }
    let Some((first, next)) = found.split_first() else { return Ok(Some(i64::MIN)) };
    let doubted = plan.arrival_time.is_none()
        && plan.progress.is_some_and(|progress| {
            FutureSkewGuard::doubts_first(progress.max_future_skew_millis, *first, next)
        });
    Ok(Some(if doubted { next[0] } else { *first }))
}

/// The last position before the first record of `split` of `source`, which arrives at `first_arrival`; `None` if there is none.
pub(super) fn just_before(first_arrival: i64, source: u32, split: u32) -> Option<Position> {
    let before = Position::just_before(first_arrival, source, split, 0);
    (before.arrival_millis < first_arrival || source > 0 || split > 0).then_some(before)
}
