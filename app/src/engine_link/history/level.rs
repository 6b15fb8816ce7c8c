//! The samples of one step: the newest as rows, the older ones packed into pages that are shared between histories.

use std::collections::VecDeque;
use std::sync::Arc;

use super::page::Page;
use super::{History, Kind, Layout, Moment, Place};

/// One sample of everything.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) moment: Moment,
    /// By column.
    pub(super) values: Box<[f64]>,
    /// The least and the greatest of each column that has them; none in a row as it was measured.
    pub(super) spreads: Box<[f64]>,
}

/// What a reader gets of a sample: its moment, the value as it is kept, and its spread.
pub(super) type Read = (Moment, f64, Option<(f64, f64)>);

/// Samples of one step, oldest first.
#[derive(Clone, Debug)]
pub(super) struct Level {
    step_millis: u64,
    max_samples: usize,
    page_len: usize,
    pages: VecDeque<Arc<Page>>,
    /// At most `page_len`; in a coarse level the last may still grow.
    rows: Vec<Arc<Row>>,
    n_bytes_of_pages: usize,
}

/// Steps in milliseconds and how many samples of each are kept, from the coarsest: a day, an hour, and four minutes.
const STEPS: [(u64, usize); 3] = [(10_000, 8_640), (1_000, 3_600), (super::recorder::STEP_MILLIS, 960)];
/// How many samples a page has, unless rows are so long that so many would take too much memory before they are packed.
const PAGE_LEN: usize = 60;

impl Level {
    /// The levels for rows of so many columns, from the coarsest.
    pub(super) fn all(n_columns: usize, n_spreads: usize) -> [Level; 3] {
        let numbers_of_rows = 3 * n_columns + 2 * n_spreads;
        let affordable = History::MAX_BYTES / 4 / (numbers_of_rows * size_of::<f64>()).max(1);
        let page_len = affordable.clamp(1, PAGE_LEN);
        STEPS.map(|(step_millis, max_samples)| Level {
            step_millis,
            max_samples,
            page_len,
            pages: VecDeque::new(),
            rows: Vec::new(),
            n_bytes_of_pages: 0,
        })
    }

    pub(super) fn n_bytes(&self) -> usize {
        self.n_bytes_of_pages + self.rows.iter().map(|row| row.n_bytes()).sum::<usize>()
    }

    /// Adds a sample as it was measured. One that is much shorter than a step goes into the one before, or its rate would be one of chance.
    pub(super) fn push(&mut self, row: Row, layout: &Layout) {
        match self.rows.last_mut() {
            Some(last)
                if row.moment.millis() < self.step_millis / 2
                    && last.moment.millis() < 2 * self.step_millis
                    && last.moment.to_millis == row.moment.from_millis =>
            {
                let together = last.followed_by(&row, layout);
                *last = Arc::new(Row { spreads: Box::default(), ..together });
            }
            _ => self.append(row),
        }
    }

    /// Adds a sample of a finer level: to the last one, if it belongs to the same step and the run was not paused in between.
    pub(super) fn merge(&mut self, row: Row, layout: &Layout) {
        let step = |moment: &Moment| moment.to_millis.saturating_sub(1) / self.step_millis;
        match self.rows.last() {
            Some(last)
                if last.moment.to_millis == row.moment.from_millis
                    && step(&last.moment) == step(&row.moment) =>
            {
                let together = last.followed_by(&row, layout);
                self.rows.pop();
                self.rows.push(Arc::new(together));
            }
            _ => {
                let spreads = if row.spreads.is_empty() { row.own_spreads(layout) } else { row.spreads };
                self.append(Row { spreads, ..row });
            }
        }
    }

    fn append(&mut self, row: Row) {
        // Packed only when another follows, so that the last can still be merged into.
        if self.rows.len() == self.page_len {
            let page = Page::new(&self.rows);
            self.rows.clear();
            self.n_bytes_of_pages += page.n_bytes();
            self.pages.push_back(Arc::new(page));
        }
        self.rows.push(Arc::new(row));
    }

    /// The oldest page, if there are enough samples without it.
    pub(super) fn take_surplus(&mut self) -> Option<Arc<Page>> {
        let n_samples = self.pages.len() * self.page_len + self.rows.len();
        if n_samples < self.max_samples + self.page_len {
            return None;
        }
        self.take_oldest()
    }

    /// The oldest page.
    pub(super) fn take_oldest(&mut self) -> Option<Arc<Page>> {
        let page = self.pages.pop_front()?;
        self.n_bytes_of_pages -= page.n_bytes();
        Some(page)
    }

