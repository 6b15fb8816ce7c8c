//! All of one row: where it stands in the stream, what time says of it, and every value in full.

use egui::{Align, Frame, Key, Label, Layout, Modifiers, RichText, ScrollArea, Ui};
use tidemark_engine::data::Value;

use super::{Desk, body, table_id};
use crate::engine_link::{Row, WatchedRows};
use crate::state::TableChange;
use crate::ui_kit::format::count;
use crate::ui_kit::format_time::{lag, timestamp};
use crate::ui_kit::widgets::{icon_button, key_value};
use crate::ui_kit::{Icon, Tokens, fonts, style, t, t_args};

/// How many characters of a value are shown at most.
const MAX_TEXT: usize = 20_000;

/// Shows a row.
pub(super) fn ui(desk: &mut Desk<'_>, rows: &WatchedRows, row: &Row<'_>, ui: &mut Ui) {
    let tokens = Tokens::of(ui);
    let has_keyboard = ui.memory(|memory| memory.has_focus(table_id(&desk.table.watch)));
    let mut is_closed = has_keyboard && ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape));
    let frame = Frame::new().fill(tokens.colors.surface.raised).inner_margin(tokens.spacing.md);
    frame.show(ui, |ui| {
        ui.set_min_size(ui.available_size());
        ui.horizontal(|ui| {
            let number = desk.table.selection.map_or(0, |selection| u64::from(selection.cursor));
            let number = rows.n_total - rows.len() as u64 + number + 1;
            let title = t_args("data.row_n", &[("n", &count(number))]);
            let font = fonts::semibold(tokens.type_scale.body);
            ui.label(RichText::new(title).font(font).color(tokens.colors.text.strong));
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                is_closed |= icon_button(ui, Icon::Close, t("data.close_details")).clicked();
            });
        });
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            times(row, ui);
            ui.separator();
            for (column, field) in rows.edge_type.schema.fields().iter().enumerate() {
                value(&field.name, &row.value(column), ui);
            }
        });
    });
    if is_closed {
        desk.change(TableChange::ShowDetails(false));
    }
}

fn times(row: &Row<'_>, ui: &mut Ui) {
    let shown = |millis: Option<i64>| millis.map(body::moment);
    let lateness = row.ahead_millis().map(|ahead| {
        let mark = if ahead <= 0 { format!("{} ", Icon::Late.glyph()) } else { String::new() };
        format!("{mark}{}", lag(ahead))
    });
    let position = row.position();
    let place = t_args(
        "data.position",
        &[("source", &position.source), ("split", &position.split), ("offset", &count(position.offset))],
    );
    let lines = [
        (t("data.event_time"), shown(row.event_time())),
        (t("data.arrival"), shown(row.arrival())),
        (t("metric.watermark"), row.watermark().time().map(timestamp)),
        (t("data.lateness"), lateness),
        (t("data.change"), Some(row.change().short_name().replace('-', "−"))),
        (t("data.read_at"), Some(place)),
    ];
    for (name, text) in lines {
        if let Some(text) = text {
            key_value(ui, name, &text);
        }
    }
}

fn value(name: &str, value: &Value, ui: &mut Ui) {
    let tokens = Tokens::of(ui);
    let colors = &tokens.colors;
    ui.label(RichText::new(name).small().color(colors.text.dim));
    let (text, color) = match value {
        Value::Null => (t("data.null").to_owned(), colors.text.faint),
        value => (value.to_string(), colors.text.normal),
    };
    let n_more = text.chars().count().saturating_sub(MAX_TEXT);
    let shown: String = text.chars().take(MAX_TEXT).collect();
    let shown = RichText::new(shown).text_style(style::small_mono_text()).color(color);
    ui.add(Label::new(shown).wrap().selectable(true));
    if n_more > 0 {
        let text = t_args("data.more_characters", &[("n", &count(n_more as u64))]);
        ui.label(RichText::new(text).small().color(colors.text.dim));
    }
    ui.add_space(tokens.spacing.sm);
}
