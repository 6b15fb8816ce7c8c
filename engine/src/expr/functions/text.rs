//! Functions of text and regular expressions.

use super::{Call, FunctionCategory, FunctionInfo, MANY};
use crate::data::DataType;
use crate::expr::ExprError;
use crate::expr::compile::{BOOLEAN, Bound, STRING};
use crate::expr::kernels::{regex, text};
use crate::expr::typing::Ty;

const INT: Ty = Ty::Of(DataType::Int);

const fn function(
    name: &'static str,
    arity: (usize, usize),
    text: [&'static str; 4],
    bind: fn(&mut Call) -> Bound,
) -> FunctionInfo {
    FunctionInfo::new(name, FunctionCategory::Text, arity, text, bind)
}

pub(super) const TEXT: &[FunctionInfo] = &[
    function(
        "UPPER",
        (1, 1),
        ["UPPER(text)", "The text in capital letters.", "UPPER('Jfk')", "JFK"],
        |call| written(call, |text, out| text.chars().for_each(|c| out.extend(c.to_uppercase()))),
    ),
    function("LOWER", (1, 1), ["LOWER(text)", "The text in small letters.", "LOWER('JFK')", "jfk"], |call| {
        written(call, |text, out| text.chars().for_each(|c| out.extend(c.to_lowercase())))
    }),
    function(
        "INITCAP",
        (1, 1),
        [
            "INITCAP(text)",
            "The text with a capital at the start of each word.",
            "INITCAP('new yORK')",
            "New York",
        ],
        |call| written(call, text::initcap),
    ),
    function(
        "REVERSE",
        (1, 1),
        ["REVERSE(text)", "The text from its end to its beginning.", "REVERSE('abc')", "cba"],
        |call| written(call, |text, out| out.extend(text.chars().rev())),
    ),
    function(
        "CHAR_LENGTH",
        (1, 1),
        ["CHAR_LENGTH(text)", "How many characters the text has.", "CHAR_LENGTH('Zürich')", "6"],
        |call| {
            call.text(0)?;
            call.finish(text::measured(text::char_length), INT)
        },
    )
    .also(&["CHARACTER_LENGTH", "LENGTH"]),
    function(
        "ASCII",
        (1, 1),
        ["ASCII(text)", "The code of the first character; 0 for an empty text.", "ASCII('abc')", "97"],
        |call| {
            call.text(0)?;
            call.finish(text::measured(|text| text.chars().next().map_or(0, |c| c as i32)), INT)
        },
    ),
    function(
        "CHR",
        (1, 1),
        [
            "CHR(code)",
            "The character with this code; of codes above 255 the last eight bits count.",
            "CHR(97)",
            "a",
        ],
        |call| {
            call.whole(0)?;
            call.finish(text::chr(), STRING)
        },
    ),
    function(
        "TRIM",
        (1, 3),
        [
            "TRIM([BOTH | LEADING | TRAILING] [characters FROM] text)",
            "The text without blanks, or without the characters, at its ends.",
            "TRIM(LEADING '0' FROM '0042')",
            "42",
        ],
        trim,
    ),
    function(
        "LTRIM",
        (1, 2),
        [
            "LTRIM(text[, characters])",
            "The text without blanks, or without the characters, at its beginning.",
            "LTRIM('  a ')",
            "a ",
        ],
        |call| ends(call, text::Side::Leading),
    )
    .in_flink("LTRIM(text), TRIM(LEADING characters FROM text)"),
    function(
        "RTRIM",
        (1, 2),
        [
            "RTRIM(text[, characters])",
            "The text without blanks, or without the characters, at its end.",
            "RTRIM('12.500', '0')",
            "12.5",
        ],
        |call| ends(call, text::Side::Trailing),
    )
    .in_flink("RTRIM(text), TRIM(TRAILING characters FROM text)"),
    function(
        "LPAD",
        (3, 3),
        [
            "LPAD(text, length, pad)",
            "The text filled up from the left to a length, or cut to it.",
            "LPAD('7', 3, '0')",
            "007",
        ],
        |call| pad(call, true),
    ),
    function(
        "RPAD",
        (3, 3),
        [
            "RPAD(text, length, pad)",
            "The text filled up from the right to a length, or cut to it.",
            "RPAD('ab', 4, '.')",
            "ab..",
        ],
        |call| pad(call, false),
    ),
    function(
        "CONCAT",
        (1, MANY),
        [
            "CONCAT(a, b, …)",
            "The texts one behind the other; NULL if any is NULL.",
            "CONCAT('a', 'b', 'c')",
            "abc",
        ],
        |call| {
            texts(call)?;
            call.finish(text::concat(), STRING)
        },
    ),
    function(
        "CONCAT_WS",
        (1, MANY),
        [
            "CONCAT_WS(separator, a, b, …)",
            "The texts that are not NULL, with the separator between them.",
            "CONCAT_WS('-', 'JFK', NULL, 'LAX')",
            "JFK-LAX",
        ],
        |call| {
            texts(call)?;
            let nullable = call.args[0].nullable;
            let node = call.finish(text::concat_ws(), STRING)?;
            Ok(crate::expr::eval::Node { nullable, ..node })
        },
    ),
    function(
        "SUBSTRING",
        (2, 3),
        [
            "SUBSTRING(text FROM start [FOR length])",
            "A part of the text, from a position counted from 1, or from the end where it is \
             negative. Also written with commas.",
            "SUBSTRING('N14228' FROM 2 FOR 3)",
            "142",
        ],
        |call| {
            call.text(0)?;
            call.whole(1)?;
            call.whole(2)?;
            call.finish_nullable(text::piece_by_numbers(text::substring), STRING)
        },
    )
    .also(&["SUBSTR"]),
    function(
        "LEFT",
        (2, 2),
        ["LEFT(text, length)", "The first characters of the text.", "LEFT('N14228', 2)", "N1"],
        |call| {
            call.text(0)?;
            call.whole(1)?;
            call.finish(text::piece_by_numbers(|text, n, _| Some(text::left(text, n))), STRING)
        },
    ),
    function(
        "RIGHT",
        (2, 2),
        ["RIGHT(text, length)", "The last characters of the text.", "RIGHT('N14228', 2)", "28"],
        |call| {
            call.text(0)?;
            call.whole(1)?;
            call.finish(text::piece_by_numbers(|text, n, _| Some(text::right(text, n))), STRING)
        },
    ),
    function(
        "REPLACE",
        (3, 3),
        [
            "REPLACE(text, old, new)",
            "The text with every occurrence of one text replaced by another.",
            "REPLACE('a-b-c', '-', '')",
            "abc",
        ],
        |call| {
            texts(call)?;
            call.finish(text::replace(), STRING)
        },
    ),
    function(
        "REPEAT",
        (2, 2),
        ["REPEAT(text, times)", "The text several times.", "REPEAT('ab', 3)", "ababab"],
        |call| {
            call.text(0)?;
            call.whole(1)?;
            call.finish(text::repeat(), STRING)
        },
    ),
    function(
        "OVERLAY",
        (3, 4),
        [
            "OVERLAY(text PLACING new FROM start [FOR length])",
            "The text with a part, as long as the new text or as said, replaced by another.",
            "OVERLAY('abcdef' PLACING 'XY' FROM 3)",
            "abXYef",
        ],
        |call| {
            call.text(0)?;
            call.text(1)?;
            call.whole(2)?;
            call.whole(3)?;
            call.finish(text::overlay(), STRING)
        },
    ),
    function(
        "POSITION",
        (2, 2),
        [
            "POSITION(part IN text)",
            "Where a text is first found in another, counted from 1; 0 if it is not.",
            "POSITION('-' IN 'JFK-LAX')",
            "4",
        ],
        |call| {
            texts(call)?;
            call.finish(text::locate(1, 0), INT)
        },
    ),
    function(
        "INSTR",
        (2, 2),
        [
            "INSTR(text, part)",
            "Where the second text is first found in the first, counted from 1; 0 if it is not.",
            "INSTR('JFK-LAX', 'LAX')",
            "5",
        ],
        |call| {
            texts(call)?;
            call.finish(text::locate(0, 1), INT)
        },
    ),
    function(
        "LOCATE",
        (2, 3),
        [
            "LOCATE(part, text[, start])",
            "Where the first text is found in the second, at or after a position; 0 if it is \
             not.",
            "LOCATE('a', 'banana', 3)",
            "4",
        ],
        |call| {
            call.text(0)?;
            call.text(1)?;
            call.whole(2)?;
            call.finish(text::locate(1, 0), INT)
        },
    ),
    function(
        "SPLIT_INDEX",
        (3, 3),
        [
            "SPLIT_INDEX(text, separator, n)",
            "The part number n, counted from 0, of a text cut at a separator; NULL if there \
             are fewer.",
            "SPLIT_INDEX('a,b,c', ',', 1)",
            "b",
        ],
        |call| {
            call.text(0)?;
            call.text(1)?;
            call.whole(2)?;
            call.finish_nullable(text::split_index(), STRING)
        },
    ),
    function(
        "STARTSWITH",
        (2, 2),
        [
            "STARTSWITH(text, start)",
            "Whether a text starts with another.",
            "STARTSWITH('N14228', 'N1')",
            "true",
        ],
        |call| {
            texts(call)?;
            call.finish(text::tested(|text, part| text.starts_with(part)), BOOLEAN)
        },
    )
    .in_flink("STARTSWITH(text, start), since Flink 2.0"),
    function(
        "ENDSWITH",
        (2, 2),
        ["ENDSWITH(text, end)", "Whether a text ends with another.", "ENDSWITH('N14228', '9')", "false"],
        |call| {
            texts(call)?;
            call.finish(text::tested(|text, part| text.ends_with(part)), BOOLEAN)
        },
    )
    .in_flink("ENDSWITH(text, end), since Flink 2.0"),
    function(
        "REGEXP",
        (2, 2),
        [
            "REGEXP(text, pattern)",
            "Whether a regular expression is found in the text.",
            "REGEXP('N14228', '^N[0-9]+$')",
            "true",
        ],
        |call| {
            texts(call)?;
            let known = known_regex(call)?;
            call.finish(regex::is_match(known), BOOLEAN)
        },
    ),
    function(
        "REGEXP_EXTRACT",
        (2, 3),
        [
            "REGEXP_EXTRACT(text, pattern[, group])",
            "What a regular expression matches first, or one of its groups; NULL where \
             nothing matches.",
            "REGEXP_EXTRACT('flight 1545', '([a-z]+) ([0-9]+)', 2)",
            "1545",
        ],
        |call| {
            call.text(0)?;
            call.text(1)?;
            call.whole(2)?;
            let known = known_regex(call)?;
            call.finish_nullable(regex::extract(known), STRING)
        },
    ),
    function(
        "REGEXP_REPLACE",
        (3, 3),
        [
            "REGEXP_REPLACE(text, pattern, new)",
            "The text with every match of a regular expression replaced; `$1` stands for the \
             first group.",
            "REGEXP_REPLACE('2013-01-31', '(.+)-(.+)-(.+)', '$3.$2.$1')",
            "31.01.2013",
        ],
        |call| {
            texts(call)?;
            let known = known_regex(call)?;
            call.finish(regex::replace(known), STRING)
        },
    ),
];

/// Sees to it that all arguments are text.
fn texts(call: &mut Call) -> Bound<()> {
    (0..call.args.len()).try_for_each(|idx| call.text(idx))
}

fn written(call: &mut Call, f: fn(&str, &mut String)) -> Bound {
    call.text(0)?;
    call.finish(text::written(f), STRING)
}

fn ends(call: &mut Call, side: text::Side) -> Bound {
    texts(call)?;
    call.finish(text::trim(side), STRING)
}

fn trim(call: &mut Call) -> Bound {
    let side = match call.take_word(0).as_ref().map(|(word, _)| word.as_str()) {
        Some("LEADING") => text::Side::Leading,
        Some("TRAILING") => text::Side::Trailing,
        _ => text::Side::Both,
    };
    // In `TRIM(characters FROM text)` the text comes last.
    call.args.reverse();
    ends(call, side)
}

fn pad(call: &mut Call, left: bool) -> Bound {
    call.text(0)?;
    call.whole(1)?;
    call.text(2)?;
    call.finish_nullable(text::pad(left), STRING)
}

/// The regular expression of the second argument, if it is known before any row.
fn known_regex(call: &Call) -> Bound<Option<::regex::Regex>> {
    let Some(pattern) = call.known_text(1) else { return Ok(None) };
    let span = call.args[1].span;
    regex::compile(&pattern).map(Some).map_err(|message| {
        let unsupported = message.contains("look-around") || message.contains("backreference");
        let error = ExprError::new(span, message);
        if unsupported {
            error.suggest(
                "look-around and back-references are not supported, so that matching takes \
             linear time",
            )
        } else {
            error
        }
    })
}
