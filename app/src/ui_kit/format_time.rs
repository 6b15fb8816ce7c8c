//! Times for people: durations, lags and instants, shown and typed.
//!
//! Durations are whole milliseconds. Instants are milliseconds since 1970 in UTC, shown in the proleptic
//! Gregorian calendar, so a file of any year can be read.

use super::format::{MINUS, THIN, count, joined};

const SECOND: u64 = 1000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// A duration in its two largest units: `250 ms`, `4.2 s`, `5 min`, `1 h 30 min`, `2 d 4 h`.
///
/// Below a minute it is rounded to three digits, above to the smaller of its two units.
pub fn duration(millis: u64) -> String {
    let two = |large: u64, large_unit: &str, small: u64, small_unit: &str| {
        let n_small = (millis + small / 2) / small;
        let (whole, rest) = (n_small / (large / small), n_small % (large / small));
        if rest == 0 {
            joined(&whole.to_string(), large_unit)
        } else {
            format!("{} {}", joined(&whole.to_string(), large_unit), joined(&rest.to_string(), small_unit))
        }
    };
    match millis {
        0 => joined("0", "s"),
        1..SECOND => joined(&millis.to_string(), "ms"),
        // What would be rounded to 60 s is a minute.
        SECOND..59_950 => seconds(millis),
        59_950..HOUR => two(MINUTE, "min", SECOND, "s"),
        HOUR..DAY => two(HOUR, "h", MINUTE, "min"),
        _ => two(DAY, "d", HOUR, "h"),
    }
}

/// How far behind something is, with its sign: `−4.2 s`, `+250 ms`, `0 s`.
pub fn lag(millis: i64) -> String {
    let size = duration(millis.unsigned_abs());
    match millis.signum() {
        1 => format!("+{size}"),
        -1 => format!("{MINUS}{size}"),
        _ => size,
    }
}

/// The same in one unit, where room is short: `−4.2 s`, `+31 min`, `−1.9 h`.
pub fn short_lag(millis: i64) -> String {
    let size = millis.unsigned_abs();
    let part = |unit: u64, name: &str| {
        let value = size as f64 / unit as f64;
        let number = if value < 9.95 && !size.is_multiple_of(unit) {
            format!("{value:.1}")
        } else {
            format!("{value:.0}")
        };
        format!("{}{}", if millis < 0 { MINUS } else { '+' }, joined(&number, name))
    };
    match size {
        HOUR.. if size >= DAY => part(DAY, "d"),
        HOUR.. => part(HOUR, "h"),
        59_950.. => part(MINUTE, "min"),
        _ => lag(millis),
    }
}

/// An instant in full: `2013-01-01 10:00:00.000`.
pub fn timestamp(epoch_millis: i64) -> String {
    format!("{} {}", date(epoch_millis), clock(epoch_millis))
}

/// An instant where room is short: date and time without milliseconds, `2013-01-01 10:00:00`.
pub fn short_timestamp(epoch_millis: i64) -> String {
    let clock = clock(epoch_millis);
    format!("{} {}", date(epoch_millis), clock.split('.').next().unwrap_or(&clock))
}

/// The time of day of an instant: `10:00:00.000`.
pub fn clock(epoch_millis: i64) -> String {
    let millis = epoch_millis.rem_euclid(DAY as i64) as u64;
    let (hours, minutes) = (millis / HOUR, millis % HOUR / MINUTE);
    format!("{hours:02}:{minutes:02}:{:02}.{:03}", millis % MINUTE / SECOND, millis % SECOND)
}

/// The day of an instant: `2013-01-01`.
pub fn date(epoch_millis: i64) -> String {
    let (year, month, day) = civil_from_days(epoch_millis.div_euclid(DAY as i64));
    if year < 0 {
        format!("{MINUS}{:04}-{month:02}-{day:02}", -year)
    } else {
        format!("{year:04}-{month:02}-{day:02}")
    }
}

/// Why typed text is not a duration or an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TimeTextError {
    /// Nothing was typed.
    #[error("nothing was typed")]
    Empty,
    /// A number stands without a unit, or a unit without a number.
    #[error("a number and a unit belong together, such as 5 min")]
    Unit,
    /// The unit is not known.
    #[error("the unit is none of ms, s, min, h, d")]
    UnknownUnit,
    /// The instant is not written as a date and time.
    #[error("not a date and time, such as 2013-01-01 10:00")]
    Instant,
    /// The value does not fit into 64 bits of milliseconds.
    #[error("too long")]
    TooLarge,
}

