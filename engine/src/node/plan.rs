//! What becomes of a node once its parameters have been read against its input edges.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{FileAccess, Operator, OperatorContext, Sink, SinkContext, Source};
use crate::data::{EdgeType, Schema};
use crate::diagnostic::{Diagnostic, Place};
use crate::error::Result;
use crate::expr::Predicate;
use crate::ids::NodeId;
use crate::time::BoundedOutOfOrderness;

/// What a node type is given to plan one node.
pub struct PlanContext<'a> {
    /// The node.
    pub node: &'a NodeId,
    /// Its parameters as they are saved.
    pub params: &'a serde_json::Map<String, serde_json::Value>,
    /// Its input ports, in the order of its [`NodeSpec`](super::NodeSpec).
    pub inputs: Vec<InputPort>,
    /// For a source: the columns that something downstream uses; `None` means all.
    pub used_columns: Option<&'a BTreeSet<String>>,
    /// The flow's session zone, an IANA name; `UTC` unless set.
    pub session_zone: &'a str,
    /// Which files may be touched.
    pub files: &'a FileAccess,
}

/// An input port with the edges that enter it, in the order of the flow's edges.
#[derive(Clone, Debug)]
pub struct InputPort {
    /// The port's name.
    pub name: &'static str,
    /// The type of each edge; `None` where the node upstream cannot say it yet.
    pub edges: Vec<Option<Arc<EdgeType>>>,
}

impl PlanContext<'_> {
    /// The type of the only edge of input `idx`; `None` where nothing is connected or nothing is known of it yet.
    pub fn input(&self, idx: usize) -> Option<&Arc<EdgeType>> {
        self.inputs.get(idx)?.edges.first()?.as_ref()
    }

    /// The place of the parameter at `path`.
    pub fn param(&self, path: impl Into<String>) -> Place {
        Place::Param { node: self.node.clone(), path: path.into(), span: None }
    }

    /// The node as a place.
    pub fn place(&self) -> Place {
        Place::Node(self.node.clone())
    }
}

/// What a node type says of one node: outputs, findings, and what runs.
#[derive(Default)]
pub struct NodePlan {
    /// The type of each output port, in the order of the [`NodeSpec`](super::NodeSpec); `None` where it cannot be said.
    pub outputs: Vec<Option<Arc<EdgeType>>>,
    /// What is wrong or doubtful.
    pub diagnostics: Vec<Diagnostic>,
    /// The parameters in one line, for the node's face: `1 h · by origin`.
    pub summary: String,
    /// Which columns of its inputs the node needs.
    pub needs: ColumnNeeds,
    /// For each output port, and each of its columns, the column of the only input that it is an unchanged copy of; nothing where that
    /// is not known.
    pub lineage: Vec<Vec<Option<usize>>>,
    /// Which rows it hands on by its first output port.
    pub passes: Passes,
    /// What runs; `None` as long as an error stands in the way.
    pub runs: Option<Runs>,
}

impl NodePlan {
    /// A node that cannot be planned further because of these findings.
    pub fn failed(n_outputs: usize, diagnostics: Vec<Diagnostic>) -> NodePlan {
        NodePlan { outputs: vec![None; n_outputs], diagnostics, ..NodePlan::default() }
    }
}

/// The [`NodePlan::lineage`] of a node whose outputs all begin with the columns of its input.
pub fn unchanged(input: &EdgeType, n_outputs: usize) -> Vec<Vec<Option<usize>>> {
    vec![(0..input.schema.n_columns()).map(Some).collect(); n_outputs]
}

/// Which rows a node with one input hands on, where a source before it may make use of that.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Passes {
    /// That is not known.
    #[default]
    Unknown,
    /// Every row, and nothing but copies of its columns, as [`NodePlan::lineage`] says; but rows without event time where the node
    /// assigns watermarks.
    All,
    /// Rows of which this holds, as they are. All others have no effect but that they are counted, unless they make the rest of the
    /// condition faulty.
    Where(Predicate),
}

