//! What the user did on the canvas, for the caller to act on.

use egui::{Modifiers, Pos2, Rect, Vec2};

use crate::{GraphIds, PortRef};

/// One thing the user did. The widget has changed nothing but its own [`crate::GraphView`].
///
/// Positions named `at` are in graph space; those named `screen` are where a menu belongs.
#[derive(Clone, Debug, PartialEq)]
pub enum GraphEvent<I: GraphIds> {
    /// Nodes were dragged or nudged by `delta`, the whole way since the drag began.
    ///
    /// While `finished` is false the widget shows the offset itself and the caller must not move
    /// anything. Exactly one finished event ends a drag; a cancelled drag ends without one. Each nudge is a
    /// finished event, and those while [`crate::GraphView::is_nudging`] are one gesture.
    NodesMoved {
        /// The nodes, in graph order.
        nodes: Vec<I::Node>,
        /// How far, in graph space, already snapped.
        delta: Vec2,
        /// Whether this is the one to carry out.
        finished: bool,
        /// The wire under a single dragged node that has none of its own and fits there: insert it.
        onto_wire: Option<Insertion<I>>,
    },
    /// The key was let go that makes arrows nudge: the next nudge is another gesture.
    NudgeEnded,
    /// The selection in the view is now this.
    SelectionChanged {
        /// Selected nodes, sorted.
        nodes: Vec<I::Node>,
        /// Selected wires, sorted.
        wires: Vec<I::Wire>,
        /// Selected frames and notes, sorted.
        backdrops: Vec<I::Backdrop>,
    },
    /// Frames or notes were dragged or nudged, and nodes with them. The widget shows the offset during the drag; this ends it.
    BackdropsMoved {
        /// The frames and notes, in graph order.
        backdrops: Vec<I::Backdrop>,
        /// The nodes that come along: those inside of the frames, and those that are selected, in graph order.
        nodes: Vec<I::Node>,
        /// How far, in graph space, already snapped.
        delta: Vec2,
    },
    /// Edges of a frame or a note were dragged. The widget shows the area during the drag; this ends it.
    BackdropResized {
        /// The frame or the note.
        backdrop: I::Backdrop,
        /// Where it lies now, in graph space, already snapped.
        area: Rect,
    },
    /// A frame or a note was double-clicked, or Enter was pressed while it had the focus: its text is to be written.
    BackdropDoubleClicked {
        /// The frame or the note.
        backdrop: I::Backdrop,
    },
    /// A wire was drawn and the veto did not object. `from` is always the output.
    WireRequested {
        /// The output.
        from: PortRef<I>,
        /// The input.
        to: PortRef<I>,
    },
    /// A wire was dropped on a port that the veto refused. `from` is always the output.
    WireRefused {
        /// The output.
        from: PortRef<I>,
        /// The input.
        to: PortRef<I>,
        /// The veto's sentence.
        reason: String,
    },
    /// All wires of a port were carried to another port on the same side (Ctrl-drag from a port).
    WiresMoved {
        /// The wires, in graph order.
        wires: Vec<I::Wire>,
        /// Where the end that was lifted belongs now.
        to: PortRef<I>,
    },
    /// A wire was let go over empty canvas: time for a menu of what fits.
    WireDropped {
        /// The port the drag began at: an output or an input.
        from: PortRef<I>,
        /// Where it was let go.
        at: Pos2,
        /// The same place on screen.
        screen: Pos2,
    },
    /// Wires were cut across (Ctrl with the right button) or clicked with Alt.
    WiresDeleted {
        /// The wires, in graph order.
        wires: Vec<I::Wire>,
    },
    /// A wire was clicked.
    WireClicked {
        /// The wire.
        wire: I::Wire,
        /// Keys held.
        modifiers: Modifiers,
    },
    /// A wire was double-clicked.
    WireDoubleClicked {
        /// The wire.
        wire: I::Wire,
        /// Where.
        at: Pos2,
    },
    /// A node was clicked.
    NodeClicked {
        /// The node.
        node: I::Node,
        /// Keys held.
        modifiers: Modifiers,
    },
    /// A node was double-clicked, or Enter was pressed while it had the focus.
    NodeDoubleClicked {
        /// The node.
        node: I::Node,
    },
    /// A port was clicked. This also starts a wire that the next click finishes.
    PortClicked {
        /// The port.
        port: PortRef<I>,
    },
    /// Empty canvas was double-clicked, or the add key pressed: time for the finder.
    AddNodeRequested {
        /// Where the node belongs.
        at: Pos2,
        /// Where the finder belongs.
        screen: Pos2,
    },
    /// Delete or Backspace was pressed with something selected.
    DeleteRequested {
        /// Selected nodes, sorted.
        nodes: Vec<I::Node>,
        /// Selected wires, sorted.
        wires: Vec<I::Wire>,
        /// Selected frames and notes, sorted.
        backdrops: Vec<I::Backdrop>,
        /// Ctrl was held: join what the deleted nodes connected.
        reconnect: bool,
    },
    /// The right button was clicked, or the menu key pressed.
    ContextMenu {
        /// What was under the pointer.
        target: Target<I>,
        /// Where, in graph space.
        at: Pos2,
        /// Where the menu belongs.
        screen: Pos2,
    },
}

/// A wire that a node is to be inserted into: two wires take its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Insertion<I: GraphIds> {
    /// The wire that goes.
    pub wire: I::Wire,
    /// Where what came along the wire enters the node.
    pub input: PortRef<I>,
    /// Where it leaves the node for the end of the wire.
    pub output: PortRef<I>,
    /// The nodes that should move for the node to fit, and how far: those downstream, in graph
    /// order. The node itself is among them, to go on from where it was let go, if that is too close
    /// to the source of the wire.
    pub make_room: Vec<(I::Node, Vec2)>,
}

/// Something on the canvas that can be pointed at.
#[derive(Clone, Debug, PartialEq)]
pub enum Target<I: GraphIds> {
    /// A port.
    Port(PortRef<I>),
    /// A node.
    Node(I::Node),
    /// A wire.
    Wire(I::Wire),
    /// The bar or an edge of a frame, or a note.
    Backdrop(I::Backdrop),
    /// Empty canvas.
    Canvas,
}
