//! What happened since the window was opened, oldest first, with filters; it follows the newest until one scrolls away.

use std::collections::{BTreeMap, BTreeSet};

use egui::{
    Event, Key, Label, Modifiers, Rect, RichText, ScrollArea, Sense, Ui, UiBuilder, WidgetInfo, vec2,
};
use tidemark_engine::ids::NodeId;

use crate::command::{Action, Command, Commands};
use crate::state::{AppState, FlowNumber, Level, Log, LogEntry, LogPlace};
use crate::ui_kit::format::count;
use crate::ui_kit::local_time::local_clock;
use crate::ui_kit::widgets::{IconButton, drop_down, empty_state, icon_button, search_field, segmented};
use crate::ui_kit::{Icon, Tokens, style, t, t_args};

/// Less room than this has none for a choice of levels side by side.
const LEVELS_FROM: f32 = 720.0;
/// Less room than this has none for a choice of nodes.
const NODES_FROM: f32 = 380.0;
/// The widest that the search gets.
const SEARCH_WIDTH: f32 = 260.0;

/// What the log remembers: from which level on entries are wanted, which are selected, and where it was scrolled to.
#[derive(Default)]
pub struct LogPanel {
    level: Option<Level>,
    search: String,
    node: Option<(FlowNumber, NodeId)>,
    shown: Shown,
    /// The entries that are selected, by their ids, and the one that was clicked last.
    selected: BTreeSet<u64>,
    anchor: Option<u64>,
    /// The entry at the top and how far it is scrolled out, while older entries are being read.
    top: Option<(u64, f32)>,
    wants_end: bool,
}

/// The entries that pass the filters, found again only when those or the log have changed.
#[derive(Default)]
struct Shown {
    n_changes: Option<u64>,
    numbers: Vec<usize>,
    n_warnings: u64,
    n_errors: u64,
    nodes: BTreeMap<(FlowNumber, NodeId), String>,
}

impl Shown {
    fn find(&mut self, log: &Log, is_wanted: impl Fn(&LogEntry) -> bool) {
        *self = Shown { n_changes: Some(log.n_changes()), ..Shown::default() };
        for (number, entry) in log.entries().enumerate() {
            self.n_warnings += u64::from(entry.level() == Level::Warning) * entry.times;
            self.n_errors += u64::from(entry.level() == Level::Error) * entry.times;
            if let Some(LogPlace { flow, node: Some(node), name }) = &entry.place {
                self.nodes.insert((*flow, node.clone()), name.clone());
            }
            if is_wanted(entry) {
                self.numbers.push(number);
            }
        }
    }
}

impl LogPanel {
    /// The selected entries as text, or all that are shown if none is.
    pub fn text(&self, log: &Log) -> String {
        let entries = self.shown.numbers.iter().filter_map(|number| log.get(*number));
        let is_selected = |entry: &&LogEntry| self.selected.contains(&entry.id);
        let has_selected = entries.clone().any(|entry| is_selected(&entry));
        entries.filter(|entry| !has_selected || is_selected(entry)).map(line).collect()
    }

    pub(super) fn ui(&mut self, state: &AppState, ui: &mut Ui, commands: &mut Commands) {
        if state.log.is_empty() {
            *self = LogPanel::default();
            empty_state(ui, Icon::List, t("log.empty_title"), t("log.empty_sentence"), None);
            return;
        }
        let is_stale = self.shown.n_changes != Some(state.log.n_changes());
        let is_found_anew = self.filters(ui, commands) || is_stale;
        if is_found_anew {
            self.find(&state.log);
        }
        if self.shown.numbers.is_empty() {
            empty_state(ui, Icon::Filter, t("log.none_title"), t("log.none_sentence"), None);
            return;
        }
        self.rows(is_found_anew, state, ui, commands);
    }

    fn find(&mut self, log: &Log) {
        let LogPanel { level, search, node, shown, .. } = self;
        let search = search.trim().to_lowercase();
        shown.find(log, |entry| {
            let place = entry.place.as_ref();
            let is_at = |(flow, node): &(FlowNumber, NodeId)| {
                place.is_some_and(|place| place.flow == *flow && place.node.as_ref() == Some(node))
            };
            level.is_none_or(|level| entry.level() >= level)
                && node.as_ref().is_none_or(is_at)
                && (search.is_empty() || entry.text.to_lowercase().contains(&search))
        });
    }

