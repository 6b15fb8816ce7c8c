//! One field of the form, by the kind of its parameter, with what was found about it underneath.

use std::ops::Range;
use std::sync::Arc;

use egui::text::{LayoutJob, TextFormat};
use egui::{Color32, ComboBox, FontId, Label, RichText, Stroke, TextEdit, Ui};
use serde_json::{Map, Value};
use tidemark_engine::diagnostic::{Diagnostic, Place, Severity};
use tidemark_engine::ids::NodeId;

use super::shape::{Choice, Field, Kind, blank, label};
use super::small_icon;
use crate::command::{Command, Commands};
use crate::panels::dock::{message, path_to_allow};
use crate::state::AppState;
use crate::ui_kit::format_time::{duration, parse_duration};
use crate::ui_kit::prose::prose;
use crate::ui_kit::widgets::{Tone, link_button, text_field, toggle};
use crate::ui_kit::{Icon, Tokens, t, t_args};

/// What a field needs to know besides its value.
pub(super) struct FieldContext<'a> {
    pub node: &'a NodeId,
    pub state: &'a AppState,
    pub columns: Option<&'a [String]>,
    pub draft: &'a mut Option<Draft>,
    pub commands: &'a mut Commands,
}

/// The text of a field as it is written, while it cannot be read as a value or is not done.
pub(super) struct Draft {
    pub node: NodeId,
    pub path: String,
    pub text: String,
}

/// Another value for a parameter.
pub(super) struct Change {
    /// The value; `None` leaves the parameter out.
    pub value: Option<Value>,
    /// Whether the next change is a step of its own.
    pub is_done: bool,
}

impl Change {
    fn done(value: impl Into<Value>) -> Option<Change> {
        Some(Change { value: Some(value.into()), is_done: true })
    }
}

/// Shows a field with its label, its doc on hover, and what was found about it. `path` names it as diagnostics do.
pub(super) fn show(
    field: &Field,
    path: &str,
    value: Option<&Value>,
    cx: &mut FieldContext<'_>,
    ui: &mut Ui,
) -> Option<Change> {
    let change = ui.push_id(path, |ui| {
        let picked = heading(field, value, ui);
        if picked.is_some() {
            *cx.draft = None;
        }
        let written = editor(field, path, value, cx, ui);
        picked.or(written)
    });
    if !matches!(field.kind, Kind::List(_) | Kind::Group(_)) {
        for diagnostic in found(cx, path).filter(|_| !is_needed(field, value) || field.label.is_empty()) {
            finding(diagnostic, ui);
            if let Some(path) = path_to_allow(diagnostic)
                && ui.button(t("problems.allow")).on_hover_text(t("tip.allow")).clicked()
            {
                cx.commands.push(Command::Allow(path));
            }
        }
    } else {
        for diagnostic in cx.state.open.diagnostics_of(cx.node).filter(|found| is_at(found, path)) {
            finding(diagnostic, ui);
        }
    }
    change.inner
}

/// Whether a value is missing. The heading says so.
fn is_needed(field: &Field, value: Option<&Value>) -> bool {
    !field.optional && value.is_none()
}

/// The label, and beside it what a field cannot show or take by writing: that it holds nothing but spaces, that it is to
/// hold nothing, and that its default is to hold again.
fn heading(field: &Field, value: Option<&Value>, ui: &mut Ui) -> Option<Change> {
    if field.label.is_empty() || field.kind == Kind::Boolean {
        return None;
    }
    let tokens = Tokens::of(ui);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = tokens.spacing.sm;
        let color = if value.is_some() { tokens.colors.text.normal } else { tokens.colors.text.dim };
        let shown = ui.add(Label::new(RichText::new(&field.label).color(color)).selectable(false));
        if !field.doc.is_empty() {
            shown.on_hover_text(&field.doc);
        }
        if is_needed(field, value) {
            ui.label(RichText::new(t("inspector.required")).small().color(tokens.colors.status.warning));
        }
        let text = value.and_then(Value::as_str);
        if text.is_some_and(|text| !text.is_empty() && text.trim().is_empty()) {
            ui.label(RichText::new(t("inspector.blank")).small().color(tokens.colors.text.dim));
        }
        if !field.may_be_empty {
            return None;
        }
        let link = |ui: &mut Ui, text, tip| {
            let tip = t_args(tip, &[("field", &field.label)]);
            let link = link_button(ui, text).on_hover_text(&tip);
            link.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &tip));
            link.clicked()
        };
        let mut change = None;
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            if value.is_some() && link(ui, t("inspector.use_default"), "tip.use_default") {
                change = Some(Change { value: None, is_done: true });
            }
            if text != Some("") && link(ui, t("inspector.use_empty"), "tip.use_empty") {
                change = Change::done("");
            }
        });
        change
    })
    .inner
}

