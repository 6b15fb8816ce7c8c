//! How large a flow may be. A file beyond it is refused before anything is made of it; an edit beyond it is refused too, so that
//! whatever was edited can be opened again.

/// The size of a flow file, in bytes.
pub const MAX_FILE_BYTES: usize = 16 << 20;
/// How deep arrays and objects may be nested in a flow file.
pub const MAX_DEPTH: usize = 64;
/// How many nodes.
pub const MAX_NODES: usize = 10_000;
/// How many edges.
pub const MAX_EDGES: usize = 50_000;
/// How many notes, frames and flow parameters, of each.
pub const MAX_EXTRAS: usize = 10_000;
/// The length of a name, title, kind or port, in bytes.
pub const MAX_NAME_BYTES: usize = 4 << 10;
/// The length of a note or description, in bytes.
pub const MAX_TEXT_BYTES: usize = 64 << 10;
/// How far from the middle of the canvas anything may stand, in points.
pub const MAX_COORDINATE: i32 = 10_000_000;
