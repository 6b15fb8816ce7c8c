//! The rows of a table. Only those in sight become text, and of them only the columns in sight.

use std::sync::Arc;

use egui::text::{LayoutJob, TextWrapping};
use egui::{
    Color32, FontId, Painter, Rect, Response, Role, Sense, Stroke, StrokeKind, Ui, Vec2, WidgetInfo, pos2,
    vec2,
};
use tidemark_engine::data::{ChangeKind, Value};

use super::columns::{Columns, Gutter, GutterColumn};
use super::{Desk, table_id};
use crate::engine_link::{Row, Watch};
use crate::state::{RowSelection, ShownRows, TableChange, title_of_watch};
use crate::ui_kit::design_tokens::tint;
use crate::ui_kit::format::count;
use crate::ui_kit::format_time::{lag, short_lag, short_timestamp, timestamp};
use crate::ui_kit::{Icon, Tokens, style, t, t_args};

/// How high a row is.
pub(super) const ROW_HEIGHT: f32 = 22.0;
/// How many characters of a value a cell shows at most; the details have the rest.
const MAX_CELL: usize = 200;

/// What is shown where.
pub(super) struct Grid<'a> {
    pub(super) shown: ShownRows<'a>,
    pub(super) gutter: &'a Gutter,
    pub(super) columns: &'a Columns,
    /// How far it is scrolled.
    pub(super) at: Vec2,
}

/// How high so many rows are.
pub(super) fn height(n_rows: usize) -> f32 {
    n_rows as f32 * ROW_HEIGHT
}

/// Shows the rows in sight.
pub(super) fn ui(desk: &mut Desk<'_>, grid: &Grid<'_>, body: Rect, ui: &mut Ui) {
    let id = table_id(&desk.table.watch);
    let response = ui.interact(body, id, Sense::click_and_drag());
    let name = title_of_watch(desk.state, &desk.table.watch);
    response
        .widget_info(|| WidgetInfo::labeled(Role::Table, true, t_args("data.rows_of", &[("name", &name)])));
    select_with_mouse(desk, grid, body, &response, ui);

    let tokens = Tokens::of(ui);
    let painter = ui.painter().with_clip_rect(body.intersect(ui.clip_rect()));
    let first = (grid.at.y / ROW_HEIGHT) as usize;
    let behind = (((grid.at.y + body.height()) / ROW_HEIGHT).ceil() as usize).min(grid.shown.len());
    let in_sight: Vec<(usize, u32)> =
        (first..behind).filter_map(|place| Some((place, grid.shown.row_at(place)?))).collect();
    let aheads = in_sight.iter().filter_map(|(_, row)| grid.shown.rows.row(*row as usize)?.ahead_millis());
    let widest = aheads.map(i64::unsigned_abs).max().unwrap_or(0);
    let pen = Pen { grid, painter: &painter, body, tokens, widest, font: font(ui) };
    let pointer = response.hover_pos();
    let mut full_text = None;
    for (place, number) in in_sight {
        let Some(row) = grid.shown.rows.row(number as usize) else { continue };
        let top = body.top() + place as f32 * ROW_HEIGHT - grid.at.y;
        let rect = Rect::from_min_size(pos2(body.left(), top), vec2(body.width(), ROW_HEIGHT));
        pen.ground(desk, &row, number, rect);
        let pointed = pointer.filter(|pointer| rect.contains(*pointer)).map(|pointer| pointer.x);
        full_text = pen.row(&row, number, rect, pointed).or(full_text);
        let line = ui.interact(rect.intersect(body), id.with(("row", place - first)), Sense::hover());
        line.widget_info(|| WidgetInfo {
            selected: desk.table.selection.map(|selection| selection.contains(number)),
            ..WidgetInfo::labeled(Role::Row, true, spoken(&row, grid, number))
        });
    }
    let x = body.left() + grid.gutter.width;
    painter.vline(x, body.y_range(), (tokens.size.stroke, tokens.colors.surface.border));
    if response.has_focus() {
        let stroke = Stroke::new(tokens.size.focus, tokens.colors.accent.line);
        painter.rect_stroke(body, 0, stroke, StrokeKind::Inside);
    }
    if let Some(text) = full_text {
        response.on_hover_text_at_pointer(text);
    }
}

