//! The lanes of the timeline: which there are, what is drawn in each, and what each says at an instant.

use egui::{Painter, Rect};
use tidemark_engine::ids::{EdgeId, NodeId};
use tidemark_engine::node::Category;

use crate::engine_link::{Axis, History, Metric, Sample, Series};
use crate::state::{AppState, title_of_edge};
use crate::ui_kit::format::{count, percent, rate};
use crate::ui_kit::format_time::{lag, short_timestamp};
use crate::ui_kit::plot::{
    Columns, Extremes, PlotStyle, Stretch, nice_ceiling, paint_bars, paint_between, paint_series, reduce,
};
use crate::ui_kit::{Tokens, t, t_args};

/// How many nodes and queues have a lane, of those that are busiest and fullest of late.
const MAX_BUSY: usize = 3;
const MAX_QUEUES: usize = 2;
/// From this share on, a node or a queue is in the colour of a warning.
const HIGH: f64 = 0.8;

/// What a lane shows.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum LaneKind {
    /// Rows that the run reads, and those of them that were late.
    Rows,
    /// How far a node's watermark is behind the replay clock.
    Watermark(NodeId),
    /// Rows that a source reads.
    Read(NodeId),
    /// Rows that a sink takes.
    Taken(NodeId),
    /// How busy a node is.
    Busy(NodeId),
    /// How full a queue is.
    Queue(EdgeId),
}

/// A lane.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Lane {
    pub(super) kind: LaneKind,
    /// What it is called.
    pub(super) name: String,
}

/// The reduced series of a lane.
#[derive(Clone, Debug)]
pub(super) struct Drawn {
    main: Columns,
    /// Late rows, or the replay clock.
    other: Option<Columns>,
    scale: Extremes,
}

/// What lanes there could be, from top to bottom.
pub(super) fn all(state: &AppState, history: &History) -> Vec<LaneKind> {
    let flow = state.open.document.flow();
    let of = |categories: &'static [Category]| {
        let is_of = |node: &&NodeId| {
            state.spec(node).is_some_and(|spec| categories.contains(&spec.category))
                && history.node(node).is_some()
        };
        flow.nodes.keys().filter(is_of).cloned()
    };
    let mut lanes = vec![LaneKind::Rows];
    lanes.extend(of(&[Category::Time, Category::Window]).map(LaneKind::Watermark));
    lanes.extend(of(&[Category::Source]).map(LaneKind::Read));
    lanes.extend(of(&[Category::Sink]).map(LaneKind::Taken));
    let busy =
        flow.nodes.keys().filter_map(|node| Some((mean(history.node(node)?.recent(Metric::Busy))?, node)));
    lanes.extend(greatest(busy.collect(), MAX_BUSY).into_iter().cloned().map(LaneKind::Busy));
    let queues = flow
        .edges
        .iter()
        .filter_map(|edge| Some((mean(history.edge(edge)?.recent(Metric::QueueFill))?, edge)));
    lanes.extend(greatest(queues.collect(), MAX_QUEUES).into_iter().cloned().map(LaneKind::Queue));
    lanes
}

/// The mean of the samples that have a value, each counted as long as it is.
pub(super) fn mean(samples: impl Iterator<Item = Sample>) -> Option<f64> {
    let (mut sum, mut seconds) = (0.0, 0.0);
    for sample in samples.filter(|sample| sample.value.is_finite()) {
        sum += sample.value * sample.moment.seconds();
        seconds += sample.moment.seconds();
    }
    (seconds > 0.0).then_some(sum / seconds)
}

/// Those with the greatest numbers, in the order in which they were given.
fn greatest<T>(mut of: Vec<(f64, T)>, n_most: usize) -> Vec<T> {
    let mut numbers: Vec<f64> = of.iter().map(|(number, _)| *number).collect();
    numbers.sort_by(|a, b| b.total_cmp(a));
    let least = numbers.get(n_most.saturating_sub(1)).copied().unwrap_or(f64::NEG_INFINITY);
    of.retain(|(number, _)| *number >= least);
    of.truncate(n_most);
    of.into_iter().map(|(_, of)| of).collect()
}

