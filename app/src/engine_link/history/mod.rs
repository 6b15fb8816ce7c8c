//! How the figures of a run came to be what they are: a bounded history of every node and edge, and of the run as a whole.
//!
//! The thread that holds the job writes a sample every 250 ms while the run goes on and hands the history out as an immutable
//! `Arc`. Samples are kept as they were for four minutes, then in steps of a second for an hour and of ten seconds for a day, so
//! that none is in two places. What a history of very many nodes cannot hold in [`History::MAX_BYTES`] it forgets from its far end.

mod level;
mod page;
mod recorder;

use std::collections::BTreeMap;
use std::sync::Arc;

use tidemark_engine::ids::{EdgeId, NodeId};

use self::level::{Level, Row};
pub(super) use self::recorder::Recorder;

/// The figures of a run from its start on. Cheap to clone; two are equal if they have noted the same.
#[derive(Clone, Debug)]
pub struct History {
    layout: Arc<Layout>,
    /// From the coarsest, whose samples are the oldest, to that which is as it was measured.
    levels: [Level; 3],
    n_noted: u64,
}

/// A time axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Axis {
    /// The replay clock: when rows arrived, in milliseconds since the epoch.
    Clock,
    /// Time since the run was started, pauses included, in milliseconds.
    Wall,
}

/// What is measured. A run as a whole has the first four; a node all but the last two; an edge [`Metric::Rows`],
/// [`Metric::Watermark`] and [`Metric::QueueFill`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metric {
    /// Rows that entered; of a source and of a run, records that were read.
    RowsIn,
    /// Rows that came after their time.
    Late,
    /// Rows that could not be read or computed.
    Rejected,
    /// The watermark, in milliseconds since the epoch.
    Watermark,
    /// Rows given out by all ports.
    RowsOut,
    /// The share of the time spent working, on average over the subtasks.
    Busy,
    /// The share of the time spent waiting for room downstream.
    Blocked,
    /// Entries of state.
    StateEntries,
    /// Rows that passed.
    Rows,
    /// How full the fullest queue is.
    QueueFill,
}

/// The stretch of a run that a sample speaks of: from the end of the one before, unless the run was paused in between.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Moment {
    /// When it began, in milliseconds since the start of the run.
    pub from_millis: u64,
    /// When it ended.
    pub to_millis: u64,
    /// Where the replay clock stood when it began; `None` before the first row that has a time.
    pub clock_from: Option<i64>,
    /// Where the replay clock stood when it ended.
    pub clock_to: Option<i64>,
}

/// A metric over a [`Moment`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// Which stretch of the run it is about.
    pub moment: Moment,
    /// Of rows, how many a second on average; of shares, from 0 to 1, the average; otherwise the value at the end. NaN where there
    /// was none, such as before the first watermark.
    pub value: f64,
    /// The least that was measured within the moment.
    pub min: f64,
    /// The greatest that was measured within the moment.
    pub max: f64,
    /// Of rows, how many there were.
    pub n_rows: u64,
}

/// What is kept of a run, a node or an edge.
#[derive(Clone, Copy, Debug)]
pub struct Series<'a> {
    history: &'a History,
    group: &'a Group,
}

impl Default for History {
    fn default() -> History {
        History::new([], [])
    }
}

impl PartialEq for History {
    fn eq(&self, other: &History) -> bool {
        self.n_noted == other.n_noted && Arc::ptr_eq(&self.layout, &other.layout)
    }
}

impl History {
    /// The most memory that a history takes.
    pub const MAX_BYTES: usize = 64 << 20;

