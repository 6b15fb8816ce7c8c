//! Fields that hold others: lists, whose rows can be added, moved and removed, and groups.

use egui::{RichText, Stroke, Ui};
use serde_json::{Map, Value};

use super::super::shape::{Field, Kind, blank};
use super::super::small_icon;
use super::{Change, FieldContext, show};
use crate::ui_kit::{Icon, Tokens, t, t_args};

/// A list: its rows in frames where they are groups, and a button that adds one.
pub(super) fn list(
    field: &Field,
    item: &Field,
    path: &str,
    value: Option<&Value>,
    cx: &mut FieldContext<'_>,
    ui: &mut Ui,
) -> Option<Change> {
    let tokens = Tokens::of(ui);
    let rows: Vec<Value> = value.and_then(Value::as_array).cloned().unwrap_or_default();
    let mut change = None;
    for (idx, row) in rows.iter().enumerate() {
        let frame = egui::Frame::new()
            .fill(tokens.colors.surface.raised)
            .stroke(Stroke::new(tokens.size.stroke, tokens.colors.surface.border))
            .corner_radius(tokens.radius.md)
            .inner_margin(tokens.spacing.sm);
        let is_group = matches!(item.kind, Kind::Group(_));
        let mut act = None;
        ui.push_id(idx, |ui| {
            let at = format!("{path}.{idx}");
            let mut body = |ui: &mut Ui| {
                let size = egui::vec2(ui.available_width(), tokens.size.control);
                ui.allocate_ui_with_layout(size, egui::Layout::right_to_left(egui::Align::Center), |ui| {
                    ui.spacing_mut().item_spacing.x = 0.0;
                    if small_icon(ui, Icon::Close, t("inspector.remove"), true) {
                        act = Some(Act::Remove(idx));
                    }
                    if small_icon(ui, Icon::ArrowDown, t("inspector.move_down"), idx + 1 < rows.len()) {
                        act = Some(Act::Swap(idx, idx + 1));
                    }
                    if small_icon(ui, Icon::ArrowUp, t("inspector.move_up"), idx > 0) {
                        act = Some(Act::Swap(idx - 1, idx));
                    }
                    let room = egui::vec2(ui.available_width(), size.y);
                    ui.allocate_ui_with_layout(room, egui::Layout::top_down(egui::Align::Min), |ui| {
                        ui.spacing_mut().item_spacing.x = tokens.spacing.sm;
                        if is_group {
                            let title = t_args("inspector.entry", &[("n", &(idx + 1))]);
                            ui.label(RichText::new(title).small().color(tokens.colors.text.dim));
                        } else if let Some(new) = show(item, &at, Some(row), cx, ui) {
                            act = Some(Act::Set(idx, new));
                        }
                    });
                });
                if is_group && let Some(new) = show(item, &at, Some(row), cx, ui) {
                    act = Some(Act::Set(idx, new));
                }
            };
            if is_group {
                frame.show(ui, |ui| body(ui));
            } else {
                body(ui);
            }
        });
        if let Some(act) = act {
            change = Some(changed(&rows, act));
        }
    }
    let text = format!("{}  {}", Icon::Add.glyph(), t("inspector.add"));
    let add = ui.button(text).on_hover_text(&field.doc);
    let name = t_args("inspector.add_to", &[("field", &field.label)]);
    add.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &name));
    cx.writing.focus_if_wanted(path, &add);
    if add.clicked() {
        cx.writing.wanted_next = Some(first_field(item, &format!("{path}.{}", rows.len())));
        change = Some(changed(&rows, Act::Add(blank(item))));
    }
    if change.as_ref().is_some_and(|change| change.is_done) {
        cx.writing.draft = None;
    }
    change
}

/// The path of what is written first in an entry.
fn first_field(item: &Field, path: &str) -> String {
    match &item.kind {
        Kind::Group(fields) => {
            fields.first().map_or_else(|| path.to_owned(), |field| format!("{path}.{}", field.name))
        }
        _ => path.to_owned(),
    }
}

/// What is done to a list.
enum Act {
    Set(usize, Change),
    Swap(usize, usize),
    Remove(usize),
    Add(Value),
}

/// The list after something was done to it.
fn changed(rows: &[Value], act: Act) -> Change {
    let mut rows = rows.to_vec();
    let mut is_done = true;
    match act {
        Act::Set(idx, change) => {
            is_done = change.is_done;
            if let (Some(row), Some(value)) = (rows.get_mut(idx), change.value) {
                *row = value;
            }
        }
        Act::Swap(a, b) => rows.swap(a, b),
        Act::Remove(idx) => {
            rows.remove(idx);
        }
        Act::Add(value) => rows.push(value),
    }
    Change { value: Some(Value::Array(rows)), is_done }
}

/// Several fields together.
pub(super) fn group(
    fields: &[Field],
    path: &str,
    value: Option<&Value>,
    cx: &mut FieldContext<'_>,
    ui: &mut Ui,
) -> Option<Change> {
    let object = value.and_then(Value::as_object).cloned().unwrap_or_default();
    let mut change = None;
    for field in fields {
        let at = format!("{path}.{}", field.name);
        if let Some(new) = show(field, &at, object.get(&field.name), cx, ui) {
            let mut object: Map<String, Value> = object.clone();
            match new.value {
                Some(value) => {
                    object.insert(field.name.clone(), value);
                }
                None => {
                    object.remove(&field.name);
                }
            }
            change = Some(Change { value: Some(Value::Object(object)), is_done: new.is_done });
        }
    }
    change
}
