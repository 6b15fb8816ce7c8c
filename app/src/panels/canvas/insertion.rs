//! Whether a node fits into an edge, and which of its ports the two new edges take.

use std::sync::Arc;

use egui_node_graph::{Graph, Port};
use tidemark_engine::graph::{FlowDocument, connection_veto};
use tidemark_engine::ids::{EdgeId, NodeId, PortRef};
use tidemark_engine::node::Catalog;

use super::Ids;

/// The first input and the first output of a node that may take the place of an edge, or why none may.
///
/// Judged on the flow without the edge, whose input would count as taken.
pub(super) fn ports_for(
    flow: &FlowDocument,
    catalog: &Catalog,
    graph: &Graph<Ids>,
    node: &NodeId,
    edge: &EdgeId,
) -> Result<(Arc<str>, Arc<str>), String> {
    let mut flow = flow.clone();
    flow.edges.remove(edge);
    let (inputs, outputs) =
        graph.node(node).map_or((&[][..], &[][..]), |node| (&node.inputs[..], &node.outputs[..]));
    let input = first(node, inputs, |input| connection_veto(&flow, catalog, &edge.from, input))?;
    let into = EdgeId { from: edge.from.clone(), to: input.clone() };
    flow.edges.insert(into);
    let output = first(node, outputs, |output| connection_veto(&flow, catalog, output, &edge.to))?;
    Ok((input.port, output.port))
}

/// The first port that is not refused, else the first refusal.
fn first(
    node: &NodeId,
    ports: &[Port<Ids>],
    veto: impl Fn(&PortRef) -> Result<(), String>,
) -> Result<PortRef, String> {
    let mut refusal = None;
    for port in ports {
        let port = PortRef { node: node.clone(), port: Arc::clone(&port.id) };
        match veto(&port) {
            Ok(()) => return Ok(port),
            Err(reason) => refusal = refusal.or(Some(reason)),
        }
    }
    Err(refusal.unwrap_or_default())
}
