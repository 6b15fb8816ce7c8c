//! What a flow says of the columns of text files: their types, and how their times are written.

use std::collections::BTreeMap;

use chrono_tz::Tz;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::time_text::TimeFormat;
use crate::data::{DataType, Field, most_similar};
use crate::diagnostic::Diagnostic;
use crate::node::{ColumnName, PlanContext};

/// A column of a text file whose type is given.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TextColumn {
    /// The column's name.
    pub name: ColumnName,
    /// Its type by Flink SQL's name, for example `BIGINT`, `DECIMAL(10, 2)` or `TIMESTAMP_LTZ(3)`. Inferred unless set.
    #[serde(default, rename = "type")]
    pub data_type: Option<String>,
    /// How its dates or times are written: `auto` (ISO 8601 and its variants), a pattern such as `%d.%m.%Y %H:%M` or
    /// `dd.MM.yyyy HH:mm`, or a count since 1970 as `epoch_seconds`, `epoch_millis`, `epoch_micros` or `epoch_nanos`. Times finer than
    /// milliseconds are floored.
    #[serde(default = "auto")]
    pub time_format: String,
    /// Whether a value may be missing. Where it may not, a row without it is rejected.
    #[serde(default = "yes")]
    pub nullable: bool,
}

fn yes() -> bool {
    true
}

fn auto() -> String {
    "auto".to_owned()
}

/// The zone that `zone` names, else the flow's; UTC, with a finding, where there is none of that name.
pub(crate) fn zone(cx: &PlanContext<'_>, zone: Option<&str>, diagnostics: &mut Vec<Diagnostic>) -> Tz {
    let text = zone.unwrap_or(cx.session_zone);
    text.parse().unwrap_or_else(|_| {
        let message = format!("there is no time zone `{text}`");
        let fix = most_similar(text, chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name())).map_or_else(
            || "give its IANA name, for example `Europe/Berlin`".to_owned(),
            |similar| format!("did you mean `{similar}`?"),
        );
        diagnostics.push(Diagnostic::error("unknown-zone", cx.param("zone"), message).fix(fix));
        Tz::UTC
    })
}

/// An entry of `schema`, understood.
pub(crate) struct Given {
    /// Inferred unless set.
    pub(crate) data_type: Option<DataType>,
    pub(crate) format: TimeFormat,
    pub(crate) nullable: bool,
}

/// The entries of `schema`, in their order. What is wrong with one is a finding, and as good as not said.
pub(crate) fn given_columns(
    cx: &PlanContext<'_>,
    schema: &[TextColumn],
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Given> {
    let mut seen = BTreeMap::new();
    let mut given = Vec::with_capacity(schema.len());
    for (i, column) in schema.iter().enumerate() {
        let name = &column.name.0;
        if let Some(first) = seen.insert(name, i) {
            let message = format!("`{name}` is given twice, as entry {} and {}", first + 1, i + 1);
            diagnostics.push(
                Diagnostic::error("duplicate-column", cx.param(format!("schema.{i}.name")), message)
                    .fix("remove one of them"),
            );
        }
        let data_type = column.data_type.as_deref().and_then(|text| {
            let data_type = DataType::parse(text);
            if data_type.is_none() {
                let known = [
                    "BOOLEAN",
                    "INT",
                    "BIGINT",
                    "DOUBLE",
                    "STRING",
                    "DATE",
                    "TIME",
                    "TIMESTAMP",
                    "TIMESTAMP_LTZ",
                ];
                let fix = most_similar(text, known.into_iter()).map_or_else(
                    || format!("types are {} and others of Flink SQL", known.join(", ")),
                    |similar| format!("did you mean `{similar}`?"),
                );
                let message = format!("there is no type `{text}`");
                let place = cx.param(format!("schema.{i}.type"));
                diagnostics.push(Diagnostic::error("unknown-type", place, message).fix(fix));
            }
            data_type
        });
        let format = TimeFormat::parse(&column.time_format).unwrap_or_else(|reason| {
            let message = format!("the time format `{}` is not understood: {reason}", column.time_format);
            diagnostics.push(
                Diagnostic::error("bad-time-format", cx.param(format!("schema.{i}.time_format")), message)
                    .fix("for example `auto`, `%d.%m.%Y %H:%M:%S`, `dd.MM.yyyy HH:mm:ss` or `epoch_millis`"),
            );
            TimeFormat::Auto
        });
        let is_time = matches!(
            data_type,
            Some(DataType::Date | DataType::Time | DataType::Timestamp | DataType::TimestampLtz)
        );
        if format != TimeFormat::Auto && !is_time {
            let place = cx.param(format!("schema.{i}.time_format"));
            let message = format!("`{name}` has a time format, but its type is not a date or time");
            let fix = "set its type to TIMESTAMP, TIMESTAMP_LTZ, DATE or TIME";
            diagnostics.push(Diagnostic::error("bad-time-format", place, message).fix(fix));
        }
        given.push(Given { data_type, format, nullable: column.nullable });
    }
    given
}

/// What to do about a column of another type that should be a timestamp.
pub(crate) fn fix_type(field: &Field) -> String {
    let name = &field.name;
    match field.data_type {
        DataType::BigInt | DataType::Int | DataType::Double => format!(
            "if `{name}` counts from 1970, give it the type TIMESTAMP and the time format `epoch_seconds` or `epoch_millis` in `schema`"
        ),
        DataType::Date => {
            format!("give `{name}` the type TIMESTAMP in `schema`; a date is then its midnight")
        }
        _ => {
            format!("give `{name}` the type TIMESTAMP and a time format such as `%d.%m.%Y %H:%M` in `schema`")
        }
    }
}
