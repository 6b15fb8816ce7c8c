//! Event time: watermarks, their strategies, and the arithmetic of windows. Pure: no clock, no I/O, no locks.

mod duration;
mod future_skew;
mod watermark;
mod window;

pub use duration::duration_text;
pub use future_skew::{DEFAULT_FUTURE_SKEW_MILLIS, FutureSkewGuard};
pub use watermark::{BoundedOutOfOrderness, Watermark};
pub use window::{TimeGrid, TumblingWindows};
