//! A source that knows of its filter beside one that does not: the same records, and no row that could pass among those that are pruned.

use std::fmt::Write as _;
use std::sync::Arc;

use polars::prelude::DataFrame;
use polars_arrow::array::{Array, BooleanArray, PrimitiveArray, Utf8ViewArray};
use polars_arrow::datatypes::{ArrowDataType, TimeUnit};
use polars_parquet::write::CompressionOptions;
use polars_parquet_format::{ColumnChunk, FileMetaData};
use serde_json::{Value as Json, json};

use super::super::ParquetSource;
use super::super::tests::{Columns, ints, parquet, with_changed_footer};
use super::super::writers::bytes;
use crate::connector::testing::{Flow, source};
use crate::data::Value;
use crate::expr::{CompiledExpr, ExprContext, Predicate, RowFaults, compile};
use crate::node::{Decoded, Rejected, Source, SourceFilter, SourcePlan, SplitOffset};

/// Numbers from a seed, so that a failure comes again.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % n
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    fn of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}

/// How many records there were, and how many of them were pruned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Pruning {
    n_records: u64,
    n_pruned: u64,
}

/// The filter of `condition` as planning would push it to a source by itself; nothing if there is nothing to push.
fn filter(plan: &SourcePlan, condition: &str) -> Option<SourceFilter> {
    let predicate = Predicate::of(condition, &plan.decoded, &ExprContext::default())?;
    let seen = [plan.event_time, plan.arrival_time, plan.partition].into_iter().flatten().collect();
    Some(SourceFilter { predicate, seen })
}

/// Every morsel of a source's splits.
fn morsels(plan: &SourcePlan, source: &Arc<dyn Source>, n_rows: usize) -> Vec<Decoded> {
    let mut all = Vec::new();
    for split in plan.source.splits().expect("splits") {
        let mut reader = source.open(&split, SplitOffset::START).expect("a reader");
        while let Some(morsel) = reader.next(n_rows).expect("a morsel") {
            all.push(morsel.decode().expect("rows"));
        }
    }
    all
}

/// Reads a source with the filter `condition`, and compares all that somebody can see of it with what is `expected` without.
fn compare_with(plan: &SourcePlan, condition: &str, n_rows: usize, expected: &[Decoded]) -> Pruning {
    let mut pruning = Pruning::default();
    let compiled = compile(condition, &plan.decoded, &ExprContext::default())
        .unwrap_or_else(|error| panic!("{condition}: {error}"));
    let Some(filter) = filter(plan, condition) else { return pruning };
    let filtered = plan.source.filtered(&filter).expect("a Parquet source");
    let found = morsels(plan, &filtered, n_rows);
    assert_eq!(found.len(), expected.len());
    for (expected, found) in expected.iter().zip(&found) {
        pruning.n_records += found.n_records;
        pruning.n_pruned += if found.is_pruned { found.n_records } else { 0 };
        assert!(!expected.is_pruned);
        compare_morsels(plan, &filter, condition, &compiled, expected, found);
    }
    pruning
}

fn compare(plan: &SourcePlan, condition: &str, n_rows: usize) -> Pruning {
    compare_with(plan, condition, n_rows, &morsels(plan, &plan.source, n_rows))
}

fn compare_morsels(
    plan: &SourcePlan,
    filter: &SourceFilter,
    condition: &str,
    compiled: &CompiledExpr,
    expected: &Decoded,
    found: &Decoded,
) {
    let is_pruned = found.is_pruned;
    assert_eq!((found.n_records, found.next_cursor), (expected.n_records, expected.next_cursor));
    assert_eq!(found.rejected, expected.rejected, "{condition}");
    assert_eq!(found.frame.height(), expected.frame.height());
    for (idx, field) in plan.decoded.fields().iter().enumerate() {
        let (found, expected) = (&found.frame.columns()[idx], &expected.frame.columns()[idx]);
        assert_eq!((found.name(), found.dtype()), (expected.name(), &field.data_type.to_polars()));
        if !is_pruned || filter.seen.contains(&idx) {
            assert!(found.equals_missing(expected), "{condition}: `{}` is other", field.name);
        }
    }
    if is_pruned {
        for (which, frame) in [("file", &expected.frame), ("frame", &found.frame)] {
            assert_eq!(outcome(compiled, frame), (0, 0), "{condition}: a row of the {which} is not dropped");
        }
    }
}

