//! Smart guides: where a dragged node comes to rest, and the lines that show what it lines up with.

use egui::{Pos2, Rect, Vec2, pos2};

use crate::arrange::on_grid;

/// How close two lines are to count as one, in graph points: less than can be seen at any zoom.
const SAME: f32 = 0.05;

/// What a dragged node may line up with.
pub(crate) struct Neighbours {
    /// Other nodes in sight.
    pub rects: Vec<Rect>,
    /// Wires from the dragged node to nodes that stay.
    pub wires: Vec<Straight>,
}

/// A wire of the dragged node that is straight once the node has moved by `up_or_down`.
#[derive(Clone, Copy)]
pub(crate) struct Straight {
    /// How far the dragged node is from the height at which the wire is straight.
    pub up_or_down: f32,
    /// The height of the end that stays.
    pub y: f32,
    /// The node at that end.
    pub other: Rect,
}

/// Where a node comes to rest.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Rest {
    /// From where the pointer has it to where it rests.
    pub offset: Vec2,
    /// Thin lines in graph space, through the node and what it lines up with.
    pub guides: Vec<[Pos2; 2]>,
}

impl Rest {
    /// The resting place of `free`, a node as the pointer has it, all in graph space. Per direction,
    /// the nearest line within `reach` wins, else the grid.
    pub fn of(free: Rect, near: &Neighbours, reach: f32, grid: f32) -> Self {
        let across = near.rects.iter().flat_map(|rect| differences(columns(free), columns(*rect)));
        let wires = near.wires.iter().map(|wire| wire.up_or_down);
        let down = near.rects.iter().flat_map(|rect| differences(rows(free), rows(*rect)));
        let x = nearest(across, reach).unwrap_or(on_grid(free.min.x, grid) - free.min.x);
        let y = nearest(wires.chain(down), reach).unwrap_or(on_grid(free.min.y, grid) - free.min.y);
        let offset = Vec2::new(x, y);
        Self { offset, guides: guides(free.translate(offset), offset.y, near) }
    }
}

/// Left edge, centre and right edge.
fn columns(rect: Rect) -> [f32; 3] {
    [rect.min.x, rect.center().x, rect.max.x]
}

/// Top, middle and bottom.
fn rows(rect: Rect) -> [f32; 3] {
    [rect.min.y, rect.center().y, rect.max.y]
}

fn differences(mine: [f32; 3], theirs: [f32; 3]) -> [f32; 3] {
    [theirs[0] - mine[0], theirs[1] - mine[1], theirs[2] - mine[2]]
}

fn nearest(differences: impl Iterator<Item = f32>, reach: f32) -> Option<f32> {
    let near = differences.filter(|difference| difference.abs() <= reach);
    near.min_by(|a, b| a.abs().total_cmp(&b.abs()))
}

/// The lines that hold for a node at rest. Where centres lie on one line, edges need none of their own.
fn guides(at: Rect, moved_down: f32, near: &Neighbours) -> Vec<[Pos2; 2]> {
    let mut vertical: Vec<Reach> = Vec::new();
    let mut horizontal: Vec<Reach> = Vec::new();
    for rect in &near.rects {
        let both = at.union(*rect);
        for line in shared(columns(at), columns(*rect)) {
            Reach::add(&mut vertical, line, both.min.y, both.max.y);
        }
        for line in shared(rows(at), rows(*rect)) {
            Reach::add(&mut horizontal, line, both.min.x, both.max.x);
        }
    }
    for wire in near.wires.iter().filter(|wire| (wire.up_or_down - moved_down).abs() < SAME) {
        let both = at.union(wire.other);
        Reach::add(&mut horizontal, wire.y, both.min.x, both.max.x);
    }
    let vertical = vertical.into_iter().map(|line| [pos2(line.at, line.from), pos2(line.at, line.to)]);
    let horizontal = horizontal.into_iter().map(|line| [pos2(line.from, line.at), pos2(line.to, line.at)]);
    vertical.chain(horizontal).collect()
}

fn shared(mine: [f32; 3], theirs: [f32; 3]) -> impl Iterator<Item = f32> {
    let holds = differences(mine, theirs).map(|difference| difference.abs() < SAME);
    let lines =
        [(holds[0] && !holds[1], theirs[0]), (holds[1], theirs[1]), (holds[2] && !holds[1], theirs[2])];
    lines.into_iter().filter(|(holds, _)| *holds).map(|(_, line)| line)
}

/// A guide and how far it reaches.
struct Reach {
    at: f32,
    from: f32,
    to: f32,
}

impl Reach {
    fn add(lines: &mut Vec<Self>, at: f32, from: f32, to: f32) {
        match lines.iter_mut().find(|line| (line.at - at).abs() < SAME) {
            Some(line) => (line.from, line.to) = (line.from.min(from), line.to.max(to)),
            None => lines.push(Self { at, from, to }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use egui::vec2;

    fn tile(x: f32, y: f32, height: f32) -> Rect {
        Rect::from_min_size(pos2(x, y), vec2(190.0, height))
    }

    fn beside(rects: Vec<Rect>) -> Neighbours {
        Neighbours { rects, wires: Vec::new() }
    }

    #[test]
    fn without_neighbours_the_grid_wins() {
        let rest = Rest::of(tile(70.0, 45.0, 96.0), &beside(vec![]), 6.0, 16.0);
        assert_eq!(rest, Rest { offset: vec2(-6.0, 3.0), guides: vec![] });
        let rest = Rest::of(tile(70.0, 45.0, 96.0), &beside(vec![]), 6.0, 0.0);
        assert_eq!(rest.offset, Vec2::ZERO);
    }

    #[test]
    fn an_edge_within_reach_wins_over_the_grid_and_shows_its_line() {
        let other = tile(5.0, 300.0, 40.0);
        let rest = Rest::of(tile(9.0, 100.0, 96.0), &beside(vec![other]), 6.0, 16.0);
        assert_eq!(rest.offset, vec2(-4.0, -4.0));
        assert_eq!(rest.guides, [[pos2(100.0, 96.0), pos2(100.0, 340.0)]]);

        let rest = Rest::of(tile(11.5, 100.0, 96.0), &beside(vec![other]), 6.0, 16.0);
        assert_eq!(rest.offset.x, 4.5, "6.5 points are too far, so it is the grid");
    }

    #[test]
    fn middles_of_different_heights_meet_and_bottoms_too() {
        let other = tile(400.0, 0.0, 50.0);
        let rest = Rest::of(tile(0.0, -20.0, 96.0), &beside(vec![other]), 6.0, 16.0);
        assert_eq!(rest.offset.y, -3.0, "25 is the middle of both");
        let rest = Rest::of(tile(0.0, -48.0, 96.0), &beside(vec![other]), 6.0, 16.0);
        assert_eq!(rest.offset.y, 2.0, "50 is the bottom of both");
    }

    #[test]
    fn a_wire_becomes_straight() {
        let wire = Straight { up_or_down: -5.0, y: 61.0, other: tile(400.0, 0.0, 96.0) };
        let near = Neighbours { rects: vec![], wires: vec![wire] };
        let rest = Rest::of(tile(0.0, 18.0, 96.0), &near, 6.0, 16.0);
        assert_eq!(rest.offset.y, -5.0);
        assert_eq!(rest.guides, [[pos2(0.0, 61.0), pos2(590.0, 61.0)]]);
    }
}
