//! Casts, texts and times over columns.

use super::*;

#[test]
fn casts_of_text_fault_or_give_null_as_asked() {
    let table = "s STRING
         12
        1.9
        NA
        99999999999
        NULL";
    let fault = |value: &str, cast: &str| format!("!cannot cast '{value}' to INT in `{cast}`");
    let cast = "CAST(s AS INT)";
    check(cast, table, &["12", "1", &fault("NA", cast), &fault("99999999999", cast), "NULL"]);
    check("TRY_CAST(s AS INT)", table, &["12", "1", "NULL", "NULL", "NULL"]);
    check("TRY_CAST(s AS DECIMAL(3, 1))", table, &["12.0", "1.9", "NULL", "NULL", "NULL"]);
    check("TRY_CAST(s AS DOUBLE)", table, &["12", "1.9", "NULL", "99999999999", "NULL"]);
    // Only the cast itself is tried.
    check(
        "TRY_CAST(CAST(s AS INT) AS STRING)",
        table,
        &["12", "1", &fault("NA", cast), &fault("99999999999", cast), "NULL"],
    );
}

#[test]
fn casts_of_numbers_fault_where_they_do_not_fit() {
    let table = "x DOUBLE | l BIGINT
        1.99 | 127
        -1.99 | -129
        3e9 | 3000000000
        NaN | NULL";
    check(
        "CAST(x AS INT)",
        table,
        &[
            "1",
            "-1",
            "!3000000000 does not fit INT in `CAST(x AS INT)`",
            "!NaN does not fit INT in `CAST(x AS INT)`",
        ],
    );
    check("TRY_CAST(l AS TINYINT)", table, &["127", "NULL", "NULL", "NULL"]);
    check("CAST(x AS BOOLEAN)", table, &["true", "true", "true", "true"]);
    check("TRY_CAST(x AS DECIMAL(3, 1))", table, &["2.0", "-2.0", "NULL", "NULL"]);
    check("CAST(x AS STRING)", table, &["1.99", "-1.99", "3.0E9", "NaN"]);
    check("CAST(l AS STRING)", table, &["127", "-129", "3000000000", "NULL"]);
    check("CAST(l > 0 AS INT)", table, &["1", "0", "1", "NULL"]);
    check("CAST(l > 0 AS STRING)", table, &["TRUE", "FALSE", "TRUE", "NULL"]);
    check("CAST(x AS FLOAT) > 1", table, &["true", "false", "true", "false"]);
}

#[test]
fn bytes_and_texts_become_each_other() {
    let table = "b BYTES | s STRING
        abc | abc
        NULL | x";
    check("CAST(b AS STRING)", table, &["abc", "NULL"]);
    check("CAST(s AS BYTES)", table, &["616263", "78"]);
    check("b = CAST(s AS BYTES)", table, &["true", "NULL"]);
    check("CAST(CAST(s AS BYTES) AS STRING) || '!'", table, &["abc!", "x!"]);
}

#[test]
fn columns_pass_through_untouched() {
    let table = Table::new(
        "a INT | s STRING NOT NULL
        1 | x
        NULL | y",
    );
    let expr = table.compile("`s`").expect("a column");
    assert_eq!((expr.as_column(), expr.nullable(), expr.columns().len()), (Some(1), false, 1));
    assert_eq!(table.run(&expr), ["x", "y"]);
    let expr = table.compile("a + CHAR_LENGTH(s)").expect("a sum");
    assert_eq!(
        (expr.as_column(), expr.nullable(), expr.columns().iter().copied().collect::<Vec<_>>()),
        (None, true, vec![0, 1])
    );
}

#[test]
fn an_expression_can_be_shared_between_threads() {
    fn shared<T: Clone + Send + Sync + 'static>(_: &T) {}
    let table = Table::new("a INT\n1\n2");
    let expr = table
        .compile("CASE WHEN a IN (1, 3) THEN REPLACE('x', 'y', CAST(a AS STRING)) END")
        .expect("a choice");
    shared(&expr);
    let results: Vec<_> = std::thread::scope(|scope| {
        let runs: Vec<_> = (0..4).map(|_| scope.spawn(|| table.run(&expr.clone()))).collect();
        runs.into_iter().map(|run| run.join().expect("a run")).collect()
    });
    assert!(results.iter().all(|result| *result == ["x", "NULL"]));
}