fn editor(
    field: &Field,
    path: &str,
    value: Option<&Value>,
    cx: &mut FieldContext<'_>,
    ui: &mut Ui,
) -> Option<Change> {
    let name = &field.label;
    match &field.kind {
        Kind::Boolean => {
            let mut on = value.or(field.default.as_ref()).and_then(Value::as_bool).unwrap_or(false);
            let switch = toggle(ui, &mut on, name);
            let switch = if field.doc.is_empty() { switch } else { switch.on_hover_text(&field.doc) };
            switch.changed().then(|| Change::done(on)).flatten()
        }
        Kind::Choice(choices) => choice(field, choices, value, ui),
        Kind::Column => column(field, path, value, cx, ui),
        Kind::List(item) => list(field, item, path, value, cx, ui),
        Kind::Group(fields) => group(fields, path, value, cx, ui),
        Kind::Expression => written(field, path, value, cx, ui, Style::Code),
        Kind::Json => written(field, path, value, cx, ui, Style::Code),
        Kind::Path => {
            let mut browse = false;
            let change = ui
                .horizontal(|ui| {
                    let room = ui.available_width() - Tokens::of(ui).size.control - Tokens::of(ui).spacing.md;
                    let change = ui
                        .vertical(|ui| {
                            ui.set_width(room);
                            written(field, path, value, cx, ui, Style::Line)
                        })
                        .inner;
                    browse = small_icon(ui, Icon::Open, t("dialog.choose_file"), true);
                    change
                })
                .inner;
            if browse {
                cx.commands.push(Command::Browse { node: cx.node.clone(), param: path.to_owned() });
            }
            change
        }
        Kind::Text | Kind::Duration | Kind::Integer | Kind::Number => {
            written(field, path, value, cx, ui, Style::Line)
        }
    }
}

/// How a text is written.
#[derive(Clone, Copy, PartialEq)]
enum Style {
    Line,
    Code,
}

/// A field whose value is written as text.
fn written(
    field: &Field,
    path: &str,
    value: Option<&Value>,
    cx: &mut FieldContext<'_>,
    ui: &mut Ui,
    style: Style,
) -> Option<Change> {
    let is_drafted = cx.draft.as_ref().is_some_and(|draft| draft.path == path && draft.node == *cx.node);
    let saved = value.map(|value| text_of(&field.kind, value)).unwrap_or_default();
    let mut text = match cx.draft.as_ref().filter(|_| is_drafted) {
        Some(draft) => draft.text.clone(),
        None => saved.clone(),
    };
    let problem = is_drafted.then(|| read(&field.kind, &text).err()).flatten();
    let hint = hint(field, value);
    let response = match style {
        Style::Line => text_field(ui, &mut text, &hint, problem).accessible_name(&*named(field, path)),
        Style::Code => {
            let span = found(cx, path).find_map(|diagnostic| match &diagnostic.place {
                Place::Param { span, .. } => span.clone(),
                _ => None,
            });
            // A mark from before the last key would stand under other characters.
            let span = span.filter(|_| text == saved);
            code(ui, &mut text, &hint, span.as_ref()).accessible_name(&*named(field, path))
        }
    };
    let mut change = None;
    if response.changed() {
        let read = read(&field.kind, &text);
        *cx.draft = Some(Draft { node: cx.node.clone(), path: path.to_owned(), text: text.clone() });
        if let Ok(new) = read {
            let is_left_out = text.is_empty() && field.optional && !field.may_be_empty;
            let new = if is_left_out { None } else { new };
            if new.as_ref() != value {
                change = Some(Change { value: new, is_done: false });
            }
        }
    }
    if response.lost_focus() {
        if is_drafted && problem.is_none() {
            *cx.draft = None;
        }
        cx.commands.push(Command::EndGesture);
    }
    change
}

