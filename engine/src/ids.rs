//! Names that every room uses: nodes and edges of a flow.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// A node's identity: given when the node is created, saved with the flow, never derived from position or order.
///
/// State in checkpoints and positions on the canvas are addressed by it. One to sixty-four characters from `a-z`, `0-9`, `_`
/// and `-`, as [`NodeId::is_valid`] checks; longer or stranger text in a file is reported by validation.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NodeId(Arc<str>);

impl NodeId {
    /// Takes any text as an id; whether it is one that a flow may hold is [`NodeId::is_valid`]'s question.
    pub fn new(text: impl AsRef<str>) -> NodeId {
        NodeId(Arc::from(text.as_ref()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the text is made of 1 to 64 of the characters `a-z`, `0-9`, `_` and `-`.
    pub fn is_valid(&self) -> bool {
        !self.0.is_empty()
            && self.0.len() <= 64
            && self.0.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-')
    }
}

/// For people: characters that cannot be seen or that reorder text are escaped. Save [`NodeId::as_str`].
impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&escaped(&self.0))
    }
}

/// Text from a file as it may be shown: control characters, and those that turn the direction of writing or cannot be seen, are
/// escaped as `\u{202e}`.
pub fn escaped(text: &str) -> Cow<'_, str> {
    if !text.chars().any(hides) {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if hides(c) {
            plain.extend(c.escape_unicode());
        } else {
            plain.push(c);
        }
    }
    Cow::Owned(plain)
}

fn hides(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// One end of an edge: a node and the name of one of its ports.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PortRef {
    /// The node.
    pub node: NodeId,
    /// The port's name as the node's type declares it, for example `out` or `late`.
    pub port: Arc<str>,
}

impl PortRef {
    /// A reference to the port `port` of `node`.
    pub fn new(node: NodeId, port: impl AsRef<str>) -> PortRef {
        PortRef { node, port: Arc::from(port.as_ref()) }
    }
}

impl fmt::Display for PortRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.node, escaped(&self.port))
    }
}

/// An edge's identity is what it joins: between two ports there is at most one edge.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EdgeId {
    /// The output port that the rows leave.
    pub from: PortRef,
    /// The input port that the rows enter.
    pub to: PortRef,
}

impl fmt::Display for EdgeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} -> {}", self.from, self.to)
    }
}
