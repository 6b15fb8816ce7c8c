//! What the pointer is in the middle of.

use egui::{Pos2, Vec2};

use crate::{GraphIds, PortRef};

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
    /// Moving nodes: `anchor` is the one that snaps to the grid, `grab` where it was taken.
    Move {
        nodes: Vec<I::Node>,
        anchor: I::Node,
        grab: Pos2,
        delta: Vec2,
    },
    /// Drawing a wire. `sticky` means the button is up and the next click ends it.
    Wire {
        from: PortRef<I>,
        sticky: bool,
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
