//! The rows of wires and results: what is selected on the canvas, and beside it what is pinned.

mod body;
mod columns;
mod details;
mod filter_fields;
mod header;
mod keys;
mod scroll;
mod title;

use egui::{Align2, FontId, Id, Rect, Ui, UiBuilder, pos2, vec2};

pub(in crate::panels) use self::body::{cell, moment};
use self::columns::{Columns, Gutter};
use crate::command::{Command, Commands};
use crate::engine_link::Watch;
use crate::state::{AppState, RowTable, ShownRows, TableChange};
use crate::ui_kit::widgets::empty_state;
use crate::ui_kit::{Icon, Tokens, t};

/// How wide the pane with all of one row is, at most and at least.
const DETAILS_WIDTH: std::ops::RangeInclusive<f32> = 180.0..=360.0;

/// Shows the tables.
pub(super) fn ui(state: &AppState, ui: &mut Ui, commands: &mut Commands) {
    let tables = &state.open.tables;
    let n_tables = tables.iter().count();
    if n_tables == 0 {
        empty_state(ui, Icon::Table, t("data.empty_title"), t("data.empty_sentence"), None);
        return;
    }
    let tokens = Tokens::of(ui);
    let room = ui.available_rect_before_wrap();
    let gap = tokens.spacing.lg;
    let width = (room.width() - gap * (n_tables - 1) as f32) / n_tables as f32;
    for (number, table) in tables.iter().enumerate() {
        let left = room.left() + (width + gap) * number as f32;
        let place = Rect::from_min_size(pos2(left, room.top()), vec2(width, room.height()));
        if number > 0 {
            let x = left - gap / 2.0;
            ui.painter().vline(x, room.y_range(), (tokens.size.stroke, tokens.colors.surface.border));
        }
        let salt = (&table.watch, "place");
        ui.scope_builder(UiBuilder::new().max_rect(place).id_salt(salt), |ui| {
            one(state, table, ui, commands);
        });
    }
    ui.advance_cursor_after_rect(room);
}

/// The table that has the keyboard.
pub fn table_with_keyboard(ctx: &egui::Context, state: &AppState) -> Option<Watch> {
    let focused = ctx.memory(egui::Memory::focused)?;
    state.open.tables.iter().map(|table| &table.watch).find(|watch| table_id(watch) == focused).cloned()
}

/// Where a table keeps what egui remembers of it, and what has the keyboard.
fn table_id(watch: &Watch) -> Id {
    Id::unique(("rows", watch))
}

/// Whatever is done to one table.
struct Desk<'a> {
    state: &'a AppState,
    table: &'a RowTable,
    commands: &'a mut Commands,
}

impl Desk<'_> {
    fn change(&mut self, change: TableChange) {
        self.commands.push(Command::Table(self.table.watch.clone(), change));
    }
}

fn one(state: &AppState, table: &RowTable, ui: &mut Ui, commands: &mut Commands) {
    ui.spacing_mut().item_spacing.y = 0.0;
    let shown = table.shown(&state.open.run.snapshot);
    let mut desk = Desk { state, table, commands };
    title::ui(&mut desk, shown, ui);
    let Some(shown) = shown.filter(|shown| !shown.rows.is_empty()) else {
        empty_state(ui, Icon::Table, t("data.none_yet_title"), t("data.none_yet_sentence"), None);
        return;
    };
    if table.shows_filter {
        filter_fields::bar(&mut desk, ui);
    }
    let mut room = ui.available_rect_before_wrap();
    if table.shows_details
        && let Some(row) = table.selection.and_then(|selection| shown.rows.row(selection.cursor as usize))
    {
        let width =
            (room.width() * 0.4).clamp(*DETAILS_WIDTH.start(), *DETAILS_WIDTH.end()).min(room.width());
        let (rest, pane) = room.split_left_right_at_x(room.right() - width);
        room = rest;
        ui.scope_builder(UiBuilder::new().max_rect(pane).id_salt("details"), |ui| {
            details::ui(&mut desk, shown.rows, &row, ui);
        });
    }
    grid(&mut desk, shown, room, ui);
}

/// Header, rows and scroll bars.
fn grid(desk: &mut Desk<'_>, shown: ShownRows<'_>, room: Rect, ui: &mut Ui) {
    let tokens = Tokens::of(ui);
    let id = table_id(&desk.table.watch);
    let gutter = Gutter::fitting(room.width(), shown.rows.edge_type.event_time.is_some());
    let columns = Columns::of(&shown.rows.edge_type, ui);
    let (head, body) = room.split_top_bottom_at_y(room.top() + header::height(desk.table));
    let wanted = keys::take(desk, shown, body, ui);
    let content = vec2(gutter.width + columns.total, body::height(shown.len()) + tokens.size.scrollbar);
    let follows = !desk.table.is_frozen();
    let scrolled = scroll::of(id, room, body, content, follows, ui);
    if scrolled.has_let_go {
        desk.change(TableChange::Freeze(std::sync::Arc::clone(shown.rows)));
    }
    let grid = body::Grid { shown, gutter: &gutter, columns: &columns, at: scrolled.at };
    body::ui(desk, &grid, body, ui);
    if shown.is_empty() {
        let font = FontId::proportional(tokens.type_scale.body);
        let (text, color) = (t("data.none_passes"), tokens.colors.text.dim);
        ui.painter().text(body.center(), Align2::CENTER_CENTER, text, font, color);
    }
    header::ui(desk, &grid, head, ui);
    if scroll::bars(id, body, content, gutter.width, follows, ui) {
        desk.change(TableChange::Freeze(std::sync::Arc::clone(shown.rows)));
    }
    if let Some(y) = wanted {
        scroll::to(id, y, ui);
    }
}
