//! Surveys of sources held against runs of the same flows, and against loops that read the files row by row.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use polars::prelude::{DataFrame, ParquetReader, SerReader};
use tidemark_engine::ids::NodeId;
use tidemark_engine::runtime::{Bucket, JobConfig, Survey, SurveyLimits, TimeSpan, survey};
use tidemark_tests::disorder::{FOUR, data};
use tidemark_tests::reference::millis;
use tidemark_tests::{Pace, checked, run};

/// A flow that counts the rows of `source` that stand at or below a watermark of this bound: a window of one millisecond is closed
/// exactly for those.
fn counting(source: &str, bound: u64) -> String {
    format!(
        r#"{{"version": 1, "nodes": [
  {source},
  {{"id": "time", "kind": "watermarks", "params": {{"bound_millis": {bound}}}}},
  {{"id": "window", "kind": "tumbling_window", "params": {{"size_millis": 1, "aggregates": [{{"function": "count", "name": "n"}}]}}}},
  {{"id": "out", "kind": "blackhole", "params": {{}}}}
], "edges": [{{"from": "read.out", "to": "time.in"}}, {{"from": "time.out", "to": "window.in"}}, {{"from": "window.out", "to": "out.in"}}]}}"#
    )
}

fn csv(path: &str, more: &str) -> String {
    format!(
        r#"{{"id": "read", "kind": "csv_source", "params": {{"path": "{path}", "event_time": "ts", "max_rejected_percent": 100.0{more},
    "schema": [{{"name": "ts", "type": "TIMESTAMP"}}]}}}}"#
    )
}

fn flights() -> String {
    r#"{"id": "read", "kind": "parquet_source", "params": {"path": "flights.parquet", "arrival_time": "dep",
    "event_time": "sched_dep", "max_rejected_percent": 100.0}}"#
        .to_owned()
}

fn samples() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../sample-flows/flight-delays")
}

fn surveyed_with(flow: &str, dir: &Path, limits: &SurveyLimits) -> Survey {
    let checked = checked(flow, dir);
    assert!(checked.is_runnable(), "{:?}", checked.diagnostics);
    survey(&checked.graph, &NodeId::new("read"), limits, &AtomicBool::new(false), &mut |_| {}).expect("read")
}

fn surveyed(flow: &str, dir: &Path) -> Survey {
    surveyed_with(flow, dir, &SurveyLimits::default())
}

/// Asserts that as many rows are late at each bound as a run says.
fn assert_late_as_in_a_run(source: &str, dir: &Path, bounds: &[u64]) {
    let survey = surveyed(&counting(source, 0), dir);
    for bound in bounds {
        let config = JobConfig { parallelism: 2, batch_rows: 4096, ..JobConfig::default() };
        let accounts = run(&counting(source, *bound), dir, &config, Pace::Free).accounts;
        let (read, time, window) = (accounts["read"], accounts["time"], accounts["window"]);
        assert_eq!((survey.n_records, survey.n_rejected), (read.rows_in, read.rejected));
        assert_eq!(survey.n_future_skewed, time.future_skewed);
        assert_eq!(survey.disorder.n_rows(), window.rows_in);
        assert_eq!(survey.disorder.n_late_at(*bound), window.late, "{bound} ms in {source}");
        let share = window.late as f64 / window.rows_in as f64;
        assert!((survey.disorder.share_late_at(*bound) - share).abs() < 1e-12);
    }
}