    /// Shows the filters, and returns whether one has changed.
    fn filters(&mut self, ui: &mut Ui, commands: &mut Commands) -> bool {
        let tokens = Tokens::of(ui);
        let room = ui.available_width();
        let mut has_changed = false;
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = tokens.spacing.sm;
            let n_warnings = self.shown.n_warnings + self.shown.n_errors;
            let warnings = t_args("log.warnings", &[("n", &count(n_warnings))]);
            let errors = t_args("log.errors", &[("n", &count(self.shown.n_errors))]);
            let levels =
                [(None, t("log.all")), (Some(Level::Warning), &*warnings), (Some(Level::Error), &*errors)];
            has_changed |= if room >= LEVELS_FROM {
                segmented(ui, &mut self.level, &levels)
            } else {
                drop_down(ui, t("log.level"), &mut self.level, &levels)
            };
            if room >= NODES_FROM && !self.shown.nodes.is_empty() {
                has_changed |= self.node_filter(ui);
            }
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                ui.spacing_mut().item_spacing.x = tokens.spacing.xs;
                if icon_button(ui, Icon::Delete, Action::ClearLog.name()).clicked() {
                    commands.push(Action::ClearLog);
                }
                if icon_button(ui, Icon::Copy, Action::CopyLog.name()).clicked() {
                    commands.push(Action::CopyLog);
                }
                let is_following = self.top.is_none();
                let follow = IconButton::new(Icon::ArrowDown, t("log.follow")).selected(is_following);
                self.wants_end |= ui.add(follow.shortcut("End")).clicked();
                let size = vec2(ui.available_width().min(SEARCH_WIDTH), tokens.size.control);
                if size.x >= 80.0 {
                    ui.allocate_ui_with_layout(size, egui::Layout::top_down(egui::Align::Min), |ui| {
                        let search = search_field(ui, &mut self.search, t("log.search"));
                        has_changed |= search.accessible_name(t("log.search")).changed();
                    });
                }
            });
        });
        ui.add_space(tokens.spacing.xs);
        has_changed
    }

    fn node_filter(&mut self, ui: &mut Ui) -> bool {
        let nodes: Vec<_> = self.shown.nodes.keys().cloned().collect();
        let names = self.shown.nodes.values().map(String::as_str);
        let choices: Vec<(Option<usize>, &str)> = [(None, t("log.all_nodes"))]
            .into_iter()
            .chain(names.enumerate().map(|(idx, name)| (Some(idx), name)))
            .collect();
        let mut chosen = nodes.iter().position(|node| Some(node) == self.node.as_ref());
        // Of a node whose entries are gone nothing is left to choose.
        let is_gone = self.node.is_some() && chosen.is_none();
        let has_changed = drop_down(ui, t("log.node"), &mut chosen, &choices);
        if has_changed || is_gone {
            self.node = chosen.and_then(|idx| nodes.get(idx).cloned());
        }
        has_changed || is_gone
    }

    fn rows(&mut self, is_found_anew: bool, state: &AppState, ui: &mut Ui, commands: &mut Commands) {
        let tokens = Tokens::of(ui);
        let height = tokens.size.hit;
        let step = height + ui.spacing().item_spacing.y;
        let numbers = std::mem::take(&mut self.shown.numbers);
        let place = ui.available_rect_before_wrap();
        let end = step * numbers.len() as f32;
        let mut area = ScrollArea::vertical().id_salt("log").auto_shrink(false).stick_to_bottom(true);
        self.wants_end |= ui.rect_contains_pointer(place)
            && !ui.ctx().text_edit_focused()
            && ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::End));
        if std::mem::take(&mut self.wants_end) {
            self.top = None;
            area = area.vertical_scroll_offset((end - place.height()).max(0.0));
        } else if let Some((id, rest)) = self.top.filter(|_| is_found_anew)
            && let Some(row) =
                numbers.iter().position(|number| state.log.get(*number).is_some_and(|entry| entry.id == id))
        {
            // What is read stays where it is when older entries go.
            area = area.vertical_scroll_offset(row as f32 * step + rest);
        }
        let mut clicked = None;
        let output = area.show_rows(ui, height, numbers.len(), |ui, rows| {
            for number in rows.filter_map(|row| numbers.get(row)) {
                let Some(entry) = state.log.get(*number) else { continue };
                let is_selected = self.selected.contains(&entry.id);
                if ui.push_id(entry.id, |ui| row(state, entry, is_selected, height, ui, commands)).inner {
                    clicked = Some(entry.id);
                }
            }
        });
        let offset = output.state.clamped_offset().y;
        let is_at_end = offset + output.inner_rect.height() >= output.content_size.y - 1.0;
        let row = (offset / step) as usize;
        let top = numbers.get(row).and_then(|number| state.log.get(*number));
        let top = top.filter(|_| !is_at_end).map(|entry| (entry.id, offset - row as f32 * step));
        if top.is_some() != self.top.is_some() {
            // The button says whether the newest is followed.
            ui.ctx().request_repaint();
        }
        self.top = top;
        self.shown.numbers = numbers;
        if let Some(id) = clicked {
            self.select(id, &state.log, ui);
        }
    }

    /// One entry; with Shift all from the one that was clicked before, with Ctrl one more or one less.
    fn select(&mut self, id: u64, log: &Log, ui: &Ui) {
        let modifiers = ui.input(|input| input.modifiers);
        let ids: Vec<u64> =
            self.shown.numbers.iter().filter_map(|number| log.get(*number)).map(|entry| entry.id).collect();
        let place = |id: u64| ids.iter().position(|other| *other == id);
        if modifiers.shift
            && let (Some(from), Some(to)) = (self.anchor.and_then(place), place(id))
        {
            self.selected = ids[from.min(to)..=from.max(to)].iter().copied().collect();
            return;
        }
        self.anchor = Some(id);
        let was_selected = self.selected.contains(&id);
        if !modifiers.command {
            self.selected.clear();
        }
        if was_selected {
            self.selected.remove(&id);
        } else {
            self.selected.insert(id);
        }
    }
}

