//! A number that is watched: its name, its value, what it was, and its recent course.

use egui::{Label, RichText, Ui, Vec2};

use super::{Tone, sparkline};
use crate::ui_kit::{Tokens, fonts};

/// What a [`stat`] shows.
#[derive(Debug, Clone, Copy)]
pub struct Stat<'a> {
    /// What is measured.
    pub name: &'a str,
    /// The value with its unit.
    pub value: &'a str,
    /// How the value is meant; colours the course, and the value if it is bad.
    pub tone: Tone,
    /// A few words below, such as the change or the limit.
    pub note: Option<&'a str>,
    /// The recent values, oldest first; empty leaves the picture out.
    pub course: &'a [f32],
}

/// Shows a number as a block as wide as there is room.
pub fn stat(ui: &mut Ui, stat: &Stat<'_>) {
    let tokens = Tokens::of(ui);
    let colors = &tokens.colors;
    let is_bad = matches!(stat.tone, Tone::Warning | Tone::Late | Tone::Error | Tone::Rejected);
    let ink = if is_bad { stat.tone.color(tokens) } else { colors.text.strong };
    ui.vertical(|ui| {
        ui.spacing_mut().item_spacing.y = tokens.spacing.xs / 2.0;
        ui.add(Label::new(RichText::new(stat.name).small().color(colors.text.dim)).truncate());
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = tokens.spacing.xs;
            if is_bad {
                stat.tone.show(ui);
            }
            let value = RichText::new(stat.value).font(fonts::semibold(tokens.type_scale.heading)).color(ink);
            ui.add(Label::new(value).truncate());
        });
        if let Some(note) = stat.note {
            ui.add(Label::new(RichText::new(note).small().color(colors.text.dim)).truncate());
        }
        if !stat.course.is_empty() {
            ui.add_space(tokens.spacing.xs);
            let size = Vec2::new(ui.available_width(), tokens.size.hit);
            let color =
                if stat.tone == Tone::Neutral { colors.status.running } else { stat.tone.color(tokens) };
            sparkline(ui, size, stat.name, stat.course, color);
        }
    });
}

#[cfg(test)]
mod tests {
    use egui_kittest::kittest::Queryable as _;

    use super::*;
    use crate::ui_kit::test_harness;

    #[test]
    fn a_stat_says_its_name_value_and_note() {
        let harness = test_harness(|ui| {
            let shown =
                Stat {
                    name: "Lag", value: "−4.2 s", tone: Tone::Late, note: Some("limit 5 s"), course: &[]
                };
            stat(ui, &shown);
        });
        for text in ["Lag", "−4.2 s", "limit 5 s"] {
            harness.get_by_label(text);
        }
    }
}
