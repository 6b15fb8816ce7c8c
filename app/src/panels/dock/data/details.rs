//! All of one row: where it stands in the stream, what time says of it, and every value in full.

use std::sync::{Arc, Weak};

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

/// The values of a row as texts, which are made once.
struct Texts {
    of: (Weak<WatchedRows>, u32),
    values: Vec<ValueText>,
}

/// A value in full, or as much of it as is shown.
struct ValueText {
    text: String,
    is_null: bool,
    /// How many characters of it are not shown.
    n_more: usize,
}

/// Shows a row.
pub(super) fn ui(desk: &mut Desk<'_>, rows: &Arc<WatchedRows>, row: &Row<'_>, ui: &mut Ui) {
    let tokens = Tokens::of(ui);
    let has_keyboard = ui.memory(|memory| memory.has_focus(table_id(&desk.table.watch)));
    let mut is_closed = has_keyboard && ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape));
    let frame = Frame::new().fill(tokens.colors.surface.raised).inner_margin(tokens.spacing.md);
    frame.show(ui, |ui| {
        ui.set_min_size(ui.available_size());
        let cursor = desk.table.selection.map_or(0, |selection| selection.cursor);
        ui.horizontal(|ui| {
            let number = rows.n_total - rows.len() as u64 + u64::from(cursor) + 1;
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
            let texts = Texts::of(desk, rows, row, cursor, ui);
            for (field, text) in rows.edge_type.schema.fields().iter().zip(&texts.values) {
                value(&field.name, text, ui);
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

impl Texts {
    /// Those that are kept, or new ones if another row is shown than before.
    fn of(desk: &Desk<'_>, rows: &Arc<WatchedRows>, row: &Row<'_>, cursor: u32, ui: &Ui) -> Arc<Texts> {
        let id = table_id(&desk.table.watch).with("texts");
        let of = (Arc::downgrade(rows), cursor);
        let known = ui.data(|data| data.get_temp::<Arc<Texts>>(id));
        if let Some(known) = known.filter(|known| known.of.0.ptr_eq(&of.0) && known.of.1 == of.1) {
            return known;
        }
        let n_columns = rows.edge_type.schema.n_columns();
        let values = (0..n_columns).map(|column| ValueText::of(&row.value(column))).collect();
        let texts = Arc::new(Texts { of, values });
        ui.data_mut(|data| data.insert_temp(id, Arc::clone(&texts)));
        texts
    }
}

impl ValueText {
    fn of(value: &Value) -> ValueText {
        if value.is_null() {
            return ValueText { text: t("data.null").to_owned(), is_null: true, n_more: 0 };
        }
        let mut text = value.to_string();
        let end = text.char_indices().nth(MAX_TEXT).map_or(text.len(), |(end, _)| end);
        let n_more = text[end..].chars().count();
        text.truncate(end);
        ValueText { text, is_null: false, n_more }
    }
}

fn value(name: &str, value: &ValueText, ui: &mut Ui) {
    let tokens = Tokens::of(ui);
    let colors = &tokens.colors;
    ui.label(RichText::new(name).small().color(colors.text.dim));
    let color = if value.is_null { colors.text.faint } else { colors.text.normal };
    let shown = RichText::new(&value.text).text_style(style::small_mono_text()).color(color);
    ui.add(Label::new(shown).wrap().selectable(true));
    if value.n_more > 0 {
        let text = t_args("data.more_characters", &[("n", &count(value.n_more as u64))]);
        ui.label(RichText::new(text).small().color(colors.text.dim));
    }
    ui.add_space(tokens.spacing.sm);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_very_long_value_the_beginning_is_kept_and_the_rest_is_counted() {
        let text = "ä".repeat(MAX_TEXT + 7);
        let long = ValueText::of(&Value::String(text));
        assert_eq!((long.text.chars().count(), long.n_more), (MAX_TEXT, 7));
        let short = ValueText::of(&Value::Int(-5));
        assert_eq!((&*short.text, short.n_more, short.is_null), ("-5", 0, false));
        assert!(ValueText::of(&Value::Null).is_null);
    }
}