/// How many rows pass, and how many are faulty.
fn outcome(condition: &CompiledExpr, frame: &DataFrame) -> (usize, usize) {
    let mut faults = RowFaults::new(frame.height());
    let holds = condition.evaluate(frame, &mut faults).expect("a column");
    let holds = holds.as_materialized_series().bool().expect("truth values").clone();
    (holds.iter().filter(|holds| *holds == Some(true)).count(), faults.n_faulty())
}

/// Values and how they are kept.
type Values = (ArrowDataType, Box<dyn Array>);

/// A column of random values: how it is kept, the values from which a group's are drawn by their places, and what a condition writes.
struct Kind {
    name: &'static str,
    make: fn(&[Option<usize>]) -> Values,
    literals: &'static [&'static str],
}

fn numbers<T: polars_arrow::types::NativeType>(
    arrow: ArrowDataType,
    values: &[T],
    places: &[Option<usize>],
) -> Values {
    let values: Vec<Option<T>> = places.iter().map(|place| place.map(|place| values[place])).collect();
    ints(arrow, &values)
}

/// As many as every kind has values, in rising order but for NaN, which stands last.
const N_VALUES: usize = 6;
const TEXTS: [&str; N_VALUES] =
    ["", "a", "ab longer than a bound may be", "b", "zz", "é, which is cut off within"];
const DOUBLES: [f64; N_VALUES] = [-1.5, -0.0, 0.0, 0.1, 7.0, f64::NAN];

fn kinds() -> Vec<Kind> {
    use ArrowDataType as A;
    vec![
        Kind {
            name: "id",
            make: |at| numbers(A::Int64, &[i64::MIN, -1, 0, 1, 7, i64::MAX], at),
            literals: &["-1", "0", "1", "2", "7", "9223372036854775807"],
        },
        Kind {
            name: "small",
            make: |at| numbers(A::Int16, &[-300_i16, -1, 0, 5, 200, 300], at),
            literals: &["-300", "-1", "0", "6", "300"],
        },
        Kind {
            name: "u8",
            make: |at| numbers(A::UInt8, &[0_u8, 1, 127, 128, 200, 255], at),
            literals: &["-1", "0", "127", "128", "255"],
        },
        Kind {
            name: "u32",
            make: |at| numbers(A::UInt32, &[0_u32, 1, 2, 1 << 31, 3 << 30, u32::MAX], at),
            literals: &["0", "2", "2147483648", "4294967295"],
        },
        Kind {
            name: "u64",
            make: |at| numbers(A::UInt64, &[0_u64, 1, 2, 1 << 63, 3 << 62, u64::MAX], at),
            literals: &["0", "1.5", "2", "9223372036854775808", "18446744073709551615"],
        },
        Kind {
            name: "text",
            make: |at| {
                let texts: Vec<Option<&str>> = at.iter().map(|at| at.map(|at| TEXTS[at])).collect();
                (A::Utf8View, Utf8ViewArray::from_slice(&texts).boxed())
            },
            literals: &["''", "'a'", "'ab'", "'ab longer than a bound may be'", "'zz'", "'é'", "'ê'"],
        },
        Kind {
            name: "x",
            make: |at| numbers(A::Float64, &DOUBLES, at),
            literals: &["-1.5e0", "0e0", "-0e0", "0.1", "7", "8e0", "CAST('NaN' AS DOUBLE)"],
        },
        Kind {
            name: "f",
            make: |at| numbers(A::Float32, &DOUBLES.map(|value| value as f32), at),
            literals: &["CAST(-1.5 AS FLOAT)", "CAST(0.1 AS FLOAT)", "0", "7", "8"],
        },
        Kind {
            name: "price",
            make: |at| numbers(A::Decimal(5, 2), &[-99_999_i128, -1, 0, 250, 251, 99_999], at),
            literals: &["-999.99", "0", "2.5", "2.505", "2.51", "1000"],
        },
        Kind {
            name: "sum",
            make: |at| numbers(A::Decimal(15, 3), &[-99_999_i128, -1, 0, 250, 2510, 1 << 40], at),
            literals: &["-0.001", "0", "0.25", "2.51", "2.510"],
        },
        Kind {
            name: "wide",
            make: |at| numbers(A::Decimal(30, 4), &[-(1_i128 << 90), -1, 0, 255, 256, 1 << 90], at),
            literals: &["-0.0001", "0", "0.0255", "0.0256", "3"],
        },
        Kind {
            name: "day",
            make: |at| numbers(A::Date32, &[-400, -1, 0, 1, 2, 400], at),
            literals: &["DATE '1969-12-31'", "'1970-01-01'", "DATE '1970-01-02'", "DATE '2000-01-01'"],
        },
        Kind {
            name: "at",
            make: |at| {
                let stamp = A::Timestamp(TimeUnit::Microsecond, None);
                numbers(stamp, &[-1_i64, 0, 999, 1000, 2_000_001, 90_000_000], at)
            },
            literals: &[
                "TIMESTAMP '1970-01-01 00:00:00'",
                "'1969-12-31 23:59:59.999'",
                "TIMESTAMP '1970-01-01 00:00:00.001'",
                "TIMESTAMP '1970-01-01 00:00:02'",
                "TIMESTAMP '1970-01-01 00:01:30'",
            ],
        },
        Kind {
            name: "flag",
            make: |at| {
                let flags: Vec<Option<bool>> = at.iter().map(|at| at.map(|at| at > 2)).collect();
                (A::Boolean, BooleanArray::from(flags).boxed())
            },
            literals: &["TRUE", "FALSE"],
        },
        Kind {
            name: "req",
            make: |at| {
                let values = at.iter().map(|at| at.unwrap_or(0) as i64).collect();
                (A::Int64, PrimitiveArray::<i64>::from_vec(values).boxed())
            },
            literals: &["0", "2", "5"],
        },
        Kind {
            name: "clock",
            make: |at| {
                // The last is no time of day.
                let time = A::Time64(TimeUnit::Nanosecond);
                numbers(time, &[0_i64, 1, 1000, 1_000_000, 3_600_000_000_000, 90_000_000_000_000], at)
            },
            literals: &["TIME '00:00:00'", "TIME '00:00:01'"],
        },
    ]
}

