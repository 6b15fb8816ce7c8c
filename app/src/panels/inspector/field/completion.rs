//! The list under the cursor of an expression: columns, functions and words that may stand there.

use egui::{
    Align2, Area, FontId, Frame, Id, Key, LayerId, Modifiers, Order, Rect, Response, Role, ScrollArea, Sense,
    SurrenderFocusOn, Ui, Vec2, WidgetInfo, pos2, vec2,
};
use tidemark_engine::data::Schema;
use tidemark_engine::expr::{Completion, CompletionKind, PieceKind, complete};

use super::code::color_of;
use crate::ui_kit::prose::prose;
use crate::ui_kit::{Tokens, t_args};

/// How many entries are offered; more are narrowed by writing on.
const MAX_ENTRIES: usize = 200;
/// How many entries are seen at once.
const SEEN_ENTRIES: f32 = 8.0;
/// How wide the list is, where the window is.
const WIDTH: f32 = 320.0;

/// The list, while it is open.
#[derive(Default)]
pub(super) struct Completing {
    open: Option<Open>,
}

struct Open {
    /// The field that it belongs to.
    field: Id,
    /// The text and the byte of it at which the entries may stand.
    text: String,
    cursor: usize,
    entries: Vec<Completion>,
    /// The entry that keys have chosen.
    chosen: Option<usize>,
    /// Whether the chosen entry must be brought into view.
    has_moved: bool,
}

/// What the keys of a frame ask of the list.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Wish {
    Nothing,
    Open,
    Take,
}

impl Completing {
    /// Whether the list of a field is open.
    pub(super) fn is_open(&self, field: Id) -> bool {
        self.open_of(field).is_some()
    }

    /// Whether an entry of the list of a field has been chosen by keys.
    pub(super) fn is_chosen(&self, field: Id) -> bool {
        self.open_of(field).is_some_and(|open| open.chosen.is_some())
    }

    fn open_of(&self, field: Id) -> Option<&Open> {
        self.open.as_ref().filter(|open| open.field == field)
    }

    /// Takes the keys that are meant for the list before the field sees them.
    pub(super) fn take_keys(&mut self, field: Id, ui: &Ui) -> Wish {
        let pressed = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
        if ui.input_mut(|input| input.consume_key(Modifiers::CTRL, Key::Space)) {
            return Wish::Open;
        }
        let Some(open) = self.open.as_mut().filter(|open| open.field == field) else { return Wish::Nothing };
        if pressed(Key::Escape) {
            self.open = None;
            return Wish::Nothing;
        }
        let last = open.entries.len() - 1;
        if pressed(Key::ArrowDown) {
            open.chosen = Some(open.chosen.map_or(0, |chosen| if chosen == last { 0 } else { chosen + 1 }));
            open.has_moved = true;
        }
        if pressed(Key::ArrowUp) {
            open.chosen = Some(open.chosen.and_then(|chosen| chosen.checked_sub(1)).unwrap_or(last));
            open.has_moved = true;
        }
        // Without a choice these keys are the field's: a line ends, or the next field has the keyboard.
        if open.chosen.is_some() && (pressed(Key::Enter) || pressed(Key::Tab)) {
            return Wish::Take;
        }
        Wish::Nothing
    }

    /// Puts the chosen entry into the text and closes the list; returns the byte at which the cursor belongs then.
    pub(super) fn take(&mut self, text: &mut String) -> Option<usize> {
        let chosen = self.open.as_ref()?.chosen?;
        self.put(chosen, text)
    }

    fn put(&mut self, entry: usize, text: &mut String) -> Option<usize> {
        let open = self.open.take()?;
        let entry = open.entries.get(entry).filter(|_| open.text == *text)?;
        let mut insert = &*entry.insert;
        // A call that is there already keeps its parenthesis.
        if text[entry.replace.end..].starts_with('(') {
            insert = insert.strip_suffix('(').unwrap_or(insert);
        }
        text.replace_range(entry.replace.clone(), insert);
        Some(entry.replace.start + insert.len())
    }

    /// Opens the list when a word is written or it is asked for, and closes it when the cursor or the keyboard goes elsewhere.
    pub(super) fn follow(
        &mut self,
        field: Id,
        response: &Response,
        text: &str,
        cursor: Option<usize>,
        is_asked_for: bool,
        schema: &Schema,
    ) {
        let Some(cursor) = cursor.filter(|_| response.has_focus()) else {
            self.open.take_if(|open| open.field == field);
            return;
        };
        if response.changed() || is_asked_for {
            self.open = Open::at(field, text, cursor, schema).filter(|open| is_asked_for || open.is_of_use());
        } else {
            self.open.take_if(|open| open.field != field || open.cursor != cursor || open.text != text);
        }
    }

