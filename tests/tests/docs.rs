//! The generated pages are those that the catalog gives. `UPDATE_DOCS=1 cargo test -p tidemark-tests --test docs` writes them anew.

use std::path::Path;

use tidemark_engine::catalog;
use tidemark_engine::graph::{flow_schema_text, node_reference};

fn check(file: &str, expected: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs").join(file);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, expected).expect("writable");
    }
    let actual = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(actual == expected, "docs/{file} is out of date; run the tests once with UPDATE_DOCS=1");
}

#[test]
fn the_node_reference_is_up_to_date() {
    check("nodes.md", &node_reference(&catalog::standard()));
}

#[test]
fn the_schema_of_flow_files_is_up_to_date() {
    check("flow.schema.json", &flow_schema_text(&catalog::standard()));
}
