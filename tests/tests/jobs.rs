//! A job obeys: pause, step, resume, speed, stop; and one that fails says which node it was.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::panic::resume_unwind;
use std::path::Path;
use std::sync::{Arc, Barrier, mpsc};
use std::time::{Duration, Instant};

use tidemark_engine::catalog;
use tidemark_engine::data::Batch;
use tidemark_engine::error::Result;
use tidemark_engine::ids::NodeId;
use tidemark_engine::node::{
    Arity, Catalog, Category, ColumnNeeds, Distribution, InputSpec, NodePlan, NodeSpec, NodeType, Operator,
    OperatorPlan, Output, OutputRole, OutputSpec, PlanContext, Runs, Segment, SqlForm,
};
use tidemark_engine::runtime::{JobConfig, JobHandle, JobStatus, Speed};
use tidemark_engine::sync::Capacity;
use tidemark_tests::{checked, checked_with};

/// `n` rows, one a second, and a flow that counts them by the minute. `inserted` stands between watermarks and window.
fn write_rows(dir: &Path, n: usize) {
    let mut text = String::from("id,ts\n");
    for id in 0..n {
        let (hour, minute, second) = (id / 3600 % 24, id / 60 % 60, id % 60);
        let day = 1 + id / 86_400;
        writeln!(text, "{id},2026-01-{day:02} {hour:02}:{minute:02}:{second:02}.000").expect("a string");
    }
    std::fs::write(dir.join("rows.csv"), text).expect("a writable folder");
}

fn flow(inserted: &str) -> String {
    let (node, path) = match inserted {
        "" => (String::new(), r#"{"from": "time.out", "to": "window.in"}"#.to_owned()),
        kind => (
            format!(r#"{{"id": "inserted", "kind": "{kind}", "params": {{}}}},"#),
            r#"{"from": "time.out", "to": "inserted.in"}, {"from": "inserted.out", "to": "window.in"}"#
                .to_owned(),
        ),
    };
    format!(
        r#"{{"version": 1, "nodes": [
  {{"id": "rows", "kind": "csv_source", "params": {{"path": "rows.csv", "event_time": "ts"}}}},
  {{"id": "time", "kind": "watermarks", "params": {{}}}},
  {node}
  {{"id": "window", "kind": "tumbling_window", "params": {{"size_millis": 60000, "aggregates": [{{"function": "count", "name": "n"}}]}}}},
  {{"id": "out", "kind": "table_sink", "params": {{}}}}
], "edges": [{{"from": "rows.out", "to": "time.in"}}, {path}, {{"from": "window.out", "to": "out.in"}}]}}"#
    )
}

fn config() -> JobConfig {
    JobConfig {
        parallelism: 2,
        batch_rows: 100,
        mailbox: Capacity { items: 2, bytes: 1 << 16 },
        ..JobConfig::default()
    }
}

fn start(flow: &str, dir: &Path, config: &JobConfig) -> JobHandle {
    let checked = checked(flow, dir);
    assert!(checked.is_runnable(), "{:#?}", checked.diagnostics);
    JobHandle::start(&checked.graph, config).expect("startable")
}

/// Rows read and rows that have reached the end.
fn rows(job: &JobHandle) -> (u64, u64) {
    let snapshot = job.snapshot();
    let of = |id: &str| snapshot.nodes.iter().find(|node| node.id.as_str() == id).expect("a node").account;
    (of("rows").rows_in, of("window").rows_in)
}

/// Waits until `holds`, at most ten seconds.
fn eventually(what: &str, holds: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !holds() {
        assert!(Instant::now() < deadline, "{what} does not come about");
        std::thread::yield_now();
    }
}

#[test]
fn a_step_reads_so_many_records_and_everything_downstream_follows() {
    let dir = tempfile::tempdir().expect("a folder");
    write_rows(dir.path(), 1_000);
    let job = start(&flow(""), dir.path(), &JobConfig { paused: true, ..config() });
    for (step, total) in [(1, 1), (5, 6), (250, 256)] {
        job.step(step);
        eventually("the step", || rows(&job) == (total, total));
    }
    assert!(matches!(job.status(), JobStatus::Paused(None)));
    job.resume();
    assert!(matches!(job.wait(), JobStatus::Finished));
    assert_eq!(rows(&job), (1_000, 1_000));
    assert_eq!(job.table(&NodeId::new("out")).expect("a table").batches().1, 17);
}

#[test]
fn pausing_and_resuming_loses_nothing() {
    let dir = tempfile::tempdir().expect("a folder");
    write_rows(dir.path(), 20_000);
    let job = start(&flow(""), dir.path(), &config());
    for _ in 0..2_000 {
        job.pause();
        job.resume();
    }
    assert!(matches!(job.wait(), JobStatus::Finished));
    assert_eq!(rows(&job), (20_000, 20_000));
}

