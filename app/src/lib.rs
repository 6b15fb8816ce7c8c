//! Tidemark app.
