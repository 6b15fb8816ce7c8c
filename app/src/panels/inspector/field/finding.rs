//! What was found about a parameter, in its colour, with what would mend it.

use egui::{Label, Ui};
use tidemark_engine::diagnostic::{Diagnostic, Place, Severity};

use super::FieldContext;
use crate::panels::dock::message;
use crate::ui_kit::Tokens;
use crate::ui_kit::prose::prose;
use crate::ui_kit::widgets::Tone;

/// What was found about a parameter.
pub(super) fn found<'a>(
    cx: &FieldContext<'a>,
    path: &'a str,
) -> impl Iterator<Item = &'a Diagnostic> + use<'a> {
    let (state, node) = (cx.state, cx.node);
    state.open.diagnostics_of(node).filter(move |diagnostic| is_at(diagnostic, path))
}

pub(super) fn is_at(diagnostic: &Diagnostic, path: &str) -> bool {
    matches!(&diagnostic.place, Place::Param { path: at, .. } if at == path)
}

/// A finding in its colour, and what would mend it.
pub(in crate::panels::inspector) fn finding(diagnostic: &Diagnostic, ui: &mut Ui) {
    let tokens = Tokens::of(ui);
    let tone = match diagnostic.severity {
        Severity::Error => Tone::Error,
        Severity::Warning => Tone::Warning,
        Severity::Hint => Tone::Accent,
    };
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = tokens.spacing.xs;
        tone.show(ui);
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            let size = tokens.type_scale.small;
            let color = tone.color(tokens);
            ui.add(Label::new(prose(message(diagnostic), size, color, color)).wrap());
            if let Some(fix) = &diagnostic.fix {
                let colors = &tokens.colors.text;
                ui.add(Label::new(prose(fix, size, colors.dim, colors.normal)).wrap());
            }
        });
    });
    ui.add_space(tokens.spacing.xs);
}
