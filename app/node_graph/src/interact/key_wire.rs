//! Drawing a wire by keyboard, from the focused port by way of the ports that would take it.

use egui::{Key, Modifiers, Pos2, Vec2, vec2};

use super::focus::neighbour;
use super::keys::{ARROWS, detour};
use super::{Frame, Hit};
use crate::gesture::{Gesture, Hand};
use crate::graph::PortPlace;
use crate::{GraphEvent, GraphIds, PortRef, Side};

/// How many ports are asked about at most, the nearest ones: what a key does has an end.
const MAX_ASKED: usize = 256;
/// From a port to where the finder of what fits there opens, in graph points.
const BESIDE: f32 = 64.0;

impl<I: GraphIds> Frame<'_, I> {
    /// Takes the keys that steer a wire in hand; `false` if there is none to steer.
    pub fn wire_keys(&mut self) -> bool {
        let Gesture::Wire { from, hand } = self.view.gesture.clone() else { return false };
        let to = match hand {
            Hand::Button => return false,
            Hand::Click => None,
            Hand::Keys { to } => to,
        };
        let now = to.and_then(|to| self.graph.port_place(&to));
        let cycles = [(Modifiers::NONE, 1), (Modifiers::SHIFT, -1)];
        let cycle = cycles.into_iter().find(|(keys, _)| self.pressed(*keys, Key::Tab));
        let arrow = ARROWS.into_iter().find(|(key, _)| self.pressed(Modifiers::NONE, *key));
        let next = match (cycle, arrow) {
            (Some((_, step)), _) => self.next_taker(&from, now, step),
            (None, Some((_, direction))) => self.taker_toward(&from, now, direction),
            (None, None) => None,
        };
        if next.is_some() {
            self.hold(from, next);
        } else if self.pressed(Modifiers::NONE, Key::Enter)
            && let Some(place) = now
        {
            self.view.gesture = Gesture::None;
            self.finish_wire(&from, Hit::Port(place), self.geometry.port(self.graph, place));
        }
        true
    }

    /// Begins a wire at a port, with its end at the nearest port that would take it.
    pub fn take_wire(&mut self, port: PortPlace) {
        if let Some(from) = self.graph.port_ref(port).filter(|_| self.editable) {
            let nearest = self.next_taker(&from, None, 1);
            self.hold(from, nearest);
        }
    }

    /// Asks for the finder of what fits the wire in hand or the focused port; `false` without either.
    pub fn ask_for_what_fits(&mut self) -> bool {
        let (from, by_pointer) = match std::mem::take(&mut self.view.gesture) {
            Gesture::Wire { from, hand } => (Some(from), !matches!(hand, Hand::Keys { .. })),
            other => {
                self.view.gesture = other;
                (self.focused_port().and_then(|place| self.graph.port_ref(place)), false)
            }
        };
        let Some((from, place)) = from.and_then(|from| Some((from.clone(), self.graph.port_place(&from)?)))
        else {
            return false;
        };
        let outward = match from.side {
            Side::Input => -BESIDE,
            Side::Output => BESIDE,
        };
        let beside =
            self.geometry.port(self.graph, place) + vec2(outward, 0.0) * self.geometry.transform.zoom;
        let screen = self.pointer.filter(|_| by_pointer).unwrap_or(beside);
        let screen = self.geometry.transform.panel.clamp(screen);
        let at = self.geometry.transform.graph_from_screen(screen);
        self.events.push(GraphEvent::WireDropped { from, at, screen });
        true
    }

    fn hold(&mut self, from: PortRef<I>, end: Option<PortPlace>) {
        let to = end.and_then(|place| self.graph.port_ref(place));
        self.view.reveal(to.as_ref().unwrap_or(&from).node.clone());
        self.view.gesture = Gesture::Wire { from, hand: Hand::Keys { to } };
        self.view.by_key = true;
        self.ui.ctx().request_repaint();
    }

    /// The port `step` on that would take the wire, by distance from where it begins.
    fn next_taker(&self, from: &PortRef<I>, now: Option<PortPlace>, step: isize) -> Option<PortPlace> {
        let ports = self.ports_near(from);
        let mut at = now.and_then(|now| ports.iter().position(|place| *place == now));
        for _ in 0..ports.len() {
            at = neighbour(ports.len(), at, step);
            let place = *ports.get(at?)?;
            if self.takes(from, place) {
                return Some(place);
            }
        }
        None
    }

    /// The nearest port in a direction from where the wire ends now that would take it.
    fn taker_toward(&self, from: &PortRef<I>, now: Option<PortPlace>, direction: Vec2) -> Option<PortPlace> {
        let here = self.place_of(now.or_else(|| self.graph.port_place(from))?);
        let ports = self.ports_near(from).into_iter();
        let mut ahead: Vec<_> = ports
            .filter_map(|place| Some((detour(self.place_of(place) - here, direction)?, place)))
            .collect();
        ahead.sort_by(|a, b| a.0.total_cmp(&b.0));
        ahead.into_iter().map(|(_, place)| place).find(|place| self.takes(from, *place))
    }

    fn takes(&self, from: &PortRef<I>, place: PortPlace) -> bool {
        matches!(self.join(from, place), Some(Ok(_)))
    }

    /// The ports on the other side of the nodes, the nearest first.
    fn ports_near(&self, from: &PortRef<I>) -> Vec<PortPlace> {
        let Some(place) = self.graph.port_place(from) else { return Vec::new() };
        let (here, side) = (self.place_of(place), from.side.opposite());
        let nodes = self.graph.nodes().iter().enumerate();
        let ports = nodes.flat_map(|(node, described)| {
            (0..described.ports(side).len()).map(move |port| PortPlace { node, side, port })
        });
        let mut ports: Vec<_> =
            ports.map(|place| ((self.place_of(place) - here).length_sq(), place)).collect();
        if ports.len() > MAX_ASKED {
            ports.select_nth_unstable_by(MAX_ASKED, |a, b| a.0.total_cmp(&b.0));
            ports.truncate(MAX_ASKED);
        }
        ports.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.node.cmp(&b.1.node)).then(a.1.port.cmp(&b.1.port)));
        ports.into_iter().map(|(_, place)| place).collect()
    }

    /// A port in graph space.
    fn place_of(&self, place: PortPlace) -> Pos2 {
        self.graph
            .nodes()
            .get(place.node)
            .map_or(Pos2::ZERO, |node| node.port_position(place.side, place.port))
    }
}
