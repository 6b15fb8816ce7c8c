//! How a flow is written: always in the same way, one thing per line or block, so that version control shows what changed.

use serde_json::{Map, Value, json};

use super::document::{Area, FlowDocument, FlowNode, FlowParameter, Point};
use super::json::{object_on_one_line, write_block, write_key, write_lines, write_value};
use crate::ids::{EdgeId, NodeId, PortRef};

impl FlowDocument {
    /// The flow as it is saved. Reading it back gives the same document, and the same bytes when saved again.
    pub fn to_json(&self) -> String {
        write_sections(self.sections())
    }

    /// What is written, in order. What is empty is left out, but for nodes and edges.
    fn sections(&self) -> Vec<(&'static str, Section)> {
        let mut sections = vec![("version", Section::Value(FlowDocument::VERSION.into()))];
        if let Some(name) = &self.name {
            sections.push(("name", Section::Value(name.as_str().into())));
        }
        if let Some(text) = &self.description {
            sections.push(("description", Section::Value(text.as_str().into())));
        }
        sections.push(("session_zone", Section::Value(self.session_zone.as_str().into())));
        if !self.parameters.is_empty() {
            let parameters = self.parameters.iter().map(|(name, parameter)| (name.clone(), saved(parameter)));
            sections.push(("parameters", Section::Value(Value::Object(parameters.collect()))));
        }
        let nodes = self.nodes.iter().map(|(id, node)| saved_node(id, node)).collect();
        sections.push(("nodes", Section::Blocks(nodes)));
        sections.push(("edges", Section::Lines(self.edges.iter().map(saved_edge).collect())));
        if !self.notes.is_empty() {
            let notes =
                self.notes.iter().map(|(id, note)| drawn(id, "text", &note.text, note.color.as_ref()));
            sections.push(("notes", Section::Blocks(notes.collect())));
        }
        if !self.frames.is_empty() {
            let frames =
                self.frames.iter().map(|(id, frame)| drawn(id, "title", &frame.title, frame.color.as_ref()));
            sections.push(("frames", Section::Blocks(frames.collect())));
        }
        let layout = self.saved_layout();
        if !layout.is_empty() {
            sections.push(("layout", Section::Value(Value::Object(layout))));
        }
        sections
    }

    /// The places of what there is.
    fn saved_layout(&self) -> Map<String, Value> {
        let area = |(id, area): (&String, &Area)| (id.clone(), saved_area(*area));
        let nodes = self.layout.nodes.iter().filter(|(id, _)| self.nodes.contains_key(id));
        let nodes: Map<_, _> =
            nodes.map(|(id, Point { x, y })| (id.as_str().to_owned(), json!([x, y]))).collect();
        let notes = self.layout.notes.iter().filter(|(id, _)| self.notes.contains_key(*id)).map(area);
        let frames = self.layout.frames.iter().filter(|(id, _)| self.frames.contains_key(*id)).map(area);
        [("nodes", nodes), ("notes", notes.collect()), ("frames", frames.collect())]
            .into_iter()
            .filter(|(_, places)| !places.is_empty())
            .map(|(key, places)| (key.to_owned(), Value::Object(places)))
            .collect()
    }
}

/// Writes an object with these fields, each in its own way.
pub(super) fn write_sections(sections: impl IntoIterator<Item = (&'static str, Section)>) -> String {
    let mut out = String::new();
    write_lines(&mut out, ['{', '}'], 0, sections, |out, (key, section)| {
        write_key(out, key);
        match section {
            Section::Value(value) => write_value(out, &value, 1),
            Section::Blocks(blocks) => write_lines(out, ['[', ']'], 1, blocks, |out, block| {
                write_block(out, &block, 2);
            }),
            Section::Lines(lines) => write_lines(out, ['[', ']'], 1, lines, |out, line| {
                out.push_str(&object_on_one_line(&line).unwrap_or_default());
            }),
        }
    });
    out.push('\n');
    out
}

pub(super) enum Section {
    Value(Value),
    /// A list of objects, each spread over several lines.
    Blocks(Vec<Map<String, Value>>),
    /// A list of objects of plain values, each on one line however long.
    Lines(Vec<Map<String, Value>>),
}

fn object<const N: usize>(fields: [(&str, Option<Value>); N]) -> Map<String, Value> {
    fields.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect()
}

fn text(text: Option<&String>) -> Option<Value> {
    text.map(|text| text.as_str().into())
}

fn saved(parameter: &FlowParameter) -> Value {
    Value::Object(object([
        ("default", Some(parameter.default.clone())),
        ("doc", text(parameter.doc.as_ref())),
    ]))
}

pub(super) fn saved_node(id: &NodeId, node: &FlowNode) -> Map<String, Value> {
    let params = (!node.params.is_empty()).then(|| {
        let mut params = Value::Object(node.params.clone());
        params.sort_all_objects();
        params
    });
    object([
        ("id", Some(id.as_str().into())),
        ("kind", Some(node.kind.as_str().into())),
        ("title", text(node.title.as_ref())),
        ("params", params),
        ("note", text(node.note.as_ref())),
    ])
}

pub(super) fn saved_edge(edge: &EdgeId) -> Map<String, Value> {
    let port = |port: &PortRef| Value::from(format!("{}.{}", port.node.as_str(), port.port));
    object([("from", Some(port(&edge.from))), ("to", Some(port(&edge.to)))])
}

pub(super) fn saved_area(Area { x, y, width, height }: Area) -> Value {
    json!([x, y, width, height])
}

pub(super) fn drawn(id: &str, key: &str, value: &str, color: Option<&String>) -> Map<String, Value> {
    object([("id", Some(id.into())), (key, Some(value.into())), ("color", text(color))])
}
