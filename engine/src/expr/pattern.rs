//! Formats of times such as `yyyy-MM-dd HH:mm:ss`, by the letters of Java's formatters: read once, then used to read and to write.

use std::fmt::Write as _;

use super::kernels::calendar::{DAY, Unit, extract};
use crate::data::value::days_from_civil;

/// A format, read.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Pattern {
    fields: Vec<Field>,
}

#[derive(Clone, Debug, PartialEq)]
enum Field {
    /// `y`, with how many digits.
    Year(usize),
    /// `M` or `MM`
    Month(usize),
    /// `MMM`, or `MMMM` where long.
    MonthName {
        long: bool,
    },
    Day(usize),
    DayOfYear(usize),
    /// `E` to `EEE`, or `EEEE` where long.
    Weekday {
        long: bool,
    },
    /// `H`, 0 to 23.
    Hour(usize),
    /// `h`, 1 to 12.
    HalfHour(usize),
    Minute(usize),
    Second(usize),
    /// `S`, digits behind the second.
    Fraction(usize),
    /// `a`
    Noon,
    Literal(String),
}

const MAX_WIDTH: usize = 9;
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const WEEKDAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

impl Pattern {
    /// Reads a format.
    ///
    /// # Errors
    /// A sentence that says which letter is not understood.
    pub fn parse(text: &str) -> Result<Pattern, String> {
        let mut fields: Vec<Field> = Vec::new();
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            let len = rest.len() - rest.trim_start_matches(c).len();
            let n = len / c.len_utf8();
            if c.is_ascii_alphabetic() && n > MAX_WIDTH {
                return Err(format!("the format has more than {MAX_WIDTH} times `{c}` in a row"));
            }
            let field = match c {
                '\'' => {
                    let (literal, taken) = quoted(rest).ok_or("a quote in the format is not closed")?;
                    rest = &rest[taken..];
                    literal_field(&mut fields, &literal);
                    continue;
                }
                'y' | 'u' => Field::Year(n),
                'M' | 'L' if n <= 2 => Field::Month(n),
                'M' | 'L' => Field::MonthName { long: n > 3 },
                'd' => Field::Day(n),
                'D' => Field::DayOfYear(n),
                'E' => Field::Weekday { long: n > 3 },
                'H' => Field::Hour(n),
                'h' => Field::HalfHour(n),
                'm' => Field::Minute(n),
                's' => Field::Second(n),
                'S' => Field::Fraction(n),
                'a' => Field::Noon,
                c if c.is_ascii_alphabetic() => {
                    return Err(format!(
                        "the format letter `{c}` is not understood; the letters are y, M, d, D, E, H, h, m, s, S and a, and other text stands in quotes"
                    ));
                }
                _ => {
                    literal_field(&mut fields, &rest[..len]);
                    rest = &rest[len..];
                    continue;
                }
            };
            fields.push(field);
            rest = &rest[len..];
        }
        Ok(Pattern { fields })
    }

    /// Writes a local time.
    pub fn write(&self, millis: i64, out: &mut String) {
        let get = |unit| extract(unit, millis);
        for field in &self.fields {
            let (n, width) = match field {
                Field::Year(2) => (get(Unit::Year).rem_euclid(100), 2),
                Field::Year(width) => (get(Unit::Year), *width),
                Field::Month(width) => (get(Unit::Month), *width),
                Field::Day(width) => (get(Unit::Day), *width),
                Field::DayOfYear(width) => (get(Unit::Doy), *width),
                Field::Hour(width) => (get(Unit::Hour), *width),
                Field::HalfHour(width) => ((get(Unit::Hour) + 11) % 12 + 1, *width),
                Field::Minute(width) => (get(Unit::Minute), *width),
                Field::Second(width) => (get(Unit::Second), *width),
                Field::Fraction(width) => match width {
                    1 => (get(Unit::Millisecond) / 100, 1),
                    2 => (get(Unit::Millisecond) / 10, 2),
                    _ => (get(Unit::Millisecond) * 10i64.pow(*width as u32 - 3), *width),
                },
                Field::MonthName { long } => {
                    out.push_str(name(&MONTHS, get(Unit::Month), *long));
                    continue;
                }
                Field::Weekday { long } => {
                    out.push_str(name(&WEEKDAYS, get(Unit::Dow), *long));
                    continue;
                }
                Field::Noon => {
                    out.push_str(if get(Unit::Hour) < 12 { "AM" } else { "PM" });
                    continue;
                }
                Field::Literal(text) => {
                    out.push_str(text);
                    continue;
                }
            };
            // Writing to a String cannot fail.
            let _ = write!(out, "{n:0width$}");
        }
    }

    /// Reads a text by the format; fields that it does not have are those of 1970-01-01 00:00.
    pub fn read(&self, text: &str) -> Option<i64> {
        let mut rest = text;
        let (mut year, mut month, mut day, mut day_of_year) = (1970, 1, 1, None);
        let (mut hour, mut half_hour, mut afternoon) = (0, None, None);
        let (mut minute, mut second, mut millis) = (0, 0, 0);
        for field in &self.fields {
            match field {
                Field::Year(2) => year = 2000 + digits(&mut rest, 2, 2)?,
                Field::Year(width) => year = digits(&mut rest, *width, (*width).max(4))?,
                Field::Month(width) => month = digits(&mut rest, *width, 2)?,
                Field::MonthName { long } => month = read_name(&mut rest, &MONTHS, *long)?,
                Field::Day(width) => day = digits(&mut rest, *width, 2)?,
                Field::DayOfYear(width) => day_of_year = Some(digits(&mut rest, *width, 3)?),
                Field::Weekday { long } => drop(read_name(&mut rest, &WEEKDAYS, *long)?),
                Field::Hour(width) => hour = digits(&mut rest, *width, 2)?,
                Field::HalfHour(width) => half_hour = Some(digits(&mut rest, *width, 2)?),
                Field::Minute(width) => minute = digits(&mut rest, *width, 2)?,
                Field::Second(width) => second = digits(&mut rest, *width, 2)?,
                Field::Fraction(width) => {
                    let read = digits(&mut rest, *width, *width)?;
                    millis = match width {
                        1 => read * 100,
                        2 => read * 10,
                        _ => read / 10i64.pow(*width as u32 - 3),
                    };
                }
                Field::Noon => {
                    let half = rest.get(..2)?;
                    afternoon = Some(if half.eq_ignore_ascii_case("PM") {
                        true
                    } else if half.eq_ignore_ascii_case("AM") {
                        false
                    } else {
                        return None;
                    });
                    rest = &rest[2..];
                }
                Field::Literal(literal) => rest = rest.strip_prefix(literal.as_str())?,
            }
        }
        if let Some(half) = half_hour {
            if !(1..=12).contains(&half) {
                return None;
            }
            hour = half % 12 + if afternoon == Some(true) { 12 } else { 0 };
        }
        if !rest.is_empty()
            || !(0..24).contains(&hour)
            || !(0..60).contains(&minute)
            || !(0..60).contains(&second)
        {
            return None;
        }
        let (month_no, day_no) = (u32::try_from(month).ok()?, u32::try_from(day).ok()?);
        let days = match day_of_year {
            Some(n) => Some(days_from_civil(year, 1, 1) + n - 1)
                .filter(|&days| n >= 1 && days < days_from_civil(year + 1, 1, 1))?,
            // A day that the month does not have comes out as another.
            None => Some(days_from_civil(year, month_no.clamp(1, 12), day_no))
                .filter(|&days| crate::data::value::civil_from_days(days) == (year, month_no, day_no))?,
        };
        Some(days * DAY + (hour * 60 + minute) * 60_000 + second * 1000 + millis)
    }
}

