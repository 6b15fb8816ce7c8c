use std::path::Path;

use serde_json::json;

use super::super::testing::{catalog, edge, flow, port, usual};
use super::super::{ConnectionVeto, FlowNode, FlowParameter, connection_veto};
use super::*;
use crate::ids::NodeId;

fn checked(doc: &FlowDocument) -> Checked {
    checked_in(doc, Path::new("."))
}

fn checked_in(doc: &FlowDocument, folder: &Path) -> Checked {
    check(doc, &catalog(), &CheckContext::new(&FileAccess::new(folder, folder)))
}

fn said(doc: &FlowDocument) -> Vec<String> {
    lines(&checked(doc))
}

fn lines(checked: &Checked) -> Vec<String> {
    checked.diagnostics.iter().map(ToString::to_string).collect()
}

fn columns(edge_type: Option<&Arc<EdgeType>>) -> Vec<&str> {
    edge_type.map_or_else(Vec::new, |edge_type| {
        edge_type.schema.fields().iter().map(|field| &*field.name).collect()
    })
}

const LATE: &str =
    "hint[late-rows-dropped] `window`: late rows are dropped and counted; connect `late` to keep them";

#[test]
fn a_whole_flow_is_runnable_and_its_nodes_stand_in_order() {
    let checked = checked(&usual());
    assert_eq!(lines(&checked), [LATE]);
    assert!(checked.is_runnable());
    let ids: Vec<_> = checked.graph.nodes.iter().map(|node| node.id.as_str()).collect();
    assert_eq!(ids, ["rows", "stamp", "keep", "window", "sink"]);
    for edge in &checked.graph.edges {
        assert!(edge.from.node < edge.to.node);
        assert_eq!(checked.graph.nodes[edge.to.node].id, edge.id.to.node);
        assert!(checked.graph.edges_into(edge.to.node).any(|other| other.id == edge.id));
        assert!(checked.graph.edges_out_of(edge.from.node).any(|other| other.id == edge.id));
    }
}

#[test]
fn sources_are_told_which_columns_are_used_and_the_editor_still_sees_all() {
    let checked = checked(&usual());
    let edge = checked.graph.edge(&edge("stamp.out", "keep.in")).expect("the edge");
    assert_eq!(columns(edge.edge_type.as_ref()), ["ts", "key", "value"]);
    assert_eq!(columns(edge.full_type.as_ref()), ["ts", "key", "value", "unused"]);
    let rows = checked.graph.node(&NodeId::new("rows")).expect("the node");
    assert_eq!(columns(rows.full_outputs[0].as_ref()).len(), 4);
    assert_eq!(columns(rows.plan.outputs[0].as_ref()).len(), 3);
}

#[test]
fn a_sink_of_late_rows_uses_every_column_and_a_sink_of_rejected_ones_none() {
    let mut doc = usual();
    doc.nodes.insert(NodeId::new("aside"), doc.nodes[&NodeId::new("sink")].clone());
    doc.nodes.get_mut(&NodeId::new("aside")).expect("it").params.insert("path".into(), json!("aside.csv"));
    let with = |from| {
        let mut doc = doc.clone();
        doc.edges.insert(edge(from, "aside.in"));
        let checked = checked(&doc);
        assert!(checked.is_runnable(), "{:?}", lines(&checked));
        columns(checked.graph.nodes[0].plan.outputs[0].as_ref()).len()
    };
    assert_eq!(with("window.late"), 4);
    assert_eq!(with("rows.rejected"), 3);
}

#[test]
fn a_node_that_hides_what_it_needs_gets_every_column() {
    let mut doc = usual();
    doc.nodes.insert(NodeId::new("keep"), FlowNode::new("secretive", Map::new()));
    let checked = checked(&doc);
    assert!(checked.is_runnable());
    assert_eq!(
        lines(&checked)[0],
        "hint[reads-all-columns] `keep`: sources give out every column, because this node needs one that it does not say it uses; without it: there is no column `unused`"
    );
    assert_eq!(columns(checked.graph.nodes[0].plan.outputs[0].as_ref()).len(), 4);
}

