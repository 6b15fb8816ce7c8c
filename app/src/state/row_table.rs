//! A table of rows in the data dock: whose they are, which of them are shown, and what is selected.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;

use crate::engine_link::{UiSnapshot, Watch, WatchedRows};
use crate::rows::{RowFilter, Sifted, Summary};

/// How many tables may be pinned or frozen at once.
pub const MAX_PINNED: usize = 4;
/// Of how many tables that are not shown any more it is remembered what was typed above them.
const MAX_FILTERS: usize = 32;

/// The tables of one open flow: those that stay because they are pinned or frozen, and behind them the one that shows what is
/// selected, unless that is among them.
#[derive(Debug, Default)]
pub struct RowTables {
    list: Vec<RowTable>,
    // The one that keys and menus mean.
    active: Option<Watch>,
    // What was typed above tables that are not shown any more, and whether its fields were shown; the newest last.
    filters: VecDeque<(Watch, Arc<RowFilter>, bool)>,
}

/// One table.
#[derive(Debug)]
pub struct RowTable {
    /// Whose rows it shows.
    pub watch: Watch,
    /// Whether it stays when something else is selected, even if it is not frozen.
    pub is_pinned: bool,
    /// The rows at the moment at which it was frozen; `None` while it follows the newest.
    pub frozen: Option<Arc<WatchedRows>>,
    // Whether it goes when something else is selected though it is frozen, for as many stay as can.
    is_fleeting: bool,
    /// What a person wants to see of them.
    pub filter: Arc<RowFilter>,
    /// Whether the fields of the filter are shown.
    pub shows_filter: bool,
    /// The rows that are selected, of those that are frozen.
    pub selection: Option<RowSelection>,
    /// Whether all of the row that has the cursor is shown.
    pub shows_details: bool,
    /// What the filter let pass last.
    pub sifted: Option<Arc<Sifted>>,
    /// What the columns are like, of which rows, and when that was found out.
    pub summary: Option<(Arc<WatchedRows>, Arc<Summary>, Instant)>,
    /// Whether rows of it are being looked at by another thread.
    pub is_being_sifted: bool,
    /// The filter with which a fault of ours kept rows from being looked at. It is not tried again.
    pub failed: Option<Arc<RowFilter>>,
}

/// From one row to another, both by their number among those that are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowSelection {
    /// Where it begins.
    pub anchor: u32,
    /// Where the cursor is.
    pub cursor: u32,
}

/// What changes a table.
#[derive(Clone, Debug)]
pub enum TableChange {
    /// Makes it the one that keys and menus mean.
    Activate,
    /// Holds these rows still, which are those that it shows.
    Freeze(Arc<WatchedRows>),
    /// Shows the newest rows again.
    Follow,
    /// Selects rows of these, and holds them still.
    Select(Arc<WatchedRows>, RowSelection),
    /// Shows all of the row that has the cursor, or no longer.
    ShowDetails(bool),
    /// Shows the fields of the filter, or hides them.
    ShowFilter(bool),
    /// Sifts by this.
    Filter(RowFilter),
    /// Keeps the table when something else is selected, or lets go of it.
    Pin(bool),
}

/// The rows that a table shows, oldest first.
#[derive(Clone, Copy, Debug)]
pub struct ShownRows<'a> {
    /// Those that are kept.
    pub rows: &'a Arc<WatchedRows>,
    // The numbers of those that pass the filter; `None` for all.
    passed: Option<&'a [u32]>,
}

impl RowTables {
    /// The tables from left to right.
    pub fn iter(&self) -> impl Iterator<Item = &RowTable> {
        self.list.iter()
    }

