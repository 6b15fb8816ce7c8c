use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::testing::{catalog, edge, usual};
use super::super::{Area, CheckContext, FlowNode, FlowParameter, Frame, Note, Point, check};
use super::*;
use crate::ids::NodeId;
use crate::node::FileAccess;

/// A flow file of version 1 as it was first released; it must load for ever.
const V1: &str = include_str!("../../../tests/fixtures/flow-v1.flow.json");

fn refusal(text: &str) -> String {
    match FlowDocument::from_json(text.as_bytes()) {
        Ok(doc) => panic!("it was read: {}", doc.to_json()),
        Err(error) => error.to_string(),
    }
}

/// A flow file with this in the place of its nodes.
fn with_nodes(nodes: &str) -> String {
    format!("{{\n  \"version\": 1,\n  \"nodes\": {nodes},\n  \"edges\": []\n}}\n")
}

#[test]
fn a_file_of_version_1_is_read_whole_and_saved_as_it_was() {
    let doc = FlowDocument::from_json(V1.as_bytes()).expect("a flow");
    assert_eq!(doc.to_json(), V1);
    assert_eq!(doc.name.as_deref(), Some("Late departures by the hour"));
    assert_eq!(doc.session_zone, "America/New_York");
    assert_eq!(doc.parameters["min_delay"].default, json!(15));
    assert_eq!(doc.nodes.len(), 5);
    assert_eq!(doc.nodes[&NodeId::new("from_the_future")].params["knobs"]["b"], json!([{ "deep": [1.5] }]));
    assert!(doc.edges.contains(&edge("hourly.late", "from_the_future.in")));
    assert_eq!(doc.notes["note_1"].text, "Delays are in minutes.");
    assert_eq!(doc.frames["frame_1"].title, "Input");
    assert_eq!(doc.layout.nodes[&NodeId::new("flights")], Point { x: 128, y: 80 });
    assert_eq!(doc.layout.frames["frame_1"], Area { x: 96, y: 32, width: 480, height: 176 });
}

#[test]
fn an_untidy_file_says_the_same_as_a_tidy_one() {
    let untidy = "\u{feff}{\"edges\":[{\"to\":\"b.in\",\"from\":\"a.out\"}],\r\n\t\"nodes\":[{\"kind\":\"k\",\"id\":\"b\"},{\"id\":\"a\",\"params\":{\"z\":1,\"a\":{\"y\":0,\"x\":[]}},\"kind\":\"k\"}],\"layout\":{\"nodes\":{\"a\":[1.4,-2e1],\"gone\":[0,0]}},\"version\":1}";
    let tidy = r#"{
  "version": 1,
  "session_zone": "UTC",
  "nodes": [
    {
      "id": "a",
      "kind": "k",
      "params": {
        "a": {
          "x": [],
          "y": 0
        },
        "z": 1
      }
    },
    {
      "id": "b",
      "kind": "k"
    }
  ],
  "edges": [
    { "from": "a.out", "to": "b.in" }
  ],
  "layout": {
    "nodes": {
      "a": [1, -20]
    }
  }
}
"#;
    let doc = FlowDocument::from_json(untidy.as_bytes()).expect("a flow");
    assert_eq!(doc.to_json(), tidy);
    assert_eq!(FlowDocument::from_json(tidy.as_bytes()).expect("a flow"), doc);
}

