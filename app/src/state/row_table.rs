//! A table of rows in the data dock: whose they are, which of them are shown, and what is selected.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;

use crate::engine_link::{UiSnapshot, Watch, WatchedRows};
use crate::rows::{RowFilter, Sifted, Summary};

/// How many tables may be pinned.
pub const MAX_PINNED: usize = 4;

/// The tables of one open flow: the pinned ones, and behind them the one that shows what is selected, unless that is pinned.
#[derive(Debug, Default)]
pub struct RowTables {
    list: Vec<RowTable>,
    // The one that keys and menus mean.
    active: Option<Watch>,
}

/// One table.
#[derive(Debug)]
pub struct RowTable {
    /// Whose rows it shows.
    pub watch: Watch,
    /// Whether it stays when something else is selected.
    pub is_pinned: bool,
    /// The rows at the moment at which it was frozen; `None` while it follows the newest.
    pub frozen: Option<Arc<WatchedRows>>,
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

    /// Whose rows are pinned.
    pub fn pinned(&self) -> Vec<Watch> {
        self.list.iter().filter(|table| table.is_pinned).map(|table| table.watch.clone()).collect()
    }

    /// Shows these rows beside those that are pinned.
    pub fn follow(&mut self, watch: Option<&Watch>) {
        self.list.retain(|table| table.is_pinned || Some(&table.watch) == watch);
        if let Some(watch) = watch {
            if self.get(watch).is_none() {
                self.list.push(RowTable::new(watch.clone()));
            }
            self.activate(watch);
        }
    }

    /// Pins a table, or lets go of it; `followed` is what is selected and stays. `false` if no more can be pinned.
    pub fn pin(&mut self, watch: &Watch, pinned: bool, followed: Option<&Watch>) -> bool {
        let n_pinned = self.list.iter().filter(|table| table.is_pinned && table.watch != *watch).count();
        if pinned && n_pinned >= MAX_PINNED {
            return false;
        }
        if pinned && self.get(watch).is_none() {
            self.list.push(RowTable::new(watch.clone()));
        }
        if let Some(table) = self.get_mut(watch) {
            table.is_pinned = pinned;
        }
        self.list.retain(|table| table.is_pinned || Some(&table.watch) == followed);
        // Pinned ones stand in the order in which they were pinned, and what is selected behind them.
        self.list.sort_by_key(|table| !table.is_pinned);
        true
    }

    /// Lets go of tables of what is not there any more. Whether there were any.
    pub fn retain(&mut self, is_there: impl Fn(&Watch) -> bool) -> bool {
        let before = self.list.len();
        self.list.retain(|table| is_there(&table.watch));
        self.list.len() < before
    }

    /// Another run has begun: what was frozen is gone.
    pub fn follow_all(&mut self) {
        self.list.iter_mut().for_each(RowTable::follow);
    }
}

impl RowTable {
    fn new(watch: Watch) -> RowTable {
        RowTable {
            watch,
            is_pinned: false,
            frozen: None,
            filter: Arc::default(),
            shows_filter: false,
            selection: None,
            shows_details: false,
            sifted: None,
            summary: None,
            is_being_sifted: false,
        }
    }

    /// Whether it holds its rows still.
    pub fn is_frozen(&self) -> bool {
        self.frozen.is_some()
    }

    /// Shows the newest rows again.
    pub fn follow(&mut self) {
        self.frozen = None;
        self.selection = None;
        self.shows_details = false;
    }

    /// Selects rows of those that are shown, and holds them still.
    pub fn select(&mut self, rows: Arc<WatchedRows>, selection: RowSelection) {
        self.frozen = Some(rows);
        self.selection = Some(selection);
    }

    /// The rows that are kept: frozen ones, or the newest.
    pub fn kept<'a>(&'a self, snapshot: &'a UiSnapshot) -> Option<&'a Arc<WatchedRows>> {
        self.frozen.as_ref().or_else(|| snapshot.rows_of(&self.watch))
    }

    /// The rows that are shown. Until the newest have been sifted, those that passed before.
    pub fn shown<'a>(&'a self, snapshot: &'a UiSnapshot) -> Option<ShownRows<'a>> {
        let rows = self.kept(snapshot)?;
        match &self.sifted {
            Some(sifted) if !self.filter.is_empty() && sifted.rows.edge_type == rows.edge_type => {
                Some(ShownRows { rows: &sifted.rows, passed: Some(&sifted.shown) })
            }
            _ => Some(ShownRows { rows, passed: None }),
        }
    }

    /// How many rows have come since those that are shown.
    pub fn n_newer(&self, snapshot: &UiSnapshot) -> u64 {
        let live = snapshot.rows_of(&self.watch).map_or(0, |rows| rows.n_total);
        self.frozen.as_ref().map_or(0, |frozen| live.saturating_sub(frozen.n_total))
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