/// The same duration in each unit in which it is a short number, the smallest first: `300,000 ms`, `300 s`, `5 min`.
pub fn conversions(millis: u64) -> Vec<String> {
    let units = [(1, "ms"), (SECOND, "s"), (MINUTE, "min"), (HOUR, "h"), (DAY, "d")];
    let in_unit = |(unit, name): &(u64, &str)| {
        // Three decimals are as many as a person reads.
        let thousandths = u128::from(millis) * 1000;
        let is_short = thousandths.is_multiple_of(u128::from(*unit));
        let thousandths = u64::try_from(thousandths / u128::from(*unit)).ok().filter(|_| is_short)?;
        let fraction = format!("{:03}", thousandths % 1000);
        let fraction = fraction.trim_end_matches('0');
        let point = if fraction.is_empty() { "" } else { "." };
        Some(joined(&format!("{}{point}{fraction}", count(thousandths / 1000)), name))
    };
    units.iter().filter_map(in_unit).collect()
}

/// A duration as ISO 8601 writes it: `PT5M`, `P1DT2H`, `PT0.25S`.
pub fn iso_duration(millis: u64) -> String {
    let (days, rest) = (millis / DAY, millis % DAY);
    let mut text = "P".to_owned();
    let add = |text: &mut String, n: u64, unit: char| {
        if n > 0 {
            text.push_str(&format!("{n}{unit}"));
        }
    };
    add(&mut text, days, 'D');
    if rest > 0 || days == 0 {
        text.push('T');
    }
    add(&mut text, rest / HOUR, 'H');
    add(&mut text, rest % HOUR / MINUTE, 'M');
    let millis = rest % MINUTE;
    if !millis.is_multiple_of(SECOND) {
        let fraction = format!("{:03}", millis % SECOND);
        text.push_str(&format!("{}.{}S", millis / SECOND, fraction.trim_end_matches('0')));
    } else if millis > 0 || (rest == 0 && days == 0) {
        text.push_str(&format!("{}S", millis / SECOND));
    }
    text
}

/// A duration that is a step longer or shorter, never below zero. The step suits the smallest unit that it is shown in: 5 min
/// becomes 6 min, 30 min becomes 35 min, and 1 h becomes 55 min when it is made shorter.
pub fn stepped(millis: u64, longer: bool) -> u64 {
    // Of each unit the steps, and from which number of it on each is taken.
    const UNITS: [(u64, &[(u64, u64)]); 5] = [
        (DAY, &[(0, 1)]),
        (HOUR, &[(0, 1)]),
        (MINUTE, &[(0, 1), (10, 5)]),
        (SECOND, &[(0, 1), (10, 5)]),
        (1, &[(0, 1), (10, 10), (100, 50)]),
    ];
    // What is made shorter is already in the range below: 10 min becomes 9 min, and 1 h is 60 min.
    let at = if longer { millis } else { millis.saturating_sub(1) };
    let is_of = |unit: u64| millis.is_multiple_of(unit) && at >= unit;
    let (unit, steps) = UNITS
        .into_iter()
        .find(|(unit, _)| is_of(*unit))
        .unwrap_or(if longer && millis == 0 { UNITS[3] } else { UNITS[4] });
    let last = UNITS.iter().position(|(of, _)| *of == unit).and_then(|idx| UNITS.get(idx.checked_sub(1)?));
    let n = at / unit % last.map_or(u64::MAX, |(larger, _)| larger / unit);
    let step = steps.iter().rev().find(|(from, _)| n >= *from).map_or(1, |(_, step)| *step) * unit;
    if longer { (millis / step + 1).saturating_mul(step) } else { millis.saturating_sub(1) / step * step }
}

/// A duration a person typed, in milliseconds: `5 min`, `1h30m`, `250ms`, `1.5 s`, `1 day`, `1 h 30 min`, `PT5M`.
///
/// Units are ms, s, min (or m), h, d and w with their usual long forms; case does not matter. `0` needs no unit.
///
/// # Errors
///
/// [`TimeTextError`] if the text is empty, has a number without a unit, a unit that is not known, or does not fit.
pub fn parse_duration(text: &str) -> Result<u64, TimeTextError> {
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err(TimeTextError::Empty);
    }
    if rest == "0" {
        return Ok(0);
    }
    if let Some(iso) = rest.strip_prefix(['P', 'p']) {
        return parse_iso_duration(iso);
    }
    let mut total = 0_u64;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (number, after) = rest.split_at(digits);
        let after = after.trim_start_matches(is_space);
        let letters = after.find(|c: char| !c.is_alphabetic()).unwrap_or(after.len());
        let (unit, after) = after.split_at(letters);
        total = total.checked_add(part(number, unit)?).ok_or(TimeTextError::TooLarge)?;
        rest = after.trim_start_matches(is_space);
    }
    Ok(total)
}