    /// Shows a field so that a press on its list does not take the keyboard from it.
    pub(super) fn keeping_focus<R>(&self, field: Id, ui: &mut Ui, show: impl FnOnce(&mut Ui) -> R) -> R {
        let pointer = ui.ctx().pointer_interact_pos();
        let layer = pointer.filter(|_| self.is_open(field)).and_then(|at| ui.ctx().layer_id_at(at));
        if layer != Some(layer_of(field)) {
            return show(ui);
        }
        let set = |on, ui: &Ui| ui.ctx().options_mut(|options| options.input_options.surrender_focus_on = on);
        let before = ui.ctx().options(|options| options.input_options.surrender_focus_on);
        set(SurrenderFocusOn::Never, ui);
        let shown = show(ui);
        set(before, ui);
        shown
    }

    /// Shows the list under the caret, or over it where there is no room. An entry that is clicked is put into the text; returns
    /// the byte at which the cursor belongs then.
    pub(super) fn list(
        &mut self,
        field: Id,
        caret: Rect,
        name: &str,
        text: &mut String,
        ui: &mut Ui,
    ) -> Option<usize> {
        let open = self.open.as_mut()?;
        let tokens = Tokens::of(ui);
        let room = ui.ctx().content_rect();
        let gap = tokens.spacing.xs;
        let height = tokens.size.control * (SEEN_ENTRIES.min(open.entries.len() as f32))
            + note_height(tokens)
            + 4.0 * tokens.spacing.sm;
        let (at, pivot) = if caret.bottom() + gap + height <= room.bottom() || caret.top() < room.center().y {
            (caret.left_bottom() + vec2(0.0, gap), Align2::LEFT_TOP)
        } else {
            (caret.left_top() - vec2(0.0, gap), Align2::LEFT_BOTTOM)
        };
        let width = WIDTH.min(room.width() - 2.0 * gap);
        let list_name = t_args("inspector.completions_for", &[("field", &name)]);
        let area = Area::new(layer_of(field).id)
            .order(Order::Foreground)
            .fixed_pos(at)
            .pivot(pivot)
            .constrain_to(room.shrink(gap))
            .role(Role::ListBox)
            .accessible_name(list_name);
        let shown = area.show(ui.ctx(), |ui| {
            let frame = Frame::popup(ui.style()).inner_margin(tokens.spacing.sm);
            frame.show(ui, |ui| {
                ui.set_width(width - 2.0 * tokens.spacing.sm);
                open.entries(ui)
            })
        });
        let (clicked, chosen_id) = shown.inner.inner;
        ui.ctx().accesskit_node_builder(field, |node| {
            node.set_expanded(true);
            node.set_controls(vec![layer_of(field).id.accesskit_id()]);
            if let Some(id) = chosen_id {
                node.set_active_descendant(id.accesskit_id());
            }
        });
        let clicked = clicked?;
        let cursor = self.put(clicked, text);
        ui.memory_mut(|memory| memory.request_focus(field));
        cursor
    }
}

impl Open {
    /// What may stand at a byte of the text, if there is anything.
    fn at(field: Id, text: &str, cursor: usize, schema: &Schema) -> Option<Open> {
        let mut entries = complete(text, cursor, schema);
        entries.truncate(MAX_ENTRIES);
        let open = Open { field, text: text.to_owned(), cursor, entries, chosen: None, has_moved: false };
        (!open.entries.is_empty()).then_some(open)
    }

    /// Whether a word has been begun that is not whole yet.
    fn is_of_use(&self) -> bool {
        let Some(first) = self.entries.first() else { return false };
        let word = &self.text[first.replace.clone()];
        !word.is_empty() && (self.entries.len() > 1 || first.insert != word)
    }

    /// The entries, and what the chosen one does; returns which was clicked, and the id of the chosen one.
    fn entries(&mut self, ui: &mut Ui) -> (Option<usize>, Option<Id>) {
        let tokens = Tokens::of(ui);
        let (mut clicked, mut chosen_id) = (None, None);
        ui.spacing_mut().item_spacing.y = 0.0;
        let has_moved = std::mem::take(&mut self.has_moved);
        let height = tokens.size.control * SEEN_ENTRIES;
        ScrollArea::vertical().max_height(height).show(ui, |ui| {
            for (idx, entry) in self.entries.iter().enumerate() {
                let is_chosen = self.chosen == Some(idx);
                let response = row(ui, entry, is_chosen);
                if is_chosen {
                    chosen_id = Some(response.id);
                    if has_moved {
                        response.scroll_to_me(None);
                    }
                }
                if response.clicked() {
                    clicked = Some(idx);
                }
            }
        });
        self.note(ui);
        (clicked, chosen_id)
    }

