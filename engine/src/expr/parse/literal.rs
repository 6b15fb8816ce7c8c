//! Numbers and intervals as they are written, and the words that a name cannot be.

use crate::expr::ast::{Interval, Number};

/// Words that are part of the grammar; as names of columns they need back-quotes.
pub(in crate::expr) const RESERVED: [&str; 20] = [
    "AND", "AS", "BETWEEN", "CASE", "DISTINCT", "ELSE", "END", "ESCAPE", "FALSE", "FOR", "FROM", "IN", "IS",
    "LIKE", "NOT", "NULL", "OR", "THEN", "TRUE", "WHEN",
];

/// The units of time that functions and intervals take.
#[rustfmt::skip]
pub(in crate::expr) const UNITS: [&str; 17] = [
    "MILLENNIUM", "CENTURY", "DECADE", "YEAR", "QUARTER", "MONTH", "WEEK", "DAY", "HOUR", "MINUTE", "SECOND",
    "MILLISECOND", "DOY", "DOW", "ISODOW", "ISOYEAR", "EPOCH",
];

/// Reads a number as Flink types it: whole ones are INT or BIGINT, or DECIMAL where they are larger; those with a point are DECIMAL with
/// as many digits as were written; those with an exponent are DOUBLE. `None` if there are more than 38 digits.
pub(super) fn read_number(sign: &str, text: &str) -> Option<Number> {
    if text.contains(['e', 'E']) {
        let value = text.parse::<f64>().ok().filter(|value| value.is_finite())?;
        return Some(Number::Double(if sign.is_empty() { value } else { -value }));
    }
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = format!("{whole}{fraction}");
    let value: i128 = format!("{sign}{digits}").parse().ok()?;
    if !text.contains('.')
        && let Ok(value) = i64::try_from(value)
    {
        return Some(Number::Int(value));
    }
    let leading = digits.len() - digits.trim_start_matches('0').len();
    let precision = digits.len() - leading.min(whole.len().saturating_sub(1));
    (precision <= 38).then_some(Number::Decimal(value, precision as u8, fraction.len() as u8))
}

pub(super) const UNIT_NAMES: [&str; 7] = ["YEAR", "MONTH", "WEEK", "DAY", "HOUR", "MINUTE", "SECOND"];
const UNIT_MILLIS: [i64; 7] = [0, 0, 7 * 86_400_000, 86_400_000, 3_600_000, 60_000, 1000];

/// Reads an interval's text for the units `first` to `last`: `5`, `-1.5` (seconds only), `2-6` (years and months), `1 06:30:00.250`.
pub(super) fn read_interval(text: &str, first: usize, last: usize) -> Option<Interval> {
    let text = text.trim();
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let mut fields = text.split(|c: char| c == ':' || c == '-' || c.is_whitespace());
    let signed = |n: i64| if negative { -n } else { n };
    if first <= 1 {
        let mut months = 0i64;
        for unit in first..=last {
            let factor = if unit == 0 { 12 } else { 1 };
            months = months
                .checked_add(fields.next()?.parse::<u32>().ok().map(i64::from)?.checked_mul(factor)?)?;
        }
        return (fields.next().is_none() && last <= 1).then_some(Interval::Months(signed(months)));
    }
    if last < first {
        return None;
    }
    let mut millis = 0i64;
    // A week is no part of a longer form: DAY TO SECOND starts at the day.
    for unit in (first..=last).filter(|&unit| unit != 2 || first == last) {
        let field = fields.next()?;
        let (whole, fraction) =
            if unit == 6 { field.split_once('.').unwrap_or((field, "")) } else { (field, "") };
        if whole.is_empty() || !whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit()) {
            return None;
        }
        let fraction: i64 = format!("{fraction:0<3}")[..3].parse().ok()?;
        let whole = whole.parse::<i64>().ok()?.checked_mul(UNIT_MILLIS[unit])?;
        millis = millis.checked_add(whole)?.checked_add(fraction)?;
    }
    fields.next().is_none().then_some(Interval::Millis(signed(millis)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interval(text: &str, first: &str, last: &str) -> Option<Interval> {
        let unit = |name: &str| UNIT_NAMES.iter().position(|unit| *unit == name).expect(name);
        read_interval(text, unit(first), unit(last))
    }

    #[test]
    fn intervals_are_read_in_every_form() {
        assert_eq!(interval("5", "MINUTE", "MINUTE"), Some(Interval::Millis(300_000)));
        assert_eq!(interval("-1.5", "SECOND", "SECOND"), Some(Interval::Millis(-1500)));
        assert_eq!(interval("1 06:30:00.250", "DAY", "SECOND"), Some(Interval::Millis(109_800_250)));
        assert_eq!(interval("06:30", "HOUR", "MINUTE"), Some(Interval::Millis(23_400_000)));
        assert_eq!(interval("2-6", "YEAR", "MONTH"), Some(Interval::Months(30)));
        assert_eq!(interval("2", "WEEK", "WEEK"), Some(Interval::Millis(1_209_600_000)));
        for (text, first, last) in [
            ("", "DAY", "DAY"),
            ("1.5", "DAY", "DAY"),
            ("1:2", "DAY", "DAY"),
            ("1", "DAY", "HOUR"),
            ("1 2", "MINUTE", "HOUR"),
            ("1-2", "YEAR", "SECOND"),
            ("99999999999999999", "WEEK", "WEEK"),
            ("1é", "DAY", "DAY"),
            ("1.é", "SECOND", "SECOND"),
        ] {
            assert_eq!(interval(text, first, last), None, "{text}");
        }
    }

    #[test]
    fn numbers_have_the_type_that_they_are_written_in() {
        assert_eq!(read_number("", "42"), Some(Number::Int(42)));
        assert_eq!(read_number("-", "9223372036854775808"), Some(Number::Int(i64::MIN)));
        assert_eq!(read_number("", "9223372036854775808"), Some(Number::Decimal(1 << 63, 19, 0)));
        assert_eq!(read_number("", "00.50"), Some(Number::Decimal(50, 3, 2)));
        assert_eq!(read_number("-", ".5"), Some(Number::Decimal(-5, 1, 1)));
        assert_eq!(read_number("", "1e3"), Some(Number::Double(1000.0)));
        assert_eq!(read_number("", "1e400"), None);
        assert_eq!(read_number("", &"1".repeat(39)), None);
    }
}
