//! The rows of a wire or of a result, newest at the bottom, with what event time says about each.

use egui::{Align, Label, Layout, RichText, Ui};
use egui_extras::{Column, TableBuilder};
use tidemark_engine::data::{ChangeKind, Value};

use crate::command::{Action, Command, Commands};
use crate::engine_link::{Watch, WatchedRows};
use crate::state::{AppState, title_of_edge};
use crate::ui_kit::design_tokens::tint;
use crate::ui_kit::format::count;
use crate::ui_kit::format_time::{lag, short_timestamp, timestamp};
use crate::ui_kit::widgets::{IconButton, Tone, badge, empty_state};
use crate::ui_kit::{Icon, Tokens, fonts, style, t, t_args, t_count};

const ROW_HEIGHT: f32 = 22.0;
const HEADER_HEIGHT: f32 = 36.0;

/// What stands at the right of the tabs: whose rows, how many, and the freeze button.
pub(super) fn bar(state: &AppState, ui: &mut Ui, commands: &mut Commands) {
    let tokens = Tokens::of(ui);
    let Some(watch) = &state.open.watched else { return };
    let frozen = state.open.frozen.is_some();
    let name = if frozen { t("data.unfreeze") } else { t("data.freeze") };
    let keys = Action::Freeze.keys_text(ui.ctx());
    if ui.add(IconButton::new(Icon::Freeze, name).selected(frozen).shortcut(&keys)).clicked() {
        commands.push(Command::Do(Action::Freeze));
    }
    if let Some(rows) = rows(state) {
        let live = state.open.run.snapshot.watched.as_ref().map_or(rows.n_total, |live| live.n_total);
        let newer = live.saturating_sub(rows.n_total);
        if frozen && newer > 0 {
            badge(ui, Tone::Accent, &t_count("data.newer", newer));
        }
        let shown = count(rows.len() as u64);
        let text = if rows.len() as u64 == rows.n_total {
            t_count("data.rows", rows.n_total)
        } else {
            t_args("data.newest_of", &[("shown", &shown), ("total", &count(rows.n_total))])
        };
        ui.label(RichText::new(text).color(tokens.colors.text.dim));
    }
    let whose = match watch {
        Watch::Edge(edge) => {
            let port =
                if &*edge.from.port == "out" { String::new() } else { format!(" · {}", edge.from.port) };
            format!("{}{port}", title_of_edge(state, edge))
        }
        Watch::Sink(node) => state.title(node),
    };
    let name =
        RichText::new(whose).font(fonts::semibold(tokens.type_scale.body)).color(tokens.colors.text.strong);
    ui.add(Label::new(name).truncate());
}

/// The rows that are shown: frozen ones, or the newest.
fn rows(state: &AppState) -> Option<&WatchedRows> {
    let watch = state.open.watched.as_ref()?;
    let rows = state.open.frozen.as_deref().or(state.open.run.snapshot.watched.as_deref())?;
    (rows.watch == *watch).then_some(rows)
}

/// Shows the table.
pub(super) fn ui(state: &AppState, ui: &mut Ui) {
    let Some(rows) = rows(state) else {
        let (title, sentence) = match state.open.watched {
            None => (t("data.empty_title"), t("data.empty_sentence")),
            Some(_) => (t("data.none_yet_title"), t("data.none_yet_sentence")),
        };
        empty_state(ui, Icon::Table, title, sentence, None);
        return;
    };
    if rows.is_empty() {
        empty_state(ui, Icon::Table, t("data.none_yet_title"), t("data.none_yet_sentence"), None);
        return;
    }
    let tokens = Tokens::of(ui);
    egui::ScrollArea::horizontal().auto_shrink(false).show(ui, |ui| {
        // Without the scroll bar: more than there is would make the dock grow with every frame.
        ui.set_min_height(ui.available_height());
        // Cells touch, so that the tint of a late row has no gaps; each keeps its own distance.
        ui.spacing_mut().item_spacing = egui::Vec2::ZERO;
        table(state, rows, tokens, ui);
    });
}

