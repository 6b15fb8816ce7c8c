//! The search over the nodes of the flow, in the upper right corner of the canvas.

use egui::{Area, Id, Key, Label, Modifiers, Order, Rect, RichText, Ui, vec2};

use crate::command::{Action, Command, Commands};
use crate::state::AppState;
use crate::ui_kit::format::count;
use crate::ui_kit::widgets::icon_button;
use crate::ui_kit::{Icon, Tokens, style, t, t_args};

/// How wide the bar is, where there is room.
const WIDTH: f32 = 380.0;

/// The search as it is typed.
#[derive(Default)]
pub(super) struct FindBar {
    wants_focus: bool,
}

impl FindBar {
    /// Puts the keyboard into the field, from the next frame on.
    pub(super) fn focus(&mut self) {
        self.wants_focus = true;
    }

    /// Shows the bar, if there is a search.
    pub(super) fn ui(&mut self, state: &AppState, canvas: Rect, ui: &Ui, commands: &mut Commands) {
        let Some(find) = &state.view.find else { return };
        let tokens = Tokens::of(ui);
        let width = WIDTH.min(canvas.width() - 2.0 * tokens.spacing.lg);
        let corner = canvas.right_top() + vec2(-width - tokens.spacing.lg, tokens.spacing.lg);
        let frame =
            style::card_frame(tokens).shadow(tokens.shadow.popup.with_color(tokens.colors.shadow.popup));
        let area = Area::new(Id::unique("find")).order(Order::Middle).fixed_pos(corner);
        area.show(ui.ctx(), |ui| {
            frame.show(ui, |ui| {
                ui.set_width(width - frame.total_margin().sum().x);
                // Taken before the field sees them: Enter goes on and leaves the keyboard where it is.
                let field_id = ui.scope_id().with("field");
                let is_typed_in = ui.memory(|memory| memory.has_focus(field_id));
                if is_typed_in {
                    let (previous, next) = ui.input_mut(|input| {
                        let previous = input.consume_key(Modifiers::SHIFT, Key::Enter);
                        (previous, input.consume_key(Modifiers::NONE, Key::Enter))
                    });
                    if next || previous {
                        commands.push(if next { Action::FindNext } else { Action::FindPrevious });
                    }
                }
                ui.horizontal(|ui| {
                    let buttons = 3.0 * (tokens.size.hit + tokens.spacing.sm) + 84.0;
                    let mut query = find.query.clone();
                    ui.allocate_ui(vec2(ui.available_width() - buttons, tokens.size.control), |ui| {
                        let field = ui
                            .push_id("query", |ui| field(ui, field_id, &mut query))
                            .inner
                            .accessible_name(t("find.name"));
                        if std::mem::take(&mut self.wants_focus) {
                            field.request_focus();
                        }
                        // Escape has already taken the keyboard away when the field hears of it.
                        if field.lost_focus() && ui.input(|input| input.key_pressed(Key::Escape)) {
                            commands.push(Command::Find(None));
                        }
                    });
                    if query != find.query {
                        commands.push(Command::Find(Some(query)));
                    }
                    let text = RichText::new(found_text(state)).small().color(tokens.colors.text.dim);
                    ui.add_sized(vec2(76.0, tokens.size.control), Label::new(text).truncate());
                    for (icon, action) in
                        [(Icon::ArrowUp, Action::FindPrevious), (Icon::ArrowDown, Action::FindNext)]
                    {
                        let has_any = !find.found.is_empty();
                        let button = ui.add_enabled_ui(has_any, |ui| icon_button(ui, icon, action.name()));
                        if button.inner.clicked() {
                            commands.push(action);
                        }
                    }
                    if icon_button(ui, Icon::Close, t("find.end")).clicked() {
                        commands.push(Command::Find(None));
                    }
                });
                let hint = RichText::new(t("find.facets")).small().color(tokens.colors.text.dim);
                ui.add(Label::new(hint).wrap());
            });
        });
    }
}

fn field(ui: &mut Ui, id: Id, query: &mut String) -> egui::Response {
    let dim = Tokens::of(ui).colors.text.dim;
    let field = egui::TextEdit::singleline(query)
        .id(id)
        .hint_text(RichText::new(t("find.hint")).color(dim))
        .align(egui::Align2::LEFT_CENTER)
        .desired_width(f32::INFINITY);
    ui.add(field)
}

/// How many were found, and which of them is looked at.
fn found_text(state: &AppState) -> String {
    let Some(find) = state.view.find.as_ref().filter(|find| !find.query.trim().is_empty()) else {
        return String::new();
    };
    let n_found = count(find.found.len() as u64);
    match find.current {
        _ if find.found.is_empty() => t("find.nothing").to_owned(),
        Some(current) => t_args("find.place", &[("n", &count(current as u64 + 1)), ("of", &n_found)]),
        None => t_args("find.found", &[("n", &n_found)]),
    }
}
