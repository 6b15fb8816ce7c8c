//! The transport: from the start, step, play and pause, speed, the event-time clock, and the whole recording with how far the run has come.

use egui::{Align, Layout, RichText, Ui, vec2};

use super::density_strip::DensityStrip;
use super::speed::SpeedMenu;
use crate::command::{Action, Commands};
use crate::engine_link::RunStatus;
use crate::state::AppState;
use crate::ui_kit::format::{count, rate};
use crate::ui_kit::format_time::{lag, short_timestamp};
use crate::ui_kit::widgets::{IconButton, Tone, primary_button, status_badge};
use crate::ui_kit::{Icon, Tokens, fonts, t, t_args};

/// Side of a transport button.
const BUTTON: f32 = 32.0;
/// Room for the clock, so that what stands behind it does not move.
const CLOCK_WIDTH: f32 = 216.0;
/// Room for the figures of the run.
const PROGRESS_WIDTH: f32 = 112.0;

/// Where there is less room than this, there is no strip.
const LEAST_STRIP: f32 = 80.0;
/// Less room than this has none for the clock.
const CLOCK_FROM: f32 = CLOCK_WIDTH + 16.0;
/// The same for the speed behind the clock.
const SPEED_FROM: f32 = CLOCK_FROM + 144.0;
/// The same for the figures behind both.
const PROGRESS_FROM: f32 = SPEED_FROM + PROGRESS_WIDTH + 16.0;
/// Room for the button that restarts a flow that has changed.
const RESTART_WIDTH: f32 = 136.0;

/// Less room than this has none for the words that the flow has changed.
const CHANGED_FROM: f32 = 160.0;

/// What the transport remembers.
#[derive(Default)]
pub struct Transport {
    speed: SpeedMenu,
    strip: DensityStrip,
}

impl Transport {
    /// Shows the transport.
    pub fn ui(&mut self, state: &AppState, ui: &mut Ui, commands: &mut Commands) {
        let tokens = Tokens::of(ui);
        ui.horizontal_centered(|ui| {
            ui.add_space(tokens.spacing.xs);
            button(state, Icon::StepBack, Action::Restart, ui, commands);
            let icon = if state.open.run.is_playing() { Icon::Pause } else { Icon::Play };
            button(state, icon, Action::PlayPause, ui, commands);
            button(state, Icon::StepForward, Action::Step, ui, commands);
            button(state, Icon::Stop, Action::Stop, ui, commands);
            // Where room is short the course goes first, then the figures, the speed and at last the clock.
            let is_outdated = state.open.is_run_outdated() && !state.open.run.wants_to_play;
            let room = ui.available_width() - if is_outdated { RESTART_WIDTH } else { 0.0 };
            if room >= CLOCK_FROM {
                ui.separator();
                clock(state, ui, tokens);
            }
            if room >= SPEED_FROM {
                ui.separator();
                self.speed.ui(state, ui, commands);
            }
            if room >= PROGRESS_FROM {
                ui.separator();
                progress(state, ui, tokens);
            }
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                ui.add_space(tokens.spacing.sm);
                if is_outdated {
                    let can_restart = Action::Restart.is_enabled(state);
                    let restart = |ui: &mut Ui| primary_button(ui, t("run.restart_now"));
                    let restart = ui.add_enabled_ui(can_restart, restart).inner;
                    if restart.on_hover_text(t("tip.outdated")).clicked() {
                        commands.push(Action::Restart);
                    }
                    if ui.available_width() >= CHANGED_FROM {
                        status_badge(ui, Tone::Warning, t("run.changed")).on_hover_text(t("tip.outdated"));
                    }
                }
                let width = ui.available_width() - tokens.spacing.sm;
                if width > LEAST_STRIP {
                    self.strip.ui(state, width, ui, commands);
                }
            });
        });
    }
}

fn button(state: &AppState, icon: Icon, action: Action, ui: &mut Ui, commands: &mut Commands) {
    let (name, keys) = (action.text(state), action.keys_text(ui.ctx()));
    let button = IconButton::new(icon, &name).size(BUTTON).filled().shortcut(&keys);
    if ui.add_enabled(action.is_enabled(state), button).clicked() {
        commands.push(action);
    }
}

/// The time that the flow has come to: the watermark where one is assigned, and the replay clock.
fn clock(state: &AppState, ui: &mut Ui, tokens: &Tokens) {
    let snapshot = &state.open.run.snapshot;
    let colors = &tokens.colors;
    let (large, small) = match (snapshot.watermark.time(), snapshot.clock_millis) {
        (Some(watermark), Some(clock)) => {
            let behind = lag(watermark.saturating_sub(clock));
            (short_timestamp(watermark), t_args("transport.behind", &[("lag", &behind)]))
        }
        (Some(watermark), None) => (short_timestamp(watermark), t("transport.clock").to_owned()),
        (None, Some(clock)) if snapshot.status.is_over() => {
            (short_timestamp(clock), t("transport.at_end").to_owned())
        }
        (None, Some(clock)) => (short_timestamp(clock), t("transport.arrival_clock").to_owned()),
        (None, None) => ("––––-––-–– ––:––:––".to_owned(), t("transport.clock").to_owned()),
    };
    ui.allocate_ui_with_layout(vec2(CLOCK_WIDTH, 40.0), Layout::top_down(Align::Min), |ui| {
        ui.set_width(CLOCK_WIDTH);
        ui.spacing_mut().item_spacing.y = 0.0;
        let size = tokens.type_scale.title.min(19.0);
        let text = RichText::new(large).font(egui::FontId::monospace(size)).color(colors.text.strong);
        ui.add(egui::Label::new(text).selectable(false));
        ui.add(egui::Label::new(RichText::new(small).small().color(colors.text.dim)).selectable(false));
    })
    .response
    .on_hover_text(t("tip.clock"));
}

fn progress(state: &AppState, ui: &mut Ui, tokens: &Tokens) {
    let snapshot = &state.open.run.snapshot;
    if snapshot.status == RunStatus::None {
        return;
    }
    ui.allocate_ui_with_layout(vec2(PROGRESS_WIDTH, 36.0), Layout::top_down(Align::Min), |ui| {
        ui.set_width(PROGRESS_WIDTH);
        ui.spacing_mut().item_spacing.y = 0.0;
        let records = t_args("transport.records", &[("n", &count(snapshot.records))]);
        let text = RichText::new(records)
            .font(fonts::semibold(tokens.type_scale.body))
            .color(tokens.colors.text.strong);
        ui.add(egui::Label::new(text).selectable(false));
        let text = RichText::new(rate(snapshot.records_per_sec)).small().color(tokens.colors.text.dim);
        ui.add(egui::Label::new(text).selectable(false));
    });
}
