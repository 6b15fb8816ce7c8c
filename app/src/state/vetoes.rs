//! Why a wire cannot be drawn, in the words of people.

use tidemark_engine::graph::{ConnectionVeto, connection_veto};
use tidemark_engine::ids::{EdgeId, NodeId, PortRef};
use tidemark_engine::node::Catalog;

use super::{Fitting, OpenFlow};
use crate::ui_kit::{t, t_args};

/// Whether a wire can be drawn in the flow as it stands: by the other wires, and by the rows that would come along it.
///
/// Of the rows nothing is said while the flow is still being checked.
///
/// # Errors
/// Why not, in a sentence.
pub fn wire_veto(open: &OpenFlow, catalog: &Catalog, edge: &EdgeId) -> Result<(), String> {
    connection_veto(open.document.flow(), catalog, &edge.from, &edge.to)
        .map_err(|veto| veto_text(&veto, open, catalog))?;
    if !open.is_checked() {
        return Ok(());
    }
    Fitting::of(open, catalog).edge(edge).map_err(|unfit| unfit.sentence())
}

/// What is wrong with a wire, with the titles of nodes.
pub fn veto_text(veto: &ConnectionVeto, open: &OpenFlow, catalog: &Catalog) -> String {
    let title = |node: &NodeId| open.title(node, catalog);
    let of_port = |key, port: &PortRef| t_args(key, &[("node", &title(&port.node)), ("port", &port.port)]);
    match veto {
        ConnectionVeto::MissingNode(_) => t("veto.missing_node").to_owned(),
        ConnectionVeto::UnknownKind { node, .. } => t_args("veto.unknown_kind", &[("node", &title(node))]),
        ConnectionVeto::NoOutput(port) => of_port("veto.no_output", port),
        ConnectionVeto::NoInput(port) => of_port("veto.no_input", port),
        ConnectionVeto::Itself(node) => t_args("veto.itself", &[("node", &title(node))]),
        ConnectionVeto::Joined => t("veto.joined").to_owned(),
        ConnectionVeto::Taken { to, other } => t_args(
            "veto.taken",
            &[("node", &title(&to.node)), ("port", &to.port), ("other", &title(&other.node))],
        ),
        ConnectionVeto::Cycle { from, to } => {
            t_args("veto.cycle", &[("from", &title(from)), ("to", &title(to))])
        }
    }
}
