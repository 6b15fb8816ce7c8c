//! What went wrong outside our own code, said once and attached once to the node that it happened to.

use std::fmt;

use crate::ids::NodeId;

/// The engine's result.
pub type Result<T, E = EngineError> = std::result::Result<T, E>;

/// Whose fault a failure is; it decides the exit status of the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The flow asks for something that cannot be done.
    Flow,
    /// The data does not have the promised form.
    Data,
    /// The machine: a file that cannot be read, a disk that is full.
    Machine,
    /// Our own code broke a promise; a panic that was caught.
    Internal,
}

/// A failure that ends a run, as one plain sentence: what happened, to which node, what to try.
#[derive(Clone, Debug)]
pub struct EngineError {
    origin: Origin,
    node: Option<NodeId>,
    message: String,
    cause: Option<String>,
}

impl EngineError {
    /// A failure with its origin and sentence.
    pub fn new(origin: Origin, message: impl Into<String>) -> EngineError {
        EngineError { origin, node: None, message: message.into(), cause: None }
    }

    /// The flow is at fault.
    pub fn flow(message: impl Into<String>) -> EngineError {
        EngineError::new(Origin::Flow, message)
    }

    /// The data is at fault.
    pub fn data(message: impl Into<String>) -> EngineError {
        EngineError::new(Origin::Data, message)
    }

    /// The machine is at fault.
    pub fn machine(message: impl Into<String>) -> EngineError {
        EngineError::new(Origin::Machine, message)
    }

    /// Our own code is at fault.
    pub fn internal(message: impl Into<String>) -> EngineError {
        EngineError::new(Origin::Internal, message)
    }

    /// Adds what a lower layer said; shown behind the sentence.
    #[must_use]
    pub fn because(mut self, cause: impl fmt::Display) -> EngineError {
        self.cause = Some(cause.to_string());
        self
    }

    /// Adds to the sentence what follows from it elsewhere.
    #[must_use]
    pub fn with(mut self, consequence: impl fmt::Display) -> EngineError {
        self.message = format!("{}; {consequence}", self.message);
        self
    }

    /// Names the node, unless a node is named already: the innermost one is the one that failed.
    #[must_use]
    pub fn at(mut self, node: &NodeId) -> EngineError {
        self.node.get_or_insert_with(|| node.clone());
        self
    }

    /// Whose fault it is.
    pub fn origin(&self) -> Origin {
        self.origin
    }

    /// The node that it happened to, if it happened to one.
    pub fn node(&self) -> Option<&NodeId> {
        self.node.as_ref()
    }

    /// The sentence, without node and cause.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What a lower layer said, if anything.
    pub fn cause(&self) -> Option<&str> {
        self.cause.as_deref()
    }
}

impl fmt::Display for EngineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(node) = &self.node {
            write!(f, "`{node}`: ")?;
        }
        f.write_str(&self.message)?;
        if let Some(cause) = &self.cause {
            write!(f, ": {cause}")?;
        }
        Ok(())
    }
}

impl std::error::Error for EngineError {}

impl From<polars::error::PolarsError> for EngineError {
    fn from(error: polars::error::PolarsError) -> EngineError {
        EngineError::internal("a column operation failed").because(error)
    }
}
