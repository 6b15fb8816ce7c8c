//! A part of a flow as text: what is copied from one canvas and pasted into another.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use super::document::{Area, FlowDocument, FlowNode, Frame, Note, Point};
use super::edit::{Edit, FreshIds};
use super::json::{check_depth, sentence};
use super::limits::{MAX_COORDINATE, MAX_FILE_BYTES};
use super::save::{Section, drawn, saved_area, saved_edge, saved_node, write_sections};
use super::v1::{Edge, Keyed, List, Node, SavedArea, SavedFrame, SavedNote, SavedPoint};
use crate::error::{EngineError, Result};
use crate::ids::{EdgeId, NodeId, PortRef};
use crate::node::{Arity, Catalog};

/// A part of a flow: nodes with all that they are told, where they stand to each other, the edges between them, the links that join
/// them to nodes outside, and the notes and frames that were chosen with them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FlowFragment {
    nodes: BTreeMap<NodeId, FlowNode>,
    /// The top left corners, from that of all of them.
    places: BTreeMap<NodeId, Point>,
    /// Edges of which one end at least is a node of the fragment.
    edges: BTreeSet<EdgeId>,
    /// Notes with their areas, which are meant as the places are.
    notes: BTreeMap<String, (Note, Option<Area>)>,
    /// Frames with their areas.
    frames: BTreeMap<String, (Frame, Option<Area>)>,
}

/// What is drawn around nodes, by id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Drawn {
    /// Notes.
    pub notes: BTreeSet<String>,
    /// Frames.
    pub frames: BTreeSet<String>,
}

/// What pasting does.
#[derive(Clone, Debug, PartialEq)]
pub struct Pasted {
    /// The change: one step, called `paste`.
    pub edit: Edit,
    /// For each node of the fragment the node that it becomes.
    pub nodes: BTreeMap<NodeId, NodeId>,
    /// The notes and frames that are added.
    pub drawn: Drawn,
    /// How many links to nodes outside were wanted but not drawn: the node is not there, or its input takes one edge and has one.
    pub n_dropped_links: usize,
}

/// The part of `doc` that `nodes` and `drawn` are; those that are not there are left out. What lies in a frame is not part of it unless
/// it is named as well.
pub fn copy(doc: &FlowDocument, nodes: &BTreeSet<NodeId>, drawn: &Drawn) -> FlowFragment {
    let chosen = |id: &NodeId| nodes.contains(id) && doc.nodes.contains_key(id);
    FlowFragment {
        nodes: doc
            .nodes
            .iter()
            .filter(|(id, _)| chosen(id))
            .map(|(id, node)| (id.clone(), node.clone()))
            .collect(),
        places: doc
            .layout
            .nodes
            .iter()
            .filter(|(id, _)| chosen(id))
            .map(|(id, at)| (id.clone(), *at))
            .collect(),
        edges: doc
            .edges
            .iter()
            .filter(|edge| chosen(&edge.from.node) || chosen(&edge.to.node))
            .cloned()
            .collect(),
        notes: chosen_of(&doc.notes, &doc.layout.notes, &drawn.notes),
        frames: chosen_of(&doc.frames, &doc.layout.frames, &drawn.frames),
    }
    .at_its_corner()
}

/// The chosen ones with their areas.
fn chosen_of<T: Clone>(
    all: &BTreeMap<String, T>,
    areas: &BTreeMap<String, Area>,
    chosen: &BTreeSet<String>,
) -> BTreeMap<String, (T, Option<Area>)> {
    let there = chosen.iter().filter_map(|id| all.get_key_value(id));
    there.map(|(id, thing)| (id.clone(), (thing.clone(), areas.get(id).copied()))).collect()
}