/// An instant a person typed, in milliseconds since 1970: `2013-01-01`, `2013-01-01 10:00`, `2013-01-01T10:00:00.250Z`,
/// or only a time of day such as `12:05`, which is taken on the day of `near_epoch_millis`.
///
/// # Errors
///
/// [`TimeTextError`] if the text is empty or not written in one of these forms, or does not fit.
pub fn parse_timestamp(text: &str, near_epoch_millis: i64) -> Result<i64, TimeTextError> {
    let text = text.trim().trim_end_matches(['Z', 'z']);
    if text.is_empty() {
        return Err(TimeTextError::Empty);
    }
    let (day, time) = match text.split_once([' ', 'T', 't']) {
        Some((day, time)) => (Some(day), Some(time.trim())),
        None if text.contains(':') => (None, Some(text)),
        None => (Some(text), None),
    };
    let days = day.map_or(Ok(near_epoch_millis.div_euclid(DAY as i64)), parse_date)?;
    let millis = time.map_or(Ok(0), parse_clock)?;
    days.checked_mul(DAY as i64).and_then(|start| start.checked_add(millis)).ok_or(TimeTextError::TooLarge)
}

/// What stands behind the `P` of a duration as ISO 8601 writes it. Years and months are of no fixed length.
fn parse_iso_duration(text: &str) -> Result<u64, TimeTextError> {
    let upper = text.to_ascii_uppercase();
    let (date, time) = upper.split_once('T').map_or((&*upper, None), |(date, time)| (date, Some(time)));
    if date.is_empty() && time.is_none_or(str::is_empty) || time.is_some_and(str::is_empty) {
        return Err(TimeTextError::Unit);
    }
    let mut total = 0_u64;
    for (mut rest, units) in
        [(date, &[('W', "w"), ('D', "d")][..]), (time.unwrap_or(""), &[('H', "h"), ('M', "min"), ('S', "s")])]
    {
        while !rest.is_empty() {
            let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or(TimeTextError::Unit)?;
            let (number, behind) = rest.split_at(end);
            let letter = behind.chars().next().ok_or(TimeTextError::Unit)?;
            let (_, unit) =
                units.iter().find(|(known, _)| *known == letter).ok_or(TimeTextError::UnknownUnit)?;
            total = total.checked_add(part(number, unit)?).ok_or(TimeTextError::TooLarge)?;
            rest = &behind[letter.len_utf8()..];
        }
    }
    Ok(total)
}

fn is_space(c: char) -> bool {
    c.is_whitespace() || c == THIN
}

fn part(number: &str, unit: &str) -> Result<u64, TimeTextError> {
    if number.is_empty() || unit.is_empty() {
        return Err(TimeTextError::Unit);
    }
    let unit_millis = match unit.to_lowercase().as_str() {
        "ms" | "milli" | "millis" | "millisecond" | "milliseconds" => 1,
        "s" | "sec" | "secs" | "second" | "seconds" => SECOND,
        "m" | "min" | "mins" | "minute" | "minutes" => MINUTE,
        "h" | "hr" | "hrs" | "hour" | "hours" => HOUR,
        "d" | "day" | "days" => DAY,
        "w" | "week" | "weeks" => 7 * DAY,
        _ => return Err(TimeTextError::UnknownUnit),
    };
    if let Ok(whole) = number.parse::<u64>() {
        return whole.checked_mul(unit_millis).ok_or(TimeTextError::TooLarge);
    }
    let millis = number.parse::<f64>().map_err(|_| TimeTextError::Unit)? * unit_millis as f64;
    // Above 2^53 a fraction of a unit cannot be told any more.
    if millis < 9e15 { Ok(millis.round() as u64) } else { Err(TimeTextError::TooLarge) }
}

fn parse_date(text: &str) -> Result<i64, TimeTextError> {
    let mut parts = text.split('-').map(str::parse::<i64>);
    let (Some(Ok(year)), Some(Ok(month)), Some(Ok(day)), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(TimeTextError::Instant);
    };
    if !(0..=9999).contains(&year) {
        return Err(TimeTextError::Instant);
    }
    let days = days_from_civil(year, month, day);
    // A day that is not in the calendar, such as the 31st of April, comes back as another one.
    if civil_from_days(days) == (year, month, day) { Ok(days) } else { Err(TimeTextError::Instant) }
}

