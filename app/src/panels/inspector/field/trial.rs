//! What an expression gives for the rows that entered its node last, while it is written.

use egui::{Align, Color32, Label, Layout, Response, RichText, ScrollArea, Ui, vec2};
use egui_extras::{Column, TableBuilder};
use serde_json::Value;

use super::super::shape::{Field, Kind};
use super::value::text_of;
use super::{FieldContext, named};
use crate::command::Command;
use crate::state::{Trial, TriedRow, TriedRows, TriedValue, WhyNot};
use crate::ui_kit::format::count;
use crate::ui_kit::widgets::Tone;
use crate::ui_kit::{Tokens, fonts, style, t, t_args, t_count};

const ROW_HEIGHT: f32 = 20.0;
/// How many rows are seen at once.
const SEEN_ROWS: usize = 5;
/// What their table takes, with its header.
const TABLE_HEIGHT: f32 = ROW_HEIGHT * (SEEN_ROWS + 1) as f32;
/// The least width of a column.
const LEAST_WIDTH: f32 = 84.0;

/// Shows the values of the expression that was written in last, or else of the first one.
pub(super) fn ui(field: &Field, path: &str, value: Option<&Value>, cx: &mut FieldContext<'_>, ui: &mut Ui) {
    if cx.writing.tried.get_or_insert_with(|| path.to_owned()) != path {
        return;
    }
    cx.writing.is_tried_shown = true;
    let saved = || value.map(|value| text_of(&field.kind, value)).unwrap_or_default();
    let text = cx.writing.draft_of(path).map_or_else(saved, str::to_owned);
    let is_empty = text.trim().is_empty();
    if is_empty && cx.writing.draft_of(path).is_none() {
        return;
    }
    let trial = Trial { node: cx.node.clone(), path: path.to_owned(), text };
    let trying = &cx.state.open.trying;
    if !is_empty && trying.wanted.as_ref() != Some(&trial) {
        cx.commands.push(Command::Try(trial.clone()));
    }
    // A text that has not been tried yet stands over the values of the one before, until its own are there.
    let tried = trying.tried.as_ref().filter(|tried| !is_empty && tried.trial.is_of_same_field(&trial));
    let rows = tried.and_then(|tried| tried.rows.as_deref());
    let why_not = tried.and_then(|tried| tried.why_not.as_ref());
    ui.push_id((path, "values"), |ui| {
        heading(field, rows, why_not, ui);
        let tokens = Tokens::of(ui);
        let frame = egui::Frame::new()
            .fill(tokens.colors.surface.input)
            .stroke((tokens.size.stroke, tokens.colors.surface.border))
            .corner_radius(tokens.radius.md);
        // As high with one row as with many and with none, so that nothing below moves while rows come and texts change.
        frame.show(ui, |ui| {
            ui.set_min_size(vec2(ui.available_width(), TABLE_HEIGHT));
            match rows {
                Some(rows) => table(rows, why_not.is_some(), &named(field, path), ui),
                None => no_table(why_not, ui),
            }
        });
    });
}

/// One line that says what is shown: how many rows pass, or why there are no values of this text.
fn heading(field: &Field, rows: Option<&TriedRows>, why_not: Option<&WhyNot>, ui: &mut Ui) {
    let tokens = Tokens::of(ui);
    let colors = &tokens.colors.text;
    let (sentence, ink) = match (why_not, rows) {
        (_, None) => (t("inspector.values").to_owned(), colors.dim),
        (None, Some(rows)) => (outcome(field, rows), colors.normal),
        (Some(WhyNot::NotAnExpression), Some(_)) => (t("inspector.values_before").to_owned(), colors.dim),
        (Some(why_not), Some(_)) => (reason(why_not), colors.dim),
    };
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = tokens.spacing.sm;
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if let Some(rows) = rows.filter(|_| why_not.is_none()) {
                let kind =
                    RichText::new(&rows.data_type).text_style(style::small_mono_text()).color(colors.dim);
                ui.add(Label::new(kind).truncate()).on_hover_text(t("tip.result_type"));
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                let text = RichText::new(&sentence).small().color(ink);
                ui.add(Label::new(text).truncate());
            });
        });
    });
}

