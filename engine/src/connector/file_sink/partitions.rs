//! Which folder a row belongs to: by the values of columns and by time, named as Hive does.

use std::fmt::Write as _;

use polars::prelude as pl;
use xxhash_rust::xxh3::xxh3_64;

use super::cells::{Cells, Written, physical_columns};
use super::params::PartitionTime;
use crate::data::value::format_date;
use crate::data::{Batch, DataType};
use crate::error::{EngineError, Result};

/// The value of a folder for NULL, as Hive calls it.
const NULL_FOLDER: &str = "__HIVE_DEFAULT_PARTITION__";
/// The longest name of a folder, in bytes; file systems take 255.
const MAX_FOLDER: usize = 200;

/// What decides on a row's folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct PartitionBy {
    /// Columns of the input, by number.
    pub(super) columns: Vec<usize>,
    /// A timestamp of the input, and how long a partition is.
    pub(super) time: Option<(usize, PartitionTime)>,
    /// The columns are in the files too, so that a value may be shortened in the folder's name.
    pub(super) is_kept: bool,
}

impl PartitionTime {
    fn millis(self) -> i64 {
        match self {
            PartitionTime::Day => 86_400_000,
            PartitionTime::Hour => 3_600_000,
            PartitionTime::Minute => 60_000,
        }
    }

    /// The names of the folders, outermost first.
    pub(super) fn folders(self) -> &'static [&'static str] {
        match self {
            PartitionTime::Day => &["dt"],
            PartitionTime::Hour => &["dt", "hour"],
            PartitionTime::Minute => &["dt", "hour", "minute"],
        }
    }
}

/// Gives the key of each row of a batch: what the rows of a partition have in common, as bytes.
pub(super) struct Keys<'a> {
    columns: Vec<(&'a str, Cells<'a>)>,
    time: Option<(&'a pl::Int64Chunked, PartitionTime)>,
}

/// The columns of a batch that [`Keys`] read.
pub(super) struct KeyColumns(Vec<pl::Series>);

impl KeyColumns {
    pub(super) fn new(batch: &Batch) -> KeyColumns {
        KeyColumns(physical_columns(batch))
    }

    /// # Errors
    /// If a column is not of its type, which is an internal fault.
    pub(super) fn keys<'a>(&'a self, batch: &'a Batch, by: &PartitionBy) -> Result<Keys<'a>> {
        let fields = batch.edge().schema.fields();
        let columns = by.columns.iter().map(|&idx| {
            let cells = Cells::new(&self.0[idx], batch.column(idx), &fields[idx].data_type, b' ')?;
            Ok((&*fields[idx].name, cells))
        });
        let columns = columns.collect::<Result<_>>()?;
        let time = match by.time {
            Some((idx, unit)) => Some((self.0[idx].i64()?, unit)),
            None => None,
        };
        Ok(Keys { columns, time })
    }
}

impl Keys<'_> {
    /// Writes the key of row `row` over what `key` holds.
    pub(super) fn key(&mut self, row: usize, key: &mut Vec<u8>) {
        key.clear();
        for (_, cells) in &mut self.columns {
            let start = key.len();
            key.extend_from_slice(&[0; 5]);
            let is_null = match cells.write(row, key) {
                Written::Null => true,
                Written::Plain => false,
                Written::Text(text) => {
                    key.extend_from_slice(text);
                    false
                }
            };
            // Texts of 4 GiB do not fit a batch.
            let length = (key.len() - start - 5) as u32;
            key[start] = u8::from(is_null);
            key[start + 1..start + 5].copy_from_slice(&length.to_le_bytes());
        }
        if let Some((times, unit)) = self.time {
            match times.get(row) {
                Some(millis) => {
                    key.push(0);
                    key.extend_from_slice(&millis.div_euclid(unit.millis()).to_le_bytes());
                }
                None => key.push(1),
            }
        }
    }

    /// When the partition of row `row` ends, in milliseconds since the epoch, if it has a time.
    pub(super) fn end(&self, row: usize) -> Option<i64> {
        let (times, unit) = self.time?;
        let start = times.get(row)?.div_euclid(unit.millis());
        Some(start.saturating_add(1).saturating_mul(unit.millis()))
    }

    /// The folder of the partition of row `row`, below the sink's; it ends in `/` unless it is nothing.
    ///
    /// # Errors
    /// If a value is too long for a name and stands nowhere else.
    pub(super) fn folder(&mut self, row: usize, is_kept: bool) -> Result<String> {
        let mut folder = String::new();
        for (name, cells) in &mut self.columns {
            let mut plain = Vec::new();
            let value = match cells.write(row, &mut plain) {
                Written::Null => None,
                Written::Plain => Some(String::from_utf8_lossy(&plain).into_owned()),
                Written::Text(text) => Some(String::from_utf8_lossy(text).into_owned()),
            };
            level(name, value.as_deref(), is_kept, &mut folder)?;
        }
        if let Some((times, unit)) = self.time {
            let values = times.get(row).map(|millis| {
                let (days, minutes) = (millis.div_euclid(86_400_000), millis.rem_euclid(86_400_000) / 60_000);
                [format_date(days), format!("{:02}", minutes / 60), format!("{:02}", minutes % 60)]
            });
            for (idx, name) in unit.folders().iter().enumerate() {
                let value = values.as_ref().map(|values| &*values[idx]);
                level(name, value, is_kept, &mut folder)?;
            }
        }
        Ok(folder)
    }
}

