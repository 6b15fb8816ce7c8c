//! What was found about the flow and its run: where, a sentence, what would mend it, and the way there.

use std::path::PathBuf;

use egui::{Label, RichText, ScrollArea, Sense, Ui};
use tidemark_engine::diagnostic::{Diagnostic, Place, Severity};

use crate::command::{Command, Commands};
use crate::panels::inspector::param_label;
use crate::state::{AppState, Lost, RuntimeKind, RuntimeProblem};
use crate::ui_kit::format::{count, rate};
use crate::ui_kit::prose::{prose, spoken};
use crate::ui_kit::widgets::{Tone, empty_state, follow_keyboard, section_header};
use crate::ui_kit::{Icon, Tokens, t, t_args};

/// From a node to the table that takes what it loses.
const BESIDE: egui::Vec2 = egui::vec2(256.0, 160.0);

pub(super) fn ui(state: &AppState, ui: &mut Ui, commands: &mut Commands) {
    let (design, runtime) = (&state.open.checked.diagnostics, state.open.runtime.found());
    if design.is_empty() && runtime.is_empty() {
        let sentence =
            if state.open.can_run() { t("problems.none_sentence") } else { t("problems.none_yet") };
        empty_state(ui, Icon::Success, t("problems.none"), sentence, None);
        return;
    }
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        group(t("problems.design"), design.len(), ui);
        for (number, diagnostic) in design.iter().enumerate() {
            let fix = path_to_allow(diagnostic).map(|path| Fix {
                text: t("problems.allow"),
                tip: t("tip.allow"),
                command: Command::Allow(path),
            });
            let line = Line {
                severity: diagnostic.severity,
                place: place_text(state, &diagnostic.place),
                sentence: message(diagnostic).to_owned(),
                advice: diagnostic.fix.clone(),
                fix,
            };
            line.show(number, state, ui, commands);
        }
        group(t("problems.runtime"), runtime.len(), ui);
        for (number, problem) in (design.len()..).zip(runtime) {
            runtime_line(state, problem).show(number, state, ui, commands);
        }
        follow_keyboard(ui);
    });
}

/// The heading of a group; one without problems is left out.
fn group(title: &str, n: usize, ui: &mut Ui) {
    if n > 0 {
        section_header(ui, &t_args("problems.group", &[("group", &title), ("n", &n)]), |_| {});
    }
}

/// One problem as it is shown.
struct Line {
    severity: Severity,
    place: String,
    sentence: String,
    advice: Option<String>,
    fix: Option<Fix>,
}

/// What mends a problem with one click.
struct Fix {
    text: &'static str,
    tip: &'static str,
    command: Command,
}

impl Line {
    fn show(self, number: usize, state: &AppState, ui: &mut Ui, commands: &mut Commands) {
        let tokens = Tokens::of(ui);
        let colors = &tokens.colors;
        let name = format!("{} {}", self.place, spoken(&self.sentence));
        let row = egui::UiBuilder::new().id_salt(("problem", number)).sense(Sense::click());
        let under = ui.painter().add(egui::Shape::Noop);
        let row = ui.scope_builder(row, |ui| {
            ui.horizontal(|ui| {
                ui.set_min_height(tokens.size.hit);
                tone(self.severity).show(ui);
                let label = |text: egui::WidgetText| Label::new(text).selectable(false).sense(Sense::hover());
                let size = tokens.type_scale.body;
                // From the right, so that what mends it is there however long the sentence is.
                ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                    if let Some(fix) = self.fix
                        && ui.button(fix.text).on_hover_text(fix.tip).clicked()
                    {
                        commands.push(fix.command);
                    }
                    ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                        let place = RichText::new(self.place).strong().color(colors.text.strong);
                        ui.add(label(place.into()).truncate());
                        let sentence = prose(&self.sentence, size, colors.text.normal, colors.text.strong);
                        ui.add(label(sentence.into()).truncate());
                        if let Some(advice) = &self.advice {
                            Icon::Idea.show(ui, tokens.size.icon, colors.text.dim);
                            let advice = prose(advice, size, colors.text.dim, colors.text.normal);
                            ui.add(label(advice.into()).truncate());
                        }
                    });
                });
            });
        });
        let response = row.response;
        let is_current = state.open.at_problem == Some(number);
        response.widget_info(|| egui::WidgetInfo::selected(egui::Role::Button, true, is_current, &name));
        if is_current || response.hovered() {
            let fill = if is_current { colors.accent.soft } else { colors.surface.hover };
            ui.painter().set(under, egui::Shape::rect_filled(response.rect, tokens.radius.sm, fill));
        }
        if response.has_focus() {
            let line = egui::Stroke::new(tokens.size.focus, colors.accent.line);
            let place = response.rect.shrink(1.0);
            ui.painter().rect_stroke(place, tokens.radius.sm, line, egui::StrokeKind::Inside);
        }
        if response.hovered() {
            ui.ctx().set_cursor_icon(egui::CursorIcon::PointingHand);
        }
        if response.clicked() {
            commands.push(Command::ShowProblem(number));
        }
    }
}

