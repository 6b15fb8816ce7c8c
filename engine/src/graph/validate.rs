//! Checking a flow: every node planned against its inputs, sources told which columns are used, and all that is unfinished or
//! doubtful said with its place and what would mend it.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use serde_json::{Map, Value};

use super::columns::used_columns;
use super::document::FlowDocument;
use super::json::brief;
use super::logical::{Checked, LogicalEdge, LogicalGraph, LogicalNode};
use super::parameters::Settings;
use super::paths::check_paths;
use super::progress::{follow_watermarks, set_progress};
use super::shape::{check_shape, check_times};
use super::wiring::{Wired, wire};
use crate::data::EdgeType;
use crate::diagnostic::{Diagnostic, Place, Severity};
use crate::ids::escaped;
use crate::node::{Catalog, FileAccess, InputPort, NodePlan, PlanContext};

/// What a check is given besides the flow.
pub struct CheckContext<'a> {
    /// Which files the flow may touch.
    pub files: &'a FileAccess,
    /// Values of flow parameters that this run sets, as text.
    pub set: BTreeMap<String, String>,
}

impl<'a> CheckContext<'a> {
    /// A check in which every flow parameter has its default.
    pub fn new(files: &'a FileAccess) -> CheckContext<'a> {
        CheckContext { files, set: BTreeMap::new() }
    }
}

/// Checks a flow. Always returns, whatever the document holds: as much of a graph as can be made, and what there is to say.
///
/// Planning a node may read the files that its parameters name, so this does not belong on a thread that draws.
pub fn check(doc: &FlowDocument, catalog: &Catalog, cx: &CheckContext<'_>) -> Checked {
    let mut diagnostics = check_shape(doc);
    let session_zone = known_zone(doc, &mut diagnostics);
    let (settings, found) = Settings::new(doc, &cx.set);
    diagnostics.extend(found);
    let wired = wire(doc, catalog, &mut diagnostics);

    let params = wired.nodes.iter().map(|node| {
        let (params, unknown) = settings.resolve(doc, node.id, &node.node.params);
        let complete = unknown.is_empty();
        diagnostics.extend(unknown);
        (params, complete)
    });
    let params = params.collect();
    let planner = Planner { wired: &wired, params, session_zone: &session_zone, files: cx.files };
    let full = planner.plan_all();
    diagnostics.extend(full.iter().flat_map(|plan| plan.diagnostics.iter().cloned()));
    check_times(&wired, &full, &mut diagnostics);
    check_paths(&wired, &full, &mut diagnostics);
    check_runs(&wired, &full, &mut diagnostics);
    let followed = follow_watermarks(&wired, &full, &mut diagnostics);

    let full_outputs: Vec<_> = full.iter().map(|plan| plan.outputs.clone()).collect();
    let has_errors = diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
    let mut plans = if has_errors { full } else { planner.prune(full, &mut diagnostics) };
    set_progress(&mut plans, &followed);
    let params = planner.params;
    let graph = assemble(&wired, plans, full_outputs, params, session_zone);
    Checked { graph, diagnostics: in_order(diagnostics) }
}

/// The flow's session zone, or UTC if there is no such zone.
fn known_zone(doc: &FlowDocument, diagnostics: &mut Vec<Diagnostic>) -> String {
    if doc.session_zone.parse::<chrono_tz::Tz>().is_ok() {
        return doc.session_zone.clone();
    }
    let message = format!("there is no time zone called `{}`", brief(&doc.session_zone));
    diagnostics.push(
        Diagnostic::error("unknown-zone", Place::Flow, message)
            .fix("use a name such as `UTC` or `America/New_York`"),
    );
    FlowDocument::DEFAULT_ZONE.to_owned()
}

struct Planner<'a> {
    wired: &'a Wired<'a>,
    /// The parameters of each node with values in the place of references, and whether every reference had one.
    params: Vec<(Map<String, Value>, bool)>,
    session_zone: &'a str,
    files: &'a FileAccess,
}

