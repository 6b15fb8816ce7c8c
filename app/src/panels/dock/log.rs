//! What happened since the window was opened, newest first.

use egui::{Label, RichText, ScrollArea, Ui};

use crate::state::AppState;
use crate::ui_kit::format_time::clock;
use crate::ui_kit::widgets::empty_state;
use crate::ui_kit::{Icon, Tokens, style, t};

pub(super) fn ui(state: &AppState, ui: &mut Ui) {
    let tokens = Tokens::of(ui);
    if state.log.is_empty() {
        empty_state(ui, Icon::List, t("log.empty_title"), t("log.empty_sentence"), None);
        return;
    }
    let height = tokens.size.icon + tokens.spacing.sm;
    ScrollArea::vertical().auto_shrink(false).show_rows(ui, height, state.log.len(), |ui, rows| {
        for number in rows {
            let Some(entry) = state.log.newest(number) else { continue };
            ui.horizontal(|ui| {
                ui.set_height(height);
                let time = clock(entry.at_millis);
                let time = time.split('.').next().unwrap_or_default().to_owned();
                ui.label(
                    RichText::new(time).text_style(style::small_mono_text()).color(tokens.colors.text.dim),
                );
                entry.tone.show(ui);
                ui.add(Label::new(RichText::new(&entry.text).color(tokens.colors.text.normal)).truncate());
            });
        }
    });
}