/// The change that adds `fragment` to `doc`, its top left corner at `at`. Nodes keep their ids where those are free, and take numbered
/// ones where not. With `keep_outside_links`, they are joined as well to the nodes outside that they were joined to, as far as those are
/// in `doc` and can take the edge.
pub fn paste(
    doc: &FlowDocument,
    catalog: &Catalog,
    fragment: &FlowFragment,
    at: Point,
    keep_outside_links: bool,
) -> Pasted {
    let mut fresh = FreshIds::new(doc);
    let nodes: BTreeMap<NodeId, NodeId> =
        fragment.nodes.keys().map(|id| (id.clone(), fresh.like(id.as_str()))).collect();
    let mut edits: Vec<Edit> = Vec::with_capacity(fragment.nodes.len() + fragment.edges.len());
    for (id, node) in &fragment.nodes {
        let place = fragment.places.get(id).map(|place| at.shifted(*place));
        edits.push(Edit::AddNode { id: nodes[id].clone(), node: node.clone(), at: place });
    }
    let drawn = paste_drawn(doc, fragment, at, &mut edits);
    let taken: BTreeSet<&PortRef> = doc.edges.iter().map(|edge| &edge.to).collect();
    let can_take = |input: &PortRef| {
        let spec = doc.nodes.get(&input.node).and_then(|node| catalog.spec(&node.kind));
        let port = spec.and_then(|spec| spec.inputs.iter().find(|port| port.name == &*input.port));
        !taken.contains(input) || port.is_none_or(|port| port.arity == Arity::Many)
    };
    let mut n_dropped_links = 0;
    for edge in &fragment.edges {
        let renamed = |end: &PortRef| {
            nodes.get(&end.node).map(|id| PortRef { node: id.clone(), port: end.port.clone() })
        };
        let outside = |end: &PortRef| doc.nodes.contains_key(&end.node).then(|| end.clone());
        let joined = match (renamed(&edge.from), renamed(&edge.to)) {
            (Some(from), Some(to)) => Some(EdgeId { from, to }),
            _ if !keep_outside_links => continue,
            (Some(from), None) => outside(&edge.to).filter(can_take).map(|to| EdgeId { from, to }),
            (None, Some(to)) => outside(&edge.from).map(|from| EdgeId { from, to }),
            (None, None) => None,
        };
        match joined {
            Some(edge) => edits.push(Edit::Connect(edge)),
            None => n_dropped_links += 1,
        }
    }
    Pasted { edit: Edit::Batch { name: "paste".to_owned(), edits }, nodes, drawn, n_dropped_links }
}

/// Adds the notes and frames of a fragment under ids that are free, and returns those.
fn paste_drawn(doc: &FlowDocument, fragment: &FlowFragment, at: Point, edits: &mut Vec<Edit>) -> Drawn {
    let moved = |area: Option<Area>| {
        area.map(|area| {
            let Point { x, y } = at.shifted(Point { x: area.x, y: area.y });
            Area { x, y, ..area }
        })
    };
    let mut drawn = Drawn::default();
    let mut fresh = FreshIds::of_names(doc.notes.keys());
    for (id, (note, area)) in &fragment.notes {
        let id = fresh.like(id).as_str().to_owned();
        edits.push(Edit::SetNote { id: id.clone(), note: Some((note.clone(), moved(*area))) });
        drawn.notes.insert(id);
    }
    let mut fresh = FreshIds::of_names(doc.frames.keys());
    for (id, (frame, area)) in &fragment.frames {
        let id = fresh.like(id).as_str().to_owned();
        edits.push(Edit::SetFrame { id: id.clone(), frame: Some((frame.clone(), moved(*area))) });
        drawn.frames.insert(id);
    }
    drawn
}

impl FlowFragment {
    /// The newest version of the format: 2 holds notes and frames. What has none is written as version 1, as it was before.
    const VERSION: u64 = 2;

    /// The nodes.
    pub fn nodes(&self) -> &BTreeMap<NodeId, FlowNode> {
        &self.nodes
    }

