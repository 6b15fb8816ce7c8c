//! The dialog for a path: a field to type it, and below it what lies in the folder that the path is in.

use std::io::ErrorKind;
use std::ops::Range;
use std::path::{MAIN_SEPARATOR, Path, PathBuf};

use egui::{Key, Label, Modifiers, Response, RichText, ScrollArea, Ui};

use super::{buttons, title};
use crate::command::{Command, Commands};
use crate::state::folder::{Folder, FolderEntry, split};
use crate::state::{AppState, Dialog};
use crate::ui_kit::format::{bytes, count};
use crate::ui_kit::format_time::duration;
use crate::ui_kit::widgets::{ListRow, list_row, primary_button, text_field, toggle};
use crate::ui_kit::{Icon, Tokens, t, t_args};

/// How high the list is, where there is room.
const LIST_HEIGHT: f32 = 308.0;
/// What the dialog needs besides its list.
const OTHER_HEIGHT: f32 = 264.0;

/// What is asked for.
pub(super) struct Ask<'a> {
    /// The heading.
    pub(super) heading: &'a str,
    /// What the button says.
    pub(super) button: &'a str,
    /// Which files are meant, by the ends of their names.
    pub(super) ends: &'static [&'static str],
    /// Whether the path is one to write to.
    pub(super) saves: bool,
}

/// The ends of the names of flows.
pub(super) const FLOWS: &[&str] = &[".json"];
/// The ends of the names of files of rows.
pub(super) const ROWS: &[&str] = &[".csv", ".tsv", ".txt", ".ndjson", ".jsonl", ".parquet", ".gz", ".zst"];
/// The ends of the names of what can be added.
pub(super) const ROWS_AND_FLOWS: &[&str] =
    &[".csv", ".tsv", ".txt", ".ndjson", ".jsonl", ".parquet", ".gz", ".zst", ".json"];

/// The ends of the names of files that rows are written to.
pub(super) const EXPORTS: &[&str] = &[".csv", ".tsv", ".ndjson", ".jsonl"];

/// What the dialog remembers.
#[derive(Default)]
pub struct Browser {
    /// Whether every file is listed, whatever it is called.
    all_files: bool,
    /// The line that Enter takes, once an arrow key was pressed.
    line: Option<usize>,
    /// The lines that were in sight last.
    in_sight: Range<usize>,
    /// The path as it was in the last frame.
    text: String,
}

/// A line of the list.
#[derive(Clone, Copy)]
enum Line<'a> {
    /// The folder above.
    Up,
    /// What lies in the folder.
    Entry(&'a FolderEntry),
}

impl Browser {
    /// Forgets which line was chosen, since no path is asked for.
    pub(super) fn forget(&mut self) {
        self.line = None;
    }