#[test]
fn rows_are_late_as_in_a_run_of_one_file_of_several_and_of_partitions() {
    let bounds = [0, 1, 17, 500, 1_234, 5_000, 7_777, 30_000, 3_600_000];
    for source in [
        csv("disorder.csv", ""),
        csv("disorder-?.csv", ""),
        csv("disorder.csv", r#", "partition": "k""#),
        csv("disorder-?.csv", r#", "partition": "k""#),
    ] {
        assert_late_as_in_a_run(&source, &data(), &bounds);
    }
}

#[test]
fn flights_are_late_as_in_a_run() {
    assert_late_as_in_a_run(&flights(), &samples(), &[7_200_000]);
}

/// Row by row: arrival time, event time and whether it lies below the greatest so far.
struct Naive {
    rows: Vec<(i64, i64, bool)>,
    lags: Vec<u64>,
    n_rejected: u64,
}

impl Naive {
    /// One file whose records have these arrival times (the event time's progress where there is none) and event times.
    fn new(records: impl Iterator<Item = (Option<Option<i64>>, Option<i64>)>) -> Naive {
        let (mut rows, mut lags, mut n_rejected) = (Vec::new(), Vec::new(), 0);
        let (mut greatest, mut latest) = (None, i64::MIN);
        for record in records {
            let (Some(ts), arrival @ (None | Some(Some(_)))) = (record.1, record.0) else {
                n_rejected += 1;
                continue;
            };
            latest = latest.max(arrival.flatten().unwrap_or(ts));
            rows.push((latest, ts, greatest.is_some_and(|greatest| ts < greatest)));
            lags.push(greatest.map_or(0, |greatest: i64| (greatest - ts).max(0) as u64));
            greatest = greatest.max(Some(ts));
        }
        Naive { rows, lags, n_rejected }
    }

    fn assert_as(&self, survey: &Survey) {
        assert!(survey.complete);
        assert_eq!(survey.n_records, self.rows.len() as u64 + self.n_rejected);
        assert_eq!(survey.n_rejected, self.n_rejected);
        let span = |of: fn(&(i64, i64, bool)) -> i64| {
            let times = self.rows.iter().map(of);
            Some(TimeSpan { first_millis: times.clone().min()?, last_millis: times.max()? })
        };
        assert_eq!(survey.arrival, span(|row| row.0));
        assert_eq!(survey.event_time, span(|row| row.1));
        let width = survey.density.width_millis() as i64;
        let mut buckets: BTreeMap<usize, Bucket> = BTreeMap::new();
        for (arrival, _, is_out_of_order) in &self.rows {
            let bucket = buckets.entry(((arrival - self.rows[0].0) / width) as usize).or_default();
            bucket.n_rows += 1;
            bucket.n_out_of_order += u64::from(*is_out_of_order);
        }
        let counted = survey.density.buckets();
        assert!(counted.len() > 1024 && counted.len() <= 2048, "{} buckets", counted.len());
        for (idx, bucket) in counted.iter().enumerate() {
            assert_eq!(*bucket, buckets.get(&idx).copied().unwrap_or_default(), "bucket {idx} of {width} ms");
        }
        let mut lags = self.lags.clone();
        lags.sort_unstable();
        for q in [0.0, 0.1, 0.5, 0.9, 0.99, 0.999, 1.0] {
            let n = ((lags.len() as f64 * q).ceil() as usize).clamp(1, lags.len());
            assert_eq!(survey.disorder.quantile(q), lags[n - 1], "quantile {q}");
        }
        let n_behind = lags.iter().filter(|lag| **lag > 0).count() as u64;
        assert_eq!(survey.disorder.n_behind(), n_behind);
        let bound = survey.disorder.suggested_bound_millis();
        let n_late = |bound: u64| lags.iter().filter(|lag| **lag >= bound).count();
        assert!(n_late(bound) * 1000 <= lags.len() && n_late(bound / 10) * 1000 > lags.len(), "{bound} ms");
    }
}

#[test]
fn a_csv_file_is_surveyed_as_a_loop_over_its_lines_would() {
    for name in ["disorder.csv", FOUR[0], FOUR[1]] {
        let text = std::fs::read_to_string(data().join(name)).expect("test data");
        let time = |line: &str| {
            let fields: Vec<&str> = line.split(',').collect();
            if fields.len() == 5 { millis(fields[4]) } else { None }
        };
        let naive = Naive::new(text.lines().skip(1).map(|line| (None, time(line))));
        naive.assert_as(&surveyed(&counting(&csv(name, ""), 0), &data()));
    }
}

#[test]
fn the_flights_are_surveyed_as_a_loop_over_their_rows_would() {
    let file = std::fs::File::open(samples().join("flights.parquet")).expect("test data");
    let frame: DataFrame = ParquetReader::new(file).finish().expect("a frame");
    let times = |name: &str| -> Vec<Option<i64>> {
        let column = frame.column(name).expect(name).as_materialized_series().to_physical_repr().into_owned();
        let unit = match frame.column(name).expect(name).dtype() {
            polars::prelude::DataType::Datetime(unit, _) => *unit,
            other => panic!("{other}"),
        };
        let size = match unit {
            polars::prelude::TimeUnit::Milliseconds => 1,
            polars::prelude::TimeUnit::Microseconds => 1_000,
            polars::prelude::TimeUnit::Nanoseconds => 1_000_000,
        };
        column.i64().expect("whole").iter().map(|time| time.map(|time| time.div_euclid(size))).collect()
    };
    let records = times("dep").into_iter().map(Some).zip(times("sched_dep"));
    let survey = surveyed(&counting(&flights(), 0), &samples());
    Naive::new(records).assert_as(&survey);
}

#[test]
fn a_broken_clock_moves_nothing() {
    let dir = tempfile::tempdir().expect("a folder");
    let lines = ["2026-01-01 10:00:00", "2026-01-01 10:00:05", "9999-01-01 00:00:00", "2026-01-01 10:00:03"];
    std::fs::write(dir.path().join("a.csv"), format!("ts\n{}\n", lines.join("\n"))).expect("a file");
    let survey = surveyed(&counting(&csv("a.csv", ""), 0), dir.path());
    assert_eq!((survey.n_records, survey.n_future_skewed, survey.disorder.n_behind()), (4, 1, 1));
    let start = millis("2026-01-01 10:00:00.000").expect("a time");
    let span = Some(TimeSpan { first_millis: start, last_millis: start + 5_000 });
    assert_eq!((survey.event_time, survey.arrival), (span, span));
    assert_eq!(survey.disorder.max_lag_millis(), 2_000);
    assert_eq!(survey.disorder.suggested_bound_millis(), 5_000);
}

#[test]
fn a_source_without_times_is_counted() {
    let dir = tempfile::tempdir().expect("a folder");
    std::fs::write(dir.path().join("a.csv"), "a,b\n1,2\n3\n4,5\n").expect("a file");
    let flow = r#"{"version": 1, "nodes": [{"id": "read", "kind": "csv_source", "params": {"path": "a.csv"}},
        {"id": "out", "kind": "blackhole", "params": {}}], "edges": [{"from": "read.out", "to": "out.in"}]}"#;
    let survey = surveyed(flow, dir.path());
    assert_eq!(survey, Survey { n_records: 3, n_rejected: 1, complete: true, ..Survey::default() });
}

