//! The frames and notes of a flow, as the canvas shows them.

use egui::{Color32, Rect, pos2, vec2};
use egui_node_graph::{Backdrop, BackdropFace, BackdropKind, Graph, Node};
use tidemark_engine::graph::{Area, FlowDocument};

use super::Ids;
use crate::state::Drawn;
use crate::ui_kit::{Tokens, t, t_args, t_count};

/// How much of a note is said of it in lists and by a screen reader, in characters.
const SAID: usize = 200;
/// The size of a frame or a note for which the file has no area.
const DEFAULT_SIZE: (f32, f32) = (240.0, 112.0);
/// Between those, and from the rest of the flow.
const GAP: f32 = 32.0;

/// A colour that frames and notes can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accent {
    /// Its name in flow files.
    pub name: &'static str,
    /// The key of the name that people read.
    pub text: &'static str,
    /// Its number among the colours of charts.
    series: usize,
}

/// Every colour that is offered, in order.
pub const ACCENTS: [Accent; 6] = [
    Accent { name: "blue", text: "drawn.blue", series: 0 },
    Accent { name: "green", text: "drawn.green", series: 2 },
    Accent { name: "amber", text: "drawn.amber", series: 1 },
    Accent { name: "pink", text: "drawn.pink", series: 3 },
    Accent { name: "violet", text: "drawn.violet", series: 4 },
    Accent { name: "grey", text: "drawn.grey", series: 7 },
];

impl Accent {
    /// The colour of this name; the one of new frames if there is none of it.
    pub fn named(name: Option<&str>) -> Accent {
        let found = ACCENTS.into_iter().find(|accent| Some(accent.name) == name);
        found.unwrap_or(ACCENTS[0])
    }

    /// How it looks in this theme.
    pub fn color(self, tokens: &Tokens) -> Color32 {
        tokens.colors.series(self.series)
    }
}

/// The area that a rectangle on the canvas covers, in whole points.
pub fn area_of(rect: Rect) -> Area {
    let [x, y] = [rect.min.x, rect.min.y].map(|value| value.round() as i32);
    Area { x, y, width: rect.max.x.round() as i32 - x, height: rect.max.y.round() as i32 - y }
}

/// The rectangle of an area.
pub fn rect_of(area: Area) -> Rect {
    let size = vec2(area.width.max(0) as f32, area.height.max(0) as f32);
    Rect::from_min_size(pos2(area.x as f32, area.y as f32), size)
}

/// The frames and notes of a flow in drawing order: large frames behind small ones, and notes on top.
pub(super) fn of(flow: &FlowDocument, graph: &Graph<Ids>, tokens: &Tokens) -> Vec<Backdrop<Ids>> {
    if flow.frames.is_empty() && flow.notes.is_empty() {
        return Vec::new();
    }
    let tiles = Tiles::of(graph);
    let mut spare = Spare::below(flow, &tiles);
    let mut backdrops: Vec<_> = flow
        .frames
        .iter()
        .map(|(id, frame)| {
            let area = flow.layout.frames.get(id).map_or_else(|| spare.next(), |area| rect_of(*area));
            let n_nodes = tiles.n_inside(area);
            Backdrop {
                id: Drawn::Frame(id.clone()),
                area,
                face: BackdropFace {
                    kind: BackdropKind::Frame,
                    text: frame.title.clone(),
                    accent: Accent::named(frame.color.as_deref()).color(tokens),
                    accessible_name: frame_name(&frame.title, n_nodes),
                },
            }
        })
        .collect();
    backdrops.sort_by(|a, b| b.area.area().total_cmp(&a.area.area()));
    backdrops.extend(flow.notes.iter().map(|(id, note)| Backdrop {
        id: Drawn::Note(id.clone()),
        area: flow.layout.notes.get(id).map_or_else(|| spare.next(), |area| rect_of(*area)),
        face: BackdropFace {
            kind: BackdropKind::Note,
            text: note.text.clone(),
            accent: Accent::named(note.color.as_deref()).color(tokens),
            accessible_name: note_name(&note.text),
        },
    }));
    backdrops
}

