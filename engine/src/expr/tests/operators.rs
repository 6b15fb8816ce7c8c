//! Arithmetic, comparison, logic and choices, with NULL and faults.

use super::*;

#[test]
fn three_valued_logic_holds_in_all_nine_cases() {
    let table = "a BOOLEAN | b BOOLEAN
        true | true
        true | false
        true | NULL
        false | true
        false | false
        false | NULL
        NULL | true
        NULL | false
        NULL | NULL";
    check("a AND b", table, &["true", "false", "NULL", "false", "false", "false", "NULL", "false", "NULL"]);
    check("a OR b", table, &["true", "true", "true", "true", "false", "NULL", "true", "NULL", "NULL"]);
    check("NOT a", table, &["false", "false", "false", "true", "true", "true", "NULL", "NULL", "NULL"]);
    check("a = b", table, &["true", "false", "NULL", "false", "true", "NULL", "NULL", "NULL", "NULL"]);
    check("a < b", table, &["false", "false", "NULL", "true", "false", "NULL", "NULL", "NULL", "NULL"]);
    check(
        "a IS DISTINCT FROM b",
        table,
        &["false", "true", "true", "true", "false", "true", "true", "true", "false"],
    );
    check(
        "a IS NOT DISTINCT FROM b",
        table,
        &["true", "false", "false", "false", "true", "false", "false", "false", "true"],
    );
    check(
        "a IS TRUE",
        table,
        &["true", "true", "true", "false", "false", "false", "false", "false", "false"],
    );
    check(
        "a IS NOT FALSE",
        table,
        &["true", "true", "true", "false", "false", "false", "true", "true", "true"],
    );
    check(
        "(a AND b) IS UNKNOWN",
        table,
        &["false", "false", "true", "false", "false", "false", "true", "false", "true"],
    );
}

#[test]
fn integers_fault_where_they_overflow_and_divide_towards_zero() {
    let table = "a INT | b INT
        7 | 2
        -7 | 2
        2147483647 | 1
        -2147483648 | -1
        5 | 0
        NULL | 0";
    check(
        "a + b",
        table,
        &["9", "-5", "!overflow of INT in `a + b`", "!overflow of INT in `a + b`", "5", "NULL"],
    );
    check(
        "a / b",
        table,
        &["3", "-3", "2147483647", "!overflow of INT in `a / b`", "!division by zero in `a / b`", "NULL"],
    );
    check("a % b", table, &["1", "-1", "0", "0", "!division by zero in `a % b`", "NULL"]);
    check("-a", table, &["-7", "7", "-2147483647", "!overflow of INT in `-a`", "-5", "NULL"]);
    check("CAST(a AS BIGINT) + b", table, &["9", "-5", "2147483648", "-2147483649", "5", "NULL"]);
    check("a > b IS TRUE", table, &["true", "false", "true", "false", "true", "false"]);
}

#[test]
fn doubles_divide_by_zero_as_ieee_says() {
    let table = "x DOUBLE
        1.5
        0
        -2
        NULL";
    check("x / 0", table, &["Infinity", "NaN", "-Infinity", "NULL"]);
    check("0e0 / x = 0e0 / x", table, &["true", "false", "true", "NULL"]);
    check("x % 1", table, &["0.5", "0", "-0", "NULL"]);
}

#[test]
fn decimals_are_exact_and_fault_where_digits_do_not_fit() {
    let table = "a DECIMAL(5, 2) | b DECIMAL(4, 3)
        999.99 | 9.999
        0.10 | 0.200
        1.00 | 0
        -1.00 | 3";
    check("a + b", table, &["1009.989", "0.300", "1.000", "2.000"]);
    check("a * b", table, &["9998.90001", "0.02000", "0.00000", "-3.00000"]);
    check("a / b", table, &["100.0090009", "0.5000000", "!division by zero in `a / b`", "-0.3333333"]);
    check("a % b", table, &["0.090", "0.100", "!division by zero in `a % b`", "-1.000"]);
    check(
        "CAST(a AS DECIMAL(3, 2))",
        table,
        &["!999.99 does not fit DECIMAL(3, 2) in `CAST(a AS DECIMAL(3, 2))`", "0.10", "1.00", "-1.00"],
    );
    check("a > b", table, &["true", "false", "true", "false"]);
    check("a = 0.1", table, &["false", "true", "false", "false"]);
    let large = "x DECIMAL(38, 0)
        99999999999999999999999999999999999999";
    check("x + 1", large, &["!overflow in `x + 1`"]);
    check("x * x", large, &["!overflow in `x * x`"]);
    check("x / 3e0", large, &["3.3333333333333333e37"]);
}

