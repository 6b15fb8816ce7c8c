//! Flows that are no line: branches that meet again, and windows over windows, against a reference that works row by row.

use tidemark_engine::runtime::JobStatus;
use tidemark_tests::disorder::{self, BOUND, FOUR, data, source, watermarks};
use tidemark_tests::reference::{Clock, Lanes, Row, Windows, in_order, stamp};
use tidemark_tests::{assert_lines, by_key, run, some_schedules};

/// What a reference expects in each table sink.
type Tables = Vec<(&'static str, Vec<String>)>;

/// A flow over the four files, with these nodes behind the watermarks `time`. A table `x_table` takes the port `x.out`, and `x_late`
/// the port `x.late`.
fn flow(nodes: &[&str], edges: &[&str], tables: &[&str]) -> String {
    let mut lines = vec![source("read", "disorder-?.csv", ""), watermarks("time")];
    let nodes = nodes.iter().map(|node| format!("    {node},\n"));
    lines.extend(nodes);
    let sinks = tables.iter().map(|id| format!("    {{\"id\": \"{id}\", \"kind\": \"table_sink\"}},\n"));
    lines.extend(sinks);
    let last = lines.pop().unwrap_or_default();
    let to_tables = tables.iter().map(|id| match id.rsplit_once('_') {
        Some((node, "late")) => format!("{node}.late -> {id}.in"),
        Some((node, _)) => format!("{node}.out -> {id}.in"),
        None => (*id).to_owned(),
    });
    let edges = edges.iter().map(|edge| (*edge).to_owned()).chain(to_tables).map(|edge| {
        let (from, to) = edge.split_once(" -> ").expect("an edge");
        format!(r#"    {{"from": "{from}", "to": "{to}"}}"#)
    });
    format!(
        "{{\"version\": 1, \"nodes\": [\n{}{}\n], \"edges\": [\n{}\n]}}",
        lines.concat(),
        last.trim_end().trim_end_matches(','),
        edges.collect::<Vec<_>>().join(",\n")
    )
}

/// Runs a flow at some schedules; in each table, every key's rows must come in the order that is expected.
fn check(flow: &str, expected: &Tables) {
    for (config, pace) in some_schedules() {
        let what = format!("{config:?}, {pace:?}");
        let outcome = run(flow, &data(), &config, pace);
        assert!(matches!(outcome.status, JobStatus::Finished), "{what}: {:?}", outcome.status);
        for (table, lines) in expected {
            assert_lines(&by_key(&outcome.tables[*table]), &by_key(lines), &format!("{what}: {table}"));
        }
    }
}

fn line(fields: &[String]) -> String {
    fields.join(",")
}

fn text(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

/// `k,window_start,window_end,window_time`
fn window(k: Option<&String>, start: i64, size: i64) -> String {
    line(&[text(k), stamp(start), stamp(start + size), stamp(start + size - 1)])
}

/// What the diamond's union gives out, and what the window behind it makes of that.
struct BehindUnion {
    open: Windows<i64>,
    union: Vec<String>,
    counts: Vec<String>,
    late: Vec<String>,
}

const SUMS_SIZE: i64 = 10_000;
const COUNTS_SIZE: i64 = 7_000;

impl BehindUnion {
    /// Takes the rows `k,n,ts` that stand at one position, under the watermark before it, and then the one after it.
    fn take(&mut self, rows: &[(Option<String>, i64, i64)], before: Option<i64>, after: Option<i64>) {
        for (k, n, ts) in rows {
            self.union.push(line(&[text(k.as_ref()), n.to_string(), stamp(*ts)]));
            if !self.open.put(before, *ts, k.as_ref(), *n) {
                self.late.push(line(&[text(k.as_ref()), n.to_string(), stamp(*ts)]));
            }
        }
        for (start, k, ns) in self.open.close(after) {
            let window = window(k.as_ref(), start, COUNTS_SIZE);
            let sum = ns.iter().sum::<i64>().to_string();
            self.counts.push(line(&[window, ns.len().to_string(), sum, text(ns.first()), text(ns.last())]));
        }
    }
}

fn diamond(files: &[Vec<Row>]) -> Tables {
    let mut clock = Clock::new(files, BOUND, Lanes::Files);
    let mut sums: Windows<i64> = Windows::new(SUMS_SIZE);
    let mut sums_late = Vec::new();
    let mut behind = BehindUnion {
        open: Windows::new(COUNTS_SIZE),
        union: Vec::new(),
        counts: Vec::new(),
        late: Vec::new(),
    };
    let fired = |closed: Vec<(i64, Option<String>, Vec<i64>)>| {
        closed
            .into_iter()
            .map(|(start, k, vs)| (k, vs.iter().sum(), start + SUMS_SIZE - 1))
            .collect::<Vec<_>>()
    };
    for row in in_order(files) {
        let before = clock.watermark();
        let mut at_once = Vec::new();
        // A row may go by both branches; the inputs of a union go by the names of their edges.
        if row.v.is_some_and(|v| v > 500) {
            at_once.push((row.k.clone(), row.id + 1_000_000, row.ts));
        }
        if row.id % 3 != 0 {
            at_once.push((row.k.clone(), row.id, row.ts));
        }
        if let Some(v) = row.v.filter(|v| *v > 0)
            && !sums.put(before, row.ts, row.k.as_ref(), v)
        {
            sums_late.push(line(&[text(row.k.as_ref()), row.id.to_string()]));
        }
        let after = clock.after(row);
        at_once.extend(fired(sums.close(after)));
        behind.take(&at_once, before, after);
    }
    let end = Some(i64::MAX);
    behind.take(&fired(sums.close(end)), clock.watermark(), end);
    vec![
        ("both_table", behind.union),
        ("counts_table", behind.counts),
        ("late_table", behind.late),
        ("missed_table", sums_late),
    ]
}

#[test]
fn branches_of_different_length_meet_again_in_arrival_order() {
    let (files, _) = disorder::rows(&data(), &FOUR);
    let expected = diamond(&files);
    assert!(expected.iter().all(|(_, lines)| lines.len() > 20), "the data says something");
    let sums = format!(
        r#"{{"id": "sums", "kind": "tumbling_window", "params": {{"size_millis": {SUMS_SIZE}, "keys": ["k"], "aggregates": [
      {{"function": "sum", "column": "v", "name": "n"}}]}}}}"#
    );
    let counts = format!(
        r#"{{"id": "counts", "kind": "tumbling_window", "params": {{"size_millis": {COUNTS_SIZE}, "keys": ["k"], "aggregates": [
      {{"function": "count", "name": "rows"}}, {{"function": "sum", "column": "n", "name": "s"}},
      {{"function": "first", "column": "n", "name": "f"}}, {{"function": "last", "column": "n", "name": "l"}}]}}}}"#
    );
    let columns = |id: &str, n: &str, ts: &str| {
        format!(
            r#"{{"id": "{id}", "kind": "select", "params": {{"columns": [
      {{"expression": "k"}}, {{"expression": "{n}", "name": "n"}}, {{"expression": "{ts}", "name": "ts"}}]}}}}"#
        )
    };
    let flow = flow(
        &[
            r#"{"id": "big", "kind": "filter", "params": {"condition": "v > 500"}}"#,
            &columns("big_rows", "id + 1000000", "ts"),
            r#"{"id": "most", "kind": "filter", "params": {"condition": "id % 3 <> 0"}}"#,
            &columns("most_rows", "id", "ts"),
            r#"{"id": "positive", "kind": "filter", "params": {"condition": "v > 0"}}"#,
            &sums,
            &columns("sums_rows", "n", "window_time"),
            r#"{"id": "both", "kind": "union"}"#,
            &counts,
            &columns("late", "n", "ts"),
            r#"{"id": "missed", "kind": "select", "params": {"columns": [{"expression": "k"}, {"expression": "id"}]}}"#,
        ],
        &[
            "read.out -> time.in",
            "time.out -> big.in",
            "time.out -> most.in",
            "time.out -> positive.in",
            "big.out -> big_rows.in",
            "most.out -> most_rows.in",
            "positive.out -> sums.in",
            "sums.out -> sums_rows.in",
            "big_rows.out -> both.in",
            "most_rows.out -> both.in",
            "sums_rows.out -> both.in",
            "both.out -> counts.in",
            "counts.late -> late.in",
            "sums.late -> missed.in",
        ],
        &["both_table", "counts_table", "late_table", "missed_table"],
    );
    check(&flow, &expected);
}

