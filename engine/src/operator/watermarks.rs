//! `watermarks`: says how far out of order rows may come, and so when time has passed.

use std::sync::Arc;

use schemars::{JsonSchema, schema_for};
use serde::{Deserialize, Serialize};

use crate::data::{EdgeType, Field, Schema};
use crate::diagnostic::Diagnostic;
use crate::node::{
    Arity, Category, ColumnName, ColumnNeeds, InputSpec, Millis, NodePlan, NodeSpec, NodeType, OutputRole,
    OutputSpec, Passes, PlanContext, Runs, SqlForm, WatermarkPlan, read_params, rejected_edge, unchanged,
};
use crate::time::{BoundedOutOfOrderness, DEFAULT_FUTURE_SKEW_MILLIS, duration_text};

/// The node type `watermarks`.
pub struct Watermarks;

/// How a stream's time goes forward.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WatermarksParams {
    /// The column that is the event time from here on, a TIMESTAMP. Empty: the event time that the stream has.
    #[serde(default)]
    pub time_column: ColumnName,
    /// How the watermark follows the rows.
    #[serde(default)]
    pub strategy: Strategy,
    /// For `bounded`: how far behind the newest row a row may come without being late. 0 makes rows that tie with the newest at a
    /// window's last millisecond late.
    #[serde(default)]
    #[schemars(range(min = 0))]
    pub bound_millis: Millis,
    /// A timestamp further ahead of all before it than this does not move the watermark, so that one broken clock does not make every
    /// later row late. The first row is held against the time at which it arrived. Three such rows in a row are believed: time has gone on.
    #[serde(default = "default_skew")]
    #[schemars(range(min = 0))]
    pub max_future_skew_millis: Millis,
}

/// How the watermark follows the rows of a split.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    /// The watermark is the newest timestamp minus the bound.
    #[default]
    Bounded,
    /// Timestamps do not fall; the watermark is the newest one minus 1 ms, so that ties are not late.
    Ascending,
}

fn default_skew() -> Millis {
    Millis(DEFAULT_FUTURE_SKEW_MILLIS)
}

impl NodeType for Watermarks {
    fn spec(&self) -> NodeSpec {
        NodeSpec {
            kind: "watermarks",
            title: "Watermarks",
            category: Category::Time,
            summary: "Says how far out of order rows may come, and so when windows may close",
            doc: "A watermark of 12:00 says that no row of 12:00 or before is expected any more.\n\
                  Each split (file or partition) has a watermark of its own, raised after each row and never lowered; the stream's \
                  is the least of those that have begun and not ended.\n\
                  Behind this node, a row is late for a window once the watermark has reached the window's last millisecond.\n\n\
                  The node stands in the chain of its source, before streams are merged: behind that, nobody knows any more which \
                  split a row came from.\n\
                  Rows without event time leave by `rejected`.",
            keywords: &["event time", "lateness", "out of order", "delay", "bound"],
            inputs: vec![InputSpec { name: "in", doc: "The stream.", arity: Arity::One }],
            outputs: vec![
                OutputSpec { name: "out", doc: "The same rows, under watermarks.", role: OutputRole::Main },
                OutputSpec { name: "rejected", doc: "Rows without event time.", role: OutputRole::Rejected },
            ],
            params: schema_for!(WatermarksParams),
            sql: SqlForm::Partial("the guard against timestamps from the future has no equivalent"),
        }
    }

    fn plan(&self, cx: &PlanContext<'_>) -> NodePlan {
        let params: WatermarksParams = match read_params(cx.node, cx.params) {
            Ok(params) => params,
            Err(diagnostic) => return NodePlan::failed(2, vec![*diagnostic]),
        };
        let mut diagnostics = Vec::new();
        for (name, value) in [
            ("bound_millis", params.bound_millis.0),
            ("max_future_skew_millis", params.max_future_skew_millis.0),
        ] {
            if value < 0 {
                let message = format!("`{name}` is negative");
                diagnostics
                    .push(Diagnostic::error("out-of-range", cx.param(name), message).fix("use 0 or more"));
            }
        }
        let Some(input) = cx.input(0) else { return NodePlan::failed(2, diagnostics) };
        let event_time = match time_column(cx, &params, input) {
            Ok(event_time) if diagnostics.is_empty() => event_time,
            Ok(_) => return NodePlan::failed(2, diagnostics),
            Err(diagnostic) => {
                diagnostics.push(*diagnostic);
                return NodePlan::failed(2, diagnostics);
            }
        };
        if input.watermarked {
            let message =
                "the stream has watermarks already; those of this node take their place, file by file";
            diagnostics.push(
                Diagnostic::warning("watermarks-replaced", cx.place(), message)
                    .fix("remove one of the two nodes"),
            );
        }
        let time = &input.schema.fields()[event_time];
        let bound_millis = match params.strategy {
            Strategy::Bounded => params.bound_millis.0,
            Strategy::Ascending => 1,
        };
        let fields = input.schema.fields().iter().enumerate();
        let fields = fields
            .map(|(idx, field)| Field { nullable: field.nullable && idx != event_time, ..field.clone() });
        let output = EdgeType {
            schema: Arc::new(Schema::new(fields.collect())),
            event_time: Some(event_time),
            watermarked: true,
            changes: input.changes.clone(),
        };
        let rejected = rejected_edge(input);
        let summary = match params.strategy {
            Strategy::Bounded => format!("{} − {}", time.name, duration_text(params.bound_millis.0)),
            Strategy::Ascending => format!("{} ascending", time.name),
        };
        NodePlan {
            outputs: vec![Some(Arc::new(output)), Some(Arc::new(rejected))],
            diagnostics,
            summary,
            needs: ColumnNeeds::Some { own: [time.name.to_string()].into(), passes: vec!["out", "rejected"] },
            lineage: unchanged(input, 2),
            passes: Passes::All,
            runs: Some(Runs::Watermarks(WatermarkPlan {
                event_time,
                strategy: BoundedOutOfOrderness::new(bound_millis, params.max_future_skew_millis.0),
            })),
        }
    }
}

fn time_column(
    cx: &PlanContext<'_>,
    params: &WatermarksParams,
    input: &EdgeType,
) -> Result<usize, Box<Diagnostic>> {
    let name = &params.time_column.0;
    if name.is_empty() {
        return input.event_time.ok_or_else(|| {
            let message = "the stream has no event time";
            let fix = match input.schema.fields().iter().find(|field| field.data_type.is_timestamp()) {
                Some(field) => format!("set `time_column`, to `{}` perhaps", field.name),
                None => "make a TIMESTAMP column with a select node, and set `time_column` to it".to_owned(),
            };
            Box::new(Diagnostic::error("no-event-time", cx.param("time_column"), message).fix(fix))
        });
    }
    let Some(idx) = input.schema.index_of(name) else {
        let diagnostic = Diagnostic::error(
            "unknown-column",
            cx.param("time_column"),
            format!("there is no column `{name}`"),
        );
        return Err(Box::new(match input.schema.similar_to(name) {
            Some(similar) => diagnostic.fix(format!("did you mean `{similar}`?")),
            None => diagnostic,
        }));
    };
    let data_type = &input.schema.fields()[idx].data_type;
    if !data_type.is_timestamp() {
        let message = format!("`{name}` is {data_type}, but event time is a TIMESTAMP");
        return Err(Box::new(
            Diagnostic::error("not-a-timestamp", cx.param("time_column"), message)
                .fix("convert it with a select node, for example by TO_TIMESTAMP_LTZ"),
        ));
    }
    Ok(idx)
}
