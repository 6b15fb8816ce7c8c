//! Functions of dates and times.

use std::sync::Arc;

use chrono_tz::Tz;

use super::calendar::{self, DAY, Unit};
use super::{Reason, map, rows, text_rows, try_map, try_map2};
use crate::data::DataType;
use crate::expr::eval::Kernel;
use crate::expr::parse::shorten;
use crate::expr::pattern::Pattern;
use crate::expr::vector::{TextLane, Vector};

const NANOS_PER_MILLI: i64 = 1_000_000;
pub(in crate::expr) const OUT_OF_RANGE: Reason = Reason::Borrowed("a time outside of the calendar's range");

/// A field of a DATE, TIME or local timestamp, as a BIGINT.
pub(in crate::expr) fn extract(unit: Unit, of: &DataType) -> Kernel {
    match of {
        DataType::Date => {
            Arc::new(move |args, _| map(&args[0], |days: i32| calendar::extract(unit, i64::from(days) * DAY)))
        }
        DataType::Time => Arc::new(move |args, _| {
            map(&args[0], |nanos: i64| calendar::extract(unit, nanos / NANOS_PER_MILLI))
        }),
        _ => Arc::new(move |args, _| map(&args[0], |millis: i64| calendar::extract(unit, millis))),
    }
}

/// The beginning (`up`: the next beginning) of the unit that a time lies in, in the argument's type.
pub(in crate::expr) fn round(unit: Unit, of: &DataType, up: bool) -> Kernel {
    let f = move |millis| if up { calendar::ceil(unit, millis) } else { calendar::floor(unit, millis) };
    match of {
        DataType::Date => Arc::new(move |args, run| {
            let f = |days: i32| i32::try_from(f(i64::from(days) * DAY)?.div_euclid(DAY)).ok();
            try_map(&args[0], run, f, |_| OUT_OF_RANGE)
        }),
        DataType::Time => Arc::new(move |args, run| {
            // A time rounded up to the end of the day is its beginning again.
            let f = |nanos: i64| Some(f(nanos / NANOS_PER_MILLI)?.rem_euclid(DAY) * NANOS_PER_MILLI);
            try_map(&args[0], run, f, |_| OUT_OF_RANGE)
        }),
        _ => Arc::new(move |args, run| try_map(&args[0], run, f, |_| OUT_OF_RANGE)),
    }
}

/// Adds (`sign` 1) or takes away (`sign` −1) months or milliseconds, times a BIGINT: the second argument.
pub(in crate::expr) fn shift(of: &DataType, months: bool, sign: i64) -> Kernel {
    let amount = move |n: i64| n.checked_mul(sign);
    match (of, months) {
        (DataType::Date, true) => Arc::new(move |args, run| {
            let f = |days: i32, n: i64| {
                i32::try_from(calendar::add_months_to_days(days.into(), amount(n)?)?).ok()
            };
            try_map2(&args[0], &args[1], run, f, |_, _| OUT_OF_RANGE)
        }),
        (DataType::Date, false) => Arc::new(move |args, run| {
            let f = |days: i32, n: i64| {
                i32::try_from(i64::from(days).checked_add(amount(n)?.div_euclid(DAY))?).ok()
            };
            try_map2(&args[0], &args[1], run, f, |_, _| OUT_OF_RANGE)
        }),
        (DataType::Time, _) => Arc::new(move |args, run| {
            // A clock time goes on at midnight with the next day's.
            let f = |nanos: i64, n: i64| {
                let millis = (nanos / NANOS_PER_MILLI).checked_add(amount(n)?)?;
                Some(millis.rem_euclid(DAY) * NANOS_PER_MILLI)
            };
            try_map2(&args[0], &args[1], run, f, |_, _| OUT_OF_RANGE)
        }),
        (_, true) => Arc::new(move |args, run| {
            try_map2(
                &args[0],
                &args[1],
                run,
                |t: i64, n: i64| calendar::add_months(t, amount(n)?),
                |_, _| OUT_OF_RANGE,
            )
        }),
        (_, false) => Arc::new(move |args, run| {
            try_map2(&args[0], &args[1], run, |t: i64, n: i64| t.checked_add(amount(n)?), |_, _| OUT_OF_RANGE)
        }),
    }
}

/// How many whole units lie between two timestamps, as an INT.
pub(in crate::expr) fn difference(unit: Unit) -> Kernel {
    Arc::new(move |args, run| {
        let f = |from: i64, to: i64| {
            let n = match unit.months() {
                Some(size) => calendar::months_between(from, to) / size,
                None => to.checked_sub(from)? / unit.millis()?,
            };
            i32::try_from(n).ok()
        };
        try_map2(&args[0], &args[1], run, f, |_, _| Reason::Borrowed("overflow of INT"))
    })
}

/// A format for each row: known before, or read whenever it differs from that of the row before.
struct Formats<'a> {
    known: Option<&'a Pattern>,
    texts: Option<TextLane<'a>>,
    last: Option<(&'a str, Result<Pattern, String>)>,
}

