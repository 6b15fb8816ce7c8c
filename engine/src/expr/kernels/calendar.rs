//! Calendar arithmetic on milliseconds and days: fields, rounding, months, zones, and times as text. Pure functions of one value.

use chrono::{DateTime, MappedLocalTime, NaiveDateTime, Offset, TimeDelta, TimeZone};
use chrono_tz::Tz;

use crate::data::value::{civil_from_days, days_from_civil};

pub(in crate::expr) const DAY: i64 = 86_400_000;
const HOUR: i64 = 3_600_000;
const MINUTE: i64 = 60_000;
const SECOND: i64 = 1000;
/// Days beyond these cannot be told in milliseconds, so nothing that is computed from a timestamp leaves them.
const MAX_DAYS: i64 = i64::MAX / DAY;

/// A unit or field of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::expr) enum Unit {
    Millennium,
    Century,
    Decade,
    Year,
    Quarter,
    Month,
    Week,
    Day,
    Hour,
    Minute,
    Second,
    Millisecond,
    /// Day of the year.
    Doy,
    /// Day of the week, 1 for Sunday.
    Dow,
    /// Day of the week, 1 for Monday.
    IsoDow,
    /// The year that the ISO week belongs to.
    IsoYear,
    /// Seconds since 1970.
    Epoch,
}

impl Unit {
    /// The unit with this upper-case name.
    pub fn parse(name: &str) -> Option<Unit> {
        Some(match name {
            "MILLENNIUM" => Unit::Millennium,
            "CENTURY" => Unit::Century,
            "DECADE" => Unit::Decade,
            "YEAR" => Unit::Year,
            "QUARTER" => Unit::Quarter,
            "MONTH" => Unit::Month,
            "WEEK" => Unit::Week,
            "DAY" => Unit::Day,
            "HOUR" => Unit::Hour,
            "MINUTE" => Unit::Minute,
            "SECOND" => Unit::Second,
            "MILLISECOND" => Unit::Millisecond,
            "DOY" => Unit::Doy,
            "DOW" => Unit::Dow,
            "ISODOW" => Unit::IsoDow,
            "ISOYEAR" => Unit::IsoYear,
            "EPOCH" => Unit::Epoch,
            _ => return None,
        })
    }

    /// How many milliseconds it has, if it always has as many.
    pub fn millis(self) -> Option<i64> {
        Some(match self {
            Unit::Week => 7 * DAY,
            Unit::Day => DAY,
            Unit::Hour => HOUR,
            Unit::Minute => MINUTE,
            Unit::Second => SECOND,
            Unit::Millisecond => 1,
            _ => return None,
        })
    }

    /// How many months it has, if it is made of months.
    pub fn months(self) -> Option<i64> {
        Some(match self {
            Unit::Millennium => 12_000,
            Unit::Century => 1200,
            Unit::Decade => 120,
            Unit::Year => 12,
            Unit::Quarter => 3,
            Unit::Month => 1,
            _ => return None,
        })
    }

    /// Whether a field of it can be read from a time of day.
    pub fn is_of_time(self) -> bool {
        matches!(self, Unit::Hour | Unit::Minute | Unit::Second | Unit::Millisecond)
    }
}

/// The value of a field of a local time.
pub(in crate::expr) fn extract(unit: Unit, millis: i64) -> i64 {
    let (days, of_day) = (millis.div_euclid(DAY), millis.rem_euclid(DAY));
    match unit {
        Unit::Hour => return of_day / HOUR,
        Unit::Minute => return of_day / MINUTE % 60,
        Unit::Second => return of_day / SECOND % 60,
        Unit::Millisecond => return of_day % SECOND,
        Unit::Epoch => return millis.div_euclid(SECOND),
        Unit::Dow => return (days + 4).rem_euclid(7) + 1,
        Unit::IsoDow => return (days + 3).rem_euclid(7) + 1,
        _ => {}
    }
    let (year, month, day) = civil_from_days(days);
    match unit {
        Unit::Year => year,
        Unit::Quarter => i64::from(month.div_ceil(3)),
        Unit::Month => i64::from(month),
        Unit::Day => i64::from(day),
        Unit::Doy => days - days_from_civil(year, 1, 1) + 1,
        Unit::Week => iso_week(days).1,
        Unit::IsoYear => iso_week(days).0,
        Unit::Decade => year.div_euclid(10),
        // The first century and millennium begin with year 1; there is no year 0 in their count.
        Unit::Century => {
            if year > 0 {
                (year + 99) / 100
            } else {
                (year - 99) / 100
            }
        }
        Unit::Millennium => {
            if year > 0 {
                (year + 999) / 1000
            } else {
                (year - 999) / 1000
            }
        }
        _ => 0,
    }
}