/// A field for an expression, in which what is at fault is underlined.
fn code(ui: &mut Ui, text: &mut String, hint: &str, span: Option<&Range<usize>>) -> egui::Response {
    let tokens = Tokens::of(ui);
    let font = FontId::monospace(tokens.type_scale.mono);
    let (ink, fault) = (tokens.colors.text.strong, tokens.colors.status.error);
    let format = |underline: Stroke, color: Color32| TextFormat {
        font_id: font.clone(),
        color,
        underline,
        ..TextFormat::default()
    };
    let mut layouter = |ui: &Ui, buffer: &dyn egui::TextBuffer, width: f32| {
        let text = buffer.as_str();
        let mut job = LayoutJob::default();
        job.wrap.max_width = width;
        let (start, end) = span.map_or((text.len(), text.len()), |span| bounded(text, span));
        job.append(&text[..start], 0.0, format(Stroke::NONE, ink));
        job.append(&text[start..end], 0.0, format(Stroke::new(1.5, fault), fault));
        job.append(&text[end..], 0.0, format(Stroke::NONE, ink));
        ui.fonts_mut(|fonts| fonts.layout_job(job))
    };
    let field = TextEdit::multiline(text)
        .font(font.clone())
        .hint_text(RichText::new(hint).color(tokens.colors.text.dim))
        .desired_rows(2)
        .desired_width(f32::INFINITY)
        .layouter(&mut layouter as &mut dyn FnMut(&Ui, &dyn egui::TextBuffer, f32) -> Arc<egui::Galley>);
    ui.add(field)
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

fn choice(field: &Field, choices: &[Choice], value: Option<&Value>, ui: &mut Ui) -> Option<Change> {
    let now = value.or(field.default.as_ref());
    let shown = choices.iter().find(|choice| Some(&choice.value) == now).map_or("", |choice| &*choice.text);
    let mut change = None;
    let room = ui.available_width() - 2.0 * ui.spacing().button_padding.x;
    let list = ComboBox::from_id_salt("choice").selected_text(shown).width(room);
    let list = list.show_ui(ui, |ui| {
        for choice in choices {
            let row = ui.selectable_label(Some(&choice.value) == now, &choice.text);
            let row = if choice.doc.is_empty() { row } else { row.on_hover_text(&choice.doc) };
            if row.clicked() {
                change = Change::done(choice.value.clone());
            }
        }
    });
    name_list(&list.response, &field.label, shown, ui);
    change
}

fn column(
    field: &Field,
    path: &str,
    value: Option<&Value>,
    cx: &mut FieldContext<'_>,
    ui: &mut Ui,
) -> Option<Change> {
    let columns = cx.columns.unwrap_or_default();
    if columns.is_empty() {
        return written(field, path, value, cx, ui, Style::Line);
    }
    let mut picked = None;
    let change = ui
        .horizontal(|ui| {
            let tokens = Tokens::of(ui);
            let button = tokens.size.icon + 2.0 * ui.spacing().button_padding.x;
            let room = ui.available_width() - button - tokens.spacing.md - tokens.spacing.sm;
            let change = ui
                .vertical(|ui| {
                    ui.set_width(room);
                    written(field, path, value, cx, ui, Style::Line)
                })
                .inner;
            let menu = ui.menu_button(Icon::ChevronDown.glyph().to_string(), |ui| {
                if field.optional && ui.selectable_label(value.is_none(), t("inspector.no_column")).clicked()
                {
                    picked = Some(Change { value: None, is_done: true });
                }
                for name in columns {
                    let is_chosen = value.and_then(Value::as_str) == Some(name);
                    if ui.selectable_label(is_chosen, name).clicked() {
                        picked = Change::done(name.as_str());
                    }
                }
            });
            let name = t_args("inspector.columns_for", &[("field", &named(field, path))]);
            menu.response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &name));
            change
        })
        .inner;
    if picked.is_some() {
        *cx.draft = None;
    }
    picked.or(change)
}

