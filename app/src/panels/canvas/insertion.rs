//! Whether a node fits into an edge, and which of its ports the two new edges take.

use std::sync::Arc;

use egui_node_graph::{Graph, Port};
use tidemark_engine::graph::{ConnectionVeto, FlowDocument, connection_veto};
use tidemark_engine::ids::{EdgeId, NodeId, PortRef};

use super::Ids;
use crate::state::{AppState, Fitting, veto_text};

/// The first input and the first output of a node that may take the place of an edge, or why none may.
///
/// Judged on the flow without the edge, whose input would count as taken; and by the rows that come along it, unless the flow is
/// still being checked.
pub(super) fn ports_for(
    state: &AppState,
    graph: &Graph<Ids>,
    node: &NodeId,
    edge: &EdgeId,
) -> Result<(Arc<str>, Arc<str>), String> {
    let (open, catalog) = (&state.open, &*state.catalog);
    let mut flow = FlowDocument::clone(open.document.flow());
    flow.edges.remove(edge);
    let (inputs, outputs) =
        graph.node(node).map_or((&[][..], &[][..]), |node| (&node.inputs[..], &node.outputs[..]));
    let worded =
        |veto: Option<ConnectionVeto>| veto.map(|veto| veto_text(&veto, open, catalog)).unwrap_or_default();
    let input =
        first(node, inputs, |input| connection_veto(&flow, catalog, &edge.from, input)).map_err(worded)?;
    let into = EdgeId { from: edge.from.clone(), to: input.clone() };
    flow.edges.insert(into);
    let output =
        first(node, outputs, |output| connection_veto(&flow, catalog, output, &edge.to)).map_err(worded)?;
    if open.is_checked() {
        let fitting = Fitting::of(open, catalog);
        fitting.moved_between(edge, (&input, &output)).map_err(|unfit| unfit.sentence())?;
    }
    Ok((input.port, output.port))
}

/// The first port that is not refused, else the first refusal.
fn first(
    node: &NodeId,
    ports: &[Port<Ids>],
    veto: impl Fn(&PortRef) -> Result<(), ConnectionVeto>,
) -> Result<PortRef, Option<ConnectionVeto>> {
    let mut refusal = None;
    for port in ports {
        let port = PortRef { node: node.clone(), port: Arc::clone(&port.id) };
        match veto(&port) {
            Ok(()) => return Ok(port),
            Err(reason) => refusal = refusal.or(Some(reason)),
        }
    }
    Err(refusal)
}
