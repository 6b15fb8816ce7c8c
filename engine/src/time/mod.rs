//! Event time: watermarks, their strategies, and the arithmetic of windows. Pure: no clock, no I/O, no locks.

mod duration;
mod watermark;
mod window;

pub use duration::duration_text;
pub use watermark::{BoundedOutOfOrderness, DEFAULT_FUTURE_SKEW_MILLIS, Watermark};
pub use window::{TimeGrid, TumblingWindows};
