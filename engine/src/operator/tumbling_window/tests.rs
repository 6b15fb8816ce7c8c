//! Windows as they are called by the runtime, and their halves.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use polars::prelude::{DataFrame, Int128Chunked, IntoColumn, IntoSeries, NamedFrom, Series};

use proptest::prelude::*;

use super::halves::halves;
use super::late::late_edge;
use super::operator::WindowOperator;
use super::{Resolved, ResolvedAggregate, timestamps};
use crate::aggregate::AggregateFunction;
use crate::data::{Batch, DataType, EdgeType, Field, Position, Positions, Progress, Schema, Value};
use crate::data::{KeyGroup, Origins, key_hash};
use crate::ids::NodeId;
use crate::node::{Firing, NodeCounters, Operator, OperatorContext, Output, Segment, Snapshot};
use crate::time::{TumblingWindows, Watermark};

const FUNCTIONS: [AggregateFunction; 3] =
    [AggregateFunction::Count, AggregateFunction::CountDistinct, AggregateFunction::Last];

/// A window of 10 ms over rows of a time, a key and a value.
fn window() -> (WindowOperator, Arc<EdgeType>) {
    let aggregates = FUNCTIONS.map(|function| {
        let data_type = function.result_type(Some(&DataType::BigInt)).expect("takes the type");
        let result = Field::nullable(function.name(), data_type);
        ResolvedAggregate { function, input: Some((2, DataType::BigInt)), result }
    });
    window_with(aggregates.into())
}

fn window_with(aggregates: Vec<ResolvedAggregate>) -> (WindowOperator, Arc<EdgeType>) {
    let schema = Schema::new(vec![
        Field::not_null("at", DataType::Timestamp),
        Field::nullable("key", DataType::String),
        Field::nullable("value", DataType::BigInt),
    ]);
    let edge = Arc::new(EdgeType { event_time: Some(0), watermarked: true, ..EdgeType::append(schema) });
    let plan = Arc::new(Resolved {
        windows: TumblingWindows::new(10, 0),
        time: 0,
        keys: vec![(1, edge.schema.fields()[1].clone())],
        aggregates,
    });
    let context = OperatorContext {
        node: NodeId::new("window"),
        subtask: 0,
        parallelism: 1,
        outputs: vec![Arc::new(plan.output_edge(&edge)), Arc::new(late_edge(&edge))],
        counters: Arc::default(),
    };
    (WindowOperator::new(&plan, &context).expect("takes the types"), edge)
}

fn process(
    (operator, edge): &mut (WindowOperator, Arc<EdgeType>),
    rows: &[(i64, &str, i64)],
    watermark: i64,
    out: &mut Output,
) {
    let columns = vec![
        timestamps("at", rows.iter().map(|row| row.0).collect()).expect("typed"),
        Series::new("key".into(), rows.iter().map(|row| row.1).collect::<Vec<_>>()).into_column(),
        Series::new("value".into(), rows.iter().map(|row| row.2).collect::<Vec<_>>()).into_column(),
    ];
    let frame = DataFrame::new(rows.len(), columns).expect("columns of one length");
    let arrivals = vec![0; rows.len()].into();
    let positions = Positions::all(Origins::Run { source: 0, split: 0, first_offset: 0, arrivals });
    let watermark = Watermark::new(watermark);
    let progress = Progress::flat(watermark, Position::MAX);
    let batch = Batch::new(frame, Arc::clone(edge), positions, progress);
    let segment = Segment { input: 0, batch: &batch, rows: 0..rows.len(), watermark };
    operator.process(segment, out).expect("typed");
}

/// What fires at a watermark, a line for each row: end, key and aggregates.
fn fired((operator, _): &mut (WindowOperator, Arc<EdgeType>), watermark: i64) -> Vec<String> {
    let mut out = Output::new(2);
    let at = Position::MIN.with_all_it_causes();
    let firing = operator.on_watermark(at, Watermark::new(watermark), &mut out).expect("fits");
    assert_eq!(firing, Firing::Done, "there is always room");
    let batches = out.take(0);
    assert!(batches.len() <= 1, "one watermark, one batch");
    let mut lines = Vec::new();
    for batch in batches {
        for row in 0..batch.n_rows() {
            let value =
                |idx: usize| Value::at(batch.column(idx), &batch.edge().schema.fields()[idx].data_type, row);
            let Value::Timestamp(end) = value(2) else { panic!("a window has an end") };
            assert_eq!(value(1), Value::Timestamp(end - 10));
            assert_eq!(value(3), Value::Timestamp(end - 1));
            assert_eq!(batch.positions().at(row), at.caused_by_timer(end));
            let values = [value(4), value(5), value(6)].map(|value| value.to_string());
            lines.push(format!("{end} {} {}", value(0), values.join(" ")));
        }
    }
    lines
}