/// Which values a group has: all NULL, one, or some of a range, perhaps with NULLs among them.
fn places(dice: &mut Dice, n_rows: usize, avoid_last: bool) -> Vec<Option<usize>> {
    let n_values = N_VALUES - usize::from(avoid_last);
    let (low, is_null) = (dice.below(n_values), dice.one_in(6));
    let n_wide = 1 + dice.below(n_values - low).min(dice.below(4));
    let has_nulls = is_null || dice.one_in(3);
    (0..n_rows)
        .map(|_| {
            let is_null = is_null || (has_nulls && dice.one_in(3));
            (!is_null).then(|| low + dice.below(n_wide))
        })
        .collect()
}

/// A condition such as people write, and some that nobody should.
fn condition(dice: &mut Dice, kinds: &[Kind]) -> String {
    let mut parts: Vec<String> = Vec::new();
    for _ in 0..=dice.below(3) {
        let kind = dice.of(kinds);
        let (name, literals) = (kind.name, kind.literals);
        let op = *dice.of(&["=", "<>", "<", "<=", ">", ">="]);
        parts.push(match dice.below(12) {
            0 => format!("{name} IS NULL"),
            1 => format!("{name} IS NOT NULL"),
            2 | 3 => format!("{name} BETWEEN {} AND {}", dice.of(literals), dice.of(literals)),
            4 => format!("{name} IN ({}, {})", dice.of(literals), dice.of(literals)),
            5 => format!("{} {op} {name}", dice.of(literals)),
            6 if name == "flag" => (*dice.of(&["flag", "NOT flag"])).to_owned(),
            _ => format!("{name} {op} {}", dice.of(literals)),
        });
    }
    if dice.one_in(4) {
        let rest = *dice.of(&[
            "10 / id > 0",
            "req + 1 > 3",
            "CAST(text AS INT) > 0",
            "text LIKE 'a%'",
            "id + 1 > 0",
        ]);
        let at = dice.below(parts.len() + 1);
        parts.insert(at, rest.to_owned());
    }
    if parts.len() == 3 && dice.one_in(3) {
        return format!("{} AND ({} AND {})", parts[0], parts[1], parts[2]);
    }
    parts.join(" AND ")
}