/// What went wrong in the run, in a sentence with its figures.
fn runtime_line(state: &AppState, problem: &RuntimeProblem) -> Line {
    let place = problem.node.as_ref().map_or(t("problems.run").to_owned(), |node| state.title(node));
    let lost = |key, lost: &Lost| t_args(key, &[("n", &count(lost.n_rows)), ("rate", &rate(lost.per_sec))]);
    let (sentence, port) = match &problem.kind {
        RuntimeKind::Failed(reason) => (t_args("problems.failed", &[("reason", reason)]), None),
        RuntimeKind::Paused(reason) => (t_args("problems.paused", &[("reason", reason)]), None),
        RuntimeKind::Late(rows) => (lost("problems.late", rows), rows.port.clone()),
        RuntimeKind::Rejected(rows) => (lost("problems.rejected", rows), rows.port.clone()),
    };
    let fix = port.map(|port| {
        let layout = &state.open.document.flow().layout.nodes;
        let beside = layout.get(&port.node).map(|at| egui::pos2(at.x as f32, at.y as f32) + BESIDE);
        let kind = "table_sink".to_owned();
        let command = Command::AddNode { kind, at: beside, join: Some(port) };
        Fix { text: t("problems.connect"), tip: t("tip.connect_table"), command }
    });
    Line { severity: problem.severity(), place, sentence, advice: None, fix }
}

/// How a finding is meant.
pub fn tone(severity: Severity) -> Tone {
    match severity {
        Severity::Hint => Tone::Accent,
        Severity::Warning => Tone::Warning,
        Severity::Error => Tone::Error,
    }
}

/// Where a finding is, as people call it.
fn place_text(state: &AppState, place: &Place) -> String {
    match place {
        Place::Flow => t("problems.whole_flow").to_owned(),
        Place::Node(node) => state.title(node),
        Place::Param { node, path, .. } => {
            t_args("problems.param", &[("node", &state.title(node)), ("param", &param_text(path))])
        }
        Place::Edge(edge) => crate::state::title_of_edge(state, edge),
    }
}

/// A parameter as the form calls it: `columns.0.expression` is "Columns › Entry 1 › Expression".
fn param_text(path: &str) -> String {
    let part = |part: &str| match part.parse::<usize>() {
        Ok(idx) => t_args("inspector.entry", &[("n", &(idx + 1))]),
        Err(_) => param_label(part),
    };
    path.split('.').map(part).collect::<Vec<_>>().join(" › ")
}

/// The sentence without what is for the command line: here a button allows a path.
pub fn message(diagnostic: &Diagnostic) -> &str {
    diagnostic.message.split_once(" (`--allow ").map_or(&*diagnostic.message, |(before, _)| before)
}

/// The path that a finding asks consent for. The sentence names it behind `--allow`.
pub fn path_to_allow(diagnostic: &Diagnostic) -> Option<PathBuf> {
    let said = [Some(&diagnostic.message), diagnostic.fix.as_ref()];
    said.into_iter().flatten().find_map(|text| {
        let (_, behind) = text.split_once("--allow ")?;
        let end = behind.find(['`', ')']).unwrap_or(behind.len());
        let path = behind[..end].trim();
        (!path.is_empty()).then(|| PathBuf::from(path))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_is_called_as_in_its_form() {
        assert_eq!(param_text("columns.0.expression"), "Columns › Entry 1 › Expression");
        assert_eq!(param_text("size_millis"), "Size");
    }

    #[test]
    fn the_path_to_allow_is_read_from_the_sentence() {
        let message = "the flow wants to read `/data/a b.csv`, which lies outside its folder; if you trust the flow, allow the \
                       path (`--allow /data/a b.csv`)";
        let diagnostic = Diagnostic::error("path", Place::Flow, message);
        assert_eq!(path_to_allow(&diagnostic), Some(PathBuf::from("/data/a b.csv")));
        assert!(self::message(&diagnostic).ends_with("if you trust the flow, allow the path"));
        assert_eq!(path_to_allow(&Diagnostic::error("other", Place::Flow, "no path here")), None);
    }
}