    /// Whether nothing was copied.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty() && self.has_only_nodes()
    }

    fn has_only_nodes(&self) -> bool {
        self.notes.is_empty() && self.frames.is_empty()
    }

    /// How far the furthest upper left corner of anything lies from that of all.
    pub fn extent(&self) -> Point {
        let reach = |of: fn(&Point) -> i32| self.corners().map(|at| of(&at)).max().unwrap_or_default();
        Point { x: reach(|at| at.x), y: reach(|at| at.y) }
    }

    /// The upper left corners of nodes, notes and frames.
    fn corners(&self) -> impl Iterator<Item = Point> {
        let notes = self.notes.values().filter_map(|(_, area)| *area);
        let frames = self.frames.values().filter_map(|(_, area)| *area);
        self.places.values().copied().chain(notes.chain(frames).map(|area| Point { x: area.x, y: area.y }))
    }

    /// The fragment as text for the clipboard. Reading it back gives the same fragment.
    pub fn to_json(&self) -> String {
        let lines = |is_inner: bool| {
            let inner = |edge: &&EdgeId| {
                self.nodes.contains_key(&edge.from.node) && self.nodes.contains_key(&edge.to.node)
            };
            let edges = self.edges.iter().filter(|edge| inner(edge) == is_inner);
            Section::Lines(edges.map(saved_edge).collect())
        };
        let nodes = self.nodes.iter().map(|(id, node)| saved_node(id, node)).collect();
        let places = self.places.iter().map(|(id, Point { x, y })| (id.as_str().to_owned(), json!([x, y])));
        let version = if self.has_only_nodes() { 1 } else { FlowFragment::VERSION };
        let mut sections = vec![
            ("tidemark", Section::Value(FRAGMENT.into())),
            ("version", Section::Value(version.into())),
            ("nodes", Section::Blocks(nodes)),
            ("edges", lines(true)),
            ("outside", lines(false)),
            ("places", Section::Value(Value::Object(places.collect()))),
        ];
        if !self.has_only_nodes() {
            let notes = self.notes.iter();
            let notes = notes.map(|(id, (note, _))| drawn(id, "text", &note.text, note.color.as_ref()));
            let frames = self.frames.iter();
            let frames =
                frames.map(|(id, (frame, _))| drawn(id, "title", &frame.title, frame.color.as_ref()));
            sections.push(("notes", Section::Blocks(notes.collect())));
            sections.push(("frames", Section::Blocks(frames.collect())));
            sections.push(("note_areas", saved_areas(&self.notes)));
            sections.push(("frame_areas", saved_areas(&self.frames)));
        }
        write_sections(sections)
    }

    /// Reads a fragment, or all that a whole flow shows as one.
    ///
    /// # Errors
    /// One sentence, with line and column where it has them: no fragment, a limit of [`limits`](super::limits), or one that was copied
    /// from a newer program.
    pub fn from_json(text: &str) -> Result<FlowFragment> {
        if text.len() > MAX_FILE_BYTES {
            let size = text.len() >> 20;
            let most = MAX_FILE_BYTES >> 20;
            return Err(EngineError::flow(format!(
                "the text has {size} MB; a part of a flow has at most {most} MB"
            )));
        }
        if !text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']).starts_with('{') {
            return Err(EngineError::flow(
                "the text is no part of a flow: nodes are copied as a JSON object",
            ));
        }
        check_depth(text)?;
        let header: Header =
            serde_json::from_str(text.trim_start_matches('\u{feff}')).map_err(|error| sentence(&error))?;
        match header {
            Header { tidemark: Some(Value::String(what)), version: Some(version), .. }
                if what == FRAGMENT =>
            {
                read(text.trim_start_matches('\u{feff}'), version)
            }
            Header { tidemark: None, nodes: Some(_), .. } => {
                let flow = FlowDocument::from_json(text.as_bytes())?;
                let nodes = flow.nodes.keys().cloned().collect();
                let notes = flow.notes.keys().cloned().collect();
                let drawn = Drawn { notes, frames: flow.frames.keys().cloned().collect() };
                Ok(copy(&flow, &nodes, &drawn))
            }
            _ => Err(EngineError::flow("the text is no part of a flow: it is JSON of another kind")),
        }
    }

    /// The same with places that start at the top left corner of all.
    fn at_its_corner(mut self) -> FlowFragment {
        let least = |of: fn(&Point) -> i32| self.corners().map(|at| of(&at)).min().unwrap_or_default();
        let corner = Point { x: least(|at| at.x), y: least(|at| at.y) };
        // What lies further apart than a flow may reach to one side is moved together.
        let from = |at: i32, corner: i32| at.saturating_sub(corner).min(MAX_COORDINATE);
        for at in self.places.values_mut() {
            *at = Point { x: from(at.x, corner.x), y: from(at.y, corner.y) };
        }
        let notes = self.notes.values_mut().filter_map(|(_, area)| area.as_mut());
        let frames = self.frames.values_mut().filter_map(|(_, area)| area.as_mut());
        for area in notes.chain(frames) {
            (area.x, area.y) = (from(area.x, corner.x), from(area.y, corner.y));
        }
        self
    }
}

