use polars_arrow::array::{
    Array, BinaryViewArray, BooleanArray, FixedSizeBinaryArray, ListArray, PrimitiveArray, StructArray,
    Utf8ViewArray,
};
use polars_arrow::datatypes::{ArrowDataType, ArrowSchema, Field as ArrowField, TimeUnit};
use polars_arrow::offset::OffsetsBuffer;
use polars_arrow::record_batch::RecordBatchT;
use polars_arrow::types::NativeType;
use polars_buffer::Buffer;
use polars_parquet::write::{
    CompressionOptions, Encoding, FileWriter, RowGroupIterator, StatisticsOptions, Version, WriteOptions,
    get_dtype_encoding,
};
use polars_parquet_format::thrift::protocol::{TCompactInputProtocol, TCompactOutputProtocol};
use polars_parquet_format::{FileMetaData, PageHeader};
use serde_json::json;

use super::super::testing::{Flow, findings, read, source};
use super::writers::bytes;
use super::{ParquetSource, read_parquet_beginning};
use crate::data::Value;
use crate::error::Origin;
use crate::node::{NodeType, SplitOffset};

pub(super) type Columns = Vec<(&'static str, ArrowDataType, Box<dyn Array>)>;

/// A Parquet file with one row group for each set of columns.
pub(super) fn parquet(groups: Vec<Columns>, compression: CompressionOptions) -> Vec<u8> {
    parquet_in_pages(groups, compression, 256)
}

fn parquet_in_pages(groups: Vec<Columns>, compression: CompressionOptions, page_bytes: usize) -> Vec<u8> {
    let fields = groups[0].iter().map(|(name, arrow, array)| {
        let nullable = array.null_count() > 0 || !name.starts_with("req");
        ((*name).into(), ArrowField::new((*name).into(), arrow.clone(), nullable))
    });
    let schema: ArrowSchema = fields.collect();
    let options = WriteOptions {
        statistics: StatisticsOptions::full(),
        version: Version::V1,
        compression,
        data_page_size: Some(page_bytes),
    };
    let mut writer = FileWriter::try_new(Vec::new(), schema.clone(), options).expect("a writer");
    for columns in groups {
        // The library writes no dictionaries of decimals.
        let encoding = |arrow: &ArrowDataType| match arrow {
            ArrowDataType::Decimal(..) => vec![Encoding::Plain],
            arrow => get_dtype_encoding(arrow),
        };
        let encodings: Vec<_> = columns.iter().map(|(_, arrow, _)| encoding(arrow)).collect();
        let n_rows = columns[0].2.len();
        let arrays: Vec<Box<dyn Array>> = columns.into_iter().map(|(_, _, array)| array).collect();
        let chunk = RecordBatchT::new(n_rows, schema.clone().into(), arrays);
        let groups = RowGroupIterator::try_new(
            std::iter::once(Ok(chunk)),
            &schema,
            options,
            Buffer::from_vec(encodings),
        );
        for group in groups.expect("row groups") {
            writer.write(n_rows as u64, group.expect("a row group")).expect("written");
        }
    }
    writer.end(None).expect("a footer");
    writer.into_inner()
}

pub(super) fn ints<T: NativeType>(
    arrow: ArrowDataType,
    values: &[Option<T>],
) -> (ArrowDataType, Box<dyn Array>) {
    (arrow.clone(), Box::new(PrimitiveArray::from(values.to_vec()).to(arrow)))
}

/// `n` rows of a number, a text, a time and a double, from row `first` on.
fn rows(first: i64, n: i64) -> Columns {
    let range = || first..first + n;
    let id: Vec<Option<i64>> = range().map(Some).collect();
    let name: Vec<Option<String>> = range()
        .map(|i| (i % 7 != 0).then(|| if i % 3 == 0 { format!("a longer name {i}") } else { "x".into() }))
        .collect();
    let at: Vec<Option<i64>> = range().map(|i| (i % 50 != 49).then_some(i * 1_000_000)).collect();
    let x: Vec<Option<f64>> = range().map(|i| (i % 5 != 0).then_some(i as f64 / 4.0)).collect();
    let (id_type, id) = ints(ArrowDataType::Int64, &id);
    let (at_type, at) = ints(ArrowDataType::Timestamp(TimeUnit::Microsecond, None), &at);
    let (x_type, x) = ints(ArrowDataType::Float64, &x);
    vec![
        ("id", id_type, id),
        ("name", ArrowDataType::Utf8View, Box::new(Utf8ViewArray::from_slice(&name))),
        ("at", at_type, at),
        ("x", x_type, x),
    ]
}

#[test]
fn every_flat_type_becomes_one_of_ours() {
    let tz = Some("+00:00".into());
    let stamp = |unit, zone| ArrowDataType::Timestamp(unit, zone);
    let mut columns: Columns = vec![
        ("flag", ArrowDataType::Boolean, Box::new(BooleanArray::from([Some(true), None]))),
        (
            "bytes",
            ArrowDataType::BinaryView,
            Box::new(BinaryViewArray::from_slice([Some(b"\x00\xFF"), None])),
        ),
        (
            "fixed",
            ArrowDataType::FixedSizeBinary(2),
            Box::new(FixedSizeBinaryArray::from([Some([1, 2]), None])),
        ),
        (
            "list",
            ArrowDataType::LargeList(Box::new(ArrowField::new("item".into(), ArrowDataType::Int64, true))),
            Box::new(ListArray::<i64>::new(
                ArrowDataType::LargeList(Box::new(ArrowField::new(
                    "item".into(),
                    ArrowDataType::Int64,
                    true,
                ))),
                OffsetsBuffer::try_from(vec![0, 1, 3]).expect("offsets"),
                Box::new(PrimitiveArray::<i64>::from_slice([1, 2, 3])),
                None,
            )),
        ),
        ("req_text", ArrowDataType::Utf8View, Box::new(Utf8ViewArray::from_slice([Some("a"), Some("")]))),
    ];
    for (name, (arrow, array)) in [
        ("i8", ints::<i8>(ArrowDataType::Int8, &[Some(-128), None])),
        ("i16", ints::<i16>(ArrowDataType::Int16, &[Some(-32768), None])),
        ("u8", ints::<u8>(ArrowDataType::UInt8, &[Some(255), None])),
        ("u16", ints::<u16>(ArrowDataType::UInt16, &[Some(65_535), None])),
        ("u32", ints::<u32>(ArrowDataType::UInt32, &[Some(u32::MAX), None])),
        ("u64", ints::<u64>(ArrowDataType::UInt64, &[Some(u64::MAX), None])),
        ("f32", ints::<f32>(ArrowDataType::Float32, &[Some(0.1), None])),
        ("dec", ints::<i128>(ArrowDataType::Decimal(20, 3), &[Some(-1234), None])),
        ("day", ints::<i32>(ArrowDataType::Date32, &[Some(-1), None])),
        ("time_ms", ints::<i32>(ArrowDataType::Time32(TimeUnit::Millisecond), &[Some(1500), None])),
        ("time_us", ints::<i64>(ArrowDataType::Time64(TimeUnit::Microsecond), &[Some(1_500_999), None])),
        ("time_ns", ints::<i64>(ArrowDataType::Time64(TimeUnit::Nanosecond), &[Some(1_500_999_999), None])),
        ("ms", ints::<i64>(stamp(TimeUnit::Millisecond, None), &[Some(-1), None])),
        ("us", ints::<i64>(stamp(TimeUnit::Microsecond, None), &[Some(-1), None])),
        ("ns", ints::<i64>(stamp(TimeUnit::Nanosecond, None), &[Some(-1), None])),
        ("ltz", ints::<i64>(stamp(TimeUnit::Microsecond, tz), &[Some(1_500_999), None])),
    ] {
        columns.push((name, arrow, array));
    }
    let flow = Flow::new();
    flow.file("a.parquet", parquet(vec![columns], CompressionOptions::Uncompressed));
    let plan = flow.plan(&ParquetSource, &json!({"path": "a.parquet"}));
    assert!(plan.diagnostics.is_empty(), "{}", findings(&plan));
    let out = plan.outputs[0].clone().expect("columns");
    let types: Vec<String> =
        out.schema.fields().iter().map(|f| format!("{} {}", f.name, f.data_type)).collect();
    assert_eq!(
        types.join(", "),
        "flag BOOLEAN, bytes BYTES, fixed BYTES, list ARRAY<BIGINT>, req_text STRING, i8 TINYINT, i16 SMALLINT, u8 SMALLINT, u16 INT, \
         u32 BIGINT, u64 DECIMAL(20, 0), f32 FLOAT, dec DECIMAL(20, 3), day DATE, time_ms TIME, time_us TIME, \
         time_ns TIME, ms TIMESTAMP(3), us TIMESTAMP(3), ns TIMESTAMP(3), ltz TIMESTAMP_LTZ(3)"
    );
    let nullable: Vec<bool> = out.schema.fields().iter().map(|field| field.nullable).collect();
    assert_eq!(nullable.iter().filter(|nullable| !**nullable).count(), 1);
    let all = read(&source(plan), 0, SplitOffset::START, 64);
    let stamp = "1969-12-31 23:59:59.999";
    assert_eq!(
        all.rows[0],
        format!(
            "true|00ff|0102|[1]|a|-128|-32768|255|65535|4294967295|18446744073709551615|0.1|-1.234|1969-12-31|\
             00:00:01.500|00:00:01.500|00:00:01.500|{stamp}|{stamp}|{stamp}|1970-01-01 00:00:01.500"
        )
    );
    assert_eq!(all.rows[1].matches("NULL").count(), 19);
}

#[test]
fn the_same_rows_come_at_every_morsel_size_and_from_every_offset() {
    let groups = vec![rows(0, 100), rows(100, 1), rows(101, 3000), rows(3101, 57)];
    for compression in
        [CompressionOptions::Uncompressed, CompressionOptions::Snappy, CompressionOptions::Zstd(None)]
    {
        let flow = Flow::new();
        flow.file("a.parquet", parquet(groups.clone(), compression));
        let params = json!({"path": "a.parquet", "event_time": "at"});
        let plan = source(flow.plan(&ParquetSource, &params));
        let whole = read(&plan, 0, SplitOffset::START, 65_536);
        assert_eq!((whole.n_records, whole.rejected.len()), (3158, 63));
        assert_eq!(whole.rows[0], "0|NULL|1970-01-01 00:00:00.000|NULL");
        assert_eq!(whole.rows[3], "3|a longer name 3|1970-01-01 00:00:03.000|0.75");
        let (number, first) = &whole.rejected[0];
        assert_eq!((*number, first.offset, first.line, first.column.as_deref()), (49, 49, 0, Some("at")));
        assert_eq!(String::from_utf8_lossy(&first.raw), "id=49, name=NULL, at=NULL, x=12.25");
        for n_rows in [1, 64, 8192] {
            let other = read(&plan, 0, SplitOffset::START, n_rows);
            assert!(other.rows == whole.rows && other.rejected == whole.rejected, "at {n_rows} rows");
            for offset in other.offsets.iter().step_by(if n_rows == 1 { 611 } else { 1 }) {
                let tail = read(&plan, 0, *offset, 100);
                assert!(whole.rows.ends_with(&tail.rows));
                assert!(whole.rejected.ends_with(&tail.rejected));
                assert_eq!(tail.n_records, whole.n_records);
            }
        }
    }
}

#[test]
fn morsels_decoded_by_several_threads_at_once_are_the_same() {
    let flow = Flow::new();
    flow.file("a.parquet", parquet(vec![rows(0, 5000), rows(5000, 5000)], CompressionOptions::Snappy));
    let plan = source(flow.plan(&ParquetSource, &json!({"path": "a.parquet"})));
    let one_by_one = read(&plan, 0, SplitOffset::START, 100);
    let splits = plan.source.splits().expect("splits");
    let mut reader = plan.source.open(&splits[0], SplitOffset::START).expect("a reader");
    let mut morsels = Vec::new();
    while let Some(morsel) = reader.next(100).expect("a morsel") {
        morsels.push(morsel);
    }
    let heights: Vec<usize> = std::thread::scope(|scope| {
        let threads: Vec<_> = morsels
            .into_iter()
            .map(|morsel| scope.spawn(move || morsel.decode().expect("rows").frame.height()))
            .collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
    });
    assert_eq!(heights, vec![100; 100]);
    assert_eq!(one_by_one.rows.len(), 10_000);
}

/// `n` rows of a list of times of day, perhaps NULL, each time perhaps too; the second also within a row, beside a number.
fn nested_rows(n: usize) -> (Columns, Vec<String>) {
    let (mut offsets, mut times, mut is_list) = (vec![0_i64], Vec::new(), Vec::new());
    let mut text = Vec::new();
    for row in 0..n {
        let list: Vec<Option<i64>> =
            (0..row % 4).map(|i| ((row + i) % 5 != 0).then_some((row * 4 + i) as i64 * 1_000_000)).collect();
        let shown: Vec<String> = list
            .iter()
            .map(|time| {
                time.map_or("null".to_owned(), |nanos| {
                    let millis = nanos / 1_000_000;
                    format!("\"00:{:02}:{:02}.{:03}\"", millis / 60_000, millis / 1000 % 60, millis % 1000)
                })
            })
            .collect();
        is_list.push(row % 7 != 3);
        times.extend(if row % 7 == 3 { Vec::new() } else { list });
        offsets.push(times.len() as i64);
        let shown = if row % 7 == 3 { None } else { Some(format!("[{}]", shown.join(","))) };
        let inside = shown.clone().unwrap_or("null".to_owned());
        let within =
            if row % 3 == 2 { "NULL".to_owned() } else { format!("{{\"x\":{row},\"times\":{inside}}}") };
        text.push(format!("{}|{within}", shown.unwrap_or("NULL".to_owned())));
    }
    let time = ArrowDataType::Time64(TimeUnit::Nanosecond);
    let list = ArrowDataType::LargeList(Box::new(ArrowField::new("item".into(), time.clone(), true)));
    let array = ListArray::<i64>::new(
        list.clone(),
        OffsetsBuffer::try_from(offsets).expect("offsets"),
        Box::new(PrimitiveArray::<i64>::from(times).to(time)),
        Some(is_list.into_iter().collect()),
    );
    let x = PrimitiveArray::<i64>::from_vec((0..n as i64).collect());
    let fields = [("x", ArrowDataType::Int64), ("times", list.clone())];
    let fields = fields.map(|(name, arrow)| ArrowField::new(name.into(), arrow, true)).to_vec();
    let row = ArrowDataType::Struct(fields);
    let is_row = (0..n).map(|row| row % 3 != 2).collect();
    let rows = StructArray::new(row.clone(), n, vec![x.boxed(), array.clone().boxed()], Some(is_row));
    (vec![("times", list, array.boxed()), ("row", row, rows.boxed())], text)
}

#[test]
fn nested_columns_are_the_same_in_every_stretch() {
    let (columns, text) = nested_rows(5000);
    let flow = Flow::new();
    flow.file("a.parquet", parquet(vec![columns], CompressionOptions::Snappy));
    let plan = source(flow.plan(&ParquetSource, &json!({"path": "a.parquet"})));
    for n_rows in [100, 8192] {
        assert_eq!(read(&plan, 0, SplitOffset::START, n_rows).rows, text);
        let later = SplitOffset { records: 3000, cursor: 3000 };
        assert_eq!(read(&plan, 0, later, n_rows).rows, text[3000..]);
    }
    // A peek reads stretches of about a thousand rows, each of which begins within a page.
    let split = plan.source.splits().expect("splits").remove(0);
    let mut reader = plan.source.peek(&split, &[0, 1]).expect("a reader");
    let mut row = 0;
    while let Some(morsel) = reader.next(700).expect("a morsel") {
        let decoded = morsel.decode().expect("rows");
        for at in 0..decoded.frame.height() {
            let fields = decoded.frame.columns().iter().zip(plan.decoded.fields());
            let shown = fields.map(|(column, field)| match Value::at(column, &field.data_type, at) {
                Value::Null => "NULL".to_owned(),
                value => value.to_string(),
            });
            assert_eq!(shown.collect::<Vec<_>>().join("|"), text[row]);
            row += 1;
        }
    }
    assert_eq!(row, 5000);
}

#[test]
fn a_time_of_day_that_is_none_rejects_the_row_however_deep_it_lies() {
    let flow = Flow::new();
    for (unit, day) in [(TimeUnit::Microsecond, 86_400_000_000), (TimeUnit::Nanosecond, 86_400_000_000_000)] {
        let times =
            ints::<i64>(ArrowDataType::Time64(unit), &[Some(0), Some(day), None, Some(-1), Some(day - 1)]);
        let times = vec![("t", times.0, times.1)];
        flow.file("flat.parquet", parquet(vec![times], CompressionOptions::Uncompressed));
        let plan = source(flow.plan(&ParquetSource, &json!({"path": "flat.parquet"})));
        for n_rows in [1, 64] {
            let all = read(&plan, 0, SplitOffset::START, n_rows);
            assert_eq!(all.rows, ["00:00:00.000", "NULL", "23:59:59.999"]);
            assert_eq!(all.rejected.iter().map(|(number, _)| *number).collect::<Vec<_>>(), [1, 3]);
        }
    }

    let time = ArrowDataType::Time64(TimeUnit::Nanosecond);
    let list = ArrowDataType::LargeList(Box::new(ArrowField::new("item".into(), time.clone(), true)));
    let times = PrimitiveArray::<i64>::from_vec(vec![0, 86_400_000_000_000, 5, -1, 1_000_000, 7]).to(time);
    let offsets = OffsetsBuffer::try_from(vec![0_i64, 0, 2, 3, 3, 5, 6]).expect("offsets");
    let array = ListArray::<i64>::new(list.clone(), offsets, times.boxed(), None);
    let row = ArrowDataType::Struct(vec![ArrowField::new("t".into(), list, true)]);
    let array = StructArray::new(row.clone(), 6, vec![array.boxed()], None);
    flow.file("a.parquet", parquet(vec![vec![("r", row, array.boxed())]], CompressionOptions::Uncompressed));
    let plan = source(flow.plan(&ParquetSource, &json!({"path": "a.parquet"})));
    for n_rows in [1, 4, 64] {
        let all = read(&plan, 0, SplitOffset::START, n_rows);
        assert_eq!(
            all.rows,
            [r#"{"t":[]}"#, r#"{"t":["00:00:00.000"]}"#, r#"{"t":[]}"#, r#"{"t":["00:00:00.000"]}"#]
        );
        let rejected: Vec<(u64, &str, Option<&str>)> = all
            .rejected
            .iter()
            .map(|(number, rejected)| (*number, rejected.reason.as_str(), rejected.column.as_deref()))
            .collect();
        let expected = [
            (1, "86400000000000 ns after midnight is no time of day", Some("r")),
            (4, "-1 ns after midnight is no time of day", Some("r")),
        ];
        assert_eq!(rejected, expected);
    }
}

#[test]
fn decimals_with_more_digits_than_their_type_has_are_rejected() {
    let flow = Flow::new();
    let amounts = [Some(99_999), Some(100_000), None, Some(-100_000), Some(-99_999)];
    let (arrow, array) = ints::<i128>(ArrowDataType::Decimal(5, 2), &amounts);
    let list = ArrowDataType::LargeList(Box::new(ArrowField::new("item".into(), arrow.clone(), true)));
    let offsets = OffsetsBuffer::try_from(vec![0_i64, 1, 2, 3, 4, 5]).expect("offsets");
    let lists = ListArray::<i64>::new(list.clone(), offsets, array.clone(), None).boxed();
    for column in [("amount", arrow, array), ("amounts", list, lists)] {
        flow.file("a.parquet", parquet(vec![vec![column]], CompressionOptions::Uncompressed));
        let plan = source(flow.plan(&ParquetSource, &json!({"path": "a.parquet"})));
        for n_rows in [1, 64] {
            let all = read(&plan, 0, SplitOffset::START, n_rows);
            let rows: Vec<&str> = all.rows.iter().map(|row| row.trim_matches(['[', ']', '"'])).collect();
            assert!(matches!(rows[..], ["999.99", "NULL" | "null", "-999.99"]), "{rows:?}");
            let reasons: Vec<(u64, &str)> =
                all.rejected.iter().map(|(number, rejected)| (*number, rejected.reason.as_str())).collect();
            let expected = [
                (1, "100000e-2 has more digits than DECIMAL(5, 2) holds"),
                (3, "-100000e-2 has more digits than DECIMAL(5, 2) holds"),
            ];
            assert_eq!(reasons, expected);
        }
    }
}

#[test]
fn nested_columns_of_a_glob_are_widened_or_refused() {
    let file = |inner: ArrowDataType, values: Box<dyn Array>| {
        let list = ArrowDataType::LargeList(Box::new(ArrowField::new("item".into(), inner, true)));
        let offsets = OffsetsBuffer::try_from(vec![0_i64, values.len() as i64]).expect("offsets");
        let array = ListArray::<i64>::new(list.clone(), offsets, values, None).boxed();
        parquet(vec![vec![("a", list, array)]], CompressionOptions::Uncompressed)
    };
    let flow = Flow::new();
    let (small, values) = ints::<i16>(ArrowDataType::Int16, &[Some(1), None]);
    flow.file("1.parquet", file(small, values));
    let (large, values) = ints::<i64>(ArrowDataType::Int64, &[Some(1 << 40)]);
    flow.file("2.parquet", file(large, values));
    let plan = source(flow.plan(&ParquetSource, &json!({"path": "?.parquet"})));
    let found: Vec<String> =
        (0..2).flat_map(|split| read(&plan, split, SplitOffset::START, 64).rows).collect();
    assert_eq!(plan.decoded.fields()[0].data_type.to_string(), "ARRAY<BIGINT>");
    assert_eq!(found, ["[1,null]", "[1099511627776]"]);
    flow.file("3.parquet", file(ArrowDataType::Utf8View, Utf8ViewArray::from_slice([Some("a")]).boxed()));
    let found = findings(&flow.plan(&ParquetSource, &json!({"path": "."})));
    assert!(
        found.contains("`a` in `3.parquet` is ARRAY<STRING>, but ARRAY<BIGINT> in the files before it"),
        "{found}"
    );
}

#[test]
fn a_file_that_changed_after_planning_is_opened_anew() {
    let flow = Flow::new();
    let file = |values: &[i64]| {
        let values: Vec<Option<i64>> = values.iter().copied().map(Some).collect();
        let array = PrimitiveArray::from(values).boxed();
        parquet(vec![vec![("n", ArrowDataType::Int64, array)]], CompressionOptions::Uncompressed)
    };
    let path = flow.file("a.parquet", file(&[1, 2]));
    let plan = source(flow.plan(&ParquetSource, &json!({"path": "a.parquet"})));
    let rows = || read(&plan, 0, SplitOffset::START, 64).rows;
    assert_eq!(rows(), ["1", "2"]);
    // Written over, and another in its place.
    flow.file("a.parquet", file(&[3, 4, 5]));
    assert_eq!(rows(), ["3", "4", "5"]);
    let other = flow.file("b.parquet", file(&[6, 7, 8]));
    std::fs::rename(other, &path).expect("renamed");
    assert_eq!(rows(), ["6", "7", "8"]);
    let texts = Utf8ViewArray::from_slice([Some("a")]).boxed();
    let texts = parquet(vec![vec![("n", ArrowDataType::Utf8View, texts)]], CompressionOptions::Uncompressed);
    flow.file("a.parquet", texts);
    let split = plan.source.splits().expect("splits").remove(0);
    let error = plan.source.open(&split, SplitOffset::START).err().expect("refused").to_string();
    assert!(error.contains("is STRING now, but was BIGINT when the flow was checked"), "{error}");
}

/// A file with the footer `footer`.
fn with_footer(body: &[u8], footer: &[u8]) -> Vec<u8> {
    let mut file = body.to_vec();
    file.extend_from_slice(footer);
    file.extend_from_slice(&(footer.len() as u32).to_le_bytes());
    file.extend_from_slice(b"PAR1");
    file
}

#[test]
fn schemas_that_are_deep_or_large_are_refused_before_they_are_followed() {
    // Thrift's compact form: the version; a list of structs; each repeated 0 times over, of a name and so many children.
    let footer = |n_elements: u32, n_children: u8| {
        let mut footer = vec![0x15, 0x02, 0x19, 0xFC];
        let mut n = n_elements;
        while n > 127 {
            footer.push(n as u8 | 128);
            n >>= 7;
        }
        footer.push(n as u8);
        for _ in 0..n_elements {
            footer.extend_from_slice(&[0x35, 0, 0x18, 1, b'a', 0x15, n_children * 2, 0]);
        }
        footer.push(0);
        footer
    };
    let flow = Flow::new();
    for (n_elements, n_children, expected) in [
        (60_000, 1, "its columns are nested more than 64 deep"),
        (70_000, 0, "its schema has 70000 parts; at most 65536 can be read"),
    ] {
        flow.file("a.parquet", with_footer(b"PAR1", &footer(n_elements, n_children)));
        let found = findings(&flow.plan(&ParquetSource, &json!({"path": "a.parquet"})));
        assert!(found.contains(expected), "{found}");
    }
}

#[test]
fn nested_columns_that_claim_too_many_values_or_too_few_are_refused() {
    let (columns, _) = nested_rows(100);
    let whole = parquet(vec![columns], CompressionOptions::Uncompressed);
    let flow = Flow::new();
    for (n_values, expected) in [
        (1_i64 << 40, "of a nested column at most 134217728 can be read"),
        (99, "has 100 rows but 99 values of `times`"),
        (-1, "has 100 rows but -1 values of `times`"),
        (150, "values where"),
    ] {
        let changed = with_changed_footer(&whole, |_, metadata| {
            metadata.row_groups[0].columns[0].meta_data.as_mut().expect("metadata").num_values = n_values;
        });
        flow.file("a.parquet", changed);
        let message = read_damaged(&flow, "a.parquet").expect_err("refused");
        assert!(message.contains(expected), "{message}");
    }
}

/// The file with its pages and its footer changed.
pub(super) fn with_changed_footer(
    whole: &[u8],
    change: impl FnOnce(&mut Vec<u8>, &mut FileMetaData),
) -> Vec<u8> {
    let length = whole.len();
    let n_footer = u32::from_le_bytes(whole[length - 8..length - 4].try_into().expect("4 bytes")) as usize;
    let (body, mut footer) = whole[..length - 8].split_at(length - 8 - n_footer);
    let mut metadata =
        FileMetaData::read_from_in_protocol(&mut TCompactInputProtocol::new(&mut footer, 1 << 26))
            .expect("a footer");
    let mut body = body.to_vec();
    change(&mut body, &mut metadata);
    let mut changed = Vec::new();
    metadata.write_to_out_protocol(&mut TCompactOutputProtocol::new(&mut changed)).expect("written");
    with_footer(&body, &changed)
}

#[test]
fn sizes_beyond_the_limits_are_refused_before_anything_is_made_of_them() {
    let flow = Flow::new();
    let path = flow.file("footer.parquet", "PAR1");
    let file = std::fs::File::options().write(true).open(&path).expect("a file");
    let n_footer = (64_u32 << 20) + 1;
    // A hole, which takes no room on the disk.
    file.set_len(u64::from(n_footer) + 4).expect("grown");
    let mut tail = n_footer.to_le_bytes().to_vec();
    tail.extend_from_slice(b"PAR1");
    std::io::Write::write_all(&mut std::fs::File::options().append(true).open(&path).expect("a file"), &tail)
        .expect("written");
    let message = read_damaged(&flow, "footer.parquet").expect_err("refused");
    assert!(message.contains("its footer is longer than 64 MiB"), "{message}");

    let whole = parquet(vec![rows(0, 10)], CompressionOptions::Uncompressed);
    for (n_bytes, is_refused) in [(2 << 30, false), ((2 << 30) + 1, true)] {
        let bytes =
            with_changed_footer(&whole, |_, metadata| metadata.row_groups[0].total_byte_size = n_bytes);
        flow.file("a.parquet", bytes);
        let read = read_damaged(&flow, "a.parquet");
        assert_eq!(read.is_err(), is_refused, "{read:?}");
        assert!(read.err().is_none_or(|message| message.contains("row group 0 is larger than 2 GiB")));
    }

    for n_columns in [4096, 4097] {
        let bytes = with_changed_footer(&whole, |_, metadata| {
            let id = metadata.schema[1].clone();
            metadata.schema.truncate(1);
            metadata.schema[0].num_children = Some(n_columns);
            for number in 0..n_columns {
                let name = format!("c{number}");
                metadata.schema.push(polars_parquet_format::SchemaElement { name, ..id.clone() });
            }
            metadata.row_groups.clear();
            metadata.num_rows = 0;
        });
        flow.file("a.parquet", bytes);
        match read_damaged(&flow, "a.parquet") {
            Ok(n_rows) => assert_eq!((n_columns, n_rows), (4096, 0)),
            Err(message) => {
                assert_eq!(n_columns, 4097, "{message}");
                assert!(message.contains("has 4097 columns; at most 4096 can be read"), "{message}");
            }
        }
    }
}

#[test]
fn pages_that_claim_to_grow_beyond_measure_are_refused() {
    let flow = Flow::new();
    let whole = parquet(vec![rows(0, 10)], CompressionOptions::Snappy);
    // What a small page claims is believed: room for it can be had.
    for (claim, is_bomb) in [(16 << 20, false), ((16 << 20) + 1, true), (1 << 30, true), (i32::MAX, true)] {
        let bytes = with_changed_footer(&whole, |body, metadata| {
            let chunk = metadata.row_groups[0].columns[0].meta_data.as_mut().expect("metadata");
            let start = chunk.dictionary_page_offset.unwrap_or(chunk.data_page_offset) as usize;
            let pages = body[start..start + chunk.total_compressed_size as usize].to_vec();
            let mut rest = &pages[..];
            let mut header =
                PageHeader::read_from_in_protocol(&mut TCompactInputProtocol::new(&mut rest, 1 << 20))
                    .expect("a header");
            header.uncompressed_page_size = claim;
            let start = body.len();
            header.write_to_out_protocol(&mut TCompactOutputProtocol::new(&mut *body)).expect("written");
            body.extend_from_slice(rest);
            chunk.total_compressed_size = (body.len() - start) as i64;
            match &mut chunk.dictionary_page_offset {
                Some(offset) => {
                    chunk.data_page_offset += start as i64 - *offset;
                    *offset = start as i64;
                }
                None => chunk.data_page_offset = start as i64,
            }
        });
        flow.file("a.parquet", bytes);
        // It is not decompressed to be looked at either.
        assert!(read_parquet_beginning(&flow.dir().join("a.parquet")).is_ok());
        let read = read_damaged(&flow, "a.parquet");
        let said = format!("bytes is said to hold {claim}");
        assert_eq!(read.as_ref().err().is_some_and(|message| message.contains(&said)), is_bomb, "{read:?}");
    }
}

#[test]
fn columns_that_share_their_pages_do_not_fill_the_memory() {
    let n_rows = 1 << 20;
    let flags = BooleanArray::from_iter((0..n_rows).map(|_| Some(false)));
    let columns: Columns = vec![("req_flag", ArrowDataType::Boolean, flags.boxed())];
    let whole = parquet_in_pages(vec![columns], CompressionOptions::Uncompressed, 1 << 20);
    let bytes = with_changed_footer(&whole, |_, metadata| {
        let (flag, chunk) = (metadata.schema[1].clone(), metadata.row_groups[0].columns[0].clone());
        metadata.schema[0].num_children = Some(256);
        for number in 1..256 {
            let name = format!("flag_{number}");
            let mut chunk = chunk.clone();
            chunk.meta_data.as_mut().expect("metadata").path_in_schema = vec![name.clone()];
            metadata.schema.push(polars_parquet_format::SchemaElement { name, ..flag.clone() });
            metadata.row_groups[0].columns.push(chunk);
        }
    });
    let flow = Flow::new();
    flow.file("a.parquet", bytes);
    let plan = source(flow.plan(&ParquetSource, &json!({"path": "a.parquet"})));
    let split = plan.source.splits().expect("splits").remove(0);
    let mut reader = plan.source.open(&split, SplitOffset::START).expect("a reader");
    let first = reader.next(usize::MAX).expect("a morsel").expect("rows").decode().expect("rows");
    assert_eq!((first.frame.width(), first.frame.height()), (256, n_rows / 4));
    let all = read_damaged(&flow, "a.parquet");
    assert_eq!(all, Ok(n_rows));
}

#[test]
fn only_columns_that_are_used_are_decoded() {
    let flow = Flow::new();
    flow.file("a.parquet", parquet(vec![rows(0, 100)], CompressionOptions::Snappy));
    let params = json!({"path": "a.parquet", "event_time": "at", "partition": "name"});
    let plan = flow.plan_used(&ParquetSource, &params, &["x", "name"]);
    let out = plan.outputs[0].clone().expect("columns");
    assert_eq!(out.schema.fields().iter().map(|field| &*field.name).collect::<Vec<_>>(), ["name", "x"]);
    let plan = source(plan);
    assert_eq!((plan.event_time, plan.partition), (Some(2), Some(0)));
    let all = read(&plan, 0, SplitOffset::START, 64);
    assert_eq!(all.rows[1], "x|0.25|1970-01-01 00:00:01.000");
    let none = source(flow.plan_used(&ParquetSource, &json!({"path": "a.parquet"}), &[]));
    assert_eq!(read(&none, 0, SplitOffset::START, 64).rows.len(), 100);
}

#[test]
fn files_of_a_glob_are_widened_or_refused_by_name() {
    let file = |name: &'static str, (arrow, array): (ArrowDataType, Box<dyn Array>)| {
        parquet(vec![vec![(name, arrow, array)]], CompressionOptions::Uncompressed)
    };
    let flow = Flow::new();
    flow.file("1.parquet", file("a", ints::<i16>(ArrowDataType::Int16, &[Some(1)])));
    flow.file("2.parquet", file("a", ints::<i64>(ArrowDataType::Int64, &[Some(2)])));
    flow.file("3.parquet", file("a", ints::<f32>(ArrowDataType::Float32, &[Some(2.5)])));
    let plan = source(flow.plan(&ParquetSource, &json!({"path": "?.parquet"})));
    let found: Vec<String> =
        (0..3).flat_map(|split| read(&plan, split, SplitOffset::START, 64).rows).collect();
    assert_eq!(
        (plan.decoded.fields()[0].data_type.to_string().as_str(), found.join(" ").as_str()),
        ("DOUBLE", "1 2 2.5")
    );

    flow.file("4.parquet", file("b", ints::<i64>(ArrowDataType::Int64, &[Some(2)])));
    flow.file("5.parquet", file("a", ints::<i32>(ArrowDataType::Date32, &[Some(2)])));
    let found = findings(&flow.plan(&ParquetSource, &json!({"path": "."})));
    assert!(found.contains("`4.parquet` does not have the column `a` of the first file"), "{found}");
    assert!(found.contains("`a` in `5.parquet` is DATE, but DOUBLE in the files before it"), "{found}");
}

#[test]
fn files_that_are_none_are_refused_in_a_sentence() {
    let flow = Flow::new();
    let whole = parquet(vec![rows(0, 10)], CompressionOptions::Uncompressed);
    flow.file("a.parquet", &whole);
    flow.file("empty.parquet", "");
    flow.file("text.parquet", "a,b\n1,2\n3,4\n5,6\n");
    flow.file("cut.parquet", &whole[..whole.len() - 1]);
    let plan = flow.plan(&ParquetSource, &json!({}));
    assert!(findings(&plan).contains("no file is named"), "{}", findings(&plan));
    let fix = plan.diagnostics[0].fix.as_deref();
    assert!(fix.is_some_and(|fix| fix.ends_with("such as `data/*.parquet`")), "{fix:?}");
    flow.file("none.parquet", parquet(vec![rows(0, 0)], CompressionOptions::Uncompressed));
    let mut long_footer = whole.clone();
    let n = long_footer.len();
    long_footer[n - 8..n - 4].copy_from_slice(&(1_u32 << 30).to_le_bytes());
    flow.file("footer.parquet", &long_footer);
    for (path, params, expected) in [
        ("empty.parquet", json!({}), "error[not-parquet] `node`, path: `empty.parquet` is empty"),
        ("text.parquet", json!({}), "is not a whole Parquet file: it does not begin with `PAR1`"),
        ("cut.parquet", json!({}), "perhaps it was not written to its end"),
        ("footer.parquet", json!({}), "its footer is said to be longer than the file"),
        (
            "b.parquet",
            json!({}),
            "error[file-not-found] `node`, path: there is no file `b.parquet`; did you mean `a.parquet`?",
        ),
        (
            "a.parquet",
            json!({"event_time": "id"}),
            "error[not-a-timestamp] `node`, event_time: `id` is a BIGINT",
        ),
        (
            "a.parquet",
            json!({"event_time": "att"}),
            "error[unknown-column] `node`, event_time: there is no column `att`; did you mean `at`?",
        ),
        (
            "a.parquet",
            json!({"max_rejected_percent": 100.1}),
            "error[bad-parameter] `node`, max_rejected_percent",
        ),
        ("a.parquet", json!({"header": true}), "error[unknown-parameter]"),
    ] {
        let mut params = params;
        params["path"] = json!(path);
        let plan = flow.plan(&ParquetSource, &params);
        assert!(findings(&plan).contains(expected), "{path}: {}", findings(&plan));
        assert!(plan.runs.is_none());
    }
    let none = source(flow.plan(&ParquetSource, &json!({"path": "none.parquet"})));
    assert_eq!(read(&none, 0, SplitOffset::START, 64).rows.len(), 0);
}

/// Reads a file that may be damaged: rows or a sentence, but no panic and no end to waiting.
fn read_damaged(flow: &Flow, name: &str) -> Result<usize, String> {
    let plan = flow.plan(&ParquetSource, &json!({ "path": name }));
    let Some(crate::node::Runs::Source(source)) = plan.runs else { return Err(findings(&plan)) };
    let splits = source.source.splits().map_err(|error| error.to_string())?;
    let mut reader = source.source.open(&splits[0], SplitOffset::START).map_err(|error| error.to_string())?;
    let mut n_rows = 0;
    while let Some(morsel) = reader.next(8192).map_err(|error| error.to_string())? {
        n_rows += morsel.decode().map_err(|error| error.to_string())?.frame.height();
    }
    Ok(n_rows)
}

#[test]
fn a_file_that_is_gone_is_the_machines_fault_and_one_that_was_cut_the_datas() {
    let flow = Flow::new();
    let file = flow.file("a.parquet", parquet(vec![rows(0, 5000)], CompressionOptions::Snappy));
    let plan = source(flow.plan(&ParquetSource, &json!({"path": "a.parquet"})));
    let split = plan.source.splits().expect("splits").remove(0);
    let mut reader = plan.source.open(&split, SplitOffset::START).expect("a reader");
    let opened = std::fs::File::options().write(true).open(&file).expect("a file");
    opened.set_len(100).expect("cut");
    let morsel = reader.next(64).expect("a morsel").expect("rows");
    assert_eq!(morsel.decode().expect_err("cut").origin(), Origin::Data);
    let origin = || plan.source.open(&split, SplitOffset::START).err().map(|error| error.origin());
    assert_eq!(origin(), Some(Origin::Data));
    std::fs::remove_file(&file).expect("removed");
    assert_eq!(origin(), Some(Origin::Machine));
}

#[test]
fn a_file_cut_at_any_byte_is_refused() {
    let whole = parquet(vec![rows(0, 40), rows(40, 20)], CompressionOptions::Snappy);
    let flow = Flow::new();
    for n in 0..whole.len() {
        flow.file("a.parquet", &whole[..n]);
        let message = read_damaged(&flow, "a.parquet").expect_err("cut");
        assert!(message.contains("`a.parquet`"), "{message}");
    }
    flow.file("a.parquet", &whole);
    assert_eq!(read_damaged(&flow, "a.parquet"), Ok(60));
}

#[test]
fn damaged_bytes_give_rows_or_a_sentence() {
    let flow = Flow::new();
    let mut files: Vec<Vec<u8>> =
        [CompressionOptions::Uncompressed, CompressionOptions::Snappy, CompressionOptions::Zstd(None)]
            .into_iter()
            .map(|compression| parquet(vec![rows(0, 40), rows(40, 20)], compression))
            .collect();
    let (columns, _) = nested_rows(60);
    files.push(parquet(vec![columns], CompressionOptions::Uncompressed));
    files.extend(["nested-tiny-pages.parquet", "nested-two-levels.parquet", "flat-v2.parquet"].map(bytes));
    // A fixed sequence of numbers, so that a failure comes again.
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut random = move |n: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % n
    };
    let mut n_refused = 0;
    for round in 0..4000 {
        let mut bytes = files[round % files.len()].clone();
        for _ in 0..=random(3) {
            // Half of them in the footer, where they do the most harm.
            let at =
                if random(2) == 0 { random(bytes.len()) } else { bytes.len() - 1 - random(bytes.len() / 3) };
            bytes[at] ^= 1 << random(8);
        }
        flow.file("a.parquet", &bytes);
        n_refused += usize::from(read_damaged(&flow, "a.parquet").is_err());
    }
    assert!(n_refused > 1000, "{n_refused} were refused");
}

#[test]
fn the_page_and_the_schema_name_every_parameter() {
    let spec = ParquetSource.spec();
    for (name, property) in spec.params.as_value()["properties"].as_object().expect("parameters") {
        assert!(property.get("description").is_some(), "{name} is explained");
    }
}
