//! When the pointer has come to rest on something. Pure.

use egui::Pos2;

/// How long the pointer has to rest, in seconds.
const REST: f64 = 0.35;
/// How far it may tremble meanwhile, in points.
const TREMBLE: f32 = 3.0;

/// What the pointer has been doing.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Rest<T> {
    /// It is on nothing.
    #[default]
    Away,
    /// It has stood still on something for a while.
    Waiting { on: T, at: Pos2, since: f64 },
    /// It has rested on something and has not left it since.
    Resting { on: T },
    /// Something was pressed, and it has not moved since.
    Pressed { at: Option<Pos2> },
}

/// What there is to be seen of the pointer in a frame.
#[derive(Clone, Debug)]
pub(super) struct Glance<T> {
    /// What it is on.
    pub(super) on: Option<T>,
    pub(super) pointer: Option<Pos2>,
    /// Whether a key or a button is pressed.
    pub(super) is_pressed: bool,
    /// Whether what it is on has moved below it.
    pub(super) has_moved: bool,
    /// The time, in seconds.
    pub(super) now: f64,
}

/// What follows.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Answer<T> {
    /// There is nothing to wait for.
    Nothing,
    /// If it goes on like this, it will have rested in so many seconds.
    In(f64),
    /// It has rested on this.
    Now(T),
}

impl<T: Clone + PartialEq> Rest<T> {
    /// Goes on by a frame.
    pub(super) fn look(&mut self, glance: Glance<T>) -> Answer<T> {
        let now = glance.now;
        *self = std::mem::take(self).next(glance);
        match self {
            Rest::Away | Rest::Pressed { .. } => Answer::Nothing,
            Rest::Waiting { since, .. } => Answer::In(REST - (now - *since)),
            Rest::Resting { on } => Answer::Now(on.clone()),
        }
    }

    fn next(self, glance: Glance<T>) -> Rest<T> {
        let Glance { on, pointer, is_pressed, has_moved, now } = glance;
        if is_pressed {
            return Rest::Pressed { at: pointer };
        }
        let is_still = |at: Pos2| pointer.is_some_and(|pointer| pointer.distance(at) <= TREMBLE);
        if let Rest::Pressed { at: Some(at) } = self
            && is_still(at)
        {
            return self;
        }
        let (Some(on), Some(at)) = (on, pointer) else { return Rest::Away };
        match self {
            Rest::Resting { on: before } if before == on && !has_moved => Rest::Resting { on },
            Rest::Waiting { on: before, at: rested, since }
                if before == on && !has_moved && is_still(rested) =>
            {
                if now - since >= REST {
                    Rest::Resting { on }
                } else {
                    Rest::Waiting { on, at: rested, since }
                }
            }
            _ => Rest::Waiting { on, at, since: now },
        }
    }
}

#[cfg(test)]
mod tests {
    use egui::pos2;

    use super::*;

    fn on(thing: &'static str, x: f32, now: f64) -> Glance<&'static str> {
        let thing = (!thing.is_empty()).then_some(thing);
        Glance { on: thing, pointer: Some(pos2(x, 0.0)), is_pressed: false, has_moved: false, now }
    }

    #[test]
    fn it_takes_a_rest_and_then_lasts_until_the_pointer_leaves() {
        let mut rest = Rest::default();
        assert_eq!(rest.look(on("wire", 0.0, 10.0)), Answer::In(REST));
        assert!(matches!(rest.look(on("wire", 2.0, 10.34)), Answer::In(left) if left < 0.02));
        assert_eq!(rest.look(on("wire", 2.0, 10.36)), Answer::Now("wire"));
        assert_eq!(rest.look(on("wire", 300.0, 10.4)), Answer::Now("wire"), "it moves along the wire");
        assert_eq!(rest.look(on("", 310.0, 10.5)), Answer::Nothing);
        assert_eq!(rest.look(on("other", 320.0, 10.6)), Answer::In(REST));
        assert_eq!(rest.look(on("other", 330.0, 10.9)), Answer::In(REST), "it has gone on");
        assert_eq!(rest.look(on("port", 330.0, 11.2)), Answer::In(REST), "something else is there");
    }

    #[test]
    fn what_moves_below_the_pointer_is_waited_for_again() {
        let mut rest = Rest::default();
        rest.look(on("wire", 0.0, 0.0));
        assert_eq!(rest.look(on("wire", 0.0, 1.0)), Answer::Now("wire"));
        assert_eq!(rest.look(Glance { has_moved: true, ..on("wire", 0.0, 2.0) }), Answer::In(REST));
        assert_eq!(rest.look(on("wire", 0.0, 3.0)), Answer::Now("wire"));
    }

    #[test]
    fn a_press_ends_it_until_the_pointer_has_moved() {
        let mut rest = Rest::default();
        rest.look(on("wire", 0.0, 0.0));
        assert_eq!(rest.look(on("wire", 0.0, 1.0)), Answer::Now("wire"));
        assert_eq!(rest.look(Glance { is_pressed: true, ..on("wire", 0.0, 2.0) }), Answer::Nothing);
        assert_eq!(rest.look(on("wire", 1.0, 3.0)), Answer::Nothing);
        assert_eq!(rest.look(on("wire", 8.0, 4.0)), Answer::In(REST));
        assert_eq!(rest.look(on("wire", 8.0, 5.0)), Answer::Now("wire"));
    }
}