/// The areas of notes or frames as they are written.
fn saved_areas<T>(things: &BTreeMap<String, (T, Option<Area>)>) -> Section {
    let areas = things.iter().filter_map(|(id, (_, area))| Some((id.clone(), saved_area((*area)?))));
    Section::Value(Value::Object(areas.collect()))
}

/// What the text of a fragment says that it is.
const FRAGMENT: &str = "fragment";

#[derive(Deserialize)]
struct Header {
    tidemark: Option<Value>,
    version: Option<u64>,
    nodes: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Saved {
    #[serde(rename = "tidemark")]
    _tidemark: IgnoredAny,
    #[serde(rename = "version")]
    _version: IgnoredAny,
    nodes: List<Node>,
    #[serde(default)]
    edges: List<Edge>,
    #[serde(default)]
    outside: List<Edge>,
    #[serde(default)]
    places: Keyed<SavedPoint>,
    #[serde(default)]
    notes: List<SavedNote>,
    #[serde(default)]
    frames: List<SavedFrame>,
    #[serde(default)]
    note_areas: Keyed<SavedArea>,
    #[serde(default)]
    frame_areas: Keyed<SavedArea>,
}

fn read(text: &str, version: u64) -> Result<FlowFragment> {
    if !(1..=FlowFragment::VERSION).contains(&version) {
        return Err(EngineError::flow(format!(
            "this was copied from another Tidemark (format {version}; this one reads {})",
            FlowFragment::VERSION
        )));
    }
    let Saved { nodes, edges, outside, places, notes, frames, mut note_areas, mut frame_areas, .. } =
        serde_json::from_str(text).map_err(|error| sentence(&error))?;
    let nodes: BTreeMap<NodeId, FlowNode> = nodes.0.into_iter().map(|node| (node.id, node.node)).collect();
    let places = places.0.into_iter().map(|(id, at)| (NodeId::new(id), at.0));
    Ok(FlowFragment {
        places: places.filter(|(id, _)| nodes.contains_key(id)).collect(),
        edges: edges.0.into_iter().chain(outside.0).map(|edge| edge.0).collect(),
        nodes,
        notes: notes
            .0
            .into_iter()
            .map(|SavedNote { id, note }| {
                let area = note_areas.0.remove(&id).map(|area| area.0);
                (id, (note, area))
            })
            .collect(),
        frames: frames
            .0
            .into_iter()
            .map(|SavedFrame { id, frame }| {
                let area = frame_areas.0.remove(&id).map(|area| area.0);
                (id, (frame, area))
            })
            .collect(),
    }
    .at_its_corner())
}

impl Point {
    /// The place that lies so far from this one, within what a flow may hold.
    fn shifted(self, by: Point) -> Point {
        let sum = |a: i32, b: i32| a.saturating_add(b).clamp(-MAX_COORDINATE, MAX_COORDINATE);
        Point { x: sum(self.x, by.x), y: sum(self.y, by.y) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Map;

    use super::super::testing::{catalog, edge, flow, port, usual};
    use super::*;

    const ORIGIN: Point = Point { x: 0, y: 0 };

    fn copy(doc: &FlowDocument, nodes: &BTreeSet<NodeId>) -> FlowFragment {
        super::copy(doc, nodes, &Drawn::default())
    }

    fn ids<const N: usize>(names: [&str; N]) -> BTreeSet<NodeId> {
        names.map(NodeId::new).into()
    }

    fn placed() -> FlowDocument {
        let mut doc = usual();
        for (id, x) in [("stamp", 300), ("keep", 600)] {
            doc.layout.nodes.insert(NodeId::new(id), Point { x, y: 96 - x / 10 });
        }
        doc
    }

    /// The edges that pasting `nodes` of `doc` into itself draws, and how many links are dropped.
    fn drawn(doc: &FlowDocument, nodes: &BTreeSet<NodeId>, keep: bool) -> (Vec<String>, usize) {
        let pasted = paste(doc, &catalog(), &copy(doc, nodes), ORIGIN, keep);
        let mut after = doc.clone();
        pasted.edit.apply(&mut after).expect("pasted");
        let new = after.edges.difference(&doc.edges).map(ToString::to_string).collect();
        (new, pasted.n_dropped_links)
    }

    #[test]
    fn nodes_keep_their_ids_where_those_are_free_and_their_places_to_each_other() {
        let mut doc = placed();
        let fragment = copy(&doc, &ids(["stamp", "keep", "no_such_node"]));
        assert_eq!(fragment.extent(), Point { x: 300, y: 30 });
        let names = |pasted: &Pasted| pasted.nodes.values().map(ToString::to_string).collect::<Vec<_>>();
        let elsewhere = paste(&FlowDocument::default(), &catalog(), &fragment, ORIGIN, true);
        assert_eq!(
            (names(&elsewhere), elsewhere.n_dropped_links),
            (vec!["keep".to_owned(), "stamp".to_owned()], 2)
        );
        for expected in [["keep_2", "stamp_2"], ["keep_3", "stamp_3"]] {
            let pasted = paste(&doc, &catalog(), &fragment, Point { x: 1000, y: -50 }, false);
            assert_eq!(names(&pasted), expected);
            pasted.edit.apply(&mut doc).expect("pasted");
        }
        assert_eq!(doc.layout.nodes[&NodeId::new("stamp_2")], Point { x: 1000, y: -20 });
        assert_eq!(doc.layout.nodes[&NodeId::new("keep_3")], Point { x: 1300, y: -50 });
        assert_eq!(doc.nodes[&NodeId::new("keep_2")], doc.nodes[&NodeId::new("keep")]);
    }

    #[test]
    fn a_copy_of_a_copy_is_numbered_on() {
        let mut doc = flow(&[("keep", "keep", json!({})), ("keep_2", "keep", json!({}))], &[]);
        for expected in ["keep_3", "keep_4"] {
            let pasted = paste(&doc, &catalog(), &copy(&doc, &ids(["keep_2"])), ORIGIN, false);
            assert_eq!(pasted.nodes[&NodeId::new("keep_2")].as_str(), expected);
            pasted.edit.apply(&mut doc).expect("pasted");
        }
    }

    #[test]
    fn outside_links_are_kept_or_cut_and_those_that_cannot_be_are_counted() {
        let doc = usual();
        let nodes = ids(["stamp", "keep"]);
        assert_eq!(drawn(&doc, &nodes, false), (vec!["stamp_2.out -> keep_2.in".to_owned()], 0));
        // The window takes one edge and has one.
        let expected = ["rows.out -> stamp_2.in", "stamp_2.out -> keep_2.in"].map(str::to_owned).to_vec();
        assert_eq!(drawn(&doc, &nodes, true), (expected, 1));
        let mut gone = doc.clone();
        let fragment = copy(&doc, &nodes);
        Edit::RemoveNode(NodeId::new("rows")).apply(&mut gone).expect("removed");
        Edit::Disconnect(edge("keep.out", "window.in")).apply(&mut gone).expect("cut");
        let pasted = paste(&gone, &catalog(), &fragment, ORIGIN, true);
        assert_eq!(pasted.n_dropped_links, 1);
        pasted.edit.apply(&mut gone).expect("pasted");
        assert!(gone.edges.contains(&edge("keep_2.out", "window.in")), "its place is free");
    }

    #[test]
    fn a_node_that_takes_many_edges_takes_one_more() {
        let nodes = [("rows", "rows", json!({})), ("union", "union", json!({}))];
        let doc = flow(&nodes, &[("rows.out", "union.in")]);
        assert_eq!(drawn(&doc, &ids(["rows"]), true), (vec!["rows_2.out -> union.in".to_owned()], 0));
    }

    #[test]
    fn the_text_has_a_header_and_is_read_back_the_same() {
        let fragment = copy(&placed(), &ids(["stamp", "keep"]));
        let text = fragment.to_json();
        let expected = r#"{
  "tidemark": "fragment",
  "version": 1,
  "nodes": [
    {
      "id": "keep",
      "kind": "keep",
      "params": {
        "condition": "value"
      }
    },
    {
      "id": "stamp",
      "kind": "stamp",
      "params": {
        "column": "ts"
      }
    }
  ],
  "edges": [
    { "from": "stamp.out", "to": "keep.in" }
  ],
  "outside": [
    { "from": "keep.out", "to": "window.in" },
    { "from": "rows.out", "to": "stamp.in" }
  ],
  "places": {
    "keep": [300, 0],
    "stamp": [0, 30]
  }
}
"#;
        assert_eq!(text, expected);
        assert_eq!(FlowFragment::from_json(&text).expect("read"), fragment);
        assert_eq!(FlowFragment::from_json(&format!("\u{feff}  {text}\n")).expect("read"), fragment);
    }

    fn framed() -> FlowDocument {
        let mut doc = placed();
        let (amber, text) = (Some("amber".to_owned()), "Why\nso?".to_owned());
        doc.frames.insert("frame".to_owned(), Frame { title: "Cleaning".to_owned(), color: amber });
        doc.layout.frames.insert("frame".to_owned(), Area { x: 268, y: 0, width: 560, height: 192 });
        doc.notes.insert("why".to_owned(), Note { text: text.clone(), color: None });
        doc.layout.notes.insert("why".to_owned(), Area { x: 300, y: 240, width: 240, height: 96 });
        doc.notes.insert("nowhere".to_owned(), Note { text, color: None });
        doc
    }

    fn names<const N: usize>(names: [&str; N]) -> BTreeSet<String> {
        names.map(str::to_owned).into()
    }

    #[test]
    fn frames_and_notes_come_along_under_ids_that_are_free() {
        let mut doc = framed();
        let drawn = Drawn { notes: names(["why", "nowhere", "gone"]), frames: names(["frame"]) };
        let fragment = super::copy(&doc, &ids(["stamp", "keep"]), &drawn);
        assert_eq!(fragment.extent(), Point { x: 332, y: 240 });
        let text = fragment.to_json();
        let expected = r#"  "notes": [
    {
      "id": "nowhere",
      "text": "Why\nso?"
    },
    {
      "id": "why",
      "text": "Why\nso?"
    }
  ],
  "frames": [
    {
      "id": "frame",
      "title": "Cleaning",
      "color": "amber"
    }
  ],
  "note_areas": {
    "why": [32, 240, 240, 96]
  },
  "frame_areas": {
    "frame": [0, 0, 560, 192]
  }
}
"#;
        assert!(text.contains("\"version\": 2") && text.ends_with(expected), "{text}");
        let read = FlowFragment::from_json(&text).expect("read");
        assert_eq!(read, fragment);
        let before = doc.to_json();
        let pasted = paste(&doc, &catalog(), &read, Point { x: 1000, y: 100 }, false);
        let undo = pasted.edit.apply(&mut doc).expect("pasted");
        let expected = Drawn { notes: names(["nowhere_2", "why_2"]), frames: names(["frame_2"]) };
        assert_eq!(pasted.drawn, expected);
        assert_eq!(doc.frames["frame_2"], doc.frames["frame"]);
        assert_eq!(doc.layout.frames["frame_2"], Area { x: 1000, y: 100, width: 560, height: 192 });
        assert_eq!(doc.layout.notes["why_2"], Area { x: 1032, y: 340, width: 240, height: 96 });
        assert!(!doc.layout.notes.contains_key("nowhere_2"));
        assert_eq!(doc.layout.nodes[&NodeId::new("stamp_2")], Point { x: 1032, y: 166 });
        undo.apply(&mut doc).expect("undone");
        assert_eq!(doc.to_json(), before);
    }

