//! The keys that mark times where a time axis has the keyboard: arrows move the cursor, Escape takes back what was marked.

use egui::{EventFilter, Key, Modifiers, Response, Ui};

use crate::state::Marks;

/// How far an arrow moves the cursor, in points, with Shift and without.
const STEPS: [(Modifiers, f64); 2] = [(Modifiers::SHIFT, 20.0), (Modifiers::NONE, 2.0)];

/// Takes the keys of the time axis of `response`, which has the keyboard. A cursor that was not there comes from `start`; it stays
/// `within`.
pub(super) fn take_keys(
    response: &Response,
    millis_per_point: f64,
    within: (i64, i64),
    start: i64,
    marks: &mut Marks,
    ui: &Ui,
) {
    let keys = EventFilter { horizontal_arrows: true, escape: true, ..EventFilter::default() };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, keys));
    let pressed = |modifiers, key| ui.input_mut(|input| input.consume_key(modifiers, key));
    for (modifiers, points) in STEPS {
        let step = ((millis_per_point * points).round() as i64).max(1);
        for (key, by) in [(Key::ArrowLeft, -step), (Key::ArrowRight, step)] {
            if pressed(modifiers, key) {
                marks.move_cursor(by, start, within);
            }
        }
    }
    if pressed(Modifiers::NONE, Key::Escape) {
        marks.take_back();
    }
}
