//! Rows as text that other programs read: values exactly, and NULL told from the empty text.

use std::fmt::Write as _;
use std::str::FromStr;

use tidemark_engine::data::{ChangeMode, DataType, Field, Value};

use crate::engine_link::{Row, WatchedRows};

/// How rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowFormat {
    /// Separated by tabs, which spreadsheets take from the clipboard.
    Tsv,
    /// Separated by commas, as RFC 4180 has it.
    Csv,
    /// One JSON object to a line.
    JsonLines,
}

impl FromStr for RowFormat {
    type Err = ();

    /// The format of files with this extension.
    fn from_str(extension: &str) -> Result<RowFormat, ()> {
        match extension.to_ascii_lowercase().as_str() {
            "csv" => Ok(RowFormat::Csv),
            "tsv" => Ok(RowFormat::Tsv),
            "ndjson" | "jsonl" => Ok(RowFormat::JsonLines),
            _ => Err(()),
        }
    }
}

/// These of the rows, in this format: their columns, and before them the kind of change where rows do more than come.
pub(super) fn rows_as_text(rows: &WatchedRows, chosen: &[u32], format: RowFormat) -> String {
    let fields = rows.edge_type.schema.fields();
    let change = (rows.edge_type.changes != ChangeMode::Append).then(|| name_of_change(fields));
    let mut out = String::new();
    let rows = chosen.iter().filter_map(|row| rows.row(*row as usize));
    match format {
        RowFormat::Tsv => separated(rows, fields, change.as_deref(), '\t', &mut out),
        RowFormat::Csv => separated(rows, fields, change.as_deref(), ',', &mut out),
        RowFormat::JsonLines => json_lines(rows, fields, change.as_deref(), &mut out),
    }
    out
}

/// What the kind of change is called among these columns.
fn name_of_change(fields: &[Field]) -> String {
    let mut name = "change".to_owned();
    while fields.iter().any(|field| *field.name == *name) {
        name.insert(0, '_');
    }
    name
}

fn separated<'a>(
    rows: impl Iterator<Item = Row<'a>>,
    fields: &[Field],
    change: Option<&str>,
    separator: char,
    out: &mut String,
) {
    let names = change.into_iter().chain(fields.iter().map(|field| &*field.name));
    line(names.map(|name| Value::String(name.to_owned())), separator, out);
    for row in rows {
        let change = change.map(|_| Value::String(row.change().short_name().to_owned()));
        let values = (0..fields.len()).map(|column| row.value(column));
        line(change.into_iter().chain(values), separator, out);
    }
}

fn line(values: impl Iterator<Item = Value>, separator: char, out: &mut String) {
    for (column, value) in values.enumerate() {
        if column > 0 {
            out.push(separator);
        }
        match &value {
            Value::String(text) | Value::Nested(text) => quoted(text, separator, out),
            value => out.push_str(&value.to_string()),
        }
    }
    out.push('\n');
}

/// A text, in quotes where it would be read as something else without.
fn quoted(text: &str, separator: char, out: &mut String) {
    let needs_quotes = text.is_empty()
        || text.contains([separator, '"', '\n', '\r'])
        || text.starts_with(char::is_whitespace)
        || text.ends_with(char::is_whitespace);
    if needs_quotes {
        out.push('"');
        out.push_str(&text.replace('"', "\"\""));
        out.push('"');
    } else {
        out.push_str(text);
    }
}

fn json_lines<'a>(
    rows: impl Iterator<Item = Row<'a>>,
    fields: &[Field],
    change: Option<&str>,
    out: &mut String,
) {
    let names: Vec<String> = fields.iter().map(|field| json_text(&field.name)).collect();
    for row in rows {
        out.push('{');
        if let Some(name) = change {
            let _ = write!(out, "{}:\"{}\"", json_text(name), row.change().short_name());
        }
        for (column, (field, name)) in fields.iter().zip(&names).enumerate() {
            if column > 0 || change.is_some() {
                out.push(',');
            }
            out.push_str(name);
            out.push(':');
            json_value(&row.value(column), &field.data_type, out);
        }
        out.push_str("}\n");
    }
}

fn json_value(value: &Value, data_type: &DataType, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        // JSON has no such numbers.
        Value::Double(value) if !value.is_finite() => {
            out.push_str(&json_text(&Value::Double(*value).to_string()));
        }
        Value::Boolean(_) | Value::Int(_) | Value::Double(_) | Value::Decimal(..) => {
            out.push_str(&value.to_string());
        }
        Value::Timestamp(_) => {
            let zone = if *data_type == DataType::TimestampLtz { "Z" } else { "" };
            let _ = write!(out, "\"{}{zone}\"", value.to_string().replacen(' ', "T", 1));
        }
        value => out.push_str(&json_text(&value.to_string())),
    }
}

fn json_text(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
