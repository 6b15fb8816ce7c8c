use proptest::prelude::*;
use serde_json::json;

use super::super::History;
use super::super::testing::{edge, usual};
use super::*;

fn id(text: &str) -> NodeId {
    NodeId::new(text)
}

fn set_param(node: &str, name: &str, value: Value) -> Edit {
    Edit::SetParam { node: id(node), name: name.to_owned(), value: Some(value) }
}

fn moved(node: &str, x: i32) -> Edit {
    Edit::MoveNodes(BTreeMap::from([(id(node), Some(Point { x, y: 0 }))]))
}

#[test]
fn removing_a_node_takes_its_edges_and_undoing_brings_them_back() {
    let mut doc = usual();
    doc.layout.nodes.insert(id("keep"), Point { x: 16, y: 32 });
    let before = doc.clone();
    let inverse = Edit::RemoveNode(id("keep")).apply(&mut doc).expect("removed");
    assert_eq!(doc.edges.len(), 2);
    assert!(!doc.layout.nodes.contains_key(&id("keep")));
    inverse.apply(&mut doc).expect("added");
    assert_eq!(doc, before);
}

#[test]
fn taking_back_a_node_that_edges_waited_for_leaves_the_edges() {
    let mut doc = usual();
    doc.edges.insert(edge("waited_for.out", "window.in"));
    let before = doc.clone();
    let add = Edit::AddNode { id: id("waited_for"), node: FlowNode::new("union", Map::new()), at: None };
    add.apply(&mut doc).expect("added").apply(&mut doc).expect("removed");
    assert_eq!(doc, before);
}

#[test]
fn a_batch_is_done_whole_or_not_at_all() {
    let mut doc = usual();
    let before = doc.clone();
    let edits = vec![
        Edit::RemoveNode(id("keep")),
        moved("window", 160),
        set_param("sink", "path", json!("other.csv")),
        Edit::Disconnect(edge("keep.out", "window.in")),
    ];
    let batch = Edit::Batch { name: "tidy".to_owned(), edits };
    assert_eq!(batch.apply(&mut doc), Err(EditError::MissingEdge(edge("keep.out", "window.in"))));
    assert_eq!(doc, before);
    assert_eq!(batch.describe(), "tidy");
}

#[test]
fn a_change_that_cannot_be_saved_is_refused() {
    let mut doc = usual();
    let before = doc.clone();
    let mut deep = json!(1);
    for _ in 0..61 {
        deep = json!([deep]);
    }
    let long = "x".repeat(5000);
    for edit in [
        set_param("keep", "x", deep.clone()),
        set_param("keep", &long, json!(1)),
        Edit::SetTitle { node: id("keep"), title: Some(long.clone()) },
        Edit::Connect(EdgeId { from: crate::ids::PortRef::new(id("a"), "b.c"), to: edge("a.b", "c.d").to }),
        Edit::Connect(edge(&format!("{}.out", &long[..4095]), "sink.in")),
        Edit::SetFlowParameter {
            name: "p".to_owned(),
            parameter: Some(FlowParameter { default: json!([]), doc: None }),
        },
        moved("keep", i32::MAX),
        moved("gone", 0),
    ] {
        assert!(edit.apply(&mut doc).is_err(), "{edit:?}");
    }
    assert_eq!(doc, before);
    let Value::Array(mut inner) = deep else { panic!("a list") };
    set_param("keep", "x", inner.remove(0)).apply(&mut doc).expect("just within the limit");
    assert!(FlowDocument::from_json(doc.to_json().as_bytes()).is_ok());
}

#[test]
fn a_new_node_gets_a_readable_id() {
    let mut doc = usual();
    assert_eq!(fresh_id(&doc, "union").as_str(), "union");
    assert_eq!(fresh_id(&doc, "window").as_str(), "window_2");
    doc.edges.insert(edge("window_2.out", "sink.in"));
    assert_eq!(fresh_id(&doc, "window").as_str(), "window_3");
    assert_eq!(fresh_id(&doc, "").as_str(), "node");
    assert!(fresh_id(&doc, &"Ü.x ".repeat(99)).is_valid());
}

#[test]
fn a_gesture_is_one_step() {
    let (mut doc, mut history) = (usual(), History::default());
    let before = doc.clone();
    for x in 0..5 {
        history.apply(&mut doc, &moved("keep", x)).expect("moved");
    }
    for text in ["o", "ou", "out"] {
        history.apply(&mut doc, &set_param("sink", "path", json!(text))).expect("set");
    }
    history.seal();
    history.apply(&mut doc, &set_param("sink", "path", json!("new"))).expect("set");
    history.apply(&mut doc, &moved("keep", 9)).expect("moved");
    history.apply(&mut doc, &moved("window", 9)).expect("moved");
    let names: Vec<_> = history.undo_names().collect();
    assert_eq!(names, ["move_nodes", "move_nodes", "set_parameters", "set_parameters", "move_nodes"]);
    for _ in 0..2 {
        assert_eq!(history.undo(&mut doc).expect("undone").as_deref(), Some("move_nodes"));
    }
    history.undo(&mut doc).expect("undone");
    assert_eq!(doc.nodes[&id("sink")].params["path"], json!("out"));
    assert_eq!(history.redo_names().count(), 3);
    while history.undo(&mut doc).expect("undone").is_some() {}
    assert_eq!(doc, before);
}

