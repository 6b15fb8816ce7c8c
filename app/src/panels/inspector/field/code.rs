//! The field for an expression: in colours, with what is at fault underlined, and with a list of what may stand at the cursor.

use std::ops::Range;
use std::sync::Arc;

use egui::text::{CCursor, CCursorRange, LayoutJob, TextFormat};
use egui::text_edit::TextEditState;
use egui::{Color32, EventFilter, FontId, Id, Response, RichText, Stroke, TextEdit, Ui};
use tidemark_engine::data::Schema;
use tidemark_engine::expr::{PieceKind, pieces};

use super::completion::{Completing, Wish};
use crate::ui_kit::Tokens;
use crate::ui_kit::design_tokens::Code as CodeColors;

/// A text longer than this is shown in one colour: it is coloured anew with every frame.
const MAX_COLORED_BYTES: usize = 8 * 1024;

/// What the field shows besides its text.
pub(super) struct Code<'a> {
    /// What it is called.
    pub name: &'a str,
    /// What stands there while nothing is written.
    pub hint: &'a str,
    /// The bytes that are at fault.
    pub fault: Option<Range<usize>>,
    /// The columns that may be named; without them the text is no expression.
    pub schema: Option<&'a Schema>,
}

/// Shows the field. Keys are the list's only while it is open, and Enter and Tab only once one of its entries has been chosen by keys.
pub(super) fn show(code: &Code<'_>, text: &mut String, completing: &mut Completing, ui: &mut Ui) -> Response {
    let id = ui.make_persistent_id("code");
    let has_focus = ui.memory(|memory| memory.has_focus(id));
    let wish = if has_focus && code.schema.is_some() { completing.take_keys(id, ui) } else { Wish::Nothing };
    let taken = (wish == Wish::Take).then(|| completing.take(text)).flatten();
    if let Some(cursor) = taken {
        set_cursor(id, text, cursor, ui);
    }
    let (mut response, cursor, caret) = field(code, id, text, completing, ui);
    if taken.is_some() {
        response.mark_changed();
    } else if let Some(schema) = code.schema {
        completing.follow(id, &response, text, cursor, wish == Wish::Open, schema);
    }
    if completing.is_open(id)
        && let Some(cursor) = caret.and_then(|caret| completing.list(id, caret, code.name, text, ui))
    {
        set_cursor(id, text, cursor, ui);
        response.mark_changed();
    }
    if response.has_focus() {
        // Of this frame: the next key may already be meant for the list.
        ui.memory_mut(|memory| memory.set_focus_lock_filter(id, keys_kept(completing, id)));
    }
    response
}

/// The keys that do not lead out of the field.
fn keys_kept(completing: &Completing, id: Id) -> EventFilter {
    EventFilter {
        tab: completing.is_chosen(id),
        escape: completing.is_open(id),
        horizontal_arrows: true,
        vertical_arrows: true,
    }
}

/// The text itself; with where its cursor is, as a byte and on the screen.
fn field(
    code: &Code<'_>,
    id: Id,
    text: &mut String,
    completing: &Completing,
    ui: &mut Ui,
) -> (Response, Option<usize>, Option<egui::Rect>) {
    let tokens = Tokens::of(ui);
    let font = FontId::monospace(tokens.type_scale.mono);
    let mut layouter = |ui: &Ui, buffer: &dyn egui::TextBuffer, width: f32| {
        let mut job = colored(buffer.as_str(), code.fault.as_ref(), code.schema.is_some(), tokens);
        job.wrap.max_width = width;
        ui.fonts_mut(|fonts| fonts.layout_job(job))
    };
    let field = TextEdit::multiline(text)
        .id(id)
        .font(font)
        .hint_text(RichText::new(code.hint).color(tokens.colors.text.dim))
        .desired_rows(2)
        .desired_width(f32::INFINITY)
        .event_filter(keys_kept(completing, id))
        .layouter(&mut layouter as &mut dyn FnMut(&Ui, &dyn egui::TextBuffer, f32) -> Arc<egui::Galley>);
    let output = completing.keeping_focus(id, ui, |ui| field.show(ui));
    let cursor = output.cursor_range.map(|range| range.primary);
    let at = cursor.map(|cursor| byte_of(text, cursor.index.0));
    let caret =
        cursor.map(|cursor| output.galley.pos_from_cursor(cursor).translate(output.galley_pos.to_vec2()));
    (output.response.response, at, caret)
}

