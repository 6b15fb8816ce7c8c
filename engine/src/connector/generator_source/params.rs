//! What can be set about a generator.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::node::Millis;

/// The parameters of a generator.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GeneratorSourceParams {
    /// How many rows there are: 1 to 1,000,000,000,000.
    #[serde(default = "rows")]
    #[schemars(range(min = 1, max = 1_000_000_000_000_u64))]
    pub rows: u64,
    /// How many rows arrive in a second of the replay clock: 0.001 to 1,000,000,000.
    #[serde(default = "rate")]
    #[schemars(range(min = 0.001, max = 1_000_000_000.0))]
    pub rate: f64,
    /// Decides every value. The same seed gives the same rows.
    #[serde(default)]
    pub seed: u64,
    /// When the first row arrives, in UTC.
    #[serde(default = "start_time")]
    pub start_time: String,
    /// The columns, besides the event time. Without any, there are `key` and `value`.
    #[serde(default)]
    pub columns: Vec<ColumnParams>,
    /// What the column of event times is called. It comes last.
    #[serde(default = "event_time")]
    #[schemars(length(min = 1))]
    pub event_time: String,
    /// How far out of order event times are.
    #[serde(default)]
    pub disorder: Disorder,
    /// For `uniform`, how long before its arrival a row may have happened; for `exponential`, how long on average. At most 31 days.
    #[serde(default = "second")]
    #[schemars(range(min = 0, max = 2_678_400_000_i64))]
    pub disorder_millis: Millis,
    /// For `grouped`, how many rows arrive together: 1 to 1,000,000.
    #[serde(default = "hundred")]
    #[schemars(range(min = 1, max = 1_000_000))]
    pub group_size: u64,
    /// The share of rows that happened earlier still: 0 to 1.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub late_probability: f64,
    /// How much earlier they happened: at most 366 days.
    #[serde(default = "minute")]
    #[schemars(range(min = 0, max = 31_622_400_000_i64))]
    pub late_millis: Millis,
    /// How often a burst begins, counted without gaps; 0 for none.
    #[serde(default)]
    #[schemars(range(min = 0))]
    pub burst_every_millis: Millis,
    /// How long a burst lasts; less than from one to the next.
    #[serde(default)]
    #[schemars(range(min = 0))]
    pub burst_millis: Millis,
    /// How many times more rows arrive in a burst: 1 to 1,000.
    #[serde(default = "ten")]
    #[schemars(range(min = 1.0, max = 1000.0))]
    pub burst_factor: f64,
    /// How often a gap comes, at the end of each such time; 0 for none.
    #[serde(default)]
    #[schemars(range(min = 0))]
    pub gap_every_millis: Millis,
    /// How long no row arrives; less than from one gap to the next.
    #[serde(default)]
    #[schemars(range(min = 0))]
    pub gap_millis: Millis,
    /// The share of values, in each column, that are such as break programs: 0 to 1. See the node's page.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub hostile_probability: f64,
}

/// A column and how its values are made.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ColumnParams {
    /// What it is called. Its values depend on the seed and this name, and on no other column.
    pub name: String,
    /// How its values are made.
    pub make: Make,
    /// Its type. For `uniform`, BIGINT, DOUBLE or DECIMAL(p, s); for `normal` too; for `keys`, BIGINT or STRING. Empty: DOUBLE, or
    /// BIGINT for keys.
    #[serde(default, rename = "type", skip_serializing_if = "String::is_empty")]
    pub data_type: String,
    /// For `sequence`, the first value (0 unless set); for `uniform`, the least (0); for `timestamp`, the least distance from the event
    /// time in milliseconds (0).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<f64>,
    /// For `uniform`, the greatest value (100 unless set); for `timestamp`, the greatest distance from the event time in milliseconds
    /// (60,000).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<f64>,
    /// For `sequence`, from one row to the next; 1 unless set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<f64>,
    /// For `normal`; 0 unless set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mean: Option<f64>,
    /// For `normal`, the standard deviation; 1 unless set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deviation: Option<f64>,
    /// For `keys`, how many there are: 1 to 1,000,000; 100 unless set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keys: Option<u64>,
    /// For `keys`, how much more often the first come: key k as 1 / k^skew. 0 to 10; 1 unless set, and 0 makes all alike.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skew: Option<f64>,
    /// For `words`, from which to choose.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub words: Vec<Word>,
    /// For `constant`, the text; for `pattern`, what it looks like: `#` is a digit, `?` a letter, and `\` takes the next as it is; for
    /// `keys` of type STRING, what stands before the number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// For `boolean`, the share that is true; one half unless set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub true_share: Option<f64>,
    /// The share that is NULL: 0 to 1.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub null_share: f64,
}

