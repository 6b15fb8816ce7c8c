//! The figures of a stretch of a run that a person has selected.

use super::lanes;
use crate::engine_link::{Axis, History, Metric};
use crate::state::AppState;
use crate::ui_kit::format::{count, percent, rate};
use crate::ui_kit::format_time::{duration, lag};
use crate::ui_kit::{t, t_args};

/// The figures of all samples that a span touches.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct SpanFigures {
    rows: u64,
    late: u64,
    seconds: f64,
    slowest: f64,
    fastest: f64,
    /// The watermark less the clock, in milliseconds: furthest behind, on average, least behind.
    lag: Option<(i64, i64, i64)>,
    longest_stall_millis: u64,
}

/// The node that was busiest over a span, which is sought among all samples of all nodes.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Busiest {
    /// It is not sought while the span is still being dragged.
    Unsought,
    /// Nothing was measured.
    None,
    /// What it is called, and how busy it was on average.
    Node(String, f64),
}

impl Busiest {
    /// Seeks it.
    pub(super) fn of(state: &AppState, history: &History, axis: Axis, (from, to): (i64, i64)) -> Busiest {
        let nodes = state.open.document.flow().nodes.keys();
        let busy = nodes.filter_map(|node| {
            Some((node, lanes::mean(history.node(node)?.over(Metric::Busy, axis, from, to))?))
        });
        let busiest = busy.max_by(|(_, one), (_, other)| one.total_cmp(other));
        busiest.map_or(Busiest::None, |(node, share)| Busiest::Node(state.title(node), share))
    }

    fn line(&self) -> Option<(&'static str, String)> {
        let text = match self {
            Busiest::Unsought => t("timeline.unsought").to_owned(),
            Busiest::None => return None,
            Busiest::Node(node, share) => {
                t_args("timeline.busy_node", &[("share", &percent(*share)), ("node", node)])
            }
        };
        Some((t("timeline.busiest"), text))
    }
}

impl SpanFigures {
    /// The figures of a span of an axis; `None` if there are no samples in it.
    pub(super) fn of(history: &History, axis: Axis, (from, to): (i64, i64)) -> Option<SpanFigures> {
        let run = history.run();
        let mut figures = SpanFigures { slowest: f64::INFINITY, ..SpanFigures::default() };
        let (mut stall, mut before) = (0, None);
        for sample in run.over(Metric::RowsIn, axis, from, to) {
            figures.rows += sample.n_rows;
            figures.seconds += sample.moment.seconds();
            figures.slowest = figures.slowest.min(sample.min);
            figures.fastest = figures.fastest.max(sample.max);
            // A pause is no stall, and ends one.
            let goes_on = before == Some(sample.moment.from_millis);
            stall = match (sample.n_rows, goes_on) {
                (0, true) => stall + sample.moment.millis(),
                (0, false) => sample.moment.millis(),
                _ => 0,
            };
            figures.longest_stall_millis = figures.longest_stall_millis.max(stall);
            before = Some(sample.moment.to_millis);
        }
        before?;
        figures.late = run.over(Metric::Late, axis, from, to).map(|sample| sample.n_rows).sum();
        let lags: Vec<(i64, f64)> = run
            .over(Metric::Watermark, axis, from, to)
            .filter(|sample| sample.value.is_finite())
            .filter_map(|sample| {
                let clock = sample.moment.clock_to?;
                Some(((sample.value as i64).saturating_sub(clock), sample.moment.seconds()))
            })
            .collect();
        let seconds: f64 = lags.iter().map(|(_, seconds)| seconds).sum();
        let mean = lags.iter().map(|(lag, of)| *lag as f64 * of / seconds).sum::<f64>() as i64;
        let least = lags.iter().map(|(lag, _)| *lag).min();
        figures.lag = least.zip(lags.iter().map(|(lag, _)| *lag).max()).map(|(min, max)| (min, mean, max));
        Some(figures)
    }

    /// Each figure with its name, in the order in which they are read.
    pub(super) fn lines(&self, busiest: &Busiest) -> Vec<(&'static str, String)> {
        let share = self.late as f64 / self.rows.max(1) as f64;
        let late = t_args("timeline.late_share", &[("n", &count(self.late)), ("share", &percent(share))]);
        let mut lines = vec![
            (t("metric.rows"), count(self.rows)),
            (t("timeline.mean_rate"), rate(self.rows as f64 / self.seconds)),
            (t("timeline.slowest"), rate(self.slowest)),
            (t("timeline.fastest"), rate(self.fastest)),
            (t("metric.late_rows"), late),
        ];
        if let Some((least, mean, greatest)) = self.lag {
            lines.push((t("timeline.mean_lag"), lag(mean)));
            lines.push((t("timeline.furthest"), lag(least)));
            lines.push((t("timeline.nearest"), lag(greatest)));
        }
        lines.push((t("timeline.longest_stall"), duration(self.longest_stall_millis)));
        lines.extend(busiest.line());
        lines
    }

    /// The figures as text for the clipboard, a line to each.
    pub(super) fn text(&self, title: &str, busiest: &Busiest) -> String {
        let lines = self.lines(busiest).into_iter().map(|(name, value)| format!("{name}\t{value}\n"));
        format!("{title}\n{}", lines.collect::<String>())
    }
}
