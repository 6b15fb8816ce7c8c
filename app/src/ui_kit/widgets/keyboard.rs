//! Keeping what has the keyboard in sight.

use egui::{Id, Ui, vec2};

/// Room above and below a field, for its label and for what is said about it.
const AROUND: f32 = 28.0;

/// Scrolls to what has come to have the keyboard, if it is among what `ui` shows. Called behind the last of what a scroll area holds.
pub fn follow_keyboard(ui: &Ui) {
    let Some(focused) = ui.memory(egui::Memory::focused) else { return };
    let id = ui.unique_id().with("followed");
    if ui.data(|data| data.get_temp::<Id>(id)) == Some(focused) {
        return;
    }
    ui.data_mut(|data| data.insert_temp(id, focused));
    let shown = ui.ctx().read_response(focused).filter(|shown| shown.layer_id == ui.layer_id());
    if let Some(shown) = shown.filter(|shown| ui.min_rect().contains(shown.rect.center())) {
        ui.scroll_to_rect(shown.rect.expand2(vec2(0.0, AROUND)), None);
    }
}

#[cfg(test)]
mod tests {
    use egui::{Key, ScrollArea};
    use egui_kittest::kittest::Queryable as _;

    use super::*;
    use crate::ui_kit::test_harness;

    #[test]
    fn a_button_that_is_reached_by_tab_comes_into_sight() {
        let mut harness = test_harness(|ui| {
            ScrollArea::vertical().max_height(120.0).show(ui, |ui| {
                for number in 1..=20 {
                    let _ = ui.button(format!("Button {number}"));
                }
                follow_keyboard(ui);
            });
        });
        harness.get_by_label("Button 1").focus();
        harness.run();
        for _ in 0..14 {
            harness.key_press(Key::Tab);
            harness.run();
        }
        let button = harness.get_by_label("Button 15");
        assert!(button.is_focused());
        assert!(button.rect().bottom() < 140.0, "{:?} is out of sight", button.rect());
    }
}