    #[test]
    fn a_note_alone_is_a_fragment_and_nothing_is_none() {
        let doc = framed();
        let drawn = Drawn { notes: names(["why"]), ..Drawn::default() };
        let note = super::copy(&doc, &BTreeSet::new(), &drawn);
        assert!(!note.is_empty() && note.nodes().is_empty());
        let read = FlowFragment::from_json(&note.to_json()).expect("read");
        let pasted = paste(&FlowDocument::default(), &catalog(), &read, ORIGIN, true);
        assert_eq!(pasted.drawn, drawn);
        assert!(copy(&doc, &BTreeSet::new()).is_empty());
        let whole = FlowFragment::from_json(&doc.to_json()).expect("read");
        let pasted = paste(&FlowDocument::default(), &catalog(), &whole, ORIGIN, true);
        assert_eq!(
            (pasted.drawn.notes.len(), pasted.drawn.frames.len()),
            (2, 1),
            "a whole flow has them too"
        );
    }

    #[test]
    fn a_whole_flow_is_a_fragment_too() {
        let mut doc = placed();
        doc.edges.insert(edge("gone.out", "keep.in"));
        let read = FlowFragment::from_json(&doc.to_json()).expect("read");
        assert_eq!(read, copy(&doc, &doc.nodes.keys().cloned().collect()));
        let pasted = paste(&FlowDocument::default(), &catalog(), &read, ORIGIN, true);
        assert_eq!((pasted.nodes.len(), pasted.n_dropped_links), (5, 1));
    }