#[test]
fn columns_in_several_chunks_are_read_as_one() {
    let mut table = Table::new(
        "a INT | s STRING
        1 | x
        NULL | y",
    );
    let again = table.frame.clone();
    table.frame.vstack_mut(&again).expect("two chunks");
    assert_eq!(table.eval("a + 1"), ["2", "NULL", "2", "NULL"]);
    assert_eq!(table.eval("s || 'z'"), ["xz", "yz", "xz", "yz"]);
    let sliced = Table { frame: table.frame.slice(1, 2), schema: table.schema.clone() };
    assert_eq!(sliced.eval("COALESCE(a, 7)"), ["7", "1"]);
    assert_eq!(sliced.eval("a IS NULL AND s = 'y'"), ["true", "false"]);
}

#[test]
fn nested_columns_can_be_handed_on_and_tested_for_null() {
    let list = Series::new("l".into(), [Series::new("".into(), [1i32, 2]), Series::new("".into(), [3i32])]);
    let schema = Schema::new(vec![Field::nullable("l", DataType::Array(Box::new(DataType::Int)))]);
    let table = Table { frame: DataFrame::new(2, vec![Column::from(list)]).expect("a table"), schema };
    assert_eq!(table.eval("l IS NULL"), ["false", "false"]);
    assert_eq!(table.compile("l").expect("a column").as_column(), Some(0));
    assert!(table.compile("COALESCE(l, l)").is_err());
    assert!(table.compile("l = l").is_err());
    assert!(table.compile("CAST(l AS STRING)").is_err());
}

#[test]
fn fields_of_rows_are_read_by_their_names() {
    use polars::prelude::{IntoSeries, StructChunked};
    let series = |name: &str, values: [Option<i64>; 3]| Series::new(name.into(), values);
    let row = |name: &str, fields: &[Series]| {
        StructChunked::from_series(name.into(), 3, fields.iter()).expect("rows").into_series()
    };
    let inner = row("in ner", &[series("y", [Some(10), None, Some(30)])]);
    let list = Series::new(
        "l".into(),
        [Series::new("".into(), [1_i64]), Series::new("".into(), [2_i64]), Series::new("".into(), [3_i64])],
    );
    let whole = row("r", &[series("x", [Some(1), Some(2), Some(3)]), inner, list]);
    // The last row is NULL, whatever its fields hold.
    let validity = [true, true, false].into_iter().collect();
    let array = whole.to_arrow(0, polars::prelude::CompatLevel::newest()).with_validity(Some(validity));
    let whole = Series::try_from((polars::prelude::PlSmallStr::from("r"), array)).expect("rows");
    let data_type = DataType::Row(vec![
        ("x".to_owned(), DataType::BigInt),
        ("in ner".to_owned(), DataType::Row(vec![("y".to_owned(), DataType::BigInt)])),
        ("l".to_owned(), DataType::Array(Box::new(DataType::BigInt))),
    ]);
    let schema = Schema::new(vec![Field::nullable("r", data_type), Field::nullable("a", DataType::BigInt)]);
    let columns = vec![Column::from(whole), Column::from(series("a", [Some(7), Some(8), Some(9)]))];
    let table = Table { frame: DataFrame::new(3, columns).expect("a table"), schema };
    assert_eq!(table.eval("r.x + 1"), ["2", "3", "NULL"]);
    assert_eq!(table.eval("r.`in ner`.y"), ["10", "NULL", "NULL"]);
    assert_eq!(table.eval("-r.x * a"), ["-7", "-16", "NULL"]);
    assert_eq!(table.eval("r.`in ner` IS NULL"), ["false", "false", "true"]);
    assert_eq!(table.eval("r.l"), ["[1]", "[2]", "NULL"]);
    assert_eq!(table.eval("CASE WHEN r.x = 1 THEN r.x ELSE a END"), ["1", "8", "9"]);
    let sliced = Table { frame: table.frame.slice(1, 2), schema: table.schema.clone() };
    assert_eq!(sliced.eval("r.x"), ["2", "NULL"]);
    let message = |text: &str| table.compile(text).err().map(|error| error.to_string()).unwrap_or_default();
    assert!(message("r.z").contains("`r` has no field `z`"), "{}", message("r.z"));
    assert!(message("a.x").contains("`a` is BIGINT and has no fields"), "{}", message("a.x"));
    assert!(message("t.a").contains("unknown column `t`"), "{}", message("t.a"));
    assert!(message("r.").contains("expected the name of a field behind the `.`"), "{}", message("r."));
}

