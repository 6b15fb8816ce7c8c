//! Files of other writers, as `tests/oracles/parquet_writers.py` has made them and as PyArrow reads them.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use serde_json::{Value as Json, json};

use super::super::testing::{Flow, findings, read, source};
use super::ParquetSource;
use crate::node::SplitOffset;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data/parquet")
}

/// A file of another writer.
pub(super) fn bytes(name: &str) -> Vec<u8> {
    std::fs::read(folder().join(name)).expect("a file of the repository")
}

#[test]
fn files_of_every_common_writer_are_read_as_pyarrow_reads_them() {
    let text = String::from_utf8(bytes("expected.json")).expect("text");
    let expected: Json = serde_json::from_str(&text).expect("JSON");
    let expected = expected.as_object().expect("files");
    assert!(expected.len() > 40);
    let mut wrong = Vec::new();
    for (name, file) in expected {
        // Files of the same rows name the first of them.
        let rows = file["rows"].as_str().map_or(&file["rows"], |first| &expected[first]["rows"]);
        let rows: Vec<&str> =
            rows.as_array().expect("rows").iter().map(|row| row.as_str().expect("text")).collect();
        let flow = Flow::new();
        flow.file(name, bytes(name));
        let plan = flow.plan(&ParquetSource, &json!({ "path": name }));
        if !plan.diagnostics.is_empty() {
            wrong.push(format!("{name}: {}", findings(&plan)));
            continue;
        }
        let plan = source(plan);
        let types: Vec<String> =
            plan.decoded.fields().iter().map(|field| format!("{} {}", field.name, field.data_type)).collect();
        if types.join(", ") != file["types"] {
            wrong.push(format!("{name}: {}\ninstead of {}", types.join(", "), file["types"]));
        }
        for n_rows in [1, 7, 8192] {
            let whole = AssertUnwindSafe(|| read(&plan, 0, SplitOffset::START, n_rows));
            let Ok(all) = catch_unwind(whole) else {
                wrong.push(format!("{name} cannot be read"));
                break;
            };
            assert!(all.rejected.is_empty(), "{name}: {:?}", all.rejected);
            let differs = all.rows.iter().zip(&rows).find(|(row, expected)| row != expected);
            if let Some((row, expected)) = differs {
                wrong.push(format!("{name}: {row}\ninstead of {expected}"));
                break;
            }
            assert_eq!(all.rows.len(), rows.len(), "{name}");
            let half = SplitOffset { records: 5, cursor: 5 };
            assert_eq!(read(&plan, 0, half, n_rows).rows, rows[5..], "{name} from its sixth row");
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn columns_that_are_not_wanted_are_not_needed_to_read_nested_ones() {
    let flow = Flow::new();
    flow.file("a.parquet", bytes("nested-tiny-pages.parquet"));
    let params = json!({"path": "a.parquet"});
    let all = read(&source(flow.plan(&ParquetSource, &params)), 0, SplitOffset::START, 8192);
    let some = source(flow.plan_used(&ParquetSource, &params, &["deep", "map"]));
    let some = read(&some, 0, SplitOffset::START, 8192);
    for (all, some) in all.rows.iter().zip(&some.rows) {
        let columns: Vec<&str> = all.split('|').collect();
        assert_eq!(*some, format!("{}|{}", columns[6], columns[7]));
    }
    let none = source(flow.plan_used(&ParquetSource, &params, &[]));
    assert_eq!(read(&none, 0, SplitOffset::START, 8192).rows.len(), all.rows.len());
}

#[test]
fn encrypted_files_are_refused_by_name() {
    let flow = Flow::new();
    for (name, expected) in [
        ("encrypted.parquet", "`encrypted.parquet` is encrypted, which is not supported"),
        ("encrypted-column.parquet", "some of its columns are encrypted, which is not supported"),
    ] {
        flow.file(name, bytes(name));
        let found = findings(&flow.plan(&ParquetSource, &json!({ "path": name })));
        assert!(found.contains(expected), "{found}");
    }
}

#[test]
fn an_encoding_that_is_not_read_is_said_to_be_that_and_no_damage() {
    let flow = Flow::new();
    flow.file("a.parquet", bytes("fixed-delta.parquet"));
    let plan = source(flow.plan(&ParquetSource, &json!({"path": "a.parquet"})));
    let split = plan.source.splits().expect("splits").remove(0);
    let mut reader = plan.source.open(&split, SplitOffset::START).expect("a reader");
    let error = reader.next(64).expect("a morsel").expect("rows").decode().expect_err("refused").to_string();
    assert!(
        error.contains("`a.parquet` uses a form that is not supported in row group 0, column `fixed`"),
        "{error}"
    );
}
