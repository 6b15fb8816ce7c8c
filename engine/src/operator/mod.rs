//! The node types that work on rows, one to a file.

mod filter;
mod select;
mod tumbling_window;
mod union;
mod watermarks;

pub use filter::Filter;
pub use select::Select;
pub use tumbling_window::TumblingWindow;
pub use union::Union;
pub use watermarks::Watermarks;
