//! What is saved: nodes, what they are told, how they are joined, and where they stand on the canvas.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::ids::{EdgeId, NodeId};

/// A flow as a person made it, complete or not. Nothing about it is checked but what its types say; [`check`](super::check) does
/// the rest.
///
/// All collections are ordered, so that two documents with the same content are saved as the same bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct FlowDocument {
    /// The flow's name, where it differs from the file's.
    pub name: Option<String>,
    /// What the flow is for, in Markdown.
    pub description: Option<String>,
    /// The zone in which clock times are meant, an IANA name; `UTC` unless set.
    pub session_zone: String,
    /// Values that node parameters name as `${name}` and that a run may set.
    pub parameters: BTreeMap<String, FlowParameter>,
    /// The nodes.
    pub nodes: BTreeMap<NodeId, FlowNode>,
    /// The edges. An edge may name a node or a port that does not exist; validation says so.
    pub edges: BTreeSet<EdgeId>,
    /// Notes on the canvas, by id.
    pub notes: BTreeMap<String, Note>,
    /// Frames around nodes, by id.
    pub frames: BTreeMap<String, Frame>,
    /// Where everything stands. It means nothing to a run.
    pub layout: Layout,
}

/// A node.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FlowNode {
    /// The name of its type. A kind that this version does not know is kept, shown, and keeps the flow from running.
    pub kind: String,
    /// What people call it, where that is not its type's title.
    pub title: Option<String>,
    /// Its parameters. The order of keys means nothing: they are saved sorted.
    pub params: Map<String, Value>,
    /// A remark, in Markdown.
    pub note: Option<String>,
}

impl FlowNode {
    /// A node of this kind with these parameters.
    pub fn new(kind: impl Into<String>, mut params: Map<String, Value>) -> FlowNode {
        params.values_mut().for_each(Value::sort_all_objects);
        params.sort_keys();
        FlowNode { kind: kind.into(), title: None, params, note: None }
    }
}

/// A value that a run may set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FlowParameter {
    /// What holds unless a run sets it: a string, number or boolean. Its type is the parameter's type.
    pub default: Value,
    /// What it is for, in one sentence.
    pub doc: Option<String>,
}

/// A note on the canvas.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// What it says, in Markdown.
    pub text: String,
    /// The name of its colour in the theme.
    pub color: Option<String>,
}

/// A frame around nodes. What lies inside belongs to it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frame {
    /// Its heading.
    pub title: String,
    /// The name of its colour in the theme.
    pub color: Option<String>,
}

/// Where everything stands on the canvas.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    /// The top left corner of each node; a node without one is placed by [`fill_missing_positions`](super::fill_missing_positions).
    pub nodes: BTreeMap<NodeId, Point>,
    /// The areas of notes.
    pub notes: BTreeMap<String, Area>,
    /// The areas of frames.
    pub frames: BTreeMap<String, Area>,
}

/// A place on the canvas, in whole points: a part of a point is not seen and would only change the file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Point {
    /// To the right.
    pub x: i32,
    /// Downwards.
    pub y: i32,
}

/// An area on the canvas, in whole points.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Area {
    /// Its left edge.
    pub x: i32,
    /// Its top edge.
    pub y: i32,
    /// How wide it is.
    pub width: i32,
    /// How high it is.
    pub height: i32,
}

impl Default for FlowDocument {
    fn default() -> FlowDocument {
        FlowDocument {
            name: None,
            description: None,
            session_zone: FlowDocument::DEFAULT_ZONE.to_owned(),
            parameters: BTreeMap::new(),
            nodes: BTreeMap::new(),
            edges: BTreeSet::new(),
            notes: BTreeMap::new(),
            frames: BTreeMap::new(),
            layout: Layout::default(),
        }
    }
}

impl FlowDocument {
    /// The version of the format that is written.
    pub const VERSION: u64 = 1;

    /// The session zone of a flow that names none.
    pub const DEFAULT_ZONE: &'static str = "UTC";

    /// The edges that enter or leave a node.
    pub fn edges_of(&self, node: &NodeId) -> impl Iterator<Item = &EdgeId> {
        self.edges.iter().filter(move |edge| edge.from.node == *node || edge.to.node == *node)
    }

    /// The edges that enter a node.
    pub fn edges_into(&self, node: &NodeId) -> impl Iterator<Item = &EdgeId> {
        self.edges.iter().filter(move |edge| edge.to.node == *node)
    }
}
