//! The line above a table: whose rows, how many of them, and what can be done with them.

use egui::{Align, Label, Layout, Popup, RichText, Sense, Ui, UiBuilder, vec2};

use super::Desk;
use crate::command::Action;
use crate::state::{ShownRows, TableChange, title_of_watch};
use crate::ui_kit::format::count;
use crate::ui_kit::widgets::{IconButton, Tone, badge, menu_item};
use crate::ui_kit::{Icon, Tokens, fonts, t, t_args, t_count};

const HEIGHT: f32 = 28.0;
/// Below this width, how many rows there are is said only on hover.
const NARROW_BELOW: f32 = 420.0;
/// What the menu of a table holds.
const MENU: [Action; 5] =
    [Action::CopyRows, Action::CopyRowsCsv, Action::CopyRowsJson, Action::ExportRows, Action::ProbeNode];

/// Shows the line.
pub(super) fn ui(desk: &mut Desk<'_>, shown: Option<ShownRows<'_>>, ui: &mut Ui) {
    let place = ui.allocate_space(vec2(ui.available_width(), HEIGHT)).1;
    let layout = Layout::right_to_left(Align::Center);
    let mut ui = ui.new_child(UiBuilder::new().max_rect(place).id_salt("title").layout(layout));
    ui.shrink_clip_rect(place);
    let ui = &mut ui;
    let tokens = Tokens::of(ui);
    ui.spacing_mut().item_spacing.x = tokens.spacing.xs;
    buttons(desk, ui);
    ui.spacing_mut().item_spacing.x = tokens.spacing.md;
    newer(desk, ui);
    let how_many = shown.map(how_many);
    let is_narrow = place.width() < NARROW_BELOW;
    if let Some(text) = how_many.as_deref().filter(|_| !is_narrow) {
        ui.label(RichText::new(text).color(tokens.colors.text.dim));
    }
    let is_active = desk.state.open.tables.active().is_some_and(|active| active.watch == desk.table.watch);
    let colors = &tokens.colors;
    let color = if is_active { colors.text.strong } else { colors.text.dim };
    let name = title_of_watch(desk.state, &desk.table.watch);
    ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
        let font = fonts::semibold(tokens.type_scale.body);
        let label = ui.add(Label::new(RichText::new(&name).font(font).color(color)).truncate());
        if let Some(text) = how_many.filter(|_| is_narrow) {
            label.on_hover_text(format!("{name}\n{text}"));
        }
    });
}

/// How many rows have come since those that are held still, and whether another run has begun since.
fn newer(desk: &mut Desk<'_>, ui: &mut Ui) {
    let snapshot = &desk.state.open.run.snapshot;
    let n_newer = desk.table.n_newer(snapshot);
    if n_newer > 0 {
        let text = t_count("data.newer", n_newer);
        let pill = badge(ui, Tone::Accent, &text).interact(Sense::click());
        let n_most = snapshot.rows_of(&desk.table.watch).map_or(0, |rows| rows.n_most as u64);
        let tip = if n_newer > n_most {
            t_args("data.to_newest_kept", &[("n", &count(n_most))])
        } else {
            t("data.to_newest").to_owned()
        };
        if pill.on_hover_text(tip).clicked() {
            desk.change(TableChange::Follow);
        }
    }
    if desk.table.is_of_earlier_run(snapshot) {
        badge(ui, Tone::Neutral, t("data.earlier_run")).on_hover_text(t("data.earlier_run_tip"));
    }
}

fn buttons(desk: &mut Desk<'_>, ui: &mut Ui) {
    let table = desk.table;
    let more = ui.add(IconButton::new(Icon::More, t("data.more")));
    Popup::menu(&more).show(|ui| {
        for action in MENU {
            let is_enabled = action.is_enabled(desk.state);
            let keys = action.keys_text(ui.ctx());
            let item = ui.add_enabled_ui(is_enabled, |ui| menu_item(ui, action.icon(), action.name(), &keys));
            if item.inner.on_hover_text(action.tooltip()).clicked() {
                desk.change(TableChange::Activate);
                desk.commands.push(action);
            }
        }
    });
    let button = |action: Action, name: &str, is_on: bool, ui: &mut Ui| {
        let (icon, keys) = (action.icon().unwrap_or(Icon::More), action.keys_text(ui.ctx()));
        ui.add(IconButton::new(icon, name).selected(is_on).shortcut(&keys)).clicked()
    };
    let name = if table.is_frozen() { t("data.unfreeze") } else { t("data.freeze") };
    if button(Action::Freeze, name, table.is_frozen(), ui) {
        desk.change(TableChange::Activate);
        desk.commands.push(Action::Freeze);
    }
    let is_filtering = table.shows_filter || !table.filter.is_empty();
    if button(Action::FilterRows, t("data.filter"), is_filtering, ui) {
        desk.change(TableChange::ShowFilter(!table.shows_filter));
    }
    let name = if table.is_pinned { t("data.unpin") } else { t("data.pin") };
    if button(Action::PinRows, name, table.is_pinned, ui) {
        desk.change(TableChange::Pin(!table.is_pinned));
    }
}

/// How many rows are shown, of how many.
fn how_many(shown: ShownRows<'_>) -> String {
    let (rows, n_kept) = (shown.rows, shown.rows.len() as u64);
    let is_all = n_kept == rows.n_total;
    let args: [(&str, &dyn std::fmt::Display); 3] =
        [("shown", &count(shown.len() as u64)), ("kept", &count(n_kept)), ("total", &count(rows.n_total))];
    match (shown.is_sifted(), is_all) {
        (false, true) => t_count("data.rows", rows.n_total),
        (false, false) => {
            t_args("data.newest_of", &[("shown", &count(n_kept)), ("total", &count(rows.n_total))])
        }
        (true, true) => t_args("data.passed", &args),
        (true, false) => t_args("data.passed_newest", &args),
    }
}
