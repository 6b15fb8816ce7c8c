//! The fields of a filter: a search and switches above the table, and one field above each column.

use egui::{Key, Label, Rect, RichText, Stroke, TextEdit, Ui, UiBuilder, vec2};
use tidemark_engine::data::Field;

use super::Desk;
use crate::rows::RowFilter;
use crate::state::TableChange;
use crate::ui_kit::widgets::{Tone, icon_button, search_field, toggle};
use crate::ui_kit::{Icon, Tokens, t, t_args};

const HEIGHT: f32 = 32.0;
const SEARCH_WIDTH: f32 = 200.0;

/// Shows the search, the switches, and what is wrong with what was typed.
pub(super) fn bar(desk: &mut Desk<'_>, ui: &mut Ui) {
    let tokens = Tokens::of(ui);
    let mut filter = RowFilter::clone(&desk.table.filter);
    let place = ui.allocate_space(vec2(ui.available_width(), HEIGHT)).1;
    let mut ui = ui.new_child(
        UiBuilder::new()
            .max_rect(place)
            .id_salt("filter")
            .layout(egui::Layout::left_to_right(egui::Align::Center)),
    );
    ui.shrink_clip_rect(place);
    ui.spacing_mut().item_spacing.x = tokens.spacing.lg;
    let width = SEARCH_WIDTH.min(place.width() * 0.4);
    ui.allocate_ui_with_layout(vec2(width, HEIGHT), egui::Layout::left_to_right(egui::Align::Center), |ui| {
        let search = search_field(ui, &mut filter.search, t("data.search"));
        search.accessible_name(t("data.search"));
    });
    toggle(&mut ui, &mut filter.only_late, t("data.only_late"));
    toggle(&mut ui, &mut filter.only_changes, t("data.only_changes"));
    if !filter.is_empty() && icon_button(&mut ui, Icon::Close, t("data.clear_filter")).clicked() {
        filter = RowFilter::default();
    }
    if let Some((column, problem)) = desk.table.problems().and_then(|problems| problems.iter().next()) {
        ui.spacing_mut().item_spacing.x = tokens.spacing.xs;
        Tone::Error.show(&mut ui);
        let text = RichText::new(format!("{column}: {problem}")).small().color(tokens.colors.status.error);
        ui.add(Label::new(text).truncate());
    }
    apply(desk, filter);
}

/// Shows the field of one column.
pub(super) fn of_column(desk: &mut Desk<'_>, field: &Field, place: Rect, ui: &mut Ui) {
    let tokens = Tokens::of(ui);
    let mut text = desk.table.filter.columns.get(&*field.name).cloned().unwrap_or_default();
    let problem = desk.table.problems().and_then(|problems| problems.get(&*field.name));
    let mut ui = ui.new_child(UiBuilder::new().max_rect(place).id_salt(("filter", &field.name)));
    if problem.is_some() {
        let error = Stroke::new(tokens.size.focus, tokens.colors.status.error);
        let visuals = ui.visuals_mut();
        visuals.selection.stroke = error;
        visuals.widgets.inactive.bg_stroke = error;
        visuals.widgets.hovered.bg_stroke = error;
    }
    let edit = TextEdit::singleline(&mut text)
        .hint_text(RichText::new(hint(field)).color(tokens.colors.text.faint))
        .font(crate::ui_kit::style::small_mono_text())
        .margin(egui::Margin::symmetric(tokens.spacing.sm as i8, 2))
        .align(egui::Align2::LEFT_CENTER)
        .min_size(place.size());
    let response = ui.put(place, edit).accessible_name(t_args("data.filter_of", &[("column", &field.name)]));
    if response.lost_focus() && ui.input(|input| input.key_pressed(Key::Escape)) {
        text.clear();
    }
    let tip = problem.map_or_else(|| help(field).to_owned(), Clone::clone);
    response.on_hover_text(tip);
    if desk.table.filter.columns.get(&*field.name).map_or("", String::as_str) != text {
        let mut filter = RowFilter::clone(&desk.table.filter);
        if text.is_empty() {
            filter.columns.remove(&*field.name);
        } else {
            filter.columns.insert(field.name.to_string(), text);
        }
        apply(desk, filter);
    }
}

fn apply(desk: &mut Desk<'_>, filter: RowFilter) {
    if filter != *desk.table.filter {
        desk.change(TableChange::Filter(filter));
    }
}

/// An example of what may be typed above a column.
fn hint(field: &Field) -> &'static str {
    match &field.data_type {
        data_type if data_type.is_numeric() => t("data.hint_number"),
        data_type if data_type.is_timestamp() => t("data.hint_time"),
        tidemark_engine::data::DataType::Boolean => t("data.hint_boolean"),
        _ => t("data.hint_text"),
    }
}

/// All that may be typed above a column.
fn help(field: &Field) -> &'static str {
    use tidemark_engine::data::DataType;
    match &field.data_type {
        data_type if data_type.is_numeric() => t("data.help_number"),
        DataType::Timestamp | DataType::TimestampLtz | DataType::Date | DataType::Time => t("data.help_time"),
        DataType::Boolean => t("data.help_boolean"),
        _ => t("data.help_text"),
    }
}
