//! Input that wants to break things: it is refused with an error, or computed, but nothing panics and no stack overflows.

use proptest::prelude::*;

use super::*;
use crate::expr::{MAX_DEPTH, complete};

#[test]
fn deep_nesting_is_refused_however_it_is_written() {
    for (open, inner, close) in [
        ("(", "1", ")"),
        ("NOT ", "TRUE", ""),
        ("- ", "a", ""),
        ("+", "a", ""),
        ("ABS(", "a", ")"),
        ("CASE WHEN TRUE THEN ", "a", " END"),
        ("CASE ", "a", " WHEN 1 THEN 2 END"),
        ("CAST(", "a", " AS INT)"),
        ("a + (", "1", ")"),
        ("1 IN (", "a", ")"),
        ("1 BETWEEN 0 AND (", "a", ")"),
        ("", "a", " + 1"),
        ("", "a", " IS NULL"),
        ("", "a", " BETWEEN 1 AND 2"),
        ("", "a", " = 1"),
        ("COALESCE(NULLIF(", "a", ", 1), 2)"),
    ] {
        let nested = |n: usize| open.repeat(n) + inner + &close.repeat(n);
        let table = Table::new("a INT");
        let error = table.compile(&nested(1000)).expect_err(open);
        assert!(error.message.contains("deeper than 256"), "{open}: {error}");
        let _ = table.compile(&nested(100_000 / (open.len() + close.len())));
        // What is allowed must also fit the stack of a thread, to parse, to type, to run and to drop.
        if let Ok(expr) = table.compile(&nested(MAX_DEPTH / 2 - 2)) {
            table.run(&expr);
        }
    }
}

#[test]
fn the_deepest_allowed_expressions_fit_a_small_stack() {
    let run = || {
        for (open, close) in [
            ("ABS(", ")"),
            ("CASE a WHEN ", " THEN 1 END"),
            ("IF(a > 1, a, ", ")"),
            ("1 + (a BETWEEN SYMMETRIC 1 AND 2 IS TRUE) + ", ""),
        ] {
            for n in [MAX_DEPTH / 3, MAX_DEPTH - 2] {
                let table = Table::new("a INT\n1\nNULL");
                let text = open.repeat(n) + "a" + &close.repeat(n);
                if let Ok(expr) = table.compile(&text) {
                    table.run(&expr);
                }
            }
        }
    };
    std::thread::Builder::new()
        .stack_size(256 << 10)
        .spawn(run)
        .expect("a thread")
        .join()
        .expect("no overflow");
}

#[test]
fn long_conditions_stay_shallow() {
    let table = Table::new("a INT\n1\n4999\n5000");
    let text = (0..5000).map(|n| format!("a={n}")).collect::<Vec<_>>().join(" OR ");
    assert_eq!(table.eval(&text), ["true", "true", "false"]);
}

#[test]
fn long_texts_are_refused() {
    let table = Table::new("a INT");
    for text in ["a".repeat(1 << 20), "'".repeat(1 << 20), "1 + ".repeat(1 << 18), "(".repeat(100_000)] {
        assert!(table.compile(&text).is_err());
    }
    // Just below the limit, and of the kind that takes longest.
    assert!(table.compile(&("(".repeat(30_000) + &")".repeat(30_000))).is_err());
    let list = format!("a + 1 IN ({}a)", "1,".repeat(25_000));
    assert!(table.compile(&list).is_ok());
    assert!(table.compile(&format!("a IN ({}1)", "1,".repeat(30_000))).is_ok());
}

#[test]
fn functions_do_not_fill_the_memory() {
    for expr in [
        "REPEAT('abc', 2000000000)",
        "LPAD('a', 2000000000, 'b')",
        "RPAD('a', 9223372036854775807, 'b')",
        "REPLACE(REPEAT('a', 1000000), 'a', REPEAT('b', 1000))",
    ] {
        let error = Table::new("").compile(expr).expect_err(expr);
        assert!(error.message.contains("longer than 1 MB"), "{error}");
    }
}

