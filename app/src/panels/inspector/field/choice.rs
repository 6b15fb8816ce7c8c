//! Fields of which one value is picked: one of a few, or a column of the input.

use egui::{ComboBox, EventFilter, Id, Key, Modifiers, Ui};
use serde_json::Value;
use tidemark_engine::data::Schema;

use super::super::shape::{Choice, Field};
use super::text::{Style, written};
use super::{Change, FieldContext, named};
use crate::ui_kit::{Icon, Tokens, t, t_args};

/// One of a few values.
pub(super) fn choice(
    field: &Field,
    choices: &[Choice],
    path: &str,
    value: Option<&Value>,
    cx: &mut FieldContext<'_>,
    ui: &mut Ui,
) -> Option<Change> {
    let now = value.or(field.default.as_ref()).filter(|_| !cx.is_mixed);
    let nothing = if cx.is_mixed { t("inspector.mixed") } else { "" };
    let chosen = choices.iter().find(|choice| Some(&choice.value) == now);
    let shown = chosen.map_or(nothing, |choice| &*choice.text);
    let mut change = None;
    let room = ui.available_width() - 2.0 * ui.spacing().button_padding.x;
    let list = ComboBox::from_id_salt("choice").selected_text(shown).width(room);
    let list = list.show_ui(ui, |ui| {
        for choice in choices {
            let row = ui.selectable_label(Some(&choice.value) == now, &choice.text);
            let row = if choice.doc.is_empty() { row } else { row.on_hover_text(&choice.doc) };
            if row.clicked() {
                change = Change::done(choice.value.clone());
            }
        }
    });
    cx.writing.focus_if_wanted(path, &list.response);
    name_list(&list.response, &field.label, shown, ui);
    cx.writing.visit.come(&list.response, cx.commands);
    if list.inner.is_none() && list.response.has_focus() {
        let at = choices.iter().position(|choice| Some(&choice.value) == now);
        let next = stepped(list.response.id, at, ui).and_then(|next| choices.get(next));
        if let Some(next) = next {
            // While keys go through the choices they are one step.
            cx.writing.visit.note_change();
            change = change.or(Some(Change { value: Some(next.value.clone()), is_done: false }));
        }
    }
    cx.writing.visit.leave(&list.response, ui, cx.commands);
    change
}

/// The choice to which the arrows lead from this one.
fn stepped(list: Id, at: Option<usize>, ui: &Ui) -> Option<usize> {
    let arrows = EventFilter { vertical_arrows: true, ..EventFilter::default() };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(list, arrows));
    let pressed = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
    let (down, up) = (pressed(Key::ArrowDown), pressed(Key::ArrowUp));
    match at {
        _ if down == up => None,
        None => Some(0),
        Some(at) if down => Some(at + 1),
        Some(at) => at.checked_sub(1),
    }
}

/// A column by name, which can be written or picked from those of the input.
pub(super) fn column(
    field: &Field,
    path: &str,
    value: Option<&Value>,
    cx: &mut FieldContext<'_>,
    ui: &mut Ui,
) -> Option<Change> {
    let columns = cx.schema.map(Schema::fields).unwrap_or_default();
    if columns.is_empty() {
        return written(field, path, value, cx, ui, Style::Line);
    }
    let mut picked = None;
    let change = ui
        .horizontal(|ui| {
            let tokens = Tokens::of(ui);
            let button = tokens.size.icon + 2.0 * ui.spacing().button_padding.x;
            let room = ui.available_width() - button - tokens.spacing.md - tokens.spacing.sm;
            let change = ui
                .vertical(|ui| {
                    ui.set_width(room);
                    written(field, path, value, cx, ui, Style::Line)
                })
                .inner;
            let menu = ui.menu_button(Icon::ChevronDown.glyph().to_string(), |ui| {
                if field.optional && ui.selectable_label(value.is_none(), t("inspector.no_column")).clicked()
                {
                    picked = Some(Change { value: None, is_done: true });
                }
                for column in columns {
                    let is_chosen = value.and_then(Value::as_str) == Some(&*column.name);
                    if ui.selectable_label(is_chosen, &*column.name).clicked() {
                        picked = Change::done(&*column.name);
                    }
                }
            });
            let name = t_args("inspector.columns_for", &[("field", &named(field, path))]);
            menu.response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &name));
            change
        })
        .inner;
    if picked.is_some() {
        cx.writing.draft = None;
    }
    picked.or(change)
}

fn name_list(response: &egui::Response, name: &str, shown: &str, ui: &Ui) {
    response.widget_info(|| egui::WidgetInfo {
        current_text_value: Some(shown.to_owned()),
        ..egui::WidgetInfo::labeled(egui::Role::ComboBox, ui.is_enabled(), name)
    });
}
