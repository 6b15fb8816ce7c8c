//! The open flows, as tabs in the menu bar.

use egui::{Align2, Color32, PointerButton, Rect, Response, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::command::{Action, Command, Commands};
use crate::engine_link::RunStatus;
use crate::state::{AppState, OpenFlow};
use crate::ui_kit::widgets::{IconButton, icon_button, menu_item};
use crate::ui_kit::{Icon, Tokens, fonts, t, t_args};

/// The width of a tab, from where its name can still be told to where it is long enough for most.
const WIDTHS: std::ops::RangeInclusive<f32> = 112.0..=208.0;

/// Shows the tabs in the room that menus and search leave.
pub(super) fn ui(state: &AppState, room: Rect, ui: &mut Ui, commands: &mut Commands) {
    let tokens = Tokens::of(ui);
    let flows = state.flows();
    let (least, most) = WIDTHS.into_inner();
    let button = tokens.size.control;
    // Room for a button that opens an empty flow, and for a list of what has no tab.
    let left = room.width() - 2.0 * button - tokens.spacing.md;
    let n_tabs = ((left / least) as usize).min(flows.len());
    if n_tabs == 0 {
        return;
    }
    let width = (left / n_tabs as f32).min(most).floor();
    let shown = flows.iter().position(|flow| flow.number == state.open.number).unwrap_or(0);
    // The tabs in sight are those around the one that is shown.
    let first = shown.saturating_sub(n_tabs - 1);
    let mut x = room.left();
    for flow in &flows[first..(first + n_tabs).min(flows.len())] {
        let place = Rect::from_min_size(pos2(x, room.top()), vec2(width, room.height()));
        tab(state, flow, place, ui, commands);
        x += width;
    }
    let rest = Rect::from_min_max(pos2(x + tokens.spacing.xs, room.top()), room.right_bottom());
    ui.scope_builder(egui::UiBuilder::new().max_rect(rest), |ui| {
        ui.horizontal_centered(|ui| {
            ui.spacing_mut().item_spacing.x = 0.0;
            let keys = Action::New.keys_text(ui.ctx());
            if ui.add(IconButton::new(Icon::Add, Action::New.name()).shortcut(&keys)).clicked() {
                commands.push(Action::New);
            }
            if n_tabs < flows.len() {
                list(state, &flows, ui, commands);
            }
        });
    });
}

/// A list of all open flows.
fn list(state: &AppState, flows: &[&OpenFlow], ui: &mut Ui, commands: &mut Commands) {
    let menu = ui.menu_button(Icon::ChevronDown.glyph().to_string(), |ui| {
        for flow in flows {
            let icon = (flow.number == state.open.number).then_some(Icon::Check);
            if menu_item(ui, icon, &flow.document.name(), "").clicked() {
                commands.push(Command::ShowFlow(flow.number));
            }
        }
    });
    let name = t_args("file.all_open", &[("n", &flows.len())]);
    menu.response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
    menu.response.on_hover_text(name);
}

fn tab(state: &AppState, flow: &OpenFlow, place: Rect, ui: &mut Ui, commands: &mut Commands) {
    let tokens = Tokens::of(ui);
    let is_shown = flow.number == state.open.number;
    let name = flow.document.name();
    let response = ui.interact(place, ui.scope_id().with(("flow_tab", flow.number)), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::Tab, true, is_shown, &name));
    let close = Rect::from_center_size(
        pos2(place.right() - tokens.size.control / 2.0 - tokens.spacing.xs, place.center().y),
        egui::Vec2::splat(tokens.size.hit),
    );
    let is_pointed_at = ui.rect_contains_pointer(place);
    paint(flow, &name, is_shown, is_pointed_at, place, close, ui);
    if is_shown || is_pointed_at {
        let text = t_args("file.close_named", &[("name", &name)]);
        let button = ui.scope_builder(egui::UiBuilder::new().max_rect(close), |ui| {
            // What is unsaved is marked where the button stands, until the pointer comes.
            ui.set_opacity(if flow.document.is_saved() || is_pointed_at { 1.0 } else { 0.0 });
            icon_button(ui, Icon::Close, &text)
        });
        if button.inner.clicked() {
            commands.push(Command::Close(flow.number));
        }
    }
    if response.clicked() || response.gained_focus() && !is_shown {
        commands.push(Command::ShowFlow(flow.number));
    }
    if response.clicked_by(PointerButton::Middle) {
        commands.push(Command::Close(flow.number));
    }
    about(flow, response);
}

fn paint(
    flow: &OpenFlow,
    name: &str,
    is_shown: bool,
    is_pointed_at: bool,
    place: Rect,
    close: Rect,
    ui: &Ui,
) {
    let tokens = Tokens::of(ui);
    let (colors, painter) = (&tokens.colors, ui.painter());
    let body = place.shrink2(vec2(1.0, tokens.spacing.xs / 2.0));
    if is_shown {
        painter.rect_filled(body, tokens.radius.md, colors.surface.raised);
    } else if is_pointed_at {
        painter.rect_filled(body, tokens.radius.md, colors.surface.hover);
    }
    let ink = if is_shown || is_pointed_at { colors.text.strong } else { colors.text.dim };
    let (mark, color) = mark(flow, tokens);
    let icon = tokens.size.icon;
    let start = body.left() + tokens.spacing.sm;
    mark.paint(
        painter,
        Rect::from_center_size(pos2(start + icon / 2.0, body.center().y), vec2(icon, icon)),
        color,
    );
    let start = start + icon + tokens.spacing.xs;
    let font = fonts::semibold(tokens.type_scale.body);
    let mut job = egui::text::LayoutJob::simple_singleline(name.to_owned(), font, ink);
    job.wrap = egui::text::TextWrapping::truncate_at_width((close.left() - start).max(8.0));
    let galley = painter.layout_job(job);
    painter.galley(pos2(start, body.center().y - galley.size().y / 2.0), galley, ink);
    if !flow.document.is_saved() && !is_pointed_at {
        let font = egui::FontId::proportional(tokens.type_scale.body);
        painter.text(close.center(), Align2::CENTER_CENTER, "●", font, colors.text.normal);
    }
}

/// What its job is doing, as a picture.
fn mark(flow: &OpenFlow, tokens: &Tokens) -> (Icon, Color32) {
    let colors = &tokens.colors.status;
    match &flow.run.snapshot.status {
        RunStatus::Running => (Icon::Play, colors.running),
        RunStatus::Paused(_) => (Icon::Pause, colors.paused),
        RunStatus::Finished => (Icon::Check, colors.ok),
        RunStatus::Stopped => (Icon::Stop, colors.paused),
        RunStatus::Failed(_) => (Icon::Error, colors.error),
        RunStatus::None => (Icon::File, tokens.colors.text.dim),
    }
}

fn about(flow: &OpenFlow, response: Response) {
    let saved = if flow.document.is_saved() { t("status.saved") } else { t("file.unsaved") };
    let path = flow.document.path().map(|path| path.display().to_string()).unwrap_or_default();
    response.on_hover_text(if path.is_empty() { saved.to_owned() } else { format!("{path}\n{saved}") });
}
