//! Rows that came after their window had closed.

use std::sync::Arc;

use polars::prelude::{IntoColumn, NamedFrom, Series};

use super::timestamps;
use crate::data::{Batch, DataType, EdgeType, Field, Schema};
use crate::error::{EngineError, Result};
use crate::node::Output;

/// The names of the columns that a late row carries besides its own; underscores are added where the input has them already.
const LATE_COLUMNS: [(&str, DataType); 2] =
    [("watermark_at_drop", DataType::Timestamp), ("lateness_millis", DataType::BigInt)];

/// What leaves by the port for late rows.
pub(super) fn late_edge(input: &EdgeType) -> EdgeType {
    let mut fields = input.schema.fields().to_vec();
    for (name, data_type) in LATE_COLUMNS {
        let mut name = name.to_owned();
        while input.schema.index_of(&name).is_some() {
            name.insert(0, '_');
        }
        fields.push(Field::not_null(name, data_type));
    }
    EdgeType { schema: Arc::new(Schema::new(fields)), ..input.clone() }
}

/// Gives out the rows `late` of a batch, with the watermark that each met.
pub(super) fn give_out_late(
    batch: &Batch,
    late: &[u32],
    edge: &Arc<EdgeType>,
    out: &mut Output,
) -> Result<()> {
    let part = batch.gather(late)?;
    let times = part.event_times().ok_or_else(|| EngineError::internal("the event time is missing"))?;
    let watermarks: Vec<i64> = (0..part.n_rows()).map(|row| part.watermark_before(row).millis()).collect();
    let lateness: Vec<i64> = watermarks
        .iter()
        .zip(times.iter())
        .map(|(watermark, time)| watermark.saturating_sub(time.unwrap_or(*watermark)))
        .collect();
    let names = &edge.schema.fields()[part.frame().width()..];
    let mut frame = part.frame().clone();
    frame.with_column(timestamps(&names[0].name, watermarks)?)?;
    frame.with_column(Series::new((&*names[1].name).into(), lateness).into_column())?;
    out.emit(1, part.with_columns(frame, Arc::clone(edge)));
    Ok(())
}
