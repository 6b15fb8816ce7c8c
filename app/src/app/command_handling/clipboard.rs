//! Copying, cutting, pasting and duplicating nodes, frames and notes. What is on the clipboard is JSON text that any editor can hold.

use egui::{Context, Event, Pos2, ViewportCommand, vec2};
use tidemark_engine::graph::{self, Edit, FlowFragment, Pasted};
use tidemark_engine::ids::{EdgeId, PortRef};

use super::super::App;
use super::drawing::{place_of_duplicate, removed};
use super::placing::{Spots, snapped};
use crate::command::{Action, Command};
use crate::state::{Drawn, Selection};
use crate::ui_kit::widgets::has_text_cursor;
use crate::ui_kit::{t, t_args, t_count};

/// How many frames the system has to bring the text that it was asked for. Later text was pasted by its own keys.
const PATIENCE: u64 = 10;

/// A paste for which the system has been asked for the text.
pub(in crate::app) struct AskedPaste {
    at: Option<Pos2>,
    keep_links: bool,
    frame: u64,
}

impl App {
    /// Takes what the system says of its clipboard, unless a field or a table has the keyboard: it is theirs then.
    pub(in crate::app) fn take_clipboard(&mut self, ctx: &Context) {
        if self.state.dialog.is_some() || !self.panels.canvas.has_keyboard(ctx) {
            return;
        }
        let (mut copies, mut texts) = (Vec::new(), Vec::new());
        let is_ours = self.state.open.selection.can_be_copied();
        let has_cursor = has_text_cursor(ctx);
        ctx.input_mut(|input| {
            input.events.retain(|event| {
                match event {
                    // The text copies itself at the end of the frame, in the place of what is selected, if any of it is marked.
                    Event::Copy if is_ours && has_cursor => {
                        copies.push(Action::Copy);
                        return true;
                    }
                    Event::Copy if is_ours => copies.push(Action::Copy),
                    Event::Cut if is_ours && !has_cursor => copies.push(Action::Cut),
                    Event::Paste(text) => texts.push(text.clone()),
                    _ => return true,
                }
                false
            });
        });
        copies.into_iter().for_each(|action| self.commands.push(action));
        for text in texts {
            let now = ctx.cumulative_frame_nr();
            let asked = self.asked_paste.take().filter(|asked| now <= asked.frame + PATIENCE);
            let (at, keep_links) = match asked {
                Some(asked) => (asked.at, asked.keep_links),
                None => (self.panels.canvas.under_pointer(ctx), false),
            };
            self.commands.push(Command::Paste { text, at, keep_links });
        }
    }

    pub(super) fn copy(&mut self, ctx: &Context) {
        let fragment = self.selected_part();
        if !fragment.is_empty() {
            ctx.copy_text(fragment.to_json());
        }
    }

    /// What is selected, as a part of the flow.
    fn selected_part(&self) -> FlowFragment {
        let selection = &self.state.open.selection;
        graph::copy(self.state.open.document.flow(), &selection.nodes, &selection.drawn_parts())
    }

    pub(super) fn cut(&mut self, ctx: &Context) {
        self.copy(ctx);
        let selection = &self.state.open.selection;
        let nodes = selection.nodes.iter().cloned().map(Edit::RemoveNode);
        let edits = nodes.chain(removed(selection)).collect();
        self.edit(&Edit::Batch { name: "cut".to_owned(), edits });
        self.select(Vec::new(), Vec::new());
    }

    /// Asks the system for the text on the clipboard; it comes as an event of the next frame.
    pub(super) fn ask_for_paste(&mut self, ctx: &Context, at: Option<Pos2>, keep_links: bool) {
        self.asked_paste = Some(AskedPaste { at, keep_links, frame: ctx.cumulative_frame_nr() });
        ctx.send_viewport_cmd(ViewportCommand::RequestPaste);
    }

    pub(super) fn paste(&mut self, text: &str, at: Option<Pos2>, keep_links: bool) {
        let fragment = match FlowFragment::from_json(text) {
            Ok(fragment) if fragment.is_empty() => {
                self.state.view.refusal = Some(t("error.nothing_to_paste").to_owned());
                return;
            }
            Ok(fragment) => fragment,
            Err(error) => {
                let reason = error.message();
                self.state.view.refusal = Some(t_args("error.not_pasted", &[("reason", &reason)]));
                return;
            }
        };
        let extent = fragment.extent();
        let half = vec2(extent.x as f32, extent.y as f32) / 2.0;
        let wanted = snapped(at.unwrap_or_else(|| self.panels.canvas.middle() - half));
        let (flow, catalog) = (self.state.open.document.flow(), &self.state.catalog);
        let pasted = graph::paste(flow, catalog, &fragment, wanted, keep_links);
        let n_dropped = pasted.n_dropped_links as u64;
        self.add_all("paste", pasted, Vec::new());
        if keep_links && n_dropped > 0 && self.state.view.refusal.is_none() {
            self.state.view.refusal = Some(t_count("error.links_dropped", n_dropped));
        }
    }

    pub(super) fn duplicate(&mut self) {
        let flow = self.state.open.document.flow();
        let nodes = &self.state.open.selection.nodes;
        let Some(corner) = place_of_duplicate(flow, &self.state.open.selection) else { return };
        let pasted = graph::paste(flow, &self.state.catalog, &self.selected_part(), corner, false);
        let entering = flow.edges.iter().filter(|edge| !nodes.contains(&edge.from.node));
        let entering = entering.filter_map(|edge| {
            let to = PortRef { node: pasted.nodes.get(&edge.to.node)?.clone(), port: edge.to.port.clone() };
            Some(Edit::Connect(EdgeId { from: edge.from.clone(), to }))
        });
        let entering = entering.collect();
        self.add_all("duplicate", pasted, entering);
    }

    /// Adds nodes as one step, all moved together to where no other node is hidden, and selects them.
    fn add_all(&mut self, name: &str, pasted: Pasted, more: Vec<Edit>) {
        let mut edits = match pasted.edit {
            Edit::Batch { edits, .. } => edits,
            edit => vec![edit],
        };
        Spots::of(self.state.open.document.flow()).make_free(&mut edits);
        edits.extend(more);
        self.state.open.document.seal();
        self.state.view.refusal = None;
        self.edit(&Edit::Batch { name: name.to_owned(), edits });
        if self.state.view.refusal.is_none() {
            let frames = pasted.drawn.frames.into_iter().map(Drawn::Frame);
            let drawn = frames.chain(pasted.drawn.notes.into_iter().map(Drawn::Note)).collect();
            self.choose(Selection { drawn, ..Selection::of_nodes(pasted.nodes.into_values()) });
            self.panels.canvas.view.focus_canvas();
        }
    }
}
