//! Every sample gives the rows that its oracle says, at any parallelism.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use tidemark_engine::catalog;
use tidemark_engine::data::Value;
use tidemark_engine::diagnostic::Severity;
use tidemark_engine::graph::{CheckContext, check, load};
use tidemark_engine::ids::NodeId;
use tidemark_engine::node::{FileAccess, RowAccount};
use tidemark_engine::runtime::{JobConfig, JobHandle, JobStatus};

fn folder(sample: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../sample-flows").join(sample)
}

/// What a sample gave: its files, the rows of its tables, and every node's counters.
struct Ran {
    dir: tempfile::TempDir,
    tables: BTreeMap<String, Vec<Vec<String>>>,
    accounts: BTreeMap<String, RowAccount>,
}

fn run(sample: &str, parallelism: usize) -> Ran {
    let dir = tempfile::tempdir().expect("a folder");
    let document = load(&folder(sample).join(format!("{sample}.flow.json"))).expect("a flow");
    let files = FileAccess::new(folder(sample), dir.path());
    let checked = check(&document, &catalog::standard(), &CheckContext::new(&files));
    let complaints: Vec<_> =
        checked.diagnostics.iter().filter(|found| found.severity != Severity::Hint).collect();
    assert!(checked.is_runnable() && complaints.is_empty(), "{complaints:#?}");
    let job = JobHandle::start(&checked.graph, &JobConfig { parallelism, ..JobConfig::default() })
        .expect("startable");
    let status = job.wait();
    assert!(matches!(status, JobStatus::Finished), "{status:?}");
    let tables = checked.graph.nodes.iter().filter(|node| node.kind == "table_sink");
    let tables = tables.map(|node| (node.id.to_string(), rows_of(&job, &node.id))).collect();
    let accounts = job.snapshot().nodes.iter().map(|node| (node.id.to_string(), node.account)).collect();
    Ran { dir, tables, accounts }
}

fn rows_of(job: &JobHandle, node: &NodeId) -> Vec<Vec<String>> {
    let table = job.table(node).expect("a table");
    let fields = table.edge().schema.fields();
    let mut rows = Vec::new();
    for batch in table.batches().0 {
        for row in 0..batch.n_rows() {
            let cells = fields.iter().enumerate();
            rows.push(
                cells
                    .map(|(idx, field)| Value::at(batch.column(idx), &field.data_type, row).to_string())
                    .collect(),
            );
        }
    }
    rows
}

/// The lines of a CSV file without quotes, header included.
fn read(path: &Path) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.lines().map(|line| line.split(',').map(str::to_owned).collect()).collect()
}

/// Rows with every number as the double that it is, so that `3` and `3.0` are one, sorted.
fn comparable(rows: &[Vec<String>]) -> Vec<Vec<String>> {
    let number =
        |cell: &String| cell.parse::<f64>().map_or_else(|_| cell.clone(), |value| format!("{value:?}"));
    let mut rows: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(number).collect()).collect();
    rows.sort();
    rows
}

#[test]
fn flight_delays_agree_with_their_oracle() {
    let folder = folder("flight-delays");
    let figures: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(folder.join("expected.json")).expect("there"))
            .expect("JSON");
    let figure = |name: &str| figures[name].as_u64().unwrap_or_else(|| panic!("{name} in {figures}"));
    let mut first: Option<Vec<String>> = None;
    for parallelism in [1, 2, 8] {
        let ran = run("flight-delays", parallelism);
        let file = |name: &str| ran.dir.path().join(name);
        assert_eq!(
            comparable(&read(&file("hourly.csv"))),
            comparable(&read(&folder.join("expected-hourly.csv")))
        );
        assert_eq!(
            read(&file("late.csv")),
            read(&folder.join("expected-late.csv")),
            "late flights, in their order"
        );
        let (source, window) = (ran.accounts["flights"], ran.accounts["hourly"]);
        assert_eq!((source.rows_in, source.rejected), (figure("rows"), figure("rejected")));
        assert_eq!((window.used, window.late), (figure("used"), figure("late")));
        assert_eq!(read(&file("cancelled.csv")).len() as u64, figure("rejected") + 1);
        // More than is promised: the files are the same byte by byte.
        let bytes: Vec<String> = ["hourly.csv", "late.csv", "cancelled.csv"]
            .map(|name| std::fs::read_to_string(file(name)).expect("written"))
            .into();
        assert!(*first.get_or_insert_with(|| bytes.clone()) == bytes, "parallelism {parallelism}");
    }
}

