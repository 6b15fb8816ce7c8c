//! An earlier version of a flow file, as the window lists it.

use std::path::PathBuf;

use tidemark_engine::ids::NodeId;

/// The earlier versions of one flow file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct KeptVersions {
    /// The flow file.
    pub file: PathBuf,
    /// Its earlier versions, the newest first.
    pub versions: Vec<KeptVersion>,
}

/// What a flow file held before it was saved over.
#[derive(Clone, Debug, PartialEq)]
pub struct KeptVersion {
    /// The file that holds it now.
    pub path: PathBuf,
    /// When it was saved over, in milliseconds since the epoch, UTC.
    pub at_millis: u64,
    /// How long it is, in bytes.
    pub n_bytes: u64,
    /// What has become of it since; `None` if it cannot be read.
    pub difference: Option<Difference>,
}

/// What differs between two versions of a flow.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Difference {
    /// The nodes that only the later one has.
    pub added: Vec<NodeId>,
    /// The nodes that only the earlier one has.
    pub removed: Vec<NodeId>,
    /// The nodes that both have, but not alike.
    pub changed: Vec<NodeId>,
    /// Whether nothing else differs: wires, layout, names.
    pub is_else_same: bool,
}
