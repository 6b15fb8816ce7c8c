//! The contracts that an author of a node reads: what a node type says of itself, and what runs.
//!
//! A node type is described once, in one file: its [`NodeSpec`], its typed parameters, and [`NodeType::plan`], which turns parameters
//! and input edges into output edges, diagnostics and something that runs. Palette, form, JSON schema, validation and reference
//! are derived from it.

mod apart;
mod catalog;
mod counters;
mod files;
mod operator;
mod params;
mod plan;
mod reject;
mod sink;
mod source;
mod spec;

pub use apart::{Apart, Mishap, ReadApart};
pub use catalog::Catalog;
pub use counters::{NodeCounters, RowAccount};
pub use files::{FileAccess, FileUse};
pub use operator::{Cuts, Firing, Operator, OperatorContext, Output, Segment, Snapshot};
pub use params::{ColumnName, Condition, Expression, Millis, PathText, read_params};
pub use plan::{
    ColumnNeeds, Distribution, EventTimeProgress, InputPort, LocalPlan, MakeOperator, MakeSink, NodePlan,
    OperatorPlan, Passes, PlanContext, Runs, SinkPlan, SourcePlan, WatermarkPlan, unchanged,
};
pub use reject::{rejected_edge, rejected_rows};
pub use sink::{ResultTable, Sink, SinkContext};
pub use source::{
    Decoded, Morsel, NO_VALUE, Rejected, Source, SourceFilter, Split, SplitOffset, SplitReader,
    rejected_frame, rejected_schema,
};
pub use spec::{Arity, Category, InputSpec, NodeSpec, NodeType, OutputRole, OutputSpec, SqlForm};
