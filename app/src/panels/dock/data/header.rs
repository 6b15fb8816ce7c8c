//! The heads of the columns: name, type and histogram, what more there is to know on hover, and the fields of the filter.

use egui::{
    CursorIcon, Label, Painter, Rect, Response, RichText, Role, Sense, Ui, UiBuilder, WidgetInfo, pos2, vec2,
};
use tidemark_engine::data::Field;

use super::body::{Grid, cell};
use super::columns::{GutterColumn, set_width};
use super::{Desk, filter_fields, table_id};
use crate::rows::{ColumnSummary, N_BARS};
use crate::state::RowTable;
use crate::ui_kit::format::{count, percent};
use crate::ui_kit::widgets::key_value;
use crate::ui_kit::{Icon, Tokens, fonts, t, t_args};

const NAMES_HEIGHT: f32 = 36.0;
const FIELDS_HEIGHT: f32 = 28.0;
/// A histogram has one point for each bar.
const HISTOGRAM_WIDTH: f32 = N_BARS as f32;
/// How wide the edge is by which a column is made wider.
const HANDLE_WIDTH: f32 = 8.0;
const CARD_WIDTH: f32 = 240.0;

/// How high the head of a table is.
pub(super) fn height(table: &RowTable) -> f32 {
    if table.shows_filter { NAMES_HEIGHT + FIELDS_HEIGHT } else { NAMES_HEIGHT }
}

/// Shows the heads of the columns in sight.
pub(super) fn ui(desk: &mut Desk<'_>, grid: &Grid<'_>, head: Rect, ui: &mut Ui) {
    let tokens = Tokens::of(ui);
    let colors = &tokens.colors;
    let line = (tokens.size.stroke, colors.surface.border);
    ui.painter().hline(head.x_range(), head.bottom(), line);
    let names = Rect::from_min_size(head.min, vec2(head.width(), NAMES_HEIGHT));
    for (column, left, width) in &grid.gutter.columns {
        let place = Rect::from_min_size(pos2(head.left() + left, head.top()), vec2(*width, NAMES_HEIGHT));
        let (name, below) = match column {
            GutterColumn::Number => ("#", t("data.row")),
            GutterColumn::EventTime => (t("data.event_time"), t("data.clock")),
            GutterColumn::Arrival => (t("data.arrival"), t("data.clock")),
            GutterColumn::Lateness => (t("data.lateness"), t("data.to_watermark")),
            GutterColumn::Change => ("±", ""),
        };
        let painter = ui.painter().with_clip_rect(place.intersect(ui.clip_rect()));
        heading(&painter, place, name, below, tokens);
    }
    let start = head.left() + grid.gutter.width;
    ui.painter().vline(start, head.y_range(), line);
    let room = Rect::from_min_max(pos2(start.min(head.right()), head.top()), head.max);
    // Heads and fields end where the gutter begins, and where the table ends.
    let mut ui = ui.new_child(UiBuilder::new().max_rect(room).id_salt("heads"));
    ui.shrink_clip_rect(room);
    let rows = grid.shown.rows;
    let summaries = desk.table.summary.as_ref().map(|(_, summary, _)| &summary.columns);
    for column in grid.columns.in_sight(grid.at.x, grid.at.x + room.width()) {
        let Some(field) = rows.edge_type.schema.fields().get(column) else { continue };
        let (left, width) = grid.columns.place(column);
        let left = start + left - grid.at.x;
        let place = Rect::from_min_size(pos2(left, names.top()), vec2(width, NAMES_HEIGHT));
        let is_time = rows.edge_type.event_time == Some(column);
        let summary = summaries.and_then(|summaries| summaries.get(column));
        name_of_column(desk, field, is_time, summary, place, &mut ui);
        if desk.table.shows_filter {
            let place = Rect::from_min_size(pos2(left, names.bottom()), vec2(width, FIELDS_HEIGHT));
            filter_fields::of_column(desk, field, place.shrink2(vec2(tokens.spacing.xs, 1.0)), &mut ui);
        }
    }
}

/// A name and what is said below it.
fn heading(painter: &Painter, place: Rect, name: &str, below: &str, tokens: &Tokens) {
    let left = place.left() + tokens.spacing.md;
    let font = fonts::semibold(tokens.type_scale.small);
    let name = painter.layout_no_wrap(name.to_owned(), font, tokens.colors.text.strong);
    let font = egui::FontId::proportional(tokens.type_scale.small);
    let below = painter.layout_no_wrap(below.to_owned(), font, tokens.colors.text.dim);
    let top = place.center().y - (name.size().y + below.size().y) / 2.0;
    let second = top + name.size().y;
    painter.galley(pos2(left, top), name, tokens.colors.text.strong);
    painter.galley(pos2(left, second), below, tokens.colors.text.dim);
}

