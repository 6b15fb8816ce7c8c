//! One field of the form, by the kind of its parameter, with what was found about it underneath.

mod choice;
mod code;
mod completion;
mod finding;
mod list;
mod text;
mod trial;
mod value;

use egui::{Label, RichText, Ui, UiBuilder};
use serde_json::Value;
use tidemark_engine::data::Schema;
use tidemark_engine::ids::NodeId;

use self::completion::Completing;
pub(super) use self::finding::finding;
use self::finding::{found, is_at};
use self::text::{Style, written};
use super::shape::{Field, Kind, label};
use super::small_icon;
use super::visit::Visit;
use crate::command::{Command, Commands};
use crate::panels::dock::path_to_allow;
use crate::state::AppState;
use crate::ui_kit::widgets::{link_button, toggle};
use crate::ui_kit::{Icon, Tokens, t, t_args};

/// What a field needs to know besides its value.
pub(super) struct FieldContext<'a> {
    /// The node, or the first of several that are set together.
    pub node: &'a NodeId,
    /// Whether several nodes are set together.
    pub is_many: bool,
    /// Whether they differ in this parameter.
    pub is_mixed: bool,
    pub state: &'a AppState,
    /// The columns that may be named.
    pub schema: Option<&'a Schema>,
    /// When a change takes effect, in a sentence.
    pub effect: &'a str,
    pub writing: &'a mut Writing,
    pub commands: &'a mut Commands,
}

/// What is remembered of the field that is written in.
#[derive(Default)]
pub(super) struct Writing {
    draft: Option<Draft>,
    visit: Visit,
    completing: Completing,
    /// The expression whose values are shown: the one that was written in last, or else the first.
    tried: Option<String>,
    /// Whether that expression is among the fields.
    is_tried_shown: bool,
    /// The parameter whose field is to get the keyboard in this frame.
    wanted: Option<String>,
    /// The same for the next frame: it is not there yet.
    wanted_next: Option<String>,
}

/// The text of a field as it is written, while it cannot be read as a value or is not done.
struct Draft {
    path: String,
    text: String,
}

impl Writing {
    /// The form is about to be shown.
    pub(super) fn begin(&mut self, wanted: Option<String>) {
        self.wanted = wanted.or(self.wanted_next.take());
        self.is_tried_shown = false;
    }

    /// Gives the keyboard to a field if it was asked for.
    fn focus_if_wanted(&mut self, path: &str, field: &egui::Response) {
        if self.wanted.take_if(|wanted| wanted == path).is_some() {
            field.request_focus();
            field.scroll_to_me(Some(egui::Align::Center));
        }
    }

    /// The form has been shown: what was not in it is forgotten.
    pub(super) fn end(&mut self) {
        if !self.is_tried_shown {
            self.tried = None;
        }
    }

    fn draft_of(&self, path: &str) -> Option<&str> {
        self.draft.as_ref().filter(|draft| draft.path == path).map(|draft| &*draft.text)
    }
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
    // By its path alone, so that it keeps the keyboard when a sentence comes to stand above it.
    let field_id = UiBuilder::new().scope_id(ui.scope_id().with(path));
    let change = ui.scope_builder(field_id, |ui| {
        let picked = heading(field, value, cx, ui);
        if picked.is_some() {
            cx.writing.draft = None;
        }
        let written = editor(field, path, value, cx, ui);
        picked.or(written)
    });
    findings(field, path, value, cx, ui);
    if field.kind.is_expression() && !cx.is_many {
        trial::ui(field, path, value, cx, ui);
    }
    change.inner
}

/// What was found about one node's parameter; of several nodes nothing is said.
fn findings(field: &Field, path: &str, value: Option<&Value>, cx: &mut FieldContext<'_>, ui: &mut Ui) {
    if cx.is_many {
        return;
    }
    if matches!(field.kind, Kind::List(_) | Kind::Group(_)) {
        for diagnostic in cx.state.open.diagnostics_of(cx.node).filter(|found| is_at(found, path)) {
            finding(diagnostic, ui);
        }
        return;
    }
    for diagnostic in found(cx, path).filter(|_| !is_needed(field, value) || field.label.is_empty()) {
        finding(diagnostic, ui);
        if let Some(path) = path_to_allow(diagnostic)
            && ui.button(t("problems.allow")).on_hover_text(t("tip.allow")).clicked()
        {
            cx.commands.push(Command::Allow(path));
        }
    }
}

