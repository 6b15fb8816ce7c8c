//! Changes of a flow, each of which knows how to be taken back.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};
use thiserror::Error;

use super::document::{Area, FlowDocument, FlowNode, FlowParameter, Frame, Note, Point};
use super::limits::{
    MAX_COORDINATE, MAX_DEPTH, MAX_EDGES, MAX_EXTRAS, MAX_NAME_BYTES, MAX_NODES, MAX_TEXT_BYTES,
};
use crate::ids::{EdgeId, NodeId};

/// A change of a flow. Everything that a person can do to a document is one of these, so that all of it can be undone.
///
/// It can be written down, for a journal of what was done: whoever does that says of which version it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Edit {
    /// Adds a node.
    AddNode {
        /// Its id, which no other has: [`fresh_id`].
        id: NodeId,
        /// What it is.
        node: FlowNode,
        /// Where it stands.
        at: Option<Point>,
    },
    /// Removes a node and the edges that enter or leave it.
    RemoveNode(NodeId),
    /// Sets a parameter of a node, or removes it.
    SetParam {
        /// The node.
        node: NodeId,
        /// The parameter.
        name: String,
        /// Its value; `None` removes it.
        #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "there")]
        value: Option<Value>,
    },
    /// Sets all parameters of a node.
    SetParams {
        /// The node.
        node: NodeId,
        /// Its parameters from now on.
        params: Map<String, Value>,
    },
    /// Gives a node a title of its own, or its kind's again.
    SetTitle {
        /// The node.
        node: NodeId,
        /// Its title.
        title: Option<String>,
    },
    /// Sets the remark on a node.
    SetRemark {
        /// The node.
        node: NodeId,
        /// The remark.
        note: Option<String>,
    },
    /// Moves nodes; `None` lets the automatic layout place one.
    MoveNodes(BTreeMap<NodeId, Option<Point>>),
    /// Draws an edge. Whether its ends exist is a question of validation.
    Connect(EdgeId),
    /// Removes an edge.
    Disconnect(EdgeId),
    /// Names the flow.
    SetName(Option<String>),
    /// Says what the flow is for.
    SetDescription(Option<String>),
    /// Sets the session zone.
    SetSessionZone(String),
    /// Adds, changes or removes a flow parameter.
    SetFlowParameter {
        /// Its name.
        name: String,
        /// What it is; `None` removes it.
        parameter: Option<FlowParameter>,
    },
    /// Adds, changes, moves or removes a note on the canvas.
    SetNote {
        /// Its id.
        id: String,
        /// The note and where it stands; `None` removes it.
        note: Option<(Note, Option<Area>)>,
    },
    /// Adds, changes, moves or removes a frame.
    SetFrame {
        /// Its id.
        id: String,
        /// The frame and where it stands; `None` removes it.
        frame: Option<(Frame, Option<Area>)>,
    },
    /// Several changes that are one step: all of them or none.
    Batch {
        /// The key of the step's name.
        name: String,
        /// The changes, in order.
        edits: Vec<Edit>,
    },
}

