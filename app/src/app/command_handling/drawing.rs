//! Frames and notes: adding, moving, resizing and removing them. What lies in a frame belongs to it, but stays when it goes.

use std::collections::BTreeMap;

use egui::{Pos2, Rect, pos2, vec2};
use tidemark_engine::graph::{
    Area, Edit, FlowDocument, Frame, GRID, Note, Point, fresh_frame_id, fresh_note_id,
};
use tidemark_engine::ids::NodeId;

use super::super::App;
use super::placing::snapped;
use crate::panels::canvas::{NODE_SIZE, area_of, rect_of};
use crate::state::{Drawn, Selection};

/// The size of a new note.
const NOTE_SIZE: Point = Point { x: 15 * GRID, y: 7 * GRID };
/// From what lies in a new frame to its edges.
const MARGIN: f32 = 2.0 * GRID as f32;
/// Room above that for the bar of the frame.
const BAR: f32 = 2.0 * GRID as f32;

impl App {
    /// Adds a note and puts the keyboard into its text.
    pub(super) fn add_note(&mut self, at: Option<Pos2>) {
        let flow = self.state.open.document.flow();
        let id = fresh_note_id(flow);
        let wanted = snapped(at.unwrap_or_else(|| self.panels.canvas.middle()));
        let area = free_area(flow, wanted);
        let note = Some((Note::default(), Some(area)));
        self.draw("add_note", Edit::SetNote { id: id.clone(), note }, Drawn::Note(id));
    }

    /// Draws a frame around the selected nodes and puts the keyboard into its title.
    pub(super) fn frame_selection(&mut self) {
        let flow = self.state.open.document.flow();
        let chosen = &self.state.open.selection;
        let nodes = chosen.nodes.iter().filter_map(|node| tile(flow, node));
        let drawn = chosen.drawn.iter().filter_map(|drawn| Some(rect_of(drawn_area(flow, drawn)?)));
        let Some(inside) = nodes.chain(drawn).reduce(Rect::union) else { return };
        let id = fresh_frame_id(flow);
        let frame = Some((Frame::default(), Some(around(inside))));
        self.draw("frame_nodes", Edit::SetFrame { id: id.clone(), frame }, Drawn::Frame(id));
    }

    /// Adds a frame or a note as one step, selects it, brings it into view, and has it written.
    fn draw(&mut self, step: &str, edit: Edit, drawn: Drawn) {
        self.state.open.document.seal();
        self.state.view.refusal = None;
        self.edit(&Edit::Batch { name: step.to_owned(), edits: vec![edit] });
        if self.state.view.refusal.is_none() {
            self.panels.canvas.reveal_drawn(&drawn);
            self.choose(Selection::of_drawn(drawn));
            self.write_drawn();
        }
    }

    /// Puts the keyboard into the title or the text of the selected frame or note.
    pub(super) fn write_drawn(&mut self) {
        self.make_room_for_inspector();
        self.panels.inspector.focus_drawn();
    }
}

/// The changes that remove frames and notes.
pub(super) fn removed(selection: &Selection) -> impl Iterator<Item = Edit> {
    selection.drawn.iter().cloned().map(|drawn| match drawn {
        Drawn::Frame(id) => Edit::SetFrame { id, frame: None },
        Drawn::Note(id) => Edit::SetNote { id, note: None },
    })
}

/// The changes that let frames lie around the same nodes and notes as before, once the nodes of `places` stand there, and their notes
/// where they stood among them. Others stay as they are.
pub(super) fn refitted(flow: &FlowDocument, places: &BTreeMap<NodeId, Point>) -> Vec<Edit> {
    let mut frames: Vec<_> = flow.layout.frames.iter().map(|(id, area)| (id, rect_of(*area))).collect();
    // What lies in a frame is smaller than the frame, and stands in its new place before the frame is looked at.
    frames.sort_by(|a, b| a.1.area().total_cmp(&b.1.area()));
    let tiles: Vec<_> = flow.nodes.keys().filter_map(|node| Some((node, tile(flow, node)?))).collect();
    // The notes that no smaller frame holds.
    let placed = |(id, note)| Some((id, note, rect_of(*flow.layout.notes.get(id)?)));
    let mut notes: Vec<(&String, &Note, Rect)> = flow.notes.iter().filter_map(placed).collect();
    let mut fitted: Vec<(Rect, Rect)> = Vec::with_capacity(frames.len());
    let mut edits = Vec::new();
    for (id, before) in frames {
        let own_notes: Vec<_> = notes.extract_if(.., |(.., area)| before.contains_rect(*area)).collect();
        let inside = || tiles.iter().filter(|(_, tile)| before.contains_rect(*tile));
        if !inside().any(|(node, _)| places.contains_key(*node)) {
            fitted.push((before, before));
            continue;
        }
        let moved = |node: &NodeId| places.get(node).copied().map(tile_at);
        let nodes = inside().map(|(node, tile)| (*tile, moved(node).unwrap_or(*tile)));
        let inner = fitted.iter().filter(|(inner, _)| before.contains_rect(*inner)).copied();
        let both = |a: (Rect, Rect), b: (Rect, Rect)| (a.0.union(b.0), a.1.union(b.1));
        let Some((were, are)) = nodes.chain(inner).reduce(both) else { continue };
        let way = are.min - were.min;
        let mut inside = are;
        for (id, note, area) in own_notes {
            let moved = area.translate(way);
            inside = inside.union(moved);
            if moved != area {
                let note = Some((note.clone(), Some(area_of(moved))));
                edits.push(Edit::SetNote { id: id.clone(), note });
            }
        }
        let now = around(inside);
        fitted.push((before, rect_of(now)));
        if let Some(frame) = flow.frames.get(id).filter(|_| area_of(before) != now) {
            edits.push(Edit::SetFrame { id: id.clone(), frame: Some((frame.clone(), Some(now))) });
        }
    }
    edits
}

