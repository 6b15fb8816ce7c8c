//! JSON that is read strictly and written in one way only.
//!
//! `serde_json` keeps the last of two equal keys and writes every value of an array on a line of its own. Here two equal keys are
//! refused, and short lists stay on one line, so that a change of one thing is a change of one line.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::limits::{MAX_DEPTH, MAX_NAME_BYTES};
use crate::error::{EngineError, Result};
use crate::ids::escaped;

/// A JSON value in which no object has a key twice; keys are sorted.
pub(super) struct Exact(pub Value);

impl<'de> Deserialize<'de> for Exact {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Exact, D::Error> {
        deserializer.deserialize_any(ExactVisitor).map(Exact)
    }
}

struct ExactVisitor;

impl<'de> Visitor<'de> for ExactVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("number out of range"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(Exact(value)) = seq.next_element()? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut values = Map::new();
        while let Some(key) = map.next_key::<String>()? {
            check_new_key(&key, values.contains_key(&key))?;
            let Exact(value) = map.next_value()?;
            values.insert(key, value);
        }
        values.sort_keys();
        Ok(Value::Object(values))
    }
}

/// Refuses a key that stands twice, or is longer than a name may be.
pub(super) fn check_new_key<E: Error>(key: &str, known: bool) -> Result<(), E> {
    if known {
        return Err(E::custom(format_args!("`{}` stands twice", brief(key))));
    }
    if key.len() > MAX_NAME_BYTES {
        return Err(E::custom(format_args!("`{}` is longer than {MAX_NAME_BYTES} bytes", brief(key))));
    }
    Ok(())
}

/// Text for a message: escaped, and no longer than a line.
pub(super) fn brief(text: &str) -> String {
    let mut short: String = text.chars().take(80).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    escaped(&short).into_owned()
}

