//! Functions of dates and times.

use super::{Call, FunctionCategory, FunctionInfo};
use crate::data::{DataType, most_similar};
use crate::expr::compile::{BIGINT, Bound, STRING, is_time, type_error};
use crate::expr::kernels::arith::{self, Arith};
use crate::expr::kernels::calendar::{self, Unit};
use crate::expr::kernels::time;
use crate::expr::parse::UNITS;
use crate::expr::pattern::Pattern;
use crate::expr::typing::Ty;
use crate::expr::vector::Vector;
use crate::expr::{ExprError, Span};

const TIMESTAMP: Ty = Ty::Of(DataType::Timestamp);
const TIMESTAMP_LTZ: Ty = Ty::Of(DataType::TimestampLtz);

const fn function(
    name: &'static str,
    arity: (usize, usize),
    text: [&'static str; 4],
    bind: fn(&mut Call) -> Bound,
) -> FunctionInfo {
    FunctionInfo::new(name, FunctionCategory::Time, arity, text, bind)
}

pub(super) const TIME: &[FunctionInfo] = &[
    function(
        "EXTRACT",
        (2, 2),
        [
            "EXTRACT(unit FROM time)",
            "A field of a date or time: YEAR, QUARTER, MONTH, WEEK, DAY, HOUR, MINUTE, \
             SECOND, MILLISECOND, DOY, DOW, ISODOW, ISOYEAR, EPOCH, DECADE, CENTURY or \
             MILLENNIUM.",
            "EXTRACT(HOUR FROM TIMESTAMP '2013-01-01 10:31:05')",
            "10",
        ],
        |call| {
            let unit = take_unit(call, 0)?;
            extract(call, unit)
        },
    ),
    function("YEAR", (1, 1), ["YEAR(date)", "The year.", "YEAR(DATE '1994-09-27')", "1994"], |call| {
        extract(call, Unit::Year)
    }),
    function(
        "QUARTER",
        (1, 1),
        ["QUARTER(date)", "The quarter of the year, 1 to 4.", "QUARTER(DATE '1994-09-27')", "3"],
        |call| extract(call, Unit::Quarter),
    ),
    function(
        "MONTH",
        (1, 1),
        ["MONTH(date)", "The month, 1 to 12.", "MONTH(DATE '1994-09-27')", "9"],
        |call| extract(call, Unit::Month),
    ),
    function(
        "WEEK",
        (1, 1),
        ["WEEK(date)", "The ISO week of the year, 1 to 53.", "WEEK(DATE '1994-09-27')", "39"],
        |call| extract(call, Unit::Week),
    ),
    function(
        "DAYOFYEAR",
        (1, 1),
        ["DAYOFYEAR(date)", "The day of the year, 1 to 366.", "DAYOFYEAR(DATE '1994-09-27')", "270"],
        |call| extract(call, Unit::Doy),
    ),
    function(
        "DAYOFMONTH",
        (1, 1),
        ["DAYOFMONTH(date)", "The day of the month, 1 to 31.", "DAYOFMONTH(DATE '1994-09-27')", "27"],
        |call| extract(call, Unit::Day),
    ),
    function(
        "DAYOFWEEK",
        (1, 1),
        [
            "DAYOFWEEK(date)",
            "The day of the week, 1 for Sunday to 7 for Saturday.",
            "DAYOFWEEK(DATE '1994-09-27')",
            "3",
        ],
        |call| extract(call, Unit::Dow),
    ),
    function(
        "HOUR",
        (1, 1),
        ["HOUR(time)", "The hour, 0 to 23.", "HOUR(TIMESTAMP '1994-09-27 13:14:15')", "13"],
        |call| extract(call, Unit::Hour),
    ),
    function(
        "MINUTE",
        (1, 1),
        ["MINUTE(time)", "The minute, 0 to 59.", "MINUTE(TIMESTAMP '1994-09-27 13:14:15')", "14"],
        |call| extract(call, Unit::Minute),
    ),
    function(
        "SECOND",
        (1, 1),
        ["SECOND(time)", "The second, 0 to 59.", "SECOND(TIME '13:14:15')", "15"],
        |call| extract(call, Unit::Second),
    ),
    function(
        "TIMESTAMPADD",
        (3, 3),
        [
            "TIMESTAMPADD(unit, n, time)",
            "A time moved on by a number of units.",
            "TIMESTAMPADD(MONTH, 1, DATE '2013-01-31')",
            "2013-02-28",
        ],
        add,
    ),
    function(
        "TIMESTAMPDIFF",
        (3, 3),
        [
            "TIMESTAMPDIFF(unit, from, to)",
            "How many whole units lie between two times.",
            "TIMESTAMPDIFF(MINUTE, TIMESTAMP '2013-01-01 10:00:00', TIMESTAMP '2013-01-01 \
             11:30:59')",
            "90",
        ],
        difference,
    ),
    function(
        "TO_TIMESTAMP",
        (1, 2),
        [
            "TO_TIMESTAMP(text[, format])",
            "The time that a text tells, by a format such as `yyyy-MM-dd HH:mm:ss`. The row \
             is faulty if it tells none.",
            "TO_TIMESTAMP('31.01.2013 18:30', 'dd.MM.yyyy HH:mm')",
            "2013-01-31 18:30:00.000",
        ],
        |call| {
            let known = text_and_format(call)?;
            call.finish(time::parse(known, Some), TIMESTAMP)
        },
    ),
    function(
        "TO_TIMESTAMP_LTZ",
        (1, 2),
        [
            "TO_TIMESTAMP_LTZ(n[, precision])",
            "The instant so many seconds (precision 0) or milliseconds (precision 3, the \
             default) after 1970.",
            "TO_TIMESTAMP_LTZ(1357034400, 0)",
            "2013-01-01 10:00:00.000",
        ],
        to_instant,
    )
    .in_flink("TO_TIMESTAMP_LTZ(n, precision)"),
    function(
        "TO_DATE",
        (1, 2),
        [
            "TO_DATE(text[, format])",
            "The date that a text tells. The row is faulty if it tells none.",
            "TO_DATE('20130131', 'yyyyMMdd')",
            "2013-01-31",
        ],
        |call| {
            let known = text_and_format(call)?;
            call.finish(time::parse_date(known), Ty::Of(DataType::Date))
        },
    ),
    function(
        "DATE_FORMAT",
        (2, 2),
        [
            "DATE_FORMAT(time, format)",
            "A time as text, by a format of the letters y, M, d, E, H, h, m, s, S and a.",
            "DATE_FORMAT(TIMESTAMP '2013-01-31 18:30:00', 'd MMM yyyy, HH:mm')",
            "31 Jan 2013, 18:30",
        ],
        |call| {
            call.timestamp(0)?;
            call.text(1)?;
            let known = known_format(call, 1)?;
            call.finish(time::format(known, Some), STRING)
        },
    ),
    function(
        "UNIX_TIMESTAMP",
        (1, 2),
        [
            "UNIX_TIMESTAMP(text[, format])",
            "The seconds since 1970 of a time in the session zone, told by text.",
            "UNIX_TIMESTAMP('2013-01-01 10:00:00')",
            "1357034400",
        ],
        |call| {
            let known = text_and_format(call)?;
            let zone = call.binder.cx.session_zone;
            call.finish(
                time::parse(known, move |local| Some(calendar::to_instant(zone, local)?.div_euclid(1000))),
                BIGINT,
            )
        },
    ),
    function(
        "FROM_UNIXTIME",
        (1, 2),
        [
            "FROM_UNIXTIME(n[, format])",
            "The time in the session zone, as text, so many seconds after 1970.",
            "FROM_UNIXTIME(1357034400)",
            "2013-01-01 10:00:00",
        ],
        |call| {
            call.whole(0)?;
            if call.args.len() > 1 {
                call.text(1)?;
            }
            let known = known_format(call, 1)?;
            let zone = call.binder.cx.session_zone;
            call.finish(time::format(known, move |n| calendar::to_local(zone, n.checked_mul(1000)?)), STRING)
        },
    ),
    function(
        "CONVERT_TZ",
        (3, 3),
        [
            "CONVERT_TZ(text, from, to)",
            "A time told by text in one time zone, as text in another.",
            "CONVERT_TZ('2013-07-01 00:00:00', 'UTC', 'America/New_York')",
            "2013-06-30 20:00:00",
        ],
        |call| {
            (0..3).try_for_each(|idx| call.text(idx))?;
            let (from, to) = (known_zone(call, 1)?, known_zone(call, 2)?);
            call.finish(time::convert_zone(from, to), STRING)
        },
    ),
];

/// Takes the unit away that stands among the arguments.
fn take_unit(call: &mut Call, idx: usize) -> Bound<Unit> {
    match call.take_word(idx) {
        Some((word, span)) => parse_unit(&word, span),
        None => Err(call.expected(idx, "a unit such as HOUR")),
    }
}

fn parse_unit(word: &str, span: Span) -> Bound<Unit> {
    Unit::parse(word).or_else(|| Unit::parse(word.strip_suffix('S')?)).ok_or_else(|| {
        let error = ExprError::new(span, format!("`{word}` is not a unit of time"));
        match most_similar(word, UNITS.into_iter()) {
            Some(similar) => error.suggest(format!("did you mean {similar}?")),
            None => error.suggest("the units are YEAR, QUARTER, MONTH, WEEK, DAY, HOUR, MINUTE and SECOND"),
        }
    })
}

fn extract(call: &mut Call, unit: Unit) -> Bound {
    let data_type = call.local_time(0)?;
    if data_type == DataType::Time && !unit.is_of_time() {
        return Err(call.expected(0, "a date or timestamp for this unit"));
    }
    if unit == Unit::Epoch && data_type == DataType::Timestamp {
        // A clock time has no epoch of its own; Flink counts it as if it were UTC.
        return call.finish(time::extract(unit, &data_type), BIGINT);
    }
    call.finish(time::extract(unit, &data_type), BIGINT)
}

/// `FLOOR(time TO unit)` and `CEIL(time TO unit)`.
pub(super) fn rounded(call: &mut Call, word: &str, span: Span, up: bool) -> Bound {
    let unit = parse_unit(word, span)?;
    if unit.millis().is_none() && unit.months().is_none() {
        return Err(type_error(span, format!("a time cannot be rounded to {word}"))
            .suggest("the units are YEAR, QUARTER, MONTH, WEEK, DAY, HOUR, MINUTE and SECOND"));
    }
    let instant = call.args[0].ty == TIMESTAMP_LTZ;
    let data_type = call.local_time(0)?;
    if data_type == DataType::Time && !unit.is_of_time() {
        return Err(call.expected(0, "a date or timestamp for this unit"));
    }
    if data_type == DataType::Date && unit.is_of_time() {
        // A date is the beginning of its hour already.
        return Ok(call.args.remove(0));
    }
    let node = super::math::round_time(call, unit, &data_type, up)?;
    if instant { call.binder.coerce(node, &TIMESTAMP_LTZ) } else { Ok(node) }
}

fn add(call: &mut Call) -> Bound {
    let unit = take_unit(call, 0)?;
    call.whole(0)?;
    if !is_time(&call.args[1].ty) && call.args[1].ty != Ty::Null {
        return Err(call.expected(1, "a time"));
    }
    if call.args[1].ty == Ty::Null {
        call.coerce(1, &TIMESTAMP)?;
    }
    let (months, size) = match (unit.months(), unit.millis()) {
        (Some(size), _) => (true, size),
        (None, Some(size)) => (false, size),
        (None, None) => return Err(ExprError::new(call.span, "this unit cannot be added")),
    };
    if months && call.args[1].ty == Ty::Of(DataType::Time) {
        return Err(call.expected(1, "a date or timestamp for this unit"));
    }
    let (Some(of), Some(n)) = (call.args.pop(), call.args.pop()) else {
        return Err(call.expected(0, "a number and a time"));
    };
    let size = crate::expr::eval::Node::constant(Vector::numbers(vec![size], None, true), BIGINT, n.span);
    let of = match of.ty {
        // A date moved by hours is no date any more, whatever their number.
        Ty::Of(DataType::Date) if unit.is_of_time() => call.binder.coerce(of, &TIMESTAMP)?,
        _ => of,
    };
    let Some(kernel) = arith::binary(Arith::Mul, &DataType::BigInt) else {
        return Err(ExprError::new(call.span, "this unit cannot be added"));
    };
    let amount = call.binder.strict(kernel, vec![n, size], BIGINT, call.span)?;
    call.binder.shift(of, amount, months, 1, call.span)
}

fn difference(call: &mut Call) -> Bound {
    let unit = take_unit(call, 0)?;
    if unit.millis().is_none() && unit.months().is_none() {
        return Err(ExprError::new(call.span, "times do not lie apart by this unit"));
    }
    // Between two instants, hours are hours, whatever the clocks did; months are those of the calendar in the session zone.
    let instants = call.args.iter().all(|node| node.ty == TIMESTAMP_LTZ) && unit.millis().is_some();
    if !instants {
        call.timestamp(0)?;
        call.timestamp(1)?;
    }
    call.finish(time::difference(unit), Ty::Of(DataType::Int))
}

fn to_instant(call: &mut Call) -> Bound {
    call.whole(0)?;
    let factor = match call.args.get(1) {
        None => 1,
        Some(node) => match node.as_constant().map(|vector| vector.constant_value(&node.ty)) {
            Some(crate::data::Value::Int(0)) => 1000,
            Some(crate::data::Value::Int(3)) => 1,
            _ => {
                return Err(ExprError::new(
                    node.span,
                    "the precision is 0 for seconds or 3 for milliseconds",
                )
                .suggest("write TO_TIMESTAMP_LTZ(n, 0) or TO_TIMESTAMP_LTZ(n, 3)"));
            }
        },
    };
    call.args.truncate(1);
    call.finish(time::instant(factor), TIMESTAMP_LTZ)
}

fn text_and_format(call: &mut Call) -> Bound<Option<Pattern>> {
    call.text(0)?;
    if call.args.len() > 1 {
        call.text(1)?;
    }
    known_format(call, 1)
}

/// The format of an argument, if it is known before any row.
fn known_format(call: &Call, idx: usize) -> Bound<Option<Pattern>> {
    let Some(text) = call.known_text(idx) else { return Ok(None) };
    let span = call.args[idx].span;
    Pattern::parse(&text)
        .map(Some)
        .map_err(|message| ExprError::new(span, message).suggest("write it like 'yyyy-MM-dd HH:mm:ss'"))
}

fn known_zone(call: &Call, idx: usize) -> Bound<Option<chrono_tz::Tz>> {
    let Some(text) = call.known_text(idx) else { return Ok(None) };
    let span = call.args[idx].span;
    text.parse().map(Some).map_err(|_| {
        let error =
            ExprError::new(span, format!("there is no time zone '{}'", crate::expr::parse::shorten(&text)));
        match most_similar(&text, chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name())) {
            Some(similar) => error.suggest(format!("did you mean '{similar}'?")),
            None => error.suggest("write an IANA name such as 'America/New_York'"),
        }
    })
}