/// The lines of one window, by key.
fn by_key(lines: &[String], end: &str) -> BTreeSet<String> {
    lines.iter().filter(|line| line.starts_with(end)).cloned().collect()
}

#[test]
fn windows_that_one_watermark_closes_leave_by_end_and_then_by_key_group() {
    let mut window = window();
    let rows = [(25, "b", 1), (3, "a", 7), (4, "b", 7), (29, "c", 2), (5, "a", 7), (12, "c", 9), (3, "a", 8)];
    process(&mut window, &rows, 0, &mut Output::new(2));
    let lines = fired(&mut window, 28);
    assert_eq!(by_key(&lines, "10 "), ["10 a 3 2 8".to_owned(), "10 b 1 1 7".to_owned()].into());
    assert_eq!(lines[2..], ["20 c 1 1 9"]);
    let groups: Vec<KeyGroup> = lines[..2].iter().map(|line| key_group(line)).collect();
    assert!(groups.is_sorted());
    assert_eq!(fired(&mut window, 28), [""; 0]);
    let rest = fired(&mut window, 29);
    assert_eq!(by_key(&rest, "30 "), ["30 b 1 1 1".to_owned(), "30 c 1 1 2".to_owned()].into());
    assert_eq!(window.0.counters.fired_timers.load(Ordering::Relaxed), 3);
    assert_eq!(window.0.counters.state_entries.load(Ordering::Relaxed), 0);
}

/// The key group of the key in a line, by the documented encoding of a STRING.
fn key_group(line: &str) -> KeyGroup {
    let key = line.split(' ').nth(1).expect("a key");
    let bytes = [&[1][..], &(key.len() as u32).to_be_bytes(), key.as_bytes()].concat();
    KeyGroup::of_hash(key_hash(&bytes))
}

#[test]
fn a_window_that_takes_the_groups_of_a_closed_one_starts_from_nothing() {
    let mut window = window();
    for start in (0..1_000).step_by(10) {
        let rows = [(start, "a", start), (start + 1, "b", start), (start + 2, "a", 5)];
        process(&mut window, &rows, start - 1, &mut Output::new(2));
        let lines = fired(&mut window, start + 9);
        let end = start + 10;
        let expected = [format!("{end} a 2 2 5"), format!("{end} b 1 1 {start}")];
        assert_eq!(by_key(&lines, ""), expected.into());
    }
    assert_eq!(window.0.panes.groups.n_known, 2, "groups are used again");
}

#[test]
fn windows_that_one_watermark_closes_leave_as_there_is_room() {
    let at = Position::MIN.with_all_it_causes();
    let filled = || {
        let mut window = window();
        for start in (0..100).step_by(10) {
            let rows = [(start, "a", 1), (start, "b", 1), (start, "c", 1)];
            process(&mut window, &rows, -1, &mut Output::new(2));
        }
        window
    };
    let rows_of = |batches: &[Batch]| -> Vec<String> {
        let rows = batches.iter().flat_map(|batch| {
            (0..batch.n_rows()).map(|row| {
                let key = Value::at(batch.column(0), &DataType::String, row);
                format!("{} {key}", batch.positions().at(row).sub)
            })
        });
        rows.collect()
    };
    let mut out = Output::new(2);
    filled().0.on_watermark(at, Watermark::new(79), &mut out).expect("fits");
    let expected = rows_of(&out.take(0));
    assert_eq!(expected.len(), 24);
    for n_rows in [1, 2, 4, 24] {
        let mut window = filled();
        let mut out = Output::full_at(2, n_rows);
        let mut gone = Vec::new();
        loop {
            let firing = window.0.on_watermark(at, Watermark::new(79), &mut out).expect("fits");
            let batches = out.take(0);
            assert!(batches.iter().map(Batch::n_rows).sum::<usize>() <= n_rows);
            gone.extend(rows_of(&batches));
            if firing == Firing::Done {
                break;
            }
        }
        assert_eq!(gone, expected, "{n_rows} at once");
        assert_eq!(fired(&mut window, 99).len(), 6);
        assert_eq!(window.0.panes.groups.n_taken(), 0);
    }
}