/// The ISO year and week of a day: weeks start on Monday, and the first one of a year holds its first Thursday.
fn iso_week(days: i64) -> (i64, i64) {
    let thursday = days + 3 - (days + 3).rem_euclid(7);
    let (year, _, _) = civil_from_days(thursday);
    (year, (thursday - days_from_civil(year, 1, 1)) / 7 + 1)
}

/// The beginning of the unit that a local time lies in. Weeks start on Sunday here, as Flink's do.
pub(in crate::expr) fn floor(unit: Unit, millis: i64) -> Option<i64> {
    if let Some(size) = unit.millis().filter(|_| unit != Unit::Week) {
        return millis.checked_sub(millis.rem_euclid(size));
    }
    let days = millis.div_euclid(DAY);
    let days = if unit == Unit::Week {
        days - (days + 4).rem_euclid(7)
    } else {
        let (year, month, _) = civil_from_days(days);
        let months = unit.months()?;
        if months >= 12 {
            let years = months / 12;
            // Decades start with a year that ends in 0, centuries and millennia with one that ends in 1.
            let first = i64::from(years > 10);
            days_from_civil((year - first).div_euclid(years) * years + first, 1, 1)
        } else {
            let month = (i64::from(month) - 1) / months * months + 1;
            days_from_civil(year, month as u32, 1)
        }
    };
    days.checked_mul(DAY)
}

/// The first beginning of a unit that is not before a local time.
pub(in crate::expr) fn ceil(unit: Unit, millis: i64) -> Option<i64> {
    let start = floor(unit, millis)?;
    if start == millis {
        return Some(millis);
    }
    match unit.millis() {
        Some(size) => start.checked_add(size),
        None => add_months(start, unit.months()?),
    }
}

/// A local time some months later; a day that the month does not have becomes its last.
pub(in crate::expr) fn add_months(millis: i64, months: i64) -> Option<i64> {
    let (days, of_day) = (millis.div_euclid(DAY), millis.rem_euclid(DAY));
    let days = add_months_to_days(days, months)?;
    days.checked_mul(DAY)?.checked_add(of_day)
}

/// A day some months later.
pub(in crate::expr) fn add_months_to_days(days: i64, months: i64) -> Option<i64> {
    let (year, month, day) = civil_from_days(days);
    let total = year.checked_mul(12)?.checked_add(i64::from(month) - 1)?.checked_add(months)?;
    let (year, month) = (total.div_euclid(12), (total.rem_euclid(12) + 1) as u32);
    (year.abs() <= MAX_DAYS / 365).then(|| days_from_civil(year, month, day.min(days_in_month(year, month))))
}

