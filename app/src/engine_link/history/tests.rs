use std::sync::Mutex;
use std::time::Duration;

use proptest::prelude::*;
use tidemark_engine::ids::PortRef;
use tidemark_engine::node::RowAccount;
use tidemark_engine::runtime::{EdgeSnapshot, JobSnapshot, JobStatus, NodeSnapshot, Speed};
use tidemark_engine::time::Watermark;

use super::page::Page;
use super::*;

/// What is measured once: how long after the sample before it begins, how long it takes, and what there is of each metric.
#[derive(Clone, Debug)]
struct Measured {
    pause: u64,
    millis: u64,
    rows: u64,
    busy: f64,
    watermark: Option<i64>,
}

fn measured() -> impl Strategy<Value = Measured> {
    let pause = prop_oneof![9 => Just(0_u64), 1 => 1_u64..100_000];
    let watermark = proptest::option::weighted(0.9, -5_000_i64..5_000_000_000);
    (pause, 125_u64..2_000, 0_u64..5_000_000, 0_u32..=1000, watermark).prop_map(
        |(pause, millis, rows, busy, watermark)| Measured {
            pause,
            millis,
            rows,
            busy: f64::from(busy),
            watermark,
        },
    )
}

/// The history of one node alone, and the moments that were noted.
fn history_of(all: &[Measured], max_bytes: usize, mut look: impl FnMut(&History)) -> (History, Vec<Moment>) {
    let mut history = History::new([&NodeId::new("a")], []);
    let (mut moments, mut now) = (Vec::new(), 0);
    for measured in all {
        let from = now + measured.pause;
        now = from + measured.millis;
        let moment = Moment {
            from_millis: from,
            to_millis: now,
            clock_from: Some(from as i64 * 60),
            clock_to: Some(now as i64 * 60),
        };
        let rows = measured.rows as f64;
        let watermark = measured.watermark.map_or(f64::NAN, |millis| millis as f64);
        let of_run = [rows, 0.0, 0.0, watermark];
        let of_node = [rows, 1.0, 0.0, watermark, rows / 2.0, measured.busy, 0.0, 7.0];
        let values = of_run.into_iter().chain(of_node).collect();
        history.n_noted += 1;
        history.add(Row { moment, values, spreads: Box::default() }, max_bytes);
        moments.push(moment);
        look(&history);
    }
    (history, moments)
}

