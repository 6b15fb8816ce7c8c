//! What is unfinished or doubtful about a flow: found by looking at it, before anything runs.

use std::fmt;
use std::ops::Range;

use serde::Serialize;

use crate::ids::{EdgeId, NodeId, escaped};

/// How serious a diagnostic is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The flow runs; something is worth knowing.
    Hint,
    /// The flow runs, though perhaps not as meant.
    Warning,
    /// The flow cannot run until this is mended.
    Error,
}

/// Where in a flow a diagnostic points.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// The flow as a whole.
    Flow,
    /// A node.
    Node(NodeId),
    /// A parameter of a node, and the bytes of its text where the fault lies in a part of it (an expression, say).
    Param {
        /// The node.
        node: NodeId,
        /// The parameter, as a path: `condition`, `aggregates.2.column`.
        path: String,
        /// The bytes of the parameter's text that are at fault.
        span: Option<Range<usize>>,
    },
    /// An edge.
    Edge(EdgeId),
}

impl Place {
    /// The node that the place belongs to; for an edge, the node that it enters.
    pub fn node(&self) -> Option<&NodeId> {
        match self {
            Place::Flow => None,
            Place::Node(node) | Place::Param { node, .. } => Some(node),
            Place::Edge(edge) => Some(&edge.to.node),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Flow => f.write_str("flow"),
            Place::Node(node) => write!(f, "`{node}`"),
            Place::Param { node, path, span: None } => write!(f, "`{node}`, {}", escaped(path)),
            Place::Param { node, path, span: Some(span) } => {
                write!(f, "`{node}`, {}, at character {}", escaped(path), span.start + 1)
            }
            Place::Edge(edge) => write!(f, "edge {edge}"),
        }
    }
}

/// A finding about a flow: what it is, where, in a plain sentence, and what would mend it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// How serious it is.
    pub severity: Severity,
    /// A stable code such as `unknown-column`: documentation links to it and tools filter by it.
    pub code: &'static str,
    /// Where it is.
    pub place: Place,
    /// One plain sentence without a closing period.
    pub message: String,
    /// What to do about it, where that can be said.
    pub fix: Option<String>,
}

impl Diagnostic {
    /// A finding that keeps the flow from running.
    pub fn error(code: &'static str, place: Place, message: impl Into<String>) -> Diagnostic {
        Diagnostic { severity: Severity::Error, code, place, message: message.into(), fix: None }
    }

    /// A finding that lets the flow run.
    pub fn warning(code: &'static str, place: Place, message: impl Into<String>) -> Diagnostic {
        Diagnostic { severity: Severity::Warning, code, place, message: message.into(), fix: None }
    }

    /// Something worth knowing.
    pub fn hint(code: &'static str, place: Place, message: impl Into<String>) -> Diagnostic {
        Diagnostic { severity: Severity::Hint, code, place, message: message.into(), fix: None }
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn fix(mut self, fix: impl Into<String>) -> Diagnostic {
        self.fix = Some(fix.into());
        self
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Hint => "hint",
            Severity::Warning => "warning",
            Severity::Error => "error",
        };
        write!(f, "{severity}[{}] {}: {}", self.code, self.place, self.message)?;
        if let Some(fix) = &self.fix {
            write!(f, "; {fix}")?;
        }
        Ok(())
    }
}
