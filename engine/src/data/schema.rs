//! The columns of an edge, which of them is its time, and what kind of changes flow over it.

use std::sync::Arc;

use super::{ChangeMode, DataType};

/// A column: its name, type, and whether it may hold NULL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// The name, unique within its schema; case matters.
    pub name: Arc<str>,
    /// The type of its values.
    pub data_type: DataType,
    /// Whether a value may be missing.
    pub nullable: bool,
}

impl Field {
    /// A column that may hold NULL.
    pub fn nullable(name: impl AsRef<str>, data_type: DataType) -> Field {
        Field { name: Arc::from(name.as_ref()), data_type, nullable: true }
    }

    /// A column that never holds NULL.
    pub fn not_null(name: impl AsRef<str>, data_type: DataType) -> Field {
        Field { name: Arc::from(name.as_ref()), data_type, nullable: false }
    }
}

/// The columns of a stream, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schema {
    fields: Vec<Field>,
}

impl Schema {
    /// A schema of these columns. Names must differ; validation sees to that before a schema is made.
    pub fn new(fields: Vec<Field>) -> Schema {
        Schema { fields }
    }

    /// The columns.
    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// How many columns there are.
    pub fn n_columns(&self) -> usize {
        self.fields.len()
    }

    /// Where the column `name` stands.
    pub fn index_of(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|field| &*field.name == name)
    }

    /// The column `name`.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.index_of(name).map(|idx| &self.fields[idx])
    }

    /// The column whose name is most like `name`, if one is like it enough to be worth suggesting.
    pub fn similar_to(&self, name: &str) -> Option<&str> {
        most_similar(name, self.fields.iter().map(|field| &*field.name))
    }
}

/// The candidate closest to `name` by edit distance, within a third of its length and never further than three edits.
pub fn most_similar<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let lower = name.to_lowercase();
    let limit = (name.chars().count() / 3).clamp(1, 3);
    candidates
        .map(|candidate| (edit_distance(&lower, &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, cb) in b.iter().enumerate() {
            let substitute = diagonal + usize::from(ca != *cb);
            diagonal = row[j + 1];
            row[j + 1] = substitute.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

/// What flows over an edge: its columns, its event time, whether watermarks have been assigned, and its kind of changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EdgeType {
    /// The columns.
    pub schema: Arc<Schema>,
    /// The column that is the rows' event time; its type is a timestamp.
    pub event_time: Option<usize>,
    /// Whether a watermark strategy stands upstream, so that time moves before the end of input.
    pub watermarked: bool,
    /// Which kinds of change flow.
    pub changes: ChangeMode,
}

impl EdgeType {
    /// An insert-only edge without event time.
    pub fn append(schema: Schema) -> EdgeType {
        EdgeType {
            schema: Arc::new(schema),
            event_time: None,
            watermarked: false,
            changes: ChangeMode::Append,
        }
    }

    /// The event-time column.
    pub fn event_time_field(&self) -> Option<&Field> {
        self.event_time.map(|idx| &self.schema.fields()[idx])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_column_is_recognised_and_a_stranger_is_not() {
        let schema = Schema::new(vec![
            Field::nullable("dep_delay", DataType::Int),
            Field::nullable("dest", DataType::String),
            Field::nullable("d", DataType::Double),
        ]);
        assert_eq!(schema.similar_to("dep_dely"), Some("dep_delay"));
        assert_eq!(schema.similar_to("DEST"), Some("dest"));
        assert_eq!(schema.similar_to("airport"), None);
    }
}
