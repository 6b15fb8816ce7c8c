//! The disorder files: five tables of rows out of order, some of them broken, and how a flow reads them.

use std::path::{Path, PathBuf};

use crate::reference::{self, Row};

/// How far out of order rows may come, in the flows of the tests, in milliseconds.
pub const BOUND: i64 = 5_000;

/// The files that four sources, or one, read together.
pub const FOUR: [&str; 4] = ["disorder-0.csv", "disorder-1.csv", "disorder-2.csv", "disorder-3.csv"];

/// The folder of the files.
pub fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data")
}

/// The rows of these files of a folder, and how many records are no rows.
///
/// # Panics
/// If a file cannot be read.
pub fn rows(dir: &Path, names: &[&str]) -> (Vec<Vec<Row>>, usize) {
    let mut n_rejected = 0;
    let files = names.iter().enumerate().map(|(number, name)| {
        let text = std::fs::read_to_string(dir.join(name)).expect("test data");
        let (rows, n_bad) = reference::read(&text, number);
        n_rejected += n_bad;
        rows
    });
    (files.collect(), n_rejected)
}

/// The node of a source, as a line of a flow; `more` are further parameters, each with its comma.
pub fn source(id: &str, path: &str, more: &str) -> String {
    format!(
        r#"    {{"id": "{id}", "kind": "csv_source", "params": {{"path": "{path}", "event_time": "ts", "max_rejected_percent": 100.0, {more}
      "schema": [{{"name": "id", "type": "BIGINT"}}, {{"name": "k", "type": "STRING"}}, {{"name": "v", "type": "BIGINT"}},
        {{"name": "d", "type": "DOUBLE"}}, {{"name": "ts", "type": "TIMESTAMP"}}]}}}},
"#
    )
}

/// The node of a watermark strategy, as a line of a flow.
pub fn watermarks(id: &str) -> String {
    format!(
        "    {{\"id\": \"{id}\", \"kind\": \"watermarks\", \"params\": {{\"bound_millis\": {BOUND}}}}},\n"
    )
}