fn select_with_mouse(desk: &mut Desk<'_>, grid: &Grid<'_>, body: Rect, response: &Response, ui: &Ui) {
    if response.double_clicked() {
        desk.change(TableChange::ShowDetails(true));
        return;
    }
    let Some(pointer) = response.interact_pointer_pos() else { return };
    let is_pressed =
        response.is_pointer_button_down_on() && ui.input(|input| input.pointer.primary_pressed());
    let is_dragged = response.dragged_by(egui::PointerButton::Primary);
    if !is_pressed && !is_dragged {
        return;
    }
    response.request_focus();
    let place = (((pointer.y - body.top() + grid.at.y) / ROW_HEIGHT).max(0.0)) as usize;
    // Who drags below the last row means it; who clicks there means none.
    let place = if is_dragged { place.min(grid.shown.len().saturating_sub(1)) } else { place };
    let Some(cursor) = grid.shown.row_at(place) else {
        desk.change(TableChange::Activate);
        return;
    };
    let before = desk.table.selection;
    let extends = is_dragged || ui.input(|input| input.modifiers.shift);
    let anchor = before.filter(|_| extends).map_or(cursor, |selection| selection.anchor);
    let selection = RowSelection { anchor, cursor };
    if before != Some(selection) || is_pressed {
        desk.change(TableChange::Select(Arc::clone(grid.shown.rows), selection));
    }
}

/// What a screen reader says of a row: what stands in it.
fn spoken(row: &Row<'_>, grid: &Grid<'_>, number: u32) -> String {
    let rows = grid.shown.rows;
    let mut said = t_args("data.row_n", &[("n", &count(sequence(grid, number)))]);
    let times = [
        (t("data.event_time"), row.event_time().map(moment)),
        (t("data.arrival"), row.arrival().map(moment)),
        (t("data.lateness"), row.ahead_millis().map(lag)),
    ];
    for (name, text) in times {
        said = text.map_or_else(|| said.clone(), |text| format!("{said}, {name} {text}"));
    }
    if row.is_late() {
        said = format!("{said}, {}", t("data.late"));
    }
    said = format!("{said}, {}", name_of_change(row.change()));
    for (column, field) in rows.edge_type.schema.fields().iter().enumerate() {
        let (text, _) = cell(&row.value(column));
        said = format!("{said}, {} {text}", field.name);
    }
    said
}

/// What a row does to a result, in words.
fn name_of_change(change: ChangeKind) -> &'static str {
    match change {
        ChangeKind::Insert => t("data.change_insert"),
        ChangeKind::UpdateBefore => t("data.change_before"),
        ChangeKind::UpdateAfter => t("data.change_after"),
        ChangeKind::Delete => t("data.change_delete"),
    }
}

/// The number of a row in the stream.
fn sequence(grid: &Grid<'_>, number: u32) -> u64 {
    let rows = grid.shown.rows;
    rows.n_total - rows.len() as u64 + u64::from(number) + 1
}

fn font(ui: &Ui) -> FontId {
    style::small_mono_text().resolve(ui.style())
}

/// Paints rows.
struct Pen<'a> {
    grid: &'a Grid<'a>,
    painter: &'a Painter,
    body: Rect,
    tokens: &'a Tokens,
    /// How far the row in sight is from its watermark that is furthest, in milliseconds.
    widest: u64,
    font: FontId,
}