/// Adds the folder `name=value/`.
fn level(name: &str, value: Option<&str>, is_kept: bool, folder: &mut String) -> Result<()> {
    let start = folder.len();
    escape(name, folder);
    folder.push('=');
    match value {
        None => folder.push_str(NULL_FOLDER),
        // The text is not NULL.
        Some(text) if text == NULL_FOLDER => {
            folder.push_str("%5F");
            folder.push_str(&NULL_FOLDER[1..]);
        }
        Some(text) => escape(text, folder),
    }
    if folder.len() - start > MAX_FOLDER {
        if !is_kept {
            let n_bytes = value.map_or(0, str::len);
            let begins: String = value.unwrap_or_default().chars().take(20).collect();
            return Err(EngineError::flow(format!(
                "a value of `{}` is too long for the name of a folder ({n_bytes} bytes, `{}…`); set `keep_columns`, with which names may be shortened, or choose another column",
                crate::ids::escaped(name),
                crate::ids::escaped(&begins)
            )));
        }
        let hash = xxh3_64(value.unwrap_or_default().as_bytes());
        let mut end = start + MAX_FOLDER - 17;
        while !folder.is_char_boundary(end) {
            end -= 1;
        }
        // No half of an escaped byte stays.
        if let Some(percent) = folder[end - 2..end].find('%') {
            end = end - 2 + percent;
        }
        folder.truncate(end);
        let _ = write!(folder, "~{hash:016x}");
    }
    folder.push('/');
    Ok(())
}

/// Adds `text` as it may stand in the name of a folder on every system: what could lead elsewhere or mean something is written as
/// `%2F`. Letters and digits of any script stay.
fn escape(text: &str, into: &mut String) {
    let n_chars = text.chars().count();
    for (idx, c) in text.chars().enumerate() {
        let is_last = idx + 1 == n_chars;
        // Windows drops a point at the end of a name.
        if c.is_alphanumeric()
            || matches!(c, '-' | '_' | '+' | ',' | '@')
            || (c == '.' && !is_last)
            || (c == ' ' && !is_last)
        {
            into.push(c);
        } else {
            let mut bytes = [0; 4];
            for byte in c.encode_utf8(&mut bytes).bytes() {
                let _ = write!(into, "%{byte:02X}");
            }
        }
    }
}

