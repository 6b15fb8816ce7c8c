//! Dates and times as text: how a format is said in a flow, and how values are read by it. Pure.

use chrono::{Offset, TimeZone};
use chrono_tz::Tz;

use crate::data::value::{civil_from_days, days_from_civil};

const DAY_MILLIS: i64 = 86_400_000;
const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];
const WEEKDAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// How the text of a date, time or timestamp is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TimeFormat {
    /// ISO 8601 and its everyday variants.
    Auto,
    /// A number that counts from 1970-01-01 00:00:00 UTC: so many units make a second.
    Epoch { per_second: i64 },
    /// A pattern, item by item.
    Pattern(Vec<Item>),
}

/// A moment as it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment {
    /// What the clock shows, as milliseconds since the epoch if the clock showed UTC; finer times are floored.
    pub(crate) clock_millis: i64,
    /// How far that clock is ahead of UTC, where the text says so.
    pub(crate) offset_millis: Option<i64>,
}

/// A part of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Item {
    /// A number of so many digits.
    Number(Part, u8, u8),
    /// Digits behind the second's point; the first three count.
    Fraction(u8, u8),
    /// A point and digits, or nothing.
    PointFraction,
    MonthName,
    WeekdayName,
    AmPm,
    /// `Z`, `UTC`, `GMT` or `+02:00`, `+0200`, `+02`.
    Offset,
    /// Any amount of white space.
    Space,
    Literal(Vec<u8>),
}

/// What a number in a pattern says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Year,
    /// Two digits; years below the pivot are 20xx, the others 19xx.
    ShortYear(i64),
    Month,
    Day,
    DayOfYear,
    Hour,
    Hour12,
    Minute,
    Second,
    EpochSeconds,
}

impl TimeFormat {
    /// Reads a format as a flow writes it: `auto`, `epoch_seconds`, `epoch_millis`, `epoch_micros`, `epoch_nanos`, a pattern with
    /// `%` as strftime has it, or one with letters as Flink has it.
    ///
    /// # Errors
    /// What cannot be understood, in a few words.
    pub(crate) fn parse(text: &str) -> Result<TimeFormat, String> {
        Ok(match text {
            "" => return Err("the format is empty".to_owned()),
            "auto" => TimeFormat::Auto,
            "epoch_seconds" => TimeFormat::Epoch { per_second: 1 },
            "epoch_millis" => TimeFormat::Epoch { per_second: 1000 },
            "epoch_micros" => TimeFormat::Epoch { per_second: 1_000_000 },
            "epoch_nanos" => TimeFormat::Epoch { per_second: 1_000_000_000 },
            text if text.contains('%') => TimeFormat::Pattern(strftime(text)?),
            text => TimeFormat::Pattern(letters(text)?),
        })
    }

    /// Reads a timestamp.
    pub(crate) fn moment(&self, text: &[u8]) -> Option<Moment> {
        self.moment_near(text, &mut LastDay::default())
    }

    /// Reads a timestamp, quicker if it lies on the last one's day.
    #[inline]
    pub(crate) fn moment_near(&self, text: &[u8], last_day: &mut LastDay) -> Option<Moment> {
        match self {
            TimeFormat::Auto => auto_moment(text, last_day),
            TimeFormat::Epoch { per_second } => {
                let clock_millis = epoch_millis(text, *per_second)?;
                Some(Moment { clock_millis, offset_millis: Some(0) })
            }
            TimeFormat::Pattern(items) => pattern_moment(items, text),
        }
    }

    /// Reads a date, in days since the epoch. A time of day other than midnight is refused.
    pub(crate) fn date(&self, text: &[u8]) -> Option<i32> {
        let millis = match self {
            TimeFormat::Auto => return i32::try_from(auto_date(text.try_into().ok()?)?).ok(),
            format => format.moment(text)?.clock_millis,
        };
        if millis.rem_euclid(DAY_MILLIS) != 0 {
            return None;
        }
        i32::try_from(millis.div_euclid(DAY_MILLIS)).ok()
    }