/// Reads a value that is there, though it be `null`.
fn there<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// Why a change was not made. The document is as it was.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum EditError {
    /// It speaks of a node that is not there.
    #[error("there is no node `{0}`")]
    MissingNode(NodeId),
    /// It adds a node under an id that is taken.
    #[error("there is a node `{0}` already")]
    NodeExists(NodeId),
    /// It removes an edge that is not there.
    #[error("there is no edge {0}")]
    MissingEdge(EdgeId),
    /// It draws an edge that is there.
    #[error("there is an edge {0} already")]
    EdgeExists(EdgeId),
    /// No file could hold it.
    #[error("no flow can hold this: {0}")]
    Unfit(&'static str),
    /// The flow would grow beyond its limits.
    #[error("a flow has at most {1} {0}")]
    TooMany(&'static str, usize),
}

impl Edit {
    /// Makes the change, and returns the change that takes it back exactly.
    ///
    /// # Errors
    /// If it cannot be made; the document is then as it was.
    pub fn apply(&self, doc: &mut FlowDocument) -> Result<Edit, EditError> {
        match self {
            Edit::AddNode { id, node, at } => add_node(doc, id, node, *at),
            Edit::RemoveNode(id) => remove_node(doc, id),
            Edit::SetParam { node, name, value } => {
                fits(
                    value.as_ref().is_none_or(value_fits) && is_short(name),
                    "the value is nested too deeply",
                )?;
                let params = &mut node_mut(doc, node)?.params;
                let before = match value.clone() {
                    Some(mut value) => {
                        value.sort_all_objects();
                        let before = params.insert(name.clone(), value);
                        params.sort_keys();
                        before
                    }
                    None => params.shift_remove(name),
                };
                Ok(Edit::SetParam { node: node.clone(), name: name.clone(), value: before })
            }
            Edit::SetParams { node, params } => {
                fits(params_fit(params), "the parameters are nested too deeply")?;
                let params = FlowNode::new("", params.clone()).params;
                let before = std::mem::replace(&mut node_mut(doc, node)?.params, params);
                Ok(Edit::SetParams { node: node.clone(), params: before })
            }
            Edit::SetTitle { node, title } => {
                fits(title.as_ref().is_none_or(|title| is_short(title)), "the title is too long")?;
                let title = std::mem::replace(&mut node_mut(doc, node)?.title, title.clone());
                Ok(Edit::SetTitle { node: node.clone(), title })
            }
            Edit::SetRemark { node, note } => {
                fits(note.as_ref().is_none_or(|note| is_text(note)), "the remark is too long")?;
                let note = std::mem::replace(&mut node_mut(doc, node)?.note, note.clone());
                Ok(Edit::SetRemark { node: node.clone(), note })
            }
            Edit::MoveNodes(moves) => move_nodes(doc, moves),
            Edit::Connect(edge) => connect(doc, edge),
            Edit::Disconnect(edge) => {
                if !doc.edges.remove(edge) {
                    return Err(EditError::MissingEdge(edge.clone()));
                }
                Ok(Edit::Connect(edge.clone()))
            }
            Edit::SetName(name) => {
                fits(name.as_ref().is_none_or(|name| is_short(name)), "the name is too long")?;
                Ok(Edit::SetName(std::mem::replace(&mut doc.name, name.clone())))
            }
            Edit::SetDescription(text) => {
                fits(text.as_ref().is_none_or(|text| is_text(text)), "the description is too long")?;
                Ok(Edit::SetDescription(std::mem::replace(&mut doc.description, text.clone())))
            }
            Edit::SetSessionZone(zone) => {
                fits(is_short(zone), "the name of the zone is too long")?;
                Ok(Edit::SetSessionZone(std::mem::replace(&mut doc.session_zone, zone.clone())))
            }
            Edit::SetFlowParameter { name, parameter } => {
                let scalar = |value: &Value| value.is_string() || value.is_number() || value.is_boolean();
                let is_fit = |parameter: &FlowParameter| {
                    scalar(&parameter.default) && parameter.doc.as_ref().is_none_or(|doc| is_text(doc))
                };
                fits(
                    is_short(name) && parameter.as_ref().is_none_or(is_fit),
                    "the flow parameter has no plain value",
                )?;
                let before = set(&mut doc.parameters, name, parameter.clone(), "flow parameters")?;
                Ok(Edit::SetFlowParameter { name: name.clone(), parameter: before })
            }
            Edit::SetNote { id, note } => {
                let is_fit = |(note, area): &(Note, Option<Area>)| {
                    is_text(&note.text)
                        && note.color.as_ref().is_none_or(|color| is_short(color))
                        && is_near(*area)
                };
                fits(
                    is_short(id) && note.as_ref().is_none_or(is_fit),
                    "the note is too long or too far away",
                )?;
                let (note, area) = note.clone().unzip();
                let before = set(&mut doc.notes, id, note, "notes")?;
                let area = replace(&mut doc.layout.notes, id, area.flatten());
                Ok(Edit::SetNote { id: id.clone(), note: before.map(|note| (note, area)) })
            }
            Edit::SetFrame { id, frame } => {
                let is_fit = |(frame, area): &(Frame, Option<Area>)| {
                    is_short(&frame.title)
                        && frame.color.as_ref().is_none_or(|color| is_short(color))
                        && is_near(*area)
                };
                fits(
                    is_short(id) && frame.as_ref().is_none_or(is_fit),
                    "the frame's title is too long or it is too far away",
                )?;
                let (frame, area) = frame.clone().unzip();
                let before = set(&mut doc.frames, id, frame, "frames")?;
                let area = replace(&mut doc.layout.frames, id, area.flatten());
                Ok(Edit::SetFrame { id: id.clone(), frame: before.map(|frame| (frame, area)) })
            }
            Edit::Batch { name, edits } => {
                let mut inverses = Vec::with_capacity(edits.len());
                for edit in edits {
                    match edit.apply(doc) {
                        Ok(inverse) => inverses.push(inverse),
                        Err(error) => {
                            for inverse in inverses.iter().rev() {
                                inverse.apply(doc).expect("what was just done can be undone");
                            }
                            return Err(error);
                        }
                    }
                }
                inverses.reverse();
                Ok(Edit::Batch { name: name.clone(), edits: inverses })
            }
        }
    }

    /// The key of the name that people see of the step.
    pub fn describe(&self) -> &str {
        match self {
            Edit::AddNode { .. } => "add_node",
            Edit::RemoveNode(_) => "remove_node",
            Edit::SetParam { .. } | Edit::SetParams { .. } => "set_parameters",
            Edit::SetTitle { .. } => "rename_node",
            Edit::SetRemark { .. } => "remark_on_node",
            Edit::MoveNodes(_) => "move_nodes",
            Edit::Connect(_) => "connect",
            Edit::Disconnect(_) => "disconnect",
            Edit::SetName(_) => "rename_flow",
            Edit::SetDescription(_) => "describe_flow",
            Edit::SetSessionZone(_) => "set_session_zone",
            Edit::SetFlowParameter { .. } => "set_flow_parameter",
            Edit::SetNote { .. } => "change_note",
            Edit::SetFrame { .. } => "change_frame",
            Edit::Batch { name, .. } => name,
        }
    }
}

fn add_node(
    doc: &mut FlowDocument,
    id: &NodeId,
    node: &FlowNode,
    at: Option<Point>,
) -> Result<Edit, EditError> {
    let title = node.title.as_ref().is_none_or(|title| is_short(title));
    let note = node.note.as_ref().is_none_or(|note| is_text(note));
    fits(is_short(id.as_str()) && is_short(&node.kind) && title && note, "a text of the node is too long")?;
    fits(params_fit(&node.params), "the parameters are nested too deeply")?;
    fits(is_near(at.map(corner)), "it is too far away")?;
    if doc.nodes.contains_key(id) {
        return Err(EditError::NodeExists(id.clone()));
    }
    if doc.nodes.len() >= MAX_NODES {
        return Err(EditError::TooMany("nodes", MAX_NODES));
    }
    doc.nodes.insert(id.clone(), node.clone());
    replace(&mut doc.layout.nodes, id, at);
    // Edges may have been waiting for a node of this id; taking the node back must leave them.
    let waiting: Vec<_> = doc.edges_of(id).cloned().map(Edit::Connect).collect();
    let remove = Edit::RemoveNode(id.clone());
    if waiting.is_empty() {
        return Ok(remove);
    }
    let edits = std::iter::once(remove).chain(waiting).collect();
    Ok(Edit::Batch { name: "remove_node".to_owned(), edits })
}

fn remove_node(doc: &mut FlowDocument, id: &NodeId) -> Result<Edit, EditError> {
    let node = doc.nodes.remove(id).ok_or_else(|| EditError::MissingNode(id.clone()))?;
    let add = Edit::AddNode { id: id.clone(), node, at: doc.layout.nodes.remove(id) };
    let edges: Vec<_> = doc.edges_of(id).cloned().collect();
    if edges.is_empty() {
        return Ok(add);
    }
    for edge in &edges {
        doc.edges.remove(edge);
    }
    let edits = std::iter::once(add).chain(edges.into_iter().map(Edit::Connect)).collect();
    Ok(Edit::Batch { name: "add_node".to_owned(), edits })
}

fn move_nodes(doc: &mut FlowDocument, moves: &BTreeMap<NodeId, Option<Point>>) -> Result<Edit, EditError> {
    for (id, at) in moves {
        node_mut(doc, id)?;
        fits(is_near((*at).map(corner)), "it is too far away")?;
    }
    Ok(Edit::MoveNodes(
        moves.iter().map(|(id, at)| (id.clone(), replace(&mut doc.layout.nodes, id, *at))).collect(),
    ))
}

fn connect(doc: &mut FlowDocument, edge: &EdgeId) -> Result<Edit, EditError> {
    for end in [&edge.from, &edge.to] {
        let joined = end.node.as_str().len() + 1 + end.port.len();
        fits(!end.port.contains('.'), "the name of a port holds a dot")?;
        fits(joined <= MAX_NAME_BYTES, "the name of a port is too long")?;
    }
    if doc.edges.contains(edge) {
        return Err(EditError::EdgeExists(edge.clone()));
    }
    if doc.edges.len() >= MAX_EDGES {
        return Err(EditError::TooMany("edges", MAX_EDGES));
    }
    doc.edges.insert(edge.clone());
    Ok(Edit::Disconnect(edge.clone()))
}

fn node_mut<'a>(doc: &'a mut FlowDocument, id: &NodeId) -> Result<&'a mut FlowNode, EditError> {
    doc.nodes.get_mut(id).ok_or_else(|| EditError::MissingNode(id.clone()))
}

