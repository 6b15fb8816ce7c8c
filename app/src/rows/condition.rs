//! What a person types above a column, read as a condition on its values. Pure.
//!
//! | Column | What is understood |
//! | --- | --- |
//! | text | `oslo` (contains, in any case), `=Oslo`, `!=Oslo`, `/^Os.o$/`, `/oslo/i` |
//! | numbers | `5`, `> 5`, `<= 5`, `!= 3`, `10..20`, `10..`, `..20` |
//! | times | `> 2013-01-02 05:00`, `2013-01-02`, `05:00..06:00`, `2013-01-02 05:00..06:00` |
//! | truth values | `true`, `false` |
//! | all | `null`, `!null` |
//!
//! NULL meets no condition but `null`, as in SQL.

use std::cmp::Ordering;

use regex::{Regex, RegexBuilder};
use tidemark_engine::data::{DataType, Value};

use crate::ui_kit::format_time::parse_timestamp;

const DAY: i64 = 86_400_000;
const MINUTE: i64 = 60_000;
const SECOND: i64 = 1_000;
/// How large a compiled pattern may be, in bytes.
const MAX_PATTERN: usize = 1 << 20;
/// The digits that a DECIMAL can have.
const MAX_DIGITS: u32 = 38;

/// What the values of one column must be.
#[derive(Clone, Debug)]
pub struct Condition {
    test: Test,
    negated: bool,
}

#[derive(Clone, Debug)]
enum Test {
    Null,
    Boolean(bool),
    /// The text contains this, which is in lower case.
    Contains(String),
    Exactly(String),
    Pattern(Box<Regex>),
    Number(Span<Number>),
    /// Milliseconds since the epoch.
    Instant(Span<i64>),
    /// Milliseconds since midnight; a span that ends before it begins goes over midnight.
    TimeOfDay(Span<i64>),
}

/// Why a text is no condition on a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConditionError {
    /// A number is meant to stand there.
    Number,
    /// An instant is meant to stand there.
    Instant,
    /// A day is meant to stand there.
    Date,
    /// A time of day is meant to stand there.
    TimeOfDay,
    /// `true` or `false` is meant to stand there.
    Boolean,
    /// The pattern does not compile, and why.
    Pattern(String),
    /// A range ends before it begins.
    EmptyRange,
}

/// Values from one bound to another.
#[derive(Clone, Copy, Debug)]
struct Span<T> {
    from: Option<(T, Edge)>,
    to: Option<(T, Edge)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Edge {
    In,
    Out,
}

/// How a typed value relates to those of the column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Relation {
    Is,
    Less,
    AtMost,
    Greater,
    AtLeast,
}

impl Condition {
    /// Reads what was typed above a column of this type; `None` if that is nothing.
    ///
    /// # Errors
    /// If it is no condition on such a column.
    pub fn parse(text: &str, data_type: &DataType) -> Result<Option<Condition>, ConditionError> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(None);
        }
        let condition = |test, negated| Ok(Some(Condition { test, negated }));
        match text.to_ascii_lowercase().as_str() {
            "null" => return condition(Test::Null, false),
            "!null" => return condition(Test::Null, true),
            _ => {}
        }
        let (test, negated) = match data_type {
            DataType::Boolean => boolean(text)?,
            DataType::Date | DataType::Time | DataType::Timestamp | DataType::TimestampLtz => {
                time(text, data_type)?
            }
            data_type if data_type.is_numeric() => number(text)?,
            _ => words(text)?,
        };
        condition(test, negated)
    }

    /// Whether a value meets it.
    pub fn is_met_by(&self, value: &Value) -> bool {
        if let Test::Null = self.test {
            return value.is_null() != self.negated;
        }
        if value.is_null() {
            return false;
        }
        let meets = match &self.test {
            Test::Null => false,
            Test::Boolean(wanted) => *value == Value::Boolean(*wanted),
            Test::Contains(part) => with_text(value, |text| text.to_lowercase().contains(part)),
            Test::Exactly(wanted) => with_text(value, |text| text == wanted),
            Test::Pattern(pattern) => with_text(value, |text| pattern.is_match(text)),
            Test::Number(span) => span.contains(|bound| bound.cmp_to(value)),
            Test::Instant(span) => {
                instant_of(value).is_some_and(|at| span.contains(|bound| Some(at.cmp(bound))))
            }
            Test::TimeOfDay(span) => time_of_day(value).is_some_and(|at| span.contains_on_dial(at)),
        };
        meets != self.negated
    }
}

