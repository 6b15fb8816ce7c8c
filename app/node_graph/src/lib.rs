//! Node graph.