fn frame_name(title: &str, n_nodes: usize) -> String {
    let nodes = t_count("drawn.n_nodes", n_nodes as u64);
    match title.trim() {
        "" => t_args("drawn.frame_untitled", &[("nodes", &nodes)]),
        title => t_args("drawn.frame_named", &[("title", &title), ("nodes", &nodes)]),
    }
}

fn note_name(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let said: String = words.join(" ").chars().take(SAID).collect();
    if said.is_empty() {
        t("drawn.note_empty").to_owned()
    } else {
        t_args("drawn.note_named", &[("text", &said)])
    }
}

/// The tiles of nodes from left to right, so that those in a frame are found without a look at all others.
struct Tiles(Vec<Rect>);

impl Tiles {
    fn of(graph: &Graph<Ids>) -> Tiles {
        let mut tiles: Vec<_> = graph.nodes().iter().map(Node::rect).collect();
        tiles.sort_by(|a, b| a.min.x.total_cmp(&b.min.x));
        Tiles(tiles)
    }

    /// How many lie wholly inside an area.
    fn n_inside(&self, area: Rect) -> usize {
        let first = self.0.partition_point(|tile| tile.min.x < area.min.x);
        let near = self.0.iter().skip(first).take_while(|tile| tile.min.x <= area.max.x);
        near.filter(|tile| area.contains_rect(**tile)).count()
    }
}

/// Places for what the file says nothing of: beside each other, below everything else.
struct Spare(Rect);

impl Spare {
    fn below(flow: &FlowDocument, tiles: &Tiles) -> Spare {
        let frames = flow.layout.frames.values().chain(flow.layout.notes.values());
        let all = tiles.0.iter().copied().chain(frames.map(|area| rect_of(*area)));
        let corner = all.reduce(Rect::union).map_or(pos2(0.0, 0.0), |all| all.left_bottom() + vec2(0.0, GAP));
        Spare(Rect::from_min_size(corner, DEFAULT_SIZE.into()))
    }

    fn next(&mut self) -> Rect {
        let after = self.0.translate(vec2(DEFAULT_SIZE.0 + GAP, 0.0));
        std::mem::replace(&mut self.0, after)
    }
}

#[cfg(test)]
mod tests {
    use egui_node_graph::NodeFace;
    use tidemark_engine::graph::{Frame, Note};
    use tidemark_engine::ids::NodeId;

    use super::*;

    #[test]
    fn small_frames_lie_on_large_ones_and_each_counts_its_nodes() {
        let node = |(id, x)| Node::new(NodeId::new(id), pos2(x, 0.0), NodeFace::default());
        let graph = Graph::new([("a", 0.0), ("b", 300.0), ("c", 600.0)].map(node).to_vec(), Vec::new());
        let mut flow = FlowDocument::default();
        for (id, title, area) in [
            ("small", "Cleaning", Area { x: -10, y: -40, width: 220, height: 150 }),
            ("large", "", Area { x: -30, y: -60, width: 600, height: 200 }),
        ] {
            flow.frames.insert(id.to_owned(), Frame { title: title.to_owned(), color: None });
            flow.layout.frames.insert(id.to_owned(), area);
        }
        for (id, text) in [("empty", " "), ("note", "Two\n lines ")] {
            flow.notes.insert(id.to_owned(), Note { text: text.to_owned(), color: Some("odd".to_owned()) });
        }
        let backdrops = of(&flow, &graph, Tokens::for_theme(egui::Theme::Dark));
        let names: Vec<_> = backdrops.iter().map(|backdrop| backdrop.face.accessible_name.as_str()).collect();
        assert_eq!(names, ["Frame, 2 nodes", "Frame Cleaning, 1 node", "Note, empty", "Note: Two lines"]);
        let spare: Vec<_> = backdrops.iter().skip(2).map(|note| note.area.min).collect();
        assert_eq!(spare, [pos2(-30.0, 172.0), pos2(242.0, 172.0)], "what has no place lies below the rest");
    }

    #[test]
    fn every_colour_has_its_own_name_and_an_unknown_one_is_the_first() {
        for accent in ACCENTS {
            assert_eq!(Accent::named(Some(accent.name)), accent);
            assert_ne!(t(accent.text), accent.text);
        }
        assert_eq!(Accent::named(Some("red")), ACCENTS[0]);
    }
}
