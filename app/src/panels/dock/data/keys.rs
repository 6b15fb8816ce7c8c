//! The keys of a table that has the keyboard: they move a cursor over its rows.

use std::sync::Arc;

use egui::{Event, EventFilter, Key, Modifiers, Rect, Ui};

use super::body::ROW_HEIGHT;
use super::{Desk, scroll, table_id};
use crate::command::Action;
use crate::state::{RowSelection, ShownRows, TableChange};
use crate::ui_kit::widgets::has_text_cursor;

/// How far the arrows to the sides go.
const SIDEWAYS: f32 = 80.0;

/// Takes the keys. Where the top of the table is from the next frame on, if the cursor has left what is in sight.
pub(super) fn take(desk: &mut Desk<'_>, shown: ShownRows<'_>, body: Rect, ui: &Ui) -> Option<f32> {
    let id = table_id(&desk.table.watch);
    if !ui.memory(|memory| memory.has_focus(id)) {
        return None;
    }
    let filter = EventFilter { horizontal_arrows: true, vertical_arrows: true, ..EventFilter::default() };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(id, filter));
    // Marked text is copied by itself.
    let copies = !has_text_cursor(ui.ctx());
    if copies
        && ui.input_mut(|input| {
            let before = input.events.len();
            input.events.retain(|event| !matches!(event, Event::Copy));
            input.events.len() < before
        })
    {
        desk.change(TableChange::Activate);
        desk.commands.push(Action::CopyRows);
    }
    let pressed = |modifiers: Modifiers, key: Key| ui.input_mut(|input| input.consume_key(modifiers, key));
    for (key, by) in [(Key::ArrowLeft, -SIDEWAYS), (Key::ArrowRight, SIDEWAYS)] {
        if pressed(Modifiers::NONE, key) {
            scroll::sideways(id, by, ui);
            ui.ctx().request_repaint();
        }
    }
    let selection = desk.table.selection;
    if selection.is_some() && pressed(Modifiers::NONE, Key::Enter) {
        desk.change(TableChange::ShowDetails(!desk.table.shows_details));
    }
    let last = shown.len().checked_sub(1)?;
    let page = ((body.height() / ROW_HEIGHT) as usize).saturating_sub(1).max(1);
    let mut moved = None;
    for (modifiers, extends) in [(Modifiers::SHIFT, true), (Modifiers::NONE, false)] {
        // Without a cursor the first step up is to the last row.
        let now = moved.map_or_else(
            || selection.map_or(last + 1, |selection| shown.place_of(selection.cursor)),
            |(place, _)| place,
        );
        let steps = [
            (Key::ArrowUp, now.saturating_sub(1)),
            (Key::ArrowDown, now + 1),
            (Key::PageUp, now.saturating_sub(page)),
            (Key::PageDown, now + page),
            (Key::Home, 0),
        ];
        for (key, to) in steps {
            if pressed(modifiers, key) {
                moved = Some((to.min(last), extends));
            }
        }
    }
    if pressed(Modifiers::SHIFT, Key::End) {
        moved = Some((last, true));
    }
    if desk.table.is_frozen() && pressed(Modifiers::NONE, Key::End) {
        desk.change(TableChange::Follow);
        return None;
    }
    let (place, extends) = moved?;
    let cursor = shown.row_at(place)?;
    let anchor = selection.filter(|_| extends).map_or(cursor, |selection| selection.anchor);
    desk.change(TableChange::Select(Arc::clone(shown.rows), RowSelection { anchor, cursor }));
    let (top, height) = (place as f32 * ROW_HEIGHT, body.height());
    let at = scroll::place(id, ui).y;
    Some(at.min(top).max(top + ROW_HEIGHT - height))
}
