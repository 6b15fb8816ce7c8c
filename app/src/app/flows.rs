//! Several flows in one window: one is shown, and the runs of the others go on behind it.

use std::io;
use std::mem;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use tidemark_engine::graph::FlowDocument;

use super::App;
use super::files::Seen;
use super::run_folder::RunFolder;
use crate::engine_link::{EngineLink, LinkCommand, Wake, Watch};
use crate::panels::canvas::Place;
use crate::state::{Document, FlowNumber, OpenFlow, Origin};
use crate::ui_kit::t_args;

/// How many flows may be open at once: each has a thread that holds its job.
pub const MAX_FLOWS: usize = 16;

/// How long a run that goes on is given to end when the window closes, before what it leaves is looked at.
const LONGEST_END: Duration = Duration::from_secs(1);

/// What stands behind one open flow.
pub(super) struct Desk {
    /// The job.
    pub(super) link: EngineLink,
    /// What is known of the flow's file.
    pub(super) seen: Seen,
    /// Where the flow as it was checked last writes to.
    pub(super) run_folder: Option<RunFolder>,
    /// When the meaning of the flow changed last.
    pub(super) changed_at: Instant,
    pub(super) last_meaning: u64,
    pub(super) check_is_under_way: bool,
    /// Where on the canvas it was looked at when another flow was shown.
    place: Option<Place>,
}

impl Desk {
    pub(super) fn new(wake: &Wake, seen: Seen) -> io::Result<Desk> {
        Ok(Desk {
            link: EngineLink::start(Arc::clone(wake))?,
            seen,
            run_folder: None,
            changed_at: Instant::now(),
            last_meaning: 0,
            check_is_under_way: false,
            place: None,
        })
    }

    /// Ends the job, and what it began with it; then removes the folder of the runs if they have left nothing there.
    fn clear(self) {
        let Desk { link, run_folder, .. } = self;
        if link.send(LinkCommand::Clear) {
            link.wait_until(LONGEST_END, |snapshot| snapshot.run == 0);
        }
        drop(link);
        if let Some(folder) = run_folder {
            folder.remove_if_empty();
        }
    }
}

/// Desks that are being cleared by threads of their own, since a job takes a moment to end.
#[derive(Default)]
pub(super) struct Closing(Vec<JoinHandle<()>>);

impl Closing {
    fn clear(&mut self, desk: Desk) {
        self.0.retain(|thread| !thread.is_finished());
        // Where there is no thread to be had, the desk is dropped at once, and that ends its job as well.
        self.0.extend(thread::Builder::new().name("tm-close".to_owned()).spawn(move || desk.clear()));
    }

    /// Waits until all of them are cleared.
    fn finish(&mut self) {
        for thread in self.0.drain(..) {
            // A thread that panicked has nothing more to clear.
            let _ = thread.join();
        }
    }
}

impl App {
    /// Puts a flow into the window and shows it; it plays as soon as it has been checked. It takes the place of the flow that is
    /// shown if that is untouched.
    pub(super) fn open_flow(&mut self, flow: FlowDocument, origin: Origin, seen: Seen) {
        self.open_document(Document::new(flow, origin), seen);
    }

    /// As [`App::open_flow`], with a history.
    pub(super) fn open_document(&mut self, document: Document, seen: Seen) {
        let replaced = self.state.open.document.is_untouched().then_some(self.state.open.number);
        if replaced.is_none() && self.state.shelf.len() + 1 >= MAX_FLOWS {
            self.complain(t_args("error.too_many_flows", &[("most", &MAX_FLOWS)]));
            return;
        }
        let desk = match Desk::new(&self.wake, seen) {
            Ok(desk) => desk,
            Err(error) => {
                self.complain(t_args("error.no_thread", &[("reason", &error)]));
                return;
            }
        };
        self.last_number += 1;
        let number = FlowNumber(self.last_number);
        self.state.shelf.push(OpenFlow::new(number, document));
        self.shelved.insert(number, desk);
        self.show_flow(number);
        if let Some(replaced) = replaced {
            self.close_flow(replaced);
        }
        if self.state.open.document.flow().nodes.is_empty() {
            self.zoom(1.0);
        } else {
            self.panels.canvas.view.fit_all();
        }
        let first = self.telling_edge();
        self.watch(first.map(Watch::Edge));
    }

