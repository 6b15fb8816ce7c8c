//! Tidemark's engine: flows, event time, operators and the runtime that drives them. It has no pixels and knows of no window.
//!
//! The rooms, from the ground up, each using only what stands before it:
//! [`ids`], [`error`], [`diagnostic`] · [`time`], [`data`] · [`expr`] · [`node`] · [`catalog`].
//!
//! Three graphs are never blurred: `FlowDocument` is what is saved, `LogicalGraph` is what was checked, and the runtime's
//! physical graph is what runs.

pub mod catalog;
pub mod data;
pub mod diagnostic;
pub mod error;
pub mod expr;
pub mod ids;
pub mod node;
pub mod time;