fn name_of_column(
    desk: &Desk<'_>,
    field: &Field,
    is_time: bool,
    summary: Option<&ColumnSummary>,
    place: Rect,
    ui: &mut Ui,
) {
    let tokens = Tokens::of(ui);
    let id = table_id(&desk.table.watch).with(("head", &field.name));
    let nulls = summary.filter(|summary| summary.n_null > 0);
    let nulls = nulls.map(|summary| format!(" · {} {}", percent(summary.null_share()), t("data.null")));
    let clock = if is_time { format!(" {}", Icon::Time.glyph()) } else { String::new() };
    let below = format!("{}{clock}{}", field.data_type, nulls.unwrap_or_default());
    let response = ui.interact(place, id, Sense::hover());
    response
        .widget_info(|| WidgetInfo::labeled(Role::ColumnHeader, true, format!("{}, {below}", field.name)));
    // A histogram stands at the right, where there is room for it beside the name.
    let width = |text: &str, font| {
        ui.painter().layout_no_wrap(text.to_owned(), font, tokens.colors.text.strong).size().x
    };
    let name_width = width(&field.name, fonts::semibold(tokens.type_scale.small));
    let names_width = name_width.max(width(&below, egui::FontId::proportional(tokens.type_scale.small)));
    let bars_left = place.right() - HISTOGRAM_WIDTH - tokens.spacing.md;
    let has_room = place.left() + tokens.spacing.md + names_width < bars_left;
    let has_bars = has_room && summary.is_some_and(|summary| !summary.bars.is_empty());
    let names_right = if has_bars { bars_left } else { place.right() };
    let names = Rect::from_min_max(place.min, pos2(names_right, place.bottom()));
    let painter = ui.painter().with_clip_rect(names.intersect(ui.clip_rect()));
    heading(&painter, place, &field.name, &below, tokens);
    if let Some(summary) = summary.filter(|_| has_bars && bars_left > place.left() + tokens.size.hit) {
        let area = Rect::from_min_size(pos2(bars_left, place.top() + 8.0), vec2(HISTOGRAM_WIDTH, 20.0));
        histogram(ui.painter(), area, &summary.bars, tokens);
    }
    resize(field, place, &response, ui);
    if let Some(summary) = summary {
        response.on_hover_ui(|ui| card(field, summary, ui));
    }
}

/// The right edge of a column: dragged, it makes the column wider; clicked twice, it gives it its own width back.
fn resize(field: &Field, place: Rect, head: &Response, ui: &Ui) {
    let tokens = Tokens::of(ui);
    let x = place.right();
    let edge = Rect::from_min_max(pos2(x - HANDLE_WIDTH, place.top()), place.right_bottom());
    let response = ui.interact(edge, head.id.with("edge"), Sense::click_and_drag());
    let name = t_args("data.width_of", &[("column", &field.name)]);
    response.widget_info(|| WidgetInfo::labeled(Role::Splitter, true, &name));
    let response = response.on_hover_cursor(CursorIcon::ResizeHorizontal);
    if response.double_clicked() {
        set_width(&field.name, None, ui);
    } else if response.dragged() {
        set_width(&field.name, Some(place.width() + response.drag_delta().x), ui);
    }
    let surface = &tokens.colors.surface;
    let is_used = response.hovered() || response.dragged();
    let color = if is_used { tokens.colors.accent.line } else { surface.border };
    ui.painter().vline(
        x - 0.5,
        place.shrink2(vec2(0.0, tokens.spacing.md)).y_range(),
        (tokens.size.stroke, color),
    );
}

fn histogram(painter: &Painter, area: Rect, bars: &[u32], tokens: &Tokens) {
    let most = bars.iter().copied().max().unwrap_or(0).max(1) as f32;
    let width = area.width() / N_BARS as f32;
    let color = tokens.colors.accent.line.gamma_multiply(0.7);
    for (number, bar) in bars.iter().enumerate().filter(|(_, bar)| **bar > 0) {
        // What is there at all is seen.
        let height = (area.height() * *bar as f32 / most).max(1.0);
        let left = area.left() + width * number as f32;
        let rect = Rect::from_min_max(pos2(left, area.bottom() - height), pos2(left + width, area.bottom()));
        painter.rect_filled(rect, 0, color);
    }
    painter.hline(area.x_range(), area.bottom(), (tokens.size.stroke, tokens.colors.surface.outline));
}

/// All that is known of a column.
fn card(field: &Field, summary: &ColumnSummary, ui: &mut Ui) {
    let tokens = Tokens::of(ui);
    ui.set_width(CARD_WIDTH);
    let font = fonts::semibold(tokens.type_scale.body);
    ui.add(Label::new(RichText::new(&*field.name).font(font).color(tokens.colors.text.strong)).truncate());
    ui.label(RichText::new(field.data_type.to_string()).small().color(tokens.colors.text.dim));
    let (area, _) = ui.allocate_exact_size(vec2(CARD_WIDTH, 48.0), Sense::hover());
    histogram(ui.painter(), area, &summary.bars, tokens);
    key_value(ui, t("data.rows_kept"), &count(summary.n_rows as u64));
    let nulls = format!("{} ({})", count(summary.n_null as u64), percent(summary.null_share()));
    key_value(ui, t("data.nulls"), &nulls);
    key_value(ui, t("data.distinct"), &count(summary.n_distinct as u64));
    if let Some((least, greatest)) = &summary.range {
        key_value(ui, t("data.least"), &cell(least).0);
        key_value(ui, t("data.greatest"), &cell(greatest).0);
    }
}
