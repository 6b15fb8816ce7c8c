//! What is proposed for files that somebody brings: good ones by hand-written expectations, and hostile ones by the sentence.

use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tidemark_engine::catalog;
use tidemark_engine::graph::{CheckContext, FlowDocument, Point, check};
use tidemark_engine::node::FileAccess;
use tidemark_engine::probe::{Proposal, TimeUse, probe};
use tidemark_engine::runtime::{JobConfig, JobHandle, JobStatus};

fn probed(path: &Path, flow_dir: &Path) -> Result<Proposal, String> {
    let files = FileAccess::new(flow_dir, flow_dir);
    probe(path, &catalog::standard(), &files, &AtomicBool::new(false)).map_err(|error| error.to_string())
}

/// What is proposed for a file of this name and content, in the folder of the flow.
fn of(name: &str, content: impl AsRef<[u8]>) -> Proposal {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join(name);
    std::fs::write(&path, content).expect("a file");
    probed(&path, dir.path()).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn refused(name: &str, content: impl AsRef<[u8]>) -> String {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join(name);
    std::fs::write(&path, content).expect("a file");
    probed(&path, dir.path()).map(|proposal| proposal.params).expect_err(name)
}

fn params(proposal: &Proposal) -> Value {
    Value::Object(proposal.params.clone())
}

fn schema(proposal: &Proposal) -> String {
    let fields = proposal.schema.fields().iter();
    fields.map(|field| format!("{} {}", field.name, field.data_type)).collect::<Vec<_>>().join(", ")
}

fn times(proposal: &Proposal) -> Vec<(&str, &str)> {
    proposal.time_columns.iter().map(|column| (&*column.name, &*column.reason)).collect()
}

/// Adds the proposal to a flow in `dir`, checks that undoing it leaves nothing, runs the flow, and gives how many rows arrived.
fn played(proposal: &Proposal, dir: &Path) -> (Vec<String>, u64) {
    let mut doc = FlowDocument::default();
    let undo = proposal.edit(&doc, Point { x: 32, y: 96 }).apply(&mut doc).expect("added");
    let again = proposal.edit(&doc, Point { x: 32, y: 400 });
    let mut twice = doc.clone();
    again.apply(&mut twice).expect("added under other ids");
    assert_eq!(twice.nodes.len(), 2 * doc.nodes.len());
    let files = FileAccess::new(dir, dir);
    let checked = check(&doc, &catalog::standard(), &CheckContext::new(&files));
    assert!(checked.is_runnable(), "{:?}", checked.diagnostics);
    let job = JobHandle::start(&checked.graph, &JobConfig::default()).expect("started");
    assert!(matches!(job.wait(), JobStatus::Finished));
    let snapshot = job.snapshot();
    let table = snapshot.nodes.iter().find(|node| node.id.as_str() == "table_sink").expect("a table");
    let kinds = checked.graph.nodes.iter().map(|node| format!("{} ({})", node.id, node.title)).collect();
    undo.apply(&mut doc).expect("undone");
    assert_eq!(doc, FlowDocument::default());
    (kinds, table.account.rows_in)
}

#[test]
fn the_samples_play_at_once() {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sample-flows");
    let dir = samples.join("hello-window");
    let orders = probed(&dir.join("orders.csv"), &dir).expect("orders");
    assert_eq!((orders.kind, &*orders.title, orders.complete), ("csv_source", "orders", true));
    assert_eq!(params(&orders), json!({ "path": "orders.csv", "event_time": "at" }));
    assert_eq!(times(&orders), [("at", "a timestamp")]);
    assert_eq!(orders.survey.n_records, 20);
    let (nodes, n_rows) = played(&orders, &dir);
    assert_eq!(nodes, ["csv_source (orders)", "watermarks (Watermarks)", "table_sink (orders)"]);
    assert_eq!(n_rows, 20);

    let dir = samples.join("flight-delays");
    let flights = probed(&dir.join("flights.parquet"), &dir).expect("flights");
    assert_eq!(flights.kind, "parquet_source");
    assert_eq!(params(&flights), json!({ "path": "flights.parquet", "event_time": "sched_dep" }));
    let names: Vec<&str> = flights.time_columns.iter().map(|column| &*column.name).collect();
    assert_eq!(names[0], "sched_dep", "some flights have no departure: {:?}", times(&flights));
    assert!(names.contains(&"dep"));
    assert!(flights.survey.n_records > 0 && !flights.complete, "{} records", flights.survey.n_records);
    assert!(flights.schema.index_of("origin").is_some());
}

#[test]
fn the_form_of_a_text_is_found_out() {
    let tabs =
        of("a.tsv", "ts\tn\n2026-01-01 10:00:00\t1\n2026-01-01 10:00:01\tNA\n2026-01-01 10:00:07\t3\n");
    let expected = json!({ "path": "a.tsv", "delimiter": "\\t", "null_text": "NA", "event_time": "ts" });
    assert_eq!(params(&tabs), expected);
    assert_eq!(schema(&tabs), "ts TIMESTAMP(3), n BIGINT");
    let bare = of("log.txt", "2026-01-01T10:00:00Z;EWR;1\n2026-01-01T10:00:01Z;JFK;2\n");
    let expected = json!({ "path": "log.txt", "delimiter": ";", "header": false, "event_time": "column_1" });
    assert_eq!(params(&bare), expected);
    // Without a header the schema goes by place, so it names the columns before the one that it is about.
    let dates = of("dates.csv", "1,2026-01-01\n2,2026-01-02\n");
    let entries = json!([{"name": "column_1"}, {"name": "column_2", "type": "TIMESTAMP"}]);
    let expected =
        json!({ "path": "dates.csv", "header": false, "event_time": "column_2", "schema": entries });
    assert_eq!(params(&dates), expected);
    assert_eq!(schema(&dates), "column_1 BIGINT, column_2 TIMESTAMP(3)");
    let quoted = of("q.csv", "\u{feff}\"event time\",\"a, b\"\n\"2026-01-01 10:00\",\"x, \"\"y\"\"\"\n");
    assert_eq!(params(&quoted), json!({ "path": "q.csv", "event_time": "event time" }));
    let one = of("one.csv", "ts\n2026-01-01 10:00:00\n");
    assert_eq!(params(&one), json!({ "path": "one.csv", "event_time": "ts" }));
}

#[test]
fn lines_of_json_and_compressed_files_are_proposed_as_well() {
    let lines = "{\"user\":{\"name\":\"a\"},\"ts\":1767258000000}\n{\"user\":{\"name\":\"b\"},\"ts\":1767258004000}\n";
    for name in ["events.ndjson", "events.jsonl", "events.json", "events.log"] {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join(name);
        std::fs::write(&path, lines).expect("a file");
        let proposal = probed(&path, dir.path()).expect("a proposal");
        assert_eq!((proposal.kind, &*proposal.title, proposal.complete), ("ndjson_source", "events", true));
        assert_eq!(schema(&proposal), "user.name STRING, ts TIMESTAMP(3)");
        let entry = json!({ "name": "ts", "type": "TIMESTAMP", "time_format": "epoch_millis" });
        assert_eq!(params(&proposal), json!({ "path": name, "event_time": "ts", "schema": [entry] }));
        assert_eq!(played(&proposal, dir.path()).1, 2);
    }
    // `printf 'at,n\n2026-01-01 10:00,1\n2026-01-01 10:01,2\n' | gzip -9n`
    let csv = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\x4b\x2c\xd1\xc9\xe3\x32\x32\x30\x32\xd3\x35\x30\x04\x22\x05\x43\x03\x2b\x03\x03\x1d\x43\x74\x21\x43\x1d\x23\x2e\x00\xe6\x3b\xb3\x91\x2b\x00\x00\x00";
    let proposal = of("readings.csv.gz", csv);
    assert_eq!((proposal.kind, &*proposal.title, proposal.complete), ("csv_source", "readings", true));
    assert_eq!(schema(&proposal), "at TIMESTAMP(3), n BIGINT");
    assert_eq!(params(&proposal), json!({ "path": "readings.csv.gz", "event_time": "at" }));
    let cut = refused("readings.csv.gz", &csv[..csv.len() - 10]);
    assert!(cut.starts_with("`readings.csv.gz` is cut off"), "{cut}");
}

#[test]
fn columns_are_ranked_by_type_and_name() {
    let text = "id,seen,day,created_at,event_time,ms,s\n\
                631152001,2026-01-01 09:00:00,2026-01-01,2026-01-01 10:00:00,2026-01-01 08:00:00,1767258000000,1767258000\n\
                631152002,2026-01-01 09:00:00,2026-01-02,,2026-01-01 08:00:01,1767258001000,1767258001\n";
    let proposal = of("events.csv", text);
    assert_eq!(
        times(&proposal),
        [
            ("event_time", "a timestamp, called like a time"),
            ("created_at", "a timestamp, called like a time; 1 of the first 2 rows have none"),
            ("seen", "a timestamp"),
            ("day", "a date, read as its midnight"),
            ("id", "whole numbers that may be seconds since 1970"),
            ("ms", "whole numbers that may be milliseconds since 1970"),
            ("s", "whole numbers that may be seconds since 1970"),
        ]
    );
    assert_eq!(proposal.event_time.as_deref(), Some("event_time"));
}

#[test]
fn whole_numbers_and_dates_become_times_where_the_source_can_take_them() {
    let dir = tempfile::tempdir().expect("a folder");
    for (name, values, entry, first) in [
        (
            "ts",
            ["1767258000", "1767258004", "1767258002"],
            json!({"name": "ts", "type": "TIMESTAMP", "time_format": "epoch_seconds"}),
            1_767_258_000_000,
        ),
        (
            "at_millis",
            ["1767258000000", "1767258004000", "1767258002000"],
            json!({"name": "at_millis", "type": "TIMESTAMP", "time_format": "epoch_millis"}),
            1_767_258_000_000,
        ),
        (
            "day",
            ["2026-01-01", "2026-01-02", "2026-01-01"],
            json!({"name": "day", "type": "TIMESTAMP"}),
            1_767_225_600_000_i64,
        ),
    ] {
        let path = dir.path().join("a.csv");
        std::fs::write(&path, format!("{name},n\n{}\n", values.map(|value| format!("{value},1")).join("\n")))
            .expect("a file");
        let proposal = probed(&path, dir.path()).expect("a proposal");
        assert_eq!(params(&proposal), json!({ "path": "a.csv", "event_time": name, "schema": [entry] }));
        assert_eq!(proposal.time_columns[0].usable, TimeUse::Schema(entry));
        assert_eq!(schema(&proposal), format!("{name} TIMESTAMP(3), n BIGINT"));
        assert_eq!(proposal.survey.event_time.expect("times").first_millis, first);
        assert_eq!(proposal.survey.disorder.n_behind(), 1);
        assert_eq!(played(&proposal, dir.path()).1, 3);
    }
}

#[test]
fn a_file_without_time_is_read_into_a_table() {
    let dir = tempfile::tempdir().expect("a folder");
    let airports = "faa,name,lat,lon,alt,tz,dst,tzone\n\
                    04G,Lansdowne Airport,41.1304722,-80.6195833,1044,-5,A,America/New_York\n\
                    06A,Moton Field Municipal Airport,32.4605722,-85.6800278,264,-6,A,America/Chicago\n";
    let planes = "tailnum,year,type,manufacturer,seats\nN10156,2004,Fixed wing multi engine,EMBRAER,55\n\
                  N102UW,NA,Fixed wing multi engine,AIRBUS INDUSTRIE,182\n";
    for (name, text) in [("airports.csv", airports), ("planes.csv", planes)] {
        let path = dir.path().join(name);
        std::fs::write(&path, text).expect("a file");
        let proposal = probed(&path, dir.path()).expect(name);
        assert_eq!((proposal.event_time.as_deref(), times(&proposal)), (None, vec![]));
        let (nodes, n_rows) = played(&proposal, dir.path());
        assert_eq!((nodes.len(), n_rows), (2, 2), "{name}");
    }
    // An identifier that might be a time is offered, but not taken.
    let orders = of("orders.csv", "order,n\n1000000001,1\n1000000002,2\n");
    assert_eq!((orders.event_time.as_deref(), orders.time_columns.len()), (None, 1));
}

#[test]
fn weather_by_the_hour_has_a_time() {
    let weather = "origin,year,month,day,hour,temp,wind_gust,time_hour\n\
                   EWR,2013,1,1,1,39.02,NA,2013-01-01T06:00:00Z\nEWR,2013,1,1,2,39.02,NA,2013-01-01T07:00:00Z\n\
                   JFK,2013,1,1,1,39.02,20.5,2013-01-01T06:00:00Z\n";
    let proposal = of("weather.csv", weather);
    assert_eq!(
        params(&proposal),
        json!({ "path": "weather.csv", "null_text": "NA", "event_time": "time_hour" })
    );
    assert_eq!(proposal.bound_millis(), 2 * 3_600_000, "one row of three comes an hour late");
    assert_eq!(proposal.summary(), "8 columns, event time `time_hour`, watermark 2 h behind");
}

#[test]
fn a_file_elsewhere_is_named_by_its_whole_path() {
    let (here, there) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let path = there.path().join("a[1].csv");
    std::fs::write(&path, "ts,n\n2026-01-01 10:00:00,1\n").expect("a file");
    let proposal = probed(&path, here.path()).expect("a proposal");
    let expected = path.canonicalize().expect("there").display().to_string();
    assert_eq!(proposal.params["path"], json!(expected));
    assert_eq!(probed(&path, there.path()).expect("a proposal").params["path"], json!("a[1].csv"));
}

const SUPPORTED: &str = "; CSV and NDJSON in UTF-8 and Parquet files can be read";

#[test]
fn what_cannot_be_read_is_one_sentence() {
    let flights = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sample-flows/flight-delays/flights.parquet");
    let parquet = std::fs::read(flights).expect("test data");
    for (name, content, sentence) in [
        ("a.csv", &b""[..], "`a.csv` is empty"),
        ("a.csv", b"a,b\n1,\0\n", "`a.csv` seems to be binary"),
        ("a.csv", b"gr\xF6\xDFe,b\n1,2\n", "`a.csv` seems to be text that is not UTF-8"),
        ("a.csv", b"\xFF\xFEa\0", "`a.csv` seems to be UTF-16 text"),
        (
            "a.json",
            b"[{\"a\": 1}]\n",
            "`a.json` seems to be an array in JSON, which `jq -c '.[]'` makes lines of",
        ),
        ("a.csv.gz", b"\x1f\x8b\x08\0\0\0\0\0\x02\x03\x03\0\0\0\0\0\0\0\0\0", "`a.csv.gz` is empty"),
        ("a.zip", b"PK\x03\x04....", "`a.zip` seems to be a ZIP archive or an Excel workbook"),
        (
            "notes.md",
            b"# Notes\n\nSome words, and more.\nAnd so on.\n",
            "`notes.md` seems to be plain text without columns",
        ),
    ] {
        assert_eq!(refused(name, content), format!("{sentence}{SUPPORTED}"));
    }
    let cut = refused("cut.parquet", &parquet[..parquet.len() / 2]);
    assert_eq!(
        cut,
        "`cut.parquet` is not a whole Parquet file: it does not end with `PAR1`; perhaps it was not written to its end"
    );
    let line = refused("long.csv", "x".repeat(100 << 20));
    assert_eq!(line, format!("`long.csv` has a first line of more than 1 MiB{SUPPORTED}"));
    let dir = tempfile::tempdir().expect("a folder");
    assert!(
        probed(dir.path(), dir.path())
            .expect_err("a folder")
            .ends_with("is a folder; CSV, NDJSON and Parquet files can be read")
    );
    let none = probed(&dir.path().join("none.csv"), dir.path());
    assert_eq!(none.expect_err("nothing"), "there is no file `none.csv`");
}

#[cfg(unix)]
#[test]
fn a_pipe_or_a_locked_file_is_not_waited_for() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().expect("a folder");
    let pipe = dir.path().join("pipe.csv");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo");
    assert!(made.success());
    assert_eq!(
        probed(&pipe, dir.path()).expect_err("a pipe"),
        "`pipe.csv` is not a plain file; CSV, NDJSON and Parquet files can be read"
    );
    let locked = dir.path().join("locked.csv");
    std::fs::write(&locked, "a,b\n1,2\n").expect("a file");
    std::fs::set_permissions(&locked, std::fs::Permissions::from_mode(0o000)).expect("permissions");
    // Root may read whatever it likes.
    if std::fs::File::open(&locked).is_err() {
        let sentence = "`locked.csv` cannot be read: permission is denied";
        assert_eq!(probed(&locked, dir.path()).expect_err("locked"), sentence);
    }
}

#[test]
fn a_huge_file_is_answered_for_soon() {
    let mut text = "ts,n\n".to_owned();
    for n in 0..3_000_000_u32 {
        let second = n / 50_000;
        text.push_str(&format!("2026-01-01 10:00:{second:02},{n}\n"));
    }
    let started = Instant::now();
    let proposal = of("huge.csv", text);
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
    assert!(!proposal.complete && proposal.survey.n_records < 300_000);
    assert_eq!(proposal.bound_millis(), 0);
}
