//! The speed of the replay: a menu of usual ones, and a field for any other.

use egui::containers::menu::{MenuButton, MenuConfig};
use egui::{Key, PopupCloseBehavior, RichText, Ui};
use tidemark_engine::runtime::Speed;

use crate::command::{Command, Commands};
use crate::state::{AppState, Run};
use crate::ui_kit::format::exact;
use crate::ui_kit::widgets::text_field;
use crate::ui_kit::{Icon, Tokens, t, t_args};

const MENU_WIDTH: f32 = 210.0;

/// What the menu remembers: the factor that is being written.
#[derive(Default)]
pub(super) struct SpeedMenu {
    written: String,
}

impl SpeedMenu {
    /// Shows the speed; a click opens the menu.
    pub(super) fn ui(&mut self, state: &AppState, ui: &mut Ui, commands: &mut Commands) {
        let icon = Icon::Speed.glyph();
        let shown = format!("{icon}  {}  {}", text(state.open.run.speed), Icon::ChevronDown.glyph());
        // A click into the field is no reason to close.
        let config = MenuConfig::new().close_behavior(PopupCloseBehavior::CloseOnClickOutside);
        let (button, _) = MenuButton::new(shown).config(config).ui(ui, |ui| {
            ui.set_width(MENU_WIDTH);
            for speed in Run::SPEEDS {
                if ui.selectable_label(state.open.run.speed == speed, name(speed)).clicked() {
                    commands.push(Command::SetSpeed(speed));
                    ui.close();
                }
            }
            ui.separator();
            if let Some(speed) = self.factor(ui) {
                commands.push(Command::SetSpeed(speed));
                ui.close();
            }
        });
        let name = format!("{} {}", t("run.speed"), text(state.open.run.speed));
        button.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &name));
        button.on_hover_text(t("tip.speed"));
    }

    /// A field for any factor, which Enter takes. What is no factor is said while it is written.
    fn factor(&mut self, ui: &mut Ui) -> Option<Speed> {
        let tokens = Tokens::of(ui);
        let name = t("transport.any_factor");
        ui.label(RichText::new(name).small().color(tokens.colors.text.dim));
        let speed = Run::read_factor(&self.written);
        let problem = (!self.written.trim().is_empty() && speed.is_none()).then(|| t("transport.no_factor"));
        let field =
            text_field(ui, &mut self.written, t("transport.factor_hint"), problem).accessible_name(name);
        let is_taken = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        let taken = speed.filter(|_| is_taken);
        if taken.is_some() {
            self.written.clear();
        }
        taken
    }
}

/// A speed where room is short.
fn text(speed: Speed) -> String {
    match speed {
        Speed::Maximum => t("transport.fastest_short").to_owned(),
        Speed::Factor(factor) => t_args("transport.speed_value", &[("factor", &exact(factor))]),
    }
}

fn name(speed: Speed) -> String {
    match speed {
        Speed::Maximum => t("transport.speed_fastest").to_owned(),
        Speed::REAL_TIME => format!("{}  {}", text(speed), t("transport.speed_real_time")),
        Speed::Factor(_) => text(speed),
    }
}