const FINE_SIZE: i64 = 10_000;
const COARSE_SIZE: i64 = 60_000;
const ALL_SIZE: i64 = 35_000;

/// What the fine windows of a stretch have given out, taken in by the windows behind them.
struct BehindFine {
    // Rows and sum of each fine window.
    coarse: Windows<(i64, Option<i64>)>,
    all: Windows<i64>,
    coarse_lines: Vec<String>,
    all_lines: Vec<String>,
}

impl BehindFine {
    fn take(
        &mut self,
        fired: Vec<(i64, Option<String>, Vec<&Row>)>,
        before: Option<i64>,
        after: Option<i64>,
    ) {
        for (start, k, rows) in fired {
            let time = start + FINE_SIZE - 1;
            let n = rows.len() as i64;
            let sum = rows.iter().filter_map(|row| row.v).reduce(|a, b| a + b);
            let in_time =
                self.coarse.put(before, time, k.as_ref(), (n, sum)) && self.all.put(before, time, None, n);
            assert!(in_time, "what a window gives out comes before the watermark that closed it");
        }
        for (start, k, fine) in self.coarse.close(after) {
            let sum = fine.iter().filter_map(|(_, sum)| *sum).reduce(|a, b| a + b);
            self.coarse_lines.push(line(&[
                window(k.as_ref(), start, COARSE_SIZE),
                fine.len().to_string(),
                fine.iter().map(|(n, _)| n).sum::<i64>().to_string(),
                text(sum),
                text(fine.first().map(|(n, _)| n)),
                text(fine.last().map(|(n, _)| n)),
            ]));
        }
        for (start, _, ns) in self.all.close(after) {
            let bounds = window(None, start, ALL_SIZE);
            let bounds = bounds.trim_start_matches(',').to_owned();
            let sum = ns.iter().sum::<i64>().to_string();
            let extremes = line(&[text(ns.iter().min()), text(ns.iter().max())]);
            self.all_lines.push(line(&[bounds, ns.len().to_string(), sum, extremes]));
        }
    }
}