/// Where a duplicate of what is selected belongs: on the nodes themselves, to be moved to where they hide none, or below frames and notes.
pub(super) fn place_of_duplicate(flow: &FlowDocument, selection: &Selection) -> Option<Point> {
    let tiles = selection.nodes.iter().filter_map(|node| tile(flow, node));
    let areas = selection.drawn.iter().filter_map(|drawn| Some(rect_of(drawn_area(flow, drawn)?)));
    let all = area_of(tiles.chain(areas).reduce(Rect::union)?);
    let below = if selection.drawn.is_empty() { 0 } else { all.height + 2 * GRID };
    Some(Point { x: all.x, y: all.y + below })
}

/// The area of a frame around all this.
fn around(inside: Rect) -> Area {
    let grid = GRID as f32;
    let outer = inside.expand(MARGIN);
    let min = ((outer.min - vec2(0.0, BAR)) / grid).floor() * grid;
    let max = (outer.max / grid).ceil() * grid;
    area_of(Rect::from_min_max(min, max))
}

/// Where a node lies on the canvas.
fn tile(flow: &FlowDocument, node: &NodeId) -> Option<Rect> {
    flow.layout.nodes.get(node).copied().map(tile_at)
}

/// What a node covers whose upper left corner stands there.
fn tile_at(at: Point) -> Rect {
    Rect::from_min_size(pos2(at.x as f32, at.y as f32), NODE_SIZE)
}

/// Where a frame or a note lies on the canvas.
fn drawn_area(flow: &FlowDocument, drawn: &Drawn) -> Option<Area> {
    match drawn {
        Drawn::Frame(id) => flow.layout.frames.get(id),
        Drawn::Note(id) => flow.layout.notes.get(id),
    }
    .copied()
}

/// Room for a note at or below a place, where no node and no other note hides it.
fn free_area(flow: &FlowDocument, wanted: Point) -> Area {
    let notes = flow.layout.notes.values().map(|area| rect_of(*area));
    let taken: Vec<Rect> = flow.nodes.keys().filter_map(|node| tile(flow, node)).chain(notes).collect();
    let mut area = Area { x: wanted.x, y: wanted.y, width: NOTE_SIZE.x, height: NOTE_SIZE.y };
    // Each step leaves something behind for good, so that it ends.
    while let Some(hiding) = taken.iter().find(|rect| rect.intersects(rect_of(area))) {
        area.y = snapped(hiding.left_bottom()).y + GRID;
    }
    area
}

#[cfg(test)]
mod tests {
    use serde_json::Map;
    use tidemark_engine::graph::FlowNode;

    use super::*;

    fn area(x: i32, y: i32, width: i32, height: i32) -> Area {
        Area { x, y, width, height }
    }

    #[test]
    fn a_frame_leaves_a_margin_and_room_for_its_bar_and_lies_on_the_grid() {
        let nodes = Rect::from_min_max(pos2(40.0, 100.0), pos2(430.0, 196.0));
        assert_eq!(around(nodes), area(0, 32, 464, 208));
    }

    #[test]
    fn frames_follow_what_lies_in_them_from_the_inside_out() {
        let mut flow = FlowDocument::default();
        for (id, x) in [("a", 0), ("b", 320), ("alone", 2_000)] {
            flow.nodes.insert(NodeId::new(id), FlowNode::new("union", Map::new()));
            flow.layout.nodes.insert(NodeId::new(id), Point { x, y: 0 });
        }
        for (id, inside) in [
            ("inner", area(-32, -64, 260, 200)),
            ("outer", area(-64, -128, 700, 400)),
            ("kept", area(1_900, -64, 500, 300)),
        ] {
            flow.frames.insert(id.to_owned(), Frame::default());
            flow.layout.frames.insert(id.to_owned(), inside);
        }
        let places = [("a", 0, 320), ("b", 640, 320)].map(|(id, x, y)| (NodeId::new(id), Point { x, y }));
        let expected = [("inner", area(-32, 256, 256, 192)), ("outer", area(-64, 192, 928, 288))];
        assert_eq!(areas(refitted(&flow, &places.clone().into())), expected.map(named).into());

        for (id, place) in [
            ("in_inner", area(0, -32, 64, 16)),
            ("in_outer", area(320, 112, 240, 112)),
            ("in_kept", area(2_000, 112, 240, 64)),
            ("free", area(0, 600, 240, 112)),
            ("half", area(600, 200, 240, 112)),
        ] {
            flow.notes.insert(id.to_owned(), Note::default());
            flow.layout.notes.insert(id.to_owned(), place);
        }
        let expected = [
            ("in_inner", area(0, 288, 64, 16)),
            ("inner", area(-32, 224, 256, 224)),
            ("in_outer", area(320, 400, 240, 112)),
            ("outer", area(-64, 160, 928, 384)),
        ];
        assert_eq!(areas(refitted(&flow, &places.into())), expected.map(named).into(), "with notes");
    }

    fn named((id, area): (&str, Area)) -> (String, Area) {
        (id.to_owned(), area)
    }

    /// Where frames and notes lie after these changes.
    fn areas(edits: Vec<Edit>) -> BTreeMap<String, Area> {
        let place = |edit| match edit {
            Edit::SetFrame { id, frame: Some((_, area)) } => Some((id, area?)),
            Edit::SetNote { id, note: Some((_, area)) } => Some((id, area?)),
            _ => None,
        };
        edits.into_iter().filter_map(place).collect()
    }
}