fn node(history: &History) -> Series<'_> {
    history.node(&NodeId::new("a")).expect("it is in the history")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn coarser_samples_keep_sums_and_extremes_and_never_reach_over_a_pause(
        all in proptest::collection::vec(measured(), 1..3_000),
    ) {
        let (history, moments) = history_of(&all, History::MAX_BYTES, |_| {});
        let rows: Vec<Sample> = node(&history).all(Metric::RowsIn).collect();
        prop_assert_eq!(rows.iter().map(|sample| sample.n_rows).sum::<u64>(), all.iter().map(|m| m.rows).sum::<u64>());
        prop_assert_eq!(node(&history).all(Metric::Late).map(|sample| sample.n_rows).sum::<u64>(), all.len() as u64);
        let rates: Vec<f64> = all.iter().map(|m| m.rows as f64 / (m.millis as f64 / 1000.0)).collect();
        let close = |a: f64, b: f64| (a - b).abs() <= a.abs() * 1e-6;
        let least = rates.iter().copied().fold(f64::INFINITY, f64::min);
        let greatest = rates.iter().copied().fold(0.0, f64::max);
        prop_assert!(close(rows.iter().map(|sample| sample.min).fold(f64::INFINITY, f64::min), least));
        prop_assert!(close(rows.iter().map(|sample| sample.max).fold(0.0, f64::max), greatest));
        let busy: Vec<Sample> = node(&history).all(Metric::Busy).collect();
        let most_busy = all.iter().map(|m| m.busy).fold(0.0, f64::max) / 1000.0;
        prop_assert_eq!(busy.iter().map(|sample| sample.max).fold(0.0, f64::max), most_busy);
        let newest = all.last().and_then(|m| m.watermark).map(|millis| millis as f64);
        if newest.is_some() {
            prop_assert_eq!(node(&history).last(Metric::Watermark).map(|sample| sample.value), newest);
        }
        // Every moment that was noted lies in exactly one sample, and every sample begins and ends with one of them.
        let mut noted = moments.iter();
        for sample in &rows {
            let mut to = None;
            while to != Some(sample.moment.to_millis) {
                let Some(next) = noted.next() else { return Err(TestCaseError::fail("it ends within a sample")) };
                prop_assert_eq!(next.from_millis, to.unwrap_or(sample.moment.from_millis), "a pause is within a sample");
                to = Some(next.to_millis);
            }
        }
        prop_assert!(noted.next().is_none());
    }

    #[test]
    fn a_stretch_is_what_a_search_through_all_samples_finds(
        all in proptest::collection::vec(measured(), 1..1_500),
        from in 0_i64..2_000_000,
        length in 0_i64..500_000,
    ) {
        let (history, _) = history_of(&all, History::MAX_BYTES, |_| {});
        for (axis, factor) in [(Axis::Wall, 1), (Axis::Clock, 60)] {
            let (from, to) = (from * factor, (from + length) * factor);
            let expected: Vec<Sample> = node(&history)
                .all(Metric::RowsIn)
                .filter(|sample| sample.moment.on(axis).is_some_and(|(begins, ends)| begins <= to && ends >= from))
                .collect();
            let found: Vec<Sample> = node(&history).over(Metric::RowsIn, axis, from, to).collect();
            prop_assert_eq!(found, expected);
            let before = node(&history)
                .all(Metric::RowsIn)
                .filter(|sample| sample.moment.on(axis).is_some_and(|(begins, _)| begins <= from))
                .last();
            prop_assert_eq!(node(&history).at(Metric::RowsIn, axis, from), before);
        }
        let values: Vec<f32> = node(&history).all(Metric::RowsOut).map(|sample| sample.value as f32).collect();
        let newest = &values[values.len().saturating_sub(100)..];
        prop_assert_eq!(node(&history).newest(Metric::RowsOut, 100), newest);
        let all: Vec<Sample> = node(&history).all(Metric::Busy).collect();
        let recent: Vec<Sample> = node(&history).recent(Metric::Busy).collect();
        prop_assert!(recent.len() >= all.len().min(960) && recent.len() <= 960 + 60, "{} recent", recent.len());
        prop_assert_eq!(&all[all.len() - recent.len()..], &recent[..]);
    }

    #[test]
    fn a_history_never_takes_more_memory_than_it_may(all in proptest::collection::vec(measured(), 1..2_000)) {
        const MAX_BYTES: usize = 64_000;
        let (history, _) = history_of(&all, MAX_BYTES, |history| assert!(history.n_bytes() <= MAX_BYTES));
        // What is kept is the newest.
        prop_assert_eq!(node(&history).last(Metric::RowsOut).map(|sample| sample.n_rows), all.last().map(|m| m.rows / 2));
    }

    #[test]
    fn a_page_gives_back_every_number(
        columns in proptest::collection::vec(
            prop_oneof![
                proptest::collection::vec(Just(0.0_f64), 20),
                proptest::collection::vec(Just(f64::NAN), 20),
                proptest::collection::vec(prop_oneof![Just(f64::NAN), Just(4.0_f64)], 20),
                proptest::collection::vec((0_u32..300).prop_map(f64::from), 20),
                proptest::collection::vec((0_u32..70_000).prop_map(f64::from), 20),
                proptest::collection::vec((0_i64..5_000_000_000_000).prop_map(|n| n as f64), 20),
                proptest::collection::vec(prop_oneof![Just(f64::NAN), (1_i64 << 40..(1 << 40) + 254).prop_map(|n| n as f64)], 20),
                proptest::collection::vec(any::<f32>().prop_map(f64::from), 20),
                proptest::collection::vec(any::<f64>(), 20),
            ],
            1..12,
        ),
        n_spreads in 0_usize..6,
    ) {
        let n_values = columns.len().saturating_sub(n_spreads).max(1);
        let row = |row_idx: usize| {
            let of = |columns: &[Vec<f64>]| columns.iter().map(|column| column[row_idx]).collect();
            let moment = Moment { from_millis: row_idx as u64, to_millis: row_idx as u64 + 1, ..Moment::default() };
            Row { moment, values: of(&columns[..n_values]), spreads: of(&columns[n_values..]) }
        };
        let rows: Vec<Arc<Row>> = (0..20).map(|row_idx| Arc::new(row(row_idx))).collect();
        let page = Page::new(&rows);
        for (read, row) in page.rows().zip(&rows) {
            prop_assert_eq!(read.moment, row.moment);
            for (read, kept) in read.values.iter().chain(&read.spreads).zip(row.values.iter().chain(&row.spreads)) {
                prop_assert!(read == kept || read.is_nan() && kept.is_nan(), "{} for {}", read, kept);
            }
        }
    }
}