fn parse_clock(text: &str) -> Result<i64, TimeTextError> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let fields = whole
        .split(':')
        .map(str::parse::<i64>)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|_| TimeTextError::Instant)?;
    let (hours, minutes, seconds) = match fields[..] {
        [hours, minutes] if fraction.is_empty() => (hours, minutes, 0),
        [hours, minutes, seconds] => (hours, minutes, seconds),
        _ => return Err(TimeTextError::Instant),
    };
    let millis = match fraction.len() {
        0 => 0,
        1..=3 => format!("{fraction:0<3}").parse::<i64>().map_err(|_| TimeTextError::Instant)?,
        _ => return Err(TimeTextError::Instant),
    };
    let in_range = (0..24).contains(&hours) && (0..60).contains(&minutes) && (0..60).contains(&seconds);
    if !in_range || millis < 0 {
        return Err(TimeTextError::Instant);
    }
    Ok(((hours * 60 + minutes) * 60 + seconds) * SECOND as i64 + millis)
}

fn seconds(millis: u64) -> String {
    let decimals = if millis.is_multiple_of(SECOND) {
        0
    } else if millis.is_multiple_of(100) || millis >= 10 * SECOND {
        1
    } else {
        2
    };
    let text = format!("{:.decimals$}", millis as f64 / SECOND as f64);
    joined(&text, "s")
}

