//! What the node refuses, and that rows have the shares, bounds and shapes that were asked for.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};

use super::*;
use crate::connector::testing::{Flow, ReadAll, findings, read, source};
use crate::connector::time_text::TimeFormat;

fn plan_of(params: &Json) -> NodePlan {
    Flow::new().plan(&GeneratorSource, params)
}

fn read_all(params: &Json, n_rows: usize) -> ReadAll {
    let plan = plan_of(params);
    assert!(plan.diagnostics.is_empty(), "{}", findings(&plan));
    read(&source(plan), 0, SplitOffset::START, n_rows)
}

/// The values of one column of 10,000 rows.
fn column(column: &Json) -> Vec<String> {
    let mut column = column.clone();
    column["name"] = "it".into();
    let rows = read_all(&json!({ "rows": 10_000, "columns": [column] }), 4096).rows;
    rows.iter().map(|row| row.split('|').next().expect("a column").to_owned()).collect()
}

fn numbers(of: &Json) -> Vec<f64> {
    column(of).iter().map(|text| text.parse().expect("a number")).collect()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn least_and_greatest(values: &[f64]) -> (f64, f64) {
    values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), value| {
        (least.min(*value), most.max(*value))
    })
}

fn counts(values: &[String]) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    values.iter().for_each(|value| *counts.entry(&**value).or_default() += 1);
    counts
}

#[test]
fn a_node_without_parameters_gives_rows_at_once() {
    let plan = plan_of(&json!({}));
    assert!(plan.diagnostics.is_empty(), "{}", findings(&plan));
    let out = plan.outputs[0].clone().expect("known");
    let names: Vec<String> = out.schema.fields().iter().map(|field| field.name.to_string()).collect();
    assert_eq!((names, out.event_time), (["key", "value", "event_time"].map(str::to_owned).into(), Some(2)));
    let all = read(&source(plan), 0, SplitOffset::START, 30_000);
    assert_eq!((all.rows.len(), all.rejected.len()), (100_000, 0));
    assert!(all.rows[99_999].ends_with("|2026-01-01 00:16:39.990"), "{}", all.rows[99_999]);
}

#[test]
fn bounds_are_held_on_both_sides() {
    for (name, good, bad) in [
        ("rows", json!(1), json!(0)),
        ("rows", json!(1_000_000_000_000_u64), json!(1_000_000_000_001_u64)),
        ("rate", json!(0.001), json!(0.000_9)),
        ("rate", json!(1e9), json!(1.1e9)),
        ("start_time", json!("0010-01-01"), json!("0001-01-01")),
        ("start_time", json!("2026-01-01T00:00:00Z"), json!("tomorrow")),
        ("event_time", json!("ts"), json!("")),
        ("event_time", json!("ts"), json!("key")),
        ("disorder_millis", json!(2_678_400_000_i64), json!(2_678_400_001_i64)),
        ("disorder_millis", json!(0), json!(-1)),
        ("group_size", json!(1_000_000), json!(1_000_001)),
        ("group_size", json!(1), json!(0)),
        ("late_probability", json!(1), json!(1.01)),
        ("late_millis", json!(31_622_400_000_i64), json!(31_622_400_001_i64)),
        ("burst_factor", json!(1000), json!(1001)),
        ("burst_factor", json!(1), json!(0.9)),
        ("hostile_probability", json!(0), json!(-0.01)),
    ] {
        let mut params = json!({ "rows": 1000, "rate": 1_000_000 });
        params[name] = good;
        let plan = plan_of(&params);
        assert!(plan.runs.is_some() && plan.diagnostics.is_empty(), "{params}: {}", findings(&plan));
        params[name] = bad;
        let plan = plan_of(&params);
        assert!(plan.runs.is_none() && plan.diagnostics.len() == 1, "{params}: {}", findings(&plan));
        assert!(plan.diagnostics[0].fix.is_some(), "{params}: {}", findings(&plan));
    }
    for (params, what) in [
        (json!({"burst_every_millis": 1000, "burst_millis": 1000}), "1000 ms are not less than"),
        (json!({"burst_millis": 1000}), "`burst_millis` says nothing while `burst_every_millis` is 0"),
        (json!({"gap_every_millis": 1000, "gap_millis": -1}), "-1 ms are not less than"),
        (json!({"gap_every_millis": -5}), "-5 ms are too few or too many"),
        (json!({"rows": 1_000_000_000_000_u64, "rate": 1}), "after the year 9999"),
        (json!({"colums": []}), "there is no parameter `colums`"),
    ] {
        let plan = plan_of(&params);
        assert!(plan.runs.is_none() && findings(&plan).contains(what), "{params}: {}", findings(&plan));
    }
    assert!(plan_of(&json!({"burst_every_millis": 1000, "burst_millis": 999})).runs.is_some());
}

