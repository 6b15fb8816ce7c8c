//! Protecting unsaved changes from a crash, and offering what an earlier one has left.

use std::time::{Duration, Instant};

use egui::Context;

use super::App;
use super::files::{FileWork, Seen};
use crate::journal::{Found, Left, Unreadable};
use crate::state::{Dialog, Document, FlowNumber, LeftFlow, Origin};
use crate::ui_kit::widgets::Tone;
use crate::ui_kit::{t, t_args};

/// How long after the journal was busy it is told again, and no sooner: that takes a copy of the whole flow.
const AGAIN_AFTER: Duration = Duration::from_millis(500);
/// How long it may be busy before the flow is said to be unprotected.
const BUSY_FOR: Duration = Duration::from_secs(2);

/// A flow that the journal was too busy to hear of.
pub(super) struct Refused {
    since: Instant,
    again_at: Instant,
    /// Whether it has said since then that it has room.
    has_room: bool,
}

impl Refused {
    fn is_long_ago(&self, now: Instant) -> bool {
        now.duration_since(self.since) >= BUSY_FOR
    }
}

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
            self.refused.values_mut().for_each(|refused| refused.has_room = true);
        }
        let was_refused = !self.refused.is_empty();
        self.tell_journal(ctx);
        let (state, journal) = (&self.state, &self.journal);
        // A flow whose end cannot be told now is told of again.
        let is_open = |number| state.flows().iter().any(|flow| flow.number == number);
        self.journaled.retain(|number| is_open(*number) || !journal.close(*number));
        self.refused.retain(|number, _| is_open(*number));
        if has_news || was_refused || self.journal.has_ended() {
            self.note_unprotected();
        }
        // What was put off is there for other windows, and for the next start.
        if !matches!(self.state.dialog, Some(Dialog::Recover)) {
            self.left.clear();
            self.state.left.clear();
        }
        self.offer_what_waits();
    }

    fn tell_journal(&mut self, ctx: &Context) {
        if self.journal.has_ended() {
            return;
        }
        let (state, now) = (&mut self.state, Instant::now());
        for flow in state.shelf.iter_mut().chain([&mut state.open]).filter(|flow| flow.document.has_changes())
        {
            let refused = self.refused.get(&flow.number);
            if refused.is_none_or(|refused| now >= refused.again_at) {
                let desk = if let Some(desk) = self.shelved.get(&flow.number) { desk } else { &self.desk };
                let (changes, mark) = (flow.document.take_changes(), desk.seen.mark());
                self.journaled.insert(flow.number);
                if self.journal.write(flow.number, changes, mark) {
                    self.refused.remove(&flow.number);
                    continue;
                }
                flow.document.write_anew();
                let since = refused.map_or(now, |refused| refused.since);
                let refused = Refused { since, again_at: now + AGAIN_AFTER, has_room: false };
                self.refused.insert(flow.number, refused);
            }
            // The journal says when it has room. Until then there is another frame only to say that this takes long.
            let Some(refused) = self.refused.get(&flow.number) else { continue };
            if refused.has_room {
                ctx.request_repaint_after(refused.again_at.saturating_duration_since(now));
            } else if !refused.is_long_ago(now) {
                ctx.request_repaint_after((refused.since + BUSY_FOR).saturating_duration_since(now));
            }
        }
    }

    /// Says which flows would be lost in a crash.
    fn note_unprotected(&mut self) {
        let (now, has_ended) = (Instant::now(), self.journal.has_ended());
        let mut unprotected = self.journal.failures();
        for flow in self.state.flows().into_iter().filter(|flow| !flow.document.is_saved()) {
            if has_ended {
                unprotected.insert(flow.number, t("error.journal_ended").to_owned());
            } else if self.refused.get(&flow.number).is_some_and(|refused| refused.is_long_ago(now)) {
                unprotected.insert(flow.number, t("error.journal_busy").to_owned());
            }
        }
        for (number, reason) in &unprotected {
            if self.state.unprotected.get(number) != Some(reason) {
                self.state.log.add(Tone::Warning, t_args("error.unprotected", &[("reason", reason)]));
            }
        }
        self.state.unprotected = unprotected;
    }

    /// The window closes: what was given up needs no journal any more.
    pub(super) fn end_protection(&mut self) {
        let flows = self.state.flows();
        let is_kept = |number| {
            let flow = flows.iter().find(|flow| flow.number == number);
            flow.is_some_and(|flow| !(flow.document.is_saved() || self.may_close && self.is_given_up(flow)))
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

    /// Offers what a crash has left, as soon as nothing else is asked.
    pub(super) fn offer(&mut self, left: Vec<Left>) {
        self.left_waiting = left;
        self.offer_what_waits();
    }

    fn offer_what_waits(&mut self) {
        if self.left_waiting.is_empty() || self.state.dialog.is_some() {
            return;
        }
        self.left = std::mem::take(&mut self.left_waiting);
        self.state.left = self.left.iter().map(|left| shown(&left.found)).collect();
        self.state.dialog = Some(Dialog::Recover);
    }

    /// Opens a flow as it stood, unsaved and with its history. Its file stays as it is. If the flow of that file is open and has
    /// nothing to lose, this one takes its place.
    pub(super) fn recover(&mut self, number: usize) {
        let Some(Ok(found)) = self.left.get(number).map(|left| left.found.clone()) else { return };
        let document = Document::with_history(found.content);
        let seen = Seen::at(document.own_file().zip(found.mark));
        let (before, name) = (self.state.open.number, document.name());
        let is_saved = |number: &FlowNumber| {
            self.state.flows().iter().any(|flow| flow.number == *number && flow.document.is_saved())
        };
        let replaced = document.own_file().and_then(|file| self.flow_in(file)).filter(is_saved);
        self.open_document(document, seen);
        if self.state.open.number == before {
            return;
        }
        if let Some(replaced) = replaced {
            self.close_flow(replaced);
        }
        let left = self.take_left(number);
        // If the journal is busy, the flow gets another, and what was left is offered again.
        let _ = left.is_none_or(|left| self.journal.adopt(self.state.open.number, left));
        self.journaled.insert(self.state.open.number);
        self.state.log.add(Tone::Ok, t_args("recover.recovered", &[("name", &name)]));
    }

    /// Removes what a crash has left, after a question.
    pub(super) fn discard_left(&mut self, number: usize) {
        if let Some(left) = self.state.left.get_mut(number).filter(|left| !left.is_discard_asked) {
            left.is_discard_asked = true;
        } else if let Some(left) = self.take_left(number) {
            self.work_on_file(FileWork::DiscardJournal(left));
        }
    }

    /// It is not to be removed after all.
    pub(super) fn keep_left(&mut self, number: usize) {
        if let Some(left) = self.state.left.get_mut(number) {
            left.is_discard_asked = false;
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
                is_discard_asked: false,
            }
        }
        Err(reason) => LeftFlow {
            name: t("recover.unreadable").to_owned(),
            unreadable: Some(*reason),
            ..LeftFlow::default()
        },
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crossbeam::channel::bounded;
    use tidemark_engine::graph::Edit;

    use super::super::test_window::{self, LONG};
    use super::*;
    use crate::journal::Journal;

    /// A window with a change that is not saved, whose journal can write nothing and calls this when it has news.
    fn window(wake: impl Fn() + Send + Sync + 'static) -> (App, Context, tempfile::TempDir) {
        let (mut app, ctx, root) = test_window::window();
        let in_the_way = root.path().join("file");
        std::fs::write(&in_the_way, "").expect("a file");
        app.journal = Journal::start(in_the_way, Arc::new(wake)).expect("a thread");
        app.state.open.document.write_anew();
        change(&mut app);
        (app, ctx, root)
    }

    fn change(app: &mut App) {
        let name = format!("after {}", app.state.open.document.revision());
        assert!(app.edit(&Edit::SetName(Some(name))));
    }

    /// The frames until the status line says why the flow is not protected.
    fn reason(app: &mut App, ctx: &Context, expected: &str) {
        let until = Instant::now() + LONG;
        while app.state.unprotected.get(&app.state.open.number).is_none_or(|reason| reason != expected) {
            assert!(Instant::now() < until, "nobody is told: {:?}", app.state.unprotected);
            app.protect(ctx);
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    #[test]
    fn a_journal_that_a_fault_has_ended_is_said_and_not_told_any_more() {
        let (mut app, ctx, _root) = window(|| panic!("a test"));
        reason(&mut app, &ctx, t("error.journal_ended"));
        let said = |app: &App| app.state.log.entries().filter(|entry| entry.text.contains("journal")).count();
        assert_eq!(said(&app), 1);
        change(&mut app);
        app.protect(&ctx);
        assert!(app.state.open.document.has_changes(), "a history was copied for nobody");
        assert_eq!(said(&app), 1, "it is said again and again");
    }

    #[test]
    fn a_journal_that_hangs_is_said_and_told_again_once_it_has_room() {
        let (let_go, held) = bounded::<()>(0);
        let (mut app, ctx, _root) = window(move || _ = held.recv_timeout(LONG));
        // The first change is taken, and the news that it cannot be written hangs.
        let until = Instant::now() + LONG;
        app.protect(&ctx);
        while app.journal.version() == 0 {
            assert!(Instant::now() < until, "it can be written");
            std::thread::sleep(Duration::from_millis(1));
        }
        while app.refused.is_empty() {
            assert!(Instant::now() < until, "it takes everything");
            change(&mut app);
            app.protect(&ctx);
        }
        assert!(app.state.unprotected.values().all(|reason| reason != t("error.journal_busy")), "too soon");
        reason(&mut app, &ctx, t("error.journal_busy"));
        drop(let_go);
        while !app.refused.is_empty() {
            assert!(Instant::now() < until + LONG, "it is never told again");
            app.protect(&ctx);
            std::thread::sleep(Duration::from_millis(1));
        }
        app.protect(&ctx);
        let reason = app.state.unprotected.get(&app.state.open.number);
        assert!(reason.is_none_or(|reason| reason != t("error.journal_busy")), "it answers again");
    }
}
