//! Rows that an operator could not compute: the input's columns and the reason.

use std::sync::Arc;

use polars::prelude::{IntoColumn, NamedFrom, Series};

use crate::data::{Batch, DataType, EdgeType, Field, Schema};
use crate::error::Result;

/// What a row must carry to say why it was rejected; a leading underscore is added where the input has the name already.
const REASON: &str = "rejected_reason";

/// The type of the rejected port of an operator with this input: its columns, then the reason as STRING.
pub fn rejected_edge(input: &EdgeType) -> EdgeType {
    let mut fields = input.schema.fields().to_vec();
    let mut name = REASON.to_owned();
    while input.schema.index_of(&name).is_some() {
        name.insert(0, '_');
    }
    fields.push(Field::not_null(name, DataType::String));
    EdgeType { schema: Arc::new(Schema::new(fields)), ..input.clone() }
}

/// The rows `rows` of `batch`, which increase, each with its reason, for a port of the type `edge`.
///
/// # Errors
/// If columns cannot be gathered, which is an internal fault.
pub fn rejected_rows(
    batch: &Batch,
    rows: &[u32],
    reasons: Vec<String>,
    edge: &Arc<EdgeType>,
) -> Result<Batch> {
    let part = batch.gather(rows)?;
    let mut frame = part.frame().clone();
    let name = edge.schema.fields().last().map_or(REASON, |field| &field.name);
    frame.with_column(Series::new(name.into(), reasons).into_column())?;
    Ok(part.with_columns(frame, Arc::clone(edge)))
}
