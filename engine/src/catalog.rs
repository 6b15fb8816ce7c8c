//! The list of all node types: the only place that names every one.

use std::sync::Arc;

use crate::node::Catalog;
use crate::{connector, operator};

/// Every node type that Tidemark has, in the order of the palette.
pub fn standard() -> Catalog {
    Catalog::new(vec![
        Arc::new(connector::CsvSource),
        Arc::new(connector::ParquetSource),
        Arc::new(connector::NdjsonSource),
        Arc::new(connector::GeneratorSource),
        Arc::new(connector::NexmarkSource),
        Arc::new(operator::Filter),
        Arc::new(operator::Select),
        Arc::new(operator::Union),
        Arc::new(operator::Watermarks),
        Arc::new(operator::TumblingWindow),
        Arc::new(connector::CsvSink),
        Arc::new(connector::NdjsonSink),
        Arc::new(connector::ParquetSink),
        Arc::new(connector::TableSink),
        Arc::new(connector::Blackhole),
    ])
}