#[test]
fn a_column_of_another_type_is_an_internal_fault() {
    let table = Table::new(
        "a INT
        1",
    );
    let expr = table.compile("a + 1").expect("a sum");
    let other = Table::new(
        "a BIGINT
        1",
    );
    let error = expr.evaluate(&other.frame, &mut RowFaults::new(1)).expect_err("another type");
    assert_eq!(error.origin(), crate::error::Origin::Internal);
}

#[test]
fn times_move_by_intervals() {
    let table = "ts TIMESTAMP(3) | d DATE | t TIME | n INT
        2013-01-31 23:59:59.5 | 2013-01-31 | 23:30:00 | 2
        NULL | NULL | NULL | NULL";
    check("ts + INTERVAL '1' SECOND", table, &["2013-02-01 00:00:00.500", "NULL"]);
    check("ts - INTERVAL '1' MONTH", table, &["2012-12-31 23:59:59.500", "NULL"]);
    check("INTERVAL '1' MONTH + d", table, &["2013-02-28", "NULL"]);
    check("ts + n * INTERVAL '1 06:00:00' DAY TO SECOND", table, &["2013-02-03 11:59:59.500", "NULL"]);
    check("d + INTERVAL '36' HOUR", table, &["2013-02-01 12:00:00.000", "NULL"]);
    check("t + INTERVAL '1' HOUR", table, &["00:30:00.000", "NULL"]);
    check("ts + (INTERVAL '1' DAY - INTERVAL '12' HOUR)", table, &["2013-02-01 11:59:59.500", "NULL"]);
    check("TIMESTAMPADD(HOUR, n, d)", table, &["2013-01-31 02:00:00.000", "NULL"]);
    check("TIMESTAMPADD(QUARTER, -n, ts)", table, &["2012-07-31 23:59:59.500", "NULL"]);
    check("TIMESTAMPDIFF(DAY, d, ts)", table, &["0", "NULL"]);
    check(
        "TIMESTAMPDIFF(SECOND, ts, TIMESTAMP '3013-01-01 00:00:00')",
        table,
        &["!overflow of INT in `TIMESTAMPDIFF(SECOND, ts, TIMESTAMP '301…`", "NULL"],
    );
    check("ts > '2013-01-31' AND d <= '2013-01-31' AND t = '23:30:00'", table, &["true", "NULL"]);
    check("ts = d", table, &["false", "NULL"]);
}

#[test]
fn fields_and_rounding_work_on_every_kind_of_time() {
    let table = "ts TIMESTAMP(3) | d DATE | t TIME
        2013-05-15 10:31:05 | 2013-05-15 | 10:31:05
        1969-12-31 23:59:59.999 | 1900-02-28 | 00:00:00";
    check("EXTRACT(MINUTE FROM ts) + MINUTE(t)", table, &["62", "59"]);
    check("DAYOFWEEK(d)", table, &["4", "4"]);
    check("FLOOR(ts TO DAY)", table, &["2013-05-15 00:00:00.000", "1969-12-31 00:00:00.000"]);
    check("CEIL(ts TO YEAR)", table, &["2014-01-01 00:00:00.000", "1970-01-01 00:00:00.000"]);
    check("FLOOR(d TO MONTH)", table, &["2013-05-01", "1900-02-01"]);
    check("CEIL(t TO HOUR)", table, &["11:00:00.000", "00:00:00.000"]);
    check("DATE_FORMAT(ts, 'yyyyMMdd HH')", table, &["20130515 10", "19691231 23"]);
    check("CAST(ts AS DATE) = d", table, &["true", "false"]);
    check("CAST(ts AS TIME)", table, &["10:31:05.000", "23:59:59.999"]);
    check(
        "CAST(d AS STRING) || ' ' || CAST(t AS STRING)",
        table,
        &["2013-05-15 10:31:05.000", "1900-02-28 00:00:00.000"],
    );
}

