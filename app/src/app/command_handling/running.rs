//! Playing, pausing, stepping and the speed.

use tidemark_engine::runtime::Speed;

use super::super::App;
use crate::engine_link::LinkCommand;
use crate::ui_kit::t;

impl App {
    pub(super) fn play_or_pause(&mut self) {
        let run = &self.state.open.run;
        if run.is_playing() && !self.state.open.is_run_outdated() {
            if self.tell(LinkCommand::Pause) {
                self.state.open.run.wants_to_play = false;
            }
        } else if run.snapshot.is_going() && !self.state.open.is_run_outdated() {
            if self.tell(LinkCommand::Resume) {
                self.state.open.run.wants_to_play = true;
            }
        } else {
            self.start_run(false);
        }
    }

    pub(super) fn step(&mut self) {
        if !self.state.open.run.snapshot.is_going() || self.state.open.is_run_outdated() {
            self.start_run(true);
        }
        if self.tell(LinkCommand::Step(1)) {
            self.state.open.run.wants_to_play = false;
        }
    }

    pub(super) fn set_speed(&mut self, speed: Speed) {
        if self.tell(LinkCommand::SetSpeed(speed)) {
            self.state.open.run.speed = speed;
        }
    }

    /// Tells the engine something. If it is too busy to be told, that is said, and nothing has happened.
    pub(in crate::app) fn tell(&mut self, command: LinkCommand) -> bool {
        let is_told = self.desk.link.send(command);
        if !is_told {
            self.complain(t("error.engine_busy").to_owned());
        }
        is_told
    }
}