/// Shows an entry, and returns whether it was clicked.
fn row(
    state: &AppState,
    entry: &LogEntry,
    is_selected: bool,
    height: f32,
    ui: &mut Ui,
    commands: &mut Commands,
) -> bool {
    let tokens = Tokens::of(ui);
    let colors = &tokens.colors;
    let place = Rect::from_min_size(ui.cursor().min, vec2(ui.available_width(), height));
    let row = ui.scope_builder(UiBuilder::new().max_rect(place).sense(Sense::click()), |ui| {
        if is_selected {
            ui.painter().rect_filled(place, tokens.radius.sm, colors.accent.soft);
        }
        ui.set_min_size(place.size());
        ui.horizontal_centered(|ui| {
            let label = |text: RichText| Label::new(text).selectable(false).sense(Sense::hover());
            let time = RichText::new(time(entry)).text_style(style::small_mono_text());
            ui.add(label(time.color(colors.text.dim)));
            entry.tone.show(ui);
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                if let Some(at) = entry.place.as_ref().filter(|at| is_there(at, state)) {
                    let link =
                        egui::Button::new(RichText::new(&at.name).color(colors.accent.text)).truncate();
                    if ui.add(link.frame(false)).on_hover_text(t("log.show_place")).clicked() {
                        commands.push(Command::ShowFlow(at.flow));
                        commands.extend(at.node.clone().map(Command::Reveal));
                    }
                }
                if entry.times > 1 {
                    let times = t_args("log.times", &[("n", &count(entry.times))]);
                    ui.add(label(RichText::new(times).color(colors.text.dim)));
                }
                ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                    ui.add(label(RichText::new(&entry.text).color(colors.text.normal)).truncate());
                });
            });
        });
    });
    let name = line(entry);
    let response = row.response;
    response.widget_info(|| WidgetInfo::selected(egui::Role::ListItem, true, is_selected, name.trim_end()));
    if response.has_focus() {
        let line = egui::Stroke::new(tokens.size.focus, colors.accent.line);
        ui.painter().rect_stroke(place.shrink(1.0), tokens.radius.sm, line, egui::StrokeKind::Inside);
        let wants_copy = ui.input_mut(|input| {
            let before = input.events.len();
            input.events.retain(|event| !matches!(event, Event::Copy));
            input.events.len() < before
        });
        if wants_copy {
            commands.push(Action::CopyLog);
        }
    }
    if response.clicked() {
        response.request_focus();
    }
    response.clicked()
}

/// Whether what an entry names can be shown.
fn is_there(place: &LogPlace, state: &AppState) -> bool {
    let flow = state.shelf.iter().chain([&state.open]).find(|flow| flow.number == place.flow);
    let is_in = |node: &NodeId| flow.is_some_and(|flow| flow.document.flow().nodes.contains_key(node));
    flow.is_some() && place.node.as_ref().is_none_or(is_in)
}

fn time(entry: &LogEntry) -> String {
    local_clock(entry.at_millis)
}

/// An entry as a line of text.
fn line(entry: &LogEntry) -> String {
    let times = if entry.times > 1 {
        format!("  {}", t_args("log.times", &[("n", &count(entry.times))]))
    } else {
        String::new()
    };
    format!("{}  {}{times}\n", time(entry), entry.text)
}
