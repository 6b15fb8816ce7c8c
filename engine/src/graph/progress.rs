//! Which time a source's rows arrive by: the one that the watermarks behind it follow.

use super::wiring::Wired;
use crate::diagnostic::{Diagnostic, Place};
use crate::node::{EventTimeProgress, NodePlan, Runs};
use crate::time::DEFAULT_FUTURE_SKEW_MILLIS;

/// A watermark strategy and the source column that it follows.
pub(super) struct Followed {
    source: usize,
    /// The column's name at the source.
    column: String,
    max_future_skew_millis: i64,
}

/// Follows the time of every watermark strategy back to its source, in the order of the flow. `plans` are made with all columns.
///
/// A time that is computed on the way cannot be followed; where its source has no event time either, its files are read one after
/// another, which is said.
pub(super) fn follow_watermarks(
    wired: &Wired<'_>,
    plans: &[NodePlan],
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Followed> {
    let mut all = Vec::new();
    for (idx, plan) in plans.iter().enumerate() {
        let Some(Runs::Watermarks(watermarks)) = &plan.runs else { continue };
        let Some((source, column)) = origin(wired, plans, idx, Some(watermarks.event_time)) else { continue };
        let Some(Runs::Source(of_source)) = &plans[source].runs else { continue };
        if let Some(column) = column {
            all.push(Followed {
                source,
                column: of_source.decoded.fields()[column].name.to_string(),
                max_future_skew_millis: watermarks.strategy.max_future_skew_millis(),
            });
        } else if of_source.event_time.is_none() && of_source.arrival_time.is_none() {
            let source = wired.nodes[source].id;
            let message = format!(
                "its time is computed behind `{source}`, so the files of `{source}` are read one after another and not by time"
            );
            diagnostics.push(
                Diagnostic::warning(
                    "time-unknown-to-source",
                    Place::Node(wired.nodes[idx].id.clone()),
                    message,
                )
                .fix(format!("name a time column as `event_time` or `arrival_time` of `{source}`")),
            );
        }
    }
    all
}

/// The source that node `node` has its rows from, and which of its columns is the input column `column`, if any is.
fn origin(
    wired: &Wired<'_>,
    plans: &[NodePlan],
    mut node: usize,
    mut column: Option<usize>,
) -> Option<(usize, Option<usize>)> {
    loop {
        let mut edges = wired.nodes[node].inputs.iter().flatten();
        let (edge, None) = ((*edges.next()?)?, edges.next()) else { return None };
        // Nodes stand in order, so this goes backwards and ends.
        let from = wired.edges[edge].from;
        node = from.node;
        if wired.nodes[node].inputs.is_empty() {
            return Some((node, column.filter(|_| from.port == 0)));
        }
        let lineage = plans[node].lineage.get(from.port);
        column = column.and_then(|column| *lineage?.get(column)?);
    }
}

/// Tells every source by which time its rows arrive: its event time, or else the first time that watermarks behind it follow.
pub(super) fn set_progress(plans: &mut [NodePlan], followed: &[Followed]) {
    for (idx, plan) in plans.iter_mut().enumerate() {
        let Some(Runs::Source(source)) = &mut plan.runs else { continue };
        let column_of = |followed: &Followed| source.decoded.index_of(&followed.column);
        let of_source = || followed.iter().filter(|followed| followed.source == idx);
        let named = source.event_time;
        let by = of_source().find(|followed| named.is_none() || named == column_of(followed));
        let column = named.or_else(|| by.and_then(column_of));
        source.progress = column.map(|column| EventTimeProgress {
            column,
            max_future_skew_millis: by
                .map_or(DEFAULT_FUTURE_SKEW_MILLIS, |followed| followed.max_future_skew_millis),
        });
    }
}
