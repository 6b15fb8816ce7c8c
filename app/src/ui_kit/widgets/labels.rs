//! What is only read: section headers, key-value rows and badges.

use egui::text_selection::LabelSelectionState;
use egui::{Color32, Label, Rect, Response, RichText, Role, Sense, Stroke, StrokeKind, Ui, Vec2, WidgetInfo};

use crate::ui_kit::{Icon, Tokens, design_tokens::tint, fonts};

/// What a badge says about the thing it is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// A fact without judgement.
    Neutral,
    /// Chosen or new.
    Accent,
    /// At work.
    Running,
    /// Finished or healthy.
    Ok,
    /// Needs a look.
    Warning,
    /// Behind the watermark.
    Late,
    /// Failed.
    Error,
    /// Rows that could not be read.
    Rejected,
    /// Stopped by a person.
    Paused,
    /// Nothing to do.
    Idle,
}

impl Tone {
    /// Its colour in this theme.
    pub fn color(self, tokens: &Tokens) -> Color32 {
        let colors = &tokens.colors;
        match self {
            Self::Neutral | Self::Idle => colors.text.dim,
            Self::Accent => colors.accent.text,
            Self::Running => colors.status.running,
            Self::Ok => colors.status.ok,
            Self::Warning => colors.status.warning,
            Self::Late => colors.status.late,
            Self::Error | Self::Rejected => colors.status.error,
            Self::Paused => colors.status.paused,
        }
    }

    /// The icon that says the same to who cannot tell the colours apart.
    pub fn icon(self) -> Icon {
        match self {
            Self::Neutral => Icon::Dot,
            Self::Accent => Icon::Info,
            Self::Running => Icon::Play,
            Self::Ok => Icon::Success,
            Self::Warning => Icon::Warning,
            Self::Late => Icon::Late,
            Self::Error => Icon::Error,
            Self::Rejected => Icon::Rejected,
            Self::Paused => Icon::Pause,
            Self::Idle => Icon::Pending,
        }
    }

    /// Shows its icon in its colour, for places where a word stands beside it.
    pub fn show(self, ui: &mut Ui) -> Response {
        let tokens = Tokens::of(ui);
        let (rect, response) = ui.allocate_exact_size(Vec2::splat(tokens.size.icon), Sense::hover());
        self.icon().paint_filled(ui.painter(), rect, self.color(tokens));
        response
    }
}

/// The title of a part of a panel, with room for small buttons at its right end.
pub fn section_header(ui: &mut Ui, title: &str, at_end: impl FnOnce(&mut Ui)) {
    let tokens = Tokens::of(ui);
    ui.add_space(tokens.spacing.sm);
    ui.horizontal(|ui| {
        ui.set_min_height(tokens.size.hit);
        let text =
            RichText::new(title).font(fonts::semibold(tokens.type_scale.small)).color(tokens.colors.text.dim);
        ui.add(Label::new(text).selectable(false));
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), at_end);
    });
}

/// A row with a name at the left and its value at the right; a value without room is cut and shown on hover.
pub fn key_value(ui: &mut Ui, key: &str, value: &str) -> Response {
    let tokens = Tokens::of(ui);
    ui.scope(|ui| {
        // A row that is only read needs no room for a finger.
        ui.spacing_mut().interact_size.y = tokens.size.icon;
        ui.horizontal(|ui| {
            ui.add(Label::new(RichText::new(key).color(tokens.colors.text.dim)).selectable(false));
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                ui.add(Label::new(RichText::new(value).color(tokens.colors.text.strong)).truncate())
            })
            .inner
        })
        .inner
    })
    .inner
}

/// Whether there is a cursor in some label, so that text may be marked that a person means to copy.
pub fn has_text_cursor(ctx: &egui::Context) -> bool {
    ctx.with_plugin(|marked: &mut LabelSelectionState| marked.has_selection()).unwrap_or(false)
}

/// A small word on a wash of its colour.
pub fn badge(ui: &mut Ui, tone: Tone, text: &str) -> Response {
    pill(ui, tone, text, false)
}

/// The same with the icon of its tone: whatever says how a thing is has both.
pub fn status_badge(ui: &mut Ui, tone: Tone, text: &str) -> Response {
    pill(ui, tone, text, true)
}

fn pill(ui: &mut Ui, tone: Tone, text: &str, with_icon: bool) -> Response {
    let tokens = Tokens::of(ui);
    let (color, padding) = (tone.color(tokens), tokens.spacing.sm);
    let icon_size = tokens.type_scale.body;
    let icon_width = if with_icon { icon_size + tokens.spacing.xs } else { 0.0 };
    let galley =
        ui.painter().layout_no_wrap(text.to_owned(), fonts::semibold(tokens.type_scale.small), color);
    let size = Vec2::new(galley.size().x + icon_width + 2.0 * padding, tokens.size.icon + tokens.spacing.xs);
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, text));
    if ui.is_rect_visible(rect) {
        let painter = ui.painter();
        painter.rect_filled(rect, tokens.radius.sm, tint(color));
        let outline = Stroke::new(tokens.size.stroke, color.gamma_multiply(0.28));
        painter.rect_stroke(rect, tokens.radius.sm, outline, StrokeKind::Inside);
        let left = rect.left() + padding;
        if with_icon {
            let center = egui::pos2(left + icon_size / 2.0, rect.center().y);
            tone.icon().paint_filled(painter, Rect::from_center_size(center, Vec2::splat(icon_size)), color);
        }
        let top = rect.center().y - galley.size().y / 2.0;
        painter.galley(egui::pos2(left + icon_width, top), galley, color);
    }
    response
}

#[cfg(test)]
mod tests {
    use egui_kittest::kittest::Queryable as _;

    use super::*;
    use crate::ui_kit::test_harness;

    #[test]
    fn labels_can_be_found_by_what_they_say() {
        let harness = test_harness(|ui| {
            section_header(ui, "Live", |_| {});
            key_value(ui, "Rows in", "12,431");
            status_badge(ui, Tone::Late, "31 late");
        });
        for text in ["Live", "Rows in", "12,431", "31 late"] {
            harness.get_by_label(text);
        }
    }
}
