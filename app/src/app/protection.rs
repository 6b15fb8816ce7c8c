//! Protecting unsaved changes from a crash, and offering what an earlier one has left.

use std::time::Duration;

use egui::Context;

use super::App;
use super::files::{FileWork, Seen};
use crate::journal::{Found, Left, Unreadable};
use crate::state::{Dialog, Document, LeftFlow, Origin};
use crate::ui_kit::widgets::Tone;
use crate::ui_kit::{t, t_args};

/// How long after the journal was busy it is told again.
const AGAIN_AFTER: Duration = Duration::from_millis(500);

impl App {
    /// Tells the journal what was done, and hears whether it could be written.
    pub(super) fn protect(&mut self, ctx: &Context) {
        let has_news = self.journal_version != self.journal.version();
        if has_news {
            self.journal_version = self.journal.version();
            for number in self.journal.take_lost() {
                if let Some(flow) = self.state.flow_mut(number) {
                    flow.document.write_anew();
                }
            }
        }
        let state = &mut self.state;
        for flow in state.shelf.iter_mut().chain([&mut state.open]) {
            let desk = if let Some(desk) = self.shelved.get(&flow.number) { desk } else { &self.desk };
            if flow.document.has_changes() {
                let (changes, mark) = (flow.document.take_changes(), desk.seen.mark());
                self.journaled.insert(flow.number);
                if !self.journal.write(flow.number, changes, mark) {
                    flow.document.write_anew();
                    ctx.request_repaint_after(AGAIN_AFTER);
                }
            }
        }
        let (state, journal) = (&self.state, &self.journal);
        // A flow whose end cannot be told now is told of again.
        let is_open = |number| state.flows().iter().any(|flow| flow.number == number);
        self.journaled.retain(|number| is_open(*number) || !journal.close(*number));
        if has_news {
            let failures = self.journal.failures();
            for (number, reason) in &failures {
                if self.state.unprotected.get(number) != Some(reason) {
                    self.state.log.add(Tone::Warning, t_args("error.unprotected", &[("reason", reason)]));
                }
            }
            self.state.unprotected = failures;
        }
        // What was put off is there for other windows, and for the next start.
        if !matches!(self.state.dialog, Some(Dialog::Recover)) {
            self.left.clear();
            self.state.left.clear();
        }
    }

    /// The window closes: what was given up needs no journal any more.
    pub(super) fn end_protection(&mut self) {
        let flows = self.state.flows();
        let is_kept = |number| {
            let flow = flows.iter().find(|flow| flow.number == number);
            flow.is_some_and(|flow| !flow.document.is_saved()) && !self.given_up.contains(&number)
        };
        for number in self.journaled.iter().filter(|number| !is_kept(**number)) {
            // One that is left all the same is offered at the next start.
            let _ = self.journal.close(*number);
        }
        self.journal.flush(AGAIN_AFTER);
    }

    /// Waits until every change is on disk, not longer than `timeout`; for tests.
    pub fn wait_for_journal(&mut self, ctx: &Context, timeout: Duration) -> bool {
        self.protect(ctx);
        self.journal.flush(timeout)
    }

    /// Offers what a crash has left.
    pub(super) fn offer(&mut self, left: Vec<Left>) {
        if left.is_empty() || self.state.dialog.is_some() {
            return;
        }
        self.state.left = left.iter().map(|left| shown(&left.found)).collect();
        self.left = left;
        self.state.dialog = Some(Dialog::Recover);
    }

    /// Opens a flow as it stood, unsaved and with its history. Its file stays as it is.
    pub(super) fn recover(&mut self, number: usize) {
        let Some(Ok(found)) = self.left.get(number).map(|left| left.found.clone()) else { return };
        let document = Document::with_history(found.content);
        let seen = Seen::at(document.own_file().zip(found.mark));
        let (before, name) = (self.state.open.number, document.name());
        self.open_document(document, seen);
        if self.state.open.number == before {
            return;
        }
        let left = self.take_left(number);
        // If the journal is busy, the flow gets another, and what was left is offered again.
        let _ = left.is_none_or(|left| self.journal.adopt(self.state.open.number, left));
        self.journaled.insert(self.state.open.number);
        self.state.log.add(Tone::Ok, t_args("recover.recovered", &[("name", &name)]));
    }

    /// Removes what a crash has left.
    pub(super) fn discard_left(&mut self, number: usize) {
        if let Some(left) = self.take_left(number) {
            self.work_on_file(FileWork::DiscardJournal(left));
        }
    }

    fn take_left(&mut self, number: usize) -> Option<Left> {
        let is_there = number < self.left.len();
        let left = is_there.then(|| self.left.remove(number));
        if is_there {
            self.state.left.remove(number);
        }
        self.state.dialog.take_if(|dialog| self.left.is_empty() && matches!(dialog, Dialog::Recover));
        left
    }
}

/// What the dialog says of it.
fn shown(found: &Result<Found, Unreadable>) -> LeftFlow {
    match found {
        Ok(found) => {
            let document = Document::with_history(found.content.clone());
            LeftFlow {
                name: document.name(),
                file: match &found.content.origin {
                    Origin::File(path) => Some(path.clone()),
                    Origin::New | Origin::Sample(_) => None,
                },
                at_millis: i64::try_from(found.at_millis).unwrap_or(i64::MAX),
                n_changes: found.n_changes,
                file_changed: found.file_changed,
                damaged: found.damaged,
                unreadable: None,
            }
        }
        Err(reason) => LeftFlow {
            name: t("recover.unreadable").to_owned(),
            unreadable: Some(*reason),
            ..LeftFlow::default()
        },
    }
}