/// Makes the statistics of a file what other writers make of them: cut texts off, leave NaN out, leave counts or all of it out.
fn as_others_write(
    file: &[u8],
    groups: &[Vec<Vec<Option<usize>>>],
    kinds: &[Kind],
    dice: &mut Dice,
) -> Vec<u8> {
    let mut change = |metadata: &mut FileMetaData| {
        if dice.one_in(8) {
            metadata.column_orders = None;
        }
        for (group, places) in metadata.row_groups.iter_mut().zip(groups) {
            for ((chunk, places), kind) in group.columns.iter_mut().zip(places).zip(kinds) {
                let chunk = chunk.meta_data.as_mut().expect("metadata");
                // Where there are no rows, this writer has no page and forgets where it would be.
                chunk.data_page_offset = chunk.data_page_offset.max(4);
                if dice.one_in(10) {
                    chunk.statistics = None;
                }
                let Some(statistics) = &mut chunk.statistics else { continue };
                let numbers = places.iter().flatten().map(|place| DOUBLES[*place]).filter(|x| !x.is_nan());
                let (low, high) = numbers.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| {
                    (if x < low { x } else { low }, if x > high { x } else { high })
                });
                match kind.name {
                    "x" | "f" if low <= high => {
                        // As the specification has it, zeros are of the sign that is further out.
                        let low = if low == 0.0 { -0.0 } else { low };
                        let high = if high == 0.0 { 0.0 } else { high };
                        let bytes = |x: f64| {
                            if kind.name == "x" {
                                x.to_le_bytes().to_vec()
                            } else {
                                (x as f32).to_le_bytes().to_vec()
                            }
                        };
                        (statistics.min_value, statistics.max_value) = (Some(bytes(low)), Some(bytes(high)));
                    }
                    "text" if dice.one_in(2) => {
                        let n_bytes = 1 + dice.below(3);
                        if let Some(low) = &mut statistics.min_value {
                            low.truncate(n_bytes);
                        }
                        if let Some(high) = statistics.max_value.as_mut().filter(|high| high.len() > n_bytes)
                        {
                            high.truncate(n_bytes);
                            *high.last_mut().expect("a byte") += 1;
                        }
                    }
                    _ => {}
                }
                if dice.one_in(5) {
                    statistics.null_count = None;
                }
                match dice.below(20) {
                    0 => statistics.min_value = None,
                    1 => statistics.max_value = None,
                    2 => statistics.is_min_value_exact = Some(false),
                    _ => {}
                }
            }
        }
    };
    with_changed_footer(file, |_, metadata| change(metadata))
}

#[test]
fn random_rows_under_random_conditions_are_the_same_with_and_without_statistics() {
    let kinds = kinds();
    let mut total = Pruning::default();
    for seed in 0..40 {
        let mut dice = Dice(seed);
        let n_groups = 2 + dice.below(5);
        // In most files all times of day are times of day, for where one is not, its group is whole.
        let has_bad_times = dice.one_in(4);
        let groups: Vec<Vec<Vec<Option<usize>>>> = (0..n_groups)
            .map(|_| {
                let n_rows = *dice.of(&[0, 1, 3, 12]);
                kinds
                    .iter()
                    .map(|kind| places(&mut dice, n_rows, kind.name == "clock" && !has_bad_times))
                    .collect()
            })
            .collect();
        let columns = |group: &Vec<Vec<Option<usize>>>| -> Columns {
            kinds
                .iter()
                .zip(group)
                .map(|(kind, places)| {
                    let (arrow, array) = (kind.make)(places);
                    (kind.name, arrow, array)
                })
                .collect()
        };
        let file = parquet(groups.iter().map(columns).collect(), CompressionOptions::Uncompressed);
        let flow = Flow::new();
        flow.file("a.parquet", as_others_write(&file, &groups, &kinds, &mut dice));
        let mut params = json!({"path": "a.parquet"});
        if dice.one_in(3) {
            params["event_time"] = json!("at");
        }
        let plan = source(flow.plan(&ParquetSource, &params));
        let n_rows = *dice.of(&[1, 5, 8192]);
        let expected = morsels(&plan, &plan.source, n_rows);
        for _ in 0..60 {
            let condition = condition(&mut dice, &kinds);
            let Pruning { n_records, n_pruned } = compare_with(&plan, &condition, n_rows, &expected);
            total.n_records += n_records;
            total.n_pruned += n_pruned;
        }
    }
    assert!(total.n_pruned * 5 > total.n_records, "too little is pruned to say much: {total:?}");
    assert!(total.n_pruned * 5 < total.n_records * 4, "too much is pruned to say much: {total:?}");
}