    /// Shows the dialog. `with` is the same dialog with another text, `then` what is done with the path.
    pub(super) fn ui(
        &mut self,
        ask: &Ask<'_>,
        text: &str,
        state: &AppState,
        ui: &mut Ui,
        commands: &mut Commands,
        (with, then): (impl Fn(String) -> Dialog, impl Fn(PathBuf) -> Command),
    ) {
        let tokens = Tokens::of(ui);
        title(ask.heading, ui);
        let mut now = text.to_owned();
        let field = text_field(ui, &mut now, t("dialog.path_hint"), None).accessible_name(t("dialog.path"));
        // Asked before the field takes the keyboard back, after which it has lost nothing.
        let entered = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        if !entered && !field.has_focus() && ui.memory(|memory| memory.focused().is_none()) {
            field.request_focus();
        }
        if now != self.text {
            self.text.clone_from(&now);
            self.line = None;
        }
        let typed = now.trim().to_owned();
        let (typed_folder, name) = split(&typed);
        let absolute = std::path::absolute(typed_folder).unwrap_or_default();
        let folder = state.folder.as_ref().filter(|folder| folder.path == absolute);
        let lines = folder.map(|folder| self.lines(folder, name, ask)).unwrap_or_default();
        if field.has_focus() {
            self.walk(lines.len(), ui);
        }
        let clicked = self.list(ask, folder, &lines, name, ui);
        let by_key = self.line.filter(|_| entered).map(|line| (line, true));
        let chosen = clicked.or(by_key).and_then(|(line, takes)| Some((*lines.get(line)?, takes)));
        let named = folder.and_then(|folder| folder.entry(name));
        let mut taken = None;
        match chosen {
            Some((Line::Up, _)) => now = up(typed_folder),
            Some((Line::Entry(entry), _)) if entry.is_folder => now = inside(typed_folder, &entry.name),
            Some((Line::Entry(entry), takes)) => {
                now = typed_folder.join(&entry.name).to_string_lossy().into_owned();
                // A click says which one; Enter takes it, and so does another click on the same.
                taken = (takes && (by_key.is_some() || entry.name == name)).then(|| PathBuf::from(&now));
            }
            // A folder whose name was typed is looked into.
            None if entered && named.is_some_and(|entry| entry.is_folder) => now = inside(typed_folder, name),
            None => {}
        }
        if chosen.is_some() || (entered && now != text) {
            field.request_focus();
        }
        let path = PathBuf::from(now.trim());
        let is_path = !now.trim().is_empty() && !now.trim_end().ends_with(MAIN_SEPARATOR);
        let takes_typed = entered && chosen.is_none() && is_path;
        ui.horizontal(|ui| {
            toggle(ui, &mut self.all_files, t("browse.all_files"));
        });
        let is_there = folder.and_then(|folder| folder.entry(name)).is_some_and(|entry| !entry.is_folder);
        if ask.saves && is_there {
            let color = tokens.colors.status.warning;
            ui.add(
                Label::new(RichText::new(t_args("browse.is_there", &[("name", &name)])).color(color)).wrap(),
            );
        }
        if now != text {
            commands.push(Command::SetDialog(Some(with(now.clone()))));
        }
        buttons(ui, |ui| {
            let pressed = ui.add_enabled_ui(is_path, |ui| primary_button(ui, ask.button)).inner.clicked();
            let path = taken.or((is_path && (pressed || takes_typed)).then_some(path));
            if let Some(path) = path {
                commands.push(Command::SetDialog(None));
                commands.push(then(path));
            }
            if ui.button(t("dialog.cancel")).clicked() {
                commands.push(Command::CancelDialog);
            }
        });
    }

    /// What is listed: what fits what is asked for and what was typed. A name that is written is no search among others.
    fn lines<'a>(&self, folder: &'a Folder, name: &str, ask: &Ask<'_>) -> Vec<Line<'a>> {
        let is_written_out = ask.saves || folder.entry(name).is_some();
        let sought = if is_written_out { String::new() } else { name.to_lowercase() };
        let fits = |entry: &&FolderEntry| {
            let is_meant = entry.is_folder || ask.ends.iter().any(|end| entry.key.ends_with(end));
            let is_hidden = entry.key.starts_with('.') && !sought.starts_with('.');
            (self.all_files || (is_meant && !is_hidden)) && entry.key.contains(&sought)
        };
        let entries = folder.entries.iter().flatten().filter(fits).map(Line::Entry);
        folder.path.parent().map(|_| Line::Up).into_iter().chain(entries).collect()
    }

    /// Moves the line that Enter takes.
    fn walk(&mut self, n_lines: usize, ui: &Ui) {
        let step = |key| ui.input_mut(|input| input.count_and_consume_key(Modifiers::NONE, key));
        let page = self.in_sight.len().saturating_sub(1).max(1);
        let down = step(Key::ArrowDown) + page * step(Key::PageDown);
        let up = step(Key::ArrowUp) + page * step(Key::PageUp);
        if down + up == 0 || n_lines == 0 {
            return;
        }
        // Above the first line is the field.
        let place = self.line.map_or(0, |line| line + 1) + down;
        self.line = place.saturating_sub(up).min(n_lines).checked_sub(1);
    }