    /// Reads a time of day, in milliseconds since midnight.
    pub(crate) fn time_of_day(&self, text: &[u8]) -> Option<i64> {
        match self {
            TimeFormat::Auto => match auto_time(text)? {
                (millis, []) => Some(millis),
                _ => None,
            },
            format => {
                let millis = format.moment(text)?.clock_millis;
                (0..DAY_MILLIS).contains(&millis).then_some(millis)
            }
        }
    }
}

/// The day of the last timestamp that was read, which most rows share: its text, and its midnight in milliseconds.
#[derive(Clone, Debug, Default)]
pub(crate) struct LastDay {
    text: [u8; 10],
    midnight: i64,
}

impl Moment {
    /// The value of a TIMESTAMP: what the clock shows, or UTC's clock where the text names a zone.
    #[inline]
    pub(crate) fn timestamp(self) -> i64 {
        self.clock_millis - self.offset_millis.unwrap_or(0)
    }

    /// The value of a TIMESTAMP_LTZ: the instant, by `zone` where the text names none.
    #[inline]
    pub(crate) fn instant(self, zone: &mut ZoneClock) -> Option<i64> {
        match self.offset_millis {
            Some(offset) => Some(self.clock_millis - offset),
            None => zone.instant(self.clock_millis),
        }
    }
}

/// Turns what a zone's clocks show into instants; remembers the offset of the last hour, which most rows share.
#[derive(Clone, Debug)]
pub(crate) struct ZoneClock {
    zone: Tz,
    hour: i64,
    offset_millis: i64,
}

impl ZoneClock {
    pub(crate) fn new(zone: Tz) -> ZoneClock {
        ZoneClock { zone, hour: i64::MIN, offset_millis: 0 }
    }

    /// The instant at which the zone's clocks show `clock_millis`. Where clocks show it twice, the first; where they jump over it,
    /// what they would have shown without the jump (Flink's rules, which are Java's).
    pub(crate) fn instant(&mut self, clock_millis: i64) -> Option<i64> {
        let hour = clock_millis.div_euclid(3_600_000);
        if hour == self.hour {
            return Some(clock_millis - self.offset_millis);
        }
        let (first, last) = (hour * 3_600_000, hour * 3_600_000 + 3_599_999);
        if let (Some((a, true)), Some((b, true))) = (self.offset(first), self.offset(last))
            && a == b
        {
            (self.hour, self.offset_millis) = (hour, a);
            return Some(clock_millis - a);
        }
        Some(clock_millis - self.offset(clock_millis)?.0)
    }

    /// The offset that holds for a clock time, and whether it is the only one.
    fn offset(&self, clock_millis: i64) -> Option<(i64, bool)> {
        let naive = chrono::DateTime::from_timestamp_millis(clock_millis)?.naive_utc();
        let millis = |offset: chrono::FixedOffset| i64::from(offset.local_minus_utc()) * 1000;
        Some(match self.zone.offset_from_local_datetime(&naive) {
            chrono::MappedLocalTime::Single(offset) => (millis(offset.fix()), true),
            chrono::MappedLocalTime::Ambiguous(first, _) => (millis(first.fix()), false),
            // A day before the jump no clock has jumped yet.
            chrono::MappedLocalTime::None => {
                let before = naive.checked_sub_signed(chrono::Duration::days(1))?;
                let offset = self.zone.offset_from_local_datetime(&before).earliest()?;
                (millis(offset.fix()), false)
            }
        })
    }
}

#[inline]
fn digit(byte: u8) -> Option<i64> {
    let value = byte.wrapping_sub(b'0');
    (value < 10).then_some(i64::from(value))
}

#[inline]
fn two(tens: u8, ones: u8) -> Option<i64> {
    Some(digit(tens)? * 10 + digit(ones)?)
}

fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    let longest = match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    (1..=longest).contains(&day).then(|| days_from_civil(year, month as u32, day as u32))
}