fn list(
    field: &Field,
    item: &Field,
    path: &str,
    value: Option<&Value>,
    cx: &mut FieldContext<'_>,
    ui: &mut Ui,
) -> Option<Change> {
    let tokens = Tokens::of(ui);
    let rows: Vec<Value> = value.and_then(Value::as_array).cloned().unwrap_or_default();
    let mut change = None;
    for (idx, row) in rows.iter().enumerate() {
        let frame = egui::Frame::new()
            .fill(tokens.colors.surface.raised)
            .stroke(Stroke::new(tokens.size.stroke, tokens.colors.surface.border))
            .corner_radius(tokens.radius.md)
            .inner_margin(tokens.spacing.sm);
        let is_group = matches!(item.kind, Kind::Group(_));
        let mut act = None;
        ui.push_id(idx, |ui| {
            let at = format!("{path}.{idx}");
            let mut body = |ui: &mut Ui| {
                let size = egui::vec2(ui.available_width(), tokens.size.control);
                ui.allocate_ui_with_layout(size, egui::Layout::right_to_left(egui::Align::Center), |ui| {
                    ui.spacing_mut().item_spacing.x = 0.0;
                    if small_icon(ui, Icon::Close, t("inspector.remove"), true) {
                        act = Some(Act::Remove(idx));
                    }
                    if small_icon(ui, Icon::ArrowDown, t("inspector.move_down"), idx + 1 < rows.len()) {
                        act = Some(Act::Swap(idx, idx + 1));
                    }
                    if small_icon(ui, Icon::ArrowUp, t("inspector.move_up"), idx > 0) {
                        act = Some(Act::Swap(idx - 1, idx));
                    }
                    let room = egui::vec2(ui.available_width(), size.y);
                    ui.allocate_ui_with_layout(room, egui::Layout::top_down(egui::Align::Min), |ui| {
                        ui.spacing_mut().item_spacing.x = tokens.spacing.sm;
                        if is_group {
                            let title = t_args("inspector.entry", &[("n", &(idx + 1))]);
                            ui.label(RichText::new(title).small().color(tokens.colors.text.dim));
                        } else if let Some(new) = show(item, &at, Some(row), cx, ui) {
                            act = Some(Act::Set(idx, new));
                        }
                    });
                });
                if is_group && let Some(new) = show(item, &at, Some(row), cx, ui) {
                    act = Some(Act::Set(idx, new));
                }
            };
            if is_group {
                frame.show(ui, |ui| body(ui));
            } else {
                body(ui);
            }
        });
        if let Some(act) = act {
            change = Some(changed(&rows, act));
        }
    }
    let text = format!("{}  {}", Icon::Add.glyph(), t("inspector.add"));
    let add = ui.button(text).on_hover_text(&field.doc);
    let name = t_args("inspector.add_to", &[("field", &field.label)]);
    add.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &name));
    if add.clicked() {
        change = Some(changed(&rows, Act::Add(blank(item))));
    }
    if change.as_ref().is_some_and(|change| change.is_done) {
        *cx.draft = None;
    }
    change
}

enum Act {
    Set(usize, Change),
    Swap(usize, usize),
    Remove(usize),
    Add(Value),
}

/// The list after something was done to it.
fn changed(rows: &[Value], act: Act) -> Change {
    let mut rows = rows.to_vec();
    let mut is_done = true;
    match act {
        Act::Set(idx, change) => {
            is_done = change.is_done;
            if let (Some(row), Some(value)) = (rows.get_mut(idx), change.value) {
                *row = value;
            }
        }
        Act::Swap(a, b) => rows.swap(a, b),
        Act::Remove(idx) => {
            rows.remove(idx);
        }
        Act::Add(value) => rows.push(value),
    }
    Change { value: Some(Value::Array(rows)), is_done }
}

fn group(
    fields: &[Field],
    path: &str,
    value: Option<&Value>,
    cx: &mut FieldContext<'_>,
    ui: &mut Ui,
) -> Option<Change> {
    let object = value.and_then(Value::as_object).cloned().unwrap_or_default();
    let mut change = None;
    for field in fields {
        let at = format!("{path}.{}", field.name);
        if let Some(new) = show(field, &at, object.get(&field.name), cx, ui) {
            let mut object: Map<String, Value> = object.clone();
            match new.value {
                Some(value) => {
                    object.insert(field.name.clone(), value);
                }
                None => {
                    object.remove(&field.name);
                }
            }
            change = Some(Change { value: Some(Value::Object(object)), is_done: new.is_done });
        }
    }
    change
}

