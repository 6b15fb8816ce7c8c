//! Rows that a program holds already, as a source: what a flow costs without files.
//!
//! Not in the catalog, for a flow file cannot say which rows are meant. A program that embeds the engine adds one to a catalog of its
//! own with [`Catalog::with`](crate::node::Catalog::with).

use std::sync::Arc;

use polars::prelude::DataFrame;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::file_source::{Roles, failed, lay_out, source_outputs};
use crate::data::{EdgeType, Schema};
use crate::error::{EngineError, Result};
use crate::node::{
    Category, Decoded, Morsel, NodePlan, NodeSpec, NodeType, PlanContext, Runs, Source, SourcePlan, Split,
    SplitOffset, SplitReader, SqlForm, read_params, rejected_schema,
};

/// The node type `memory_source`, with the rows that all its nodes give out.
pub struct MemorySource {
    schema: Arc<Schema>,
    frames: Arc<[DataFrame]>,
}

/// A source of rows in memory has no parameters.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MemorySourceParams {}

impl MemorySource {
    /// A source of the rows of `frames`, one after another. A batch never holds rows of two frames.
    ///
    /// # Errors
    /// If the columns of a frame are not those of the schema, or a value is missing in a column that must have one.
    pub fn new(schema: Schema, frames: Vec<DataFrame>) -> Result<MemorySource> {
        for frame in &frames {
            if frame.width() != schema.n_columns() {
                let message =
                    format!("{} columns were given where there are {}", frame.width(), schema.n_columns());
                return Err(EngineError::flow(message));
            }
            for (column, field) in frame.columns().iter().zip(schema.fields()) {
                if column.name().as_str() != &*field.name || *column.dtype() != field.data_type.to_polars() {
                    let message = format!(
                        "a column `{}` of type {} was given where `{}` of type {} is",
                        column.name(),
                        column.dtype(),
                        field.name,
                        field.data_type
                    );
                    return Err(EngineError::flow(message));
                }
                if !field.nullable && column.null_count() > 0 {
                    let message = format!("`{}` has rows without a value, which it must have", field.name);
                    return Err(EngineError::flow(message));
                }
            }
        }
        Ok(MemorySource { schema: Arc::new(schema), frames: frames.into() })
    }
}

impl NodeType for MemorySource {
    fn spec(&self) -> NodeSpec {
        NodeSpec {
            kind: "memory_source",
            title: "Rows in memory",
            category: Category::Source,
            summary: "Gives out rows that the program holds",
            doc: "Gives out the rows with which it was made, in order, as one split.",
            keywords: &["memory"],
            inputs: Vec::new(),
            outputs: source_outputs(),
            params: schemars::schema_for!(MemorySourceParams),
            sql: SqlForm::None("the rows are in no table"),
        }
    }

    fn plan(&self, cx: &PlanContext<'_>) -> NodePlan {
        if let Err(diagnostic) = read_params::<MemorySourceParams>(cx.node, cx.params) {
            return failed(vec![*diagnostic]);
        }
        let roles = Roles { event_time: None, arrival_time: None, partition: None };
        let mut diagnostics = Vec::new();
        let layout = lay_out(cx, self.schema.fields().to_vec(), &roles, |_| String::new(), &mut diagnostics);
        let source =
            HeldRows { frames: Arc::clone(&self.frames), columns: layout.file_columns.as_slice().into() };
        NodePlan {
            outputs: vec![Some(layout.out), Some(Arc::new(EdgeType::append(rejected_schema())))],
            diagnostics,
            summary: format!("{} rows", source.n_rows()),
            runs: Some(Runs::Source(SourcePlan {
                source: Arc::new(source),
                decoded: layout.decoded,
                arrival_time: None,
                event_time: None,
                progress: None,
                partition: None,
                max_rejected_percent: 0.0,
            })),
            ..NodePlan::default()
        }
    }
}

/// Some columns of the rows.
struct HeldRows {
    frames: Arc<[DataFrame]>,
    columns: Arc<[usize]>,
}

impl HeldRows {
    fn n_rows(&self) -> usize {
        self.frames.iter().map(DataFrame::height).sum()
    }
}

impl Source for HeldRows {
    fn splits(&self) -> Result<Vec<Split>> {
        Ok(vec![Split { number: 0, name: "rows in memory".to_owned(), path: None }])
    }

    /// The cursor of an offset is the number of a row.
    fn open(&self, _: &Split, from: SplitOffset) -> Result<Box<dyn SplitReader>> {
        let (frames, columns) = (Arc::clone(&self.frames), Arc::clone(&self.columns));
        let mut row = usize::try_from(from.cursor).unwrap_or(usize::MAX);
        let mut frame = 0;
        while let Some(height) = frames.get(frame).map(DataFrame::height)
            && row >= height
        {
            row -= height;
            frame += 1;
        }
        Ok(Box::new(HeldReader { frames, columns, frame, row, cursor: from.cursor }))
    }

    fn narrowed(&self, columns: &[usize]) -> Arc<dyn Source> {
        let columns = columns.iter().map(|idx| self.columns[*idx]).collect();
        Arc::new(HeldRows { frames: Arc::clone(&self.frames), columns })
    }
}