/// Sets or removes one of a bounded number of entries and returns what was there.
fn set<T>(
    map: &mut BTreeMap<String, T>,
    key: &String,
    value: Option<T>,
    name: &'static str,
) -> Result<Option<T>, EditError> {
    if value.is_some() && map.len() >= MAX_EXTRAS && !map.contains_key(key) {
        return Err(EditError::TooMany(name, MAX_EXTRAS));
    }
    Ok(replace(map, key, value))
}

/// Sets or removes an entry and returns what was there.
fn replace<K: Ord + Clone, V>(map: &mut BTreeMap<K, V>, key: &K, value: Option<V>) -> Option<V> {
    match value {
        Some(value) => map.insert(key.clone(), value),
        None => map.remove(key),
    }
}

fn fits(fit: bool, otherwise: &'static str) -> Result<(), EditError> {
    if fit { Ok(()) } else { Err(EditError::Unfit(otherwise)) }
}

fn is_short(name: &str) -> bool {
    name.len() <= MAX_NAME_BYTES
}

fn is_text(text: &str) -> bool {
    text.len() <= MAX_TEXT_BYTES
}

fn is_near(area: Option<Area>) -> bool {
    let Area { x, y, width, height } = area.unwrap_or_default();
    [x, y, width, height].iter().all(|value| (-MAX_COORDINATE..=MAX_COORDINATE).contains(value))
}

