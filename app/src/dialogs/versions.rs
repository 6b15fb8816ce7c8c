//! The earlier versions of a flow file, each with what has become of it, to be opened beside it.

use egui::{Label, RichText, ScrollArea, Ui};
use tidemark_engine::ids::NodeId;

use super::{close, sentence, title};
use crate::command::{Command, Commands};
use crate::state::{AppState, Difference, KeptVersion};
use crate::ui_kit::format::bytes;
use crate::ui_kit::local_time::{ago, local_timestamp};
use crate::ui_kit::{Tokens, style, t, t_args};

/// How many nodes of a kind of difference are named.
const MAX_NAMED: usize = 4;

/// Shows them.
pub(super) fn ui(state: &AppState, ui: &mut Ui, commands: &mut Commands) {
    let name = state.versions.file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    title(&t_args("versions.title", &[("name", &name)]), ui);
    let is_empty = state.versions.versions.is_empty();
    sentence(t(if is_empty { "versions.none" } else { "versions.sentence" }), ui);
    ScrollArea::vertical().max_height(360.0).show(ui, |ui| {
        for (number, version) in state.versions.versions.iter().enumerate() {
            ui.separator();
            ui.push_id(number, |ui| one(number, version, ui, commands));
        }
    });
    close(ui, commands);
}

fn one(number: usize, version: &KeptVersion, ui: &mut Ui, commands: &mut Commands) {
    let tokens = Tokens::of(ui);
    ui.spacing_mut().item_spacing.y = tokens.spacing.xs;
    let at_millis = i64::try_from(version.at_millis).unwrap_or(i64::MAX);
    let (since, time) = (ago(at_millis), local_timestamp(at_millis));
    let heading = t_args("versions.heading", &[("time", &since), ("size", &bytes(version.n_bytes))]);
    let strong = RichText::new(heading).text_style(style::strong_text()).color(tokens.colors.text.strong);
    ui.add(Label::new(strong).truncate()).on_hover_text(&time);
    let text = version.difference.as_ref().map_or_else(|| t("versions.unreadable").to_owned(), said);
    ui.add(Label::new(RichText::new(text).small().color(tokens.colors.text.dim)).wrap());
    if version.difference.is_some() && ui.button(t("versions.open")).on_hover_text(&time).clicked() {
        commands.push(Command::SetDialog(None));
        commands.push(Command::OpenVersion(number));
    }
}

/// What has become of a version, in a line.
fn said(difference: &Difference) -> String {
    let Difference { added, removed, changed, is_else_same } = difference;
    let kinds = [("versions.added", added), ("versions.removed", removed), ("versions.changed", changed)];
    let kinds = kinds.into_iter().filter(|(_, nodes)| !nodes.is_empty());
    let mut parts: Vec<String> = kinds.map(|(key, nodes)| t_args(key, &[("nodes", &named(nodes))])).collect();
    match (parts.is_empty(), is_else_same) {
        (true, true) => parts.push(t("versions.same").to_owned()),
        (true, false) => parts.push(t("versions.same_nodes").to_owned()),
        (false, _) => {}
    }
    parts.join(" · ")
}

fn named(nodes: &[NodeId]) -> String {
    let named: Vec<_> = nodes.iter().take(MAX_NAMED).map(NodeId::as_str).collect();
    let named = named.join(", ");
    match nodes.len().saturating_sub(MAX_NAMED) {
        0 => named,
        more => t_args("versions.more", &[("nodes", &named), ("n", &more)]),
    }
}
