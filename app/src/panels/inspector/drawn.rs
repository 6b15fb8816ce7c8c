//! A frame or a note: its title or its text, and its colour.

use egui::{Label, Response, RichText, Role, ScrollArea, Sense, Stroke, TextEdit, Ui, Vec2, WidgetInfo};
use tidemark_engine::graph::{Edit, FlowDocument};

use super::visit::Visit;
use crate::command::{Action, Command, Commands};
use crate::panels::canvas::{ACCENTS, Accent};
use crate::state::{AppState, Drawn};
use crate::ui_kit::widgets::{focus_ring, text_field};
use crate::ui_kit::{Icon, Tokens, t};

/// What the form remembers.
#[derive(Default)]
pub(super) struct DrawnForm {
    visit: Visit,
    wants_keyboard: bool,
}

impl DrawnForm {
    /// Puts the keyboard into the title or the text if it is shown in this frame.
    pub(super) fn focus(&mut self) {
        self.wants_keyboard = true;
    }

    /// Nothing takes the keyboard in a later frame.
    pub(super) fn end_frame(&mut self) {
        self.wants_keyboard = false;
    }

    pub(super) fn ui(&mut self, drawn: &Drawn, state: &AppState, ui: &mut Ui, commands: &mut Commands) {
        let flow = state.open.document.flow();
        let (icon, heading, name) = match drawn {
            Drawn::Frame(_) => (Icon::Grid, t("drawn.frame"), t("drawn.title")),
            Drawn::Note(_) => (Icon::Note, t("drawn.note"), t("drawn.text")),
        };
        super::heading(ui, icon, heading);
        ScrollArea::vertical().id_salt(drawn).auto_shrink(false).show(ui, |ui| {
            let tokens = Tokens::of(ui);
            ui.set_max_width(ui.available_width() - tokens.spacing.md);
            label(name, ui);
            let Some((mut text, color)) = content(flow, drawn) else { return };
            let field = ui.push_id(drawn, |ui| match drawn {
                Drawn::Frame(_) => text_field(ui, &mut text, t("drawn.title_hint"), None),
                Drawn::Note(_) => {
                    let hint = RichText::new(t("drawn.text_hint")).color(tokens.colors.text.dim);
                    let field = TextEdit::multiline(&mut text).hint_text(hint).desired_rows(8);
                    ui.add(field.desired_width(f32::INFINITY))
                }
            });
            let field = field.inner.accessible_name(name);
            if std::mem::take(&mut self.wants_keyboard) {
                field.request_focus();
            }
            let edit = || with(flow, drawn, Some(text), None);
            self.visit.take(&field, edit, ui, commands);
            ui.add_space(tokens.spacing.md);
            label(t("drawn.color"), ui);
            let chosen = Accent::named(color.as_deref());
            ui.horizontal(|ui| {
                for accent in ACCENTS {
                    if swatch(ui, accent, accent == chosen).clicked() && accent != chosen {
                        commands.push(Command::Edit(with(flow, drawn, None, Some(accent))));
                        commands.push(Command::EndGesture);
                    }
                }
            });
            ui.add_space(tokens.spacing.lg);
            if ui.button(Action::Delete.name()).on_hover_text(Action::Delete.tooltip()).clicked() {
                commands.push(Action::Delete);
            }
            if matches!(drawn, Drawn::Frame(_)) {
                ui.add_space(tokens.spacing.md);
                super::dim(ui, t("drawn.frame_sentence"));
            }
        });
    }
}

/// The title or text of a frame or note, and the name of its colour.
fn content(flow: &FlowDocument, drawn: &Drawn) -> Option<(String, Option<String>)> {
    match drawn {
        Drawn::Frame(id) => flow.frames.get(id).map(|frame| (frame.title.clone(), frame.color.clone())),
        Drawn::Note(id) => flow.notes.get(id).map(|note| (note.text.clone(), note.color.clone())),
    }
}

/// The step that gives a frame or a note another text or colour, where it stands.
fn with(flow: &FlowDocument, drawn: &Drawn, text: Option<String>, accent: Option<Accent>) -> Edit {
    let (step, edit) = match drawn {
        Drawn::Frame(id) => {
            let step = if text.is_some() { "rename_frame" } else { "color_frame" };
            let mut frame = flow.frames.get(id).cloned().unwrap_or_default();
            frame.title = text.unwrap_or(frame.title);
            frame.color = accent.map(|accent| accent.name.to_owned()).or(frame.color);
            let area = flow.layout.frames.get(id).copied();
            (step, Edit::SetFrame { id: id.clone(), frame: Some((frame, area)) })
        }
        Drawn::Note(id) => {
            let step = if text.is_some() { "write_note" } else { "color_note" };
            let mut note = flow.notes.get(id).cloned().unwrap_or_default();
            note.text = text.unwrap_or(note.text);
            note.color = accent.map(|accent| accent.name.to_owned()).or(note.color);
            let area = flow.layout.notes.get(id).copied();
            (step, Edit::SetNote { id: id.clone(), note: Some((note, area)) })
        }
    };
    Edit::Batch { name: step.to_owned(), edits: vec![edit] }
}

/// A colour to choose.
fn swatch(ui: &mut Ui, accent: Accent, is_chosen: bool) -> Response {
    let tokens = Tokens::of(ui);
    let (rect, response) = ui.allocate_exact_size(Vec2::splat(tokens.size.hit), Sense::click());
    let name = t(accent.text);
    response.widget_info(|| WidgetInfo::selected(Role::RadioButton, ui.is_enabled(), is_chosen, name));
    if ui.is_rect_visible(rect) {
        let painter = ui.painter();
        painter.circle_filled(rect.center(), tokens.size.icon / 2.0, accent.color(tokens));
        if is_chosen {
            let ring = Stroke::new(2.0 * tokens.size.stroke, tokens.colors.text.strong);
            painter.circle_stroke(rect.center(), tokens.size.hit / 2.0 - tokens.size.stroke, ring);
        }
        focus_ring(ui, &response, rect, tokens);
    }
    response.on_hover_text(name)
}

fn label(text: &str, ui: &mut Ui) {
    let text = RichText::new(text).color(Tokens::of(ui).colors.text.normal);
    ui.add(Label::new(text).selectable(false));
}