/// Whether a value is missing. The heading says so.
fn is_needed(field: &Field, value: Option<&Value>) -> bool {
    !field.optional && value.is_none()
}

/// What a field is for, and when a change of it takes effect.
fn tip(field: &Field, cx: &FieldContext<'_>) -> String {
    let parts = [&*field.doc, cx.effect];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n\n")
}

/// The label, and beside it what a field cannot show or take by writing: that it holds nothing but spaces, that it is to
/// hold nothing, and that its default is to hold again.
fn heading(field: &Field, value: Option<&Value>, cx: &FieldContext<'_>, ui: &mut Ui) -> Option<Change> {
    if field.label.is_empty() || field.kind == Kind::Boolean {
        return None;
    }
    let tokens = Tokens::of(ui);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = tokens.spacing.sm;
        let color = if value.is_some() { tokens.colors.text.normal } else { tokens.colors.text.dim };
        let shown = ui.add(Label::new(RichText::new(&field.label).color(color)).selectable(false));
        shown.on_hover_text(tip(field, cx));
        if cx.is_mixed {
            ui.label(RichText::new(t("inspector.mixed")).small().color(tokens.colors.text.dim));
        } else if is_needed(field, value) {
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
            if (value.is_some() || cx.is_mixed) && link(ui, t("inspector.use_default"), "tip.use_default") {
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
    match &field.kind {
        Kind::Boolean => {
            let mut on = value.or(field.default.as_ref()).and_then(Value::as_bool).unwrap_or(false);
            let switch = ui.horizontal(|ui| {
                let switch = toggle(ui, &mut on, &field.label).on_hover_text(tip(field, cx));
                if cx.is_mixed {
                    let text = RichText::new(t("inspector.mixed")).small();
                    ui.label(text.color(Tokens::of(ui).colors.text.dim));
                }
                cx.writing.focus_if_wanted(path, &switch);
                switch.changed()
            });
            switch.inner.then(|| Change::done(on)).flatten()
        }
        Kind::Choice(choices) => choice::choice(field, choices, path, value, cx, ui),
        Kind::Column => choice::column(field, path, value, cx, ui),
        // Which rows they have in common cannot be said.
        Kind::List(_) | Kind::Group(_) if cx.is_mixed => None,
        Kind::List(item) => list::list(field, item, path, value, cx, ui),
        Kind::Group(fields) => list::group(fields, path, value, cx, ui),
        Kind::Expression | Kind::Condition | Kind::Json => written(field, path, value, cx, ui, Style::Code),
        Kind::Path if !cx.is_many => path_field(field, path, value, cx, ui),
        Kind::Path | Kind::Text | Kind::Duration | Kind::Integer | Kind::Number => {
            written(field, path, value, cx, ui, Style::Line)
        }
    }
}

/// A path, which can be written or picked.
fn path_field(
    field: &Field,
    path: &str,
    value: Option<&Value>,
    cx: &mut FieldContext<'_>,
    ui: &mut Ui,
) -> Option<Change> {
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

/// What a field is called to a screen reader: its own label, or that of its list with its number.
fn named(field: &Field, path: &str) -> String {
    if !field.label.is_empty() {
        return field.label.clone();
    }
    let mut parts = path.rsplit('.');
    let number = parts.next().and_then(|number| number.parse::<usize>().ok()).map_or(1, |number| number + 1);
    format!("{} {number}", label(parts.next().unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::sync::Arc;

    use egui_kittest::kittest::Queryable as _;
    use serde_json::{Map, json};
    use tidemark_engine::catalog;
    use tidemark_engine::graph::{Edit, FlowNode};

    use super::super::shape::fields;
    use super::*;
    use crate::state::Settings;
    use crate::ui_kit::test_harness;

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
            let (mut writing, mut commands) = (Writing::default(), commands.borrow_mut());
            let mut cx = FieldContext {
                node: &node,
                is_many: false,
                is_mixed: false,
                state: &state,
                schema: None,
                effect: "",
                writing: &mut writing,
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
}