#[test]
fn a_job_stops_within_a_second_at_any_speed_and_while_paused() {
    let dir = tempfile::tempdir().expect("a folder");
    write_rows(dir.path(), 100_000);
    for (speed, paused) in [(Speed::Maximum, false), (Speed::REAL_TIME, false), (Speed::Maximum, true)] {
        let job = start(&flow(""), dir.path(), &JobConfig { speed, paused, ..config() });
        job.wait_for(Duration::from_millis(50));
        let asked = Instant::now();
        job.stop();
        assert!(matches!(job.wait(), JobStatus::Stopped | JobStatus::Finished));
        assert!(asked.elapsed() < Duration::from_secs(1), "stopping took {:?}", asked.elapsed());
    }
}

/// Does something that must not take longer, and leaves it alone if it does.
fn within_a_second<T: Send + 'static>(act: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, is_done) = mpsc::channel();
    std::thread::spawn(move || done.send(act()));
    is_done.recv_timeout(Duration::from_secs(1)).expect("it ends within a second")
}

/// Whether the queue of the edge into `node` has no credits left.
fn is_full(job: &JobHandle, node: &str) -> bool {
    let snapshot = job.snapshot();
    let edge = snapshot.edges.iter().find(|edge| edge.id.to.node.as_str() == node).expect("an edge");
    edge.queue_fill.is_some_and(|fill| fill >= 1.0)
}

/// From now on `node` waits with its second batch until somebody takes out the first.
fn hold_back(job: &JobHandle, node: &str) {
    let table = job.table(&NodeId::new(node)).expect("a table");
    table.set_max_rows(1);
    table.follow();
}

#[test]
fn a_job_in_which_every_task_waits_for_room_stops_within_a_second() {
    let dir = tempfile::tempdir().expect("a folder");
    write_rows(dir.path(), 50_000);
    for by_dropping in [false, true] {
        let job = start(&flow(""), dir.path(), &JobConfig { paused: true, ..config() });
        hold_back(&job, "out");
        job.resume();
        eventually("the jam", || is_full(&job, "out") && is_full(&job, "window"));
        within_a_second(move || {
            if !by_dropping {
                job.stop();
                assert!(matches!(job.wait(), JobStatus::Stopped));
            }
        });
    }
}

/// Rows whose windows, of a millisecond each, are all open when the input ends.
fn all_open(n: usize) -> (tempfile::TempDir, String) {
    let dir = tempfile::tempdir().expect("a folder");
    write_rows(dir.path(), n);
    let flow = flow("").replace(r#""size_millis": 60000,"#, r#""size_millis": 1, "keys": ["id"],"#).replace(
        r#""kind": "watermarks", "params": {}"#,
        r#""kind": "watermarks", "params": {"bound_millis": 86400000000}"#,
    );
    (dir, flow)
}

#[test]
fn windows_that_are_open_at_the_end_leave_in_batches_of_bounded_size() {
    let n = 200_000;
    let (dir, flow) = all_open(n);
    for parallelism in [1, 2] {
        let job = start(&flow, dir.path(), &JobConfig { paused: true, parallelism, ..JobConfig::default() });
        let table = job.table(&NodeId::new("out")).expect("a table");
        table.set_max_rows(usize::MAX);
        job.resume();
        assert!(matches!(job.wait(), JobStatus::Finished));
        let (batches, n_rows) = table.batches();
        assert_eq!(n_rows, n as u64);
        let largest = batches.iter().map(Batch::n_rows).max().expect("some batches");
        assert!(largest <= 65_536, "{largest} rows in one batch at parallelism {parallelism}");
        let ids = batches.iter().flat_map(|batch| {
            batch.column(0).as_materialized_series().i64().expect("ids").iter().flatten().collect::<Vec<_>>()
        });
        assert!(ids.eq(0..n as i64), "in the order of their ends, at parallelism {parallelism}");
    }
}

#[test]
fn a_job_stops_within_a_second_while_windows_fire() {
    let (dir, flow) = all_open(400_000);
    let mailbox = Capacity { items: 1, ..Capacity::default() };
    let job = start(
        &flow,
        dir.path(),
        &JobConfig { paused: true, parallelism: 1, mailbox, ..JobConfig::default() },
    );
    hold_back(&job, "out");
    job.resume();
    let given_out =
        || job.snapshot().nodes.iter().find(|node| node.id.as_str() == "window").expect("a node").rows_out[0];
    eventually("the firing", || given_out() > 0 && is_full(&job, "out"));
    assert!(given_out() < 400_000, "it has begun and not ended");
    within_a_second(move || {
        job.stop();
        assert!(matches!(job.wait(), JobStatus::Stopped));
    });
}