/// Goes through the frames; the next row is `row` of `frame`.
struct HeldReader {
    frames: Arc<[DataFrame]>,
    columns: Arc<[usize]>,
    frame: usize,
    row: usize,
    cursor: u64,
}

impl SplitReader for HeldReader {
    fn next(&mut self, n_rows: usize) -> Result<Option<Box<dyn Morsel>>> {
        while let Some(frame) = self.frames.get(self.frame) {
            let n_rows = n_rows.max(1).min(frame.height() - self.row);
            if n_rows == 0 {
                (self.frame, self.row) = (self.frame + 1, 0);
                continue;
            }
            let column = |idx: &usize| frame.columns()[*idx].slice(self.row as i64, n_rows);
            let rows = DataFrame::new(n_rows, self.columns.iter().map(column).collect())?;
            self.row += n_rows;
            self.cursor += n_rows as u64;
            return Ok(Some(Box::new(Held { rows, next_cursor: self.cursor })));
        }
        Ok(None)
    }
}

/// Rows that need no decoding.
struct Held {
    rows: DataFrame,
    next_cursor: u64,
}

impl Morsel for Held {
    fn decode(self: Box<Self>) -> Result<Decoded> {
        let n_records = self.rows.height() as u64;
        let (frame, next_cursor) = (self.rows, self.next_cursor);
        Ok(Decoded { frame, n_records, rejected: Vec::new(), next_cursor, is_pruned: false })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::testing::{Flow, batch, findings, read, source};
    use super::*;
    use crate::data::{DataType, Field, Value};

    fn frame(first: i64, n: i64) -> DataFrame {
        let numbers = (first..first + n).map(Value::Int).collect();
        let texts = (first..first + n).map(|number| Value::String(format!("t{number}"))).collect();
        let columns = [("n", DataType::BigInt, numbers), ("text", DataType::String, texts)];
        batch(&columns).frame().clone()
    }

    fn schema() -> Schema {
        Schema::new(vec![Field::not_null("n", DataType::BigInt), Field::nullable("text", DataType::String)])
    }

    fn rows() -> MemorySource {
        MemorySource::new(schema(), vec![frame(0, 5), frame(5, 0), frame(5, 4)]).expect("rows that fit")
    }

    #[test]
    fn every_row_is_given_out_once_in_any_step_and_from_any_offset() {
        let plan = source(Flow::new().plan(&rows(), &json!({})));
        let expected: Vec<String> = (0..9).map(|n| format!("{n}|t{n}")).collect();
        for n_rows in [0, 1, 2, 5, 100] {
            let all = read(&plan, 0, SplitOffset::START, n_rows);
            assert_eq!(all.rows, expected, "{n_rows} at once");
            for offset in all.offsets {
                let rest = read(&plan, 0, offset, n_rows).rows;
                assert_eq!(rest, expected[offset.cursor as usize..], "from {offset:?}");
            }
        }
        let beyond = SplitOffset { records: 99, cursor: 99 };
        assert!(read(&plan, 0, beyond, 2).rows.is_empty());
    }

    #[test]
    fn columns_that_nobody_uses_are_left_out() {
        let plan = Flow::new().plan_used(&rows(), &json!({}), &["text"]);
        assert_eq!(plan.summary, "9 rows");
        let plan = source(plan);
        assert_eq!(read(&plan, 0, SplitOffset::START, 100).rows[3], "t3");
        let narrowed = source(Flow::new().plan(&rows(), &json!({}))).source.narrowed(&[1]);
        let mut reader =
            narrowed.open(&narrowed.splits().expect("splits")[0], SplitOffset::START).expect("a reader");
        let decoded = reader.next(2).expect("rows").expect("rows").decode().expect("rows");
        assert_eq!((decoded.frame.width(), decoded.frame.height()), (1, 2));
    }

    #[test]
    fn rows_of_another_form_are_refused_with_the_column() {
        let refused = |fields: Vec<Field>| match MemorySource::new(Schema::new(fields), vec![frame(0, 2)]) {
            Ok(_) => panic!("rows of another form were taken"),
            Err(error) => error.to_string(),
        };
        assert!(
            refused(vec![Field::nullable("n", DataType::BigInt)])
                .contains("2 columns were given where there are 1")
        );
        let text = Field::nullable("text", DataType::String);
        assert!(refused(vec![Field::nullable("m", DataType::BigInt), text.clone()]).contains("`m`"));
        assert!(refused(vec![Field::nullable("n", DataType::Int), text]).contains("type INT"));
        let nothing = batch(&[("n", DataType::BigInt, vec![Value::Null])]).frame().clone();
        let schema = Schema::new(vec![Field::not_null("n", DataType::BigInt)]);
        let error = MemorySource::new(schema, vec![nothing]).err().expect("a value is missing").to_string();
        assert!(error.contains("`n` has rows without a value"), "{error}");
        let plan = Flow::new().plan(&rows(), &json!({"path": "x"}));
        assert!(findings(&plan).contains("there is no parameter `path`"));
    }
}