/// Conditions around the values that the columns of a file have.
fn conditions_on(plan: &SourcePlan, rows: &[Vec<Value>]) -> Vec<String> {
    let mut conditions = Vec::new();
    for (idx, field) in plan.decoded.fields().iter().enumerate() {
        let name = format!("`{}`", field.name);
        conditions.extend([format!("{name} IS NULL"), format!("{name} IS NOT NULL")]);
        for row in rows.iter().step_by(13) {
            let literal = match &row[idx] {
                Value::Int(value) => value.to_string(),
                Value::Double(value) if value.is_finite() => format!("CAST({value} AS {})", field.data_type),
                value @ Value::Decimal(..) => value.to_string(),
                Value::String(text) => format!("'{}'", text.replace('\'', "''")),
                value @ (Value::Date(_) | Value::Timestamp(_)) => format!("'{value}'"),
                _ => continue,
            };
            conditions.extend(["=", "<", ">", "<=", ">="].map(|op| format!("{name} {op} {literal}")));
        }
    }
    conditions
}

#[test]
fn files_of_other_writers_are_the_same_with_and_without_statistics() {
    let expected: Json = serde_json::from_slice(&bytes("expected.json")).expect("JSON");
    let mut pruned = Vec::new();
    let mut total = Pruning::default();
    for name in expected.as_object().expect("files").keys() {
        let flow = Flow::new();
        flow.file(name, bytes(name));
        let plan = source(flow.plan(&ParquetSource, &json!({ "path": name })));
        let expected = morsels(&plan, &plan.source, 8192);
        let rows = expected.iter().flat_map(|decoded| {
            (0..decoded.frame.height()).map(|row| {
                let fields = plan.decoded.fields().iter().zip(decoded.frame.columns());
                fields.map(|(field, column)| Value::at(column, &field.data_type, row)).collect()
            })
        });
        let rows: Vec<Vec<Value>> = rows.collect();
        let mut of_file = Pruning::default();
        for condition in conditions_on(&plan, &rows) {
            // Not every literal is one: text that no expression can hold, numbers at the end of their range.
            if compile(&condition, &plan.decoded, &ExprContext::default()).is_ok() {
                let found = compare_with(&plan, &condition, 8192, &expected);
                of_file.n_records += found.n_records;
                of_file.n_pruned += found.n_pruned;
            }
        }
        if of_file.n_pruned > 0 {
            pruned.push(name.as_str());
        }
        total.n_records += of_file.n_records;
        total.n_pruned += of_file.n_pruned;
    }
    for writer in ["flat-v1", "flat-v2", "flat-tiny-pages", "duckdb-snappy", "polars", "int96"] {
        assert!(
            pruned.iter().any(|name| name.starts_with(writer)),
            "nothing of {writer} is pruned: {pruned:?}"
        );
    }
    assert!(total.n_pruned > 0 && total.n_pruned < total.n_records, "{total:?}");
}

