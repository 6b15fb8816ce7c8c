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

/// The parts of a cell that stand between backticks.
fn quoted(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

fn read(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(file);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{file}: {error}"))
}

#[test]
fn the_page_of_limits_names_constants_and_tests_that_there_are() {
    let page = read("docs/limits.md");
    let lines = page.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| ---")).skip(1);
    let (mut n_limits, mut n_tests, mut wrong) = (0, 0, Vec::new());
    for line in lines {
        let cells: Vec<&str> = line.split('|').collect();
        let [_, thing, _, _, place, tests, _] = *cells else { panic!("a line of other cells: {line}") };
        let mut place = quoted(place);
        let source = read(place.next().unwrap_or_else(|| panic!("no file: {line}")));
        while let (Some(name), Some(value)) = (place.next(), place.next()) {
            let constant = format!("const {name}: ");
            let is_there = source.lines().any(|line| {
                let declared = line.split_once(&constant).and_then(|(_, rest)| rest.split_once(" = "));
                declared.is_some_and(|(_, found)| found == format!("{value};"))
            });
            n_limits += 1;
            if !is_there {
                wrong.push(format!("{thing}: `{name}` is not `{value}`"));
            }
        }
        let mut source = String::new();
        for part in quoted(tests) {
            if part.contains('/') {
                source = read(part);
                continue;
            }
            n_tests += 1;
            if !source.contains(&format!("fn {part}()")) {
                wrong.push(format!("{thing}: there is no test `{part}`"));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    assert!(n_limits > 25 && n_tests > 25, "{n_limits} limits and {n_tests} tests were found");
}