#[test]
fn columns_that_cannot_be_made_are_named() {
    for (bad, what) in [
        (json!({"make": "uniform", "type": "STRING"}), "`STRING` is no type"),
        (json!({"make": "uniform", "from": 5, "to": 4}), "there is nothing from 5 to 4"),
        (json!({"make": "uniform", "type": "BIGINT", "from": 0.5}), "0.5 is no whole number"),
        (
            json!({"make": "uniform", "type": "DECIMAL(5, 2)", "to": 0.125}),
            "0.125 has more digits than DECIMAL(5, 2)",
        ),
        (json!({"make": "uniform", "type": "BIGINT", "to": 1e16}), "is no whole number of at most"),
        (json!({"make": "uniform", "from": -1.7e308, "to": 1.7e308}), "too many numbers"),
        (json!({"make": "uniform", "type": "DECIMAL(3, 2)", "to": 10}), "does not fit DECIMAL(3, 2)"),
        (json!({"make": "normal", "deviation": -1}), "-1 is no standard deviation"),
        (json!({"make": "sequence", "from": 1, "step": 9e15}), "would be no BIGINT"),
        (json!({"make": "keys", "keys": 0}), "there cannot be 0 keys"),
        (json!({"make": "keys", "keys": 1_000_001}), "there cannot be 1000001 keys"),
        (json!({"make": "keys", "skew": 10.5}), "10.5 is no skew"),
        (json!({"make": "words"}), "one of 0 words"),
        (json!({"make": "words", "words": [{"word": "a", "weight": 0}]}), "weights"),
        (json!({"make": "words", "words": [{"word": "a", "weight": -1}, {"word": "b"}]}), "weights"),
        (json!({"make": "words", "words": [{"word": "x".repeat(65_537)}]}), "a text has 65537 bytes"),
        (json!({"make": "constant", "text": "x".repeat(65_537)}), "a text has 65537 bytes"),
        (json!({"make": "constant", "name": "event_time (arrival)"}), "two columns called"),
        (json!({"make": "pattern"}), "the pattern is empty"),
        (json!({"make": "boolean", "true_share": 2}), "2 is no share"),
        (json!({"make": "constant", "null_share": -1}), "-1 is no share"),
        (json!({"make": "constant", "name": ""}), "no name"),
        (json!({"make": "constant", "name": "other"}), "two columns called `other`"),
        (json!({"make": "constant", "name": "event_time"}), "two columns called `event_time`"),
    ] {
        let mut bad = bad;
        if bad.get("name").is_none() {
            bad["name"] = "it".into();
        }
        let plan = plan_of(&json!({"columns": [{"name": "other", "make": "uniform"}, bad]}));
        let text = findings(&plan);
        assert!(plan.runs.is_none() && text.contains(what) && text.contains("columns.1."), "{bad}: {text}");
    }
    let plan = plan_of(&json!({"columns": [{"name": "it", "make": "boolean", "keys": 5}]}));
    assert!(plan.runs.is_some(), "a warning keeps nothing from running");
    assert!(findings(&plan).contains("`keys` says nothing about a column that is made by `boolean`"));
}

#[test]
fn uniform_numbers_are_spread_over_their_range() {
    let doubles = numbers(&json!({"make": "uniform", "from": -5, "to": 5}));
    let (least, greatest) = least_and_greatest(&doubles);
    assert!((-5.0..-4.99).contains(&least) && (4.99..5.0).contains(&greatest), "{least} {greatest}");
    // The deviation of the mean is 0.0289.
    assert!(mean(&doubles).abs() < 0.18);
    let dice = column(&json!({"make": "uniform", "type": "BIGINT", "from": 1, "to": 6}));
    let counts = counts(&dice);
    // 1,667 are expected of each; six standard deviations are 224.
    assert!(counts.len() == 6 && counts.values().all(|n| (1_443..=1_891).contains(n)), "{counts:?}");
    let prices = column(&json!({"make": "uniform", "type": "DECIMAL(6, 2)", "from": 0.99, "to": 1000.5}));
    assert!(prices.iter().all(|price| price.split_once('.').is_some_and(|(_, cents)| cents.len() == 2)));
    let (least, greatest) = least_and_greatest(
        &prices.iter().map(|price| price.parse().expect("a number")).collect::<Vec<f64>>(),
    );
    assert!((0.99..1.5).contains(&least) && (1000.0..=1000.5).contains(&greatest), "{least} {greatest}");
}

