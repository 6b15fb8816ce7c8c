//! Rows and what travels with them: types, schemas, keys, positions, batches. No graph, no operator, no file.

mod batch;
mod change;
mod element;
mod key;
mod merge;
mod position;
mod progress;
mod schema;
mod types;
pub mod value;

pub use batch::{Batch, concat_batches};
pub use change::{ChangeKind, ChangeMode};
pub use element::StreamElement;
pub use key::{KEY_GROUPS, KeyEncoder, KeyGroup, Keys, int_key_hash, key_hash};
pub use merge::PositionMerge;
pub use position::{Origins, Position, Positions};
pub use progress::{Progress, Raises};
pub use schema::{EdgeType, Field, Schema, most_similar};
pub use types::DataType;
pub use value::Value;