    /// All tables, to change them.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut RowTable> {
        self.list.iter_mut()
    }

    /// The table of these rows.
    pub fn get(&self, watch: &Watch) -> Option<&RowTable> {
        self.list.iter().find(|table| table.watch == *watch)
    }

    /// The table of these rows, to change it.
    pub fn get_mut(&mut self, watch: &Watch) -> Option<&mut RowTable> {
        self.list.iter_mut().find(|table| table.watch == *watch)
    }

    /// The table that keys and menus mean.
    pub fn active(&self) -> Option<&RowTable> {
        self.active.as_ref().and_then(|watch| self.get(watch)).or(self.list.last())
    }

    /// Makes a table the one that keys and menus mean.
    pub fn activate(&mut self, watch: &Watch) {
        self.active = Some(watch.clone());
    }

    /// Whose rows are shown.
    pub fn watches(&self) -> Vec<Watch> {
        self.list.iter().map(|table| table.watch.clone()).collect()
    }

    /// Shows these rows beside those that stay.
    pub fn follow(&mut self, watch: Option<&Watch>) {
        // There may be room by now for what had none when it was frozen.
        let fleeting = self.list.iter().position(|table| table.is_fleeting);
        if let Some(at) = fleeting.filter(|at| self.has_room_for(&self.list[*at].watch)) {
            self.list[at].is_fleeting = false;
        }
        self.keep(|table| table.stays() || Some(&table.watch) == watch);
        if let Some(watch) = watch {
            self.show(watch);
            self.activate(watch);
        }
    }

    /// Whether a table can be pinned or frozen beside the others that are.
    pub fn has_room_for(&self, watch: &Watch) -> bool {
        self.list.iter().filter(|table| table.watch != *watch && table.stays()).count() < MAX_PINNED
    }

    /// Pins a table, or lets go of it; `followed` is what is selected and stays. `false` if no more can be pinned.
    pub fn pin(&mut self, watch: &Watch, pinned: bool, followed: Option<&Watch>) -> bool {
        if pinned && !self.has_room_for(watch) {
            return false;
        }
        if pinned {
            self.show(watch);
        }
        if let Some(table) = self.get_mut(watch) {
            table.is_pinned = pinned;
        }
        // Who takes the pin out does not want it any more, frozen or not.
        self.keep(|table| {
            Some(&table.watch) == followed || table.stays() && (pinned || table.watch != *watch)
        });
        // Pinned ones stand in the order in which they were pinned, and what is selected behind them.
        self.list.sort_by_key(|table| !table.is_pinned);
        true
    }

    /// Lets go of tables of what is not there any more. Whether there were any.
    pub fn retain(&mut self, is_there: impl Fn(&Watch) -> bool) -> bool {
        let before = self.list.len();
        self.list.retain(|table| is_there(&table.watch));
        self.filters.retain(|(watch, ..)| is_there(watch));
        self.list.len() < before
    }

    /// Makes sure that a table is shown, with what was typed above it last.
    fn show(&mut self, watch: &Watch) {
        if self.get(watch).is_some() {
            return;
        }
        let mut table = RowTable::new(watch.clone());
        if let Some(place) = self.filters.iter().position(|(of, ..)| of == watch)
            && let Some((_, filter, shows_filter)) = self.filters.remove(place)
        {
            (table.filter, table.shows_filter) = (filter, shows_filter);
        }
        self.list.push(table);
    }

    /// Lets go of tables, but remembers what was typed above them.
    fn keep(&mut self, stays: impl FnMut(&RowTable) -> bool) {
        let (kept, gone) = std::mem::take(&mut self.list).into_iter().partition(stays);
        self.list = kept;
        for table in gone.into_iter().filter(|table: &RowTable| !table.filter.is_empty()) {
            self.filters.push_back((table.watch, table.filter, table.shows_filter));
        }
        self.filters.drain(..self.filters.len().saturating_sub(MAX_FILTERS));
    }
}

impl RowTable {
    fn new(watch: Watch) -> RowTable {
        RowTable {
            watch,
            is_pinned: false,
            frozen: None,
            is_fleeting: false,
            filter: Arc::default(),
            shows_filter: false,
            selection: None,
            shows_details: false,
            sifted: None,
            summary: None,
            is_being_sifted: false,
            failed: None,
        }
    }

    /// Whether it stays when something else is selected.
    fn stays(&self) -> bool {
        self.is_pinned || self.is_frozen() && !self.is_fleeting
    }

    /// Whether it holds its rows still.
    pub fn is_frozen(&self) -> bool {
        self.frozen.is_some()
    }

    /// Shows the newest rows again.
    pub fn follow(&mut self) {
        self.frozen = None;
        self.is_fleeting = false;
        self.selection = None;
        self.shows_details = false;
    }

    /// Holds rows of those that are shown still; if that is fleeting, until something else is selected.
    pub fn freeze(&mut self, rows: Arc<WatchedRows>, is_fleeting: bool) {
        self.frozen = Some(rows);
        self.is_fleeting = is_fleeting;
    }

    /// The rows that are kept: frozen ones, or the newest.
    pub fn kept<'a>(&'a self, snapshot: &'a UiSnapshot) -> Option<&'a Arc<WatchedRows>> {
        self.frozen.as_ref().or_else(|| snapshot.rows_of(&self.watch))
    }