impl<'a> Formats<'a> {
    fn new(known: Option<&'a Pattern>, arg: Option<&'a Vector>) -> Formats<'a> {
        Formats { known, texts: arg.filter(|_| known.is_none()).map(Vector::text), last: None }
    }

    fn at(&mut self, row: usize) -> Result<Option<&Pattern>, Reason> {
        if let Some(known) = self.known {
            return Ok(Some(known));
        }
        let Some(texts) = self.texts else { return Ok(None) };
        let text = texts.at(row);
        if self.last.as_ref().is_none_or(|(known, _)| *known != text) {
            self.last = Some((text, Pattern::parse(text)));
        }
        match &self.last {
            Some((_, Ok(pattern))) => Ok(Some(pattern)),
            Some((_, Err(message))) => Err(Reason::Owned(message.clone())),
            None => Ok(None),
        }
    }
}

fn no_time(text: &str) -> Reason {
    Reason::Owned(format!("'{}' is not a time of the expected form", shorten(text)))
}

/// Reads local times, in milliseconds, from text: by the format of the second argument, or in the standard form if there is none.
/// `f` makes the result of a local time.
pub(in crate::expr) fn parse(
    known: Option<Pattern>,
    f: impl Fn(i64) -> Option<i64> + Send + Sync + 'static,
) -> Kernel {
    Arc::new(move |args, run| {
        let texts = args[0].text();
        let all: Vec<&Vector> = args.iter().collect();
        let mut formats = Formats::new(known.as_ref(), args.get(1));
        rows(&all, run, |row| {
            let text = texts.at(row);
            let local = match formats.at(row)? {
                Some(pattern) => pattern.read(text),
                None => calendar::parse_timestamp(text.trim()),
            };
            f(local.ok_or_else(|| no_time(text))?).map(Some).ok_or(OUT_OF_RANGE)
        })
    })
}

/// Reads dates from text.
pub(in crate::expr) fn parse_date(known: Option<Pattern>) -> Kernel {
    Arc::new(move |args, run| {
        let texts = args[0].text();
        let all: Vec<&Vector> = args.iter().collect();
        let mut formats = Formats::new(known.as_ref(), args.get(1));
        rows(&all, run, |row| {
            let text = texts.at(row);
            let days = match formats.at(row)? {
                Some(pattern) => {
                    pattern.read(text).and_then(|millis| i32::try_from(millis.div_euclid(DAY)).ok())
                }
                None => calendar::parse_date(text.trim()),
            };
            days.map(Some).ok_or_else(|| no_time(text))
        })
    })
}

/// Writes times by the format of the second argument, or as `yyyy-MM-dd HH:mm:ss` if there is none; `f` makes local milliseconds of a value.
pub(in crate::expr) fn format(
    known: Option<Pattern>,
    f: impl Fn(i64) -> Option<i64> + Send + Sync + 'static,
) -> Kernel {
    Arc::new(move |args, run| {
        let times = args[0].lane::<i64>();
        let all: Vec<&Vector> = args.iter().collect();
        let mut formats = Formats::new(known.as_ref(), args.get(1));
        text_rows(&all, run, |row, out| {
            let local = f(times.at(row)).ok_or(OUT_OF_RANGE)?;
            match formats.at(row)? {
                Some(pattern) => pattern.write(local, out),
                None => super::format::write_seconds(local, out),
            }
            Ok(true)
        })
    })
}

/// An instant from seconds (`factor` 1000) or milliseconds (`factor` 1).
pub(in crate::expr) fn instant(factor: i64) -> Kernel {
    Arc::new(move |args, run| try_map(&args[0], run, |n: i64| n.checked_mul(factor), |_| OUT_OF_RANGE))
}

/// `CONVERT_TZ`: a local time as text, taken in one zone and written in another.
pub(in crate::expr) fn convert_zone(from: Option<Tz>, to: Option<Tz>) -> Kernel {
    fn zone(known: Option<Tz>, texts: TextLane<'_>, row: usize) -> Result<Tz, Reason> {
        let text = texts.at(row);
        known
            .map_or_else(|| text.parse(), Ok)
            .map_err(|_| Reason::Owned(format!("there is no time zone '{}'", shorten(text))))
    }
    Arc::new(move |args, run| {
        let (texts, froms, tos) = (args[0].text(), args[1].text(), args[2].text());
        text_rows(&[&args[0], &args[1], &args[2]], run, |row, out| {
            let text = texts.at(row);
            let local = calendar::parse_timestamp(text.trim()).ok_or_else(|| no_time(text))?;
            let instant = calendar::to_instant(zone(from, froms, row)?, local).ok_or(OUT_OF_RANGE)?;
            let local = calendar::to_local(zone(to, tos, row)?, instant).ok_or(OUT_OF_RANGE)?;
            super::format::write_seconds(local, out);
            Ok(true)
        })
    })
}