/// Whether rows can be told apart by the text of a value of this type.
pub(super) fn can_name_folders(data_type: &DataType) -> bool {
    !matches!(data_type, DataType::Array(_) | DataType::Row(_) | DataType::Float | DataType::Double)
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::batch;
    use super::*;
    use crate::data::Value;

    fn folders(by: &PartitionBy, columns: &[(&str, DataType, Vec<Value>)]) -> Vec<Result<String, String>> {
        let batch = batch(columns);
        let key_columns = KeyColumns::new(&batch);
        let mut keys = key_columns.keys(&batch, by).expect("keys");
        (0..batch.n_rows())
            .map(|row| keys.folder(row, by.is_kept).map_err(|error| error.to_string()))
            .collect()
    }

    #[test]
    fn values_make_names_that_lead_nowhere_else() {
        let by = PartitionBy { columns: vec![0], ..PartitionBy::default() };
        let text = |text: &str| Value::String(text.to_owned());
        let cases = [
            (text("JFK"), "o=JFK/"),
            (Value::Null, "o=__HIVE_DEFAULT_PARTITION__/"),
            (text("__HIVE_DEFAULT_PARTITION__"), "o=%5F_HIVE_DEFAULT_PARTITION__/"),
            (text(""), "o=/"),
            (text(".."), "o=.%2E/"),
            (text("../../etc"), "o=..%2F..%2Fetc/"),
            (text("a/b\\c:d=e%f"), "o=a%2Fb%5Cc%3Ad%3De%25f/"),
            (text("\0\n"), "o=%00%0A/"),
            (text("Köln am Rhein "), "o=Köln am Rhein%20/"),
            (text("\u{202e}x"), "o=%E2%80%AEx/"),
        ];
        let values = cases.iter().map(|(value, _)| value.clone()).collect();
        let names: Vec<String> = folders(&by, &[("o", DataType::String, values)])
            .into_iter()
            .map(|name| name.expect("a name"))
            .collect();
        assert_eq!(names, cases.map(|(_, name)| name.to_owned()));
    }

    #[test]
    fn a_long_value_is_shortened_only_where_it_stands_in_the_file() {
        let long = |end: &str| Value::String(format!("{}{end}", "ä/".repeat(100)));
        let columns = [("o", DataType::String, vec![long("a"), long("b")])];
        let mut by = PartitionBy { columns: vec![0], ..PartitionBy::default() };
        let refused = folders(&by, &columns).remove(0).expect_err("too long");
        assert!(
            refused.starts_with("a value of `o` is too long for the name of a folder (301 bytes"),
            "{refused}"
        );
        by.is_kept = true;
        let names: Vec<String> =
            folders(&by, &columns).into_iter().map(|name| name.expect("a name")).collect();
        assert_ne!(names[0], names[1]);
        assert!(
            names.iter().all(|name| name.len() <= MAX_FOLDER + 1 && name.starts_with("o=ä%2Fä%2F")),
            "{names:?}"
        );
    }

    #[test]
    fn times_make_folders_of_days_hours_and_minutes() {
        let at = vec![Value::Timestamp(1_357_034_459_999), Value::Timestamp(-1), Value::Null];
        let columns = [("at", DataType::Timestamp, at), ("n", DataType::Int, vec![Value::Int(7); 3])];
        for (unit, expected) in [
            (
                PartitionTime::Day,
                ["n=7/dt=2013-01-01/", "n=7/dt=1969-12-31/", "n=7/dt=__HIVE_DEFAULT_PARTITION__/"],
            ),
            (
                PartitionTime::Minute,
                [
                    "n=7/dt=2013-01-01/hour=10/minute=00/",
                    "n=7/dt=1969-12-31/hour=23/minute=59/",
                    "n=7/dt=__HIVE_DEFAULT_PARTITION__/hour=__HIVE_DEFAULT_PARTITION__/minute=__HIVE_DEFAULT_PARTITION__/",
                ],
            ),
        ] {
            let by = PartitionBy { columns: vec![1], time: Some((0, unit)), is_kept: false };
            let names: Vec<String> =
                folders(&by, &columns).into_iter().map(|name| name.expect("a name")).collect();
            assert_eq!(names, expected);
            let batch = batch(&columns);
            let key_columns = KeyColumns::new(&batch);
            let keys = key_columns.keys(&batch, &by).expect("keys");
            let end = if unit == PartitionTime::Day { 1_357_084_800_000 } else { 1_357_034_460_000 };
            assert_eq!([keys.end(0), keys.end(1), keys.end(2)], [Some(end), Some(0), None]);
        }
    }

    #[test]
    fn keys_differ_where_folders_do() {
        let text = |text: &str| Value::String(text.to_owned());
        let a = vec![text("a"), text("ab"), Value::Null, text(""), text("a")];
        let b = vec![text("bc"), text("c"), text(""), Value::Null, text("bc")];
        let batch = batch(&[("a", DataType::String, a), ("b", DataType::String, b)]);
        let by = PartitionBy { columns: vec![0, 1], ..PartitionBy::default() };
        let key_columns = KeyColumns::new(&batch);
        let mut keys = key_columns.keys(&batch, &by).expect("keys");
        let all: Vec<Vec<u8>> = (0..5)
            .map(|row| {
                let mut key = Vec::new();
                keys.key(row, &mut key);
                key
            })
            .collect();
        assert_eq!(all[0], all[4]);
        let different: std::collections::BTreeSet<&Vec<u8>> = all.iter().collect();
        assert_eq!(different.len(), 4);
    }
}