#[test]
fn a_sum_of_a_narrow_column_says_so_before_and_names_window_and_key_after() {
    let dir = tempfile::tempdir().expect("a folder");
    let lines =
        "1,2026-01-01 00:00:01.000\n2147483647,2026-01-01 00:01:02.000\n2147483647,2026-01-01 00:01:03.000\n";
    std::fs::write(dir.path().join("rows.csv"), format!("id,ts\n{lines}")).expect("a writable folder");
    let sum = r#""keys": ["id"], "aggregates": [{"function": "sum", "column": "id", "name": "total"}]"#;
    let flow_of = |id_type: &str| {
        let schema = format!(
            r#""event_time": "ts", "schema": [{{"name": "id", "type": "{id_type}"}}, {{"name": "ts", "type": "TIMESTAMP"}}]"#
        );
        flow("")
            .replace(r#""aggregates": [{"function": "count", "name": "n"}]"#, sum)
            .replace(r#""event_time": "ts""#, &schema)
    };
    let hints = |id_type: &str| -> Vec<String> {
        let found = checked(&flow_of(id_type), dir.path()).diagnostics;
        found.iter().filter(|found| found.code == "narrow-sum").map(ToString::to_string).collect()
    };
    assert!(matches!(&hints("INT")[..], [hint] if hint.contains("BIGINT")), "{:?}", hints("INT"));
    assert_eq!(hints("BIGINT"), [""; 0]);
    let narrow = checked(&flow_of("INT"), dir.path());
    let job = JobHandle::start(&narrow.graph, &config()).expect("a hint is no error");
    let JobStatus::Failed(error) = job.wait() else { panic!("the sum is too large") };
    let error = error.to_string();
    assert!(error.starts_with("`window`: a value of `total` does not fit INT"), "{error}");
    assert!(error.ends_with("in the window from 2026-01-01 00:01:00.000, `id` = \"2147483647\""), "{error}");
}

#[test]
fn a_source_that_reads_is_busy_and_one_that_waits_for_the_clock_is_not() {
    let dir = tempfile::tempdir().expect("a folder");
    write_rows(dir.path(), 50_000);
    let busy = |speed, patience| {
        let job = start(&flow(""), dir.path(), &JobConfig { speed, ..config() });
        job.wait_for(Duration::from_millis(patience));
        let snapshot = job.snapshot();
        let source = snapshot.nodes.iter().find(|node| node.id.as_str() == "rows").expect("a node");
        (source.busy, snapshot.elapsed)
    };
    let (reading, elapsed) = busy(Speed::Maximum, 20_000);
    assert!(reading > Duration::ZERO && reading <= elapsed, "{reading:?} of {elapsed:?}");
    let (waiting, elapsed) = busy(Speed::REAL_TIME, 3_000);
    assert!(waiting < elapsed / 2, "{waiting:?} of {elapsed:?}");
}

#[test]
fn a_factor_paces_the_replay_by_arrival_time() {
    let dir = tempfile::tempdir().expect("a folder");
    write_rows(dir.path(), 601);
    let started = Instant::now();
    let job = start(&flow(""), dir.path(), &JobConfig { speed: Speed::Factor(2_000.0), ..config() });
    assert!(matches!(job.wait(), JobStatus::Finished));
    let elapsed = started.elapsed();
    assert!(elapsed >= Duration::from_millis(300), "600 s at ×2,000 last 300 ms, not {elapsed:?}");
    let job = start(&flow(""), dir.path(), &JobConfig { speed: Speed::REAL_TIME, ..config() });
    eventually("the first row", || rows(&job).0 >= 1);
    job.set_speed(Speed::Maximum);
    assert!(matches!(job.wait_for(Duration::from_secs(10)), Some(JobStatus::Finished)));
}

/// What a test's own operator does.
#[derive(Clone)]
enum Misdeed {
    /// It panics at its 500th row.
    Panic,
    /// It holds its first rows until it is told, and then panics.
    PanicWhenTold(Arc<Barrier>),
    /// It does not count a row.
    LoseCount,
}

struct Bad(&'static str, Misdeed);

impl NodeType for Bad {
    fn spec(&self) -> NodeSpec {
        NodeSpec {
            kind: self.0,
            title: "Bad",
            category: Category::Transform,
            summary: "Does what it must not",
            doc: "",
            keywords: &[],
            inputs: vec![InputSpec { name: "in", doc: "", arity: Arity::One }],
            outputs: vec![OutputSpec { name: "out", doc: "", role: OutputRole::Main }],
            params: schemars::schema_for!(BTreeMap<String, String>),
            sql: SqlForm::None("it is bad"),
        }
    }

    fn plan(&self, cx: &PlanContext<'_>) -> NodePlan {
        let misdeed = self.1.clone();
        NodePlan {
            outputs: vec![cx.input(0).cloned()],
            needs: ColumnNeeds::All,
            runs: cx.input(0).map(|_| {
                Runs::Operator(OperatorPlan {
                    local: None,
                    make: Arc::new(move |cx| {
                        Ok(Box::new(BadOperator(misdeed.clone(), 0, Arc::clone(&cx.counters))))
                    }),
                    distribution: Distribution::Single,
                })
            }),
            ..NodePlan::default()
        }
    }
}

struct BadOperator(Misdeed, usize, Arc<tidemark_engine::node::NodeCounters>);

impl Operator for BadOperator {
    fn process(&mut self, rows: Segment<'_>, out: &mut Output) -> Result<()> {
        let batch = rows.to_batch();
        self.1 += batch.n_rows();
        match &self.0 {
            Misdeed::Panic => assert!(self.1 < 500, "row 500 is too much for me"),
            Misdeed::PanicWhenTold(told) => {
                told.wait();
                // Past the hook, whose backtrace of a large test program may take longer than a second on a busy machine.
                resume_unwind(Box::new("as I was told"));
            }
            Misdeed::LoseCount => tidemark_engine::node::NodeCounters::add(&self.2.used, batch.n_rows() - 1),
        }
        out.emit(0, batch);
        Ok(())
    }
}

fn start_bad(flow: &str, dir: &Path, misdeed: Misdeed, config: &JobConfig) -> JobHandle {
    let standard = catalog::standard();
    let mut types: Vec<Arc<dyn NodeType>> =
        standard.specs().filter_map(|spec| standard.get(spec.kind).cloned()).collect();
    types.push(Arc::new(Bad("bad", misdeed)));
    let checked = checked_with(flow, dir, &Catalog::new(types));
    assert!(checked.is_runnable(), "{:#?}", checked.diagnostics);
    JobHandle::start(&checked.graph, config).expect("startable")
}

fn run_bad(misdeed: Misdeed) -> JobStatus {
    let dir = tempfile::tempdir().expect("a folder");
    write_rows(dir.path(), 5_000);
    start_bad(&flow("bad"), dir.path(), misdeed, &config()).wait()
}

#[test]
fn a_panic_fails_that_job_with_the_nodes_name_and_nothing_else() {
    let dir = tempfile::tempdir().expect("a folder");
    write_rows(dir.path(), 50_000);
    let other = start(&flow(""), dir.path(), &config());
    let JobStatus::Failed(error) = run_bad(Misdeed::Panic) else { panic!("the job must fail") };
    assert_eq!(error.node(), Some(&NodeId::new("inserted")));
    assert!(
        error.to_string().contains("panicked") && error.to_string().contains("row 500 is too much"),
        "{error}"
    );
    assert!(matches!(other.wait(), JobStatus::Finished), "the other job goes on");
}

#[test]
fn a_panic_ends_a_job_within_a_second_while_others_wait_for_room() {
    let dir = tempfile::tempdir().expect("a folder");
    write_rows(dir.path(), 5_000);
    let beside = flow("bad")
        .replace(r#"{"id": "out","#, r#"{"id": "held", "kind": "table_sink"}, {"id": "out","#)
        .replace(r#""edges": ["#, r#""edges": [{"from": "time.out", "to": "held.in"}, "#);
    let told = Arc::new(Barrier::new(2));
    let misdeed = Misdeed::PanicWhenTold(Arc::clone(&told));
    let job = start_bad(&beside, dir.path(), misdeed, &JobConfig { paused: true, ..config() });
    hold_back(&job, "held");
    job.resume();
    eventually("the jam", || is_full(&job, "held") && is_full(&job, "inserted"));
    told.wait();
    let status = within_a_second(move || job.wait());
    let JobStatus::Failed(error) = status else { panic!("the job must fail: {status:?}") };
    assert_eq!(error.node(), Some(&NodeId::new("inserted")));
    assert!(error.to_string().contains("as I was told"), "{error}");
}

#[test]
fn a_node_that_loses_count_of_a_row_fails_the_conservation_law() {
    let JobStatus::Failed(error) = run_bad(Misdeed::LoseCount) else { panic!("the job must fail") };
    assert_eq!(error.node(), Some(&NodeId::new("inserted")));
    assert!(error.to_string().contains("do not add up"), "{error}");
}