impl Planner<'_> {
    /// Every node with every column of its inputs.
    fn plan_all(&self) -> Vec<NodePlan> {
        let mut plans: Vec<NodePlan> = Vec::with_capacity(self.wired.nodes.len());
        for node in 0..self.wired.nodes.len() {
            let inputs = self.inputs(node, |from, port| plans[from].outputs[port].clone());
            plans.push(self.plan(node, inputs, None));
        }
        plans
    }

    /// Plans sources again with the columns that are used, and what stands behind them with what then comes.
    ///
    /// A node type that needs a column after all without having said so gets every column: slower, but right.
    fn prune(&self, full: Vec<NodePlan>, diagnostics: &mut Vec<Diagnostic>) -> Vec<NodePlan> {
        let used = used_columns(self.wired, &full);
        if used.iter().all(Option::is_none) {
            return full;
        }
        let mut pruned: Vec<Option<NodePlan>> = Vec::with_capacity(full.len());
        for (node, used) in used.iter().enumerate() {
            let before = self.inputs(node, |from, port| full[from].outputs[port].clone());
            let inputs = self.inputs(node, |from, port| {
                let plan = pruned[from].as_ref().unwrap_or(&full[from]);
                plan.outputs[port].clone()
            });
            let same = before.iter().zip(&inputs).all(|(before, now)| before.edges == now.edges);
            if same && used.is_none() {
                pruned.push(None);
                continue;
            }
            let plan = self.plan(node, inputs, used.as_ref());
            let error = plan.diagnostics.iter().find(|diagnostic| diagnostic.severity == Severity::Error);
            if error.is_some() || plan.runs.is_none() != full[node].runs.is_none() {
                let id = self.wired.nodes[node].id;
                let message =
                    "sources give out every column, because this node needs one that it does not say it uses";
                let diagnostic = Diagnostic::hint("reads-all-columns", Place::Node(id.clone()), message);
                diagnostics.push(match error {
                    Some(error) => diagnostic.fix(format!("without it: {}", error.message)),
                    None => diagnostic,
                });
                return full;
            }
            pruned.push(Some(plan));
        }
        pruned.into_iter().zip(full).map(|(pruned, full)| pruned.unwrap_or(full)).collect()
    }

    /// The types that enter a node, given those that leave others.
    fn inputs(&self, node: usize, output: impl Fn(usize, usize) -> Option<Arc<EdgeType>>) -> Vec<InputPort> {
        let node = &self.wired.nodes[node];
        let ports = node.spec.inputs.iter().zip(&node.inputs).map(|(spec, edges)| {
            let edge_type = |edge: &Option<usize>| {
                let from = self.wired.edges[(*edge)?].from;
                output(from.node, from.port)
            };
            InputPort { name: spec.name, edges: edges.iter().map(edge_type).collect() }
        });
        ports.collect()
    }

    fn plan(&self, idx: usize, inputs: Vec<InputPort>, used: Option<&BTreeSet<String>>) -> NodePlan {
        let node = &self.wired.nodes[idx];
        let n_outputs = node.spec.outputs.len();
        let (params, complete) = &self.params[idx];
        if !complete {
            return NodePlan::failed(n_outputs, Vec::new());
        }
        let cx = PlanContext {
            node: node.id,
            params,
            inputs,
            used_columns: used,
            session_zone: self.session_zone,
            files: self.files,
        };
        // A node type that panics is a bug of ours, but no reason to lose the rest of the flow with it.
        let plan = catch_unwind(AssertUnwindSafe(|| node.node_type.plan(&cx)));
        let mut plan = plan.unwrap_or_else(|_| {
            let message = "planning this node failed by a fault of Tidemark's own";
            let diagnostic = Diagnostic::error("internal-error", Place::Node(node.id.clone()), message)
                .fix("please report it with the node's parameters");
            NodePlan::failed(n_outputs, vec![diagnostic])
        });
        plan.outputs.resize(n_outputs, None);
        plan
    }
}

/// Whatever is planned without complaint must run, unless it waits for a node before it.
fn check_runs(wired: &Wired<'_>, plans: &[NodePlan], diagnostics: &mut Vec<Diagnostic>) {
    if diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error) {
        return;
    }
    let idle = wired.nodes.iter().zip(plans).find(|(_, plan)| plan.runs.is_none());
    if let Some((node, _)) = idle {
        let message = "this node cannot run, and its type does not say why: a fault of Tidemark's own";
        diagnostics.push(
            Diagnostic::error("internal-error", Place::Node(node.id.clone()), message)
                .fix("please report it with the node's parameters"),
        );
    }
}

fn assemble(
    wired: &Wired<'_>,
    plans: Vec<NodePlan>,
    full_outputs: Vec<Vec<Option<Arc<EdgeType>>>>,
    params: Vec<(Map<String, Value>, bool)>,
    session_zone: String,
) -> LogicalGraph {
    let edges = wired.edges.iter().map(|edge| LogicalEdge {
        id: edge.id.clone(),
        from: edge.from,
        to: edge.to,
        edge_type: plans[edge.from.node].outputs[edge.from.port].clone(),
        full_type: full_outputs[edge.from.node][edge.from.port].clone(),
    });
    let edges = edges.collect();
    let nodes = wired.nodes.iter().zip(plans).zip(full_outputs).zip(params);
    let nodes = nodes.map(|(((node, plan), full_outputs), (params, _))| LogicalNode {
        id: node.id.clone(),
        kind: node.node.kind.clone(),
        title: node.node.title.clone().unwrap_or_else(|| node.spec.title.to_owned()),
        spec: Arc::clone(node.spec),
        params,
        plan,
        full_outputs,
        inputs: node.inputs.iter().map(|edges| edges.iter().flatten().copied().collect()).collect(),
        outputs: node.outputs.clone(),
    });
    LogicalGraph::new(session_zone, nodes.collect(), edges)
}

/// Errors first, then by place; what is said twice is said once. Text from the file is made fit to be shown.
fn in_order(mut diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
    for diagnostic in &mut diagnostics {
        diagnostic.message = escaped(&diagnostic.message).into_owned();
        diagnostic.fix = diagnostic.fix.take().map(|fix| escaped(&fix).into_owned());
    }
    diagnostics.sort_by_cached_key(|diagnostic| {
        let (path, at) = match &diagnostic.place {
            Place::Flow => (String::new(), 0),
            Place::Node(_) => (String::new(), 1),
            Place::Param { path, span, .. } => (path.clone(), 2 + span.as_ref().map_or(0, |span| span.start)),
            Place::Edge(edge) => (edge.to_string(), 0),
        };
        let node = diagnostic.place.node().map(|node| node.as_str().to_owned());
        (Reverse(diagnostic.severity), node, path, at, diagnostic.code, diagnostic.message.clone())
    });
    diagnostics.dedup();
    diagnostics
}

#[cfg(test)]
mod tests;