#[test]
fn a_sum_that_does_not_fit_names_its_window_and_key() {
    let aggregate = ResolvedAggregate {
        function: AggregateFunction::Sum,
        input: Some((2, DataType::BigInt)),
        result: Field::nullable("total", DataType::BigInt),
    };
    let mut window = window_with(vec![aggregate]);
    let rows = [(3, "a", 1), (13, "a", i64::MAX), (14, "b", 5), (15, "a", 1)];
    process(&mut window, &rows, -1, &mut Output::new(2));
    let at = Position::MIN.with_all_it_causes();
    let result = window.0.on_watermark(at, Watermark::END, &mut Output::new(2));
    let error = result.expect_err("the sum is too large").to_string();
    assert!(error.contains("`total`") && error.contains("cast"), "{error}");
    assert!(error.ends_with("in the window from 1970-01-01 00:00:00.010, `key` = \"a\""), "{error}");
}

#[test]
fn a_row_is_late_once_its_window_has_closed_and_not_before() {
    let mut window = window();
    let mut out = Output::new(2);
    process(&mut window, &[(9, "a", 1), (10, "a", 2), (8, "a", 3)], 8, &mut out);
    process(&mut window, &[(10, "a", 4), (9, "a", 5)], 9, &mut out);
    let late = out.take(1);
    assert_eq!(late.iter().map(Batch::n_rows).sum::<usize>(), 1);
    assert_eq!(Value::at(late[0].column(2), &DataType::BigInt, 0), Value::Int(5));
    assert_eq!(fired(&mut window, 19), ["10 a 2 2 3", "20 a 2 2 4"]);
}

#[test]
fn windows_that_were_written_down_go_on_where_they_stood() {
    let mut before = window();
    process(&mut before, &[(0, "a", 1), (5, "b", 2)], -1, &mut Output::new(2));
    let _ = fired(&mut before, 9);
    process(&mut before, &[(15, "a", 1), (25, "b", 2), (16, "c", 3)], 9, &mut Output::new(2));
    let mut snapshot = Snapshot::default();
    before.0.snapshot(&mut snapshot).expect("can be written down");
    let mut after = window();
    after.0.restore(&snapshot).expect("its own state");
    for window in [&mut before, &mut after] {
        process(window, &[(17, "a", 4), (26, "d", 5)], 9, &mut Output::new(2));
    }
    let lines = fired(&mut after, 29);
    assert_eq!(lines, fired(&mut before, 29));
    assert!(lines.contains(&"20 a 2 2 4".to_owned()) && lines.contains(&"30 d 1 1 5".to_owned()));
}

