//! Every row is counted where it goes, in figures worked out by hand.

use tidemark_engine::node::RowAccount;
use tidemark_engine::runtime::{JobConfig, JobStatus};
use tidemark_tests::{Pace, run};

/// One row for every fate.
const ROWS: &str = "id,v,ts
1,5,2026-01-01 00:00:01.000
2,0,2026-01-01 00:00:02.000
3,2,
4,,2026-01-01 00:00:03.000
5,1,2026-01-01 00:00:20.000
6,5,2026-01-01 00:00:00.000
7,x,2026-01-01 00:00:21.000
8,10,2026-01-01 00:00:22.000
9,2,2026-01-01 00:00:23.000
";

const FLOW: &str = r#"{"version": 1, "nodes": [
  {"id": "read", "kind": "csv_source", "params": {"path": "rows.csv", "schema": [
    {"name": "id", "type": "BIGINT"}, {"name": "v", "type": "BIGINT"}, {"name": "ts", "type": "TIMESTAMP"}]}},
  {"id": "time", "kind": "watermarks", "params": {"time_column": "ts"}},
  {"id": "divide", "kind": "select", "params": {"keep_others": true, "columns": [{"expression": "10 / v", "name": "q"}]}},
  {"id": "some", "kind": "filter", "params": {"condition": "q > 1 AND 6 / (id - 9) <> 77"}},
  {"id": "window", "kind": "tumbling_window", "params": {"size_millis": 10000, "aggregates": [{"function": "count", "name": "n"}]}},
  {"id": "out", "kind": "table_sink"}
], "edges": [{"from": "read.out", "to": "time.in"}, {"from": "time.out", "to": "divide.in"},
  {"from": "divide.out", "to": "some.in"}, {"from": "some.out", "to": "window.in"}, {"from": "window.out", "to": "out.in"}]}"#;

#[test]
fn every_row_is_counted_where_it_goes() {
    let dir = tempfile::tempdir().expect("a folder");
    std::fs::write(dir.path().join("rows.csv"), ROWS).expect("a writable folder");
    let none = RowAccount::default();
    let expected = [
        // Row 7 is no row.
        ("read", RowAccount { rows_in: 9, used: 8, rejected: 1, ..none }),
        // Row 3 has no event time.
        ("time", RowAccount { rows_in: 8, used: 7, rejected: 1, ..none }),
        // Row 2 divides by zero.
        ("divide", RowAccount { rows_in: 7, used: 6, rejected: 1, ..none }),
        // For rows 4 and 8 the condition is NULL and false, for row 9 it divides by zero.
        ("some", RowAccount { rows_in: 6, used: 3, filtered: 2, rejected: 1, ..none }),
        // Row 6 comes after row 5 has closed its window.
        ("window", RowAccount { rows_in: 3, used: 2, late: 1, fired_timers: 2, ..none }),
        ("out", RowAccount { rows_in: 2, used: 2, ..none }),
    ];
    for batch_rows in [1, 4, 100] {
        for parallelism in [1, 3] {
            let config = JobConfig { parallelism, batch_rows, ..JobConfig::default() };
            let outcome = run(FLOW, dir.path(), &config, Pace::Free);
            assert!(matches!(outcome.status, JobStatus::Finished), "{:?}", outcome.status);
            for (node, account) in expected {
                assert_eq!(outcome.accounts[node], account, "{node}, {config:?}");
            }
        }
    }
}