/// `YYYY-MM-DD` or `YYYY/MM/DD`.
#[inline]
fn auto_date(text: &[u8; 10]) -> Option<i64> {
    let [y1, y2, y3, y4, dash, m1, m2, dash_again, d1, d2] = *text;
    if dash != dash_again || (dash != b'-' && dash != b'/') {
        return None;
    }
    days(two(y1, y2)? * 100 + two(y3, y4)?, two(m1, m2)?, two(d1, d2)?)
}

/// `HH:MM`, `HH:MM:SS`, `HH:MM:SS.f…`, and what follows.
#[inline]
fn auto_time(text: &[u8]) -> Option<(i64, &[u8])> {
    let [h1, h2, b':', m1, m2, rest @ ..] = text else { return None };
    let (hour, minute) = (two(*h1, *h2)?, two(*m1, *m2)?);
    let (mut second, mut millis, mut rest) = (0, 0, rest);
    if let [b':', s1, s2, after @ ..] = rest {
        second = two(*s1, *s2)?;
        rest = after;
        if let [b'.' | b',', after @ ..] = rest {
            (millis, rest) = fraction(after, 1, usize::MAX)?;
        }
    }
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    Some((((hour * 60 + minute) * 60 + second) * 1000 + millis, rest))
}

/// Digits behind the second's point as milliseconds, and what follows.
#[inline]
fn fraction(text: &[u8], min: usize, max: usize) -> Option<(i64, &[u8])> {
    let n = text.iter().take(max).take_while(|byte| byte.is_ascii_digit()).count();
    if n < min {
        return None;
    }
    let place = |idx: usize| if idx < n { i64::from(text[idx] - b'0') } else { 0 };
    Some((place(0) * 100 + place(1) * 10 + place(2), &text[n..]))
}

/// `Z`, `UTC`, `GMT`, `+02`, `+0200` or `+02:00` as milliseconds ahead of UTC, and what follows.
fn offset(text: &[u8]) -> Option<(i64, &[u8])> {
    let (sign, rest) = match text {
        [b'Z' | b'z', rest @ ..] | [b'U', b'T', b'C', rest @ ..] | [b'G', b'M', b'T', rest @ ..] => {
            return Some((0, rest));
        }
        [b'+', rest @ ..] => (1, rest),
        [b'-', rest @ ..] => (-1, rest),
        _ => return None,
    };
    let (hour, minute, rest) = match rest {
        [h1, h2, b':', m1, m2, rest @ ..] => (two(*h1, *h2)?, two(*m1, *m2)?, rest),
        [h1, h2, m1, m2, rest @ ..] if m1.is_ascii_digit() => (two(*h1, *h2)?, two(*m1, *m2)?, rest),
        [h1, h2, rest @ ..] => (two(*h1, *h2)?, 0, rest),
        _ => return None,
    };
    (hour <= 18 && minute <= 59).then_some((sign * (hour * 60 + minute) * 60_000, rest))
}

#[inline]
fn auto_moment(text: &[u8], last_day: &mut LastDay) -> Option<Moment> {
    let (date, rest) = text.split_first_chunk::<10>()?;
    if *date != last_day.text {
        *last_day = LastDay { midnight: auto_date(date)? * DAY_MILLIS, text: *date };
    }
    let midnight = last_day.midnight;
    let rest = match rest {
        [] => return Some(Moment { clock_millis: midnight, offset_millis: None }),
        [b' ' | b'T' | b't', rest @ ..] => rest,
        _ => return None,
    };
    let (time, rest) = auto_time(rest)?;
    let clock_millis = midnight + time;
    let rest = match rest {
        [] => return Some(Moment { clock_millis, offset_millis: None }),
        [b' ', rest @ ..] => rest,
        rest => rest,
    };
    match offset(rest)? {
        (ahead, []) => Some(Moment { clock_millis, offset_millis: Some(ahead) }),
        _ => None,
    }
}

