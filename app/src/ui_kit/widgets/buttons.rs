//! Buttons: icons with a name, the main button of a place, the dangerous one, and links.

use egui::{Color32, Response, RichText, Role, Sense, Stroke, StrokeKind, Ui, Vec2, Widget, WidgetInfo};

use super::focus_ring;
use crate::ui_kit::{Icon, Tokens};

/// A square button with an icon. Its name is what a screen reader says and the tooltip shows.
#[derive(Debug, Clone)]
#[must_use = "a button is shown by adding it"]
pub struct IconButton<'a> {
    icon: Icon,
    name: &'a str,
    shortcut: Option<&'a str>,
    color: Option<Color32>,
    size: Option<f32>,
    selected: Option<bool>,
    filled: bool,
}

impl<'a> IconButton<'a> {
    /// A button with this icon and name.
    pub fn new(icon: Icon, name: &'a str) -> Self {
        Self { icon, name, shortcut: None, color: None, size: None, selected: None, filled: false }
    }

    /// Shows the keys that do the same in the tooltip.
    pub fn shortcut(mut self, shortcut: &'a str) -> Self {
        self.shortcut = Some(shortcut);
        self
    }

    /// Paints the icon in this colour in place of the text colour.
    pub fn color(mut self, color: Color32) -> Self {
        self.color = Some(color);
        self
    }

    /// Width and height in points. Default: the hit target of the theme, and never less.
    pub fn size(mut self, size: f32) -> Self {
        self.size = Some(size);
        self
    }

    /// Makes it a switch that shows whether it is on.
    pub fn selected(mut self, selected: bool) -> Self {
        self.selected = Some(selected);
        self
    }

    /// Paints the icon filled.
    pub fn filled(mut self) -> Self {
        self.filled = true;
        self
    }
}

impl Widget for IconButton<'_> {
    fn ui(self, ui: &mut Ui) -> Response {
        let tokens = Tokens::of(ui);
        let colors = &tokens.colors;
        let size = self.size.unwrap_or(tokens.size.hit).max(tokens.size.hit);
        let (rect, response) = ui.allocate_exact_size(Vec2::splat(size), Sense::click());
        let enabled = ui.is_enabled();
        response.widget_info(|| match self.selected {
            Some(selected) => WidgetInfo::selected(Role::Button, enabled, selected, self.name),
            None => WidgetInfo::labeled(Role::Button, enabled, self.name),
        });

        if ui.is_rect_visible(rect) {
            let is_on = self.selected == Some(true);
            let fill = if response.is_pointer_button_down_on() {
                colors.surface.pressed
            } else if is_on {
                colors.accent.soft
            } else if response.hovered() {
                colors.surface.hover
            } else {
                Color32::TRANSPARENT
            };
            let ink = match self.color {
                Some(color) => color,
                None if is_on => colors.accent.text,
                None if response.hovered() => colors.text.strong,
                None => colors.text.normal,
            };
            let painter = ui.painter();
            painter.rect_filled(rect, tokens.radius.md, fill);
            let icon_size = (size * 0.62).clamp(tokens.size.icon, tokens.size.icon_large).round();
            let icon_rect = egui::Rect::from_center_size(rect.center(), Vec2::splat(icon_size));
            if self.filled || is_on {
                self.icon.paint_filled(painter, icon_rect, ink);
            } else {
                self.icon.paint(painter, icon_rect, ink);
            }
            focus_ring(ui, &response, rect, tokens);
        }

        let tooltip = |ui: &mut Ui| {
            ui.horizontal(|ui| {
                ui.label(self.name);
                if let Some(shortcut) = self.shortcut {
                    ui.label(RichText::new(shortcut).small().color(colors.text.dim));
                }
            });
        };
        response.on_hover_ui(tooltip).on_disabled_hover_ui(tooltip)
    }
}

/// An [`IconButton`] as it comes.
pub fn icon_button(ui: &mut Ui, icon: Icon, name: &str) -> Response {
    ui.add(IconButton::new(icon, name))
}

/// The one main button of a place: filled with the accent.
pub fn primary_button(ui: &mut Ui, text: &str) -> Response {
    let accent = &Tokens::of(ui).colors.accent;
    filled_button(ui, text, accent.fill, accent.hover, accent.on_fill)
}

/// A button that cannot be taken back: outlined in the colour of errors, filled under the pointer.
pub fn danger_button(ui: &mut Ui, text: &str) -> Response {
    let colors = &Tokens::of(ui).colors;
    let error = colors.status.error;
    let wash = crate::ui_kit::design_tokens::tint(error);
    filled_button(ui, text, Color32::TRANSPARENT, wash, error)
}

/// A button that looks like a word in a sentence.
pub fn link_button(ui: &mut Ui, text: &str) -> Response {
    let tokens = Tokens::of(ui);
    let response = ui.add(egui::Link::new(RichText::new(text).color(tokens.colors.accent.text)));
    focus_ring(ui, &response, response.rect.expand(tokens.spacing.xs / 2.0), tokens);
    response
}

fn filled_button(ui: &mut Ui, text: &str, fill: Color32, hover: Color32, ink: Color32) -> Response {
    let tokens = Tokens::of(ui);
    let font = crate::ui_kit::fonts::semibold(tokens.type_scale.body);
    let galley = ui.painter().layout_no_wrap(text.to_owned(), font, ink);
    let size = Vec2::new(galley.size().x + 2.0 * (tokens.spacing.lg + 2.0), tokens.size.control);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, ui.is_enabled(), text));
    if ui.is_rect_visible(rect) {
        let painter = ui.painter();
        painter.rect_filled(rect, tokens.radius.md, if response.hovered() { hover } else { fill });
        if fill == Color32::TRANSPARENT {
            let outline = Stroke::new(tokens.size.stroke, ink.gamma_multiply(0.5));
            painter.rect_stroke(rect, tokens.radius.md, outline, StrokeKind::Inside);
        }
        let pos = rect.center() - galley.size() / 2.0;
        painter.galley(pos, galley, ink);
        focus_ring(ui, &response, rect.expand(2.0), tokens);
    }
    response
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use egui_kittest::kittest::Queryable as _;

    use super::*;
    use crate::ui_kit::test_harness;

    #[test]
    fn an_icon_button_is_found_and_clicked_by_its_name() {
        let clicks = Cell::new(0);
        let mut harness = test_harness(|ui| {
            if ui.add(IconButton::new(Icon::Play, "Start").shortcut("Space").size(4.0)).clicked() {
                clicks.set(clicks.get() + 1);
            }
        });
        let button = harness.get_by_label("Start");
        assert!(button.rect().size().min_elem() >= 24.0);
        button.click();
        harness.run();
        assert_eq!(clicks.get(), 1);
    }

    #[test]
    fn filled_buttons_answer_the_keyboard() {
        let clicks = Cell::new(0);
        let mut harness = test_harness(|ui| {
            if primary_button(ui, "Save").clicked() || danger_button(ui, "Delete").clicked() {
                clicks.set(clicks.get() + 1);
            }
        });
        for name in ["Save", "Delete"] {
            harness.get_by_label(name).focus();
            harness.run();
            harness.key_press(egui::Key::Enter);
            harness.run();
        }
        assert_eq!(clicks.get(), 2);
    }
}