#[test]
fn instants_show_in_the_session_zone() {
    let table = Table::new(
        "i TIMESTAMP_LTZ(3)
        2013-03-10 06:59:00
        2013-03-10 07:01:00",
    );
    let cx = ExprContext::new("America/New_York").expect("a zone");
    let run = |text: &str| table.run(&compile(text, &table.schema, &cx).expect(text));
    assert_eq!(run("HOUR(i)"), ["1", "3"]);
    assert_eq!(run("CAST(i AS STRING)"), ["2013-03-10 01:59:00.000", "2013-03-10 03:01:00.000"]);
    assert_eq!(run("CAST(i AS TIMESTAMP(3))"), ["2013-03-10 01:59:00.000", "2013-03-10 03:01:00.000"]);
    assert_eq!(run("FLOOR(i TO DAY)"), ["2013-03-10 05:00:00.000", "2013-03-10 05:00:00.000"]);
    assert_eq!(run("i >= '2013-03-10 03:00:00'"), ["false", "true"]);
    assert_eq!(run("i + INTERVAL '1' MONTH"), ["2013-04-10 05:59:00.000", "2013-04-10 07:01:00.000"]);
    assert_eq!(run("i + INTERVAL '1' DAY"), ["2013-03-11 06:59:00.000", "2013-03-11 07:01:00.000"]);
    assert_eq!(
        run("UNIX_TIMESTAMP('2013-03-10 03:01:00') = EXTRACT(EPOCH FROM i) + 14400"),
        ["false", "true"]
    );
    assert_eq!(run("TO_TIMESTAMP_LTZ(1362898860000) = i"), ["false", "true"]);
    assert_eq!(ExprContext::new("Mars/Olympus"), None);
}

#[test]
fn texts_that_tell_no_time_make_the_row_faulty() {
    let table = "s STRING | f STRING
        2013-01-31 10:00 | yyyy-MM-dd HH:mm
        31.1.2013 | d.M.yyyy
        x | y
        2013 | Q";
    check(
        "TO_TIMESTAMP(s, f)",
        table,
        &[
            "2013-01-31 10:00:00.000",
            "2013-01-31 00:00:00.000",
            "!'x' is not a time of the expected form in `TO_TIMESTAMP(s, f)`",
            "!the format letter `Q` is not understood; the letters are y, M, d, D, E, H, h, m, s, S and a, and other text stands in quotes in `TO_TIMESTAMP(s, f)`",
        ],
    );
    check("TRY_CAST(s AS DATE)", table, &["2013-01-31", "NULL", "NULL", "NULL"]);
}