/// Which columns of its inputs a node needs. Sources leave out columns that nobody needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ColumnNeeds {
    /// Every column.
    #[default]
    All,
    /// The columns named in `own`, and those that are used of the outputs whose ports are named in `passes`: these ports hand the
    /// input's columns on under their names.
    Some {
        /// Columns that the node itself reads.
        own: BTreeSet<String>,
        /// Output ports that carry the input's columns.
        passes: Vec<&'static str>,
    },
}

/// What runs for a node.
pub enum Runs {
    /// It reads rows.
    Source(SourcePlan),
    /// It assigns watermarks.
    Watermarks(WatermarkPlan),
    /// It works on rows.
    Operator(OperatorPlan),
    /// It takes rows away.
    Sink(SinkPlan),
}

/// How a source runs.
#[derive(Clone)]
pub struct SourcePlan {
    /// Where the rows are.
    pub source: Arc<dyn Source>,
    /// The columns of decoded frames. The first of them are the output's columns, in order; columns that are only needed for
    /// arrival time, event time or partition follow.
    pub decoded: Arc<Schema>,
    /// The decoded column that says when a row arrived (a timestamp). A row without one is rejected.
    pub arrival_time: Option<usize>,
    /// The decoded column that is the event time (a timestamp). A row without one is rejected.
    pub event_time: Option<usize>,
    /// The column by which rows arrive where there is no arrival time. Node types leave it unset: checking the flow takes it from the
    /// watermark strategy behind the source.
    pub progress: Option<EventTimeProgress>,
    /// The decoded column whose values have watermarks of their own, as if each were a file.
    pub partition: Option<usize>,
    /// Above this share of rejected rows (in per cent, and more than 1,000 of them) the job pauses with the reason.
    pub max_rejected_percent: f64,
}

/// Rows arrive as event time goes forward: each at the greatest timestamp that its split has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventTimeProgress {
    /// The decoded column (a timestamp).
    pub column: usize,
    /// How far ahead of its split's greatest timestamp a row may be and still count.
    pub max_future_skew_millis: i64,
}

/// Makes the operator of one subtask.
pub type MakeOperator = Arc<dyn Fn(&OperatorContext) -> Result<Box<dyn Operator>> + Send + Sync>;

/// Makes a sink.
pub type MakeSink = Arc<dyn Fn(&SinkContext) -> Result<Box<dyn Sink>> + Send + Sync>;

/// How a watermark strategy runs: in the source's own chain, where each row's split is known. Rows pass it unchanged, but that
/// those without event time leave by the rejected port.
#[derive(Clone)]
pub struct WatermarkPlan {
    /// The input column that is the event time from here on.
    pub event_time: usize,
    /// The strategy as it starts in every split.
    pub strategy: BoundedOutOfOrderness,
}

/// How an operator runs.
#[derive(Clone)]
pub struct OperatorPlan {
    /// Makes the operator of one subtask.
    pub make: MakeOperator,
    /// Which rows each subtask must see.
    pub distribution: Distribution,
    /// How it runs in two halves, where rows would otherwise be sent to the subtasks of their keys one by one.
    pub local: Option<LocalPlan>,
}

/// An operator in two halves. The first runs where rows come from, in any subtask; what it makes of them is few, and goes to the second
/// by key. Together they give the rows that the whole gives, and count what the whole counts.
#[derive(Clone)]
pub struct LocalPlan {
    /// What goes from one half to the other.
    pub partial: Arc<EdgeType>,
    /// The column of it that holds the key's canonical bytes, which decide the subtask.
    pub key: usize,
    /// Makes the first half. Its first port gives partial rows; the others are those of the node. It gives exactly one element for one,
    /// and nothing when the watermark rises.
    pub make: MakeOperator,
    /// Makes the second half. Its first port is the node's; it gives nothing by the others.
    pub make_final: MakeOperator,
}

/// Which rows each subtask of an operator must see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Distribution {
    /// Any: rows are worked on one by one.
    Any,
    /// All rows of a key, by these columns of its input. Without columns there is one key.
    Keyed(Vec<usize>),
    /// All rows.
    Single,
}

/// How a sink runs.
#[derive(Clone)]
pub struct SinkPlan {
    /// Makes the sink.
    pub make: MakeSink,
    /// The files that it will replace or make, for the check that no flow reads what it writes.
    pub writes: Vec<std::path::PathBuf>,
}