/// Why there are no values, where a table of them would be.
fn no_table(why_not: Option<&WhyNot>, ui: &mut Ui) {
    let tokens = Tokens::of(ui);
    let sentence = why_not.map_or_else(|| t("inspector.values_not_yet").to_owned(), reason);
    ScrollArea::vertical().max_height(TABLE_HEIGHT).show(ui, |ui| {
        ui.vertical_centered(|ui| {
            ui.add_space(TABLE_HEIGHT / 3.0);
            let text = RichText::new(sentence).small().color(tokens.colors.text.dim);
            ui.add(Label::new(text).wrap().halign(Align::Center));
        });
    });
}

fn reason(why_not: &WhyNot) -> String {
    match why_not {
        WhyNot::NoRows => t("inspector.values_no_rows").to_owned(),
        WhyNot::NotAnExpression => t("inspector.values_not_yet").to_owned(),
        WhyNot::NotRead(columns) => t_args("inspector.values_not_read", &[("columns", &columns.join(", "))]),
        WhyNot::Failed(reason) => t_args("inspector.values_failed", &[("reason", reason)]),
    }
}

/// What became of the rows: how many pass a condition, and how many cannot be computed.
fn outcome(field: &Field, rows: &TriedRows) -> String {
    let n_rows = rows.rows.len() as u64;
    let is_faulty = |row: &&TriedRow| matches!(row.result, TriedValue::Fault(_));
    let n_faulty = rows.rows.iter().filter(is_faulty).count() as u64;
    let mut text = match rows.n_true.filter(|_| field.kind == Kind::Condition) {
        Some(n_true) => t_args(
            "inspector.rows_pass",
            &[("n", &count(n_true as u64)), ("of", &t_count("data.rows", n_rows))],
        ),
        None => t_count("inspector.values_of", n_rows),
    };
    if n_faulty > 0 {
        text = format!("{text}, {}", t_count("inspector.rows_fail", n_faulty));
    }
    text
}

fn table(rows: &TriedRows, is_old: bool, name: &str, ui: &mut Ui) {
    let tokens = Tokens::of(ui);
    let n_columns = rows.columns.len() + 1;
    let width = (ui.available_width() / n_columns as f32).max(LEAST_WIDTH);
    ScrollArea::horizontal().auto_shrink([false, true]).show(ui, |ui| {
        ui.spacing_mut().item_spacing = vec2(0.0, 0.0);
        let table = TableBuilder::new(ui)
            .striped(true)
            .vscroll(true)
            .auto_shrink([false, true])
            .min_scrolled_height(TABLE_HEIGHT - ROW_HEIGHT)
            .max_scroll_height(TABLE_HEIGHT - ROW_HEIGHT)
            .cell_layout(Layout::left_to_right(Align::Center))
            .columns(Column::exact(width).clip(true), n_columns);
        let table = table.header(ROW_HEIGHT, |mut header| {
            let result = t_args("inspector.result_of", &[("field", &name)]);
            for column in rows.columns.iter().chain([&result]) {
                header.col(|ui| {
                    let font = fonts::semibold(tokens.type_scale.small);
                    let text = RichText::new(column).font(font).color(tokens.colors.text.dim);
                    ui.add_space(tokens.spacing.sm);
                    ui.add(Label::new(text).truncate());
                });
            }
        });
        table.body(|body| {
            body.rows(ROW_HEIGHT, rows.rows.len(), |mut shown| {
                let Some(row) = rows.rows.get(shown.index()) else { return };
                for value in &row.values {
                    shown.col(|ui| drop(cell(value, tokens.colors.text.dim, ui)));
                }
                let ink = if is_old { tokens.colors.text.dim } else { tokens.colors.text.strong };
                shown.col(|ui| drop(cell(&row.result, ink, ui)));
            });
        });
    });
}

fn cell(value: &TriedValue, ink: Color32, ui: &mut Ui) -> Response {
    let tokens = Tokens::of(ui);
    ui.add_space(tokens.spacing.sm);
    let text = |text: &str, color| RichText::new(text).text_style(style::small_mono_text()).color(color);
    match value {
        TriedValue::Some(value) => ui.add(Label::new(text(value, ink)).truncate()),
        TriedValue::Null => ui.add(Label::new(text(t("data.null"), tokens.colors.text.dim).italics())),
        TriedValue::Fault(reason) => {
            ui.spacing_mut().item_spacing.x = tokens.spacing.xs;
            Tone::Rejected.show(ui);
            let color = Tone::Rejected.color(tokens);
            ui.add(Label::new(RichText::new(reason).small().color(color)).truncate()).on_hover_text(reason)
        }
    }
}