impl LaneKind {
    /// What it is called, if what it is about is still in the flow.
    fn name(&self, state: &AppState) -> Option<String> {
        let flow = state.open.document.flow();
        let of_node = |key: &'static str, node: &NodeId| {
            flow.nodes.contains_key(node).then(|| t_args(key, &[("node", &state.title(node))]))
        };
        match self {
            LaneKind::Rows => Some(t("timeline.rows").to_owned()),
            LaneKind::Watermark(node) => of_node("timeline.watermark", node),
            LaneKind::Read(node) => of_node("timeline.read", node),
            LaneKind::Taken(node) => of_node("timeline.taken", node),
            LaneKind::Busy(node) => of_node("timeline.busy", node),
            LaneKind::Queue(edge) => flow
                .edges
                .contains(edge)
                .then(|| t_args("timeline.queue", &[("edge", &title_of_edge(state, edge))])),
        }
    }
}

impl Lane {
    /// A lane, if what it is about is still in the flow.
    pub(super) fn of(kind: &LaneKind, state: &AppState) -> Option<Lane> {
        Some(Lane { name: kind.name(state)?, kind: kind.clone() })
    }

    /// How high it is.
    pub(super) fn height(&self) -> f32 {
        if matches!(self.kind, LaneKind::Busy(_) | LaneKind::Queue(_)) { 34.0 } else { 44.0 }
    }