#[test]
fn the_ends_of_the_ranges_are_computed_or_refused() {
    let table = Table::new("a BIGINT\n9223372036854775807\n-9223372036854775808");
    for expr in [
        "TO_TIMESTAMP_LTZ(a, 3) + INTERVAL '1' DAY",
        "TO_TIMESTAMP_LTZ(a, 3) - INTERVAL '99' YEAR",
        "CAST(TO_TIMESTAMP_LTZ(a, 3) AS STRING)",
        "CAST(TO_TIMESTAMP_LTZ(a) AS DATE)",
        "FLOOR(TO_TIMESTAMP_LTZ(a) TO WEEK)",
        "CEIL(TO_TIMESTAMP_LTZ(a) TO MILLENNIUM)",
        "EXTRACT(DOY FROM TO_TIMESTAMP_LTZ(a))",
        "DATE_FORMAT(TO_TIMESTAMP_LTZ(a), 'yyyy-MM-dd E')",
        "TIMESTAMPDIFF(MONTH, TO_TIMESTAMP_LTZ(a), TIMESTAMP '2013-01-01 00:00:00')",
        "TIMESTAMPADD(MONTH, a, DATE '2013-01-01')",
        "TIMESTAMPADD(WEEK, a, TIMESTAMP '2013-01-01 00:00:00')",
        "SUBSTRING('abc', a, a)",
        "LEFT('abc', a) || RIGHT('abc', a)",
        "OVERLAY('abc' PLACING 'x' FROM a FOR a)",
        "LOCATE('a', 'banana', a)",
        "SPLIT_INDEX('a,b', ',', a)",
        "REGEXP_EXTRACT('a', 'a', a)",
        "ROUND(a, a)",
        "ROUND(1.5, a)",
        "CHR(a)",
        "FROM_UNIXTIME(a)",
        "-a",
        "ABS(a)",
        "a * a",
        "CAST(a AS DECIMAL(38, 19))",
        "a * 1.5",
        "TIME '10:00:00' + INTERVAL '1' SECOND * a",
    ] {
        let cx = ExprContext::new("America/New_York").expect("a zone");
        for cx in [cx, ExprContext::default()] {
            let compiled =
                compile(expr, &table.schema, &cx).unwrap_or_else(|error| panic!("{expr}: {error}"));
            table.run(&compiled);
        }
    }
}

/// Pieces of expressions, put together without sense.
fn soup() -> impl Strategy<Value = String> {
    let words = prop::sample::select(vec![
        "a",
        "s",
        "x",
        "d",
        "ts",
        "b",
        "`a`",
        "1",
        "0",
        "-1",
        "2147483648",
        "1.5",
        "1e300",
        ".5",
        "'x'",
        "''",
        "'2013-01-01'",
        "NULL",
        "TRUE",
        "+",
        "-",
        "*",
        "/",
        "%",
        "||",
        "=",
        "<>",
        "<",
        ">=",
        "AND",
        "OR",
        "NOT",
        "IS",
        "NULL",
        "DISTINCT",
        "FROM",
        "BETWEEN",
        "IN",
        "LIKE",
        "ESCAPE",
        "CASE",
        "WHEN",
        "THEN",
        "ELSE",
        "END",
        "CAST(",
        "TRY_CAST(",
        "AS",
        "INT",
        "DECIMAL(5,2)",
        "STRING",
        "DATE",
        "TIMESTAMP",
        "INTERVAL",
        "DAY",
        "TO",
        "SECOND",
        "(",
        ")",
        ",",
        "COALESCE(",
        "IF(",
        "NULLIF(",
        "SUBSTRING(",
        "FOR",
        "TRIM(",
        "BOTH",
        "EXTRACT(",
        "YEAR",
        "FLOOR(",
        "ROUND(",
        "REGEXP_REPLACE(",
        "LPAD(",
        "CONCAT_WS(",
        "'",
        "`",
        "é",
        "--",
        "/*",
        "\"",
        "\0",
        "😀",
    ]);
    prop::collection::vec(words, 0..24).prop_map(|words| words.join(" "))
}