/// A whole number, perhaps with a fraction, of which `per_second` make a second; floored to milliseconds.
fn epoch_millis(text: &[u8], per_second: i64) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    let point = memchr::memchr(b'.', digits).unwrap_or(digits.len());
    let (whole, behind) = (&digits[..point], digits.get(point + 1..).unwrap_or_default());
    if whole.is_empty() || !behind.iter().all(u8::is_ascii_digit) || whole.len() > 19 {
        return None;
    }
    let mut value: i128 = 0;
    for byte in whole {
        value = value * 10 + i128::from(digit(*byte)?);
    }
    // In thousandths of a millisecond's units: enough digits that flooring is exact for every unit, and a marker for the rest.
    let mut scaled = value * 1000;
    for (place, byte) in [100, 10, 1].iter().zip(behind) {
        scaled += place * i128::from(byte - b'0');
    }
    let finer = behind.iter().skip(3).any(|byte| *byte != b'0');
    let scaled = if negative { -scaled - i128::from(finer) } else { scaled };
    i64::try_from(scaled.div_euclid(i128::from(per_second))).ok()
}

fn strftime(text: &str) -> Result<Vec<Item>, String> {
    let mut items = Vec::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            push_literal(&mut items, c);
            continue;
        }
        let mut code = String::new();
        loop {
            let c = chars.next().ok_or("the pattern ends in the middle of a `%` code")?;
            code.push(c);
            if !(c.is_ascii_digit() || matches!(c, '.' | ':' | '-' | '_')) || code.len() > 3 {
                break;
            }
        }
        let expanded = match code.as_str() {
            "F" => "%Y-%m-%d",
            "T" => "%H:%M:%S",
            "R" => "%H:%M",
            "D" => "%m/%d/%y",
            _ => "",
        };
        if !expanded.is_empty() {
            items.extend(strftime(expanded)?);
            continue;
        }
        items.push(match code.as_str() {
            "Y" => Item::Number(Part::Year, 4, 4),
            "y" => Item::Number(Part::ShortYear(69), 2, 2),
            "m" | "-m" | "_m" => Item::Number(Part::Month, 1, 2),
            "d" | "-d" | "_d" | "e" => Item::Number(Part::Day, 1, 2),
            "j" => Item::Number(Part::DayOfYear, 3, 3),
            "H" | "-H" | "_H" | "k" => Item::Number(Part::Hour, 1, 2),
            "I" | "-I" | "_I" | "l" => Item::Number(Part::Hour12, 1, 2),
            "M" | "-M" | "_M" => Item::Number(Part::Minute, 1, 2),
            "S" | "-S" | "_S" => Item::Number(Part::Second, 1, 2),
            "s" => Item::Number(Part::EpochSeconds, 1, 18),
            "f" => Item::Fraction(1, 9),
            "3f" => Item::Fraction(3, 3),
            "6f" => Item::Fraction(6, 6),
            "9f" => Item::Fraction(9, 9),
            ".f" | ".3f" | ".6f" | ".9f" => Item::PointFraction,
            "p" | "P" => Item::AmPm,
            "b" | "B" | "h" => Item::MonthName,
            "a" | "A" => Item::WeekdayName,
            "z" | ":z" | "Z" => Item::Offset,
            "n" | "t" => Item::Space,
            "%" => Item::Literal(b"%".to_vec()),
            _ => return Err(format!("`%{code}` is not known")),
        });
    }
    Ok(items)
}