/// The text in the colours of what its pieces are, a fault underlined.
fn colored(text: &str, fault: Option<&Range<usize>>, is_expression: bool, tokens: &Tokens) -> LayoutJob {
    let (start, end) = fault.map_or((text.len(), text.len()), |span| bounded(text, span));
    let mut job = LayoutJob::default();
    let mut append = |span: Range<usize>, color: Color32| {
        let line = Stroke::new(1.5, tokens.colors.status.error);
        for (part, underline) in [
            (span.start..span.end.min(start), Stroke::NONE),
            (span.start.max(start)..span.end.min(end), line),
            (span.start.max(end)..span.end, Stroke::NONE),
        ] {
            if part.start < part.end {
                let font_id = FontId::monospace(tokens.type_scale.mono);
                job.append(
                    &text[part],
                    0.0,
                    TextFormat { font_id, color, underline, ..TextFormat::default() },
                );
            }
        }
    };
    let plain = tokens.colors.code.sign;
    let mut at = 0;
    if is_expression && text.len() <= MAX_COLORED_BYTES {
        for piece in pieces(text) {
            append(at..piece.span.start, plain);
            at = piece.span.end;
            append(piece.span, color_of(piece.kind, &tokens.colors.code));
        }
    }
    append(at..text.len(), plain);
    job
}

/// The colour of a piece of an expression.
pub(super) fn color_of(kind: PieceKind, colors: &CodeColors) -> Color32 {
    match kind {
        PieceKind::Keyword => colors.keyword,
        PieceKind::Function => colors.function,
        PieceKind::Column => colors.column,
        PieceKind::Text => colors.text,
        PieceKind::Number => colors.number,
        PieceKind::Sign => colors.sign,
        PieceKind::Comment => colors.comment,
    }
}

/// Puts the cursor at a byte of the text.
fn set_cursor(id: Id, text: &str, at: usize, ui: &Ui) {
    let mut state = TextEditState::load(ui.ctx(), id).unwrap_or_default();
    let index = text[..at.min(text.len())].chars().count();
    state.cursor.set_char_range(Some(CCursorRange::one(CCursor::new(index))));
    state.store(ui.ctx(), id);
}

/// The byte at which a character begins.
fn byte_of(text: &str, n_chars: usize) -> usize {
    text.char_indices().nth(n_chars).map_or(text.len(), |(at, _)| at)
}

/// The bytes of a fault as far as they are in the text and at the edges of characters; a fault at the end marks the last one.
fn bounded(text: &str, span: &Range<usize>) -> (usize, usize) {
    let floor = |mut at: usize| {
        at = at.min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let (start, mut end) = (floor(span.start), floor(span.end));
    if end <= start {
        end = text[start..].chars().next().map_or(start, |next| start + next.len_utf8());
    }
    if start == end {
        let last = text.chars().next_back().map_or(0, char::len_utf8);
        return (end - last, end);
    }
    (start, end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_marked_at_the_edges_of_characters() {
        assert_eq!(bounded("a + é", &(4..5)), (4, 6));
        assert_eq!(bounded("abc", &(3..3)), (2, 3));
        assert_eq!(bounded("abc", &(1..99)), (1, 3));
        assert_eq!(bounded("", &(0..0)), (0, 0));
    }

    #[test]
    fn a_text_is_whole_in_its_colours_and_only_the_fault_is_underlined() {
        let tokens = Tokens::for_theme(egui::Theme::Dark);
        let job = colored("a > 'é' + b", Some(&(4..9)), true, tokens);
        assert_eq!(job.text, "a > 'é' + b");
        let of = |section: &egui::text::LayoutSection| {
            job.text[section.byte_range.start.0..section.byte_range.end.0].to_owned()
        };
        let underlined: String =
            job.sections.iter().filter(|section| section.format.underline != Stroke::NONE).map(of).collect();
        assert_eq!(underlined, "'é' ");
        let in_text_color =
            |section: &&egui::text::LayoutSection| section.format.color == tokens.colors.code.text;
        assert_eq!(job.sections.iter().filter(in_text_color).map(of).collect::<String>(), "'é'");
    }
}