    /// A history in which nothing has happened yet.
    fn new<'a>(
        nodes: impl IntoIterator<Item = &'a NodeId>,
        edges: impl IntoIterator<Item = &'a EdgeId>,
    ) -> History {
        let layout = Layout::new(nodes, edges);
        let levels = Level::all(layout.n_columns(), layout.n_spreads);
        History { layout: Arc::new(layout), levels, n_noted: 0 }
    }

    /// The run as a whole.
    pub fn run(&self) -> Series<'_> {
        Series { history: self, group: &self.layout.run }
    }

    /// A node of the run.
    pub fn node(&self, node: &NodeId) -> Option<Series<'_>> {
        Some(Series { history: self, group: self.layout.nodes.get(node)? })
    }

    /// An edge of the run.
    pub fn edge(&self, edge: &EdgeId) -> Option<Series<'_>> {
        Some(Series { history: self, group: self.layout.edges.get(edge)? })
    }

    /// How often something was noted: it grows with every sample, so that what is made from a history knows when to be made anew.
    pub fn n_noted(&self) -> u64 {
        self.n_noted
    }

    /// Whether nothing was noted yet.
    pub fn is_empty(&self) -> bool {
        self.n_noted == 0
    }

    /// From where to where the samples that are kept reach.
    pub fn extent(&self, axis: Axis) -> Option<(i64, i64)> {
        let moments = || self.levels.iter().flat_map(Level::ends).filter_map(|moment| moment.on(axis));
        let from = moments().map(|(from, _)| from).min()?;
        Some((from, moments().map(|(_, to)| to).max()?))
    }

    /// Where an instant of one axis stands on another, in proportion within its moment.
    pub fn moved(&self, at: i64, from: Axis, to: Axis) -> Option<i64> {
        let moment = self.run().at(Metric::RowsIn, from, at)?.moment;
        let ((begins, ends), (other_begins, other_ends)) = (moment.on(from)?, moment.on(to)?);
        let length = ends.saturating_sub(begins).max(1) as f64;
        let share = (at.saturating_sub(begins) as f64 / length).clamp(0.0, 1.0);
        Some(other_begins.saturating_add((other_ends.saturating_sub(other_begins) as f64 * share) as i64))
    }

    /// The memory that it takes.
    pub fn n_bytes(&self) -> usize {
        self.levels.iter().map(Level::n_bytes).sum()
    }

    /// Adds what was measured; `values` in the order of the layout's columns.
    fn note(&mut self, moment: Moment, values: Box<[f64]>) {
        self.n_noted += 1;
        let row = Row { moment, values, spreads: Box::default() };
        self.add(row, History::MAX_BYTES);
    }

    fn add(&mut self, row: Row, max_bytes: usize) {
        let layout = Arc::clone(&self.layout);
        let [day, hour, fine] = &mut self.levels;
        fine.push(row, &layout);
        while let Some(oldest) = fine.take_surplus() {
            oldest.rows().for_each(|row| hour.merge(row, &layout));
        }
        while let Some(oldest) = hour.take_surplus() {
            oldest.rows().for_each(|row| day.merge(row, &layout));
        }
        while day.take_surplus().is_some() {}
        while self.n_bytes() > max_bytes {
            let [day, hour, fine] = &mut self.levels;
            if day.take_oldest().is_some() {
                continue;
            }
            if let Some(oldest) = hour.take_oldest() {
                oldest.rows().for_each(|row| day.merge(row, &layout));
            } else if let Some(oldest) = fine.take_oldest() {
                oldest.rows().for_each(|row| hour.merge(row, &layout));
            } else {
                // What is left are the newest rows alone, whose number the layout has bounded.
                break;
            }
        }
    }
}

impl Moment {
    /// How long it was, in milliseconds; never zero.
    pub fn millis(&self) -> u64 {
        self.to_millis.saturating_sub(self.from_millis).max(1)
    }

    /// How long it was, in seconds; never zero.
    pub fn seconds(&self) -> f64 {
        self.millis() as f64 / 1000.0
    }

    /// From where to where it reaches on an axis; `None` where it has no place on it.
    pub fn on(&self, axis: Axis) -> Option<(i64, i64)> {
        match axis {
            Axis::Clock => self.clock_from.zip(self.clock_to),
            Axis::Wall => Some((signed(self.from_millis), signed(self.to_millis))),
        }
    }
}

