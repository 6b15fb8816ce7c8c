//! Holding a loose node over a wire: whether it fits there, and the room it needs.

use super::Frame;
use crate::gesture::Over;
use crate::room::make_room;
use crate::{GraphIds, Insertion, PortRef};

impl<I: GraphIds> Frame<'_, I> {
    /// The wire that dragged nodes are held over. `before` keeps the caller from being asked again.
    pub fn held_over(&self, nodes: &[I::Node], before: Option<Over<I>>) -> Option<Over<I>> {
        let [node] = nodes else { return None };
        let wire = self.wire_under(node)?;
        let ports = match before {
            Some(over) if over.wire == wire => over.answer.map(|known| [known.input, known.output]),
            _ => self.ports_for(node, &wire)?,
        };
        let make_room = || {
            let idx = self.graph.node_index(node)?;
            let at = self.graph.nodes()[idx].rect().translate(self.geometry.offset(node));
            let ends = self.graph.ends(self.graph.wire_index(&wire)?)?;
            Some(make_room(self.graph, idx, at, ends, self.style.grid))
        };
        let answer = ports.map(|[input, output]| Insertion {
            wire: wire.clone(),
            input,
            output,
            make_room: make_room().unwrap_or_default(),
        });
        Some(Over { wire, answer })
    }

    /// The wire under a node that has none of its own.
    fn wire_under(&self, id: &I::Node) -> Option<I::Wire> {
        let idx = self.graph.node_index(id)?;
        let node = &self.graph.nodes()[idx];
        if node.inputs.is_empty() || node.outputs.is_empty() || !self.graph.wires_of(idx).is_empty() {
            return None;
        }
        let center = self.geometry.rect(self.graph, idx).center();
        let reach = (node.size.y / 3.0 * self.geometry.transform.zoom).max(self.style.wire_tolerance);
        let wire = self.lines.nearest(center, reach)?;
        Some(self.graph.wires().get(wire)?.id.clone())
    }

    /// The caller's word on a node in a wire, as the input and the output to take.
    fn ports_for(&self, id: &I::Node, wire: &I::Wire) -> Option<Result<[PortRef<I>; 2], String>> {
        let node = self.graph.node(id)?;
        let ports = match self.insertion {
            Some(ask) => ask(id, wire),
            None => Ok((node.inputs.first()?.id.clone(), node.outputs.first()?.id.clone())),
        };
        let named =
            |(input, output)| [PortRef::input(id.clone(), input), PortRef::output(id.clone(), output)];
        Some(ports.map(named))
    }
}