impl<T> Span<T> {
    /// The values that stand in a relation to one that reaches from `first` to `last`.
    fn of(relation: Relation, first: T, last: T) -> Span<T> {
        match relation {
            Relation::Is => Span { from: Some((first, Edge::In)), to: Some((last, Edge::In)) },
            Relation::Less => Span { from: None, to: Some((first, Edge::Out)) },
            Relation::AtMost => Span { from: None, to: Some((last, Edge::In)) },
            Relation::Greater => Span { from: Some((last, Edge::Out)), to: None },
            Relation::AtLeast => Span { from: Some((first, Edge::In)), to: None },
        }
    }

    /// Whether a value lies in it, given how that value compares to a bound; what does not compare lies nowhere.
    fn contains(&self, compare: impl Fn(&T) -> Option<Ordering>) -> bool {
        let is_behind = |bound: &Option<(T, Edge)>, outside: Ordering| {
            bound.as_ref().is_none_or(|(bound, edge)| match compare(bound) {
                None => false,
                Some(Ordering::Equal) => *edge == Edge::In,
                Some(side) => side != outside,
            })
        };
        is_behind(&self.from, Ordering::Less) && is_behind(&self.to, Ordering::Greater)
    }
}

impl Span<i64> {
    /// Whether a time of day lies in it, over midnight if it ends before it begins.
    fn contains_on_dial(&self, at: i64) -> bool {
        let compare = |bound: &i64| Some(at.cmp(bound));
        match (self.from, self.to) {
            (Some((from, _)), Some((to, _))) if from > to => {
                Span { to: None, ..*self }.contains(compare) || Span { from: None, ..*self }.contains(compare)
            }
            _ => self.contains(compare),
        }
    }
}

/// A typed number: exact where it has the digits of a DECIMAL, and as the nearest double.
#[derive(Clone, Copy, Debug)]
struct Number {
    exact: Option<(i128, u32)>,
    double: f64,
}

impl Number {
    fn parse(text: &str) -> Option<Number> {
        let text = text.trim().replace('−', "-");
        let double: f64 = text.parse().ok().filter(|double: &f64| !double.is_nan())?;
        let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
        let digits = format!("{whole}{fraction}");
        let is_plain = digits.trim_start_matches(['-', '+']).len() <= MAX_DIGITS as usize;
        let unscaled = digits.parse::<i128>().ok().filter(|_| is_plain);
        Some(Number { exact: unscaled.map(|unscaled| (unscaled, fraction.len() as u32)), double })
    }

    /// How a value compares to this number; `None` if it does not, as NaN.
    fn cmp_to(&self, value: &Value) -> Option<Ordering> {
        let cmp_exact = |unscaled: i128, scale: u32| match self.exact {
            Some(bound) => Some(cmp_decimals((unscaled, scale), bound)),
            None => (unscaled as f64 / 10_f64.powi(scale as i32)).partial_cmp(&self.double),
        };
        match value {
            Value::Int(value) => cmp_exact(i128::from(*value), 0),
            Value::Decimal(unscaled, scale) => cmp_exact(*unscaled, u32::from(*scale)),
            Value::Double(value) => value.partial_cmp(&self.double),
            _ => None,
        }
    }
}

/// Compares two numbers of at most 38 digits, each with so many of them behind the point, without rounding.
fn cmp_decimals(a: (i128, u32), b: (i128, u32)) -> Ordering {
    // Whole part and 38 digits behind the point: below 10^38, so nothing overflows.
    let parts = |(unscaled, scale): (i128, u32)| {
        let scale = scale.min(MAX_DIGITS);
        let unit = 10_i128.pow(scale);
        (unscaled.div_euclid(unit), unscaled.rem_euclid(unit) * 10_i128.pow(MAX_DIGITS - scale))
    };
    parts(a).cmp(&parts(b))
}

fn boolean(text: &str) -> Result<(Test, bool), ConditionError> {
    let (negated, rest) = match text.strip_prefix('!') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let word = rest.strip_prefix('=').unwrap_or(rest).trim();
    let wanted = match word.to_ascii_lowercase().as_str() {
        "true" => true,
        "false" => false,
        _ => return Err(ConditionError::Boolean),
    };
    Ok((Test::Boolean(wanted), negated))
}

