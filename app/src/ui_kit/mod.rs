//! What the interface is made of: tokens, text, icons, widgets and formatting for people.
//!
//! Nothing here knows a flow, the engine or the state of the app, so all of it can be looked at by itself.

pub mod design_tokens;

pub use design_tokens::{Theme, Tokens};