#[test]
fn a_survey_stops_at_its_limits_and_when_it_is_cancelled() {
    let flow = counting(&csv("disorder-?.csv", ""), 0);
    let limited = |limits| surveyed_with(&flow, &data(), &limits);
    let some = limited(SurveyLimits { max_records: Some(500), ..SurveyLimits::default() });
    assert!(!some.complete && (500..3_000).contains(&some.n_records), "{} records", some.n_records);
    let few = limited(SurveyLimits { max_duration: Some(Duration::ZERO), ..SurveyLimits::default() });
    assert!(!few.complete && few.n_records > 0, "a survey of nothing says nothing");
    let checked = checked(&flow, &data());
    let cancelled = AtomicBool::new(true);
    let node = NodeId::new("read");
    let survey = survey(&checked.graph, &node, &SurveyLimits::default(), &cancelled, &mut |_| {});
    assert_eq!(survey.expect("nothing is wrong"), Survey::default());
}

#[test]
fn what_cannot_be_surveyed_is_a_sentence() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("a.csv");
    std::fs::write(&path, "ts\n2026-01-01 10:00:00\n").expect("a file");
    let checked = checked(&counting(&csv("a.csv", ""), 0), dir.path());
    std::fs::remove_file(&path).expect("removed");
    let failure = |node: &str| {
        let node = NodeId::new(node);
        survey(&checked.graph, &node, &SurveyLimits::default(), &AtomicBool::new(false), &mut |_| {})
            .expect_err("a failure")
            .to_string()
    };
    assert_eq!(failure("window"), "`window`: the node is no source that could run");
    assert_eq!(failure("nobody"), "`nobody`: there is no such node");
    assert!(failure("read").starts_with("`read`: `a.csv` cannot be read"), "{}", failure("read"));
}