fn name_list(response: &egui::Response, name: &str, shown: &str, ui: &Ui) {
    response.widget_info(|| egui::WidgetInfo {
        current_text_value: Some(shown.to_owned()),
        ..egui::WidgetInfo::labeled(egui::Role::ComboBox, ui.is_enabled(), name)
    });
}

/// What a field is called to a screen reader: its own label, or that of its list with its number.
fn named(field: &Field, path: &str) -> String {
    if !field.label.is_empty() {
        return field.label.clone();
    }
    let mut parts = path.rsplit('.');
    let number = parts.next().and_then(|number| number.parse::<usize>().ok()).map_or(1, |number| number + 1);
    format!("{} {number}", label(parts.next().unwrap_or_default()))
}

/// What holds while nothing is written.
fn hint(field: &Field, value: Option<&Value>) -> String {
    if field.may_be_empty && value.is_some() {
        return t("inspector.empty").to_owned();
    }
    let default =
        field.default.as_ref().map(|default| text_of(&field.kind, default)).filter(|text| !text.is_empty());
    match default {
        Some(default) => t_args("inspector.default", &[("value", &default)]),
        None if field.kind == Kind::Duration => t("inspector.duration_hint").to_owned(),
        None => String::new(),
    }
}

/// A value as it is written.
fn text_of(kind: &Kind, value: &Value) -> String {
    match (kind, value) {
        (_, Value::Null) => String::new(),
        (Kind::Duration, Value::Number(number)) => match number.as_i64() {
            Some(millis) if millis < 0 => format!("-{}", plain_duration(millis.unsigned_abs())),
            Some(millis) => plain_duration(millis.unsigned_abs()),
            None => number.to_string(),
        },
        (Kind::Json, value) => value.to_string(),
        (_, Value::String(text)) => text.clone(),
        (_, value) => value.to_string(),
    }
}

/// A duration that reads back as the same number: in milliseconds where its two largest units would round it.
fn plain_duration(millis: u64) -> String {
    let text = duration(millis).replace('\u{202F}', " ");
    if parse_duration(&text) == Ok(millis) { text } else { format!("{millis} ms") }
}

/// What is written, as a value; a text that is no value says why not. Space around it counts where it can mean something.
fn read(kind: &Kind, written: &str) -> Result<Option<Value>, &'static str> {
    let text = written.trim();
    match kind {
        Kind::Duration if text.is_empty() => Ok(None),
        Kind::Duration => {
            let (negative, rest) = text.strip_prefix(['-', '−']).map_or((false, text), |rest| (true, rest));
            let millis = parse_duration(rest).map_err(|_| t("inspector.not_a_duration"))?;
            let millis = i64::try_from(millis).map_err(|_| t("inspector.too_large"))?;
            Ok(Some(Value::from(if negative { -millis } else { millis })))
        }
        Kind::Integer if text.is_empty() => Ok(None),
        Kind::Integer => {
            text.parse::<i64>().map(|n| Some(Value::from(n))).map_err(|_| t("inspector.not_an_integer"))
        }
        Kind::Number if text.is_empty() => Ok(None),
        Kind::Number => match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(Some(Value::from(number))),
            _ => Err(t("inspector.not_a_number")),
        },
        Kind::Expression => Ok(Some(Value::from(text)).filter(|_| !text.is_empty())),
        Kind::Json => serde_json::from_str(text).map(Some).map_err(|_| t("inspector.not_json")),
        // A flow parameter stands in for a value of any type.
        _ => Ok(Some(Value::from(written))),
    }
}

/// What was found about a parameter.
fn found<'a>(cx: &FieldContext<'a>, path: &'a str) -> impl Iterator<Item = &'a Diagnostic> + use<'a> {
    let (state, node) = (cx.state, cx.node);
    state.open.diagnostics_of(node).filter(move |diagnostic| is_at(diagnostic, path))
}

fn is_at(diagnostic: &Diagnostic, path: &str) -> bool {
    matches!(&diagnostic.place, Place::Param { path: at, .. } if at == path)
}