#[test]
fn random_pages_of_a_large_group_are_the_same_with_and_without_their_index() {
    const N_ROWS: usize = 12_000;
    const BLOCK_ROWS: usize = 1500;
    let mut total = Pruning::default();
    let mut n_partly = 0;
    for seed in 0..4 {
        let mut dice = Dice(seed);
        let kinds: Vec<Kind> = kinds()
            .into_iter()
            .filter(|kind| ["id", "u32", "text", "x", "wide", "at", "req"].contains(&kind.name))
            .collect();
        let of_kind = |kind: &Kind, dice: &mut Dice| {
            let places: Vec<Option<usize>> =
                (0..N_ROWS / BLOCK_ROWS).flat_map(|_| places(dice, BLOCK_ROWS, false)).collect();
            let (arrow, array) = (kind.make)(&places);
            (kind.name, arrow, array)
        };
        let columns: Columns = kinds.iter().map(|kind| of_kind(kind, &mut dice)).collect();
        let flow = Flow::new();
        flow.file("a.parquet", parquet(vec![columns], CompressionOptions::Uncompressed));
        let mut params = json!({"path": "a.parquet"});
        if dice.one_in(3) {
            params["event_time"] = json!("at");
        }
        let plan = source(flow.plan(&ParquetSource, &params));
        // As long as a stretch, whatever it is.
        let whole = morsels(&plan, &plan.source, N_ROWS).remove(0);
        for _ in 0..40 {
            let condition = condition(&mut dice, &kinds);
            let Some(filter) = filter(&plan, &condition) else { continue };
            let compiled = compile(&condition, &plan.decoded, &ExprContext::default()).expect("a condition");
            let filtered = plan.source.filtered(&filter).expect("a Parquet source");
            let found = morsels(&plan, &filtered, N_ROWS);
            let (mut first_record, mut first_row) = (0, 0);
            let n_pruned =
                found.iter().filter(|found| found.is_pruned).map(|found| found.n_records).sum::<u64>();
            for found in &found {
                let n_rows = found.frame.height();
                let mut expected = Decoded {
                    frame: whole.frame.slice(first_row as i64, n_rows),
                    n_records: found.n_records,
                    rejected: Vec::new(),
                    next_cursor: first_record + found.n_records,
                    is_pruned: false,
                };
                let records = first_record..expected.next_cursor;
                let rejected = whole.rejected.iter().filter(|row| records.contains(&row.record)).cloned();
                expected.rejected =
                    rejected.map(|row| Rejected { record: row.record - first_record, ..row }).collect();
                compare_morsels(&plan, &filter, &condition, &compiled, &expected, found);
                (first_record, first_row) = (expected.next_cursor, first_row + n_rows);
            }
            assert_eq!((first_record, first_row), (whole.n_records, whole.frame.height()));
            total.n_records += first_record;
            total.n_pruned += n_pruned;
            n_partly += usize::from(n_pruned > 0 && n_pruned < first_record);
        }
    }
    assert!(n_partly > 12, "only {n_partly} groups were pruned in part, {total:?}");
}

#[test]
fn spans_that_different_columns_refuse_stay_apart() {
    let range = || (0..6000_i64).map(Some);
    let (at_type, at) =
        ints(ArrowDataType::Timestamp(TimeUnit::Millisecond, None), &range().collect::<Vec<_>>());
    let ids: Vec<Option<i64>> = range().map(|id| id.filter(|id| *id > 500)).collect();
    let (id_type, id) = ints(ArrowDataType::Int64, &ids);
    let flow = Flow::new();
    let columns: Columns = vec![("at", at_type, at), ("id", id_type, id)];
    flow.file("a.parquet", parquet(vec![columns], CompressionOptions::Uncompressed));
    let plan = source(flow.plan(&ParquetSource, &json!({"path": "a.parquet", "event_time": "at"})));
    // Up to 3 s no row passes for its time, which is there, and from then on none for its number, for which something stands in.
    let condition = "at > TIMESTAMP '1970-01-01 00:00:03' AND id IS NULL";
    let filtered =
        plan.source.filtered(&filter(&plan, condition).expect("a filter")).expect("a Parquet source");
    let compiled = compile(condition, &plan.decoded, &ExprContext::default()).expect("a condition");
    let found = morsels(&plan, &filtered, 8192);
    assert_eq!(found.iter().map(|found| found.n_records).sum::<u64>(), 6000);
    for found in &found {
        assert!(found.is_pruned, "{:?}", found.frame);
        assert_eq!(outcome(&compiled, &found.frame), (0, 0));
    }
}