#[test]
fn a_day_is_kept_and_what_is_older_goes() {
    let second = Measured { pause: 0, millis: 1_000, rows: 3, busy: 500.0, watermark: None };
    let all = vec![second; 30 * 3_600];
    let (history, _) = history_of(&all, History::MAX_BYTES, |_| {});
    let samples: Vec<Sample> = node(&history).all(Metric::RowsIn).collect();
    assert!(samples.len() <= 8_640 + 3_600 + 960 + 3 * 60, "{}", samples.len());
    let reach = 30 * 3_600_000 - samples[0].moment.from_millis;
    assert!(reach >= 24 * 3_600_000, "only {} hours are kept", reach / 3_600_000);
    assert!(samples.iter().all(|sample| sample.value == 3.0 && sample.min == 3.0 && sample.max == 3.0));
    assert!(history.n_bytes() < 2 << 20, "{} bytes", history.n_bytes());
}

#[test]
fn a_thousand_edges_stay_within_the_bound() {
    let nodes: Vec<NodeId> = (0..1_000).map(|number| NodeId::new(format!("n{number}"))).collect();
    let port = |node: &NodeId, port: &str| PortRef::new(node.clone(), port);
    let edges: Vec<EdgeId> =
        nodes.iter().map(|node| EdgeId { from: port(node, "out"), to: port(node, "in") }).collect();
    let mut history = History::new(&nodes, &edges);
    let n_columns = history.layout.n_columns();
    for sample in 0..240_u64 {
        let moment = Moment { from_millis: sample * 250, to_millis: sample * 250 + 250, ..Moment::default() };
        let values = (0..n_columns as u64).map(|idx| ((sample * 7_919 + idx * 104_729) % 50_021) as f64);
        history.note(moment, values.collect());
        assert!(history.n_bytes() <= History::MAX_BYTES);
    }
    let reach = history.extent(Axis::Wall).expect("samples");
    assert_eq!(reach, (0, 60_000));
    assert!(history.n_bytes() < 12 << 20, "{} bytes for a minute of wild figures", history.n_bytes());
}

#[test]
fn who_reads_sees_one_moment_while_the_next_are_written() {
    let shared = Mutex::new(Arc::new(History::new([&NodeId::new("a")], [])));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for sample in 0..20_000_u64 {
                let mut history = Arc::clone(&shared.lock().expect("nobody panics"));
                let moment =
                    Moment { from_millis: sample * 250, to_millis: sample * 250 + 250, ..Moment::default() };
                Arc::make_mut(&mut history).note(moment, vec![1.0; 12].into());
                *shared.lock().expect("nobody panics") = history;
            }
        });
        let mut last = 0;
        while last < 20_000 {
            let history = Arc::clone(&shared.lock().expect("nobody panics"));
            let total = |history: &History| node(history).all(Metric::RowsIn).map(|s| s.n_rows).sum::<u64>();
            assert_eq!(total(&history), history.n_noted());
            assert!(history.n_noted() >= last, "time goes back");
            last = history.n_noted();
        }
    });
}