    fn series<'a>(&self, history: &'a History) -> Option<Series<'a>> {
        match &self.kind {
            LaneKind::Rows => Some(history.run()),
            LaneKind::Queue(edge) => history.edge(edge),
            LaneKind::Watermark(node)
            | LaneKind::Read(node)
            | LaneKind::Taken(node)
            | LaneKind::Busy(node) => history.node(node),
        }
    }

    fn metric(&self) -> Metric {
        match self.kind {
            LaneKind::Rows | LaneKind::Read(_) | LaneKind::Taken(_) => Metric::RowsIn,
            LaneKind::Watermark(_) => Metric::Watermark,
            LaneKind::Busy(_) => Metric::Busy,
            LaneKind::Queue(_) => Metric::QueueFill,
        }
    }

    /// Reduces what it shows over a part of the axis to so many columns.
    pub(super) fn reduce(
        &self,
        history: &History,
        axis: Axis,
        (from, to): (f64, f64),
        n_columns: usize,
    ) -> Option<Drawn> {
        let series = self.series(history)?;
        let over = |metric: Metric| series.over(metric, axis, from.floor() as i64, to.ceil() as i64);
        let reduced =
            |metric: Metric| reduce(over(metric).filter_map(|s| stretch(&s, axis)), from, to, n_columns);
        let main = reduced(self.metric());
        let (other, scale) = match self.kind {
            LaneKind::Rows => {
                let top = main.extremes().map_or(0.0, |extremes| extremes.max);
                (Some(reduced(Metric::Late)), Extremes { min: 0.0, max: nice_ceiling(top) })
            }
            LaneKind::Watermark(_) => {
                let clock = over(Metric::Watermark).filter_map(|sample| {
                    let (from, to) = sample.moment.on(axis)?;
                    let (min, max) = sample.moment.on(Axis::Clock)?;
                    let (min, max) = (min as f64, max as f64);
                    Some(Stretch { from: from as f64, to: to as f64, min, max })
                });
                let clock = reduce(clock, from, to, n_columns);
                let both = main.extremes().into_iter().chain(clock.extremes()).reduce(Extremes::and);
                (Some(clock), both.unwrap_or(Extremes { min: 0.0, max: 1.0 }))
            }
            LaneKind::Read(_) | LaneKind::Taken(_) => {
                let top = main.extremes().map_or(0.0, |extremes| extremes.max);
                (None, Extremes { min: 0.0, max: nice_ceiling(top) })
            }
            LaneKind::Busy(_) | LaneKind::Queue(_) => (None, Extremes { min: 0.0, max: 1.0 }),
        };
        Some(Drawn { main, other, scale })
    }

    /// What it says at an instant of the axis, or of the newest sample.
    pub(super) fn value(&self, history: &History, axis: Axis, at: Option<i64>) -> String {
        let Some(series) = self.series(history) else { return t("timeline.nothing").to_owned() };
        let read = |metric: Metric| match at {
            Some(at) => series.at(metric, axis, at),
            None => series.last(metric),
        };
        let Some(sample) = read(self.metric()).filter(|sample| sample.value.is_finite()) else {
            return t("timeline.nothing").to_owned();
        };
        match self.kind {
            LaneKind::Rows => {
                let late = read(Metric::Late).map_or(0, |sample| sample.n_rows);
                let rows = rate(sample.value);
                if late == 0 {
                    rows
                } else {
                    t_args("timeline.with_late", &[("rate", &rows), ("n", &count(late))])
                }
            }
            LaneKind::Read(_) | LaneKind::Taken(_) => rate(sample.value),
            LaneKind::Busy(_) | LaneKind::Queue(_) => percent(sample.value),
            LaneKind::Watermark(_) => {
                let watermark = sample.value as i64;
                match sample.moment.clock_to {
                    Some(clock) => t_args(
                        "timeline.watermark_at",
                        &[
                            ("time", &short_timestamp(watermark)),
                            ("lag", &lag(watermark.saturating_sub(clock))),
                        ],
                    ),
                    None => short_timestamp(watermark),
                }
            }
        }
    }

    /// The upper end of the scale, where it is no share.
    pub(super) fn top(&self, drawn: &Drawn) -> Option<String> {
        match self.kind {
            LaneKind::Rows | LaneKind::Read(_) | LaneKind::Taken(_) => Some(rate(drawn.scale.max)),
            LaneKind::Watermark(_) | LaneKind::Busy(_) | LaneKind::Queue(_) => None,
        }
    }

    /// Paints it.
    pub(super) fn paint(
        &self,
        painter: &Painter,
        rect: Rect,
        tokens: &Tokens,
        drawn: &Drawn,
        x_of: impl Fn(f64) -> f32 + Copy,
    ) {
        let (colors, scale) = (&tokens.colors, drawn.scale);
        let style = |color| PlotStyle { color, threshold: None, filled: true };
        match self.kind {
            LaneKind::Rows => {
                let color = colors.status.running;
                paint_bars(painter, rect, scale, &drawn.main, |_| color, x_of);
                if let Some(late) = &drawn.other {
                    paint_bars(painter, rect, scale, late, |_| colors.status.late, x_of);
                }
            }
            LaneKind::Watermark(_) => {
                if let Some(clock) = &drawn.other {
                    let gap = colors.category.time.gamma_multiply(0.2);
                    paint_between(painter, rect, scale, (clock, &drawn.main), gap, x_of);
                    let clock_style = PlotStyle { filled: false, ..style(colors.text.faint) };
                    paint_series(painter, rect, scale, clock, clock_style, x_of);
                }
                let watermark = PlotStyle { filled: false, ..style(colors.category.time) };
                paint_series(painter, rect, scale, &drawn.main, watermark, x_of);
            }
            LaneKind::Read(_) => {
                paint_series(painter, rect, scale, &drawn.main, style(colors.category.source), x_of);
            }
            LaneKind::Taken(_) => {
                paint_series(painter, rect, scale, &drawn.main, style(colors.category.sink), x_of);
            }
            LaneKind::Busy(_) | LaneKind::Queue(_) => {
                let threshold = Some((HIGH, colors.status.warning));
                let high = rect.bottom() - rect.height() * HIGH as f32;
                let line = egui::Stroke::new(tokens.size.stroke, colors.surface.border);
                painter.hline(rect.x_range(), high, line);
                let share = PlotStyle { threshold, ..style(colors.load.busy) };
                paint_series(painter, rect, scale, &drawn.main, share, x_of);
            }
        }
    }
}

fn stretch(sample: &Sample, axis: Axis) -> Option<Stretch> {
    let (from, to) = sample.moment.on(axis)?;
    Some(Stretch { from: from as f64, to: to as f64, min: sample.min, max: sample.max })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_greatest_keep_their_order_and_are_not_more_than_wanted() {
        assert_eq!(greatest(vec![(0.1, 'a'), (0.9, 'b'), (0.5, 'c'), (0.7, 'd')], 2), ['b', 'd']);
        assert_eq!(greatest(vec![(0.0, 'a'), (0.0, 'b'), (0.0, 'c')], 2), ['a', 'b']);
        assert_eq!(greatest(vec![(0.3, 'a')], 2), ['a']);
    }
}