impl Pen<'_> {
    /// What lies behind the texts of a row.
    fn ground(&self, desk: &Desk<'_>, row: &Row<'_>, number: u32, rect: Rect) {
        let colors = &self.tokens.colors;
        // By the number in the stream, so that stripes move with their rows.
        if sequence(self.grid, number).is_multiple_of(2) {
            self.painter.rect_filled(rect, 0, colors.surface.hover.gamma_multiply(0.35));
        }
        if is_of_rejected(&desk.table.watch) {
            self.painter.rect_filled(rect, 0, tint(colors.status.error));
        } else if row.is_late() {
            self.painter.rect_filled(rect, 0, tint(colors.status.late));
        }
        let Some(selection) = desk.table.selection.filter(|selection| selection.contains(number)) else {
            return;
        };
        self.painter.rect_filled(rect, 0, colors.accent.soft);
        if selection.cursor == number {
            let stroke = Stroke::new(self.tokens.size.stroke, colors.accent.line);
            self.painter.rect_stroke(rect, 0, stroke, StrokeKind::Inside);
        }
    }

    /// The texts of a row. What stands under the pointer at `pointed`, if it had no room.
    fn row(&self, row: &Row<'_>, number: u32, rect: Rect, pointed: Option<f32>) -> Option<String> {
        let colors = &self.tokens.colors;
        let mut full_text = None;
        for (column, left, width) in &self.grid.gutter.columns {
            let place =
                Rect::from_min_size(pos2(rect.left() + left, rect.top()), vec2(*width, rect.height()));
            let (text, color, right) = match column {
                GutterColumn::Number => (count(sequence(self.grid, number)), colors.text.dim, true),
                GutterColumn::EventTime => {
                    (row.event_time().map(moment).unwrap_or_default(), colors.text.normal, false)
                }
                GutterColumn::Arrival => {
                    (row.arrival().map(moment).unwrap_or_default(), colors.text.dim, false)
                }
                GutterColumn::Lateness => self.lateness(row, place),
                GutterColumn::Change => {
                    let change = row.change();
                    let is_new = change == ChangeKind::Insert;
                    let color = if is_new { colors.text.dim } else { colors.wire.changelog };
                    (change.short_name().replace('-', "−"), color, false)
                }
            };
            if self.text(self.painter, &text, place, color, right) && is_at(place, pointed) {
                full_text = Some(text);
            }
        }
        let start = self.body.left() + self.grid.gutter.width;
        let room = Rect::from_min_max(pos2(start, self.body.top()), self.body.max);
        let painter = self.painter.with_clip_rect(room.intersect(self.painter.clip_rect()));
        let fields = self.grid.shown.rows.edge_type.schema.fields();
        for column in self.grid.columns.in_sight(self.grid.at.x, self.grid.at.x + room.width()) {
            let (left, width) = self.grid.columns.place(column);
            let place = Rect::from_min_size(
                pos2(start + left - self.grid.at.x, rect.top()),
                vec2(width, rect.height()),
            );
            let value = row.value(column);
            let (text, is_cut) = cell(&value);
            let color = if value.is_null() { colors.text.faint } else { colors.text.normal };
            let is_right = fields.get(column).is_some_and(|field| field.data_type.is_numeric());
            let is_elided = self.text(&painter, &text, place, color, is_right);
            if (is_elided || is_cut) && is_at(place.intersect(room), pointed) {
                full_text = Some(text);
            }
        }
        full_text
    }

    /// How far a row is from its watermark, and a bar as long as that is against the others in sight.
    fn lateness(&self, row: &Row<'_>, place: Rect) -> (String, Color32, bool) {
        let colors = &self.tokens.colors;
        let Some(ahead) = row.ahead_millis() else { return (String::new(), colors.text.dim, true) };
        let color = if ahead <= 0 { colors.status.late } else { colors.text.dim };
        let left = place.left() + self.tokens.spacing.sm;
        let longest = place.width() * 0.3;
        let part = ahead.unsigned_abs() as f32 / self.widest.max(1) as f32;
        let bar =
            Rect::from_min_size(pos2(left, place.center().y - 2.0), vec2((longest * part).max(1.0), 4.0));
        self.painter.rect_filled(bar, self.tokens.radius.sm, color.gamma_multiply(0.6));
        let mark = if ahead <= 0 { format!("{} ", Icon::Late.glyph()) } else { String::new() };
        (format!("{mark}{}", short_lag(ahead)), color, true)
    }

    /// Paints a text on one line. Whether it had to be cut.
    fn text(&self, painter: &Painter, text: &str, place: Rect, color: Color32, right: bool) -> bool {
        let inner = place.shrink2(vec2(self.tokens.spacing.md, 0.0));
        let mut job = LayoutJob::simple_singleline(text.to_owned(), self.font.clone(), color);
        job.wrap = TextWrapping::truncate_at_width(inner.width());
        let galley = painter.layout_job(job);
        let x = if right { inner.right() - galley.size().x } else { inner.left() };
        let is_cut = galley.elided;
        painter.galley(pos2(x, inner.center().y - galley.size().y / 2.0), galley, color);
        is_cut
    }
}

fn is_at(place: Rect, pointed: Option<f32>) -> bool {
    pointed.is_some_and(|x| place.x_range().contains(x))
}

/// Whether every row of these could not be read or computed.
fn is_of_rejected(watch: &Watch) -> bool {
    matches!(watch, Watch::Edge(edge) if &*edge.from.port == "rejected")
}

/// An instant, with milliseconds where it has any.
pub(in crate::panels) fn moment(millis: i64) -> String {
    if millis % 1000 == 0 { short_timestamp(millis) } else { timestamp(millis) }
}

/// A value on one line, and whether that is not all of it.
pub(in crate::panels) fn cell(value: &Value) -> (String, bool) {
    let text = match value {
        Value::Null => return (t("data.null").to_owned(), false),
        Value::Timestamp(millis) => return (timestamp(*millis), false),
        Value::String(text) | Value::Nested(text) => std::borrow::Cow::Borrowed(text.as_str()),
        value => std::borrow::Cow::Owned(value.to_string()),
    };
    let mut line = String::new();
    let mut characters = text.chars();
    for character in characters.by_ref().take(MAX_CELL) {
        line.push(if character.is_control() { '␣' } else { character });
    }
    let is_cut = characters.next().is_some();
    if is_cut {
        line.push('…');
    }
    (line, is_cut)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_kind_of_change_has_words_of_its_own() {
        let kinds =
            [ChangeKind::Insert, ChangeKind::UpdateBefore, ChangeKind::UpdateAfter, ChangeKind::Delete];
        let names: BTreeSet<&str> = kinds.into_iter().map(name_of_change).collect();
        assert!(names.len() == 4 && !names.iter().any(|name| name.contains("data.")), "{names:?}");
    }
}