    /// Shows a flow that is open.
    pub(super) fn show_flow(&mut self, number: FlowNumber) {
        let Some(at) = self.state.shelf.iter().position(|flow| flow.number == number) else { return };
        let Some(desk) = self.shelved.remove(&number) else { return };
        self.peek(None);
        let flow = self.state.shelf.swap_remove(at);
        let (flow, mut desk) = (mem::replace(&mut self.state.open, flow), mem::replace(&mut self.desk, desk));
        desk.link.set_shown(false);
        desk.place = Some(self.panels.canvas.leave());
        self.shelved.insert(flow.number, desk);
        self.state.shelf.push(flow);
        self.desk.link.set_shown(true);
        self.panels.canvas.come_to(self.desk.place.take().unwrap_or_default());
        self.panels.inspector.forget();
        if self.state.dialog.take_if(|dialog| dialog.is_about_flow()).is_some_and(|dialog| dialog.quits()) {
            self.stop_quitting();
        }
        self.state.own_dialog.take_if(|dialog| dialog.is_about_flow());
        self.state.view.refusal = None;
        self.state.view.find = None;
    }

    /// Shows the flow that was opened before or after the one that is shown, around the end.
    pub(super) fn show_next_flow(&mut self, forward: bool) {
        let numbers: Vec<_> = self.state.flows().iter().map(|flow| flow.number).collect();
        let now = numbers.iter().position(|number| *number == self.state.open.number).unwrap_or(0);
        let step = if forward { 1 } else { numbers.len() - 1 };
        self.show_flow(numbers[(now + step) % numbers.len()]);
    }

    /// Closes a flow, saved or not. An empty one takes the place of the last.
    pub(super) fn close_flow(&mut self, number: FlowNumber) {
        if self.state.open.number == number {
            match self.neighbour() {
                Some(next) => self.show_flow(next),
                None => {
                    self.open_flow(FlowDocument::default(), Origin::New, Seen::default());
                    // An untouched one is gone already, and where no other could be opened, this one stays.
                    if self.state.open.number == number {
                        return;
                    }
                }
            }
        }
        self.state.shelf.retain(|flow| flow.number != number);
        if let Some(desk) = self.shelved.remove(&number) {
            self.closing.clear(desk);
        }
    }

    /// The flow beside the one that is shown: the one opened before it, or else the one opened after it.
    fn neighbour(&self) -> Option<FlowNumber> {
        let others = || self.state.shelf.iter().map(|flow| flow.number);
        let before = others().filter(|number| *number < self.state.open.number).max();
        before.or_else(|| others().min())
    }

    /// The flow that lies in a file, if it is open.
    pub(super) fn flow_in(&self, path: &std::path::Path) -> Option<FlowNumber> {
        let flows = self.state.flows();
        flows.iter().find(|flow| flow.document.own_file() == Some(path)).map(|flow| flow.number)
    }

    /// The first flow with changes that are neither saved nor given up.
    pub(super) fn first_unsaved(&self) -> Option<FlowNumber> {
        let is_unsaved = |flow: &&&OpenFlow| !flow.document.is_saved() && !self.is_given_up(flow);
        self.state.flows().iter().find(is_unsaved).map(|flow| flow.number)
    }

    /// Whether a person has given up a flow as it stands, on the way to closing the window.
    pub(super) fn is_given_up(&self, flow: &OpenFlow) -> bool {
        self.given_up.get(&flow.number) == Some(&flow.document.revision())
    }

    /// The window stays open: nothing was given up.
    pub(super) fn stop_quitting(&mut self) {
        self.given_up.clear();
    }

    /// The desk of an open flow.
    pub(super) fn desk_of(&mut self, number: FlowNumber) -> Option<&mut Desk> {
        if number == self.state.open.number { Some(&mut self.desk) } else { self.shelved.get_mut(&number) }
    }

    /// Ends every job when the window closes. A run that has not come to its end takes what it began with it.
    pub(super) fn clear_desks(&mut self) {
        for desk in mem::take(&mut self.shelved).into_values() {
            self.closing.clear(desk);
        }
        if self.desk.link.send(LinkCommand::Clear) {
            self.desk.link.wait_until(LONGEST_END, |snapshot| snapshot.run == 0);
        }
        if let Some(folder) = &self.desk.run_folder {
            folder.remove_if_empty();
        }
        self.closing.finish();
    }
}
