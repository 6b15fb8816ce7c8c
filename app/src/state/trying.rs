//! An expression that is tried on real rows while it is written.

use std::sync::Arc;

use tidemark_engine::ids::NodeId;

/// An expression as it stands in a field, valid or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trial {
    /// The node that it belongs to.
    pub node: NodeId,
    /// The parameter, or an entry of one such as `columns.0.expression`.
    pub path: String,
    /// The text.
    pub text: String,
}

impl Trial {
    /// Whether both are texts of the same field.
    pub fn is_of_same_field(&self, other: &Trial) -> bool {
        self.node == other.node && self.path == other.path
    }
}

/// What is tried, and what came of it.
#[derive(Debug, Default)]
pub struct Trying {
    /// What is to be tried.
    pub wanted: Option<Trial>,
    /// What came of the last trial.
    pub tried: Option<Tried>,
}

/// What came of a trial.
#[derive(Debug)]
pub struct Tried {
    /// What was tried.
    pub trial: Trial,
    /// Why it gave no values.
    pub why_not: Option<WhyNot>,
    /// The values; where it gave none, those of the last text of the field that did.
    pub rows: Option<Arc<TriedRows>>,
}

/// Why a trial gave no values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WhyNot {
    /// No rows have entered the node.
    NoRows,
    /// The text is no correct expression. What is wrong is a finding of the check.
    NotAnExpression,
    /// It names columns that the run has not read, because nothing used them.
    NotRead(Vec<String>),
    /// The values could not be computed, as for a text that would be too large.
    Failed(String),
}

/// The values of an expression for the newest rows, the newest first.
#[derive(Debug, Default, PartialEq)]
pub struct TriedRows {
    /// The columns that it reads.
    pub columns: Vec<String>,
    /// The type of its values, as people write it.
    pub data_type: String,
    /// For how many rows it is true, if it is a condition.
    pub n_true: Option<usize>,
    /// The rows.
    pub rows: Vec<TriedRow>,
}

/// An expression's value for one row.
#[derive(Debug, PartialEq)]
pub struct TriedRow {
    /// The values that it reads.
    pub values: Vec<TriedValue>,
    /// What it gives.
    pub result: TriedValue,
}

/// A value in a row.
#[derive(Debug, PartialEq)]
pub enum TriedValue {
    /// A value as text.
    Some(String),
    /// No value.
    Null,
    /// Why there is none.
    Fault(String),
}
