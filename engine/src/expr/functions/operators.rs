//! The operators and the forms with words of their own. They are typed where they are parsed; here they are described.

use super::FunctionInfo;

const fn operator(name: &'static str, text: [&'static str; 4]) -> FunctionInfo {
    FunctionInfo::operator(name, text)
}

pub(super) const OPERATORS: &[FunctionInfo] = &[
    operator(
        "+",
        [
            "a + b",
            "The sum; or a time moved on by an interval. Overflow makes the row faulty.",
            "1 + 2.5",
            "3.5",
        ],
    ),
    operator(
        "-",
        [
            "a - b",
            "The difference; or a time moved back by an interval; before a number, its \
             negative.",
            "TIMESTAMP '2013-01-01 00:10:00' - INTERVAL '15' MINUTE",
            "2012-12-31 23:55:00.000",
        ],
    ),
    operator("*", ["a * b", "The product.", "6 * 7", "42"]),
    operator(
        "/",
        [
            "a / b",
            "The quotient; of two integers cut towards zero. Division by zero makes the row \
             faulty, but for FLOAT and DOUBLE.",
            "-7 / 2",
            "-3",
        ],
    ),
    operator("%", ["a % b", "The rest of the division, with the sign of the first number.", "-7 % 3", "-1"]),
    operator("||", ["a || b", "The second text behind the first.", "'JFK' || '-' || 'LAX'", "JFK-LAX"]),
    operator("=", ["a = b", "Whether both are equal; NULL if one is NULL.", "1 = 1.0", "true"]),
    operator(
        "<>",
        ["a <> b", "Whether they differ; NULL if one is NULL. Also written `!=`.", "'a' <> 'b'", "true"],
    ),
    operator("<", ["a < b", "Whether the first is smaller.", "2 < 10", "true"]),
    operator(
        "<=",
        [
            "a <= b",
            "Whether the first is smaller or equal.",
            "DATE '2013-01-02' <= DATE '2013-01-01'",
            "false",
        ],
    ),
    operator(">", ["a > b", "Whether the first is greater.", "'b' > 'a'", "true"]),
    operator(">=", ["a >= b", "Whether the first is greater or equal.", "1 >= 2", "false"]),
    operator(
        "AND",
        [
            "a AND b",
            "Whether both hold. FALSE if one is FALSE, else NULL if one is NULL; the second \
             is not asked where the first is FALSE.",
            "TRUE AND NULL",
            "NULL",
        ],
    ),
    operator(
        "OR",
        [
            "a OR b",
            "Whether one of them holds. TRUE if one is TRUE, else NULL if one is NULL; the \
             second is not asked where the first is TRUE.",
            "TRUE OR NULL",
            "true",
        ],
    ),
    operator("NOT", ["NOT a", "The opposite; NULL stays NULL.", "NOT FALSE", "true"]),
    operator("IS NULL", ["a IS [NOT] NULL", "Whether there is no value.", "NULL IS NULL", "true"]),
    operator(
        "IS TRUE",
        [
            "a IS [NOT] TRUE",
            "Whether a condition holds; FALSE where it is NULL. Likewise IS FALSE and IS \
             UNKNOWN.",
            "(1 > NULL) IS TRUE",
            "false",
        ],
    ),
    operator(
        "IS DISTINCT FROM",
        [
            "a IS [NOT] DISTINCT FROM b",
            "Whether they differ, where NULL is a value like others.",
            "1 IS DISTINCT FROM NULL",
            "true",
        ],
    ),
    operator(
        "BETWEEN",
        [
            "a [NOT] BETWEEN [SYMMETRIC] low AND high",
            "Whether a value lies within two bounds, which belong to the range. SYMMETRIC \
             takes them in either order.",
            "5 BETWEEN 1 AND 5",
            "true",
        ],
    ),
    operator(
        "IN",
        [
            "a [NOT] IN (b, …)",
            "Whether a value is one of several. Where it is not, but one of them is NULL, \
             the answer is NULL.",
            "'JFK' IN ('LGA', 'JFK', 'EWR')",
            "true",
        ],
    ),
    operator(
        "LIKE",
        [
            "a [NOT] LIKE pattern [ESCAPE c]",
            "Whether a text matches a pattern, in which `%` stands for any text and `_` for \
             one character; behind the character `c` they stand for themselves.",
            "'N14228' LIKE 'N%8'",
            "true",
        ],
    ),
    operator(
        "CASE",
        [
            "CASE WHEN a THEN x … [ELSE y] END",
            "The value behind the first condition that holds. Other branches cannot make a \
             row faulty. `CASE a WHEN b THEN x … END` compares.",
            "CASE 3 WHEN 1 THEN 'one' WHEN 3 THEN 'three' ELSE 'many' END",
            "three",
        ],
    ),
    operator(
        "CAST",
        [
            "CAST(a AS type)",
            "The value in another type. What cannot be cast, or does not fit, makes the row \
             faulty.",
            "CAST('12.345' AS DECIMAL(5, 2))",
            "12.35",
        ],
    ),
    operator(
        "TRY_CAST",
        [
            "TRY_CAST(a AS type)",
            "The value in another type, or NULL where it cannot be cast or does not fit.",
            "TRY_CAST('NA' AS INT)",
            "NULL",
        ],
    ),
    operator(
        "INTERVAL",
        [
            "INTERVAL 'n' unit",
            "A length of time to add or take away, in YEAR, MONTH, WEEK, DAY, HOUR, MINUTE \
             or SECOND; also `INTERVAL '1 06:30:00' DAY TO SECOND`.",
            "DATE '2013-01-31' + INTERVAL '1' MONTH",
            "2013-02-28",
        ],
    ),
];