#[test]
fn types_are_derived_as_flink_derives_them() {
    let header = "t TINYINT | s SMALLINT | i INT | l BIGINT | f FLOAT | d DOUBLE | p DECIMAL(5, 2) | q DECIMAL(38, 18) | ts TIMESTAMP(3) | day DATE";
    for (expr, expected) in [
        ("t + s", "SMALLINT"),
        ("t + 1", "INT"),
        ("i * l", "BIGINT"),
        ("i / l", "BIGINT"),
        ("l % t", "TINYINT"),
        ("i + f", "FLOAT"),
        ("f + d", "DOUBLE"),
        ("p + f", "DOUBLE"),
        ("p + i", "DECIMAL(13, 2)"),
        ("p * p", "DECIMAL(11, 4)"),
        ("p / i", "DECIMAL(16, 13)"),
        ("q * q", "DECIMAL(38, 6)"),
        ("1.5", "DECIMAL(2, 1)"),
        ("0.05", "DECIMAL(3, 2)"),
        ("1e3", "DOUBLE"),
        ("2147483648", "BIGINT"),
        ("-2147483648", "INT"),
        ("9223372036854775808", "DECIMAL(19, 0)"),
        ("COALESCE(t, 1)", "INT"),
        ("CASE WHEN i > 0 THEN p ELSE l END", "DECIMAL(21, 2)"),
        ("IF(i > 0, day, ts)", "TIMESTAMP(3)"),
        ("ts + INTERVAL '1' DAY", "TIMESTAMP(3)"),
        ("day + INTERVAL '1' DAY", "DATE"),
        ("day + INTERVAL '1' HOUR", "TIMESTAMP(3)"),
        ("ROUND(p, 1)", "DECIMAL(5, 1)"),
        ("FLOOR(p)", "DECIMAL(5, 0)"),
        ("EXTRACT(YEAR FROM ts)", "BIGINT"),
        ("TIMESTAMPDIFF(DAY, ts, ts)", "INT"),
        ("CHAR_LENGTH('a')", "INT"),
        ("POWER(i, 2)", "DOUBLE"),
    ] {
        check_type(expr, header, expected);
    }
}

#[test]
fn what_is_not_asked_for_cannot_fault() {
    let table = "a INT | b INT
        6 | 2
        6 | 0
        NULL | 0";
    check("CASE WHEN b <> 0 THEN a / b ELSE -1 END", table, &["3", "-1", "-1"]);
    check("IF(b = 0, NULL, a / b)", table, &["3", "NULL", "NULL"]);
    check("b <> 0 AND a / b > 1", table, &["true", "false", "false"]);
    check("b = 0 OR a / b > 1", table, &["true", "true", "true"]);
    check("a / b > 1 OR b = 0", table, &["true", "!division by zero in `a / b`", "true"]);
    check("COALESCE(a, a / b)", table, &["6", "6", "NULL"]);
    check("COALESCE(a / b, 0)", table, &["3", "!division by zero in `a / b`", "0"]);
    check(
        "CASE WHEN b <> 0 THEN CASE a / b WHEN 3 THEN 'three' END ELSE 'none' END",
        table,
        &["three", "none", "none"],
    );
    check("(a / b) IS NULL", table, &["false", "!division by zero in `a / b`", "true"]);
}