#[test]
fn hello_window_agrees_with_what_was_worked_out_by_hand() {
    let folder = folder("hello-window");
    for parallelism in [1, 2, 8] {
        let ran = run("hello-window", parallelism);
        let expected = read(&folder.join("expected.csv"));
        assert_eq!(comparable(&ran.tables["table"]), comparable(&expected[1..]));
        assert_eq!(
            comparable(&read(&ran.dir.path().join("late-orders.csv"))),
            comparable(&read(&folder.join("expected-late.csv")))
        );
    }
}

/// The files below a folder that are not hidden, with what they hold.
fn files_below(folder: &Path, prefix: &str, into: &mut BTreeMap<String, Vec<u8>>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("readable").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        if name.starts_with('.') {
            continue;
        }
        if path.is_dir() {
            files_below(&path, &format!("{prefix}{name}/"), into);
        } else {
            into.insert(format!("{prefix}{name}"), std::fs::read(&path).expect("readable"));
        }
    }
}

#[test]
fn order_files_agree_with_their_oracle() {
    let folder = folder("order-files");
    let mut expected = BTreeMap::new();
    files_below(&folder.join("expected"), "", &mut expected);
    let mut first: Option<BTreeMap<String, Vec<u8>>> = None;
    for parallelism in [1, 2, 8] {
        let ran = run("order-files", parallelism);
        let mut files = BTreeMap::new();
        files_below(ran.dir.path(), "", &mut files);
        assert!(*first.get_or_insert_with(|| files.clone()) == files, "parallelism {parallelism}");
        let parts: Vec<String> =
            files.extract_if(.., |name, _| name.ends_with(".parquet")).map(|(name, _)| name).collect();
        assert_eq!(parts, [0, 1, 2].map(|n| format!("orders/part-0000{n}.parquet")));
        let text = |files: &BTreeMap<String, Vec<u8>>| -> BTreeMap<String, String> {
            files
                .iter()
                .map(|(name, bytes)| (name.clone(), String::from_utf8_lossy(bytes).into_owned()))
                .collect()
        };
        assert_eq!(text(&files), text(&expected));
        assert_eq!(ran.accounts["minutes"].late_assignments, 1, "the thirteenth row");
    }
}

#[test]
fn room_sensors_agree_with_what_was_worked_out_by_hand() {
    let folder = folder("room-sensors");
    for parallelism in [1, 2, 8] {
        let ran = run("room-sensors", parallelism);
        let expected = read(&folder.join("expected.csv"));
        assert_eq!(comparable(&ran.tables["means"]), comparable(&expected[1..]));
        let bad: Vec<[&str; 4]> =
            ran.tables["bad_lines"].iter().map(|row| [&*row[0], &*row[2], &*row[3], &*row[4]]).collect();
        assert_eq!(
            bad,
            [
                ["monday.ndjson", "4", "degrees", "`n/a` is not a DOUBLE"],
                ["monday.ndjson", "6", "", "the line is not JSON: a string is not closed at byte 51 of it"],
            ]
        );
    }
}

/// A sample that reads no file: its table and the file of its late rows, at any parallelism.
fn agrees_with_golden_files(sample: &str, late: &str) {
    let folder = folder(sample);
    for parallelism in [1, 2, 8] {
        let ran = run(sample, parallelism);
        let expected = read(&folder.join("expected.csv"));
        assert_eq!(comparable(&ran.tables["table"]), comparable(&expected[1..]));
        assert_eq!(
            read(&ran.dir.path().join(late)),
            read(&folder.join("expected-late.csv")),
            "in their order"
        );
    }
}

#[test]
fn nexmark_bids_agree_with_rows_that_were_made_elsewhere() {
    agrees_with_golden_files("nexmark-bids", "late-bids.csv");
}

#[test]
fn generated_sensors_agree_with_rows_that_were_made_elsewhere() {
    agrees_with_golden_files("generated-sensors", "late-reports.csv");
}
