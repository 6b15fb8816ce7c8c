//! What ends up on screen, judged by the shapes.

use egui::{Shape, epaint::ClippedShape, vec2};
use egui_node_graph::{Graph, NodeFace};

use crate::desk::{Desk, flow, open};

fn texts(shapes: &[ClippedShape]) -> Vec<(String, f32)> {
    let text = |shape: &ClippedShape| match &shape.shape {
        Shape::Text(text) => {
            let size = text.galley.job.sections.first().map_or(0.0, |section| section.format.font_id.size);
            Some((text.galley.text().to_owned(), size))
        }
        _ => None,
    };
    shapes.iter().filter_map(text).collect()
}

fn described() -> Graph<crate::desk::Ids> {
    let mut graph = flow();
    *graph.node_face_mut(&2).expect("node 2") = NodeFace {
        title: "Window".to_owned(),
        headline: "12.3 k/s".to_owned(),
        summary: vec!["TUMBLE 5 min".to_owned()],
        ..NodeFace::default()
    };
    graph
}

fn shown_at(zoom: f32) -> Vec<(String, f32)> {
    let mut desk = Desk::new(described());
    desk.view.zoom = zoom;
    let harness = open(desk);
    texts(&harness.output().shapes)
}

#[test]
fn three_levels_of_detail() {
    let has = |zoom, text: &str| shown_at(zoom).iter().any(|(shown, _)| shown == text);
    assert!(has(1.0, "Window") && has(1.0, "TUMBLE 5 min") && !has(1.0, "12.3 k/s"));
    assert!(has(0.4, "Window") && has(0.4, "12.3 k/s") && !has(0.4, "TUMBLE 5 min"));
    assert!(shown_at(0.2).is_empty());
}

#[test]
fn text_is_laid_out_at_whole_pixel_sizes() {
    for zoom in [0.3, 0.55, 0.73, 1.0, 1.37, 2.5] {
        for (text, size) in shown_at(zoom) {
            assert_eq!(size, size.round(), "{text} at zoom {zoom}");
        }
    }
}

#[test]
fn the_label_of_a_wire_keeps_off_the_tiles() {
    let mut graph = flow();
    let face = graph.wire_face_mut(&1).expect("wire 1");
    (face.label, face.note) = ("12.3 k rows/s".to_owned(), "4 s behind".to_owned());
    let harness = open(Desk::new(graph));
    let drawn = ["12.3 k rows/s", "4 s behind"].map(|wanted| {
        let place = harness.output().shapes.iter().find_map(|shape| match &shape.shape {
            Shape::Text(text) if text.galley.text() == wanted => Some(text.visual_bounding_rect()),
            _ => None,
        });
        place.expect("label and note are drawn")
    });
    assert!(drawn[0].center().y < drawn[1].center().y, "the note stands below the label");
    let desk = harness.state();
    let geometry = desk.geometry.as_ref().expect("the canvas was shown");
    for (node, text) in desk.graph.nodes().iter().flat_map(|node| drawn.map(|text| (node, text))) {
        let tile = geometry.node_rect(&desk.graph, &node.id).expect("the node is there");
        assert!(!tile.intersects(text), "{text:?} lies on {tile:?}");
    }
}

#[test]
fn a_wire_to_a_port_that_is_not_there_is_left_out() {
    let mut wires = flow().wires().to_vec();
    wires.push(crate::desk::wire(7, 1, 99));
    let harness = open(Desk::new(Graph::new(flow().nodes().to_vec(), wires)));
    let geometry = harness.state().geometry.as_ref().expect("the canvas was shown");
    assert_eq!(geometry.visible_wires, [0, 1]);
    assert_eq!(geometry.wire_middle(&harness.state().graph, &7), None);
}

#[test]
fn a_canvas_too_small_to_draw_on_does_no_harm() {
    let mut harness = open(Desk::new(flow()));
    for size in [vec2(1.0, 1.0), vec2(30.0, 4.0), vec2(1000.0, 700.0)] {
        harness.set_size(size);
        harness.state_mut().view.fit_all();
        harness.run();
    }
    assert_eq!(harness.state().geometry.as_ref().map(|g| g.visible_nodes.len()), Some(4));
}