    /// Shows the list, always as high, and returns the line that was clicked, and whether twice.
    fn list(
        &mut self,
        ask: &Ask<'_>,
        folder: Option<&Folder>,
        lines: &[Line<'_>],
        name: &str,
        ui: &mut Ui,
    ) -> Option<(usize, bool)> {
        let tokens = Tokens::of(ui);
        let height =
            LIST_HEIGHT.min(ui.ctx().content_rect().height() - OTHER_HEIGHT).max(tokens.size.control);
        let row_height = tokens.size.control;
        let mut list = ScrollArea::vertical().id_salt("entries").auto_shrink(false).max_height(height);
        if let Some(line) = self.line
            && !self.in_sight.is_empty()
        {
            if line < self.in_sight.start + 1 {
                list = list.vertical_scroll_offset(line as f32 * row_height);
            } else if line + 1 >= self.in_sight.end {
                list = list.vertical_scroll_offset(((line + 1) as f32 * row_height - height).max(0.0));
            }
        }
        let mut clicked = None;
        ui.scope(|ui| {
            ui.set_min_height(height);
            ui.set_max_height(height);
            ui.spacing_mut().item_spacing.y = 0.0;
            list.show_rows(ui, row_height, lines.len(), |ui, rows| {
                self.in_sight = rows.clone();
                for number in rows {
                    let is_named = |entry: &FolderEntry| entry.name == name;
                    let selected = match (self.line, lines[number]) {
                        (Some(line), _) => line == number,
                        (None, Line::Entry(entry)) => is_named(entry),
                        (None, Line::Up) => false,
                    };
                    let shown = row(lines[number], selected, ui);
                    if shown.clicked() {
                        clicked = Some((number, shown.double_clicked()));
                    }
                }
            });
        });
        let said = said(folder, lines, ask);
        let text = RichText::new(said).small().color(tokens.colors.text.dim);
        ui.add(Label::new(text).truncate());
        clicked
    }
}

/// Shows a line.
fn row(line: Line<'_>, selected: bool, ui: &mut Ui) -> Response {
    let tokens = Tokens::of(ui);
    let (accent, dim) = (tokens.colors.accent.text, tokens.colors.text.dim);
    let (text, icon, detail) = match line {
        Line::Up => ("..", (Icon::ArrowUp, dim), t("browse.up").to_owned()),
        Line::Entry(entry) => {
            let age = entry.age.map(|age| {
                let millis = u64::try_from(age.as_millis()).unwrap_or(u64::MAX);
                t_args("browse.ago", &[("time", &duration(millis))])
            });
            let size = (!entry.is_folder).then(|| bytes(entry.n_bytes));
            let icon = if entry.is_folder { (Icon::Open, accent) } else { (Icon::File, dim) };
            (&*entry.name, icon, size.into_iter().chain(age).collect::<Vec<_>>().join(" · "))
        }
    };
    list_row(ui, &ListRow { icon: Some(icon), detail: &detail, selected, depth: 0, text })
}

/// What is to be said of the list, in a sentence: why it is empty, or how much it holds.
fn said(folder: Option<&Folder>, lines: &[Line<'_>], ask: &Ask<'_>) -> String {
    let Some(folder) = folder else { return t("browse.reading").to_owned() };
    let most = count(Folder::MAX_ENTRIES as u64);
    match folder.entries {
        Err(ErrorKind::NotFound) => t("browse.missing").to_owned(),
        Err(ErrorKind::PermissionDenied) => t("browse.forbidden").to_owned(),
        Err(ErrorKind::NotADirectory) => t("browse.no_folder").to_owned(),
        Err(kind) => t_args("browse.unreadable", &[("reason", &kind)]),
        Ok(_) if folder.is_cut => t_args("browse.cut", &[("n", &most)]),
        Ok(_) if !lines.iter().any(|line| matches!(line, Line::Entry(_))) => t("browse.nothing").to_owned(),
        Ok(_) => {
            let ends: Vec<_> = ask.ends.iter().map(|end| format!("*{end}")).collect();
            t_args("browse.hint", &[("ends", &ends.join(", "))])
        }
    }
}

/// The folder above, as it is typed.
fn up(folder: &Path) -> String {
    let absolute = std::path::absolute(folder).unwrap_or_default();
    absolute.parent().unwrap_or(&absolute).join("").to_string_lossy().into_owned()
}

/// A folder in a folder, as it is typed.
fn inside(folder: &Path, name: &str) -> String {
    folder.join(name).join("").to_string_lossy().into_owned()
}