#[test]
fn an_unknown_kind_is_reported_once_and_what_stands_behind_it_waits() {
    let mut doc = usual();
    doc.nodes.insert(NodeId::new("keep"), FlowNode::new("kep", Map::new()));
    let checked = checked(&doc);
    assert_eq!(
        lines(&checked),
        ["error[unknown-kind] `keep`: there is no kind of node called `kep`; did you mean `keep`?"]
    );
    assert!(!checked.is_runnable());
    assert_eq!(checked.graph.nodes.len(), 4);
}

#[test]
fn an_edge_to_what_does_not_exist_names_what_was_probably_meant() {
    let mut doc = usual();
    doc.edges.remove(&edge("keep.out", "window.in"));
    doc.edges.insert(edge("kep.out", "window.in"));
    doc.edges.insert(edge("window.lat", "nowhere.in"));
    doc.edges.insert(edge("sink.out", "window.out"));
    let said: Vec<_> = said(&doc).into_iter().filter(|line| line.starts_with("error")).collect();
    assert_eq!(
        said,
        [
            "error[missing-node] edge window.lat -> nowhere.in: there is no node `nowhere`; remove the edge",
            "error[unknown-port] edge window.lat -> nowhere.in: `window` has no output `lat`; did you mean `late`?",
            "error[missing-node] edge kep.out -> window.in: there is no node `kep`; did you mean `keep`?",
            "error[unknown-port] edge sink.out -> window.out: `sink` has no outputs; remove the edge",
            "error[unknown-port] edge sink.out -> window.out: `window` has no input `out`; it has `in`",
        ]
    );
}

#[test]
fn inputs_need_an_edge_and_some_take_only_one() {
    let mut doc = usual();
    doc.edges.remove(&edge("rows.out", "stamp.in"));
    doc.edges.insert(edge("stamp.out", "window.in"));
    assert_eq!(
        said(&doc),
        [
            "error[unconnected-input] `stamp`: nothing is connected to its input `in`; draw an edge to `in`, or remove the node",
            "error[too-many-edges] edge stamp.out -> window.in: `window.in` takes one edge and has another already; remove one of them, or put a union before it",
            "hint[unread-output] `rows`: nothing reads its output `out`; connect it to a node or a sink",
        ]
    );
}

#[test]
fn many_edges_enter_a_union() {
    let mut doc = usual();
    doc.nodes.insert(NodeId::new("union"), FlowNode::new("union", Map::new()));
    doc.nodes.insert(NodeId::new("more"), doc.nodes[&NodeId::new("rows")].clone());
    doc.nodes.insert(NodeId::new("more_stamp"), doc.nodes[&NodeId::new("stamp")].clone());
    doc.edges.remove(&edge("stamp.out", "keep.in"));
    doc.edges.extend([
        edge("more.out", "more_stamp.in"),
        edge("more_stamp.out", "union.in"),
        edge("stamp.out", "union.in"),
        edge("union.out", "keep.in"),
    ]);
    let checked = checked(&doc);
    assert_eq!(lines(&checked), [LATE]);
    let ids: Vec<_> = checked.graph.nodes.iter().map(|node| node.id.as_str()).collect();
    assert_eq!(ids, ["more", "more_stamp", "rows", "stamp", "union", "keep", "window", "sink"]);
    assert_eq!(columns(checked.graph.nodes[0].plan.outputs[0].as_ref()).len(), 3);
}

#[test]
fn watermarks_are_assigned_before_streams_are_merged_or_grouped() {
    let mut doc = usual();
    doc.nodes.insert(NodeId::new("union"), FlowNode::new("union", Map::new()));
    doc.nodes.insert(NodeId::new("more"), doc.nodes[&NodeId::new("rows")].clone());
    doc.edges.remove(&edge("rows.out", "stamp.in"));
    doc.edges.extend([
        edge("rows.out", "union.in"),
        edge("more.out", "union.in"),
        edge("union.out", "stamp.in"),
    ]);
    doc.nodes
        .insert(NodeId::new("again"), FlowNode::new("stamp", params(&json!({ "column": "window_time" }))));
    doc.edges.remove(&edge("window.out", "sink.in"));
    doc.edges.extend([edge("window.out", "again.in"), edge("again.out", "sink.in")]);
    let fix = "put it next to the source, before rows are grouped or merged";
    assert_eq!(
        said(&doc),
        [
            format!(
                "error[watermark-behind-exchange] `again`: watermarks must be assigned before rows are brought together, as `window` does; {fix}"
            ),
            format!(
                "error[watermark-behind-exchange] `stamp`: watermarks must be assigned before streams are merged, as `union` does; {fix}"
            ),
            LATE.to_owned(),
        ]
    );
}

