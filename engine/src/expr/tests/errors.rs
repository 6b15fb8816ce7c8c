//! What is refused, where it points to, and what is suggested.

use super::*;
use crate::diagnostic::{Diagnostic, Place};
use crate::expr::column_names;
use crate::ids::NodeId;

const FLIGHTS: &str = "dep_delay INT | origin STRING | day DATE | ts TIMESTAMP(3) | i TIMESTAMP_LTZ(3) | late BOOLEAN | my col INT";

/// Checks what an error points at, and parts of its message and suggestion.
#[track_caller]
fn refused(expr: &str, at: &str, message: &str, suggestion: &str) {
    let header =
        "dep_delay INT | origin STRING | day DATE | ts TIMESTAMP(3) | i TIMESTAMP_LTZ(3) | late BOOLEAN";
    let found = error(expr, header);
    assert_eq!(found.0, at, "{expr}: {found:?}");
    assert!(found.1.contains(message), "{expr}: {found:?}");
    assert!(found.2.contains(suggestion), "{expr}: {found:?}");
}

#[test]
fn names_that_are_nearly_right_are_suggested() {
    refused("dep_dely > 15", "dep_dely", "unknown column `dep_dely`", "did you mean `dep_delay`?");
    refused("1 + airport", "airport", "unknown column", "the columns are dep_delay, origin");
    refused("UPER(origin)", "UPER", "unknown function UPER", "did you mean UPPER?");
    refused("upper", "upper", "unknown column", "UPPER(…)");
    refused("CAST(dep_delay AS STRNG)", "STRNG", "no type", "did you mean STRING?");
    refused("CAST(dep_delay AS TIMESTAMP(6))", "TIMESTAMP(6)", "no type", "TIMESTAMP(3)");
    refused("EXTRACT(HUOR FROM ts)", "HUOR", "not a unit", "");
    refused("ts + INTERVAL '1' MINUTEN", "MINUTEN", "not a unit", "did you mean MINUTE?");
    refused(
        "CONVERT_TZ('2013-01-01', 'UTC', 'Europe/Berln')",
        "'Europe/Berln'",
        "no time zone",
        "Europe/Berlin",
    );
    assert!(FLIGHTS.contains("my col"));
}

#[test]
fn operands_of_the_wrong_type_are_pointed_at() {
    refused("origin + 1", "origin", "`+` takes numbers, but `origin` is STRING", "||");
    refused(
        "dep_delay = '15'",
        "dep_delay = '15'",
        "INT cannot be compared with STRING",
        "leave out the quotes: 15",
    );
    refused(
        "origin > dep_delay",
        "origin > dep_delay",
        "STRING cannot be compared with INT",
        "CAST(origin AS INT)",
    );
    refused("dep_delay AND late", "dep_delay", "`AND` takes conditions", "dep_delay <> 0");
    refused(
        "UPPER(dep_delay)",
        "dep_delay",
        "UPPER takes text, but `dep_delay` is INT",
        "CAST(dep_delay AS STRING)",
    );
    refused("origin || dep_delay", "dep_delay", "`||` puts text together", "CAST(dep_delay AS STRING)");
    refused("ts - day", "ts - day", "there is no TIMESTAMP(3) - DATE", "TIMESTAMPDIFF(SECOND, day, ts)");
    refused("ts + 1", "ts + 1", "there is no TIMESTAMP(3) + INT", "INTERVAL '1' DAY");
    refused("ts > i", "ts > i", "cannot be compared", "CAST(i AS TIMESTAMP(3))");
    refused(
        "CAST(dep_delay AS TIMESTAMP)",
        "CAST(dep_delay AS TIMESTAMP)",
        "cannot be cast",
        "TO_TIMESTAMP_LTZ(dep_delay, 0)",
    );
    refused(
        "CASE WHEN late THEN 1 ELSE origin END",
        "origin",
        "`CASE` gives one type",
        "CAST(origin AS INT)",
    );
    refused("dep_delay LIKE 'a%'", "dep_delay", "`LIKE` takes text", "CAST(dep_delay AS STRING)");
    refused("ts > '2013-13-01'", "'2013-13-01'", "'2013-13-01' is not a TIMESTAMP", "'2013-01-31 18:30:00'");
    refused("DATE '2013-02-30'", "DATE '2013-02-30'", "'2013-02-30' is not a DATE", "'2013-01-31'");
    refused("dep_delay IN (1, 'x')", "'x'", "cannot be compared", "");
    refused("IF(dep_delay, 1, 2)", "dep_delay", "a condition", "");
    refused("HOUR(day + dep_delay)", "day + dep_delay", "there is no DATE + INT", "");
    refused("NULL", "NULL", "no type", "CAST(NULL AS INT)");
    refused("INTERVAL '1' DAY", "INTERVAL '1' DAY", "no value of a column", "event_time");
    refused("COALESCE(NULL, NULL)", "COALESCE(NULL, NULL)", "NULL", "CAST(NULL AS INT)");
}

#[test]
fn what_is_badly_written_is_pointed_at() {
    refused("", "", "empty", "");
    refused("dep_delay >", "", "expected a value, not the end", "");
    refused("(1 + 2", "(", "not closed", ")");
    refused("1 + 2)", ")", "no `(`", "");
    refused("dep_delay 15", "15", "`15` is not expected here", "");
    refused("dep_delay IS 5", "5", "expected `NULL`", "=");
    refused("CASE WHEN late THEN 1", "", "expected `END`", "");
    refused("select", "select", "unknown column", "");
    refused("from + 1", "from", "expected a value, not `from`", "`from`");
    refused("origin = \"JFK\"", "\"", "no meaning", "single quotes");
    refused("LPAD(origin)", "LPAD(origin)", "LPAD takes 3 arguments, not 1", "LPAD(text, length, pad)");
    refused("dep_delay BETWEEN 1 OR 2", "OR", "expected `AND`", "");
    refused(
        "99999999999999999999999999999999999999999",
        "99999999999999999999999999999999999999999",
        "38 digits",
        "1e40",
    );
    refused("1e999", "1e999", "too large", "");
    refused("CAST(1 AS)", ")", "expected a type", "");
    refused("EXTRACT(origin)", ")", "expected `FROM`", "");
}