fn words(text: &str) -> Result<(Test, bool), ConditionError> {
    if let Some(exactly) = text.strip_prefix("!=") {
        return Ok((Test::Exactly(exactly.trim_start().to_owned()), true));
    }
    if let Some(exactly) = text.strip_prefix('=') {
        return Ok((Test::Exactly(exactly.trim_start().to_owned()), false));
    }
    let pattern = text.strip_prefix('/').and_then(|rest| rest.rsplit_once('/'));
    if let Some((pattern, flags @ ("" | "i"))) = pattern {
        let regex = RegexBuilder::new(pattern).case_insensitive(flags == "i").size_limit(MAX_PATTERN).build();
        let regex = regex.map_err(|error| {
            // Its last line says what is wrong; those before draw the place.
            let text = error.to_string();
            let reason = text.lines().last().unwrap_or_default();
            ConditionError::Pattern(reason.strip_prefix("error: ").unwrap_or(reason).to_owned())
        })?;
        return Ok((Test::Pattern(Box::new(regex)), false));
    }
    Ok((Test::Contains(text.to_lowercase()), false))
}

fn number(text: &str) -> Result<(Test, bool), ConditionError> {
    let parse = |text: &str| Number::parse(text).ok_or(ConditionError::Number);
    if let Some((from, to)) = range(text) {
        let bound = |text: Option<&str>| text.map(parse).transpose();
        let (from, to) = (bound(from)?, bound(to)?);
        if let (Some(from), Some(to)) = (from, to)
            && is_greater(from, to)
        {
            return Err(ConditionError::EmptyRange);
        }
        let bound = |number: Option<Number>| number.map(|number| (number, Edge::In));
        return Ok((Test::Number(Span { from: bound(from), to: bound(to) }), false));
    }
    let (relation, negated, rest) = relation(text);
    let number = parse(rest)?;
    Ok((Test::Number(Span::of(relation, number, number)), negated))
}

fn is_greater(a: Number, b: Number) -> bool {
    match (a.exact, b.exact) {
        (Some(a), Some(b)) => cmp_decimals(a, b) == Ordering::Greater,
        _ => a.double > b.double,
    }
}

/// A typed time: where it begins, where it ends if it is compared with, and where if values are to be it.
#[derive(Clone, Copy)]
struct Moment {
    first: i64,
    last: i64,
    last_of_it: i64,
    is_of_day: bool,
}

impl Moment {
    /// A time that has no day of its own is of the day of `near`, or of any if there is none.
    fn parse(text: &str, data_type: &DataType, near: Option<i64>) -> Result<Moment, ConditionError> {
        let text = text.trim();
        let error = match data_type {
            DataType::Date => ConditionError::Date,
            DataType::Time => ConditionError::TimeOfDay,
            _ => ConditionError::Instant,
        };
        let has_clock = text.contains(':');
        let has_day = !has_clock || text.contains([' ', 'T', 't', '-']);
        let fits = match data_type {
            DataType::Date => has_day && !has_clock,
            DataType::Time => !has_day,
            _ => true,
        };
        let first = parse_timestamp(text, near.unwrap_or(0)).ok().filter(|_| fits).ok_or(error)?;
        let length = match (has_clock, text.matches(':').count(), text.contains('.')) {
            (false, ..) => DAY,
            (true, 1, _) => MINUTE,
            (true, _, false) => SECOND,
            (true, _, true) => 1,
        };
        let last_of_it = first.saturating_add(length - 1);
        // What comes after a day comes after all of it; what comes after five o'clock may be a second past five.
        let last = if has_clock { first } else { last_of_it };
        Ok(Moment { first, last, last_of_it, is_of_day: !has_day && near.is_none() })
    }
}