fn literal_field(fields: &mut Vec<Field>, text: &str) {
    match fields.last_mut() {
        Some(Field::Literal(last)) => last.push_str(text),
        _ => fields.push(Field::Literal(text.to_owned())),
    }
}

/// Text in quotes, where `''` stands for one quote, also outside of quotes; and how long it is with them.
fn quoted(text: &str) -> Option<(String, usize)> {
    if text.starts_with("''") {
        return Some(("'".to_owned(), 2));
    }
    let mut inside = String::new();
    let mut at = 1;
    loop {
        let end = at + text.get(at..)?.find('\'')?;
        inside.push_str(&text[at..end]);
        at = end + 1;
        if !text[at..].starts_with('\'') {
            return Some((inside, at));
        }
        inside.push('\'');
        at += 1;
    }
}

fn name(names: &[&'static str], n: i64, long: bool) -> &'static str {
    let name = usize::try_from(n - 1).ok().and_then(|idx| names.get(idx)).copied().unwrap_or_default();
    if long { name } else { &name[..3.min(name.len())] }
}

fn read_name(rest: &mut &str, names: &[&'static str], long: bool) -> Option<i64> {
    for n in 1..=names.len() as i64 {
        let name = name(names, n, long);
        if let Some(found) = rest.get(..name.len())
            && found.eq_ignore_ascii_case(name)
        {
            *rest = &rest[name.len()..];
            return Some(n);
        }
    }
    None
}

/// Takes as many digits as there are, up to `max`; a field of several letters has exactly as many digits.
fn digits(rest: &mut &str, width: usize, max: usize) -> Option<i64> {
    let max = if width > 1 { width } else { max };
    let n = rest.bytes().take(max).take_while(u8::is_ascii_digit).count();
    if n < width {
        return None;
    }
    let (digits, after) = rest.split_at(n);
    *rest = after;
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expr::kernels::calendar::parse_timestamp;

    #[test]
    fn times_are_read_back_from_what_was_written() {
        let time = parse_timestamp("2013-03-09 13:05:07.250").expect("time");
        for (format, text) in [
            ("yyyy-MM-dd HH:mm:ss.SSS", "2013-03-09 13:05:07.250"),
            ("yyyyMMddHHmmssSSS", "20130309130507250"),
            ("dd.M.yy h:mm:ss,SSS a", "09.3.13 1:05:07,250 PM"),
            ("yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'", "2013-03-09T13:05:07.250000Z"),
            ("EEE, d MMM yyyy HH:mm:ss.SSS", "Sat, 9 Mar 2013 13:05:07.250"),
            ("EEEE d MMMM yyyy ''HH'o''clock' mm ss SSS", "Saturday 9 March 2013 '13o'clock 05 07 250"),
            ("yyyy DDD HH mm ss SSS", "2013 068 13 05 07 250"),
        ] {
            let pattern = Pattern::parse(format).expect(format);
            let mut out = String::new();
            pattern.write(time, &mut out);
            assert_eq!(out, text, "{format}");
            assert_eq!(pattern.read(text), Some(time), "{format}");
        }
    }

    #[test]
    fn texts_of_another_form_are_not_read() {
        let pattern = Pattern::parse("yyyy-MM-dd HH:mm").expect("pattern");
        for text in [
            "2013-02-30 10:00",
            "2013-02-03 24:00",
            "2013-2-03 10:00",
            "2013-02-03 10:00 ",
            "2013-02-03",
            "",
            "éééé",
        ] {
            assert_eq!(pattern.read(text), None, "{text}");
        }
        assert!(Pattern::parse("yyyy Q").is_err_and(|message| message.contains("`Q`")));
        assert!(Pattern::parse("yyyy 'x").is_err());
    }
}
