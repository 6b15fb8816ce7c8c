//! Version 1 of the format of flow files: how it is read. Everything that version 1 does not know is refused, so that a misspelt
//! word is never lost in silence.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::document::{Area, FlowDocument, FlowNode, FlowParameter, Frame, Layout, Note, Point};
use super::json::{Exact, brief, check_new_key, sentence};
use super::limits::{MAX_COORDINATE, MAX_EDGES, MAX_EXTRAS, MAX_NAME_BYTES, MAX_NODES, MAX_TEXT_BYTES};
use crate::error::{EngineError, Result};
use crate::ids::{EdgeId, NodeId, PortRef};

/// Reads a flow of version 1.
///
/// # Errors
/// One sentence with line and column.
pub(super) fn read(text: &str) -> Result<FlowDocument> {
    let flow: Flow = serde_json::from_str(text).map_err(|error| sentence(&error))?;
    let Keyed(parameters) = flow.parameters;
    let by_id = |List(nodes): List<Node>| nodes.into_iter().map(|node| (node.id, node.node)).collect();
    let nodes: BTreeMap<NodeId, FlowNode> = by_id(flow.nodes);
    let mut layout = flow.layout;
    // A place without its thing is a leftover of an edit by hand.
    layout.nodes.0.retain(|id, _| nodes.contains_key(&NodeId::new(id)));
    let notes: BTreeMap<_, _> = flow.notes.0.into_iter().map(|note| (note.id, note.note)).collect();
    let frames: BTreeMap<_, _> = flow.frames.0.into_iter().map(|frame| (frame.id, frame.frame)).collect();
    layout.notes.0.retain(|id, _| notes.contains_key(id));
    layout.frames.0.retain(|id, _| frames.contains_key(id));
    if flow.version != 1 {
        return Err(EngineError::internal("a flow of another version was read as version 1"));
    }
    Ok(FlowDocument {
        name: flow.name.map(|name| name.0),
        description: flow.description.map(|text| text.0),
        session_zone: flow.session_zone.map_or_else(|| FlowDocument::DEFAULT_ZONE.to_owned(), |zone| zone.0),
        parameters: parameters.into_iter().map(|(name, parameter)| (name, parameter.0)).collect(),
        nodes,
        edges: flow.edges.0.into_iter().map(|edge| edge.0).collect(),
        notes,
        frames,
        layout: Layout {
            nodes: layout.nodes.0.into_iter().map(|(id, at)| (NodeId::new(id), at.0)).collect(),
            notes: layout.notes.0.into_iter().map(|(id, area)| (id, area.0)).collect(),
            frames: layout.frames.0.into_iter().map(|(id, area)| (id, area.0)).collect(),
        },
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Flow {
    version: u64,
    name: Option<Name>,
    description: Option<Text>,
    session_zone: Option<Name>,
    #[serde(default)]
    parameters: Keyed<Parameter>,
    nodes: List<Node>,
    edges: List<Edge>,
    #[serde(default)]
    notes: List<SavedNote>,
    #[serde(default)]
    frames: List<SavedFrame>,
    #[serde(default)]
    layout: SavedLayout,
}

/// At most [`MAX_NAME_BYTES`] long.
struct Name(String);

/// At most [`MAX_TEXT_BYTES`] long.
struct Text(String);

fn short<'de, D: Deserializer<'de>>(deserializer: D, max_bytes: usize) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.len() > max_bytes {
        return Err(D::Error::custom(format_args!("`{}` is longer than {max_bytes} bytes", brief(&text))));
    }
    Ok(text)
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Name, D::Error> {
        short(deserializer, MAX_NAME_BYTES).map(Name)
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Text, D::Error> {
        short(deserializer, MAX_TEXT_BYTES).map(Text)
    }
}

/// What stands at most once in a list, and how many of it there may be.
pub(super) trait Listed {
    /// What two elements must not share.
    type Key: Ord + fmt::Display + Clone;
    const NAME: &'static str;
    const MAX: usize;
    fn key(&self) -> &Self::Key;
}

pub(super) struct List<T>(pub(super) Vec<T>);

impl<T> Default for List<T> {
    fn default() -> List<T> {
        List(Vec::new())
    }
}

impl<'de, T: Listed + Deserialize<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<List<T>, D::Error> {
        struct Elements<T>(PhantomData<T>);
        impl<'de, T: Listed + Deserialize<'de>> Visitor<'de> for Elements<T> {
            type Value = List<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "a list of {}s", T::NAME)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<List<T>, A::Error> {
                let (mut list, mut known) = (Vec::new(), BTreeSet::new());
                while let Some(element) = seq.next_element::<T>()? {
                    if !known.insert(element.key().clone()) {
                        let key = brief(&element.key().to_string());
                        return Err(A::Error::custom(format_args!("the {} `{key}` stands twice", T::NAME)));
                    }
                    if list.len() == T::MAX {
                        let name = T::NAME;
                        return Err(A::Error::custom(format_args!("there are more than {} {name}s", T::MAX)));
                    }
                    list.push(element);
                }
                Ok(List(list))
            }
        }
        deserializer.deserialize_seq(Elements(PhantomData))
    }
}

/// An object by whose keys things are named, none of them twice.
pub(super) struct Keyed<T>(pub(super) BTreeMap<String, T>);

