//! A node-graph canvas for egui that does not know what the graph means.
//!
//! The caller describes a [`Graph`], keeps a [`GraphView`] and shows a [`GraphCanvas`]; back come
//! [`GraphEvent`]s to act on and a [`Geometry`] saying where everything is on screen. The canvas
//! changes nothing but its view: moving a node, say, arrives as one [`GraphEvent::NodesMoved`]
//! that the caller carries out or not.
//!
//! ```
//! use egui_node_graph::{
//!     Graph, GraphCanvas, GraphEvent, GraphStyle, GraphView, Labels, Node, NodeFace, PortFace, PortRef, Wire,
//!     WireFace,
//! };
//!
//! type Ids = (u32, &'static str, u32);
//!
//! struct Editor {
//!     graph: Graph<Ids>,
//!     view: GraphView<Ids>,
//! }
//!
//! fn new_editor() -> Editor {
//!     let face = |title: &str| NodeFace { title: title.to_owned(), ..NodeFace::default() };
//!     let source = Node::new(1, egui::pos2(0.0, 0.0), face("Orders")).with_output("out", PortFace::default());
//!     let sink = Node::new(2, egui::pos2(320.0, 0.0), face("File")).with_input("in", PortFace::default());
//!     let wire = Wire {
//!         id: 1,
//!         from: PortRef::output(1, "out"),
//!         to: PortRef::input(2, "in"),
//!         face: WireFace { label: "12.3 k rows/s".to_owned(), ..WireFace::default() },
//!     };
//!     Editor { graph: Graph::new(vec![source, sink], vec![wire]), view: GraphView::default() }
//! }
//!
//! fn editor_ui(editor: &mut Editor, ui: &mut egui::Ui) {
//!     let output = GraphCanvas::new("editor", &editor.graph, &GraphStyle::dark(), &Labels::default())
//!         .veto(&|from, to| if from.node == to.node { Err("Not to itself".to_owned()) } else { Ok(()) })
//!         .show(ui, &mut editor.view);
//!     for event in output.events {
//!         match event {
//!             GraphEvent::NodesMoved { nodes, delta, finished: true, .. } => {
//!                 for id in nodes {
//!                     let Some(position) = editor.graph.node(&id).map(|node| node.position) else { continue };
//!                     editor.graph.set_position(&id, position + delta);
//!                 }
//!             }
//!             GraphEvent::WireRequested { from, to } => println!("connect {from:?} to {to:?}"),
//!             _ => {}
//!         }
//!     }
//! }
//! # let mut editor = new_editor();
//! # egui::__run_test_ui(|ui| editor_ui(&mut editor, ui));
//! ```
//!
//! # Pointer
//!
//! | Do | To |
//! | --- | --- |
//! | drag with the middle or right button, or with Space held; two fingers | pan |
//! | select, move or wire to the edge of the canvas | pan on |
//! | turn the wheel, with or without Ctrl; pinch | zoom at the pointer |
//! | click; with Shift or Ctrl | select; add or remove |
//! | drag on empty canvas | select the nodes that the rectangle touches, and the frames and notes in it |
//! | drag a node; with Alt | move the selection, snapped to its neighbours, straight wires and the grid; freely |
//! | drag the bar of a frame; with Alt | move it with all that lies in it; alone |
//! | drag a note; an edge or a corner of a note or a frame | move it; resize it |
//! | drag a node without wires onto a wire | insert it; its downstream makes room |
//! | drag from a port, or click two ports | draw a wire |
//! | Ctrl-drag from a port | carry all its wires to another port |
//! | Alt-click a wire; Ctrl-drag with the right button | delete it; cut across |
//! | double-click empty canvas, a node, a frame or a note | add, open, write |
//!
//! # Keys, while the canvas has the focus
//!
//! [`Control::ALL`] lists them for a dialog.
//!
//! | Key | To |
//! | --- | --- |
//! | Tab, Shift+Tab | next, previous node; behind the last one come frames and notes |
//! | arrows; with Shift | go along wires or to the neighbour; nudge the selection by one grid step |
//! | Ctrl+arrows; Shift+Enter | go without selecting; add what has the focus to the selection, or take it out |
//! | P, Shift+P; W, Shift+W | next, previous port of the node; wire of the port or node |
//! | Enter | open the focused node or wire, write the focused frame or note; at a port, take a wire in hand |
//! | with a wire in hand: Tab, Shift+Tab, arrows; Enter; Esc | go to a port that takes it; join; give up |
//! | A at a port or with a wire in hand | add what fits there |
//! | A; F, Shift+F; +, − | add; fit the selection, everything; zoom |
//! | Delete; with Ctrl | delete; delete and join what was connected |
//! | Ctrl+A; Esc | select all; cancel the drag, back to the node, clear the selection, leave the canvas |
//!
//! # Functions on a graph, for commands
//!
//! | Function | Gives |
//! | --- | --- |
//! | [`Graph::upstream`], [`Graph::downstream`], [`Graph::connected`] | the nodes to select |
//! | [`align`], [`distribute`], [`straighten`] | new positions on the grid |
//!
//! # Left to the caller
//!
//! Documents, undo, layout algorithms, the clipboard, and time: the canvas asks for another frame
//! only while the view is on its way somewhere. To let dashes run, advance
//! [`WireFace::flow`] and request the repaint yourself.

mod arrange;
mod backdrop;
mod canvas;
mod control;
mod curve;
mod event;
mod face;
mod finder;
mod geometry;
mod gesture;
mod graph;
mod ids;
mod interact;
mod labels;
mod lines;
mod minimap;
mod paint;
mod room;
mod scene;
mod snap;
mod style;
mod transform;
mod view;

pub use arrange::{Align, Axis, align, distribute, straighten};
pub use backdrop::{Backdrop, BackdropFace, BackdropKind};
pub use canvas::{GraphCanvas, GraphOutput, InsertionVeto, Underlay, Veto};
pub use control::Control;
pub use event::{GraphEvent, Insertion, Target};
pub use face::{Badge, Fill, Load, Mark, NodeFace, PortFace, StateMark, WireFace};
pub use finder::{Finder, FinderItem, FinderOutcome};
pub use geometry::{Detail, Geometry};
pub use graph::{Graph, Node, Port, Wire};
pub use ids::{GraphIds, Key, PortRef, Side};
pub use labels::Labels;
pub use minimap::{MINIMAP_SIZE, minimap};
pub use room::{Room, room_in_wire};
pub use style::GraphStyle;
pub use transform::{MAX_ZOOM, MIN_ZOOM, Transform};
pub use view::GraphView;