/// Expressions that are well formed, if not always well typed.
fn formed() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "a",
        "s",
        "x",
        "d",
        "ts",
        "b",
        "m",
        "1",
        "0",
        "-3",
        "1.5",
        "2e0",
        "'x'",
        "'1'",
        "NULL",
        "TRUE",
        "DATE '2013-01-31'",
        "INTERVAL '1' MONTH",
    ])
    .prop_map(str::to_owned);
    leaf.prop_recursive(5, 40, 3, |inner| {
        let binary = prop::sample::select(vec![
            "+",
            "-",
            "*",
            "/",
            "%",
            "||",
            "=",
            "<",
            "AND",
            "OR",
            "IS DISTINCT FROM",
            "LIKE",
        ]);
        let call = prop::sample::select(vec![
            "COALESCE",
            "GREATEST",
            "NULLIF",
            "CONCAT",
            "POWER",
            "MOD",
            "ROUND",
            "LEFT",
            "INSTR",
            "IFNULL",
            "SPLIT_INDEX",
        ]);
        let unary = prop::sample::select(vec![
            "UPPER",
            "ABS",
            "FLOOR",
            "YEAR",
            "CHAR_LENGTH",
            "SQRT",
            "SIGN",
            "TRIM",
            "REVERSE",
            "TO_DATE",
            "-",
            "NOT ",
        ]);
        let to = prop::sample::select(vec![
            "INT",
            "BIGINT",
            "DOUBLE",
            "DECIMAL(10, 3)",
            "STRING",
            "DATE",
            "TIMESTAMP",
            "BOOLEAN",
            "TINYINT",
        ]);
        prop_oneof![
            (inner.clone(), binary, inner.clone()).prop_map(|(a, op, b)| format!("({a} {op} {b})")),
            (call, inner.clone(), inner.clone()).prop_map(|(f, a, b)| format!("{f}({a}, {b})")),
            (unary, inner.clone()).prop_map(|(f, a)| format!("{f}({a})")),
            (inner.clone(), to.clone()).prop_map(|(a, to)| format!("CAST({a} AS {to})")),
            (inner.clone(), to).prop_map(|(a, to)| format!("TRY_CAST({a} AS {to})")),
            (inner.clone(), inner.clone(), inner.clone())
                .prop_map(|(a, b, c)| format!("CASE WHEN {a} THEN {b} ELSE {c} END")),
            (inner.clone(), inner.clone(), inner.clone())
                .prop_map(|(a, b, c)| format!("({a} BETWEEN {b} AND {c})")),
            (inner.clone(), inner.clone(), inner).prop_map(|(a, b, c)| format!("({a} IN ({b}, {c}))")),
        ]
    })
}

fn table() -> Table {
    Table::new(
        "a INT | s STRING | x DOUBLE | d DECIMAL(10, 2) | ts TIMESTAMP(3) | b BOOLEAN | m TINYINT
        1 | x | 1.5 | 1.50 | 2013-01-31 10:00:00 | true | 1
        2147483647 | 12 | -0 | -99999999.99 | 1900-02-28 00:00:00 | false | -128
        NULL | NULL | NULL | NULL | NULL | NULL | NULL
        0 | 2013-01-31 | 1e300 | 0 | 1970-01-01 | true | 0",
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn token_soup_never_panics(text in soup()) {
        let table = table();
        match table.compile(&text) {
            Ok(expr) => drop(table.run(&expr)),
            Err(error) => prop_assert!(text.get(error.span.clone()).is_some(), "{:?} in {text}", error.span),
        }
        crate::expr::column_names(&text);
        complete(&text, text.len() / 2, &table.schema);
    }

    #[test]
    fn any_text_never_panics(text in ".{0,60}") {
        let table = table();
        if let Err(error) = table.compile(&text) {
            prop_assert!(text.get(error.span.clone()).is_some(), "{:?} in {text}", error.span);
        }
        complete(&text, 7, &table.schema);
    }

    #[test]
    fn well_formed_expressions_run_and_are_read_back(text in formed()) {
        let table = table();
        match table.compile(&text) {
            Ok(expr) => {
                let results = table.run(&expr);
                let again = table.compile(&expr.to_flink_sql());
                let again = again.map_err(|error| TestCaseError::fail(format!("{}: {error}", expr.to_flink_sql())))?;
                prop_assert_eq!(again.to_flink_sql(), expr.to_flink_sql());
                prop_assert_eq!(again.data_type(), expr.data_type());
                // Reasons quote the text, so only whether a row is faulty can be compared.
                let plain = |results: Vec<String>| results.into_iter().map(|text| if text.starts_with('!') { "!".to_owned() } else { text }).collect::<Vec<_>>();
                let expected = plain(results);
                prop_assert_eq!(plain(table.run(&again)), expected.clone());
                // Row by row it gives the same as all at once.
                let alone: Vec<String> = (0..table.frame.height())
                    .flat_map(|row| plain(Table { frame: table.frame.slice(row as i64, 1), schema: table.schema.clone() }.run(&expr)))
                    .collect();
                prop_assert_eq!(alone, expected);
            }
            Err(error) => prop_assert!(text.get(error.span.clone()).is_some()),
        }
    }
}