#[test]
fn constants_are_computed_and_their_faults_found_before_any_row() {
    refused("dep_delay + 1 / 0", "1 / 0", "division by zero", "");
    refused("2147483647 + 1", "2147483647 + 1", "overflow of INT", "");
    refused("CAST('x' AS INT) + dep_delay", "CAST('x' AS INT)", "cannot cast 'x' to INT", "");
    refused("REGEXP(origin, '(')", "'('", "unclosed group", "");
    refused("REGEXP(origin, '(?<=a)b')", "'(?<=a)b'", "look", "linear time");
    refused("DATE_FORMAT(ts, 'yyyy QQ')", "'yyyy QQ'", "`Q`", "yyyy-MM-dd");
    refused("origin LIKE 'a!b' ESCAPE '!'", "'a!b'", "escape", "");
    refused("origin LIKE 'a' ESCAPE '12'", "'12'", "one character", "");
    refused("TO_TIMESTAMP_LTZ(dep_delay, 6)", "6", "precision", "");
}

#[test]
fn what_would_not_repeat_is_refused_with_the_reason() {
    refused("ts > NOW()", "NOW", "cannot read the clock", "event-time column");
    refused("RAND() > 0.5", "RAND", "random", "");
    refused("SUM(dep_delay)", "SUM", "cannot aggregate", "window");
}

#[test]
fn an_error_becomes_a_finding_at_its_parameter() {
    let error = Table::new("dep_delay INT").compile("dep_dely > 15").expect_err("unknown column");
    let place = Place::Param { node: NodeId::new("late"), path: "condition".to_owned(), span: None };
    let Diagnostic { code, place, message, fix, .. } = error.diagnostic(place);
    assert_eq!(
        (code, &*message, fix.as_deref()),
        ("unknown-column", "unknown column `dep_dely`", Some("did you mean `dep_delay`?"))
    );
    assert!(matches!(place, Place::Param { span: Some(span), .. } if span == (0..8)));
}

#[test]
fn columns_are_found_without_a_schema() {
    let names = |text: &str| column_names(text).into_iter().collect::<Vec<_>>().join(" ");
    assert_eq!(names("dep_delay > 15 AND UPPER(`my col`) = 'x'"), "dep_delay my col");
    assert_eq!(names("FLOOR(ts TO HOUR) > TIMESTAMPADD(DAY, n, day)"), "day n ts");
    assert_eq!(names("1 + 2"), "");
    // Not finished yet, but what is there is seen.
    assert_eq!(names("dep_delay > AND UPPER(`my col`"), "dep_delay my col");
    assert_eq!(names("'"), "");
}

#[test]
fn flink_sql_keeps_only_the_parentheses_that_are_needed() {
    let table = Table::new("a INT | b INT | my`col INT | s STRING | ts TIMESTAMP(3)");
    for (text, expected) in [
        ("((a)) + (b * 2)", "`a` + `b` * 2"),
        ("(a + b) * 2", "(`a` + `b`) * 2"),
        ("a - (b - 1)", "`a` - (`b` - 1)"),
        ("a - b - 1", "`a` - `b` - 1"),
        ("a - -1", "`a` - -1"),
        ("-(-a)", "-(-`a`)"),
        ("not (a = 1 and b != 2) or a is null", "NOT (`a` = 1 AND `b` <> 2) OR `a` IS NULL"),
        ("a = 1 and (b = 2 or b = 3)", "`a` = 1 AND (`b` = 2 OR `b` = 3)"),
        ("`my``col` in (1, 2)", "`my``col` IN (1, 2)"),
        ("length(s) > 3", "CHAR_LENGTH(`s`) > 3"),
        ("substr(s, 2, 3)", "SUBSTRING(`s` FROM 2 FOR 3)"),
        ("trim(both 'x' from s)", "TRIM(BOTH 'x' FROM `s`)"),
        ("ltrim(s, '0')", "TRIM(LEADING '0' FROM `s`)"),
        ("rtrim(s)", "RTRIM(`s`)"),
        ("to_timestamp_ltz(a)", "TO_TIMESTAMP_LTZ(`a`, 3)"),
        ("s = 'it''s'", "`s` = 'it''s'"),
        ("ts + interval '90' minute", "`ts` + INTERVAL '90' MINUTE"),
        ("ts + interval '365' day", "`ts` + INTERVAL '365' DAY(3)"),
        ("ts - interval '1.5' second", "`ts` - INTERVAL '1.500' SECOND(2, 3)"),
        ("ts - interval -'2-6' year to month", "`ts` - INTERVAL -'30' MONTH"),
        ("a > 1e3 and a < 1.50", "`a` > 1000.0E0 AND `a` < 1.50"),
        ("case a when 1 then 'x' end", "CASE `a` WHEN 1 THEN 'x' END"),
        ("try_cast(s as decimal(5,2))", "TRY_CAST(`s` AS DECIMAL(5, 2))"),
        ("floor(ts to hour)", "FLOOR(`ts` TO HOUR)"),
        ("ceiling(1.5)", "CEIL(1.5)"),
    ] {
        assert_eq!(
            table.compile(text).unwrap_or_else(|error| panic!("{text}: {error}")).to_flink_sql(),
            expected
        );
    }
}
