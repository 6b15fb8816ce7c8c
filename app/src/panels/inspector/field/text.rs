//! Fields whose value is written as text: lines, durations and code. What is written is taken as far as it can be read.

use egui::{Key, Modifiers, Response, Ui};
use serde_json::Value;
use tidemark_engine::diagnostic::Place;

use super::super::shape::{Field, Kind};
use super::value::{hint, millis_of, read, text_of};
use super::{Change, Draft, FieldContext, code, found, named};
use crate::ui_kit::format_time::{conversions, iso_duration, stepped};
use crate::ui_kit::t_args;
use crate::ui_kit::widgets::text_field;

/// How a text is written.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Style {
    Line,
    Code,
}

/// A field whose value is written as text.
///
/// While it has the keyboard, all changes are one step. Escape gives back what was there before, and leaving the field shows
/// the value as it is kept.
pub(super) fn written(
    field: &Field,
    path: &str,
    value: Option<&Value>,
    cx: &mut FieldContext<'_>,
    ui: &mut Ui,
    style: Style,
) -> Option<Change> {
    let draft = cx.writing.draft_of(path).map(str::to_owned);
    let is_drafted = draft.is_some();
    let saved = value.map(|value| text_of(&field.kind, value)).unwrap_or_default();
    let mut text = draft.unwrap_or_else(|| saved.clone());
    let problem = is_drafted.then(|| read(&field.kind, &text).err()).flatten();
    let hint = if cx.is_mixed { crate::ui_kit::t("inspector.mixed").to_owned() } else { hint(field, value) };
    let name = named(field, path);
    let mut response = match style {
        Style::Line => text_field(ui, &mut text, &hint, problem),
        Style::Code => {
            let span = found(cx, path).find_map(|diagnostic| match &diagnostic.place {
                Place::Param { span, .. } => span.clone(),
                _ => None,
            });
            // A mark from before the last key would stand under other characters.
            let span = span.filter(|_| text == saved && !cx.is_many);
            let schema = cx.schema.filter(|_| field.kind.is_expression());
            let code = code::Code { name: &name, hint: &hint, fault: span, schema };
            code::show(&code, &mut text, &mut cx.writing.completing, ui)
        }
    }
    .accessible_name(&*name);
    if field.kind == Kind::Duration {
        response = step(response, &mut text, ui);
        if let Some(millis) = value.and_then(millis_of) {
            response = response.on_hover_text(duration_tip(millis));
        }
    }
    if field.kind.is_expression() && response.has_focus() {
        cx.writing.tried = Some(path.to_owned());
    }
    cx.writing.focus_if_wanted(path, &response);
    cx.writing.visit.come(&response, cx.commands);
    let mut change = None;
    if response.changed() {
        let read = read(&field.kind, &text);
        cx.writing.draft = Some(Draft { path: path.to_owned(), text: text.clone() });
        if let Ok(new) = read {
            let is_left_out = text.is_empty() && field.optional && !field.may_be_empty;
            let new = if is_left_out { None } else { new };
            if new.as_ref() != value || cx.is_mixed {
                change = Some(Change { value: new, is_done: false });
            }
        }
    }
    if change.is_some() {
        cx.writing.visit.note_change();
    }
    let is_given_up = cx.writing.visit.leave(&response, ui, cx.commands);
    if is_given_up || (response.lost_focus() && is_drafted && problem.is_none()) {
        cx.writing.draft = None;
    }
    change
}

/// Up and Down make a duration longer and shorter, by a step that suits its smallest unit.
fn step(mut response: Response, text: &mut String, ui: &Ui) -> Response {
    if !response.has_focus() {
        return response;
    }
    let pressed = |key| ui.input(|input| input.modifiers == Modifiers::NONE && input.key_pressed(key));
    let (up, down) = (pressed(Key::ArrowUp), pressed(Key::ArrowDown));
    if up == down {
        return response;
    }
    let Ok(Some(value)) = read(&Kind::Duration, text) else { return response };
    if let Some(millis) = millis_of(&value).and_then(|millis| u64::try_from(millis).ok()) {
        *text = text_of(&Kind::Duration, &Value::from(stepped(millis, up)));
        response.mark_changed();
    }
    response
}

/// A duration in other units, and as a standard writes it.
fn duration_tip(millis: i64) -> String {
    let sign = if millis < 0 { "−" } else { "" };
    let same: Vec<_> =
        conversions(millis.unsigned_abs()).into_iter().map(|text| format!("{sign}{text}")).collect();
    let iso = format!("{sign}{}", iso_duration(millis.unsigned_abs()));
    t_args("tip.duration", &[("same", &same.join(" = ")), ("iso", &iso)])
}