#[test]
fn the_document_knows_whether_it_is_saved() {
    let (mut doc, mut history) = (usual(), History::default());
    assert!(history.is_saved());
    history.apply(&mut doc, &moved("keep", 1)).expect("moved");
    assert!(!history.is_saved());
    history.mark_saved();
    history.apply(&mut doc, &moved("keep", 2)).expect("moved");
    assert!(!history.is_saved());
    history.undo(&mut doc).expect("undone");
    assert!(history.is_saved());
    history.undo(&mut doc).expect("undone");
    assert!(!history.is_saved());
    history.redo(&mut doc).expect("done again");
    assert!(history.is_saved());
    history.undo(&mut doc).expect("undone");
    history.apply(&mut doc, &moved("keep", 1)).expect("moved");
    assert!(!history.is_saved());
}

#[test]
fn old_steps_are_forgotten() {
    let (mut doc, mut history) = (usual(), History::default());
    for x in 0..2000 {
        history.apply(&mut doc, &moved(["keep", "sink"][x % 2], 0)).expect("moved");
    }
    assert_eq!(history.undo_names().count(), History::MAX_STEPS);
    while history.undo(&mut doc).expect("undone").is_some() {}
    assert!(!history.is_saved());
}

fn any_edit() -> impl Strategy<Value = Edit> {
    let node = "[a-d]".prop_map(NodeId::new);
    let point = prop::option::of((-50..50, -50..50).prop_map(|(x, y)| Point { x, y }));
    let text = prop::option::of(any::<String>());
    let value = prop::option::of(prop_oneof![
        Just(json!({ "z": 1, "a": [true, null] })),
        Just(Value::Null),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ]);
    let any_edge =
        ("[a-d]", "[a-d]").prop_map(|(from, to)| edge(&format!("{from}.out"), &format!("{to}.in")));
    let area = prop::option::of((-9..9, 1..9).prop_map(|(x, width)| Area { x, y: 0, width, height: 1 }));
    let name = "[a-b]";
    let one = prop_oneof![
        3 => (node.clone(), "[k-l]", value.clone(), point.clone()).prop_map(|(id, kind, value, at)| {
            let params = value.map(|value| ("p".to_owned(), value)).into_iter().collect();
            Edit::AddNode { id, node: FlowNode::new(kind, params), at }
        }),
        1 => node.clone().prop_map(Edit::RemoveNode),
        2 => (node.clone(), "[p-r]", value.clone())
            .prop_map(|(node, name, value)| Edit::SetParam { node, name, value }),
        1 => (node.clone(), value.clone()).prop_map(|(node, value)| Edit::SetParams {
            node,
            params: value.map(|value| ("q".to_owned(), value)).into_iter().collect(),
        }),
        1 => (node.clone(), text.clone()).prop_map(|(node, title)| Edit::SetTitle { node, title }),
        1 => (node.clone(), text.clone()).prop_map(|(node, note)| Edit::SetRemark { node, note }),
        2 => prop::collection::btree_map(node, point, 0..3).prop_map(Edit::MoveNodes),
        3 => any_edge.clone().prop_map(Edit::Connect),
        1 => any_edge.prop_map(Edit::Disconnect),
        1 => text.clone().prop_map(Edit::SetName),
        1 => text.clone().prop_map(Edit::SetDescription),
        1 => any::<String>().prop_map(Edit::SetSessionZone),
        1 => (name, value, text.clone()).prop_map(|(name, default, doc)| Edit::SetFlowParameter {
            name,
            parameter: default.map(|default| FlowParameter { default, doc }),
        }),
        1 => (name, text.clone(), area.clone()).prop_map(|(id, text, area)| Edit::SetNote {
            id,
            note: text.map(|text| (Note { text, color: None }, area)),
        }),
        1 => (name, text, area).prop_map(|(id, title, area)| Edit::SetFrame {
            id,
            frame: title.map(|title| (Frame { title, color: Some("red".to_owned()) }, area)),
        }),
    ];
    one.prop_recursive(2, 8, 4, |inner| {
        prop::collection::vec(inner, 0..4).prop_map(|edits| Edit::Batch { name: "batch".to_owned(), edits })
    })
}

proptest! {
    #[test]
    fn undoing_all_gives_the_same_bytes_and_redoing_all_too(
        edits in prop::collection::vec((any_edit(), any::<bool>()), 0..40),
    ) {
        let mut doc = usual();
        let mut history = History::default();
        let first = doc.to_json();
        for (edit, seal) in edits {
            let written = serde_json::to_string(&edit).expect("JSON");
            prop_assert_eq!(&serde_json::from_str::<Edit>(&written).expect("an edit"), &edit);
            let before = doc.clone();
            if history.apply(&mut doc, &edit).is_err() {
                prop_assert_eq!(&before, &doc);
            }
            if seal {
                history.seal();
            }
            let text = doc.to_json();
            let read = FlowDocument::from_json(text.as_bytes()).expect("what is edited can be saved");
            prop_assert_eq!(&read, &doc);
        }
        let (last, n_steps) = (doc.clone(), history.undo_names().count());
        while history.undo(&mut doc).expect("undone").is_some() {}
        prop_assert_eq!(doc.to_json(), first);
        prop_assert_eq!(&doc, &usual());
        prop_assert!(history.is_saved());
        let written = serde_json::to_string(&history).expect("JSON");
        let mut history: History = serde_json::from_str(&written).expect("a history");
        while history.redo(&mut doc).expect("done again").is_some() {}
        prop_assert_eq!(doc.to_json(), last.to_json());
        prop_assert_eq!(doc, last);
        prop_assert_eq!(history.undo_names().count(), n_steps);
    }
}
