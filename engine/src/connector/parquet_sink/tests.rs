//! What is written is read back by the Parquet source.

use polars_parquet_format::FileMetaData;
use polars_parquet_format::thrift::protocol::TCompactInputProtocol;
use serde_json::{Value as Json, json};

use super::super::testing::{Flow, batch, findings, read, sink, sink_context, source};
use super::*;
use crate::connector::ParquetSource;
use crate::data::{Batch, DataType, Value};
use crate::node::SplitOffset;

fn write_file(flow: &Flow, params: &Json, batches: &[Batch]) -> Vec<u8> {
    let plan = sink(flow.plan(&ParquetSink, params));
    let mut sink = (plan.make)(&sink_context(batches[0].edge())).expect("a sink");
    for batch in batches {
        sink.write(batch).expect("written");
    }
    assert!(sink.prepare_commit().is_ok() && sink.check_commit().is_ok() && sink.commit().is_ok());
    std::fs::read(&plan.writes[0]).expect("a file")
}

fn rows(flow: &Flow) -> Vec<String> {
    let plan = source(flow.plan(&ParquetSource, &json!({"path": "out.parquet"})));
    read(&plan, 0, SplitOffset::START, 1000).rows
}

/// As the source's rows are shown.
fn shown(batch: &Batch) -> Vec<String> {
    let fields = batch.edge().schema.fields();
    let cell = |row: usize| {
        let values = fields.iter().enumerate().map(move |(idx, field)| {
            let value = Value::at(batch.column(idx), &field.data_type, row);
            if value.is_null() { "NULL".to_owned() } else { value.to_string() }
        });
        values.collect::<Vec<_>>().join("|")
    };
    (0..batch.n_rows()).map(cell).collect()
}

fn all_types() -> Batch {
    let column = |a: Value, b: Value| vec![a, Value::Null, b, Value::Null];
    let text = |text: &str| Value::String(text.to_owned());
    batch(&[
        ("b", DataType::Boolean, column(Value::Boolean(true), Value::Boolean(false))),
        ("i8", DataType::TinyInt, column(Value::Int(-128), Value::Int(127))),
        ("i16", DataType::SmallInt, column(Value::Int(-32768), Value::Int(32767))),
        ("i32", DataType::Int, column(Value::Int(i32::MIN.into()), Value::Int(i32::MAX.into()))),
        ("i64", DataType::BigInt, column(Value::Int(i64::MIN), Value::Int(i64::MAX))),
        ("f", DataType::Float, column(Value::Double(0.1), Value::Double(-3.5))),
        ("d", DataType::Double, column(Value::Double(f64::NAN), Value::Double(-1e300))),
        ("m9", DataType::Decimal(9, 2), column(Value::Decimal(-999_999_999, 2), Value::Decimal(5, 2))),
        ("m18", DataType::Decimal(18, 0), column(Value::Decimal(10_i128.pow(17), 0), Value::Decimal(-1, 0))),
        (
            "m38",
            DataType::Decimal(38, 10),
            column(Value::Decimal(10_i128.pow(37), 10), Value::Decimal(-1, 10)),
        ),
        ("s", DataType::String, column(text(""), text(&"äß\0".repeat(100)))),
        ("y", DataType::Bytes, column(Value::Bytes(vec![]), Value::Bytes(vec![255; 200]))),
        ("t", DataType::Date, column(Value::Date(-700_000), Value::Date(20_000))),
        ("c", DataType::Time, column(Value::Time(0), Value::Time(86_399_999_000_000))),
        ("at", DataType::Timestamp, column(Value::Timestamp(-1), Value::Timestamp(1_357_034_400_250))),
        ("l", DataType::TimestampLtz, column(Value::Timestamp(0), Value::Timestamp(i64::MAX))),
    ])
}

#[test]
fn every_flat_type_is_read_back() {
    let flow = Flow::new();
    let all = all_types();
    for compression in ["zstd", "snappy", "none"] {
        write_file(
            &flow,
            &json!({"path": "out.parquet", "compression": compression}),
            std::slice::from_ref(&all),
        );
        let plan = source(flow.plan(&ParquetSource, &json!({"path": "out.parquet"})));
        let types = |fields: &[crate::data::Field]| {
            fields.iter().map(|field| (field.name.clone(), field.data_type.clone())).collect::<Vec<_>>()
        };
        assert_eq!(types(plan.decoded.fields()), types(all.edge().schema.fields()));
        assert_eq!(rows(&flow), shown(&all), "{compression}");
    }
}

#[test]
fn a_file_without_rows_has_its_columns() {
    let flow = Flow::new();
    let none = all_types().slice(0..0);
    write_file(&flow, &json!({"path": "out.parquet"}), &[none]);
    let plan = source(flow.plan(&ParquetSource, &json!({"path": "out.parquet"})));
    assert_eq!(plan.decoded.n_columns(), 16);
    assert_eq!(rows(&flow), Vec::<String>::new());
}