#[test]
fn an_index_that_does_not_fit_its_chunk_says_nothing() {
    let ids: Vec<Option<i64>> = (0..5000).map(Some).collect();
    let (arrow, array) = ints(ArrowDataType::Int64, &ids);
    let whole = parquet(vec![vec![("id", arrow, array)]], CompressionOptions::Uncompressed);
    let n_pruned = |file: &[u8]| {
        let flow = Flow::new();
        flow.file("a.parquet", file);
        let plan = source(flow.plan(&ParquetSource, &json!({"path": "a.parquet"})));
        let filter = filter(&plan, "id BETWEEN 2000 AND 2010").expect("a filter");
        let filtered = plan.source.filtered(&filter).expect("a Parquet source");
        let found = morsels(&plan, &filtered, 5000);
        let rows: usize = found.iter().map(|found| found.frame.height()).sum();
        assert_eq!(rows, 5000);
        found.iter().filter(|found| found.is_pruned).map(|found| found.n_records).sum::<u64>()
    };
    let found = n_pruned(&whole);
    assert!(found > 4500 && found < 4990, "{found} are pruned");
    let mut range = 0..0;
    let with = |change: &dyn Fn(&mut ColumnChunk)| {
        with_changed_footer(&whole, |_, metadata| change(&mut metadata.row_groups[0].columns[0]))
    };
    with_changed_footer(&whole, |_, metadata| {
        let chunk = &metadata.row_groups[0].columns[0];
        let start = chunk.offset_index_offset.expect("an index") as usize;
        range = start..start + chunk.offset_index_length.expect("an index") as usize;
    });
    for file in [
        with(&|chunk| chunk.offset_index_offset = None),
        with(&|chunk| chunk.column_index_offset = Some(-1)),
        with(&|chunk| chunk.column_index_offset = Some(i64::MAX)),
        with(&|chunk| chunk.column_index_length = Some(i32::MAX)),
        with(&|chunk| chunk.column_index_length = chunk.column_index_length.map(|n| n / 2)),
        with(&|chunk| std::mem::swap(&mut chunk.column_index_offset, &mut chunk.offset_index_offset)),
    ] {
        assert_eq!(n_pruned(&file), 0);
    }
    for at in range {
        let mut file = whole.clone();
        file[at] ^= 0x55;
        // Whatever it says now, all rows are there.
        n_pruned(&file);
    }
}

/// Two groups of a hundred rows with a number, a text and a time.
fn two_groups() -> Vec<u8> {
    let group = |first: i64| -> Columns {
        let (id_type, id) = ints(ArrowDataType::Int64, &(first..first + 100).map(Some).collect::<Vec<_>>());
        let stamp = ArrowDataType::Timestamp(TimeUnit::Millisecond, None);
        let (at_type, at) = ints(stamp, &(first..first + 100).map(Some).collect::<Vec<_>>());
        let texts: Vec<Option<String>> = (first..first + 100).map(|id| Some(format!("text {id}"))).collect();
        let text = Utf8ViewArray::from_slice(&texts).boxed();
        vec![("id", id_type, id), ("text", ArrowDataType::Utf8View, text), ("at", at_type, at)]
    };
    parquet(vec![group(0), group(100)], CompressionOptions::Uncompressed)
}

#[test]
fn columns_of_a_group_that_is_pruned_are_not_even_read() {
    let whole = two_groups();
    // Damages the chunks of the first group, each whole.
    let damaged = |columns: &[usize]| {
        let mut ranges = Vec::new();
        with_changed_footer(&whole, |_, metadata| {
            for column in columns {
                let chunk = metadata.row_groups[0].columns[*column].meta_data.as_ref().expect("metadata");
                let start = chunk.dictionary_page_offset.unwrap_or(chunk.data_page_offset) as usize;
                ranges.push(start..start + chunk.total_compressed_size as usize);
            }
        });
        let mut file = whole.clone();
        ranges.into_iter().for_each(|range| file[range].fill(0xff));
        file
    };
    let read = |file: &[u8], condition: &str| -> Result<Vec<(u64, bool)>, String> {
        let flow = Flow::new();
        flow.file("a.parquet", file);
        let params = json!({"path": "a.parquet", "event_time": "at"});
        let plan = source(flow.plan(&ParquetSource, &params));
        let filter = filter(&plan, condition).expect("a filter");
        let filtered = plan.source.filtered(&filter).expect("a Parquet source");
        let split = plan.source.splits().expect("splits").remove(0);
        let mut reader = filtered.open(&split, SplitOffset::START).expect("a reader");
        let mut morsels = Vec::new();
        while let Some(morsel) = reader.next(8192).expect("a morsel") {
            let decoded = morsel.decode().map_err(|error| error.to_string())?;
            morsels.push((decoded.n_records, decoded.is_pruned));
        }
        Ok(morsels)
    };
    let first_pruned = Ok(vec![(100, true), (100, false)]);
    for condition in
        ["id >= 150", "text > 'text 0' AND id >= 150", "at > TIMESTAMP '1970-01-01 00:00:00.150'"]
    {
        assert_eq!(read(&damaged(&[0, 1]), condition), first_pruned, "{condition}");
        let error = read(&damaged(&[2]), condition).expect_err("the event time is seen");
        assert!(error.contains("is damaged in row group 0, column `at`"), "{error}");
    }
    let error = read(&damaged(&[0, 1]), "id >= 50").expect_err("some rows pass");
    assert!(error.contains("is damaged in row group 0"), "{error}");
    assert_eq!(read(&whole, "id < 0"), Ok(vec![(100, true), (100, true)]));
}