/// Refuses text that nests arrays and objects deeper than a flow may.
///
/// # Errors
/// The line and column of the first bracket too many.
pub(super) fn check_depth(text: &str) -> Result<()> {
    let (mut depth, mut in_string, mut escape) = (0_usize, false, false);
    for (idx, byte) in text.bytes().enumerate() {
        match byte {
            _ if escape => escape = false,
            b'\\' if in_string => escape = true,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => depth += 1,
            b']' | b'}' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_DEPTH {
            let before = &text.as_bytes()[..idx];
            let line = 1 + memchr::memchr_iter(b'\n', before).count();
            let column = idx - memchr::memrchr(b'\n', before).map_or(0, |newline| newline + 1) + 1;
            return Err(EngineError::flow(format!(
                "line {line}, column {column}: brackets are nested deeper than {MAX_DEPTH}"
            )));
        }
    }
    Ok(())
}

/// What a failure to read means, in one sentence with line and column.
pub(super) fn sentence(error: &serde_json::Error) -> EngineError {
    let text = error.to_string();
    let message = text.rsplit_once(" at line ").map_or(&*text, |(message, _)| message);
    let mut quoted = message.split('`').skip(1).step_by(2);
    let first = quoted.next().unwrap_or_default();
    let message = if error.is_eof() {
        "the text ends before the flow does".to_owned()
    } else if message.starts_with("unknown field") {
        let fix = (first.len() <= 64).then(|| crate::data::most_similar(first, quoted)).flatten();
        let fix = fix.map_or_else(String::new, |name| format!("; did you mean `{name}`?"));
        format!("there is no field `{}` here{fix}", brief(first))
    } else if message.starts_with("missing field") {
        format!("the field `{first}` is missing")
    } else if message.starts_with("duplicate field") {
        format!("`{first}` stands twice")
    } else if message.starts_with("number out of range") {
        "the number is too large".to_owned()
    } else {
        escaped(message).into_owned()
    };
    if error.line() == 0 || error.is_eof() {
        return EngineError::flow(message);
    }
    EngineError::flow(format!("line {}, column {}: {message}", error.line(), error.column()))
}

/// How wide a line may be for a list to stay on it.
const WIDTH: usize = 100;

/// Writes a value over several lines, `indent` levels deep.
///
/// Lists of plain values stay on one line where they fit, and so do objects of plain values that are elements of a list.
pub(super) fn write_value(out: &mut String, value: &Value, indent: usize) {
    match value {
        Value::Array(values) => write_list(out, values, indent),
        Value::Object(fields) => write_block(out, fields, indent),
        plain => out.push_str(&plain.to_string()),
    }
}

/// Writes an object with each of its fields on a line of its own.
pub(super) fn write_block(out: &mut String, fields: &Map<String, Value>, indent: usize) {
    write_lines(out, ['{', '}'], indent, fields, |out, (key, value)| {
        write_key(out, key);
        write_value(out, value, indent + 1);
    });
}

/// Writes the elements of a list or object, each on a line of its own.
pub(super) fn write_lines<T>(
    out: &mut String,
    brackets: [char; 2],
    indent: usize,
    items: impl IntoIterator<Item = T>,
    mut write: impl FnMut(&mut String, T),
) {
    out.push(brackets[0]);
    let mut empty = true;
    for item in items {
        out.push_str(if empty { "\n" } else { ",\n" });
        push_indent(out, indent + 1);
        write(out, item);
        empty = false;
    }
    if !empty {
        out.push('\n');
        push_indent(out, indent);
    }
    out.push(brackets[1]);
}

/// Writes `"key": `.
pub(super) fn write_key(out: &mut String, key: &str) {
    out.push_str(&Value::from(key).to_string());
    out.push_str(": ");
}

fn write_list(out: &mut String, values: &[Value], indent: usize) {
    let column = out.len() - out.rfind('\n').map_or(0, |newline| newline + 1);
    if let Some(line) = on_one_line(values)
        && column + line.chars().count() <= WIDTH
    {
        out.push_str(&line);
        return;
    }
    write_lines(out, ['[', ']'], indent, values, |out, value| match value {
        Value::Object(fields) => match object_on_one_line(fields) {
            Some(line) if 2 * (indent + 1) + line.chars().count() <= WIDTH => out.push_str(&line),
            _ => write_block(out, fields, indent + 1),
        },
        other => write_value(out, other, indent + 1),
    });
}

fn on_one_line(values: &[Value]) -> Option<String> {
    let parts: Option<Vec<_>> = values.iter().map(plain).collect();
    Some(format!("[{}]", parts?.join(", ")))
}

/// `{ "from": "a.out", "to": "b.in" }`, if all values are plain.
pub(super) fn object_on_one_line(fields: &Map<String, Value>) -> Option<String> {
    if fields.is_empty() {
        return Some("{}".to_owned());
    }
    let parts: Option<Vec<_>> = fields
        .iter()
        .map(|(key, value)| Some(format!("{}: {}", Value::from(key.as_str()), plain(value)?)))
        .collect();
    Some(format!("{{ {} }}", parts?.join(", ")))
}

fn plain(value: &Value) -> Option<String> {
    (!value.is_array() && !value.is_object()).then(|| value.to_string())
}

fn push_indent(out: &mut String, levels: usize) {
    out.extend(std::iter::repeat_n("  ", levels));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> String {
        let Exact(value) = serde_json::from_str(text).expect("JSON");
        let mut out = String::new();
        write_value(&mut out, &value, 0);
        out
    }

    #[test]
    fn short_lists_stay_on_one_line_and_keys_are_sorted() {
        let text = written(r#"{"b":[1,2.5,"x"],"a":[{"y":1,"x":null},{"z":[1]}],"c":{},"d":[]}"#);
        let expected = r#"{
  "a": [
    { "x": null, "y": 1 },
    {
      "z": [1]
    }
  ],
  "b": [1, 2.5, "x"],
  "c": {},
  "d": []
}"#;
        assert_eq!(text, expected);
    }

    #[test]
    fn a_list_too_long_for_a_line_is_spread() {
        let long = format!("[{}]", ["\"0123456789\""; 12].join(","));
        assert_eq!(written(&long).lines().count(), 14);
    }

    #[test]
    fn a_key_that_stands_twice_is_refused_at_any_depth() {
        for text in [r#"{"a":1,"a":2}"#, r#"[{"b":{"a":1,"c":0,"a":1}}]"#] {
            let error = serde_json::from_str::<Exact>(text).err().expect("a failure");
            assert!(sentence(&error).message().ends_with("`a` stands twice"), "{error}");
        }
    }

    #[test]
    fn depth_is_counted_outside_of_strings() {
        assert!(check_depth(&"[".repeat(MAX_DEPTH)).is_ok());
        assert!(check_depth(&format!("\"{}\\\"{}\"", "[".repeat(99), "{".repeat(99))).is_ok());
        let error = check_depth(&format!("\n {}", "[".repeat(100_000))).expect_err("too deep");
        assert_eq!(error.message(), "line 2, column 66: brackets are nested deeper than 64");
    }

    #[test]
    fn numbers_are_read_back_exactly() {
        for text in
            ["0.1", "5e-324", "1.7976931348623157e+308", "18446744073709551615", "-9223372036854775808"]
        {
            assert_eq!(written(text), text);
        }
        assert!(serde_json::from_str::<Exact>("1e999").is_err());
    }
}
