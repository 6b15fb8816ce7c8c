//! The set of node types that flows may use.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{NodeSpec, NodeType};

/// Node types by kind, in the order in which they were given.
#[derive(Clone, Default)]
pub struct Catalog {
    types: Vec<Arc<dyn NodeType>>,
    specs: Vec<Arc<NodeSpec>>,
    by_kind: BTreeMap<&'static str, usize>,
}

impl Catalog {
    /// A catalog of these types.
    ///
    /// # Panics
    /// If two of them have the same kind.
    pub fn new(types: Vec<Arc<dyn NodeType>>) -> Catalog {
        let specs: Vec<_> = types.iter().map(|node_type| Arc::new(node_type.spec())).collect();
        let mut by_kind = BTreeMap::new();
        for (idx, spec) in specs.iter().enumerate() {
            assert!(by_kind.insert(spec.kind, idx).is_none(), "two node types are called {}", spec.kind);
        }
        Catalog { types, specs, by_kind }
    }

    /// The same types and one more.
    ///
    /// # Panics
    /// If one of them has the same kind.
    #[must_use]
    pub fn with(&self, node_type: Arc<dyn NodeType>) -> Catalog {
        let mut types = self.types.clone();
        types.push(node_type);
        Catalog::new(types)
    }

    /// The type of this kind.
    pub fn get(&self, kind: &str) -> Option<&Arc<dyn NodeType>> {
        self.by_kind.get(kind).map(|idx| &self.types[*idx])
    }

    /// The description of this kind.
    pub fn spec(&self, kind: &str) -> Option<&Arc<NodeSpec>> {
        self.by_kind.get(kind).map(|idx| &self.specs[*idx])
    }

    /// All descriptions.
    pub fn specs(&self) -> impl Iterator<Item = &Arc<NodeSpec>> {
        self.specs.iter()
    }
}
