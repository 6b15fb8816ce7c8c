//! What the pointer is in the middle of.

use egui::{Pos2, Rect, Vec2};

use crate::backdrop::Edges;
use crate::{GraphIds, Insertion, PortRef};

/// A drag in progress. Holds identities rather than indices, since the graph may be another one in
/// the next frame.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Gesture<I: GraphIds> {
    #[default]
    None,
    Pan,
    /// Box select from this graph position; `additive` keeps what was selected.
    Select {
        from: Pos2,
        additive: bool,
    },
    /// Moving nodes and backdrops: `anchor` is what snaps, `grab` where it was taken.
    Move {
        nodes: Vec<I::Node>,
        backdrops: Vec<I::Backdrop>,
        anchor: Anchor<I>,
        grab: Pos2,
        delta: Vec2,
        over: Option<Over<I>>,
    },
    /// Dragging edges of a backdrop: `grab` is where they were taken, `area` where it lies now.
    Resize {
        backdrop: I::Backdrop,
        edges: Edges,
        grab: Pos2,
        area: Rect,
    },
    /// Drawing a wire.
    Wire {
        from: PortRef<I>,
        hand: Hand<I>,
    },
    /// Carrying all wires of a port to another one.
    Lift {
        port: PortRef<I>,
        wires: Vec<I::Wire>,
    },
    /// Cutting wires across, along this line in graph space.
    Cut {
        from: Pos2,
    },
}

/// What was taken of the things that move.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Anchor<I: GraphIds> {
    Node(I::Node),
    Backdrop(I::Backdrop),
}

/// The wire that a loose node is held over, and whether it fits there.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Over<I: GraphIds> {
    pub wire: I::Wire,
    pub answer: Result<Insertion<I>, String>,
}

/// What holds a wire, and so what ends it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Hand<I: GraphIds> {
    /// The button, which is down: letting it go ends the wire.
    Button,
    /// The pointer after a click: the next click ends the wire.
    Click,
    /// The keyboard, which has brought the end to this port. `None` if no port would take it.
    Keys { to: Option<PortRef<I>> },
}
