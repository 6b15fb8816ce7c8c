//! Where a table is scrolled to. The place is known before anything is painted, so that a table that follows its rows shows the newest
//! ones in the frame in which they come; egui's own scroll areas come to their end one frame late.

use egui::{CornerRadius, Id, Rect, Sense, Ui, Vec2, pos2, vec2};

use crate::ui_kit::Tokens;

/// Where a table is in this frame.
pub(super) struct Scrolled {
    /// How far its content has gone up and to the left.
    pub(super) at: Vec2,
    /// Whether a person has scrolled up from the end that it followed.
    pub(super) has_let_go: bool,
}

/// The place of a table in `body`, moved by the wheel if that is turned over `room`.
pub(super) fn of(id: Id, room: Rect, body: Rect, content: Vec2, follows: bool, ui: &Ui) -> Scrolled {
    let most = most(body, content);
    let mut at = place(id, ui);
    if follows {
        at.y = most.y;
    }
    let mut has_let_go = false;
    if ui.rect_contains_pointer(room) {
        let turned = ui.input_mut(|input| std::mem::take(&mut input.smooth_scroll_delta));
        at -= turned;
        has_let_go = follows && turned.y > 0.0 && most.y > 0.0;
    }
    let at = at.clamp(Vec2::ZERO, most);
    set(id, at, ui);
    Scrolled { at, has_let_go }
}

/// The bars along the edges, where there is anything to scroll. Whether one was dragged up from the end that the table followed.
pub(super) fn bars(id: Id, body: Rect, content: Vec2, gutter: f32, follows: bool, ui: &mut Ui) -> bool {
    let most = most(body, content);
    let mut at = place(id, ui);
    let before = at;
    let width = Tokens::of(ui).size.scrollbar;
    if most.y > 0.0 {
        let track = Rect::from_min_max(pos2(body.right() - width, body.top()), body.right_bottom());
        at.y += bar(ui, id.with("down"), track, 1, body.height() / content.y, at.y / most.y) * most.y;
    }
    if most.x > 0.0 {
        let left = (body.left() + gutter).min(body.right());
        let track =
            Rect::from_min_max(pos2(left, body.bottom() - width), body.right_bottom() - vec2(width, 0.0));
        let seen = (body.width() - gutter).max(0.0) / (content.x - gutter).max(1.0);
        at.x += bar(ui, id.with("right"), track, 0, seen, at.x / most.x) * most.x;
    }
    set(id, at.clamp(Vec2::ZERO, most), ui);
    follows && at.y < before.y
}

/// Moves a table so that this height is at its top, from the next frame on.
pub(super) fn to(id: Id, y: f32, ui: &Ui) {
    set(id, vec2(place(id, ui).x, y), ui);
}

/// Moves a table sideways.
pub(super) fn sideways(id: Id, by: f32, ui: &Ui) {
    set(id, place(id, ui) + vec2(by, 0.0), ui);
}

/// Where a table was in the last frame.
pub(super) fn place(id: Id, ui: &Ui) -> Vec2 {
    ui.data(|data| data.get_temp(id.with("scroll"))).unwrap_or_default()
}

fn set(id: Id, at: Vec2, ui: &Ui) {
    ui.data_mut(|data| data.insert_temp(id.with("scroll"), at));
}

fn most(body: Rect, content: Vec2) -> Vec2 {
    (content - body.size()).max(Vec2::ZERO)
}

/// A bar on its track; `seen` is the share of the content in sight and `part` how far it has gone. How much further it was dragged, as a
/// share of the way.
fn bar(ui: &mut Ui, id: Id, track: Rect, axis: usize, seen: f32, part: f32) -> f32 {
    let tokens = Tokens::of(ui);
    let length = track.size()[axis];
    if length <= 0.0 {
        return 0.0;
    }
    let handle_length = (length * seen.clamp(0.0, 1.0)).max(tokens.size.hit).min(length);
    let way = length - handle_length;
    let mut handle = track;
    handle.min[axis] += way * part.clamp(0.0, 1.0);
    handle.max[axis] = handle.min[axis] + handle_length;
    let response = ui.interact(track, id, Sense::drag());
    let surface = &tokens.colors.surface;
    let is_used = response.hovered() || response.dragged();
    let (color, thinner) = if is_used { (surface.border_strong, 0.0) } else { (surface.outline, 2.0) };
    let mut painted = handle;
    painted.min[1 - axis] += thinner;
    ui.painter().rect_filled(painted, CornerRadius::same(tokens.radius.sm), color);
    if response.dragged() && way > 0.0 { response.drag_delta()[axis] / way } else { 0.0 }
}
