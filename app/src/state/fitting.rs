//! Whether nodes can do with the rows that a new edge would bring them, said before it is drawn.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Map, Value};
use tidemark_engine::data::EdgeType;
use tidemark_engine::diagnostic::{Diagnostic, Place, Severity};
use tidemark_engine::graph::FlowDocument;
use tidemark_engine::ids::{EdgeId, NodeId, PortRef};
use tidemark_engine::node::{Catalog, FileAccess, InputPort, NodePlan, NodeSpec, PlanContext};

use super::OpenFlow;
use crate::ui_kit::t_args;

/// What is known of the rows on an edge; nothing while its source cannot say it.
pub type Rows = Option<Arc<EdgeType>>;

/// What would be wrong with a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfit {
    /// What people call the node.
    pub node: String,
    /// What is wrong, as the engine says it.
    pub reason: String,
}

impl Unfit {
    /// The sentence. It stands at the pointer as well, where there is one face of type.
    pub fn sentence(&self) -> String {
        t_args("veto.unfit", &[("node", &self.node), ("reason", &self.reason.replace('`', ""))])
    }
}

/// The search for what would be wrong.
///
/// It answers from what was checked last. Only what is new counts: what is wrong with a node anyhow is no reason against an edge.
/// Nor is what can be mended in the form of the node, which offers the columns of an edge only once it is drawn; only
/// [`Fitting::bridged`] asks for that as well.
pub struct Fitting<'a> {
    open: &'a OpenFlow,
    catalog: &'a Catalog,
    files: FileAccess,
}

