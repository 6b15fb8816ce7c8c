//! The wires on screen as straight pieces, shared by hit testing and drawing.

use std::ops::Range;

use egui::{Pos2, Rect};

use crate::curve::distance_to_line;
use crate::{Detail, Geometry, Graph, GraphIds};

/// All visible wires of one frame in one buffer.
#[derive(Default)]
pub(crate) struct Lines {
    points: Vec<Pos2>,
    wires: Vec<(usize, Range<usize>, Rect)>,
}

impl Lines {
    /// Flattens the visible wires; when zoomed out to blocks, to one straight piece each.
    pub fn of<I: GraphIds>(graph: &Graph<I>, geometry: &Geometry<I>) -> Self {
        let mut lines = Self::default();
        for &idx in &geometry.visible_wires {
            let Some(ends) = graph.ends(idx) else { continue };
            let start = lines.points.len();
            let (from, to) = (geometry.port(graph, ends.from), geometry.port(graph, ends.to));
            if geometry.detail == Detail::Block {
                lines.points.extend([from, to]);
            } else {
                geometry.curve(from, to).flatten_into(&mut lines.points);
            }
            let bounds = Rect::from_points(&lines.points[start..]);
            lines.wires.push((idx, start..lines.points.len(), bounds));
        }
        lines
    }

    /// Index and points of every visible wire, in drawing order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (usize, &[Pos2])> {
        self.wires.iter().map(|(idx, range, _)| (*idx, &self.points[range.clone()]))
    }

    /// The wire nearest to `at` within `tolerance`, the upper one of equals.
    pub fn nearest(&self, at: Pos2, tolerance: f32) -> Option<usize> {
        let mut best = None;
        for (idx, range, bounds) in self.wires.iter().rev() {
            if !bounds.expand(tolerance).contains(at) {
                continue;
            }
            let distance = distance_to_line(&self.points[range.clone()], at);
            if distance <= tolerance && best.is_none_or(|(_, least)| distance < least) {
                best = Some((*idx, distance));
            }
        }
        best.map(|(idx, _)| idx)
    }
}
