//! Values of parameters as text: how each is written, and what can be read.

use serde_json::Value;

use super::super::shape::{Field, Kind};
use crate::ui_kit::format_time::{duration, parse_duration};
use crate::ui_kit::{t, t_args};

/// What holds while nothing is written.
pub(super) fn hint(field: &Field, value: Option<&Value>) -> String {
    if field.may_be_empty && value.is_some() {
        return t("inspector.empty").to_owned();
    }
    let default =
        field.default.as_ref().map(|default| text_of(&field.kind, default)).filter(|text| !text.is_empty());
    match default {
        Some(default) => t_args("inspector.default", &[("value", &default)]),
        None if field.kind == Kind::Duration => t("inspector.duration_hint").to_owned(),
        None => String::new(),
    }
}

/// A value as it is written.
pub(super) fn text_of(kind: &Kind, value: &Value) -> String {
    match (kind, value) {
        (_, Value::Null) => String::new(),
        (Kind::Duration, Value::Number(number)) => match number.as_i64() {
            Some(millis) if millis < 0 => format!("-{}", plain_duration(millis.unsigned_abs())),
            Some(millis) => plain_duration(millis.unsigned_abs()),
            None => number.to_string(),
        },
        (Kind::Json, value) => value.to_string(),
        (_, Value::String(text)) => text.clone(),
        (_, value) => value.to_string(),
    }
}

/// The milliseconds that a duration is kept as.
pub(super) fn millis_of(value: &Value) -> Option<i64> {
    value.as_i64()
}

/// A duration that reads back as the same number: in milliseconds where its two largest units would round it.
fn plain_duration(millis: u64) -> String {
    let text = duration(millis).replace('\u{202F}', " ");
    if parse_duration(&text) == Ok(millis) { text } else { format!("{millis} ms") }
}

/// What is written, as a value; a text that is no value says why not. Space around it counts where it can mean something.
pub(super) fn read(kind: &Kind, written: &str) -> Result<Option<Value>, &'static str> {
    let text = written.trim();
    match kind {
        Kind::Duration if text.is_empty() => Ok(None),
        Kind::Duration => {
            let (negative, rest) = text.strip_prefix(['-', '−']).map_or((false, text), |rest| (true, rest));
            let millis = parse_duration(rest).map_err(|_| t("inspector.not_a_duration"))?;
            let millis = i64::try_from(millis).map_err(|_| t("inspector.too_large"))?;
            Ok(Some(Value::from(if negative { -millis } else { millis })))
        }
        Kind::Integer if text.is_empty() => Ok(None),
        Kind::Integer => {
            text.parse::<i64>().map(|n| Some(Value::from(n))).map_err(|_| t("inspector.not_an_integer"))
        }
        Kind::Number if text.is_empty() => Ok(None),
        Kind::Number => match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(Some(Value::from(number))),
            _ => Err(t("inspector.not_a_number")),
        },
        Kind::Expression | Kind::Condition => Ok(Some(Value::from(text)).filter(|_| !text.is_empty())),
        Kind::Json => serde_json::from_str(text).map(Some).map_err(|_| t("inspector.not_json")),
        // A flow parameter stands in for a value of any type.
        _ => Ok(Some(Value::from(written))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_reads_back_as_the_same_number() {
        for millis in
            [0_i64, 1, 250, 1_500, 90_000, 3_599_999, 3_600_000, 7_260_000, 90_061_001, 315_576_000_000]
        {
            let text = text_of(&Kind::Duration, &Value::from(millis));
            assert_eq!(read(&Kind::Duration, &text), Ok(Some(Value::from(millis))), "{text}");
        }
        let back = text_of(&Kind::Duration, &Value::from(-3_600_000));
        assert_eq!(read(&Kind::Duration, &back), Ok(Some(Value::from(-3_600_000))));
    }

    #[test]
    fn what_is_not_a_value_says_why() {
        assert!(read(&Kind::Duration, "5 parsecs").is_err());
        assert!(read(&Kind::Integer, "1.5").is_err());
        assert!(read(&Kind::Number, "NaN").is_err());
        assert_eq!(read(&Kind::Number, " 2.5 "), Ok(Some(Value::from(2.5))));
        assert_eq!(read(&Kind::Integer, ""), Ok(None));
    }

    #[test]
    fn space_is_part_of_a_text_and_of_no_number() {
        assert_eq!(read(&Kind::Text, "\t"), Ok(Some(Value::from("\t"))));
        assert_eq!(read(&Kind::Text, " a "), Ok(Some(Value::from(" a "))));
        assert_eq!(read(&Kind::Text, ""), Ok(Some(Value::from(""))));
        assert_eq!(read(&Kind::Duration, " 5 min "), Ok(Some(Value::from(300_000))));
        assert_eq!(read(&Kind::Expression, " \n"), Ok(None));
    }
}