/// Rows of a time, a key and values of three types.
type Row = (i64, Option<i64>, Option<i64>, f64, &'static str, i128);

/// Every function over every column that it takes.
fn plan_of_everything() -> (Arc<Resolved>, Arc<EdgeType>) {
    let schema = Schema::new(vec![
        Field::not_null("at", DataType::Timestamp),
        Field::nullable("key", DataType::BigInt),
        Field::nullable("whole", DataType::BigInt),
        Field::nullable("double", DataType::Double),
        Field::nullable("text", DataType::String),
        Field::nullable("decimal", DataType::Decimal(38, 0)),
    ]);
    let edge = Arc::new(EdgeType { event_time: Some(0), watermarked: true, ..EdgeType::append(schema) });
    let mut aggregates = Vec::new();
    for function in AggregateFunction::ALL {
        for column in 2..6 {
            let input = edge.schema.fields()[column].data_type.clone();
            if let Ok(data_type) = function.result_type(Some(&input)) {
                let result = Field::nullable(&*format!("{}_{column}", function.name()), data_type);
                aggregates.push(ResolvedAggregate { function, input: Some((column, input)), result });
            }
        }
    }
    let keys = vec![(1, edge.schema.fields()[1].clone())];
    let windows = TumblingWindows::new(10, 0);
    (Arc::new(Resolved { windows, time: 0, keys, aggregates }), edge)
}

fn batch_of(rows: &[Row], first_offset: u64, edge: &Arc<EdgeType>) -> Batch {
    let columns = vec![
        timestamps("at", rows.iter().map(|row| row.0).collect()).expect("typed"),
        Series::new("key".into(), rows.iter().map(|row| row.1).collect::<Vec<_>>()).into_column(),
        Series::new("whole".into(), rows.iter().map(|row| row.2).collect::<Vec<_>>()).into_column(),
        Series::new("double".into(), rows.iter().map(|row| row.3).collect::<Vec<_>>()).into_column(),
        Series::new("text".into(), rows.iter().map(|row| row.4).collect::<Vec<_>>()).into_column(),
        Int128Chunked::from_vec("decimal".into(), rows.iter().map(|row| row.5).collect())
            .into_decimal_unchecked(38, 0)
            .into_series()
            .into_column(),
    ];
    let frame = DataFrame::new(rows.len(), columns).expect("columns of one length");
    let arrivals = vec![0; rows.len()].into();
    let positions = Positions::all(Origins::Run { source: 0, split: 0, first_offset, arrivals });
    Batch::new(frame, Arc::clone(edge), positions, Progress::flat(Watermark::NONE, Position::MAX))
}

/// All rows of a port, as text.
fn rows_of(batches: &[Batch]) -> Vec<String> {
    let rows = batches.iter().flat_map(|batch| {
        let fields = batch.edge().schema.fields();
        (0..batch.n_rows()).map(move |row| {
            let values = fields
                .iter()
                .enumerate()
                .map(|(idx, field)| Value::at(batch.column(idx), &field.data_type, row));
            values.map(|value| value.to_string()).collect::<Vec<_>>().join("|")
        })
    });
    rows.collect()
}

proptest! {
    #[test]
    fn two_halves_give_what_the_whole_gives(
        rows in prop::collection::vec(
            (
                0_i64..60,
                prop::option::weighted(0.9, 0_i64..4),
                prop::option::weighted(0.8, -5_i64..1_000_000_000_000),
                prop_oneof![(-1_000_i32..1_000).prop_map(|value| f64::from(value) / 8.0), Just(1e300), Just(-1e-300), Just(f64::NAN)],
                prop::sample::select(vec!["a", "b", "", "ccc"]),
                -1_000_i128..1_000,
            ),
            1..60,
        ),
        n_rows in 1_usize..20,
    ) {
        let (plan, edge) = plan_of_everything();
        let context = || OperatorContext {
            node: NodeId::new("window"),
            subtask: 0,
            parallelism: 1,
            outputs: vec![Arc::new(plan.output_edge(&edge)), Arc::new(late_edge(&edge))],
            counters: Arc::default(),
        };
        let halves = halves(&plan);
        let (of_whole, of_local, of_final) = (context(), context(), context());
        let mut whole = WindowOperator::new(&plan, &of_whole).expect("takes the types");
        let mut local = (halves.make)(&of_local).expect("takes the types");
        let mut last = (halves.make_final)(&of_final).expect("takes the types");
        let (mut out, mut first_out, mut last_out) = (Output::new(2), Output::new(2), Output::new(2));
        let mut watermark = Watermark::NONE;
        for (number, rows) in rows.chunks(n_rows).enumerate() {
            let batch = batch_of(rows, (number * n_rows) as u64, &edge);
            let segment = |batch| Segment { input: 0, batch, rows: 0..batch.n_rows(), watermark };
            whole.process(segment(&batch), &mut out).expect("typed");
            local.process(segment(&batch), &mut first_out).expect("typed");
            for partial in first_out.take(0) {
                prop_assert!(partial.positions().iter().is_sorted());
                last.process(Segment { input: 0, batch: &partial, rows: 0..partial.n_rows(), watermark }, &mut last_out)
                    .expect("its own");
            }
            let at = batch.positions().last().expect("some rows").with_all_it_causes();
            let greatest = rows.iter().map(|row| row.0).max().expect("some rows");
            if Watermark::new(greatest - 7) > watermark {
                watermark = Watermark::new(greatest - 7);
                whole.on_watermark(at, watermark, &mut out).expect("fits");
                last.on_watermark(at, watermark, &mut last_out).expect("fits");
            }
        }
        let end = Position::MAX;
        whole.on_watermark(end, Watermark::END, &mut out).expect("fits");
        last.on_watermark(end, Watermark::END, &mut last_out).expect("fits");
        prop_assert_eq!(rows_of(&last_out.take(0)), rows_of(&out.take(0)));
        prop_assert_eq!(rows_of(&first_out.take(1)), rows_of(&out.take(1)));
        let figures = |counters: &NodeCounters| {
            [&counters.used, &counters.late].map(|counter| counter.load(Ordering::Relaxed))
        };
        prop_assert_eq!(figures(&of_local.counters), figures(&of_whole.counters));
        prop_assert_eq!(figures(&of_final.counters), [0, 0]);
        for counters in [&of_whole.counters, &of_final.counters] {
            prop_assert_eq!(counters.state_entries.load(Ordering::Relaxed), 0);
        }
    }
}

/// All rows of a batch, before any watermark.
fn whole_segment(batch: &Batch) -> Segment<'_> {
    Segment { input: 0, batch, rows: 0..batch.n_rows(), watermark: Watermark::NONE }
}

