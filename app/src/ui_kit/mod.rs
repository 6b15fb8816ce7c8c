//! What the interface is made of: tokens, text, icons, widgets and formatting for people.
//!
//! Nothing here knows a flow, the engine or the state of the app, so all of it can be looked at by itself.

pub mod design_tokens;
pub mod format;
pub mod format_time;
pub mod text;

pub use design_tokens::{Theme, Tokens};
pub use text::{t, t_args, t_count};