fn days_in_month(year: i64, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.rem_euclid(4) == 0 && (year.rem_euclid(100) != 0 || year.rem_euclid(400) == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// How many whole months lie between two local times.
pub(in crate::expr) fn months_between(from: i64, to: i64) -> i64 {
    if to < from {
        return -months_between(to, from);
    }
    let (y1, m1, _) = civil_from_days(from.div_euclid(DAY));
    let (y2, m2, _) = civil_from_days(to.div_euclid(DAY));
    let months = (y2 - y1) * 12 + i64::from(m2) - i64::from(m1);
    // A month has passed only if going on by it does not lead beyond the end.
    if add_months(from, months).is_none_or(|moved| moved > to) { months - 1 } else { months }
}

/// The local time in a zone of an instant. `None` outside of the years that zones know.
pub(in crate::expr) fn to_local(zone: Tz, instant: i64) -> Option<i64> {
    if zone == Tz::UTC {
        return Some(instant);
    }
    let utc = DateTime::from_timestamp_millis(instant)?.naive_utc();
    instant.checked_add(i64::from(zone.offset_from_utc_datetime(&utc).fix().local_minus_utc()) * 1000)
}

/// The instant of a local time in a zone: the earlier one where clocks were set back, and as if they had not yet been set
/// forward where that time was skipped.
pub(in crate::expr) fn to_instant(zone: Tz, local: i64) -> Option<i64> {
    if zone == Tz::UTC {
        return Some(local);
    }
    let clock: NaiveDateTime = DateTime::from_timestamp_millis(local)?.naive_utc();
    let offset = match zone.offset_from_local_datetime(&clock) {
        MappedLocalTime::Single(offset) | MappedLocalTime::Ambiguous(offset, _) => offset,
        MappedLocalTime::None => {
            let before = clock.checked_sub_signed(TimeDelta::try_days(1)?)?;
            zone.offset_from_local_datetime(&before).earliest()?
        }
    };
    local.checked_sub(i64::from(offset.fix().local_minus_utc()) * 1000)
}

/// Reads `2013-01-31`, as days since the epoch.
pub(in crate::expr) fn parse_date(text: &str) -> Option<i32> {
    let (year, rest) = text.split_once('-')?;
    let (month, day) = rest.split_once('-')?;
    date(number(year, 4, 4)?, number(month, 1, 2)?, number(day, 1, 2)?)
}

fn date(year: i64, month: i64, day: i64) -> Option<i32> {
    let month = u32::try_from(month).ok().filter(|month| (1..=12).contains(month))?;
    let day = u32::try_from(day).ok().filter(|day| (1..=days_in_month(year, month)).contains(day))?;
    i32::try_from(days_from_civil(year, month, day)).ok()
}

fn number(text: &str, min: usize, max: usize) -> Option<i64> {
    let digits = (min..=max).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
}

/// Reads `10:05`, `10:05:30` or `10:05:30.25`, as milliseconds of the day; finer digits are dropped.
pub(in crate::expr) fn parse_time(text: &str) -> Option<i64> {
    let mut parts = text.split(':');
    let (hour, minute) = (number(parts.next()?, 1, 2)?, number(parts.next()?, 1, 2)?);
    let (second, millis) = match parts.next() {
        None => (0, 0),
        Some(part) => {
            let (second, fraction) = part.split_once('.').map_or((part, None), |(s, f)| (s, Some(f)));
            (number(second, 1, 2)?, fraction.map_or(Some(0), parse_fraction)?)
        }
    };
    (parts.next().is_none() && hour < 24 && minute < 60 && second < 60)
        .then_some(hour * HOUR + minute * MINUTE + second * SECOND + millis)
}

/// The milliseconds of the digits behind a point.
fn parse_fraction(text: &str) -> Option<i64> {
    if text.is_empty() || text.len() > 9 || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let scale = 3 - text.len().min(3) as u32;
    text[..text.len().min(3)].parse::<i64>().ok().map(|n| n * 10i64.pow(scale))
}

/// Reads a date, or a date and a time with a space or `T` between them, as milliseconds.
pub(in crate::expr) fn parse_timestamp(text: &str) -> Option<i64> {
    let (date, time) = match text.split_once([' ', 'T']) {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    let days = i64::from(parse_date(date)?);
    Some(days * DAY + time.map_or(Some(0), parse_time)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> i64 {
        parse_timestamp(text).expect(text)
    }

    #[test]
    fn fields_are_those_of_the_calendar() {
        let t = at("1994-09-27 13:14:15.678");
        for (unit, expected) in [
            (Unit::Year, 1994),
            (Unit::Quarter, 3),
            (Unit::Month, 9),
            (Unit::Week, 39),
            (Unit::Day, 27),
            (Unit::Doy, 270),
            (Unit::Dow, 3),
            (Unit::IsoDow, 2),
            (Unit::Hour, 13),
            (Unit::Minute, 14),
            (Unit::Second, 15),
            (Unit::Millisecond, 678),
            (Unit::Epoch, 780_671_655),
            (Unit::Decade, 199),
            (Unit::Century, 20),
            (Unit::Millennium, 2),
        ] {
            assert_eq!(extract(unit, t), expected, "{unit:?}");
        }
        assert_eq!(
            (extract(Unit::Week, at("2010-01-03")), extract(Unit::IsoYear, at("2010-01-03"))),
            (53, 2009)
        );
        assert_eq!(
            (extract(Unit::Century, at("2000-01-01")), extract(Unit::Century, at("2001-01-01"))),
            (20, 21)
        );
        assert_eq!(extract(Unit::Hour, -1), 23);
    }

    #[test]
    fn rounding_down_and_up_meets_at_the_boundary() {
        for (unit, down, up) in [
            (Unit::Minute, "2013-05-15 10:31:00", "2013-05-15 10:32:00"),
            (Unit::Day, "2013-05-15", "2013-05-16"),
            (Unit::Week, "2013-05-12", "2013-05-19"),
            (Unit::Month, "2013-05-01", "2013-06-01"),
            (Unit::Quarter, "2013-04-01", "2013-07-01"),
            (Unit::Year, "2013-01-01", "2014-01-01"),
            (Unit::Decade, "2010-01-01", "2020-01-01"),
            (Unit::Century, "2001-01-01", "2101-01-01"),
        ] {
            let t = at("2013-05-15 10:31:05.001");
            assert_eq!((floor(unit, t), ceil(unit, t)), (Some(at(down)), Some(at(up))), "{unit:?}");
            assert_eq!(
                (floor(unit, at(down)), ceil(unit, at(down))),
                (Some(at(down)), Some(at(down))),
                "{unit:?}"
            );
        }
        assert_eq!(floor(Unit::Year, i64::MIN), None);
        assert_eq!(ceil(Unit::Week, i64::MAX), None);
    }

    #[test]
    fn months_end_on_days_that_exist() {
        assert_eq!(add_months(at("2013-01-31 08:00:00"), 1), Some(at("2013-02-28 08:00:00")));
        assert_eq!(add_months(at("2012-02-29"), 12), Some(at("2013-02-28")));
        assert_eq!(add_months(at("2013-03-31"), -1), Some(at("2013-02-28")));
        assert_eq!(add_months(0, i64::MAX), None);
        assert_eq!(months_between(at("2013-01-31"), at("2013-02-28")), 1);
        assert_eq!(months_between(at("2013-01-15 12:00:00"), at("2013-02-15 11:59:59")), 0);
        assert_eq!(months_between(at("2013-02-15"), at("2012-12-16")), -1);
    }

    #[test]
    fn zones_know_skipped_and_repeated_hours() {
        let zone = Tz::America__New_York;
        assert_eq!(to_instant(zone, at("2013-01-01 00:00:00")), Some(at("2013-01-01 05:00:00")));
        assert_eq!(to_local(zone, at("2013-07-01 04:00:00")), Some(at("2013-07-01 00:00:00")));
        // 02:30 was skipped on 10 March; counted on from before, it is 03:30 summer time.
        assert_eq!(to_instant(zone, at("2013-03-10 02:30:00")), Some(at("2013-03-10 07:30:00")));
        // 01:30 came twice on 3 November; the first of them counts.
        assert_eq!(to_instant(zone, at("2013-11-03 01:30:00")), Some(at("2013-11-03 05:30:00")));
        assert_eq!(to_local(zone, i64::MAX), None);
    }

    #[test]
    fn times_that_do_not_exist_are_not_read() {
        for text in [
            "2013-02-29",
            "2013-13-01",
            "2013-1-1 24:00:00",
            "13-01-01",
            "2013-01-01 10:00:00.",
            "2013-01-01T",
            "x",
        ] {
            assert_eq!(parse_timestamp(text), None, "{text}");
        }
        assert_eq!(at("2013-1-1T1:02"), at("2013-01-01 01:02:00.000"));
        assert_eq!(at("2013-01-01 00:00:00.123456789"), at("2013-01-01 00:00:00.123"));
    }
}