fn params(value: &Value) -> Map<String, Value> {
    value.as_object().cloned().expect("an object")
}

#[test]
fn a_cycle_names_the_nodes_on_it() {
    let mut doc = usual();
    doc.nodes.insert(NodeId::new("a"), FlowNode::new("union", Map::new()));
    doc.nodes.insert(NodeId::new("b"), FlowNode::new("union", Map::new()));
    doc.edges.extend([edge("a.out", "b.in"), edge("b.out", "a.in"), edge("b.out", "b.in")]);
    let checked = checked(&doc);
    assert_eq!(
        lines(&checked),
        [
            "error[cycle] edge b.out -> a.in: the edge closes a cycle over `a`, `b`; remove an edge of the cycle: rows flow in one direction",
            "error[cycle] edge b.out -> b.in: `b` reads what it gives out itself; remove an edge of the cycle: rows flow in one direction",
            LATE,
        ]
    );
    assert_eq!(checked.graph.nodes.len(), 7);
}

#[test]
fn a_flow_without_nodes_says_how_to_begin() {
    let checked = checked(&FlowDocument::default());
    assert_eq!(lines(&checked), ["hint[empty-flow] flow: the flow has no nodes; add a source to begin with"]);
    assert!(!checked.is_runnable());
}

#[test]
fn strange_ids_are_shown_escaped() {
    let doc = flow(&[("a\u{202e}\n\u{7}b", "panics\u{200b}", json!({}))], &[("\u{2066}x.\u{1b}[2J", "y.in")]);
    for line in said(&doc) {
        assert!(!line.chars().any(|c| c.is_control() || matches!(c, '\u{200b}'..='\u{2069}')), "{line:?}");
    }
    assert!(said(&doc).iter().any(|line| {
        line.starts_with(
            r"error[invalid-id] `a\u{202e}\u{a}\u{7}b`: `a\u{202e}\u{a}\u{7}b` cannot be the id of a node",
        )
    }));
}

#[test]
fn a_zone_that_does_not_exist_is_an_error() {
    let doc = FlowDocument { session_zone: "Mars/Olympus".to_owned(), ..usual() };
    assert_eq!(
        said(&doc)[0],
        "error[unknown-zone] flow: there is no time zone called `Mars/Olympus`; use a name such as `UTC` or `America/New_York`"
    );
}

#[test]
fn flow_parameters_reach_the_nodes() {
    let mut doc = usual();
    doc.parameters.insert("size".to_owned(), FlowParameter { default: json!(5), doc: None });
    doc.nodes.get_mut(&NodeId::new("window")).expect("it").params.insert("size".into(), json!("${size}"));
    assert_eq!(checked(&doc).graph.node(&NodeId::new("window")).expect("it").params["size"], json!(5));
    doc.nodes.get_mut(&NodeId::new("window")).expect("it").params.insert("size".into(), json!("${sise}"));
    assert_eq!(
        said(&doc),
        [
            "error[unknown-flow-parameter] `window`, size: the flow has no parameter `sise`; did you mean `size`?"
        ]
    );
}

#[test]
fn a_node_type_that_panics_is_reported_at_its_node() {
    let mut doc = usual();
    doc.nodes.insert(NodeId::new("keep"), FlowNode::new("panics", Map::new()));
    assert_eq!(
        said(&doc),
        [
            "error[internal-error] `keep`: planning this node failed by a fault of Tidemark's own; please report it with the node's parameters"
        ]
    );
}