#[test]
fn normal_numbers_have_their_mean_deviation_and_tails() {
    let values = numbers(&json!({"make": "normal", "mean": 50, "deviation": 10}));
    assert!((mean(&values) - 50.0).abs() < 0.6);
    let variance = mean(&values.iter().map(|value| (value - 50.0).powi(2)).collect::<Vec<_>>());
    assert!((variance - 100.0).abs() < 8.5, "{variance}");
    let far = values.iter().filter(|value| (*value - 50.0).abs() > 19.6).count();
    // 5 % of 10,000; six standard deviations are 131.
    assert!((369..=631).contains(&far), "{far}");
    let whole = numbers(&json!({"make": "normal", "mean": 50, "deviation": 10, "type": "BIGINT"}));
    assert!(whole.iter().zip(&values).all(|(whole, value)| *whole == value.round()));
    let fixed = column(&json!({"make": "normal", "deviation": 1e9, "type": "DECIMAL(4, 1)"}));
    assert!(fixed.iter().any(|text| text == "999.9") && fixed.iter().any(|text| text == "-999.9"));
}

#[test]
fn keys_come_as_often_as_their_skew_says() {
    let keys = column(&json!({"make": "keys", "keys": 4, "skew": 1}));
    // 1 / k of 12/25.
    for (key, expected) in [("0", 4_800), ("1", 2_400), ("2", 1_600), ("3", 1_200)] {
        assert!(counts(&keys)[key].abs_diff(expected) < 300, "{:?}", counts(&keys));
    }
    let alike = column(&json!({"make": "keys", "keys": 4, "skew": 0, "type": "STRING", "text": "k"}));
    assert!(counts(&alike).iter().all(|(key, n)| key.starts_with('k') && n.abs_diff(2_500) < 260));
    let hot = column(&json!({"make": "keys", "keys": 1_000_000, "skew": 10}));
    assert!(counts(&hot)["0"] > 9_900);
}

#[test]
fn words_patterns_and_the_rest_are_what_they_should_be() {
    let words = column(
        &json!({"make": "words", "words": [{"word": "a", "weight": 3}, {"word": "b"}, {"word": "c", "weight": 0}]}),
    );
    let shares = counts(&words);
    assert!(shares.len() == 2 && shares["a"].abs_diff(7_500) < 260, "{shares:?}");
    let ids = column(&json!({"make": "pattern", "text": "u-###?"}));
    assert!(ids.iter().all(|id| id.len() == 6) && ids.iter().collect::<BTreeSet<_>>().len() > 8_000);
    assert_eq!(counts(&column(&json!({"make": "constant", "text": "x"})))["x"], 10_000);
    let yes = column(&json!({"make": "boolean", "true_share": 0.2}));
    assert!(counts(&yes)["true"].abs_diff(2_000) < 240);
    let down = column(&json!({"make": "sequence", "from": 10, "step": -3}));
    assert_eq!((&*down[0], &*down[9_999]), ("10", "-29987"));
    let some = column(&json!({"make": "constant", "text": "x", "null_share": 0.3}));
    assert!(counts(&some)["NULL"].abs_diff(3_000) < 275);
}

#[test]
fn a_timestamp_is_near_the_event_time() {
    let columns = json!([{"name": "due", "make": "timestamp", "from": -1000, "to": 5000}]);
    let all = read_all(&json!({"rows": 5000, "disorder": "uniform", "columns": columns}), 1000);
    let millis = |text: &str| TimeFormat::Auto.moment(text.as_bytes()).expect("a time").clock_millis;
    let distances: Vec<i64> = all
        .rows
        .iter()
        .map(|row| row.split('|').map(millis).collect::<Vec<_>>())
        .map(|times| times[0] - times[1])
        .collect();
    assert!(distances.iter().all(|distance| (-1000..=5000).contains(distance)));
    assert!(distances.iter().min() < Some(&-900) && distances.iter().max() > Some(&4900));
}

/// All that can be asked for at once.
fn everything() -> Json {
    json!({
        "rows": 3_000, "seed": 5, "disorder": "exponential", "late_probability": 0.1, "hostile_probability": 0.05,
        "burst_every_millis": 5000, "burst_millis": 500, "gap_every_millis": 8000, "gap_millis": 3000,
        "columns": [
            {"name": "n", "make": "sequence"}, {"name": "k", "make": "keys", "type": "STRING", "null_share": 0.1},
            {"name": "x", "make": "normal"}, {"name": "d", "make": "uniform", "type": "DECIMAL(9, 3)"},
            {"name": "w", "make": "words", "words": [{"word": "a"}, {"word": "b"}]}, {"name": "b", "make": "boolean"},
            {"name": "p", "make": "pattern", "text": "??"}, {"name": "t", "make": "timestamp"},
        ],
    })
}

