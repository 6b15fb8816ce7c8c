//! The status line: what the run is doing, in words and figures, and whether the flow is saved.

use egui::{Align, Label, Layout, RichText, Ui};

use crate::command::{Action, Command, Commands};
use crate::engine_link::RunStatus;
use crate::state::{AppState, DockTab};
use crate::ui_kit::format::{count, rate};
use crate::ui_kit::widgets::Tone;
use crate::ui_kit::{Tokens, t, t_args, t_count};

/// Less room than this has none for the figures of the run beside what is said at the right.
const FIGURES_FROM: f32 = 420.0;

/// Shows the status line.
pub fn ui(state: &AppState, ui: &mut Ui, commands: &mut Commands) {
    let tokens = Tokens::of(ui);
    ui.horizontal_centered(|ui| {
        ui.spacing_mut().item_spacing.x = tokens.spacing.md;
        ui.add_space(tokens.spacing.xs);
        let (tone, text) = status(state);
        ui.scope(|ui| {
            ui.spacing_mut().item_spacing.x = tokens.spacing.xs;
            tone.show(ui);
            part(ui, tokens, text, true);
        });
        let snapshot = &state.open.run.snapshot;
        if snapshot.status != RunStatus::None && ui.available_width() >= FIGURES_FROM {
            part(ui, tokens, &rate(snapshot.records_per_sec), false);
            figure(ui, tokens, Tone::Late, "status.n_late", snapshot.late);
            figure(ui, tokens, Tone::Rejected, "status.n_rejected", snapshot.rejected);
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.add_space(tokens.spacing.sm);
            let saved = match state.open.document.is_saved() {
                _ if state.open.n_saves > 0 => t("status.saving"),
                true => t("status.saved"),
                false => t("status.not_saved"),
            };
            part(ui, tokens, saved, false);
            if let Some(reason) = state.unprotected.get(&state.open.number) {
                let text = RichText::new(t("status.unprotected")).small().color(Tone::Warning.color(tokens));
                ui.add(Label::new(text)).on_hover_text(reason);
            }
            let n_problems = state.open.n_problems();
            if n_problems > 0 {
                let text = RichText::new(t_count("problems.count", n_problems as u64)).small();
                let tone = if state.open.has_error() { Tone::Error } else { Tone::Warning };
                // Small, or it would be higher than the line and push everything above it up.
                let link = egui::Button::new(text.color(tone.color(tokens))).frame(false).small();
                if ui.add(link).on_hover_text(Action::ShowProblems.tooltip()).clicked() {
                    commands.push(Command::SetDockTab(DockTab::Problems));
                }
            }
            if !state.open.is_checked() {
                part(ui, tokens, t("status.checking"), false);
            }
        });
    });
}

/// What the run is doing.
fn status(state: &AppState) -> (Tone, &'static str) {
    match &state.open.run.snapshot.status {
        RunStatus::None if !state.open.is_checked() => (Tone::Idle, t("status.starting")),
        RunStatus::None if state.open.can_run() && state.open.run.wants_to_play => {
            (Tone::Idle, t("status.starting"))
        }
        RunStatus::None if state.open.can_run() => (Tone::Idle, t("status.ready")),
        RunStatus::None => (Tone::Idle, t("status.not_ready")),
        RunStatus::Running => (Tone::Running, t("status.running")),
        RunStatus::Paused(_) => (Tone::Paused, t("status.paused")),
        RunStatus::Finished => (Tone::Ok, t("status.finished")),
        RunStatus::Stopped => (Tone::Paused, t("status.stopped")),
        RunStatus::Failed(_) => (Tone::Error, t("status.failed")),
    }
}

fn part(ui: &mut Ui, tokens: &Tokens, text: &str, strong: bool) {
    let color = if strong { tokens.colors.text.normal } else { tokens.colors.text.dim };
    ui.add(Label::new(RichText::new(text).small().color(color)).selectable(false));
}

fn figure(ui: &mut Ui, tokens: &Tokens, tone: Tone, key: &'static str, n: u64) {
    let color = if n > 0 { tone.color(tokens) } else { tokens.colors.text.dim };
    let text = t_args(key, &[("n", &count(n))]);
    ui.add(Label::new(RichText::new(text).small().color(color)).selectable(false));
}