    /// How the chosen entry is written and what it gives; of the first while none is chosen.
    fn note(&self, ui: &mut Ui) {
        let tokens = Tokens::of(ui);
        let Some(entry) = self.entries.get(self.chosen.unwrap_or(0)) else { return };
        ui.add_space(tokens.spacing.xs);
        let (rect, _) =
            ui.allocate_exact_size(vec2(ui.available_width(), note_height(tokens)), Sense::hover());
        let colors = &tokens.colors.text;
        let text = if entry.doc.is_empty() { &entry.detail } else { entry.doc };
        let mut job = prose(text, tokens.type_scale.small, colors.normal, colors.strong);
        job.wrap.max_width = rect.width() - 2.0 * tokens.spacing.sm;
        job.wrap.max_rows = 2;
        let galley = ui.fonts_mut(|fonts| fonts.layout_job(job));
        ui.painter().hline(rect.x_range(), rect.top(), (tokens.size.stroke, tokens.colors.surface.border));
        ui.painter().galley(rect.left_top() + Vec2::splat(tokens.spacing.sm), galley, colors.normal);
    }
}

/// Two lines of a note, with the line above it.
fn note_height(tokens: &Tokens) -> f32 {
    2.0 * tokens.type_scale.small * 1.4 + tokens.spacing.sm
}

fn layer_of(field: Id) -> LayerId {
    LayerId::new(Order::Foreground, field.with("completions"))
}

/// An entry. It never has the keyboard, which stays in the field.
fn row(ui: &mut Ui, entry: &Completion, is_chosen: bool) -> Response {
    let tokens = Tokens::of(ui);
    let size = Vec2::new(ui.available_width(), tokens.size.control);
    let (rect, response) = ui.allocate_exact_size(size, Sense::CLICK);
    let name = format!("{}, {}", entry.label, entry.detail);
    response.widget_info(|| WidgetInfo::selected(Role::ListBoxOption, true, is_chosen, &name));
    if !ui.is_rect_visible(rect) {
        return response;
    }
    let colors = &tokens.colors;
    if is_chosen {
        ui.painter().rect_filled(rect, tokens.radius.sm, colors.accent.soft);
    } else if response.hovered() {
        ui.painter().rect_filled(rect, tokens.radius.sm, colors.surface.hover);
    }
    let kind = match entry.kind {
        CompletionKind::Column => PieceKind::Column,
        CompletionKind::Function => PieceKind::Function,
        CompletionKind::Keyword => PieceKind::Keyword,
    };
    let space = tokens.spacing.sm;
    let font = FontId::monospace(tokens.type_scale.mono);
    let cut = |text: &str, font: FontId, color, width: f32| {
        let mut job = egui::text::LayoutJob::simple_singleline(text.to_owned(), font, color);
        job.wrap = egui::text::TextWrapping::truncate_at_width(width.max(0.0));
        ui.fonts_mut(|fonts| fonts.layout_job(job))
    };
    let room = rect.width() - 3.0 * space;
    let ink = if is_chosen { colors.text.strong } else { color_of(kind, &colors.code) };
    let label = cut(&entry.label, font, ink, room * 0.7);
    let small = FontId::monospace(tokens.type_scale.small);
    let dim = if is_chosen { colors.text.normal } else { colors.text.dim };
    let detail = cut(&entry.detail, small, dim, room - label.size().x);
    let at = |x: f32, height: f32| pos2(x, rect.center().y - height / 2.0);
    let detail_at = at(rect.right() - space - detail.size().x, detail.size().y);
    ui.painter().galley(at(rect.left() + space, label.size().y), label, ink);
    ui.painter().galley(detail_at, detail, dim);
    response
}

#[cfg(test)]
mod tests {
    use tidemark_engine::data::{DataType, Field};

    use super::*;

    fn open(text: &str, cursor: usize) -> Completing {
        let schema = Schema::new(vec![Field::nullable("delay", DataType::Int)]);
        Completing { open: Open::at(Id::unique("field"), text, cursor, &schema) }
    }

    #[test]
    fn an_entry_takes_the_place_of_the_word_before_the_cursor() {
        let mut text = "UPP + 1".to_owned();
        let mut list = open(&text, 3);
        assert_eq!(list.put(0, &mut text), Some(6));
        assert_eq!(text, "UPPER( + 1");
        let mut text = "UPP(a)".to_owned();
        assert_eq!(open(&text, 3).put(0, &mut text), Some(5));
        assert_eq!(text, "UPPER(a)", "a parenthesis is written once");
        let mut other = "something else".to_owned();
        assert_eq!(open("del", 3).put(0, &mut other), None);
        assert_eq!(other, "something else");
    }

    #[test]
    fn a_word_that_is_whole_is_not_offered() {
        let is_of_use = |text: &str| open(text, text.len()).open.is_some_and(|open| open.is_of_use());
        assert!(is_of_use("del") && is_of_use("delay > 1 AND d"));
        assert!(!is_of_use("delay") && !is_of_use("delay > ") && !is_of_use("delay > 'd"));
    }
}