#[test]
fn null_in_lists_and_ranges_is_unknown() {
    let table = "a INT
        1
        4
        NULL";
    check("a IN (1, 2, 3)", table, &["true", "false", "NULL"]);
    check("a IN (1, 2, NULL)", table, &["true", "NULL", "NULL"]);
    check("a NOT IN (1, 2, NULL)", table, &["false", "NULL", "NULL"]);
    check("a IN (1, a + 0)", table, &["true", "true", "NULL"]);
    check("a IN (1.0, 4.5)", table, &["true", "false", "NULL"]);
    check("a IN (1, 9999999999)", table, &["true", "false", "NULL"]);
    check("a BETWEEN 1 AND 3", table, &["true", "false", "NULL"]);
    check("a NOT BETWEEN NULL AND 3", table, &["NULL", "true", "NULL"]);
    check("a BETWEEN 3 AND 1", table, &["false", "false", "NULL"]);
    check("a BETWEEN SYMMETRIC 3 AND 1", table, &["true", "false", "NULL"]);
    check("a + 0 BETWEEN 0 AND a", table, &["true", "true", "NULL"]);
    check("NULLIF(a, 4)", table, &["1", "NULL", "NULL"]);
    check("a = NULL", table, &["NULL", "NULL", "NULL"]);
}

#[test]
fn long_lists_of_every_type_are_looked_up() {
    let texts: Vec<String> = (0..200).map(|n| format!("'{n}'")).collect();
    let table = "a STRING | b BIGINT | d DATE
        17 | 17 | 2013-01-01
        x | 1000 | 2013-01-02
        NULL | NULL | NULL";
    check(&format!("a IN ({})", texts.join(", ")), table, &["true", "false", "NULL"]);
    let numbers: Vec<String> = (0..200).map(|n| n.to_string()).collect();
    check(&format!("b IN ({})", numbers.join(", ")), table, &["true", "false", "NULL"]);
    check("d IN ('2013-01-01', DATE '2012-01-01')", table, &["true", "false", "NULL"]);
}

#[test]
fn conditions_choose_between_alternatives_of_one_type() {
    let table = "a INT | s STRING | d DATE
        1 | x | 2013-01-01
        2 | NULL | NULL
        NULL | y | 2013-01-03";
    check("CASE a WHEN 1 THEN 'one' WHEN 2 THEN s END", table, &["one", "NULL", "NULL"]);
    check("CASE WHEN s IS NULL THEN 'none' ELSE s || '!' END", table, &["x!", "none", "y!"]);
    check("COALESCE(s, CAST(a AS STRING), '-')", table, &["x", "2", "y"]);
    check("COALESCE(d, '2000-01-01')", table, &["2013-01-01", "2000-01-01", "2013-01-03"]);
    check("IF(a = 1, a, 2.5)", table, &["1.0", "2.5", "2.5"]);
    check("GREATEST(a, 2)", table, &["2", "2", "NULL"]);
    check("LEAST(s, 'xa')", table, &["x", "NULL", "xa"]);
    check("IF(a = 1, TRUE, NULL)", table, &["true", "NULL", "NULL"]);
}

#[test]
fn empty_batches_give_empty_columns() {
    let table = "a INT | s STRING";
    for expr in [
        "a + 1",
        "s || 'x'",
        "CASE WHEN a > 1 THEN s ELSE 'b' END",
        "1",
        "a > 1 AND s = 'b'",
        "COALESCE(a, 1)",
        "a IN (1, 2)",
        "PI()",
    ] {
        check(expr, table, &[]);
    }
}

#[test]
fn operators_group_as_in_sql() {
    check_value("1 + 2 * 3 - 4 / 2", "5");
    check_value("-2 + 3", "1");
    check_value("10 - 3 - 2", "5");
    check_value("NOT 1 = 2 AND TRUE", "true");
    check_value("TRUE OR FALSE AND FALSE", "true");
    check_value("1 + 1 BETWEEN 1 AND 1 + 2 AND TRUE", "true");
    check_value("NOT NULL IS NULL", "false");
    check_value("'a' || 'b' = 'ab'", "true");
    check_value("2 * - 3", "-6");
    check_value("- -3", "3");
    check_value("1 < 2 = TRUE", "true");
}
