//! What a row does to the result that it belongs to: add, replace, take back.

/// The kind of change that a row makes, by Flink's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum ChangeKind {
    /// `+I`: a row is added.
    Insert = 0,
    /// `−U`: the row as it was before an update.
    UpdateBefore = 1,
    /// `+U`: the row as it is after an update.
    UpdateAfter = 2,
    /// `−D`: a row is taken back.
    Delete = 3,
}

impl ChangeKind {
    /// The short name that Flink prints, for example `+I`.
    pub fn short_name(self) -> &'static str {
        match self {
            ChangeKind::Insert => "+I",
            ChangeKind::UpdateBefore => "-U",
            ChangeKind::UpdateAfter => "+U",
            ChangeKind::Delete => "-D",
        }
    }
}

/// Which kinds of change may flow over an edge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChangeMode {
    /// Only `+I`.
    Append,
    /// All four; an update is a `−U` followed by its `+U`.
    Retract,
    /// `+I`, `+U` and `−D`, where the columns named here identify the row that is replaced.
    Upsert(Vec<usize>),
}