    #[test]
    fn text_that_is_no_fragment_is_refused_in_a_sentence() {
        let error = |text: &str| FlowFragment::from_json(text).expect_err(text).to_string();
        assert_eq!(error(""), "the text is no part of a flow: nodes are copied as a JSON object");
        assert_eq!(error("[1]"), "the text is no part of a flow: nodes are copied as a JSON object");
        assert_eq!(error("{}"), "the text is no part of a flow: it is JSON of another kind");
        assert_eq!(
            error(r#"{"tidemark": 1, "nodes": []}"#),
            "the text is no part of a flow: it is JSON of another kind"
        );
        assert_eq!(error("{\n \"nodes\": [],"), "the text ends before the flow does");
        let newer = error(r#"{"tidemark": "fragment", "version": 3, "more": 1}"#);
        assert_eq!(newer, "this was copied from another Tidemark (format 3; this one reads 2)");
        let with = |rest: &str| {
            error(&format!("{{\"tidemark\": \"fragment\", \"version\": 1, \"nodes\": []{rest}}}"))
        };
        assert_eq!(with(", \"edgse\": []"), "line 1, column 59: there is no field `edgse` here");
        assert!(with(", \"nodes\": []").contains("`nodes` stands twice"));
        assert!(with(&format!(", \"edges\": {}", "[".repeat(100))).contains("nested deeper than 64"));
        assert!(with(", \"places\": {\"a\": [1e300, 0]}").contains("points away"));
        assert!(error(&"{".repeat(MAX_FILE_BYTES + 1)).contains("a part of a flow has at most 16 MB"));
    }

    #[test]
    fn places_at_the_edge_of_the_canvas_stay_on_it() {
        let mut doc = flow(&[("a", "keep", json!({})), ("b", "keep", json!({}))], &[]);
        for (id, x) in [("a", -MAX_COORDINATE), ("b", MAX_COORDINATE)] {
            doc.layout.nodes.insert(NodeId::new(id), Point { x, y: 0 });
        }
        let text = copy(&doc, &ids(["a", "b"])).to_json();
        assert!(FlowFragment::from_json(&text).is_ok(), "what is copied can be pasted: {text}");
        let pasted =
            paste(&doc, &catalog(), &copy(&doc, &ids(["a", "b"])), Point { x: 5, y: i32::MAX }, true);
        pasted.edit.apply(&mut doc).expect("within the canvas");
        assert_eq!(doc.layout.nodes[&NodeId::new("b_2")], Point { x: MAX_COORDINATE, y: MAX_COORDINATE });
    }

    #[test]
    fn thousands_of_nodes_are_pasted_at_once() {
        let mut doc = FlowDocument::default();
        for number in 0..5_000 {
            doc.nodes.insert(NodeId::new(format!("node_{number}")), FlowNode::new("keep", Map::new()));
        }
        let started = std::time::Instant::now();
        let fragment = copy(&doc, &doc.nodes.keys().cloned().collect());
        let pasted = paste(&doc, &catalog(), &fragment, ORIGIN, true);
        pasted.edit.apply(&mut doc).expect("pasted");
        assert_eq!(doc.nodes.len(), 10_000);
        assert!(started.elapsed().as_secs() < 5, "{:?}", started.elapsed());
    }

    fn any_doc() -> impl Strategy<Value = FlowDocument> {
        let node =
            ("[a-f](_[2-4])?", "keep|rows|union|odd", any::<Option<String>>(), any::<Option<(i16, i16)>>());
        let end = || "[a-g](_[2-4])?";
        let edges = prop::collection::vec((end(), "out|late", end(), "in"), 0..16);
        (prop::collection::vec(node, 0..12), edges).prop_map(|(nodes, edges)| {
            let mut doc = FlowDocument::default();
            for (id, kind, note, at) in nodes {
                let id = NodeId::new(id);
                let params = note.iter().map(|text| ("p".to_owned(), json!([text, { "z": 1, "a": text }])));
                let node = FlowNode {
                    title: note.clone(),
                    note: note.clone(),
                    ..FlowNode::new(kind, params.collect())
                };
                doc.nodes.insert(id.clone(), node);
                if let Some((x, y)) = at {
                    doc.layout.nodes.insert(id, Point { x: x.into(), y: y.into() });
                }
            }
            for (from, out, to, input) in edges {
                doc.edges.insert(EdgeId {
                    from: port(&format!("{from}.{out}")),
                    to: port(&format!("{to}.{input}")),
                });
            }
            doc
        })
    }

    proptest! {
        #[test]
        fn what_is_pasted_is_the_same_graph_and_undoing_gives_the_same_bytes(
            doc in any_doc(),
            into in any_doc(),
            is_same_flow in any::<bool>(),
            chosen in prop::collection::btree_set("[a-f](_[2-4])?", 0..12),
            keep in any::<bool>(),
        ) {
            let chosen: BTreeSet<NodeId> = chosen.into_iter().map(NodeId::new).collect();
            let text = copy(&doc, &chosen).to_json();
            let fragment = FlowFragment::from_json(&text).expect("what is copied can be read");
            prop_assert_eq!(&fragment, &copy(&doc, &chosen));
            prop_assert_eq!(fragment.to_json(), text);

            let mut after = if is_same_flow { doc.clone() } else { into };
            let before = after.clone();
            let pasted = paste(&after, &catalog(), &fragment, ORIGIN, keep);
            let undo = pasted.edit.apply(&mut after).expect("pasted");
            let new: BTreeSet<NodeId> = pasted.nodes.values().cloned().collect();
            prop_assert_eq!(new.len(), fragment.nodes().len(), "one for each");
            for (old, new) in &pasted.nodes {
                prop_assert!(!before.nodes.contains_key(new) && new.is_valid());
                prop_assert_eq!(&after.nodes[new], &doc.nodes[old]);
                prop_assert_eq!(after.layout.nodes.contains_key(new), doc.layout.nodes.contains_key(old));
            }
            for pair in pasted.nodes.iter().collect::<Vec<_>>().windows(2) {
                let places = |layout: &BTreeMap<NodeId, Point>, ids: [&NodeId; 2]| {
                    let [a, b] = ids.map(|id| layout.get(id));
                    a.zip(b).map(|(a, b)| (a.x - b.x, a.y - b.y))
                };
                let distance = places(&doc.layout.nodes, [pair[0].0, pair[1].0]);
                prop_assert_eq!(places(&after.layout.nodes, [pair[0].1, pair[1].1]), distance);
            }
            // The edges between new nodes are those between the old ones, told by the old names.
            let old: BTreeMap<&NodeId, &NodeId> = pasted.nodes.iter().map(|(old, new)| (new, old)).collect();
            let named = |end: &PortRef| Some(PortRef { node: (*old.get(&end.node)?).clone(), port: end.port.clone() });
            let inner = |edges: &BTreeSet<EdgeId>, ids: &BTreeSet<NodeId>| -> BTreeSet<EdgeId> {
                edges.iter().filter(|edge| ids.contains(&edge.from.node) && ids.contains(&edge.to.node)).cloned().collect()
            };
            let drawn: Option<BTreeSet<EdgeId>> = inner(&after.edges, &new)
                .iter()
                .map(|edge| Some(EdgeId { from: named(&edge.from)?, to: named(&edge.to)? }))
                .collect();
            let copied: BTreeSet<NodeId> = pasted.nodes.keys().cloned().collect();
            prop_assert_eq!(drawn, Some(inner(&doc.edges, &copied)));
            // And every link to the outside is drawn, dropped and counted, or not wanted.
            let links = doc.edges.iter().filter(|edge| copied.contains(&edge.from.node) != copied.contains(&edge.to.node));
            let n_links = if keep { links.count() } else { 0 };
            let n_inner = inner(&doc.edges, &copied).len();
            let n_new = after.edges.len() - before.edges.len();
            prop_assert_eq!(n_new - n_inner + pasted.n_dropped_links, n_links);

            undo.apply(&mut after).expect("undone");
            prop_assert_eq!(after.to_json(), before.to_json());
            prop_assert_eq!(after, before);
        }
    }
}