/// A job of one node into which rows come.
fn job(elapsed: u64, status: JobStatus, rows_in: u64) -> Arc<JobSnapshot> {
    let node = NodeSnapshot {
        id: NodeId::new("a"),
        account: RowAccount { rows_in, used: rows_in, ..RowAccount::default() },
        rows_out: vec![rows_in],
        parallelism: 2,
        watermark: Watermark::NONE,
        busy: Duration::from_millis(elapsed),
        backpressured: Duration::ZERO,
        lanes: Vec::new(),
    };
    let id = EdgeId { from: PortRef::new(NodeId::new("a"), "out"), to: PortRef::new(NodeId::new("b"), "in") };
    let edge = EdgeSnapshot { id, rows: rows_in, watermark: Watermark::NONE, queue_fill: Some(0.25) };
    Arc::new(JobSnapshot {
        status,
        speed: Speed::Maximum,
        clock_millis: Some(1_000 * rows_in as i64),
        elapsed: Duration::from_millis(elapsed),
        nodes: vec![node],
        edges: vec![edge],
    })
}

#[test]
fn pauses_add_no_samples_and_what_is_stepped_in_them_does() {
    let paused = || JobStatus::Paused(None);
    let mut recorder = Recorder::default();
    for (elapsed, status, rows, n_noted) in [
        (50, JobStatus::Running, 10, 0),
        (250, JobStatus::Running, 100, 1),
        (300, JobStatus::Running, 120, 1),
        (350, paused(), 130, 2),
        (400, paused(), 130, 2),
        (60_000, paused(), 130, 2),
        (60_050, paused(), 131, 3),
        (60_300, paused(), 131, 3),
        (60_350, JobStatus::Running, 132, 3),
        (60_600, JobStatus::Running, 150, 4),
        (60_700, JobStatus::Finished, 160, 5),
        (60_700, JobStatus::Finished, 160, 5),
    ] {
        let history = recorder.note(&job(elapsed, status, rows));
        assert_eq!(history.n_noted(), n_noted, "at {elapsed} ms");
    }
    let history = recorder.note(&job(60_700, JobStatus::Finished, 160));
    let samples: Vec<_> = node(&history).all(Metric::RowsIn).collect();
    let noted: Vec<_> =
        samples.iter().map(|s| (s.moment.from_millis, s.moment.to_millis, s.n_rows)).collect();
    // What came last before the pause and before the end was too short for a rate of its own.
    assert_eq!(noted, [(0, 350, 130), (60_000, 60_050, 1), (60_300, 60_700, 29)]);
    assert_eq!(samples[0].moment.on(Axis::Clock), Some((10_000, 130_000)));
    assert_eq!(samples[2].moment.on(Axis::Clock), Some((131_000, 160_000)));
    let edge = job(0, JobStatus::Running, 0).edges[0].id.clone();
    let edge = history.edge(&edge).expect("the edge");
    assert_eq!(edge.last(Metric::QueueFill).map(|sample| sample.value), Some(0.25));
    assert_eq!(edge.all(Metric::Rows).map(|sample| sample.n_rows).sum::<u64>(), 160);
    assert_eq!(node(&history).all(Metric::Busy).next().map(|sample| sample.value), Some(0.5));
    assert!(edge.all(Metric::StateEntries).next().is_none(), "an edge keeps no state");
}

#[test]
fn a_run_that_is_over_at_once_is_noted() {
    let history = Recorder::default().note(&job(3, JobStatus::Finished, 20));
    let sample = history.run().last(Metric::RowsIn).expect("a sample");
    assert_eq!((sample.n_rows, sample.moment.from_millis, sample.moment.to_millis), (20, 0, 3));
    assert!(history != Recorder::default().note(&job(3, JobStatus::Finished, 20)), "another run has another");
}