fn corner(at: Point) -> Area {
    Area { x: at.x, y: at.y, ..Area::default() }
}

fn params_fit(params: &Map<String, Value>) -> bool {
    params.iter().all(|(key, value)| is_short(key) && value_fits(value))
}

/// Whether a parameter may have this value. In a file it stands four levels deep.
fn value_fits(value: &Value) -> bool {
    fn within(value: &Value, levels: usize) -> bool {
        match value {
            Value::Array(values) => levels > 0 && values.iter().all(|value| within(value, levels - 1)),
            Value::Object(fields) => {
                levels > 0 && fields.iter().all(|(key, value)| is_short(key) && within(value, levels - 1))
            }
            _ => true,
        }
    }
    within(value, MAX_DEPTH - 4)
}

/// An id for a new node of this kind that no node has and no edge waits for: `tumbling_window`, `tumbling_window_2`.
pub fn fresh_id(doc: &FlowDocument, kind: &str) -> NodeId {
    FreshIds::new(doc).numbered(kind)
}

/// An id for a new note that no note has: `note`, `note_2`.
pub fn fresh_note_id(doc: &FlowDocument) -> String {
    FreshIds::of_names(doc.notes.keys()).numbered("note").as_str().to_owned()
}

/// An id for a new frame that no frame has: `frame`, `frame_2`.
pub fn fresh_frame_id(doc: &FlowDocument) -> String {
    FreshIds::of_names(doc.frames.keys()).numbered("frame").as_str().to_owned()
}

/// Ids for several new nodes, notes or frames.
pub(super) struct FreshIds {
    taken: BTreeSet<NodeId>,
    /// By name, the number that was given out last.
    numbers: BTreeMap<String, u64>,
}

impl FreshIds {
    /// Ids that no node of `doc` has and no edge waits for.
    pub(super) fn new(doc: &FlowDocument) -> FreshIds {
        let ends = doc.edges.iter().flat_map(|edge| [&edge.from.node, &edge.to.node]);
        FreshIds { taken: doc.nodes.keys().chain(ends).cloned().collect(), numbers: BTreeMap::new() }
    }

    /// Ids that are none of these, which notes or frames have.
    pub(super) fn of_names<'a>(names: impl Iterator<Item = &'a String>) -> FreshIds {
        FreshIds { taken: names.map(NodeId::new).collect(), numbers: BTreeMap::new() }
    }

    /// This very id if it is free and can be one, else one that is numbered on from it: `keep_3` for `keep_2`.
    pub(super) fn like(&mut self, id: &str) -> NodeId {
        let wanted = NodeId::new(id);
        if wanted.is_valid() && self.taken.insert(wanted.clone()) {
            return wanted;
        }
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let name = id.rsplit_once('_').filter(|(_, number)| is_number(number)).map_or(id, |(name, _)| name);
        self.numbered(name)
    }

    fn numbered(&mut self, name: &str) -> NodeId {
        let plain = |c: char| match c.to_ascii_lowercase() {
            c @ ('a'..='z' | '0'..='9' | '_' | '-') => c,
            _ => '_',
        };
        let base: String = name.chars().take(50).map(plain).collect();
        let base = if base.is_empty() { "node".to_owned() } else { base };
        let number = self.numbers.entry(base.clone()).or_default();
        loop {
            *number += 1;
            let id = NodeId::new(if *number == 1 { base.clone() } else { format!("{base}_{number}") });
            if self.taken.insert(id.clone()) {
                return id;
            }
        }
    }
}

#[cfg(test)]
mod tests;