/// A pattern of letters, as Flink and Java have it: `yyyy-MM-dd HH:mm:ss.SSS`.
fn letters(text: &str) -> Result<Vec<Item>, String> {
    let mut items = Vec::new();
    let chars: Vec<char> = text.chars().collect();
    let mut at = 0;
    while at < chars.len() {
        let c = chars[at];
        if c == '\'' {
            let close = chars[at + 1..].iter().position(|c| *c == '\'').ok_or("a `'` is not closed")?;
            if close == 0 {
                push_literal(&mut items, '\'');
            }
            for c in &chars[at + 1..at + 1 + close] {
                push_literal(&mut items, *c);
            }
            at += close + 2;
            continue;
        }
        if !c.is_ascii_alphabetic() {
            push_literal(&mut items, c);
            at += 1;
            continue;
        }
        let n = chars[at..].iter().take_while(|other| **other == c).count();
        let (low, high) = if n == 1 { (1, 2) } else { (2, 2) };
        items.push(match (c, n) {
            ('y' | 'u', 4) => Item::Number(Part::Year, 4, 4),
            ('y' | 'u', 2) => Item::Number(Part::ShortYear(100), 2, 2),
            ('M' | 'L', 1 | 2) => Item::Number(Part::Month, low, high),
            ('M' | 'L', 3 | 4) => Item::MonthName,
            ('d', 1 | 2) => Item::Number(Part::Day, low, high),
            ('D', 1) => Item::Number(Part::DayOfYear, 1, 3),
            ('D', 3) => Item::Number(Part::DayOfYear, 3, 3),
            ('H', 1 | 2) => Item::Number(Part::Hour, low, high),
            ('h', 1 | 2) => Item::Number(Part::Hour12, low, high),
            ('m', 1 | 2) => Item::Number(Part::Minute, low, high),
            ('s', 1 | 2) => Item::Number(Part::Second, low, high),
            ('S', 1..=9) => Item::Fraction(n as u8, n as u8),
            ('a', _) => Item::AmPm,
            ('E', _) => Item::WeekdayName,
            ('X' | 'x' | 'Z' | 'z' | 'V' | 'O', _) => Item::Offset,
            ('T', 1) => Item::Literal(b"T".to_vec()),
            _ => return Err(format!("`{}` is not known", String::from(c).repeat(n))),
        });
        at += n;
    }
    Ok(items)
}

fn push_literal(items: &mut Vec<Item>, c: char) {
    if c == ' ' {
        items.push(Item::Space);
        return;
    }
    let mut utf8 = [0; 4];
    let bytes = c.encode_utf8(&mut utf8).as_bytes();
    if let Some(Item::Literal(text)) = items.last_mut() {
        text.extend_from_slice(bytes);
    } else {
        items.push(Item::Literal(bytes.to_vec()));
    }
}

fn pattern_moment(items: &[Item], text: &[u8]) -> Option<Moment> {
    let mut rest = text;
    let (mut year, mut month, mut day, mut day_of_year) = (1970, 1, 1, None);
    let (mut hour, mut minute, mut second, mut millis) = (0, 0, 0, 0);
    let (mut afternoon, mut hour12) = (None, None);
    let (mut ahead, mut epoch) = (None, None);
    for item in items {
        match item {
            Item::Number(part, min, max) => {
                let n = rest.iter().take(usize::from(*max)).take_while(|byte| byte.is_ascii_digit()).count();
                if n < usize::from(*min) {
                    return None;
                }
                let value = rest[..n].iter().fold(0, |value, byte| value * 10 + i64::from(byte - b'0'));
                rest = &rest[n..];
                match part {
                    Part::Year => year = value,
                    Part::ShortYear(pivot) => year = value + if value < *pivot { 2000 } else { 1900 },
                    Part::Month => month = value,
                    Part::Day => day = value,
                    Part::DayOfYear => day_of_year = Some(value),
                    Part::Hour => hour = value,
                    Part::Hour12 => hour12 = Some(value),
                    Part::Minute => minute = value,
                    Part::Second => second = value,
                    Part::EpochSeconds => epoch = Some(value),
                }
            }
            Item::Fraction(min, max) => {
                (millis, rest) = fraction(rest, usize::from(*min), usize::from(*max))?;
            }
            Item::PointFraction => {
                if let [b'.', after @ ..] = rest {
                    (millis, rest) = fraction(after, 1, usize::MAX)?;
                }
            }
            Item::MonthName => {
                let (number, after) = name(rest, &MONTHS)?;
                (month, rest) = (number, after);
            }
            Item::WeekdayName => rest = name(rest, &WEEKDAYS)?.1,
            Item::AmPm => {
                let (letters, after) = rest.split_first_chunk::<2>()?;
                afternoon = Some(match letters {
                    b"am" | b"AM" | b"Am" => false,
                    b"pm" | b"PM" | b"Pm" => true,
                    _ => return None,
                });
                rest = after;
            }
            Item::Offset => {
                let (millis, after) = offset(rest)?;
                (ahead, rest) = (Some(millis), after);
            }
            Item::Space => rest = rest.trim_ascii_start(),
            Item::Literal(literal) => rest = rest.strip_prefix(literal.as_slice())?,
        }
    }
    if !rest.is_empty() {
        return None;
    }
    if let Some(seconds) = epoch {
        let clock_millis = i64::checked_mul(seconds, 1000)?.checked_add(millis)?;
        return Some(Moment { clock_millis, offset_millis: Some(0) });
    }
    if let Some(hour12) = hour12 {
        if !(1..=12).contains(&hour12) {
            return None;
        }
        hour = hour12 % 12 + if afternoon? { 12 } else { 0 };
    }
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let date = match day_of_year {
        None => days(year, month, day)?,
        Some(number) => {
            let date = days(year, 1, 1)? + number - 1;
            if number < 1 || civil_from_days(date).0 != year {
                return None;
            }
            date
        }
    };
    let clock_millis = date * DAY_MILLIS + ((hour * 60 + minute) * 60 + second) * 1000 + millis;
    Some(Moment { clock_millis, offset_millis: ahead })
}

