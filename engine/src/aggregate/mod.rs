//! Aggregate functions: each described once, and an accumulator that takes columns and keeps one value for every group.

mod accumulator;
mod aggregates;
mod argument;
mod chosen;
mod count;
mod distinct;
mod exact_sum;
mod grouped;
mod keys;
mod states;
mod sums;
#[cfg(test)]
mod tests;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::data::DataType;

pub use accumulator::{Accumulator, accumulator};
pub use aggregates::{AggregateCall, Aggregates};
pub use argument::Argument;
pub use exact_sum::ExactSum;
pub use grouped::Grouped;
pub use keys::{KeyTable, KeyValues};

/// A function that makes one value of many rows. Names and types are Flink SQL's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AggregateFunction {
    /// How many rows there are; with a column, how many of them have a value in it.
    Count,
    /// How many different values the column has; NULL is none.
    CountDistinct,
    /// The sum of the values; NULL where there is none.
    Sum,
    /// The mean of the values; of integers it is an integer, truncated toward zero. NULL where there is none.
    Avg,
    /// The least value; NULL where there is none.
    Min,
    /// The greatest value; NULL where there is none.
    Max,
    /// The value that arrived first; NULL where there is none.
    First,
    /// The value that arrived last; NULL where there is none.
    Last,
}

impl AggregateFunction {
    /// Every function.
    pub const ALL: [AggregateFunction; 8] = [
        AggregateFunction::Count,
        AggregateFunction::CountDistinct,
        AggregateFunction::Sum,
        AggregateFunction::Avg,
        AggregateFunction::Min,
        AggregateFunction::Max,
        AggregateFunction::First,
        AggregateFunction::Last,
    ];

    /// Its name in flow files.
    pub fn name(self) -> &'static str {
        match self {
            AggregateFunction::Count => "count",
            AggregateFunction::CountDistinct => "count_distinct",
            AggregateFunction::Sum => "sum",
            AggregateFunction::Avg => "avg",
            AggregateFunction::Min => "min",
            AggregateFunction::Max => "max",
            AggregateFunction::First => "first",
            AggregateFunction::Last => "last",
        }
    }

    /// The call in Flink SQL; `None` for the column stands for `*`.
    pub fn to_flink_sql(self, column: Option<&str>) -> String {
        let column =
            column.map_or_else(|| "*".to_owned(), |column| format!("`{}`", column.replace('`', "``")));
        match self {
            AggregateFunction::Count => format!("COUNT({column})"),
            AggregateFunction::CountDistinct => format!("COUNT(DISTINCT {column})"),
            AggregateFunction::Sum => format!("SUM({column})"),
            AggregateFunction::Avg => format!("AVG({column})"),
            AggregateFunction::Min => format!("MIN({column})"),
            AggregateFunction::Max => format!("MAX({column})"),
            AggregateFunction::First => format!("FIRST_VALUE({column})"),
            AggregateFunction::Last => format!("LAST_VALUE({column})"),
        }
    }

    /// Whether it can do without a column.
    pub fn needs_column(self) -> bool {
        self != AggregateFunction::Count
    }

    /// The type of its result over a column of this type.
    ///
    /// # Errors
    /// Which columns it takes, where this is none of them.
    pub fn result_type(self, input: Option<&DataType>) -> Result<DataType, String> {
        let Some(input) = input else {
            return if self.needs_column() {
                Err(format!("`{}` needs a column", self.name()))
            } else {
                Ok(DataType::BigInt)
            };
        };
        let flat = !matches!(input, DataType::Array(_) | DataType::Row(_));
        let ordered = flat && *input != DataType::Bytes;
        match self {
            AggregateFunction::Count => Ok(DataType::BigInt),
            AggregateFunction::CountDistinct if flat => Ok(DataType::BigInt),
            AggregateFunction::Sum => match input {
                DataType::Decimal(_, scale) => Ok(DataType::Decimal(38, *scale)),
                _ if input.is_numeric() => Ok(input.clone()),
                _ => Err(format!("`sum` takes numbers, not {input}")),
            },
            AggregateFunction::Avg => match input {
                DataType::Decimal(_, scale) => Ok(DataType::Decimal(38, (*scale).max(6))),
                _ if input.is_numeric() => Ok(input.clone()),
                _ => Err(format!("`avg` takes numbers, not {input}")),
            },
            AggregateFunction::Min | AggregateFunction::Max if ordered => Ok(input.clone()),
            AggregateFunction::First | AggregateFunction::Last if flat => Ok(input.clone()),
            _ => Err(format!("`{}` does not take {input}", self.name())),
        }
    }

    /// The function from whose state its value can be told.
    fn told_from(self) -> AggregateFunction {
        match self {
            AggregateFunction::Avg => AggregateFunction::Sum,
            own => own,
        }
    }

    /// Whether the result can be NULL although its group has rows.
    pub fn nullable(self) -> bool {
        !matches!(self, AggregateFunction::Count | AggregateFunction::CountDistinct)
    }
}

/// Takes `N` bytes off the front of `bytes`; `None` if there are fewer.
pub(crate) fn take_bytes<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (head, rest) = bytes.split_first_chunk::<N>()?;
    *bytes = rest;
    Some(*head)
}

/// Takes a length of four bytes and as many bytes off the front.
pub(crate) fn take_text<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let len = u32::from_le_bytes(take_bytes(bytes)?) as usize;
    let (head, rest) = bytes.split_at_checked(len)?;
    *bytes = rest;
    Some(head)
}

/// Adds a length of four bytes and the bytes.
pub(crate) fn put_text(text: &[u8], into: &mut Vec<u8>) {
    into.extend_from_slice(&(text.len() as u32).to_le_bytes());
    into.extend_from_slice(text);
}