/// Regression case 13: a flow that reads what it writes.
#[test]
fn a_flow_does_not_write_what_it_reads_by_whatever_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("in.csv"), "ts\n").expect("a file");
    std::fs::create_dir(at("sub")).expect("a folder");
    std::fs::write(at("sub/in.csv"), "ts\n").expect("a file");
    std::fs::hard_link(at("in.csv"), at("hard.csv")).expect("a link");
    #[cfg(unix)]
    std::os::unix::fs::symlink(at("in.csv"), at("soft.csv")).expect("a link");
    #[cfg(unix)]
    std::os::unix::fs::symlink(folder.path(), at("sub/up")).expect("a link");
    let found = |read: &str, write: &str| {
        let mut doc = usual();
        doc.nodes.get_mut(&NodeId::new("rows")).expect("it").params.insert("path".into(), json!(read));
        doc.nodes.get_mut(&NodeId::new("sink")).expect("it").params.insert("path".into(), json!(write));
        let checked = checked_in(&doc, folder.path());
        checked.diagnostics.iter().any(|diagnostic| diagnostic.code == "reads-what-it-writes")
    };
    for (read, write) in
        [("in.csv", "in.csv"), ("in.csv", "./sub/../in.csv"), ("sub/in.csv", "sub"), ("in.csv", "hard.csv")]
    {
        assert!(found(read, write), "{read} {write}");
    }
    #[cfg(unix)]
    for (read, write) in [("in.csv", "soft.csv"), ("soft.csv", "in.csv"), ("hard.csv", "sub/up/soft.csv")] {
        assert!(found(read, write), "{read} {write}");
    }
    assert!(!found("in.csv", "out.csv"));
    assert!(!found("sub/in.csv", "in.csv"));
    assert!(!found("sub/in.csv", "su"));
}

#[test]
fn two_sinks_do_not_write_one_file() {
    let mut doc = usual();
    doc.nodes.insert(NodeId::new("zweite"), FlowNode::new("file", params(&json!({ "path": "./out.csv" }))));
    doc.edges.insert(edge("window.late", "zweite.in"));
    let said = said(&doc);
    assert!(said[0].starts_with("error[written-twice] `zweite`: `sink` writes the same file: `"), "{said:?}");
    assert_eq!(said.len(), 1);
}

#[test]
fn an_edge_is_vetoed_with_the_reason() {
    let mut doc = usual();
    doc.nodes.insert(NodeId::new("union"), FlowNode::new("union", Map::new()));
    doc.nodes.insert(NodeId::new("odd"), FlowNode::new("odd", Map::new()));
    let said = |veto: Result<(), ConnectionVeto>| veto.err().map(|veto| veto.to_string()).unwrap_or_default();
    let veto = |from, to| said(connection_veto(&doc, &catalog(), &port(from), &port(to)));
    assert_eq!(veto("rows.out", "union.in"), "");
    assert_eq!(veto("window.late", "union.in"), "");
    assert_eq!(veto("rows.out", "stamp.in"), "the two are joined already");
    assert_eq!(
        veto("stamp.out", "window.in"),
        "`window.in` takes one edge and has one already, from `keep.out`"
    );
    assert_eq!(veto("union.out", "union.in"), "`union` cannot read what it gives out itself");
    assert_eq!(veto("gone.out", "union.in"), "there is no node `gone`");
    assert_eq!(veto("rows.x", "union.in"), "`rows` has no output `x`");
    assert_eq!(veto("rows.out", "odd.in"), "nothing is known of nodes of the kind `odd`");
    doc.edges.remove(&edge("rows.out", "stamp.in"));
    doc.edges.insert(edge("window.out", "union.in"));
    assert_eq!(
        said(connection_veto(&doc, &catalog(), &port("union.out"), &port("stamp.in"))),
        "`union` already reads from `stamp`: the edge would close a cycle"
    );
}

#[test]
fn thousands_of_faults_are_found_in_a_moment() {
    let mut doc = FlowDocument::default();
    for idx in 0..10_000 {
        doc.nodes.insert(NodeId::new(format!("node_{idx}")), FlowNode::new("union", Map::new()));
    }
    for idx in 0..50_000 {
        doc.edges.insert(edge(&format!("node_{}.out", idx % 10_000), &format!("missing_{idx}.in")));
    }
    let start = std::time::Instant::now();
    let checked = checked(&doc);
    assert!(checked.diagnostics.len() > 50_000);
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
}