impl<'a> Fitting<'a> {
    /// A search in an open flow.
    pub fn of(open: &'a OpenFlow, catalog: &'a Catalog) -> Fitting<'a> {
        Fitting { open, catalog, files: open.file_access() }
    }

    /// What leaves an output.
    pub fn rows(&self, output: &PortRef) -> Rows {
        let from = self.open.checked.graph.node(&output.node)?;
        let number = from.spec.outputs.iter().position(|port| *port.name == *output.port)?;
        from.full_outputs.get(number)?.clone()
    }

    /// Whether a node can do with another edge.
    ///
    /// # Errors
    /// What would be wrong with it.
    pub fn edge(&self, edge: &EdgeId) -> Result<(), Unfit> {
        self.instead(&edge.to.node, None, edge, self.rows(&edge.from)).map(drop)
    }

    /// What a new node of a kind would give out behind an output.
    ///
    /// # Errors
    /// What it has against the rows that leave there.
    pub fn behind(&self, spec: &NodeSpec, output: &PortRef) -> Result<Vec<Rows>, Unfit> {
        let rows = self.rows(output);
        let (node, params) = (NodeId::new(spec.kind), stand_ins(spec));
        let plan = |rows: &Rows| {
            let inputs =
                spec.inputs.iter().map(|input| InputPort { name: input.name, edges: vec![rows.clone()] });
            self.plan(spec.kind, &node, &params, inputs.collect())
        };
        let (Some(given), Some(idle)) = (plan(&rows), plan(&None)) else { return Ok(Vec::new()) };
        let before = idle.diagnostics.iter().map(|found| &*found.message).collect();
        first_new(given, &before, concerns_node)
            .map_err(|reason| Unfit { node: spec.title.to_owned(), reason })
    }

    /// Whether a new node of a kind can stand between the ends of an edge, joined by its first ports.
    ///
    /// # Errors
    /// What would be wrong, with it or with the node at the lower end.
    pub fn between(&self, spec: &NodeSpec, edge: &EdgeId) -> Result<(), Unfit> {
        let rows = self.behind(spec, &edge.from)?.into_iter().next().flatten();
        let output = spec.outputs.first().map_or("", |output| output.name);
        let out = EdgeId { from: PortRef::new(NodeId::new(spec.kind), output), to: edge.to.clone() };
        self.instead(&edge.to.node, Some(edge), &out, rows).map(drop)
    }

    /// Whether a node of the flow can stand between the ends of `edge`, reading from `input` and giving out by `output`.
    ///
    /// # Errors
    /// What would be wrong, with it or with the node at the lower end.
    pub fn moved_between(&self, edge: &EdgeId, (input, output): (&PortRef, &PortRef)) -> Result<(), Unfit> {
        let into = EdgeId { from: edge.from.clone(), to: input.clone() };
        let given = self.instead(&input.node, None, &into, self.rows(&edge.from))?;
        let outputs = self.open.checked.graph.node(&output.node).map(|node| &node.spec.outputs);
        let number = outputs.and_then(|ports| ports.iter().position(|port| *port.name == *output.port));
        let rows = number.and_then(|number| given.into_iter().nth(number)).flatten();
        let out = EdgeId { from: output.clone(), to: edge.to.clone() };
        self.instead(&edge.to.node, Some(edge), &out, rows).map(drop)
    }

    /// Whether a node finds in the edges of a changed flow all that it needs, down to the columns that its parameters name.
    ///
    /// # Errors
    /// What would be wrong with it.
    pub fn bridged(&self, flow: &FlowDocument, node: &NodeId) -> Result<(), Unfit> {
        let entering = flow.edges_into(node).map(|edge| (edge.clone(), self.rows(&edge.from)));
        self.with(node, &entering.collect(), |_| true).map(drop)
    }

    /// What a node gives out if one of its edges is replaced, or one is added.
    fn instead(
        &self,
        node: &NodeId,
        gone: Option<&EdgeId>,
        new: &EdgeId,
        rows: Rows,
    ) -> Result<Vec<Rows>, Unfit> {
        if rows.is_none() {
            return Ok(Vec::new());
        }
        let flow = self.open.document.flow();
        let staying = flow.edges_into(node).filter(|edge| Some(*edge) != gone);
        let mut entering: BTreeMap<_, _> =
            staying.map(|edge| (edge.clone(), self.rows(&edge.from))).collect();
        entering.insert(new.clone(), rows);
        self.with(node, &entering, concerns_node)
    }

    /// What a node gives out if these edges enter it.
    fn with(
        &self,
        node: &NodeId,
        entering: &BTreeMap<EdgeId, Rows>,
        counts: impl Fn(&Diagnostic) -> bool,
    ) -> Result<Vec<Rows>, Unfit> {
        let Some(logical) = self.open.checked.graph.node(node) else { return Ok(Vec::new()) };
        // Sinks take any columns, and would look at their files.
        if logical.spec.outputs.is_empty() {
            return Ok(Vec::new());
        }
        let inputs = logical.spec.inputs.iter().map(|input| {
            let edges = entering.iter().filter(|(edge, _)| *edge.to.port == *input.name);
            InputPort { name: input.name, edges: edges.map(|(_, rows)| rows.clone()).collect() }
        });
        let Some(plan) = self.plan(&logical.kind, node, &logical.params, inputs.collect()) else {
            return Ok(Vec::new());
        };
        let before = self.open.diagnostics_of(node).map(|found| &*found.message).collect();
        let unfit = |reason| Unfit { node: self.open.title(node, self.catalog), reason };
        first_new(plan, &before, counts).map_err(unfit)
    }

    fn plan(
        &self,
        kind: &str,
        node: &NodeId,
        params: &Map<String, Value>,
        inputs: Vec<InputPort>,
    ) -> Option<NodePlan> {
        let session_zone = &self.open.document.flow().session_zone;
        let files = &self.files;
        let cx = PlanContext { node, params, inputs, used_columns: None, session_zone, files };
        Some(self.catalog.get(kind)?.plan(&cx))
    }
}

/// Values for the parameters without which a node says nothing of its rows: the least, or nothing.
fn stand_ins(spec: &NodeSpec) -> Map<String, Value> {
    let schema = spec.params.as_value();
    let needed = schema.get("required").and_then(Value::as_array).into_iter().flatten();
    let stand_in = |name: &str| {
        let property = schema.get("properties")?.get(name)?;
        let told = property.get("default").or_else(|| property.get("minimum"));
        told.cloned().or_else(|| {
            Some(match property.get("type")?.as_str()? {
                "integer" | "number" => Value::from(0),
                "string" => Value::from(""),
                "boolean" => Value::from(false),
                "array" => Value::Array(Vec::new()),
                _ => return None,
            })
        })
    };
    needed.filter_map(Value::as_str).filter_map(|name| Some((name.to_owned(), stand_in(name)?))).collect()
}

/// What a plan gives out, or what it says first of its errors that counts and was not said before.
fn first_new(
    plan: NodePlan,
    before: &BTreeSet<&str>,
    counts: impl Fn(&Diagnostic) -> bool,
) -> Result<Vec<Rows>, String> {
    let is_new = |found: &Diagnostic| {
        found.severity == Severity::Error && !before.contains(&*found.message) && counts(found)
    };
    plan.diagnostics.into_iter().find(is_new).map_or(Ok(plan.outputs), |found| Err(found.message))
}

fn concerns_node(found: &Diagnostic) -> bool {
    matches!(found.place, Place::Node(_))
}
