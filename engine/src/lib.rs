//! Tidemark engine.