/// A word, and how often it comes.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Word {
    /// The word.
    pub word: String,
    /// How often it comes, compared with the others; 1 unless set.
    #[serde(default = "weight")]
    #[schemars(range(min = 0.0))]
    pub weight: f64,
}

/// How the values of a column are made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Make {
    /// Numbers between two bounds, each as likely.
    #[default]
    Uniform,
    /// Numbers around a mean.
    Normal,
    /// Whole numbers that go up, or down, row by row.
    Sequence,
    /// Keys, some of which come more often than others.
    Keys,
    /// One of some words.
    Words,
    /// Texts of one pattern.
    Pattern,
    /// The same text in every row.
    Constant,
    /// True or false.
    Boolean,
    /// A time not far from the event time.
    Timestamp,
}

impl Make {
    /// The name by which flows know it, and the parameters that say more about it.
    pub(super) fn name_and_parameters(self) -> (&'static str, &'static [&'static str]) {
        match self {
            Make::Uniform => ("uniform", &["type", "from", "to"]),
            Make::Normal => ("normal", &["type", "mean", "deviation"]),
            Make::Sequence => ("sequence", &["from", "step"]),
            Make::Keys => ("keys", &["type", "keys", "skew", "text"]),
            Make::Words => ("words", &["words"]),
            Make::Pattern => ("pattern", &["text"]),
            Make::Constant => ("constant", &["text"]),
            Make::Boolean => ("boolean", &["true_share"]),
            Make::Timestamp => ("timestamp", &["from", "to"]),
        }
    }
}

/// How far out of order event times are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Disorder {
    /// Rows arrive when they happen.
    #[default]
    None,
    /// Rows arrive up to so long after they happened, each delay as likely.
    Uniform,
    /// Most rows arrive soon and a few much later.
    Exponential,
    /// Rows arrive in groups, shuffled, when the last of the group has happened.
    Grouped,
}

impl ColumnParams {
    /// The parameters that are set, but for those that every column has.
    pub(super) fn set(&self) -> Vec<&'static str> {
        let all = [
            ("type", !self.data_type.is_empty()),
            ("from", self.from.is_some()),
            ("to", self.to.is_some()),
            ("step", self.step.is_some()),
            ("mean", self.mean.is_some()),
            ("deviation", self.deviation.is_some()),
            ("keys", self.keys.is_some()),
            ("skew", self.skew.is_some()),
            ("words", !self.words.is_empty()),
            ("text", self.text.is_some()),
            ("true_share", self.true_share.is_some()),
        ];
        all.into_iter().filter(|(_, is_set)| *is_set).map(|(name, _)| name).collect()
    }

    /// What a generator makes without columns.
    pub(super) fn usual() -> Vec<ColumnParams> {
        let column =
            |name: &str, make| ColumnParams { name: name.to_owned(), make, ..ColumnParams::default() };
        vec![column("key", Make::Keys), column("value", Make::Uniform)]
    }
}

fn rows() -> u64 {
    100_000
}

fn rate() -> f64 {
    100.0
}

fn start_time() -> String {
    "2026-01-01 00:00:00".to_owned()
}

fn event_time() -> String {
    "event_time".to_owned()
}

fn second() -> Millis {
    Millis(1000)
}

fn minute() -> Millis {
    Millis(60_000)
}

fn hundred() -> u64 {
    100
}

fn ten() -> f64 {
    10.0
}

fn weight() -> f64 {
    1.0
}
