//! What a place shows while there is nothing in it: why, and what to do.

use egui::{Label, RichText, Ui};

use super::primary_button;
use crate::ui_kit::{Icon, Tokens, style};

/// An icon, a title, a sentence and perhaps a button in the middle of the room there is.
///
/// Returns whether the button was clicked.
pub fn empty_state(ui: &mut Ui, icon: Icon, title: &str, sentence: &str, button: Option<&str>) -> bool {
    let tokens = Tokens::of(ui);
    let (colors, space) = (&tokens.colors, tokens.spacing);
    // As high as it comes out: the same rows, so that it can be centred without a second pass.
    let rows = tokens.size.icon_large + 2.0 * tokens.type_scale.heading + 2.0 * tokens.type_scale.body;
    let height = rows + 2.0 * space.lg + button.map_or(0.0, |_| tokens.size.control + space.lg);
    let above = (ui.available_height() - height).max(0.0) / 2.0;
    let width = ui.available_width().min(320.0);
    ui.vertical_centered(|ui| {
        ui.add_space(if above.is_finite() { above } else { space.xl });
        icon.show(ui, tokens.size.icon_large, colors.text.faint);
        ui.add_space(space.sm);
        ui.set_max_width(width);
        ui.add(Label::new(RichText::new(title).text_style(style::strong_text()).color(colors.text.strong)));
        ui.add(Label::new(RichText::new(sentence).color(colors.text.dim)).wrap());
        ui.add_space(space.sm);
        button.is_some_and(|text| primary_button(ui, text).clicked())
    })
    .inner
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use egui_kittest::kittest::Queryable as _;

    use super::*;
    use crate::ui_kit::test_harness;

    #[test]
    fn the_button_of_an_empty_place_is_reported() {
        let clicked = Cell::new(false);
        let mut harness = test_harness(|ui| {
            if empty_state(ui, Icon::Table, "No rows", "Click a wire", Some("Open a sample")) {
                clicked.set(true);
            }
        });
        harness.get_by_label("Open a sample").click();
        harness.run();
        assert!(clicked.get());
    }
}