fn table(state: &AppState, rows: &WatchedRows, tokens: &Tokens, ui: &mut Ui) {
    let has_time = rows.edge_type.event_time.is_some();
    let fields = rows.edge_type.schema.fields();
    let id = match &rows.watch {
        Watch::Edge(edge) => edge.to_string(),
        Watch::Sink(node) => node.to_string(),
    };
    let mut table = TableBuilder::new(ui)
        .id_salt(id)
        .striped(true)
        .vscroll(true)
        .auto_shrink(false)
        .stick_to_bottom(state.open.frozen.is_none())
        .cell_layout(Layout::left_to_right(Align::Center))
        .column(Column::exact(64.0))
        .column(Column::initial(180.0).at_least(60.0).resizable(true).clip(true));
    if has_time {
        table = table
            .column(Column::initial(180.0).at_least(60.0).resizable(true).clip(true))
            .column(Column::initial(180.0).at_least(60.0).resizable(true).clip(true))
            .column(Column::initial(108.0).at_least(40.0).resizable(true).clip(true));
    }
    table = table.column(Column::exact(34.0));
    for field in fields {
        let width = if field.data_type.is_timestamp() { 184.0 } else { 104.0 };
        table = table.column(Column::initial(width).at_least(40.0).resizable(true).clip(true));
    }
    table
        .header(HEADER_HEIGHT, |mut header| {
            header.col(|ui| heading(ui, tokens, "#", t("data.row")));
            header.col(|ui| heading(ui, tokens, t("data.arrival"), t("data.clock")));
            if has_time {
                header.col(|ui| heading(ui, tokens, t("data.event_time"), t("data.clock")));
                header.col(|ui| heading(ui, tokens, t("metric.watermark"), t("data.before_row")));
                header.col(|ui| heading(ui, tokens, t("data.lateness"), t("data.to_watermark")));
            }
            header.col(|ui| heading(ui, tokens, "±", ""));
            for (idx, field) in fields.iter().enumerate() {
                let kind = field.data_type.to_string();
                let is_time = rows.edge_type.event_time == Some(idx);
                let kind = if is_time { format!("{kind} {}", Icon::Time.glyph()) } else { kind };
                header.col(|ui| heading(ui, tokens, &field.name, &kind));
            }
        })
        .body(|body| {
            let first = rows.n_total - rows.len() as u64;
            body.rows(ROW_HEIGHT, rows.len(), |mut table_row| {
                let number = table_row.index();
                let Some(row) = rows.row(number) else { return };
                let (event_time, watermark) = (row.event_time(), row.watermark());
                let behind = match (event_time, watermark.time()) {
                    (Some(event), Some(watermark)) => Some(event.saturating_sub(watermark)),
                    _ => None,
                };
                // At or below the watermark: it came after its time, whether or not a window still waited for it.
                let is_late = behind.is_some_and(|behind| behind <= 0);
                let cell = |table_row: &mut egui_extras::TableRow<'_, '_>,
                            text: String,
                            color: egui::Color32,
                            right: bool| {
                    table_row.col(|ui| {
                        if is_late {
                            ui.painter().rect_filled(ui.max_rect(), 0, tint(tokens.colors.status.late));
                        }
                        ui.add_space(tokens.spacing.sm);
                        let text = RichText::new(text).text_style(style::small_mono_text()).color(color);
                        if right {
                            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                                ui.add_space(tokens.spacing.sm);
                                ui.add(Label::new(text).truncate());
                            });
                        } else {
                            ui.add(Label::new(text).truncate());
                        }
                    });
                };
                let colors = &tokens.colors;
                let (dim, normal) = (colors.text.dim, colors.text.normal);
                cell(&mut table_row, count(first + number as u64 + 1), dim, true);
                cell(&mut table_row, row.arrival().map(moment).unwrap_or_default(), dim, false);
                if has_time {
                    cell(&mut table_row, event_time.map(moment).unwrap_or_default(), normal, false);
                    let shown = watermark.time().map_or_else(|| t("data.no_watermark").to_owned(), moment);
                    cell(&mut table_row, shown, dim, false);
                    let color = if is_late { colors.status.late } else { dim };
                    let mark = if is_late { format!("{} ", Icon::Late.glyph()) } else { String::new() };
                    let shown = behind.map(|behind| format!("{mark}{}", lag(behind))).unwrap_or_default();
                    cell(&mut table_row, shown, color, true);
                }
                let change = row.change();
                let color = if change == ChangeKind::Insert { dim } else { colors.wire.changelog };
                cell(&mut table_row, change.short_name().replace('-', "−"), color, false);
                for (column, field) in fields.iter().enumerate() {
                    let (text, color) = match row.value(column) {
                        Value::Null => (t("data.null").to_owned(), colors.text.faint),
                        Value::Timestamp(millis) => (timestamp(millis), normal),
                        value => (value.to_string(), normal),
                    };
                    cell(&mut table_row, text, color, field.data_type.is_numeric());
                }
            });
        });
}

/// An instant, with milliseconds where it has any.
fn moment(millis: i64) -> String {
    if millis % 1000 == 0 { short_timestamp(millis) } else { timestamp(millis) }
}

fn heading(ui: &mut Ui, tokens: &Tokens, name: &str, below: &str) {
    ui.add_space(tokens.spacing.sm);
    ui.vertical(|ui| {
        ui.add_space(tokens.spacing.xs);
        ui.spacing_mut().item_spacing.y = 0.0;
        let font = fonts::semibold(tokens.type_scale.small);
        ui.add(Label::new(RichText::new(name).font(font).color(tokens.colors.text.strong)).truncate());
        ui.add(Label::new(RichText::new(below).small().color(tokens.colors.text.dim)).truncate());
    });
}