    /// The rows that are shown. Until the newest have been sifted, those that passed before.
    pub fn shown<'a>(&'a self, snapshot: &'a UiSnapshot) -> Option<ShownRows<'a>> {
        let rows = self.kept(snapshot)?;
        if self.has_failed() && !self.filter.is_empty() {
            return Some(ShownRows { rows, passed: Some(&[]) });
        }
        match &self.sifted {
            Some(sifted) if !self.filter.is_empty() && sifted.rows.edge_type == rows.edge_type => {
                Some(ShownRows { rows: &sifted.rows, passed: Some(&sifted.shown) })
            }
            _ => Some(ShownRows { rows, passed: None }),
        }
    }

    /// Whether a fault of ours keeps the filter from being tried.
    pub fn has_failed(&self) -> bool {
        self.failed.as_ref().is_some_and(|failed| Arc::ptr_eq(failed, &self.filter))
    }

    /// How many rows have come since those that are shown: all of a run that has begun since.
    pub fn n_newer(&self, snapshot: &UiSnapshot) -> u64 {
        let Some((frozen, live)) = self.frozen.as_ref().zip(snapshot.rows_of(&self.watch)) else { return 0 };
        let n_known = if frozen.run == live.run { frozen.n_total } else { 0 };
        live.n_total.saturating_sub(n_known)
    }

    /// Whether the rows that are shown are frozen ones of a run before the one that is shown.
    pub fn is_of_earlier_run(&self, snapshot: &UiSnapshot) -> bool {
        self.frozen.as_ref().is_some_and(|frozen| frozen.run != snapshot.run)
    }

    /// What is wrong with what was typed into the filter, by column.
    pub fn problems(&self) -> Option<&BTreeMap<String, String>> {
        self.sifted
            .as_ref()
            .filter(|sifted| Arc::ptr_eq(&sifted.filter, &self.filter))
            .map(|sifted| &sifted.problems)
    }
}

impl RowSelection {
    /// One row.
    pub fn one(row: u32) -> RowSelection {
        RowSelection { anchor: row, cursor: row }
    }

    /// Whether a row is among them.
    pub fn contains(self, row: u32) -> bool {
        (self.anchor.min(self.cursor)..=self.anchor.max(self.cursor)).contains(&row)
    }
}

impl<'a> ShownRows<'a> {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.passed.map_or(self.rows.len(), <[u32]>::len)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether a filter has chosen them.
    pub fn is_sifted(&self) -> bool {
        self.passed.is_some()
    }

    /// The number, among those that are kept, of the row that is shown at this place.
    pub fn row_at(&self, place: usize) -> Option<u32> {
        match self.passed {
            Some(passed) => passed.get(place).copied(),
            None => (place < self.rows.len()).then_some(place as u32),
        }
    }

    /// Where a row is shown, or would be.
    pub fn place_of(&self, row: u32) -> usize {
        self.passed.map_or(row as usize, |passed| passed.partition_point(|passed| *passed < row))
    }

    /// The numbers of the rows that are shown and selected; of all that are shown if none is.
    pub fn chosen(&self, selection: Option<RowSelection>) -> Vec<u32> {
        let places: Range<usize> = 0..self.len();
        let rows = places.filter_map(|place| self.row_at(place));
        match selection {
            None => rows.collect(),
            Some(selection) => rows.filter(|row| selection.contains(*row)).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use tidemark_engine::ids::NodeId;

    use super::*;

    #[test]
    fn what_was_typed_above_a_table_is_there_again_and_of_most_only_the_newest() {
        let mut tables = RowTables::default();
        let watch = |number: usize| Watch::Sink(NodeId::new(format!("sink_{number}")));
        let filter = |number: usize| RowFilter { search: number.to_string(), ..RowFilter::default() };
        for number in 0..=MAX_FILTERS + 1 {
            tables.follow(Some(&watch(number)));
            let table = tables.get_mut(&watch(number)).expect("it is shown");
            assert!(table.filter.is_empty());
            (table.filter, table.shows_filter) = (Arc::new(filter(number)), true);
        }
        let mut typed = |number: usize| {
            tables.follow(Some(&watch(number)));
            let table = tables.get(&watch(number)).expect("it is shown");
            (table.filter.search.clone(), table.shows_filter)
        };
        assert_eq!(typed(MAX_FILTERS), (MAX_FILTERS.to_string(), true));
        assert_eq!(typed(2), ("2".to_owned(), true));
        assert_eq!(typed(0), (String::new(), false), "it is too long ago");
        assert!(tables.filters.len() <= MAX_FILTERS && tables.iter().count() == 1);
    }
}
