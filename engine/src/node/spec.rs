//! What a node type says of itself.

use super::{NodePlan, PlanContext};

/// A kind of node that a flow can hold. One value of it serves all nodes of the kind; it has no state.
pub trait NodeType: Send + Sync + 'static {
    /// The description from which palette, form, schema and reference are made.
    fn spec(&self) -> NodeSpec;

    /// Reads a node's parameters against its input edges: what it gives out, what is wrong with it, and what runs.
    ///
    /// Always returns as much as can be said. It opens no file but those that its own parameters name for reading their schema, and
    /// changes nothing.
    fn plan(&self, cx: &PlanContext<'_>) -> NodePlan;
}

/// The description of a node type.
#[derive(Clone, Debug)]
pub struct NodeSpec {
    /// The name in flow files, for example `tumbling_window`. Never changes once released.
    pub kind: &'static str,
    /// The name that people see.
    pub title: &'static str,
    /// The group in the palette.
    pub category: Category,
    /// One sentence on what the node does, without a period.
    pub summary: &'static str,
    /// The page of the node reference, in Markdown.
    pub doc: &'static str,
    /// Other words by which somebody may look for it.
    pub keywords: &'static [&'static str],
    /// The input ports; none for a source.
    pub inputs: Vec<InputSpec>,
    /// The output ports; none for a sink.
    pub outputs: Vec<OutputSpec>,
    /// The JSON schema of its parameters.
    pub params: schemars::Schema,
    /// Whether Flink SQL can say the same.
    pub sql: SqlForm,
}

/// Where a node stands in the palette, and by which colour it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Category {
    /// Where rows come from.
    Source,
    /// Row by row, without memory.
    Transform,
    /// Time and watermarks.
    Time,
    /// Windows and their aggregates.
    Window,
    /// Where rows go.
    Sink,
}

/// An input port.
#[derive(Clone, Copy, Debug)]
pub struct InputSpec {
    /// Its name, unique among the node's inputs.
    pub name: &'static str,
    /// What it takes, in one sentence.
    pub doc: &'static str,
    /// How many edges may enter it.
    pub arity: Arity,
}

/// How many edges may enter a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arity {
    /// Exactly one.
    One,
    /// One or more, merged in arrival order.
    Many,
}

/// An output port.
#[derive(Clone, Copy, Debug)]
pub struct OutputSpec {
    /// Its name, unique among the node's outputs.
    pub name: &'static str,
    /// What leaves by it, in one sentence.
    pub doc: &'static str,
    /// What kind of rows they are.
    pub role: OutputRole,
}

/// What the rows of an output port are to the node's purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutputRole {
    /// The result.
    Main,
    /// Rows that came after their time.
    Late,
    /// Rows that could not be read or computed.
    Rejected,
}

/// Whether a node can be written in Flink SQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SqlForm {
    /// It can.
    Exact,
    /// With rewriting or loss, as the text says.
    Partial(&'static str),
    /// It cannot, because of what the text says.
    None(&'static str),
}
