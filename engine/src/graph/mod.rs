//! The flow model: what is saved ([`FlowDocument`]), how it is changed, and what it means ([`LogicalGraph`]).
//!
//! A document may be anything that a person has drawn so far. [`check`] never refuses one: it returns as much of a graph as can be
//! made, and what is unfinished or doubtful about the rest. Nothing here runs a flow.

mod arrange;
mod columns;
mod document;
mod edit;
mod file;
mod fragment;
mod history;
mod json;
pub mod limits;
mod logical;
mod migrate;
mod order;
mod parameters;
mod paths;
mod progress;
mod reference;
mod save;
mod schema;
mod shape;
#[cfg(test)]
mod testing;
mod v1;
mod validate;
mod wiring;

pub use arrange::{GRID, arrange, arrange_some, fill_missing_positions};
pub use document::{Area, FlowDocument, FlowNode, FlowParameter, Frame, Layout, Note, Point};
pub use edit::{Edit, EditError, fresh_frame_id, fresh_id, fresh_note_id};
pub use file::{load, save, write_whole};
pub use fragment::{Drawn, FlowFragment, Pasted, copy, paste};
pub use history::History;
pub use logical::{Checked, LogicalEdge, LogicalGraph, LogicalNode, PortIndex};
pub use reference::node_reference;
pub use schema::{flow_schema, flow_schema_text};
pub use validate::{CheckContext, check};
pub use wiring::{ConnectionVeto, connection_veto};
