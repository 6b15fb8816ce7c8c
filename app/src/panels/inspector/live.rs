//! The figures of a node or a wire.

use egui::{Ui, vec2};
use tidemark_engine::ids::{EdgeId, NodeId};

use crate::engine_link::{Metric, RunStatus};
use crate::state::AppState;
use crate::ui_kit::format::{count, percent, rate};
use crate::ui_kit::format_time::{lag, short_timestamp};
use crate::ui_kit::prose::prose;
use crate::ui_kit::widgets::{LoadShare, Stat, Tone, key_value, load_bar, meter, section_header, stat};
use crate::ui_kit::{Tokens, t, t_args};

/// How many samples a course has: half a minute at four a second. A point of width shows one.
const N_SAMPLES: usize = 120;

pub(super) fn node(state: &AppState, node: &NodeId, ui: &mut Ui) {
    let snapshot = &state.open.run.snapshot;
    let Some(figures) = snapshot.nodes.get(node) else {
        super::dim(ui, t("inspector.not_running"));
        return;
    };
    let account = &figures.account;
    let out: u64 = figures.rows_out.iter().sum();
    let share = |n: u64| {
        t_args("inspector.of_rows", &[("share", &percent(n as f64 / account.rows_in.max(1) as f64))])
    };
    let (late, rejected) = (share(account.late), share(account.rejected));
    let course =
        |metric| snapshot.history.node(node).map(|kept| kept.newest(metric, N_SAMPLES)).unwrap_or_default();
    let block = |name, value: &str, tone, note: &str, metric, ui: &mut Ui| {
        stat(ui, &Stat { name, value, tone, note: Some(note), course: &course(metric) });
    };
    ui.columns(2, |columns| {
        let [left, right] = columns else { return };
        let (n_in, per_sec) = (count(account.rows_in), rate(figures.in_per_sec));
        block(t("metric.rows_in"), &n_in, Tone::Neutral, &per_sec, Metric::RowsIn, left);
        let per_sec = rate(figures.out_per_sec);
        block(t("metric.rows_out"), &count(out), Tone::Neutral, &per_sec, Metric::RowsOut, right);
    });
    ui.add_space(Tokens::of(ui).spacing.md);
    ui.columns(2, |columns| {
        let [left, right] = columns else { return };
        let tone = super::tone_if(account.late, Tone::Late);
        block(t("metric.late_rows"), &count(account.late), tone, &late, Metric::Late, left);
        let tone = super::tone_if(account.rejected, Tone::Rejected);
        block(t("metric.rejected_rows"), &count(account.rejected), tone, &rejected, Metric::Rejected, right);
    });
    failure(state, node, ui);
    section_header(ui, t("metric.load"), |_| {});
    let width = ui.available_width();
    load_bar(ui, vec2(width, 8.0), LoadShare { busy: figures.busy, blocked: figures.blocked });
    key_value(ui, t("metric.busy"), &percent(f64::from(figures.busy)));
    let load = LoadShare { busy: figures.busy, blocked: figures.blocked };
    key_value(ui, t("metric.idle"), &percent(f64::from(load.idle())));
    key_value(ui, t("metric.blocked"), &percent(f64::from(figures.blocked)));
    section_header(ui, t("metric.watermark"), |_| {});
    key_value(ui, t("metric.watermark"), &watermark(figures.watermark, figures.ended));
    if let (Some(watermark), Some(clock)) = (figures.watermark, snapshot.clock_millis) {
        key_value(ui, t("metric.lag"), &lag(watermark.saturating_sub(clock)));
    }
    super::books::ui(account, ui);
    section_header(ui, t("metric.state"), |_| {});
    key_value(ui, t("metric.fired"), &count(account.fired_timers));
    key_value(ui, t("metric.state_entries"), &count(account.state_entries.max(0) as u64));
    key_value(ui, t("metric.subtasks"), &count(figures.parallelism as u64));
}

/// Why the run ended, if it was this node that ended it.
fn failure(state: &AppState, node: &NodeId, ui: &mut Ui) {
    let RunStatus::Failed(failure) = &state.open.run.snapshot.status else { return };
    if failure.node.as_ref() != Some(node) {
        return;
    }
    let tokens = Tokens::of(ui);
    section_header(ui, t("metric.last_error"), |_| {});
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = tokens.spacing.xs;
        Tone::Error.show(ui);
        let (size, color) = (tokens.type_scale.small, Tone::Error.color(tokens));
        ui.add(egui::Label::new(prose(&failure.message, size, color, color)).wrap());
    });
}

pub(super) fn wire(state: &AppState, wire: &EdgeId, ui: &mut Ui) {
    let Some(figures) = state.open.run.snapshot.edges.get(wire) else {
        super::dim(ui, t("inspector.not_running"));
        return;
    };
    section_header(ui, t("inspector.live"), |_| {});
    key_value(ui, t("metric.rows"), &count(figures.rows));
    key_value(ui, t("lens.rate"), &rate(figures.per_sec));
    key_value(ui, t("metric.watermark"), &watermark(figures.watermark, figures.ended));
    match figures.queue_fill {
        Some(fill) => {
            key_value(ui, t("metric.queue"), &percent(f64::from(fill)));
            let width = ui.available_width();
            meter(ui, vec2(width, 6.0), t("metric.queue"), fill);
        }
        None => {
            key_value(ui, t("metric.queue"), t("metric.no_queue")).on_hover_text(t("tip.no_queue"));
        }
    }
}

fn watermark(time: Option<i64>, ended: bool) -> String {
    match time {
        Some(time) => short_timestamp(time),
        None if ended => t("node.ended").to_owned(),
        None => t("node.no_watermark").to_owned(),
    }
}
