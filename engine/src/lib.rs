//! Tidemark's engine: flows, event time, operators and the runtime that drives them. It has no pixels and knows of no window.
//!
//! The rooms, from the ground up, each using only what stands before it:
//! [`ids`], [`error`], [`diagnostic`] · [`sync`] · [`time`], [`data`] · [`expr`], [`aggregate`] · [`node`] · [`graph`],
//! [`operator`], [`connector`] · [`catalog`] · [`runtime`] · [`probe`].
//!
//! Three graphs are never blurred: `FlowDocument` is what is saved, `LogicalGraph` is what was checked, and the runtime's
//! physical graph is what runs.

pub mod aggregate;
pub mod catalog;
pub mod connector;
pub mod data;
pub mod diagnostic;
pub mod error;
pub mod expr;
pub mod graph;
pub mod ids;
pub mod node;
pub mod operator;
pub mod probe;
pub mod runtime;
pub mod sync;
pub mod time;