/// Year, month and day of a day counted from 1970-01-01, after Howard Hinnant, "chrono-compatible low-level date algorithms".
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// The inverse of [`civil_from_days`], from the same source.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let shifted_month = if month > 2 { month - 3 } else { month + 9 };
    let day_of_year = (153 * shifted_month + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Thin spaces as plain ones, so that the expectations can be read.
    fn plain(text: &str) -> String {
        text.replace(THIN, " ")
    }

    #[test]
    fn a_short_lag_has_one_unit() {
        let shown = [-4_200, 0, 31 * 60_000, -6_900_000, -7_200_000, 200_000_000]
            .map(|millis| short_lag(millis).replace(THIN, " "));
        assert_eq!(shown, ["−4.2 s", "0 s", "+31 min", "−1.9 h", "−2 h", "+2.3 d"]);
        assert_eq!(lag(59_999).replace(THIN, " "), "+1 min");
    }

    #[test]
    fn durations_use_their_two_largest_units() {
        for (millis, expected) in [
            (0, "0 s"),
            (250, "250 ms"),
            (1000, "1 s"),
            (4200, "4.2 s"),
            (4250, "4.25 s"),
            (12_340, "12.3 s"),
            (300_000, "5 min"),
            (90_000, "1 min 30 s"),
            (3_599_900, "60 min"),
            (5_400_000, "1 h 30 min"),
            (86_400_000, "1 d"),
            (187_200_000, "2 d 4 h"),
        ] {
            assert_eq!(plain(&duration(millis)), expected, "{millis}");
        }
    }

    #[test]
    fn lags_carry_a_real_minus_sign() {
        assert_eq!(plain(&lag(-4200)), "−4.2 s");
        assert_eq!(plain(&lag(250)), "+250 ms");
        assert_eq!(plain(&lag(0)), "0 s");
        assert!(!lag(i64::MIN).is_empty());
    }

    #[test]
    fn instants_are_shown_in_utc() {
        assert_eq!(timestamp(1_357_034_400_000), "2013-01-01 10:00:00.000");
        assert_eq!(short_timestamp(1_357_034_400_250), "2013-01-01 10:00:00");
        assert_eq!(clock(1_357_034_400_250), "10:00:00.250");
        assert_eq!(timestamp(0), "1970-01-01 00:00:00.000");
        assert_eq!(timestamp(-1), "1969-12-31 23:59:59.999");
        assert_eq!(date(951_782_400_000), "2000-02-29");
        assert_eq!(date(-62_198_755_200_000), "−0001-01-01");
        assert!(!timestamp(i64::MAX).is_empty() && !timestamp(i64::MIN).is_empty());
    }

    #[test]
    fn durations_are_read_as_people_write_them() {
        for (text, millis) in [
            ("5 min", 300_000),
            ("1h30m", 5_400_000),
            ("1 h 30 min", 5_400_000),
            ("250ms", 250),
            ("1.5 s", 1500),
            ("1 day", 86_400_000),
            ("2 Weeks", 1_209_600_000),
            (" 0 ", 0),
        ] {
            assert_eq!(parse_duration(text), Ok(millis), "{text}");
        }
    }

    #[test]
    fn durations_are_read_and_written_as_iso_8601() {
        for (text, millis) in [
            ("PT5M", 300_000),
            ("pt90s", 90_000),
            ("PT1H30M", 5_400_000),
            ("P1DT2H", 93_600_000),
            ("P2W", 1_209_600_000),
            ("PT0.25S", 250),
        ] {
            assert_eq!(parse_duration(text), Ok(millis), "{text}");
        }
        for text in ["P", "PT", "P1D T", "P1DT", "P1M", "PT5", "PTM", "P5 min"] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
        for millis in [0, 1, 250, 1_000, 61_001, 300_000, 5_400_000, 86_400_000, 90_061_001] {
            assert_eq!(parse_duration(&iso_duration(millis)), Ok(millis), "{}", iso_duration(millis));
        }
        assert_eq!([300_000, 93_600_000, 0].map(iso_duration), ["PT5M", "P1DT2H", "PT0S"]);
    }

    #[test]
    fn a_step_suits_the_smallest_unit_that_is_shown() {
        const MIN: u64 = 60_000;
        for (millis, longer, shorter) in [
            (5 * MIN, 6 * MIN, 4 * MIN),
            (30 * MIN, 35 * MIN, 25 * MIN),
            (10 * MIN, 15 * MIN, 9 * MIN),
            (55 * MIN, 60 * MIN, 50 * MIN),
            (60 * MIN, 120 * MIN, 55 * MIN),
            (90 * MIN, 95 * MIN, 85 * MIN),
            (24 * 60 * MIN, 48 * 60 * MIN, 23 * 60 * MIN),
            (30_000, 35_000, 25_000),
            (1_000, 2_000, 950),
            (250, 300, 200),
            (12, 20, 10),
            (1, 2, 0),
            (0, 1_000, 0),
        ] {
            assert_eq!((stepped(millis, true), stepped(millis, false)), (longer, shorter), "{millis}");
        }
        assert!(stepped(u64::MAX, true) >= u64::MAX - DAY);
    }

    #[test]
    fn a_duration_is_shown_in_every_unit_in_which_it_is_short() {
        let shown = |millis| conversions(millis).iter().map(|text| plain(text)).collect::<Vec<_>>();
        assert_eq!(shown(300_000), ["300,000 ms", "300 s", "5 min"]);
        assert_eq!(shown(5_400_000), ["5,400,000 ms", "5,400 s", "90 min", "1.5 h"]);
        assert_eq!(shown(1), ["1 ms", "0.001 s"]);
    }

    #[test]
    fn durations_that_cannot_be_read_say_why() {
        assert_eq!(parse_duration("  "), Err(TimeTextError::Empty));
        assert_eq!(parse_duration("5"), Err(TimeTextError::Unit));
        assert_eq!(parse_duration("min"), Err(TimeTextError::Unit));
        assert_eq!(parse_duration("-5 s"), Err(TimeTextError::Unit));
        assert_eq!(parse_duration("1.2.3 s"), Err(TimeTextError::Unit));
        assert_eq!(parse_duration("5 fortnights"), Err(TimeTextError::UnknownUnit));
        assert_eq!(parse_duration("99999999999999999999 d"), Err(TimeTextError::TooLarge));
        assert_eq!(parse_duration("18446744073709551615 s"), Err(TimeTextError::TooLarge));
    }

    #[test]
    fn shown_durations_can_be_typed_again() {
        for millis in [0, 1, 999, 1000, 4200, 60_000, 90_000, 5_400_000, 86_400_000, 187_200_000] {
            assert_eq!(parse_duration(&duration(millis)), Ok(millis));
        }
    }

    #[test]
    fn instants_are_read_with_and_without_a_day() {
        let ten = 1_357_034_400_000;
        assert_eq!(parse_timestamp("2013-01-01 10:00", 0), Ok(ten));
        assert_eq!(parse_timestamp("2013-01-01T10:00:00.25Z", 0), Ok(ten + 250));
        assert_eq!(parse_timestamp("12:05", ten), Ok(ten + 7_500_000));
        assert_eq!(parse_timestamp("1970-01-02", ten), Ok(86_400_000));
        assert_eq!(parse_timestamp(&timestamp(ten + 7), 0), Ok(ten + 7));
        for text in
            ["2013-04-31", "2013-13-01", "10:61", "24:00", "10", "10:00:00.1234", "now", "99999-01-01"]
        {
            assert_eq!(parse_timestamp(text, 0), Err(TimeTextError::Instant), "{text}");
        }
    }
}