#[test]
fn decimals_that_leave_the_range_on_the_way_come_to_their_sum_in_whole_and_in_halves() {
    let far = 9 * 10_i128.pow(37);
    let schema = Schema::new(vec![
        Field::not_null("at", DataType::Timestamp),
        Field::nullable("value", DataType::Decimal(38, 0)),
    ]);
    let edge = Arc::new(EdgeType { event_time: Some(0), watermarked: true, ..EdgeType::append(schema) });
    let input = DataType::Decimal(38, 0);
    let aggregate = ResolvedAggregate {
        function: AggregateFunction::Sum,
        input: Some((1, input.clone())),
        result: Field::nullable("total", input),
    };
    let windows = TumblingWindows::new(10, 0);
    let plan = Arc::new(Resolved { windows, time: 0, keys: Vec::new(), aggregates: vec![aggregate] });
    let context = OperatorContext {
        node: NodeId::new("window"),
        subtask: 0,
        parallelism: 1,
        outputs: vec![Arc::new(plan.output_edge(&edge)), Arc::new(late_edge(&edge))],
        counters: Arc::default(),
    };
    for (batches, expected) in [
        (vec![vec![-far], vec![far, far]], Some(far)),
        (vec![vec![far], vec![far, -far]], Some(far)),
        (vec![vec![far, far], vec![-far, -far, -far]], Some(-far)),
        (vec![vec![far], vec![far]], None),
    ] {
        let mut whole = WindowOperator::new(&plan, &context).expect("takes the types");
        let halves = halves(&plan);
        let mut local = (halves.make)(&context).expect("takes the types");
        let mut last = (halves.make_final)(&context).expect("takes the types");
        let (mut out, mut last_out) = (Output::new(2), Output::new(2));
        for values in &batches {
            let decimals = Int128Chunked::from_vec("value".into(), values.clone());
            let columns = vec![
                timestamps("at", vec![0; values.len()]).expect("typed"),
                decimals.into_decimal_unchecked(38, 0).into_series().into_column(),
            ];
            let frame = DataFrame::new(values.len(), columns).expect("columns of one length");
            let arrivals = vec![0; values.len()].into();
            let positions = Positions::all(Origins::Run { source: 0, split: 0, first_offset: 0, arrivals });
            let progress = Progress::flat(Watermark::NONE, Position::MAX);
            let batch = Batch::new(frame, Arc::clone(&edge), positions, progress);
            whole.process(whole_segment(&batch), &mut out).expect("typed");
            local.process(whole_segment(&batch), &mut out).expect("typed");
            for partial in out.take(0) {
                last.process(whole_segment(&partial), &mut last_out).expect("its own");
            }
        }
        let of_whole = whole.on_watermark(Position::MAX, Watermark::END, &mut out);
        let of_halves = last.on_watermark(Position::MAX, Watermark::END, &mut last_out);
        assert_eq!((of_whole.is_ok(), of_halves.is_ok()), (expected.is_some(), expected.is_some()));
        for out in [&mut out, &mut last_out] {
            let sums: Vec<String> = rows_of(&out.take(0));
            let expected: Vec<String> = expected.iter().map(ToString::to_string).collect();
            let sums: Vec<&str> = sums.iter().filter_map(|row| row.rsplit('|').next()).collect();
            assert_eq!(sums, expected);
        }
    }
}