#[test]
fn a_group_with_a_row_that_is_rejected_is_whole() {
    let group = |at: Option<i64>| -> Columns {
        let (id_type, id) = ints(ArrowDataType::Int64, &[Some(1_i64), Some(2)]);
        let stamp = ArrowDataType::Timestamp(TimeUnit::Millisecond, None);
        let (at_type, at) = ints(stamp, &[Some(5), at]);
        vec![("id", id_type, id), ("at", at_type, at)]
    };
    let flow = Flow::new();
    flow.file("a.parquet", parquet(vec![group(None), group(Some(6))], CompressionOptions::Uncompressed));
    let plan = source(flow.plan(&ParquetSource, &json!({"path": "a.parquet", "event_time": "at"})));
    assert_eq!(compare(&plan, "id > 2", 1), Pruning { n_records: 4, n_pruned: 2 });
    let filter = filter(&plan, "id > 2").expect("a filter");
    let filtered = plan.source.filtered(&filter).expect("a Parquet source");
    let split = plan.source.splits().expect("splits").remove(0);
    let mut reader = filtered.open(&split, SplitOffset::START).expect("a reader");
    let decoded = reader.next(64).expect("a morsel").expect("rows").decode().expect("rows");
    let mut raw = String::new();
    decoded
        .rejected
        .iter()
        .for_each(|row| write!(raw, "{}", String::from_utf8_lossy(&row.raw)).expect("text"));
    assert_eq!(raw, "id=2, at=NULL");
}

#[test]
fn bounds_of_a_narrower_file_are_those_of_the_wider_column() {
    let flow = Flow::new();
    let file = |(arrow, array): (ArrowDataType, Box<dyn Array>)| {
        parquet(vec![vec![("a", arrow, array)]], CompressionOptions::Uncompressed)
    };
    flow.file("1.parquet", file(ints::<i16>(ArrowDataType::Int16, &[Some(1), Some(3)])));
    flow.file("2.parquet", file(ints::<i64>(ArrowDataType::Int64, &[Some(2), Some(i64::MAX)])));
    flow.file("3.parquet", file(ints::<u8>(ArrowDataType::UInt8, &[Some(200), Some(255)])));
    let plan = source(flow.plan(&ParquetSource, &json!({"path": "?.parquet"})));
    assert_eq!(plan.decoded.fields()[0].data_type.to_string(), "BIGINT");
    for (condition, n_pruned) in [
        ("a > 3", 2),
        ("a > 255", 4),
        ("a < 1", 6),
        ("a = 9223372036854775807", 4),
        ("a < 2", 4),
        ("a = 199", 4),
    ] {
        assert_eq!(compare(&plan, condition, 64).n_pruned, n_pruned, "{condition}");
    }
}

#[test]
fn bounds_that_are_the_wrong_way_round_or_of_the_wrong_length_say_nothing() {
    let flow = Flow::new();
    let whole = two_groups();
    let changed = |low: &[u8], high: &[u8]| {
        with_changed_footer(&whole, |_, metadata| {
            let chunk = metadata.row_groups[0].columns[0].meta_data.as_mut().expect("metadata");
            let statistics = chunk.statistics.as_mut().expect("statistics");
            (statistics.min_value, statistics.max_value) = (Some(low.to_vec()), Some(high.to_vec()));
        })
    };
    for (low, high) in [
        (99_i64.to_le_bytes().to_vec(), 0_i64.to_le_bytes().to_vec()),
        (vec![0; 4], vec![0; 4]),
        (Vec::new(), vec![1; 40]),
    ] {
        flow.file("a.parquet", changed(&low, &high));
        let plan = source(flow.plan(&ParquetSource, &json!({"path": "a.parquet"})));
        assert_eq!(compare(&plan, "id = 7", 64), Pruning { n_records: 200, n_pruned: 100 });
    }
}