/// The number, from 1, of the name that `text` begins with, whole or by its first three letters; and what follows.
fn name<'a>(text: &'a [u8], names: &[&str]) -> Option<(i64, &'a [u8])> {
    let n = text.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
    let word = text[..n].to_ascii_lowercase();
    let idx = names.iter().position(|name| {
        name.as_bytes() == word || (word.len() == 3 && name.as_bytes().starts_with(&word))
    })?;
    Some((idx as i64 + 1, &text[n..]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::value::format_timestamp;

    fn read(format: &str, text: &str) -> Option<String> {
        let format = TimeFormat::parse(format).expect("a format");
        format.moment(text.as_bytes()).map(|moment| format_timestamp(moment.timestamp()))
    }

    #[test]
    fn common_timestamps_are_read_without_a_format() {
        for (text, expected) in [
            ("2013-01-01 10:00:00.250", "2013-01-01 10:00:00.250"),
            ("2013-01-01T10:00:00Z", "2013-01-01 10:00:00.000"),
            ("2013/01/01 10:00", "2013-01-01 10:00:00.000"),
            ("2013-01-01", "2013-01-01 00:00:00.000"),
            ("2013-01-01T10:00:00.123456789Z", "2013-01-01 10:00:00.123"),
            ("2013-01-01T10:00:00.5+02:00", "2013-01-01 08:00:00.500"),
            ("2013-01-01 10:00:00 -0530", "2013-01-01 15:30:00.000"),
            ("2013-01-01 10:00:00 UTC", "2013-01-01 10:00:00.000"),
            ("2012-02-29 23:59:59,9", "2012-02-29 23:59:59.900"),
        ] {
            assert_eq!(read("auto", text).as_deref(), Some(expected), "{text}");
        }
        for text in [
            "",
            "2013-02-29 10:00:00",
            "2013-13-01",
            "2013-01-01 24:00:00",
            "2013-01-01 10:00:60",
            "2013-01-01 10:00:00.",
            "2013-01-01 10:00:00x",
            "2013-01-01 10",
            "20130101",
            "2013-01/01",
            "2013-01-01T10:00:00+2",
            "٢013-01-01",
        ] {
            assert_eq!(read("auto", text), None, "{text}");
        }
    }

    #[test]
    fn counts_since_the_epoch_are_floored_to_milliseconds() {
        for (format, text, expected) in [
            ("epoch_seconds", "1357034400", "2013-01-01 10:00:00.000"),
            ("epoch_seconds", "1357034400.2509", "2013-01-01 10:00:00.250"),
            ("epoch_millis", "-1", "1969-12-31 23:59:59.999"),
            ("epoch_micros", "-1", "1969-12-31 23:59:59.999"),
            ("epoch_micros", "1357034400250999", "2013-01-01 10:00:00.250"),
            ("epoch_nanos", "1357034400250999999", "2013-01-01 10:00:00.250"),
            ("epoch_millis", "-0.0001", "1969-12-31 23:59:59.999"),
        ] {
            assert_eq!(read(format, text).as_deref(), Some(expected), "{format} {text}");
        }
        for text in ["", "-", "1x", "1.x", "99999999999999999999", ".5"] {
            assert_eq!(read("epoch_seconds", text), None, "{text}");
        }
    }

    #[test]
    fn patterns_of_both_kinds_read_the_same() {
        for (format, text) in [
            ("%d.%m.%Y %H:%M:%S%.f", "01.01.2013 10:00:00.25"),
            ("dd.MM.yyyy HH:mm:ss.SSS", "01.01.2013 10:00:00.250"),
            ("%Y%m%dT%H%M%S%3f", "20130101T100000250"),
            ("yyyyMMdd'T'HHmmssSSS", "20130101T100000250"),
            ("%m/%d/%y %I:%M:%S.%f %p", "1/1/13 10:00:00.25 AM"),
            ("EEE MMM d HH:mm:ss.SSS yyyy", "Tue Jan 1 10:00:00.250 2013"),
            ("%Y-%jT%T.%f%z", "2013-001T12:00:00.250+0200"),
            ("yyyy-MM-dd'T'HH:mm:ss.SSSXXX", "2013-01-01T12:00:00.250+02:00"),
            ("%s.%f", "1357034400.250"),
        ] {
            assert_eq!(read(format, text).as_deref(), Some("2013-01-01 10:00:00.250"), "{format}");
        }
        assert_eq!(read("%Y-%m-%d", "2013-01-01 "), None);
        assert_eq!(read("%I %p", "13 PM"), None);
        assert_eq!(read("%Y-%j", "2013-366"), None);
        for bad in ["", "%", "%Q", "yyyy-qq", "'open"] {
            assert!(TimeFormat::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn dates_and_times_of_day_are_read() {
        assert_eq!(TimeFormat::Auto.date(b"1970-01-02"), Some(1));
        assert_eq!(TimeFormat::Auto.date(b"1970-01-02 00:00:00"), None);
        assert_eq!(TimeFormat::parse("%d/%m/%Y").expect("a format").date(b"02/01/1970"), Some(1));
        assert_eq!(TimeFormat::Auto.time_of_day(b"00:01:00.5"), Some(60_500));
        assert_eq!(TimeFormat::Auto.time_of_day(b"00:01:00Z"), None);
        assert_eq!(TimeFormat::parse("HHmm").expect("a format").time_of_day(b"0530"), Some(19_800_000));
    }

    #[test]
    fn clock_times_become_instants_by_the_rules_of_java() {
        let mut berlin = ZoneClock::new(chrono_tz::Europe::Berlin);
        let mut instant = |text: &str| {
            let moment = TimeFormat::Auto.moment(text.as_bytes()).expect("a time");
            format_timestamp(moment.instant(&mut berlin).expect("an instant"))
        };
        assert_eq!(instant("2024-01-15 12:00:00"), "2024-01-15 11:00:00.000");
        assert_eq!(instant("2024-07-15 12:00:00"), "2024-07-15 10:00:00.000");
        // Jumped over: 02:30 does not exist, 03:30 summer time is meant.
        assert_eq!(instant("2024-03-31 02:30:00"), "2024-03-31 01:30:00.000");
        assert_eq!(instant("2024-03-31 03:30:00"), "2024-03-31 01:30:00.000");
        // Shown twice: the first time counts.
        assert_eq!(instant("2024-10-27 02:30:00"), "2024-10-27 00:30:00.000");
        assert_eq!(instant("2024-10-27 03:00:00"), "2024-10-27 02:00:00.000");
        assert_eq!(instant("2024-07-15 12:00:00Z"), "2024-07-15 12:00:00.000");
    }
}