#[test]
fn texts_are_cut_and_searched_by_characters() {
    let table = "s STRING | p STRING
        Zürich–Kloten | r
        JFK | F.
        NULL | (
        a.b | .";
    check("SUBSTRING(s, 2, 3)", table, &["üri", "FK", "NULL", ".b"]);
    check("POSITION(p IN s)", table, &["3", "0", "NULL", "2"]);
    check("RIGHT(s, 2) || LEFT(s, 1)", table, &["enZ", "FKJ", "NULL", ".ba"]);
    check("LPAD(s, 4, 'é')", table, &["Züri", "éJFK", "NULL", "éa.b"]);
    check("REGEXP(s, p)", table, &["true", "true", "NULL", "true"]);
    check("REGEXP_REPLACE(s, '(.)\\.(.)', '$2\\$$1')", table, &["Zürich–Kloten", "JFK", "NULL", "b$a"]);
    check("s LIKE '%' || p || '%'", table, &["true", "false", "NULL", "true"]);
    check("s LIKE '_.%'", table, &["false", "false", "NULL", "true"]);
    check("CONCAT_WS('-', s, p)", table, &["Zürich–Kloten-r", "JFK-F.", "(", "a.b-."]);
    check("REPLACE(s, p, '')", table, &["Züich–Kloten", "JFK", "NULL", "ab"]);
    check("UPPER(s)", table, &["ZÜRICH–KLOTEN", "JFK", "NULL", "A.B"]);
    check("TRIM(TRAILING p FROM s)", table, &["Zürich–Kloten", "JFK", "NULL", "a.b"]);
    check("s > 'b'", table, &["false", "false", "NULL", "false"]);
}

#[test]
fn pattern_and_escape_may_differ_from_row_to_row() {
    // The same pattern under two escapes in a row, and one that escapes nothing.
    let table = "s STRING | p STRING | e STRING
        a%b | a!%b | !
        a!xb | a!%b | ?
        axb | a!%b | !
        50%!x | 50!%!!_ | !
        a | a | NULL
        NULL | a | !";
    check("s LIKE p ESCAPE e", table, &["true", "true", "false", "true", "NULL", "NULL"]);
    check("s NOT LIKE p ESCAPE e", table, &["false", "false", "true", "false", "NULL", "NULL"]);
    check("s LIKE 'a!%b' ESCAPE e", table, &["true", "true", "false", "false", "NULL", "NULL"]);
    check("s LIKE p ESCAPE '!'", table, &["true", "false", "false", "true", "true", "NULL"]);
    check("s LIKE p ESCAPE NULL", table, &["NULL"; 6]);
    check("s LIKE p ESCAPE SUBSTRING('x!', 2)", table, &["true", "false", "false", "true", "true", "NULL"]);
}

#[test]
fn every_match_is_replaced_as_java_replaces_them() {
    let table = "s STRING
        baac
        é
        NULL";
    check("REGEXP_REPLACE(s, 'a*', '-')", table, &["-b--c-", "-é-", "NULL"]);
    check("REGEXP_REPLACE(s, '(a)|(b)', '<$1$2>')", table, &["<b><a><a>c", "é", "NULL"]);
    check("REGEXP_EXTRACT(s, '(b)(a+)?(x)?', 2)", table, &["aa", "NULL", "NULL"]);
    check("REGEXP_EXTRACT(s, '(b)(a+)?(x)?', 3)", table, &["NULL", "NULL", "NULL"]);
    check(
        "REGEXP_EXTRACT(s, SUBSTRING('(b)(a+)', 1, CHAR_LENGTH(s) * 0 + 7), 2)",
        table,
        &["aa", "NULL", "NULL"],
    );
}

#[test]
fn a_pattern_that_is_no_expression_faults_only_its_rows() {
    let table = "s STRING | p STRING
        a | (
        a | a";
    check(
        "REGEXP(s, p)",
        table,
        &["!`(` is not a regular expression: unclosed group in `REGEXP(s, p)`", "true"],
    );
}

#[test]
fn numbers_are_rounded_by_places_that_may_differ() {
    let table = "x DOUBLE | d DECIMAL(6, 3) | i INT | n INT
        2.345 | 2.345 | 1250 | 2
        -2.5 | -2.500 | -1250 | 0
        1e300 | 999.999 | 2147483647 | -2";
    check("ROUND(x, n)", table, &["2.35", "-3", "1e300"]);
    check("ROUND(d, 1)", table, &["2.3", "-2.5", "1000.0"]);
    check("ROUND(i, n)", table, &["1250", "-1250", "2147483600"]);
    check("ROUND(i, -2)", table, &["1300", "-1300", "2147483600"]);
    check("TRUNCATE(d, n)", table, &["2.340", "-2.000", "900.000"]);
    check("CEIL(d)", table, &["3", "-2", "1000"]);
    check("FLOOR(x)", table, &["2", "-3", "1e300"]);
    check("SIGN(d)", table, &["1.000", "-1.000", "1.000"]);
    check("LN(x) IS NOT NULL", table, &["true", "!there is no logarithm of -2.5 in `LN(x)`", "true"]);
    check("ABS(i - 1)", table, &["1249", "1251", "2147483646"]);
}