fn time(text: &str, data_type: &DataType) -> Result<(Test, bool), ConditionError> {
    let test = |span, is_of_day| if is_of_day { Test::TimeOfDay(span) } else { Test::Instant(span) };
    if let Some((from, to)) = range(text) {
        let from = from.map(|text| Moment::parse(text, data_type, None)).transpose()?;
        let near = from.filter(|from| !from.is_of_day).map(|from| from.first);
        let to = to.map(|text| Moment::parse(text, data_type, near)).transpose()?;
        if let (Some(from), Some(to)) = (from, to) {
            if from.is_of_day != to.is_of_day {
                return Err(ConditionError::Instant);
            }
            if !from.is_of_day && from.first > to.last {
                return Err(ConditionError::EmptyRange);
            }
        }
        let is_of_day = from.or(to).is_some_and(|moment| moment.is_of_day);
        let span =
            Span { from: from.map(|from| (from.first, Edge::In)), to: to.map(|to| (to.last, Edge::In)) };
        return Ok((test(span, is_of_day), false));
    }
    let (relation, negated, rest) = relation(text);
    let moment = Moment::parse(rest, data_type, None)?;
    let last = if relation == Relation::Is { moment.last_of_it } else { moment.last };
    Ok((test(Span::of(relation, moment.first, last), moment.is_of_day), negated))
}

/// The two ends of a range, of which one may be missing.
fn range(text: &str) -> Option<(Option<&str>, Option<&str>)> {
    let (from, to) = text.split_once("..")?;
    let end = |text: &'_ str| !text.trim().is_empty();
    (end(from) || end(to)).then(|| (Some(from).filter(|from| end(from)), Some(to).filter(|to| end(to))))
}

/// The relation that stands before a value, whether it is turned round, and the value. A value alone is what values must be.
fn relation(text: &str) -> (Relation, bool, &str) {
    const RELATIONS: [(&str, Relation, bool); 8] = [
        ("<=", Relation::AtMost, false),
        (">=", Relation::AtLeast, false),
        ("!=", Relation::Is, true),
        ("<>", Relation::Is, true),
        ("≠", Relation::Is, true),
        ("<", Relation::Less, false),
        (">", Relation::Greater, false),
        ("=", Relation::Is, false),
    ];
    RELATIONS
        .into_iter()
        .find_map(|(sign, relation, negated)| Some((relation, negated, text.strip_prefix(sign)?)))
        .unwrap_or((Relation::Is, false, text))
}

fn with_text(value: &Value, test: impl FnOnce(&str) -> bool) -> bool {
    match value {
        Value::String(text) | Value::Nested(text) => test(text),
        value => test(&value.to_string()),
    }
}

fn instant_of(value: &Value) -> Option<i64> {
    match value {
        Value::Timestamp(millis) => Some(*millis),
        Value::Date(days) => Some(i64::from(*days) * DAY),
        _ => None,
    }
}

