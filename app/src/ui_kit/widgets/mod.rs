//! The widgets egui has no match for, each in the colours of the theme, reachable by keyboard and named for
//! screen readers.

mod bars;
mod buttons;
mod choices;
mod empty_state;
mod fields;
mod keyboard;
mod labels;
mod menu;
mod rows;
mod stat;

use egui::{Rect, Response, Stroke, StrokeKind, Ui};

pub use self::{
    bars::{LoadShare, load_bar, meter, paint_load_bar, paint_sparkline, sparkline},
    buttons::{IconButton, danger_button, icon_button, link_button, primary_button},
    choices::{Tab, movable_tab, segmented, tab_strip},
    empty_state::empty_state,
    fields::{drop_down, search_field, text_field, toggle},
    keyboard::follow_keyboard,
    labels::{Tone, badge, has_text_cursor, key_value, section_header, status_badge},
    menu::{menu_item, sub_menu},
    rows::{ListRow, list_row},
    stat::{Stat, stat},
};
use super::Tokens;

/// Outlines `rect` if the widget of `response` has the keyboard.
pub fn focus_ring(ui: &Ui, response: &Response, rect: Rect, tokens: &Tokens) {
    if response.has_focus() {
        let stroke = Stroke::new(tokens.size.focus, tokens.colors.accent.line);
        ui.painter().rect_stroke(rect, tokens.radius.md, stroke, StrokeKind::Inside);
    }
}
