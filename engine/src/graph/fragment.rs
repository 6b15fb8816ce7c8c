//! A part of a flow as text: what is copied from one canvas and pasted into another.

use std::collections::BTreeSet;

use super::document::{FlowDocument, FlowNode, Point};
use super::edit::Edit;
use crate::error::{EngineError, Result};
use crate::ids::{EdgeId, NodeId};

/// A part of a flow: nodes, the edges between them, and the edges that joined them to others.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FlowFragment {
    nodes: Vec<(NodeId, FlowNode, Option<Point>)>,
    edges: BTreeSet<EdgeId>,
    outside: BTreeSet<EdgeId>,
}

/// What pasting does.
#[derive(Clone, Debug, PartialEq)]
pub struct Pasted {
    /// The change: one step, called `paste`.
    pub edit: Edit,
    /// The ids of the new nodes, in the order of the fragment's: what is selected afterwards.
    pub nodes: Vec<NodeId>,
    /// How many outside links were not drawn, because what they lead to is not there or takes no more.
    pub n_dropped_links: usize,
}

/// The part of `doc` that `nodes` are. Those that are not there are left out.
pub fn copy(doc: &FlowDocument, nodes: &BTreeSet<NodeId>) -> FlowFragment {
    let _ = (doc, nodes);
    FlowFragment::default()
}

/// The change that adds `fragment` to `doc` under fresh ids, its top left corner at `at`; with the links to nodes outside of it, if
/// `keep_outside_links` says so.
pub fn paste(doc: &FlowDocument, fragment: &FlowFragment, at: Point, keep_outside_links: bool) -> Pasted {
    let _ = (doc, fragment, at, keep_outside_links);
    let edit = Edit::Batch { name: "paste".to_owned(), edits: Vec::new() };
    Pasted { edit, nodes: Vec::new(), n_dropped_links: 0 }
}

impl FlowFragment {
    /// Whether there are no nodes.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// How many nodes there are.
    pub fn n_nodes(&self) -> usize {
        self.nodes.len()
    }

    /// The fragment as text for the clipboard.
    pub fn to_json(&self) -> String {
        String::new()
    }

    /// Reads a fragment, or a whole flow as one.
    ///
    /// # Errors
    /// One sentence, with line and column where it has them.
    pub fn from_json(text: &str) -> Result<FlowFragment> {
        let _ = text;
        Err(EngineError::internal("the fragment is being written"))
    }
}
