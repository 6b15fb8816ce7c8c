//! What lies behind wires and nodes: frames around nodes, and notes.
//!
//! The contract between the canvas and its caller:
//!
//! * The caller gives [`Backdrop`]s to [`Graph::set_backdrops`](crate::Graph::set_backdrops): an identity, an area in graph
//!   space and a [`BackdropFace`]. The canvas changes none of them.
//! * A frame takes the pointer by the bar along its top and by its edges, so that everything else inside of it is used as the
//!   canvas is; a note takes it everywhere.
//! * What lies wholly inside a frame belongs to it: nodes, notes and smaller frames. A frame that is moved takes it along, unless
//!   Alt was held when the drag began; then it goes alone.
//! * Back come [`GraphEvent::BackdropsMoved`](crate::GraphEvent::BackdropsMoved) for a drag or a nudge with a backdrop in it,
//!   with all that moves; [`GraphEvent::BackdropResized`](crate::GraphEvent::BackdropResized) for a drag of an edge or a corner;
//!   and [`GraphEvent::BackdropDoubleClicked`](crate::GraphEvent::BackdropDoubleClicked) when its text is to be written. A
//!   selection, a deletion and a context menu tell of backdrops beside nodes and wires.
//! * Areas come to rest on the grid and are never smaller than 64 × 48.
//!
//! A graph without backdrops pays nothing for them, and its identities need none: see [`GraphIds`].

use egui::{Color32, Pos2, Rect, Vec2, vec2};

use crate::GraphIds;
use crate::arrange::on_grid;

/// How high the bar of a frame is at zoom 1.
const BAR: f32 = 28.0;
/// How high it is on screen at least: its title is read from afar.
const LEAST_BAR: f32 = 18.0;
/// How far from an edge the pointer may be to take it, on screen and to both sides.
const REACH: f32 = 5.0;
/// Below this width or height on screen there is no room for edges to take.
const ROOM_FOR_EDGES: f32 = 40.0;
/// The smallest area that an edge can be dragged to.
const LEAST: Vec2 = vec2(64.0, 48.0);

/// A frame or a note.
#[derive(Clone, Debug)]
pub struct Backdrop<I: GraphIds> {
    /// The caller's name for it.
    pub id: I::Backdrop,
    /// Where it lies in graph space.
    pub area: Rect,
    /// What is shown of it.
    pub face: BackdropFace,
}

/// Everything shown of a backdrop.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BackdropFace {
    /// What it is.
    pub kind: BackdropKind,
    /// The title of a frame, or what a note says.
    pub text: String,
    /// Its colour; what it lies on shines through.
    pub accent: Color32,
    /// What a screen reader says, for example "Frame Cleaning, 3 nodes". Empty means the text.
    pub accessible_name: String,
}

/// What a backdrop is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BackdropKind {
    /// A box around nodes, with a title along its top.
    #[default]
    Frame,
    /// A card of text.
    Note,
}

/// What a backdrop is taken by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Grip {
    /// The bar of a frame, or a note itself: it moves.
    Hold,
    /// An edge or a corner: it is resized.
    Edge(Edges),
}

/// The edges that follow the pointer: −1 is the left or upper one, 1 the right or lower one, 0 neither.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Edges {
    pub across: i8,
    pub down: i8,
}

impl Grip {
    /// What of a backdrop that lies at `rect` is under the pointer, all on screen.
    pub fn at(at: Pos2, rect: Rect, kind: BackdropKind, zoom: f32, resizable: bool) -> Option<Self> {
        if !rect.expand(REACH).contains(at) {
            return None;
        }
        if resizable && rect.size().min_elem() >= ROOM_FOR_EDGES {
            let side = |at: f32, least: f32, most: f32| {
                i8::from((at - most).abs() <= REACH) - i8::from((at - least).abs() <= REACH)
            };
            let across = side(at.x, rect.min.x, rect.max.x);
            let down = side(at.y, rect.min.y, rect.max.y);
            if (across, down) != (0, 0) {
                return Some(Self::Edge(Edges { across, down }));
            }
        }
        holds(rect, kind, zoom).contains(at).then_some(Self::Hold)
    }
}

/// The part of a backdrop that it is moved by: the bar of a frame, or the whole of a note.
pub(crate) fn holds(rect: Rect, kind: BackdropKind, zoom: f32) -> Rect {
    let height = match kind {
        BackdropKind::Frame => (BAR * zoom).max(LEAST_BAR).min(rect.height()),
        BackdropKind::Note => rect.height(),
    };
    Rect::from_min_size(rect.min, vec2(rect.width(), height))
}

/// The area once these edges of it have followed the pointer by this way and come to rest on the grid.
pub(crate) fn resized(area: Rect, edges: Edges, way: Vec2, grid: f32) -> Rect {
    let axis = |side: i8, (min, max): (f32, f32), way: f32, least: f32| match side {
        -1 => (on_grid(min + way, grid).min(max - least), max),
        1 => (min, on_grid(max + way, grid).max(min + least)),
        _ => (min, max),
    };
    let (left, right) = axis(edges.across, (area.min.x, area.max.x), way.x, LEAST.x);
    let (top, bottom) = axis(edges.down, (area.min.y, area.max.y), way.y, LEAST.y);
    Rect::from_min_max(Pos2::new(left, top), Pos2::new(right, bottom))
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui::pos2;

    const RECT: Rect = Rect { min: pos2(100.0, 100.0), max: pos2(400.0, 300.0) };

    #[test]
    fn a_frame_is_held_by_its_bar_and_its_edges_and_a_note_everywhere() {
        let at = |x, y, kind| Grip::at(pos2(x, y), RECT, kind, 1.0, true);
        let edge = |across, down| Some(Grip::Edge(Edges { across, down }));
        for kind in [BackdropKind::Frame, BackdropKind::Note] {
            assert_eq!(at(250.0, 112.0, kind), Some(Grip::Hold));
            assert_eq!(at(96.0, 200.0, kind), edge(-1, 0));
            assert_eq!(at(404.0, 296.0, kind), edge(1, 1));
            assert_eq!(at(396.0, 97.0, kind), edge(1, -1));
            assert_eq!(at(410.0, 200.0, kind), None);
        }
        assert_eq!(at(250.0, 200.0, BackdropKind::Frame), None);
        assert_eq!(at(250.0, 200.0, BackdropKind::Note), Some(Grip::Hold));
    }

    #[test]
    fn edges_are_not_taken_where_nothing_can_be_changed_or_there_is_no_room() {
        let corner = Grip::at(RECT.min, RECT, BackdropKind::Note, 1.0, false);
        assert_eq!(corner, Some(Grip::Hold));
        let small = Rect::from_min_size(RECT.min, vec2(60.0, 30.0));
        assert_eq!(Grip::at(small.min, small, BackdropKind::Frame, 0.1, true), Some(Grip::Hold));
    }

    #[test]
    fn edges_come_to_rest_on_the_grid_and_never_cross() {
        let area = Rect::from_min_max(pos2(0.0, 0.0), pos2(320.0, 160.0));
        let both = Edges { across: 1, down: -1 };
        let moved = resized(area, both, vec2(21.0, -21.0), 16.0);
        assert_eq!(moved, Rect::from_min_max(pos2(0.0, -16.0), pos2(336.0, 160.0)));
        let crossed = resized(area, both, vec2(-900.0, 900.0), 16.0);
        assert_eq!(crossed, Rect::from_min_max(pos2(0.0, 112.0), pos2(64.0, 160.0)));
    }
}
