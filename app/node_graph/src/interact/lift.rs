//! Ctrl-dragging from a port: all its wires come along to another port.

use super::Frame;
use crate::graph::PortPlace;
use crate::{GraphEvent, GraphIds, PortRef, Side};

impl<I: GraphIds> Frame<'_, I> {
    /// The wires at a port, in graph order.
    pub fn wires_at(&self, port: &PortRef<I>) -> Vec<I::Wire> {
        let at = self.graph.wires().iter().filter(|wire| wire.from == *port || wire.to == *port);
        at.map(|wire| wire.id.clone()).collect()
    }

    /// Whether all of `wires`, lifted from `port`, may go to the port at `place`; `None` for the
    /// port they come from.
    pub fn may_land(
        &self,
        port: &PortRef<I>,
        wires: &[I::Wire],
        place: PortPlace,
    ) -> Option<Result<(), String>> {
        let other = self.graph.port_ref(place)?;
        if other == *port {
            return None;
        }
        if other.side != port.side {
            return Some(Err(self.labels.same_side.clone()));
        }
        let far_ends = wires.iter().filter_map(|id| self.far_end(port, id));
        let verdicts = far_ends.map(|far| match port.side {
            Side::Input => self.verdict(far, &other),
            Side::Output => self.verdict(&other, far),
        });
        Some(verdicts.collect())
    }

    /// The end of a wire that stays when the wire is lifted from `port`.
    pub fn far_end(&self, port: &PortRef<I>, id: &I::Wire) -> Option<&PortRef<I>> {
        let wire = self.graph.wire(id)?;
        Some(match port.side {
            Side::Input => &wire.from,
            Side::Output => &wire.to,
        })
    }

    /// Lets lifted wires go over a port. Anywhere else they spring back.
    pub fn land(&mut self, port: &PortRef<I>, wires: Vec<I::Wire>, place: PortPlace) {
        if let (Some(Ok(())), Some(to)) = (self.may_land(port, &wires, place), self.graph.port_ref(place)) {
            self.events.push(GraphEvent::WiresMoved { wires, to });
        }
    }
}
