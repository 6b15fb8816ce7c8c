//! What was found about the flow: a sentence, what would mend it, and where.

use std::path::PathBuf;

use egui::{Label, RichText, ScrollArea, Sense, Ui};
use tidemark_engine::diagnostic::{Diagnostic, Place, Severity};

use crate::command::{Command, Commands};
use crate::panels::inspector::param_label;
use crate::state::AppState;
use crate::ui_kit::prose::{prose, spoken};
use crate::ui_kit::widgets::{Tone, empty_state};
use crate::ui_kit::{Icon, Tokens, t, t_args};

pub(super) fn ui(state: &AppState, ui: &mut Ui, commands: &mut Commands) {
    let found = &state.open.checked.diagnostics;
    if found.is_empty() {
        let sentence =
            if state.open.can_run() { t("problems.none_sentence") } else { t("problems.none_yet") };
        empty_state(ui, Icon::Success, t("problems.none"), sentence, None);
        return;
    }
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        for (number, diagnostic) in found.iter().enumerate() {
            ui.push_id(number, |ui| problem(state, diagnostic, ui, commands));
        }
    });
}

fn problem(state: &AppState, diagnostic: &Diagnostic, ui: &mut Ui, commands: &mut Commands) {
    let tokens = Tokens::of(ui);
    let colors = &tokens.colors;
    let place = place_text(state, &diagnostic.place);
    let name = format!("{place} {}", spoken(message(diagnostic)));
    let row = ui.scope_builder(egui::UiBuilder::new().sense(Sense::click()), |ui| {
        ui.horizontal(|ui| {
            ui.set_min_height(tokens.size.hit);
            tone(diagnostic.severity).show(ui);
            let label = |text: egui::WidgetText| Label::new(text).selectable(false).sense(Sense::hover());
            let size = tokens.type_scale.body;
            ui.add(label(RichText::new(place).strong().color(colors.text.strong).into()));
            let sentence = prose(message(diagnostic), size, colors.text.normal, colors.text.strong);
            ui.add(label(sentence.into()).truncate());
            if let Some(path) = path_to_allow(diagnostic)
                && ui.button(t("problems.allow")).on_hover_text(t("tip.allow")).clicked()
            {
                commands.push(Command::Allow(path));
            }
            if let Some(fix) = &diagnostic.fix {
                Icon::Idea.show(ui, tokens.size.icon, colors.text.dim);
                ui.add(label(prose(fix, size, colors.text.dim, colors.text.normal).into()).truncate());
            }
        });
    });
    row.response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &name));
    if row.response.hovered() {
        ui.ctx().set_cursor_icon(egui::CursorIcon::PointingHand);
    }
    if row.response.clicked()
        && let Some(node) = diagnostic.place.node()
    {
        commands.push(Command::Reveal(node.clone()));
    }
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
