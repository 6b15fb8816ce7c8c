//! The list of all node types: the only place that names every one.

use crate::node::Catalog;

/// Every node type that Tidemark has, in the order of the palette.
pub fn standard() -> Catalog {
    Catalog::new(Vec::new())
}
