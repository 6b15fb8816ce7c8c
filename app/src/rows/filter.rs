//! What a person wants to see of the rows of a table: what is typed above its columns, and three switches.

use std::collections::BTreeMap;

use tidemark_engine::data::{ChangeKind, EdgeType, Value};

use super::condition::{Condition, ConditionError};
use crate::engine_link::Row;
use crate::ui_kit::{t, t_args};

/// A filter as it is typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RowFilter {
    /// What some column contains, in any case; empty for whatever.
    pub search: String,
    /// Only rows that came after their time.
    pub only_late: bool,
    /// Only rows that update or take back others.
    pub only_changes: bool,
    /// What is typed above columns, by their names.
    pub columns: BTreeMap<String, String>,
}

impl RowFilter {
    /// Whether every row passes.
    pub fn is_empty(&self) -> bool {
        self.search.trim().is_empty()
            && !self.only_late
            && !self.only_changes
            && self.columns.values().all(|text| text.trim().is_empty())
    }

    /// Makes it ready for rows of these columns. What is no condition is left out, and said.
    pub(super) fn compile(&self, edge_type: &EdgeType) -> Sieve {
        let mut sieve = Sieve {
            search: self.search.trim().to_lowercase(),
            only_late: self.only_late,
            only_changes: self.only_changes,
            conditions: Vec::new(),
            problems: BTreeMap::new(),
        };
        for (column, field) in edge_type.schema.fields().iter().enumerate() {
            let Some(text) = self.columns.get(&*field.name) else { continue };
            match Condition::parse(text, &field.data_type) {
                Ok(condition) => sieve.conditions.extend(condition.map(|condition| (column, condition))),
                Err(error) => drop(sieve.problems.insert(field.name.to_string(), error.sentence())),
            }
        }
        sieve
    }
}

/// A filter that is ready for rows.
pub(super) struct Sieve {
    search: String,
    only_late: bool,
    only_changes: bool,
    conditions: Vec<(usize, Condition)>,
    /// What is wrong with what was typed, by column.
    pub(super) problems: BTreeMap<String, String>,
}

impl Sieve {
    /// Whether a row of `n_columns` passes.
    pub(super) fn passes(&self, row: &Row<'_>, n_columns: usize) -> bool {
        (!self.only_late || row.is_late())
            && (!self.only_changes || row.change() != ChangeKind::Insert)
            && self.conditions.iter().all(|(column, condition)| condition.is_met_by(&row.value(*column)))
            && (self.search.is_empty()
                || (0..n_columns).any(|column| shows(&row.value(column), &self.search)))
    }
}

/// Whether the text of a value contains `part`, which is in lower case. NULL has no text.
fn shows(value: &Value, part: &str) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) | Value::Nested(text) => text.to_lowercase().contains(part),
        value => value.to_string().to_lowercase().contains(part),
    }
}

impl ConditionError {
    fn sentence(&self) -> String {
        match self {
            ConditionError::Number => t("filter.number").to_owned(),
            ConditionError::Instant => t("filter.instant").to_owned(),
            ConditionError::Date => t("filter.date").to_owned(),
            ConditionError::TimeOfDay => t("filter.time_of_day").to_owned(),
            ConditionError::Boolean => t("filter.boolean").to_owned(),
            ConditionError::Pattern(reason) => t_args("filter.pattern", &[("reason", reason)]),
            ConditionError::EmptyRange => t("filter.empty_range").to_owned(),
        }
    }
}