/// Rows with a text of many lengths, NULLs here and there, and a column of few values.
fn many(n_rows: i64) -> Batch {
    let numbers = |each: &dyn Fn(i64) -> Value| (0..n_rows).map(each).collect::<Vec<_>>();
    batch(&[
        ("n", DataType::BigInt, numbers(&Value::Int)),
        (
            "few",
            DataType::String,
            numbers(&|n| if n % 7 == 0 { Value::Null } else { Value::String(format!("v{}", n % 5)) }),
        ),
        ("text", DataType::String, numbers(&|n| Value::String("x".repeat((n * 31 % 97) as usize)))),
        (
            "late",
            DataType::Int,
            numbers(&|n| if n > n_rows / 2 { Value::Null } else { Value::Int(n % 1000) }),
        ),
    ])
}

#[test]
fn many_row_groups_are_the_same_bytes_however_the_rows_are_cut() {
    let flow = Flow::new();
    let all = many(10_000);
    let params = json!({"path": "out.parquet", "row_group_rows": 999});
    let whole = write_file(&flow, &params, std::slice::from_ref(&all));
    assert_eq!(rows(&flow), shown(&all));
    for size in [1, 7, 998, 4096] {
        let pieces: Vec<Batch> =
            (0..10_000).step_by(size).map(|start| all.slice(start..10_000.min(start + size))).collect();
        assert!(write_file(&flow, &params, &pieces) == whole, "in pieces of {size}");
    }
}

#[test]
fn pages_end_at_the_same_rows_however_the_rows_are_cut() {
    let flow = Flow::new();
    // Texts of more than a page, some pieces with NULLs and some without.
    let text = |n: i64| if n % 1000 == 999 { Value::Null } else { Value::String(format!("{n:0>700}")) };
    let all = batch(&[("text", DataType::String, (0..4000).map(text).collect())]);
    let params = json!({"path": "out.parquet", "compression": "none"});
    let whole = write_file(&flow, &params, std::slice::from_ref(&all));
    for size in [100, 999, 1001] {
        let pieces: Vec<Batch> =
            (0..4000).step_by(size).map(|start| all.slice(start..4000.min(start + size))).collect();
        assert!(write_file(&flow, &params, &pieces) == whole, "in pieces of {size}");
    }
    assert_eq!(rows(&flow), shown(&all));
}

/// What the footer of a file says of the bounds of every column of its only row group, as the bytes that it says it in.
fn bounds(file: &[u8]) -> Vec<Option<(Vec<u8>, Vec<u8>)>> {
    let n_footer = u32::from_le_bytes(file[file.len() - 8..file.len() - 4].try_into().expect("4 bytes"));
    let mut footer = &file[file.len() - 8 - n_footer as usize..file.len() - 8];
    let mut protocol = TCompactInputProtocol::new(&mut footer, 1 << 26);
    let metadata = FileMetaData::read_from_in_protocol(&mut protocol).expect("a footer");
    assert_eq!(metadata.row_groups.len(), 1);
    let columns = metadata.row_groups[0].columns.iter();
    let statistics = columns.map(|chunk| chunk.meta_data.as_ref().expect("metadata").statistics.clone());
    statistics
        .map(|statistics| statistics.and_then(|statistics| statistics.min_value.zip(statistics.max_value)))
        .collect()
}

#[test]
fn bounds_hold_for_every_value_of_all_pages() {
    const N_ROWS: i64 = 280_000;
    let flow = Flow::new();
    let values = |each: &dyn Fn(i64) -> Value| (0..N_ROWS).map(each).collect::<Vec<_>>();
    // Both signs in every page, the extremes in different ones.
    let signed = |n: i64| (n * 7919 % N_ROWS - N_ROWS / 2) * if n < N_ROWS / 2 { 1 } else { 3 };
    let all = batch(&[
        ("i32", DataType::Int, values(&|n| Value::Int(signed(n)))),
        ("i64", DataType::BigInt, values(&|n| Value::Int(signed(n) << 32))),
        ("m18", DataType::Decimal(18, 2), values(&|n| Value::Decimal(signed(n).into(), 2))),
        ("m38", DataType::Decimal(38, 2), values(&|n| Value::Decimal(i128::from(signed(n)) << 64, 2))),
        ("d", DataType::Double, values(&|n| Value::Double(signed(n) as f64))),
        (
            "nan",
            DataType::Double,
            values(&|n| Value::Double(if n == 9 { f64::NAN } else { signed(n) as f64 })),
        ),
        // Bounds are cut after 64 bytes; the last character has no successor.
        ("s", DataType::String, values(&|n| Value::String("\u{10ffff}".repeat((n % 40) as usize)))),
        ("y", DataType::Bytes, values(&|n| Value::Bytes(vec![255; (n % 90) as usize]))),
    ]);
    let file = write_file(&flow, &json!({"path": "out.parquet", "row_group_rows": N_ROWS}), &[all]);
    let bounds = bounds(&file);
    let in_order = |idx: usize, order: &dyn Fn(&[u8], i64) -> std::cmp::Ordering| {
        let (min, max) = bounds[idx].as_ref().expect("bounds of what can be compared");
        for n in 0..N_ROWS {
            assert!(order(min, n).is_le() && order(max, n).is_ge(), "column {idx}, row {n}");
        }
    };
    let i32_of = |bytes: &[u8]| i32::from_le_bytes(bytes.try_into().expect("4 bytes"));
    let i64_of = |bytes: &[u8]| i64::from_le_bytes(bytes.try_into().expect("8 bytes"));
    let f64_of = |bytes: &[u8]| f64::from_le_bytes(bytes.try_into().expect("8 bytes"));
    in_order(0, &|bound, n| i64::from(i32_of(bound)).cmp(&signed(n)));
    in_order(1, &|bound, n| i64_of(bound).cmp(&(signed(n) << 32)));
    in_order(2, &|bound, n| i64_of(bound).cmp(&signed(n)));
    in_order(4, &|bound, n| f64_of(bound).total_cmp(&(signed(n) as f64)));
    in_order(6, &|bound, n| bound.cmp("\u{10ffff}".repeat((n % 40) as usize).as_bytes()));
    in_order(7, &|bound, n| bound.cmp(&vec![255; (n % 90) as usize]));
    assert!(bounds[3].is_none() && bounds[5].is_none(), "nothing is said where it would be wrong");
}