/// A finding in its colour, and what would mend it.
pub(super) fn finding(diagnostic: &Diagnostic, ui: &mut Ui) {
    let tokens = Tokens::of(ui);
    let tone = match diagnostic.severity {
        Severity::Error => Tone::Error,
        Severity::Warning => Tone::Warning,
        Severity::Hint => Tone::Accent,
    };
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = tokens.spacing.xs;
        tone.show(ui);
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            let size = tokens.type_scale.small;
            let color = tone.color(tokens);
            ui.add(Label::new(prose(message(diagnostic), size, color, color)).wrap());
            if let Some(fix) = &diagnostic.fix {
                let colors = &tokens.colors.text;
                ui.add(Label::new(prose(fix, size, colors.dim, colors.normal)).wrap());
            }
        });
    });
    ui.add_space(tokens.spacing.xs);
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use egui_kittest::kittest::Queryable as _;
    use serde_json::json;
    use tidemark_engine::catalog;
    use tidemark_engine::graph::{Edit, FlowNode};

    use super::super::shape::fields;
    use super::*;
    use crate::state::Settings;
    use crate::ui_kit::test_harness;

    #[test]
    fn a_duration_reads_back_as_the_same_number() {
        for millis in
            [0_i64, 1, 250, 1_500, 90_000, 3_599_999, 3_600_000, 7_260_000, 90_061_001, 315_576_000_000]
        {
            let text = text_of(&Kind::Duration, &Value::from(millis));
            assert_eq!(read(&Kind::Duration, &text), Ok(Some(Value::from(millis))), "{text}");
        }
        let back = text_of(&Kind::Duration, &Value::from(-3_600_000));
        assert_eq!(read(&Kind::Duration, &back), Ok(Some(Value::from(-3_600_000))));
    }

    #[test]
    fn what_is_not_a_value_says_why() {
        assert!(read(&Kind::Duration, "5 parsecs").is_err());
        assert!(read(&Kind::Integer, "1.5").is_err());
        assert!(read(&Kind::Number, "NaN").is_err());
        assert_eq!(read(&Kind::Number, " 2.5 "), Ok(Some(Value::from(2.5))));
        assert_eq!(read(&Kind::Integer, ""), Ok(None));
    }

    #[test]
    fn space_is_part_of_a_text_and_of_no_number() {
        assert_eq!(read(&Kind::Text, "\t"), Ok(Some(Value::from("\t"))));
        assert_eq!(read(&Kind::Text, " a "), Ok(Some(Value::from(" a "))));
        assert_eq!(read(&Kind::Text, ""), Ok(Some(Value::from(""))));
        assert_eq!(read(&Kind::Duration, " 5 min "), Ok(Some(Value::from(300_000))));
        assert_eq!(read(&Kind::Expression, " \n"), Ok(None));
    }

    #[test]
    fn a_file_can_be_asked_for_wherever_a_path_stands() {
        let (mut state, node) =
            (AppState::new(Arc::new(catalog::standard()), Settings::default()), NodeId::new("a"));
        let added = FlowNode::new("csv_source", Map::new());
        state.open.document.apply(&Edit::AddNode { id: node.clone(), node: added, at: None }).expect("added");
        let spec = state.spec(&node).expect("a kind");
        let paths =
            fields(spec.params.as_value()).into_iter().find(|field| field.name == "paths").expect("there");
        let value = json!(["a.csv", "b.csv"]);
        let commands = RefCell::new(Commands::default());
        let mut harness = test_harness(|ui| {
            let (mut draft, mut commands) = (None, commands.borrow_mut());
            let mut cx = FieldContext {
                node: &node,
                state: &state,
                columns: None,
                draft: &mut draft,
                commands: &mut commands,
            };
            show(&paths, "paths", Some(&value), &mut cx, ui);
        });
        harness.get_all_by_label("Choose file…").nth(1).expect("one for each path").click();
        harness.run();
        let asked = commands.borrow_mut().take();
        let asked = asked.iter().find_map(|command| match command {
            Command::Browse { param, .. } => Some(&**param),
            _ => None,
        });
        assert_eq!(asked, Some("paths.1"));
    }

    #[test]
    fn a_fault_is_marked_at_the_edges_of_characters() {
        assert_eq!(bounded("a + é", &(4..5)), (4, 6));
        assert_eq!(bounded("abc", &(3..3)), (2, 3));
        assert_eq!(bounded("abc", &(1..99)), (1, 3));
        assert_eq!(bounded("", &(0..0)), (0, 0));
    }
}