#[test]
fn rows_are_the_same_however_they_are_cut_and_resumed() {
    let whole = read_all(&everything(), 1_000_000);
    assert_eq!((whole.rows.len() + whole.rejected.len(), whole.n_records), (3_000, 3_000));
    for n_rows in [1, 13, 1000] {
        let parts = read_all(&everything(), n_rows);
        assert_eq!((&parts.rows, &parts.rejected), (&whole.rows, &whole.rejected), "by {n_rows}");
        let at = parts.offsets[parts.offsets.len() / 2];
        let rest = read(&source(plan_of(&everything())), 0, at, 64);
        assert!(whole.rows.ends_with(&rest.rows) && whole.rejected.ends_with(&rest.rejected));
        assert_eq!(rest.n_records, 3_000);
    }
    let other_seed = json!({"seed": 6, "rows": 100});
    assert_ne!(read_all(&other_seed, 100).rows, read_all(&json!({"rows": 100}), 100).rows);
}

#[test]
fn a_column_that_is_added_or_left_out_changes_no_other() {
    let narrow = json!({"rows": 1000, "columns": [{"name": "x", "make": "normal"}]});
    let wide = json!({"rows": 1000, "columns": [{"name": "new", "make": "boolean"}, {"name": "x", "make": "normal"}]});
    let tails: Vec<String> = read_all(&wide, 100)
        .rows
        .iter()
        .map(|row| row.split_once('|').expect("three").1.to_owned())
        .collect();
    assert_eq!(read_all(&narrow, 100).rows, tails);
    let alone = source(Flow::new().plan_used(&GeneratorSource, &wide, &["x"]));
    assert_eq!(read(&alone, 0, SplitOffset::START, 77).rows, tails);
}

#[test]
fn hostile_values_are_as_many_as_asked_for_and_rows_without_time_are_rejected() {
    let params = json!({
        "rows": 10_000, "hostile_probability": 0.1, "columns": [
            {"name": "n", "make": "sequence"}, {"name": "x", "make": "uniform"}, {"name": "s", "make": "constant", "text": "tame"},
            {"name": "d", "make": "uniform", "type": "DECIMAL(38, 0)", "to": 5},
        ],
    });
    let all = read_all(&params, 1000);
    // 1,000 event times are hostile, of which a fourth is missing; six standard deviations are 94.
    assert!((156..=344).contains(&all.rejected.len()), "{}", all.rejected.len());
    for (record, rejected) in &all.rejected {
        assert_eq!((rejected.offset, rejected.column.as_deref()), (*record, Some("event_time")));
        let raw = String::from_utf8_lossy(&rejected.raw);
        assert!(raw.starts_with("n=") && (raw.ends_with("event_time=NULL") || raw.len() >= 4096), "{raw}");
    }
    let n_tame = all.rows.iter().filter(|row| row.contains("|tame|")).count();
    let share = n_tame as f64 / all.rows.len() as f64;
    // 0.9, give or take six standard deviations.
    assert!((0.882..0.918).contains(&share), "{share}");
    let whole = all.rows.join("\n");
    for value in [
        "NaN",
        "Infinity",
        "0001-01-01",
        "9999-12-31 23:59:59.999",
        "9223372036854775807",
        "\u{202e}",
        "\u{0}",
    ] {
        assert!(whole.contains(value), "{value:?}");
    }
    assert!(whole.contains(&"x".repeat(10_000)) && whole.contains(&"9".repeat(38)));
    let none = read_all(&json!({"rows": 10_000}), 1000);
    assert!(none.rejected.is_empty() && !none.rows.iter().any(|row| row.contains("NaN")));
}

#[test]
fn long_texts_are_made_a_few_at_a_time() {
    let text = "x".repeat(65_536);
    let plan = source(plan_of(
        &json!({"rows": 2_000, "columns": [{"name": "s", "make": "constant", "text": text}]}),
    ));
    let mut reader =
        plan.source.open(&plan.source.splits().expect("one")[0], SplitOffset::START).expect("a reader");
    let mut n_records = 0;
    while let Some(morsel) = reader.next(100_000).expect("a morsel") {
        let decoded = morsel.decode().expect("rows");
        assert!((1..=512).contains(&decoded.n_records), "{} rows of 64 KiB", decoded.n_records);
        n_records += decoded.n_records;
    }
    assert_eq!(n_records, 2_000);
    let few = json!({"rows": 10, "hostile_probability": 1, "columns": [{"name": "s", "make": "pattern", "text": "ä".repeat(1000)}]});
    assert_eq!(read_all(&few, 100).n_records, 10);
}