fn time_of_day(value: &Value) -> Option<i64> {
    match value {
        Value::Timestamp(millis) => Some(millis.rem_euclid(DAY)),
        Value::Time(nanos) => Some(nanos.div_euclid(1_000_000)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn meets(text: &str, data_type: &DataType, value: &Value) -> bool {
        let condition = Condition::parse(text, data_type);
        let condition = condition.unwrap_or_else(|error| panic!("`{text}`: {error:?}"));
        condition.unwrap_or_else(|| panic!("`{text}` is no condition")).is_met_by(value)
    }

    fn at(text: &str) -> Value {
        Value::Timestamp(parse_timestamp(text, 0).expect("a time"))
    }

    #[test]
    fn text_is_contained_equal_or_matched() {
        let oslo = Value::String("Oslo, Norway".to_owned());
        for (typed, expected) in [
            ("oslo", true),
            (" NORWAY ", true),
            ("=Oslo", false),
            ("=Oslo, Norway", true),
            ("!=Oslo, Norway", false),
            ("!=Bergen", true),
            ("/^Os.o/", true),
            ("/^os.o/", false),
            ("/^os.o/i", true),
            ("/", false),
            (",", true),
            ("null", false),
            ("!null", true),
            ("=null", false),
        ] {
            assert_eq!(meets(typed, &DataType::String, &oslo), expected, "{typed}");
        }
        assert!(meets("=", &DataType::String, &Value::String(String::new())), "the empty text");
        assert!(!meets("=", &DataType::String, &Value::Null), "NULL is not the empty text");
        assert!(meets("a/b", &DataType::String, &Value::String("a/b/c".to_owned())));
    }

    #[test]
    fn numbers_are_compared_exactly() {
        let big = Value::Int(9_007_199_254_740_993);
        assert!(meets("9007199254740993", &DataType::BigInt, &big), "as a double it would be another");
        assert!(!meets("9007199254740992", &DataType::BigInt, &big));
        assert!(meets("> 9007199254740992.5", &DataType::BigInt, &big));
        let price = Value::Decimal(1_250, 2);
        for (typed, expected) in [
            ("12.5", true),
            ("= 12.50", true),
            ("12.51", false),
            ("12.499..12.501", true),
            ("<> 12.5", false),
            ("≠ 3", true),
            ("..12.5", true),
            ("12.6..", false),
            ("1.25e1", true),
        ] {
            assert_eq!(meets(typed, &DataType::Decimal(10, 2), &price), expected, "{typed}");
        }
        assert!(meets("0.1", &DataType::Double, &Value::Double(0.1)));
        assert!(meets("> −1", &DataType::Double, &Value::Double(-0.5)), "the minus that tables show");
        for typed in ["> 1", "< 1", "1..2", "= 1"] {
            assert!(!meets(typed, &DataType::Double, &Value::Double(f64::NAN)), "{typed}");
        }
        assert!(meets("!= 1", &DataType::Double, &Value::Double(f64::NAN)));
    }

    #[test]
    fn times_are_days_clocks_and_instants() {
        let five = at("2013-01-02 05:00:30");
        for (typed, expected) in [
            ("2013-01-02", true),
            ("2013-01-01", false),
            ("> 2013-01-01", true),
            ("> 2013-01-02", false),
            (">= 2013-01-02", true),
            ("<= 2013-01-02", true),
            ("< 2013-01-02", false),
            ("> 2013-01-02 05:00", true),
            ("<= 2013-01-02 05:00", false),
            ("2013-01-02 05:00", true),
            ("2013-01-02 05:00:29", false),
            ("!= 2013-01-02 05:00:30", false),
            ("05:00..06:00", true),
            ("06:00..07:00", false),
            ("22:00..05:30", true),
            ("22:00..05:00", false),
            ("> 05:00", true),
            ("05:00", true),
            ("2013-01-02 04:00..05:00", false),
            ("2013-01-02 04:00..05:01", true),
            ("2013-01-01..2013-01-02", true),
            ("2013-01-03..", false),
        ] {
            assert_eq!(meets(typed, &DataType::Timestamp, &five), expected, "{typed}");
        }
        assert!(meets("> 2012-12-31", &DataType::Date, &Value::Date(15_706)));
        assert!(meets("05:00..06:00", &DataType::Time, &Value::Time(5 * 3_600 * 1_000_000_000)));
    }

    #[test]
    fn truth_values_are_named() {
        for (typed, expected) in [("true", true), ("FALSE", false), ("!true", false), ("= true", true)] {
            assert_eq!(meets(typed, &DataType::Boolean, &Value::Boolean(true)), expected, "{typed}");
        }
    }

    #[test]
    fn what_is_no_condition_is_refused_with_what_would_be() {
        let refused = |text, data_type| match Condition::parse(text, &data_type) {
            Err(error) => error,
            Ok(condition) => panic!("`{text}` is {condition:?}"),
        };
        for text in ["five", "> ", "1..b", "..", "> 1 2", "nan", "5 > 3"] {
            assert_eq!(refused(text, DataType::Int), ConditionError::Number, "{text}");
        }
        assert_eq!(refused("20..10", DataType::Int), ConditionError::EmptyRange);
        assert_eq!(refused("2013-01-02..2013-01-01", DataType::Timestamp), ConditionError::EmptyRange);
        assert_eq!(refused("05:00..2013-01-01", DataType::Timestamp), ConditionError::Instant);
        assert_eq!(refused("2013-02-31", DataType::Timestamp), ConditionError::Instant);
        assert_eq!(refused("05:00", DataType::Date), ConditionError::Date);
        assert_eq!(refused("2013-01-01", DataType::Time), ConditionError::TimeOfDay);
        assert_eq!(refused("maybe", DataType::Boolean), ConditionError::Boolean);
        assert!(matches!(refused("/(/", DataType::String), ConditionError::Pattern(_)));
        assert!(matches!(refused("/(a{99}){99999}/", DataType::String), ConditionError::Pattern(_)));
        assert!(Condition::parse("  ", &DataType::Int).is_ok_and(|condition| condition.is_none()));
    }

    proptest! {
        #[test]
        fn a_number_is_found_as_arithmetic_finds_it(
            value in -2_000_i64..2_000, bound in -2_000_i64..2_000, width in 0_i64..500, scale in 0_u8..4,
        ) {
            // The oracle compares thousandths as integers.
            let unit = 10_i64.pow(3 - u32::from(scale));
            let typed = |n: i64| {
                let sign = if n < 0 { "-" } else { "" };
                format!("{sign}{}.{:03}", n.abs() / 1_000, n.abs() % 1_000)
            };
            let bound_text = typed(bound);
            let scaled = value * unit;
            let cases = [
                (bound_text.clone(), scaled == bound),
                (format!("= {bound_text}"), scaled == bound),
                (format!("!= {bound_text}"), scaled != bound),
                (format!("<{bound_text}"), scaled < bound),
                (format!("<= {bound_text}"), scaled <= bound),
                (format!(" > {bound_text} "), scaled > bound),
                (format!(">={bound_text}"), scaled >= bound),
                (format!("{bound_text}..{}", typed(bound + width)), scaled >= bound && scaled <= bound + width),
                (format!("{bound_text} .."), scaled >= bound),
                (format!("..{bound_text}"), scaled <= bound),
            ];
            for (text, expected) in cases {
                let decimal = Value::Decimal(i128::from(value), scale);
                prop_assert_eq!(meets(&text, &DataType::Decimal(10, scale), &decimal), expected, "{}", text);
                // Thousandths are told apart by doubles of this size as well.
                let double = Value::Double(scaled as f64 / 1_000.0);
                prop_assert_eq!(meets(&text, &DataType::Double, &double), expected, "{}", text);
                if scale == 0 {
                    prop_assert_eq!(meets(&text, &DataType::BigInt, &Value::Int(value)), expected, "{}", text);
                }
            }
        }

        #[test]
        fn a_time_is_found_as_its_text_says(value in 0_i64..400 * DAY, day in 0_i64..400, hour in 0_i64..24) {
            // The oracle compares the texts that tables show, which sort as the times do.
            let shown = Value::Timestamp(value).to_string();
            let date = Value::Timestamp(day * DAY).to_string()[..10].to_owned();
            let clock = format!("{hour:02}:00");
            let instant = format!("{date} {clock}");
            let cases = [
                (date.clone(), shown[..10] == date),
                (format!("> {date}"), shown[..10] > *date),
                (format!("<= {date}"), shown[..10] <= *date),
                (format!("< {instant}"), shown < format!("{instant}:00.000")),
                (format!(">= {instant}"), shown >= format!("{instant}:00.000")),
                (instant.clone(), shown[..16] == instant),
                (clock.clone(), shown[11..16] == clock),
                (format!("!= {clock}"), shown[11..16] != clock),
                (format!("{clock}..12:00"), {
                    let (from, to) = (shown[11..] >= *format!("{clock}:00.000"), shown[11..] <= *"12:00:00.000");
                    if hour > 12 { from || to } else { from && to }
                }),
            ];
            for (text, expected) in cases {
                prop_assert_eq!(meets(&text, &DataType::Timestamp, &Value::Timestamp(value)), expected, "{}", text);
            }
        }

        #[test]
        fn a_text_is_found_as_it_stands(value in "[aAbBß/ ]{0,8}", part in "[aAbBß]{1,3}") {
            let found = Value::String(value.clone());
            let contains = value.to_lowercase().contains(&part.to_lowercase());
            prop_assert_eq!(meets(&part, &DataType::String, &found), contains);
            prop_assert_eq!(meets(&format!("={part}"), &DataType::String, &found), value == part);
            prop_assert_eq!(meets(&format!("!={part}"), &DataType::String, &found), value != part);
            prop_assert_eq!(meets(&format!("/{part}/"), &DataType::String, &found), value.contains(&part));
        }

        #[test]
        fn nothing_typed_is_a_fault(text in "\\PC{0,24}") {
            for data_type in [DataType::String, DataType::Int, DataType::Double, DataType::Timestamp, DataType::Date, DataType::Time, DataType::Boolean] {
                if let Ok(Some(condition)) = Condition::parse(&text, &data_type) {
                    for value in [Value::Null, Value::Int(i64::MIN), Value::Timestamp(i64::MAX), Value::Decimal(i128::MIN, 38), Value::Double(f64::NAN), Value::String(text.clone())] {
                        condition.is_met_by(&value);
                    }
                }
            }
        }
    }
}
