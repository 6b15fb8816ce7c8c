//! The flow model: what is saved ([`FlowDocument`]).

mod document;
mod json;
pub mod limits;
mod migrate;
mod save;
mod v1;

pub use document::{Area, FlowDocument, FlowNode, FlowParameter, Frame, Layout, Note, Point};