#[test]
fn both_bounds_of_a_row_group_are_checked() {
    let flow = Flow::new();
    for (n_rows, is_fine) in [(0, false), (1, true), (MOST_ROWS, true), (MOST_ROWS + 1, false)] {
        let plan = flow.plan(&ParquetSink, &json!({"path": "out.parquet", "row_group_rows": n_rows}));
        assert_eq!(plan.runs.is_some(), is_fine, "{n_rows}: {}", findings(&plan));
    }
}

#[test]
fn rows_and_arrays_are_nested_columns_and_those_beside_them_are_read_back() {
    use polars::prelude::{
        self as pl, IntoColumn, IntoSeries, NamedFrom, NewChunkedArray, StructChunked, TimeUnit,
    };

    use crate::data::{EdgeType, Field, Origins, Position, Positions, Progress, Schema};
    use crate::time::Watermark;

    let flow = Flow::new();
    let numbers = pl::Series::new("a".into(), [Some(1_i64), None, Some(3)]);
    let lists = [Some(numbers.clone()), None, Some(numbers.slice(0, 0)), Some(numbers.slice(1, 2))];
    let mut lists = lists.into_iter().collect::<pl::ListChunked>().into_series();
    lists.rename("a".into());
    let texts = pl::Series::new("s".into(), [Some("x"), None, Some(""), Some("y")]);
    let at =
        pl::Int64Chunked::from_iter_options("at".into(), [Some(250), Some(0), None, Some(-1)].into_iter());
    let at = at.into_datetime(TimeUnit::Milliseconds, None).into_series();
    let row = StructChunked::from_series("r".into(), 4, [texts, at].iter()).expect("a struct").into_series();
    let n = pl::Series::new("n".into(), [1_i32, 2, 3, 4]);
    let inner = vec![("s".to_owned(), DataType::String), ("at".to_owned(), DataType::TimestampLtz)];
    let edge = Arc::new(EdgeType::append(Schema::new(vec![
        Field::nullable("a", DataType::Array(Box::new(DataType::BigInt))),
        Field::nullable("r", DataType::Row(inner)),
        Field::not_null("n", DataType::Int),
    ])));
    let batch = |rows: std::ops::Range<usize>| {
        let columns =
            [&lists, &row, &n].map(|series| series.slice(rows.start as i64, rows.len()).into_column());
        let frame = pl::DataFrame::new(rows.len(), columns.to_vec()).expect("a frame");
        let arrivals = vec![0; rows.len()].into();
        let origins = Origins::Run { source: 0, split: 0, first_offset: rows.start as u64, arrivals };
        let progress = Progress::flat(Watermark::NONE, Position::MAX);
        Batch::new(frame, Arc::clone(&edge), Positions::all(origins), progress)
    };
    let params = json!({"path": "out.parquet", "row_group_rows": 3});
    let whole = write_file(&flow, &params, &[batch(0..4)]);
    assert!(write_file(&flow, &params, &[batch(0..1), batch(1..2), batch(2..4)]) == whole);
    let expected = [
        r#"[1,null,3]|{"s":"x","at":"1970-01-01 00:00:00.250"}|1"#,
        r#"NULL|{"s":null,"at":"1970-01-01 00:00:00.000"}|2"#,
        r#"[]|{"s":"","at":null}|3"#,
        r#"[null,3]|{"s":"y","at":"1969-12-31 23:59:59.999"}|4"#,
    ];
    assert_eq!(rows(&flow), expected);
    let plan = source(flow.plan(&ParquetSource, &json!({"path": "out.parquet"})));
    assert!(!plan.decoded.fields()[2].nullable, "a column without NULL is a required one");
}