    /// The first and the last moment.
    pub(super) fn ends(&self) -> impl Iterator<Item = &Moment> {
        let of_pages = self.pages.iter().flat_map(|page| page.moments());
        let of_rows = self.rows.iter().map(|row| &row.moment);
        let first = of_pages.clone().chain(of_rows.clone()).find(|moment| moment.clock_from.is_some());
        first.into_iter().chain(self.first()).chain(self.last())
    }

    fn first(&self) -> Option<&Moment> {
        let of_pages = self.pages.front().and_then(|page| page.moments().first());
        of_pages.or_else(|| self.rows.first().map(|row| &row.moment))
    }

    fn last(&self) -> Option<&Moment> {
        let of_pages = || self.pages.back().and_then(|page| page.moments().last());
        self.rows.last().map(|row| &row.moment).or_else(of_pages)
    }

    /// The samples of a column, oldest first, without the pages that are not `wanted` by their first and last moment.
    pub(super) fn read(
        &self,
        place: Place,
        wanted: impl Fn(&Moment, &Moment) -> bool,
    ) -> impl Iterator<Item = Read> {
        let is_wanted = move |page: &&Arc<Page>| match page.moments() {
            [first, .., last] => wanted(first, last),
            [only] => wanted(only, only),
            [] => false,
        };
        let of_pages = self.pages.iter().filter(is_wanted);
        of_pages
            .flat_map(move |page| (0..page.moments().len()).map(move |idx| page.read(place, idx)))
            .chain(self.rows.iter().map(move |row| row.read(place)))
    }

    /// The last sample of a column whose moment has begun, as `has_begun` says; it holds for all moments before one for which it does.
    pub(super) fn last_of(&self, place: Place, has_begun: impl Fn(&Moment) -> bool) -> Option<Read> {
        if let Some(row) = self.rows.iter().rev().find(|row| has_begun(&row.moment)) {
            return Some(row.read(place));
        }
        let begun = self.pages.partition_point(|page| page.moments().first().is_some_and(&has_begun));
        let page = self.pages.get(begun.checked_sub(1)?)?;
        let begun = page.moments().partition_point(has_begun);
        Some(page.read(place, begun.checked_sub(1)?))
    }

    /// The samples of a column, newest first.
    pub(super) fn read_back(&self, place: Place) -> impl Iterator<Item = Read> {
        let of_pages = self.pages.iter().rev();
        let of_rows = self.rows.iter().rev().map(move |row| row.read(place));
        of_rows.chain(
            of_pages
                .flat_map(move |page| (0..page.moments().len()).rev().map(move |idx| page.read(place, idx))),
        )
    }
}

impl Row {
    fn n_bytes(&self) -> usize {
        size_of::<Row>() + size_of_val(&*self.values) + size_of_val(&*self.spreads)
    }

    fn read(&self, place: Place) -> Read {
        let spread = place.spread.and_then(|first| match self.spreads.get(first..first + 2) {
            Some([min, max]) => Some((*min, *max)),
            _ => None,
        });
        (self.moment, self.values[place.column], spread)
    }

    /// The spreads of a row as it was measured.
    fn own_spreads(&self, layout: &Layout) -> Box<[f64]> {
        let mut spreads = vec![f64::NAN; layout.n_spreads];
        for (value, column) in self.values.iter().zip(&layout.columns) {
            if let Some(first) = column.spread {
                spreads[first..first + 2].fill(column.kind.spread(*value, &self.moment));
            }
        }
        spreads.into()
    }

    /// This row and the one behind it as one.
    fn followed_by(&self, next: &Row, layout: &Layout) -> Row {
        let moment = Moment {
            to_millis: next.moment.to_millis,
            clock_from: self.moment.clock_from.or(next.moment.clock_from),
            clock_to: next.moment.clock_to.or(self.moment.clock_to),
            ..self.moment
        };
        let seconds = (self.moment.seconds(), next.moment.seconds());
        let values = self.values.iter().zip(&next.values).zip(&layout.columns);
        let values = values.map(|((before, after), column)| match column.kind {
            Kind::Count => before + after,
            Kind::Last if after.is_nan() => *before,
            Kind::Last => *after,
            Kind::Share if after.is_nan() => *before,
            Kind::Share if before.is_nan() => *after,
            Kind::Share => ((before * seconds.0 + after * seconds.1) / (seconds.0 + seconds.1)).round(),
        });
        let spreads_of = |row: &Row| {
            if row.spreads.is_empty() { row.own_spreads(layout) } else { row.spreads.clone() }
        };
        let mut spreads = spreads_of(self);
        for (idx, (kept, other)) in spreads.iter_mut().zip(&spreads_of(next)).enumerate() {
            // The least and the greatest in turn; a value that is not there changes neither.
            *kept = if idx % 2 == 0 { kept.min(*other) } else { kept.max(*other) };
        }
        Row { moment, values: values.collect(), spreads }
    }
}