impl<'a> Series<'a> {
    /// The samples that touch a stretch of an axis, both ends included, oldest first. Empty for a metric that is not kept here.
    pub fn over(
        &self,
        metric: Metric,
        axis: Axis,
        from: i64,
        to: i64,
    ) -> impl Iterator<Item = Sample> + 'a + use<'a> {
        let place = self.group.place(metric);
        let touches =
            move |moment: &Moment| moment.on(axis).is_some_and(|(begins, ends)| begins <= to && ends >= from);
        let levels = &self.history.levels;
        place.into_iter().flat_map(move |place| {
            levels
                .iter()
                .flat_map(move |level| {
                    level.read(place, move |first, last| reach(first, last, axis, from, to))
                })
                .filter(move |read| touches(&read.0))
                .map(move |(moment, value, spread)| Sample::new(metric, moment, value, spread))
        })
    }

    /// All samples, oldest first.
    pub fn all(&self, metric: Metric) -> impl Iterator<Item = Sample> + 'a + use<'a> {
        self.over(metric, Axis::Wall, 0, i64::MAX)
    }

    /// The samples that are kept as they were measured, oldest first: those of the last four minutes.
    pub fn recent(&self, metric: Metric) -> impl Iterator<Item = Sample> + 'a + use<'a> {
        let fine = self.history.levels.last();
        let read = self.group.place(metric).zip(fine).map(|(place, fine)| fine.read(place, |_, _| true));
        let samples = read.into_iter().flatten();
        samples.map(move |(moment, value, spread)| Sample::new(metric, moment, value, spread))
    }

    /// The values of the newest samples, oldest first, at most `n`: what a sparkline shows.
    pub fn newest(&self, metric: Metric, n: usize) -> Vec<f32> {
        let Some(place) = self.group.place(metric) else { return Vec::new() };
        let mut values: Vec<f32> = Vec::with_capacity(n);
        for level in self.history.levels.iter().rev() {
            let newest = level.read_back(place).take(n - values.len());
            values.extend(
                newest.map(|(moment, value, spread)| Sample::new(metric, moment, value, spread).value as f32),
            );
        }
        values.reverse();
        values
    }

    /// The newest sample.
    pub fn last(&self, metric: Metric) -> Option<Sample> {
        let place = self.group.place(metric)?;
        let newest = self.history.levels.iter().rev().find_map(|level| level.read_back(place).next());
        newest.map(|(moment, value, spread)| Sample::new(metric, moment, value, spread))
    }

    /// The sample that an instant of an axis falls into, or else the last one before it.
    pub fn at(&self, metric: Metric, axis: Axis, instant: i64) -> Option<Sample> {
        let place = self.group.place(metric)?;
        let has_begun = |moment: &Moment| moment.on(axis).is_none_or(|(from, _)| from <= instant);
        let levels = self.history.levels.iter().rev();
        let (moment, value, spread) = levels.into_iter().find_map(|level| level.last_of(place, has_begun))?;
        moment.on(axis).map(|_| Sample::new(metric, moment, value, spread))
    }
}

fn signed(millis: u64) -> i64 {
    i64::try_from(millis).unwrap_or(i64::MAX)
}

/// Whether samples from `first` to `last` may touch a stretch.
fn reach(first: &Moment, last: &Moment, axis: Axis, from: i64, to: i64) -> bool {
    let begins = first.on(axis).is_none_or(|(begins, _)| begins <= to);
    begins && last.on(axis).is_some_and(|(_, ends)| ends >= from)
}

impl Sample {
    fn new(metric: Metric, moment: Moment, kept: f64, spread: Option<(f64, f64)>) -> Sample {
        let kind = metric.kind();
        let value = kind.shown(kept, &moment);
        let (min, max) = match (kind, spread) {
            (Kind::Count, Some(spread)) => spread,
            (Kind::Share, Some((min, max))) => (kind.shown(min, &moment), kind.shown(max, &moment)),
            (Kind::Last, _) | (_, None) => (value, value),
        };
        let n_rows = if kind == Kind::Count { kept as u64 } else { 0 };
        Sample { moment, value, min, max, n_rows }
    }
}

