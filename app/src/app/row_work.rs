//! Sifting, summing up and writing rows on a thread of their own, at most once for each change.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use egui::Context;

use super::App;
use super::background::Outcome;
use crate::engine_link::{Watch, WatchedRows};
use crate::rows::{RowExcerpt, RowFilter, RowFormat, Sifted, Summary};
use crate::state::layout::Pane;
use crate::state::{DockTab, FlowNumber};
use crate::ui_kit::t;

/// Columns are summed up again no sooner than after this many times the time that it took: they cost at most two hundredths of a core.
const REST_AFTER_SUMMARY: u32 = 50;

/// What is done with rows.
pub(super) enum RowWork {
    /// Looks at the rows of a table.
    Sift {
        /// Whose table it is.
        flow: FlowNumber,
        /// The rows.
        rows: Arc<WatchedRows>,
        /// What a person wants to see of them.
        filter: Arc<RowFilter>,
        /// Whether what the columns are like is to be found out.
        sums_up: bool,
    },
    /// Writes rows for the clipboard.
    Copy {
        /// The rows.
        excerpt: RowExcerpt,
        /// How they are written.
        format: RowFormat,
    },
}

/// Does one thing.
pub(super) fn work(work: RowWork) -> Outcome {
    match work {
        RowWork::Sift { flow, rows, filter, sums_up } => {
            let failed = Outcome::SiftFailed { flow, watch: rows.watch.clone(), filter: Arc::clone(&filter) };
            let sift = || {
                let summary = sums_up.then(|| Arc::new(Summary::of(&rows)));
                Outcome::Sifted { flow, sifted: Arc::new(Sifted::new(rows, filter)), summary }
            };
            or_failed(sift, failed)
        }
        RowWork::Copy { excerpt, format } => {
            Outcome::RowsWritten { n_rows: excerpt.chosen.len(), text: excerpt.to_text(format) }
        }
    }
}

/// What comes of it; a fault of ours is told with the table that it is about, which would wait for ever otherwise.
fn or_failed(sift: impl FnOnce() -> Outcome, failed: Outcome) -> Outcome {
    catch_unwind(AssertUnwindSafe(sift)).unwrap_or(failed)
}

impl App {
    /// Has the rows looked at that are shown and have changed.
    pub(super) fn sift_if_changed(&mut self, ctx: &Context) {
        if !self.panels.workbench.is_painted(Pane::Dock(DockTab::Data)) {
            return;
        }
        let next_frame = self.state.pace.rest();
        let open = &mut self.state.open;
        let flow = open.number;
        for table in open.tables.iter_mut().filter(|table| !table.is_being_sifted && !table.has_failed()) {
            let Some(rows) = table.kept(&open.run.snapshot).cloned() else { continue };
            let is_sifted = table.sifted.as_ref().is_some_and(|sifted| sifted.is_of(&rows, &table.filter));
            let rest = rest_before_summary(table.summary.as_ref(), &rows);
            if let Some(rest) = rest.filter(|rest| !rest.is_zero()) {
                ctx.request_repaint_after(rest.max(next_frame));
            }
            let sums_up = rest.is_some_and(|rest| rest.is_zero());
            if sums_up || !is_sifted && !table.filter.is_empty() {
                let filter = Arc::clone(&table.filter);
                // What cannot be taken now is asked for again in the next frame.
                table.is_being_sifted = self.background.rows(RowWork::Sift { flow, rows, filter, sums_up });
            }
        }
    }

    /// Shows what came of it.
    pub(super) fn take_sifted(
        &mut self,
        flow: FlowNumber,
        sifted: Arc<Sifted>,
        summary: Option<Arc<Summary>>,
    ) {
        let Some(flow) = self.state.flow_mut(flow) else { return };
        let Some(table) = flow.tables.get_mut(&sifted.rows.watch) else { return };
        table.is_being_sifted = false;
        if let Some(summary) = summary {
            table.summary = Some((Arc::clone(&sifted.rows), summary, Instant::now()));
        }
        // What was typed since then is on its way, and rows that were thawed since then are gone.
        table.sifted = Some(sifted);
    }

    /// Lets no row pass that could not be looked at, and says so once.
    pub(super) fn give_up_sifting(&mut self, flow: FlowNumber, watch: &Watch, filter: Arc<RowFilter>) {
        if let Some(table) = self.state.flow_mut(flow).and_then(|flow| flow.tables.get_mut(watch)) {
            table.is_being_sifted = false;
            table.failed = Some(filter);
        }
        self.complain_of(flow, t("error.fault").to_owned());
    }
}

/// How long to wait before columns are summed up; `None` if they have been.
fn rest_before_summary(
    summary: Option<&(Arc<WatchedRows>, Arc<Summary>, Instant)>,
    rows: &Arc<WatchedRows>,
) -> Option<Duration> {
    let Some((of, summary, at)) = summary else { return Some(Duration::ZERO) };
    if Arc::ptr_eq(of, rows) {
        return None;
    }
    Some((summary.took * REST_AFTER_SUMMARY).saturating_sub(at.elapsed()))
}

#[cfg(test)]
mod tests {
    use tidemark_engine::graph::FlowDocument;
    use tidemark_engine::ids::NodeId;

    use super::super::files::Seen;
    use super::super::test_window::window;
    use super::*;
    use crate::state::Origin;

    #[test]
    fn a_fault_lets_no_row_pass_until_something_else_is_typed() {
        let (mut app, _, _root) = window();
        let watch = Watch::Sink(NodeId::new("rows"));
        let filter = Arc::new(RowFilter { only_late: true, ..RowFilter::default() });
        app.state.open.tables.follow(Some(&watch));
        let table = app.state.open.tables.get_mut(&watch).expect("it is shown");
        (table.filter, table.is_being_sifted) = (Arc::clone(&filter), true);
        let flow = app.state.open.number;
        let failed = Outcome::SiftFailed { flow, watch: watch.clone(), filter };
        app.hear(or_failed(|| panic!("a test"), failed));
        assert!(app.state.open.banner.is_some(), "nobody hears of it");
        let table = app.state.open.tables.get_mut(&watch).expect("it is shown");
        assert!(!table.is_being_sifted && table.has_failed(), "it waits, or tries the same again");
        table.filter = Arc::default();
        assert!(!table.has_failed());
        // Once another flow is shown, that one has nothing to do with it.
        app.state.open.banner = None;
        app.state.open.document.mark_unsaved();
        app.open_flow(FlowDocument::default(), Origin::New, Seen::default());
        assert_ne!(app.state.open.number, flow);
        app.hear(Outcome::SiftFailed { flow, watch, filter: Arc::default() });
        assert!(app.state.open.banner.is_none(), "it is said of another flow");
        assert!(app.state.flow_mut(flow).is_some_and(|flow| flow.banner.is_some()));
    }
}