impl<T> Default for Keyed<T> {
    fn default() -> Keyed<T> {
        Keyed(BTreeMap::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Keyed<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Keyed<T>, D::Error> {
        struct Entries<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Entries<T> {
            type Value = Keyed<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Keyed<T>, A::Error> {
                let mut entries = BTreeMap::new();
                while let Some(key) = map.next_key::<String>()? {
                    check_new_key(&key, entries.contains_key(&key))?;
                    entries.insert(key, map.next_value()?);
                    if entries.len() > MAX_EXTRAS.max(MAX_NODES) {
                        return Err(A::Error::custom("there are too many entries"));
                    }
                }
                Ok(Keyed(entries))
            }
        }
        deserializer.deserialize_map(Entries(PhantomData))
    }
}

/// The fields of a node; `id` comes first in the file.
pub(super) struct Node {
    pub(super) id: NodeId,
    pub(super) node: FlowNode,
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Node, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Fields {
            id: Name,
            kind: Name,
            title: Option<Name>,
            params: Option<Exact>,
            note: Option<Text>,
        }
        let Fields { id, kind, title, params, note } = Fields::deserialize(deserializer)?;
        let params = match params {
            None => Map::new(),
            Some(Exact(Value::Object(params))) => params,
            Some(_) => return Err(D::Error::custom("`params` must be an object")),
        };
        let (title, note) = (title.map(|title| title.0), note.map(|note| note.0));
        Ok(Node { id: NodeId::new(id.0), node: FlowNode { kind: kind.0, title, params, note } })
    }
}

impl Listed for Node {
    type Key = NodeId;
    const NAME: &'static str = "node";
    const MAX: usize = MAX_NODES;
    fn key(&self) -> &NodeId {
        &self.id
    }
}

pub(super) struct Edge(pub(super) EdgeId);

impl<'de> Deserialize<'de> for Edge {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Edge, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Ends {
            from: Name,
            to: Name,
        }
        let Ends { from, to } = Ends::deserialize(deserializer)?;
        let port = |Name(text): Name| match text.rsplit_once('.') {
            Some((node, port)) => Ok(PortRef::new(NodeId::new(node), port)),
            None => {
                Err(D::Error::custom(format_args!("`{}` names no port; write `node.port`", brief(&text))))
            }
        };
        Ok(Edge(EdgeId { from: port(from)?, to: port(to)? }))
    }
}

impl Listed for Edge {
    type Key = EdgeId;
    const NAME: &'static str = "edge";
    const MAX: usize = MAX_EDGES;
    fn key(&self) -> &EdgeId {
        &self.0
    }
}

struct Parameter(FlowParameter);

impl<'de> Deserialize<'de> for Parameter {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Parameter, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Fields {
            default: Exact,
            doc: Option<Text>,
        }
        let Fields { default: Exact(default), doc } = Fields::deserialize(deserializer)?;
        if matches!(default, Value::Null | Value::Array(_) | Value::Object(_)) {
            return Err(D::Error::custom("a flow parameter is a string, a number, true or false"));
        }
        Ok(Parameter(FlowParameter { default, doc: doc.map(|doc| doc.0) }))
    }
}

/// Defines a thing on the canvas with an id, a text and a colour.
macro_rules! drawn {
    ($saved:ident, $field:ident: $type:ident { $text:ident: $text_type:ident }, $name:literal) => {
        pub(super) struct $saved {
            pub(super) id: String,
            pub(super) $field: $type,
        }

        impl<'de> Deserialize<'de> for $saved {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<$saved, D::Error> {
                #[derive(Deserialize)]
                #[serde(deny_unknown_fields)]
                struct Fields {
                    id: Name,
                    $text: $text_type,
                    color: Option<Name>,
                }
                let Fields { id, $text, color } = Fields::deserialize(deserializer)?;
                let color = color.map(|color| color.0);
                Ok($saved { id: id.0, $field: $type { $text: $text.0, color } })
            }
        }

        impl Listed for $saved {
            type Key = String;
            const NAME: &'static str = $name;
            const MAX: usize = MAX_EXTRAS;
            fn key(&self) -> &String {
                &self.id
            }
        }
    };
}

drawn!(SavedNote, note: Note { text: Text }, "note");
drawn!(SavedFrame, frame: Frame { title: Name }, "frame");

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct SavedLayout {
    #[serde(default)]
    nodes: Keyed<SavedPoint>,
    #[serde(default)]
    notes: Keyed<SavedArea>,
    #[serde(default)]
    frames: Keyed<SavedArea>,
}

pub(super) struct SavedPoint(pub(super) Point);

impl<'de> Deserialize<'de> for SavedPoint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<SavedPoint, D::Error> {
        let [x, y] = coordinates(<[f64; 2]>::deserialize(deserializer)?)?;
        Ok(SavedPoint(Point { x, y }))
    }
}

pub(super) struct SavedArea(pub(super) Area);

impl<'de> Deserialize<'de> for SavedArea {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<SavedArea, D::Error> {
        let [x, y, width, height] = coordinates(<[f64; 4]>::deserialize(deserializer)?)?;
        Ok(SavedArea(Area { x, y, width, height }))
    }
}

/// Whole points, as files written by hand may hold others.
fn coordinates<const N: usize, E: Error>(values: [f64; N]) -> Result<[i32; N], E> {
    if values.iter().any(|value| !value.is_finite() || value.abs() > f64::from(MAX_COORDINATE)) {
        return Err(E::custom(format_args!("a place lies more than {MAX_COORDINATE} points away")));
    }
    #[expect(clippy::cast_possible_truncation, reason = "checked just above")]
    Ok(values.map(|value| value.round() as i32))
}