/// How a metric is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// How many rows; a longer moment has their sum, and the least and greatest number a second.
    Count,
    /// Thousandths; a longer moment has their mean, least and greatest.
    Share,
    /// A value; a longer moment has the last.
    Last,
}

impl Kind {
    /// What a person is shown for what is kept.
    fn shown(self, kept: f64, moment: &Moment) -> f64 {
        match self {
            Kind::Count => kept / moment.seconds(),
            Kind::Share => kept / 1000.0,
            Kind::Last => kept,
        }
    }

    /// The least and the greatest of what was measured once, as they are kept.
    fn spread(self, kept: f64, moment: &Moment) -> f64 {
        match self {
            // Seven digits are enough, and take half the room.
            Kind::Count => f64::from((kept / moment.seconds()) as f32),
            Kind::Share | Kind::Last => kept,
        }
    }
}

impl Metric {
    const OF_RUN: &[Metric] = &[Metric::RowsIn, Metric::Late, Metric::Rejected, Metric::Watermark];
    const OF_NODE: &[Metric] = &[
        Metric::RowsIn,
        Metric::Late,
        Metric::Rejected,
        Metric::Watermark,
        Metric::RowsOut,
        Metric::Busy,
        Metric::Blocked,
        Metric::StateEntries,
    ];
    const OF_EDGE: &[Metric] = &[Metric::Rows, Metric::Watermark, Metric::QueueFill];

    fn kind(self) -> Kind {
        match self {
            Metric::RowsIn | Metric::RowsOut | Metric::Rows | Metric::Late | Metric::Rejected => Kind::Count,
            Metric::Busy | Metric::Blocked | Metric::QueueFill => Kind::Share,
            Metric::Watermark | Metric::StateEntries => Kind::Last,
        }
    }
}

/// Where in a row which figure stands.
#[derive(Debug)]
struct Layout {
    run: Group,
    nodes: BTreeMap<NodeId, Group>,
    edges: BTreeMap<EdgeId, Group>,
    columns: Vec<ColumnKind>,
    n_spreads: usize,
}

/// How a column is kept, and where its least and greatest stand.
#[derive(Clone, Copy, Debug)]
struct ColumnKind {
    kind: Kind,
    spread: Option<usize>,
}

/// The columns of a run, a node or an edge.
#[derive(Debug)]
struct Group {
    metrics: &'static [Metric],
    places: Vec<Place>,
}

/// Where a metric stands in a row.
#[derive(Clone, Copy, Debug)]
struct Place {
    column: usize,
    spread: Option<usize>,
}

impl Layout {
    fn new<'a>(
        nodes: impl IntoIterator<Item = &'a NodeId>,
        edges: impl IntoIterator<Item = &'a EdgeId>,
    ) -> Layout {
        let (mut columns, mut n_spreads) = (Vec::new(), 0);
        let mut group = |metrics: &'static [Metric]| {
            let place = |metric: &Metric| {
                let kind = metric.kind();
                let spread = (kind != Kind::Last).then_some(n_spreads);
                n_spreads += spread.map_or(0, |_| 2);
                columns.push(ColumnKind { kind, spread });
                Place { column: columns.len() - 1, spread }
            };
            Group { metrics, places: metrics.iter().map(place).collect() }
        };
        let run = group(Metric::OF_RUN);
        let nodes = nodes.into_iter().map(|node| (node.clone(), group(Metric::OF_NODE))).collect();
        let edges = edges.into_iter().map(|edge| (edge.clone(), group(Metric::OF_EDGE))).collect();
        Layout { run, nodes, edges, columns, n_spreads }
    }

    fn n_columns(&self) -> usize {
        self.columns.len()
    }
}

impl Group {
    fn place(&self, metric: Metric) -> Option<Place> {
        let idx = self.metrics.iter().position(|kept| *kept == metric)?;
        self.places.get(idx).copied()
    }
}

#[cfg(test)]
mod tests;