fn windows_of_windows(files: &[Vec<Row>]) -> Tables {
    let mut clock = Clock::new(files, BOUND, Lanes::Files);
    let mut fine: Windows<&Row> = Windows::new(FINE_SIZE);
    let mut behind = BehindFine {
        coarse: Windows::new(COARSE_SIZE),
        all: Windows::new(ALL_SIZE),
        coarse_lines: Vec::new(),
        all_lines: Vec::new(),
    };
    let mut n_late = 0;
    for row in in_order(files) {
        let before = clock.watermark();
        n_late += usize::from(!fine.put(before, row.ts, row.k.as_ref(), row));
        let after = clock.after(row);
        behind.take(fine.close(after), before, after);
    }
    let end = Some(i64::MAX);
    behind.take(fine.close(end), clock.watermark(), end);
    assert!(
        n_late > 50 && behind.coarse_lines.len() > 50 && behind.all_lines.len() > 20,
        "the data says something"
    );
    vec![
        ("coarse_table", behind.coarse_lines),
        ("all_table", behind.all_lines),
        ("coarse_late", Vec::new()),
        ("all_late", Vec::new()),
    ]
}

#[test]
fn windows_over_what_windows_give_out_close_at_the_same_watermarks() {
    let (files, _) = disorder::rows(&data(), &FOUR);
    let fine = format!(
        r#"{{"id": "fine", "kind": "tumbling_window", "params": {{"size_millis": {FINE_SIZE}, "keys": ["k"], "aggregates": [
      {{"function": "count", "name": "n"}}, {{"function": "sum", "column": "v", "name": "s"}}]}}}}"#
    );
    let coarse = format!(
        r#"{{"id": "coarse", "kind": "tumbling_window", "params": {{"size_millis": {COARSE_SIZE}, "keys": ["k"], "aggregates": [
      {{"function": "count", "name": "windows"}}, {{"function": "sum", "column": "n"}}, {{"function": "sum", "column": "s"}},
      {{"function": "first", "column": "n"}}, {{"function": "last", "column": "n"}}]}}}}"#
    );
    let all = format!(
        r#"{{"id": "all", "kind": "tumbling_window", "params": {{"size_millis": {ALL_SIZE}, "aggregates": [
      {{"function": "count", "name": "windows"}}, {{"function": "sum", "column": "n"}}, {{"function": "min", "column": "n"}},
      {{"function": "max", "column": "n"}}]}}}}"#
    );
    let flow = flow(
        &[&fine, &coarse, &all],
        &["read.out -> time.in", "time.out -> fine.in", "fine.out -> coarse.in", "fine.out -> all.in"],
        &["coarse_table", "all_table", "coarse_late", "all_late"],
    );
    check(&flow, &windows_of_windows(&files));
}