#[test]
fn faults_are_named_with_line_and_column() {
    for (nodes, message) in [
        (
            r#"[{ "id": "a", "knd": "k" }]"#,
            "line 3, column 30: there is no field `knd` here; did you mean `kind`?",
        ),
        (r#"[{ "id": "a" }]"#, "line 3, column 25: the field `kind` is missing"),
        (
            r#"[{ "id": "a", "kind": "k" }, { "id": "a", "kind": "l" }]"#,
            "line 3, column 67: the node `a` stands twice",
        ),
        (r#"[{ "id": "a", "kind": "k", "id": "b" }]"#, "line 3, column 42: `id` stands twice"),
        (
            r#"[{ "id": "a", "kind": "k", "params": { "x": [{ "y": 1, "y": 2 }] } }]"#,
            "line 3, column 69: `y` stands twice",
        ),
        (
            r#"[{ "id": "a", "kind": "k", "params": { "x": 1e999 } }]"#,
            "line 3, column 60: the number is too large",
        ),
        (r#"[{ "id": "a", "kind": "k", "params": [] }]"#, "line 3, column 53: `params` must be an object"),
        ("{}", "line 3, column 11: invalid type: map, expected a list of nodes"),
        (r#"[{ "id": "a", "kind": "k" "#, "the text ends before the flow does"),
    ] {
        assert_eq!(refusal(&with_nodes(nodes)), message);
    }
}

#[test]
fn strange_text_is_shown_escaped_and_short() {
    let text = refusal(&with_nodes("[{ \"\u{202e}\\n\\u0007\": 1 }]"));
    assert_eq!(text, r"line 3, column 27: there is no field `\u{202e}\u{a}\u{7}` here");
    let long = "x".repeat(5000);
    let text = refusal(&with_nodes(&format!("[{{ \"id\": \"{long}\", \"kind\": \"k\" }}]")));
    assert!(text.ends_with("xxx…` is longer than 4096 bytes"), "{text}");
    assert!(text.len() < 200);
}

#[test]
fn edges_need_two_ports_and_stand_once() {
    let edges = |edges: &str| refusal(&format!("{{\"version\":1,\"nodes\":[],\"edges\":{edges}}}"));
    assert!(edges(r#"[{"from":"a","to":"b.in"}]"#).ends_with("`a` names no port; write `node.port`"));
    let twice = r#"[{"from":"a.x","to":"b.in"},{"to":"b.in","from":"a.x"}]"#;
    assert!(edges(twice).ends_with("the edge `a.x -> b.in` stands twice"));
    assert!(edges(r#"[{"from":"a.x","to":"b.in","at":1}]"#).contains("there is no field `at` here"));
}

#[test]
fn other_files_are_not_flows() {
    for (text, message) in [
        ("", "this is not a flow: a flow is a JSON object"),
        ("[]", "this is not a flow: a flow is a JSON object"),
        ("{}", "this is not a flow: it has neither `version` nor `nodes`"),
        (r#"{"nodes": []}"#, "the field `version` is missing; write `\"version\": 1`"),
        ("{", "the text ends before the flow does"),
        (
            r#"{"version": 2, "novelty": {}}"#,
            "the flow was saved by a newer Tidemark (format 2; this one reads up to 1); update Tidemark to open it",
        ),
        (r#"{"version": 0}"#, "there is no version 0 of the flow format"),
        (r#"{"version": 1, "version": 2}"#, "line 1, column 24: `version` stands twice"),
    ] {
        assert_eq!(refusal(text), message);
    }
    for text in [r#"{"version": -1}"#, r#"{"version": "1"}"#, r#"{"version": 1} {}"#, r#"{"version": 1}"#] {
        refusal(text);
    }
    let error = FlowDocument::from_json(b"{\n\"version\": 1, \"name\": \"\xff\"}").expect_err("no UTF-8");
    assert_eq!(error.to_string(), "line 2: the text is not UTF-8");
}

#[test]
fn a_file_beyond_the_limits_is_refused() {
    let many = |n: usize, one: &dyn Fn(usize) -> String| {
        format!("[{}]", (0..n).map(one).collect::<Vec<_>>().join(","))
    };
    let nodes = many(10_001, &|idx| format!(r#"{{"id":"n{idx}","kind":"k"}}"#));
    assert!(refusal(&with_nodes(&nodes)).ends_with("there are more than 10000 nodes"));
    let edges = many(50_001, &|idx| format!(r#"{{"from":"a.x{idx}","to":"b.in"}}"#));
    let text = format!("{{\"version\":1,\"nodes\":[],\"edges\":{edges}}}");
    assert!(refusal(&text).ends_with("there are more than 50000 edges"));
    let noted = |notes: &str| {
        FlowDocument::from_json(
            format!("{{\"version\":1,\"nodes\":[],\"edges\":[],\"notes\":{notes}}}").as_bytes(),
        )
        .map_err(|error| error.to_string())
    };
    let note = |idx: usize| format!(r#"{{"id":"n{idx}","text":""}}"#);
    assert_eq!(noted(&many(10_000, &note)).map(|doc| doc.notes.len()), Ok(10_000));
    assert!(
        noted(&many(10_001, &note)).is_err_and(|error| error.ends_with("there are more than 10000 notes"))
    );
    let long = |n: usize| noted(&format!(r#"[{{"id":"a","text":"{}"}}]"#, "x".repeat(n)));
    assert!(long(64 << 10).is_ok());
    assert!(long((64 << 10) + 1).is_err_and(|error| error.ends_with("is longer than 65536 bytes")));
    let deep = format!(r#"[{{"id":"a","kind":"k","params":{{"x":{}}}}}]"#, "[".repeat(100_000));
    assert!(refusal(&with_nodes(&deep)).ends_with("brackets are nested deeper than 64"));
    assert_eq!(refusal(&" ".repeat(17 << 20)), "the file has 17 MB; a flow has at most 16 MB");
    let far =
        r#"{"version":1,"nodes":[{"id":"a","kind":"k"}],"edges":[],"layout":{"nodes":{"a":[1e300,0]}}}"#;
    assert!(refusal(far).ends_with("a place lies more than 10000000 points away"));
}

/// Any JSON value, odd text included.
fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,6}".prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        Just(json!("${x}")),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(".{0,4}", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn any_flow() -> impl Strategy<Value = FlowDocument> {
    let id = prop_oneof!["[a-c]", any::<String>()].prop_map(NodeId::new);
    let text = prop::option::of(any::<String>());
    let params = prop::collection::btree_map(".{0,4}", any_value(), 0..4);
    let node =
        (any::<String>(), text.clone(), params, text.clone()).prop_map(|(kind, title, params, note)| {
            FlowNode { title, note, ..FlowNode::new(kind, params.into_iter().collect()) }
        });
    let nodes = prop::collection::btree_map(id, node, 0..5);
    let edges = prop::collection::btree_set(("[a-d]", "[a-d]"), 0..5);
    let places = prop::collection::vec((-1000..1000, -1000..1000), 5);
    let notes = prop::collection::btree_map(any::<String>(), any::<String>(), 0..3);
    let default = prop_oneof![any::<bool>().prop_map(Value::from), any::<f64>().prop_map(|x| json!(x + 0.0))]
        .prop_filter("finite", |value| !value.is_null());
    (nodes, edges, places, notes, text, default).prop_map(|(nodes, edges, places, notes, text, default)| {
        let mut doc =
            FlowDocument { name: text.clone(), description: text.clone(), ..FlowDocument::default() };
        for (id, (x, y)) in nodes.keys().zip(places) {
            doc.layout.nodes.insert(id.clone(), Point { x, y });
        }
        for (id, text) in notes {
            doc.layout.notes.insert(id.clone(), Area { x: 1, y: -2, width: 3, height: 4 });
            doc.frames.insert(id.clone(), Frame { title: text.clone(), color: None });
            doc.notes.insert(id, Note { text, color: Some("blue".to_owned()) });
        }
        doc.edges
            .extend(edges.into_iter().map(|(from, to)| edge(&format!("{from}.out"), &format!("{to}.in"))));
        doc.parameters.insert("x".to_owned(), FlowParameter { default, doc: text });
        doc.nodes = nodes;
        doc
    })
}

proptest! {
    #[test]
    fn whatever_is_saved_is_read_back_the_same(doc in any_flow()) {
        let text = doc.to_json();
        let read = FlowDocument::from_json(text.as_bytes()).expect("a flow");
        prop_assert_eq!(&read, &doc);
        prop_assert_eq!(read.to_json(), text);
    }

    #[test]
    fn a_damaged_file_is_refused_or_checked_and_never_a_panic(
        cuts in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut bytes = V1.as_bytes().to_vec();
        for (at, other, byte) in cuts {
            let (at, other) = (at.index(bytes.len()), other.index(bytes.len()));
            match byte % 4 {
                0 => bytes[at] = byte,
                1 => bytes.swap(at, other),
                2 => { bytes.remove(at); }
                _ => {
                    let copy = bytes[at.min(other)..at.max(other).min(at.min(other) + 40)].to_vec();
                    bytes.splice(other..other, copy);
                }
            }
        }
        look_at(&bytes);
    }

    #[test]
    fn a_flow_with_other_values_is_refused_or_checked_and_never_a_panic(
        values in prop::collection::vec((any::<prop::sample::Index>(), any_value()), 1..5),
    ) {
        let usual = usual().to_json();
        for text in [V1, &usual] {
            let mut flow: Value = serde_json::from_str(text).expect("JSON");
            for (at, value) in &values {
                let mut places = BTreeMap::new();
                pointers(&flow, String::new(), &mut places);
                let (pointer, ()) = places.into_iter().nth(at.index(places_len(&flow))).expect("a place");
                *flow.pointer_mut(&pointer).expect("a value") = value.clone();
            }
            look_at(flow.to_string().as_bytes());
        }
    }
}

fn places_len(flow: &Value) -> usize {
    let mut places = BTreeMap::new();
    pointers(flow, String::new(), &mut places);
    places.len()
}

/// Every place in a value, by JSON pointer.
fn pointers(value: &Value, at: String, places: &mut BTreeMap<String, ()>) {
    match value {
        Value::Array(values) => {
            for (idx, value) in values.iter().enumerate() {
                pointers(value, format!("{at}/{idx}"), places);
            }
        }
        Value::Object(fields) => {
            for (key, value) in fields {
                pointers(value, format!("{at}/{}", key.replace('~', "~0").replace('/', "~1")), places);
            }
        }
        _ => {}
    }
    places.insert(at, ());
}

fn look_at(bytes: &[u8]) {
    if let Ok(doc) = FlowDocument::from_json(bytes) {
        let files = FileAccess::new(".", ".");
        let checked = check(&doc, &catalog(), &CheckContext::new(&files));
        assert!(checked.graph.nodes.len() <= doc.nodes.len());
        let text = doc.to_json();
        assert_eq!(FlowDocument::from_json(text.as_bytes()).expect("a flow").to_json(), text);
    }
}
